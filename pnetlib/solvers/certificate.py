"""Certificates recomputed from the expression, in float64 and without a Gram matrix.

A column of the joint model is an elastic net whose target is ``(x_j + theta_j z_j) / (1 +
theta_j^2)``, z_j being what the other columns leave of the response; with theta_j = 0 it is a
column of the network alone.
"""

from dataclasses import replace

import numpy as np

from pnetlib.execution.threads import chunks, one_blas_thread
from pnetlib.kernels.column import duality_gap, edge_weights
from pnetlib.kernels.products import combine_columns
from pnetlib.solvers.columns import Columns, on_threads
from pnetlib.solvers.joint import Penalties, edge_violations, scaled_effects, theta_residual

WIDTH = 64  # targets whose slopes are computed together: p x 64 numbers per thread


def certify_network(X, B, lam1, lam2=0.0, targets=None, *, n_regulators=None, n_jobs=None):
    """Return the relative duality gaps of columns of B for X rather than for a Gram matrix.

    X (n, p) is standardised expression and B (p, p) a dense or sparse network, regulators x
    targets. The objective is ``||X - XB||_F^2 / n + lam1 ||B||_1 + lam2 ||B||_F^2``, and a gap is
    relative to its value without edges. `targets` are the columns to certify, by default all. Only
    the first `n_regulators` genes may regulate, by default all.
    """
    B = Columns.of(B)
    zeros, no_response = np.zeros(len(B.degrees)), np.zeros(len(X))
    targets = np.arange(zeros.size) if targets is None else np.asarray(targets, dtype=np.int64)
    problem = no_response, B, zeros, zeros, zeros, Penalties(lam1, lam2)
    return _certify(_transposed(X), *problem, targets, n_regulators, n_jobs)[0]


def certify_joint(X, z, state, pen, *, n_regulators=None, n_jobs=None):
    """Return gaps and violated conditions of a joint fit for X and z rather than for moments.

    The gap of a column is that of its problem while network and effects otherwise stay as they are.

    Parameters
    ----------
    X : ndarray (n, p)
        Standardised expression.
    z : ndarray (n,)
        Centred response.
    state : State
        Network, effects and fixed signs; nothing else of it is used.
    pen : Penalties
    n_regulators : int, optional
        Only this many of the genes, the first ones, may regulate; by default all.
    n_jobs : int or None, default=None
        Threads; the result does not depend on it.

    Returns
    -------
    ndarray (p,), float, float
        The relative duality gap of each column, and the largest violations of the first-order
        conditions of the edges and of the effects, as in `kkt_residuals`.
    """
    rows, B, theta = _transposed(X), state.B, state.theta
    left = z - combine_columns(*B.arrays, theta) @ rows
    weights = scaled_effects(B, theta, state.signs, replace(pen, coupling="exact"))
    genes = np.arange(theta.size)
    problem = rows, left, B, theta, *weights, pen, genes, n_regulators
    gaps, worst = _certify(*problem, n_jobs, conditions=True)
    effects = theta_residual(None, state, pen, rows @ left / len(left))
    return gaps, worst, float(effects.max())


def _transposed(X):
    return np.ascontiguousarray(np.asarray(X, float).T)


def _certify(rows, left, B, theta, a, e, pen, targets, n_regulators, n_jobs, conditions=False):
    """Return the gap of each target, and the largest violation at an edge if `conditions`.

    `rows` (p, n) are the genes, `left` (n,) is the response less its prediction, and `a`, `e` (p,)
    are those of the edge weights (`scaled_effects`).
    """
    p, n = rows.shape
    r = p if n_regulators is None else n_regulators
    regulators = rows[:r]
    slope = regulators @ left / n

    def check(block):
        genes = targets[slice(*block)]
        supports = [slice(B.indptr[j], B.indptr[j + 1]) for j in genes]
        fitted = np.array([B.data[own] @ rows[B.indices[own]] for own in supports])
        slopes = (rows[genes] - fitted) @ regulators.T / n + theta[genes, None] * slope
        b, gaps = np.zeros((genes.size, r)), np.empty(genes.size)
        for k, (j, own) in enumerate(zip(genes, supports)):
            at, t = B.indices[own], theta[j]
            scale = 1.0 + t * t
            b[k, at], c, linear = B.data[own], slopes[k] / scale, np.zeros(r)
            linear[at] = c[at] + rows[at] @ fitted[k] / n  # needed only where there are edges
            y = (rows[j] + t * (left + t * fitted[k])) / scale
            w, K = edge_weights(a, e, j, pen.lam1, pen.lam4, scale, r), y @ y / n
            gap = duality_gap(b[k], c, linear, w, pen.lam2 / scale, K)
            gaps[k] = gap / (0.5 * K) if K > 0.0 else gap
        worst = edge_violations(slopes, b, genes, a, e, pen).max() if conditions else 0.0
        return gaps, worst

    with one_blas_thread():
        found = on_threads(check, chunks(targets.size, WIDTH), n_jobs)
    gaps = np.concatenate([np.empty(0), *(gaps for gaps, _ in found)])
    return gaps, float(max((worst for _, worst in found), default=0.0))
