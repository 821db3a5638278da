"""What a table says if nothing in it is guessed, written without the library that is tested.

Each function returns what a reader may return for a file, or None if it must refuse it. A reader may
always refuse more.
"""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence

from benchmarks.fuzz.mutations import Grid

Truth = dict[tuple, float | str] | None
BLANK = {"", "na", "n/a", "#n/a", "nan", "none", "null", "-", "<na>"}
LEAST = 20
UNKNOWN = BLANK | {"unclassified", "unable to classify", "unknown", "not available"}


def grid_of(
    content: bytes, separators: str, *, quotes: bool, utf16: bool = True, errors: str = "strict"
) -> Grid | None:
    """Return the rows of a text, all as long as its header; blank rows are left out."""
    if utf16 and content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        coding = "utf-16"
    else:
        coding = "utf-8-sig"
    try:
        text = content.decode(coding, errors)
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    first = text.split("\n", 1)[0]
    separator = max(separators, key=first.count)
    if quotes and separator in ",;\t":
        try:
            lines = io.StringIO(text, newline="")
            rows = list(csv.reader(iter(lines.readline, ""), delimiter=separator, strict=True))
        except csv.Error:
            return None
    else:
        lines = [line.rstrip("\r") for line in text.split("\n")]
        if any("\r" in line for line in lines):
            return None
        rows = [line.split(separator) for line in lines]
    return even(rows)


def even(rows: Grid, pad: bool = False) -> Grid | None:
    """Return rows without blank ones, cut or (of a sheet) filled to the width of the header."""
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return None
    header = list(rows[0])
    while header and not header[-1].strip():
        header.pop()
    found = [header]
    for row in rows[1:]:
        row = list(row)
        while len(row) > len(header) and not row[-1].strip():
            row.pop()
        if pad:
            row += [""] * (len(header) - len(row))
        if len(row) != len(header):
            return None
        found.append(row)
    return found


def number(text: str) -> float:
    text = text.strip()
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan


def whole(text: str) -> str:
    """Return an id as digits, or the text."""
    text = text.strip()
    if text.casefold() in BLANK:
        return ""
    if text.isdecimal():
        return text
    plain = text.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.0*)?", text) else text
    value = number(plain)
    return str(int(value)) if math.isfinite(value) and value == int(value) else text


def gdsc_id(text: str) -> str:
    """Return an id as `whole` does, in the digits 0 to 9 and without zeros in front."""
    text = whole(text)
    return str(int(text)) if text.isdecimal() else text


def symbol_of(text: str) -> str:
    """Return a symbol without quotes around it and characters that are not shown."""
    text = "".join(c for c in text.strip() if unicodedata.category(c) != "Cf").strip()
    return match[1].strip() if (match := re.fullmatch('"(.*)"', text)) else text


def put(found: dict, key: tuple, value: float | str) -> bool:
    """Store a value unless another one is there; return whether it was the same or new."""
    return found.setdefault(key, value) == value


def column(header: Sequence[str], *names: str) -> int | None:
    """Return the place of the one column of some names, spelt in any way."""
    spelt = [re.sub("[^a-z0-9]+", "_", " ".join(n.split()).casefold()).strip("_") for n in header]
    exact = [at for at, name in enumerate(header) if " ".join(name.split()) == names[0]]
    for places in (exact, *([k for k, s in enumerate(spelt) if s == name] for name in names[1:])):
        if places:
            return places[0] if len(places) == 1 else None
    return None


