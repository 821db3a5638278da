"""Genome scale: float32 Gram matrices, certificates, forecasts."""

import tracemalloc

import naive
import numpy as np
import pytest
from scipy.sparse import csc_array

from benchmarks.datasets import simulate_expression
from pnetlib.errors import SetupError
from pnetlib.estimators import ElasticNetwork, PredictiveNetwork
from pnetlib.solvers import forecast
from pnetlib.solvers.certificate import certify_network
from pnetlib.solvers.columns import Columns
from pnetlib.solvers.joint import (
    Penalties,
    fit_joint,
    kkt_residuals,
    scaled_effects,
    start_state,
    theta_residual,
)
from pnetlib.solvers.moments import Moments, gram
from pnetlib.solvers.network import solve_network

FLOOR = 1e-6  # what one rounding of the Gram matrix may add to a relative gap


def gap_of(X, B, j, lam1, lam2):
    """A column's relative gap by the slow twin, the target's own edge excluded."""
    keep = np.arange(X.shape[1]) != j
    w, y = np.full(keep.sum(), 0.5 * lam1), X[:, j]
    gap = naive.duality_gap(X[:, keep], y, w, lam2, B[keep, j])
    return gap / (0.5 * y @ y / len(y))


# Float32 ------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [5, 128, 300])
def test_float32_gram_is_the_float64_one_rounded_once(p):
    X, _ = naive.cohort(1, 40, p)
    G = gram(X, 1, dtype="float32")
    assert G.dtype == np.float32
    np.testing.assert_array_equal(G, gram(X, 1).astype(np.float32))
    np.testing.assert_array_equal(G, gram(X, 2, dtype="float32"))


@pytest.mark.parametrize("lam2", [0.0, 0.1])
def test_float32_kernel_computes_in_float64(lam2):
    """Solving in a float32 G is solving in the same numbers held as float64."""
    X, _ = naive.cohort(2, 60, 90)
    G, w = gram(X, 1, dtype="float32"), np.full(90, 0.05)
    one, gaps = solve_network(G, w, lam2, Columns.empty(90), 1e-12, n_jobs=1)
    two, others = solve_network(G.astype(float), w, lam2, Columns.empty(90), 1e-12, n_jobs=1)
    np.testing.assert_allclose(one.matrix().toarray(), two.matrix().toarray(), atol=1e-10)
    assert gaps.max() <= 1e-12 and others.max() <= 1e-12 and one.data.dtype == np.float64


@pytest.mark.parametrize("n, p", [(150, 60), (40, 120)])
@pytest.mark.parametrize("lam2", [0.0, 0.05])
def test_float32_network_is_the_float64_one_within_the_floor(n, p, lam2):
    X, _ = simulate_expression(n, n, p)
    wide, narrow = (
        ElasticNetwork(0.2, lam2, gap_tol=1e-9, gram_dtype=dtype, n_jobs=1).fit(X)
        for dtype in ("float64", "float32")
    )
    assert narrow.certified_gaps_.max() <= 1e-9 + FLOOR
    assert wide.certified_gaps_.max() <= 1e-9
    np.testing.assert_allclose(narrow.B_.toarray(), wide.B_.toarray(), atol=1e-4)
    np.testing.assert_array_equal(narrow.certify(X), narrow.certified_gaps_)
    np.testing.assert_allclose(wide.certify(X), wide.gaps_, atol=1e-13)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_threads_give_the_same_bits(dtype):
    X, _ = simulate_expression(5, 80, 200)
    one, two = (ElasticNetwork(0.25, gram_dtype=dtype, n_jobs=k).fit(X) for k in (1, 2))
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(one.B_, name), getattr(two.B_, name))
    np.testing.assert_array_equal(one.gaps_, two.gaps_)
    np.testing.assert_array_equal(one.certified_gaps_, two.certified_gaps_)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_gram_matrix_is_the_only_dense_array(dtype):
    X, _ = simulate_expression(6, 12, 1500)
    model = ElasticNetwork(1.2, gram_dtype=dtype, n_jobs=1)
    model.fit(X[:, :40])  # compiles
    tracemalloc.start()
    model.fit(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    gram_bytes = 1500**2 * np.dtype(dtype).itemsize
    assert gram_bytes < peak < 1.6 * gram_bytes


# Certificates -------------------------------------------------------------------------------


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


# Memory and forecasts -----------------------------------------------------------------------


def test_what_cannot_fit_is_refused_in_one_sentence(monkeypatch):
    X, z = naive.cohort(1, 20, 30)
    monkeypatch.setattr(forecast, "available_memory", lambda: 10**8)
    for model in (ElasticNetwork(), PredictiveNetwork()):
        with pytest.raises(SetupError, match=r"30 genes .* 0.1 GB are available; take fewer"):
            model.fit(X, z)
    monkeypatch.setattr(forecast, "available_memory", lambda: None)
    ElasticNetwork().fit(X)


def test_forecast_of_memory(monkeypatch):
    monkeypatch.setattr(forecast, "available_memory", lambda: 4 * 10**9)
    narrow = forecast.forecast_memory(1000, 17419, gram_dtype="float32", n_jobs=2)
    wide = forecast.forecast_memory(1000, 17419, n_jobs=2)
    assert wide.gram == 8 * 17419**2 == 2 * narrow.gram
    assert narrow.total < 3.5e9 and wide.total < 6e9
    narrow.require()
    with pytest.raises(SetupError):
        forecast.forecast_memory(1000, 40000, n_jobs=2).require()
    assert "of 4.0 GB available (Gram 1.21," in str(narrow)


def test_forecast_of_time_grows_with_the_genes():
    X, _ = simulate_expression(1, 40, 1200)
    small, large = (forecast.forecast_network(X[:, :p], 1.0, n_jobs=1) for p in (120, 1200))
    assert 0 < small.seconds < large.seconds and large.edges >= 0
    assert "s with" in str(large) and forecast.forecast_memory(40, 1200).seconds is None
