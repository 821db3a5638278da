"""Step 10: counting wins, whole tissues held out, and the weight chosen in the inner folds."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.estimators import PredictiveNetwork
from pnetlib.steps.choice import METHODS, refit
from pnetlib.steps.comparison.compute import (
    compare,
    fold_errors,
    method_errors,
    outer_folds,
    paired_differences,
)
from pnetlib.steps.drugs import compute, figures
from pnetlib.steps.drugs.compute import (
    CYTOTOXIC,
    WEIGHTED,
    choose_weighted,
    compare_on_unseen_tissues,
    count_wins,
    further_drugs,
    held_out_weighted,
    joined,
    of_drugs,
    tissue_folds,
    weigh,
    weighted_differences,
)
from pnetlib.steps.drugs.sentences import conclusion, of_choice
from pnetlib.steps.sizes import PROFILES, drugs_sizes

PROFILE = replace(PROFILES["smoke"], n_genes=30)
SEED = 5


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(5).with_drugs(["Docetaxel", "Mitomycin-C"])


@pytest.fixture(scope="module")
def compared(cohort):
    return compare(cohort, PROFILE, SEED)


# Wins ---------------------------------------------------------------------------------------


def differences(means, half=0.01):
    """A table of differences, the same for every other method; the last is over all drugs."""
    rows = [
        {
            "drug": "all" if i == len(means) - 1 else f"d{i}",
            "against": other,
            "mean": mean,
            "low": mean - half,
            "high": mean + half,
        }
        for other in (*compute.OTHERS, "drug mean")
        for i, mean in enumerate(means)
    ]
    return pd.DataFrame(rows)


def test_wins_are_counted_with_clopper_and_pearsons_interval():
    table = count_wins(differences([-0.02, -0.005, 0.02, -0.03, 0.001])).set_index("against")
    assert list(table.index) == list(compute.OTHERS)
    row = table.loc["ELA"]
    assert (row["drugs"], row["wins"], row["share"]) == (4, 3, 0.75)
    assert (row["clear wins"], row["clear losses"], row["mean"]) == (2, 1, 0.001)
    low, high = beta.ppf(0.025, 3, 2), beta.ppf(0.975, 4, 1)
    assert (row["share low"], row["share high"]) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("means", "share", "bounds"),
    [([-1.0, -1.0, -1.0], 1.0, (0.025**0.5, 1.0)), ([1.0, 1.0, 1.0], 0.0, (0.0, 1 - 0.025**0.5))],
)
def test_all_or_none_won(means, share, bounds):
    row = count_wins(differences(means)).iloc[0]
    assert row["share"] == share
    assert (row["share low"], row["share high"]) == pytest.approx(bounds)


# Further drugs ------------------------------------------------------------------------------


def test_further_drugs_are_those_with_most_lines_of_the_named(monkeypatch):
    entries = pd.DataFrame(
        {
            "id": pd.array([1005, 1496, 135, None, 11, 1007, 9, 134, 140], dtype="Int64"),
            "name": [
                "Cisplatin",
                "Cisplatin",
                "Gemcitabine",
                "Gemcitabine",
                "Paclitaxel",
                "Docetaxel",
                "Famous",
                "Etoposide",
                "Vinorelbine",
            ],
            "lines": pd.array([900, 999, 850, 950, 300, 933, 999, 880, 880], dtype="Int64"),
        }
    )
    monkeypatch.setattr(compute, "list_drugs", lambda source: entries)
    chosen, counts = further_drugs("here", ["Docetaxel"], 4)
    said = of_choice("here", chosen, counts)
    # Of two of a name the lower id; equal lines by name; no unnamed, unknown or taken drug.
    assert list(chosen["id"]) == ["1005", "134", "140", "135"]
    assert "5 of the" in said and "4 measured in most cell lines: Cisplatin (900 lines)" in said


def test_a_source_without_further_drugs_says_so():
    chosen, counts = further_drugs(
        "simulated", ["Doxorubicin", "Mitomycin-C", "5-Fluorouracil", "Docetaxel"]
    )
    said = of_choice("simulated", chosen, counts)
    assert chosen.empty and "none of the" in said and "only these" in said
    assert len(set(CYTOTOXIC)) == len(CYTOTOXIC)


def test_comparisons_of_drugs_join_and_part(cohort, compared):
    parts = [of_drugs(compared, [drug]) for drug in cohort.response]
    assert [list(part.predictions["drug"].unique()) for part in parts] == [
        ["Docetaxel"],
        ["Mitomycin-C"],
    ]
    again = joined(parts)
    pd.testing.assert_frame_equal(again.predictions, compared.predictions)
    pd.testing.assert_frame_equal(again.choices, compared.choices)


# Tissues ------------------------------------------------------------------------------------


def test_tissues_are_held_out_whole(cohort):
    folds, tissue = tissue_folds(cohort, 3), cohort.annotation["tissue"]
    assert set(folds) == {0, 1, 2}
    assert (folds.groupby(tissue).nunique() == 1).all()
    assert np.bincount(folds).min() > 0.2 * len(folds)
    each = tissue_folds(cohort, 1000)
    assert each.nunique() == tissue.nunique()


def test_unseen_tissues_are_not_in_training(cohort):
    table = compare_on_unseen_tissues(cohort, PROFILE, SEED).predictions
    tissue = cohort.annotation["tissue"]
    for _, part in table.groupby("drug"):
        assert (part["fold"].groupby(part["line"].map(tissue)).nunique() == 1).all()
        for _, test in part.groupby("fold"):
            train = part.loc[part["fold"] != test["fold"].iloc[0], "line"]
            assert set(train.map(tissue)).isdisjoint(test["line"].map(tissue))
            assert test["n_train"].iloc[0] == len(train)
            # No training line of the tissue: its naive mean is the drug's.
            np.testing.assert_allclose(test["tissue mean"], test["drug mean"])
    assert sorted(table.query("drug == 'Docetaxel'")["line"]) == sorted(
        cohort.lines_for("Docetaxel")
    )


# The weight ---------------------------------------------------------------------------------


def test_weight_one_changes_no_bit(cohort, compared):
    table, row = held_out_weighted(cohort, PROFILE, SEED, "Docetaxel", 0, 1, 1.0)
    here = compared.predictions.query("drug == 'Docetaxel' and fold == 1")
    np.testing.assert_array_equal(table["prediction"], here["Pro"])
    pro = compared.choices.query("drug == 'Docetaxel' and fold == 1 and method == 'Pro'").iloc[0]
    assert [row[name] for name in ("lam1", "lam3", "lam4", "inner error")] == [
        pro[name] for name in ("lam1", "lam3", "lam4", "inner error")
    ]


@pytest.mark.parametrize("omega", [0.2, 3.0])
def test_lambdas_are_those_of_the_weighted_model(cohort, omega):
    lines, genes = cohort.lines_for("Docetaxel"), cohort.top_genes(PROFILE.n_genes)
    X = cohort.expression.loc[lines, genes].to_numpy()
    z = cohort.response.loc[lines, "Docetaxel"].to_numpy()
    moments, choice, error = choose_weighted(X, z, PROFILE, SEED, omega)
    u, _ = refit(choice, "Pro")
    point = choice.point("Pro")
    model = PredictiveNetwork(
        point["lam1"],
        0.0,
        point["lam3"] * np.sqrt(omega),
        point["lam4"] * omega,
        response_weight=omega,
        n_jobs=1,
    ).fit(X, z)
    ours = (moments.z_mean + (X - moments.mean) / moments.scale @ u) / np.sqrt(omega)
    assert np.corrcoef(ours, model.predict(X))[0, 1] > 0.99
    assert error == pytest.approx(choice.errors["Pro"].mean(axis=0).min() / omega)
    assert 0.2 < error < 1.3  # in the units of z, whatever omega


def test_the_weight_of_smallest_inner_error_predicts(cohort, compared):
    predictions, weights = weigh(cohort, compared, PROFILE, SEED, (0.3, 3.0))
    keys = ["drug", "repeat", "fold"]
    assert (weights.groupby(keys)["chosen"].sum() == 1).all()
    for (drug, repeat, fold), part in weights.groupby(keys):
        best = part.loc[part["inner error"].idxmin(), "omega"]
        assert part.loc[part["chosen"], "omega"].item() == best
        here = predictions.query("drug == @drug and repeat == @repeat and fold == @fold")
        expected = (
            here["Pro"]
            if best == 1.0
            else held_out_weighted(cohort, PROFILE, SEED, drug, repeat, fold, best)[0]["prediction"]
        )
        np.testing.assert_array_equal(here[WEIGHTED], expected)
    pd.testing.assert_frame_equal(predictions[list(METHODS)], compared.predictions[list(METHODS)])
    table = weighted_differences(predictions)
    errors = fold_errors(predictions, ("Pro", WEIGHTED))
    apart = (errors[WEIGHTED] - errors["Pro"]).groupby("drug").mean()
    for drug, value in apart.items():
        assert table.set_index("drug").at[drug, "mean"] == pytest.approx(value)


def test_no_held_out_line_is_seen_by_the_weighted_model(cohort):
    folds = outer_folds(cohort.expression.index, PROFILE.outer_folds, 0, SEED)
    response = cohort.response.copy()
    response.loc[folds == 2] -= 50.0
    one = held_out_weighted(cohort, PROFILE, SEED, "Docetaxel", 0, 2, 0.3)
    two = held_out_weighted(
        replace(cohort, response=response), PROFILE, SEED, "Docetaxel", 0, 2, 0.3
    )
    pd.testing.assert_frame_equal(one[0], two[0], check_exact=True)
    assert one[1] == two[1]


# Figures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("simulated", [True, False])
def test_figures_show_all_drugs_and_weights(cohort, compared, simulated):
    folds = fold_errors(compared.predictions)
    apart, errors = paired_differences(folds), method_errors(folds)
    predictions, weights = weigh(cohort, compared, PROFILE, SEED, ())
    weighted = weighted_differences(predictions)
    assert (weights["omega"] == 1.0).all() and (weighted["mean"] == 0.0).all()
    wins = count_wins(apart)
    drawn = [
        figures.draw_drugs(apart, wins, simulated=simulated),
        figures.draw_tissues(errors, errors, simulated=simulated),
        figures.draw_weights(weights, weighted, simulated=simulated),
    ]
    drugs = [*cohort.response, "mean of the drugs"]
    assert [t.get_text() for t in drawn[0].axes[0].get_yticklabels()] == drugs
    assert [t.get_text() for t in drawn[2].axes[1].get_yticklabels()] == drugs
    assert f"below 0: {wins['wins'][0]} of 2" in drawn[0].legends[0].texts[0].get_text()
    for figure in drawn:
        assert figure._suptitle.get_text().endswith("SIMULATED DATA") == simulated
    caption = figures.caption_drugs(apart, wins, simulated=simulated)
    assert "2 drugs" in caption and "share their cell lines, so it is too narrow" in caption
    assert "1 in 6" in figures.caption_weights(weights, simulated=simulated)


# Sizes and sentences ------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROFILES)
def test_sizes_keep_the_genes_and_outer_folds_of_the_profile(name):
    sizes = drugs_sizes(name)
    assert sizes.profile.n_genes == PROFILES[name].n_genes
    assert sizes.profile.outer_folds == PROFILES[name].outer_folds
    assert 1.0 not in sizes.omegas and all(0 < omega < 1 for omega in sizes.omegas)
    assert drugs_sizes(name, 17).profile.n_genes == 17


def test_conclusion_follows_the_numbers():
    wins = count_wins(differences([-0.02, -0.03, -0.02]))
    weights = pd.DataFrame({"omega": [1.0, 0.3], "chosen": [True, False]})
    weighted = pd.DataFrame({"drug": ["all"], "mean": [0.02], "low": [0.01], "high": [0.03]})
    said = conclusion(wins, wins, weighted, weights)
    assert "for 2 of 2 drugs" in said and "it is clearly lower" in said
    assert "in 0 of 1 training parts; choosing it raises" in said
    lost, lighter = (
        count_wins(differences([0.02, 0.03, 0.02])),
        weighted.assign(mean=-0.02, high=-0.01),
    )
    turned = conclusion(lost, wins, lighter, weights)
    assert "for 0 of 2 drugs" in turned and "it is clearly higher" in turned and "lowers" in turned
