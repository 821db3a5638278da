"""Own tables: numbers with names of rows and columns, read from a file of any usual kind without guessing.

Names are text as they stand in the file, stripped and without invisible characters. Every row must
have as many fields as the header.
The separator, a decimal comma and compression are found from the content and named.
"""

from __future__ import annotations

import gzip
import io
import itertools
import math
import re
import stat
import unicodedata
import zlib
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pnetlib.datasets.cells import (
    dates,
    even_rows,
    is_blank,
    is_measured_text,
    number,
    plain_name,
    symbol_of_number,
    unquoted,
    visible_names,
)
from pnetlib.datasets.delimited import fields_of
from pnetlib.datasets.own_kinds import (
    LONGEST_NAME,
    arrow_numbers,
    arrow_texts,
    check_names,
    dense_matrix,
    read_h5ad,
    read_h5ad_obs,
    read_parquet,
    too_long,
    within_memory,
    xlsx_rows,
)
from pnetlib.datasets.own_source import H5AD, KINDS, PARQUET, XLSX, kind_of
from pnetlib.datasets.own_values import refuse_code, refuse_summaries
from pnetlib.errors import CorruptFileError, DataError, DuplicateError, UsageError
from pnetlib.execution.files import format_of, not_utf8
from pnetlib.words import counted, first_few

SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas"}  # which of two comes first
TABBED = (".tsv", ".tab")
LONGEST_LINE = 1 << 28  # characters; a longer one is no table
LEAST_LINES = 10  # in common, and measured per response
LARGEST = 1e100  # no measurement is larger; squares of such numbers are still finite
EXPRESSION, RESPONSE, ANNOTATION = "expression", "response", "annotation"
_MOST_FIRST, _MOST_CHARACTERS = 20, 1 << 22  # lines by which the separator is found
_PLURALS = {"row": "rows", "column": "columns"}
_VARIABLES = {"obs": "observation", "var": "variable"}
# Names of ids that stand next to the names of lines, drugs or genes, in small letters and digits.
_IDS = frozenset(
    {"cosmicid", "cosmicidentifier", "cosmicsampleid", "drugid", "depmapid", "modelid"}
)
_IDS |= {"sangermodelid", "achillesid", "entrez", "entrezid", "entrezgeneid", "ensemblid"}
_IDS |= {"ensemblgeneid", "hgncid", "sampleid", "pubchemid", "pubchemcid"}
_MOST_TEXTS = 10_000  # cells of text that are stored with their words
_MOST_FOLD, _LEAST_CHARACTERS = 400, 1 << 26  # compressed text that unfolds to more is no table
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
_MAYBE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_DECIMAL = re.compile(r"[+-]?\d*[.,]\d+(?:[eE][+-]?\d+)?")
_WITHOUT_DECIMALS = re.compile(r"[+-]?\d*[.,]?")
_LEAST_DECIMALS = 10  # numbers with decimals, after which one without shows that a file was cut
_MOST_HEADERS = 10  # rows of text that are looked at above the first row of numbers
_WHOLE = re.compile(r"\d+\.0+")
_SCIENTIFIC = re.compile(r"[1-9](?:\.(\d+)[eE]\+?|[eE]\+)0*(\d+)")


@dataclass
class OwnTable:
    """A table as it stands in a file.

    Attributes
    ----------
    file : str
        Name of the file.
    values : DataFrame
        float64 with NaN for blanks; text of an annotation, "" for blanks. Labels are unique text.
    said : list of str
        A sentence for everything that was found or changed.
    places : tuple of two sequences
        For messages, where each row and each column is in the file, such as "row 2".
    texts : dict
        Row and column of cells of a response that have text, and this text; at most 10,000.
    is_text : ndarray of bool or None
        Which cells have text; None if none has.
    corner : str
        Name of the column that names the rows.
    """

    file: str
    values: pd.DataFrame
    said: list[str] = field(default_factory=list)
    places: tuple[Sequence[str], Sequence[str]] = ((), ())
    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    is_text: np.ndarray | None = None
    corner: str = ""

    def turned(self) -> OwnTable:
        """Return the table with rows and columns exchanged."""
        texts = {(column, row): text for (row, column), text in self.texts.items()}
        mask = None if self.is_text is None else self.is_text.T
        rows, columns = self.places
        return OwnTable(self.file, self.values.T, self.said, (columns, rows), texts, mask)

    def where(self, row: int, column: int) -> str:
        """Return the place of a cell for a message."""
        return f"{self.file}, {self.places[0][row]}, {self.places[1][column]}"


class _Places(Sequence[str]):
    """Places as text, such as "row 3", made when asked for."""

    def __init__(self, word: str, numbers: Sequence[int]) -> None:
        self.word, self.numbers = word, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, at: Any) -> str:
        return f"{self.word} {self.numbers[at]}"


