"""How many threads this process may use, and how genes are divided among them."""

from __future__ import annotations

import math
import numbers
import os
import threading
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any

from pnetlib.errors import UsageError
from pnetlib.execution.groups import granted_cpus
from pnetlib.words import shown

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


MOST = 65_536  # threads; more than any machine or cluster of one job has cores


# What schedulers grant a job, by the variable that each of them sets; the first one counts.
GRANTS = (
    "SLURM_CPUS_PER_TASK",
    "NSLOTS",  # Grid Engine
    "PBS_NUM_PPN",  # Torque
    "NCPUS",  # PBS Professional
    "LSB_DJOB_NUMPROC",  # LSF
)
LIMIT = "OMP_NUM_THREADS"  # how the user limits numerical programs


def allowed_threads() -> int:
    """Return the threads that this process may use.

    A scheduler's grant counts (`GRANTS`), else the CPUs of the affinity within the quota of control
    groups, rounded up. `LIMIT` lowers the number.
    """
    granted = next(filter(None, map(_whole, GRANTS)), None) or _processors()
    return min(granted, _whole(LIMIT) or granted)


def _whole(variable: str) -> int | None:
    """Return the positive number in an environment variable, the first of several; else None."""
    first = os.environ.get(variable, "").partition(",")[0].strip()
    is_number = first.isascii() and first.isdecimal() and 0 < len(first) < 10
    return (int(first) or None) if is_number else None


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        present = len(os.sched_getaffinity(0))
    else:
        present = os.cpu_count() or 1
    quota = granted_cpus()
    return present if quota is None else min(present, math.ceil(quota))


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


class _OneThread:
    """Limits NumPy's BLAS while at least one of several threads asks for it.

    The limit is that of the process: were each thread to restore what it found, the first to end
    would lift the limit of the others.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._limit: Any = None

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._limit = _numerical_libraries().limit(limits=1, user_api="blas")
            self._inside += 1

    def __exit__(self, *failure: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limit.restore_original_limits()


@cache
def _numerical_libraries() -> ThreadpoolController:
    """Return the BLAS libraries of this process, which take about 10 ms to find."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


_one_thread = _OneThread()


def _renew_lock() -> None:
    _one_thread._lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # another thread may have had the lock at a fork
    os.register_at_fork(after_in_child=_renew_lock)


def one_blas_thread() -> AbstractContextManager:
    """Limit NumPy's BLAS to one thread inside a ``with`` block, in all threads at once."""
    return _one_thread


def chunks(p: int, size: int = 32) -> list[tuple[int, int]]:
    """Return ranges of genes, small enough to be divided evenly among threads."""
    return [(first, min(first + size, p)) for first in range(0, p, size)]
