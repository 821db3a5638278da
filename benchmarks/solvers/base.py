"""What all solvers of the benchmark have in common.

For every target a solver minimises the lasso of that gene on all others along a path of penalties,
each solution started from the one before. While a target is solved, its own column is set to 0,
which every solver skips, so that no solver copies the data for each target. Solvers that release
Python's global lock run in threads, the others in processes that are started before the clock.
"""

import importlib.metadata
import importlib.util
import warnings
from functools import partial

import joblib
import numpy as np

LADDER = tuple(10.0**-k for k in range(3, 15))  # tolerances to try, loosest first


def dense(solutions, p):
    """Return sparse solutions of all targets as arrays (p, m), one per penalty."""
    points = len(solutions[0])
    out = [np.zeros((p, len(solutions))) for _ in range(points)]
    for column, path in enumerate(solutions):
        for k, (genes, values) in enumerate(path):
            out[k][genes, column] = values
    return out


def sparse(w):
    """Return the positions of the nonzero coefficients, and these coefficients."""
    genes = np.flatnonzero(w)
    return genes, w[genes]


def in_parallel(solve, targets, threads, processes):
    """Return the solutions of all targets, which are dealt in turn to `threads` workers."""
    if threads == 1:
        return solve(targets)
    # joblib and not the package's engine: each external solver needs threads or warm processes of
    # its own, whatever backend a run of the notebooks uses.
    pool = joblib.Parallel(threads, prefer="processes" if processes else "threads")
    parts = pool(joblib.delayed(solve)(targets[k::threads]) for k in range(threads))
    solutions = [None] * len(targets)
    for k, part in enumerate(parts):
        solutions[k::threads] = part
    return solutions


class Solver:
    """Base class of all solvers; a subclass defines `name`, `package` and ``_chunk``.

    ``_chunk(data, lam1s, tol, targets)`` returns, for each target, a list over the penalties of
    (positions, coefficients).

    Attributes
    ----------
    name : str
        Name in tables.
    package : str
        Distribution whose version is reported.
    fast : bool
        Whether it is timed on more targets, as one of the fastest solvers.
    tolerances : tuple of float
        The solver's own tolerances, among which the calibration chooses, loosest first.
    processes : bool
        Whether it runs in processes rather than threads.
    """

    name = package = ""
    fast = False
    tolerances = LADDER
    processes = False

    @property
    def version(self):
        """Version of the package."""
        return importlib.metadata.version(self.package)

    @classmethod
    def installed(cls):
        """Return whether the package is installed."""
        return importlib.util.find_spec(cls.package.replace("-", "_")) is not None

    def prepare(self, X, threads):
        """Return what all targets share, from standardised X (n, p); timed separately."""
        return np.asfortranarray(X)

    def solve(self, data, lam1s, targets, tol, threads):
        """Return the solutions of all targets in a form that `coefficients` understands."""
        chunk = partial(self._chunk, data, lam1s, tol)
        return in_parallel(chunk, targets, threads, self.processes)

    def coefficients(self, solved, p, targets):
        """Return the result of `solve` as arrays (p, m), one per penalty; not timed."""
        return dense(solved, p)

    def close(self):
        """End the processes that the solver has started, if any."""


class DataSolver(Solver):
    """A solver of one target at a time on the data matrix; a subclass defines ``_path``.

    ``_path(X, y, lam1s, tol)`` yields the coefficients at each penalty. It runs in processes,
    since the Python part of such a solver holds the global lock.
    """

    processes = True

    def _chunk(self, X, lam1s, tol, targets):
        X, solutions = np.array(X, order="F"), []
        for j in targets:
            y = X[:, j].copy()
            X[:, j] = 0.0
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the gap shows a tolerance that is not reached
                solutions.append([sparse(w) for w in self._path(X, y, lam1s, tol)])
            X[:, j] = y
        return solutions
