"""Counts and lists in sentences."""

from collections.abc import Iterable
from typing import Any


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, which gets an s unless the number is one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def first_few(labels: Iterable[Any], most: int = 5) -> str:
    """Return labels with commas between them, and how many more there are than `most`."""
    labels = [str(label) for label in labels]
    rest = f" and {len(labels) - most} more" if len(labels) > most else ""
    return ", ".join(labels[:most]) + rest


def listed(words):
    """Words as an enumeration, "none" if there are none."""
    words = [str(word) for word in words]
    if not words:
        return "none"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
