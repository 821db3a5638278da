"""What a worker of a dask cluster does; imported where there is one only."""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from dask.distributed import WorkerPlugin
from threadpoolctl import threadpool_limits

from pnetlib.errors import SetupError
from pnetlib.execution.compiled import VARIABLE, pack_more, unpack
from pnetlib.execution.fingerprint import CALCULATION, library_digest, versions


class OwnKernels(WorkerPlugin):
    """Gives a worker a cache of compiled kernels of its own before it imports any."""

    name = "pnetlib-own-kernels"

    def setup(self, worker):
        """Begin the cache with what was packed before, or what the variable names."""
        self.folder = tempfile.TemporaryDirectory(prefix="pnet-kernels-")
        worker.pnetlib_packed = unpack(Path(self.folder.name))
        if os.environ.get(VARIABLE) and os.path.isdir(os.environ[VARIABLE]):
            with suppress(shutil.Error):  # a file that somebody replaces just now
                shutil.copytree(os.environ[VARIABLE], self.folder.name, dirs_exist_ok=True)
        os.environ[VARIABLE] = self.folder.name

    def teardown(self, worker):
        """Pack what was compiled for later workers."""
        pack_more(Path(self.folder.name), worker.pnetlib_packed)
        self.folder.cleanup()


def hold(*shared):
    """Return the arguments that all tasks share: a result that other workers can fetch."""
    return shared


def compute(expected, function, shared, task):
    """Compute one task, if this worker has the library and the versions of who asks.

    Raises
    ------
    SetupError
        If it has not.
    """
    here = {"library": library_digest(*CALCULATION), **versions()}
    if different := sorted(name for name in expected if here[name] != expected[name]):
        name = different[0]
        raise SetupError(
            f"the dask worker on {os.uname().nodename} has another {name} than this run "
            f"({here[name]}, not {expected[name]}); give it the same environment."
        )
    threadpool_limits(1, "blas")  # for good: other tasks of this worker count on it too
    return function(*shared, *task)
