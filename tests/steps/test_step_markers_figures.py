"""Figure 3: every published marker and common gene, with ranks and sizes explained."""

from dataclasses import replace

import pandas as pd
import pytest
from builders import words

from pnetlib.steps.markers import figures as markers
from pnetlib.steps.markers.compute import DrugNetworks, common_markers, published_markers
from pnetlib.steps.study import PAPER, SIMULATED

DRUGS = ["A", "B", "C"]


@pytest.fixture
def fitted():
    genes = pd.Index(["g1", "g2", "g3", "g4"])
    theta = pd.DataFrame([[1.0, 2, 3], [-1, 0, 1], [0.5, 0.5, 0.5], [0, 0, 0]], genes, DRUGS)
    return DrugNetworks(genes, theta, theta.abs() + 1, {}, pd.DataFrame())


def test_markers_show_ranks_and_those_outside(fitted):
    common = common_markers(fitted, 2)
    published = published_markers(fitted, ["g2", "far"], pd.Series({"far": 1500.0, "g2": 2.0}))
    figure = markers.draw_markers(fitted, common, published, study=PAPER)
    text = words(figure)
    assert "variance rank 1,500" in text and "no effect" in text
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["g2", "far", "g1 ✓"]
    said = markers.caption_markers(fitted, common, published, study=PAPER)
    assert "The 2 published markers come first; below is the one gene that our rule" in said
    one = replace(PAPER, drugs=1, of_paper=False)
    said = markers.caption_markers(fitted, common, published[:1], study=one)
    assert "The named marker comes first; below is the one gene" in said
    assert "finds a marker of the drug (✓), which is not named." in said


def test_markers_without_any_common_gene(fitted):
    published = published_markers(fitted, ["g4"], pd.Series({"g4": 4.0}))
    figure = markers.draw_markers(fitted, common_markers(fitted, 0), published, study=SIMULATED)
    assert "SIMULATED" in words(figure)
    said = markers.caption_markers(fitted, common_markers(fitted, 0), published, study=PAPER)
    assert "comes first; by our rule no gene, published or not, is common to the drugs." in said


def test_the_caption_says_which_named_markers_are_common(fitted):
    common = common_markers(fitted, 3)  # g1 and g3

    def said(*names, study=PAPER):
        published = published_markers(fitted, list(names), pd.Series(dtype=float))
        return markers.caption_markers(fitted, common, published, study=study)

    assert "first; our rule finds g1 common to the drugs (✓); below is the one other" in said(
        "g1", "g4"
    )
    both = said("g1", "g3", "g4")
    assert "our rule finds g1 and g3 common to the drugs (✓); no other gene is." in both
    none = said("g4")
    assert "below are 2 of the 2 genes that our rule finds common" in none
    assert none.endswith("(✓), none of them published.")


def test_markers_without_any_effect_have_no_scale_of_effects(fitted):
    published = published_markers(fitted, ["g2"], pd.Series({"g2": 2.0}))
    silent = replace(fitted, theta=0 * fitted.theta)
    for networks, panels, keys in ((fitted, 2, 1), (silent, 1, 1)):
        figure = markers.draw_markers(networks, common_markers(fitted, 0), published, study=PAPER)
        assert (len(figure.axes), len(figure.legends)) == (panels, keys)
    assert words(figure).count("no effect") == len(DRUGS)
    empty = replace(silent, degree=0 * fitted.degree)
    figure = markers.draw_markers(empty, common_markers(fitted, 0), published, study=PAPER)
    assert not figure.legends


def test_markers_say_what_the_sizes_mean(fitted):
    published = published_markers(fitted, ["g2"], pd.Series({"g2": 2.0}))
    figure = markers.draw_markers(fitted, common_markers(fitted, 2), published, study=PAPER)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[-1] == f"degree {fitted.degree.to_numpy().max():.2g}"
