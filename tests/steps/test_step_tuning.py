"""Other draws of the tuning folds: the first is that of notebooks 02 to 05, the others are redone."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from builders import words

from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.errors import UsageError
from pnetlib.execution.engine import Engine
from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.stats.intervals import with_draws
from pnetlib.steps.markers.compute import fit_drug_networks
from pnetlib.steps.networks.compute import (
    edge_matrices,
    edge_table,
    fit_group_networks,
    network_errors,
    network_genes,
    split_groups,
)
from pnetlib.steps.sizes import SMOKE, small, tuning_draws
from pnetlib.steps.study import PAPER, SIMULATED, Study
from pnetlib.steps.tuning import compute, figures, sentences
from pnetlib.workflow.folds import Folds

SEED = 20220823
POINTS = [
    {"lam1": 0.4, "lam2": 0.0, "lam3": 0.05, "lam4": 0.1},
    {"lam1": 0.2, "lam2": 0.0, "lam3": 0.02, "lam4": 0.1},
]


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(SEED)


@pytest.fixture(scope="module")
def drugs(cohort):
    return list(cohort.response.columns)


@pytest.fixture(scope="module")
def choices(drugs):
    """Lambdas of three draws; the second moves one drug, the third repeats the second."""
    first = dict.fromkeys(drugs, POINTS[0])
    second = first | {drugs[1]: POINTS[1]}
    return [first, second, dict(second)]


@pytest.fixture(scope="module")
def networks(cohort, choices):
    return fit_drug_networks(cohort, cohort.top_genes(40), choices[0])


@pytest.fixture(scope="module")
def groups(cohort):
    return split_groups(cohort, 30)


@pytest.fixture(scope="module")
def seeds():
    return compute.draw_seeds(SEED, 3)


@pytest.fixture(scope="module")
def drawn(cohort, groups, choices, networks, seeds):
    refits = compute.refitted(networks, choices, compute.refit_work(cohort, networks, choices))
    return compute.follow(cohort, groups, choices, refits, seeds, 8)


def test_seeds_begin_with_that_of_the_run_and_do_not_change_with_their_number():
    assert compute.draw_seeds(SEED, 1) == [SEED]
    assert compute.draw_seeds(SEED, 4)[:3] == compute.draw_seeds(SEED, 3)
    assert len({*compute.draw_seeds(SEED, 10), *compute.draw_seeds(SEED + 1, 10)}) == 20
    assert [tuning_draws(name) for name in ("smoke", "standard", "paper")] == [2, 2, 5]
    assert tuning_draws("paper", 4) == 4
    with pytest.raises(UsageError, match="draws is -1"):
        tuning_draws("paper", -1)


def test_only_lambdas_that_differ_are_fitted_again(cohort, drugs, choices, networks):
    work = compute.refit_work(cohort, networks, choices)
    assert work.tasks == [(drugs[1], POINTS[1])]
    first, second, third = compute.refitted(networks, choices, work)
    pd.testing.assert_frame_equal(first.theta, networks.theta)
    alone = fit_drug_networks(cohort, networks.genes, choices[1])
    for found in (second, third):
        pd.testing.assert_frame_equal(found.theta, alone.theta)
        pd.testing.assert_frame_equal(found.degree, alone.degree)


def test_first_draw_is_that_of_notebook_04(cohort, groups, networks, drawn):
    markers, genes = network_genes(cohort, networks, 8)
    lam1 = float(network_errors(cohort, groups, genes, SEED).mean(axis=1).idxmin())
    edges = edge_table(fit_group_networks(cohort, groups, genes, lam1))
    first = drawn[0]
    assert (first.markers, first.genes, first.lam1) == (markers, list(genes), lam1)
    pd.testing.assert_frame_equal(first.edges, edges, check_exact=True)
    # The third draw has the lambdas of the second, so only its folds of the groups differ.
    pd.testing.assert_frame_equal(drawn[1].theta, drawn[2].theta)
    assert set(first.numbers()) >= {"seed", "chosen", "common", "genes", "lam1"}


def test_draws_do_not_depend_on_threads(cohort, groups, choices, networks, seeds, drawn):
    engine = Engine(threads=2)
    work = compute.refit_work(cohort, networks, choices)
    refits = compute.refitted(networks, choices, work, engine)
    again = compute.follow(cohort, groups, choices, refits, seeds, 8, engine=engine)
    for one, other in zip(drawn, again):
        pd.testing.assert_frame_equal(one.edges, other.edges, check_exact=True)


def test_choices_are_stored_by_draw(cohort, drugs, tmp_path):
    profile = replace(small(SMOKE), n_genes=25, lam1=(0.4,), lam3=(0.2, 0.05), lam4=(0.0,))
    first, stored = {drugs[0]: POINTS[0]}, Folds.of_cohort(tmp_path, cohort)
    seeds, calls = compute.draw_seeds(SEED, 3), []
    found = compute.choose_again(
        cohort, profile, first, seeds, stored=stored, advance=lambda: calls.append(1)
    )
    assert found[0] is first and len(found) == 3 and len(calls) == 2
    assert len(list(tmp_path.iterdir())) == 2
    assert set(found[1][drugs[0]]) >= {"lam1", "lam3", "lam4"}
    assert compute.choose_again(cohort, profile, first, seeds, stored=stored) == found


def draw(values, edges, genes="AB", common=(), **named):
    """A draw with the effects of the genes A and B on one drug, and edges (from, to, ST, RS)."""
    theta = pd.DataFrame({"drug": values}, list("AB"))
    table = pd.DataFrame(edges, columns=["regulator", "target", "ST", "RS"])
    given = {"seed": 1, "chosen": {"drug": POINTS[0]}, "lam1": 0.3} | named
    return compute.Draw(
        theta=theta, common=list(common), markers=[], genes=list(genes), edges=table, **given
    )


def test_tables_by_hand():
    draws = [
        draw([0.5, 0.0], [("A", "B", 0.2, 0.0)], common=["A"]),
        draw([0.1, -0.3], [("A", "B", 0.0, -0.1), ("B", "A", 0.4, 0.0)], lam1=0.2),
        draw([0.6, 0.2], [], genes="A", common=["A", "B"]),
    ]
    markers = compute.marker_table(draws).set_index("marker")
    assert markers.loc["A", ["common", "selected", "first", "low", "high"]].to_list() == [
        *(2, 3),
        *(0.5, 0.1, 0.6),
    ]
    assert markers.loc["B", ["common", "selected", "first", "low", "high"]].to_list() == [
        *(1, 2),
        *(0.0, -0.3, 0.2),
    ]
    counts = compute.marker_counts(markers.reset_index(), draws)
    assert counts.loc["A"].to_list() == [2, 1, 1] and counts.loc["B"].to_list() == [1, 1, 0]
    edges = compute.edge_ranges(draws).set_index(["regulator", "target"])
    assert NAMED_EDGE not in edges.index  # its genes are in no draw
    ab = edges.loc[("A", "B")]
    assert ab["possible"] == 2 and (ab["present ST"], ab["present RS"]) == (1, 1)
    assert (ab["first ST"], ab["low ST"], ab["high ST"]) == (0.2, 0.0, 0.2)
    assert (ab["first RS"], ab["low RS"], ab["high RS"]) == (0.0, -0.1, 0.0)
    agreement = compute.agreement(draws).set_index(["draw", "what"])["agreement"]
    assert agreement[2, "ST"] == pytest.approx(np.corrcoef([0.2, 0.0], [0.0, 0.4])[0, 1])
    assert agreement[3, "drug"] == pytest.approx(1.0)
    assert np.isnan(agreement[3, "ST"])
    said = sentences.conclusion(
        draws, markers.reset_index(), edges.reset_index(), agreement.reset_index()
    )
    assert "lam1 differs for the group networks (0.2 to 0.3)" in said
    assert "same in all draws for drug" in said and "nan" not in said
    assert "with the first is 1.00 for the effects of all genes" in said
    assert "Of 1 common marker of the first draw, 0 are common in all 3 draws; 1 other gene" in said
    one = Study("screen", of_paper=False, markers={}, edge=None, drugs=1)
    said = sentences.conclusion(
        draws, markers.reset_index(), edges.reset_index(), agreement.reset_index(), one
    )
    assert "Pro's lambdas are all the same in every draw." in said
    assert (
        "1 marker of the first draw, 0 are markers in all 3 draws; 1 other gene is a mark" in said
    )


def test_the_paper_edge_has_a_row_even_where_it_is_absent():
    draws = [draw([0.0, 0.0], [], genes=NAMED_EDGE)] * 2
    edges = compute.edge_ranges(draws)
    assert list(edges["possible"]) == [2] and list(edges["present ST"]) == [0]
    markers, agreement = compute.marker_table(draws), compute.agreement(draws)
    said = sentences.conclusion(draws, markers, edges, agreement)
    assert "All 2 draws choose the same lam1 for every drug and for the group networks." in said
    assert "in ST in none of 2 draws" in said and "nan" not in said
    assert sentences.conclusion(draws[:1], markers, edges, agreement) == sentences.ONCE


def test_effects_of_every_draw(cohort, groups, drawn):
    networks = [(pd.Index(d.genes), edge_matrices(d.edges, d.genes)) for d in drawn]
    by_draw = compute.effects_by_draw(cohort, networks, groups, list(MARKERS))
    ranges = compute.effect_ranges(by_draw)
    row = ranges.iloc[0]
    same = (by_draw[["marker", "side", "length"]] == row[["marker", "side", "length"]]).all(axis=1)
    found = by_draw.loc[same, "difference"]
    assert (row["first difference"], row["draws"]) == (found.iloc[0], len(found))
    assert (row["low difference"], row["high difference"]) == (found.min(), found.max())
    roles = dict.fromkeys(MARKERS, "marker")
    assert "Over 3 draws" in sentences.of_effects(ranges, roles)
    assert "nan" not in sentences.of_effects(ranges, roles)
    assert sentences.of_effects(compute.effect_ranges(by_draw[:0]), roles) == sentences.ONCE
    figure = figures.draw_effects(ranges, study=SIMULATED)
    assert {"ST", "RS", str(row["marker"])} <= set(words(figure).split())
    assert "Figure 5c" in figures.caption_effects(ranges, study=SIMULATED)
    marked, edges = compute.marker_table(drawn), compute.edge_ranges(drawn)
    said = words(figures.draw_draws(marked, edges, study=PAPER))
    assert "ANXA10" in said and "→" in said and "SIMULATED" not in said
    assert "3 draws" in figures.caption_draws(marked, edges, 3, study=PAPER)
    ends = {
        f"{end} {group}": edges[f"first {group}"]
        for end in ("low", "high")
        for group in ("ST", "RS")
    }
    said = figures.caption_draws(marked, edges.assign(**ends), 3, study=PAPER)
    assert "none of which moves, the largest (" in said and "move most" not in said


def test_intervals_with_draws():
    assert with_draws(-1.0, 3.0, [1.0]) == (-1.0, 3.0)
    assert with_draws(-1.0, 3.0, [1.0, 1.0]) == (-1.0, 3.0)
    low, high = with_draws(-1.0, 3.0, [1.0, 1.5, 0.5])
    assert low < -1.0 and high > 3.0 and low + high == pytest.approx(2.0)
    # With many draws the variances simply add.
    draws = np.random.default_rng(0).normal(size=200_000)
    _, high = with_draws(-1.96, 1.96, draws)
    assert high == pytest.approx(1.96 * np.sqrt(2.0), rel=0.01)


@pytest.mark.long
@pytest.mark.parametrize("n", [2, 3, 10])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_intervals_with_draws_cover(n, share):
    """The estimate is one draw; a share of its variance is between draws, estimated from n draws."""
    rng = np.random.default_rng(5)
    sets = 2000
    common = rng.normal(size=sets) * np.sqrt(1.0 - share)
    draws = common[:, None] + rng.normal(size=(sets, n)) * np.sqrt(share)
    half = 1.96 * np.sqrt(1.0 - share)
    ends = [with_draws(row[0] - half, row[0] + half, row) for row in draws]
    covered = np.mean([low <= 0.0 <= high for low, high in ends])
    fixed = np.mean(np.abs(draws[:, 0]) <= half)
    level = 0.9 if n == 2 and share == 0.9 else 0.95  # two draws may be alike by chance
    assert covered > level - 3.0 * np.sqrt(level * (1.0 - level) / sets)
    assert fixed < covered


def test_carried_intervals_are_those_of_step_09_widened():
    keys = {"marker": "A", "side": "targets", "length": 1}
    effects = pd.DataFrame([keys | {"difference": 1.0, "low": 0.5, "high": 1.5}])
    by_draw = pd.DataFrame([keys | {"difference": value} for value in (1.0, 0.2, 0.6)])
    row = compute.carried(effects, by_draw).iloc[0]
    expected = with_draws(0.5, 1.5, [1.0, 0.2, 0.6])
    assert (row["low with draws"], row["high with draws"]) == expected
    assert row["draws"] == 3 and row["sd of draws"] == pytest.approx(0.4)
    table = compute.carried(effects, by_draw)
    assert "1 excludes 0, and with it 0" in sentences.of_intervals(table)
    assert sentences.of_intervals(compute.carried(effects, by_draw[:0])) == sentences.ONCE
