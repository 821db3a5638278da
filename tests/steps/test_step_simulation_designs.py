"""The planted truth is what the design says: networks, moments, signs, sizes and noise."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from pnetlib.errors import UsageError
from pnetlib.steps.simulation.designs import (
    ERROR,
    GRAPHS,
    GROUP,
    PER_TF,
    RESPONSES,
    SCENARIOS,
    Design,
    acting_modules,
    draw_truth,
    graph_covariance,
    planted_effects,
)

MODULES = 12


def truth_of(seed=0, **given):
    return draw_truth(Design(modules=MODULES, **given), np.random.default_rng(seed))


def literal_tf_data(n, n_tfs, modules, error, rng):
    """Li and Li's expression by its definition, gene after gene."""
    columns = []
    for _ in range(modules):
        factor = rng.standard_normal(n)
        columns.append(factor)
        for _ in range(PER_TF):
            columns.append(np.sqrt(1 - error) * factor + np.sqrt(error) * rng.standard_normal(n))
    return np.column_stack(columns)


# Li and Li's design


def test_scenario_1_is_li_and_lis_first_model():
    effects = truth_of(n_tfs=4).effects
    root = np.sqrt(10)
    for block, size in enumerate((5, -5, 3, -3)):
        part = effects[11 * block : 11 * (block + 1)]
        np.testing.assert_allclose(part, [size] + [size / root] * 10)
    assert not effects[44:].any()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_signs_and_sizes_of_the_scenarios(scenario):
    effects = truth_of(n_tfs=5, scenario=scenario).effects.reshape(MODULES, 11)
    assert (effects[:5] != 0).all() and not effects[5:].any()
    own = np.abs(effects[:5, 1:]) / np.abs(effects[:5, :1])
    np.testing.assert_allclose(own, 1 / np.sqrt(10) if scenario in (1, 2) else 1 / 10)
    opposed = (np.sign(effects[:5, 1:]) != np.sign(effects[:5, :1])).sum(axis=1)
    assert (opposed == (3 if scenario in (2, 4) else 0)).all()
    np.testing.assert_array_equal(effects[:5, 0], [5, -5, 3, -3, 5])


def test_number_of_relevant_genes_and_noise():
    for n_tfs in (5, 10):
        truth = truth_of(n_tfs=n_tfs)
        assert truth.relevant_by_theta.sum() == truth.relevant_by_u.sum() == 11 * n_tfs
        assert truth.noise == pytest.approx(np.sum(truth.effects**2) / 4)
        assert len(truth.effects) == truth.design.n_genes == 11 * MODULES


def test_covariance_is_that_of_the_definition():
    truth = truth_of(error=ERROR)
    block = truth.covariance[:11, :11]
    assert block[0, 1] == pytest.approx(0.7)
    assert block[1, 2] == pytest.approx(0.49)
    assert not truth.covariance[:11, 11:].any()
    X = literal_tf_data(20_000, 5, 3, ERROR, np.random.default_rng(1))
    np.testing.assert_allclose(np.cov(X.T), truth.covariance[:33, :33], atol=0.04)


@pytest.mark.parametrize("error", [0.2, 0.51, 0.9])
def test_error_is_the_variance_of_a_gene_given_its_tf(error):
    covariance = truth_of(error=error).covariance
    assert covariance[1, 1] - covariance[1, 0] ** 2 / covariance[0, 0] == pytest.approx(error)


# Samples


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("response", RESPONSES)
def test_samples_have_the_planted_moments(graph, response):
    truth = truth_of(graph=graph, response=response)
    n = 8_000
    X, z = truth.sample(n, np.random.default_rng(3))
    G, g = X.T @ X / n, X.T @ z / n
    np.testing.assert_allclose(G, truth.covariance, atol=0.07)
    assert z.var() == pytest.approx(truth.variance, rel=0.08)
    residual = z - X @ truth.slope
    assert residual.var() == pytest.approx(truth.noise, rel=0.08)
    assert np.abs(X.T @ residual / n).max() < 5 * np.sqrt(truth.noise / n)
    error = np.linalg.solve(G, g) - truth.slope
    sd = np.sqrt(truth.noise / n * np.diag(np.linalg.inv(truth.covariance)))
    assert np.abs(error / sd).max() < 5


@pytest.mark.parametrize("graph", GRAPHS)
def test_true_network_is_the_regression_on_all_others(graph):
    truth = truth_of(graph=graph)
    S, B = truth.covariance, truth.B
    for gene in (0, 1, 40, 131):
        others = np.delete(np.arange(len(S)), gene)
        b = np.linalg.solve(S[np.ix_(others, others)], S[others, gene])
        np.testing.assert_allclose(B[others, gene], b, atol=1e-9)
    np.testing.assert_array_equal(B != 0, truth.links)


def test_responses_have_the_same_share_of_noise():
    shares = [
        truth_of(scenario=s, response=r).noise / truth_of(scenario=s, response=r).variance
        for s in SCENARIOS
        for r in RESPONSES
    ]
    np.testing.assert_allclose(shares[::2], shares[1::2])


# Relevant genes


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_effects_of_expression_have_one_reading(graph, scenario):
    """Scenarios 3 and 4 have effects of 6% of the largest: a limit of 10% would omit them."""
    truth = truth_of(graph=graph, scenario=scenario)
    np.testing.assert_array_equal(truth.relevant_by_theta, truth.effects != 0)
    np.testing.assert_array_equal(truth.relevant_by_u, truth.effects != 0)


