"""What people mean by the cells of a table: rows, ids, blanks, and names that a spreadsheet changed."""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pnetlib.errors import CorruptFileError
from pnetlib.words import agreed, counted, first_few, shown

# Spellings of a cell without a value, in small letters.
BLANKS = frozenset({"", "na", "n/a", "#n/a", "nan", "none", "null", "-", "<na>"})
UNKNOWN = BLANKS | {"unclassified", "unable to classify", "unknown", "not available"}
# Words for what was not measured; in a table of numbers they are refused, not taken as blank.
_UNMEASURED = re.compile(
    r"n\.?[adqt]\.?|[?.]|--|missing|failed|not (determined|done|measured|tested)"
)
_MEASURED = re.compile(
    r"[<>=~\u2264\u2265\u2248'\"\s]*[+-]?[.,]?\d++(?!-[A-Za-z])"
)  # such as >10, 5% and 5 uM
MOST_BLANK = 1 << 20  # rows; as many as a sheet of a spreadsheet has
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.0*)?")
# The months of a year in English, German and French, and the family of genes named like each.
_MONTHS = (
    ("january januar jan\u00e4r j\u00e4nner janvier", ""),  # codespell:ignore januar
    ("february februar feber f\u00e9vrier fevrier", "FEB"),  # codespell:ignore februar
    ("march m\u00e4rz mrz maerz mars", "MARCH"),
    ("april avril", "APR"),
    ("may mai", ""),
    ("june juni juin", ""),  # codespell:ignore juni
    ("july juli juillet", ""),  # codespell:ignore juli
    ("august ao\u00fbt aout", ""),
    ("september septembre", "SEPT"),
    ("october oktober octobre", "OCT"),  # codespell:ignore oktober
    ("november novembre", "NOV"),
    ("december dezember d\u00e9cembre decembre", "DEC"),  # codespell:ignore dezember
)
_COMMON = ("MARCH", "SEPT", "DEC", "OCT")  # of these families are most genes that became dates
_LAST = 15  # number of the last gene of these families
_SERIALS = range(
    34_700, 49_674
)  # days since 1899-12-30 of 1995 to 2035, as spreadsheets count them
_LEAST_ZEROS = 5  # of a number that was a symbol such as 1E5
_MARKS = "'`\"\u00b4\u2018\u2019\u201a\u201c\u201d\u201e"  # of quotations
_BETWEEN = r"(?:[-/ ]|\. ?)"
_DATES = (
    re.compile(rf"(?P<day>\d{{1,2}}){_BETWEEN}(?P<month>[^\W\d_]{{3,}})\.?(?:[-/. ] ?\d{{2,4}})?"),
    re.compile(rf"(?P<month>[^\W\d_]{{3,}}){_BETWEEN}(?P<day>\d{{1,2}})(?:[-/. ] ?\d{{2,4}})?"),
    re.compile(r"\d{4}[-/.](?P<number>\d{1,2})[-/.](?P<day>\d{1,2})(?:[ T]00:00(?::00)?)?"),
    re.compile(r"(?P<day>\d{1,2})[-/.](?P<number>\d{1,2})[-/.](?:\d{2}|\d{4})"),
)


def is_blank(cell: Any) -> bool:
    """Return whether a cell has no value, whatever word stands for that.

    >>> [is_blank(cell) for cell in ("", " NA ", "#N/A", float("nan"), "0", None)]
    [True, True, True, True, False, True]
    """
    return cell is None or str(cell).strip().casefold() in BLANKS


def is_unmeasured(cell: Any) -> bool:
    """Return whether a cell is blank or has a word for what was not measured.

    >>> [is_unmeasured(cell) for cell in ("", "n.d.", " Not determined ", "low")]
    [True, True, True, False]
    """
    text = "" if cell is None else str(cell).strip().casefold()
    return text in UNKNOWN or bool(_UNMEASURED.fullmatch(text))


def plain_name(text: str) -> str:
    """Return a name without invisible characters, and each letter with its accents as one character.

    >>> plain_name("TP53\\u200b"), plain_name("Zu\\u0308rich") == "Z\\u00fcrich"
    ('TP53', True)
    """
    if text.isascii():
        return text
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFC", visible).strip()


