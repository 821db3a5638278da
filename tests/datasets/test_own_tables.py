"""Own tables: read rightly, or refused in one sentence that names file, row, column and the fix."""

import gzip
import os
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from pnetlib.datasets import own_tables
from pnetlib.datasets.own_tables import matrix_table, read_own_expression, read_own_table, table_of
from pnetlib.errors import CorruptFileError, DataError, DuplicateError, PnetError, UsageError

PLAIN = ",TP53,MDM2,ESR1\nA,1.5,2.5,-3\nB,4,5e-1,6\nC,7,8,9.25\n"
EXPECTED = pd.DataFrame(
    [[1.5, 2.5, -3.0], [4.0, 0.5, 6.0], [7.0, 8.0, 9.25]], list("ABC"), ["TP53", "MDM2", "ESR1"]
)


def written(tmp_path, content, name="own.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (PLAIN, "own.csv"),
        (PLAIN, "OWN.CSV"),
        (PLAIN.replace(",", "\t"), "own.tsv"),
        (PLAIN.replace(",", "\t"), "own.csv"),
        (PLAIN.replace(",", ";"), "own.txt"),
        (PLAIN.replace(",", ";").replace(".", ","), "own.csv"),
        (PLAIN.replace("\n", "\r\n"), "own.csv"),
        ("\ufeff" + PLAIN, "own.csv"),
        (PLAIN.encode("utf-16"), "own.csv"),
        (PLAIN.rstrip("\n"), "own.csv"),
        (PLAIN + "\n\n", "own.csv"),
        (PLAIN.replace("\nB", "\n\n,,,\nB"), "own.csv"),
        (PLAIN + ",,,\n", "own.csv"),
        (PLAIN.replace("\n", ",\n"), "own.csv"),
        ("".join(f"{line}{',' * bool(k)}\n" for k, line in enumerate(PLAIN.split())), "own.csv"),
        (PLAIN.replace("TP53", '"TP53"').replace("A,", '"A",'), "own.csv"),
        (PLAIN.replace("TP53", " TP53 ").replace("A,", " A ,"), "own.csv"),
        ("cell line" + PLAIN, "own.csv"),
        (gzip.compress(PLAIN.encode(), mtime=0), "own.csv.gz"),
        (gzip.compress(PLAIN.replace(",", "\t").encode(), mtime=0), "own.TSV.GZ"),
    ],
)
def test_tables_of_many_habits_are_read_alike(tmp_path, content, name):
    table, said = read_own_expression(written(tmp_path, content, name))
    pd.testing.assert_frame_equal(table, EXPECTED, check_names=False)
    assert all(sentence.startswith(name) and sentence.endswith(".") for sentence in said)


def test_what_was_found_is_said(tmp_path):
    path = written(tmp_path, PLAIN.replace(",", ";").replace(".", ","))
    _, said = read_own_expression(path)
    assert said == ["own.csv is separated by semicolons.", "own.csv has decimal commas."]


def test_decimal_commas_may_begin_below_whole_numbers(tmp_path):
    path = written(tmp_path, "x;TP53;MDM2\nA;1;2\nB;3,5;4\nC;5;6\n")
    table, said = read_own_expression(path)
    assert table.loc["B", "TP53"] == 3.5 and said[-1] == "own.csv has decimal commas."


def test_names_are_text_as_they_stand(tmp_path):
    path = written(tmp_path, "x,NA,nan,None,007,7\n001,1,2,3,4,5\nNA,1,2,3,4,6\nnull,3,2,1,0,9\n")
    table, _ = read_own_expression(path)
    assert list(table.columns) == ["NA", "nan", "None", "007", "7"]
    assert list(table.index) == ["001", "NA", "null"]


