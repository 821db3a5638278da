"""Figures of notebook 04: the markers' networks in sensitive and in resistant cell lines."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.ticker import NullFormatter
from scipy.cluster.hierarchy import leaves_list, linkage

from pnetlib.steps.networks.compute import GROUPS
from pnetlib.steps.study import Study
from pnetlib.steps.style import (
    BLACK,
    COLUMN,
    EDGE_COLOURS,
    FAINT,
    FONTS,
    GROUP_COLOURS,
    GROUP_MARKS,
    LARGE,
    MM,
    PAGE,
    SMALL,
    USUAL,
    caption,
    key,
    keys_below,
    name_rows,
    new_figure,
    say_none,
    styled,
)
from pnetlib.words import agreed, counted

MOST_EDGES = 90
SHARED = "#B9B9B9"  # edges present in both groups
FAR = 0.45  # opacity of edges between genes that are no markers
ARROWS = {"activating": "-|>,head_length=2,head_width=1", "repressing": "|-|,widthA=0,widthB=1.6"}
TITLES = {"ST": "Sensitive lines (ST)", "RS": "Resistant lines (RS)"}
MARKER_FONT = FontProperties(family=FONTS, size=USUAL, weight="bold")
NEIGHBOUR_FONT = FontProperties(family=FONTS, size=SMALL)

# mm; the figure is drawn to size, so that names that do not overlap here do not in print.
TOP, BOTTOM, GAP, TYPE, LARGEST = 7, 6, 1.0, 2.9, 1.7


def strongest(edges: pd.DataFrame, most: int = MOST_EDGES) -> pd.DataFrame:
    """Return the edges with the largest coefficients in either group."""
    size = edges[list(GROUPS)].abs().max(axis=1)
    return edges.loc[size.sort_values(ascending=False, kind="stable").index[:most]]


@styled
def draw_networks(
    edges: pd.DataFrame, degrees: pd.DataFrame, positions: dict, markers: list, *, study: Study
) -> Figure:
    """Draw both networks side by side on one layout.

    Parameters
    ----------
    edges, degrees : DataFrame
        As `edge_table` and `degree_table` return them.
    positions : dict
        Gene to its place. Genes that are close to each other there follow each other on the
        circle; genes without a place, which have no edge, come last.
    markers : list of str
        Genes named in bold.
    study : Study
    """
    genes = _around(positions, degrees.index)
    side, columns = _panel(genes, markers)
    radius = side / 2 - GAP - _longest(genes, markers) - 2 * GAP - LARGEST
    places = _circle(genes, radius)
    tall = TOP + side * (2 // columns) + BOTTOM
    figure = new_figure("Networks of the markers", tall, study)
    figure.set_layout_engine("none")
    tall = figure.get_figheight() / MM  # a title of several lines has made it higher
    figure.texts[0].set_y(1 - GAP / tall)
    shown, sizes = strongest(edges), _radii(degrees, radius)
    for number, group in enumerate(GROUPS):
        axes = figure.add_axes(_box(number, columns, side, tall))
        axes.set(xlim=(-side / 2, side / 2), ylim=(-side / 2, side / 2))
        axes.set_axis_off()
        axes.set_title(TITLES[group], x=GAP / side, y=1 - 3 * GAP / side, pad=0, fontsize=LARGE)
        if not shown[group].any():
            axes.text(0, 0, "no edge found", ha="center", va="center", color=FAINT)
        for edge in shown[shown[group] != 0].itertuples():
            near = edge.regulator in markers or edge.target in markers
            _draw_edge(axes, edge, group, places, sizes[group], near)
        for gene, place in places.items():
            linked = degrees.at[gene, f"degree {group}"] > 0
            _draw_gene(axes, gene, place, sizes.at[gene, group], gene in markers, linked, group)
    figure.legend(handles=_legend(), loc="lower center", ncols=4, columnspacing=1.4)
    return figure


def _around(positions, genes):
    """Return the genes in their order around the circle: those close in the layout in a row."""
    placed = [gene for gene in genes if gene in positions]
    if len(placed) > 2:
        points = np.array([positions[gene] for gene in placed])
        order = leaves_list(linkage(points, "average", optimal_ordering=True))
        placed = [placed[number] for number in order]
    return [*placed, *(gene for gene in genes if gene not in positions)]


def _panel(genes, markers):
    """Return the side of a panel in mm, and whether 2 fit beside each other or 1 in the width."""
    side = PAGE / 2
    radius = side / 2 - 3 * GAP - _longest(genes, markers) - LARGEST
    return (side, 2) if 2 * np.pi * radius >= TYPE * len(genes) else (PAGE, 1)


def _longest(genes, markers):
    """Return the width of the longest name in mm."""
    return max((_name_width(gene, gene in markers) for gene in genes), default=0.0)


def _name_width(gene, marked):
    """Return the width of a name in mm."""
    path = TextPath((0, 0), gene, prop=MARKER_FONT if marked else NEIGHBOUR_FONT)
    return path.get_extents().width / 72 / MM


def _circle(genes, radius):
    """Return the genes' places on a circle, clockwise from the top, in mm from its centre."""
    angles = np.pi / 2 - 2 * np.pi * (np.arange(len(genes)) + 0.5) / max(len(genes), 1)
    return dict(zip(genes, radius * np.column_stack([np.cos(angles), np.sin(angles)])))


