"""The driver: executes the steps of a run that are not fresh, one after another.

Large packages are imported only when a step is executed, so that a run in which all steps are
fresh ends at once.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from pnetlib.datasets.own_source import NAME as CONFIG
from pnetlib.errors import PnetError, SetupError, UsageError
from pnetlib.execution.compiled import compiled_kernels
from pnetlib.execution.engine import BACKEND_VARIABLE, SCHEDULER_VARIABLE
from pnetlib.execution.fingerprint import ABSENT, identity, versions
from pnetlib.execution.imports import without_unneeded
from pnetlib.execution.limits import require_limits
from pnetlib.execution.storage import remove_partial, whole_file, writable_folder
from pnetlib.words import counted, listed
from pnetlib.workflow import freshness
from pnetlib.workflow.crate import write_crate
from pnetlib.workflow.display import StepDisplay, duration, short
from pnetlib.workflow.events import add_event, read_events
from pnetlib.workflow.isolation import isolation, scratch_folder, thread_limits
from pnetlib.workflow.lock import folder_lock
from pnetlib.workflow.notebooks import Step, find_steps
from pnetlib.workflow.options import Options
from pnetlib.workflow.progress import VARIABLE as PROGRESS
from pnetlib.workflow.project import project_root
from pnetlib.workflow.run import EXECUTION, TRACE, Run
from pnetlib.workflow.settings import changed_keys, name_origin, resolved
from pnetlib.workflow.shards import WORK
from pnetlib.workflow.stop import Signalled, StoppedError

KERNEL_DIED = 138


class Session:
    """One command while it works in the folder of its run.

    `scratch` is a private folder that is removed when the command ends, `lock` the lock of the
    run's folder.
    """

    def __init__(self, options: Options, scratch: Path, lock: TextIO) -> None:
        self.options, self.run, self.scratch, self.lock = options, options.run, scratch, lock
        self.peaks: list[float] = []  # peak memory, in MB, of each part that has finished
        self._kernels = 0

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment variables of a process that computes."""
        return {
            **os.environ,
            **isolation(self.scratch),
            **thread_limits(self.run.threads),
            "MPLBACKEND": "agg",
            "TMPDIR": str(self.scratch),
            PROGRESS: str(self.scratch / "progress"),
            "PYTHONPATH": str(project_root()),
            "PYTHONIOENCODING": "utf-8",  # whatever the terminal has
            BACKEND_VARIABLE: self.options.backend,
            SCHEDULER_VARIABLE: self.options.scheduler,
            **more,
        }

    @contextmanager
    def timed(self, name: str, usual: float | None, later: float | None) -> Iterator[StepDisplay]:
        """Display the progress of one part of the command; record in ``run.jsonl`` how it ended."""
        with StepDisplay(self.scratch / "progress", usual, later) as display:
            try:
                yield display
            except BaseException:
                self._record(name, "failed", display)
                raise
        self._record(name, "done", display)
        self.peaks.append(display.peak_mb or 0.0)

    def execute(self, step: Step, display: StepDisplay) -> None:
        """Execute one step and record what it was made from."""
        try:
            with without_unneeded():
                from pnetlib.workflow import execute
        except ImportError as error:
            raise SetupError(
                f"{error.name} is not installed in {sys.prefix}; run ./reproduce.sh, "
                "which makes an environment, or `pip install --no-deps -e .` in yours."
            ) from error
        execute.check_kernel()
        given = self.options.parameters[step.name]
        execution = freshness.begin(self.run, step)
        self._kernels += 1
        trace = self.scratch / f"trace{self._kernels}"
        more = {EXECUTION: execution, TRACE: str(trace)}
        parameters = freshness.parameters_of(self.run, step, given)
        with compiled_kernels(self.scratch) as compiled, _variables(isolation(self.scratch)):
            environment = self.environment(**more, **compiled)
            sockets = self.scratch / f"k{self._kernels}"
            try:
                execute.execute(
                    self.run,
                    step,
                    parameters,
                    environment,
                    sockets=sockets,
                    display=display,
                    lock=self.lock,
                    others=self.options.others,
                )
            except PnetError as error:
                name_origin(error, self.options.origins)
                raise
        freshness.finish(self.run, step, given, execution, trace)

    def compute_folds(
        self, step: Step, part: tuple[int, int] | None, name: str, display: StepDisplay
    ) -> None:
        """Let another process compute part k of m of the folds of a step, or only check them.

        If `part` is None, it checks that no fold is missing. An error has the last sentence that
        the process printed; `name` is that of the log, and of the process in messages.
        """
        run = self.run
        own = freshness.parameters_of(run, step, self.options.parameters[step.name])
        request = {
            "run": {n: own[n] for n in ("source", "profile", "out", "seed", "threads")},
            "step": step.name,
            "parameters": {**step.defaults, **own},
            "part": part,
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
                    start_new_session=True,  # a terminal sends its signals to the driver only
                    pass_fds=(self.lock.fileno(),),
                )
                try:
                    display.kernel = worker.pid
                    worker.communicate(json.dumps(request).encode())
                except Signalled as error:
                    raise error.error(
                        f"in {name}", f"in {short(run.folder)} (log {short(log_path)})"
                    ) from error
                finally:
                    worker.kill()
                    worker.wait()
            if worker.returncode:
                error = _process_error(worker.returncode, name, log_path)
                name_origin(error, self.options.origins)
                raise error

    def _record(self, name: str, status: str, display: StepDisplay) -> None:
        """Append time and memory of a part; results have no times, as they must be reproducible."""
        line = {
            "step": name,
            "status": status,
            "seconds": round(display.seconds, 2),
            "peak_mb": None if display.peak_mb is None else round(display.peak_mb),
            "threads": self.run.threads,
            "node": platform.node(),
            "made_with": identity(),
            "ended": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "source": self.run.source,
            "profile": self.run.profile,
            "seed": self.run.seed,
        }
        add_event(self.run.folder, line)


