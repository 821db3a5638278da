"""What a run found in short: values from tables, and sentences that follow them in two languages."""

import re

import numpy as np
import pandas as pd
import pytest

from pnetlib.findings import english, japanese, overview, tables
from pnetlib.paper.claims import published_claims
from pnetlib.paper.table1 import published_selection
from pnetlib.steps.choice import METHODS
from pnetlib.steps.claims.compute import READINGS
from pnetlib.steps.claims.robustness import of_robustness, robustness
from pnetlib.steps.claims.verdicts import VERDICTS, Number
from pnetlib.steps.comparison.compute import BASELINES
from pnetlib.steps.multiverse.sentences import overall
from pnetlib.steps.simulation.compute import AT_LEVEL
from pnetlib.steps.simulation.designs import ERROR
from pnetlib.steps.simulation.recovery import BY_U

NUMBER = re.compile(r"(?<![\w.])[+-]?\d+(?:\.\d+)?")


def predictions(errors, n=40, folds=4):
    """Return predictions with the given mean squared error of each method, for two drugs."""
    rng = np.random.default_rng(7)
    truth = rng.standard_normal(n)
    parts = []
    for drug in ("Docetaxel", "Doxorubicin"):
        table = pd.DataFrame(
            {"drug": drug, "repeat": 0, "fold": np.arange(n) % folds, "n_train": 30, "z": truth}
        )
        for method in METHODS + BASELINES:
            noise = np.sqrt(errors.get(method, 1.0)) * (1.0 + 0.01 * rng.standard_normal(n))
            table[method] = truth + noise
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def edge(ST, RS, p, q=0.5, settings=()):
    return {
        "regulator": "AKR1C1",
        "target": "ANXA10",
        "ST": ST,
        "RS": RS,
        "difference": ST - RS,
        "p": p,
        "q": q,
        "settings": list(settings),
    }


def differences(named, edges=0, strict=()):
    counts = {"edges": edges, "degrees": 0, "effects": 0}
    return {
        "named_edge": named,
        "group_size": 95,
        "found": {kind: {"q": count} for kind, count in counts.items()},
        "tested": {"edges": 1560, "degrees": 40, "effects": 14},
        "strict_edges": list(strict),
    }


def effect(marker, difference, p, q, side="targets"):
    return {
        "marker": marker,
        "side": side,
        "length": 1,
        "ST": 1.0 + difference,
        "RS": 1.0,
        "difference": difference,
        "low": difference - 1,
        "high": difference + 1,
        "p": p,
        "q": q,
    }


def study(TN, lead):
    """Return numbers of step 06 with one cell per way in which effects act."""
    rates = {
        method: {
            "TP": {"mean": 0.9},
            "TN": {"mean": TN},
            AT_LEVEL: {"mean": 0.5},
            AT_LEVEL + BY_U: {"mean": 0.25 + 0.1 * number},
        }
        for number, method in enumerate(METHODS)
    }
    paired = {m: {AT_LEVEL: {"mean": lead, "se": 0.01, "n": 50}} for m in METHODS[1:]}
    return {
        "cells": [
            {
                "design": "TF hub",
                "n_tfs": 5,
                "error": ERROR,
                "response": response,
                "replicates": 50,
                "methods": rates,
                "paired": paired,
            }
            for response in ("expression", "activity")
        ]
    }


def test_the_best_method_and_the_verdict_on_networks_follow_the_errors():
    better = overview.of_prediction(predictions({"Pro": 0.5, "NW.P": 0.6, "ELA": 0.9, "LA": 0.9}))
    assert better["best"]["Pro"] == ["Docetaxel", "Doxorubicin"] and better["gain"].value < 0
    assert better["sides"]["better"] == ["NW.P", "ELA", "LA"]
    text = english.prediction(better)
    assert "for 2 of the 2 drugs (Docetaxel and Doxorubicin)" in text
    assert "The paper, too, reports lower errors" in text
    assert "Pro predicts clearly better than NW.P, ELA and LA." in text
    worse = overview.of_prediction(predictions({"Pro": 0.9, "NW.P": 0.9, "ELA": 0.5, "LA": 0.6}))
    text = english.prediction(worse)
    assert "for none of the 2 drugs; ELA has it for Docetaxel and Doxorubicin" in text
    assert "The paper reports the opposite" in text and "clearly worse than ELA and LA" in text
    assert "論文の報告は逆" in japanese.prediction(worse)
    shared = predictions({"Pro": 0.5, "NW.P": 0.6, "ELA": 0.9, "LA": 0.9})
    shared.loc[shared["drug"] == "Doxorubicin", "NW.P"] = shared["Pro"]
    tied = overview.of_prediction(shared)
    assert tied["best"]["Pro"] == ["Docetaxel"] and tied["tied"] == ["Doxorubicin"]
    assert "(Docetaxel); several methods share it for Doxorubicin." in english.prediction(tied)
    assert "Doxorubicin では複数の手法が同じ誤差" in japanese.prediction(tied)
    even = worse | {"gain": Number(0.01, -0.02, 0.04, 0.4)}
    assert "not beyond chance" in english.prediction(even)
    assert "偶然の範囲を超えません" in japanese.prediction(even)
    assert "no interval" in english.prediction(worse | {"gain": Number(0.01)})


