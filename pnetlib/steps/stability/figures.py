"""Figures of how often markers and edges are selected on random halves of the cell lines."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pnetlib.stats.bounds import KINDS, error_bounds
from pnetlib.steps.networks.compute import GROUPS, is_named_edge
from pnetlib.steps.stability.compute import (
    ANY,
    COMMON,
    STRONG,
    STRONG_THRESHOLD,
    THRESHOLD,
    Frequencies,
)
from pnetlib.steps.study import Study
from pnetlib.steps.style import (
    CUT,
    DATA,
    DOT,
    FAINT,
    GROUP_COLOURS,
    GROUP_MARKS,
    HIGHLIGHT,
    LIGHT,
    caption,
    keys_below,
    name_rows,
    new_figure,
    say_none,
    separate_rows,
    styled,
    write_cells,
)
from pnetlib.words import agreed, counted

MOST = 12
TICKS = (0, 0.1, 1, 10, 100, 1000)
FEW_TICKS = (0, 0.1, 1, 2, 5, 10)  # up to `FEW` genes
FEW = 15
SHAPES = ("o", "s", "D", "^")
SHADES = (DATA, FAINT, LIGHT, CUT)
RULES = {COMMON: "Common to all drugs", STRONG: "Best mean rank"}
ONE_DRUG = {COMMON: "Marker of the drug", STRONG: "Best rank"}
DASHES = {"worst case": ":", "unimodal": "--", "r-concave": "-"}


def drawn_genes(found: dict[int, Frequencies], study: Study) -> list[str]:
    """Return the markers of the study, then the other genes most often common at the first width."""
    table = next(iter(found.values())).table
    first = table.sort_values([COMMON, STRONG], ascending=False, kind="stable")
    others = [gene for gene in first.index[first[STRONG] > 0] if gene not in study.markers]
    return [*study.markers, *others[:MOST]]


@styled
def draw_markers(found: dict[int, Frequencies], *, study: Study) -> Figure:
    """Draw how often each gene is a marker of all drugs, by width, and of each drug.

    `found` is the width of the gene universe to the result of `marker_frequencies`.
    """
    genes, first = drawn_genes(found, study), next(iter(found.values()))
    height = 34 + 5.2 * len(genes)
    figure = new_figure("Markers on halves of the cell lines", height, study)
    by_drug = first.table.drop(columns=list(RULES)).reindex(genes)
    one = by_drug.shape[1] == 1  # whose shares are those of the first panel
    panels = figure.subplots(1, 2 if one else 3, sharey=True, width_ratios=[1, 1, 1.1][: 3 - one])
    if not genes:
        for axes in panels:
            say_none(axes)
        return figure
    for axes, rule in zip(panels, RULES):
        _draw_by_width(axes, found, rule, genes, study)
    if not one:
        _draw_by_drug(panels[2], by_drug)
        panels[2].set_title(f"By drug, {first.candidates:,} genes")
        panels[2].set_xlabel("Share of halves (number)")
    name_rows(panels[0], genes, fontstyle="italic")
    for axes in panels[:2]:
        separate_rows(axes)
    for axes in panels if study.markers else ():
        axes.axhline(len(study.markers) - 0.5, color=FAINT, linewidth=0.8)
    keys_below(figure, panels[0], ncols=min(len(found), 3))
    return figure


def _titles(study):
    """Return what each rule is called: of a single drug, nothing is common and ranks have no mean."""
    return ONE_DRUG if study.one_drug else RULES


def _draw_by_width(axes, found, rule, genes, study):
    """Draw shares by one rule, one symbol per width, and the first width's lowest threshold."""
    rows = np.arange(len(genes))
    for number, part in enumerate(found.values()):
        places = rows + 0.22 * (number - (len(found) - 1) / 2)
        look = {"color": SHADES[number % 4], "markersize": 3.5, "zorder": 3}
        label = f"{part.candidates:,} genes, {2 * part.pairs} halves"
        axes.plot(part.table[rule].reindex(genes), places, SHAPES[number % 4], label=label, **look)
    lowest = next(iter(found.values())).lowest(rule, "r-concave")
    if np.isfinite(lowest):
        axes.axvline(lowest, color=CUT, linewidth=1)
    axes.set(xlim=(-0.05, 1.05), xlabel="Share of halves", title=_titles(study)[rule])
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])


