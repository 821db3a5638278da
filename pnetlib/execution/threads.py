"""How many threads this process may use, and how genes are dealt to them."""

import numbers
import os
from functools import cache

from pnetlib.errors import UsageError


def allowed_threads() -> int:
    """Return the threads granted by Slurm, else by the CPU affinity, else by the machine.

    Returns
    -------
    int
        At least 1.
    """
    granted = os.environ.get("SLURM_CPUS_PER_TASK", "")
    if granted.isdecimal() and int(granted) > 0:
        return int(granted)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def thread_count(n_jobs: int | None = None) -> int:
    """Return the threads asked for, or all that are allowed for None, -1 and 0.

    Raises
    ------
    UsageError
        If it is another number below 0 or no whole number.
    """
    if n_jobs is None or n_jobs in (0, -1):
        return allowed_threads()
    if not isinstance(n_jobs, numbers.Integral) or n_jobs < 0:
        raise UsageError(
            f"n_jobs must be a whole number of at least 1 (None, -1 or 0: all allowed cores), "
            f"not {n_jobs!r}."
        )
    return int(n_jobs)


@cache
def _numerical_libraries():
    """Return the BLAS libraries of this process; finding them takes some 10 ms."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_blas_thread():
    """Give NumPy's BLAS a single thread inside a ``with`` block."""
    return _numerical_libraries().limit(limits=1, user_api="blas")


def chunks(p: int, size: int = 32) -> list[tuple[int, int]]:
    """Return ranges of genes small enough to be shared evenly among threads."""
    return [(first, min(first + size, p)) for first in range(0, p, size)]
