"""Slow, obvious twins of the kernels: dense NumPy on the data, written from the formulas."""

from itertools import product

import numpy as np
from scipy.sparse import csc_array
from sklearn.linear_model import Lasso

from pnetlib.solvers.columns import Columns

# Data ---------------------------------------------------------------------------------------


def standardised(X):
    """Columns with mean 0 and variance 1 (ddof = 0); a constant column becomes 0."""
    X = X - X.mean(axis=0)
    sd = X.std(axis=0)
    return X / np.where(sd > 0, sd, 1.0)


def cohort(seed, n=40, p=8, shared=0.7):
    """Standardised expression whose genes share three factors, and a centred response."""
    rng = np.random.default_rng(seed)
    X = shared * rng.normal(size=(n, 3)) @ rng.normal(size=(3, p)) + rng.normal(size=(n, p))
    X = standardised(X)
    z = X[:, : min(p, 4)] @ rng.normal(size=min(p, 4)) + rng.normal(size=n)
    return X, z - z.mean()


def network(seed, p=8, density=0.4):
    """A random dense B with a zero diagonal."""
    rng = np.random.default_rng(seed)
    B = rng.normal(size=(p, p)) * (rng.random((p, p)) < density)
    np.fill_diagonal(B, 0.0)
    return B


def compressed(B):
    """indptr, indices, data of the columns of a dense matrix, in the kernels' types."""
    B = csc_array(B)
    return B.indptr.astype(np.int64), B.indices.astype(np.int32), B.data


def columns(B):
    """The same as the estimators' Columns."""
    return Columns(*compressed(B))


# Single edges -------------------------------------------------------------------------------


def desparsified_edge(X, B, k, j, penalty):
    """Debiased coefficient of regulator k for target j, and its variance, line by line."""
    n, p = X.shape
    X = standardised(X)
    others = [q for q in range(p) if q not in (k, j)]
    lasso = Lasso(alpha=penalty, fit_intercept=False, tol=1e-12, max_iter=100_000)
    z = X[:, k] - lasso.fit(X[:, others], X[:, k]).predict(X[:, others])
    residual = X[:, j] - sum(X[:, q] * B[q, j] for q in range(p) if q != j)
    value = B[k, j] + (z @ residual) / (z @ X[:, k])
    present = sum(B[q, j] != 0 for q in range(p) if q != j)
    total = 0.0
    for i in range(n):
        noise = z[i] * residual[i] / (z @ X[:, k] / n)
        scales = value * (X[i, k] ** 2 - X[i, j] ** 2) / 2  # error of both standard deviations
        total += (noise + scales) ** 2
    return value, total / n / (n - 1 - present)


# One column ---------------------------------------------------------------------------------


def column_primal(X, y, w, lam2, b):
    """||y - Xb||^2 / 2n + sum w |b| + lam2 ||b||^2 / 2."""
    left = y - X @ b
    return left @ left / (2 * len(y)) + w @ np.abs(b) + lam2 * b @ b / 2


def column_dual(X, y, w, lam2, residual):
    """Fenchel dual of `column_primal` at a residual; -inf where it is not feasible."""
    n = len(y)
    over = np.maximum(np.abs(X.T @ residual / n) - w, 0.0)
    if lam2 > 0:
        conjugate = over @ over / (2 * lam2)
    else:
        conjugate = np.inf if np.any(over > 1e-12 * (1 + w)) else 0.0
    return y @ residual / n - residual @ residual / (2 * n) - conjugate


def scaled_dual(X, y, w, lam2, b):
    """Dual of the lasso on data augmented by the ridge, at the best feasible multiple."""
    n, p = X.shape
    X = np.vstack([X, np.sqrt(n * lam2) * np.eye(p)])
    y = np.concatenate([y, np.zeros(p)])
    residual = y - X @ b
    correlation = np.abs(X.T @ residual) / n
    limits = [w[q] / correlation[q] for q in range(p) if correlation[q] > 0]
    limit = min(limits, default=np.inf)
    best = (y @ residual) / (residual @ residual) if residual @ residual > 0 else 0.0
    s = min(max(best, -limit), limit)
    return s * (y @ residual) / n - s * s * (residual @ residual) / (2 * n)


def duality_gap(X, y, w, lam2, b):
    """Primal less the better of the two duals."""
    dual = scaled_dual(X, y, w, lam2, b)
    if lam2 > 0:
        dual = max(dual, column_dual(X, y, w, lam2, y - X @ b))
    return column_primal(X, y, w, lam2, b) - dual


def best_column(X, y, w, lam2):
    """The exact minimiser, by trying every pattern of signs (few genes only)."""
    n, p = X.shape
    best, least = np.zeros(p), column_primal(X, y, w, lam2, np.zeros(p))
    for pattern in product((-1.0, 0.0, 1.0), repeat=p):
        signs = np.array(pattern)
        on = np.flatnonzero(signs)
        if on.size == 0:
            continue
        A = X[:, on].T @ X[:, on] / n + lam2 * np.eye(on.size)
        b = np.zeros(p)
        b[on] = np.linalg.lstsq(A, X[:, on].T @ y / n - w[on] * signs[on], rcond=None)[0]
        value = column_primal(X, y, w, lam2, b)
        if np.all(b[on] * signs[on] >= 0) and value < least:
            best, least = b, value
    return best


