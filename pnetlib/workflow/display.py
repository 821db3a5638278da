"""What a running step prints: a line on a terminal that changes, single lines in a batch log."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from pnetlib.execution.memory import memory_fields
from pnetlib.execution.output import OutputError
from pnetlib.workflow.progress import read_progress

_TERMINAL_PAUSE = 0.5  # seconds
_LOG_PAUSE = 30.0
_ENOUGH = 0.02  # fraction of the parts after which their pace is extrapolated


def duration(seconds: float) -> str:
    """Return a time in words, such as ``3 min 20 s``."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s" if minutes < 10 and seconds else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def short(path: Path) -> str:
    """Return a path relative to the working folder if it is inside it, else as it is."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) and path != here else str(path)


def time_left(
    elapsed: float, usual: float | None, later: float | None, progress: dict[str, Any] | None
) -> float | None:
    """Return the seconds left in a run, or None if they cannot be estimated yet.

    The current step began `elapsed` seconds ago and usually takes `usual` seconds; the steps after
    it usually take `later` seconds. `progress` is its count, as `read_progress` returns it. A step
    that takes longer than usual, as after a failure, has an estimate only by its count.
    """
    here = None if usual is None or elapsed >= usual else usual - elapsed
    if progress and progress["done"] >= max(1, _ENOUGH * progress["total"]):
        spent = time.monotonic() - progress["started"]
        here = spent * (progress["total"] - progress["done"]) / progress["done"]
    return None if here is None or later is None else here + later


def _show(text: str) -> None:
    with suppress(OutputError):  # the command ends with it once the step has ended
        print(text, end="", flush=True)


class StepDisplay:
    """Print the progress of one step while it runs, and record its kernel's peak memory.

    The step writes its count to `progress_file`; `usual` and `later` are as in `time_left`.
    """

    def __init__(self, progress_file: Path, usual: float | None, later: float | None) -> None:
        self.kernel: int | None = None  # process id, set once the kernel has started
        self.peak_mb: float | None = None  # its largest memory so far, if the system reports it
        self._file, self._usual, self._later = progress_file, usual, later
        self._started = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._print_until_end, daemon=True)

    @property
    def seconds(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self._started

    def __enter__(self) -> StepDisplay:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._ended.set()
        self._thread.join()

    def _print_until_end(self) -> None:
        terminal = sys.stdout.isatty()
        printed = self._started
        while not self._ended.wait(_TERMINAL_PAUSE):
            self._record_memory()
            if terminal:
                _show(f"\r\x1b[K      {self._line()}")
            elif time.monotonic() - printed >= _LOG_PAUSE:
                printed = time.monotonic()
                _show(f"      {self._line()}\n")
        self._record_memory()
        if terminal:
            _show("\r\x1b[K")

    def _line(self) -> str:
        progress = read_progress(self._file)
        words = [duration(self.seconds)]
        if progress:
            words.insert(0, f"{progress['label']} {progress['done']}/{progress['total']}")
        left = time_left(self.seconds, self._usual, self._later, progress)
        if left is not None and left >= 1:
            words.append(f"about {duration(left)} left")
        return ", ".join(words)

    def _record_memory(self) -> None:
        """Read the peak memory that Linux reports for the kernel's process."""
        if self.kernel is None:
            return
        for value in memory_fields(Path(f"/proc/{self.kernel}/status"), "VmHWM:"):
            self.peak_mb = max(self.peak_mb or 0.0, value / 1024)
