"""How many falsely selected genes or edges complementary-pairs subsampling lets through.

The bounds of Shah and Samworth, Journal of the Royal Statistical Society B 2013;75:55-80. A
procedure selects q of p candidates on a random half of the lines, on average; B random halves and
their complements are drawn; a candidate's frequency is the share of the 2B halves in which it is
selected. Each bound holds for the expected number of candidates that reach the frequency tau
although the procedure selects them with a probability of at most theta = q/p, that is, no more
often than one drawn at random. None assumes that the procedure is a good one.
"""

from functools import lru_cache

import numpy as np
from scipy.optimize import minimize_scalar

KINDS = ("worst case", "unimodal", "r-concave")
LOG_SHIFTS = np.linspace(np.log(1e-6), np.log(1e6), 1500)


def on_grid(threshold, pairs):
    """The smallest frequency that 2B halves can give and that is at least the threshold."""
    return np.ceil(2 * pairs * threshold - 1e-9) / (2 * pairs)


def worst_case(threshold, q, p, pairs):
    """Theorem 1: theta q / (2 tau - 1); whatever the distribution of the frequencies."""
    tau = on_grid(threshold, pairs)
    return q * q / p / (2 * tau - 1) if tau > 0.5 else np.inf


def unimodal(threshold, q, p, pairs):
    """Theorem 2: C(tau, B) theta q, if the shares of pairs that agree are unimodal.

    Infinite where the theorem says nothing: theta above 1/sqrt(3) or tau too near 1/2.
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
    """Equation 8: p min{D(theta^2, 2 tau - 1, B, -1/2), D(theta, tau, 2 B, -1/4)}.

    If the shares of pairs that agree are -1/2-concave and the frequencies -1/4-concave. Never
    above the worst case, which holds besides.
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
    """D(eta, t/B, B, r): the largest P(X >= t/B) of an r-concave X on {0, 1/B, ..., 1}.

    X has a mean of at most eta; its probabilities f are r-concave where ``f^r`` is convex (r < 0).
    The largest tail has ``f_i`` in proportion to ``(a + i)^(1/r)`` up to some k and at most that
    at k + 1, with the mean eta (appendix of the paper): one number a is left, searched for on a
    grid and then between its neighbours. The value 1 stands where t/B is at most about 2 eta.

    Parameters
    ----------
    eta : float
        Bound of the mean, between 0 and 1.
    t, B : int
        Tail and largest value in steps of 1/B.
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
    """Sums over i = 0..k of f_i and of i f_i, with f_i = (a + i)^(1/r); a by k."""
    steps = np.arange(B + 1)
    weight = (np.exp(log_a)[:, None] + steps) ** (1.0 / r)
    weight /= weight[:, :1]
    return np.cumsum(weight, axis=1), np.cumsum(weight * steps, axis=1)


@lru_cache(maxsize=32)
def grid_sums(B, r):
    """`extremal_sums` on the grid of a."""
    return extremal_sums(LOG_SHIFTS, B, r)


def tail_at(mass, moment, eta, t):
    """P(X >= t/B) of the extremal distribution of `largest_tail` at each a."""
    mean = eta * (mass.shape[1] - 1)
    k = np.sum(moment <= mean * mass * (1 + 1e-12), axis=1) - 1  # means rise with k
    at = np.arange(len(mass))
    kept = mass[at, k]
    rest = np.where(k < mass.shape[1] - 1, (mean * kept - moment[at, k]) / (k + 1 - mean), 0.0)
    return np.maximum(kept + rest - mass[at, t - 1], 0.0) / (kept + rest)


BOUNDS = dict(zip(KINDS, (worst_case, unimodal, r_concave)))


def error_bounds(threshold, q, p, pairs):
    """All three bounds at one threshold; infinite where one says nothing.

    Parameters
    ----------
    threshold : float
        Frequency from which a candidate counts as selected; raised to the next one that can be.
    q : float
        Candidates selected on a half, on average.
    p : int
        Candidates.
    pairs : int
        B, the random halves drawn with their complements.
    """
    return {kind: float(bound(threshold, q, p, pairs)) for kind, bound in BOUNDS.items()}


def lowest_threshold(q, p, pairs, kind, expected=1.0):
    """The smallest frequency at which a bound is at most `expected`; NaN if there is none."""
    for steps in range(pairs + 1, 2 * pairs + 1):
        if BOUNDS[kind](steps / (2 * pairs), q, p, pairs) <= expected:
            return steps / (2 * pairs)
    return np.nan
