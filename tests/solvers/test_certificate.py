"""Certificates of networks and conditions of the joint fit, computed in blocks of columns."""

from dataclasses import replace

import naive
import numpy as np
import pytest
from scipy.sparse import csc_array
from sklearn.base import clone

from benchmarks.datasets import simulate_expression
from pnetlib.estimators import ElasticNetwork, PredictiveNetwork
from pnetlib.solvers import rows
from pnetlib.solvers.certificate import certify_joint, certify_network
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


@pytest.mark.parametrize("coupling", ["exact", "lagged"])
@pytest.mark.parametrize("lam2", [0.0, 0.05])
def test_certificate_of_the_joint_fit_is_the_naive_one(lam2, coupling):
    X, z = naive.cohort(8, 40, 70)
    m, pen = Moments.of(X, z), Penalties(0.3, lam2, 0.05, 0.1, coupling=coupling)
    state = fit_joint(m, pen, start_state(m, pen, 1e-4), tol=1e-3, gap_tol=1e-4, max_iter=3)
    gaps, edges, effects = certify_joint(X, z, state, pen, n_jobs=2)
    np.testing.assert_allclose([edges, effects], kkt_residuals(m, state, pen), rtol=1e-9)
    a, e = scaled_effects(state.B, state.theta, state.signs, replace(pen, coupling="exact"))
    weights = np.maximum(pen.lam1 + pen.lam4 * (e[:, None] + e - 2 * np.outer(a, a)), 0.0)
    B, theta = state.B.matrix().toarray(), state.theta
    assert 3 < np.count_nonzero(theta) < 70
    for j in range(70):
        rest, scale = np.arange(70) != j, 1 + theta[j] ** 2
        y = (X[:, j] + theta[j] * (z - X @ B @ theta + theta[j] * X @ B[:, j])) / scale
        w = weights[rest, j] / (2 * scale)
        gap = naive.duality_gap(X[:, rest], y, w, lam2 / scale, B[rest, j])
        assert gaps[j] == pytest.approx(gap / (y @ y / 80), rel=1e-8, abs=1e-13)


@pytest.mark.parametrize("stored", [True, False])
def test_float32_joint_fit_is_certified_by_the_data(stored, monkeypatch):
    """One rounding of the Gram matrix (6e-8 of an entry) costs little in float64."""
    monkeypatch.setattr(rows, "STORED", 4000 if stored else 0)
    X, z = naive.cohort(9, 100, 150)
    X, z = 3.0 * X + 5.0, z / z.std() + 2.0
    tight = {"tol": 1e-10, "gap_tol": 1e-10, "n_jobs": 1}
    wide, narrow = (
        PredictiveNetwork(0.3, lam3=0.1, lam4=0.05, gram_dtype=dtype, **tight).fit(X, z)
        for dtype in ("float64", "float32")
    )
    assert np.count_nonzero(narrow.theta_) > 3
    np.testing.assert_allclose(narrow.theta_, wide.theta_, atol=1e-4)
    np.testing.assert_allclose(narrow.B_.toarray(), wide.B_.toarray(), atol=1e-4)
    np.testing.assert_allclose(narrow.objective_trace_[-1], wide.objective_trace_[-1], rtol=1e-6)
    assert narrow.certified_gaps_.max() <= 1e-6 and narrow.gaps_.max() <= 1e-10
    assert narrow.kkt_B_ <= 1e-4 * 0.3 and narrow.kkt_theta_ <= 1e-4 * 0.1
    np.testing.assert_array_equal(wide.certified_gaps_, wide.gaps_)
    again = clone(narrow).set_params(n_jobs=2).fit(X, z)
    np.testing.assert_array_equal(again.theta_, narrow.theta_)
    np.testing.assert_array_equal(again.certified_gaps_, narrow.certified_gaps_)


def test_float32_certificate_is_in_the_units_of_a_weighted_response():
    X, z = naive.cohort(10, 60, 30)
    pair = [
        PredictiveNetwork(0.3, 0, 0.1, 0.05, response_weight=0.5, gram_dtype=dtype, n_jobs=1)
        for dtype in ("float64", "float32")
    ]
    wide, narrow = (model.set_params(tol=1e-4).fit(X, z) for model in pair)
    assert narrow.kkt_theta_ == pytest.approx(wide.kkt_theta_, abs=2e-6)
    assert narrow.kkt_B_ == pytest.approx(wide.kkt_B_, abs=2e-6)
