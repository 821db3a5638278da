"""Claims on the groups (C4 to C7) under every reading: edges, hubs and regulatory effects.

A reading of the groups is a way to split the lines, to estimate both networks and to choose their
penalty. The named edge is compared by the difference of its coefficients' sizes, and each quantity of a
gene by its contrast ``(ST - RS) / (ST + RS)``: 1 if it is in the sensitive lines alone, 0 if both
groups have the same, so that readings on different scales can stand in one curve. Responses are then exchanged between lines of the same tissue, the groups formed
anew and everything estimated again; lam1, where cross-validation or BIC chose it, is kept.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.solvers.columns import Columns, matrix_degrees
from pnetlib.solvers.joint import Penalties, fit_joint, start_state
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.network import solve_dense, solve_network
from pnetlib.solvers.paths import largest_lam3
from pnetlib.solvers.shared import fit_shared, standardised
from pnetlib.steps.differences.sensitivity import FRACTIONS as SHARED_FRACTIONS, shared_errors
from pnetlib.steps.multiverse.data import DATA, exchanged
from pnetlib.steps.multiverse.packed import WHOLE as WHOLE_NUMBER, pack
from pnetlib.steps.networks.compute import (
    FRACTIONS,
    GROUPS,
    HUB_SHARE,
    Groups,
    group_rows,
    neighbourhood,
    network_errors,
)

GENES = ("ANXA10", "ZNF165", "AKR1C3", "AKR1B10")  # that claims C5 to C7 name
SPLIT = (*DATA, "groups", "size", "network genes")
ESTIMATORS = ("own lines", "joint model", "shared part")
PENALTIES = ("cross-validation", "BIC", "equal edges")
HUBS = ("weights", "edges")
SUMS, STEPS, SCALES = (
    ("absolute", "signed", "mean"),
    ("one", "two"),
    ("both groups", "all lines", "raw"),
)
WHOLE = "all"  # network genes
# Of the joint model within a group; ours. lam3 relative to the smallest that leaves no effect.
JOINT_LAM3, JOINT_LAM4 = 0.1, 1.0
GAP, WIDE_GAP = 1e-5, 1e-4  # relative duality gaps, of few and of many genes
LARGEST_DENSE = 200  # genes above which only networks of a group's own lines are estimated
UNIT = 1 / WHOLE_NUMBER  # of stored contrasts


@dataclass(frozen=True, eq=False)
class Split:
    """Expression and responses from which groups are formed, and what is fixed for them.

    Attributes
    ----------
    X : ndarray (n, p)
        Expression of all lines.
    values : ndarray (n, n_drugs)
        Responses.
    rule, size
        As `group_rows` takes them.
    genes : Index
    """

    X: np.ndarray
    values: np.ndarray
    rule: str
    size: int
    genes: pd.Index

    @cached_property
    def at(self):
        """Positions of `GENES`; -1 for a gene that is not there."""
        return self.genes.get_indexer(GENES)

    @cached_property
    def edge(self):
        """Positions of the regulator and the target of the named edge; -1 where not there."""
        return self.genes.get_indexer(NAMED_EDGE)

    @cached_property
    def scaled(self):
        """Expression standardised over all lines."""
        return standardised(self.X)

    def groups(self, rows):
        """Return the rows of both groups and of the complete lines of neither, after an exchange."""
        values = self.values[rows]
        found = group_rows(values, self.rule, self.size)
        if found is None:
            return None
        complete = np.flatnonzero(~np.isnan(values).any(axis=1))
        rest = np.setdiff1d(complete, np.concatenate(found))
        return *found, rest, values


# Networks -----------------------------------------------------------------------------------


def own(X, lam1, start=None):
    """Return the network (p, p) of one group's standardised lines."""
    G, weights = X.T @ X / len(X), np.full(X.shape[1], 0.5 * lam1)
    if len(G) <= LARGEST_DENSE:
        return solve_dense(G, weights, 0.0, GAP, None, start)
    columns, _ = solve_network(G, weights, 0.0, Columns.empty(len(G)), WIDE_GAP, n_jobs=1)
    return columns.matrix().toarray()


