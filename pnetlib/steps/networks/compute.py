"""Figure 4: networks of the markers in sensitive (ST) and in resistant (RS) cell lines.

The paper's rules for the groups and their networks are not available to this project. Its own choice:
ST are the cell lines whose largest z-score over all drugs is smallest, RS those whose
smallest z-score is largest, the same number of each. Both networks are elastic nets over the same
genes with the same lam1, the one with the smallest mean error on held-out lines of both groups.
"""

from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd
from sklearn.model_selection import KFold

from pnetlib.datasets.cohort import UNKNOWN
from pnetlib.errors import DataError, UsageError
from pnetlib.estimators.network import ElasticNetwork
from pnetlib.execution.threads import one_blas_thread
from pnetlib.paper.markers import NAMED_EDGE
from pnetlib.solvers.network import solve_dense
from pnetlib.solvers.shared import standardised
from pnetlib.steps.markers.compute import common_markers, default_top, mean_ranks
from pnetlib.steps.study import study_of
from pnetlib.words import counted

GROUPS = ("ST", "RS")
FOLDS = 5  # of the lines of each group, on which lam1 is chosen
RULES = ("extreme", "mean", "quantile")  # by which lines are sorted into groups
FEWEST = 5  # genes in place of markers where there are none
HUB_SHARE = 0.1  # our choice: hubs are the first tenth of the genes by degree
FRACTIONS = np.geomspace(0.7, 0.05, 12)
NETWORK_GAP_TOL = 1e-6  # tighter than for choosing lambdas: a weak edge decides a test


def is_named_edge(edges, edge=NAMED_EDGE):
    """Say which rows of a table with columns regulator and target are an edge; none of them for None.

    By default it is the edge that the paper names.
    """
    regulator, target = edge or (None, None)
    return (edges["regulator"] == regulator) & (edges["target"] == target)


@dataclass(frozen=True)
class Groups:
    """Sensitive and resistant cell lines and the cuts between them.

    Attributes
    ----------
    lines : dict
        "ST" and "RS" to an Index of cell lines.
    cuts : dict
        "ST": largest z-score of any of its lines and drugs; "RS": smallest.
    complete : int
        Number of lines measured with all drugs.
    """

    lines: dict
    cuts: dict
    complete: int


def group_rows(values, rule, size):
    """Return the rows of the sensitive and of the resistant lines, or None if they cannot be formed.

    Parameters
    ----------
    values : ndarray (n, n_drugs)
        Responses; lines without all of them belong to no group.
    rule : {"extreme", "mean", "quantile"}
        What sorts the lines: their largest (smallest) response, their mean response, or their
        largest (smallest) rank among the lines of a drug.
    size : int
        Lines per group.
    """
    rows = np.flatnonzero(~np.isnan(values).any(axis=1))
    if 2 * size > len(rows):
        return None
    z = values[rows]
    if rule == "quantile":
        z = pd.DataFrame(z).rank().to_numpy()
    worst, best = (z.mean(axis=1),) * 2 if rule == "mean" else (z.max(axis=1), z.min(axis=1))
    ST = rows[np.argsort(worst, kind="stable")[:size]]
    RS = rows[np.argsort(-best, kind="stable")[:size]]
    return None if np.intersect1d(ST, RS).size else (ST, RS)


def split_groups(cohort, size, drugs=None, rule="extreme"):
    """Return the `size` lines most sensitive, and most resistant, to all drugs at once.

    `rule` is as for `group_rows`.

    Raises
    ------
    DataError
        If there are too few lines measured with all drugs, or a line would be in both groups.
    UsageError
        If the rule is unknown.
    """
    if rule not in RULES:
        raise UsageError(f"groups is {rule!r}, but must be one of {', '.join(RULES)}.")
    lines = cohort.complete_lines(drugs)
    drugs = list(cohort.response.columns) if drugs is None else list(drugs)
    z = cohort.response.loc[lines, drugs]
    if 2 * size > len(lines):
        raise DataError(
            f"group_size {size} needs {2 * size} cell lines measured with all drugs, but there "
            f"are {len(lines)}; choose a smaller group_size."
        )
    if rule != RULES[0]:
        return _by_rule(z, rule, size)
    worst = z.max(axis=1).sort_values(kind="stable")
    best = z.min(axis=1).sort_values(ascending=False, kind="stable")
    chosen = {"ST": worst.index[:size], "RS": best.index[:size]}
    both = chosen["ST"].intersection(chosen["RS"])
    if len(both):
        raise DataError(
            f"group_size {size} would make {counted(len(both), 'cell line')}, such as {both[0]}, both "
            "sensitive and resistant; choose a smaller group_size."
        )
    cuts = {"ST": float(worst.iloc[size - 1]), "RS": float(best.iloc[size - 1])}
    return Groups(chosen, cuts, len(lines))


