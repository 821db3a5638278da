"""Products at the edges of a network against dense ones."""

import naive
import numpy as np
import pytest

from pnetlib.kernels import edges


@pytest.mark.parametrize("regulators", [9, 5])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_products_and_values_at_the_edges_of_some_columns(dtype, regulators):
    X, _ = naive.cohort(2, p=9)
    G = (X.T @ X / len(X))[:, :regulators].astype(dtype)
    B = naive.network(2, p=9, density=0.6)
    B[regulators:] = 0.0  # only the first genes regulate
    indptr, indices, data = naive.compressed(B)
    some = np.array([7, 0, 4])
    targets = np.repeat(np.arange(9), np.diff(indptr))
    chosen = np.isin(targets, some)
    assert chosen.any() and not chosen.all()
    products, values = np.full(data.size, -9.0), np.full(data.size, -9.0)
    edges.products_at_edges(G, some, indptr, indices, data, products)
    edges.edge_values(G, some, indptr, indices, values)
    GB = G.astype(float)[:regulators].T @ B[:regulators]
    expected = np.where(chosen, GB[indices, targets], -9.0)
    np.testing.assert_allclose(products, expected, atol=1e-13)
    expected = np.where(chosen, G.astype(float)[targets, indices], -9.0)
    np.testing.assert_array_equal(values, expected)
