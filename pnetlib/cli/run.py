"""The command line: what is asked for, checked whole before anything starts.

Only the standard library is used: wrong usage is refused before anything is installed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from pnetlib.errors import PnetError, UsageError
from pnetlib.execution.engine import Engine
from pnetlib.workflow.notebooks import chosen, find_steps
from pnetlib.workflow.order import Order
from pnetlib.workflow.parameters import DEFAULT_SEED, assign, check_source, typed
from pnetlib.workflow.project import project_root
from pnetlib.workflow.run import Run
from pnetlib.workflow.stop import Signalled, StoppedError, fate_of_job, put_back, signals

_RUN_OPTIONS = {
    "source": "--data",
    "profile": "--profile",
    "out": "--out",
    "seed": "--seed",
    "threads": "--threads",
}


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
    part.add_argument("--array", nargs="?", const="")
    parser.add_argument("--backend", default="threads")
    parser.add_argument("--scheduler", default="")
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--merge", action="store_true")
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
    Engine(asked.backend, run.threads, asked.scheduler)  # refuses what is wrong
    share = None if asked.array is None else _share(asked.array)
    if share and (asked.merge or asked.force):
        raise UsageError("--array goes with neither --merge nor --force.")
    # A job that Slurm started again goes on from where it was stopped.
    restarted = os.environ.get("SLURM_RESTART_COUNT", "0") != "0"
    return Order(
        run,
        steps,
        assign(given, {step.name: step.defaults for step in steps}),
        force=asked.force and not restarted,
        backend=asked.backend,
        scheduler=asked.scheduler,
        share=share,
        merge=asked.merge,
    )


def _share(text: str) -> tuple[int, int]:
    """Return part and number of parts from ``K/M``, or from Slurm's array where none is given."""
    if not text:
        names = [f"SLURM_ARRAY_TASK_{name}" for name in ("ID", "MIN", "COUNT")]
        if not all(os.environ.get(name, "").isdecimal() for name in names):
            raise UsageError("--array needs K/M, such as 3/20, outside an array job of Slurm.")
        task, first, count = (int(os.environ[name]) for name in names)
        text = f"{task - first + 1}/{count}"
    k, slash, m = text.partition("/")
    if not (slash and k.isdecimal() and m.isdecimal() and 1 <= int(k) <= int(m)):
        raise UsageError(f"--array is {text!r}, but must be K/M with K from 1 to M, such as 3/20.")
    return int(k), int(m)


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
        with signals():
            try:
                return _carry_out(arguments)
            except Signalled as error:
                raise error.error("outside of any step", "as it was") from error
            except StoppedError as error:
                code = _tell(error, fate_of_job(error))
                if complaint := put_back(error):
                    print(f"error: {complaint}", file=sys.stderr, flush=True)
                return code
    except PnetError as error:
        return _tell(error)


def _carry_out(arguments: Sequence[str]) -> int:
    asks = {"--check", "--status"}
    order = read_order([word for word in arguments if word not in asks], Path.cwd())
    if "--check" in arguments:
        return 0
    from pnetlib.workflow import driver

    if "--status" in arguments:
        driver.tell_status(order)
    elif order.share is not None:
        driver.drive_share(order)
    else:
        driver.drive(order)
    return 0


def _tell(error: PnetError, more: str = "") -> int:
    print(f"error: {error}{more}", file=sys.stderr, flush=True)
    return error.exit_code
