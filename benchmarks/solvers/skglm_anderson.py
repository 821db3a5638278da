"""skglm: working sets and Anderson-accelerated coordinate descent, on the data matrix."""

import numpy as np

from benchmarks.solvers.base import DataSolver


class Skglm(DataSolver):
    """skglm's accelerated coordinate descent, started at each penalty from the last solution."""

    name = package = "skglm"

    def _path(self, X, y, lam1s, tol):
        from skglm.datafits import Quadratic  # an optional package
        from skglm.penalties import L1
        from skglm.solvers import AndersonCD

        solver = AndersonCD(tol=tol, fit_intercept=False)
        w, Xw = np.zeros(X.shape[1]), np.zeros(len(X))
        for lam1 in lam1s:
            w = solver.solve(X, y, Quadratic(), L1(0.5 * lam1), w, Xw, run_checks=False)[0]
            yield w.copy()
