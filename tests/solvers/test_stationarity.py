"""A fit that reports convergence is stationary, also where penalties are weak and links strong."""

import warnings

import naive
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from benchmarks.calibration.starts import harsh
from pnetlib.estimators import NetworkThenPredict, PredictiveNetwork, PredictiveNetworkCV
from pnetlib.solvers.columns import Columns
from pnetlib.solvers.joint import (
    Penalties,
    State,
    drop_edges,
    edge_penalties,
    kkt_residuals,
    objective,
    penalty_scales,
    polish,
    scaled_effects,
    start_state,
    stationary,
    theta_step,
)
from pnetlib.solvers.moments import Moments


def announced(caught):
    return any(issubclass(warning.category, ConvergenceWarning) for warning in caught)


@pytest.mark.long
def test_harsh_problems_are_stationary_or_announced():
    """Of 100 such fits of version 0.1.0, 84 had kkt_B above a fifth of lam1, none announced."""
    converged = 0
    for number in range(10):
        X, z, options = harsh(number)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = PredictiveNetwork(**options, n_starts=1, n_jobs=1).fit(X, z)
        scale_theta = max(options["lam3"], 0.02 * z.std())
        good = model.kkt_B_ <= 0.02 * max(options["lam1"], 0.02) * (1 + 1e-9)
        good &= model.kkt_theta_ <= 0.02 * scale_theta * (1 + 1e-9)
        assert good != announced(caught), number
        converged += good
        assert np.abs(model.B_.data).min() > 1e-10 * np.abs(model.B_.data).max()
    assert converged >= 9


def test_a_path_says_where_it_took_a_negative_weight_as_zero():
    counted = []
    for number in range(10):
        X, z, options = harsh(number)
        lam4 = [options["lam4"]]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = PredictiveNetworkCV(lam4=lam4, lam3_fractions=[0.01], cv=3, n_jobs=1).fit(X, z)
        best = Penalties(**model.best_params_)
        m = Moments.of(X, z, n_jobs=1)
        state = State.on(m, Columns.of(model.B_), model.theta_, np.zeros(len(m.G)), 1)
        weights = edge_penalties(
            state.B, *scaled_effects(state.B, state.theta, state.signs, best), best
        )
        said = any("negative L1 weight" in str(warning.message) for warning in caught)
        assert said == bool((weights < 0.0).any())
        counted.append(said)
    assert any(counted)


@pytest.mark.long
def test_residuals_are_slopes_of_the_objective_where_weights_are_negative():
    """Checked by finite differences: negative weights are not clipped in the reported residual."""
    found = 0
    for number in range(40):
        X, z, options = harsh(number)
        X, z = naive.standardised(X), z - z.mean()
        m, pen = Moments.of(X, z, n_jobs=1), Penalties(**options)
        state = theta_step(m, start_state(m, pen, 1e-6, 1), pen)
        penalties = edge_penalties(
            state.B, *scaled_effects(state.B, state.theta, state.signs, pen), pen
        )
        if penalties.min() >= 0.0:
            continue
        found += 1
        B = state.B.matrix().toarray()
        falls = naive.stationarity(
            lambda b, pen=pen, state=state, X=X, z=z: naive.objective(X, z, b, state.theta, pen), B
        )
        np.fill_diagonal(falls, 0.0)
        isolated = naive.degrees(B) == 0.0  # a first link of a gene with an effect costs a jump
        falls[isolated], falls[:, isolated] = 0.0, 0.0
        if not isolated.any():
            assert kkt_residuals(m, state, pen)[0] == pytest.approx(falls.max(), rel=1e-3)
        before = objective(m, state.B, state.GB, state.theta, state.signs, pen)
        after = polish(m, state, pen, 1)
        assert after < before
        value = naive.objective(X, z, state.B.matrix().toarray(), state.theta, pen)
        assert after == pytest.approx(value, rel=1e-10)
        np.testing.assert_allclose(state.GB, (m.G @ state.B.matrix().toarray()).T, atol=1e-11)
        if found == 5:
            break
    assert found == 5


