"""What one command asks the driver to do."""

from __future__ import annotations

from dataclasses import dataclass

from pnetlib.workflow.notebooks import Step
from pnetlib.workflow.parameters import Value
from pnetlib.workflow.run import Run


@dataclass(frozen=True)
class Options:
    """The checked options of one command.

    Parameters
    ----------
    run : Run
        Source, profile, folder, seed and threads.
    steps : list of Step
        Steps to execute, in this order.
    parameters : dict
        Names and values given to each step beyond those of the run, by the step's name.
    force : bool, default=False
        Execute fresh steps too, and compute their folds again.
    backend, scheduler : str
        Where long tasks are computed, as in `Engine`.
    part : (int, int), optional
        Compute only part k of m of the folds of the comparison.
    merge : bool, default=False
        Refuse to start while folds of the comparison are missing.
    """

    run: Run
    steps: list[Step]
    parameters: dict[str, dict[str, Value]]
    force: bool = False
    backend: str = "threads"
    scheduler: str = ""
    part: tuple[int, int] | None = None
    merge: bool = False
