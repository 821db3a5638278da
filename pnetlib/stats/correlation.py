"""Correlations with intervals from cell lines drawn with replacement.

All correlations of one call use the same draws, so that differences between them, and means over
drugs that share cell lines, have intervals too. Ranks are those of all lines: they are not taken
anew in a draw, which would break the ties that a draw makes.
"""

import numpy as np
from scipy.stats import norm, rankdata


def drawn_counts(n, draws, seed):
    """Return how often each of n lines is drawn in each of the draws (draws, n)."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(n, np.full(n, 1.0 / n), size=draws).astype(float)


def weighted_correlations(weights, x, y):
    """Return Pearson's r of each column of x (n, k) with y (n,) under weights (m, n): (m, k)."""
    total = weights.sum(axis=1, keepdims=True)
    x, y = x - x.mean(axis=0), y - y.mean()
    mean_x, mean_y = weights @ x / total, weights @ y[:, None] / total
    covariance = weights @ (x * y[:, None]) / total - mean_x * mean_y
    spread_x = weights @ x**2 / total - mean_x**2
    spread_y = weights @ (y**2)[:, None] / total - mean_y**2
    scale = np.sqrt(spread_x * spread_y)
    return np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0)


def correlate(x, y, weights, *, ranks=True):
    """Return the correlation of each column of x with y on all lines (k,), and in each draw (m, k).

    Parameters
    ----------
    x : ndarray (n, k)
    y : ndarray (n,)
    weights : ndarray (m, n)
        Of `drawn_counts`, columns of these lines.
    ranks : bool, default True
        Spearman's correlation; otherwise Pearson's.
    """
    if ranks:
        x, y = rankdata(x, axis=0), rankdata(y)
    once = np.ones((1, len(y)))
    return weighted_correlations(once, x, y)[0], weighted_correlations(weights, x, y)


def normal_interval(value, draws, level=0.95):
    """Return value, se, low, high and two-sided p of a number with its draws (m,), as a dict."""
    se = float(np.std(draws, ddof=1)) if len(draws) > 1 else np.nan
    half = float(norm.ppf(0.5 + level / 2)) * se
    p = float(2 * norm.sf(abs(value) / se)) if se > 0 else float(value == 0)
    value = float(value)
    return {"mean": value, "se": se, "low": value - half, "high": value + half, "p": p}
