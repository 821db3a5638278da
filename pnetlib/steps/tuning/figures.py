"""Figures of the sections on other draws of the tuning folds in notebooks 04 and 05."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pnetlib.steps.effects.compute import SIDES
from pnetlib.steps.networks.compute import GROUPS, is_named_edge
from pnetlib.steps.study import Study
from pnetlib.steps.style import (
    BLACK,
    DRUG_MARKS,
    GROUP_COLOURS,
    GROUP_MARKS,
    METHOD_COLOURS,
    caption,
    keys_below,
    name_rows,
    new_figure,
    say_none,
    separate_rows,
    styled,
)
from pnetlib.words import counted

MOST_EDGES = 12
MOST_MARKERS = 12
SIDE_TITLES = {"targets": "On its targets", "regulators": "From its regulators"}


def shown_markers(markers: pd.DataFrame, most: int = MOST_MARKERS) -> pd.DataFrame:
    """Return the rows of `compute.marker_table` of the study's markers; without any, of the common ones."""
    if markers["named"].any():
        return markers[markers["named"]]
    return markers[markers["marker"].isin(markers["marker"].unique()[:most])]


def shown_edges(
    edges: pd.DataFrame, named: tuple[str, str] | None, most: int = MOST_EDGES
) -> pd.DataFrame:
    """Return the `named` edge and those whose coefficients move most over draws.

    `edges` is the table of `compute.edge_ranges`.
    """
    moves = _moves(edges)
    sizes = np.maximum(*(edges[f"first {group}"].abs() for group in GROUPS))
    order = edges.index[np.lexsort((-sizes, -moves))]  # of equal moves, the stronger edge
    first = edges.index[is_named_edge(edges, named)]
    return edges.loc[[*first, *order.difference(first, sort=False)][:most]]


def _moves(edges):
    """Return over how much the coefficient of each edge ranges, in the group with the larger range."""
    return np.maximum(*(edges[f"high {group}"] - edges[f"low {group}"] for group in GROUPS))


@styled
def draw_draws(markers: pd.DataFrame, edges: pd.DataFrame, *, study: Study) -> Figure:
    """Draw the range over draws of the markers' effects, and of edges.

    Takes the tables of `compute.marker_table` and `compute.edge_ranges`.
    """
    followed, shown = shown_markers(markers), shown_edges(edges, study.edge)
    names, drugs = list(dict.fromkeys(followed["marker"])), list(dict.fromkeys(markers["drug"]))
    rows = max(len(names), len(shown), 4)
    figure = new_figure("Other draws of the tuning folds", 32 + 6.5 * rows, study)
    left, right = figure.subplots(1, 2)
    for place, drug in enumerate(drugs):
        part = followed[followed["drug"] == drug].set_index("marker").reindex(names)
        symbol = DRUG_MARKS[place % len(DRUG_MARKS)]
        _ranges(left, part, "", _shift(place, len(drugs)), METHOD_COLOURS["Pro"], drug, symbol)
    name_rows(left, names, fontstyle="italic")
    left.set(
        xlabel="Effect of the gene (Pro)", title=f"{_kind(markers, study).capitalize()} markers"
    )
    for place, group in enumerate(GROUPS):
        _ranges(right, shown, f" {group}", _shift(place, 2), *_look(group))
    labels = [f"{row.regulator} → {row.target}" for row in shown.itertuples()]
    name_rows(right, labels, fontstyle="italic")
    right.set(xlabel="Coefficient of the edge", title="Edges of both groups")
    for axes, rows in ((left, names), (right, labels)):
        if not rows:
            say_none(axes)
            continue
        axes.axvline(0, color=BLACK, linewidth=0.6)
        separate_rows(axes)
    _keys(figure, left, right)
    return figure


def _kind(markers, study):
    if markers["named"].any():
        return study.called
    if not markers["common"].any():
        return "followed"
    return "found" if study.one_drug else "common"


def _shift(place, n):
    """Return the place of one of n dots in a row, relative to its middle."""
    return 0.6 * ((place + 0.5) / n - 0.5)


def _look(group):
    return GROUP_COLOURS[group], group, GROUP_MARKS[group]


def _ranges(axes, table, suffix, shift, colour, label, symbol):
    """Draw the first draw as a symbol and the range over draws as a line, one row each."""
    rows = np.arange(len(table)) + shift
    axes.hlines(rows, table[f"low{suffix}"], table[f"high{suffix}"], color=colour, linewidth=1.6)
    look = {"markersize": 3.5, "color": colour, "label": label}
    axes.plot(table[f"first{suffix}"], rows, symbol, **look)


def _keys(figure, *panels):
    """Explain the symbols and colours of all panels below the figure."""
    found = [item for panel in panels for item in zip(*panel.get_legend_handles_labels())]
    figure.legend(*zip(*found), loc="outside lower center", ncols=min(len(found), 6))


def caption_draws(markers: pd.DataFrame, edges: pd.DataFrame, n: int, *, study: Study) -> str:
    """Return the caption of `draw_draws`, for n draws."""
    shown, still = len(shown_edges(edges, study.edge)), not _moves(edges).any()
    which = "none of which moves, the largest" if still else "those that move most"
    edge = "the paper's edge where both genes are among the genes, and " if study.edge else ""
    text = (
        f"What moves with the folds on which lambdas are chosen, over {counted(n, 'draw')}. "
        "Symbols: the first draw, which notebooks 02 to 05 use; lines: the range over all draws, with the "
        f"same cell lines. Left: effects of the {_kind(markers, study)} markers among the "
        f"genes{', by drug' * (not study.one_drug)}. Right: "
        f"{edge}of {counted(len(edges), 'edge')}{',' * still} {which} ({shown} shown); an edge not present counts as 0."
    )
    return caption("Figure 4d", text, study)


@styled
def draw_effects(ranges: pd.DataFrame, *, study: Study) -> Figure:
    """Draw the range over draws of the mean effects over single edges in both groups.

    Takes the table of `compute.effect_ranges`.
    """
    table = ranges[ranges["length"] == 1] if len(ranges) else ranges
    names = list(dict.fromkeys(table["marker"])) if len(table) else []
    height = 26 + 7 * max(len(names), 3)
    figure = new_figure("Effects on other draws of the tuning folds", height, study)
    if not names:
        figure.text(0.5, 0.5, "No marker is among the genes of the networks.", ha="center")
        return figure
    panels = figure.subplots(1, 2, sharey=True)
    for axes, side in zip(panels, SIDES):
        part = table[table["side"] == side].set_index("marker").reindex(names)
        for place, group in enumerate(GROUPS):
            _ranges(axes, part, f" {group}", _shift(place, 2), *_look(group))
        axes.set(xlabel="Mean effect (sd of expression)", title=SIDE_TITLES[side])
        axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
        axes.margins(x=0.04)
    name_rows(panels[0], names, fontstyle="italic")
    for axes in panels:
        separate_rows(axes)
    keys_below(figure, panels[0], 2)
    return figure


def caption_effects(ranges: pd.DataFrame, *, study: Study) -> str:
    """Return the caption of `draw_effects`."""
    n = int(ranges["draws"].max()) if len(ranges) else 1
    text = (
        f"Mean regulatory effects over single edges, over {counted(n, 'draw')} of the folds on which "
        "lambdas are chosen. Symbols: the first draw, that of figure 5a; lines: the range over all "
        "draws, with the same cell lines."
    )
    return caption("Figure 5c", text, study)
