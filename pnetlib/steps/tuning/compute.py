"""How far the results of notebooks 02 to 05 move when the tuning folds are drawn again.

A draw repeats everything that follows from the tuning folds: the lambdas of Pro on all cell lines
(02), the refitted models and their markers (03), the genes and the lam1 of the group networks with
their edges (04), and regulatory effects (05). The cell lines are the same in every draw. A range
over draws therefore says how much chance there is in the folds alone, not how results would differ
in other cell lines; `pnetlib.stats.intervals.with_draws` adds it to an interval that says the
latter.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from pnetlib.execution.engine import Engine, Work
from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.stats.intervals import with_draws
from pnetlib.steps.comparison.compute import choose_on_all_lines
from pnetlib.steps.effects.compute import compare_groups, regulatory_effects, standardise_together
from pnetlib.steps.markers.compute import DrugNetworks, common_markers, default_top, fit_drug
from pnetlib.steps.networks.compute import (
    GROUPS,
    edge_table,
    fit_group_networks,
    network_errors,
    network_genes,
)

EFFECT_COLUMNS = [
    *("draw", "marker", "side", "length"),
    *("mean ST", "mean RS", "difference", "larger in"),
]


@dataclass(frozen=True)
class Draw:
    """What follows from one draw of the tuning folds.

    Attributes
    ----------
    seed : int
        Seed of the folds.
    chosen : dict
        Drug to Pro's lambdas.
    theta : DataFrame
        Effects, genes x drugs.
    common : list of str
        The common markers.
    markers : list of str
        Published markers and the first common ones, as in notebook 04.
    genes : list of str
        Genes of the group networks.
    lam1 : float
        Penalty of the group networks.
    edges : DataFrame
        As `networks.edge_table` returns it.
    """

    seed: int
    chosen: dict
    theta: pd.DataFrame
    common: list
    markers: list
    genes: list
    lam1: float
    edges: pd.DataFrame

    def numbers(self):
        """Return what a JSON file stores; effects and edges are tables of their own."""
        values = asdict(self)
        return {name: values[name] for name in values if name not in ("theta", "edges")}


def draw_seeds(seed, draws):
    """Return the seed of each draw; the first is that of the run, hence of notebook 02."""
    further = np.random.SeedSequence(seed).generate_state(draws - 1)
    return [seed, *map(int, further)]


def choose_again(cohort, profile, first, seeds, force=(), engine=None, stored=None, advance=None):
    """Return Pro's lambdas (drug to dict) of each draw: those given as `first`, then new choices.

    `profile`, `force` and `stored` are those with which the first were chosen; `advance` is called
    for each drug of each further draw.
    """
    options = {"force": force, "engine": engine, "stored": stored, "advance": advance}
    options["methods"] = ("Pro",)  # 03 to 05 use no other method's lambdas
    choices = [first]
    for seed in seeds[1:]:
        points = choose_on_all_lines(cohort, profile, seed, drugs=list(first), **options)
        choices.append({drug: point["Pro"] for drug, point in points.items()})
    return choices


def refit_work(cohort, networks, choices, stored=None):
    """Return the work of fitting Pro at lambdas that differ from the first ones, each once."""
    first, tasks = choices[0], []
    for choice in choices[1:]:
        tasks += [item for item in choice.items() if item[1] != first[item[0]]]
    tasks = [task for at, task in enumerate(tasks) if task not in tasks[:at]]
    genes = list(networks.genes)
    return Work(
        _refit, tasks, (cohort, genes), stored and stored.of(__name__, "refit", genes=genes)
    )


def _refit(cohort, genes, drug, lambdas):
    """Return effects and degrees of Pro on all lines of a drug, as notebook 03 fits it."""
    model = fit_drug(cohort, genes, (), drug, lambdas)
    return pd.DataFrame({"theta": model.theta_, "degree": model.degrees()})


def refitted(networks, choices, work, engine=None, advance=None):
    """Return the `DrugNetworks` of each draw (without B): first those given, of notebook 03.

    `work` is that of `refit_work`; equal lambdas are fitted once.
    """
    found = list(zip(work.tasks, work.by(engine or Engine(threads=1), advance)))
    drawn = []
    for choice in choices:
        theta, degree = networks.theta.copy(), networks.degree.copy()
        for (drug, point), table in found:
            if choice[drug] == point:
                theta[drug], degree[drug] = table["theta"].to_numpy(), table["degree"].to_numpy()
        drawn.append(DrugNetworks(networks.genes, theta, degree, {}, networks.fits))
    return drawn


def follow(cohort, groups, choices, drawn, seeds, n_neighbours, top=0, engine=None, advance=None):
    """Return the `Draw` of each choice: markers, genes, lam1 and networks of both groups.

    Parameters
    ----------
    cohort : Cohort
    groups : Groups
        Sensitive and resistant lines, which do not depend on the lambdas.
    choices, drawn, seeds
        Lambdas, `DrugNetworks` and seed of each draw.
    n_neighbours, top
        As in `networks.network_genes`.
    """
    engine = engine or Engine(threads=1)
    tasks = list(zip(seeds, choices, drawn))
    shared = cohort, groups, n_neighbours, top
    return list(engine.map(_follow, tasks, shared, advance=advance))


def _follow(cohort, groups, n_neighbours, top, seed, chosen, networks):
    markers, genes = network_genes(cohort, networks, n_neighbours, top, n_jobs=1)
    lam1 = float(network_errors(cohort, groups, genes, seed).mean(axis=1).idxmin())
    edges = edge_table(fit_group_networks(cohort, groups, genes, lam1, n_jobs=1))
    common = list(common_markers(networks, top or default_top(networks)).index)
    return Draw(seed, chosen, networks.theta, common, markers, list(genes), lam1, edges)


# Tables -------------------------------------------------------------------------------------


def lambda_table(draws):
    """Return the lambdas of each draw: columns draw (from 1), drug, Pro's lambdas, groups' lam1."""
    rows = [
        {"draw": number, "drug": drug} | point | {"lam1 of groups": draw.lam1}
        for number, draw in enumerate(draws, 1)
        for drug, point in draw.chosen.items()
    ]
    return pd.DataFrame(rows)


def marker_table(draws, known=MARKERS):
    """Return how far the effects of markers move; `known` are those of the study.

    Returns
    -------
    DataFrame
        One row per drug and marker (known, or common in any draw; without any, those whose networks
        are estimated): columns marker, drug,
        named (whether it is known), common (draws in which it is a common marker), selected (draws in which it has
        an effect on this drug), first (its effect in the first draw), low and high (range).
    """
    common = dict.fromkeys(gene for draw in draws for gene in draw.common)
    followed = [*known, *common] or draws[0].markers
    names = [gene for gene in dict.fromkeys(followed) if gene in draws[0].theta.index]
    rows = []
    for marker in names:
        times = sum(marker in draw.common for draw in draws)
        for drug in draws[0].theta.columns:
            values = np.array([draw.theta.at[marker, drug] for draw in draws])
            row = {"marker": marker, "drug": drug, "named": marker in known}
            row |= {"common": times, "selected": int(np.count_nonzero(values))}
            rows.append(row | _range(values))
    columns = ["marker", "drug", "named", "common", "selected", "first", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def marker_counts(markers, draws):
    """Return how often each marker of `marker_table` is common, and has effects, over the draws.

    Returns
    -------
    DataFrame
        Index marker; columns common (draws in which it is a common marker), drugs (on which it
        has an effect in any draw) and drugs in all draws (on which it has one in every draw).
    """
    times = markers.pivot(index="marker", columns="drug", values="selected")
    columns = {
        "common": markers.drop_duplicates("marker").set_index("marker")["common"],
        "drugs": (times > 0).sum(axis=1),
        "drugs in all draws": (times == len(draws)).sum(axis=1),
    }
    return pd.DataFrame(columns).reindex(markers["marker"].unique()).rename_axis("marker")


def _range(values):
    return {"first": values[0], "low": values.min(), "high": values.max()}


def edges_by_draw(draws):
    """Return the edges of every draw in one table: column draw, then those of `edge_table`."""
    parts = [draw.edges.assign(draw=number) for number, draw in enumerate(draws, 1)]
    table = pd.concat(parts, ignore_index=True)
    return table[["draw", *table.columns.drop("draw")]]


def edge_ranges(draws, named=NAMED_EDGE):
    """Return how often each edge is present, and how far its coefficient moves.

    Returns
    -------
    DataFrame
        One row per edge of any draw, and one for the edge `named`: columns regulator, target,
        possible (draws whose networks contain both genes), and for each group the draws in which
        it is present, its coefficient in the first draw, and the range over the possible draws
        ("present ST", "first ST", "low ST", "high ST"). An edge not present has the coefficient 0.
    """
    parts = [draw.edges.set_index(["regulator", "target"]) for draw in draws]
    keys = pd.MultiIndex.from_tuples([named] if named else [], names=["regulator", "target"])
    for part in parts:
        keys = keys.union(part.index)
    inside = [keys.isin(pd.MultiIndex.from_product([draw.genes] * 2)) for draw in draws]
    inside = np.array(inside)
    table = pd.DataFrame({"possible": inside.sum(axis=0)}, keys)
    for group in GROUPS:
        values = np.array([part[group].reindex(keys, fill_value=0.0) for part in parts])
        table[f"present {group}"] = (values != 0).sum(axis=0)
        table[f"first {group}"] = values[0]
        table[f"low {group}"] = np.where(inside, values, np.inf).min(axis=0)
        table[f"high {group}"] = np.where(inside, values, -np.inf).max(axis=0)
    return table[table["possible"] > 0].reset_index()


def agreement(draws):
    """Return how much each further draw has in common with the first.

    Returns
    -------
    DataFrame
        Columns draw, what (a drug, or a group) and agreement: Pearson's correlation of the
        effects of all genes on the drug, or of the coefficients of the group's edges present in
        either draw between genes that both have. Missing where one side is constant.
    """
    rows = []
    for number, draw in enumerate(draws[1:], 2):
        for drug in draw.theta.columns:
            pair = draws[0].theta[drug].to_numpy(), draw.theta[drug].to_numpy()
            rows.append({"draw": number, "what": drug, "agreement": _correlation(*pair)})
        both = set(draws[0].genes) & set(draw.genes)
        parts = [
            part.edges[part.edges["regulator"].isin(both) & part.edges["target"].isin(both)]
            for part in (draws[0], draw)
        ]
        joined = parts[0].merge(parts[1], "outer", ["regulator", "target"], suffixes=(" 1", " 2"))
        for group in GROUPS:
            pair = joined[[f"{group} 1", f"{group} 2"]].fillna(0.0)
            pair = pair[(pair != 0).any(axis=1)].to_numpy().T
            rows.append({"draw": number, "what": group, "agreement": _correlation(*pair)})
    return pd.DataFrame(rows, columns=["draw", "what", "agreement"])


def _correlation(one, other):
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return np.nan
    return float(np.corrcoef(one, other)[0, 1])


def effects_by_draw(cohort, networks, groups, markers):
    """Return `effects.compare_groups` for every draw in one table, with the column draw (from 1).

    Parameters
    ----------
    cohort : Cohort
    networks : list of (Index, dict)
        Genes, and each group's network over them, of every draw.
    groups : Groups
    markers : list of str
        Those not among the genes of a draw have no row there.
    """
    parts = []
    for number, (genes, B) in enumerate(networks, 1):
        named = [marker for marker in markers if marker in genes]
        if named:
            X = standardise_together(cohort, groups, genes)
            effects = regulatory_effects(B, X, groups, named)
            parts.append(compare_groups(effects).assign(draw=number))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=EFFECT_COLUMNS)
    return table[EFFECT_COLUMNS]


def effect_ranges(by_draw):
    """Return how far the mean effects and their difference move.

    Returns
    -------
    DataFrame
        One row per marker, side and length: columns draws, for "ST", "RS" and "difference" the
        value of the first draw and the range ("first ST", "low ST", "high ST", ...), and
        "as first": the draws in which the same group has the larger mean as in the first.
    """
    rows = []
    for key, part in by_draw.groupby(["marker", "side", "length"], sort=False):
        row = dict(zip(("marker", "side", "length"), key)) | {"draws": len(part)}
        for name, column in (("ST", "mean ST"), ("RS", "mean RS"), ("difference", "difference")):
            found = _range(part[column].to_numpy())
            row |= {f"{end} {name}": value for end, value in found.items()}
        row["as first"] = int((part["larger in"] == part["larger in"].iloc[0]).sum())
        rows.append(row)
    spans = [
        f"{end} {name}" for name in (*GROUPS, "difference") for end in ("first", "low", "high")
    ]
    return pd.DataFrame(rows, columns=["marker", "side", "length", "draws", *spans, "as first"])


def carried(effects, by_draw):
    """Return the intervals of step 09 for effects, alone and with the variance between draws.

    Parameters
    ----------
    effects : DataFrame
        Of `differences.compute.compare`: the difference of each marker, side and length between
        the groups, with its interval at fixed lambdas.
    by_draw : DataFrame
        Of `effects_by_draw`.

    Returns
    -------
    DataFrame
        Columns marker, side, length, difference, low, high; draws, "sd of draws" (0 for a single
        draw), and the interval "low with draws" and "high with draws" of `intervals.with_draws`.
    """
    keys = ["marker", "side", "length"]
    drawn = {key: part["difference"].to_numpy() for key, part in by_draw.groupby(keys)}
    rows = []
    for row in effects[[*keys, "difference", "low", "high"]].to_dict("records"):
        values = drawn.get(tuple(row[key] for key in keys), np.array([row["difference"]]))
        low, high = with_draws(row["low"], row["high"], values)
        spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        row |= {"draws": len(values), "sd of draws": spread}
        rows.append(row | {"low with draws": low, "high with draws": high})
    added = ["draws", "sd of draws", "low with draws", "high with draws"]
    return pd.DataFrame(rows, columns=[*keys, "difference", "low", "high", *added])