@pytest.mark.parametrize(
    ("ST", "RS", "says", "says_ja"),
    [
        (0.4, 0.0, "sensitive ones only, as in the paper", "感受性細胞株だけに存在します"),
        (0.0, 0.4, "resistant ones only, unlike", "耐性細胞株だけに存在します"),
        (0.4, 0.1, "in both groups, unlike", "両群に存在します"),
        (0.0, 0.0, "in neither group, unlike", "どちらの群にも存在しません"),
    ],
)
def test_where_the_edge_is_follows_the_estimate(ST, RS, says, says_ja):
    found = overview.of_networks(differences(edge(ST, RS, 0.2)))
    assert says in english.networks(found) and says_ja in japanese.networks(found)


def test_settings_count_without_the_main_one_and_only_where_st_is_stronger():
    settings = [
        {
            "estimator": "own lines",
            "size": 95,
            "p": 0.01,
            "difference": 0.4,
            "RS": 0.0,
        },  # the main one
        {"estimator": "own lines", "size": 60, "p": 0.01, "difference": 0.4, "RS": 0.1},
        {"estimator": "own lines", "size": 70, "p": 0.01, "difference": -0.4, "RS": 0.4},
        {"estimator": "shared part", "size": 95, "p": 0.2, "difference": 0.4, "RS": 0.1},
    ]
    found = overview.of_networks(differences(edge(0.4, 0.0, 0.01, 0.01, settings)))
    assert "In 1 of 3 other settings" in english.networks(found)
    assert "in 1 of these it is in resistant ones, too" in english.networks(found)
    assert "gives p 0.01 for this edge alone, and q 0.01" in english.networks(found)
    assert "3通りの設定のうち" in japanese.networks(found)


def test_edges_that_pass_are_counted_and_missing_genes_told():
    strict = edge(0.0, 0.6, 0.01) | {"p_family": 0.03}
    found = overview.of_networks(differences(None, edges=2, strict=[strict]))
    text = english.networks(found)
    assert "are not both among" in text and "2 of 1560 edges differ" in text
    assert "One edge passes a family-wise test" in text and "family-wise p 0.03" in text
    assert "エッジ 1560件のうち2件" in japanese.networks(found)
    none = overview.of_networks(differences(None))
    assert "no edge, degree or regulatory effect differs" in english.networks(none)


def test_effects_count_those_of_the_named_group_and_say_what_is_beyond_chance():
    rows = [effect("ANXA10", 0.5, 0.04, 0.3), effect("AKR1C3", 0.5, 0.2, 0.6)]
    found = overview.of_effects({"effects": rows})
    assert found["agree"] == 1  # AKR1C3 is expected to be larger in RS
    text = english.effects(found)
    assert "1 of 2 estimates" in text and "smallest p is 0.04 (ANXA10" in text
    rows[0] |= {"q": 0.01}
    text = english.effects(overview.of_effects({"effects": rows}))
    assert "Beyond chance are the differences of ANXA10" in text
    empty = overview.of_effects({"effects": []})
    assert "None of the markers" in english.effects(empty)
    assert "含まれていません" in japanese.effects(empty)


def test_markers_found_are_named_and_those_not_analysed_told():
    row = {"drug": "Docetaxel", "variance rank": 5, "rank": 2.0}
    published = [
        row | {"marker": "AKR1C1", "in universe": True},
        row | {"marker": "ZNF165", "in universe": False},
    ]
    numbers = {"published": published, "common": ["AKR1C1"], "n_genes": 80, "top": 8}
    found = overview.of_markers(numbers)
    text = english.markers(found)
    assert "1 of 80 genes is a marker common" in text and "1 of the paper's 2 is found" in text
    assert "ZNF165 cannot be" in text and "1個（AKR1C1）" in japanese.markers(found)
    text = english.markers(overview.of_markers(numbers | {"common": []}))
    assert "none of 80 genes is a marker" in text and "none of the paper's 2 is found" in text
    assert "| ZNF165 | 5 | not analysed |" in tables.markers(numbers)


