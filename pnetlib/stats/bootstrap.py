"""Confidence intervals from resampling cell lines with replacement within each group.

Sums of absolute coefficients are biased upwards where cell lines are few, and more so on resampled
lines, so quantiles of the resampled values can lie far too high. The interval is therefore the
normal one around the estimate minus its bootstrap bias (Davison and Hinkley, Bootstrap Methods and
their Application, 1997, section 5.2). Our choice: the bias is itself only estimated, so it counts
as an error in addition to the standard deviation of the resampled values. Without that, intervals
covered planted values in 91% instead of 95% of cases where cell lines are few;
tests/stats/test_bootstrap.py checks the coverage.
"""

import numpy as np
from scipy.stats import norm

from pnetlib.execution.engine import Engine

BLOCK = 20  # resamples per task, so that sending a task costs little compared with computing it


def resample(sizes, rng):
    """Return row numbers drawn with replacement within consecutive groups of the given sizes."""
    ends = np.cumsum(sizes)
    return np.concatenate([rng.integers(end - size, end, size) for size, end in zip(sizes, ends)])


def draw(statistics, sizes, n, seed, engine=None, advance=None):
    """Compute k statistics on n resamples; return an ndarray (n, k).

    Parameters
    ----------
    statistics : callable
        Takes row numbers (ndarray), one group after the other, and returns k statistics.
    sizes : sequence of int
        Number of cell lines in each group.
    n : int
        Number of resamples.
    seed : int
        Resample i is drawn with the seed (seed, i).
    engine, advance
        As in `permutation.permutation_test`.
    """
    shared = (statistics, sizes, seed)
    engine = engine or Engine(threads=1)
    return np.concatenate(list(engine.map_blocks(_draw_block, n, BLOCK, shared, advance=advance)))


def _draw_block(statistics, sizes, seed, first, stop):
    """Return the statistics of the resamples from `first` to before `stop`."""
    rngs = (np.random.default_rng([seed, number]) for number in range(first, stop))
    return np.array([statistics(resample(sizes, rng)) for rng in rngs])


def corrected_interval(estimate, draws, level=0.95, least=-np.inf):
    """Return the ends of the normal interval around the estimate (k,) minus its bootstrap bias.

    `draws` (n, k) is the result of `draw`; the bias also counts as an error. `least` is the
    smallest possible value of the quantity; the interval is cut there.
    """
    bias = draws.mean(axis=0) - estimate
    half = norm.ppf(0.5 + 0.5 * level) * np.hypot(draws.std(axis=0, ddof=1), bias)
    centre = estimate - bias
    return np.maximum(centre - half, least), np.maximum(centre + half, least)
