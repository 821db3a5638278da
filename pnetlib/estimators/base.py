"""What the estimators share: checks of parameters, predictions, networks as tables."""

import numbers
import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
from scipy.sparse import csc_array
from sklearn.base import RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from pnetlib.errors import InputError, LowMemoryWarning, OutOfMemoryError, UsageError
from pnetlib.estimators.inputs import (
    check_deviations,
    gene_names,
    largest_values,
    read_expression,
    read_response,
)
from pnetlib.solvers.columns import matrix_degrees
from pnetlib.solvers.forecast import forecast_memory
from pnetlib.words import shown

LARGEST_PENALTY = 1e100  # products of larger penalties and effects could overflow
LARGEST_COUNT = np.iinfo(np.int64).max


def check_penalties(estimator, names):
    """Return lambdas and tolerances as float; refuse all but finite numbers of at least 0.

    Those above `LARGEST_PENALTY` are refused, too.
    """
    return [_penalty(name, getattr(estimator, name)) for name in names]


def _penalty(name, value):
    number = as_float(value)
    if number is None or not 0 <= number or value == np.inf:
        raise UsageError(f"{name} must be a finite number of at least 0, not {shown(value)}.")
    if number > LARGEST_PENALTY:
        raise UsageError(f"{name} must be at most {LARGEST_PENALTY:g}, not {shown(value)}.")
    return number


def check_count(estimator, name):
    """Return an option as int; refuse it unless it is a whole number of at least 0."""
    value = getattr(estimator, name)
    if not _is_whole(value) or value < 0:
        raise UsageError(f"{name} must be a whole number of at least 0, not {shown(value)}.")
    return min(int(value), LARGEST_COUNT)


def check_whole(estimator, name, least, most):
    """Return an option as int; refuse it unless it is a whole number within bounds."""
    value = getattr(estimator, name)
    if not _is_whole(value) or not least <= value <= most:
        raise UsageError(
            f"{name} must be a whole number from {least} to {most}, not {shown(value)}."
        )
    return int(value)


def check_flag(estimator, name):
    """Return an option as bool; refuse it unless it is True or False."""
    value = getattr(estimator, name)
    if not isinstance(value, (bool, np.bool_)):
        raise UsageError(f"{name} must be True or False, not {shown(value)}.")
    return bool(value)


def regulators_first(estimator, p):
    """Return the genes that may regulate, as positions, and the order that puts them first.

    The order is None where they are first already.
    """
    given, names = estimator.regulators, getattr(estimator, "feature_names_in_", None)
    if given is None:
        return np.arange(p), None
    try:
        labels = np.asarray(given)
    except ValueError:  # sequences of different lengths
        labels = np.empty(0)
    if labels.ndim != 1 or labels.size == 0:
        raise UsageError(
            f"regulators must be None or a sequence of at least one gene, not {shown(given)}."
        )
    if labels.dtype.kind == "b" and labels.size == p:
        labels = positions = np.flatnonzero(labels)
    elif labels.dtype.kind in "iu":
        positions = labels.astype(np.int64)
    elif names is not None and all(isinstance(label, str) for label in labels.tolist()):
        positions = pd.Index(names).get_indexer(labels)
    else:
        raise UsageError(
            f"regulators must be positions, or {p} times True or False, or names where X is a table "
            f"with gene names as columns, not {shown(given)}."
        )
    outside = labels[(positions < 0) | (positions >= p)].tolist() if positions.size else []
    if outside:
        raise UsageError(
            f"regulators names {outside[0]!r}, which is not a gene of X ({len(outside)} of "
            f"{labels.size} are not); leave it out."
        )
    found, times = np.unique(positions, return_counts=True)
    if (times > 1).any():
        twice = labels[positions == found[np.argmax(times > 1)]].tolist()
        raise UsageError(f"regulators names {twice[0]!r} {len(twice)} times; name it once.")
    positions = found
    if positions.size == 0:
        raise UsageError("regulators allows no gene at all; give at least one.")
    order = np.concatenate((positions, np.setdiff1d(np.arange(p), positions)))
    return positions, None if np.array_equal(order, np.arange(p)) else order


def in_order(X, order):
    """Return X (n, p) with its genes in an order; as it is where that is None."""
    return X if order is None else np.ascontiguousarray(X[:, order])


