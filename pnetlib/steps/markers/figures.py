"""Figure of notebook 03: effects and degrees of the markers of the study and the common ones."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pnetlib.steps.markers.compute import DrugNetworks, mean_ranks, ranks
from pnetlib.steps.study import Study
from pnetlib.steps.style import FAINT, caption, key, name_rows, new_figure, styled
from pnetlib.words import listed

MOST = 12  # common genes drawn below the markers of the study
EDGE = "#555555"


@styled
def draw_markers(
    networks: DrugNetworks, common: pd.DataFrame, published: pd.DataFrame, *, study: Study
) -> Figure:
    """Draw effect, degree and rank of every marker for every drug.

    Takes the networks of Pro, the table of `common_markers`, of which the first `MOST` are drawn,
    and that of `published_markers`, of which all are.
    """
    names = list(dict.fromkeys(published["marker"]))
    found = [gene for gene in common.index if gene not in names][:MOST]
    genes = [*names, *found] or list(mean_ranks(networks).index[:MOST])
    drugs = list(networks.theta.columns)
    figure = new_figure("Effect, degree and rank of the markers", 34 + 6 * len(genes), study)
    axes = figure.add_subplot()
    theta = networks.theta.reindex(genes).to_numpy()
    degree = networks.degree.reindex(genes).to_numpy()
    limit = np.nanmax(np.abs(theta), initial=1e-9)
    largest = max(float(networks.degree.to_numpy().max()), 1e-9)
    y, x = np.nonzero(~np.isnan(theta))
    colours = {"cmap": "PuOr_r", "vmin": -limit, "vmax": limit}
    edges = {"edgecolor": EDGE, "linewidth": 0.6}
    dots = axes.scatter(x, y, _area(degree[y, x] / largest), theta[y, x], **colours, **edges)
    _write_ranks(axes, networks, published, genes, drugs)
    axes.set_xticks(range(len(drugs)), drugs)
    labels = [f"{gene} ✓" if gene in common.index else gene for gene in genes]
    name_rows(axes, labels, fontstyle="italic")
    axes.set_xlim(-0.5, len(drugs) - 0.3)
    if found and names:
        axes.axhline(len(names) - 0.5, color=FAINT, linewidth=0.8)
    if theta[y, x].any():  # else all have one colour
        figure.colorbar(dots, ax=axes, label="Effect theta of the predicted activity", shrink=0.9)
    if degree[y, x].any():
        keys = _sizes(largest)
        figure.legend(handles=keys, loc="outside lower center", ncols=4, handletextpad=0.8)
    return figure


def _area(share):
    """Return the area of a dot, in square points, for a share of the largest degree."""
    return 12 + 160 * share


def _sizes(largest):
    """Return legend entries that explain the sizes."""
    look = {"color": EDGE, "markerfacecolor": "white", "markeredgewidth": 0.6}
    return [
        key(f"degree {share * largest:.2g}", markersize=np.sqrt(_area(share)), **look)
        for share in (0.1, 0.5, 1.0)
    ]


def _write_ranks(axes, networks, published, genes, drugs):
    """Write each gene's rank next to its dot, or its rank by variance if it is not analysed."""
    rank = ranks(networks)
    variance = published.drop_duplicates("marker").set_index("marker")["variance rank"]
    for row, gene in enumerate(genes):
        if gene not in networks.genes:
            place = variance.get(gene, np.nan)
            where = "not in the cohort" if np.isnan(place) else f"variance rank {place:,.0f}"
            axes.text(0, row, f"not analysed ({where})", va="center", color=EDGE)
            continue
        for column, drug in enumerate(drugs):
            value = rank.at[gene, drug]
            text = "no effect" if np.isnan(value) else f"{value:.0f}"
            axes.text(column + 0.2, row, text, va="center")


def _of_rows(names, common_genes, study):
    """Say which genes the rows are, and which of them our rule finds: markers, and others."""
    found = [gene for gene in names if gene in common_genes]
    others = len(common_genes) - len(found)
    one = study.one_drug
    common = "a marker of the drug" if one else "common to the drugs"
    first = ""
    if names:
        come = (
            f"{len(names)} {study.called} markers come"
            if len(names) > 1
            else f"{study.called} marker comes"
        )
        first = f"The {come} first; "
        if found:
            kind = "markers of the drug" if one and len(found) > 1 else common
            first += f"our rule finds {listed(found)} {kind} (✓); "
    other = "other " if found else ""
    none_named = f", none of them {study.called}" if names and not found else ""
    if others > 1:
        common = "markers of the drug" if one else common
        shown = f"{'below are' if names else 'Shown are'} {min(others, MOST)} of the {others}"
        return f"{first}{shown} {other}genes that our rule finds {common} (✓){none_named}."
    if others:
        shown = f"{'below is' if names else 'Shown is'} the one {other}gene"
        none_named = f", which is not {study.called}" if none_named else ""
        return f"{first}{shown} that our rule finds {common} (✓){none_named}."
    if found:
        return f"{first}no other gene is."
    if names:
        return f"{first}by our rule no gene, {study.called} or not, is {common}."
    return f"No gene is {common}; shown are the {MOST} of best {'' if one else 'mean '}rank."


def caption_markers(
    networks: DrugNetworks, common: pd.DataFrame, published: pd.DataFrame, *, study: Study
) -> str:
    """Return the caption of `draw_markers`."""
    names = list(dict.fromkeys(published["marker"]))
    text = (
        "Colour: effect theta of a gene's predicted activity on the response (positive: "
        "resistance). Size: degree in Pro's network. Number: rank by |theta| times the square root "
        "of the degree. " + _of_rows(names, common.index, study)
    )
    return caption("Figure 3", text, study)
