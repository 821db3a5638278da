"""Files from elsewhere: only plain ones are opened, and archives are read within limits.

Nothing is unpacked to disk and nothing in a file is executed. An archive is read member by member,
by name, and never beyond the size that it declares.
"""

from __future__ import annotations

import codecs
import copy
import gzip
import io
import math
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

import numpy as np

from pnetlib.errors import CorruptFileError, DataError

# What zipfile, gzip and zlib raise; the last two are for encryption and unknown compression.
BROKEN = (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error)
BROKEN += (NotImplementedError, RuntimeError)
# Real tables are compressed 3- to 50-fold. Beyond FREE bytes, more than FOLD is no table; ours.
FOLD, FREE = 200, 1 << 24
MOST_MEMBERS = 1000
_ENCRYPTED = 0x1
_CHUNK = 1 << 20
# How formats that are no text begin.
_FORMATS = {
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\x1f\x8b": "a gzip archive",
    b"\xd0\xcf\x11\xe0": "an encrypted or old (xls) spreadsheet",
    b"\x89HDF": "HDF5",
    b"\x93NUMPY": "an array of NumPy",
    b"PAR1": "parquet",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a rar archive",
    b"SQLite format": "a database",
}
_PICKLES = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))


def check_plain(path: Path) -> Path:
    """Return the path of a plain file that can be read; nothing else is opened, as it might hang.

    Raises
    ------
    DataError
        If there is no file, if it is a folder, a pipe, a socket or a device, or if it may not be
        read.
    CorruptFileError
        If it is empty.
    """
    try:
        status = path.stat()
    except OSError as error:
        link = ", the target of this link" if path.is_symlink() else ""
        raise DataError(f"There is no file {path}{link}; check the path.") from error
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, socket or device"
        raise DataError(f"{path} is {what}, not a plain file; put a plain file there.")
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise unreadable(path, error) from error
    if status.st_size == 0:
        raise CorruptFileError(f"{path.name} is empty; fetch or write it again.")
    return path


def not_utf8(name: str, file: IO[bytes]) -> CorruptFileError:
    """Return the error of a text that is not UTF-8: its first wrong byte, the row, and the remedy.

    `file` is the text, read from its beginning.
    """
    row, start, decoder = 1, b"", codecs.getincrementaldecoder("utf-8")()
    with suppress(*BROKEN):  # of an archive that ends before the wrong byte is read again
        while True:
            line = file.readline(_CHUNK)
            start = start or line[:2]
            if start in (b"\xff\xfe", b"\xfe\xff"):
                return CorruptFileError(
                    f"{name} is not text in UTF-8 but begins like UTF-16 and is not read as such; save it as UTF-8."
                )
            try:
                # A part of a long line may end within a character.
                decoder.decode(line, final=not line)
            except UnicodeDecodeError as wrong:
                byte = wrong.object[wrong.start : wrong.start + 1]
                row += wrong.object[: wrong.start].count(b"\r")  # where lines end in it alone
                likely = byte.decode("cp1252", "replace")
                meant = f", {likely} in Windows-1252" if likely.isprintable() else ""
                return CorruptFileError(
                    f"{name} is not text in UTF-8 (row {row} has the byte 0x{byte.hex().upper()}{meant}); save "
                    "it as UTF-8, in a spreadsheet as CSV UTF-8."
                )
            if not line:
                break
            row += line.endswith(b"\n")
    return CorruptFileError(f"{name} is not text in UTF-8; save it as UTF-8.")


def unreadable(path: Path, error: OSError) -> DataError:
    """Return the error for a file that the system does not let this user read."""
    return DataError(
        f"{path.name} cannot be read ({error.strerror or error}); check the file and its permissions."
    )


def format_of(start: bytes) -> str | None:
    """Return what a file is that begins so, or None if it may be text.

    >>> format_of(b"PK\\x03\\x04"), format_of(b"gene,value")
    ('a zip archive or a spreadsheet', None)
    """
    if start.startswith(_PICKLES):
        return "a Python pickle"
    return next((what for magic, what in _FORMATS.items() if start.startswith(magic)), None)


def within(name: str, size: int, packed: int) -> None:
    """Refuse content that is unpacked to far more than any table would be."""
    if size > FREE and size > FOLD * packed:
        raise CorruptFileError(
            f"{name} unpacks to more than {FOLD} times its size, as no table does; fetch it again."
        )


