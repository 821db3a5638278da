"""Tables of text with one row per line: every row must have as many fields as the header."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pnetlib.errors import CorruptFileError, DuplicateError, MissingColumnError
from pnetlib.words import counted, first_few

csv.field_size_limit(1 << 24)


def read_delimited(
    path: Path, separator: str, columns: Sequence[str], *, fold: bool = False
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

    Raises
    ------
    CorruptFileError
        If it cannot be read, is empty, or a row is longer or shorter than the header.
    MissingColumnError, DuplicateError
        If a column is missing, or a name occurs twice.
    """
    quoting = csv.QUOTE_NONE if separator == "\t" else csv.QUOTE_MINIMAL
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, delimiter=separator, quoting=quoting, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        said = " ".join(str(error).split())
        raise CorruptFileError(
            f"{path.name} is not a table in UTF-8 ({said}); write it again."
        ) from error
    if not rows:
        raise CorruptFileError(f"{path.name} is empty; fetch or write it again.")
    header = [name.strip().casefold() if fold else name.strip() for name in rows[0]]
    if twice := [name for name in columns if header.count(name) > 1]:
        raise DuplicateError(f"{path.name} has the column {first_few(twice)} twice; keep one.")
    if missing := [name for name in columns if name not in header]:
        raise MissingColumnError(
            f"{path.name} has no column {' and no column '.join(missing)}; it needs "
            f"{', '.join(columns)}."
        )
    places = [place for place, row in enumerate(rows[1:], 2) if any(row)]
    for place in places:
        if len(rows[place - 1]) != len(header):
            raise CorruptFileError(
                f"Row {place} of {path.name} has {counted(len(rows[place - 1]), 'field')} and the "
                f"header {len(header)}; correct the row or fetch the file again."
            )
    return pd.DataFrame([rows[place - 1] for place in places], places, header, dtype=object)
