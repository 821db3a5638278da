"""Figures of notebook 02: prediction errors, their paired differences, and the control."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pnetlib.steps.choice import METHODS
from pnetlib.steps.comparison.compute import BASELINES
from pnetlib.steps.study import Study
from pnetlib.steps.style import (
    DRUG_MARKS,
    FAINT,
    METHOD_COLOURS,
    METHOD_MARKS,
    SMALL,
    caption,
    draw_intervals,
    drug_labels,
    key,
    keys_below,
    name_rows,
    new_figure,
    panels_for,
    styled,
)
from pnetlib.words import agreed

SHIFT = 0.22  # of the two dots of a drug from the middle of a method's row
APART = 0.28  # height over which the drugs of a row are spread, so that equal ones are seen


@styled
def draw_errors(errors: pd.DataFrame, *, study: Study) -> Figure:
    """Draw the error of each method (`method_errors`), one panel per drug."""
    drugs, order = list(errors["drug"].unique()), [*METHODS, *BASELINES]
    height = 15 + 37 * np.ceil(len(drugs) / 2)
    figure = new_figure("Prediction error on unseen lines", height, study)
    for axes, drug in zip(panels_for(figure, len(drugs), min(2, len(drugs))), drugs):
        part = errors[errors["drug"] == drug].set_index("method")
        beside = {"transform": axes.get_yaxis_transform(), "va": "center", "fontsize": SMALL}
        for place, method in enumerate(order):
            symbol = "D" if method in BASELINES else "o"
            row, colour = part.loc[[method]], METHOD_COLOURS[method]
            draw_intervals(axes, row, [place], marker=symbol, color=colour)
            axes.text(1.01, place, f"{part.at[method, 'mean']:.3f}", **beside)
        axes.set_title(drug)
        name_rows(axes, order)
        naive = {"color": METHOD_COLOURS["drug mean"], "linewidth": 1, "linestyle": "--"}
        axes.axvline(part.at["drug mean", "mean"], **naive)
    if _begins_at_0(errors):
        figure.axes[0].set_xlim(left=0)  # and all panels
    figure.supxlabel("Mean squared error (z-score²)")
    return figure


def _begins_at_0(errors):
    """Say whether an interval comes so close to 0, below which no error is, that the axis ends there."""
    low, high = errors["low"].min(), errors["high"].max()
    return low - 0.05 * (high - low) <= 0


def caption_errors(errors: pd.DataFrame, n_folds: int, *, study: Study) -> str:
    """Return the caption of `draw_errors`."""
    axis = (
        "Intervals are cut at 0, below which no error is"
        if errors["low"].min() < 0
        else f"The axis {'begins' if _begins_at_0(errors) else 'does not begin'} at 0"
    )
    text = (
        f"Mean squared error of each method on unseen cell lines, over {n_folds} outer folds"
        f"{' per drug' * (errors['drug'].nunique() > 1)}, with 95% intervals (variance corrected for the training lines that folds share). "
        "Numbers: the means. Diamonds: naive predictions by the mean of all training lines (also the "
        "dashed line) or of those of the same tissue. "
        f"{axis}. Methods whose intervals overlap widely can still differ in the same fold: see "
        "Figure 2b."
    )
    if (errors["low"] < 0).any():
        text += (
            " An error cannot be below 0: an interval that reaches below it is too wide to be of use, "
            "since there are so few folds."
        )
    return caption("Figure 2a", text, study)


@styled
def draw_differences(differences: pd.DataFrame, *, study: Study) -> Figure:
    """Draw Pro's error minus that of each other method (`paired_differences`), drug by drug."""
    differences = _drawn(differences)
    drugs = list(differences["drug"].unique())
    figure = new_figure("Pro against the other methods", 24 + 11 * len(drugs), study)
    axes = figure.add_subplot()
    draw_pairs(axes, differences, {method: f"Pro − {method}" for method in METHODS[1:]})
    axes.set_xlabel("Difference in mean squared error (z-score²); left of 0, Pro is better")
    keys_below(figure, axes, ncols=3)
    return figure


def _drawn(differences):
    """Return the rows to draw: of a single drug, the mean of the drugs is the drug itself."""
    single = differences[differences["drug"] != "all"]
    return differences if single["drug"].nunique() > 1 else single


