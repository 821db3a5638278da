"""Figures of step 09: every marker, side, edge and estimator, with its p value."""

import numpy as np
import pandas as pd
import pytest
from builders import words

from pnetlib.paper.markers import NAMED_EDGE
from pnetlib.steps.differences import figures as differences
from pnetlib.steps.differences.sensitivity import ESTIMATORS
from pnetlib.steps.effects.compute import SIDES
from pnetlib.steps.study import PAPER, SIMULATED
from pnetlib.steps.style import GROUP_COLOURS

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


DEBIASED = {"debiased ST": 0.6, "debiased RS": 0.1, "debiased difference": 0.45}


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
        {"regulator": f"r{k}", "target": f"t{k}"}
        | NUMBERS
        | DEBIASED
        | {"p": 0.01 * k + 0.001, "q": 0.5}
        for k in range(20)
    ]
    paper = {"regulator": NAMED_EDGE[0], "target": NAMED_EDGE[1]} | NUMBERS | DEBIASED | {"p": 0.9}
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
    interval = {"low": -0.2, "high": 0.9, "debiased difference": 0.77}
    return pd.DataFrame(
        [
            {"size": size, "estimator": estimator, "difference": 0.1 * k} | interval | key
            for size in (20, 30, 40)
            for estimator in ESTIMATORS
            for k, key in enumerate(keys)
        ]
    )


def test_degrees_show_both_groups_in_their_colours_and_p(degrees):
    figure = differences.draw_degrees(degrees, ["ANXA10", "AKR1C3"], study=SIMULATED)
    text = words(figure)
    assert all(word in text for word in ("ANXA10", "AKR1C3", "ST", "RS", "0.002", "0.01"))
    assert "other" not in text
    symbols = [line for line in figure.axes[0].lines if line.get_marker() in ("o", "D")]
    assert [line.get_color() for line in symbols] == list(GROUP_COLOURS.values())
    caption = differences.caption_degrees(degrees, ["ANXA10"], 99, study=PAPER)
    assert "Degree (half the sum of |coefficients| of a gene's edges)" in caption
    assert "1 of 1 row has q" in caption and "99 permutations" in caption


def test_effects_show_each_marker_and_side(effects):
    text = words(differences.draw_effects(effects, 2, study=PAPER))
    assert all(f"{gene}, {side}" in text for gene in ("ANXA10", "AKR1C3") for side in SIDES)
    assert "at most two edges" in text
    assert "Figure 9c" in differences.caption_effects(effects, 2, 99, study=PAPER)


def test_no_marker_can_be_drawn(effects, degrees, moved):
    assert "No marker" in words(differences.draw_effects(effects[:0], 1, study=SIMULATED))
    assert "No marker" in words(differences.draw_degrees(degrees, [], study=SIMULATED))
    differences.draw_sensitivity(moved[:0], [], study=SIMULATED)


def test_the_paper_s_edge_comes_first_then_the_smallest_p(edges):
    told = differences.first_edges(edges, NAMED_EDGE)
    assert len(told) == differences.MOST
    assert tuple(told.iloc[0][["regulator", "target"]]) == NAMED_EDGE
    assert told["regulator"].to_list()[1:4] == ["r0", "r1", "r2"]
    family = {"p family": np.where(edges["regulator"] == "r9", 0.01, 0.5)}
    assert differences.first_edges(edges.assign(**family), NAMED_EDGE)["regulator"].iloc[1] == "r9"
    assert "AKR1C1 → ANXA10" in words(differences.draw_edges(edges, study=SIMULATED))
    assert "Of 21 edges 1 has q" in differences.caption_edges(edges, 99, study=SIMULATED)


def test_sensitivity_has_a_row_for_the_edge_and_for_each_marker(moved):
    figure = differences.draw_sensitivity(moved, ["ANXA10", "AKR1C3"], study=SIMULATED)
    text = words(figure)
    assert all(
        word in text
        for word in [
            *ESTIMATORS,
            "ANXA10, degree",
            "AKR1C3, effect on targets",
            "AKR1C1 → ANXA10, penalised",
            "AKR1C1 → ANXA10, debiased",
            "Cell lines per group",
        ]
    )
    drawn = [axes for axes in figure.axes if axes.lines]
    assert len(drawn) == 8
    for axes in drawn:
        assert axes.lines[0].get_xdata() == pytest.approx([20, 30, 40], abs=1.5)
    assert "20 to 40 lines" in differences.caption_sensitivity(moved, study=SIMULATED)


def test_intervals_of_edges_belong_to_the_debiased_symbols(edges):
    """Filled symbols on the bars are debiased, open ones penalised; legend and caption say so."""
    figure = differences.draw_edges(edges, study=PAPER)
    text = words(figure)
    assert all(
        f"{what} {group}" in text for what in ("debiased", "penalised") for group in "ST RS".split()
    )
    for axes, expected in zip(figure.axes, ((0.6, 0.1, 0.5, 0.2), (0.45, 0.3))):
        dots = [line for line in axes.lines if line.get_marker() in "oD" and len(line.get_xdata())]
        values = [line.get_xdata()[0] for line in dots]
        assert sorted(set(values)) == sorted(expected)
        filled = {v: line.get_markerfacecolor() != "white" for v, line in zip(values, dots)}
        debiased = len(expected) // 2
        assert all(filled[value] for value in expected[:debiased])
        assert not any(filled[value] for value in expected[debiased:])
    caption = differences.caption_edges(edges, 99, study=PAPER)
    assert "Open symbols: penalised" in caption and "Filled symbols: debiased" in caption


def test_the_penalised_edge_has_no_band(moved):
    penalised, debiased = next(differences.panel_rows(moved, ["ANXA10"], NAMED_EDGE))
    assert penalised[1][["low", "high"]].isna().all(axis=None)
    assert (debiased[1]["difference"] == 0.77).all() and (debiased[1]["high"] == 0.9).all()


def test_captions_name_what_the_intervals_are_for(degrees, effects, moved):
    for text in (
        differences.caption_degrees(degrees, ["ANXA10"], 99, study=PAPER),
        differences.caption_effects(effects, 1, 99, study=PAPER),
        differences.caption_sensitivity(moved, study=PAPER),
    ):
        assert "95% bootstrap intervals of the penalised" in text
