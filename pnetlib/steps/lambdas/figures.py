"""Figures of the choice of lambdas: the error surface, and what each rule chooses."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pnetlib.steps.choice import METHODS
from pnetlib.steps.lambdas.compute import RULES, SEARCHES
from pnetlib.steps.study import Study
from pnetlib.steps.style import (
    METHOD_COLOURS,
    caption,
    draw_intervals,
    drug_labels,
    key,
    name_rows,
    new_figure,
    styled,
    write_cells,
)
from pnetlib.words import agreed

MOST = 20.0  # percent above the lowest error from which the colour no longer changes
SYMBOLS = {"CV": "o", "1-SE": "s", "BIC": "^", "EBIC": "D"}


@styled
def draw_surface(surface: pd.DataFrame, *, study: Study) -> Figure:
    """Draw Pro's inner error (`mean_surface`), one row per drug and one column per lam4."""
    drugs, lam4s = list(surface["drug"].unique()), sorted(surface["lam4"].unique())
    lam1s, lam3s = (sorted(surface[lam].unique(), reverse=True) for lam in ("lam1", "lam3"))
    height = 20 + (10 + 5 * len(lam1s)) * len(drugs)
    figure = new_figure("Inner error of Pro over its lambdas", height, study)
    panels = figure.subplots(len(drugs), len(lam4s), sharex=True, sharey=True, squeeze=False)
    colours = {"cmap": "cividis_r", "vmin": 0, "vmax": MOST, "aspect": "auto"}
    for axes_row, drug in zip(panels, drugs):
        for axes, lam4 in zip(axes_row, lam4s):
            part = surface[(surface["drug"] == drug) & (surface["lam4"] == lam4)]
            values = part.pivot(index="lam1", columns="lam3", values="above").loc[lam1s, lam3s]
            picture = axes.imshow(np.minimum(values, MOST), **colours)
            texts = values.map("{:.1f}".format).mask(values == 0, "min")
            write_cells(axes, texts.to_numpy(), values.to_numpy() > 0.5 * MOST)
            for text in axes.texts:
                text.set_fontweight("bold" if text.get_text() == "min" else "normal")
            axes.set_xticks(range(len(lam3s)), [f"{value:g}" for value in lam3s])
            axes.set_yticks(range(len(lam1s)), [f"{value:g}" for value in lam1s])
            axes.set_title(f"{drug}, lam4 = {lam4:g}")
    figure.supxlabel("lam3, as a fraction of the smallest value without effects")
    figure.supylabel("lam1, as a fraction of the smallest\nvalue without edges")
    label = f"% above the drug's lowest error (colour up to {MOST:g})"
    figure.colorbar(picture, ax=panels, label=label, shrink=0.6, pad=0.01)
    return figure


def caption_surface(surface: pd.DataFrame, n_folds: int, *, study: Study) -> str:
    """Return the caption of `draw_surface`."""
    best = surface.loc[surface.groupby("drug", sort=False)["above"].idxmin()]
    flat = surface[surface["above"] < 1.0].groupby("drug", sort=False).size()
    where = "; ".join(
        f"{row.drug} at lam1 {row.lam1:g}, lam3 {row.lam3:g}, lam4 {row.lam4:g} "
        f"({flat[row.drug]} points within 1%)"
        for row in best.itertuples()
    )
    text = (
        f"Cross-validated error of Pro within the training parts, mean of {n_folds} outer folds, "
        f"in % above the lowest of each drug. Lowest: {where}. Where many points are close to the "
        "lowest, the data hardly distinguish the lambdas."
    )
    return caption("Figure 7a", text, study)


