"""The comparison in parts, each of which computes some of the folds and nothing else.

The driver runs ``python -m pnetlib.workflow.shards`` and passes its request as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pnetlib.errors import PnetError, SetupError
from pnetlib.workflow.progress import Progress
from pnetlib.workflow.run import Run

if TYPE_CHECKING:
    from pnetlib.execution.engine import Work


def comparison_work(run: Run, parameters: Mapping[str, Any]) -> list[Work]:
    """Return everything that notebook 02 computes fold by fold, in its order.

    That is the outer folds, those of the control, and the choices on all cell lines. `parameters`
    are those of the notebook, including the defaults.
    """
    from pnetlib.steps.comparison.compute import choice_work, outer_work
    from pnetlib.steps.data.compute import forced_genes
    from pnetlib.steps.sizes import profile_named, with_genes, with_repeats

    cohort = run.cohort()
    sizes = with_repeats(profile_named(run.profile), parameters["repeats"])
    sizes = with_genes(sizes, parameters["n_genes"], parameters["gene_fraction"], cohort)
    force = forced_genes(parameters["force_genes"])
    folds = run.folds(cohort)
    return [
        outer_work(cohort, sizes, run.seed, force=force, stored=folds),
        outer_work(cohort, sizes, run.seed, force=force, permute=True, stored=folds),
        choice_work(cohort, sizes, run.seed, force=force, stored=folds),
    ]


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


def compute(run: Run, parameters: Mapping[str, Any], k: int, m: int) -> None:
    """Compute part k of m and store each result as soon as it is finished."""
    parts = part_of(comparison_work(run, parameters), k, m)
    total = sum(len(part.tasks) for part in parts)
    with Progress(max(total, 1), "folds") as progress, run.engine as engine:
        for part in parts:
            for _ in part.by(engine, progress.advance):
                pass


def check(run: Run, parameters: Mapping[str, Any]) -> None:
    """Raise `SetupError` if a merge would have to compute folds."""
    left, total = count_missing(comparison_work(run, parameters))
    if left:
        raise SetupError(
            f"{left} of the {total} folds of the comparison are missing: repeat the parts of the "
            "array that failed, or leave out --merge to compute the folds here."
        )


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
            check(run, request["parameters"])
        else:
            compute(run, request["parameters"], *request["part"])
    except PnetError as error:
        print(error, flush=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
