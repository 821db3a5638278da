"""Options of every estimator: what is not documented is refused in one sentence, not by NumPy."""

import warnings

import naive
import numpy as np
import pandas as pd
import pytest
from builders import plain_estimators, searching_estimators
from sklearn.base import clone
from sklearn.model_selection import KFold

from pnetlib.errors import UsageError
from pnetlib.estimators import (
    ElasticNetExpression,
    ElasticNetwork,
    LassoExpressionCV,
    PredictiveNetwork,
)

PLAIN = plain_estimators()
SEARCHES = list(searching_estimators().values())
ODD = [
    np.array([1, 2]),
    np.array(1.0),
    np.array(["a", "b"]),
    pd.Series([1.0, 2.0]),
    pd.NA,
    1j,
    {},
    object(),
    b"sqrt",
    "no",
    "5",
]
MISSING = [None, float("nan")]
NUMBERS = ["lam1", "lam2", "lam3", "lam4", "tol", "gap_tol", "response_weight"]
WORDS = ["degree", "sign", "signs", "coupling", "gram_dtype"]
WHOLE = ["max_iter", "n_starts"]
GRIDS = ["lam1", "lam3", "lam4", "lam1_fractions", "lam3_fractions", "l1_ratio"]


def cases():
    for model in PLAIN:
        own = model.get_params()
        yield from ((model, n, v) for n in NUMBERS if n in own for v in [*ODD, *MISSING, True])
        yield from ((model, n, v) for n in WORDS if n in own for v in [*ODD, *MISSING, 1, "D"])
        yield from ((model, n, v) for n in WHOLE if n in own for v in [*ODD, *MISSING, 2.0, True])
        if "warm_start" in own:
            yield from ((model, "warm_start", v) for v in [*ODD, *MISSING, 1, 0, 1.0])
    for model in SEARCHES:
        own = model.get_params()
        scalars = [n for n in ("lam2", "tol", "gap_tol", "eps") if n in own]
        yield from ((model, n, v) for n in scalars for v in [*ODD, *MISSING, True])
        strange = [v for v in ODD if not (hasattr(v, "shape") and np.ndim(v) == 1)]
        grids = [n for n in GRIDS if n in own]
        yield from (
            (model, n, v) for n in grids for v in [*strange, [True], [[1.0]], [10**400], True]
        )
        yield from ((model, "max_iter", v) for v in [*ODD, *MISSING, 2.0, True])
        yield from ((model, "search", v) for v in [*ODD, None, 1, True])
        folds = [True, 0, 1, -1, 41, 1.5, "5", [], [1, 2], [[1, 2]], [([0, 1], [99])], object()]
        folds += [[([0, 1, -1], [2])], [([True] * 40, [False] * 40)], {"a": 1}, 10**30]
        yield from ((model, "cv", v) for v in folds)
    for model in [*PLAIN, *SEARCHES]:
        if "n_jobs" in model.get_params():
            yield from ((model, "n_jobs", v) for v in [*ODD, float("nan"), 1.5, 2.0, True, -2])
            yield from ((model, "n_jobs", v) for v in [100_000, 10**400])
        if "regulators" in model.get_params():
            given = ["A", b"A", 5, True, [None], [np.nan], ["A", 1], [["A"]], {"A": 1}, [10**30]]
            given += [["A", "ZZ"], ["A", "A"], [0, 0], [1.0], [True] * 5, [], [[1], [1, 2]], {"A"}]
            yield from ((model, "regulators", v) for v in given)


def test_odd_options_are_refused_in_one_sentence():
    X, z = naive.cohort(0, 40, 6)
    X = pd.DataFrame(X, columns=list("ABCDEF"))
    count = 0
    for model, name, value in cases():
        case = f"{type(model).__name__}({name}={value!r:.60})"
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                clone(model).set_params(**{name: value}).fit(X, z)
                said = "nothing"
            except UsageError as error:
                said = str(error)
        assert name in said and said.endswith(".") and "\n" not in said, (case, said)
        assert len(said) < 400 and "truth value" not in said, (case, said)
        count += 1
    assert count > 900


@pytest.mark.parametrize("value", [np.float32(0.25), np.float64(0.25)])
def test_numbers_of_numpy_are_as_good_as_those_of_python(value):
    X, z = naive.cohort(1, 40, 6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, two = (
            PredictiveNetwork(lam1, lam3=0.05, max_iter=np.int64(50), n_jobs=np.int32(1)).fit(X, z)
            for lam1 in (0.25, value)
        )
    np.testing.assert_array_equal(one.B_.toarray(), two.B_.toarray())
    assert type(two.lam1) is type(value)  # parameters stay as they were given


def test_rounds_without_limit_are_a_number():
    X, z = naive.cohort(1, 40, 6)
    one, two = (ElasticNetExpression(max_iter=k).fit(X, z) for k in (1000, 10**400))
    np.testing.assert_array_equal(one.coef_, two.coef_)


def test_a_path_of_more_points_than_can_be_fitted_is_refused():
    X, z = naive.cohort(1, 40, 6)
    with pytest.raises(UsageError, match="lam1 must be a number of points from 1 to 10,000"):
        LassoExpressionCV(10**9).fit(X, z)


def test_folds_of_generators_and_arrays_are_taken():
    X, z = naive.cohort(1, 40, 6)
    folds = list(KFold(4).split(X))
    one, two = (LassoExpressionCV(4, cv=cv).fit(X, z) for cv in (folds, iter(folds)))
    np.testing.assert_array_equal(one.coef_, two.coef_)


@pytest.mark.parametrize("targets", [[6], [-1], [0.5], "A", [[0]], [True]])
def test_targets_to_certify_are_positions(targets):
    X, _ = naive.cohort(1, 40, 6)
    with pytest.raises(UsageError, match="targets must be positions of genes from 0 to 5"):
        ElasticNetwork(n_jobs=1).fit(X).certify(X, targets)


@pytest.mark.parametrize("start", [np.full((6, 6), "a"), np.eye(6), np.zeros((5, 5)), "network"])
def test_a_start_is_a_network(start):
    X, _ = naive.cohort(1, 40, 6)
    with pytest.raises(UsageError, match="start must"):
        ElasticNetwork(n_jobs=1).fit(X, start=start)


def test_engine_and_shared_folds_are_of_their_types():
    X, z = naive.cohort(1, 40, 6)
    with pytest.raises(UsageError, match="engine must be a pnetlib Engine or None, not 'dask'"):
        ElasticNetwork(n_jobs=1).fit(X, engine="dask")
    with pytest.raises(UsageError, match="shared must be a TrainingFolds, not 5"):
        LassoExpressionCV(3).fit(X, z, shared=5)
