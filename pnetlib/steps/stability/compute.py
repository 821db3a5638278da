"""How often markers, and edges of ST and RS, come out on random halves of the cell lines.

Complementary-pairs subsampling (Shah and Samworth, Journal of the Royal Statistical Society B
2013;75:55-80): all lines are split into two halves at random, B times, and everything is estimated
anew on each of the 2B halves, with the lambdas held. A frequency is the share of halves in which a
gene or edge comes out; `pnetlib.stats.bounds` says how many would reach it falsely.
"""

from dataclasses import dataclass

import joblib
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pnetlib.errors import UsageError
from pnetlib.kernels.graph import degrees
from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.solvers.joint import Penalties, fit_joint
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.paths import GAP_TOL, MAX_ITER, TOL, fit_networks
from pnetlib.stats.bounds import KINDS, error_bounds, lowest_threshold
from pnetlib.steps.differences.compute import own_network
from pnetlib.steps.markers.compute import DrugNetworks, ranks
from pnetlib.steps.networks.compute import GROUPS, HUB_SHARE

THRESHOLD = 0.75
STRONG_THRESHOLD = 0.9
EXPECTED = 1.0  # false selections for which the lowest threshold is sought
COMMON = "all drugs"
ANY, STRONG = "any", "strong"


@dataclass(frozen=True)
class Effort:
    """Widths of the gene universe (0: all genes), pairs drawn at each, and pairs for edges."""

    widths: tuple
    pairs: tuple
    edge_pairs: int


EFFORTS = {
    "smoke": Effort((40, 80), (4, 3), 20),
    "standard": Effort((976, 1500), (4, 1), 500),
    "paper": Effort((976, 1500, 0), (16, 6, 1), 2000),
}


@dataclass(frozen=True)
class Frequencies:
    """How often candidates came out, and what the error bounds need.

    Attributes
    ----------
    table : DataFrame
        A row a candidate (gene, or regulator and target), a column a rule: shares of the halves.
    selected : dict
        Rule to the candidates selected on a half, on average.
    candidates : int
        Number of candidates, p of the bounds; rows that never came out may be missing.
    pairs : int
        B of the bounds.
    """

    table: pd.DataFrame
    selected: dict
    candidates: int
    pairs: int

    def bounds(self, rule, threshold=THRESHOLD):
        """The error bounds of `bounds.error_bounds` for one rule."""
        return error_bounds(threshold, self.selected[rule], self.candidates, self.pairs)

    def lowest(self, rule, kind):
        """The lowest frequency at which a bound is at most one false selection; NaN if none."""
        return lowest_threshold(self.selected[rule], self.candidates, self.pairs, kind, EXPECTED)

    def summary(self, rule, threshold=THRESHOLD):
        """Numbers of one rule: candidates, bounds, lowest thresholds and what reaches them."""
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


def threshold_of(rule):
    """The frequency from which a candidate counts as stable by a rule."""
    return STRONG_THRESHOLD if rule == STRONG else THRESHOLD


def finite(value):
    """The value, NaN where it is infinite."""
    return float(value) if np.isfinite(value) else np.nan


def halves(lines, pairs, seed):
    """Random halves and their complements; with an odd number of lines one is left out.

    Returns
    -------
    list of Index
        2B halves, each pair one after the other.
    """
    lines, size = pd.Index(lines), len(lines) // 2
    parts = []
    for number in range(pairs):
        order = lines[np.random.default_rng([seed, number]).permutation(len(lines))]
        parts += [order[:size], order[size : 2 * size]]
    return parts


