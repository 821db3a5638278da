"""The four methods of the comparison, and the choice of their lambdas with a profile's grid.

A step gives the training lines and a profile; the estimators with cross-validation do the rest.
They share the folds, the moments and the networks of these lines.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import KFold

from pnetlib.estimators import (
    ElasticNetExpressionCV,
    LassoExpressionCV,
    NetworkThenPredictCV,
    PredictiveNetworkCV,
)
from pnetlib.solvers.paths import TrainingFolds

METHODS = ("Pro", "NW.P", "ELA", "LA")
NETWORK_METHODS = ("Pro", "NW.P")


def estimators(profile):
    """Return the estimator of every method with the grid of a profile: equally many points each."""
    fine = np.geomspace(profile.lam3[0], profile.lam3[-1], len(profile.lam3) * len(profile.lam4))
    per_ratio = profile.points // len(profile.ratios)
    return {
        "Pro": PredictiveNetworkCV(
            lam4=profile.lam4, lam1_fractions=profile.lam1, lam3_fractions=profile.lam3, n_jobs=1
        ),
        "NW.P": NetworkThenPredictCV(
            lam1_fractions=profile.lam1, lam3_fractions=tuple(fine), n_jobs=1
        ),
        "ELA": ElasticNetExpressionCV(per_ratio, l1_ratio=profile.ratios, n_jobs=1),
        "LA": LassoExpressionCV(profile.points, n_jobs=1),
    }


def training_folds(X, z, profile, seed, *, store=True):
    """Return training lines with the profile's inner folds (a `TrainingFolds`)."""
    folds = KFold(profile.inner_folds, shuffle=True, random_state=seed).split(X)
    return TrainingFolds(X, z, folds, store=store)


def fit_methods(X, z, profile, seed):
    """Fit every method to the training lines, with lambdas chosen on their inner folds.

    Takes expression (n, p) and response (n,) of the training lines, a profile with folds and
    grids, and the seed of the folds. Returns method to fitted estimator.
    """
    shared = training_folds(X, z, profile, seed)
    return {method: model.fit(X, z, shared=shared) for method, model in estimators(profile).items()}


def lambdas(method, point):
    """Return a grid point as results report it: LA is ELA with lam2 = 0."""
    return point | {"lam2": 0.0} if method == "LA" else point


@dataclass(frozen=True)
class Choice:
    """The grid points of every method and their errors on the inner folds.

    Attributes
    ----------
    part : TrainingPart
        All the training lines.
    paths : dict
        Method to the path through its grid.
    errors : dict
        Method to mean squared errors (n_folds, n_points).
    """

    part: object
    paths: dict
    errors: dict

    def points(self, method):
        """Return the grid points of a method as dicts of lambdas, in the order of its path."""
        return [lambdas(method, point) for point in self.paths[method].points]

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
        for u, state in self.paths[method].along(self.part):
            yield u, state if method in NETWORK_METHODS else None


def choose(X, z, profile, seed):
    """Choose the lambdas that `fit_methods` finds, but fit no method.

    Returns the `Moments` of all training lines, and the `Choice`: what was tried and found.
    """
    shared = training_folds(X, z, profile, seed, store=False)
    paths = {method: model.path(shared.whole) for method, model in estimators(profile).items()}
    errors = dict(zip(paths, shared.errors(list(paths.values()))))
    return shared.whole.moments, Choice(shared.whole, paths, errors)


def refit(choice, method):
    """Fit a method to all the training lines at its chosen point, by the path of the choice.

    Returns the predictor u (p,), and the `State` (network and effects) of Pro and NW.P, or None.
    """
    u, state = choice.paths[method].at(choice.part, choice.index(method))
    return u, state if method in NETWORK_METHODS else None
