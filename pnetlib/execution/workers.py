"""What a dask worker runs; imported only when dask is used."""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from dask.distributed import WorkerPlugin
from threadpoolctl import threadpool_limits

from pnetlib.errors import SetupError
from pnetlib.execution.compiled import VARIABLE, pack_more, unpack
from pnetlib.execution.fingerprint import calculation_digest, versions


class OwnKernels(WorkerPlugin):
    """Give a worker its own cache of compiled kernels before it imports any."""

    name = "pnetlib-own-kernels"

    def setup(self, worker):
        """Fill the cache with packed kernels, and with those in the folder that `VARIABLE` names."""
        self.folder = tempfile.TemporaryDirectory(prefix="pnet-kernels-")
        worker.pnetlib_packed = unpack(Path(self.folder.name))
        if os.environ.get(VARIABLE) and os.path.isdir(os.environ[VARIABLE]):
            with suppress(shutil.Error):  # another process is replacing a file
                shutil.copytree(os.environ[VARIABLE], self.folder.name, dirs_exist_ok=True)
        os.environ[VARIABLE] = self.folder.name

    def teardown(self, worker):
        """Pack newly compiled kernels for later workers."""
        pack_more(Path(self.folder.name), worker.pnetlib_packed)
        self.folder.cleanup()


def share(*shared):
    """Return the arguments that all tasks share, as a result that workers can fetch."""
    return shared


def compute(expected, function, shared, task):
    """Compute one task; refuse if library or packages differ from the caller's (`expected`)."""
    here = {"library": calculation_digest(), **versions()}
    if different := sorted(name for name in expected if here[name] != expected[name]):
        name = different[0]
        raise SetupError(
            f"the dask worker on {os.uname().nodename} has another {name} than this run "
            f"({here[name]}, not {expected[name]}); start it in the same environment."
        )
    threadpool_limits(1, "blas")  # permanent, because every task of this worker needs it
    return function(*shared, *task)
