"""Signals that stop a run: by hand, by the system, and Slurm's warning before the time limit."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from pnetlib.errors import PnetError

TIME_LIMIT = 75


class StoppedError(PnetError):
    """A signal asked the run to stop.

    Attributes
    ----------
    number : int
        The signal.
    progress : bool
        Whether anything was finished before, so that going on makes sense.
    """

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number
        self.progress = False
        self.exit_code = TIME_LIMIT if number == signal.SIGUSR1 else 128 + number


class Signalled(KeyboardInterrupt):
    """Raised in the main thread; as a KeyboardInterrupt it passes through event loops."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def error(self, where: str, kept: str) -> StoppedError:
        """Return the sentence that the run ends with.

        Parameters
        ----------
        where : str
            Such as ``"in 02_comparison"``.
        kept : str
            Where the finished parts are and what to look at, as the end of a sentence.
        """
        name = signal.Signals(self.number).name
        limit = ", the warning before the time limit," if self.number == signal.SIGUSR1 else ""
        return StoppedError(
            f"stopped by {name}{limit} {where}; what is finished is kept {kept}, and the same "
            "command goes on from there.",
            self.number,
        )


@contextmanager
def signals() -> Iterator[None]:
    """Turn the first SIGINT, SIGTERM or SIGUSR1 into `Signalled`; further ones change nothing."""
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


def fate_of_job(error: StoppedError) -> str:
    """What becomes of a job of Slurm that came to its time limit, as the end of the sentence.

    Returns
    -------
    str
        Empty outside a job or for other signals.
    """
    job = os.environ.get("SLURM_JOB_ID")
    if job is None or error.number != signal.SIGUSR1:
        return ""
    if not error.progress:
        return (
            " Nothing was finished within the time limit, so job "
            f"{job} is not put back into the queue: give it more time."
        )
    return f" Job {job} goes back into the queue."


def put_back(error: StoppedError) -> str:
    """Put such a job back into the queue, if that makes sense; Slurm then ends this process.

    So all else is to be said before.

    Returns
    -------
    str
        A complaint, or nothing.
    """
    job = os.environ.get("SLURM_JOB_ID")
    if job is None or error.number != signal.SIGUSR1 or not error.progress:
        return ""
    try:
        asked = subprocess.run(["scontrol", "requeue", job], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        asked = None
    if asked is not None and asked.returncode == 0:
        return ""
    return f"job {job} could not be put back into the queue: submit it again."
