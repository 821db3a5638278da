"""Grids of a profile, the errors along them, and the refit at the chosen point."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import ElasticNet
from sklearn.model_selection import KFold

from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.errors import UsageError
from pnetlib.estimators import (
    ElasticNetExpression,
    LassoExpression,
    NetworkThenPredict,
    PredictiveNetwork,
)
from pnetlib.estimators.model_selection import final_model
from pnetlib.solvers.joint import Penalties, start_state
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.paths import TrainingPart, fit_networks, fractions_of, largest_lam1
from pnetlib.solvers.search import SearchRule
from pnetlib.steps.choice import (
    METHODS,
    choose,
    estimators,
    fit_methods,
    lambdas,
    refit,
    regulators_first,
)
from pnetlib.steps.sizes import PROFILES, profile_named

PROFILE = replace(PROFILES["smoke"], n_genes=30, search="grid")
SEARCHING = replace(PROFILE, search=SearchRule(budget=30))
SEED = 7
PLAIN = {"Pro": PredictiveNetwork, "NW.P": NetworkThenPredict}
PLAIN |= {"ELA": ElasticNetExpression, "LA": LassoExpression}


@pytest.fixture(scope="module")
def data():
    cohort = simulate_cohort(11)
    lines = cohort.lines_for("Docetaxel")
    X = cohort.expression.loc[lines, cohort.top_genes(PROFILE.n_genes)].to_numpy()
    return X, cohort.response.loc[lines, "Docetaxel"].to_numpy()


@pytest.fixture(scope="module")
def chosen(data):
    return choose(*data, PROFILE, SEED)


@pytest.fixture(scope="module")
def fitted(data):
    return fit_methods(*data, PROFILE, SEED)


def paths_of(X, z, profile=PROFILE):
    """The path of every method through its grid, and the training part it is for."""
    part = TrainingPart(Moments.of(X, z, n_jobs=1))
    return {method: model.path(part) for method, model in estimators(profile).items()}, part


@pytest.mark.parametrize("name", PROFILES)
def test_every_method_is_given_the_same_number_of_points(data, name):
    profile = profile_named(name)
    paths, _ = paths_of(*data, replace(profile, n_genes=30, search="grid"))
    counts = {method: len(paths[method].points) for method in METHODS}
    assert set(counts.values()) == {profile.points}, counts
    for method in METHODS:
        points = [tuple(point.items()) for point in paths[method].points]
        assert len(set(points)) == len(points)


def test_unknown_profile_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match="smoke, standard, paper, not 'huge'"):
        profile_named("huge")


def test_lambdas_mean_the_same_for_any_number_of_lines(data):
    X, z = data
    once, _ = paths_of(X, z)
    twice, _ = paths_of(np.vstack([X, X]), np.concatenate([z, z]))
    for method in METHODS:
        for a, b in zip(once[method].points, twice[method].points, strict=True):
            assert a == pytest.approx(b, rel=1e-3)  # the networks have a gap of 1e-4


def test_largest_lam1_leaves_no_edge_and_a_smaller_one_does(data):
    moments = Moments.of(*data, n_jobs=1)
    largest, smaller = fractions_of(largest_lam1(moments), (1.0, 0.99))
    assert start_state(moments, Penalties(largest), 1e-9, 1).B.data.size == 0
    assert start_state(moments, Penalties(smaller), 1e-9, 1).B.data.size > 0


@pytest.mark.parametrize("lam4", [0.0, 0.3, 30.0])
def test_largest_lam3_leaves_no_effect_and_a_smaller_one_does(data, lam4):
    paths, part = paths_of(*data, replace(PROFILE, lam3=(1.0, 0.99), lam4=(lam4,)))
    for method in ("Pro", "NW.P"):
        path = paths[method]
        for number, point in enumerate(path.points):
            ((_, state),) = path.along(part, [point])
            assert state.theta.any() == bool(number % 2)


@pytest.mark.parametrize("method", ["ELA", "LA"])
def test_expression_path_starts_at_no_effect(data, method):
    paths, part = paths_of(*data)
    for point, (b, _) in zip(paths[method].points, paths[method].along(part)):
        alpha = 2.0 * np.max(np.abs(part.moments.g))
        assert b.any() == (point["lam1"] < alpha * (1 - 1e-12))


def test_la_is_ela_without_ridge(data):
    paths, _ = paths_of(*data)
    assert all(lambdas(point)["lam2"] == 0.0 for point in paths["LA"].points)
    for point in paths["ELA"].points:
        alpha = point["lam1"] / 2 + point["lam2"]
        assert np.isclose(PROFILE.ratios, point["lam1"] / 2 / alpha).any()


def naive_prediction(method, point, X, z, X_new):
    """Prediction at a point by a model fitted from nothing, without any path."""
    if method in ("ELA", "LA"):
        mean, scale = X.mean(axis=0), X.std(axis=0)
        alpha = point["lam1"] / 2 + point["lam2"]
        model = ElasticNet(
            alpha=alpha, l1_ratio=point["lam1"] / 2 / alpha, tol=1e-10, max_iter=100_000
        )
        return model.fit((X - mean) / scale, z).predict((X_new - mean) / scale)
    kind = PredictiveNetwork if method == "Pro" else NetworkThenPredict
    return kind(**point, n_jobs=1).fit(X, z).predict(X_new)


@pytest.mark.parametrize("method", METHODS)
def test_errors_are_in_the_order_of_the_points(data, chosen, method):
    X, z = data
    _, choice = chosen
    folds = KFold(PROFILE.inner_folds, shuffle=True, random_state=SEED).split(X)
    points = choice.points(method)
    assert choice.errors[method].shape == (PROFILE.inner_folds, len(points))
    for fold, (train, test) in enumerate(folds):
        expected = [
            np.mean((z[test] - naive_prediction(method, point, X[train], z[train], X[test])) ** 2)
            for point in points
        ]
        # Pro is not convex: by another way it may end at another point near by.
        rtol = 0.01 if method == "Pro" else 0.002
        np.testing.assert_allclose(choice.errors[method][fold], expected, rtol=rtol)


def test_point_of_smallest_mean_error_is_chosen_and_the_first_of_equals(chosen):
    _, choice = chosen
    for method in METHODS:
        mean = choice.errors[method].mean(axis=0)
        assert mean[choice.index(method)] == mean.min()
    level = {method: np.ones_like(choice.errors[method]) for method in METHODS}
    assert all(replace(choice, errors=level).index(method) == 0 for method in METHODS)


def forced(choice, method, index):
    """The choice as if a given point had the smallest error."""
    errors = np.ones_like(choice.errors[method])
    errors[:, index] = 0.0
    return replace(choice, errors=choice.errors | {method: errors})


def test_refit_is_the_predictor_of_choosing_at_every_point(chosen):
    _, choice = chosen
    for method in METHODS:
        along = [
            (u.copy(), None if state is None else state.theta.copy())
            for u, state in choice.along(method)
        ]
        for index, (u, theta) in enumerate(along):
            again, state = refit(forced(choice, method, index), method)
            np.testing.assert_array_equal(again, u)
            if theta is not None:
                np.testing.assert_array_equal(state.theta, theta)
                np.testing.assert_array_equal(again, state.B.matrix() @ state.theta)


def networks_of(choice):
    """The networks of all training lines, by lam1."""
    path = choice.paths["Pro"]
    lam1s = list(dict.fromkeys(point["lam1"] for point in path.points))
    return choice.parts["Pro"].networks(
        lam1s, lam2=0.0, gap_tol=path.gap_tol, max_iter=path.max_iter
    )


def test_refit_leaves_the_networks_of_the_choice_as_they_were(chosen):
    _, choice = chosen
    networks = networks_of(choice).values()
    before = [(state.B.data.copy(), state.GB.copy()) for state in networks]
    for method in METHODS:
        refit(forced(choice, method, PROFILE.points - 1), method)
    for (data, GB), state in zip(before, networks_of(choice).values(), strict=True):
        np.testing.assert_array_equal(data, state.B.data)
        np.testing.assert_array_equal(GB, state.GB)
        assert not state.theta.any()


def test_networks_of_inner_folds_do_not_depend_on_where_they_start(data, chosen):
    X, z = data
    train = next(KFold(PROFILE.inner_folds, shuffle=True, random_state=SEED).split(X))[0]
    networks = networks_of(chosen[1])
    moments, lam1s = Moments.of(X[train], z[train]), list(networks)
    near = fit_networks(moments, lam1s, list(networks.values()))
    for warm, cold in zip(near, fit_networks(moments, lam1s), strict=True):
        apart = warm.B.matrix() - cold.B.matrix()
        assert np.abs(apart.toarray()).max() < 0.02  # both within a gap of 1e-4


@pytest.mark.parametrize("method", METHODS)
def test_fitted_methods_are_those_of_the_choice(data, chosen, fitted, method):
    moments, choice = chosen
    model = fitted[method]
    assert lambdas(model.best_params_) == choice.point(method)
    errors = [-model.cv_results_[f"split{k}_test_score"] for k in range(PROFILE.inner_folds)]
    np.testing.assert_array_equal(errors, choice.errors[method])
    u, state = refit(choice, method)
    np.testing.assert_array_equal(model.coef_, u)
    assert model.intercept_ == moments.z_mean
    if state is not None:
        np.testing.assert_array_equal(model.theta_, state.theta)
        np.testing.assert_array_equal(model.B_.toarray(), state.B.matrix().toarray())


# Search instead of the grid -----------------------------------------------------------------


@pytest.fixture(scope="module")
def searched(data):
    return choose(*data, SEARCHING, SEED)


@pytest.fixture(scope="module")
def found(data):
    return fit_methods(*data, SEARCHING, SEED)


@pytest.mark.parametrize("method", METHODS)
def test_search_and_refit_give_the_model_that_fit_methods_fits(data, searched, found, method):
    moments, choice = searched
    model = found[method]
    assert choice.point(method) == lambdas(model.best_params_)
    assert choice.reports[method] == model.search_report_
    u, state = refit(choice, method)
    np.testing.assert_array_equal(u, model.coef_)
    assert (state is None) == (method not in ("Pro", "NW.P"))
    if state is not None:
        np.testing.assert_array_equal(state.B.matrix().toarray(), model.B_.toarray())
        np.testing.assert_allclose(state.GB.T, moments.G @ model.B_.toarray(), atol=1e-12)
    # The same lambdas given to the plain estimator, as step 03 does, are the same model.
    plain = final_model(PLAIN[method], model.best_params_).fit(*data)
    np.testing.assert_array_equal(plain.coef_, model.coef_)


def test_every_method_may_spend_the_same_budget_of_a_search(searched):
    _, choice = searched
    assert {report["budget"] for report in choice.reports.values()} == {30}
    for method in METHODS:
        assert choice.reports[method]["points"] == len(choice.points(method)) <= 30
        parameters = choice.reports[method]["parameters"]
        assert choice.reports[method]["exhausted"] or not any(
            result["place"] == "edge" for result in parameters.values()
        )


@pytest.mark.parametrize("profile", [PROFILE, SEARCHING], ids=["grid", "search"])
def test_regulators_come_first_and_regulate_alone(data, profile):
    """The choice and the fit of every method are those of the estimators with these regulators."""
    X, z = data
    models = fit_methods(X, z, profile, SEED, n_regulators=6)
    free = fit_methods(X, z, profile, SEED)
    for method in METHODS:
        if method in PLAIN and hasattr(models[method], "B_"):
            B = models[method].B_.toarray()
            assert np.any(B[:6]) and not B[6:].any()
        else:
            np.testing.assert_array_equal(models[method].coef_, free[method].coef_)
    _, choice = choose(X, z, profile, SEED, n_regulators=6)
    for method in METHODS:
        assert choice.point(method) == lambdas(models[method].best_params_)
        u, state = refit(choice, method)
        np.testing.assert_allclose(u, models[method].coef_, atol=1e-12)
        assert state is None or not state.B.matrix().toarray()[6:].any()


def test_regulators_of_a_profile_are_sought_among_the_genes():
    genes = pd.Index(["A", "B", "C", "D"])
    assert regulators_first(genes, PROFILE) == (genes, None)
    ordered, count = regulators_first(genes, replace(PROFILE, regulators=("C", "X", "A")))
    assert list(ordered) == ["A", "C", "B", "D"] and count == 2
    with pytest.raises(UsageError, match="none of the 1 regulators is among the 4 genes"):
        regulators_first(genes, replace(PROFILE, regulators=("X",)))
