"""Spreadsheets (xlsx): what is in the archive, checked, and the values of the first sheet.

Formulas are never computed, and macros and links to other files are never followed. A value that a
formula had when the file was saved is read; a formula without one is refused.
"""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pnetlib.errors import CorruptFileError
from pnetlib.execution.files import (
    BROKEN,
    check_archive,
    check_member,
    check_plain,
    chunks,
    unreadable,
)

DENSE = 1 << 20  # cells that a sheet may span however few of them it has
_BYTES = 8  # of text per cell that the sheet spans, at least; a filled cell needs more than 15
# Within one tag, nothing looks beyond the next "<": a file made to harm must not take long.
_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^<>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^<>]*>")
# A place such as C12, of a cell, or 12, of a row.
_PLACE = re.compile(rb"\sr=[\"']([A-Za-z]{0,3})(\d{0,9})")
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
_OVERLAP = 1 << 12
_BOOK, _LINKS, _SHEETS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/"
_REMEDY = "save it again without a password, or fetch it again"


def xlsx_rows(path: Path) -> Iterator[list[Any]]:
    """Yield the rows of the first sheet, the first one first, also where it is blank.

    Raises
    ------
    DataError
        If it is no plain file that can be read.
    CorruptFileError
        If it is damaged, encrypted, no xlsx, unpacked to far more than its size, spans far more cells
        than it has, or has a formula without a value.
    """
    import python_calamine

    check_plain(path)
    first = next(iter(sheet_parts(path).values()))
    _check_sheet(path, part_of(path, first))
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


def _check_sheet(path: Path, pieces: Iterator[bytes]) -> None:
    """Refuse formulas without values, and cells so far apart that the space between is the memory."""
    height, width, size = 0, 1, 0
    for piece in pieces:
        size += len(piece)
        places = _PLACE.findall(piece)
        height = max([height, *(int(number or 0) for number in {place[1] for place in places})])
        width = max([width, *map(column_number, {place[0] for place in places})])
        check_formulas(path, piece)
        check_numbers(path, piece)
    cells = height * width
    if cells > DENSE and cells * _BYTES > size:
        raise CorruptFileError(
            f"{path.name} spans {height:,} rows and {width:,} columns with hardly a value; delete "
            "what is beyond the table and save it again."
        )


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
        before = text[max(0, value.start() - _OVERLAP) : value.start()]
        at = max(map(before.rfind, (b"<c ", b"<c>", b":c ", b":c>")))
        cell = before[at:].partition(b">")[0]
        kind = _TYPE.search(cell)
        if at < 0 or (kind and kind[1] != b"n"):
            continue
        found = " ".join(value[1].decode("utf-8", "replace").split())[:20]
        raise CorruptFileError(
            f"{_cell_at(cell)} of {path.name} has {found!r} for a number; write the number again, or leave "
            "the cell blank."
        )


def _cell_at(attributes: bytes) -> str:
    """Return what a cell is called in a sentence, from the attributes of its tag."""
    place = _OWN_PLACE.search(attributes)
    return f"The cell {place[1].decode()}" if place else "A cell"


def column_number(letters: bytes) -> int:
    """Return the number of a column, at most that of XFD.

    >>> column_number(b"A"), column_number(b"AA")
    (1, 27)
    """
    number = 0
    for letter in letters.upper()[:3]:
        number = 26 * number + letter - 64
    return number
