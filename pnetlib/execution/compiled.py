"""Compiled kernels, stored between runs; no two processes ever write to the same cache.

Numba numbers the files of its cache: two processes that compile at the same time, or one that is
killed, can leave an index that points at the wrong code. So each process that computes has its own
cache, filled at the start from an archive that an earlier process wrote after it had succeeded.
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
    """Give the environment variables with which a process uses its own cache in `scratch`.

    New kernels are packed for later runs if the block succeeds. If the user has set the variable,
    nothing is done.
    """
    if os.environ.get(VARIABLE):
        yield {}
        return
    cache = scratch / "numba"
    before = unpack(cache)
    yield {VARIABLE: str(cache)}
    pack_more(cache, before)


def unpack(folder: Path) -> set[str]:
    """Unpack the archive for this kind of machine into a folder; return the names of its files."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = _archive()
    if archive is not None:
        with suppress(OSError, zipfile.BadZipFile, ValueError, EOFError):
            with zipfile.ZipFile(archive) as file:
                file.extractall(folder)
    return set(_files(folder))


def pack_more(folder: Path, before: set[str]) -> set[str]:
    """Pack the kernels of a folder if any are new since `before`; return the names of all."""
    now, archive = _files(folder), _archive()
    if archive is not None and now.keys() - before:
        with suppress(SetupError), whole_file(archive) as partial:
            with zipfile.ZipFile(partial, "w") as packed:
                for name, file in sorted(now.items()):
                    packed.write(file, name)
    return set(now)


def _files(folder: Path) -> dict[str, Path]:
    found = (file for file in folder.rglob("*") if file.suffix in (".nbi", ".nbc"))
    return {file.relative_to(folder).as_posix(): file for file in found}


def _archive() -> Path | None:
    """Return the archive for these sources at this path, these versions and this machine."""
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
