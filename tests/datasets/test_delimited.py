"""Tables of text: rows as long as the header, numbered as a spreadsheet counts them."""

import pytest
from official_files import refused

from pnetlib.datasets.delimited import read_delimited
from pnetlib.errors import CorruptFileError, DuplicateError, MissingColumnError


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
        (CorruptFileError, b"a,b\n1,2\n\n1\n", "Row 4 of table.csv has 1 field and"),
        (CorruptFileError, b'a,b\n1,"2\n', "not a table in UTF-8"),
        (CorruptFileError, "a,b\n1,2\n".encode("utf-16"), "not a table in UTF-8"),
        (MissingColumnError, b"a,c\n1,2\n", "has no column b; it needs a, b"),
        (DuplicateError, b"a,b,a\n1,2,3\n", "has the column a twice"),
    ],
)
def test_what_is_wrong_is_named(path, error, content, named):
    path.write_bytes(content)
    refused(error, named, read_delimited, path, ",", ["a", "b"])


def test_a_folder_is_refused(tmp_path):
    refused(CorruptFileError, "not a table", read_delimited, tmp_path, ",", [])
