"""What all subcommands share: a parser whose errors are one sentence, and how errors are printed."""

import argparse
from typing import Any, NoReturn

from pnetlib.errors import PnetError, UsageError
from pnetlib.execution.output import tell


class Parser(argparse.ArgumentParser):
    """Refuse wrong options in one sentence, where argparse would print its usage first."""

    def __init__(self, prog: str, **options: Any) -> None:
        layout = argparse.RawDescriptionHelpFormatter
        super().__init__(prog, formatter_class=layout, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError` with what argparse found."""
        raise UsageError(f"{message}; {self.prog} --help describes the options.")


def print_error(error: PnetError, more: str = "") -> int:
    """Print an error, and more after it, as one line; return its exit code."""
    tell(f"error: {error}{more}")
    return error.exit_code
