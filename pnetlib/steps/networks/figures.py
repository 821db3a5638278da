"""Figures of notebook 04: the markers' networks in sensitive and in resistant cell lines."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch
from matplotlib.patheffects import withStroke
from matplotlib.textpath import TextPath
from matplotlib.ticker import NullFormatter

from pnetlib.steps.networks.compute import GROUPS
from pnetlib.steps.style import (
    BLACK,
    EDGE_COLOURS,
    GROUP_COLOURS,
    caption,
    key,
    name_rows,
    new_figure,
    styled,
)

MOST_EDGES = 90
PALE = 0.28  # opacity of edges present in both groups
ARROWS = {"activating": "-|>,head_length=3.5,head_width=1.8", "repressing": "|-|,widthA=0,widthB=3"}
TITLES = {"ST": "Sensitive lines (ST)", "RS": "Resistant lines (RS)"}

# Inches; the figure is drawn to size, so that names that do not overlap here do not in print.
WIDTH, PANEL, TOP, BOTTOM, TYPE = 6.9, 3.4, 0.55, 0.5, 0.12
MARKER_FONT = FontProperties(family="DejaVu Sans", size=8, weight="bold")
NEIGHBOUR_FONT = FontProperties(family="DejaVu Sans", size=7)


def strongest(edges: pd.DataFrame, most: int = MOST_EDGES) -> pd.DataFrame:
    """Return the edges with the largest coefficients in either group."""
    size = edges[list(GROUPS)].abs().max(axis=1)
    return edges.loc[size.sort_values(ascending=False, kind="stable").index[:most]]


@styled
def draw_networks(
    edges: pd.DataFrame, degrees: pd.DataFrame, positions: dict, markers: list, *, simulated: bool
) -> Figure:
    """Draw both networks side by side on one layout.

    Parameters
    ----------
    edges, degrees : DataFrame
        As `edge_table` and `degree_table` return them.
    positions : dict
        Gene to its place. Genes are moved until no name covers another; genes without a place,
        which have no edge, are drawn below.
    markers : list of str
        Genes named in bold.
    simulated : bool
    """
    radius = _radii(degrees)
    places, height = _apart(positions, radius.max(axis=1), markers)
    tall = TOP + height + BOTTOM
    figure = new_figure("Networks of the markers", tall, simulated, WIDTH)
    figure.set_layout_engine("none")
    shown = strongest(edges)
    for number, group in enumerate(GROUPS):
        left = (number * WIDTH / 2 + 0.02) / WIDTH
        axes = figure.add_axes((left, BOTTOM / tall, PANEL / WIDTH, height / tall))
        axes.set(xlim=(0, PANEL), ylim=(0, height))
        axes.set_axis_off()
        axes.set_title(TITLES[group])
        for edge in shown[shown[group] != 0].itertuples():
            _draw_edge(axes, edge, group, places, radius[group])
        for gene, place in places.items():
            linked = degrees.at[gene, f"degree {group}"] > 0
            _draw_gene(axes, gene, place, radius.at[gene, group], gene in markers, linked, group)
    figure.legend(handles=_legend(), loc="lower center", ncols=2)
    return figure


def _radii(degrees):
    """Return the radius of each gene in inches, genes x groups; the area grows with the degree."""
    degree = degrees[[f"degree {group}" for group in GROUPS]].set_axis(list(GROUPS), axis=1)
    return np.sqrt(12 + 200 * degree / max(degree.to_numpy().max(), 1e-9)) / 2 / 72


def _apart(positions, radius, markers):
    """Return places at which no gene or name covers another, and the panel's height, in inches.

    Every gene is a box around its circle and the name above it. Starting from `positions`,
    overlapping boxes push each other away in the direction of the smaller overlap; a panel in
    which some still overlap is made higher.
    """
    genes = [*positions, *(gene for gene in radius.index if gene not in positions)]
    start = np.zeros((len(genes), 2))
    if positions:
        start[: len(positions)] = np.array([positions[gene] for gene in positions])
        low, high = start[: len(positions)].min(axis=0), start[: len(positions)].max(axis=0)
        start = (start - low) / np.where(high > low, high - low, 1)
    rest = len(genes) - len(positions)
    start[len(positions) :] = np.column_stack([np.linspace(0, 1, rest), np.full(rest, -0.1)])
    name = [_name_width(gene, gene in markers) for gene in genes]
    r = radius[genes].to_numpy()
    box = np.column_stack([np.maximum(name, 2 * r) + 0.06, 2 * r + TYPE + 0.05])
    shift = np.array([0, TYPE / 2])  # from a circle's centre to its box's
    height = 3.4
    while True:
        low, high = box / 2, np.array([PANEL, height]) - box / 2
        places, clear = _push(low + start * (high - low), box, low, high)
        if clear or height > 12:
            return dict(zip(genes, places - shift)), height
        height += 0.4


def _push(places, box, low, high, rounds=400):
    """Move overlapping boxes apart inside the limits; return places and whether all are apart."""
    reach = (box[:, None] + box[None]) / 2
    first = np.sign(np.subtract.outer(np.arange(len(box)), np.arange(len(box))))
    for _ in range(rounds):
        places = np.clip(places, low, high)
        apart = places[:, None] - places[None]
        overlap = reach - np.abs(apart)
        over = (overlap > 1e-6).all(axis=2)
        np.fill_diagonal(over, False)
        if not over.any():
            return places, True
        side = np.where(apart == 0, first[..., None], np.sign(apart))
        short = overlap.argmin(axis=2)
        step = np.where(over, np.take_along_axis(overlap, short[..., None], 2)[..., 0], 0.0)
        step = 0.3 * (step + 0.005 * over)
        for axis in (0, 1):
            places[:, axis] += np.where(short == axis, step * side[..., axis], 0.0).sum(axis=1)
    return np.clip(places, low, high), False


def _name_width(gene, marked):
    """Return the width of a name in inches."""
    path = TextPath((0, 0), gene, prop=MARKER_FONT if marked else NEIGHBOUR_FONT)
    return path.get_extents().width / 72


def _draw_gene(axes, gene, place, radius, marked, linked, group):
    """Draw a gene and its name; an open circle where it has no edge in the group."""
    colour = GROUP_COLOURS[group] if marked else "#D8D8D8"
    face, edge = (colour, "black") if linked else ("white", colour)
    look = {"linewidth": 0.7, "clip_on": False, "zorder": 3}
    axes.scatter(*place, s=(2 * 72 * radius) ** 2, color=face, edgecolor=edge, **look)
    text = {
        "color": "black" if marked else "#444444",
        "fontproperties": MARKER_FONT if marked else NEIGHBOUR_FONT,
        "path_effects": [withStroke(linewidth=1.5, foreground="white")],
    }
    above = {"textcoords": "offset points", "ha": "center", "va": "bottom", "zorder": 4}
    axes.annotate(gene, place, (0, 72 * radius + 1.5), **above, **text)


def _draw_edge(axes, edge, group, places, radius):
    coefficient = getattr(edge, group)
    kind = "activating" if coefficient > 0 else "repressing"
    arrow = FancyArrowPatch(
        places[edge.regulator],
        places[edge.target],
        arrowstyle=ARROWS[kind],
        connectionstyle="arc3,rad=0.08",
        shrinkA=72 * radius[edge.regulator],
        shrinkB=72 * radius[edge.target] + 1,
        color=EDGE_COLOURS[kind],
        linewidth=0.5 + 2.5 * abs(coefficient),
        alpha=0.9 if edge.presence == f"{group} only" else PALE,
        linestyle="-" if kind == "activating" else (0, (4, 1.5)),
    )
    axes.add_patch(arrow)


def _legend():
    return [
        key(f"{kind}, {where}", color=colour, linestyle=style, alpha=alpha, marker="")
        for (kind, colour), style in zip(EDGE_COLOURS.items(), ("-", "--"))
        for where, alpha in (("in this group only", 0.9), ("in both groups", PALE))
    ]


def caption_networks(edges: pd.DataFrame, degrees: pd.DataFrame, *, simulated: bool) -> str:
    """Return the caption of `draw_networks`."""
    counts = edges["presence"].value_counts()
    text = (
        f"Networks of {len(degrees)} genes in both groups, on one layout: the "
        f"{len(strongest(edges))} strongest of {len(edges)} edges. Solid arrows activate, dashed "
        "bars repress; pale edges are present in both groups. Node size is the degree in the group "
        f"(open: no edge); markers are named in bold. {counts.get('both', 0)} edges are present in "
        f"both groups, {counts.get('ST only', 0)} in ST only and {counts.get('RS only', 0)} in RS "
        "only."
    )
    return caption("Figure 4b", text, simulated)


@styled
def draw_hubs(degrees: pd.DataFrame, markers: list, *, simulated: bool) -> Figure:
    """Draw each marker's degree in both groups, joined by a line; the largest degree first."""
    figure = new_figure("Degrees of the markers", 1.2 + 0.24 * len(markers), simulated)
    axes = figure.add_subplot()
    pairs = degrees.loc[markers, [f"degree {group}" for group in GROUPS]]
    pairs = pairs.loc[pairs.max(axis=1).sort_values(ascending=False, kind="stable").index]
    rows = np.arange(len(pairs))
    axes.hlines(rows, pairs.min(axis=1), pairs.max(axis=1), color="#BBBBBB", zorder=1)
    for group, symbol in zip(GROUPS, "oD"):
        degree, colour = pairs[f"degree {group}"], GROUP_COLOURS[group]
        axes.plot(degree, rows, symbol, color=colour, markersize=6, label=group)
    name_rows(axes, pairs.index, fontstyle="italic")
    axes.set_xlabel("Degree (half the sum of |coefficients| of a gene's edges)")
    if len(pairs):
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def caption_hubs(degrees: pd.DataFrame, markers: list, *, simulated: bool) -> str:
    """Return the caption of `draw_hubs`."""
    higher = (degrees.loc[markers, "degree ST"] > degrees.loc[markers, "degree RS"]).sum()
    text = (
        f"Degree of the {len(markers)} markers in both networks, largest first. For {higher} of "
        "them it is larger in ST."
    )
    return caption("Figure 4c", text, simulated)


