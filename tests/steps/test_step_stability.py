"""Halves of the lines, rules by hand, frequencies of markers and edges, and their words."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.errors import UsageError
from pnetlib.execution.engine import Engine
from pnetlib.paper.markers import MARKERS
from pnetlib.stats.bounds import KINDS
from pnetlib.steps.markers.compute import fit_drug_networks, ranks
from pnetlib.steps.networks.compute import GROUPS, fit_group_networks, split_groups
from pnetlib.steps.sizes import STABILITY, StabilitySizes, stability_sizes
from pnetlib.steps.stability.compute import (
    ANY,
    COMMON,
    STRONG,
    Frequencies,
    edge_frequencies,
    half,
    marked_genes,
    marker_frequencies,
    marker_ranks,
    strong_count,
    strongest,
    widths_of,
)
from pnetlib.steps.stability.sentences import conclusion
from pnetlib.steps.stability.summaries import edge_table, marker_table, numbers, published_table
from pnetlib.steps.study import Study

POINT = {"lam1": 0.4, "lam3": 0.05, "lam4": 0.1}
PAIRS, LAM1 = 2, 0.5


def halves(lines, pairs, seed):
    return [half(lines, seed, number) for number in range(2 * pairs)]


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(20220823)


@pytest.fixture(scope="module")
def chosen(cohort):
    return dict.fromkeys(cohort.response.columns, POINT)


@pytest.fixture(scope="module")
def genes(cohort):
    return cohort.top_genes(30)


@pytest.fixture(scope="module")
def found(cohort, genes, chosen):
    return marker_frequencies(cohort, genes, chosen, PAIRS, 5)


@pytest.fixture(scope="module")
def groups(cohort):
    return split_groups(cohort, 30)


@pytest.fixture(scope="module")
def edges(cohort, groups):
    return edge_frequencies(cohort, groups, pd.Index([*MARKERS]), LAM1, 10, 5)


@given(n=st.integers(2, 41), pairs=st.integers(1, 4), seed=st.integers(0, 1000))
def test_halves_are_complementary(n, pairs, seed):
    parts = halves(range(n), pairs, seed)
    assert len(parts) == 2 * pairs
    for one, other in zip(parts[::2], parts[1::2]):
        assert len(one) == len(other) == n // 2
        assert len(one.union(other)) == 2 * (n // 2) and set(one) | set(other) <= set(range(n))


def test_pairs_differ_and_more_of_them_keep_the_first():
    few, more = halves(range(20), 2, 3), halves(range(20), 4, 3)
    assert all(one.equals(other) for one, other in zip(few, more))
    assert len({tuple(sorted(part)) for part in more}) == 8


def test_every_line_is_as_often_in_a_first_half():
    first = [halves(range(9), 1, seed)[0] for seed in range(3000)]
    share = np.bincount(np.concatenate(first), minlength=9) / len(first)
    assert np.allclose(share, 4 / 9, atol=0.04)


def test_the_paper_profile_has_fifty_pairs_at_every_width():
    sizes = stability_sizes("paper")
    assert set(sizes.widths) >= {976, 1500} and len(sizes.pairs) == len(sizes.widths)
    assert min(*sizes.pairs, sizes.edge_pairs) >= 50


def test_widths_and_pairs():
    class Wide:
        expression = np.empty((3, 500))

    sizes = StabilitySizes((100, 200, 0), (9, 4, 1), 7)
    assert widths_of(Wide, sizes) == {100: 9, 200: 4, 500: 1}
    assert widths_of(Wide, sizes, "50, all") == {50: 9, 500: 4}
    assert widths_of(Wide, sizes, "900 all", 3) == {500: 3}
    with pytest.raises(UsageError, match="widths contains 'most'"):
        widths_of(Wide, sizes, "most")
    with pytest.raises(UsageError, match="widths contains '0'"):
        widths_of(Wide, sizes, "0")


def test_rules_by_hand():
    nan = np.nan
    rank = pd.DataFrame({"x": [1.0, 2, 3, nan, 4], "y": [2.0, 1, nan, nan, 3]}, list("abcde"))
    table = marked_genes(rank, 2)
    assert list(table.columns) == [COMMON, STRONG, "x", "y"]
    assert list(table.index[table[COMMON]]) == ["a", "b"]
    assert list(table.index[table["x"]]) == ["a", "b"] and not table.loc["d"].any()
    assert strong_count(5) == 2 and list(table.index[table[STRONG]]) == ["a", "b"]
    best = rank.assign(y=[nan, 1, 5, nan, 2])  # mean ranks 3, 1.5, 4, none, 3
    assert list(marked_genes(best, 2).query(STRONG).index) == ["a", "b"]


def test_strongest_edges():
    B = np.array([[0.0, -3.0, 1.0], [0.5, 0.0, 2.0], [0.0, 0.0, 0.0]])
    assert strongest(B, 2).nonzero()[0].tolist() == [0, 1]
    assert strongest(B, 2)[0, 1] and strongest(B, 2)[1, 2]
    np.testing.assert_array_equal(strongest(B, 9), B != 0)
    assert not strongest(np.zeros((3, 3)), 2).any()


def test_ranks_on_all_lines_are_those_of_notebook_03(cohort, genes, chosen):
    mine = marker_ranks(cohort, cohort.expression.index, genes, chosen)
    whole = ranks(fit_drug_networks(cohort, genes, chosen))
    assert mine.notna().eq(whole.notna()).mean(axis=None) > 0.95  # tolerances differ
    for drug in chosen:
        assert mine[drug].corr(whole[drug]) > 0.98


def test_ranks_are_those_of_networks_with_a_ridge(cohort, genes, chosen):
    ridged = {drug: point | {"lam2": 0.5} for drug, point in chosen.items()}
    mine = marker_ranks(cohort, cohort.expression.index, genes, ridged)
    whole = ranks(fit_drug_networks(cohort, genes, ridged))
    assert mine.notna().eq(whole.notna()).mean(axis=None) > 0.95
    plain = marker_ranks(cohort, cohort.expression.index, genes, chosen)
    for drug in chosen:
        assert mine[drug].corr(whole[drug]) > 0.98 > mine[drug].corr(plain[drug])


def test_further_drugs_need_little_memory(cohort, chosen):
    """From the second drug on there is one more p x p array: the warm start's."""
    genes = cohort.top_genes(150)

    def peak(drugs):
        tracemalloc.start()
        marker_ranks(cohort, cohort.expression.index, genes, {drug: chosen[drug] for drug in drugs})
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(list(chosen)) - peak(list(chosen)[:1]) < 1.5 * 8 * 150**2


