"""Compiled kernels kept between runs without two runs ever writing to one cache.

Numba's cache names its files by counting: two processes that compile at once can leave an index
that points at the other's code, and so can one that is killed. So each process that computes has
a cache of its own, begun with what an earlier one packed after it had ended well.
"""

import hashlib
import os
import platform
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pnetlib.errors import SetupError
from pnetlib.execution.fingerprint import library_digest, versions
from pnetlib.execution.storage import user_cache, whole_file

VARIABLE = "NUMBA_CACHE_DIR"


@contextmanager
def compiled_kernels(scratch: Path) -> Iterator[dict[str, str]]:
    """Give the variables with which a process finds a cache of its own.

    What it compiled is packed for later runs if the block succeeds. Nothing is done where the
    user has set the variable.

    Parameters
    ----------
    scratch : Path
        Private folder on a local disk.
    """
    if os.environ.get(VARIABLE):
        yield {}
        return
    own = scratch / "numba"
    before = unpack(own)
    yield {VARIABLE: str(own)}
    pack_more(own, before)


def unpack(folder: Path) -> set[str]:
    """Fill a folder with the packed kernels of this machine's kind; return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    packed = _packed()
    if packed is not None:
        with suppress(OSError, zipfile.BadZipFile, ValueError, EOFError):
            with zipfile.ZipFile(packed) as archive:
                archive.extractall(folder)
    return set(_files(folder))


def pack_more(folder: Path, before: set[str]) -> set[str]:
    """Pack the kernels of a folder if there are others than before; return their names."""
    now, packed = _files(folder), _packed()
    if packed is not None and now.keys() - before:
        with suppress(SetupError), whole_file(packed) as partial:
            with zipfile.ZipFile(partial, "w") as archive:
                for name, file in sorted(now.items()):
                    archive.write(file, name)
    return set(now)


def _files(folder: Path) -> dict[str, Path]:
    found = (file for file in folder.rglob("*") if file.suffix in (".nbi", ".nbc"))
    return {file.relative_to(folder).as_posix(): file for file in found}


def _packed() -> Path | None:
    """Return the file for these sources at this place, these versions and this machine."""
    cache = user_cache()
    if cache is None:
        return None
    sources = Path(__file__).resolve().parents[1] / "kernels"
    dates = [file.stat().st_mtime_ns for file in sorted(sources.glob("*.py"))]
    machine = [platform.machine(), _processor(), sys.version]
    source = [str(sources), dates, library_digest("kernels")]
    made_from = [*source, sorted(versions().items()), *machine]
    name = hashlib.sha256(repr(made_from).encode()).hexdigest()[:16]
    return cache / f"kernels-{name}.zip"


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line
    return platform.processor()
