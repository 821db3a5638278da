"""A folder with the official GDSC files under their official names."""

from __future__ import annotations

import csv
import math
import re
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pnetlib.datasets.candidates import (
    ANNOTATION_COLUMNS,
    CELL_LINES,
    DETAILS,
    ENSEMBL,
    EXPRESSION,
    EXPRESSION_ZIP,
    LINE,
    RESPONSE,
    RESPONSE_COLUMNS,
    SCREENS,
    SECOND,
    find,
    header_of,
    response_file,
    response_files,
    screen_of,
    source_of,
    unchanged,
)
from pnetlib.datasets.cells import (
    UNKNOWN,
    date_genes,
    is_blank,
    number,
    plain_id,
    plain_name,
    say_odd,
    whole_number,
)
from pnetlib.datasets.cohort import Cohort, assemble_cohort
from pnetlib.datasets.drugs import Drugs, find_drugs, listed_drugs
from pnetlib.datasets.genes import IDENTIFIERS, by_symbol
from pnetlib.datasets.lineage import line_key
from pnetlib.datasets.own_tables import LARGEST
from pnetlib.datasets.screens import AUC, IC50, SAME, Screens, assemble_screens, refuse_huge
from pnetlib.datasets.sheets import rows_of
from pnetlib.errors import (
    CorruptFileError,
    DataError,
    DuplicateError,
    MissingColumnError,
    MissingDrugError,
)
from pnetlib.execution.files import check_plain, opened
from pnetlib.execution.storage import digest
from pnetlib.words import agreed, counted, first_few

MOST_GENES, MOST_LINES = 1_000_000, 100_000  # rows of tables of expression and of cell lines
# A last field without a line end: 6. or - or 6e or 6.5e-
_CUT_NUMBER = re.compile(rb"\t *([+-]|[+-]?\d*\.|[+-]?[\d.]+[eE][+-]?)\Z")
_MOST_LN_IC50 = 100  # beyond it are codes for a missing value, such as -999
_NAMED = 5  # genes with repeated rows that are named one by one


def read_folder(
    place: Path, drugs: Drugs, *, source: str | None = None, expression: str | None = None
) -> Cohort:
    """Read the cohort from the official files in a folder.

    The folder must have expression, ``Cell_line_RMA_proc_basalExp.txt`` (or its zip, or the same by
    Ensembl id, ``sanger1018_brainarray_ensemblgene_rma.txt.gz``, with
    ``gene_identifiers_20191101.csv``), responses, ``GDSC1_fitted_dose_response_27Oct23.xlsx`` (or
    .csv), and ``Cell_Lines_Details.xlsx`` (or ``cell_lines.csv``). Files of other names are found by
    their columns.

    Parameters
    ----------
    place : Path
        The folder, or a file in it that is taken where there are several of its kind.
    drugs : mapping of str to int, str, or sequence of str or int
        As for `pnetlib.datasets.load_cohort`, which lists the errors too.
    source : str, default None
        Name of the source in the provenance; None means the name of the folder.
    expression : str, default None
        Name of the expression file; None means the first of those above that exists.
    """
    notes: list[str] = []
    files = source_of(place)
    folder = files.folder
    choices = (EXPRESSION, EXPRESSION_ZIP, ENSEMBL) if expression is None else (expression,)
    paths = {
        "expression": find(files, "expression", choices),
        "response": response_file(files),
        "annotation": find(files, "annotation", (DETAILS, CELL_LINES)),
    }
    is_ensembl = _is_ensembl(header_of(paths["expression"]))
    if is_ensembl:
        paths["genes"] = find(files, "genes", (IDENTIFIERS,))
    check = unchanged([check_plain(path) for path in paths.values()])
    if (screen := screen_of(paths["response"])) != "GDSC1":
        notes.append(f"The responses are those of {screen}, not of GDSC1 as in the paper.")
    if not isinstance(drugs, Mapping):
        chosen = find_drugs(drugs, drugs_in(paths["response"]), paths["response"].name, notes)
        drugs = dict(zip(chosen["label"], map(int, chosen["id"])))
    values = read_expression(paths["expression"], notes)
    if "genes" in paths:
        values = by_symbol(values, paths["genes"], notes)
    if dates := date_genes(values.columns):
        shown = first_few(f"{name} (probably {gene})" for name, gene in dates.items())
        notes.append(
            f"Genes of {paths['expression'].name} that a spreadsheet made dates keep these names: {shown}."
        )
    annotation = read_annotation(paths["annotation"], notes)
    response = read_response(paths["response"], drugs, notes, annotation)
    if not response.index.isin(values.index).any():
        raise DataError(
            f"{paths['response'].name} and {paths['expression'].name} have no cell line in common; "
            "check that both name cell lines by COSMIC id."
        )
    digests = {path.name: digest(path) for path in paths.values()}
    check()
    return assemble_cohort(
        values,
        response,
        annotation,
        {
            "source": source or f"folder {folder.resolve().name}",
            "simulated": False,
            "expression": "RMA, log2",
            "response": paths["response"].name,
            "files": digests,
            "handled": notes,
            "drugs": dict(drugs),
        },
    )


