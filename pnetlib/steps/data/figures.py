"""Figures of notebook 01: genes by variance, responses, cell lines per tissue."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pnetlib.steps.data.sentences import of_tissues
from pnetlib.steps.study import Study
from pnetlib.steps.style import (
    COLUMN,
    CUT,
    DATA,
    FAINT,
    HIGHLIGHT,
    LIGHT,
    caption,
    keys_below,
    name_rows,
    new_figure,
    panels_for,
    plain_numbers,
    spread,
    styled,
    write_cells,
)
from pnetlib.words import agreed, counted, first_few


@styled
def draw_gene_variance(genes: pd.DataFrame, n_genes: int, *, study: Study) -> Figure:
    """Draw the variance of genes (`gene_table`) by rank, the cut, and the places of the markers."""
    figure = new_figure("Genes by variance", 75, study)
    axes = figure.add_subplot()
    across = axes.get_xaxis_transform()
    axes.fill_between([0.8, n_genes + 0.5], 0, 1, transform=across, alpha=0.08)
    axes.axvline(n_genes + 0.5, ymax=0.76, color=CUT, linewidth=1, linestyle="--")
    axes.plot(genes["rank"], genes["variance"], color=DATA, linewidth=1.6)
    axes.set(xscale="log", yscale="log", xlim=(0.8, 1.25 * len(genes)))
    lowest, highest = genes["variance"].iloc[[-1, 0]]
    axes.set_ylim(lowest / 1.3, highest * (highest / lowest) ** 0.3)
    axes.set(xlabel="Rank by variance", ylabel=f"Variance of expression{study.units}")
    plain_numbers(axes.xaxis)
    plain_numbers(axes.yaxis)
    axes.text(n_genes + 0.5, 0.02, f"first {n_genes:,} ", ha="right", transform=across)
    _label_markers(axes, genes[genes["marker"]])
    return figure


def caption_gene_variance(genes: pd.DataFrame, n_genes: int, *, study: Study) -> str:
    """Return the caption of `draw_gene_variance`."""
    missing = len(study.markers) - genes["marker"].sum()
    added = genes.index[genes["taken"] == "forced"]
    text = (
        f"Variance of {len(genes):,} genes over all cell lines, largest first. The analysis takes "
        f"the {n_genes:,} genes left of the dashed line."
    )
    if study.markers:
        one = len(study.markers) == 1
        text += (
            f" {study.the_markers(1 if one else None).capitalize()} "
            f"{'is' if one else 'are'} labelled; a full dot is a marker in the "
            "analysis, an open one a marker outside it."
        )
    if len(added):
        own = agreed(len(added), "its", "their")
        text += f" Added from below the cut, whatever {own} variance: {first_few(added)}."
    if missing:
        text += f" Markers not in this cohort: {missing}."
    return caption("Figure 1a", text, study)


def _label_markers(axes, markers: pd.DataFrame) -> None:
    """Write the markers' names above the curve, each with a thin line to its dot."""
    low, high = np.log10(axes.get_xlim())
    at = (np.log10(markers["rank"]) - low) / (high - low)
    text = {"rotation": 50, "rotation_mode": "anchor", "va": "bottom", "fontstyle": "italic"}
    line = {"arrowstyle": "-", "color": FAINT, "linewidth": 0.7}
    line |= {"relpos": (0.25, 0), "shrinkA": 0, "shrinkB": 4}
    for (gene, marker), place in zip(markers.iterrows(), spread(at, 0.045, 0.03, 0.93)):
        point = (marker["rank"], marker["variance"])
        face = HIGHLIGHT if marker["taken"] else "white"
        axes.plot(*point, "o", color=HIGHLIGHT, markeredgewidth=1.3, markerfacecolor=face)
        where = {"textcoords": "axes fraction", "arrowprops": line}
        axes.annotate(gene, point, (place, 0.80), **where, **text)


