"""Whether a step must be executed: what its results were made from, compared with what is there.

Only the standard library is imported, so that a run in which all steps are fresh ends at once.
"""

import hashlib
import json
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pnetlib.errors import PnetError
from pnetlib.execution.fingerprint import ABSENT, library_digest, versions
from pnetlib.execution.storage import digest, digests, whole_file
from pnetlib.words import first_few
from pnetlib.workflow.notebooks import Step
from pnetlib.workflow.parameters import Value
from pnetlib.workflow.run import Run

_NOT_RESULTS = ("out", "threads")  # parameters that do not affect results


class ClashError(PnetError):
    """Another process changed a file of a step before the step had finished."""


def parameters_of(run: Run, step: Step, given: Mapping[str, Value]) -> dict[str, Value]:
    """Return the parameters that a step is executed with, except those at its own defaults."""
    own = {
        "source": run.source,
        "profile": run.profile,
        "out": str(run.folder),
        "seed": run.seed,
        "threads": run.threads,
    }
    return {name: value for name, value in own.items() if name in step.defaults} | dict(given)


def begin(run: Run, step: Step) -> str:
    """Record that a step has begun, so that its files are not read until it has finished.

    Return an identifier of this execution, which the record of each file of the step has too.
    """
    before = run.record(_name(step)) or {}
    begun = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    _write(run, step, {"begun": begun, "outputs": before.get("outputs", {})})
    return f"{step.name} {uuid.uuid4().hex[:12]}"


def finish(run: Run, step: Step, given: Mapping[str, Value], execution: str, trace: Path) -> None:
    """Record what a finished step was made from, and remove files that it no longer writes.

    `execution` is what `begin` returned, `trace` the file in which `Run` recorded what the step
    read and wrote. If a file has changed since the step wrote it, `ClashError` is raised.
    """
    accessed = {"read": {}, "wrote": {}, "fetched": {}}
    with suppress(FileNotFoundError):
        for line in trace.read_text("utf-8").splitlines():
            for kind, files in json.loads(line).items():
                accessed[kind] |= files
    for name, sha256 in accessed["wrote"].items():
        path = run.folder / name
        if not path.is_file() or digest(path) != sha256:
            raise ClashError(
                f"{path} was changed by another process while {step.name} ran; repeat the command."
            )
    copy = f"notebooks/{step.name}.ipynb"
    outputs = {**accessed["wrote"], copy: digest(run.folder / copy)}
    earlier = (run.record(_name(step)) or {}).get("outputs", {})
    made = {
        "execution": execution,
        "code": _code(step),
        "made_from": run.made_from,
        "parameters": _result_parameters(run, step, given),
        "library": library_digest(),
        "versions": versions(),
        "read": {k: v for k, v in accessed["read"].items() if k not in accessed["wrote"]},
        "fetched": accessed["fetched"],
        "outputs": outputs,
    }
    _write(run, step, made)
    for name in earlier.keys() - outputs.keys():
        path = run.folder / name
        with suppress(OSError):
            if digest(path) == earlier[name]:
                path.unlink()
                run.record_path(name).unlink(missing_ok=True)


def reasons(run: Run, step: Step, given: Mapping[str, Value]) -> list[str]:
    """Return in words why a step must be executed again; no words if it is fresh.

    `given` are the parameters given to the step beyond those of the run. The version of a package
    that is not installed is not compared.
    """
    made = run.record(_name(step))
    if made is None:
        return ["it was never run in this folder"]
    if "execution" not in made:
        return ["it was begun but not finished"]
    found = []
    if made["code"] != _code(step):
        found.append("its code cells changed")
    now = _result_parameters(run, step, given)
    for name in sorted(now.keys() | made["parameters"].keys()):
        before, value = made["parameters"].get(name, "absent"), now.get(name, "absent")
        if before != value or type(before) is not type(value):
            found.append(f"{name} is {value!r}, was {before!r}")
    known = set(now)
    for name in sorted(run.made_from.keys() | made["made_from"].keys()):
        before, value = made["made_from"].get(name), run.made_from.get(name)
        if before != value and name == "files":
            changed = {f for f, _ in set((before or {}).items()) ^ set((value or {}).items())}
            found.append(f"the source's {first_few(sorted(changed), 3)} changed")
        elif before != value and name == "settings":
            keys = set(before or {}) | set(value or {})
            changed = [k for k in sorted(keys) if (before or {}).get(k) != (value or {}).get(k)]
            found.append(f"{first_few(changed)} of the config changed")
        elif before != value and name not in known:
            found.append(f"{name} is {value!r}, was {before!r}")
    if made["library"] != library_digest():
        found.append("the library's source changed")
    for name, value in versions().items():
        if value != ABSENT and made["versions"].get(name) != value:
            found.append(f"{name} is {value}, was {made['versions'].get(name)}")
    fetched = [Path(name) for name in made["fetched"]]
    present = digests([f for f in fetched if f.is_file()], run.record_path("source"))
    for name, sha256 in present.items():
        if made["fetched"][name] != sha256:
            found.append(f"the source's {Path(name).name} changed")
    same_run = made["made_from"] == run.made_from
    for name, before in made["read"].items() if same_run else ():
        value = run.digest_of(name)
        if value != before:
            change = "is missing" if value is None else "changed" if before else "now exists"
            found.append(f"{name}, which it reads, {change}")
    for name, sha256 in made["outputs"].items():
        path = run.folder / name
        if not path.is_file():
            found.append(f"its {name} is missing")
        elif digest(path) != sha256:
            found.append(f"its {name} was changed")
    return found


def step_records(folder: Path) -> dict[str, dict[str, Any]]:
    """Return step to what it was made from, read and wrote, for the finished steps of a run."""
    records = {}
    for path in sorted((folder / ".made" / "steps").glob("*.json")):
        with suppress(ValueError):  # a damaged record is that of a step that did not finish
            record = json.loads(path.read_text("utf-8"))
            if "execution" in record:
                records[path.stem] = record
    return records


def read_by(run: Run, step: Step) -> set[str]:
    """Return the steps whose files a step read when it was last executed."""
    made = run.record(_name(step)) or {}
    records = (run.record(name) for name, sha256 in made.get("read", {}).items() if sha256)
    return {r["execution"].partition(" ")[0] for r in records if r and "execution" in r}


def _name(step: Step) -> str:
    return f"steps/{step.name}"


def _write(run: Run, step: Step, made: Mapping[str, Any]) -> None:
    with whole_file(run.record_path(_name(step))) as partial:
        partial.write_text(json.dumps(made, sort_keys=True, indent=1) + "\n", "utf-8")


def _code(step: Step) -> str:
    return hashlib.sha256(json.dumps(step.code).encode()).hexdigest()


def _result_parameters(run: Run, step: Step, given: Mapping[str, Value]) -> dict[str, Value]:
    """Return all parameters on which the results of a step depend."""
    used = {**step.defaults, **parameters_of(run, step, given)}
    return {name: value for name, value in used.items() if name not in _NOT_RESULTS}
