"""Cohorts from AnnData and to AnnData; the package anndata is needed only here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pnetlib.datasets.cohort import ANNOTATION, Cohort
from pnetlib.datasets.own_cohort import cohort_of_tables
from pnetlib.datasets.own_kinds import chosen_matrix, needed_module
from pnetlib.datasets.own_tables import (
    EXPRESSION,
    OwnTable,
    check_genes,
    matrix_table,
    read_own_expression,
    table_of,
)
from pnetlib.datasets.own_values import refuse_code
from pnetlib.errors import DataError, MissingColumnError, UsageError
from pnetlib.execution.storage import digest
from pnetlib.words import first_few

if TYPE_CHECKING:
    from anndata import AnnData

STORED = "pnetlib"  # key of uns
_CALLED = "the AnnData"


def read_anndata_expression(
    source: AnnData | str | Path, *, layer: str = "", raw: bool = False
) -> pd.DataFrame:
    """Return expression from an AnnData or an h5ad file, checked as an own table is.

    Parameters
    ----------
    source : AnnData, str or Path
        Observations are cell lines and variables are genes.
    layer : str, default ""
        Layer to read; "" means X.
    raw : bool, default False
        Whether the matrix and the variables of raw are read.

    Returns
    -------
    DataFrame of shape (n_lines, n_genes)
        float64; index the names of observations, columns those of variables.

    Raises
    ------
    SetupError
        If anndata is not installed.
    UsageError
        If there is no such layer, or no raw.
    DataError, DuplicateError
        If a value is not a finite number, a name is blank or a date, or a name occurs twice.

    See Also
    --------
    cohort_from_anndata : With responses, as a cohort.

    Examples
    --------
    >>> import pytest; anndata = pytest.importorskip("anndata")
    >>> import numpy as np, pandas as pd
    >>> adata = anndata.AnnData(np.eye(2), var=pd.DataFrame(index=["TP53", "MDM2"]))
    >>> read_anndata_expression(adata).loc["0", "TP53"].item()
    1.0
    """
    if isinstance(source, (str, Path)):
        return read_own_expression(Path(source), layer=layer, raw=raw)[0]
    table = _expression(source, layer, raw, oriented=True)
    check_genes(_CALLED, table.values.columns, table.said)
    refuse_code(table)
    return table.values


def cohort_from_anndata(
    adata: AnnData,
    response: pd.DataFrame | Sequence[str] | None = None,
    annotation: pd.DataFrame | None = None,
    *,
    name: str = "AnnData",
    responses: Sequence[str] = (),
    larger: str = "resistant",
    measure: str = "response",
    tissue: str = "",
    layer: str = "",
    raw: bool = False,
) -> Cohort:
    """Return an AnnData with responses as a cohort.

    Parameters
    ----------
    adata : AnnData
        Expression: observations are cell lines and variables are genes. It is not changed.
    response : DataFrame, sequence of str, or None, default None
        A table of responses, or names of columns of ``adata.obs``. None takes back the very cohort
        that `cohort_to_anndata` stored.
    annotation : DataFrame, default None
        Annotation of the cell lines; None means ``adata.obs``.
    name, responses, larger, measure, tissue
        As for `pnetlib.datasets.own_cohort.read_own_cohort`.
    layer : str, default ""
        Layer with the expression; "" means X.
    raw : bool, default False
        Whether the expression is that of raw.

    Returns
    -------
    Cohort

    Raises
    ------
    SetupError
        If anndata is not installed.
    UsageError
        If there is no such layer, or no raw, or an option has a wrong value.
    MissingColumnError
        If obs lacks a column.
    MissingDrugError, DataError, DuplicateError
        As for `pnetlib.datasets.own_cohort.read_own_cohort`.

    See Also
    --------
    cohort_to_anndata : The way back.
    read_anndata_expression : Expression alone.

    Examples
    --------
    >>> import pytest; anndata = pytest.importorskip("anndata")
    >>> import numpy as np, pandas as pd
    >>> values = np.random.default_rng(0).normal(size=(12, 3))
    >>> obs = pd.DataFrame({"ln IC50": values[:, 0]}, [f"L{at}" for at in range(12)])
    >>> adata = anndata.AnnData(values[:, 1:], obs, pd.DataFrame(index=["TP53", "MDM2"]))
    >>> cohort_from_anndata(adata, ["ln IC50"]).response.shape
    (12, 1)
    """
    if response is None:
        return _stored_cohort(adata, layer, raw)
    obs = adata.obs
    if not isinstance(response, pd.DataFrame):
        names = [response] if isinstance(response, str) else list(response)
        _refuse_absent(names, obs)
        responses = responses or names
        response, obs = obs[names], obs.drop(columns=names)
    if annotation is None and obs.shape[1]:
        annotation = obs
    filename = getattr(adata, "filename", None)
    return cohort_of_tables(
        _expression(adata, layer, raw),
        table_of(response, "response", "the table of responses"),
        None if annotation is None else table_of(annotation, "annotation", "the annotation"),
        name=name,
        files={Path(filename).name: digest(Path(filename))} if filename else {},
        responses=responses,
        larger=larger,
        measure=measure,
        tissue=tissue,
    )


def cohort_to_anndata(cohort: Cohort) -> AnnData:
    """Return a cohort as an AnnData: expression in X, annotation and responses in obs.

    The provenance is JSON text in ``uns["pnetlib"]``, so that `cohort_from_anndata` gives the same
    cohort again, also from a file that ``write_h5ad`` wrote. A column of obs with a response has the
    name of the response, unless that name is taken or has a slash, which h5ad does not allow. The
    planted truth of a simulated cohort is not stored.

    Parameters
    ----------
    cohort : Cohort
        The cohort.

    Returns
    -------
    AnnData
        Responses are z-scores, larger is more resistant.

    Raises
    ------
    SetupError
        If anndata is not installed.

    See Also
    --------
    cohort_from_anndata : The way back.

    Examples
    --------
    >>> import pytest; anndata = pytest.importorskip("anndata")
    >>> from pnetlib import load_cohort
    >>> cohort = load_cohort("simulated", size="smoke")
    >>> adata = cohort_to_anndata(cohort)
    >>> adata.shape, "Docetaxel" in adata.obs
    ((240, 150), True)
    >>> cohort_from_anndata(adata).response.equals(cohort.response)
    True
    """
    anndata = needed_module("anndata", "anndata", "An AnnData")
    columns: dict[str, str] = {}
    for response in cohort.response.columns:
        column = response.replace("/", "_")
        while column in (*ANNOTATION, *columns, "_index"):
            column += "_"
        columns[column] = response
    # Text as objects: pandas' own type of text cannot be written for every reader of h5ad.
    obs = cohort.annotation.astype(object)
    obs.index = obs.index.astype(object)
    responses = cohort.response.set_axis(list(columns), axis=1).set_axis(obs.index, axis=0)
    stored = {"provenance": cohort.provenance, "responses": columns}
    return anndata.AnnData(
        cohort.expression.to_numpy(copy=True),
        pd.concat([obs, responses], axis=1),
        pd.DataFrame(index=cohort.expression.columns.astype(object)),
        uns={STORED: json.dumps(stored, sort_keys=False)},
    )


def _expression(adata: Any, layer: str, raw: bool, oriented: bool = False) -> OwnTable:
    needed_module("anndata", "anndata", "An AnnData")
    if not all(hasattr(adata, part) for part in ("obs_names", "var_names", "layers", "X")):
        raise UsageError(f"adata is of the type {type(adata).__name__}, but must be an AnnData.")
    parts = {"layers": adata.layers}
    if adata.raw is not None:
        parts["raw"] = adata.raw
    _, which = chosen_matrix(_CALLED, parts, layer, raw)
    matrix = adata.raw.X if raw else adata.layers[layer] if layer else adata.X
    var = adata.raw.var_names if raw else adata.var_names
    return matrix_table(_CALLED, matrix, adata.obs_names, var, which, EXPRESSION, oriented)


def _refuse_absent(names: Sequence[str], obs: pd.DataFrame) -> None:
    absent = [name for name in names if name not in obs.columns]
    if absent:
        raise MissingColumnError(
            f"obs of {_CALLED} has no column {first_few(absent)}; it has {first_few(obs.columns, 12)}."
        )


def _stored_cohort(adata: Any, layer: str, raw: bool) -> Cohort:
    """Return the cohort that `cohort_to_anndata` stored."""
    expression = _expression(adata, layer, raw, oriented=True).values
    if STORED not in adata.uns:
        raise UsageError(
            f"{_CALLED} does not come from cohort_to_anndata, so response must be a table or columns of obs."
        )
    try:
        stored = json.loads(str(adata.uns[STORED]))
        provenance, columns = stored["provenance"], dict(stored["responses"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"uns[{STORED!r}] of {_CALLED} is damaged ({error}); give response as columns of obs."
        ) from error
    _refuse_absent([*columns, *ANNOTATION], adata.obs)
    response = adata.obs[list(columns)].set_axis(list(columns.values()), axis=1)
    return Cohort(expression, response, adata.obs[list(ANNOTATION)].astype(str), provenance)
