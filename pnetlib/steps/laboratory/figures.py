"""Figures of notebook 13: predictions judged by another laboratory."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pnetlib.steps.choice import METHODS
from pnetlib.steps.laboratory.compute import LABEL
from pnetlib.steps.screens.compute import ALL, MEAN, NETWORK_GAIN
from pnetlib.steps.screens.figures import (
    LINE_COLOURS,
    LINE_MARKS,
    TALLEST,
    caption_judges,
    draw_judges,
)
from pnetlib.steps.study import Study
from pnetlib.steps.style import caption, draw_intervals, key, name_rows, new_figure, styled
from pnetlib.words import agreed

KINDS = (ALL, "solid")


def draw_laboratory(table: pd.DataFrame, *, study: Study) -> Figure:
    """Draw the rank correlation of predictions, and of the response, with the other laboratory."""
    rows = table[table["lines"] == ALL]
    return draw_judges(rows, "Judged by another laboratory", study=study)


def caption_laboratory(draws: int, *, study: Study) -> str:
    """Return the caption of `draw_laboratory`."""
    return caption_judges("Figure 13a", LABEL, draws, study=study)


@styled
def draw_pairs(differences: pd.DataFrame, *, study: Study) -> Figure:
    """Draw differences of rank correlations, drug by drug: networks and Pro against the others."""
    pairs = [NETWORK_GAIN, *(f"Pro minus {other}" for other in METHODS[1:])]
    drugs = list(differences["drug"].unique())
    order = [drug for drug in drugs if drug != MEAN] + [MEAN]
    height = min(26 + 9 * len(order), TALLEST)
    figure = new_figure("Differences between methods", height, study)
    panels = figure.subplots(1, len(pairs), sharex=True, sharey=True)
    for axes, pair in zip(panels, pairs):
        for shift, kind in zip((-0.17, 0.17), KINDS):
            part = differences[(differences["pair"] == pair) & (differences["lines"] == kind)]
            part = part.set_index("drug")
            shown = [drug for drug in order if drug in part.index]
            places = np.array([order.index(drug) for drug in shown]) + shift
            look = {"color": LINE_COLOURS[kind], "marker": LINE_MARKS[kind]}
            draw_intervals(axes, part.loc[shown], places, **look)
        axes.axvline(0, color="black", linewidth=1)
        axes.set_title(pair.replace(" minus ", "\nminus "))
    name_rows(panels[0], order)
    panels[1].set_xlabel("Difference of rank correlations; right of 0 the first is better", x=1.0)
    keys = [
        key(f"{kind} lines", color=LINE_COLOURS[kind], marker=LINE_MARKS[kind]) for kind in KINDS
    ]
    figure.legend(handles=keys, loc="outside lower center", ncols=2)
    return figure


def caption_pairs(differences: pd.DataFrame, draws: int, *, study: Study) -> str:
    """Return the caption of `draw_pairs`."""
    single = differences[(differences["drug"] != MEAN) & (differences["pair"] == NETWORK_GAIN)]
    single = single[single["lines"] == ALL]
    clear = int(((single["low"] > 0) | (single["high"] < 0)).sum())
    text = (
        "Difference of the rank correlations with the other laboratory, with 95% intervals from "
        f"{draws} draws of the lines, the same for all methods and drugs. {clear} of the "
        f"{len(single)} intervals of single drugs (all lines, first panel) {agreed(clear, 'excludes', 'exclude')} 0. Last row: the "
        "drugs averaged."
    )
    return caption("Figure 13b", text, study)
