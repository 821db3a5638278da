"""Differences between ST and RS in edges, degrees and effects, each with a test and an interval.

Both networks are estimated anew in every permutation and every resample, so the tests include the
uncertainty of the networks. Fixed are lam1, the genes and the cell lines that form the groups; what
it costs that lam1 was chosen under the observed labels, `benchmarks/calibration/p_values.py` shows.
The regulatory effect of a marker is its mean over the group's lines.
"""

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, rankdata

from pnetlib.solvers.columns import matrix_degrees
from pnetlib.solvers.desparsified import desparsified
from pnetlib.solvers.shared import standardised
from pnetlib.stats.bootstrap import corrected_interval, draw
from pnetlib.stats.permutation import permutation_test
from pnetlib.steps.effects.compute import SIDES, path_strength
from pnetlib.steps.networks.compute import GROUPS, HUB_SHARE, is_named_edge, own_network
from pnetlib.steps.study import study_of

LENGTHS = (1, 2)


@dataclass(frozen=True)
class Pair:
    """Expression of the cell lines of both groups, ST first, and what is fixed in the comparison.

    Attributes
    ----------
    X : ndarray (n, p)
        Expression.
    labels, tissue : ndarray of str (n,)
        Group and tissue of each line.
    genes : Index
        The p genes.
    markers : list of str
        Genes whose regulatory effects are compared.
    lam1 : float
        Penalty of both networks.
    edge : tuple of str or None
        The edge that the paper names, reported even where it is in neither network.
    """

    X: np.ndarray
    labels: np.ndarray
    tissue: np.ndarray
    genes: pd.Index
    markers: list
    lam1: float
    edge: tuple | None = None

    @classmethod
    def of(cls, cohort, groups, genes, markers, lam1):
        """Return the pair of a cohort's groups; markers that are not among the genes are left out."""
        lines = groups.lines["ST"].append(groups.lines["RS"])
        labels = np.repeat(GROUPS, [len(groups.lines[group]) for group in GROUPS])
        tissue = cohort.annotation.loc[lines, "tissue"].to_numpy(str)
        X = np.ascontiguousarray(cohort.expression.loc[lines, genes].to_numpy())
        genes = pd.Index(genes)
        inside = [marker for marker in markers if marker in genes]
        return cls(X, labels, tissue, genes, inside, lam1, study_of(cohort).edge)

    @property
    def sizes(self):
        """Numbers of cell lines of ST and of RS."""
        return [int(np.sum(self.labels == group)) for group in GROUPS]

    def quantities(self, labels):
        """Return the `quantities` of both groups under given labels."""
        lines = [labels == group for group in GROUPS]
        networks = [own_network(self.X[own], self.lam1, start=self.start) for own in lines]
        activity = [self.activity[own].mean(axis=0) for own in lines]
        return quantities_given(networks, activity, self.at)

    def differences(self, labels):
        """Return ST minus RS of every quantity under given labels."""
        st, rs = self.quantities(labels)
        return st - rs

    def resampled(self, rows):
        """Return the quantities of ST, then of RS, on resampled rows."""
        parts = np.split(self.X[rows], [self.sizes[0]])
        return quantities([own_network(part, self.lam1) for part in parts], parts, self.at).ravel()

    def debiased(self, observed):
        """Return the `desparsified` coefficients of both groups, given their `quantities`."""
        p = len(self.genes)
        networks = observed[:, : p * p].reshape(2, p, p)
        return [desparsified(self.X[self.labels == g], B) for g, B in zip(GROUPS, networks)]

    @cached_property
    def at(self):
        """Positions of the markers among the genes."""
        return self.genes.get_indexer(self.markers)

    @cached_property
    def activity(self):
        """Absolute expression (n, p), standardised over both groups, whatever the labels are."""
        return np.abs(standardised(self.X))

    @cached_property
    def start(self):
        """Network of both groups together, close to that of any labels and the same for all."""
        return own_network(self.X, self.lam1)

    @property
    def families(self):
        """Kind of each quantity: 0 edge, 1 degree, 2 and 3 effects along one and up to two edges."""
        p, m = len(self.genes), len(self.markers)
        lengths = np.tile(np.arange(2, 2 + len(LENGTHS)), m * len(SIDES))
        return np.concatenate((np.zeros(p * p, int), np.ones(p, int), lengths))


