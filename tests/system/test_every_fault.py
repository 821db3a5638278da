"""Every operation of a run fails once; the same command completes it to the same bytes.

By default, a few operations of each kind fail. PNETLIB_FAULTS=all lets each operation of a run, and
of each command that writes files, meet each fault. Not seen are writes by C streams, through memory
maps and by io_uring, and what the kernel of the system does by itself.
"""

import os
import random
import shutil
import tempfile
from pathlib import Path

import pytest
from faults import shim
from faults.check import FAULTS, meet
from faults.commands import COMMANDS, meet_command, publishing, state
from faults.runs import Place
from faults.scenarios import content, words_of_run, write_notebooks
from faults.shim import Fault

ALL = os.environ.get("PNETLIB_FAULTS") == "all"
PAIRS = [(kind, what) for kind, whats in FAULTS.items() for what in whats]
# What the reduced set lets happen to a run, and to which part of its operations of that kind.
SHORT = [
    ("open", "ENOSPC", 0.3),
    ("write", "full", 0.5),
    ("write", "short", 0.4),
    ("rename", "kill", 0.6),
    ("rename", "power", 0.8),
]

pytestmark = pytest.mark.skipif(bool(shim.usable()), reason=shim.usable() or "usable")


@pytest.fixture(scope="module")
def place():
    """Return a place for runs, whose path is short enough for sockets."""
    base = Path(tempfile.mkdtemp(prefix="pf-", dir="/tmp"))
    with Place(base / "w") as found:
        yield found
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="module")
def undisturbed(place):
    """Return the words of the run, its content and the number of its operations of each kind."""
    words = words_of_run(write_notebooks(place.base.parent / "notebooks"), place.out)
    place.empty()
    ended = place.run(words)
    assert (ended.code, ended.error) == (0, "")
    return words, content(place.out), ended.seen.counts


def numbers_of(count):
    """Return which of some operations fail: all, or a first, a last and one between."""
    if ALL:
        return range(1, count + 1)
    return sorted({1, random.Random(count).randint(1, count), count})


@pytest.mark.parametrize("kind, what", PAIRS if ALL else [])
def test_a_run_survives_each_fault_of_each_operation(kind, what, place, undisturbed):
    words, expected, counts = undisturbed
    wrong, met = [], 0
    for at in range(1, counts[kind] + 10):
        outcome = meet(place, words, expected, Fault(kind, at, what))
        if not outcome.ended.seen.fired:
            break
        met += 1
        wrong += [str(outcome)] if outcome.wrong else []
    assert met > 0
    assert wrong == []


@pytest.mark.parametrize("kind, what, part", SHORT)
def test_a_run_survives_a_fault(kind, what, part, place, undisturbed):
    words, expected, counts = undisturbed
    outcome = meet(place, words, expected, Fault(kind, int(counts[kind] * part), what))
    assert outcome.ended.seen.fired
    assert outcome.wrong == []
    assert outcome.identical


COMMAND_FAULTS = ("open", "write", "fsync", "rename", "unlink")


@pytest.mark.parametrize("name", [*COMMANDS, "publish"])
def test_a_command_leaves_the_old_files_or_the_new_ones(name, place, request):
    if name == "publish":
        command = publishing(*request.getfixturevalue("to_publish"))
    else:
        command = COMMANDS[name]
    place.empty()
    ended = place.run(command.prepare(place.out, place.base.parent))
    assert (ended.code, ended.error) == (0, "")
    new, wrong = state(place.out), []
    for kind in COMMAND_FAULTS:
        count = ended.seen.counts[kind]
        for what in FAULTS[kind] if ALL else FAULTS[kind][:1]:
            for at in numbers_of(count) if count else ():
                fault = Fault(kind, at, what)
                met, found = meet_command(place, command, new, fault)
                wrong += [f"{fault}, {met.seen.path}: {text}" for text in found]
                assert met.seen.fired, fault
    assert wrong == []


@pytest.fixture
def to_publish(finished, notebooks):
    """Return a finished run and a project with figures of an older one."""
    project = finished.parent / "project"
    shutil.copytree(notebooks, project / "notebooks")
    (project / "figures").mkdir()
    for figure in ("02_errors.svg", "03_markers.png"):
        (project / "figures" / figure).write_text("of an earlier run")
    (finished / "figures").mkdir(exist_ok=True)
    for figure in ("01_genes", "02_errors"):
        (finished / "figures" / f"{figure}.png").write_bytes(b"png")
    return finished, project
