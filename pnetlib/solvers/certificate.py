"""Duality gaps recomputed from the expression, in float64 and without a Gram matrix."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.sparse import csc_array

from pnetlib.execution.threads import one_blas_thread, thread_count
from pnetlib.kernels.column import EXCLUDED, duality_gap

WIDTH = 64  # targets whose slopes are computed together: p x 64 numbers per thread


def certify_network(X, B, lam1, lam2=0.0, targets=None, *, n_jobs=None):
    """Return the relative duality gaps of columns of B for X rather than for a Gram matrix.

    X (n, p) is standardised expression and B (p, p) a dense or sparse network, regulators x
    targets. The objective is ``||X - XB||_F^2 / n + lam1 ||B||_1 + lam2 ||B||_F^2``, and a gap is
    relative to its value without edges. `targets` are the columns to certify, by default all.
    """
    rows, B = np.ascontiguousarray(np.asarray(X, float).T), csc_array(B)
    p, n = rows.shape
    targets = np.arange(p) if targets is None else np.asarray(targets, dtype=np.int64)

    def gaps(first):
        genes = targets[first : first + WIDTH]
        supports = [slice(B.indptr[j], B.indptr[j + 1]) for j in genes]
        residuals, products = rows[genes], []
        for k, support in enumerate(supports):
            regulators = rows[B.indices[support]]
            products.append(regulators @ residuals[k] / n)
            residuals[k] -= B.data[support] @ regulators
        slopes = residuals @ rows.T / n
        w, b, r, found = np.full(p, 0.5 * lam1), np.zeros(p), np.zeros(p), np.empty(genes.size)
        for k, (j, support) in enumerate(zip(genes, supports)):
            at = B.indices[support]
            b[at], r[at], w[j] = B.data[support], products[k], EXCLUDED
            K = rows[j] @ rows[j] / n
            gap = duality_gap(b, slopes[k], r, w, lam2, K)
            found[k] = gap / (0.5 * K) if K > 0.0 else gap
            b[at], r[at], w[j] = 0.0, 0.0, 0.5 * lam1  # r matters only where there are edges
        return found

    with one_blas_thread(), ThreadPoolExecutor(thread_count(n_jobs)) as pool:
        return np.concatenate([np.empty(0), *pool.map(gaps, range(0, targets.size, WIDTH))])
