"""A folder with the official GDSC files under their official names."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import math
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from pnetlib.datasets.cells import UNKNOWN, date_genes, even_rows, is_blank, number, whole_number
from pnetlib.datasets.cohort import Cohort, assemble_cohort
from pnetlib.datasets.drugs import Drugs, find_drugs, listed_drugs
from pnetlib.datasets.genes import IDENTIFIERS, by_symbol
from pnetlib.datasets.screens import AUC, IC50, SAME, Screens, assemble_screens
from pnetlib.errors import (
    CorruptFileError,
    DataError,
    DuplicateError,
    MissingColumnError,
    MissingDrugError,
)
from pnetlib.execution.storage import digest
from pnetlib.words import counted, first_few

EXPRESSION = "Cell_line_RMA_proc_basalExp.txt"
EXPRESSION_ZIP = f"{EXPRESSION}.zip"
ENSEMBL = "sanger1018_brainarray_ensemblgene_rma.txt.gz"
RESPONSE = "GDSC1_fitted_dose_response_27Oct23"
SECOND = "GDSC2_fitted_dose_response_27Oct23"  # optional: a further screen
DETAILS = "Cell_Lines_Details.xlsx"
CELL_LINES = "cell_lines.csv"

# A cell line in a header: its COSMIC id, followed by .1 for a second column of that line.
_LINE = re.compile(r"\d+(\.\d+)?")
# What zipfile, gzip and zlib raise; the last two are for encryption and unknown compression.
BROKEN = (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error)
BROKEN += (NotImplementedError, RuntimeError)
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
_TCGA = "Cancer Type (matching TCGA label)"
_ANNOTATION = {
    CELL_LINES: ("cosmic_id", "cell_line", "gdsc_tissue_1", "tcga_label"),
    DETAILS: ("COSMIC identifier", "Sample Name", "GDSC Tissue descriptor 1", _TCGA),
}


def read_folder(
    folder: Path, drugs: Drugs, *, source: str | None = None, expression: str | None = None
) -> Cohort:
    """Read the cohort from the official files in a folder.

    The folder must have three files: ``Cell_line_RMA_proc_basalExp.txt`` (or its zip, or the same
    by Ensembl id, ``sanger1018_brainarray_ensemblgene_rma.txt.gz``, with
    ``gene_identifiers_20191101.csv``), ``GDSC1_fitted_dose_response_27Oct23.xlsx`` (or .csv), and
    ``Cell_Lines_Details.xlsx`` (or ``cell_lines.csv``).

    Parameters
    ----------
    folder : Path
        The folder.
    drugs : mapping of str to int, str, or sequence of str or int
        As for `pnetlib.datasets.load_cohort`, which lists the errors too.
    source : str, default None
        Name of the source in the provenance; None means the name of the folder.
    expression : str, default None
        Name of the expression file; None means the first of those above that exists.
    """
    notes: list[str] = []
    choices = (EXPRESSION, EXPRESSION_ZIP, ENSEMBL) if expression is None else (expression,)
    paths = {
        "expression": _one_of(folder, choices),
        "response": response_file(folder),
        "annotation": _one_of(folder, (DETAILS, CELL_LINES)),
    }
    if not isinstance(drugs, Mapping):
        chosen = find_drugs(drugs, drugs_in(paths["response"]), paths["response"].name, notes)
        drugs = dict(zip(chosen["label"], map(int, chosen["id"])))
    if paths["expression"].name == ENSEMBL:
        paths["genes"] = _one_of(folder, (IDENTIFIERS,))
    values = read_expression(paths["expression"], notes)
    if "genes" in paths:
        values = by_symbol(values, paths["genes"], notes)
    if dates := date_genes(values.columns):
        shown = first_few(f"{name} (probably {gene})" for name, gene in dates.items())
        notes.append(
            f"Genes of {paths['expression'].name} that a spreadsheet made dates keep these names: {shown}."
        )
    response = read_response(paths["response"], drugs, notes)
    if not response.index.isin(values.index).any():
        raise DataError(
            f"{paths['response'].name} and {paths['expression'].name} have no cell line in common; "
            "check that both name cell lines by COSMIC id."
        )
    return assemble_cohort(
        values,
        response,
        read_annotation(paths["annotation"], notes),
        {
            "source": source or f"folder {folder.resolve().name}",
            "simulated": False,
            "expression": "RMA, log2",
            "response": paths["response"].name,
            "files": {path.name: digest(path) for path in paths.values()},
            "handled": notes,
            "drugs": dict(drugs),
        },
    )


def read_screens(folder: Path, cohort: Cohort) -> Screens:
    """Read the further screens of a cohort's drugs from the official response files in a folder.

    From GDSC1 come the areas under the dose curves and further ids of the same name; from GDSC2,
    where the folder has ``GDSC2_fitted_dose_response_27Oct23.xlsx`` (or .csv), ln IC50 and areas.
    """
    path = response_file(folder)
    second = response_files(folder, "GDSC2")[:1]
    found, handled = [], []
    if not second:
        handled.append(f"The folder has no {SECOND}.xlsx, so there is no screen of GDSC2.")
    for file, screen in ((path, "GDSC1"), *((file, "GDSC2") for file in second)):
        found += _screens_in(file, screen, cohort, handled)
    files = {file.name: digest(file) for file in (path, *second)}
    return assemble_screens(cohort, found, {"files": files, "handled": handled})


def _screens_in(
    path: Path, screen: str, cohort: Cohort, handled: list[str]
) -> list[tuple[dict[str, str], pd.Series]]:
    """Return the entries of a response file with the name or the id of a drug of the cohort."""
    own = {str(drug_id): drug for drug, drug_id in cohort.provenance["drugs"].items()}
    names = {drug.casefold(): drug for drug in own.values()}
    rows: dict[tuple[str, str], list[tuple[str, Any, Any]]] = {}
    optional = ("DRUG_NAME", "LN_IC50", "AUC")
    for _, (line, drug_id, name, value, area) in _rows(path, ("COSMIC_ID", "DRUG_ID"), optional):
        drug_id, line = whole_number(drug_id), whole_number(line)
        drug = own.get(drug_id) if screen == "GDSC1" else None
        drug = drug or names.get(drug_name(name).casefold())
        if drug and line:
            rows.setdefault((drug, drug_id), []).append((line, value, area))
    found = []
    for (drug, drug_id), measured in rows.items():
        table = pd.DataFrame(measured, columns=["line", IC50, AUC]).set_index("line")
        if table.index.duplicated().any():
            handled.append(f"{drug} {drug_id} of {path.name} has cell lines twice; left out.")
            continue
        for measure in (IC50, AUC):
            values = pd.to_numeric(table[measure].replace("", np.nan), errors="coerce")
            response = screen == "GDSC1" and measure == IC50 and drug_id in own
            if values.notna().any() and not response:
                entry = {"drug": drug, "screen": screen, "measure": measure, "id": drug_id}
                found.append((entry | {"laboratory": SAME}, values))
    return found


def list_folder(folder: Path) -> pd.DataFrame:
    """Return the table of `pnetlib.datasets.list_drugs` for the response file of a folder."""
    return drugs_in(response_file(folder))


def drugs_in(path: Path) -> pd.DataFrame:
    """Return the table of `pnetlib.datasets.list_drugs` for a response file."""
    found: dict[str, list[Any]] = {}
    optional = ("DRUG_NAME", "PATHWAY_NAME", "LN_IC50")
    for place, (drug_id, name, pathway, value) in _rows(path, ("DRUG_ID",), optional):
        drug_id = whole_number(drug_id)
        name = drug_id if name is None else name
        if not drug_id.isdecimal():
            raise DataError(
                f"DRUG_ID in row {place} of {path.name} is {drug_id!r}, not a whole number; "
                "correct it."
            )
        found.setdefault(drug_id, [int(drug_id), drug_name(name), [], pathway])[2].append(value)
    ids, names, values, pathways = zip(*found.values()) if found else ([], [], [], [])
    numbers = [pd.to_numeric(pd.Series(x, dtype=object), errors="coerce") for x in values]
    return listed_drugs(ids, names, numbers, pathways)


def read_expression(path: Path, handled: list[str]) -> pd.DataFrame:
    """Read expression as cell lines x genes from a text file, or its zip or gzip.

    Its columns are named ``DATA.<COSMIC id>``, or by the id alone in the file by Ensembl id. The
    result has COSMIC ids as index, and as columns the gene symbols (Ensembl ids from that file).
    `handled`, here and below, gets a sentence for every correction.
    """
    ensembl = path.name == ENSEMBL
    symbol, prefix = ("ensembl_gene", "") if ensembl else ("GENE_SYMBOLS", "DATA.")
    with _opened(path) as file:
        header = file.readline().decode("utf-8-sig").rstrip("\r\n").split("\t")
    if symbol not in header:
        raise MissingColumnError(
            f"{path.name} has no column {symbol} in its first line; put the official file there."
        )
    lines = {
        at: column.removeprefix(prefix)
        for at, column in enumerate(header)
        if column.startswith(prefix) and _LINE.fullmatch(column.removeprefix(prefix))
    }
    if not lines:
        raise MissingColumnError(
            f"{path.name} has no column {prefix}<COSMIC id>; put the official file there."
        )
    others = [column for at, column in enumerate(header) if at not in lines]
    if ignored := [column for column in others if column not in ("", "GENE_title", symbol)]:
        handled.append(
            f"Columns of {path.name} left out because they are not cell lines: "
            f"{first_few(ignored)}."
        )
    _check_widths(path, len(header))
    table = _read_values(path, header, header.index(symbol), list(lines))
    genes = pd.Index(table.pop(header.index(symbol)).str.strip())
    values = table.to_numpy().T
    values, cell_lines = _one_column_per_line(list(lines.values()), values, handled)
    values, genes = _one_row_per_gene(path, genes, values, handled)
    return pd.DataFrame(values, index=cell_lines, columns=genes)


def read_response(path: Path, drugs: Mapping[str, int], handled: list[str]) -> pd.DataFrame:
    """Read ln IC50 as cell lines x drugs, chosen by DRUG_ID since names are not unique."""
    columns = ("COSMIC_ID", "DRUG_ID", "LN_IC50")
    wanted = {str(drug_id) for drug_id in drugs.values()}
    seen: dict[str, str] = {}
    rows = []
    for place, (line, drug_id, value, name) in _rows(path, columns, ("DRUG_NAME",)):
        drug_id = whole_number(drug_id)
        seen.setdefault(drug_id, "" if name is None else drug_name(name))
        if drug_id in wanted:
            rows.append((place, _line_id(line, place, path), drug_id, value))
    for drug, drug_id in drugs.items():
        if str(drug_id) not in seen:
            same = [id for id, name in seen.items() if name == drug]
            hint = f"it has {drug} as {' and '.join(same)}" if same else "check the id"
            raise MissingDrugError(
                f"{path.name} has no drug {drug} with DRUG_ID {drug_id}; {hint}."
            )
        if seen[str(drug_id)] and seen[str(drug_id)].casefold() != drug.casefold():
            handled.append(f"DRUG_ID {drug_id}, here {drug}, is {seen[str(drug_id)]} in the file.")
    table = pd.DataFrame(rows, columns=["place", "line", "drug", "value"])
    blank = table["value"].map(is_blank).astype(bool)
    values = pd.to_numeric(table["value"].mask(blank), errors="coerce")
    wrong = table[values.isna() & ~blank | ~np.isfinite(values.fillna(0.0))]
    for row in wrong.itertuples():
        raise DataError(
            f"LN_IC50 in row {row.place} of {path.name} is {row.value!r}, not a number; correct it "
            "or leave it blank."
        )
    table["value"] = values
    bare = table["line"].eq("") | table["value"].isna()
    if bare.any():
        handled.append(
            f"{counted(bare.sum(), 'row')} of {path.name} without COSMIC_ID or LN_IC50 left out."
        )
        table = table[~bare]
    table = table[["line", "drug", "value"]]
    table = _once(table, ["line", "drug"], path, handled, "measurement of cell line")
    wide = table.pivot(index="line", columns="drug", values="value").rename_axis(index=None)
    return wide.reindex(columns=list(map(str, drugs.values()))).set_axis(list(drugs), axis=1)


def read_annotation(path: Path, handled: list[str]) -> pd.DataFrame:
    """Read name, tissue (GDSC tissue descriptor 1) and TCGA label of the cell lines."""
    rows = [
        (whole_number(line), *("" if _unknown(label) else str(label) for label in labels))
        for _, (line, *labels) in _rows(path, _ANNOTATION[path.name])
    ]
    table = pd.DataFrame(rows, columns=["line", "cell_line", "tissue", "tcga"])
    known = table["line"].str.fullmatch(r"\d+")
    if not known.all():
        handled.append(
            f"{counted((~known).sum(), 'row')} of {path.name} without a COSMIC id left out."
        )
    return _once(table[known], ["line"], path, handled, "cell line").set_index("line")


def drug_name(cell: Any) -> str:
    """Return the name of a drug as text; a spreadsheet keeps a name of digits as a number."""
    return whole_number(cell) if isinstance(cell, float) else str(cell).strip()


def _line_id(cell: Any, place: int, path: Path) -> str:
    """Return the COSMIC id in a cell, "" if it is blank; raise `DataError` for anything else."""
    line = whole_number(cell)
    if line and not line.isdecimal():
        raise DataError(
            f"COSMIC_ID in row {place} of {path.name} is {str(cell)!r}, not a whole number; correct it "
            "or leave it blank."
        )
    return line


def _unknown(label: Any) -> bool:
    return label is None or str(label).strip().casefold() in UNKNOWN


def _one_of(folder: Path, names: Sequence[str]) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise DataError(f"The folder {folder} lacks {' or '.join(names)}; put the official file there.")


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, also within a zip or gzip; a failure to read it becomes one sentence."""
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive, archive.open(path.stem) as file:
                yield file
        else:
            with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
                yield file
    except UnicodeDecodeError as error:
        raise CorruptFileError(
            f"{path.name} is not text in UTF-8 (byte {error.start}); save it as UTF-8, or fetch it again."
        ) from error
    except (*BROKEN, csv.Error) as error:
        raise CorruptFileError(
            f"{path.name} is truncated or damaged ({error}); fetch it again."
        ) from error
    except KeyError as error:
        raise CorruptFileError(
            f"{path.name} does not contain {path.stem}; fetch it again."
        ) from error
    except OSError as error:
        raise DataError(
            f"{path.name} cannot be read ({error.strerror}); check the file and its permissions."
        ) from error


