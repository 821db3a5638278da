"""Figures 8 and 9: every gene, edge and estimator shown, odd tables survived, data labelled."""

import numpy as np
import pandas as pd
import pytest

from pnetlib.paper.markers import MARKERS
from pnetlib.steps.differences import figures as differences
from pnetlib.paper.markers import NAMED_EDGE
from pnetlib.steps.differences.sensitivity import ESTIMATORS
from pnetlib.steps.effects.compute import SIDES
from pnetlib.steps.stability import figures as stability
from pnetlib.steps.stability.compute import COMMON, STRONG, Frequencies
from pnetlib.steps.style import GROUP_COLOURS

DRUGS = ["A", "B"]
NUMBERS = {
    "ST": 0.5,
    "low ST": 0.3,
    "high ST": 0.7,
    "RS": 0.2,
    "low RS": 0.0,
    "high RS": 0.4,
    "difference": 0.3,
    "low": 0.1,
    "high": 0.5,
    "p": 0.002,
    "q": 0.01,
    "p family": 0.03,
}


def words(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda o: hasattr(o, "get_text")))


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


@pytest.fixture
def effects():
    return pd.DataFrame(
        [
            {"marker": gene, "side": side, "length": length} | NUMBERS
            for gene in ("ANXA10", "AKR1C3")
            for side in SIDES
            for length in (1, 2)
        ]
    )


@pytest.fixture
def degrees():
    return pd.DataFrame([{"gene": gene} | NUMBERS for gene in ("ANXA10", "AKR1C3", "other")])


@pytest.fixture
def edges():
    rows = [
        {"regulator": f"r{k}", "target": f"t{k}"} | NUMBERS | {"p": 0.01 * k + 0.001, "q": 0.5}
        for k in range(20)
    ]
    paper = {"regulator": NAMED_EDGE[0], "target": NAMED_EDGE[1]} | NUMBERS | {"p": 0.9}
    return pd.DataFrame([*rows, paper])


@pytest.fixture
def moved():
    keys = [{"kind": "edge", "regulator": NAMED_EDGE[0], "target": NAMED_EDGE[1]}]
    for gene in ("ANXA10", "AKR1C3"):
        keys.append({"kind": "degree", "gene": gene})
        keys += [
            {"kind": "effect", "gene": gene, "side": side, "length": length}
            for side in SIDES
            for length in (1, 2)
        ]
    interval = {"low": -0.2, "high": 0.9}
    return pd.DataFrame(
        [
            {"size": size, "estimator": estimator, "difference": 0.1 * k} | interval | key
            for size in (20, 30, 40)
            for estimator in ESTIMATORS
            for k, key in enumerate(keys)
        ]
    )


def test_markers_show_every_published_gene_and_the_most_frequent(found):
    figure = stability.draw_markers(found, simulated=True)
    text = words(figure)
    assert all(
        word in text
        for word in [
            *MARKERS,
            "g1",
            "g2",
            *DRUGS,
            "50 genes, 20 halves",
            "100 genes, 8 halves",
            "SIMULATED",
        ]
    )
    first = figure.axes[0].lines[0]
    genes = stability.drawn_genes(found)
    shown = dict(zip(genes, first.get_xdata()))
    assert shown["ANXA10"] == found[50].table.at["ANXA10", COMMON] and np.isnan(shown["C1QL1"])
    assert "–" in text  # a published gene outside the first width
    assert "simulated" not in stability.caption_markers(found, simulated=False)


def test_bounds_are_drawn_for_each_width_and_rule(found):
    figure = stability.draw_bounds(found, simulated=False)
    assert len(figure.axes) == 4 and "SIMULATED" not in words(figure)
    reached = figure.axes[0].lines[-1].get_ydata()
    table = found[50].table[COMMON]
    assert reached[0] == (table >= 0.55 - 1e-9).sum() and reached[-1] == (table >= 1).sum()
    assert "100 genes" in stability.caption_bounds(found, simulated=False)


def test_one_width_and_nothing_found_can_be_drawn():
    none = Frequencies(frequencies(["g1"]).table * 0.0, dict.fromkeys([COMMON, STRONG], 0.0), 50, 3)
    stability.draw_markers({50: none}, simulated=True)
    stability.draw_bounds({50: none}, simulated=True)
    assert "of the 0" not in stability.caption_bounds({50: none}, simulated=True)


def test_edges_show_the_paper_s_edge_and_the_most_switched(edge_table):
    figure = stability.draw_edges(edge_table, list(MARKERS), simulated=True)
    text = words(figure)
    assert "AKR1C1 → ANXA10" in text and "g1 → ZNF165" in text and "g1 → g2" not in text
    part = Frequencies(edge_table, {STRONG: 5.0}, 42, 10)
    caption = stability.caption_edges(edge_table, {"ST": part, "RS": part}, simulated=True)
    assert "0 in ST, 1 in RS" in caption and "(simulated data)" in caption
    stability.draw_edges(edge_table[:0], list(MARKERS), simulated=True)


def test_degrees_show_both_groups_in_their_colours_and_p(degrees):
    figure = differences.draw_degrees(degrees, ["ANXA10", "AKR1C3"], simulated=True)
    text = words(figure)
    assert all(word in text for word in ("ANXA10", "AKR1C3", "ST", "RS", "p 0.002, q 0.01"))
    assert "other" not in text
    assert [line.get_color() for line in figure.axes[0].lines] == list(GROUP_COLOURS.values())
    caption = differences.caption_degrees(degrees, ["ANXA10"], 99, simulated=False)
    assert "1 of 1 rows" in caption and "99 permutations" in caption


def test_effects_show_each_marker_and_side(effects):
    text = words(differences.draw_effects(effects, 2, simulated=False))
    assert all(f"{gene}, {side}" in text for gene in ("ANXA10", "AKR1C3") for side in SIDES)
    assert "at most two steps" in text
    assert "Figure 9c" in differences.caption_effects(effects, 2, 99, simulated=False)


def test_no_marker_can_be_drawn(effects, degrees, moved):
    assert "No marker" in words(differences.draw_effects(effects[:0], 1, simulated=True))
    assert "No marker" in words(differences.draw_degrees(degrees, [], simulated=True))
    differences.draw_sensitivity(moved[:0], [], simulated=True)


def test_the_paper_s_edge_comes_first_then_the_smallest_p(edges):
    told = differences.first_edges(edges)
    assert len(told) == differences.MOST
    assert tuple(told.iloc[0][["regulator", "target"]]) == NAMED_EDGE
    assert told["regulator"].to_list()[1:4] == ["r0", "r1", "r2"]
    assert "AKR1C1 → ANXA10" in words(differences.draw_edges(edges, simulated=True))
    assert "Of 21 edges 1 have q" in differences.caption_edges(edges, 99, simulated=True)


def test_sensitivity_has_a_row_for_the_edge_and_for_each_marker(moved):
    figure = differences.draw_sensitivity(moved, ["ANXA10", "AKR1C3"], simulated=True)
    text = words(figure)
    assert all(
        word in text
        for word in [
            *ESTIMATORS,
            "ANXA10, degree",
            "AKR1C3, effect on targets",
            "Edge AKR1C1 → ANXA10",
            "Cell lines per group",
        ]
    )
    drawn = [axes for axes in figure.axes if axes.lines]
    assert len(drawn) == 7
    for axes in drawn:
        assert list(axes.lines[0].get_xdata()) == [20, 30, 40]
    assert "20 to 40 lines" in differences.caption_sensitivity(moved, simulated=True)
