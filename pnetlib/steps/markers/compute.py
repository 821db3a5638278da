"""Figure 3: markers common to the drugs, from the joint model refitted on all lines.

Ours, as the paper's rule cannot be read: a gene is a common marker if Pro gives it an effect
(theta not 0) for every drug and its rank by |theta| times the square root of its degree, the
scale on which the model compares linked genes, is at most `top` for every drug; common markers
are ordered by their worst rank.
"""

from dataclasses import dataclass

import joblib
import numpy as np
import pandas as pd
from scipy.sparse import csc_array
from threadpoolctl import threadpool_limits

from pnetlib.estimators.predictive import PredictiveNetwork


@dataclass(frozen=True)
class DrugNetworks:
    """Pro fitted for each drug on all its lines, over the same genes.

    Attributes
    ----------
    genes : Index
        Genes, in the order of the arrays.
    theta : DataFrame
        Effects, genes x drugs.
    degree : DataFrame
        Degrees d_q = sum_j (|B_qj| + |B_jq|) / 2, genes x drugs.
    B : dict
        Drug to network, a sparse array of regulators x targets.
    fits : DataFrame
        Per drug: lines, rounds, objective, largest gap, KKT residuals, edges, effects.
    """

    genes: pd.Index
    theta: pd.DataFrame
    degree: pd.DataFrame
    B: dict
    fits: pd.DataFrame

    def arrays(self):
        """Plain arrays to store with `Run.write_arrays`."""
        out = {
            "genes": self.genes,
            "drugs": self.theta.columns,
            "theta": self.theta.to_numpy(),
            "degree": self.degree.to_numpy(),
        }
        for number, drug in enumerate(self.theta.columns):
            B = self.B[drug]
            out |= {
                f"indptr_{number}": B.indptr,
                f"indices_{number}": B.indices,
                f"data_{number}": B.data,
            }
        return out

    @classmethod
    def of_arrays(cls, arrays, fits):
        """The networks from what `arrays` gave and the table of fits."""
        genes, drugs = pd.Index(arrays["genes"]), list(arrays["drugs"])
        p = len(genes)
        B = {
            drug: csc_array(
                (arrays[f"data_{i}"], arrays[f"indices_{i}"], arrays[f"indptr_{i}"]), shape=(p, p)
            )
            for i, drug in enumerate(drugs)
        }
        return cls(
            genes,
            pd.DataFrame(arrays["theta"], genes, drugs),
            pd.DataFrame(arrays["degree"], genes, drugs),
            B,
            fits,
        )


def fit_drug_networks(cohort, genes, chosen, *, n_jobs=None, advance=None):
    """Fit Pro for each drug on all its lines with the lambdas chosen for it.

    Parameters
    ----------
    cohort : Cohort
    genes : Index
        Genes that enter.
    chosen : dict
        Drug to {"lam1", "lam3", "lam4"}.
    n_jobs : int, optional
        Drugs fitted at the same time; the result does not depend on it.
    advance : callable, optional
        Called after each drug.
    """

    def one(drug):
        lines = cohort.lines_for(drug)
        X, z = cohort.expression.loc[lines, genes], cohort.response.loc[lines, drug]
        return PredictiveNetwork(**chosen[drug], n_jobs=1, tol=1e-5).fit(X, z)

    models = {}
    with threadpool_limits(1, "blas"):
        pool = joblib.Parallel(n_jobs or 1, prefer="threads", return_as="generator")
        for drug, model in zip(chosen, pool(joblib.delayed(one)(drug) for drug in chosen)):
            models[drug] = model
            if advance is not None:
                advance()
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


def ranks(networks):
    """Rank of each gene per drug by |theta| sqrt(d), 1 the largest; without effect: missing."""
    importance = networks.theta.abs() * np.sqrt(networks.degree)
    return importance.where(networks.theta != 0).rank(ascending=False, method="min")


def common_markers(networks, top):
    """Genes among the `top` ranks of every drug, ordered by their worst rank.

    Returns
    -------
    DataFrame
        Index gene; columns worst rank, mean |theta|, mean degree and the rank for each drug.
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
    """Where each published marker stands, whether or not it came out.

    Parameters
    ----------
    networks : DrugNetworks
    markers : sequence of str
        The published markers.
    variance_rank : Series
        Rank of every gene of the cohort by variance, 1 the largest.

    Returns
    -------
    DataFrame
        One row a marker and drug: in the universe or not, variance rank, theta, rank, degree
        and degree rank.
    """
    rank, degree_rank = ranks(networks), networks.degree.rank(ascending=False, method="min")
    rows = []
    for marker in markers:
        for drug in networks.theta.columns:
            inside = marker in networks.genes
            at = (marker, drug)
            rows.append(
                {
                    "marker": marker,
                    "drug": drug,
                    "in universe": inside,
                    "variance rank": variance_rank.get(marker, np.nan),
                    "theta": networks.theta.at[at] if inside else np.nan,
                    "rank": rank.at[at] if inside else np.nan,
                    "degree": networks.degree.at[at] if inside else np.nan,
                    "degree rank": degree_rank.at[at] if inside else np.nan,
                }
            )
    return pd.DataFrame(rows)


def default_top(networks):
    """A tenth of the genes: the ranks within which a gene counts as a marker of a drug."""
    return max(1, round(len(networks.genes) / 10))
