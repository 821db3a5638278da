"""Figures of step 08: every published gene and the most frequent ones, each bound and edge."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from builders import words

from pnetlib.paper.markers import MARKERS
from pnetlib.steps.stability import figures as stability
from pnetlib.steps.stability.compute import COMMON, STRONG, Frequencies
from pnetlib.steps.study import PAPER, SIMULATED, Study

DRUGS = ["A", "B"]


def frequencies(genes, pairs=10):
    rng = np.random.default_rng(len(genes))
    table = pd.DataFrame(
        rng.integers(0, 2 * pairs + 1, (len(genes), 4)) / (2 * pairs),
        pd.Index(genes, name="gene"),
        [COMMON, STRONG, *DRUGS],
    )
    return Frequencies(table, table.sum().to_dict(), 100, pairs)


@pytest.fixture
def found():
    genes = [*list(MARKERS)[:5], "g1", "g2"]
    return {50: frequencies(genes), 100: frequencies([*genes, "C1QL1"], 4)}


@pytest.fixture
def edge_table():
    rows = [
        ("AKR1C1", "ANXA10", 0.9, 0.8, 0.1, 0.0, 0.8, 0.0),
        ("g1", "g2", 0.2, 0.0, 0.3, 0.1, 0.1, 0.2),
        ("g1", "ZNF165", 0.5, 0.3, 0.9, 0.95, 0.0, 0.4),
    ]
    return pd.DataFrame(
        rows,
        columns=[
            "regulator",
            "target",
            "ST any",
            "ST strong",
            "RS any",
            "RS strong",
            "lost in RS",
            "lost in ST",
        ],
    )


def test_markers_show_every_published_gene_and_the_most_frequent(found):
    figure = stability.draw_markers(found, study=SIMULATED)
    text = words(figure)
    assert all(
        word in text
        for word in [
            *MARKERS,
            "g1",
            "g2",
            *DRUGS,
            f"{found[50].candidates:,} genes, 20 halves",
            f"{found[100].candidates:,} genes, 8 halves",
            "SIMULATED",
        ]
    )
    first = figure.axes[0].lines[0]
    genes = stability.drawn_genes(found, SIMULATED)
    shown = dict(zip(genes, first.get_xdata()))
    assert shown["ANXA10"] == found[50].table.at["ANXA10", COMMON] and np.isnan(shown["C1QL1"])
    assert "–" in text  # a published gene outside the first width
    said = stability.caption_markers(found, study=PAPER)
    assert "simulated" not in said and "Stable markers lie" not in said
    assert "called stable from a share of 75% (left) or 90% (middle) of the halves." in said


def test_bounds_are_drawn_for_each_width_and_rule(found):
    figure = stability.draw_bounds(found, study=PAPER)
    assert len(figure.axes) == 4 and "SIMULATED" not in words(figure)
    reached = figure.axes[0].lines[-1].get_ydata()
    table = found[50].table[COMMON]
    assert reached[0] == (table >= 0.55 - 1e-9).sum() and reached[-1] == (table >= 1).sum()
    assert "100 genes" in stability.caption_bounds(found, study=PAPER)


@pytest.mark.parametrize(
    ("reached", "labels"),
    [
        (0, ["0", "0.1", "1"]),
        (5, ["0", "0.1", "1", "2", "5"]),
        (60, ["0", "0.1", "1", "10", "100"]),
    ],
)
def test_numbers_of_genes_can_be_read(reached, labels):
    shares = frequencies([f"g{k}" for k in range(80)], 3).table * 0.0
    shares.iloc[:reached] = 1.0
    part = Frequencies(shares, dict.fromkeys([COMMON, STRONG], 0.0), 50, 3)
    axes = stability.draw_bounds({50: part}, study=PAPER).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == labels
    assert axes.get_ylim()[1] >= max(1.0, reached)


def test_one_width_and_nothing_found_can_be_drawn():
    none = Frequencies(frequencies(["g1"]).table * 0.0, dict.fromkeys([COMMON, STRONG], 0.0), 50, 3)
    stability.draw_markers({50: none}, study=SIMULATED)
    alone = stability.draw_markers({50: none}, study=Study("screen", of_paper=False, markers={}))
    assert words(alone).count("none found") == 3
    stability.draw_bounds({50: none}, study=SIMULATED)
    assert "of the 0" not in stability.caption_bounds({50: none}, study=SIMULATED)


def test_edges_show_the_paper_s_edge_and_the_most_switched(edge_table):
    figure = stability.draw_edges(edge_table, list(MARKERS), study=SIMULATED)
    text = words(figure)
    assert "AKR1C1 → ANXA10" in text and "g1 → ZNF165" in text and "g1 → g2" not in text
    part = Frequencies(edge_table, {STRONG: 5.0}, 42, 10)
    caption = stability.caption_edges(edge_table, {"ST": part, "RS": part}, study=SIMULATED)
    assert "0 in ST, 1 in RS" in caption and "(simulated data)" in caption
    empty = stability.draw_edges(edge_table[:0], list(MARKERS), study=SIMULATED)
    assert words(empty).count("none found") == 2


def test_one_drug_has_no_panel_by_drug(found):
    one = replace(PAPER, drugs=1)
    single = {
        width: replace(part, table=part.table.drop(columns=DRUGS[1:]))
        for width, part in found.items()
    }
    figure = stability.draw_markers(single, study=one)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Marker of the drug",
        "Best rank",
    ]
    said = stability.caption_markers(single, study=one)
    assert "is a marker of the drug by the rule" in said and "each drug" not in said
    assert "Best rank: 50 genes" in stability.caption_bounds(single, study=one)
