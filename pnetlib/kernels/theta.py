"""The theta step: effects of the predicted gene activities, given the network.

In theta the objective is, up to a constant,

    theta'H theta - 2 h'theta + lam3 ||theta||_1
      + 2 lam4 (sum_j diag_j theta_j^2 - sum_{q,j} N_qj |theta_q| |theta_j|)

with ``H = B'GB``, ``h = B'g``, ``diag_j = d_j / s_j^2`` and ``N_qj = w_qj / (s_q s_j)``.
Only candidate genes have their part of H and N formed.
"""

import numpy as np

from pnetlib.kernels.compiler import kernel


@kernel
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


@kernel
def sweep_effects(H, N, diag, signs, theta, rho, links, lam3, lam4, held):
    """Run one cycle of exact coordinate steps over the candidates.

    H, N : (k, k) float64
    diag, signs : (k,) float64
    theta, rho, links : (k,) float64, changed in place; rho = h - H theta, links = N |theta|
    lam3, lam4 : float
    held : int, a candidate that stays as it is; -1 for none
    Returns float: the largest curvature times squared step.
    """
    gain = 0.0
    for j in range(theta.size):
        if j == held:
            continue
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
    return gain


@kernel
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
        if sweep_effects(H, N, diag, signs, theta, rho, links, lam3, lam4, -1) <= tol:
            break


@kernel
def effects_value(H, h, N, diag, theta, lam3, lam4):
    """Return the objective of the theta step at `theta`, no sign fixed.

    H, N : (k, k) float64
    h, diag, theta : (k,) float64
    lam3, lam4 : float
    Returns float.
    """
    size = np.abs(theta)
    links = np.sum(diag * size * size) - np.sum(size * (N @ size))
    fit = np.sum(theta * (H @ theta - 2.0 * h))
    return fit + lam3 * np.sum(size) + 2.0 * lam4 * links


@kernel
def flip_costs(H, h, N, diag, theta, lam3, lam4):
    """Return what it costs to flip the sign of each effect while the others stay; inf for none.

    H, N : (k, k) float64
    h, diag, theta : (k,) float64
    lam3, lam4 : float
    Returns (k,) float64.
    """
    curvature = np.diag(H) + 2.0 * lam4 * diag
    centre = np.abs(h - H @ theta + np.diag(H) * theta)
    threshold = 0.5 * lam3 - 2.0 * lam4 * (N @ np.abs(theta))
    here, there = np.maximum(centre - threshold, 0.0), np.maximum(-centre - threshold, 0.0)
    costs = np.full(theta.size, np.inf)
    for j in np.flatnonzero(theta):
        if H[j, j] > 0.0:  # without regulators, no sign is better than the other
            costs[j] = (here[j] * here[j] - there[j] * there[j]) / curvature[j]
    return costs


@kernel
def flip_signs(H, h, N, diag, theta, lam3, lam4, tol, limit, max_sweeps):
    """Flip the sign of one effect after the other as long as that lowers the objective.

    The others adapt to a flipped effect in two sweeps, before all of them descend. Genes whose flip
    costs least are tried first, at most `limit` of them between two that succeed.

    H, N : (k, k) float64
    h, diag : (k,) float64
    theta : (k,) float64, changed in place
    lam3, lam4 : float
    tol : float, the gain at least
    limit, max_sweeps : int
    Returns int: how many flips succeeded.
    """
    value, kept, free = effects_value(H, h, N, diag, theta, lam3, lam4), 0, np.zeros(theta.size)
    costs, tried = flip_costs(H, h, N, diag, theta, lam3, lam4), 0
    while tried < limit and np.min(costs) < np.inf:
        j = np.argmin(costs)
        costs[j] = np.inf
        tried += 1
        trial = theta.copy()
        trial[j] = -trial[j]
        rho, links = h - H @ trial, N @ np.abs(trial)
        for _ in range(2):
            sweep_effects(H, N, diag, free, trial, rho, links, lam3, lam4, j)
        descend_theta(H, h, N, diag, free, trial, lam3, lam4, 0.1 * tol, max_sweeps)
        found = effects_value(H, h, N, diag, trial, lam3, lam4)
        if found < value - tol:
            theta[:], value, kept, tried = trial, found, kept + 1, 0
            costs = flip_costs(H, h, N, diag, theta, lam3, lam4)
    return kept
