"""Figures of notebook 12: agreement of screens, the ceiling, and other screens as judges."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pnetlib.steps.choice import METHODS
from pnetlib.steps.screens.compute import ALL, LINES, RESPONSE
from pnetlib.steps.study import Study
from pnetlib.steps.style import (
    BLACK,
    DATA,
    FAINT,
    HIGHLIGHT,
    LIGHT,
    METHOD_COLOURS,
    METHOD_MARKS,
    PURPLE,
    SMALL,
    caption,
    draw_intervals,
    key,
    name_rows,
    new_figure,
    panels_for,
    styled,
)

LINE_COLOURS = {"all": BLACK, "solid": DATA, "blood": HIGHLIGHT}
LINE_MARKS = {"all": "o", "solid": "s", "blood": "^"}
TALLEST = 230  # mm, for a page of a journal
FEW = 12  # rows with labels on two lines
JUDGES = (*METHODS, RESPONSE)
COLOURS = METHOD_COLOURS | {RESPONSE: PURPLE}
MARKS = METHOD_MARKS | {RESPONSE: "D"}


@styled
def draw_agreement(agreements: pd.DataFrame, *, study: Study) -> Figure:
    """Draw the rank correlation of the response with every other screen (`agreement`)."""
    screens = list(agreements["screen"].unique())
    figure = new_figure("How well screens agree", min(26 + 8 * len(screens), TALLEST), study)
    axes, shifts = figure.add_subplot(), dict(zip(LINES, (-0.25, 0.0, 0.25)))
    for kind, part in agreements.groupby("lines", sort=False):
        table = part.set_index("screen").reindex(screens).dropna(subset="spearman")
        names = {"spearman": "mean", "spearman low": "low", "spearman high": "high"}
        places = [screens.index(name) + shifts[kind] for name in table.index]
        look = {"color": LINE_COLOURS[kind], "marker": LINE_MARKS[kind]}
        draw_intervals(axes, table.drop(columns="n").rename(columns=names), places, **look)
    axes.axvline(0, color="black", linewidth=1)
    name_rows(axes, screens)
    axes.set_xlabel("Rank correlation with the response of the same drug")
    keys = [key(k, color=LINE_COLOURS[k], marker=LINE_MARKS[k]) for k in LINES]
    for handle, kind in zip(keys, LINES):
        handle.set_label(f"{kind} lines")
    figure.legend(handles=keys, loc="outside lower center", ncols=3)
    return figure


def caption_agreement(agreements: pd.DataFrame, draws: int, *, study: Study) -> str:
    """Return the caption of `draw_agreement`."""
    n = agreements.loc[agreements["lines"] == ALL, "n"]
    text = (
        "Spearman's correlation of each drug's response with another screen of the same drug, on the "
        f"cell lines that both have ({n.min()} to {n.max()}), with 95% intervals from {draws} draws of "
        "the lines. A screen that measures the same with little noise lies near 1. AUC of the same "
        "id are the areas under the same dose curves, so that they share the noise."
    )
    return caption("Figure 12a", text, study)


@styled
def draw_ceiling(shares: pd.DataFrame, ceilings: pd.DataFrame, *, study: Study) -> Figure:
    """Draw the share of the variance that each method saves, and the share that repeats."""
    drugs = list(shares["drug"].unique())
    height = 22 + 30 * np.ceil(len(drugs) / 2)
    figure = new_figure("What prediction saves, and what it could save", height, study)
    panels = panels_for(figure, len(drugs))
    for axes, drug in zip(panels, drugs):
        part = shares[shares["drug"] == drug].set_index("method")
        for place, method in enumerate(METHODS):
            look = {"color": METHOD_COLOURS[method], "marker": METHOD_MARKS[method]}
            row = 100 * part.loc[[method], ["mean", "low", "high"]]
            draw_intervals(axes, row, [place], **look)
        title = f"{drug}: no second screen"
        if drug in ceilings.index:
            found = ceilings.loc[drug]
            axes.axvspan(100 * found["low"], 100 * found["high"], color=LIGHT, linewidth=0)
            axes.axvline(100 * found["share"], color=DATA, linewidth=1.2)
            title = f"{drug}: at most {found['share']:.0%}"
        axes.set_title(title)
        axes.axvline(0, color="black", linewidth=1)
        name_rows(axes, METHODS)
    for axes in panels[-2:]:
        axes.set_xlabel("Share of the variance of the response (%)")
    keys = [
        key("share that repeats in the second screen", marker="", linestyle="-", color=DATA),
        key("its 95% interval", marker="s", color=LIGHT),
    ]
    figure.legend(handles=keys, loc="outside lower center", ncols=2)
    return figure


def caption_ceiling(ceilings: pd.DataFrame, *, study: Study) -> str:
    """Return the caption of `draw_ceiling`."""
    named = "; ".join(ceilings["screen"])
    text = (
        "Dots: share of the drug mean's error that each method saves on unseen lines, with 95% "
        "intervals over folds. Line: the correlation of the response with its second screen "
        f"({named or 'none'}), which is the share of the variance that any prediction could save, if "
        "both screens are equally noisy and their noise is independent. Left of 0 a method is worse "
        "than the drug mean."
    )
    return caption("Figure 12b", text, study)


@styled
def draw_judges(table: pd.DataFrame, title: str, *, study: Study) -> Figure:
    """Draw the rank correlation of predictions, and of the response, with each judging screen.

    `table` has the rows of one kind of lines of `Judged.table`.
    """
    rows = table[["drug", "screen"]].drop_duplicates()
    figure = new_figure(title, min(28 + 13 * len(rows), TALLEST), study)
    axes = figure.add_subplot()
    for shift, method in zip(np.linspace(-0.32, 0.32, len(JUDGES)), JUDGES):
        part = table[table["method"] == method].set_index("screen").loc[rows["screen"]]
        look = {"color": COLOURS[method], "marker": MARKS[method]}
        draw_intervals(axes, part, np.arange(len(rows)) + shift, **look)
    axes.axvline(0, color="black", linewidth=1)
    counts = table.drop_duplicates("screen").set_index("screen")["n"]
    apart = "\n" if len(rows) <= FEW else ", "
    labels = [f"{name}{apart}{counts[name]} lines" for name in rows["screen"]]
    name_rows(axes, labels, fontsize=SMALL)
    for row in range(1, len(rows)):
        axes.axhline(row - 0.5, color=FAINT, linewidth=0.4)
    axes.set_xlabel("Rank correlation with the judging screen")
    keys = [
        key(m if m != RESPONSE else "measured response", color=COLOURS[m], marker=MARKS[m])
        for m in JUDGES
    ]
    figure.legend(handles=keys, loc="outside lower center", ncols=len(JUDGES))
    return figure


def caption_judges(number: str, of_whom: str, draws: int, *, study: Study) -> str:
    """Return the caption of `draw_judges`; `of_whom` says whose screens they are."""
    text = (
        f"Rank correlation of held-out predictions with the response in {of_whom}, on the same cell "
        f"lines, with 95% intervals from {draws} draws of the lines. Diamond: the measured response "
        "that the models were trained on, in place of a prediction. A method to the right of the "
        "diamond agrees better with the judge than the measurement itself."
    )
    return caption(number, text, study)
