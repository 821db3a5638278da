"""Rows of official tables, csv or xlsx, with columns found by the names that releases gave them."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pnetlib.datasets.cells import even_rows, plain_name
from pnetlib.datasets.delimited import MOST_COLUMNS, fields_of, lines_of
from pnetlib.datasets.workbooks import xlsx_rows
from pnetlib.errors import CorruptFileError, DuplicateError, MissingColumnError
from pnetlib.execution.files import opened

KINDS = (".xlsx", ".csv")
# Names of columns in other releases and in exports of the web page, in small letters.
_SPELLINGS = {
    "COSMIC_ID": ("cosmic_id", "cosmic_identifier", "cosmic_sample_id"),
    "DRUG_ID": ("drug_id", "drug_identifier"),
    "DRUG_NAME": ("drug_name", "drug"),
    "LN_IC50": ("ln_ic50", "log_ic50"),
    "AUC": ("auc",),
    "DATASET": ("dataset", "dataset_version"),
    "PATHWAY_NAME": ("pathway_name", "target_pathway"),
}


def rows_of(
    path: Path, columns: Sequence[str], optional: Sequence[str] = (), said: list[str] | None = None
) -> Iterator[tuple[int, list[Any]]]:
    """Yield the number of each row of a csv or xlsx and its cells in some columns.

    An optional column that the file lacks gives None. `said` gets sentences for what is hidden in an
    xlsx, and for cells that have an error for a value.

    Raises
    ------
    MissingColumnError, DuplicateError
        If a column is missing, or the file has two of that name.
    CorruptFileError, DataError
        If the file cannot be read, or a row has more or fewer fields than the header.
    """
    is_xlsx = path.suffix.casefold() == ".xlsx"
    rows = even_rows(xlsx_rows(path, said) if is_xlsx else csv_rows(path), path.name)
    _, first = next(rows, (0, []))
    # Headers of Cell_Lines_Details.xlsx contain line breaks.
    header = [" ".join(plain_name(str(cell)).split()) for cell in first]
    cells, more = (
        [_place_of(column, header, path) for column in names] for names in (columns, optional)
    )
    missing = [column for column, at in zip(columns, cells) if at is None]
    if missing:
        raise MissingColumnError(
            f"{path.name} has no column {' and no column '.join(missing)}; it needs "
            f"{', '.join(columns)}."
        )
    for place, row in rows:
        yield place, [row[at] for at in cells] + [None if at is None else row[at] for at in more]


def _place_of(column: str, header: Sequence[str], path: Path) -> int | None:
    """Return the place of a column, by its name or by another that a release has for it."""
    exact = [at for at, name in enumerate(header) if name == column]
    spelt = [re.sub("[^a-z0-9]+", "_", name.casefold()).strip("_") for name in header]
    others = (
        [at for at, name in enumerate(spelt) if name == spelling]
        for spelling in _SPELLINGS.get(column, ())
    )
    found = next((places for places in (exact, *others) if places), [])
    if len(found) > 1:
        raise DuplicateError(f"{path.name} has the column {header[found[0]]} twice; keep one.")
    return found[0] if found else None


def csv_rows(path: Path) -> Iterator[list[str]]:
    """Yield the fields of each row of a csv, whose separator and encoding are found."""
    with opened(path) as file:
        start = file.peek(2)[:2]
        encoding = "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        with io.TextIOWrapper(file, encoding, newline="") as text:
            lines = lines_of(text, path)
            first = next(lines, "")
            found = separator_of(first)
            if first.count(found) >= MOST_COLUMNS:
                raise CorruptFileError(
                    f"{path.name} has {first.count(found) + 1:,} columns and may have "
                    f"{MOST_COLUMNS:,}; put the official file there."
                )
            yield from fields_of(itertools.chain([first], lines), found, path.name)


def separator_of(header: str) -> str:
    """Return the separator of a header: the comma, unless another one is more frequent.

    >>> separator_of("a;b;c"), separator_of("a,b"), separator_of("a\\tb, c\\td")
    (';', ',', '\\t')
    """
    return max(",;\t", key=header.count)
