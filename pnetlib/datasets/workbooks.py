"""Spreadsheets (xlsx): what is in the archive, checked, and the values of the first sheet.

Formulas are never computed, and macros and links to other files are never followed. A value that a
formula had when the file was saved is read; a formula without one is refused.
"""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pnetlib.errors import CorruptFileError
from pnetlib.execution.files import (
    BROKEN,
    check_archive,
    check_member,
    check_plain,
    chunks,
    unreadable,
)
from pnetlib.words import counted, first_few

DENSE = 1 << 20  # cells that a sheet may span however few of them it has
_BYTES = 8  # of text per cell that the sheet spans, at least; a filled cell needs more than 15
# Within one tag, nothing looks beyond the next "<": a file made to harm must not take long.
_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^<>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^<>]*>")
_ROW = re.compile(rb"<(?:\w+:)?row\s(?:[^<>]*?\s)?r=[\"'](\d{1,9})[\"']")
_IS_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_CELL, _END = re.compile(rb"<(?:\w+:)?c\b([^<>]*)>"), re.compile(rb"</(?:\w+:)?c>")
_VALUE = re.compile(rb"<(?:\w+:)?[vt]\b[^<>]*>[^<]*[^<\s]")
_TEXT = re.compile(rb"\st=[\"']str[\"']")  # its value may be no letter at all
_OWN_PLACE = re.compile(rb"\sr=[\"']([A-Za-z]+\d+)")
# The value of a cell that is no plain number; only that of a cell of text, say, may be so.
_NO_NUMBER = re.compile(
    rb"v>(?!\s*+(?:[-+]?+(?:\d++(?:\.\d*+)?+|\.\d++)(?:[eE][-+]?+\d++)?+)?+\s*+<)([^<]*)"
)
_TYPE = re.compile(rb"\st=[\"']([^\"']*)")
_OPENED = re.compile(
    rb"<(?:\w+:)?c\s[^<>]*?\br=[\"']([A-Za-z]{1,3})(\d{1,9})[\"'][^<>]*(?<!/)>"
)  # a cell with content
_NOT_AVAILABLE = re.compile(rb"v>\s*+#N/A\s*+<", re.IGNORECASE)  # a formula's, as text
_ERROR = re.compile(rb"<(?:\w+:)?c\b[^<>]*\st=[\"']e[\"']")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^<>]*>")
_RANGE = re.compile(r"([A-Za-z]{1,3})(\d{1,9}):([A-Za-z]{1,3})(\d{1,9})")
_HIDDEN = re.compile(rb"<(?:\w+:)?(?:row|col)\s(?:[^<>]*?\s)?hidden=[\"'](?:1|true)[\"'][^<>]*>")
_OVERLAP = 1 << 12
_BOOK, _LINKS, _SHEETS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/"
_REMEDY = "save it again without a password, or fetch it again"


def xlsx_rows(path: Path, said: list[str] | None = None) -> Iterator[list[Any]]:
    """Yield the rows of the first sheet, the first one first, also where it is blank.

    `said` is as for `checked_sheet`.

    Raises
    ------
    DataError
        If it is no plain file that can be read.
    CorruptFileError
        If it is damaged, encrypted, no xlsx, unpacked to far more than its size, or spans far more cells
        than it has, or as for `checked_sheet`.
    """
    import python_calamine

    check_plain(path)
    first = next(iter(sheet_parts(path).values()))
    _refuse_sparse(path, checked_sheet(path, first, [] if said is None else said))
    try:
        with python_calamine.CalamineWorkbook.from_path(str(path)) as book:
            sheet = book.get_sheet_by_index(0)
    except (python_calamine.CalamineError, OSError, IndexError) as error:
        raise _no_workbook(path, error) from error
    yield from sheet.iter_rows()


