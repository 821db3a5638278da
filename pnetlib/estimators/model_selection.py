"""The estimators with lambdas chosen by cross-validation along warm-started paths."""

import numbers
import warnings
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial

import numpy as np
from scipy.stats import rankdata
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import check_cv

from pnetlib.errors import PnetError, UsageError
from pnetlib.estimators.base import (
    as_float,
    check_choice,
    check_count,
    check_grid,
    check_penalties,
    enough_memory,
    warn_unconverged,
)
from pnetlib.estimators.expression import ElasticNetExpression, ExpressionRegressor, LassoExpression
from pnetlib.estimators.predictive import (
    DEGREES,
    ActivityRegressor,
    NetworkThenPredict,
    PredictiveNetwork,
)
from pnetlib.execution.threads import one_blas_thread, thread_count
from pnetlib.solvers.joint import Penalties, negative_weights
from pnetlib.solvers.paths import (
    GAP_TOL,
    MAX_ITER,
    SMALLEST,
    TOL,
    ExpressionPath,
    NetworkPath,
    TrainingFolds,
    effects_step,
    elastic_net_points,
    fractions_of,
    joint_step,
    largest_expression,
    largest_lam1,
    largest_lam3,
)
from pnetlib.solvers.search import (
    GRID,
    ExpressionModel,
    NetworkModel,
    SearchFolds,
    SearchRule,
    read_rule,
    search_lambdas,
)
from pnetlib.words import counted, shown

MOST_POINTS = 10_000  # of a computed path
LAM1_FRACTIONS = (0.08, 0.04)
LAM3_FRACTIONS = (0.5, 0.25, 0.12, 0.06, 0.03)
# Of Pro where it is fitted at the chosen lambdas from nothing. At penalties as small as a search
# finds, looser tolerances leave first-order conditions violated, which costs more to mend than the
# rounds that they save. A lower minimum from further starts does not predict better.
FINAL = {"tol": 1e-6, "gap_tol": 1e-8, "n_starts": 1}


def final_model(estimator, point, **options):
    """Return the plain estimator that a method is fitted with at chosen lambdas, wherever it is.

    It starts from nothing, so that the fit follows from the data and the lambdas alone.

    Parameters
    ----------
    estimator : type
        One of the four plain estimators, such as `PredictiveNetwork`.
    point : dict
        Lambdas, as in ``best_params_``.
    **options
        Further parameters of the estimator.

    Returns
    -------
    estimator
        Not fitted yet.
    """
    if estimator is PredictiveNetwork:
        options = FINAL | options
    return estimator(**point, **options)


