"""Compile the shim, and say in its state file which operation of a run is to fail, and how."""

import ctypes
import errno
import mmap
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
KINDS = ("open", "read", "write", "fsync", "rename", "unlink", "mkdir", "fork", "exec", "socket")
HOWS = ("count", "error", "short", "kill", "power", "full")
_PATH, _ROOTS, _PIDS = 1024, 4, 256


class State(ctypes.Structure):
    """The file that all processes of a run map; laid out as ``struct state`` in shim.c."""

    _fields_ = [
        *((name, ctypes.c_int) for name in ("kind", "how", "error", "fired", "journal")),
        *((name, ctypes.c_int) for name in ("n_pids", "saved", "fired_pid")),
        ("at", ctypes.c_long),
        ("counts", ctypes.c_long * len(KINDS)),
        ("roots", ctypes.c_char * _PATH * _ROOTS),
        ("log", ctypes.c_char * _PATH),
        ("fired_path", ctypes.c_char * _PATH),
        ("pids", ctypes.c_int * _PIDS),
    ]


@dataclass(frozen=True)
class Fault:
    """One fault: the operation of a kind that meets it, by its number, and what happens then.

    `what` is the name of an errno, ``short`` (half of a write), ``full`` (the disk is full from
    here on), ``kill`` (of the process that does it), or ``power`` (a power cut).
    """

    kind: str = "open"
    at: int = 0
    what: str = "count"

    def __str__(self) -> str:
        return f"{self.kind} {self.at}: {self.what}"


def usable() -> str:
    """Return why the shim cannot be used here; an empty text if it can."""
    if sys.platform != "linux":
        return "the shim needs Linux"
    return "" if shutil.which("gcc") or shutil.which("cc") else "no C compiler"


def compiled(folder: Path) -> Path:
    """Return the compiled shim in a folder."""
    library = folder / "shim.so"
    if not library.exists():
        compiler = shutil.which("gcc") or shutil.which("cc")
        options = ["-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
        subprocess.run([compiler, *options], check=True)
    return library


def prepare(path: Path, fault: Fault, roots: list[Path]) -> None:
    """Write the state file of a run whose operations below the roots count."""
    state = State(kind=KINDS.index(fault.kind), at=fault.at)
    if fault.what in HOWS:
        state.how = HOWS.index(fault.what)
        state.error = errno.ENOSPC
    else:
        state.how, state.error = HOWS.index("error"), getattr(errno, fault.what)
    state.journal = fault.what == "power"
    state.log = str(path.with_suffix(".log")).encode()
    for at, root in enumerate(roots):
        state.roots[at].value = str(root.resolve()).encode()
    path.write_bytes(bytes(state))


@dataclass(frozen=True)
class Seen:
    """What the shim saw of a run: operations by kind, and which one met the fault."""

    counts: dict[str, int]
    fired: bool
    path: str
    log: tuple[tuple[str, ...], ...]
    pids: tuple[int, ...]


def seen(path: Path) -> Seen:
    """Read the state file and the log of a run that has ended."""
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as shared:
        state = State.from_buffer_copy(shared)
    log = path.with_suffix(".log")
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    return Seen(
        dict(zip(KINDS, state.counts, strict=True)),
        bool(state.fired),
        state.fired_path.decode("utf-8", "replace"),
        tuple(tuple(line.split("\t")) for line in lines),
        tuple(state.pids[: min(state.n_pids, _PIDS)]),
    )
