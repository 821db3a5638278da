"""``pnetlib publish RUN``: copy the figures of a finished run into ``figures/``."""

from collections.abc import Sequence
from pathlib import Path

from pnetlib.cli.parser import Parser
from pnetlib.workflow.project import project_root
from pnetlib.workflow.publish import publish

DESCRIPTION = """Copy the figures of a finished run into figures/ and write figures/README.md.

Every figure is copied as PNG, and as SVG where that file is at most 100 kB.
"""


def main(arguments: Sequence[str]) -> int:
    """Publish the run in the folder that is named; return the exit code."""
    parser = Parser("pnetlib publish", description=DESCRIPTION)
    parser.add_argument(
        "run", metavar="RUN", type=Path, help="folder of the run, such as results/gdsc-standard"
    )
    names = publish(parser.parse_args(arguments).run, project_root() / "figures")
    print("Copied:", ", ".join(names))
    return 0
