"""Figures of notebook 05: regulatory effects of the markers in sensitive and resistant lines."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from pnetlib.steps.effects.compute import SIDES
from pnetlib.steps.networks.compute import GROUPS
from pnetlib.steps.study import Study
from pnetlib.steps.style import BLACK, GROUP_COLOURS, caption, key, new_figure, styled

LETTERS = {1: "Figure 5a", 2: "Figure 5b"}
PATHS = {1: "single edges", 2: "paths of at most two edges"}
NAMES = {"targets": "On its targets", "regulators": "From its regulators"}
UNLIKE = 30  # ratio of two markers' largest effects above which no linear axis shows both
ALPHA = 0.6
SHIFTS = dict(zip(GROUPS, (-0.15, 0.15)))
MEAN = {"marker": "D", "markersize": 3.8, "markerfacecolor": "white", "markeredgecolor": BLACK}


NO_MARKER = "No marker is among the genes of the networks."


@styled
def draw_effects(effects: pd.DataFrame, length: int, *, study: Study) -> Figure:
    """Draw the distribution of each marker's effects over the lines of both groups.

    Takes the table of `regulatory_effects`; paths have at most `length` edges (1 or 2). Where the
    effects of the markers differ much, the axis is linear near 0 and logarithmic above.
    """
    markers = list(dict.fromkeys(effects["marker"]))
    figure = new_figure(f"Regulatory effects over {PATHS[length]}", 108, study)
    if not markers:
        figure.text(0.5, 0.5, NO_MARKER, ha="center")
        return figure
    table = effects[effects["length"] == length]
    for axes, side in zip(figure.subplots(2, 1, sharex=True), SIDES):
        part = table[table["side"] == side]
        _draw_groups(axes, part, markers)
        _set_scale(axes, part)
        axes.grid(axis="x", visible=False)
        axes.set_ylabel("Regulatory effect\n(sd of expression)")
        axes.set_title(NAMES[side])
    handles = [
        Patch(facecolor=GROUP_COLOURS[g], edgecolor=BLACK, alpha=ALPHA, label=g) for g in GROUPS
    ]
    handles.append(key("mean", **MEAN))
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    figure.axes[1].set_xticks(range(len(markers)), markers, fontstyle="italic")
    return figure


def _draw_groups(axes, part, markers):
    """Draw a box and a dot per cell line for each marker and group, or say that it has no edge."""
    rng = np.random.default_rng(0)  # places across the box mean nothing, but stay the same
    dots = {"markersize": 1.6, "color": BLACK, "alpha": 0.4, "markeredgewidth": 0, "zorder": 3}
    above = {"textcoords": "offset points", "ha": "center"}
    for place, marker in enumerate(markers):
        for group, shift in SHIFTS.items():
            effect = part.loc[(part["marker"] == marker) & (part["group"] == group), "effect"]
            _draw_box(axes, effect, place + shift, GROUP_COLOURS[group])
            if effect.any():
                across = place + shift + rng.uniform(-0.1, 0.1, len(effect))
                axes.plot(across, effect, "o", **dots)
            else:
                axes.annotate("no edge", (place + shift, 0), (0, 3), **above)


def _draw_box(axes, effect, place, colour):
    """Draw median, quartiles, whiskers and mean of one group's effects."""
    line = {"linewidth": 0.7, "color": BLACK}
    box = {"facecolor": colour, "edgecolor": BLACK, "linewidth": 0.7, "alpha": ALPHA}
    parts = {f"{part}props": line for part in ("median", "whisker", "cap")} | {"boxprops": box}
    options = {"patch_artist": True, "showfliers": False, "manage_ticks": False}
    options |= {"showmeans": bool(effect.any()), "meanprops": MEAN | {"zorder": 4}}
    axes.boxplot([effect.to_numpy()], positions=[place], widths=0.27, **options, **parts)


def _set_scale(axes, part):
    """Choose the axis of effects: logarithmic above a linear part where they are unlike."""
    top = max(part["effect"].max(), 1e-9)
    largest = part.groupby("marker")["effect"].max()
    smallest = largest[largest > 0].min()
    if top > UNLIKE * smallest:
        axes.set_yscale("symlog", linthresh=smallest / 10)
        axes.set_ylim(-smallest / 50, 2 * top)
    else:
        axes.set_ylim(-0.03 * top, 1.05 * top)


def caption_effects(comparison: pd.DataFrame, length: int, *, study: Study) -> str:
    """Return the caption of `draw_effects`."""
    part = comparison[comparison["length"] == length]
    silent = ((part["mean ST"] == 0) | (part["mean RS"] == 0)).sum()
    effect = {
        1: "Regulatory effects over single edges: |coefficient x expression| of each cell line, "
        "summed over a marker's targets (above) or over its regulators (below).",
        2: "The same over paths of at most two edges, so that targets of targets and regulators "
        "of regulators count as well.",
    }[length]
    text = (
        f"{effect} Dots are cell lines, boxes quartiles, diamonds means. Both networks are taken "
        "as given, so the spread of the dots is that between lines and not the uncertainty of an "
        f"estimate. In {silent} of {len(part)} comparisons one group has no edge and an "
        "estimated activity of 0."
    )
    return caption(LETTERS[length], text, study)
