"""The desparsified lasso: its formula, its limit, and where it does not apply."""

import naive
import numpy as np
import pytest
from scipy.stats import ttest_ind

from pnetlib.solvers.desparsified import Estimate, desparsified
from pnetlib.steps.networks.compute import own_network


def sample(n, p, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) @ np.diag(rng.uniform(0.5, 3.0, p))
    X[:, 1:4] += X[:, [0]]
    return X


def least_squares(X, k, j):
    """Coefficient of k in the regression of j on all others."""
    X = naive.standardised(X)
    others = np.delete(np.arange(X.shape[1]), j)
    return np.linalg.lstsq(X[:, others], X[:, j])[0][list(others).index(k)]


@pytest.mark.parametrize("n, p, lam1", [(40, 6, 0.3), (40, 6, 0.1), (15, 25, 0.4)])
def test_twin_line_by_line(n, p, lam1):
    X = sample(n, p)
    B = own_network(X, lam1)
    found = desparsified(X, B, penalty=0.05)
    for k, j in ((0, 1), (1, 0), (4, 2), (p - 1, 0)):
        value, variance = naive.desparsified_edge(X, B, k, j, 0.05)
        assert found.value[k, j] == pytest.approx(value, abs=2e-3)
        assert found.variance[k, j] == pytest.approx(variance, rel=2e-2)
        assert found.df[k, j] == n - 1 - np.count_nonzero(B[:, j])


@pytest.mark.parametrize("lam1", [0.02, 0.3, 1.0])
def test_without_penalty_it_is_least_squares_whatever_the_network(lam1):
    X = sample(60, 8)
    found = desparsified(X, own_network(X, lam1), penalty=1e-9)
    for k, j in ((0, 1), (1, 0), (5, 7)):
        assert found.value[k, j] == pytest.approx(least_squares(X, k, j), abs=1e-4)


def test_shrinkage_is_undone():
    """With many lines the debiased value is the true one, which the penalty has halved."""
    X = np.random.default_rng(1).normal(size=(20_000, 3))
    X[:, 1] += X[:, 0]
    B = own_network(X, 0.7)
    found = desparsified(X, B)
    assert B[0, 1] < 0.4 and found.value[0, 1] == pytest.approx(np.sqrt(0.5), abs=0.01)


def test_two_genes_have_the_variance_of_a_correlation():
    X = np.random.default_rng(2).normal(size=(50_000, 2))
    X[:, 1] += 0.7 * X[:, 0]
    found = desparsified(X, own_network(X, 0.0))
    r = np.corrcoef(X.T)[0, 1]
    assert found.value[0, 1] == pytest.approx(r, abs=1e-6)
    assert found.variance[0, 1] == pytest.approx((1 - r**2) ** 2 / 50_000, rel=0.03)


def test_chosen_targets_are_the_columns_of_all():
    X = sample(30, 7)
    B = own_network(X, 0.3)
    whole, part = desparsified(X, B), desparsified(X, B, [5, 2])
    for name in ("value", "variance", "df"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[:, [5, 2]])
    assert np.isnan(np.diag(whole.value)).all()


def test_constant_genes_have_no_coefficient():
    X = sample(30, 6)
    X[:, 3] = 1.7
    found = desparsified(X, own_network(X, 0.3)).value
    assert np.isnan(found[3]).all() and np.isnan(found[:, 3]).all()
    rest = np.delete(np.delete(found, 3, 0), 3, 1)
    without = np.delete(X, 3, 1)
    expected = desparsified(
        without, own_network(without, 0.3), penalty=0.05 * np.sqrt(np.log(6) / 30)
    )
    np.testing.assert_allclose(rest, expected.value, atol=1e-4)


def test_difference_has_the_degrees_of_freedom_of_welch():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=12), rng.normal(1.0, 3.0, size=30)
    means = [Estimate(x.mean(), x.var(ddof=1) / len(x), len(x) - 1) for x in (a, b)]
    low, high = means[0].minus(means[1]).interval(0.9)
    expected = ttest_ind(a, b, equal_var=False).confidence_interval(0.9)
    assert (low, high) == pytest.approx((expected.low, expected.high))
