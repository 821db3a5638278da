"""Step 13: further drugs by rule, and another laboratory as judge."""

import numpy as np
import pandas as pd
import pytest
from test_step_screens import predictions

from pnetlib.datasets import load_responses
from pnetlib.datasets.screens import no_screens
from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.steps.laboratory import sentences
from pnetlib.steps.laboratory.compute import (
    LABEL,
    choose_drugs,
    joined,
    judge_by,
    matched_lines,
    predict_further,
    with_shared_drugs,
)
from pnetlib.steps.sizes import PROFILES, drugs_sizes


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(3)


def entries(**lines):
    table = pd.DataFrame({"name": lines.keys(), "lines": lines.values()})
    return table.assign(id=pd.array(range(1, len(table) + 1), dtype="Int64"))


def test_cytotoxics_come_first_then_the_drugs_of_most_lines():
    table = entries(Nilotinib=900, Etoposide=850, Methotrexate=880, Erlotinib=910, Cisplatin=900)
    offered = {"Nilotinib", "Etoposide", "Methotrexate", "Erlotinib"}.__contains__
    assert choose_drugs(table, [], offered, 3) == ["Methotrexate", "Etoposide", "Erlotinib"]
    assert choose_drugs(table, ["Methotrexate"], offered, 2) == ["Etoposide", "Erlotinib"]
    assert choose_drugs(table, [], lambda name: False) == []


def test_drugs_of_few_lines_or_unclear_names_are_left_out():
    table = entries(Etoposide=199, Methotrexate=200)
    twice = pd.concat(
        [
            table,
            table.assign(id=pd.NA, name="Gemcitabine"),
            table.assign(id=pd.NA, name="Gemcitabine"),
        ]
    )
    comma = table.assign(name=["A,B", "C"], id=pd.array([7, 8], dtype="Int64"), lines=500)
    found = choose_drugs(pd.concat([twice, comma], ignore_index=True), [], lambda name: True)
    assert found == ["Methotrexate", "C"]


def test_another_laboratory_judges_each_drug(cohort):
    screens = load_responses("", cohort, seed=1)
    judged = judge_by(predictions(cohort), cohort, screens, 100, 0)
    assert set(judged.table["drug"]) == set(cohort.response)
    assert set(judged.table["judge"]) == {LABEL}
    said = sentences.conclusion(judged)
    assert "rank correlations of" in said and "Within solid lines alone" in said
    assert "Another laboratory measured 4 drugs" in sentences.of_laboratory(screens)


def test_without_responses_nothing_is_judged(cohort):
    screens = no_screens(cohort, ["No responses."])
    judged = judge_by(predictions(cohort), cohort, screens, 10, 0)
    assert judged.table.empty
    assert sentences.conclusion(judged) == sentences.LEFT_OUT
    assert sentences.of_laboratory(screens) == "No responses. Nothing is judged here."
    assert matched_lines(screens).empty


def test_further_drugs_are_predicted_as_in_step_10(cohort):
    sizes = drugs_sizes("smoke", n_genes=20)
    more = with_shared_drugs(cohort, "simulated", sizes, 1, [])
    assert more.cohort is cohort
    profile = PROFILES["smoke"]
    assert predict_further(cohort, [], profile, 1).predictions.empty
    added = predict_further(cohort, ["Docetaxel"], sizes.profile, 1)
    whole = joined(predictions(cohort), added)
    assert len(whole) == len(predictions(cohort)) + len(added.predictions)


def test_names_without_a_line_are_counted(cohort):
    from dataclasses import replace

    screens = load_responses("", cohort)
    matched = pd.DataFrame({"name": list("ABC"), "line": ["1", "", ""], "reason": ["", "x", "x"]})
    own = replace(screens, matched=matched)
    assert matched_lines(own).to_dict() == {"x": 2, "matched": 1}
    assert "x (2)" in sentences.of_laboratory(own)
    assert np.isfinite(own.values.iloc[:, 0].dropna()).all()
