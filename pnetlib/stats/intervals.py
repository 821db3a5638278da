"""Confidence intervals of means over folds and over simulated data sets."""

import numpy as np
from scipy.stats import norm, t as student


def corrected_mean(values, n_test, n_train):
    """Return the mean over J repeated folds, its standard error and its 95% interval.

    The variance is that of Nadeau and Bengio (Machine Learning 2003;52:239): the folds share
    training lines, so the ratio of test to training lines is added to 1/J. `n_test` and `n_train`
    are the numbers of cell lines of each fold, or of all. The dict has mean, se, low and high.

    The interval is for the expected error of models trained on that many lines. It contained this
    in 95 to 99% of simulated cases (``python -m benchmarks.calibration.coverage``).
    """
    values = np.asarray(values, float)
    J = len(values)
    ratio = float(np.mean(np.asarray(n_test) / np.asarray(n_train)))
    spread = np.var(values, ddof=1) if J > 1 else np.nan  # one fold has a mean, but no interval
    se = float(np.sqrt(spread * (1.0 / J + ratio)))
    half = float(student.ppf(0.975, J - 1)) * se
    mean = float(values.mean())
    return {"mean": mean, "se": se, "low": mean - half, "high": mean + half}


def student_interval(values):
    """Return (mean, low, high): the mean of independent values and Student's 95% interval.

    For normal values. Over few values of a rate near 0 or 1 the interval is too narrow; see
    `benchmarks.calibration.coverage.replicate_coverage`.
    """
    values = np.asarray(values, float)
    mean, n = values.mean(), len(values)
    half = student.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
    return float(mean), float(mean - half), float(mean + half)


def with_draws(low, high, draws):
    """Return (low, high): a 95% interval that includes the variance between draws of an algorithm.

    The interval (low, high), symmetric and normal, is for the first draw held fixed. What the draw
    adds is independent of it given the data, so that the variances add. The variance between the n
    draws has n - 1 degrees of freedom, and the sum those of Satterthwaite, as in multiple
    imputation (Rubin, Multiple Imputation for Nonresponse in Surveys, 1987, section 3.1). The
    estimate is that of one draw, not the mean of all, so the variance between draws counts once.

    Parameters
    ----------
    low, high : float
    draws : sequence of float (n,)
        Estimates of all draws. Equal ones, or a single one, leave the interval as it is.
    """
    draws = np.asarray(draws, float)
    between = float(np.var(draws, ddof=1)) if len(draws) > 1 else 0.0
    if between == 0.0:
        return float(low), float(high)
    within = (0.5 * (high - low) / norm.ppf(0.975)) ** 2
    freedom = (len(draws) - 1) * (1.0 + within / between) ** 2
    half = float(student.ppf(0.975, freedom) * np.sqrt(within + between))
    return 0.5 * (low + high) - half, 0.5 * (low + high) + half


def interval_text(row, form, value="mean"):
    """Return a value of a row and its interval (low, high) as text.

    A bound that is written as 0 keeps its sign, which says on which side of 0 it lies.

    >>> interval_text({"mean": -0.001, "low": -0.21, "high": -0.004}, ".2f")
    '0.00 (-0.21 to -0.00)'
    """
    text = format(row[value], form if "+" in form else form.replace(".", "z."))
    return f"{text} ({row['low']:{form}} to {row['high']:{form}})"


def side_of_zero(row, below, above, neither):
    """Return the word for the side of 0 on which the interval (low, high) of a row lies."""
    return below if row["high"] < 0 else above if row["low"] > 0 else neither
