"""``pnetlib init FOLDER``: look at the tables in a folder and write a config.yml for them.

Packages are imported once tables are read, so that --help and --check need none.
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from pnetlib.cli.parser import Parser, program
from pnetlib.datasets import DEFAULT_SEED
from pnetlib.datasets.own_source import NAME, find_tables
from pnetlib.errors import DataError, UsageError
from pnetlib.execution.storage import whole_file
from pnetlib.words import agreed, counted, first_few

if TYPE_CHECKING:
    from pnetlib.datasets.cohort import Cohort

DESCRIPTION = f"""Look at the tables of a cohort in a folder and write {NAME} there, with a comment for every key.

The folder has a table of expression and one of continuous responses, and may have an annotation
with the tissue of each cell line. They are found by the names expression, response and annotation,
or named by the options. Kinds: csv, tsv, txt (also .gz), xlsx, parquet, h5ad.
"""
GENES, GROUP, LEAST = 976, 95, 30  # genes and lines per group in the paper; lines that are few


def main(arguments: Sequence[str]) -> int:
    """Write the config of a folder and say what the tables have; return the exit code."""
    parser = Parser(program("init"), description=DESCRIPTION)
    parser.add_argument("folder", type=Path, help="folder with the tables")
    for kind in ("expression", "response", "annotation"):
        parser.add_argument(f"--{kind}", default="", help=f"file with the {kind}, in that folder")
    parser.add_argument("--force", action="store_true", help=f"replace a {NAME} that is there")
    parser.add_argument("--check", action="store_true", help="check the options and stop")
    options = parser.parse_args(arguments)
    if options.check:
        _tables(options)
        return 0
    tables = _tables(options)
    from pnetlib.datasets.own_cohort import read_own_cohort

    cohort = read_own_cohort(
        tables["expression"],
        tables["response"],
        tables.get("annotation"),
        name=options.folder.resolve().name,
    )
    with whole_file(options.folder / NAME) as partial:
        partial.write_text(template(cohort, tables, options.folder), "utf-8")
    print("\n".join([*summary(cohort), "", *_next_steps(options.folder)]))
    return 0


def _tables(options: argparse.Namespace) -> dict[str, Path]:
    folder = options.folder
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}; name the one that has the tables.")
    if (folder / NAME).exists() and not options.force:
        raise UsageError(f"{folder / NAME} is already there; edit it, or replace it with --force.")
    named = {}
    for kind in ("expression", "response", "annotation"):
        if name := getattr(options, kind):
            path = Path(os.path.relpath(folder / name, folder))
            if path.parts[0] == "..":
                raise UsageError(
                    f"--{kind} is {name}, which is not in {folder}; put it there and give its name."
                )
            if not (folder / path).exists():
                raise UsageError(
                    f"--{kind} is {name}, but {folder} has no such file; correct the name."
                )
            named[kind] = folder / path
    if {"expression", "response"} <= set(named):
        return named
    try:
        return find_tables(folder, tuple(named)) | named
    except DataError as error:
        raise DataError(
            f"{str(error).rstrip('.')}; or name them, as in `{program('init')} {shlex.quote(str(folder))} "
            "--expression NAME --response NAME --annotation NAME` with names of files in that folder."
        ) from error


def summary(cohort: Cohort) -> list[str]:
    """Return what the tables have, one sentence each."""
    from pnetlib.datasets.own_cohort import known_tissues

    lines, genes = cohort.expression.shape
    measured = cohort.response.count()
    known = known_tissues(cohort.annotation["tissue"])
    complete = len(cohort.complete_lines())
    said = [
        f"{counted(lines, 'cell line')} with expression of {counted(genes, 'gene')} that vary.",
        f"{counted(len(measured), 'response')}, measured in "
        f"{' to '.join(dict.fromkeys(map(str, (measured.min(), measured.max()))))} lines: "
        f"{first_few(measured.index)}.",
        f"{counted(complete, 'line')} with {'the response' if len(measured) == 1 else 'all responses'}, "
        "from which the groups are formed.",
        f"{counted(known.nunique(), 'tissue')} of {len(known)} lines."
        if len(known)
        else "No tissues: tests and baselines take all lines as one tissue.",
    ]
    if complete < LEAST and len(measured) > 1:
        said.append(
            f"{counted(complete, 'line')} with all responses {agreed(complete, 'is', 'are')} few: leave "
            f"responses out in {NAME} (responses: names) to have more."
        )
    return said + list(cohort.provenance["handled"])


def _next_steps(folder: Path) -> list[str]:
    where = folder / NAME
    return [
        f"Wrote {where}. Open it, say what the responses are and what a larger value means, then run",
        f"  ./reproduce.sh --data {shlex.quote(str(folder))} --profile smoke    # a trial of minutes",
        f"  ./reproduce.sh --data {shlex.quote(str(folder))}",
    ]


def template(cohort: Cohort, tables: dict[str, Path], folder: Path) -> str:
    """Return the text of a config for a cohort, with a comment for every key."""
    from pnetlib.steps.networks.compute import fitting_size

    lines, genes = cohort.expression.shape
    complete = len(cohort.complete_lines())
    names = {kind: _quoted(path.relative_to(folder).as_posix()) for kind, path in tables.items()}
    most = min(GROUP, complete // 3)
    size = fitting_size(cohort, most)
    found, tissue = _tissue(cohort, tables.get("annotation"))
    return Template(Path(__file__).with_name("config.txt").read_text("utf-8")).substitute(
        name=_quoted(cohort.provenance["source"]),
        expression=names["expression"],
        response=names["response"],
        annotation=names.get("annotation", ""),
        lines=lines,
        genes=genes,
        tissues=found,
        tissue=tissue,
        responses="".join(f"\n    - {_quoted(name)}" for name in cohort.response),
        size=size,
        group=GROUP,
        fewer=f": {size}, as with {size + 1} a line would be in both" if size < most else "",
        complete=complete,
        most=min(GENES, genes),
        spread=_median_variance(cohort),
        seed=DEFAULT_SEED,
    )


def _tissue(cohort: Cohort, annotation: Path | None) -> tuple[str, str]:
    """Return how many tissues were found, and the row that names their column, or columns to try."""
    from pnetlib.datasets.own_cohort import known_tissues, tissue_candidates
    from pnetlib.datasets.own_tables import ANNOTATION, read_own_table

    what = "column of the annotation with the tissue"
    if annotation is None:
        return "", f"# tissue: organ  # {what}; default: tissue"
    if number := known_tissues(cohort.annotation["tissue"]).nunique():
        return f" ({counted(number, 'tissue')} found)", f"tissue: tissue  # {what}"
    columns = [_quoted(name) for name in tissue_candidates(read_own_table(annotation, ANNOTATION))]
    first, *others = columns or ["organ"]
    more = f"; or: {first_few(others)}" if others else ""
    return " (no tissue found)", f"# tissue: {first}  # {what}{more}"


def _median_variance(cohort: Cohort) -> str:
    return f"{statistics.median(cohort.expression.to_numpy().var(axis=0, ddof=1).tolist()):.3g}"


def _quoted(text: str) -> str:
    """Return a text as YAML reads it, in quotes where it needs them."""
    plain = (
        text.replace("-", "").replace("_", "").replace(".", "").replace("/", "").replace(" ", "")
    )
    if plain.isalnum() and text[0].isalnum() and text == text.strip():
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
