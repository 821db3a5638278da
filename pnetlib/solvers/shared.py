"""One network that groups share, and each group's deviation from it: this project's estimator.

The data-shared lasso (Gross and Tibshirani, Computational Statistics and Data Analysis
2016;101:226-235) for every gene in turn. With n_k cell lines in part k, N lines in all and each part
standardised within itself, column j of ``B`` and of the deviations ``D_k`` minimises

    (1/N) sum_k ||x_kj - X_k (b + d_k)||^2 + lam1 ||b||_1 + lam1 sum_k sqrt(n_k / N) ||d_k||_1

The network of group k is ``B + D_k``. The root gives noise the same chance of an edge in ``B`` and
in a deviation (that paper uses one constant). Lines of no group have no deviation; they inform
``B`` alone.
"""

import numpy as np

from pnetlib.kernels.column import EXCLUDED, solve_column
from pnetlib.solvers.columns import MAX_ROUNDS
from pnetlib.solvers.moments import centred


def standardised(X):
    """Return X with mean 0 and variance 1 (ddof = 0) per column; a constant one becomes 0."""
    X, _, scale = centred(X)
    return X / scale


def fit_shared(parts, rest, lam1, tol=1e-5, targets=None):
    """Return the shared network ``B`` and each group's ``B + D_k``, regulators x targets.

    Parameters
    ----------
    parts : sequence of ndarray (n_k, p)
        Expression of the cell lines of each group.
    rest : ndarray (m, p)
        Expression of the lines of no group; may have no row.
    lam1 : float
        Penalty of an edge; that of a deviation is ``sqrt(n_k / N)`` times as large.
    tol : float
        Relative duality gap to reach in every column.
    targets : sequence of int, optional
        Columns to estimate; the others are 0. By default all.
    """
    n = [len(part) for part in parts]
    N, p = sum(n) + len(rest), parts[0].shape[1]
    blocks = [standardised(part) for part in parts]
    grams = [block.T @ block / N for block in blocks]
    width = p * (1 + len(parts))
    G = np.zeros((width, width))
    G[:p, :p] = sum(grams)
    if len(rest):
        others = standardised(rest)
        G[:p, :p] += others.T @ others / N
    for k, gram in enumerate(grams):
        own = slice(p * (k + 1), p * (k + 2))
        G[:p, own] = G[own, :p] = G[own, own] = gram
    weights = np.repeat(0.5 * lam1 * np.sqrt(np.array([N, *n]) / N), p)
    coefficients = np.zeros((width, p))
    for j in range(p) if targets is None else targets:
        w, b, r = weights.copy(), np.zeros(width), G[j].copy()
        w[j::p] = EXCLUDED
        working, S = np.empty(width, np.int32), np.empty((128, 128))
        solve_column(G, r, w, 0.0, G[j, j], b, r.copy(), working, 0, tol, MAX_ROUNDS, S)
        coefficients[:, j] = b
    shared = coefficients[:p]
    return shared, [shared + coefficients[p * (k + 1) : p * (k + 2)] for k in range(len(parts))]