def test_simulation_follows_leads_and_rates():
    published = published_selection()
    ahead = overview.of_simulation(study(TN=0.5, lead=0.4), published)
    assert ahead["own"]["LA"] == pytest.approx(0.55) and ahead["data sets"] == 50
    text = english.simulation(ahead)
    assert "in all 6 comparisons" in text and "selects more irrelevant genes here" in text
    behind = overview.of_simulation(study(TN=0.99, lead=-0.4), published)
    text = english.simulation(behind)
    assert "in none of 6 comparisons" in text and "more irrelevant" not in text
    assert "6通りの比較のうち0通り" in japanese.simulation(behind)
    assert overview.of_simulation({"cells": []}, published) is None


def further(low, high):
    rows = [
        {
            "against": method,
            "drugs": 10,
            "wins": 4,
            "clear wins": 0,
            "clear losses": 1,
            "mean": (low + high) / 2,
            "low": low,
            "high": high,
        }
        for method in METHODS[1:]
    ]
    return {"wins": rows, "tissue_wins": [row | {"drugs": 4} for row in rows]}


@pytest.mark.parametrize(
    ("low", "high", "says", "says_ja"),
    [
        (-0.3, -0.1, "clearly better than NW.P, ELA and LA.", "予測がよいといえます"),
        (0.1, 0.3, "clearly worse than NW.P, ELA and LA.", "予測が悪いといえます"),
        (-0.1, 0.1, "not clearly differ from that of NW.P, ELA or LA.", "差は明らかではありません"),
    ],
)
def test_further_drugs_follow_the_intervals(low, high, says, says_ja):
    found = overview.of_drugs(further(low, high))
    assert english.drugs(found).count(says) == 2 and japanese.drugs(found).count(says_ja) == 2


def test_the_search_says_what_changes():
    row = {"drug": "all", "method": "Pro", "mean": -0.02, "low": -0.03, "high": -0.01}
    claim = {"id": "C1", "verdict, grid": "undecided", "verdict, search": "undecided"}
    numbers = {"searches": [row], "search_claims": [claim]}
    text = english.searches(overview.of_searches(numbers))
    assert "clear for Pro" in text and "the verdicts on C1 are the same" in text
    numbers = {
        "searches": [row | {"high": 0.1}],
        "search_claims": [claim | {"verdict, grid": "partly"}],
    }
    text = english.searches(overview.of_searches(numbers))
    assert "No change is clear" in text and "the verdict on C1 depends" in text
    assert "明らかな変化はありません" in japanese.searches(overview.of_searches(numbers))


def test_verdicts_are_counted():
    claims = {"A": "undecided", "B": "contradicted", "C": "undecided", "D": "partly"}
    counts = overview.of_verdicts({name: {"verdict": verdict} for name, verdict in claims.items()})
    assert english.verdicts(counts) == (
        "Of the paper's 4 claims, none is reproduced, 1 is partly reproduced, 1 is contradicted and "
        "2 are undecided (the data cannot tell)."
    )
    assert "反対の結果となったもの1件、データからは判断できないもの2件" in japanese.verdicts(counts)


def test_both_languages_state_the_same_numbers():
    found = {
        "prediction": overview.of_prediction(predictions({"Pro": 0.9, "ELA": 0.5})),
        "networks": overview.of_networks(differences(edge(0.4, 0.0, 0.2, settings=[]))),
        "effects": overview.of_effects({"effects": [effect("ANXA10", 0.5, 0.04, 0.3)]}),
        "simulation": overview.of_simulation(study(0.5, 0.4), published_selection()),
        "drugs": overview.of_drugs(further(0.1, 0.3)),
    }
    for topic, fact in found.items():
        told, told_ja = (
            {n for n in NUMBER.findall(getattr(language, topic)(fact)) if "." in n}
            for language in (english, japanese)
        )
        assert told and told <= told_ja | {"0.05"}, topic


def test_every_claim_and_verdict_has_words_in_japanese():
    assert list(japanese.TITLES) == list(published_claims().index)
    assert set(japanese.VERDICT_WORDS) == set(VERDICTS)
    assert set(english.NAMES) == set(japanese.NAMES) == set(overview.TOPICS)


