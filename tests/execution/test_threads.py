"""Threads that Slurm, the affinity and the user allow, and how genes are divided among them."""

import os

import numpy as np
import pytest

from pnetlib.errors import UsageError
from pnetlib.execution.threads import allowed_threads, chunks, thread_count
from pnetlib.workflow.run import Run


def test_threads_are_those_granted(monkeypatch):
    monkeypatch.delenv("SLURM_CPUS_PER_TASK", raising=False)
    assert 1 <= allowed_threads() <= os.cpu_count()
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "7")
    assert allowed_threads() == 7
    assert Run("simulated", "smoke").threads == 7
    assert Run("simulated", "smoke", threads=3).threads == 3


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
