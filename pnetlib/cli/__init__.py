"""The command `pnetlib` and its subcommands; only the standard library until one is chosen."""

import importlib
import sys

SUBCOMMANDS = {
    "run": "run the notebooks (what ./reproduce.sh calls)",
    "network": "estimate the network of your own expression, or of a cohort",
    "compile": "compile the kernels once and keep them for later runs",
    "publish": "copy the figures of a finished run into figures/",
    "environment": "check whether this Python has what the project needs",
}


def dispatch(arguments):
    """Call a subcommand.

    Parameters
    ----------
    arguments : sequence of str
        Name of the subcommand and its own arguments.

    Returns
    -------
    int
        Exit code.
    """
    name, *rest = arguments or ["--help"]
    if name in SUBCOMMANDS:
        return importlib.import_module(f"pnetlib.cli.{name}").main(rest)
    asked = name in ("-h", "--help")
    if not asked:
        print(f"error: pnetlib has no subcommand {name!r}.", file=sys.stderr)
    lines = [f"  {key:<12} {text}" for key, text in SUBCOMMANDS.items()]
    usage = [
        "Usage: pnetlib SUBCOMMAND [options]; pnetlib SUBCOMMAND --help lists them",
        "",
        *lines,
    ]
    print("\n".join(usage), file=sys.stdout if asked else sys.stderr)
    return 0 if asked else 2
