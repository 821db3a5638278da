"""Which files of a folder are GDSC's tables: found by what they contain, chosen by the user if several.

A source is a folder, or one file in it. The file is then the choice for its kind, and the folder has
the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pnetlib.datasets.cells import visible_names
from pnetlib.datasets.genes import IDENTIFIERS
from pnetlib.datasets.own_source import OFFICIAL, init_hint
from pnetlib.datasets.sheets import KINDS, csv_rows, rows_of
from pnetlib.datasets.workbooks import xlsx_rows
from pnetlib.errors import CorruptFileError, DataError, MissingColumnError
from pnetlib.execution.files import check_plain, format_of, opened
from pnetlib.words import counted, first_few

EXPRESSION = "Cell_line_RMA_proc_basalExp.txt"
EXPRESSION_ZIP = f"{EXPRESSION}.zip"
ENSEMBL = "sanger1018_brainarray_ensemblgene_rma.txt.gz"
RESPONSE = "GDSC1_fitted_dose_response_27Oct23"
SCREENS = ("GDSC1", "GDSC2")
SECOND = "GDSC2_fitted_dose_response_27Oct23"  # optional: a further screen
DETAILS = "Cell_Lines_Details.xlsx"
CELL_LINES = "cell_lines.csv"

# A cell line in a header: its COSMIC id, followed by .1 for a second column of that line.
LINE = re.compile(r"\d+(\.\d+)?")
LONGEST_HEADER = 1 << 24  # bytes
MOST_COLUMNS = 100_000  # of a table of expression
RESPONSE_COLUMNS = ("COSMIC_ID", "DRUG_ID", "LN_IC50")
_TCGA = "Cancer Type (matching TCGA label)"
ANNOTATION_COLUMNS = {
    CELL_LINES: ("cosmic_id", "cell_line", "gdsc_tissue_1", "tcga_label"),
    DETAILS: ("COSMIC identifier", "Sample Name", "GDSC Tissue descriptor 1", _TCGA),
}
# The columns of each kind of table, or of its releases.
_COLUMNS = {
    "response": (RESPONSE_COLUMNS,),
    "genes": (("ensembl_gene_id", "hgnc_symbol"),),
    "annotation": tuple(ANNOTATION_COLUMNS.values()),
}
_WORDS = {
    "response": "tables of responses to drugs",
    "expression": "tables of expression",
    "annotation": "tables of cell lines",
    "genes": "tables of genes",
}


class Source(NamedTuple):
    """A folder with the official files, and the file named as the choice for its kind."""

    folder: Path
    chosen: dict[str, Path]


def source_of(path: Path) -> Source:
    """Return the folder that a path names, or the folder of a file and that file as the choice.

    Raises
    ------
    DataError
        If the path is a file, but none of the tables that are looked for, or damaged.
    """
    if path.is_dir():
        return Source(path, {})
    kind = kind_of(check_plain(path))
    if kind is None:
        raise DataError(
            f"{path} is none of the official tables (responses, expression, cell lines, genes): "
            f"{_what(path)}; name one of these files, or the folder that has them."
        )
    return Source(path.parent, {kind: path})


def _what(path: Path) -> str:
    """Return what a file seems to be, in a few words."""
    with open(path, "rb") as file:
        what = format_of(file.read(16))
    is_xlsx = path.suffix.casefold() == ".xlsx"
    if what and not is_xlsx and path.suffix.casefold() not in (".zip", ".gz"):
        return f"it is {what}"
    try:
        if path.suffix.casefold() in OFFICIAL:
            first = header_of(path)
        elif fault := next(filter(None, (_fault(path, kind) for kind in _COLUMNS)), ""):
            return fault
        else:
            first = next(iter(xlsx_rows(path) if is_xlsx else csv_rows(path)), [])
    except DataError as error:
        return str(error).rstrip(".")
    return f"its first row has {counted(len(first), 'field')}, {first_few(map(repr, first), 3)}"


def kind_of(path: Path) -> str | None:
    """Return the kind of a file by its content: response, expression, annotation, genes, or None."""
    status = path.stat()
    return _kind(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=256)
def _kind(path: Path, size: int, changed: int) -> str | None:
    suffix = path.suffix.casefold()
    if suffix in OFFICIAL and _has_expression(path):
        return "expression"
    if suffix not in KINDS:
        return None
    for kind, choices in _COLUMNS.items():
        for columns in choices:
            try:
                next(rows_of(path, columns), None)
            except DataError:
                continue
            return kind
    return None


def _fault(path: Path, kind: str) -> str:
    """Return why a file cannot be read as a kind of table, "" if it can or is another table."""
    try:
        if kind == "expression":
            header_of(path)
        for columns in _COLUMNS.get(kind, ()):
            with suppress(MissingColumnError):
                next(rows_of(path, columns), None)
    except DataError as error:
        return str(error).rstrip(".")
    return ""


def header_of(path: Path, said: list[str] | None = None) -> list[str]:
    """Return the names in the first row of a table separated by tabs; `said` as for `visible_names`."""
    with opened(path, (EXPRESSION,)) as file:
        line = file.readline(LONGEST_HEADER)
        if len(line) == LONGEST_HEADER:
            raise CorruptFileError(
                f"The first row of {path.name} has more than {LONGEST_HEADER:,} bytes; put the "
                "official file there, genes in rows and cell lines in columns."
            )
        if (tabs := line.count(b"\t")) > MOST_COLUMNS:
            raise CorruptFileError(
                f"{path.name} has {tabs + 1:,} columns and may have {MOST_COLUMNS:,}; put the "
                "official file there, genes in rows and cell lines in columns."
            )
        if b"\0" in line or b"\r" in line.rstrip(b"\r\n"):
            raise CorruptFileError(
                f"Row 1 of {path.name} has a character that ends a text or a line within; fetch the "
                "file again."
            )
        names = line.decode("utf-8-sig").rstrip("\r\n\t ").split("\t")
        said = [] if said is None else said
        return visible_names(path.name, (name.strip(" ") for name in names), said)


def _has_expression(path: Path) -> bool:
    try:
        header = header_of(path)
    except DataError:
        return False
    symbol = {"GENE_SYMBOLS", "ensembl_gene"} & set(header)
    return bool(symbol) and any(LINE.fullmatch(name.removeprefix("DATA.")) for name in header)


@lru_cache(maxsize=256)
def _screen(path: Path, size: int, changed: int) -> str:
    first = next(rows_of(path, RESPONSE_COLUMNS, ("DATASET",)), None)
    dataset = "" if first is None or first[1][3] is None else str(first[1][3]).strip().upper()
    if dataset in SCREENS:
        return dataset
    return "GDSC2" if "gdsc2" in path.name.casefold() else "GDSC1"


def screen_of(path: Path) -> str:
    """Return the screen whose responses a file has: "GDSC1" or "GDSC2"."""
    named = {RESPONSE: "GDSC1", SECOND: "GDSC2"}.get(path.stem)
    if named:
        return named
    status = path.stat()
    return _screen(path, status.st_size, status.st_mtime_ns)


def response_file(source: Source) -> Path:
    """Return the one file with responses: the chosen one, else that of GDSC1, else that of GDSC2.

    Raises
    ------
    DataError
        If there is none, or more than one.
    """
    if "response" in source.chosen:
        return source.chosen["response"]
    found = response_files(source.folder, "GDSC1") or response_files(source.folder, "GDSC2")
    lacking = f"{RESPONSE}.xlsx or another table with COSMIC_ID, DRUG_ID and LN_IC50"
    return _the_one(source, "response", found, lacking)


def response_files(folder: Path, screen: str) -> list[Path]:
    """Return the files with responses of a screen ("GDSC1" or "GDSC2"), found by their columns.

    Those of release 8.5 are known by their names; of a csv and an xlsx of it, the xlsx counts.
    """
    official = RESPONSE if screen == "GDSC1" else SECOND
    named = [folder / f"{official}{suffix}" for suffix in KINDS]
    found = [path for path in named if path.is_file()][:1]
    known = (DETAILS, CELL_LINES, IDENTIFIERS)
    for path in _plain_files(folder, KINDS):
        if path.name not in known and path.stem not in (RESPONSE, SECOND):
            if kind_of(path) == "response" and screen_of(path) == screen:
                found.append(path)
    return found


def find(source: Source, kind: str, names: Sequence[str]) -> Path:
    """Return the file of a kind: the chosen one, the first of some names, or the one of that content.

    Raises
    ------
    DataError
        If there is none, or more than one by content.
    """
    if kind in source.chosen:
        return source.chosen[kind]
    for name in names:
        if (source.folder / name).is_file():
            return source.folder / name
    found = [path for path in _tables(source.folder, kind) if kind_of(path) == kind]
    return _the_one(source, kind, found, " or ".join(names))


def _tables(folder: Path, kind: str) -> list[Path]:
    """Return the files that may be of a kind by their suffix."""
    return _plain_files(folder, OFFICIAL if kind == "expression" else KINDS)


def _plain_files(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(
            f"The folder {folder} cannot be read ({error.strerror}); check its permissions."
        ) from error
    return [path for path in paths if path.suffix.casefold() in suffixes and path.is_file()]


def _the_one(source: Source, kind: str, found: Sequence[Path], lacking: str) -> Path:
    if not found:
        faults = [fault for path in _tables(source.folder, kind) if (fault := _fault(path, kind))]
        remedy = f"put the official file there, or {init_hint(source.folder)}"
        if faults:
            remedy = f"correct what cannot be read: {first_few(faults, 3)}"
        raise DataError(f"The folder {source.folder} lacks {lacking}; {remedy}.")
    if len(found) > 1:
        # One file can be named; if that is another one already, these have to be sorted out.
        remedy = (
            "keep one of them there"
            if source.chosen
            else f"name the one to take, such as --data {source.folder / found[0].name}"
        )
        raise DataError(
            f"The folder {source.folder} has {len(found)} {_WORDS[kind]}, "
            f"{first_few(path.name for path in found)}; {remedy}."
        )
    return found[0]


def unchanged(paths: Sequence[Path]) -> Callable[[], None]:
    """Return a function that raises `DataError` if one of some files has changed since this call."""

    def stamps():
        return [(status.st_size, status.st_mtime_ns) for status in map(Path.stat, paths)]

    before = stamps()

    def check() -> None:
        for path, old, new in zip(paths, before, stamps(), strict=True):
            if old != new:
                raise DataError(
                    f"{path.name} changed while it was read; repeat the command when it is complete."
                )

    return check
