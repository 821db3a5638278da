"""What the estimators share: checks of parameters, gene names, predictions, networks as tables."""

import numbers
import warnings

import numpy as np
import pandas as pd
from scipy.sparse import csc_array
from sklearn.base import RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, validate_data

from pnetlib.errors import DataError, LowMemoryWarning, UsageError
from pnetlib.solvers.columns import matrix_degrees
from pnetlib.solvers.forecast import forecast_memory

LARGEST_PENALTY = 1e100  # products of larger penalties and effects could overflow
LARGEST_EXPRESSION = 1e300  # sums of larger values could overflow
RESPONSE_RANGE = 1e-50, 1e50  # deviations from the mean that can be squared, also with effects


def check_penalties(estimator, names):
    """Refuse a lambda or a tolerance that is not a finite number of at least 0, or too large."""
    for name in names:
        value = getattr(estimator, name)
        if not _number(value) or not 0 <= value < np.inf:
            raise UsageError(f"{name} must be a finite number of at least 0, not {value!r}.")
        if value > LARGEST_PENALTY:
            raise UsageError(f"{name} must be at most {LARGEST_PENALTY:g}, not {value!r}.")


def check_scale(X, y=None, names=None):
    """Refuse expression or a response whose sums or squares leave the range of float64.

    X (n, p) and y (n,) are finite; `names` are the names of the genes, if they have any.
    """
    largest = np.abs(X).max(axis=0, initial=0.0)
    if largest.max(initial=0.0) > LARGEST_EXPRESSION:
        gene = int(np.argmax(largest))
        name = gene if names is None else names[gene]
        raise DataError(
            f"expression of gene {name} reaches {largest[gene]:.2g}, too large to be summed; "
            "divide it by a constant, as genes are standardised in any unit."
        )
    if y is None:
        return
    spread = np.abs(y - np.mean(y)).max() if np.abs(y).max() <= LARGEST_EXPRESSION else np.inf
    low, high = RESPONSE_RANGE
    if spread > high or 0.0 < spread < low:
        raise DataError(
            f"the response y deviates by {spread:.2g} from its mean, and must do so by {low:g} to "
            f"{high:g} or not at all; divide it by its standard deviation."
        )


def check_count(estimator, name):
    """Refuse an option that is not a whole number of at least 0."""
    value = getattr(estimator, name)
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 0:
        raise UsageError(f"{name} must be a whole number of at least 0, not {value!r}.")


def check_whole(estimator, name, least, most):
    """Refuse an option that is not a whole number within bounds."""
    value = getattr(estimator, name)
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or not least <= value <= most:
        raise UsageError(f"{name} must be a whole number from {least} to {most}, not {value!r}.")


def regulators_first(estimator, p):
    """Return the genes that may regulate, as positions, and the order that puts them first.

    The order is None where they are first already.
    """
    given, names = estimator.regulators, getattr(estimator, "feature_names_in_", None)
    if given is None:
        return np.arange(p), None
    labels = np.asarray(given)
    if labels.ndim != 1 or labels.size == 0:
        raise UsageError("regulators must be None or a sequence of at least one gene.")
    if labels.dtype.kind == "b" and labels.size == p:
        labels = positions = np.flatnonzero(labels)
    elif labels.dtype.kind in "iu":
        positions = labels.astype(np.int64)
    elif names is not None and all(isinstance(label, str) for label in labels.tolist()):
        positions = pd.Index(names).get_indexer(labels)
    else:
        raise UsageError(
            f"regulators must be positions, or {p} times True or False, or names where X is a table "
            "with gene names as columns."
        )
    outside = labels[(positions < 0) | (positions >= p)].tolist() if positions.size else []
    if outside:
        raise UsageError(
            f"regulators names {outside[0]!r}, which is not a gene of X ({len(outside)} of "
            f"{labels.size} are not); leave it out."
        )
    positions = np.unique(positions)
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
    """Refuse an option that is not one of the documented ones."""
    value = getattr(estimator, name)
    if value not in choices:
        allowed = " or ".join(repr(choice) for choice in choices)
        raise UsageError(f"{name} must be {allowed}, not {value!r}.")


def check_weight(estimator, name):
    """Refuse a weight that is not a finite number above 0."""
    value = getattr(estimator, name)
    if not _number(value) or isinstance(value, bool) or not 0 < value < np.inf:
        raise UsageError(f"{name} must be a finite number above 0, not {value!r}.")


def check_grid(estimator, name, *, positive=False, most=LARGEST_PENALTY):
    """Return a grid as a list of float; refuse one that is empty or has an impossible value."""
    given = getattr(estimator, name)
    values = [given] if _number(given) else given
    bound = "above 0" if positive else "of at least 0"
    if most < LARGEST_PENALTY:
        bound += f" and at most {most:g}"
    try:
        grid = [float(value) for value in values if _number(value)]
        known = len(grid) == len(values) > 0
    except TypeError:
        known = False
    if known and most == LARGEST_PENALTY and most < max(grid) < np.inf:
        raise UsageError(f"{name} must be at most {most:g}, not {given!r}.")
    if not known or not all(
        (value > 0 if positive else value >= 0) and value <= most for value in grid
    ):
        raise UsageError(
            f"{name} must be a sequence of at least one finite number {bound}, not {given!r}."
        )
    return grid


def _number(value):
    return isinstance(value, numbers.Real)


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


def warn_low_memory(n, p, **sizes):
    """Warn, with the forecast, if a fit probably needs more memory than is available.

    `sizes` are those of `forecast_memory`.
    """
    shortage = forecast_memory(n, p, **sizes).shortage
    if shortage:
        warnings.warn(shortage, LowMemoryWarning, stacklevel=3)


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
        names = getattr(self, "feature_names_in_", None)
        return np.arange(self.n_features_in_) if names is None else np.asarray(names)

    def _standardised(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=float)
        return (X - self.mean_) / self.scale_


class LinearPrediction(GeneNames, RegressorMixin):
    """Prediction of a response by ``coef_`` and ``intercept_`` from standardised expression."""

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
        ValueError
            If X has other genes than the training data.
        """
        X = self._standardised(X)
        return self.intercept_ + X @ self.coef_


class NetworkTables(GeneNames):
    """A fitted network ``B_`` as tables and as a graph."""

    def edges(self):
        """Return the edges as a table, strongest first.

        Returns
        -------
        DataFrame
            Columns regulator, target, coefficient (in standard deviations of the target per
            standard deviation of the regulator).

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