def moments_of(Z, z):
    """Return the `Moments` of one group's standardised lines Z (n, p) and their mean response."""
    n, p = Z.shape
    centred = z - z.mean()
    G = np.ascontiguousarray(Z.T @ Z / n)
    g, zz = Z.T @ centred / n, float(centred @ centred / n)
    return Moments(n, np.zeros(p), np.ones(p), G, float(z.mean()), g, zz, np.diag(G).copy())


def joint(moments, lam1):
    """Return the network (p, p) of the joint model within one group."""
    state = start_state(moments, Penalties(lam1), GAP, 1)
    pen = Penalties(lam1, 0.0, JOINT_LAM3 * largest_lam3(moments, state), JOINT_LAM4)
    fit_joint(moments, pen, state, tol=1e-4, gap_tol=GAP, max_iter=20, n_jobs=1)
    return state.B.matrix().toarray()


def n_edges(B):
    """Return the number of edges of a dense network."""
    return int(np.count_nonzero(B))


def with_edges(fit, lam1s, wanted):
    """Return the lam1 whose network has the number of edges nearest to that wanted.

    `fit` returns the network of a lam1 from a warm start; `lam1s` fall, and the first whose network
    has as many edges ends the path.
    """
    before, B = None, None
    for lam1 in lam1s:
        B = fit(lam1, B)
        apart = abs(n_edges(B) - wanted)
        if n_edges(B) >= wanted:
            return (lam1, B) if before is None or apart <= before[0] else before[1:]
        before = apart, lam1, B
    return before[1:]


@dataclass(frozen=True)
class Chosen:
    """lam1 of the networks of a split by rule, and the number of edges wanted where it is equal."""

    own: dict
    shared: dict
    edges: int
    shared_edges: int


def choose_penalties(split, groups, cohort, seed):
    """Return the `Chosen` lam1 of both kinds of networks under the observed groups."""
    ST, RS, rest, _ = groups
    parts = [split.X[ST], split.X[RS]]
    lines = {g: cohort.expression.index[rows] for g, rows in zip(GROUPS, (ST, RS))}
    errors = network_errors(cohort, Groups(lines, {}, 0), split.genes, seed)
    lam_cv = float(errors.mean(axis=1).idxmin())
    Z = [standardised(part) for part in parts]
    by_bic, edges = np.zeros(len(FRACTIONS)), 0
    for z in Z:
        B = None
        for k, fraction in enumerate(FRACTIONS):
            B = own(z, 2.0 * fraction, B)
            by_bic[k] += network_bic(z, B)
            edges += n_edges(B) if 2.0 * fraction == lam_cv else 0
    found = {PENALTIES[0]: lam_cv, PENALTIES[1]: float(2.0 * FRACTIONS[np.argmin(by_bic)])}
    if len(split.genes) > LARGEST_DENSE:
        return Chosen(found, {}, round(edges / 2), 0)
    shared = shared_errors(parts, split.X[rest], seed)
    lam_cv = float(shared.mean(axis=1).idxmin())
    by_bic, shared_edges = [], 0
    for lam1 in shared.index:
        networks = fit_shared(parts, split.X[rest], lam1, 1e-4)[1]
        by_bic.append(sum(network_bic(z, B) for z, B in zip(Z, networks)))
        shared_edges += sum(map(n_edges, networks)) if lam1 == lam_cv else 0
    of_shared = {PENALTIES[0]: lam_cv, PENALTIES[1]: float(shared.index[np.argmin(by_bic)])}
    return Chosen(found, of_shared, round(edges / 2), round(shared_edges / 2))


def network_bic(Z, B):
    """Return BIC of a dense network of standardised lines Z (n, p), summed over its targets."""
    n = len(Z)
    errors = np.maximum(np.mean((Z - Z @ B) ** 2, axis=0), 1e-12)
    return float(np.sum(n * np.log(errors) + np.log(n) * np.count_nonzero(B, axis=0)))


