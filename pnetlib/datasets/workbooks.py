"""Spreadsheets (xlsx): values of the first sheet, after a check of what is in the archive.

Formulas are never computed, and macros and links to other files are never followed. A value that a
formula had when the file was saved is read; a formula without one is refused.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pnetlib.errors import CorruptFileError
from pnetlib.execution.files import BROKEN, check_archive, check_plain, chunks, unreadable

DENSE = 1 << 20  # cells that a sheet may span however few of them it has
_BYTES = 8  # of text per cell that the sheet spans, at least; a filled cell needs more than 15
# Within one tag, nothing looks beyond the next "<": a file made to harm must not take long.
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^<]*?\br?:?id=[\"']([^<\"']+)")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^<>]*>")
_ID, _TARGET = re.compile(rb"\bId=[\"']([^\"']*)"), re.compile(rb"\bTarget=[\"']([^\"']*)")
# A place such as C12, of a cell, or 12, of a row.
_PLACE = re.compile(rb"\sr=[\"']([A-Za-z]{0,3})(\d{0,9})")
_IS_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_CELL, _END = re.compile(rb"<(?:\w+:)?c\b([^<>]*)>"), re.compile(rb"</(?:\w+:)?c>")
_VALUE = re.compile(rb"<(?:\w+:)?[vt]\b[^<>]*>[^<]*[^<\s]")
_TEXT = re.compile(rb"\st=[\"']str[\"']")  # its value may be no letter at all
_OWN_PLACE = re.compile(rb"\sr=[\"']([A-Za-z]+\d+)")
_OVERLAP = 1 << 12


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
    _check(path)
    try:
        with python_calamine.CalamineWorkbook.from_path(str(path)) as book:
            sheet = book.get_sheet_by_index(0)
    except (python_calamine.CalamineError, OSError, IndexError) as error:
        raise CorruptFileError(
            f"{path.name} is truncated or not an xlsx file ({error}); fetch it again."
        ) from error
    yield from sheet.iter_rows()


def _check(path: Path) -> None:
    """Read the archive once, without keeping it, before another library does."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_archive(path, archive)
            first = _first_sheet(path, archive)
            for info in archive.infolist():
                if info.filename == first:
                    _check_sheet(path, chunks(path, archive, info), info.file_size)
                elif info.filename.startswith("xl/"):
                    for _ in chunks(path, archive, info):
                        pass
    except BROKEN as error:
        raise CorruptFileError(
            f"{path.name} is truncated or not an xlsx file ({error}); fetch it again."
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _first_sheet(path: Path, archive: zipfile.ZipFile) -> str:
    """Return the name of the first sheet's file; "" if the workbook does not say it plainly."""
    names = archive.namelist()
    if len(set(names)) < len(names):
        raise CorruptFileError(f"{path.name} has two files of one name within; fetch it again.")
    parts = []
    for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
        if name not in names:
            return ""
        parts.append(b"".join(chunks(path, archive, archive.getinfo(name))))
    sheet = _SHEET.search(parts[0])
    for relation in _RELATION.findall(parts[1]) if sheet else ():
        own, target = _ID.search(relation), _TARGET.search(relation)
        if own and target and own[1] == sheet[1]:
            return posixpath.normpath(posixpath.join("xl", target[1].decode("utf-8", "replace")))
    return ""


def _check_sheet(path: Path, parts: Iterator[bytes], size: int) -> None:
    """Refuse formulas without values, and cells so far apart that the space between is the memory."""
    height, width, rest = 0, 1, b""
    for part in parts:
        text = rest + part
        # Whatever is cut at the end is seen again with the next part.
        cut = text.rfind(b"</c>") + 4 if b"</c>" in text else max(len(text) - _OVERLAP, 0)
        seen, rest = (text[:cut], text[cut:]) if len(text) > _OVERLAP else (text, b"")
        places = _PLACE.findall(seen)
        height = max([height, *(int(number or 0) for number in {place[1] for place in places})])
        width = max([width, *map(_column, {place[0] for place in places})])
        _check_formulas(path, seen)
    _check_formulas(path, rest)
    cells = height * width
    if cells > DENSE and cells * _BYTES > size:
        raise CorruptFileError(
            f"{path.name} spans {height:,} rows and {width:,} columns with hardly a value; delete "
            "what is beyond the table and save it again."
        )


def _check_formulas(path: Path, text: bytes) -> None:
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
        place = _OWN_PLACE.search(attributes)
        where = f"The cell {place[1].decode()}" if place else "A cell"
        raise CorruptFileError(
            f"{where} of {path.name} has a formula without its value; open the file in a "
            "spreadsheet, and save it with values."
        )


def _column(letters: bytes) -> int:
    """Return the number of a column, at most that of XFD.

    >>> _column(b"A"), _column(b"AA")
    (1, 27)
    """
    number = 0
    for letter in letters.upper()[:3]:
        number = 26 * number + letter - 64
    return number
