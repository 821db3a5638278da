"""Kernels at their limits: few regulators, genes without variance, full working sets, last tries."""

import naive
import numpy as np
import pytest

from pnetlib.kernels import column, theta as kernel
from pnetlib.solvers.columns import Columns
from pnetlib.solvers.network import solve_network


def part(seed, r, p=6, n=40):
    """Expression, and the products of all genes with the first r, which alone regulate."""
    X, z = naive.cohort(seed, n, p)
    G = X.T @ X / n
    return X, z, G, np.ascontiguousarray(G[:, :r])


@pytest.mark.parametrize("lam2", [0.0, 0.1])
@pytest.mark.parametrize("r", [1, 3, 5])
def test_each_gene_is_solved_on_the_regulators_but_itself(r, lam2):
    X, _, G, some = part(r, r)
    weights = np.linspace(0.05, 0.2, r)
    GB = np.zeros((6, r))
    B, gaps = solve_network(
        some, weights, lam2, Columns.empty(6), 1e-13, K=np.diag(G).copy(), GB=GB, n_jobs=1
    )
    dense = B.matrix().toarray()
    for j in range(6):
        rest = np.delete(np.arange(r), j) if j < r else np.arange(r)
        best = naive.best_column(X[:, rest], X[:, j], weights[rest], lam2)
        np.testing.assert_allclose(dense[rest, j], best, atol=1e-6)
        assert j >= r or dense[j, j] == 0
    np.testing.assert_allclose(GB, (dense[:r].T @ G[:r, :r]), atol=1e-12)
    again = column.gaps_at_weights(
        some, np.diag(G).copy(), GB, weights, lam2, np.arange(6), *B.arrays
    )
    assert gaps.max() <= 1e-13 and again.max() <= 1e-12


def test_a_gene_without_variance_has_no_edges_and_no_gap():
    X, _, _, _ = part(0, 6)
    X[:, 2] = 0.0
    G = X.T @ X / 40
    weights, empty = np.full(6, 0.1), Columns.empty(6)
    B, gaps = solve_network(G, weights, 0.0, empty, 1e-12, n_jobs=1)
    assert gaps[2] == 0.0 and not B.matrix().toarray()[:, 2].any()
    assert not B.matrix().toarray()[2].any()
    GB = np.ascontiguousarray((G @ B.matrix().toarray()).T)
    gaps = column.gaps_at_weights(
        G, np.diag(G).copy(), GB, weights, 0.0, np.array([2, 0]), *B.arrays
    )
    assert gaps[0] == 0.0 and 0.0 <= gaps[1] <= 1e-11


def test_gaps_of_all_columns_leave_no_trace_of_the_one_before():
    X, _, G, _ = part(3, 6)
    B, weights = 0.3 * naive.network(3, 6, 0.7), np.linspace(0.05, 0.3, 6)
    GB = np.ascontiguousarray((G @ B).T)
    K, arrays = np.diag(G).copy(), naive.compressed(B)
    every = np.arange(6)
    together = column.gaps_at_weights(G, K, GB, weights, 0.1, every, *arrays)
    alone = [column.gaps_at_weights(G, K, GB, weights, 0.1, every[[j]], *arrays)[0] for j in every]
    np.testing.assert_array_equal(together, alone)
    without = column.gaps_at_weights(G, K, np.empty((0, 0)), weights, 0.1, every, *arrays)
    np.testing.assert_allclose(without, together, rtol=1e-9)