@styled
def draw_responses(
    response: pd.DataFrame, r: pd.DataFrame, n: pd.DataFrame, *, study: Study
) -> Figure:
    """Draw the distribution of each drug's response and the correlations between drugs, if several.

    Parameters
    ----------
    response : DataFrame of shape (n_lines, n_drugs)
        z-scores, NaN where not measured.
    r, n : DataFrame of shape (n_drugs, n_drugs)
        Correlations, and the number of lines of each.
    study : Study
    """
    if response.shape[1] == 1:
        figure = new_figure("Responses to the drug", 62, study)
        _draw_distributions(figure, response, study)
        return figure
    figure = new_figure("Responses to the drugs", 88, study)
    left, right = figure.subfigures(1, 2, width_ratios=(1.12, 1))
    _draw_distributions(left, response, study)
    _draw_correlations(right.add_subplot(), r, n)
    return figure


def caption_responses(response: pd.DataFrame, *, study: Study) -> str:
    """Return the caption of `draw_responses`."""
    text = (
        f"Responses to {counted(response.shape[1], 'drug')}: distribution of the z-scored {study.response} over the n "
        "cell lines measured (dashed: median)"
    )
    if response.shape[1] > 1:
        text += ", and Pearson correlations over the n lines that two drugs share"
    text += "."
    return caption("Figure 1b", text, study)


def _draw_distributions(figure, response: pd.DataFrame, study: Study) -> None:
    reach = np.nanmax(np.abs(response.to_numpy()))
    bins = np.linspace(-reach, reach, 26)
    n_drugs = response.shape[1]
    for axes, drug in zip(panels_for(figure, n_drugs, min(2, n_drugs)), response):
        z = response[drug].dropna()
        axes.hist(z, bins, color=DATA, alpha=0.85)
        axes.axvline(z.median(), color=CUT, linewidth=1, linestyle="--")
        axes.set_title(f"{drug}\nn = {len(z):,}")
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, symmetric=True))
    figure.supxlabel(f"z-score of {study.response} (right: resistant)")
    figure.supylabel("Cell lines")


def _draw_correlations(axes, r: pd.DataFrame, n: pd.DataFrame) -> None:
    image = axes.imshow(r, cmap="PuOr_r", vmin=-1, vmax=1)
    drugs = range(len(r))
    axes.set_xticks(drugs, r.columns, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(drugs, r.index)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    texts = r.map("{:.2f}".format) + n.map("\nn = {:,}".format)
    write_cells(axes, texts.to_numpy(), r.abs().to_numpy() > 0.6)
    axes.set_title("Correlation between drugs")
    bar = axes.figure.colorbar(image, ax=axes, orientation="horizontal", shrink=0.8, aspect=30)
    bar.set_label("Pearson correlation")
    bar.set_ticks([-1, -0.5, 0, 0.5, 1])


@styled
def draw_tissues(tissues: pd.DataFrame, n_drugs: int, *, study: Study) -> Figure:
    """Draw the lines per tissue (`tissue_table`), those with all responses in a darker colour."""
    below = tissues["lines"].iloc[-3:].max() > 0.55 * tissues["lines"].max()  # bars fill the corner
    height = 22 + 3.8 * max(len(tissues), 2) + 5 * below
    figure = new_figure("Cell lines per tissue", height, study, COLUMN)
    axes = figure.add_subplot()
    places = np.arange(len(tissues))
    partial = tissues["lines"] - tissues["complete"]
    one = n_drugs == 1
    many = "both responses" if n_drugs == 2 else f"all {n_drugs} responses"
    complete = "with a response" if one else many
    axes.barh(places, tissues["complete"], color=DATA, label=complete)
    others = "without one" if one else "some or none"
    axes.barh(places, partial, left=tissues["complete"], color=LIGHT, label=others)
    for place, count in zip(places, tissues["lines"]):
        axes.text(count, place, f" {count}", va="center")
    name_rows(axes, [name.replace("_", " ") for name in tissues.index])
    axes.set(xlabel="Cell lines", xlim=(0, 1.1 * tissues["lines"].max()))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    if below:
        keys_below(figure, axes, ncols=2)
    else:
        axes.legend(loc="lower right")
    return figure


def caption_tissues(tissues: pd.DataFrame, n_drugs: int, *, study: Study) -> str:
    """Return the caption of `draw_tissues`."""
    words = {1: "a response to the drug", 2: "responses to both drugs"}
    kinds = of_tissues(tissues.index)
    text = (
        f"{tissues['lines'].sum():,} cell lines of {kinds} of origin. Dark: the "
        f"{tissues['complete'].sum():,} with {words.get(n_drugs, f'responses to all {n_drugs} drugs')}."
    )
    return caption("Figure 1c", text, study)
