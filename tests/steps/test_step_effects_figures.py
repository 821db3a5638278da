"""Figures 5a and 5b: every line drawn, silent markers and unlike scales survived."""

import matplotlib.colors as colours
import numpy as np
import pandas as pd
from builders import words

from pnetlib.steps.effects import figures as effects
from pnetlib.steps.effects.compute import compare_groups
from pnetlib.steps.networks.compute import Groups
from pnetlib.steps.study import PAPER
from pnetlib.steps.style import GROUP_COLOURS


def test_effects_survive_a_silent_marker():
    rng = np.random.default_rng(0)
    groups = Groups({"ST": pd.Index(list("abcd")), "RS": pd.Index(list("efgh"))}, {}, 8)
    table = pd.concat(
        [
            pd.DataFrame(
                {
                    "line": lines,
                    "group": group,
                    "marker": marker,
                    "side": side,
                    "length": 1,
                    "effect": 0.0 if marker == "m2" else rng.random(4),
                }
            )
            for group, lines in groups.lines.items()
            for marker in ("m1", "m2")
            for side in ("targets", "regulators")
        ],
        ignore_index=True,
    )
    compared = compare_groups(table)
    figure = effects.draw_effects(table, 1, study=PAPER)
    assert [t.get_text() for t in figure.axes[1].get_xticklabels()] == ["m1", "m2"]
    assert "In 2 of 4 comparisons" in effects.caption_effects(compared, 1, study=PAPER)


def effects_table(scale):
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        [
            {
                "line": f"{group}{line}",
                "group": group,
                "marker": marker,
                "side": side,
                "length": 1,
                "effect": rng.random() * size,
            }
            for marker, size in scale.items()
            for side in ("targets", "regulators")
            for group in ("ST", "RS")
            for line in range(12)
        ]
    )


def test_effects_show_every_line_in_the_colours_of_the_groups():
    table = effects_table({"m1": 1.0, "m2": 2.0})
    figure, again = (effects.draw_effects(table, 1, study=PAPER) for _ in "ab")
    for axes, other, side in zip(figure.axes, again.axes, ("targets", "regulators")):
        dots = [line for line in axes.lines if line.get_marker() == "o"]
        shown = np.sort(np.concatenate([line.get_ydata() for line in dots]))
        assert np.allclose(shown, np.sort(table.loc[table["side"] == side, "effect"]))
        places = [line.get_xdata() for line in other.lines if line.get_marker() == "o"]
        assert all(np.array_equal(a.get_xdata(), b) for a, b in zip(dots, places))
        boxes = {colours.to_hex(patch.get_facecolor()).upper() for patch in axes.patches}
        assert boxes == set(GROUP_COLOURS.values())
        assert axes.get_yscale() == "linear" and axes.get_ylim()[0] <= 0
        part = table[table["side"] == side].groupby(["marker", "group"])["effect"].mean()
        means = [line.get_ydata()[0] for line in axes.lines if line.get_marker() == "D"]
        assert np.allclose(np.sort(means), np.sort(part))
    assert " p " not in words(figure)


def test_effects_of_unlike_markers_stay_visible_next_to_zero():
    table = effects_table({"m1": 1.0, "m2": 1000.0, "m3": 0.0})
    figure = effects.draw_effects(table, 1, study=PAPER)
    for axes in figure.axes:
        assert axes.get_yscale() == "symlog" and axes.get_ylim()[0] < 0
        assert [text.get_text() for text in axes.texts].count("no edge") == 2
        means = [line for line in axes.lines if line.get_marker() == "D" and len(line.get_ydata())]
        assert len(means) == 4  # none where there is no edge


def test_effects_without_any_marker():
    columns = ["line", "group", "marker", "side", "length", "effect"]
    empty = pd.DataFrame(columns=columns)
    assert "No marker" in words(effects.draw_effects(empty, 1, study=PAPER))
