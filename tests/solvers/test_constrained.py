"""Network-constrained regression: a lasso on augmented data, and its link penalty by the formula."""

import naive
import numpy as np
import pytest
from sklearn.linear_model import Lasso

from pnetlib.estimators import NetworkConstrainedRegression, PredictiveNetwork
from pnetlib.solvers.constrained import fit_constrained, initial_estimate, laplacian
from pnetlib.solvers.moments import Moments


def link_rows(B, degree, signs, weight):
    """Rows R with ||R b||^2 = weight * sum_{q,j} w_qj (b_q / s_q - b_j / s_j)^2, pair by pair."""
    p, rows = len(B), []
    w = (np.abs(B) + np.abs(B).T) / 2
    d = w.sum(axis=0)
    for q in range(p):
        for j in range(p):
            if w[q, j] > 0:
                row = np.zeros(p)
                for gene, side in ((q, 1.0), (j, -1.0)):
                    s = np.sqrt(d[gene]) if degree == "sqrt" else d[gene]
                    row[gene] += side * signs[gene] / s
                rows.append(np.sqrt(weight * w[q, j]) * row)
    return np.array(rows)


@pytest.mark.parametrize("degree", ["sqrt", "d"])
def test_the_laplacian_is_the_link_penalty_of_the_formula(degree):
    B = naive.network(3)
    B[:, 5] = B[5] = 0.0  # an isolated gene
    L = laplacian(naive.columns(B), degree)
    for seed in range(5):
        b = np.random.default_rng(seed).normal(size=len(B))
        rows = link_rows(B, degree, np.ones(len(B)), 1.0)
        assert 2.0 * b @ L @ b == pytest.approx(np.sum((rows @ b) ** 2))
    assert not L[5].any()


@pytest.mark.parametrize("degree", ["sqrt", "d"])
@pytest.mark.parametrize("signs", ["none", "initial"])
@pytest.mark.parametrize("n, p", [(50, 12), (15, 20)])
def test_it_is_a_lasso_on_augmented_data(degree, signs, n, p):
    X, z = naive.cohort(n, n, p)
    options = {"degree": degree, "signs": signs, "tol": 1e-13, "n_jobs": 1}
    model = NetworkConstrainedRegression(0.3, 0.05, 0.1, 0.7, **options).fit(X, z)
    sides = np.ones(p)
    if signs == "initial":
        sides = np.sign(np.linalg.solve(X.T @ X / n + np.eye(p), X.T @ z / n))
    rows = link_rows(model.B_.toarray(), degree, sides, 0.7 * n)
    A, y = np.vstack((X, rows)), np.concatenate((z, np.zeros(len(rows))))
    lasso = Lasso(alpha=0.05 * n / len(A), fit_intercept=False, tol=1e-14, max_iter=200_000)
    np.testing.assert_allclose(model.coef_, lasso.fit(A, y).coef_, atol=1e-8)


def test_the_first_order_conditions_hold():
    X, z = naive.cohort(4, 60, 10)
    L = laplacian(naive.columns(naive.network(4, 10)))
    moments = Moments.of(X, z, n_jobs=1)
    b, gap, _ = fit_constrained(moments, L, 0.1, 0.5, 1e-13)
    slope = 2.0 * (moments.g - moments.G @ b) - 4.0 * 0.5 * L @ b
    active = b != 0
    np.testing.assert_allclose(slope[active], 0.1 * np.sign(b[active]), atol=1e-7)
    assert (np.abs(slope[~active]) <= 0.1 + 1e-7).all() and gap <= 1e-13


def test_without_the_link_penalty_it_is_a_lasso():
    X, z = naive.cohort(5, 40, 10)
    model = NetworkConstrainedRegression(0.3, lam3=0.2, lam4=0.0, tol=1e-13, n_jobs=1).fit(X, z)
    lasso = Lasso(alpha=0.1, tol=1e-13, max_iter=100_000).fit(X, z)
    np.testing.assert_allclose(model.coef_, lasso.coef_, atol=1e-9)


def test_a_strong_link_penalty_makes_linked_genes_act_alike():
    rng = np.random.default_rng(6)
    X = rng.normal(size=(200, 4))
    X[:, 1] = X[:, 0] + 0.5 * rng.normal(size=200)
    model = NetworkConstrainedRegression(0.3, lam3=0.01, lam4=100.0, n_jobs=1).fit(X, X[:, 0])
    assert model.coef_[0] == pytest.approx(model.coef_[1], abs=0.02) and model.coef_[1] > 0.2


def test_its_network_and_regulators_are_those_of_the_joint_model_without_effects():
    X, z = naive.cohort(7, 50, 12)
    own = NetworkConstrainedRegression(0.2, 0.05, tol=1e-12, n_jobs=1).fit(X, z)
    pro = PredictiveNetwork(0.2, 0.05, lam3=1e3, gap_tol=1e-12, n_starts=1, n_jobs=1).fit(X, z)
    np.testing.assert_allclose(own.B_.toarray(), pro.B_.toarray(), atol=1e-9)
    few = NetworkConstrainedRegression(0.2, regulators=[2, 5], n_jobs=1).fit(X, z)
    assert set(few.B_.tocoo().coords[0]) <= {2, 5} and few.regulators_.tolist() == [2, 5]


def test_the_initial_estimate_is_a_ridge_regression():
    X, z = naive.cohort(8, 30, 6)
    moments = Moments.of(X, z, n_jobs=1)
    A = np.vstack((X, np.sqrt(30) * np.eye(6)))
    expected = np.linalg.lstsq(A, np.concatenate((z, np.zeros(6))))[0]
    np.testing.assert_allclose(initial_estimate(moments), expected, atol=1e-10)
