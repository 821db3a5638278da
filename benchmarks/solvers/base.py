"""The racers: this project's kernel and others' lasso solvers, each fed as it likes best.

Each solves, for every target asked for, the lasso of that gene on all others along a path of
penalties, warm-started. The target's own column is set to 0 for the time of its solve, which all
of them pass over; so none has to copy the data for every target. Kernels that release Python's
lock run in threads, the others in processes that stand ready before the clock starts.
"""

import importlib.metadata
import warnings
from functools import partial

import joblib
import numpy as np

from pnetlib.solvers.columns import Columns
from pnetlib.solvers.moments import gram
from pnetlib.solvers.network import solve_network

LADDER = tuple(10.0**-k for k in range(3, 15))  # tolerances tried, loosest first
MOST_SWEEPS = 100_000


def dense(solutions, p):
    """Coefficients as arrays (p, m), one a penalty, from the sparse ones of every target."""
    points = len(solutions[0])
    out = [np.zeros((p, len(solutions))) for _ in range(points)]
    for column, path in enumerate(solutions):
        for k, (genes, values) in enumerate(path):
            out[k][genes, column] = values
    return out


def sparse(w):
    """Genes with a coefficient, and the coefficients."""
    genes = np.flatnonzero(w)
    return genes, w[genes]


def dealt(solve, targets, threads, processes):
    """Solutions of all targets, dealt out in turn to `threads` workers."""
    if threads == 1:
        return solve(targets)
    pool = joblib.Parallel(threads, prefer="processes" if processes else "threads")
    parts = pool(joblib.delayed(solve)(targets[k::threads]) for k in range(threads))
    solutions = [None] * len(targets)
    for k, part in enumerate(parts):
        solutions[k::threads] = part
    return solutions


class Peer:
    """One racer.

    Attributes
    ----------
    name : str
        As it stands in tables.
    package : str
        Distribution whose version is reported.
    rank : int
        1 for those timed on more targets, as they are the ones to beat.
    tolerances : tuple of float
        What its own tolerance is calibrated over, loosest first.
    """

    name = package = ""
    rank = 2
    tolerances = LADDER
    processes = False

    @property
    def version(self):
        """Version of the package that solves."""
        return importlib.metadata.version(self.package)

    @classmethod
    def here(cls):
        """Whether it is installed."""
        return importlib.util.find_spec(cls.package.replace("-", "_")) is not None

    def prepare(self, X, threads):
        """What is shared by all targets, from standardised X (n, p); timed apart."""
        return np.asfortranarray(X)

    def solve(self, data, lam1s, targets, tol, threads):
        """A list by target of lists by penalty of (genes, coefficients)."""
        chunk = partial(self._chunk, data, lam1s, tol)
        return dealt(chunk, targets, threads, self.processes)

    def end(self):
        """End what was started for it."""

    def coefficients(self, solved, p, targets):
        """Arrays (p, m) of what `solve` returned, one a penalty; not timed."""
        return dense(solved, p)


class Pnetlib(Peer):
    """This project: all columns of a network at once, the path warm-started."""

    name, package, rank, tolerances = "pnetlib", "pnetlib", 1, (1e-6,)

    @property
    def version(self):
        """Version of the project, which need not be installed."""
        from pnetlib import __version__

        return __version__

    @classmethod
    def here(cls):
        """Always."""
        return True

    def prepare(self, X, threads):
        return gram(X, threads)

    def solve(self, data, lam1s, targets, tol, threads):
        p, columns, path = len(data), Columns.empty(len(data)), []
        held = np.ones(p, bool)
        held[targets] = False
        for lam1 in lam1s:
            columns, _ = solve_network(
                data, np.full(p, 0.5 * lam1), 0.0, columns, tol, fixed=held, n_jobs=threads
            )
            path.append(columns)
        return path

    def coefficients(self, solved, p, targets):
        return [columns.matrix()[:, targets].toarray() for columns in solved]


