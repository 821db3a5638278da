"""The network alone: every gene regressed on all others by an elastic net."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from scipy.sparse import csc_array
from sklearn.base import BaseEstimator, TransformerMixin

from pnetlib.errors import InputError, UsageError
from pnetlib.estimators.base import (
    NetworkTables,
    check_choice,
    check_count,
    check_penalties,
    enough_memory,
    in_order,
    network_in_order,
    network_out_of_order,
    out_of_order,
    regulators_first,
    warn_unconverged,
)
from pnetlib.estimators.inputs import read_expression
from pnetlib.execution.engine import Engine
from pnetlib.execution.threads import thread_count
from pnetlib.solvers.certificate import certify_network
from pnetlib.solvers.columns import Columns
from pnetlib.solvers.moments import Moments, centred, constant_genes
from pnetlib.solvers.network import solve_network, solve_on
from pnetlib.words import shown

CERTIFIED = 256  # columns whose gap a fit with a float32 Gram matrix computes anew in float64


@dataclass(eq=False, repr=False)
class ElasticNetwork(NetworkTables, TransformerMixin, BaseEstimator):
    """Gene network of p elastic nets that share one Gram matrix.

    Minimises ``||X - XB||_F^2 / n + lam1 ||B||_1 + lam2 ||B||_F^2`` over B with a zero diagonal,
    X standardised. In scikit-learn's terms each column is an elastic net with
    ``alpha * l1_ratio = lam1 / 2`` and ``alpha * (1 - l1_ratio) = lam2``.

    Parameters
    ----------
    lam1 : float, default=0.2
        L1 penalty of the edges. Without ridge, no edge is left at lam1 = 2 max |correlation|.
    lam2 : float, default=0.0
        Ridge penalty of the edges.
    tol : float, default=1e-6
        Relative duality gap to reach in every column.
    max_iter : int, default=1000
        Maximum number of rounds per column, each of which extends its working set of genes.
    regulators : sequence or None, default=None
        Genes that may regulate others: positions, one True or False per gene, or, where X is a
        table, names. All may if None. Time and memory fall about in proportion to their number.
    gram_dtype : {"float64", "float32"}, default="float64"
        Type in which the Gram matrix is stored, the only p x p array there is: 2.4 or 1.2 GB
        for 17,419 genes. All else is float64.
    n_jobs : int or None, default=None
        Threads; None, -1 or 0 for all allowed cores. The result does not depend on it.

    Attributes
    ----------
    B_ : scipy.sparse.csc_array of shape (p, p)
        Coefficients, regulators x targets, of standardised expression.
    gaps_ : ndarray of shape (p,)
        Relative duality gap of each column, as the stored Gram matrix gives it.
    certified_gaps_ : ndarray
        With float32, the gaps of up to 256 columns, evenly spaced, for the expression itself in
        float64 (`certify` computes them all); with float64, the same as ``gaps_``.
    n_iter_ : int
        Largest number of rounds that a column took.
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
    PredictiveNetwork : Network and prediction in one objective.
    pnetlib.io.write_network : Write a network to a file.

    Examples
    --------
    >>> import numpy as np
    >>> from pnetlib import ElasticNetwork
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(80, 6))
    >>> X[:, 1] = X[:, 0] + 0.3 * rng.normal(size=80)
    >>> model = ElasticNetwork(lam1=0.6).fit(X)
    >>> sorted(zip(model.edges()["regulator"].tolist(), model.edges()["target"].tolist()))
    [('x0', 'x1'), ('x1', 'x0')]
    """

    lam1: float = 0.2
    lam2: float = 0.0
    _: KW_ONLY
    tol: float = 1e-6
    max_iter: int = 1000
    regulators: Sequence | None = None
    gram_dtype: str = "float64"
    n_jobs: int | None = None

    def fit(self, X, y=None, start=None, engine=None):
        """Estimate the network.

        Parameters
        ----------
        X : array-like of shape (n, p)
            Expression, cell lines x genes: an array, or a table of pandas, polars or pyarrow whose
            columns are called by unique text. Numbers as names, such as Entrez ids, are refused, as
            they look like positions; ``X.columns = X.columns.astype(str)`` makes text of them.
        y : None, default=None
            Not used.
        start : sparse array or ndarray of shape (p, p), default=None
            Network to start from, genes in the order of X, such as one of a larger lam1. The
            result is the same within the gap whatever it is. Edges from genes that may not
            regulate are left out.
        engine : Engine, default=None
            Its worker processes (backend dask) solve blocks of targets, each with a Gram matrix
            of its own in memory; the result has the same bits. Otherwise `n_jobs` threads of
            this process do.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        UsageError
            If a parameter is not as documented, or `start` is not a network of these genes.
        InputError, InputTypeError
            If names are not unique text, or values are missing, no numbers, or so large or small
            that squares of them leave the range of floating-point numbers.
        OutOfMemoryError
            If the memory does not suffice; the message has the forecast.
        SetupError
            If the engine has no workers.

        Warns
        -----
        ConvergenceWarning
            If a column does not reach `tol`.
        LowMemoryWarning
            If the fit probably needs more memory than is available.
        """
        lam1, lam2, tol = check_penalties(self, ["lam1", "lam2", "tol"])
        max_iter = check_count(self, "max_iter")
        check_choice(self, "gram_dtype", ("float64", "float32"))
        thread_count(self.n_jobs)
        if engine is not None and not isinstance(engine, Engine):
            raise UsageError(f"engine must be a pnetlib Engine or None, not {shown(engine)}.")
        X = read_expression(self, X)
        n, p = X.shape
        self.regulators_, order = regulators_first(self, p)
        r = self.regulators_.size
        start = Columns.empty(p) if start is None else network_start(start, p, order, r)
        sizes = {"gram_dtype": self.gram_dtype, "n_regulators": r, "n_jobs": self.n_jobs}
        ordered = in_order(X, order)
        with enough_memory(n, p, **sizes):
            if engine is None or engine.backend == "threads":
                moments = Moments.of(ordered, **sizes)
                mean, scale = moments.mean, moments.scale
                rounds = np.zeros(p, np.int64)
                columns, gaps = solve_network(
                    moments.G,
                    np.full(r, 0.5 * lam1),
                    lam2,
                    start,
                    tol,
                    max_iter=max_iter,
                    K=moments.K,
                    rounds=rounds,
                    n_jobs=self.n_jobs,
                )
                del moments
            else:
                _, mean, scale = centred(ordered)
                limits = tol, max_iter, self.gram_dtype, r
                columns, gaps, rounds = solve_on(engine, ordered, lam1, lam2, start, *limits)
        self.B_ = network_out_of_order(columns.matrix(), order)
        self.mean_, self.scale_, self.gaps_ = (
            out_of_order(values, order) for values in (mean, scale, gaps)
        )
        self.certified_gaps_ = self.gaps_
        self.n_iter_ = int(rounds.max())
        if self.gram_dtype == "float32":
            spaced = np.unique(np.linspace(0, p - 1, CERTIFIED).astype(int))
            self.certified_gaps_ = self._certify((X - self.mean_) / self.scale_, spaced)
        warn_unconverged("ElasticNetwork", self.gaps_, tol)
        return self

    def certify(self, X, targets=None):
        """Compute relative duality gaps of the fitted columns from X itself in float64.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The expression that the network was fitted to.
        targets : sequence of int, default=None
            Positions of the target genes; all if None.

        Returns
        -------
        ndarray
            One gap per target. What exceeds ``gaps_`` is the cost of a float32 Gram matrix.
        """
        X = self._standardised(X)
        if targets is not None:
            given, targets = targets, np.atleast_1d(np.asarray(targets))
            positions = targets.ndim == 1 and targets.dtype.kind in "iu"
            if not positions or not ((targets >= 0) & (targets < X.shape[1])).all():
                raise UsageError(
                    f"targets must be positions of genes from 0 to {X.shape[1] - 1}, not {shown(given)}."
                )
        return self._certify(X, targets)

    def _certify(self, X, targets):
        X[:, self._constant(X)] = 0.0
        _, order = regulators_first(self, X.shape[1])
        r, B = self.regulators_.size, self.B_
        if order is not None:
            place, X, B = np.argsort(order), in_order(X, order), network_in_order(B, order, r)
            targets = place if targets is None else place[np.asarray(targets, dtype=np.int64)]
        options = {"n_regulators": r, "n_jobs": self.n_jobs}
        return certify_network(X, B, self.lam1, self.lam2, targets, **options)

    def _constant(self, X):
        """Return which genes of X (n, p), standardised as in training, are constant (p,)."""
        with np.errstate(over="ignore"):
            mean = X.mean(axis=0) * self.scale_ + self.mean_
        return constant_genes(mean, X.std(axis=0) * self.scale_)

    def transform(self, X):
        """Predict the activity X B of every gene from its regulators.

        Parameters
        ----------
        X : array-like of shape (n, p)
            Expression in the units of training.

        Returns
        -------
        ndarray of shape (n, p)
            Activities in standard deviations of the genes in training.
        """
        return self._standardised(X) @ self.B_

    def get_feature_names_out(self, input_features=None):
        """Return the gene names: one predicted activity for each gene.

        Parameters
        ----------
        input_features : sequence of str or None, default=None
            Names of the genes; those of the fit, if it had names.

        Returns
        -------
        ndarray of object of shape (p,)
            Names of the genes; x0, x1, ... where there are none.

        Raises
        ------
        UsageError
            If `input_features` are not the names of the fit, or not one text per gene.
        """
        names = self._genes()
        if input_features is None:
            return names
        given = np.asarray(input_features, dtype=object)
        if hasattr(self, "feature_names_in_") and not np.array_equal(given, names):
            raise UsageError(
                "input_features is not equal to feature_names_in_; leave it out, or give the names "
                "of the genes in the order of the fit."
            )
        if given.shape != names.shape:
            raise UsageError(
                f"input_features should have length equal to number of features ({names.size}), got "
                f"{given.size}."
            )
        if wrong := [name for name in given if not isinstance(name, str)]:
            raise UsageError(f"input_features must be text, not {shown(wrong[0])}.")
        return given

    def error(self, X):
        """Return the mean squared error of the predicted activities.

        Parameters
        ----------
        X : array-like of shape (n, p)
            Expression in the units of training.

        Returns
        -------
        float
            Mean over cell lines and genes, each gene in units of its variance in training.
        """
        X = self._standardised(X)
        return float(np.mean((X - X @ self.B_) ** 2))

    def score(self, X, y=None):
        """Return the mean share of the genes' variance that their regulators explain.

        Parameters
        ----------
        X : array-like of shape (n, p)
            Expression in the units of training.
        y : None, default=None
            Not used.

        Returns
        -------
        float
            Mean coefficient of determination over the genes that vary in X.

        Raises
        ------
        InputError
            If no gene varies in X.
        """
        X = self._standardised(X)
        left = ((X - X @ self.B_) ** 2).sum(axis=0)
        total = ((X - X.mean(axis=0)) ** 2).sum(axis=0)
        varies = (total > 0) & ~self._constant(X)
        if not varies.any():
            raise InputError(
                "no gene varies in X, so that there is nothing to explain; give more lines."
            )
        return float(np.mean(1.0 - left[varies] / total[varies]))


def network_start(B, p, order=None, n_regulators=None):
    """Return the columns of a network to start from; refuse one that is not of p genes.

    Its genes are brought into an order, and edges from those that may not regulate are left out.
    """
    if getattr(B, "shape", None) != (p, p):
        raise UsageError(f"start must be a network of shape ({p}, {p}), as X has {p} genes.")
    try:
        B = csc_array(B, dtype=float)
    except (TypeError, ValueError):
        raise UsageError("start must have numbers as coefficients.") from None
    if not np.isfinite(B.data).all() or B.diagonal().any():
        raise UsageError("start must have finite coefficients and no gene that regulates itself.")
    return Columns.of(network_in_order(B, order, p if n_regulators is None else n_regulators))
