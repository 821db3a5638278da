"""Kinds of files that may have an own table: workbooks, parquet and AnnData, opened without running anything.

Each reader checks the size of what it would unfold before it does so.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from pnetlib.datasets.workbooks import checked_sheet, column_number, part_of, sheet_parts
from pnetlib.errors import CorruptFileError, DataError, OutOfMemoryError, SetupError, UsageError
from pnetlib.execution.memory import available_memory
from pnetlib.words import counted, first_few

MOST_NAMES = 500_000  # rows or columns of a table
LONGEST_NAME = 500  # characters
LONGEST_TEXT = (1 << 15) - 1  # characters of a cell, as in a spreadsheet
_FEW_CELLS = 1 << 22  # a sheet with fewer cells than this may be as sparse as it likes
_COLUMN = re.compile(rb"<(?:\w+:)?c\b[^<>]*?\br=[\"']([A-Za-z]{1,3})\d")
_ROW = re.compile(rb"<(?:\w+:)?row\b[^<>]*?\br=[\"'](\d+)[\"']")


def needed_module(module: str, package: str, file: str) -> ModuleType:
    """Import a module of an optional package; a sentence says how to install it.

    Raises
    ------
    SetupError
        If the package is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise SetupError(
            f"{file} needs the package {package}; install it with `pip install {package}`."
        ) from error


def check_names(file: str, n_rows: int, n_columns: int) -> None:
    """Refuse a table with more rows or columns than there are names to give.

    Raises
    ------
    DataError
        If there are more than 500,000 of either.
    """
    for count, what in ((n_rows, "rows"), (n_columns, "columns")):
        if count > MOST_NAMES:
            raise DataError(
                f"{file} has more than {MOST_NAMES:,} {what}; no table of cell lines, genes or responses "
                "has. Check the file."
            )


def check_size(file: str, n_rows: int, n_columns: int) -> None:
    """Refuse a matrix of float64 that does not fit into the memory that is available.

    Raises
    ------
    DataError
        If it needs more than half of it.
    """
    check_names(file, n_rows, n_columns)
    available = available_memory()
    needed = 16 * n_rows * n_columns
    if available is not None and needed > available:
        raise DataError(
            f"{file} has {n_rows:,} x {n_columns:,} values, which need {needed / 1e9:.1f} GB of "
            f"memory, and {available / 1e9:.1f} GB are available; write a smaller table."
        )


def too_long(file: str, length: int, start: str) -> DataError:
    """Return the error of a name that is too long, with its length and how it begins."""
    return DataError(
        f"{file} has a name of {length:,} characters, {start[:20]!r}...; give it at most {LONGEST_NAME}."
    )


def within_memory(read: Callable[..., Any]) -> Callable[..., Any]:
    """Make a sentence of the lack of memory in a function that reads a file, its first argument."""

    @wraps(read)
    def reading(path: Path, *arguments: Any, **options: Any) -> Any:
        try:
            return read(path, *arguments, **options)
        except MemoryError as error:
            if isinstance(error, OutOfMemoryError):
                raise
            raise OutOfMemoryError(
                f"{path.name} needs more memory than is available; write a smaller table, or read it on "
                "a larger machine."
            ) from error

    return reading


def xlsx_rows(path: Path, sheet: str | None, said: list[str]) -> tuple[int, Iterator[list[Any]]]:
    """Return the rows of the one sheet of a workbook that has any, or of a named one.

    They begin with the first column that has a value; the number of columns before it comes first.

    A cell is a float or text. Truth values and dates are text; blank cells and errors are "", and
    `said` gets a sentence for the latter, and for what is hidden.

    Raises
    ------
    UsageError
        If there is no sheet of that name, or several have values and none is named.
    CorruptFileError
        If the file is no workbook, a formula has no stored value, cells of the table are merged, a
        number is none, or two cells have one address.
    """
    import python_calamine

    parts = sheet_parts(path)
    try:
        with python_calamine.CalamineWorkbook.from_path(str(path)) as book:
            found = _chosen_sheet(path, book, sheet, parts)
            if found is None:
                return 0, iter(())
            checked_sheet(path, parts[found], said)
            if _is_hidden(book, found):
                said.append(f"{path.name}: the sheet {found} is hidden; it was read.")
            cells = book.get_sheet_by_name(found)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        raise CorruptFileError(
            f"{path.name} is damaged or not an xlsx file ({error}); save it again."
        ) from error
    rows = ([_plain(cell) for cell in row] for row in cells.iter_rows())
    return (cells.start or (0, 0))[1], rows


def _plain(cell: Any) -> float | str:
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, (int, float)):
        return float(cell)
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return str(cell.date())
    return str(cell)


