"""Environment variables that separate a run from the user's settings and from other runs."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pnetlib.execution.storage import user_cache

_LONGEST_SOCKET_FOLDER = 80  # a socket's path must have fewer than 104 characters


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a private folder, with a path short enough for sockets, and remove it at the end."""
    base = tempfile.gettempdir()
    if len(base) > _LONGEST_SOCKET_FOLDER:
        base = "/tmp"  # noqa: S108 - the folder made inside has an unguessable name and is private
    with tempfile.TemporaryDirectory(prefix="pnet-", dir=base, ignore_cleanup_errors=True) as path:
        yield Path(path)


def isolation(scratch: Path) -> dict[str, str]:
    """Return the variables for this process and its kernels.

    The state of Jupyter and IPython goes to `scratch`, a private folder on a local disk, as their
    databases hang on network disks. Matplotlib's font list is cached between runs, except in a
    batch job: jobs on several nodes would write to it at once, so there it goes to `scratch` too.
    """
    cache = None if "SLURM_JOB_ID" in os.environ else user_cache()
    fonts = os.environ.get("MPLCONFIGDIR") or str((cache or scratch) / "matplotlib")
    Path(fonts).mkdir(parents=True, exist_ok=True)
    return {
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(scratch / "jupyter"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "MPLCONFIGDIR": fonts,
    }


def thread_limits(threads: int) -> dict[str, str]:
    """Return the variables that limit every numerical library to a number of threads."""
    names = ("OMP", "OPENBLAS", "MKL", "NUMBA")
    return {f"{name}_NUM_THREADS": str(threads) for name in names}
