"""Expression and responses as the estimators take them: named numbers, or one sentence why not.

Names of genes are unique text, or there are none. Numbers as names, such as Entrez ids, are refused
rather than turned into text, since positions of genes are numbers too: ``regulators=[7157]`` or an
edge from 7157 could mean either. Columns that are called 0, 1, 2 ... in this order are positions.
A gene without a name is called x0, x1, ... in every result, as in scikit-learn.
"""

import numbers
from contextlib import contextmanager
from decimal import Decimal

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.utils.validation import column_or_1d, validate_data

from pnetlib.errors import InputError, InputTypeError, PnetError
from pnetlib.solvers.moments import CONSTANT
from pnetlib.words import shown

FLOAT = np.finfo(float)
PLAIN = frozenset({float, np.float64, np.float32, np.int64, np.int32})
TO_TEXT = "X.columns = X.columns.astype(str)"


# Expression ---------------------------------------------------------------------------------


def read_expression(estimator, X, *, fit=True):
    """Return expression as a finite array (n, p) of float; set or compare the names of the genes.

    Parameters
    ----------
    estimator : estimator
        Whose ``n_features_in_`` and ``feature_names_in_`` are set by a fit, else compared with X.
    X : array-like of shape (n, p)
        Array, or a table of pandas, polars or pyarrow.
    fit : bool, default=True
        Whether X is that of a fit.

    Returns
    -------
    ndarray of shape (n, p)
        Not necessarily a copy.

    Raises
    ------
    InputError
        If a name or a value is missing, occurs twice, or is too large to be squared.
    InputTypeError
        If X has no numbers, is sparse, or has names that are not text.
    """
    X = _as_numbers(X)
    if isinstance(X, pd.DataFrame):
        _check_names(X.columns)
        _check_columns(X)
    with _own_errors(), np.errstate(over="ignore"):
        values = validate_data(
            estimator,
            X,
            reset=fit,
            dtype=float,
            ensure_all_finite=False,
            ensure_min_samples=2 if fit else 1,
        )
    largest = largest_values(values)
    if not np.isfinite(largest).all():
        _refuse_not_finite(values, X)
    _check_sizes(values, largest, X)
    return values


