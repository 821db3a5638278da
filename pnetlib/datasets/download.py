"""The official GDSC files, downloaded once into a cache folder (the source ``gdsc-official``)."""

from __future__ import annotations

import gzip
import logging
import os
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pnetlib.datasets.gdsc_official import (
    BROKEN,
    DETAILS,
    ENSEMBL,
    EXPRESSION_ZIP,
    list_folder,
    read_folder,
)
from pnetlib.datasets.genes import IDENTIFIERS
from pnetlib.errors import DownloadError, SetupError
from pnetlib.execution.storage import digest

if TYPE_CHECKING:
    import pandas as pd

    from pnetlib.datasets.cohort import Cohort

CACHE_VARIABLE = "PNETLIB_CACHE"
_INSTEAD = "put the official files into a folder and give that as source, or use the source gdsc"
_log = logging.getLogger(__name__)


class OfficialFile(NamedTuple):
    """A file to download: its name, where it may be had, and its SHA-256 where that is known."""

    name: str
    addresses: Sequence[str]
    sha256: str | None = None


_RELEASE = "https://cog.sanger.ac.uk/cancerrxgene/GDSC_release8.5"
_PORTAL = "https://www.cancerrxgene.org/gdsc1000/GDSC1000_WebResources"
_EXPRESSION = "Data/preprocessed/Cell_line_RMA_proc_basalExp.txt.zip"
_PASSPORTS = "https://cog.sanger.ac.uk/cmp/download"
_ARCHIVE = "https://ftp.sanger.ac.uk/pub/project/cancerrxgene/releases/release-6.0"

RESPONSE_FILES = (
    OfficialFile(
        "GDSC1_fitted_dose_response_27Oct23.xlsx",
        (f"{_RELEASE}/GDSC1_fitted_dose_response_27Oct23.xlsx",),
        "837b0686500fde75179e490de08f034abd9f882d8b0253d637bafe83e156dafd",
    ),
    OfficialFile(
        DETAILS,
        (f"{_RELEASE}/Cell_Lines_Details.xlsx",),
        "5520e779d25469f864de9cc5d42b99bf9632bd346607c0ee6a9ebad7ece17ac3",
    ),
)
# In turn: by gene symbol, or else the same numbers by Ensembl id with the table of names.
EXPRESSION_FILES = (
    (OfficialFile(EXPRESSION_ZIP, (f"{_PORTAL}/{_EXPRESSION}", f"{_PORTAL}//{_EXPRESSION}")),),
    (
        OfficialFile(ENSEMBL, (f"{_ARCHIVE}/{ENSEMBL}",)),
        OfficialFile(IDENTIFIERS, (f"{_PASSPORTS}/{IDENTIFIERS}",)),
    ),
)


def cache_folder(cache: str | Path | None = None) -> Path:
    """Return the folder for fetched files, made where there is none.

    Parameters
    ----------
    cache : str or Path, optional
        The folder; else what PNETLIB_CACHE names, else the cache folder of the platform.

    Raises
    ------
    SetupError
        If the folder cannot be made.
    """
    pooch = _pooch()
    folder = Path(cache or os.environ.get(CACHE_VARIABLE) or pooch.os_cache("pnetlib"))
    folder = folder.expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"The cache folder {folder} cannot be made ({error.strerror}); set {CACHE_VARIABLE} to "
            "a folder that can be written."
        ) from error
    return folder


