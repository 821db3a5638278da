"""The theta step against its twins, a lasso on augmented data and brute force."""

import naive
import numpy as np
import pytest
from sklearn.linear_model import Lasso

from pnetlib.kernels import products, theta as kernel
from pnetlib.solvers.joint import (
    Penalties,
    State,
    candidate_gram,
    initial_signs,
    theta_residual,
    theta_step,
)
from pnetlib.solvers.moments import Moments

DEGREES = ["sqrt", "d"]


def state_of(X, B, theta=None, signs=None):
    """A state of the joint fit with the given network and effects."""
    p = len(B)
    G = X.T @ X / len(X)
    return State(
        naive.columns(B),
        np.ascontiguousarray((G @ B).T),
        np.zeros(p) if theta is None else theta.copy(),
        np.zeros(p) if signs is None else signs,
        np.zeros(p),
        np.zeros(p, bool),
        np.zeros(p),
        0.0,
    )


def problem(seed, p=9, n=40):
    """Expression, response, a network with one isolated gene, and their moments."""
    X, z = naive.cohort(seed, n, p)
    B = 0.4 * naive.network(seed, p, 0.4)
    B[:, -1] = B[-1] = 0.0
    return X, z, B, Moments.of(X, z)


def test_column_products():
    _, _, B, _ = problem(0)
    v = np.random.default_rng(0).normal(size=9)
    np.testing.assert_allclose(
        products.column_products(*naive.compressed(B), v), B.T @ v, atol=1e-14
    )


def test_combination_of_the_columns_of_active_genes():
    _, _, B, _ = problem(0)
    theta = np.array([0.3, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, 0.7, 2.0])
    np.testing.assert_allclose(
        products.combine_columns(*naive.compressed(B), theta), B @ theta, atol=1e-14
    )


def test_gram_of_predicted_activities():
    X, _, B, m = problem(1)
    GB = np.ascontiguousarray((m.G @ B).T)
    genes = np.array([5, 0, 7, 2])
    H = B.T @ m.G @ B
    T = np.ascontiguousarray(GB[genes].T)
    rows = products.gram_rows(*naive.compressed(B), T, genes[1:3])
    np.testing.assert_allclose(rows, H[np.ix_(genes[1:3], genes)], atol=1e-13)
    known = H[np.ix_(genes[:2], genes[:2])]
    np.testing.assert_allclose(
        candidate_gram(m.G, naive.columns(B), GB, genes, known), H[np.ix_(genes, genes)], atol=1e-13
    )


@pytest.mark.parametrize("degree", DEGREES)
def test_candidate_links(degree):
    _, _, B, _ = problem(2)
    s = naive.scale(B, degree)
    genes = np.array([6, 1, 8, 3])
    N = kernel.candidate_links(*naive.compressed(B), s, genes)
    expected = naive.links(B) / np.outer(s, s)
    np.testing.assert_allclose(N, expected[np.ix_(genes, genes)], atol=1e-14)


@pytest.mark.parametrize("degree", DEGREES)
@pytest.mark.parametrize("seed", range(8))
def test_sweep_over_effects_minimises_each_in_turn(seed, degree):
    """One sweep of the kernel: coordinate after coordinate, exact even at a negative weight."""
    X, z, B, m = problem(seed, p=6)
    lam3, lam4 = 0.05, 3.0  # strong links: weights lam3/2 - pull below 0 do occur
    pen = Penalties(0.0, 0.0, lam3, lam4, degree)
    L, F, n = naive.laplacian(B, degree), X @ B, len(X)
    genes = np.flatnonzero(naive.degrees(B) > 0)
    theta = np.random.default_rng(seed).normal(size=6)
    theta[naive.degrees(B) == 0] = 0.0
    links = naive.links(B) / np.outer(naive.scale(B, degree), naive.scale(B, degree))
    found, expected = theta[genes], theta.copy()
    kernel.descend_theta(
        (F.T @ F / n)[np.ix_(genes, genes)],
        (F.T @ z / n)[genes],
        links[np.ix_(genes, genes)],
        np.diag(L)[genes],
        np.zeros(genes.size),
        found,
        lam3,
        lam4,
        0.0,
        1,
    )
    for j in genes:
        others = expected.copy()
        others[j] = 0.0
        curvature = F[:, j] @ F[:, j] / n + 2 * lam4 * L[j, j]
        centre = F[:, j] @ (z - F @ others) / n
        threshold = lam3 / 2 + 2 * lam4 * L[j] @ np.abs(others)
        candidates = [0.0, (centre - threshold) / curvature, (centre + threshold) / curvature]
        values = []
        for x in candidates:
            others[j] = x
            values.append(naive.objective(X, z, B, others, pen))
        expected[j] = candidates[int(np.argmin(values))]
    np.testing.assert_allclose(found, expected[genes], atol=1e-12)


