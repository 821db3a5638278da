"""Expression and responses in extreme units: the same fit, or one sentence that says what to do."""

import warnings

import naive
import numpy as np
import pandas as pd
import pytest
from builders import named, plain_estimators, searching_estimators
from hypothesis import example, given as drawn, settings, strategies as st
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from pnetlib.errors import DataError, UsageError
from pnetlib.estimators import (
    ElasticNetExpression,
    ElasticNetwork,
    LassoExpression,
    LassoExpressionCV,
    NetworkConstrainedRegression,
    NetworkThenPredict,
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
                DataError, match=f"gene x2 is {value:.3g} in row 3".replace("+", r"\+")
            ):
                use(X)
        table.index = [f"line {i}" for i in range(len(table))]
        with pytest.raises(DataError, match="gene GENE2 is .* in cell line 'line 3'") as caught:
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


# Properties over all units -------------------------------------------------------------------

POWERS = st.integers(-498, 498)  # of 2, hence about 1e-150 to 1e150; they leave every bit


@pytest.mark.long
@named(EVERY)
@settings(max_examples=12)
@drawn(power=POWERS)
@example(power=-498)
@example(power=498)
@example(power=-40)
@example(power=40)
def test_every_unit_of_expression_gives_the_same_model(model, power):
    X, z = data()
    X[:, 5] = 7.0  # a constant gene is one in every unit
    one = clone(model).fit(X, z)
    two = clone(model).fit(np.ldexp(X, power), z)
    np.testing.assert_array_equal(coefficients(two), coefficients(one))
    np.testing.assert_array_equal(two.scale_[:5], np.ldexp(one.scale_[:5], power))
    assert not np.any(coefficients(one)[..., 5]) and np.any(coefficients(one))
    if hasattr(one, "predict"):
        np.testing.assert_array_equal(two.predict(np.ldexp(X, power)), one.predict(X))


