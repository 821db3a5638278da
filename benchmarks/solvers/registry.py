"""Who takes part in the race."""

from benchmarks.solvers.base import Celer, GramDescent, Pnetlib, Skglm, Unscreened
from benchmarks.solvers.external import Adelie, Glmnet

RACERS = (Pnetlib, GramDescent, Unscreened, Celer, Skglm, Adelie, Glmnet)


def present(names=None):
    """The racers that are installed, of those named if any are."""
    wanted = [racer for racer in RACERS if names is None or racer.name in names]
    return [racer() for racer in wanted if racer.here()]


def absent():
    """Names of the racers that are not installed."""
    return [racer.name for racer in RACERS if not racer.here()]
