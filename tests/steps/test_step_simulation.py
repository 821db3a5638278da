"""The simulation study: measures, intervals, the table compared the paper, rules and sentences."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from scipy.sparse import csc_array
from scipy.stats import ttest_1samp

from pnetlib.errors import UsageError
from pnetlib.estimators import NetworkThenPredict, PredictiveNetwork
from pnetlib.execution.engine import Engine
from pnetlib.paper.table1 import published_selection
from pnetlib.steps.choice import METHODS, choose, refit
from pnetlib.steps.simulation import ablation, compute, figures, sentences, summaries
from pnetlib.steps.simulation.compute import CELL, MEASURES, Data
from pnetlib.steps.simulation.designs import Design, draw_truth
from pnetlib.steps.sizes import SIMULATION, simulation_sizes
from pnetlib.steps.style import METHOD_COLOURS

SIZES = replace(
    SIMULATION["smoke"],
    modules=6,
    n_train=50,
    n_test=40,
    tuning=replace(SIMULATION["smoke"].tuning, n_genes=66, search="grid"),
)
DESIGN = Design(n_tfs=3, modules=6)
SEED = 5


@pytest.fixture(scope="module")
def found():
    designs = [DESIGN, replace(DESIGN, graph="hub", response="activity", n_tfs=2)]
    return compute.run_replicates(designs, 3, SIZES, SEED)


@pytest.fixture(scope="module")
def ablated():
    return compute.run_replicates(
        [DESIGN, replace(DESIGN, response="activity")], 2, SIZES, SEED, work=ablation.ablate
    )


def made_up(lead_TP=0.5, lead_TN=0.0, ranked=0.6, by_u=0.6, n=20, seed=0, **given):
    """Replicates whose Pro leads by so much, with a little noise."""
    rng, rows = np.random.default_rng(seed), []
    for response in ("expression", "activity"):
        for n_tfs in (5, 10):
            for scenario in (1, 2, 3, 4):
                for number in range(n):
                    for method in METHODS:
                        own = method == "Pro"
                        row = dict.fromkeys(MEASURES, 0.5)
                        row |= {
                            "TP": 0.4 + own * lead_TP + rng.normal(0, 0.02),
                            "TN": 0.9 + own * lead_TN + rng.normal(0, 0.005),
                            "TP at TN 0.95": 0.3 + own * ranked + rng.normal(0, 0.02),
                            "TP at TN 0.95 by u": 0.3 + own * by_u + rng.normal(0, 0.02),
                            "error": 0.3 - 0.1 * own,
                        }
                        row |= dict.fromkeys(compute.RELEVANT, 55)
                        if method in ("ELA", "LA"):
                            row |= dict.fromkeys(compute.EDGE_MEASURES, np.nan)
                        rows.append(
                            {
                                "graph": "TF hub",
                                "n_tfs": n_tfs,
                                "scenario": scenario,
                                "error level": 0.51,
                                "response": response,
                                "replicate": number,
                                "method": method,
                                **row,
                                "lam4": 0.1 * (number % 2) * own,
                                "linked pairs": 0.01,
                                "noise": 0.1,
                                **given,
                            }
                        )
    return pd.DataFrame(rows)


# The paper's table


def test_published_table_is_the_papers():
    table = published_selection()
    assert len(table) == 32 and set(table["method"]) == set(METHODS)
    at = table.set_index(["n_tfs", "scenario", "method"])
    assert tuple(at.loc[(5, 1, "Pro"), ["TP", "TN"]]) == (0.99, 0.97)
    assert tuple(at.loc[(5, 4, "ELA"), ["TP", "TN", "Ave"]]) == (0.42, 0.82, 0.62)
    assert tuple(at.loc[(10, 3, "NW.P"), ["TP", "TN", "Ave"]]) == (0.66, 0.92, 0.79)
    assert tuple(at.loc[(10, 4, "LA"), ["TP", "TN"]]) == (0.33, 0.92)
    assert at.loc[(slice(None), slice(None), "Pro"), "Ave"].isna().all()
    assert at.loc[(10, 4), "Ave"].isna().all()
    readable = table.dropna()
    assert len(readable) == 21
    mean = (readable["TP"] + readable["TN"]) / 2
    assert (np.abs(mean - readable["Ave"]) < 0.011).all()  # rounded twice


# Measures


def test_rate_at_a_held_rate_by_hand():
    relevant = np.array([1, 0, 1, 0, 0, 0, 0, 1], bool)
    importance = np.array([9.0, 8, 7, 6, 5, 4, 3, 2])
    assert compute.rate_at(importance, relevant, TN=0.8) == pytest.approx(2 / 3)
    assert compute.rate_at(importance, relevant, TN=1.0) == pytest.approx(1 / 3)
    assert compute.rate_at(importance, relevant, TN=0.0) == 1.0


def test_ties_count_as_random_order():
    rng = np.random.default_rng(0)
    relevant = rng.random(60) < 0.3
    importance = np.where(rng.random(60) < 0.6, 0.0, rng.integers(1, 5, 60))
    tried = []
    for _ in range(3000):
        order = np.lexsort((rng.random(60), -importance))
        others = np.cumsum(~relevant[order])
        admitted = others <= 0.5 * (~relevant).sum()
        tried.append(relevant[order][admitted].sum() / relevant.sum())
    assert compute.rate_at(importance, relevant, TN=0.5) == pytest.approx(np.mean(tried), abs=0.02)


def test_no_effect_at_all_is_chance():
    relevant = np.arange(100) < 30
    assert compute.rate_at(np.zeros(100), relevant) == pytest.approx(0.05)


def naive_edges(B, links):
    """TP, TN and average precision pair by pair."""
    p, pairs = len(links), []
    for q in range(p):
        for j in range(q + 1, p):
            pairs.append((abs(B[q, j]) + abs(B[j, q]), links[q, j]))
    linked = [w for w, t in pairs if t]
    apart = [w for w, t in pairs if not t]
    precision = 0.0
    for value in linked:
        above = [t for w, t in pairs if w >= value]
        precision += np.mean(above) / len(linked)
    return np.mean([w > 0 for w in linked]), np.mean([w == 0 for w in apart]), precision


def test_edges_as_pair_by_pair():
    rng = np.random.default_rng(2)
    B = np.where(rng.random((15, 15)) < 0.3, rng.normal(size=(15, 15)), 0.0)
    np.fill_diagonal(B, 0)
    links = np.triu(rng.random((15, 15)) < 0.2, 1)
    links |= links.T
    rates = compute.edge_rates(csc_array(B), links)
    assert_allclose([rates[name] for name in compute.EDGE_MEASURES], naive_edges(B, links))


@pytest.mark.parametrize("method", METHODS)
def test_a_row_is_what_the_chosen_model_finds(found, method):
    data = compute.draw_data(DESIGN, 1, SIZES, SEED)
    moments, choice = choose(data.X, data.z, SIZES.tuning, SEED + 1)
    u, state = refit(choice, method)
    selected = (u if state is None else state.theta) != 0
    relevant = np.arange(66) < 33
    row = found[(found["graph"] == "TF hub") & (found["replicate"] == 1)]
    row = row.set_index("method").loc[method]
    assert row["TP"] == selected[relevant].mean()
    assert row["TN"] == (~selected[~relevant]).mean()
    assert row["Ave"] == pytest.approx((row["TP"] + row["TN"]) / 2)
    assert row["TP by u"] == (u != 0)[relevant].mean()
    assert row["TN by u"] == (u == 0)[~relevant].mean()
    assert row["TP at TN 0.95 by u"] == compute.rate_at(np.abs(u), relevant)
    assert (row[list(compute.RELEVANT)] == 33).all()
    X = (data.X_new - data.X.mean(axis=0)) / data.X.std(axis=0)
    z, own = data.z_new * data.unit, (data.z.mean() + X @ u) * data.unit
    assert row["error"] == pytest.approx(np.mean((z - own) ** 2) / data.truth.variance)
    assert np.isnan(row["edge AUPR"]) == (state is None)


def perfect(data, **given):
    """Measures of a model that finds exactly the true u, and theta and network if given."""
    moments = SimpleNamespace(mean=0.0, scale=1.0, z_mean=0.0)
    B = SimpleNamespace(matrix=lambda: csc_array(data.truth.B))
    state = SimpleNamespace(B=B, **given) if given else None
    return compute.measure(data, moments, data.truth.slope / data.unit, state)


@pytest.mark.parametrize("graph", ["TF hub", "random", "cluster", "scale-free", "hub"])
def test_exactly_the_support_of_u_is_without_error_by_u(graph):
    """A correct elastic net or lasso: by theta, on three of the graphs, it seems to err."""
    design = Design(graph, 5, 1, response="activity", modules=12)
    data = compute.draw_data(design, 0, SIZES, SEED)
    truth, found = data.truth, perfect(data)
    assert found["TP by u"] == found["TN by u"] == found["TP at TN 0.95 by u"] == 1.0
    wrong = truth.relevant_by_u & ~truth.relevant_by_theta
    assert found["TN"] == pytest.approx(1 - wrong.sum() / (~truth.relevant_by_theta).sum())
    assert (found["TN"] < 0.8) == (graph in ("random", "cluster", "scale-free"))
    network = perfect(data, theta=truth.effects)  # a correct Pro: without error by both
    assert all(network[name] == 1.0 for reading in summaries.READINGS.values() for name in reading)


def test_response_is_in_training_deviations():
    data = compute.draw_data(DESIGN, 0, SIZES, SEED)
    assert data.z.std() == pytest.approx(1.0)
    truth = data.truth
    residual = data.z_new * data.unit - data.X_new @ truth.slope
    assert residual.var() == pytest.approx(truth.noise, rel=0.6)


# Replicates


def test_every_cell_has_every_method_and_measure(found):
    assert len(found) == 2 * 3 * len(METHODS)
    rates = found[[name for name in MEASURES if not name.startswith("edge")]]
    assert rates.notna().all(axis=None) and (rates >= 0).all(axis=None)
    network = found["method"].isin(["Pro", "NW.P"])
    assert found.loc[network, list(compute.EDGE_MEASURES)].notna().all(axis=None)


def test_threads_change_no_bit(found):
    designs = [DESIGN, replace(DESIGN, graph="hub", response="activity", n_tfs=2)]
    done = []
    again = compute.run_replicates(
        designs, 3, SIZES, SEED, engine=Engine(threads=2), advance=lambda: done.append(1)
    )
    assert_frame_equal(again, found, check_exact=True)
    assert len(done) == 6


def test_data_depend_on_design_number_and_seed_alone():
    first = compute.draw_data(DESIGN, 0, SIZES, SEED)
    again = compute.draw_data(replace(DESIGN), 0, SIZES, SEED)
    np.testing.assert_array_equal(first.X, again.X)
    for other in (
        compute.draw_data(DESIGN, 1, SIZES, SEED),
        compute.draw_data(DESIGN, 0, SIZES, 6),
        compute.draw_data(replace(DESIGN, scenario=2), 0, SIZES, SEED),
    ):
        assert (other.X != first.X).all()


def test_cells_are_the_papers_and_networks_every_shape():
    for study_size in SIMULATION.values():
        cells = compute.table_designs(study_size, 0.51)
        for response in ("expression", "activity"):
            own = [(d.n_tfs, d.scenario) for d in cells if d.response == response]
            assert own == [(n, s) for n in (5, 10) for s in (1, 2, 3, 4)]
        shapes = compute.graph_designs(study_size, 0.51, 0.9)
        assert not set(shapes) & set(cells) and len(set(shapes)) == len(shapes)
        assert set(compute.ablation_designs(study_size, 0.51)) <= set(cells)
    assert SIMULATION["paper"].replicates >= 50


def test_unfit_sizes_are_refused():
    with pytest.raises(UsageError, match="smoke, standard, paper, not 'huge'"):
        simulation_sizes("huge")
    with pytest.raises(UsageError, match="replicates is 1, but an interval needs at least 2"):
        simulation_sizes("smoke", 1)
    assert simulation_sizes("smoke", 7).replicates == 7


# Intervals


def test_intervals_cover_the_planted_error_at_about_their_level():
    """Known case: the true model's error on new samples is the share of noise."""
    truth = draw_truth(Design(n_tfs=2, modules=3), np.random.default_rng(0))
    rng, covered, sets = np.random.default_rng(1), 0, 500
    for _ in range(sets):
        rows = []
        for number in range(8):
            X, z = truth.sample(40, rng)
            error = np.mean((z - X @ truth.slope) ** 2) / truth.variance
            rows.append({"replicate": number, "method": "truth", "error": error})
        span = summaries.cell_intervals(pd.DataFrame(rows), ["method"], ["error"]).iloc[0]
        covered += span["low"] <= truth.noise / truth.variance <= span["high"]
    assert 0.92 < covered / sets < 0.975  # 95 % less and more than 3 standard errors


