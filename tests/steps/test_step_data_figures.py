"""Figures: legible, honest about simulated data, the same every time; and those of notebook 01."""

import io
import itertools

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from pnetlib.datasets import load_cohort
from pnetlib.paper.markers import MARKERS
from pnetlib.steps.data.compute import gene_table, response_correlation, tissue_table
from pnetlib.steps.data.figures import (
    caption_gene_variance,
    caption_responses,
    caption_tissues,
    draw_gene_variance,
    draw_responses,
    draw_tissues,
)
from pnetlib.steps.study import PAPER, SIMULATED
from pnetlib.steps.style import SMALL


@pytest.fixture(scope="module")
def cohorts():
    return {size: load_cohort("simulated", seed=7, size=size) for size in ("smoke", "standard")}


def figures_of(cohort, n_genes, study=SIMULATED):
    yield draw_gene_variance(gene_table(cohort, n_genes), n_genes, study=study)
    yield draw_responses(cohort.response, *response_correlation(cohort), study=study)
    yield draw_tissues(tissue_table(cohort), cohort.response.shape[1], study=study)


def png(figure, dpi=100):
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue()


def shown_texts(figure):
    """Texts that are drawn, with their boxes in pixels."""
    figure.canvas.draw()
    found = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    return [(t, t.get_window_extent()) for t in found]


@pytest.mark.parametrize(("size", "n_genes"), [("smoke", 80), ("standard", 976)])
def test_figures_are_legible_and_lie_within_the_page(cohorts, size, n_genes):
    for figure in figures_of(cohorts[size], n_genes):
        width, height = figure.canvas.get_width_height()
        for text, box in shown_texts(figure):
            assert text.get_fontsize() >= SMALL, text
            if text.get_clip_on() or box.width == 0:
                continue
            assert -1 <= box.x0 and box.x1 <= width + 1, text
            assert -1 <= box.y0 and box.y1 <= height + 1, text


@pytest.mark.parametrize(("size", "n_genes"), [("smoke", 80), ("standard", 976), ("standard", 5)])
def test_names_of_markers_do_not_overlap(cohorts, size, n_genes):
    figure = draw_gene_variance(gene_table(cohorts[size], n_genes), n_genes, study=SIMULATED)
    figure.canvas.draw()
    names = [t for t in figure.findobj(Text) if t.get_text() in MARKERS]
    assert len(names) == len(MARKERS)
    anchors = [t.axes.transAxes.transform(t.xyann) for t in names]
    angle = np.deg2rad(names[0].get_rotation())
    for a, b in itertools.combinations(anchors, 2):
        # Slanted lines of type on one base line are apart by their distance across the slant.
        across = abs(a[0] - b[0]) * np.sin(angle)
        assert across >= 8 / 72 * figure.dpi


def test_simulated_data_say_so_and_real_data_do_not(cohorts):
    for study in (SIMULATED, PAPER):
        for figure in figures_of(cohorts["smoke"], 80, study):
            said = any("simulated" in t.get_text().lower() for t, _ in shown_texts(figure))
            assert said == study.simulated


@pytest.mark.long
def test_figures_are_the_same_bytes_under_any_settings_of_the_user(cohorts):
    before = [png(figure) for figure in figures_of(cohorts["smoke"], 80)]
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "black", "image.cmap": "jet"}):
        kept = dict(mpl.rcParams)
        after = [png(figure) for figure in figures_of(cohorts["smoke"], 80)]
        assert dict(mpl.rcParams) == kept
    assert before == after


def test_no_figure_is_left_open(cohorts):
    from matplotlib import pyplot

    list(figures_of(cohorts["smoke"], 80))
    assert pyplot.get_fignums() == []


def test_captions_tell_what_the_figure_holds(cohorts):
    cohort = cohorts["smoke"]
    fewer = cohort.subset(genes=cohort.expression.columns.drop("ANXA10"))
    genes = gene_table(fewer, 20, fewer.top_genes(150 - 1)[-2:])
    text = caption_gene_variance(genes, 20, study=SIMULATED)
    assert "simulated" in text and "149 genes" in text and "20 genes" in text
    assert (
        "Markers not in this cohort: 1." in text
        and "whatever their variance: G00097, G00077." in text
    )
    inside = gene_table(fewer, 20, fewer.top_genes(20)[-2:])
    assert "Added" not in caption_gene_variance(inside, 20, study=SIMULATED)
    assert "4 drugs" in caption_responses(cohort.response, study=PAPER)
    assert "simulated" not in caption_responses(cohort.response, study=PAPER)
    assert "200 with responses to all 4" in caption_tissues(tissue_table(cohort), 4, study=PAPER)


@pytest.mark.parametrize("n_drugs", [1, 3])
def test_responses_are_drawn_for_any_number_of_drugs(cohorts, n_drugs):
    cohort = cohorts["smoke"]
    z = cohort.response.iloc[:, :n_drugs]
    r, n = (table.iloc[:n_drugs, :n_drugs] for table in response_correlation(cohort))
    figure = draw_responses(z, r, n, study=SIMULATED)
    titles = " ".join(text.get_text() for text, _ in shown_texts(figure))
    assert all(drug in titles for drug in z)


@pytest.mark.parametrize("lines", [[60], [30, 20, 18], [40, 21, 9, 2]])
def test_the_key_of_the_tissues_covers_no_bar(lines):
    table = pd.DataFrame({"lines": lines, "complete": lines}, [f"t{k}" for k in range(len(lines))])
    figure = draw_tissues(table, 3, study=SIMULATED)
    figure.canvas.draw()
    axes = figure.axes[0]
    key = (figure.legends or [axes.get_legend()])[0].get_window_extent()
    drawn = [*axes.patches, *axes.texts]
    assert not any(key.overlaps(item.get_window_extent()) for item in drawn)


def test_figures_of_the_real_cohort(gdsc_folder):
    cohort = load_cohort(gdsc_folder)
    for figure in figures_of(cohort, 976, study=PAPER):
        assert all(text.get_fontsize() >= SMALL for text, _ in shown_texts(figure))
