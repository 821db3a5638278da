"""The column solver against its twins, exact minimisers and scikit-learn."""

import itertools

import naive
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.linear_model import ElasticNet, Lasso

from pnetlib.kernels import column
from pnetlib.solvers.columns import Columns
from pnetlib.solvers.network import solve_network

properties = settings(max_examples=150, derandomize=True)
seeds = st.integers(0, 10**6)


def problem(seed, n=30, p=5, uneven=True):
    """Data, weights, and their moments G, r, K."""
    X, y = naive.cohort(seed, n, p)
    rng = np.random.default_rng(seed + 1)
    top = np.max(np.abs(X.T @ y / n))
    w = top * rng.uniform(0.02, 0.6, size=p) if uneven else np.full(p, 0.2 * top)
    return X, y, w, X.T @ X / n, X.T @ y / n, y @ y / n


def solve(G, r, w, lam2, K, start=None, tol=1e-10, rounds=1000):
    """solve_column from a warm start, with c and the working set made for it."""
    b = np.zeros(r.size) if start is None else start.copy()
    working = np.zeros(r.size, np.int32)
    support = np.flatnonzero(b)
    working[: support.size] = support
    c = r - G @ b
    gap, *_ = column.solve_column(
        G, r, w, lam2, K, b, c, working, support.size, tol, rounds, np.empty((4, 4))
    )
    np.testing.assert_allclose(c, r - G @ b, atol=1e-12 * max(np.sqrt(K), 1.0))
    return b, gap


def by_sklearn(X, y, w, lam2):
    """A weighted elastic net as scikit-learn's lasso on rescaled, augmented data."""
    n, p = X.shape
    tall = np.vstack([X, np.sqrt(n * lam2) * np.eye(p)]) / w
    model = Lasso(n / (n + p), fit_intercept=False, tol=1e-14, max_iter=10**6)
    return model.fit(tall, np.concatenate([y, np.zeros(p)])).coef_ / w


# The gap ------------------------------------------------------------------------------------


@properties
@given(
    seed=seeds,
    lam2=st.sampled_from([0.0, 0.01, 0.3, 3.0]),
    size=st.sampled_from([0.0, 1e-6, 0.01, 0.3, 1.0, 5.0]),
    p=st.integers(1, 7),
    aim=st.floats(-2.0, 3.0),
    unit=st.sampled_from([1.0, 1e-9, 1e9]),
)
def test_gap_equals_primal_less_dual(seed, lam2, size, p, aim, unit):
    X, y, w, G, r, K = problem(seed, n=6, p=p)
    y, w, r, K = unit * y, unit * w, unit * r, unit**2 * K
    b = unit * size * np.random.default_rng(seed).normal(size=p) + aim * np.linalg.pinv(X) @ y
    gap = column.duality_gap(b, r - G @ b, r, w, lam2, K)
    expected = naive.duality_gap(X, y, w, lam2, b)
    assert gap >= 0.0
    assert gap == pytest.approx(max(expected, 0.0), rel=1e-9, abs=1e-11 * (K + b @ G @ b))


@pytest.mark.parametrize("lam2", [0.0, 0.02, 1.0])
@pytest.mark.parametrize("seed", range(10))
def test_gap_bounds_what_is_left_and_vanishes_at_the_optimum(seed, lam2):
    X, y, w, G, r, K = problem(seed)
    best = naive.best_column(X, y, w, lam2)
    least = naive.column_primal(X, y, w, lam2, best)
    for scale in np.linspace(1 - 1e-15, 1 + 1e-15, 9):  # rounding alone must not make it negative
        b = scale * best
        assert 0.0 <= column.duality_gap(b, r - G @ b, r, w, lam2, K) <= 1e-13 * K
    rng = np.random.default_rng(seed)
    for size in (1e-3, 0.1, 1.0):
        for centre in (best, 2.0 * best, -best, 0.0 * best):
            b = centre + size * rng.normal(size=best.size) * (rng.random(best.size) < 0.6)
            left = naive.column_primal(X, y, w, lam2, b) - least
            assert column.duality_gap(b, r - G @ b, r, w, lam2, K) >= left - 1e-13 * K


