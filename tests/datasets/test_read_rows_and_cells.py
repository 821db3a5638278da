"""What the readers make of single cells and rows, and the place that each fault names."""

import gzip
import io
import random
import re

import numpy as np
import pytest
from official_files import refused, write_rows

from pnetlib.datasets import delimited, sheets
from pnetlib.datasets.candidates import kind_of
from pnetlib.datasets.cells import date_genes, even_rows, is_blank, number, whole_number
from pnetlib.datasets.delimited import read_delimited
from pnetlib.datasets.own_tables import (
    ANNOTATION,
    RESPONSE,
    is_table,
    read_own_expression,
    read_own_table,
)
from pnetlib.datasets.workbooks import attribute, xlsx_rows
from pnetlib.errors import CorruptFileError, DataError, DuplicateError, MissingColumnError
from pnetlib.execution.files import not_utf8


@pytest.mark.parametrize("month", ["FEB", "MARCH", "APR", "SEPT", "OCT", "NOV", "DEC"])
@pytest.mark.parametrize(
    "form", ["{day}-{short}", "{short}-{day:02}", "{day} {short} 2004", "{short}.{day}.04"]
)
def test_dates_of_every_month_with_genes(month, form):
    for day in (1, 2, 11):
        name = form.format(day=day, short=month[:3].title())
        assert date_genes(["TP53", name]) == {name: f"{month}{day}"}


def test_dates_in_digits_are_those_of_months_with_genes():
    for name, gene in {"03": "MARCH7", "09": "SEPT7", "10": "OCT7", "12": "DEC7"}.items():
        for end in ("", " 00:00", "T00:00:00"):
            assert date_genes([f"2031-{name}-07{end}"]) == {f"2031-{name}-07{end}": gene}
    for month in ("01", "05", "08", "00", "13"):
        assert not date_genes([f"2031-{month}-07"])
    assert date_genes([" 1-Mar ", "1-May", "1-Mar"]) == {" 1-Mar ": "MARCH1", "1-Mar": "MARCH1"}


def test_numbers_and_blanks():
    assert [is_blank(cell) for cell in (None, "-", "n/a", "null", "0", "none of it")] == [
        *[True] * 4,
        False,
        False,
    ]
    assert whole_number("-7.0") == "-7" and whole_number("0") == "0" and whole_number(0.0) == "0"
    assert whole_number("12,345") == "12345" and whole_number("12,345.0") == "12345"
    assert whole_number("12,345.5") == "12,345.5" and whole_number("1234,567") == "1234,567"
    assert whole_number(" 007 ") == "007" and whole_number("1e3") == "1000"
    assert number("2.5") == 2.5 and np.isnan(number("2_5")) and np.isnan(number("two"))


def test_rows_above_the_header_are_counted_and_left_out():
    rows = [
        [],
        ["", None],
        ["a", None, "b", "", None],
        ["1", None, "2"],
        [None, " "],
        ("3", 0, 4, ""),
    ]
    found = list(even_rows(iter(rows), "t"))
    assert found == [(3, ["a", None, "b"]), (4, ["1", None, "2"]), (6, ["3", 0, 4])]
    assert list(even_rows([], "t")) == [] and list(even_rows([["", ""]], "t")) == []


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (["1", "2", "", "4"], r"Row 5 of t has 4 fields and the header 2: a value with"),
        (["1", "2", "3", ""], r"Row 5 of t has 3 fields and the header 2: a value with"),
        (["1"], r"Row 5 of t ends early: it has 1 field and the header 2; complete"),
    ],
)
def test_a_row_of_another_length_is_named_with_both_counts(row, named):
    refused(CorruptFileError, named, list, even_rows([[], ["a", "b"], ["1", "2"], [], row], "t"))


def test_a_row_of_blanks_as_a_value_is_read_and_no_blank_row():
    assert list(even_rows([["a", "b"], ["", "2"], ["1", ""]], "t"))[1:] == [
        (2, ["", "2"]),
        (3, ["1", ""]),
    ]


