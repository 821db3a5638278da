"""Counts and lists in the sentences that say what was handled or refused."""

from collections.abc import Iterable
from typing import Any


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, which gets an s unless the number is one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(labels: Iterable[Any], most: int = 5) -> str:
    """Return labels with commas between them, and how many more there are than `most`."""
    labels = [str(label) for label in labels]
    rest = f" and {len(labels) - most} more" if len(labels) > most else ""
    return ", ".join(labels[:most]) + rest