@contextmanager
def _variables(more: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables that jupyter_client and IPython read in this process.

    Later runs in the same process must not look for the scratch folder of this one.
    """
    before = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def session(options: Options, shared: bool = False) -> Iterator[Session]:
    """Lock the folder of a run, and unlock it however the command ends.

    If `shared`, other parts of an array may work in the folder at the same time.
    """
    require_limits()
    folder = options.run.folder
    for part in (folder, folder / "notebooks", folder / "logs"):
        writable_folder(part)
    with folder_lock(folder, shared) as lock, scratch_folder() as scratch:
        if not shared:
            remove_partial(folder)
        work = Session(options, scratch, lock)
        before = _finished_folds(folder)
        try:
            yield work
        except StoppedError as error:
            error.progress = bool(work.peaks) or _finished_folds(folder) > before
            raise


def _finished_folds(folder: Path) -> int:
    return sum(1 for _ in (folder / "folds").glob("[!.]*"))


def drive(options: Options) -> None:
    """Execute the steps that are not fresh, and print where their results are.

    In the folder of the run, ``notebooks`` gets each executed notebook once it is complete, or
    ``NN_name.failed.ipynb`` if it failed; ``logs`` gets what notebooks print; and ``run.jsonl``
    gets one line per step with seconds and memory.
    """
    run, steps = options.run, options.steps
    began = time.monotonic()
    print(
        f"{counted(len(steps), 'step')} {_described(run)}; results in {short(run.folder)}",
        flush=True,
    )
    if run.own:
        from pnetlib.datasets.own_folder import direction_of
        from pnetlib.steps.data.sentences import direction

        meaning, said = direction_of(run.source)
        print(direction(meaning.measure, meaning.larger, not said), flush=True)
    for step in options.left_out:
        print(f"Left out on this cohort: {step.name}, which {step.left_out}.", flush=True)
    fresh = 0
    with session(options) as work:
        try:
            config = resolved(run, options.given)
            _say_changed(run.folder / CONFIG, config)
            with whole_file(run.folder / CONFIG) as partial:
                partial.write_text(config, "utf-8")
            if options.force:
                shutil.rmtree(run.folder / "folds", ignore_errors=True)
            if options.merge:
                _require_folds(work)
            for at, step in enumerate(steps):
                heading = f"[{at + 1}/{len(steps)}] {step.name}: {step.title}"
                given = options.parameters[step.name]
                if not options.force and not freshness.reasons(run, step, given):
                    print(f"{heading} (fresh, skipped)", flush=True)
                    fresh += 1
                    continue
                print(heading, flush=True)
                usual, later = _usual_seconds(run, step), _later(options, steps[at + 1 :])
                with work.timed(step.name, usual, later) as display:
                    work.execute(step, display)
                left = f", about {duration(later)} left" if later else ""
                print(f"      done in {duration(display.seconds)}{left}", flush=True)
            # Also if all are fresh: the command before may have been killed just before this.
            write_crate(run, find_steps(steps[0].notebook.parent))
        except Signalled as error:
            raise error.error("between two steps", f"in {short(run.folder)}") from error
    wanted = set(find_steps(steps[0].notebook.parent)) - set(options.left_out)
    whole = {step.name for step in wanted} <= freshness.step_records(run.folder).keys()
    seconds, peak_mb = time.monotonic() - began, max(work.peaks, default=0.0)
    _print_summary(run, steps, fresh, seconds, peak_mb, whole)


def _say_changed(path: Path, config: str) -> None:
    """Say in which keys the config of this run differs from that of the last one in its folder."""
    try:
        before = path.read_text("utf-8")
    except (OSError, ValueError):  # there is none, or a damaged one
        return
    if changed := changed_keys(before, config):
        print(
            f"Config and options differ from those of the last run in this folder in {listed(changed)}; the "
            "steps that depend on them are executed again.",
            flush=True,
        )


def compute_part(options: Options) -> None:
    """Compute one part of the folds of the steps that have some, for a later run to use."""
    run, steps = options.run, _folded(options)
    k, m = options.part
    folds = short(run.folder / "folds")
    with session(options, shared=True) as work:
        for step in steps:
            began = time.monotonic()
            name = f"{step.name}.part-{k}-of-{m}"
            log = run.folder / "logs" / f"{name}.log"
            print(
                f"Part {k} of {m} of the folds of {step.name} {_described(run)}; stored in {folds}",
                flush=True,
            )
            with work.timed(name, None, None) as display:
                work.compute_folds(step, options.part, name, display)
            print(
                f"{log.read_text('utf-8')}Finished part {k} of {m} in "
                f"{duration(time.monotonic() - began)}; the folds are stored in {folds}, the log "
                f"is {short(log)}.",
                flush=True,
            )


def _described(run: Run) -> str:
    return f"on {run.source} ({run.profile}), seed {run.seed}, {counted(run.threads, 'thread')}"


def _require_folds(work: Session) -> None:
    """Raise `SetupError` if folds are missing of a step that would be executed."""
    for step in _folded(work.options):
        if freshness.reasons(work.run, step, work.options.parameters[step.name]):
            name = f"{step.name}.merge"
            with work.timed(name, None, None) as display:
                work.compute_folds(step, None, name, display)


def _folded(options: Options) -> list[Step]:
    """Return the steps whose folds can be computed as jobs of their own, at least one."""
    steps = [step for step in options.steps if step.name in WORK]
    if not steps:
        raise UsageError(
            f"--array and --merge need a step with stored folds ({' or '.join(WORK)}); add one to "
            "--only or leave that out."
        )
    return steps


def _process_error(code: int, name: str, log: Path) -> PnetError:
    """Return an error with the last sentence of a process, or one that says how it ended."""
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


def print_status(options: Options) -> None:
    """Print for each step whether it is fresh and, if it is not, why."""
    stale = set()
    width = max(len(step.name) for step in options.steps)
    for step in options.steps:
        why = freshness.reasons(options.run, step, options.parameters[step.name])
        verdict = f"stale: {'; '.join(why)}" if why else "fresh"
        if why:
            stale.add(step.name)
        elif before := sorted(freshness.read_by(options.run, step) & stale):
            verdict += f", unless {' or '.join(before)} gives another result"
        print(f"{step.name:{width}}  {verdict}")
    if absent := [name for name, value in versions().items() if value == ABSENT]:
        print(f"Not compared: the versions of {listed(absent)}, which {sys.prefix} lacks.")
    folder = short(options.run.folder)
    print(
        f"{len(stale)} of {counted(len(options.steps), 'step')} would be executed in {folder}."
        if stale
        else f"Nothing to do in {folder}."
    )


def _later(options: Options, steps: list[Step]) -> float | None:
    """Return the seconds that the stale steps among those to come usually take."""
    run, given = options.run, options.parameters
    usual = [
        _usual_seconds(run, step)
        for step in steps
        if options.force or freshness.reasons(run, step, given[step.name])
    ]
    return None if None in usual else sum(usual)


def _usual_seconds(run: Run, step: Step) -> float | None:
    """Return the seconds that a step took last in this folder, else those in its notebook."""
    for event in reversed(read_events(run.folder)):
        if (event["step"], event["status"], event["profile"]) == (step.name, "done", run.profile):
            return event["seconds"]
    return step.usual_seconds(run.profile)


def _print_summary(
    run: Run, steps: list[Step], fresh: int, seconds: float, peak_mb: float, whole: bool
) -> None:
    """Print where the results are, and how long the command took; of a whole run, how to read it."""
    folder = short(run.folder)
    memory = f", peak memory {peak_mb / 1024:.1f} GB" if peak_mb else ""
    skipped = f" ({fresh} of them fresh)" if fresh else ""
    pages = f"Pages:              ./reproduce.sh docs {shlex.quote(folder)} makes them\n"
    print(
        f"\nFigures:            {folder}/figures\n"
        f"Numbers and tables: {folder}/*.json, {folder}/*.csv\n"
        f"Times and memory:   {folder}/run.jsonl\n"
        f"{pages if whole else ''}"
        f"Finished {counted(len(steps), 'step')}{skipped} in {duration(seconds)}{memory}; "
        f"logs in {folder}/logs, executed notebooks in {folder}/notebooks.",
        flush=True,
    )
