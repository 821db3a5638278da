"""How accurate a network is: one duality gap, in float64 and from the data, for every solver."""

import numpy as np

BLOCK = 256
LIMIT = 1e-6  # relative duality gap that every racer must reach


def relative_gaps(X, B, targets, lam1):
    """Duality gap of each target's lasso, relative to its objective at b = 0, ``y'y / 2n``.

    The primal is ``||y - X b||^2 / 2n + (lam1 / 2) ||b||_1`` over b without the target itself. The
    dual point is the residual, scaled into the dual feasible set as well as it can be.

    Parameters
    ----------
    X : ndarray (n, p)
        Standardised expression.
    B : ndarray (p, m)
        Coefficients of the m targets.
    targets : ndarray of int (m,)
        Their genes.
    lam1 : float
        L1 penalty of an edge.

    Returns
    -------
    ndarray (m,)
        Never negative but for rounding; infinite where a target has itself as a regulator.
    """
    X = np.asarray(X, np.float64)
    return np.concatenate(
        [
            _block_gaps(
                X,
                np.asarray(B[:, first : first + BLOCK], np.float64),
                targets[first : first + BLOCK],
                lam1,
            )
            for first in range(0, len(targets), BLOCK)
        ]
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
