"""Step 12: agreement, the ceiling, and other screens as judges."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr

from pnetlib.datasets.lineage import lineages
from pnetlib.datasets.screens import SAME, Screens, simulate_screens
from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.steps.choice import METHODS
from pnetlib.steps.comparison.compute import BASELINES, fold_errors, outer_folds
from pnetlib.steps.screens import compute, sentences
from pnetlib.steps.screens.compute import (
    ALL,
    MEAN,
    NETWORK_GAIN,
    RESPONSE,
    agreement,
    carried_errors,
    ceilings,
    errors_by_lines,
    gains_by_lines,
    judge,
    offsets,
    saved_shares,
    second_screens,
    summarise,
)

SEED = 3


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(SEED)


@pytest.fixture(scope="module")
def screens(cohort):
    return simulate_screens(cohort, SEED)


def predictions(cohort, quality=None, repeats=1, seed=0):
    """Held-out predictions that correlate with the response as a method's quality says."""
    quality = quality or dict(zip(METHODS, (0.9, 0.5, 0.6, 0.2)))
    rng, rows = np.random.default_rng(seed), []
    for repeat in range(repeats):
        folds = outer_folds(cohort.expression.index, 3, repeat, SEED)
        for drug in cohort.response:
            z = cohort.response[drug].dropna()
            for fold in range(3):
                own = z[folds[z.index] == fold]
                row = {"drug": drug, "repeat": repeat, "fold": fold, "line": own.index}
                row |= {"z": own.to_numpy(), "n_train": len(z) - len(own)}
                row |= dict.fromkeys(BASELINES, 0.0)
                for method, r in quality.items():
                    noise = np.sqrt(1 - r**2) * rng.normal(size=len(own))
                    row[method] = r * (r * own.to_numpy() + noise)
                rows.append(pd.DataFrame(row))
    return pd.concat(rows, ignore_index=True)


def test_agreement_is_the_correlation_of_common_lines(cohort, screens):
    table = agreement(cohort, screens, 50, 0).set_index(["screen", "lines"])
    name = screens.of("Docetaxel", laboratory=SAME)[0]
    pair = pd.concat([cohort.response["Docetaxel"], screens.values[name]], axis=1).dropna()
    row = table.loc[name, ALL]
    assert row["n"] == len(pair)
    assert row["pearson"] == pytest.approx(pearsonr(*pair.to_numpy().T)[0])
    assert row["spearman"] == pytest.approx(spearmanr(*pair.to_numpy().T)[0])
    assert row["pearson low"] < row["pearson"] < row["pearson high"]
    solid = lineages(cohort.annotation["tissue"]).loc[pair.index] == "solid"
    assert table.loc[(name, "solid"), "n"] == solid.sum()


@pytest.mark.long
def test_the_ceiling_is_the_planted_share_in_most_intervals(cohort):
    """Coverage of the 95% interval over cohorts and draws of the noise: at least 88%."""
    covered = []
    for seed in range(12):
        own = simulate_cohort(seed)
        screens = simulate_screens(own, seed)
        found = ceilings(agreement(own, screens, 100, seed), screens, list(own.response))
        for _, row in found.iterrows():
            planted = screens.provenance["planted"][row["screen"]]
            covered.append(row["low"] <= planted <= row["high"])
    assert len(covered) == 48 and np.mean(covered) >= 0.88


def test_a_drug_without_a_second_screen_has_no_ceiling(cohort, screens):
    few = screens.among(["Docetaxel"])
    found = ceilings(agreement(cohort, few, 20, 0), few, list(cohort.response))
    assert list(found.index) == ["Docetaxel"]
    table = predictions(cohort)
    carried = carried_errors(table, few, second_screens(few, ["Docetaxel"]))
    said = sentences.of_ceilings(saved_shares(fold_errors(table)), found, carried)
    assert said.count("no second screen") == 3 and said.count("of at most") == 1
    assert said.count("of the second screen it saves") == 1
    even = sentences.of_ceilings(saved_shares(fold_errors(table)).assign(mean=0.2), found, carried)
    assert even.count("Pro, NW.P, ELA and LA save most, 20%") == 4
    assert even.count("of the second screen Pro saves") == 1


def test_an_offset_of_one_screen_is_found(cohort, screens):
    blood = lineages(cohort.annotation["tissue"]) == "blood"
    values = screens.values.copy()
    name = screens.of("Docetaxel", laboratory=SAME)[0]
    values.loc[blood, name] += 3.0
    shifted = Screens(values, screens.listed, screens.provenance)
    table = offsets(cohort, shifted).set_index(["drug", "screen"])
    assert table.loc[("Docetaxel", name), "low"] > table.loc[("Docetaxel", RESPONSE), "high"] + 1
    assert "1 of 2 other screens has another offset" in sentences.of_offsets(table.reset_index())


def test_saved_shares_are_relative_to_the_drug_mean(cohort):
    errors = fold_errors(predictions(cohort))
    table = saved_shares(errors).set_index(["drug", "method"])
    own = errors.xs("Docetaxel", level="drug")
    expected = (1 - own["Pro"] / own["drug mean"]).mean()
    assert table.loc[("Docetaxel", "Pro"), "mean"] == pytest.approx(expected)


