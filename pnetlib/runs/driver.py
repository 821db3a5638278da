"""The driver: executes the steps of a run with papermill, one after the other, in one process."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import platform
import re
import signal
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

import papermill
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from pnetlib import errors
from pnetlib.errors import PnetError, SetupError
from pnetlib.runs.command import Order
from pnetlib.runs.display import Watch, duration
from pnetlib.runs.isolation import isolation, scratch_folder, thread_limits
from pnetlib.runs.progress import VARIABLE as PROGRESS
from pnetlib.runs.project import project_root
from pnetlib.runs.run import Run
from pnetlib.runs.steps import Step
from pnetlib.storage import storage_error, writable_folder

ENGINE = "pnetlib"
KERNEL = "python3"
INLINE = "module://matplotlib_inline.backend_inline"
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class NotebookError(PnetError):
    """A notebook failed for a reason that is not the user's."""

    exit_code = 1


class KernelDiedError(PnetError):
    """The process that ran a notebook ended by itself."""

    exit_code = 138


class StoppedError(PnetError):
    """A signal asked the run to stop."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + number


class _Signalled(KeyboardInterrupt):
    """Raised in the main thread; as a KeyboardInterrupt it passes through event loops."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class _Client(PapermillNotebookClient):
    """Ends its kernel at once where the execution itself is cut short."""

    def papermill_execute_cells(self) -> None:
        try:
            super().papermill_execute_cells()
        except BaseException:
            self.shutdown_kernel = "immediate"
            raise


class _Engine(NBClientEngine):
    """Papermill's engine with a kernel of our own making."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        sockets: Path,
        environment: dict[str, str],
        log: TextIO,
        watch: Watch,
        **_: Any,
    ) -> None:
        # Files as sockets: ports of kernels that start together would clash.
        transport = Config({"KernelManager": {"transport": "ipc", "ip": str(sockets)}})

        def note_kernel(notebook: Any) -> None:
            watch.kernel = client.km.provisioner.pid

        client = _Client(
            nb_man,
            config=transport,
            kernel_manager_class=AsyncKernelManager,
            kernel_name=kernel_name,
            timeout=None,
            startup_timeout=60,
            stdout_file=log,
            stderr_file=log,
            on_notebook_start=note_kernel,
        )
        client.execute(env=environment, stdout=log, stderr=log)


papermill_engines.register(ENGINE, _Engine)


def drive(order: Order) -> None:
    """Execute the steps of an order and say where their results lie.

    Executed notebooks go to ``notebooks`` in the run's folder once they are complete, a failed
    one as ``NN_name.failed.ipynb``; what notebooks print goes to ``logs``; one line a step with
    seconds and memory to ``run.jsonl``.

    Raises
    ------
    PnetError
        With one sentence and the exit code to end with.
    """
    run, steps = order.run, order.steps
    _check_kernel()
    for part in ("notebooks", "logs"):
        writable_folder(run.folder / part)
    began = time.monotonic()
    print(
        f"{len(steps)} step{'s' * (len(steps) > 1)} on {run.source} ({run.profile}), "
        f"seed {run.seed}, {run.threads} thread{'s' * (run.threads > 1)}; "
        f"results in {_short(run.folder)}",
        flush=True,
    )
    with _sole_user(run.folder), _signals(), scratch_folder() as scratch:
        variables = isolation(scratch)
        os.environ.update(variables)  # jupyter_client reads its own from this process
        peaks = []
        usual = [_usual_seconds(run, step) for step in steps]
        for at, step in enumerate(steps):
            print(f"[{at + 1}/{len(steps)}] {step.name}: {step.title}", flush=True)
            later = None if None in usual[at + 1 :] else sum(usual[at + 1 :])
            with Watch(scratch / "progress", usual[at], later) as watch:
                try:
                    _execute(run, step, order.parameters[step.name], scratch, at, watch)
                except BaseException:
                    _note(run, step, "failed", watch)
                    raise
            _note(run, step, "done", watch)
            usual[at] = watch.seconds
            peaks.append(watch.peak_mb or 0.0)
            left = f", about {duration(later)} left" if later else ""
            print(f"      done in {duration(watch.seconds)}{left}", flush=True)
    _tell_results(run, len(steps), time.monotonic() - began, max(peaks))


def _execute(
    run: Run, step: Step, given: dict[str, Any], scratch: Path, at: int, watch: Watch
) -> None:
    """Execute one notebook; its copy appears under its name only when it is complete."""
    folder = run.folder / "notebooks"
    done = folder / f"{step.name}.ipynb"
    partial = folder / f"{step.name}.partial"
    failed = folder / f"{step.name}.failed.ipynb"
    log_path = run.folder / "logs" / f"{step.name}.log"
    own = {
        "source": run.source,
        "profile": run.profile,
        "out": str(run.folder),
        "seed": run.seed,
        "threads": run.threads,
    }
    parameters = {name: value for name, value in own.items() if name in step.defaults} | given
    environment = {
        **os.environ,
        **thread_limits(run.threads),
        "MPLBACKEND": INLINE,
        PROGRESS: str(scratch / "progress"),
        "PYTHONPATH": str(project_root()),
    }
    try:
        failed.unlink(missing_ok=True)
        with open(log_path, "w", encoding="utf-8") as log, _papermill_logs_to(log):
            try:
                papermill.execute_notebook(
                    step.notebook,
                    partial,
                    parameters,
                    engine_name=ENGINE,
                    kernel_name=KERNEL,
                    language="python",
                    progress_bar=False,
                    cwd=scratch,  # stray files of a notebook end with the run
                    sockets=scratch / f"k{at}",
                    environment=environment,
                    log=log,
                    watch=watch,
                )
            except PapermillExecutionError as error:
                log.write(_COLOURS.sub("", "\n".join(error.traceback)) + "\n")
                os.replace(partial, failed)
                raise _notebook_error(step, error, log_path, failed) from error
            except DeadKernelError as error:
                os.replace(partial, failed)
                raise KernelDiedError(
                    f"the kernel of {step.name} died (out of memory?); "
                    f"see {_short(log_path)} and {_short(failed)}."
                ) from error
            except _Signalled as error:
                name = signal.Signals(error.number).name
                raise StoppedError(
                    f"stopped by {name} in {step.name}; finished steps are kept in "
                    f"{_short(run.folder)}, the log is {_short(log_path)}.",
                    error.number,
                ) from error
            except OSError:
                raise
            except Exception as error:
                log.write(traceback.format_exc())
                raise NotebookError(
                    f"{step.name} could not be executed: {_one_line(error)}; "
                    f"see {_short(log_path)}."
                ) from error
            os.replace(partial, done)
    except OSError as error:
        raise storage_error(run.folder, error) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _notebook_error(
    step: Step, error: PapermillExecutionError, log: Path, failed: Path
) -> PnetError:
    """Return a user's mistake as what it is, and anything else as a failure of the notebook."""
    kind = getattr(errors, error.ename, None)
    if isinstance(kind, type) and issubclass(kind, PnetError):
        return kind(error.evalue)
    reason = _one_line(f"{error.ename}: {error.evalue}")
    return NotebookError(
        f"{step.name} failed with {reason}; see {_short(log)} and {_short(failed)}."
    )


