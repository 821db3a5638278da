"""Quantities of both groups, their tables, and how they move with the cut and the estimator."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.execution.engine import Engine
from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.stats.permutation import exchangeable, permute_within
from pnetlib.steps.differences.compute import (
    LENGTHS,
    Pair,
    compare,
    mean_activity,
    names,
    quantities,
)
from pnetlib.steps.differences.presence import presence
from pnetlib.steps.differences.sensitivity import (
    ESTIMATORS,
    edge_test,
    estimated,
    sensitivity,
    shared_errors,
    sizes_that_fit,
    sizes_used,
)
from pnetlib.steps.differences.sentences import (
    _of_resamples,
    conclusion,
    of_presence,
    of_smallest_q,
    verdict,
)
from pnetlib.steps.differences.summaries import numbers, smallest_q
from pnetlib.steps.effects.compute import (
    SIDES,
    compare_groups,
    regulatory_effects,
    standardise_together,
)
from pnetlib.steps.networks.compute import (
    GROUPS,
    degree_table,
    edge_table,
    fit_group_networks,
    network_errors,
    own_network,
    split_groups,
)
from pnetlib.steps.sizes import DIFFERENCES, DifferencesSizes, differences_sizes
from pnetlib.steps.study import Study

LAM1, SIZE = 0.4, 30
SIZES = DifferencesSizes(19, 12, (20, 30, 500), 3, 39)


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(20220823)


@pytest.fixture(scope="module")
def groups(cohort):
    return split_groups(cohort, SIZE)


@pytest.fixture(scope="module")
def genes(cohort):
    B = cohort.truth.B
    targets = [B.columns[B.loc[gene] != 0][:4] for gene in ("ANXA10", "AKR1B10")]
    return pd.Index([*MARKERS]).append(targets)


@pytest.fixture(scope="module")
def pair(cohort, groups, genes):
    return Pair.of(cohort, groups, genes, [*MARKERS, "absent"], LAM1)


@pytest.fixture(scope="module")
def compared(pair):
    return compare(pair, SIZES, 7)


@pytest.fixture(scope="module")
def moved(cohort, genes, pair):
    used = sizes_used(cohort, SIZES, SIZE)
    return sensitivity(cohort, genes, pair.markers, used, 7, NAMED_EDGE)


@pytest.fixture(scope="module")
def present(pair):
    return presence(pair, 99, 7)


def test_pair_keeps_lines_genes_and_markers_in_order(pair, cohort, groups, genes):
    assert pair.sizes == [SIZE, SIZE] and list(pair.genes) == list(genes)
    assert pair.markers == list(MARKERS)
    lines = [*groups.lines["ST"], *groups.lines["RS"]]
    np.testing.assert_array_equal(pair.X, cohort.expression.loc[lines, genes])
    assert list(pair.tissue) == list(cohort.annotation.loc[lines, "tissue"])
    assert len(names(pair)) == len(pair.families) == len(pair.differences(pair.labels))


def test_quantities_are_those_of_notebooks_04_and_05(pair, cohort, groups, genes):
    table = names(pair)
    st, rs = pair.quantities(pair.labels)
    table["ST"], table["RS"] = st, rs
    fitted = fit_group_networks(cohort, groups, genes, LAM1)
    edges = edge_table(fitted).set_index(["regulator", "target"])
    mine = table[table["kind"] == "edge"].set_index(["regulator", "target"])[list(GROUPS)]
    mine = mine[(mine != 0).any(axis=1)]
    assert set(mine.index) == set(edges.index)
    np.testing.assert_allclose(mine.loc[edges.index], edges[list(GROUPS)], atol=1e-5)
    degrees = degree_table(fitted)
    mine = table[table["kind"] == "degree"].set_index("gene")
    for group in GROUPS:
        np.testing.assert_allclose(mine[group], degrees[f"degree {group}"], atol=1e-5)
    X = standardise_together(cohort, groups, genes)
    networks = {group: fitted[group].B_ for group in GROUPS}
    effects = compare_groups(regulatory_effects(networks, X, groups, list(MARKERS)))
    keys = ["marker", "side", "length"]
    mine = table[table["kind"] == "effect"].rename(columns={"gene": "marker"}).set_index(keys)
    effects = effects.set_index(keys).loc[mine.index]
    for group in GROUPS:
        np.testing.assert_allclose(mine[group], effects[f"mean {group}"], atol=1e-4)


def test_families_part_edges_degrees_and_lengths(pair):
    table = names(pair).assign(family=pair.families)
    assert set(table.loc[table["kind"] == "edge", "family"]) == {0}
    assert set(table.loc[table["kind"] == "degree", "family"]) == {1}
    effects = table[table["kind"] == "effect"]
    assert effects.groupby("length")["family"].unique().explode().to_dict() == {1: 2, 2: 3}
    assert len(effects) == len(MARKERS) * len(SIDES) * len(LENGTHS)


def test_groups_exchanged_turn_every_difference_round(pair):
    turned = np.where(pair.labels == "ST", "RS", "ST")
    np.testing.assert_allclose(pair.differences(turned), -pair.differences(pair.labels), atol=1e-9)


def test_rows_in_order_are_the_groups_themselves(pair):
    rows = pair.resampled(np.arange(2 * SIZE)).reshape(2, -1)
    np.testing.assert_allclose(rows, pair.quantities(pair.labels), atol=1e-5)


def test_no_edges_no_quantities():
    X = np.random.default_rng(0).normal(size=(12, 3))
    B = own_network(X, 10.0)
    assert not B.any()
    assert not quantities([B, B], [X, X], np.array([0])).any()


def test_tables_hold_what_they_say(compared, pair):
    edges, degrees, effects = compared
    p = len(pair.genes)
    assert (edges["regulator"] != edges["target"]).all()
    named = (edges["regulator"] == NAMED_EDGE[0]) & (edges["target"] == NAMED_EDGE[1])
    assert named.sum() == 1 and ((edges["ST"] != 0) | (edges["RS"] != 0) | named).all()
    assert list(degrees["gene"]) == list(pair.genes) and len(effects) == 7 * 2 * 2
    for table in compared:
        np.testing.assert_allclose(table["difference"], table["ST"] - table["RS"])
        assert (table["low"] <= table["high"]).all()
        chances = table[["p", "q", "p family", "p any tissue"]]
        assert ((chances > 0) & (chances <= 1)).all(axis=None)
        assert (table["q"] >= table["p"] - 1e-12).all()
        assert (table["p"] >= 1 / (1 + SIZES.permutations)).all()
        assert (table["p any tissue"] >= 1 / (1 + SIZES.further_permutations)).all()
    for table in (degrees, effects):
        assert (table[[f"low {group}" for group in GROUPS]] >= 0).all(axis=None)
    for group in GROUPS:
        assert degrees.set_index(f"rank {group}")[group].sort_index().is_monotonic_decreasing
        assert degrees[f"hub {group}"].sum() >= max(1, round(0.1 * p)) - 1e-9
        absent = edges[group] == 0
        share = edges[f"zero {group}"].groupby(absent).mean()
        assert share[True] > share[False]


def test_intervals_of_edges_are_debiased_and_those_of_sums_are_not(compared, pair):
    edges, degrees, effects = compared
    observed = pair.quantities(pair.labels)
    ST, RS = pair.debiased(observed)
    at = pair.genes.get_indexer(edges["regulator"]), pair.genes.get_indexer(edges["target"])
    for suffix, estimate in ((" ST", ST), (" RS", RS), ("", ST.minus(RS))):
        low, high = estimate.interval()
        name = f"debiased{suffix}" if suffix else "debiased difference"
        np.testing.assert_allclose(edges[name], estimate.value[at])
        np.testing.assert_allclose(edges[f"low{suffix}"], low[at])
        np.testing.assert_allclose(edges[f"high{suffix}"], high[at])
    for table in (degrees, effects):
        assert not [name for name in table if name.startswith("debiased")]


def test_tables_do_not_depend_on_threads(compared, pair):
    for one, two in zip(compared, compare(pair, SIZES, 7, Engine(threads=2))):
        pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_planted_losses_are_found(compared):
    """The simulated cohort takes ANXA10's edges from RS and AKR1B10's from ST."""
    effects = compared[2][compared[2]["length"] == 1].set_index("marker")
    sign = {"ANXA10": 1, "AKR1B10": -1}
    part = effects.loc[list(sign)]
    assert (part["difference"] * part.index.map(sign) > 0.1).all()
    clear = (part["low"] * part["high"] > 0) & (part["p"] <= 0.1)
    assert clear.sum() >= 2, part


@pytest.mark.parametrize(
    "row, group, words",
    [
        ({"difference": 1.0, "p": 0.001, "q": 0.01}, "ST", "as the paper expects; beyond chance"),
        ({"difference": 1.0, "p": 0.01, "q": 0.2}, "ST", "not beyond chance once all tests"),
        ({"difference": 1.0, "p": 0.3, "q": 0.4}, "ST", "not beyond chance"),
        (
            {"difference": -1.0, "p": 0.001, "q": 0.01},
            "ST",
            "larger in RS, where the paper expects ST; beyond chance",
        ),
        (
            {"difference": -1.0, "p": 0.3, "q": 0.4},
            "ST",
            "larger in RS, where the paper expects ST; not beyond chance",
        ),
        ({"difference": 0.0, "p": 1.0, "q": 1.0}, "RS", "estimates about equal; not beyond"),
        ({"difference": 0.001, "p": 0.5, "q": 0.5}, "RS", "estimates about equal; not beyond"),
    ],
)
def test_verdicts(row, group, words):
    row |= {"ST": 2.0 + row["difference"], "RS": 2.0}
    assert words in verdict(row, group)


def test_numbers_and_words_hold_what_a_reader_needs(compared, pair, moved, present):
    tissues = exchangeable(pair.labels, pair.tissue)
    found = numbers(pair, tissues, *compared, moved, present, SIZES)
    assert found["lines"]["all"] == {"ST": SIZE, "RS": SIZE}
    assert found["tested"] == {"edges": 15 * 14, "degrees": 15, "effects": 28}
    assert set(found["degrees"]) == set(MARKERS)
    keys = {"difference", "p", "q", "low", "high", "rank_ST", "hub_RS"}
    assert keys <= set(found["degrees"]["ANXA10"])
    assert "without shrinkage (desparsified lasso)" in conclusion(found)
    assert {"marker", "side", "length", "zero_ST", "zero_RS", "low_RS"} <= set(found["effects"][0])
    assert len(found["presence"]) == 2 * len(MARKERS)
    edge, (own, shared) = found["named_edge"], found["named_edge"]["by_estimator"]
    assert (edge["regulator"], edge["target"], edge["permutations"]) == (*NAMED_EDGE, 19)
    assert {"p", "q", "p_family", "p_any_tissue", "zero_ST", "zero_RS"} <= set(edge)
    assert [(row["size"], row["estimator"]) for row in edge["settings"]] == [
        (size, estimator) for size in (20, 30) for estimator in ESTIMATORS
    ]
    for part in (own, shared):
        rows = [row for row in edge["settings"] if row["estimator"] == part["estimator"]]
        assert part["in_RS"] == sum(row["RS"] != 0 for row in rows)
        assert part["stronger_ST"] == sum(row["p"] < 0.05 and row["ST"] > row["RS"] for row in rows)
    text = conclusion(found)
    assert "AKR1C1 to ANXA10" in text and "Labels are exchanged within" in text
    assert "p 1 from 19 permutations" in text and edge["p_low"] < 1 == edge["p_high"]
    assert "39 permutations each" in text
    assert f"Regulators of ANXA10: effect {present.loc[3, 'effect']:.2f} in ST" in text
    assert all(name in text for name in ESTIMATORS)
    other = [gene for gene in pair.genes if gene != NAMED_EDGE[0]]
    edges = compared[0][compared[0]["regulator"].isin(other)]
    without = numbers(pair, tissues, edges, *compared[1:], moved, present, SIZES)
    assert without["named_edge"] is None and "not among the genes" in conclusion(without)


@pytest.mark.parametrize(
    ("edges", "degrees", "said"),
    [
        (0, 0, "no difference is beyond chance:"),
        (1, 0, "beyond chance is one edge, but no degrees"),
        (1, 3, "beyond chance are one edge and some degrees, but no regulatory effects"),
        (2, 3, "beyond chance are some edges and degrees, but no regulatory effects"),
    ],
)
def test_one_difference_is_one(compared, pair, moved, present, edges, degrees, said):
    found = numbers(pair, exchangeable(pair.labels, pair.tissue), *compared, moved, present, SIZES)
    for kind, count in (("edges", edges), ("degrees", degrees), ("effects", 0)):
        found["found"][kind]["q"] = count
    assert said in conclusion(found)
    found["lines"] |= {"tissues": 1, "tissues exchangeable": 1}
    assert "All cell lines count as one tissue, within which labels" in conclusion(found)


# What so many permutations can show


@pytest.mark.parametrize("name", ["standard", "paper"])
def test_an_edge_alone_can_pass_the_false_discovery_rate(name):
    sizes, pairs = differences_sizes(name), 40 * 39
    found = smallest_q(pd.Series([1.0]), pairs, sizes.permutations)
    assert found["needed"] == 1 and found["q_alone"] < 0.05
    assert "could have passed" in of_smallest_q(found, pairs, sizes.permutations)
    before = smallest_q(pd.Series([0.0005, 1.0]), pairs, 1999)
    assert (before["count"], before["needed"]) == (1, 16)
    assert before["q_alone"] == pytest.approx(0.78)
    text = of_smallest_q(before, pairs, 1999)
    assert "only 16 or more edges" in text and "say nothing about the data" in text


def test_too_few_permutations_pass_nothing():
    found = smallest_q(pd.Series([0.01, 0.01, 0.2]), 342, 99)
    assert (found["count"], found["q_alone"], found["q_count"]) == (2, 1.0, 1.0)
    assert found["needed"] == 69
    found = smallest_q(pd.Series([0.1, 0.1, 0.2]), 3, 9)
    assert found["needed"] == 7 and "no number of edges" in of_smallest_q(found, 3, 9)


def test_an_edge_of_one_group_passes_the_false_discovery_rate():
    """With more than 20 permutations per ordered pair, a strong difference is found."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(80, 3))
    X[:40, 1] += 2.0 * X[:40, 0]
    labels, tissue = np.repeat(GROUPS, 40), np.tile(["lung", "skin"], 40)
    pair = Pair(X, labels, tissue, pd.Index([*"abc"]), ["a"], 0.3)
    edges, _, _ = compare(pair, DifferencesSizes(199, 2, (20,), 2, 19), 3)
    passed = edges[edges["q"] < 0.05]
    assert {("a", "b"), ("b", "a")} == set(zip(passed["regulator"], passed["target"]))
    assert (passed["p family"] < 0.05).all()
    few, _, _ = compare(pair, DifferencesSizes(19, 2, (20,), 2, 19), 3)
    assert (few["q"] > 0.05).all()


