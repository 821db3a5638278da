"""Pro and NW.P: network and prediction in one objective, and one after the other."""

import warnings
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from pnetlib.errors import UsageError
from pnetlib.estimators.base import (
    LARGEST_PENALTY,
    LinearPrediction,
    NetworkTables,
    check_choice,
    check_count,
    check_flag,
    check_penalties,
    check_weight,
    check_whole,
    enough_memory,
    in_order,
    network_in_order,
    network_out_of_order,
    out_of_order,
    regulators_first,
    warn_not_stationary,
    warn_unconverged,
)
from pnetlib.estimators.inputs import check_spread
from pnetlib.execution.threads import thread_count
from pnetlib.solvers.certificate import certify_joint
from pnetlib.solvers.columns import Columns
from pnetlib.solvers.joint import (
    Penalties,
    State,
    initial_signs,
    kkt_residuals,
    penalty_scales,
    start_state,
    theta_residual,
    theta_step,
)
from pnetlib.solvers.moments import Moments, centred
from pnetlib.solvers.starts import MOST, fit_from_starts

LAMBDAS = ["lam1", "lam2", "lam3", "lam4"]
DEGREES = ("sqrt", "d")
SHARE = 0.02  # of lam1 and lam3, by which their conditions may be violated without a warning


class ActivityRegressor(NetworkTables, LinearPrediction, BaseEstimator):
    """Prediction of a response from predicted gene activities ``X B``."""

    def effects(self):
        """Return the effects theta of the predicted activities.

        Returns
        -------
        Series
            Effects by gene name, in response units per standard deviation of the gene.

        See Also
        --------
        edges : The edges of the network.
        """
        check_is_fitted(self)
        return pd.Series(self.theta_, self._genes(), name="theta")

    def _ordered(self, X):
        """Return X with the genes that may regulate first, and store the order."""
        self.regulators_, self._order = regulators_first(self, X.shape[1])
        return in_order(X, self._order)

    def _store(self, moments, state, root=1.0):
        """Take over a state that was fitted to the response times `root`."""
        self.theta0_ = self.intercept_ = moments.z_mean / root
        by_gene = moments.mean, moments.scale, state.theta / root, state.gaps
        self.mean_, self.scale_, self.theta_, self.gaps_ = (
            out_of_order(values, self._order) for values in by_gene
        )
        self.B_ = network_out_of_order(state.B.matrix(), self._order)
        self.coef_ = self.B_ @ self.theta_
        return self

    def _store_joint(self, moments, state, pen, root=1.0, certificate=None):
        """Take over a joint fit, with the trace and the violations of its conditions.

        `certificate` is that of `certify_joint`, which takes the place of what the moments give.
        """
        self.objective_trace_, self.n_iter_ = np.array(state.trace), len(state.trace) - 1
        if certificate is None:
            certificate = state.gaps, *kkt_residuals(moments, state, pen, self.n_jobs)
        gaps, self.kkt_B_, kkt_theta = certificate
        self.certified_gaps_ = out_of_order(gaps, self._order)
        self.kkt_theta_ = kkt_theta * root
        return self._store(moments, state, root)

    def _store_effects(self, moments, state, pen):
        """Take over effects fitted to a given network, with the violation of their conditions."""
        self.kkt_theta_ = float(theta_residual(moments, state, pen).max())
        self.n_iter_ = state.rounds
        violations, scales = {"lam3": self.kkt_theta_}, {"lam3": penalty_scales(moments, pen)[1]}
        remedy = "raise lam3 or reduce lam4"
        warn_not_stationary(type(self).__name__, violations, scales, SHARE, remedy)
        return self._store(moments, state)


