"""Permutation tests that exchange the labels ST and RS between cell lines of the same tissue.

Expression differs more between tissues than between sensitive and resistant cell lines, and the
two groups contain the tissues in different proportions. Labels are therefore exchanged within a
tissue only: the null hypothesis is that expression and label are independent within every tissue.
Cell lines of a tissue in which all labels agree keep their label in every permutation: they count
in both networks but give no information about the hypothesis.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pnetlib.execution.engine import Engine

LEVEL = 0.05  # significance level of every test
TOLERANCE = 1e-10  # differences closer than this, relative to the observed one, count as equal
BLOCK = 50  # permutations per task, so that sending a task costs little compared with computing it


@dataclass(frozen=True)
class Outcome:
    """Result of a permutation test, with one entry per statistic.

    Attributes
    ----------
    observed : ndarray (k,)
        Statistics under the observed labels.
    p : ndarray (k,)
        Two-sided p values, (1 + permutations at least as extreme) / (1 + permutations).
    p_family : ndarray (k,)
        The same, compared with the largest statistic of the family in each permutation: the
        probability of any false finding in the family (Westfall and Young 1993, single step).
    p_above, p_below : ndarray (k,)
        One-sided p values: how often a permutation has a statistic at least, or at most, as large.
        They are not halves of `p` where exchanged labels favour one direction.
    n : int
        Number of permutations.
    """

    observed: np.ndarray
    p: np.ndarray
    p_family: np.ndarray
    p_above: np.ndarray
    p_below: np.ndarray
    n: int


def exchangeable(labels, strata):
    """Count the cell lines of each label in each stratum and say whether labels can be exchanged.

    Returns
    -------
    DataFrame
        Index stratum; one column per label, and exchangeable (bool); largest stratum first.
    """
    counts = pd.crosstab(pd.Series(strata, name="tissue"), pd.Series(labels, name="group"))
    counts.columns.name = None
    mixed = (counts > 0).sum(axis=1) > 1
    order = counts.sum(axis=1).sort_values(ascending=False, kind="stable").index
    return counts.assign(exchangeable=mixed).loc[order]


def permute_within(labels, strata, rng):
    """Return the labels, exchanged at random between members of the same stratum."""
    labels = np.asarray(labels)
    places = np.argsort(strata, kind="stable")
    drawn = np.lexsort((rng.random(len(labels)), strata))
    new = np.empty_like(labels)
    new[places] = labels[drawn]
    return new


def permutation_test(statistics, labels, strata, families, n, seed, engine=None, advance=None):
    """Compare statistics under the observed labels with those under exchanged labels.

    Parameters
    ----------
    statistics : callable
        Takes labels (ndarray) and returns k statistics, 0 where the groups are alike. On dask it
        is sent to the workers.
    labels, strata : sequence
        Label and stratum of each cell line. Labels may also be the numbers of the lines: the
        statistics then see the lines in a new order, and can permute one gene against the others.
    families : ndarray of int (k,)
        Which statistics belong together in `Outcome.p_family`; they should share one scale.
    n : int
        Number of permutations.
    seed : int
        Permutation i is drawn with the seed (seed, i), whatever computes it.
    engine : Engine, optional
        What computes the permutations; by default one thread.
    advance : callable, optional
        Called once per permutation.
    """
    families = np.asarray(families)
    groups = [np.flatnonzero(families == family) for family in np.unique(families)]
    strata = np.unique(strata, return_inverse=True)[1]  # numbers sort faster than names
    observed = np.asarray(statistics(np.asarray(labels)))
    shared = (statistics, labels, strata, groups, observed, seed)
    engine = engine or Engine(threads=1)
    counts = np.ones((4, observed.size))
    for block in engine.map_blocks(_count_extremes, n, BLOCK, shared, advance=advance):
        counts += block
    return Outcome(observed, *(counts / (1 + n)), n)


def _count_extremes(statistics, labels, strata, groups, observed, seed, first, stop):
    """Count the permutations of a block that reach the observed statistics, as in `Outcome`.

    The rows are those of |T|, of the largest |T| of the family, of T from above and from below.
    """
    reached, slack = np.zeros((4, observed.size)), np.abs(observed) * TOLERANCE
    least = np.abs(observed) - slack
    for number in range(first, stop):
        rng = np.random.default_rng([seed, number])
        drawn = statistics(permute_within(labels, strata, rng))
        reached[2] += drawn >= observed - slack
        reached[3] += drawn <= observed + slack
        size = np.abs(drawn)
        reached[0] += size >= least
        for members in groups:
            reached[1, members] += size[members].max() >= least[members]
    return reached
