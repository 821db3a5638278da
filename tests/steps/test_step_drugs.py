"""Step 10: counting wins, whole tissues held out, and the weight chosen in the inner folds."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, t as student

from pnetlib.datasets.drugs import find_drugs
from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.errors import MissingDrugError, UsageError
from pnetlib.estimators import PredictiveNetwork
from pnetlib.execution.engine import Engine
from pnetlib.steps.choice import METHODS, refit
from pnetlib.steps.comparison.compute import (
    compare,
    fold_errors,
    method_errors,
    outer_folds,
    outer_work,
    paired_differences,
)
from pnetlib.steps.drugs import compute, figures, forecast, further
from pnetlib.steps.drugs.compute import (
    WEIGHTED,
    choose_weighted,
    compare_on_unseen_tissues,
    count_wins,
    held_out_weighted,
    of_drugs,
    tissue_folds,
    weigh,
    weighted_differences,
)
from pnetlib.steps.drugs.further import CYTOTOXIC, choose_further, with_further
from pnetlib.steps.drugs.sentences import conclusion, of_choice, of_forecast, of_forecast_error
from pnetlib.steps.sizes import PROFILES, drugs_sizes
from pnetlib.steps.study import PAPER, SIMULATED

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


ENTRIES = pd.DataFrame(
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
        "lines": pd.array([900, 999, 850, 950, 100, 933, 999, 880, 880], dtype="Int64"),
        "pathway": None,
        "median": np.arange(9.0),
        "spread": np.arange(9.0) % 4,
    }
)
RUN = {"Docetaxel": 1007}
SIZES = drugs_sizes("smoke")


@pytest.fixture
def listed(monkeypatch):
    """A source whose drugs are `ENTRIES`, with the responses to Docetaxel for each of them."""
    cohort = simulate_cohort(5)

    def load(source, drugs, seed, size):
        table = find_drugs(drugs, ENTRIES, source, [])
        response = pd.concat([cohort.response["Docetaxel"]] * len(table), axis=1)
        response.columns = list(table["label"])
        named = dict(zip(table["label"], table["id"].astype(int)))
        provenance = cohort.provenance | {"drugs": named}
        return replace(cohort, response=response, provenance=provenance, truth=None)

    monkeypatch.setattr(further, "list_drugs", lambda source: ENTRIES)
    monkeypatch.setattr(further, "load_cohort", load)
    return cohort


def test_further_drugs_are_those_with_most_lines_of_the_named(listed):
    cohort = listed.with_drugs(["Docetaxel"])
    found = with_further(cohort, "here", SIZES, SEED)
    said = of_choice("here", found, SEED)
    # Of two of a name the lower id; equal lines by name; no unnamed, unknown or taken drug.
    assert list(found.table["id"]) == ["1005", "134", "140", "135", "11"]
    assert list(found.cohort.response) == ["Docetaxel", *found.table["name"]]
    assert "5 of the" in said and "5 measured in most cell lines: Cisplatin (225 lines)" in said


def test_a_sample_or_all_drugs_join_the_cohort(listed):
    cohort = listed.with_drugs(["Docetaxel"])
    everything = with_further(cohort, "here", SIZES, SEED, "all")
    said = of_choice("here", everything, SEED)
    names = ["Cisplatin", "Etoposide", "Famous", "Gemcitabine", "Vinorelbine"]
    assert list(everything.table["name"]) == names
    assert list(everything.cohort.response) == ["Docetaxel", *names]
    assert everything.cohort.provenance["drugs"]["Gemcitabine"] == 135
    assert "lists 9 drugs. Left out are 2 that repeat a name" in said
    assert "1 measured in fewer than 200 cell lines: Paclitaxel (100)" in said
    assert said.endswith("All 5 others are compared.")
    sample = with_further(cohort, "here", SIZES, SEED, "sample:3")
    said = of_choice("here", sample, SEED)
    assert len(sample.table) == 3 and set(sample.table["name"]) < set(names)
    assert "Of the 5 others, 3 were drawn (seed 5), as evenly as possible over classes" in said
    assert "our choice, since the source gives no target pathway" in said
    assert list(with_further(cohort, "here", SIZES, SEED, "sample:3").table["name"]) == list(
        sample.table["name"]
    )


def test_a_sample_by_default_is_reduced_to_what_there_is(listed):
    cohort = listed.with_drugs(["Docetaxel"])
    paper = drugs_sizes("paper")
    assert paper.further == "sample:60" and not SIZES.further
    assert drugs_sizes("standard").further == ""
    assert len(with_further(cohort, "here", paper, SEED).table) == 5
    few = with_further(cohort, "here", replace(paper, further="sample:2"), SEED)
    assert few.selection.words == choose_further("here", RUN, SIZES, SEED, "sample:2").words


def test_named_drugs_are_added_once(listed):
    cohort = listed.with_drugs(["Docetaxel"])
    found = with_further(cohort, "here", SIZES, SEED, "Etoposide, 1007, docetaxel")
    assert list(found.cohort.response) == ["Docetaxel", "Etoposide"]
    said = of_choice("here", found, SEED)
    assert "as requested: Etoposide (225 lines). 1 drug of the run named again." in said
    nothing = with_further(cohort, "here", SIZES, SEED, "Docetaxel")
    assert nothing.cohort is cohort and nothing.table.empty
    assert "as requested: none." in of_choice("here", nothing, SEED)


def test_another_drug_of_the_same_name_is_told_apart_by_its_id(listed):
    cohort = listed.with_drugs(["Docetaxel"])
    response = cohort.response.set_axis(["Cisplatin"], axis=1)
    provenance = cohort.provenance | {"drugs": {"Cisplatin": 1005}}
    cohort = replace(cohort, response=response, provenance=provenance, truth=None)
    found = with_further(cohort, "here", SIZES, SEED, "1496,1005")
    assert list(found.cohort.response) == ["Cisplatin", "Cisplatin (1496)"]
    assert "Cisplatin" not in set(with_further(cohort, "here", SIZES, SEED, "all").table["name"])


@pytest.mark.parametrize(
    ("requested", "error", "words"),
    [
        ("Cisplatine", MissingDrugError, "here has no drug Cisplatine; similar ones are Cisplatin"),
        ("1006", MissingDrugError, "no drug with id 1006"),
        ("sample:0", UsageError, "must be sample:N with N of at least 1"),
        ("sample", UsageError, "must be sample:N"),
        ("sample:6", UsageError, "The sample has 6 drugs, but the source has 5 to choose from"),
    ],
)
def test_a_wrong_request_is_one_sentence_with_its_exit_code(listed, requested, error, words):
    with pytest.raises(error, match=words) as caught:
        choose_further("here", RUN, SIZES, SEED, requested)
    assert str(caught.value).count(". ") == 0 and str(caught.value).endswith(".")
    assert caught.value.exit_code == {MissingDrugError: 43, UsageError: 2}[error]


@pytest.mark.parametrize("requested", ["", "all"])
def test_a_source_without_further_drugs_says_so(requested):
    cohort = simulate_cohort(5)
    found = with_further(cohort, "simulated", SIZES, SEED, requested)
    said = of_choice("simulated", found, SEED)
    assert found.cohort is cohort and found.table.empty
    assert "contain only the" in said or "only these" in said
    assert len(set(CYTOTOXIC)) == len(CYTOTOXIC)


def test_the_drugs_of_the_simulated_cohort_can_be_further_ones(cohort, compared):
    found = with_further(cohort, "simulated", SIZES, SEED, "all", size="smoke")
    assert list(found.table["name"]) == ["5-Fluorouracil", "Doxorubicin"]
    assert list(found.cohort.response)[:2] == list(cohort.response)


def test_the_comparison_of_a_drug_does_not_depend_on_further_ones(cohort, compared):
    alone = compare(cohort.with_drugs(["Mitomycin-C"]), PROFILE, SEED)
    part = of_drugs(compared, ["Mitomycin-C"])
    pd.testing.assert_frame_equal(alone.predictions, part.predictions, check_exact=True)
    pd.testing.assert_frame_equal(alone.choices, part.choices, check_exact=True)


# Forecast -----------------------------------------------------------------------------------


class Memory:
    """Stored results in memory."""

    def __init__(self):
        self.results = {}

    def get(self, task):
        return self.results.get(task)

    def put(self, task, result):
        assert task not in self.results
        self.results[task] = result


def test_the_trial_takes_a_few_folds_of_drugs_with_few_and_many_lines():
    lines = {"b": 50, "a": 50, "c": 400, "d": 300, "e": 200, "f": 100, "g": 60}
    cohort = SimpleNamespace(lines_for=lambda drug: range(lines[drug]))
    missing = [(drug, 0, fold) for drug in lines for fold in range(3)]
    tasks = forecast.trial_tasks(missing, cohort)
    assert tasks == [(drug, 0, fold) for drug in "agec" for fold in range(2)]
    assert forecast.trial_tasks(missing[1:2], cohort) == [("b", 0, 1)]
    assert forecast.trial_tasks([], cohort) == []


@pytest.mark.long
def test_the_folds_of_a_trial_are_stored_and_the_rest_is_forecast(cohort, compared):
    stored, engine = Memory(), Engine(threads=2)
    work = outer_work(cohort, PROFILE, SEED)
    work = replace(work, stored=stored)
    found = forecast.forecast(work, engine)
    assert (found.trial_folds, found.trial_drugs, found.folds, found.drugs) == (4, 2, 2, 2)
    assert set(stored.results) == {(d, 0, f) for d in cohort.response for f in (0, 1)}
    assert found.seconds > 0 and found.stretch >= 1 and found.memory() > 50e6
    again = forecast.forecast(work, engine)
    assert (again.trial_folds, again.folds) == (2, 0) and np.isnan(again.margin)
    assert forecast.forecast(work, engine) is None
    results = [stored.results[task] for task in work.tasks]
    tables = pd.concat([predictions for predictions, _ in results], ignore_index=True)
    pd.testing.assert_frame_equal(tables, compared.predictions, check_exact=True)


FORECAST = forecast.Forecast(
    10, 5, 4, 2, seconds=6.0, margin=0.25, stretch=1.5, cores=2, base=1e9, each=5e8, means=(5, 7), start=4.0, kept=1e6
)  # fmt: skip


def test_a_forecast_counts_rounds_of_folds():
    assert FORECAST.clock(3) == 4.0 + 4 * 6.0 and FORECAST.clock(200) == 4.0 + 6.0
    assert FORECAST.clock() == 5 * 6.0 * 1.5
    assert FORECAST.memory() == 2e9 + 2e7 and FORECAST.memory(200) == 200 * 1.5e9
    more = FORECAST.of([("a", 0, 0), ("a", 0, 1), ("b", 0, 0)])
    assert (more.folds, more.drugs, more.clock(2)) == (3, 2, 16.0)
    spread = np.std([5, 7], ddof=1) * np.sqrt(1 / 2 + 1 / 2) / 6
    assert more.margin == pytest.approx(student.ppf(0.975, 1) * spread)


def test_the_margin_is_a_prediction_interval_of_the_mean():
    rng, hits, n = np.random.default_rng(2), 0, 2000
    for _ in range(n):
        means = rng.normal(6, 0.5, 12)
        width = forecast._margin(means[:4], 8) * means[:4].mean()
        hits += abs(means[4:].mean() - means[:4].mean()) <= width
    assert abs(hits / n - 0.95) < 4 * np.sqrt(0.95 * 0.05 / n)


def test_a_forecast_and_its_error_in_words():
    said = of_forecast(FORECAST, [2, 200], "all parts")
    assert said.startswith("Forecast of all parts from 4 folds of 2 drugs: the remaining 10 folds")
    assert "of 5 drugs take 6 s of one core each (± 25%" in said
    assert "45 s (34 s to 56 s), at most 2 GB" in said
    assert (
        "On 2 free cores, each with a process of its own that first reads the data (4 s): 34 s"
        in said
    )
    assert "10 s (7.5 s to 12 s), at most 1.5 GB per process, 300 GB in all" in said
    error = of_forecast_error(FORECAST, 50.0, 60.0, 2.5e9)
    assert "50 s by the clock (forecast 45 s, error -10%)" in error
    assert "60 s of cores (forecast 60 s, error +0%)" in error
    assert "2.5 GB of memory (forecast 2 GB, error -19%)" in error and "margin was 25%" in error
    elsewhere = of_forecast_error(FORECAST, 50.0, None, None)
    assert "of cores" not in elsewhere and "50 s by the clock" in elsewhere
    single = replace(FORECAST, margin=float("nan"))
    texts = [of_forecast(single), of_forecast_error(single, 9.0, 9.0, 1e9)]
    texts += [of_forecast(None), of_forecast_error(None, 0.0, 0.0, 0.0)]
    done = replace(FORECAST, folds=0)
    texts += [of_forecast(done), of_forecast_error(done, 1.0, 1.0, 1e9)]
    assert not any("nan" in text.split() or "None" in text for text in texts)


def test_numbers_of_cores_are_read_or_refused():
    assert forecast.read_cores("") == [] and forecast.read_cores(" 2, 200,") == [2, 200]
    for text in ("2,x", "0", "-1", "1.5"):
        with pytest.raises(UsageError, match="cores is .* whole numbers of at least 1"):
            forecast.read_cores(text)


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
    names = ["lam1", "lam2", "lam3", "lam4", "inner error"]
    assert [row[name] for name in names] == pro[names].tolist()


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
        point["lam2"],
        point["lam3"] * np.sqrt(omega),
        point["lam4"] * omega,
        response_weight=omega,
        n_jobs=1,
    ).fit(X, z)
    ours = (moments.z_mean + (X - moments.mean) / moments.scale @ u) / np.sqrt(omega)
    assert np.corrcoef(ours, model.predict(X))[0, 1] > 0.99
    assert error == pytest.approx(choice.errors["Pro"].mean(axis=0).min() / omega)
    assert 0.2 < error < 1.3  # in the units of z, whatever omega


@pytest.mark.long
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


@pytest.mark.parametrize("study", [SIMULATED, PAPER])
def test_figures_show_all_drugs_and_weights(cohort, compared, study):
    folds = fold_errors(compared.predictions)
    apart, errors = paired_differences(folds), method_errors(folds)
    predictions, weights = weigh(cohort, compared, PROFILE, SEED, ())
    weighted = weighted_differences(predictions)
    assert (weights["omega"] == 1.0).all() and (weighted["mean"] == 0.0).all()
    wins = count_wins(apart)
    drawn = [
        figures.draw_drugs(apart, wins, study=study),
        figures.draw_tissues(errors, errors, study=study),
        figures.draw_weights(weights, weighted, study=study),
    ]
    drugs = [*cohort.response, "mean of the drugs"]
    assert [t.get_text() for t in drawn[0].axes[0].get_yticklabels()] == drugs
    assert [t.get_text() for t in drawn[2].axes[1].get_yticklabels()] == drugs
    assert f"below 0: {wins['wins'][0]} of 2" in drawn[0].legends[0].texts[0].get_text()
    for figure in drawn:
        assert figure._suptitle.get_text().endswith("SIMULATED DATA") == study.simulated
    caption = figures.caption_drugs(apart, wins, study=study)
    assert "2 drugs" in caption and "share their cell lines, so they are not independent" in caption
    assert "1 in 6" in figures.caption_weights(weights, study=study)


@pytest.mark.parametrize("n_drugs", [60, 400])
def test_many_drugs_are_sorted_and_not_named(n_drugs):
    rng = np.random.default_rng(1)
    table = differences([*rng.normal(-0.01, 0.02, n_drugs), -0.01])
    wins = count_wins(table)
    figure = figures.draw_drugs(table, wins, study=SIMULATED)
    panels = figure.axes
    assert len(panels) == 3 and not any(
        t.get_text().startswith("d") for t in panels[0].get_yticklabels()
    )
    for axes, row in zip(panels, wins.to_dict("records")):
        dots = [bars.lines[0] for bars in axes.containers]
        assert [len(line.get_xdata()) for line in dots] == [
            row["clear wins"], n_drugs - row["clear wins"] - row["clear losses"], row["clear losses"]
        ]  # fmt: skip
        places = np.concatenate([line.get_ydata() for line in dots])
        values = np.concatenate([line.get_xdata() for line in dots])
        assert sorted(places) == list(range(n_drugs))
        assert (np.diff(values[np.argsort(places)]) >= 0).all()
        assert f"below 0: {row['wins']} of {n_drugs}" in axes.get_title(loc="left")
    assert figure.get_size_inches()[1] <= 8  # fits on a page
    said = figures.caption_drugs(table, wins, study=PAPER)
    assert f"{n_drugs} drugs" in said and "sorted by the difference" in said


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
    assert "clearly below for 2 and clearly above for 0" in said
    assert "share their cell lines, so they are not independent" in said
    assert "in 0 of 1 training parts; choosing it raises" in said
    lost, lighter = (
        count_wins(differences([0.02, 0.03, 0.02])),
        weighted.assign(mean=-0.02, high=-0.01),
    )
    turned = conclusion(lost, wins, lighter, weights)
    assert "for 0 of 2 drugs" in turned and "it is clearly higher" in turned and "lowers" in turned
