"""Grids of lambdas, the errors along them, and the refit at the point chosen."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet
from sklearn.model_selection import KFold

from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.errors import UsageError
from pnetlib.estimators import NetworkThenPredict, PredictiveNetwork
from pnetlib.solvers import paths as tuning
from pnetlib.solvers.joint import Penalties, start_state
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.paths import METHODS, Choice, choose, make_grid, predictor, refit
from pnetlib.steps.sizes import PROFILES, profile_named

PROFILE = replace(PROFILES["smoke"], n_genes=30)
SEED = 7


@pytest.fixture(scope="module")
def data():
    cohort = simulate_cohort(11)
    lines = cohort.lines_for("Docetaxel")
    X = cohort.expression.loc[lines, cohort.top_genes(PROFILE.n_genes)].to_numpy()
    return X, cohort.response.loc[lines, "Docetaxel"].to_numpy()


@pytest.fixture(scope="module")
def chosen(data):
    return choose(*data, PROFILE, SEED)


def grid_of(X, z, profile=PROFILE):
    """The grid of a training part and the networks it was computed with."""
    moments = Moments.of(X, z, n_jobs=1)
    lam1s = tuning.lam1_values(moments, profile)
    networks = tuning.fit_networks(moments, lam1s)
    return make_grid(moments, networks, lam1s, profile), networks, moments


@pytest.mark.parametrize("name", PROFILES)
def test_every_method_is_given_the_same_number_of_points(data, name):
    profile = profile_named(name)
    grid, _, _ = grid_of(*data, replace(profile, n_genes=30))
    counts = {method: len(grid.points(method)) for method in METHODS}
    assert set(counts.values()) == {profile.points}, counts
    for method in METHODS:
        points = [tuple(point.items()) for point in grid.points(method)]
        assert len(set(points)) == len(points)


def test_unknown_profile_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match="smoke, standard, paper, not 'huge'"):
        profile_named("huge")


def test_lambdas_mean_the_same_for_any_number_of_lines(data):
    X, z = data
    once, _, _ = grid_of(X, z)
    twice, _, _ = grid_of(np.vstack([X, X]), np.concatenate([z, z]))
    for method in METHODS:
        for a, b in zip(once.points(method), twice.points(method), strict=True):
            assert a == pytest.approx(b, rel=1e-3)  # the networks have a gap of 1e-4


def test_largest_lam1_leaves_no_edge_and_a_smaller_one_does(data):
    moments = Moments.of(*data, n_jobs=1)
    largest, smaller = tuning.lam1_values(moments, replace(PROFILE, lam1=(1.0, 0.99)))
    assert start_state(moments, Penalties(largest), 1e-9, 1).B.data.size == 0
    assert start_state(moments, Penalties(smaller), 1e-9, 1).B.data.size > 0


@pytest.mark.parametrize("lam4", [0.0, 0.3, 30.0])
def test_largest_lam3_leaves_no_effect_and_a_smaller_one_does(data, lam4):
    grid, networks, moments = grid_of(*data, replace(PROFILE, lam3=(1.0, 0.99), lam4=(lam4,)))
    for row, network in zip(grid.networks, networks, strict=True):
        for number, at in enumerate(row["lam3"]):
            joint = tuning._joint(moments, network.copy(), row["lam1"], at, lam4)
            alone = tuning._theta(moments, network.copy(), row["lam1"], row["lam3_fine"][number])
            assert joint.theta.any() == alone.theta.any() == bool(number)


@pytest.mark.parametrize("method", ["ELA", "LA"])
def test_expression_path_starts_at_no_effect(data, method):
    grid, _, moments = grid_of(*data)
    for point, b in zip(grid.points(method), tuning.expression_path(moments, grid.points(method))):
        alpha = 2.0 * np.max(np.abs(moments.g))
        assert b.any() == (point["lam1"] < alpha * (1 - 1e-12))


def test_la_is_ela_without_ridge(data):
    grid, _, _ = grid_of(*data)
    assert all(point["lam2"] == 0.0 for point in grid.points("LA"))
    for point in grid.points("ELA"):
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
def test_errors_stand_beside_the_points_they_belong_to(data, chosen, method):
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
    return Choice(choice.grid, choice.errors | {method: errors}, choice.networks)


def test_refit_is_the_predictor_of_choosing_at_every_point(chosen):
    moments, choice = chosen
    along = {method: [] for method in METHODS}
    for method, state in tuning.network_path(moments, choice.grid, choice.networks):
        along[method].append((predictor(state), state.theta.copy()))
    for method in ("ELA", "LA"):
        path = tuning.expression_path(moments, choice.points(method))
        along[method] = [(b.copy(), None) for b in path]
    for method in METHODS:
        for index, (u, theta) in enumerate(along[method]):
            again, state = refit(moments, forced(choice, method, index), method)
            np.testing.assert_array_equal(again, u)
            if theta is not None:
                np.testing.assert_array_equal(state.theta, theta)
                np.testing.assert_array_equal(again, state.B.matrix() @ state.theta)


def test_refit_leaves_the_networks_of_the_choice_as_they_were(chosen):
    moments, choice = chosen
    before = [(state.B.data.copy(), state.GB.copy()) for state in choice.networks]
    for method in METHODS:
        refit(moments, forced(choice, method, PROFILE.points - 1), method)
    for (data, GB), state in zip(before, choice.networks, strict=True):
        np.testing.assert_array_equal(data, state.B.data)
        np.testing.assert_array_equal(GB, state.GB)
        assert not state.theta.any()


def test_networks_of_inner_folds_do_not_depend_on_where_they_start(data, chosen):
    X, z = data
    train = next(KFold(PROFILE.inner_folds, shuffle=True, random_state=SEED).split(X))[0]
    moments, lam1s = Moments.of(X[train], z[train]), [r["lam1"] for r in chosen[1].grid.networks]
    near = tuning.fit_networks(moments, lam1s, chosen[1].networks)
    for warm, cold in zip(near, tuning.fit_networks(moments, lam1s), strict=True):
        apart = warm.B.matrix() - cold.B.matrix()
        assert np.abs(apart.toarray()).max() < 0.02  # both within a gap of 1e-4