@pytest.mark.long
def test_intervals_cover_a_planted_rate_at_about_their_level():
    rng, sets = np.random.default_rng(2), 500
    rates = rng.binomial(55, 0.8, size=(sets, 20)) / 55
    spans = pd.concat(
        [
            summaries.cell_intervals(pd.DataFrame({"method": "x", "TP": own}), ["method"], ["TP"])
            for own in rates
        ]
    )
    covered = ((spans["low"] <= 0.8) & (0.8 <= spans["high"])).mean()
    assert 0.92 < covered < 0.98


def test_intervals_end_where_rates_do_and_skip_what_is_undefined(found):
    table = summaries.cell_intervals(found)
    rates = table[table["measure"] != "error"]
    assert (rates["low"] >= 0).all() and (rates["high"] <= 1).all()
    assert (table["low"] <= table["mean"]).all() and (table["mean"] <= table["high"]).all()
    edges = table[table["measure"].str.startswith("edge")]
    assert set(edges["method"]) == {"Pro", "NW.P"}
    assert (table["replicates"] == 3).all()


# Beside the paper, patterns, sentences


def test_the_paper_is_compared_with_the_right_cell():
    table = made_up()
    table.loc[(table["n_tfs"] == 10) & (table["scenario"] == 2), "TP"] = 0.123
    compared = summaries.compared_with_paper(summaries.cell_intervals(table), published_selection())
    assert len(compared) == 2 * 8 * 4 * 3
    row = compared[
        (compared["n_tfs"] == 10)
        & (compared["scenario"] == 2)
        & (compared["method"] == "NW.P")
        & (compared["measure"] == "TP")
    ]
    assert_allclose(row["mean"], 0.123)
    assert (row["paper"] == 0.69).all() and len(row) == 2
    words = summaries.comparison_text(compared)
    assert words.loc[("activity", 10, 2), ("TP", "NW.P")] == "0.12 (0.12, 0.12) [0.69]"
    assert words.loc[("expression", 5, 1), ("Ave", "Pro")].endswith("[not legible]")


