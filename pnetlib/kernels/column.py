"""One column of the network: an elastic net in a shared Gram matrix, certified by a duality gap.

The column problem, in the units of every function here, is

    min_b  b'Gb / 2 - r'b + sum_q w_q |b_q| + lam2 ||b||^2 / 2

with ``G = X'X/n`` and ``r = X'y/n`` for some target y with ``y'y/n = K``. The vector
``c = r - Gb`` is kept current throughout, so that no step has the length of the cohort.
An edge that must not exist carries the weight ``EXCLUDED``. Columns that feel the response are
solved by the same kernel, one after the other.

All of it is one file, as numba renews a cached kernel only when the file of its own changes.
"""

import numpy as np
from numba import njit

EXCLUDED = 1e300
ROUNDING = 1e-12  # a slope below this share of sqrt(K) counts as 0 where an edge has no penalty
NEWTON_EVERY = 5  # sweeps between Newton steps
REDUCE = {"reassoc", "contract", "nsz"}


@njit(nogil=True, cache=True, fastmath=REDUCE)
def duality_gap(b, c, r, w, lam2, K):
    """Duality gap of the column problem at `b`; never negative."""
    l1 = l2 = rb = bc = excess = ratio = 0.0
    for q in range(b.size):
        l1 += w[q] * abs(b[q])
        l2 += b[q] * b[q]
        rb += r[q] * b[q]
        bc += c[q] * b[q]
        over = max(abs(c[q]) - w[q], 0.0)
        excess += over * over
    floor = ROUNDING * np.sqrt(K)
    for q in range(b.size):
        dual = abs(c[q] - lam2 * b[q])
        if dual > ratio * w[q] and dual > floor:
            ratio = dual / w[q] if w[q] > 0.0 else np.inf
    residual = K - rb - bc
    augmented = residual + lam2 * l2
    primal = 0.5 * augmented + l1
    # The residual scaled into the dual feasible set; s = 1 at the optimum.
    limit = 1.0 / ratio if ratio > 0.0 else np.inf
    s = max(-limit, min(limit, (K - rb) / augmented)) if augmented > 0.0 else 1.0
    gap = primal - s * (K - rb) + 0.5 * s * s * augmented
    if lam2 > 0.0:  # the ridge gives a second dual that needs no scaling
        gap = min(gap, primal - (K - rb) + 0.5 * residual + 0.5 * excess / lam2)
    return max(gap, 0.0)


@njit(nogil=True, cache=True)
def update_working_set(b, c, w, working, m):
    """Drop zeros from the working set, then add the worst violators of |c_q| <= w_q."""
    kept = 0
    for k in range(m):
        q = working[k]
        if b[q] != 0.0:
            working[kept] = q
            kept += 1
    violation = np.abs(c) - w
    violation[working[:kept]] = -1.0
    limit = max(32, kept)
    bar = 0.0
    if np.sum(violation > 0.0) > limit:
        bar = np.partition(violation, b.size - limit)[b.size - limit]
    m = kept
    for q in range(b.size):
        if violation[q] > 0.0 and violation[q] >= bar and m < kept + limit:
            working[m] = q
            m += 1
    return m


@njit(nogil=True, cache=True, fastmath=REDUCE)
def sweep(S, b, c, w, lam2):
    """One cycle of exact coordinate minimisation; returns its gain in the objective."""
    gain = 0.0
    for k in range(b.size):
        h = S[k, k] + lam2
        rho = c[k] + S[k, k] * b[k]
        new = np.sign(rho) * max(abs(rho) - w[k], 0.0) / h if h > 0.0 else b[k]
        step = new - b[k]
        if step != 0.0:
            b[k] = new
            gain += 0.5 * h * step * step
            for i in range(b.size):
                c[i] -= step * S[k, i]
    return gain


