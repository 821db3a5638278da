"""Figure 4: the markers' networks in sensitive and in resistant lines."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from ..analysis.groups import GROUPS
from .style import EDGE_COLOURS, GROUP_COLOURS, caption, new_figure, styled

MOST_EDGES = 90
ARROWS = {"activating": "-|>,head_length=3.5,head_width=1.8", "repressing": "|-|,widthA=0,widthB=2"}


def strongest(edges: pd.DataFrame, most: int = MOST_EDGES) -> pd.DataFrame:
    """The edges of largest coefficient in either group."""
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
        As `pnetlib.analysis.groups.edge_table` and `degree_table` return them.
    positions : dict
        Gene to its place.
    markers : list of str
        Genes named in bold.
    simulated : bool
        Whether the data are simulated.
    """
    figure = new_figure(6.9, 4.7, simulated=simulated, title="Networks of the markers")
    shown = strongest(edges)
    largest = max(degrees[[f"degree {g}" for g in GROUPS]].to_numpy().max(), 1e-9)
    for axes, group in zip(figure.subplots(1, 2), GROUPS):
        axes.set_title({"ST": "Sensitive lines (ST)", "RS": "Resistant lines (RS)"}[group])
        for edge in shown[shown[group] != 0].itertuples():
            _draw_edge(axes, edge, getattr(edge, group), positions, group)
        for gene, place in positions.items():
            degree = degrees.at[gene, f"degree {group}"] / largest
            marked = gene in markers
            axes.scatter(*place, s=12 + 260 * degree, zorder=3, linewidth=0.6, edgecolor="black",
                         color=GROUP_COLOURS[group] if marked else "#E8E8E8")
            axes.annotate(
                gene, place, (0, 4 + 7 * np.sqrt(degree)), textcoords="offset points", zorder=4,
                ha="center", fontsize=7 if marked else 4.8, color="black" if marked else "#666666",
                fontweight="bold" if marked else "normal",
            )
        axes.set_axis_off()
        axes.margins(0.1)
    figure.legend(handles=_legend(), loc="outside lower center", ncols=2)
    return figure


def _draw_edge(axes, edge, coefficient, positions, group):
    kind = "activating" if coefficient > 0 else "repressing"
    alone = edge.presence == f"{group} only"
    axes.add_patch(FancyArrowPatch(
        positions[edge.regulator], positions[edge.target], arrowstyle=ARROWS[kind],
        connectionstyle="arc3,rad=0.08", shrinkA=4, shrinkB=5, color=EDGE_COLOURS[kind],
        linewidth=0.5 + 2.5 * abs(coefficient), alpha=0.9 if alone else 0.28,
        linestyle="-" if kind == "activating" else (0, (4, 1.5)),
    ))


def _legend():
    handles = []
    for kind, style in (("activating", "-"), ("repressing", "--")):
        colour = EDGE_COLOURS[kind]
        handles.append(Line2D([], [], color=colour, linestyle=style, alpha=0.9,
                              label=f"{kind}, in this group only"))
        handles.append(Line2D([], [], color=colour, linestyle=style, alpha=0.28,
                              label=f"{kind}, in both groups"))
    return handles


def caption_networks(edges: pd.DataFrame, degrees: pd.DataFrame, *, simulated: bool) -> str:
    """Return the caption of `draw_networks`."""
    counts = edges["presence"].value_counts()
    text = (
        f"The {len(strongest(edges))} strongest of {len(edges)} edges among {len(degrees)} genes, "
        "on one layout; node size is the degree within the group, markers are named in bold. "
        f"Solid arrows activate, dashed bars repress; pale edges stand in both groups. Of all "
        f"edges {counts.get('both', 0)} are in both, {counts.get('ST only', 0)} in ST only and "
        f"{counts.get('RS only', 0)} in RS only."
    )
    return caption("Figure 4a", text, simulated)


@styled
def draw_hubs(degrees: pd.DataFrame, markers: list, *, simulated: bool) -> Figure:
    """Draw each marker's degree in both groups, joined by a line."""
    figure = new_figure(6.5, 1.2 + 0.24 * len(markers), simulated=simulated, title="Hubs")
    axes = figure.add_subplot()
    order = degrees.loc[markers].max(axis=1).sort_values(ascending=False, kind="stable").index
    for row, gene in enumerate(order):
        pair = [degrees.at[gene, f"degree {group}"] for group in GROUPS]
        axes.plot(pair, [row, row], color="#BBBBBB", zorder=1)
        for group, value in zip(GROUPS, pair):
            axes.plot(value, row, "o" if group == "ST" else "D", color=GROUP_COLOURS[group],
                      markersize=6, label=group if row == 0 else None)
    axes.set_yticks(range(len(order)), order, fontstyle="italic")
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.set_xlabel("Degree: half the absolute coefficients of a gene's edges, summed")
    axes.legend(loc="lower right")
    return figure


def caption_hubs(degrees: pd.DataFrame, markers: list, *, simulated: bool) -> str:
    """Return the caption of `draw_hubs`."""
    higher = (degrees.loc[markers, "degree ST"] > degrees.loc[markers, "degree RS"]).sum()
    text = (
        f"Degree of the {len(markers)} markers in both networks; {higher} have the larger one in "
        "ST."
    )
    return caption("Figure 4b", text, simulated)


@styled
def draw_network_errors(errors: pd.DataFrame, lam1: float, *, simulated: bool) -> Figure:
    """Draw the held-out network error of both groups along lam1."""
    figure = new_figure(6.5, 2.6, simulated=simulated, title="Choice of lam1")
    axes = figure.add_subplot()
    for group, style in zip(GROUPS, ("o-", "D--")):
        axes.plot(errors.index, errors[group], style, color=GROUP_COLOURS[group], label=group,
                  markersize=4)
    axes.axvline(lam1, color="black", linewidth=1, linestyle=":")
    axes.set(xscale="log", xlabel="lam1", ylabel="Error (share of gene variance)")
    axes.legend()
    return figure


def caption_network_errors(errors: pd.DataFrame, lam1: float, *, simulated: bool) -> str:
    """Return the caption of `draw_network_errors`."""
    at = errors.loc[lam1]
    text = (
        "Error of predicting each gene of a held-out line from the others, as a share of its "
        f"variance, averaged over genes. Dotted: the lam1 taken, {lam1:.3g}, where it is "
        f"{at['ST']:.2f} in ST and {at['RS']:.2f} in RS."
    )
    return caption("Figure 4c", text, simulated)
