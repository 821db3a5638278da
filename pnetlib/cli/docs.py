"""``pnetlib docs [RUN]``: build the pages of a finished run."""

from collections.abc import Sequence
from pathlib import Path

from pnetlib.cli.parser import Parser
from pnetlib.workflow.display import short
from pnetlib.workflow.project import project_root

DEFAULT = "results/gdsc-standard"  # the folder of ./reproduce.sh without options
DESCRIPTION = f"""Build the published edition of a finished run: its notebooks, figures and claims with the
documentation, as pages that a browser opens without a server.

They are written to RUN/site; open RUN/site/index.html. RUN is {DEFAULT} by default.
"""


def main(arguments: Sequence[str]) -> int:
    """Build the site of the run in the folder that is named; return the exit code."""
    parser = Parser("pnetlib docs", description=DESCRIPTION)
    parser.add_argument("run", metavar="RUN", nargs="?", type=Path, help="folder of the run")
    run = parser.parse_args(arguments).run
    root = project_root()

    from pnetlib.workflow.site import build_site

    site = build_site(run or root / DEFAULT, root)
    print(f"Open {short(site)}/index.html in a browser.")
    return 0