@pytest.mark.parametrize(
    ("given", "pattern", "by_rank"),
    [
        ({}, "appears", "appears"),
        ({"lead_TP": 0.1}, "does not appear", "appears"),
        ({"lead_TN": -0.2}, "does not appear", "appears"),
        ({"ranked": 0.0}, "appears", "does not appear"),
        ({"lead_TP": 0.2}, "open", "appears"),
    ],
)
def test_pattern_follows_the_numbers(given, pattern, by_rank):
    verdicts = summaries.patterns(made_up(**given))
    assert len(verdicts) == 16
    if pattern == "open":  # the true lead is the limit: some intervals may miss it by chance
        assert (verdicts["pattern"] == "open").sum() >= 10
    else:
        assert set(verdicts["pattern"]) == {pattern}
    assert set(verdicts["by rank"]) == {by_rank}
    assert set(verdicts["by rank of u"]) == {"appears"}
    counts = summaries.pattern_counts(verdicts)
    assert counts.to_numpy().sum() == 48
    assert counts.loc[("by rank", "activity", 0.51, "TF hub"), by_rank] == 8


def test_rank_of_u_is_judged_by_its_own_measure():
    verdicts = summaries.patterns(made_up(by_u=0.1))
    assert set(verdicts["by rank"]) == {"appears"}
    assert set(verdicts["by rank of u"]) == {"does not appear"}


