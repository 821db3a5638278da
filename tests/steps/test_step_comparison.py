"""Nested cross-validation: what training sees, errors, intervals, baselines and the control."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from pandas.testing import assert_frame_equal
from scipy.stats import ttest_1samp

from pnetlib.datasets import load_cohort
from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.errors import UsageError
from pnetlib.stats.intervals import corrected_mean
from pnetlib.steps import choice as tuning
from pnetlib.steps.choice import METHODS
from pnetlib.steps.comparison import compute as comparison
from pnetlib.steps.comparison.compute import (
    BASELINES,
    choose_on_all_lines,
    compare,
    fold_errors,
    held_out,
    method_errors,
    outer_folds,
    paired_differences,
    places_text,
    search_ends,
    tissue_means,
)
from pnetlib.steps.comparison.sentences import of_search
from pnetlib.steps.markers.compute import fit_drug
from pnetlib.steps.sizes import PROFILES, with_repeats

PROFILE = replace(PROFILES["smoke"], n_genes=40, repeats=2)
SEED = 5


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(5)


@pytest.fixture(scope="module")
def compared(cohort):
    return compare(cohort, PROFILE, SEED)


# What training sees


def test_folds_part_all_lines_evenly_and_anew_in_every_repeat(cohort):
    lines = cohort.expression.index
    folds = outer_folds(lines, 5, 0, SEED)
    assert folds.index.equals(lines) and set(folds) == set(range(5))
    assert np.ptp(np.bincount(folds)) <= 1
    assert folds.equals(outer_folds(lines, 5, 0, SEED))
    assert (folds != outer_folds(lines, 5, 1, SEED)).any()
    assert (folds != outer_folds(lines, 5, 0, SEED + 1)).any()


@pytest.mark.long
def test_every_line_is_held_out_once_a_repeat_in_one_fold_for_all_drugs(cohort, compared):
    table = compared.predictions
    for (drug, repeat), part in table.groupby(["drug", "repeat"]):
        assert sorted(part["line"]) == sorted(cohort.lines_for(drug))
        assert (
            part["n_train"] + part.groupby("fold")["line"].transform("size")
            == len(cohort.lines_for(drug))
        ).all()
        folds = outer_folds(cohort.expression.index, PROFILE.outer_folds, repeat, SEED)
        np.testing.assert_array_equal(part["fold"], folds[part["line"]])
    assert (table.groupby(["repeat", "line"])["fold"].nunique() == 1).all()
    assert list(table["drug"].unique()) == list(cohort.response)
    z = cohort.response.stack()
    np.testing.assert_array_equal(table["z"], z[list(zip(table["line"], table["drug"]))])
    assert np.isfinite(table[list(METHODS + BASELINES)].to_numpy()).all()


class Spy:
    """What one fold gives to the estimators, and what they find."""

    def __init__(self, monkeypatch):
        self.given, self.choices, self.fits = [], [], []
        monkeypatch.setattr(comparison, "fit_methods", self.fit_methods)

    def fit_methods(self, X, z, profile, seed, n_regulators=None):
        self.given += [X, z]
        models = tuning.fit_methods(X, z, profile, seed, n_regulators)
        self.choices.append({method: model.best_params_ for method, model in models.items()})
        for method in METHODS:
            model = models[method]
            self.fits += [model.coef_, model.mean_, model.scale_]
            if hasattr(model, "B_"):
                self.fits += [model.theta_, model.B_.toarray()]
        return models


def scrambled(cohort, lines):
    """The cohort with wild expression and responses in some lines, gaps where they were."""
    rng = np.random.default_rng(0)
    expression, response = cohort.expression.copy(), cohort.response.copy()
    expression.loc[lines] = rng.normal(0, 1e3, expression.loc[lines].shape)
    response.loc[lines] += rng.normal(0, 1e3, response.loc[lines].shape)
    return replace(cohort, expression=expression, response=response)


@pytest.mark.parametrize("drug", ["Doxorubicin", "Docetaxel"])
def test_nothing_outside_the_training_lines_changes_training(cohort, drug, monkeypatch):
    folds = outer_folds(cohort.expression.index, PROFILE.outer_folds, 1, SEED)
    measured = cohort.expression.index.isin(cohort.lines_for(drug))
    outside = folds.index[(folds == 2) | ~measured]
    runs = []
    for data in (cohort, scrambled(cohort, outside)):
        spy = Spy(monkeypatch)
        predictions, choices = held_out(data, drug, PROFILE, SEED, 1, 2)
        runs.append((spy, predictions, choices))
    (spy, predictions, choices), (other, wild, same) = runs
    assert len(spy.given) == 2 and spy.given[0].shape == (predictions["n_train"][0], 40)
    for name in ("given", "fits"):
        for a, b in zip(getattr(spy, name), getattr(other, name), strict=True):
            np.testing.assert_array_equal(a, b)
    assert spy.choices == other.choices
    assert_frame_equal(choices, same)
    unmoved = ["line", "n_train", *BASELINES]
    assert_frame_equal(predictions[unmoved], wild[unmoved])
    assert (predictions[["z", "Pro"]] != wild[["z", "Pro"]]).all(axis=None)


def test_training_lines_do_change_training(cohort, monkeypatch):
    folds = outer_folds(cohort.expression.index, PROFILE.outer_folds, 0, SEED)
    inside = cohort.lines_for("Docetaxel").intersection(folds.index[folds != 0])[:1]
    given = []
    for data in (cohort, scrambled(cohort, inside)):
        spy = Spy(monkeypatch)
        held_out(data, "Docetaxel", PROFILE, SEED, 0, 0)
        given.append(spy.given)
    assert (given[0][0] != given[1][0]).any() and (given[0][1] != given[1][1]).any()


def test_no_test_line_is_among_the_training_lines(cohort, monkeypatch):
    spy = Spy(monkeypatch)
    predictions, _ = held_out(cohort, "5-Fluorouracil", PROFILE, SEED, 0, 1)
    X, z = spy.given
    lines = cohort.lines_for("5-Fluorouracil")
    train = lines.difference(predictions["line"], sort=False)
    genes = cohort.top_genes(PROFILE.n_genes, lines=train)
    np.testing.assert_array_equal(X, cohort.expression.loc[train, genes])
    np.testing.assert_array_equal(z, cohort.response.loc[train, "5-Fluorouracil"])
    np.testing.assert_allclose(predictions["drug mean"], z.mean(), rtol=1e-12)


def test_forced_genes_enter_training(cohort, monkeypatch):
    spy = Spy(monkeypatch)
    last = cohort.top_genes(cohort.expression.shape[1])[-2:]
    held_out(cohort, "Docetaxel", PROFILE, SEED, 0, 0, force=last)
    assert spy.given[0].shape[1] == PROFILE.n_genes + 2


# Determinism


@pytest.mark.long
def test_threads_and_repetition_change_no_bit(cohort, compared):
    done = []
    again = compare(cohort, PROFILE, SEED, n_jobs=2, advance=lambda: done.append(1))
    assert_frame_equal(again.predictions, compared.predictions, check_exact=True)
    assert_frame_equal(again.choices, compared.choices, check_exact=True)
    assert len(done) == 4 * PROFILE.outer_folds * PROFILE.repeats


@pytest.mark.long
def test_one_drug_alone_gives_what_it_gives_among_all(cohort, compared):
    alone = compare(cohort, PROFILE, SEED, drugs=["Docetaxel"])
    among = compared.predictions.query("drug == 'Docetaxel'").reset_index(drop=True)
    assert_frame_equal(alone.predictions, among, check_exact=True)


def test_lambdas_for_all_lines_are_those_of_one_choice(cohort):
    drugs = ["Docetaxel", "Mitomycin-C"]
    one = choose_on_all_lines(cohort, PROFILE, SEED, drugs=drugs)
    assert one == choose_on_all_lines(cohort, PROFILE, SEED, drugs=drugs, n_jobs=2)
    lines, genes = cohort.lines_for("Docetaxel"), cohort.top_genes(PROFILE.n_genes)
    _, choice = tuning.choose(
        cohort.expression.loc[lines, genes].to_numpy(),
        cohort.response.loc[lines, "Docetaxel"].to_numpy(),
        PROFILE,
        SEED,
    )
    assert one["Docetaxel"] == {method: choice.point(method) for method in METHODS}


def test_regulators_of_the_profile_hold_in_steps_02_and_03(cohort):
    """The same restricted model in both; no other gene has a target."""
    drug, allowed = "Docetaxel", cohort.top_genes(PROFILE.n_genes)[3:12]
    profile = replace(PROFILE, regulators=tuple(allowed))
    (point,) = choose_on_all_lines(cohort, profile, SEED, drugs=[drug]).values()
    genes = cohort.top_genes(PROFILE.n_genes)
    own = fit_drug(cohort, genes, tuple(allowed), drug, point["Pro"])
    assert set(own.edges()["regulator"]) <= set(allowed) and own.B_.nnz
    predictions, _ = held_out(cohort, drug, profile, SEED, 0, 0)
    free, _ = held_out(cohort, drug, PROFILE, SEED, 0, 0)
    assert np.abs(predictions["Pro"] - free["Pro"]).max() > 1e-3


def test_step_03_fits_what_the_choice_on_all_lines_is_refitted_to(cohort):
    """The same lambdas on the same lines are the same model, bit for bit, in both steps."""
    genes, lines = cohort.top_genes(PROFILE.n_genes), cohort.lines_for("Docetaxel")
    X, z = cohort.expression.loc[lines, genes], cohort.response.loc[lines, "Docetaxel"]
    (point,) = choose_on_all_lines(cohort, PROFILE, SEED, drugs=["Docetaxel"]).values()
    own = fit_drug(cohort, genes, (), "Docetaxel", point["Pro"])
    _, choice = tuning.choose(X.to_numpy(), z.to_numpy(), PROFILE, SEED)
    u, state = tuning.refit(choice, "Pro")
    fitted = tuning.fit_methods(X.to_numpy(), z.to_numpy(), PROFILE, SEED)["Pro"]
    for coefficients, network in ((u, state.B.matrix()), (fitted.coef_, fitted.B_)):
        np.testing.assert_array_equal(own.coef_, coefficients)
        np.testing.assert_array_equal(own.B_.toarray(), network.toarray())


# Account of the search


def test_every_choice_of_a_search_has_its_account(compared):
    choices = compared.choices
    assert (choices["points"] <= PROFILE.search.budget).all() and choices["lam2"].notna().all()
    assert (choices["fits"] >= choices["points"] * PROFILE.inner_folds).all()
    known = {"Pro": 4, "NW.P": 3, "ELA": 2, "LA": 1}
    places = choices.set_index("method")[[name for name in choices if name.startswith("at ")]]
    for method, part in places.groupby(level=0):
        assert set(part.notna().sum(axis=1)) == {known[method]}
    ends = search_ends(choices)
    assert len(ends) == 4 * sum(known.values())
    assert (ends["inside"] + ends["end"] + ends["edge"] == ends["searches"]).all()
    assert (ends["searches"] == PROFILE.outer_folds * PROFILE.repeats).all()


def choices_by_hand():
    return pd.DataFrame(
        {
            "drug": "A",
            "method": ["ELA"] * 4 + ["LA"] * 4,
            "points": 20,
            "exhausted": [False, False, True, False] + [False] * 4,
            "at lam1": ["inside", "inside", "edge", "inside"] + ["end: largest value"] * 4,
            "at ridge": ["end: 0", "end: ridge limit", "inside", "end: 0"] + [None] * 4,
        }
    )


def test_choices_inside_at_an_end_and_at_an_edge_are_counted():
    ends = search_ends(choices_by_hand())
    table = ends.set_index(["method", "parameter"])
    assert table.loc[("ELA", "lam1"), ["inside", "end", "edge"]].tolist() == [3, 0, 1]
    assert table.loc[("ELA", "ridge"), ["inside", "end", "edge"]].tolist() == [1, 3, 0]
    assert table.loc[("ELA", "ridge"), "ends"] == "2 0, 1 ridge limit"
    assert table.loc[("LA", "lam1"), "end"] == 4 and ("LA", "ridge") not in table.index
    text = places_text(ends)
    assert text.loc[("ELA", "lam1"), "A"] == "3 inside, 1 edge"
    said = of_search(choices_by_hand())
    assert "4 training parts. ELA: lam1 3 inside, 1 at an edge; ridge 1 inside" in said
    assert "4 training parts of all drugs." in of_search(
        choices_by_hand().assign(drug=["A", "B"] * 4)
    )
    assert "LA: lam1 4 at its end (largest value)" in said and "in 1 of 8 searches" in said
    assert "on grids" in of_search(choices_by_hand()[["drug", "method"]])


# Baselines and control


def test_tissue_means_fall_back_to_the_drug_mean_where_a_tissue_is_rare():
    tissue = pd.Series(["lung"] * 6 + ["skin"] * 4, index=list("abcdefghij"))
    z = pd.Series([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -1.0, -2.0, -3.0, -5.0], index=tissue.index)
    new = pd.Series(["skin", "lung", "bone"], index=["k", "l", "m"])
    np.testing.assert_allclose(tissue_means(tissue, z, new), [1.0, 3.5, 1.0])
    enough = pd.concat([tissue, pd.Series(["skin"], index=["n"])])
    z = pd.concat([z, pd.Series([1.0], index=["n"])])
    np.testing.assert_allclose(tissue_means(enough, z, new), [-2.0, 3.5, 1.0])


@pytest.mark.long
def test_permuted_control_stays_near_the_drug_mean(cohort, compared):
    shuffled = compare(cohort, PROFILE, SEED, permute=True)
    control = fold_errors(shuffled.predictions).mean()
    real = fold_errors(compared.predictions).mean()
    for method in METHODS:
        assert 0.97 < control[method] / control["drug mean"] < 1.12
        assert real[method] / real["drug mean"] < control[method] / control["drug mean"] - 0.05
    for drug, part in shuffled.predictions.groupby("drug"):
        measured = cohort.response.loc[cohort.lines_for(drug), drug]
        assert sorted(part["z"]) == sorted(measured)
        assert abs(np.corrcoef(part["z"], measured[part["line"]])[0, 1]) < 0.3


# Errors and intervals


def test_interval_of_repeated_folds_by_hand():
    # Variance 5/3; 1/4 + 20/80 = 1/2; Student's 97.5 % point with 3 degrees is 3.182446.
    stats = corrected_mean([1.0, 2.0, 3.0, 4.0], [20] * 4, [80] * 4)
    se = (5 / 3 * 0.5) ** 0.5
    expected = {"mean": 2.5, "se": se, "low": 2.5 - 3.182446 * se, "high": 2.5 + 3.182446 * se}
    assert stats == pytest.approx(expected, rel=1e-6)
    uneven = corrected_mean([1.0, 2.0, 3.0, 4.0], [10, 30, 20, 20], [90, 70, 80, 80])
    assert uneven["se"] == pytest.approx((5 / 3 * (0.25 + (1 / 9 + 3 / 7 + 0.5) / 4)) ** 0.5)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=9).filter(lambda v: np.ptp(v) > 1e-3))
def test_interval_is_students_where_folds_would_share_nothing_and_wider_else(values):
    n = np.full(len(values), 1e12)
    plain = ttest_1samp(values, 0).confidence_interval(0.95)
    stats = corrected_mean(values, np.ones(len(values)), n)
    assert (stats["low"], stats["high"]) == pytest.approx(tuple(plain), rel=1e-6, abs=1e-6)
    assert corrected_mean(values, n / 4, n)["se"] > stats["se"]


@pytest.fixture
def hand_made():
    """Two drugs, two folds of two lines; the errors can be read off."""
    table = pd.DataFrame(
        {
            "drug": ["x"] * 4 + ["y"] * 4,
            "repeat": 0,
            "fold": [0, 0, 1, 1] * 2,
            "line": list("abcd") * 2,
            "z": 0.0,
            "n_train": 2,
            "Pro": [1.0, 1, 2, 2, 0, 2, 3, 1],
            "LA": [2.0, 2, 1, 1, 1, 1, 0, 0],
        }
    )
    return fold_errors(table, ("Pro", "LA"))


def test_errors_of_folds_by_hand(hand_made):
    assert hand_made["Pro"].to_list() == [1.0, 4.0, 2.0, 5.0]
    assert hand_made["LA"].to_list() == [4.0, 1.0, 1.0, 0.0]
    assert (hand_made[["n_test", "n_train"]] == 2).all(axis=None)
    means = method_errors(hand_made, ("Pro", "LA")).set_index(["drug", "method"])["mean"]
    assert means.to_dict() == {
        ("x", "Pro"): 2.5,
        ("x", "LA"): 2.5,
        ("y", "Pro"): 3.5,
        ("y", "LA"): 0.5,
    }


def test_differences_are_paired_fold_by_fold_and_pooled_over_drugs(hand_made):
    table = paired_differences(hand_made, "Pro", ("Pro", "LA")).set_index("drug")
    assert list(table.index) == ["x", "y", "all"] and set(table["against"]) == {"LA"}
    assert table["mean"].to_list() == [0.0, 3.0, 1.5]
    for drug, values in (("x", [-3.0, 3.0]), ("y", [1.0, 5.0]), ("all", [-1.0, 4.0])):
        expected = corrected_mean(values, [2, 2], [2, 2])
        assert table.loc[drug, ["mean", "se", "low", "high"]].to_dict() == pytest.approx(expected)
    turned = paired_differences(hand_made, "LA", ("Pro", "LA")).set_index("drug")
    pd.testing.assert_series_equal(turned["mean"], -table["mean"])
    pd.testing.assert_series_equal(turned["low"], -table["high"], check_names=False)


def test_numbers_are_json_and_say_how_many_lines(cohort, compared):
    folds = fold_errors(compared.predictions)
    errors = method_errors(folds)
    chosen = {drug: {"Pro": {"lam1": 0.1}} for drug in cohort.response}
    unraced = replace(PROFILE, search=replace(PROFILE.search, race=np.inf))
    shown = errors, paired_differences(folds), errors, chosen, unraced, ["AKR1C1"]
    numbers = comparison.numbers(compared, *shown)
    json.dumps(numbers, allow_nan=False)
    assert numbers["sizes"]["force"] == ["AKR1C1"] and numbers["sizes"]["n_genes"] == 40
    assert numbers["sizes"]["search"]["budget"] == 40
    assert numbers["sizes"]["search"]["race"] == "inf"
    assert set(numbers["drugs"]) == set(cohort.response)
    for drug, found in numbers["drugs"].items():
        assert found["n"] == len(cohort.lines_for(drug))
        assert set(found["methods"]) == set(METHODS + BASELINES)
        part = compared.predictions.query("drug == @drug")
        by_fold = ((part["Pro"] - part["z"]) ** 2).groupby([part["repeat"], part["fold"]]).mean()
        assert found["methods"]["Pro"]["mse"] == pytest.approx(by_fold.mean())
        assert found["pro_minus"]["LA"]["mean"] == pytest.approx(
            found["methods"]["Pro"]["mse"] - found["methods"]["LA"]["mse"]
        )


def test_outer_folds_are_drawn_as_often_as_asked():
    assert with_repeats(PROFILES["paper"], 0) is PROFILES["paper"]
    sizes = with_repeats(PROFILES["smoke"], 3)
    assert (sizes.repeats, sizes.outer_folds) == (3, PROFILES["smoke"].outer_folds)
    cohort = load_cohort("simulated", seed=3, size="smoke")
    work = comparison.outer_work(cohort, sizes, 3)
    assert len(work.tasks) == cohort.response.shape[1] * 3 * sizes.outer_folds
    with pytest.raises(UsageError, match="repeats is -1"):
        with_repeats(PROFILES["smoke"], -1)
