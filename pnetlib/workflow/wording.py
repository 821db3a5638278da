"""The words of notebooks on another cohort than the paper's.

A comment in the Markdown of a notebook says which words before it are for the paper's cohort only,
and which take their place elsewhere. It reaches back to the last comment on its line, or to the
beginning of the line::

    This is always said. <!-- from here --> This is not. <!-- the paper only; others: But this is. -->
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

COMMENT = re.compile(r"<!-- (from here|the paper only(?:; others: (?P<others>.*?))?) -->")


def for_others(text: str) -> str:
    """Return Markdown with the words for other cohorts.

    >>> for_others("Four drugs. <!-- the paper only; others: Drugs. --> They act.")
    'Drugs. They act.'
    """
    return "\n".join(line for line in map(_line, text.split("\n")) if line is not None)


def _line(line: str) -> str | None:
    """Return a line with the words for others; None if nothing is left of one that had words."""
    found, at = "", 0
    for match in COMMENT.finditer(line):
        before = line[at : match.start()]
        found += before if match[1] == "from here" else match["others"] or ""
        at = match.end()
    if not at:
        return line
    found = re.sub(r" {2,}", " ", found + line[at:]).strip()
    return found or None


def for_paper(text: str) -> str:
    """Return Markdown with the words for the paper's cohort, without the comments.

    >>> for_paper("Four drugs. <!-- the paper only; others: Drugs. --> They act.")
    'Four drugs. They act.'
    """
    return re.sub(rf" ?{COMMENT.pattern}", "", text)


def worded(notebook: Path, folder: Path) -> Path:
    """Write a notebook with the words for other cohorts into a folder; return its path there."""
    content = json.loads(notebook.read_text("utf-8"))
    content["cells"] = [cell for cell in map(_cell, content["cells"]) if cell is not None]
    path = folder / notebook.name
    path.write_text(json.dumps(content), "utf-8")
    return path


def _cell(cell: Mapping[str, Any]) -> dict[str, Any] | None:
    if cell["cell_type"] != "markdown":
        return dict(cell)
    text = for_others("".join(cell["source"]))
    return dict(cell) | {"source": text} if text.strip() else None
