"""The weight of the prediction error: the paper's model at 1, the weighted objective elsewhere."""

import re
import warnings

import naive
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

from pnetlib.errors import UsageError
from pnetlib.estimators import PredictiveNetwork
from pnetlib.solvers.joint import Penalties

TIGHT = {"tol": 1e-13, "gap_tol": 1e-13, "max_iter": 3000, "n_jobs": 1}
LAMBDAS = {"lam1": 0.12, "lam2": 0.01, "lam3": 0.05, "lam4": 0.08}


def weighted_objective(X, z, B, theta, omega):
    """The objective term by term, the prediction error once more with omega - 1."""
    error = np.sum((z - X @ B @ theta) ** 2) / len(z)
    return naive.objective(X, z, B, theta, Penalties(**LAMBDAS)) + (omega - 1.0) * error


@parametrize_with_checks([PredictiveNetwork(response_weight=2.0, max_iter=20, n_jobs=1)])
def test_scikit_learn_conventions(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        check(estimator)


@pytest.mark.parametrize(
    "options", [{}, {"degree": "d"}, {"sign": "fixed"}, {"coupling": "lagged"}]
)
def test_weighted_fit_is_the_plain_fit_of_the_scaled_response(options):
    X, z = naive.cohort(3, 60, 12)
    X, z = 2.0 * X + 5.0, z + 1.5
    weighted = PredictiveNetwork(**LAMBDAS, **options, response_weight=4.0, n_jobs=1).fit(X, z)
    scaled = LAMBDAS | {"lam3": LAMBDAS["lam3"] / 2.0, "lam4": LAMBDAS["lam4"] / 4.0}
    pro = PredictiveNetwork(**scaled, **options, n_jobs=1).fit(X, 2.0 * z)
    assert np.count_nonzero(pro.theta_) > 0
    for name in ("gaps_", "objective_trace_", "mean_", "scale_"):
        np.testing.assert_array_equal(getattr(weighted, name), getattr(pro, name))
    np.testing.assert_array_equal(weighted.B_.toarray(), pro.B_.toarray())
    np.testing.assert_array_equal(weighted.theta_, pro.theta_ / 2.0)
    np.testing.assert_array_equal(weighted.predict(X), pro.predict(X) / 2.0)
    assert (weighted.theta0_, weighted.kkt_B_, weighted.kkt_theta_) == (
        pro.theta0_ / 2.0,
        pro.kkt_B_,
        pro.kkt_theta_ * 2.0,
    )


def test_weighted_warm_start_stays_where_it_was():
    X, z = naive.cohort(1, 60, 8)
    model = PredictiveNetwork(**LAMBDAS, **TIGHT, response_weight=0.3, warm_start=True).fit(X, z)
    theta, last = model.theta_, model.objective_trace_[-1]
    model.fit(X, z)
    assert model.n_iter_ <= 3 and abs(model.objective_trace_[0] - last) < 1e-9
    np.testing.assert_allclose(model.theta_, theta, atol=1e-4)


@pytest.mark.parametrize("omega", [0.1, 0.5, 2.0, 7.0])
def test_fit_is_a_stationary_point_of_the_weighted_objective(omega):
    X, z = naive.cohort(1, 60, 8)
    model = PredictiveNetwork(response_weight=omega, **LAMBDAS, **TIGHT).fit(X, z)
    B, theta = model.B_.toarray(), model.theta_
    value = weighted_objective(X, z, B, theta, omega)
    assert model.objective_trace_[-1] == pytest.approx(value, rel=1e-10)
    assert (np.diff(model.objective_trace_) <= 1e-12).all()
    falls = naive.stationarity(lambda t: weighted_objective(X, z, B, t, omega), theta)
    assert falls.max() < 1e-4
    fall_B = naive.stationarity(lambda b: weighted_objective(X, z, b, theta, omega), B)
    np.fill_diagonal(fall_B, 0.0)
    assert fall_B.max() < 1e-4
    assert model.kkt_theta_ < 1e-4 and model.kkt_B_ < 1e-4


def test_conditions_of_another_weight_do_not_hold():
    X, z = naive.cohort(1, 60, 8)
    model = PredictiveNetwork(response_weight=0.3, **LAMBDAS, **TIGHT).fit(X, z)
    B = model.B_.toarray()
    falls = naive.stationarity(lambda t: weighted_objective(X, z, B, t, 1.0), model.theta_)
    assert falls.max() > 0.01


def test_violation_of_theta_is_on_the_scale_of_lam3():
    X, z = naive.cohort(1, 60, 8)
    omega, coarse = 0.25, {"tol": 0.5, "gap_tol": 1e-8, "n_jobs": 1}
    model = PredictiveNetwork(response_weight=omega, **LAMBDAS, **coarse).fit(X, z)
    B, theta = model.B_.toarray(), model.theta_
    falls = naive.stationarity(lambda t: weighted_objective(X, z, B, t, omega), theta)
    assert model.kkt_theta_ == pytest.approx(falls.max(), rel=1e-2) and model.kkt_theta_ > 1e-4


@pytest.mark.long
@settings(max_examples=15)
@given(st.floats(0.05, 20.0), st.floats(0.1, 10.0))
def test_unit_of_the_response_is_carried_through(omega, unit):
    X, z = naive.cohort(2, 40, 6)
    model = PredictiveNetwork(response_weight=omega, **LAMBDAS, n_jobs=1).fit(X, z)
    # In another unit the same model has omega / unit^2 and lam3 / unit, lam4 / unit^2.
    other = (
        clone(model)
        .set_params(
            response_weight=omega / unit**2,
            lam3=LAMBDAS["lam3"] / unit,
            lam4=LAMBDAS["lam4"] / unit**2,
        )
        .fit(X, unit * z)
    )
    np.testing.assert_allclose(other.predict(X), unit * model.predict(X), atol=1e-5 * unit)
    np.testing.assert_allclose(other.B_.toarray(), model.B_.toarray(), atol=1e-5)


@pytest.mark.long
def test_more_weight_fits_the_training_response_closer():
    X, z = naive.cohort(4, 50, 10)
    errors = [
        np.mean(
            (z - PredictiveNetwork(response_weight=omega, **LAMBDAS, n_jobs=1).fit(X, z).predict(X))
            ** 2
        )
        for omega in (0.1, 1.0, 10.0, 100.0)
    ]
    assert errors == sorted(errors, reverse=True) and errors[0] > 1.2 * errors[-1]


@pytest.mark.parametrize("omega", [0.0, -1.0, np.inf, np.nan, "1", True])
def test_wrong_weight_is_one_sentence(omega):
    X, z = naive.cohort(0, 20, 5)
    with pytest.raises(
        UsageError, match=re.escape("response_weight must be a finite number above 0")
    ):
        PredictiveNetwork(response_weight=omega).fit(X, z)


def test_wrong_lambda_is_refused_at_any_weight():
    X, z = naive.cohort(0, 20, 5)
    with pytest.raises(UsageError, match="lam3 must be a finite number of at least 0"):
        PredictiveNetwork(lam3="much", response_weight=0.5).fit(X, z)
