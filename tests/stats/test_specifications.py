"""Specification curves, against slow twins; balance of subsets; error of the curve's tests."""

import itertools

import numpy as np
import pandas as pd
import pytest

from pnetlib.stats.specifications import (
    balanced_subset,
    changes,
    curve_test,
    p_above,
    variance_shares,
)

LEVELS = (2, 3, 2, 5, 2, 4)


def pair_counts(rows, levels):
    """How often each pair of options of two decisions occurs, by pair of decisions."""
    found = {}
    for a, b in itertools.combinations(range(len(levels)), 2):
        table = np.zeros((levels[a], levels[b]))
        for row in rows:
            table[row[a], row[b]] += 1
        found[a, b] = table
    return found


@pytest.mark.parametrize("size", [40, 80, 200])
def test_a_subset_has_every_pair_of_options_about_equally_often(size):
    rows = balanced_subset(LEVELS, size, seed=3)
    assert len(rows) == size == len({tuple(row) for row in rows})
    assert not rows[0].any(), "the default comes first"
    assert (rows < np.array(LEVELS)).all() and (rows >= 0).all()
    for table in pair_counts(rows, LEVELS).values():
        expected = size / table.size
        assert table.min() >= max(1, 0.4 * expected)
        assert table.max() <= 2.2 * expected + 1


def test_a_subset_is_drawn_by_its_seed_and_begins_like_a_larger_one():
    one, same, other = (balanced_subset(LEVELS, 30, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)
    assert np.array_equal(balanced_subset(LEVELS, 60, 1)[:30], one)


def test_all_combinations_are_taken_where_they_are_few():
    rows = balanced_subset((2, 3, 1), 100, seed=0)
    assert [tuple(row) for row in rows] == list(itertools.product(range(2), range(3), range(1)))


def test_p_values_are_shares_of_the_draws():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 5, (12, 3, 2)).astype(float)  # with ties
    found = p_above(values)
    for draw, k, part in itertools.product(range(12), range(3), range(2)):
        own = values[draw, k, part]
        assert found[draw, k, part] == np.mean(values[:, k, part] >= own)


def test_the_three_statistics_are_counted_as_defined():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(40, 9)) + 0.3
    p, test = p_above(values), curve_test(values)
    medians = [np.median(row) for row in values]
    ahead = [np.mean(row > 0) for row in values]
    significant = [np.mean([q < 0.025 and v > 0 for q, v in zip(*pair)]) for pair in zip(p, values)]
    for name, own in (("median", medians), ("ahead", ahead), ("significant", significant)):
        assert getattr(test, name) == pytest.approx(own[0])
        assert getattr(test, f"p_{name}") == np.mean(np.array(own) >= own[0] - 1e-9)
    assert test.draws == 39


def test_tests_of_curves_keep_their_level_however_correlated_the_readings_are():
    rng = np.random.default_rng(2)
    rejected = []
    for _ in range(300):
        shared = rng.normal(size=(40, 1))
        test = curve_test(0.8 * shared + 0.6 * rng.normal(size=(40, 15)))
        rejected.append([test.p_median <= 0.05, test.p_ahead <= 0.05, test.p_significant <= 0.05])
    rate = np.mean(rejected, axis=0)
    assert (rate <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)).all(), rate
    assert rate[0] > 0.02, "the test of the median is not empty"


def test_a_shifted_curve_is_found():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(200, 20))
    values[0] += 3.0
    assert curve_test(values).p_median == 1 / 200


def test_shares_of_an_additive_product_are_those_of_its_main_effects():
    rows = list(itertools.product("ab", "xyz", "12"))
    options = pd.DataFrame(rows, columns=["one", "two", "three"])
    effect = {"a": 0.0, "b": 2.0, "x": 0.0, "y": 1.0, "z": -1.0, "1": 0.0, "2": 0.0}
    values = [sum(effect[name] for name in row) for row in rows]
    shares = variance_shares(options, values)
    assert shares.sum() == pytest.approx(1.0)
    assert shares["one"] == pytest.approx(1.0 / (1.0 + 2 / 3)) and shares["three"] == 0.0
    assert (variance_shares(options, np.ones(12)) == 0.0).all()


def test_changes_count_the_decisions_that_differ():
    options = pd.DataFrame({"one": list("aab"), "two": list("xyy")})
    assert changes(options, {"one": "a", "two": "x"}).tolist() == [0, 1, 2]
