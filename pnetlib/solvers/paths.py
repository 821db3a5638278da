"""Grids of lambdas, warm-started paths along them, and what several paths share.

Every model predicts ``z_mean + X u`` from standardised expression X, where u is the coefficient
vector of ELA and LA, and ``B theta`` of Pro and NW.P. A path visits the points of a grid in order,
so that each fit starts from the one before it.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from pnetlib.execution.threads import one_blas_thread, thread_count
from pnetlib.kernels.products import column_products
from pnetlib.solvers.columns import MAX_ROUNDS
from pnetlib.solvers.expression import fit_expression
from pnetlib.solvers.joint import Penalties, fit_joint, start_state, theta_step
from pnetlib.solvers.moments import Moments

# Accuracy that the choice of lambdas needs: a path is not polished at every point.
GAP_TOL = 1e-4
TOL = 1e-3
MAX_ITER = 10
SMALLEST = 0.01  # smallest lambda of the expression models, relative to their largest


# Grids --------------------------------------------------------------------------------------


def largest_lam1(moments):
    """Return the smallest lam1 that leaves no edge in the network."""
    sizes = np.abs(moments.G)
    np.fill_diagonal(sizes, 0.0)
    return 2.0 * np.max(sizes)


def largest_lam3(moments, network):
    """Return the smallest lam3 that leaves no effect, for the network alone (a `State`)."""
    return 2.0 * np.max(np.abs(column_products(*network.B.arrays, moments.g)))


def largest_expression(moments):
    """Return the smallest lam1 of ELA and LA that leaves no effect."""
    return 2.0 * np.max(np.abs(moments.g))


def fractions_of(largest, fractions):
    """Return the fractions of a lambda, as a list of float."""
    return [float(fraction * largest) for fraction in fractions]


def elastic_net_points(lam1s, ratios):
    """Return points (lam1, lam2): for each share of the L1 penalty, one path along lam1."""
    return [
        {"lam1": lam1, "lam2": float(0.5 * lam1 / ratio * (1.0 - ratio))}
        for ratio in ratios
        for lam1 in lam1s
    ]


# What paths share ---------------------------------------------------------------------------


def fit_networks(moments, lam1s, near=None, *, lam2=0.0, gap_tol=GAP_TOL, max_iter=MAX_ROUNDS):
    """Return the network at each lam1 (list of `State`), each started from the one before.

    `near`, if given, has networks of nearly the same lines to start from, such as those of all
    lines for a half of them (step 08).
    """
    states, before = [], None
    for number, lam1 in enumerate(lam1s):
        warm = before if near is None else near[number].restart(moments, 1)
        before = start_state(moments, Penalties(lam1, lam2), gap_tol, 1, warm, max_iter)
        states.append(before)
    return states


class TrainingPart:
    """The moments of some training lines and their networks, each computed once."""

    def __init__(self, moments):
        self.moments = moments
        self._networks = {}

    def networks(self, lam1s, **options):
        """Return a dict of lam1 to network (`State`); `options` as in `fit_networks`."""
        key = (*lam1s, *sorted(options.items()))
        if key not in self._networks:
            self._networks[key] = dict(zip(lam1s, fit_networks(self.moments, lam1s, **options)))
        return self._networks[key]


class TrainingFolds:
    """A set of training lines and its folds, with moments and networks that models share.

    Parameters
    ----------
    X : ndarray (n, p)
        Expression.
    z : ndarray (n,)
        Response.
    folds : iterable of (ndarray of int, ndarray of int)
        Lines to fit on and lines to predict, as scikit-learn's splitters give them.
    n_regulators : int, optional
        Only this many genes, the first ones, may regulate in the networks; by default all.
    store : bool, default=True
        Whether the moments and networks of the folds are stored for the next model. They take
        one p x p array per fold, and one more per fold and lam1.

    Attributes
    ----------
    whole : TrainingPart
        All the lines.
    """

    def __init__(self, X, z, folds, *, n_regulators=None, store=True):
        self.X, self.z, self.folds, self.store = X, z, list(folds), store
        self.n_regulators = n_regulators
        self.whole = TrainingPart(Moments.of(X, z, n_jobs=1, n_regulators=n_regulators))
        self._parts = {}

    def part(self, number):
        """Return the training part of a fold, by down-dating the moments of all lines."""
        if number in self._parts:
            return self._parts[number]
        train = self.folds[number][0]
        if len(np.unique(train)) < len(train):  # lines drawn more than once
            options = {"n_jobs": 1, "n_regulators": self.n_regulators}
            moments = Moments.of(self.X[train], self.z[train], **options)
        else:
            out = np.setdiff1d(np.arange(len(self.X)), train)
            moments = self.whole.moments.without(self.X, self.z, out, n_jobs=1)
        part = TrainingPart(moments)
        if self.store:
            self._parts[number] = part
        return part

    def errors(self, paths, n_jobs=1):
        """Return an array of mean squared errors (n_folds, n_points) per path.

        The paths must visit the same points in every fold. `n_jobs` folds are computed at the same
        time; the result does not depend on it.
        """

        def fold(number):
            part, test = self.part(number), self.folds[number][1]
            moments, z = part.moments, self.z[test]
            X = (self.X[test] - moments.mean) / moments.scale
            return [
                [float(np.mean((z - moments.z_mean - X @ u) ** 2)) for u, _ in path.along(part)]
                for path in paths
            ]

        numbers, threads = range(len(self.folds)), thread_count(n_jobs)
        with one_blas_thread(), ThreadPoolExecutor(threads) as pool:
            rows = list(map(fold, numbers) if threads == 1 else pool.map(fold, numbers))
        return [np.array(errors) for errors in zip(*rows)]


# Paths --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ExpressionPath:
    """ELA or LA along points (lam1, lam2); a fit starts anew where lam1 does not fall."""

    points: list  # a dict of lambdas each; lam2 is 0 where it is missing
    tol: float = GAP_TOL  # relative duality gap to reach
    max_iter: int = MAX_ROUNDS  # rounds of the kernel at most

    def along(self, part, points=None):
        """Yield the coefficients and their (gap, rounds) at each point (of `points`, if given)."""
        b, before = None, np.inf
        for point in self.points if points is None else points:
            lam1, start = point["lam1"], b if point["lam1"] < before else None
            b, *reached = fit_expression(
                part.moments, lam1, point.get("lam2", 0.0), self.tol, start, self.max_iter
            )
            before = lam1
            yield b, reached

    def at(self, part, index):
        """Return what `along` yields at one point, reached by the path that leads to it."""
        *_, last = self.along(part, self.points[: index + 1])
        return last


@dataclass(frozen=True)
class NetworkPath:
    """Pro or NW.P along points (lam1, lam3, lam4); one network serves every lam3 and lam4.

    A new lam1 or lam4 starts from the network of that lam1 without effects.
    """

    points: list  # a dict of lambdas each; those missing are the ones of `penalties`
    step: Callable  # step(moments, penalties, state) continues a `State` to the next point
    penalties: Penalties  # ridge and conventions
    gap_tol: float = GAP_TOL  # relative duality gap of the networks that the path starts from
    max_iter: int = MAX_ROUNDS  # rounds of the kernel at most for these networks

    def penalties_at(self, point):
        """Return the `Penalties` of a point."""
        return replace(self.penalties, **point)

    def along(self, part, points=None):
        """Yield u and the state at each point (of `points`, if given).

        The state is changed by the next step; take from it what is needed before that.
        """
        lam1s = list(dict.fromkeys(point["lam1"] for point in self.points))
        networks = part.networks(
            lam1s, lam2=self.penalties.lam2, gap_tol=self.gap_tol, max_iter=self.max_iter
        )
        branch = None
        for point in self.points if points is None else points:
            pen = self.penalties_at(point)
            if (pen.lam1, pen.lam4) != branch:
                branch, state = (pen.lam1, pen.lam4), networks[pen.lam1].copy()
            self.step(part.moments, pen, state)
            yield predictor(state), state

    def at(self, part, index):
        """Return u and the state at one point, reached by the branch that leads to it."""
        end = self.points[index]
        place = end["lam1"], end.get("lam4")
        points = self.points[: index + 1]
        branch = [point for point in points if (point["lam1"], point.get("lam4")) == place]
        *_, last = self.along(part, branch)
        return last


def joint_step(tol=TOL, gap_tol=GAP_TOL, max_iter=MAX_ITER):
    """Return the fit of Pro at a point, on one thread."""
    return partial(fit_joint, tol=tol, gap_tol=gap_tol, max_iter=max_iter, n_jobs=1)


def effects_step(moments, pen, state):
    """Fit NW.P at a point: the effects alone, for the network of the state."""
    return theta_step(moments, state, pen, 1e-6 * TOL)


def predictor(state):
    """Return u = B theta of a network method."""
    return state.B.matrix() @ state.theta