def out_of_order(values, order):
    """Return values by gene (p,) that were computed in an order, in the order of X again."""
    if order is None:
        return values
    found = np.empty_like(values)
    found[order] = values
    return found


def check_choice(estimator, name, choices):
    """Return an option; refuse it unless it is one of the documented words."""
    value = getattr(estimator, name)
    if not isinstance(value, str) or value not in choices:
        allowed = " or ".join(repr(choice) for choice in choices)
        raise UsageError(f"{name} must be {allowed}, not {shown(value)}.")
    return value


def check_weight(estimator, name):
    """Return a weight as float; refuse it unless it is a finite number above 0."""
    value = getattr(estimator, name)
    number = as_float(value)
    if number is None or not 0 < number < np.inf:
        raise UsageError(f"{name} must be a finite number above 0, not {shown(value)}.")
    return number


def check_grid(estimator, name, *, positive=False, most=LARGEST_PENALTY):
    """Return a grid as a list of float; refuse one that is empty or has an impossible value."""
    given = getattr(estimator, name)
    values = given if as_float(given) is None else [given]
    bound = "above 0" if positive else "of at least 0"
    if most < LARGEST_PENALTY:
        bound += f" and at most {most:g}"
    try:
        grid = [as_float(value) for value in values]
        known = None not in grid and len(values) > 0 and not isinstance(given, (bytes, dict, set))
    except TypeError:
        known = False
    if known and most == LARGEST_PENALTY and most < max(grid) < np.inf:
        raise UsageError(f"{name} must be at most {most:g}, not {shown(given)}.")
    if not known or not all(
        (value > 0 if positive else value >= 0) and value <= most for value in grid
    ):
        raise UsageError(
            f"{name} must be a sequence of at least one finite number {bound}, not {shown(given)}."
        )
    return grid


