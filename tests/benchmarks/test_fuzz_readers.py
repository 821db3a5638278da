"""A part of the fuzz table: what is read is what the files say, nothing crashes, much is refused."""

from random import Random

import pytest

from benchmarks.fuzz import readers, strict
from benchmarks.fuzz.mutations import TABLE, changed

FILES = 60  # per reader; the table of the documentation has thousands


@pytest.mark.parametrize("name", readers.READERS)
def test_nothing_is_read_wrongly_and_nothing_crashes(name, capsys):
    counts = readers.fuzz(name, seed=11, files=FILES)
    said = capsys.readouterr().out
    assert counts["wrong"] == counts["crashed"] == counts["slow"] == 0, said
    assert counts["read"] > FILES // 10 and counts["refused"] > FILES // 10


@pytest.mark.parametrize("name", readers.READERS)
def test_every_reader_reads_its_valid_input(name, tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "changed", lambda grid, rng: [list(row) for row in grid])
    monkeypatch.setattr(readers, "damaged", lambda content, rng: content)
    read = []
    for number in range(20):
        kind, said, case = readers.outcome(readers.READERS[name], Random(number), tmp_path)
        assert kind in ("read", "refused"), said
        read.append(kind == "read" and len(case.truth) > 4)
    assert sum(read) >= 5


def test_a_reader_that_guesses_is_found(monkeypatch):
    """The comparison itself can fail: a reader that forgives rows of other lengths is wrong."""
    import pandas as pd

    def guess(path):
        table = pd.read_csv(path, index_col=0)
        return readers.of_table(table)

    monkeypatch.setitem(readers.READERS, "own expression", readers.Reader(readers.own, guess))
    counts = readers.fuzz("own expression", seed=1, files=100, show=0)
    assert counts["wrong"] > 3 and counts["crashed"] > 3


def test_every_change_changes_a_table():
    grid = [list("abcd"), *([f"r{k}", *"123"] for k in range(6))]
    for change in TABLE:
        copies = [[list(row) for row in grid] for _ in range(30)]
        for number, copy in enumerate(copies):
            change(copy, Random(number))
        assert any(copy != grid for copy in copies), change.__name__
    assert changed(grid, Random(1)) is not grid and grid[0] == list("abcd")


def test_what_is_strict_refuses_what_is_unclear():
    assert strict.own([["x", "A"], ["L", "1,5"]]) == {("L", "A"): 1.5}
    assert strict.own([["x", "A", "B"], ["L", "1,5", "1.5"]]) is None
    assert strict.grid_of(b"a,b\n1,2,3\n", ",", quotes=True) is None
    assert strict.grid_of(b"a,b,\n1,2\n\n,,\n", ",", quotes=True) == [["a", "b"], ["1", "2"]]
    assert (
        strict.whole("1.0e2") == "100" and strict.whole("NA") == "" and strict.whole("7x") == "7x"
    )
