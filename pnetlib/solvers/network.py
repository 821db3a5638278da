"""One network in blocks of targets: tasks that an engine gives to worker processes.

A target needs the whole Gram matrix but no other target, so that a worker forms the Gram matrix of
the expression once, keeps it as long as it holds the expression, and solves block after block.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from weakref import ref

import numpy as np

from pnetlib.execution.threads import chunks, thread_count
from pnetlib.kernels.column import solve_columns
from pnetlib.solvers.columns import MAX_ROUNDS, NO_GB, Columns
from pnetlib.solvers.moments import Moments

WIDTH = 256  # targets in a task: 69 tasks for 17,419 genes

_lock, _held = Lock(), {}


def held_gram(X, gram_dtype):
    """The Gram matrix of X, formed once in a process as long as X is the same array."""
    with _lock:
        expression = _held.get("expression")
        if expression is None or expression() is not X or _held["dtype"] != gram_dtype:
            _held.clear()  # the old one goes before the new one needs its memory
            G = Moments.of(X, n_jobs=1, gram_dtype=gram_dtype).G
            _held.update(expression=ref(X, lambda gone: _held.clear()), dtype=gram_dtype, G=G)
        return _held["G"]


def solve_block(X, lam1, lam2, tol, gram_dtype, start, first, last):
    """Columns first..last-1 in compressed form, and their gaps."""
    G = held_gram(X, gram_dtype)
    weights, free = np.full(len(G), 0.5 * lam1), np.zeros(len(G), bool)
    return solve_columns(G, NO_GB, weights, lam2, free, first, last, *start, tol, MAX_ROUNDS)


def solve_on(engine, X, lam1, lam2, start, tol, gram_dtype):
    """The network of expression X (n, p) by the workers of an engine.

    Returns
    -------
    Columns, ndarray (p,)
        The network and the relative duality gap of each column; the same bits as
        `columns.solve_network` gives.
    """
    shared = X, lam1, lam2, tol, gram_dtype, start.arrays
    parts = list(engine.map(solve_block, chunks(X.shape[1], WIDTH), shared))
    return Columns.join([part[:3] for part in parts]), np.concatenate([part[3] for part in parts])


def solve_network(G, weights, lam2, start, tol, *, GB=NO_GB, held=None, n_jobs=None):
    """Every gene on all others: p separate elastic nets in one Gram matrix.

    Parameters
    ----------
    G : ndarray (p, p)
        Gram matrix.
    weights : ndarray (p,)
        Half the L1 penalty of each regulator (``lam1 / 2`` where they are alike).
    lam2 : float
        Ridge penalty.
    start : Columns
        Warm start; the solution is the same within the gap whatever it is.
    tol : float
        Relative duality gap to reach in every column.
    GB : ndarray (p, p), optional
        Row j is G b_j, of `start` on entry and of the solution on return.

    held : ndarray of bool (p,), optional
        Columns to leave as they are in `start`.

    Returns
    -------
    Columns, ndarray (p,)
        The network and the relative duality gap of each column.
    """

    held = np.zeros(len(G), bool) if held is None else held

    def solve(piece):
        return solve_columns(G, GB, weights, lam2, held, *piece, *start.arrays, tol, MAX_ROUNDS)

    pieces = chunks(len(G))
    threads = thread_count(n_jobs)
    if threads == 1:
        parts = [solve(piece) for piece in pieces]
    else:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(solve, pieces))
    return Columns.join([part[:3] for part in parts]), np.concatenate([part[3] for part in parts])
