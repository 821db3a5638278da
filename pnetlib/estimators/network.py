"""The network alone: every gene regressed on all others by an elastic net."""

import numpy as np
from scipy.sparse import csc_array
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import validate_data

from pnetlib.errors import UsageError
from pnetlib.estimators.base import NetworkTables, check_choice, check_penalties, warn_unconverged
from pnetlib.solvers.certificate import certify_network
from pnetlib.solvers.columns import Columns
from pnetlib.solvers.forecast import forecast_memory
from pnetlib.solvers.moments import Moments, centred
from pnetlib.solvers.network import solve_network, solve_on

CERTIFIED = 256  # columns whose gap a fit with a float32 Gram matrix computes anew in float64


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
    gram_dtype : {"float64", "float32"}
        Type in which the Gram matrix is stored, the only p x p array there is: 2.4 or 1.2 GB
        for 17,419 genes. All else is float64.
    n_jobs : int, optional
        Threads; all allowed cores by default. The result does not depend on it.

    Attributes
    ----------
    B_ : scipy.sparse.csc_array (p, p)
        Coefficients, regulators x targets, of standardised expression.
    gaps_ : ndarray (p,)
        Relative duality gap of each column, as the stored Gram matrix gives it.
    certified_gaps_ : ndarray
        With float32, the gaps of up to 256 columns, evenly spaced, for the expression itself in
        float64 (`certify` computes them all); with float64, the same as ``gaps_``.
    mean_, scale_ : ndarray (p,)
        Mean and standard deviation of the genes in training, in expression units.
    """

    def __init__(self, lam1=0.2, lam2=0.0, *, gap_tol=1e-6, gram_dtype="float64", n_jobs=None):
        self.lam1 = lam1
        self.lam2 = lam2
        self.gap_tol = gap_tol
        self.gram_dtype = gram_dtype
        self.n_jobs = n_jobs

    def fit(self, X, y=None, start=None, engine=None):
        """Estimate the network of expression X (n cell lines, p genes).

        Parameters
        ----------
        X : array-like (n, p)
            Expression.
        y : None
            Not used.
        start : sparse array or ndarray (p, p), optional
            Network to start from, genes in the order of X, such as one of a larger lam1. The
            result is the same within the gap whatever it is.
        engine : Engine, optional
            Its worker processes (backend dask) solve blocks of targets, each with a Gram matrix
            of its own in memory; the result has the same bits. Otherwise `n_jobs` threads of
            this process do.

        Raises
        ------
        SetupError
            If the memory that is available does not suffice, or the engine has no workers.
        """
        check_penalties(self, ["lam1", "lam2", "gap_tol"])
        check_choice(self, "gram_dtype", ("float64", "float32"))
        X = validate_data(self, X, dtype=float, ensure_min_samples=2)
        n, p = X.shape
        start = Columns.empty(p) if start is None else network_start(start, p)
        forecast_memory(n, p, gram_dtype=self.gram_dtype, n_jobs=self.n_jobs).require()
        if engine is None or engine.backend == "threads":
            moments = Moments.of(X, n_jobs=self.n_jobs, gram_dtype=self.gram_dtype)
            self.mean_, self.scale_ = moments.mean, moments.scale
            columns, self.gaps_ = solve_network(
                moments.G,
                np.full(p, 0.5 * self.lam1),
                self.lam2,
                start,
                self.gap_tol,
                n_jobs=self.n_jobs,
            )
            del moments
        else:
            _, self.mean_, self.scale_ = centred(X)
            columns, self.gaps_ = solve_on(
                engine, X, self.lam1, self.lam2, start, self.gap_tol, self.gram_dtype
            )
        self.B_, self.certified_gaps_ = columns.matrix(), self.gaps_
        if self.gram_dtype == "float32":
            spaced = np.unique(np.linspace(0, p - 1, CERTIFIED).astype(int))
            self.certified_gaps_ = self._certify((X - self.mean_) / self.scale_, spaced)
        warn_unconverged("ElasticNetwork", self.gaps_, self.gap_tol)
        return self

    def certify(self, X, targets=None):
        """Relative duality gaps of the fitted columns, from X itself in float64.

        Parameters
        ----------
        X : array-like (n, p)
            The expression that the network was fitted to.
        targets : sequence of int, optional
            Places of the target genes; all by default.

        Returns
        -------
        ndarray
            One gap a target. What exceeds ``gaps_`` is the cost of a float32 Gram matrix.
        """
        return self._certify(self._standardised(X), targets)

    def _certify(self, X, targets):
        X[:, np.abs(X).max(axis=0) <= 1e-12 * np.maximum(np.abs(self.mean_), 1.0)] = 0.0
        return certify_network(X, self.B_, self.lam1, self.lam2, targets, n_jobs=self.n_jobs)

    def transform(self, X):
        """Predicted activity X B of every gene, in standard deviations; shape (n, p)."""
        return self._standardised(X) @ self.B_

    def get_feature_names_out(self, input_features=None):
        """The gene names: one predicted activity for each gene."""
        return np.asarray(self._genes(), dtype=object)

    def error(self, X):
        """Mean squared network error on X, genes in units of their variance in the fit."""
        X = self._standardised(X)
        return float(np.mean((X - X @ self.B_) ** 2))

    def score(self, X, y=None):
        """Mean share of the genes' variance that their regulators explain on X."""
        X = self._standardised(X)
        left = ((X - X @ self.B_) ** 2).sum(axis=0)
        total = ((X - X.mean(axis=0)) ** 2).sum(axis=0)
        return float(np.mean(1.0 - left[total > 0] / total[total > 0]))


def network_start(B, p):
    """Columns of a network to start from; refused where it is not one of p genes."""
    if getattr(B, "shape", None) != (p, p):
        raise UsageError(f"start must be a network of shape ({p}, {p}), as X has {p} genes.")
    B = csc_array(B, dtype=float)
    if not np.isfinite(B.data).all() or B.diagonal().any():
        raise UsageError("start must have finite coefficients and no gene that regulates itself.")
    B.eliminate_zeros()
    return Columns.of(B)
