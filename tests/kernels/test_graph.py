"""Graph kernels against double sums over a dense network."""

import naive
import numpy as np
import pytest

from pnetlib.kernels import graph, products
from pnetlib.solvers.columns import Columns, gram_times


@pytest.fixture(params=range(6))
def B(request):
    """Networks from dense to empty, one with isolated genes."""
    B = naive.network(request.param, p=9, density=(0.9, 0.5, 0.3, 0.1, 0.05, 0.0)[request.param])
    if request.param == 1:
        B[:, 3] = B[3] = 0.0
    return B


def test_degrees(B):
    np.testing.assert_allclose(graph.degrees(*naive.compressed(B)), naive.degrees(B), atol=1e-14)


def test_neighbour_sums(B):
    a = np.random.default_rng(1).normal(size=9)
    total = graph.neighbour_sums(*naive.compressed(B), a)
    np.testing.assert_allclose(total, naive.links(B) @ a, atol=1e-14)


@pytest.mark.parametrize("degree", ["sqrt", "d"])
def test_penalty_is_the_ordered_double_sum(B, degree):
    effect = np.random.default_rng(2).exponential(size=9)
    a = effect / naive.scale(B, degree)
    expected = naive.link_penalty(B, effect, degree)
    assert graph.graph_penalty(*naive.compressed(B), a) == pytest.approx(expected, abs=1e-13)
    quadratic = 2 * effect @ naive.laplacian(B, degree) @ effect
    assert expected == pytest.approx(quadratic, abs=1e-12)


def test_losses_of_some_columns(B):
    X, _ = naive.cohort(3, p=9)
    G, losses, some = X.T @ X / len(X), np.full(9, -1.0), np.array([7, 0, 4])
    GB = np.ascontiguousarray((G @ B).T)
    products.column_losses(G, np.diag(G).copy(), GB, some, *naive.compressed(B), losses)
    expected = np.full(9, -1.0)
    expected[some] = np.sum((X - X @ B) ** 2, axis=0)[some] / len(X)
    np.testing.assert_allclose(losses, expected, rtol=1e-12)


def test_gram_times_columns(B):
    X, _ = naive.cohort(4, p=9)
    G = X.T @ X / len(X)
    GB = np.full((9, 9), np.nan)
    products.gram_times_columns(G, *naive.compressed(B), 2, 7, GB)
    np.testing.assert_allclose(GB[2:7], (G @ B).T[2:7], atol=1e-13)
    assert np.isnan(np.delete(GB, range(2, 7), axis=0)).all()  # other rows are not touched
    np.testing.assert_allclose(gram_times(G, naive.columns(B), 2), (G @ B).T, atol=1e-13)


def test_columns_go_to_a_matrix_and_back(B):
    columns = Columns.of(B)
    np.testing.assert_array_equal(columns.matrix().toarray(), B)
    for found, expected in zip(columns.arrays, naive.compressed(B)):
        np.testing.assert_array_equal(found, expected)
    assert Columns.empty(9).matrix().nnz == 0


def test_columns_are_replaced_and_joined(B):
    other = naive.network(99, p=9, density=0.6)
    genes = np.array([0, 4, 8])
    counts = (other != 0).sum(axis=0)
    _, indices, data = naive.compressed(other[:, genes])
    expected = B.copy()
    expected[:, genes] = other[:, genes]
    replaced = Columns.of(B).replace(genes, counts[genes], indices, data)
    np.testing.assert_array_equal(replaced.matrix().toarray(), expected)
    pieces = [naive.compressed(other[:, piece]) for piece in (slice(0, 4), slice(4, 9))]
    joined = Columns.join([(np.diff(indptr), i, x) for indptr, i, x in pieces])
    np.testing.assert_array_equal(joined.matrix().toarray(), other)