def quantities(networks, parts, at):
    """Return edges, degrees and mean regulatory effects of both groups.

    Parameters
    ----------
    networks, parts : sequence of ndarray
        Networks (p, p) of ST and RS, and expression (n, p) of their lines.
    at : ndarray of int (m,)
        Positions of the markers.

    Returns
    -------
    ndarray (2, p * p + p + m * 4)
        One row per group: coefficients (regulator by regulator), degrees, and for each marker,
        side and length the mean over the group's lines of the effect as in
        `effects.regulatory_effects`.
    """
    return quantities_given(networks, mean_activity(parts), at)


def mean_activity(parts):
    """Return each group's mean absolute expression (p,), standardised over both groups."""
    together = np.abs(standardised(np.concatenate(parts)))
    return [part.mean(axis=0) for part in np.split(together, [len(parts[0])])]


def quantities_given(networks, activity, at):
    """Return the `quantities` of networks (p, p), given the `mean_activity` of both groups."""
    rows = []
    for B, mean in zip(networks, activity):
        effects = np.empty((len(at), len(SIDES), len(LENGTHS)))
        for number, length in enumerate(LENGTHS):
            S = np.abs(path_strength(B, length))
            effects[:, 0, number] = mean[at] * S[at].sum(axis=1)
            effects[:, 1, number] = mean @ S[:, at]
        rows.append(np.concatenate((B.ravel(), matrix_degrees(B), effects.ravel())))
    return np.array(rows)


def names(pair):
    """Return a table with one row per quantity: kind, regulator, target, gene, side, length."""
    genes, p = pair.genes, len(pair.genes)
    edges = pd.DataFrame({"regulator": np.repeat(genes, p), "target": np.tile(genes, p)})
    effects = list(itertools.product(pair.markers, SIDES, LENGTHS))
    tables = {
        "edge": edges,
        "degree": pd.DataFrame({"gene": genes}),
        "effect": pd.DataFrame(effects, columns=["gene", "side", "length"]),
    }
    kinds = [table.assign(kind=kind) for kind, table in tables.items()]
    columns = ["kind", "regulator", "target", "gene", "side", "length"]
    return pd.concat(kinds, ignore_index=True)[columns]


def with_intervals(table, observed, draws, debiased):
    """Add ST, RS and difference with 95% intervals, and the share of resamples in which each is 0.

    What an interval is for depends on the kind, because resampling does not show how far a penalty
    shrinks a coefficient. An edge's is for the coefficient of the population's least-squares
    regression; it belongs to the columns "debiased ST", "debiased RS" and "debiased difference".
    A degree's or an effect's is for the penalised quantity: what the same estimator with the same
    lam1 would give with any number of cell lines. Those of single groups are cut at 0.

    Parameters
    ----------
    table : DataFrame
        Of `names`, k rows.
    observed : ndarray (2, k)
        Quantities of ST and RS.
    draws : ndarray (n, 2, k)
        The same of n resamples.
    debiased : sequence of Estimate (p, p)
        Coefficients of ST and RS of `solvers.desparsified`.
    """
    edge, columns = (table["kind"] == "edge").to_numpy(), {}
    estimates = (*debiased, debiased[0].minus(debiased[1]))
    values = (*observed, observed[0] - observed[1])
    resampled = (draws[:, 0], draws[:, 1], draws[:, 0] - draws[:, 1])
    for name, estimate, value, drawn in zip((*GROUPS, "difference"), estimates, values, resampled):
        in_group = name in GROUPS
        low, high = corrected_interval(value, drawn, least=0.0 if in_group else -np.inf)
        unshrunk = np.full(len(table), np.nan)
        unshrunk[edge] = estimate.value.ravel()
        low[edge], high[edge] = (ends.ravel() for ends in estimate.interval())
        suffix = f" {name}" if in_group else ""
        columns |= {name: value, f"debiased {name}": unshrunk}
        columns |= {f"low{suffix}": low, f"high{suffix}": high}
        if in_group:
            columns[f"zero {name}"] = np.mean(drawn == 0.0, axis=0)
    return table.assign(**columns)


