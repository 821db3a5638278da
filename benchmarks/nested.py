"""The nested comparison of four models, next to scikit-learn's own search for two of them."""

import time
import warnings
from functools import partial
from itertools import groupby

from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNetCV, LassoCV
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from pnetlib.steps.choice import fit_methods
from pnetlib.steps.comparison.compute import outer_folds, outer_parts
from pnetlib.steps.speed.compute import FOUR_MODELS


def measure(cohort, drug, profile, seed, repeats=1, clock=time.perf_counter, advance=None):
    """Time one outer fold on one thread: four models by pnetlib, LA and ELA by scikit-learn.

    scikit-learn gets the very points that LA and ELA look at here, the same inner folds, cell lines
    and genes, and fits the whole training part too. The accuracies are of the same order: pnetlib
    stops at a duality gap of 1e-4 relative to ``y'y / 2n``, scikit-learn at its default of 1e-4
    relative to ``y'y``, which is half as strict.

    Returns
    -------
    dict, dict
        Lists of seconds by ``"pnetlib, four models"``, ``"scikit-learn, LA"`` and
        ``"scikit-learn, ELA"``; the number of points looked at by method.
    """
    z = cohort.response.loc[cohort.lines_for(drug), drug]
    folds = outer_folds(cohort.expression.index, profile.outer_folds, 0, seed)
    (X, z), _ = outer_parts(cohort, z, profile, folds, 0)
    X, z = X.to_numpy(), z.to_numpy()
    models = fit_methods(X, z, profile, seed)  # says which points are looked at
    points = {method: model.cv_results_["params"] for method, model in models.items()}
    standardised = (X - X.mean(axis=0)) / X.std(axis=0)
    inner = KFold(profile.inner_folds, shuffle=True, random_state=seed)
    searches = {
        FOUR_MODELS: lambda: fit_methods(X, z, profile, seed),
        "scikit-learn, LA": partial(_lasso, standardised, z, points["LA"], inner),
        "scikit-learn, ELA": partial(_elastic_net, standardised, z, points["ELA"], inner),
    }
    times = {name: [] for name in searches}
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(repeats):
            for name, search in searches.items():
                start = clock()
                search()
                times[name].append(clock() - start)
                if advance is not None:
                    advance()
    return times, {method: len(looked) for method, looked in points.items()}


def _lasso(X, z, points, inner):
    LassoCV(alphas=[point["lam1"] / 2 for point in points], cv=inner, max_iter=10_000).fit(X, z)


def _elastic_net(X, z, points, inner):
    """Follow one path per share of the L1 penalty, as scikit-learn does for a list of them."""
    for share, path in groupby(sorted(points, key=_share), key=_share):
        alphas = [point["lam1"] / 2 / share for point in path]
        ElasticNetCV(l1_ratio=share, alphas=alphas, cv=inner, max_iter=10_000).fit(X, z)


def _share(point):
    """Return the share of the L1 penalty, rounded so that equal shares are equal."""
    return round(point["lam1"] / (point["lam1"] + 2.0 * point["lam2"]), 9)
