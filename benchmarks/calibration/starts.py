"""How often the joint fit, or its theta step, ends above the best minimum that other starts reach.

`python -m benchmarks.calibration.starts --help` lists the sizes. Every number follows from the
seed.
"""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from pnetlib.kernels.graph import degrees
from pnetlib.solvers.joint import (
    Penalties,
    State,
    degree_scale,
    effect_objective,
    fit_joint,
    start_state,
    theta_step,
)
from pnetlib.solvers.moments import Moments

LAM4 = (0.0, 0.1, 1.0)
NEW = 500  # new samples on which a problem's fits are compared
TIGHT = {"tol": 1e-8, "gap_tol": 1e-8, "max_iter": 2000, "n_jobs": 1}


@dataclass(frozen=True)
class Problem:
    """Moments of a small data set, new samples in the units of training, and penalties."""

    moments: Moments
    X: np.ndarray  # (500, p)
    z: np.ndarray  # (500,)
    penalties: Penalties

    def error(self, state):
        """Return the mean squared error of a fit on the new samples."""
        return float(np.mean((self.z - self.X @ (state.B.matrix() @ state.theta)) ** 2))


def draw(seed, number, genes=(10, 25)):
    """Draw one problem: genes that share three factors, and a response of unit variance.

    The response is a combination of four genes plus noise. lam4 and the convention of the degree
    alternate with `number`; lam1 and lam3 are drawn from the ranges that cross-validation uses.
    """
    rng = np.random.default_rng([seed, number])
    p, n = int(rng.integers(genes[0], genes[1] + 1)), int(rng.integers(36, 61))
    loadings, effects = rng.normal(size=(3, p)), rng.normal(size=4)
    X = 0.7 * rng.normal(size=(n + NEW, 3)) @ loadings + rng.normal(size=(n + NEW, p))
    signal = X[:, :4] @ effects
    z = signal + rng.normal(size=n + NEW) * signal.std()
    z = (z - z[:n].mean()) / z[:n].std()
    moments = Moments.of(X[:n], z[:n], n_jobs=1)
    pen = Penalties(
        lam1=float(10 ** rng.uniform(-1.5, -0.5)),
        lam3=float(10 ** rng.uniform(-2.0, -1.0)),
        lam4=LAM4[number % 3],
        degree=("sqrt", "d")[number // 3 % 2],
    )
    return Problem(moments, (X[n:] - moments.mean) / moments.scale, z[n:], pen)


def network(problem, factor=1.0):
    """Return the network alone at a multiple of lam1."""
    pen = replace(problem.penalties, lam1=factor * problem.penalties.lam1)
    return start_state(problem.moments, pen, TIGHT["gap_tol"], 1)


def fit(problem, state, **changes):
    """Return the joint fit from a state; `changes` are penalties other than the problem's."""
    return fit_joint(problem.moments, replace(problem.penalties, **changes), state, **TIGHT)


def other_starts(problem, rng):
    """Return other starts: a dict of name to `State`, none of them used by `PredictiveNetwork`."""
    m, pen = problem.moments, problem.penalties
    alone = network(problem)
    B = alone.B.matrix().toarray()
    activity = B.T @ m.G @ B
    ridge = np.linalg.solve(activity + 0.1 * np.eye(len(activity)), B.T @ m.g)
    starts = {"ridge": State.on(m, alone.B, ridge, alone.gaps, 1)}
    for number in range(3):
        theta = rng.normal(size=len(B)) * np.abs(ridge).max()
        starts[f"random {number + 1}"] = State.on(m, alone.B, theta, alone.gaps, 1)
    for name, factor in (("3 lam1", 3.0), ("lam1 / 5", 0.2)):
        state = network(problem, factor)
        starts[name] = theta_step(m, state, replace(pen, lam4=0.0))
    starts["lam3 falls"] = fit(problem, network(problem), lam3=5.0 * pen.lam3)
    starts["lam3 rises"] = fit(problem, network(problem), lam3=0.2 * pen.lam3)
    return starts


def compare_fits(count, seed, fitted, genes=(10, 25)):
    """Compare a fit with the best of eight other starts, on `count` problems.

    Parameters
    ----------
    count, seed : int
        Number of problems and their seed.
    fitted : callable
        ``fitted(problem)`` returns the `State` that is compared.
    genes : tuple of int
        Smallest and largest number of genes.

    Returns
    -------
    DataFrame
        One row per problem: lam4, degree, ``loss`` (objective less the best of the other starts, in
        units of the variance of the response; below 0 where the fit is better), ``excess`` (error
        on new samples less that of the best start, 0 where the fit is at least as good).
    """
    rows = []
    for number in range(count):
        problem = draw(seed, number, genes)
        own = fitted(problem)
        rng = np.random.default_rng([seed, number, 1])
        others = [fit(problem, start) for start in other_starts(problem, rng).values()]
        best = min(others, key=lambda state: state.trace[-1])
        loss = (own.trace[-1] - best.trace[-1]) / problem.moments.zz
        excess = problem.error(own) - problem.error(best) if loss > 0 else 0.0
        rows.append(
            {
                "lam4": problem.penalties.lam4,
                "degree": problem.penalties.degree,
                "loss": loss,
                "excess": excess,
            }
        )
    return pd.DataFrame(rows)


def best_effects(moments, state, pen):
    """Return the least value of the theta step's objective over all patterns of signs.

    With given signs the objective is a convex quadratic of sizes of at least 0, which `nnls`
    minimises; there are 2^k patterns for k genes with links.
    """
    B, s = state.B.matrix().toarray(), degree_scale(degrees(*state.B.arrays), pen.degree)
    size = np.abs(B)
    w = 0.5 * (size + size.T)
    on = np.flatnonzero(w.sum(axis=0))
    links = (np.diag(w.sum(axis=0)) - w) / np.outer(s, s)
    H, h = (B.T @ moments.G @ B)[np.ix_(on, on)], (B.T @ moments.g)[on]
    L = links[np.ix_(on, on)]
    least, theta = np.inf, np.zeros(len(B))
    for pattern in product((1.0, -1.0), repeat=on.size):
        signs = np.array(pattern)
        Q = H * np.outer(signs, signs) + 2.0 * pen.lam4 * L + 1e-10 * np.eye(on.size)
        R = np.linalg.cholesky(Q).T
        target = np.linalg.solve(R.T, signs * h - 0.5 * pen.lam3)
        sizes, _ = nnls(R, target)
        theta[on] = signs * sizes
        value = effect_objective(moments, state.B, state.GB, theta, state.signs, pen)
        least = min(least, value)
    return least
