"""Cells of a workbook that would be misread: refused with their place, or said."""

import time

import numpy as np
import pytest
from official_files import refused, write_rows
from test_own_cohort import HEAD, rows_of, word, workbook

from pnetlib.datasets.own_tables import read_own_table
from pnetlib.datasets.workbooks import check_numbers, xlsx_rows
from pnetlib.errors import CorruptFileError


def book(tmp_path, cells, **options):
    rows = rows_of(HEAD, word("A2", "SK-00") + cells)
    return workbook(tmp_path / "book.xlsx", First=rows, **options)


@pytest.mark.parametrize("read", [lambda path: read_own_table(path, "response"), xlsx_rows])
@pytest.mark.parametrize("kind", ["", ' t="n"', " t='n'"])
@pytest.mark.parametrize("value", ["1,5", "NaN", "1.5.2", "1e", "&lt;5", "inf", "0x1"])
def test_a_number_that_is_none_is_refused_with_its_cell(tmp_path, read, kind, value):
    path = book(tmp_path, f'<c r="B2"{kind}><v>{value}</v></c>')
    named = f"The cell B2 of book.xlsx has '{value}' for a number; write the number again"
    refused(CorruptFileError, named, lambda: list(read(path)))


@pytest.mark.parametrize(
    ("value", "number"),
    [("1.5", 1.5), ("-.5", -0.5), ("+2.", 2), (" 1e-3 ", 0.001), ("1E+05", 1e5), ("", np.nan)],
)
def test_numbers_in_any_spelling_are_read(tmp_path, value, number):
    path = book(tmp_path, f'<c r="B2"><v>{value}</v></c>')
    found = read_own_table(path, "response").values.at["SK-00", "d1"]
    np.testing.assert_equal(found, number)


def test_a_long_value_is_checked_soon(tmp_path):
    path = write_rows(tmp_path / "x.xlsx", [["a"], [1.0]])
    started = time.process_time()
    for text in (b"<c><v>" + b"1" * 10**6 + b"x<", b"<c t='s'><v>" + b" " * 10**6 + b"x<"):
        try:
            check_numbers(path, text)
        except CorruptFileError:
            pass
    check_numbers(path, b'<c r="A1" t="str"><v>text</v></c>' * 30_000)
    assert time.process_time() - started < 5
