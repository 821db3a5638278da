"""A cohort in a folder of own tables, described by a config.yml or found by the names of its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from pnetlib.config import Config, Data, Responses, read_config
from pnetlib.datasets.cohort import Cohort
from pnetlib.datasets.drugs import drug_words, listed_drugs
from pnetlib.datasets.own_cohort import read_own_cohort
from pnetlib.datasets.own_source import config_path, find_tables, unread_tables
from pnetlib.errors import UsageError


def config_of(source: str | Path) -> Config | None:
    """Return the config that a source is, or that lies in it; None without one."""
    path = config_path(source)
    return None if path is None else read_config(path)


def own_files(source: str | Path) -> tuple[dict[str, Path], Data]:
    """Return the tables of a cohort by kind, and how they are read.

    Raises
    ------
    UsageError
        If the config names another source instead of files, or a file that is not in its folder.
    DataError
        If there is no config and the folder lacks a table.
    """
    config, path = config_of(source), Path(source)
    if config is None:
        tables = find_tables(path)
        return tables, Data(**{kind: table.name for kind, table in tables.items()})
    folder = config_path(source).parent
    if isinstance(config.data, str):
        raise UsageError(
            f"{config_path(source).name}: data is {config.data!r}, which names no files; give the "
            "keys expression and response below data, or name this config as the source of a run."
        )
    tables = {}
    for kind in ("expression", "response", "annotation"):
        name = getattr(config.data, kind)
        if name and not (folder / name).exists():
            raise UsageError(
                f"{config_path(source).name}: data.{kind} is {name!r}, but there is no such file in "
                f"{folder}; correct the name."
            )
        if name:
            tables[kind] = folder / name
    return tables, config.data


def load_own(source: str | Path, drugs: str | Sequence[str] | None = None) -> Cohort:
    """Load a cohort of own tables.

    Parameters
    ----------
    source : str or Path
        A config, or a folder with a config or with tables named expression and response.
    drugs : str or sequence of str, default None
        Names of responses, in this order, instead of those of the config; None means these, or all.

    Returns
    -------
    Cohort

    Raises
    ------
    PnetError
        As `pnetlib.datasets.own_cohort.read_own_cohort` and `own_files`.
    """
    return _read(source, drug_words(drugs) if drugs else None)


def _read(source: str | Path, names: Sequence[str] | None = None) -> Cohort:
    tables, data = own_files(source)
    config = config_of(source)
    responses = config.responses if config else Responses()
    options: dict[str, Any] = data.model_dump(include={"tissue", "layer", "raw"})
    cohort = read_own_cohort(
        tables["expression"],
        tables["response"],
        tables.get("annotation"),
        name=name_of(source),
        responses=responses.names if names is None else names,
        larger=responses.larger,
        measure=responses.measure,
        sheet=data.sheet or None,
        **options,
    )
    # A config names the tables that it means.
    unread = [] if config else unread_tables(Path(source), ("expression", "response", "annotation"))
    provenance = cohort.provenance | {"handled": [*cohort.provenance["handled"], *unread]}
    if not direction_of(source)[1]:
        provenance["own"] = cohort.provenance["own"] | {"assumed": True}
    return replace(cohort, provenance=provenance)


def direction_of(source: str | Path) -> tuple[Responses, bool]:
    """Return what the responses of own tables are, and whether a config says what a larger one means."""
    config = config_of(source)
    responses = config.responses if config else Responses()
    return responses, "larger" in responses.model_fields_set


def own_settings(source: str | Path) -> tuple[list[Path], dict[str, Any]]:
    """Return the files of a cohort of own tables, and all else on which the cohort depends."""
    tables, data = own_files(source)
    config = config_of(source)
    read = data.model_dump(include={"tissue", "layer", "raw", "sheet"})
    meaning = (config.responses if config else Responses()).model_dump(
        include={"measure", "larger"}
    )
    return sorted(tables.values()), {"name": name_of(source)} | read | meaning


def name_of(source: str | Path) -> str:
    """Return what a cohort of own tables is called: by its config, or by its folder."""
    config, path = config_of(source), config_path(source)
    own = path.parent if path is not None else Path(source)
    return (config.name if config else "") or own.resolve().name


def list_own(source: str | Path) -> pd.DataFrame:
    """List the responses of a cohort of own tables, as `pnetlib.datasets.list_drugs` does.

    Median and spread are those of z-scores.
    """
    response = _read(source, ()).response
    values = [response[name].dropna() for name in response]
    return listed_drugs([None] * len(values), list(response), values)
