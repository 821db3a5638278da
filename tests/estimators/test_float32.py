"""Networks from a Gram matrix stored in float32."""

import tracemalloc

import naive
import numpy as np
import pytest

from benchmarks.datasets import simulate_expression
from pnetlib.estimators import ElasticNetwork
from pnetlib.solvers.columns import Columns
from pnetlib.solvers.moments import gram
from pnetlib.solvers.network import solve_network

ROUNDING = 1e-6  # what one rounding of the Gram matrix may add to a relative gap


@pytest.mark.parametrize("p", [5, 128, 300])
def test_float32_gram_is_the_float64_one_rounded_once(p):
    X, _ = naive.cohort(1, 40, p)
    G = gram(X, 1, dtype="float32")
    assert G.dtype == np.float32
    np.testing.assert_array_equal(G, gram(X, 1).astype(np.float32))
    np.testing.assert_array_equal(G, gram(X, 2, dtype="float32"))


@pytest.mark.parametrize("lam2", [0.0, 0.1])
def test_float32_kernel_computes_in_float64(lam2):
    """Solving in a float32 G is solving in the same numbers stored as float64."""
    X, _ = naive.cohort(2, 60, 90)
    G, w = gram(X, 1, dtype="float32"), np.full(90, 0.05)
    one, gaps = solve_network(G, w, lam2, Columns.empty(90), 1e-12, n_jobs=1)
    two, others = solve_network(G.astype(float), w, lam2, Columns.empty(90), 1e-12, n_jobs=1)
    np.testing.assert_allclose(one.matrix().toarray(), two.matrix().toarray(), atol=1e-10)
    assert gaps.max() <= 1e-12 and others.max() <= 1e-12 and one.data.dtype == np.float64


@pytest.mark.parametrize("n, p", [(150, 60), (40, 120)])
@pytest.mark.parametrize("lam2", [0.0, 0.05])
def test_float32_network_is_the_float64_one_within_one_rounding(n, p, lam2):
    X, _ = simulate_expression(n, n, p)
    wide, narrow = (
        ElasticNetwork(0.2, lam2, tol=1e-9, gram_dtype=dtype, n_jobs=1).fit(X)
        for dtype in ("float64", "float32")
    )
    assert narrow.certified_gaps_.max() <= 1e-9 + ROUNDING
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
