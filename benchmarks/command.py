"""The command line of the benchmark; only the standard library until it starts."""

import argparse
import sys
from functools import partial
from pathlib import Path

from pnetlib.datasets import DEFAULT_SEED
from pnetlib.errors import PnetError, SetupError, UsageError
from pnetlib.execution.storage import writable_folder
from pnetlib.workflow.project import project_root

USAGE = f"""Usage: ./reproduce.sh bench [options]

Races the network solver against scikit-learn, celer, skglm, adelie and, where R and its package
are present, glmnet on the same work at the same duality gap, in turn; times the joint fit, the
nested comparison and the first result.

Options
  --size smoke|full   how much is raced (default: full)
  --data NAME|FOLDER  where the real cell lines come from, or none (default: gdsc)
  --out FOLDER        where bench.json and bench.csv go (default: results/bench)
  --seed N            seed of the synthetic expression (default: {DEFAULT_SEED})
  --repeats N         timed repeats of every racer (default: 5, with --size smoke 1)
  --check             check these options and stop
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise UsageError(f"{message}; see ./reproduce.sh bench --help.")


def read(arguments):
    """The options as a namespace.

    Raises
    ------
    UsageError
        If an option or its value is wrong.
    """
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--size", default="full", choices=("smoke", "full"))
    parser.add_argument("--data", default="gdsc")
    parser.add_argument("--out", default="")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--repeats", type=int, default=0)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args(arguments)
    for name in ("seed", "repeats"):
        if getattr(asked, name) < 0:
            raise UsageError(f"--{name} is {getattr(asked, name)}, but must not be negative.")
    return asked


def main(arguments):
    """Carry out the command and return its exit code."""
    if {"-h", "--help"} & set(arguments):
        print(USAGE, end="")
        return 0
    try:
        asked = read(arguments)
        if asked.check:
            return 0
        try:
            from benchmarks import report
        except ImportError as error:
            raise SetupError(
                f"{error.name} is not installed in {sys.prefix}; run ./reproduce.sh bench, which "
                "makes an environment."
            ) from error
        folder = Path(asked.out or project_root() / "results" / "bench").expanduser().resolve()
        found = report.run(
            asked.size,
            asked.seed,
            source=asked.data,
            repeats=asked.repeats,
            say=partial(print, flush=True),
        )
        report.write(found, writable_folder(folder))
        print(f"\nWritten: {folder / 'bench.json'} and bench.csv.")
    except PnetError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0
