"""Confidence intervals of means over folds and over simulated data sets."""

import numpy as np
from scipy.stats import t as student


def corrected_mean(values, n_test, n_train):
    """Return the mean over repeated folds, its standard error and its 95% interval.

    The variance is that of Nadeau and Bengio (Machine Learning 2003;52:239): the folds share
    training lines, so the ratio of test to training lines is added to 1/J.

    Parameters
    ----------
    values : array_like (J,)
        One value per fold.
    n_test, n_train : array_like or int
        Numbers of test and training cell lines of each fold.

    Returns
    -------
    dict
        mean, se, low and high.
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
    """Return (mean, low, high): the mean of independent values and Student's 95% interval."""
    values = np.asarray(values, float)
    mean, n = values.mean(), len(values)
    half = student.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
    return float(mean), float(mean - half), float(mean + half)
