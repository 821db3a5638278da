"""Certificates of networks and conditions of the joint fit, computed in blocks of columns."""

import naive
import numpy as np
import pytest
from scipy.sparse import csc_array

from benchmarks.datasets import simulate_expression
from pnetlib.estimators import ElasticNetwork
from pnetlib.solvers.certificate import certify_network
from pnetlib.solvers.joint import (
    Penalties,
    fit_joint,
    kkt_residuals,
    scaled_effects,
    start_state,
    theta_residual,
)
from pnetlib.solvers.moments import Moments


def gap_of(X, B, j, lam1, lam2):
    """A column's relative gap by the slow twin, the target's own edge excluded."""
    keep = np.arange(X.shape[1]) != j
    w, y = np.full(keep.sum(), 0.5 * lam1), X[:, j]
    gap = naive.duality_gap(X[:, keep], y, w, lam2, B[keep, j])
    return gap / (0.5 * y @ y / len(y))


@pytest.mark.parametrize("n, p", [(30, 12), (8, 70)])
@pytest.mark.parametrize("lam2", [0.0, 0.2])
def test_certificate_is_the_naive_gap(n, p, lam2):
    X, _ = naive.cohort(3, n, p)
    B = 0.1 * naive.network(4, p, 0.2)
    expected = [gap_of(X, B, j, 0.3, lam2) for j in range(p)]
    found = certify_network(X, csc_array(B), 0.3, lam2, n_jobs=1)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    some = [p - 1, 0, 3]
    np.testing.assert_allclose(
        certify_network(X, B, 0.3, lam2, some, n_jobs=2), found[some], rtol=1e-9, atol=1e-12
    )
    assert certify_network(X, B, 0.3, lam2, []).size == 0


def test_a_constant_gene_has_no_gap():
    X, _ = simulate_expression(1, 20, 9)
    X[:, 4] = 3.3
    model = ElasticNetwork(0.3, gram_dtype="float32", n_jobs=1).fit(X)
    assert model.certify(X, [4]) == 0


@pytest.mark.parametrize("lam4", [0.0, 0.05])
def test_conditions_in_blocks_are_the_dense_ones(lam4):
    X, z = naive.cohort(7, 60, 300)
    m, pen = Moments.of(X, z), Penalties(0.3, 0.02, 0.1, lam4)
    state = fit_joint(m, pen, start_state(m, pen, 1e-4), max_iter=3)
    a, e = scaled_effects(state.B, state.theta, state.signs, pen)
    B = state.B.matrix().toarray()
    left = m.g - m.G @ B @ state.theta
    slope = 2 * (np.outer(left, state.theta) + m.G - m.G @ B) - 2 * pen.lam2 * B
    weight = pen.lam1 + lam4 * (e[:, None] + e - 2 * np.outer(a, a))
    edges = np.where(B != 0, abs(slope - weight * np.sign(B)), np.maximum(abs(slope) - weight, 0))
    np.fill_diagonal(edges, 0)
    worst, size = kkt_residuals(m, state, pen)
    assert state.theta.any() and worst == pytest.approx(edges.max(), rel=1e-6)
    assert size == theta_residual(m, state, pen).max()