def test_blank_rows_above_an_own_table_are_left_out(tmp_path):
    table, said = read(tmp_path, "\n,,\n\nx,A,B\na,1,2\n\nb,3,4\n")
    assert table.to_numpy().tolist() == [[1, 2], [3, 4]] and said == []
    with pytest.raises(DataError, match=r"row 7: the expression of B in the cell line b is 'x'"):
        read(tmp_path, "\n,,\n\nx,A,B\na,1,2\n\nb,3,x\n")


# Tables of regulons and screens ---------------------------------------------------------------


def test_every_missing_and_repeated_column_is_named(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,B\n1,2\n")
    named = "t.csv has no column b and no column c; it needs a, b, c"
    refused(MissingColumnError, named, read_delimited, path, ",", ["a", "b", "c"])
    assert list(read_delimited(path, ",", ["a", "b"], fold=True)) == ["a", "b"]
    path.write_text("a,b,A,a,a,b\n1,2,3,4,5,6\n")
    refused(DuplicateError, "the column a, b twice", read_delimited, path, ",", ["a", "b"])
    assert list(read_delimited(path, ",", ["A"]).columns) == ["a", "b", "A", "a", "a", "b"]


def test_long_fields_are_read_and_short_rows_named(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(f"a,b\n{'x' * 1_000_000},2\n\n,\n3\n")
    refused(
        CorruptFileError,
        "Row 5 of t.csv .* 1 field and the header 2; ",
        read_delimited,
        path,
        ",",
        ["a"],
    )
    path.write_text(f"a,b\n{'x' * 1_000_000},2\n\n,\n3,\n")
    table = read_delimited(path, ",", ["a"])
    assert list(table.index) == [2, 5] and len(table.at[2, "a"]) == 1_000_000
    assert table.at[5, "b"] == ""
    refused(MissingColumnError, "no column c", read_delimited, path, ",", ["a", "c"])


# Expression of one's own ----------------------------------------------------------------------


def read(tmp_path, content, name="own.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_own_expression(path)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("a.csv", True), ("a.TXT.GZ", True), ("a.tab", True), ("a.gz", False), ("a.csv.zip", False)],
)
def test_tables_are_known_by_their_names(name, is_one):
    assert is_table(name) is is_one


@pytest.mark.parametrize("order", ["le", "be"])
def test_both_kinds_of_utf_16_are_read(tmp_path, order):
    table, said = read(tmp_path, ("\ufeff,G1,G2\nÄ,1,2\nB,3,4\n").encode(f"utf-16-{order}"))
    assert table.to_numpy().tolist() == [[1, 2], [3, 4]] and list(table.index) == ["Ä", "B"]
    assert said == []


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\x1f\x8b\x08", b"\x80\x04\x95", b"\x89PNG"])
def test_other_kinds_of_files_are_refused_by_their_first_bytes(tmp_path, start):
    for name, content in (("own.csv", start), ("own.csv.gz", gzip.compress(start))):
        content += b"" if name.endswith("gz") else b",TP53,MDM2\nA,1,2\nB,3,4\n"
        named = f"^{name} is .*, no table of text; (export it as csv|add .gz)"
        with pytest.raises(CorruptFileError, match=named):
            read(tmp_path, content, name)


def test_what_is_found_is_said_of_tabs_and_nothing_of_commas(tmp_path):
    assert read(tmp_path, "x\tA\tB\n1a\t1\t2\n2a\t3\t4\n")[1] == ["own.csv is separated by tabs."]
    assert read(tmp_path, "x,A,B\n1a,1,2\n2a,3,4\n")[1] == []
    table, said = read(tmp_path, "x;A;B\na;-1,5;+2,5e1\nb;3;4\n")
    assert table.to_numpy().tolist() == [[-1.5, 25.0], [3.0, 4.0]] and len(said) == 2
    with pytest.raises(
        DataError, match=r"row 3: the expression of B in the cell line b is '4,5', no"
    ):
        read(tmp_path, "x;A;B\na;1.5;2\nb;3;4,5\n")


@pytest.mark.parametrize("place", [1, 2, 3])
def test_the_place_of_a_blank_repeated_or_wrong_cell_is_named(tmp_path, place):
    def table(row, column, cell):
        rows = [["", "G1", "G2", "G3", "G4"], *([f"L{k}", *"1234"] for k in range(1, 4))]
        rows[row][column] = cell
        return "\n".join(map(",".join, rows))

    for content, named in (
        (table(0, place, " "), rf"^Column {place + 1} of own.csv has no name in row 1; name"),
        (table(place, 0, " "), rf"line in row {place + 1} of own.csv has no name in the first"),
        (
            table(place, place, " "),
            rf"row {place + 1}: .* of G{place} in .* L{place} is blank; give",
        ),
        (
            table(place, place, "x"),
            rf"row {place + 1}: .* of G{place} in .* L{place} is 'x', no fin",
        ),
        (table(place, place, "NA"), r"'NA', no finite number; give a number, or remove"),
        (table(0, 4, f"G{place}"), rf"gene G{place} occurs twice \(columns {place + 1} and 5\)"),
    ):
        with pytest.raises(DataError, match=named):
            read(tmp_path, content)


def test_ids_that_are_numbers_may_name_genes_and_lines_but_decimals_not(tmp_path):
    table, _ = read(tmp_path, "x,7157,4193\n930299,1.5,2\n905936,3,4\n")
    assert list(table.columns) == ["7157", "4193"] and list(table.index) == ["930299", "905936"]
    table, _ = read(tmp_path, "x,0.5,B\n0.5,1,2\nb,3,4\n")
    assert list(table.columns) == ["0.5", "B"] and list(table.index) == ["0.5", "b"]
    with pytest.raises(DataError, match=r"^Row 1 of own.csv has numbers \(0.5, 1.5 and 1 more\)"):
        read(tmp_path, "x,0.5,1.5,2.5\na,1,2,3\nb,3,4,5\n")
    with pytest.raises(DataError, match=r"column of own.csv, 'x', has numbers \(0.5, 2.5\)"):
        read(tmp_path, "x,A,B\n0.5,1,2\n2.5,3,4\n")


@pytest.mark.parametrize(
    "end, named",
    [
        (b"\n\x96,2\n", r"row 2 has the byte 0x96, – in Windows-1252"),
        (b"\nA\xc3", r"row 2 has the byte 0xC3, Ã in"),
        (b"", "is not text in UTF-8; save it"),
    ],
)
def test_a_wrong_byte_is_found_behind_a_letter_of_two_bytes(end, named):
    """The letter lies across the end of what is read together."""
    text = ("x" * (2**20 - 1) + "é").encode() + end
    assert re.search(named, str(not_utf8("own.csv", io.BytesIO(text))))


def test_an_archive_that_ends_before_the_wrong_byte_is_still_no_text():
    whole = gzip.compress(random.Random(1).randbytes(2**16).hex().encode() + b"\n\x96,2\n")
    with gzip.open(io.BytesIO(whole[: len(whole) // 2])) as cut:
        assert str(not_utf8("own.csv.gz", cut)) == (
            "own.csv.gz is not text in UTF-8; save it as UTF-8."
        )


def test_a_damaged_gzip_and_wrong_bytes_are_named(tmp_path):
    whole = gzip.compress(b",G1,G2\n" + b"".join(b"L%d,1,2\n" % k for k in range(5000)))
    spoilt = bytearray(whole)
    spoilt[len(whole) // 2] ^= 0xFF
    for content in (whole[: len(whole) // 2], whole[:-4], whole[:-8] + bytes(8)):
        with pytest.raises(CorruptFileError, match=r"^own.csv.gz is damaged or no table of text"):
            read(tmp_path, content, "own.csv.gz")
    with pytest.raises(CorruptFileError, match=r"own.csv.gz"):
        read(tmp_path, bytes(spoilt), "own.csv.gz")
    named = r"own.csv is not text in UTF-8 \(row 3 has the byte 0xE9, é in Windows-1252\); save it as UTF-8"
    for content in (b",G1,G2\nA,1,2\nB\xe9,3,4\n", b",G1,G2\rA,1,2\rB\xe9,3,4\r"):
        with pytest.raises(CorruptFileError, match=named):
            read(tmp_path, content)
    far = b",G1,G2\n" + b"".join(b"L%d,1,2\n" % k for k in range(5000)) + b"B\xe9,3,4\n"
    with pytest.raises(CorruptFileError, match=r"own.csv.gz is not text in UTF-8 \(row 5002 has"):
        read(tmp_path, gzip.compress(far), "own.csv.gz")
    with pytest.raises(CorruptFileError, match="begins like UTF-16"):
        read(tmp_path, ",G1,G2\nA,1,2\n".encode("utf-16")[:-1])


def test_a_row_longer_than_a_csv_may_have_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "LONGEST_ROW", 100)
    path = tmp_path / "t.csv"
    path.write_text(f"a,b\n1,{'x' * 90}\n")
    assert len(list(sheets.csv_rows(path))) == 2
    path.write_text(f"a,b\n1,{'x' * 200}\n")
    refused(CorruptFileError, "more than 100 characters", list, sheets.csv_rows(path))


@pytest.mark.parametrize("most", [2, 3])
def test_a_csv_of_too_many_columns_is_refused(tmp_path, monkeypatch, most):
    monkeypatch.setattr(sheets, "MOST_COLUMNS", most)
    path = tmp_path / "t.csv"
    path.write_text("a;b;c\n1;2;3\n")
    if most == 2:
        refused(CorruptFileError, "has 3 columns and may have 2", list, sheets.csv_rows(path))
    else:
        assert list(sheets.csv_rows(path)) == [["a", "b", "c"], ["1", "2", "3"]]


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_table_of_too_many_rows_is_refused(tmp_path, monkeypatch, most):
    monkeypatch.setattr(delimited, "MOST_ROWS", most)
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    if most < 2:
        with pytest.raises(DataError, match="rows"):
            read_delimited(path, ",", ["a"])
    else:
        assert len(read_delimited(path, ",", ["a"])) == 2


# What wrong code would change, and no other test notices -------------------------------------------


def test_attributes_stand_in_either_quotes():
    tag = """<c r="B2" t='s' s="">"""
    assert [attribute(tag, name) for name in "rtsx"] == ["B2", "s", "", ""]


def test_a_header_of_more_columns_than_any_table_has_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "MOST_COLUMNS", 3)
    (tmp_path / "a.csv").write_text("a,b,c\n1,2,3\n")
    assert list(read_delimited(tmp_path / "a.csv", ",", ["a"])) == ["a", "b", "c"]
    for header in ("a,b,c,d", "a,b,c,d,e"):
        (tmp_path / "a.csv").write_text(f"{header}\n")
        with pytest.raises(CorruptFileError, match=r"has \d columns and may have 3"):
            read_delimited(tmp_path / "a.csv", ",", ["a"])


def test_a_row_that_is_much_longer_than_the_header_has_no_name_missing(tmp_path):
    with pytest.raises(
        CorruptFileError, match="Row 2 of own.csv has 3 fields and the header 2: name"
    ):
        read(tmp_path, "A,B\na,1,2\n")
    with pytest.raises(
        CorruptFileError, match="Row 2 of own.csv has 4 fields and the header 2: a val"
    ):
        read(tmp_path, "A,B\na,1,2,3\n")


def test_names_that_are_missing_are_those_of_what_the_columns_hold(tmp_path):
    with pytest.raises(
        DataError, match="Column 3 of own.csv has no name in row 1; name the gene or"
    ):
        read(tmp_path, "x,A,,B\na,1,2,3\n")
    (tmp_path / "r.csv").write_text("x,A,,B\na,1,2,3\n")
    with pytest.raises(
        DataError, match="Column 3 of r.csv has no name in row 1; name the column or"
    ):
        read_own_table(tmp_path / "r.csv", RESPONSE)


def test_an_annotation_of_one_column_needs_a_property(tmp_path):
    (tmp_path / "a.csv").write_text("line\na\n")
    with pytest.raises(DataError, match="and each further one a property"):
        read_own_table(tmp_path / "a.csv", ANNOTATION)
    with pytest.raises(DataError, match="and each further one a gene, a response or a cell line"):
        read_own_table(tmp_path / "a.csv", RESPONSE)


def test_the_last_column_of_a_table_has_a_place(tmp_path):
    (tmp_path / "r.csv").write_text("x,A,B\na,1,2\nb,3,much\n")
    assert read_own_table(tmp_path / "r.csv", RESPONSE).where(1, 1) == "r.csv, row 3, column 3"


def test_a_number_that_may_mean_thousands_is_refused_by_itself(tmp_path):
    with pytest.raises(DataError, match="row 2: the expression of A.*'1,234'"):
        read(tmp_path, "x\tA\tB\na\t1,234\t5.678\n")


def test_rows_of_a_workbook_may_begin_with_a_number():
    rows = [["a", "b"], [1.0, "x"], ["y", 2.0]]
    assert list(even_rows(rows, "own.xlsx")) == [(1, rows[0]), (2, rows[1]), (3, rows[2])]


def test_a_small_sheet_may_have_few_cells_far_apart(tmp_path):
    rows = [["first"], *[[]] * 98, [*[None] * 99, "last"]]
    write_rows(tmp_path / "far.xlsx", rows)
    found = list(xlsx_rows(tmp_path / "far.xlsx"))
    assert (found[0][0], found[99][99]) == ("first", "last")


def test_rows_named_by_numbers_are_those_of_what_they_hold(tmp_path):
    (tmp_path / "own.csv").write_text("x,A,B\n0.5,1,2\n2.5,3,4\n")
    with pytest.raises(DataError, match="it must name the cell lines"):
        read_own_expression(tmp_path / "own.csv")
    with pytest.raises(DataError, match="it must name the rows"):
        read_own_table(tmp_path / "own.csv", RESPONSE)


@pytest.mark.parametrize(
    ("separator", "header", "named"),
    [
        (",", "a;b", "is separated by semicolons; separate it by commas"),
        (";", "a,b", "is separated by commas; separate it by semicolons"),
        (";", "a\tb", "is separated by tabs; separate it by semicolons"),
    ],
)
def test_another_separator_is_named_whichever_is_wanted(tmp_path, separator, header, named):
    (tmp_path / "a.csv").write_text(f"{header}\n")
    with pytest.raises(MissingColumnError, match=named):
        read_delimited(tmp_path / "a.csv", separator, ["a"])


def test_a_row_without_an_end_is_refused_by_the_delimited_reader(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "LONGEST_ROW", 8)
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    assert len(read_delimited(tmp_path / "a.csv", ",", ["a"])) == 1
    (tmp_path / "a.csv").write_text("a,b\n1,23456789\n")
    with pytest.raises(CorruptFileError, match="a row of more than 8 characters"):
        read_delimited(tmp_path / "a.csv", ",", ["a"])


def test_a_table_without_symbols_of_genes_is_no_official_expression(tmp_path):
    for column, kind in {"GENE_SYMBOLS": "expression", "gene": None}.items():
        path = tmp_path / f"{column}.txt"
        path.write_text(f"{column}\tDATA.905954\nTP53\t1\n")
        assert kind_of(path) == kind