def test_readings_keep_networks_apart_where_they_differ():
    table = pd.concat([made_up(n=3, graph=graph) for graph in ("TF hub", "hub", "random")])
    differ = (table["graph"] == "random") & (table["response"] == "activity")
    table.loc[differ, "relevant by u"] = 75
    table.loc[differ & (table["method"] == "Pro"), "TP by u"] = 0.25
    read = summaries.readings(table)
    assert list(dict.fromkeys(read["networks"])) == [
        "TF hub, hub and random",
        "TF hub and hub",
        "random",
    ]
    row = read[(read["networks"] == "random") & (read["method"] == "Pro")].set_index("relevant by")
    assert row.at["u", "TP"] == 0.25 and row.at["theta", "TP"] == pytest.approx(0.9, abs=0.01)
    assert set(row["only by u"]) == {20}
    by = read.set_index(["method", "relevant by"])["selected by"]
    assert set(by["Pro", "theta"]) == {"theta"} and set(by["ELA", "theta"]) == {"u"}
    text = summaries.readings_text(read)
    assert text.shape == (6, 4) and text.loc[("activity", "random", "u"), "Pro"].startswith(
        "0.25 /"
    )
    said = sentences.of_readings(read)
    assert "on the networks random: on average 20 genes are relevant by u alone" in said
    assert said.count("both readings call the same genes relevant") == 2


