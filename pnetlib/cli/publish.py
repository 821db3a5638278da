"""``pnetlib publish RUN``: put the figures, notebooks and numbers of a finished run in place."""

from collections.abc import Sequence
from pathlib import Path

from pnetlib.cli.parser import Parser
from pnetlib.workflow.project import project_root

DESCRIPTION = """Publish a finished run in this repository.

figures/   every figure as PNG, and as SVG where that file is at most 100 kB
edition/   the executed notebooks, without anything of the machine, and findings.json
pages      the numbers, sentences and tables in README.md, docs/ and docs/ja/

The figures 11 are replaced only by those of a whole benchmark.
"""


def main(arguments: Sequence[str]) -> int:
    """Publish the run in the folder that is named; return the exit code."""
    parser = Parser("pnetlib publish", description=DESCRIPTION)
    parser.add_argument(
        "run", metavar="RUN", type=Path, help="folder of the run, such as results/gdsc-standard"
    )
    run = parser.parse_args(arguments).run
    from pnetlib.workflow.publish import publish  # slow, and not needed for a wrong option

    names = publish(run, project_root())
    print(f"Published {len(names)} figures, the notebooks and the numbers of README.md and docs.")
    return 0
