"""Networks in which only some genes may regulate: the rows of B of all others are 0."""

from dataclasses import replace

import naive
import numpy as np
import pandas as pd
import pytest
from builders import named
from sklearn.base import clone

from pnetlib.errors import UsageError
from pnetlib.estimators import (
    ElasticNetwork,
    NetworkThenPredict,
    NetworkThenPredictCV,
    PredictiveNetwork,
    PredictiveNetworkCV,
)
from pnetlib.execution.engine import Engine
from pnetlib.kernels.column import EXCLUDED
from pnetlib.solvers import rows
from pnetlib.solvers.columns import Columns
from pnetlib.solvers.joint import Penalties, start_state
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.network import solve_network
from pnetlib.solvers.paths import TrainingFolds, largest_lam1

ALLOWED = np.array([1, 4, 5, 9])
GENES = [f"GENE{q}" for q in range(12)]
PLAIN = [
    ElasticNetwork(0.15, 0.02, tol=1e-10),
    PredictiveNetwork(0.15, 0.02, 0.05, 0.2, tol=1e-9, gap_tol=1e-10),
    NetworkThenPredict(0.15, 0.02, 0.05, 0.2, tol=1e-10),
]
SEARCHES = [
    PredictiveNetworkCV(cv=3, tol=1e-6, gap_tol=1e-9, max_iter=200),
    PredictiveNetworkCV(cv=3, search="budget=12"),
    NetworkThenPredictCV(cv=3, tol=1e-9),
    NetworkThenPredictCV(cv=3, search="budget=12"),
]
EVERY = [*PLAIN, *SEARCHES]


def data(n=60):
    X, z = naive.cohort(3, n, 12)
    return X, 0.5 * z


def restricted(model, regulators=ALLOWED):
    return clone(model).set_params(regulators=regulators)


@named(EVERY)
def test_other_genes_regulate_nothing(model):
    X, z = data()
    fitted = restricted(model).fit(X, z)
    B = fitted.B_.toarray()
    assert np.any(B[ALLOWED]) and not np.diag(B).any()
    assert not np.delete(B, ALLOWED, axis=0).any()
    np.testing.assert_array_equal(fitted.regulators_, ALLOWED)


@named(EVERY)
def test_all_genes_as_regulators_are_the_model_without_the_option(model):
    X, z = data()
    one, two = clone(model).fit(X, z), restricted(model, np.arange(12)).fit(X, z)
    np.testing.assert_array_equal(two.B_.toarray(), one.B_.toarray())
    np.testing.assert_array_equal(two.gaps_, one.gaps_)


@named(EVERY)
def test_positions_masks_and_names_mean_the_same(model):
    X, z = data()
    table = pd.DataFrame(X, columns=GENES)
    one = restricted(model).fit(X, z)
    for given in (np.isin(np.arange(12), ALLOWED), [9, 4, 1, 5], ALLOWED.tolist()):
        np.testing.assert_array_equal(
            restricted(model, given).fit(X, z).B_.toarray(), one.B_.toarray()
        )
    names = restricted(model, [GENES[q] for q in ALLOWED[::-1]]).fit(table, z)
    np.testing.assert_array_equal(names.B_.toarray(), one.B_.toarray())
    assert set(names.edges()["regulator"]) <= {GENES[q] for q in ALLOWED}


@named(EVERY)
def test_order_of_the_genes_does_not_matter(model):
    X, z = data()
    order = np.random.default_rng(0).permutation(12)
    one = restricted(model).fit(X, z)
    place = np.argsort(order)
    two = restricted(model, place[ALLOWED]).fit(X[:, order], z)
    B = two.B_.toarray()[np.ix_(place, place)]
    np.testing.assert_allclose(B, one.B_.toarray(), atol=2e-4)
    for name in ("mean_", "scale_", "gaps_", "theta_"):
        if hasattr(one, name):
            near = getattr(two, name)[place]
            np.testing.assert_allclose(near, getattr(one, name), atol=2e-4)
    if hasattr(one, "predict"):
        np.testing.assert_allclose(two.predict(X[:, order]), one.predict(X), atol=1e-3)


@pytest.mark.parametrize("lam2", [0.0, 0.05])
def test_the_network_is_that_with_infinite_penalties_on_the_others(lam2):
    X, _ = data()
    fitted = restricted(ElasticNetwork(0.15, lam2, tol=1e-12)).fit(X)
    weights = np.where(np.isin(np.arange(12), ALLOWED), 0.5 * 0.15, EXCLUDED)
    G = Moments.of(X).G
    B, gaps = solve_network(G, weights, lam2, Columns.empty(12), 1e-12)
    np.testing.assert_allclose(fitted.B_.toarray(), B.matrix().toarray(), atol=1e-9)
    assert max(gaps.max(), fitted.gaps_.max()) <= 1e-12


@pytest.mark.parametrize("stored", [True, False])
def test_the_joint_fit_is_stationary_over_the_edges_allowed(stored, monkeypatch):
    """No change of one edge that may exist, or of one effect, lowers the objective."""
    monkeypatch.setattr(rows, "STORED", 4000 if stored else 0)
    X, z = data()
    pen = Penalties(0.15, 0.02, 0.05, 0.2)
    model = restricted(PLAIN[1]).fit(X, z)
    B, theta = model.B_.toarray(), model.theta_
    centred = z - z.mean()
    best = naive.objective(X, centred, B, theta, pen)
    assert best == pytest.approx(model.objective_trace_[-1], rel=1e-9)
    assert np.any(theta[np.setdiff1d(np.arange(12), ALLOWED)])  # also targets have effects
    for step in (1e-3, -1e-3):
        for q in ALLOWED:
            for j in np.delete(np.arange(12), q):
                moved = B.copy()
                moved[q, j] += step
                assert naive.objective(X, centred, moved, theta, pen) > best - 1e-7
        for j in range(12):
            moved = theta.copy()
            moved[j] += step
            assert naive.objective(X, centred, B, moved, pen) > best - 1e-7


