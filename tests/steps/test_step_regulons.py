"""Step 14: networks against known edges, and the named edge beside transcription factors."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pnetlib.datasets.regulons import Regulons, load_regulons, simulate_regulons
from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.errors import DataError
from pnetlib.estimators import ElasticNetwork
from pnetlib.paper.markers import NAMED_EDGE
from pnetlib.solvers.search import SearchRule
from pnetlib.steps.choice import choose
from pnetlib.steps.markers.compute import fit_drug_networks
from pnetlib.steps.networks.compute import split_groups
from pnetlib.steps.regulons import compute, sentences
from pnetlib.steps.regulons.compute import ALONE, CORRELATION, NO_DRUG, PARTIAL, PRO, Universe
from pnetlib.steps.sizes import PROFILES, regulons_sizes

DRUGS = ["Docetaxel", "Mitomycin-C"]
POINT = {"lam1": 0.3, "lam2": 0.0, "lam3": 0.05, "lam4": 0.3}


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(4).with_drugs(DRUGS)


@pytest.fixture(scope="module")
def regulons(cohort):
    return load_regulons("", cohort, seed=1)


@pytest.fixture(scope="module")
def universe(cohort, regulons):
    return Universe.of("genes", cohort.top_genes(60), regulons)


@pytest.fixture(scope="module")
def scores(cohort, universe):
    chosen = dict.fromkeys(DRUGS, POINT)
    networks = fit_drug_networks(cohort, universe.genes, chosen)
    return compute.paper_scores(cohort, networks, chosen, universe)


def test_a_universe_has_the_known_edges_among_its_genes(universe, regulons):
    edges = regulons.among(universe.genes)
    assert universe.known.sum() == len(edges)
    for tf, target in edges[["tf", "target"]].values[:20]:
        assert universe.known[universe.tfs.index(tf), universe.genes.get_loc(target)]
    assert universe.allowed.sum() == universe.known.size - len(universe.tfs)
    assert not universe.known[~universe.allowed].any()


def test_a_universe_without_known_edges_is_refused(regulons):
    with pytest.raises(
        DataError, match="None of the known edges is among mine, .* take more genes"
    ):
        Universe.of("mine", ["A", "B"], regulons)
    with pytest.raises(DataError, match="give other regulons or regulators"):
        Universe.of("mine", regulons.edges["target"], regulons, ["NO"])


def test_a_universe_without_known_edges_may_be_left_out(cohort, universe, regulons, scores):
    empty = Universe.of("few genes", ["A", "B"], regulons, may_be_empty=True)
    assert empty.tfs == [] and empty.known.shape == (0, 2)
    assert compute.paper_scores(cohort, None, {}, empty) == {}
    found = compute.enrich_all([(empty, {}), (universe, scores)], 5, 1)
    assert set(found.table["universe"]) == set(found.gains["universe"]) == {"genes"}
    said = sentences.of_regulons(regulons, [empty, universe])
    assert "None of the known edges lies among few genes (2), so that this part is left out" in said
    assert f"{universe.known.sum():,} edges" in said and " 0 edges" not in said


def test_scores_are_the_sizes_of_coefficients(cohort, universe, scores):
    X = cohort.expression.loc[cohort.lines_for("Docetaxel"), universe.genes]
    B = ElasticNetwork(0.3, tol=1e-6).fit(X).B_.toarray()
    np.testing.assert_allclose(scores[ALONE, "Docetaxel"], np.abs(B[universe.places]), atol=1e-12)
    r = np.corrcoef(cohort.expression[universe.genes].to_numpy(), rowvar=False)
    np.testing.assert_allclose(scores[CORRELATION, NO_DRUG], np.abs(r[universe.places]), atol=1e-9)


def naive_partial(X, i, j, others):
    """Correlation of the residuals of two columns on others, by least squares."""
    left = [
        X[:, k] - X[:, others] @ np.linalg.lstsq(X[:, others], X[:, k], rcond=None)[0]
        for k in (i, j)
    ]
    return abs(np.corrcoef(*left)[0, 1])


def test_partial_correlations_given_other_tfs(cohort, universe):
    found = compute.partial_scores_of_tfs(cohort.expression, universe)
    X = cohort.expression[universe.genes].to_numpy()
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    places = list(universe.places)
    for q, j in ((0, 50), (2, 41), (1, places[3])):
        others = [k for k in places if k not in (places[q], j)]
        assert found[q, j] == pytest.approx(naive_partial(X, places[q], j, others), abs=1e-6)


def test_partial_correlation_of_two_columns():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 5)) @ rng.normal(size=(5, 5))
    centred = X - X.mean(axis=0)
    expected = naive_partial(centred, 0, 1, [2, 3, 4])
    assert abs(compute.partial_correlation(X)) == pytest.approx(expected)
    assert compute.partial_correlation(X[:, :2]) == pytest.approx(np.corrcoef(X[:, :2].T)[0, 1])


def test_planted_edges_are_enriched_and_shuffled_ones_are_not(universe, scores):
    found = compute.enrich(universe, scores, 60, 1)
    table = found.table.set_index(["kind", "drug"])
    assert (table["low"] > 0.6).all() and (table["p auroc"] <= 0.05).all()
    assert (table["auroc"] > table["null auroc"] + 0.05).all()
    rng = np.random.default_rng(0)
    noise = {
        (PRO, "a"): rng.random(universe.known.shape),
        (ALONE, "a"): rng.random(universe.known.shape),
    }
    none = compute.enrich(universe, noise, 60, 1)
    assert (none.table["low"] < 0.53).all() and none.table["p auroc"].min() > 0.01


def test_gains_are_paired_by_tf(universe, scores):
    gains = compute.enrich(universe, scores, 50, 1).gains.set_index("drug")
    assert list(gains.index) == [*DRUGS, "mean of the drugs"]
    same = {(kind, drug): scores[ALONE, drug] for kind in (PRO, ALONE) for drug in DRUGS}
    none = compute.enrich(universe, same, 20, 1).gains
    assert (none[["mean", "low", "high", "precision gained"]] == 0).all(axis=None)
    better = {(PRO, "a"): universe.known * 1.0, (ALONE, "a"): np.zeros(universe.known.shape)}
    gained = compute.enrich(universe, better, 20, 1).gains
    assert gained["mean"].tolist() == [0.5, 0.5]
    assert "finds more known edges" in sentences.of_gains(gained)


def test_networks_of_tfs_have_no_other_regulator(cohort, regulons):
    genes = cohort.expression.columns
    universe = Universe.of("all", genes, regulons)
    profile = regulons_sizes("smoke").profile
    scores, points = compute.tf_scores(cohort, universe, profile, 1)
    assert set(points) == set(DRUGS) and scores[PRO, DRUGS[0]].any()
    edges, point = compute.tf_networks(cohort, universe, profile, 1, DRUGS[0])
    assert set(edges["tf"]) <= set(universe.tfs) and point == points[DRUGS[0]]
    alone = edges[edges["kind"] == ALONE]
    X = cohort.expression.loc[cohort.lines_for(DRUGS[0])]
    B = ElasticNetwork(point["lam1"], point["lam2"], regulators=universe.tfs).fit(X).B_
    assert len(alone) == B.nnz
    assert scores[ALONE, DRUGS[0]].sum() == pytest.approx(abs(B).sum(), rel=1e-6)


# The named edge -----------------------------------------------------------------------------


def with_common_cause(cohort, strength):
    """A cohort whose named edge is due to a TF alone (strength 0) or also in itself."""
    rng, expression = np.random.default_rng(0), cohort.expression.copy()
    n = len(expression)
    tf = rng.normal(size=n)
    first = tf + rng.normal(size=n)
    expression["FOXA1"], expression[NAMED_EDGE[0]] = tf, first
    expression[NAMED_EDGE[1]] = tf + strength * first + rng.normal(size=n)
    return replace(cohort, expression=expression, truth=None)


@pytest.mark.parametrize(("strength", "remains"), [(0.0, False), (1.5, True)])
def test_a_common_cause_is_partialled_out(cohort, strength, remains):
    own = with_common_cause(cohort, strength)
    groups = split_groups(own, 30)
    table, taken = compute.named_edge(own, groups, ["FOXA1", "TF01"], 5, 100, 1)
    assert taken.index[0] == "FOXA1"
    row = table[(table["lines"] == "all lines") & (table["tissues"] == "all")].iloc[0]
    assert row["raw low"] > 0 and (row["partial low"] > 0) == remains
    said = sentences.of_edge(table, taken, pd.DataFrame())
    assert "FOXA1 (" in said and "the difference to RS becomes" in said


def test_absent_genes_give_no_table(cohort):
    own = replace(cohort, expression=cohort.expression.drop(columns=NAMED_EDGE[0]), truth=None)
    groups = split_groups(own, 30)
    table, taken = compute.named_edge(own, groups, ["TF01"], 5, 10, 1)
    assert table.empty and taken.empty
    assert compute.edge_stability(own, groups, ["TF01"], 0.3, 3, 1).empty
    assert "not both among the genes" in sentences.of_edge(table, taken, table)


def test_last_on_others_is_the_column_of_a_network(cohort):
    X = cohort.expression.iloc[:, :12].to_numpy()
    B = ElasticNetwork(0.2, tol=1e-10).fit(X).B_.toarray()
    np.testing.assert_allclose(compute.last_on_others(X, 0.2), B[:11, 11], atol=1e-4)


def test_the_edge_is_sought_on_halves(cohort):
    own = with_common_cause(cohort, 3.0)
    found = compute.edge_stability(own, split_groups(own, 40), ["FOXA1", "TF01"], 0.2, 5, 1)
    assert (found["frequency"] == 1).all() and (found["halves"] == 10).all()
    assert (found["coefficient"] > 0).all()


def test_sentences_say_where_known_edges_come_from(universe, regulons, scores):
    said = sentences.of_regulons(regulons, [universe])
    assert "SIMULATED regulons" in said and f"{universe.known.sum():,} edges" in said
    table = compute.enrich(universe, scores, 20, 1).table
    assert "mean AUROC over TFs: Pro 0." in sentences.of_enrichment(table)
    assert PARTIAL in sentences.of_enrichment(table)


def test_simulated_regulons_do_not_depend_on_the_drugs(cohort):
    whole = simulate_cohort(4)
    assert simulate_regulons(whole, 1).edges.equals(simulate_regulons(cohort, 1).edges)
    assert isinstance(simulate_regulons(whole, 1), Regulons)
    assert PROFILES["smoke"].regulators == ()


@pytest.mark.parametrize("search", ["grid", SearchRule(budget=12)], ids=["grid", "search"])
def test_lambdas_of_pro_alone_are_those_of_the_comparison(cohort, search):
    profile = replace(PROFILES["smoke"], n_genes=30, search=search)
    X = cohort.expression.loc[cohort.lines_for("Docetaxel")].iloc[:, :30].to_numpy()
    z = cohort.response["Docetaxel"].dropna().to_numpy()
    _, choice = choose(X, z, profile, 3, n_regulators=8)
    assert compute.pro_lambdas(X, z, profile, 3, 8) == choice.point("Pro")
