"""A network in blocks of targets, solved by threads or by the worker processes of an engine.

A target needs the whole Gram matrix but no other target. A worker therefore forms the Gram matrix
once, stores it as long as the expression is in memory, and solves block after block.
"""

from threading import Lock
from weakref import ref

import numpy as np

from pnetlib.execution.threads import chunks
from pnetlib.kernels.column import solve_columns, solve_small
from pnetlib.solvers.columns import MAX_ROUNDS, NO_GB, Columns, on_threads
from pnetlib.solvers.moments import Moments

WIDTH = 256  # targets per task: 69 tasks for 17,419 genes

_lock, _stored = Lock(), {}


def stored_gram(X, gram_dtype, n_regulators):
    """Return the Gram matrix of X, formed once per process as long as X is the same array.

    The second array has the variances of the genes.
    """
    with _lock:
        expression, options = _stored.get("expression"), (gram_dtype, n_regulators)
        if expression is None or expression() is not X or _stored["options"] != options:
            _stored.clear()  # frees the old matrix before the new one needs memory
            moments = Moments.of(X, n_jobs=1, gram_dtype=gram_dtype, n_regulators=n_regulators)
            _stored.update(expression=ref(X, lambda gone: _stored.clear()), options=options)
            _stored.update(G=moments.G, K=moments.K)
        return _stored["G"], _stored["K"]


def solve_block(X, lam1, lam2, tol, max_iter, gram_dtype, n_regulators, start, first, last):
    """Solve the columns first..last-1; return them in compressed form with their gaps."""
    G, K = stored_gram(X, gram_dtype, n_regulators)
    weights, free = np.full(G.shape[1], 0.5 * lam1), np.zeros(len(G), bool)
    return solve_columns(G, K, NO_GB, weights, lam2, free, first, last, *start, tol, max_iter)


def solve_on(engine, X, lam1, lam2, start, tol, max_iter, gram_dtype, n_regulators=None):
    """Estimate the network of expression X (n, p) by the workers of an engine.

    Only the first `n_regulators` genes may regulate, by default all. Return the network as `Columns`, and the relative duality gap and the rounds of each column;
    the same bits as `solve_network` gives.
    """
    shared = X, lam1, lam2, tol, max_iter, gram_dtype, n_regulators, start.arrays
    parts = list(engine.map(solve_block, chunks(X.shape[1], WIDTH), shared))
    return joined(parts)


def joined(parts):
    """Return network, gaps and rounds from the pieces that `solve_columns` gives."""
    gaps, rounds = (np.concatenate([part[k] for part in parts]) for k in (3, 4))
    return Columns.join([part[:3] for part in parts]), gaps, rounds


def solve_dense(G, weights, lam2, tol, targets=None, start=None, max_iter=MAX_ROUNDS):
    """Return the network of a small Gram matrix, up to about 100 genes, as a dense array.

    For networks so small that working sets, threads and sparse arrays cost more than the solution.

    Parameters
    ----------
    G, weights, lam2, tol, max_iter
        As in `solve_network`.
    targets : sequence of int, optional
        Columns to solve; the others are 0. By default all.
    start : ndarray (p, p), optional
        Warm start; the solution is the same within the gap whatever it is.

    Returns
    -------
    ndarray (p, p)
        Regulators x targets.
    """
    targets = np.arange(len(G)) if targets is None else np.asarray(targets)
    B = np.zeros(G.shape)
    if start is not None:
        B[:, targets] = start[:, targets]
    solve_small(G, weights, lam2, targets, B, tol, max_iter)
    return B


def solve_network(
    G,
    weights,
    lam2,
    start,
    tol,
    *,
    max_iter=MAX_ROUNDS,
    K=None,
    GB=NO_GB,
    fixed=None,
    rounds=None,
    n_jobs=None,
):
    """Regress every gene on all others: p separate elastic nets in one Gram matrix.

    Parameters
    ----------
    G : ndarray (p, r)
        Gram matrix; where only the first r genes may regulate, its first r columns.
    weights : ndarray (r,)
        Half the L1 penalty of each regulator (``lam1 / 2`` where they are alike).
    lam2 : float
        Ridge penalty.
    start : Columns
        Warm start; the solution is the same within the gap whatever it is.
    tol : float
        Relative duality gap to reach in every column.
    max_iter : int, default=1000
        Rounds per column at most.
    K : ndarray (p,), optional
        Variance of every gene; by default the diagonal of a square G.
    GB : ndarray (p, r), optional
        Row j is G b_j, of `start` on entry and of the solution on return.
    fixed : ndarray of bool (p,), optional
        Columns to leave as they are in `start`.
    rounds : ndarray of int (p,), optional
        Filled with the rounds that each column took.
    n_jobs : int or None, default=None
        Threads; the result does not depend on it.

    Returns
    -------
    Columns, ndarray (p,)
        The network and the relative duality gap of each column.
    """
    fixed = np.zeros(len(G), bool) if fixed is None else fixed
    K = np.diag(G).astype(float) if K is None else K

    def solve(piece):
        if fixed[slice(*piece)].all():
            return start.piece(*piece)
        return solve_columns(G, K, GB, weights, lam2, fixed, *piece, *start.arrays, tol, max_iter)

    parts = on_threads(solve, chunks(len(G)), n_jobs)
    columns, gaps, taken = joined(parts)
    if rounds is not None:
        rounds[:] = taken
    return columns, gaps
