"""Verdicts by rule: each is reached on hand-made numbers, and other numbers change it."""

import numpy as np
import pandas as pd
import pytest
from builders import simulation_cell as cell

from pnetlib.paper.claims import published_claims
from pnetlib.paper.markers import MARKERS
from pnetlib.steps.claims.compute import (
    JUDGES,
    NOT,
    PARTLY,
    REPRODUCED,
    UNTESTABLE,
    Evidence,
    Number,
    combine,
    judge,
    side,
)
from pnetlib.steps.claims.evidence import named_edge, network_gain, pro_minus, table_cells
from pnetlib.steps.claims.sentences import conclusion, rules_text
from pnetlib.steps.comparison.compute import fold_errors


def verdict(claim, **found):
    return judge(Evidence(**found)).at[claim, "verdict"]


# One number, and many -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "sign", "expected"),
    [
        (Number(0.2, 0.1, 0.3), 1, REPRODUCED),
        (Number(0.2, -0.1, 0.5), 1, PARTLY),
        (Number(-0.2, -0.3, -0.1), 1, NOT),
        (Number(-0.2, -0.3, -0.1), -1, REPRODUCED),
        (Number(0.0, -0.1, 0.1), 1, NOT),
        (Number(0.2), 1, PARTLY),
        (Number(-0.2), 1, NOT),
        (Number(0.2, 0.1, 0.3, 0.04), 1, REPRODUCED),
        (Number(0.2, 0.1, 0.3, 0.06), 1, PARTLY),
        (Number(0.2, 0.0, 0.3, 0.01), 1, PARTLY),
    ],
)
def test_side_of_a_number(number, sign, expected):
    assert side(number, sign) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([REPRODUCED, REPRODUCED], REPRODUCED),
        ([NOT, NOT], NOT),
        ([REPRODUCED, NOT], PARTLY),
        ([PARTLY, NOT], PARTLY),
        ([PARTLY, PARTLY], PARTLY),
        ([UNTESTABLE], UNTESTABLE),
        ([REPRODUCED, UNTESTABLE], PARTLY),
        ([NOT, UNTESTABLE], NOT),
    ],
)
def test_parts_make_a_verdict(parts, expected):
    assert combine(parts) == expected


def test_numbers_say_what_they_are():
    assert str(Number(0.1234)) == "+0.123"
    assert str(Number(-0.1, -0.2, 0.05, 0.012)) == "-0.100 (-0.200 to +0.050), p 0.012"


# Each claim's rule --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (Number(-0.02, -0.03, -0.01), REPRODUCED),
        (Number(-0.02, -0.05, 0.01), PARTLY),
        (Number(0.02, -0.01, 0.05), NOT),
        (None, UNTESTABLE),
    ],
)
def test_network_based_models(number, expected):
    assert verdict("C1", network_gain=number) == expected


def others(nwp, ela=Number(-0.5, -0.6, -0.4), la=Number(-0.5, -0.6, -0.4)):
    return {"NW.P": nwp, "ELA": ela, "LA": la}


@pytest.mark.parametrize(
    ("claim", "drug"), [("C2a", "Mitomycin-C"), ("C2b", "5-Fluorouracil"), ("C2c", "Docetaxel")]
)
@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (Number(-0.02, -0.03, -0.01), REPRODUCED),
        (Number(-0.02, -0.05, 0.01), PARTLY),
        (Number(0.001, -0.05, 0.05), NOT),
    ],
)
def test_best_for_a_drug(claim, drug, number, expected):
    assert verdict(claim, pro_minus={drug: others(number)}) == expected
    assert verdict(claim, pro_minus={"Other": others(number)}) == UNTESTABLE
    # Lowest in the mean but unclear against a model that is not the closest.
    if expected == REPRODUCED:
        unclear = others(number, la=Number(-0.6, -1.3, 0.1))
        assert verdict(claim, pro_minus={drug: unclear}) == PARTLY


def markers(found, inside=tuple(MARKERS), common=20, genes=976):
    return {"published": list(inside), "found": list(found), "n_common": common, "n_genes": genes}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (markers(MARKERS), REPRODUCED),
        (markers(["AKR1C1", "ANXA10"]), PARTLY),
        (markers([]), NOT),
        (markers(["AKR1C1"], common=500), NOT),
        (markers([], inside=()), UNTESTABLE),
        (markers(["AKR1C1"], inside=["AKR1C1", "ANXA10"], common=10), PARTLY),
        (None, UNTESTABLE),
    ],
)
def test_common_markers(found, expected):
    assert verdict("C3", markers=found) == expected