def is_table(name: str) -> bool:
    """Return whether a file name is that of a table, in any case, compressed or not.

    >>> is_table("a.TSV"), is_table("a.csv.gz"), is_table("gdsc"), is_table("a.xlsx")
    (True, True, False, True)
    """
    return bool(kind_of(name))


def read_own_expression(
    path: Path,
    *,
    layer: str = "",
    raw: bool = False,
    sheet: str | None = None,
    genes_in_rows: bool = False,
) -> tuple[pd.DataFrame, list[str]]:
    """Return expression, cell lines x genes, and a sentence for everything that was found or left out.

    The first column names the cell lines and the first row the genes.

    Parameters
    ----------
    path : Path
        A file whose name ends in .csv, .tsv, .tab or .txt, or one of these and .gz, or in .parquet,
        .xlsx or .h5ad.
    layer, raw, sheet
        As for `read_own_table`.
    genes_in_rows : bool, default False
        Whether the first column names the genes and the first row the cell lines instead.

    Returns
    -------
    DataFrame, list of str

    Raises
    ------
    DataError
        If the file is not there or no plain file, a name is blank or a date, a value is not a finite
        number or a code for missing, a line or gene is the mean, say, of the others, or there are
        fewer than two of either.
    CorruptFileError
        If the file is damaged or not of its kind, or a row has more or fewer fields than the header.
    DuplicateError
        If a name occurs twice.
    """
    table = _read(Path(path), EXPRESSION, layer, raw, sheet, oriented=not genes_in_rows)
    if genes_in_rows:
        table = table.turned()
    place = "The first column" if genes_in_rows else "Row 1"
    check_genes(f"{place} of {table.file}", table.values.columns, table.said)
    if min(table.values.shape) < 2:
        n_lines, n_genes = table.values.shape
        raise DataError(
            f"{table.file} has {counted(n_lines, 'cell line')} and {counted(n_genes, 'gene')}; "
            "at least two of each are needed."
        )
    refuse_code(table)
    refuse_summaries(table, 0, "cell lines")
    refuse_summaries(table, 1, "genes")
    return table.values, table.said


def read_own_table(
    path: Path, what: str, *, layer: str = "", raw: bool = False, sheet: str | None = None
) -> OwnTable:
    """Return a table of any kind as it stands, whichever way round.

    Parameters
    ----------
    path : Path
        As for `read_own_expression`.
    what : {"expression", "response", "annotation"}
        Cells of expression must be finite numbers. Those of a response may be blank; text is noted
        in `OwnTable.texts`, and refused when that response is used. Those of an annotation are text.
    layer : str, default ""
        Layer of an h5ad file; "" means its X.
    raw : bool, default False
        Whether the raw matrix of an h5ad file is read.
    sheet : str, default None
        Sheet of a workbook; None means the only one that has values.

    Raises
    ------
    UsageError
        If the suffix is unknown, an option does not suit it, or the sheet or layer is not there.
    SetupError
        If a package is missing that the kind of file needs.
    DataError, CorruptFileError, DuplicateError
        As for `read_own_expression`.
    """
    return _read(Path(path), what, layer, raw, sheet, oriented=False)


def table_of(frame: pd.DataFrame, what: str, name: str) -> OwnTable:
    """Return a DataFrame as an own table, checked in the same way; `name` stands for the file."""
    if frame.index.nlevels > 1 or frame.columns.nlevels > 1:
        raise DataError(f"{name} has labels of several levels; give it one.")
    names = [_plain_label(label) for label in frame.index]
    heads = [_plain_label(label) for label in frame.columns]
    columns = (frame.iloc[:, at] for at in range(frame.shape[1]))
    return _of_columns(
        name,
        what,
        str(frame.index.name or ""),
        names,
        heads,
        map(_series, columns),
        ("row", "column"),
    )


def likely(found: dict[str, str]) -> str:
    """Return names that became dates or numbers, each with the likely original, for a sentence."""
    return first_few(f"{name} (probably {gene})" if gene else name for name, gene in found.items())


def check_genes(where: str, genes: Sequence[str], said: list[str]) -> None:
    """Refuse genes that are dates, or numbers made of a symbol; say which other few are numbers.

    Raises
    ------
    DataError
        If a gene is a date, or, where most are symbols, the number of a date or of a symbol like 1E5.
    """
    if found := dates(genes):
        raise DataError(
            f"{where} has genes that a spreadsheet made dates: {likely(found)}; restore their names."
        )
    numbers = [gene for gene in genes if math.isfinite(number(gene))]
    if 2 * len(numbers) >= len(genes):  # ids
        return
    if found := {gene: symbol for gene in numbers if (symbol := symbol_of_number(gene))}:
        raise DataError(
            f"{where} has genes that a spreadsheet made numbers: {likely(found)}; restore their names, or, if "
            f"they are Entrez ids among symbols, write LOC{next(iter(found))}."
        )
    if odd := [*numbers, *(gene for gene in genes if gene.casefold() in ("true", "false"))]:
        said.append(
            f"{where} has {counted(len(odd), 'gene')} named by a number or truth value among symbols, which a "
            f"spreadsheet may have changed: {first_few(odd)}."
        )


