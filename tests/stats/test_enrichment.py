"""AUROC, average precision and rewired edges, against scikit-learn and by counting."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from pnetlib.stats.enrichment import Ranking, rewired

OWN = np.array([11, 3, 39, 0, 27, 8])  # the gene that each regulator is


def problem(seed=0, r=6, p=40, sparse=True):
    """Scores with ties, known edges, and pairs of different genes."""
    rng = np.random.default_rng(seed)
    scores = rng.exponential(size=(r, p)) * (rng.random((r, p)) < 0.3 if sparse else 1.0)
    allowed = np.ones((r, p), bool)
    allowed[np.arange(r), OWN[:r]] = False
    return scores, allowed & (rng.random((r, p)) < 0.2), allowed


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_measures_are_those_of_scikit_learn(seed, sparse):
    scores, known, allowed = problem(seed, sparse=sparse)
    ranking = Ranking.of(scores, allowed)
    truth, values = known[allowed], scores[allowed]
    places = np.flatnonzero(known)
    assert ranking.pooled_auroc(places) == ranking.pooled_auroc(known)
    assert ranking.average_precision(places) == ranking.average_precision(known)
    assert ranking.pooled_auroc(known) == pytest.approx(roc_auc_score(truth, values))
    assert ranking.average_precision(known) == pytest.approx(average_precision_score(truth, values))
    for i, found in enumerate(ranking.by_regulator(known)):
        own = allowed[i]
        if known[i, own].any():
            assert found == pytest.approx(roc_auc_score(known[i, own], scores[i, own]))


def test_a_regulator_without_known_targets_has_no_auroc():
    scores, known, allowed = problem()
    known[2] = False
    assert np.isnan(Ranking.of(scores, allowed).by_regulator(known)[2])


def test_perfect_scores_are_one_and_equal_scores_a_half():
    _, known, allowed = problem()
    perfect = Ranking.of(known.astype(float), allowed)
    assert perfect.pooled_auroc(known) == 1.0 and perfect.average_precision(known) == 1.0
    flat = Ranking.of(np.zeros(known.shape), allowed)
    assert flat.pooled_auroc(known) == 0.5
    assert flat.average_precision(known) == pytest.approx(known.sum() / allowed.sum())


@pytest.mark.parametrize("seed", range(4))
def test_rewired_edges_keep_all_degrees_and_no_gene_regulates_itself(seed):
    _, known, allowed = problem(seed)
    drawn = list(rewired(known, OWN, np.random.default_rng(seed), 20))
    assert len(drawn) == 20
    for edges in drawn:
        np.testing.assert_array_equal(edges.sum(axis=0), known.sum(axis=0))
        np.testing.assert_array_equal(edges.sum(axis=1), known.sum(axis=1))
        assert not edges[~allowed].any()
    assert any((edges != known).any() for edges in drawn)


def test_rewired_edges_are_drawn_about_evenly():
    """Two regulators with two of four genes each, every gene once: all six sets are as likely."""
    known = np.array([[False, False, True, True, False, False], [False] * 4 + [True, True]])
    seen = {}
    for edges in rewired(known, [0, 1], np.random.default_rng(0), 3000):
        key = tuple(np.flatnonzero(edges[0]))
        seen[key] = seen.get(key, 0) + 1
    assert len(seen) == 6 and min(seen.values()) > 400


def test_one_regulator_cannot_be_rewired():
    assert list(rewired(np.array([[True, False]]), [1], np.random.default_rng(0), 5)) == []


@pytest.mark.parametrize("sparse", [True, False])
def test_random_scores_are_as_good_for_rewired_edges_as_for_known_ones(sparse):
    """The null has no bias: observed measures lie about evenly among those of rewired edges."""
    below = []
    for seed in range(60):
        scores, known, allowed = problem(seed, sparse=sparse)
        ranking = Ranking.of(scores, allowed)
        null = list(rewired(known, OWN, np.random.default_rng(seed), 20))
        for measure in (ranking.pooled_auroc, ranking.average_precision):
            drawn = np.array([measure(edges) for edges in null])
            below.append(np.mean(drawn < measure(known)) + np.mean(drawn == measure(known)) / 2)
    assert 0.42 < np.mean(below) < 0.58