def test_rates_of_claims_are_percentages_by_claim():
    columns = [f"null {name}" for name in ("reproduced", "partly", "found", "contradicted")]
    columns += [f"power {name}" for name in ("reproduced", "found", "contradicted")]
    table = pd.DataFrame([[0.01, 0.02, 0.03, 0.025, 0.2, 0.905, 0.87]], ["C1"], columns)
    header, _, row = tables.rates_of_claims(table).splitlines()
    assert header == (
        "| claim | reproduced | partly | either | contradicted | power: either | power: contradicted |"
    )
    assert row == "| C1 | 1.0 | 2.0 | 3.0 | 2.5 | 90 | 87 |"


# Steps 12 to 14 -----------------------------------------------------------------------------


def row(mean, half=0.02, **more):
    return {"mean": mean, "low": mean - half, "high": mean + half, **more}


def screens(gain=0.03):
    summary = {"drugs": ["A", "B"], "repeats": [0.44, 0.57], "pro": [0.14, 0.63]}
    summary |= {"left": [0.12, 0.42], "spread": 0.06, "judge": "the second screen"}
    return {"summary": summary | {"gain": None if gain is None else row(gain, n=2)}}


def laboratory(*gains):
    """Numbers of step 13 with one drug per gain of the networks."""
    pairs = ["network minus expression", "Pro minus NW.P", "Pro minus ELA", "Pro minus LA"]
    drugs = [f"D{k}" for k in range(len(gains))]
    judged = [
        row(gain, drug=drug, pair=pair, lines=lines)
        for drug, gain in zip([*drugs, "mean of the drugs"], [*gains, sum(gains) / len(gains)])
        for pair in pairs
        for lines in ("all", "solid")
    ]
    own = [
        row(0.2 + 0.1 * k, drug=drug, method=method, lines="all", n=300)
        for k, drug in enumerate(drugs)
        for method in (*METHODS, "response")
    ]
    return {"judged": judged, "correlations": own}


def regulons(gain=0.0, partial=0.4):
    enrichment = [
        row(0.52, universe="all genes", kind=kind, drug=drug)
        | {"auroc": 0.51, "null auroc": 0.5, "p auroc": 0.2}
        | {"precision": 0.02, "null precision": 0.02}
        for kind, drug in (("Pro", "D0"), ("network alone", "D0"), ("correlation", "no drug"))
    ]
    gains = [row(gain, 0.001, universe="all genes", drug=d) for d in ("D0", "mean of the drugs")]
    edge = {"lines": "ST minus RS", "tissues": "all", "partial": partial}
    edge |= {"partial low": partial - 0.3, "partial high": partial + 0.3}
    return {"enrichment": enrichment, "gains": gains, "edge": [edge]}


@pytest.mark.parametrize(
    ("gain", "said", "in_japanese"),
    [
        (0.03, "rank the cell lines better than", "よく"),
        (-0.03, "rank the cell lines worse than", "悪く"),
        (0.0, "neither clearly better nor worse than", "明らかには違わず"),
    ],
)
def test_the_ceiling_is_told_with_its_judge(gain, said, in_japanese):
    found = overview.of_ceiling(screens(gain))
    assert said in english.ceiling(found) and "44% to 57%" in english.ceiling(found)
    assert in_japanese in japanese.ceiling(found)
    alone = overview.of_ceiling(screens(None))
    assert "Judged by" not in english.ceiling(alone)
    assert english.ceiling(found).startswith(english.ceiling(alone))
    assert overview.of_ceiling({"summary": None}) is None


def test_another_laboratory_is_told_by_sides():
    found = overview.of_laboratory(laboratory(0.1, -0.1, 0.05))
    assert found["drugs"] == 3 and found["ahead"] == ["D0", "D2"] and found["behind"] == ["D1"]
    text = english.laboratory(found)
    assert "clearly ahead for D0 and D2 and clearly behind for D1" in text
    assert "0.20 (D0) to 0.40 (D2)" in text and "neither clearly better" in text
    better = overview.of_laboratory(laboratory(0.1, 0.1))
    assert better["sides"]["better"] == list(METHODS[1:])
    assert "Pro ranks them clearly better than NW.P, ELA and LA" in english.laboratory(better)
    assert "明らかによい" in japanese.laboratory(better)
    worse = english.laboratory(overview.of_laboratory(laboratory(-0.1)))
    assert "Pro ranks them clearly worse than" in worse and "lines worse than" in worse
    assert overview.of_laboratory({"judged": [], "correlations": []}) is None