def draw_pairs(axes, differences, labels):
    """Draw paired differences, one row per drug; `labels` is the other method to its label."""
    drugs = list(differences["drug"].unique())
    for shift, (method, label) in zip((-0.23, 0.0, 0.23), labels.items()):
        part = differences[differences["against"] == method].set_index("drug").loc[drugs]
        places, colour = np.arange(len(drugs)) + shift, METHOD_COLOURS[method]
        look = {"color": colour, "marker": METHOD_MARKS[method], "label": label}
        draw_intervals(axes, part, places, **look)
    axes.axvline(0, color="black", linewidth=1)
    if "all" in drugs:
        axes.axhline(len(drugs) - 1.5, color=FAINT, linewidth=0.8)
    name_rows(axes, drug_labels(drugs))


def caption_differences(differences: pd.DataFrame, *, study: Study) -> str:
    """Return the caption of `draw_differences`."""
    models = differences[differences["against"].isin(METHODS) & (differences["drug"] != "all")]
    clear = ((models["low"] > 0) | (models["high"] < 0)).sum()
    several = models["drug"].nunique() > 1
    text = (
        "Error of Pro minus that of another method in the same fold, with 95% intervals. Left of "
        f"0, Pro predicts better. {clear} of the {len(models)} intervals"
        f"{' of single drugs' * several} {agreed(clear, 'excludes', 'exclude')} 0."
        + " Last row: the drugs averaged within each fold."
        * several
    )
    return caption("Figure 2b", text, study)


@styled
def draw_control(errors: pd.DataFrame, control: pd.DataFrame, *, study: Study) -> Figure:
    """Draw how much of the drug mean's error each method saves, on measured and permuted data.

    Up to as many drugs as there are `DRUG_MARKS` have a symbol each.
    """
    figure = new_figure("Control: measured and permuted responses", 68, study)
    draw_saved(figure.add_subplot(), {"measured": errors, "permuted": control})
    return figure


def saved(errors, method):
    """Return by how many percent a method reduces the error of the drug mean, per drug."""
    means = errors.pivot(index="drug", columns="method", values="mean")
    return 100 * (1 - means[method] / means["drug mean"])


def draw_saved(axes, tables, *, joined=False):
    """Draw the `saved` error of each method: a full symbol per drug, open for the second table.

    With `joined`, symbols are dots, and a thin line joins the two of a drug. Else the drugs of a
    row are drawn below each other, in their order.
    """
    drugs = list(dict.fromkeys(pd.concat(tables.values())["drug"]))
    named = not joined and 1 < len(drugs) <= len(DRUG_MARKS)
    marks = dict(zip(drugs, DRUG_MARKS)) if named else dict.fromkeys(drugs, "o")
    heights = dict.fromkeys(drugs, 0.0)
    if not joined and len(drugs) > 1:
        heights = dict(zip(drugs, np.linspace(-APART / 2, APART / 2, len(drugs))))
    keys = []
    for place, method in enumerate(METHODS if joined else []):
        pairs = pd.concat([saved(table, method) for table in tables.values()], axis=1, join="inner")
        axes.plot(pairs.T, [place - SHIFT, place + SHIFT], color=FAINT, linewidth=0.5, zorder=1)
    for shift, (label, table) in zip((-SHIFT, SHIFT), tables.items()):
        for place, method in enumerate(METHODS):
            values, colour = saved(table, method), METHOD_COLOURS[method]
            face = colour if shift < 0 else "white"
            for mark in dict.fromkeys(marks.values()):
                own = [drug for drug in values.index if marks[drug] == mark]
                at = [place + shift + heights[drug] for drug in own]
                axes.plot(values[own], at, mark, color=colour, mfc=face)
        keys.append(key(label, color=FAINT, markerfacecolor=FAINT if shift < 0 else "white"))
    axes.axvline(0, color="black", linewidth=1)
    name_rows(axes, METHODS)
    axes.set_xlabel("Reduction of the drug mean's error (%)")
    if named:
        keys += [key(drug, color=FAINT, marker=mark) for drug, mark in marks.items()]
    columns = 1 + -(-len(drugs) // 2) if named else 2
    axes.figure.legend(handles=keys, loc="outside lower center", ncols=columns)


def caption_control(sentence: str, *, study: Study) -> str:
    """Return the caption of `draw_control`; `sentence` says what the control shows."""
    text = (
        "Share of the drug mean's error that each method saves; each symbol is a drug, at the same "
        "height in every row (full: measured responses, open: permuted), and left of 0 a method is "
        "worse than the drug mean. "
        f"{sentence}"
    )
    return caption("Figure 2c", text, study)
