"""The steps of a run, each of which is a numbered notebook."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pnetlib.errors import SetupError, UsageError
from pnetlib.workflow.parameters import Value, read_parameters


@dataclass(frozen=True)
class Step:
    """One step of a run."""

    notebook: Path  # named like 01_name.ipynb

    @property
    def name(self) -> str:
        """Name of the notebook without its suffix, such as ``01_name``."""
        return self.notebook.stem

    @property
    def number(self) -> str:
        """The two digits that the name begins with."""
        return self.name.partition("_")[0]

    @cached_property
    def defaults(self) -> dict[str, Value]:
        """Names and defaults in the parameters cell."""
        return read_parameters(self.notebook)

    @cached_property
    def title(self) -> str:
        """First heading of the notebook, without the step's number."""
        for cell in self._content["cells"]:
            if cell["cell_type"] == "markdown":
                for line in "".join(cell["source"]).splitlines():
                    if line.startswith("#"):
                        return line.strip("# ").removeprefix(self.number).strip(" .:·-–")
        return self.name

    @cached_property
    def question(self) -> str:
        """The question that the notebook's first cell asks, or its title."""
        text = "".join(self._content["cells"][0]["source"])
        asked = re.search(r"\*\*Question\.\*\* (.*)", text)
        return asked[1] if asked else self.title

    @property
    def code(self) -> list[str]:
        """Text of the code cells."""
        cells = (cell for cell in self._content["cells"] if cell["cell_type"] == "code")
        return ["".join(cell["source"]) for cell in cells]

    def usual_seconds(self, profile: str) -> float | None:
        """Return the time measured for a profile, if the metadata of the notebook have it."""
        return self._content["metadata"].get("pnetlib", {}).get("seconds", {}).get(profile)

    @property
    def left_out(self) -> str:
        """Why the step is left out of a run on another cohort than the paper's; "" if it is not."""
        return self._content["metadata"].get("pnetlib", {}).get("left_out", "")

    @cached_property
    def _content(self) -> Mapping[str, Any]:
        return json.loads(self.notebook.read_text("utf-8"))


def find_steps(folder: Path) -> list[Step]:
    """Return the steps of a folder, at least one, in the order of their numbers."""
    steps = [Step(path) for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))]
    if not steps:
        raise SetupError(
            f"{folder} has no notebook named like 01_name.ipynb; choose another folder."
        )
    return steps


def select_steps(steps: Sequence[Step], only: str = "", first: str = "") -> list[Step]:
    """Return the steps named in `only`, or else those from `first` on, or else all.

    Steps are named by number or name, in `only` separated by commas.
    """
    if only:
        wanted = {_find(steps, word).name for word in only.split(",")}
        return [step for step in steps if step.name in wanted]
    if first:
        return list(steps[steps.index(_find(steps, first)) :])
    return list(steps)


def _find(steps: Sequence[Step], word: str) -> Step:
    for step in steps:
        if word.strip() in (step.number, step.number.lstrip("0"), step.name):
            return step
    raise UsageError(f"there is no step {word!r}, only {', '.join(s.name for s in steps)}.")
