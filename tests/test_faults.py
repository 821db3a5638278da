"""Faults at random moments of a smoke run: the same command goes on and ends with the same bytes.

Two of the faults are injected once into step 02, so that the suite stays short; PNETLIB_FAULTS
says how often to inject every fault instead, into steps 01 and 02, and PNETLIB_FAULTS_TABLE names a
csv file for what came of each.
"""

import csv
import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ASKED = os.environ.get("PNETLIB_FAULTS", "")
TIMES = int(ASKED or 1)
TABLE = os.environ.get("PNETLIB_FAULTS_TABLE", "")
ONLY = "01,02" if ASKED else "02"
STEPS = ("--data", "simulated", "--profile", "smoke", "--only", ONLY, "-j", "2")
KINDS = {".json", ".csv", ".npz", ".png", ".svg"}
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
SHORT = ("SIGTERM", "kernel killed")  # a killed worker: see test_engine too


class Driver:
    """A run in the background."""

    def __init__(self, out, *more):
        self.out = Path(out)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pnetlib", "run", *STEPS, "--out", str(out), *more],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.began, self.said = time.monotonic(), ""

    def is_running(self):
        return self.process.poll() is None

    def end(self, seconds=300):
        """Wait for the end; return exit code, complaint and seconds since the beginning."""
        self.said, complaint = self.process.communicate(timeout=seconds)
        return self.process.returncode, complaint.strip(), time.monotonic() - self.began

    def wait_for(self, found):
        """Wait until something is there; None where the run ends first."""
        while self.is_running():
            if there := found():
                return there
            time.sleep(0.02)
        return None

    def kernel(self):
        return next(iter(descendants(self.process.pid, "ipykernel_launcher")), None)


def descendants(pid, word):
    """Processes that come from another and have a word in their command line."""
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


def results(folder):
    """Bytes of all numbers, tables, arrays, figures and folds."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("[!.]*"))
        if file.suffix in KINDS and ".made" not in file.parts
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Results of a run that nothing disturbs, and its seconds; the kernels are compiled before."""
    for at in range(2):
        out = tmp_path_factory.mktemp("undisturbed") / str(at)
        compiled = kernels()
        code, complaint, seconds = Driver(out).end()
        assert code == 0, complaint
        if kernels() == compiled:
            break
    return results(out), seconds


def kernels():
    return sorted(Path(os.environ["NUMBA_CACHE_DIR"]).rglob("*.nbc"))


@pytest.fixture
def folder(tmp_path, request):
    """A folder of its own for the run; for a full disk, on a small disk of its own."""
    if request.node.callspec.params["fault"] != "disk full":
        yield tmp_path / "run"
        return
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "pnetlib-test", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    yield disk / "run"
    subprocess.run(["umount", "-l", str(disk)], check=True)


def inject(fault, driver):
    """Do it; return what to undo before the run goes on, or None where the run was over."""
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
        code, complaint, _ = second.end()
        if not driver.is_running() or "(2 of them fresh)" in second.said:  # the first was done
            return None
        assert (code, complaint.count("\n")) == (3, 0), complaint
        assert "another run is writing to" in complaint
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


@pytest.mark.parametrize("fault", ENDS if ASKED else SHORT)
@pytest.mark.parametrize("number", range(TIMES))
def test_a_run_goes_on_after_a_fault(fault, number, folder, undisturbed):
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
        asked = time.monotonic()
        if undo is None:
            driver.end()
            continue
        code, complaint, _ = driver.end()
        took = time.monotonic() - asked
        undo()
        if code not in ENDS[fault] and code == 0:
            continue  # it hit nothing that was still to be written
        break
    assert code in ENDS[fault], complaint
    if code > 0:
        assert complaint.startswith("error: ") and "\n" not in complaint, complaint
    if code not in (0, 3):
        assert took < SECONDS_TO_END
    kept = {file: file.stat().st_mtime_ns for file in (out / "folds").glob("[!.]*")}
    code_after, complaint, _ = Driver(out, *more).end()
    assert code_after == 0, complaint
    found = results(out)
    different = [
        name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)
    ]
    tell(fault, number, moment / 2**attempt, code, took, len(kept), not different)
    assert different == []
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    assert not list(out.rglob("*.partial*"))


def tell(*row):
    """Add a line to the table, if there is to be one."""
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
                        "folds_kept",
                        "identical",
                    ]
                )
            fault, number, after, code, took, kept, identical = row
            writer.writerow([fault, number, f"{after:.2f}", code, f"{took:.2f}", kept, identical])
