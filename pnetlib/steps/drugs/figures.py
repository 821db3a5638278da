"""Figures for further drugs, unseen tissues and a weight on the prediction error."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pnetlib.steps.choice import METHODS
from pnetlib.steps.comparison.figures import draw_pairs, draw_saved, saved
from pnetlib.steps.style import (
    DATA,
    FAINT,
    caption,
    draw_intervals,
    drug_labels,
    keys_below,
    name_rows,
    new_figure,
    styled,
)


@styled
def draw_drugs(differences: pd.DataFrame, wins: pd.DataFrame, *, simulated: bool) -> Figure:
    """Draw Pro's error minus that of each other model for every drug, and the count below 0.

    Takes the tables of `paired_differences` and `count_wins`.
    """
    height = 1.5 + 0.42 * differences["drug"].nunique()
    figure = new_figure("Pro compared with the other models, drug by drug", height, simulated)
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


def caption_drugs(differences: pd.DataFrame, wins: pd.DataFrame, *, simulated: bool) -> str:
    """Return the caption of `draw_drugs`."""
    drugs = int(wins["drugs"].iloc[0])
    text = (
        f"Error of Pro minus that of the other model on the same held-out lines, {drugs} drugs, "
        "with 95% intervals over folds (variance corrected for shared training lines). In "
        "brackets in the legend: exact 95% interval of the share below 0 if the drugs were "
        "independent; they share their cell lines, so it is too narrow. Of "
        f"{3 * drugs} intervals, {int(wins['clear wins'].sum())} lie entirely left of 0 and "
        f"{int(wins['clear losses'].sum())} entirely right of it."
    )
    return caption("Figure 10a", text, simulated)


@styled
def draw_tissues(random: pd.DataFrame, unseen: pd.DataFrame, *, simulated: bool) -> Figure:
    """Draw how far each method reduces the error on lines of known and of unseen tissues.

    `random` and `unseen` are tables of `method_errors` of the same drugs.
    """
    figure = new_figure("Held-out lines and held-out tissues", 2.7, simulated)
    tables = {"lines held out at random": random, "whole tissues held out": unseen}
    draw_saved(figure.add_subplot(), tables)
    return figure


def caption_tissues(random: pd.DataFrame, unseen: pd.DataFrame, *, simulated: bool) -> str:
    """Return the caption of `draw_tissues`."""
    known, new = (
        np.mean([saved(table, method).mean() for method in METHODS]) for table in (random, unseen)
    )
    text = (
        "Each dot is a drug; the drug mean predicts every line by the mean of the training lines. "
        f"Averaged over methods and drugs, the error falls by {known:.1f}% on lines held out at "
        f"random and by {new:.1f}% on lines of tissues absent from training."
    )
    return caption("Figure 10b", text, simulated)


@styled
def draw_weights(weights: pd.DataFrame, differences: pd.DataFrame, *, simulated: bool) -> Figure:
    """Draw the inner error by weight, and what choosing the weight changes on held-out lines.

    Takes the tables of `weigh` and `weighted_differences`.
    """
    figure = new_figure("Extension of the model: a weight on the prediction error", 3.2, simulated)
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


def caption_weights(weights: pd.DataFrame, *, simulated: bool) -> str:
    """Return the caption of `draw_weights`."""
    chosen = weights.loc[weights["chosen"], "omega"].value_counts().sort_index()
    counts = ", ".join(f"{omega:g} in {count}" for omega, count in chosen.items())
    text = (
        "Left: smallest inner cross-validation error at each weight (grey: single training parts, "
        f"black: mean). Weights chosen: {counts}. Right: error of the model with the chosen weight "
        "minus that of Pro, with 95% intervals; left of 0 the weight helps."
    )
    return caption("Figure 10c", text, simulated)