# Regulators within one group


def test_regulators_of_one_group_are_tested_against_permuted_expression(pair, present):
    """The same p from whole networks of expression permuted by hand."""
    table = present.set_index(["group", "marker"])
    activity = mean_activity([pair.X[pair.labels == group] for group in GROUPS])
    whole = names(pair).assign(ST=pair.quantities(pair.labels)[0])
    whole = whole[(whole["side"] == "regulators") & (whole["length"] == 1)]
    np.testing.assert_allclose(table.loc["ST", "effect"], whole["ST"], atol=1e-4)
    marker = pair.genes.get_loc("ANXA10")
    for shift, group in enumerate(GROUPS):
        X, tissue = pair.X[pair.labels == group], pair.tissue[pair.labels == group]
        drawn = []
        for number in range(99):
            rng = np.random.default_rng([7 + 4 + shift, number])
            permuted = X.copy()
            permuted[:, marker] = X[permute_within(np.arange(SIZE), tissue, rng), marker]
            B = own_network(permuted, LAM1)
            drawn.append(activity[shift] @ np.abs(B[:, marker]))
        effect = table.loc[(group, "ANXA10"), "effect"]
        extreme = np.sum(np.array(drawn) >= effect * (1 - 1e-9))
        assert table.loc[(group, "ANXA10"), "p"] == pytest.approx((1 + extreme) / 100)
    assert (table["permutations"] == 99).all() and (table["q"] >= table["p"]).all()


