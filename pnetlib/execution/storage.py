"""Files that are written completely or not at all, and their digests."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sys
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pnetlib.errors import SetupError, UsageError

if TYPE_CHECKING:
    import numpy as np

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def storage_error(path: Path, error: OSError) -> SetupError:
    """Return the error for a file or folder that could not be written because of `error`."""
    full = error.errno in _FULL
    remedy = "free some space and repeat the command" if full else "choose another folder"
    return SetupError(f"{path} could not be written: {error.strerror or error}; {remedy}.")


def writable_folder(path: Path) -> Path:
    """Make a folder if it does not exist, write a file as a test, and return the folder.

    A file, a read-only folder or a full disk raises a `SetupError`.
    """
    try:
        if path.exists() and not path.is_dir():
            raise SetupError(f"{path} is a file, not a folder; choose another folder with --out.")
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as probe:
            probe.write(b"probe")
    except OSError as error:
        raise storage_error(path, error) from error
    return path


def user_cache() -> Path | None:
    """Return the cache folder of this user and Python version, or None if it is not writable."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the specification says to ignore it
        base = os.path.expanduser("~/.cache")
    if not os.path.isabs(base):  # neither HOME nor an entry for this user
        return None
    folder = Path(base) / "pnetlib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    try:
        return writable_folder(folder)
    except SetupError:
        return None


def given_path(text: str, called: str) -> Path:
    """Return a path that the user gave, with ~ replaced by the home folder.

    `called` is the name of the parameter or option in the error message.

    Raises
    ------
    UsageError
        If it begins with the home folder of a user who has none, or holds bytes that are no text.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{called} is {text!r}, whose name is not in UTF-8; give the folder or file another name."
        ) from error
    if "\0" in text:
        raise UsageError(f"{called} is {text!r}, which no file can be named; correct it.")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise UsageError(
            f"{called} is {text!r}, but there is no home folder {text.partition('/')[0]}; give the "
            "whole path, or begin it with ./ if that is its name."
        ) from error


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder; rename it to `path` if the block succeeds.

    The temporary path has the suffix of `path`, as some writers choose the format by it. The folder
    is made if it does not exist. If the file cannot be written, `SetupError` is raised, and a file
    that was at `path` before is unchanged.
    """
    path = Path(path)
    # Processes of several nodes, and threads of one, may write to the same folder.
    partial = path.with_name(f".{path.stem}.{uuid.uuid4().hex[:12]}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with open(partial, "rb") as written:
            os.fsync(written.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def remove_partial(folder: Path) -> None:
    """Remove the temporary files that `whole_file` left when a process was killed."""
    for partial in folder.rglob(".*.partial*"):
        with suppress(OSError):
            partial.unlink()


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(files: Iterable[Path], cache: Path) -> dict[str, str]:
    """Return the SHA-256 of files by path, computed only for those whose date or size changed.

    The JSON file `cache` has the digests of earlier calls; if it cannot be written, none is stored.
    """
    try:
        known = json.loads(cache.read_text("utf-8"))
    except (OSError, ValueError):
        known = {}
    found = {}
    for file in files:
        status = file.stat()
        stamp = [status.st_size, status.st_mtime_ns]
        before = known.get(str(file), [])
        found[str(file)] = [*stamp, before[2] if before[:2] == stamp else digest(file)]
    if not found.items() <= known.items():
        with suppress(SetupError), whole_file(cache) as partial:
            partial.write_text(json.dumps(known | found, sort_keys=True), "utf-8")
    return {name: entry[2] for name, entry in found.items()}


def digest_of(*arrays: np.ndarray) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the bytes of some arrays."""
    joined = hashlib.sha256()
    for array in arrays:
        joined.update(array.tobytes())
    return joined.hexdigest()[:16]
