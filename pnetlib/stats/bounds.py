"""Bounds on the number of genes or edges that complementary-pairs subsampling selects falsely.

The bounds are those of Shah and Samworth, Journal of the Royal Statistical Society B
2013;75:55-80. On a random half of the cell lines a procedure selects q of p candidates on average.
B random halves and their complements are drawn, and a candidate's frequency is the share of the 2B
halves in which it is selected. Each bound limits the expected number of candidates that reach the
frequency tau although the procedure selects them with a probability of at most theta = q/p, that
is, no more often than a candidate drawn at random. No bound assumes that the procedure is a good
one.
"""

from functools import lru_cache

import numpy as np
from scipy.optimize import minimize_scalar

KINDS = ("worst case", "unimodal", "r-concave")
LOG_SHIFTS = np.linspace(np.log(1e-6), np.log(1e6), 1500)


def on_grid(threshold, pairs):
    """Return the smallest frequency possible with 2B halves that is at least the threshold."""
    return np.ceil(2 * pairs * threshold - 1e-9) / (2 * pairs)


def worst_case(threshold, q, p, pairs):
    """Return theta q / (2 tau - 1) (theorem 1), valid for any distribution of the frequencies."""
    tau = on_grid(threshold, pairs)
    return q * q / p / (2 * tau - 1) if tau > 0.5 else np.inf


def unimodal(threshold, q, p, pairs):
    """Return C(tau, B) theta q (theorem 2), valid if the shares of pairs that agree are unimodal.

    Infinite where the theorem does not apply: theta above 1/sqrt(3) or tau too close to 1/2.
    """
    tau, theta, B = on_grid(threshold, pairs), q / p, pairs
    least = 0.5 + min(theta**2, 0.5 / B + 0.75 * theta**2)
    if theta > 1 / np.sqrt(3) or tau <= least or tau < 0.5 + 1 / B:
        return np.inf
    if tau <= 0.75:
        C = 0.5 / (2 * tau - 1 - 0.5 / B)
    else:
        C = 4 * (1 - tau + 0.5 / B) / (1 + 1 / B)
    return C * theta * q


def r_concave(threshold, q, p, pairs):
    """Return p min{D(theta^2, 2 tau - 1, B, -1/2), D(theta, tau, 2 B, -1/4)} (equation 8).

    Valid if the shares of pairs that agree are -1/2-concave and the frequencies -1/4-concave.
    Never above the worst case, which holds as well.
    """
    tau, theta = on_grid(threshold, pairs), min(q / p, 1.0)
    if tau <= 0.5:
        return np.inf
    steps = round(2 * pairs * tau)
    agree = largest_tail(theta**2, steps - pairs, pairs, -0.5)
    shaped = p * min(agree, largest_tail(theta, steps, 2 * pairs, -0.25))
    return min(shaped, worst_case(threshold, q, p, pairs))


@lru_cache(maxsize=4096)
def largest_tail(eta, t, B, r):
    """Return D(eta, t/B, B, r): the largest P(X >= t/B) of an r-concave X on {0, 1/B, ..., 1}.

    X has a mean of at most eta; its probabilities f are r-concave where ``f^r`` is convex (r < 0).
    In the largest tail ``f_i`` is proportional to ``(a + i)^(1/r)`` up to some k and at most that
    at k + 1, with mean eta (appendix of the paper). One number a remains; it is searched for on a
    grid and then between the neighbouring grid points. The result is 1 if t/B is at most about
    2 eta.

    Parameters
    ----------
    eta : float
        Bound on the mean, between 0 and 1.
    t, B : int
        Start of the tail and largest value, both in steps of 1/B.
    r : float
        Negative.
    """
    if t <= np.ceil(2 * eta * B):
        return 1.0
    if eta <= 0.0:
        return 0.0
    tails = tail_at(*grid_sums(B, r), eta, t)
    best = int(np.argmax(tails))
    ends = LOG_SHIFTS[max(best - 1, 0)], LOG_SHIFTS[min(best + 1, len(tails) - 1)]
    finer = minimize_scalar(
        lambda log_a: -tail_at(*extremal_sums(np.array([log_a]), B, r), eta, t)[0],
        bounds=ends,
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(max(tails[best], -finer.fun))


def extremal_sums(log_a, B, r):
    """Return the sums over i = 0..k of f_i and i f_i, f_i = (a + i)^(1/r); rows a, columns k."""
    steps = np.arange(B + 1)
    weight = (np.exp(log_a)[:, None] + steps) ** (1.0 / r)
    weight /= weight[:, :1]
    return np.cumsum(weight, axis=1), np.cumsum(weight * steps, axis=1)


@lru_cache(maxsize=32)
def grid_sums(B, r):
    """Return `extremal_sums` on the grid of a."""
    return extremal_sums(LOG_SHIFTS, B, r)


def tail_at(mass, moment, eta, t):
    """Return P(X >= t/B) of the extremal distribution of `largest_tail` at each a."""
    mean = eta * (mass.shape[1] - 1)
    k = np.sum(moment <= mean * mass * (1 + 1e-12), axis=1) - 1  # the mean increases with k
    at = np.arange(len(mass))
    whole = mass[at, k]
    rest = np.where(k < mass.shape[1] - 1, (mean * whole - moment[at, k]) / (k + 1 - mean), 0.0)
    return np.maximum(whole + rest - mass[at, t - 1], 0.0) / (whole + rest)


BOUNDS = dict(zip(KINDS, (worst_case, unimodal, r_concave)))


def error_bounds(threshold, q, p, pairs):
    """Return all three bounds at one threshold; infinite where a bound does not apply.

    Parameters
    ----------
    threshold : float
        Frequency from which a candidate counts as selected; raised to the next possible one.
    q : float
        Average number of candidates selected on a half.
    p : int
        Number of candidates.
    pairs : int
        B, the number of random halves drawn with their complements.
    """
    return {kind: float(bound(threshold, q, p, pairs)) for kind, bound in BOUNDS.items()}


def lowest_threshold(q, p, pairs, kind, expected=1.0):
    """Return the smallest frequency at which a bound is at most `expected`; NaN if none is."""
    for steps in range(pairs + 1, 2 * pairs + 1):
        if BOUNDS[kind](steps / (2 * pairs), q, p, pairs) <= expected:
            return steps / (2 * pairs)
    return np.nan