def edge(st, rs, strength=0.9, low=0.1, high=0.9, p=0.01):
    return {"ST": st, "RS": rs, "strength": strength, "difference": Number(st - rs, low, high, p)}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (edge(0.4, 0.0), REPRODUCED),
        (edge(0.4, 0.0, strength=0.4), PARTLY),
        (edge(0.4, 0.1), PARTLY),
        (edge(0.4, 0.0, p=0.2), PARTLY),
        (edge(0.4, 0.0, low=-0.1), PARTLY),
        (edge(-0.4, 0.0, low=-0.9, high=-0.1), REPRODUCED),
        (edge(0.0, 0.0), NOT),
        (edge(0.1, -0.3), NOT),
        (None, UNTESTABLE),
    ],
)
def test_named_edge(found, expected):
    assert verdict("C4", edge=found) == expected


def degrees(genes, group, rank=2, value=0.5, p=0.01, n=40):
    sign = 1 if group == "ST" else -1
    ends = sorted((sign * (value - 0.2), sign * (value + 0.2)))
    row = {
        "rank ST": 30,
        "rank RS": 30,
        "genes": n,
        "difference": Number(sign * value, *ends, p),
    } | {f"rank {group}": rank}
    return dict.fromkeys(genes, row)


@pytest.mark.parametrize(
    ("claim", "genes", "group"),
    [("C5a", ("ANXA10", "ZNF165"), "ST"), ("C5b", ("AKR1C3", "AKR1B10"), "RS")],
)
def test_hubs(claim, genes, group):
    def found(names=genes, **numbers):
        return verdict(claim, degrees=degrees(names, group, **numbers))

    assert found() == REPRODUCED
    assert found(rank=4) == REPRODUCED and found(rank=5) == PARTLY
    assert found(p=0.3) == PARTLY
    assert found(value=-0.5) == PARTLY  # hubs, but not more so than in the other group
    assert found(value=-0.5, rank=5) == NOT
    assert found(names=genes[:1]) == PARTLY
    assert found(names=()) == UNTESTABLE
    mixed = degrees(genes[:1], group) | degrees(genes[1:], group, rank=20, value=-0.5)
    assert verdict(claim, degrees=mixed) == PARTLY


def effects(genes, group, value=0.5, p=0.01, here=1.0, there=0.2):
    sign = 1 if group == "ST" else -1
    other = "RS" if group == "ST" else "ST"
    ends = sorted((sign * (value - 0.2), sign * (value + 0.2)))
    row = {group: here, other: there, "difference": Number(sign * value, *ends, p)}
    return {(gene, where): dict(row) for gene in genes for where in ("targets", "regulators")}


@pytest.mark.parametrize(
    ("claim", "genes", "group"),
    [("C6a", ("ANXA10", "ZNF165"), "ST"), ("C6b", ("AKR1C3", "AKR1B10"), "RS")],
)
def test_effects(claim, genes, group):
    assert verdict(claim, effects=effects(genes, group)) == REPRODUCED
    assert verdict(claim, effects=effects(genes, group, p=0.2)) == PARTLY
    assert verdict(claim, effects=effects(genes, group, value=0.1)) == PARTLY
    assert verdict(claim, effects=effects(genes, group, value=-0.5)) == NOT
    assert verdict(claim, effects={}) == UNTESTABLE
    one = effects(genes, group)
    one[genes[0], "targets"]["difference"] = Number(0.0, -0.1, 0.1, 1.0)
    assert verdict(claim, effects=one) == PARTLY