@pytest.mark.long
@pytest.mark.parametrize("fixed", [False, True])
def test_polish_keeps_signs(fixed):
    X, z, options = harsh(1)
    m, pen = Moments.of(X, z, n_jobs=1), Penalties(**options)
    state = theta_step(m, start_state(m, pen, 1e-6, 1), pen)
    if fixed:
        state.signs = np.where(np.arange(len(m.g)) % 2, 1.0, -1.0)
    B, theta = state.B.matrix().toarray(), state.theta.copy()
    before = objective(m, state.B, state.GB, theta, state.signs, pen)
    assert polish(m, state, pen, 1) < before
    assert np.all(B * state.B.matrix().toarray() >= 0) and np.all(theta * state.theta >= 0)


def test_remains_of_edges_are_dropped_unless_the_objective_rises():
    X, z = naive.cohort(4, 40, 6)
    m, pen = Moments.of(X, z), Penalties(0.2, 0.0, 0.05, 0.1)
    B = start_state(m, pen, 1e-8).B.matrix().toarray()
    empty = np.argwhere((B == 0) & ~np.eye(6, dtype=bool))
    B[tuple(empty[0])] = -3e-22
    columns = naive.columns(B)
    zeros = np.zeros(6)
    GB = np.ascontiguousarray((m.G @ B).T)
    state = State(columns, GB, zeros, zeros, zeros, np.zeros(6, bool), zeros, 0.0)
    value = objective(m, columns, GB, zeros, zeros, pen)
    dropped = drop_edges(m, state, pen, value + 1e-12)
    assert dropped <= value + 1e-12 and state.B.data.size == columns.data.size - 1
    state = State(columns, GB, zeros, zeros, zeros, np.zeros(6, bool), zeros, 0.0)
    assert drop_edges(m, state, pen, -1.0) == -1.0 and state.B is columns


def test_stationary_compares_with_the_larger_of_lambda_and_floor():
    X, z = naive.cohort(5, 40, 6)
    m = Moments.of(X, z)
    assert penalty_scales(m, Penalties(0.3, lam3=0.7)) == (0.3, 0.7)
    scale_B, scale_theta = penalty_scales(m, Penalties(0.0))
    assert scale_B == 0.02 and scale_theta == pytest.approx(0.02 * z.std())
    pen = Penalties(0.2, 0.0, 0.05, 0.1)
    state = start_state(m, pen, 1e-10)
    _, slope = kkt_residuals(m, state, pen)
    assert slope > 0.05 and not stationary(m, state, pen, 0.9 * slope / 0.05)
    assert stationary(m, state, pen, 1.1 * slope / 0.05)


@pytest.mark.parametrize("kind", [NetworkThenPredict, PredictiveNetwork])
@pytest.mark.parametrize("lam4", [1e8, 1e30])
def test_effects_above_their_condition_are_announced(kind, lam4):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 6)) + 5.0
    X[:, 1] = X[:, 0] + 0.5 * rng.normal(size=40)
    z = X[:, 1] + rng.normal(size=40)
    with pytest.warns(ConvergenceWarning):
        model = kind(lam4=lam4, max_iter=100, n_jobs=1).fit(X, z)
    assert model.kkt_theta_ > 0.02 * 0.05


def test_warning_of_a_violated_condition_has_numbers(monkeypatch):
    X, z = naive.cohort(7, 40, 8)
    monkeypatch.setattr("pnetlib.estimators.predictive.kkt_residuals", lambda *given: (0.5, 0.001))
    with pytest.warns(
        ConvergenceWarning, match="scale of lam1 are violated by 0.5, more than 0.02 of 0.2"
    ):
        PredictiveNetwork(0.2, lam3=0.05, n_jobs=1).fit(X, z)
