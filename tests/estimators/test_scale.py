"""Expression and responses in extreme units: the same fit, or one sentence that says what to do."""

import warnings

import naive
import numpy as np
import pandas as pd
import pytest
from builders import named, plain_estimators, searching_estimators
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from pnetlib.errors import DataError, UsageError
from pnetlib.estimators import (
    ElasticNetwork,
    LassoExpressionCV,
    NetworkThenPredictCV,
    PredictiveNetwork,
    PredictiveNetworkCV,
)
from pnetlib.solvers.moments import Moments

EVERY = [*plain_estimators(), *searching_estimators().values()]
WITH_RESPONSE = [model for model in EVERY if not isinstance(model, ElasticNetwork)]
SCALING = LassoExpressionCV, NetworkThenPredictCV  # with grids that scale with the response
SCALED = [model for model in WITH_RESPONSE if isinstance(model, SCALING)]


def data():
    X, z = naive.cohort(0, 40, 6)
    return X + 5.0, z / z.std()


def coefficients(model):
    return model.coef_ if hasattr(model, "coef_") else model.B_.toarray()


@named(EVERY)
@pytest.mark.parametrize("unit", [2.0**-900, 2.0**-46, 1e-12, 1e12, 1e-150, 1e150, 2.0**500])
def test_unit_of_expression_does_not_matter(model, unit):
    X, z = data()
    one, two = clone(model).fit(X, z), clone(model).fit(unit * X, z)
    assert np.any(coefficients(one))
    if np.log2(unit) % 1 == 0:  # a power of 2 leaves every bit
        np.testing.assert_array_equal(coefficients(two), coefficients(one))
    else:
        np.testing.assert_allclose(coefficients(two), coefficients(one), atol=1e-5)
    if hasattr(one, "predict"):
        np.testing.assert_allclose(two.predict(unit * X), one.predict(X), atol=1e-4)


@named(EVERY)
@pytest.mark.parametrize("value", [1e155, 1e200, -9.99e307])
def test_expression_too_large_names_the_gene(model, value):
    X, z = data()
    X[3, 2] = value
    table = pd.DataFrame(X, columns=[f"GENE{q}" for q in range(6)])
    fitted = clone(model).fit(data()[0], z)
    uses = [lambda X: clone(model).fit(X, z), getattr(fitted, "predict", fitted.score)]
    uses += [fitted.transform] if hasattr(fitted, "transform") else []
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        for use in uses:
            with pytest.raises(
                DataError, match=f"gene x2 reaches {value:.3g} in row 3".replace("+", r"\+")
            ):
                use(X)
        table.index = [f"line {i}" for i in range(len(table))]
        with pytest.raises(
            DataError, match="gene GENE2 reaches .* in cell line 'line 3'"
        ) as caught:
            uses[0](table)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


@named(WITH_RESPONSE)
@pytest.mark.parametrize("unit", [1e-200, 1e-160, 1e155, 1e200, 1e307])
def test_response_out_of_range_is_one_sentence(model, unit):
    X, z = data()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        with pytest.raises(DataError, match="the response y (deviates by|reaches)") as caught:
            clone(model).fit(X, unit * z)
    assert str(caught.value).endswith("divide it by its standard deviation.")
    largest = f"{np.abs(unit * z).max():.3g}"
    assert largest in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("model", "power"),
    [
        (
            model,
            6
            if type(model) in (PredictiveNetwork, PredictiveNetworkCV)
            else 4
            if hasattr(model, "cv")
            else 2,
        )
        for model in WITH_RESPONSE
    ],
    ids=lambda x: type(x).__name__ if hasattr(x, "fit") else None,
)
def test_response_is_refused_where_products_of_it_overflow(model, power):
    """The largest unit that is fitted neither warns nor hangs; twice that of the bound is refused."""
    X, z = data()
    z = z - z.mean()
    top = (np.finfo(float).max / 40) ** (1.0 / power) / 2.0 / np.abs(z).max()
    with pytest.raises(DataError, match=f"products of {power} such numbers overflow"):
        clone(model).fit(X, 1.01 * top * z)
    low = (np.finfo(float).tiny * 40) ** (1.0 / power) / np.abs(z).max()
    with pytest.raises(DataError, match=f"products of {power} such numbers vanish"):
        clone(model).fit(X, 0.99 * low * z)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        for unit in (0.99 * top, 1.01 * low):
            assert np.isfinite(clone(model).fit(X, unit * z).coef_).all()


@named(SCALED)
@pytest.mark.parametrize("unit", [2.0**-130, 2.0**130])
def test_response_in_range_is_fitted_in_any_unit(model, unit):
    X, z = data()
    one, two = clone(model).fit(X, z), clone(model).fit(X, unit * z)
    np.testing.assert_allclose(two.coef_ / unit, one.coef_, atol=1e-6)
    assert one.coef_.any()


@named(WITH_RESPONSE)
def test_constant_response_is_fitted(model):
    X, _ = data()
    model = clone(model).fit(X, np.full(40, 3.0))
    np.testing.assert_allclose(model.predict(X), 3.0)


@named([model for model in EVERY if "lam4" in model.get_params()])
@pytest.mark.parametrize("value", [1e101, 1e300])
def test_penalty_too_large_is_one_sentence(model, value):
    X, z = data()
    given = [value] if isinstance(model, PredictiveNetworkCV) else value
    with pytest.raises(UsageError, match="lam4 must be") as caught:
        clone(model).set_params(lam4=given).fit(X, z)
    assert "1e+100" in str(caught.value)


def test_weight_too_small_beside_its_penalties_is_one_sentence():
    X, z = data()
    with pytest.raises(UsageError, match="response_weight is 1e-105, too small"):
        PredictiveNetwork(response_weight=1e-105, lam4=1.0).fit(X, 1e45 * z)


def test_large_response_announces_what_it_cannot_reach():
    X, z = data()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = PredictiveNetwork(n_jobs=1, n_starts=1, max_iter=50).fit(X, 1e40 * z)
    good = model.kkt_B_ <= 0.02 * 0.2 and model.kkt_theta_ <= 0.02 * 0.02 * 1e40
    assert good != any(issubclass(w.category, ConvergenceWarning) for w in caught)


@pytest.mark.parametrize("unit", [1e-150, 1e-14, 1.0, 1e12, 1e150])
def test_constant_genes_are_judged_relative_to_their_unit(unit):
    X, z = data()
    X[:, 2] = 0.1
    X[:, 4] = X[:, 4] * 1e-13 + 7.0
    m = Moments.of(unit * X, z)
    assert not m.G[2].any() and not m.G[4].any() and m.scale[2] == 1.0
    assert np.all(np.diag(m.G)[[0, 1, 3, 5]] == pytest.approx(1.0))


def test_rounding_left_by_centring_is_no_gene():
    X, z = data()
    X -= X.mean(axis=0)
    X[:, 2] = 1e-17 * np.random.default_rng(0).normal(size=40)
    m = Moments.of(X, z)
    assert not m.G[2].any() and m.scale[2] == 1.0
