"""Responses of another laboratory: CTRPv2 of the Broad Institute, matched to a cohort by name.

The response is the area under the dose curve: a larger area is a more resistant cell line. A cell
line may have several experiments; their areas are averaged.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pnetlib.datasets.cells import plain_id, say_odd
from pnetlib.datasets.cohort import Cohort
from pnetlib.datasets.delimited import read_delimited
from pnetlib.datasets.download import OfficialFile, cache_folder, fetch_file
from pnetlib.datasets.screens import AUC, OTHER, Screens, assemble_screens, by_name, refuse_huge
from pnetlib.errors import CorruptFileError, DataError, DownloadError, DuplicateError
from pnetlib.execution.files import BROKEN, check_archive, chunks
from pnetlib.execution.storage import digest, whole_file
from pnetlib.words import counted, first_few

SCREEN = "CTRPv2"
# The archive of the CTD2 Network. Its digest is not published, so that its content is checked alone.
ARCHIVE = OfficialFile(
    "CTRPv2.0_2015_ctd2_ExpandedDataset.zip",
    (
        "https://ctd2-data.nci.nih.gov/Public/Broad/CTRPv2.0_2015_ctd2_ExpandedDataset/"
        "CTRPv2.0_2015_ctd2_ExpandedDataset.zip",
    ),
)
LARGEST = 1 << 30  # bytes that one file of the archive may have


class Layout(NamedTuple):
    """How the tables of CTRPv2 are stored: files of the areas, of experiments, lines, compounds."""

    areas: tuple[str, ...]
    experiments: str
    lines: str
    compounds: str
    separator: str
    experiment: str  # column of the table of experiments


OFFICIAL = Layout(
    ("v20.data.curves_post_qc.txt",),
    "v20.meta.per_experiment.txt",
    "v20.meta.per_cell_line.txt",
    "v20.meta.per_compound.txt",
    "\t",
    "experiment_id",
)
PLAIN = Layout(
    ("AUC_1.csv", "AUC_2.csv"),
    "Experiment_info.csv",
    "cancer_cell_line_info.csv",
    "compound_info.csv",
    ",",
    "expt_id",
)
# Names of compounds in CTRPv2 that differ from those of GDSC in more than case and punctuation.
SYNONYMS = {"5fluorouracil": "fluorouracil", "mitomycinc": "mitomycin"}
SALTS = ("hydrochloride",)
TISSUES = ("cancer_type", "ccle_primary_site")  # columns that say where a cell line is from


def fetch_ctrp(cache: str | Path | None = None) -> Path:
    """Download the official archive unless it is in the cache, and return the folder of its tables.

    Raises
    ------
    DownloadError
        If it cannot be downloaded.
    CorruptFileError
        If the archive lacks a table, or one is too large.
    """
    folder = cache_folder(cache) / "ctrp"
    try:
        archive = fetch_file(ARCHIVE, folder)
    except DownloadError as error:
        raise DownloadError(
            f"{ARCHIVE.name} could not be downloaded from {ARCHIVE.addresses[0]}: put its tables "
            "into a folder and name that by responses=FOLDER."
        ) from error
    for name in _files(OFFICIAL):
        if not (folder / name).is_file():
            _extract(archive, name, folder)
    return folder


def _extract(archive: Path, name: str, folder: Path) -> None:
    """Write one file of an archive into a folder, whatever folder it has in the archive."""
    try:
        with zipfile.ZipFile(archive) as content:
            check_archive(archive, content)
            found = [info for info in content.infolist() if Path(info.filename).name == name]
            if len(found) != 1 or found[0].file_size > LARGEST:
                raise CorruptFileError(
                    f"{archive.name} does not contain one {name} of at most 1 GB; delete it and run "
                    "again."
                )
            with whole_file(folder / name) as partial, open(partial, "wb") as file:
                for part in chunks(archive, content, found[0]):
                    file.write(part)
    except BROKEN as error:
        raise CorruptFileError(
            f"{archive.name} is truncated or damaged ({error}); delete it and run again."
        ) from error


def _files(layout: Layout) -> tuple[str, ...]:
    return (*layout.areas, layout.experiments, layout.lines, layout.compounds)


def read_ctrp(folder: Path, cohort: Cohort) -> Screens:
    """Read the responses of CTRPv2 to the drugs of a cohort.

    Parameters
    ----------
    folder : Path
        With ``v20.data.curves_post_qc.txt`` and its three tables ``v20.meta.per_experiment.txt``,
        ``..._cell_line.txt`` and ``..._compound.txt``, or with the same as csv: ``AUC_1.csv``,
        ``AUC_2.csv``, ``Experiment_info.csv``, ``cancer_cell_line_info.csv`` and
        ``compound_info.csv``.
    cohort : Cohort
        Its cell lines, by name, and drugs.

    Returns
    -------
    Screens
        One screen per drug that CTRPv2 has; its ``matched`` lists every cell line of CTRPv2.

    Raises
    ------
    DataError
        If the folder has neither set of files, or a value is not a number or huge.
    MissingColumnError
        If a table lacks a column.
    CorruptFileError
        If a table cannot be read.
    """
    layout, handled = _layout(folder), []
    parts = [_area_table(folder / name, layout, handled) for name in layout.areas]
    areas = pd.concat(parts, ignore_index=True)
    key = ["experiment_id", "master_cpd_id"]
    areas = _once(areas, key, " and ".join(layout.areas), handled)
    columns = [layout.experiment, "master_ccl_id"]
    experiments = read_delimited(folder / layout.experiments, layout.separator, columns)
    experiments = _plain_ids(experiments, columns, layout.experiments, handled)
    lines = read_delimited(folder / layout.lines, layout.separator, ["master_ccl_id", "ccl_name"])
    lines = _plain_ids(lines, ["master_ccl_id"], layout.lines, handled)
    compounds = _compound_table(folder, layout, handled)
    tissue = next((column for column in TISSUES if column in lines), None)
    lines = _once(lines, ["master_ccl_id"], layout.lines, handled)
    named, matched = by_name(
        cohort, list(lines["ccl_name"]), None if tissue is None else list(lines[tissue])
    )
    line_of = lines.set_index("master_ccl_id")["ccl_name"].map(named)
    pairs = experiments[columns]
    blank = pairs.eq("").any(axis=1)
    if blank.any():
        rows = counted(int(blank.sum()), "row")
        handled.append(f"{rows} of {layout.experiments} without an id left out.")
    pairs = pairs[~blank].drop_duplicates()
    pairs = pairs.set_index(layout.experiment)["master_ccl_id"]
    unclear = pairs.index[pairs.index.duplicated()].unique()
    if len(unclear):
        handled.append(f"{counted(len(unclear), 'experiment')} on several cell lines left out.")
    pairs = pairs.drop(unclear)
    stray = pairs[~pairs.isin(lines["master_ccl_id"])]
    if len(stray):
        shown = first_few(f"{experiment} (line {line})" for experiment, line in stray.items())
        handled.append(
            f"{counted(len(stray), 'experiment')} on cell lines that {layout.lines} lacks left out: {shown}."
        )
    _say_lost(areas, experiments[layout.experiment], layout, handled)
    areas["line"] = areas["experiment_id"].map(pairs).map(line_of)
    known = areas.dropna(subset=["line", "area_under_curve"])
    handled.append(
        f"{counted(len(named), 'cell line')} of {len(matched)} of {SCREEN} matched by name."
    )
    wanted, found, lacking, repeated = _compounds(compounds), [], [], []
    for drug in cohort.response:
        ids = wanted.get(_compound_key(drug), [])
        rows = known[known["master_cpd_id"].isin(ids)]
        if rows.empty:
            lacking.append(drug)
            continue
        repeated.append(int(rows["line"].duplicated(False).sum()))
        values = rows.groupby("line")["area_under_curve"].mean()
        entry = {"drug": drug, "screen": SCREEN, "measure": AUC, "id": ", ".join(ids)}
        found.append((entry | {"laboratory": OTHER}, values))
    if any(repeated):
        handled.append(
            f"Experiments on the same cell line averaged: {min(repeated)} to {max(repeated)} of a drug."
        )
    if lacking:
        handled.append(f"{SCREEN} has no {first_few(lacking)}.")
    files = {name: digest(folder / name) for name in _files(layout)}
    return assemble_screens(cohort, found, {"files": files, "handled": handled}, matched)


def _say_lost(
    areas: pd.DataFrame, experiments: pd.Series, layout: Layout, handled: list[str]
) -> None:
    """Report areas of experiments that the table of experiments lacks, and blank ones."""
    unknown = ~areas["experiment_id"].isin(experiments)
    blank = areas["area_under_curve"].isna() & ~unknown
    for rows, what, rest in (
        (unknown, "area", f" of experiments that {layout.experiments} lacks"),
        (blank, "blank area", ""),
    ):
        if rows.any():
            shown = first_few(areas["experiment_id"][rows].unique())
            number = counted(int(rows.sum()), what)
            handled.append(f"{number}{rest} left out (experiment_id {shown}).")


def compound_names(folder: Path) -> set[str]:
    """Return the names of all compounds as `names_compound` compares them."""
    layout = _layout(folder)
    return set(_compounds(_compound_table(folder, layout, [])))


def names_compound(drug: str, names: set[str]) -> bool:
    """Return whether a drug of GDSC is among the names of `compound_names`."""
    return _compound_key(drug) in names


def _layout(folder: Path) -> Layout:
    lacking = {}
    for layout in (OFFICIAL, PLAIN):
        lacking[layout] = [name for name in _files(layout) if not (folder / name).is_file()]
        if not lacking[layout]:
            return layout
    nearest = min(lacking, key=lambda layout: len(lacking[layout]))
    raise DataError(
        f"The folder {folder} lacks {first_few(lacking[nearest])} of CTRPv2; put the file there."
    )


def _compound_table(folder: Path, layout: Layout, handled: list[str]) -> pd.DataFrame:
    columns = ["master_cpd_id", "cpd_name"]
    table = read_delimited(folder / layout.compounds, layout.separator, columns, others=False)
    table = _plain_ids(table, columns[:1], layout.compounds, handled)
    return _once(table, columns[:1], layout.compounds, handled)


def _area_table(path: Path, layout: Layout, handled: list[str]) -> pd.DataFrame:
    """Read the areas under the curves; a blank one is missing."""
    areas = "area_under_curve"
    columns = ["experiment_id", areas, "master_cpd_id"]
    table = read_delimited(path, layout.separator, columns, numbers=[areas], others=False)
    refuse_huge(table[areas], areas, path)
    return _plain_ids(table, columns[::2], path.name, handled)


def _plain_ids(
    table: pd.DataFrame, columns: list[str], name: str, handled: list[str]
) -> pd.DataFrame:
    """Return a table with ids as `plain_id` has them, so that those of two tables compare."""
    odd: dict[str, str] = {}
    plain = {column: [plain_id(cell, odd) for cell in table[column]] for column in columns}
    say_odd(odd, name, handled)
    return table.assign(**plain)


def _once(table: pd.DataFrame, key: list[str], name: str, handled: list[str]) -> pd.DataFrame:
    """Drop rows without an id and repeated rows; refuse ids with two different rows."""
    blank = table[key].eq("").any(axis=1)
    repeated = table.duplicated() & ~blank
    for rows, what in ((blank, "without an id"), (repeated, "repeated")):
        if rows.any():
            handled.append(f"{counted(int(rows.sum()), 'row')} of {name} {what} left out.")
    table = table[~blank & ~repeated]
    twice = table[table.duplicated(key, keep=False)]
    if len(twice):
        ids = ", ".join(f"{column} {twice[column].iloc[0]}" for column in key)
        raise DuplicateError(f"{name} has {ids} more than once with different values; keep one.")
    return table


def _compounds(compounds: pd.DataFrame) -> dict[str, list[str]]:
    """Return the ids of the compounds by the letters and digits of their names; no mixtures."""
    found: dict[str, list[str]] = {}
    for compound_id, name in zip(compounds["master_cpd_id"], compounds["cpd_name"], strict=True):
        if ":" not in name:
            found.setdefault(_compound_key(name), []).append(compound_id)
    return found


def _compound_key(name: str) -> str:
    words = [word for word in name.lower().split() if word not in SALTS]
    key = "".join(letter for letter in "".join(words) if letter.isalnum())
    return SYNONYMS.get(key, key)