class GramDescent(Peer):
    """scikit-learn's coordinate descent on a precomputed Gram matrix, without its checks."""

    name, package, rank, screens = "scikit-learn, Gram", "scikit-learn", 1, True

    @classmethod
    def here(cls):
        return True

    def prepare(self, X, threads):
        return X.T @ X / len(X)

    def _chunk(self, G, lam1s, tol, targets):
        descend, Q, solutions = gram_kernel(self.screens), G.copy(), []
        for j in targets:
            row = Q[j].copy()
            Q[j], Q[:, j] = 0.0, 0.0
            q, y, w, path = row.copy(), np.array([np.sqrt(row[j])]), np.zeros(len(Q)), []
            q[j] = 0.0
            for lam1 in lam1s:
                w = descend(w, 0.5 * lam1, Q, q, y, tol)
                path.append(sparse(w))
            Q[j], Q[:, j] = row, row
            solutions.append(path)
        return solutions


class Unscreened(GramDescent):
    """The same without its gap-safe screening: the algorithm as it was before version 1.8."""

    name, rank, screens = "scikit-learn, Gram, unscreened", 2, False


def gram_kernel(screens=True):
    """scikit-learn's Gram kernel as a function (w, l1, Q, q, y, tol) -> w.

    It is not public and has changed its arguments (screening came with 1.8), so the forms known
    are tried on a problem of one gene; the public function is taken where none fits.
    """
    from sklearn.linear_model import _cd_fast, enet_path

    rng, kernel = np.random.RandomState(0), getattr(_cd_fast, "enet_coordinate_descent_gram", None)

    def direct(more, w, l1, Q, q, y, tol):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(
                kernel(w, l1, 0.0, Q, q, y, MOST_SWEEPS, tol, rng, False, False, *more)[0]
            )

    def public(w, l1, Q, q, y, tol):
        X = np.zeros((1, len(Q)))
        return enet_path(
            X,
            y,
            l1_ratio=1.0,
            alphas=[l1],
            precompute=Q,
            Xy=q,
            coef_init=w,
            tol=tol,
            max_iter=MOST_SWEEPS,
            check_input=False,
        )[1][:, 0]

    one = np.ones((1, 1))
    for more in ((screens,), ()):
        try:
            if (
                abs(direct(more, np.zeros(1), 0.5, one, np.ones(1), np.ones(1), 1e-9)[0] - 0.5)
                < 1e-6
            ):
                return partial(direct, more)
        except TypeError:
            continue
    return public


class Columnwise(Peer):
    """A solver on the data matrix itself, in processes: its Python part holds the lock."""

    processes = True

    def _chunk(self, X, lam1s, tol, targets):
        X, solutions = np.array(X, order="F"), []
        for j in targets:
            y = X[:, j].copy()
            X[:, j] = 0.0
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a tolerance it cannot reach shows in the gap
                solutions.append([sparse(w) for w in self._path(X, y, lam1s, tol)])
            X[:, j] = y
        return solutions


class Celer(Columnwise):
    """celer: working sets, dual extrapolation."""

    name = package = "celer"

    def _path(self, X, y, lam1s, tol):
        from celer.homotopy import celer_path

        return celer_path(X, y, "lasso", alphas=0.5 * np.asarray(lam1s), tol=tol, max_iter=100)[1].T


class Skglm(Columnwise):
    """skglm: working sets, Anderson-accelerated coordinate descent."""

    name = package = "skglm"

    def _path(self, X, y, lam1s, tol):
        from skglm.datafits import Quadratic
        from skglm.penalties import L1
        from skglm.solvers import AndersonCD

        solver, w, Xw = (
            AndersonCD(tol=tol, fit_intercept=False),
            np.zeros(X.shape[1]),
            np.zeros(len(X)),
        )
        for lam1 in lam1s:
            w = solver.solve(X, y, Quadratic(), L1(0.5 * lam1), w, Xw, run_checks=False)[0]
            yield w.copy()
