"""The rank-sum test of a set of genes: SciPy's where genes are independent, its level otherwise."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from pnetlib.stats.ranks import rank_sum


@pytest.mark.parametrize("ties", [False, True])
def test_equals_mann_and_whitney_where_genes_are_not_correlated(ties):
    rng = np.random.default_rng(0)
    scores = rng.normal(size=60)
    if ties:
        scores = np.round(scores)
    members = np.arange(60) < 9
    ahead, p = rank_sum(scores, members)
    theirs = mannwhitneyu(scores[members], scores[~members], method="asymptotic")
    assert ahead == pytest.approx(theirs.statistic / (9 * 51))
    assert p == pytest.approx(theirs.pvalue, rel=1e-10)


def test_says_nothing_where_all_scores_are_equal():
    assert rank_sum(np.ones(10), np.arange(10) < 3) == (0.5, 1.0)


def test_is_the_same_in_both_directions():
    rng = np.random.default_rng(1)
    scores, members = rng.normal(size=50), np.arange(50) < 5
    ahead, p = rank_sum(scores, members, 0.3)
    behind, same = rank_sum(-scores, members, 0.3)
    assert ahead + behind == pytest.approx(1.0) and p == pytest.approx(same)


@pytest.mark.parametrize(("correlation", "count"), [(0.0, 4), (0.4, 4), (0.8, 7)])
def test_correlated_genes_keep_the_level(correlation, count):
    """1,000 sets without an effect; the test that takes genes as independent exceeds its level."""
    rng = np.random.default_rng(2)
    members = np.arange(200) < count
    known, ignored = [], []
    for _ in range(1000):
        scores = rng.standard_normal(200)
        shared = np.sqrt(correlation) * rng.standard_normal()
        scores[members] = shared + np.sqrt(1 - correlation) * scores[members]
        known.append(rank_sum(scores, members, correlation)[1])
        ignored.append(rank_sum(scores, members)[1])
    assert np.mean(np.array(known) < 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1000)
    if correlation:
        assert np.mean(np.array(ignored) < 0.05) > 0.1
