"""Limits of the shell (`ulimit`) under which no run can work, refused before it starts."""

import resource

from pnetlib.errors import SetupError

FILES = 128  # a kernel has about 70 open
ADDRESSES = 4 << 30  # bytes; a small run on two threads takes 3 GB, and fills 0.7 GB of them
_ENOUGH = 4096  # files


def require_limits() -> None:
    """Raise this process's limit of open files as far as it may, and refuse what is too low.

    Raises
    ------
    SetupError
        If a run would meet the limit of open files or of address space.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _below(soft, _ENOUGH):
        most = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if _below(hard, FILES):
        raise SetupError(
            f"the limit of open files (ulimit -n) is {hard}, but a run needs {FILES}; start it in a "
            "shell with a higher limit."
        )
    addresses, _ = resource.getrlimit(resource.RLIMIT_AS)
    if _below(addresses, ADDRESSES):
        raise SetupError(
            f"the limit of address space (ulimit -v) is {addresses * 100 // 2**30 / 100:g} GB, but a run needs "
            f"{ADDRESSES >> 30} GB, most of it never filled; start it with ulimit -v unlimited."
        )


def _below(limit: int, needed: int) -> bool:
    return limit != resource.RLIM_INFINITY and limit < needed