def test_columns_of_a_later_block_are_those_of_a_longer_one():
    """Fixed columns, and more edges than there is room for at first."""
    X, _, G, _ = part(4, 80, p=80, n=200)
    K, weights, fixed = np.diag(G).copy(), np.full(80, 1e-3), np.zeros(80, bool)
    fixed[[40, 44]] = True
    start, room = naive.columns(naive.network(4, 80, 0.95)), np.empty((0, 0))
    whole = column.solve_columns(G, K, room, weights, 0.1, fixed, 38, 45, *start.arrays, 1e-4, 99)
    later = column.solve_columns(G, K, room, weights, 0.1, fixed, 40, 42, *start.arrays, 1e-4, 99)
    ends = np.cumsum(np.append(0, whole[0]))
    assert whole[0].min() > 64  # more than the room for each at first
    np.testing.assert_array_equal(later[0], whole[0][2:4])
    for k in (1, 2):
        np.testing.assert_array_equal(later[k], whole[k][ends[2] : ends[4]])
    for k in (3, 4):
        np.testing.assert_array_equal(later[k], whole[k][2:4])
    dense = start.matrix().toarray()
    for j in (40, 44):
        own = slice(ends[j - 38], ends[j - 37])
        np.testing.assert_array_equal(whole[1][own], np.flatnonzero(dense[:, j]))
        np.testing.assert_array_equal(whole[2][own], dense[whole[1][own], j])
        assert whole[3][j - 38] == 0.0 and whole[4][j - 38] == 0


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("edges, most", [(0, 32), (64, 32), (70, 35), (150, 75)])
def test_half_as_many_genes_enter_as_there_are_edges_or_32(edges, most, sign):
    rng = np.random.default_rng(edges)
    b, c, w = np.zeros(400), rng.normal(size=400), np.full(400, 0.01)
    working = np.zeros(400, np.int32)
    working[:150] = rng.permutation(400)[:150]
    b[working[:edges]] = sign
    m = column.extend_working_set(b, c, w, working, 150)
    assert 0.75 * most < m - 150 <= most
    assert np.unique(working[:m]).size == m


@pytest.mark.parametrize("wanting", [1, 31, 32])
def test_all_wanting_genes_enter_at_once_up_to_32(wanting):
    c = np.zeros(100)
    c[-wanting:] = np.linspace(1, 2, wanting)
    working = np.zeros(100, np.int32)
    m = column.extend_working_set(np.zeros(100), c, np.full(100, 0.5), working, 0)
    np.testing.assert_array_equal(working[:m], np.arange(100 - wanting, 100))


def test_stored_products_are_used_and_left_alone_where_nothing_moves():
    X, _, G, _ = part(5, 6)
    b, c, working = np.zeros(6), np.empty(6), np.zeros(6, np.int32)
    stored = np.arange(6.0)[None]
    edges = np.array([2], np.int32), np.array([0.5])
    column.load_column(G, stored, 0, *edges, b, c, working)
    np.testing.assert_array_equal(c, G[0] - stored[0])
    weights, GB = np.full(6, 0.05), np.zeros((6, 6))
    B, _ = solve_network(G, weights, 0.0, Columns.empty(6), 1e-9, GB=GB, n_jobs=1)
    GB *= 1.0 + 1e-15  # another rounding
    before = GB.copy()
    solve_network(G, weights, 0.0, B, 1e-6, GB=GB, n_jobs=1)
    np.testing.assert_array_equal(GB, before)


@pytest.mark.parametrize("limit", [1, 5, 40])
def test_the_bar_lets_at_least_one_and_at_most_the_limit_pass(limit):
    for seed in range(10):
        violation = np.random.default_rng(seed).normal(size=60) ** 3
        bar = column.admission_bar(violation, limit)
        positive = (violation > 0).sum()
        count = (violation > bar).sum()
        assert bar == 0.0 if positive <= limit else 0.75 * limit < count <= limit
    assert column.admission_bar(-np.ones(5), 1) == 0.0
    assert column.admission_bar(np.array([1.0, 1.0]), 2) == 0.0


def test_steps_stop_at_every_sign_change_that_does_not_pay():
    """|b| has kinks at 0.25, 0.5 and 0.75 of the step, of which the weights decide the one."""
    b, d = np.array([1.0, -1.0, 1.0]), np.array([-4.0, 2.0, -4.0 / 3.0])
    for weights, expected in (
        ([9.0, 9.0, 9.0], 0.25),
        ([1e-3, 9.0, 9.0], 0.5),
        ([1e-3, 1e-3, 9.0], 0.75),
        ([1e-3, 1e-3, 1e-3], None),
    ):
        w = np.array(weights)
        t = column.line_minimum(b, d, w, -4.0, 4.2)
        values = [
            naive.line_value(b, d, w, -4.0, 4.2, x) for x in np.append(np.linspace(0, 1, 2001), t)
        ]
        assert values[-1] <= min(values) + 1e-12
        assert t == pytest.approx(expected) if expected else 0.75 < t <= 1.0
    assert column.line_minimum(b, -b, np.ones(3), -1.0, 0.5) == 1.0  # the end, where all change
    assert column.line_minimum(b, b, np.ones(3), -1.0, 4.0) == 0.25
    assert column.line_minimum(b, b, np.ones(3), -1.0, 0.5) == 1.0