def _draw_by_drug(axes, table):
    """Draw shares as shades with their numbers; a dash for a gene outside the universe."""
    axes.imshow(table.fillna(0.0), cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
    texts = table.round(2).map("{:.2f}".format).mask(table.isna(), "–")
    write_cells(axes, texts.to_numpy(), table.to_numpy() > 0.7)
    axes.set_xticks(
        range(table.shape[1]), table.columns, rotation=30, ha="right", rotation_mode="anchor"
    )
    axes.tick_params(axis="y", length=0)


def caption_markers(found: dict[int, Frequencies], *, study: Study) -> str:
    """Return the caption of `draw_markers`."""
    first = next(iter(found.values()))
    best = counted(round(first.selected[STRONG]), "gene")
    absent = "no symbol, or a dash,"
    if study.one_drug:
        absent = "no symbol"
        panels = f"of the drug by the rule of notebook 03 (left), and is among the {best} of best rank (right)"
    else:
        panels = (
            f"of all drugs by the rule of notebook 03 (left), is among the {best} of best mean rank "
            "(middle), and is a marker of each drug (right)"
        )
    text = (
        f"Share of random halves of the cell lines in which a gene is a marker {panels}. "
        f"{_above(study)}{absent} means that the gene is not in the universe. Black line: share from which at most one false gene is "
        f"expected at the first width (r-concave bound). A gene is called stable from a share of {THRESHOLD:.0%} "
        f"(left) or {STRONG_THRESHOLD:.0%} ({'right' if study.one_drug else 'middle'}) of the halves."
    )
    return caption("Figure 8a", text, study)


def _above(study):
    """Say in which order `draw_markers` has the genes."""
    if not study.markers:
        return f"The genes are those most often {'found' if study.one_drug else 'common'}; "
    one, often = len(study.markers) == 1, "found" if study.one_drug else "common"
    return (
        f"{f'The {study.called} marker is' if one else f'{study.called.capitalize()} markers are'} above "
        f"the grey line, the other genes most often {often} below it; "
    )


@styled
def draw_bounds(found: dict[int, Frequencies], *, study: Study) -> Figure:
    """Draw how many genes reach each threshold, and the bounds on the false ones.

    A width with a single pair of halves has one threshold only, and is left out if others are not.
    """
    drawn = {width: part for width, part in found.items() if part.pairs > 1} or found
    figure = new_figure("Stable markers and error bounds", 110, study)
    grid = figure.subplots(len(RULES), len(drawn), sharey="row", sharex=True, squeeze=False)
    for row, rule in zip(grid, RULES):
        for axes, (width, part) in zip(row, drawn.items()):
            _draw_bound(axes, part, rule)
            axes.set_title(
                f"{_titles(study)[rule]}: {width:,} genes, {counted(part.pairs, 'pair')} of halves"
            )
        row[0].set_ylabel("Number of genes")
        row[0].set_yscale("symlog", linthresh=0.1, linscale=0.5)
        top = max(1.2 * row[0].get_ylim()[1], 1.2)
        row[0].set_ylim(-0.02, top)
        ticks = FEW_TICKS if top <= FEW else TICKS
        row[0].set_yticks([n for n in ticks if n <= top], minor=False)
        row[0].yaxis.set_major_formatter("{x:g}")
        row[0].minorticks_off()
    grid[0, 0].set(xlim=(0.49, 1.01))
    for axes in grid[-1]:
        axes.set_xlabel("Threshold (share of halves)")
    keys_below(figure, grid[0, 0], ncols=4)
    return figure


def _draw_bound(axes, part, rule):
    B = part.pairs
    taus = np.arange(B + 1, 2 * B + 1) / (2 * B)
    bounds = [error_bounds(tau, part.selected[rule], part.candidates, B) for tau in taus]
    table = pd.DataFrame(bounds, taus).replace(np.inf, np.nan)
    for kind in KINDS:
        colour = CUT if kind == "r-concave" else FAINT
        look = {"linestyle": DASHES[kind], "marker": ".", "markersize": 2.5}
        axes.plot(table[kind], color=colour, label=f"bound, {kind}", **look)
    reached = [(part.table[rule] >= tau - 1e-9).sum() for tau in taus]
    look = {"color": DATA, "linewidth": 1.6, "label": "genes reaching the threshold"}
    axes.step(taus, reached, where="mid", marker="o", markersize=3, **look)


def caption_bounds(found: dict[int, Frequencies], *, study: Study) -> str:
    """Return the caption of `draw_bounds`."""
    parts = []
    for width, part in found.items():
        row = part.summary(STRONG, STRONG_THRESHOLD)
        bound = row["bounds"]["r-concave"]
        limit = "no bound holds" if np.isnan(bound) else f"at most {bound:.2g} falsely"
        reached = f"{width:,} genes: {row['reached']} {agreed(row['reached'], 'reaches', 'reach')} {STRONG_THRESHOLD}"
        parts.append(f"{reached}, {limit} (r-concave bound)")
    text = (
        "Blue steps: number of genes that are markers in at least this share of the halves. Other "
        "lines: bounds on the expected number of false ones, which are selected no more often "
        "than a gene drawn at random (Shah and Samworth). Selection is reliable where the steps "
        f"lie above a bound.{_left_out(found)} {_titles(study)[STRONG]}: {'; '.join(parts)}."
    )
    return caption("Figure 8b", text, study)


def _left_out(found):
    """Say which widths `draw_bounds` does not draw."""
    single = [width for width, part in found.items() if part.pairs == 1]
    if not single or len(single) == len(found):
        return ""
    widths = " and ".join(f"{width:,}" for width in single)
    return f" With {widths} genes there is one pair of halves, too few for a curve."


@styled
def draw_edges(table: pd.DataFrame, markers: list[str], *, study: Study) -> Figure:
    """Draw every edge by its frequency in ST and RS, and name those that differ most.

    `table` is as `edge_table` returns it; edges at the markers are drawn in a darker colour.
    """
    figure = new_figure("Edges on halves of each group", 102, study)
    left, right = figure.subplots(1, 2, width_ratios=[1.35, 1])
    near = table["regulator"].isin(markers) | table["target"].isin(markers)
    left.plot([0, 1], [0, 1], color=FAINT, linewidth=0.7, zorder=1)
    small, large = {"markersize": 2, "markeredgewidth": 0}, {"marker": "D", "markersize": 5}
    for rows, colour, label, look in (
        (~near, LIGHT, "edge between other genes", small),
        (near, DATA, "edge at a marker", small),
        (is_named_edge(table, study.edge), HIGHLIGHT, " → ".join(study.edge or ()), large),
    ):
        if not label:
            continue
        st, rs = (table.loc[rows, f"{group} {ANY}"] for group in GROUPS)
        left.plot(st, rs, **DOT | look, color=colour, label=label)
    left.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    left.set_xlabel("Share of halves of ST with the edge")
    left.set_ylabel("Share of halves of RS with the edge")
    left.set_title("All edges")
    if table.empty:
        say_none(left)
    _draw_unlike(right, table[near])
    pairs = [pair for axes in (left, right) for pair in zip(*axes.get_legend_handles_labels())]
    figure.legend(*zip(*pairs), loc="outside lower center", ncols=5, markerscale=1.4)
    return figure


def _draw_unlike(axes, table, most=14):
    """Draw the edges at markers whose shares in both groups differ most."""
    gap = (table[f"ST {ANY}"] - table[f"RS {ANY}"]).abs()
    part = table.loc[gap.sort_values(ascending=False, kind="stable").index[:most]]
    axes.set_title("At markers, largest difference")
    if part.empty:
        say_none(axes)
        return
    rows = np.arange(len(part))
    axes.hlines(rows, part[f"ST {ANY}"], part[f"RS {ANY}"], color="#BBBBBB", linewidth=1.2)
    for group in GROUPS:
        look = DOT | {"marker": GROUP_MARKS[group], "color": GROUP_COLOURS[group]}
        axes.plot(part[f"{group} {ANY}"], rows, label=group, **look)
    name_rows(axes, part["regulator"] + " → " + part["target"], fontstyle="italic")
    axes.set(xlim=(-0.05, 1.05), xlabel="Share of halves")


def caption_edges(table: pd.DataFrame, frequencies: dict, *, study: Study) -> str:
    """Return the caption of `draw_edges`."""
    most = STRONG_THRESHOLD
    counts = [f"{(table[f'{group} {STRONG}'] >= most).sum()} in {group}" for group in GROUPS]
    bound = f"{frequencies[GROUPS[0]].bounds(STRONG, most)['worst case']:.2g}"
    expected = agreed(float(bound), "is expected", "are expected")
    text = (
        "Left: each dot is an edge; edges on the diagonal are equally frequent in both groups. "
        "Right: edges at markers whose shares differ most. Edges among the strongest in at least "
        f"{most} of the halves: {', '.join(counts)}; at most {bound} per group {expected} to reach this "
        "falsely (worst case)."
    )
    return caption("Figure 8c", text, study)
