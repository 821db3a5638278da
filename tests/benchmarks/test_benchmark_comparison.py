"""Calibration to one accuracy, seconds scaled to all targets, one row per solver."""

import numpy as np
from threadpoolctl import ThreadpoolController

from benchmarks.comparison import Calibrated, calibrate, compare, run_once, worst_gap
from benchmarks.solvers.pnetlib_network import PnetlibNetwork
from pnetlib.solvers.moments import gram
from pnetlib.steps.speed.compute import GAP_LIMIT, OWN, OWN_SAMPLED, REFERENCE


def test_calibration_takes_the_loosest_tolerance_that_reaches_the_limit(tiny):
    class Rounded(PnetlibNetwork):
        """Reaches 30 times its tolerance at worst: coefficients are scaled by 1 + tol."""

        tolerances = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)

        def coefficients(self, solved, p, targets):
            return [B * (1.0 + self.asked) for B in super().coefficients(solved, p, targets)]

        def solve(self, data, lam1s, targets, tol, threads):
            self.asked = tol
            return super().solve(data, lam1s, targets, 1e-12, threads)

    solver, targets = Rounded(), np.arange(30)
    tol = calibrate(solver, tiny.X, tiny.lam1s, targets[:3], targets)

    def gap(tol):
        solved = solver.solve(gram(tiny.X), tiny.lam1s, targets, tol, 1)
        return worst_gap(solver, tiny.X, tiny.lam1s, solved, targets)[0]

    assert gap(tol) <= GAP_LIMIT < gap(10 * tol)


def test_seconds_of_a_sample_are_scaled_and_preparation_is_not(tiny):
    ticks = iter([0.0, 1.0, 10.0, 12.0])
    entry = Calibrated(PnetlibNetwork(), 1e-6, tiny.targets(3), OWN)
    found = run_once(
        entry, tiny.X, tiny.lam1s[-1:], 1, ThreadpoolController(), clock=lambda: next(ticks)
    )
    assert found == {"prepare": 1.0, "solve": 6.0, "total": 7.0}


def test_a_comparison_gives_every_solver_a_row(tiny):
    table = compare(tiny, "path", [1, 2], 1, names=(OWN, REFERENCE))
    assert list(table["solver"]) == 2 * [OWN, OWN_SAMPLED, REFERENCE]
    assert list(table["targets timed"]) == 2 * [30, 10, 30]
    assert (table["gap"] <= GAP_LIMIT).all()
    own = table[table["solver"] == OWN]
    assert (own["ratio"] == 1.0).all()
    assert own["edges"].nunique() == 1
    np.testing.assert_allclose(table["over lower bound"], table["seconds"] / table["lower bound"])
