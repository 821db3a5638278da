"""adelie: its covariance method, in an environment of its own since it needs an older NumPy."""

from functools import cache

from benchmarks.solvers.worker import WorkerSolver, output, program
from pnetlib.workflow.project import project_root

VERSION = "from importlib.metadata import version; print(version('adelie'))"


class Adelie(WorkerSolver):
    """adelie's covariance method, in the environment that `./reproduce.sh bench` makes for it."""

    name = package = "adelie"

    @classmethod
    @cache
    def command(cls):
        for python in (project_root() / ".venv-adelie").glob("bin/python"):
            return [str(python), program("adelie_worker.py")]
        return None

    @property
    def version(self):
        return output([self.command()[0], "-c", VERSION])
