"""scikit-learn's checks of every public estimator; `python -m benchmarks.suites` runs this file."""

import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

from benchmarks.suites.stand_ins import fits
from pnetlib import estimators

SMALL = {"n_jobs": 1, "max_iter": 20, "cv": 3, "n_lambdas": 5}  # as the checks fit each often
# The default leaves no edge between ten unrelated genes, and so no prediction but the mean.
WEAK = {"NetworkThenPredict": {"lam1": 0.1}}


def small(kind):
    """Return an estimator that does not wait for convergence."""
    estimator = kind()
    known = estimator.get_params()
    chosen = {name: SMALL[name] for name in SMALL if name in known}
    return estimator.set_params(**chosen, **WEAK.get(kind.__name__, {}))


@parametrize_with_checks([small(getattr(estimators, name)) for name in estimators.__all__])
def test_check(estimator, check):
    fits["estimator"] += 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        check(estimator)