def _chosen_sheet(path: Path, book: Any, sheet: str | None, parts: dict[str, str]) -> str | None:
    """Return the name of the sheet to read; None if all are empty."""
    names = list(book.sheet_names)
    if sheet is not None and sheet not in names:
        raise UsageError(
            f"{path.name} has no sheet {sheet!r}; choose one of {first_few(names, 12)}."
        )
    filled = []
    for name in names if sheet is None else [sheet]:
        if name in parts and _is_filled(path, name, parts[name]):
            filled.append(name)
    if len(filled) > 1:
        raise UsageError(
            f"{path.name} has {len(filled)} sheets with values: {first_few(filled, 12)}; name the one "
            "to read with sheet."
        )
    return filled[0] if filled else None


def _is_hidden(book: Any, name: str) -> bool:
    from python_calamine import SheetVisibleEnum

    sheets = {sheet.name: sheet.visible for sheet in book.sheets_metadata}
    return sheets[name] != SheetVisibleEnum.Visible


def _is_filled(path: Path, name: str, part: str) -> bool:
    """Return whether a sheet has cells; refuse one whose few cells span a huge area."""
    cells, columns, rows = 0, set(), (1 << 62, 0)
    for piece in part_of(path, part):
        found = _COLUMN.findall(piece)
        cells += len(found)
        columns.update(found)
        numbers = [int(number) for number in _ROW.findall(piece)]
        if numbers:
            rows = min(rows[0], min(numbers)), max(rows[1], max(numbers))
        if not found and b"c>" in piece:
            cells += piece.count(b"c>")  # cells without addresses stand side by side
    places = [column_number(letters) for letters in columns]
    area = (
        (max(places) - min(places) + 1) * (rows[1] - rows[0] + 1) if places and rows[1] else cells
    )
    if area > max(_FEW_CELLS, 20 * cells):
        raise CorruptFileError(
            f"The sheet {name} of {path.name} has {counted(cells, 'cell')} spread over {area:,}; remove "
            "the cells far from the table."
        )
    return cells > 0


def read_parquet(path: Path) -> tuple[str, list[Any], list[str], list[Any]]:
    """Return the name of the column of row names, the row names, and names and columns of the rest.

    The stored index of pandas names the rows, or else the first column. Columns are arrow arrays.

    Raises
    ------
    SetupError
        If pyarrow is not installed.
    CorruptFileError
        If the file is damaged or no parquet.
    DataError
        If the index or the column names have several levels, there are no columns, a column has a
        type that no table has, or a text is too long.
    """
    parquet = needed_module("pyarrow.parquet", "pyarrow", path.name)
    arrow = needed_module("pyarrow", "pyarrow", path.name)
    try:
        with parquet.ParquetFile(path) as file:
            check_size(path.name, file.metadata.num_rows, file.metadata.num_columns)
            at, texts = _checked_schema(path, arrow, file.schema_arrow)
        # A text that is stored once for many rows stays so.
        with parquet.ParquetFile(path, read_dictionary=texts) as file:
            table = file.read()
        table.validate(full=True)
        _check_texts(path.name, arrow, table, at)
    except (arrow.ArrowException, OSError, ValueError) as error:
        if isinstance(error, (DataError, MemoryError)):
            raise
        reason = " ".join(str(error).split())
        raise CorruptFileError(
            f"{path.name} is damaged or not a parquet file ({reason}); write it again."
        ) from error
    names = list(table.column_names)
    rest = [column for column in range(len(names)) if column != at]
    corner = "" if names[at].startswith("__index_level_") else names[at]
    keys = arrow_values(table.column(at))
    return corner, keys, [names[c] for c in rest], [table.column(c) for c in rest]


def _checked_schema(path: Path, arrow: ModuleType, schema: Any) -> tuple[int, list[str]]:
    """Return which column names the rows, and the names of the columns of text or bytes.

    Types are looked at before anything is read: few bytes may unfold to a huge list per cell.
    """
    names = list(schema.names)
    if not names:
        raise DataError(f"{path.name} has no columns; the first must name the rows.")
    index = _stored_index(path, schema)
    at = names.index(index) if index in names else 0
    kinds = [_value_type(arrow, kind) for kind in schema.types]
    types = arrow.types
    if not (
        _is_text(arrow, kinds[at]) or types.is_integer(kinds[at]) or types.is_floating(kinds[at])
    ):
        raise DataError(
            f"The first column of {path.name}, {names[at]!r}, has values of the type {kinds[at]}; it "
            "must name the rows, as text or whole numbers."
        )
    for place, (name, kind) in enumerate(zip(names, kinds), 1):
        if types.is_nested(kind) or types.is_fixed_size_binary(kind):
            raise DataError(
                f"Column {place} of {path.name}, {name}, has values of the type {kind}; write one number "
                "or text per cell, or remove the column."
            )
    long = (_is_text(arrow, kind) or _is_bytes(arrow, kind) for kind in kinds)
    return at, [name for name, found in zip(names, long) if found]


