"""Signals that stop a run: from the keyboard, from the system, and Slurm's time-limit warning."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from pnetlib.errors import PnetError

TIME_LIMIT = 75


class StoppedError(PnetError):
    """A signal, by its number, stopped the run."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number
        self.progress = False  # whether a step or fold was finished, so that repeating makes sense
        self.exit_code = TIME_LIMIT if number == signal.SIGUSR1 else 128 + number


class Signalled(KeyboardInterrupt):
    """Raised in the main thread; as a KeyboardInterrupt it passes through event loops."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def error(self, where: str, saved: str) -> StoppedError:
        """Return the error that the run ends with.

        `where` is the point of the run, such as "in 02_comparison", `saved` the place of finished
        parts, such as "in results".
        """
        name = signal.Signals(self.number).name
        limit = ", the warning before the time limit," if self.number == signal.SIGUSR1 else ""
        return StoppedError(
            f"stopped by {name}{limit} {where}; finished parts are saved {saved}, and the same "
            "command continues from there.",
            self.number,
        )

    def short(self) -> StoppedError:
        """Return the error that a command ends with that has no parts."""
        name = signal.Signals(self.number).name
        return StoppedError(f"stopped by {name}; repeat the command.", self.number)


@contextmanager
def signals() -> Iterator[None]:
    """Turn the first SIGINT, SIGTERM or SIGUSR1 into `Signalled` and ignore later ones."""
    stopping = False

    def stop(number: int, frame: object) -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            raise Signalled(number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _job_at_time_limit(error: StoppedError) -> str | None:
    """Return the number of the Slurm job that reached its time limit, if this is one.

    A task of an array is named as such: the number of the last one is that of the whole array.
    """
    if error.number != signal.SIGUSR1:
        return None
    array, task = map(os.environ.get, ("SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID"))
    return f"{array}_{task}" if array and task else os.environ.get("SLURM_JOB_ID")


def requeue_notice(error: StoppedError) -> str:
    """Return a sentence on what happens to a Slurm job at its time limit; empty for other stops."""
    job = _job_at_time_limit(error)
    if job is None:
        return ""
    if not error.progress:
        return (
            f" Nothing was finished within the time limit, so job {job} does not go back into the "
            "queue: give it more time."
        )
    return f" Job {job} goes back into the queue."


def requeue(error: StoppedError) -> str:
    """Put a job that reached its time limit back into the queue if it finished anything.

    Slurm then ends this process, so everything else must have been printed before. Return a
    sentence if Slurm refused.
    """
    job = _job_at_time_limit(error)
    if job is None or not error.progress:
        return ""
    try:
        reply = subprocess.run(["scontrol", "requeue", job], capture_output=True, timeout=60)  # noqa: S607
    except (OSError, subprocess.TimeoutExpired):
        reply = None
    if reply is not None and reply.returncode == 0:
        return ""
    return f"job {job} could not be put back into the queue: submit it again."