@contextmanager
def opened(path: Path, members: Sequence[str] = ()) -> Iterator[IO[bytes]]:
    """Open a file, also within a zip or gzip; a failure to read it becomes one sentence.

    Parameters
    ----------
    path : Path
        A plain file; one whose name ends in .gz or .zip is unpacked while it is read.
    members : sequence of str
        Names that the file within a zip may have; its own name without .zip is always allowed.

    Raises
    ------
    DataError
        As `check_plain`.
    CorruptFileError
        If it is damaged, encrypted, no text, or is unpacked to far more than its size.
    """
    check_plain(path)
    kind = path.suffix.casefold()
    try:
        if kind == ".zip":
            with zipfile.ZipFile(path) as archive:
                info = member(path, archive, (path.stem, *members))
                with archive.open(info) as file:
                    yield _text(io.BufferedReader(file), path)
        elif kind == ".gz":
            with open(path, "rb") as packed, gzip.open(packed) as file:
                size = path.stat().st_size
                yield _text(io.BufferedReader(_Bounded(file, path, size), _CHUNK), path)
        else:
            with open(path, "rb") as file:
                yield _text(file, path)
    except UnicodeDecodeError as error:
        raise _undecoded(path, members) from error
    except BROKEN as error:
        raise CorruptFileError(
            f"{path.name} is truncated or damaged ({error}); fetch it again."
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _undecoded(path: Path, members: Sequence[str]) -> CorruptFileError:
    """Return the error of `not_utf8` for a file that `opened` was reading."""
    kind = path.suffix.casefold()
    if kind == ".zip":
        with zipfile.ZipFile(path) as archive:
            with archive.open(member(path, archive, (path.stem, *members))) as file:
                return not_utf8(path.name, file)
    with (gzip.open if kind == ".gz" else open)(path, "rb") as file:
        return not_utf8(path.name, file)


class _Bounded(io.RawIOBase):
    """A stream that ends in an error once it is far longer than the packed file."""

    def __init__(self, file: IO[bytes], path: Path, packed: int) -> None:
        self._file, self._path, self._packed, self._size = file, path, packed, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        found = self._file.read(min(len(buffer), _CHUNK))
        self._size += len(found)
        within(self._path.name, self._size, self._packed)
        buffer[: len(found)] = found
        return len(found)


def _text(file: IO[bytes], path: Path) -> IO[bytes]:
    what = format_of(file.peek(16)[:16])
    if what:
        raise CorruptFileError(
            f"{path.name} is or contains {what}, not a table of text; put the table itself there."
        )
    return file


def check_archive(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse an archive with more members than sense, or one that would lead out of its folder."""
    infos = archive.infolist()
    if len(infos) > MOST_MEMBERS:
        raise CorruptFileError(
            f"{path.name} has {len(infos):,} files and may have {MOST_MEMBERS:,}; fetch it again."
        )
    for info in infos:
        name = info.filename
        parts = PureWindowsPath(name).parts
        outside = ".." in parts or PureWindowsPath(name).drive or PurePosixPath(name).is_absolute()
        if outside or name.startswith("\\"):
            raise CorruptFileError(
                f"{path.name} has a file named {name!r}, which leads out of the archive; fetch it again."
            )


def member(path: Path, archive: zipfile.ZipFile, names: Sequence[str]) -> zipfile.ZipInfo:
    """Return the one member of an archive with one of some names, after checking it."""
    check_archive(path, archive)
    found = [info for info in archive.infolist() if info.filename in names]
    if len(found) != 1:
        has = f"has {len(found)} files named" if found else "does not contain"
        raise CorruptFileError(f"{path.name} {has} {names[0]}; fetch it again.")
    return check_member(path, found[0])


def check_member(path: Path, info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """Return a member of an archive that is a plain file of sensible size and not encrypted."""
    if stat.S_ISLNK(info.external_attr >> 16):
        raise CorruptFileError(
            f"{info.filename} in {path.name} is a link, not a file; fetch it again."
        )
    if info.flag_bits & _ENCRYPTED:
        raise CorruptFileError(
            f"{path.name} is encrypted; unpack it and put the file itself there."
        )
    within(path.name, info.file_size, info.compress_size)
    return info


def chunks(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the content of a member; refuse one that goes on beyond the size it declares."""
    check_member(path, info)
    beyond = copy.copy(info)
    beyond.file_size += 1  # zipfile stops at the declared size, other programs do not
    left = info.file_size
    with archive.open(beyond) as file:
        while chunk := file.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise CorruptFileError(
                    f"{info.filename} in {path.name} is longer than it declares; fetch it again."
                )
            yield chunk


def check_arrays(path: Path) -> Path:
    """Return the path of an npz whose arrays are plain ones of the size that the file holds.

    Raises
    ------
    DataError
        If it is no plain file that can be read.
    ValueError, zipfile.BadZipFile
        If it is no npz, or an array claims more than there is.
    """
    with zipfile.ZipFile(check_plain(path)) as archive:
        check_archive(path, archive)
        for info in archive.infolist():
            with archive.open(check_member(path, info)) as file:
                version = np.lib.format.read_magic(file)
                read = {(1, 0): np.lib.format.read_array_header_1_0}
                header = read.get(version, np.lib.format.read_array_header_2_0)(file)
            shape, _, kind = header
            if kind.hasobject:
                raise ValueError(f"{info.filename} has objects, which are never loaded")
            if math.prod(map(int, shape)) * kind.itemsize > info.file_size:
                raise ValueError(f"{info.filename} claims more values than it has")
    return path