def _one_line(message: object) -> str:
    return " ".join(str(message).split())[:300]


def _check_kernel() -> None:
    try:
        KernelSpecManager().get_kernel_spec(KERNEL)
    except NoSuchKernel as error:
        raise SetupError(
            f"there is no Jupyter kernel named {KERNEL}; install ipykernel in this environment."
        ) from error


@contextmanager
def _sole_user(folder: Path) -> Iterator[None]:
    """Hold the folder for this run alone; the lock goes with the process, however it ends."""
    with open(folder / ".lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SetupError(
                f"another run is writing to {_short(folder)}; wait for it or choose --out."
            ) from error
        except OSError:
            pass  # a file system without locks
        yield


@contextmanager
def _signals() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into an exception that ends the kernel."""

    def stop(number: int, frame: object) -> None:
        raise _Signalled(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except _Signalled as error:
        name = signal.Signals(error.number).name
        raise StoppedError(f"stopped by {name} between two steps.", error.number) from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _papermill_logs_to(log: TextIO) -> Iterator[None]:
    """Keep papermill's remarks out of the terminal and its warning about the suffix away."""
    logger = logging.getLogger("papermill")
    handler = logging.StreamHandler(log)
    logger.addHandler(handler)
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.removeHandler(handler)


def _note(run: Run, step: Step, status: str, watch: Watch) -> None:
    """Append what a step took; times stay out of the results, which must be the same each time."""
    line = {
        "step": step.name,
        "status": status,
        "seconds": round(watch.seconds, 2),
        "peak_mb": None if watch.peak_mb is None else round(watch.peak_mb),
        "threads": run.threads,
        "node": platform.node(),
        "ended": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "source": run.source,
        "profile": run.profile,
        "seed": run.seed,
    }
    with suppress(OSError), open(run.folder / "run.jsonl", "a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")


def _usual_seconds(run: Run, step: Step) -> float | None:
    """Return what a step took the last time in this folder, else what its notebook says."""
    with suppress(OSError, ValueError):
        lines = (run.folder / "run.jsonl").read_text("utf-8").splitlines()
        for line in reversed([json.loads(line) for line in lines]):
            if (line["step"], line["status"], line["profile"]) == (step.name, "done", run.profile):
                return line["seconds"]
    return step.usual_seconds(run.profile)


def _tell_results(run: Run, n_steps: int, seconds: float, peak_mb: float) -> None:
    folder = _short(run.folder)
    memory = f", peak memory {peak_mb / 1024:.1f} GB" if peak_mb else ""
    print(
        f"\nFigures:            {folder}/figures\n"
        f"Executed notebooks: {folder}/notebooks\n"
        f"Numbers and tables: {folder}/*.json, {folder}/*.csv\n"
        f"Logs:               {folder}/logs, {folder}/run.jsonl\n"
        f"Finished {n_steps} step{'s' * (n_steps > 1)} in {duration(seconds)}{memory}.",
        flush=True,
    )


def _short(path: Path) -> str:
    """Return a path relative to the working folder where it lies in it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) and path != here else str(path)
