"""Control groups of Linux, by which Slurm and containers limit a process."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
PROC = Path("/proc")


def control_groups(
    kind: str, proc: Path = PROC, cgroups: Path = CGROUPS
) -> Iterator[tuple[int, Path]]:
    """Yield version (1 or 2) and folder of each group of this process, and of those around it.

    `kind` is what the groups limit, such as memory or cpu. Nothing is yielded where the system
    reports no groups in the folders `proc` and `cgroups`.
    """
    try:
        lines = (proc / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        number, kinds, place = line.split(":", 2)
        if number == "0":
            version, base = 2, cgroups
        elif kind in kinds.split(","):
            version, base = 1, cgroups / kind
        else:
            continue
        folder = base / place.strip("/")
        yield from (
            (version, group)
            for group in (folder, *folder.parents)
            if group.is_relative_to(base) and group.is_dir()
        )


def granted_cpus(proc: Path = PROC, cgroups: Path = CGROUPS) -> float | None:
    """Return the processors that a quota grants this process, such as 1.5; None without a quota."""
    found = []
    for version, group in control_groups("cpu", proc, cgroups):
        with suppress(OSError, ValueError, ZeroDivisionError):  # none, or max, or -1
            if version == 2:
                quota, period = map(int, (group / "cpu.max").read_text().split())
            else:
                quota = int((group / "cpu.cfs_quota_us").read_text())
                period = int((group / "cpu.cfs_period_us").read_text())
            if quota > 0:
                found.append(quota / period)
    return min(found, default=None)