def networks(split, groups, chosen):
    """Yield (estimator, penalty) and the networks of ST and RS for every way to estimate them."""
    ST, RS, rest, values = groups
    parts = [split.X[ST], split.X[RS]]
    Z = [standardised(part) for part in parts]
    lam1s = {penalty: (lam1, lam1) for penalty, lam1 in chosen.own.items()}
    found = {}
    for penalty, (lam1, _) in lam1s.items():
        found[penalty] = [own(z, lam1) for z in Z]
    if len(split.genes) > LARGEST_DENSE:
        yield from (((ESTIMATORS[0], penalty), pair) for penalty, pair in found.items())
        return
    equal = [
        with_edges(lambda lam1, B, z=z: own(z, lam1, B), 2.0 * FRACTIONS, chosen.edges) for z in Z
    ]
    lam1s[PENALTIES[2]] = tuple(lam1 for lam1, _ in equal)
    found[PENALTIES[2]] = [B for _, B in equal]
    for penalty, pair in found.items():
        yield (ESTIMATORS[0], penalty), pair
    moments = [moments_of(z, values[rows].mean(axis=1)) for z, rows in zip(Z, (ST, RS))]
    fitted = [
        {lam1: joint(m, lam1) for lam1 in set(own)} for m, own in zip(moments, zip(*lam1s.values()))
    ]
    for penalty, pair in lam1s.items():
        yield (ESTIMATORS[1], penalty), [found[lam1] for found, lam1 in zip(fitted, pair)]
    for penalty, lam1 in chosen.shared.items():
        yield (ESTIMATORS[2], penalty), fit_shared(parts, split.X[rest], lam1, 1e-4)[1]
    both = {}

    def of_group(k):
        def fit(lam1, _):
            if lam1 not in both:
                both[lam1] = fit_shared(parts, split.X[rest], lam1, 1e-4)[1]
            return both[lam1][k]

        return fit

    path = 2.0 * SHARED_FRACTIONS[::2]
    yield (
        (ESTIMATORS[2], PENALTIES[2]),
        [with_edges(of_group(k), path, chosen.shared_edges)[1] for k in range(2)],
    )


# Quantities ---------------------------------------------------------------------------------


def quantities(split, groups, pair):
    """Return the sizes of the named edge, degrees and effects in both groups, (2, 9 + 144).

    First the edge; then for each of `HUBS` the degrees of `GENES`; then their effects by side,
    steps, sum and scale. NaN for a gene that is not there.
    """
    ST, RS, *_ = groups
    both = np.concatenate((ST, RS))
    together = standardised(split.X[both])
    regulator, target = split.edge
    known, at = split.at >= 0, np.maximum(split.at, 0)
    rows = []
    for B, own_rows, inside in zip(pair, (ST, RS), np.split(together, [len(ST)])):
        edge = abs(B[regulator, target]) if min(regulator, target) >= 0 else np.nan
        count = np.count_nonzero(B, axis=0) + np.count_nonzero(B, axis=1)
        hubs = np.where(known, [matrix_degrees(B)[at], count[at]], np.nan)
        scales = (inside, split.scaled[own_rows], split.X[own_rows])
        effects = np.where(known, effects_of(B, at, scales), np.nan)
        rows.append(np.concatenate(([edge], hubs.ravel(), effects.ravel())))
    return np.array(rows)


def effects_of(B, at, scales):
    """Return mean regulatory effects (2 sides, 2 steps, 3 sums, 3 scales, m) of genes `at`.

    `scales` are the expression (n, p) of the group's lines on each of `SCALES`.
    """
    found = np.empty((2, len(STEPS), len(SUMS), len(SCALES), len(at)))
    sizes = [np.abs(X).mean(axis=0) for X in scales]
    for k, (out, into) in enumerate(strengths(B, at)):
        ahead, behind = np.abs(out).sum(axis=1), np.abs(into)
        number = np.maximum(np.count_nonzero(out, axis=1), 1)
        for j, (X, mean) in enumerate(zip(scales, sizes)):
            total = mean @ behind
            found[0, k, :, j] = mean[at] * np.array(
                (ahead, np.abs(out.sum(axis=1)), ahead / number)
            )
            found[1, k, 0, j] = total
            found[1, k, 1, j] = np.abs(X @ into).mean(axis=0)
            found[1, k, 2, j] = total / np.maximum(np.count_nonzero(into, axis=0), 1)
    return found


def strengths(B, at):
    """Return the strengths of regulation by genes `at` (m, p), and of them (p, m), per `STEPS`.

    As `effects.path_strength` gives them, for these genes alone.
    """
    out, into = B[at].copy(), B[:, at].copy()
    two = out + out @ B, into + B @ into
    two[0][np.arange(len(at)), at] = two[1][at, np.arange(len(at))] = 0.0
    return (out, into), two


