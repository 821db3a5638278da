"""Bounds of falsely selected candidates: published formulas, extremal distributions, null data."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from pnetlib.stats.bounds import (
    BOUNDS,
    KINDS,
    error_bounds,
    largest_tail,
    lowest_threshold,
    on_grid,
    r_concave,
    unimodal,
    worst_case,
)
from pnetlib.steps.stability.compute import half


def test_worst_case_is_the_formula_of_the_theorem():
    assert worst_case(0.75, 10, 200, 50) == pytest.approx(10**2 / 200 / 0.5)
    assert worst_case(0.5, 10, 200, 50) == np.inf


@pytest.mark.parametrize(
    "tau, constant",
    [
        (0.75, 1 / (2 * (0.5 - 0.01))),
        (0.6, 1 / (2 * (0.2 - 0.01))),
        (0.9, 4 * (0.1 + 0.01) / 1.02),
        (1.0, 4 * 0.01 / 1.02),
    ],
)
def test_unimodal_constant_of_fifty_pairs(tau, constant):
    assert unimodal(tau, 2, 9, 50) == pytest.approx(constant * 4 / 9)


def test_unimodal_bound_says_nothing_where_the_theorem_does_not_hold():
    assert unimodal(0.9, 6, 9, 50) == np.inf  # theta above 1 / sqrt(3)
    assert unimodal(0.51, 1, 1000, 50) == np.inf  # below 1/2 + 1/B


@pytest.mark.parametrize("kind", KINDS)
def test_bounds_fall_with_the_threshold_and_rise_with_what_is_selected(kind):
    bound = BOUNDS[kind]
    along = [bound(tau, 5, 200, 25) for tau in np.arange(0.54, 1.001, 0.02)]
    assert np.all(np.diff(along) <= 1e-12) and along[-1] < along[0]
    assert bound(0.8, 4, 200, 25) < bound(0.8, 8, 200, 25)


def test_assumptions_buy_sharper_bounds():
    for tau in (0.6, 0.7, 0.8, 0.9):
        bounds = error_bounds(tau, 30, 1000, 50)
        assert bounds["r-concave"] < bounds["unimodal"] < bounds["worst case"]


def test_thresholds_are_raised_to_frequencies_that_can_be():
    assert on_grid(0.61, 5) == 0.7 and on_grid(0.7, 5) == 0.7
    assert worst_case(0.61, 3, 90, 5) == worst_case(0.7, 3, 90, 5)


@pytest.mark.parametrize("kind", KINDS)
def test_lowest_threshold_is_the_first_with_the_bound(kind):
    at = lowest_threshold(30, 1000, 25, kind)
    assert BOUNDS[kind](at, 30, 1000, 25) <= 1.0 < BOUNDS[kind](at - 0.02, 30, 1000, 25)
    assert np.isnan(lowest_threshold(900, 1000, 25, kind))


# The largest tail of r-concave distributions


def random_r_concave(rng, B, r, eta):
    """Probabilities f with f^r convex on a stretch of 0..B, 0 elsewhere, mean at most eta."""
    for _ in range(200):
        last = rng.integers(1, B + 1)
        convex = np.cumsum(np.cumsum(rng.exponential(size=last + 1) ** rng.uniform(0.2, 3)))
        convex = convex - rng.uniform(0, 1) * np.arange(last + 1) * convex[1:].min() / (last + 1)
        f = np.zeros(B + 1)
        f[: last + 1] = np.maximum(convex, 1e-3) ** (1.0 / r)
        f /= f.sum()
        if f @ np.arange(B + 1) / B <= eta:
            return f
    return None


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    eta=st.sampled_from([0.05, 0.1, 0.2]),
    shape=st.sampled_from([(12, -0.5), (20, -0.25)]),
)
def test_no_r_concave_distribution_has_a_larger_tail(seed, eta, shape):
    B, r = shape
    f = random_r_concave(np.random.default_rng(seed), B, r, eta)
    if f is None:
        return
    for t in range(1, B + 1):
        assert f[t:].sum() <= largest_tail(eta, t, B, r) + 1e-9


@pytest.mark.parametrize(
    "B, r, eta, t", [(12, -0.5, 0.1, 7), (20, -0.25, 0.1, 15), (20, -0.25, 0.05, 8)]
)
def test_largest_tail_by_a_slow_search_over_the_family(B, r, eta, t):
    """Every a, k and every mass at k + 1 that keeps the mean, one by one."""
    best = 0.0
    for a in np.geomspace(1e-4, 1e4, 1500):
        f = (a + np.arange(B + 1)) ** (1 / r)
        for k in range(B + 1):
            part = f[: k + 1] / f[0]
            mean = part @ np.arange(k + 1) / part.sum() / B
            if mean > eta:
                break
            mass = part.sum()
            rest = 0.0  # from k + 1 on the mean is no longer within eta
            if eta * B < k + 1 <= B:
                rest = (eta * B * mass - part @ np.arange(k + 1)) / (k + 1 - eta * B)
                if rest < 0 or rest > f[k + 1] / f[0]:
                    continue
            tail = (part[t:].sum() + (rest if k + 1 >= t else 0.0)) / (mass + rest)
            best = max(best, tail)
    assert largest_tail(eta, t, B, r) == pytest.approx(best, rel=2e-2)
    assert largest_tail(eta, t, B, r) >= best * (1 - 1e-6)


def test_largest_tail_is_trivial_near_the_mean_and_below_markov():
    assert largest_tail(0.3, 6, 10, -0.5) == 1.0
    for t in range(5, 11):
        assert largest_tail(0.15, t, 10, -0.5) <= 0.15 / (t / 10)
    assert largest_tail(0.0, 3, 10, -0.5) == 0.0


# Null data


@pytest.mark.parametrize("q", [3, 8])
def test_bounds_hold_on_null_data(q):
    """Genes by correlation with a response of noise: every gene is one drawn at random."""
    rng = np.random.default_rng(0)
    n, p, B, trials = 40, 60, 25, 100
    taus = np.array([0.54, 0.6, 0.7, 0.8, 0.9])
    reached = np.zeros((trials, taus.size))
    for trial in range(trials):
        X, z = rng.normal(size=(n, p)), rng.normal(size=n)
        count = np.zeros(p)
        for number in range(2 * B):
            rows = half(range(n), trial, number)
            size = np.abs(np.corrcoef(X[rows].T, z[rows])[-1, :-1])
            count[np.argsort(-size)[:q]] += 1
        reached[trial] = [(count / (2 * B) >= tau).sum() for tau in taus]
    mean, error = reached.mean(axis=0), reached.std(axis=0, ddof=1) / np.sqrt(trials)
    assert mean[0] > 0.05  # the bounds are put to the test
    for k, tau in enumerate(taus):
        for kind in KINDS:
            assert mean[k] - 3 * error[k] <= BOUNDS[kind](tau, q, p, B), (tau, kind)
    assert mean[0] <= r_concave(taus[0], q, p, B) <= worst_case(taus[0], q, p, B)