@dataclass(eq=False, repr=False)
class PredictiveNetwork(ActivityRegressor):
    """Pro: gene network and drug-response prediction estimated together.

    Minimises, X standardised and B with a zero diagonal, ::

        response_weight ||z - theta0 - X B theta||^2 / n  +  ||X - X B||_F^2 / n
          + lam1 ||B||_1 + lam2 ||B||_F^2 + lam3 ||theta||_1
          + lam4 sum_{q,j} w_qj (|theta_q| / s_q - |theta_j| / s_j)^2

    with ``w_qj = (|B_qj| + |B_jq|) / 2``, degrees ``d_q = sum_j w_qj`` and ``s = sqrt(d)`` or
    ``d``; an isolated gene (d = 0) has no share in the last sum [1]_. This project's choice, as the
    readable text of the paper does not settle it: the factor 1/n, no self loops, the algorithm, its
    starts, and the square root as the default.

    Parameters
    ----------
    lam1 : float, default=0.2
        L1 penalty of the edges. All lambdas mean the same for any number of cell lines.
    lam2 : float, default=0.0
        Ridge penalty of the edges.
    lam3 : float, default=0.05
        L1 penalty of the effects theta.
    lam4 : float, default=0.1
        Link penalty: it draws the scaled effects of linked genes together.
    degree : {"sqrt", "d"}, default="sqrt"
        Whether effects are scaled by the square root of the degree or by the degree.
    sign : {"current", "fixed"}, default="current"
        ``sgn(theta) theta`` with the current sign, or with the sign of an initial estimate
        (theta of the network alone with lam4 = 0; the sign of B_j'X'z where that is 0).
    coupling : {"exact", "lagged"}, default="exact"
        Edge weights of the B step: the derivative of the last term with the degrees, whose fixed
        points are stationary points of the objective, or with the degrees held fixed.
    response_weight : float, default=1.0
        Weight of the prediction error, above 0. This project's extension: 1 is the paper's model;
        below 1 the network counts for more.
    tol : float, default=1e-6
        Stop when a round lowers the objective by at most this times the (weighted) variance of the
        response, the rounds to come promise no more in sum (a geometric series), and the
        first-order conditions hold within 2 % of lam1 and lam3 (see Warns of `fit`); or when a
        round gains less than a thousandth of that.
    gap_tol : float, default=1e-6
        Relative duality gap to reach in every column of the B step.
    max_iter : int, default=1000
        Maximum number of rounds of a theta step and a B step.
    n_starts : int, default=3
        Number of starts, 1 to 4, as the objective has local minima: the network alone; the joint
        fit with a fifth of lam3; that with lam4 = 0; the network at 0.3 lam1. The lowest minimum is
        kept, an earlier start unless a later one gains more than 1e-4 of the variance of the
        response. A start that a lambda of 0 makes equal to the first is left out.
    warm_start : bool, default=False
        Start the next fit from the network and the effects of this one, and from nothing else.
    regulators : sequence or None, default=None
        Genes that may regulate others: positions, one True or False per gene, or, where X is a
        table, names. All may if None. Time and memory fall about in proportion to their number.
    gram_dtype : {"float64", "float32"}, default="float64"
        Type in which the Gram matrix is stored: 2.4 or 1.2 GB for 17,419 genes. All else is
        float64. Beyond 4,000 genes (if all may regulate) it is the only p x p array.
    n_jobs : int or None, default=None
        Threads; None, -1 or 0 for all allowed cores. The result does not depend on it.

    Attributes
    ----------
    B_ : scipy.sparse.csc_array of shape (p, p)
        Network, regulators x targets, of standardised expression.
    theta_ : ndarray of shape (p,)
        Effects of the predicted activities.
    theta0_, intercept_ : float
        Mean response.
    coef_ : ndarray of shape (p,)
        ``B theta``: effect of a standard deviation of each gene's expression, in response units.
    objective_trace_ : ndarray of shape (n_iter_ + 1,)
        Objective at the start and after each round; it never rises.
    gaps_ : ndarray of shape (p,)
        Relative duality gap of each column in the last B step, as the stored Gram matrix gives it;
        beyond 4,000 genes an upper bound.
    certified_gaps_ : ndarray of shape (p,)
        With float32, the gap of each column for the expression and the response themselves in
        float64, under the edge weights of the final network and effects; with float64, the same as
        ``gaps_``.
    kkt_B_, kkt_theta_ : float
        Largest violation of the first-order conditions of the edges, on the scale of lam1, and of
        the effects, on the scale of lam3; with float32, for the expression and the response
        themselves in float64.
    n_iter_ : int
        Number of rounds from the start that was kept.
    n_starts_ : int
        Number of starts tried.
    start_objectives_ : ndarray of shape (n_starts_,)
        Objective reached from each start, to within 1e-4 of the variance of the response where
        several were tried. Their spread shows how far local minima lie apart.
    regulators_ : ndarray of int
        Positions of the genes that may regulate.
    mean_, scale_ : ndarray of shape (p,)
        Mean and standard deviation of the genes in training, in expression units.
    n_features_in_ : int
        Number of genes.
    feature_names_in_ : ndarray of shape (p,)
        Names of the genes, where X was a table.

    See Also
    --------
    PredictiveNetworkCV : The same with lambdas chosen by cross-validation.
    NetworkThenPredict : The network first, then the prediction.
    ElasticNetwork : The network alone.

    References
    ----------
    .. [1] Park H, Imoto S, Miyano S. PredictiveNetwork: predictive gene network estimation with
       application to gastric cancer drug response-predictive network analysis. BMC Bioinformatics
       2022;23:342.

    Examples
    --------
    >>> import numpy as np
    >>> from pnetlib import PredictiveNetwork
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(80, 6))
    >>> X[:, 1] = X[:, 0] + 0.3 * rng.normal(size=80)
    >>> model = PredictiveNetwork(lam1=0.6, lam3=0.1).fit(X, X[:, 1])
    >>> sorted(zip(model.edges()["regulator"].tolist(), model.edges()["target"].tolist()))
    [('x0', 'x1'), ('x1', 'x0')]
    >>> model.predict(X).shape
    (80,)
    """

    _power = 6  # a B step may be as large as the squared response, and theirs is squared

    lam1: float = 0.2
    lam2: float = 0.0
    lam3: float = 0.05
    lam4: float = 0.1
    _: KW_ONLY
    degree: str = "sqrt"
    sign: str = "current"
    coupling: str = "exact"
    response_weight: float = 1.0
    tol: float = 1e-6
    gap_tol: float = 1e-6
    max_iter: int = 1000
    n_starts: int = 3
    warm_start: bool = False
    regulators: Sequence | None = None
    gram_dtype: str = "float64"
    n_jobs: int | None = None

    def fit(self, X, y):
        """Fit network and effects.

        Parameters
        ----------
        X : array-like of shape (n, p)
            Expression, cell lines x genes: an array, or a table of pandas, polars or pyarrow whose
            columns are called by unique text. Numbers as names, such as Entrez ids, are refused, as
            they look like positions; ``X.columns = X.columns.astype(str)`` makes text of them.
        y : array-like of shape (n,)
            Response of the cell lines, a finite number each. Where X and y both name their lines,
            these must be the same, in the same order.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        UsageError
            If a parameter is not as documented.
        InputError, InputTypeError
            If names are not unique text, or values are missing, no numbers, or so large or small
            that squares of them leave the range of floating-point numbers.
        OutOfMemoryError
            If the memory does not suffice; the message has the forecast.

        Warns
        -----
        ConvergenceWarning
            If `max_iter` rounds do not suffice; if a column does not reach `gap_tol`; or if
            ``kkt_B_`` exceeds 2 % of lam1 or ``kkt_theta_`` 2 % of lam3. In this comparison lam1
            counts as at least 0.02, and lam3 as at least 0.02 standard deviations of the response.
            The lagged coupling is not compared: its fixed points are not stationary.
        LowMemoryWarning
            If the fit probably needs more memory than is available.
        """
        *lambdas, tol, gap_tol = check_penalties(self, [*LAMBDAS, "tol", "gap_tol"])
        weight = check_weight(self, "response_weight")
        check_choice(self, "degree", DEGREES)
        check_choice(self, "sign", ("current", "fixed"))
        check_choice(self, "coupling", ("exact", "lagged"))
        limits = {"tol": tol, "gap_tol": gap_tol, "max_iter": check_count(self, "max_iter")}
        n_starts = check_whole(self, "n_starts", 1, MOST)
        check_choice(self, "gram_dtype", ("float64", "float32"))
        continued = check_flag(self, "warm_start")
        thread_count(self.n_jobs)
        X, y = self._read(X, y)
        # In theta' = root theta the weighted objective is the plain one of the response root z.
        root = float(np.sqrt(weight))
        if root != 1.0:
            check_spread(root * y, self._power, "the response y times the root of response_weight")
        pen = self._penalties(lambdas, weight)
        if not max(pen.lam3, pen.lam4) <= LARGEST_PENALTY:
            raise UsageError(
                f"response_weight is {self.response_weight!r}, too small beside lam3 and lam4, which "
                "are divided by it; raise it."
            )
        X = self._ordered(X)
        options = {"gram_dtype": self.gram_dtype, "n_regulators": self.regulators_.size}
        options["n_jobs"] = self.n_jobs
        continued &= getattr(self, "theta_", np.empty(0)).size == X.shape[1]
        n_starts = 1 if continued else n_starts
        with enough_memory(*X.shape, states=1 if self.n_starts == 1 else 3, **options):
            moments = Moments.of(X, root * y, **options)
            if continued:
                state = self._last(moments, root)
            else:
                state = start_state(moments, pen, gap_tol, self.n_jobs)
            return self._fit(X, y, moments, pen, state, n_starts, limits, root)

    def _fit(self, X, y, moments, pen, state, n_starts, limits, root):
        """Fit from a start, and take the fit over with its certificate."""
        if self.sign == "fixed":
            state.signs = initial_signs(moments, state, pen)
        share = SHARE if self.coupling == "exact" else None
        options = limits | {"share": share, "n_jobs": self.n_jobs}
        state, reached = fit_from_starts(moments, pen, state, n_starts, **options)
        self.n_starts_, self.start_objectives_ = len(reached), np.array(reached)
        certificate = None
        if self.gram_dtype == "float32":
            standard, _, scale = centred(X)
            standard /= scale
            z = root * y - moments.z_mean
            options = {"n_regulators": self.regulators_.size, "n_jobs": self.n_jobs}
            certificate = certify_joint(standard, z, state, pen, **options)
        self._store_joint(moments, state, pen, root, certificate)
        self._warn(moments, state, pen, root)
        return self

    def _penalties(self, lambdas, weight):
        """Return the penalties of the plain objective, for the response times the root of a weight."""
        lam1, lam2, lam3, lam4 = lambdas
        root = float(np.sqrt(weight))
        return Penalties(lam1, lam2, lam3 / root, lam4 / weight, self.degree, self.coupling)

    def _last(self, moments, root):
        """Return the last fit as a start."""
        B, theta, gaps = self.B_, root * self.theta_, self.gaps_
        B = Columns.of(network_in_order(B, self._order, moments.n_regulators))
        if self._order is not None:
            theta, gaps = theta[self._order], gaps[self._order]
        return State.on(moments, B, theta, gaps, self.n_jobs)

    def _warn(self, moments, state, pen, root):
        warn_unconverged("PredictiveNetwork", state.gaps, self.gap_tol, "gap_tol")
        if not state.converged:
            last = -np.diff(state.trace[-2:])
            warnings.warn(
                f"PredictiveNetwork stopped after {self.n_iter_} rounds, the last one gaining "
                f"{float(last[0]) if last.size else 0:.2g}; raise max_iter or tol.",
                ConvergenceWarning,
                stacklevel=3,
            )
        elif self.coupling == "exact":
            scale_B, scale_theta = penalty_scales(moments, pen)
            warn_not_stationary(
                "PredictiveNetwork",
                {"lam1": self.kkt_B_, "lam3": self.kkt_theta_},
                {"lam1": scale_B, "lam3": scale_theta * root},
                SHARE,
                "reduce tol, or raise the lambda",
            )


