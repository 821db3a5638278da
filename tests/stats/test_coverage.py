"""Intervals cover what they claim to cover: the calibration study with few data sets.

Every bound is the claim less three standard errors of a share; where an interval is only close to
its level, the claim is the share that ``python -m benchmarks.calibration.coverage`` gives.
"""

import numpy as np
import pytest

from benchmarks.calibration import coverage
from pnetlib.steps.simulation.figures import SKEWED

TARGETS = (0, 5, 8, 13, 16, 30)  # a hub; targets of hubs, one lost in RS and one kept; no edge


def error(share, cases):
    """Return three standard errors of a share of independent cases."""
    return 3.0 * np.sqrt(share * (1.0 - share) / cases)


def shares(table, by):
    """Return share and cases by the columns."""
    return table.set_index(by)[["coverage", "cases"]].sort_index()


@pytest.mark.parametrize("lam1", [0.16, 0.3])
@pytest.mark.parametrize("shared", [0.0, 0.6])
def test_intervals_of_edges_cover_at_two_penalties(lam1, shared):
    table = coverage.edge_coverage([(lam1, 95, 40)], shared, 12, targets=TARGETS)
    assert set(table["edge in"]) == {"no edge", "one group", "both groups"}
    for row in table.itertuples():
        assert row.coverage >= 0.94 - error(0.94, row.cases), table
        assert row.coverage <= 0.97 + error(0.97, row.cases), table


def test_the_bootstrap_of_a_penalised_edge_covers_less():
    """What step 09 printed before: the resamples do not carry the shrinkage."""
    table = coverage.edge_coverage([(0.3, 95, 40)], 0.0, 12, resamples=60, targets=TARGETS)
    found = shares(table[table["edge in"] != "no edge"], ["interval", "of", "edge in"])["coverage"]
    for of, kind in (("ST", "one group"), ("ST", "both groups"), ("ST - RS", "one group")):
        assert found["bootstrap", of, kind] < 0.85, table
        assert found["bootstrap", of, kind] < found["desparsified", of, kind] - 0.08, table


@pytest.mark.long
@pytest.mark.parametrize("estimator", coverage.ESTIMATORS)
def test_intervals_of_degrees_and_effects_are_for_penalised_values(estimator):
    for lam1, shared in ((0.16, 0.6), (0.3, 0.0)):
        setting = [(lam1, 95, 40)]
        table = coverage.sum_coverage(setting, shared, 4, resamples=30, estimator=estimator)
        found = table.groupby(["target", "quantity"])["coverage"].mean()
        assert found["penalised"].mean() >= 0.95 - error(0.95, 4 * 20), table
        assert (found["penalised"] >= 0.9 - error(0.9, 4 * 20)).all(), table
        hubs = table[(table["quantity"] == "degree of a hub") & (table["of"] == "ST")]
        assert (hubs[hubs["target"] == "least squares"]["coverage"] < 0.5).all() or lam1 < 0.3


@pytest.mark.long
def test_intervals_over_folds_of_lines_and_of_tissues_cover():
    table = coverage.fold_coverage(60, draws=1000)
    tissues = coverage.fold_coverage(60, draws=500, tissues=20)
    assert (len(table), len(tissues)) == (8, 4)
    assert (tissues["coverage"] >= 0.95 - error(0.95, 60)).all(), tissues
    assert (table["coverage"] >= 0.95 - error(0.95, 60)).all(), table
    unlike = table[(table["learners"] == "different") & (table["of"] == "difference")]
    assert (unlike["truth"] < -0.2).all()


def test_intervals_over_few_data_sets_are_too_narrow_near_one():
    """The captions of step 06 say so; differences between methods are less skewed."""
    table = coverage.replicate_coverage((2, 3), 300)
    found = shares(table, ["of", "rate", "replicates"])["coverage"]
    assert (found["rate", 0.5] >= 0.93 - error(0.93, 300)).all()
    assert abs(found["rate", 0.95, 3] - 2 / 3) < error(2 / 3, 300)
    assert "over 3 data sets the intervals contain a mean of 0.95 in about two thirds" in SKEWED
    assert (found["difference"] >= 0.9 - error(0.9, 300)).all(), table


def test_exact_interval_of_a_share_needs_independent_drugs():
    """The caption of figure 10a says so."""
    found = coverage.share_coverage(sets=1000).set_index("correlation")["coverage"]
    assert found[0.0] >= 0.95 and found[0.3] < 0.8


def test_intervals_of_exponents_cover():
    table = coverage.exponent_coverage(50)
    assert (table["coverage"] >= 0.95 - error(0.95, 50)).all(), table