@within_memory
def _read(
    path: Path, what: str, layer: str, raw: bool, sheet: str | None, oriented: bool
) -> OwnTable:
    check_file(path)
    kind = kind_of(path.name)
    if (layer or raw) and kind != H5AD:
        raise UsageError(f"Only .h5ad files have layers and raw; {path.name} has none.")
    if sheet is not None and kind != XLSX:
        raise UsageError(f"Only .xlsx files have sheets; {path.name} has none.")
    if kind == PARQUET:
        corner, keys, heads, columns = read_parquet(path)
        names = [_plain_label(key) for key in keys]
        return _of_columns(
            path.name, what, corner, names, heads, map(_arrow, columns), ("row", "column"), oriented
        )
    if kind == H5AD:
        return _of_h5ad(path, what, layer, raw, oriented)
    said: list[str] = []
    left, rows = xlsx_rows(path, sheet, said) if kind == XLSX else (0, _fields(path, said))
    return _of_rows(path, rows, what, said, oriented, left)


def check_file(path: Path) -> None:
    """Refuse what is not there, no plain file, or no table by its suffix."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise DataError(f"There is no file {path}; check the path.") from error
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "no plain file"
        raise DataError(f"{path} is {what}; name a table, such as expression.csv.")
    if not is_table(path.name):
        raise UsageError(
            f"{path.name} must end in {', '.join(KINDS)}, or, for text, in one of these and .gz."
        )


def _fields(path: Path, said: list[str]) -> Iterator[Sequence[str]]:
    """Yield the fields of each row; everything that makes the file unreadable is one sentence."""
    packed = path.name.casefold().endswith(".gz")
    try:
        with (gzip.open if packed else open)(path, "rb") as file:
            start = file.read(16)
        if kind := format_of(start):
            remedy = (
                "add .gz to its name"
                if start[:2] == b"\x1f\x8b" and not packed
                else "export it as csv"
            )
            raise CorruptFileError(f"{path.name} is {kind}, no table of text; {remedy}.")
        encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        with (gzip.open if packed else open)(path, "rb") as file:
            text = io.TextIOWrapper(file, encoding, newline="")
            latest: deque[str] = deque(maxlen=_MOST_FIRST)
            most_long = _MOST_FOLD * path.stat().st_size if packed else math.inf
            lines = _lines(text, path, most_long, latest)
            first = list(_beginning(lines))
            separator, most = _separator(first, kind_of(path.name) in TABBED)
            check_names(path.name, 0, most)  # before a row is taken apart
            if separator != "," and most:
                said.append(f"{path.name} is separated by {SEPARATORS[separator]}.")
            place = 0
            for row in fields_of(itertools.chain(first, lines), separator, path.name):
                place += 1
                yield row
        if _may_be_cut(latest, first, separator):
            said.append(
                f"{path.name} ends in row {place} without a line break and with a number that lacks "
                "the decimals of all before it; check that it is complete."
            )
    except UnicodeDecodeError as error:
        with (gzip.open if packed else open)(path, "rb") as file:
            raise not_utf8(path.name, file) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CorruptFileError(
            f"{path.name} is damaged or no table of text ({error}); write it again."
        ) from error
    except OSError as error:
        raise DataError(
            f"{path.name} cannot be read ({error.strerror}); check the file and its permissions."
        ) from error


def _beginning(lines: Iterator[str]) -> Iterator[str]:
    """Yield the first lines of a table, fewer of long ones."""
    length = 0
    for line in itertools.islice(lines, _MOST_FIRST):
        yield line
        length += len(line)
        if length > _MOST_CHARACTERS:
            return


def _separator(first: Sequence[str], tabbed: bool) -> tuple[str, int]:
    """Return the separator of the first lines of a table, and how often the header has it.

    A name or a decimal comma may have another separator, but not as often in each row.
    """
    # Every second part stands between quotation marks.
    rows = "".join("".join(first).split('"')[::2]).splitlines()
    header, *others = [row for row in rows if row.strip()] or [""]
    counts = {separator: header.count(separator) for separator in SEPARATORS}
    if tabbed and counts["\t"]:
        return "\t", counts["\t"]
    alike = [
        separator
        for separator, count in counts.items()
        if count and 2 * sum(row.count(separator) == count for row in others) > len(others)
    ]
    found = alike[0] if alike else max(SEPARATORS, key=counts.__getitem__)
    return found, counts[found]


def _may_be_cut(latest: Sequence[str], first: Sequence[str], separator: str) -> bool:
    """Return whether the last line of a text may end within its last number.

    It has no line break, and nothing, or no decimals, where all numbers before it have some.
    """
    if not latest or latest[-1].endswith(("\n", "\r")):
        return False
    header = next((line for line in first if line.strip()), "")
    rows = [line.split(separator)[1:] for line in latest if line.strip() and line != header]
    *others, last = [cell.strip() for row in rows for cell in row] or [""]
    return (
        len(others) >= _LEAST_DECIMALS
        and all(map(_DECIMAL.fullmatch, others))
        and bool(_WITHOUT_DECIMALS.fullmatch(last))
    )


def _lines(text: io.TextIOBase, path: Path, most: float, latest: deque[str]) -> Iterator[str]:
    """Yield the lines of a text, and note the latest."""
    length = 0
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            raise CorruptFileError(
                f"{path.name} has a row of more than {LONGEST_LINE:,} characters; it is no table."
            )
        length += len(line)
        if length > max(most, _LEAST_CHARACTERS):
            raise CorruptFileError(
                f"{path.name} unfolds to more than {_MOST_FOLD} times its size; it is no usual table. "
                "Unpack it if you trust it."
            )
        latest.append(line)
        yield line


def _of_rows(
    path: Path, rows: Iterable[Sequence[Any]], what: str, said: list[str], oriented: bool, left: int
) -> OwnTable:
    """Return the table of rows of cells, the header first; `left` columns are before the table."""
    rows = even_rows(_named_first(path, rows), path.name)
    _, header = next(rows, (0, []))
    if what != ANNOTATION:
        rows = _one_header(path.name, rows)
    if len(header) < 2:
        each = "a gene" if oriented else "a gene, a response or a cell line"
        if what == ANNOTATION:
            each = "a property"
        raise DataError(
            f"{path.name} has {counted(len(header), 'column')} in its first row; put the header there and "
            "separate columns by commas, tabs or semicolons: the first column must "
            f"name the {'cell lines' if oriented else 'rows'}, and each further one {each}."
        )
    check_names(path.name, 0, len(header))
    words = ("cell line", "gene") if oriented else ("name", "name")
    heads = [_plain_label(name) for name in header[1:]]
    heads = _checked_heads(path.name, heads, what, words[1], said, left + 2)
    corner = str(header[0]).strip()
    comma = _Commas(path.name, said)
    cells = _Cells(path.name, what, heads, oriented, left)
    keys, numbers = [], []
    for place, row in rows:
        keys.append(_plain_label(row[0]))
        check_names(path.name, len(keys), 0)
        numbers.append(place)
        if what == ANNOTATION:
            cells.rows.append([_text(cell) for cell in row[1:]])
        else:
            cells.add(place, keys[-1], row[1:], comma.plain(place, row[1:]))
    comma.check()
    if not keys:
        raise DataError(
            f"{path.name} has a header but no rows below it; export it again with its rows."
        )
    names = _checked_names(path.name, keys, numbers, corner, what, words[0], said)
    places = (_Places("row", numbers), _Places("column", range(left + 2, left + 2 + len(heads))))
    return cells.table(names, places, said, corner)


def _one_header(
    file: str, rows: Iterator[tuple[int, list[Any]]]
) -> Iterator[tuple[int, list[Any]]]:
    """Yield the rows below the header; refuse a second one: different words above rows of numbers."""
    above: list[tuple[int, list[Any]]] = []
    for place, row in rows:
        above.append((place, row))
        if len(above) > _MOST_HEADERS or not _is_words(row[1:]):
            break
    place, row = above[-2] if len(above) > 1 else (0, [])
    words = [_text(cell) for cell in row[1:]]
    # A row of units repeats itself.
    if words and len(set(words)) == len(words) and any(map(_is_number, above[-1][1][1:])):
        raise DataError(
            f"Row {place} of {file} is text in every column ({first_few(words, 3)}) above rows of numbers: "
            "if it is the header, remove the rows above it; if not, correct or remove it."
        )
    yield from itertools.chain(above, rows)


def _is_words(cells: Sequence[Any]) -> bool:
    """Return whether cells are text, few of which may stand for a number or a missing one."""
    if any(map(_is_number, cells)):
        return False
    return 2 * sum(map(is_measured_text, cells)) < len(cells)  # 5-Fluorouracil may, too


def _is_number(cell: Any) -> bool:
    return math.isfinite(number(str(cell).replace(",", ".")))


def _named_first(path: Path, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Yield rows; refuse a comment, and a header without a name for the first column, as R writes it."""
    lengths: list[int] = []
    for place, row in enumerate(rows, 1):
        if len(lengths) < 2 and any(str(cell).strip() for cell in row):
            if not lengths and str(row[0]).startswith("#") and not is_blank(row[0]):
                raise DataError(
                    f"Row {place} of {path.name} begins with # as a comment does; remove the comment rows, "
                    "or the # if this is the header."
                )
            filled = [at for at, cell in enumerate(row, 1) if str(cell).strip()]
            lengths.append(filled[-1])
            if len(lengths) == 2 and lengths[1] == lengths[0] + 1:
                raise CorruptFileError(
                    f"Row {place} of {path.name} has {lengths[1]} fields and the header {lengths[0]}: name "
                    "the first column too (in R, write.csv, or write.table with col.names = NA), and quote "
                    "values that have a separator."
                )
        yield row


