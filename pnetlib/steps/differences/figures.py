"""Figures of the differences between sensitive and resistant cell lines, with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pnetlib.stats.permutation import LEVEL
from pnetlib.steps.differences.sensitivity import ESTIMATORS
from pnetlib.steps.effects.compute import SIDES
from pnetlib.steps.effects.figures import NO_MARKER, PATHS
from pnetlib.steps.networks.compute import GROUPS, is_named_edge
from pnetlib.steps.study import Study
from pnetlib.steps.style import (
    DATA,
    DOT,
    FAINT,
    GROUP_COLOURS,
    GROUP_MARKS,
    HIGHLIGHT,
    SMALL,
    caption,
    key,
    name_rows,
    new_figure,
    separate_rows,
    styled,
)
from pnetlib.words import agreed, counted

NAMES = {"targets": "effect on targets (sd)", "regulators": "effect of regulators (sd)"}
ESTIMATOR_COLOURS = dict(zip(ESTIMATORS, (DATA, FAINT)))
ESTIMATOR_LINES = dict(zip(ESTIMATORS, ("-", "--")))
MOST = 12
OPEN = DOT | {"markersize": 3.2, "markerfacecolor": "white", "zorder": 3}


@styled
def draw_degrees(degrees: pd.DataFrame, markers: list[str], *, study: Study) -> Figure:
    """Draw the degree of each marker in both groups, and the difference, with intervals.

    `degrees` is as `compare` returns it; markers are drawn from top to bottom.
    """
    table = degrees.set_index("gene").loc[markers]
    return _draw_pairs(table, list(markers), "Degree", "Hubs of both groups", study)


@styled
def draw_effects(effects: pd.DataFrame, length: int, *, study: Study) -> Figure:
    """Draw the mean regulatory effect of each marker in both groups, and the difference.

    `effects` is as `compare` returns it; paths have at most `length` edges (1 or 2).
    """
    table = effects[effects["length"] == length]
    table = pd.concat([table[table["side"] == side] for side in SIDES])
    rows = [f"{row.marker}, {row.side}" for row in table.itertuples()]
    title = f"Tests of the regulatory effects over {PATHS[length]}"
    figure = _draw_pairs(table, rows, "Mean effect (sd of expression)", title, study)
    for axes in figure.axes:
        axes.axhline((table["side"] == SIDES[0]).sum() - 0.5, color=FAINT, linewidth=0.8)
    return figure


def _draw_pairs(table, rows, what, title, study, *, debiased=False):
    """Draw both groups on the left and their difference with p and q on the right, row by row.

    With `debiased` the symbols with intervals are the debiased values, open ones the penalised.
    """
    figure = new_figure(title, 24 + 5.6 * max(len(rows), 2), study)
    if not rows:
        text = "No edge was found in either group." if debiased else NO_MARKER
        figure.text(0.5, 0.5, text, ha="center")
        return figure
    left, right = figure.subplots(1, 2, sharey=True)
    places = np.arange(len(rows))
    prefix = "debiased " if debiased else ""
    for shift, group in zip((-0.17, 0.17), GROUPS):
        columns = (prefix + group, f"low {group}", f"high {group}")
        look = {"color": GROUP_COLOURS[group], "marker": GROUP_MARKS[group]}
        _bars(left, table, columns, places + shift, look, prefix + group)
    clear = table["q"] < LEVEL
    for rows_, colour in ((~clear, FAINT), (clear, HIGHLIGHT)):
        columns = (prefix + "difference", "low", "high")
        _bars(right, table[rows_], columns, places[rows_], {"color": colour, "marker": "o"})
    if debiased:
        for shift, group in zip((-0.17, 0.17), GROUPS):
            look = OPEN | {"color": GROUP_COLOURS[group], "marker": GROUP_MARKS[group]}
            left.plot(table[group], places + shift, label=f"penalised {group}", **look)
        for rows_, colour in ((~clear, FAINT), (clear, HIGHLIGHT)):
            right.plot(table["difference"][rows_], places[rows_], color=colour, **OPEN)
    name_rows(left, rows, fontstyle="italic")
    for axes in (left, right):
        separate_rows(axes)
        axes.axvline(0, color="black", linewidth=0.8, zorder=1)
    _write_p(right, table, places)
    left.set_xlabel(what)
    right.set_xlabel(f"{what}, ST − RS")
    figure.legend(loc="outside lower left", ncols=4)
    return figure


def _write_p(axes, table, places):
    """Write p and q right of the rows, as two columns of a table."""
    for column, at in (("p", 1.17), ("q", 1.36)):
        beside = {"transform": axes.get_yaxis_transform(), "ha": "right", "fontsize": SMALL}
        for place, value in zip(places, table[column]):
            axes.text(at, place, f"{value:.2g}", va="center", **beside)
        axes.text(at, axes.get_ylim()[1], column, va="bottom", fontstyle="italic", **beside)


def _bars(axes, table, columns, places, look, label=None):
    """Draw points with their intervals, which need not be centred on the estimate."""
    value, low, high = (table[column] for column in columns)
    axes.hlines(places, low, high, color=look["color"], linewidth=1.2)
    axes.plot(value, places, linestyle="", markersize=3.5, label=label, **look)


def _ending(table: pd.DataFrame, n: int) -> str:
    clear = int((table["q"] < LEVEL).sum())
    return (
        "Left: both groups; right: their difference. Bars: 95% bootstrap intervals of the "
        "penalised quantity, which the same lam1 would give with any number of lines, not of a sum "
        "of unpenalised coefficients; corrected for bias, so a symbol need not lie in the middle. p: "
        f"{n:,} permutations of the labels within tissues; q: false discovery rate. {clear} of "
        f"{counted(len(table), 'row')} {agreed(clear, 'has', 'have')} q < {LEVEL} (highlighted)."
    )


def caption_degrees(degrees: pd.DataFrame, markers: list[str], n: int, *, study: Study) -> str:
    """Return the caption of `draw_degrees` for n permutations."""
    text = "Degree (half the sum of |coefficients| of a gene's edges) of the markers in both networks. "
    text += _ending(degrees[degrees["gene"].isin(markers)], n)
    return caption("Figure 9a", text, study)


def caption_effects(effects: pd.DataFrame, length: int, n: int, *, study: Study) -> str:
    """Return the caption of `draw_effects` for n permutations."""
    table = effects[effects["length"] == length]
    text = (
        f"Regulatory effect over {PATHS[length]}, on the marker's targets and of its regulators, "
        f"averaged over the cell lines of a group. {_ending(table, n)}"
    )
    return caption("Figure 9b" if length == 1 else "Figure 9c", text, study)


@styled
def draw_edges(edges: pd.DataFrame, *, study: Study) -> Figure:
    """Draw the edges of smallest p (of `compare`), after the paper's edge.

    Debiased coefficients have intervals; penalised ones are drawn beside them, open.
    """
    table = first_edges(edges, study.edge)
    rows = (table["regulator"] + " → " + table["target"]).to_list()
    return _draw_pairs(table, rows, "Coefficient", "Edges that differ most", study, debiased=True)


def first_edges(edges: pd.DataFrame, named: tuple[str, str] | None) -> pd.DataFrame:
    """Return the `named` edge, those of small family-wise p, then those of smallest p.

    Ties: larger differences first.
    """
    strict = edges["p family"] < LEVEL
    others = ~is_named_edge(edges, named)
    order = np.lexsort((-edges["difference"].abs(), edges["p"], ~strict, others))
    return edges.iloc[order[:MOST]]


def caption_edges(edges: pd.DataFrame, n: int, *, study: Study) -> str:
    """Return the caption of `draw_edges` for n permutations."""
    clear, strict = (edges["q"] < LEVEL).sum(), (edges["p family"] < LEVEL).sum()
    named = " → ".join(study.edge or ())
    first = f"{named} if its genes are in the networks, " if named else ""
    text = (
        f"{counted(min(MOST, len(edges)), 'edge')}: {first}those with a family-wise p below {LEVEL}, then those of smallest p. Open symbols: penalised coefficients, which p and q compare. "
        "Filled symbols: debiased coefficients (desparsified lasso) with 95% intervals for the "
        f"least-squares coefficient of the population. Of {counted(len(edges), 'edge')} "
        f"{clear} {agreed(clear, 'has', 'have')} q < {LEVEL} over all pairs of genes (highlighted), and for {strict} the "
        f"probability of any false edge is below {LEVEL}; p from {n:,} permutations of the labels "
        "within tissues."
    )
    return caption("Figure 9d", text, study)


@styled
def draw_sensitivity(sensitivity: pd.DataFrame, markers: list[str], *, study: Study) -> Figure:
    """Draw edge, degrees and one-step effects by group size, for both estimators.

    `sensitivity` is as the function of this name returns it. Panels of one quantity, in a column,
    share their axis.
    """
    rows = list(panel_rows(sensitivity, markers, study.edge))
    title = "ST − RS by group size and estimator"
    figure = new_figure(title, 24 + 30 * len(rows), study)
    keys = [
        key(name, color=ESTIMATOR_COLOURS[name], linestyle=ESTIMATOR_LINES[name], markersize=3)
        for name in ESTIMATOR_COLOURS
    ]
    if not rows:
        figure.text(0.5, 0.4, NO_MARKER, ha="center")
        return figure
    figure.legend(handles=keys, loc="outside lower center", ncols=2)
    grid = figure.subplots(len(rows), 3, sharex=True, squeeze=False)
    for number, panels in enumerate(rows):
        for axes, (title, part) in zip(grid[number], panels):
            _draw_setting(axes, title, part)
        for axes in grid[number, len(panels) :]:
            axes.set_visible(False)
        grid[number, 0].set_ylabel("ST − RS")
    for column in zip(*(grid[n] for n, panels in enumerate(rows) if len(panels) == 3)):
        low, high = np.transpose([axes.get_ylim() for axes in column])
        for axes in column:
            axes.set_ylim(low.min(), high.max())
    for axes in grid[-1]:
        axes.set_xlabel("Cell lines per group")
    return figure


def _draw_setting(axes, title, part):
    """Draw the difference by group size: a line per estimator, a bar per size for its interval."""
    beside = 0.12 * np.diff(np.unique(part["size"])).min(
        initial=10 if part["size"].nunique() > 1 else 1
    )
    for (estimator, colour), shift in zip(ESTIMATOR_COLOURS.items(), (-beside, beside)):
        rows = part[part["estimator"] == estimator].sort_values("size")
        places = rows["size"] + shift
        axes.vlines(places, rows["low"], rows["high"], color=colour, alpha=0.5, linewidth=1.6)
        look = {"color": colour, "linestyle": ESTIMATOR_LINES[estimator], "linewidth": 0.9}
        axes.plot(places, rows["difference"], marker="o", markersize=2.4, **look)
    axes.axhline(0, color="black", linewidth=0.7)
    if part["size"].nunique() == 1:  # else the ticks would be of sizes that no group has
        axes.set_xticks(part["size"].unique())
    axes.set_title(title)


def panel_rows(sensitivity: pd.DataFrame, markers: list[str], named: tuple[str, str] | None):
    """Yield lists of panels, each a title and its rows: two of the edge, then a list per marker.

    The penalised edge has no interval: that in the table belongs to the debiased one.
    """
    edge = sensitivity[sensitivity["kind"] == "edge"]
    if len(edge):
        name = " → ".join(named or ())
        yield [
            (f"{name}, penalised", edge.assign(low=np.nan, high=np.nan)),
            (f"{name}, debiased", edge.assign(difference=edge["debiased difference"])),
        ]
    for gene in markers:
        part = sensitivity[sensitivity["gene"] == gene]
        if len(part):
            single = part[part["length"] == 1]
            yield [
                (f"{gene}, degree", part[part["kind"] == "degree"]),
                *((f"{gene}, {NAMES[side]}", single[single["side"] == side]) for side in SIDES),
            ]


def caption_sensitivity(sensitivity: pd.DataFrame, *, study: Study) -> str:
    """Return the caption of `draw_sensitivity`."""
    sizes = sorted(sensitivity["size"].unique())
    span = " to ".join(map(str, dict.fromkeys([sizes[0], sizes[-1]])))
    text = (
        f"Difference ST − RS with {span} lines per group. Bars of degrees and "
        "effects: 95% bootstrap intervals of the penalised difference at the setting's lam1. Bars "
        "of the debiased edge: 95% interval for the difference of least-squares coefficients of "
        "the populations. Own lines: each group by itself; shared part (our addition): one "
        "network of all lines plus a deviation of each group. Each uses its own lam1 of smallest "
        "error on held-out lines. Effects are in sd of expression. The sizes share most of their lines, so that equal signs are no "
        "independent evidence."
    )
    return caption("Figure 9e", text, study)
