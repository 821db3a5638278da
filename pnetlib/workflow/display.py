"""What a run says while it goes on: a moving line on a terminal, a heartbeat in a batch log."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from pnetlib.workflow.progress import read_progress

_TERMINAL_PAUSE = 0.5
_HEARTBEAT = 30.0
_ENOUGH = 0.02  # share of the parts after which their pace is worth extrapolating


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
    """Return a path relative to the working folder where it lies in it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) and path != here else str(path)


def time_left(
    elapsed: float, usual: float | None, later: float | None, progress: dict | None
) -> float | None:
    """Return the seconds left in a run, or None where they cannot be known yet.

    Parameters
    ----------
    elapsed : float
        Seconds that the present step has taken.
    usual : float or None
        Seconds that the present step usually takes.
    later : float or None
        Seconds that the steps after it usually take together.
    progress : dict or None
        Count of the present step, as `read_progress` gives it.
    """
    here = None if usual is None else max(usual - elapsed, 0.0)
    if progress and progress["done"] >= max(1, _ENOUGH * progress["total"]):
        spent = time.time() - progress["started"]
        here = spent * (progress["total"] - progress["done"]) / progress["done"]
    return None if here is None or later is None else here + later


class Watch:
    """Show the progress of one step while it runs, and note its kernel's peak memory.

    Parameters
    ----------
    progress_file : Path
        Where the step counts its parts.
    usual, later : float or None
        As in `time_left`.

    Attributes
    ----------
    kernel : int or None
        Process id of the step's kernel, set once it has started.
    peak_mb : float or None
        Largest resident memory of the kernel so far, where the system tells it.
    """

    def __init__(self, progress_file: Path, usual: float | None, later: float | None) -> None:
        self.kernel: int | None = None
        self.peak_mb: float | None = None
        self._file = progress_file
        self._usual = usual
        self._later = later
        self._started = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True)

    @property
    def seconds(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self._started

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._ended.set()
        self._thread.join()

    def _show(self) -> None:
        terminal = sys.stdout.isatty()
        told = self._started
        while not self._ended.wait(_TERMINAL_PAUSE):
            self._note_memory()
            if terminal:
                print(f"\r\x1b[K      {self._line()}", end="", flush=True)
            elif time.monotonic() - told >= _HEARTBEAT:
                told = time.monotonic()
                print(f"      {self._line()}", flush=True)
        self._note_memory()
        if terminal:
            print("\r\x1b[K", end="", flush=True)

    def _line(self) -> str:
        progress = read_progress(self._file)
        words = [duration(self.seconds)]
        if progress:
            words.insert(0, f"{progress['label']} {progress['done']}/{progress['total']}")
        left = time_left(self.seconds, self._usual, self._later, progress)
        if left is not None:
            words.append(f"about {duration(left)} left")
        return ", ".join(words)

    def _note_memory(self) -> None:
        """Read the high-water mark that Linux keeps for a process."""
        if self.kernel is None:
            return
        try:
            status = Path(f"/proc/{self.kernel}/status").read_text()
        except OSError:
            return
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                self.peak_mb = max(self.peak_mb or 0.0, int(line.split()[1]) / 1024)
