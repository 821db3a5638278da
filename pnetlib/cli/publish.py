"""``pnetlib publish RUN``: copy the figures of a finished run into ``figures/``."""

import sys
from pathlib import Path

from pnetlib.errors import PnetError
from pnetlib.workflow.project import project_root
from pnetlib.workflow.publish import publish


def main(arguments):
    """Publish the run whose folder is named; returns the exit code."""
    if len(arguments) != 1 or arguments[0] in ("-h", "--help"):
        asked = arguments[:1] in (["-h"], ["--help"])
        print(
            "Usage: pnetlib publish RUN, such as pnetlib publish results/gdsc-standard",
            file=sys.stdout if asked else sys.stderr,
        )
        return 0 if asked else 2
    try:
        print("Copied:", ", ".join(publish(Path(arguments[0]), project_root() / "figures")))
    except PnetError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0
