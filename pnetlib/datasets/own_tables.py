"""Tables of one's own: expression in a text file, cell lines x genes, read without guessing.

Names are text as they stand in the file, stripped. Every row must have as many fields as the header.
The separator, a decimal comma and compression are found from the content and named.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import stat
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pnetlib.datasets.cells import date_genes, even_rows, is_blank, number
from pnetlib.errors import CorruptFileError, DataError, DuplicateError, UsageError
from pnetlib.words import counted, first_few

KINDS = (".csv", ".tsv", ".tab", ".txt")
SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons"}
LONGEST_LINE = 1 << 28  # characters; a longer one is no table
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")


def is_table(name: str) -> bool:
    """Return whether a file name is that of a table of text, compressed or not, in any case.

    >>> is_table("a.TSV"), is_table("a.csv.gz"), is_table("gdsc"), is_table("a.xlsx")
    (True, True, False, False)
    """
    return name.casefold().removesuffix(".gz").endswith(KINDS)


def read_own_expression(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return expression, cell lines x genes, and a sentence for everything that was found or left out.

    The first column names the cell lines and the first row the genes.

    Parameters
    ----------
    path : Path
        A file whose name ends in .csv, .tsv, .tab or .txt, or one of these and .gz.

    Returns
    -------
    DataFrame, list of str

    Raises
    ------
    DataError
        If the file is not there or no plain file, a name is blank or a date, a value is not a finite
        number, or there are fewer than two lines or genes.
    CorruptFileError
        If it is no text in UTF-8 or UTF-16, or a row has more or fewer fields than the header.
    DuplicateError
        If a name occurs twice.
    """
    path = Path(path)
    _check_file(path)
    said: list[str] = []
    rows = even_rows(_fields(path, said), path.name)
    _, header = next(rows, (0, []))
    if len(header) < 2:
        raise DataError(
            f"{path.name} has {counted(len(header), 'column')} in its first row; the first column must "
            "name the cell lines, and each further one a gene."
        )
    genes = _checked_genes(path, [str(name).strip() for name in header[1:]], str(header[0]).strip())
    names, values, comma = [], [], None
    for place, row in rows:
        if comma is None:
            comma = _has_decimal_commas(row[1:])
            if not comma and not any("." in cell for cell in row[1:]):
                comma = None  # whole numbers alone say nothing
            if comma:
                said.append(f"{path.name} has decimal commas.")
        names.append(str(row[0]).strip())
        values.append(_numbers(path, place, names[-1], genes, row[1:], bool(comma)))
    _check_lines(path, names, header[0])
    table = pd.DataFrame(np.array(values).reshape(len(names), len(genes)), names, genes)
    if min(table.shape) < 2:
        raise DataError(
            f"{path.name} has {counted(table.shape[0], 'cell line')} and {counted(table.shape[1], 'gene')}; "
            "at least two of each are needed."
        )
    return table, said


def _check_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise DataError(f"There is no file {path}; check the path.") from error
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "no plain file"
        raise DataError(f"{path} is {what}; name a table, such as expression.csv.")
    if not is_table(path.name):
        raise UsageError(f"{path.name} must end in {', '.join(KINDS)}, or in one of these and .gz.")


