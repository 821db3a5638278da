"""Networks of each drug, the rule for common markers, and the published markers."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.sparse import csc_array

from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.estimators import PredictiveNetwork
from pnetlib.estimators.model_selection import final_model
from pnetlib.execution.engine import Engine
from pnetlib.paper.markers import MARKERS
from pnetlib.steps.markers.compute import (
    DrugNetworks,
    common_markers,
    default_top,
    fit_drug_networks,
    published_markers,
    ranks,
)
from pnetlib.steps.markers.sentences import conclusion
from pnetlib.steps.study import PAPER

GENES = pd.Index(["A", "B", "C", "D", "E"])
CHOSEN = {
    "Docetaxel": {"lam1": 0.4, "lam3": 0.05, "lam4": 0.1},
    "Mitomycin-C": {"lam1": 0.3, "lam3": 0.03, "lam4": 0.0},
}


def hand_made(theta, degree):
    """Networks of drugs x and y of which only effects and degrees matter."""
    drugs = ["x", "y"]
    return DrugNetworks(
        GENES,
        pd.DataFrame(theta, GENES, drugs),
        pd.DataFrame(degree, GENES, drugs),
        {},
        pd.DataFrame(index=drugs),
    )


@pytest.fixture
def five():
    theta = [[5.0, 0.1], [-2.0, 0.4], [1.0, -0.5], [0.0, 9.0], [0.5, 0.0]]
    degree = [[1.0, 4.0], [4.0, 4.0], [1.0, 1.0], [9.0, 9.0], [1.0, 1.0]]
    return hand_made(theta, degree)  # importance x: 5 4 1 - 0.5; y: 0.2 0.8 0.5 27 -


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(4)


@pytest.fixture(scope="module")
def genes(cohort):
    return cohort.top_genes(40).drop(["ZNF165", "C1QL1"])


@pytest.fixture(scope="module")
def fitted(cohort, genes):
    return fit_drug_networks(cohort, genes, CHOSEN)


def test_genes_are_ranked_by_size_of_effect_times_root_of_degree(five):
    expected = {"x": [1.0, 2.0, 3.0, np.nan, 4.0], "y": [4.0, 2.0, 3.0, 1.0, np.nan]}
    assert_frame_equal(ranks(five), pd.DataFrame(expected, GENES))


def test_common_markers_have_an_effect_and_a_rank_within_the_top_for_every_drug(five):
    assert list(common_markers(five, 2).index) == ["B"]
    assert list(common_markers(five, 3).index) == ["B", "C"]
    table = common_markers(five, 5)  # D and E lack an effect on one drug, whatever the top
    assert list(table.index) == ["B", "C", "A"]
    assert table["worst rank"].to_list() == [2.0, 3.0, 4.0]
    assert table["mean |theta|"].to_list() == pytest.approx([1.2, 0.75, 2.55])
    assert table["mean degree"].to_list() == [4.0, 1.0, 2.5]
    assert table.loc["A", ["rank x", "rank y"]].to_list() == [1.0, 4.0]


def test_no_common_marker_is_an_empty_table(five):
    assert common_markers(five, 1).empty
    assert common_markers(hand_made(np.zeros((5, 2)), np.ones((5, 2))), 5).empty


def test_genes_of_equal_importance_share_the_better_rank():
    networks = hand_made([[1.0, 1.0]] * 5, [[1.0, 1.0]] * 5)
    assert (ranks(networks) == 1.0).all(axis=None)
    assert list(common_markers(networks, 1).index) == list(GENES)


def test_published_markers_are_shown_whether_or_not_they_are_common(five):
    variance_rank = pd.Series({"B": 2, "E": 5, "OUT": 77})
    table = published_markers(five, ["B", "E", "OUT", "NOWHERE"], variance_rank)
    assert list(zip(table["marker"], table["drug"])) == [
        (marker, drug) for marker in ("B", "E", "OUT", "NOWHERE") for drug in ("x", "y")
    ]
    table = table.set_index(["marker", "drug"])
    columns = ["in universe", "variance rank", "theta", "rank", "degree", "degree rank"]
    assert table.loc[("B", "x"), columns].to_list() == [True, 2.0, -2.0, 2.0, 4.0, 2.0]
    assert table.loc[("E", "y"), ["theta", "degree", "degree rank"]].to_list() == [0.0, 1.0, 4.0]
    assert np.isnan(table.loc[("E", "y"), "rank"])
    for marker, rank in (("OUT", 77.0), ("NOWHERE", np.nan)):
        rows = table.loc[marker]
        assert not rows["in universe"].any()
        np.testing.assert_array_equal(rows["variance rank"], rank)
        assert rows[["theta", "rank", "degree", "degree rank"]].isna().all(axis=None)


def test_all_seven_published_markers_are_shown_for_real_names(fitted):
    table = published_markers(fitted, list(MARKERS), pd.Series(dtype=float))
    assert table.groupby("marker").size().to_dict() == dict.fromkeys(MARKERS, len(CHOSEN))
    assert set(table.loc[~table["in universe"], "marker"]) == {"ZNF165", "C1QL1"}


@pytest.mark.parametrize("drug", CHOSEN)
def test_networks_are_pro_on_all_lines_of_a_drug(cohort, genes, fitted, drug):
    lines = cohort.lines_for(drug)
    model = final_model(PredictiveNetwork, CHOSEN[drug], n_jobs=1).fit(
        cohort.expression.loc[lines, genes], cohort.response.loc[lines, drug]
    )
    np.testing.assert_array_equal(fitted.theta[drug], model.theta_)
    np.testing.assert_array_equal(fitted.B[drug].toarray(), model.B_.toarray())
    row = fitted.fits.loc[drug]
    assert row["lines"] == len(lines) and row["edges"] == np.count_nonzero(model.B_.toarray())
    assert row["effects"] == np.count_nonzero(model.theta_) > 0
    assert row["largest gap"] <= 1e-6
    assert row["KKT of theta"] < 0.01 and row["KKT of B"] < 0.01


@pytest.mark.parametrize("drug", CHOSEN)
def test_degrees_are_those_of_networkx(fitted, drug):
    graph = nx.from_scipy_sparse_array(abs(fitted.B[drug]), create_using=nx.DiGraph)
    degree = np.array([value for _, value in sorted(graph.degree(weight="weight"))]) / 2
    np.testing.assert_allclose(fitted.degree[drug], degree, rtol=1e-12)


def test_threads_change_no_bit(cohort, genes, fitted):
    done = []
    again = fit_drug_networks(cohort, genes, CHOSEN, n_jobs=2, advance=lambda: done.append(1))
    assert_frame_equal(again.theta, fitted.theta, check_exact=True)
    assert_frame_equal(again.degree, fitted.degree, check_exact=True)
    assert_frame_equal(again.fits, fitted.fits, check_exact=True)
    assert len(done) == len(CHOSEN)


@pytest.mark.long
def test_a_dask_cluster_changes_no_bit(cohort, genes, fitted):
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    with Engine("dask", 2) as engine:
        again = fit_drug_networks(cohort, genes, CHOSEN, engine=engine)
    assert_frame_equal(again.theta, fitted.theta, check_exact=True)
    assert_frame_equal(again.fits, fitted.fits, check_exact=True)


def test_networks_come_back_from_their_arrays(fitted, tmp_path):
    arrays = {key: np.asarray(value) for key, value in fitted.arrays().items()}
    text = {key: a.astype(str) if a.dtype.kind == "O" else a for key, a in arrays.items()}
    np.savez(tmp_path / "networks.npz", **text)
    with np.load(tmp_path / "networks.npz", allow_pickle=False) as stored:
        again = DrugNetworks.of_arrays(dict(stored), fitted.fits)
    assert again.genes.equals(fitted.genes)
    assert_frame_equal(again.theta, fitted.theta, check_exact=True)
    assert_frame_equal(again.degree, fitted.degree, check_exact=True)
    for drug in CHOSEN:
        assert isinstance(again.B[drug], csc_array)
        np.testing.assert_array_equal(again.B[drug].toarray(), fitted.B[drug].toarray())
    assert_frame_equal(common_markers(again, 20), common_markers(fitted, 20))


def test_a_tenth_of_the_genes_counts_by_default(five, fitted):
    assert default_top(five) == 1 and default_top(fitted) == 4


def test_sentences_count_common_and_published_markers(five):
    published = published_markers(five, ["B", "E", "OUT"], pd.Series(dtype=float))
    said = conclusion(common_markers(five, 3), published, 3, 5)
    assert "Of 5 genes, 2 are among the first 3" in said and "above all B and C" in said
    assert "2 of the paper's 3 markers are among the genes analysed (B and E)" in said
    assert "1 of these" in said
    assert "include 0.8 of the paper's markers" in said  # 2 drawn, 2 of 5 published
    said = conclusion(common_markers(five, 1), published, 1, 5)
    assert "none is among the first 1" in said and "none of these is common" in said
    assert "drawn at random" not in said
    one = replace(PAPER, drugs=1, of_paper=False)
    said = conclusion(common_markers(five, 3)[:1], published[published["marker"] == "B"], 3, 5, one)
    assert "one is among the first 3 for the drug and therefore a marker by our rule, B." in said
    assert "The named marker, B, is among the genes analysed, and is found by the rule." in said
    assert "1 gene drawn at random would include it with a probability of 0.2." in said
    said = conclusion(common_markers(five, 1), published[published["marker"] == "OUT"], 1, 5, one)
    assert "by our rule the drug has no marker" in said
    assert "The named marker, OUT, is not among the genes analysed." in said
