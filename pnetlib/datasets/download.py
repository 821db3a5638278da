"""The source ``gdsc-official``: the official GDSC files, downloaded once into a cache folder."""

from __future__ import annotations

import logging
import os
import tempfile
import time
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pnetlib.datasets.candidates import DETAILS, ENSEMBL, EXPRESSION_ZIP
from pnetlib.datasets.cohort import Cohort
from pnetlib.datasets.drugs import Drugs
from pnetlib.datasets.gdsc_official import list_folder, read_folder
from pnetlib.datasets.genes import IDENTIFIERS
from pnetlib.errors import DataError, DownloadError, SetupError
from pnetlib.execution.files import BROKEN, check_archive, chunks, opened
from pnetlib.execution.storage import digest, given_path, put_in_place

CACHE_VARIABLE = "PNETLIB_CACHE"
_INSTEAD = "put the official files into a folder and give it as the source, or use the source gdsc"
_log = logging.getLogger(__name__)


# The only places that anything is downloaded from, also where an answer leads elsewhere.
HOSTS = ("cog.sanger.ac.uk", "ctd2-data.nci.nih.gov", "ftp.sanger.ac.uk", "www.cancerrxgene.org")
LARGEST = 1 << 30  # bytes of one file
PATIENCE = 60  # seconds without an answer or a further byte
LONGEST = 3600  # seconds for one file


class OfficialFile(NamedTuple):
    """A file to download: its name, its addresses, and its SHA-256 if known."""

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
# Tried in turn: by gene symbol, or else the same numbers by Ensembl id with the table of symbols.
EXPRESSION_FILES = (
    (OfficialFile(EXPRESSION_ZIP, (f"{_PORTAL}/{_EXPRESSION}", f"{_PORTAL}//{_EXPRESSION}")),),
    (
        OfficialFile(ENSEMBL, (f"{_ARCHIVE}/{ENSEMBL}",)),
        OfficialFile(IDENTIFIERS, (f"{_PASSPORTS}/{IDENTIFIERS}",)),
    ),
)


def cache_folder(cache: str | Path | None = None) -> Path:
    """Return the folder for fetched files, and make it if needed.

    None means the folder named by the environment variable PNETLIB_CACHE, or else the cache folder
    of the platform.
    """
    pooch = _pooch()
    folder = given_path(
        str(cache or os.environ.get(CACHE_VARIABLE) or pooch.os_cache("pnetlib")), CACHE_VARIABLE
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"The cache folder {folder} cannot be made ({error.strerror}); set {CACHE_VARIABLE} to "
            "a writable folder."
        ) from error
    return folder


def load_official(
    drugs: Drugs,
    cache: str | Path | None = None,
    files: Sequence[OfficialFile] = RESPONSE_FILES,
    expression: Sequence[Sequence[OfficialFile]] = EXPRESSION_FILES,
) -> Cohort:
    """Download the official files unless they are in the cache, and read them.

    All of `files` are needed; `expression` has sets of files that are tried in turn until one set
    is complete. `drugs` and `cache` are as for `pnetlib.datasets.load_cohort`.
    """
    folder = cache_folder(cache) / "official"
    for file in files:
        fetch_file(file, folder)
    chosen = _fetch_one_of(expression, folder)
    return read_folder(folder, drugs, source="gdsc-official", expression=chosen[0].name)


def list_official(
    cache: str | Path | None = None, file: OfficialFile = RESPONSE_FILES[0]
) -> pd.DataFrame:
    """Return the table of `pnetlib.datasets.list_drugs` for the official response file."""
    folder = cache_folder(cache) / "official"
    fetch_file(file, folder)
    return list_folder(folder)


def _fetch_one_of(
    choices: Sequence[Sequence[OfficialFile]], folder: Path
) -> Sequence[OfficialFile]:
    """Return the first set of files that is complete, or else the first that can be downloaded."""
    for choice in choices:
        if all((folder / file.name).is_file() for file in choice):
            return choice
    failures = []
    for choice in choices:
        try:
            for file in choice:
                fetch_file(file, folder)
            return choice
        except DownloadError as error:
            failures.append(str(error))
    raise DownloadError(" ".join(failures))


def fetch_file(file: OfficialFile, folder: Path) -> Path:
    """Return the path of a file in a folder, downloaded from the first address that delivers it.

    A file with another SHA-256 than the known one is downloaded again. A download without a known
    SHA-256 is stored only if it is complete and of the right type. An interrupted download leaves
    nothing behind. If no address delivers the file, a `DownloadError` gives the answer of each.
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
        warnings.simplefilter("ignore")  # its progress bars want notebook widgets
        import pooch
    return pooch


class _TooMuchError(Exception):
    """What an address sends is larger, or takes longer, than any of the files."""


def _session():
    """Return a session that knows https to the listed hosts alone; redirects use it too."""
    import requests

    session = requests.Session()
    session.adapters.clear()
    for host in HOSTS:
        session.mount(f"https://{host}/", requests.adapters.HTTPAdapter())
    return session


def _fetch(address: str, target: str, pooch) -> None:
    """Write what an address sends to a file, within limits; called by pooch."""
    import requests

    ended = time.monotonic() + LONGEST
    with _session() as session, open(target, "wb") as file:
        response = session.get(address, stream=True, timeout=PATIENCE)
        response.raise_for_status()
        expected = response.headers.get("Content-Length", "")
        expected = int(expected) if expected.isdecimal() else None
        if expected is not None and expected > LARGEST:
            raise _TooMuchError
        size = 0
        for part in response.iter_content(1 << 20):
            size += len(part)
            if size > LARGEST or time.monotonic() > ended:
                raise _TooMuchError
            file.write(part)
        packed = response.headers.get("Content-Encoding")
        if expected is not None and not packed and size < expected:
            raise requests.exceptions.ChunkedEncodingError


def _download(address: str, file: OfficialFile, folder: Path) -> str | None:
    """Download a file; return None, or in a few words what went wrong."""
    import requests

    pooch = _pooch()
    pooch.get_logger().setLevel("WARNING")
    try:
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as work:
            path = pooch.retrieve(
                address, file.sha256, fname=file.name, path=work, downloader=_fetch
            )
            if not _is_whole(Path(path)):
                return "it sent another file or a damaged one"
            put_in_place(Path(path), folder / file.name)
    except requests.HTTPError as error:
        return f"HTTP {error.response.status_code}"
    except requests.exceptions.InvalidSchema:
        return f"not https to one of {', '.join(HOSTS)}, or it leads elsewhere"
    except _TooMuchError:
        return f"more than {LARGEST >> 20:,} MB, or too slow"
    except (requests.ConnectionError, requests.Timeout):
        return "no answer: is there a network?"
    except requests.RequestException as error:
        return f"interrupted: {type(error).__name__}"
    except ValueError:
        return "its SHA-256 is not the expected one"
    except OSError as error:
        raise SetupError(
            f"{folder / file.name} could not be written ({error.strerror}); set {CACHE_VARIABLE} "
            "to a writable folder with enough space."
        ) from error
    return None


def _is_whole(path: Path) -> bool:
    """Return whether an archive is undamaged or a csv begins with a header."""
    try:
        if path.suffix in (".zip", ".xlsx"):
            with zipfile.ZipFile(path) as archive:
                check_archive(path, archive)
                for info in archive.infolist():
                    for _ in chunks(path, archive, info):
                        pass
            return True
        if path.suffix == ".gz":
            with opened(path) as file:
                while file.read(1 << 20):
                    pass
            return True
        with open(path, "rb") as file:
            return b"," in file.readline()
    except (*BROKEN, DataError):
        return False