@pytest.mark.parametrize(
    ("content", "error", "named"),
    [
        ("", DataError, "0 columns in its first row"),
        ("TP53\n1\n2\n", DataError, "1 column in its first row"),
        (",TP53,MDM2\n", DataError, "own.csv has a header but no rows below it"),
        (",TP53,MDM2\nA,1,2\n", DataError, "1 cell line and 2 genes"),
        (",TP53\nA,1\nB,2\n", DataError, "2 cell lines and 1 gene;"),
        (
            PLAIN.replace("B,4", "B,4,4"),
            CorruptFileError,
            "Row 3 of own.csv has 5 fields and the header 4",
        ),
        (PLAIN.replace(",TP53,", "TP53,"), CorruptFileError, "Row 2 of own.csv has 4 fields"),
        (
            PLAIN.replace("B,4,", "B,"),
            CorruptFileError,
            "Row 3 of own.csv ends early: it has 3 fields",
        ),
        (PLAIN.replace("2.5", "1,234.5"), CorruptFileError, "Row 2 of own.csv has 5 fields"),
        (PLAIN.replace("2.5", '"1,234.5"'), DataError, "gene|row 2: the expression of MDM2"),
        (
            PLAIN.replace("2.5", ""),
            DataError,
            "row 2: the expression of MDM2 in the cell line A is blank",
        ),
        (
            PLAIN.replace("5e-1", "NaN"),
            DataError,
            "row 3: .*MDM2.* B is 'NaN', no finite number; give",
        ),
        (PLAIN.replace("5e-1", "inf"), DataError, "row 3: .*'inf', no finite number; correct it"),
        (PLAIN.replace("5e-1", "1e999"), DataError, "'1e999', no finite number"),
        (PLAIN.replace("5e-1", "low"), DataError, "'low', no finite number"),
        (PLAIN.replace("2.5", "2_5"), DataError, "row 2: .*MDM2.* A is '2_5', no finite number"),
        (
            PLAIN.replace(",", ";").replace(".", ",").replace("9,25", "9.250"),
            DataError,
            "row 4: .*ESR1.* C is '9.250', no finite number",
        ),
        (PLAIN.replace("9.25", '"9,25"'), DataError, "row 4: .*'9,25', no finite number"),
        (PLAIN.replace("5e-1", "=1+1"), DataError, "'=1\\+1', no finite number"),
        (
            PLAIN.replace("\n\n", "\n").replace("C,7", "B,7"),
            DuplicateError,
            "line B occurs twice .rows 3 and 4",
        ),
        (PLAIN.replace("ESR1", "TP53 "), DuplicateError, "gene TP53 occurs twice .columns 2 and 4"),
        (PLAIN.replace("MDM2", " "), DataError, "Column 3 of own.csv has no name in row 1"),
        (PLAIN.replace("B,", " ,"), DataError, "cell line in row 3 of own.csv has no name"),
        (PLAIN.replace("MDM2", "2-Sep"), DataError, "dates: 2-Sep .probably SEPT2.; restore"),
        (PLAIN.replace("MDM2", "2001-03-01"), DataError, "2001-03-01 .probably MARCH1"),
        ("1.5,2.5,3.5\n4.5,5.5,6.5\n7.5,8.5,9.5\n", DataError, "Row 1 of own.csv has numbers"),
        (
            "TP53,MDM2\n1.5,2.5\n3.5,4.5\n5.5,6.5\n",
            DataError,
            "first column of own.csv, 'TP53', has numbers",
        ),
        (PLAIN.encode("latin-1") + b"D\xe9,1,2,3\n", CorruptFileError, "not text in UTF-8"),
        (PLAIN + 'D,"1,2,3\n', CorruptFileError, "Row 5 of own.csv has a quotation mark"),
        (PLAIN + 'D,"1"2,3,4\n', CorruptFileError, "Row 5 of own.csv has a quotation mark"),
        (PLAIN + "D,1,2\0,3\n", CorruptFileError, "Row 5 of own.csv has a character of code 0"),
        (
            b"PK\x03\x04rest of an xlsx",
            CorruptFileError,
            "is a zip archive or a spreadsheet, no table",
        ),
        (
            gzip.compress(b"x,A,B", mtime=0),
            CorruptFileError,
            "is a gzip archive, .* add .gz to its name",
        ),
        (b"BZh91AY", CorruptFileError, "is a bzip2 archive, no table of text; export it as csv"),
        (b"\xd0\xcf\x11\xe0\0", CorruptFileError, "is an encrypted or old .xls. spreadsheet, no"),
        (b"\x80\x04\x95pickle", CorruptFileError, "no table of text"),
        ("<table><tr><td>1</td></tr></table>", DataError, "1 column in its first row"),
        (
            ",<img src=x onerror=alert(1)>,MDM2\nA,1,x\nB,1,2\n",
            DataError,
            "row 2: the expression of MDM2",
        ),
    ],
)
def test_a_fault_is_one_sentence_that_names_its_place(tmp_path, content, error, named):
    path = written(tmp_path, content)
    with pytest.raises(error, match=named) as refused:
        read_own_expression(path)
    sentence = str(refused.value)
    assert "\n" not in sentence and sentence.endswith(".") and "own.csv" in sentence


