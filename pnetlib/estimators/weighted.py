"""Pro with a weight on the prediction error: an extension of this project, not of the paper."""

import numbers

import numpy as np
from sklearn.utils.validation import validate_data

from pnetlib.errors import UsageError
from pnetlib.estimators.predictive import ActivityRegressor, PredictiveNetwork


class WeightedPredictiveNetwork(ActivityRegressor):
    """Pro with the prediction error weighted by omega (ours; the paper's model has omega = 1).

    Minimises

        omega ||z - theta0 - X B theta||^2 / n  +  ||X - X B||_F^2 / n
          + lam1 ||B||_1 + lam2 ||B||_F^2 + lam3 ||theta||_1
          + lam4 sum_{q,j} w_qj (|theta_q| / s_q - |theta_j| / s_j)^2

    which is Pro's own objective in ``theta' = sqrt(omega) theta`` for the response
    ``sqrt(omega) z`` with ``lam3 / sqrt(omega)`` and ``lam4 / omega``; so Pro fits it.

    Parameters
    ----------
    omega : float
        Weight of the prediction error, above 0; below 1 the network counts for more.
    lam1, lam2, lam3, lam4 : float
        Penalties of the objective above.
    degree, sign, coupling, tol, gap_tol, max_iter, n_jobs
        As in `PredictiveNetwork`.

    Attributes
    ----------
    B_, gaps_, objective_trace_, n_iter_, kkt_B_, mean_, scale_
        As in `PredictiveNetwork`, of the weighted objective.
    theta_ : ndarray (p,), theta0_ : float
        Effects of the predicted activities and mean response, in the units of the response.
    kkt_theta_ : float
        Largest violation of the first-order conditions of theta, in units of lam3.
    """

    def __init__(
        self,
        omega=1.0,
        lam1=0.2,
        lam2=0.0,
        lam3=0.05,
        lam4=0.1,
        *,
        degree="sqrt",
        sign="current",
        coupling="exact",
        tol=1e-6,
        gap_tol=1e-6,
        max_iter=500,
        n_jobs=None,
    ):
        self.omega = omega
        self.lam1 = lam1
        self.lam2 = lam2
        self.lam3 = lam3
        self.lam4 = lam4
        self.degree = degree
        self.sign = sign
        self.coupling = coupling
        self.tol = tol
        self.gap_tol = gap_tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs

    def fit(self, X, y):
        """Fit network and effects to expression X (n, p) and response y (n,)."""
        check_weight(self.omega)
        X, y = validate_data(self, X, y, dtype=float, y_numeric=True, ensure_min_samples=2)
        given = self.get_params()
        root = float(np.sqrt(given.pop("omega")))
        given["lam3"] = scaled(self, "lam3", root)
        given["lam4"] = scaled(self, "lam4", self.omega)
        pro = PredictiveNetwork(**given).fit(X, root * y)
        self.mean_, self.scale_, self.theta0_ = pro.mean_, pro.scale_, pro.theta0_ / root
        self.B_, self.theta_, self.gaps_ = pro.B_, pro.theta_ / root, pro.gaps_
        self.objective_trace_, self.n_iter_ = pro.objective_trace_, pro.n_iter_
        self.kkt_B_, self.kkt_theta_ = pro.kkt_B_, pro.kkt_theta_ * root
        return self


def check_weight(omega, name="omega"):
    """Refuse a weight that is not a finite number above 0."""
    if not isinstance(omega, numbers.Real) or isinstance(omega, bool) or not 0 < omega < np.inf:
        raise UsageError(f"{name} must be a finite number above 0, not {omega!r}.")


def scaled(estimator, name, by):
    """A lambda divided by the weight; one that is no number is left for Pro to refuse."""
    value = getattr(estimator, name)
    return value / by if isinstance(value, numbers.Real) else value
