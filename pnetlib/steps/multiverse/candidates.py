"""What every method tries on some training lines, and what each rule would choose of it.

All ways to choose lambdas, to report an error and to judge a prediction need the same fits, so each
point of a grid is fitted once to all training lines and once to each inner fold. One network serves
Pro and every second model of NW.P. All methods have about the same number of points; the cheap ones
have at least `LEAST`.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.linalg import solve
from sklearn.model_selection import KFold

from pnetlib.kernels.products import column_products
from pnetlib.solvers.constrained import initial_estimate, laplacian, with_links
from pnetlib.solvers.expression import fit_expression
from pnetlib.solvers.joint import Penalties, initial_signs, theta_step
from pnetlib.solvers.paths import (
    GAP_TOL,
    SMALLEST,
    TOL,
    TrainingFolds,
    elastic_net_points,
    fractions_of,
    joint_step,
    largest_expression,
    largest_lam1,
    largest_lam3,
)
from pnetlib.steps.lambdas.compute import (
    criteria,
    effects_df,
    expression_df,
    network_terms,
    one_standard_error,
    prediction_error,
    ridge_df,
    smoother_df,
)

SECOND = (
    "lasso",
    "elastic net",
    "least squares",
    "link penalty",
    "constrained",
    "constrained, signs",
)
METHODS = ("Pro", *(f"NW.P, {name}" for name in SECOND), "ELA", "LA")
RULES = ("nested", "one standard error", "BIC", "EBIC")
RIDGE_SHARE = 0.5  # lam2 over lam1 where the ridge penalty of the edges is tuned; ours
ACTIVITY_RATIO = 0.5  # share of the L1 penalty of an elastic net on activities; ours
LEAST = 12  # points of the cheap methods at least
TINY = 1e-8  # of the ridge that gives the least squares of minimum norm


@dataclass(frozen=True)
class Grid:
    """Points that the methods try.

    Attributes
    ----------
    lam1, lam3 : tuple of float
        Fractions of the smallest lambda without edges, and without effects.
    lam4 : tuple of float
        Values of the link penalty.
    ratios : tuple of float
        Shares of the L1 penalty of ELA.
    inner_folds : int
        Folds of the training lines on which lambdas are chosen.
    """

    lam1: tuple
    lam3: tuple
    lam4: tuple
    ratios: tuple
    inner_folds: int

    @property
    def points(self):
        """Number of points of Pro without a ridge penalty."""
        return len(self.lam1) * len(self.lam3) * len(self.lam4)


@dataclass(frozen=True)
class Model:
    """The options of the joint model in one reading, in the words of the solvers.

    Attributes
    ----------
    degree, coupling : str
        As in `Penalties`.
    fixed_signs : bool
        Whether the signs in the link penalty are those of an initial estimate.
    ridge : bool
        Whether lam2 is tuned; otherwise it is 0.
    n_regulators : int or None
        Only the first genes may regulate.
    """

    degree: str = "sqrt"
    coupling: str = "exact"
    fixed_signs: bool = False
    ridge: bool = False
    n_regulators: int | None = None


@dataclass
class Tried:
    """Every point of one method.

    Attributes
    ----------
    points : list of dict
        Lambdas.
    inner : ndarray (n, k)
        Prediction of each training line by the fit to the inner folds that leave it out.
    new : ndarray (m, k)
        Predictions of other lines by the fits to all training lines.
    sizes : list of (int, int)
        Effects and edges of these fits.
    bic, ebic : list of float
    network_errors : ndarray (n_folds, k)
        Error of the network on the lines of each inner fold, summed over genes; 0 without one.
    kept : list
        What the caller asked to keep of each fit to all training lines.
    """

    points: list = field(default_factory=list)
    inner: np.ndarray | None = None
    new: np.ndarray | None = None
    sizes: list = field(default_factory=list)
    bic: list = field(default_factory=list)
    ebic: list = field(default_factory=list)
    network_errors: np.ndarray | None = None
    kept: list = field(default_factory=list)

    def fold_errors(self, z, folds):
        """Return the mean squared errors (n_folds, k) on the inner folds."""
        squared = (self.inner - np.asarray(z)[:, None]) ** 2
        return np.array([squared[test].mean(axis=0) for _, test in folds])

    def choices(self, z, folds):
        """Return the index of the point that each of `RULES` chooses."""
        errors = self.fold_errors(z, folds)
        return {
            RULES[0]: int(np.argmin(errors.mean(axis=0))),
            RULES[1]: one_standard_error(errors, self.sizes),
            RULES[2]: int(np.argmin(self.bic)),
            RULES[3]: int(np.argmin(self.ebic)),
        }


@dataclass(frozen=True)
class Fit:
    """One point fitted to some lines: predictor, effects, and what its description needs."""

    point: dict
    u: np.ndarray
    theta: np.ndarray | None = None
    state: object = None  # with the network of this point
    df: object = None  # gives the degrees of freedom of the prediction


def inner_folds(n, grid, seed):
    """Return the inner folds of n training lines."""
    return list(KFold(grid.inner_folds, shuffle=True, random_state=seed).split(np.zeros(n)))


def try_all(X, z, X_new, folds, model, grid, *, methods=METHODS, keep=None, network_errors=False):
    """Fit every point of some methods to all training lines and to their inner folds.

    Parameters
    ----------
    X, z : ndarray (n, p), (n,)
        Expression and response of the training lines; genes that may regulate come first.
    X_new : ndarray (m, p)
        Expression of other lines.
    folds : list of (ndarray of int, ndarray of int)
        Inner folds.
    model : Model
    grid : Grid
    methods : sequence of str
        Of `METHODS`.
    keep : callable, optional
        Takes a `Fit` to all training lines; what it returns is kept.
    network_errors : bool
        Whether the networks' errors on the inner folds are computed.

    Returns
    -------
    dict
        Method to `Tried`.
    """
    shared = TrainingFolds(X, z, folds)
    networks = shared
    if model.n_regulators is not None:
        networks = TrainingFolds(X, z, folds, n_regulators=model.n_regulators)
    plan = Plan.of(shared.whole, networks.whole, model, grid)
    found = {method: Tried() for method in methods}
    new = {method: [] for method in methods}
    moments = shared.whole.moments
    standard = (X_new - moments.mean) / moments.scale
    for method, fit in plan.fits(shared.whole, networks.whole, methods):
        tried = found[method]
        tried.points.append(fit.point)
        new[method].append(moments.z_mean + standard @ fit.u)
        size, bic, ebic = describe(shared.whole.moments, networks.whole.moments, fit)
        tried.sizes.append(size)
        tried.bic.append(bic)
        tried.ebic.append(ebic)
        tried.kept.append(keep(fit) if keep else None)
    inner = {method: np.empty((len(z), len(found[method].points))) for method in methods}
    errors = {method: np.zeros((len(folds), len(found[method].points))) for method in methods}
    for number, (_, test) in enumerate(folds):
        whole, network = shared.part(number), networks.part(number)
        moments, at = whole.moments, dict.fromkeys(methods, 0)
        standard = (X[test] - moments.mean) / moments.scale
        for method, fit in plan.fits(whole, network, methods):
            inner[method][test, at[method]] = moments.z_mean + standard @ fit.u
            if network_errors and fit.state is not None:
                left = standard - standard @ fit.state.B.matrix()
                errors[method][number, at[method]] = np.mean(left**2, axis=0).sum()
            at[method] += 1
    for method, tried in found.items():
        tried.inner, tried.new = inner[method], np.array(new[method]).T
        tried.network_errors = errors[method]
    return found


@dataclass(frozen=True)
class Plan:
    """The points of every method, the same for all training lines and each inner fold.

    Attributes
    ----------
    model : Model
    grid : Grid
    rows : list of (float, float, list of float)
        lam1, lam2 and the values of lam3 of each network.
    expression : list of float
        lam1 of LA; of ELA and the constrained models some of them.
    ratios : list of dict
        Points of ELA.
    constrained : list of float
        lam3 of network-constrained regression.
    """

    model: Model
    grid: Grid
    rows: list
    expression: list
    ratios: list
    constrained: list

    @classmethod
    def of(cls, whole, network, model, grid):
        """Return the plan for training lines, whose moments decide the largest lambdas."""
        rows, shares = [], (0.0, RIDGE_SHARE) if model.ridge else (0.0,)
        for lam1 in fractions_of(largest_lam1(network.moments), grid.lam1):
            for share in shares:
                lam2 = share * lam1
                state = network.networks([lam1], lam2=lam2)[lam1]
                largest = largest_lam3(network.moments, state)
                rows.append((lam1, lam2, fractions_of(largest, grid.lam3)))
        most = largest_expression(whole.moments)
        count = max(LEAST, grid.points)
        of_ela = fractions_of(most, np.geomspace(0.5, SMALLEST, count // len(grid.ratios)))
        return cls(
            model,
            grid,
            rows,
            fractions_of(most, np.geomspace(0.5, SMALLEST, count)),
            elastic_net_points(of_ela, grid.ratios),
            fractions_of(most, grid.lam3),
        )

    def fits(self, whole, network, methods):
        """Yield (method, `Fit`) at every point; the state of a fit is changed by the next one."""
        for method, points in (
            ("ELA", self.ratios),
            ("LA", [{"lam1": x} for x in self.expression]),
        ):
            if method in methods:
                yield from ((method, fit) for fit in expression_fits(whole.moments, points))
        if not set(methods) - {"ELA", "LA"}:
            return
        for lam1, lam2, lam3s in self.rows:
            start = network.networks([lam1], lam2=lam2)[lam1]
            at = {"lam1": lam1, "lam2": lam2}
            if "Pro" in methods:
                for lam4 in self.grid.lam4:
                    for fit in joint_fits(network.moments, start, at, lam3s, lam4, self.model):
                        yield "Pro", fit
            yield from self._second(whole, network, start, at, lam3s, methods)

    def _second(self, whole, network, start, at, lam3s, methods):
        wanted = [name for name in SECOND if f"NW.P, {name}" in methods]
        count = max(LEAST // len(self.rows), len(lam3s) * len(self.grid.lam4))
        fine = np.geomspace(lam3s[0], lam3s[-1], count)
        for name in wanted:
            if name == "lasso":
                fits = effect_fits(network.moments, start, at, fine, 0.0, self.model)
            elif name == "link penalty":
                fits = (
                    fit
                    for lam4 in self.grid.lam4
                    for fit in effect_fits(network.moments, start, at, lam3s, lam4, self.model)
                )
            elif name in ("elastic net", "least squares"):
                lasts = fine if name == "elastic net" else None
                fits = activity_fits(network.moments, start, at, lasts)
            else:
                problem = whole.moments, start, at, self.constrained, self.grid.lam4, self.model
                fits = constrained_fits(*problem, name.endswith("signs"))
            yield from ((f"NW.P, {name}", fit) for fit in fits)


# Paths ----------------------------------------------------------------------------------------


def expression_fits(moments, points):
    """Yield ELA or LA at points of lam1 and lam2; a fit starts anew where lam1 does not fall."""
    b, before = None, np.inf
    for point in points:
        lam1, lam2 = point["lam1"], point.get("lam2", 0.0)
        b, *_ = fit_expression(moments, lam1, lam2, GAP_TOL, b if lam1 < before else None)
        before = lam1
        yield Fit(point, b, df=lambda b=b, lam2=lam2: expression_df(moments.G, b, lam2))


def penalties(at, lam3, lam4, model):
    """Return the `Penalties` of a point under a model."""
    return Penalties(at["lam1"], at["lam2"], lam3, lam4, model.degree, model.coupling)


def with_signs(moments, start, at, model):
    """Return a copy of the network alone, with fixed signs where the model has them."""
    state = start.copy()
    if model.fixed_signs:
        state.signs = initial_signs(moments, state, penalties(at, 0.1 * moments.zz, 0.0, model))
    return state


def joint_fits(moments, start, at, lam3s, lam4, model):
    """Yield Pro along lam3."""
    step, state = joint_step(), with_signs(moments, start, at, model)
    yield from _theta_fits(moments, state, at, lam3s, lam4, model, step)


def effect_fits(moments, start, at, lam3s, lam4, model):
    """Yield NW.P with a lasso on predicted activities, or with the link penalty, along lam3."""
    state = with_signs(moments, start, at, model)

    def step(moments, pen, state):
        theta_step(moments, state, pen, 1e-6 * TOL)

    yield from _theta_fits(moments, state, at, lam3s, lam4, model, step)


def _theta_fits(moments, state, at, lam3s, lam4, model, step):
    for lam3 in lam3s:
        step(moments, penalties(at, lam3, lam4, model), state)
        theta = state.theta.copy()
        B = state.B.matrix()
        point = at | {"lam3": float(lam3), "lam4": lam4}
        yield Fit(point, B @ theta, theta, state, _effects_df(moments, B, theta, lam4))


def _effects_df(moments, B, theta, lam4):
    return lambda: effects_df(moments.G, B, theta, lam4)


def activity_fits(moments, start, at, lam3s):
    """Yield NW.P with an elastic net on predicted activities along lam3, or with least squares.

    Least squares (`lam3s` is None) are those of minimum norm.
    """
    B, r = start.B.matrix(), moments.n_regulators
    H = B[:r].T @ start.GB.T
    h = column_products(*start.B.arrays, moments.g)
    if lam3s is None:
        ridge = TINY * max(np.trace(H), 1.0)
        theta = solve(H + ridge * np.eye(len(H)), h, assume_a="pos")
        yield Fit(at, B @ theta, theta, start, lambda: ridge_df(H, 1e-6 * np.trace(H) / len(H)))
        return
    activity = replace(moments, G=H, g=h, K=np.diag(H).copy())
    theta = None
    for lam3 in lam3s:
        ridge = 0.5 * lam3 / ACTIVITY_RATIO * (1.0 - ACTIVITY_RATIO)
        theta, *_ = fit_expression(activity, lam3, ridge, GAP_TOL, theta)
        df = lambda theta=theta, ridge=ridge: expression_df(H, theta, ridge)  # noqa: E731
        yield Fit(at | {"lam3": float(lam3)}, B @ theta, theta, start, df)


def constrained_fits(moments, start, at, lam3s, lam4s, model, signs):
    """Yield network-constrained regression along lam3 for each lam4."""
    sides = np.sign(initial_estimate(moments)) if signs else None
    L = laplacian(start.B, model.degree, sides)
    for lam4 in lam4s:
        linked, b = with_links(moments, L, lam4), None
        for lam3 in lam3s:
            b, *_ = fit_expression(linked, lam3, 0.0, GAP_TOL, b)
            point = at | {"lam3": lam3, "lam4": lam4}
            yield Fit(point, b, b, start, _constrained_df(moments.G, linked.G, b))


def _constrained_df(G, linked, b):
    def df():
        at = np.ix_(*[np.flatnonzero(b)] * 2)
        return smoother_df(linked[at], G[at]) if b.any() else 0.0

    return df


def describe(moments, network, fit):
    """Return (effects, edges), BIC and EBIC of a fit, as `lambdas.compute.describe` defines them.

    `moments` have all genes as regulators, `network` those that may regulate.
    """
    n, p = moments.n, len(moments.g)
    effects = int(np.count_nonzero(fit.u if fit.theta is None else fit.theta))
    errors, df, active, candidates = [], [], [], []
    if fit.state is not None:
        errors, df, active = network_terms(network, fit.state, fit.point["lam2"])
        candidates = np.full(p, p - 1)
    edges = int(np.sum(active))
    errors = np.append(errors, max(prediction_error(moments, fit.u), 1e-12))
    df, active = np.append(df, fit.df()), np.append(active, effects)
    return (effects, edges), *criteria(n, errors, df, active, np.append(candidates, p))