class PathSearch:
    """Choice of the point of smallest cross-validated error on the path of an estimator.

    `fit` is the same for all four methods. A subclass says what it checks (`_check`), how much
    memory it needs on a grid, or to search on a number of folds (`_sizes`), its path (`_path`, which
    fits the networks of the whole training part), what the final fit stores (`_refit`), what a search over it needs (`_model`) and the
    plain estimator that is fitted at the lambdas which the search finds (`_final`).
    """

    _power = 4  # squared errors are squared, for their standard deviation over folds

    def fit(self, X, y, shared=None):
        """Choose the lambdas by cross-validation and fit all lines with them.

        Parameters
        ----------
        X : array-like of shape (n, p)
            Expression, cell lines x genes: an array, or a table of pandas, polars or pyarrow whose
            columns are called by unique text. Numbers as names, such as Entrez ids, are refused, as
            they look like positions; ``X.columns = X.columns.astype(str)`` makes text of them.
        y : array-like of shape (n,)
            Response of the cell lines, a finite number each. Where X and y both name their lines,
            these must be the same, in the same order.
        shared : pnetlib.solvers.paths.TrainingFolds, default=None
            The same X and y with their folds, whose moments and networks are computed once for all
            the estimators that are given it. Its folds take the place of `cv`. For a search,
            a `pnetlib.solvers.search.SearchFolds`.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        UsageError
            If a parameter is not as documented, a fold is too small, or `shared` has other data.
        InputError, InputTypeError
            If names are not unique text, or values are missing, no numbers, or so large or small
            that squares of them leave the range of floating-point numbers.
        OutOfMemoryError
            If the memory does not suffice; the message has the forecast.

        Warns
        -----
        ConvergenceWarning
            If a problem of the final fit does not reach its tolerance, or an edge of it has a
            negative L1 weight, which a path takes as 0.
        LowMemoryWarning
            If the fit probably needs more memory than is available.
        """
        self._check()
        searching = read_rule(self.search) != GRID
        threads = thread_count(self.n_jobs)
        X, y = self._read(X, y)
        given, X, options = X, self._ordered(X), self._moments()
        if shared is not None:
            self._check_shared(shared, X, y, searching)
        folds = self._folds(X, y) if shared is None else shared.folds
        with enough_memory(*X.shape, **self._sizes(len(folds) if searching else 0)):
            if shared is None:
                make = SearchFolds if searching else partial(TrainingFolds, store=False)
                shared = make(X, y, folds, **options)
            if searching:
                return self._zoom(shared, given, threads)
            with one_blas_thread():
                path = self.path(shared.whole)
                (errors,) = shared.errors([path], threads)
                self._store_results(path.points, errors)
                return self._refit(shared.whole, path)

    def _ordered(self, X):
        """Return X in the order in which the solvers take its genes."""
        return X

    def _moments(self):
        """Return what the moments of the folds need to know besides X and y."""
        return {}

    def _check_shared(self, shared, X, y, searching):
        if searching and not isinstance(shared, SearchFolds):
            raise UsageError("a search needs a SearchFolds as shared.")
        if not isinstance(shared, TrainingFolds):
            raise UsageError(f"shared must be a TrainingFolds, not {shown(shared)}.")
        if not (np.array_equal(X, shared.X) and np.array_equal(y, shared.z)):
            raise UsageError(
                "shared must have the X and y that are given to fit, genes that may regulate first."
            )
        if self._moments().get("n_regulators", len(X.T)) != (shared.n_regulators or len(X.T)):
            raise UsageError("shared must have as many regulators as the estimator.")

    def _zoom(self, shared, X, threads):
        """Search the lambdas, and take over the plain estimator fitted at those that are chosen."""
        points, found = self.find(shared, threads)
        self._store_results(points, found.errors)
        self.search_report_ = found.report
        final = self.final(self.best_params_)
        with one_blas_thread():
            final.fit(X, shared.z)
        fitted = {name: value for name, value in vars(final).items() if name.endswith("_")}
        vars(self).update(fitted)
        return self

    def find(self, shared, n_jobs=1):
        """Search the lambdas, but fit nothing at those that are chosen.

        Parameters
        ----------
        shared : pnetlib.solvers.search.SearchFolds
            Training lines and their folds.
        n_jobs : int or None, default=1
            Folds computed at the same time; the result does not depend on it.

        Returns
        -------
        list of dict, pnetlib.solvers.search.Found
            Lambdas of the points looked at; their errors, the choice and the account of the search.

        Raises
        ------
        UsageError
            If `search` is "grid".
        """
        rule = read_rule(self.search)
        if rule == GRID:
            raise UsageError("search is 'grid'; give 'zoom' or a SearchRule to search.")
        return search_lambdas(shared, self._model(), rule, n_jobs)

    def final(self, point):
        """Return the plain estimator, not fitted yet, that a search ends with.

        Parameters
        ----------
        point : dict
            Lambdas, as in ``best_params_``.

        Returns
        -------
        estimator
            One of the four plain estimators, which starts from nothing.
        """
        return self._final(point)

    def path(self, part):
        """Return the path through the grid for some training lines, whose networks it estimates.

        Parameters
        ----------
        part : pnetlib.solvers.paths.TrainingPart
            Moments and networks of the training lines, from which a grid is computed.

        Returns
        -------
        pnetlib.solvers.paths.ExpressionPath or NetworkPath
            Points of the grid and the fits along them.
        """
        return self._path(part)

    def _folds(self, X, y):
        allowed = (
            "cv must be None, a whole number of folds from 2 to the number of cell lines, a splitter "
            f"of scikit-learn, or a sequence of pairs of positions to fit on and to test, not "
            f"{shown(self.cv)}"
        )
        if isinstance(self.cv, (str, bytes, dict, bool, np.bool_)):
            raise UsageError(f"{allowed}.")
        try:
            folds = [tuple(map(np.asarray, fold)) for fold in check_cv(self.cv).split(X, y)]
        except PnetError:
            raise
        except (TypeError, ValueError) as error:
            raise UsageError(f"{allowed}.") from error
        if not folds or any(not _is_fold(fold, len(X)) for fold in folds):
            raise UsageError(f"{allowed}.")
        if any(len(train) < 2 or len(test) < 1 for train, test in folds):
            raise UsageError("every fold of cv must have two cell lines to fit on and one to test.")
        return folds

    def _store_results(self, points, errors):
        score = -errors.mean(axis=0)
        self.cv_results_ = {
            "params": points,
            **{f"split{number}_test_score": -row for number, row in enumerate(errors)},
            "mean_test_score": score,
            "std_test_score": errors.std(axis=0),
            "rank_test_score": rankdata(-score, method="min").astype(np.int32),
        }
        self.best_index_ = int(np.argmax(score))
        self.best_params_ = points[self.best_index_]
        self.best_score_ = float(score[self.best_index_])


