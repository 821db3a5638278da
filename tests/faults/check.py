"""What must be true of a run that met a fault, and of the same command after it."""

import hashlib
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from faults.power import WORLDS, Disk
from faults.runs import Ended, Place
from faults.scenarios import content
from faults.shim import Fault

KILLED, KERNEL_DIED, SETUP = -9, 138, 3
# What may happen to operations of each kind.
FAULTS = {
    "open": ("ENOSPC", "EACCES", "EMFILE", "EIO", "kill", "power"),
    "read": ("EACCES", "EMFILE", "EIO"),
    "write": ("ENOSPC", "EIO", "short", "full", "kill", "power"),
    "fsync": ("EIO", "ENOSPC", "kill", "power"),
    "rename": ("ENOSPC", "EACCES", "EIO", "kill", "power"),
    "unlink": ("EACCES", "EIO", "kill", "power"),
    "mkdir": ("ENOSPC", "EACCES", "kill", "power"),
    "fork": ("EAGAIN", "ENOMEM", "kill"),
    "exec": ("EACCES", "ENOMEM", "kill"),
    "socket": ("EMFILE", "EACCES", "kill"),
}


@dataclass
class Outcome:
    """How a run ended that met a fault, and what was wrong with that."""

    fault: Fault
    ended: Ended
    wrong: list[str] = field(default_factory=list)
    identical: bool = False

    def __str__(self) -> str:
        where = Path(self.ended.seen.path)
        return f"{self.fault} ({where.name}) ended with {self.ended.code}: {'; '.join(self.wrong)}"


def meet(place: Place, words: list[str], expected: dict[str, bytes], fault: Fault) -> Outcome:
    """Run a command with a fault, then again without; say what was wrong.

    `expected` is the content of the results without a fault. If the run meets no fault because it
    has fewer such operations, ``seen.fired`` of how it ended is false.
    """
    place.empty()
    disk = Disk(place.roots)
    ended = place.run(words, fault)
    outcome = Outcome(fault, ended)
    if not ended.seen.fired:
        return outcome
    outcome.wrong += wrong_end(fault, ended)
    if fault.what == "power":
        disk.follow(ended.seen.log, place.base / "state.log")
        disk.restore(WORLDS[fault.at % len(WORLDS)], str(fault))
    outcome.wrong += looks_whole(place.out, expected)
    outcome.wrong += damaged_archives(place.cache)
    folds = {path: path.stat().st_mtime_ns for path in (place.out / "folds").glob("[!.]*")}
    if ended.code == 0:
        outcome.wrong += different(place.out, expected)
    again = place.run(words)
    if (again.code, again.error) != (0, ""):
        outcome.wrong.append(f"the same command ended with {again.code}: {again.error}")
        return outcome
    fresh = [line[6:8] for line in again.printed.splitlines() if "(fresh, skipped)" in line]
    if lost := [step for step in ended.finished if step not in fresh]:
        outcome.wrong.append(f"finished steps {', '.join(lost)} were computed again")
    if fault.what != "power" and any(p.stat().st_mtime_ns != when for p, when in folds.items()):
        outcome.wrong.append("stored folds were computed again")
    left = different(place.out, expected)
    outcome.wrong += left
    outcome.identical = not left
    return outcome


def wrong_end(fault: Fault, ended: Ended) -> list[str]:
    """Return what is wrong with exit code and message."""
    if fault.what == "power":
        return [] if ended.code == KILLED else [f"exit code {ended.code}"]
    allowed = {0, SETUP}
    if fault.what == "kill":
        allowed = {0, KILLED, KERNEL_DIED}
    elif fault.kind in ("fork", "exec", "socket"):
        allowed.add(KERNEL_DIED)  # the kernel itself had no socket
    elif fault.what == "short":
        allowed = {0}
    wrong = [] if ended.code in allowed else [f"exit code {ended.code} ({ended.error[-300:]})"]
    lines = ended.error.splitlines()
    # A note says what a run has gone on without, such as its log. A disk that stays full refuses
    # more than one file, so that notes may come before the error.
    last = [line for line in lines if fault.what != "full" or not line.startswith("note: ")]
    if ended.code > 0 and (len(last) != 1 or not last[0].startswith("error: ")):
        wrong.append(f"not one sentence: {ended.error[-500:]!r}")
    if ended.code in (0, KILLED) and not all(line.startswith("note: ") for line in lines):
        wrong.append(f"printed {ended.error[-500:]!r}")
    return wrong


def looks_whole(out: Path, expected: dict[str, bytes]) -> list[str]:
    """Return the files that a later step would read although they are not those expected."""
    taken = []
    for record in (out / ".made").rglob("[!.]*.json"):
        name = record.relative_to(out / ".made").as_posix().removesuffix(".json")
        path = out / name
        if name in ("source",) or name.startswith("steps/") or not path.is_file():
            continue
        try:
            made = json.loads(record.read_bytes())
        except ValueError:
            continue
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() == made.get("sha256") and data != expected[name]:
            taken.append(name)
    for path in (out / "folds").glob("[!.]*"):
        found, _, text = path.read_bytes().partition(b"\n")
        whole = hashlib.sha256(text).hexdigest().encode() == found
        if whole and path.read_bytes() != expected[f"folds/{path.name}"]:
            taken.append(path.name)
    return [f"{name} looks whole but is not" for name in taken]


def damaged_archives(cache: Path) -> list[str]:
    """Return the archives of compiled kernels that cannot be read but would be found."""
    wrong = []
    for path in cache.rglob("[!.]*.zip"):
        try:
            with zipfile.ZipFile(path) as archive:
                damaged = archive.testzip()
        except (zipfile.BadZipFile, EOFError) as error:
            damaged = error
        if damaged and path.stat().st_size:  # an empty one is passed over
            wrong.append(f"{path.name} is damaged")
    return wrong


def different(out: Path, expected: dict[str, bytes]) -> list[str]:
    """Return how the files of a run differ from those expected."""
    try:
        found = content(out)
    except ValueError as error:
        return [f"a result cannot be read: {error}"]
    wrong = [f"{name} is missing" for name in expected.keys() - found.keys()]
    wrong += [f"{name} is left" for name in found.keys() - expected.keys()]
    return wrong + [
        f"{n} differs" for n in found.keys() & expected.keys() if found[n] != expected[n]
    ]
