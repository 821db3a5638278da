"""Tables of text with one row per line: every row must have as many fields as the header."""

from __future__ import annotations

import csv
import io
import math
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pnetlib.datasets.cells import even_rows, is_blank, number
from pnetlib.errors import CorruptFileError, DataError, DuplicateError, MissingColumnError
from pnetlib.execution.files import opened
from pnetlib.words import first_few

csv.field_size_limit(1 << 24)
MOST_COLUMNS = 1 << 14  # as many as a spreadsheet has
MOST_ROWS = 1_000_000  # the largest table of CTRPv2 has 395,263
LONGEST_ROW = 1 << 24  # characters
_OTHERS = {"\t": "tabs", ",": "commas", ";": "semicolons"}


def read_delimited(
    path: Path,
    separator: str,
    columns: Sequence[str],
    *,
    fold: bool = False,
    numbers: Sequence[str] = (),
    others: bool = True,
) -> pd.DataFrame:
    """Return a table as text; its index is the number of each row as a spreadsheet counts it.

    Blank rows are left out. Names of columns are stripped.

    Parameters
    ----------
    path : Path
        A file in UTF-8, with or without a byte order mark.
    separator : str
        One character; a table separated by tabs has no quotes.
    columns : sequence of str
        Columns that it must have.
    fold : bool, default False
        Whether names of columns are compared in small letters.
    numbers : sequence of str, default ()
        Those of the columns that are numbers; a blank one becomes NaN.
    others : bool, default True
        Whether other columns are returned too.

    Raises
    ------
    DataError
        If it is no plain file that can be read, or has a number that is none or not finite.
    CorruptFileError
        If it cannot be read, is empty, or a row is longer or shorter than the header.
    MissingColumnError, DuplicateError
        If a column is missing, or a name occurs twice.
    """
    quoting = csv.QUOTE_NONE if separator == "\t" else csv.QUOTE_MINIMAL
    try:
        with opened(path) as file, io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
            lines = _lines(text, path)
            reader = csv.reader(lines, delimiter=separator, quoting=quoting, strict=True)
            return _table(path, reader, separator, columns, fold, numbers, others)
    except csv.Error as error:
        raise CorruptFileError(
            f"{path.name} is not a table that can be read ({error}); write it again."
        ) from error


def _lines(text: io.TextIOBase, path: Path) -> Iterator[str]:
    while line := text.readline(LONGEST_ROW):
        if len(line) == LONGEST_ROW or "\0" in line:
            raise CorruptFileError(
                f"{path.name} has a character that no text has (NUL), or a row of more than "
                f"{LONGEST_ROW:,} characters; write it again."
            )
        yield line


def _table(
    path: Path,
    rows: Iterator[list[str]],
    separator: str,
    columns: Sequence[str],
    fold: bool,
    numbers: Sequence[str],
    others: bool,
) -> pd.DataFrame:
    """Collect the columns row by row; equal texts are stored once, numbers as such."""
    rows = even_rows(rows, path.name)
    _, first = next(rows, (0, []))
    if not first:
        raise CorruptFileError(f"{path.name} is empty; fetch or write it again.")
    if len(first) > MOST_COLUMNS:
        raise CorruptFileError(
            f"{path.name} has {len(first):,} columns and may have {MOST_COLUMNS:,}; put the official "
            "file there."
        )
    header = [name.strip().casefold() if fold else name.strip() for name in first]
    if twice := [name for name in columns if header.count(name) > 1]:
        raise DuplicateError(f"{path.name} has the column {first_few(twice)} twice; keep one.")
    if missing := [name for name in columns if name not in header]:
        raise MissingColumnError(_missing(path, missing, columns, header, separator))
    at = range(len(header)) if others else [header.index(name) for name in columns]
    found: list[Any] = [array("d") if header[k] in numbers else [] for k in at]
    places, known = array("l"), {}
    for place, row in rows:
        places.append(place)
        if len(places) > MOST_ROWS:
            raise CorruptFileError(
                f"{path.name} has more rows than the {MOST_ROWS:,} it may have; put the official file there."
            )
        for column, k in zip(found, at):
            cell = row[k]
            if isinstance(column, list):
                column.append(known.setdefault(cell, cell))
                continue
            value = number(cell)
            if not math.isfinite(value):
                if not is_blank(cell):
                    raise DataError(
                        f"{header[k]} in row {place} of {path.name} is {cell!r}, not a number; "
                        "correct it or leave it blank."
                    )
                value = math.nan
            column.append(value)
    if not places:
        raise CorruptFileError(f"{path.name} has no row below its header; fetch it again.")
    # From one array per column: a dict cannot have names twice, which callers may allow.
    table = pd.DataFrame(
        {
            k: np.array(column)
            if isinstance(column, array)
            else pd.Series(column, dtype=object).array
            for k, column in enumerate(found)
        },
        index=np.array(places),
    )
    return table.set_axis([header[k] for k in at], axis=1)


def _missing(
    path: Path, missing: list[str], columns: Sequence[str], header: list[str], separator: str
) -> str:
    """Return the sentence for columns that a table lacks, and for another separator."""
    if len(header) == 1:
        for other, what in _OTHERS.items():
            if other != separator and other in header[0]:
                return f"{path.name} is separated by {what}; separate it by {_OTHERS[separator]}."
    return f"{path.name} has no column {' and no column '.join(missing)}; it needs {', '.join(columns)}."
