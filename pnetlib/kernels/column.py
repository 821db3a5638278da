"""One column of the network: an elastic net in a shared Gram matrix, certified by a duality gap.

The column problem, in the units of every function here, is

    min_b  b'Gb / 2 - r'b + sum_q w_q |b_q| + lam2 ||b||^2 / 2

with ``G = X'X/n`` and ``r = X'y/n`` for some target y with ``y'y/n = K``. The vector
``c = r - Gb`` is updated throughout, so that no step depends on the number of cell lines.
An edge that must not exist has the weight ``EXCLUDED``. Columns coupled to the response
(theta_j != 0) are solved by the same kernel, one after the other.

Where only some genes may regulate, these are the first r of the p genes, and G (p, r) has a row for
every target and a column for every regulator. All vectors over regulators then have r entries.

All of it is one file, as numba renews a cached kernel only when the file that contains it changes.
Sums are never reordered (no fastmath): with it the last bits depended on which kernel a process had
compiled or loaded first. Docstrings list for each array its shape, its type and whether it is
changed in place.
"""

import numpy as np

from pnetlib.kernels.compiler import kernel

EXCLUDED = 1e300
ROUNDING = 1e-12  # a slope below this share of sqrt(K) counts as 0 where an edge has no penalty
COLLINEAR = 1e-8  # ridge of a Newton step where genes are collinear; a gene's variance is 1
NEWTON_STEPS = 64  # maximum removals before the support is factorised anew
SWEEPS = 4  # minimum number of coordinate sweeps before a Newton step ...
SWEEPS_SHARE = 16  # ... and one per this many genes, as a step costs that many times more
BLOCK = 64  # genes compared together
INNER = 0.03  # gap to reach in the working set, relative to the gap over all genes


@kernel
def dual_ratio(b, c, w, lam2, bound):
    """Return the largest |c_q - lam2 b_q| / w_q of those above `bound`, 0 if there are none.

    Genes are compared one block at a time, which is vectorised; a block is searched gene by gene
    only where it has a larger ratio.

    b, c, w : (p,) float64
    lam2, bound : float
    Returns float.
    """
    ratio = 0.0
    for first in range(0, b.size, BLOCK):
        bs, cs, ws = b[first : first + BLOCK], c[first : first + BLOCK], w[first : first + BLOCK]
        larger = 0
        for q in range(bs.size):
            dual = abs(cs[q] - lam2 * bs[q])
            larger += (dual > ratio * ws[q]) & (dual > bound)
        if larger > 0:
            for q in range(bs.size):
                dual = abs(cs[q] - lam2 * bs[q])
                if dual > ratio * ws[q] and dual > bound:
                    ratio = dual / ws[q] if ws[q] > 0.0 else np.inf
    return ratio


@kernel
def gap_at(b, c, r, w, lam2, K, at):
    """Return the duality gap at a `b` that is 0 outside the genes `at`; never negative.

    b, c, r, w : (p,) float64
    lam2, K : float
    at : (m,) int32 or int64
    Returns float.
    """
    l1 = l2 = rb = bc = 0.0
    for q in at:
        l1 += w[q] * abs(b[q])
        l2 += b[q] * b[q]
        rb += r[q] * b[q]
        bc += c[q] * b[q]
    ratio = dual_ratio(b, c, w, lam2, ROUNDING * np.sqrt(K))
    residual = K - rb - bc
    augmented = residual + lam2 * l2
    primal = 0.5 * augmented + l1
    # The residual scaled into the dual feasible set; s = 1 at the optimum.
    limit = 1.0 / ratio if ratio > 0.0 else np.inf
    s = max(-limit, min(limit, (K - rb) / augmented)) if augmented > 0.0 else 1.0
    gap = primal - s * (K - rb) + 0.5 * s * s * augmented
    if lam2 > 0.0:  # the ridge gives a second dual that needs no scaling
        excess = np.sum(np.maximum(np.abs(c) - w, 0.0) ** 2)
        gap = min(gap, primal - (K - rb) + 0.5 * residual + 0.5 * excess / lam2)
    return max(gap, 0.0)


