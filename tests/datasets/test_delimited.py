"""Tables of text: rows as long as the header, numbered as a spreadsheet counts them."""

import numpy as np
import pytest
from official_files import refused

from pnetlib.datasets.delimited import read_delimited
from pnetlib.datasets.sheets import csv_rows
from pnetlib.errors import CorruptFileError, DataError, DuplicateError, MissingColumnError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "table.csv"


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_is_text_with_row_numbers(path, start, end):
    path.write_bytes(f'{start}a, B ,"c"{end}1,NA,"x,y"{end}{end}007,,z{end}'.encode())
    table = read_delimited(path, ",", ["a", "B"])
    assert list(table.columns) == ["a", "B", "c"] and list(table.index) == [2, 4]
    assert table.values.tolist() == [["1", "NA", "x,y"], ["007", "", "z"]]


def test_tabs_have_no_quotes_and_names_may_be_folded(path):
    path.write_text('TF\tTarget\n"A\tB\n')
    assert read_delimited(path, "\t", ["tf"], fold=True).values.tolist() == [['"A', "B"]]


@pytest.mark.parametrize(
    ("error", "content", "named"),
    [
        (CorruptFileError, b"", "table.csv is empty"),
        (CorruptFileError, b"a,b\n1,2,3\n", "Row 2 of table.csv has 3 fields and the header 2"),
        (CorruptFileError, b"a,b\n1,2\n\n1\n", "Row 4 of table.csv ends early: it has 1 field and"),
        (CorruptFileError, b"a,b\n\x80\x04\n", "is not text in UTF-8"),
        (CorruptFileError, b"PK\x03\x04", "is or contains a zip archive"),
        (MissingColumnError, b"a;b\n1;2\n", "is separated by semicolons; separate it by commas"),
        (CorruptFileError, "a,b\n1,2\n".encode("utf-16"), "not text in UTF-8"),
        (MissingColumnError, b"a,c\n1,2\n", "has no column b; it needs a, b"),
        (DuplicateError, b"a,b,a\n1,2,3\n", "has the column a twice"),
    ],
)
def test_what_is_wrong_is_named(path, error, content, named):
    path.write_bytes(content)
    refused(error, named, read_delimited, path, ",", ["a", "b"])


@pytest.mark.parametrize("read", [lambda path: read_delimited(path, ",", ["a"]), csv_rows])
@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (
            '3,"4\n5,6\n',
            "Row 4 of table.csv has a quotation mark that is not closed .*; correct it",
        ),
        ('3,4\n5,"6"7\n', "Row 5 of table.csv has a quotation mark .* within a value"),
        ('"3,4\n5,6\n7,8"\n', "Row 4 of table.csv has a quotation mark that is closed in a later"),
        ('3,4\n5,"6\n\0"\n', "Row 5 of table.csv has a character of code 0 .NUL.*; write it again"),
    ],
)
def test_the_row_of_what_is_no_table_is_named(path, read, rows, named):
    path.write_text('a,b\n\n"line\nbreak",2\n' + rows)  # rows 1 to 3, in four lines
    refused(CorruptFileError, named, lambda: list(read(path)))


def test_tabs_have_no_quotes_to_close_but_their_row_is_named(path):
    path.write_text('a\tb\n"1\t2\n3\t\0\n')
    refused(
        CorruptFileError,
        "Row 3 of table.csv has a character of code 0",
        read_delimited,
        path,
        "\t",
        [],
    )


def test_a_folder_is_refused(tmp_path):
    refused(DataError, "is a folder, not a plain file", read_delimited, tmp_path, ",", [])


def test_numbers_are_read_as_such_and_blank_ones_are_missing(path):
    path.write_text("a,b,c\n1,2.5,x\n2, NA ,y\n3,-1e3,z\n")
    table = read_delimited(path, ",", ["a", "b"], numbers=["b"], others=False)
    assert list(table.columns) == ["a", "b"] and table["b"].tolist()[::2] == [2.5, -1000.0]
    assert np.isnan(table["b"][3])
    for word in ("1_0", "inf", "x", "1e999"):
        path.write_text(f"a,b\n1,2\n\n2,{word}\n")
        named = f"b in row 4 of table.csv is '{word}', not a number"
        refused(DataError, named, read_delimited, path, ",", ["a", "b"], numbers=["b"])