def require_folds(size):
    """Raise `DataError` if groups have too few lines for the folds on which lam1 is chosen."""
    if size < FOLDS:
        raise DataError(
            f"group_size {size} is too small: the networks of groups need at least {FOLDS} lines each; "
            "take more cell lines, or a larger group_size."
        )


def fitting_size(cohort, most, rule="extreme"):
    """Return the largest number of lines per group, at most `most`, with which no line is in both."""
    values = cohort.response.to_numpy()
    sizes = range(most, 0, -1)
    return next((size for size in sizes if group_rows(values, rule, size)), most)


def _by_rule(z, rule, size):
    """Return the `Groups` of complete responses under another rule than the first."""
    found = group_rows(z.to_numpy(), rule, size)
    if found is None:
        raise DataError(
            f"group_size {size} cannot be formed by the rule {rule!r}; choose a smaller group_size."
        )
    lines = dict(zip(GROUPS, (z.index[rows] for rows in found)))
    sorted_by = z.mean(axis=1) if rule == "mean" else z
    ends = {group: sorted_by.loc[own].to_numpy() for group, own in lines.items()}
    return Groups(lines, {"ST": float(ends["ST"].max()), "RS": float(ends["RS"].min())}, len(z))


def neighbourhood(cohort, genes, markers, n_neighbours, lam1, n_jobs=None):
    """Return the markers and the genes most strongly linked to them in the network of all lines.

    The link of a gene is the sum of |B| over the edges between it and any marker. Markers need
    not be among `genes`.

    Returns
    -------
    Index
        Markers first, then neighbours by falling link.
    """
    markers = [marker for marker in markers if marker in cohort.expression.columns]
    genes = pd.Index(genes).union(pd.Index(markers), sort=False)
    X = cohort.expression[genes]
    size = abs(ElasticNetwork(lam1, n_jobs=n_jobs).fit(X).B_)
    at = genes.get_indexer(markers)
    link = pd.Series(size[at].sum(axis=0) + size[:, at].sum(axis=1), genes).drop(markers)
    link = link[link > 0].sort_values(ascending=False, kind="stable")
    return pd.Index(markers).append(link.index[:n_neighbours])


def network_errors(cohort, groups, genes, seed, n_folds=FOLDS):
    """Return the cross-validated error of both groups' networks along lam1.

    Returns
    -------
    DataFrame
        Index lam1; columns ST, RS: mean squared error of predicting a gene from the others in
        held-out lines, divided by its variance in the training lines and averaged over genes.
    """
    require_folds(min(map(len, groups.lines.values())))
    table = pd.DataFrame(index=pd.Index(2.0 * FRACTIONS, name="lam1"))
    with one_blas_thread():
        for group in GROUPS:
            X = cohort.expression.loc[groups.lines[group], genes].to_numpy()
            folds = list(KFold(n_folds, shuffle=True, random_state=seed).split(X))
            errors = []
            for lam1 in table.index:
                model = ElasticNetwork(lam1, tol=1e-4, n_jobs=1)
                errors.append(np.mean([model.fit(X[a]).error(X[b]) for a, b in folds]))
            table[group] = errors
    return table


def fit_group_networks(cohort, groups, genes, lam1, n_jobs=None):
    """Return one ElasticNetwork per group, each fitted on its own standardised expression."""
    parts = {group: cohort.expression.loc[groups.lines[group], genes] for group in GROUPS}
    return {group: ElasticNetwork(lam1, n_jobs=n_jobs).fit(X) for group, X in parts.items()}


