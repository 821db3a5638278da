"""One run: its folder, its cohort, and the files that its steps write and read."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pnetlib.datasets import DEFAULT_SEED
from pnetlib.datasets.own_source import NAME as CONFIG, is_own
from pnetlib.errors import DataError, UsageError
from pnetlib.execution.storage import digest, digests, given_path, storage_error, whole_file
from pnetlib.execution.threads import allowed_threads
from pnetlib.words import likely_few
from pnetlib.workflow.parameters import TYPE_NAMES, check_profile, check_source, is_named_source
from pnetlib.workflow.project import project_root

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.figure import Figure

    from pnetlib.datasets.cohort import Cohort
    from pnetlib.execution.engine import Engine
    from pnetlib.workflow.folds import Folds

COHORT = "01_cohort"
EXECUTION = "PNETLIB_EXECUTION"  # step and identifier of the current execution
TRACE = "PNETLIB_TRACE"  # file in which a step records what it reads and writes
_EXAMPLE = {"source": "", "profile": "", "out": "", "seed": 0, "threads": 0}


@dataclass(frozen=True)
class Run:
    """Source, profile, seed and folder of one run, with the files that its steps share.

    Every file is written completely or not at all. For each file, a record in ``.made`` has its
    digest and the source, profile and seed that it was made from. A file is read only if all of
    them agree, so results of another run and incomplete copies are never read. Under the driver,
    the files of a step are read by others only once the step has finished.

    Parameters
    ----------
    source : str
        ``"gdsc"``, ``"gdsc-official"``, ``"simulated"``, a folder with the official files, or one
        of these files, a folder with own tables, or a config (a relative path starts from the
        folder of the project).
    profile : {"smoke", "standard", "paper"}
        Sizes of all steps.
    out : str, default=""
        Folder of the results (a relative path starts from the folder of the project); if empty,
        ``results/<source>-<profile>``.
    seed : int, default=20220823
        Seed of every random draw.
    threads : int, default=0
        Threads to use; 0 means all that are granted.

    Attributes
    ----------
    folder : Path
        Folder of the results, as an absolute path.
    name : str
        Name of that folder unless `out` is given.
    engine : Engine
        Where long tasks are computed.
    made_from : dict
        Source, profile and seed, with the digests of the files of its folder if the source is a
        folder or a file.

    Raises
    ------
    UsageError
        If a parameter has an unknown value or the wrong type.

    See Also
    --------
    pnetlib.datasets.load_cohort : Loads the cohort of a source.

    Examples
    --------
    >>> run = Run("simulated", "smoke", seed=1, threads=2)
    >>> run.name
    'simulated-smoke'
    """

    source: str
    profile: str
    out: str = ""
    seed: int = DEFAULT_SEED
    threads: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            value, kind = getattr(self, field.name), type(_EXAMPLE[field.name])
            if type(value) is not kind:
                raise UsageError(f"{field.name} is {value!r}, but must be {TYPE_NAMES[kind]}.")
        check_profile(self.profile)
        object.__setattr__(self, "source", check_source(self.source, project_root()))
        for name in ("seed", "threads"):
            if getattr(self, name) < 0:
                raise UsageError(
                    f"{name} is {getattr(self, name)}, but must not be negative; use 0 or more."
                )
        object.__setattr__(self, "threads", self.threads or allowed_threads())

    @cached_property
    def folder(self) -> Path:
        """Folder of the results, as an absolute path."""
        return project_root() / (self.out or f"results/{self.name}")

    @property
    def name(self) -> str:
        """``<source>-<profile>``, where a folder as source is ``folder-<its name>``.

        A file is named by its folder and its own name without the suffix, both made safe for names
        of files.
        """
        if is_named_source(self.source):
            return f"{self.source}-{self.profile}"
        place = Path(self.source)
        named = f"{_safe(place.parent.name)}-{_safe(place.stem)}" if place.is_file() else place.name
        if place.name == CONFIG:
            named = place.parent.name
        return f"folder-{named}-{self.profile}"

    @cached_property
    def own(self) -> bool:
        """Whether the source is a cohort of own tables."""
        return not is_named_source(self.source) and is_own(self.source)

    def cohort(self, fresh: bool = False, drugs: str = "", identity: bool = True) -> Cohort:
        """Return the cohort that step 01 stored; without one, or if `fresh`, load the source.

        `drugs` are names or GDSC ids of the drugs to load; if empty, the four of the paper, or the
        responses of own tables. A stored cohort has the drugs that step 01 loaded. `identity` is as for
        `pnetlib.datasets.load_cohort`.
        """
        from pnetlib.datasets import load_cohort
        from pnetlib.datasets.cohort import Cohort

        stored = None if fresh else self._found(f"{COHORT}.npz")
        if stored is not None:
            return Cohort.load(stored)
        wanted = {"drugs": drugs or None, "seed": self.seed, "size": self.profile}
        cohort = load_cohort(self.source, **wanted, identity=identity)
        if self.source == "gdsc-official":
            from pnetlib.datasets.download import cache_folder

            folder = cache_folder() / "official"
            files = cohort.provenance["files"].items()
            _trace(fetched={str(folder / name): sha256 for name, sha256 in files})
        return cohort

    @staticmethod
    def given(text: str) -> str:
        """Return a parameter that names a file or folder as an absolute path.

        A relative path starts from the folder of the project. Other text, such as the name of a
        source, is returned as it is.
        """
        if not text:
            return text
        path = project_root() / given_path(text, "a parameter")
        return str(path) if os.path.exists(path) else text

    @staticmethod
    def used(place: str, files: Mapping[str, str]) -> None:
        """Record that this step read files outside of the run, so that it is stale if they change.

        `place` is the file, or the folder of the files, and `files` their names and SHA-256.
        """
        path = Path(place)
        if os.path.exists(path):
            folder = path if path.is_dir() else path.parent
            _trace(fetched={str(folder / name): sha256 for name, sha256 in files.items()})

    def _used_file(self, given: str) -> None:
        """Record that this step read a file, if a parameter names one."""
        if os.path.isfile(given):
            self.used(given, {Path(given).name: digest(Path(given))})

    def with_genes(self, cohort: Cohort, text: str) -> Cohort:
        """Return the cohort with the genes that a text or file names only; without a text, all.

        Raises
        ------
        UsageError
            If the cohort lacks one of them, or fewer than two are named.
        """
        if not text:
            return cohort
        from pnetlib.datasets.regulons import gene_names

        given = self.given(text)
        names = gene_names(given, "genes")
        self._used_file(given)
        known = set(cohort.expression.columns)
        absent = [name for name in names if name not in known]
        if absent or len(names) < 2:
            raise UsageError(
                f"genes names {likely_few(absent, cohort.expression.columns)}, which {cohort.provenance['source']} lacks; correct "
                "the name or leave it out."
                if absent
                else f"genes names {names[0]} alone; name at least two genes."
            )
        return cohort.subset(
            genes=[gene for gene in cohort.expression.columns if gene in set(names)]
        )

    def regulators(self, text: str, cohort: Cohort) -> tuple[str, ...]:
        """Return the genes that may regulate (`pnetlib.datasets.regulons.regulators_for`)."""
        from pnetlib.datasets.regulons import regulators_for

        given = self.given(text)
        names = regulators_for(given, cohort, seed=self.seed)
        self._used_file(given)
        known = set(cohort.expression.columns)
        absent = [name for name in names if name not in known]
        if absent and ("," in text or len(absent) == len(names)):
            raise UsageError(
                f"regulators names {likely_few(absent, cohort.expression.columns)}, not among the {len(known):,} genes; correct the "
                "names or leave them out."
            )
        return names

    @cached_property
    def engine(self) -> Engine:
        """Where long tasks are computed: threads, or the dask cluster that the command names."""
        from pnetlib.execution.engine import Engine

        return Engine.of_environment(self.threads)

    def folds(self, cohort: Cohort | None = None) -> Folds:
        """Return the stored folds of a cohort in this folder, whichever run computed them.

        Without a cohort, they are the results of simulated data sets.
        """
        from pnetlib.workflow.folds import Folds

        folder = self.folder / "folds"
        return Folds.of_library(folder) if cohort is None else Folds.of_cohort(folder, cohort)

    def write_cohort(self, cohort: Cohort) -> Path:
        """Store the cohort for later steps and return the path of its file."""
        return self._write(f"{COHORT}.npz", cohort.save)

    def write_json(self, name: str, numbers: Mapping[str, Any]) -> Path:
        """Write the numbers of a step as JSON; the same numbers give the same bytes.

        Numbers are nested mappings, sequences, NumPy scalars and arrays, text, numbers and None.
        Keys are sorted, and NaN becomes null. The message on a value of another type, or an
        infinite one, says where it is.
        """
        text = json.dumps(
            _plain(numbers, name), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False
        )
        return self._write(f"{name}.json", lambda path: path.write_text(text + "\n", "utf-8"))

    def read_json(self, name: str) -> dict[str, Any] | None:
        """Return the numbers of a step, or None if this run has none."""
        path = self._found(f"{name}.json")
        return None if path is None else json.loads(path.read_text("utf-8"))

    def write_table(self, name: str, table: pd.DataFrame) -> Path:
        """Write a table as csv; an index of plain row numbers is omitted."""
        import pandas as pd

        is_numbered = isinstance(table.index, pd.RangeIndex)
        flat = table if is_numbered else table.reset_index()
        is_number = pd.api.types.is_numeric_dtype
        return self._write(
            f"{name}.csv",
            lambda path: table.to_csv(path, index=not is_numbered, lineterminator="\n"),
            levels=0 if is_numbered else table.index.nlevels,
            types=[str(kind) if is_number(kind) else "text" for kind in flat.dtypes],
        )

    def read_table(self, name: str) -> pd.DataFrame | None:
        """Return a table as it was written, or None if this run has none.

        Numbers are read bit for bit, and identifiers that consist of digits are text if they were
        written as text. Empty text is read as missing.
        """
        import pandas as pd

        path = self._found(f"{name}.csv")
        if path is None:
            return None
        layout = self.record(path.name)
        # Read as text first: the versions of pandas parse floats differently.
        table = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
        for column, kind in zip(table.columns, layout["types"], strict=True):
            if kind == "bool":
                table[column] = table[column] == "True"
            elif kind != "text":
                table[column] = table[column].astype(kind)
        if layout["levels"]:
            table = table.set_index(list(table.columns[: layout["levels"]]))
            names = table.index.names
            table.index.names = [None if name.startswith("Unnamed:") else name for name in names]
        return table

    def write_arrays(self, name: str, **arrays: np.ndarray) -> Path:
        """Write arrays as compressed npz; labels may be lists of text or an Index."""
        import numpy as np

        stored = {key: np.asarray(value) for key, value in arrays.items()}
        for key, value in stored.items():
            if value.dtype.kind == "O":
                if not all(isinstance(item, str) for item in value.ravel()):
                    raise TypeError(f"{name}: the array {key} has objects that are not text.")
                stored[key] = value.astype(str)
        return self._write(f"{name}.npz", lambda path: np.savez_compressed(path, **stored))

    def read_arrays(self, name: str) -> dict[str, np.ndarray] | None:
        """Return the arrays written under a name, or None if this run has none."""
        import numpy as np

        path = self._found(f"{name}.npz")
        if path is None:
            return None
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)

    def save_figure(self, name: str, figure: Figure) -> Path:
        """Save a figure as PNG and SVG in the run's ``figures``, and return the path of the PNG.

        The same figure gives the same bytes.
        """
        import matplotlib as mpl

        from pnetlib.steps.style import as_png, as_svg

        png, svg = (f"figures/{name}.{kind}" for kind in ("png", "svg"))
        with mpl.rc_context({"svg.hashsalt": name}):
            self._write(svg, lambda path: path.write_bytes(as_svg(figure)))
            return self._write(png, lambda path: path.write_bytes(as_png(figure)))

    def write_text(self, name: str, text: str) -> Path:
        """Write text, such as a page or a network for another program, under a full file name."""
        return self._write(name, lambda path: path.write_bytes(text.encode()))

    def show_page(self, name: str, title: str, height: int = 900) -> None:
        """Display a page of this run in the notebook, with a link that opens it alone.

        The copy of the notebook in the run's folder holds the page in a frame. A notebook executed
        by hand may be kept without the run: it gets a sentence that says where the page is.
        """
        from IPython.display import display

        sentence = f"{title}: open `{name}` in the folder of the run with a browser."
        shown = {"text/markdown": sentence}  # for readers of the notebook that show no frame
        if EXECUTION in os.environ:
            address, title = quote(f"../{name}"), escape(title)  # from the folder `notebooks`
            shown["text/html"] = (
                f'<p><a href="{address}" target="_blank">{title}</a> (opens in a tab)</p>'
                f'<iframe src="{address}" title="{title}" width="100%" height="{height}" '
                'style="border: 1px solid #c8c8c8" loading="lazy"></iframe>'
            )
        display(shown, raw=True)

    @cached_property
    def made_from(self) -> dict[str, Any]:
        """Source, profile and seed; for a folder or file also the digests of the folder's files.

        Of own tables these are the tables, with the way in which their config says they are read.
        """
        made_from = {"source": self.source, "profile": self.profile, "seed": self.seed}
        if self.own:
            from pnetlib.datasets.own_folder import own_settings

            files, settings = own_settings(self.source)
            known = digests(files, self.folder / ".made" / "source.json")
            made_from["files"] = {Path(name).name: sha256 for name, sha256 in known.items()}
            return made_from | {"settings": settings}
        if not is_named_source(self.source):
            place = Path(self.source)
            folder = place.parent if place.is_file() else place
            try:
                files = sorted(file for file in folder.iterdir() if file.is_file())
                known = digests(files, self.folder / ".made" / "source.json")
            except OSError as error:
                raise DataError(
                    f"{error.filename or folder} cannot be read ({error.strerror}); check its "
                    "permissions, or move it elsewhere if it is no data."
                ) from error
            made_from["files"] = {Path(name).name: sha256 for name, sha256 in known.items()}
        return made_from

    def digest_of(self, name: str) -> str | None:
        """Return the SHA-256 of a file of this run, or None if a step would not read it."""
        record = self.record(name)
        path = self.folder / name
        if record is None or record["made_from"] != self.made_from or not path.is_file():
            return None
        if not self._finished(record.get("execution")):
            return None
        return record["sha256"] if digest(path) == record["sha256"] else None

    def record(self, name: str) -> dict[str, Any] | None:
        """Return the record of a file, or of a step (``steps/NAME``), or None if there is none."""
        try:
            return json.loads(self.record_path(name).read_text("utf-8"))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None

    def record_path(self, name: str) -> Path:
        """Return the path of the record of a file or step in ``.made``."""
        return self.folder / ".made" / f"{name}.json"

    def _write(self, name: str, write: Callable[[Path], Any], **layout: Any) -> Path:
        """Write a file, then the record without which it is not read."""
        path = self.folder / name
        record = self.record_path(name)
        try:
            record.unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(record, error) from error
        with whole_file(path) as partial:
            write(partial)
        made = {**layout, "made_from": self.made_from, "sha256": digest(path)}
        if EXECUTION in os.environ:
            made["execution"] = os.environ[EXECUTION]
        with whole_file(record) as partial:
            partial.write_text(json.dumps(made, sort_keys=True) + "\n", "utf-8")
        _trace(wrote={name: made["sha256"]})
        return path

    def _found(self, name: str) -> Path | None:
        """Return the path of a file that this run made and that is unchanged since."""
        sha256 = self.digest_of(name)
        _trace(read={name: sha256})
        return None if sha256 is None else self.folder / name

    def _finished(self, execution: str | None) -> bool:
        """Return whether files of an execution may be read; None means one by hand."""
        if execution is None or execution == os.environ.get(EXECUTION):
            return True
        step = self.record(f"steps/{execution.partition(' ')[0]}")
        return step is not None and step.get("execution") == execution


_LONGEST = 60  # letters of a part of the name of a folder


def _safe(name: str) -> str:
    """Return a name with the letters that every file system and shell takes as they are.

    >>> _safe("GDSC2 (27Oct23)"), _safe("<b>") == _safe("(b)")
    ('GDSC2_27Oct23-d20d', False)
    """
    plain = re.sub(r"[^\w.+-]+", "_", name, flags=re.ASCII).strip("_.-")[:_LONGEST]
    if plain == name:
        return name
    return f"{plain}-{hashlib.sha256(os.fsencode(name)).hexdigest()[:4]}".lstrip("-")


def _trace(**what: dict[str, str | None]) -> None:
    """Record for the driver what this step reads and writes."""
    if TRACE in os.environ:
        try:
            with open(os.environ[TRACE], "a", encoding="utf-8") as trace:
                trace.write(json.dumps(what) + "\n")
        except OSError as error:
            raise storage_error(Path(os.environ[TRACE]), error) from error


def _plain(value: Any, place: str) -> Any:
    """Return values that JSON can store exactly: NumPy values converted, NaN as None."""
    import numpy as np

    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError(f"{place}: every key must be text.")
        return {str(key): _plain(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{place}[{at}]") for at, item in enumerate(value)]
    if isinstance(value, float):
        if value in (float("inf"), float("-inf")):
            raise ValueError(f"{place} is infinite, which JSON cannot store.")
        return None if value != value else value
    if value is None or isinstance(value, (str, int)):
        return value
    raise TypeError(f"{place} is a {type(value).__name__}, which JSON cannot store.")