@styled
def draw_network_errors(errors: pd.DataFrame, lam1: float, *, simulated: bool) -> Figure:
    """Draw the cross-validated error of both groups' networks along lam1."""
    figure = new_figure("Choice of lam1", 2.8, simulated)
    axes = figure.add_subplot()
    for group, style in zip(GROUPS, ("o-", "D--")):
        axes.plot(errors[group], style, color=GROUP_COLOURS[group], label=group, markersize=4)
    axes.axvline(lam1, color=BLACK, linewidth=1, linestyle=":")
    axes.set(xscale="log", xlabel="lam1 (right: fewer edges)")
    axes.set_ylabel("Error\n(share of gene variance)")
    axes.set_xticks(errors.index[:: 2 if len(errors) > 7 else 1])
    axes.xaxis.set_major_formatter("{x:.2g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.legend()
    return figure


def caption_network_errors(errors: pd.DataFrame, lam1: float, *, simulated: bool) -> str:
    """Return the caption of `draw_network_errors`."""
    at = errors.loc[lam1]
    text = (
        "Error of predicting a gene from the others in held-out cell lines, as a share of its "
        f"variance, averaged over genes. Dotted: the chosen lam1 of {lam1:.3g}, at which the error "
        f"is {at['ST']:.2f} in ST and {at['RS']:.2f} in RS."
    )
    return caption("Figure 4a", text, simulated)
