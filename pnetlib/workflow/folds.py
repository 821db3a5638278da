"""Finished folds of a run: kept one by one, so that whatever ends a run costs only those begun."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pnetlib.execution.fingerprint import CALCULATION, library_digest, versions
from pnetlib.execution.storage import whole_file

if TYPE_CHECKING:
    from pnetlib.datasets.cohort import Cohort


class Folds:
    """Results of tasks by what they were made from: `get` and `put` are what an `Engine` asks for.

    What a result was made from is its content: cohort, numbers of the profile, seed, this
    library's source, versions. So a fold is found again by any run that would compute the same,
    and by no other. Each is one file, written whole, with a digest of itself.

    Parameters
    ----------
    folder : Path
        Where the files lie.
    content : mapping
        What JSON can hold; everything that the results depend on but their task.
    """

    def __init__(self, folder: Path, content: Mapping[str, Any]) -> None:
        self.folder = folder
        self.content = dict(content)

    @classmethod
    def of_cohort(cls, folder: Path, cohort: Cohort) -> Folds:
        """Return the folds of a cohort made with this library and these versions."""
        return cls(
            folder,
            {
                "cohort": cohort_digest(cohort),
                "library": library_digest(*CALCULATION),
                "versions": versions(),
            },
        )

    def of(self, name: str, **content: Any) -> Folds:
        """Return the folds of one computation with more that its results depend on."""
        return Folds(self.folder, {**self.content, "name": name, **content})

    def get(self, task: tuple) -> Any:
        """Return the result of a task as it was kept, or None where there is no whole one."""
        try:
            found, text = self.path(task).read_text("utf-8").split("\n", 1)
        except (FileNotFoundError, ValueError):
            return None
        return _decoded(json.loads(text)) if found == _sha256(text) else None

    def put(self, task: tuple, result: Any) -> None:
        """Keep the result of a task: tables, or what JSON can hold, or tuples of such.

        Raises
        ------
        SetupError
            If it cannot be written.
        """
        text = json.dumps(_encoded(result))
        with whole_file(self.path(task)) as partial:
            partial.write_text(f"{_sha256(text)}\n{text}", "utf-8")

    def path(self, task: tuple) -> Path:
        """Return the file of a task."""
        content = json.dumps({**self.content, "task": task}, sort_keys=True)
        return self.folder / f"{_sha256(content)[:40]}.json"


def cohort_digest(cohort: Cohort) -> str:
    """Return the SHA-256 of all that a cohort holds of expression, response and annotation."""
    import numpy as np

    found = hashlib.sha256()
    for table in (cohort.expression, cohort.response):
        found.update(json.dumps([list(table.index), list(table.columns)]).encode())
        found.update(np.ascontiguousarray(table.to_numpy(float)).tobytes())
    found.update(json.dumps(cohort.annotation.to_dict("list")).encode())
    return found.hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _encoded(value: Any) -> Any:
    """Return what json writes: it gives every float the digits that bring it back bit for bit."""
    import pandas as pd

    if isinstance(value, tuple):
        return {"tuple": [_encoded(item) for item in value]}
    if isinstance(value, pd.DataFrame):
        types = [str(kind) for kind in value.dtypes]
        columns = [value.iloc[:, at].tolist() for at in range(value.shape[1])]
        return {"table": list(value.columns), "types": types, "columns": columns}
    return {"plain": value}


def _decoded(kept: Mapping[str, Any]) -> Any:
    import pandas as pd

    if "tuple" in kept:
        return tuple(_decoded(item) for item in kept["tuple"])
    if "table" in kept:
        columns = zip(kept["table"], kept["columns"], kept["types"], strict=True)
        return pd.DataFrame({name: pd.Series(x, dtype=kind) for name, x, kind in columns})
    return kept["plain"]
