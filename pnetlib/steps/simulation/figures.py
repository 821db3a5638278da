"""Figures of the simulation study: genes selected, the ablation, other networks."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pnetlib.steps.choice import METHODS, NETWORK_METHODS
from pnetlib.steps.simulation.ablation import VARIANTS
from pnetlib.steps.simulation.compute import AT_LEVEL, CELL
from pnetlib.steps.simulation.designs import GRAPHS, RESPONSES
from pnetlib.steps.simulation.summaries import READINGS
from pnetlib.steps.study import SIMULATED
from pnetlib.steps.style import (
    CUT,
    DOT,
    FAINT,
    METHOD_COLOURS,
    RULE,
    caption,
    draw_intervals,
    key,
    name_rows,
    new_figure,
    separate_rows,
    styled,
)

THROUGH = {"expression": "response through expression", "activity": "response through activity"}
STEP = 0.2  # between the methods of one cell
FEW = 10  # data sets that are drawn one by one, without an interval
FILLED = {"expression": True, "activity": False, "theta": True, "u": False}
SHIFTS = {"theta": -0.045, "u": 0.045}  # between the readings of one method
SKEWED = (
    "Intervals are Student's and suppose normal values. Rates near 0 or 1 are not normal: over 3 "
    "data sets the intervals contain a mean of 0.95 in about two thirds of cases."
)
READ = (
    "Filled: genes relevant and selected by theta (ELA, LA: selected by coefficient). Open: relevant "
    "and selected by u = B theta, which every method estimates. "
)
FAIR = {
    "expression": "Both readings call the same genes relevant; there is no true theta.",
    "activity": "Where they differ (random, cluster, scale-free), the reading by theta is fair to "
    "Pro and NW.P only.",
}


def _columns_of_rates(axes, n):
    axes.grid(axis="x", visible=False)
    axes.set(ylim=(-0.04, 1.04), xlim=(-0.5, n - 0.5))
    axes.tick_params(axis="x", length=0)
    for edge in range(n - 1):
        axes.axvline(edge + 0.5, color=RULE, linewidth=0.6, zorder=0)


def _method_keys(methods=METHODS):
    return [key(method, color=METHOD_COLOURS[method]) for method in methods]


def _response_keys(colour):
    return [key(THROUGH[response], **_face(response, colour)) for response in RESPONSES]


def _face(what, colour):
    """Return the look of a mean of one kind of response, or of one reading of "relevant"."""
    return {"color": colour, "markerfacecolor": colour if FILLED[what] else "white"}


def _draw_means(axes, rows, replicates, places, look, *, upright=False):
    """Draw the means of some rows of `cell_intervals`, at most `FEW` data sets as small dots.

    More data sets are drawn as an interval. Intervals of few rates near 0 or 1 are about as wide
    as the axis, and say less than the data sets.
    """
    if rows["replicates"].min() > FEW:
        draw_intervals(axes, rows, places, upright=upright, **look)
        return
    keys = [name for name in (*CELL, "method", "variant") if name in rows and name in replicates]
    dots = DOT | {"color": look["color"], "alpha": 0.5, "markersize": 2, "markeredgewidth": 0}
    for place, row in zip(places, rows.to_dict("records")):
        same = (replicates[keys] == [row[name] for name in keys]).all(axis=1)
        single = replicates.loc[same, row["measure"]]
        pair = (np.full(len(single), place), single)
        axes.plot(*(pair if upright else pair[::-1]), **dots)
    pair = (places, rows["mean"])
    axes.plot(*(pair if upright else pair[::-1]), **DOT | {"zorder": 3} | look)


def _of_data_sets(replicates):
    """Say what is drawn of cells with these numbers of data sets."""
    counts = sorted(set(replicates))
    means = f"Symbols: means over {' or '.join(map(str, counts))} data sets"
    if counts[0] > FEW:
        return f"{means} with 95% intervals. {SKEWED}"
    return f"{means}, which are the small dots."


@styled
def draw_selection(table: pd.DataFrame, replicates: pd.DataFrame) -> Figure:
    """Draw TP and TN of each method in each cell, with the values of the paper.

    Takes the tables of `compared_with_paper` and `run_replicates`.
    """
    figure = new_figure("Relevant genes selected", 120, SIMULATED)
    panels = figure.subplots(2, 2, sharex=True, sharey=True)
    dash = {"marker": "_", "markersize": 7, "markeredgewidth": 1.6, "linestyle": ""}
    for column, response in enumerate(RESPONSES):
        for axes, measure in zip(panels[:, column], ("TP", "TN")):
            part = table[(table["response"] == response) & (table["measure"] == measure)]
            for number, method in enumerate(METHODS):
                rows = part[part["method"] == method].sort_values(["n_tfs", "scenario"])
                places = _draw_method(axes, rows, replicates, number)
                axes.plot(places, rows["paper"], color=METHOD_COLOURS[method], alpha=0.55, **dash)
            fewest = (rows["n_tfs"] == rows["n_tfs"].min()).sum()
            axes.axvline(fewest - 0.5, color=FAINT, linewidth=0.9)
        panels[0, column].set_title(THROUGH[response].capitalize())
        panels[1, column].set_xticks(range(len(rows)), rows["scenario"])
        counts = " | ".join(str(n) for n in sorted(set(rows["n_tfs"])))
        panels[1, column].set_xlabel(f"Scenario with {counts} acting TFs")
    panels[0, 0].set_ylabel("TP (share of relevant genes selected)")
    panels[1, 0].set_ylabel("TN (share of others not selected)")
    keys = [*_method_keys(), key("value in the paper", color=FAINT, **dash)]
    figure.legend(handles=keys, loc="outside lower center", ncols=5)
    return figure


def caption_selection(table: pd.DataFrame) -> str:
    """Return the caption of `draw_selection`."""
    legible = table[table["paper"].notna() & table["measure"].isin(["TP", "TN"])]
    inside = (legible["low"] <= legible["paper"]) & (legible["paper"] <= legible["high"])
    text = (
        "Shares of relevant genes selected (TP, top) and of irrelevant genes not selected (TN, "
        "bottom); genes are relevant by theta (in this design the same genes are relevant by u)."
        f" {_of_data_sets(table['replicates'])} Dashes of the same colour: the paper's first table "
        "(its design is not legible; this one follows Li and Li with fewer TFs). "
        f"{inside.sum()} of {len(legible)} of the paper's values lie within this study's 95% "
        f"interval of the mean{'.' if table['replicates'].min() > FEW else f', not drawn. {SKEWED}'}"
    )
    return caption("Figure 6a", text, SIMULATED)


@styled
def draw_ablation(intervals: pd.DataFrame, replicates: pd.DataFrame) -> Figure:
    """Draw what Pro selects with one component changed.

    `intervals` is as `cell_intervals` returns it with keys response and variant, `replicates` the
    table of its data sets.
    """
    figure = new_figure("Pro with one component changed", 84, SIMULATED)
    panels = figure.subplots(1, 3, sharey=True)
    places = np.arange(len(VARIANTS))
    for axes, measure in zip(panels, ("TP", "TN", AT_LEVEL)):
        of = intervals[intervals["measure"] == measure]
        for shift, response in zip((-0.16, 0.16), RESPONSES):
            for place, variant in zip(places + shift, VARIANTS):
                row = of[(of["response"] == response) & (of["variant"] == variant)]
                look = _face(response, METHOD_COLOURS.get(variant, CUT))
                _draw_means(axes, row, replicates, [place], look)
        axes.set(xlim=(-0.04, 1.04), xlabel=measure)
    name_rows(panels[0], list(VARIANTS))
    for axes in panels:
        separate_rows(axes)
        axes.axhline(0.5, color=FAINT, linewidth=0.8)
    figure.legend(handles=_response_keys(CUT), loc="outside lower center", ncols=2)
    return figure


def caption_ablation(intervals: pd.DataFrame) -> str:
    """Return the caption of `draw_ablation`."""
    words = "; ".join(f"{name}: {what}" for name, what in VARIANTS.items() if name != "Pro")
    text = (
        f"{_of_data_sets(intervals['replicates'])} Five TFs act; lambdas are chosen anew for each "
        f"variant. {words}. Genes are relevant and selected by theta. Last panel: share of "
        "relevant genes among the first by |theta| when 5% of the irrelevant genes are selected. A "
        "component matters where its variant lies to the left of Pro."
    )
    return caption("Figure 6b", text, SIMULATED)


@styled
def draw_networks(intervals: pd.DataFrame, response: str, replicates: pd.DataFrame) -> Figure:
    """Draw what is selected on each network and error level, for one kind of response.

    `intervals` is as `cell_intervals` returns it, of scenario 1 with 5 acting hubs, `replicates`
    the table of its data sets. Both readings of "relevant" are drawn.
    """
    own = intervals[intervals["response"] == response]
    levels, graphs = sorted(own["error level"].unique()), _order(own)
    measures = READINGS["theta"]
    figure = new_figure(f"Other networks, {THROUGH[response]}", 128, SIMULATED)
    panels = figure.subplots(3, len(levels), sharex=True, sharey=True, squeeze=False)
    for column, level in enumerate(levels):
        by = own[own["error level"] == level].set_index(["measure", "method"], drop=False)
        by = by.sort_index()
        for reading, names in READINGS.items():
            for axes, name in zip(panels[:, column], names):
                for number, method in enumerate(METHODS):
                    rows = by.loc[[(name, method)]].set_index("graph", drop=False).loc[graphs]
                    _draw_method(axes, rows, replicates, number, reading)
        panels[0, column].set_title(f"Error level {level:g}")
        panels[2, column].set_xticks(range(len(graphs)), graphs)
    for axes, measure in zip(panels[:, 0], measures):
        axes.set_ylabel(measure)
    keys = [key(f"relevant by {reading}", **_face(reading, FAINT)) for reading in READINGS]
    keys = [*_method_keys(), *keys]
    figure.legend(handles=keys, loc="outside lower center", ncols=6)
    return figure


def _draw_method(axes, rows, replicates, number, reading=None):
    """Draw the rates of one method, one column per row, and return their places."""
    places = np.arange(len(rows)) + STEP * (number - 1.5) + SHIFTS.get(reading, 0.0)
    look = {**_face(reading or "theta", METHOD_COLOURS[METHODS[number]]), "markersize": 3.2}
    _draw_means(axes, rows, replicates, places, look, upright=True)
    _columns_of_rates(axes, len(rows))
    return places


def caption_networks(intervals: pd.DataFrame, response: str) -> str:
    """Return the caption of `draw_networks`."""
    text = (
        f"{THROUGH[response].capitalize()}, scenario 1 with 5 acting hubs. "
        f"{_of_data_sets(intervals['replicates'])} Columns: error level, "
        "the share of a linked gene's variance that the network leaves unexplained. "
        f"{READ}{FAIR[response]}"
    )
    return caption("Figure 6d" if response == RESPONSES[0] else "Figure 6e", text, SIMULATED)


@styled
def draw_edges(intervals: pd.DataFrame, chance: pd.Series, replicates: pd.DataFrame) -> Figure:
    """Draw how well the network itself is recovered at each error level.

    `intervals` and `replicates` are as for `draw_networks`; `chance` is the share of linked pairs
    by graph, the AUPR of guessing.
    """
    own = intervals[intervals["measure"] == "edge AUPR"]
    levels, graphs = sorted(own["error level"].unique()), _order(own)
    by = own.set_index(["error level", "method", "response"], drop=False).sort_index()
    figure = new_figure("Recovery of the network", 70, SIMULATED)
    panels = figure.subplots(1, len(levels), sharey=True, squeeze=False)[0]
    places, dotted = np.arange(len(graphs)), {"color": CUT, "linewidth": 1, "linestyle": ":"}
    for axes, level in zip(panels, levels):
        for shift, method in zip((-0.17, 0.17), NETWORK_METHODS):
            for step, response in zip((-0.08, 0.08), RESPONSES):
                rows = by.loc[[(level, method, response)]].set_index("graph", drop=False)
                look = _face(response, METHOD_COLOURS[method])
                at = places + shift + step
                _draw_means(axes, rows.loc[graphs], replicates, at, look, upright=True)
        axes.hlines(chance.reindex(graphs), places - 0.4, places + 0.4, **dotted)
        axes.set_xticks(places, graphs)
        _columns_of_rates(axes, len(graphs))
        axes.set_title(f"Error level {level:g}")
    panels[0].set_ylabel("Area under precision and recall\nof the edges (AUPR)")
    keys = [*_method_keys(NETWORK_METHODS), *_response_keys(FAINT)]
    keys.append(key("chance", marker="", **dotted))
    figure.legend(handles=keys, loc="outside lower center", ncols=5)
    return figure


def caption_edges(intervals: pd.DataFrame, chance: pd.Series) -> str:
    """Return the caption of `draw_edges`."""
    own = intervals[(intervals["measure"] == "edge AUPR") & (intervals["method"] == "Pro")]
    means = own.groupby("error level")["mean"].mean()
    words = " and ".join(f"{mean:.2f} at error level {level:g}" for level, mean in means.items())
    guess = dict.fromkeys(f"{share:.3f}" for share in (chance.min(), chance.max()))
    text = (
        "Area under the precision-recall curve (AUPR) over pairs of genes, at the lambdas chosen "
        f"for prediction. Pro's mean is {words}; guessing gives {' to '.join(guess)} (dotted). "
        f"{_of_data_sets(own['replicates'])}"
    )
    return caption("Figure 6c", text, SIMULATED)


def _order(intervals):
    """Return the graphs in the order of the designs."""
    return [graph for graph in GRAPHS if graph in set(intervals["graph"])]
