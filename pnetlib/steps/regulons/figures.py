"""Figures of notebook 14: known edges in networks, and the named edge beside transcription factors."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pnetlib.paper.markers import NAMED_EDGE
from pnetlib.steps.regulons.compute import ALONE, CORRELATION, KINDS, NO_DRUG, PARTIAL, PRO
from pnetlib.steps.study import Study
from pnetlib.steps.style import (
    BLACK,
    FAINT,
    GREEN,
    METHOD_COLOURS,
    PURPLE,
    SMALL,
    caption,
    draw_intervals,
    keys_below,
    name_rows,
    new_figure,
    styled,
)
from pnetlib.words import agreed, counted

COLOURS = {PRO: METHOD_COLOURS["Pro"], ALONE: METHOD_COLOURS["NW.P"]}
COLOURS |= {CORRELATION: GREEN, PARTIAL: PURPLE}
MARKS = {PRO: "o", ALONE: "s", CORRELATION: "^", PARTIAL: "v"}


@styled
def draw_enrichment(table: pd.DataFrame, *, study: Study) -> Figure:
    """Draw the AUROC of known edges, mean over TFs, of every network; one panel per universe."""
    universes = list(table["universe"].unique())
    rows = [(drug, kind) for drug, kind in zip(table["drug"], table["kind"])]
    rows = sorted(
        dict.fromkeys(rows), key=lambda row: (row[0] == NO_DRUG, row[0], KINDS.index(row[1]))
    )
    figure = new_figure("Known edges in the networks", 24 + 7 * len(rows), study)
    panels = np.atleast_1d(figure.subplots(1, len(universes), sharex=True, sharey=True))
    for axes, universe in zip(panels, universes):
        part = table[table["universe"] == universe].set_index(["drug", "kind"])
        for place, row in enumerate(rows):
            if row in part.index:
                look = {"color": COLOURS[row[1]], "marker": MARKS[row[1]]}
                draw_intervals(axes, part.loc[[row]], [place], **look)
        axes.axvline(0.5, color="black", linewidth=1)
        known, tfs = part["known"].iloc[0], part["tfs"].iloc[0]
        axes.set_title(
            f"{universe}:\n{known:,} known {agreed(known, 'edge', 'edges')}, {counted(tfs, 'TF')}"
        )
        axes.set_xlabel("AUROC, mean over TFs")
    name_rows(panels[0], [kind if drug == NO_DRUG else f"{kind}, {drug}" for drug, kind in rows])
    return figure


def caption_enrichment(table: pd.DataFrame, draws: int, *, study: Study) -> str:
    """Return the caption of `draw_enrichment`."""
    text = (
        "Probability that a known target of a TF has a larger coefficient than another gene, mean "
        "over the TFs with at least five known targets, with 95% intervals over TFs "
        f"({draws} draws). At 0.5 (line) a network says nothing about known edges. *Network alone* "
        "has the same lam1 and lam2, and is estimated on the same cell lines, as Pro of that drug."
    )
    return caption("Figure 14a", text, study)


@styled
def draw_gains(gains: pd.DataFrame, *, study: Study) -> Figure:
    """Draw what Pro gains over the network alone, per drug, in each universe."""
    universes, drugs = list(gains["universe"].unique()), list(gains["drug"].unique())
    figure = new_figure(
        "Does the joint estimate find more known edges?", 24 + 8 * len(drugs), study
    )
    panels = np.atleast_1d(figure.subplots(1, len(universes), sharey=True))
    for axes, universe in zip(panels, universes):
        part = gains[gains["universe"] == universe].set_index("drug").loc[drugs]
        draw_intervals(axes, part, np.arange(len(drugs)), color=COLOURS[PRO])
        axes.axvline(0, color="black", linewidth=1)
        axes.axhline(len(drugs) - 1.5, color=FAINT, linewidth=0.6)
        axes.set_title(universe)
        axes.set_xlabel("AUROC of Pro minus network alone")
        axes.xaxis.set_major_locator(MaxNLocator(4))
    name_rows(panels[0], drugs)
    return figure


def caption_gains(gains: pd.DataFrame, *, study: Study) -> str:
    """Return the caption of `draw_gains`."""
    text = (
        "Mean AUROC over TFs of Pro's network minus that of the network alone, with 95% intervals "
        "over TFs. Right of 0 the joint estimate ranks known edges higher. The axes of the panels "
        "differ. Last row: the drugs averaged for each TF."
    )
    return caption("Figure 14b", text, study)


@styled
def draw_named_edge(table: pd.DataFrame, *, study: Study) -> Figure:
    """Draw the correlation of the named edge's ends before and after TFs are partialled out."""
    rows = table[["tissues", "lines"]].drop_duplicates()
    figure = new_figure(f"{NAMED_EDGE[0]} and {NAMED_EDGE[1]}", 26 + 9 * len(rows), study)
    axes = figure.add_subplot()
    looks = {"raw": (BLACK, "o", -0.15), "partial": (COLOURS[PARTIAL], "v", 0.15)}
    labels = {"raw": "correlation", "partial": "with TFs partialled out"}
    for name, (colour, mark, shift) in looks.items():
        part = table.rename(columns={name: "mean", f"{name} low": "low", f"{name} high": "high"})
        look = {"color": colour, "marker": mark, "label": labels[name]}
        draw_intervals(axes, part, np.arange(len(rows)) + shift, **look)
    axes.axvline(0, color="black", linewidth=1)
    names = [
        f"{row.lines}, {row.tissues} tissues" + (f" (n = {row.n})" if row.n else "")
        for row in table.itertuples()
    ]
    name_rows(axes, names, fontsize=SMALL)
    axes.set_xlabel("Correlation of expression, or its difference")
    keys_below(figure, axes, ncols=2)
    return figure


def caption_named_edge(taken: pd.Series, draws: int, *, study: Study) -> str:
    """Return the caption of `draw_named_edge`."""
    text = (
        f"Correlation between {NAMED_EDGE[0]} and {NAMED_EDGE[1]} in each group of cell lines, and "
        f"what is left of it once {counted(len(taken), 'TF')} {agreed(len(taken), 'is', 'are')} partialled out ({', '.join(taken.index)}), "
        f"with 95% intervals from {draws} draws of the lines."
    )
    return caption("Figure 14c", text, study)
