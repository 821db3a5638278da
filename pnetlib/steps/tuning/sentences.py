"""Sentences of the sections on other draws of the tuning folds, generated from their numbers."""

import numpy as np

from pnetlib.steps.effects.sentences import SIDE_WORDS
from pnetlib.steps.networks.compute import GROUPS, is_named_edge
from pnetlib.steps.study import PAPER
from pnetlib.words import agreed, counted, listed

ONCE = "The tuning folds were drawn once, so nothing can be said about other draws."
WHAT_A_RANGE_IS = (
    "The cell lines are the same in every draw, so a range shows only how much depends on the "
    "random folds. It is not a confidence interval for other cell lines."
)


def conclusion(draws, markers, edges, agreement, study=PAPER):
    """Return how far lambdas, markers and edges move over draws, as a Markdown list.

    `draws` are of `compute.follow`; `markers`, `edges` and `agreement` are the tables of
    `marker_table`, `edge_ranges` and `agreement`.
    """
    if len(draws) == 1:
        return ONCE
    return "\n".join(
        [
            f"- {_lambdas(draws)}",
            f"- {_markers(draws, markers, study)}",
            f"- {_agreement(draws, agreement)}",
            *([f"- {_named_edge(edges, study.edge)}"] if study.edge else []),
            f"- {WHAT_A_RANGE_IS}",
        ]
    )


def _lambdas(draws):
    """Say which lam1 each drug and the groups got, and in how many draws all lambdas are alike."""
    n = len(draws)
    values = {drug: [draw.chosen[drug]["lam1"] for draw in draws] for drug in draws[0].chosen}
    values["the group networks"] = [draw.lam1 for draw in draws]
    alike = [name for name, found in values.items() if len(set(found)) == 1]
    if len(alike) == len(values):
        text = f"All {n} draws choose the same lam1 for every drug and for the group networks."
    else:
        moved = (f"{name} ({_range(values[name], '.3g')})" for name in values if name not in alike)
        text = f"Over {n} draws of the tuning folds, lam1 differs for {listed(moved)}"
        text += f"; it is the same in all draws for {listed(alike)}." if alike else "."
    same = {
        drug
        for drug, first in draws[0].chosen.items()
        if all(draw.chosen[drug] == first for draw in draws)
    }
    drugs = len(draws[0].chosen)
    if drugs == 1:
        return f"{text} Pro's lambdas are {'all' if same else 'not all'} the same in every draw."
    return (
        f"{text} All of Pro's lambdas are the same in every draw for {len(same)} of {drugs} drugs."
    )


def _range(values, form):
    low, high = (format(end, form) for end in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def _markers(draws, table, study):
    n, first = len(draws), draws[0].common
    always = [gene for gene in first if all(gene in draw.common for draw in draws)]
    other = {gene for draw in draws[1:] for gene in draw.common} - set(first)
    turned = table[(table["low"] < 0) & (table["high"] > 0)]
    turned = turned[turned["named"]]
    common = "" if study.one_drug else "common "
    forms = ("is a marker", "are markers") if study.one_drug else ("is common", "are common")
    found = (
        f"Of {counted(len(first), f'{common}marker')} of the first draw, {len(always)} "
        f"{agreed(len(always), *forms)} in {'both' if n == 2 else f'all {n}'} draws"
        if first
        else f"The first draw has no {common}marker"
    )
    text = f"{found}; {counted(len(other), 'other gene')} {agreed(len(other), *forms)} in some other draw."
    if not table["named"].any():
        return text
    if turned.empty:
        return f"{text} No effect of a {study.called} marker changes its sign."
    pairs = listed(f"{row.marker} on {row.drug}" for row in turned.itertuples())
    return f"{text} The sign of an effect depends on the draw for {pairs}."


def _agreement(draws, table):
    """Say how the effects of all genes, and the edges, correlate with those of the first draw."""
    found = table.dropna().set_index("what")["agreement"]
    effects = found[[what for what in found.index.unique() if what in draws[0].chosen]]
    edges = found[[what for what in found.index.unique() if what in GROUPS]]
    parts = [
        f"{_range(part, 'z.2f')} for {name}"
        for name, part in (
            ("the effects of all genes", effects),
            ("the coefficients of edges", edges),
        )
        if len(part)
    ]
    if not parts:
        return "No correlation with the first draw can be computed."
    return f"The correlation of a further draw with the first is {listed(parts)}."


def _named_edge(table, named):
    edge = table[is_named_edge(table, named)]
    name = " to ".join(named)
    if edge.empty:
        return f"The genes of the edge from {name} are not among the genes of any draw."
    row, texts = edge.iloc[0], []
    for group in GROUPS:
        times = row[f"present {group}"]
        span = _range((row[f"low {group}"], row[f"high {group}"]), "z.3f")
        texts.append(
            f"in {group} in {times} of {row['possible']} draws (coefficient {span})"
            if times
            else f"in {group} in none of {row['possible']} draws"
        )
    return f"The edge from {name} is present {listed(texts)}."


def of_effects(ranges, roles):
    """Return how far regulatory effects over single edges move over draws, in one paragraph.

    `ranges` is the table of `compute.effect_ranges`; `roles` has the markers compared.
    """
    table = ranges[(ranges["length"] == 1) & ranges["marker"].isin(list(roles))]
    n = int(table["draws"].max()) if len(table) else 1
    if n == 1:
        return ONCE
    moved = table[table["as first"] < table["draws"]]
    larger = np.maximum(table["first ST"].abs(), table["first RS"].abs())
    share = ((table["high difference"] - table["low difference"]) / larger)[larger > 0]
    text = (
        f"Over {n} draws of the tuning folds, the group with the larger estimated effect is the "
        f"same in every draw in {len(table) - len(moved)} of {counted(len(table), 'comparison')}."
    )
    if len(moved):
        named = (
            f"{row['marker']}, {SIDE_WORDS[row['side']]} (as in the first in {row['as first']} of "
            f"{row['draws']} draws)"
            for _, row in moved.iterrows()
        )
        text += f" It depends on the draw for {listed(named)}."
    if len(share):
        most = share.max()
        moves = "less than 1%" if most < 0.01 else f"up to {most:.0%}"
        text += f" The difference between the groups ranges over {moves} of the larger effect."
    return f"{text} {WHAT_A_RANGE_IS}"


def of_intervals(table):
    """Say how much wider intervals of effects are with the variance between draws.

    `table` is that of `compute.carried`.
    """
    n = int(table["draws"].max()) if len(table) else 1
    if n == 1:
        return ONCE
    before = table["high"] - table["low"]
    ratio = ((table["high with draws"] - table["low with draws"]) / before)[before > 0]
    clear = (table["low"] > 0) | (table["high"] < 0)
    still = (table["low with draws"] > 0) | (table["high with draws"] < 0)
    if not table["sd of draws"].any():
        return f"All {n} draws give the same effects, so the intervals stay as they are."
    text = (
        f"With the variance between {n} draws, the intervals of {counted(len(table), 'difference')} "
        f"are {ratio.median():.2f} times as wide at the median and {ratio.max():.2f} times at most."
    )
    return (
        f"{text} Without it, {int(clear.sum())} {agreed(clear.sum(), 'excludes', 'exclude')} 0, and "
        f"with it {int(still.sum())}. The "
        "variance between so few draws is itself uncertain, which the interval includes."
    )
