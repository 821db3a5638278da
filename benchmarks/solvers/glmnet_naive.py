"""R's glmnet: its naive method, on the data matrix."""

import shutil
from functools import cache

from benchmarks.solvers.worker import WorkerSolver, output, program

VERSION = "cat(as.character(packageVersion('glmnet')))"


class Glmnet(WorkerSolver):
    """R's glmnet, where Rscript and the package are installed."""

    name = package = "glmnet (R)"

    @classmethod
    @cache
    def command(cls):
        script = shutil.which("Rscript")
        if script is None or not output([script, "--vanilla", "-e", VERSION]):
            return None
        return [script, "--vanilla", program("glmnet_worker.R")]

    @property
    def version(self):
        return output([self.command()[0], "--vanilla", "-e", VERSION])