class _Cells:
    """Rows of numbers, and which of their cells are text."""

    def __init__(self, file: str, what: str, heads: list[str], oriented: bool, left: int) -> None:
        self.file, self.what, self.heads, self.oriented = file, what, heads, oriented
        self.left = left  # columns before the table
        self.rows: list[list[str]] = []  # of an annotation
        self.numbers = array("d")  # of anything else: compact, however short the rows are
        self.count = 0
        self.wrong: list[tuple[int, np.ndarray]] = []
        self.texts: dict[tuple[int, int], str] = {}

    def add(self, place: int, name: str, cells: Sequence[Any], plain: Sequence[Any]) -> None:
        """Add the numbers of one row; refuse the first cell of expression that is none."""
        try:
            if "_" in "".join(cell for cell in plain if type(cell) is str):
                raise ValueError
            numbers = np.array(plain, dtype=float)
        except ValueError:
            numbers = np.array([number(str(cell)) for cell in plain])
        wrong = np.flatnonzero(~(np.abs(numbers) <= LARGEST))
        if wrong.size and self.what == EXPRESSION:
            raise self.refusal(place, name, wrong[0], cells[wrong[0]])
        if wrong.size:
            self.note(numbers, wrong, cells)
        self.numbers.frombytes(numbers.tobytes())
        self.count += 1

    def note(self, numbers: np.ndarray, wrong: np.ndarray, cells: Sequence[Any]) -> None:
        """Note which cells of a response are text rather than blank."""
        texts = np.array([at for at in wrong if not is_blank(cells[at])], dtype=int)
        numbers[wrong] = np.nan
        if texts.size:
            row = self.count
            self.wrong.append((row, texts))
            if len(self.texts) < _MOST_TEXTS:
                self.texts |= {(row, int(at)): _text(cells[at]) for at in texts[:_MOST_TEXTS]}

    def refusal(self, place: int, name: str, at: int, cell: Any) -> DataError:
        """Return what is wrong with a cell of expression."""
        gene = self.heads[at]
        found = number(str(cell))
        what = f"{_text(cell)!r}, no finite number"
        if not str(cell).strip():
            what = "blank"
        elif math.isfinite(found) and abs(found) > LARGEST:
            what = f"{_text(cell)}, too large for a measurement"
        hint = (
            "give a number, or remove the cell line or the gene" if is_blank(cell) else "correct it"
        )
        where = f"the expression of {gene} in the cell line {name}"
        if not self.oriented:
            where = f"the expression in column {self.left + at + 2}, {gene}, of {name}"
            hint += _exchanged(len(self.heads)) if is_blank(cell) else ""
        return DataError(f"{self.file}, row {place}: {where} is {what}; {hint}.")

    def table(
        self,
        names: list[str],
        places: tuple[Sequence[str], Sequence[str]],
        said: list[str],
        corner: str,
    ) -> OwnTable:
        """Return the table of the rows."""
        shape = (len(names), len(self.heads))
        if self.what == ANNOTATION:
            frame = pd.DataFrame(self.rows, names, self.heads, dtype=object)
            return OwnTable(self.file, frame, said, places, corner=corner)
        values = np.frombuffer(self.numbers).reshape(shape)
        mask = None
        if self.wrong:
            mask = np.zeros(shape, dtype=bool)
            for row, columns in self.wrong:
                mask[row, columns] = True
        frame = pd.DataFrame(values, names, self.heads)
        return OwnTable(self.file, frame, said, places, self.texts, mask, corner)


