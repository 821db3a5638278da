"""``pnetlib environment``: list the required packages that this Python lacks."""

import tomllib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pnetlib.cli.parser import Parser
from pnetlib.errors import UsageError
from pnetlib.workflow.project import project_root

DESCRIPTION = """List the packages required by pyproject.toml that this Python lacks.

Print nothing and exit with 0 if there are none; else print at most three and exit with 1.
"""


def required(pyproject: Path, extras: Sequence[str] = ()) -> list[str]:
    """Return the requirements of the project and of some of its extras."""
    project = tomllib.loads(pyproject.read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    for extra in extras:
        if extra not in optional:
            raise UsageError(f"there is no extra {extra!r}, only {', '.join(optional)}.")
    return project["dependencies"] + [line for extra in extras for line in optional[extra]]


def missing(requirements: Sequence[str]) -> list[str]:
    """Return the requirements that this Python does not satisfy; all if it lacks ``packaging``."""
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


def main(arguments: Sequence[str]) -> int:
    """Print what is missing; return 1 if anything is, else 0."""
    parser = Parser("pnetlib environment", description=DESCRIPTION)
    parser.add_argument(
        "extras", metavar="EXTRA", nargs="*", help="extras to include, such as test or dask"
    )
    extras = parser.parse_args(arguments).extras
    absent = missing(required(project_root() / "pyproject.toml", extras))
    more = [f"{len(absent) - 3} more"] if len(absent) > 3 else []
    if absent:
        print(*absent[:3], *more, sep=", ")
    return int(bool(absent))
