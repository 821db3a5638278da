"""Figure 3: markers common to the drugs, from the joint model refitted on all cell lines of each.

The paper's rule is not available to this project, so that the rule is our choice: a gene is a
common marker if, for every drug, Pro gives it an effect (theta_j != 0) and ranks it among the
first `top` by |theta_j| sqrt(d_j), with d_j its degree in the network. This is the scale on which
the model compares linked genes. Common markers are ordered by their worst rank.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csc_array

from pnetlib.estimators.model_selection import final_model
from pnetlib.estimators.predictive import PredictiveNetwork
from pnetlib.execution.engine import Engine

PARTS = ("indptr", "indices", "data")  # of a sparse network


@dataclass(frozen=True)
class DrugNetworks:
    """Pro fitted for each drug on all its cell lines, over the same genes.

    Attributes
    ----------
    genes : Index
        Genes, in the order of the arrays.
    theta : DataFrame
        Effects, genes x drugs.
    degree : DataFrame
        Degrees d_j, half the sum of |B| over a gene's edges, genes x drugs.
    B : dict
        Drug to network, a sparse array of regulators x targets.
    fits : DataFrame
        Per drug: lines, rounds of the solver, objective, largest duality gap, KKT residuals,
        edges and effects.
    """

    genes: pd.Index
    theta: pd.DataFrame
    degree: pd.DataFrame
    B: dict
    fits: pd.DataFrame

    def arrays(self):
        """Return the networks as plain arrays that can be stored."""
        drugs = self.theta.columns
        out = {"genes": self.genes, "drugs": drugs}
        out |= {"theta": self.theta.to_numpy(), "degree": self.degree.to_numpy()}
        for number, drug in enumerate(drugs):
            out |= {f"{part}_{number}": getattr(self.B[drug], part) for part in PARTS}
        return out

    @classmethod
    def of_arrays(cls, arrays, fits):
        """Return the networks stored by `arrays`, with the table of fits."""
        genes, drugs, B = pd.Index(arrays["genes"]), list(arrays["drugs"]), {}
        for number, drug in enumerate(drugs):
            indptr, indices, data = (arrays[f"{part}_{number}"] for part in PARTS)
            B[drug] = csc_array((data, indices, indptr), shape=(len(genes), len(genes)))
        theta, degree = (pd.DataFrame(arrays[name], genes, drugs) for name in ("theta", "degree"))
        return cls(genes, theta, degree, B, fits)


def fit_drug_networks(
    cohort, genes, chosen, *, regulators=(), n_jobs=None, engine=None, advance=None
):
    """Fit Pro for each drug on all its cell lines with the lambdas chosen for it.

    `chosen` is drug to lambdas as `PredictiveNetwork` takes them; `regulators` are the genes that
    may regulate, all if empty. Without an engine, `n_jobs` drugs are fitted at the same time.
    Returns `DrugNetworks`.
    """
    engine = engine or Engine(threads=n_jobs or 1)
    shared = cohort, genes, tuple(regulators)
    fitted = engine.map(fit_drug, chosen.items(), shared, advance=advance)
    models = dict(zip(chosen, fitted))
    fits = pd.DataFrame(
        {
            "lines": [len(cohort.lines_for(drug)) for drug in models],
            "rounds": [m.n_iter_ for m in models.values()],
            "objective": [m.objective_trace_[-1] for m in models.values()],
            "largest gap": [m.gaps_.max() for m in models.values()],
            "KKT of B": [m.kkt_B_ for m in models.values()],
            "KKT of theta": [m.kkt_theta_ for m in models.values()],
            "edges": [m.B_.nnz for m in models.values()],
            "effects": [int(np.count_nonzero(m.theta_)) for m in models.values()],
        },
        index=pd.Index(models, name="drug"),
    )
    return DrugNetworks(
        pd.Index(genes),
        pd.DataFrame({drug: m.theta_ for drug, m in models.items()}, index=genes),
        pd.DataFrame({drug: m.degrees() for drug, m in models.items()}, index=genes),
        {drug: m.B_ for drug, m in models.items()},
        fits,
    )


def fit_drug(cohort, genes, regulators, drug, lambdas):
    """Return Pro fitted on all lines measured with one drug, as step 02 fits what it chose."""
    lines = cohort.lines_for(drug)
    X, z = cohort.expression.loc[lines, genes], cohort.response.loc[lines, drug]
    allowed = [gene for gene in genes if gene in regulators] or None
    return final_model(PredictiveNetwork, lambdas, regulators=allowed, n_jobs=1).fit(X, z)


def ranks(networks):
    """Return each gene's rank per drug by |theta_j| sqrt(d_j), 1 the largest; NaN without effect."""
    importance = networks.theta.abs() * np.sqrt(networks.degree)
    return importance.where(networks.theta != 0).rank(ascending=False, method="min")


def worst_ranks(networks):
    """Return each gene's largest rank over the drugs (Series by gene).

    A gene without an effect on some drug comes after all others.
    """
    return ranks(networks).max(axis=1, skipna=False).fillna(len(networks.genes) + 1.0)


def mean_ranks(networks):
    """Return the genes by their mean rank over the drugs, smallest first (Series by gene).

    A gene without an effect on a drug comes after all others there.
    """
    last = len(networks.genes) + 1.0
    return ranks(networks).fillna(last).mean(axis=1).sort_values(kind="stable")


def common_markers(networks, top):
    """Return the genes ranked among the first `top` for every drug, ordered by their worst rank.

    Returns
    -------
    DataFrame
        Index gene; columns worst rank, mean |theta|, mean degree and the rank per drug.
    """
    rank = ranks(networks)
    worst = rank.max(axis=1, skipna=False)
    table = pd.DataFrame(
        {
            "worst rank": worst,
            "mean |theta|": networks.theta.abs().mean(axis=1),
            "mean degree": networks.degree.mean(axis=1),
        }
    ).join(rank.add_prefix("rank "))
    return table[worst <= top].sort_values("worst rank", kind="stable")


def published_markers(networks, markers, variance_rank):
    """Return rank, effect and degree of each marker of the study, whether or not it is common.

    `variance_rank` is the rank of every gene of the cohort by variance, 1 the largest.

    Returns
    -------
    DataFrame
        One row per marker and drug: whether it is among the genes analysed, variance rank,
        theta, rank, degree and degree rank.
    """
    degree_rank = networks.degree.rank(ascending=False, method="min")
    tables = {"theta": networks.theta, "rank": ranks(networks)}
    tables |= {"degree": networks.degree, "degree rank": degree_rank}
    rows = []
    for marker in markers:
        inside, place = marker in networks.genes, variance_rank.get(marker, np.nan)
        for drug in networks.theta.columns:
            row = {"marker": marker, "drug": drug, "in universe": inside, "variance rank": place}
            values = {name: t.at[marker, drug] if inside else np.nan for name, t in tables.items()}
            rows.append(row | values)
    columns = ["marker", "drug", "in universe", "variance rank", *tables]
    return pd.DataFrame(rows, columns=columns)


def default_top(networks):
    """Return a tenth of the genes: our choice of how many ranks count as markers of a drug."""
    return max(1, round(len(networks.genes) / 10))
