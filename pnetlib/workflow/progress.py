"""Progress of a long step, shown by whoever watches: the driver, a terminal or a notebook."""

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

VARIABLE = "PNETLIB_PROGRESS"
OFF = "off"
_PAUSE = 0.2


class Progress:
    """Count the finished parts of a long step; safe to advance from several threads.

    Under the driver (`VARIABLE` names a file) the count goes to that file, and the driver shows
    it with the time left. Where the variable is ``off`` nothing is shown. Otherwise a tqdm bar
    appears in a terminal or in a notebook run by hand, and nothing in a batch log.

    Parameters
    ----------
    total : int
        Number of parts.
    label : str
        What is being done, in a few words.

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
        self._started = time.time()
        self._shown = 0.0
        watcher = os.environ.get(VARIABLE, "")
        self._file = Path(watcher) if watcher not in ("", OFF) else None
        self._bar = None if watcher else _bar(total, label)
        self._tell()

    def advance(self, parts: int = 1) -> None:
        """Count `parts` more parts as finished."""
        with self._lock:
            self.done += parts
            if self._bar is not None:
                self._bar.update(parts)
            if time.time() - self._shown >= _PAUSE or self.done >= self.total:
                self._tell()

    def close(self) -> None:
        """Take the display away."""
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

    def _tell(self) -> None:
        self._shown = time.time()
        if self._file is not None:
            count = {
                "label": self.label,
                "done": self.done,
                "total": self.total,
                "started": self._started,
            }
            with contextlib.suppress(OSError):  # the step matters more than its display
                partial = self._file.with_suffix(".partial")
                partial.write_text(json.dumps(count), "utf-8")
                os.replace(partial, self._file)


def read_progress(file: Path) -> dict | None:
    """Return the count in a progress file, or None where there is none."""
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _bar(total: int, label: str):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tqdm asks for widgets; its text bar is good enough
        from tqdm.auto import tqdm
    hidden = False if _in_kernel() else None  # None: shown on a terminal only
    return tqdm(total=total, desc=label, leave=False, disable=hidden)


def _in_kernel() -> bool:
    """Return whether this is a notebook's kernel, whose streams are shown but are no terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")
