"""Pro and NW.P: network and prediction in one objective, and one after the other."""

import warnings

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, validate_data

from pnetlib.estimators.base import (
    NetworkTables,
    check_choice,
    check_count,
    check_penalties,
    warn_unconverged,
)
from pnetlib.solvers.forecast import forecast_memory
from pnetlib.solvers.joint import (
    Penalties,
    fit_joint,
    initial_signs,
    kkt_residuals,
    start_state,
    theta_residual,
    theta_step,
)
from pnetlib.solvers.moments import Moments

LAMBDAS = ["lam1", "lam2", "lam3", "lam4"]


class ActivityRegressor(NetworkTables, RegressorMixin, BaseEstimator):
    """Prediction of a response from predicted gene activities ``X B``."""

    def _moments(self, X, y):
        check_penalties(self, [*LAMBDAS, "gap_tol"])
        check_choice(self, "degree", ("sqrt", "d"))
        X, y = validate_data(self, X, y, dtype=float, y_numeric=True, ensure_min_samples=2)
        forecast_memory(*X.shape, matrices=2, n_jobs=self.n_jobs).require()
        moments = Moments.of(X, y, n_jobs=self.n_jobs)
        self.mean_, self.scale_, self.theta0_ = moments.mean, moments.scale, moments.z_mean
        return moments

    def _penalties(self, coupling="exact"):
        return Penalties(self.lam1, self.lam2, self.lam3, self.lam4, self.degree, coupling)

    def _keep(self, state):
        self.B_, self.theta_, self.gaps_ = state.B.matrix(), state.theta, state.gaps
        self._state = state
        return self

    def predict(self, X):
        """Predicted response (n,): theta0 + X B theta, in the units of training."""
        X = self._standardised(X)
        return self.theta0_ + X @ (self.B_ @ self.theta_)

    def effects(self):
        """theta by gene name, as a Series: response units per predicted standard deviation."""
        check_is_fitted(self)
        return pd.Series(self.theta_, self._genes(), name="theta")


