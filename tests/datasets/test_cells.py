"""Cells as people and spreadsheets write them: blanks, whole numbers, dates, and rows of any length."""

import pytest
from hypothesis import given, strategies as st

from pnetlib.datasets.cells import date_genes, even_rows, is_blank, whole_number
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
    ],
)
def test_dates_are_told_with_the_gene_they_probably_were(name, gene):
    assert date_genes([name]) == {name: gene}


@pytest.mark.parametrize(
    "name", ["TP53", "HLA-A", "7-Jan", "NKX2-1", "MARCH1", "SEPTIN2", "AC009-3"]
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
