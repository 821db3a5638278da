"""Figures for further drugs, unseen tissues and a weight on the prediction error."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pnetlib.steps.choice import METHODS
from pnetlib.steps.drugs.compute import OTHERS
from pnetlib.steps.style import DATA, FAINT, METHOD_COLOURS, caption, new_figure, styled

SHIFTS = (-0.24, 0.0, 0.24)


@styled
def draw_drugs(differences: pd.DataFrame, wins: pd.DataFrame, *, simulated: bool) -> Figure:
    """Draw Pro's error minus that of each other model for every drug, and the count below 0.

    Parameters
    ----------
    differences : DataFrame
        As `pnetlib.steps.comparison.compute.paired_differences` returns it.
    wins : DataFrame
        As `pnetlib.steps.drugs.compute.count_wins` returns it.
    simulated : bool
        Whether the data are simulated.
    """
    drugs = list(differences["drug"].unique())
    figure = new_figure(
        6.5,
        1.5 + 0.42 * len(drugs),
        simulated=simulated,
        title="Pro compared with the other models, drug by drug",
    )
    axes = figure.add_subplot()
    counts = wins.set_index("against")
    for shift, method in zip(SHIFTS, OTHERS):
        part = differences[differences["against"] == method].set_index("drug").loc[drugs]
        row = counts.loc[method]
        label = (
            f"Pro − {method}\nbelow 0: {row['wins']:.0f} of {row['drugs']:.0f}\n"
            f"({100 * row['share low']:.0f} to {100 * row['share high']:.0f}%)"
        )
        spans = np.abs(part[["low", "high"]].to_numpy().T - part["mean"].to_numpy())
        axes.errorbar(
            part["mean"],
            np.arange(len(drugs)) + shift,
            xerr=spans,
            fmt="o",
            markersize=4.5,
            capsize=2,
            color=METHOD_COLOURS[method],
            label=label,
        )
    axes.axvline(0, color="black", linewidth=1)
    axes.axhline(len(drugs) - 1.5, color=FAINT, linewidth=0.8)
    axes.set_yticks(
        range(len(drugs)), ["mean of the drugs" if drug == "all" else drug for drug in drugs]
    )
    axes.set_ylim(len(drugs) - 0.5, -0.5)
    axes.set_xlabel("Difference of mean squared errors (z-score²); Pro is better left of 0")
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def caption_drugs(differences: pd.DataFrame, wins: pd.DataFrame, *, simulated: bool) -> str:
    """Return the caption of `draw_drugs`."""
    drugs = int(wins["drugs"].iloc[0])
    text = (
        f"Error of Pro minus that of the other model on the same held-out lines, {drugs} drugs, "
        "with 95% intervals over folds (variance corrected for shared training lines). In "
        "brackets in the legend: exact interval of the share of drugs below 0. Of "
        f"{3 * drugs} intervals, {int(wins['clear wins'].sum())} lie entirely left of 0 and "
        f"{int(wins['clear losses'].sum())} entirely right of it."
    )
    return caption("Figure 10a", text, simulated)


@styled
def draw_tissues(random: pd.DataFrame, unseen: pd.DataFrame, *, simulated: bool) -> Figure:
    """Draw how far each method reduces the error on lines of known and of unseen tissues.

    Parameters
    ----------
    random, unseen : DataFrame
        As `pnetlib.steps.comparison.compute.method_errors` returns them, of the same drugs.
    simulated : bool
        Whether the data are simulated.
    """
    figure = new_figure(6.5, 2.7, simulated=simulated, title="Held-out lines and held-out tissues")
    axes = figure.add_subplot()
    for shift, table, fill in ((-0.14, random, True), (0.14, unseen, False)):
        means = table.pivot(index="drug", columns="method", values="mean")
        for place, method in enumerate(METHODS):
            values, colour = reduction(means, method), METHOD_COLOURS[method]
            axes.plot(
                values,
                np.full(len(values), place + shift),
                "o",
                color=colour,
                markersize=6,
                markerfacecolor=colour if fill else "white",
            )
    axes.axvline(0, color="black", linewidth=1)
    axes.set_yticks(range(len(METHODS)), METHODS)
    axes.set_ylim(len(METHODS) - 0.5, -0.5)
    axes.set_xlabel("Reduction of the error of the drug mean (%)")
    dots = [
        Line2D([], [], marker="o", linestyle="", color=FAINT, markerfacecolor=face, label=label)
        for face, label in (
            (FAINT, "lines held out at random"),
            ("white", "whole tissues held out"),
        )
    ]
    figure.legend(handles=dots, loc="outside lower center", ncols=2)
    return figure


def reduction(means: pd.DataFrame, method: str) -> pd.Series:
    """Return by how many percent a method reduces the error of the drug mean, per drug."""
    return 100 * (1 - means[method] / means["drug mean"])


def caption_tissues(random: pd.DataFrame, unseen: pd.DataFrame, *, simulated: bool) -> str:
    """Return the caption of `draw_tissues`."""
    averages = []
    for table in (random, unseen):
        means = table.pivot(index="drug", columns="method", values="mean")
        averages.append(np.mean([reduction(means, method).mean() for method in METHODS]))
    text = (
        "Each dot is a drug; the drug mean predicts every line by the mean of the training lines. "
        f"Averaged over methods and drugs, the error falls by {averages[0]:.1f}% on lines held "
        f"out at random and by {averages[1]:.1f}% on lines of tissues absent from training."
    )
    return caption("Figure 10b", text, simulated)


@styled
def draw_weights(weights: pd.DataFrame, differences: pd.DataFrame, *, simulated: bool) -> Figure:
    """Draw the inner error by weight, and what choosing the weight changes on held-out lines.

    Parameters
    ----------
    weights : DataFrame
        As `pnetlib.steps.drugs.compute.weigh` returns it.
    differences : DataFrame
        As `pnetlib.steps.drugs.compute.weighted_differences` returns it.
    simulated : bool
        Whether the data are simulated.
    """
    figure = new_figure(
        6.5,
        3.2,
        simulated=simulated,
        title="Extension of the model: a weight on the prediction error",
    )
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.15))
    parts = weights.pivot(index=["drug", "repeat", "fold"], columns="omega", values="inner error")
    relative = 100 * (parts.div(parts[1.0], axis=0) - 1)
    for _, row in relative.iterrows():
        left.plot(row.index, row, color=FAINT, linewidth=0.7, alpha=0.7)
    left.plot(relative.columns, relative.mean(), "o-", color="black", label="mean")
    left.axhline(0, color="black", linewidth=0.8)
    left.set_xscale("log")
    left.set_xticks(list(relative.columns), [f"{omega:g}" for omega in relative.columns])
    left.minorticks_off()
    left.set_xlabel("Weight omega (1: Pro as in the paper)")
    left.set_ylabel("Inner error relative to omega = 1 (%)")
    left.set_title("Within training parts", fontsize=9)
    drugs = list(differences["drug"])
    spans = np.abs(differences[["low", "high"]].to_numpy().T - differences["mean"].to_numpy())
    right.errorbar(
        differences["mean"],
        range(len(drugs)),
        xerr=spans,
        fmt="o",
        color=DATA,
        markersize=5,
        capsize=2.5,
    )
    right.axvline(0, color="black", linewidth=1)
    right.set_yticks(
        range(len(drugs)), ["mean of the drugs" if drug == "all" else drug for drug in drugs]
    )
    right.set_ylim(len(drugs) - 0.5, -0.5)
    right.set_xlabel("Error: weighted minus Pro (z-score²)")
    right.set_title("On held-out lines", fontsize=9)
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
