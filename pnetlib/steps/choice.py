"""The four methods of the comparison, and the choice of their lambdas.

A step gives the training lines and a profile; the estimators with cross-validation do the rest.
They share the folds, the moments and the networks of these lines. The ``search`` of a profile says
how lambdas are chosen: on its grids, or by a `SearchRule` that no edge of a grid ends (see
`pnetlib.solvers.search`).
"""

from dataclasses import dataclass, field

import numpy as np
from sklearn.model_selection import KFold

from pnetlib.errors import UsageError
from pnetlib.estimators import (
    ElasticNetExpressionCV,
    LassoExpressionCV,
    NetworkThenPredictCV,
    PredictiveNetworkCV,
)
from pnetlib.solvers.columns import Columns
from pnetlib.solvers.joint import State
from pnetlib.solvers.paths import TrainingFolds
from pnetlib.solvers.search import GRID, SearchFolds

METHODS = ("Pro", "NW.P", "ELA", "LA")
NETWORK_METHODS = ("Pro", "NW.P")


def regulators_first(genes, profile):
    """Return genes with those of the profile's regulators first, and how many these are.

    The number is None where the profile names none: every gene may regulate.

    Raises
    ------
    UsageError
        If none of the regulators is among the genes.
    """
    if not profile.regulators:
        return genes, None
    allowed = genes.isin(profile.regulators)
    if not allowed.any():
        raise UsageError(
            f"none of the {len(profile.regulators)} regulators is among the {len(genes)} genes; name "
            "others, or take more genes."
        )
    return genes[allowed].append(genes[~allowed]), int(allowed.sum())


def estimators(profile, n_regulators=None):
    """Return the estimator of every method, each with as many points of the grid or the search."""
    fine = np.geomspace(profile.lam3[0], profile.lam3[-1], len(profile.lam3) * len(profile.lam4))
    per_ratio = profile.points // len(profile.ratios)
    models = {
        "Pro": PredictiveNetworkCV(
            lam4=profile.lam4, lam1_fractions=profile.lam1, lam3_fractions=profile.lam3, n_jobs=1
        ),
        "NW.P": NetworkThenPredictCV(
            lam1_fractions=profile.lam1, lam3_fractions=tuple(fine), n_jobs=1
        ),
        "ELA": ElasticNetExpressionCV(per_ratio, l1_ratio=profile.ratios, n_jobs=1),
        "LA": LassoExpressionCV(profile.points, n_jobs=1),
    }
    if n_regulators is not None:
        for method in NETWORK_METHODS:
            models[method].set_params(regulators=np.arange(n_regulators))
    return {method: model.set_params(search=profile.search) for method, model in models.items()}


def training_folds(X, z, profile, seed, *, n_regulators=None, store=True):
    """Return training lines with the profile's inner folds, as its ``search`` needs them."""
    folds = KFold(profile.inner_folds, shuffle=True, random_state=seed).split(X)
    if profile.search != GRID:
        return SearchFolds(X, z, folds, n_regulators=n_regulators)
    return TrainingFolds(X, z, folds, n_regulators=n_regulators, store=store)


def folds_by_method(X, z, profile, seed, *, n_regulators=None, store=True):
    """Return method to its `training_folds`: one for all, or two where few genes may regulate.

    The expression models need products of all genes; the networks then need those with regulators.
    """
    shared = training_folds(X, z, profile, seed, store=store)
    found = dict.fromkeys(METHODS, shared)
    if n_regulators is not None:
        options = {"n_regulators": n_regulators, "store": store}
        found |= dict.fromkeys(NETWORK_METHODS, training_folds(X, z, profile, seed, **options))
    return found


def fit_methods(X, z, profile, seed, n_regulators=None):
    """Fit every method to the training lines, with lambdas chosen on their inner folds.

    Takes expression (n, p) and response (n,) of the training lines, a profile with folds and
    a way to search, and the seed of the folds. Only the first `n_regulators` genes may regulate, by
    default all. Returns method to fitted estimator.
    """
    shared = folds_by_method(X, z, profile, seed, n_regulators=n_regulators)
    models = estimators(profile, n_regulators)
    return {method: model.fit(X, z, shared=shared[method]) for method, model in models.items()}


def lambdas(point):
    """Return a point as results report it, with lam2 = 0 where it has none (LA is ELA without)."""
    return {"lam1": point["lam1"], "lam2": point.get("lam2", 0.0)} | point


