"""Resampling and its intervals: the draws, the formula, and coverage of planted values."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap, norm

from pnetlib.execution.engine import Engine
from pnetlib.stats.bootstrap import corrected_interval, draw, resample
from pnetlib.steps.differences.compute import Pair


def test_rows_are_drawn_within_their_group():
    rng = np.random.default_rng(0)
    rows = np.array([resample([3, 5], rng) for _ in range(4000)])
    assert rows.shape == (4000, 8)
    for part, inside in ((rows[:, :3], range(3)), (rows[:, 3:], range(3, 8))):
        share = np.bincount(part.ravel(), minlength=8) / part.size
        assert np.allclose(share[list(inside)], 1 / len(inside), atol=0.02)
        assert share.sum() == pytest.approx(share[list(inside)].sum())


def test_draws_do_not_depend_on_threads():
    one, two = (
        draw(lambda rows: rows[:2].astype(float), [4, 4], 30, 9, Engine(threads=k)) for k in (1, 2)
    )
    np.testing.assert_array_equal(one, two)
    assert one.shape == (30, 2) and len(np.unique(one, axis=0)) > 5


def test_interval_is_the_normal_one_about_the_unbiased_estimate():
    draws = np.array([[1.0, 2.0, 3.0, 6.0]]).T
    low, high = corrected_interval(np.array([2.5]), draws, 0.9)
    half = norm.ppf(0.95) * np.sqrt(2 * np.var([1, 2, 3, 6], ddof=1) + 0.5**2)
    assert (low[0], high[0]) == pytest.approx((2.5 - 0.5 - half, 2.5 - 0.5 + half))
    low, high = corrected_interval(np.array([2.5]), draws, 0.9, least=1.0)
    assert (low[0], high[0]) == pytest.approx((1.0, 2.0 + half))


def test_interval_of_a_mean_is_that_of_scipy_but_wider():
    """A mean has no bias to estimate, for which the interval allows: a factor of sqrt(2)."""
    x = np.random.default_rng(1).normal(size=80)
    draws = draw(lambda rows: np.array([x[rows].mean()]), [80], 3000, 2)
    low, high = corrected_interval(np.array([x.mean()]), draws)
    reference = bootstrap(
        (x,), np.mean, n_resamples=3000, method="basic", random_state=np.random.default_rng(3)
    ).confidence_interval
    centre, half = 0.5 * (low[0] + high[0]), 0.5 * (high[0] - low[0]) / np.sqrt(2)
    expected = reference.low, reference.high
    assert (centre - half, centre + half) == pytest.approx(expected, abs=0.03)


# Coverage: gene a regulates b to d in ST, hardly so in RS.

GENES, N = pd.Index(list("abcde")), 80


def draw_expression(rng, n, strength):
    X = rng.normal(size=(n, 5))
    X[:, 1:4] += strength * X[:, [0]]
    return X


def planted_pair(rng, n):
    X = np.concatenate((draw_expression(rng, n, 0.9), draw_expression(rng, n, 0.3)))
    return Pair(X, np.repeat(["ST", "RS"], n), np.array(["x"] * 2 * n), GENES, ["a"], 0.3)


@pytest.mark.long
def test_intervals_cover_planted_values_at_about_their_level():
    """Differences of an edge, a degree and the four effects; the truth is that of 200,000 lines."""
    large = planted_pair(np.random.default_rng(0), 100_000)
    truth = np.subtract(*large.quantities(large.labels))
    planted = [1, 25, *range(30, 34)]
    assert (truth[planted] > 0.1).all()
    covered, sets = np.zeros(len(truth)), 60
    for number in range(sets):
        pair = planted_pair(np.random.default_rng([5, number]), N)
        draws = draw(pair.resampled, pair.sizes, 60, number).reshape(60, 2, -1)
        estimate = np.subtract(*pair.quantities(pair.labels))
        low, high = corrected_interval(estimate, draws[:, 0] - draws[:, 1])
        covered += (low <= truth) & (truth <= high)
    share = covered[planted] / sets
    assert (share >= 0.85).all(), share
    assert 0.9 <= share.mean() <= 0.99, share
