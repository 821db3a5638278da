"""pnetlib: all columns of a network at once, along a warm-started path."""

import numpy as np

import pnetlib
from benchmarks.solvers.base import Solver
from pnetlib.solvers.columns import Columns
from pnetlib.solvers.moments import gram
from pnetlib.solvers.network import solve_network
from pnetlib.steps.speed.compute import OWN


class PnetlibNetwork(Solver):
    """This project's solver of a network."""

    name, package, fast, tolerances = OWN, "pnetlib", True, (1e-6,)

    @property
    def version(self):
        """Version of the project, which need not be installed."""
        return pnetlib.__version__

    @classmethod
    def installed(cls):
        return True

    def prepare(self, X, threads):
        return gram(X, threads)

    def solve(self, data, lam1s, targets, tol, threads):
        p, columns, path = len(data), Columns.empty(len(data)), []
        skipped = np.ones(p, bool)
        skipped[targets] = False
        for lam1 in lam1s:
            weights = np.full(p, 0.5 * lam1)
            columns, _ = solve_network(
                data, weights, 0.0, columns, tol, fixed=skipped, n_jobs=threads
            )
            path.append(columns)
        return path

    def coefficients(self, solved, p, targets):
        return [columns.matrix()[:, targets].toarray() for columns in solved]
