"""Permutations within tissues: what is exchanged, p values by hand, why strata are needed."""

import numpy as np
import pandas as pd
from hypothesis import given, strategies as st
from scipy.stats import binom

from pnetlib.execution.engine import Engine
from pnetlib.stats.permutation import exchangeable, permutation_test, permute_within


@given(seed=st.integers(0, 10**6), n=st.integers(1, 40), tissues=st.integers(1, 6))
def test_each_tissue_keeps_its_numbers_of_labels(seed, n, tissues):
    rng = np.random.default_rng(seed)
    labels, tissue = rng.choice(["ST", "RS"], n), rng.integers(0, tissues, n)
    new = permute_within(labels, tissue, rng)
    for name in range(tissues):
        assert sorted(new[tissue == name]) == sorted(labels[tissue == name])


def test_all_exchanges_within_a_tissue_come_up_alike():
    labels, tissue = np.array(list("aabbc")), np.array(list("xxxyy"))
    rng = np.random.default_rng(0)
    seen = pd.Series("".join(permute_within(labels, tissue, rng)) for _ in range(6000))
    share = seen.value_counts(normalize=True)
    assert set(share.index) == {a + b for a in ("aab", "aba", "baa") for b in ("bc", "cb")}
    assert np.allclose(share, 1 / 6, atol=0.02)


def test_lines_alone_with_their_label_keep_it_and_are_reported():
    labels = np.array(["ST", "ST", "RS", "ST", "ST", "RS"])
    tissue = np.array(["lung", "skin", "skin", "lung", "skin", "bone"])
    for seed in range(20):
        new = permute_within(labels, tissue, np.random.default_rng(seed))
        assert list(new[[0, 3, 5]]) == ["ST", "ST", "RS"]
    table = exchangeable(labels, tissue)
    assert table.loc["skin"].to_list() == [1, 2, True] and table.index[0] == "skin"
    assert not table.loc[["lung", "bone"], "exchangeable"].any()
    assert (table.loc["lung", "ST"], table.loc["bone", "RS"]) == (2, 1)


def test_p_values_count_permutations_at_least_as_extreme():
    values = np.array([[3.0, 1.0, 2.0, 0.0, 5.0, -1.0], [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]]).T
    labels, n = np.array(list("aaabbb")), 200

    def statistics(labels):
        return values[labels == "a"].mean(axis=0) - values[labels == "b"].mean(axis=0)

    found = permutation_test(statistics, labels, np.zeros(6), [0, 0], n, 5)
    signed = np.array(
        [
            statistics(permute_within(labels, np.zeros(6), np.random.default_rng([5, i])))
            for i in range(n)
        ]
    )
    drawn, observed = np.abs(signed), statistics(labels)
    above, below = (signed >= observed - 1e-9).sum(axis=0), (signed <= observed + 1e-9).sum(axis=0)
    np.testing.assert_allclose(found.p_above, (1 + above) / (1 + n))
    np.testing.assert_allclose(found.p_below, (1 + below) / (1 + n))
    least = np.abs(statistics(labels)) - 1e-9
    np.testing.assert_allclose(found.p, (1 + (drawn >= least).sum(axis=0)) / (1 + n))
    most = drawn.max(axis=1, keepdims=True)
    np.testing.assert_allclose(found.p_family, (1 + (most >= least).sum(axis=0)) / (1 + n))
    assert (found.p_family >= found.p).all()


def test_result_does_not_depend_on_threads_and_every_permutation_advances():
    rng = np.random.default_rng(1)
    x, labels, tissue = rng.normal(size=20), np.repeat(["a", "b"], 10), np.tile([0, 1], 10)

    def statistics(labels):
        return np.array([x[labels == "a"].mean() - x[labels == "b"].mean()])

    one, two = (
        permutation_test(statistics, labels, tissue, [0], 120, 3, Engine(threads=k)) for k in (1, 2)
    )
    assert one.p == two.p and one.p_family == two.p_family
    done = []
    permutation_test(statistics, labels, tissue, [0], 120, 3, advance=lambda: done.append(1))
    assert len(done) == 120


def test_labels_exchanged_regardless_of_tissue_would_reject_too_often():
    """Why strata are needed: the tissue alone drives the difference."""
    rejected = 0
    for number in range(100):
        rng = np.random.default_rng([12, number])
        tissue = np.repeat([0, 1], 20)
        x = 3.0 * tissue + rng.normal(size=40)
        labels = np.where(rng.random(40) < np.where(tissue == 1, 0.75, 0.25), "a", "b")

        def statistics(labels, x=x):
            return np.array([x[labels == "a"].mean() - x[labels == "b"].mean()])

        within = permutation_test(statistics, labels, tissue, [0], 39, number).p[0]
        free = permutation_test(statistics, labels, np.zeros(40), [0], 39, number).p[0]
        rejected += np.array([within <= 0.05, free <= 0.05])
    assert rejected[0] <= binom.ppf(0.9995, 100, 0.05) and rejected[1] >= 50