def coordinate_minimum(centre, curvature, threshold):
    """argmin over x of curvature x^2 / 2 - centre x + threshold |x|, by comparing candidates."""
    candidates = [0.0]
    for side in (1.0, -1.0):
        x = (centre - side * threshold) / curvature
        if side * x > 0:
            candidates.append(x)
    return min(candidates, key=lambda x: curvature * x * x / 2 - centre * x + threshold * abs(x))


def sweep(G, r, w, lam2, b):
    """One cycle of coordinate minimisation, the gradient computed anew for each coordinate."""
    b = b.copy()
    for q in range(b.size):
        others = b.copy()
        others[q] = 0.0
        if G[q, q] + lam2 > 0:
            b[q] = coordinate_minimum(r[q] - G[q] @ others, G[q, q] + lam2, w[q])
    return b


def line_value(b, d, w, slope, curvature, t):
    """Objective along b + t d less its value at 0; `slope` is the right derivative at 0."""
    smooth = slope - np.sum(w * d * np.sign(b))
    return (
        smooth * t + curvature * t * t / 2 + np.sum(w * np.abs(b + t * d)) - np.sum(w * np.abs(b))
    )


# Network and graph --------------------------------------------------------------------------


def links(B):
    """w_qj = (|B_qj| + |B_jq|) / 2."""
    return (np.abs(B) + np.abs(B).T) / 2


def degrees(B):
    """d_q = sum_j w_qj."""
    return links(B).sum(axis=1)


def scale(B, degree):
    """s_q; infinite where d_q = 0, so that an isolated gene has a zero row."""
    d = degrees(B)
    s = np.sqrt(d) if degree == "sqrt" else d
    return np.where(d > 0, s, np.inf)


def link_penalty(B, effect, degree):
    """Ordered double sum of w_qj (effect_q / s_q - effect_j / s_j)^2."""
    w, s, total = links(B), scale(B, degree), 0.0
    for q in range(len(B)):
        for j in range(len(B)):
            total += w[q, j] * (effect[q] / s[q] - effect[j] / s[j]) ** 2
    return total


def laplacian(B, degree):
    """L with link_penalty = 2 effect'L effect; the normalised Laplacian for degree "sqrt"."""
    w, s = links(B), scale(B, degree)
    return np.diag(degrees(B) / s**2) - w / np.outer(s, s)


def effect_sizes(theta, signs):
    """|theta|, or sign * theta where a sign is fixed."""
    return np.array([abs(t) if sign == 0 else sign * t for t, sign in zip(theta, signs)])


def objective(X, z, B, theta, pen, signs=None):
    """The joint objective term by term."""
    n = len(z)
    effect = np.abs(theta) if signs is None else effect_sizes(theta, signs)
    return (
        np.sum((z - X @ B @ theta) ** 2) / n
        + np.sum((X - X @ B) ** 2) / n
        + pen.lam1 * np.sum(np.abs(B))
        + pen.lam2 * np.sum(B**2)
        + pen.lam3 * np.sum(np.abs(theta))
        + pen.lam4 * link_penalty(B, effect, pen.degree)
    )


def link_slopes(B, effect, degree, step=1e-6):
    """Numeric derivative of `link_penalty` with respect to every |B_qj|, degrees included."""
    size, slopes = np.abs(B), np.zeros(B.shape)
    for q in range(len(B)):
        for j in range(len(B)):
            if q != j:
                values = []
                for move in (step, -step):
                    moved = size.copy()
                    moved[q, j] += move  # below 0 the formula goes on with w itself
                    w = (moved + moved.T) / 2
                    d = w.sum(axis=1)
                    a = effect / (np.sqrt(d) if degree == "sqrt" else d)
                    values.append(np.sum(w * (a[:, None] - a[None, :]) ** 2))
                slopes[q, j] = (values[0] - values[1]) / (2 * step)
    return slopes


def stationarity(function, x, step=1e-6):
    """Rate at which `function` falls along each coordinate, in the better direction; 0 at least."""
    start, rate = function(x), np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        for move in (step, -step):
            there = x.copy()
            there[place] += move
            rate[place] = max(rate[place], (start - function(there)) / step)
    return rate


def regressed_network(X, lam1, lam2, fit):
    """Every gene on all others by `fit(X, y, w, lam2)`."""
    p = X.shape[1]
    B = np.zeros((p, p))
    for j in range(p):
        others = np.delete(np.arange(p), j)
        B[others, j] = fit(X[:, others], X[:, j], np.full(p - 1, lam1 / 2), lam2)
    return B


def coordinate_gain(function, x):
    """Most that moving one coordinate alone gains, `function` quadratic on each side of 0."""
    start, gain = function(x), 0.0
    for place in np.ndindex(x.shape):
        there = x.copy()

        def value(t, there=there, place=place):
            there[place] = t
            return function(there)

        candidates = [0.0]
        for side in (1.0, -1.0):
            f0, f1, f2 = value(0.0), value(side), value(2.0 * side)
            curvature, slope = f0 - 2.0 * f1 + f2, (4.0 * f1 - 3.0 * f0 - f2) / 2.0
            if curvature > 1e-12 and slope < 0:
                candidates.append(side * -slope / curvature)
        gain = max(gain, start - min(value(t) for t in candidates))
    return gain
