"""Confidence intervals from resampling cell lines with replacement within each group.

They are for penalised quantities: what the same estimator with the same penalty would give with any
number of cell lines. How far the penalty shrinks a coefficient below its value without a penalty
does not show in resamples; `pnetlib.solvers.desparsified` gives intervals for that value.

Sums of absolute coefficients are biased upwards where cell lines are few, and more so on resampled
lines, so quantiles of the resampled values can lie far too high. The interval is therefore the
normal one around the estimate minus its bootstrap bias (Davison and Hinkley, Bootstrap Methods and
their Application, 1997, section 5.2). Our choice: the bias is itself only estimated. It counts as an
error, and its own variation as much as that of the estimate, so that the variance is doubled.
Intervals of degrees then cover penalised values in 95% of cases or more, also where genes are
correlated (``python -m benchmarks.calibration.coverage``).
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

    `draws` (n, k) is the result of `draw`. The variance is twice that of the draws plus the square
    of the bias, which is meant for sums of absolute penalised coefficients; for a mean, which has
    no bias, it is too large. `least` is the smallest possible value of the quantity; the interval
    is cut there.
    """
    bias = draws.mean(axis=0) - estimate
    variance = 2.0 * draws.var(axis=0, ddof=1) + bias**2
    half = norm.ppf(0.5 + 0.5 * level) * np.sqrt(variance)
    centre = estimate - bias
    return np.maximum(centre - half, least), np.maximum(centre + half, least)
