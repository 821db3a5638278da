"""Execution of one notebook by papermill, in a kernel with its own sockets, logs and lock."""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

import papermill
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.iorw import LocalHandler, papermill_io
from traitlets.config import Config

from pnetlib import errors
from pnetlib.errors import PnetError, SetupError
from pnetlib.execution.storage import is_of_system, put_in_place, storage_error, system_error
from pnetlib.words import say_once
from pnetlib.workflow.display import StepDisplay, short
from pnetlib.workflow.notebooks import Step
from pnetlib.workflow.run import Run
from pnetlib.workflow.stop import Signalled
from pnetlib.workflow.wording import worded

ENGINE = "pnetlib"
KERNEL = "python3"  # the name in notebooks; the kernel is this Python, whatever has that name
LAUNCHER = "ipykernel_launcher"
INLINE = "module://matplotlib_inline.backend_inline"
_FULL_MEMORY = re.compile(r"MemoryError|Cannot allocate memory|can't start new thread")
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ERRNO = re.compile(r"\[Errno (\d+)\] (.*)", re.S)
# ipykernel ends a kernel whose driver ends, but not if that happens while the kernel starts and
# another process than init inherits it, as under systemd or in a container. Such a kernel would
# hold the lock of the folder for ever.
_END_WITH_DRIVER = "__import__('os').getppid() == {driver} or __import__('os')._exit(1)"


class NotebookError(PnetError):
    """A notebook failed, and not because of wrong options or data."""

    exit_code = 1


class KernelDiedError(PnetError):
    """The kernel of a notebook ended unexpectedly."""

    exit_code = 138


class _KernelManager(AsyncKernelManager):
    """A manager that starts this Python, not a kernel that is registered on the machine."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The command of the kernel."""
        return KernelSpec(
            argv=[sys.executable, "-m", LAUNCHER, "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": "local-provisioner"}},
        )


class _Client(PapermillNotebookClient):
    """Papermill's client, which ends its kernel at once if the execution is interrupted."""

    def papermill_execute_cells(self) -> None:
        try:
            super().papermill_execute_cells()
        except BaseException:
            self.shutdown_kernel = "immediate"
            raise


class _Engine(NBClientEngine):
    """Papermill's engine, with a kernel that has its own sockets, logs and lock."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        sockets: Path,
        environment: dict[str, str],
        log: TextIO,
        display: StepDisplay,
        lock: TextIO,
        **_: Any,
    ) -> None:
        # Sockets are files: kernels that start at the same time could choose the same port.
        transport = Config({"KernelManager": {"transport": "ipc", "ip": str(sockets)}})

        def record_kernel(notebook: Any) -> None:
            display.kernel = client.km.provisioner.pid

        client = _Client(
            nb_man,
            config=transport,
            kernel_manager_class=_KernelManager,
            kernel_name=kernel_name,
            timeout=None,
            startup_timeout=60,
            stdout_file=log,
            stderr_file=log,
            on_notebook_start=record_kernel,
            extra_arguments=[
                f"--IPKernelApp.exec_lines={_END_WITH_DRIVER.format(driver=os.getpid())}"
            ],
        )
        client.execute(env=environment, stdout=log, stderr=log, pass_fds=(lock.fileno(),))


class _Files(LocalHandler):
    """Papermill's files on disk, with the name of one that could not be written in the error."""

    def write(self, buf: str, path: str) -> None:
        """Write a notebook; a full disk gives no name of its own."""
        try:
            super().write(buf, path)
        except OSError as error:
            error.filename = error.filename or path
            raise


papermill_engines.register(ENGINE, _Engine)
papermill_io.register("/", _Files())  # for all absolute paths
# The event loop reports tasks that a signal interrupted; one sentence about the signal is enough.
logging.getLogger("asyncio").addHandler(logging.NullHandler())
logging.getLogger("asyncio").propagate = False


def check_kernel() -> None:
    """Raise `SetupError` if this environment has no kernel for the notebooks."""
    if find_spec(LAUNCHER) is None:
        raise SetupError(
            f"{sys.prefix} has no Jupyter kernel; install ipykernel in this environment."
        )


