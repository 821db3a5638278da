"""Figures of the simulation study: genes selected, the ablation, other networks."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pnetlib.steps.choice import METHODS, NETWORK_METHODS
from pnetlib.steps.simulation.ablation import VARIANTS
from pnetlib.steps.simulation.compute import AT_LEVEL, CELL
from pnetlib.steps.simulation.designs import GRAPHS, RESPONSES
from pnetlib.steps.simulation.summaries import READINGS
from pnetlib.steps.style import (
    CUT,
    FAINT,
    METHOD_COLOURS,
    caption,
    draw_intervals,
    key,
    name_rows,
    new_figure,
    styled,
)

THROUGH = {"expression": "response through expression", "activity": "response through activity"}
STEP = 0.18  # between the methods of one cell
MARKS = {"expression": ("o", True), "activity": ("s", False)}  # symbol, and whether it is filled
SKEWED = (
    "Intervals are Student's and suppose normal values. Rates near 0 or 1 are not normal: over 3 "
    "data sets the intervals contain a mean of 0.95 in about two thirds of cases."
)
FILLED = {"theta": True, "u": False}  # symbols of the readings of "relevant"
SHIFTS = {"theta": 0.0, "u": 0.07}  # between the readings of one method
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


def _method_keys(methods=METHODS):
    return [
        key(method, color=METHOD_COLOURS[method], linestyle="-", markersize=4) for method in methods
    ]


def _response_keys(colour):
    return [key(THROUGH[response], **_mark(response, colour)) for response in RESPONSES]


def _mark(response, colour):
    """Return the look of a mean of one kind of response."""
    symbol, full = MARKS[response]
    face = colour if full else "white"
    return {"marker": symbol, "color": colour, "markerfacecolor": face, "markersize": 4}


@styled
def draw_selection(table: pd.DataFrame) -> Figure:
    """Draw TP and TN of each method in each cell, with the values of `compared_with_paper`."""
    figure = new_figure("Relevant genes selected", 5.2, True)
    panels = figure.subplots(2, 2, sharex=True, sharey=True)
    dash = {"marker": "_", "markersize": 7, "markeredgewidth": 2, "linestyle": ""}
    for column, response in enumerate(RESPONSES):
        for axes, measure in zip(panels[:, column], ("TP", "TN")):
            part = table[(table["response"] == response) & (table["measure"] == measure)]
            for number, method in enumerate(METHODS):
                rows = part[part["method"] == method].sort_values(["n_tfs", "scenario"])
                places = _draw_method(axes, rows, number)
                axes.plot(places, rows["paper"], color=METHOD_COLOURS[method], alpha=0.55, **dash)
            for edge in range(len(rows) - 1):
                axes.axvline(edge + 0.5, color="#E4E4E4", linewidth=0.6)
            fewest = (rows["n_tfs"] == rows["n_tfs"].min()).sum()
            axes.axvline(fewest - 0.5, color=FAINT, linewidth=0.9)
        panels[0, column].set_title(THROUGH[response].capitalize())
        panels[1, column].set_xticks(range(len(rows)), rows["scenario"])
        counts = " | ".join(str(n) for n in sorted(set(rows["n_tfs"])))
        panels[1, column].set_xlabel(f"Scenario with {counts} acting TFs")
    panels[0, 0].set_ylabel("TP (relevant genes selected)")
    panels[1, 0].set_ylabel("TN (others not selected)")
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
        f" Dots: means over {table['replicates'].min()} data sets per cell with 95% "
        "intervals. Dashes of the same colour: the paper's first table (its design is not legible; "
        f"this one follows Li and Li with fewer TFs). {inside.sum()} of {len(legible)} of the "
        f"paper's values lie within the interval of this study. {SKEWED}"
    )
    return caption("Figure 6a", text, True)


@styled
def draw_ablation(intervals: pd.DataFrame) -> Figure:
    """Draw what Pro selects with one component changed.

    `intervals` is as `cell_intervals` returns it with keys response and variant.
    """
    figure = new_figure("Pro with one component changed", 3.6, True)
    panels = figure.subplots(1, 3, sharey=True)
    for axes, measure in zip(panels, ("TP", "TN", AT_LEVEL)):
        of = intervals[intervals["measure"] == measure].set_index(["response", "variant"])
        for shift, response in zip((-0.16, 0.16), RESPONSES):
            for place, variant in enumerate(VARIANTS):
                look = _mark(response, METHOD_COLOURS.get(variant, CUT))
                draw_intervals(axes, of.loc[[(response, variant)]], [place + shift], **look)
        axes.axhline(0.5, color=FAINT, linewidth=0.8)
        axes.set(xlim=(-0.04, 1.04), xlabel=measure)
    name_rows(panels[0], list(VARIANTS))
    figure.legend(handles=_response_keys(CUT), loc="outside lower center", ncols=2)
    return figure


def caption_ablation(intervals: pd.DataFrame) -> str:
    """Return the caption of `draw_ablation`."""
    words = "; ".join(f"{name}: {what}" for name, what in VARIANTS.items() if name != "Pro")
    text = (
        f"Means over {intervals['replicates'].min()} data sets with 5 acting TFs for each "
        f"response, with 95% intervals; lambdas are chosen anew for each variant. {words}. Genes "
        "are relevant and selected by theta. Last panel: share of relevant genes among the first by |theta| when 5% of the irrelevant "
        f"genes are selected. A component matters where its variant lies to the left of Pro. {SKEWED}"
    )
    return caption("Figure 6b", text, True)


@styled
def draw_networks(intervals: pd.DataFrame, response: str) -> Figure:
    """Draw what is selected on each network and error level, for one kind of response.

    `intervals` is as `cell_intervals` returns it, of scenario 1 with 5 acting hubs. Both
    readings of "relevant" are drawn.
    """
    own = intervals[intervals["response"] == response]
    levels, graphs = sorted(own["error level"].unique()), _order(own)
    measures = READINGS["theta"]
    figure = new_figure(f"Other networks, {THROUGH[response]}", 5.0, True)
    panels = figure.subplots(3, len(levels), sharex=True, sharey=True, squeeze=False)
    for column, level in enumerate(levels):
        by = own[own["error level"] == level].set_index(["measure", "method", "graph"])
        by = by.sort_index()
        for reading, names in READINGS.items():
            for axes, name in zip(panels[:, column], names):
                for number, method in enumerate(METHODS):
                    rows = by.loc[name, method].reindex(graphs)
                    _draw_method(axes, rows, number, reading)
        panels[0, column].set_title(f"Error level {level:g}")
        panels[2, column].set_xticks(range(len(graphs)), graphs)
    for axes, measure in zip(panels[:, 0], measures):
        axes.set_ylabel(measure)
    keys = [key(f"relevant by {reading}", **_face(reading, FAINT)) for reading in READINGS]
    keys = [*_method_keys(), *keys]
    figure.legend(handles=keys, loc="outside lower center", ncols=6)
    return figure


def _face(reading, colour):
    """Return the look of a symbol of one reading of "relevant"."""
    return {"color": colour, "markerfacecolor": colour if FILLED[reading] else "white"}


def _draw_method(axes, rows, number, reading="theta"):
    """Draw the rates of one method, one column per row, and return their places."""
    places = np.arange(len(rows)) + STEP * (number - 1.5) + SHIFTS[reading]
    look = {**_face(reading, METHOD_COLOURS[METHODS[number]]), "markersize": 4}
    draw_intervals(axes, rows, places, upright=True, **look)
    _columns_of_rates(axes, len(rows))
    return places


def caption_networks(intervals: pd.DataFrame, response: str) -> str:
    """Return the caption of `draw_networks`."""
    counts = sorted(set(intervals.drop_duplicates(CELL)["replicates"]))
    text = (
        f"{THROUGH[response].capitalize()}, scenario 1 with 5 acting hubs, "
        f"{' or '.join(map(str, counts))} data sets each, 95% intervals. Columns: error level, "
        "the share of a linked gene's variance that the network leaves unexplained. "
        f"{READ}{FAIR[response]} {SKEWED}"
    )
    return caption("Figure 6d" if response == RESPONSES[0] else "Figure 6e", text, True)


@styled
def draw_edges(intervals: pd.DataFrame, chance: pd.Series) -> Figure:
    """Draw how well the network itself is recovered at each error level.

    `intervals` is as for `draw_networks`; `chance` is the share of linked pairs by graph, the
    AUPR of guessing.
    """
    own = intervals[intervals["measure"] == "edge AUPR"]
    levels, graphs = sorted(own["error level"].unique()), _order(own)
    by = own.set_index(["error level", "method", "response", "graph"]).sort_index()
    figure = new_figure("Recovery of the network", 2.8, True)
    panels = figure.subplots(1, len(levels), sharey=True, squeeze=False)[0]
    places, dotted = np.arange(len(graphs)), {"color": CUT, "linewidth": 1, "linestyle": ":"}
    for axes, level in zip(panels, levels):
        for shift, method in zip((-0.17, 0.17), NETWORK_METHODS):
            for step, response in zip((-0.08, 0.08), RESPONSES):
                rows = by.loc[level, method, response].reindex(graphs)
                look = _mark(response, METHOD_COLOURS[method])
                draw_intervals(axes, rows, places + shift + step, upright=True, **look)
        axes.hlines(chance.reindex(graphs), places - 0.4, places + 0.4, **dotted)
        axes.set_xticks(places, graphs)
        _columns_of_rates(axes, len(graphs))
        axes.set_title(f"Error level {level:g}")
    panels[0].set_ylabel("Edge AUPR")
    keys = [*_method_keys(NETWORK_METHODS), *_response_keys(FAINT)]
    keys.append(key("chance", marker="", **dotted))
    tight = {"columnspacing": 1.2, "handlelength": 1.5}
    figure.legend(handles=keys, loc="outside lower center", ncols=5, **tight)
    return figure


def caption_edges(intervals: pd.DataFrame, chance: pd.Series) -> str:
    """Return the caption of `draw_edges`."""
    own = intervals[(intervals["measure"] == "edge AUPR") & (intervals["method"] == "Pro")]
    means = own.groupby("error level")["mean"].mean()
    words = " and ".join(f"{mean:.2f} at error level {level:g}" for level, mean in means.items())
    guess = dict.fromkeys(f"{share:.3f}" for share in (chance.min(), chance.max()))
    text = (
        "Area under the precision-recall curve (AUPR) over pairs of genes, at the lambdas chosen "
        f"for prediction, with 95% intervals. Pro's mean is {words}; guessing gives "
        f"{' to '.join(guess)} (dotted). {SKEWED}"
    )
    return caption("Figure 6c", text, True)


def _order(intervals):
    """Return the graphs in the order of the designs."""
    return [graph for graph in GRAPHS if graph in set(intervals["graph"])]
