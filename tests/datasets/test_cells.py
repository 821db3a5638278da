"""Cells as people and spreadsheets write them: blanks, whole numbers, dates, and rows of any length."""

import pytest
from hypothesis import given, strategies as st

from pnetlib.datasets import cells
from pnetlib.datasets.cells import date_genes, dates, even_rows, is_blank, whole_number
from pnetlib.errors import CorruptFileError


@given(st.integers(0, 10**7))
def test_whole_numbers_are_read_however_they_are_written(number):
    for text in (
        str(number),
        f"{number}.0",
        f"{number}.00",
        f"{number:,}",
        f"{number:e}",
        f" {number} ",
    ):
        expected = str(number)
        if "e" in text and float(text) != number:
            continue
        assert whole_number(text) == expected
    assert whole_number(float(number)) == str(number)


@pytest.mark.parametrize(
    "text", ["X7", "7.5", "7_5", "700_003", "1,23", "7a", "--", "inf", "1e400"]
)
def test_what_is_no_whole_number_stays_as_it_is(text):
    assert whole_number(text) == text


@pytest.mark.parametrize(
    "word", ["", " ", "NA", "na", "N/A", "#N/A", "NaN", "None", "NULL", "<NA>"]
)
def test_blank_words_have_no_value(word):
    assert is_blank(word) and whole_number(word) == ""


@pytest.mark.parametrize(
    ("name", "gene"),
    [
        ("1-Mar", "MARCH1"),
        ("Mar-01", "MARCH1"),
        ("9-Sep", "SEPT9"),
        ("1-Dec", "DEC1"),
        ("2024-09-02 00:00:00", "SEPT2"),
        ("02/Sep/2024", "SEPT2"),
        ("01/03/2024", "MARCH1"),
        ("03/01/2024", "MARCH1"),
        ("1.3.24", "MARCH1"),
        ("2024-10-04", "OCT4"),
        ("1-M\u00e4r", "MARCH1"),
        ("01. Mrz", "MARCH1"),
        ("2. Sept.", "SEPT2"),
        ("1-d\u00e9c", "DEC1"),
    ],
)
def test_dates_are_told_with_the_gene_they_probably_were(name, gene):
    assert date_genes([name]) == {name: gene}


@pytest.mark.parametrize(
    "name",
    [
        "TP53",
        "HLA-A",
        "7-Jan",
        "NKX2-1",
        "MARCH1",
        "SEPTIN2",
        "AC009-3",
        "1Dec",
        "Marvin-1",
        "0-Mar",
    ],
)
def test_other_names_are_no_dates(name):
    assert not date_genes([name])


def test_rows_are_counted_as_a_spreadsheet_counts_them():
    rows = [["a", "b", ""], [], ["1", "2"], ["", " "], ["3", "4", "", ""]]
    assert list(even_rows(rows, "t")) == [(1, ["a", "b"]), (3, ["1", "2"]), (5, ["3", "4"])]
    for wrong, named in (
        (["1"], "Row 2 of t ends early"),
        (["1", "2", "3"], "Row 2 of t has 3 fields"),
    ):
        with pytest.raises(CorruptFileError, match=named):
            list(even_rows([["a", "b"], wrong], "t"))


def test_dates_of_months_without_genes_are_dates_of_no_known_gene():
    assert dates(["31-Mar", "32-Mar"]) == {"31-Mar": "MARCH31"}
    assert dates(["7-Jan", "2024-05-01", "1. Mai", "05/06/2024"]) == dict.fromkeys(
        ["7-Jan", "2024-05-01", "1. Mai", "05/06/2024"], ""
    )
    assert not dates(["31.31.2024", "2024-13-41", "45352", "1.2", "HLA-1"])


def test_more_blank_rows_than_any_table_has_are_refused(monkeypatch):
    monkeypatch.setattr(cells, "MOST_BLANK", 3)
    rows = [["a", "b"], *[["", ""]] * 2, ["x", "1"], [""], ["y", "2"]]
    assert [place for place, _ in even_rows(rows, "own.csv")] == [1, 4, 6]
    says = "own.csv has more than 3 blank rows, the last of them row 7; remove them"
    with pytest.raises(CorruptFileError, match=says):
        list(even_rows([*rows, [], ["z", "3"]], "own.csv"))
