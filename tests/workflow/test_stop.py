"""Signals that stop a run."""

import os
import signal
import subprocess
import time

import pytest
from builders import SMOKE, command_environment, command_line, is_running, write_notebook

from pnetlib.workflow import stop


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGUSR1, 75),
        pytest.param(signal.SIGTERM, 143, marks=pytest.mark.long),
        pytest.param(signal.SIGINT, 130, marks=pytest.mark.long),
    ],
)
def test_a_signal_ends_the_kernel_and_leaves_finished_steps(tmp_path, notebooks, number, code):
    out = tmp_path / "out"
    sleeps = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
    write_notebook(notebooks / "02_second.ipynb", sleeps + "time.sleep(100)")
    driver = subprocess.Popen(
        command_line(*SMOKE, "--out", out, notebooks=notebooks),
        env=command_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    pid = tmp_path / "pid"
    for _ in range(300):
        if pid.exists() and pid.read_text():
            break
        time.sleep(0.1)
    started = time.monotonic()
    driver.send_signal(number)
    _, sentence = driver.communicate(timeout=30)
    assert time.monotonic() - started < 8
    assert driver.returncode == code
    assert len(sentence.strip().splitlines()) == 1
    assert signal.Signals(number).name in sentence
    assert sorted(p.name for p in (out / "notebooks").iterdir()) == ["01_first.ipynb"]
    assert not is_running(int(pid.read_text()))


@pytest.mark.parametrize("array, job", [({}, "7"), ({"JOB_ID": "7", "TASK_ID": "2"}, "7_2")])
def test_only_the_task_of_an_array_goes_back_into_the_queue(tmp_path, monkeypatch, array, job):
    """Slurm gives the last task the number of the whole array, with which it requeues all tasks."""
    fake = tmp_path / "scontrol"
    fake.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/said\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    for name in ("JOB_ID", "TASK_ID"):
        monkeypatch.delenv(f"SLURM_ARRAY_{name}", raising=False)
    for name, value in array.items():
        monkeypatch.setenv(f"SLURM_ARRAY_{name}", value)
    error = stop.StoppedError("stopped.", signal.SIGUSR1)
    error.progress = True
    assert stop.requeue_notice(error) == f" Job {job} goes back into the queue."
    assert stop.requeue(error) == ""
    assert (tmp_path / "said").read_text() == f"requeue {job}\n"