def as_float(value):
    """Return a real number as float, infinite where it is too large; None for all else."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def _is_whole(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def warn_unconverged(what, gaps, tol, name="tol"):
    """Warn, with numbers, if problems stopped above their tolerance."""
    above = int(np.sum(np.asarray(gaps) > tol))
    if above:
        warnings.warn(
            f"{what}: {above} of {np.size(gaps)} problems stopped with a relative duality gap "
            f"up to {np.max(gaps):.2g}, above the tolerance {tol:.2g}; raise a penalty or {name}.",
            ConvergenceWarning,
            stacklevel=3,
        )


def warn_not_stationary(what, violations, lambdas, share, remedy):
    """Warn, with numbers, if first-order conditions are violated by more than a share of a lambda.

    `violations` and `lambdas` are dicts by the name of the lambda; the lambdas are those that count
    (see `pnetlib.solvers.joint.penalty_scales`).
    """
    for name, violation in violations.items():
        if not violation <= share * lambdas[name]:
            warnings.warn(
                f"{what}: the first-order conditions on the scale of {name} are violated by "
                f"{violation:.2g}, more than {share:g} of {lambdas[name]:.2g}; {remedy}.",
                ConvergenceWarning,
                stacklevel=3,
            )


@contextmanager
def enough_memory(n, p, **sizes):
    """Warn, with the forecast, if a fit probably needs more memory than is available.

    Where it does run out of memory, the error has the forecast, too. `sizes` are those of
    `forecast_memory`.
    """
    forecast = forecast_memory(n, p, **sizes)
    if forecast.shortage:
        warnings.warn(forecast.shortage, LowMemoryWarning, stacklevel=4)
    try:
        yield
    except MemoryError as error:
        raise OutOfMemoryError(forecast.exhausted) from error


def network_out_of_order(B, order):
    """Return a network whose genes are in an order, with the genes in the order of X again."""
    if order is None:
        return B
    edges = B.tocoo()
    rows, columns = (order[at] for at in edges.coords)
    return csc_array((edges.data, (rows, columns)), shape=B.shape)


def network_in_order(B, order, n_regulators):
    """Return a network in another order of genes, without edges from those that may not regulate."""
    p = B.shape[0]
    edges = csc_array(B, dtype=float).tocoo()
    place = np.arange(p) if order is None else np.argsort(order)
    rows, columns = (place[at] for at in edges.coords)
    kept = (rows < n_regulators) & (edges.data != 0.0)
    return csc_array((edges.data[kept], (rows[kept], columns[kept])), shape=B.shape)


class GeneNames:
    """Gene names of the fitted data, and X standardised as in training."""

    def _genes(self):
        check_is_fitted(self)
        return gene_names(self)

    def _standardised(self, X):
        check_is_fitted(self)
        X = read_expression(self, X, fit=False)
        check_deviations(self, X, largest_values(X))
        return (X - self.mean_) / self.scale_


class LinearPrediction(GeneNames, RegressorMixin):
    """Prediction of a response by ``coef_`` and ``intercept_`` from standardised expression."""

    _power = 2  # products of that many deviations of the response occur in a fit

    def _read(self, X, y):
        """Return expression (n, p) and response (n,) of a fit as arrays of float."""
        values = read_expression(self, X)
        return values, read_response(self, y, _with_lines(X, values), self._power)

    def predict(self, X):
        """Predict the response of new cell lines.

        Parameters
        ----------
        X : array-like of shape (n, p)
            Expression in the units of training; it is standardised as the training lines were.

        Returns
        -------
        ndarray of shape (n,)
            Predicted response in the units of training.

        Raises
        ------
        InputError, InputTypeError
            If X has other genes than the training data, or values that are no finite numbers or
            too large.
        """
        X = self._standardised(X)
        with np.errstate(over="ignore", invalid="ignore"):
            predicted = self.intercept_ + X @ self.coef_
        if not np.isfinite(predicted).all():
            raise InputError(
                "X is so far from the training lines that a predicted response overflows; give it "
                "in the unit of training."
            )
        return predicted

    def score(self, X, y, sample_weight=None):
        """Return the coefficient of determination of the predicted response.

        Parameters
        ----------
        X : array-like of shape (n, p)
            Expression in the units of training.
        y : array-like of shape (n,)
            Response of the cell lines.
        sample_weight : array-like of shape (n,), default=None
            Weights of the cell lines.

        Returns
        -------
        float
            1 for a perfect prediction, 0 for one as good as the mean of y.

        Raises
        ------
        InputError, InputTypeError
            If X or y is not as `fit` takes it.
        """
        check_is_fitted(self)
        values = read_expression(self, X, fit=False)
        y = read_response(self, y, _with_lines(X, values))
        return super().score(X, y, sample_weight)


def _with_lines(X, values):
    """Return what tells the cell lines: X if it names them, else its values (n, p)."""
    return X if isinstance(X, pd.DataFrame) else values


class NetworkTables(GeneNames):
    """A fitted network ``B_`` as tables and as a graph."""

    def edges(self):
        """Return the edges as a table, strongest first.

        Returns
        -------
        DataFrame
            Columns regulator, target, coefficient (in standard deviations of the target per
            standard deviation of the regulator). Genes without names are called x0, x1, ...

        See Also
        --------
        degrees : Degree of every gene.
        to_networkx : The network as a graph.
        """
        genes, B = self._genes(), self.B_.tocoo()
        table = pd.DataFrame(
            {"regulator": genes[B.coords[0]], "target": genes[B.coords[1]], "coefficient": B.data}
        )
        order = np.lexsort((table["target"], table["regulator"], -np.abs(table["coefficient"])))
        return table.iloc[order].reset_index(drop=True)

    def degrees(self):
        """Return the degree d_q = sum_j (|B_qj| + |B_jq|) / 2 of every gene.

        Returns
        -------
        Series
            Degrees by gene name.

        See Also
        --------
        edges : The edges as a table.
        """
        return pd.Series(matrix_degrees(self.B_), self._genes(), name="degree")

    def to_networkx(self):
        """Return the network as a graph.

        Returns
        -------
        networkx.DiGraph
            All genes as nodes; edges lead from regulator to target and have the attribute
            ``coefficient``.

        See Also
        --------
        edges : The edges as a table.
        pnetlib.io.write_network : Write the network to a file.
        """
        import networkx as nx  # here, as it costs a third of a second and few need it

        graph = nx.DiGraph()
        graph.add_nodes_from(self._genes())
        graph.add_weighted_edges_from(
            self.edges().itertuples(index=False, name=None), weight="coefficient"
        )
        return graph
