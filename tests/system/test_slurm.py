"""Batch jobs on a real Slurm, which these tests start on this machine.

They need root and Debian's packages slurm-wlm and munge, and are skipped elsewhere.
"""

import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from builders import ROOT, SMOKE, command_environment, command_line, results
from hosts.slurm import COMMON

PROGRAMS = ("munged", "mungekey", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue")
CONFIGURATION = (
    COMMON
    + """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmdPort={second}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
KillWait=10
MaxArraySize=1001
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=4000
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:8
"""
)

pytestmark = pytest.mark.slurm


class Slurm:
    """Slurm's daemons, with all their state in one folder, and its commands."""

    def __init__(self, folder):
        self.folder = folder
        self.daemons = []
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
        for name in [n for n in self.environment if n.startswith("SLURM_") and n != "SLURM_CONF"]:
            del self.environment[name]

    def start(self):
        munge = self.folder / "munge"
        for part in ("munge", "state", "spool"):
            (self.folder / part).mkdir(mode=0o755)
        subprocess.run(["mungekey", "--create", "--keyfile", str(munge / "key")], check=True)
        port = 20000 + os.getpid() % 20000
        text = CONFIGURATION.format(
            host=platform.node(),
            folder=self.folder,
            port=port,
            second=port + 1,
            cpus=os.cpu_count(),
        )
        (self.folder / "slurm.conf").write_text(text)
        self._daemon(
            "munged",
            "--foreground",
            "--force",
            f"--key-file={munge}/key",
            f"--socket={munge}/socket",
            f"--pid-file={munge}/pid",
            f"--seed-file={munge}/seed",
            f"--log-file={munge}/log",
        )
        self._wait(lambda: (munge / "socket").exists(), 20, "munged did not start")
        self._daemon("slurmctld", "-D", "-i")
        self._daemon("slurmd", "-D", "-N", platform.node())
        self._wait(lambda: "idle" in self("sinfo", "-h", "-o", "%t"), 60, "no idle node")

    def _daemon(self, *line):
        log = open(self.folder / f"{line[0]}.out", "w")
        self.daemons.append(
            subprocess.Popen(line, env=self.environment, stdout=log, stderr=subprocess.STDOUT)
        )

    def stop(self):
        subprocess.run(["scancel", "--user=root"], env=self.environment, capture_output=True)
        for daemon in reversed(self.daemons):
            daemon.terminate()
        for daemon in reversed(self.daemons):
            try:
                daemon.wait(15)
            except subprocess.TimeoutExpired:
                daemon.kill()

    def __call__(self, *line, check=False):
        result = subprocess.run(
            line,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=check,
            cwd=self.folder,
        )
        return result.stdout

    def _wait(self, condition, seconds, problem):
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                logs = [f.read_text()[-2000:] for f in self.folder.glob("*.out")]
                pytest.skip(f"{problem}: {' '.join(logs)}")
            time.sleep(0.2)

    def submit(self, clone, *options, arguments=()):
        """Submit the clone's reproduce.sh from its folder; return the job's number."""
        line = ["sbatch", "--parsable", *options, "reproduce.sh", *map(str, arguments)]
        result = subprocess.run(
            line, env=self.environment, cwd=clone, capture_output=True, text=True, timeout=60
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.strip().split(";")[0]

    def change(self, job, *settings):
        """Change the settings of a job; return whether Slurm accepted, which it may not do at once."""
        line = ["scontrol", "update", f"jobid={job}", *settings]
        return subprocess.run(line, env=self.environment, capture_output=True).returncode == 0

    def states(self, job):
        """Return the record of a job, of each task of an array, or of all jobs if `job` is empty."""
        lines = self("scontrol", "--oneliner", "show", "job", *([job] if job else [])).splitlines()
        return [dict(w.partition("=")[::2] for w in line.split()) for line in lines if line]

    def wait_for(self, job, seconds=400):
        """Wait until a job, or a whole array, has ended; return the record of each."""
        over = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY"}
        until = time.monotonic() + seconds
        while True:
            states = self.states(job)
            if states and {state["JobState"] for state in states} <= over:
                return states
            assert time.monotonic() < until, states
            time.sleep(0.5)


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    path = f"{os.environ['PATH']}:/usr/sbin"
    missing = [name for name in PROGRAMS if not shutil.which(name, path=path)]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"a Slurm needs root and {', '.join(missing or PROGRAMS)}")
    os.environ["PATH"] = path
    cluster = Slurm(tmp_path_factory.mktemp("slurm"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Return a copy of the project, from which jobs are submitted."""
    folder = tmp_path_factory.mktemp("clone") / "project"
    folder.mkdir()
    for name in ("reproduce.sh", "pyproject.toml", "environment.yml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    # Links, not copies: numba finds compiled kernels by the path of their source.
    for name in ("pnetlib", "notebooks"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "logs", folder / "logs", ignore=shutil.ignore_patterns("*.out"))
    return folder


@pytest.fixture(autouse=True)
def active(monkeypatch, slurm):
    """Let jobs, which inherit the variables of sbatch, find the environment of the tests."""
    monkeypatch.setitem(slurm.environment, "VIRTUAL_ENV", sys.prefix)


def log_of(clone, job):
    return "\n".join(file.read_text() for file in sorted((clone / "logs").glob(f"*-{job}*.out")))


FEW = ("--mem=300", "--cpus-per-task=1", "--time=10")


@pytest.mark.long
def test_an_array_of_4_parts_merged_equals_the_single_run(slurm, clone, smoke_results, tmp_path):
    out = tmp_path / "out"
    arguments = (*SMOKE, "--out", out)
    parts = (*arguments, "--only", "02", "--array")
    array = slurm.submit(clone, *FEW, "--array=1-4", arguments=parts)
    merge = slurm.submit(
        clone,
        *FEW,
        f"--dependency=afterok:{array}",
        arguments=(*arguments, "--only", "01,02", "--merge"),
    )
    (state,) = slurm.wait_for(merge)
    assert state["JobState"] == "COMPLETED", log_of(clone, merge)
    parts = slurm.states(array)
    assert len(parts) == 4
    assert {part["JobState"] for part in parts} == {"COMPLETED"}
    assert results(out) == smoke_results
    notes = (out / "run.jsonl").read_text()
    assert notes.count("part-") == 4 and '"threads": 1' in notes
    assert "Finished 2 steps in " in log_of(clone, merge)


@pytest.mark.long
def test_a_job_at_its_time_limit_is_requeued_and_completes(slurm, clone, smoke_results, tmp_path):
    """The warning comes 300 seconds before the limit, as reproduce.sh requests."""
    out = tmp_path / "out"
    arguments = (*SMOKE, "--out", out, "--only", "01,02")
    job = slurm.submit(clone, *FEW, arguments=arguments)
    until = time.monotonic() + 400
    while not list((out / "folds").glob("[!.]*")):
        assert time.monotonic() < until, log_of(clone, job)
        time.sleep(0.05)
    os.kill(kernel_of(job), signal.SIGSTOP)  # or it would end before Slurm checks the time
    slurm("scontrol", "update", f"jobid={job}", "TimeLimit=1", check=True)
    requeued = False
    while True:
        (state,) = slurm.states(job)
        if state["JobState"] in ("COMPLETED", "FAILED", "TIMEOUT", "CANCELLED"):
            break
        announced = f"Job {job} goes back into the queue." in log_of(clone, job)
        if state["JobState"] == "PENDING" and announced and not requeued:
            # Slurm waits two minutes, so that no late message of the first run is taken for one
            # of the second; here a few seconds are enough.
            time.sleep(5)
            folds = {file: file.stat().st_mtime_ns for file in (out / "folds").glob("[!.]*")}
            requeued = slurm.change(job, "StartTime=now", "TimeLimit=10")
        assert time.monotonic() < until, state
        time.sleep(0.2)
    log = log_of(clone, job)
    assert (state["JobState"], state["Restarts"]) == ("COMPLETED", "1"), (state, log)
    assert "stopped by SIGUSR1, the warning before the time limit, in 02_comparison" in log
    assert f"Job {job} goes back into the queue." in log
    assert "01_data: Data (fresh, skipped)" in log
    assert folds and {file: file.stat().st_mtime_ns for file in folds} == folds
    assert results(out) == smoke_results


def kernel_of(job):
    """Return the process of a job that executes a notebook."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if b"ipykernel_launcher" not in entry.joinpath("cmdline").read_bytes():
                    continue
                variables = entry.joinpath("environ").read_bytes().split(b"\0")
                if f"SLURM_JOB_ID={job}".encode() in variables:
                    return int(entry.name)
            except OSError:
                continue
    raise AssertionError("the job has no kernel")


def test_a_job_that_finishes_nothing_in_its_time_is_not_requeued(slurm, clone, tmp_path):
    job = slurm.submit(clone, *FEW, arguments=(*SMOKE, "--out", tmp_path / "out", "--only", "01"))
    until = time.monotonic() + 120
    while "[1/1]" not in log_of(clone, job):
        assert time.monotonic() < until
        time.sleep(0.05)
    slurm("scancel", "--batch", "--signal=USR1", job)
    (state,) = slurm.wait_for(job)
    assert state["ExitCode"] == "75:0"
    assert "does not go back into the queue: give it more time" in log_of(clone, job)


@pytest.mark.long
def test_dask_workers_that_are_jobs_give_the_same_bytes(slurm, smoke_results, tmp_path):
    pytest.importorskip("dask_jobqueue", reason="the extra dask is not installed")
    settings = {"INTERFACE": "lo", "MEMORY": "1GB", "LOG_DIRECTORY": str(tmp_path / "jobs")}
    out = tmp_path / "out"
    dask = ("--backend", "dask", "--scheduler", "slurm", "-j", "2")
    done = subprocess.run(
        command_line(*SMOKE, "--only", "01,02", "--out", out, *dask),
        capture_output=True,
        text=True,
        timeout=300,
        env={
            **command_environment(),
            "SLURM_CONF": slurm.environment["SLURM_CONF"],
            **{f"DASK_JOBQUEUE__SLURM__{name}": value for name, value in settings.items()},
        },
    )
    assert done.returncode == 0, done.stderr
    assert results(out) == smoke_results
    jobs = [job for job in slurm.states("") if job["JobName"] == "dask-worker"]
    assert len(jobs) == 2 and all(job["NumCPUs"] == "1" for job in jobs)