def test_singular_supports_are_separated_by_a_small_ridge_or_not_at_all():
    S = np.ones((3, 3))
    U, ridge = column.support_factor(S, np.array([0, 2]), 0.0)
    assert ridge == column.COLLINEAR and U.shape == (2, 2)
    np.testing.assert_allclose(np.triu(U).T @ np.triu(U), 1.0 + ridge * np.eye(2), rtol=1e-12)
    U, ridge = column.support_factor(S, np.array([0, 2]), 0.5)
    assert ridge == 0.0
    np.testing.assert_allclose(np.triu(U).T @ np.triu(U), 1.0 + 0.5 * np.eye(2), rtol=1e-12)
    U, ridge = column.support_factor(-S, np.array([1]), 0.0)
    assert U.shape == (0, 0) and ridge == 0.0


@pytest.mark.parametrize("seed", range(6))
def test_of_equal_genes_the_one_with_the_larger_weight_leaves(seed):
    X, y = naive.cohort(seed, 40, 4)
    X = np.column_stack((X, X[:, 1], -X[:, 2]))
    G, r = X.T @ X / 40, X.T @ y / 40
    w = 0.1 * np.abs(r) + 0.01
    w[[4, 5]] = 1.5 * w[[1, 2]]
    b = np.sign(r) * 0.3
    c = r - G @ b
    column.newton_steps(G, b, c, w, 0.0)
    assert b[4] == 0.0 and b[5] == 0.0
    on = b != 0
    np.testing.assert_allclose((r - G @ b)[on], (w * np.sign(b))[on], atol=1e-6)
    np.testing.assert_allclose(c, r - G @ b, atol=1e-8)


def test_a_start_close_to_the_solution_among_equal_genes_reaches_it():
    X, y = naive.cohort(2, 40, 4)
    X = np.column_stack((X, X[:, 1]))
    G, r, w = X.T @ X / 40, X.T @ y / 40, np.full(5, 0.02)
    best = naive.best_column(X[:, :4], y, w[:4], 0.0)
    b = np.append(best, 0.4 * best[1]) + 1e-6
    b[1] *= 0.6
    assert best.all()
    c = r - G @ b
    column.newton_steps(G, b, c, w, 0.0)
    np.testing.assert_allclose(r - G @ b, w * np.sign(b), atol=1e-10)


@pytest.mark.parametrize("p, sweeps", [(5, 4), (70, 4), (100, 6)])
def test_descent_ends_after_the_first_sweeps_where_they_suffice(p, sweeps):
    X, y = naive.cohort(1, 60, p)
    G, r, w = X.T @ X / 60, X.T @ y / 60, np.full(p, 0.1)
    b, c, expected = np.zeros(p), r.copy(), np.zeros(p)
    column.descend(G, b, c, r, w, 0.1, y @ y / 60, 1e9, 50)
    for _ in range(sweeps):
        expected = naive.sweep(G, r, w, 0.1, expected)
    np.testing.assert_allclose(b, expected, atol=1e-12)


def test_a_flip_beyond_the_limit_of_tries_is_not_found():
    """Where the flip that costs least does not gain, one try finds nothing and many find more."""
    one, many = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        F, z = rng.normal(size=(12, 6)), rng.normal(size=12)
        F[:, 1] = F[:, 0] + 0.3 * rng.normal(size=12)
        N = np.abs(rng.normal(size=(6, 6)))
        N = 0.2 * (N + N.T) * (1 - np.eye(6))
        arrays = F.T @ F / 12, F.T @ z / 12, N, N.sum(axis=1)
        theta = rng.normal(size=6)
        kernel.descend_theta(*arrays, np.zeros(6), theta, 0.01, 0.5, 1e-14, 5000)
        for limit, kept in ((1, one), (10, many)):
            kept.append(kernel.flip_signs(*arrays, theta.copy(), 0.01, 0.5, 1e-9, limit, 5000))
    assert all(a <= b for a, b in zip(one, many)) or sum(one) < sum(many)
    assert any(a == 0 < b for a, b in zip(one, many))
