"""Products of the Gram matrix with the network at its edges, where no row of GB is stored."""

from pnetlib.kernels.compiler import kernel


@kernel
def products_at_edges(G, columns, indptr, indices, data, out):
    """Compute (G b_j)_q at every edge q -> j of some columns; a column of m edges costs m^2.

    G : (p, r) float64 or float32
    columns : (k,) int64
    indptr : (p + 1,) int64
    indices : (e,) int32
    data : (e,) float64
    out : (e,) float64, the edges of the columns changed in place
    Returns nothing.
    """
    for j in columns:
        own = indices[indptr[j] : indptr[j + 1]]
        coefficients, products = data[indptr[j] : indptr[j + 1]], out[indptr[j] : indptr[j + 1]]
        for k in range(own.size):
            row, total = G[own[k]], 0.0
            for i in range(own.size):
                total += coefficients[i] * row[own[i]]
            products[k] = total


@kernel
def edge_values(G, columns, indptr, indices, out):
    """Gather G_qj at every edge q -> j of some columns.

    G : (p, r) float64 or float32
    columns : (k,) int64
    indptr : (p + 1,) int64
    indices : (e,) int32
    out : (e,) float64, the edges of the columns changed in place
    Returns nothing.
    """
    for j in columns:
        row = G[j]
        for k in range(indptr[j], indptr[j + 1]):
            out[k] = row[indices[k]]