@settings(max_examples=25)
@drawn(powers=st.lists(POWERS, min_size=6, max_size=6), decimal=st.floats(1.0, 10.0))
@example(powers=[0, 0, 0, 0, 0, 40], decimal=1.0)
@example(powers=[0, 0, 0, 0, 0, -40], decimal=1.0)
def test_each_gene_may_have_its_own_unit(powers, decimal):
    X, _ = data()
    spread = max(powers) - min(powers)
    units = decimal * np.ldexp(1.0, np.array(powers) if spread < 46 else np.array(powers) // 22)
    one, two = (ElasticNetwork(0.1, tol=1e-10, n_jobs=1).fit(given) for given in (X, units * X))
    np.testing.assert_allclose(two.B_.toarray(), one.B_.toarray(), atol=1e-8)
    assert two.score(units * X) == pytest.approx(one.score(X))


LINEAR = [ElasticNetExpression(), LassoExpression()]
LINEAR += [NetworkThenPredict(n_jobs=1), NetworkConstrainedRegression(n_jobs=1)]


@named(LINEAR)
@settings(max_examples=12)
@drawn(power=POWERS)
@example(power=-498)
@example(power=498)
def test_every_unit_of_the_response_gives_the_same_model(model, power):
    """Where the penalties of the effects are in the same unit."""
    X, z = data()
    name = "lam1" if "Expression" in type(model).__name__ else "lam3"
    one = clone(model).set_params(tol=1e-12).fit(X, z)
    other = {name: float(np.ldexp(getattr(model, name), min(power, 330)))}
    two = clone(one).set_params(**other).fit(X, np.ldexp(z, power))
    if power > 330:  # the penalty must stay below 1e100: then it is small beside the response
        assert np.isfinite(two.coef_).all()
        return
    np.testing.assert_allclose(np.ldexp(two.coef_, -power), one.coef_, atol=1e-6)
    np.testing.assert_allclose(np.ldexp(two.predict(X), -power), one.predict(X), atol=1e-6)


@settings(max_examples=20)
@drawn(power=st.integers(-120, 120))
def test_pro_is_the_same_in_every_unit_that_its_weight_follows(power):
    X, z = data()
    model = PredictiveNetwork(lam3=0.05, lam4=0.1, n_jobs=1)
    unit = float(np.ldexp(1.0, power))
    one = clone(model).fit(X, z)
    other = {"lam3": 0.05 / unit, "lam4": 0.1 / unit**2, "response_weight": unit**-2}
    two = clone(model).set_params(**other).fit(X, unit * z)
    np.testing.assert_allclose(two.B_.toarray(), one.B_.toarray(), atol=1e-6)


@drawn(
    value=st.floats(allow_nan=False, allow_infinity=False, width=64),
    gene=st.integers(0, 5),
    line=st.integers(0, 39),
)
@settings(max_examples=60)
def test_any_value_is_fitted_without_a_warning_or_refused(value, gene, line):
    X, z = data()
    X[line, gene] = value
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = ElasticNetwork(0.1, n_jobs=1).fit(X)
        except DataError as error:
            assert abs(value) > 1e152 and f"gene x{gene} is" in str(error)
        else:  # one outlier does not make the other genes constant
            rest = np.delete(np.arange(6), gene)
            alone = ElasticNetwork(0.1, n_jobs=1).fit(X[:, rest])
            assert found.B_.toarray()[np.ix_(rest, rest)].any() == alone.B_.toarray().any()
            assert np.all(found.scale_[rest] < 100.0) and np.isfinite(found.transform(X)).all()


@pytest.mark.parametrize("value", [1e16, 9.96921e36, 1e100])
def test_an_outlier_of_one_gene_does_not_make_the_others_constant(value):
    X, _ = data()
    expected = ElasticNetwork(0.1, n_jobs=1).fit(X[:, :5]).B_.toarray()
    X[3, 5] = value
    found = ElasticNetwork(0.1, regulators=range(5), n_jobs=1).fit(X).B_.toarray()
    assert expected.any()
    # Not the same bits: a product of matrices may round by where they lie in memory.
    np.testing.assert_allclose(found[:5, :5], expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("unit", [1e-150, 1e-12, 1.0, 1e12, 1e150])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_certificate_and_score_hold_in_every_unit(unit, dtype):
    X, _ = data()
    X[:, 2] = 0.1
    one, two = (
        ElasticNetwork(0.1, gram_dtype=dtype, n_jobs=1).fit(given) for given in (X, unit * X)
    )
    np.testing.assert_allclose(two.certify(unit * X), one.certify(X), atol=1e-12)
    np.testing.assert_allclose(two.certified_gaps_, one.certified_gaps_, atol=1e-6)
    assert two.score(unit * X) == pytest.approx(one.score(X)) and 0.0 < one.score(X) < 1.0
    assert np.all(two.certify(unit * X, [0, 1]) < 1e-5)


def test_expression_far_from_training_is_refused_by_every_use():
    X, z = data()
    small = ElasticNetwork(0.1, n_jobs=1).fit(1e-100 * X)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        for use in (small.transform, small.score, small.error, small.certify):
            with pytest.raises(DataError, match="times its standard deviation in training"):
                use(1e100 * X)
        model = PredictiveNetwork(n_jobs=1).fit(X, z)
        assert np.isfinite(model.predict(1e100 * X)).all()
        with pytest.raises(DataError, match="is .*e.200 in row"):
            model.score(1e200 * X, z)
        with pytest.raises(DataError, match="the response y reaches"):
            model.score(X, 1e200 * z)


def test_expression_too_small_to_have_digits_is_refused():
    X, z = data()
    with pytest.raises(DataError, match="values as small as that have lost digits"):
        ElasticNetwork(n_jobs=1).fit(1e-310 * X)


def test_a_fold_whose_responses_are_equal_has_no_effects():
    X, z = data()
    z[13:] = 0.1  # in the first fold, all lines to fit on have the same response
    model = LassoExpressionCV(4, cv=3).fit(X, z)
    error = float(np.mean((z[:14] - 0.1) ** 2))
    whole = Moments.of(X, z).without(X, z, np.arange(14))
    assert whole.zz == 0.0 and not whole.g.any()
    np.testing.assert_allclose(-model.cv_results_["split0_test_score"], error)


@pytest.mark.parametrize(
    ("unit", "lambdas"),
    [
        (1.7e-50, {"lam1": 8.4e-6, "lam2": 7.5e95, "lam3": 1.1e-6, "lam4": 75.0}),
        (7.6e48, {"lam1": 1.4e-10, "lam2": 0.0, "lam3": 1.6e30, "lam4": 7.6e69}),
    ],
    ids=["neither edges nor effects are left to move", "gains beyond float64"],
)
def test_extreme_penalties_and_units_end_without_an_error(unit, lambdas):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(30, 5)) + 5
    X[:, 1] = X[:, 0] + 0.3 * rng.normal(size=30)
    y = X[:, 1] + rng.normal(size=30)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        for degree in ("sqrt", "d"):
            model = PredictiveNetwork(**lambdas, degree=degree, n_jobs=1).fit(X, unit * y)
            assert np.isfinite(model.coef_).all()
