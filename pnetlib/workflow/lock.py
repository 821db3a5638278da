"""A lock on the folder of a run, shared by the run and its kernel until both have ended."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from pnetlib.errors import SetupError
from pnetlib.execution.storage import storage_error
from pnetlib.workflow.display import short

_PATIENCE = 5.0  # seconds that the kernel of a killed driver may need to end


@contextmanager
def folder_lock(folder: Path, shared: bool = False) -> Iterator[TextIO]:
    """Lock a folder for this run; the lock ends with its processes, however they end.

    If `shared`, others that share the lock (the parts of an array) are allowed, but no whole run.
    The block gets the lock file; a kernel that inherits it has the lock too. If another run has
    locked the folder, `SetupError` is raised.
    """
    try:
        lock = open(folder / ".lock", "a+", encoding="utf-8")
    except OSError as error:
        raise storage_error(folder, error) from error
    with lock:
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > until:
                    raise SetupError(
                        f"another run is writing to {short(folder)}; wait for it or choose "
                        "another folder with --out."
                    ) from error
                time.sleep(0.1)
                continue
            except OSError:
                pass  # a file system without locks
            break
        yield lock
