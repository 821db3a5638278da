"""Tables of text with one row per line: every row must have as many fields as the header."""

from __future__ import annotations

import csv
import io
import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pnetlib.datasets.cells import even_rows, is_blank, number, plain_name
from pnetlib.errors import CorruptFileError, DataError, DuplicateError, MissingColumnError
from pnetlib.execution.files import opened
from pnetlib.words import first_few

csv.field_size_limit(1 << 24)
MOST_COLUMNS = 1 << 14  # as many as a spreadsheet has
MOST_ROWS = 1_000_000  # the largest table of CTRPv2 has 395,263
LONGEST_ROW = 1 << 24  # characters
_UTF_16 = 0.4  # share of NUL in a row, from which it is read in a wrong encoding
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
    with opened(path) as file, io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
        rows = fields_of(lines_of(text, path), separator, path.name, quotes=separator != "\t")
        return _table(path, rows, separator, columns, fold, numbers, others)


def lines_of(text: io.TextIOBase, path: Path) -> Iterator[str]:
    """Yield the lines of a text.

    Raises
    ------
    CorruptFileError
        If one is longer than any row of a table.
    """
    while line := text.readline(LONGEST_ROW):
        if len(line) == LONGEST_ROW:
            raise CorruptFileError(
                f"{path.name} has a row of more than {LONGEST_ROW:,} characters; it is no table."
            )
        yield line


def fields_of(
    lines: Iterable[str], separator: str, name: str, *, quotes: bool = True
) -> Iterator[list[str]]:
    """Yield the fields of each row of text, the header first.

    Parameters
    ----------
    lines : iterable of str
        Lines with their ends.
    separator, name : str
        One character, and the name of the file for messages.
    quotes : bool, default True
        Whether values may stand in quotation marks.

    Raises
    ------
    CorruptFileError
        If a row, named as a spreadsheet counts it, has a quotation mark that is not closed, closed in
        a later row, or within a value, or a character of code 0.
    """
    place, last, width = 1, 0, 0

    def text() -> Iterator[str]:
        for line in lines:
            if zeros := line.count("\0"):
                what = "so it is damaged or no text; write it again"
                if zeros > _UTF_16 * len(line):
                    what = "as text in UTF-16 or UTF-32 has; save it as UTF-8"
                raise CorruptFileError(
                    f"Row {place} of {name} has a character of code 0 (NUL), {what}."
                )
            yield line

    quoting = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    rows = csv.reader(text(), delimiter=separator, quoting=quoting, strict=True)
    try:
        for row in rows:
            width = width or len(row)
            # A cell may have line breaks, but hardly the separators of a whole row beside them.
            if rows.line_num > last + 1 and any(
                "\n" in cell and cell.count(separator) >= width - 1 > 0 for cell in row
            ):
                raise CorruptFileError(
                    f"Row {place} of {name} has a quotation mark that is closed in a later row only; "
                    "correct it."
                )
            yield row
            place, last = place + 1, rows.line_num
    except csv.Error as error:
        raise CorruptFileError(
            f"Row {place} of {name} has a quotation mark that is not closed or stands within a value, or "
            f"a value of more than {csv.field_size_limit():,} characters ({error}); correct it."
        ) from error


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
    header = [plain_name(name.strip()) for name in first]
    header = [name.casefold() for name in header] if fold else header
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
