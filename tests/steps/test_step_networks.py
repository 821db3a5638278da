"""Sensitive and resistant lines, their networks, and the tables of edges and degrees."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.model_selection import KFold

from pnetlib.datasets.simulated import SIZES, simulate_cohort
from pnetlib.errors import DataError, MissingDrugError
from pnetlib.estimators import ElasticNetwork
from pnetlib.paper.markers import MARKERS as PUBLISHED
from pnetlib.steps.markers.compute import DrugNetworks
from pnetlib.steps.networks.compute import (
    GROUPS,
    degree_table,
    edge_matrices,
    edge_table,
    fit_group_networks,
    layout,
    line_table,
    neighbourhood,
    network_errors,
    network_genes,
    split_groups,
)
from pnetlib.steps.networks.sentences import conclusion, of_cuts, of_presence
from pnetlib.steps.study import PAPER, Study

MARKERS = ["ANXA10", "AKR1C1", "AKR1C3"]


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(9)


@pytest.fixture(scope="module")
def groups(cohort):
    return split_groups(cohort, SIZES["smoke"].n_group)


@pytest.fixture(scope="module")
def genes(cohort):
    return cohort.top_genes(25)


@pytest.fixture(scope="module")
def networks(cohort, groups, genes):
    return fit_group_networks(cohort, groups, genes, 0.5)


def answering(cohort, *responses):
    """A cohort of as many lines as rows given, responding to its first drugs like that."""
    lines, drugs = cohort.expression.index[: len(responses)], cohort.response.columns
    small = replace(cohort, truth=None).subset(lines=lines)
    table = pd.DataFrame(list(responses), index=lines, columns=drugs[: len(responses[0])])
    return replace(small, response=table)


# The groups


def test_groups_by_hand(cohort):
    small = answering(
        cohort, [-2.0, -1.0], [-3.0, 2.0], [1.0, 0.5], [-0.4, -0.5], [0.2, 3.0], [-9.0, np.nan]
    )
    lines = small.expression.index
    groups = split_groups(small, 2)
    assert list(groups.lines["ST"]) == [lines[0], lines[3]]  # largest z -1.0 and -0.4
    assert list(groups.lines["RS"]) == [lines[2], lines[4]]  # smallest z 0.5 and 0.2
    assert groups.cuts == {"ST": -0.4, "RS": 0.2} and groups.complete == 5
    first = split_groups(small, 2, drugs=small.response.columns[:1])
    assert list(first.lines["ST"]) == [lines[5], lines[1]] and first.complete == 6


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 9))
def test_groups_hold_the_extreme_lines_and_no_other(cohort, seed, size):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(30, 3)) + 1.5 * rng.normal(size=(30, 1))
    values[rng.random((30, 3)) < 0.05] = np.nan
    small = answering(cohort, *values)
    try:
        groups = split_groups(small, size)
    except DataError:
        return
    z = small.response.dropna()
    st_lines, rs_lines = groups.lines["ST"], groups.lines["RS"]
    assert len(st_lines) == len(rs_lines) == size == len(set(st_lines) - set(rs_lines))
    assert groups.complete == len(z)
    assert z.loc[st_lines].to_numpy().max() == groups.cuts["ST"]
    assert z.loc[rs_lines].to_numpy().min() == groups.cuts["RS"]
    assert (z.drop(st_lines).max(axis=1) > groups.cuts["ST"]).all()
    assert (z.drop(rs_lines).min(axis=1) < groups.cuts["RS"]).all()


def test_groups_of_a_simulated_cohort_are_the_planted_ones(cohort, groups):
    planted = cohort.truth.groups
    for group in GROUPS:
        assert set(groups.lines[group]) == set(planted.index[planted == group])


def test_too_few_complete_lines_are_refused_with_the_numbers(cohort):
    small = answering(cohort, [1.0, 1.0], [-1.0, -1.0], [0.0, 0.0], [2.0, np.nan])
    with pytest.raises(DataError, match="group_size 2 needs 4 cell lines .* but there are 3;"):
        split_groups(small, 2)


def test_a_line_in_both_groups_is_refused_by_name(cohort):
    mixed = answering(cohort, [0.0, 0.0], [-1.0, 1.0], [-2.0, 2.0], [-3.0, 3.0])
    first = mixed.expression.index[0]
    with pytest.raises(
        DataError, match=f"^group_size 2 would make 2 cell lines, such as {first}, both"
    ):
        split_groups(mixed, 2)


def test_a_drug_that_was_not_measured_is_refused(cohort):
    with pytest.raises(MissingDrugError, match="Aspirin"):
        split_groups(cohort, 5, drugs=["Aspirin"])


def test_table_of_lines_names_the_group_of_each(cohort, groups):
    table = line_table(cohort, groups)
    assert table["group"].value_counts().to_dict() == {"ST": 30, "RS": 30}
    for group in GROUPS:
        assert list(table.index[table["group"] == group]) == list(groups.lines[group])
    line = groups.lines["RS"][3]
    assert table.at[line, "tissue"] == cohort.annotation.at[line, "tissue"]
    assert table.at[line, "Docetaxel"] == cohort.response.at[line, "Docetaxel"]
    assert "tcga" not in table  # the simulated lines have no label
    labelled = cohort.annotation.assign(tcga="UNCLASSIFIED")
    labelled = line_table(replace(cohort, annotation=labelled), groups)
    assert set(labelled["tcga"]) == {"UNCLASSIFIED"} and len(labelled.columns) == 1 + len(
        table.columns
    )


# Markers and their neighbours


def test_neighbours_are_the_genes_most_strongly_linked_to_the_markers(cohort, genes):
    found = neighbourhood(cohort, genes, MARKERS, 6, 0.4)
    assert list(found[:3]) == MARKERS and len(found) == 9 and found.is_unique
    universe = genes.union(pd.Index(MARKERS), sort=False)
    B = ElasticNetwork(0.4).fit(cohort.expression[universe]).B_.toarray()
    B = pd.DataFrame(np.abs(B), universe, universe)
    link = {
        gene: B.loc[MARKERS, gene].sum() + B.loc[gene, MARKERS].sum()
        for gene in universe.difference(MARKERS)
    }
    expected = sorted(link, key=link.get, reverse=True)
    assert list(found[3:]) == expected[:6]
    everyone = neighbourhood(cohort, genes, MARKERS, 1000, 0.4)
    assert set(everyone[3:]) == {gene for gene, size in link.items() if size > 0}


def test_a_marker_enters_from_outside_the_genes_but_not_from_outside_the_cohort(cohort, genes):
    outside = next(gene for gene in cohort.expression if gene not in genes)
    found = neighbourhood(cohort, genes, [outside, "NOWHERE"], 4, 0.2)
    assert found[0] == outside and "NOWHERE" not in found and set(found[1:]) <= set(genes)


# Networks of the groups


def held_out_errors(X, lam1, seed):
    """Squared error of each held-out fold, genes in units of their training variance."""
    for train, test in KFold(5, shuffle=True, random_state=seed).split(X):
        mean, scale = X[train].mean(axis=0), X[train].std(axis=0)
        B = ElasticNetwork(lam1).fit(X[train]).B_
        Z = (X[test] - mean) / scale
        yield np.mean((Z - Z @ B) ** 2)


def test_network_errors_are_in_units_of_the_training_variance(cohort, groups, genes):
    table = network_errors(cohort, groups, genes[:12], seed=3)
    for group in GROUPS:
        X = cohort.expression.loc[groups.lines[group], genes[:12]].to_numpy()
        expected = np.mean(list(held_out_errors(X, table.index[5], 3)))
        assert table.at[table.index[5], group] == pytest.approx(expected, rel=1e-3)


def test_network_errors_are_taken_along_falling_lam1_and_on_lines_held_out(cohort, groups, genes):
    table = network_errors(cohort, groups, genes, seed=3)
    assert list(table.columns) == list(GROUPS) and (np.diff(table.index) < 0).all()
    assert table.index.name == "lam1" and (table > 0).all(axis=None)
    best = table.mean(axis=1).to_numpy().argmin()
    assert 0 < best < len(table) - 1  # on training lines the densest network would be best


def test_each_network_sees_its_own_lines_only(cohort, groups, genes, networks):
    changed = cohort.expression.copy()
    rng = np.random.default_rng(0)
    others = changed.index.difference(groups.lines["ST"])
    changed.loc[others] = rng.normal(size=changed.loc[others].shape)
    again = fit_group_networks(replace(cohort, expression=changed), groups, genes, 0.5)
    np.testing.assert_array_equal(again["ST"].B_.toarray(), networks["ST"].B_.toarray())
    assert (again["RS"].B_.toarray() != networks["RS"].B_.toarray()).any()


class Known:
    """A network of known coefficients with the two methods that the tables ask for."""

    def __init__(self, B):
        self.B_ = nx.to_scipy_sparse_array(B, format="csc")
        self.graph = B

    def edges(self):
        return nx.to_pandas_edgelist(self.graph, "regulator", "target").rename(
            columns={"weight": "coefficient"}
        )

    def degrees(self):
        size = abs(self.B_).toarray()
        return pd.Series((size.sum(axis=0) + size.sum(axis=1)) / 2, list(self.graph))


def graph(*edges):
    """A graph of the genes A, B and C."""
    made = nx.DiGraph()
    made.add_nodes_from("ABC")
    made.add_weighted_edges_from(edges)
    return made


@pytest.fixture
def three():
    return {
        "ST": Known(graph(("A", "B", 0.5), ("B", "C", -0.25), ("A", "C", 1.0))),
        "RS": Known(graph(("A", "B", -0.75), ("C", "A", 0.5))),
    }


def test_edges_of_both_groups_are_side_by_side(three):
    table = edge_table(three)
    expected = pd.DataFrame(
        {
            "regulator": list("AABC"),
            "target": list("BCCA"),
            "ST": [0.5, 1.0, -0.25, 0.0],
            "RS": [-0.75, 0.0, 0.0, 0.5],
            "presence": ["both", "ST only", "ST only", "RS only"],
        }
    )
    pd.testing.assert_frame_equal(table, expected, check_dtype=False)


def test_degrees_by_hand(three):
    table = degree_table(three)
    assert table["degree ST"].to_dict() == {"A": 0.75, "B": 0.375, "C": 0.625}
    assert table["degree RS"].to_dict() == {"A": 0.625, "B": 0.375, "C": 0.25}
    assert table["targets ST"].to_dict() == {"A": 2, "B": 1, "C": 0}
    assert table["regulators RS"].to_dict() == {"A": 1, "B": 1, "C": 0}
    assert table["degree rank ST"].to_dict() == {"A": 1, "B": 3, "C": 2}
    assert table.index.name == "gene"


@pytest.mark.parametrize("group", GROUPS)
def test_tables_are_those_of_networkx(networks, group):
    graph, table = networks[group].to_networkx(), degree_table(networks)
    for node, _degree in graph.degree():
        assert table.at[node, f"targets {group}"] == graph.out_degree(node)
        assert table.at[node, f"regulators {group}"] == graph.in_degree(node)
        total = sum(abs(w) for *_, w in graph.in_edges(node, data="coefficient"))
        total += sum(abs(w) for *_, w in graph.out_edges(node, data="coefficient"))
        assert table.at[node, f"degree {group}"] == pytest.approx(total / 2)
    edges = edge_table(networks)
    present = edges[edges[group] != 0]
    assert {tuple(edge) for edge in present[["regulator", "target"]].to_numpy()} == set(graph.edges)
    assert (edges["presence"] != f"{'RS' if group == 'ST' else 'ST'} only").sum() == len(present)
    assert not edges.duplicated(["regulator", "target"]).any()


def test_a_group_without_edges_has_empty_columns(cohort, groups, genes, networks):
    empty = ElasticNetwork(10.0).fit(cohort.expression.loc[groups.lines["ST"], genes])
    half = {"ST": empty, "RS": networks["RS"]}
    edges = edge_table(half)
    assert set(edges["presence"]) == {"RS only"} and (edges["ST"] == 0).all()
    degrees = degree_table(half)
    assert (degrees[["degree ST", "targets ST", "regulators ST"]] == 0).all(axis=None)
    assert (degrees["degree rank ST"] == 1).all()
    assert edge_table({"ST": empty, "RS": empty}).empty


def test_layout_places_every_linked_gene_and_again_the_same(networks):
    edges = edge_table(networks)
    places = layout(edges, 1)
    assert set(places) == set(edges["regulator"]) | set(edges["target"])
    assert all(np.isfinite(place).all() for place in places.values())
    for gene, place in layout(edges, 1).items():
        np.testing.assert_array_equal(place, places[gene])
    assert layout(edges[:0], 1) == {}


def test_matrices_come_back_from_the_table_of_edges(networks, genes):
    matrices = edge_matrices(edge_table(networks), genes)
    for group in GROUPS:
        np.testing.assert_array_equal(matrices[group], networks[group].B_.toarray())


def test_genes_of_the_networks_begin_with_published_and_common_markers(cohort, genes):
    common = next(gene for gene in genes if gene not in PUBLISHED)
    theta = pd.DataFrame({"x": (genes == common) * 1.0}, genes)
    found = DrugNetworks(genes, theta, theta.abs(), {}, pd.DataFrame())
    markers, all_genes = network_genes(cohort, found, 5, top=1)
    assert markers == [*PUBLISHED, common]
    assert list(all_genes[: len(markers)]) == markers and len(all_genes) == len(markers) + 5
    again = network_genes(cohort, found, 5, top=1, n_jobs=2)
    assert again[0] == markers and again[1].equals(all_genes)


def test_sentences_name_hubs_and_the_papers_edge(groups):
    hubs = {
        "ST": Known(graph_of("ANXA10", ("AKR1C1", "ANXA10", 0.5))),
        "RS": Known(graph_of("ANXA10", ("ANXA10", "AKR1C1", 0.5))),
    }
    edges, degrees = edge_table(hubs), degree_table(hubs)
    said = conclusion(groups, edges, degrees, ["ANXA10", "AKR1C1"])
    assert "share 0 of 2 edges (0%)" in said
    assert "ANXA10 has rank 1; one of them is in the first tenth" in said
    assert "The hubs that the paper names in RS are not among the genes." in said
    assert "coefficient 0.500 in ST and 0.000 in RS" in said and "this run agrees" in said
    assert "is in neither network" in conclusion(groups, edges[:0], degrees, ["ANXA10"])
    one = Study("screen", of_paper=False, markers={"ANXA10": "sensitivity"}, edge=None, drugs=1)
    said = conclusion(groups, edges[:1], degrees, ["ANXA10"], study=one)
    assert "lines measured with the drug" in said and "(z-score at most" in said
    assert "share 0 of 1 edge (0%); 1 is in ST only and 0 in RS only" in said
    both = "The marker ANXA10, the hub expected in ST, has rank 1 of 2 genes by degree; it is in the first tenth."
    assert both in said and said.count("ANXA10") == 2
    assert "- The marker ANXA10 has rank 1 of 2 genes by degree in RS." in said
    assert of_presence(edges) == "2 edges: 0 in both groups, 1 in ST only, 1 in RS only"


def test_groups_are_said_in_words_with_the_meaning_of_their_responses(groups):
    said = of_cuts(groups, "extreme", PAPER).splitlines()
    cut = f"{groups.cuts['ST']:.3f}"
    assert said[0].startswith(f"ST: the {len(groups.lines['ST'])} most sensitive lines of the ")
    assert said[0].endswith(f"with all responses (every z-score at most {cut})")
    assert said[2] == "Responses are z-scores, of which a larger one is more resistant."
    turned = of_cuts(groups, "mean", replace(PAPER, turned=True, drugs=1))
    assert "a larger one is more resistant, so the signs of the responses are changed." in turned
    assert "with a response (z-score at most" in turned


def graph_of(gene, *edges):
    made = nx.DiGraph()
    made.add_nodes_from([gene, "AKR1C1"])
    made.add_weighted_edges_from(edges)
    return made
