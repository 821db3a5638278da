"""Environment variables that separate a run from the user's settings and from other runs."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pnetlib.errors import SetupError
from pnetlib.execution.storage import user_cache, writable_folder
from pnetlib.words import say_once

# A socket's path must have fewer than 104 bytes, on Linux 108.
_LONGEST_SOCKET_FOLDER = 80  # bytes
# Where others look for kernels, settings and data; a run must not.
_JUPYTER = ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH")


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a private folder, with a path short enough for sockets, and remove it at the end.

    Raises
    ------
    SetupError
        If there is no folder for temporary files.
    """
    base = _temporary()
    with tempfile.TemporaryDirectory(prefix="pnet-", dir=base, ignore_cleanup_errors=True) as path:
        yield Path(path)


def _temporary() -> str:
    """Return the folder for temporary files: TMPDIR, or another one, which is said."""
    wanted = os.environ.get("TMPDIR", "")
    try:
        found = tempfile.gettempdir()
    except FileNotFoundError as error:
        raise SetupError(
            "there is no folder for temporary files; set TMPDIR to one that can be written."
        ) from error
    if len(os.fsencode(found)) > _LONGEST_SOCKET_FOLDER:
        for short in ("/tmp", "/var/tmp"):  # noqa: S108 - what is made inside is private
            if os.path.isdir(short) and os.access(short, os.W_OK | os.X_OK):
                say_once(f"{found} is too long a path for sockets, so {short} is used instead.")
                return short
        raise SetupError(
            f"{found}, the folder for temporary files, is too long a path for sockets; set TMPDIR to "
            f"one of at most {_LONGEST_SOCKET_FOLDER} bytes."
        )
    if wanted and not os.path.samefile(found, wanted if os.path.isdir(wanted) else os.sep):
        say_once(f"TMPDIR is {wanted}, which cannot be written, so {found} is used instead.")
    return found


def isolation(scratch: Path) -> dict[str, str]:
    """Return the variables for this process and its kernels.

    The state of Jupyter and IPython goes to `scratch`, a private folder on a local disk, as their
    databases hang on network disks. Matplotlib's font list is cached between runs, except in a
    batch job: jobs on several nodes would write to it at once, so there it goes to `scratch` too,
    as it does where its folder cannot be written. So does HOME where there is none.
    """
    variables = {
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_CONFIG_DIR": str(scratch / "jupyter-config"),
        "JUPYTER_DATA_DIR": str(scratch / "jupyter-data"),
        "JUPYTER_RUNTIME_DIR": str(scratch / "jupyter"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "MPLCONFIGDIR": str(_fonts(scratch)),
    }
    if not os.path.isabs(os.path.expanduser("~")):
        variables["HOME"] = str(scratch)
    return variables | dict.fromkeys(_JUPYTER, "")


def _fonts(scratch: Path) -> Path:
    """Return a folder for Matplotlib's font list."""
    if given := os.environ.get("MPLCONFIGDIR"):
        try:
            return writable_folder(Path(given).absolute())
        except SetupError:
            say_once(
                f"MPLCONFIGDIR is {given}, which cannot be written, so the list of fonts is not kept."
            )
            cache = None
    else:
        cache = None if "SLURM_JOB_ID" in os.environ else user_cache()
    fonts = (cache or scratch) / "matplotlib"
    fonts.mkdir(parents=True, exist_ok=True)
    return fonts


def thread_limits(threads: int) -> dict[str, str]:
    """Return the variables that limit every numerical library to a number of threads."""
    names = ("OMP", "OPENBLAS", "MKL", "NUMBA")
    return {f"{name}_NUM_THREADS": str(threads) for name in names}
