"""``run.jsonl``: one line per step that a command executed, with seconds and memory.

It is a convenience: a line that could not be written, or that a power cut damaged, is left out.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

NAME = "run.jsonl"


def read_events(folder: Path) -> list[dict[str, Any]]:
    """Return the events in the folder of a run, in order; none if there is no such file."""
    events = []
    with suppress(OSError):
        for line in (folder / NAME).read_text("utf-8", "replace").splitlines():
            with suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict) and {"step", "status"} <= event.keys():
                    events.append(event)
    return events


def add_event(folder: Path, event: Mapping[str, Any]) -> None:
    """Append an event, on a line of its own even if the last one was cut off."""
    with suppress(OSError), open(folder / NAME, "a+b") as log:
        end = log.seek(0, 2)
        if end:
            log.seek(end - 1)
            if log.read(1) != b"\n":
                log.write(b"\n")
        log.write(json.dumps(event).encode() + b"\n")
