"""The rows of GB, row j of which is G b_j: stored where genes are few, else formed when needed.

For p genes all rows take as much memory as a Gram matrix in float64. The joint fit needs them only
for genes with an effect, for candidates of the theta step and at the edges; those of the other
columns save time where they fit into memory beside the Gram matrix.
"""

import numpy as np

from pnetlib.execution.threads import chunks
from pnetlib.kernels.column import subtract_combination
from pnetlib.kernels.edges import edge_values, products_at_edges
from pnetlib.kernels.products import column_losses, combine_columns
from pnetlib.solvers.columns import NO_GB, gram_times, on_threads

STORED = 4000  # genes up to which all rows of GB are stored, if all may regulate: 128 MB
TOGETHER = 256  # columns per task of a thread


def stored_rows(G, B, n_jobs=None):
    """Return GB as a dense array, or an empty one (`NO_GB`) where the genes are too many."""
    return gram_times(G, B, n_jobs) if G.size <= STORED**2 else NO_GB


def no_rows(G):
    """Return GB of a network without edges."""
    return np.zeros(G.shape) if G.size <= STORED**2 else NO_GB


def rows_of(G, B, GB, genes):
    """Return the rows of GB of some genes (k, r), stored or not."""
    if GB.size:
        return GB[genes]
    rows = np.zeros((len(genes), G.shape[1]))
    for row, j in zip(rows, genes):
        own = slice(B.indptr[j], B.indptr[j + 1])
        subtract_combination(G, B.indices[own], -B.data[own], row)
    return rows


def gram_times_prediction(G, B, GB, theta):
    """Return v = G B theta at the regulators (r,), from the rows of GB of genes with an effect."""
    rows, weights = GB, theta
    if not GB.size:
        rows, weights = G, combine_columns(*B.arrays, theta)
    active, v = np.flatnonzero(weights), np.zeros(G.shape[1])
    subtract_combination(rows, active, -weights[active], v)
    return v


def at_edges(G, B, GB, n_jobs=None):
    """Return (G b_j)_q of every edge q -> j (e,)."""
    if GB.size:
        return GB[B.targets, B.indices]
    out = np.empty(B.data.size)
    pieces = [np.arange(*piece) for piece in chunks(len(G), TOGETHER)]
    on_threads(lambda piece: products_at_edges(G, piece, *B.arrays, out), pieces, n_jobs)
    return out


def network_losses(moments, B, GB, before=None, changed=None, n_jobs=None):
    """Return ||x_j - X b_j||^2 / n of every gene j (p,).

    Where they were known `before`, those of the `changed` genes alone are computed.
    """
    G, K = moments.G, moments.K
    losses = np.empty(len(G)) if before is None else before.copy()
    columns = np.arange(len(G)) if before is None else np.flatnonzero(changed)
    if GB.size:
        column_losses(G, K, GB, columns, *B.arrays, losses)
        return losses
    products, values = np.zeros(B.data.size), np.zeros(B.data.size)

    def fill(piece):
        products_at_edges(G, piece, *B.arrays, products)
        edge_values(G, piece, B.indptr, B.indices, values)

    on_threads(fill, np.array_split(columns, -(-columns.size // TOGETHER) or 1), n_jobs)
    found = K + np.bincount(B.targets, B.data * (products - 2.0 * values), len(G))
    losses[columns] = found[columns]
    return losses


def bound_gaps(moments, B, gaps, losses, old, new, lam2):
    """Return upper bounds of the relative duality gaps of network columns under new weights.

    Each column has the gap `gaps` under the L1 weights `old` of its regulators and the loss
    `losses`. The dual point of that gap stays feasible where weights rise, so that the gap rises by
    at most sum_q (new_q - old_q) |b_q|; where weights fall, it stays feasible if no slope there
    exceeds the new weight, and the bound is infinite otherwise.

    B : Columns, gaps, losses : (p,), old, new : (r,), lam2 : float
    """
    G, K, p, r = moments.G, moments.K, len(moments.G), moments.n_regulators
    half = np.where(K > 0.0, 0.5 * K, 1.0)
    rise = np.maximum(new - old, 0.0)
    bounds = gaps + np.bincount(B.targets, rise[B.indices] * np.abs(B.data), p) / half
    fallen = np.flatnonzero(new < old)
    if fallen.size == 0:
        return bounds
    values = np.empty(B.data.size)
    edge_values(G, np.arange(p), B.indptr, B.indices, values)
    explained = np.bincount(B.targets, B.data * values, p)
    squares = np.bincount(B.targets, B.data**2, p)
    residual = losses + lam2 * squares
    # The residual is a dual point after scaling by at most this; at the optimum it is 1.
    scale = np.maximum(np.divide(K - explained, residual, out=np.ones(p), where=residual > 0), 1.0)
    matrix = B.matrix()
    regulated = matrix[:r].T
    for block in np.array_split(fallen, -(-fallen.size // TOGETHER)):
        rows = G[block]
        slopes = (rows if r == p else G[:, block].T) - (regulated @ rows.T).T
        dual = scale * np.abs(slopes - lam2 * matrix[block].toarray())
        if lam2 > 0.0:  # the second dual of the gap does not scale the residual
            dual = np.maximum(dual, np.abs(slopes))
        dual[np.arange(block.size), block] = 0.0
        bounds[(dual > new[block, None]).any(axis=0)] = np.inf
    return bounds