def _check_widths(path: Path, width: int) -> None:
    """Refuse a row with more fields than the header, whose values would be read one column off.

    Blank fields at the end of a row are no values; `_read_values` drops them.
    """
    with _opened(path) as file:
        for place, line in enumerate(file, 1):
            fields = line.rstrip(b"\r\n").rstrip(b"\t").count(b"\t") + 1
            if fields > width:
                raise CorruptFileError(
                    f"Row {place} of {path.name} has {counted(fields, 'field')} and the header {width}; "
                    "correct the row or fetch the file again."
                )


def _read_values(path: Path, header: list[str], symbol: int, cells: list[int]) -> pd.DataFrame:
    """Parse the rows below the header, with columns by position and the symbols as text."""
    layout: dict[str, Any] = {"sep": "\t", "header": None, "skiprows": 1, "encoding": "utf-8"}
    layout |= {"names": range(len(header)), "usecols": [symbol, *cells], "index_col": False}
    layout |= {"quoting": csv.QUOTE_NONE, "keep_default_na": False, "low_memory": False}
    try:
        with _opened(path) as file:
            types: dict[int, Any] = dict.fromkeys(cells, np.float64) | {symbol: str}
            table = pd.read_csv(file, dtype=types, **layout)
    except (IndexError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise CorruptFileError(
            f"{path.name} is not a complete table ({error}); fetch it again."
        ) from error
    except ValueError as error:
        with _opened(path) as file:
            text = pd.read_csv(file, dtype=str, **layout)
        raise _wrong_value(path, header, symbol, text) from error
    # Blank fields fail above, so only a row that ends early leaves gaps.
    short = table.index[table[cells[-1]].isna()]
    if len(short):
        raise CorruptFileError(
            f"{path.name} is truncated: it ends within row {len(table) + 1}; fetch it again."
            if short[0] == len(table) - 1
            else f"Row {short[0] + 2} of {path.name} ends early; fetch the file again."
        )
    return table


def _wrong_value(path: Path, header: list[str], symbol: int, table: pd.DataFrame) -> DataError:
    """Return the error for the first value that is missing or not a number."""
    for row in table.drop(columns=symbol).itertuples():
        for at, text in zip(table.columns.drop(symbol), row[1:], strict=True):
            if not math.isfinite(number(text)):
                what = repr(text) if text else "blank"
                return DataError(
                    f"The expression of {table[symbol][row.Index]} (row {row.Index + 2}, column "
                    f"{header[at]}) in {path.name} is {what}; replace it with a number."
                )
    return CorruptFileError(f"{path.name} cannot be read as a table of numbers; fetch it again.")


def _one_column_per_line(
    lines: Sequence[str], values: np.ndarray, handled: list[str]
) -> tuple[np.ndarray, list[str]]:
    """Keep the first column of each cell line; a second one is called ``<id>.1``.

    The official file has two columns for four cell lines. They are not averaged: the second one of
    909976 (KM-H2) may be KMH-2, and a mean is less noisy than the single arrays of all others.
    """
    first: dict[str, int] = {}
    for at, line in enumerate(lines):
        line_id, _, _ = line.partition(".")
        if line_id in first:
            with np.errstate(invalid="ignore"):
                r = np.corrcoef(values[first[line_id]], values[at])[0, 1]
            handled.append(
                f"Cell line {line_id} has a second column of expression, left out "
                f"(correlation {r:.3f} with the first)."
            )
        else:
            first[line_id] = at
    return values[list(first.values())], list(first)


def _one_row_per_gene(
    path: Path, genes: pd.Index, values: np.ndarray, handled: list[str]
) -> tuple[np.ndarray, pd.Index]:
    """Drop rows without a symbol and repeated rows; refuse a gene with two sets of values."""
    blank = genes == ""
    if blank.any():
        handled.append(
            f"{counted(blank.sum(), 'row')} of {path.name} without a gene symbol left out."
        )
    wanted = ~blank
    for gene in genes[genes.duplicated() & wanted].unique():
        first, *others = np.flatnonzero(genes == gene)
        if any((values[:, at] != values[:, first]).any() for at in others):
            raise DuplicateError(
                f"The gene {gene} appears {len(others) + 1} times in {path.name} (rows "
                f"{', '.join(str(at + 2) for at in (first, *others))}) with different values; keep "
                "one of them."
            )
        wanted[others] = False
        handled.append(f"The gene {gene} has {len(others) + 1} identical rows; one was used.")
    return values[:, wanted], genes[wanted]


def _rows(
    path: Path, columns: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[tuple[int, list[Any]]]:
    """Yield the number of each row of a csv or xlsx and its cells in some columns.

    An optional column that the file lacks gives None.
    """
    rows = even_rows(
        _xlsx_rows(path) if path.suffix.casefold() == ".xlsx" else _csv_rows(path), path.name
    )
    _, first = next(rows, (0, []))
    # Headers of Cell_Lines_Details.xlsx contain line breaks.
    header = [" ".join(str(cell).split()) for cell in first]
    cells, more = ([_place_of(column, header) for column in names] for names in (columns, optional))
    missing = [column for column, at in zip(columns, cells) if at is None]
    if missing:
        raise MissingColumnError(
            f"{path.name} has no column {' and no column '.join(missing)}; it needs "
            f"{', '.join(columns)}."
        )
    for place, row in rows:
        yield place, [row[at] for at in cells] + [None if at is None else row[at] for at in more]


def _place_of(column: str, header: Sequence[str]) -> int | None:
    """Return the place of a column, by its name or by another that a release has for it."""
    if column in header:
        return header.index(column)
    known = {
        re.sub("[^a-z0-9]+", "_", name.casefold()).strip("_"): at for at, name in enumerate(header)
    }
    spellings = _SPELLINGS.get(column, ())
    return next((known[name] for name in spellings if name in known), None)


def response_file(folder: Path) -> Path:
    """Return the one file with the responses of GDSC1 in a folder, whatever release it is of.

    The file of release 8.5 is taken by its name. Any other csv or xlsx counts if it has a column for
    the cell line (COSMIC id), the id of the drug and ln IC50.

    Raises
    ------
    DataError
        If there is none, or more than one.
    """
    found = response_files(folder, "GDSC1")
    if not found:
        raise DataError(
            f"The folder {folder} lacks {RESPONSE}.xlsx or another table with COSMIC_ID, DRUG_ID and "
            "LN_IC50; put the official file there."
        )
    if len(found) > 1:
        raise DataError(
            f"The folder {folder} has {len(found)} tables of responses to drugs, "
            f"{first_few(path.name for path in found)}; keep one of them there."
        )
    return found[0]


def response_files(folder: Path, screen: str) -> list[Path]:
    """Return the files with responses of a screen ("GDSC1" or "GDSC2"); one with the official name alone."""
    official = RESPONSE if screen == "GDSC1" else SECOND
    named = [folder / f"{official}{suffix}" for suffix in (".xlsx", ".csv")]
    named = [path for path in named if path.is_file()]
    if named:
        return named[:1]
    found = []
    for path in sorted(folder.iterdir()):
        own = path.name in (DETAILS, CELL_LINES, IDENTIFIERS) or path.name.startswith(
            (RESPONSE, SECOND)
        )
        if path.suffix.casefold() in (".xlsx", ".csv") and path.is_file() and not own:
            if _screen_of(path) == screen:
                found.append(path)
    return found


def _screen_of(path: Path) -> str | None:
    """Return the screen whose responses a file has, None if it is no such file."""
    columns = ("COSMIC_ID", "DRUG_ID", "LN_IC50")
    try:
        first = next(_rows(path, columns, ("DATASET",)), None)
    except (MissingColumnError, CorruptFileError, DataError):
        return None
    dataset = "" if first is None or first[1][3] is None else str(first[1][3])
    if dataset.upper() in ("GDSC1", "GDSC2"):
        return dataset.upper()
    return "GDSC2" if "gdsc2" in path.name.casefold() else "GDSC1"


def _xlsx_rows(path: Path) -> Iterator[list[Any]]:
    import python_calamine

    try:
        with python_calamine.CalamineWorkbook.from_path(str(path)) as book:
            sheet = book.get_sheet_by_index(0)
    except (python_calamine.CalamineError, OSError) as error:
        raise CorruptFileError(
            f"{path.name} is truncated or not an xlsx file ({error}); fetch it again."
        ) from error
    yield from sheet.iter_rows()


def _csv_rows(path: Path) -> Iterator[list[str]]:
    with _opened(path) as file, io.TextIOWrapper(file, encoding_of(path), newline="") as text:
        first = text.readline()
        found = separator_of(first)
        reader = csv.reader(itertools.chain([first], text), delimiter=found, strict=True)
        yield from reader


def encoding_of(path: Path) -> str:
    """Return UTF-16 for a file that begins with its byte order mark, else UTF-8."""
    with _opened(path) as file:
        start = file.read(2)
    return "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def separator_of(header: str) -> str:
    """Return the separator of a header: the comma, unless another one is more frequent.

    >>> separator_of("a;b;c"), separator_of("a,b"), separator_of("a\\tb, c\\td")
    (';', ',', '\\t')
    """
    return max(",;\t", key=header.count)


def _once(
    table: pd.DataFrame, key: list[str], path: Path, handled: list[str], what: str
) -> pd.DataFrame:
    """Drop repeated rows; refuse a key with two different rows."""
    repeated = table.duplicated()
    if repeated.any():
        repeats = counted(repeated.sum(), "repeated row")
        handled.append(f"{repeats} of {path.name} left out.")
        table = table[~repeated]
    for row in table[table.duplicated(key)][key].itertuples(index=False):
        raise DuplicateError(
            f"The {what} {' by drug '.join(row)} appears more than once in {path.name} with "
            "different values; keep one of them."
        )
    return table
