"""Products of the Gram matrix, the network and vectors.

`indptr`, `indices`, `data` hold the columns of B (regulators of each target) in compressed form.
"""

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def network_loss(G, GB, indptr, indices, data):
    """||X - XB||_F^2 / n from the Gram matrix and the rows of GB."""
    total = 0.0
    for j in range(indptr.size - 1):
        total += G[j, j]
        for k in range(indptr[j], indptr[j + 1]):
            total += data[k] * (GB[j, indices[k]] - 2.0 * G[j, indices[k]])
    return total


@njit(nogil=True, cache=True)
def gram_times_columns(G, indptr, indices, data, first, last, GB):
    """Rows first..last-1 of GB: row j is G b_j."""
    for j in range(first, last):
        GB[j] = 0.0
        for k in range(indptr[j], indptr[j + 1]):
            row = G[indices[k]]
            for i in range(row.size):
                GB[j, i] += data[k] * row[i]


@njit(nogil=True, cache=True)
def column_products(indptr, indices, data, v):
    """b_j'v of every column j."""
    out = np.zeros(indptr.size - 1)
    for j in range(out.size):
        for k in range(indptr[j], indptr[j + 1]):
            out[j] += data[k] * v[indices[k]]
    return out


@njit(nogil=True, cache=True)
def combine_columns(indptr, indices, data, theta):
    """u = B theta, from the columns of the genes that have an effect."""
    u = np.zeros(theta.size)
    for j in range(theta.size):
        if theta[j] != 0.0:
            for k in range(indptr[j], indptr[j + 1]):
                u[indices[k]] += theta[j] * data[k]
    return u


@njit(nogil=True, cache=True)
def gram_rows(indptr, indices, data, T, genes):
    """Rows of H = B'GB for the given genes; column k of `T` is G b of the k-th candidate."""
    H = np.zeros((genes.size, T.shape[1]))
    for i in range(genes.size):
        for e in range(indptr[genes[i]], indptr[genes[i] + 1]):
            row = T[indices[e]]
            for k in range(row.size):
                H[i, k] += data[e] * row[k]
    return H
