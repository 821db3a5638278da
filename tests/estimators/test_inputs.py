"""Tables, arrays and responses of every kind: read rightly, or refused in one sentence."""

import decimal
import warnings
from functools import partial

import naive
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from builders import named, plain_estimators, searching_estimators
from hypothesis import given as drawn, settings, strategies as st
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning
from sklearn.model_selection import cross_val_score

from pnetlib.errors import DataError, InputError, InputTypeError, UsageError
from pnetlib.estimators import ElasticNetExpression, ElasticNetwork, PredictiveNetwork

EVERY = [*plain_estimators(), *searching_estimators().values()]
NETWORK, LINEAR = ElasticNetwork(0.1, n_jobs=1), ElasticNetExpression()
GENES = list("ABCDEF")


def data():
    X, z = naive.cohort(0, 40, 6)
    return X + 5.0, z


def table(columns=GENES):
    return pd.DataFrame(data()[0], columns=columns)


def with_column(values):
    """A table whose third column has other values."""
    return table().assign(C=values)


def refused(fit, kind=DataError):
    """Return the sentence with which a fit refuses what it is given."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(kind) as caught:
            fit()
    said = str(caught.value)
    assert caught.value.exit_code == 4 and said.endswith(".") and "\n" not in said
    return said


# Names --------------------------------------------------------------------------------------

NAMES = {
    "Entrez ids": ([7157, 4193, 2099, 1, 2, 3], "the name 7157 of type int"),
    "positions in another order": ([1, 0, 2, 3, 4, 5], "the name 1 of type int"),
    "numbers": ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "the name 1.0 of type float"),
    "mixed": (["A", 7157, *"CDEF"], "the name 7157 of type int"),
    "NaN": (["A", np.nan, *"CDEF"], "column 1 of X has no name"),
    "None": (["A", None, *"CDEF"], "column 1 of X has no name"),
    "all NaN": ([np.nan] * 6, "column 0 of X has no name"),
    "levels": (pd.MultiIndex.from_product([["A", "B"], [1, 2, 3]]), "several levels"),
    "tuples": ([("A", 1), *"BCDEF"], "of type tuple"),
    "dates": (pd.date_range("2020", periods=6), "of type Timestamp"),
    "bytes": ([b"A", *"BCDEF"], "of type bytes"),
    "True": ([False, True, 2, 3, 4, 5], "the name False of type bool"),
}


@named(EVERY)
@pytest.mark.parametrize("kind", NAMES)
def test_names_that_are_not_text_are_refused(model, kind):
    columns, words = NAMES[kind]
    said = refused(lambda: clone(model).fit(table(columns), data()[1]), InputTypeError)
    assert words in said and "must be unique text" in said
    assert "X.columns" in said or "has no name" in said


@named(EVERY)
@pytest.mark.parametrize("columns", [["A", "A", *"CDEF"], ["A", "", *"CDEF"], ["A", "  ", *"CDEF"]])
def test_names_that_occur_twice_or_are_blank_are_refused(model, columns):
    said = refused(lambda: clone(model).fit(table(columns), data()[1]), InputError)
    assert "'A' is the name of more than one column" in said or "column 1 of X has a blank" in said


@named(EVERY)
def test_ids_as_text_are_in_every_result(model):
    X, z = table(["7157", "4193", "2099", "007", "nan", "NA"]), data()[1]
    model = clone(model).fit(X, z)
    assert list(model.feature_names_in_) == list(X)
    if hasattr(model, "edges"):
        assert set(model.edges()["regulator"]) | set(model.edges()["target"]) <= set(X)
        assert list(model.degrees().index) == list(X) == list(model.to_networkx())
    if hasattr(model, "effects"):
        assert list(model.effects().index) == list(X)
    if hasattr(model, "predict"):
        assert model.predict(X).shape == (40,)
        with pytest.raises(ValueError, match="feature names should match"):
            model.predict(X[X.columns[::-1]])


@named(EVERY)
def test_without_names_genes_are_called_as_in_scikit_learn(model):
    X, z = data()
    names = [f"x{gene}" for gene in range(6)]
    for given in (X, pd.DataFrame(X)):
        fitted = clone(model).fit(given, z)
        assert not hasattr(fitted, "feature_names_in_")
        if hasattr(fitted, "edges"):
            assert set(fitted.edges()["target"]) <= set(names)
            assert list(fitted.degrees().index) == names == list(fitted.to_networkx())
        if hasattr(fitted, "effects"):
            assert list(fitted.effects().index) == names
        if hasattr(fitted, "get_feature_names_out"):
            assert fitted.get_feature_names_out().tolist() == names


@named(EVERY)
def test_a_notebook_shows_every_fitted_estimator(model):
    z = data()[1]
    for X in (data()[0], table(), pd.DataFrame(data()[0])):
        shown = clone(model).fit(X, z)._repr_html_()
        assert type(model).__name__ in shown


def test_input_features_are_compared_with_the_genes():
    fitted, bare = NETWORK.fit(table()), clone(NETWORK).fit(data()[0])
    assert fitted.get_feature_names_out(GENES).tolist() == GENES
    assert bare.get_feature_names_out(GENES).tolist() == GENES
    with pytest.raises(UsageError, match="input_features is not equal to feature_names_in_"):
        fitted.get_feature_names_out(GENES[::-1])
    with pytest.raises(UsageError, match="input_features should have length equal .* got 5"):
        bare.get_feature_names_out(GENES[:5])
    with pytest.raises(UsageError, match="input_features must be text, not 0"):
        bare.get_feature_names_out(range(6))


@settings(max_examples=40)
@drawn(
    st.lists(
        st.one_of(st.text(max_size=3), st.integers(-9, 9), st.none(), st.floats(), st.booleans()),
        min_size=6,
        max_size=6,
    )
)
def test_any_names_are_stored_as_text_or_refused(columns):
    X = pd.DataFrame(data()[0])
    X.columns = pd.Index(columns, dtype=object)
    try:
        fitted = clone(LINEAR).fit(X, data()[1])
    except DataError:
        unique = len({str(name) for name in columns}) == 6
        text = all(isinstance(name, str) and name.strip() for name in columns)
        assert not (unique and text)
    else:
        named = hasattr(fitted, "feature_names_in_")
        assert list(fitted.feature_names_in_) == columns if named else columns == list(range(6))


# Values of expression -----------------------------------------------------------------------


def objects(value):
    X = data()[0].astype(object)
    X[2, 1] = value
    return X


def masked():
    X = data()[0]
    return np.ma.array(X, mask=X > 6)


WRONG = {
    "text in objects": (lambda: objects("1.5"), "gene x1, has '1.5' in row 2"),
    "True in objects": (lambda: objects(True), "has True in row 2"),
    "None in objects": (lambda: objects(None), "contains NaN: the value in row 2"),
    "NA in objects": (lambda: objects(pd.NA), "contains NaN: the value in row 2"),
    "a dict in objects": (lambda: objects({}), "has {} in row 2"),
    "a number of 400 digits": (lambda: objects(10**400), "too large for a number of float64"),
    "a number of 5000 digits": (lambda: objects(10**5000), "too many digits"),
    "text": (lambda: data()[0].astype(str), "X has no numbers (type <U"),
    "True and False": (lambda: data()[0] > 5, "X has True and False"),
    "complex numbers": (lambda: data()[0] + 0j, "Complex data not supported"),
    "dates": (lambda: np.full((40, 6), "2020", "M8[D]"), "X has no numbers (type datetime64[D]"),
    "durations": (lambda: np.ones((40, 6), "m8[s]"), "X has no numbers (type timedelta64[s]"),
    "sparse": (lambda: sp.csr_array(data()[0]), "X is sparse"),
    "a sparse table": (lambda: table().astype(pd.SparseDtype("float", 0)), "X is sparse"),
    "masked values": (masked, "X masks"),
    "numpy.matrix": (lambda: np.matrix(data()[0]), "X is a numpy.matrix"),
    "None": (lambda: None, "X must be a table or an array of two dimensions"),
    "a text": (lambda: "expression.csv", "X must be a table or an array of two dimensions"),
    "a dict": (lambda: {"A": [1, 2]}, "X must be a table or an array of two dimensions"),
    "a column": (lambda: table()["A"], "X must be a table or an array of two dimensions"),
    "three dimensions": (lambda: data()[0][None], "has the shape (1, 40, 6)"),
    "ragged lists": (lambda: [[1, 2], [1]], "X must be a table or an array of two dimensions"),
    "a column of text": (lambda: with_column("5.1"), "column 'C'"),
    "a column of dates": (lambda: with_column(pd.Timestamp("2020")), "column 'C' of X has no num"),
    "a column of classes": (
        lambda: with_column(pd.Categorical(["a"] * 40)),
        "column 'C' of X has no numbers (type category, first value 'a')",
    ),
    "a column of True": (lambda: with_column(True), "column 'C' of X has no numbers (type bool"),
    "a column of nullable True": (
        lambda: with_column(pd.array([True] * 40, dtype="boolean")),
        "column 'C' of X has no numbers (type boolean",
    ),
    "a column of objects": (
        lambda: with_column(np.array(["n.d.", *range(39)], dtype=object)),
        "column 'C', has 'n.d.' in row 0",
    ),
    "a column of complex numbers": (lambda: with_column(1j), "Complex data not supported"),
    "a gap": (lambda: with_column([*range(39), np.nan]), "gene C has no value in row 39"),
    "a nullable gap": (
        lambda: with_column(pd.array([*range(39), pd.NA], dtype="Float64")),
        "gene C has no value in row 39",
    ),
    "infinity": (lambda: with_column([*range(39), -np.inf]), "gene C is infinite or beyond"),
    "no gene": (lambda: np.empty((40, 0)), "0 feature(s)"),
    "one line": (lambda: data()[0][:1], "a minimum of 2 is required"),
}


@pytest.mark.parametrize("model", [NETWORK, LINEAR], ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_expression_of_no_use_is_refused(model, kind):
    X, words = WRONG[kind]
    X, z = X(), data()[1] if kind != "one line" else data()[1][:1]
    assert words in refused(lambda: clone(model).fit(X, z))
    if kind not in ("one line", "no gene", "three dimensions"):
        fitted = clone(model).fit(table() if isinstance(X, pd.DataFrame) else data()[0], data()[1])
        use = getattr(fitted, "predict", None) or fitted.transform
        assert words in refused(lambda: use(X))


@named(EVERY)
def test_every_estimator_refuses_gaps_and_text(model):
    X, z = table(), data()[1]
    X.loc[7, "D"] = np.nan
    X.index = [f"line {at}" for at in range(40)]
    said = refused(lambda: clone(model).fit(X, z), InputError)
    assert "gene D has no value in cell line 'line 7', and 1 of 240 values are missing" in said
    said = refused(lambda: clone(model).fit(with_column("high"), z), InputTypeError)
    assert "column 'C'" in said and "'high'" in said


RIGHT = {
    "objects": lambda: data()[0].astype(object),
    "lists": lambda: data()[0].tolist(),
    "nothing masked": lambda: np.ma.array(data()[0], mask=False),
    "nullable": lambda: table().astype("Float64"),
    "decimals": lambda: table().map(decimal.Decimal),
    "columns in Fortran's order": lambda: np.asfortranarray(data()[0]),
    "read-only": lambda: np.broadcast_to(data()[0], (40, 6)),
    "text as categories of names": lambda: table(pd.CategoricalIndex(GENES)),
    "names of pandas' text": lambda: table(pd.Index(GENES, dtype="string")),
}


@pytest.mark.parametrize("kind", RIGHT)
def test_numbers_of_every_kind_are_read(kind):
    X, z = data()
    given, expected = RIGHT[kind](), clone(LINEAR).fit(X, z)
    fitted = clone(LINEAR).fit(given, z)
    np.testing.assert_allclose(fitted.coef_, expected.coef_, rtol=1e-12)
    np.testing.assert_allclose(fitted.predict(given), expected.predict(X), rtol=1e-12)
    if isinstance(given, pd.DataFrame):
        assert list(fitted.feature_names_in_) == GENES


# Tables of other libraries ------------------------------------------------------------------


def test_polars_tables_are_read_with_their_names():
    pl = pytest.importorskip("polars", reason="polars is not installed")
    X, z = data()
    frame = pl.DataFrame({gene: X[:, at] for at, gene in enumerate(GENES)})
    fitted, expected = clone(LINEAR).fit(frame, pl.Series(z)), clone(LINEAR).fit(X, z)
    np.testing.assert_allclose(fitted.predict(frame), expected.predict(X), rtol=1e-12)
    assert list(fitted.feature_names_in_) == GENES
    for wrong, words in (
        (frame.with_columns(pl.lit("x").alias("C")), "column 'C' of X has no numbers (type String"),
        (frame.with_columns(C=pl.lit(True)), "column 'C' of X has no numbers (type Boolean"),
        (frame.with_columns(C=pl.lit(None, pl.Float64)), "gene C has no value in row 0"),
        (frame.lazy(), "give X.collect()"),
    ):
        assert words in refused(partial(clone(LINEAR).fit, wrong, z))
    assert "contains NaN" in refused(lambda: clone(LINEAR).fit(X, pl.Series([None, *z[1:]])))
    for given in (X, table(), frame):
        found = clone(NETWORK).set_output(transform="polars").fit(given).transform(given)
        assert isinstance(found, pl.DataFrame)
        assert found.columns == (GENES if given is not X else [f"x{q}" for q in range(6)])


def test_pyarrow_tables_are_read_with_their_names():
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    X, z = data()
    arrow = pa.table({gene: X[:, at] for at, gene in enumerate(GENES)})
    expected, backed = clone(LINEAR).fit(X, z), table().astype("double[pyarrow]")
    for given in (arrow, backed):
        fitted = clone(LINEAR).fit(given, pd.Series(z, dtype="double[pyarrow]"))
        np.testing.assert_allclose(fitted.predict(given), expected.predict(X), rtol=1e-12)
        assert list(fitted.feature_names_in_) == GENES
    gap = backed.copy()
    gap.iloc[3, 2] = pd.NA
    assert "gene C has no value in row 3" in refused(lambda: clone(LINEAR).fit(gap, z))
    said = refused(lambda: clone(LINEAR).fit(pa.table({"A": ["x"] * 40}), z))
    assert "column 'A'" in said and "'x'" in said


# Responses ----------------------------------------------------------------------------------

RESPONSES = {
    "text": (lambda z: np.array(list("ab") * 20), "no numbers (type <U1, first value 'a')"),
    "numbers as text": (lambda z: z.astype(str), "the response y has no numbers"),
    "a list of text": (lambda z: list("ab") * 20, "the response y has no numbers"),
    "text in objects": (lambda z: np.array([*z[:39], "x"], object), "has 'x' in row 39"),
    "classes": (
        lambda z: pd.Series(list("ab") * 20, dtype="category"),
        "no numbers (type category",
    ),
    "pandas' text": (
        lambda z: pd.Series(list("ab") * 20, dtype="string"),
        "no numbers (type string",
    ),
    "True and False": (lambda z: z > 0, "has True and False"),
    "nullable True": (lambda z: pd.Series(z > 0, dtype="boolean"), "no numbers (type boolean"),
    "dates": (lambda z: np.full(40, "2020", "M8[D]"), "no numbers (type datetime64[D]"),
    "dates of a place": (
        lambda z: pd.Series(pd.date_range("2020", periods=40, tz="UTC")),
        "the response y has no numbers",
    ),
    "durations": (lambda z: np.ones(40, "m8[s]"), "no numbers (type timedelta64[s]"),
    "complex numbers": (lambda z: z + 0j, "Complex data not supported"),
    "two columns": (lambda z: np.c_[z, z], "got an array of shape (40, 2) instead"),
    "a row": (lambda z: z[None], "got an array of shape (1, 40) instead"),
    "a number": (lambda z: 3.0, "must be a 1d array of numbers, not 3.0"),
    "a word": (lambda z: "response", "must be a 1d array of numbers, not 'response'"),
    "a dict": (lambda z: {1: 2}, "must be a 1d array of numbers, not {1: 2}"),
    "nothing": (lambda z: None, "requires y to be passed, but the target y is None"),
    "too few": (lambda z: z[:10], "the response y has 10 values and X has 40 cell lines"),
    "NaN": (lambda z: np.r_[np.nan, z[1:]], "contains NaN in row 0 (counted from 0), and 1 of 40"),
    "infinity": (lambda z: np.r_[np.inf, z[1:]], "the response y contains infinity in row 0"),
    "None in objects": (
        lambda z: np.array([None, *z[1:]], object),
        "contains NaN: the value in row",
    ),
    "a nullable gap": (
        lambda z: pd.Series([pd.NA, *z[1:]], dtype="Float64"),
        "contains NaN in row 0",
    ),
    "masked": (lambda z: np.ma.array(z, mask=z > 0), "the response y masks"),
    "sparse": (lambda z: sp.csr_array(z[:, None]), "the response y is sparse"),
    "ragged": (lambda z: [[1.0]] * 39 + [[1.0, 2.0]], "different lengths"),
}


@named([model for model in EVERY if hasattr(model, "predict")])
@pytest.mark.parametrize("kind", RESPONSES)
def test_response_of_no_use_is_refused(model, kind):
    make, words = RESPONSES[kind]
    X, z = data()
    assert words in refused(lambda: clone(model).fit(X, make(z)))


def test_score_reads_a_response_as_fit_does():
    X, z = data()
    fitted = clone(LINEAR).fit(X, z)
    for make, words in RESPONSES.values():
        assert words in refused(partial(fitted.score, X, make(z)))
    left, total = np.sum((z - fitted.predict(X)) ** 2), np.sum((z - z.mean()) ** 2)
    assert fitted.score(X, z) == pytest.approx(1 - left / total)
    assert np.isfinite(cross_val_score(LINEAR, table(), z)).all()


@pytest.mark.parametrize(
    "make",
    [list, tuple, lambda z: z.astype(object), lambda z: pd.Series(z, dtype="Float64")]
    + [lambda z: [decimal.Decimal(value) for value in z.tolist()]],
)
def test_responses_of_every_kind_are_read(make):
    X, z = data()
    np.testing.assert_array_equal(
        clone(LINEAR).fit(X, make(z)).coef_, clone(LINEAR).fit(X, z).coef_
    )


def test_a_response_in_one_column_is_read_with_a_warning():
    X, z = data()
    with pytest.warns(DataConversionWarning, match="column-vector"):
        fitted = clone(LINEAR).fit(X, z[:, None])
    np.testing.assert_array_equal(fitted.coef_, clone(LINEAR).fit(X, z).coef_)


def test_a_response_in_another_order_than_the_lines_is_refused():
    X, z = table(), data()[1]
    X.index = [f"line {at}" for at in range(40)]
    y = pd.Series(z, X.index)
    right = clone(LINEAR).fit(X, y)
    said = refused(lambda: clone(LINEAR).fit(X, y[::-1]), InputError)
    assert "row 0 is 'line 0' in X and 'line 39' in y; give y.loc[X.index]" in said
    refused(lambda: clone(LINEAR).fit(X, y.rename({"line 5": "other"})))
    for given in (z, pd.Series(z), y):  # without names of lines there is nothing to compare
        np.testing.assert_array_equal(clone(LINEAR).fit(X, given).coef_, right.coef_)


@pytest.mark.parametrize(
    "index",
    [
        pd.CategoricalIndex([f"line {at}" for at in range(40)]),
        pd.MultiIndex.from_product([["A"], range(40)]),
        pd.Index([f"sample {at}" for at in range(40)]),
        pd.Index(range(1, 41)).astype(float),
    ],
    ids=["categories", "levels", "other names", "numbers"],
)
def test_other_names_of_lines_are_no_other_order(index):
    X, z = table(), data()[1]
    X.index = [f"line {at}" for at in range(40)]
    expected = clone(LINEAR).fit(X, z).coef_
    np.testing.assert_array_equal(clone(LINEAR).fit(X, pd.Series(z, index)).coef_, expected)


def test_a_response_that_is_constant_up_to_rounding_has_no_effects():
    X, _ = data()
    for model in (LINEAR, PredictiveNetwork(n_jobs=1), searching_estimators()[type(LINEAR)]):
        fitted = clone(model).fit(X, np.full(40, 0.1 + 0.2) + 1e-17 * X[:, 0])
        assert not fitted.coef_.any()
        np.testing.assert_allclose(fitted.predict(X), 0.3, rtol=1e-12)
