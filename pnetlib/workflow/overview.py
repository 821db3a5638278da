"""The overview of a run on another cohort than the paper's: what it shows and where it comes from."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pnetlib.datasets.own_source import NAME as CONFIG
from pnetlib.errors import UsageError
from pnetlib.steps.data.sentences import LINE
from pnetlib.words import table_text
from pnetlib.workflow.artefacts import results_of
from pnetlib.workflow.freshness import step_records
from pnetlib.workflow.notebooks import Step

ANSWER = "## What it shows"
TERMS = """- **Pro** (PredictiveNetwork) estimates the network and the prediction of the response together.
- **NW.P** estimates the network first and predicts from it afterwards.
- **ELA** is the elastic net on expression, without a network.
- **LA** is the lasso on expression, without a network.
- **ST** is the group of sensitive cell lines.
- **RS** is the group of resistant cell lines."""


def name_of(run: Path) -> str:
    """Return what the cohort of a run is called."""
    data = results_of(run)["data"]
    if data is None:
        raise UsageError(f"{run} has no numbers of step 01; repeat the command that made it.")
    return data["source"]


def index_of(run: Path, steps: Iterable[Step]) -> str:
    """Return the overview in Markdown: the answer of every notebook, then files and choices."""
    steps, data = list(steps), results_of(run)["data"]
    parts = [
        f"# {name_of(run)}",
        "",
        "Gene networks estimated together with the responses that they predict, by the method of Park, "
        "Imoto and Miyano (BMC Bioinformatics 2022;23:342). Every number comes from this run.",
        "",
        TERMS,
    ]
    if "settings" in _first_record(run)["made_from"]:  # the tables are the user's
        parts.append(f"- {LINE}")
    for step in steps:
        link = f"[{step.number} {step.title}](notebooks/{step.notebook.name})"
        parts += ["", f"## {step.title}", "", f"{step.question} {link}", "", answer(step)]
    rows = ([f"`{name}`", f"`{sha256}`"] for name, sha256 in sorted(data["files"].items()))
    parts += ["", "## Files", "", table_text(["file", "SHA-256"], rows), ""]
    parts += [f"- {sentence}" for sentence in data["handled"]]
    parts += [
        "",
        "## Choices",
        "",
        "```yaml",
        _choices(run),
        "```",
        "",
        "## Versions",
        "",
        _versions(run),
    ]
    return "\n".join(parts)


def answer(step: Step) -> str:
    """Return what the executed notebook of a step says that it shows, as Markdown."""
    cells = json.loads(step.notebook.read_text("utf-8"))["cells"]
    starts = [at for at, cell in enumerate(cells) if "".join(cell["source"]).startswith(ANSWER)]
    said = []
    for cell in cells[starts[-1] :] if starts else ():
        for output in cell.get("outputs", []):
            if "text/markdown" in output.get("data", {}):
                said.append("".join(output["data"]["text/markdown"]))
    return "\n\n".join(said)


def _choices(run: Path) -> str:
    """Return the config that the run recorded, with the names of files alone."""
    lines = (run / CONFIG).read_text("utf-8").splitlines()
    return "\n".join(_without_folder(line) for line in lines if not line.startswith("#"))


def _without_folder(line: str) -> str:
    key, colon, value = line.partition(": ")
    path = value.strip("'\"")
    return f"{key}{colon}{Path(path).name}" if Path(path).is_absolute() else line


def _versions(run: Path) -> str:
    versions = _first_record(run)["versions"]
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))


def _first_record(run: Path) -> dict[str, Any]:
    return next(iter(step_records(run).values()))