def load_official(
    drugs: Mapping[str, int] | str | Sequence[str | int],
    cache: str | Path | None = None,
    files: Sequence[OfficialFile] = RESPONSE_FILES,
    expression: Sequence[Sequence[OfficialFile]] = EXPRESSION_FILES,
) -> Cohort:
    """Download the official files where the cache lacks them, and read them.

    Parameters
    ----------
    drugs : mapping of str to int, or str or sequence of str or int
        As `pnetlib.datasets.gdsc_official.read_folder` takes them.
    cache : str or Path, optional
        As `cache_folder` takes it.
    files : sequence of OfficialFile
        Files that are all needed.
    expression : sequence of sequences of OfficialFile
        Sets of files with the expression, tried in turn until one set is complete.

    Raises
    ------
    DownloadError
        If a file cannot be had from any of its addresses.
    CorruptFileError
        If what was downloaded is not the file it should be.
    """
    folder = cache_folder(cache) / "official"
    for file in files:
        fetch(file, folder)
    chosen = _fetch_one_of(expression, folder)
    return read_folder(folder, drugs, source="gdsc-official", expression=chosen[0].name)


def list_official(
    cache: str | Path | None = None, file: OfficialFile = RESPONSE_FILES[0]
) -> pd.DataFrame:
    """Return id, name and lines of every drug in the official file of responses."""
    folder = cache_folder(cache) / "official"
    fetch(file, folder)
    return list_folder(folder)


def _fetch_one_of(
    choices: Sequence[Sequence[OfficialFile]], folder: Path
) -> Sequence[OfficialFile]:
    """Return the first set of files that is there already, or else that can be downloaded."""
    for choice in choices:
        if all((folder / file.name).is_file() for file in choice):
            return choice
    failures = []
    for choice in choices:
        try:
            for file in choice:
                fetch(file, folder)
            return choice
        except DownloadError as error:
            failures.append(str(error))
    raise DownloadError(" ".join(failures))


def fetch(file: OfficialFile, folder: Path) -> Path:
    """Return the path of a file in a folder, downloaded from the first address that has it.

    A file of known checksum is downloaded again if it is not as it should be; one of unknown
    checksum is kept only if it is whole and of its kind. A download that is interrupted leaves
    nothing behind.

    Raises
    ------
    DownloadError
        If no address has it; the message names each with what it answered.
    """
    path = folder / file.name
    if path.is_file() and file.sha256 in (None, digest(path)):
        return path
    answers = []
    for address in file.addresses:
        _log.info("downloading %s", address)
        answer = _download(address, file, folder)
        if answer is None:
            return path
        answers.append(f"{address} ({answer})")
    raise DownloadError(
        f"{file.name} could not be downloaded from {', nor from '.join(answers)}: {_INSTEAD}."
    )


def _pooch():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its progress bars ask for notebook widgets
        import pooch
    return pooch


def _download(address: str, file: OfficialFile, folder: Path) -> str | None:
    """Download a file and return None, or return what went wrong in a few words."""
    import requests

    pooch = _pooch()
    pooch.get_logger().setLevel("WARNING")
    downloader = pooch.HTTPDownloader(
        progressbar=sys.stderr.isatty(), chunk_size=1 << 20, timeout=60
    )
    try:
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as work:
            path = pooch.retrieve(
                address, file.sha256, fname=file.name, path=work, downloader=downloader
            )
            if not _is_whole(Path(path)):
                return "what it sent is not that file"
            os.replace(path, folder / file.name)
    except requests.HTTPError as error:
        return f"HTTP {error.response.status_code}"
    except (requests.ConnectionError, requests.Timeout):
        return "no answer: is there a network?"
    except requests.RequestException as error:
        return f"broken off: {type(error).__name__}"
    except ValueError:
        return "its SHA-256 is not the one known"
    except OSError as error:
        raise SetupError(
            f"{folder / file.name} could not be written ({error.strerror}); set {CACHE_VARIABLE} "
            "to a folder with room."
        ) from error
    return None


def _is_whole(path: Path) -> bool:
    """Return whether an archive is undamaged, or a csv begins with a header."""
    try:
        if path.suffix in (".zip", ".xlsx"):
            with zipfile.ZipFile(path) as archive:
                return archive.testzip() is None
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                while file.read(1 << 20):
                    pass
            return True
        with open(path, "rb") as file:
            return b"," in file.readline()
    except BROKEN:
        return False
