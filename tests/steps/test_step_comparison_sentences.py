"""Sentences of step 02: each follows from the numbers and turns with them."""

import pandas as pd
import pytest

from pnetlib.steps.choice import METHODS
from pnetlib.steps.comparison import sentences
from pnetlib.steps.comparison.compute import BASELINES


def error_table(*means):
    """Errors of one drug: Pro, NW.P, ELA, LA, drug mean, tissue mean."""
    rows = [
        {"drug": "x", "method": method, "mean": mean, "low": mean - 0.1, "high": mean + 0.1}
        for method, mean in zip([*METHODS, *BASELINES], means, strict=True)
    ]
    return pd.DataFrame(rows)


def difference_table(*intervals):
    rows = [
        {"drug": "x", "against": method, "low": low, "high": high}
        for method, (low, high) in zip(METHODS[1:], intervals, strict=True)
    ]
    return pd.DataFrame([*rows, {"drug": "all", "against": "LA", "low": -1.0, "high": -0.5}])


@pytest.mark.parametrize(
    ("errors", "best", "network"),
    [
        ((0.6, 0.7, 0.8, 0.9, 1.0, 0.8), "Pro predicts best with an error of 0.600", "too"),
        ((0.9, 0.8, 0.7, 0.6, 1.0, 0.8), "LA predicts best with an error of 0.600", "in contrast"),
    ],
)
def test_best_method_and_families_follow_the_errors(errors, best, network):
    said = sentences.conclusion(error_table(*errors), difference_table((-1, 1), (-1, 1), (-1, 1)))
    assert best in said and "25% below the better naive prediction (tissue mean, 0.800)" in said
    assert f"The paper, {network}, reports" in said
    assert (
        "wholly below 0 (Pro better) in none of" in said and "wholly above 0 in none, and" in said
    )


def test_a_mean_over_drugs_is_named_only_where_there_are_several():
    one = error_table(0.6, 0.7, 0.8, 0.9, 1.0, 0.8)
    intervals = difference_table((-1, 1), (-1, 1), (-1, 1))
    said = sentences.conclusion(one, intervals)
    assert "- The network-based methods (Pro, NW.P) have" in said and "for each of" not in said
    assert sentences.control_sentence(one, one).startswith("The methods save")
    two = pd.concat([one, one.assign(drug="y")])
    said = sentences.conclusion(two, pd.concat([intervals, intervals.assign(drug="y")]))
    assert "Averaged over the drugs, the network-based" in said and "for each of 2 drugs" in said
    assert sentences.control_sentence(two, two).startswith("Averaged over the drugs, the methods")


def test_a_method_that_does_not_beat_the_naive_means_is_called_so():
    table = error_table(1.2, 1.1, 1.1, 1.1, 1.0, 1.05)
    said = sentences.conclusion(table, difference_table((0.1, 0.2), (-0.2, -0.1), (-1, 1)))
    assert "does not beat the better naive prediction (drug mean, 1.000)" in said
    assert "in 1 (ELA for x) of" in said and "wholly above 0 in 1 (NW.P for x), and" in said
    assert "includes 0 in 1;" in said


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        (
            (1.031, 1.031 + 1e-12, 1.2, 1.031, 1.031, 1.1),
            "- **x**: Pro, NW.P and LA share the lowest error, 1.031, which is that of the better "
            "naive prediction (drug mean, 1.031).",
        ),
        (
            (0.7, 0.6, 0.6, 0.9, 1.0, 0.8),
            "- **x**: NW.P and ELA share the lowest error, 0.600, 25% below the better",
        ),
        (
            (1.0, 1.1, 1.1, 1.1, 1.0, 1.2),
            "Pro predicts best with an error of 1.000 (0.900 to 1.100), which is that of the better",
        ),
        (
            (0.998, 1.1, 1.1, 1.1, 1.0, 1.2),
            "(0.898 to 1.098), less than 1% below the better naive prediction",
        ),
    ],
)
def test_ties_are_called_ties(errors, expected):
    said = sentences.conclusion(error_table(*errors), difference_table((-1, 1), (-1, 1), (-1, 1)))
    assert expected in said


def test_methods_that_find_the_planted_genes_equally_well_are_named_together():
    found = pd.DataFrame({"method": METHODS, "Ave": (0.5, 0.7, 0.7, 0.6), "Ave by u": 0.5})
    said = sentences.recovery_sentence(found)
    assert "ELA and NW.P separate genes" in said
    said = sentences.recovery_sentence(found.assign(Ave=(0.8, 0.7, 0.7, 0.6)))
    assert "cohort, Pro separates genes" in said


def test_control_says_what_is_left_without_signal():
    measured = error_table(0.6, 0.7, 0.8, 0.9, 1.0, 0.8)
    some = sentences.control_sentence(measured, error_table(0.98, 1.1, 1.0, 1.0, 1.0, 1.0))
    assert (
        "10.0% to 40.0%" in some
        and "-10.0% to 2.0%" in some
        and "What is saved there arises without any relation" in some
    )
    none = sentences.control_sentence(measured, error_table(1.1, 1.1, 1.0, 1.0, 1.0, 1.0))
    assert "nothing is saved" in none
    same = sentences.control_sentence(measured, error_table(1.0, 1.0, 1.0, 1.0, 1.0, 1.0))
    assert "responses and nothing on permuted ones. Without" in same
