"""The driver: executes those steps of a run that are not fresh, one after the other.

The kernels' packages are imported by the first step that needs them: a run with nothing to do
ends in a moment.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from pnetlib.errors import PnetError, SetupError, UsageError
from pnetlib.execution.compiled import compiled_kernels
from pnetlib.execution.engine import BACKEND_VARIABLE, SCHEDULER_VARIABLE
from pnetlib.execution.storage import remove_partial, writable_folder
from pnetlib.workflow import freshness
from pnetlib.workflow.display import Watch, duration, short
from pnetlib.workflow.isolation import isolation, scratch_folder, thread_limits
from pnetlib.workflow.lock import folder_lock
from pnetlib.workflow.notebooks import Step
from pnetlib.workflow.order import Order
from pnetlib.workflow.progress import VARIABLE as PROGRESS
from pnetlib.workflow.project import project_root
from pnetlib.workflow.run import EXECUTION, TRACE, Run
from pnetlib.workflow.stop import Signalled, StoppedError

COMPARISON = "02_comparison"
KERNEL_DIED = 138


class Session:
    """One command at work in the folder of its run.

    Parameters
    ----------
    order : Order
    scratch : Path
        Private folder that ends with the command.
    lock : file
        The folder's lock.
    """

    def __init__(self, order: Order, scratch: Path, lock: TextIO) -> None:
        self.order = order
        self.run = order.run
        self.scratch = scratch
        self.lock = lock
        self.peaks: list[float] = []
        self._kernels = 0

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables of a process that computes."""
        variables = {
            **os.environ,
            **isolation(self.scratch),
            **thread_limits(self.run.threads),
            "MPLBACKEND": "agg",
            "TMPDIR": str(self.scratch),
            PROGRESS: str(self.scratch / "progress"),
            "PYTHONPATH": str(project_root()),
            BACKEND_VARIABLE: self.order.backend,
            SCHEDULER_VARIABLE: self.order.scheduler,
        }
        return variables | more

    @contextmanager
    def watched(self, name: str, usual: float | None, later: float | None) -> Iterator[Watch]:
        """Show the progress of one part of the command and note in ``run.jsonl`` how it ended."""
        with Watch(self.scratch / "progress", usual, later) as watch:
            try:
                yield watch
            except BaseException:
                self._note(name, "failed", watch)
                raise
        self._note(name, "done", watch)
        self.peaks.append(watch.peak_mb or 0.0)

    def execute(self, step: Step, watch: Watch) -> None:
        """Execute one step and note what it was made from."""
        try:
            from pnetlib.workflow import execute
        except ImportError as error:
            raise SetupError(
                f"{error.name} is not installed in {sys.prefix}; run ./reproduce.sh, "
                "which makes an environment, or `pip install -e .`."
            ) from error
        execute.check_kernel()
        given = self.order.parameters[step.name]
        execution = freshness.begin(self.run, step)
        self._kernels += 1
        trace = self.scratch / f"trace{self._kernels}"
        more = {EXECUTION: execution, TRACE: str(trace)}
        with compiled_kernels(self.scratch) as compiled:
            environment = self.environment(**more, **compiled)
            # jupyter_client and IPython read theirs from this process.
            os.environ.update(isolation(self.scratch))
            execute.execute(
                self.run,
                step,
                freshness.parameters_of(self.run, step, given),
                environment=environment,
                sockets=self.scratch / f"k{self._kernels}",
                watch=watch,
                lock=self.lock,
            )
        freshness.finish(self.run, step, given, execution, trace)

    def compute_folds(
        self, step: Step, share: tuple[int, int] | None, name: str, watch: Watch
    ) -> None:
        """Let another process compute part k of m of a step's folds, or see that none lacks.

        Raises
        ------
        PnetError
            With the sentence that the process ended with.
        """
        run = self.run
        own = freshness.parameters_of(run, step, self.order.parameters[step.name])
        asked = {
            "run": {n: own[n] for n in ("source", "profile", "out", "seed", "threads")},
            "parameters": {**step.defaults, **own},
            "share": share,
            "parent": os.getpid(),
        }
        log_path = run.folder / "logs" / f"{name}.log"
        with compiled_kernels(self.scratch) as compiled:
            with open(log_path, "w", encoding="utf-8") as log:
                worker = subprocess.Popen(
                    [sys.executable, "-m", "pnetlib.workflow.shards"],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=self.environment(**compiled),
                    cwd=self.scratch,
                    start_new_session=True,  # signals of a terminal are for the driver
                    pass_fds=(self.lock.fileno(),),
                )
                try:
                    watch.kernel = worker.pid
                    worker.communicate(json.dumps(asked).encode())
                except Signalled as error:
                    raise error.error(
                        f"in {name}", f"in {short(run.folder)} (log {short(log_path)})"
                    ) from error
                finally:
                    worker.kill()
                    worker.wait()
            if worker.returncode:
                raise _failure(worker.returncode, name, log_path)

    def _note(self, name: str, status: str, watch: Watch) -> None:
        """Append what a part took; times stay out of results, which must be the same each time."""
        line = {
            "step": name,
            "status": status,
            "seconds": round(watch.seconds, 2),
            "peak_mb": None if watch.peak_mb is None else round(watch.peak_mb),
            "threads": self.run.threads,
            "node": platform.node(),
            "ended": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "source": self.run.source,
            "profile": self.run.profile,
            "seed": self.run.seed,
        }
        with suppress(OSError), open(self.run.folder / "run.jsonl", "a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")