def test_known_regulons_and_the_named_edge_are_told():
    text = english.regulons(overview.of_regulons(regulons()))
    assert "does not clearly find more of them" in text and "the difference remains" in text
    more = english.regulons(overview.of_regulons(regulons(gain=0.01, partial=0.1)))
    assert "finds more of them" in more and "does not clearly remain" in more
    assert "既知のエッジ" in japanese.regulons(overview.of_regulons(regulons()))
    none = regulons() | {"edge": []}
    assert "partialled out" not in english.regulons(overview.of_regulons(none))


def test_numbers_in_both_languages_are_the_same_beyond_the_paper():
    for topic, numbers in (
        ("ceiling", screens()),
        ("laboratory", laboratory(0.1, -0.1)),
        ("regulons", regulons()),
    ):
        found = getattr(overview, f"of_{topic}")(numbers)
        texts = [getattr(language, topic)(found) for language in (english, japanese)]
        one, two = (set(re.findall(r"[+-]?\d+\.\d+", text)) for text in texts)
        assert one - {"0.5"} == two - {"0.5"} and one, topic


def test_tables_of_steps_12_to_16():
    shares = [row(0.2, drug="A", method=m) for m in METHODS]
    shares += [row(0.3, drug="B", method=m) for m in METHODS]
    ceilings = {"A": {"share": 0.5, "low": 0.4, "high": 0.6}}
    carried = [row(0.1, drug="A", method=m) for m in METHODS]
    table = tables.ceilings({"shares": shares, "ceilings": ceilings, "carried": carried})
    assert (
        "| A | 50% (40% to 60%) | 20% (10%) |" in table
        and "| B | no second screen | 30% |" in table
    )
    assert "| D0 | 300 | 0.20 (0.18 to 0.22) |" in tables.laboratory(laboratory(0.1))
    assert "| all genes | Pro, D0 | 0.520 (0.500 to 0.540) | 0.510 (0.500)" in tables.enrichment(
        regulons()
    )
    numbers = {
        "claims": {"C1": {"verdict": "undecided"}, "C3": {"verdict": "partly"}},
        "readings": {"C1": dict.fromkeys(READINGS, "partly"), "C3": dict.fromkeys(READINGS, "")},
    }
    assert tables.readings(numbers).splitlines()[2:] == [
        "| C1 | undecided | partly | partly | partly | partly |"
    ]


def every_reading():
    """What step 15 stores of three claims: one robust, one that hangs on a choice, one that fails."""
    test = {
        "p_median": 0.01,
        "p_ahead": 0.02,
        "p_significant": 0.5,
        "ahead": 0.9,
        "significant": 0.1,
    }
    claims = {}
    for claim, holds, agrees, word in (
        ("C1", 0, 10, "holds in hardly any"),
        ("C4", 40, 80, "depends on estimator"),
        ("C8", 95, 99, "holds in nearly all"),
    ):
        own = {"readings": 100, "holds": holds, "agrees": agrees, "median": 0.25, "word": word}
        claims[claim] = own | {"test": test | {"draws": 99}, "variance": {"estimator": 0.5}}
    together = {"agrees": {"claims": ["C4", "C8"], "changes": 2}}
    together["holds"] = {"claims": ["C8"], "changes": 1}
    return {"claims": claims, "together": together}


def test_every_reading_is_told_in_both_languages():
    numbers = every_reading()
    found = overview.of_multiverse(numbers)
    text, other = english.multiverse(found), japanese.multiverse(found)
    assert text.startswith("The claims were computed under 300 readings")
    assert "C8 holds in nearly all readings; C4 (estimator) holds in some, by the choice" in text
    assert "C1 holds in hardly any, C1 in none." in text and "readings of C4 and C8" in text
    assert "Of the 3 claims, 2 agree and 1 hold under the best single readings" in text
    weak = every_reading()
    weak["claims"] = {c: own | {"word": "holds in hardly any"} for c, own in weak["claims"].items()}
    said = english.multiverse(overview.of_multiverse(weak))
    assert "no claim holds in nearly all of its readings" in said
    for word in ("300通り", "C4（estimator）", "最大1", "最大2"):
        assert word in other
    assert tables.robustness(numbers).splitlines()[2] == (
        "| C1 | 0 of 100 | 10 of 100 | +0.250 | 0.01 | 90% (0.02) | 10% (0.5) | holds in hardly any |"
    )
    said = overall(numbers)
    assert len(said.splitlines()) == 5 and "C8 holds in at least 90%" in said
    table = robustness(pd.DataFrame({"verdict": ["partly"]}, ["C4"]), numbers)
    assert table.loc["C4", "holds in"] == "40 of 100"
    assert "holds in 40 of 100 readings" in of_robustness(table)
    assert "not run here" in of_robustness(robustness(pd.DataFrame(columns=["verdict"]), None))
