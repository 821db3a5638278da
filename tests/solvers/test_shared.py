"""Networks of groups that share what they can: against scikit-learn, and at the limits."""

import numpy as np
import pytest
from sklearn.linear_model import Lasso

from pnetlib.estimators import ElasticNetwork
from pnetlib.solvers.shared import fit_shared, standardised


def lines(seed, n, p=5):
    rng = np.random.default_rng(seed)
    mix = np.eye(p) + rng.normal(scale=0.4, size=(p, p))
    return rng.normal(2.0, 1.0, p) + rng.normal(size=(n, p)) @ mix


def slow_shared(parts, rest, lam1):
    """One lasso a gene on the stacked design, penalties as scales of the columns."""
    N = sum(map(len, parts)) + len(rest)
    blocks = [standardised(part) for part in [*parts, rest]]
    X = np.concatenate(blocks)
    p, scales = X.shape[1], [np.sqrt(len(part) / N) for part in parts]
    starts = np.cumsum([0, *map(len, blocks)])
    design = [X]
    for k, scale in enumerate(scales):
        own = np.zeros_like(X)
        own[starts[k] : starts[k + 1]] = blocks[k] / scale
        design.append(own)
    networks = [np.zeros((p, p)) for _ in parts]
    shared = np.zeros((p, p))
    for j in range(p):
        Z = np.concatenate([np.delete(block, j, axis=1) for block in design], axis=1)
        model = Lasso(lam1 / 2, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(Z, X[:, j])
        others = np.delete(np.arange(p), j)
        b = model.coef_.reshape(len(design), p - 1)
        shared[others, j] = b[0]
        for k, scale in enumerate(scales):
            networks[k][others, j] = b[0] + b[k + 1] / scale
    return shared, networks


@pytest.mark.parametrize("lam1", [0.05, 0.2])
def test_networks_are_those_of_a_lasso_on_the_stacked_design(lam1):
    parts, rest = [lines(1, 40), lines(2, 30)], lines(3, 70)
    shared, networks = fit_shared(parts, rest, lam1, 1e-10)
    slow, slow_networks = slow_shared(parts, rest, lam1)
    np.testing.assert_allclose(shared, slow, atol=2e-5)
    for B, slow_B in zip(networks, slow_networks):
        np.testing.assert_allclose(B, slow_B, atol=2e-5)
        assert (np.diag(B) == 0).all()


def test_one_group_of_all_lines_alone_shares_everything():
    X = lines(4, 60)
    _, (B,) = fit_shared([X], np.empty((0, 5)), 0.2, 1e-10)
    alone = ElasticNetwork(0.2, tol=1e-10).fit(X).B_.toarray()
    # b and d are one column twice at one price: only their sum counts.
    np.testing.assert_allclose(B, alone, atol=1e-4)


def test_alike_groups_have_one_network_and_unlike_ones_do_not():
    rng = np.random.default_rng(5)

    def group(strength, n=300):
        X = rng.normal(size=(n, 4))
        X[:, 1] += strength * X[:, 0]
        return X

    _, (one, other) = fit_shared([group(1.0), group(1.0)], group(1.0), 0.3)
    assert one[0, 1] == pytest.approx(other[0, 1], abs=0.05)
    _, (one, other) = fit_shared([group(1.5), group(0.0)], group(0.0), 0.15)
    assert one[0, 1] - other[0, 1] > 0.3


def test_a_constant_gene_has_no_edges():
    X = lines(6, 30)
    X[:, 2] = 7.0
    _, (B,) = fit_shared([X], np.empty((0, 5)), 0.1)
    assert not B[2].any() and not B[:, 2].any() and np.isfinite(B).all()


def test_targets_alone_have_the_columns_of_the_whole_network():
    parts, rest = [lines(5, 30), lines(6, 40)], lines(7, 20)
    _, whole = fit_shared(parts, rest, 0.1)
    _, some = fit_shared(parts, rest, 0.1, targets=[3, 1])
    for B, columns in zip(whole, some):
        np.testing.assert_array_equal(columns[:, [1, 3]], B[:, [1, 3]])
        assert not columns[:, [0, 2, 4]].any()


def test_a_constant_gene_becomes_zero_whatever_rounding_leaves_of_it():
    X = np.column_stack([np.full(30, 1.7), np.arange(30.0)])
    X_std = standardised(X)
    assert (X_std[:, 0] == 0.0).all()  # the mean of 30 times 1.7 is not exactly 1.7
    assert X_std[:, 1].std() == pytest.approx(1.0)
