"""Every figure of the steps as a picture: as it was, at a journal's size, legible, nothing covered."""

import io
import itertools
from dataclasses import replace
from functools import cache
from unittest import mock

import drawings
import matplotlib as mpl
import numpy as np
import pytest
from builders import mostly_long
from drawings import DRAWINGS, GENES, apart, drawn, outline
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path
from matplotlib.text import Text

from pnetlib.steps import style

PICTURES = {"baseline_dir": "pictures", "tolerance": 1, "style": "default"}
figure_of = cache(drawn)  # one drawing for all that look at it
# The paper's figures and one of each later notebook; the others are looked at with --all.
USUAL = (
    *("01_genes", "02_errors", "02_differences", "03_markers", "04_networks", "04_hubs"),
    *("05_effects", "06_selection", "07_rules", "08_markers", "09_effects", "10_drugs"),
    *("11_solvers", "12_agreement", "13_laboratory", "14_enrichment", "15_curve", "16_claims"),
)
FIGURES = pytest.mark.parametrize("name", mostly_long(DRAWINGS, *USUAL))


@FIGURES
@pytest.mark.mpl_image_compare(savefig_kwargs={"dpi": 40}, **PICTURES)
def test_figure_looks_as_before(name):
    return figure_of(name)


@cache
def looked_at(name):
    """Draw a figure; return it and the texts that were drawn, each with its outline in pixels."""
    figure = figure_of(name)
    drawn_texts, draw = {}, Text.draw

    def record(text, renderer):
        drawn_texts[id(text)] = text
        draw(text, renderer)

    with mock.patch.object(Text, "draw", record):
        figure.canvas.draw()
    found = [t for t in drawn_texts.values() if t.get_visible() and t.get_text().strip()]
    return figure, [(text, outline(text)) for text in found]


@FIGURES
def test_figure_has_a_journal_s_width_and_legible_type(name):
    figure, texts = looked_at(name)
    width = figure.get_figwidth() / style.MM
    assert round(width, 3) in (style.PAGE, style.COLUMN)
    assert figure.get_figheight() / style.MM <= 235
    pixels = np.array(figure.canvas.get_width_height())
    for text, corners in texts:
        assert text.get_fontsize() >= 6.5, text
        assert (corners >= -1).all() and (corners <= pixels + 1).all(), text


@FIGURES
def test_no_text_of_a_figure_covers_another(name):
    _, texts = looked_at(name)
    for (a, one), (b, other) in itertools.combinations(texts, 2):
        assert apart(one, other), (a, b)


@FIGURES
def test_title_names_the_data(name):
    title = looked_at(name)[0].get_suptitle()
    subject, data = title.split(" · ")
    assert subject and data == ("SIMULATED DATA" if name[:2] in SIMULATED else "GDSC cell lines")


SIMULATED = ("01", "06", "11")
LONG_NAMES = (
    "Rotterdam carcinoma panel of the second and the third series",
    "Rotterdam_carcinoma_panel_of_the_second_and_the_third_series",
)


@pytest.mark.parametrize("data", LONG_NAMES)
@pytest.mark.parametrize("name", mostly_long(DRAWINGS, "01_tissues", "04_hubs", "04_networks"))
def test_a_title_with_a_long_name_stays_on_the_page(name, data, monkeypatch):
    for study in ("PAPER", "SIMULATED"):
        monkeypatch.setattr(drawings, study, replace(getattr(drawings, study), data=data))
    figure = drawn(name)
    figure.canvas.draw()
    title = figure._suptitle.get_window_extent()
    width, height = figure.canvas.get_width_height()
    assert 0 <= title.x0 and title.x1 <= width and 0 <= title.y0 and title.y1 <= height
    for axes in figure.axes:  # panels keep their places below the title
        titles = [axes.title, axes._left_title]
        boxes = [text.get_window_extent() for text in titles if text.get_text()]
        assert all(box.y1 <= title.y0 + 1 for box in (*boxes, axes.get_window_extent()))


@pytest.mark.parametrize("data", LONG_NAMES)
def test_a_long_title_is_written_whole(data):
    study = replace(drawings.PAPER, data=data)
    figure = style.styled(style.new_figure)("Degrees of the markers", 40, study, style.COLUMN)
    lines = figure.get_suptitle().split("\n")
    assert lines[0] == "Degrees of the markers"
    assert "".join(lines[1:]).replace(" ", "") == data.replace(" ", "")
    assert figure.get_figheight() / style.MM == pytest.approx(
        40 + style.TITLE_LINE * len(lines[1:])
    )


@pytest.mark.parametrize("name", mostly_long(DRAWINGS, "03_markers", "05_draws"))
def test_figure_gives_the_same_bytes(name):
    def file():
        figure, svg = drawn(name), io.BytesIO()
        with mpl.rc_context({"svg.hashsalt": name}):
            figure.savefig(svg, format="svg", metadata={"Date": None})
        return svg.getvalue()

    assert file() == file()


def test_names_in_the_networks_lie_over_no_edge_and_no_gene():
    figure = drawn("04_networks")
    figure.canvas.draw()
    for axes in figure.axes:
        names = {text.get_text(): outline(text) for text in axes.texts}
        assert sorted(names) == sorted(GENES)
        edges = [p for p in axes.patches if isinstance(p, FancyArrowPatch)]
        assert len(edges) > 40
        paths = [edge.get_transform().transform_path(edge.get_path()) for edge in edges]
        curves = [Path(line) for path in paths for line in path.to_polygons(closed_only=False)]
        nodes = [
            (axes.transData.transform(dot.get_offsets()[0]), np.sqrt(dot.get_sizes()[0]) / 2)
            for dot in axes.collections
        ]
        for corners in names.values():
            box = Path(np.vstack([corners, corners[:1]]))
            assert not any(curve.intersects_path(box, filled=False) for curve in curves)
            assert not any(box.contains_points([curve.vertices[0]])[0] for curve in curves)
            for centre, points in nodes:
                ring = np.linspace(0, 2 * np.pi, 24)[:, None]
                rim = points * figure.dpi / 72 * np.hstack([np.cos(ring), np.sin(ring)])
                assert not box.contains_points(centre + rim).any()


def test_a_picture_has_few_colours_and_a_white_page():
    from PIL import Image

    picture = Image.open(io.BytesIO(style.as_png(drawn("04_hubs"), 100)))
    assert picture.mode == "P" and picture.info["dpi"][0] == pytest.approx(100, abs=0.1)
    assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
    shown_colours = {colour for _, colour in picture.convert("RGB").getcolors()}
    for wanted in style.GROUP_COLOURS.values():
        rgb = [int(wanted[k : k + 2], 16) for k in (1, 3, 5)]
        assert min(np.abs(np.subtract(rgb, colour)).max() for colour in shown_colours) <= 6