def test_a_judge_ranks_methods_as_their_quality(cohort, screens):
    second = second_screens(screens, cohort.response)
    judged = judge(predictions(cohort), cohort, screens, {"second": second}, 200, 0)
    whole = judged.table[judged.table["lines"] == ALL].pivot(
        index="drug", columns="method", values="mean"
    )
    assert (whole["Pro"] > whole["LA"] + 0.1).all() and whole["ELA"].mean() > whole["LA"].mean()
    assert (whole[RESPONSE] > whole["Pro"]).all()
    means = judged.differences[
        (judged.differences["drug"] == MEAN) & (judged.differences["lines"] == ALL)
    ].set_index("pair")
    assert means.at["Pro minus LA", "low"] > 0 and means.at["Pro minus LA", "p"] < 1e-6
    expected = (whole[["Pro", "NW.P"]].mean(axis=1) - whole[["ELA", "LA"]].mean(axis=1)).mean()
    assert means.at[NETWORK_GAIN, "mean"] == pytest.approx(expected)
    assert means.at["Pro minus response", "high"] < 0


def test_a_judge_uses_each_line_s_mean_over_repeats(cohort, screens):
    table = predictions(cohort, repeats=2)
    second = second_screens(screens, ["Docetaxel"])
    judged = judge(table, cohort, screens, {"second": second}, 20, 0)
    own = table[table["drug"] == "Docetaxel"].groupby("line")["Pro"].mean()
    pair = pd.concat([own, screens.values[second["Docetaxel"]]], axis=1).dropna()
    row = judged.table[(judged.table["method"] == "Pro") & (judged.table["lines"] == ALL)].iloc[0]
    assert row["mean"] == pytest.approx(spearmanr(*pair.to_numpy().T)[0])
    assert row["n"] == len(pair)


@pytest.mark.long
def test_intervals_of_equal_methods_contain_0(cohort, screens):
    equal = dict.fromkeys(METHODS, 0.5)
    second, inside = second_screens(screens, cohort.response), []
    for seed in range(15):
        table = predictions(cohort, equal, seed=seed)
        judged = judge(table, cohort, screens, {"second": second}, 100, seed)
        rows = judged.differences
        rows = rows[(rows["pair"] == "Pro minus ELA") & (rows["lines"] == ALL)]
        inside += ((rows["low"] <= 0) & (rows["high"] >= 0)).tolist()
    assert np.mean(inside) >= 0.88


def test_carried_errors_do_not_see_the_fold_they_judge(cohort, screens):
    table = predictions(cohort)
    second = second_screens(screens, ["Docetaxel"])
    one = carried_errors(table, screens, second)
    own = table[table["drug"] == "Docetaxel"]
    assert set(one["method"]) == {*METHODS, RESPONSE}
    first = own[own["fold"] == 0].assign(judge=lambda t: t["line"].map(screens.values.iloc[:, 6]))
    assert len(first)
    # A linear change of a prediction changes nothing, as the map is fitted.
    table.loc[table["drug"] == "Docetaxel", "Pro"] = 3 - 2 * own["Pro"]
    two = carried_errors(table, screens, second)
    np.testing.assert_allclose(two["mean"], one["mean"], atol=1e-9)


def test_solid_lines_alone(cohort):
    table = predictions(cohort)
    by_lines = errors_by_lines(table, cohort)
    solid = lineages(cohort.annotation["tissue"]) == "solid"
    own = table[table["line"].isin(solid.index[solid])]
    pd.testing.assert_frame_equal(by_lines["solid"], fold_errors(own))
    gains = gains_by_lines(by_lines).set_index(["lines", "drug", "pair"])
    assert gains.loc[("all", MEAN, "Pro minus LA"), "high"] < 0
    assert "solid lines: network minus expression" in sentences.of_lines(gains.reset_index())


def test_sentences_name_what_was_found(cohort, screens):
    table = predictions(cohort)
    second = second_screens(screens, cohort.response)
    judged = judge(table, cohort, screens, {"the judge": second}, 100, 0)
    found = ceilings(agreement(cohort, screens, 50, 0), screens, list(cohort.response))
    shares = saved_shares(fold_errors(table))
    said = sentences.in_three(summarise(shares, found, judged, "the judge"))
    assert "4 responses measured twice" in said and "Judged by the judge" in said
    assert "Pro minus LA" in sentences.of_judge(judged, "the judge")
    assert "No drug has another" in sentences.of_judge(judged, "another")
    assert "No prediction agrees clearly better" in sentences.of_response(judged, "the judge")
    alone = sentences.in_three(summarise(shares, found, judged, "another"))
    assert "Judged by" not in alone and said.startswith(alone)
    none = sentences.in_three(summarise(shares, found[:0], judged, "the judge"))
    assert "No response was measured twice" in none


def test_too_few_lines_are_not_judged(cohort, screens):
    few = Screens(screens.values.head(compute.LEAST - 1), screens.listed, screens.provenance)
    second = second_screens(screens, cohort.response)
    judged = judge(predictions(cohort), cohort, few, {"second": second}, 20, 0)
    assert judged.table.empty and judged.differences.empty