def expression(grid: Grid | None, symbol: str = "GENE_SYMBOLS", prefix: str = "DATA.") -> Truth:
    """Official expression: genes in rows, the first column of each cell line."""
    if grid is None:
        return None
    header = [name.strip(" ") for name in grid[0]]
    if header.count(symbol) != 1:
        return None
    lines: dict[str, int] = {}
    for at, name in enumerate(header):
        if name.startswith(prefix) and re.fullmatch(r"\d+(\.\d+)?", name.removeprefix(prefix)):
            line = name.removeprefix(prefix).partition(".")[0]
            lines.setdefault(gdsc_id(line), at)
    found: dict = {}
    for row in grid[1:]:
        gene = symbol_of(row[header.index(symbol)])
        if any("\udc80" <= letter <= "\udcff" for letter in gene):
            return None  # no text; a title, which nobody reads, may be none
        for line, at in lines.items():
            value = number(row[at])
            if not math.isfinite(value) or (gene and not put(found, (line, gene), value)):
                return None
    return found or None


def response(grid: Grid | None, wanted: Mapping[str, str]) -> Truth:
    """Official responses of some drugs (id to label), in any order of columns."""
    if grid is None:
        return None
    places = [
        column(grid[0], "COSMIC_ID", "cosmic_id", "cosmic_identifier"),
        column(grid[0], "DRUG_ID", "drug_id", "drug_identifier"),
        column(grid[0], "LN_IC50", "ln_ic50", "log_ic50"),
    ]
    if None in places:
        return None
    found: dict = {}
    for row in grid[1:]:
        line, drug, value = (row[at] for at in places)
        if gdsc_id(drug) not in wanted:
            continue
        line, blank = gdsc_id(line), value.strip().casefold() in BLANK
        if line and not line.isdecimal():
            return None
        if not blank and not math.isfinite(number(value)):
            return None
        if line and not blank and not put(found, (line, wanted[gdsc_id(drug)]), number(value)):
            return None
    return found


def annotation(grid: Grid | None) -> Truth:
    """Name, tissue and label of each cell line."""
    names = ("cosmic_id", "cell_line", "gdsc_tissue_1", "tcga_label")
    if grid is None or any(" ".join(n.split()) not in names for n in grid[0] if n in names):
        return None
    header = [" ".join(name.split()) for name in grid[0]]
    if any(header.count(name) != 1 for name in names):
        return None
    found: dict = {}
    for row in grid[1:]:
        line, *labels = (row[header.index(name)] for name in names)
        if re.fullmatch(r"\d+", gdsc_id(line)):
            for name, label in zip(names[1:], labels):
                label = label.strip()
                label = "" if label.casefold() in UNKNOWN else label
                if not put(found, (gdsc_id(line), name), label):
                    return None
    return found


def _own_names(grid: Grid) -> tuple[list[str], list[str]]:
    return grid[0][1:], [row[0] for row in grid[1:]]


def own(grid: Grid | None) -> Truth:
    """A table of one's own: cell lines in rows, genes in columns, each name once."""
    if grid is None:
        return None
    genes, lines = ([" ".join(name.split()) for name in names] for names in _own_names(grid))
    if "" in genes + lines or len({*genes}) < len(genes) or len({*lines}) < len(lines):
        return None
    cells = [row[1:] for row in grid[1:]]
    if any("," in cell for row in cells for cell in row):
        if any("." in cell for row in cells for cell in row):
            return None
        cells = [[cell.replace(",", ".") for cell in row] for row in cells]
    found = {}
    for line, row in zip(lines, cells):
        for gene, cell in zip(genes, row):
            found[line, gene] = number(cell)
            if not math.isfinite(found[line, gene]):
                return None
    return found


def regulons(grid: Grid | None) -> Truth:
    """Sign of each pair of transcription factor and target; a repeated pair has its first sign."""
    known = {"tf": "tf", "regulator": "tf", "source": "tf", "target": "target", "gene": "target"}
    known |= {"sign": "sign", "mor": "sign", "weight": "sign"}
    if grid is None:
        return None
    header = [known.get(name.strip().casefold(), "") for name in grid[0]]
    if any(header.count(name) != 1 for name in ("tf", "target", "sign")):
        return None
    found: dict = {}
    for row in grid[1:]:
        tf, target, sign = (row[header.index(name)].strip() for name in ("tf", "target", "sign"))
        value = number(sign)
        if not tf or not target or not math.isfinite(value) or value == 0:
            return None
        if tf != target and not put(found, (tf, target), math.copysign(1.0, value)):
            return None
    return found


