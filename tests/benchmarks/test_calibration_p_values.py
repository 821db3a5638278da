"""The tests of notebook 09 on sets without differences: p values are uniform, or higher."""

import pytest
from scipy.stats import binom

from benchmarks.calibration.p_values import LEVELS, p_values, summary

SETS, PERMUTATIONS = 60, 39


@pytest.fixture(scope="module")
def table():
    return p_values(SETS, PERMUTATIONS, seed=11)


@pytest.mark.long
def test_tests_within_tissues_reject_at_most_at_the_level(table):
    valid = [name for name in table if "any tissue" not in name and "not 0" not in name]
    assert len(valid) == 10
    found = summary(table[valid])
    assert (found["sets"] == SETS).all()
    for level in LEVELS[1:]:
        high = binom.ppf(0.9995, SETS, level) / SETS
        assert (found[f"p <= {level}"] <= high).all(), found
    assert (found["p of excess"] > 0.0005).all(), found


@pytest.mark.long
@pytest.mark.parametrize("level", [0.1, 0.25, 0.5])
def test_tests_without_ties_exhaust_the_level(table, level):
    free = ["degree", "effect on targets", "effect of regulators"]
    free += ["any degree, family-wise", "regulators in ST", "regulators in RS"]
    low = binom.ppf(0.0005, SETS, level)
    assert ((table[free] <= level + 1e-9).sum() >= low).all()


@pytest.mark.long
def test_lam1_may_be_chosen_on_each_set():
    fixed, chosen = (p_values(3, 49, seed=12, chosen=chosen) for chosen in (False, True))
    names = [name for name in fixed if "not 0" not in name]
    assert set(names) <= set(chosen)
    assert not fixed["degree"].equals(chosen["degree"])
    assert fixed["regulators in ST"].equals(chosen["regulators in ST"])