def widths_of(cohort, effort, text="", pairs=0):
    """Widths of the gene universe and the pairs drawn at each.

    Parameters
    ----------
    cohort : Cohort
    effort : Effort
    text : str
        Widths in words, such as ``"976 1500 all"``; empty takes the profile's.
    pairs : int
        Pairs at every width; 0 takes the profile's, the last of them for further widths.

    Returns
    -------
    dict
        Width, at most the cohort's number of genes, to pairs; equal widths once.
    """
    most = cohort.expression.shape[1]
    words = text.replace(",", " ").split() or [str(width or "all") for width in effort.widths]
    found = {}
    for number, word in enumerate(words):
        if word != "all" and not (word.isdecimal() and int(word)):
            raise UsageError(f"widths holds {word!r}; give numbers of genes, or all.")
        width = most if word == "all" else min(int(word), most)
        found.setdefault(width, pairs or effort.pairs[min(number, len(effort.pairs) - 1)])
    return found


def marker_ranks(cohort, lines, genes, chosen):
    """Rank of every gene for each drug, from Pro fitted on some lines; missing: no effect.

    Tolerances are those with which the lambdas were chosen. The network of one drug starts from
    that of the drug before, which has nearly the same lines; the result is the same within the gap.

    Parameters
    ----------
    cohort : Cohort
    lines : Index
        Lines of a half; each drug takes those it was measured in.
    genes : Index
    chosen : dict
        Drug to {"lam1", "lam3", "lam4"}.
    """
    theta, degree, near = {}, {}, None
    for drug, point in chosen.items():
        kept = lines.intersection(cohort.lines_for(drug), sort=False)
        X, z = cohort.expression.loc[kept, genes], cohort.response.loc[kept, drug]
        moments = Moments.of(X.to_numpy(), z.to_numpy(), n_jobs=1)
        state = fit_networks(moments, [point["lam1"]], near)[0]
        near = [state.copy()]
        pen = Penalties(point["lam1"], 0.0, point["lam3"], point["lam4"])
        fit_joint(moments, pen, state, tol=TOL, gap_tol=GAP_TOL, max_iter=MAX_ITER, n_jobs=1)
        theta[drug], degree[drug] = state.theta, degrees(*state.B.arrays)
    theta, degree = (pd.DataFrame(values, genes) for values in (theta, degree))
    return ranks(DrugNetworks(pd.Index(genes), theta, degree, {}, pd.DataFrame()))


def marker_frequencies(cohort, genes, chosen, pairs, seed, n_jobs=None, advance=None):
    """How often each gene is a marker of each drug, and of all drugs.

    By the rule of figure 3 a gene is a marker of a drug if it has an effect and is within the first
    tenth of the ranks. Besides ("strong") the sqrt(0.8 p) genes of smallest mean rank over the
    drugs are taken, of which at most one is expected falsely in 0.9 of the halves whatever the
    distribution: so many as Shah and Samworth suggest. A gene without effect has the last rank.

    Parameters
    ----------
    cohort : Cohort
    genes : Index
        The gene universe.
    chosen : dict
        Drug to {"lam1", "lam3", "lam4"}, held on every half.
    pairs : int
        Random halves drawn with their complements.
    seed : int
        Seed of the halves, which are the same for every universe.
    n_jobs : int, optional
        Halves done at the same time; the result does not depend on it.
    advance : callable, optional
        Called after each half.

    Returns
    -------
    Frequencies
        Rules: "all drugs", "strong" and each drug.
    """
    top, counts = max(1, round(len(genes) / 10)), None
    with threadpool_limits(1, "blas"):
        pool = joblib.Parallel(n_jobs or 1, prefer="threads", return_as="generator")
        work = joblib.delayed(marker_ranks)
        parts = halves(cohort.expression.index, pairs, seed)
        for rank in pool(work(cohort, part, genes, chosen) for part in parts):
            marked = marked_genes(rank, top).astype(int)
            counts = marked if counts is None else counts + marked
            if advance is not None:
                advance()
    table = (counts / len(parts)).rename_axis("gene")
    return Frequencies(table, table.sum().to_dict(), len(genes), pairs)