def sheet_parts(path: Path) -> dict[str, str]:
    """Return the part of each worksheet by the sheet's name, in the order of the workbook.

    The archive is checked before another library reads it: names that lead out of it, links,
    encryption, and parts that are unpacked to far more than their size or declare less than they
    have. Parts that are no worksheets are read to their end; `part_of` does so with worksheets.

    Raises
    ------
    DataError
        If the file cannot be read.
    CorruptFileError
        If it is damaged, encrypted, made to harm, or no xlsx.
    """
    texts = dict.fromkeys((_BOOK, _LINKS), b"")
    with _reading(path), zipfile.ZipFile(path) as archive:
        check_archive(path, archive)
        infos = archive.infolist()
        names = {info.filename for info in infos}
        if len(names) < len(infos):
            raise CorruptFileError(f"{path.name} has two files of one name within; {_REMEDY}.")
        for info in (check_member(path, one) for one in infos):
            if info.filename in texts:
                texts[info.filename] = b"".join(chunks(path, archive, info))
            elif info.filename.startswith("xl/") and not info.filename.startswith(_SHEETS):
                for _ in chunks(path, archive, info):
                    pass
    book, links = (text.decode("utf-8", "replace") for text in texts.values())
    targets = {
        attribute(link, "Id"): posixpath.normpath(
            posixpath.join("/xl", attribute(link, "Target"))
        ).lstrip("/")
        for link in _RELATION.findall(links)
    }
    found = {
        html.unescape(attribute(tag, "name")): targets.get(attribute(tag, r"\w+:id"), "")
        for tag in _SHEET.findall(book)
    }
    found = {name: part for name, part in found.items() if part in names}
    if not found:
        raise _no_workbook(path, "it has no worksheet")
    return found


def part_of(path: Path, part: str) -> Iterator[bytes]:
    """Yield the text of a worksheet in pieces that end after a whole cell where they can."""
    with _reading(path), zipfile.ZipFile(path) as archive:
        rest = b""
        for piece in chunks(path, archive, archive.getinfo(part)):
            piece = rest + piece
            end = max(piece.rfind(b"</c>") + 4, piece.rfind(b":c>") + 3)
            end = max(len(piece) - _OVERLAP, 0) if end < 5 else end
            rest = piece[end:]
            yield piece[:end]
        yield rest


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Make what zipfile raises one sentence."""
    try:
        yield
    except BROKEN as error:
        raise _no_workbook(path, error) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _no_workbook(path: Path, reason: object) -> CorruptFileError:
    return CorruptFileError(
        f"{path.name} is damaged, encrypted or not an xlsx file ({reason}); {_REMEDY}."
    )


def attribute(tag: str, name: str) -> str:
    """Return an attribute of a tag of XML, "" without it; `name` is a regular expression."""
    match = re.search(rf"""\s{name}=(?:"([^"]*)"|'([^']*)')""", tag)
    return "" if match is None else match.group(1) or match.group(2) or ""


def checked_sheet(path: Path, part: str, said: list[str]) -> Sheet:
    """Return what a worksheet has beside its values; refuse cells that would be misread.

    `said` gets sentences for what is hidden, and for cells that have an error for a value.

    Raises
    ------
    CorruptFileError
        As `looked_at` and `refuse_merged`.
    """
    sheet = looked_at(path, part)
    refuse_merged(path, sheet)
    said += hidden_parts(path, sheet)
    if sheet.n_errors:
        said.append(
            f"{path.name}: {counted(sheet.n_errors, 'cell')} with an error of the spreadsheet, such as "
            "#DIV/0!, taken as blank."
        )
    return sheet


def _refuse_sparse(path: Path, sheet: Sheet) -> None:
    """Refuse cells so far apart that the space between is the memory."""
    height = max(sheet.height, int(sheet.rows.max(initial=0)))
    width = int(sheet.columns.max(initial=1))
    cells = height * width
    if cells > DENSE and cells * _BYTES > sheet.size:
        raise CorruptFileError(
            f"{path.name} spans {height:,} rows and {width:,} columns with hardly a value; delete "
            "what is beyond the table and save it again."
        )