def test_paired_leads_are_those_of_a_paired_test(found):
    leads = summaries.paired_leads(found).set_index(["graph", "method", "measure"])
    wide = found[found["graph"] == "hub"].pivot(
        index="replicate", columns="method", values="TP at TN 0.95 by u"
    )
    test = ttest_1samp(wide["Pro"] - wide["NW.P"], 0)
    row = leads.loc[("hub", "NW.P", "TP at TN 0.95 by u")]
    assert row["mean"] / row["se"] == pytest.approx(test.statistic)
    assert row["n"] == 3 and len(leads) == 2 * 3 * 6


def test_one_rival_as_good_is_enough_against_the_pattern():
    table = made_up()
    table.loc[table["method"] == "ELA", "TP"] += 0.5
    verdicts = summaries.patterns(table)
    assert set(verdicts["pattern"]) == {"does not appear"}
    assert set(verdicts["TP rival"]) == {"ELA"}


def test_sentences_change_with_the_numbers():
    far, near = made_up(), made_up(lead_TP=0.1)
    assert "by genes selected, it appears in 8, does not appear in 0" in sentences.of_patterns(
        summaries.patterns(far)
    )
    assert "by genes selected, it appears in 0, does not appear in 8" in sentences.of_patterns(
        summaries.patterns(near)
    )
    said = sentences.of_patterns(summaries.patterns(made_up(lead_TP=0.1, by_u=0.1)))
    assert "by rank of u, it appears in 0, does not appear in 8" in said
    assert "Pro's ranks are far ahead by theta, but mostly not by u" in said
    assert "far ahead by theta and by u" in sentences.of_patterns(summaries.patterns(near))
    published = published_selection()
    assert "Pro TP 0.90, TN 0.90 (paper 0.98 to 0.99, 0.94 to 0.97)" in sentences.of_rates(
        far, published
    )
    assert "Pro TP 0.50" in sentences.of_rates(near, published)
    even = far.assign(TP=0.4)
    assert "Pro, NW.P, ELA and LA select the largest share" in sentences.of_rates(even, published)
    assert "Pro selects the largest share" in sentences.of_rates(far, published)
    assert "if genes are relevant and ranked by u, Pro 0.90, NW.P 0.30" in sentences.of_rates(
        far, published
    )
    errors = sentences.of_errors(far)
    assert "Pro 0.200 of the variance (noise 0.100); Pro minus NW.P -0.100" in errors
    networks = sentences.of_networks(far[far["scenario"] == 1], summaries.patterns(far))
    assert "AUPR of 0.50 (0.50 to 0.50; chance 0.01)" in networks


def test_sentence_on_the_link_penalty():
    table = made_up()
    pro = (table["method"] == "Pro") & (table["lam4"] == 0)
    table.loc[pro, "TP"] = 0.2
    said = sentences.of_link_penalty(summaries.by_link_penalty(table))
    assert "lam4 > 0 in 50% of the data sets, with TP 0.90" in said
    assert "lam4 = 0 in 50% of the data sets, with TP 0.20" in said


def test_sentence_on_the_ablation():
    rows = [
        {
            "response": "expression",
            "scenario": 1,
            "replicate": number,
            "variant": variant,
            "TP": 0.9
            - 0.5 * (variant == "lam4 = 0")
            + 0.05 * (variant == "degree d")
            + 0.001 * number,
            "TN": 0.8,
            "TP at TN 0.95": 0.7,
        }
        for number in range(5)
        for variant in ablation.VARIANTS
    ]
    said = sentences.of_ablation(ablation.changes(pd.DataFrame(rows)))
    assert "lower with lam4 = 0 (-0.50, -0.50 to -0.50; TN +0.00); higher with degree d" in said
    names = {"lam4 = 0": "degree d", "degree d": "lam4 = 0"}
    swapped = pd.DataFrame(rows).replace({"variant": names})
    assert "lower with degree d" in sentences.of_ablation(ablation.changes(swapped))


