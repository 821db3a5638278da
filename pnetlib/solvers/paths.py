"""Grids of lambdas, the models along them, and their choice by cross-validation.

Every model predicts ``z_mean + X u`` from standardised expression X: u is the coefficient
vector of ELA and LA, and ``B theta`` of Pro and NW.P.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import KFold

from pnetlib.kernels.products import column_products
from pnetlib.solvers.expression import fit_expression
from pnetlib.solvers.joint import Penalties, fit_joint, start_state, theta_step
from pnetlib.solvers.moments import Moments

METHODS = ("Pro", "NW.P", "ELA", "LA")
NETWORK_METHODS = ("Pro", "NW.P")
GAP_TOL = 1e-4
TOL = 1e-3
MAX_ITER = 10
SMALLEST = 0.01  # the expression models' smallest lambda, relative to their largest


@dataclass(frozen=True)
class Grid:
    """Absolute lambdas of every method, computed once on a whole training part.

    Attributes
    ----------
    networks : list of dict
        For each lam1: ``lam1``, the values ``lam3`` of Pro, the finer ``lam3_fine`` of NW.P.
    lam4 : tuple
        Link penalties of Pro.
    expression : dict
        Points (lam1, lam2) of ELA and LA along their paths.
    """

    networks: list
    lam4: tuple
    expression: dict

    def points(self, method):
        """The grid points of a method as dicts of lambdas, in the order of its path."""
        if method == "Pro":
            return [
                {"lam1": row["lam1"], "lam3": lam3, "lam4": lam4}
                for row in self.networks
                for lam4 in self.lam4
                for lam3 in row["lam3"]
            ]
        if method == "NW.P":
            return [
                {"lam1": row["lam1"], "lam3": lam3}
                for row in self.networks
                for lam3 in row["lam3_fine"]
            ]
        return [{"lam1": lam1, "lam2": lam2} for lam1, lam2 in self.expression[method]]


def fit_networks(moments, lam1s, near=None):
    """The network at each lam1, largest first, each started from the one before.

    `near` are the networks of nearly the same lines, such as the whole training part of a fold.
    """
    states, before = [], None
    for number, lam1 in enumerate(lam1s):
        warm = before if near is None else near[number].restart(moments, 1)
        before = start_state(moments, Penalties(lam1), GAP_TOL, 1, warm)
        states.append(before)
    return states


def lam1_values(moments, profile):
    """lam1 as fractions of the smallest one that leaves no edge."""
    G = moments.G
    largest = 2.0 * np.max(np.abs(G - np.diag(np.diag(G))))
    return [float(fraction * largest) for fraction in profile.lam1]


def make_grid(moments, networks, lam1s, profile):
    """Grid of a training part: fractions of the lambdas that leave no edge and no effect."""
    fine = np.geomspace(profile.lam3[0], profile.lam3[-1], len(profile.lam3) * len(profile.lam4))
    rows = []
    for lam1, state in zip(lam1s, networks):
        lam3_max = 2.0 * np.max(np.abs(column_products(*state.B.arrays, moments.g)))
        rows.append(
            {
                "lam1": lam1,
                "lam3": [float(f * lam3_max) for f in profile.lam3],
                "lam3_fine": [float(f * lam3_max) for f in fine],
            }
        )
    alpha = np.max(np.abs(moments.g))
    expression = {
        "LA": _expression_points(alpha, (1.0,), profile.points),
        "ELA": _expression_points(alpha, profile.ratios, profile.points // len(profile.ratios)),
    }
    return Grid(rows, profile.lam4, expression)


def _expression_points(alpha, ratios, length):
    """(lam1, lam2) along one path for each share of the L1 penalty."""
    path = np.geomspace(1.0, SMALLEST, length)
    return [
        (float(2.0 * a * alpha), float(a * alpha / ratio * (1.0 - ratio)))
        for ratio in ratios
        for a in path
    ]


def expression_path(moments, points):
    """Yield the coefficient vector at each point, warm-started along the path."""
    b, before = None, np.inf
    for point in points:
        start = b if point["lam1"] < before else None
        b, _ = fit_expression(moments, point["lam1"], point["lam2"], GAP_TOL, start)
        before = point["lam1"]
        yield b


def network_path(moments, grid, networks):
    """Yield (method, state) at each point; one network serves every lam3, lam4 and method."""
    for row, network in zip(grid.networks, networks):
        state = network.copy()
        for lam3 in row["lam3_fine"]:
            yield "NW.P", _theta(moments, state, row["lam1"], lam3)
        for lam4 in grid.lam4:
            state = network.copy()
            for lam3 in row["lam3"]:
                yield "Pro", _joint(moments, state, row["lam1"], lam3, lam4)


def _theta(moments, state, lam1, lam3):
    return theta_step(moments, state, Penalties(lam1, 0.0, lam3), 1e-6 * TOL)


def _joint(moments, state, lam1, lam3, lam4):
    pen = Penalties(lam1, 0.0, lam3, lam4)
    return fit_joint(moments, pen, state, tol=TOL, gap_tol=GAP_TOL, max_iter=MAX_ITER, n_jobs=1)


def predictor(state):
    """u = B theta of a network method."""
    return state.B.matrix() @ state.theta


def path_errors(moments, X, z, grid):
    """Mean squared error on unseen lines at every grid point of every method.

    Parameters
    ----------
    moments : Moments
        Of the training lines.
    X, z : ndarray (m, p), ndarray (m,)
        Unseen expression in expression units, and response.
    grid : Grid
    """
    networks = fit_networks(moments, [row["lam1"] for row in grid.networks])
    X = (X - moments.mean) / moments.scale
    errors = {method: [] for method in METHODS}

    def add(method, u):
        errors[method].append(float(np.mean((z - moments.z_mean - X @ u) ** 2)))

    for method, state in network_path(moments, grid, networks):
        add(method, predictor(state))
    for method in ("ELA", "LA"):
        for b in expression_path(moments, grid.points(method)):
            add(method, b)
    return {method: np.array(values) for method, values in errors.items()}


@dataclass(frozen=True)
class Choice:
    """The lambdas chosen for every method by cross-validation inside one set of lines.

    Attributes
    ----------
    grid : Grid
        All points tried.
    errors : dict
        Method to mean squared error (n_folds, n_points) on the inner folds.
    networks : list of State
        Network of all these lines at each lam1.
    """

    grid: Grid
    errors: dict
    networks: list

    def index(self, method):
        """Index of the point of smallest mean error; the first of equals."""
        return int(np.argmin(self.errors[method].mean(axis=0)))

    def point(self, method):
        """The lambdas of smallest mean error."""
        return self.grid.points(method)[self.index(method)]


def choose(X, z, profile, seed):
    """Choose every method's lambdas by cross-validation on the lines given, and no others."""
    whole = Moments.of(X, z, n_jobs=1)
    lam1s = lam1_values(whole, profile)
    networks = fit_networks(whole, lam1s)
    grid = make_grid(whole, networks, lam1s, profile)
    folds = KFold(profile.inner_folds, shuffle=True, random_state=seed)
    parts = [
        path_errors(whole.without(X, z, test, n_jobs=1), X[test], z[test], grid)
        for _, test in folds.split(X)
    ]
    errors = {method: np.array([part[method] for part in parts]) for method in METHODS}
    return whole, Choice(grid, errors, networks)


def refit(moments, choice, method):
    """Fit a method on all training lines at its chosen point, by the same path as in choosing.

    Returns
    -------
    ndarray (p,), State or None
        The predictor u, and network and effects of Pro and NW.P.
    """
    if method in ("ELA", "LA"):
        path = choice.grid.points(method)[: choice.index(method) + 1]
        return list(expression_path(moments, path))[-1], None
    point = choice.point(method)
    number = [row["lam1"] for row in choice.grid.networks].index(point["lam1"])
    row, state = choice.grid.networks[number], choice.networks[number].copy()
    for lam3 in row["lam3"] if method == "Pro" else row["lam3_fine"]:
        if method == "Pro":
            _joint(moments, state, row["lam1"], lam3, point["lam4"])
        else:
            _theta(moments, state, row["lam1"], lam3)
        if lam3 == point["lam3"]:
            break
    return predictor(state), state
