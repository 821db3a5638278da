"""The network and effects from which a simulated cohort was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class SimulationTruth:
    """The network, effects and groups from which a simulated cohort was drawn.

    All networks are on the scale of expression standardised over all cell lines of the cohort.
    There ``X = X B + E`` holds for each column, where ``E`` is the part of a gene's expression that
    no other gene regulates.

    Parameters
    ----------
    B, B_ST, B_RS : DataFrame of shape (n_network, n_network)
        Regulators x targets: the networks of the cell lines of neither group, of the sensitive
        and of the resistant ones.
    theta : DataFrame of shape (n_network, n_drugs)
        Effects of the predicted activities ``X B`` on the responses.
    hubs : list of str
        Genes planted as hubs, the seven markers first.
    groups : Series
        Cell line to ``"ST"``, ``"RS"`` or ``""``.
    roles : dict
        Marker to ``"sensitivity"`` or ``"resistance"``.
    r2 : Series
        Drug to the planted share of the variance of the response: no model can expect a mean
        squared error below ``1 - r2`` on new cell lines.
    """

    B: pd.DataFrame
    B_ST: pd.DataFrame
    B_RS: pd.DataFrame
    theta: pd.DataFrame
    hubs: list[str]
    groups: pd.Series
    roles: dict[str, str]
    r2: pd.Series

    @property
    def effects(self) -> pd.DataFrame:
        """Effects of the expression of the genes themselves on the responses, ``B theta``."""
        return self.B @ self.theta

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the truth as plain arrays, networks as rows, columns and values."""
        arrays = {
            "genes": self.B.index.to_numpy(dtype=str),
            "drugs": self.theta.columns.to_numpy(dtype=str),
            "theta": self.theta.to_numpy(),
            "hubs": np.array(self.hubs, dtype=str),
            "lines": self.groups.index.to_numpy(dtype=str),
            "groups": self.groups.to_numpy(dtype=str),
            "roles": np.array(list(self.roles.items()), dtype=str),
            "r2": self.r2.to_numpy(),
        }
        for name in ("B", "B_ST", "B_RS"):
            values = getattr(self, name).to_numpy()
            at = np.nonzero(values)
            arrays[f"{name}_at"], arrays[f"{name}_values"] = np.array(at), values[at]
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> SimulationTruth:
        """Return the truth from the arrays that `to_arrays` returned."""
        genes, drugs = pd.Index(arrays["genes"]), pd.Index(arrays["drugs"])
        networks = {}
        for name in ("B", "B_ST", "B_RS"):
            values = np.zeros((len(genes), len(genes)))
            values[tuple(arrays[f"{name}_at"])] = arrays[f"{name}_values"]
            networks[name] = pd.DataFrame(values, index=genes, columns=genes)
        return cls(
            **networks,
            theta=pd.DataFrame(arrays["theta"], index=genes, columns=drugs),
            hubs=arrays["hubs"].tolist(),
            groups=pd.Series(arrays["groups"], index=arrays["lines"]),
            roles=dict(arrays["roles"].tolist()),
            r2=pd.Series(arrays["r2"], index=drugs),
        )
