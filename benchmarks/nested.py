"""The nested comparison of four models, next to scikit-learn's own search for two of them."""

import time
import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNetCV, LassoCV
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from pnetlib.steps.comparison.compute import held_out, outer_folds
from pnetlib.steps.speed.compute import FOUR_MODELS


def measure(cohort, drug, profile, seed, repeats=1, clock=time.perf_counter, advance=None):
    """Time one outer fold on one thread: four models by pnetlib, LA and ELA by scikit-learn.

    Both search grids of `profile.points` points per model on inner folds of the same number, on
    the same cell lines and genes, and refit on the whole training part. Their accuracies are of
    the same order: pnetlib stops at a duality gap of 1e-4 relative to ``y'y / 2n``,
    scikit-learn at its default of 1e-4 relative to ``y'y``, which is half as strict.

    Returns
    -------
    dict
        Lists of seconds by ``"pnetlib, four models"``, ``"scikit-learn, LA"`` and
        ``"scikit-learn, ELA"``.
    """
    lines = cohort.lines_for(drug)
    z = cohort.response.loc[lines, drug]
    folds = outer_folds(cohort.expression.index, profile.outer_folds, 0, seed).loc[lines]
    train = lines[folds != 0]
    genes = cohort.top_genes(profile.n_genes, lines=train)
    X, y = cohort.expression.loc[train, genes].to_numpy(), z[train].to_numpy()
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    inner = KFold(profile.inner_folds, shuffle=True, random_state=seed)
    length = profile.points // len(profile.ratios)
    searches = {
        FOUR_MODELS: lambda: held_out(cohort, drug, profile, seed, 0, 0),
        "scikit-learn, LA": lambda: LassoCV(
            eps=0.01, cv=inner, max_iter=10_000, **_grid(LassoCV, profile.points)
        ).fit(X, y),
        "scikit-learn, ELA": lambda: ElasticNetCV(
            l1_ratio=list(profile.ratios),
            eps=0.01,
            cv=inner,
            max_iter=10_000,
            **_grid(ElasticNetCV, length),
        ).fit(X, y),
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
    return times


def _grid(search, length):
    """Return the length of the path under the name used by the installed scikit-learn."""
    former = search().get_params().get("n_alphas") == 100
    return {"n_alphas" if former else "alphas": length}
