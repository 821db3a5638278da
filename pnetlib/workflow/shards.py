"""The comparison in parts: each computes its share of the folds and nothing else.

Run by the driver as ``python -m pnetlib.workflow.shards``, with what to do as JSON in its input.
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
from typing import Any

from pnetlib.errors import PnetError, SetupError
from pnetlib.workflow.run import Run


def comparison_work(run: Run, parameters: Mapping[str, Any]) -> list:
    """Return all that notebook 02 computes fold by fold, in its order.

    Parameters
    ----------
    run : Run
    parameters : mapping
        Those of the notebook, with their defaults.

    Returns
    -------
    list of Work
        The outer folds, the control's and the choices on all lines.
    """
    from pnetlib.steps.comparison.compute import choice_work, outer_work
    from pnetlib.steps.data.compute import forced_genes
    from pnetlib.steps.sizes import profile_named, with_genes, with_repeats

    cohort = run.cohort()
    sizes = with_repeats(profile_named(run.profile), parameters["repeats"])
    sizes = with_genes(sizes, parameters["n_genes"], parameters["gene_fraction"], cohort)
    force = forced_genes(parameters["force_genes"])
    kept = run.folds(cohort)
    return [
        outer_work(cohort, sizes, run.seed, force=force, kept=kept),
        outer_work(cohort, sizes, run.seed, force=force, permute=True, kept=kept),
        choice_work(cohort, sizes, run.seed, force=force, kept=kept),
    ]


def share(work: list, k: int, m: int) -> list:
    """Return part k of m: every m-th task, counted through all the work."""
    parts, count = [], 0
    for part in work:
        chosen = [t for at, t in enumerate(part.tasks, count) if at % m == k - 1]
        count += len(part.tasks)
        parts.append(replace(part, tasks=chosen))
    return parts


def missing(work: list) -> tuple[int, int]:
    """Return how many tasks have no result yet, and how many there are."""
    tasks = [(part.kept, task) for part in work for task in part.tasks]
    return sum(kept.get(task) is None for kept, task in tasks), len(tasks)


def compute(run: Run, parameters: Mapping[str, Any], k: int, m: int) -> None:
    """Compute part k of m and keep each result as soon as it is there."""
    from pnetlib.workflow.progress import Progress

    parts = share(comparison_work(run, parameters), k, m)
    total = sum(len(part.tasks) for part in parts)
    with Progress(max(total, 1), "folds") as progress, run.engine as engine:
        for part in parts:
            for _ in part.by(engine, progress.advance):
                pass


def check(run: Run, parameters: Mapping[str, Any]) -> None:
    """Raise `SetupError` where a merge would have to compute folds."""
    left, total = missing(comparison_work(run, parameters))
    if left:
        raise SetupError(
            f"{left} of the {total} folds of the comparison are missing: run the parts of the "
            "array that failed again, or leave out --merge to compute them here."
        )


def _end_with(parent: int) -> None:
    """End this process when the driver is gone, however it ended."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def main() -> int:
    """Do what the driver asks for; a mistake is the last line of the log."""
    asked = json.load(sys.stdin)
    _end_with(asked["parent"])
    run = Run(**asked["run"])
    try:
        if asked["share"] is None:
            check(run, asked["parameters"])
        else:
            compute(run, asked["parameters"], *asked["share"])
    except PnetError as error:
        print(error, flush=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
