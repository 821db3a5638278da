"""Small networks as dense arrays: against scikit-learn and the solver of large networks."""

import numpy as np
import pytest
from sklearn.linear_model import Lasso

from pnetlib.solvers.columns import Columns
from pnetlib.solvers.network import solve_dense, solve_network


def moments(seed, n=40, p=8):
    X = np.random.default_rng(seed).normal(size=(n, p)) @ np.random.default_rng(9).normal(
        size=(p, p)
    )
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    return X, X.T @ X / n, np.full(p, 0.05)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("lam2", [0.0, 0.2])
def test_dense_network_is_that_of_the_solver_of_large_networks(seed, lam2):
    _, G, weights = moments(seed)
    B = solve_dense(G, weights, lam2, 1e-12)
    columns, _ = solve_network(G, weights, lam2, Columns.empty(8), 1e-12)
    np.testing.assert_allclose(B, columns.matrix().toarray(), atol=1e-6)
    assert (np.diag(B) == 0).all() and np.any(B) and not np.signbit(B[B == 0]).any()


def test_dense_network_is_one_lasso_a_gene():
    X, G, weights = moments(5)
    B = solve_dense(G, weights, 0.0, 1e-12)
    for j in range(8):
        others = np.delete(np.arange(8), j)
        model = Lasso(0.05, fit_intercept=False, tol=1e-12, max_iter=10**5).fit(
            X[:, others], X[:, j]
        )
        np.testing.assert_allclose(B[others, j], model.coef_, atol=1e-6)


def test_a_warm_start_changes_nothing_and_targets_leave_the_rest_at_0():
    _, G, weights = moments(6)
    cold = solve_dense(G, weights, 0.0, 1e-12)
    start = np.random.default_rng(1).normal(size=(8, 8)) * (1 - np.eye(8))
    before = start.copy()
    np.testing.assert_allclose(solve_dense(G, weights, 0.0, 1e-12, start=start), cold, atol=1e-6)
    np.testing.assert_array_equal(start, before)
    some = solve_dense(G, weights, 0.0, 1e-12, targets=[4, 2], start=start)
    np.testing.assert_allclose(some[:, [2, 4]], cold[:, [2, 4]], atol=1e-6)
    assert not some[:, [0, 1, 3, 5, 6, 7]].any()
