"""What one command asks the driver for."""

from __future__ import annotations

from dataclasses import dataclass

from pnetlib.workflow.notebooks import Step
from pnetlib.workflow.parameters import Value
from pnetlib.workflow.run import Run


@dataclass(frozen=True)
class Order:
    """What one command asks for.

    Parameters
    ----------
    run : Run
        Source, profile, folder, seed and threads.
    steps : list of Step
        What to execute, in this order.
    parameters : dict
        Names and values given to each step beyond those of the run, by the step's name.
    force : bool
        Execute steps that are fresh too, and compute their folds again.
    backend, scheduler : str
        What computes long tasks, as `Engine` takes them.
    share : (int, int), optional
        Compute only the folds of part k of m.
    merge : bool
        Refuse to start while folds are missing.
    """

    run: Run
    steps: list[Step]
    parameters: dict[str, dict[str, Value]]
    force: bool = False
    backend: str = "threads"
    scheduler: str = ""
    share: tuple[int, int] | None = None
    merge: bool = False
