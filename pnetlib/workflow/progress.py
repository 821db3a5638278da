"""Progress of a long step, displayed by the driver, in a terminal or in a notebook."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
import warnings
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm

VARIABLE = "PNETLIB_PROGRESS"
OFF = "off"
_PAUSE = 0.2  # seconds between two updates of the file


class Progress:
    """Count the finished parts of a long step; safe to advance from several threads.

    If the environment variable `VARIABLE` names a file, the count is written to it, and the driver
    displays it with the time left. If it is ``off``, nothing is displayed. Otherwise a tqdm bar
    appears in a terminal and in a notebook that is run by hand, but not in a batch log.

    Parameters
    ----------
    total : int
        Number of parts of the step.
    label : str
        Name of the parts in one word or two.

    Examples
    --------
    >>> with Progress(3, "folds") as progress:
    ...     for fold in range(3):
    ...         progress.advance()
    """

    def __init__(self, total: int, label: str) -> None:
        self.total = total
        self.label = label
        self.done = 0
        self._lock = threading.Lock()
        self._started = time.monotonic()  # also of the driver; no one sets this clock
        self._written = 0.0
        target = os.environ.get(VARIABLE, "")
        self._file = Path(target) if target not in ("", OFF) else None
        self._bar = None if target else _bar(total, label)
        self._write()

    def advance(self, parts: int = 1) -> None:
        """Count `parts` more parts as finished."""
        with self._lock:
            self.done += parts
            if self._bar is not None:
                self._bar.update(parts)
            if time.monotonic() - self._written >= _PAUSE or self.done >= self.total:
                self._write()

    def close(self) -> None:
        """Remove the bar or the file."""
        with self._lock:
            if self._bar is not None:
                self._bar.close()
            if self._file is not None:
                self._file.unlink(missing_ok=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self) -> None:
        self._written = time.monotonic()
        if self._file is not None:
            count = {
                "label": self.label,
                "done": self.done,
                "total": self.total,
                "started": self._started,
            }
            with contextlib.suppress(OSError):  # displaying progress must not stop the step
                partial = self._file.with_suffix(".partial")
                partial.write_text(json.dumps(count), "utf-8")
                os.replace(partial, self._file)


def read_progress(file: Path) -> dict[str, Any] | None:
    """Return the count in a progress file, or None if there is none."""
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _bar(total: int, label: str) -> tqdm:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without ipywidgets tqdm warns and draws a text bar
        from tqdm.auto import tqdm
    hidden = False if _in_kernel() else None  # None: only in a terminal
    return tqdm(total=total, desc=label, leave=False, disable=hidden)


def _in_kernel() -> bool:
    """Return whether this process is the kernel of a notebook, whose output is not a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")