class PredictiveNetwork(ActivityRegressor):
    """Pro: gene network and drug-response prediction estimated together.

    Minimises, X standardised and B with a zero diagonal,

        ||z - theta0 - X B theta||^2 / n  +  ||X - X B||_F^2 / n
          + lam1 ||B||_1 + lam2 ||B||_F^2 + lam3 ||theta||_1
          + lam4 sum_{q,j} w_qj (|theta_q| / s_q - |theta_j| / s_j)^2

    with ``w_qj = (|B_qj| + |B_jq|) / 2``, ``d_q = sum_j w_qj``, ``s = sqrt(d)`` or ``d`` (Park,
    Imoto and Miyano, BMC Bioinformatics 2022;23:342). Not in the paper's readable text and so
    this project's choice: the factor 1/n, no self loops, the algorithm, its start at the network
    alone, and the square root as the default.

    Parameters
    ----------
    lam1, lam2, lam3, lam4 : float
        Penalties as above; they mean the same for any number of cell lines.
    degree : {"sqrt", "d"}
        Whether effects are scaled by the square root of the degree or by the degree.
    sign : {"current", "fixed"}
        ``sgn(theta) theta`` with the current sign, or with the sign of an initial estimate
        (theta of the network alone with lam4 = 0; the sign of B_j'X'z where that is 0).
    coupling : {"exact", "lagged"}
        Edge weights of the B step: the derivative of the last term with the degrees, whose fixed
        points are stationary points of the objective, or with the degrees held.
    tol : float
        Stop when a round gains no more than this times the variance of the response.
    gap_tol : float
        Relative duality gap to reach in every column of the B step.
    max_iter : int
        Rounds at most; a warning with figures when they do not suffice.
    warm_start : bool
        Start the next fit from the last one's network and effects.
    n_jobs : int, optional
        Threads; all allowed cores by default. The result does not depend on it.

    Attributes
    ----------
    B_ : scipy.sparse.csc_array (p, p)
        Network, regulators x targets, of standardised expression.
    theta_ : ndarray (p,), theta0_ : float
        Effects of the predicted activities and mean response.
    objective_trace_ : ndarray
        Objective at the start and after each round; it never rises.
    gaps_ : ndarray (p,)
        Relative duality gap of each column in the last B step.
    kkt_B_, kkt_theta_ : float
        Largest violation of the first-order conditions, in units of lam1 and of lam3.
    n_iter_ : int
        Rounds done.
    mean_, scale_ : ndarray (p,)
        Mean and standard deviation of the genes in training, in expression units.
    """

    def __init__(
        self,
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
        warm_start=False,
        n_jobs=None,
    ):
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
        self.warm_start = warm_start
        self.n_jobs = n_jobs

    def fit(self, X, y):
        """Fit network and effects to expression X (n, p) and response y (n,)."""
        check_choice(self, "sign", ("current", "fixed"))
        check_choice(self, "coupling", ("exact", "lagged"))
        check_penalties(self, ["tol"])
        check_count(self, "max_iter")
        earlier = self._state if self.warm_start and hasattr(self, "_state") else None
        moments, pen = self._moments(X, y), self._penalties(self.coupling)
        if earlier is not None and earlier.theta.size == moments.g.size:
            state = earlier.restart(moments, self.n_jobs)
        else:
            state = start_state(moments, pen, self.gap_tol, self.n_jobs)
        if self.sign == "fixed":
            state.signs = initial_signs(moments, state, pen)
        fit_joint(
            moments,
            pen,
            state,
            tol=self.tol,
            gap_tol=self.gap_tol,
            max_iter=self.max_iter,
            n_jobs=self.n_jobs,
        )
        self.objective_trace_, self.n_iter_ = np.array(state.trace), len(state.trace) - 1
        self.kkt_B_, self.kkt_theta_ = kkt_residuals(moments, state, pen)
        warn_unconverged("PredictiveNetwork", state.gaps, self.gap_tol)
        if not state.converged:
            last = -np.diff(state.trace[-2:])
            warnings.warn(
                f"PredictiveNetwork stopped after {self.n_iter_} rounds, the last one gaining "
                f"{float(last[0]) if last.size else 0:.2g}; raise max_iter or tol.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self._keep(state)


class NetworkThenPredict(ActivityRegressor):
    """NW.P: the network first, then the response on the network's predicted activities.

    B minimises ``||X - XB||_F^2 / n + lam1 ||B||_1 + lam2 ||B||_F^2``; then theta minimises
    ``||z - theta0 - X B theta||^2 / n + lam3 ||theta||_1`` plus the same link penalty as Pro's
    when lam4 > 0 (0, a lasso, by default: the newsletter does not name the second model).

    Parameters
    ----------
    lam1, lam2, lam3, lam4, degree, gap_tol, n_jobs
        As in `PredictiveNetwork`.

    Attributes
    ----------
    B_, theta_, theta0_, gaps_, mean_, scale_
        As in `PredictiveNetwork`.
    kkt_theta_ : float
        Largest violation of the first-order conditions of theta, in units of lam3.
    """

    def __init__(
        self, lam1=0.1, lam2=0.0, lam3=0.05, lam4=0.0, *, degree="sqrt", gap_tol=1e-6, n_jobs=None
    ):
        self.lam1 = lam1
        self.lam2 = lam2
        self.lam3 = lam3
        self.lam4 = lam4
        self.degree = degree
        self.gap_tol = gap_tol
        self.n_jobs = n_jobs

    def fit(self, X, y):
        """Fit the network to expression X (n, p), then the effects to response y (n,)."""
        moments, pen = self._moments(X, y), self._penalties()
        state = start_state(moments, pen, self.gap_tol, self.n_jobs)
        theta_step(moments, state, pen)
        self.kkt_theta_ = float(theta_residual(moments, state, pen).max())
        warn_unconverged("NetworkThenPredict", state.gaps, self.gap_tol)
        return self._keep(state)