def read_screens(place: Path, cohort: Cohort) -> Screens:
    """Read the further screens of a cohort's drugs from the official response files in a folder.

    From the file of the response itself, mostly that of GDSC1, come the areas under the dose curves
    and further ids of the same name; from that of the other screen ln IC50 and areas. `place` is as
    for `read_folder`.
    """
    files = source_of(place)
    path = response_file(files)
    own = screen_of(path)
    other = _other(own)
    further = response_files(files.folder, other)
    found, handled = [], []
    if not further:
        name = SECOND if other == "GDSC2" else RESPONSE
        handled.append(
            f"The folder has no {name}.xlsx or other table of {other}, so there is no screen of {other}."
        )
    elif len(further) > 1:
        names = first_few(file.name for file in further)
        handled.append(
            f"The folder has {len(further)} tables of responses of {other}, {names}, and none was used "
            "as a further screen; keep one of them there."
        )
        further = []
    for file, screen in ((path, own), *((file, other) for file in further)):
        found += _screens_in(file, screen, cohort, handled, is_own=file == path)
    digests = {file.name: digest(file) for file in (path, *further)}
    return assemble_screens(cohort, found, {"files": digests, "handled": handled})


def _screens_in(
    path: Path, screen: str, cohort: Cohort, handled: list[str], *, is_own: bool
) -> list[tuple[dict[str, str], pd.Series]]:
    """Return the entries of a response file with the name or the id of a drug of the cohort."""
    own = {str(drug_id): drug for drug, drug_id in cohort.provenance["drugs"].items()}
    names = {drug.casefold(): drug for drug in own.values()}
    odd: dict[str, str] = {}
    rows: dict[tuple[str, str], list[tuple[int, str, Any, Any]]] = {}
    optional = ("DRUG_NAME", "LN_IC50", "AUC")
    needed = ("COSMIC_ID", "DRUG_ID")
    for place, (line, drug_id, name, value, area) in _one_screen(path, needed, optional, handled):
        drug_id, line = plain_id(drug_id, odd), plain_id(line, odd)
        drug = own.get(drug_id) if is_own else None
        drug = drug or names.get(name_of(name).casefold())
        if drug and line:
            rows.setdefault((drug, drug_id), []).append((place, line, value, area))
    say_odd(odd, path.name, handled)
    found = []
    for (drug, drug_id), measured in rows.items():
        table = pd.DataFrame(measured, columns=["place", "line", IC50, AUC]).set_index("place")
        if table["line"].duplicated().any():
            handled.append(f"{drug} {drug_id} of {path.name} has cell lines twice; left out.")
            continue
        for measure, column in ((IC50, "LN_IC50"), (AUC, "AUC")):
            values = _numbers(table[measure], column, path).set_axis(table["line"])
            response = is_own and measure == IC50 and drug_id in own
            if values.notna().any() and not response:
                entry = {"drug": drug, "screen": screen, "measure": measure, "id": drug_id}
                found.append((entry | {"laboratory": SAME}, values))
    return found


