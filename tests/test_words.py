"""Counts and lists in sentences."""

import doctest
import sys

import pytest

from pnetlib import words
from pnetlib.words import agreed, counted, first_few, listed


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0 genes"), (1, "1 gene"), (2, "2 genes"), (1.0, "1.0 gene")]
)
def test_counted(number, expected):
    assert counted(number, "gene") == expected


@pytest.mark.parametrize(("number", "expected"), [(0, "es are"), (1, " is"), (2, "es are")])
def test_nouns_and_verbs_agree_with_their_number(number, expected):
    assert agreed(number, "search is", "searches are") == f"search{expected}"
    assert counted(number, "search", "searches") == f"{number} search{'' if number == 1 else 'es'}"


@pytest.mark.parametrize(
    ("labels", "most", "expected"),
    [
        ([], 2, ""),
        (["A", "B"], 2, "A, B"),
        ([1, 2, 3, 4], 2, "1, 2 and 2 more"),
        (iter("AB"), 1, "A and 1 more"),
        (range(6), 5, "0, 1, 2, 3, 4 and 1 more"),
    ],
)
def test_first_few(labels, most, expected):
    assert first_few(labels, most) == expected


@pytest.mark.parametrize(
    ("labels", "expected"),
    [([], "none"), (["A"], "A"), ([1, 2], "1 and 2"), (iter("ABC"), "A, B and C")],
)
def test_listed(labels, expected):
    assert listed(labels) == expected


def test_a_note_that_cannot_be_printed_stops_nothing(monkeypatch):
    class Full:
        def write(self, text):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    words.say_once("a note for a full disk")


def test_examples_run():
    assert doctest.testmod(words).failed == 0
