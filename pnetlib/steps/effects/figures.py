"""Figure 5: regulatory effects of the named markers in sensitive and in resistant lines."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from pnetlib.steps.effects.compute import SIDES
from pnetlib.steps.networks.compute import GROUPS
from pnetlib.steps.style import GROUP_COLOURS, caption, new_figure, styled

LETTERS = {1: "Figure 5a", 2: "Figure 5b"}
NAMES = {"targets": "On its targets", "regulators": "From its regulators"}
UNLIKE = 30  # largest effects of two markers this many times apart share no linear axis


@styled
def draw_effects(
    effects: pd.DataFrame, comparison: pd.DataFrame, length: int, *, simulated: bool
) -> Figure:
    """Draw the distribution of each marker's effects over the lines of both groups.

    Parameters
    ----------
    effects, comparison : DataFrame
        As `pnetlib.steps.effects.compute.regulatory_effects` and `compare_groups` return them.
    length : {1, 2}
        Longest path.
    simulated : bool
        Whether the data are simulated.

    Returns
    -------
    Figure
        The axis is linear about 0 and logarithmic above where the markers' effects differ much.
    """
    markers = list(dict.fromkeys(effects["marker"]))
    paths = "single edges" if length == 1 else "paths of at most two edges"
    figure = new_figure(6.5, 4.8, simulated=simulated, title=f"Regulatory effects over {paths}")
    if not markers:
        figure.text(0.5, 0.5, "No marker is among the genes of the networks.", ha="center")
        return figure
    table = effects[effects["length"] == length]
    tests = comparison[comparison["length"] == length].set_index(["marker", "side"])["p adjusted"]
    for axes, side in zip(figure.subplots(2, 1, sharex=True), SIDES):
        part = table[table["side"] == side]
        sns.boxplot(
            part,
            x="marker",
            y="effect",
            hue="group",
            order=markers,
            hue_order=GROUPS,
            palette=GROUP_COLOURS,
            saturation=1,
            showfliers=False,
            linewidth=0.9,
            width=0.6,
            gap=0.1,
            ax=axes,
            legend="brief" if side == SIDES[0] else False,
            boxprops={"alpha": 0.6},
        )
        _draw_lines(axes, part, markers)
        _set_scale(axes, part)
        for place, marker in enumerate(markers):
            axes.annotate(
                f"p {tests[marker, side]:.1g}",
                (place, 1.0),
                (0, -2),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=8,
            )
        axes.set(xlabel="", ylabel="Effect (sd of expression)")
        axes.set_title(NAMES[side], fontsize=9)
    figure.axes[0].legend(title=None, loc="upper left", bbox_to_anchor=(1, 1))
    figure.axes[1].set_xticks(range(len(markers)), markers, fontstyle="italic")
    return figure


def _draw_lines(axes, part, markers):
    """Draw every cell line as a dot beside its group's middle, or say that a group has no edge."""
    rng = np.random.default_rng(0)  # places across the box mean nothing, but stay the same
    for place, marker in enumerate(markers):
        for shift, group in zip((-0.15, 0.15), GROUPS):
            effect = part.loc[(part["marker"] == marker) & (part["group"] == group), "effect"]
            if not effect.any():
                axes.annotate(
                    "none",
                    (place + shift, 0),
                    (0, 3),
                    textcoords="offset points",
                    ha="center",
                    fontsize=8,
                )
                continue
            across = place + shift + rng.uniform(-0.09, 0.09, len(effect))
            axes.plot(
                across,
                effect,
                "o",
                markersize=1.8,
                color="black",
                alpha=0.45,
                markeredgewidth=0,
                zorder=3,
            )


def _set_scale(axes, part):
    """Choose the axis of effects; above the largest there is room for the p values."""
    top = max(part["effect"].max(), 1e-9)
    largest = part.groupby("marker")["effect"].max()
    smallest = largest[largest > 0].min()
    if top > UNLIKE * smallest:
        axes.set_yscale("symlog", linthresh=smallest / 10)
        axes.set_ylim(-smallest / 50, 8 * top)
    else:
        axes.set_ylim(-0.03 * top, 1.22 * top)


def caption_effects(comparison: pd.DataFrame, length: int, *, simulated: bool) -> str:
    """Return the caption of `draw_effects`."""
    part = comparison[comparison["length"] == length]
    silent = ((part["mean ST"] == 0) | (part["mean RS"] == 0)).sum()
    text = (
        "Sum of |coefficient x expression| in each line, above over a marker's targets, below over "
        "its regulators; dots are lines, boxes their quartiles. p: Mann and Whitney's test "
        "over lines, adjusted over all rows (Benjamini and Hochberg), the networks taken as given. "
        f"In {silent} of {len(part)} rows one group has no edge and so no activity."
    )
    return caption(LETTERS[length], text, simulated)