def unquoted(name: str) -> str:
    """Return a name without quotation marks around it, and without the apostrophe that marks text.

    >>> [unquoted(name) for name in ("'TP53'", "'1-Mar", "\u201cHeLa\u201d", "5'-DFUR", "3'")]
    ['TP53', '1-Mar', 'HeLa', "5'-DFUR", "3'"]
    """
    if len(name) > 1 and name[0] in _MARKS and name[-1] in _MARKS:
        return name[1:-1].strip()
    return name.removeprefix("'").lstrip()


def visible_names(file: str, names: Iterable[str], said: list[str]) -> list[str]:
    """Return names as `plain_name` has them, and say of which invisible characters were taken."""
    names = list(names)
    found = [plain_name(name) for name in names]
    changed = [new for new, old in zip(found, names) if new != unicodedata.normalize("NFC", old)]
    if changed:
        said.append(
            f"{file}: invisible characters in {counted(len(changed), 'name')} taken away: "
            f"{first_few(name or 'a name of nothing else' for name in changed)}."
        )
    return found


def is_measured_text(cell: Any) -> bool:
    """Return whether a text stands for a measurement: a number with a sign or a unit, or a missing one.

    >>> [is_measured_text(cell) for cell in (">10", "5 uM", "5%", "'1.5", "n.d.", "grade 2", "5-FU")]
    [True, True, True, True, True, False, False]
    """
    return is_unmeasured(cell) or bool(_MEASURED.match(str(cell).strip()))


@lru_cache(maxsize=1 << 14, typed=True)
def whole_number(cell: Any) -> str:
    """Return a whole number as text, however a spreadsheet wrote it; other text as it is.

    >>> [whole_number(cell) for cell in (700003.0, "7.00003e+05", "700003.00", "700,003", "X7")]
    ['700003', '700003', '700003', '700003', 'X7']
    >>> whole_number(" NaN "), whole_number("007")
    ('', '007')
    """
    if is_blank(cell):
        return ""
    text = str(cell).strip()
    if text.isdecimal():
        return text
    plain = text.replace(",", "") if _THOUSANDS.fullmatch(text) else text
    found = number(plain)
    return str(int(found)) if math.isfinite(found) and found.is_integer() else text


def plain_id(cell: Any, odd: dict[str, str]) -> str:
    """Return an id as `whole_number` does, without leading zeros and in the digits 0 to 9.

    Invisible characters are taken away, too. `odd` gets the id as it was written, if that differs.

    >>> odd = {}
    >>> plain_id("0905930", odd), plain_id(" 133 ", odd), plain_id("X7", odd), odd
    ('905930', '133', 'X7', {'0905930': '905930'})
    """
    text = whole_number(cell)
    if text.isascii() and not (text.isdecimal() and text[0] == "0"):
        return text
    plain = whole_number(plain_name(text))
    if plain.isdecimal():
        digits = "".join(str(unicodedata.decimal(digit)) for digit in plain)
        plain = digits.lstrip("0") or "0"
    if plain != text:
        odd[text] = plain
    return plain


def say_odd(odd: Mapping[str, str], file: str, said: list[str]) -> None:
    """Say which ids `plain_id` read in another way than they are written."""
    if odd:
        pairs = first_few(
            f"{text if text.isprintable() else shown(text)} as {plain}"
            for text, plain in odd.items()
        )
        said.append(
            f"{counted(len(odd), 'id')} of {file} with leading zeros, invisible characters or other digits "
            f"than 0 to 9 taken as plain {agreed(len(odd), 'one', 'ones')}: {pairs}."
        )


def number(text: str) -> float:
    """Return the number of a text, or not a number.

    Python's underscores in numbers are no part of one in a table.

    >>> [number(text) for text in ("-1.5e3", " 7 ", "7_5", "1,5", "")]
    [-1500.0, 7.0, nan, nan, nan]
    """
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan


def date_genes(names: Iterable[str]) -> dict[str, str]:
    """Return the names that are dates of a month with genes, each with the gene that it probably was.

    Spreadsheets turn symbols such as MARCH1 and SEPT2 into dates, in English, German or French.

    >>> date_genes(["1-Mar", "2-Sep", "TP53", "Sep-09", "2001-03-02", "AKR1C1", "7-Jan"])
    {'1-Mar': 'MARCH1', '2-Sep': 'SEPT2', 'Sep-09': 'SEPT9', '2001-03-02': 'MARCH2'}
    """
    return {name: gene for name, gene in dates(names).items() if gene}