def _box(number, columns, side, tall):
    """Return the place of a panel as shares of the figure: left, bottom, width and height."""
    left = number * side if columns == 2 else 0
    bottom = BOTTOM if columns == 2 else BOTTOM + (1 - number) * side
    return left / PAGE, bottom / tall, side / PAGE, side / tall


def _radii(degrees, radius):
    """Return the radius of each gene in mm, genes x groups; the area grows with the degree."""
    degree = degrees[[f"degree {group}" for group in GROUPS]].set_axis(list(GROUPS), axis=1)
    most = min(LARGEST, 0.45 * 2 * np.pi * radius / max(len(degrees), 1))
    return most * np.sqrt(0.12 + 0.88 * degree / max(degree.to_numpy().max(), 1e-9))


def _draw_gene(axes, gene, place, radius, marked, linked, group):
    """Draw a gene, and its name outside the circle; an open circle without an edge in the group."""
    colour = GROUP_COLOURS[group] if marked else "#D0D0D0"
    face, edge = (colour, "black") if linked else ("white", colour)
    area = (2 * radius * MM * 72) ** 2
    axes.scatter(*place, s=area, color=face, edgecolor=edge, linewidth=0.5, zorder=4)
    distance = np.hypot(*place)
    angle = np.degrees(np.arctan2(place[1], place[0]))
    right = abs(angle) <= 90
    axes.text(
        *(place * (distance + LARGEST + GAP) / distance),
        gene,
        rotation=angle if right else angle + 180,
        rotation_mode="anchor",
        ha="left" if right else "right",
        va="center_baseline",
        color="black" if marked else "#444444",
        fontproperties=MARKER_FONT if marked else NEIGHBOUR_FONT,
    )


def _draw_edge(axes, edge, group, places, radius, near):
    """Draw an edge inside the circle, bent towards the centre and to the right of its way."""
    coefficient = getattr(edge, group)
    kind = "activating" if coefficient > 0 else "repressing"
    own = edge.presence == f"{group} only"
    start, end = places[edge.regulator], places[edge.target]
    bend = _bend(start, end)
    start = start + radius[edge.regulator] * _unit(bend - start)
    end = end + (radius[edge.target] + 0.2) * _unit(bend - end)
    arrow = FancyArrowPatch(
        path=Path([start, bend, end], [Path.MOVETO, Path.CURVE3, Path.CURVE3]),
        arrowstyle=ARROWS[kind],
        color=EDGE_COLOURS[kind] if own else SHARED,
        linewidth=(0.4 + 1.6 * min(abs(coefficient), 1)) * (1 if own else 0.6),
        alpha=1 if near or not own else FAR,
        linestyle="-" if kind == "activating" else (0, (4, 1.5)),
        zorder=1 + own + (own and near),
    )
    axes.add_patch(arrow)


def _bend(start, end):
    """Return the point to which an edge bends: the nearer its genes, the nearer to the circle."""
    middle, way = (start + end) / 2, end - start
    length = np.hypot(*way)
    inwards = max(np.hypot(*middle) - 0.7 * length, 0) * _unit(middle)
    return inwards + 0.06 * np.array([way[1], -way[0]])


def _unit(vector):
    """Return the vector with length 1, or 0 if it has none."""
    length = np.hypot(*vector)
    return vector / length if length > 1e-9 else np.zeros(2)


def _legend():
    own = [
        key(f"{kind}, in this group only", color=colour, linestyle=style, marker="")
        for (kind, colour), style in zip(EDGE_COLOURS.items(), ("-", "--"))
    ]
    shared = [
        key(f"{kind}, in both groups", color=SHARED, linestyle=style, marker="")
        for kind, style in zip(EDGE_COLOURS, ("-", "--"))
    ]
    return [*own, *shared]


