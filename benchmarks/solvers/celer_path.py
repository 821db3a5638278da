"""celer: working sets and dual extrapolation, on the data matrix."""

import numpy as np

from benchmarks.solvers.base import DataSolver


class Celer(DataSolver):
    """celer's path of lasso solutions."""

    name = package = "celer"

    def _path(self, X, y, lam1s, tol):
        from celer.homotopy import celer_path  # an optional package

        return celer_path(X, y, "lasso", alphas=0.5 * np.asarray(lam1s), tol=tol, max_iter=100)[1].T