def account(report):
    """Return the account of a search as columns of a table.

    ``points`` looked at on every fold, ``fits`` on single folds, whether the budget was
    ``exhausted``, and for each parameter ``at lam1`` and so on: "inside", "end: ..." or "edge".
    ``at ridge`` is about 2 lam2 / lam1.
    """
    columns = {name: report[name] for name in ("points", "fits", "exhausted")}
    places = report["parameters"].items()
    return columns | {f"at {name}": result["place"] for name, result in places}


@dataclass(frozen=True)
class FoundPoints:
    """The points that a search looked at, in the place of a path: each is fitted from nothing.

    Attributes
    ----------
    points : list of dict
        Lambdas.
    model : estimator
        The estimator that searched.
    X, z : ndarray
        Expression and response of the training lines.
    """

    points: list
    model: object
    X: np.ndarray
    z: np.ndarray

    def along(self, part):
        """Yield u and the `State` (None of ELA and LA) at each point."""
        for index in range(len(self.points)):
            yield self.at(part, index)

    def at(self, part, index):
        """Return u and the `State` (None of ELA and LA) at one point."""
        final = self.model.final(self.points[index]).fit(self.X, self.z)
        if not hasattr(final, "B_"):
            return final.coef_, None
        network = Columns.of(final.B_), final.theta_, final.gaps_
        return final.coef_, State.on(part.moments, *network, n_jobs=1)


@dataclass(frozen=True)
class Choice:
    """The points of every method and their errors on the inner folds.

    Attributes
    ----------
    parts : dict
        Method to all the training lines (`TrainingPart`).
    paths : dict
        Method to the path through its grid, or to its `FoundPoints`.
    errors : dict
        Method to mean squared errors (n_folds, n_points).
    reports : dict
        Method to the account of its search; empty where grids were followed.
    """

    parts: dict
    paths: dict
    errors: dict
    reports: dict = field(default_factory=dict)

    def points(self, method):
        """Return the grid points of a method as dicts of lambdas, in the order of its path."""
        return [lambdas(point) for point in self.paths[method].points]

    def index(self, method):
        """Return the index of the point of smallest mean error, the first of equals."""
        return int(np.argmin(self.errors[method].mean(axis=0)))

    def point(self, method):
        """Return the lambdas of smallest mean error."""
        return self.points(method)[self.index(method)]

    def along(self, method):
        """Yield predictor u and state (None of ELA and LA) of all training lines at each point.

        A state is changed by the next step.
        """
        for u, state in self.paths[method].along(self.parts[method]):
            yield u, state if method in NETWORK_METHODS else None


def choose(X, z, profile, seed, methods=METHODS, n_regulators=None):
    """Choose the lambdas that `fit_methods` finds for some methods, but fit none.

    Returns the `Moments` of all training lines, and the `Choice`: what was tried and found.
    """
    if profile.search != GRID:
        return _searched(X, z, profile, seed, methods, n_regulators)
    options = {"n_regulators": n_regulators, "store": False}
    shared = folds_by_method(X, z, profile, seed, **options)
    models, parts = estimators(profile, n_regulators), _whole(shared)
    paths = {method: models[method].path(parts[method]) for method in methods}
    errors = {}
    for folds in dict.fromkeys(shared[method] for method in methods):
        own = {method: path for method, path in paths.items() if shared[method] is folds}
        errors |= dict(zip(own, folds.errors(list(own.values()))))
    return shared["LA"].whole.moments, Choice(parts, paths, errors)


def _searched(X, z, profile, seed, methods, n_regulators):
    shared, paths = folds_by_method(X, z, profile, seed, n_regulators=n_regulators), {}
    models, errors, reports = estimators(profile, n_regulators), {}, {}
    for method in methods:
        model = models[method]
        points, found = model.find(shared[method])
        paths[method] = FoundPoints(points, model, X, z)
        errors[method], reports[method] = found.errors, found.report
    return shared["LA"].whole.moments, Choice(_whole(shared), paths, errors, reports)


def _whole(shared):
    return {method: folds.whole for method, folds in shared.items()}


def refit(choice, method):
    """Fit a method to all the training lines at its chosen point, as `fit_methods` does.

    Returns the predictor u (p,), and the `State` (network and effects) of Pro and NW.P, or None.
    """
    u, state = choice.paths[method].at(choice.parts[method], choice.index(method))
    return u, state if method in NETWORK_METHODS else None
