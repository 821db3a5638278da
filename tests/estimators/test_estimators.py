"""The estimators: equal to scikit-learn, and indifferent to what should not matter."""

import pickle
import re
import warnings
from functools import partial

import naive
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from builders import named, plain_estimators
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, Lasso
from sklearn.utils.estimator_checks import parametrize_with_checks

from pnetlib.datasets import load_cohort
from pnetlib.errors import UsageError
from pnetlib.estimators import (
    ElasticNetExpression,
    ElasticNetwork,
    LassoExpression,
    NetworkThenPredict,
    PredictiveNetwork,
    predictive,
)
from pnetlib.solvers import joint
from pnetlib.solvers.joint import Penalties
from pnetlib.solvers.network import solve_network

EVERY = plain_estimators()
PREDICTORS = [model for model in EVERY if not isinstance(model, ElasticNetwork)]
NETWORKS = [model for model in EVERY if "n_jobs" in model.get_params()]
TIGHT = {"tol": 1e-13}
GAPS = {"gap_tol": 1e-13}
PRO = {"tol": 1e-12, "gap_tol": 1e-13, "n_jobs": 1, "max_iter": 2000}


def raw(seed, n=40, p=8):
    """Expression in its own units and a response with a mean, not standardised."""
    X, z = naive.cohort(seed, n, p)
    rng = np.random.default_rng(seed)
    return X * rng.uniform(0.5, 3.0, size=p) + rng.uniform(3.0, 10.0, size=p), z + 1.5


def tight(model):
    """The model at tolerances at which only rounding is left."""
    return clone(model).set_params(**(PRO if isinstance(model, PredictiveNetwork) else TIGHT))


def gap_tolerance(model):
    """The name of the tolerance of the duality gaps."""
    return "gap_tol" if isinstance(model, PredictiveNetwork) else "tol"


def network_of(model):
    return model.B_.toarray()


# Few rounds: the checks do not wait for convergence on responses of a hundred units.
@parametrize_with_checks(
    [*EVERY[:-2], NetworkThenPredict(0.1, n_jobs=1), PredictiveNetwork(max_iter=20, n_jobs=1)]
)
def test_scikit_learn_conventions(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        check(estimator)


# Equal to scikit-learn ----------------------------------------------------------------------


@pytest.mark.parametrize("n, p", [(60, 20), (25, 50)])
@pytest.mark.parametrize("lam1, lam2", [(0.3, 0.0), (0.1, 0.2), (0.02, 0.01)])
def test_expression_models_equal_sklearn(n, p, lam1, lam2):
    X, z = raw(n, n, p)
    S = naive.standardised(X)
    alpha = lam1 / 2 + lam2
    expected = ElasticNet(alpha, l1_ratio=lam1 / 2 / alpha, tol=1e-13, max_iter=10**6).fit(S, z)
    model = ElasticNetExpression(lam1, lam2, **TIGHT).fit(X, z)
    np.testing.assert_allclose(model.coef_, expected.coef_, atol=1e-6)
    np.testing.assert_allclose(model.predict(X), expected.predict(S), atol=1e-6)
    assert model.intercept_ == pytest.approx(expected.intercept_)
    assert model.gap_ <= 1e-13
    expected = Lasso(lam1 / 2, tol=1e-13, max_iter=10**6).fit(S, z)
    model = LassoExpression(lam1, **TIGHT).fit(X, z)
    np.testing.assert_allclose(model.coef_, expected.coef_, atol=1e-6)


@pytest.mark.parametrize("n, p", [(50, 15), (15, 30)])
@pytest.mark.parametrize("lam1, lam2", [(0.3, 0.0), (0.15, 0.1)])
def test_network_and_joint_model_without_effects_equal_elastic_nets(n, p, lam1, lam2):
    X, z = raw(n, n, p)

    def elastic_net(X, y, w, lam2):
        alpha = w[0] + lam2
        model = ElasticNet(
            alpha, l1_ratio=w[0] / alpha, fit_intercept=False, tol=1e-13, max_iter=10**6
        )
        return model.fit(X, y).coef_

    expected = naive.regressed_network(naive.standardised(X), lam1, lam2, elastic_net)
    model = ElasticNetwork(lam1, lam2, **TIGHT).fit(X)
    np.testing.assert_allclose(network_of(model), expected, atol=1e-6)
    for degree in ("sqrt", "d"):
        pro = PredictiveNetwork(lam1, lam2, 1e4, 0.5, degree=degree, **GAPS).fit(X, z)
        assert not pro.theta_.any()
        np.testing.assert_allclose(network_of(pro), expected, atol=1e-6)
        np.testing.assert_allclose(pro.predict(X), z.mean())
    then = NetworkThenPredict(lam1, lam2, 0.05, **TIGHT).fit(X, z)
    np.testing.assert_allclose(network_of(then), expected, atol=1e-6)
    lasso = Lasso(0.025, fit_intercept=False, tol=1e-13, max_iter=10**6)
    F = naive.standardised(X) @ expected
    fitted = F @ lasso.fit(F, z - z.mean()).coef_
    np.testing.assert_allclose(then.predict(X), z.mean() + fitted, atol=1e-3)


def test_joint_model_reports_its_objective_and_conditions():
    X, z = raw(1)
    model = PredictiveNetwork(0.1, 0.02, 0.02, 0.05, **PRO).fit(X, z)
    value = naive.objective(
        naive.standardised(X),
        z - z.mean(),
        network_of(model),
        model.theta_,
        Penalties(0.1, 0.02, 0.02, 0.05),
    )
    assert model.objective_trace_[-1] == pytest.approx(value, rel=1e-12)
    assert len(model.objective_trace_) == model.n_iter_ + 1
    assert model.kkt_B_ < 1e-4 and model.kkt_theta_ < 1e-4 and model.theta_.any()
    assert model.gaps_.shape == (8,) and model.gaps_.max() <= 1e-13


# What must not matter -----------------------------------------------------------------------


@named(NETWORKS)
def test_threads_give_the_same_bits(model):
    X, z = raw(2, 60, 150)
    one, two = (clone(model).set_params(n_jobs=k).fit(X, z) for k in (1, 2))
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(one.B_, name), getattr(two.B_, name))
    np.testing.assert_array_equal(one.gaps_, two.gaps_)
    if hasattr(model, "lam3"):
        np.testing.assert_array_equal(one.coef_, two.coef_)
        assert one.coef_.any()


