"""Moments against plain NumPy, and their bits against the number of threads."""

import numpy as np
import pytest

from pnetlib.solvers.moments import Moments, gram


def expression(seed, n, p):
    rng = np.random.default_rng(seed)
    return rng.normal(6.0, 2.0, size=(n, p)) * rng.uniform(0.5, 2.0, size=p), rng.normal(size=n)


@pytest.mark.parametrize("n, p", [(30, 7), (9, 40), (2, 3)])
def test_moments(n, p):
    X, z = expression(0, n, p)
    m = Moments.of(X, z)
    S = (X - X.mean(axis=0)) / X.std(axis=0)
    centred = z - z.mean()
    assert m.n == n
    np.testing.assert_allclose(m.mean, X.mean(axis=0))
    np.testing.assert_allclose(m.scale, X.std(axis=0))
    np.testing.assert_allclose(m.G, S.T @ S / n, atol=1e-13)
    np.testing.assert_allclose(m.G, np.corrcoef(X.T), atol=1e-12)
    np.testing.assert_allclose(m.g, S.T @ centred / n, atol=1e-13)
    assert m.z_mean == pytest.approx(z.mean())
    assert m.zz == pytest.approx(z.var())
    np.testing.assert_array_equal(m.G, m.G.T)


def test_without_response_and_without_scaling():
    X, _ = expression(1, 20, 5)
    m = Moments.of(X, standardize=False)
    np.testing.assert_allclose(m.G, np.cov(X.T, ddof=0), atol=1e-12)
    np.testing.assert_array_equal(m.scale, np.ones(5))
    assert m.z_mean == 0 and m.zz == 0 and not m.g.any()


def test_data_are_left_alone():
    X, z = expression(2, 20, 5)
    X[:, 1] = 3.0
    before = X.copy(), z.copy()
    Moments.of(X, z)
    np.testing.assert_array_equal(X, before[0])
    np.testing.assert_array_equal(z, before[1])


@pytest.mark.parametrize("value", [0.0, 0.1, 1e-8, 1234567.1])
def test_constant_gene_has_no_correlation(value):
    X, z = expression(3, 33, 4)
    X[:, 2] = value
    for standardize in (True, False):
        m = Moments.of(X, z, standardize=standardize)
        assert not m.G[2].any() and m.g[2] == 0 and m.scale[2] == 1


def test_large_mean_costs_no_accuracy():
    X, z = expression(4, 50, 4)
    np.testing.assert_allclose(Moments.of(X + 1e6, z).G, Moments.of(X, z).G, atol=1e-8)


def test_units_do_not_matter():
    X, z = expression(5, 50, 4)
    factor = np.array([1e-6, 1.0, -3.0, 1e6])
    m, scaled = Moments.of(X, z), Moments.of(X * factor, z)
    np.testing.assert_allclose(
        scaled.G, m.G * np.outer(np.sign(factor), np.sign(factor)), atol=1e-12
    )


@pytest.mark.parametrize("p", [1, 127, 128, 129, 300])
def test_gram_in_blocks_has_the_same_bits_for_any_thread_count(p):
    X, _ = expression(6, 40, p)
    G = gram(X, 1)
    np.testing.assert_allclose(G, X.T @ X / 40, rtol=1e-12)
    for threads in (2, 3):
        np.testing.assert_array_equal(gram(X, threads), G)
    np.testing.assert_array_equal(Moments.of(X, n_jobs=2).G, Moments.of(X, n_jobs=1).G)


def test_blocks_do_not_depend_on_the_width():
    X, _ = expression(7, 20, 30)
    for width in (1, 7, 30, 64):
        np.testing.assert_allclose(gram(X, 2, width), X.T @ X / 20, rtol=1e-12)


# Taking lines out ---------------------------------------------------------------------------


def same_moments(one, other, atol=1e-10):
    assert one.n == other.n
    for name in ("mean", "scale", "G", "z_mean", "g", "zz"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=atol, rtol=1e-10)


@pytest.mark.parametrize("n, p, gone", [(60, 20, 12), (25, 50, 5), (40, 300, 13)])
def test_down_dated_moments_are_those_of_the_lines_left(n, p, gone):
    rng = np.random.default_rng(n)
    X = rng.normal(5.0, 2.0, (n, p)) * rng.uniform(0.1, 3.0, p)
    z = rng.normal(size=n)
    out = np.sort(rng.choice(n, gone, replace=False))
    remaining = np.setdiff1d(np.arange(n), out)
    whole = Moments.of(X, z)
    same_moments(whole.without(X, z, out), Moments.of(X[remaining], z[remaining]))
    one, two = (whole.without(X, z, out, n_jobs=threads).G for threads in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_a_gene_that_varies_only_in_the_lines_taken_out_is_constant_without_them():
    rng = np.random.default_rng(0)
    X, z = rng.normal(size=(30, 4)), rng.normal(size=30)
    X[:, 2] = 7.0
    X[3, 2] = 9.0
    left = Moments.of(X, z).without(X, z, np.array([3, 5]))
    remaining = np.delete(np.arange(30), [3, 5])
    same_moments(left, Moments.of(X[remaining], z[remaining]))
    assert left.G[2, 2] == 0 and left.scale[2] == 1