def list_folder(place: Path) -> pd.DataFrame:
    """Return the table of `pnetlib.datasets.list_drugs` for the responses of a folder or file."""
    return drugs_in(response_file(source_of(place)))


def drugs_in(path: Path) -> pd.DataFrame:
    """Return the table of `pnetlib.datasets.list_drugs` for a response file."""
    found: dict[str, tuple[int, str, array, Any]] = {}
    optional = ("DRUG_NAME", "PATHWAY_NAME", "LN_IC50")
    for place, (drug_id, name, pathway, value) in _one_screen(path, ("DRUG_ID",), optional, []):
        drug_id = plain_id(drug_id, {})
        if drug_id not in found:
            if not drug_id.isdecimal():
                raise DataError(
                    f"DRUG_ID in row {place} of {path.name} is {drug_id!r}, not a whole number; "
                    "correct it."
                )
            name = drug_id if name is None else name_of(name)
            found[drug_id] = int(drug_id), name, array("d"), pathway
        found[drug_id][2].append(math.nan if value is None else number(str(value)))
    ids, names, values, pathways = zip(*found.values()) if found else ([], [], [], [])
    numbers = [pd.Series(np.array(x)) for x in values]
    return listed_drugs(ids, names, numbers, pathways)


def read_expression(path: Path, handled: list[str]) -> pd.DataFrame:
    """Read expression as cell lines x genes from a text file, or its zip or gzip.

    Its columns are named ``DATA.<COSMIC id>``, or by the id alone in the file by Ensembl id. The
    result has COSMIC ids as index, and as columns the gene symbols (Ensembl ids from that file).
    `handled`, here and below, gets a sentence for every correction.
    """
    header = header_of(path, handled)
    symbol, prefix = ("ensembl_gene", "") if _is_ensembl(header) else ("GENE_SYMBOLS", "DATA.")
    if header.count(symbol) > 1:
        raise DuplicateError(f"{path.name} has the column {symbol} twice; keep one.")
    if symbol not in header:
        raise MissingColumnError(
            f"{path.name} has no column {symbol} in its first line; put the official file there."
        )
    lines, odd = {}, {}
    for at, column in enumerate(header):
        if column.startswith(prefix) and LINE.fullmatch(column.removeprefix(prefix)):
            line, point, second = column.removeprefix(prefix).partition(".")
            lines[at] = plain_id(line, odd) + point + second
    say_odd(odd, path.name, handled)
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
    places = _places(path, len(header))
    if not places:
        raise CorruptFileError(f"{path.name} has no row below its header; fetch it again.")
    table = _read_values(path, header, header.index(symbol), list(lines), places)
    genes = _symbols(table.pop(header.index(symbol)), path, handled)
    if symbol in genes:  # of ids alone, a header further down would be numbers
        place = places[genes.get_indexer_for([symbol])[0]]
        raise CorruptFileError(
            f"Row {place} of {path.name} is a header again; remove it or fetch the file again."
        )
    values = table.to_numpy().T
    values, cell_lines = _one_column_per_line(list(lines.values()), values, handled)
    values, genes = _one_row_per_gene(path, genes, values, places, handled)
    return pd.DataFrame(values, index=cell_lines, columns=genes)


def _symbols(texts: pd.Series, path: Path, handled: list[str]) -> pd.Index:
    """Return symbols without quotes around them and characters that are not shown."""
    genes = texts.str.strip()
    plain = genes.map(_plain_symbol)
    if (changed := plain != genes).any():
        handled.append(
            f"{counted(int(changed.sum()), 'gene symbol')} of {path.name} taken without surrounding "
            f"quotes or characters that are not shown: {first_few(plain[changed])}."
        )
    return pd.Index(plain)


def _plain_symbol(text: str) -> str:
    text = plain_name(text)
    is_quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1].strip() if is_quoted else text


