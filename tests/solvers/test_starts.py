"""Local minima: the theta step against all signs, the fit against other starts, what it reports."""

import naive
import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from benchmarks.calibration.starts import best_effects, compare_effects, compare_fits, draw, network
from pnetlib.estimators import PredictiveNetwork
from pnetlib.kernels.theta import effects_value, flip_costs, flip_signs
from pnetlib.solvers import starts
from pnetlib.solvers.joint import effect_objective, flip_limit, theta_step

LAM4 = ["lam4", "method"]


def rates(table, above):
    """Share of losses above a bound, by lam4 and method."""
    return table.groupby(LAM4)["loss"].agg(lambda loss: (loss > above).mean())


@pytest.mark.long
def test_theta_step_seldom_ends_above_the_best_of_all_signs():
    """In 360 problems 0.4 % of steps with links lost more than 0.001, and 25 % without flips."""
    table = compare_effects(90, 5)
    assert table["loss"].min() > -1e-7  # nothing lies below the best of all patterns
    lost = rates(table, 1e-3)
    for lam4 in (0.1, 1.0):
        assert lost[lam4, "sign flips"] <= 2 / 30
        assert lost[lam4, "no sign flips"] >= 3 / 30
    assert table.loc[table["lam4"] == 0.0, "loss"].max() < 1e-7  # convex


@pytest.mark.parametrize("number", range(1, 13, 2))
def test_exhaustive_search_is_the_best_of_many_random_starts(number):
    problem = draw(3, number, (6, 6))
    m, pen, state = problem.moments, problem.penalties, network(problem)
    rng, values = np.random.default_rng(number), []
    for _ in range(100):
        state.theta[:] = rng.normal(size=6)
        theta_step(m, state, pen)
        values.append(effect_objective(m, state.B, state.GB, state.theta, state.signs, pen))
    assert best_effects(m, state, pen) == pytest.approx(min(values), abs=1e-7)


@pytest.mark.long
def test_fit_seldom_ends_above_the_best_of_other_starts():
    methods = {"old": {"flips": False}, "one": {}, "three": {"n_starts": 3}}
    table = compare_fits(60, 6, methods, genes=(10, 16))
    lost = rates(table, 1e-3)
    for lam4 in (0.1, 1.0):
        assert lost[lam4, "three"] <= 0.35  # 0.08 to 0.1 in 360 problems; 20 here, 3 errors
        assert lost[lam4, "three"] <= lost[lam4, "one"] <= lost[lam4, "old"]
    assert lost[1.0, "old"] >= 0.4


@pytest.mark.parametrize("degree", ["sqrt", "d"])
@pytest.mark.parametrize("seed", range(4))
def test_value_and_costs_of_flips_are_those_of_the_objective(seed, degree):
    rng = np.random.default_rng(seed)
    X, z = naive.cohort(seed, 30, 6)
    B, theta = 0.4 * naive.network(seed, 6, 0.6), rng.normal(size=6)
    F, L, lam3, lam4 = X @ B, naive.laplacian(B, degree), 0.05, 0.8
    H, h, s = F.T @ F / 30, F.T @ z / 30, naive.scale(B, degree)
    N = naive.links(B) / np.outer(s, s)
    problem = H, h, N, np.diag(L) + np.diag(N)

    def value(t):
        links = 2.0 * lam4 * np.abs(t) @ L @ np.abs(t)
        return t @ H @ t - 2.0 * h @ t + lam3 * np.abs(t).sum() + links

    assert effects_value(*problem, theta, lam3, lam4) == pytest.approx(value(theta))
    costs = flip_costs(*problem, theta, lam3, lam4)
    for j in np.flatnonzero(F.any(axis=0)):
        # The best value on each side of 0, the other effects as they are.
        sides = {1.0: np.inf, -1.0: np.inf}
        for side in sides:  # a convex function of the size, as the others' effects are fixed

            def of_size(size, side=side, j=j, trial=theta.copy()):
                trial[j] = side * size
                return value(trial)

            found = minimize_scalar(of_size, bounds=(0.0, 6.0), options={"xatol": 1e-9})
            sides[side] = min(found.fun, of_size(0.0))
        assert costs[j] == pytest.approx(abs(sides[1.0] - sides[-1.0]), abs=1e-5)
    flipped = theta.copy()
    kept = flip_signs(*problem, flipped, lam3, lam4, 1e-4, 6, 1000)
    assert value(flipped) <= value(theta) - 1e-4 * kept


def test_number_of_flips_is_bounded():
    assert flip_limit(np.zeros(5)) == 0
    assert flip_limit(np.ones(10)) == 1000  # all ten, and more than there are
    assert flip_limit(np.ones(46)) >= 46 and flip_limit(np.ones(47)) < 47
    assert flip_limit(np.ones(316)) == 1 and flip_limit(np.ones(317)) == 0


def test_a_flip_is_kept_only_where_it_gains(monkeypatch):
    """A step with flips never ends above one without."""
    for number in range(30):
        problem = draw(8, number)
        m, pen = problem.moments, problem.penalties
        one, two = network(problem), network(problem)
        theta_step(m, one, pen)
        with monkeypatch.context() as patch:
            patch.setattr("pnetlib.solvers.joint.FLIP_WORK", 0)
            theta_step(m, two, pen)
        values = [effect_objective(m, s.B, s.GB, s.theta, s.signs, pen) for s in (one, two)]
        assert values[0] <= values[1] + 1e-12


# What a fit reports -------------------------------------------------------------------------


def test_fit_reports_its_starts_and_keeps_the_lowest():
    rng, spread = np.random.default_rng(0), 0
    for number in range(12):
        X, z = naive.cohort(number, 40, 12)
        z = z / z.std() + 0.1 * rng.normal(size=40)
        model = PredictiveNetwork(0.1, lam3=0.02, lam4=1.0, n_starts=4, n_jobs=1).fit(X, z)
        assert model.n_starts_ == 4 and model.start_objectives_.shape == (4,)
        assert model.objective_trace_[-1] <= model.start_objectives_.min() + 1e-4 * z.var()
        assert len(model.objective_trace_) == model.n_iter_ + 1
        assert np.all(np.diff(model.objective_trace_) <= 1e-12)
        spread += np.ptp(model.start_objectives_) > 1e-3
        single = PredictiveNetwork(0.1, lam3=0.02, lam4=1.0, n_starts=1, n_jobs=1).fit(X, z)
        assert single.n_starts_ == 1
        assert single.start_objectives_[0] == single.objective_trace_[-1]
        assert model.objective_trace_[-1] <= single.objective_trace_[-1] + 1e-3 * z.var()
    assert spread  # local minima did occur


@pytest.mark.parametrize("zero, expected", [("lam3", 3), ("lam4", 3), ("lam1", 3)])
def test_starts_that_are_the_same_are_left_out(zero, expected):
    X, z = naive.cohort(2, 60, 6)
    lambdas = {"lam1": 0.1, "lam2": 0.1, "lam3": 0.05, "lam4": 0.1} | {zero: 0.0}
    model = PredictiveNetwork(**lambdas, n_starts=4, n_jobs=1).fit(X, z)
    assert model.n_starts_ == expected == starts.MOST - 1


def test_a_warm_start_is_the_only_one():
    X, z = naive.cohort(3, 40, 8)
    model = PredictiveNetwork(0.1, lam3=0.02, warm_start=True, n_starts=4, n_jobs=1).fit(X, z)
    assert model.n_starts_ == 4
    assert model.fit(X, z).n_starts_ == 1
