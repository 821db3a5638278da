"""The published edition: the executed notebooks of one finished run, without anything of a machine.

The notebooks keep their outputs. What is removed: where and when they ran, how many threads they
used, messages on the error stream, and scripts. Pictures are stored with few colours and pixels,
so that the edition stays small.
"""

import base64
import io
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pnetlib.errors import DataError, UsageError
from pnetlib.execution.storage import digest, replace_files
from pnetlib.words import first_few, table_text
from pnetlib.workflow.artefacts import COHORT_FILE, nodes_of, shown_figures
from pnetlib.workflow.freshness import step_records
from pnetlib.workflow.notebooks import Step, find_steps
from pnetlib.workflow.parameters import is_named_source
from pnetlib.workflow.settings import GENES
from pnetlib.workflow.wording import for_paper

LARGEST = 6_000_000  # bytes of all files of an edition together
WIDEST = 1000  # pixels of a picture, enough for a page
COLOURS = 64
MOST_LINES = 20  # named cell lines in one output; a table of more would hand on data
NOT_PUBLISHED = ("out", "threads")
# What is true of the notebooks in notebooks/ only.
OF_THE_COPIES = re.compile(
    r" ?Its stored outputs are from a small simulated cohort[^.]*; `docs/results\.md` [^.]*\."
)
ABSOLUTE = re.compile(
    r"(?<![\w./:<-])(?:/(?:home|root|tmp|Users|mnt)/\S*|/(?:[\w.-]+/){2,}[\w.-]*|[A-Z]:\\\S+)"
)


def check_finished(run: Path, notebooks: Path) -> None:
    """Raise `UsageError` unless all steps finished in a run, from one source, profile and seed.

    Parameters
    ----------
    run : Path
        Folder of the run.
    notebooks : Path
        Folder of the notebooks that a whole run executes.
    """
    if not run.is_dir():
        raise UsageError(
            f"{run} is not the folder of a finished run; name one such as results/gdsc-standard."
        )
    records, steps = step_records(run), steps_of(run, notebooks)
    absent = [step for step in steps if step.name not in records]
    absent += [s for s in steps if not (run / "notebooks" / f"{s.name}.ipynb").is_file()]
    if absent:
        raise UsageError(
            f"{run} is not the folder of a finished run: it lacks step {absent[0].name}; repeat the "
            f"command that made it, with --from {absent[0].number} in place of any --only."
        )
    first = records[steps[0].name]
    for step in steps:
        record = records[step.name]
        if record["made_from"] != first["made_from"] or record["library"] != first["library"]:
            raise UsageError(
                f"{step.name} in {run} was made from other data or code than {steps[0].name}; repeat "
                "the command that made this run."
            )
        for name, sha256 in record["outputs"].items():
            if not (run / name).is_file() or digest(run / name) != sha256:
                raise UsageError(
                    f"{run / name} is not as {step.name} left it; repeat the command that made "
                    "this run."
                )
    _check_one_run(run, steps, {step.name: records[step.name] for step in steps})


def _check_one_run(run: Path, steps: list[Step], records: Mapping[str, Any]) -> None:
    """Refuse steps made with other choices of genes, or from other files, than the run has now."""
    wrote = {name: sha for record in records.values() for name, sha in record["outputs"].items()}
    chosen: dict[str, Any] = {}
    for step in steps:
        record = records[step.name]
        own = {n: v for n, v in record.get("parameters", {}).items() if n in GENES}
        others = [name for name, value in own.items() if chosen.setdefault(name, value) != value]
        read = record["read"].items()
        others += [name for name, sha in read if name in wrote and wrote[name] != sha]
        if others:
            raise UsageError(
                f"{step.name} in {run} was made with another {others[0]} than the other steps; repeat the "
                "command that made this run, without --only and --from."
            )


def of_others(run: Path) -> bool:
    """Return whether the cohort of a run, or its markers, are not the paper's."""
    records = step_records(run).values()
    return any(
        "settings" in r["made_from"] or r.get("parameters", {}).get("markers") for r in records
    )


def steps_of(run: Path, notebooks: Path) -> list[Step]:
    """Return the steps that a whole run on its cohort has."""
    left_out = of_others(run)
    return [step for step in find_steps(notebooks) if not (left_out and step.left_out)]


def write_edition(run: Path, folder: Path, found: Mapping[str, str], notebooks: Path) -> list[str]:
    """Write the edition of a finished run into a folder; return the names of its notebooks.

    Parameters
    ----------
    run : Path
        Folder of the run.
    folder : Path
        Folder of the edition. Notebooks in it that the run does not have are removed.
    found : mapping of str to str
        The findings of the run, stored as ``findings.json``.
    notebooks : Path
        Folder of the notebooks that a whole run executes.

    Raises
    ------
    DataError
        If a notebook holds something that must not be published, or all together are too large.
    """
    texts = edition_texts(run, found, notebooks)
    replace_files(
        {folder / name: text.encode() for name, text in texts.items()}, outdated(folder, texts)
    )
    return [Path(name).stem for name in texts if name.endswith(".ipynb")]


