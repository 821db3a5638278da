"""The joint fit: its objective, its steps, its descent and its optimality conditions."""

import naive
import numpy as np
import pytest

from pnetlib.kernels.column import EXCLUDED, edge_weights, response_column, sweep_columns
from pnetlib.solvers import joint
from pnetlib.solvers.columns import Columns
from pnetlib.solvers.joint import (
    Penalties,
    State,
    damp,
    fit_joint,
    initial_signs,
    kkt_residuals,
    network_step,
    objective,
    scaled_effects,
    start_state,
)
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.network import solve_network

DEGREES = ["sqrt", "d"]


def linked(seed, p=6):
    """A network in which every gene has a link."""
    B = 0.4 * naive.network(seed, p, 0.4)
    for q in range(p):
        B[q, (q + 1) % p] += 0.2
    return B


def effects(seed, p=6):
    """Random effects, some of them 0."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=p) * (np.arange(p) % 3 > 0)


def state_of(m, B, theta, signs=None):
    """A state of the joint fit."""
    p = len(B)
    return State(
        naive.columns(B),
        np.ascontiguousarray((m.G @ B).T),
        theta.copy(),
        np.zeros(p) if signs is None else signs,
        np.zeros(p),
        np.zeros(p, bool),
        np.zeros(p),
        0.0,
    )


def random_problem(seed):
    """Data and penalties; the four lowest bits of the seed go through all conventions."""
    rng = np.random.default_rng(seed)
    p, n = int(rng.integers(4, 22)), int(rng.integers(8, 45))
    if (p < n) == bool(seed & 8):
        p, n = (12, 9) if seed & 8 else (8, 30)
    pen = Penalties(
        lam1=10 ** rng.uniform(-2, -0.2),
        lam2=rng.choice([0.0, 0.05]),
        lam3=10 ** rng.uniform(-3, -0.7),
        lam4=rng.choice([0.0, 1.0]) * 10 ** rng.uniform(-3, 0.5),
        degree=DEGREES[seed & 1],
        coupling=["exact", "lagged"][seed >> 2 & 1],
    )
    return *naive.cohort(seed, n, p), pen, bool(seed & 2)


def fitted(seed, pen=None, **options):
    """A random problem and its joint fit."""
    X, z, drawn, fixed = random_problem(seed)
    pen = pen or drawn
    m = Moments.of(X, z, n_jobs=1)
    state = start_state(m, pen, options.get("gap_tol", 1e-6), 1)
    if fixed:
        state.signs = initial_signs(m, state, pen)
    return X, z, pen, m, fit_joint(m, pen, state, n_jobs=1, **options)


# Objective and edge weights -----------------------------------------------------------------


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("degree", DEGREES)
@pytest.mark.parametrize("seed", range(5))
def test_objective_is_the_formula(seed, degree, fixed):
    X, z = naive.cohort(seed, 20, 7)
    B, theta = naive.network(seed, 7, 0.3), effects(seed, 7)
    B[:, 6] = B[6] = 0.0
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], 7) if fixed else np.zeros(7)
    pen = Penalties(0.3, 0.2, 0.1, 0.7, degree)
    m = Moments.of(X, z)
    s = state_of(m, B, theta, signs)
    assert objective(m, s.B, s.GB, theta, signs, pen) == pytest.approx(
        naive.objective(X, z, B, theta, pen, signs), rel=1e-12
    )


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("degree", DEGREES)
@pytest.mark.parametrize("seed", range(4))
def test_exact_edge_weights_are_the_slope_of_the_link_penalty(seed, degree, fixed):
    B, theta = linked(seed), effects(seed)
    signs = np.where(np.arange(6) % 2, 1.0, -1.0) if fixed else np.zeros(6)
    slopes = naive.link_slopes(B, naive.effect_sizes(theta, signs), degree)
    pen = Penalties(50.0, lam4=0.3, degree=degree)
    a, e = scaled_effects(naive.columns(B), theta, signs, pen)
    for j in range(6):
        w = edge_weights(a, e, j, pen.lam1, pen.lam4, 1.7, 6)
        others = np.delete(np.arange(6), j)
        np.testing.assert_allclose(2 * 1.7 * w[others], 50.0 + 0.3 * slopes[others, j], atol=1e-6)
        assert w[j] == EXCLUDED
        few = edge_weights(a, e, j, pen.lam1, pen.lam4, 1.7, 4)
        np.testing.assert_array_equal(few, w[:4])


@pytest.mark.parametrize("degree", DEGREES)
def test_lagged_edge_weights_hold_the_degrees(degree):
    B, theta = linked(0), effects(0)
    pen = Penalties(0.2, lam4=0.3, degree=degree, coupling="lagged")
    a, e = scaled_effects(naive.columns(B), theta, np.zeros(6), pen)
    scaled = np.abs(theta) / naive.scale(B, degree)
    for j in range(6):
        w = edge_weights(a, e, j, pen.lam1, pen.lam4, 1.0, 6)
        expected = 0.2 + 0.3 * (scaled - scaled[j]) ** 2
        np.testing.assert_allclose(np.delete(2 * w, j), np.delete(expected, j), atol=1e-13)


def test_edge_weights_stop_at_zero():
    a, e = np.array([0.0, 2.0, 1.0]), np.array([0.0, 0.5, 0.5])
    np.testing.assert_allclose(edge_weights(a, e, 2, 0.1, 1.0, 1.0, 3)[:2], [0.3, 0.0])


# The B step ---------------------------------------------------------------------------------


@pytest.mark.parametrize("regulators", [5, 3, 2])
@pytest.mark.parametrize("t", [0.0, 0.4, -2.0])
def test_response_column_is_the_stacked_regression(t, regulators):
    X, z = naive.cohort(1, 25, 5)
    u = np.linalg.lstsq(X, X @ naive.network(1, 5) @ effects(1, 5), rcond=None)[0]
    u[regulators:] = 0.0  # the other genes' part of the prediction
    m, j = Moments.of(X, z), 2
    G, v = m.G[:, :regulators], m.G @ u
    r, K = response_column(G, m.K, m.g, m.zz, u[:regulators], v[:regulators], t, j)
    y = (X[:, j] + t * (z - X @ u)) / (1 + t * t)
    np.testing.assert_allclose(r, (X.T @ y / 25)[:regulators], atol=1e-13)
    assert K == pytest.approx(y @ y / 25)
    rng = np.random.default_rng(0)
    values = []
    r = X.T @ y / 25
    for b in rng.normal(size=(4, 5)):
        stacked = np.sum((X[:, j] - X @ b) ** 2) + np.sum((z - X @ u - t * X @ b) ** 2)
        values.append(stacked / 25 - (1 + t * t) * (b @ m.G @ b - 2 * r @ b))
    np.testing.assert_allclose(values, values[0])  # the same objective but for a constant


def held_weights(a, e, pen):
    """L1 weight of every edge in the B step."""
    return np.maximum(pen.lam1 + pen.lam4 * (e[:, None] + e[None] - 2 * np.outer(a, a)), 0.0)


def best_response_column(X, z, B, theta, weights, lam2, j):
    """Column j of the B step with the other columns fixed, on stacked data, by brute force."""
    others = np.delete(np.arange(len(B)), j)
    rest = B.copy()
    rest[:, j] = 0.0
    tall = np.sqrt(2) * np.vstack([X, theta[j] * X])[:, others]
    y = np.sqrt(2) * np.concatenate([X[:, j], z - X @ rest @ theta])
    b = np.zeros(len(B))
    b[others] = naive.best_column(tall, y, weights[others, j] / 2, lam2)
    return b


@pytest.mark.parametrize("lam2", [0.0, 0.1])
@pytest.mark.parametrize("seed", range(5))
def test_sweep_solves_the_columns_in_turn(seed, lam2):
    X, z = naive.cohort(seed, 30, 6)
    B, theta = linked(seed), effects(seed)
    pen = Penalties(0.15, lam2, 0.1, 0.05)
    m = Moments.of(X, z)
    s = state_of(m, B, theta)
    a, e = scaled_effects(s.B, theta, s.signs, pen)
    active = np.flatnonzero(theta)
    u, v, rows = B @ theta, m.G @ B @ theta, s.GB[active]
    counts, indices, data, gaps = sweep_columns(
        m.G,
        m.K,
        rows,
        m.g,
        m.zz,
        theta,
        active,
        a,
        e,
        pen.lam1,
        lam2,
        pen.lam4,
        *s.B.arrays,
        u,
        v,
        1e-13,
        1000,
    )
    weights = held_weights(a, e, pen)
    expected = B.copy()
    for j in active:
        expected[:, j] = best_response_column(X, z, expected, theta, weights, lam2, j)
    swept = s.B.replace(active, counts, indices, data).matrix().toarray()
    np.testing.assert_allclose(swept, expected, atol=1e-6)
    np.testing.assert_allclose(rows, (m.G @ swept).T[active], atol=1e-12)
    np.testing.assert_allclose(u, swept @ theta, atol=1e-12)
    np.testing.assert_allclose(v, m.G @ swept @ theta, atol=1e-12)
    assert gaps.max() <= 1e-13


@pytest.mark.parametrize("degree", DEGREES)
@pytest.mark.parametrize("edges", ["exact", "lagged"])
def test_network_step_solves_every_column_under_its_weights(edges, degree):
    X, z = naive.cohort(8, 30, 6)
    B, theta = linked(8), effects(8)
    pen = Penalties(0.15, 0.02, 0.1, 0.03, degree, edges)
    m = Moments.of(X, z)
    s = state_of(m, B, theta)
    a, e = scaled_effects(s.B, theta, s.signs, pen)
    network_step(m, s, pen, 1e-13, 1)
    new = s.B.matrix().toarray()
    np.testing.assert_allclose(s.GB, (m.G @ new).T, atol=1e-12)
    assert s.gaps.max() <= 1e-13
    weights = held_weights(a, e, pen)
    for j in np.flatnonzero(theta == 0):
        rest = np.delete(np.arange(6), j)
        best = naive.best_column(X[:, rest], X[:, j], weights[rest, j] / 2, pen.lam2)
        np.testing.assert_allclose(new[rest, j], best, atol=1e-6)
        assert new[j, j] == 0
    last = np.flatnonzero(theta)[-1]  # nothing moved after it
    best = best_response_column(X, z, new, theta, weights, pen.lam2, last)
    np.testing.assert_allclose(new[:, last], best, atol=1e-6)


@pytest.mark.parametrize("lam2", [0.0, 0.1])
def test_gaps_of_columns_coupled_to_the_response_are_theirs(lam2, monkeypatch):
    X, z = naive.cohort(8, 30, 6)
    B, theta, pen, m = linked(8), effects(8), Penalties(0.15, lam2, 0.1, 0.03), Moments.of(X, z)
    s = state_of(m, B, theta)
    a, e = scaled_effects(s.B, theta, s.signs, pen)
    monkeypatch.setattr(joint, "MAX_ROUNDS", 0)  # nothing moves
    network_step(m, s, pen, 1e-9, 1)
    for j in np.flatnonzero(theta):
        rest, scale = np.delete(np.arange(6), j), 1 + theta[j] ** 2
        y = (X[:, j] + theta[j] * (z - X @ B @ theta + theta[j] * X @ B[:, j])) / scale
        w = held_weights(a, e, pen)[rest, j] / (2 * scale)
        gap = naive.duality_gap(X[:, rest], y, w, lam2 / scale, B[rest, j])
        assert s.gaps[j] == pytest.approx(gap / (y @ y / 60), rel=1e-9)


def test_held_columns_are_left_alone():
    X, _ = naive.cohort(9, 30, 6)
    G = X.T @ X / 30
    B, fixed = naive.columns(linked(9)), np.arange(6) % 2 == 0
    GB = np.ascontiguousarray((G @ linked(9)).T)
    new, _ = solve_network(G, np.full(6, 0.1), 0.0, B, 1e-10, GB=GB, fixed=fixed, n_jobs=1)
    plain, _ = solve_network(G, np.full(6, 0.1), 0.0, Columns.empty(6), 1e-10)
    new, plain = new.matrix().toarray(), plain.matrix().toarray()
    np.testing.assert_array_equal(new[:, fixed], linked(9)[:, fixed])
    np.testing.assert_allclose(new[:, ~fixed], plain[:, ~fixed], atol=1e-4)
    np.testing.assert_allclose(GB, (G @ new).T, atol=1e-12)


def test_damping_takes_the_first_halving_that_does_not_rise():
    X, z = naive.cohort(10, 30, 6)
    theta, pen, m = 0.1 * effects(10), Penalties(0.15, 0.0, 0.1, 0.3), Moments.of(X, z)
    old = start_state(m, pen, 1e-8).B
    near = old.matrix().toarray()
    far = near + 0.5 * linked(10)
    values = [naive.objective(X, z, near + 0.5**k * (far - near), theta, pen) for k in range(13)]
    best = values[4]  # reached after four halvings, not before
    assert all(value > best for value in values[:4])
    s = state_of(m, far, theta)
    assert damp(m, s, old, pen, best * (1 + 1e-12), 1) == pytest.approx(best)
    damped = s.B.matrix().toarray()
    np.testing.assert_allclose(damped, near + (far - near) / 16, atol=1e-14)
    np.testing.assert_allclose(s.GB, (m.G @ damped).T, atol=1e-13)
    s = state_of(m, far, theta)
    assert damp(m, s, old, pen, -1.0, 1) == -1.0  # nothing will do: the old network stays
    np.testing.assert_array_equal(s.B.matrix().toarray(), near)
    np.testing.assert_allclose(s.GB, (m.G @ near).T, atol=1e-13)


# The fit ------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", range(10))
def test_objective_never_rises(block, monkeypatch):
    """200 random problems: all conventions, p > n and p < n, the trace equal to the formula."""
    damped = []
    monkeypatch.setattr(joint, "damp", lambda *a, **k: damped.append(1) or damp(*a, **k))
    shapes = set()
    for seed in range(20 * block, 20 * block + 20):
        X, z, pen, m, state = fitted(seed, tol=1e-5, max_iter=1000)
        theta, B = state.theta, state.B.matrix().toarray()
        start = start_state(m, pen, 1e-6, 1)
        first = naive.objective(X, z, start.B.matrix().toarray(), start.theta, pen)
        last = naive.objective(X, z, B, theta, pen, state.signs)
        assert np.all(np.diff(state.trace) <= 0), seed
        assert state.trace[0] == pytest.approx(first, rel=1e-12)
        assert state.trace[-1] == pytest.approx(last, rel=1e-12)
        assert state.converged and not np.diag(B).any()
        np.testing.assert_allclose(state.GB, (m.G @ B).T, atol=1e-11)
        shapes.add(X.shape[0] > X.shape[1])
    assert shapes == {True, False}
    assert damped or block  # the halving was needed somewhere, as in the first block


def test_every_column_is_certified_even_where_edge_weights_reach_zero():
    reached = 0
    for seed in [*range(8), *range(16, 24), *range(32, 40)]:  # p < n
        *_, pen, _ = random_problem(seed)
        pen = Penalties(min(pen.lam1, 0.05), pen.lam2, pen.lam3, 0.5, pen.degree)
        *_, state = fitted(seed, pen, tol=1e-5)
        assert state.gaps.max() <= 1e-6, seed
        a, e = scaled_effects(state.B, state.theta, state.signs, pen)
        reached += np.any(held_weights(a, e, pen) == 0)
    assert reached >= 3


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("degree", DEGREES)
@pytest.mark.parametrize("seed", range(3))
def test_kkt_residuals_are_slopes_of_the_objective(seed, degree, fixed):
    X, z = naive.cohort(seed, 20, 6)
    B, theta = linked(seed), effects(seed)
    signs = np.where(np.arange(6) % 2, 1.0, -1.0) if fixed else np.zeros(6)
    pen = Penalties(0.8, 0.1, 0.4, 0.2, degree)
    m = Moments.of(X, z)
    edges = naive.stationarity(lambda b: naive.objective(X, z, b, theta, pen, signs), B)
    np.fill_diagonal(edges, 0.0)
    sizes = naive.stationarity(lambda t: naive.objective(X, z, B, t, pen, signs), theta)
    np.testing.assert_allclose(
        kkt_residuals(m, state_of(m, B, theta, signs), pen), [edges.max(), sizes.max()], rtol=1e-4
    )


@pytest.mark.long
def test_tight_tolerances_end_at_a_stationary_point():
    """In most problems; where an exact edge weight is negative the B step stops short of it."""
    good = total = 0
    for seed in range(0, 96, 2):
        X, z, pen, _ = random_problem(seed)
        pen = Penalties(pen.lam1, pen.lam2, pen.lam3, pen.lam4, pen.degree)
        *_, m, state = fitted(seed, pen, tol=1e-12, gap_tol=1e-10, max_iter=3000)
        edges, sizes = kkt_residuals(m, state, pen)
        a, e = scaled_effects(state.B, state.theta, state.signs, pen)
        weights = pen.lam1 + pen.lam4 * (e[:, None] + e[None] - 2 * np.outer(a, a))
        assert sizes < 1e-4
        total += 1
        if np.min(weights + 9 * np.eye(len(a))) > 0 and state.converged:
            assert edges < 1e-3, seed
        good += edges < 1e-4
    assert good >= 0.8 * total


@pytest.mark.parametrize("degree", DEGREES)
def test_large_lam3_leaves_the_network_alone(degree):
    X, z = naive.cohort(11, 40, 10)
    pen = Penalties(0.2, 0.05, 1e3, 0.5, degree)
    m = Moments.of(X, z)
    state = fit_joint(m, pen, start_state(m, pen, 1e-12), tol=1e-10, gap_tol=1e-12)
    assert not state.theta.any() and len(state.trace) == 2 and state.converged
    plain, _ = solve_network(m.G, np.full(10, 0.1), 0.05, Columns.empty(10), 1e-12)
    np.testing.assert_allclose(state.B.matrix().toarray(), plain.matrix().toarray(), atol=1e-7)


def test_rounds_are_counted_and_cut():
    X, z, pen, _ = random_problem(4)
    m = Moments.of(X, z)
    full = fit_joint(m, pen, start_state(m, pen, 1e-6), tol=1e-9, max_iter=500)
    cut = fit_joint(m, pen, start_state(m, pen, 1e-6), tol=1e-9, max_iter=2)
    assert full.converged and len(full.trace) > 3
    assert not cut.converged
    np.testing.assert_array_equal(cut.trace, full.trace[:3])
    steps = -np.diff(full.trace)
    left = steps[1:] ** 2 / (steps[:-1] - steps[1:])  # gains to come, as a geometric series
    small = (steps[1:] <= 1e-9 * m.zz) & (left <= 1e-9 * m.zz) & (left >= 0)
    assert small[-1] and not small[:-1].any()


def test_start_near_another_network():
    X, z = naive.cohort(12, 40, 10)
    m, pen = Moments.of(X, z), Penalties(0.1)
    cold = start_state(m, pen, 1e-12)
    larger = start_state(m, Penalties(0.3), 1e-12)
    before = larger.GB.copy()
    warm = start_state(m, pen, 1e-12, warm=larger)
    np.testing.assert_allclose(warm.B.matrix().toarray(), cold.B.matrix().toarray(), atol=1e-6)
    np.testing.assert_array_equal(larger.GB, before)
    assert not warm.theta.any()


def test_a_state_is_copied_and_restarted_on_other_data():
    X, z, pen, m, state = fitted(3, tol=1e-5)
    twin = state.copy()
    twin.theta[:], twin.GB[:] = 9.0, 9.0
    assert not np.any(state.theta == 9.0) and not np.any(state.GB == 9.0)
    other = Moments.of(*naive.cohort(77, 30, X.shape[1]))
    again = state.restart(other)
    np.testing.assert_allclose(again.GB, (other.G @ state.B.matrix().toarray()).T, atol=1e-12)
    np.testing.assert_array_equal(again.theta, state.theta)
    assert not again.signs.any() and again.GB is not state.GB
    trace = fit_joint(other, pen, again, tol=1e-5).trace
    assert np.all(np.diff(trace) <= 0)


@pytest.mark.parametrize("seed", range(8))
def test_objective_kept_during_a_fit_is_that_of_its_end(seed):
    _, _, pen, m, state = fitted(seed, max_iter=6, tol=1e-9)
    whole = objective(m, state.B, state.GB, state.theta, state.signs, pen)
    assert state.trace[-1] == pytest.approx(whole, rel=1e-12)
