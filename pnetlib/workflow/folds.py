"""Stored folds: each finished fold has a file, so an interrupted run loses only unfinished ones.

Halves of the cell lines and simulated data sets are stored in the same way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pnetlib.execution.fingerprint import code_digest, versions
from pnetlib.execution.storage import whole_file

if TYPE_CHECKING:
    import pandas as pd

    from pnetlib.datasets.cohort import Cohort


class Folds:
    """Stored results of tasks, found by everything that they depend on.

    A result depends on the cohort, the sizes of the profile, the seed, the code that computes it and
    the versions of packages. So any run that would compute the same result finds it, and no
    other run does. Of the responses, the result of a task that begins with a drug depends on those
    to this drug alone, so runs with other drugs besides it find it too. Each result is one file,
    written completely, with its own digest.

    Parameters
    ----------
    folder : Path
        Folder of the files.
    content : mapping
        Everything that the results depend on except their task, as JSON can store it.
    responses : mapping of str to str, optional
        Digest of the responses to each drug.

    See Also
    --------
    pnetlib.execution.engine.Engine : Calls `get` and `put` for each of its tasks.
    """

    def __init__(
        self, folder: Path, content: Mapping[str, Any], responses: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.content = dict(content)
        self.responses = dict(responses or {})

    @classmethod
    def of_library(cls, folder: Path) -> Folds:
        """Return results that depend on no cohort, computed with these versions."""
        return cls(folder, {"versions": versions()})

    @classmethod
    def of_cohort(cls, folder: Path, cohort: Cohort) -> Folds:
        """Return the folds of a cohort, computed with these versions."""
        return cls(
            folder,
            {**cls.of_library(folder).content, "lines": lines_digest(cohort)},
            {drug: _table_digest(cohort.response[[drug]]) for drug in cohort.response},
        )

    def of(self, module: str, name: str, **content: Any) -> Folds:
        """Return the folds of one computation, with further values that its results depend on.

        `module` is where the computation is: its code, and all code that it reaches, counts.
        """
        own = {"code": code_digest(module), "name": name}
        return Folds(self.folder, {**self.content, **own, **content}, self.responses)

    def get(self, task: tuple) -> Any:
        """Return the stored result of a task, or None if there is none or its file is damaged."""
        try:
            found, text = self.path(task).read_text("utf-8").split("\n", 1)
        except (FileNotFoundError, ValueError):
            return None
        return _decoded(json.loads(text)) if found == _sha256(text) else None

    def put(self, task: tuple, result: Any) -> None:
        """Store the result of a task: a table, a value that JSON can store, or a tuple of such.

        Raises
        ------
        SetupError
            If it cannot be written.
        """
        text = json.dumps(_encoded(result))
        with whole_file(self.path(task)) as partial:
            partial.write_text(f"{_sha256(text)}\n{text}", "utf-8")

    def path(self, task: tuple) -> Path:
        """Return the path of the file of a task."""
        response = self.responses.get(task[0], self.responses)
        content = {**self.content, "task": task, "response": response}
        content = json.dumps(content, sort_keys=True, default=asdict)
        return self.folder / f"{_sha256(content)[:40]}.json"


def lines_digest(cohort: Cohort) -> str:
    """Return the SHA-256 of the expression and annotation of a cohort."""
    return _sha256(_table_digest(cohort.expression) + json.dumps(cohort.annotation.to_dict("list")))


def _table_digest(table: pd.DataFrame) -> str:
    import numpy as np

    found = hashlib.sha256()
    found.update(json.dumps([list(table.index), list(table.columns)]).encode())
    found.update(np.ascontiguousarray(table.to_numpy(float)).tobytes())
    return found.hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _encoded(value: Any) -> Any:
    """Return what JSON stores; it gives each float enough digits to be read bit for bit."""
    import pandas as pd

    if isinstance(value, tuple):
        return {"tuple": [_encoded(item) for item in value]}
    if isinstance(value, pd.DataFrame):
        types = [str(kind) for kind in value.dtypes]
        columns = [value.iloc[:, at].tolist() for at in range(value.shape[1])]
        stored = {"table": list(value.columns), "types": types, "columns": columns}
        if not isinstance(value.index, pd.RangeIndex):
            stored |= {"index": value.index.tolist(), "name": value.index.name}
        return stored
    return {"plain": value}


def _decoded(stored: Mapping[str, Any]) -> Any:
    """Return the value that `_encoded` made `stored` from."""
    import pandas as pd

    if "tuple" in stored:
        return tuple(_decoded(item) for item in stored["tuple"])
    if "table" in stored:
        columns = zip(stored["table"], stored["columns"], stored["types"], strict=True)
        table = pd.DataFrame({name: pd.Series(x, dtype=kind) for name, x, kind in columns})
        if "index" in stored:
            table.index = pd.Index(stored["index"], name=stored["name"])
        return table
    return stored["plain"]
