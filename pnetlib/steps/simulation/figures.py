"""Figures of the simulation study: genes selected, the ablation, other networks."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pnetlib.steps.choice import METHODS, NETWORK_METHODS
from pnetlib.steps.simulation.ablation import VARIANTS
from pnetlib.steps.simulation.compute import CELL
from pnetlib.steps.simulation.designs import GRAPHS, RESPONSES
from pnetlib.steps.style import CUT, FAINT, METHOD_COLOURS, caption, new_figure, styled

THROUGH = {"expression": "response through expression", "activity": "response through activity"}
STEP = 0.18  # between the methods of one cell
AT_LEVEL = "TP at TN 0.95"


def _upright(axes, places, rows, colour, marker="o", fill=True):
    """Draw dots with vertical 95% intervals."""
    spans = np.abs(rows[["low", "high"]].to_numpy().T - rows["mean"].to_numpy())
    axes.errorbar(
        places,
        rows["mean"],
        yerr=spans,
        fmt=marker,
        markersize=4,
        capsize=1.5,
        linewidth=1.1,
        color=colour,
        markerfacecolor=colour if fill else "white",
    )


def _method_handles(methods=METHODS):
    return [
        Line2D([], [], color=METHOD_COLOURS[method], marker="o", markersize=4, label=method)
        for method in methods
    ]


@styled
def draw_selection(table: pd.DataFrame) -> Figure:
    """Draw TP and TN of each method in each cell of the table, with the paper's values.

    Parameters
    ----------
    table : DataFrame
        As `pnetlib.steps.simulation.summaries.compared_with_paper` returns it.
    """
    figure = new_figure(6.5, 5.2, simulated=True, title="Relevant genes selected")
    panels = figure.subplots(2, 2, sharex=True, sharey=True)
    for column, response in enumerate(RESPONSES):
        for axes, measure in zip(panels[:, column], ("TP", "TN")):
            part = table[(table["response"] == response) & (table["measure"] == measure)]
            for number, method in enumerate(METHODS):
                rows = part[part["method"] == method].sort_values(["n_tfs", "scenario"])
                places = np.arange(len(rows)) + STEP * (number - 1.5)
                _upright(axes, places, rows, METHOD_COLOURS[method])
                axes.plot(
                    places,
                    rows["paper"],
                    "_",
                    markersize=7,
                    markeredgewidth=2,
                    color=METHOD_COLOURS[method],
                    alpha=0.55,
                )
            for edge in range(len(rows) - 1):
                axes.axvline(edge + 0.5, color="#E4E4E4", linewidth=0.6)
            axes.axvline(
                (rows["n_tfs"] == rows["n_tfs"].min()).sum() - 0.5, color=FAINT, linewidth=0.9
            )
            axes.grid(axis="x", visible=False)
            axes.set(ylim=(-0.04, 1.04), xlim=(-0.5, len(rows) - 0.5))
        panels[0, column].set_title(THROUGH[response].capitalize())
        panels[1, column].set_xticks(range(len(rows)), rows["scenario"])
        panels[1, column].set_xlabel(f"Scenario with {_counts(rows['n_tfs'])} acting TFs")
    panels[0, 0].set_ylabel("TP (relevant genes selected)")
    panels[1, 0].set_ylabel("TN (others not selected)")
    paper = Line2D(
        [],
        [],
        linestyle="",
        marker="_",
        markersize=7,
        markeredgewidth=2,
        color=FAINT,
        label="value in the paper",
    )
    figure.legend(handles=[*_method_handles(), paper], loc="outside lower center", ncols=5)
    return figure


def _counts(n_tfs):
    return " | ".join(str(n) for n in sorted(set(n_tfs)))


def caption_selection(table: pd.DataFrame) -> str:
    """Return the caption of `draw_selection`."""
    legible = table[table["paper"].notna() & table["measure"].isin(["TP", "TN"])]
    inside = (legible["low"] <= legible["paper"]) & (legible["paper"] <= legible["high"])
    text = (
        "Shares of relevant genes selected (TP, top) and of irrelevant genes not selected (TN, "
        f"bottom). Dots: means over {table['replicates'].min()} data sets per cell with 95% "
        "intervals. Dashes of the same colour: the paper's first table (its design is not legible; "
        f"this one follows Li and Li with fewer TFs). {inside.sum()} of {len(legible)} of the "
        "paper's values lie within the interval of this study."
    )
    return caption("Figure 6a", text, True)


@styled
def draw_ablation(intervals: pd.DataFrame) -> Figure:
    """Draw what Pro selects with one component changed.

    Parameters
    ----------
    intervals : DataFrame
        Of `pnetlib.steps.simulation.summaries.cell_intervals` with keys response and variant.
    """
    variants = list(VARIANTS)
    colours = [METHOD_COLOURS.get(variant, CUT) for variant in variants]
    figure = new_figure(6.5, 3.6, simulated=True, title="Pro with one component changed")
    panels = figure.subplots(1, 3, sharey=True)
    for axes, measure in zip(panels, ("TP", "TN", AT_LEVEL)):
        for shift, response in zip((-0.16, 0.16), RESPONSES):
            part = intervals[
                (intervals["measure"] == measure) & (intervals["response"] == response)
            ].set_index("variant")
            for colour in dict.fromkeys(colours):
                places = np.flatnonzero([own == colour for own in colours])
                rows = part.loc[[variants[place] for place in places]]
                spans = np.abs(rows[["low", "high"]].to_numpy().T - rows["mean"].to_numpy())
                axes.errorbar(
                    rows["mean"],
                    places + shift,
                    xerr=spans,
                    color=colour,
                    capsize=1.5,
                    fmt="o" if response == "expression" else "s",
                    markersize=4.5,
                    linewidth=1.1,
                    markerfacecolor=colour if response == "expression" else "white",
                )
        axes.axhline(0.5, color=FAINT, linewidth=0.8)
        axes.set(xlim=(-0.04, 1.04), xlabel=measure)
    panels[0].set_yticks(range(len(variants)), variants)
    panels[0].set_ylim(len(variants) - 0.5, -0.5)
    handles = [
        Line2D(
            [],
            [],
            color=CUT,
            marker=marker,
            markersize=4.5,
            markerfacecolor=face,
            label=THROUGH[response],
        )
        for response, marker, face in (("expression", "o", CUT), ("activity", "s", "white"))
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def caption_ablation(intervals: pd.DataFrame) -> str:
    """Return the caption of `draw_ablation`."""
    words = "; ".join(f"{name}: {what}" for name, what in VARIANTS.items() if name != "Pro")
    text = (
        f"Means over {intervals['replicates'].min()} data sets with 5 acting TFs for each "
        f"response, with 95% intervals; lambdas are chosen anew for each variant. {words}. Last "
        "panel: share of relevant genes among the first by |theta| when 5% of the irrelevant "
        "genes are selected. A component matters where its variant lies to the left of Pro."
    )
    return caption("Figure 6b", text, True)


@styled
def draw_networks(intervals: pd.DataFrame, response: str) -> Figure:
    """Draw what is selected on each network and error level, for one kind of response.

    Parameters
    ----------
    intervals : DataFrame
        Of `pnetlib.steps.simulation.summaries.cell_intervals`: scenario 1, 5 acting hubs.
    response : {"expression", "activity"}
    """
    own = intervals[intervals["response"] == response]
    levels, graphs = sorted(own["error level"].unique()), _order(own)
    measures = ("TP", "TN", AT_LEVEL)
    figure = new_figure(6.5, 5.0, simulated=True, title=f"Other networks, {THROUGH[response]}")
    panels = figure.subplots(3, len(levels), sharex=True, sharey=True, squeeze=False)
    for column, level in enumerate(levels):
        for axes, measure in zip(panels[:, column], measures):
            part = own[(own["measure"] == measure) & (own["error level"] == level)]
            for number, method in enumerate(METHODS):
                rows = part[part["method"] == method].set_index("graph").reindex(graphs)
                places = np.arange(len(graphs)) + STEP * (number - 1.5)
                _upright(axes, places, rows, METHOD_COLOURS[method])
            axes.grid(axis="x", visible=False)
            axes.set(ylim=(-0.04, 1.04), xlim=(-0.5, len(graphs) - 0.5))
        panels[0, column].set_title(f"Error level {level:g}")
        panels[2, column].set_xticks(range(len(graphs)), graphs)
    for axes, measure in zip(panels[:, 0], measures):
        axes.set_ylabel(measure)
    figure.legend(handles=_method_handles(), loc="outside lower center", ncols=4)
    return figure


def caption_networks(intervals: pd.DataFrame, response: str) -> str:
    """Return the caption of `draw_networks`."""
    counts = sorted(set(intervals.drop_duplicates(CELL)["replicates"]))
    text = (
        f"{THROUGH[response].capitalize()}, scenario 1 with 5 acting hubs, "
        f"{' or '.join(map(str, counts))} data sets each, 95% intervals. Columns: error level, "
        "the share of a linked gene's variance that the network leaves unexplained."
    )
    return caption("Figure 6d" if response == RESPONSES[0] else "Figure 6e", text, True)


@styled
def draw_edges(intervals: pd.DataFrame, chance: pd.Series) -> Figure:
    """Draw how well the network itself is recovered at each error level.

    Parameters
    ----------
    intervals : DataFrame
        As for `draw_networks`.
    chance : Series
        Share of linked pairs by graph: the AUPR of guessing.
    """
    own = intervals[intervals["measure"] == "edge AUPR"]
    levels, graphs = sorted(own["error level"].unique()), _order(own)
    figure = new_figure(6.5, 2.8, simulated=True, title="Recovery of the network")
    panels = figure.subplots(1, len(levels), sharey=True, squeeze=False)[0]
    for axes, level in zip(panels, levels):
        places = np.arange(len(graphs))
        for number, method in enumerate(NETWORK_METHODS):
            for shift, response in zip((-0.08, 0.08), RESPONSES):
                rows = (
                    own[
                        (own["method"] == method)
                        & (own["error level"] == level)
                        & (own["response"] == response)
                    ]
                    .set_index("graph")
                    .reindex(graphs)
                )
                _upright(
                    axes,
                    places + 0.34 * (number - 0.5) + shift,
                    rows,
                    METHOD_COLOURS[method],
                    *(("o", True), ("s", False))[shift > 0],
                )
        axes.hlines(
            chance.reindex(graphs),
            places - 0.4,
            places + 0.4,
            color=CUT,
            linewidth=1,
            linestyle=":",
        )
        axes.set_xticks(places, graphs)
        axes.grid(axis="x", visible=False)
        axes.set(ylim=(-0.04, 1.04), xlim=(-0.5, len(graphs) - 0.5), title=f"Error level {level:g}")
    panels[0].set_ylabel("Edge AUPR")
    marks = [
        Line2D(
            [],
            [],
            linestyle="",
            color=FAINT,
            marker=marker,
            markersize=4,
            markerfacecolor=face,
            label=THROUGH[response],
        )
        for response, marker, face in (("expression", "o", FAINT), ("activity", "s", "white"))
    ]
    guess = Line2D([], [], color=CUT, linestyle=":", linewidth=1, label="chance")
    figure.legend(
        handles=[*_method_handles(NETWORK_METHODS), *marks, guess],
        loc="outside lower center",
        ncols=5,
        columnspacing=1.2,
        handlelength=1.5,
    )
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
        f"{' to '.join(guess)} (dotted)."
    )
    return caption("Figure 6c", text, True)


def _order(intervals):
    """Return the graphs in the order of the designs."""
    return [graph for graph in GRAPHS if graph in set(intervals["graph"])]
