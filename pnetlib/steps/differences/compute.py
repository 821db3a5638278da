"""Differences between ST and RS, each with a test and an interval: edges, degrees, effects.

Both networks are estimated anew in every permutation and every resample, so that, unlike the test
of notebook 05, these carry the networks' own uncertainty. Held fixed are lam1, the genes and the
lines that form the groups. The regulatory effect of a marker is its mean over the group's lines.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, rankdata

from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.solvers.columns import Columns, matrix_degrees
from pnetlib.solvers.network import solve_network
from pnetlib.solvers.shared import standardised
from pnetlib.stats.bootstrap import corrected_interval, draw
from pnetlib.stats.permutation import permutation_test
from pnetlib.steps.effects.compute import SIDES, path_strength
from pnetlib.steps.networks.compute import GROUPS, HUB_SHARE

GAP_TOL = 1e-6
LENGTHS = (1, 2)
LEVEL = 0.05


@dataclass(frozen=True)
class Effort:
    """How many permutations, and resamples, a profile draws; sizes of the groups compared."""

    permutations: int
    resamples: int
    sizes: tuple
    size_resamples: int


EFFORTS = {
    "smoke": Effort(99, 60, (20, 40), 10),
    "standard": Effort(1999, 1000, (60, 70, 80, 95, 110, 120, 130), 100),
    "paper": Effort(9999, 4000, tuple(range(60, 131, 5)), 400),
}


@dataclass(frozen=True)
class Pair:
    """Expression of both groups' lines, ST first, with what the comparison takes as given.

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
    """

    X: np.ndarray
    labels: np.ndarray
    tissue: np.ndarray
    genes: pd.Index
    markers: list
    lam1: float

    @classmethod
    def of(cls, cohort, groups, genes, markers, lam1):
        """The lines of both groups of a cohort; markers outside the genes are left out."""
        lines = groups.lines["ST"].append(groups.lines["RS"])
        labels = np.repeat(GROUPS, [len(groups.lines[group]) for group in GROUPS])
        tissue = cohort.annotation.loc[lines, "tissue"].to_numpy(str)
        X = np.ascontiguousarray(cohort.expression.loc[lines, genes].to_numpy())
        genes = pd.Index(genes)
        return cls(X, labels, tissue, genes, [m for m in markers if m in genes], lam1)

    @property
    def sizes(self):
        """Lines of ST and of RS."""
        return [int(np.sum(self.labels == group)) for group in GROUPS]

    def quantities(self, labels):
        """The quantities of both groups as `quantities` returns them, under other labels."""
        parts = [self.X[labels == group] for group in GROUPS]
        return quantities([own_network(part, self.lam1) for part in parts], parts, self.at)

    def differences(self, labels):
        """ST less RS of every quantity, under other labels."""
        st, rs = self.quantities(labels)
        return st - rs

    def resampled(self, rows):
        """The quantities of both groups, one after the other, on rows drawn again."""
        parts = np.split(self.X[rows], [self.sizes[0]])
        return quantities([own_network(part, self.lam1) for part in parts], parts, self.at).ravel()

    @property
    def at(self):
        """Places of the markers among the genes."""
        return self.genes.get_indexer(self.markers)

    @property
    def families(self):
        """Kind of each quantity: 0 edge, 1 degree, 2 and 3 effects over one and two edges."""
        p, m = len(self.genes), len(self.markers)
        lengths = np.tile(np.arange(2, 2 + len(LENGTHS)), m * len(SIDES))
        return np.concatenate((np.zeros(p * p, int), np.ones(p, int), lengths))


def own_network(X, lam1):
    """Network of a group on its own standardised lines, dense, regulators x targets."""
    X = standardised(X)
    columns, _ = solve_network(
        X.T @ X / len(X),
        np.full(X.shape[1], 0.5 * lam1),
        0.0,
        Columns.empty(X.shape[1]),
        GAP_TOL,
        n_jobs=1,
    )
    return columns.matrix().toarray()


def quantities(networks, parts, at):
    """Edges, degrees and mean regulatory effects of both groups.

    Parameters
    ----------
    networks : sequence of ndarray (p, p)
        Of ST and RS.
    parts : sequence of ndarray (n, p)
        Expression of their lines.
    at : ndarray of int (m,)
        Places of the markers.

    Returns
    -------
    ndarray (2, p * p + p + m * 4)
        A row a group: coefficients (regulator by regulator), degrees, and by marker, side and
        length the mean over the group's lines of the effect as in `effects.regulatory_effects`.
    """
    together = np.abs(standardised(np.concatenate(parts)))
    activity = [part.mean(axis=0) for part in np.split(together, [len(parts[0])])]
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
    """A table with a row for each quantity: kind, regulator, target, gene, side, length."""
    genes, p = pair.genes, len(pair.genes)
    edges = pd.DataFrame(
        {"kind": "edge", "regulator": np.repeat(genes, p), "target": np.tile(genes, p)}
    )
    degrees = pd.DataFrame({"kind": "degree", "gene": genes})
    effects = pd.DataFrame(
        [
            ("effect", marker, side, length)
            for marker in pair.markers
            for side in SIDES
            for length in LENGTHS
        ],
        columns=["kind", "gene", "side", "length"],
    )
    return pd.concat([edges, degrees, effects], ignore_index=True)


def with_intervals(table, observed, draws):
    """Add ST, RS and difference with their intervals and the shares of resamples without any.

    `observed` is (2, k) and `draws` (n, 2, k); sizes below 0 are cut off except for edges.
    """
    signed = (table["kind"] == "edge").to_numpy()
    columns = {}
    for number, group in enumerate(GROUPS):
        low, high = corrected_interval(observed[number], draws[:, number])
        columns |= {
            group: observed[number],
            f"low {group}": np.where(signed, low, np.maximum(low, 0.0)),
            f"high {group}": np.where(signed, high, np.maximum(high, 0.0)),
            f"zero {group}": np.mean(draws[:, number] == 0.0, axis=0),
        }
    low, high = corrected_interval(observed[0] - observed[1], draws[:, 0] - draws[:, 1])
    columns |= {"difference": observed[0] - observed[1], "low": low, "high": high}
    return table.assign(**columns)


def compare(pair, effort, seed, n_jobs=None, advance=None):
    """Test every difference and give it an interval.

    Parameters
    ----------
    pair : Pair
    effort : Effort
    seed : int
        Seed of permutations and resamples.
    n_jobs : int, optional
        Networks estimated at the same time; the result does not depend on it.
    advance : callable, optional
        Called after each of the ``2 permutations + resamples`` parts.

    Returns
    -------
    edges : DataFrame
        A row for each ordered pair of genes with an edge in ST or RS, and for the paper's edge
        even without: regulator, target; ST, RS and difference with intervals ("low", "high",
        "low ST", ...), "zero ST" and "zero RS" (the share of resamples without the edge), p
        (labels exchanged within tissues), q (Benjamini and Hochberg over all ordered pairs), p
        family (chance of any false edge), p any tissue (exchanged regardless).
    degrees : DataFrame
        The same for each gene, with ranks in both groups and "hub ST", "hub RS": the share of
        resamples in which the gene is among the first tenth.
    effects : DataFrame
        The same for each marker, side and length.
    """
    n = effort.permutations
    inside, free = (
        permutation_test(
            pair.differences, pair.labels, strata, pair.families, n, seed + shift, n_jobs, advance
        )
        for shift, strata in ((0, pair.tissue), (1, np.zeros(len(pair.X))))
    )
    observed = pair.quantities(pair.labels)
    draws = draw(pair.resampled, pair.sizes, effort.resamples, seed + 2, n_jobs, advance)
    draws = draws.reshape(len(draws), *observed.shape)
    table = with_intervals(names(pair), observed, draws).assign(
        **{"p": inside.p, "p family": inside.p_family, "p any tissue": free.p}
    )
    table = table[table["regulator"].isna() | (table["regulator"] != table["target"])]
    table["q"] = table.groupby("kind")["p"].transform(false_discovery_control)
    parts = {
        kind: part.drop(columns="kind").dropna(axis=1, how="all").reset_index(drop=True)
        for kind, part in table.groupby("kind", sort=False)
    }
    edges = parts["edge"]
    there = (edges["ST"] != 0) | (edges["RS"] != 0)
    named = (edges["regulator"] == NAMED_EDGE[0]) & (edges["target"] == NAMED_EDGE[1])
    edges = edges[there | named].reset_index(drop=True)
    effects = parts.get("effect", table[:0].drop(columns=["kind", "regulator", "target"]))
    effects = effects.rename(columns={"gene": "marker"}).astype({"length": int})
    return edges, _with_hubs(parts["degree"], draws, len(pair.genes)), effects


def _with_hubs(degrees, draws, p):
    """Add the rank of each gene's degree and how often it is a hub."""
    most = max(1, round(HUB_SHARE * p))
    for number, group in enumerate(GROUPS):
        degrees[f"rank {group}"] = rankdata(-degrees[group], "min").astype(int)
        rank = rankdata(-draws[:, number, p * p : p * p + p], "min", axis=1)
        degrees[f"hub {group}"] = np.mean(rank <= most, axis=0)
    return degrees