def _fields(path: Path, said: list[str]) -> Iterator[Sequence[str]]:
    """Yield the fields of each row; everything that makes the file unreadable is one sentence."""
    packed = path.name.casefold().endswith(".gz")
    try:
        with (gzip.open if packed else open)(path, "rb") as file:
            start = file.read(4)
        if start.startswith((b"PK", b"\x1f\x8b", b"\x80\x04", b"\x89PNG")):
            raise CorruptFileError(f"{path.name} is no table of text; export it as csv.")
        encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        with (gzip.open if packed else open)(path, "rb") as file:
            text = io.TextIOWrapper(file, encoding, newline="")
            lines = _lines(text, path)
            first = next(lines, "")
            separator = max(SEPARATORS, key=first.count)
            if separator != "," and first.count(separator):
                said.append(f"{path.name} is separated by {SEPARATORS[separator]}.")
            yield from csv.reader(_with(first, lines), delimiter=separator, strict=True)
    except UnicodeDecodeError as error:
        raise CorruptFileError(
            f"{path.name} is not text in UTF-8 (byte {error.start}); save it as UTF-8."
        ) from error
    except (csv.Error, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CorruptFileError(
            f"{path.name} is damaged or no table of text ({error}); write it again."
        ) from error
    except OSError as error:
        raise DataError(
            f"{path.name} cannot be read ({error.strerror}); check the file and its permissions."
        ) from error


def _lines(text: io.TextIOBase, path: Path) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            raise CorruptFileError(
                f"{path.name} has a row of more than {LONGEST_LINE:,} characters; it is no table."
            )
        yield line


def _with(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines


def _checked_genes(path: Path, genes: list[str], corner: str) -> list[str]:
    """Return the names of the genes; refuse blank, repeated and numeric ones, and dates."""
    for at, gene in enumerate(genes, 2):
        if not gene:
            raise DataError(
                f"Column {at} of {path.name} has no name in row 1; name the gene or remove the column."
            )
    if all(_is_decimal(name) for name in genes):
        raise DataError(
            f"Row 1 of {path.name} has numbers ({first_few(genes, 2)}); it must name the genes. Add a "
            "first row with their names."
        )
    _refuse_twice(path, genes, "gene")
    if dates := date_genes(genes):
        shown = first_few(f"{name} (probably {gene})" for name, gene in dates.items())
        raise DataError(
            f"Row 1 of {path.name} has genes that a spreadsheet made dates: {shown}; restore their names."
        )
    return genes


def _check_lines(path: Path, names: list[str], corner: str) -> None:
    for place, name in enumerate(names, 2):
        if not name:
            raise DataError(
                f"The cell line in row {place} of {path.name} has no name in the first column; name it."
            )
    if names and all(_is_decimal(name) for name in names):
        raise DataError(
            f"The first column of {path.name}, {corner!r}, has numbers ({first_few(names, 2)}); it must "
            "name the cell lines. Add a first column with their names."
        )
    _refuse_twice(path, names, "cell line")


def _refuse_twice(path: Path, names: list[str], what: str) -> None:
    seen: dict[str, int] = {}
    for at, name in enumerate(names, 2):
        if name in seen:
            where = "columns" if what == "gene" else "rows"
            raise DuplicateError(
                f"{path.name}: the {what} {name} occurs twice ({where} {seen[name]} and {at}); remove one "
                "of the two."
            )
        seen[name] = at


def _is_decimal(name: str) -> bool:
    """Return whether a name is a number that no id would be, such as 0.53 or nan."""
    try:
        float(name)
    except ValueError:
        return False
    return not name.isdecimal()


def _has_decimal_commas(cells: Sequence[str]) -> bool:
    return any(_DECIMAL_COMMA.fullmatch(cell.strip()) for cell in cells)


def _numbers(
    path: Path, place: int, line: str, genes: Sequence[str], cells: Sequence[str], comma: bool
) -> np.ndarray:
    """Return the numbers of one row; refuse the first cell that is none, or not finite."""
    texts = cells
    if comma:  # a point beside decimal commas may mean thousands, so it is no number
        texts = [cell.replace(".", "_").replace(",", ".") for cell in cells]
    try:
        plain = "_" not in "".join(texts)
        numbers = np.array(texts if plain else [number(text) for text in texts], dtype=float)
    except ValueError:
        numbers = np.array([number(text) for text in texts])
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if wrong.size:
        cell = cells[wrong[0]]
        what = "blank" if not cell.strip() else f"{cell.strip()!r}, no finite number"
        hint = (
            "give a number, or remove the cell line or the gene" if is_blank(cell) else "correct it"
        )
        raise DataError(
            f"{path.name}, row {place}: the expression of {genes[wrong[0]]} in the cell line {line} is "
            f"{what}; {hint}."
        )
    return numbers