def _value_type(arrow: ModuleType, kind: Any) -> Any:
    """Return the type of the values of a column, also of categories and of types of other packages."""
    kind = getattr(kind, "storage_type", kind)
    return kind.value_type if arrow.types.is_dictionary(kind) else kind


def _is_text(arrow: ModuleType, kind: Any) -> bool:
    types = arrow.types
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def _is_bytes(arrow: ModuleType, kind: Any) -> bool:
    types = arrow.types
    return types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind)


def _check_texts(file: str, arrow: ModuleType, table: Any, at: int) -> None:
    """Refuse names and cells that are too long, before they are text of Python."""
    compute = needed_module("pyarrow.compute", "pyarrow", file)
    total, available = 0, available_memory()
    for column, name in enumerate(table.column_names):
        for chunk in table.column(column).chunks:
            if not (
                arrow.types.is_dictionary(chunk.type) and _is_text(arrow, chunk.type.value_type)
            ):
                continue
            lengths = compute.utf8_length(chunk.dictionary).take(chunk.indices)
            longest = compute.max(lengths).as_py() or 0
            total += compute.sum(lengths).as_py() or 0
            if longest > (LONGEST_NAME if column == at else LONGEST_TEXT):
                row = compute.index(lengths, longest).as_py()
                start = compute.utf8_slice_codeunits(chunk.dictionary, 0, 20)[
                    chunk.indices[row].as_py()
                ]
                if column == at:
                    raise too_long(file, longest, start.as_py())
                raise DataError(
                    f"Column {column + 1} of {file}, {name}, has a text of {longest:,} characters, "
                    f"{start.as_py()!r}...; give it at most {LONGEST_TEXT:,}, or remove the column."
                )
    if available is not None and 2 * total > available:
        raise DataError(
            f"{file} has {total / 1e9:.1f} GB of text, and {available / 1e9:.1f} GB of memory are "
            "available; write a smaller table."
        )


def _stored_index(path: Path, schema: Any) -> str | None:
    """Return the column that pandas stored as the index; its metadata are plain JSON."""
    stored = (schema.metadata or {}).get(b"pandas")
    if stored is None:
        return None
    try:
        stored = json.loads(stored)
        columns, heads = stored.get("index_columns", []), stored.get("column_indexes", [])
    except (ValueError, AttributeError):
        return None
    if len(heads) > 1:
        raise DataError(f"{path.name} has column names of {len(heads)} levels; write it with one.")
    columns = [column for column in columns if isinstance(column, str)]
    if len(columns) > 1:
        raise DataError(
            f"{path.name} has an index of {len(columns)} levels ({first_few(columns)}); write it with one."
        )
    return columns[0] if columns else None


def arrow_numbers(column: Any) -> np.ndarray | None:
    """Return an arrow column as float64, with NaN for null; None if it is not of a numeric type."""
    from pyarrow import types

    if types.is_decimal(column.type):
        column = column.cast("float64")
    if not (types.is_integer(column.type) or types.is_floating(column.type)):
        return np.full(len(column), np.nan) if types.is_null(column.type) else None
    # Integers with nulls become floats here, never objects.
    return np.asarray(column.to_numpy(), dtype=np.float64)


def arrow_texts(column: Any) -> list[str] | None:
    """Return an arrow column of text, truth values, dates or numbers as text; None for anything else."""
    from pyarrow import types

    kind = column.type.value_type if types.is_dictionary(column.type) else column.type
    if types.is_nested(kind) or types.is_binary(kind) or types.is_large_binary(kind):
        return None
    return ["" if value is None else str(value) for value in arrow_values(column)]


def arrow_values(column: Any) -> list[Any]:
    """Return the values of an arrow column; equal texts of categories are one object."""
    from pyarrow import types

    if not types.is_dictionary(column.type):
        return column.to_pylist()
    values: list[Any] = []
    for chunk in column.chunks:
        known = [*chunk.dictionary.to_pylist(), None]
        values += [known[-1 if at is None else at] for at in chunk.indices.to_pylist()]
    return values


