"""The command `pnetlib` and its subcommands; each is imported when it is called."""

import importlib
import os
import sys
from collections.abc import Sequence

import pnetlib
from pnetlib.cli.parser import no_command, print_error
from pnetlib.errors import PnetError, SetupError, UsageError
from pnetlib.execution.storage import system_error
from pnetlib.workflow.stop import Signalled, signals

SUBCOMMANDS = {
    "run": "run the notebooks of a checkout, as ./reproduce.sh does",
    "init": "look at tables of your own and write a config.yml for them",
    "network": "estimate the network of an expression table or of a cohort",
    "compile": "compile the kernels once for all later runs",
    "docs": "build the pages of a finished run",
    "publish": "put figures, notebooks and numbers of a finished run into the repository",
    "environment": "list the required packages that this Python lacks",
}


def usage() -> str:
    """Return the text of ``pnetlib --help``."""
    subcommands = "\n".join(f"  {name:<12} {text}" for name, text in SUBCOMMANDS.items())
    return (
        "Usage: pnetlib SUBCOMMAND [options]\n\n"
        f"Subcommands\n{subcommands}\n\n"
        "pnetlib SUBCOMMAND --help describes its options, pnetlib --version prints the version."
    )


def dispatch(arguments: Sequence[str]) -> int:
    """Call a subcommand with its own arguments, and return the exit code.

    An error of the user is printed as one sentence.
    """
    name, *rest = arguments or ["--help"]
    if name in ("-h", "--help"):
        print(usage())
    elif name == "--version":
        print(f"pnetlib {pnetlib.__version__}")
    else:
        try:
            _require_working_folder()
            if name not in SUBCOMMANDS:
                raise UsageError(no_command("pnetlib", name, SUBCOMMANDS))
            if name == "run":  # says what is finished
                return importlib.import_module("pnetlib.cli.run").main(rest)
            with signals():
                return importlib.import_module(f"pnetlib.cli.{name}").main(rest)
        except Signalled as error:
            return print_error(error.short())
        except PnetError as error:
            return print_error(error)
        except OSError as error:  # whatever else the system refuses, such as one more open file
            return print_error(system_error(error))
        except ModuleNotFoundError as error:
            if (error.name or "pnetlib").partition(".")[0] == "pnetlib":
                raise
            return print_error(
                SetupError(
                    f"{error.name} is not installed in {sys.prefix}; run ./reproduce.sh, which makes "
                    "an environment, or install the packages that pyproject.toml names."
                )
            )
    return 0


def _require_working_folder() -> None:
    try:
        os.getcwd()
    except OSError as error:
        raise SetupError(
            "the working folder no longer exists or cannot be read; change to another one."
        ) from error