class _Commas:
    """Whether a file has decimal commas: found from its first number that shows it."""

    def __init__(self, file: str, said: list[str]) -> None:
        self.file, self.said = file, said
        self.found: bool | None = None
        # The row and text of the first number that may have thousands.
        self.doubtful: tuple[int, str] | None = None

    def plain(self, place: int, cells: Sequence[Any]) -> Sequence[Any]:
        """Return the cells of a row with decimal points."""
        if self.found is None:
            self._look(place, [cell.strip() for cell in cells if type(cell) is str])
        if not (self.found or self.doubtful):
            return cells
        # A point next to decimal commas may mean thousands, so it is no number.
        return [
            cell.replace(".", "_").replace(",", ".") if type(cell) is str else cell
            for cell in cells
        ]

    def check(self) -> None:
        """Refuse a file in which each number with a comma may have thousands."""
        if self.doubtful and not self.found:
            place, cell = self.doubtful
            raise DataError(
                f"{self.file}, row {place}: {cell!r} may mean {cell.replace(',', '.')} or "
                f"{cell.replace(',', '')}; write numbers with decimal points and without separators of "
                "thousands."
            )

    def _look(self, place: int, cells: Sequence[str]) -> None:
        commas = [cell for cell in cells if _DECIMAL_COMMA.fullmatch(cell)]
        points = any("." in cell and math.isfinite(number(cell)) for cell in cells)
        if not all(_MAYBE_THOUSANDS.fullmatch(cell) for cell in commas):
            self.found = True
            self.said.append(f"{self.file} has decimal commas.")
        elif points:
            self.check()
            self.found = False  # a number with a comma is then refused by itself
        elif commas and not self.doubtful:
            self.doubtful = place, commas[0]


