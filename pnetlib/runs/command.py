"""The command line: what is asked for, checked whole before anything starts.

Only the standard library is used: wrong usage is refused before anything is installed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from pnetlib.errors import PnetError, SetupError, UsageError
from pnetlib.runs.parameters import DEFAULT_SEED, Value, assign, check_source, typed
from pnetlib.runs.project import project_root
from pnetlib.runs.run import Run
from pnetlib.runs.steps import Step, chosen, find_steps
from pnetlib.storage import writable_folder

_RUN_OPTIONS = {
    "source": "--data",
    "profile": "--profile",
    "out": "--out",
    "seed": "--seed",
    "threads": "--threads",
}


@dataclass(frozen=True)
class Order:
    """What one command asks for.

    Parameters
    ----------
    run : Run
        Source, profile, folder, seed and threads.
    steps : list of Step
        What to execute, in this order.
    parameters : dict
        Names and values given to each step beyond those of the run, by the step's name.
    """

    run: Run
    steps: list[Step]
    parameters: dict[str, dict[str, Value]]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see ./reproduce.sh --help.")


def usage() -> str:
    """Return the text of ``--help``."""
    return Path(__file__).with_name("usage.txt").read_text("utf-8")


def read_order(arguments: Sequence[str], base: Path) -> Order:
    """Return what the arguments ask for.

    Parameters
    ----------
    arguments : sequence of str
        As in `usage`.
    base : Path
        The folder that relative paths start from.

    Raises
    ------
    UsageError
        If an option, a step, or a parameter's name, type or value is wrong.
    """
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--data", default="gdsc")
    parser.add_argument("--profile", default="standard")
    parser.add_argument("--out", default="")
    parser.add_argument("--seed", default=str(DEFAULT_SEED))
    parser.add_argument("-j", "--threads", default="0")
    parser.add_argument("--notebooks", default="")
    parser.add_argument("-p", dest="given", action="append", default=[])
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--only", default="")
    part.add_argument("--from", dest="first", default="")
    asked = parser.parse_args(arguments)

    run = Run(
        source=check_source(asked.data, base, called="--data"),
        profile=asked.profile,
        out=str((base / Path(asked.out).expanduser()).resolve()) if asked.out else "",
        seed=int(typed("--seed", asked.seed, DEFAULT_SEED)),
        threads=int(typed("--threads", asked.threads, 0)),
    )
    folder = base / asked.notebooks if asked.notebooks else project_root() / "notebooks"
    steps = chosen(find_steps(folder), asked.only, asked.first)
    given = dict(_name_and_text(word) for word in asked.given)
    return Order(run, steps, assign(given, {step.name: step.defaults for step in steps}))


def _name_and_text(word: str) -> tuple[str, str]:
    name, equals, text = word.partition("=")
    if not equals or not name:
        raise UsageError(f"-p {word} must be of the form NAME=VALUE; see ./reproduce.sh --help.")
    if name in _RUN_OPTIONS:
        raise UsageError(f"-p {name} is given by {_RUN_OPTIONS[name]}, not by -p.")
    return name, text


def main(arguments: Sequence[str]) -> int:
    """Carry out a command and return its exit code; ``--check`` only checks it."""
    if {"-h", "--help"} & set(arguments):
        print(usage(), end="")
        return 0
    try:
        order = read_order([word for word in arguments if word != "--check"], Path.cwd())
        if "--check" in arguments:
            return 0
        writable_folder(order.run.folder)
        try:
            from pnetlib.runs.driver import drive
        except ImportError as error:
            raise SetupError(
                f"{error.name} is not installed in {sys.prefix}; run ./reproduce.sh, "
                "which makes an environment, or `pip install -e .`."
            ) from error
        drive(order)
    except PnetError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0