def _is_fold(fold, n):
    """Return whether a fold consists of two arrays of positions of n cell lines."""
    return len(fold) == 2 and all(
        part.ndim == 1
        and (part.size == 0 or (part.dtype.kind in "iu" and 0 <= part.min() and part.max() < n))
        for part in fold
    )


class ExpressionSearch(PathSearch, ExpressionRegressor):
    """Choice of the lambdas of ELA or LA."""

    def _check(self):
        check_penalties(self, ["tol"])
        check_count(self, "max_iter")
        if isinstance(self.lam1, numbers.Integral) and not isinstance(self.lam1, bool):
            if not 1 <= self.lam1 <= MOST_POINTS:
                raise UsageError(
                    f"lam1 must be a number of points from 1 to {MOST_POINTS:,} or a sequence of "
                    f"values, not {shown(self.lam1)}."
                )
            eps = as_float(self.eps)
            if eps is None or not 0 < eps <= 1:
                raise UsageError(f"eps must be above 0 and at most 1, not {shown(self.eps)}.")
        else:
            check_grid(self, "lam1")

    def _sizes(self, searched):
        # A search holds the moments of all lines and of every fold.
        matrices = 1 + max(searched, 1)
        return {"matrices": matrices, "model": "regression", "n_jobs": self.n_jobs}

    def _path(self, part):
        if isinstance(self.lam1, numbers.Integral):
            fractions = np.geomspace(1.0, float(self.eps), int(self.lam1))
            lam1s = fractions_of(largest_expression(part.moments), fractions)
        else:
            lam1s = sorted(check_grid(self, "lam1"), reverse=True)
        return ExpressionPath(self._points(lam1s), float(self.tol), check_count(self, "max_iter"))

    def _refit(self, part, path):
        coefficients, (gap, rounds) = path.at(part, self.best_index_)
        return self._store(part.moments, coefficients, gap, rounds)