# Ablation


def test_ablation_uses_the_same_data(found, ablated):
    own = found[(found["graph"] == "TF hub") & (found["replicate"] < 2)]
    for method in ("Pro", "NW.P"):
        mine = ablated[(ablated["variant"] == method) & (ablated["response"] == "expression")]
        for name in MEASURES:
            assert_allclose(mine[name], own.loc[own["method"] == method, name])
    assert list(ablated["variant"][:8]) == list(ablation.VARIANTS)


def test_path_of_an_unchanged_fit_is_that_of_pro():
    """The ablation's own path, with nothing changed, chooses and finds what `choose` does."""
    data = compute.draw_data(DESIGN, 0, SIZES, SEED)
    moments, choice = choose(data.X, data.z, SIZES.tuning, SEED)
    points = choice.points("Pro")
    index = ablation.choose_along(data.X, data.z, points, ablation.Fit(), 2, SEED)
    assert index == choice.index("Pro")
    u, state = ablation.refit_along(moments, points, index, ablation.Fit())
    expected, reference = refit(choice, "Pro")
    assert_allclose(u, expected, atol=2e-3)
    assert ((u != 0) != (expected != 0)).mean() < 0.03


@pytest.mark.parametrize("name", ["degree d", "sign fixed", "B fixed"])
def test_variants_are_the_estimators_options(name):
    data = compute.draw_data(DESIGN, 0, SIZES, SEED)
    moments, choice = choose(data.X, data.z, SIZES.tuning, SEED)
    point = choice.points("Pro")[2]
    assert point["lam4"] > 0
    _, state = ablation.refit_along(moments, [point], 0, ablation.FITS[name])
    if name == "B fixed":
        model = NetworkThenPredict(**point).fit(data.X, data.z)
        assert_allclose(state.theta, model.theta_, atol=1e-2)
    else:
        options = {"degree": "d"} if name == "degree d" else {"sign": "fixed"}
        model = PredictiveNetwork(**point, **options).fit(data.X, data.z)
        assert model.objective_trace_[-1] <= state.trace[-1] + 1e-6
        assert state.trace[-1] == pytest.approx(model.objective_trace_[-1], rel=2e-3)


def test_a_restricted_choice_keeps_to_its_points():
    data = compute.draw_data(DESIGN, 0, SIZES, SEED)
    _, choice = choose(data.X, data.z, SIZES.tuning, SEED)
    without = ablation.restricted(choice, lambda point: point["lam4"] == 0)
    with_link = ablation.restricted(choice, lambda point: point["lam4"] > 0)
    assert without.point("Pro")["lam4"] == 0 < with_link.point("Pro")["lam4"]
    assert choice.point("Pro") in (without.point("Pro"), with_link.point("Pro"))
    assert without.point("NW.P") == choice.point("NW.P")


def test_raw_response_only_changes_the_weight_of_the_prediction():
    data = compute.draw_data(DESIGN, 0, SIZES, SEED)
    raw = Data(data.truth, data.X, data.z * data.unit, data.X_new, data.z_new * data.unit, 1.0)
    moments, choice = choose(raw.X, raw.z, SIZES.tuning, SEED)
    plain = choose(data.X, data.z, SIZES.tuning, SEED)
    for method in ("LA", "NW.P"):  # their fits scale with the response, ELA's ridge does not
        u, state = refit(choice, method)
        v, other = refit(plain[1], method)
        assert_allclose(
            compute.measure(raw, moments, u, state)["error"],
            compute.measure(data, plain[0], v, other)["error"],
            rtol=1e-2,
        )


# JSON and figures