@pytest.mark.parametrize("graph", ["TF hub", "hub"])
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("error", [0.51, 0.95])
def test_readings_agree_where_modules_are_apart(graph, scenario, error):
    truth = truth_of(graph=graph, scenario=scenario, error=error, response="activity")
    np.testing.assert_array_equal(truth.relevant_by_theta, truth.relevant_by_u)


@pytest.mark.parametrize(
    ("graph", "by_theta", "by_u", "large"),
    [("random", 31, 61, 22), ("cluster", 43, 87, 38), ("scale-free", 64, 116, 3)],
)
def test_regulators_of_acting_genes_are_relevant_by_u_alone(graph, by_theta, by_u, large):
    """Numbers of genes measured for this seed; `large` have theta = 0 and |u| above 10%."""
    truth = truth_of(graph=graph, response="activity")
    theta, own, size = truth.relevant_by_theta, truth.relevant_by_u, np.abs(truth.slope)
    assert (theta.sum(), own.sum()) == (by_theta, by_u)
    assert (size[~theta] > 0.1 * size.max()).sum() == large
    linked = truth.links[:, theta].any(axis=1)
    assert (own <= linked).all()  # a gene acts through the activity of what it is linked to


# Graphs


@pytest.mark.parametrize("graph", GRAPHS[1:])
@pytest.mark.parametrize("error", [0.51, 0.9])
def test_links_leave_the_error_open(graph, error):
    truth = truth_of(graph=graph, error=error)
    S = truth.covariance
    np.testing.assert_allclose(np.diag(S), 1.0)
    assert np.linalg.eigvalsh(S).min() > 0
    left = []
    for gene in np.flatnonzero(truth.links.any(axis=1)):
        others = np.delete(np.arange(len(S)), gene)
        given_others = np.linalg.solve(S[np.ix_(others, others)], S[others, gene])
        left.append(S[gene, gene] - S[gene, others] @ given_others)
    assert np.mean(left) == pytest.approx(error)


def test_shapes_of_the_graphs():
    p = 11 * MODULES
    links = {graph: truth_of(graph=graph).links for graph in GRAPHS}
    for found in links.values():
        np.testing.assert_array_equal(found, found.T)
        assert not np.diag(found).any()
    assert links["TF hub"].sum() / 2 == 10 * MODULES
    assert links["random"].sum() / 2 == p
    assert links["scale-free"].sum() / 2 == p - 1
    group = np.arange(p) // GROUP
    for graph in ("cluster", "hub"):
        assert not links[graph][group[:, None] != group].any()
    degree = links["hub"].sum(axis=1)
    assert set(degree[::GROUP]) == {19, 11} and (degree <= 19).all()
    most = {graph: found.sum(axis=1).max() for graph, found in links.items()}
    assert most["scale-free"] > 2 * most["random"]


def test_acting_modules_are_the_largest_and_apart():
    links = truth_of(graph="scale-free", seed=5).links
    modules = acting_modules(links, 5)
    everyone = np.concatenate(modules)
    assert len(set(everyone)) == len(everyone)
    assert modules[0][0] == np.argmax(links.sum(axis=1))
    sizes = [len(module) for module in modules]
    assert sizes == sorted(sizes, reverse=True)
    for hub, *genes in modules:
        assert links[hub, genes].all()


def test_too_few_hubs_are_refused():
    links = np.zeros((4, 4), bool)
    links[0, 1] = links[1, 0] = True
    with pytest.raises(UsageError, match="n_tfs is 2, but the graph has only 1 hubs"):
        acting_modules(links, 2)


def test_links_that_alone_make_a_pair():
    links = np.zeros((3, 3), bool)
    links[0, 1] = links[1, 0] = True
    S = graph_covariance(links, 0.36)
    assert S[0, 1] == pytest.approx(0.8)  # 1 - r^2 = 0.36
    np.testing.assert_allclose(S[2], [0, 0, 1], atol=1e-12)


@settings(max_examples=20)
@given(st.integers(1, 8), st.sampled_from(SCENARIOS))
def test_a_module_of_any_size_has_the_effect_of_its_hub(m, scenario):
    effects = planted_effects([np.arange(m + 1)], scenario, m + 4)
    total = np.sum(effects[1:] ** 2)
    assert total == pytest.approx(25.0 if scenario in (1, 2) else 25.0 / m)
    assert not effects[m + 1 :].any()


# Determinism and refusals


def test_same_generator_same_data():
    for graph in ("random", "cluster"):
        first, again, other = (truth_of(seed=s, graph=graph) for s in (1, 1, 2))
        np.testing.assert_array_equal(first.links, again.links)
        assert (first.links != other.links).any()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"graph": "ring"}, "graph must be one of TF hub, .*, scale-free, hub, not 'ring'"),
        ({"scenario": 5}, "scenario must be one of 1, 2, 3, 4, not 5"),
        ({"response": "dose"}, "response must be one of expression, activity, not 'dose'"),
        ({"error": 1.0}, "error must be between 0 and 1"),
        ({"n_tfs": 13}, r"n_tfs must be between 1 and the number of TFs \(modules = 12\)"),
    ],
)
def test_what_does_not_fit_is_refused(given, words):
    with pytest.raises(UsageError, match=words):
        replace(Design(modules=MODULES), **given)