@named([model for model in PREDICTORS if hasattr(model, "effects")])
def test_coefficients_are_those_of_expression(model):
    X, z = raw(23)
    model = clone(model).fit(X, z)
    np.testing.assert_array_equal(model.coef_, model.B_ @ model.theta_)
    assert model.intercept_ == model.theta0_ == pytest.approx(z.mean()) and model.coef_.any()


@pytest.mark.parametrize("n_jobs", [None, -1, 0])
def test_all_allowed_cores_have_three_names(n_jobs):
    X, _ = raw(24)
    one, all_cores = (ElasticNetwork(n_jobs=k).fit(X) for k in (1, n_jobs))
    np.testing.assert_array_equal(network_of(one), network_of(all_cores))


@named(PREDICTORS)
@pytest.mark.parametrize("seed", range(4))
def test_order_of_genes_does_not_matter(model, seed):
    X, z = raw(seed, 50, 14)
    order = np.random.default_rng(seed).permutation(14)
    one, two = tight(model).fit(X, z), tight(model).fit(X[:, order], z)
    # A gap of 1e-13 leaves the square root of it, and its curvature, in the coefficients.
    np.testing.assert_allclose(two.predict(X[:, order]), one.predict(X), atol=1e-6)
    if hasattr(one, "B_"):
        B = network_of(one)[np.ix_(order, order)]
        np.testing.assert_allclose(network_of(two), B, atol=1e-8)
        effects = "theta_" if hasattr(one, "theta_") else "coef_"
        first, second = (getattr(found, effects) for found in (one, two))
        np.testing.assert_allclose(second, first[order], atol=1e-8)


@pytest.mark.parametrize(
    "options",
    [{"degree": "d"}, {"sign": "fixed"}, {"coupling": "lagged"}, {"lam1": 0.05, "lam4": 0.5}],
    ids=str,
)
@pytest.mark.parametrize("seed", range(3))
def test_order_of_genes_does_not_matter_to_the_joint_model(options, seed):
    X, z = raw(seed + 10, 50, 14)
    order = np.random.default_rng(seed).permutation(14)
    model = PredictiveNetwork(**{"lam1": 0.1, "lam3": 0.02, "lam4": 0.05} | options, **PRO)
    one, two = clone(model).fit(X, z), clone(model).fit(X[:, order], z)
    # Lagged steps end damped, short of a minimum; tol leaves its square root in the effects.
    slack = 5e-6 if model.coupling == "lagged" or model.sign == "fixed" else 1e-8
    np.testing.assert_allclose(two.theta_, one.theta_[order], atol=slack)
    np.testing.assert_allclose(network_of(two), network_of(one)[np.ix_(order, order)], atol=slack)