def contrasts(sizes):
    """Return how the `quantities` (2, k) of both groups differ.

    That is (ST - RS) / (ST + RS), 0 where both are 0. The first quantity, the named edge, is a
    coefficient of standardised expression in every reading, so that it needs no common scale: ST - RS.
    """
    total = sizes[0] + sizes[1]
    total[0] = 1.0
    return np.divide(sizes[0] - sizes[1], total, out=np.zeros_like(total), where=total > 0)


def conditions(split, pair):
    """Return what the claims state beside the numbers, as bool.

    The edge is among the stronger half of ST's edges, and absent in RS; then, for each of `HUBS` and
    `GENES`, whether the gene is among the first tenth by degree in ST, and in RS.
    """
    regulator, target = split.edge
    strong = absent = False
    if min(regulator, target) >= 0:
        sizes = np.abs(pair[0][pair[0] != 0])
        size = abs(pair[0][regulator, target])
        strong = bool(size > 0 and np.mean(sizes <= size) >= 0.5)
        absent = bool(pair[1][regulator, target] == 0)
    most, first = max(1, round(HUB_SHARE * len(split.genes))), []
    for B in pair:
        count = np.count_nonzero(B, axis=0) + np.count_nonzero(B, axis=1)
        for degree in (matrix_degrees(B), count):
            first += [place >= 0 and np.sum(degree > degree[place]) < most for place in split.at]
    return np.array([strong, absent, *first])


# A split under exchanges ----------------------------------------------------------------------


def split_work(material, keys, n_neighbours, n_genes, default_genes, seed, reading):
    """Return the results of one split under the observed and every exchanged response.

    Parameters
    ----------
    material : Material
    keys : DataFrame
        Of `data.exchange_keys`.
    n_neighbours, n_genes : int
        Genes added to the markers, and genes analysed.
    default_genes : Index
        Genes of the networks of notebook 04, which the default reading takes.
    seed : int
        Seed of the folds that choose lam1.
    reading : tuple of str
        Options of `SPLIT`.

    Returns
    -------
    dict or None
        ``names`` of the estimators and penalties; ``contrasts`` (1 + draws, names, 153) as text;
        ``sizes`` (names, 2, 153) and ``conditions`` of the observed groups; ``lam1``. None if the
        groups cannot be formed.
    """
    options = dict(zip(SPLIT, reading))
    cohort = material.cohort_for(options)
    genes = network_genes(material, cohort, options, n_neighbours, n_genes, default_genes)
    X = np.ascontiguousarray(cohort.expression[genes].to_numpy())
    values = cohort.response.to_numpy()
    split = Split(X, values, options["groups"], int(options["size"]), genes)
    groups = split.groups(np.arange(len(X)))
    if groups is None:
        return None
    chosen = choose_penalties(split, groups, cohort, seed)
    observed = dict(networks(split, groups, chosen))
    sizes = np.array([quantities(split, groups, pair) for pair in observed.values()])
    drawn = [np.array([contrasts(both) for both in sizes])]
    for number in keys:
        rows = exchanged(cohort, keys[number])
        again = split.groups(rows)
        if again is None:  # some rules give overlapping groups for some exchanges
            drawn.append(np.zeros_like(drawn[0]))
            continue
        pairs = networks(split, again, chosen)
        drawn.append(np.array([contrasts(quantities(split, again, pair)) for _, pair in pairs]))
    return {
        "names": [list(name) for name in observed],
        "contrasts": pack(np.array(drawn), UNIT),
        "sizes": np.nan_to_num(sizes, nan=-1.0).tolist(),
        "conditions": [conditions(split, pair).tolist() for pair in observed.values()],
        "lam1": {"own": chosen.own, "shared": chosen.shared},
    }


def network_genes(material, cohort, options, n_neighbours, n_genes, default_genes):
    """Return the genes of the groups' networks under a reading."""
    markers = [gene for gene in MARKERS if gene in cohort.expression.columns]
    analysed = cohort.top_genes(n_genes, force=markers)
    if options["network genes"] == WHOLE:
        return analysed
    if default_genes is not None and cohort.expression is material.cohort.expression:
        return pd.Index(default_genes)
    top = cohort.top_genes(n_genes)
    return neighbourhood(cohort, top, markers, n_neighbours, 0.4, 1)
