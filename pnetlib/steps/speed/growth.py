"""How the time and memory of one network grow with genes p and cell lines n.

The tables have one row per network, with the columns that `benchmarks.scaling.measure` describes.
"""

import numpy as np
import pandas as pd
from scipy.stats import t as student

from pnetlib.errors import UsageError


def exponents(table, value, by, level=0.95):
    """Fit the power law ``value = a p^alpha n^beta`` by least squares on logarithms.

    `value` is the column to explain, `by` lists the columns whose exponents are estimated, and
    `level` is that of the intervals.

    Returns
    -------
    DataFrame
        Columns ``by``, ``exponent``, ``low`` and ``high``; the ends of the intervals are NaN if
        no degree of freedom is left.
    """
    design = np.column_stack([np.ones(len(table)), np.log(table[by].to_numpy(float))])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise UsageError(f"exponents of {', '.join(by)} need measurements that differ in each.")
    y = np.log(table[value].to_numpy(float))
    found, *_ = np.linalg.lstsq(design, y)
    freedom = len(y) - design.shape[1]
    error = np.full(found.size, np.nan)
    if freedom:
        noise = np.sum((y - design @ found) ** 2) / freedom
        variances = noise * np.diag(np.linalg.inv(design.T @ design))
        error = student.ppf(0.5 + level / 2, freedom) * np.sqrt(variances)
    return pd.DataFrame(
        {"by": by, "exponent": found[1:], "low": (found - error)[1:], "high": (found + error)[1:]}
    )


def series(table, by):
    """Return the longest series, float32 on all threads, in which only `by` differs, in order."""
    other = "n" if by == "p" else "p"
    rows = table[(table["gram_dtype"] == "float32") & (table["threads"] == table["threads"].max())]
    largest = rows.groupby(other)[by].nunique().idxmax()
    return rows[rows[other] == largest].sort_values(by)


def fitted_exponents(table):
    """Return the exponents of p and n for the Gram matrix, the columns, both, and peak memory.

    Columns: ``value``, ``by``, ``exponent``, ``low`` and ``high``.
    """
    rows = [
        exponents(series(table, by), value, [by]).assign(value=value)
        for value in ("gram_seconds", "columns_seconds", "seconds", "peak_bytes")
        for by in ("p", "n")
    ]
    return pd.concat(rows, ignore_index=True)[["value", "by", "exponent", "low", "high"]]


def threads_compared(table):
    """Compare one thread with all threads where both were measured.

    Returns a list of dicts: the network, the ratios of the times, and whether the results have the
    same bits.
    """
    most = table["threads"].max()
    keys = ["p", "n", "gram_dtype"]
    one, all_ = (table[table["threads"] == k].set_index(keys) for k in (1, most))
    both = one.merge(all_, on=keys, suffixes=("_one", "_all")) if most > 1 else one.iloc[:0]
    return [
        {
            "p": key[0],
            "n": key[1],
            "gram_dtype": key[2],
            "threads": int(most),
            "ratio": row["seconds_one"] / row["seconds_all"],
            "columns_ratio": row["columns_seconds_one"] / row["columns_seconds_all"],
            "same_bits": bool(row["bits_one"] == row["bits_all"]),
        }
        for key, row in both.iterrows()
    ]
