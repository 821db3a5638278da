"""ELA and LA: elastic net and lasso of the response on expression, by the network's kernel."""

from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import validate_data

from pnetlib.estimators.base import GeneNames, check_penalties, warn_unconverged
from pnetlib.solvers.expression import fit_expression
from pnetlib.solvers.moments import Moments


class ElasticNetExpression(GeneNames, RegressorMixin, BaseEstimator):
    """ELA: elastic net of the drug response on standardised expression.

    Minimises ``||z - b0 - X b||^2 / n + lam1 ||b||_1 + lam2 ||b||^2``; scikit-learn's
    ``alpha * l1_ratio`` is ``lam1 / 2`` and its ``alpha * (1 - l1_ratio)`` is ``lam2``.

    Parameters
    ----------
    lam1, lam2 : float
        L1 and ridge penalty.
    gap_tol : float
        Relative duality gap to reach.

    Attributes
    ----------
    coef_ : ndarray (p,)
        Effect of a standard deviation of each gene, in response units.
    intercept_ : float
        Mean response in training.
    gap_ : float
        Relative duality gap.
    mean_, scale_ : ndarray (p,)
        Mean and standard deviation of the genes in training, in expression units.
    """

    def __init__(self, lam1=0.2, lam2=0.1, *, gap_tol=1e-6):
        self.lam1 = lam1
        self.lam2 = lam2
        self.gap_tol = gap_tol

    def fit(self, X, y):
        """Fit response y (n,) on expression X (n, p)."""
        check_penalties(self, ["lam1", "lam2", "gap_tol"])
        X, y = validate_data(self, X, y, dtype=float, y_numeric=True, ensure_min_samples=2)
        moments = Moments.of(X, y)
        self.mean_, self.scale_, self.intercept_ = moments.mean, moments.scale, moments.z_mean
        self.coef_, self.gap_ = fit_expression(moments, self.lam1, self.lam2, self.gap_tol)
        warn_unconverged(type(self).__name__, self.gap_, self.gap_tol)
        return self

    def predict(self, X):
        """Predicted response (n,) in the units of training."""
        X = self._standardised(X)
        return self.intercept_ + X @ self.coef_


class LassoExpression(ElasticNetExpression):
    """LA: lasso of the drug response on standardised expression (ELA with lam2 = 0)."""

    def __init__(self, lam1=0.2, *, gap_tol=1e-6):
        super().__init__(lam1, 0.0, gap_tol=gap_tol)