@pytest.mark.parametrize("overshoot", [1.2, 1.5, 1.9, 3.0])
def test_gap_sees_a_start_beyond_the_target(overshoot):
    """y'(y - Xb) < 0 there: the dual's multiple is negative and needs its limit as well."""
    X, _ = naive.cohort(0, p=1)
    y, w = X[:, 0], np.array([0.01])
    G, r, K = X.T @ X / len(y), X.T @ y / len(y), y @ y / len(y)
    b = np.array([overshoot])
    left = naive.column_primal(X, y, w, 0.0, b) - naive.column_primal(
        X, y, w, 0.0, np.array([0.99])
    )
    assert column.duality_gap(b, r - G @ b, r, w, 0.0, K) >= left - 1e-14
    solved, _ = solve(G, r, w, 0.0, K, start=b)
    assert solved[0] == pytest.approx(0.99, abs=1e-5)


@properties
@given(
    seed=seeds,
    p=st.sampled_from([1, 63, 64, 65, 200]),
    lam2=st.sampled_from([0.0, 0.1]),
    bound=st.sampled_from([0.0, 0.5, 10.0]),
    free=st.booleans(),
)
def test_ratio_of_the_dual_is_the_largest(seed, p, lam2, bound, free):
    rng = np.random.default_rng(seed)
    b, c, w = rng.normal(size=p), rng.normal(size=p), rng.uniform(0.1, 1.0, p)
    w[0] = 0.0 if free else column.EXCLUDED
    dual = np.abs(c - lam2 * b)
    with np.errstate(divide="ignore"):
        expected = np.max(np.where(dual > bound, dual / w, 0.0))
    assert column.dual_ratio(b, c, w, lam2, bound) == pytest.approx(expected, rel=1e-14)


@properties
@given(seed=seeds, lam2=st.sampled_from([0.0, 0.1]))
def test_gap_needs_only_the_genes_with_a_coefficient(seed, lam2):
    X, y, w, G, r, K = problem(seed, p=12)
    rng = np.random.default_rng(seed)
    at = rng.choice(12, 5, replace=False).astype(np.int32)
    b = np.zeros(12)
    b[at[1:]] = 0.1 * rng.normal(size=4)
    arguments = (b, r - G @ b, r, w, lam2, K)
    assert column.gap_at(*arguments, at) == pytest.approx(
        column.duality_gap(*arguments), rel=1e-12, abs=1e-14 * K
    )


# The pieces ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("taken", [0, 1, 3, 4, 5, 8, 11])
def test_combination_of_rows_is_taken_out(taken, dtype):
    rng = np.random.default_rng(taken)
    G, c, steps = (
        rng.normal(size=(20, 20)).astype(dtype),
        rng.normal(size=20),
        rng.normal(size=taken),
    )
    genes = rng.choice(20, taken, replace=False).astype(np.int32)
    expected = c - steps @ G[genes].astype(float)
    column.subtract_combination(G, genes, steps, c)
    np.testing.assert_allclose(c, expected, atol=1e-13)


