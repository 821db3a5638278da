"""How often markers, and edges of ST and RS, are selected on random halves of the cell lines.

Complementary-pairs subsampling (Shah and Samworth, Journal of the Royal Statistical Society B
2013;75:55-80): all cell lines are split into two halves at random, B times, and everything is
estimated anew on each of the 2B halves with fixed lambdas. A frequency is the share of halves in
which a gene or edge is selected; `pnetlib.stats.bounds` bounds how many reach it falsely.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pnetlib.errors import UsageError
from pnetlib.execution.engine import Engine
from pnetlib.kernels.graph import degrees
from pnetlib.solvers.columns import NO_GB
from pnetlib.solvers.joint import Penalties, fit_joint
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.paths import GAP_TOL, MAX_ITER, TOL, fit_networks
from pnetlib.stats.bounds import KINDS, error_bounds, lowest_threshold
from pnetlib.steps.markers.compute import DrugNetworks, ranks
from pnetlib.steps.networks.compute import GROUPS, HUB_SHARE, own_network

THRESHOLD = 0.75
STRONG_THRESHOLD = 0.9
EXPECTED = 1.0  # false selections allowed at the lowest threshold
BLOCK = 20  # halves per task of the group networks, which take a few milliseconds each
COMMON = "all drugs"
ANY, STRONG = "any", "strong"


@dataclass(frozen=True)
class Frequencies:
    """How often candidates were selected, and what the error bounds need.

    Attributes
    ----------
    table : DataFrame
        One row per candidate (gene, or regulator and target) and one column per rule: share of
        the halves in which it is selected.
    selected : dict
        Rule to the average number of candidates selected on a half.
    candidates : int
        Number of candidates, p of the bounds; candidates never selected may have no row.
    pairs : int
        B of the bounds.
    """

    table: pd.DataFrame
    selected: dict
    candidates: int
    pairs: int

    def bounds(self, rule, threshold=THRESHOLD):
        """Return the error bounds of `bounds.error_bounds` for one rule."""
        return error_bounds(threshold, self.selected[rule], self.candidates, self.pairs)

    def lowest(self, rule, kind):
        """Return the lowest frequency at which a bound is at most `EXPECTED`; NaN if there is none."""
        return lowest_threshold(self.selected[rule], self.candidates, self.pairs, kind, EXPECTED)

    def summary(self, rule, threshold=THRESHOLD):
        """Return numbers of one rule: candidates, bounds, lowest thresholds and what reaches them."""
        lowest = {kind: self.lowest(rule, kind) for kind in KINDS}
        bounds = self.bounds(rule, threshold)
        return {
            "candidates": self.candidates,
            "pairs": self.pairs,
            "selected_on_a_half": self.selected[rule],
            "threshold": threshold,
            "reached": int((self.table[rule] >= threshold).sum()),
            "bounds": {kind: finite(bound) for kind, bound in bounds.items()},
            "lowest_threshold": lowest,
            "reached_lowest": {
                kind: int((self.table[rule] >= at - 1e-9).sum()) for kind, at in lowest.items()
            },
        }


def finite(value):
    """Return the value, or NaN if it is infinite."""
    return float(value) if np.isfinite(value) else np.nan


def half(lines, seed, number):
    """Return the random half of the lines that has this number.

    Halves 2k and 2k + 1 complement each other; with an odd number of lines, one line is in
    neither.
    """
    lines, size = pd.Index(lines), len(lines) // 2
    order = np.random.default_rng([seed, number // 2]).permutation(len(lines))
    return lines[order[size : 2 * size] if number % 2 else order[:size]]


def widths_of(cohort, sizes, text="", pairs=0):
    """Return the widths of the gene universe, as a dict to the pairs of halves drawn at each.

    Parameters
    ----------
    cohort : Cohort
    sizes : StabilitySizes
    text : str
        Widths as text, such as ``"976 1500 all"``; by default those of the profile. A width is at
        most the cohort's number of genes; equal widths appear once.
    pairs : int
        Pairs at every width; 0 takes those of the profile, and the last one for further widths.

    Raises
    ------
    UsageError
        If a width is neither a number nor "all".
    """
    most = cohort.expression.shape[1]
    words = text.replace(",", " ").split() or [str(width or "all") for width in sizes.widths]
    found = {}
    for number, word in enumerate(words):
        if word != "all" and not (word.isdecimal() and int(word)):
            raise UsageError(f"widths contains {word!r}; give numbers of genes, or all.")
        width = most if word == "all" else min(int(word), most)
        found.setdefault(width, pairs or sizes.pairs[min(number, len(sizes.pairs) - 1)])
    return found


def marker_ranks(cohort, lines, genes, chosen):
    """Rank every gene for each drug by Pro fitted to some cell lines; missing: no effect.

    Each drug uses those of the lines in which it was measured; `chosen` is drug to Pro's lambdas
    (lam1, lam3, lam4, and lam2 where it is not 0). Tolerances are those with which the lambdas were
    chosen. The network of each drug starts from that of the previous drug, which has nearly the
    same lines; the result is the same within the duality gap.
    """
    theta, degree, near = {}, {}, None
    for drug, point in chosen.items():
        measured = lines.intersection(cohort.lines_for(drug), sort=False)
        X, z = cohort.expression.loc[measured, genes], cohort.response.loc[measured, drug]
        theta[drug], degree[drug], near = _fit_half(X.to_numpy(), z.to_numpy(), point, near)
    theta, degree = (pd.DataFrame(values, genes) for values in (theta, degree))
    return ranks(DrugNetworks(pd.Index(genes), theta, degree, {}, pd.DataFrame()))


def _fit_half(X, z, point, near):
    """Return effects and degrees of Pro, and the network alone as a start for the next drug.

    The start has no p x p array, and those of one drug are freed before the next one needs memory.
    """
    moments, pen = Moments.of(X, z, n_jobs=1), Penalties(**point)
    state = fit_networks(moments, [pen.lam1], near and [near], lam2=pen.lam2)[0]
    near = replace(state, GB=NO_GB, theta=state.theta.copy())
    fit_joint(moments, pen, state, tol=TOL, gap_tol=GAP_TOL, max_iter=MAX_ITER, n_jobs=1)
    return state.theta, degrees(*state.B.arrays), near


def marker_frequencies(cohort, genes, chosen, pairs, seed, engine=None, advance=None, stored=None):
    """Compute how often each gene is a marker of each drug, and of all drugs.

    By the rule of figure 3 a gene is a marker of a drug if it has an effect and is within the
    first tenth of the ranks. The rule "strong" takes the sqrt(0.8 p) genes of smallest mean rank
    over the drugs: at most one of them is expected to reach 0.9 of the halves falsely, whatever
    the distribution, as Shah and Samworth suggest. A gene without effect has the last rank.

    Parameters
    ----------
    cohort : Cohort
    genes : Index
        The gene universe.
    chosen : dict
        Drug to Pro's lambdas, fixed for all halves.
    pairs : int
        Number of random halves drawn with their complements.
    seed : int
        Seed of the halves, which are the same for every universe.
    stored : Folds, optional
        Has the markers of halves that were computed before.

    Returns
    -------
    Frequencies
        Rules: "all drugs", "strong" and each drug.
    """
    tasks = [(number,) for number in range(2 * pairs)]
    engine, shared = engine or Engine(threads=1), (cohort, genes, chosen, seed)
    stored = stored and stored.of(__name__, "half", genes=list(genes), chosen=chosen, seed=seed)
    marked = engine.map(_marked_half, tasks, shared, stored=stored, advance=advance)
    counts = next(marked)
    for table in marked:
        counts = counts + table
    table = (counts / len(tasks)).rename_axis("gene")
    return Frequencies(table, table.sum().to_dict(), len(genes), pairs)


def _marked_half(cohort, genes, chosen, seed, number):
    """Return which genes are markers on one half, as a table of 0 and 1."""
    rank = marker_ranks(cohort, half(cohort.expression.index, seed, number), genes, chosen)
    return marked_genes(rank, max(1, round(len(genes) / 10))).astype(int)


def marked_genes(rank, top):
    """Say which genes each rule of `marker_frequencies` selects, from their ranks by drug."""
    table = rank <= top
    mean = rank.fillna(len(rank)).mean(axis=1)[rank.notna().any(axis=1)]
    first = mean.sort_values(kind="stable").index[: strong_count(len(rank))]
    table.insert(0, COMMON, table.all(axis=1))
    table.insert(1, STRONG, rank.index.isin(first))
    return table


def strongest(B, most):
    """Say which edges are among the `most` strongest of a network; all that tie count."""
    size = np.abs(B)
    if most >= np.count_nonzero(size):
        return size > 0.0
    return (size >= np.partition(size.ravel(), -most)[-most]) & (size > 0.0)


def strong_count(candidates):
    """Return sqrt(0.8 p) for p candidates: at worst one is expected to reach 0.9 falsely.

    Meinshausen and Buehlmann (2010) and Shah and Samworth choose q in this way.
    """
    return max(1, int(np.sqrt(0.8 * candidates)))


def edge_frequencies(cohort, groups, genes, lam1, pairs, seed, engine=None, advance=None):
    """Compute how often each edge, and each gene as a hub, is found on halves of ST and of RS.

    Two rules count an edge: it is present ("any", the rule of figure 4), or it is among the
    `strong_count` strongest ("strong"), for which the error bounds can be low. "lost in RS" is the
    share of halves of both groups in which it is present in ST and absent in RS, and "lost in ST"
    the reverse. The groups and lam1 are fixed; the lines of each group are halved.

    Returns
    -------
    dict
        "ST" and "RS" to `Frequencies` (index regulator and target; edges never found are omitted).
    DataFrame
        Index regulator and target; columns lost in RS, lost in ST.
    DataFrame
        Index gene, columns ST and RS: share of halves in which its degree is in the first tenth.
    """
    genes = pd.Index(genes)
    p, halves = len(genes), 2 * pairs
    X = [cohort.expression.loc[groups.lines[group], genes].to_numpy() for group in GROUPS]
    engine = engine or Engine(threads=1)
    blocks = engine.map_blocks(_count_edges, halves, BLOCK, (X, lam1, seed), advance=advance)
    found, lost, hubs = next(blocks)
    for block in blocks:
        for total, part in zip((found, lost, hubs), block):
            total += part
    index = pd.MultiIndex.from_product([genes, genes], names=["regulator", "target"])
    frequencies = {}
    for k, group in enumerate(GROUPS):
        shares = {rule: found[r, k].ravel() / halves for r, rule in enumerate((ANY, STRONG))}
        table = pd.DataFrame(shares, index)
        seen = table[table[ANY] > 0]
        frequencies[group] = Frequencies(seen, seen.sum().to_dict(), p * (p - 1), pairs)
    switched = pd.DataFrame(
        lost.reshape(2, -1).T / halves, index, [f"lost in {group}" for group in GROUPS[::-1]]
    )
    hubs = pd.DataFrame(hubs / halves, genes.rename("gene"), GROUPS)
    return frequencies, switched[(switched > 0).any(axis=1)], hubs


def _count_edges(X, lam1, seed, first, stop):
    """Count edges, lost edges and hubs over a block of halves; the seed of RS is the next one."""
    p = X[0].shape[1]
    found, lost, hubs = np.zeros((2, 2, p, p)), np.zeros((2, p, p)), np.zeros((p, 2))
    for number in range(first, stop):
        networks = [
            own_network(part[half(range(len(part)), seed + k, number)], lam1)
            for k, part in enumerate(X)
        ]
        present = np.array([B != 0.0 for B in networks])
        found += [present, [strongest(B, strong_count(p * (p - 1))) for B in networks]]
        lost += [present[0] & ~present[1], present[1] & ~present[0]]
        for k, B in enumerate(np.abs(networks)):
            degree = pd.Series(B.sum(axis=0) + B.sum(axis=1))
            rank = degree.rank(ascending=False, method="min")
            hubs[:, k] += rank <= max(1, round(HUB_SHARE * p))
    return found, lost, hubs