def own_network(X, lam1, targets=None, start=None):
    """Estimate the network of a group from its own lines, standardised; dense (p, p).

    `targets` (sequence of int) are the columns to estimate, by default all; the others are 0.
    `start` (p, p) is where the solver begins; the network is the same within its gap.
    """
    X = standardised(X)
    weights = np.full(X.shape[1], 0.5 * lam1)
    return solve_dense(X.T @ X / len(X), weights, 0.0, NETWORK_GAP_TOL, targets, start)


def edge_table(networks):
    """Return the edges of both groups side by side.

    Returns
    -------
    DataFrame
        Columns regulator, target, ST, RS (coefficients, 0 where absent) and
        presence ("both", "ST only", "RS only").
    """
    parts = [
        networks[g].edges().set_index(["regulator", "target"])["coefficient"].rename(g)
        for g in GROUPS
    ]
    table = pd.concat(parts, axis=1).fillna(0.0).sort_index().reset_index()
    both = (table["ST"] != 0) & (table["RS"] != 0)
    table["presence"] = np.where(both, "both", np.where(table["ST"] != 0, "ST only", "RS only"))
    return table


def degree_table(networks):
    """Return degree, degree rank and numbers of targets and regulators of every gene, by group.

    The degree is half the sum of the absolute coefficients of a gene's edges.
    """
    columns = {}
    for group in GROUPS:
        B = networks[group].B_
        columns[f"degree {group}"] = networks[group].degrees()
        index = columns[f"degree {group}"].index
        columns[f"targets {group}"] = pd.Series((B != 0).sum(axis=1), index)
        columns[f"regulators {group}"] = pd.Series((B != 0).sum(axis=0), index)
    table = pd.DataFrame(columns).rename_axis("gene")
    for group in GROUPS:
        rank = table[f"degree {group}"].rank(ascending=False, method="min")
        table[f"degree rank {group}"] = rank.astype(int)
    return table


def layout(edges, seed):
    """Return one position per gene from the union of both networks, so that drawings compare."""
    graph = nx.Graph()
    for row in edges.itertuples():
        graph.add_edge(row.regulator, row.target, weight=abs(row.ST) + abs(row.RS))
    return nx.spring_layout(graph, k=1.6 / np.sqrt(max(len(graph), 1)), iterations=300, seed=seed)


def line_table(cohort, groups):
    """Return the lines of both groups with their annotation and responses.

    The TCGA label is left out where no line has one, as in most tables of one's own.
    """
    table = cohort.annotation.join(cohort.response)
    if (cohort.annotation["tcga"] == UNKNOWN).all():
        table = table.drop(columns="tcga")
    parts = [table.loc[groups.lines[group]].assign(group=group) for group in GROUPS]
    return pd.concat(parts).rename_axis("line")


def network_genes(cohort, networks, n_neighbours, top=0, lam1=0.4, most=10, n_jobs=None):
    """Return the markers of the study and the common ones, and these with the genes linked to them.

    Where there are none, the `FEWEST` genes of best mean rank take their place.

    Parameters
    ----------
    cohort : Cohort
    networks : DrugNetworks
        Pro of each drug, from which the common markers are taken.
    n_neighbours : int
        Genes added to the markers.
    top : int
        Ranks that count for a common marker; 0 takes `default_top`.
    lam1 : float
        Penalty of the network of all lines in which neighbours are found.
    most : int
        Largest number of common markers taken.
    n_jobs : int, optional
        Threads of the network; the result does not depend on it.

    Returns
    -------
    list of str, Index
        The markers; the markers followed by their neighbours.
    """
    found = common_markers(networks, top or default_top(networks)).index[:most]
    known = [gene for gene in study_of(cohort).markers if gene in cohort.expression.columns]
    markers = list(dict.fromkeys([*known, *found])) or list(mean_ranks(networks).index[:FEWEST])
    genes = neighbourhood(cohort, networks.genes, markers, n_neighbours, lam1, n_jobs)
    return markers, genes


def edge_matrices(edges, genes):
    """Return both groups' networks, dense arrays of regulators x targets, from a table of edges."""
    matrices = {}
    for group in GROUPS:
        wide = edges.pivot(index="regulator", columns="target", values=group)
        matrices[group] = wide.reindex(index=genes, columns=genes).fillna(0.0).to_numpy()
    return matrices