@named(NETWORKS)
def test_units_and_signs_of_genes(model):
    X, z = raw(3, 50, 10)
    factor = np.array([2.0, -1.0, 1e-3, 1e3, 1.0, -5.0, 1.0, 1.0, -1.0, 1.0])
    sign = np.sign(factor)
    one, two = tight(model).fit(X, z), tight(model).fit(X * factor + 4.0, z)
    np.testing.assert_allclose(network_of(two), network_of(one) * np.outer(sign, sign), atol=1e-8)
    assert one.B_.nnz
    if hasattr(one, "theta_"):
        np.testing.assert_allclose(two.theta_, one.theta_ * sign, atol=1e-8)
        np.testing.assert_allclose(two.predict(X * factor + 4.0), one.predict(X), atol=1e-8)
        assert one.theta_.any()


@named(PREDICTORS)
def test_mean_of_the_response_is_carried_through(model):
    X, z = raw(4)
    one, two = clone(model).fit(X, z), clone(model).fit(X, z + 7.0)
    np.testing.assert_allclose(two.predict(X), one.predict(X) + 7.0, atol=1e-6)


# Odd genes and extreme penalties ------------------------------------------------------------


@named(NETWORKS)
@pytest.mark.parametrize("lam1, lam2", [(0.1, 0.0), (0.0, 0.1)])
def test_constant_gene_has_no_edges(model, lam1, lam2):
    X, z = raw(5)
    X[:, 3] = 6.1
    model = clone(model).set_params(lam1=lam1, lam2=lam2).fit(X, z)
    B = network_of(model)
    assert not B[3].any() and not B[:, 3].any() and np.count_nonzero(B)
    if hasattr(model, "theta_"):
        assert model.theta_[3] == 0
        moved = X.copy()
        moved[:, 3] += 5.0  # a gene that begins to vary later has no say either
        np.testing.assert_array_equal(model.predict(moved), model.predict(X))


