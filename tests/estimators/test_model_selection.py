"""The choice of lambdas by cross-validation, next to scikit-learn and to loops over single fits."""

import pickle
import warnings
from contextlib import nullcontext
from itertools import pairwise

import naive
import numpy as np
import pandas as pd
import pytest
from builders import SEARCH_OF, named, searching_estimators
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNetCV, LassoCV
from sklearn.model_selection import KFold, ShuffleSplit, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from pnetlib.errors import UsageError
from pnetlib.estimators import (
    ElasticNetExpression,
    ElasticNetExpressionCV,
    LassoExpression,
    LassoExpressionCV,
    NetworkThenPredict,
    NetworkThenPredictCV,
    PredictiveNetwork,
    PredictiveNetworkCV,
    model_selection,
)
from pnetlib.estimators.model_selection import final_model
from pnetlib.solvers.paths import TrainingFolds
from pnetlib.solvers.search import SearchFolds, SearchRule

LAM3 = [0.4, 0.1, 0.03]
SMALL = {
    ElasticNetExpression: {"lam1": 6, "l1_ratio": (0.3, 0.8)},
    LassoExpression: {"lam1": 8},
    NetworkThenPredict: {"lam1": [0.4, 0.2], "lam3": LAM3},
    PredictiveNetwork: {"lam1": [0.4, 0.2], "lam3": LAM3, "lam4": [0.0, 0.2]},
}
SEARCHES = {
    kind: search.set_params(**SMALL[kind]) for kind, search in searching_estimators().items()
}
NETWORKS = [SEARCHES[NetworkThenPredict], SEARCHES[PredictiveNetwork]]


def data(seed=0, n=60, p=10):
    """Expression in its own units and a response with a mean, not standardised."""
    X, z = naive.cohort(seed, n, p)
    rng = np.random.default_rng(seed)
    return X * rng.uniform(0.5, 3.0, size=p) + rng.uniform(3.0, 10.0, size=p), z + 1.5


def errors_of(model):
    """Mean squared errors (n_folds, n_points)."""
    folds = sum(name.startswith("split") for name in model.cv_results_)
    return np.array([-model.cv_results_[f"split{k}_test_score"] for k in range(folds)])


ZOOMS = list(searching_estimators(search="budget=40").values())


