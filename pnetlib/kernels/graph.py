"""The network as a graph: degrees, neighbour means and the penalty that links genes.

`indptr`, `indices`, `data` are the columns of B (regulators of each target) in compressed
form. ``w_qj = (|B_qj| + |B_jq|) / 2`` is never formed: every sum over neighbours is one pass
over the edges.
"""

import numpy as np

from pnetlib.kernels.compiler import kernel


@kernel
def degrees(indptr, indices, data):
    """Return the degree d_q = sum_j w_qj of every gene.

    indptr : (p + 1,) int64
    indices : (e,) int32
    data : (e,) float64
    Returns (p,) float64.
    """
    p = indptr.size - 1
    d = np.zeros(p)
    for j in range(p):
        for k in range(indptr[j], indptr[j + 1]):
            half = 0.5 * abs(data[k])
            d[j] += half
            d[indices[k]] += half
    return d


@kernel
def neighbour_sums(indptr, indices, data, a):
    """Return sum_r w_qr a_r of every gene q.

    indptr : (p + 1,) int64
    indices : (e,) int32
    data : (e,) float64
    a : (p,) float64
    Returns (p,) float64.
    """
    total = np.zeros(a.size)
    for j in range(a.size):
        for k in range(indptr[j], indptr[j + 1]):
            half = 0.5 * abs(data[k])
            total[j] += half * a[indices[k]]
            total[indices[k]] += half * a[j]
    return total


@kernel
def graph_penalty(indptr, indices, data, a):
    """Return the sum over ordered pairs of w_qj (a_q - a_j)^2 with a = |theta| / s.

    indptr : (p + 1,) int64
    indices : (e,) int32
    data : (e,) float64
    a : (p,) float64
    Returns float.
    """
    total = 0.0
    for j in range(a.size):
        for k in range(indptr[j], indptr[j + 1]):
            difference = a[indices[k]] - a[j]
            total += abs(data[k]) * difference * difference
    return total
