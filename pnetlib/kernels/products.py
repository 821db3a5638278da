"""Products of the Gram matrix, the network and vectors.

`indptr`, `indices`, `data` are the columns of B (regulators of each target) in compressed form.
"""

import numpy as np

from pnetlib.kernels.compiler import kernel


@kernel
def column_losses(G, K, GB, columns, indptr, indices, data, losses):
    """Compute ||x_j - X b_j||^2 / n of some columns from the Gram matrix and the rows of GB.

    G, GB : (p, r) float64, row j of GB is G b_j
    K : (p,) float64, the variance of every gene
    columns : (k,) int64
    indptr : (p + 1,) int64
    indices : (e,) int32
    data : (e,) float64
    losses : (p,) float64, those of the columns changed in place
    Returns nothing.
    """
    for j in columns:
        losses[j] = K[j]
        for k in range(indptr[j], indptr[j + 1]):
            losses[j] += data[k] * (GB[j, indices[k]] - 2.0 * G[j, indices[k]])


@kernel
def gram_times_columns(G, indptr, indices, data, first, last, GB):
    """Compute the rows first..last-1 of GB: row j is G b_j.

    G : (p, r) float64
    indptr : (p + 1,) int64
    indices : (e,) int32
    data : (e,) float64
    first, last : int
    GB : (p, r) float64, rows changed in place
    Returns nothing.
    """
    for j in range(first, last):
        GB[j] = 0.0
        for k in range(indptr[j], indptr[j + 1]):
            row = G[indices[k]]
            for i in range(row.size):
                GB[j, i] += data[k] * row[i]


@kernel
def column_products(indptr, indices, data, v):
    """Return b_j'v of every column j.

    indptr : (p + 1,) int64
    indices : (e,) int32
    data : (e,) float64
    v : (r,) float64, over the regulators at least
    Returns (p,) float64.
    """
    out = np.zeros(indptr.size - 1)
    for j in range(out.size):
        for k in range(indptr[j], indptr[j + 1]):
            out[j] += data[k] * v[indices[k]]
    return out


@kernel
def combine_columns(indptr, indices, data, theta):
    """Return u = B theta, from the columns of the genes that have an effect.

    indptr : (p + 1,) int64
    indices : (e,) int32
    data : (e,) float64
    theta : (p,) float64
    Returns (p,) float64.
    """
    u = np.zeros(theta.size)
    for j in range(theta.size):
        if theta[j] != 0.0:
            for k in range(indptr[j], indptr[j + 1]):
                u[indices[k]] += theta[j] * data[k]
    return u


@kernel
def gram_rows(indptr, indices, data, T, genes):
    """Return rows of H = B'GB for the given genes.

    indptr : (p + 1,) int64
    indices : (e,) int32
    data : (e,) float64
    T : (r, k) float64, column i is G b of candidate i
    genes : (m,) int64
    Returns (m, k) float64.
    """
    H = np.zeros((genes.size, T.shape[1]))
    for i in range(genes.size):
        for e in range(indptr[genes[i]], indptr[genes[i] + 1]):
            row = T[indices[e]]
            for k in range(row.size):
                H[i, k] += data[e] * row[k]
    return H