def names(content: bytes) -> Truth:
    """One gene per line."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return None
    found = [line.strip() for line in lines if line.strip()]
    if any(re.search(r"[,;\t ]", name) or not name.isprintable() for name in found):
        return None
    return {(name,): "" for name in found} or None


def market(content: bytes, genes: bytes) -> Truth:
    """Coefficients of a Matrix Market file by the names of a file of genes."""
    try:
        lines = re.sub("\r\n?", "\n", content.decode()).split("\n")
        known = genes.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return None
    rows = [line.split() for line in lines if line.strip() and not line.startswith("%")]
    found: dict = {}
    try:
        sizes = [int(size) for size in rows[0]]
        if (
            len(sizes) != 3
            or sizes[:2] != [len(known)] * 2
            or len({*known}) < len(known)
            or "" in known
        ):
            return None
        for i, j, value in rows[1:]:
            key = known[int(i) - 1], known[int(j) - 1]
            if min(int(i), int(j)) < 1 or key in found or not math.isfinite(number(value)):
                return None
            found[key] = number(value)
    except (ValueError, IndexError):
        return None
    return found if len(found) == sizes[2] else None


def ctrp(
    tables: Mapping[str, Grid | None], drugs: Mapping[str, str], lines: Sequence[str]
) -> Truth:
    """Mean area of each cell line and drug; `drugs` maps names of compounds to those of the cohort."""
    columns = {
        "areas": ("experiment_id", "area_under_curve", "master_cpd_id"),
        "experiments": ("experiment_id", "master_ccl_id"),
        "lines": ("master_ccl_id", "ccl_name"),
        "compounds": ("master_cpd_id", "cpd_name"),
    }
    parts: dict[str, list[tuple[str, ...]]] = {}
    for kind, wanted in columns.items():
        grid = tables[kind]
        header = [] if grid is None else [name.strip() for name in grid[0]]
        if any(header.count(name) != 1 for name in wanted):
            return None
        parts[kind] = [tuple(row[header.index(name)] for name in wanted) for row in grid[1:]]
    own: dict = {}
    for line, name in parts["lines"]:
        if whole(line) and not put(own, (whole(line),), name):
            return None
    keys = [re.sub("[^A-Z0-9]", "", name.upper()).removeprefix("NCI") for name in own.values()]
    compound: dict = {}
    for compound_id, name in parts["compounds"]:
        if whole(compound_id) and not put(compound, (whole(compound_id),), name):
            return None
    of: dict[str, set[str]] = {}
    for experiment, line in parts["experiments"]:
        if whole(experiment) and whole(line):
            of.setdefault(whole(experiment), set()).add(whole(line))
    areas: dict = {}
    for experiment, area, compound_id in parts["areas"]:
        blank = area.strip().casefold() in BLANK
        value = math.nan if blank else number(area)
        if not blank and not math.isfinite(value):
            return None
        key = whole(experiment), whole(compound_id)
        if all(key) and not blank and not put(areas, key, value):
            return None
    found: dict = {}
    for (experiment, compound_id), value in areas.items():
        on = of.get(experiment, set())
        name = own.get((next(iter(on)),), "") if len(on) == 1 else ""
        key = re.sub("[^A-Z0-9]", "", name.upper()).removeprefix("NCI")
        drug = drugs.get(re.sub("[^a-z0-9]", "", compound.get((compound_id,), "").lower()))
        if key in lines and drug and keys.count(key) == 1:  # of one line under two names, none
            found.setdefault((key, drug), []).append(value)
    measured = [drug for _, drug in found]  # screens of fewer lines are left out in a sentence
    return {
        key: sum(values) / len(values)
        for key, values in found.items()
        if measured.count(key[1]) >= LEAST
    }
