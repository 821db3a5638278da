"""What own tables have among measurements: codes for missing values, and summaries of the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import numpy as np
import pandas as pd

from pnetlib.errors import DataError
from pnetlib.words import counted

# Numbers that programs and people write for a missing value. One cell is enough for those that no
# measurement far from all others has by chance.
_CERTAIN = (-999.0, -9999.0, -99999.0)
CODES = (*_CERTAIN, -99.0, 99.0, 999.0, 9999.0, 99999.0)
_MOST_DECIMALS = 12
_ROUNDED = 0.01  # of the range of a summary, by which rounding may change it


class Table(Protocol):
    """What is needed of an own table, which is defined where these checks are called."""

    file: str
    values: pd.DataFrame
    places: tuple[Sequence[str], Sequence[str]]

    def where(self, row: int, column: int) -> str:
        """Return the place of a cell for a message."""


def refuse_code(table: Table) -> None:
    """Refuse expression with a code for missing values far outside all others.

    Raises
    ------
    DataError
        If there is one.
    """
    values = table.values.to_numpy()
    if (code := _code(values)) is not None:
        places = [(int(row), int(column)) for row, column in np.argwhere(values == code)]
        _refuse(table, code, places, "remove these cell lines or genes")


def refuse_codes(table: Table, responses: Sequence[str], inside: np.ndarray) -> None:
    """Refuse responses with a code for missing values far outside the others of the same response.

    Parameters
    ----------
    table : Table
        Responses in columns.
    responses : sequence of str
        Those that are looked at.
    inside : ndarray of bool
        Rows that are.

    Raises
    ------
    DataError
        If there is one.
    """
    found: dict[float, list[tuple[int, int]]] = defaultdict(list)
    matrix = table.values.to_numpy()
    for column in table.values.columns.get_indexer(list(responses)):
        values = matrix[:, column]
        if (code := _code(values[inside])) is not None:
            found[code] += [(int(row), column) for row in np.flatnonzero((values == code) & inside)]
    for code, places in found.items():
        _refuse(table, code, places, "leave these cells blank")


def _code(values: np.ndarray) -> float | None:
    """Return the code that is the least or largest value, further from the others than they range."""
    known = values[np.isfinite(values)] if np.isnan(values).any() else values
    if not known.size:
        return None
    extremes = known.min(), known.max()
    for code in (code for code in CODES if code in extremes):  # the certain ones first
        others = known[~np.logical_or.reduce([known == one for one in CODES])]
        if others.size:
            low, high = others.min(), others.max()
            if max(low - code, code - high) > high - low:
                return code
    return None


def _refuse(table: Table, code: float, places: list[tuple[int, int]], remedy: str) -> None:
    if len(places) < 2 and code not in _CERTAIN:
        return
    row, column = min(places)
    cell = f"{table.values.columns[column]} of {table.values.index[row]}"
    more = f" and {counted(len(places) - 1, 'more cell')}" if len(places) > 1 else ""
    raise DataError(
        f"{table.where(row, column)}: {code:.0f} ({cell}{more}) is far outside all other values, as a code for "
        f"missing values is; {remedy}, or, if it was measured, give the values in another unit."
    )


# What a summary may be called, in small letters, and how it may be computed.
_STATISTICS: dict[str, tuple[str, tuple[Callable[..., np.ndarray], ...]]] = {
    "mean": ("mean average avg mittelwert", (np.nanmean,)),
    "median": ("median", (np.nanmedian,)),
    "sum": ("sum total summe", (np.nansum,)),
    "standard deviation": (
        "sd std stdev stddev standarddeviation",
        (partial(np.nanstd, ddof=1), np.nanstd),
    ),
    "minimum": ("min minimum", (np.nanmin,)),
    "maximum": ("max maximum", (np.nanmax,)),
}
_CALLED = {name: what for what, (names, _) in _STATISTICS.items() for name in names.split()}


def refuse_summaries(
    table: Table, axis: int, others: str, used: np.ndarray | None = None, remedy: str = ""
) -> None:
    """Refuse a row (axis 0) or column that is called Mean, Sum or the like and is that of the others.

    Parameters
    ----------
    table : Table
        Any table of numbers.
    axis : {0, 1}
        Where to look.
    others : str
        What the rows or columns are, for the message.
    used : ndarray of bool, default None
        Which of them are used; None means all.
    remedy : str, default ""
        What else can be done than to remove it.

    Raises
    ------
    DataError
        If there is one.
    """
    labels = table.values.axes[axis]
    letters = ("".join(filter(str.isalpha, name.casefold())) for name in labels)
    called = {at: _CALLED[word] for at, word in enumerate(letters) if word in _CALLED}
    if not called or len(called) == len(labels):
        return
    values = table.values.to_numpy() if axis else table.values.to_numpy().T
    rest = np.delete(values, list(called), axis=1)
    for at, what in called.items():
        if (used is None or used[at]) and _is_summary(values[:, at], rest, what):
            raise DataError(
                f"{table.file}, {table.places[axis][at]}: {labels[at]} is the {what} of the other {others}; "
                f"remove it{remedy}."
            )


def _is_summary(values: np.ndarray, rest: np.ndarray, what: str) -> bool:
    """Return whether values are a statistic of the rows of `rest`, but for rounding."""
    known = np.isfinite(values) & (np.isfinite(rest).sum(axis=1) > 1)
    if not known.any():
        return False
    values, rest = values[known], rest[known]
    for statistic in _STATISTICS[what][1]:
        expected = statistic(rest, axis=1)
        most = max(_ROUNDED * np.ptp(expected), 0.51 * 10.0 ** -_decimals(values))
        if (np.abs(values - expected) <= most).all():
            return True
    return False


def _decimals(values: np.ndarray) -> int:
    """Return the number of decimals with which values are written."""
    for decimals in range(_MOST_DECIMALS):
        if np.allclose(values, values.round(decimals), rtol=1e-12, atol=0):
            return decimals
    return _MOST_DECIMALS
