"""Specification curves: one effect estimated under many readings of the same question.

Simonsohn, Simmons and Nelson (Nature Human Behaviour 2020;4:1208-1214) draw the estimates in the
order of their size and test the whole curve: its median, the share of estimates in the expected
direction, and the share of these that are significant are compared with what the same curve gives
when the null hypothesis is made true by shuffling, computed anew each time.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

CANDIDATES = 60  # rows that are drawn for each row of a balanced subset
SLACK = 1e-9  # differences below this are rounding, so that such values count as equal


def balanced_subset(levels, size, seed):
    """Choose combinations of options in which every pair of options occurs about equally often.

    The first row has the first option of every decision. Each following row is the best of
    `CANDIDATES` random ones: the one that adds most to the pairs seen least often so far (each pair
    is weighted by 1 / (1 + times seen)).

    Parameters
    ----------
    levels : sequence of int
        Number of options of each decision.
    size : int
        Number of rows; all combinations, in order, if there are no more than that.
    seed : int

    Returns
    -------
    ndarray of int (k, n_decisions)
        Different rows of option numbers.
    """
    levels = np.asarray(levels)
    if np.prod(levels.astype(float)) <= size:
        return np.stack(np.unravel_index(np.arange(np.prod(levels)), levels), axis=1)
    rng = np.random.default_rng(seed)
    first = np.concatenate(([0], np.cumsum(levels)[:-1]))  # place of each decision's options
    seen = np.zeros((levels.sum(), levels.sum()))
    rows, known = [], set()
    row = np.zeros(len(levels), int)
    while len(rows) < size:
        rows.append(row)
        known.add(tuple(row))
        at = first + row
        seen[np.ix_(at, at)] += 1.0
        drawn = rng.integers(levels, size=(CANDIDATES, len(levels)))
        drawn = [other for other in drawn if tuple(other) not in known]
        while not drawn:
            drawn = [
                o
                for o in rng.integers(levels, size=(CANDIDATES, len(levels)))
                if tuple(o) not in known
            ]
        gains = [np.sum(1.0 / (1.0 + seen[np.ix_(first + o, first + o)])) for o in drawn]
        row = drawn[int(np.argmax(gains))]
    return np.array(rows)


def p_above(values):
    """Return the one-sided p value of every draw among all draws, for each reading.

    Parameters
    ----------
    values : ndarray (1 + R, ...)
        The observed estimates, then those of R draws in which the null hypothesis is true.

    Returns
    -------
    ndarray (1 + R, ...)
        Share of the draws, itself among them, that are at least as large.
    """
    n = len(values)
    flat = np.round(values.reshape(n, -1) / SLACK) * SLACK
    ordered = np.sort(flat, axis=0)
    found = np.empty(flat.shape)
    for k in range(flat.shape[1]):
        found[:, k] = (n - np.searchsorted(ordered[:, k], flat[:, k], "left")) / n
    return found.reshape(values.shape)


@dataclass(frozen=True)
class CurveTest:
    """Three statistics of a specification curve, each with a one-sided p value.

    Attributes
    ----------
    median, ahead, significant : float
        Median estimate; share of estimates above 0; share that are significant above 0.
    p_median, p_ahead, p_significant : float
        Share of the draws, the observed one among them, in which the statistic is at least as large.
    draws : int
        Number of draws under the null hypothesis.
    """

    median: float
    ahead: float
    significant: float
    p_median: float
    p_ahead: float
    p_significant: float
    draws: int


def curve_statistics(values, p, level):
    """Return median, share above 0 and share significant of every draw, (1 + R, 3)."""
    return np.stack(
        (
            np.median(values, axis=1),
            np.mean(values > SLACK, axis=1),
            np.mean((p < level) & (values > SLACK), axis=1),
        ),
        axis=1,
    )


def curve_test(values, p=None, level=0.025):
    """Test a specification curve against curves of the null hypothesis.

    Parameters
    ----------
    values : ndarray (1 + R, k)
        Observed estimates of k readings, then R draws of the same under the null hypothesis.
    p : ndarray (1 + R, k), optional
        One-sided p values of all estimates; by default `p_above`.
    level : float
        Below it an estimate is significant.

    Returns
    -------
    CurveTest
    """
    p = p_above(values) if p is None else p
    statistics = curve_statistics(values, p, level)
    reached = np.mean(statistics >= statistics[0] - SLACK, axis=0)
    return CurveTest(*map(float, (*statistics[0], *reached)), len(values) - 1)


def variance_shares(options, values):
    """Return the share of the variance of the estimates that each decision explains.

    It is the variance of the means of the decision's options (weighted by their numbers of
    readings) over the whole. In a product of all options these are shares of main effects, and what
    is left is due to combinations of decisions.

    Parameters
    ----------
    options : DataFrame (k, n_decisions)
        The option of each decision in each reading.
    values : array-like (k,)

    Returns
    -------
    Series
        Share by decision, largest first. 0 for all if the estimates do not vary.
    """
    values = pd.Series(np.asarray(values, float), options.index)
    total = float(values.var(ddof=0))
    shares = {
        name: float(values.groupby(options[name]).transform("mean").var(ddof=0)) / total
        if total > 0
        else 0.0
        for name in options
    }
    return pd.Series(shares, dtype=float).sort_values(ascending=False, kind="stable")


def changes(options, default):
    """Return in how many decisions each reading differs from the default, (k,) of int.

    `options` is a table of options, `default` decision to option.
    """
    return sum((options[name] != default[name]).to_numpy(int) for name in options)