@dataclass
class Sheet:
    """What a worksheet has beside its values.

    Attributes
    ----------
    rows, columns : ndarray of int
        The number of the row and of the column of each cell with content, in their order.
    merged : list of str
        Ranges of merged cells, such as "B2:B3".
    hidden_rows : list of int
        Numbers of rows that are hidden.
    hidden_columns : list of two int
        The first and the last of columns that are hidden.
    n_errors : int
        Cells that have an error for a value.
    height, size : int
        The last number of a row, whether it has cells or not, and the bytes of the text.
    """

    rows: np.ndarray
    columns: np.ndarray
    merged: list[str] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    n_errors: int = 0
    height: int = 0
    size: int = 0


def looked_at(path: Path, part: str) -> Sheet:
    """Return what a worksheet has beside its values.

    Raises
    ------
    CorruptFileError
        If a formula has no value, a number is none, or two cells have one address.
    """
    rows, columns, known, rest = array("q"), array("q"), _Columns(), b""
    sheet = Sheet(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    for piece in part_of(path, part):
        sheet.size += len(piece)
        text = rest + piece
        end = text.rfind(b">") + 1
        text, rest = text[:end], text[end:][-_OVERLAP:]
        check_formulas(path, text)
        check_numbers(path, text)
        found = _OPENED.findall(text)
        columns.extend([known[letters] for letters, _ in found])
        rows.extend([int(number) for _, number in found])
        sheet.height = max([sheet.height, *map(int, _ROW.findall(text))])
        # What few pieces have is looked for only where a plain search finds a part of it.
        if b"#" in text:
            sheet.n_errors += len(_ERROR.findall(text)) + _not_available(text)
        if b"mergeCell" in text:
            tags = _MERGED.findall(text)
            sheet.merged += [attribute(tag.decode("latin-1"), "ref") for tag in tags]
        if b"hidden" in text:
            for tag in _HIDDEN.findall(text):
                _note_hidden(tag.decode("latin-1"), sheet)
    sheet.rows, sheet.columns = np.frombuffer(rows, np.int64), np.frombuffer(columns, np.int64)
    _refuse_twice(path, sheet)
    return sheet


def _not_available(text: bytes) -> int:
    """Return how many formulas have the value #N/A as text."""
    cells = (_tag_before(text, value.start()) for value in _NOT_AVAILABLE.finditer(text))
    return sum(bool(_TEXT.search(cell)) for cell in cells)


class _Columns(dict[bytes, int]):
    """Numbers of columns by their letters, each computed once."""

    def __missing__(self, letters: bytes) -> int:
        return self.setdefault(letters, column_number(letters))


def _note_hidden(tag: str, sheet: Sheet) -> None:
    """Note the row or the columns of the tag of a hidden one."""
    if row := attribute(tag, "r"):
        sheet.hidden_rows.append(int(row) if row.isdecimal() else 0)
    first, last = attribute(tag, "min"), attribute(tag, "max")
    if first.isdecimal() and last.isdecimal():
        sheet.hidden_columns.append((int(first), int(last)))


def _refuse_twice(path: Path, sheet: Sheet) -> None:
    """Refuse two cells of one address; which value counts would be a guess."""
    places = sheet.rows << 15 | sheet.columns
    if (places[1:] > places[:-1]).all():
        return
    found, counts = np.unique(places, return_counts=True)
    if counts.max() > 1:
        row, column = divmod(int(found[counts > 1][0]), 1 << 15)
        raise CorruptFileError(
            f"{path.name} has the cell {column_letters(column)}{row} twice; save it again in a "
            "spreadsheet, and check this cell."
        )


def refuse_merged(path: Path, sheet: Sheet) -> None:
    """Refuse merged cells of the table, of which all but the first lose their values.

    Those of titles above the header, which is the first row with two cells, are left to others.

    Raises
    ------
    CorruptFileError
        If there are any.
    """
    if not (sheet.merged and sheet.rows.size):
        return
    numbers, counts = np.unique(sheet.rows, return_counts=True)
    headers = numbers[counts > 1]
    top = int(headers[0] if headers.size else numbers[0])
    left, right, bottom = int(sheet.columns.min()), int(sheet.columns.max()), int(numbers[-1])
    for merged in sheet.merged:
        if not (ends := _RANGE.fullmatch(merged)):
            continue
        columns = [column_number(ends[at].encode()) for at in (1, 3)]
        width = min(columns[1], right) - max(columns[0], left) + 1
        height = min(int(ends[4]), bottom) - max(int(ends[2]), top) + 1
        if width > 0 and height > 0 and width * height > 1:
            raise CorruptFileError(
                f"{path.name} has merged cells {merged}; unmerge them and fill each."
            )


def hidden_parts(path: Path, sheet: Sheet) -> list[str]:
    """Return a sentence if hidden rows or columns with cells are read, with their places."""
    rows = sorted(set(sheet.hidden_rows).intersection(np.unique(sheet.rows).tolist()))
    ranges = set(sheet.hidden_columns)
    used = np.unique(sheet.columns).tolist() if ranges else []
    columns = [at for at in used if any(first <= at <= last for first, last in ranges)]
    named = [
        f"{counted(len(places), f'hidden {what}')} ({first_few(places)})"
        for what, places in (("row", rows), ("column", list(map(column_letters, columns))))
        if places
    ]
    return [f"{path.name}: {' and '.join(named)} read as the others."] if named else []


def check_formulas(path: Path, text: bytes) -> None:
    """Refuse a formula without a stored value in the text of a worksheet.

    Raises
    ------
    CorruptFileError
        If there is one.
    """
    if not _IS_FORMULA.search(text):
        return
    for cell in _END.split(text)[:-1]:
        formula = _IS_FORMULA.search(cell)
        if formula is None:
            continue
        opened = list(_CELL.finditer(cell, 0, formula.start()))
        attributes, content = opened[-1][1] if opened else b"", cell[formula.end() :]
        if _VALUE.search(content) or (_TEXT.search(attributes) and b"<v" in content):
            continue
        raise CorruptFileError(
            f"{_cell_at(attributes)} of {path.name} has a formula without its value; open the file in a "
            "spreadsheet and save it, or paste values."
        )


def check_numbers(path: Path, text: bytes) -> None:
    """Refuse a cell of numbers with another value, such as NaN or 1,5, in the text of a worksheet.

    Raises
    ------
    CorruptFileError
        If there is one.
    """
    for value in _NO_NUMBER.finditer(text):
        cell = _tag_before(text, value.start())
        kind = _TYPE.search(cell)
        if not cell or (kind and kind[1] != b"n"):
            continue
        found = " ".join(value[1].decode("utf-8", "replace").split())[:20]
        raise CorruptFileError(
            f"{_cell_at(cell)} of {path.name} has {found!r} for a number; write the number again, or leave "
            "the cell blank."
        )


def _tag_before(text: bytes, at: int) -> bytes:
    """Return the tag of the cell whose value is at a place in the text of a worksheet."""
    before = text[max(0, at - _OVERLAP) : at]
    start = max(map(before.rfind, (b"<c ", b"<c>", b":c ", b":c>")))
    return before[start:].partition(b">")[0] if start >= 0 else b""


def _cell_at(attributes: bytes) -> str:
    """Return what a cell is called in a sentence, from the attributes of its tag."""
    place = _OWN_PLACE.search(attributes)
    return f"The cell {place[1].decode()}" if place else "A cell"


def column_letters(number: int) -> str:
    """Return the letters of a column.

    >>> column_letters(1), column_letters(27), column_letters(702), column_letters(703)
    ('A', 'AA', 'ZZ', 'AAA')
    """
    letters = ""
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(65 + letter) + letters
    return letters


def column_number(letters: bytes) -> int:
    """Return the number of a column, at most that of XFD.

    >>> column_number(b"A"), column_number(b"AA")
    (1, 27)
    """
    number = 0
    for letter in letters.upper()[:3]:
        number = 26 * number + letter - 64
    return number