def outdated(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Return the notebooks in the folder of an edition that it no longer has."""
    return [old for old in folder.glob("*.ipynb") if old.name not in texts]


def edition_texts(run: Path, found: Mapping[str, str], notebooks: Path) -> dict[str, str]:
    """Return the files of an edition by name, as `write_edition` writes them."""
    steps = find_steps(notebooks)
    names = cell_lines(run)
    texts = {}
    for step in steps:
        path = run / "notebooks" / f"{step.name}.ipynb"
        executed = json.loads(path.read_text("utf-8"))
        notebook = cleaned(executed, machine_of(run, notebooks.parent), run / "figures")
        check_publishable(notebook, step.name, names, nodes_of(run))
        texts[path.name] = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
    texts["findings.json"] = json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True)
    texts["README.md"] = _index(steps, run.name, found)
    size = sum(len(text.encode()) for text in texts.values())
    if size > LARGEST:
        raise DataError(
            f"the edition of {run} has {size / 1e6:.1f} MB, more than {LARGEST / 1e6:.0f} MB; show fewer or "
            "smaller tables and pictures in its notebooks."
        )
    return {name: text.rstrip("\n") + "\n" for name, text in texts.items()}


def cleaned(
    notebook: Mapping[str, Any],
    machine: Iterable[str] = (),
    figures: Path | None = None,
    scripts: bool = False,
) -> dict[str, Any]:
    """Return an executed notebook with its outputs, but without anything of the machine.

    Parameters
    ----------
    notebook : mapping
        As ``json`` reads it.
    machine : iterable of str
        Folders of the machine, which outputs are to name relative to the project.
    figures : Path, optional
        Folder of the run's figures. They are sharper than the pictures that a notebook shows on
        the screen, and replace them.
    scripts : bool, default=False
        Whether outputs with scripts or frames are kept, for pages that can run them.
    """
    folders = sorted(machine, key=len, reverse=True)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": [_cell(cell, folders, figures, scripts) for cell in notebook["cells"]],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": notebook["nbformat"],
        "nbformat_minor": notebook["nbformat_minor"],
    }


def machine_of(run: Path, project: Path) -> set[str]:
    """Return the folders of this machine and of the one where a run was made."""
    found = {
        run.resolve().as_posix(),
        project.resolve().as_posix(),
        Path(os.path.expanduser("~")).as_posix(),
    }
    for path in sorted((run / "notebooks").glob("*.ipynb")):
        metadata = json.loads(path.read_text("utf-8"))["metadata"].get("papermill", {})
        out = metadata.get("parameters", {}).get("out", "")
        found |= {Path(out).as_posix()} if Path(out).is_absolute() else set()
        given = metadata.get("input_path") or ""
        found |= {Path(given).parents[1].as_posix()} if Path(given).is_absolute() else set()
    return {f"{name}/" for name in found if len(Path(name).parts) > 1}


def cell_lines(run: Path) -> set[str]:
    """Return the names of the cell lines of a run's cohort; none if it stored no cohort."""
    path = run / COHORT_FILE
    if not path.is_file():
        return set()
    with np.load(path, allow_pickle=False) as arrays:
        ids, about = arrays["lines"], arrays["annotation"]
        names = [column for column in about.T if len(set(column)) > len(ids) / 2]  # not tissues
        return {str(name) for column in (ids, *names) for name in column}


def check_publishable(
    notebook: Mapping[str, Any], name: str, lines: set[str], nodes: Iterable[str] = ()
) -> None:
    """Raise `DataError` if a cleaned notebook names a folder, a machine or many cell lines.

    `lines` are the names of the cell lines, `nodes` those of the machines of the run.
    """
    hosts = "|".join(map(re.escape, nodes))
    for number, cell in enumerate(notebook["cells"], 1):
        given = "injected-parameters" in cell["metadata"].get("tags", [])
        texts = [_text_of(output) for output in cell.get("outputs", [])]
        for text in [*texts, *(["".join(cell["source"])] if given else [])]:
            where = f"cell {number} of {name}"
            if match := ABSOLUTE.search(text):
                raise DataError(
                    f"{where} shows the path {match[0]!r}; print it relative to the run."
                )
            if hosts and (match := re.search(rf"\b(?:{hosts})\b", text)):
                raise DataError(f"{where} names the machine {match[0]!r}; do not print it.")
            named = lines.intersection(re.findall(r"[\w./-]+", text))
            if len(named) > MOST_LINES:
                raise DataError(
                    f"{where} names {len(named)} cell lines (such as {first_few(sorted(named), 2)}), "
                    f"more than {MOST_LINES}; show a summary instead."
                )


def _text_of(output: Mapping[str, Any]) -> str:
    data = output.get("data", {})
    parts = [output.get("text", "")] + [v for kind, v in data.items() if kind.startswith("text/")]
    return "\n".join(part if isinstance(part, str) else "".join(part) for part in parts)


def _cell(
    cell: Mapping[str, Any], folders: Iterable[str], figures: Path | None, scripts: bool
) -> dict[str, Any]:
    tags = cell["metadata"].get("tags", [])
    source = "".join(cell["source"])
    kept = {
        "cell_type": cell["cell_type"],
        "id": cell["id"],
        "metadata": {"tags": tags} if tags else {},
    }
    if cell["cell_type"] != "code":
        return kept | {"source": _lines(for_paper(OF_THE_COPIES.sub("", source)))}
    if "injected-parameters" in tags:
        source = _without_machine(source)
        kept["id"] = "parameters"  # papermill draws another one in every run
    sharp = _sharp_pictures(cell, figures)
    outputs = (_output(output, folders, sharp, scripts) for output in cell["outputs"])
    return kept | {
        "execution_count": cell["execution_count"],
        "outputs": [output for output in outputs if output is not None],
        "source": _lines(source),
    }


def _without_machine(source: str) -> str:
    """Return a cell of parameters without those that name or count something of the machine."""
    kept = []
    for line in source.splitlines():
        name, _, value = (part.strip() for part in line.partition("="))
        is_folder = name == "source" and not is_named_source(value.strip("\"'"))
        if name not in NOT_PUBLISHED and not is_folder:
            kept.append(line)
    return "\n".join(kept).rstrip()


def _sharp_pictures(cell: Mapping[str, Any], figures: Path | None) -> list[bytes]:
    """Return the PNG files of the figures that a cell shows, last first; none if one is absent."""
    paths = [figures / f"{name}.png" for name in shown_figures(cell)] if figures else []
    return [path.read_bytes() for path in paths[::-1]] if all(map(Path.is_file, paths)) else []


def _output(
    output: Mapping[str, Any], folders: Iterable[str], sharp: list[bytes], scripts: bool
) -> dict[str, Any] | None:
    """Return what is published of an output; None if nothing is.

    A picture is the next one of `sharp`, which is taken from this list, or its own.
    """
    if output["output_type"] == "stream":
        text = _relative("".join(output["text"]), folders)
        return None if output["name"] == "stderr" else dict(output) | {"text": _lines(text)}
    if output["output_type"] not in ("display_data", "execute_result"):
        return None
    data = {}
    for kind, value in output["data"].items():
        if kind == "image/png":
            own = base64.b64decode("".join(value))
            data[kind] = _small_picture(sharp.pop() if sharp else own)
        elif kind.startswith("text/"):
            text = "".join(value)
            if scripts or not re.search(r"<(script|iframe)\b", text, re.I):
                data[kind] = _lines(_relative(text, folders))
        elif scripts:
            data[kind] = value
    if not data.keys() - {"text/plain"} and len(output["data"]) > 1:
        return None  # a script, of which only the name of a Python object is left
    kept = {"data": data, "metadata": {}, "output_type": output["output_type"]}
    if output["output_type"] == "execute_result":
        kept["execution_count"] = output["execution_count"]
    return kept


def _relative(text: str, folders: Iterable[str]) -> str:
    for folder in folders:
        text = text.replace(folder, "")
    return text


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _small_picture(original: bytes) -> str:
    """Return a PNG in base64, no wider than `WIDEST` and with at most `COLOURS` colours."""
    from PIL import Image

    picture = Image.open(io.BytesIO(original)).convert("RGB")
    if picture.width > WIDEST:
        height = round(picture.height * WIDEST / picture.width)
        picture = picture.resize((WIDEST, height), Image.Resampling.LANCZOS)
    small = io.BytesIO()
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(small, format="PNG", optimize=True)
    smaller = min(small.getvalue(), original, key=len)
    return base64.b64encode(smaller).decode("ascii")


def _index(steps: Iterable[Any], name: str, found: Mapping[str, str]) -> str:
    """Return the index of the edition: every notebook with its question, and where it comes from."""
    rows = ([f"[{s.number} {s.title}]({s.name}.ipynb)", s.question] for s in steps)
    return "\n".join(
        [
            "# Edition",
            "",
            f"The notebooks of the run `{name}`, executed. `pnetlib publish` wrote this folder, together "
            "with [the figures](../figures/README.md) and the numbers in [the results](../docs/results.md) "
            "and the [README](../README.md), which all come from `findings.json` here.",
            "",
            table_text(["notebook", "question"], rows),
            "",
            "## Where it comes from",
            "",
            found["provenance"],
        ]
    )
