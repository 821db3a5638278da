"""Long use: many runs in one process, and one run that is resumed hundreds of times."""

import contextlib
import io
import json
import os
from pathlib import Path

from builders import SMOKE

from pnetlib.cli import dispatch
from pnetlib.cli.run import read_options
from pnetlib.workflow.driver import session


def many_runs(notebooks: str, out: str, runs: str) -> None:
    """Run the same notebooks many times in this process; print its files and memory after each."""
    found = []
    for _ in range(int(runs)):
        words = ["run", *SMOKE, "--notebooks", notebooks, "--out", out, "--force", "-j", "1"]
        with contextlib.redirect_stdout(io.StringIO()):
            assert dispatch(words) == 0
        found.append(
            (len(os.listdir("/proc/self/fd")), _memory(), len(os.listdir("/proc/self/task")))
        )
    print(json.dumps(found))


def _memory() -> int:
    """Return the memory of this process in kB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def part_of_a_batch(notebooks: str, out: str, folds: str) -> None:
    """Compute the folds that are missing, as a step of a run does, and store what they give."""
    words = [*SMOKE, "--notebooks", notebooks, "--out", out, "-j", "1"]
    options = read_options(words, Path.cwd())
    run = options.run
    with session(options):
        stored = run.folds().of("pnetlib.stats.ranks", "powers")
        tasks = [(3, k) for k in range(int(folds))]
        run.write_json("01_first", {"powers": list(run.engine.map(pow, tasks, stored=stored))})
