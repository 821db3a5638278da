"""Elastic net of the response on expression, by the network's kernel."""

import numpy as np

from pnetlib.kernels.column import solve_column
from pnetlib.solvers.columns import MAX_ROUNDS


def fit_expression(moments, lam1, lam2, tol, start=None, max_iter=MAX_ROUNDS):
    """Return the coefficients of the response on all genes, their relative gap and the rounds.

    They minimise ``||z - X b||^2 / n + lam1 ||b||_1 + lam2 ||b||^2``, from the warm start `start`
    and in at most `max_iter` rounds of the kernel.
    """
    p = moments.g.size
    b = np.zeros(p) if start is None else start.copy()
    working = np.empty(p, np.int32)
    support = np.flatnonzero(b)
    working[: support.size] = support
    c = moments.g - b[support] @ moments.G[support]
    problem = moments.G, moments.g, np.full(p, 0.5 * lam1), lam2, moments.zz
    start_at = b, c, working, support.size
    gap, _, _, rounds = solve_column(*problem, *start_at, tol, max_iter, np.empty((128, 128)))
    return b, gap, rounds