@dataclass(eq=False, repr=False)
class ElasticNetExpressionCV(ExpressionSearch):
    """ELA with lambdas chosen by cross-validation.

    For each share of the L1 penalty one warm-started path along lam1 is followed in every fold;
    the point of smallest mean squared error is then fitted to all cell lines, along the same path.

    Parameters
    ----------
    lam1 : int or sequence of float, default=30
        Values of the L1 penalty of the response coefficients, used with every share; or their
        number, spaced evenly on a logarithmic scale from the smallest value that leaves no effect.
        In `PredictiveNetworkCV`, lam1 penalises edges; the counterpart there is lam3.
    l1_ratio : float or sequence of float, default=(0.2, 0.5, 0.9)
        Shares of the L1 penalty, as in scikit-learn: ``lam2 = lam1 / 2 * (1 - l1_ratio) /
        l1_ratio``.
    eps : float, default=0.01
        Smallest value of lam1 relative to the largest, where lam1 is a number of points.
    search : {"grid", "zoom"}, str or pnetlib.SearchRule, default="grid"
        "grid" follows the grid given by the parameters above. "zoom" does not use it, but searches
        from coarse to fine until the error is smallest inside the points looked at, or at a stated
        end, in every lambda. A `SearchRule`, or a text such as "budget=200, race=inf", changes
        numbers of that search. The lambdas that a search finds are fitted by the plain estimator,
        from nothing.
    cv : int, splitter or iterable, default=5
        Folds, as in scikit-learn; an int gives that many consecutive folds.
    tol : float, default=1e-4
        Relative duality gap to reach at every point.
    max_iter : int, default=1000
        Maximum number of rounds per point, each of which extends the working set of genes.
    n_jobs : int or None, default=None
        Folds computed at the same time; None, -1 or 0 for as many as there are allowed cores. The
        result does not depend on it.

    Attributes
    ----------
    cv_results_ : dict
        ``params`` (list of dict), ``split{k}_test_score``, ``mean_test_score``,
        ``std_test_score`` (negative mean squared errors) and ``rank_test_score``, by point.
    best_index_ : int
        Index of the chosen point, the first of equals.
    best_params_ : dict
        Lambdas of the chosen point, as `ElasticNetExpression` takes them.
    best_score_ : float
        Mean score of the chosen point.
    search_report_ : dict
        After a search: ``points`` looked at on every fold, ``fits`` on single folds, ``budget`` in
        points, whether it was ``exhausted``, lines ``left`` after some folds, and for each of
        the ``parameters`` its ``value``, how many ``values`` were looked at, the ``smallest`` and
        ``largest`` of them, and the ``place`` of the choice ("inside", "end: ..." or "edge").
    coef_ : ndarray of shape (p,)
        Effect of a standard deviation of each gene, in response units.
    intercept_ : float
        Mean response in training.
    gap_ : float
        Relative duality gap of the final fit.
    n_iter_ : int
        Number of rounds at the chosen point.
    mean_, scale_ : ndarray of shape (p,)
        Mean and standard deviation of the genes in training, in expression units.
    n_features_in_ : int
        Number of genes.
    feature_names_in_ : ndarray of shape (p,)
        Names of the genes, where X was a table.

    See Also
    --------
    ElasticNetExpression : The same with given lambdas.
    LassoExpressionCV : The same without ridge penalty.
    PredictiveNetworkCV : Prediction from gene activities that a network predicts.

    Examples
    --------
    >>> import numpy as np
    >>> from pnetlib import ElasticNetExpressionCV
    >>> X = np.random.default_rng(0).normal(size=(60, 5))
    >>> model = ElasticNetExpressionCV(10, cv=3).fit(X, 2.0 * X[:, 0] + 7.0)
    >>> sorted(model.best_params_)
    ['lam1', 'lam2']
    """

    lam1: int | Sequence = 30
    _: KW_ONLY
    l1_ratio: float | Sequence = (0.2, 0.5, 0.9)
    eps: float = SMALLEST
    search: str | SearchRule = GRID
    cv: object = 5
    tol: float = GAP_TOL
    max_iter: int = 1000
    n_jobs: int | None = None

    def _check(self):
        super()._check()
        check_grid(self, "l1_ratio", positive=True, most=1.0)

    def _points(self, lam1s):
        return elastic_net_points(lam1s, check_grid(self, "l1_ratio"))

    def _model(self):
        return ExpressionModel(True, float(self.tol), check_count(self, "max_iter"))

    def _final(self, point):
        return final_model(ElasticNetExpression, point)


