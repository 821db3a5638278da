"""Figures for further drugs, unseen tissues and a weight on the prediction error."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pnetlib.steps.choice import METHODS
from pnetlib.steps.comparison.figures import draw_pairs, draw_saved, saved
from pnetlib.steps.study import Study
from pnetlib.steps.style import (
    DATA,
    FAINT,
    LIGHT,
    METHOD_COLOURS,
    caption,
    draw_intervals,
    drug_labels,
    keys_below,
    name_rows,
    new_figure,
    styled,
)
from pnetlib.words import agreed, counted

MOST_NAMED = 16  # drugs; more are drawn without their names


@styled
def draw_drugs(differences: pd.DataFrame, wins: pd.DataFrame, *, study: Study) -> Figure:
    """Draw Pro's error minus that of each other model for every drug, and the count below 0.

    Takes the tables of `paired_differences` and `count_wins`. Up to `MOST_NAMED` drugs have a row
    each with their names; more are sorted by their difference, in one panel for each other model.
    """
    if wins["drugs"].max() > MOST_NAMED:
        return _draw_sorted(differences, wins, study)
    height = 36 + 9 * differences["drug"].nunique()
    figure = new_figure("Pro compared with the other models, drug by drug", height, study)
    labels = {
        row["against"]: f"Pro − {row['against']}\nbelow 0: {row['wins']} of {row['drugs']}\n"
        f"({100 * row['share low']:.0f} to {100 * row['share high']:.0f}%)"
        for row in wins.to_dict("records")
    }
    axes = figure.add_subplot()
    draw_pairs(axes, differences, labels)
    axes.set_xlabel("Difference of mean squared errors (z-score²); Pro is better left of 0")
    keys_below(figure, axes, ncols=3)
    return figure


def _draw_sorted(differences, wins, study):
    """Draw the drugs sorted by their difference, those whose interval excludes 0 in colour."""
    height = min(110 + 0.2 * wins["drugs"].max(), 200)
    figure = new_figure("Pro compared with the other models, drug by drug", height, study)
    panels = figure.subplots(1, len(wins), sharex=True, sharey=True)
    for axes, row in zip(panels, wins.to_dict("records")):
        part = differences[differences["against"] == row["against"]]
        single = part[part["drug"] != "all"].sort_values("mean", ignore_index=True)
        better, worse = single["high"] < 0, single["low"] > 0
        parts = {
            "clearly below 0": (better, METHOD_COLOURS["Pro"]),
            "interval contains 0": (~better & ~worse, FAINT),
            "clearly above 0": (worse, DATA),
        }
        for label, (chosen, colour) in parts.items():
            look = {"color": colour, "ecolor": (colour, 0.5), "markersize": 2, "elinewidth": 0.7}
            look["capsize"] = 0
            draw_intervals(axes, single[chosen], np.flatnonzero(chosen), label=label, **look)
        mean = part[part["drug"] == "all"]
        axes.axvspan(
            mean["low"].item(), mean["high"].item(), color=LIGHT, label="mean of the drugs"
        )
        axes.axvline(0, color="black", linewidth=1)
        axes.set_title(
            f"Pro − {row['against']}\nbelow 0: {row['wins']} of {row['drugs']}\n"
            f"clearly below: {row['clear wins']}, above: {row['clear losses']}"
        )
    panels[0].invert_yaxis()
    panels[0].set_ylabel("Drugs, sorted in each panel")
    label = "Difference of mean squared errors (z-score²); Pro is better left of 0"
    panels[len(panels) // 2].set_xlabel(label)
    keys_below(figure, panels[0], ncols=4)
    return figure


def caption_drugs(differences: pd.DataFrame, wins: pd.DataFrame, *, study: Study) -> str:
    """Return the caption of `draw_drugs`."""
    drugs, left = int(wins["drugs"].iloc[0]), int(wins["clear wins"].sum())
    shares = "; ".join(
        f"{row['against']} {100 * row['share low']:.0f} to {100 * row['share high']:.0f}%"
        for row in wins.to_dict("records")
    )
    shown = (
        "Drugs are sorted by the difference in each panel; shaded: 95% interval of the mean over "
        "all drugs, averaged within each fold."
        if drugs > MOST_NAMED
        else "Last row: the drugs averaged within each fold."
    )
    shown += f" Exact 95% intervals of the share below 0 if the drugs were independent: {shares}."
    text = (
        f"Error of Pro minus that of the other model on the same held-out lines, {counted(drugs, 'drug')}, "
        f"with 95% intervals over folds (variance corrected for shared training lines). {shown} "
        "Drugs share their cell lines, so they are not independent, and intervals that take them "
        f"as such are too narrow. Of {3 * drugs} intervals, {left} {agreed(left, 'lies', 'lie')} entirely left of 0 and "
        f"{int(wins['clear losses'].sum())} entirely right of it."
    )
    return caption("Figure 10a", text, study)


@styled
def draw_tissues(random: pd.DataFrame, unseen: pd.DataFrame, *, study: Study) -> Figure:
    """Draw how far each method reduces the error on lines of known and of unseen tissues.

    `random` and `unseen` are tables of `method_errors` of the same drugs.
    """
    figure = new_figure("Held-out lines and held-out tissues", 62, study)
    tables = {"lines held out at random": random, "whole tissues held out": unseen}
    draw_saved(figure.add_subplot(), tables, joined=True)
    return figure


def caption_tissues(random: pd.DataFrame, unseen: pd.DataFrame, *, study: Study) -> str:
    """Return the caption of `draw_tissues`."""
    known, new = (
        np.mean([saved(table, method).mean() for method in METHODS]) for table in (random, unseen)
    )
    text = (
        "Each dot is a drug, and a line joins the two dots of one drug; the drug mean predicts every line by the mean of the training lines. "
        f"Averaged over methods and drugs, the error falls by {known:.1f}% on lines held out at "
        f"random and by {new:.1f}% on lines of tissues absent from training."
    )
    return caption("Figure 10b", text, study)


@styled
def draw_weights(weights: pd.DataFrame, differences: pd.DataFrame, *, study: Study) -> Figure:
    """Draw the inner error by weight, and what choosing the weight changes on held-out lines.

    Takes the tables of `weigh` and `weighted_differences`.
    """
    figure = new_figure("Extension of the model: a weight on the prediction error", 72, study)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.15))
    parts = weights.pivot(index=["drug", "repeat", "fold"], columns="omega", values="inner error")
    relative = 100 * (parts.div(parts[1.0], axis=0) - 1)
    left.plot(relative.T, color=FAINT, linewidth=0.7, alpha=0.7)
    left.plot(relative.columns, relative.mean(), "o-", color="black", label="mean")
    left.axhline(0, color="black", linewidth=0.8)
    left.set_xscale("log")
    left.set_xticks(list(relative.columns), [f"{omega:g}" for omega in relative.columns])
    left.minorticks_off()
    left.set_xlabel("Weight omega (1: Pro as in the paper)")
    left.set_ylabel("Inner error relative to omega = 1 (%)")
    left.set_title("Within training parts")
    draw_intervals(right, differences, range(len(differences)), color=DATA)
    right.axvline(0, color="black", linewidth=1)
    name_rows(right, drug_labels(differences["drug"]))
    right.set_xlabel("Error: weighted minus Pro (z-score²)")
    right.set_title("On held-out lines")
    return figure


def caption_weights(weights: pd.DataFrame, *, study: Study) -> str:
    """Return the caption of `draw_weights`."""
    chosen = weights.loc[weights["chosen"], "omega"].value_counts().sort_index()
    counts = ", ".join(f"{omega:g} in {count}" for omega, count in chosen.items())
    text = (
        "Left: smallest inner cross-validation error at each weight (grey: single training parts, "
        f"black: mean). Weights chosen: {counts}. Right: error of the model with the chosen weight "
        "minus that of Pro, with 95% intervals; left of 0 the weight helps."
    )
    return caption("Figure 10c", text, study)
