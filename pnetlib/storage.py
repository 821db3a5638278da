"""Files that are either written whole or not at all."""

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pnetlib.errors import SetupError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def storage_error(path: Path, error: OSError) -> SetupError:
    """Return the sentence for a file or folder that could not be written.

    Parameters
    ----------
    path : Path
        What was to be written.
    error : OSError
        What the system said.
    """
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        return SetupError(f"{path} could not be written: {reason}; free some space and run again.")
    return SetupError(f"{path} could not be written: {reason}; choose another folder.")


def writable_folder(path: Path) -> Path:
    """Make a folder where there is none, and return it once a file could be written there.

    Raises
    ------
    SetupError
        If it is a file, is read-only or lies on a full disk.
    """
    if path.exists() and not path.is_dir():
        raise SetupError(f"{path} is a file, not a folder; choose another folder with --out.")
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as probe:
            probe.write(b"probe")
    except OSError as error:
        raise storage_error(path, error) from error
    return path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder and rename it to `path` when the block succeeds.

    Parameters
    ----------
    path : Path
        The file to be made or replaced; its folder is made where there is none.

    Yields
    ------
    Path
        Where to write. It has the suffix of `path`, since some writers go by the suffix.

    Raises
    ------
    SetupError
        If the file could not be written; whatever stood at `path` before is still there.
    """
    path = Path(path)
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with open(partial, "rb") as written:
            os.fsync(written.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(*arrays) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the bytes of arrays."""
    joined = hashlib.sha256()
    for array in arrays:
        joined.update(array.tobytes())
    return joined.hexdigest()[:16]
