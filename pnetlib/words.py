"""Counts and lists in sentences."""

import difflib
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import Any


def counted(number: int, noun: str, many: str = "") -> str:
    """Return a number with its noun, in the plural (`many`, or with an s) unless the number is one.

    >>> counted(1, "gene"), counted(0, "cell line"), counted(2, "search", "searches")
    ('1 gene', '0 cell lines', '2 searches')
    """
    return f"{number} {agreed(number, noun, many or noun + 's')}"


def agreed(number: float, one: str, many: str) -> str:
    """Return the word that goes with a number: `one` with 1, `many` with any other.

    >>> [f"{n} {agreed(n, 'gene is', 'genes are')} found" for n in (0, 1, 2)]
    ['0 genes are found', '1 gene is found', '2 genes are found']
    """
    return one if number == 1 else many


def part_of(number: int, total: int, these: str) -> str:
    """Return how many of some things, with the verb.

    >>> [part_of(n, 3, "the 3 markers") for n in (0, 1, 3)]
    ['None of the 3 markers is', '1 of the 3 markers is', 'All of the 3 markers are']
    """
    many = "All" if number == total else number or "None"
    return f"{many} of {these} {'are' if number > 1 else 'is'}"


def alike(first: float, second: float, form: str = ".2f") -> bool:
    """Return whether two numbers are the same as they are written.

    >>> alike(0.621, 0.619), alike(0.621, 0.64)
    (True, False)
    """
    return format(first, form) == format(second, form)


def shown(value: Any, most: int = 100) -> str:
    """Return the representation of a value on one line, shortened to `most` characters.

    >>> shown("TP53"), shown(list(range(9)), most=10)
    ("'TP53'", '[0, 1, ...')
    """
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python does not write whole numbers of more than 4,300 digits
        text = f"{type(value).__name__} of too many digits"
    return text if len(text) <= most else f"{text[: most - 3]}..."


def table_text(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a table in Markdown; a bar within a cell is escaped.

    >>> print(table_text(["gene", "rank"], [["A|B", 1]]))
    | gene | rank |
    |---|---|
    | A\\|B | 1 |
    """
    columns = list(columns)
    lines = [columns, ["---"] * len(columns), *rows]
    texts = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    texts = [f"| {' | '.join(line)} |" for line in texts]
    texts[1] = "|" + "---|" * len(columns)
    return "\n".join(texts)


def first_few(labels: Iterable[Any], most: int = 5) -> str:
    """Return the first labels, separated by commas, and the number of those beyond `most`.

    >>> first_few(["A", "B", "C"], most=2)
    'A, B and 1 more'
    """
    labels = [str(label) for label in labels]
    rest = f" and {len(labels) - most} more" if len(labels) > most else ""
    return ", ".join(labels[:most]) + rest


def likely_few(names: Iterable[str], known: Iterable[str], most: int = 5) -> str:
    """Return `first_few` of names that are not known, each with the known one that may be meant.

    >>> likely_few(["abcb1", "ABCC1", "EGFR"], ["ABCB1", "TP53"])
    'abcb1 (did you mean ABCB1?), ABCC1 (did you mean ABCB1?), EGFR'
    """
    names, folded = list(names), {other.casefold(): other for other in known}
    for at, name in enumerate(names[:most]):
        close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.8)
        names[at] = f"{name} (did you mean {folded[close[0]]}?)" if close else name
    return first_few(names, most)


def listed(words: Iterable[Any]) -> str:
    """Return words as an enumeration, or "none" if there are none.

    >>> listed(["A", "B", "C"])
    'A, B and C'
    """
    words = [str(word) for word in words]
    if not words:
        return "none"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def harmless(text: str) -> str:
    """Return Markdown in which a name from the data cannot become a tag, a comment or a role.

    >>> harmless("<b>A</b>, p < 0.1, {download}`x`")
    '&lt;b>A&lt;/b>, p < 0.1, \\\\{download}`x`'
    """
    return re.sub(r"(\{)(?=[\w:+.-]+\}`)", r"\\\1", re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text))


@cache
def say_once(sentence: str) -> None:
    """Print a sentence to the error output, if that takes it, unless this process has done so."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            print(f"note: {sentence}", file=sys.stderr, flush=True)
