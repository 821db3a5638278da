"""scikit-learn: coordinate descent on a precomputed Gram matrix, without the checks around it."""

import warnings
from functools import partial

import numpy as np
from sklearn.linear_model import _cd_fast, enet_path

from benchmarks.solvers.base import Solver, sparse
from pnetlib.steps.speed.compute import REFERENCE, UNSCREENED

MOST_SWEEPS = 100_000


class GramDescent(Solver):
    """scikit-learn's Gram kernel with its gap-safe screening."""

    name, package, fast, screens = REFERENCE, "scikit-learn", True, True

    @classmethod
    def installed(cls):
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


class UnscreenedGramDescent(GramDescent):
    """The same kernel without screening: the algorithm before version 1.8."""

    name, fast, screens = UNSCREENED, False, False


def gram_kernel(screens=True):
    """Return scikit-learn's Gram kernel as a function (w, l1, Q, q, y, tol) -> w.

    The kernel is not public and its arguments have changed (screening was added in 1.8). The
    known forms are therefore tried on a problem of one gene; if none fits, the public function
    is returned.
    """
    rng, kernel = np.random.RandomState(0), getattr(_cd_fast, "enet_coordinate_descent_gram", None)

    def direct(more, w, l1, Q, q, y, tol):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = kernel(w, l1, 0.0, Q, q, y, MOST_SWEEPS, tol, rng, False, False, *more)
        return np.asarray(found[0])

    def public(w, l1, Q, q, y, tol):
        return enet_path(
            np.zeros((1, len(Q))),
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
            found = direct(more, np.zeros(1), 0.5, one, np.ones(1), np.ones(1), 1e-9)
        except TypeError:
            continue
        if abs(found[0] - 0.5) < 1e-6:
            return partial(direct, more)
    return public