def test_what_is_no_plain_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="There is no file"):
        read_own_expression(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match=r"folder\.csv is a folder"):
        read_own_expression(tmp_path / "folder.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match=r"pipe\.csv is no plain file"):
        read_own_expression(tmp_path / "pipe.csv")
    with pytest.raises(UsageError, match=r"must end in \.csv, \.tsv"):
        read_own_expression(written(tmp_path, PLAIN, "own.xls"))
    with pytest.raises(CorruptFileError, match="damaged"):
        read_own_expression(written(tmp_path, PLAIN, "own.csv.gz"))
    whole = gzip.compress(PLAIN.encode() * 50, mtime=0)
    with pytest.raises(CorruptFileError, match="damaged"):
        read_own_expression(written(tmp_path, whole[: len(whole) // 2], "cut.csv.gz"))


def test_a_row_without_an_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("pnetlib.datasets.own_tables.LONGEST_LINE", 1000)
    bomb = gzip.compress(b"," + b"x" * 5000, mtime=0)
    with pytest.raises(CorruptFileError, match="more than 1,000 characters; it is no table"):
        read_own_expression(written(tmp_path, bomb, "own.csv.gz"))


TEXT = st.text(st.characters(blacklist_categories=("Cs",)), max_size=120)


@given(TEXT)
def test_any_text_is_a_table_of_numbers_or_one_sentence(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "own.csv"
    path.write_bytes(text.encode())
    try:
        table, _ = read_own_expression(path)
    except PnetError as error:
        assert "\n" not in str(error) and str(error).endswith(".")
    else:
        assert np.isfinite(table.to_numpy()).all() and min(table.shape) >= 2
        assert table.index.is_unique and table.columns.is_unique


@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=6, max_size=6),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_written_numbers_come_back(tmp_path_factory, numbers, separator, end, blank):
    values = np.array(numbers).reshape(3, 2) / 64
    rows = [["", "G1", "G2"], *([f"L{k}", *map(str, row)] for k, row in enumerate(values.tolist()))]
    text = end.join(separator.join(row) for row in rows) + end * (2 if blank else 1)
    path = tmp_path_factory.mktemp("back") / "own.txt"
    path.write_bytes(text.encode())
    table, _ = read_own_expression(path)
    np.testing.assert_array_equal(table.to_numpy(), values)


def test_a_character_of_code_0_is_no_text(tmp_path):
    path = tmp_path / "own.txt"
    path.write_bytes(b'\0line","A","B"\r\n"L1","7.4","6.8"\r\n"L2","4.0","5.2"\r\n')
    with pytest.raises(CorruptFileError, match="has a character of code 0"):
        read_own_expression(path)


NUMBERS = "P1,2,0.25\nP2,3,0.5\nP3,1.5,4\n"


@pytest.mark.parametrize(
    ("first", "named"),
    [
        ("P0,2,0.25", "(2, 0.25)"),
        ("P0,NA,0.25", "(NA, 0.25)"),
        ("P0,-1,7", "(-1, 7)"),
        ("P0,1e-05,7", "(1e-05, 7)"),
    ],
)
def test_a_table_without_a_header_is_refused(tmp_path, first, named):
    path = written(tmp_path, f"{first}\n{NUMBERS}")
    for what, each in (("response", "columns"), ("expression", "columns")):
        with pytest.raises(DataError) as refused:
            read_own_table(path, what)
        assert str(refused.value) == (
            f"Row 1 of own.csv has numbers {named}; it must name the {each}. Add a first row with "
            "their names."
        )


@pytest.mark.parametrize("first", ["x,7157,100000", "x,1E5,7157", "x,NA,7157", "x,0.5,TP53"])
def test_names_of_columns_may_be_numbers_without_a_point(tmp_path, first):
    table, _ = read_own_expression(written(tmp_path, f"{first}\n{NUMBERS}"))
    assert list(table.columns) == first.split(",")[1:]
    assert list(table.index) == ["P1", "P2", "P3"]


@pytest.mark.parametrize(
    "content",
    [
        "x,class,other,third\nline,Docetaxel,Nutlin,5-Fluorouracil\nP1,1,2,3.5\nP2,2,1,0.5\n",
        "x,class,other\nline,Docetaxel,5-Fluorouracil\nP1,1,2\nP2,2,0.5\n",
    ],
)
def test_drugs_whose_names_begin_with_digits_are_a_second_header_too(tmp_path, content):
    with pytest.raises(DataError, match=r"Row 2 of own.csv is text in every column \(Docetaxel, "):
        read_own_table(written(tmp_path, content), "response")


def test_a_quotation_mark_does_not_swallow_rows(tmp_path):
    content = 'x,A,B\nP1,1,2\n"P2,3,4\nP3,5,6\nP4",7,8\nP5,9,0.5\n'
    with pytest.raises(
        CorruptFileError, match=r"Row 3 of own.csv has a quotation mark that is closed"
    ):
        read_own_table(written(tmp_path, content), "response")
    table = read_own_table(written(tmp_path, 'x,A,B\n"P, 1\nold",1,2\nP2,3,0.5\n'), "response")
    assert list(table.values.index) == ["P, 1 old", "P2"]


def test_rows_may_be_named_by_wells(tmp_path):
    table, _ = read_own_expression(written(tmp_path, "x,A,B\n1E1,1.5,2\n2E2,3,4\n14E3,5,6\n"))
    assert list(table.index) == ["1E1", "2E2", "14E3"] and table.loc["14E3", "B"] == 6


def test_a_first_column_of_which_some_numbers_are_whole_names_no_rows(tmp_path):
    with pytest.raises(DataError, match=r"first column of own.csv, 'A', has numbers \(1.5, 2\)"):
        read_own_expression(written(tmp_path, "A,B,C\n1.5,2,3\n2,3,4\n"))


@pytest.mark.parametrize("what", ["response", "expression"])
@pytest.mark.parametrize(
    ("above", "row"),
    [("class,taxane,MDM2 inhibitor,other\n", 2), ("a,b,c,d\nunit,uM,day,AUC\n", 3)],
)
def test_a_second_header_is_refused(tmp_path, what, above, row):
    path = written(tmp_path, f"{above}line,DTX,Nutlin,5FU\nP1,,1.5,1\nP2,2,NA,1\n")
    with pytest.raises(DataError) as refused:
        read_own_table(path, what)
    assert str(refused.value) == (
        f"Row {row} of own.csv is text in every column (DTX, Nutlin, 5FU) above rows of numbers: if it "
        "is the header, remove the rows above it; if not, correct or remove it."
    )


@pytest.mark.parametrize("first", ["n.d.,n.d.", "low,n.d.", ">10,5%", ",high", "NA,NA", "uM,uM"])
def test_a_first_row_that_was_not_measured_is_no_header(tmp_path, first):
    path = written(tmp_path, f"line,Docetaxel,Nutlin\nP1,{first}\nP2,2,3\n")
    assert list(read_own_table(path, "response").values.index) == ["P1", "P2"]


@pytest.mark.parametrize("comment", ["# exported, 2024, final", "#exported", "\n# a,b"])
def test_a_comment_above_the_header_is_refused(tmp_path, comment):
    path = written(tmp_path, f"{comment}\nline,Docetaxel,Nutlin\nP1,1,1.5\n")
    with pytest.raises(DataError, match=r"Row [12] of own.csv begins with # .* remove the comment"):
        read_own_table(path, "response")


TABS = [
    ("line\tdrug A, 5 uM", "P1\t0,10", "P2\t3,25"),
    ("line\tdrug A, 5 uM, 72 h", "P1\t0,10", "P2\t3,25"),
    ("line\tdrug A, 5 uM; 72 h\tB", "P1\t0.1\t1", "P2\t3.25\t2"),
]


@pytest.mark.parametrize("name", ["own.tsv", "own.txt", "own.csv", "own.tab.gz"])
@pytest.mark.parametrize("lines", TABS)
def test_names_and_numbers_with_commas_stand_between_tabs(tmp_path, lines, name):
    content = "\n".join(lines).encode()
    path = written(tmp_path, gzip.compress(content) if name.endswith("gz") else content, name)
    table = read_own_table(path, "response")
    assert list(table.values.index) == ["P1", "P2"]
    assert list(table.values.columns) == lines[0].split("\t")[1:]
    assert table.values.iloc[:, 0].tolist() == [0.1, 3.25]


@pytest.mark.parametrize(
    ("content", "heads"),
    [
        ("x;drug A, 5 uM, 72 h\nA;1,5\nB;2,5\n", ["drug A, 5 uM, 72 h"]),
        ('x,"A;1;2;3","B;1;2;3"\nA,1,2\nB,3,4\n', ["A;1;2;3", "B;1;2;3"]),
        ("x,A;1;2,B\nA,1,2\nB,3,4\n", ["A;1;2", "B"]),
        ('x,"A\n1, 2",B\nA,1,2\nB,3,4\n', ["A 1, 2", "B"]),
    ],
)
def test_the_separator_is_as_frequent_in_each_row(tmp_path, content, heads):
    table = read_own_table(written(tmp_path, content), "response")
    assert list(table.values.columns) == heads and list(table.values.index) == ["A", "B"]


def test_a_tab_within_a_name_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"own.csv has the name 'A\\tB' with a tab; write the name"):
        read_own_table(written(tmp_path, "x,A\tB,C\nP1,1,2\nP2,3,4\n"), "response")


@pytest.mark.parametrize("letter", ["\u200b", "\u2060", "\u00ad", "\u200e", "\ufeff"])
def test_invisible_characters_are_taken_from_names(tmp_path, letter):
    content = PLAIN.replace("TP53", f"TP{letter}53").replace("B,", f" {letter}B{letter} ,")
    table, said = read_own_expression(written(tmp_path, content))
    pd.testing.assert_frame_equal(table, EXPECTED, check_names=False)
    assert said == [
        f"own.csv: invisible characters in 1 name taken away: {x}." for x in ("TP53", "B")
    ]
    twice = PLAIN.replace("MDM2", f"TP53{letter}")
    with pytest.raises(DuplicateError, match="the gene TP53 occurs twice .columns 2 and 3"):
        read_own_expression(written(tmp_path, twice))
    with pytest.raises(DataError, match="Column 3 of own.csv has no name"):
        read_own_expression(written(tmp_path, PLAIN.replace("MDM2", letter)))


def test_unusual_blanks_in_names_are_said(tmp_path):
    path = written(tmp_path, PLAIN.replace("MDM2", "MDM\u00a02").replace("B,", '"B\n2",'))
    table, said = read_own_expression(path)
    assert table.columns[1] == "MDM 2" and table.index[1] == "B 2"
    assert said == [
        "own.csv: unusual blanks in 1 name taken as blanks.",
        "own.csv: line breaks in 1 name taken as blanks.",
    ]


def test_two_ways_to_write_an_accent_are_one_name(tmp_path):
    table, said = read_own_expression(written(tmp_path, PLAIN.replace("A,", "Zu\u0308rich,")))
    assert table.index[0] == "Z\u00fcrich" and said == []
    twice = PLAIN.replace("A,", "Zu\u0308rich,").replace("B,", "Z\u00fcrich,")
    with pytest.raises(DuplicateError, match="line Z\u00fcrich occurs twice"):
        read_own_expression(written(tmp_path, twice))


def test_any_date_among_genes_is_refused(tmp_path):
    for name, shown in (("01/03/2024", "01/03/2024 .probably MARCH1.;"), ("7-Jan", "7-Jan;")):
        with pytest.raises(DataError, match=f"that a spreadsheet made dates: {shown} restore"):
            read_own_expression(written(tmp_path, PLAIN.replace("MDM2", name)))


def test_few_numbers_among_symbols_are_said(tmp_path):
    for number in ("7157", "44700", "True"):  # an Entrez id; 19 May 2022, no gene's day
        _, said = read_own_expression(written(tmp_path, PLAIN.replace("MDM2", number)))
        assert said == [
            "Row 1 of own.csv has 1 gene named by a number or truth value among symbols, which a "
            f"spreadsheet may have changed: {number}."
        ]
    _, said = read_own_expression(written(tmp_path, PLAIN.replace("MDM2,ESR1", "7157,4193")))
    assert said == []


@pytest.mark.parametrize(
    ("number", "symbol"),
    [("44621", "MARCH1"), ("45352", "MARCH1"), ("45537", "SEPT2"), ("100000", "1E5")],
)
def test_symbols_that_a_spreadsheet_made_numbers_are_refused(tmp_path, number, symbol):
    with pytest.raises(DataError) as refused:
        read_own_expression(written(tmp_path, PLAIN.replace("MDM2", number)))
    assert str(refused.value) == (
        f"Row 1 of own.csv has genes that a spreadsheet made numbers: {number} (probably {symbol}); "
        f"restore their names, or, if they are Entrez ids among symbols, write LOC{number}."
    )
    ids = PLAIN.replace("TP53,MDM2,ESR1", f"7157,{number},2099")  # all are Entrez ids
    table, said = read_own_expression(written(tmp_path, ids))
    assert list(table.columns) == ["7157", number, "2099"] and said == []


@pytest.mark.parametrize("pair", ["''", "``", "\u2018\u2019", "\u201c\u201d", "' "])
def test_quotation_marks_around_names_are_taken_away_and_said(tmp_path, pair):
    content = PLAIN.replace("TP53", f"{pair[0]}TP53{pair[1]}").replace(
        "B,", f"{pair[0]}B{pair[1]},"
    )
    table, said = read_own_expression(written(tmp_path, content))
    pd.testing.assert_frame_equal(table, EXPECTED, check_names=False)
    assert said == [
        f"own.csv: quotation marks around 1 name taken away: {pair[0]}{name}{pair[1].strip()}."
        for name in ("TP53", "B")
    ]


def test_a_quotation_mark_that_is_no_quotation_stays(tmp_path):
    table, said = read_own_expression(written(tmp_path, PLAIN.replace("TP53,MDM2", "5'-A,B 3'")))
    assert list(table.columns[:2]) == ["5'-A", "B 3'"] and said == []


def test_names_in_quotation_marks_are_checked_without_them(tmp_path):
    for name, error, named in (
        ("'1-Mar", DataError, "dates: 1-Mar .probably MARCH1.; restore"),
        ("''", DataError, "Column 3 of own.csv has no name"),
        ("'TP53'", DuplicateError, "gene TP53 occurs twice .columns 2 and 3"),
    ):
        with pytest.raises(error, match=named):
            read_own_expression(written(tmp_path, PLAIN.replace("MDM2", name)))


DECIMALS = ",TP53,MDM2\n" + "".join(f"L{at},{at}.25,-0.5\n" for at in range(6))


@pytest.mark.parametrize("end", ["-0", "-0.", "-", ""])
def test_a_text_that_may_end_within_its_last_number_is_said(tmp_path, end):
    content = DECIMALS.removesuffix("-0.5\n") + end
    sentence = (
        "own.csv ends in row 7 without a line break and with a number that lacks the decimals of all "
        "before it; check that it is complete."
    )
    assert read_own_table(written(tmp_path, content), "response").said == [sentence]
    for complete in (content + "\n", DECIMALS.rstrip("\n"), content.replace("4.25", "4")):
        assert read_own_table(written(tmp_path, complete), "response").said == []


@pytest.mark.parametrize("separator", [";", "\t"])
def test_commas_that_may_be_thousands_in_every_number_are_refused(tmp_path, separator):
    content = "x;A;B\nP1;1;2\nP2;1,234;2,271\nP3;3,141;4\n".replace(";", separator)
    with pytest.raises(DataError) as refused:
        read_own_table(written(tmp_path, content), "response")
    assert str(refused.value) == (
        "own.csv, row 3: '1,234' may mean 1.234 or 1234; write numbers with decimal points and "
        "without separators of thousands."
    )
    for shown in ("3,14", "0,141", "-0,141"):  # no number with thousands
        table = read_own_table(written(tmp_path, content.replace("3,141", shown)), "response")
        assert table.values.loc["P2"].tolist() == [1.234, 2.271]
        assert table.values.loc["P3", "A"] == float(shown.replace(",", "."))
        assert table.said[-1] == "own.csv has decimal commas."
    with pytest.raises(DataError, match="row 3: '1,234' may mean 1.234 or 1234"):
        read_own_table(written(tmp_path, content.replace("3,141", "3.5")), "response")


@pytest.mark.parametrize("name", ["COSMIC_ID", "Drug Id", "ModelID", "Entrez", "SANGER_MODEL_ID"])
@pytest.mark.parametrize("what", ["response", "expression"])
def test_ids_next_to_the_names_are_refused(tmp_path, what, name):
    path = written(tmp_path, f"line,TP53,{name}\nP1,1,905930\nP2,2,905931\n")
    with pytest.raises(DataError) as refused:
        read_own_table(path, what)
    assert str(refused.value) == (
        f"Column 3 of own.csv, {name}, is an id, not a gene or a response; remove this column."
    )
    path = written(tmp_path, f"gene,P1,P2\nTP53,1,2\n{name},905930,905931\n")
    with pytest.raises(DataError, match=f"Row 3 of own.csv, {name}, is an id.*remove this row"):
        read_own_table(path, what)


def test_ids_may_name_the_rows_and_stand_in_an_annotation(tmp_path):
    path = written(tmp_path, PLAIN.replace(",TP53", "COSMIC_ID,TP53", 1))
    assert read_own_expression(path)[0].index[0] == "A"
    path = written(tmp_path, "line,COSMIC_ID\nA,905930\n")
    assert read_own_table(path, "annotation").values.at["A", "COSMIC_ID"] == "905930"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_an_encoding_that_shows_as_code_0_is_named(tmp_path, encoding):
    path = tmp_path / "expression.csv"
    path.write_bytes("line,A,B\nx,1.5,2.5\ny,3.5,4.5\n".encode(encoding))
    says = r"Row 1 of expression\.csv has .*, as text in UTF-16 or UTF-32 has; save it as UTF-8\."
    with pytest.raises(CorruptFileError, match=says):
        read_own_table(path, "expression")


@pytest.mark.parametrize("shape", [(0, 2), (2, 0)])
def test_a_matrix_without_a_side_is_refused(shape):
    names = [pd.Index([f"{side}{k}" for k in range(size)]) for side, size in zip("ab", shape)]
    says = f"a.h5ad has {shape[0]} obs and {shape[1]} var; it needs some of both."
    with pytest.raises(DataError, match=re.escape(says)):
        matrix_table("a.h5ad", np.empty(shape), *names, "X", "response")


@pytest.mark.parametrize(("value", "hint"), [(np.inf, False), (np.nan, True)])
def test_only_a_blank_suggests_that_tables_were_exchanged(value, hint):
    frame = pd.DataFrame([[1.5, value], [2.5, 0.5]], ["a", "b"], ["x", "y"])
    with pytest.raises(DataError) as refused:
        table_of(frame, "expression", "frame")
    assert ("exchange the tables" in str(refused.value)) is hint


def test_the_first_of_several_wrong_numbers_of_a_frame_is_named():
    frame = pd.DataFrame([[1.5, np.inf], [np.inf, 0.5]], ["a", "b"], ["x", "y"])
    with pytest.raises(DataError, match="y of a"):
        table_of(frame, "response", "frame")


def test_the_largest_number_that_a_measurement_may_be(tmp_path):
    table, _ = read_own_expression(written(tmp_path, "x,A,B\nP1,1e100,2\nP2,3,4\n"))
    assert table.loc["P1", "A"] == 1e100
    with pytest.raises(DataError, match=r"own.csv, row 2: .* A .*1\.1e100"):
        read_own_expression(written(tmp_path, "x,A,B\nP1,1.1e100,2\nP2,3,4\n"))


def test_packed_text_is_judged_by_its_length(tmp_path, monkeypatch):
    monkeypatch.setattr(own_tables, "_LEAST_CHARACTERS", 20_000)
    numbers = np.random.default_rng(0).normal(size=(2_000, 3)).round(3)
    rows = "".join(f"P{k},{','.join(map(str, row))}\n" for k, row in enumerate(numbers))
    usual = written(tmp_path, gzip.compress(f"x,A,B,C\n{rows}".encode()), "usual.csv.gz")
    assert len(rows) > 30_000 and read_own_table(usual, "response").values.shape == (2_000, 3)
    packed = gzip.compress(b"x,A,B,C\n" + b" " * 10_000_000 + b"\n")
    assert 10_000_000 > 400 * len(packed)
    path = written(tmp_path, packed, "odd.csv.gz")
    with pytest.raises(CorruptFileError, match="odd.csv.gz unfolds to more than 400 times"):
        read_own_table(path, "response")


def test_a_second_header_is_found_below_ten_rows_of_text(tmp_path):
    above = "".join(f"word{k},other{k}\n" for k in range(10))
    rows = "".join(f"L{k},{line}" for k, line in enumerate(above.splitlines(True)))
    path = written(tmp_path, f"x,A,B\n{rows}P1,1.5,2\nP2,2.5,3\n")
    with pytest.raises(DataError, match=r"Row 11 of own.csv is text in every column \(word9, "):
        read_own_table(path, "response")


def test_a_row_of_parquet_without_a_name_is_a_cell_line_in_expression(tmp_path):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    for index, columns, says in (
        (["a", ""], ["x", "y"], "The cell line in row 2 of own.parquet has no name"),
        (["a", "b"], ["x", ""], "Column 3 of own.parquet has no name in row 1; name the gene"),
    ):
        frame = pd.DataFrame([[1.5, 2.5], [3.5, 4.5]], index, columns)
        frame.to_parquet(tmp_path / "own.parquet")
        with pytest.raises(DataError, match=says):
            read_own_expression(tmp_path / "own.parquet")
