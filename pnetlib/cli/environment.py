"""Whether this Python has what ``pyproject.toml`` asks for.

``pnetlib environment [EXTRA ...]``: prints what is missing, if anything.
"""

import tomllib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pnetlib.workflow.project import project_root


def required(pyproject: Path, extras: Sequence[str] = ()) -> list[str]:
    """Return the requirements of the project and of some of its extras."""
    project = tomllib.loads(pyproject.read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    return project["dependencies"] + [line for extra in extras for line in optional[extra]]


def missing(requirements: Sequence[str]) -> list[str]:
    """Return the requirements that this Python does not satisfy.

    Parameters
    ----------
    requirements : sequence of str
        Such as ``"numpy>=2.0"``.

    Returns
    -------
    list of str
        All of them, where even ``packaging`` is missing.
    """
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return list(requirements)

    def satisfied(line: str) -> bool:
        requirement = Requirement(line)
        try:
            return requirement.specifier.contains(version(requirement.name), prereleases=True)
        except PackageNotFoundError:
            return False

    return [line for line in requirements if not satisfied(line)]


def main(arguments):
    """Print what is missing; returns 1 if anything is."""
    lacking = missing(required(project_root() / "pyproject.toml", arguments))
    more = [f"{len(lacking) - 3} more"] if len(lacking) > 3 else []
    print(*lacking[:3], *more, sep=", ")
    return int(bool(lacking))
