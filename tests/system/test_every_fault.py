"""Every operation of a run fails once; the same command completes it to the same bytes.

By default, a few operations of each kind fail. PNETLIB_FAULTS=all lets each operation of a run, and
of each command that writes files, meet each fault, and prints a table of them; with
PNETLIB_FAULTS_TABLE, it is kept in a file, with which a second run goes on. Not seen are writes by C streams, through memory
maps and by io_uring, and what the kernel of the system does by itself.
"""

import contextlib
import csv
import ctypes
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from builders import READS, SMOKE, mostly_long, write_notebook
from faults import shim
from faults.check import FAULTS, meet
from faults.commands import COMMANDS, meet_command, publishing, state
from faults.runs import Place, is_alive
from faults.scenarios import content, words_of_run, write_notebooks
from faults.shim import Fault

ALL = os.environ.get("PNETLIB_FAULTS") == "all"
PAIRS = [(kind, what) for kind, several in FAULTS.items() for what in several if kind != "exec"]
RUNS, RESUMES = (200, 500) if ALL else (8, 12)
# What the reduced set lets happen to a run, and to which part of its operations of that kind.
SHORT = [
    ("open", "ENOSPC", 0.3),
    pytest.param("write", "full", 0.5, marks=pytest.mark.long),
    pytest.param("write", "short", 0.4, marks=pytest.mark.long),
    ("rename", "kill", 0.6),
    pytest.param("rename", "power", 0.8, marks=pytest.mark.long),
]

pytestmark = pytest.mark.skipif(bool(shim.usable()), reason=shim.usable() or "usable")


@pytest.fixture(scope="module")
def place():
    """Return a place for runs, whose path is short enough for sockets."""
    base = Path(tempfile.mkdtemp(prefix="pf-", dir="/tmp"))
    with Place(base / "w") as found:
        yield found
    shutil.rmtree(base, ignore_errors=True)


class Table:
    """One row per fault; those of an earlier run in the same file are not injected again."""

    def __init__(self, path):
        self.path, self.rows = path, []
        if path and os.path.exists(path):
            with open(path, newline="") as file:
                self.rows = [(*row[:5], *map(int, row[5:])) for row in csv.reader(file)]
        self.known = {row[:4] for row in self.rows}

    def has(self, of, fault):
        return (of, *map(str, (fault.kind, fault.what, fault.at))) in self.known

    def add(self, of, ended, fault, wrong, identical):
        name = Path(ended.seen.path).name
        row = (of, fault.kind, fault.what, str(fault.at), name, int(not wrong), int(identical))
        self.rows.append(row)
        if self.path:
            with open(self.path, "a", newline="") as file:
                csv.writer(file).writerow(row)

    def lines(self):
        """Return how many faults of each kind were injected, ended rightly and could be resumed."""
        line = "{:16}{:10}{:10}{:>10}{:>15}{:>28}".format
        heads = ("injected", "ended rightly", "resumed to identical bytes")
        yield line("of", "operation", "fault", *heads)
        for at in dict.fromkeys(row[:3] for row in self.rows):
            right = [row[5:] for row in self.rows if row[:3] == at]
            yield line(*at, len(right), *(sum(column) for column in zip(*right, strict=True)))


@pytest.fixture(scope="module")
def table(request):
    """Return the table of all faults, which is printed once they have been injected."""
    found = Table(os.environ.get("PNETLIB_FAULTS_TABLE", "") if ALL else "")
    yield found
    printer = request.config.pluginmanager.getplugin("terminalreporter")
    if ALL and printer is not None:
        printer.write_line("\n" + "\n".join(found.lines()))


@pytest.fixture(scope="module")
def undisturbed(place):
    """Return the words of the run, its content and the number of its operations of each kind."""
    words = words_of_run(write_notebooks(place.base.parent / "notebooks"), place.out)
    place.empty()
    ended = place.run(words)
    assert (ended.code, ended.error) == (0, "")
    return words, content(place.out), ended.seen.counts


def numbers_of(count):
    """Return which of some operations fail: all, or the first and the last."""
    return range(1, count + 1) if ALL else sorted({1, count})


@pytest.mark.parametrize("kind, what", PAIRS if ALL else [])
def test_a_run_survives_each_fault_of_each_operation(kind, what, place, undisturbed, table):
    words, expected, counts = undisturbed
    wrong, met = [], 0
    for at in range(1, counts[kind] + 10):
        fault = Fault(kind, at, what)
        if table.has("run", fault):
            met += 1
            continue
        outcome = meet(place, words, expected, fault)
        if not outcome.ended.seen.fired:
            break
        met += 1
        table.add("run", outcome.ended, fault, outcome.wrong, outcome.identical)
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


@pytest.fixture
def cold(place):
    """Return a place whose commands each run in a new Python, and so execute programs."""
    with Place(place.base.parent / "c", warm=False) as found:
        yield found


