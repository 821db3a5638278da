"""What all subcommands share: a parser whose errors are one sentence, and how errors are printed."""

import argparse
import difflib
import os
from collections.abc import Iterable
from typing import Any, NoReturn

from pnetlib.errors import PnetError, UsageError
from pnetlib.execution.output import tell

CALLED = "PNETLIB_CALLED"  # environment variable with the program that the user called


def program(subcommand: str) -> str:
    """Return a subcommand as the user calls it: of ./reproduce.sh, which says so, or of pnetlib."""
    return f"{os.environ.get(CALLED, 'pnetlib')} {subcommand}"


class Parser(argparse.ArgumentParser):
    """Refuse wrong options in one sentence, where argparse would print its usage first."""

    def __init__(self, prog: str, **options: Any) -> None:
        layout = argparse.RawDescriptionHelpFormatter
        super().__init__(prog, formatter_class=layout, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError` with what argparse found."""
        raise UsageError(f"{message}; {self.prog} --help describes the options.")


def no_command(program: str, name: str, known: Iterable[str]) -> str:
    """Return the sentence for a subcommand that a program does not have."""
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}."
    return f"{program} has no subcommand {name!r}; {hint}"


def print_error(error: PnetError, more: str = "") -> int:
    """Print an error, and more after it, as one line; return its exit code."""
    tell(f"error: {error}{more}")
    return error.exit_code