@pytest.mark.parametrize(
    ("claim", "genes", "group"), [("C7a", ("ANXA10", "ZNF165"), "ST"), ("C7b", ("AKR1B10",), "RS")]
)
def test_lost_activity(claim, genes, group):
    assert verdict(claim, effects=effects(genes, group, there=0.0)) == REPRODUCED
    assert verdict(claim, effects=effects(genes, group, there=0.49)) == PARTLY
    assert verdict(claim, effects=effects(genes, group, there=0.51)) == NOT
    assert verdict(claim, effects=effects(genes, group, here=0.0, there=0.0)) == NOT
    assert verdict(claim, effects={}) == UNTESTABLE


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([cell(), cell()], REPRODUCED),
        ([cell(), cell(pro=(0.7, 0.95))], PARTLY),
        ([cell(pro=(0.98, 0.84))] * 2, PARTLY),
        ([cell(width=0.3)], PARTLY),
        ([cell(pro=(0.5, 0.99))] * 2, NOT),
        ([], UNTESTABLE),
    ],
)
def test_simulation(cells, expected):
    assert verdict("C8", cells=cells) == expected


def test_only_cells_of_the_papers_table_count():
    study = {"cells": [cell(), cell(design="hub"), cell(n_tfs=20), cell(n_tfs=10)]}
    assert table_cells(study) == [study["cells"][0], study["cells"][3]]
    assert table_cells(None) == []


# Facts and text -----------------------------------------------------------------------------


def test_every_claim_has_a_judge_a_rule_and_a_caveat():
    table = published_claims()
    assert list(table.index) == list(JUDGES)
    assert not table.isna().any(axis=None)
    verdicts = judge(Evidence())
    assert list(verdicts["verdict"]) == [UNTESTABLE] * len(table)
    assert (verdicts[["rule", "caveat"]] != "").all(axis=None)
    text = rules_text()
    assert all(statement in text for statement in table["statement"])
    assert all(rule in text for rule in verdicts["rule"])


def test_conclusion_follows_the_verdicts():
    found = judge(Evidence(network_gain=Number(-0.02, -0.03, -0.01)))
    said = conclusion(found, simulated=False)
    assert "13 claims" in said and "1 is reproduced: C1." in said and "SIMULATED" not in said
    assert "12 cannot be tested" in said and "partly" not in said
    planted = Evidence(edge=edge(0.4, 0.0))
    held = judge(Evidence(edge=edge(0.4, 0.2)), planted)
    said = conclusion(held, simulated=True)
    assert "SIMULATED DATA" in said and "on 1 claim;" in said
    assert "C4 (planted: reproduced, found: partly)" in said
    same = judge(planted, planted)
    assert "the run reaches the same verdict on 1." in conclusion(same, simulated=True)


# From tables of the steps --------------------------------------------------------------------


def test_network_gain_is_paired_by_fold():
    table = pd.DataFrame(
        {
            "drug": ["x"] * 4,
            "repeat": 0,
            "fold": [0, 0, 1, 1],
            "line": list("abcd"),
            "z": 0.0,
            "n_train": 8,
            "Pro": [1.0, 1, 2, 2],
            "NW.P": [1.0, 1, 1, 1],
            "ELA": [2.0, 2, 2, 2],
            "LA": [0.0, 0, 3, 3],
            "drug mean": 1.0,
            "tissue mean": 1.0,
        }
    )
    errors = fold_errors(table)
    # Folds: (1 + 1) / 2 - (4 + 0) / 2 = -1; (4 + 1) / 2 - (4 + 9) / 2 = -4.
    number = network_gain(errors)
    assert number.value == pytest.approx(-2.5)
    half = 12.7062047 * np.sqrt(4.5 * (0.5 + 2 / 8))
    assert (number.low, number.high) == pytest.approx((-2.5 - half, -2.5 + half))


def test_pro_minus_keeps_the_methods_of_single_drugs():
    table = pd.DataFrame(
        {
            "drug": ["x", "x", "all"],
            "against": ["LA", "drug mean", "LA"],
            "mean": [0.1, 0.2, 0.3],
            "low": 0.0,
            "high": 1.0,
        }
    )
    assert pro_minus(table) == {"x": {"LA": Number(0.1, 0.0, 1.0)}}


def test_strength_of_the_named_edge_is_its_place_among_those_of_st():
    genes = ["AKR1C1", "ANXA10", "A"]
    B = pd.DataFrame(0.0, genes, genes)
    B.loc["AKR1C1", "ANXA10"], B.loc["A", "ANXA10"], B.loc["ANXA10", "A"] = -0.3, 0.5, 0.1
    found = named_edge({"ST": B, "RS": 0.0 * B})
    assert found["strength"] == pytest.approx(2 / 3)
    assert found["difference"] == Number(-0.3)
    assert named_edge({"ST": B.drop("ANXA10"), "RS": B}) is None