def execute(
    run: Run,
    step: Step,
    parameters: Mapping[str, Any],
    environment: Mapping[str, str],
    *,
    sockets: Path,
    display: StepDisplay,
    lock: TextIO,
    others: bool = False,
) -> None:
    """Execute one notebook; its copy gets its final name only once it is complete.

    If the cohort or the markers are not the paper's (`others`), its words are those for others.

    Papermill sets the `parameters`. The kernel has the variables `environment`, sockets whose path
    begins with `sockets`, and the `lock` of the folder, which it inherits; `display` gets its
    process id. Every failure becomes a `PnetError` with one sentence and the exit code.
    """
    folder = run.folder / "notebooks"
    done = folder / f"{step.name}.ipynb"
    partial = folder / f"{step.name}.partial"
    failed = folder / f"{step.name}.failed.ipynb"
    log_path = run.folder / "logs" / f"{step.name}.log"
    try:
        failed.unlink(missing_ok=True)
        with open(log_path, "w", encoding="utf-8") as log, _papermill_logs_to(log):
            try:
                papermill.execute_notebook(
                    worded(step.notebook, sockets.parent) if others else step.notebook,
                    partial,
                    dict(parameters),
                    engine_name=ENGINE,
                    kernel_name=KERNEL,
                    language="python",
                    progress_bar=False,
                    cwd=sockets.parent,  # other files that a notebook writes are removed later
                    sockets=sockets,
                    environment={**environment, "MPLBACKEND": INLINE},
                    log=log,
                    display=display,
                    lock=lock,
                )
            except PapermillExecutionError as error:
                log.write(_COLOURS.sub("", "\n".join(error.traceback)) + "\n")
                log.flush()
                os.replace(partial, failed)
                raise _notebook_error(step, error, log_path, failed) from error
            except DeadKernelError as error:
                os.replace(partial, failed)
                raise KernelDiedError(
                    f"the kernel of {step.name} died (out of memory?); "
                    f"see {short(log_path)} and {short(failed)}."
                ) from error
            except RuntimeError as error:
                # jupyter_client says this of a kernel that dies while it starts.
                if "Kernel died" not in str(error):
                    raise _not_executed(step, error, log, log_path) from error
                why = _one_line(_last_line(log_path)) or "out of memory?"
                raise KernelDiedError(
                    f"the kernel of {step.name} died while it started ({why}); "
                    f"see {short(log_path)}."
                ) from error
            except Signalled as error:
                raise error.error(
                    f"in {step.name}", f"in {short(run.folder)} (log {short(log_path)})"
                ) from error
            except OSError:
                raise
            except Exception as error:
                raise _not_executed(step, error, log, log_path) from error
            put_in_place(partial, done)
    except OSError as error:
        raise _of_system(run, step, error) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _notebook_error(
    step: Step, error: PapermillExecutionError, log: Path, failed: Path
) -> PnetError:
    """Return the error that the notebook raised if the user caused it, else `NotebookError`."""
    kind = getattr(errors, error.ename, None)
    if isinstance(kind, type) and issubclass(kind, PnetError):
        return kind(error.evalue)
    reason = _one_line(f"{error.ename}: {error.evalue or _last_line(log)}")
    found = _ERRNO.match(str(error.evalue))
    if found and is_of_system(int(found[1])):  # a full disk, say, and no fault of the notebook
        refused = OSError(int(found[1]), _one_line(found[2]))
        return system_error(refused, f"{step.name} could not be executed (see {short(log)})")
    if _FULL_MEMORY.search(reason):
        reason += " (out of memory)"
    return NotebookError(f"{step.name} failed with {reason}; see {short(log)} and {short(failed)}.")


def _of_system(run: Run, step: Step, error: OSError) -> SetupError:
    """Return the error for what the system refused while a step was executed."""
    name = error.filename2 or error.filename
    if isinstance(name, (str, Path)) and Path(name).is_relative_to(run.folder):
        return storage_error(Path(name), error)
    what = f"{step.name} could not be executed" + (f", as {name} could not be used" if name else "")
    return system_error(error, what)


def _not_executed(step: Step, error: Exception, log: TextIO, log_path: Path) -> PnetError:
    log.write("".join(traceback.format_exception(error)))
    number = getattr(error, "errno", None)  # also of an error of ZeroMQ, which is no OSError
    if isinstance(number, int) and is_of_system(number):
        refused = OSError(number, _one_line(getattr(error, "strerror", None) or error))
        return system_error(refused, f"{step.name} could not be executed (see {short(log_path)})")
    return NotebookError(
        f"{step.name} could not be executed: {_one_line(error)}; see {short(log_path)}."
    )


def _last_line(log: Path) -> str:
    """Return the error with which a process ended, if its log names one, else its last line."""
    lines = log.read_text("utf-8", "replace").strip().splitlines() or [""]
    named = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
    return [*lines[-1:], *named][-1]


def _one_line(message: object) -> str:
    return " ".join(str(message).split())[:300]


class _Log(logging.StreamHandler):
    """Writes to a log, without which a step goes on."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say once what keeps the log from being written."""
        say_once(f"{short(Path(self.stream.name))} is not complete ({sys.exc_info()[1]}).")


@contextmanager
def _papermill_logs_to(log: TextIO) -> Iterator[None]:
    """Write papermill's messages to the log, and ignore its warning about the suffix."""
    logger = logging.getLogger("papermill")
    handler = _Log(log)
    logger.addHandler(handler)
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.removeHandler(handler)
