"""Who is first, with ties, and the rank-sum test of a set of genes that are correlated."""

import numpy as np
from scipy.stats import norm, rankdata

ROUNDING = 1e-9  # relative; values that differ by less are called equal


def lowest(values):
    """Return the labels of the smallest value of a Series, several where these are equal.

    >>> import pandas as pd
    >>> lowest(pd.Series({"A": 0.3, "B": 0.1 + 0.2, "C": 0.4}))
    ['A', 'B']
    """
    return list(values.index[np.isclose(values, values.min(), rtol=ROUNDING, atol=0.0)])


def rank_sum(scores, members, correlation=0.0):
    """Test whether the scores of a set of genes are larger, or smaller, than those of the others.

    The test is that of Wilcoxon with ties. Correlated genes have similar scores, so the variance
    of the rank sum is that for a set whose scores are correlated (Barry, Nobel and Wright, Annals
    of Applied Statistics 2008;2:286): with m genes in the set and k others, it is

        m k / (2 pi) (asin 1 + (k - 1) asin 1/2 + (m - 1)(k - 1) asin r/2 + (m - 1) asin (r + 1)/2)

    Parameters
    ----------
    scores : array-like (p,)
        One number per gene.
    members : array-like of bool (p,)
        Genes of the set.
    correlation : float
        Mean correlation r between the scores of two genes of the set.

    Returns
    -------
    ahead : float
        Probability that a random gene of the set has a larger score than one of the others (ties
        count one half).
    p : float
        Two-sided p value, from the normal distribution with a correction for continuity.
    """
    members = np.asarray(members, bool)
    rank = rankdata(scores)
    p, m = len(rank), int(members.sum())
    k = p - m
    U = rank[members].sum() - m * (m + 1) / 2
    pairs = np.arcsin(1.0) + (k - 1) * np.arcsin(0.5)
    pairs += (m - 1) * (k - 1) * np.arcsin(correlation / 2)
    pairs += (m - 1) * np.arcsin((correlation + 1) / 2)
    ties = np.unique(rank, return_counts=True)[1].astype(float)
    untied = 1.0 - np.sum(ties**3 - ties) / (float(p) ** 3 - p)
    variance = m * k / (2 * np.pi) * pairs * untied
    ahead = float(U / (m * k))
    if variance <= 0.0:  # all scores are equal
        return ahead, 1.0
    z = max(abs(U - m * k / 2) - 0.5, 0.0) / np.sqrt(variance)
    return ahead, float(2 * norm.sf(z))
