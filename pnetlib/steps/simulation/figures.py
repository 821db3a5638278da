"""The simulation study: genes selected beside the paper's table, the ablation, other networks."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pnetlib.steps.choice import METHODS, NETWORK_METHODS
from pnetlib.steps.simulation.ablation import VARIANTS
from pnetlib.steps.simulation.designs import GRAPHS, RESPONSES
from pnetlib.steps.simulation.study import CELL
from pnetlib.steps.style import CUT, FAINT, METHOD_COLOURS, caption, new_figure, styled

THROUGH = {"expression": "response through expression", "activity": "response through activity"}
STEP = 0.18  # between methods of one cell
HELD = "TP at TN 0.95"


def _upright(axes, places, rows, colour, marker="o", fill=True):
    """Dots with 95 % intervals along the y axis."""
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
    """Draw TP and TN of each method and cell of the table beside the paper's figures.

    Parameters
    ----------
    table : DataFrame
        As `pnetlib.steps.simulation.study.beside_paper` returns it.
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
    panels[0, 0].set_ylabel("TP (share of relevant genes)")
    panels[1, 0].set_ylabel("TN (share of other genes)")
    paper = Line2D(
        [],
        [],
        linestyle="",
        marker="_",
        markersize=7,
        markeredgewidth=2,
        color=FAINT,
        label="the paper's figure",
    )
    figure.legend(handles=[*_method_handles(), paper], loc="outside lower center", ncols=5)
    return figure


def _counts(n_tfs):
    return " | ".join(str(n) for n in sorted(set(n_tfs)))


def caption_selection(table: pd.DataFrame) -> str:
    """Return the caption of `draw_selection`."""
    readable = table[table["paper"].notna() & table["measure"].isin(["TP", "TN"])]
    inside = (readable["low"] <= readable["paper"]) & (readable["paper"] <= readable["high"])
    text = (
        f"Means over {table['replicates'].min()} data sets a cell with 95 % intervals, and the "
        "paper's figures as dashes of the same colour (its design is not readable; this one is Li "
        f"and Li's with TFs fewer). {inside.sum()} of {len(readable)} of the paper's figures lie "
        "within our interval."
    )
    return caption("Table 1", text, True)


@styled
def draw_ablation(intervals: pd.DataFrame) -> Figure:
    """Draw what Pro selects with one part changed.

    Parameters
    ----------
    intervals : DataFrame
        Of `pnetlib.steps.simulation.study.cell_intervals` with the keys response and variant.
    """
    variants = list(VARIANTS)
    colours = [METHOD_COLOURS.get(variant, CUT) for variant in variants]
    figure = new_figure(6.5, 3.6, simulated=True, title="Pro with one part changed")
    panels = figure.subplots(1, 3, sharey=True)
    for axes, measure in zip(panels, ("TP", "TN", HELD)):
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
        f"response, with 95 % intervals; lambdas chosen anew for each variant. {words}. Last "
        "panel: share of relevant genes among the first by |theta| when 5 % of the others are "
        "let in."
    )
    return caption("Ablation", text, True)


@styled
def draw_networks(intervals: pd.DataFrame, response: str) -> Figure:
    """Draw what is selected on each network and error level, for one kind of response.

    Parameters
    ----------
    intervals : DataFrame
        Of `pnetlib.steps.simulation.study.cell_intervals`: scenario 1, 5 acting hubs.
    response : {"expression", "activity"}
    """
    own = intervals[intervals["response"] == response]
    levels, graphs = sorted(own["error level"].unique()), _order(own)
    measures = ("TP", "TN", HELD)
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
        f"Scenario 1 with 5 acting hubs, {' or '.join(map(str, counts))} data sets each, 95 % "
        "intervals. The error level is the share of a linked gene's variance that the network "
        "leaves open."
    )
    return caption(f"Networks, {THROUGH[response]}", text, True)


@styled
def draw_edges(intervals: pd.DataFrame, chance: pd.Series) -> Figure:
    """Draw how well the network itself is found at each error level.

    Parameters
    ----------
    intervals : DataFrame
        As for `draw_networks`.
    chance : Series
        Share of linked pairs by graph: the AUPR of a guess.
    """
    own = intervals[intervals["measure"] == "edge AUPR"]
    levels, graphs = sorted(own["error level"].unique()), _order(own)
    figure = new_figure(6.5, 2.8, simulated=True, title="The network found")
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
    words = ", ".join(f"{mean:.2f} at error level {level:g}" for level, mean in means.items())
    text = (
        "Area under the curve of precision and recall over pairs of genes, at the lambdas chosen "
        f"for prediction. Pro's mean is {words}; chance is {chance.min():.3f} to "
        f"{chance.max():.3f}."
    )
    return caption("Edges", text, True)


def _order(intervals):
    """Graphs in the order of the designs."""
    return [graph for graph in GRAPHS if graph in set(intervals["graph"])]