def test_numbers_hold_cells_and_ablation(found, ablated):
    variants = summaries.cell_intervals(ablated, ("response", "variant"))
    numbers = summaries.numbers(
        summaries.cell_intervals(found),
        summaries.patterns(found),
        summaries.paired_leads(found),
        variants,
    )
    json.dumps(numbers, allow_nan=False, default=np.generic.item)  # older pandas keep NumPy's
    first = numbers["cells"][0]
    assert {first[k] for k in ("design", "response")} == {"TF hub", "expression"}
    assert [first[name] for name in ("n_tfs", "scenario", "error", "replicates")] == [3, 1, 0.51, 3]
    own = found[(found["graph"] == "TF hub") & (found["method"] == "LA")]["TP"]
    assert first["methods"]["LA"]["TP"]["mean"] == pytest.approx(own.mean())
    assert set(first["methods"]) == set(METHODS)
    selection = {name for reading in summaries.READINGS.values() for name in reading}
    assert all(selection <= set(rates) for rates in first["methods"].values())
    assert set(first["paired"]) == set(METHODS[1:])
    for leads in first["paired"].values():
        assert set(leads) == selection
        assert all(set(lead) == {"mean", "se", "n"} for lead in leads.values())
    apart = first["methods"]["Pro"]["TN"]["mean"] - first["methods"]["LA"]["TN"]["mean"]
    assert first["paired"]["LA"]["TN"]["mean"] == pytest.approx(apart)
    assert len(numbers["ablation"]) == 2 * len(ablation.VARIANTS)


def words(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda o: hasattr(o, "get_text")))


def test_figures_say_what_they_show():
    table = made_up()
    intervals = summaries.cell_intervals(table)
    compared = summaries.compared_with_paper(intervals, published_selection())
    figure = figures.draw_selection(compared, table)
    text = words(figure)
    assert all(word in text for word in (*METHODS, "SIMULATED", "value in the paper", "5 | 10"))
    axes = figure.axes[0]
    shown = [line for line in axes.lines if line.get_markersize() == 3.2]
    assert [line.get_color() for line in shown] == [METHOD_COLOURS[m] for m in METHODS]
    assert_allclose(shown[0].get_ydata().mean(), 0.9, atol=0.02)
    dashes = [line for line in axes.lines if line.get_markersize() == 7]
    assert len(dashes) == len(METHODS)
    assert 0.99 in dashes[0].get_ydata()
    inside = (
        (compared["low"] <= compared["paper"])
        & (compared["paper"] <= compared["high"])
        & (compared["measure"] != "Ave")
    ).sum()
    assert f"{inside} of 128 of the paper's values" in figures.caption_selection(compared)


def test_few_data_sets_are_drawn_one_by_one_and_many_as_an_interval():
    for n, few in ((figures.FEW, True), (figures.FEW + 1, False)):
        table = made_up(n=n)
        compared = summaries.compared_with_paper(
            summaries.cell_intervals(table), published_selection()
        )
        axes = figures.draw_selection(compared, table).axes[0]
        dots = [line for line in axes.lines if line.get_markersize() == 2]
        assert bool(axes.containers) != few
        drawn = sorted(np.concatenate([line.get_ydata() for line in dots])) if few else []
        assert len(dots) == (8 * len(METHODS) if few else 0)
        expected = table.loc[table["response"] == "expression", "TP"] if few else []
        assert_allclose(drawn, sorted(expected))
        said = figures.caption_selection(compared)
        assert ("which are the small dots" in said) == few and figures.SKEWED in said
        assert ("with 95% intervals" in said) != few


@pytest.mark.long
def test_figures_of_networks_and_ablation(ablated):
    variants = summaries.cell_intervals(ablated, ("response", "variant"))
    text = words(figures.draw_ablation(variants, ablated))
    assert all(name in text for name in ablation.VARIANTS)
    table = pd.concat(
        [
            made_up(n=3, **{"error level": level, "graph": graph})
            for level in (0.51, 0.9)
            for graph in ("TF hub", "hub")
        ]
    )
    shapes = compute.shared_cells(table)
    assert set(zip(shapes["n_tfs"], shapes["scenario"])) == {(5, 1)}
    intervals = summaries.cell_intervals(shapes)
    for response in ("expression", "activity"):
        text = words(figures.draw_networks(intervals, response, shapes))
        assert "Error level 0.9" in text and response in text and "SIMULATED" in text
        assert "relevant by theta" in text and "relevant by u" in text
        assert "fair to Pro and NW.P" in figures.caption_networks(intervals, "activity")
    chance = shapes.groupby("graph")["linked pairs"].mean()
    assert "chance" in words(figures.draw_edges(intervals, chance, shapes))
    assert "0.50 at error level 0.9" in figures.caption_edges(intervals, chance)


def test_cells_are_named_by_their_design(found):
    assert list(found.columns[: len(CELL)]) == CELL
    assert compute.cell(DESIGN) == {
        "graph": "TF hub",
        "n_tfs": 3,
        "scenario": 1,
        "error level": 0.51,
        "response": "expression",
    }