@dataclass(eq=False, repr=False)
class NetworkThenPredict(ActivityRegressor):
    """NW.P: the network first, then the response on the network's predicted activities.

    B minimises ``||X - XB||_F^2 / n + lam1 ||B||_1 + lam2 ||B||_F^2``; then theta minimises
    ``||z - theta0 - X B theta||^2 / n + lam3 ||theta||_1`` plus the link penalty of
    `PredictiveNetwork` where lam4 > 0.

    Parameters
    ----------
    lam1 : float, default=0.2
        L1 penalty of the edges.
    lam2 : float, default=0.0
        Ridge penalty of the edges.
    lam3 : float, default=0.05
        L1 penalty of the effects theta.
    lam4 : float, default=0.0
        Link penalty. It is 0 by default, which makes the second model a lasso: the paper's readable
        text does not name that model, and a method that does not couple network and prediction
        should not use the network twice. This is this project's choice.
    degree : {"sqrt", "d"}, default="sqrt"
        Whether effects are scaled by the square root of the degree or by the degree.
    tol : float, default=1e-6
        Relative duality gap to reach in every column of the network.
    max_iter : int, default=1000
        Maximum number of rounds per column, each of which extends its working set of genes.
    regulators : sequence or None, default=None
        Genes that may regulate others: positions, one True or False per gene, or, where X is a
        table, names. All may if None. Time and memory fall about in proportion to their number.
    n_jobs : int or None, default=None
        Threads; None, -1 or 0 for all allowed cores. The result does not depend on it.

    Attributes
    ----------
    B_ : scipy.sparse.csc_array of shape (p, p)
        Network, regulators x targets, of standardised expression.
    theta_ : ndarray of shape (p,)
        Effects of the predicted activities.
    theta0_, intercept_ : float
        Mean response.
    coef_ : ndarray of shape (p,)
        ``B theta``: effect of a standard deviation of each gene's expression, in response units.
    gaps_ : ndarray of shape (p,)
        Relative duality gap of each column.
    n_iter_ : int
        Largest number of rounds that a column of the network took.
    kkt_theta_ : float
        Largest violation of the first-order conditions of theta, on the scale of lam3.
    regulators_ : ndarray of int
        Positions of the genes that may regulate.
    mean_, scale_ : ndarray of shape (p,)
        Mean and standard deviation of the genes in training, in expression units.
    n_features_in_ : int
        Number of genes.
    feature_names_in_ : ndarray of shape (p,)
        Names of the genes, where X was a table.

    See Also
    --------
    NetworkThenPredictCV : The same with lambdas chosen by cross-validation.
    PredictiveNetwork : Network and prediction in one objective.
    ElasticNetwork : The network alone.

    Examples
    --------
    >>> import numpy as np
    >>> from pnetlib import NetworkThenPredict
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(80, 6))
    >>> X[:, 1] = X[:, 0] + 0.3 * rng.normal(size=80)
    >>> model = NetworkThenPredict(lam1=0.4, lam3=0.1).fit(X, X[:, 1])
    >>> np.flatnonzero(model.effects()).tolist()  # gene 0 is predicted from gene 1
    [0]
    """

    lam1: float = 0.2
    lam2: float = 0.0
    lam3: float = 0.05
    lam4: float = 0.0
    _: KW_ONLY
    degree: str = "sqrt"
    tol: float = 1e-6
    max_iter: int = 1000
    regulators: Sequence | None = None
    n_jobs: int | None = None

    def fit(self, X, y):
        """Fit the network to expression, then the effects to the response.

        Parameters
        ----------
        X : array-like of shape (n, p)
            Expression, cell lines x genes: an array, or a table of pandas, polars or pyarrow whose
            columns are called by unique text. Numbers as names, such as Entrez ids, are refused, as
            they look like positions; ``X.columns = X.columns.astype(str)`` makes text of them.
        y : array-like of shape (n,)
            Response of the cell lines, a finite number each. Where X and y both name their lines,
            these must be the same, in the same order.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        UsageError
            If a parameter is not as documented.
        InputError, InputTypeError
            If names are not unique text, or values are missing, no numbers, or so large or small
            that squares of them leave the range of floating-point numbers.
        OutOfMemoryError
            If the memory does not suffice; the message has the forecast.

        Warns
        -----
        ConvergenceWarning
            If a column does not reach `tol`, or ``kkt_theta_`` exceeds 2 % of lam3 (of 0.02
            standard deviations of the response where that is more).
        LowMemoryWarning
            If the fit probably needs more memory than is available.
        """
        *lambdas, tol = check_penalties(self, [*LAMBDAS, "tol"])
        max_iter = check_count(self, "max_iter")
        pen = Penalties(*lambdas, check_choice(self, "degree", DEGREES))
        thread_count(self.n_jobs)
        X, y = self._read(X, y)
        X = self._ordered(X)
        options = {"n_regulators": self.regulators_.size, "n_jobs": self.n_jobs}
        with enough_memory(*X.shape, matrices=2, **options):
            moments = Moments.of(X, y, **options)
            state = start_state(moments, pen, tol, self.n_jobs, max_iter=max_iter)
            theta_step(moments, state, pen)
            warn_unconverged("NetworkThenPredict", state.gaps, tol)
            return self._store_effects(moments, state, pen)
