"""Network-constrained regression on expression, with an estimated network as its graph."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from sklearn.base import BaseEstimator

from pnetlib.estimators.base import (
    LinearPrediction,
    NetworkTables,
    check_choice,
    check_count,
    check_penalties,
    enough_memory,
    in_order,
    network_out_of_order,
    out_of_order,
    regulators_first,
    warn_unconverged,
)
from pnetlib.estimators.predictive import DEGREES, LAMBDAS
from pnetlib.execution.threads import thread_count
from pnetlib.solvers.columns import Columns
from pnetlib.solvers.constrained import fit_constrained, initial_estimate, laplacian
from pnetlib.solvers.joint import Penalties, start_state
from pnetlib.solvers.moments import Moments

SIGNS = ("none", "initial")


@dataclass(eq=False, repr=False)
class NetworkConstrainedRegression(NetworkTables, LinearPrediction, BaseEstimator):
    """The network first, then the response on expression, where linked genes shall act alike.

    B minimises ``||X - XB||_F^2 / n + lam1 ||B||_1 + lam2 ||B||_F^2``; then b minimises ::

        ||z - b0 - X b||^2 / n + lam3 ||b||_1 + lam4 sum_{q,j} w_qj (b_q / s_q - b_j / s_j)^2

    with ``w_qj = (|B_qj| + |B_jq|) / 2``, degrees ``d_q = sum_j w_qj`` and ``s = sqrt(d)`` or
    ``d`` [1]_. With ``signs="initial"`` coefficients are compared after multiplication by the signs
    of an initial estimate [2]_. In this project it is one reading of NW.P, whose second model the
    paper's readable text does not name; an estimated network in place of a known one, the
    initial estimate (a ridge regression) and the factor 1/n are choices of ours.

    Parameters
    ----------
    lam1 : float, default=0.2
        L1 penalty of the edges.
    lam2 : float, default=0.0
        Ridge penalty of the edges.
    lam3 : float, default=0.05
        L1 penalty of the coefficients b.
    lam4 : float, default=0.1
        Link penalty: differences between the scaled coefficients of linked genes.
    degree : {"sqrt", "d"}, default="sqrt"
        Whether coefficients are scaled by the square root of the degree or by the degree.
    signs : {"none", "initial"}, default="none"
        Whether coefficients are compared as they are, or times the signs of an initial estimate.
    tol : float, default=1e-6
        Relative duality gap to reach in every column of the network and in the regression.
    max_iter : int, default=1000
        Maximum number of rounds per problem, each of which extends its working set of genes.
    regulators : sequence or None, default=None
        Genes that may regulate others: positions, one True or False per gene, or, where X is a
        table, names. All may if None.
    n_jobs : int or None, default=None
        Threads; None, -1 or 0 for all allowed cores. The result does not depend on it.

    Attributes
    ----------
    B_ : scipy.sparse.csc_array of shape (p, p)
        Network, regulators x targets, of standardised expression.
    coef_ : ndarray of shape (p,)
        Effect of a standard deviation of each gene, in response units.
    intercept_ : float
        Mean response in training.
    gaps_ : ndarray of shape (p,)
        Relative duality gap of each column of the network.
    gap_ : float
        Relative duality gap of the regression.
    n_iter_ : int
        Number of rounds of the regression.
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
    NetworkThenPredict : The response on predicted activities.
    ElasticNetExpression : The response on expression without a network.

    References
    ----------
    .. [1] Li C, Li H. Network-constrained regularization and variable selection for analysis of
       genomic data. Bioinformatics 2008;24:1175-1182.
    .. [2] Li C, Li H. Variable selection and regression analysis for graph-structured covariates
       with an application to genomics. Annals of Applied Statistics 2010;4:1498-1516.

    Examples
    --------
    >>> import numpy as np
    >>> from pnetlib import NetworkConstrainedRegression
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(80, 6))
    >>> X[:, 1] = X[:, 0] + 0.3 * rng.normal(size=80)
    >>> model = NetworkConstrainedRegression(0.4, lam3=0.1, lam4=1.0).fit(X, X[:, 0])
    >>> np.flatnonzero(model.coef_).tolist()  # the linked gene 1 takes part
    [0, 1]
    """

    lam1: float = 0.2
    lam2: float = 0.0
    lam3: float = 0.05
    lam4: float = 0.1
    _: KW_ONLY
    degree: str = "sqrt"
    signs: str = "none"
    tol: float = 1e-6
    max_iter: int = 1000
    regulators: Sequence | None = None
    n_jobs: int | None = None

    def fit(self, X, y):
        """Fit the network to expression, then the coefficients to the response.

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
            If a column of the network or the regression does not reach `tol`.
        LowMemoryWarning
            If the fit probably needs more memory than is available.
        """
        *lambdas, tol = check_penalties(self, [*LAMBDAS, "tol"])
        max_iter = check_count(self, "max_iter")
        check_choice(self, "degree", DEGREES)
        check_choice(self, "signs", SIGNS)
        thread_count(self.n_jobs)
        X, y = self._read(X, y)
        self.regulators_, order = regulators_first(self, X.shape[1])
        with enough_memory(*X.shape, matrices=4, n_jobs=self.n_jobs):
            return self._fit(X, y, order, lambdas, tol, max_iter)

    def _fit(self, X, y, order, lambdas, tol, max_iter):
        lam1, lam2, lam3, lam4 = lambdas
        whole = Moments.of(X, y, n_jobs=self.n_jobs)
        moments = whole
        if order is not None:
            X = in_order(X, order)
            moments = Moments.of(X, y, n_regulators=self.regulators_.size, n_jobs=self.n_jobs)
        pen = Penalties(lam1, lam2)
        state = start_state(moments, pen, tol, self.n_jobs, max_iter=max_iter)
        self.B_ = network_out_of_order(state.B.matrix(), order)
        self.gaps_ = out_of_order(state.gaps, order)
        signs = np.sign(initial_estimate(whole)) if self.signs == "initial" else None
        L = laplacian(Columns.of(self.B_), self.degree, signs)
        fitted = fit_constrained(whole, L, lam3, lam4, tol, max_iter=max_iter)
        self.coef_, self.gap_, self.n_iter_ = fitted
        self.mean_, self.scale_, self.intercept_ = whole.mean, whole.scale, whole.z_mean
        warn_unconverged("NetworkConstrainedRegression", self.gaps_, tol)
        warn_unconverged("NetworkConstrainedRegression", self.gap_, tol)
        return self
