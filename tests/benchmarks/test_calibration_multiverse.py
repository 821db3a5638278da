"""Error and power of the tests of curves: planted effects of one cohort, and what exchanging leaves."""

import pytest

from benchmarks.calibration.multiverse import SIZES, STATISTICS, rates, without_effects
from pnetlib.datasets.simulated import simulate_cohort


@pytest.mark.long
def test_rates_are_those_of_single_cohorts(monkeypatch):
    monkeypatch.setitem(SIZES, "draws", 29)
    monkeypatch.setitem(SIZES, "marker_draws", 19)
    table = rates(1, first=5)
    assert set(table.columns.get_level_values(0)) == {"planted", "absent"}
    assert {"C3", "C4", "C6a", "C7b"} <= set(table.index)
    assert table.isin((0.0, 1.0)).all(axis=None)
    planted = table["planted"][list(STATISTICS)]
    assert planted.loc["C6a"].any(), "a planted difference of effects is seen"


def test_exchanged_responses_stay_in_their_tissue():
    cohort = simulate_cohort(5)
    other = without_effects(cohort, 6)
    tissue = cohort.annotation["tissue"]
    for drug in cohort.response:
        pair = (c.response[drug].fillna(99.0).groupby(tissue) for c in (cohort, other))
        own, moved = (part.apply(lambda z: sorted(map(float, z))) for part in pair)
        assert own.equals(moved)
    assert not other.response.equals(cohort.response)