def test_frequencies_are_counts_of_the_halves(cohort, genes, chosen, found):
    tables = [
        marked_genes(marker_ranks(cohort, part, genes, chosen), 3)
        for part in halves(cohort.expression.index, PAIRS, 5)
    ]
    expected = sum(table.astype(int) for table in tables) / len(tables)
    pd.testing.assert_frame_equal(found.table, expected.rename_axis("gene"))
    assert found.candidates == 30 and found.pairs == PAIRS
    assert found.selected[COMMON] == pytest.approx(np.mean([t[COMMON].sum() for t in tables]))
    assert (found.table[COMMON] <= found.table[list(chosen)].min(axis=1)).all()
    assert found.selected[STRONG] == strong_count(30)


def test_marker_frequencies_do_not_depend_on_threads(cohort, genes, chosen, found):
    two = marker_frequencies(cohort, genes, chosen, PAIRS, 5, Engine(threads=2))
    pd.testing.assert_frame_equal(found.table, two.table, check_exact=True)


def test_edge_frequencies_are_counts_of_the_halves(cohort, groups, edges):
    frequencies, switched, hubs = edges
    names = pd.Index([*MARKERS])
    count = {group: np.zeros((7, 7)) for group in GROUPS}
    lost = np.zeros((7, 7))
    parts = [halves(groups.lines[group], 10, 5 + k) for k, group in enumerate(GROUPS)]
    for lines in zip(*parts):
        there = []
        for group, part in zip(GROUPS, lines):
            split = type(groups)(dict.fromkeys(GROUPS, part), {}, 0)
            B = fit_group_networks(cohort, split, names, LAM1)[group].B_.toarray() != 0
            count[group] += B
            there.append(B)
        lost += there[0] & ~there[1]
    for group in GROUPS:
        table = frequencies[group].table[ANY].unstack(fill_value=0.0)
        table = table.reindex(index=names, columns=names, fill_value=0.0)
        np.testing.assert_allclose(table, count[group] / 20)
        assert frequencies[group].candidates == 42
        assert frequencies[group].selected[ANY] == pytest.approx(count[group].sum() / 20)
        strong = frequencies[group].table[STRONG]
        assert (strong <= frequencies[group].table[ANY]).all()
        assert frequencies[group].selected[STRONG] <= strong_count(42) + 1e-9
    table = switched["lost in RS"].unstack(fill_value=0.0)
    table = table.reindex(index=names, columns=names, fill_value=0.0)
    np.testing.assert_allclose(table, lost / 20)
    assert ((hubs >= 0) & (hubs <= 1)).all(axis=None) and (hubs.sum() >= 1 - 1e-9).all()


def test_edge_frequencies_do_not_depend_on_threads(cohort, groups, edges):
    two = edge_frequencies(cohort, groups, pd.Index([*MARKERS]), LAM1, 10, 5, Engine(threads=2))
    pd.testing.assert_frame_equal(edge_table(*edges[:2]), edge_table(*two[:2]), check_exact=True)


def test_summary_counts_what_reaches_the_thresholds():
    table = pd.DataFrame({"rule": [1.0, 0.8, 0.74, 0.1]}, list("abcd"))
    row = Frequencies(table, {"rule": 3.0}, 100, 25).summary("rule")
    assert row["reached"] == 2 and row["bounds"]["worst case"] == pytest.approx(9 / 100 / 0.52)
    for kind in KINDS:
        at = row["lowest_threshold"][kind]
        assert row["reached_lowest"][kind] == (table["rule"] >= at).sum()
    full = Frequencies(table, {"rule": 90.0}, 100, 25).summary("rule")
    assert np.isnan(full["bounds"]["unimodal"]) and full["reached_lowest"]["worst case"] == 0


