"""Forecasts of memory and time, and what fits do where memory is low."""

import warnings

import naive
import numpy as np
import pytest
from sklearn.base import clone

from benchmarks.datasets import simulate_expression
from pnetlib.errors import LowMemoryWarning, SetupError
from pnetlib.estimators import (
    ElasticNetwork,
    LassoExpressionCV,
    NetworkThenPredict,
    PredictiveNetwork,
)
from pnetlib.solvers import forecast


@pytest.mark.parametrize(
    "model",
    [ElasticNetwork(), PredictiveNetwork(), NetworkThenPredict(), LassoExpressionCV(cv=2)],
    ids=lambda model: type(model).__name__,
)
def test_low_memory_is_a_warning_of_one_sentence_and_the_fit_continues(model, monkeypatch):
    X, z = naive.cohort(1, 20, 30)
    expected = model.fit(X, z)
    monkeypatch.setattr(forecast, "available_memory", lambda: 10**8)
    with pytest.warns(LowMemoryWarning, match=r"30 genes .* 0.1 GB are available; take fewer"):
        fitted = clone(model).fit(X, z)
    name = "coef_" if hasattr(model, "coef_") else "gaps_"
    np.testing.assert_array_equal(getattr(fitted, name), getattr(expected, name))
    monkeypatch.setattr(forecast, "available_memory", lambda: None)
    with warnings.catch_warnings():
        warnings.simplefilter("error", LowMemoryWarning)
        model.fit(X, z)


def test_forecast_of_memory(monkeypatch):
    monkeypatch.setattr(forecast, "available_memory", lambda: 4 * 10**9)
    narrow = forecast.forecast_memory(1000, 17419, gram_dtype="float32", n_jobs=2)
    wide = forecast.forecast_memory(1000, 17419, n_jobs=2)
    assert wide.gram == 8 * 17419**2 == 2 * narrow.gram
    assert narrow.total < 3.5e9 and wide.total < 6e9
    narrow.require()
    with pytest.raises(SetupError, match="40,000 genes on 1,000 cell lines needs about"):
        forecast.forecast_memory(1000, 40000, n_jobs=2).require()
    assert "of 4.0 GB available (Gram 1.21," in str(narrow)


def test_forecast_of_a_joint_fit_has_one_dense_array_where_genes_are_many(monkeypatch):
    sizes = {"states": 3, "n_jobs": 2}
    few, many = (forecast.forecast_memory(1000, p, **sizes) for p in (4000, 4001))
    assert few.gram == 4 * 8 * 4000**2 and many.gram == 8 * 4001**2
    genome = forecast.forecast_memory(1000, 17419, **sizes)
    alone = forecast.forecast_memory(1000, 17419, n_jobs=2)
    assert genome.gram == alone.gram and alone.total < genome.total < 4e9
    monkeypatch.setattr(forecast, "available_memory", lambda: 10**9)
    with pytest.raises(SetupError, match="a joint fit of 17,419 genes on 1,000 cell lines needs"):
        forecast.forecast_memory(1000, 17419, **sizes).require()


def test_forecast_of_time_grows_with_the_genes():
    X, _ = simulate_expression(1, 40, 1200)
    small, large = (forecast.forecast_network(X[:, :p], 1.0, n_jobs=1) for p in (120, 1200))
    assert 0 < small.seconds < large.seconds and large.edges >= 0
    assert "s with" in str(large) and forecast.forecast_memory(40, 1200).seconds is None
