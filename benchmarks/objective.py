"""The accuracy of a network: one duality gap, in float64 and from the data, for every solver."""

import numpy as np

BLOCK = 256  # targets whose gaps are computed at a time


def relative_gaps(X, B, targets, lam1):
    """Return each target's duality gap relative to its objective at b = 0, ``y'y / 2n``.

    The primal objective is ``||y - X b||^2 / 2n + (lam1 / 2) ||b||_1`` with the target's own
    coefficient fixed at 0. The dual point is the residual, multiplied by the best factor that
    keeps it feasible.

    Parameters
    ----------
    X : ndarray (n, p)
        Standardised expression.
    B : ndarray (p, m)
        Coefficients of the m targets.
    targets : ndarray of int (m,)
        Positions of the targets among the genes.
    lam1 : float
        L1 penalty of an edge.

    Returns
    -------
    ndarray (m,)
        Gaps, not negative except for rounding; infinite where a target regulates itself.
    """
    X = np.asarray(X, np.float64)
    blocks = (slice(first, first + BLOCK) for first in range(0, len(targets), BLOCK))
    return np.concatenate(
        [_block_gaps(X, np.asarray(B[:, part], np.float64), targets[part], lam1) for part in blocks]
    )


def _block_gaps(X, B, targets, lam1):
    n, w = len(X), 0.5 * lam1
    Y = X[:, targets]
    R = Y - X @ B
    C = X.T @ R / n
    own = (targets, np.arange(len(targets)))
    C[own] = 0.0
    loss = np.einsum("ij,ij->j", R, R) / n
    yr = np.einsum("ij,ij->j", Y, R) / n
    K = np.einsum("ij,ij->j", Y, Y) / n
    steepest = np.abs(C).max(axis=0)
    limit = np.divide(w, steepest, out=np.full(len(targets), np.inf), where=steepest > 0.0)
    best = np.divide(yr, loss, out=np.ones(len(targets)), where=loss > 0.0)
    s = np.clip(best, -limit, limit)
    primal = 0.5 * loss + w * np.abs(B).sum(axis=0)
    gap = primal - s * yr + 0.5 * s * s * loss
    gap = np.divide(gap, 0.5 * K, out=gap, where=K > 0.0)
    return np.where(B[own] == 0.0, gap, np.inf)