@dataclass(eq=False, repr=False)
class LassoExpressionCV(ExpressionSearch):
    """LA with lam1 chosen by cross-validation.

    One warm-started path along lam1 is followed in every fold; the point of smallest mean squared
    error is then fitted to all cell lines, along the same path.

    Parameters
    ----------
    lam1 : int or sequence of float, default=30
        Values of the L1 penalty of the response coefficients; or their number, spaced evenly on a
        logarithmic scale from the smallest value that leaves no effect. In `PredictiveNetworkCV`,
        lam1 penalises edges; the counterpart there is lam3.
    eps : float, default=0.01
        Smallest value of lam1 relative to the largest, where lam1 is a number of points.
    search : {"grid", "zoom"}, str or pnetlib.SearchRule, default="grid"
        "grid" follows the grid given by the parameters above. "zoom" does not use it, but searches
        from coarse to fine until the error is smallest inside the points looked at, or at a stated
        end, in every lambda. A `SearchRule`, or a text such as "budget=200, race=inf", changes
        numbers of that search. The lambdas that a search finds are fitted by the plain estimator,
        from nothing.
    cv : int, splitter or iterable, default=5
        Folds, as in scikit-learn; an int gives that many consecutive folds.
    tol : float, default=1e-4
        Relative duality gap to reach at every point.
    max_iter : int, default=1000
        Maximum number of rounds per point, each of which extends the working set of genes.
    n_jobs : int or None, default=None
        Folds computed at the same time; None, -1 or 0 for as many as there are allowed cores. The
        result does not depend on it.

    Attributes
    ----------
    cv_results_ : dict
        ``params`` (list of dict), ``split{k}_test_score``, ``mean_test_score``,
        ``std_test_score`` (negative mean squared errors) and ``rank_test_score``, by point.
    best_index_ : int
        Index of the chosen point, the first of equals.
    best_params_ : dict
        The chosen lam1, as `LassoExpression` takes it.
    best_score_ : float
        Mean score of the chosen point.
    search_report_ : dict
        After a search: ``points`` looked at on every fold, ``fits`` on single folds, ``budget`` in
        points, whether it was ``exhausted``, lines ``left`` after some folds, and for each of
        the ``parameters`` its ``value``, how many ``values`` were looked at, the ``smallest`` and
        ``largest`` of them, and the ``place`` of the choice ("inside", "end: ..." or "edge").
    coef_ : ndarray of shape (p,)
        Effect of a standard deviation of each gene, in response units.
    intercept_ : float
        Mean response in training.
    gap_ : float
        Relative duality gap of the final fit.
    n_iter_ : int
        Number of rounds at the chosen point.
    mean_, scale_ : ndarray of shape (p,)
        Mean and standard deviation of the genes in training, in expression units.
    n_features_in_ : int
        Number of genes.
    feature_names_in_ : ndarray of shape (p,)
        Names of the genes, where X was a table.

    See Also
    --------
    LassoExpression : The same with a given lam1.
    ElasticNetExpressionCV : The same with a ridge penalty.

    Examples
    --------
    >>> import numpy as np
    >>> from pnetlib import LassoExpressionCV
    >>> X = np.random.default_rng(0).normal(size=(60, 5))
    >>> model = LassoExpressionCV([1.0, 0.3, 0.1], cv=3).fit(X, 2.0 * X[:, 0] + 7.0)
    >>> model.best_params_
    {'lam1': 0.1}
    """

    lam1: int | Sequence = 30
    _: KW_ONLY
    eps: float = SMALLEST
    search: str | SearchRule = GRID
    cv: object = 5
    tol: float = GAP_TOL
    max_iter: int = 1000
    n_jobs: int | None = None

    def _points(self, lam1s):
        return [{"lam1": lam1} for lam1 in lam1s]

    def _model(self):
        return ExpressionModel(False, float(self.tol), check_count(self, "max_iter"))

    def _final(self, point):
        return final_model(LassoExpression, point)


class NetworkSearch(PathSearch, ActivityRegressor):
    """Choice of the lambdas of Pro or NW.P."""

    def _ordered(self, X):
        return ActivityRegressor._ordered(self, X)

    def _moments(self):
        return {"n_regulators": self.regulators_.size}

    def _allowed(self):
        """Return the genes that may regulate as the plain estimator takes them without names."""
        known = self.regulators is not None and hasattr(self, "regulators_")
        return self.regulators_ if known else self.regulators

    def _check(self):
        check_penalties(self, ["lam2", "tol"])
        check_count(self, "max_iter")
        check_choice(self, "degree", DEGREES)
        for name in ("lam1", "lam3"):
            if getattr(self, name) is None:
                check_grid(self, f"{name}_fractions", positive=True)
            else:
                check_grid(self, name)

    def _sizes(self, searched):
        count = len(check_grid(self, "lam1_fractions" if self.lam1 is None else "lam1"))
        matrices = 2 * (1 + count)
        if searched:
            # Moments of all lines and of every fold, and as many states of fits in progress.
            matrices = 1 + 2 * searched
        sizes = {"matrices": matrices, "n_regulators": self.regulators_.size}
        return sizes | {"n_jobs": self.n_jobs}

    def _values(self, name, largest, *data):
        """Return the grid of lam1 or lam3 in falling order; fractions are of ``largest(*data)``."""
        if getattr(self, name) is None:
            values = fractions_of(largest(*data), check_grid(self, f"{name}_fractions"))
        else:
            values = check_grid(self, name)
        return sorted(values, reverse=True)

    def _rows(self, part, **options):
        """Return pairs of a lam1 and its values of lam3."""
        lam1s = self._values("lam1", largest_lam1, part.moments)
        networks = part.networks(lam1s, lam2=float(self.lam2), **options)
        return [
            (lam1, self._values("lam3", largest_lam3, part.moments, networks[lam1]))
            for lam1 in lam1s
        ]


