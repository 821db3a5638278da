"""Correlations under weights, and intervals from drawn lines."""

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from pnetlib.stats.correlation import (
    correlate,
    drawn_counts,
    normal_interval,
    weighted_correlations,
)


def data(n=60, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n)
    return np.column_stack([y + rng.normal(size=n), -y + 2 * rng.normal(size=n)]), y


@pytest.mark.parametrize(("ranks", "reference"), [(False, pearsonr), (True, spearmanr)])
def test_correlations_are_those_of_scipy(ranks, reference):
    x, y = data()
    r, drawn = correlate(x, y, drawn_counts(60, 5, 1), ranks=ranks)
    np.testing.assert_allclose(r, [reference(column, y)[0] for column in x.T], atol=1e-12)
    assert drawn.shape == (5, 2)


def test_weights_are_repeated_lines():
    x, y = data(12)
    counts = np.random.default_rng(0).integers(0, 4, 12)
    rows = np.repeat(np.arange(12), counts)
    (r,) = weighted_correlations(counts[None].astype(float), x, y)
    expected = [np.corrcoef(column[rows], y[rows])[0, 1] for column in x.T]
    np.testing.assert_allclose(r, expected, atol=1e-12)


def test_a_constant_has_no_correlation():
    x, y = data(20)
    x[:, 0] = 3.0
    r, _ = correlate(x, y, drawn_counts(20, 2, 0), ranks=False)
    assert r[0] == 0.0


def test_every_draw_has_as_many_lines():
    counts = drawn_counts(30, 50, 0)
    assert counts.shape == (50, 30) and (counts.sum(axis=1) == 30).all()


def test_interval_is_normal_and_two_sided():
    draws = np.random.default_rng(0).normal(1.0, 2.0, 20_000)
    found = normal_interval(1.0, draws)
    assert found["se"] == pytest.approx(2.0, rel=0.02)
    assert found["high"] - found["low"] == pytest.approx(4 * 1.96, rel=0.02)
    assert found["p"] == pytest.approx(0.617, abs=0.02)


@pytest.mark.parametrize("ranks", [False, True])
def test_intervals_of_a_correlation_cover_it(ranks):
    """95% intervals of 300 samples contain the correlation of the population in 92 to 98%."""
    rho, covered = 0.5, []
    true = rho if not ranks else 6 / np.pi * np.arcsin(rho / 2)  # normal variables
    for seed in range(300):
        rng = np.random.default_rng(seed)
        y = rng.normal(size=120)
        x = rho * y + np.sqrt(1 - rho**2) * rng.normal(size=120)
        r, drawn = correlate(x[:, None], y, drawn_counts(120, 200, seed), ranks=ranks)
        found = normal_interval(r[0], drawn[:, 0])
        covered.append(found["low"] <= true <= found["high"])
    assert 0.91 <= np.mean(covered) <= 0.98
