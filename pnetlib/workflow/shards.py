"""Steps with many folds in parts, each of which computes some of the folds and nothing else.

The driver runs ``python -m pnetlib.workflow.shards`` and passes its request as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pnetlib.errors import PnetError, SetupError
from pnetlib.execution.fingerprint import difference, identity
from pnetlib.workflow.events import read_events
from pnetlib.workflow.progress import Progress
from pnetlib.workflow.run import Run

if TYPE_CHECKING:
    from pnetlib.execution.engine import Engine, Work


def comparison_work(run: Run, parameters: Mapping[str, Any]) -> list[Work]:
    """Return everything that notebook 02 computes fold by fold, in its order.

    That is the outer folds, those of the control, and the choices on all cell lines. `parameters`
    are those of the notebook, including the defaults.
    """
    from pnetlib.steps.comparison.compute import choice_work, outer_work
    from pnetlib.steps.data.compute import forced_for
    from pnetlib.steps.sizes import compared_profile

    cohort, genes = run.cohort(), (parameters["n_genes"], parameters["gene_fraction"])
    others = parameters["search"], parameters["repeats"]
    sizes = compared_profile(run.profile, *genes, cohort, *others)
    force = forced_for(cohort, parameters["force_genes"])
    folds = run.folds(cohort)
    return [
        outer_work(cohort, sizes, run.seed, force=force, stored=folds),
        outer_work(cohort, sizes, run.seed, force=force, permute=True, stored=folds),
        choice_work(cohort, sizes, run.seed, force=force, stored=folds),
    ]


def drugs_work(run: Run, parameters: Mapping[str, Any]) -> list[Work]:
    """Return the outer folds of all drugs of notebook 10.

    `parameters` are those of the notebook, including the defaults.
    """
    from pnetlib.steps.comparison.compute import outer_work
    from pnetlib.steps.drugs.further import with_further
    from pnetlib.steps.sizes import drugs_sizes

    cohort = run.cohort()
    genes = parameters["n_genes"], parameters["gene_fraction"]
    sizes = drugs_sizes(run.profile, *genes, cohort, parameters["search"])
    requested = parameters["further"]
    whole = with_further(cohort, run.source, sizes, run.seed, requested, size=run.profile).cohort
    return [outer_work(whole, sizes.profile, run.seed, stored=run.folds(whole))]


# The work of each notebook whose folds can be computed as jobs of their own.
WORK = {"02_comparison": comparison_work, "10_drugs": drugs_work}


def part_of(work: list[Work], k: int, m: int) -> list[Work]:
    """Return part k of m: every m-th task, counted over all the work."""
    parts, count = [], 0
    for part in work:
        chosen = [t for at, t in enumerate(part.tasks, count) if at % m == k - 1]
        count += len(part.tasks)
        parts.append(replace(part, tasks=chosen))
    return parts


def count_missing(work: list[Work]) -> tuple[int, int]:
    """Return how many tasks have no stored result, and how many tasks there are."""
    tasks = [(part.stored, task) for part in work for task in part.tasks]
    return sum(folds.get(task) is None for folds, task in tasks), len(tasks)


def compute(run: Run, step: str, parameters: Mapping[str, Any], k: int, m: int) -> None:
    """Compute part k of m and store each result as soon as it is finished.

    For a step that forecasts, the forecast and its error are printed.
    """
    work = WORK[step](run, parameters)
    parts = part_of(work, k, m)
    total = sum(len(part.tasks) for part in parts)
    with Progress(max(total, 1), "folds") as progress, run.engine as engine:
        for whole, part in zip(work, parts):
            ended = (
                _forecast(whole, part, parameters["cores"], engine)
                if "cores" in parameters
                else None
            )
            for _ in part.by(engine, progress.advance):
                pass
            if ended:
                print(ended(), flush=True)


def _forecast(whole: Work, part: Work, cores: str, engine: Engine) -> Callable[[], str]:
    """Print the forecast of a part and of all missing folds; return what gives its error."""
    from pnetlib.steps.drugs import forecast, sentences

    numbers = forecast.read_cores(cores)
    found = forecast.forecast(part, engine)
    print(sentences.of_forecast(found, what="this part"), flush=True)
    left = [task for task in whole.tasks if whole.stored.get(task) is None]
    if found and left and numbers:
        print(sentences.of_forecast(found.of(left), numbers, "all parts"), flush=True)
    watch = forecast.Watch(engine)
    return lambda: sentences.of_forecast_error(found, *watch.stop())


def check(run: Run, step: str, parameters: Mapping[str, Any]) -> None:
    """Raise `SetupError` if a merge would have to compute folds."""
    left, total = count_missing(WORK[step](run, parameters))
    if left:
        raise SetupError(
            f"{left} of the {total} folds of {step} are missing: {_odd_part(run, step)}repeat the "
            "parts of the array that failed, or leave out --merge to compute the folds here."
        )


def _odd_part(run: Run, step: str) -> str:
    """Return which part, if one, was last computed by another version, whose folds do not count.

    Only the parts of the last array are looked at, and of each only what it ended with.
    """
    parts, last = {}, ""
    for event in read_events(run.folder):
        if event["step"].startswith(f"{step}.part-"):
            parts[event["step"]], last = event, event["step"].rpartition("-")[2]
    for name, event in parts.items():
        if event["status"] != "done" or name.rpartition("-")[2] != last:
            continue
        if different := difference(event.get("made_with") or {}, identity()):
            part = name.removeprefix(f"{step}.").replace("-", " ")
            return f"{part} was computed on {event.get('node')}, which has {different}; correct that and "
    return ""


def _end_with(parent: int) -> None:
    """End this process when the driver has ended, even if it was killed."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def main() -> int:
    """Compute or check what the driver requests; an error is the last line of the log."""
    request = json.load(sys.stdin)
    _end_with(request["parent"])
    run = Run(**request["run"])
    try:
        if request["part"] is None:
            check(run, request["step"], request["parameters"])
        else:
            compute(run, request["step"], request["parameters"], *request["part"])
    except PnetError as error:
        print(error, flush=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
