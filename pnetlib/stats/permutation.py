"""Tests that exchange the labels ST and RS between cell lines of the same tissue.

Expression differs more between tissues than between sensitive and resistant lines, and the groups
hold tissues in unlike shares. Labels are therefore exchanged within a tissue only: the null
hypothesis is that, within every tissue, expression and label are independent. Lines of a tissue
with one label keep it in every permutation: they count in both networks but say nothing about the
hypothesis.
"""

from dataclasses import dataclass

import joblib
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

SAME = 1e-10  # differences nearer than this, relative to the observed one, count as equal


@dataclass(frozen=True)
class Outcome:
    """What a permutation test found, one entry a statistic.

    Attributes
    ----------
    observed : ndarray (k,)
        Statistics with the labels as they are.
    p : ndarray (k,)
        Two-sided p values, (1 + permutations at least as extreme) / (1 + permutations).
    p_family : ndarray (k,)
        The same against the largest of the statistic's family in each permutation: the chance
        of any false finding in the family (Westfall and Young 1993, single step).
    n : int
        Permutations.
    """

    observed: np.ndarray
    p: np.ndarray
    p_family: np.ndarray
    n: int


def exchangeable(labels, strata):
    """Lines of each label in each stratum, and whether their labels can be exchanged.

    Returns
    -------
    DataFrame
        Index stratum; columns the labels and exchangeable (bool); largest stratum first.
    """
    counts = pd.crosstab(pd.Series(strata, name="tissue"), pd.Series(labels, name="group"))
    counts.columns.name = None
    mixed = (counts > 0).sum(axis=1) > 1
    order = counts.sum(axis=1).sort_values(ascending=False, kind="stable").index
    return counts.assign(exchangeable=mixed).loc[order]


def permute_within(labels, strata, rng):
    """Labels exchanged at random between lines of the same stratum."""
    labels, codes = np.asarray(labels), np.unique(strata, return_inverse=True)[1]
    places = np.argsort(codes, kind="stable")
    drawn = np.lexsort((rng.random(len(labels)), codes))
    new = np.empty_like(labels)
    new[places] = labels[drawn]
    return new


def permutation_test(statistics, labels, strata, families, n, seed, n_jobs=None, advance=None):
    """Compare statistics of labelled lines with those under labels exchanged within strata.

    Parameters
    ----------
    statistics : callable
        Takes labels (ndarray) and returns k statistics, 0 where the groups are alike.
    labels, strata : sequence
        Of each line.
    families : ndarray of int (k,)
        Which statistics belong together in `Outcome.p_family`; they should have one scale.
    n : int
        Permutations.
    seed : int
        Permutation i is drawn with the seed (seed, i), whatever the number of threads.
    n_jobs : int, optional
        Permutations done at the same time.
    advance : callable, optional
        Called after each permutation.
    """
    families = np.asarray(families)
    groups = [np.flatnonzero(families == family) for family in np.unique(families)]

    def one(number):
        rng = np.random.default_rng([seed, number])
        return np.abs(statistics(permute_within(labels, strata, rng)))

    observed = np.asarray(statistics(np.asarray(labels)))
    bar = np.abs(observed) * (1.0 - SAME)
    reached, largest = np.ones(bar.size), np.ones(bar.size)
    with threadpool_limits(1, "blas"):
        pool = joblib.Parallel(n_jobs or 1, prefer="threads", return_as="generator")
        for drawn in pool(joblib.delayed(one)(number) for number in range(n)):
            reached += drawn >= bar
            for members in groups:
                largest[members] += drawn[members].max() >= bar[members]
            if advance is not None:
                advance()
    return Outcome(observed, reached / (1 + n), largest / (1 + n), n)