@kernel
def duality_gap(b, c, r, w, lam2, K):
    """Return the duality gap of the column problem at any `b`.

    b, c, r, w : (p,) float64
    lam2, K : float
    Returns float.
    """
    return gap_at(b, c, r, w, lam2, K, np.arange(b.size))


@kernel
def admission_bar(violation, limit):
    """Return a threshold exceeded by at least one and at most `limit` violations.

    It is 0 where at most `limit` are positive; more than `limit` exceed it only where that many are
    equal.

    violation : (p,) float64
    limit : int
    Returns float.
    """
    if np.sum(violation > 0.0) <= limit:
        return 0.0
    low, high, found = 0.0, np.max(violation), False
    for _ in range(40):
        bar = 0.5 * (low + high)
        count = np.sum(violation > bar)
        if count > limit:
            low = bar
        else:
            high, found = bar, True
            if 4 * count > 3 * limit:
                break
    return high if found else low


@kernel
def subtract_combination(G, genes, steps, c):
    """Subtract sum_k steps_k G[genes_k] from `c`, four rows at a time.

    G : (p, p) float64 or float32
    genes : (m,) int32 or int64
    steps : (m,) float64
    c : (p,) float64, changed in place
    Returns nothing.
    """
    whole = genes.size - genes.size % 4
    for k in range(0, whole, 4):
        ra, rb, rc, rd = G[genes[k]], G[genes[k + 1]], G[genes[k + 2]], G[genes[k + 3]]
        sa, sb, sc, sd = steps[k], steps[k + 1], steps[k + 2], steps[k + 3]
        for q in range(c.size):
            c[q] -= sa * ra[q] + sb * rb[q] + sc * rc[q] + sd * rd[q]
    for k in range(whole, genes.size):
        row = G[genes[k]]
        for q in range(c.size):
            c[q] -= steps[k] * row[q]