@contextmanager
def session(order: Order, shared: bool = False) -> Iterator[Session]:
    """Take the folder of a run, and give it back whatever happens.

    Parameters
    ----------
    order : Order
    shared : bool
        Whether others that share it may work in the folder at the same time.
    """
    folder = order.run.folder
    for part in (folder, folder / "notebooks", folder / "logs"):
        writable_folder(part)
    with folder_lock(folder, shared) as lock, scratch_folder() as scratch:
        if not shared:
            remove_partial(folder)
        work = Session(order, scratch, lock)
        before = _finished_folds(folder)
        try:
            yield work
        except StoppedError as error:
            error.progress = bool(work.peaks) or _finished_folds(folder) > before
            raise


def _finished_folds(folder: Path) -> int:
    return sum(1 for _ in (folder / "folds").glob("[!.]*"))


def drive(order: Order) -> None:
    """Execute the steps of an order that are not fresh, and say where their results lie.

    Executed notebooks go to ``notebooks`` in the run's folder once they are complete, a failed
    one as ``NN_name.failed.ipynb``; what notebooks print goes to ``logs``; one line a step with
    seconds and memory to ``run.jsonl``.

    Raises
    ------
    PnetError
        With one sentence and the exit code to end with.
    """
    run, steps = order.run, order.steps
    began = time.monotonic()
    print(
        f"{_counted(steps)} on {run.source} ({run.profile}), "
        f"seed {run.seed}, {run.threads} thread{'s' * (run.threads > 1)}; "
        f"results in {short(run.folder)}",
        flush=True,
    )
    fresh = 0
    with session(order) as work:
        try:
            if order.force:
                shutil.rmtree(run.folder / "folds", ignore_errors=True)
            if order.merge:
                _check_merge(work)
            for at, step in enumerate(steps):
                heading = f"[{at + 1}/{len(steps)}] {step.name}: {step.title}"
                given = order.parameters[step.name]
                if not order.force and not freshness.reasons(run, step, given):
                    print(f"{heading} (fresh, skipped)", flush=True)
                    fresh += 1
                    continue
                print(heading, flush=True)
                usual, later = _usual_seconds(run, step), _later(order, steps[at + 1 :])
                with work.watched(step.name, usual, later) as watch:
                    work.execute(step, watch)
                left = f", about {duration(later)} left" if later else ""
                print(f"      done in {duration(watch.seconds)}{left}", flush=True)
        except Signalled as error:
            raise error.error("between two steps", f"in {short(run.folder)}") from error
    _tell_results(run, steps, fresh, time.monotonic() - began, max(work.peaks, default=0.0))