@pytest.mark.parametrize("what", FAULTS["exec"] if ALL else [])
def test_a_run_survives_a_kernel_that_cannot_be_executed(what, cold, table):
    words = words_of_run(write_notebooks(cold.base.parent / what), cold.out)
    ended = cold.run(words)
    expected, counts = content(cold.out), ended.seen.counts
    assert (ended.code, ended.error) == (0, "") and counts["exec"] >= 2
    for at in range(1, counts["exec"] + 1):
        outcome = meet(cold, words, expected, Fault("exec", at, what))
        table.add("run", outcome.ended, outcome.fault, outcome.wrong, outcome.identical)
        assert outcome.ended.seen.fired and outcome.wrong == []


@pytest.mark.skipif(not ALL, reason="set PNETLIB_FAULTS=all for faults in a real step")
def test_a_real_step_survives_faults(cold):
    words = ["run", *SMOKE, "--only", "01", "--out", str(cold.out), "-j", "1"]
    ended = cold.run(words)
    assert (ended.code, ended.error) == (0, "")
    expected, wrong = content(cold.out), []
    for kind, what in (("write", "full"), ("rename", "kill"), ("fsync", "power"), ("open", "EIO")):
        for part in (0.3, 0.6, 0.9):
            at = int(ended.seen.counts[kind] * part)
            outcome = meet(cold, words, expected, Fault(kind, at, what))
            wrong += [str(outcome)] if outcome.wrong else []
    assert wrong == []


def test_a_kernel_ends_with_a_driver_that_was_killed_while_it_started(cold):
    """Also where another process than init inherits it, as under systemd or in a container."""
    words = words_of_run(write_notebooks(cold.base.parent / "killed"), cold.out)
    inherits = 36  # PR_SET_CHILD_SUBREAPER
    ctypes.CDLL(None).prctl(inherits, 1)
    try:
        driver = subprocess.Popen(
            [sys.executable, "-m", "pnetlib", *words],
            env=cold.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        kernel = None
        while kernel is None and driver.poll() is None:
            kernel = next((pid for pid in children(driver.pid) if is_kernel(pid)), None)
        driver.kill()
        driver.wait()
        until = time.monotonic() + 60
        while kernel is not None and is_alive(kernel) and time.monotonic() < until:
            time.sleep(0.1)
        assert kernel is not None and not is_alive(kernel)
        os.waitpid(kernel, 0)
    finally:
        ctypes.CDLL(None).prctl(inherits, 0)


def children(pid):
    """Return the child processes of a process."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, task.read_text().split())
    return found


def is_kernel(pid):
    """Return whether a process is the kernel of a notebook."""
    try:
        return b"ipykernel_launcher" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def test_many_runs_in_one_process_leave_nothing_open(place):
    folder = place.base.parent / "one"
    folder.mkdir()
    write_notebook(folder / "01_first.ipynb", READS.format(name="01_first"))
    place.empty()
    ended = place.run(["call", "many_runs", str(folder), str(place.out), str(RUNS)])
    assert (ended.code, ended.error) == (0, "")
    files, memory, threads = zip(*json.loads(ended.printed), strict=True)
    assert len(files) == RUNS
    assert (files[-1], threads[-1]) == (files[3], threads[3])
    # The first runs fill caches; after that, a run may keep at most 100 kB.
    assert memory[-1] - memory[RUNS // 2] < max(10_000, 100 * RUNS // 2)


def test_a_batch_that_is_killed_again_and_again_gives_the_same_folds(place):
    folder = place.base.parent / "batch"
    folder.mkdir()
    write_notebook(folder / "01_first.ipynb", READS.format(name="01_first"))
    words = ["call", "part_of_a_batch", str(folder), str(place.out), str(4 * RESUMES)]
    place.empty()
    assert place.run(words).code == 0
    expected, draw, before = state(place.out), random.Random(1), set()
    place.empty()
    for _ in range(RESUMES):
        kind = draw.choice(["open", "write", "fsync", "rename", "unlink"])
        assert place.run(words, Fault(kind, draw.randint(3, 9), "kill")).code == -9
        now = {path.name for path in (place.out / "folds").glob("[!.]*")}
        assert before <= now and len(list(place.out.rglob("*.partial*"))) <= 1
        before = now
    ended = place.run(words)
    assert (ended.code, ended.error) == (0, "")
    assert state(place.out) == expected


COMMAND_FAULTS = ("open", "write", "fsync", "rename", "unlink") if ALL else ("write", "rename")


@pytest.mark.parametrize("name", mostly_long([*COMMANDS, "publish"], "network"))
def test_a_command_leaves_the_old_files_or_the_new_ones(name, place, request, table):
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
                if table.has(name, fault):
                    continue
                met, found = meet_command(place, command, new, fault)
                wrong += [f"{fault}, {met.seen.path}: {text}" for text in found]
                assert met.seen.fired, fault
                table.add(name, met, fault, found, not found)
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
