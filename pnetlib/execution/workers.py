"""What a dask worker runs; imported only when dask is used."""

import os
import platform
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from dask.distributed import WorkerPlugin
from threadpoolctl import threadpool_limits

from pnetlib.errors import SetupError
from pnetlib.execution.compiled import VARIABLE, pack_more, unpack
from pnetlib.execution.fingerprint import difference, identity

SAME = "start it in the same environment."


class OwnKernels(WorkerPlugin):
    """Give a worker its own cache of compiled kernels before it imports any."""

    name = "pnetlib-own-kernels"
    idempotent = True  # a later run must not remove the cache of kernels that are in use
    folder = None

    def setup(self, worker):
        """Fill the cache with packed kernels, and with those in the folder that `VARIABLE` names."""
        try:
            self.folder = tempfile.TemporaryDirectory(prefix="pnet-kernels-")
        except OSError as error:
            raise SetupError(
                f"the dask worker on {platform.node()} has no folder for temporary files "
                f"({error.strerror or error}); set TMPDIR there to one that can be written."
            ) from error
        worker.pnetlib_packed = unpack(Path(self.folder.name))
        if os.environ.get(VARIABLE) and os.path.isdir(os.environ[VARIABLE]):
            with suppress(shutil.Error):  # another process is replacing a file
                shutil.copytree(os.environ[VARIABLE], self.folder.name, dirs_exist_ok=True)
        os.environ[VARIABLE] = self.folder.name

    def teardown(self, worker):
        """Pack newly compiled kernels for later workers."""
        if self.folder is None:  # `setup` was refused
            return
        pack_more(Path(self.folder.name), worker.pnetlib_packed)
        self.folder.cleanup()


def here():
    """Return the name of this machine, and what computes on it."""
    return platform.node(), identity()


def check(kind, place, found, expected):
    """Raise `SetupError` if a worker or scheduler (`kind`) does not compute what is `expected`."""
    if different := difference(found, expected):
        raise SetupError(f"the dask {kind} on {place} has {different}; {SAME}")


def share(*shared):
    """Return the arguments that all tasks share, as a result that workers can fetch."""
    return shared


def compute(expected, function, shared, task):
    """Compute one task; refuse if library or packages differ from the caller's (`expected`)."""
    check("worker", *here(), expected)
    threadpool_limits(1, "blas")  # permanent, because every task of this worker needs it
    return function(*shared, *task)
