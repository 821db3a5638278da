"""What the estimators share: checks of data and lambdas, gene names, networks as tables."""

import numbers
import warnings

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, validate_data

from pnetlib.errors import UsageError
from pnetlib.solvers.columns import matrix_degrees


def check_penalties(estimator, names):
    """Refuse a lambda that is not a finite number of at least 0."""
    for name in names:
        value = getattr(estimator, name)
        if not isinstance(value, numbers.Real) or not 0 <= value < np.inf:
            raise UsageError(f"{name} must be a finite number of at least 0, not {value!r}.")


def check_count(estimator, name):
    """Refuse an option that is not a whole number of at least 0."""
    value = getattr(estimator, name)
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 0:
        raise UsageError(f"{name} must be a whole number of at least 0, not {value!r}.")


def check_choice(estimator, name, choices):
    """Refuse an option that is not among the documented ones."""
    value = getattr(estimator, name)
    if value not in choices:
        allowed = " or ".join(repr(choice) for choice in choices)
        raise UsageError(f"{name} must be {allowed}, not {value!r}.")


def warn_unconverged(what, gaps, tol):
    """Say with figures that columns stopped above their tolerance."""
    above = int(np.sum(np.asarray(gaps) > tol))
    if above:
        warnings.warn(
            f"{what}: {above} of {np.size(gaps)} problems stopped with a relative duality gap "
            f"up to {np.max(gaps):.2g}, above the tolerance {tol:.2g}; raise a penalty or gap_tol.",
            ConvergenceWarning,
            stacklevel=3,
        )


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


class NetworkTables(GeneNames):
    """A fitted network ``B_`` as tables and as a graph."""

    def edges(self):
        """Edges as a table, strongest first.

        Returns
        -------
        DataFrame
            Columns regulator, target, coefficient (in standard deviations of the target per
            standard deviation of the regulator).
        """
        genes, B = self._genes(), self.B_.tocoo()
        table = pd.DataFrame(
            {"regulator": genes[B.coords[0]], "target": genes[B.coords[1]], "coefficient": B.data}
        )
        order = np.lexsort((table["target"], table["regulator"], -np.abs(table["coefficient"])))
        return table.iloc[order].reset_index(drop=True)

    def degrees(self):
        """Degree d_q = sum_j (|B_qj| + |B_jq|) / 2 of every gene, as a Series."""
        return pd.Series(matrix_degrees(self.B_), self._genes(), name="degree")

    def to_networkx(self):
        """The network as a directed graph, regulator to target, with edge attribute coefficient."""
        import networkx as nx  # here, as it costs a third of a second and few need it

        graph = nx.DiGraph()
        graph.add_nodes_from(self._genes())
        graph.add_weighted_edges_from(
            self.edges().itertuples(index=False, name=None), weight="coefficient"
        )
        return graph