@styled
def draw_rules(rules: pd.DataFrame, *, study: Study) -> Figure:
    """Draw each rule's error on held-out lines minus that of CV, and the number of effects.

    `rules` is as `rule_errors` returns it.
    """
    figure = new_figure("Rules for choosing the lambdas", 100, study)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.6, 1))
    labels = {}
    for block, method in enumerate(METHODS):
        part = rules[rules["method"] == method].set_index("rule")
        for step, rule in enumerate(RULES):
            y, row = block * (len(RULES) + 0.6) + step, part.loc[[rule]]
            look = {"color": METHOD_COLOURS[method]}
            draw_intervals(left, row, [y], marker=SYMBOLS[rule], **look)
            effects = part.at[rule, "effects"]
            right.plot(effects, y, SYMBOLS[rule], **look)
            beside = {"textcoords": "offset points", "va": "center"}
            right.annotate(f"{effects:.0f}", (effects, y), (5, 0), **beside)
            labels[y] = f"{method}, {rule}"
    left.axvline(0, color="black", linewidth=1)
    left.set_yticks(list(labels), labels.values())
    left.set_ylim(max(labels) + 0.7, -0.7)
    left.set_xlabel("Error minus that of CV (z-score²)")
    most = max(rules["effects"].max(), 10)
    right.set_xscale("symlog", linthresh=1)
    right.set_xlim(-0.3, 3.5 * most)
    right.set_xticks([tick for tick in (0, 1, 10, 100) if tick <= most])
    right.xaxis.set_major_formatter("{x:.0f}")
    right.minorticks_off()
    right.set_xlabel("Genes with an effect (median)")
    return figure


def caption_rules(rules: pd.DataFrame, *, study: Study) -> str:
    """Return the caption of `draw_rules`."""
    others = rules[rules["rule"] != "CV"]
    worse, better = int((others["low"] > 0).sum()), int((others["high"] < 0).sum())
    text = (
        "Left: error on held-out lines of the model that each rule chooses, minus that of the "
        "smallest inner error (CV), averaged over drugs, with 95% intervals over folds. Right: "
        f"number of genes with an effect on the response. Of the {len(others)} other choices, "
        f"{worse} {agreed(worse, 'is', 'are')} clearly worse than CV and {better} clearly better."
    )
    return caption("Figure 7b", text, study)


@styled
def draw_searches(table: pd.DataFrame, *, study: Study) -> Figure:
    """Draw the errors with grid and search and their difference (`search_errors`), by drug."""
    drugs = list(table["drug"].unique())
    figure = new_figure("A search of the lambdas beside the grid", 20 + 21 * len(drugs), study)
    panels = figure.subplots(len(drugs), 2, sharex="col", sharey=True, squeeze=False)
    for axes_row, drug, label in zip(panels, drugs, drug_labels(drugs)):
        part = table[table["drug"] == drug].set_index("method").loc[list(METHODS)]
        left, right = axes_row
        for y, method in enumerate(METHODS):
            colour, row = METHOD_COLOURS[method], part.loc[[method]]
            for search, fill in zip(SEARCHES, ("white", colour)):
                left.plot(row[search], [y], "o", color=colour, markerfacecolor=fill, zorder=3)
            left.plot(row[list(SEARCHES)].to_numpy()[0], [y, y], color=colour, linewidth=1)
            draw_intervals(right, row, [y], color=colour)
        right.axvline(0, color="black", linewidth=1)
        left.set_title(label)
        name_rows(left, METHODS)
    panels[-1, 0].set_xlabel("Error on held-out lines (z-score²)")
    panels[-1, 1].set_xlabel("Search minus grid (z-score²)")
    keys = [key("grid", color="black", markerfacecolor="white"), key("search", color="black")]
    figure.legend(handles=keys, loc="outside lower center", ncols=2)
    return figure


def caption_searches(table: pd.DataFrame, n_folds: int, *, study: Study) -> str:
    """Return the caption of `draw_searches`."""
    single = table[table["drug"] != "all"]
    lower, higher = int((single["high"] < 0).sum()), int((single["low"] > 0).sum())
    text = (
        "Left: mean error on held-out lines with the lambdas of the grid (open) and of the search "
        f"(filled), over {n_folds} outer folds. Right: search minus grid, paired by fold, with 95% "
        f"intervals. Of {len(single)} differences, {lower} {agreed(lower, 'is', 'are')} clearly below 0 (search better) and "
        f"{higher} clearly above."
    )
    return caption("Figure 7c", text, study)