def read_h5ad(path: Path, layer: str = "", raw: bool = False) -> tuple[Any, Any, Any, str]:
    """Return a matrix of an h5ad file, its obs and its var, and which matrix it is.

    Only these parts are read.

    Raises
    ------
    SetupError
        If anndata is not installed.
    UsageError
        If there is no such layer, or no raw.
    CorruptFileError
        If the file is damaged or no h5ad.
    """
    needed_module("anndata", "anndata", path.name)
    io = needed_module("anndata.io", "anndata", path.name)
    h5py = needed_module("h5py", "h5py", path.name)
    try:
        with h5py.File(path, "r") as file:
            key, what = chosen_matrix(path.name, file, layer, raw)
            if key not in file:
                raise UsageError(f"{path.name} has no {what}; choose a layer{_of_layers(file)}.")
            shape = file[key].attrs.get("shape", getattr(file[key], "shape", (0, 0)))
            check_size(path.name, *(int(size) for size in shape[:2]))
            obs = io.read_elem(file["obs"])
            var = io.read_elem(file["raw/var" if raw else "var"])
            return io.read_elem(file[key]), obs, var, what
    except (UsageError, DataError, MemoryError):
        raise
    except Exception as error:  # h5py and anndata raise many classes for a damaged file
        reason = " ".join(str(error).split())[:200]
        raise CorruptFileError(
            f"{path.name} is damaged or not an h5ad file ({reason}); write it again."
        ) from error


def read_h5ad_obs(path: Path) -> Any:
    """Return the obs of an h5ad file as a DataFrame; errors as for `read_h5ad`."""
    io = needed_module("anndata.io", "anndata", path.name)
    h5py = needed_module("h5py", "h5py", path.name)
    try:
        with h5py.File(path, "r") as file:
            return io.read_elem(file["obs"])
    except MemoryError:
        raise
    except Exception as error:  # as above
        reason = " ".join(str(error).split())[:200]
        raise CorruptFileError(
            f"{path.name} is damaged or not an h5ad file ({reason}); write it again."
        ) from error


def chosen_matrix(name: str, adata: Any, layer: str, raw: bool) -> tuple[str, str]:
    """Return the key of a matrix in an h5ad file and what it is called in a sentence.

    Raises
    ------
    UsageError
        If both a layer and raw are asked for, or there is no such layer, or no raw.
    """
    if layer and raw:
        raise UsageError(f"Choose the layer {layer!r} or raw of {name}, not both.")
    if layer:
        if layer not in (adata["layers"] if "layers" in adata else ()):
            raise UsageError(f"{name} has no layer {layer!r}{_of_layers(adata)}.")
        return f"layers/{layer}", f"the layer {layer}"
    if raw:
        if "raw" not in adata:
            raise UsageError(f"{name} has no raw; leave that option out{_of_layers(adata)}.")
        return "raw/X", "raw"
    return "X", "X"


def _of_layers(adata: Any) -> str:
    layers: Sequence[str] = sorted(adata["layers"]) if "layers" in adata else []
    return f"; its layers are {first_few(layers, 12)}" if layers else "; it has no layers"


def dense_matrix(matrix: Any, name: str, what: str) -> np.ndarray:
    """Return a dense, sparse or backed matrix as float64; its values are not checked.

    Raises
    ------
    DataError
        If it is not of real numbers, or does not fit into memory.
    CorruptFileError
        If a sparse matrix contradicts itself, or has two values for one place.
    """
    if matrix is None:
        raise UsageError(f"{name} has no {what}; choose a layer.")
    if hasattr(matrix, "to_memory"):  # backed sparse
        matrix = matrix.to_memory()
    if getattr(matrix, "ndim", len(matrix.shape)) != 2:
        raise DataError(f"{what} of {name} has {len(matrix.shape)} dimensions; it must have two.")
    check_size(name, *matrix.shape)
    if hasattr(matrix, "toarray"):
        try:
            if hasattr(matrix, "check_format"):
                matrix.check_format(full_check=True)  # a wrong place would be written to otherwise
        except ValueError as error:
            raise CorruptFileError(
                f"{what} of {name} is a damaged sparse matrix ({error}); write it again."
            ) from error
        _refuse_two_values(matrix, name, what)
        matrix = matrix.toarray()
    matrix = np.asarray(matrix)
    if matrix.dtype.kind not in "iuf":
        raise DataError(
            f"{what} of {name} has values of the type {matrix.dtype}; they must be real numbers."
        )
    return matrix.astype(np.float64)


def _refuse_two_values(matrix: Any, name: str, what: str) -> None:
    """Refuse a sparse matrix with two values for one place, which would be added up."""
    matrix = matrix.tocoo()
    places = np.sort(matrix.row.astype(np.int64) * matrix.shape[1] + matrix.col)
    twice = places[1:][places[1:] == places[:-1]]
    if twice.size:
        row, column = divmod(int(twice[0]), matrix.shape[1])
        raise CorruptFileError(
            f"{what} of {name} has two values for obs {row + 1}, var {column + 1}; keep one of them."
        )