@pytest.mark.parametrize("seed", range(20))
def test_working_set_keeps_its_members_and_adds_the_worst(seed):
    rng = np.random.default_rng(seed)
    p, size = 200, 50
    b, c, w = np.zeros(p), rng.normal(size=p), rng.uniform(0.1, (0.5, 2.5)[seed % 2], size=p)
    working = np.zeros(p, np.int32)
    working[:size] = members = rng.choice(p, size, replace=False)
    edges = members[rng.random(size) < (0.2, 0.9)[seed // 2 % 2]]
    b[edges] = 1.0
    m = column.extend_working_set(b, c, w, working, size)
    added, limit = working[size:m], max(32, edges.size // 2)
    violation = np.abs(c) - w
    violation[members] = -1.0
    wanting = np.count_nonzero(violation > 0)
    np.testing.assert_array_equal(working[:size], members)
    worst = np.argsort(-violation, kind="stable")[: added.size]
    np.testing.assert_array_equal(added, np.sort(worst))
    assert np.all(violation[added] > 0)
    assert 0.75 * min(limit, wanting) <= added.size <= limit


def test_equal_violators_enter_together():
    c = np.ones(100)
    working = np.zeros(100, np.int32)
    assert column.extend_working_set(np.zeros(100), c, 0.5 * c, working, 0) == 100
    assert column.admission_bar(np.array([1.0, 1.0, 1.0, 0.5]), 2) < 1.0


def test_gram_of_the_working_set_grows():
    G = np.cov(np.random.default_rng(0).normal(size=(9, 30)))
    working = np.array([5, 0, 7, 2, 8], np.int32)
    S = column.extend_gram(G, working, 0, 2, np.empty((2, 2)))
    S = column.extend_gram(G, working, 2, 5, S)
    np.testing.assert_array_equal(S[:5, :5], G[np.ix_(working, working)])


@pytest.mark.parametrize("lam2", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(10))
def test_sweep(seed, lam2):
    X, y, w, G, r, K = problem(seed, p=7)
    if seed == 0:
        X[:, 2], G[2], G[:, 2], r[2] = 0, 0, 0, 0
    start = np.random.default_rng(seed).normal(size=7)
    b, c = start.copy(), r - G @ start
    gain = column.sweep(G, b, c, w, lam2)
    expected = naive.sweep(G, r, w, lam2, start)
    np.testing.assert_allclose(b, expected, atol=1e-13)
    np.testing.assert_allclose(c, r - G @ b, atol=1e-13)
    true = naive.column_primal(X, y, w, lam2, start) - naive.column_primal(X, y, w, lam2, b)
    assert 0 < gain <= true + 1e-12  # a lower bound where a coordinate passes its kink
    gain = column.sweep(G, b, c, 0 * w, lam2)  # without kinks it is the gain itself
    smooth = [
        naive.column_primal(X, y, 0 * w, lam2, x)
        for x in (expected, naive.sweep(G, r, 0 * w, lam2, expected))
    ]
    assert gain == pytest.approx(smooth[0] - smooth[1], abs=1e-12)


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5, 8, 21])
def test_factorise_and_substitute(m):
    rng = np.random.default_rng(m)
    A = rng.normal(size=(m, m))
    A, x = A @ A.T + 0.1 * np.eye(m), rng.normal(size=m)
    U = np.triu(A) + np.tril(np.full((m, m), np.nan), -1)  # below the diagonal nothing is read
    assert column.factorise(U)
    L = np.linalg.cholesky(A)
    np.testing.assert_allclose(np.triu(U), L.T, rtol=1e-8, atol=1e-12)
    np.testing.assert_array_equal(U, U.T)
    solved = x.copy()
    column.substitute(U, solved)
    np.testing.assert_allclose(solved, np.linalg.solve(A, x), rtol=1e-7)
    assert not column.factorise(A - 2 * np.linalg.eigvalsh(A)[-1] * np.eye(m))


@pytest.mark.parametrize("first, second", [(0, 1), (1, 3), (3, 4), (2, 6)])
def test_factorise_refuses_equal_genes(first, second):
    X, _ = naive.cohort(0, p=7)
    X[:, second] = X[:, first]
    assert not column.factorise(X.T @ X / len(X))


@pytest.mark.parametrize("seed", range(40))
def test_line_minimum(seed):
    rng = np.random.default_rng(seed)
    m = rng.integers(1, 8)
    b, w = rng.normal(size=m), rng.uniform(0, 2, size=m)
    d = rng.normal(size=m) * 10 ** rng.uniform(-1, 1)
    d[rng.random(m) < 0.2] = 0.0
    curvature = rng.uniform(0.1, 3)
    slope = -curvature * rng.uniform(0.1, 2)
    if seed % 2:  # every sign changes on the way
        d, w = -b * rng.uniform(1.2, 5, size=m), 0.1 * w
    t = column.line_minimum(b, d, w, slope, curvature)
    assert 0 <= t <= 1
    grid = min(naive.line_value(b, d, w, slope, curvature, x) for x in np.linspace(0, 1, 4001))
    assert naive.line_value(b, d, w, slope, curvature, t) <= grid + 1e-12


@pytest.mark.parametrize("lam2", [0.0, 0.1])
@pytest.mark.parametrize("seed", range(20))
def test_newton_steps_solve_the_normal_equations_or_descends(seed, lam2):
    X, y, w, G, r, K = problem(seed)
    best = naive.best_column(X, y, w, lam2)
    rng = np.random.default_rng(seed)
    b = best * rng.uniform(0.5, 2.0, size=best.size)  # the right signs: one step suffices
    c = r - G @ b
    column.newton_steps(G, b, c, w, lam2)
    np.testing.assert_allclose(b, best, atol=1e-10)
    np.testing.assert_allclose(c, r - G @ b, atol=1e-12)
    start = rng.normal(size=best.size) * (rng.random(best.size) < 0.8)  # any signs: never worse
    b, c = start.copy(), r - G @ start
    column.newton_steps(G, b, c, w, lam2)
    assert (
        naive.column_primal(X, y, w, lam2, b) <= naive.column_primal(X, y, w, lam2, start) + 1e-12
    )
    np.testing.assert_allclose(c, r - G @ b, atol=1e-12)
    assert np.all(b[start == 0] == 0)


@pytest.mark.parametrize("lam2", [0.0, 0.1])
@pytest.mark.parametrize("seed", range(10))
def test_descend_reaches_the_minimum(seed, lam2):
    X, y, w, G, r, K = problem(seed)
    b, c = np.zeros(5), r.copy()
    column.descend(G, b, c, r, w, lam2, K, 1e-14 * K, 100)
    np.testing.assert_allclose(b, naive.best_column(X, y, w, lam2), atol=1e-7)
    np.testing.assert_allclose(c, r - G @ b, atol=1e-12)


@pytest.mark.parametrize("lam2", [0.0, 0.1])
@pytest.mark.parametrize("seed", range(20))
def test_newton_steps_end_where_the_genes_left_are_stationary(seed, lam2):
    X, y, w, G, r, K = problem(seed, p=8)
    b = np.random.default_rng(seed).normal(size=8)  # half of the signs are wrong: genes leave
    c = r - G @ b
    column.newton_steps(G, b, c, w, lam2)
    on = b != 0
    slope = (r - G @ b - lam2 * b)[on]
    np.testing.assert_allclose(slope, w[on] * np.sign(b[on]), atol=1e-9)


def test_a_gene_leaves_the_factor():
    X, y, w, G, r, K = problem(1, p=7)
    U, ridge = column.support_factor(G, np.arange(7), 0.1)
    assert ridge == 0
    A, gone = G + 0.1 * np.eye(7), np.empty((0, 7))
    remaining = list(range(7))
    for out in (4, 0):
        v = column.solve_without(U, gone, np.eye(7)[out])
        gone = np.vstack((gone, v / np.sqrt(v[out])))
        remaining.remove(out)
        d = column.solve_without(U, gone, r)
        np.testing.assert_allclose(
            d[remaining], np.linalg.solve(A[np.ix_(remaining, remaining)], r[remaining]), atol=1e-12
        )
        assert np.abs(np.delete(d, remaining)).max() < 1e-13


def test_more_genes_may_leave_in_one_step_than_are_remembered():
    p = column.NEWTON_STEPS + 9
    b, c = np.full(p, 0.5), np.full(p, -0.5)  # of equal genes without a response
    column.newton_steps(np.eye(p), b, c, np.full(p, 0.1), 0.0)
    assert not b.any()
    np.testing.assert_allclose(c, 0.0, atol=1e-15)


def test_newton_steps_among_collinear_genes_descends():
    X, y, w, G, r, K = problem(3, p=6)
    X = np.column_stack((X, X[:, :2]))
    G, r, w = X.T @ X / len(y), X.T @ y / len(y), np.append(w, w[:2])
    b = np.full(8, 0.2)
    c = r - G @ b
    before = naive.column_primal(X, y, w, 0.0, b)
    column.newton_steps(G, b, c, w, 0.0)
    assert naive.column_primal(X, y, w, 0.0, b) < before
    np.testing.assert_allclose(c, r - G @ b, atol=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_polish_solves_within_the_working_set_and_updates_c_everywhere(seed):
    X, y, w, G, r, K = problem(seed, p=12)
    working = np.array([7, 2, 9, 4], np.int32)
    b, c = np.zeros(12), r.copy()
    b[2] = 0.3
    c -= 0.3 * G[2]
    S = G[np.ix_(working, working)]
    column.polish_column(G, S, r, w, 0.05, K, b, c, working, 1e-16)
    np.testing.assert_allclose(
        b[working], naive.best_column(X[:, working], y, w[working], 0.05), atol=1e-7
    )
    assert np.all(np.delete(b, working) == 0)
    np.testing.assert_allclose(c, r - G @ b, atol=1e-12)


# One column ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lam2", [0.0, 0.1])
@pytest.mark.parametrize("seed", range(10))
def test_column_equals_the_best_of_all_sign_patterns(seed, lam2):
    X, y, w, G, r, K = problem(seed)
    best = naive.best_column(X, y, w, lam2)
    for start in (None, 3.0 * best, -best, np.ones(5)):
        b, gap = solve(G, r, w, lam2, K, start, tol=1e-12)
        np.testing.assert_allclose(b, best, atol=1e-5)
        left = naive.column_primal(X, y, w, lam2, b) - naive.column_primal(X, y, w, lam2, best)
        assert -1e-14 * K <= left <= 0.5 * K * gap + 1e-14 * K
        assert gap <= 1e-12


@pytest.mark.parametrize("n, p", [(60, 20), (20, 80)])
@pytest.mark.parametrize("lam2", [0.0, 0.1])
def test_weighted_column_equals_sklearn_on_augmented_data(n, p, lam2):
    for seed in range(4):
        X, y, w, G, r, K = problem(seed, n, p)
        b, _ = solve(G, r, w, lam2, K, tol=1e-13)
        np.testing.assert_allclose(b, by_sklearn(X, y, w, lam2), atol=1e-6)


@pytest.mark.parametrize("lam2", [0.0, 0.1])
def test_a_start_is_accepted_at_its_relative_gap_and_improved_above_it(lam2):
    """The gap returned is relative to the objective without edges, K / 2."""
    X, y, w, G, r, K = problem(1)
    start = 1.001 * naive.best_column(X, y, w, lam2)
    gap = naive.duality_gap(X, y, w, lam2, start) / (K / 2)
    b, accepted = solve(G, r, w, lam2, K, start, tol=1.001 * gap)
    assert accepted == pytest.approx(gap, rel=1e-9)
    np.testing.assert_array_equal(b, start)
    b, improved = solve(G, r, w, lam2, K, start, tol=0.999 * gap)
    assert improved <= 0.999 * gap and not np.array_equal(b, start)
    b, stopped = solve(G, r, w, lam2, K, start, tol=0.999 * gap, rounds=0)
    assert stopped == pytest.approx(gap, rel=1e-9)
    assert solve(1e6 * G, 1e6 * r, 1e6 * w, 1e6 * lam2, 1e6 * K)[1] <= 1e-10


def test_rounds_are_counted():
    X, y, w, G, r, K = problem(2, p=9)
    for most in (0, 1):
        given = G, r, w, 0.0, K, np.zeros(9), r.copy(), np.zeros(9, np.int32), 0
        *_, rounds = column.solve_column(*given, 1e-14, most, np.empty((4, 4)))
        assert rounds == most


def test_a_column_of_nothing_stays_empty():
    b, gap = solve(np.eye(3), np.zeros(3), np.full(3, 0.1), 0.0, 0.0)
    assert gap == 0 and not b.any()


def test_excluded_edge_never_enters():
    X, y, w, G, r, K = problem(0)
    w[2] = column.EXCLUDED
    b, gap = solve(G, r, w, 0.0, K)
    assert b[2] == 0 and gap <= 1e-10
    rest = np.delete(np.arange(5), 2)
    np.testing.assert_allclose(b[rest], naive.best_column(X[:, rest], y, w[rest], 0.0), atol=1e-5)


@properties
@given(seed=seeds, lam2=st.sampled_from([0.0, 0.1]))
def test_column_under_scaling_sign_and_order(seed, lam2):
    """(c y, c w) scales b by c; a gene's flipped sign flips its edge; order does not matter."""
    X, y, w, G, r, K = problem(seed, n=25, p=8)
    b, _ = solve(G, r, w, lam2, K, tol=1e-13)
    scaled, _ = solve(G, 7.5 * r, 7.5 * w, lam2, 7.5**2 * K, tol=1e-13)
    np.testing.assert_allclose(scaled, 7.5 * b, atol=1e-5 * np.sqrt(K))
    flip = np.where(np.arange(8) % 2, -1.0, 1.0)
    flipped, _ = solve(G * np.outer(flip, flip), r * flip, w, lam2, K, tol=1e-13)
    np.testing.assert_array_equal(flipped, flip * b)
    order = np.random.default_rng(seed).permutation(8)
    shuffled, _ = solve(G[np.ix_(order, order)].copy(), r[order], w[order], lam2, K, tol=1e-13)
    np.testing.assert_allclose(shuffled, b[order], atol=1e-5 * np.sqrt(K))


@pytest.mark.parametrize("lam2", [0.0, 0.05])
@pytest.mark.parametrize("mixing", [0.0, 1e-9, 1e-4])
def test_equal_and_nearly_equal_genes_converge(lam2, mixing):
    X, y = naive.cohort(5, 40, 10)
    rng = np.random.default_rng(5)
    X[:, 1] = naive.standardised(X[:, 0] + mixing * rng.normal(size=40))
    X[:, 2] = -X[:, 0]
    G, r, K = X.T @ X / 40, X.T @ y / 40, y @ y / 40
    w = np.full(10, 0.02)
    b, gap = solve(G, r, w, lam2, K, tol=1e-9)
    assert gap <= 1e-9
    assert naive.duality_gap(X, y, w, lam2, b) <= 0.5 * K * 1e-9 + 1e-13
    if lam2 > 0 and mixing == 0.0:  # the ridge shares an effect evenly
        np.testing.assert_allclose(b[[1, 2]], [b[0], -b[0]], atol=1e-4)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_no_penalty_with_fewer_genes_than_lines_is_least_squares(unit):
    X, y = naive.cohort(7, 50, 8)
    y = unit * y
    G, r, K = X.T @ X / 50, X.T @ y / 50, y @ y / 50
    b, gap = solve(G, r, np.zeros(8), 0.0, K, tol=1e-8)
    np.testing.assert_allclose(b, np.linalg.lstsq(X, y, rcond=None)[0], atol=1e-8 * unit)
    assert gap <= 1e-8


def test_ridge_alone_is_ridge_regression():
    X, y = naive.cohort(8, 15, 30)
    G, r, K = X.T @ X / 15, X.T @ y / 15, y @ y / 15
    b, gap = solve(G, r, np.zeros(30), 0.2, K, tol=1e-12)
    np.testing.assert_allclose(b, np.linalg.solve(G + 0.2 * np.eye(30), r), atol=1e-6)
    assert gap <= 1e-12


# All columns --------------------------------------------------------------------------------


def test_load_and_store_a_column():
    G = np.cov(np.random.default_rng(0).normal(size=(6, 20)))
    B = naive.network(3, p=6, density=0.5)
    indptr, indices, data = naive.compressed(B)
    GB = np.ascontiguousarray((G @ B).T)
    for j in range(6):
        part = slice(indptr[j], indptr[j + 1])
        for stored in (np.empty((0, 0)), GB):
            b, c, working = np.zeros(6), np.empty(6), np.zeros(6, np.int32)
            m = column.load_column(G, stored, j, indices[part], data[part], b, c, working)
            np.testing.assert_array_equal(b, B[:, j])
            np.testing.assert_allclose(c, G[j] - G @ B[:, j], atol=1e-14)
            assert set(working[:m]) == set(np.flatnonzero(B[:, j]))
        working[:m] = working[:m][::-1].copy()
        out = np.array([9, 9], np.int32), np.array([8.0, 8.0])  # too small: grows, keeps the rest
        out_indices, out_data, end = column.store_column(b, working, m, *out, 2)
        assert end == 2 + m
        np.testing.assert_array_equal(out_indices[:end], [9, 9, *indices[part]])
        np.testing.assert_array_equal(out_data[:end], [8.0, 8.0, *data[part]])
        assert not b.any()


@pytest.mark.parametrize("n, p", [(60, 12), (15, 25)])
@pytest.mark.parametrize("lam1, lam2", [(0.3, 0.0), (0.1, 0.1)])
def test_network_equals_separate_elastic_nets(n, p, lam1, lam2):
    X, _ = naive.cohort(n, n, p)
    G = X.T @ X / n

    def elastic_net(X, y, w, lam2):
        alpha = w[0] + lam2
        model = ElasticNet(
            alpha, l1_ratio=w[0] / alpha, fit_intercept=False, tol=1e-13, max_iter=10**6
        )
        return model.fit(X, y).coef_

    expected = naive.regressed_network(X, lam1, lam2, elastic_net)
    weights = np.full(p, lam1 / 2)
    GB = np.zeros((p, p))
    B, gaps = solve_network(G, weights, lam2, Columns.empty(p), 1e-12, GB=GB, n_jobs=1)
    np.testing.assert_allclose(B.matrix().toarray(), expected, atol=1e-6)
    np.testing.assert_allclose(GB, (G @ B.matrix().toarray()).T, atol=1e-12)
    assert gaps.max() <= 1e-12
    again, gaps = solve_network(G, weights, lam2, B, 1e-12, GB=GB, n_jobs=2)
    np.testing.assert_array_equal(again.data, B.data)  # solved already: nothing is touched
    near, _ = solve_network(G, 0.8 * weights, lam2, Columns.empty(p), 1e-12)
    warm, _ = solve_network(G, weights, lam2, near, 1e-12)  # without GB
    np.testing.assert_allclose(warm.matrix().toarray(), expected, atol=1e-6)


def test_regulators_with_their_own_weights():
    X, _ = naive.cohort(2, 50, 6)
    weights = np.array([0.05, 0.3, 0.1, 0.5, 0.02, 0.2])
    B, _ = solve_network(X.T @ X / 50, weights, 0.0, Columns.empty(6), 1e-13)
    for j in range(6):
        rest = np.delete(np.arange(6), j)
        best = naive.best_column(X[:, rest], X[:, j], weights[rest], 0.0)
        np.testing.assert_allclose(B.matrix().toarray()[rest, j], best, atol=1e-6)
        assert B.matrix().toarray()[j, j] == 0


@pytest.mark.parametrize("lam2", [0.0, 0.1])
def test_gaps_under_other_weights_are_those_of_the_columns_as_they_are(lam2):
    X, _ = naive.cohort(5, 40, 7)
    G, B = X.T @ X / 40, 0.2 * naive.network(5, 7)
    weights = np.array([0.05, 0.3, 0.1, 0.5, 0.02, 0.2, 0.1])
    GB, columns = np.ascontiguousarray((G @ B).T), np.array([5, 0, 3])
    gaps = column.gaps_at_weights(
        G, np.diag(G).copy(), GB, weights, lam2, columns, *naive.compressed(B)
    )
    for j, gap in zip(columns, gaps, strict=True):
        rest = np.delete(np.arange(7), j)
        expected = naive.duality_gap(X[:, rest], X[:, j], weights[rest], lam2, B[rest, j])
        assert gap == pytest.approx(expected / (X[:, j] @ X[:, j] / 80), rel=1e-9)


def test_fixed_columns_are_copied_and_the_others_solved():
    X, _ = naive.cohort(6, 60, 40)
    G, start = X.T @ X / 60, naive.columns(naive.network(6, 40))
    weights, fixed = np.full(40, 0.05), np.arange(40) < 35  # a whole piece and a part of one
    B, gaps = solve_network(G, weights, 0.0, start, 1e-10, fixed=fixed, n_jobs=1)
    alone, _ = solve_network(G, weights, 0.0, Columns.empty(40), 1e-10, n_jobs=1)
    new, old = B.matrix().toarray(), start.matrix().toarray()
    np.testing.assert_array_equal(new[:, fixed], old[:, fixed])
    np.testing.assert_allclose(new[:, ~fixed], alone.matrix().toarray()[:, ~fixed], atol=1e-4)
    assert (gaps[fixed] == 0.0).all() and gaps.max() <= 1e-10


@pytest.mark.parametrize("lam2", [0.0, 0.1])
def test_columns_solved_in_pieces_are_those_solved_at_once(lam2):
    """And row j of `GB` is the product of the Gram matrix and column j, whichever piece has it."""
    X, _ = naive.cohort(7, 50, 9)
    G, start = X.T @ X / 50, 0.1 * naive.network(7, 9)
    fixed = np.arange(9) == 5
    found = []
    for bounds in ((0, 9), (0, 4, 9)):
        GB, parts = np.ascontiguousarray((G @ start).T), []
        for first, last in itertools.pairwise(bounds):
            given = G, np.diag(G).copy(), GB, np.full(9, 0.1), lam2, fixed, first, last
            parts.append(column.solve_columns(*given, *naive.compressed(start), 1e-12, 1000))
        counts, indices, data, gaps, _ = map(np.concatenate, zip(*parts, strict=True))
        B = np.zeros((9, 9))
        B[indices, np.repeat(np.arange(9), counts)] = data
        np.testing.assert_allclose(GB, (G @ B).T, atol=1e-12)
        assert gaps.max() <= 1e-12 and np.array_equal(B[:, 5], start[:, 5])
        found.append(B)
    np.testing.assert_array_equal(*found)
    assert np.count_nonzero(found[0]) > 9