@njit(nogil=True, cache=True, fastmath=REDUCE)
def factorise(A):
    """Cholesky factor U, A = U'U, over the upper triangle; False where A is nearly singular.

    Four rows at a time, so that the trailing triangle is read and written a quarter as often.
    """
    m = A.shape[0]
    for first in range(0, m, 4):
        last = min(first + 4, m)
        for k in range(first, last):
            for e in range(first, k):
                factor = A[e, k]
                for q in range(k, m):
                    A[k, q] -= factor * A[e, q]
            if A[k, k] <= 1e-10:
                return False
            scale = 1.0 / np.sqrt(A[k, k])
            for q in range(k, m):
                A[k, q] *= scale
        for i in range(last, m):
            a, b, c, d = A[first, i], A[first + 1, i], A[first + 2, i], A[first + 3, i]
            for q in range(i, m):
                A[i, q] -= (
                    a * A[first, q] + b * A[first + 1, q] + c * A[first + 2, q]
                    + d * A[first + 3, q]
                )
    return True


@njit(nogil=True, cache=True, fastmath=REDUCE)
def substitute(U, x):
    """Overwrite `x` by the solution y of U'U y = x."""
    m = x.size
    for k in range(m):
        x[k] /= U[k, k]
        for q in range(k + 1, m):
            x[q] -= x[k] * U[k, q]
    for k in range(m - 1, -1, -1):
        total = x[k]
        for q in range(k + 1, m):
            total -= U[k, q] * x[q]
        x[k] = total / U[k, k]


@njit(nogil=True, cache=True)
def line_minimum(b, d, w, slope, curvature):
    """Step t in [0, 1] that minimises the objective along b + t d, sign changes included."""
    crossing = np.where(b * d < 0.0, -b / np.where(d == 0.0, 1.0, d), np.inf)
    for k in np.argsort(crossing):
        t = (0.0 - slope) / curvature
        if t <= crossing[k] or crossing[k] >= 1.0:
            return min(max(t, 0.0), 1.0)
        slope += 2.0 * w[k] * abs(d[k])
        if slope + crossing[k] * curvature >= 0.0:
            return crossing[k]
    return min(max(-slope / curvature, 0.0), 1.0)


@njit(nogil=True, cache=True)
def newton_step(S, b, c, w, lam2):
    """Solve the support's normal equations for its signs, as far as the objective falls."""
    support = np.flatnonzero(b)
    m = support.size
    A, d, gradient = np.empty((m, m)), np.empty(m), np.empty(m)
    for i in range(m):
        k = support[i]
        gradient[i] = c[k] - lam2 * b[k] - w[k] * np.sign(b[k])
        for e in range(i, m):
            A[i, e] = S[k, support[e]]
        A[i, i] += lam2
    if m == 0 or not factorise(A):
        return
    d[:] = gradient
    substitute(A, d)
    slope = -np.sum(gradient * d)
    if slope < 0.0:
        t = line_minimum(b[support], d, w[support], slope, -slope)
        for i in range(m):
            b[support[i]] += t * d[i]
            for k in range(c.size):
                c[k] -= t * d[i] * S[support[i], k]


@njit(nogil=True, cache=True)
def descend(S, b, c, w, lam2, tol, max_sweeps):
    """Coordinate sweeps with Newton steps between, until the sweep after one gains at most `tol`."""
    for count in range(max_sweeps):
        gain = sweep(S, b, c, w, lam2)
        if count % NEWTON_EVERY == 0 and count > 0 and gain <= tol:
            break
        if count % NEWTON_EVERY == NEWTON_EVERY - 1:
            newton_step(S, b, c, w, lam2)


