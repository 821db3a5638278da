"""How many threads this process may use, and how genes are divided among them."""

from __future__ import annotations

import numbers
import os
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING

from pnetlib.errors import UsageError
from pnetlib.words import shown

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


MOST = 65_536  # threads; more than any machine or cluster of one job has cores


def allowed_threads() -> int:
    """Return the threads that Slurm grants, else those of the CPU affinity, else all CPUs."""
    granted = os.environ.get("SLURM_CPUS_PER_TASK", "")
    if granted.isdecimal() and int(granted) > 0:
        return int(granted)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def thread_count(n_jobs: int | None = None) -> int:
    """Return the threads asked for, or all that are allowed for None, -1 and 0."""
    if n_jobs is None:
        return allowed_threads()
    whole = isinstance(n_jobs, numbers.Integral) and not isinstance(n_jobs, bool)
    if not whole or not -1 <= n_jobs <= MOST:
        raise UsageError(
            f"n_jobs must be a whole number of at least 1 and at most {MOST:,} (None, -1 or 0: all "
            f"allowed cores), not {shown(n_jobs)}."
        )
    return int(n_jobs) if n_jobs > 0 else allowed_threads()


@cache
def _numerical_libraries() -> ThreadpoolController:
    """Return the BLAS libraries of this process, which take about 10 ms to find."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager:
    """Limit NumPy's BLAS to one thread inside a ``with`` block."""
    return _numerical_libraries().limit(limits=1, user_api="blas")


def chunks(p: int, size: int = 32) -> list[tuple[int, int]]:
    """Return ranges of genes, small enough to be divided evenly among threads."""
    return [(first, min(first + size, p)) for first in range(0, p, size)]