def read_response(
    path: Path, drugs: Mapping[str, int], handled: list[str], annotation: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Read ln IC50 as cell lines x drugs, chosen by DRUG_ID since names are not unique.

    Names that contradict the ids, or those in a table of `read_annotation`, are reported.
    """
    wanted = {str(drug_id) for drug_id in drugs.values()}
    seen: dict[str, str] = {}
    odd: dict[str, str] = {}
    rows = []
    names = ("DRUG_NAME", "CELL_LINE_NAME")
    for place, cells in _one_screen(path, RESPONSE_COLUMNS, names, handled):
        line, drug_id, value, *named = cells
        drug_id = plain_id(drug_id, odd)
        drug_name, line_name = ("" if name is None else name_of(name) for name in named)
        seen.setdefault(drug_id, drug_name)
        if drug_id in wanted:
            rows.append(
                (place, _line_id(line, place, path, odd), drug_id, value, drug_name, line_name)
            )
    say_odd(odd, path.name, handled)
    _check_drugs(path, drugs, seen, handled)
    columns = ["place", "line", "drug", "value", "drug_name", "line_name"]
    table = pd.DataFrame(rows, columns=columns)
    _say_drug_names(table, path, handled)
    _say_line_names(table, annotation, path, handled)
    table["value"] = _numbers(table.set_index("place")["value"], "LN_IC50", path).to_numpy()
    bare = table["line"].eq("") | table["value"].isna()
    if bare.any():
        handled.append(
            f"{counted(bare.sum(), 'row')} of {path.name} without COSMIC_ID or LN_IC50 left out."
        )
        table = table[~bare]
    table = table[["place", "line", "drug", "value"]]
    table = _once(table, ["line", "drug"], path, handled, "measurement of cell line")
    wide = table.pivot(index="line", columns="drug", values="value").rename_axis(index=None)
    return wide.reindex(columns=list(map(str, drugs.values()))).set_axis(list(drugs), axis=1)


def _one_screen(
    path: Path, columns: Sequence[str], optional: Sequence[str], handled: list[str]
) -> Iterator[tuple[int, list[Any]]]:
    """Yield what `rows_of` does; refuse a row of another screen than those before it."""
    first: tuple[int, str] | None = None
    for place, (*cells, dataset) in rows_of(path, columns, (*optional, "DATASET"), handled):
        screen = str(dataset).strip().upper()
        if screen in SCREENS:
            if first is None:
                first = place, screen
                _check_name(path, place, screen, handled)
            if screen != first[1]:
                raise DataError(
                    f"DATASET in row {place} of {path.name} is {screen} and in row {first[0]} {first[1]}; "
                    "put each screen into a file of its own."
                )
        yield place, cells


def _other(screen: str) -> str:
    return SCREENS[1 - SCREENS.index(screen)]


def _check_name(path: Path, place: int, screen: str, handled: list[str]) -> None:
    """Refuse an official name of the other screen than DATASET; report another name that has it."""
    name, other = path.name.upper(), _other(screen)
    if other not in name or screen in name:
        return
    if path.stem in (RESPONSE, SECOND):
        raise DataError(
            f"DATASET in row {place} of {path.name} is {screen}, but the name says {other}; rename the file "
            "or fetch it again."
        )
    handled.append(
        f"DATASET of {path.name} is {screen}, which counts, though its name says {other}."
    )


def _check_drugs(
    path: Path, drugs: Mapping[str, int], seen: Mapping[str, str], handled: list[str]
) -> None:
    """Refuse an id that a file lacks, and report one that it has under another name."""
    for drug, drug_id in drugs.items():
        if str(drug_id) not in seen:
            same = [id for id, name in seen.items() if name == drug]
            hint = f"it has {drug} as {' and '.join(same)}" if same else "check the id"
            raise MissingDrugError(
                f"{path.name} has no drug {drug} with DRUG_ID {drug_id}; {hint}."
            )
        if seen[str(drug_id)] and seen[str(drug_id)].casefold() != drug.casefold():
            handled.append(f"DRUG_ID {drug_id}, here {drug}, is {seen[str(drug_id)]} in the file.")


def _names(
    table: pd.DataFrame, key: str, name: str, plain: Callable[[str], str]
) -> dict[str, dict[str, str]]:
    """Return the names of each id, by what `plain` makes of them, as they are first spelt."""
    found: dict[str, dict[str, str]] = {}
    for label, spelt in table[[key, name]].drop_duplicates().itertuples(index=False):
        if not is_blank(spelt) and label:
            found.setdefault(label, {}).setdefault(plain(spelt), spelt)
    return found


def _say_drug_names(table: pd.DataFrame, path: Path, handled: list[str]) -> None:
    """Report ids of drugs with several names, which differ in more than case and punctuation."""

    def letters(name: str) -> str:
        return "".join(filter(str.isalnum, name.casefold()))

    for drug_id, names in _names(table, "drug", "drug_name", letters).items():
        if len(names) > 1:
            handled.append(
                f"DRUG_ID {drug_id} has {len(names)} names in {path.name}, {first_few(names.values())}; "
                "they count as one drug."
            )


def _say_line_names(
    table: pd.DataFrame, annotation: pd.DataFrame | None, path: Path, handled: list[str]
) -> None:
    """Report COSMIC ids with several names, and with the name of another cell line."""
    names = _names(table, "line", "line_name", line_key)
    own = {} if annotation is None else annotation["cell_line"].map(line_key).to_dict()
    owner = {key: line for line, key in own.items() if key}
    several = [
        f"{line} ({first_few(spelt.values())})" for line, spelt in names.items() if len(spelt) > 1
    ]
    others = [
        f"{line} ({name}, which is {owner[key]})"
        for line, spelt in names.items()
        for key, name in spelt.items()
        if key in owner and key != own.get(line)
    ]
    for found, what in (
        (several, "names of several cell lines"),
        (others, "the name of another cell line in the annotation"),
    ):
        if found:
            handled.append(
                f"{counted(len(found), 'COSMIC id')} of {path.name} {agreed(len(found), 'has', 'have')} "
                f"{what}, and the id counts: {first_few(found)}."
            )


def _numbers(cells: pd.Series, column: str, path: Path) -> pd.Series:
    """Return responses as float64, NaN for blank cells; the index of `cells` is the number of the row."""
    blank = cells.map(is_blank).astype(bool)
    # A spreadsheet's TRUE is no number, though pandas takes it as 1.
    no_number = blank | cells.map(lambda cell: isinstance(cell, bool)).astype(bool)
    values = pd.to_numeric(cells.mask(no_number), errors="coerce")
    wrong = values.isna() & ~blank | ~np.isfinite(values.fillna(0.0))
    for place, cell in cells[wrong].items():
        raise DataError(
            f"{column} in row {place} of {path.name} is {cell!r}, not a number; correct it or leave it "
            "blank."
        )
    refuse_huge(values, column, path)
    most = _MOST_LN_IC50 if column == "LN_IC50" else math.inf
    for place, value in values[values.abs() > most].items():
        raise DataError(
            f"{column} in row {place} of {path.name} is {value:g}, too far from 0 for the logarithm of a concentration; "
            "correct it or leave it blank."
        )
    return values.astype(float)


def read_annotation(path: Path, handled: list[str]) -> pd.DataFrame:
    """Read name, tissue (GDSC tissue descriptor 1) and TCGA label of the cell lines."""
    rows, odd = [], {}
    for place, (line, *labels) in rows_of(path, _annotation_columns(path), said=handled):
        rows.append(
            (place, plain_id(line, odd), *("" if _unknown(x) else name_of(x) for x in labels))
        )
        if len(rows) > MOST_LINES:
            raise _too_many(path, "cell lines", MOST_LINES)
    say_odd(odd, path.name, handled)
    table = pd.DataFrame(rows, columns=["place", "line", "cell_line", "tissue", "tcga"])
    known = table["line"].str.fullmatch(r"\d+")
    if not known.all():
        handled.append(
            f"{counted((~known).sum(), 'row')} of {path.name} without a COSMIC id left out."
        )
    table = _once(table[known], ["line"], path, handled, "cell line")
    return table.drop(columns="place").set_index("line")


def name_of(cell: Any) -> str:
    """Return the name of a drug or cell line as text; a spreadsheet keeps a name of digits as a number."""
    return whole_number(cell) if isinstance(cell, float) else plain_name(str(cell).strip())


def _line_id(cell: Any, place: int, path: Path, odd: dict[str, str]) -> str:
    """Return the COSMIC id in a cell, "" if it is blank; raise `DataError` for anything else."""
    line = plain_id(cell, odd)
    if line and not line.isdecimal():
        raise DataError(
            f"COSMIC_ID in row {place} of {path.name} is {str(cell)!r}, not a whole number; correct it "
            "or leave it blank."
        )
    return line


def _too_many(path: Path, what: str, most: int) -> CorruptFileError:
    return CorruptFileError(
        f"{path.name} has more rows than the {most:,} {what} it may have; put the official file there."
    )


def _unknown(label: Any) -> bool:
    return label is None or str(label).strip().casefold() in UNKNOWN


def _annotation_columns(path: Path) -> Sequence[str]:
    """Return the columns of a table of cell lines: by its name, else those that it has."""
    if path.name in ANNOTATION_COLUMNS:
        return ANNOTATION_COLUMNS[path.name]
    *others, last = ANNOTATION_COLUMNS.values()
    for columns in others:
        try:
            next(rows_of(path, columns), None)
        except MissingColumnError:
            continue
        return columns
    return last


def _is_ensembl(header: Sequence[str]) -> bool:
    return "ensembl_gene" in header and "GENE_SYMBOLS" not in header


def _places(path: Path, width: int) -> array:
    """Return the numbers of the rows below the header that are not blank, as a spreadsheet counts.

    A row with more fields than the header, or fewer, is refused: its values would be read one column
    off. So is a file that ends within a number. Blank fields at the end of a row are no values; `_read_values` drops them.
    """
    places, short, last = array("l"), 0, b""
    with opened(path, (EXPRESSION,)) as file:
        for place, line in enumerate(file, 1):
            last = line
            line = line.rstrip(b"\r\n")
            if place == 1 or not line.strip(b" "):
                continue
            if short:
                raise CorruptFileError(
                    f"Row {short} of {path.name} ends early; fetch the file again."
                )
            fields = line.rstrip(b"\t").count(b"\t") + 1
            if fields > width:
                raise CorruptFileError(
                    f"Row {place} of {path.name} has {counted(fields, 'field')} and the header {width}; "
                    "correct the row or fetch the file again."
                )
            if line.count(b"\t") + 1 < width:
                short = place
            if b"\0" in line or b"\r" in line:
                raise CorruptFileError(
                    f"Row {place} of {path.name} has a character that ends a text or a line within; "
                    "fetch the file again."
                )
            places.append(place)
            if len(places) > MOST_GENES:
                raise _too_many(path, "genes", MOST_GENES)
    if short or _CUT_NUMBER.search(last):
        raise CorruptFileError(
            f"{path.name} is truncated: it ends within row {short or places[-1]}; fetch it again."
        )
    return places


def _read_values(
    path: Path, header: list[str], symbol: int, cells: list[int], places: Sequence[int]
) -> pd.DataFrame:
    """Parse the rows below the header, with columns by position and the symbols as text."""
    layout: dict[str, Any] = {"sep": "\t", "header": None, "skiprows": 1, "encoding": "utf-8"}
    layout |= {"names": range(len(header)), "usecols": [symbol, *cells], "index_col": False}
    layout |= {"quoting": csv.QUOTE_NONE, "keep_default_na": False, "low_memory": False}
    try:
        with opened(path, (EXPRESSION,)) as file:
            types: dict[int, Any] = dict.fromkeys(cells, np.float64) | {symbol: str}
            table = pd.read_csv(file, dtype=types, **layout)
    except (IndexError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise CorruptFileError(
            f"{path.name} is not a complete table ({error}); fetch it again."
        ) from error
    except ValueError as error:
        raise _wrong_value(path, header, symbol, cells) from error
    if len(table) != len(places):
        raise CorruptFileError(
            f"{path.name} has {len(places):,} rows, of which {len(table):,} could be read; fetch it again."
        )
    values = table[cells].to_numpy()
    # The two extremes need no copy of the table; NaN makes both NaN.
    if not (-LARGEST <= values.min() and values.max() <= LARGEST):
        raise _wrong_value(path, header, symbol, cells)
    # pandas reads a column of nothing but truth values as zeros and ones.
    truths = ((values == 0) | (values == 1)).all(axis=0)
    if truths.any() and (wrong := _first_wrong(path, header, symbol, cells)):
        raise wrong
    return table


def _wrong_value(path: Path, header: list[str], symbol: int, cells: Sequence[int]) -> DataError:
    """Return the error for a table that could not be read as numbers."""
    return _first_wrong(path, header, symbol, cells) or CorruptFileError(
        f"{path.name} cannot be read as a table of numbers; fetch it again."
    )


def _first_wrong(
    path: Path, header: list[str], symbol: int, cells: Sequence[int]
) -> DataError | None:
    """Return the error for the first value that is missing, not a number, or huge."""
    with opened(path, (EXPRESSION,)) as file:
        for place, line in enumerate(file, 1):
            fields = line.decode("utf-8", "replace").rstrip("\r\n").split("\t")
            if place == 1 or not line.strip():
                continue
            for at in cells:
                text = fields[at] if at < len(fields) else ""
                value = abs(number(text))
                if not value <= LARGEST:
                    what = repr(text) if text else "blank"
                    if math.isfinite(value):
                        what += ", too large for a measurement"
                    gene = fields[symbol] if symbol < len(fields) else "?"
                    return DataError(
                        f"The expression of {gene} (row {place}, column {header[at]}) in {path.name} "
                        f"is {what}; replace it with a number."
                    )
    return None


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
    path: Path, genes: pd.Index, values: np.ndarray, places: Sequence[int], handled: list[str]
) -> tuple[np.ndarray, pd.Index]:
    """Drop rows without a symbol and repeated rows; refuse a gene with two sets of values."""
    blank = genes == ""
    if blank.any():
        handled.append(
            f"{counted(blank.sum(), 'row')} of {path.name} without a gene symbol left out."
        )
    wanted = ~blank
    repeated = np.flatnonzero(genes.duplicated(keep=False) & wanted)
    groups = pd.Series(repeated).groupby(genes[repeated], sort=False)
    for number_of, (gene, (first, *others)) in enumerate(groups):
        if any((values[:, at] != values[:, first]).any() for at in others):
            raise DuplicateError(
                f"The gene {gene} appears {len(others) + 1} times in {path.name} (rows "
                f"{', '.join(str(places[at]) for at in (first, *others))}) with different values; keep "
                "one of them."
            )
        wanted[others] = False
        if number_of < _NAMED:
            handled.append(f"The gene {gene} has {len(others) + 1} identical rows; one was used.")
    if (more := len(groups) - _NAMED) > 0:
        handled.append(f"{counted(more, 'further gene')} of identical rows; one of each was used.")
    return values[:, wanted], genes[wanted]


def _once(
    table: pd.DataFrame, key: list[str], path: Path, handled: list[str], what: str
) -> pd.DataFrame:
    """Drop repeated rows, whatever their number ``place``; refuse a key with two different rows."""
    repeated = table.duplicated(list(table.columns.drop("place")))
    if repeated.any():
        repeats = counted(repeated.sum(), "repeated row")
        handled.append(f"{repeats} of {path.name} left out.")
        table = table[~repeated]
    for place, *labels in table.loc[table.duplicated(key), ["place", *key]].itertuples(index=False):
        first = table["place"][table[key].eq(labels).all(axis=1)].iloc[0]
        raise DuplicateError(
            f"The {what} {' by drug '.join(labels)} appears more than once in {path.name}, in rows "
            f"{first} and {place} with different values; keep one of them."
        )
    return table