def _of_columns(
    file: str,
    what: str,
    corner: str,
    keys: list[str],
    heads: Sequence[Any],
    columns: Iterable[tuple[np.ndarray | None, list[str] | None, str]],
    words: tuple[str, str],
    oriented: bool = False,
) -> OwnTable:
    """Return the table of typed columns: numbers or else texts, and the name of the type."""
    said: list[str] = []
    nouns = ("cell line", "gene") if oriented else ("name", "name")
    numbers = range(1, len(keys) + 1)
    names = _checked_names(file, keys, numbers, corner, what, nouns[0], said)
    heads = _checked_heads(file, [str(head).strip() for head in heads], what, nouns[1], said, 2)
    if not heads and what != ANNOTATION:
        raise DataError(f"{file} has no columns next to the names of its rows; add them.")
    places = (_Places(words[0], numbers), _Places(words[1], range(2, 2 + len(heads))))
    shape = (len(names), len(heads))
    if what == ANNOTATION:
        texts = {}
        for head, (_, words_, kind) in zip(heads, columns):
            if words_ is None:
                words_ = [f"a value of the type {kind}"] * len(names)
            texts[head] = [_text(cell) for cell in words_]
        frame = pd.DataFrame(texts, index=names, dtype=object)
        return OwnTable(file, frame, said, places, corner=corner)
    table, mask, found = np.empty(shape), None, {}
    for at, (values, words_, kind) in enumerate(columns):
        if values is None and what == EXPRESSION:
            raise DataError(
                f"Column {at + 2} of {file}, {heads[at]}, has values of the type {kind}; expression must "
                "be numbers. Remove the column or write numbers."
            )
        if values is None:
            words_ = [f"a value of the type {kind}"] * len(names) if words_ is None else words_
            filled = np.array([not is_blank(word) for word in words_])
            mask = np.zeros(shape, dtype=bool) if mask is None else mask
            mask[filled, at] = True
            for row in np.flatnonzero(filled)[: max(0, _MOST_TEXTS - len(found))]:
                found[int(row), at] = words_[row]
            table[:, at] = np.nan
            continue
        table[:, at] = values
    return _checked_numbers(
        OwnTable(file, pd.DataFrame(table, names, heads), said, places, found, mask, corner),
        what,
        oriented,
    )


def _exchanged(names: int) -> str:
    """Return a hint where a blank lies among too few names for lines; a study has more genes."""
    if names >= LEAST_LINES:
        return ""
    return "; or, if these are the responses, exchange the tables of expression and response"


def _checked_numbers(table: OwnTable, what: str, oriented: bool = False) -> OwnTable:
    """Refuse numbers of a matrix that are missing in expression, infinite or huge."""
    values = table.values.to_numpy()
    with np.errstate(invalid="ignore"):
        wrong = ~(np.abs(values) <= LARGEST)
    if what == RESPONSE:
        wrong &= ~np.isnan(values)
    if not wrong.any():
        return table
    row, column = (int(at) for at in np.argwhere(wrong)[0])
    value = values[row, column]
    named = f"{table.values.columns[column]} of {table.values.index[row]}"
    hint = _exchanged(min(values.shape)) if np.isnan(value) and not oriented else ""
    raise DataError(
        f"{table.where(row, column)}: the {what} {named} is {'missing' if np.isnan(value) else value}; "
        f"it must be a finite number of usual size. Correct it or remove it{hint}."
    )