def marked_genes(rank, top):
    """Which genes come out by each rule of `marker_frequencies`, from their ranks by drug."""
    table = rank <= top
    mean = rank.fillna(len(rank)).mean(axis=1)[rank.notna().any(axis=1)]
    first = mean.sort_values(kind="stable").index[: strong_count(len(rank))]
    table.insert(0, COMMON, table.all(axis=1))
    table.insert(1, STRONG, rank.index.isin(first))
    return table


def strongest(B, most):
    """Which edges are among the `most` strongest of a network; equals all count."""
    size = np.abs(B)
    if most >= np.count_nonzero(size):
        return size > 0.0
    return (size >= np.partition(size.ravel(), -most)[-most]) & (size > 0.0)


def strong_count(candidates):
    """sqrt(0.8 p) of p candidates: at most one false reaches 0.9 of the halves, at worst.

    As Meinshausen and Buehlmann (2010) and Shah and Samworth choose q.
    """
    return max(1, int(np.sqrt(0.8 * candidates)))


def edge_frequencies(cohort, groups, genes, lam1, pairs, seed, n_jobs=None, advance=None):
    """How often each edge, and each gene as a hub, comes out on halves of ST and of RS.

    Two rules: the edge is there ("any", the rule of figure 4), or is among the `strong_count`
    strongest ("strong"), for which the error bounds can be low. "lost in RS" is the share of halves
    of both groups in which it is there in ST and not in RS, and "lost in ST" the reverse.

    Parameters
    ----------
    cohort : Cohort
    groups : Groups
        Sensitive and resistant lines; the groups are held, their lines are halved.
    genes : Index
    lam1 : float
        Penalty of both networks, held.
    pairs, seed, n_jobs, advance
        As in `marker_frequencies`.

    Returns
    -------
    dict
        "ST" and "RS" to `Frequencies` (index regulator and target; edges never seen left out).
    DataFrame
        Index regulator and target; columns lost in RS, lost in ST.
    DataFrame
        Index gene, columns ST and RS: share of halves in which its degree is in the first tenth.
    """
    genes = pd.Index(genes)
    p, most = len(genes), max(1, round(HUB_SHARE * len(genes)))
    parts = {
        group: halves(groups.lines[group], pairs, seed + shift)
        for shift, group in enumerate(GROUPS)
    }
    X = {group: cohort.expression.loc[groups.lines[group], genes] for group in GROUPS}

    def one(number):
        return [
            own_network(X[group].loc[parts[group][number]].to_numpy(), lam1) for group in GROUPS
        ]

    found = {rule: np.zeros((2, p, p)) for rule in (ANY, STRONG)}
    lost, hubs = np.zeros((2, p, p)), np.zeros((p, 2))
    with threadpool_limits(1, "blas"):
        pool = joblib.Parallel(n_jobs or 1, prefer="threads", return_as="generator")
        for networks in pool(joblib.delayed(one)(number) for number in range(2 * pairs)):
            there = np.array([B != 0.0 for B in networks])
            found[ANY] += there
            found[STRONG] += [strongest(B, strong_count(p * (p - 1))) for B in networks]
            lost += [there[0] & ~there[1], there[1] & ~there[0]]
            for k, B in enumerate(np.abs(networks)):
                degree = pd.Series(B.sum(axis=0) + B.sum(axis=1))
                hubs[:, k] += degree.rank(ascending=False, method="min") <= most
            if advance is not None:
                advance()
    index = pd.MultiIndex.from_product([genes, genes], names=["regulator", "target"])
    frequencies = {}
    for k, group in enumerate(GROUPS):
        table = pd.DataFrame(
            {rule: found[rule][k].ravel() / (2 * pairs) for rule in (ANY, STRONG)}, index
        )
        seen = table[table[ANY] > 0]
        frequencies[group] = Frequencies(seen, seen.sum().to_dict(), p * (p - 1), pairs)
    switched = pd.DataFrame(
        lost.reshape(2, -1).T / (2 * pairs), index, [f"lost in {group}" for group in GROUPS[::-1]]
    )
    hubs = pd.DataFrame(hubs / (2 * pairs), genes.rename("gene"), GROUPS)
    return frequencies, switched[(switched > 0).any(axis=1)], hubs


