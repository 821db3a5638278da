"""What the estimators share: checks of parameters, gene names, predictions, networks as tables."""

import numbers
import warnings

import numpy as np
import pandas as pd
from sklearn.base import RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, validate_data

from pnetlib.errors import LowMemoryWarning, UsageError
from pnetlib.solvers.columns import matrix_degrees
from pnetlib.solvers.forecast import forecast_memory


def check_penalties(estimator, names):
    """Refuse a lambda or a tolerance that is not a finite number of at least 0."""
    for name in names:
        value = getattr(estimator, name)
        if not _number(value) or not 0 <= value < np.inf:
            raise UsageError(f"{name} must be a finite number of at least 0, not {value!r}.")


def check_count(estimator, name):
    """Refuse an option that is not a whole number of at least 0."""
    value = getattr(estimator, name)
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 0:
        raise UsageError(f"{name} must be a whole number of at least 0, not {value!r}.")


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


def check_grid(estimator, name, *, positive=False, most=np.inf):
    """Return a grid as a list of float; refuse one that is empty or has an impossible value."""
    given = getattr(estimator, name)
    values = [given] if _number(given) else given
    bound = "above 0" if positive else "of at least 0"
    if most < np.inf:
        bound += f" and at most {most:g}"
    try:
        grid = [float(value) for value in values if _number(value)]
        known = len(grid) == len(values) > 0
    except TypeError:
        known = False
    if not known or not all(
        (value > 0 if positive else value >= 0) and value <= most and np.isfinite(value)
        for value in grid
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


def warn_low_memory(n, p, **sizes):
    """Warn, with the forecast, if a fit probably needs more memory than is available.

    `sizes` are those of `forecast_memory`.
    """
    shortage = forecast_memory(n, p, **sizes).shortage
    if shortage:
        warnings.warn(shortage, LowMemoryWarning, stacklevel=3)


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
