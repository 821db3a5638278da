"""Limits of the shell under which a run is refused before it starts."""

import resource
import subprocess
import sys

import pytest
from builders import ROOT, SMOKE, assert_one_sentence, command_environment

from pnetlib.execution import limits, memory

RUN = (sys.executable, "-m", "pnetlib", "run", *SMOKE, "--only", "01")


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("-n 64", "open files (ulimit -n) is 64, but a run needs 128"),
        ("-v 1000000", "address space (ulimit -v) is 0.95 GB, but a run needs 4 GB"),
        ("-v 4190000", "address space (ulimit -v) is 3.99 GB, but a run needs 4 GB"),
    ],
)
def test_a_limit_that_no_run_can_keep_is_one_sentence(tmp_path, limit, words):
    line = ["bash", "-c", f'ulimit {limit}; "$@"', "bash", *RUN, "--out", str(tmp_path / "out")]
    done = subprocess.run(
        line, cwd=ROOT, env=command_environment(), capture_output=True, text=True, timeout=100
    )
    assert_one_sentence(done, 3, words)
    assert not (tmp_path / "out").exists()


def limited(monkeypatch, files, addresses=resource.RLIM_INFINITY):
    """Let the system report limits; return the list of those that are set."""
    given = {resource.RLIMIT_NOFILE: files, resource.RLIMIT_AS: (addresses, addresses)}
    changed = []
    monkeypatch.setattr(resource, "getrlimit", given.get)
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limit: changed.append(limit))
    return changed


@pytest.mark.parametrize(
    ("soft", "hard", "most"),
    [(256, resource.RLIM_INFINITY, 4096), (64, 1024, 1024), (1024, 65_536, 4096)],
)
def test_a_low_limit_of_open_files_is_raised(monkeypatch, soft, hard, most):
    changed = limited(monkeypatch, (soft, hard))
    limits.require_limits()
    assert changed == [(most, hard)]


def test_a_high_limit_of_open_files_is_left(monkeypatch):
    changed = limited(monkeypatch, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    limits.require_limits()
    assert changed == []


def test_the_limit_of_address_space_counts_as_memory(tmp_path, monkeypatch):
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "status").write_text("VmSize: 2000 kB\n")
    (tmp_path / "meminfo").write_text("MemAvailable: 8000 kB\n")
    limited(monkeypatch, (1024, 1024), addresses=5000 * 1024)
    assert memory.available_memory(tmp_path, tmp_path) == 3000 * 1024
