"""The theta step: effects of the predicted gene activities, given the network.

In theta the objective is, up to a constant,

    theta'H theta - 2 h'theta + lam3 ||theta||_1
      + 2 lam4 (sum_j diag_j theta_j^2 - sum_{q,j} N_qj |theta_q| |theta_j|)

with ``H = B'GB``, ``h = B'g``, ``diag_j = d_j / s_j^2`` and ``N_qj = w_qj / (s_q s_j)``.
Only candidate genes have their part of H and N formed.
"""

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def candidate_links(indptr, indices, data, s, genes):
    """Return N = w_qj / (s_q s_j) among the candidate genes.

    indptr : (p + 1,) int64
    indices : (e,) int32
    data : (e,) float64
    s : (p,) float64
    genes : (k,) int64
    Returns (k, k) float64.
    """
    place = np.full(s.size, -1)
    place[genes] = np.arange(genes.size)
    N = np.zeros((genes.size, genes.size))
    for i in range(genes.size):
        j = genes[i]
        for e in range(indptr[j], indptr[j + 1]):
            k = place[indices[e]]
            if k >= 0:
                half = 0.5 * abs(data[e]) / (s[j] * s[indices[e]])
                N[i, k] += half
                N[k, i] += half
    return N


@njit(nogil=True, cache=True)
def descend_theta(H, h, N, diag, signs, theta, lam3, lam4, tol, max_sweeps):
    """Minimise over the candidates by exact coordinate steps until a sweep gains at most `tol`.

    A gene's |theta_j| has the weight lam3/2 - 2 lam4 sum_q N_jq |theta_q|, which may be negative;
    the minimiser still has a closed form. Where `signs` is not 0 the sign is fixed there and the
    links act on sign * theta instead of |theta|.

    H, N : (k, k) float64
    h, diag, signs : (k,) float64
    theta : (k,) float64, changed in place
    lam3, lam4, tol : float
    max_sweeps : int
    Returns nothing.
    """
    rho, links = h - H @ theta, N @ np.where(signs == 0.0, np.abs(theta), signs * theta)
    for _ in range(max_sweeps):
        gain = 0.0
        for j in range(theta.size):
            curvature = H[j, j] + 2.0 * lam4 * diag[j]
            if curvature <= 0.0:  # a gene without regulators and links: only lam3 acts
                theta[j] = 0.0
                continue
            pull = 2.0 * lam4 * links[j]
            centre = rho[j] + H[j, j] * theta[j] + signs[j] * pull
            threshold = 0.5 * lam3 - (pull if signs[j] == 0.0 else 0.0)
            side = 1.0 if centre >= 0.0 else -1.0
            new = side * max(abs(centre) - threshold, 0.0) / curvature
            step = new - theta[j]
            if step != 0.0:
                effect = abs(new) - abs(theta[j]) if signs[j] == 0.0 else signs[j] * step
                theta[j] = new
                gain = max(gain, curvature * step * step)
                for q in range(theta.size):
                    rho[q] -= step * H[j, q]
                    links[q] += effect * N[j, q]
        if gain <= tol:
            break
