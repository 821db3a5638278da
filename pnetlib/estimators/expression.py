"""ELA and LA: elastic net and lasso of the response on expression, by the network's kernel."""

from dataclasses import KW_ONLY, dataclass

from sklearn.base import BaseEstimator

from pnetlib.estimators.base import (
    LinearPrediction,
    check_count,
    check_penalties,
    enough_memory,
    warn_unconverged,
)
from pnetlib.solvers.expression import fit_expression
from pnetlib.solvers.moments import Moments


class ExpressionRegressor(LinearPrediction, BaseEstimator):
    """Prediction of a response from the expression of the genes themselves."""

    def _store(self, moments, coefficients, gap, rounds):
        self.mean_, self.scale_, self.intercept_ = moments.mean, moments.scale, moments.z_mean
        self.coef_, self.gap_, self.n_iter_ = coefficients, gap, rounds
        warn_unconverged(type(self).__name__, gap, self.tol)
        return self


@dataclass(eq=False, repr=False)
class ElasticNetExpression(ExpressionRegressor):
    """ELA: elastic net of the drug response on standardised expression.

    Minimises ``||z - b0 - X b||^2 / n + lam1 ||b||_1 + lam2 ||b||^2``; scikit-learn's
    ``alpha * l1_ratio`` is ``lam1 / 2`` and its ``alpha * (1 - l1_ratio)`` is ``lam2``.

    Parameters
    ----------
    lam1 : float, default=0.2
        L1 penalty of the response coefficients. In `PredictiveNetwork`, lam1 penalises edges; the
        counterpart of this parameter there is lam3.
    lam2 : float, default=0.1
        Ridge penalty of the response coefficients.
    tol : float, default=1e-6
        Relative duality gap to reach.
    max_iter : int, default=1000
        Maximum number of rounds, each of which extends the working set of genes.

    Attributes
    ----------
    coef_ : ndarray of shape (p,)
        Effect of a standard deviation of each gene, in response units.
    intercept_ : float
        Mean response in training.
    gap_ : float
        Relative duality gap reached.
    n_iter_ : int
        Number of rounds.
    mean_, scale_ : ndarray of shape (p,)
        Mean and standard deviation of the genes in training, in expression units.
    n_features_in_ : int
        Number of genes.
    feature_names_in_ : ndarray of shape (p,)
        Names of the genes, where X was a table.

    See Also
    --------
    ElasticNetExpressionCV : The same with lambdas chosen by cross-validation.
    LassoExpression : The same without ridge penalty.
    PredictiveNetwork : Prediction from gene activities that a network predicts.

    Examples
    --------
    >>> import numpy as np
    >>> from pnetlib import ElasticNetExpression
    >>> X = np.random.default_rng(0).normal(size=(60, 5))
    >>> model = ElasticNetExpression(lam1=0.2, lam2=0.1).fit(X, 2.0 * X[:, 0] + 7.0)
    >>> np.flatnonzero(model.coef_).tolist()
    [0]
    """

    lam1: float = 0.2
    lam2: float = 0.1
    _: KW_ONLY
    tol: float = 1e-6
    max_iter: int = 1000

    def fit(self, X, y):
        """Fit the response on expression.

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
            If the regression does not reach `tol`.
        LowMemoryWarning
            If the fit probably needs more memory than is available.
        """
        lam1, lam2, tol = check_penalties(self, ["lam1", "lam2", "tol"])
        max_iter = check_count(self, "max_iter")
        X, y = self._read(X, y)
        with enough_memory(*X.shape, model="regression", n_jobs=1):
            moments = Moments.of(X, y)
            fitted = fit_expression(moments, lam1, lam2, tol, max_iter=max_iter)
        return self._store(moments, *fitted)


class LassoExpression(ElasticNetExpression):
    """LA: lasso of the drug response on standardised expression.

    The same as `ElasticNetExpression` with lam2 = 0; scikit-learn's ``alpha`` is ``lam1 / 2``.

    Parameters
    ----------
    lam1 : float, default=0.2
        L1 penalty of the response coefficients. In `PredictiveNetwork`, lam1 penalises edges; the
        counterpart of this parameter there is lam3.
    tol : float, default=1e-6
        Relative duality gap to reach.
    max_iter : int, default=1000
        Maximum number of rounds, each of which extends the working set of genes.

    Attributes
    ----------
    coef_ : ndarray of shape (p,)
        Effect of a standard deviation of each gene, in response units.
    intercept_ : float
        Mean response in training.
    gap_ : float
        Relative duality gap reached.
    n_iter_ : int
        Number of rounds.
    mean_, scale_ : ndarray of shape (p,)
        Mean and standard deviation of the genes in training, in expression units.
    n_features_in_ : int
        Number of genes.
    feature_names_in_ : ndarray of shape (p,)
        Names of the genes, where X was a table.

    See Also
    --------
    LassoExpressionCV : The same with lam1 chosen by cross-validation.
    ElasticNetExpression : The same with a ridge penalty.

    Examples
    --------
    >>> import numpy as np
    >>> from pnetlib import LassoExpression
    >>> X = np.random.default_rng(0).normal(size=(60, 5))
    >>> model = LassoExpression(lam1=0.2).fit(X, 2.0 * X[:, 0] + 7.0)
    >>> np.flatnonzero(model.coef_).tolist()
    [0]
    """

    def __init__(self, lam1=0.2, *, tol=1e-6, max_iter=1000):
        super().__init__(lam1, 0.0, tol=tol, max_iter=max_iter)