def gene_names(estimator):
    """Return the names of the genes of a fitted estimator as text; x0, x1, ... without names."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        names = [f"x{gene}" for gene in range(estimator.n_features_in_)]
    return np.asarray(names, dtype=object)


def largest_values(X):
    """Return the largest absolute value of each gene, NaN where one is missing; X is not copied."""
    with np.errstate(invalid="ignore"):
        return np.maximum(X.max(axis=0), -X.min(axis=0))


def check_deviations(estimator, X, largest):
    """Refuse expression (n, p) so far from the training lines that squares of it overflow."""
    with np.errstate(over="ignore"):
        sizes = (largest + np.abs(estimator.mean_)) / estimator.scale_
    gene = int(np.argmax(sizes))
    if sizes[gene] > _most(len(X), 2):
        raise InputError(
            f"expression of gene {gene_names(estimator)[gene]} reaches {largest[gene]:.2g}, "
            f"{sizes[gene]:.2g} times its standard deviation in training, and the square of that "
            "overflows; give it in the unit of training."
        )


def _as_numbers(X):
    """Return X as an array or a pandas table; refuse everything else."""
    if hasattr(X, "collect_schema") and not hasattr(X, "to_numpy"):
        raise InputTypeError("X is a polars LazyFrame; give X.collect().")
    if issparse(X):
        raise InputTypeError(
            "X is sparse, and the estimators need a dense array; give X.toarray()."
        )
    if isinstance(X, np.matrix):
        raise InputTypeError("X is a numpy.matrix; give numpy.asarray(X).")
    X = _as_pandas(X)
    if isinstance(X, pd.DataFrame):
        return X
    if isinstance(X, np.ma.MaskedArray) and np.ma.getmaskarray(X).any():
        raise InputError(
            f"X masks {np.ma.getmaskarray(X).sum():,} values, and no estimator takes missing ones; "
            "leave such genes or lines out, or fill the gaps in."
        )
    try:
        values = np.asarray(X)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.ndim != 2:
        given = f"has the shape {values.shape}" if values.ndim else f"is of type {type(X).__name__}"
        raise InputError(
            f"X must be a table or an array of two dimensions, cell lines x genes, but {given}: "
            "Reshape your data, with X.reshape(1, -1) if it is one line and X.reshape(-1, 1) if it "
            "is one gene."
        )
    _check_kind(values.dtype, "X", lambda: values.flat[0])
    if values.dtype == object:
        for gene in range(values.shape[1]):
            _check_objects(values[:, gene], f"X, gene x{gene},", lambda line: _line(X, line))
    return values


def _as_pandas(X):
    """Return a table of polars or pyarrow as one of pandas, anything else as it is."""
    kind = type(X).__module__.split(".")[0]
    if kind == "pyarrow" and hasattr(X, "to_pandas") and hasattr(X, "column_names"):
        return X.to_pandas()
    if kind == "polars" and hasattr(X, "schema"):
        for name, dtype in X.schema.items():
            if not dtype.is_numeric():
                raise InputTypeError(_no_numbers(name, dtype, X[name][0] if len(X) else None))
        return pd.DataFrame(np.asarray(X.to_numpy(), dtype=float), columns=X.columns)
    return X


def _check_names(columns):
    names = list(columns)
    if isinstance(columns, pd.MultiIndex):
        raise InputTypeError(
            "the columns of X have several levels, and names of genes must be unique text; join "
            "them: X.columns = [' '.join(map(str, name)) for name in X.columns]."
        )
    if all(isinstance(name, str) for name in names):
        twice = pd.Index(names).duplicated()
        if twice.any():
            raise InputError(
                f"gene {names[int(np.argmax(twice))]!r} is the name of more than one column of X; "
                "keep one of them, as names must be unique text."
            )
        if blank := [at for at, name in enumerate(names) if not name.strip()]:
            raise InputError(f"column {blank[0]} of X has a blank name; give every gene a name.")
        return
    whole = all(isinstance(name, numbers.Integral) and type(name) is not bool for name in names)
    if whole and names == list(range(len(names))):
        return
    wrong = next(name for name in names if not isinstance(name, str))
    if pd.api.types.is_scalar(wrong) and pd.isna(wrong):
        raise InputTypeError(
            f"column {names.index(wrong)} of X has no name ({wrong!r}), and names of genes must be "
            "unique text; name it or leave it out."
        )
    raise InputTypeError(
        f"a column of X has the name {wrong!r} of type {type(wrong).__name__}, and names of genes "
        f"must be unique text: {TO_TEXT}."
    )


def _check_columns(X):
    """Refuse a table with a column that has no numbers."""
    odd = {dtype for dtype in set(X.dtypes) if not _is_plain(dtype)}
    if not odd:
        return
    for at, dtype in enumerate(X.dtypes):
        if dtype not in odd:
            continue
        column, name = X.iloc[:, at], X.columns[at]
        if dtype.kind == "O" and isinstance(dtype, np.dtype):
            _check_objects(column.to_numpy(), f"X, column {name!r},", lambda line: _line(X, line))
        elif isinstance(dtype, pd.SparseDtype):
            raise InputTypeError(
                "X is sparse, and the estimators need dense columns; give X.sparse.to_dense()."
            )
        elif pd.api.types.is_complex_dtype(dtype):
            _check_kind(dtype, f"X, column {name!r},", None)
        else:
            raise InputTypeError(_no_numbers(name, dtype, column.iloc[0] if len(X) else None))


def _is_plain(dtype):
    types = pd.api.types
    numeric = types.is_numeric_dtype(dtype) and not types.is_bool_dtype(dtype)
    return numeric and not isinstance(dtype, pd.SparseDtype) and not types.is_complex_dtype(dtype)


def _no_numbers(name, dtype, first):
    shown = "" if first is None else f", first value {_shown(first)}"
    return (
        f"column {name!r} of X has no numbers (type {dtype}{shown}); convert it to float or leave "
        "it out."
    )


def _refuse_not_finite(values, X):
    missing = np.isnan(values)
    wrong = missing if missing.any() else np.isinf(values)
    gene = int(np.argmax(wrong.any(axis=0)))
    line, name = _line(X, int(np.argmax(wrong[:, gene]))), _name(X, gene)
    if missing.any():
        raise InputError(
            f"X contains NaN: gene {name} has no value in {line}, and {missing.sum():,} of "
            f"{missing.size:,} values are missing; leave such genes or lines out, or fill the gaps "
            "in."
        )
    raise InputError(
        f"X contains infinity: gene {name} is infinite or beyond float64 in {line}, as are "
        f"{wrong.sum():,} of {wrong.size:,} values; correct them or leave them out."
    )


def _check_sizes(values, largest, X):
    """Refuse values whose squares overflow, or that are so small that they have lost digits."""
    gene = int(np.argmax(largest))
    if largest[gene] > _most(len(values), 2):
        at = int(np.argmax(np.abs(values[:, gene])))
        raise InputError(
            f"expression of gene {_name(X, gene)} is {values[at, gene]:.3g} in {_line(X, at)}, and the "
            "square of that overflows; correct it, as such a value often stands for a missing one, "
            "or divide expression by a constant."
        )
    if 0.0 < largest[gene] < FLOAT.tiny / FLOAT.eps:
        raise InputError(
            f"expression reaches {largest[gene]:.2g} at most (gene {_name(X, gene)}), and values as "
            "small as that have lost digits; multiply expression by a constant."
        )


def _most(n, power):
    """Return the largest deviation of which n products of `power` factors can be summed."""
    return (FLOAT.max / n) ** (1.0 / power) / 2.0  # deviations reach twice the largest value


def _least(n, power):
    """Return the smallest deviation of which products of `power` factors are normal numbers."""
    return (FLOAT.tiny * n) ** (1.0 / power)


# Responses ----------------------------------------------------------------------------------


def read_response(estimator, y, X, power=2):
    """Return a response as a finite array (n,) of float.

    Parameters
    ----------
    estimator : estimator
        Named where y is missing.
    y : array-like of shape (n,)
        One number per cell line; a single column of two dimensions is taken with scikit-learn's
        warning.
    X : array-like of shape (n, p)
        Expression as it was given; where both have line names, these must agree.
    power : int, default=2
        Products of that many deviations from the mean occur in the fit and must not overflow.

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    InputError
        If y is missing, incomplete, of another length or shape than the lines, in another order,
        too large or too small.
    InputTypeError
        If y is sparse or has no numbers.
    """
    if y is None:
        raise InputError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target y "
            "is None; give one response per cell line."
        )
    if issparse(y):
        raise InputTypeError("the response y is sparse; give y.toarray().ravel().")
    if isinstance(y, np.ma.MaskedArray) and np.ma.getmaskarray(y).any():
        raise InputError(
            f"the response y masks {np.ma.getmaskarray(y).sum():,} values; leave lines without a "
            "response out."
        )
    values = _response_values(y)
    n = X.shape[0] if hasattr(X, "shape") else len(X)
    if len(values) != n:
        raise InputError(
            f"the response y has {len(values):,} values and X has {n:,} cell lines; give one value "
            "per line."
        )
    _check_order(y, X)
    _check_response(values, y)
    check_spread(values, power)
    return values


def check_spread(y, power, what="the response y"):
    """Refuse a response (n,) of which products of `power` deviations overflow or vanish."""
    n, largest = len(y), float(np.abs(y).max())
    if largest <= _most(n, 2):
        mean = float(np.mean(y))
        spread = float(np.abs(y - mean).max())
        if spread <= CONSTANT * abs(mean):
            return
        if _least(n, power) <= spread <= _most(n, power):
            return
        said = f"deviates by {spread:.2g} from its mean (largest value {largest:.3g})"
        wrong = "overflow" if spread > 1.0 else "vanish"
    else:
        said, wrong, power = f"reaches {largest:.3g}", "overflow", 2
    raise InputError(
        f"{what} {said}, and products of {power} such numbers {wrong}; correct it where a value "
        "stands for a missing one, or divide it by its standard deviation."
    )


def _response_values(y):
    """Return y (n,) as float; refuse what has no numbers or another shape."""
    arrays = ("__len__", "__array__", "shape")
    if isinstance(y, (str, bytes, dict, set)) or not any(hasattr(y, name) for name in arrays):
        raise InputError(f"the response y must be a 1d array of numbers, not {_shown(y)}.")
    dtypes = list(y.dtypes) if isinstance(y, pd.DataFrame) else [getattr(y, "dtype", None)]
    if any(isinstance(dtype, pd.api.extensions.ExtensionDtype) for dtype in dtypes):
        if not all(_is_plain(dtype) for dtype in dtypes):
            first = np.asarray(y, dtype=object).flat[0] if len(y) else None
            raise InputTypeError(
                f"the response y has no numbers (type {dtypes[0]}, first value {_shown(first)}), and "
                "only continuous responses can be fitted; convert it to float."
            )
        y = y.astype(float)
    try:
        values = np.asarray(y)
    except (TypeError, ValueError):
        raise InputError(
            "the response y must be a 1d array of numbers, not of sequences of different lengths."
        ) from None
    _check_kind(values.dtype, "the response y", lambda: values.flat[0])
    if values.ndim != 1 and not (values.ndim == 2 and values.shape[1] == 1):
        raise InputError(
            f"the response y should be a 1d array, got an array of shape {values.shape} instead; "
            "fit one response at a time."
        )
    values = column_or_1d(values, warn=True)
    if values.dtype == object:
        _check_objects(values, "the response y", lambda line: _line(y, line))
    with np.errstate(over="ignore"):
        return values.astype(float)


def _check_order(y, X):
    """Refuse a response whose line names are those of X in another order, or in part."""
    if not isinstance(y, (pd.Series, pd.DataFrame)) or not isinstance(X, pd.DataFrame):
        return
    lines, others = X.index, y.index
    if isinstance(lines, pd.RangeIndex) or isinstance(others, pd.RangeIndex):
        return
    lines, others = list(lines), list(others)
    if lines != others and not set(lines).isdisjoint(others):
        at = next(at for at, pair in enumerate(zip(lines, others)) if pair[0] != pair[1])
        raise InputError(
            f"the response y names other cell lines than X, or in another order: row {at} is "
            f"{lines[at]!r} in X and {others[at]!r} in y; give y.loc[X.index]."
        )


def _check_response(values, y):
    wrong = ~np.isfinite(values)
    if wrong.any():
        at = int(np.argmax(wrong))
        kind = "NaN" if np.isnan(values[at]) else "infinity"
        raise InputError(
            f"the response y contains {kind} in {_line(y, at)}, and {wrong.sum():,} of "
            f"{len(values):,} values are missing or infinite; leave such lines out."
        )


# Both ---------------------------------------------------------------------------------------


def _check_kind(dtype, what, first):
    """Refuse an array of a type other than numbers or objects; `first` gives its first value."""
    if dtype.kind in "iufO":
        return
    if dtype.kind == "c":
        raise InputError(f"{what} has complex numbers: Complex data not supported; give real ones.")
    if dtype.kind == "b":
        raise InputTypeError(
            f"{what} has True and False, and only continuous values can be fitted; give "
            "astype(float) if 1 and 0 are meant as numbers."
        )
    try:
        shown = _shown(first())
    except IndexError:
        shown = "nothing"
    raise InputTypeError(
        f"{what} has no numbers (type {dtype}, first value {shown}), and only continuous values can "
        "be fitted; convert it to float."
    )


def _check_objects(values, what, line):
    """Refuse an array of objects (m,) with one that is not a number; `line` names a position."""
    for at, value in enumerate(values):
        if type(value) in PLAIN:
            continue
        if value is None or value is pd.NA or value is pd.NaT:
            raise InputError(
                f"{what} contains NaN: the value in {line(at)} is {value!r}; leave it out, or fill "
                "the gap in."
            )
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (numbers.Real, Decimal)):
            raise InputTypeError(
                f"{what} has {_shown(value)} in {line(at)}: this argument must be an array that has no "
                "string and no other object, but numbers alone."
            )
        if isinstance(value, (numbers.Integral, Decimal)) and abs(value) > float(FLOAT.max):
            raise InputError(
                f"{what} has {_shown(value)} in {line(at)}, too large for a number of float64; "
                "correct or leave it out."
            )


def _shown(value):
    """Return a value as a sentence can hold it."""
    return shown(value.item() if isinstance(value, np.generic) else value, 60)


def _name(X, gene):
    named = isinstance(X, pd.DataFrame) and isinstance(X.columns[gene], str)
    return X.columns[gene] if named else f"x{gene}"


def _line(X, at):
    """Return the words for a line: its name where there are names, else its position."""
    index = getattr(X, "index", None)
    if isinstance(index, pd.Index) and not isinstance(index, pd.RangeIndex):
        return f"cell line {index[at]!r}"
    return f"row {at} (counted from 0)"


@contextmanager
def _own_errors():
    """Turn what scikit-learn raises into errors of this package with the same words."""
    try:
        yield
    except PnetError:
        raise
    except TypeError as error:
        raise InputTypeError(str(error).strip()) from error
    except ValueError as error:
        raise InputError(str(error).strip()) from error
