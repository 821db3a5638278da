"""The joint fit of many genes, for which GB is not stored, against that of few."""

import tracemalloc
from dataclasses import replace

import naive
import numpy as np
import pytest

from pnetlib.estimators import PredictiveNetwork
from pnetlib.kernels.column import gaps_at_weights
from pnetlib.solvers import joint, rows
from pnetlib.solvers.columns import NO_GB, Columns
from pnetlib.solvers.joint import Penalties, initial_signs, start_state, theta_step
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.network import solve_network
from pnetlib.solvers.starts import fit_from_starts


def problem(seed, n=40, p=30):
    """Moments and a random network."""
    X, z = naive.cohort(seed, n, p)
    return Moments.of(X, z, n_jobs=1), naive.columns(0.1 * naive.network(seed, p, 0.2))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_rows_that_are_not_stored_are_the_stored_ones(dtype):
    m, B = problem(1)
    G, dense = m.G.astype(dtype), B.matrix().toarray()
    stored = replace(m, G=G)
    expected, theta = (m.G @ dense).T, np.where(np.arange(30) % 4, 0.0, 0.3)
    losses = np.diag((np.eye(30) - dense).T @ m.G @ (np.eye(30) - dense))
    close = {"rtol": 0, "atol": 1e-14 if dtype == "float64" else 1e-6}
    genes, edges = np.array([7, 0, 29]), (B.targets, B.indices)
    some = np.arange(30) % 3 == 0
    assert rows.stored_rows(G, B, 1).shape == rows.no_rows(G).shape == (30, 30)
    for GB in (rows.stored_rows(G, B, 1), NO_GB):
        np.testing.assert_allclose(rows.rows_of(G, B, GB, genes), expected[genes], **close)
        v = rows.gram_times_prediction(G, B, GB, theta)
        np.testing.assert_allclose(v, theta @ expected, **close)
        np.testing.assert_allclose(rows.at_edges(G, B, GB, 2), expected[edges], **close)
        np.testing.assert_allclose(rows.network_losses(stored, B, GB, n_jobs=2), losses, **close)
        kept = rows.network_losses(stored, B, GB, np.full(30, 9.0), some)
        np.testing.assert_allclose(kept, np.where(some, losses, 9.0), **close)


@pytest.mark.parametrize("r", [30, 12])
@pytest.mark.parametrize("lam2", [0.0, 0.1])
@pytest.mark.parametrize("tol", [1e-2, 1e-6])
def test_bound_of_a_gap_under_other_weights(tol, lam2, r):
    """Never below the gap; equal to it where weights are the same, finite where it can be."""
    finite = 0
    for seed in range(6):
        m, _ = problem(seed)
        m = replace(m, G=m.G[:, :r].copy())
        rng, old, every = np.random.default_rng(seed), np.full(r, 0.1), np.arange(30)
        B, gaps = solve_network(m.G, old, lam2, Columns.empty(30), tol, K=m.K, n_jobs=1)
        losses = rows.network_losses(m, B, NO_GB)
        same = rows.bound_gaps(m, B, gaps, losses, old, old, lam2)
        np.testing.assert_array_equal(same, gaps)
        for size in (1e-5, 1e-3, 0.05):
            new = old + size * rng.normal(size=r) * (rng.random(r) < 0.1)
            bounds = rows.bound_gaps(m, B, gaps, losses, old, new, lam2)
            exact = gaps_at_weights(m.G, m.K, NO_GB, new, lam2, every, *B.arrays)
            assert np.all(exact <= bounds * (1 + 1e-9) + 1e-14), (seed, size)
            finite += np.sum(np.isfinite(bounds)) if np.any(new < old) else 0
    assert finite > 30


