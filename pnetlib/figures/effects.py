"""Figure 5: regulatory effects of the named markers in sensitive and in resistant lines."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from ..analysis.effects import SIDES
from ..analysis.groups import GROUPS
from .style import GROUP_COLOURS, caption, new_figure, styled

LETTERS = {1: "Figure 5a", 2: "Figure 5b"}


@styled
def draw_effects(
    effects: pd.DataFrame, comparison: pd.DataFrame, length: int, *, simulated: bool
) -> Figure:
    """Draw the distribution of each marker's effects over the lines of both groups.

    Parameters
    ----------
    effects, comparison : DataFrame
        As `pnetlib.analysis.effects.regulatory_effects` and `compare_groups` return them.
    length : {1, 2}
        Longest path.
    simulated : bool
        Whether the data are simulated.
    """
    markers = list(dict.fromkeys(effects["marker"]))
    paths = "single edges" if length == 1 else "paths of at most two edges"
    title = f"Regulatory effects over {paths}"
    figure = new_figure(6.5, 4.6, simulated=simulated, title=title)
    table = effects[effects["length"] == length]
    tests = comparison[comparison["length"] == length].set_index(["marker", "side"])["p adjusted"]
    for axes, side in zip(figure.subplots(2, 1, sharex=True), SIDES):
        part = table[table["side"] == side]
        sns.boxplot(part, x="marker", y="effect", hue="group", order=markers, hue_order=GROUPS,
                    palette=GROUP_COLOURS, fliersize=1.5, linewidth=0.9, width=0.6, ax=axes,
                    legend="brief" if side == SIDES[0] else False)
        top = part["effect"].max()
        for place, marker in enumerate(markers):
            axes.annotate(f"p {tests[marker, side]:.1g}", (place, 1.0), (0, -2),
                          xycoords=("data", "axes fraction"), textcoords="offset points",
                          ha="center", va="top", fontsize=8)
        axes.set_ylim(-0.03 * max(top, 1e-9), 1.22 * max(top, 1e-9))
        names = {"targets": "of the marker on its targets", "regulators": "of its regulators on it"}
        axes.set(xlabel="", ylabel=f"Effect {names[side]}\n(sd of expression)")
    figure.axes[0].legend(title=None, loc="upper left", bbox_to_anchor=(1, 1))
    figure.axes[1].set_xticks(range(len(markers)), markers, fontstyle="italic")
    return figure


def caption_effects(comparison: pd.DataFrame, length: int, *, simulated: bool) -> str:
    """Return the caption of `draw_effects`."""
    part = comparison[comparison["length"] == length]
    silent = ((part["mean ST"] == 0) | (part["mean RS"] == 0)).sum()
    text = (
        "Sum of |coefficient x expression| in each line, above over a marker's targets, below over "
        "its regulators; boxes are quartiles over the lines of a group. p: Mann and Whitney's test "
        "over lines, adjusted over all rows (Benjamini and Hochberg), the networks taken as given. "
        f"In {silent} of {len(part)} rows one group has no edge and so no activity."
    )
    return caption(LETTERS[length], text, simulated)
