"""Whether a source is a cohort of own tables, and which tables it has, by the names of its files.

Only the standard library is imported, so ``./reproduce.sh`` knows which steps a run has, and that no
table is missing, before anything is installed.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from pnetlib.errors import DataError

NAME = "config.yml"
SUFFIXES = (".yml", ".yaml")
TEXT = (".csv", ".tsv", ".tab", ".txt")
XLSX, PARQUET, H5AD = ".xlsx", ".parquet", ".h5ad"
KINDS = (*TEXT, PARQUET, XLSX, H5AD)
OFFICIAL = (".txt", ".tsv", ".zip", ".gz")  # suffixes of the official table of expression
_NAMES = {
    "expression": ("expression",),
    "response": ("response", "responses"),
    "annotation": ("annotation",),
}
# Kinds of tables that are not read; each program can write one that is.
_UNREAD = (".xls", ".xlsb", ".xlsm", ".ods", ".rds", ".rda", ".rdata", ".feather", ".sav", ".dta")


def config_path(source: str | Path) -> Path | None:
    """Return the config that a source is, or the ``config.yml`` in a folder; None without one."""
    path = Path(source)
    if path.suffix.casefold() in SUFFIXES and path.is_file():
        return path
    return path / NAME if (path / NAME).is_file() else None


def is_own(source: str | Path) -> bool:
    """Return whether a source is a cohort of own tables rather than the official files of GDSC.

    It is a config, or a folder with a config or with a table named expression.
    """
    path = Path(source)
    if config_path(path) is not None:
        return True
    try:
        names = [file.name.casefold() for file in path.iterdir()]
    except OSError:  # a file, a named source, or a folder that the loader reports
        return False
    return any(name.startswith("expression.") for name in names)


def require_tables(source: str | Path) -> None:
    """Refuse a folder without a config whose names of files show that a table is missing.

    Raises
    ------
    DataError
        As `find_tables`, or if there is neither a table named expression nor a file that may be the
        official one.
    """
    path = Path(source)
    if config_path(path) is not None or not os.access(path, os.R_OK) or not path.is_dir():
        return  # a file, or a folder that the loader reports
    if is_own(path):
        find_tables(path)
    elif not any(file.suffix.casefold() in OFFICIAL for file in path.iterdir()):
        raise DataError(
            f"The folder {path} has neither a table named expression nor the official files of GDSC; put "
            f"them there, or {init_hint(path)}."
        )


def init_hint(folder: Path) -> str:
    """Return the remedy for a folder whose tables have other names, as the end of a sentence."""
    return (
        f"say which files are your tables: ./reproduce.sh init {shlex.quote(str(folder))} --expression NAME "
        "--response NAME"
    )


def kind_of(name: str) -> str:
    """Return the suffix of a table that can be read, in small letters and without .gz, or "".

    >>> kind_of("a.TSV"), kind_of("a.csv.gz"), kind_of("a.h5ad"), kind_of("a.h5ad.gz"), kind_of("gdsc")
    ('.tsv', '.csv', '.h5ad', '', '')
    """
    name = name.casefold()
    suffix = Path(name.removesuffix(".gz")).suffix
    return suffix if suffix in (TEXT if name.endswith(".gz") else KINDS) else ""


def find_tables(folder: str | Path, known: Sequence[str] = ()) -> dict[str, Path]:
    """Return the own tables in a folder by kind: expression, response and, if there is one, annotation.

    They are found by name, in any case: ``expression``, ``response`` (or ``responses``) and
    ``annotation``, each with a suffix that `pnetlib.datasets.own_tables.read_own_table` reads.

    Parameters
    ----------
    folder : str or Path
        The folder.
    known : sequence of str, default ()
        Kinds that are known already and not looked for.

    Returns
    -------
    dict of str to Path

    Raises
    ------
    DataError
        If there is no such folder, a table is missing, or two files may be the same table.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("Expression.tsv", "responses.csv", "notes.csv"):
    ...         _ = Path(folder, name).write_text("")
    ...     {kind: path.name for kind, path in find_tables(folder).items()}
    {'expression': 'Expression.tsv', 'response': 'responses.csv'}
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}; check the path.")
    found: dict[str, list[Path]] = {kind: [] for kind in _NAMES}
    for path in sorted(folder.iterdir()):
        suffix = kind_of(path.name)
        stem = path.name.casefold().removesuffix(".gz").removesuffix(suffix)
        for kind, names in _NAMES.items():
            if suffix and stem in names and not path.is_dir():
                found[kind].append(path)
    found = {kind: paths for kind, paths in found.items() if kind not in known}
    for kind, paths in found.items():
        if len(paths) > 1:
            names = " and ".join(path.name for path in paths)
            raise DataError(
                f"The folder {folder} has {names}; keep one, or name it below `data` in "
                f"config.yml, as in `{kind}: {paths[0].name}`."
            )
    missing = [kind for kind in ("expression", "response") if found.get(kind) == []]
    if missing:
        unread = "".join(f" {sentence}" for sentence in unread_tables(folder, missing))
        raise DataError(
            f"The folder {folder} has no table named {' and none named '.join(missing)}; a table ends in "
            f"{', '.join(KINDS)}, or, for text, in one of these and .gz, such as {missing[0]}.csv.{unread}"
        )
    return {kind: paths[0] for kind, paths in found.items() if paths}


def unread_tables(folder: Path, kinds: Iterable[str]) -> list[str]:
    """Return a sentence for each file that is named as a table of these kinds, but that is not read."""
    names = {name for kind in kinds for name in _NAMES[kind]}
    return [
        f"{path.name} is not read; save it as .csv or .xlsx."
        for path in sorted(folder.iterdir())
        if path.stem.casefold() in names and path.suffix.casefold() in _UNREAD
    ]
