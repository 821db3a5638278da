"""Forecasts of memory and time, and what fits do where memory is low."""

import warnings

import naive
import numpy as np
import pytest
from builders import named, plain_estimators, searching_estimators
from sklearn.base import clone

from benchmarks.datasets import simulate_expression
from pnetlib.errors import LowMemoryWarning, OutOfMemoryError, SetupError
from pnetlib.solvers import forecast, moments

EVERY = [*plain_estimators(), *searching_estimators().values()]


def kind_of(model):
    """Return what a sentence on memory calls the fit of a model."""
    name = type(model).__name__
    return (
        "regression"
        if "Expression" in name
        else "joint fit"
        if name == "PredictiveNetwork"
        else "network"
    )


@named(EVERY)
def test_low_memory_is_a_warning_of_one_sentence_and_the_fit_continues(model, monkeypatch):
    X, z = naive.cohort(1, 20, 30)
    expected = model.fit(X, z)
    monkeypatch.setattr(forecast, "available_memory", lambda: 10**8)
    words = rf"a {kind_of(model)} of 30 genes .* 0.1 GB are available; take fewer genes"
    with pytest.warns(LowMemoryWarning, match=words) as caught:
        fitted = clone(model).fit(X, z)
    own = [one for one in caught if one.category is LowMemoryWarning]
    assert len(own) == 1 and own[0].filename == __file__
    assert ("gram_dtype" in str(own[0].message)) == (kind_of(model) != "regression")
    name = "coef_" if hasattr(model, "coef_") else "gaps_"
    np.testing.assert_array_equal(getattr(fitted, name), getattr(expected, name))
    monkeypatch.setattr(forecast, "available_memory", lambda: None)
    with warnings.catch_warnings():
        warnings.simplefilter("error", LowMemoryWarning)
        model.fit(X, z)


@named([*EVERY, *searching_estimators(search="budget=10").values()])
@pytest.mark.parametrize("available", [10**8, 10**12, None])
def test_a_fit_that_runs_out_of_memory_explains_it(model, available, monkeypatch):
    def full(*_, **options):
        raise MemoryError

    X, z = naive.cohort(1, 20, 30)
    monkeypatch.setattr(forecast, "available_memory", lambda: available)
    monkeypatch.setattr(moments, "gram", full)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LowMemoryWarning)
        with pytest.raises(OutOfMemoryError) as caught:
            clone(model).fit(X, z)
    said = str(caught.value)
    assert isinstance(caught.value, MemoryError) and caught.value.exit_code == 3
    start = f"a {kind_of(model)} of 30 genes on 20 cell lines needs about 0.3"
    assert said.startswith(start) and "take fewer genes" in said
    assert said.endswith(".") and "\n" not in said
    known = {10**8: "0.1 GB are available", 10**12: "of 1e+03 GB available, and the system refused"}
    assert known.get(available, "GB of memory, and the system refused it") in said


def test_threads_are_blamed_where_they_need_the_memory(monkeypatch):
    monkeypatch.setattr(forecast, "available_memory", lambda: 10**9)
    with pytest.raises(SetupError, match="available; take fewer threads than 4,000 .n_jobs"):
        forecast.forecast_memory(1000, 100, n_jobs=4000).require()
    forecast.forecast_memory(1000, 100, n_jobs=4).require()
    with pytest.raises(SetupError, match="take fewer genes"):
        forecast.forecast_memory(1000, 100_000, n_jobs=4000).require()


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
