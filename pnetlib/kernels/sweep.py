"""The B step on columns that feel the response, one after the other."""

import numpy as np
from numba import njit

from .column import EXCLUDED, solve_column, store_column


@njit(nogil=True, cache=True)
def response_column(G, GB, g, zz, u, v, t, j):
    """Linear term r and norm K of column j when its gene has the effect t.

    With ``u = B theta`` less column j's own part, the column is an elastic net with
    ``r = (G_j + t (g - G u)) / (1 + t^2)``, penalties divided by the same number.
    """
    scale = 1.0 + t * t
    p = g.size
    r = np.empty(p)
    for q in range(p):
        r[q] = (G[j, q] + t * (g[q] - v[q])) / scale
    left = zz
    for q in range(p):
        left += u[q] * (v[q] - 2.0 * g[q])
    K = (G[j, j] + 2.0 * t * (g[j] - v[j]) + t * t * max(left, 0.0)) / (scale * scale)
    return r, K


@njit(nogil=True, cache=True)
def edge_weights(a, e, j, lam1, lam4, scale):
    """Half the L1 weight of each edge into gene j: lam1 + lam4 (e_q + e_j - 2 a_q a_j)."""
    w = np.empty(a.size)
    for q in range(a.size):
        w[q] = 0.5 * max(lam1 + lam4 * (e[q] + e[j] - 2.0 * a[q] * a[j]), 0.0) / scale
    w[j] = EXCLUDED
    return w


@njit(nogil=True, cache=True)
def sweep_columns(
    G, GB, g, zz, theta, columns, a, e, lam1, lam2, lam4, indptr, indices, data, u, v, tol, rounds
):
    """Solve the given columns in turn, keeping ``u = B theta`` and ``v = G u`` current."""
    p = g.size
    b, c = np.zeros(p), np.empty(p)
    working = np.empty(p, np.int32)
    out_indices, out_data = np.empty(64 * columns.size, np.int32), np.empty(64 * columns.size)
    counts, gaps, end = np.zeros(columns.size, np.int64), np.empty(columns.size), 0
    for i in range(columns.size):
        j, t = columns[i], theta[columns[i]]
        m = indptr[j + 1] - indptr[j]
        for k in range(m):
            q = indices[indptr[j] + k]
            b[q], working[k] = data[indptr[j] + k], q
            u[q] -= t * b[q]
        v -= t * GB[j]
        r, K = response_column(G, GB, g, zz, u, v, t, j)
        w = edge_weights(a, e, j, lam1, lam4, 1.0 + t * t)
        c[:] = r - GB[j]
        ridge = lam2 / (1.0 + t * t)
        gaps[i], m = solve_column(G, r, w, ridge, K, b, c, working, m, tol, rounds)
        GB[j] = r - c
        v += t * GB[j]
        for k in range(m):
            u[working[k]] += t * b[working[k]]
        start = end
        out_indices, out_data, end = store_column(
            b, working, m, out_indices, out_data, end
        )
        counts[i] = end - start
    return counts, out_indices[:end], out_data[:end], gaps
