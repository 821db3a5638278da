"""Faults at random moments of a smoke run: the same command continues it, to the same bytes.

PNETLIB_FAULTS=N injects every fault N times, and PNETLIB_FAULTS_TABLE names a csv file for the
outcomes. Without it, the suite has the faults of test_every_fault and test_slurm only.
"""

import csv
import os
import random
import signal
import subprocess
import time
from functools import partial
from pathlib import Path

import pytest
from builders import SMOKE, command_environment, command_line, compiled_files, mounted_disk, results

REPEATS = os.environ.get("PNETLIB_FAULTS", "").replace("all", "1")  # see test_every_fault
TABLE = os.environ.get("PNETLIB_FAULTS_TABLE", "")
STEPS = (*SMOKE, "--only", "01,02", "-j", "2")
SECONDS_TO_END = 30  # generous: other tests and runs may keep the machine busy
ENDS = {
    "SIGTERM": {143},
    "SIGINT": {130},
    "SIGUSR1": {75},
    "kernel killed": {138},
    "driver killed": {-9},
    "disk full": {3},
    "second run": {0},
    "worker killed": {0},
}

pytestmark = pytest.mark.skipif(not REPEATS, reason="set PNETLIB_FAULTS to a number of repetitions")


class Driver:
    """A run in the background and what it printed."""

    def __init__(self, out, *more):
        self.out = Path(out)
        self.process = subprocess.Popen(
            command_line(*STEPS, "--out", out, *more),
            env=command_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.began, self.printed = time.monotonic(), ""

    def is_running(self):
        return self.process.poll() is None

    def end(self, seconds=300):
        """Wait for the end; return the exit code, the error and the seconds since the beginning."""
        self.printed, error = self.process.communicate(timeout=seconds)
        return self.process.returncode, error.strip(), time.monotonic() - self.began

    def wait_for(self, found):
        """Wait until `found` returns something; return None if the run ends first."""
        while self.is_running():
            if there := found():
                return there
            time.sleep(0.02)
        return None

    def kernel(self):
        return next(iter(descendants(self.process.pid, "ipykernel_launcher")), None)


def descendants(pid, word):
    """Return the descendants of a process with a word in their command line."""
    parents, names = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parents[int(entry.name)] = int(entry.joinpath("stat").read_text().split()[-49])
                names[int(entry.name)] = entry.joinpath("cmdline").read_text()
            except (OSError, IndexError, ValueError):
                continue
    below, grown = {pid}, True
    while grown:
        more = {child for child, parent in parents.items() if parent in below} - below
        below, grown = below | more, bool(more)
    return [child for child in sorted(below) if word in names.get(child, "")]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Return the results of an undisturbed run and its seconds, with all kernels compiled before."""
    for at in range(2):
        out = tmp_path_factory.mktemp("undisturbed") / str(at)
        compiled = compiled_files()
        code, error, seconds = Driver(out).end()
        assert code == 0, error
        if compiled_files() == compiled:
            break
    return results(out), seconds


@pytest.fixture
def folder(tmp_path, request):
    """Return a new folder for the run, on a small disk for the fault "disk full"."""
    if request.node.callspec.params["fault"] != "disk full":
        yield tmp_path / "run"
        return
    with mounted_disk(tmp_path / "disk", "16m") as disk:
        yield disk / "run"


def inject(fault, driver):
    """Inject a fault; return what undoes it, or None if the run had already ended."""
    if fault.startswith("SIG"):
        if not driver.is_running():
            return None
        driver.process.send_signal(getattr(signal, fault))
    elif fault == "driver killed":
        if not driver.is_running():
            return None
        driver.process.kill()
    elif fault in ("kernel killed", "worker killed"):
        find = driver.kernel
        if fault == "worker killed":
            find = partial(descendants, driver.process.pid, "multiprocessing.spawn")
        victim = driver.wait_for(find)
        if not victim:
            return None
        try:
            os.kill(victim[-1] if isinstance(victim, list) else victim, signal.SIGKILL)
        except ProcessLookupError:
            return None
    elif fault == "second run":
        if not driver.wait_for((driver.out / "run.jsonl").parent.joinpath(".lock").exists):
            return None
        second = Driver(driver.out)
        code, error, _ = second.end()
        if not driver.is_running() or "(2 of them fresh)" in second.printed:  # the first had ended
            return None
        assert (code, error.count("\n")) == (3, 0), error
        assert "another run is writing to" in error
    elif fault == "disk full":
        filling = driver.out.parent / "filling"
        with open(filling, "wb") as file:
            try:
                while driver.is_running():
                    os.write(file.fileno(), bytes(4096))
            except OSError:
                pass
        return filling.unlink
    return lambda: None


@pytest.mark.parametrize("fault", ENDS)
@pytest.mark.parametrize("number", range(int(REPEATS or 1)))
def test_a_run_continues_after_a_fault(fault, number, folder, undisturbed):
    expected, usual = undisturbed
    more = ()
    if fault == "worker killed":
        pytest.importorskip("distributed", reason="the extra dask is not installed")
        more = ("--backend", "dask")
    moment = random.Random(f"{fault} {number}").uniform(0.02, 0.95) * usual
    for attempt in range(6):  # a run that was quicker than usual is tried again, sooner
        out = folder.with_name(f"{folder.name}{attempt}")
        driver = Driver(out, *more)
        time.sleep(max(0.2, moment / 2**attempt))  # Python itself needs a moment
        undo = inject(fault, driver)
        injected = time.monotonic()
        if undo is None:
            driver.end()
            continue
        code, error, _ = driver.end()
        took = time.monotonic() - injected
        undo()
        if code not in ENDS[fault] and code == 0:
            continue  # nothing was left to be written
        break
    assert code in ENDS[fault], error
    if code > 0:
        assert error.startswith("error: ") and "\n" not in error, error
    if code not in (0, 3):
        assert took < SECONDS_TO_END
    folds = {file: file.stat().st_mtime_ns for file in (out / "folds").glob("[!.]*")}
    code_after, error, _ = Driver(out, *more).end()
    assert code_after == 0, error
    found = results(out)
    different = [
        name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)
    ]
    record(fault, number, moment / 2**attempt, code, took, len(folds), not different)
    assert different == []
    assert {file: file.stat().st_mtime_ns for file in folds} == folds
    assert not list(out.rglob("*.partial*"))


def record(*row):
    """Add a row to the table, if one was named."""
    if TABLE:
        is_new = not Path(TABLE).exists()
        with open(TABLE, "a", newline="") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(
                    [
                        "fault",
                        "number",
                        "after_s",
                        "exit_code",
                        "ended_in_s",
                        "folds_finished",
                        "identical",
                    ]
                )
            fault, number, after, code, took, folds, identical = row
            writer.writerow([fault, number, f"{after:.2f}", code, f"{took:.2f}", folds, identical])
