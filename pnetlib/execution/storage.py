"""Files that are written completely or not at all, and their digests.

A finished file survives a power cut: its content is synced before it gets its name, and the folder
after that. All results can be computed again, but not knowing that one is damaged would be worse,
and losing a fold of hours is a pity. What is only a convenience (logs, ``run.jsonl``, progress) is not
synced.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pnetlib.errors import SetupError, UsageError

if TYPE_CHECKING:
    import numpy as np

_REPEAT = "and repeat the command"
_REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), f"free some space {_REPEAT}"),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), f"allow more open files (ulimit -n) {_REPEAT}"),
    **dict.fromkeys((errno.EAGAIN, errno.ENOMEM), f"end other programs {_REPEAT}"),
    errno.EIO: f"check the disk {_REPEAT}",
}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
# What file systems answer that cannot sync a folder.
_CANNOT_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM}


def storage_error(path: Path, error: OSError) -> SetupError:
    """Return the error for a file or folder that could not be written because of `error`."""
    remedy = _REMEDIES.get(error.errno, "choose another folder")
    return SetupError(f"{path} could not be written: {error.strerror or error}; {remedy}.")


def system_error(error: OSError, what: str = "") -> SetupError:
    """Return the error for anything that the system refused: a file, a process or a socket.

    `what` says what could not be done; without it, the file is named, if there is one.
    """
    remedy = _REMEDIES.get(error.errno)
    if remedy is None:
        forbidden = error.errno in _FORBIDDEN
        remedy = f"{'check its permissions' if forbidden else 'correct that'} {_REPEAT}"
    if not what:
        name = f"{error.filename} " if error.filename else "something "
        what = f"{name}that the command needs could not be used"
    return SetupError(f"{what}: {error.strerror or error}; {remedy}.")


def is_of_system(number: int) -> bool:
    """Return whether an errno is a limit or defect of the machine, whatever a program does."""
    return number in _REMEDIES or number in _FORBIDDEN


def _sync(path: Path) -> None:
    """Write what the system holds of a file, or of the names in a folder, to the disk."""
    try:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if not (path.is_dir() and error.errno in _CANNOT_SYNC):
            raise


def make_folder(path: Path) -> None:
    """Make a folder that survives a power cut, and those above it, if they do not exist."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    _sync(path.parent)


def put_in_place(partial: Path, path: Path) -> None:
    """Rename a complete file to `path`, in the same file system, so that it survives a power cut."""
    _sync(partial)
    os.replace(partial, path)
    _sync(path.parent)


def writable_folder(path: Path) -> Path:
    """Make a folder if it does not exist, write a file as a test, and return the folder.

    A file, a read-only folder or a full disk raises a `SetupError`.
    """
    try:
        if path.exists() and not path.is_dir():
            raise SetupError(f"{path} is a file, not a folder; choose another folder with --out.")
        make_folder(path)
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
    partial = _partial(path)
    try:
        make_folder(path.parent)
        yield partial
        put_in_place(partial, path)
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _partial(path: Path) -> Path:
    """Return a temporary path next to `path`, with its suffix.

    Processes of several nodes, and threads of one, may write to the same folder.
    """
    return path.with_name(f".{path.stem}.{uuid.uuid4().hex[:12]}.partial{path.suffix}")


def replace_files(contents: Mapping[Path, bytes], removed: Iterable[Path] = ()) -> None:
    """Write several files that belong together, and remove those that are no longer among them.

    All are written under temporary names first, so a full disk leaves everything as it was. Then the
    others are removed, and the new ones get their names, one right after the other. If they cannot
    be written, `SetupError` is raised.
    """
    partials = {path: _partial(path) for path in contents}
    path = None
    try:
        for path, partial in partials.items():
            make_folder(path.parent)
            partial.write_bytes(contents[path])
            _sync(partial)
        for path in removed:
            path.unlink(missing_ok=True)
        for path, partial in partials.items():
            os.replace(partial, path)
        for path in {path.parent for path in partials}:
            _sync(path)
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        for partial in partials.values():
            with suppress(OSError):
                partial.unlink(missing_ok=True)


def replace_folder(source: Path, folder: Path) -> None:
    """Copy a folder to `folder` and remove the one that was there, which remains if that fails.

    What a killed process left of an earlier call is removed.
    """
    partial, old = _partial(folder), _partial(folder)
    try:
        for left in folder.parent.glob(f".{folder.name}.*.partial"):
            shutil.rmtree(left, ignore_errors=True)
        make_folder(folder.parent)
        shutil.copytree(source, partial)
        for path in (*partial.rglob("*"), partial):
            _sync(path)
        if folder.exists():
            os.replace(folder, old)
        try:
            os.replace(partial, folder)
        except BaseException:  # Ctrl-C too
            if old.exists():
                os.replace(old, folder)
            raise
        _sync(folder.parent)
    except shutil.Error as error:  # of copytree, with a list of what failed
        first = OSError(None, error.args[0][0][2])
        raise storage_error(folder, first) from error
    except OSError as error:
        raise storage_error(folder, error) from error
    finally:
        for left in (partial, old):
            shutil.rmtree(left, ignore_errors=True)


def remove_partial(folder: Path) -> None:
    """Remove the temporary files that `whole_file` left when a process was killed."""
    with suppress(OSError):
        for partial in folder.rglob(".*.partial*"):
            if partial.is_dir():
                shutil.rmtree(partial, ignore_errors=True)
            else:
                with suppress(OSError):
                    partial.unlink()


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(files: Iterable[Path], cache: Path) -> dict[str, str]:
    """Return the SHA-256 of files by path, computed only for those that may have changed.

    The JSON file `cache` has the digests of earlier calls; if it cannot be written, none is stored.
    The dates of content and status and the number of a file tell whether it changed: another host
    may have another file of the same date and size at the same path, as copies and archives have.
    """
    try:
        known = json.loads(cache.read_text("utf-8"))
    except (OSError, ValueError):
        known = {}
    found = {}
    for file in files:
        status = file.stat()
        stamp = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
        before = known.get(str(file), [])
        found[str(file)] = [*stamp, before[-1] if before[:-1] == stamp else digest(file)]
    if not found.items() <= known.items():
        with suppress(SetupError), whole_file(cache) as partial:
            partial.write_text(json.dumps(known | found, sort_keys=True), "utf-8")
    return {name: entry[-1] for name, entry in found.items()}


def digest_of(*arrays: np.ndarray) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the bytes of some arrays."""
    joined = hashlib.sha256()
    for array in arrays:
        joined.update(array.tobytes())
    return joined.hexdigest()[:16]
