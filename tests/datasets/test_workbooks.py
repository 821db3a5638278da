"""Cells of a workbook that would be misread: refused with their place, or said."""

import itertools
import os
import re
import time
import zipfile

import numpy as np
import official_files as make
import pandas as pd
import pytest
from official_files import refused, write_rows
from test_own_cohort import HEAD, rows_of, word, workbook

from pnetlib.datasets import load_cohort, workbooks
from pnetlib.datasets.own_tables import read_own_table
from pnetlib.datasets.workbooks import check_numbers, column_letters, xlsx_rows
from pnetlib.errors import CorruptFileError, DataError

SHEET = "xl/worksheets/sheet1.xml"


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


def changed(path, part, old, new):
    """Write a workbook again with one part of it changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert old in parts[part]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text.replace(old, new, 1) if name == part else text)
    return path


def table(tmp_path, *more, rows=3):
    """A workbook of some rows, with more after its cells."""
    cells = [word(f"A{at}", f"L{at}") + f'<c r="B{at}"><v>{at}.5</v></c>' for at in range(2, rows)]
    path = workbook(tmp_path / "book.xlsx", First=rows_of(HEAD, *cells))
    return changed(path, SHEET, "</sheetData>", "</sheetData>" + "".join(more))


def merges(*ranges):
    return f"<mergeCells>{''.join(f'<mergeCell ref={at!r}/>' for at in ranges)}</mergeCells>"


@pytest.mark.parametrize("merged", ["B2:B3", "A1:B1", "A3:D3", "A4:B9"])
def test_merged_cells_of_the_table_are_refused(tmp_path, merged):
    path = table(tmp_path, merges("D8:D9", merged), rows=6)
    named = f"book.xlsx has merged cells {merged}; unmerge them and fill each"
    refused(CorruptFileError, named, read_own_table, path, "response")


def test_merged_cells_beside_the_table_do_not_matter(tmp_path):
    path = table(tmp_path, merges("C2:D3", "A6:B7", "B5:B6", "B5:D5"), rows=6)
    assert list(read_own_table(path, "response").values["d1"]) == [2.5, 3.5, 4.5, 5.5]


def test_a_merged_title_is_not_named_for_its_merge(tmp_path):
    cells = [word("A1", "Table S1"), word("A2", "line") + word("B2", "d1")]
    cells.append(word("A3", "SK-00") + '<c r="B3"><v>1.5</v></c>')
    path = workbook(tmp_path / "book.xlsx", First=rows_of(*cells))
    changed(path, SHEET, "</sheetData>", "</sheetData>" + merges("A1:B1"))
    refused(DataError, "[Rr]ow", read_own_table, path, "response")


def test_a_merge_far_behind_the_cells_is_found(tmp_path):
    path = table(tmp_path, "<x>" + os.urandom(1 << 20).hex() + "</x>", merges("B2:B3"), rows=6)
    refused(CorruptFileError, "merged cells B2:B3", read_own_table, path, "response")


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("ordered", [True, False])
def test_two_cells_of_one_address_are_refused(tmp_path, quote, ordered):
    twice = f"<c r={quote}B2{quote}><v>9</v></c>"
    more = '<c r="C2"><v>1</v></c>'
    path = book(tmp_path, '<c r="B2"><v>1</v></c>' + (twice + more if ordered else more + twice))
    refused(CorruptFileError, "book.xlsx has the cell B2 twice", read_own_table, path, "response")


def test_rows_in_another_order_are_read(tmp_path):
    rows = rows_of(
        HEAD, *(word(f"A{at}", f"L{at}") + f'<c r="B{at}"><v>{at}</v></c>' for at in (2, 3))
    )
    first, *rest = rows.split("</row>")
    path = workbook(tmp_path / "book.xlsx", First="</row>".join([first, rest[1], rest[0], ""]))
    assert dict(read_own_table(path, "response").values["d1"]) == {"L2": 2, "L3": 3}


def test_errors_in_either_quotes_are_counted(tmp_path):
    path = book(tmp_path, "<c r='B2' t='e'><v>#DIV/0!</v></c>")
    assert "1 cell with an error of the spreadsheet" in read_own_table(path, "response").said[0]


@pytest.mark.parametrize("formula", ["<f>VLOOKUP(A2,C:D,2,0)</f>", "<f/>"])
@pytest.mark.parametrize("value", ["#N/A", " #n/a "])
def test_not_available_of_a_formula_is_counted_as_an_error(tmp_path, formula, value):
    path = book(tmp_path, f'<c r="B2" t="str">{formula}<v>{value}</v></c>')
    table = read_own_table(path, "response")
    assert np.isnan(table.values.at["SK-00", "d1"])
    assert "1 cell with an error of the spreadsheet, such as #DIV/0!, taken as" in table.said[0]
    typed = book(tmp_path, word("B2", value))  # a word for missing, as in a csv
    assert read_own_table(typed, "response").said == []


def test_hidden_rows_and_columns_are_read_and_said(tmp_path):
    path = table(tmp_path, rows=5)
    changed(path, SHEET, '<row r="3"', '<row r="3" hidden="1"')
    changed(path, SHEET, '<row r="4"', "<row hidden='true' r='4'")
    columns = '<cols><col min="2" max="16384" width="0" hidden="1"/></cols>'
    changed(path, SHEET, "<sheetData>", columns + "<sheetData>")
    found = read_own_table(path, "response")
    assert list(found.values["d1"]) == [2.5, 3.5, 4.5]
    assert found.said == [
        "book.xlsx: 2 hidden rows (3, 4) and 1 hidden column (B) read as the others."
    ]


def test_hidden_columns_without_an_end_are_no_error(tmp_path):
    path = table(tmp_path, rows=4)
    columns = '<cols><col min="2" max="" hidden="1"/><col min="x" max="3" hidden="1"/></cols>'
    changed(path, SHEET, "<sheetData>", columns + "<sheetData>")
    found = read_own_table(path, "response")
    assert list(found.values["d1"]) == [2.5, 3.5] and found.said == []


def test_columns_are_named_as_in_a_spreadsheet():
    assert [column_letters(n) for n in (1, 26, 27, 52, 53, 702, 703)] == [
        *("A", "Z", "AA", "AZ", "BA", "ZZ", "AAA")
    ]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_read_and_said(tmp_path, state):
    path = table(tmp_path, rows=5)
    assert read_own_table(path, "response").said == []
    changed(path, "xl/workbook.xml", "<sheet ", f'<sheet state="{state}" ')
    found = read_own_table(path, "response")
    assert found.said == ["book.xlsx: the sheet First is hidden; it was read."]


@pytest.mark.parametrize("what", ["response", "expression"])
def test_places_count_the_blank_columns_before_the_table(tmp_path, what):
    head = word("C4", "line") + word("D4", "d1") + word("E4", "d2")
    cells = word("C8", "SK-00") + '<c r="D8"><v>1.5</v></c>' + word("E8", "n.q.")
    rows = f'<row r="4">{head}</row><row r="8">{cells}</row>'
    path = workbook(tmp_path / "book.xlsx", First=rows)
    if what == "expression":
        named = "row 8: the expression in column 5, d2, of SK-00 is 'n.q.'"
        refused(DataError, named, read_own_table, path, what)
    else:
        assert read_own_table(path, what).where(0, 1) == "book.xlsx, row 8, column 5"


def test_a_column_without_a_name_is_counted_as_in_the_spreadsheet(tmp_path):
    head = word("C4", "line") + word("E4", "d2")
    rows = f'<row r="4">{head}</row><row r="5">{word("C5", "SK-00")}<c r="D5"><v>1</v></c></row>'
    path = workbook(tmp_path / "book.xlsx", First=rows)
    refused(DataError, "Column 4 of book.xlsx has no name", read_own_table, path, "response")


# Official tables ------------------------------------------------------------------------------

RESPONSES, DETAILS = "GDSC1_fitted_dose_response_27Oct23.xlsx", "Cell_Lines_Details.xlsx"


@pytest.fixture
def official(tmp_path):
    """The official files, their workbooks with the address of each cell, as spreadsheets write them."""
    folder = make.official_folder(tmp_path / "gdsc")
    (folder / "cell_lines.csv").unlink()
    make.write_annotation(folder, official=True)
    for name in (RESPONSES, DETAILS):
        with zipfile.ZipFile(folder / name) as archive:
            text = archive.read(SHEET).decode()
        changed(folder / name, SHEET, text, re.sub(r'<row r="(\d+)">.*?</row>', addressed, text))
    return folder


def addressed(row):
    at = itertools.count(1)
    return re.sub("<c(?=[ />])", lambda _: f'<c r="{column_letters(next(at))}{row[1]}"', row[0])


@pytest.mark.parametrize(("name", "merged"), [(RESPONSES, "F2:F3"), (DETAILS, "A2:A3")])
def test_merged_cells_of_official_tables_are_refused(official, name, merged):
    path = changed(official / name, SHEET, "</sheetData>", "</sheetData>" + merges("Z1:Z2", merged))
    named = f"{path.name} has merged cells {merged}; unmerge them and fill each"
    refused(CorruptFileError, named, load_cohort, official)


def test_two_cells_of_one_address_in_an_official_table_are_refused(official):
    path = changed(official / RESPONSES, SHEET, '<c r="G2">', '<c r="F2">')
    named = f"{path.name} has the cell F2 twice; save it again in a spreadsheet"
    refused(CorruptFileError, named, load_cohort, official)


def test_what_is_hidden_or_an_error_in_official_tables_is_said(official):
    expected = load_cohort(official)
    for name, row in ((RESPONSES, 7), (DETAILS, 3)):
        hidden = f'<row hidden="1" r="{row}">'
        changed(official / name, SHEET, f'<row r="{row}">', hidden)
        columns = '<cols><col min="4" max="4" hidden="1"/></cols>'
        changed(official / name, SHEET, "<sheetData>", columns + "<sheetData>")
    found = load_cohort(official)
    pd.testing.assert_frame_equal(found.response, expected.response)
    pd.testing.assert_frame_equal(found.annotation, expected.annotation)
    for name, row in ((RESPONSES, 7), (DETAILS, 3)):
        said = f"{name}: 1 hidden row ({row}) and 1 hidden column (D) read as the others."
        assert found.provenance["handled"].count(said) == 1
    with zipfile.ZipFile(official / RESPONSES) as archive:
        cell = re.search('<c r="F2">.*?</c>', archive.read(SHEET).decode())[0]
    error = '<c r="F2" t="e"><v>#DIV/0!</v></c>'
    path = changed(official / RESPONSES, SHEET, cell, error)
    said = load_cohort(path).provenance["handled"]
    assert (
        f"{RESPONSES}: 1 cell with an error of the spreadsheet, such as #DIV/0!, taken as blank."
        in said
    )
    assert f"1 row of {RESPONSES} without COSMIC_ID or LN_IC50 left out." in said


# A sheet in pieces, and one with hardly a value


@pytest.mark.parametrize("size", [61, 97, 128])
def test_a_tag_between_two_pieces_is_seen(tmp_path, monkeypatch, size):
    path = table(tmp_path, merges("D8:D9", "F2:F3", "B2:B3", "F5:F6"), rows=6)
    whole = workbooks.looked_at(path, SHEET)
    chunks = workbooks.chunks

    def pieces(*given):
        text = b"".join(chunks(*given))
        return (text[at : at + size] for at in range(0, len(text), size))

    monkeypatch.setattr(workbooks, "chunks", pieces)
    monkeypatch.setattr(workbooks, "_OVERLAP", 60)
    found = workbooks.looked_at(path, SHEET)
    assert found.merged == whole.merged == ["D8:D9", "F2:F3", "B2:B3", "F5:F6"]
    assert found.rows.tolist() == whole.rows.tolist() and found.size == whole.size


def test_a_sheet_with_hardly_a_value_is_refused(tmp_path, monkeypatch):
    far = '<row r="9"><c r="Z9"><v>1</v></c></row>'
    path = changed(table(tmp_path), SHEET, "</sheetData>", f"{far}</sheetData>")
    assert "2.5" in {str(row[1]) for row in xlsx_rows(path)}  # small sheets may be sparse
    monkeypatch.setattr(workbooks, "DENSE", 20)
    says = "book.xlsx spans 9 rows and 26 columns with hardly a value; delete what is beyond"
    refused(CorruptFileError, says, lambda: list(xlsx_rows(path)))
    assert len(list(xlsx_rows(table(tmp_path, rows=30)))) == 29  # no sparse one


def test_the_first_cell_of_a_piece_is_looked_at_too():
    text = b'<c r="B2" t="str"><f>1</f><v>#N/A</v></c>'
    assert workbooks._tag_before(text, text.index(b"<v>")) == b'<c r="B2" t="str"'
    assert workbooks._tag_before(b"<v>1</v>", 0) == b""
