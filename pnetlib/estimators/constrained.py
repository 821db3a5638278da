"""Network-constrained regression on expression, with an estimated network as its graph."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from pnetlib.estimators.base import (
    LinearPrediction,
    NetworkTables,
    check_choice,
    check_count,
    check_penalties,
    check_scale,
    in_order,
    network_out_of_order,
    out_of_order,
    regulators_first,
    warn_low_memory,
    warn_unconverged,
)
from pnetlib.estimators.predictive import DEGREES, LAMBDAS
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
            Expression, cell lines x genes.
        y : array-like of shape (n,)
            Response of the cell lines.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        UsageError
            If a parameter is not as documented.
        DataError
            If sums or squares of X or y leave the range of floating-point numbers.

        Warns
        -----
        ConvergenceWarning
            If a column of the network or the regression does not reach `tol`.
        LowMemoryWarning
            If the fit probably needs more memory than is available.
        """
        check_penalties(self, [*LAMBDAS, "tol"])
        check_count(self, "max_iter")
        check_choice(self, "degree", DEGREES)
        check_choice(self, "signs", SIGNS)
        X, y = validate_data(self, X, y, dtype=float, y_numeric=True, ensure_min_samples=2)
        check_scale(X, y, getattr(self, "feature_names_in_", None))
        self.regulators_, order = regulators_first(self, X.shape[1])
        warn_low_memory(*X.shape, matrices=4, n_jobs=self.n_jobs)
        whole = Moments.of(X, y, n_jobs=self.n_jobs)
        moments = whole
        if order is not None:
            X = in_order(X, order)
            moments = Moments.of(X, y, n_regulators=self.regulators_.size, n_jobs=self.n_jobs)
        pen = Penalties(self.lam1, self.lam2)
        state = start_state(moments, pen, self.tol, self.n_jobs, max_iter=int(self.max_iter))
        self.B_ = network_out_of_order(state.B.matrix(), order)
        self.gaps_ = out_of_order(state.gaps, order)
        signs = np.sign(initial_estimate(whole)) if self.signs == "initial" else None
        L = laplacian(Columns.of(self.B_), self.degree, signs)
        options = {"max_iter": int(self.max_iter)}
        fitted = fit_constrained(whole, L, self.lam3, self.lam4, self.tol, **options)
        self.coef_, self.gap_, self.n_iter_ = fitted
        self.mean_, self.scale_, self.intercept_ = whole.mean, whole.scale, whole.z_mean
        warn_unconverged("NetworkConstrainedRegression", self.gaps_, self.tol)
        warn_unconverged("NetworkConstrainedRegression", self.gap_, self.tol)
        return self
