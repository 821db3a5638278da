"""The simulated cohort resembles the real one and follows its planted truth."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import skew

from pnetlib.datasets.cohort import Cohort
from pnetlib.datasets.simulated import SIZES, simulate_cohort
from pnetlib.errors import UsageError
from pnetlib.paper.drugs import PAPER_DRUGS
from pnetlib.paper.markers import MARKERS

SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def cohorts():
    return [simulate_cohort(seed, "standard") for seed in SEEDS]


@pytest.fixture(scope="module")
def smoke():
    return simulate_cohort(20220823)


def standardised(cohort):
    genes = cohort.expression[cohort.truth.B.index]
    return (genes - genes.mean()) / genes.std(ddof=0)


def correlation_facts(X):
    r = np.corrcoef(X, rowvar=False)
    values = np.linalg.eigvalsh(r)[::-1]
    shares = np.cumsum(values)[[0, 1, 2, 4, 9, 19, 49, 99, 199, 399]] / values.sum()
    pairs = np.abs(r[np.triu_indices(len(r), 1)])
    partner = np.abs(r - np.eye(len(r))).max(axis=0)
    return {
        "eigenvalues": values[:5],
        "shares": shares,
        "pairs": np.quantile(pairs, [0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999]),
        "strongest pair": pairs.max(),
        "best partner": np.quantile(partner, [0.05, 0.25, 0.5, 0.75, 0.95]),
        "skewness": np.quantile(skew(X), [0.1, 0.5, 0.9]),
    }


# Properties of the top 976 genes of the real cohort, and the largest deviation of a simulated one.
FACTS = {
    "eigenvalues": ([165, 98, 73, 28, 23], [55, 40, 30, 25, 20]),
    "shares": ([0.17, 0.27, 0.34, 0.40, 0.48, 0.56, 0.67, 0.76, 0.86, 0.95], 0.07),
    "pairs": (
        [0.03, 0.07, 0.14, 0.25, 0.36, 0.58, 0.73],
        [0.01, 0.02, 0.05, 0.06, 0.08, 0.06, 0.06],
    ),
    "strongest pair": (0.96, 0.06),
    "best partner": ([0.33, 0.46, 0.56, 0.68, 0.84], 0.12),
    "skewness": ([-0.8, 0.6, 2.2], [0.5, 0.4, 0.7]),
}


@pytest.fixture(scope="module")
def facts(cohorts):
    return [correlation_facts(c.expression[c.top_genes(976)].to_numpy()) for c in cohorts]


@pytest.mark.long
@pytest.mark.parametrize("fact", FACTS)
def test_correlations_and_skewness_are_like_the_real_ones(facts, fact):
    expected, tolerance = FACTS[fact]
    for found in facts:
        off = np.abs(found[fact] - np.array(expected))
        assert np.all(off <= tolerance), np.round(found[fact], 3)


@pytest.mark.long
def test_means_and_variances_are_the_real_ones(cohorts):
    for cohort in cohorts:
        top = cohort.expression[cohort.top_genes(976)]
        means = top.mean().quantile([0, 0.1, 0.25, 0.5, 0.75, 0.9, 1])
        np.testing.assert_allclose(means, [3.2, 3.9, 4.5, 5.3, 6.5, 7.8, 11.7], atol=0.1)
        sds = cohort.expression.std().sort_values(ascending=False).to_numpy()
        ranks = np.array([1, 10, 50, 100, 250, 500, 976, 1500])
        np.testing.assert_allclose(
            sds[ranks - 1], [3.94, 3.4, 2.9, 2.6, 2.2, 1.9, 1.57, 1.34], rtol=0.01
        )


@pytest.mark.long
def test_lines_cluster_by_tissue(cohorts):
    for cohort in cohorts:
        assert cohort.annotation["tissue"].nunique() == 30
        X = standardised(cohort)
        between = X.groupby(cohort.annotation["tissue"]).transform("mean").var(ddof=0)
        shuffled = pd.Series(
            np.random.default_rng(0).permutation(cohort.annotation["tissue"]), X.index
        )
        by_chance = X.groupby(shuffled).transform("mean").var(ddof=0)
        assert between.mean() > 0.2 and by_chance.mean() < 0.05


def test_responses_are_like_the_real_ones(cohorts):
    for cohort in cohorts:
        z = cohort.response
        assert list(z.columns) == list(PAPER_DRUGS)
        assert z.notna().sum().tolist() == [848, 848, 884, 913]
        assert len(cohort.complete_lines()) == 814
        np.testing.assert_allclose(z.mean(), 0, atol=1e-12)
        np.testing.assert_allclose(z.std(ddof=1), 1)
        found = z.corr().to_numpy()[np.triu_indices(4, 1)]
        np.testing.assert_allclose(found, [0.77, 0.41, 0.36, 0.40, 0.24, 0.06], atol=0.1)
        np.testing.assert_allclose(cohort.truth.r2, [0.16, 0.28, 0.36, 0.35], atol=0.05)


def test_noise_of_the_responses_is_what_the_truth_leaves(cohorts):
    for cohort in cohorts:
        truth = cohort.truth
        noise = cohort.response - standardised(cohort) @ truth.B @ truth.theta
        np.testing.assert_allclose(noise.var(), 1 - truth.r2, atol=0.1)


def test_the_most_variable_genes_are_those_of_the_network(cohorts, smoke):
    for cohort in (*cohorts, smoke):
        assert cohort.expression.shape[1] > len(cohort.truth.B)
        assert set(cohort.top_genes(len(cohort.truth.B))) == set(cohort.truth.B.index)
        for drug in PAPER_DRUGS:
            top = cohort.top_genes(len(cohort.truth.B), lines=cohort.lines_for(drug))
            assert set(MARKERS) <= set(top)


def test_networks_are_acyclic_with_signed_hubs(cohorts, smoke):
    for cohort in (*cohorts, smoke):
        truth = cohort.truth
        for B in (truth.B, truth.B_ST, truth.B_RS):
            assert nx.is_directed_acyclic_graph(nx.from_pandas_adjacency(B != 0, nx.DiGraph))
        assert set(truth.hubs[:7]) == set(MARKERS) == set(truth.roles)
        assert (truth.B.drop(index=truth.hubs) == 0).all(axis=None)
        degree = (truth.B.loc[truth.hubs] != 0).sum(axis=1)
        assert degree.median() >= 10 and degree.min() >= 5
        repressing = (truth.B < 0).to_numpy().sum() / (truth.B != 0).to_numpy().sum()
        assert 0.2 < repressing < 0.8


@pytest.mark.long
def test_regression_on_the_planted_regulators_recovers_the_edges(cohorts):
    for cohort in cohorts:
        B = cohort.truth.B
        X = standardised(cohort)[cohort.truth.groups == ""]
        planted, found = [], []
        for gene in B.columns[(B != 0).any()]:
            regulators = B.index[B[gene] != 0]
            design = np.column_stack([np.ones(len(X)), X[regulators]])
            found.extend(np.linalg.lstsq(design, X[gene].to_numpy(), rcond=None)[0][1:])
            planted.extend(B.loc[regulators, gene])
        planted, found = np.array(planted), np.array(found)
        assert np.corrcoef(planted, found)[0, 1] > 0.97
        assert abs(np.polyfit(planted, found, 1)[0] - 1) < 0.03


def coefficient(X, B, regulator, target):
    regulators = B.index[B[target] != 0]
    design = np.column_stack([np.ones(len(X)), X[regulators]])
    fitted = np.linalg.lstsq(design, X[target].to_numpy(), rcond=None)[0][1:]
    return fitted[regulators.get_loc(regulator)]


def test_groups_have_the_sizes_and_extremes_of_the_paper(cohorts):
    for cohort in cohorts:
        groups, z = cohort.truth.groups, cohort.response
        assert groups.value_counts().to_dict() == {"": 785, "ST": 95, "RS": 95}
        assert z[groups == "ST"].max(axis=None) < z[groups == "RS"].min(axis=None)
        assert z[groups != ""].notna().all(axis=None)
        complete = z.loc[cohort.complete_lines()]
        cut = (complete <= z[groups == "ST"].max(axis=None)).mean().mean()
        assert 0.38 < cut < 0.50  # the real cohort: near the 44 % quantile of each drug


def test_groups_lose_the_edges_that_the_truth_says(cohorts):
    ratios = {"ST": [], "RS": []}
    for cohort in cohorts:
        truth, X = cohort.truth, standardised(cohort)
        assert truth.B_ST.loc["AKR1C1", "ANXA10"] > 0.4
        assert truth.B_RS.loc["AKR1C1", "ANXA10"] == 0
        lost = {"ST": ["AKR1C3", "AKR1B10"], "RS": ["ANXA10", "ZNF165"]}
        for group, network in (("ST", truth.B_ST), ("RS", truth.B_RS)):
            other = lost["RS" if group == "ST" else "ST"]
            assert (network.loc[lost[group]] == 0).all(axis=None)
            assert network.loc[other].equals(truth.B.loc[other])
            lines = truth.groups.index[truth.groups == group]
            for hub in (*lost[group], *other):
                targets = truth.B.columns[truth.B.loc[hub] != 0]
                planted = truth.B.loc[hub, targets]
                found = [coefficient(X.loc[lines], truth.B, hub, target) for target in targets]
                expected = 0 if hub in lost[group] else 1
                ratios[group].append(np.median(found / planted) - expected)
    assert np.abs([*ratios["ST"], *ratios["RS"]]).max() < 0.35
    assert abs(np.mean(ratios["ST"])) < 0.1 and abs(np.mean(ratios["RS"])) < 0.1


def test_effects_are_on_few_modules_and_largest_on_hubs(cohorts):
    for cohort in cohorts:
        truth = cohort.truth
        acting = truth.theta != 0
        assert acting.loc[list(MARKERS)].all(axis=None)
        assert (acting.mean() < 0.2).all()
        assert (acting.all(axis=1)).sum() < acting.any(axis=1).sum()
        for drug in truth.theta:
            size = truth.theta[drug].abs()
            among_hubs = size[truth.hubs][acting.loc[truth.hubs, drug]]
            others = size.drop(truth.hubs)[acting[drug].drop(truth.hubs)]
            assert among_hubs.median() > 2 * others.median()
        signs = {m: -1 if role == "sensitivity" else 1 for m, role in truth.roles.items()}
        means = cohort.expression[list(signs)].groupby(truth.groups).mean()
        for marker, sign in signs.items():
            assert (np.sign(truth.theta.loc[marker]) == sign).all()
        agreeing = np.sign(means.loc["RS"] - means.loc["ST"]) == pd.Series(signs)
        assert agreeing.sum() >= 6  # markers are correlated, so one may follow the others


def test_linked_genes_of_a_module_act_alike(cohorts):
    truth = cohorts[0].truth
    degree = (truth.B.abs().sum(axis=0) + truth.B.abs().sum(axis=1)) / 2
    for marker in ("ANXA10", "ZNF165", "AKR1C3", "AKR1B10"):
        field = truth.theta.abs().div(np.sqrt(degree), axis=0)
        targets = truth.B.columns[truth.B.loc[marker] != 0]
        alike = np.isclose(field.loc[targets], field.loc[marker], rtol=0.05).all(axis=1)
        assert alike.sum() >= 5


def test_the_same_seed_gives_the_same_cohort(smoke):
    again = simulate_cohort(20220823)
    pd.testing.assert_frame_equal(smoke.expression, again.expression, check_exact=True)
    pd.testing.assert_frame_equal(smoke.response, again.response, check_exact=True)
    assert smoke.truth.B.equals(again.truth.B) and smoke.truth.theta.equals(again.truth.theta)


def test_another_seed_gives_another_cohort(smoke):
    other = simulate_cohort(20220824)
    assert other.expression.shape == smoke.expression.shape
    r = np.corrcoef(other.expression["ANXA10"], smoke.expression["ANXA10"])[0, 1]
    assert abs(r) < 0.3
    assert not other.truth.groups.equals(smoke.truth.groups)


def test_more_genes_change_neither_the_network_nor_the_responses(smoke):
    wider = simulate_cohort(20220823, replace(SIZES["smoke"], n_genes=200))
    assert np.array_equal(wider.response, smoke.response, equal_nan=True)
    assert np.array_equal(np.sort(wider.truth.B, axis=None), np.sort(smoke.truth.B, axis=None))


def test_truth_survives_saving(smoke, tmp_path):
    smoke.save(tmp_path / "cohort.npz")
    truth = Cohort.load(tmp_path / "cohort.npz").truth
    for name in ("B", "B_ST", "B_RS", "theta", "effects"):
        assert getattr(truth, name).equals(getattr(smoke.truth, name))
    assert truth.groups.equals(smoke.truth.groups) and truth.r2.equals(smoke.truth.r2)
    assert truth.hubs == smoke.truth.hubs and truth.roles == smoke.truth.roles


def test_simulated_data_are_labelled(smoke):
    assert smoke.provenance["simulated"] is True
    assert "SIMULATED" in smoke.provenance["source"]
    assert smoke.expression.index.str.startswith("SIM").all()


@pytest.mark.long
def test_the_paper_size_has_the_paper_s_number_of_genes():
    cohort = simulate_cohort(5, "paper")
    assert cohort.expression.shape == (975, 9764)
    assert set(cohort.top_genes(976)) == set(cohort.truth.B.index)


@settings(max_examples=15)
@given(
    seed=st.integers(0, 2**32),
    n_lines=st.integers(120, 400),
    n_hubs=st.integers(11, 20),
    n_more=st.integers(0, 60),
)
def test_any_size_is_consistent(seed, n_lines, n_hubs, n_more):
    size = replace(
        SIZES["smoke"],
        n_lines=n_lines,
        n_hubs=n_hubs,
        n_network=6 * n_hubs + 10,
        n_genes=6 * n_hubs + 10 + n_more,
    )
    cohort = simulate_cohort(seed, size)
    assert cohort.expression.shape == (n_lines, size.n_genes)
    counts = cohort.truth.groups.value_counts()
    assert counts["ST"] == counts["RS"] == size.n_group
    assert np.isfinite(cohort.truth.theta).all(axis=None)
    E = standardised(cohort) - standardised(cohort) @ cohort.truth.B
    assert (E.var() < 1.3).all()


@pytest.mark.parametrize(
    "change",
    [
        {"n_hubs": 9},
        {"n_hubs": 30},
        {"n_genes": 70},
        {"n_tissues": 31},
        {"n_acting": 3},
        {"n_group": 99},
    ],
)
def test_contradictory_sizes_are_refused(change):
    with pytest.raises(UsageError, match=r"\w+ .*\."):
        replace(SIZES["smoke"], **change)


@pytest.mark.parametrize(("seed", "size", "named"), [(1, "tiny", "size"), (-1, "smoke", "seed")])
def test_unknown_size_and_negative_seed_are_refused(seed, size, named):
    with pytest.raises(UsageError, match=named):
        simulate_cohort(seed, size)