def edge_table(frequencies, switched):
    """Frequencies of both groups side by side, the most frequent edges first.

    Returns
    -------
    DataFrame
        Columns regulator, target, ST any, ST strong, RS any, RS strong, lost in RS, lost in ST.
    """
    parts = [frequencies[group].table.add_prefix(f"{group} ") for group in GROUPS]
    table = pd.concat([*parts, switched], axis=1).fillna(0.0).sort_index()
    order = np.argsort(-table[[f"{group} {STRONG}" for group in GROUPS]].max(axis=1), kind="stable")
    return table.iloc[order].reset_index()


def marker_table(found):
    """Frequencies of every gene that came out at all, a row a width and gene, by width."""
    parts = [part.table[part.table.gt(0).any(axis=1)].reset_index() for part in found.values()]
    for width, part in zip(found, parts):
        part.insert(0, "width", width)
    return pd.concat(parts, ignore_index=True)


def published_table(found):
    """Each published marker at each width: among the genes or not, and its frequencies.

    Parameters
    ----------
    found : dict
        Width to what `marker_frequencies` returned.

    Returns
    -------
    DataFrame
        Columns marker, width, pairs, inside, all drugs, strong, a column a drug, and reached:
        whether "strong" has a frequency with at most one false gene expected (r-concave bound).
    """
    rows = []
    for marker in MARKERS:
        for width, part in found.items():
            inside = marker in part.table.index
            lowest = part.lowest(STRONG, "r-concave")
            shares = part.table.loc[marker] if inside else part.table.iloc[0] * np.nan
            rows.append(
                {
                    "marker": marker,
                    "width": width,
                    "pairs": part.pairs,
                    "inside": inside,
                    **shares.to_dict(),
                    "reached": bool(shares[STRONG] >= lowest - 1e-9),
                }
            )
    return pd.DataFrame(rows)


def numbers(found, frequencies, switched, hubs, most=15):
    """The numbers of notebook 08.

    Returns
    -------
    dict
        ``markers``: width to a summary by rule and the frequencies of the `most` first genes;
        ``published``: gene to width to frequencies; ``edges``: group to a summary by rule;
        ``named_edge``; ``hubs``: group to gene to the share of halves in which it is a hub.
    """
    markers = {}
    for width, part in found.items():
        first = part.table.sort_values([COMMON, STRONG], ascending=False, kind="stable")[:most]
        kept = first[first[[COMMON, STRONG]].gt(0).any(axis=1)]
        markers[str(width)] = {
            "rules": {rule: part.summary(rule, threshold_of(rule)) for rule in part.table},
            "genes": kept.to_dict("index"),
        }
    published = {}
    for row in published_table(found).to_dict("records"):
        published.setdefault(row.pop("marker"), {})[str(row.pop("width"))] = row
    named = {}
    for group in GROUPS:
        table = frequencies[group].table
        named[group] = {rule: float(table[rule].get(NAMED_EDGE, 0.0)) for rule in table}
    lost = switched.loc[[NAMED_EDGE]] if NAMED_EDGE in switched.index else switched[:0]
    named |= {name: float(lost[name].sum()) for name in switched}
    inside = set(NAMED_EDGE) <= set(hubs.index)
    return {
        "markers": markers,
        "published": published,
        "edges": {
            group: {rule: part.summary(rule, threshold_of(rule)) for rule in part.table}
            for group, part in frequencies.items()
        },
        "named_edge": {"edge": list(NAMED_EDGE), "inside": inside} | named,
        "hubs": {
            group: hubs.loc[hubs.index.isin(list(MARKERS)), group].to_dict() for group in GROUPS
        },
    }