def fits(monkeypatch, X, z, pen, fixed, stored, dtype="float64"):
    """The joint fit from three starts, with GB stored or not."""
    monkeypatch.setattr(rows, "STORED", 4000 if stored else 0)
    m = Moments.of(X, z, n_jobs=1, gram_dtype=dtype)
    state = start_state(m, pen, 1e-7, 1)
    assert bool(state.GB.size) == stored
    if fixed:
        state.signs = initial_signs(m, state, pen)
    share = 0.02 if pen.coupling == "exact" else None  # as the estimator has it
    options = {"tol": 1e-7, "gap_tol": 1e-7, "max_iter": 200, "share": share, "n_jobs": 1}
    return fit_from_starts(m, pen, state, 3, **options)


@pytest.mark.parametrize("degree", ["sqrt", "d"])
@pytest.mark.parametrize("coupling", ["exact", "lagged"])
@pytest.mark.parametrize("lam2, fixed", [(0.0, False), (0.05, True)])
def test_fit_is_the_same_without_stored_rows(degree, coupling, lam2, fixed, monkeypatch):
    monkeypatch.setattr(joint, "CANDIDATES", 7)  # columns swept and candidates in portions
    for seed, (n, p) in enumerate([(60, 40), (30, 80)]):
        X, z = naive.cohort(seed, n, p)
        pen = Penalties(0.3, lam2, 0.1, 0.05, degree, coupling)
        one, reached = fits(monkeypatch, X, z, pen, fixed, True)
        two, others = fits(monkeypatch, X, z, pen, fixed, False)
        close = {"rtol": 0, "atol": 1e-9}
        assert one.theta.any()
        np.testing.assert_allclose(two.theta, one.theta, **close)
        np.testing.assert_allclose(two.B.matrix().toarray(), one.B.matrix().toarray(), **close)
        np.testing.assert_allclose(others, reached, **close)
        np.testing.assert_allclose(two.trace[-1], one.trace[-1], **close)
        assert np.all(np.diff(two.trace) <= 0) and two.gaps.max() <= 1e-7


@pytest.mark.long
def test_polishing_and_halving_are_the_same_without_stored_rows(monkeypatch):
    """Both are needed somewhere among these problems."""
    calls = []
    for name in ("damp", "polish"):
        made = getattr(joint, name)
        monkeypatch.setattr(
            joint, name, lambda *a, made=made, name=name: calls.append(name) or made(*a)
        )
    for seed in range(6):
        X, z = naive.cohort(seed, 30, 8)
        pen = Penalties(0.05, 0.0, 0.02, 1.0, "d")
        one, _ = fits(monkeypatch, X, z, pen, False, True)
        two, _ = fits(monkeypatch, X, z, pen, False, False)
        np.testing.assert_allclose(two.trace[-1], one.trace[-1], rtol=1e-6)
    assert set(calls) == {"damp", "polish"}


def test_candidates_admitted_in_portions_lead_to_the_same_effects(monkeypatch):
    X, z = naive.cohort(3, 50, 40)
    m, pen = Moments.of(X, z, n_jobs=1), Penalties(0.2, 0.0, 0.01)
    whole = theta_step(m, start_state(m, pen, 1e-8, 1), pen)
    monkeypatch.setattr(joint, "ADMITTED", 3)
    monkeypatch.setattr(joint, "CANDIDATES", 2)
    portions = theta_step(m, start_state(m, pen, 1e-8, 1), pen)
    assert np.count_nonzero(whole.theta) > 6
    np.testing.assert_allclose(portions.theta, whole.theta, rtol=0, atol=1e-5)


def test_the_gram_matrix_is_the_only_dense_array_of_many_genes(monkeypatch):
    X, z = naive.cohort(6, 12, 1500)
    model = PredictiveNetwork(1.2, lam3=0.5, gram_dtype="float32", n_jobs=1)
    monkeypatch.setattr(rows, "STORED", 0)
    for name in ("ADMITTED", "CANDIDATES"):
        monkeypatch.setattr(joint, name, 100)
    model.fit(X[:, :40], z)  # compiles
    tracemalloc.start()
    model.fit(X, z)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert model.theta_.any() and 1.0 < peak / (4 * 1500**2) < 2.0