def test_planted_regulators_are_found_where_they_act():
    """A marker with a regulator in ST alone, and one without in either group."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(120, 4))
    X[:60, 1] += 1.5 * X[:60, 0]
    labels, tissue = np.repeat(GROUPS, 60), np.tile(["lung", "skin"], 60)
    pair = Pair(X, labels, tissue, pd.Index([*"abcd"]), ["b", "d"], 0.4)
    p = presence(pair, 199, 3).set_index(["marker", "group"])["p"]
    assert p["b", "ST"] == 1 / 200 and (p.drop([("b", "ST")]) > 0.01).all()


def test_no_marker_no_regulators(pair):
    nobody = Pair(pair.X, pair.labels, pair.tissue, pair.genes, [], LAM1)
    assert presence(nobody, 9, 1).empty


# Cuts and estimators


def test_sizes_without_room_are_left_out(cohort, moved):
    assert sizes_that_fit(cohort, SIZES.group_sizes) == [20, 30]
    assert sorted(moved["size"].unique()) == [20, 30]


def test_the_size_of_the_run_is_among_those_compared(cohort):
    assert sizes_used(cohort, SIZES, 25).group_sizes == (20, 25, 30)
    assert sizes_used(cohort, SIZES, 30) == replace(SIZES, group_sizes=(20, 30))


def test_own_lines_at_the_usual_size_are_the_usual_networks(cohort, groups, genes, pair, moved):
    lam1 = network_errors(cohort, groups, genes, 7).mean(axis=1).idxmin()
    part = moved[(moved["size"] == SIZE) & (moved["estimator"] == ESTIMATORS[0])]
    assert set(part["lam1"]) == {lam1}
    usual = Pair.of(cohort, groups, genes, pair.markers, lam1)
    expected = names(usual).assign(ST=usual.quantities(usual.labels)[0])
    expected = expected[(expected["kind"] == "degree") & expected["gene"].isin(MARKERS)]
    np.testing.assert_allclose(part.loc[part["kind"] == "degree", "ST"], expected["ST"])


def test_each_setting_reports_edge_degrees_and_effects(moved):
    for _, part in moved.groupby(["size", "estimator"]):
        assert part["kind"].value_counts().to_dict() == {"edge": 1, "degree": 7, "effect": 28}
        assert (part["low"] <= part["high"]).all()
        np.testing.assert_allclose(part["difference"], part["ST"] - part["RS"])


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_edge_is_tested_as_with_whole_networks(estimator, pair, cohort, groups, genes):
    regulator, target = "AKR1B10", next(gene for gene in genes if gene not in MARKERS)
    grouped = groups.lines["ST"].append(groups.lines["RS"])
    others = cohort.complete_lines().difference(grouped, sort=False)
    rest = cohort.expression.loc[others, genes].to_numpy()
    at = genes.get_loc(regulator), genes.get_loc(target)

    def difference(labels):
        parts = [pair.X[labels == group] for group in GROUPS]
        st, rs = estimated(estimator, parts, rest, LAM1)
        return st[at] - rs[at]

    found = edge_test(estimator, pair, rest, (regulator, target), 60, 11)
    observed = difference(pair.labels)
    assert found.observed[0] == pytest.approx(observed, abs=1e-6)
    rngs = [np.random.default_rng([11, number]) for number in range(60)]
    drawn = [difference(permute_within(pair.labels, pair.tissue, rng)) for rng in rngs]
    extreme = np.sum(np.abs(drawn) >= np.abs(observed) - 1e-9)
    assert found.p[0] == pytest.approx((1 + extreme) / 61)


def test_only_the_named_edge_has_p_in_the_settings(moved):
    tested = moved["p"].notna()
    assert (moved.loc[tested, "kind"] == "edge").all() and tested.sum() == 4
    p = moved.loc[tested, "p"]
    assert ((p >= 1 / 40) & (p <= 1)).all()


def test_settings_do_not_depend_on_threads(cohort, genes, pair, moved):
    used = sizes_used(cohort, SIZES, SIZE)
    again = sensitivity(cohort, genes, pair.markers, used, 7, NAMED_EDGE, Engine(threads=2))
    pd.testing.assert_frame_equal(moved, again, check_exact=True)


def test_error_of_the_shared_network_is_that_of_lines_held_out():
    rng = np.random.default_rng(3)
    factor = rng.normal(size=(120, 1))
    X = factor + 0.5 * rng.normal(size=(120, 3))
    errors = shared_errors([X[:40], X[40:80]], X[80:], 0)
    assert (errors.iloc[-1] < 0.5).all()  # a small lam1 lets the genes predict each other
    noise = rng.normal(size=(120, 3))
    errors = shared_errors([noise[:40], noise[40:80]], noise[80:], 0)
    assert (errors.iloc[0] > 0.95).all() and (errors > 0.9).all(axis=None)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_profiles_resolve_the_level(name):
    sizes = differences_sizes(name)
    assert sizes.permutations >= 19 and sizes.resamples >= 20
    assert sizes.pairs == sizes.permutations + sizes.further_permutations + sizes.resamples
    given = differences_sizes(name, 7, 8)
    assert (given.permutations, given.resamples) == (7, 8)
    assert given.group_sizes == sizes.group_sizes


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        ((0.36, 0.43), (0.21, 0.32), "in neither group is it larger than chance may give, which"),
        ((0.01, 0.02), (0.01, 0.02), "in both groups it is beyond chance."),
        ((0.01, 0.02), (0.2, 0.3), "in RS it is beyond chance; in ST it is no larger than chance"),
        ((0.02, 0.2), (0.3, 0.3), "in RS it is beyond chance only before all tests are counted;"),
    ],
)
def test_without_the_paper_s_claims_both_groups_are_judged(here, there, said):
    rows = [
        {"marker": "ABCB1", "group": group, "effect": 0.4, "p": p, "q": q, "permutations": 99}
        for group, (p, q) in (("RS", here), ("ST", there))
    ]
    own = Study("screen", of_paper=False, markers={"ABCB1": "resistance"}, edge=None)
    assert said in of_presence(rows, own)[1]
    of_paper = Study("paper", markers={"ABCB1": "resistance"})
    assert "; in ST it is" in of_presence(rows, of_paper)[1]
    assert "in neither" not in of_presence(rows, of_paper)[1]


@pytest.mark.parametrize(
    ("share", "said"), [(0.004, ""), (0.2, "; no effect in RS in 20% of the resamples")]
)
def test_a_share_of_no_resamples_is_not_told(share, said):
    assert _of_resamples({"zero_RS": share}, "RS") == said