@njit(nogil=True, cache=True)
def polish_column(G, r, w, lam2, K, b, c, working, m, target):
    """One round: descend on the working set's own Gram, then bring `c` up to date everywhere."""
    act = working[:m]
    S = np.empty((m, m))
    for i in range(m):
        for k in range(m):
            S[i, k] = G[act[i], act[k]]
    old, cs = b[act], c[act]
    bs = old.copy()
    descend(S, bs, cs, w[act], lam2, target, 1000)
    for k in range(m):
        step = bs[k] - old[k]
        if step != 0.0:
            b[act[k]] = bs[k]
            row = G[act[k]]
            for q in range(c.size):
                c[q] -= step * row[q]


@njit(nogil=True, cache=True)
def solve_column(G, r, w, lam2, K, b, c, working, m, tol, max_rounds):
    """Solve one column from the warm start in `b`, `c`.

    Returns its gap relative to the objective at b = 0, K/2, and the working-set size.
    """
    gap = duality_gap(b, c, r, w, lam2, K)
    for _ in range(max_rounds):
        if gap <= 0.5 * tol * K:
            break
        m = update_working_set(b, c, w, working, m)
        inner = max(0.003 * gap, 0.02 * tol * K) / max(m, 1)
        polish_column(G, r, w, lam2, K, b, c, working, m, inner)
        gap = duality_gap(b, c, r, w, lam2, K)
    return gap / (0.5 * K) if K > 0.0 else gap, m


@njit(nogil=True, cache=True)
def load_column(G, GB, j, indices, data, b, c, working):
    """Set `b` to a stored column and ``c = G_j - G b``; `GB` row j is G b where it is held."""
    m = indices.size
    c[:] = G[j]
    for k in range(m):
        q = indices[k]
        b[q] = data[k]
        working[k] = q
        if GB.shape[0] == 0:
            for i in range(c.size):
                c[i] -= data[k] * G[q, i]
    if GB.shape[0] > 0:
        for i in range(c.size):
            c[i] -= GB[j, i]
    return m


@njit(nogil=True, cache=True)
def store_column(b, working, m, out_indices, out_data, end):
    """Append the non-zeros of `b` in gene order, clear the scratch, grow the output if full."""
    if end + m > out_indices.size:
        size = 2 * (end + m)
        indices, data = np.empty(size, np.int32), np.empty(size)
        indices[:end], data[:end] = out_indices[:end], out_data[:end]
        out_indices, out_data = indices, data
    for q in np.sort(working[:m]):
        if b[q] != 0.0:
            out_indices[end] = q
            out_data[end] = b[q]
            end += 1
        b[q] = 0.0
    return out_indices, out_data, end


@njit(nogil=True, cache=True)
def solve_columns(G, GB, weights, lam2, held, first, last, indptr, indices, data, tol, max_rounds):
    """Network columns first..last-1, each on all other genes, from a sparse warm start.

    `weights` are the L1 weights of the regulators, the same for all these columns; columns that
    are `held` stay as they are, with a gap of 0. Returns the columns in compressed form and their
    gaps; rows of `GB` are brought up to date in place.
    """
    p = G.shape[0]
    b, c, w = np.zeros(p), np.empty(p), weights.copy()
    working = np.empty(p, np.int32)
    out_indices, out_data = np.empty(64 * (last - first), np.int32), np.empty(64 * (last - first))
    counts, gaps, end = np.zeros(last - first, np.int64), np.empty(last - first), 0
    for j in range(first, last):
        warm = slice(indptr[j], indptr[j + 1])
        m = load_column(G, GB, j, indices[warm], data[warm], b, c, working)
        if held[j]:
            gaps[j - first] = 0.0
        else:
            r = G[j].astype(np.float64)
            w[j] = EXCLUDED
            gaps[j - first], m = solve_column(
                G, r, w, lam2, r[j], b, c, working, m, tol, max_rounds
            )
            w[j] = weights[j]
            if GB.shape[0] > 0:
                GB[j] = r - c
        start = end
        out_indices, out_data, end = store_column(
            b, working, m, out_indices, out_data, end
        )
        counts[j - first] = end - start
    return counts, out_indices[:end], out_data[:end], gaps


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
