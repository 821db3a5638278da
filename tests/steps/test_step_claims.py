"""Verdicts by rule: each is reached on hand-made numbers, and other numbers change it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from pnetlib.paper.claims import published_claims
from pnetlib.paper.markers import MARKERS
from pnetlib.steps.claims import figures, sentences as claims
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
from pnetlib.steps.claims.evidence import (
    gather,
    named_edge,
    network_gain,
    planted_evidence,
    pro_minus,
    table_cells,
)
from pnetlib.steps.claims.sentences import conclusion
from pnetlib.steps.comparison.compute import fold_errors
from pnetlib.steps.sizes import PROFILES
from pnetlib.workflow.run import Run

PROFILE = PROFILES["smoke"]


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


def markers(out, inside=tuple(MARKERS), common=20, genes=976):
    return {"published": list(inside), "came_out": list(out), "common": common, "genes": genes}


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


def cell(pro=(0.98, 0.95), rest=(0.6, 0.9), width=0.02, **named):
    def rates(tp, tn):
        return {
            name: {"mean": value, "low": value - width, "high": value + width}
            for name, value in (("TP", tp), ("TN", tn))
        }

    methods = {"Pro": rates(*pro)} | {name: rates(*rest) for name in ("NW.P", "ELA", "LA")}
    return {"n_tfs": 5, "scenario": 1, "design": "TF hub", "methods": methods} | named


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
    text = claims.rules_text()
    assert all(statement in text for statement in table["statement"])
    assert all(rule in text for rule in verdicts["rule"])


def test_conclusion_follows_the_verdicts():
    found = judge(Evidence(network_gain=Number(-0.02, -0.03, -0.01)))
    said = conclusion(found, simulated=False)
    assert "Reproduced: 1 of 13 (C1)." in said and "SIMULATED" not in said
    planted = Evidence(edge=edge(0.4, 0.0))
    held = judge(Evidence(edge=edge(0.4, 0.2)), planted)
    said = conclusion(held, simulated=True)
    assert "SIMULATED DATA" in said and "on 1 claims" in said
    assert "C4 (reproduced planted, partly found)" in said
    same = judge(planted, planted)
    assert "the run comes to the same on 1." in conclusion(same, simulated=True)


# From the files of a run --------------------------------------------------------------------


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


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of which nothing but the cohort is there."""
    run = Run("simulated", "smoke", str(tmp_path_factory.mktemp("run")), threads=1)
    run.write_cohort(run.cohort(fresh=True))
    return run


@pytest.fixture(scope="module")
def gathered(run):
    return gather(run, run.cohort(), PROFILE)


def test_opens_alone_and_says_what_is_missing(run, gathered):
    said = " ".join(gathered.origins)
    assert "Notebook 02 was not run" in said and "notebook 09): not computed" in said
    verdicts = judge(gathered)
    assert verdicts.at["C8", "verdict"] == UNTESTABLE
    assert not (verdicts["verdict"].drop("C8") == UNTESTABLE).any()
    # Without intervals no difference between the groups counts as reproduced.
    assert not verdicts.loc[["C4", "C5a", "C5b", "C6a", "C6b"], "verdict"].eq(REPRODUCED).any()
    assert set(gathered.pro_minus) == set(run.cohort().response.columns)


def predictions(drugs):
    """Predictions of which Pro's are the best and LA's the worst, in four folds."""
    rng = np.random.default_rng(0)
    parts = []
    for drug in drugs:
        z = rng.normal(size=80)
        part = pd.DataFrame(
            {
                "drug": drug,
                "repeat": 0,
                "fold": np.arange(80) % 4,
                "line": [str(i) for i in range(80)],
                "z": z,
                "n_train": 60,
            }
        )
        for size, method in enumerate(("Pro", "NW.P", "ELA", "LA", "drug mean", "tissue mean")):
            part[method] = z + (0.5 + 0.1 * size) * rng.choice([-1.0, 1.0], size=80)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def test_later_notebooks_change_the_verdicts(run, gathered, tmp_path):
    again = replace(run, out=str(tmp_path))
    again.write_cohort(run.cohort())
    clear = {"ST": 1.0, "RS": 0.0, "difference": 1.0, "low": 0.5, "high": 1.5, "p": 0.001}
    again.write_json(
        "09_differences",
        {
            "edges": [clear | {"regulator": "AKR1C1", "target": "ANXA10"}],
            "degrees": dict.fromkeys(("ANXA10", "ZNF165"), clear),
            "effects": [
                clear | {"marker": gene, "side": where, "length": length}
                for gene in ("ANXA10", "ZNF165")
                for where in ("targets", "regulators")
                for length in (1, 2)
            ],
        },
    )
    again.write_json("06_simulation", {"cells": [cell()] * 8})
    again.write_table("02_predictions", predictions(again.cohort().response.columns))
    again.write_json(
        "03_markers",
        {
            "n_genes": 80,
            "common": ["AKR1C1", "ANXA10", "OTHER"],
            "published": [{"marker": gene, "in universe": gene != "C1QL1"} for gene in MARKERS],
        },
    )
    evidence = gather(again, again.cohort(), PROFILE)
    assert "Errors read from 02_predictions.csv." in evidence.origins
    assert evidence.markers == {
        "published": sorted(set(MARKERS) - {"C1QL1"}),
        "common": 3,
        "came_out": ["AKR1C1", "ANXA10"],
        "genes": 80,
    }
    verdicts = judge(evidence)["verdict"]
    for claim in ("C1", "C2a", "C6a", "C7a", "C8"):
        assert verdicts[claim] == REPRODUCED
    assert verdicts["C3"] == PARTLY
    assert evidence.edge["ST"] == 1.0 and evidence.edge["difference"].p == 0.001
    before = judge(gathered)["verdict"]
    assert verdicts["C6b"] == before["C6b"] and before["C6a"] == PARTLY


def test_planted_truth_is_judged_by_the_same_rules(run, gathered):
    planted = planted_evidence(run, run.cohort(), PROFILE)
    verdicts = judge(gathered, planted)
    for claim in ("C3", "C4", "C6a", "C6b", "C7a", "C7b"):
        assert verdicts.at[claim, "planted"] == REPRODUCED
    for claim in ("C1", "C2a", "C2b", "C2c", "C8"):
        assert verdicts.at[claim, "planted"] == ""
    cohort = run.cohort()
    real = replace(cohort, provenance=cohort.provenance | {"simulated": False}, truth=None)
    assert planted_evidence(run, real, PROFILE) is None


@pytest.mark.parametrize("simulated", [True, False])
def test_figure_shows_every_claim_and_verdict(gathered, simulated):
    verdicts = judge(gathered, Evidence() if simulated else None)
    figure = figures.draw_claims(verdicts, simulated=simulated)
    text = " ".join(t.get_text().replace("\n", " ") for t in figure.axes[0].texts)
    assert all(claim in text for claim in verdicts.index)
    assert all(text.count(v) >= n for v, n in verdicts["verdict"].value_counts().items())
    # No text reaches into the column right of it.
    renderer = FigureCanvasAgg(figure).get_renderer()
    starts = sorted(x for x, _ in figures.COLUMNS.values())
    for artist in figure.axes[0].texts:
        box = artist.get_window_extent(renderer).transformed(figure.axes[0].transData.inverted())
        after = [x for x in starts if x > box.x0 + 0.04]
        assert not after or box.x1 < after[0]
    assert (figure._suptitle.get_text().endswith("SIMULATED DATA")) == simulated
    said = figures.caption_claims(verdicts, simulated=simulated)
    assert "13 claims" in said and ("simulated data" in said) == simulated
