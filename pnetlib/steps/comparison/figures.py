"""Figures of notebook 02: prediction errors, their paired differences, and the control."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from pnetlib.steps.choice import METHODS
from pnetlib.steps.comparison.compute import BASELINES
from pnetlib.steps.style import BLACK, FAINT, METHOD_COLOURS, caption, new_figure, styled

UNIT = "Mean squared error (z-score²)"


def _intervals(axes, table, y, method, label=None):
    """Draw dots with 95% intervals; squares for naive means."""
    centre = table["mean"].to_numpy()
    spans = np.abs(table[["low", "high"]].to_numpy().T - centre)
    axes.errorbar(
        centre,
        y,
        xerr=spans,
        fmt="s" if method in BASELINES else "o",
        markersize=5,
        capsize=2.5,
        linewidth=1.4,
        color=METHOD_COLOURS[method],
        label=label,
    )


@styled
def draw_errors(errors: pd.DataFrame, *, simulated: bool) -> Figure:
    """Draw the error of each method, one panel per drug.

    Parameters
    ----------
    errors : DataFrame
        As `pnetlib.steps.comparison.compute.method_errors` returns it.
    simulated : bool
        Whether the data are simulated.
    """
    drugs, order = list(errors["drug"].unique()), [*METHODS, *BASELINES]
    rows = -(-len(drugs) // 2)
    figure = new_figure(
        6.5, 0.6 + 1.8 * rows, simulated=simulated, title="Prediction error on unseen lines"
    )
    panels = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False)
    for axes in panels.ravel()[len(drugs) :]:
        axes.set_visible(False)
    for axes, drug in zip(panels.ravel(), drugs):
        part = errors[errors["drug"] == drug].set_index("method")
        for place, method in enumerate(order):
            _intervals(axes, part.loc[[method]], [place], method)
            axes.annotate(
                f"{part.at[method, 'mean']:.3f}",
                (part.at[method, "mean"], place),
                (0, 5),
                textcoords="offset points",
                ha="center",
                fontsize=8,
                path_effects=[withStroke(linewidth=2, foreground="white")],
            )
        axes.set_title(drug)
        axes.set_yticks(range(len(order)), order)
        axes.set_ylim(len(order) - 0.5, -0.8)
        axes.axvline(
            part.at["drug mean", "mean"],
            color=METHOD_COLOURS["drug mean"],
            linewidth=1,
            linestyle="--",
        )
    figure.supxlabel(UNIT, fontsize=9)
    return figure


def caption_errors(errors: pd.DataFrame, n_folds: int, *, simulated: bool) -> str:
    """Return the caption of `draw_errors`."""
    text = (
        f"Mean squared error of each method on unseen cell lines, over {n_folds} outer folds per "
        "drug, with 95% intervals (variance corrected for the training lines that folds share). "
        "Squares: naive predictions by the mean of all training lines (also the dashed line) or of "
        "those of the same tissue. The axis does not begin at 0. Methods whose intervals overlap "
        "widely can still differ in the same fold: see Figure 2b."
    )
    return caption("Figure 2a", text, simulated)


@styled
def draw_differences(differences: pd.DataFrame, *, simulated: bool) -> Figure:
    """Draw Pro's error minus that of each other method, per drug and averaged over drugs.

    Parameters
    ----------
    differences : DataFrame
        As `pnetlib.steps.comparison.compute.paired_differences` returns it.
    simulated : bool
        Whether the data are simulated.
    """
    others = [method for method in METHODS if method != "Pro"]
    drugs = list(differences["drug"].unique())
    figure = new_figure(
        6.5, 0.9 + 0.5 * len(drugs), simulated=simulated, title="Pro against the other methods"
    )
    axes = figure.add_subplot()
    for shift, method in zip((-0.22, 0.0, 0.22), others):
        part = differences[differences["against"] == method].set_index("drug").loc[drugs]
        _intervals(axes, part, np.arange(len(drugs)) + shift, method, f"Pro − {method}")
    axes.axvline(0, color="black", linewidth=1)
    axes.axhline(len(drugs) - 1.5, color=FAINT, linewidth=0.8)
    labels = ["mean of the drugs" if drug == "all" else drug for drug in drugs]
    axes.set_yticks(range(len(drugs)), labels)
    axes.set_ylim(len(drugs) - 0.5, -0.5)
    axes.set_xlabel("Difference in mean squared error (z-score²); left of 0, Pro is better")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def caption_differences(differences: pd.DataFrame, *, simulated: bool) -> str:
    """Return the caption of `draw_differences`."""
    models = differences[differences["against"].isin(METHODS) & (differences["drug"] != "all")]
    clear = ((models["low"] > 0) | (models["high"] < 0)).sum()
    text = (
        "Error of Pro minus that of another method in the same fold, with 95% intervals. Left of "
        f"0, Pro predicts better. {clear} of the {len(models)} intervals of single drugs exclude 0. "
        "Last row: the drugs averaged within each fold."
    )
    return caption("Figure 2b", text, simulated)


@styled
def draw_control(errors: pd.DataFrame, control: pd.DataFrame, *, simulated: bool) -> Figure:
    """Draw how much of the drug mean's error each method saves, on measured and permuted data."""
    figure = new_figure(6.5, 2.6, simulated=simulated, title="Control: permuted responses")
    axes = figure.add_subplot()
    for shift, table, fill in ((-0.12, errors, True), (0.12, control, False)):
        for place, method in enumerate(METHODS):
            means = table.pivot(index="drug", columns="method", values="mean")
            saved = 100 * (1 - means[method] / means["drug mean"])
            colour = METHOD_COLOURS[method]
            axes.plot(
                saved,
                np.full(len(saved), place + shift),
                "o",
                color=colour,
                markersize=6,
                markerfacecolor=colour if fill else "white",
            )
    axes.axvline(0, color="black", linewidth=1)
    axes.set_yticks(range(len(METHODS)), METHODS)
    axes.set_ylim(len(METHODS) - 0.5, -0.5)
    axes.set_xlabel("Error saved, relative to the drug mean (%)")
    handles = [
        Line2D([], [], marker="o", linestyle="", color=BLACK, markerfacecolor=fill, label=label)
        for fill, label in ((BLACK, "measured"), ("white", "permuted"))
    ]
    axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def caption_control(sentence: str, *, simulated: bool) -> str:
    """Return the caption of `draw_control`; `sentence` says what the control shows."""
    return caption(
        "Figure 2c",
        "Share of the drug mean's error that each method saves; each dot is a drug, and left of 0 a "
        f"method is worse than the drug mean. {sentence}",
        simulated,
    )