def numbers(pair, tissues, edges, degrees, effects, sensitivity, effort):
    """The numbers of notebook 09.

    Returns
    -------
    dict
        ``edges`` (those at a marker), ``degrees`` (by marker), ``effects`` and ``sensitivity``
        with keys such as ``low_ST`` for the columns of `compare`; ``found`` by kind: how many have
        q, p, p family or p any tissue below 0.05, and ``tested`` how many were tested;
        ``any_false`` the edges with p family below 0.05; ``lines`` in all and exchangeable.
    """
    free = tissues[tissues["exchangeable"]]
    p = len(pair.genes)
    at_markers = degrees[degrees["gene"].isin(pair.markers)]
    at_marker = edges["regulator"].isin(pair.markers) | edges["target"].isin(pair.markers)
    return {
        "permutations": effort.permutations,
        "resamples": effort.resamples,
        "lam1": pair.lam1,
        "genes": list(pair.genes),
        "markers": pair.markers,
        "lines": {
            "all": dict(zip(GROUPS, pair.sizes)),
            "exchangeable": {group: int(free[group].sum()) for group in GROUPS},
            "tissues": len(tissues),
            "tissues exchangeable": len(free),
        },
        "tested": {"edges": p * (p - 1), "degrees": p, "effects": len(effects)},
        "found": {
            name: {
                "q": int((table["q"] < LEVEL).sum()),
                "p": int((table["p"] < LEVEL).sum()),
                "family": int((table["p family"] < LEVEL).sum()),
                "p_any_tissue": int((table["p any tissue"] < LEVEL).sum()),
            }
            for name, table in (("edges", edges), ("degrees", degrees), ("effects", effects))
        },
        "any_false": [
            f"{row.regulator} to {row.target}"
            for row in edges[edges["p family"] < LEVEL].itertuples()
        ],
        "edges": [_keys(row) for row in edges[at_marker].to_dict("records")],
        "degrees": {row["gene"]: _keys(row) for row in at_markers.to_dict("records")},
        "effects": [_keys(row) for row in effects.to_dict("records")],
        "sensitivity": [_keys(row) for row in sensitivity.to_dict("records")],
    }


def _keys(row):
    return {key.replace(" ", "_"): value for key, value in row.items()}


def named_roles(genes):
    """Sensitivity and resistance markers among the genes, with the group of larger effects."""
    expected = {"sensitivity": "ST", "resistance": "RS"}
    return [
        (gene, marker.role, expected[marker.role])
        for gene, marker in MARKERS.items()
        if marker.role in expected and gene in genes
    ]
