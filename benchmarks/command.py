"""The command line of the benchmark; it needs only the standard library until the run starts."""

import argparse
import sys
from functools import partial

from pnetlib.datasets import DEFAULT_SEED
from pnetlib.errors import PnetError, SetupError, UsageError
from pnetlib.execution.storage import given_path, writable_folder
from pnetlib.workflow.project import project_root

USAGE = f"""Usage: ./reproduce.sh bench [options]

Compare the network solver with scikit-learn, celer, skglm, adelie and, where R and its package
are installed, glmnet. All solve the same problems to the same relative duality gap and are timed
in turn. The benchmark also times the joint fit, the nested comparison, the first result in a new
process, and networks of growing size.

Options
  --size smoke|full   size of the benchmark (default: full)
  --data NAME|FOLDER  source of the real cell lines, or none (default: gdsc)
  --out FOLDER        folder for bench.json and bench.csv (default: results/bench)
  --seed N            seed of the synthetic expression (default: {DEFAULT_SEED})
  --repeats N         timed repeats per solver (default: 5; with --size smoke, 1)
  --check             check the options and stop
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise UsageError(f"{message}; see ./reproduce.sh bench --help.")


def read(arguments):
    """Return the options as a namespace.

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
    given = parser.parse_args(arguments)
    for name in ("seed", "repeats"):
        if getattr(given, name) < 0:
            raise UsageError(f"--{name} is {getattr(given, name)}, but must not be negative.")
    return given


def main(arguments):
    """Run the command and return its exit code."""
    if {"-h", "--help"} & set(arguments):
        print(USAGE, end="")
        return 0
    try:
        given = read(arguments)
        if given.check:
            return 0
        try:
            from benchmarks import report
        except ImportError as error:
            raise SetupError(
                f"{error.name} is not installed in {sys.prefix}; run ./reproduce.sh bench, which "
                "makes an environment."
            ) from error
        folder = given_path(
            given.out or str(project_root() / "results" / "bench"), "--out"
        ).resolve()
        found = report.run(
            given.size,
            given.seed,
            source=given.data,
            repeats=given.repeats,
            say=partial(print, flush=True),
        )
        report.write(found, writable_folder(folder))
        print(f"\nWritten: {folder / 'bench.json'} and bench.csv.")
    except PnetError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0