def _of_h5ad(path: Path, what: str, layer: str, raw: bool, oriented: bool) -> OwnTable:
    if what == ANNOTATION:
        return table_of(read_h5ad_obs(path), what, path.name)
    matrix, obs, var, which = read_h5ad(path, layer, raw)
    return matrix_table(path.name, matrix, obs.index, var.index, which, what, oriented)


def matrix_table(
    file: str, matrix: Any, obs: pd.Index, var: pd.Index, which: str, what: str, oriented=False
) -> OwnTable:
    """Return a matrix of AnnData, observations x variables, as an own table, checked in the same way."""
    said = [f"{file}: {which} was read."]
    values = dense_matrix(matrix, file, which)
    if values.shape != (len(obs), len(var)):
        raise CorruptFileError(
            f"{which} of {file} is {values.shape[0]} x {values.shape[1]}, but it has {len(obs)} obs and "
            f"{len(var)} var; write it again."
        )
    if min(values.shape) < 1:
        raise DataError(f"{file} has {len(obs)} obs and {len(var)} var; it needs some of both.")
    nouns = ("cell line", "gene") if oriented else ("name", "name")
    numbers = range(1, len(obs) + 1)
    names = [_plain_label(name) for name in obs]
    names = _checked_names(file, names, numbers, "obs_names", what, nouns[0], said, "obs")
    heads = [_plain_label(name) for name in var]
    heads = _checked_heads(file, heads, what, nouns[1], said, 1, "var")
    places = (_Places("obs", numbers), _Places("var", range(1, len(var) + 1)))
    table = OwnTable(file, pd.DataFrame(values, names, heads), said, places)
    return _checked_numbers(table, what, oriented)


def _arrow(column: Any) -> tuple[np.ndarray | None, list[str] | None, str]:
    numbers = arrow_numbers(column)
    kind = getattr(column.type, "value_type", column.type)
    return numbers, arrow_texts(column) if numbers is None else _texts(numbers), str(kind)


def _series(column: pd.Series) -> tuple[np.ndarray | None, list[str] | None, str]:
    kind = column.dtype
    numeric = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
    if numeric and not pd.api.types.is_complex_dtype(kind):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return numbers, _texts(numbers), str(kind)
    column = column.astype(object)
    return None, ["" if value is None else str(value) for value in column], str(kind)


def _texts(numbers: np.ndarray) -> list[str]:
    return _Lazy(numbers)


class _Lazy(Sequence[str]):
    """Numbers as text, made when asked for."""

    def __init__(self, numbers: np.ndarray) -> None:
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, at: Any) -> str:
        return "" if np.isnan(self.numbers[at]) else _plain_label(self.numbers[at])


def _plain_label(label: Any) -> str:
    """Return a label as stripped text; a whole number of a spreadsheet without its point."""
    if isinstance(label, (float, np.floating)):
        if math.isnan(label):
            return ""
        return str(int(label)) if float(label).is_integer() and abs(label) < 1e15 else str(label)
    return "" if label is None or label is pd.NA else str(label).strip()


def _text(cell: Any) -> str:
    """Return a cell as text in one line."""
    return " ".join(plain_name(_plain_label(cell)).split())


def _checked_heads(
    file: str,
    heads: list[str],
    what: str,
    noun: str,
    said: list[str],
    first: int = 2,
    word: str = "column",
) -> list[str]:
    """Return the names of the columns; refuse blank, repeated and purely decimal ones."""
    heads = _unquoted(file, visible_names(file, heads, said), said)
    called, place = ("Column", " in row 1") if word == "column" else (word, "")
    for at, head in enumerate(heads, first):
        if not head:
            each = "gene" if noun == "gene" else "column"
            raise DataError(
                f"{called} {at} of {file} has no name{place}; name the {each} or remove the column."
            )
    heads = [_full_digits(f"{file}, {word} {at}", name) for at, name in enumerate(heads, first)]
    heads = _one_line(file, heads, said)
    heads = _without_points(file, heads, f"the names of its {_PLURALS.get(word, word)}", said)
    if _are_values(heads):
        each = "genes" if noun == "gene" else "columns"
        raise DataError(
            f"Row 1 of {file} has numbers ({first_few(heads, 2)}); it must name the {each}. Add a "
            "first row with their names."
        )
    places = range(first, first + len(heads))
    if what != ANNOTATION:
        _refuse_ids(file, heads, places, word)
    _refuse_twice(file, heads, places, _PLURALS.get(word, word), noun)
    return heads