@kernel
def extend_working_set(b, c, w, working, m):
    """Add the worst violators of |c_q| <= w_q: at most half as many as there are edges, or 32.

    b, c, w : (p,) float64
    working : (p,) int32, genes m and following changed in place
    m : int
    Returns int: the new size of the working set.
    """
    violation = np.abs(c) - w
    edges = 0
    for k in range(m):
        violation[working[k]] = -1.0
        edges += b[working[k]] != 0.0
    bar = admission_bar(violation, max(32, edges // 2))
    for q in range(b.size):
        if violation[q] > bar:
            working[m] = q
            m += 1
    return m


@kernel
def extend_gram(G, working, first, m, S):
    """Extend the Gram matrix of the working set in the corner of `S` from row `first` on.

    G : (p, r) float64 or float32
    working : (r,) int32
    first, m : int
    S : (s, s) float64, changed in place where it is large enough
    Returns (s, s) float64: `S`, or a larger copy.
    """
    if m > S.shape[0]:
        size = min(2 * m, G.shape[1])
        larger = np.empty((size, size))
        larger[:first, :first] = S[:first, :first]
        S = larger
    for i in range(first, m):
        row = G[working[i]]
        for k in range(i + 1):
            S[i, k] = row[working[k]]
            S[k, i] = S[i, k]
    return S


@kernel
def sweep(S, b, c, w, lam2):
    """Run one cycle of exact coordinate minimisation.

    S : (m, m) float64
    b, c : (m,) float64, changed in place
    w : (m,) float64
    lam2 : float
    Returns float: the gain in the objective.
    """
    gain = 0.0
    for k in range(b.size):
        row = S[k]
        h = row[k] + lam2
        rho = c[k] + row[k] * b[k]
        new = np.sign(rho) * max(abs(rho) - w[k], 0.0) / h if h > 0.0 else b[k]
        step = new - b[k]
        if step != 0.0:
            b[k] = new
            gain += 0.5 * h * step * step
            for i in range(b.size):
                c[i] -= step * row[i]
    return gain


@kernel
def subtract_rows(A, first, last, i):
    """Subtract the part of the factor's rows first..last-1 from row i, from column i on.

    A : (m, m) float64, row i changed in place
    first, last, i : int
    Returns nothing.
    """
    row = A[i, i:]
    if last - first < 4:
        for e in range(first, last):
            factor, other = A[e, i], A[e, i:]
            for q in range(row.size):
                row[q] -= factor * other[q]
        return
    a, b, c, d = A[first, i:], A[first + 1, i:], A[first + 2, i:], A[first + 3, i:]
    wa, wb, wc, wd = a[0], b[0], c[0], d[0]
    for q in range(row.size):
        row[q] -= wa * a[q] + wb * b[q] + wc * c[q] + wd * d[q]


@kernel
def factorise(A):
    """Factorise A = U'U, four rows at a time.

    The trailing triangle is thus read and written a quarter as often; every inner loop runs over
    slices from 0, which numba vectorises.

    A : (m, m) float64, changed in place: U above the diagonal and U' below
    Returns bool: False where A is nearly singular.
    """
    m = A.shape[0]
    for first in range(0, m, 4):
        last = min(first + 4, m)
        for k in range(first, last):
            subtract_rows(A, first, k, k)
            row = A[k, k:]
            if row[0] <= 1e-10:
                return False
            scale = 1.0 / np.sqrt(row[0])
            for q in range(row.size):
                row[q] *= scale
        for i in range(last, m):
            subtract_rows(A, first, last, i)
    for i in range(m):
        for k in range(i):
            A[i, k] = A[k, i]
    return True


@kernel
def substitute(U, x):
    """Solve U'U y = x.

    U : (m, m) float64, as `factorise` leaves it
    x : (m,) float64, changed in place: y
    Returns nothing.
    """
    for k in range(x.size):
        row, rest = U[k, k:], x[k:]
        value = rest[0] / row[0]
        for q in range(row.size):
            rest[q] -= value * row[q]
        rest[0] = value
    for k in range(x.size - 1, -1, -1):
        row = U[k, : k + 1]  # column k of U, which lies below the diagonal too
        value = x[k] / row[k]
        for q in range(k):
            x[q] -= value * row[q]
        x[k] = value


@kernel
def line_minimum(b, d, w, slope, curvature):
    """Return the step t in [0, 1] that minimises the objective along b + t d, through sign changes.

    b, d, w : (m,) float64
    slope, curvature : float, of the smooth part at t = 0
    Returns float.
    """
    passed = 0.0
    while True:
        crossing, kink = 1.0, 0.0
        for k in range(b.size):
            if b[k] * d[k] < 0.0:
                at = -b[k] / d[k]
                if passed < at < crossing:
                    crossing, kink = at, 0.0
                if at == crossing:
                    kink += 2.0 * w[k] * abs(d[k])
        if crossing >= 1.0 or slope + crossing * curvature >= 0.0:
            return min(max(-slope / curvature, 0.0), crossing)
        slope += kink
        if slope + crossing * curvature >= 0.0:
            return crossing
        passed = crossing


@kernel
def support_factor(S, support, lam2):
    """Factorise the normal equations of the support, with a small ridge where they are singular.

    Genes of the support that depend on each other are separated by the ridge `COLLINEAR`, which
    sends a step along their null space.

    S : (m, m) float64
    support : (k,) int64
    lam2 : float
    Returns (k, k) float64 and float: the factor and the ridge; the factor is empty if both fail.
    """
    m = support.size
    A = np.empty((m, m))
    for ridge in (0.0, COLLINEAR):
        for i in range(m):
            row = S[support[i]]
            for e in range(i, m):
                A[i, e] = row[support[e]]
            A[i, i] += lam2 + ridge
        if factorise(A):
            return A, ridge
    return np.empty((0, 0)), 0.0


@kernel
def solve_without(U, gone, gradient):
    """Solve the normal equations in which the genes of `gone` stay at 0.

    Row i of `gone` is v_i such that the inverse without those genes is P - sum_i v_i v_i',
    P = (U'U)^-1: removing a gene costs one solution instead of one factor.

    U : (m, m) float64
    gone : (k, m) float64
    gradient : (m,) float64
    Returns (m,) float64.
    """
    d = gradient.copy()
    substitute(U, d)
    for v in gone:
        d -= np.sum(v * gradient) * v
    return d


@kernel
def newton_steps(S, b, c, w, lam2):
    """Take Newton steps on the support, removing genes at their kinks, until one is taken whole.

    Between steps only the gradient of the support is updated: a share t of a step removes the same
    share of it.

    S : (m, m) float64
    b, c : (m,) float64, changed in place
    w : (m,) float64
    lam2 : float
    Returns nothing.
    """
    support = np.flatnonzero(b)
    m, removed = support.size, 0
    at, weights = b[support], w[support]
    gradient = c[support] - lam2 * at - weights * np.sign(at)
    U, ridge = support_factor(S, support, lam2)
    gone = np.empty((NEWTON_STEPS, m))
    while removed < NEWTON_STEPS and U.size > 0:
        d = solve_without(U, gone[:removed], gradient)
        slope = -np.sum(gradient * d)
        curvature = -slope - ridge * np.sum(d * d)
        if not (slope < 0.0 and curvature > 0.0):
            break
        t = line_minimum(at, d, weights, slope, curvature)
        for i in range(m):
            if at[i] == 0.0:  # was removed
                continue
            old, new = at[i], at[i] + t * d[i]
            if abs(new) <= 1e-14 * abs(old):  # stopped at its kink
                new = 0.0
            at[i] = new
            gradient[i] += t * (ridge * d[i] - gradient[i])
            if new * old <= 0.0:
                gradient[i] -= weights[i] * (np.sign(new) - np.sign(old))
            if new == 0.0 and removed < NEWTON_STEPS:
                unit = np.zeros(m)
                unit[i] = 1.0
                v = solve_without(U, gone[:removed], unit)
                gone[removed] = v / np.sqrt(max(v[i], 1e-300))
                removed += 1
        if t >= 1.0:
            break
    subtract_combination(S, support, at - b[support], c)
    b[support] = at


@kernel
def descend(S, b, c, r, w, lam2, K, target, max_rounds):
    """Alternate coordinate sweeps and Newton steps until the duality gap is at most `target`.

    S : (m, m) float64
    b, c : (m,) float64, changed in place
    r, w : (m,) float64
    lam2, K, target : float
    max_rounds : int
    Returns nothing.
    """
    every = np.arange(b.size)
    for _ in range(max_rounds):
        for _ in range(max(SWEEPS, b.size // SWEEPS_SHARE)):
            sweep(S, b, c, w, lam2)
        if gap_at(b, c, r, w, lam2, K, every) <= target:
            break  # from a close start the sweeps alone often suffice
        newton_steps(S, b, c, w, lam2)
        if gap_at(b, c, r, w, lam2, K, every) <= target:
            break


@kernel
def polish_column(G, S, r, w, lam2, K, b, c, act, target):
    """Descend within the working set `act`, then update `c` for all genes.

    G : (p, p) float64 or float32
    S : (s, s) float64
    r, w : (p,) float64
    lam2, K, target : float
    b, c : (p,) float64, changed in place
    act : (m,) int32
    Returns nothing.
    """
    old, cs = b[act], c[act]
    bs = old.copy()
    descend(S, bs, cs, r[act], w[act], lam2, K, target, 100)
    moved = np.flatnonzero(bs != old)
    b[act] = bs
    subtract_combination(G, act[moved], bs[moved] - old[moved], c)


@kernel
def solve_column(G, r, w, lam2, K, b, c, working, m, tol, max_rounds, S):
    """Solve one column from the warm start in `b` and `c`, whose support is `working[:m]`.

    G : (p, p) float64 or float32
    r, w : (p,) float64
    lam2, K, tol : float
    b, c : (p,) float64, changed in place: the solution and r - G b
    working : (p,) int32, changed in place: the working set
    m, max_rounds : int
    S : (s, s) float64, scratch, changed in place
    Returns float, int, (s, s) float64 and int: the gap relative to the objective at b = 0, which is
    K / 2, the size of the working set, the scratch, enlarged if needed, and the rounds.
    """
    gap, known, rounds = gap_at(b, c, r, w, lam2, K, working[:m]), 0, 0
    for _ in range(max_rounds):
        if gap <= 0.5 * tol * K:
            break
        m = extend_working_set(b, c, w, working, m)
        S = extend_gram(G, working, known, m, S)
        known = m
        target = max(INNER * gap, 0.1 * tol * K)
        polish_column(G, S, r, w, lam2, K, b, c, working[:m], target)
        gap = gap_at(b, c, r, w, lam2, K, working[:m])
        rounds += 1
    return gap / (0.5 * K) if K > 0.0 else gap, m, S, rounds


@kernel
def exclude(w, j):
    """Forbid gene j as a regulator, if it is one.

    w : (r,) float64, changed in place
    j : int
    Returns nothing.
    """
    if j < w.size:
        w[j] = EXCLUDED


@kernel
def include(w, weights, j):
    """Allow gene j as a regulator again, if it is one.

    w : (r,) float64, changed in place
    weights : (r,) float64
    j : int
    Returns nothing.
    """
    if j < w.size:
        w[j] = weights[j]


@kernel
def load_column(G, GB, j, indices, data, b, c, working):
    """Load a stored column into `b` and compute c = G_j - G b.

    G : (p, r) float64 or float32
    GB : (p, r) float64, row j is G b; (0, 0) where it is not stored
    j : int
    indices : (m,) int32
    data : (m,) float64
    b, c : (r,) float64, changed in place
    working : (r,) int32, changed in place
    Returns int: m.
    """
    m = indices.size
    c[:] = G[j]
    b[indices] = data
    working[:m] = indices
    if GB.shape[0] > 0:
        c -= GB[j]
    else:
        subtract_combination(G, indices, data, c)
    return m


@kernel
def with_room(indices, data, end, m):
    """Return the output with room for `m` more edges from place `end` on.

    indices : (s,) int32
    data : (s,) float64
    end, m : int
    Returns (t,) int32 and (t,) float64: the same arrays, or larger copies.
    """
    if end + m <= indices.size:
        return indices, data
    size = 2 * (end + m)
    more_indices, more_data = np.empty(size, np.int32), np.empty(size)
    more_indices[:end], more_data[:end] = indices[:end], data[:end]
    return more_indices, more_data


@kernel
def gaps_at_weights(G, K, GB, weights, lam2, columns, indptr, indices, data):
    """Return the relative duality gap of some network columns as they are, under new weights.

    G : (p, r) float64 or float32
    K : (p,) float64, the variance of every gene
    GB : (p, r) float64, row j is G b_j
    weights : (r,) float64, L1 weights of the regulators
    lam2 : float
    columns : (k,) int64
    indptr : (p + 1,) int64
    indices : (e,) int32
    data : (e,) float64
    Returns (k,) float64.
    """
    r = weights.size
    b, c, w, working = np.zeros(r), np.empty(r), weights.copy(), np.empty(r, np.int32)
    gaps = np.empty(columns.size)
    for i in range(columns.size):
        j = columns[i]
        own = slice(indptr[j], indptr[j + 1])
        m = load_column(G, GB, j, indices[own], data[own], b, c, working)
        exclude(w, j)
        gap = gap_at(b, c, G[j].astype(np.float64), w, lam2, K[j], working[:m])
        gaps[i] = gap / (0.5 * K[j]) if K[j] > 0.0 else gap
        include(w, weights, j)
        b[working[:m]] = 0.0
    return gaps


@kernel
def store_column(b, working, m, out_indices, out_data, end):
    """Append the non-zeros of `b` in gene order and set them to 0.

    b : (r,) float64, changed in place
    working : (r,) int32
    m, end : int
    out_indices : (s,) int32, changed in place
    out_data : (s,) float64, changed in place
    Returns (s,) int32, (s,) float64 and int: the output, enlarged if full, and its new end.
    """
    out_indices, out_data = with_room(out_indices, out_data, end, m)
    for q in np.sort(working[:m]):
        if b[q] != 0.0:
            out_indices[end] = q
            out_data[end] = b[q]
            end += 1
        b[q] = 0.0
    return out_indices, out_data, end


@kernel
def solve_columns(
    G, K, GB, weights, lam2, fixed, first, last, indptr, indices, data, tol, max_rounds
):
    """Solve the network columns first..last-1, each on all other genes, from a sparse warm start.

    G : (p, r) float64 or float32
    K : (p,) float64, the variance of every gene
    GB : (p, r) float64, row j is G b_j, rows changed in place; (0, 0) where it is not stored
    weights : (r,) float64, L1 weights of the regulators, the same for all these columns
    lam2, tol : float
    fixed : (p,) bool, columns that stay as they are, with a gap of 0
    first, last, max_rounds : int
    indptr : (p + 1,) int64
    indices : (e,) int32
    data : (e,) float64
    Returns (k,) int64, (s,) int32, (s,) float64, (k,) float64 and (k,) int64 for the k columns:
    numbers of edges, their regulators and coefficients, and the gap and the rounds per column.
    """
    b, c, w = np.zeros(G.shape[1]), np.empty(G.shape[1]), weights.copy()
    working, S = np.empty(G.shape[1], np.int32), np.empty((128, 128))
    out_indices, out_data = np.empty(64 * (last - first), np.int32), np.empty(64 * (last - first))
    counts, gaps, end = np.zeros(last - first, np.int64), np.empty(last - first), 0
    rounds = np.zeros(last - first, np.int64)
    for j in range(first, last):
        warm = slice(indptr[j], indptr[j + 1])
        m = indptr[j + 1] - indptr[j]
        if fixed[j]:
            gaps[j - first], counts[j - first] = 0.0, m
            out_indices, out_data = with_room(out_indices, out_data, end, m)
            out_indices[end : end + m], out_data[end : end + m] = indices[warm], data[warm]
            end += m
            continue
        m = load_column(G, GB, j, indices[warm], data[warm], b, c, working)
        r = G[j].astype(np.float64)
        exclude(w, j)
        gaps[j - first], m, S, rounds[j - first] = solve_column(
            G, r, w, lam2, K[j], b, c, working, m, tol, max_rounds, S
        )
        include(w, weights, j)
        if GB.shape[0] > 0 and rounds[j - first] > 0:
            GB[j] = r - c
        start = end
        out_indices, out_data, end = store_column(b, working, m, out_indices, out_data, end)
        counts[j - first] = end - start
    return counts, out_indices[:end], out_data[:end], gaps, rounds


@kernel
def solve_small(G, weights, lam2, targets, B, tol, max_rounds):
    """Solve columns of a small network with all genes in the working set, from a dense start.

    G : (p, p) float64
    weights : (p,) float64
    lam2, tol : float
    targets : (k,) int64
    B : (p, p) float64, the columns of `targets` changed in place: warm start, then solution
    max_rounds : int
    Returns nothing.
    """
    w, every = weights.copy(), np.arange(G.shape[0])
    for j in targets:
        w[j] = EXCLUDED
        b, c = B[:, j].copy(), G[j].copy()
        subtract_combination(G, every, b, c)
        descend(G, b, c, G[j], w, lam2, G[j, j], 0.5 * tol * G[j, j], max_rounds)
        w[j] = weights[j]
        B[:, j] = b + 0.0  # -0.0 becomes 0.0


@kernel
def response_column(G, K, g, zz, u, v, t, j):
    """Return linear term r and norm K of column j when its gene has the effect t.

    With ``u = B theta`` less column j's own part, the column is an elastic net with
    ``r = (G_j + t (g - G u)) / (1 + t^2)``, penalties divided by the same number.

    G : (p, r) float64 or float32
    K, g : (p,) float64
    u, v : (r,) float64, v = G u at the regulators
    zz, t : float
    j : int
    Returns (r,) float64 and float.
    """
    scale = 1.0 + t * t
    r = np.empty(u.size)
    for q in range(u.size):
        r[q] = (G[j, q] + t * (g[q] - v[q])) / scale
    error, own = zz, 0.0
    for q in range(u.size):
        error += u[q] * (v[q] - 2.0 * g[q])
    if j < u.size:
        own = v[j]
    else:
        for q in range(u.size):
            own += G[j, q] * u[q]
    norm = (K[j] + 2.0 * t * (g[j] - own) + t * t * max(error, 0.0)) / (scale * scale)
    return r, norm


@kernel
def edge_weights(a, e, j, lam1, lam4, scale, r):
    """Return half the L1 weight of each edge into gene j: lam1 + lam4 (e_q + e_j - 2 a_q a_j).

    A negative one counts as 0: the column stays convex, and `solvers/joint` checks what is lost.

    a, e : (p,) float64
    j : int
    lam1, lam4, scale : float, the weights are divided by `scale`
    r : int, number of regulators
    Returns (r,) float64.
    """
    w = np.empty(r)
    for q in range(r):
        w[q] = 0.5 * max(lam1 + lam4 * (e[q] + e[j] - 2.0 * a[q] * a[j]), 0.0) / scale
    exclude(w, j)
    return w


@kernel
def sweep_columns(
    G,
    K,
    GB,
    g,
    zz,
    theta,
    columns,
    a,
    e,
    lam1,
    lam2,
    lam4,
    indptr,
    indices,
    data,
    u,
    v,
    tol,
    max_rounds,
):
    """Solve the given columns in turn, updating ``u = B theta`` and ``v = G u`` after each.

    G : (p, r) float64 or float32
    GB : (k, r) float64, row i is G b of column i of `columns`, changed in place
    K, g, theta, a, e : (p,) float64
    zz, lam1, lam2, lam4, tol : float
    columns : (k,) int64
    indptr : (p + 1,) int64
    indices : (m,) int32
    data : (m,) float64
    u, v : (r,) float64, changed in place
    max_rounds : int
    Returns (k,) int64, (s,) int32, (s,) float64 and (k,) float64: numbers of edges, their
    regulators and coefficients, and the gap per column.
    """
    n_regulators = u.size
    b, c = np.zeros(n_regulators), np.empty(n_regulators)
    working, S = np.empty(n_regulators, np.int32), np.empty((128, 128))
    out_indices, out_data = np.empty(64 * columns.size, np.int32), np.empty(64 * columns.size)
    counts, gaps, end = np.zeros(columns.size, np.int64), np.empty(columns.size), 0
    for i in range(columns.size):
        j, t = columns[i], theta[columns[i]]
        m = indptr[j + 1] - indptr[j]
        for k in range(m):
            q = indices[indptr[j] + k]
            b[q], working[k] = data[indptr[j] + k], q
            u[q] -= t * b[q]
        v -= t * GB[i]
        r, norm = response_column(G, K, g, zz, u, v, t, j)
        w = edge_weights(a, e, j, lam1, lam4, 1.0 + t * t, n_regulators)
        c[:] = r - GB[i]
        ridge = lam2 / (1.0 + t * t)
        gaps[i], m, S, _ = solve_column(G, r, w, ridge, norm, b, c, working, m, tol, max_rounds, S)
        GB[i] = r - c
        v += t * GB[i]
        for k in range(m):
            u[working[k]] += t * b[working[k]]
        start = end
        out_indices, out_data, end = store_column(b, working, m, out_indices, out_data, end)
        counts[i] = end - start
    return counts, out_indices[:end], out_data[:end], gaps
