"""Are known edges ranked before others? AUROC and average precision, over a null that keeps degrees.

Scores are one number per pair of a regulator and a target; a pair of a gene with itself has none.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata


@dataclass(frozen=True)
class Ranking:
    """The order of all pairs by score, prepared once for many sets of known edges.

    Known edges are a matrix of bool (r, p), or the places in it that are True (`numpy.flatnonzero`),
    which take less memory.

    Attributes
    ----------
    allowed : ndarray of bool (r, p)
        Pairs of different genes.
    rows : ndarray (r, p)
        Rank of each pair among those of its regulator, from the smallest score; 0 where not allowed.
    pooled : ndarray (r, p)
        Rank among all pairs.
    group : ndarray of int (r, p)
        Number of the group of equal scores that a pair belongs to, from the largest score on.
    ends : ndarray of int
        How many pairs belong to each group or one before it.
    """

    allowed: np.ndarray
    rows: np.ndarray
    pooled: np.ndarray
    group: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, scores, allowed):
        """Prepare scores (r, p); larger ones come first."""
        rows = np.zeros(scores.shape)
        for i, (row, own) in enumerate(zip(scores, allowed)):
            rows[i, own] = rankdata(row[own])
        pooled, values = np.zeros(scores.shape), scores[allowed]
        pooled[allowed] = rankdata(values)
        _, which, sizes = np.unique(-values, return_inverse=True, return_counts=True)
        group = np.zeros(scores.shape, np.int64)
        group[allowed] = which
        return cls(allowed, rows, pooled, group, np.cumsum(sizes))

    def pooled_auroc(self, known):
        """Return the probability that a known pair has a larger score than another one."""
        places = _places(known)
        return _auroc(self.pooled.ravel()[places].sum(), places.size, self.allowed.sum())

    def average_precision(self, known):
        """Return the average precision of all pairs; equal scores are taken together."""
        groups, hits = np.unique(self.group.ravel()[_places(known)], return_counts=True)
        precision = np.cumsum(hits) / self.ends[groups]
        return float(np.sum(hits * precision) / max(hits.sum(), 1))

    def by_regulator(self, known):
        """Return the AUROC of each regulator (r,); NaN where no target, or every gene, is known."""
        hits = np.where(known, self.rows, 0.0).sum(axis=1)
        return _auroc(hits, known.sum(axis=1), self.allowed.sum(axis=1))


def _places(known):
    return np.flatnonzero(known) if known.dtype == bool else known


def _auroc(rank_sum, positive, total):
    positive, total = np.asarray(positive, float), np.asarray(total, float)
    pairs = positive * (total - positive)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (rank_sum - positive * (positive + 1) / 2) / pairs
    return np.where(pairs > 0, found, np.nan)


def rewired(known, own, rng, draws, trades=5):
    """Yield known edges in which every regulator and every target keeps its number of edges.

    Two random regulators exchange targets that only one of them has, at random ("curveball": Strona
    et al., Nature Communications 2014;5:4114). Between two draws there are `trades` such exchanges
    per regulator, and five times as many before the first.

    Parameters
    ----------
    known : ndarray of bool (r, p)
    own : sequence of int (r,)
        Which target each regulator is itself; that pair is False and stays so.
    rng : numpy Generator
    draws : int
    trades : int, default 5
    """
    targets = [set(np.flatnonzero(row).tolist()) for row in known]
    r = len(targets)
    for number in range(draws if r > 1 else 0):
        pairs = rng.integers(0, (r, r - 1), (trades * r * (1 if number else 5), 2))
        pairs[:, 1] += pairs[:, 1] >= pairs[:, 0]  # two different regulators
        for i, j in pairs.tolist():
            trade(targets, i, j, {int(own[i]), int(own[j])}, rng)
        drawn = np.zeros_like(known)
        for row, found in zip(drawn, targets):
            row[list(found)] = True
        yield drawn


def trade(targets, i, j, themselves, rng):
    """Let regulators i and j exchange the targets that only one has; `themselves` are not moved."""
    only_i, only_j = targets[i] - targets[j], targets[j] - targets[i]
    movable = sorted((only_i | only_j) - themselves)
    kept = len(only_i - themselves)
    if 0 < kept < len(movable):
        order = rng.permutation(len(movable))
        mine = {movable[k] for k in order[:kept]}
        fixed_i, fixed_j = only_i & themselves, only_j & themselves
        both = targets[i] & targets[j]
        targets[i] = both | mine | fixed_i
        targets[j] = both | (set(movable) - mine) | fixed_j