def test_tables_numbers_and_words(found, edges, chosen):
    by_width = {30: found, 20: found}
    assert marker_table(by_width).groupby("width").size().nunique() == 1
    table = published_table(by_width)
    assert len(table) == 14 and set(table["marker"]) == set(MARKERS)
    inside = [gene for gene in MARKERS if gene in found.table.index]
    assert set(table.loc[table["inside"], "marker"]) == set(inside)
    found_numbers = numbers(by_width, *edges)
    assert set(found_numbers["markers"]["30"]["rules"]) == {COMMON, STRONG, *chosen}
    for gene in inside:
        assert found_numbers["published"][gene]["30"][COMMON] == found.table.at[gene, COMMON]
    assert (
        found_numbers["named_edge"]["inside"] and 0 <= found_numbers["named_edge"]["ST"][ANY] <= 1
    )
    assert set(found_numbers["hubs"]["ST"]) == set(MARKERS)
    text = conclusion(found_numbers)
    for word in ("30 genes, 2 pairs", "ST: ", "AKR1C1 to ANXA10", "hub of RS", *inside):
        assert word in text, word


@pytest.mark.parametrize("reached", [0, 1, 2])
def test_sentences_agree_with_their_numbers(found, edges, reached):
    said = numbers({30: found}, *edges)
    said["edges"]["ST"][STRONG] |= {"reached": reached}
    said["markers"]["30"]["rules"][STRONG] |= {"reached": reached, "selected_on_a_half": 3.0}
    text = conclusion(said)
    assert ["None is among", "1 is among", "2 are among"][reached] in text
    assert f"{['none recurs', '1 recurs', '2 recur'][reached]} in at least" in text
    said["markers"]["30"]["rules"][COMMON]["reached"] = 1
    each = {0: "one marker is stable.**", 1: "one marker is stable by each rule.**"}
    assert each.get(reached, "some markers are stable.**") in conclusion(said)
    said["markers"]["30"]["rules"][STRONG]["selected_on_a_half"] = 1.0
    assert f"half {'recurs' if reached else 'does not recur'} in" in conclusion(said)
    one = Study("screen", of_paper=False, markers={"ANXA10": "marker"}, edge=None, drugs=1)
    said = numbers({30: found}, *edges, one)
    text = conclusion(said, one)
    assert "- The named marker ANXA10 is " in text and "ANXA10 is a hub of ST" in text
    assert " of the drug on " in text and "mean rank" not in text
    assert list(said["named"]) == ["ANXA10"] and "published" not in said


@pytest.mark.parametrize(
    ("mean", "says"),
    [
        (0.0, "By the rule of notebook 03, no gene is a marker of all drugs on any half"),
        (
            0.02,
            "03, fewer than 0.1 genes are markers of all drugs on a half, on average, and none in",
        ),
        (
            0.25,
            "03, 0.2 genes are markers of all drugs on a half, on average, and none in at least 75%",
        ),
    ],
)
def test_no_gene_on_any_half_is_said_in_words(found, edges, mean, says):
    said = numbers({30: found}, *edges)
    said["markers"]["30"]["rules"][COMMON] |= {"reached": 0, "selected_on_a_half": mean}
    text = conclusion(said)
    assert says in text and "0.0 genes" not in text


def test_a_share_is_rounded_as_in_the_table(found, edges):
    hubs = edges[2].assign(ST=7 / 40)
    assert f"{hubs.round(2)['ST'].iloc[0]:.2f}" == "0.18"
    assert "AKR1C1 0.18, " in conclusion(numbers({30: found}, *edges[:2], hubs))


def test_a_marker_added_from_below_the_cut_counts_among_the_genes(found, edges):
    named = [gene for gene in MARKERS if gene in found.table.index]
    study = Study("screen", of_paper=False, markers=dict.fromkeys(named, "marker"), edge=None)
    wider = Frequencies(found.table, found.selected, 31, PAIRS)
    text = conclusion(numbers({30: wider}, *edges, study), study)
    assert "**31 genes, 2 pairs: " in text and "among the 31 genes." in text
    assert f"- All of the {len(named)} named markers are among" in text


def test_a_marker_outside_the_genes_has_no_frequency(found):
    few = Frequencies(found.table.drop(index="ANXA10", errors="ignore"), found.selected, 30, PAIRS)
    row = published_table({30: few}).set_index("marker").loc["ANXA10"]
    assert not row["inside"] and np.isnan(row[COMMON]) and not row["reached"]


@pytest.mark.parametrize("name", STABILITY)
def test_every_width_of_a_profile_has_its_pairs(name):
    sizes = stability_sizes(name)
    assert len(sizes.widths) == len(sizes.pairs) and min(sizes.pairs) >= 1
    assert stability_sizes(name, 3).edge_pairs == 3
