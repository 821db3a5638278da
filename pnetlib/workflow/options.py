"""What one command asks the driver to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pnetlib.workflow.notebooks import Step
from pnetlib.workflow.parameters import Value
from pnetlib.workflow.run import Run


@dataclass(frozen=True)
class Options:
    """The checked options of one command."""

    run: Run
    steps: list[Step]  # to execute, in this order
    parameters: dict[str, dict[str, Value]]  # of each step, by its name, beyond those of the run
    force: bool = False  # execute fresh steps too, and compute their folds again
    backend: str = "threads"  # where long tasks are computed, as in `Engine`
    scheduler: str = ""
    part: tuple[int, int] | None = None  # compute only part k of m of the folds
    merge: bool = False  # refuse to start while folds are missing
    left_out: tuple[Step, ...] = ()  # that make no sense on this cohort
    given: Mapping[str, str] = field(default_factory=dict)  # parameters of the config and options
    others: bool = False  # the cohort or the markers are not the paper's
    origins: Mapping[str, str] = field(default_factory=dict)  # of parameters that the config sets
