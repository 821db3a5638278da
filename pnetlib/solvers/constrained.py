"""Network-constrained regression: a lasso of the response on expression, with a network as graph.

Li and Li (Bioinformatics 2008;24:1175) penalise differences between the scaled coefficients of
linked genes, ``lam4 sum_{q,j} w_qj (b_q / s_q - b_j / s_j)^2 = 2 lam4 b' L b`` with the Laplacian L
of the links. In the Gram matrix ``G + 2 lam4 L`` this is a lasso, so the network's kernel solves it.
Their later version (Annals of Applied Statistics 2010;4:1498) compares coefficients times the signs
of an initial estimate, which turns L into ``S L S``.
"""

from dataclasses import replace

import numpy as np

from pnetlib.solvers.columns import MAX_ROUNDS
from pnetlib.solvers.expression import fit_expression
from pnetlib.solvers.joint import degree_scale

INITIAL_RIDGE = 1.0  # of the initial estimate, relative to the variance of a gene; ours


def laplacian(B, degree="sqrt", signs=None):
    """Return L (p, p) with ``2 b' L b = sum_{q,j} w_qj (b_q / s_q - b_j / s_j)^2``.

    Parameters
    ----------
    B : Columns
        The network, with ``w_qj = (|B_qj| + |B_jq|) / 2`` and degrees ``d_q = sum_j w_qj``.
    degree : {"sqrt", "d"}
        Whether s is the root of the degree or the degree; rows of isolated genes are 0.
    signs : ndarray (p,), optional
        Signs S of an initial estimate; then S L S is returned.
    """
    size = np.abs(B.matrix().toarray())
    d = B.degrees
    s = degree_scale(d, degree)
    L = -0.5 * (size + size.T) / s / s[:, None]
    L[np.diag_indices_from(L)] += d / s**2
    return L if signs is None else L * signs * signs[:, None]


def initial_estimate(moments):
    """Return a ridge estimate of the coefficients (p,), whose signs `laplacian` takes."""
    return np.linalg.solve(moments.G + INITIAL_RIDGE * np.eye(len(moments.G)), moments.g)


def with_links(moments, L, lam4):
    """Return the moments in which a lasso is the network-constrained regression."""
    return moments if lam4 == 0.0 else replace(moments, G=moments.G + 2.0 * lam4 * L)


def fit_constrained(moments, L, lam3, lam4, tol, start=None, max_iter=MAX_ROUNDS):
    """Return the coefficients of the response on expression, their relative gap and the rounds.

    They minimise ``||z - X b||^2 / n + lam3 ||b||_1 + 2 lam4 b' L b``, from the warm start `start`.
    """
    return fit_expression(with_links(moments, L, lam4), lam3, 0.0, tol, start, max_iter)
