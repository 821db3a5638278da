"""Descriptions of a run that other programs read: a research-object crate, and CODECHECK's manifest.

The crate follows RO-Crate 1.1 and the profile Process Run Crate 0.5: every step is an action, with
the notebook as its instrument, the files it read as objects and those it wrote as results. It is
written with the standard library, so that a run needs no other package for it. Who ran it is left
out, as are the names of machines.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pnetlib
from pnetlib.execution.storage import whole_file
from pnetlib.workflow.events import read_events
from pnetlib.workflow.freshness import step_records
from pnetlib.workflow.notebooks import Step
from pnetlib.workflow.run import Run

CRATE = "ro-crate-metadata.json"
CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    "https://w3id.org/ro/terms/workflow-run/context",
]
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
OWNERS, OWN = "#rights", ("files", "settings")
LICENSE = "https://creativecommons.org/licenses/by/4.0/"
FORMATS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".npz": "application/zip",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
HOMES = {
    "numba": "https://numba.pydata.org/",
    "numpy": "https://numpy.org/",
    "python": "https://www.python.org/",
    "scipy": "https://scipy.org/",
}
PAPER = {
    "title": "PredictiveNetwork: predictive gene network estimation with application to gastric cancer "
    "drug response-predictive network analysis",
    "authors": [{"name": "Heewon Park"}, {"name": "Seiya Imoto"}, {"name": "Satoru Miyano"}],
    "reference": "https://doi.org/10.1186/s12859-022-04871-z",
}
SPECIFICATION = "https://codecheck.org.uk/spec/config/2.0/"


def write_crate(run: Run, steps: list[Step]) -> Path:
    """Describe what the steps of a run made from what, and return the path of the description.

    Parameters
    ----------
    run : Run
        The run, whose folder gets ``ro-crate-metadata.json``.
    steps : list of Step
        Steps of the run; those that did not finish are left out.
    """
    records = step_records(run.folder)
    done = [step for step in steps if step.name in records]
    ended = _times(run.folder)
    files: dict[str, dict[str, Any]] = {}
    actions = [_action(step, records[step.name], ended.get(step.name), files) for step in done]
    first = records[done[0].name] if done else {"made_from": {}, "versions": {}}
    made_from = ", ".join(_part(*item) for item in first["made_from"].items() if item[0] not in OWN)
    # Whoever owns the data of another cohort decides on its results.
    rights = {
        "@id": OWNERS,
        "@type": "CreativeWork",
        "name": "Rights belong to the owners of the data",
    }
    rights = rights if run.own else {"@id": LICENSE, "@type": "CreativeWork", "name": "CC BY 4.0"}
    rights |= {} if run.own else {"identifier": LICENSE}
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Results of the run {run.name}",
        "description": f"Results of pnetlib {pnetlib.__version__} on {made_from}.",
        "datePublished": max((day[:10] for _, day in ended.values()), default="1970-01-01"),
        "license": {"@id": rights["@id"]},
        "conformsTo": {"@id": PROFILE},
        "hasPart": [{"@id": name} for name in sorted(files)],
        "mentions": [{"@id": action["@id"]} for action in actions],
    }
    about = [
        {
            "@id": CRATE,
            "@type": "CreativeWork",
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
            "about": {"@id": "./"},
        },
        root,
        {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        rights,
        *_software(first["versions"]),
        *(_instrument(step, records[step.name]) for step in done),
    ]
    values = [entity for action in actions for entity in action.pop("values")]
    graph = [*about, *actions, *values, *(files[name] for name in sorted(files))]
    text = json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1, sort_keys=True)
    path = run.folder / CRATE
    if not path.is_file() or path.read_text("utf-8", "replace") != text + "\n":
        with whole_file(path) as partial:
            partial.write_text(text + "\n", "utf-8")
    return path


def _part(name: str, value: Any) -> str:
    """Return a word on what a run was made from; of a folder its name alone."""
    path = Path(str(value))
    return f"{name} {path.name if path.is_absolute() else value}"


def _action(
    step: Step,
    record: Mapping[str, Any],
    times: tuple[str, str] | None,
    files: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """Return the execution of a step, and add its files to those of the crate."""
    read = {name: sha256 for name, sha256 in record["read"].items() if sha256}
    for name, sha256 in {**read, **record["outputs"]}.items():
        files[name] = _file(name, sha256)
    values = [
        {
            "@id": f"#{step.name}/{name}",
            "@type": "PropertyValue",
            "name": name,
            "value": value if isinstance(value, (int, float)) else str(value),
        }
        for name, value in sorted(record.get("parameters", {}).items())
        if name != "source" or not Path(str(value)).is_absolute()
    ]
    objects = [*sorted(read), *(value["@id"] for value in values)]
    action = {
        "@id": f"#{step.name}",
        "@type": "CreateAction",
        "name": f"{step.number} {step.title}",
        "description": step.question,
        "instrument": {"@id": f"#notebook-{step.name}"},
        "object": [{"@id": name} for name in objects],
        "result": [{"@id": name} for name in sorted(record["outputs"])],
        "values": values,
    }
    if times:
        action |= dict(zip(("startTime", "endTime"), times))
    return action


def _instrument(step: Step, record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@id": f"#notebook-{step.name}",
        "@type": "SoftwareSourceCode",
        "name": f"notebooks/{step.name}.ipynb",
        "version": f"code cells with SHA-256 {record['code']}",
        "softwareRequirements": {"@id": "#pnetlib"},
    }


def _software(versions: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return this library and the packages whose versions decide its results."""
    others = [
        {
            "@id": HOMES.get(name, f"#{name}"),
            "@type": "SoftwareApplication",
            "name": name,
            "softwareVersion": number,
        }
        for name, number in sorted(versions.items())
    ]
    own = {
        "@id": "#pnetlib",
        "@type": "SoftwareApplication",
        "name": "pnetlib",
        "softwareVersion": pnetlib.__version__,
        "softwareRequirements": [{"@id": other["@id"]} for other in others],
    }
    return [own, *others]


def _file(name: str, sha256: str) -> dict[str, Any]:
    kind = FORMATS.get(Path(name).suffix, "application/octet-stream")
    return {"@id": name, "@type": "File", "name": name, "encodingFormat": kind, "sha256": sha256}


def _times(folder: Path) -> dict[str, tuple[str, str]]:
    """Return when each step last began and ended, as ISO 8601 has it."""
    found = {}
    for event in read_events(folder):
        if event["status"] == "done":
            ended = datetime.strptime(event["ended"], "%Y-%m-%dT%H:%M:%S%z")
            began = ended - timedelta(seconds=round(event["seconds"]))
            found[event["step"]] = began.isoformat(), ended.isoformat()
    return found


def codecheck(manifest: Mapping[str, str]) -> str:
    """Return the text of ``codecheck.yml``: the outputs to be made again, and the paper.

    What a codechecker adds (name, report, summary, certificate) is left out, as nobody has checked
    the project yet. So are the authors' ORCIDs, which this project could not verify.

    Parameters
    ----------
    manifest : mapping of str to str
        Path of each output in the repository to what it is.
    """
    import yaml

    content = {
        "version": SPECIFICATION,
        "manifest": [{"file": name, "comment": text} for name, text in manifest.items()],
        "paper": PAPER,
        "source": "docs/provenance.md names the run. `./reproduce.sh` makes such a run again and `pnetlib publish "
        "RUN` puts its outputs in place; docs/reviewing.md says what to look at first.",
    }
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=96)
    return f"%YAML 1.1\n---\n{text}"