def drive_share(order: Order) -> None:
    """Compute a part of the comparison's folds, for a run to find them finished.

    Raises
    ------
    PnetError
        With one sentence and the exit code to end with.
    """
    run, step = order.run, _comparison(order)
    began = time.monotonic()
    k, m = order.share
    name = f"{step.name}.part-{k}-of-{m}"
    print(
        f"Part {k} of {m} of the folds of {step.name} on {run.source} ({run.profile}), "
        f"seed {run.seed}, {run.threads} thread{'s' * (run.threads > 1)}; "
        f"kept in {short(run.folder / 'folds')}",
        flush=True,
    )
    with session(order, shared=True) as work, work.watched(name, None, None) as watch:
        work.compute_folds(step, order.share, name, watch)
    print(
        f"Finished part {k} of {m} in {duration(time.monotonic() - began)}; the folds are kept in "
        f"{short(run.folder / 'folds')}, the log is {short(run.folder / 'logs' / name)}.log.",
        flush=True,
    )


def _check_merge(work: Session) -> None:
    """Refuse to merge where folds are missing."""
    step = _comparison(work.order)
    if freshness.reasons(work.run, step, work.order.parameters[step.name]):
        name = f"{step.name}.merge"
        with work.watched(name, None, None) as watch:
            work.compute_folds(step, None, name, watch)


def _comparison(order: Order) -> Step:
    for step in order.steps:
        if step.name == COMPARISON:
            return step
    raise UsageError(f"--array and --merge need the step {COMPARISON} among those of the run.")


def _failure(code: int, name: str, log: Path) -> PnetError:
    """Return the sentence that a process ended with, or one that says how it ended."""
    lines = log.read_text("utf-8").strip().splitlines()
    if code < 0:
        error = PnetError(f"the process of {name} died (out of memory?); see {short(log)}.")
        error.exit_code = KERNEL_DIED
    elif code == 1 or not lines:
        last = f": {lines[-1]}" if lines else ""
        error = PnetError(f"{name} failed{last}; see {short(log)}.")
    else:
        error = PnetError(lines[-1])
        error.exit_code = code
    return error


def tell_status(order: Order, say: Callable[[str], None] = print) -> None:
    """Say of each step whether it is fresh and, if it is not, why."""
    stale = set()
    width = max(len(step.name) for step in order.steps)
    for step in order.steps:
        why = freshness.reasons(order.run, step, order.parameters[step.name])
        verdict = f"stale: {'; '.join(why)}" if why else "fresh"
        if why:
            stale.add(step.name)
        elif before := sorted(freshness.read_by(order.run, step) & stale):
            verdict += f", unless {' or '.join(before)} gives something else"
        say(f"{step.name:{width}}  {verdict}")
    folder = short(order.run.folder)
    say(
        f"{len(stale)} of {_counted(order.steps)} would be executed in {folder}."
        if stale
        else f"Nothing to do in {folder}."
    )


def _later(order: Order, steps: list[Step]) -> float | None:
    """Return the seconds that the stale ones of the steps to come usually take."""
    run, given = order.run, order.parameters
    usual = [
        _usual_seconds(run, step)
        for step in steps
        if order.force or freshness.reasons(run, step, given[step.name])
    ]
    return None if None in usual else sum(usual)


def _usual_seconds(run: Run, step: Step) -> float | None:
    """Return what a step took the last time in this folder, else what its notebook says."""
    with suppress(OSError, ValueError):
        lines = (run.folder / "run.jsonl").read_text("utf-8").splitlines()
        for line in reversed([json.loads(line) for line in lines]):
            if (line["step"], line["status"], line["profile"]) == (step.name, "done", run.profile):
                return line["seconds"]
    return step.usual_seconds(run.profile)


def _tell_results(run: Run, steps: list[Step], fresh: int, seconds: float, peak_mb: float) -> None:
    folder = short(run.folder)
    memory = f", peak memory {peak_mb / 1024:.1f} GB" if peak_mb else ""
    skipped = f" ({fresh} of them fresh)" if fresh else ""
    print(
        f"\nFigures:            {folder}/figures\n"
        f"Numbers and tables: {folder}/*.json, {folder}/*.csv\n"
        f"Times and memory:   {folder}/run.jsonl\n"
        f"Finished {_counted(steps)}{skipped} in {duration(seconds)}{memory}; "
        f"logs in {folder}/logs, executed notebooks in {folder}/notebooks.",
        flush=True,
    )


def _counted(steps: list[Step]) -> str:
    return f"{len(steps)} step{'s' * (len(steps) > 1)}"
