"""How many threads this process may use."""

import os


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