@named(EVERY)
@pytest.mark.parametrize("mixing", [0.0, 1e-7, 1e-3])
def test_equal_and_nearly_equal_genes_converge(model, mixing):
    X, z = raw(6, 40, 10)
    rng = np.random.default_rng(6)
    X[:, 1] = 2.0 * X[:, 0] + mixing * rng.normal(size=40)
    X[:, 2] = 20.0 - X[:, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = clone(model).set_params(**{gap_tolerance(model): 1e-8}).fit(X, z)
    gaps = model.gaps_ if hasattr(model, "gaps_") else model.gap_
    assert np.max(gaps) <= 1e-8
    if hasattr(model, "B_"):
        assert abs(network_of(model)[0, 1]) + abs(network_of(model)[2, 1]) > 0.5


@named([*EVERY, ElasticNetwork(gram_dtype="float32", n_jobs=1)])
def test_a_table_is_fitted_and_used_without_a_warning(model):
    X, z = raw(3)
    X = pd.DataFrame(X, columns=[f"G{q}" for q in range(X.shape[1])])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = clone(model).fit(X, z)
        model.predict(X) if hasattr(model, "predict") else model.transform(X)


@pytest.mark.parametrize("lam1", [0.4, 0.05])
def test_twin_genes_of_real_lines_converge(gdsc_folder, lam1):
    """AKR1C1 and AKR1C3 lie side by side and rise and fall together."""
    cohort = load_cohort(gdsc_folder)
    genes = ["AKR1C1", "AKR1C3", *cohort.top_genes(60)]
    X = cohort.expression[list(dict.fromkeys(genes))]
    assert np.corrcoef(X["AKR1C1"], X["AKR1C3"])[0, 1] > 0.7
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = ElasticNetwork(lam1=lam1, tol=1e-10).fit(X)
    assert np.max(model.gaps_) <= 1e-10
    scaled = ((X - X.mean()) / X.std(ddof=0)).to_numpy()
    for target in (0, 1):
        others = np.delete(scaled, target, axis=1)
        best = Lasso(0.5 * lam1, fit_intercept=False, tol=1e-12, max_iter=10**6)
        best.fit(others, scaled[:, target])
        found = np.delete(network_of(model)[:, target], target)
        np.testing.assert_allclose(found, best.coef_, atol=1e-4)
        assert abs(network_of(model)[1 - target, target]) > 0.3


@pytest.mark.parametrize("n, p", [(40, 8), (12, 20)])
def test_network_without_l1_is_ridge_regression(n, p):
    X, z = raw(7, n, p)
    model = ElasticNetwork(0.0, 0.1, **TIGHT).fit(X)
    G = np.corrcoef(X.T)
    for j in range(p):
        rest = np.delete(np.arange(p), j)
        expected = np.linalg.solve(G[np.ix_(rest, rest)] + 0.1 * np.eye(p - 1), G[rest, j])
        np.testing.assert_allclose(network_of(model)[rest, j], expected, atol=1e-6)


def test_network_without_penalty_is_least_squares():
    X, z = raw(8, 60, 8)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = ElasticNetwork(0.0, 0.0, tol=1e-8).fit(X)
        expression = ElasticNetExpression(0.0, 0.0, tol=1e-8).fit(X, z)
        PredictiveNetwork(0.0, 0.0, 0.0, 0.0, gap_tol=1e-8, tol=1e-4).fit(X, z)
    precision = np.linalg.inv(np.corrcoef(X.T))
    expected = -precision / np.diag(precision)
    np.fill_diagonal(expected, 0.0)
    np.testing.assert_allclose(network_of(model), expected, atol=1e-7)
    S = naive.standardised(X)
    np.testing.assert_allclose(
        expression.coef_, np.linalg.lstsq(S, z - z.mean(), rcond=None)[0], atol=1e-7
    )


@pytest.mark.parametrize("n, p", [(40, 8), (12, 20)])
def test_network_is_empty_from_lambda_max_on(n, p):
    X, z = raw(9, n, p)
    top = 2 * np.max(np.abs(np.corrcoef(X.T) - np.eye(p)))
    assert ElasticNetwork(top * (1 + 1e-12)).fit(X).B_.nnz == 0
    assert ElasticNetwork(top * (1 - 1e-4), **TIGHT).fit(X).B_.nnz == 2
    joint = PredictiveNetwork(top * (1 + 1e-12), lam3=0.0).fit(X, z)
    assert joint.B_.nnz == 0
    np.testing.assert_allclose(joint.predict(X), z.mean())
    top = 2 * np.max(np.abs(naive.standardised(X).T @ (z - z.mean()))) / n
    assert not LassoExpression(top * (1 + 1e-12)).fit(X, z).coef_.any()
    assert np.count_nonzero(LassoExpression(top * (1 - 1e-4), **TIGHT).fit(X, z).coef_) == 1


# Warm starts --------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["current", "fixed"])
def test_warm_start_stays_where_it_was(sign):
    X, z = raw(10)
    model = PredictiveNetwork(0.1, 0.02, 0.02, 0.05, sign=sign, warm_start=True, **PRO).fit(X, z)
    first, B, theta = model.objective_trace_[-1], network_of(model), model.theta_
    model.fit(X, z)
    assert model.n_iter_ <= 3 and abs(model.objective_trace_[0] - first) < 1e-9
    np.testing.assert_allclose(network_of(model), B, atol=1e-4)
    np.testing.assert_allclose(model.theta_, theta, atol=1e-4)
    cold = clone(model).set_params(warm_start=False).fit(X, z)
    np.testing.assert_array_equal(network_of(cold), B)


def test_warm_start_without_effects_reaches_the_same_network():
    X, z = raw(11, 30, 12)
    model = PredictiveNetwork(0.3, 0.0, 1e3, 0.1, warm_start=True, **PRO).fit(X, z)
    model.set_params(lam1=0.1).fit(X, z)
    np.testing.assert_allclose(
        network_of(model), network_of(ElasticNetwork(0.1, **TIGHT).fit(X)), atol=1e-6
    )


def test_warm_start_with_a_larger_penalty_leaves_no_effect_without_regulators():
    X, z = raw(12)
    model = PredictiveNetwork(0.1, 0.0, 0.01, 0.0, warm_start=True, n_jobs=1).fit(X, z)
    assert model.theta_.any()
    model.set_params(lam1=2.5).fit(X, z)
    assert not model.theta_[np.diff(model.B_.indptr) == 0].any()


def test_warm_start_with_other_data_descends_and_other_genes_start_anew():
    X, z = raw(13)
    model = PredictiveNetwork(0.1, 0.0, 0.02, 0.05, warm_start=True).fit(X, z)
    model.fit(*raw(14))
    assert np.all(np.diff(model.objective_trace_) <= 0)
    model.fit(X[:, :5], z)
    cold = PredictiveNetwork(0.1, 0.0, 0.02, 0.05).fit(X[:, :5], z)
    np.testing.assert_array_equal(model.theta_, cold.theta_)


@named(PREDICTORS[2:])
@pytest.mark.parametrize("warm_start", [False, True])
def test_no_dense_square_array_is_stored_or_pickled(model, warm_start):
    X, z = raw(22, 40, 300)
    model = clone(model).set_params(lam1=1.0)
    if "warm_start" in model.get_params():
        model.set_params(warm_start=warm_start, max_iter=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, z)
    written = pickle.dumps(model)
    assert len(written) < 0.2 * 8 * 300**2
    np.testing.assert_array_equal(pickle.loads(written).predict(X), model.predict(X))


# Use ----------------------------------------------------------------------------------------


@named(PREDICTORS)
def test_new_lines_are_standardised_as_in_training(model):
    X, z = raw(15, 60)
    model = clone(model).fit(X[:40], z[:40])
    S = (X[40:] - X[:40].mean(axis=0)) / X[:40].std(axis=0)
    u = model.coef_ if hasattr(model, "coef_") else network_of(model) @ model.theta_
    assert u.any()
    np.testing.assert_allclose(model.predict(X[40:]), z[:40].mean() + S @ u, atol=1e-12)
    np.testing.assert_allclose(model.predict(X[40:41]), model.predict(X[40:])[:1])
    left = np.sum((z[40:] - model.predict(X[40:])) ** 2)
    total = np.sum((z[40:] - z[40:].mean()) ** 2)
    assert model.score(X[40:], z[40:]) == pytest.approx(1 - left / total)


def table(seed, **size):
    X, z = raw(seed, **size)
    genes = [f"GENE{q}" for q in range(X.shape[1])]
    return pd.DataFrame(X, [f"line {i}" for i in range(len(X))], genes), z


def test_transform_gives_predicted_activities_with_gene_names():
    X, _ = table(16)
    model = ElasticNetwork(0.1).set_output(transform="pandas").fit(X)
    activity = model.transform(X)
    assert list(activity.columns) == list(X.columns) and list(activity.index) == list(X.index)
    S = naive.standardised(X.to_numpy())
    np.testing.assert_allclose(activity, S @ network_of(model), atol=1e-12)
    explained = 1 - np.mean((S - activity.to_numpy()) ** 2, axis=0)
    assert model.score(X) == pytest.approx(explained.mean())
    plain = ElasticNetwork(0.1).fit(X.to_numpy()).transform(X.to_numpy())
    assert isinstance(plain, np.ndarray)
    with pytest.raises(ValueError, match="feature names"):
        model.transform(X.rename(columns={"GENE0": "OTHER"}))


@named(NETWORKS)
def test_tables_and_graph_have_gene_names(model):
    X, z = table(17)
    model = clone(model).fit(X, z)
    B = pd.DataFrame(network_of(model), X.columns, X.columns)
    edges = model.edges()
    assert list(edges.columns) == ["regulator", "target", "coefficient"]
    assert len(edges) == np.count_nonzero(B) > 0
    for regulator, target, coefficient in edges.itertuples(index=False):
        assert B.loc[regulator, target] == coefficient
    assert np.all(np.diff(np.abs(edges["coefficient"])) <= 0)
    assert model.degrees().name == "degree"
    np.testing.assert_allclose(model.degrees()[X.columns], naive.degrees(B.to_numpy()))
    graph = model.to_networkx()
    assert set(graph) == set(X.columns)
    np.testing.assert_allclose(nx.to_numpy_array(graph, X.columns, weight="coefficient"), B)
    if hasattr(model, "theta_"):
        effects = model.effects()
        assert effects.name == "theta" and list(effects.index) == list(X.columns)
        np.testing.assert_array_equal(effects, model.theta_)


@named(EVERY)
def test_clone_keeps_every_parameter_and_the_fit_changes_none(model):
    X, z = table(18)
    changed = clone(model).set_params(lam1=0.123, tol=1e-7)
    before = changed.get_params()
    twin = clone(changed)
    assert twin.get_params() == before and before["lam1"] == 0.123
    before_fit = X.copy()
    changed.fit(X, z)
    assert changed.get_params() == before
    pd.testing.assert_frame_equal(X, before_fit)
    assert list(changed.feature_names_in_) == list(X.columns)


# Mistakes -----------------------------------------------------------------------------------

NUMBERS = [-1, float("nan"), float("inf"), "0.1", None, [0.1]]
WRONG = (
    [
        (model, name, value)
        for model in EVERY
        for name in ("lam1", "lam2", "lam3", "lam4", "tol", "gap_tol")
        if name in model.get_params()
        for value in NUMBERS
    ]
    + [(model, "n_jobs", value) for model in NETWORKS for value in (-2, 1.5, "2")]
    + [(model, "degree", value) for model in NETWORKS[1:] for value in ("D", None, 2)]
    + [(PredictiveNetwork(), name, value) for name in ("sign", "coupling") for value in ("x", 1)]
    + [(model, "max_iter", value) for model in EVERY for value in (-1, 2.5, "3", None)]
    + [
        (PredictiveNetwork(), "response_weight", value)
        for value in (0.0, -1.0, float("inf"), float("nan"), "1", True)
    ]
    + [(PredictiveNetwork(), "n_starts", value) for value in (0, 5, 2.0, "2", True, None)]
)


@pytest.mark.parametrize(
    "model, name, value",
    WRONG,
    ids=lambda x: x if isinstance(x, str) else type(x).__name__ if hasattr(x, "fit") else repr(x),
)
def test_wrong_parameter_is_one_sentence(model, name, value):
    X, z = raw(19, 12, 4)
    with pytest.raises(UsageError) as caught:
        clone(model).set_params(**{name: value}).fit(X, z)
    sentence = str(caught.value)
    assert isinstance(caught.value, ValueError) and caught.value.exit_code == 2
    assert name in sentence and repr(value) in sentence
    assert sentence.endswith(".") and "\n" not in sentence


def test_too_few_rounds_warn_with_numbers():
    X, z = raw(20)
    model = PredictiveNetwork(0.1, lam3=0.01, tol=1e-12, max_iter=1, n_jobs=1)
    with pytest.warns(ConvergenceWarning) as caught:
        model.fit(X, z)
    gained = model.objective_trace_[0] - model.objective_trace_[1]
    (message,) = [str(w.message) for w in caught if w.category is ConvergenceWarning]
    numbers = re.search(r"stopped after 1 rounds?, the last one gaining ([\d.e-]+);", message)
    assert float(numbers[1]) == pytest.approx(gained, rel=0.05)
    assert "max_iter" in message


@named(EVERY)
def test_a_gap_not_reached_warns_with_numbers(model, monkeypatch):
    X, z = raw(21, 100, 70)
    model = clone(model).set_params(lam1=0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, z)  # silent when all is well
    gaps = np.atleast_1d(model.gaps_ if hasattr(model, "gaps_") else model.gap_)
    assert gaps.max() <= 1e-6
    model.set_params(max_iter=1)
    if isinstance(model, PredictiveNetwork):  # its columns have no limit of their own
        monkeypatch.setattr(joint, "MAX_ROUNDS", 1)
        monkeypatch.setattr(joint, "solve_network", partial(solve_network, max_iter=1))
        monkeypatch.setattr(predictive, "start_state", partial(joint.start_state, max_iter=1))
    with pytest.warns(ConvergenceWarning) as caught:
        model.fit(X, z)
    gaps = np.atleast_1d(model.gaps_ if hasattr(model, "gaps_") else model.gap_)
    expected = (
        f"{np.sum(gaps > 1e-6)} of {gaps.size} problems stopped with a relative duality "
        f"gap up to {gaps.max():.2g}, above the tolerance 1e-06"
    )
    assert gaps.max() > 1e-6
    assert any(expected in str(warning.message) for warning in caught)