def compare(pair, sizes, seed, engine=None, advance=None):
    """Test every difference between both groups of a `Pair` and compute its interval.

    `advance` is called once for each of the ``sizes.pairs`` pairs of networks.

    Returns
    -------
    edges : DataFrame
        One row per ordered pair of genes with an edge in ST or RS, and always one for the paper's
        edge: regulator, target; the penalised coefficients ST, RS and difference; "debiased ST",
        "debiased RS" and "debiased difference" with their intervals ("low ST", "high ST", ...,
        "low" and "high" of the difference; see `with_intervals`); "zero ST" and "zero RS" (share of resamples without the edge); p (labels exchanged
        within tissues); q (Benjamini and Hochberg over all ordered pairs); p family (probability
        of any false edge); p any tissue (labels exchanged regardless of tissue, with
        ``sizes.further_permutations``).
    degrees : DataFrame
        The same for each gene, with intervals of the penalised degrees in place of the debiased
        columns, ranks in both groups, and "hub ST" and "hub RS": share of
        resamples in which its degree is in the first tenth.
    effects : DataFrame
        The same for each marker, side and length.
    """
    anywhere = np.zeros(len(pair.X))
    inside, free = (
        permutation_test(
            pair.differences, pair.labels, strata, pair.families, n, number, engine, advance
        )
        for strata, n, number in (
            (pair.tissue, sizes.permutations, seed),
            (anywhere, sizes.further_permutations, seed + 1),
        )
    )
    observed = pair.quantities(pair.labels)
    draws = draw(pair.resampled, pair.sizes, sizes.resamples, seed + 2, engine, advance)
    draws = draws.reshape(len(draws), *observed.shape)
    table = with_intervals(names(pair), observed, draws, pair.debiased(observed)).assign(
        **{"p": inside.p, "p family": inside.p_family, "p any tissue": free.p},
        **{"p above": inside.p_above, "p below": inside.p_below},
    )
    table = table[table["regulator"].isna() | (table["regulator"] != table["target"])]
    table["q"] = table.groupby("kind")["p"].transform(false_discovery_control)
    parts = {
        kind: part.drop(columns="kind").dropna(axis=1, how="all").reset_index(drop=True)
        for kind, part in table.groupby("kind", sort=False)
    }
    edges = parts["edge"]
    present = (edges["ST"] != 0) | (edges["RS"] != 0)
    edges = edges[present | is_named_edge(edges, pair.edge)].reset_index(drop=True)
    effects = parts.get("effect", table[:0].drop(columns=["kind", "regulator", "target"]))
    effects = effects.rename(columns={"gene": "marker"}).astype({"length": int})
    return edges, _with_hubs(parts["degree"], draws, len(pair.genes)), effects


def _with_hubs(degrees, draws, p):
    """Add the rank of each gene's degree and the share of resamples in which it is a hub."""
    most = max(1, round(HUB_SHARE * p))
    for number, group in enumerate(GROUPS):
        degrees[f"rank {group}"] = rankdata(-degrees[group], "min").astype(int)
        rank = rankdata(-draws[:, number, p * p : p * p + p], "min", axis=1)
        degrees[f"hub {group}"] = np.mean(rank <= most, axis=0)
    return degrees
