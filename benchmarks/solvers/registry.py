"""All solvers of the benchmark, in the order of the tables."""

from benchmarks.solvers.adelie_covariance import Adelie
from benchmarks.solvers.celer_path import Celer
from benchmarks.solvers.glmnet_naive import Glmnet
from benchmarks.solvers.pnetlib_network import PnetlibNetwork
from benchmarks.solvers.skglm_anderson import Skglm
from benchmarks.solvers.sklearn_gram import GramDescent, UnscreenedGramDescent

SOLVERS = (PnetlibNetwork, GramDescent, UnscreenedGramDescent, Celer, Skglm, Adelie, Glmnet)


def installed(names=None):
    """Return the solvers that are installed; of those named, if names are given."""
    wanted = [solver for solver in SOLVERS if names is None or solver.name in names]
    return [solver() for solver in wanted if solver.installed()]


def absent():
    """Return the names of the solvers that are not installed."""
    return [solver.name for solver in SOLVERS if not solver.installed()]