@dataclass(eq=False, repr=False)
class PredictiveNetworkCV(NetworkSearch):
    """Pro with lambdas chosen by cross-validation.

    In every fold the network at each lam1 is estimated once; from it a path of joint fits along
    lam3 starts for each lam4, every fit from the one before. The point of smallest mean squared
    error is then fitted to all cell lines, along the same path.

    Parameters
    ----------
    lam1 : sequence of float or None, default=None
        Values of the L1 penalty of the edges; computed from `lam1_fractions` if None.
    lam3 : sequence of float or None, default=None
        Values of the L1 penalty of the effects, for every lam1; computed from `lam3_fractions` if
        None.
    lam4 : sequence of float, default=(0.0, 0.1, 1.0)
        Values of the link penalty.
    lam1_fractions : sequence of float, default=(0.08, 0.04)
        Values of lam1 relative to the smallest one that leaves no edge.
    lam3_fractions : sequence of float, default=(0.5, 0.25, 0.12, 0.06, 0.03)
        Values of lam3 relative to the smallest one that leaves no effect at the same lam1.
    lam2 : float, default=0.0
        Ridge penalty of the edges.
    degree : {"sqrt", "d"}, default="sqrt"
        Whether effects are scaled by the square root of the degree or by the degree.
    regulators : sequence or None, default=None
        Genes that may regulate others: positions, one True or False per gene, or, where X is a
        table, names. All may if None. Time and memory fall about in proportion to their number.
    search : {"grid", "zoom"}, str or pnetlib.SearchRule, default="grid"
        "grid" follows the grid given by the parameters above. "zoom" does not use it, but searches
        from coarse to fine until the error is smallest inside the points looked at, or at a stated
        end, in every lambda. A `SearchRule`, or a text such as "budget=200, race=inf", changes
        numbers of that search. The lambdas that a search finds are fitted by the plain estimator,
        from nothing.
    cv : int, splitter or iterable, default=5
        Folds, as in scikit-learn; an int gives that many consecutive folds.
    tol : float, default=1e-3
        Leave a point when a round lowers the objective by at most this times the variance of the
        response, and the rounds to come promise no more in sum (a geometric series).
    gap_tol : float, default=1e-4
        Relative duality gap to reach in every column.
    max_iter : int, default=10
        Maximum number of rounds of a theta step and a B step per point.
    n_jobs : int or None, default=None
        Folds computed at the same time; None, -1 or 0 for as many as there are allowed cores. The
        result does not depend on it.

    Attributes
    ----------
    cv_results_ : dict
        ``params`` (list of dict), ``split{k}_test_score``, ``mean_test_score``,
        ``std_test_score`` (negative mean squared errors) and ``rank_test_score``, by point.
    best_index_ : int
        Index of the chosen point, the first of equals.
    best_params_ : dict
        Lambdas of the chosen point, as `PredictiveNetwork` takes them.
    best_score_ : float
        Mean score of the chosen point.
    search_report_ : dict
        After a search: ``points`` looked at on every fold, ``fits`` on single folds, ``budget`` in
        points, whether it was ``exhausted``, lines ``left`` after some folds, and for each of
        the ``parameters`` its ``value``, how many ``values`` were looked at, the ``smallest`` and
        ``largest`` of them, and the ``place`` of the choice ("inside", "end: ..." or "edge").
    B_ : scipy.sparse.csc_array of shape (p, p)
        Network, regulators x targets, of standardised expression.
    theta_ : ndarray of shape (p,)
        Effects of the predicted activities.
    theta0_, intercept_ : float
        Mean response.
    coef_ : ndarray of shape (p,)
        ``B theta``: effect of a standard deviation of each gene's expression, in response units.
    objective_trace_ : ndarray of shape (n_iter_ + 1,)
        Objective at the start of the chosen point and after each round; it never rises.
    gaps_ : ndarray of shape (p,)
        Relative duality gap of each column in the last B step.
    kkt_B_, kkt_theta_ : float
        Largest violation of the first-order conditions of the edges, on the scale of lam1, and of
        the effects, on the scale of lam3.
    n_iter_ : int
        Number of rounds at the chosen point.
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
    PredictiveNetwork : The same with given lambdas.
    NetworkThenPredictCV : The network first, then the prediction.
    ElasticNetExpressionCV : Prediction from the expression of the genes themselves.

    Notes
    -----
    The default tolerances are those that the choice needs. For a fit to full accuracy, give
    ``best_params_`` to `PredictiveNetwork`.

    Examples
    --------
    >>> import numpy as np
    >>> from pnetlib import PredictiveNetworkCV
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(80, 6))
    >>> X[:, 1] = X[:, 0] + 0.3 * rng.normal(size=80)
    >>> model = PredictiveNetworkCV(lam1=[0.8, 0.4], lam3=[0.2, 0.1], cv=3).fit(X, X[:, 1])
    >>> model.best_params_
    {'lam1': 0.4, 'lam3': 0.1, 'lam4': 0.0}
    >>> len(model.cv_results_["params"])
    12
    """

    _power = PredictiveNetwork._power

    lam1: Sequence | None = None
    lam3: Sequence | None = None
    lam4: Sequence = (0.0, 0.1, 1.0)
    _: KW_ONLY
    lam1_fractions: Sequence = LAM1_FRACTIONS
    lam3_fractions: Sequence = LAM3_FRACTIONS
    lam2: float = 0.0
    degree: str = "sqrt"
    regulators: Sequence | None = None
    search: str | SearchRule = GRID
    cv: object = 5
    tol: float = TOL
    gap_tol: float = GAP_TOL
    max_iter: int = MAX_ITER
    n_jobs: int | None = None

    def _check(self):
        super()._check()
        check_penalties(self, ["gap_tol"])
        check_grid(self, "lam4")

    def _path(self, part):
        limits = {"gap_tol": float(self.gap_tol), "max_iter": 1000}
        points = [
            {"lam1": lam1, "lam3": lam3, "lam4": lam4}
            for lam1, values in self._rows(part, **limits)
            for lam4 in check_grid(self, "lam4")
            for lam3 in values
        ]
        step = joint_step(float(self.tol), float(self.gap_tol), check_count(self, "max_iter"))
        return NetworkPath(
            points, step, Penalties(0.0, float(self.lam2), degree=self.degree), **limits
        )

    def _model(self):
        step = joint_step(float(self.tol), float(self.gap_tol), check_count(self, "max_iter"))
        penalties = Penalties(0.0, degree=self.degree)
        return NetworkModel(True, step, penalties, float(self.gap_tol), 1000)

    def _final(self, point):
        options = {"degree": self.degree, "regulators": self._allowed(), "n_jobs": self.n_jobs}
        return final_model(PredictiveNetwork, point, **options)

    def _refit(self, part, path):
        _, state = path.at(part, self.best_index_)
        pen = path.penalties_at(self.best_params_)
        self._store_joint(part.moments, state, pen)
        warn_unconverged("PredictiveNetworkCV", state.gaps, float(self.gap_tol), "gap_tol")
        if clipped := negative_weights(state, pen):
            warnings.warn(
                f"PredictiveNetworkCV: {counted(clipped, 'edge')} of the chosen fit with a "
                "negative L1 weight counted as not penalised; fit PredictiveNetwork with "
                "best_params_, which treats such weights exactly, or lower lam4.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self


@dataclass(eq=False, repr=False)
class NetworkThenPredictCV(NetworkSearch):
    """NW.P with lambdas chosen by cross-validation.

    In every fold the network at each lam1 is estimated once; from it a path of effects along lam3
    starts, every fit from the one before. The point of smallest mean squared error is then fitted
    to all cell lines, along the same path.

    Parameters
    ----------
    lam1 : sequence of float or None, default=None
        Values of the L1 penalty of the edges; computed from `lam1_fractions` if None.
    lam3 : sequence of float or None, default=None
        Values of the L1 penalty of the effects, for every lam1; computed from `lam3_fractions` if
        None.
    lam1_fractions : sequence of float, default=(0.08, 0.04)
        Values of lam1 relative to the smallest one that leaves no edge.
    lam3_fractions : sequence of float, default=(0.5, 0.25, 0.12, 0.06, 0.03)
        Values of lam3 relative to the smallest one that leaves no effect at the same lam1.
    lam2 : float, default=0.0
        Ridge penalty of the edges.
    lam4 : float, default=0.0
        Link penalty, the same at every point; 0 as in `NetworkThenPredict`.
    degree : {"sqrt", "d"}, default="sqrt"
        Whether effects are scaled by the square root of the degree or by the degree.
    regulators : sequence or None, default=None
        Genes that may regulate others: positions, one True or False per gene, or, where X is a
        table, names. All may if None. Time and memory fall about in proportion to their number.
    search : {"grid", "zoom"}, str or pnetlib.SearchRule, default="grid"
        "grid" follows the grid given by the parameters above. "zoom" does not use it, but searches
        from coarse to fine until the error is smallest inside the points looked at, or at a stated
        end, in every lambda. A `SearchRule`, or a text such as "budget=200, race=inf", changes
        numbers of that search. The lambdas that a search finds are fitted by the plain estimator,
        from nothing.
    cv : int, splitter or iterable, default=5
        Folds, as in scikit-learn; an int gives that many consecutive folds.
    tol : float, default=1e-4
        Relative duality gap to reach in every column of the networks.
    max_iter : int, default=1000
        Maximum number of rounds per column, each of which extends its working set of genes.
    n_jobs : int or None, default=None
        Folds computed at the same time; None, -1 or 0 for as many as there are allowed cores. The
        result does not depend on it.

    Attributes
    ----------
    cv_results_ : dict
        ``params`` (list of dict), ``split{k}_test_score``, ``mean_test_score``,
        ``std_test_score`` (negative mean squared errors) and ``rank_test_score``, by point.
    best_index_ : int
        Index of the chosen point, the first of equals.
    best_params_ : dict
        Lambdas of the chosen point, as `NetworkThenPredict` takes them.
    best_score_ : float
        Mean score of the chosen point.
    search_report_ : dict
        After a search: ``points`` looked at on every fold, ``fits`` on single folds, ``budget`` in
        points, whether it was ``exhausted``, lines ``left`` after some folds, and for each of
        the ``parameters`` its ``value``, how many ``values`` were looked at, the ``smallest`` and
        ``largest`` of them, and the ``place`` of the choice ("inside", "end: ..." or "edge").
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
    NetworkThenPredict : The same with given lambdas.
    PredictiveNetworkCV : Network and prediction in one objective.

    Examples
    --------
    >>> import numpy as np
    >>> from pnetlib import NetworkThenPredictCV
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(80, 6))
    >>> X[:, 1] = X[:, 0] + 0.3 * rng.normal(size=80)
    >>> model = NetworkThenPredictCV(lam1=[0.8, 0.4], lam3=[0.2, 0.1], cv=3).fit(X, X[:, 1])
    >>> model.best_params_
    {'lam1': 0.4, 'lam3': 0.1}
    """

    lam1: Sequence | None = None
    lam3: Sequence | None = None
    _: KW_ONLY
    lam1_fractions: Sequence = LAM1_FRACTIONS
    lam3_fractions: Sequence = LAM3_FRACTIONS
    lam2: float = 0.0
    lam4: float = 0.0
    degree: str = "sqrt"
    regulators: Sequence | None = None
    search: str | SearchRule = GRID
    cv: object = 5
    tol: float = GAP_TOL
    max_iter: int = 1000
    n_jobs: int | None = None

    def _check(self):
        super()._check()
        check_penalties(self, ["lam4"])

    def _path(self, part):
        limits = {"gap_tol": float(self.tol), "max_iter": check_count(self, "max_iter")}
        points = [
            {"lam1": lam1, "lam3": lam3}
            for lam1, values in self._rows(part, **limits)
            for lam3 in values
        ]
        penalties = Penalties(0.0, float(self.lam2), lam4=float(self.lam4), degree=self.degree)
        return NetworkPath(points, effects_step, penalties, **limits)

    def _model(self):
        penalties = Penalties(0.0, lam4=float(self.lam4), degree=self.degree)
        return NetworkModel(
            False, effects_step, penalties, float(self.tol), check_count(self, "max_iter")
        )

    def _final(self, point):
        options = {"lam4": float(self.lam4), "degree": self.degree, "regulators": self._allowed()}
        options["n_jobs"] = self.n_jobs
        return final_model(NetworkThenPredict, point, **options)

    def _refit(self, part, path):
        _, state = path.at(part, self.best_index_)
        warn_unconverged("NetworkThenPredictCV", state.gaps, float(self.tol))
        return self._store_effects(part.moments, state, path.penalties_at(self.best_params_))