@parametrize_with_checks(
    [*SEARCHES.values(), *searching_estimators(search=SearchRule(budget=12)).values()]
    + [LassoExpressionCV(cv=3, n_jobs=1, search="zoom")]
)
def test_search_follows_scikit_learn_conventions(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        check(estimator)


# The same numbers elsewhere -----------------------------------------------------------------


@pytest.mark.parametrize("n, p", [(60, 10), (30, 50)])
def test_elastic_net_chooses_what_scikit_learn_chooses(n, p):
    X, z = data(1, n, p)
    lam1, ratios = np.geomspace(1.0, 0.02, 12), [0.2, 0.9]
    model = ElasticNetExpressionCV(lam1, l1_ratio=ratios, cv=4, tol=1e-12).fit(X, z)
    for k, (train, test) in enumerate(KFold(4).split(X)):
        S = (X - X[train].mean(axis=0)) / X[train].std(axis=0)
        found = errors_of(model)[k].reshape(len(ratios), -1)
        for ratio, row in zip(ratios, found):
            other = ElasticNetCV(
                l1_ratio=ratio,
                alphas=lam1 / (2 * ratio),
                cv=[(train, test)],
                tol=1e-12,
                max_iter=10**6,
            ).fit(S, z)
            np.testing.assert_allclose(row, np.ravel(other.mse_path_), rtol=1e-6)
    best = errors_of(model).mean(axis=0).argmin()
    assert best == model.best_index_ and model.gap_ <= 1e-12
    plain = ElasticNetExpression(**model.best_params_, tol=1e-12).fit(X, z)
    np.testing.assert_allclose(model.coef_, plain.coef_, atol=1e-6)


@pytest.mark.parametrize("n, p", [(60, 10), (30, 50)])
def test_lasso_chooses_what_scikit_learn_chooses(n, p):
    X, z = data(2, n, p)
    S = naive.standardised(X)
    lam1 = np.geomspace(1.0, 0.02, 15)
    folds = list(KFold(5).split(X))
    model = LassoExpressionCV(lam1, cv=5, tol=1e-12).fit(X, z)
    for k, (train, test) in enumerate(folds):
        scaled = (S - S[train].mean(axis=0)) / S[train].std(axis=0)
        other = LassoCV(alphas=lam1 / 2, cv=[(train, test)], tol=1e-12, max_iter=10**6)
        expected = other.fit(scaled, z).mse_path_.ravel()
        np.testing.assert_allclose(errors_of(model)[k], expected, rtol=1e-6)
    assert model.best_params_["lam1"] in lam1


def single_fits(kind, points, options, X, z):
    """Yield a plain estimator fitted at each point; Pro from its fit before, as lam3 falls.

    Pro is not convex, so that from another start it may end at another point.
    """
    for number, point in enumerate(points):
        if kind is not PredictiveNetwork:
            yield kind(**point, **options).fit(X, z)
            continue
        if number == 0 or point["lam3"] > points[number - 1]["lam3"]:
            model = PredictiveNetwork(n_starts=1, warm_start=True, **options)
        yield model.set_params(**point).fit(X, z)


@pytest.mark.parametrize("kind", SEARCHES, ids=lambda kind: kind.__name__)
def test_errors_and_choice_are_those_of_a_loop_over_single_fits(kind):
    X, z = data(3)
    accurate, model = {"tol": 1e-10, "gap_tol": 1e-10, "max_iter": 1000}, clone(SEARCHES[kind])
    options = {name: value for name, value in accurate.items() if name in model.get_params()}
    model.set_params(**options).fit(X, z)
    points = model.cv_results_["params"]
    expected = [
        [
            np.mean((z[test] - one.predict(X[test])) ** 2)
            for one in single_fits(kind, points, options, X[train], z[train])
        ]
        for train, test in KFold(3).split(X)
    ]
    np.testing.assert_allclose(errors_of(model), expected, rtol=1e-3)
    assert model.best_index_ == np.mean(expected, axis=0).argmin()
    *_, single = single_fits(kind, points[: model.best_index_ + 1], options, X, z)
    np.testing.assert_allclose(model.predict(X), single.predict(X), atol=1e-2)


# Grids and results --------------------------------------------------------------------------


@named(list(SEARCHES.values()))
def test_results_have_the_form_of_scikit_learn(model):
    X, z = data(4)
    model = clone(model).fit(X, z)
    table = pd.DataFrame(model.cv_results_)
    assert list(table) == [
        "params",
        *(f"split{k}_test_score" for k in range(3)),
        "mean_test_score",
        "std_test_score",
        "rank_test_score",
    ]
    splits = table[[f"split{k}_test_score" for k in range(3)]]
    np.testing.assert_allclose(table["mean_test_score"], splits.mean(axis=1))
    np.testing.assert_allclose(table["std_test_score"], splits.std(axis=1, ddof=0))
    assert table["rank_test_score"][model.best_index_] == 1
    assert model.best_params_ == table["params"][model.best_index_]
    assert model.best_score_ == table["mean_test_score"].max()
    grids = {"lam1": model.lam1, "lam3": LAM3, "lam4": [0.0, 0.2]}
    if hasattr(model, "B_"):
        assert all(value in grids[name] for name, value in model.best_params_.items())
        assert model.edges().shape[1] == 3 and model.effects().size == model.degrees().size == 10


@named(NETWORKS)
def test_computed_grid_consists_of_fractions_of_the_largest_lambdas(model):
    X, z = data(5)
    grid = {"lam1_fractions": (1.0, 0.3), "lam3_fractions": (1.0, 0.5, 0.1)}
    model = clone(model).set_params(lam1=None, lam3=None, **grid).fit(X, z)
    S, points = naive.standardised(X), pd.DataFrame(model.cv_results_["params"])
    largest = 2 * np.max(np.abs(np.corrcoef(X.T) - np.eye(10)))
    np.testing.assert_allclose(sorted(set(points["lam1"])), [0.3 * largest, largest])
    lam1 = points["lam1"].min()
    B = NetworkThenPredict(lam1, lam3=1e3, tol=1e-10).fit(X, z).B_
    largest = 2 * np.max(np.abs(B.T @ S.T @ (z - z.mean()))) / len(z)
    lam3 = sorted(set(points.loc[points["lam1"] == lam1, "lam3"]))
    np.testing.assert_allclose(lam3, [0.1 * largest, 0.5 * largest, largest], rtol=1e-2)


@named(list(SEARCHES.values())[:2])
def test_computed_path_falls_from_the_smallest_lam1_without_effects(model):
    X, z = data(6)
    model = clone(model).set_params(eps=0.05).fit(X, z)
    lam1 = np.array([point["lam1"] for point in model.cv_results_["params"]])
    path = lam1[: 6 if "l1_ratio" in model.get_params() else 8]
    top = 2 * np.max(np.abs(naive.standardised(X).T @ (z - z.mean()))) / len(z)
    np.testing.assert_allclose(path, np.geomspace(top, 0.05 * top, path.size))


def test_given_grids_are_visited_in_falling_order():
    X, z = data(7)
    model = PredictiveNetworkCV([0.2, 0.4], [0.1, 0.3], [0.1], cv=2).fit(X, z)
    visited = [(point["lam1"], point["lam3"]) for point in model.cv_results_["params"]]
    assert all(one > two for one, two in pairwise(visited))


# What must not matter -----------------------------------------------------------------------


@named(list(SEARCHES.values()))
def test_folds_at_the_same_time_give_the_same_bits(model):
    X, z = data(8)
    one, two = (clone(model).set_params(n_jobs=k).fit(X, z) for k in (1, 2))
    np.testing.assert_array_equal(errors_of(one), errors_of(two))
    np.testing.assert_array_equal(one.coef_, two.coef_)
    assert one.best_params_ == two.best_params_ and one.coef_.any()


@named(list(SEARCHES.values()))
def test_sharing_folds_and_networks_changes_no_bit(model):
    X, z = data(9)
    shared = TrainingFolds(X, z, KFold(3).split(X))
    for other in NETWORKS:
        clone(other).fit(X, z, shared=shared)
    alone, among = clone(model).fit(X, z), clone(model).fit(X, z, shared=shared)
    np.testing.assert_array_equal(errors_of(alone), errors_of(among))
    np.testing.assert_array_equal(alone.coef_, among.coef_)


def test_networks_are_computed_once_for_all_who_share_them(monkeypatch):
    from pnetlib.solvers import paths

    calls, start_state = [], paths.start_state
    monkeypatch.setattr(paths, "start_state", lambda *given: calls.append(1) or start_state(*given))
    X, z = data(10)
    shared = TrainingFolds(X, z, KFold(3).split(X))
    for model in NETWORKS:
        clone(model).fit(X, z, shared=shared)
    assert len(calls) == 2 * (1 + 3)  # two values of lam1, all lines and three folds


@named(list(SEARCHES.values()))
def test_pickle_and_clone(model):
    X, z = data(11)
    model = clone(model).fit(X, z)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.best_params_ == model.best_params_
    fresh = clone(model)
    assert fresh.get_params() == model.get_params() and not hasattr(fresh, "coef_")


@named(NETWORKS)
def test_no_dense_square_array_is_pickled(model):
    X, z = data(12, 40, 300)
    model = clone(model).set_params(lam1=[1.0]).fit(X, z)
    assert len(pickle.dumps(model)) < 0.2 * 8 * 300**2


@pytest.mark.parametrize(
    "cv",
    [
        KFold(3, shuffle=True, random_state=0),
        ShuffleSplit(3, test_size=0.3, random_state=0),
        TimeSeriesSplit(3),
        [(np.arange(30), np.arange(30, 60)), (np.arange(20, 60), np.arange(20))],
        [(np.r_[np.arange(30), np.arange(30)], np.arange(30, 60))],
    ],
    ids=lambda cv: type(cv).__name__,
)
def test_any_splitter_will_do(cv):
    X, z = data(13)
    model = LassoExpressionCV([0.3, 0.1], cv=cv).fit(X, z)
    folds = cv if isinstance(cv, list) else list(cv.split(X))
    for errors, (train, test) in zip(errors_of(model), folds, strict=True):
        expected = [
            np.mean((z[test] - LassoExpression(lam1).fit(X[train], z[train]).predict(X[test])) ** 2)
            for lam1 in (0.3, 0.1)
        ]
        np.testing.assert_allclose(errors, expected, rtol=1e-2)


def test_search_works_in_a_pipeline_with_gene_names():
    X, z = data(14)
    table = pd.DataFrame(X, columns=[f"GENE{q}" for q in range(10)])
    model = clone(SEARCHES[PredictiveNetwork]).fit(table, z)
    assert list(model.effects().index) == list(table) and set(model.edges()["target"]) <= set(table)
    pipe = make_pipeline(StandardScaler(), clone(SEARCHES[LassoExpression])).fit(X, z)
    assert pipe.score(X, z) > 0


# Mistakes -----------------------------------------------------------------------------------

GRIDS = [[], [-0.1], [float("nan")], [float("inf")], ["a"], "ab", None, [0.1, None]]
WRONG = [
    *[(search, "lam1", value) for search in SEARCHES.values() for value in GRIDS[:5]],
    *[(search, "lam1", 0) for search in list(SEARCHES.values())[:2]],
    *[(search, "lam3", value) for search in NETWORKS for value in GRIDS[:5]],
    *[(NETWORKS[1], "lam4", value) for value in GRIDS],
    *[(SEARCHES[ElasticNetExpression], "l1_ratio", value) for value in ([], [0.0], [1.5], None)],
    *[(SEARCHES[LassoExpression], "eps", value) for value in (0, -1, 2.0, "x")],
    *[(search, "tol", value) for search in SEARCHES.values() for value in (-1, "x")],
    *[(search, "max_iter", value) for search in SEARCHES.values() for value in (-1, 2.5)],
    *[(search, "n_jobs", value) for search in SEARCHES.values() for value in (-2, 1.5)],
]


@pytest.mark.parametrize(
    "model, name, value", WRONG, ids=lambda x: None if hasattr(x, "fit") else repr(x)
)
def test_wrong_grid_or_option_is_one_sentence(model, name, value):
    X, z = data(15, 12, 4)
    with pytest.raises(UsageError) as caught:
        clone(model).set_params(**{name: value}).fit(X, z)
    sentence = str(caught.value)
    assert name in sentence and repr(value) in sentence
    assert sentence.endswith(".") and "\n" not in sentence


@pytest.mark.parametrize("name", ["lam1_fractions", "lam3_fractions"])
@pytest.mark.parametrize("value", [(), (0.0,), (-0.5,), None])
def test_wrong_fractions_are_one_sentence(name, value):
    X, z = data(15, 12, 4)
    with pytest.raises(
        UsageError, match=f"{name} must be a sequence of at least one finite number"
    ):
        PredictiveNetworkCV(**{name: value}).fit(X, z)


def test_folds_that_are_too_small_and_other_data_are_refused():
    X, z = data(16, 12, 4)
    with pytest.raises(UsageError, match="two cell lines to fit on"):
        LassoExpressionCV(3, cv=[([0], [1, 2])]).fit(X, z)
    shared = TrainingFolds(X, z, KFold(3).split(X))
    with pytest.raises(UsageError, match="shared must have the X and y"):
        LassoExpressionCV(3).fit(X + 1.0, z, shared=shared)


# Search instead of a grid -------------------------------------------------------------------


def plain_of(model):
    """The plain estimator class whose lambdas a model chooses."""
    return next(plain for plain, search in SEARCH_OF.items() if isinstance(model, search))


@named(ZOOMS)
def test_zoom_stores_every_point_and_accounts_for_it(model):
    X, z = data(21, 50, 8)
    model = clone(model).fit(X, z)
    report, points = model.search_report_, model.cv_results_["params"]
    assert report["points"] == len(points) <= report["budget"] == 40
    assert model.best_params_ == points[model.best_index_]
    assert model.best_score_ == model.cv_results_["mean_test_score"].max()
    assert set(report["parameters"]) - {"ridge"} <= set(model.best_params_)
    for name, result in report["parameters"].items():
        assert result["smallest"] <= result["value"] <= result["largest"]
        assert name == "ridge" or result["value"] == model.best_params_[name]
        assert report["exhausted"] or result["place"] != "edge"
    if "ridge" in report["parameters"]:
        ridge = report["parameters"]["ridge"]["value"]
        assert model.best_params_["lam2"] == pytest.approx(0.5 * ridge * model.best_params_["lam1"])


@named(ZOOMS)
def test_zoom_ends_in_the_plain_fit_of_its_lambdas(model):
    X, z = data(22, 50, 8)
    model = clone(model).fit(X, z)
    plain = final_model(plain_of(model), model.best_params_).fit(X, z)
    np.testing.assert_array_equal(model.coef_, plain.coef_)
    if hasattr(plain, "B_"):
        np.testing.assert_array_equal(model.B_.toarray(), plain.B_.toarray())
        np.testing.assert_array_equal(model.theta_, plain.theta_)


@named(ZOOMS)
def test_zoom_depends_neither_on_threads_nor_on_sharing(model):
    X, z = data(23, 50, 8)
    shared = SearchFolds(X, z, KFold(3).split(X))
    for other in ZOOMS[:1:-1]:
        clone(other).fit(X, z, shared=shared)
    one = clone(model).fit(X, z)
    others = clone(model).set_params(n_jobs=2).fit(X, z), clone(model).fit(X, z, shared=shared)
    for other in others:
        np.testing.assert_array_equal(errors_of(one), errors_of(other))
        np.testing.assert_array_equal(one.coef_, other.coef_)
        assert one.search_report_ == other.search_report_
        assert one.cv_results_["params"] == other.cv_results_["params"]


@named(ZOOMS)
def test_zoom_beats_a_grid_whose_edge_decides(model):
    """The response follows many genes weakly, so that the best penalties are far below the grid."""
    X, z = data(24, 80, 8)
    S = naive.standardised(X)
    z = S @ np.linspace(0.5, 1.0, 8) + 0.05 * np.random.default_rng(1).normal(size=80)
    coarse = {"lam1": [0.8, 0.4], "l1_ratio": (0.5, 0.9), "lam3": [0.8, 0.4]}
    grid = clone(SEARCHES[plain_of(model)])
    grid.set_params(**{k: v for k, v in coarse.items() if k in grid.get_params()}).fit(X, z)
    zoom = clone(model).set_params(search="zoom").fit(X, z)
    name = "lam3" if "lam3" in zoom.best_params_ else "lam1"
    assert grid.best_params_[name] == 0.4  # at the edge
    assert zoom.best_params_[name] < 0.1 and -zoom.best_score_ < -0.5 * grid.best_score_
    assert not zoom.search_report_["exhausted"]


def test_a_rule_and_its_text_are_the_same_search():
    X, z = data(25, 50, 8)
    rules = "budget=20, race=inf", SearchRule(budget=20, race=np.inf)
    text, rule = (LassoExpressionCV(search=search, cv=3, n_jobs=1).fit(X, z) for search in rules)
    assert text.search_report_ == rule.search_report_
    assert text.cv_results_["params"] == rule.cv_results_["params"]


def test_memory_of_a_search_counts_all_folds(monkeypatch):
    X, z = data(26, 30, 8)
    asked = []
    monkeypatch.setattr(
        model_selection,
        "enough_memory",
        lambda *_, matrices, **others: nullcontext(asked.append(matrices)),
    )
    folds = list(KFold(5).split(X))
    for kind in (LassoExpression, NetworkThenPredict):
        SEARCH_OF[kind](search="zoom", cv=iter(folds), n_jobs=1).fit(X, z)
        SEARCH_OF[kind](n_jobs=1).fit(X, z, shared=TrainingFolds(X, z, folds))
    # The moments of all lines and of five folds, and five networks being fitted; on a grid of two
    # lam1, moments and networks of all lines and of one fold.
    assert asked == [6, 2, 11, 6]


def test_wrong_search_or_folds_are_one_sentence():
    X, z = data(15, 12, 4)
    for wrong in ("fine", "budget=3", "budget=x", "race=-1"):
        with pytest.raises(UsageError, match="search|budget|race"):
            LassoExpressionCV(3, search=wrong).fit(X, z)
    with pytest.raises(UsageError, match="search must be 'grid', 'zoom' or a SearchRule, not 3"):
        LassoExpressionCV(3, search=3).fit(X, z)
    shared = TrainingFolds(X, z, KFold(3).split(X))
    with pytest.raises(UsageError, match="a search needs a SearchFolds as shared"):
        LassoExpressionCV(3, search="zoom").fit(X, z, shared=shared)
    with pytest.raises(UsageError, match="search is 'grid'"):
        LassoExpressionCV(3).find(SearchFolds(X, z, KFold(3).split(X)))
    with pytest.raises(UsageError, match="no network reaches its duality gap"):
        NetworkThenPredictCV(search="zoom", max_iter=0, cv=3).fit(*data(15, 30, 8))