def dates(names: Iterable[str]) -> dict[str, str]:
    """Return the names that are dates, each with the gene that it probably was, or "".

    >>> dates(["01/03/2024", "4. Okt", "7-Jan", "MARCH1"])
    {'01/03/2024': 'MARCH1', '4. Okt': 'OCT4', '7-Jan': ''}
    """
    found = {}
    for name in names:
        matches = (pattern.fullmatch(str(name).strip()) for pattern in _DATES)
        parts = next((match.groupdict() for match in matches if match), None)
        if parts and (genes := _genes_of_day(int(parts["day"]), parts)):
            found[name] = min(genes, key=lambda gene: not gene.startswith(_COMMON))
    return found


def symbol_of_number(name: str) -> str:
    """Return the symbol that a spreadsheet probably made a whole number, a date or power of ten, or "".

    >>> [symbol_of_number(name) for name in ("44621", "45537", "100000", "7157", "44700")]
    ['MARCH1', 'SEPT2', '1E5', '', '']
    """
    if not (name.isascii() and name.isdecimal()) or not name.strip("0"):
        return ""
    digits = name.rstrip("0")
    if len(name) - len(digits) >= _LEAST_ZEROS:
        return f"{digits}E{len(name) - len(digits)}"
    if len(name) > 5 or int(name) not in _SERIALS:
        return ""
    day = datetime.date(1899, 12, 30) + datetime.timedelta(int(name))
    family = _MONTHS[day.month - 1][1]
    return f"{family}{day.day}" if family in _COMMON and day.day <= _LAST else ""


def _genes_of_day(day: int, parts: dict[str, str]) -> list[str]:
    """Return the gene of each month that a date may mean, "" for a month without genes."""
    if "month" in parts:
        pairs = [(_month(parts["month"]), day)]
    else:  # day and month may be exchanged
        pairs = [(int(parts["number"]), day), (day, int(parts["number"]))]
    families = [(_MONTHS[month - 1][1], at) for month, at in pairs if 1 <= month <= 12]
    return [f"{family}{at}" if family else "" for family, at in families if 1 <= at <= 31]


def _month(word: str) -> int:
    """Return the number of a month by its name or the beginning of it; 0 for another word."""
    for at, (names, _) in enumerate(_MONTHS, 1):
        if any(name.startswith(word.casefold()) for name in names.split()):
            return at
    return 0


def even_rows(rows: Iterable[Sequence[Any]], name: str) -> Iterator[tuple[int, list[Any]]]:
    """Yield the header, then every row with a value, each with its number as a spreadsheet counts it.

    Rows of blank cells are skipped. Blank cells beyond the header are left out.

    Parameters
    ----------
    rows : iterable of sequences
        The header first.
    name : str
        Of the file, for messages.

    Raises
    ------
    CorruptFileError
        If a row has more or fewer fields than the header, or there are more than `MOST_BLANK` blank
        rows.
    """
    header: list[Any] = []
    blank = 0
    for place, row in enumerate(rows, 1):
        # Most rows are plain ones; millions of them are not looked at cell by cell.
        if row and len(row) == len(header) and isinstance(row[0], str) and row[0].strip():
            yield place, list(row)
            continue
        row = list(row)
        if all(_empty(cell) for cell in row):
            blank += 1
            if blank > MOST_BLANK:
                raise CorruptFileError(
                    f"{name} has more than {MOST_BLANK:,} blank rows, the last of them row {place}; "
                    "remove them or write the file again."
                )
            continue
        if not header:
            while row and _empty(row[-1]):
                row.pop()
            header = row
            yield place, header
            continue
        while len(row) > len(header) and _empty(row[-1]):
            row.pop()
        if len(row) > len(header):
            raise CorruptFileError(
                f"Row {place} of {name} has {counted(len(row), 'field')} and the header {len(header)}: "
                "a value with a separator needs quotes around it, and every column a name."
            )
        if len(row) < len(header):
            raise CorruptFileError(
                f"Row {place} of {name} ends early: it has {counted(len(row), 'field')} and the header "
                f"{len(header)}; complete the row or fetch the file again."
            )
        yield place, row


def _empty(cell: Any) -> bool:
    return cell is None or not str(cell).strip()