def _checked_names(
    file: str,
    names: list[str],
    places: Sequence[int],
    corner: str,
    what: str,
    noun: str,
    said: list[str],
    word: str = "row",
) -> list[str]:
    """Return the names of the rows, checked as those of the columns."""
    names = _unquoted(file, visible_names(file, names, said), said)
    for place, name in zip(places, names):
        if not name:
            row = f"{'The cell line in ' if noun == 'cell line' else ''}{word} {place} of {file}"
            raise DataError(f"{row[0].upper()}{row[1:]} has no name in the first column; name it.")
    names = [_full_digits(f"{file}, {word} {at}", name) for at, name in zip(places, names)]
    names = _one_line(file, names, said)
    names = _without_points(file, names, "the names of its rows", said)
    if _are_values(names):
        each = "cell lines" if noun == "cell line" else "rows"
        raise DataError(
            f"The first column of {file}, {corner!r}, has numbers ({first_few(names, 2)}); it must "
            f"name the {each}. Add a first column with their names."
        )
    if what != ANNOTATION:  # another column may have the ids
        _refuse_ids(file, names, places, word)
        hint = (
            ""
            if what == EXPRESSION
            else "; a response has one row per cell line and one column per drug"
        )
        _refuse_twice(file, names, places, _PLURALS.get(word, word), noun, hint)
    return names


def _one_line(file: str, names: list[str], said: list[str]) -> list[str]:
    """Return names with single blanks for line breaks; refuse tabs and what no name has."""
    breaks = blanks = 0
    for at, name in enumerate(names):
        if name.isprintable() and len(name) <= LONGEST_NAME:
            continue
        if len(name) > LONGEST_NAME:
            raise too_long(file, len(name), name)
        if "\t" in name:
            raise DataError(
                f"{file} has the name {name!r} with a tab; write the name without it, or separate all columns "
                "by tabs."
            )
        names[at] = " ".join(name.split())
        if len(name.splitlines()) > 1:
            breaks += 1
        else:
            blanks += 1
        if any(unicodedata.category(letter) in ("Cc", "Cs", "Co") for letter in names[at]):
            raise DataError(
                f"{file} has the name {name!r} with a character that is no text; write the name again."
            )
    for count, what in ((breaks, "line breaks"), (blanks, "unusual blanks")):
        if count:
            said.append(f"{file}: {what} in {counted(count, 'name')} taken as blanks.")
    return names


def _unquoted(file: str, names: list[str], said: list[str]) -> list[str]:
    """Return names without quotation marks around them, and say of which they were taken."""
    found = [unquoted(name) for name in names]
    changed = [old for new, old in zip(found, names) if new != old]
    if changed:
        said.append(
            f"{file}: quotation marks around {counted(len(changed), 'name')} taken away: "
            f"{first_few(changed)}."
        )
    return found


def _without_points(file: str, names: list[str], whose: str, said: list[str]) -> list[str]:
    """Return ids that were stored as decimal numbers, such as 905933.0, without their points."""
    if not (names and all(_WHOLE.fullmatch(name) for name in names)):
        return names
    said.append(f"{file}: {whose} are whole numbers written with .0, which was taken away.")
    return [name.partition(".")[0] for name in names]


def _full_digits(where: str, name: str) -> str:
    """Return an id in scientific notation with all its digits; refuse one that has lost some."""
    match = _SCIENTIFIC.fullmatch(name)
    if not match:
        return name
    if int(match[2]) != len(match[1] or ""):
        raise DataError(f"{where}: the id {name} has lost digits; write ids as text or in full.")
    return name[0] + match[1]


def _refuse_ids(file: str, names: list[str], places: Sequence[int], word: str) -> None:
    """Refuse a row or a column of ids next to the names."""
    for at, name in zip(places, names):
        if "".join(filter(str.isalnum, name.casefold())) in _IDS:
            raise DataError(
                f"{word[0].upper()}{word[1:]} {at} of {file}, {name}, is an id, not a gene or a response; "
                f"remove this {_VARIABLES.get(word, word)}."
            )


def _refuse_twice(
    file: str, names: list[str], places: Sequence[int], where: str, noun: str, hint: str = ""
) -> None:
    seen: dict[str, int] = {}
    for at, name in zip(places, names):
        if name in seen:
            raise DuplicateError(
                f"{file}: the {noun} {name} occurs twice ({where} {seen[name]} and {at}); remove one "
                f"of the two{hint}."
            )
        seen[name] = at


def _are_values(names: Sequence[str]) -> bool:
    """Return whether names are values: numbers or words for missing, of which one is no whole number.

    Whole numbers are ids. A number without a point, comma or sign, such as 14E3, may be an id, too.
    """
    found = [number(name.replace(",", ".")) for name in names]
    if not all(math.isfinite(value) or is_blank(name) for name, value in zip(names, found)):
        return False
    return any(math.isfinite(value) and not name.isalnum() for name, value in zip(names, found))