@pytest.mark.parametrize("degree", DEGREES)
@pytest.mark.parametrize("lam4", [0.0, 0.02, 0.5])
@pytest.mark.parametrize("seed", range(4))
def test_fixed_signs_equal_a_lasso_on_augmented_data(seed, lam4, degree):
    """min ||z - F theta||^2 / n + 2 lam4 theta'SLS theta + lam3 ||theta||_1, S the signs."""
    X, z, B, m = problem(seed)
    n, p = X.shape
    lam3 = 0.05
    signs = np.where(np.random.default_rng(seed).random(p) < 0.5, -1.0, 1.0)
    L = naive.laplacian(B, degree)
    values, vectors = np.linalg.eigh(L)
    R = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T @ np.diag(signs)
    tall = np.vstack([X @ B, np.sqrt(2 * n * lam4) * R])
    model = Lasso(n * lam3 / (2 * (n + p)), fit_intercept=False, tol=1e-13, max_iter=10**6)
    expected = model.fit(tall, np.concatenate([z, np.zeros(p)])).coef_
    state = state_of(X, B, signs=signs)
    pen = Penalties(0.1, 0.0, lam3, lam4, degree)
    theta_step(m, state, pen, tol=1e-22)
    np.testing.assert_allclose(state.theta, expected, atol=1e-6)
    assert 0 < np.count_nonzero(state.theta) < p
    assert theta_residual(m, state, pen).max() < 1e-8


@pytest.mark.parametrize("degree", DEGREES)
@pytest.mark.parametrize("lam3, lam4", [(0.1, 0.0), (0.1, 0.05), (0.02, 1.0), (0.0, 0.1)])
@pytest.mark.parametrize("seed", range(4))
def test_current_signs_leave_nothing_to_one_coordinate(seed, lam3, lam4, degree):
    X, z, B, m = problem(seed)
    pen = Penalties(0.1, 0.0, lam3, lam4, degree)
    for start in (None, np.append(np.random.default_rng(seed).normal(size=8), 0.0)):
        state = state_of(X, B, start)
        theta_step(m, state, pen, tol=1e-22)
        assert theta_residual(m, state, pen).max() < 1e-8
        gain = naive.coordinate_gain(lambda t: naive.objective(X, z, B, t, pen), state.theta)
        assert gain < 1e-11


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("degree", DEGREES)
def test_residual_is_the_slope_of_the_objective(degree, fixed):
    X, z, B, m = problem(5)
    pen = Penalties(0.1, 0.0, 0.07, 0.2, degree)
    rng = np.random.default_rng(5)
    signs = rng.choice([-1.0, 1.0], size=9) if fixed else np.zeros(9)
    for _ in range(10):
        theta = rng.normal(size=9) * (rng.random(9) < 0.5)
        residual = theta_residual(m, state_of(X, B, theta, signs), pen)
        expected = naive.stationarity(lambda t: naive.objective(X, z, B, t, pen, signs), theta)
        np.testing.assert_allclose(residual, expected, atol=1e-4)


def test_candidates_grow_until_none_is_wanting():
    """A gene drawn in only by its neighbours' effects is found as well."""
    X, z, B, m = problem(3, p=20, n=60)
    pen = Penalties(0.1, 0.0, 0.1, 2.0)
    state = theta_step(m, state_of(X, B), pen, tol=1e-22)
    drawn = (np.abs(B.T @ m.G @ (B @ state.theta) - B.T @ m.g) < 0.05) & (state.theta != 0)
    assert drawn.any()
    assert theta_residual(m, state, pen).max() < 1e-8


def test_large_lam3_leaves_no_effect():
    X, z, B, m = problem(4)
    top = 2 * np.max(np.abs(B.T @ m.g))
    for lam3, active in ((top * (1 + 1e-6), 0), (top * (1 - 1e-3), 1)):
        state = theta_step(m, state_of(X, B), Penalties(0.1, 0.0, lam3, 0.0))
        assert np.count_nonzero(state.theta) == active


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("lam4", [0.0, 0.2])
def test_effect_of_a_gene_that_lost_its_regulators_goes_to_zero(lam4, fixed):
    """Nothing predicts its activity any more, so |theta| only costs lam3."""
    X, z, B, m = problem(6)
    theta = np.zeros(9)
    theta[-1] = 1.5
    state = state_of(X, B, theta, np.ones(9) if fixed else None)
    pen = Penalties(0.1, 0.0, 0.05, lam4)
    theta_step(m, state, pen)
    assert state.theta[-1] == 0
    assert theta_residual(m, state, pen).max() < 1e-4


def test_initial_signs():
    X, z, B, m = problem(7)
    state = state_of(X, B)
    signs = initial_signs(m, state, Penalties(0.1, 0.0, 0.1, 0.5))
    first = theta_step(m, state_of(X, B), Penalties(0.1, 0.0, 0.1, 0.0)).theta
    marginal = np.sign(B.T @ m.g)
    expected = np.where(first != 0, np.sign(first), np.where(marginal != 0, marginal, 1.0))
    np.testing.assert_array_equal(signs, expected)
    assert not state.theta.any() and not state.signs.any()  # the state is left alone
    assert signs[-1] == 1 and 0 < np.count_nonzero(first) < 9
