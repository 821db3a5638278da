"""The style of all figures: colours for any vision, places of labels, how figures are shown."""

import itertools
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, strategies as st
from matplotlib.colors import to_rgb

from pnetlib.datasets import load_cohort
from pnetlib.steps import style
from pnetlib.steps.data.compute import tissue_table
from pnetlib.steps.data.figures import draw_tissues
from pnetlib.steps.study import SIMULATED


@given(
    st.lists(st.floats(0, 1), max_size=12),
    st.floats(0.001, 0.3),
    st.sampled_from([(0, 1), (-1, 3)]),
)
def test_spread_keeps_order_gap_and_range(wanted, gap, ends):
    places = style.spread(wanted, gap, *ends)
    assert len(places) == len(wanted)
    kept = min(gap, (ends[1] - ends[0]) / max(len(wanted) - 1, 1))
    order = np.argsort(wanted, kind="stable")
    assert (np.diff(places[order]) >= kept - 1e-9).all()
    assert (places >= ends[0] - 1e-9).all() and (places <= ends[1] + 1e-9).all()


def test_spread_leaves_places_alone_that_are_apart():
    np.testing.assert_allclose(style.spread([0.9, 0.1, 0.5], 0.2, 0, 1), [0.9, 0.1, 0.5])


# Linear RGB as seen without red, or without green, receptors (Viénot, Brettel and Mollon 1999).
VISION = {
    "usual": np.eye(3),
    "protanopia": [[0.1124, 0.8876, 0], [0.1124, 0.8876, 0], [0.0040, -0.0040, 1]],
    "deuteranopia": [[0.2927, 0.7073, 0], [0.2927, 0.7073, 0], [-0.0223, 0.0223, 1]],
}


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("colours", ["METHOD_COLOURS", "GROUP_COLOURS", "EDGE_COLOURS"])
def test_colours_differ_for_any_vision(vision, colours):
    linear = [np.array(to_rgb(c)) ** 2.2 for c in getattr(style, colours).values()]
    seen = [np.clip(np.array(VISION[vision]) @ c, 0, 1) ** (1 / 2.2) for c in linear]
    for a, b in itertools.combinations(seen, 2):
        assert np.linalg.norm(a - b) > 0.18


def test_further_fonts_are_those_installed():
    assert style.fonts_among([]) == ["DejaVu Sans"]
    assert style.fonts_among(["Yu Gothic", "Arial", "IPAexGothic", "DejaVu Sans"]) == [
        "DejaVu Sans",
        "IPAexGothic",
        "Yu Gothic",
    ]


def titled(data):
    study = replace(SIMULATED, data=data)
    return style.styled(style.new_figure)("Title", 40, study, style.COLUMN)


def test_further_fonts_leave_figures_of_ordinary_text_as_they_are(monkeypatch, caplog):
    def files():
        with mpl.rc_context({"svg.hashsalt": "same"}):
            return style.as_png(titled("Größe · 5 µM")), style.as_svg(titled("Größe · 5 µM"))

    monkeypatch.setitem(style._SETTINGS, "font.family", ["DejaVu Sans"])
    before = files()
    monkeypatch.setitem(style._SETTINGS, "font.family", ["DejaVu Sans", "STIXGeneral"])
    assert files() == before
    assert "findfont" not in caplog.text


def test_letters_that_no_font_has_give_no_warning(monkeypatch, recwarn, caplog):
    monkeypatch.setitem(style._SETTINGS, "font.family", ["DejaVu Sans"])
    figure = titled("Größe_腫瘍")
    assert style.as_png(figure) and style.as_svg(figure)
    assert not recwarn.list and "findfont" not in caplog.text


def test_every_method_has_a_colour():
    assert list(style.METHOD_COLOURS) == ["Pro", "NW.P", "ELA", "LA", "drug mean", "tissue mean"]


def test_show_displays_a_small_picture_and_its_caption(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    style.show(
        draw_tissues(
            tissue_table(load_cohort("simulated", seed=7, size="smoke")), 4, study=SIMULATED
        ),
        "**Figure.** Words.",
    )
    picture, words = shown
    assert picture.data.startswith(b"\x89PNG") and len(picture.data) < 60_000
    assert words.data == "**Figure.** Words."
