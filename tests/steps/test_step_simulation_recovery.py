"""What each method finds of a planted truth: the measures, and what is robustly so."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from pandas.testing import assert_frame_equal
from scipy.stats import ttest_1samp

from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.errors import UsageError
from pnetlib.execution.engine import Engine
from pnetlib.steps.choice import METHODS, choose, refit
from pnetlib.steps.comparison import sentences as statements
from pnetlib.steps.simulation.recovery import (
    MEASURES,
    correlation,
    ranking_rates,
    recover,
    recover_repeatedly,
    recovery_intervals,
    selection_rates,
)
from pnetlib.steps.sizes import PROFILES

SMOKE = replace(PROFILES["smoke"], search="grid")  # on a grid, all tests below hold
SEEDS = range(1, 11)
OTHERS = [method for method in METHODS if method != "Pro"]


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(1)


@pytest.fixture(scope="module")
def found(cohort):
    return recover(cohort, SMOKE, 1)


# The measures


def test_rates_of_selection_by_hand():
    selected = [True, True, False, True, False, False]
    relevant = [True, True, True, True, False, False]
    assert selection_rates(selected, relevant) == {"TP": 0.75, "TN": 1.0, "Ave": 0.875}
    assert selection_rates([1, 1, 1, 1, 1, 1], relevant) == {"TP": 1.0, "TN": 0.0, "Ave": 0.5}
    none = selection_rates([True, False], [False, False])
    assert np.isnan(none["TP"]) and none["TN"] == 0.5


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=20))
def test_rates_turn_over_with_the_question(pairs):
    selected, relevant = np.array(pairs).T
    rates = selection_rates(selected, relevant)
    turned = selection_rates(~selected, ~relevant)
    np.testing.assert_equal((rates["TP"], rates["TN"]), (turned["TN"], turned["TP"]))


def test_ranks_of_hubs_by_hand():
    importance = np.array([5.0, 4.0, 3.0, 0.0, 0.0, 9.0])
    hubs = np.array([1, 0, 1, 0, 0, 0], bool)
    relevant = np.array([1, 1, 1, 0, 0, 0], bool)  # gene 1 acts and is no hub: not compared
    rank, area = ranking_rates(importance, hubs, relevant)
    assert rank == 3.0  # of ranks 2 and 4
    assert area == pytest.approx(4 / 6)  # of 2 x 3 pairs, those with gene 5 are lost
    nothing = ranking_rates(np.zeros(6), hubs, relevant)
    assert nothing == (3.5, 0.5)
    assert np.isnan(ranking_rates(importance, np.zeros(6, bool), relevant)).all()


def test_correlation_of_no_effect_is_0():
    assert correlation(np.zeros(4), np.arange(4.0)) == 0.0
    assert correlation(np.arange(4.0), -np.arange(4.0)) == pytest.approx(-1.0)


# Recovery


def test_each_drug_and_method_has_a_row(cohort, found):
    assert list(zip(found["drug"], found["method"])) == [
        (drug, method) for drug in cohort.response for method in METHODS
    ]
    assert np.isfinite(found[list(MEASURES)]).all(axis=None)
    acting = (cohort.truth.theta != 0).sum()
    assert (found["relevant"] == found["drug"].map(acting)).all()
    own = (cohort.truth.effects != 0).sum()
    assert (found["relevant by u"] == found["drug"].map(own)).all()
    for end in ("", " by u"):
        relevant = found[f"relevant{end}"]
        hits = found[f"TP{end}"] * relevant + (1 - found[f"TN{end}"]) * (80 - relevant)
        np.testing.assert_allclose(hits, found[f"selected{end}"])
    json.dumps(found.to_dict("records"), allow_nan=False)


@pytest.mark.parametrize("method", METHODS)
def test_a_row_is_what_the_chosen_model_finds(cohort, found, method):
    drug, truth = "Mitomycin-C", cohort.truth
    lines, genes = cohort.lines_for(drug), cohort.top_genes(SMOKE.n_genes)
    X, z = cohort.expression.loc[lines, genes], cohort.response.loc[lines, drug]
    moments, choice = choose(X.to_numpy(), z.to_numpy(), SMOKE, 1)
    u, state = refit(choice, method)
    estimate = pd.Series(u if state is None else state.theta, genes)
    theta = truth.theta.loc[genes, drug]
    row = found.set_index(["drug", "method"]).loc[(drug, method)]
    assert row["TP"] == (estimate[theta != 0] != 0).mean()
    assert row["TN"] == (estimate[theta == 0] == 0).mean()
    planted = truth.effects.loc[genes, drug]
    assert row["TP by u"] == (u[planted != 0] != 0).mean()
    assert row["TN by u"] == (u[planted == 0] == 0).mean()
    assert row["effect r"] == pytest.approx(np.corrcoef(u, planted)[0, 1] if u.any() else 0.0)
    size = estimate.abs()
    if state is not None:
        B = abs(state.B.matrix())
        size = size * np.sqrt((B.sum(axis=0) + B.sum(axis=1)) / 2)
    rank = size.rank(ascending=False)
    hubs = [hub for hub in truth.hubs if theta[hub] != 0]
    assert row["hub rank"] == rank[hubs].median()
    idle = size[theta == 0].to_numpy()
    before = [np.mean((size[hub] > idle) + 0.5 * (size[hub] == idle)) for hub in hubs]
    assert row["hub AUC"] == pytest.approx(np.mean(before))


def test_genes_outside_the_planted_network_count_as_idle(cohort):
    table = recover(cohort, replace(SMOKE, n_genes=100), 1, drugs=["Docetaxel"])
    assert (table["relevant"] == (cohort.truth.theta["Docetaxel"] != 0).sum()).all()
    hits = table["TP"] * table["relevant"] + (1 - table["TN"]) * (100 - table["relevant"])
    np.testing.assert_allclose(hits, table["selected"])


def test_threads_change_no_bit(cohort, found):
    done = []
    again = recover(cohort, SMOKE, 1, engine=Engine(threads=2), advance=lambda: done.append(1))
    assert_frame_equal(again, found, check_exact=True)
    assert len(done) == 4


def test_a_cohort_without_truth_is_refused(cohort):
    with pytest.raises(UsageError, match="is not known.*use the source 'simulated'"):
        recover(replace(cohort, truth=None), SMOKE, 1)


def test_notebooks_state_what_was_found(found):
    ave = found.groupby("method")["Ave"].mean()
    sentence = statements.recovery_sentence(found)
    assert all(f"{method} {ave[method]:.2f}" in sentence for method in METHODS)


def test_intervals_are_students_over_cohorts_and_paired():
    rng = np.random.default_rng(0)
    rows = [
        {"seed": seed, "drug": drug, "method": method, **dict.fromkeys(MEASURES, rng.random())}
        for seed in range(6)
        for drug in "xy"
        for method in ("Pro", "LA")
    ]
    table = recovery_intervals(pd.DataFrame(rows)).set_index(["measure", "method"])
    values = pd.DataFrame(rows).groupby(["method", "seed"])["Ave"].mean()
    for method in ("Pro", "LA"):
        test = ttest_1samp(values[method], 0)
        row = table.loc[("Ave", method)]
        assert row["mean"] == pytest.approx(values[method].mean())
        assert (row["low"], row["high"]) == pytest.approx(tuple(test.confidence_interval()))
    apart = values["Pro"] - values["LA"]
    row = table.loc[("Ave", "LA"), ["difference", "difference low", "difference high"]]
    assert list(row) == pytest.approx([apart.mean(), *ttest_1samp(apart, 0).confidence_interval()])
    assert np.isnan(table.loc[("Ave", "Pro"), "difference"])


# What is robustly so on cohorts of smoke size


@pytest.fixture(scope="module")
def repeated():
    table = recovery_intervals(recover_repeatedly(SEEDS, "smoke", SMOKE))
    return table.set_index(["measure", "method"])


@pytest.fixture(scope="module")
def shuffled():
    table = recovery_intervals(recover_repeatedly(SEEDS, "smoke", SMOKE, permute=True))
    return table.set_index(["measure", "method"])


@pytest.mark.long
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("measure", ["hub AUC", "hub AUC by effect", "effect r"])
def test_pro_recovers_hubs_and_effects_better(repeated, measure, other):
    assert repeated.at[(measure, other), "difference low"] > 0


@pytest.mark.long
@pytest.mark.parametrize("other", OTHERS)
def test_pro_finds_more_of_the_relevant_genes_and_lets_more_others_in(repeated, other):
    assert repeated.at[("TP", other), "difference low"] > 0
    assert repeated.at[("TN", other), "difference high"] < 0


@pytest.mark.long
@pytest.mark.parametrize("other", OTHERS)
def test_pro_leads_a_little_by_the_mean_of_tp_and_tn(repeated, other):
    assert 0 < repeated.at[("Ave", other), "difference"] < 0.1


@pytest.mark.long
@pytest.mark.parametrize("method", METHODS)
def test_shuffled_responses_tell_no_effect(shuffled, method):
    row = shuffled.loc[("effect r", method)]
    assert row["low"] <= 0 <= row["high"] and abs(row["mean"]) < 0.15
    assert shuffled.at[("Ave", method), "mean"] < 0.55


@pytest.mark.long
def test_networks_rank_hubs_first_even_from_shuffled_responses(repeated, shuffled):
    """So a lead in hub AUC counts only as far as it exceeds the control's."""
    for method in ("Pro", "NW.P"):
        assert shuffled.at[("hub AUC", method), "low"] > 0.5
    for method in ("ELA", "LA"):
        assert shuffled.at[("hub AUC", method), "mean"] == pytest.approx(0.5, abs=0.02)
    gain = repeated["mean"].loc["hub AUC"] - shuffled["mean"].loc["hub AUC"]
    assert gain["Pro"] > gain["NW.P"] + 0.03