@pytest.mark.parametrize("model", PLAIN[:2], ids=["network", "joint"])
def test_single_precision_is_certified_in_double(model):
    X, z = data()
    coarse = clone(model).set_params(**({"tol": 1e-5} if model is PLAIN[0] else {"gap_tol": 1e-5}))
    fitted = restricted(coarse).set_params(gram_dtype="float32").fit(X, z)
    assert fitted.certified_gaps_.shape == (12,)
    assert np.max(fitted.certified_gaps_) <= 2e-5
    double = restricted(model).fit(X, z)
    np.testing.assert_allclose(fitted.B_.toarray(), double.B_.toarray(), atol=5e-3)


def test_a_network_certifies_its_targets_in_the_order_of_the_genes():
    X, _ = data()
    fitted = restricted(ElasticNetwork(0.15, tol=1e-2)).fit(X)
    gaps = fitted.certify(X)
    np.testing.assert_allclose(gaps, fitted.gaps_, atol=1e-12)
    np.testing.assert_array_equal(fitted.certify(X, [11, 0, 4]), gaps[[11, 0, 4]])


def test_a_start_loses_the_edges_that_are_not_allowed():
    X, _ = data()
    free = ElasticNetwork(0.15, tol=1e-12).fit(X)
    one, two = restricted(free).fit(X), restricted(free).fit(X, start=free.B_)
    np.testing.assert_allclose(two.B_.toarray(), one.B_.toarray(), atol=1e-9)


def test_a_warm_start_continues_the_restricted_fit():
    X, z = data()
    model = restricted(PLAIN[1]).set_params(warm_start=True).fit(X, z)
    first = model.B_.toarray()
    model.fit(X, z)
    assert model.n_iter_ <= 2
    np.testing.assert_allclose(model.B_.toarray(), first, atol=1e-4)


def test_worker_processes_give_the_same_bits():
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    X, _ = data()
    one = restricted(PLAIN[0]).fit(X)
    with Engine("dask", 1) as engine:
        two = restricted(PLAIN[0]).fit(X, engine=engine)
    np.testing.assert_array_equal(two.B_.toarray(), one.B_.toarray())
    np.testing.assert_array_equal(two.gaps_, one.gaps_)


def test_moments_of_some_regulators_are_columns_of_all():
    X, z = data()
    whole, part = Moments.of(X, z), Moments.of(X, z, n_regulators=5)
    np.testing.assert_allclose(part.G, whole.G[:, :5], atol=1e-15)
    np.testing.assert_allclose(part.K, whole.K)
    out = np.arange(7)
    np.testing.assert_allclose(
        part.without(X, z, out).G, whole.without(X, z, out).G[:, :5], atol=1e-14
    )
    np.testing.assert_allclose(part.without(X, z, out).K, np.ones(12))
    G = np.abs(whole.G[:, :5] * (1 - np.eye(12)[:, :5]))
    assert largest_lam1(part) == pytest.approx(2 * G.max())


def test_a_restricted_start_takes_arrays_of_regulators_alone():
    X, z = data()
    state = start_state(Moments.of(X, z, n_regulators=5), Penalties(0.2), 1e-6)
    assert state.GB.shape == (12, 5) and state.weights.shape == (5,)


@pytest.mark.parametrize("model", SEARCHES[:1], ids=["Pro"])
def test_shared_folds_have_the_regulators_first(model):
    X, z = data()
    fitted = restricted(model)
    order = np.concatenate((ALLOWED, np.setdiff1d(np.arange(12), ALLOWED)))
    folds = [(np.arange(20, 60), np.arange(20)), (np.arange(40), np.arange(40, 60))]
    with pytest.raises(UsageError, match="may regulate first"):
        fitted.fit(X, z, shared=TrainingFolds(X, z, folds, n_regulators=4))
    with pytest.raises(UsageError, match="as many regulators"):
        fitted.fit(X, z, shared=TrainingFolds(X[:, order], z, folds))
    fitted.fit(X, z, shared=TrainingFolds(X[:, order], z, folds, n_regulators=4))
    assert not np.delete(fitted.B_.toarray(), ALLOWED, axis=0).any()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "at least one gene"),
        ([3, 12], "regulators names 12, which is not a gene of X"),
        ([-1], "regulators names -1"),
        ([4, 1, 4], "regulators names 4 2 times; name it once"),
        (["GENE1", "GENE4", "GENE1"], "regulators names 'GENE1' 2 times"),
        (["GENE1", "TP53"], "regulators names 'TP53', which is not a gene of X .1 of 2"),
        (np.zeros(12, bool), "allows no gene"),
        ([0.5, 1.0], "must be positions"),
        ([[1, 2]], "a sequence of at least one gene"),
        ("GENE1", "a sequence of at least one gene"),
    ],
)
@named(EVERY)
def test_regulators_that_are_none_are_refused(model, given, words):
    X, z = data()
    with pytest.raises(UsageError, match=words):
        restricted(model, given).fit(pd.DataFrame(X, columns=GENES), z)


def test_names_need_a_table():
    X, z = data()
    with pytest.raises(UsageError, match="names where X is a table"):
        restricted(PLAIN[1], ["GENE1"]).fit(X, z)


def test_replacing_the_gram_matrix_leaves_the_variances():
    X, z = data()
    moments = Moments.of(X, z)
    assert replace(moments, G=moments.G[:, :3]).n_regulators == 3
