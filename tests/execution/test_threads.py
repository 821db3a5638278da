"""Threads that Slurm, the affinity and the user allow, and how genes are divided among them."""

import os

import numpy as np
import pytest

from pnetlib.errors import UsageError
from pnetlib.execution import threads
from pnetlib.execution.threads import allowed_threads, chunks, thread_count
from pnetlib.workflow.run import Run


@pytest.fixture(autouse=True)
def no_grant(monkeypatch):
    for name in (*threads.GRANTS, threads.LIMIT):
        monkeypatch.delenv(name, raising=False)


def test_threads_are_those_granted(monkeypatch):
    assert 1 <= allowed_threads() <= os.cpu_count()
    for name in threads.GRANTS:
        with monkeypatch.context() as granted:
            granted.setenv(name, "7")
            assert allowed_threads() == 7
            assert Run("simulated", "smoke").threads == 7
            assert Run("simulated", "smoke", threads=3).threads == 3
            granted.setenv(threads.LIMIT, "3,2")
            assert allowed_threads() == 3
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "5")
    monkeypatch.setenv("NSLOTS", "6")
    assert allowed_threads() == 5


@pytest.mark.parametrize("text", ["", "0", "-1", "all", "1.5", "²", "9" * 5000])
def test_a_variable_that_is_no_number_of_threads_is_ignored(monkeypatch, text):
    usual = allowed_threads()
    for name in (*threads.GRANTS, threads.LIMIT):
        monkeypatch.setenv(name, text)
    assert allowed_threads() == usual


@pytest.mark.parametrize(("quota", "expected"), [(None, 8), (0.5, 1), (2.5, 3), (16.0, 8)])
def test_a_quota_of_control_groups_is_rounded_up(monkeypatch, quota, expected):
    monkeypatch.setattr(threads, "granted_cpus", lambda: quota)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    assert allowed_threads() == expected


def test_thread_count_and_chunks(monkeypatch):
    assert thread_count(3) == 3
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "5")
    assert thread_count() == thread_count(0) == 5
    monkeypatch.delenv("SLURM_CPUS_PER_TASK")
    assert thread_count() >= 1
    assert [q for piece in chunks(70) for q in range(*piece)] == list(range(70))


@pytest.mark.parametrize(
    "given", [True, 1.0, 1.5, "2", -2, 65_537, 100_000, 10**30, [1], np.array([1, 2])], ids=repr
)
def test_what_is_no_number_of_threads_is_refused(given):
    with pytest.raises(
        UsageError, match="n_jobs must be a whole number .* at most 65,536"
    ) as caught:
        thread_count(given)
    assert str(caught.value).endswith(".")