def caption_networks(edges: pd.DataFrame, degrees: pd.DataFrame, *, study: Study) -> str:
    """Return the caption of `draw_networks`."""
    counts = edges["presence"].value_counts()
    both = counts.get("both", 0)
    text = (
        f"Networks of {len(degrees)} genes, in the same order around both circles: the "
        f"{len(strongest(edges))} strongest of {counted(len(edges), 'edge')}. Solid arrows activate, dashed "
        "bars repress; edges of one group only are coloured (those between genes that are no "
        "markers are paler), edges in both groups grey. Line width is the size of the coefficient. "
        "Node size is the degree in the group "
        f"(open: no edge); markers are named in bold. {counted(both, 'edge')} "
        f"{agreed(both, 'is', 'are')} present in both groups, {counts.get('ST only', 0)} in ST only and {counts.get('RS only', 0)} in RS "
        "only."
    )
    return caption("Figure 4b", text, study)


@styled
def draw_hubs(degrees: pd.DataFrame, markers: list, *, study: Study) -> Figure:
    """Draw each marker's degree in both groups, joined by a line; the largest degree first."""
    figure = new_figure("Degrees of the markers", 26 + 5 * len(markers), study, COLUMN)
    axes = figure.add_subplot()
    pairs = degrees.loc[markers, [f"degree {group}" for group in GROUPS]]
    pairs = pairs.loc[pairs.max(axis=1).sort_values(ascending=False, kind="stable").index]
    rows = np.arange(len(pairs))
    axes.hlines(rows, pairs.min(axis=1), pairs.max(axis=1), color="#BBBBBB", zorder=1)
    for group in GROUPS:
        degree, colour = pairs[f"degree {group}"], GROUP_COLOURS[group]
        axes.plot(degree, rows, GROUP_MARKS[group], color=colour, markersize=4.5, label=group)
    name_rows(axes, pairs.index, fontstyle="italic")
    axes.set_xlabel("Degree (half the sum of |coefficients|)")
    if len(pairs):
        keys_below(figure, axes, ncols=2)
    else:
        say_none(axes, "no marker among the genes")
    return figure


def caption_hubs(degrees: pd.DataFrame, markers: list, *, study: Study) -> str:
    """Return the caption of `draw_hubs`."""
    higher = (degrees.loc[markers, "degree ST"] > degrees.loc[markers, "degree RS"]).sum()
    text = (
        f"Degree (half the sum of |coefficients| of a gene's edges) of the {counted(len(markers), 'marker')} "
        f"in both networks, largest first. For {higher} of them it is larger in ST."
        if len(markers) != 1
        else "Degree (half the sum of |coefficients| of a gene's edges) of the marker in both networks."
    )
    return caption("Figure 4c", text, study)


@styled
def draw_network_errors(errors: pd.DataFrame, lam1: float, *, study: Study) -> Figure:
    """Draw the cross-validated error of both groups' networks along lam1."""
    figure = new_figure("Choice of lam1", 62, study, COLUMN)
    axes = figure.add_subplot()
    for group, style in zip(GROUPS, ("-", "--")):
        look = {"color": GROUP_COLOURS[group], "linestyle": style, "marker": GROUP_MARKS[group]}
        axes.plot(errors[group], label=group, markersize=3, **look)
    axes.axvline(lam1, color=BLACK, linewidth=1, linestyle=":")
    axes.set(xscale="log", xlabel="lam1 (right: fewer edges)")
    axes.set_ylabel("Error\n(share of gene variance)")
    axes.set_xticks(errors.index[:: 2 if len(errors) > 7 else 1])
    axes.xaxis.set_major_formatter("{x:.2g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.legend()
    return figure


def caption_network_errors(errors: pd.DataFrame, lam1: float, *, study: Study) -> str:
    """Return the caption of `draw_network_errors`."""
    at = errors.loc[lam1]
    text = (
        "Error of predicting a gene from the others in held-out cell lines, as a share of its "
        f"variance, averaged over genes. Dotted: the chosen lam1 of {lam1:.3g}, at which the error "
        f"is {at['ST']:.2f} in ST and {at['RS']:.2f} in RS.{_warning(errors, lam1)}"
    )
    return caption("Figure 4a", text, study)


def _warning(errors, lam1):
    """Say that the choice is at an end of the grid, or that the networks predict nothing."""
    text = ""
    if lam1 in (errors.index.min(), errors.index.max()):
        text += " The smallest error is at an end of the grid, so that another lam1 may be better."
    if errors.loc[lam1].max() > 1:
        text += (
            " An error above 1 is larger than that of a gene's mean: on held-out lines these networks "
            "predict nothing. Groups may be too small, or a gene hardly varies within one."
        )
    return text
