"""The network alone: every gene regressed on all others by an elastic net."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import validate_data

from .base import NetworkTables, check_penalties, warn_unconverged
from .columns import Columns, solve_network
from .moments import Moments


class ElasticNetwork(NetworkTables, TransformerMixin, BaseEstimator):
    """Gene network of p elastic nets that share one Gram matrix.

    Minimises ``||X - XB||_F^2 / n + lam1 ||B||_1 + lam2 ||B||_F^2`` over B with a zero diagonal,
    X standardised. In scikit-learn's terms each column is an elastic net with
    ``alpha * l1_ratio = lam1 / 2`` and ``alpha * (1 - l1_ratio) = lam2``.

    Parameters
    ----------
    lam1, lam2 : float
        L1 and ridge penalty. Without ridge, no edge is left at lam1 = 2 max |correlation|.
    gap_tol : float
        Relative duality gap to reach in every column.
    n_threads : int, optional
        Threads; all allowed cores by default. The result does not depend on it.

    Attributes
    ----------
    B_ : scipy.sparse.csc_array (p, p)
        Coefficients, regulators x targets, of standardised expression.
    gaps_ : ndarray (p,)
        Relative duality gap of each column.
    mean_, scale_ : ndarray (p,)
        Mean and standard deviation of the genes in training, in expression units.
    """

    def __init__(self, lam1=0.2, lam2=0.0, *, gap_tol=1e-6, n_threads=None):
        self.lam1 = lam1
        self.lam2 = lam2
        self.gap_tol = gap_tol
        self.n_threads = n_threads

    def fit(self, X, y=None):
        """Estimate the network of expression X (n cell lines, p genes)."""
        check_penalties(self, ["lam1", "lam2", "gap_tol"])
        X = validate_data(self, X, dtype=float, ensure_min_samples=2)
        moments = Moments.of(X, n_threads=self.n_threads)
        self.mean_, self.scale_ = moments.mean, moments.scale
        weights = np.full(X.shape[1], 0.5 * self.lam1)
        columns, self.gaps_ = solve_network(
            moments.G, weights, self.lam2, Columns.empty(X.shape[1]), self.gap_tol,
            n_threads=self.n_threads,
        )
        self.B_ = columns.matrix()
        warn_unconverged("ElasticNetwork", self.gaps_, self.gap_tol)
        return self

    def transform(self, X):
        """Predicted activity X B of every gene, in standard deviations; shape (n, p)."""
        return self._standardised(X) @ self.B_

    def get_feature_names_out(self, input_features=None):
        """The gene names: one predicted activity for each gene."""
        return np.asarray(self._genes(), dtype=object)

    def score(self, X, y=None):
        """Mean share of the genes' variance that their regulators explain on X."""
        X = self._standardised(X)
        left = ((X - X @ self.B_) ** 2).sum(axis=0)
        total = ((X - X.mean(axis=0)) ** 2).sum(axis=0)
        return float(np.mean(1.0 - left[total > 0] / total[total > 0]))
