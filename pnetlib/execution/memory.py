"""Memory this process may still use, and the most it has used."""

import os
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pnetlib.execution.groups import CGROUPS, PROC, control_groups


def available_memory(proc: Path = PROC, cgroups: Path = CGROUPS) -> int | None:
    """Return the bytes that are free on the machine and within the limits of the job.

    The limits are those of control groups (version 1 or 2), which Slurm and containers set, and of
    address space (``ulimit -v``). The result is None if the system reports none of them, the former
    in the folders `proc` and `cgroups`.
    """
    found = [*_free(proc), *_within_groups(proc, cgroups), *_addresses(proc)]
    return max(min(found), 0) if found else None


def peak_memory() -> int:
    """Return the largest resident size of this process so far, in bytes."""
    for value in memory_fields(PROC / "self" / "status", "VmHWM:"):
        return 1024 * value  # unlike `getrusage`, not inherited from the parent process
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else 1024 * used


def memory_fields(path: Path, *names: str) -> list[int]:
    """Return the numbers after the given words at the beginning of lines; none without a file."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return []
    words = [line.split() for line in lines]
    return [int(word[1]) for word in words if len(word) > 1 and word[0] in names]


def _free(proc: Path) -> list[int]:
    if free := memory_fields(proc / "meminfo", "MemAvailable:"):
        return [1024 * free[0]]
    try:
        return [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    except (ValueError, OSError, AttributeError):
        return []


def _addresses(proc: Path) -> list[int]:
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    used = memory_fields(proc / "self" / "status", "VmSize:")
    return [limit - 1024 * used[0]] if limit != resource.RLIM_INFINITY and used else []


def _within_groups(proc: Path, cgroups: Path) -> Iterator[int]:
    """Yield the bytes left in each group of this process and in each group around it."""
    kinds = {2: ("memory.max", "anon"), 1: ("memory.limit_in_bytes", "total_rss")}
    for version, group in control_groups("memory", proc, cgroups):
        limit, used = kinds[version]
        with suppress(OSError, ValueError):  # no limit, or none that is a number
            most = int((group / limit).read_text())
            taken = memory_fields(group / "memory.stat", used)
            yield most - (taken[0] if taken else 0)
