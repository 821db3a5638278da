"""How many threads to use, and how genes are dealt to them."""

import os

from ..errors import UsageError


def thread_count(n_threads=None):
    """Threads to use: the number given, else the cores this process may run on."""
    if n_threads is None or n_threads == 0:
        allowed = os.environ.get("SLURM_CPUS_PER_TASK", "")
        if allowed.isdigit() and int(allowed) > 0:
            return int(allowed)
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1
    if n_threads < 0 or int(n_threads) != n_threads:
        raise UsageError(f"n_threads must be a whole number of at least 0, not {n_threads!r}.")
    return int(n_threads)


def chunks(p, size=32):
    """Ranges of genes small enough to share evenly among threads."""
    return [(first, min(first + size, p)) for first in range(0, p, size)]
