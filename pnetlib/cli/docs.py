"""``pnetlib docs [RUN]``: build the pages of a finished run."""

from collections.abc import Sequence
from pathlib import Path

from pnetlib.cli.parser import Parser, program
from pnetlib.errors import UsageError
from pnetlib.workflow.display import short
from pnetlib.workflow.project import project_root

DEFAULT = "results/gdsc-standard"  # the folder of ./reproduce.sh without options
DESCRIPTION = f"""Build the published edition of a finished run: its notebooks, figures and claims with the
documentation, as pages that a browser opens without a server.

They are written to RUN/site; open RUN/site/index.html. RUN is {DEFAULT} by default.
"""


def main(arguments: Sequence[str]) -> int:
    """Build the site of the run in the folder that is named; return the exit code."""
    parser = Parser(program("docs"), description=DESCRIPTION)
    parser.add_argument("run", metavar="RUN", nargs="?", type=Path, help="folder of the run")
    parser.add_argument("--check", action="store_true", help="check the options and stop")
    options, root = parser.parse_args(arguments), project_root()
    run = (options.run or root / DEFAULT).absolute()
    if not (run / "notebooks").is_dir():
        raise UsageError(
            f"{short(run)} is not the folder of a run; make one with ./reproduce.sh, or name another."
        )
    if options.check:
        return 0

    from pnetlib.workflow.site import build_site

    site = build_site(run, root)
    print(f"Open {short(site)}/index.html in a browser.")
    return 0
