"""Own tables as a cohort: read rightly and said, or refused in one sentence."""

import gzip
import hashlib
import os
import tracemalloc
import zipfile
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from official_files import refused, write_rows

from pnetlib.datasets import own_kinds
from pnetlib.datasets.own_cohort import line_spelling, read_own_cohort
from pnetlib.datasets.own_source import find_tables
from pnetlib.datasets.own_tables import read_own_table
from pnetlib.errors import (
    CorruptFileError,
    DataError,
    DuplicateError,
    MissingColumnError,
    MissingDrugError,
    OutOfMemoryError,
    SetupError,
    UsageError,
)

N = 14
LINES = [f"SK-{at:02}" for at in range(N)]
GENES = ["TP53", "MDM2", "ESR1", "AKR1C1"]
DRUGS = ["Docetaxel", "5-FU, 24 h", "007"]
_DRAW = np.random.default_rng(3)
E = pd.DataFrame(_DRAW.normal(6, 2, (N, 4)).round(5), LINES, GENES)
R = pd.DataFrame(_DRAW.normal(0, 2, (N, 3)).round(5), LINES, DRUGS)
R.iloc[2, 0] = np.nan
A = pd.DataFrame({"Name": [f"line {at}" for at in range(N)], "Tissue": ["lung", "skin"] * 7}, LINES)
TABLES = {"expression": E, "response": R, "annotation": A}


def text(frame, separator=","):
    return frame.to_csv(sep=separator)


def objects(frame):
    """Text as objects, which every release of anndata writes."""
    frame = frame.set_axis(frame.index.astype(object), axis=0)
    return frame.set_axis(frame.columns.astype(object), axis=1)


def write_table(path, frame):
    """Write a table as the suffix of the path says."""
    name = path.name.casefold()
    if name.endswith((".csv", ".tsv", ".txt", ".gz")):
        content = text(frame, "\t" if ".tsv" in name else ",").encode()
        path.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
    elif name.endswith(".parquet"):
        pytest.importorskip("pyarrow")
        frame.to_parquet(path)
    elif name.endswith(".xlsx"):
        cells = frame.astype(object).where(frame.notna(), "").to_numpy().tolist()
        rows = [["", *frame.columns], *([line, *row] for line, row in zip(frame.index, cells))]
        write_rows(path, rows)
    else:
        anndata = pytest.importorskip("anndata")
        numbers = len(frame.select_dtypes("number").columns) == frame.shape[1]
        matrix = frame.to_numpy(float) if numbers else np.zeros((len(frame), 1))
        var = pd.DataFrame(index=pd.Index(frame.columns if numbers else ["none"], dtype=object))
        obs = pd.DataFrame(index=frame.index) if numbers else frame.astype(object)
        anndata.AnnData(matrix, objects(obs), var).write_h5ad(path)
    return path


def cohort(folder, suffix=".csv", expression=E, response=R, annotation=None, **options):
    """Write tables (a DataFrame, or content of a file) and read them."""
    paths = []
    for name, table in (
        ("expression", expression),
        ("response", response),
        ("annotation", annotation),
    ):
        if table is None:
            continue
        path = folder / f"{name}{suffix}"
        if isinstance(table, pd.DataFrame):
            write_table(path, table)
        else:
            path.write_bytes(table if isinstance(table, bytes) else table.encode())
        paths.append(path)
    return read_own_cohort(*paths, name="own", **options)


def assert_same(one, other):
    pd.testing.assert_frame_equal(one.expression, other.expression, check_exact=True)
    pd.testing.assert_frame_equal(one.response, other.response, check_exact=True)
    pd.testing.assert_frame_equal(one.annotation, other.annotation, check_exact=True)


def said(found):
    return " ".join(found.provenance["handled"])


def expected():
    """The cohort that the three tables are, computed without the readers."""
    measured = R[sorted(DRUGS)]
    return E[sorted(GENES)], (measured - measured.mean()) / measured.std(ddof=1)


def test_the_cohort_has_the_numbers_of_the_tables(tmp_path):
    found = cohort(tmp_path, annotation=A, measure="ln IC50")
    expression, response = expected()
    pd.testing.assert_frame_equal(found.expression, expression)
    pd.testing.assert_frame_equal(found.response, response)
    assert list(found.annotation["cell_line"]) == list(A["Name"])
    assert list(found.annotation["tissue"]) == list(A["Tissue"])
    provenance = found.provenance
    assert provenance["source"] == "own" and provenance["simulated"] is False
    assert provenance["drugs"] == dict.fromkeys(sorted(DRUGS))
    assert provenance["own"] == {"measure": "ln IC50", "larger": "resistant"}
    content = (tmp_path / "response.csv").read_bytes()
    assert provenance["files"]["response.csv"] == hashlib.sha256(content).hexdigest()
    assert set(provenance["files"]) == {f"{name}.csv" for name in TABLES}
    assert provenance["handled"] == []


def test_a_cohort_of_own_tables_can_be_saved(tmp_path):
    found = cohort(tmp_path)
    found.save(tmp_path / "cohort.npz")
    again = type(found).load(tmp_path / "cohort.npz")
    assert_same(found, again)
    assert again.provenance == found.provenance


@pytest.mark.parametrize(
    "suffix", [".tsv", ".txt", ".csv.gz", ".TSV.GZ", ".parquet", ".xlsx", ".h5ad"]
)
def test_every_kind_of_file_gives_the_identical_cohort(tmp_path, suffix):
    plain, other = tmp_path / "plain", tmp_path / "other"
    plain.mkdir()
    other.mkdir()
    found = cohort(other, suffix, annotation=A)
    assert_same(found, cohort(plain, annotation=A))
    again = cohort(other, suffix, annotation=A, larger="sensitive")
    np.testing.assert_array_equal(again.response, -found.response)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx", ".h5ad"])
def test_turned_tables_give_the_same_cohort_and_say_so(tmp_path, suffix):
    straight = cohort(tmp_path, suffix)
    turned = cohort(tmp_path, suffix, expression=E.T, response=R.T)
    assert_same(straight, turned)
    assert f"expression{suffix} has genes in rows; it was turned." in turned.provenance["handled"]
    assert f"response{suffix} has responses in rows; it was turned." in turned.provenance["handled"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.permutations(range(N)),
    st.permutations(range(N)),
    st.permutations(range(4)),
    st.permutations(range(3)),
    st.booleans(),
    st.booleans(),
)
def test_the_order_of_rows_and_columns_does_not_matter(
    tmp_path, rows, others, genes, drugs, turn, turn_other
):
    expression, response = E.iloc[rows, genes], R.iloc[others, drugs]
    found = cohort(
        tmp_path,
        expression=expression.T if turn else expression,
        response=response.T if turn_other else response,
        annotation=A.iloc[rows],
    )
    assert_same(found, cohort(tmp_path, annotation=A))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_spoilt_byte_changes_nothing_unseen(tmp_path, data):
    """Any change of one byte is refused in one sentence, or gives finite numbers of the same lines."""
    content = bytearray(text(E).encode())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255))
    try:
        found = cohort(tmp_path, expression=bytes(content))
    except (DataError, UsageError) as error:
        assert "\n" not in str(error) and str(error).rstrip().endswith(".")
        return
    assert np.isfinite(found.expression.to_numpy()).all()
    n_lines, n_genes = found.expression.shape
    assert n_lines >= 10 and n_genes >= 2
    if n_lines < N:
        assert "left out" in said(found)


def test_chosen_responses_come_in_their_order(tmp_path):
    found = cohort(tmp_path, responses=["Docetaxel", "007"])
    assert list(found.response.columns) == ["Docetaxel", "007"]
    assert found.provenance["drugs"] == {"Docetaxel": None, "007": None}


def test_a_larger_response_can_mean_more_sensitive(tmp_path):
    found = cohort(tmp_path, larger="sensitive")
    np.testing.assert_array_equal(found.response, -cohort(tmp_path).response)
    assert "were changed, so that a larger one is more resistant" in said(found)
    assert found.provenance["own"]["larger"] == "sensitive"


# ids ----------------------------------------------------------------------------------------------


def renamed(frame, **names):
    return frame.rename(index={key.replace("_", "-"): value for key, value in names.items()})


@pytest.mark.parametrize(
    "spelt, own",
    [
        (["SK00", "sk 01"], "2 cell lines"),
        (["Sk-00", "SK_01"], "2 cell lines"),
        ([" SK-00 ", "SK-01"], None),
        (["SK.00", "SK/01"], "2 cell lines"),
        (["SK\u201100", "SK\u201301"], "2 cell lines"),
    ],
)
def test_other_spellings_match_and_are_said(tmp_path, spelt, own):
    response = R.rename(index=dict(zip(LINES, spelt)))
    found = cohort(tmp_path, response=response)
    pd.testing.assert_frame_equal(found.response, expected()[1])
    if own is None:
        assert found.provenance["handled"] == []
    else:
        assert f"{own} of response.csv matched apart from case, separators or .0" in said(found)
        assert "as SK-00" in said(found)


def test_ids_of_digits_with_a_point_lose_it(tmp_path):
    ids = [str(905900 + at) for at in range(N)]
    response = R.set_axis([f"{name}.0" for name in ids], axis=0)
    found = cohort(tmp_path, expression=E.set_axis(ids, axis=0), response=response)
    assert list(found.expression.index) == ids
    assert "written with .0, which was taken away" in said(found)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_numbers_are_good_ids_in_either_direction(tmp_path, suffix):
    ids = [str(905900 + at) for at in range(N)]
    numeric = [905900.0 + at for at in range(N)]
    expression = E.set_axis(ids, axis=0).T if suffix == ".csv" else E.set_axis(ids, axis=0)
    response = R.set_axis(numeric if suffix != ".csv" else ids, axis=0)
    found = cohort(tmp_path, suffix, expression=expression, response=response)
    assert list(found.response.index) == ids


def test_zeros_in_front_are_part_of_an_id():
    assert line_spelling("007") != line_spelling("7")
    assert line_spelling("905933.1") == "905933.1"


def test_ids_in_scientific_notation_with_all_digits_are_read(tmp_path):
    ids = [str(700003 + at) for at in range(N)]
    written = [f"{int(name):.5e}" for name in ids]
    found = cohort(
        tmp_path, expression=E.set_axis(ids, axis=0), response=R.set_axis(written, axis=0)
    )
    assert list(found.response.index) == ids


def test_lines_of_one_table_only_are_counted_and_named(tmp_path):
    found = cohort(tmp_path, expression=E.iloc[1:], response=R.iloc[:-2])
    assert len(found.expression) == N - 3
    assert "1 cell line of response.csv not in expression.csv left out: SK-00." in said(found)
    assert "2 cell lines of expression.csv not in response.csv left out: SK-12, SK-13." in said(
        found
    )


CLASH = ["KM-H2", *LINES[1:]]


def test_two_lines_that_differ_in_a_hyphen_are_not_one(tmp_path):
    response = R.rename(index={"SK-00": "KMH-2"})
    found = cohort(tmp_path, expression=E.set_axis(CLASH, axis=0), response=response)
    assert "KM-H2" not in found.expression.index
    assert "1 cell line of response.csv not in expression.csv left out: KMH-2." in said(found)


# Everything that is refused: which tables, options, error, and what the sentence says.
WORDS = R.assign(status=["yes", "no"] * 7)
CASES = {
    "no line in common": (
        {"response": R.set_axis([f"X{at}" for at in range(N)], axis=0)},
        DataError,
        "no cell line in common .expression.csv has rows SK-00, SK-01, SK-02 and .* more, and columns TP53.*"
        "response.csv has rows X0",
    ),
    "few lines in common": (
        {"response": R.set_axis([*LINES[:9], *"abcde"], axis=0)},
        DataError,
        "have 9 cell lines in common, but 10 are needed; expression.csv names them SK-00",
    ),
    "few lines, named alike": (
        {"response": R.iloc[:9]},
        DataError,
        "have 9 cell lines in common, but 10 are needed; add further ones to both[.]",
    ),
    "names in a later column": (
        {"response": R.set_axis(range(N), axis=0).assign(line=LINES)},
        DataError,
        "no cell line in common .* move the column line, which has them, to the front",
    ),
    "X of R": (
        {
            "expression": E.set_axis([*LINES[:9], *(str(905900 + at) for at in range(5))], axis=0),
            "response": R.set_axis([*LINES[:9], *(f"X{905900 + at}" for at in range(5))], axis=0),
        },
        DataError,
        "R puts an X before numbers",
    ),
    "names on both sides": (
        {"expression": pd.DataFrame(_DRAW.normal(size=(N, N)), LINES, LINES), "response": R},
        DataError,
        "Names of expression.csv and response.csv are the same on several sides",
    ),
    "one spelling of two lines": (
        {"expression": E.rename(index={"SK-01": "SK00"}), "response": renamed(R, SK_00="sk 00")},
        DataError,
        "The cell line sk 00 of response.csv may be SK-00 or SK00 of expression.csv",
    ),
    "two spellings of one line": (
        {"response": R.rename(index={"SK-00": "sk00", "SK-01": "SK 00"})},
        DuplicateError,
        "response.csv has SK 00 and sk00, which both may be the cell line SK-00",
    ),
    "exact and other spelling": (
        {"response": R.rename(index={"SK-01": "SK00"})},
        DuplicateError,
        "response.csv has SK-00 and SK00, which both may be the cell line SK-00",
    ),
    "line twice": (
        {"response": R.rename(index={"SK-01": "SK-00"})},
        DuplicateError,
        "response.csv: the name SK-00 occurs twice .rows 2 and 3.; remove one of the two; a response has",
    ),
    "gene twice": (
        {"expression": E.rename(columns={"MDM2": "TP53 "})},
        DuplicateError,
        "expression.csv: the name TP53 occurs twice .columns 2 and 3",
    ),
    "gene twice in rows": (
        {"expression": E.rename(columns={"MDM2": "TP53"}).T},
        DuplicateError,
        "expression.csv: the name TP53 occurs twice .rows 2 and 3",
    ),
    "response twice": (
        {"response": R.rename(columns={"007": "Docetaxel"})},
        DuplicateError,
        "response.csv: the name Docetaxel occurs twice .columns 2 and 4",
    ),
    "dates as genes": (
        {"expression": E.rename(columns={"MDM2": "2-Sep"})},
        DataError,
        "expression.csv has genes that a spreadsheet made dates: 2-Sep .probably SEPT2",
    ),
    "dates as genes in rows": (
        {"expression": E.rename(columns={"MDM2": "1-Mar"}).T},
        DataError,
        "1-Mar .probably MARCH1",
    ),
    "text in expression": (
        {"expression": E.astype(object).replace(E.iat[1, 1], "low")},
        DataError,
        "expression.csv, row 3: the expression in column 3, MDM2, of SK-01 is 'low', no finite number",
    ),
    "blank in expression": (
        {"expression": E.mask(E == E.iat[1, 1])},
        DataError,
        "row 3: the expression in column 3, MDM2, of SK-01 is blank",
    ),
    "infinite expression": (
        {"expression": E.replace(E.iat[1, 1], np.inf)},
        DataError,
        "is 'inf', no finite number",
    ),
    "huge expression": (
        {"expression": E.replace(E.iat[1, 1], 1e200)},
        DataError,
        "is 1e\\+200, too large for a measurement",
    ),
    "huge response": (
        {"response": R.replace(R.iat[1, 1], 1e200)},
        DataError,
        "response.csv, row 3, column 3: the response 5-FU, 24 h is '1e\\+200', no finite number",
    ),
    "infinite response": (
        {"response": R.replace(R.iat[1, 1], np.inf)},
        DataError,
        "row 3, column 3: .* is 'inf', no finite number; write a number, or leave it blank",
    ),
    "one word in a response": (
        {"response": R.astype(object).replace(R.iat[1, 1], ">10")},
        DataError,
        "response.csv, row 3, column 3: the response 5-FU, 24 h is '>10', no finite number",
    ),
    "one word in a turned response": (
        {"response": R.astype(object).replace(R.iat[1, 1], ">10").T},
        DataError,
        "response.csv, column 3, row 3: the response 5-FU, 24 h is '>10'",
    ),
    "mostly not determined": (
        {"response": R.assign(status=["n.d."] * 10 + [1.5, 2.5, 3.5, 4.5])},
        DataError,
        "response.csv, row 2, column 5: the response status is 'n.d.', no finite number; write a",
    ),
    "all in per cent": (
        {"response": R.assign(status=[f"{at}%" for at in range(N)])},
        DataError,
        "response.csv, row 2, column 5: the response status is '0%', no finite number; write a",
    ),
    "categories of which some are unknown": (
        {"response": R.assign(status=["CR", "PR", "unknown", "n.d.", "", "PR", "SD"] * 2)},
        DataError,
        "The response status of response.csv is text .'CR', 'PR', 'unknown' and 2 more., first in row 2, column 5; continuous",
    ),
    "words": (
        {"response": WORDS},
        DataError,
        "The response status of response.csv is two words .'yes', 'no'., first in row 2, column 5; continuous responses only",
    ),
    "categories": (
        {"response": R.assign(status=["CR", "PR", "SD", "PD", "", "PR", "SD"] * 2)},
        DataError,
        "The response status of response.csv is text .'CR', 'PR', 'SD' and 1 more., first in row 2, column 5; continuous",
    ),
    "yes or no in numbers": (
        {"response": R.assign(status=[0, 1] * 7)},
        DataError,
        "The response status of response.csv has two values only, 0 and 1; yes/no responses are not",
    ),
    "unknown response": (
        {"responses": ["Docetaxol"]},
        MissingDrugError,
        "response.csv has no response 'Docetaxol'; the closest name is Docetaxel[.]",
    ),
    "response like no other": (
        {"responses": ["zzz"]},
        MissingDrugError,
        "response.csv has no response 'zzz'; it has 007, 5-FU, 24 h, Docetaxel[.]",
    ),
    "responses as text": ({"responses": "Docetaxel"}, UsageError, "responses is the text"),
    "a response named twice": (
        {"responses": ["007", "007"]},
        UsageError,
        "responses names 007, 007 with one of them twice",
    ),
    "chosen response measured too little": (
        {"response": R.assign(few=[1.0, 2, 3] + [np.nan] * 11), "responses": ["few"]},
        DataError,
        "few .3. is measured in fewer than 10 cell lines",
    ),
    "chosen response constant": (
        {"response": R.assign(flat=0.1), "responses": ["flat"]},
        DataError,
        "flat is the same in all cell lines that have expression; choose other",
    ),
    "no response left": (
        {"response": R[[]].assign(flat=2.0, few=[1.0] + [np.nan] * 13)},
        DataError,
        "response.csv has no response that can be used: 1 response of response.csv the same",
    ),
    "all genes constant": (
        {"expression": E * 0 + [1, 2, 3, 4]},
        DataError,
        "Fewer than two genes of expression.csv vary over the 14 cell lines",
    ),
    "no tissue column": (
        {"annotation": A, "tissue": "site"},
        MissingColumnError,
        "annotation.csv has no column 'site'; it has Name, Tissue",
    ),
    "no tissue column, though named": (
        {"annotation": A[["Name"]], "tissue": "tissue"},
        MissingColumnError,
        "annotation.csv has no column 'tissue'; it has Name",
    ),
    "annotation of other lines": (
        {"annotation": A.set_axis([f"X{at}" for at in range(N)], axis=0)},
        DataError,
        "No column of annotation.csv has the cell lines, such as SK-00, .* its first column has X0",
    ),
    "two annotations of a line": (
        {"annotation": pd.concat([A, A.iloc[:1].assign(Tissue="bone")])},
        DuplicateError,
        "annotation.csv has two rows of the cell line SK-00 .row 2 and row 16. that differ",
    ),
    "a field too many": (
        {"response": text(R).replace("SK-03,", "SK-03,1,")},
        CorruptFileError,
        "Row 5 of response.csv has 5 fields and the header 4",
    ),
    "a field too few": (
        {"annotation": text(A).replace(",skin", "", 1)},
        CorruptFileError,
        "Row 3 of annotation.csv ends early: it has 2 fields",
    ),
    "thousands or decimals": (
        {"response": text(R).replace("SK-00,", 'SK-00,"1,234",').replace(",007", ",007,more", 1)},
        CorruptFileError,
        "Row",
    ),
    "maybe thousands": (
        {"response": 'x,a,b\nSK-00,"1,234","5,678"\n'},
        DataError,
        "response.csv, row 2: '1,234' may mean 1.234 or 1234",
    ),
    "ids that lost digits": (
        {"response": text(R).replace("SK-00,", "9.06E+05,")},
        DataError,
        "response.csv, row 2: the id 9.06E.05 has lost digits",
    ),
    "blank name": (
        {"response": text(R).replace("SK-00,", ",")},
        DataError,
        "Row 2 of response.csv has no name in the first column",
    ),
    "blank response name": (
        {"response": text(R).replace("Docetaxel", " ")},
        DataError,
        "Column 2 of response.csv has no name in row 1",
    ),
    "control character": (
        {"response": text(R).replace("Docetaxel", "Doce\x07taxel")},
        DataError,
        "has the name 'Doce.x07taxel' with a character that is no text",
    ),
    "endless name": (
        {"response": text(R).replace("Docetaxel", "D" * 1000)},
        DataError,
        "has a name of 1,000 characters",
    ),
    "empty": ({"response": ""}, DataError, "0 columns in its first row"),
    "header alone": (
        {"response": ",a,b\n"},
        DataError,
        "response.csv has a header but no rows below it",
    ),
    "no header": (
        {"expression": E.to_csv(header=False)},
        DataError,
        "Row 1 of expression.csv has numbers",
    ),
    "no names": (
        {"expression": E.to_csv(index=False)},
        DataError,
        "first column of expression.csv, 'TP53', has numbers",
    ),
    "HTML": ({"response": "<table><tr><td>1</td></tr></table>"}, DataError, "1 column in its"),
    "binary": ({"response": b"\x89HDF\r\n\x1a\n"}, CorruptFileError, "no table of text"),
    "pickle": ({"response": b"\x80\x04\x95rest"}, CorruptFileError, "no table of text"),
    "tiny responses": (
        {"response": R * 1e-300},
        DataError,
        "The values of 007 in response.csv differ by less than 1e-100; give them in another unit",
    ),
    "tiny genes": (
        {"expression": E * 1e-200},
        DataError,
        "The values of AKR1C1, .* in expression.csv differ by less than 1e-100",
    ),
    "two columns of tissue": (
        {"annotation": A.assign(TISSUE="x")},
        DuplicateError,
        "annotation.csv has the columns TISSUE and Tissue; name the one with tissue exactly so",
    ),
    "header of R": (
        {"expression": text(E).removeprefix(",")},
        CorruptFileError,
        "Row 2 of expression.csv has 5 fields and the header 4: name the first column too .in R",
    ),
    "another separator": (
        {"expression": text(E, "|")},
        DataError,
        "1 column in its first row; .* separate columns by commas, tabs or semicolons",
    ),
    "wrong direction": (
        {"larger": "better"},
        UsageError,
        "larger is 'better', but must be one of resistant, sensitive",
    ),
    "layer of a csv": ({"layer": "counts"}, UsageError, "Only .h5ad files have layers and raw"),
    "raw of a csv": ({"raw": True}, UsageError, "Only .h5ad files have layers and raw"),
    "sheet of a csv": ({"sheet": "x"}, UsageError, "none of the files is a workbook"),
    "sheet of another table": (
        {"sheet": {"genes": "x"}},
        UsageError,
        "sheet names a sheet of genes",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_used_is_refused_in_one_sentence(tmp_path, case):
    given_, error, named = CASES[case]
    refused(error, named, cohort, tmp_path, **given_)


def test_twenty_words_far_down_are_not_taken_as_missing(tmp_path):
    """Words are refused, wherever they are and however many."""
    response = R.astype(object)
    response.iloc[-6:, 1] = "n.d."
    refused(DataError, "row 10, column 3.*'n.d.'", cohort, tmp_path, response=response)


@pytest.mark.parametrize("word", ["", "NA", "n/a", "NaN", "#N/A", "null", "-", " "])
def test_words_for_missing_responses_are_missing(tmp_path, word):
    response = R.astype(object)
    response.iloc[2, 0] = word
    found = cohort(tmp_path, response=response)
    pd.testing.assert_frame_equal(found.response, expected()[1])


def test_unusable_responses_are_left_out_and_said(tmp_path):
    found = cohort(tmp_path, response=R.assign(flat=0.1, few=[1.0, 2] + [np.nan] * 12, none=np.nan))
    assert list(found.response.columns) == sorted(DRUGS)
    assert "2 responses of response.csv measured in fewer than 10 cell lines" in said(found)
    assert "few (2), none (0)" in said(found)
    assert "1 response of response.csv the same in all cell lines" in said(found)


def test_words_in_a_response_that_is_not_chosen_do_not_matter(tmp_path):
    found = cohort(tmp_path, response=WORDS, responses=["007"])
    assert list(found.response.columns) == ["007"]


def test_words_of_lines_without_expression_do_not_matter(tmp_path):
    unit = pd.DataFrame([["uM", "uM", "uM"]], ["unit"], DRUGS)
    found = cohort(tmp_path, response=pd.concat([unit, R.astype(object)]))
    assert "1 cell line of response.csv not in expression.csv left out: unit." in said(found)
    pd.testing.assert_frame_equal(found.response, expected()[1])


def test_a_score_of_few_levels_is_said(tmp_path):
    lines = [f"L{at}" for at in range(30)]
    expression = pd.DataFrame(_DRAW.normal(size=(30, 3)), lines, ["A", "B", "C"])
    response = pd.DataFrame({"grade": [0, 1, 2] * 10}, lines)
    found = cohort(tmp_path, expression=expression, response=response)
    assert "The response grade has 3 different values only" in said(found)


def test_constant_genes_are_dropped_and_said(tmp_path):
    found = cohort(tmp_path, expression=E.assign(ZERO=0.0, FLAT=7.5))
    assert list(found.expression.columns) == sorted(GENES)
    assert "2 genes dropped for being constant: ZERO, FLAT" in said(found) or (
        "2 genes dropped for being constant: FLAT, ZERO" in said(found)
    )


def test_responses_may_be_named_as_genes_where_an_annotation_tells(tmp_path):
    genes = [f"G{at}" for at in range(12)]
    expression = pd.DataFrame(_DRAW.normal(size=(N, 12)), LINES, genes)
    response = pd.DataFrame(_DRAW.normal(size=(N, 12)), LINES, genes)
    refused(
        DataError, "on several sides", cohort, tmp_path, expression=expression, response=response
    )
    found = cohort(tmp_path, expression=expression, response=response, annotation=A)
    assert list(found.expression.index) == LINES


# annotation ---------------------------------------------------------------------------------------


MANY = pd.DataFrame(_DRAW.normal(0, 2, (N, 41)).round(5), LINES, [f"G{at}" for at in range(41)])


def test_exchanged_tables_are_refused_unless_responses_are_named(tmp_path):
    refused(
        DataError,
        "expression.csv, the expression, has 4 columns and response.csv, the response, 41; if the two "
        "are exchanged, name them the other way round",
        cohort,
        tmp_path,
        response=MANY,
    )
    assert cohort(tmp_path, response=MANY, responses=["G1", "G40"]).response.shape == (N, 2)
    assert cohort(tmp_path, response=MANY.iloc[:, :40]).response.shape == (N, 40)
    assert cohort(tmp_path, expression=MANY, response=E).response.shape == (N, 4)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_blank_among_few_genes_suggests_exchanged_tables(tmp_path, suffix):
    words = "if these are the responses, exchange the tables of expression and response"
    refused(DataError, words, cohort, tmp_path, suffix, expression=R, response=E)
    blank = MANY.copy()
    blank.iloc[3, 5] = np.nan
    with pytest.raises(DataError) as raised:
        cohort(tmp_path, suffix, expression=blank)
    assert "exchange" not in str(raised.value)


def test_without_annotation_every_tissue_is_unknown(tmp_path):
    found = cohort(tmp_path)
    assert set(found.annotation["tissue"]) == set(found.annotation["tcga"]) == {"unknown"}
    assert list(found.annotation["cell_line"]) == LINES


def test_an_annotation_may_have_its_ids_in_any_column(tmp_path):
    table = A.reset_index(names="sample").set_index("Name")
    found = cohort(tmp_path, annotation=table)
    assert "The cell lines of annotation.csv are in its column sample." in said(found)
    assert list(found.annotation["tissue"]) == list(A["Tissue"])


def test_unused_columns_and_lines_without_tissue_are_said(tmp_path):
    table = A.assign(age=range(N)).iloc[:-1].copy()
    table.iloc[0, 1] = "unknown"
    table.iloc[1, 1] = "NA"
    found = cohort(tmp_path, annotation=table)
    assert "1 column of annotation.csv not used: age." in said(found)
    assert "1 cell line not in annotation.csv: SK-13." in said(found)
    assert "3 cell lines without a tissue in annotation.csv: SK-00, SK-01, SK-13." in said(found)
    assert found.annotation.at["SK-13", "cell_line"] == "SK-13"


def test_the_column_of_tissues_can_be_named(tmp_path):
    found = cohort(
        tmp_path, annotation=A.rename(columns={"Tissue": "Primary Site"}), tissue="primary_site"
    )
    assert list(found.annotation["tissue"]) == list(A["Tissue"])


def test_a_column_of_tissues_needs_an_annotation(tmp_path):
    refused(
        UsageError,
        "tissue is 'organ', but there is no annotation with such a column; name the file of the annotation "
        "too .below data in config.yml., or leave tissue out",
        cohort,
        tmp_path,
        tissue="organ",
    )


def test_quotation_marks_around_names_matter_in_no_table(tmp_path):
    quoted = {name: f"'{name}'" for name in (*LINES, *GENES, *DRUGS)}
    tables = {"expression": E, "response": R}
    tables = {
        kind: table.rename(quoted, axis=0).rename(quoted, axis=1) for kind, table in tables.items()
    }
    found = cohort(tmp_path, annotation=A.rename(quoted), **tables, responses=["'007'"])
    assert_same(found, cohort(tmp_path, annotation=A, responses=["007"]))
    for kind, count in (("expression", 4), ("response", 3), ("response", N), ("annotation", N)):
        assert f"{kind}.csv: quotation marks around {count} names taken away: '" in said(found)


def test_what_are_hardly_tissues_is_said(tmp_path):
    table = A.assign(age=[31, 32] * 7, patient=[f"P{at % 8}" for at in range(N)])
    assert "The tissues in" not in said(cohort(tmp_path, annotation=table))
    assert (
        "The tissues in the column age of annotation.csv are numbers; name another column if it has none."
        in said(cohort(tmp_path, annotation=table, tissue="age"))
    )
    assert (
        "The tissues in the column patient of annotation.csv are 8 in 14 cell lines; name another"
        in said(cohort(tmp_path, annotation=table, tissue="patient"))
    )


def test_an_annotation_without_tissues_says_so(tmp_path):
    found = cohort(tmp_path, annotation=A[["Name"]])
    assert (
        "annotation.csv has no column tissue, so that every tissue is unknown; its columns are Name."
        in said(found)
    )


def test_repeated_rows_of_an_annotation_are_one(tmp_path):
    found = cohort(tmp_path, annotation=pd.concat([A, A.iloc[:2]]))
    assert_same(found, cohort(tmp_path, annotation=A))


def test_markup_in_names_stays_text(tmp_path):
    name = "<img src=x onerror=alert(1)>"
    found = cohort(tmp_path, response=R.rename(columns={"007": name}))
    assert name in found.response.columns


def test_line_breaks_in_names_become_blanks_and_are_said(tmp_path):
    found = cohort(tmp_path, response=R.rename(columns={"007": "drug\n7"}))
    assert "drug 7" in found.response.columns
    assert "line breaks in 1 name taken as blanks" in said(found)


# finding tables -----------------------------------------------------------------------------------


def test_tables_are_found_by_name_in_any_case(tmp_path):
    for name in ("EXPRESSION.Tsv.gz", "Responses.xlsx", "annotation.parquet", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "response.csv").mkdir()
    found = {kind: path.name for kind, path in find_tables(tmp_path).items()}
    assert found == {
        "expression": "EXPRESSION.Tsv.gz",
        "response": "Responses.xlsx",
        "annotation": "annotation.parquet",
    }


def test_two_candidates_are_a_question(tmp_path):
    for name in ("expression.csv", "response.csv", "responses.tsv"):
        (tmp_path / name).touch()
    refused(
        DataError,
        "has response.csv and responses.tsv; keep one, or name it below `data` in config.yml, as in "
        "`response: response.csv`",
        find_tables,
        tmp_path,
    )


@pytest.mark.parametrize(
    ("names", "named"),
    [
        ([], "no table named expression and none named response"),
        (["expression.csv"], "no table named response; a table ends in .csv"),
        (["expression.rds", "response.csv"], "no table named expression"),
        (["expression.parquet.gz", "response.csv"], "no table named expression"),
    ],
)
def test_a_missing_table_is_named(tmp_path, names, named):
    for name in names:
        (tmp_path / name).touch()
    refused(DataError, named, find_tables, tmp_path)


def test_no_folder_is_said(tmp_path):
    refused(DataError, "There is no folder", find_tables, tmp_path / "none")


@pytest.mark.parametrize(
    ("make", "error", "named"),
    [
        (lambda path: None, DataError, "There is no file"),
        (lambda path: path.mkdir(), DataError, "is a folder"),
        (lambda path: os.mkfifo(path), DataError, "is no plain file"),
    ],
)
def test_what_is_no_file_is_refused_at_once(tmp_path, make, error, named):
    make(tmp_path / "response.csv")
    write_table(tmp_path / "expression.csv", E)
    refused(
        error,
        named,
        read_own_cohort,
        tmp_path / "expression.csv",
        tmp_path / "response.csv",
        name="own",
    )


# xlsx ---------------------------------------------------------------------------------------------

OFFICE = "http://schemas.openxmlformats.org"


def workbook(path, **sheets):
    """Write a workbook of sheets, each the XML of its rows."""
    main = f'xmlns="{OFFICE}/spreadsheetml/2006/main"'
    relations = f"{OFFICE}/officeDocument/2006/relationships"
    tags = "".join(
        f'<sheet name="{name}" sheetId="{at}" r:id="r{at}"/>' for at, name in enumerate(sheets, 1)
    )
    links = "".join(
        f'<Relationship Id="r{at}" Type="{relations}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(sheets) + 1)
    )
    packaged = f"{OFFICE}/package/2006"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{packaged}/relationships"><Relationship Id="r1" '
            f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook {main} xmlns:r="{relations}"><sheets>{tags}</sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{packaged}/relationships">{links}</Relationships>',
        )
        for at, rows in enumerate(sheets.values(), 1):
            archive.writestr(
                f"xl/worksheets/sheet{at}.xml",
                f"<worksheet {main}><sheetData>{rows}</sheetData></worksheet>",
            )
    return path


def word(place, content):
    return f'<c r="{place}" t="inlineStr"><is><t>{content}</t></is></c>'


def rows_of(*rows):
    return "".join(f'<row r="{at}">{cells}</row>' for at, cells in enumerate(rows, 1))


HEAD = word("A1", "line") + word("B1", "d1")
GOOD = rows_of(HEAD, word("A2", "SK-00") + '<c r="B2"><v>1.5</v></c>')


@pytest.mark.parametrize(
    ("sheets", "options", "error", "named"),
    [
        (
            {"First": GOOD, "Notes": rows_of(word("A1", "x"))},
            {},
            UsageError,
            "book.xlsx has 2 sheets with values: First, Notes; name the one to read with sheet",
        ),
        (
            {"First": GOOD},
            {"sheet": "second"},
            UsageError,
            "book.xlsx has no sheet 'second'; choose one of First",
        ),
        (
            {"First": rows_of(HEAD, word("A2", "SK-00") + '<c r="B2"><f>1+1</f></c>')},
            {},
            CorruptFileError,
            "The cell B2 of book.xlsx has a formula without its value",
        ),
        (
            {"First": rows_of(HEAD, word("A2", "SK-00") + '<c r="B2"><f>1+1</f><v/></c>')},
            {},
            CorruptFileError,
            "The cell B2 of book.xlsx has a formula without its value",
        ),
        (
            {"First": rows_of(HEAD, '<c r="A2" t="n"><f>A1</f><v></v></c><c r="B2"><v>1</v></c>')},
            {},
            CorruptFileError,
            "The cell A2 of book.xlsx has a formula",
        ),
        (
            {"First": f'<row r="1">{HEAD}</row><row r="1048576">{word("XFD1048576", "x")}</row>'},
            {},
            CorruptFileError,
            "The sheet First of book.xlsx has 3 cells spread over 17,179,869,184",
        ),
        ({"First": ""}, {}, DataError, "0 columns in its first row"),
    ],
)
def test_a_workbook_that_is_not_plain_is_refused(tmp_path, sheets, options, error, named):
    path = workbook(tmp_path / "book.xlsx", **sheets)
    refused(error, named, read_own_table, path, "response", **options)


def test_the_only_sheet_with_values_is_read(tmp_path):
    path = workbook(tmp_path / "book.xlsx", Empty="", Data=GOOD)
    assert read_own_table(path, "response").values.at["SK-00", "d1"] == 1.5
    path = workbook(tmp_path / "book.xlsx", Notes=rows_of(word("A1", "x")), Data=GOOD)
    assert read_own_table(path, "response", sheet="Data").values.at["SK-00", "d1"] == 1.5


def test_a_sheet_can_be_named_for_each_table(tmp_path):
    write_table(tmp_path / "expression.csv", E)
    path = workbook(tmp_path / "response.xlsx", Notes=GOOD, Data=GOOD)
    refused(
        DataError,
        "1 cell line in common|no cell line",
        read_own_cohort,
        tmp_path / "expression.csv",
        path,
        name="own",
        sheet={"response": "Data"},
    )


def test_stored_values_of_formulas_are_read(tmp_path):
    cell = '<c r="B2"><f>1+1</f><v>2</v></c>'
    path = workbook(tmp_path / "book.xlsx", First=rows_of(HEAD, word("A2", "SK-00") + cell))
    assert read_own_table(path, "response").values.at["SK-00", "d1"] == 2


@pytest.mark.parametrize(
    ("cell", "what"), [('<c r="B2" t="b"><v>1</v></c>', "TRUE"), (word("B2", "high"), "high")]
)
def test_a_cell_that_is_no_number_does_not_become_one(tmp_path, cell, what):
    path = workbook(tmp_path / "book.xlsx", First=rows_of(HEAD, word("A2", "SK-00") + cell))
    table = read_own_table(path, "response")
    assert table.texts == {(0, 0): what}
    refused(DataError, f"row 2: .*{what}", read_own_table, path, "expression")


def test_errors_of_a_spreadsheet_are_blank_and_said(tmp_path):
    cell = '<c r="B2" t="e"><v>#DIV/0!</v></c>'
    path = workbook(tmp_path / "book.xlsx", First=rows_of(HEAD, word("A2", "SK-00") + cell))
    table = read_own_table(path, "response")
    assert np.isnan(table.values.at["SK-00", "d1"])
    assert table.said == [
        "book.xlsx: 1 cell with an error of the spreadsheet, such as #DIV/0!, taken as blank."
    ]
    refused(DataError, "row 2: .* is blank", read_own_table, path, "expression")


def test_places_are_those_of_the_spreadsheet(tmp_path):
    rows = (
        '<row r="4">' + word("A4", "line") + word("B4", "d1") + "</row>"
        '<row r="7">' + word("A7", "SK-00") + word("B7", "bad") + "</row>"
    )
    path = workbook(tmp_path / "book.xlsx", First=rows)
    refused(DataError, "row 7: the expression in column 2, d1", read_own_table, path, "expression")


def test_an_archive_that_unfolds_too_far_is_refused(tmp_path):
    path = workbook(tmp_path / "book.xlsx", First=GOOD)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("xl/media/image1.png", "w", force_zip64=True) as file:
            for _ in range(200):
                file.write(bytes(1 << 20))
    refused(
        CorruptFileError,
        "unpacks to more than 200 times its size",
        read_own_table,
        path,
        "response",
    )


def test_text_that_unfolds_too_far_is_refused(tmp_path):
    path = tmp_path / "response.csv.gz"
    with gzip.open(path, "wb") as file:
        file.write(b",a\n")
        for _ in range(130):
            file.write((b"," + b" " * 100_000) * 10 + b"\n")
    refused(CorruptFileError, "unfolds to more than 400 times", read_own_table, path, "response")


@pytest.mark.long
@pytest.mark.parametrize("opened", [open, gzip.open])
def test_millions_of_blank_rows_are_refused_soon(tmp_path, opened):
    path = tmp_path / f"response.csv{'.gz' if opened is gzip.open else ''}"
    with opened(path, "wb") as file:
        file.write(b",a\n")
        for _ in range(30):
            file.write(b"\n" * (1 << 20))
    refused(CorruptFileError, "more than 1,048,576 blank rows", read_own_table, path, "response")


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"<html></html>", b"\xd0\xcf\x11\xe0old xls"]
)
@pytest.mark.parametrize("suffix", [".xlsx", ".parquet", ".h5ad"])
def test_another_file_in_disguise_is_refused(tmp_path, suffix, content):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    if suffix == ".h5ad":
        pytest.importorskip("anndata")
    path = tmp_path / f"response{suffix}"
    path.write_bytes(content)
    refused(CorruptFileError, f"response{suffix} is damaged", read_own_table, path, "response")


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet", ".h5ad", ".csv.gz"])
def test_a_file_cut_short_is_refused(tmp_path, suffix):
    path = write_table(tmp_path / f"response{suffix}", R)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    refused(CorruptFileError, f"response{suffix}", read_own_table, path, "response")


# parquet ------------------------------------------------------------------------------------------


@pytest.fixture
def arrow():
    pytest.importorskip("pyarrow.parquet")
    return pytest.importorskip("pyarrow")


def written(arrow, path, **columns):
    arrow.parquet.write_table(arrow.table(columns), path)
    return path


def test_the_first_column_names_the_rows_of_parquet(arrow, tmp_path):
    path = written(
        arrow, tmp_path / "response.parquet", line=["A", "B"], d1=[1, None], d2=[1.5, 2.5]
    )
    table = read_own_table(path, "response")
    assert list(table.values.index) == ["A", "B"]
    np.testing.assert_array_equal(table.values, [[1, 1.5], [np.nan, 2.5]])


def test_the_index_of_pandas_names_the_rows_of_parquet(arrow, tmp_path):
    R.rename_axis("line").to_parquet(tmp_path / "response.parquet")
    pd.testing.assert_frame_equal(
        read_own_table(tmp_path / "response.parquet", "response").values, R, check_names=False
    )


@pytest.mark.parametrize("what, shape", [("annotation", (2, 0)), ("response", None)])
def test_only_an_annotation_may_have_no_columns(arrow, tmp_path, what, shape):
    path = tmp_path / f"{what}.parquet"
    pd.DataFrame(index=pd.Index(["A", "B"], name="line")).to_parquet(path)
    if shape:
        assert read_own_table(path, what).values.shape == shape
    else:
        refused(DataError, "response.parquet has no columns", read_own_table, path, what)


@pytest.mark.parametrize(
    ("columns", "error", "named"),
    [
        (
            {"line": ["A", "B"], "g": ["x", "y"]},
            DataError,
            "Column 2 of .*, g, has values of the type string",
        ),
        ({"line": ["A", "B"], "g": [True, False]}, DataError, "of the type bool"),
        ({"line": ["A", "B"], "g": [[1.0], [2.0]]}, DataError, "of the type list"),
        (
            {"line": ["A", "B"], "g": [1.0, None]},
            DataError,
            "row 2, column 2: the expression g of B is missing",
        ),
        ({"line": ["A", "B"], "g": [1.0, np.inf]}, DataError, "is inf; it must be a finite number"),
        (
            {"line": ["A", "A"], "g": [1.0, 2.0]},
            DuplicateError,
            "the name A occurs twice .rows 1 and 2",
        ),
        ({"line": ["A", None], "g": [1.0, 2.0]}, DataError, "Row 2 of .* has no name"),
        (
            {"line": [0.5, 0.25], "g": [1.0, 2.0]},
            DataError,
            "first column of .*, 'line', has numbers",
        ),
        (
            {"line": [[1], [2]], "g": [1.0, 2.0]},
            DataError,
            "first column of .*'line', has values of the type list",
        ),
        ({"line": ["A", "B"]}, DataError, "has no columns next to the names"),
    ],
)
def test_a_parquet_that_cannot_be_used_is_refused(arrow, tmp_path, columns, error, named):
    path = written(arrow, tmp_path / "expression.parquet", **columns)
    refused(error, named, read_own_table, path, "expression")


def test_truth_values_in_parquet_are_words(arrow, tmp_path):
    refused(
        DataError,
        "The response hit of response.parquet is two words .'True', 'False'.",
        cohort,
        tmp_path,
        ".parquet",
        response=R.assign(hit=[True, False] * 7),
    )


def test_an_index_of_two_levels_is_refused(arrow, tmp_path):
    R.set_index("007", append=True).to_parquet(tmp_path / "response.parquet")
    refused(
        DataError, "an index of 2 levels", read_own_table, tmp_path / "response.parquet", "response"
    )


def test_text_columns_of_parquet_may_be_categories(arrow, tmp_path):
    table = A.astype("category")
    assert_same(cohort(tmp_path, ".parquet", annotation=table), cohort(tmp_path, annotation=A))


@pytest.mark.parametrize("kind", ["int64", "float32", "float64"])
def test_categories_of_parquet_that_are_numbers_are_read(arrow, tmp_path, kind):
    response = R.assign(dose=[1, 2, 4, 8, 16, 32, 64] * 2)
    expected = cohort(tmp_path, response=response)
    categories = response.assign(dose=response["dose"].astype(kind).astype("category"))
    assert_same(cohort(tmp_path, ".parquet", response=categories), expected)
    np.testing.assert_array_equal(
        read_own_table(tmp_path / "response.parquet", "response").values["dose"], response["dose"]
    )


@pytest.mark.parametrize(("suffix", "package"), [(".parquet", "pyarrow"), (".h5ad", "anndata")])
def test_a_missing_package_is_named_with_its_command(tmp_path, monkeypatch, suffix, package):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    path = tmp_path / f"expression{suffix}"
    path.touch()
    refused(
        SetupError,
        f"expression{suffix} needs the package {package}; install it with `pip install {package}`",
        read_own_table,
        path,
        "expression",
    )


# size ---------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("turn", [False, True])
def test_reading_takes_at_most_four_times_the_plain_size(tmp_path, turn):
    frame = pd.DataFrame(
        _DRAW.normal(size=(60, 5000)),
        [f"L{at}" for at in range(60)],
        [f"G{at}" for at in range(5000)],
    )
    path = write_table(tmp_path / "expression.csv", frame.T if turn else frame)
    plain = path.stat().st_size
    tracemalloc.start()
    read_own_table(path, "expression")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * plain


def test_a_matrix_larger_than_memory_is_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    pytest.importorskip("anndata")
    path = write_table(tmp_path / "expression.h5ad", E)
    with h5py.File(path, "a") as file:
        del file["X"]
        # Nothing is stored, but a reader would make it all.
        file.create_dataset("X", shape=(400_000, 400_000), dtype="f8", chunks=(64, 64))
    refused(DataError, "values, which need .* GB of memory", read_own_table, path, "expression")


@pytest.mark.long
def test_a_table_of_millions_of_rows_is_refused_soon(tmp_path):
    path = tmp_path / "response.csv"
    with open(path, "w") as file:
        file.write(",a\n")
        file.writelines(f"L{at},{at}.5\n" for at in range(2_000_000))
    refused(DataError, "has more than 500,000 rows", read_own_table, path, "response")


@pytest.mark.long
@pytest.mark.parametrize("kind", ["columns", "rows"])
def test_a_table_of_too_many_names_needs_little_memory(tmp_path, kind, monkeypatch):
    path = tmp_path / "response.csv"
    with open(path, "w") as file:
        if kind == "columns":
            file.write("," + ",".join(f"g{at}" for at in range(1_000_000)) + "\n")
            file.writelines(f"L{at}" + ",1.5" * 1_000_000 + "\n" for at in range(3))
        else:  # each is traced, so a few have to do
            monkeypatch.setattr(own_kinds, "MOST_NAMES", 50_000)
            file.write(",a\n")
            file.writelines(f"L{at},{at}.5\n" for at in range(200_000))
    plain = path.stat().st_size
    tracemalloc.start()
    refused(DataError, f"has more than 500?,000 {kind}", read_own_table, path, "response")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * plain


def test_accents_and_invisible_characters_are_written_alike_in_all_tables(tmp_path):
    split, whole = "Zu\u0308rich", "Z\u00fcrich"
    found = cohort(
        tmp_path,
        expression=E.rename(index={"SK-00": split}),
        response=R.rename(index={"SK-00": whole, "SK-01": "SK\u00ad-01"}, columns={"007": split}),
        annotation=A.rename(index={"SK-00": whole}).assign(**{split: split}),
        responses=[whole, "Docetaxel"],
        tissue=whole,
    )
    assert list(found.response.columns) == [whole, "Docetaxel"] and len(found.expression) == N
    assert found.annotation.loc[whole, "tissue"] == whole
    assert "invisible characters in 1 name taken away: SK-01." in said(found)
    assert "left out" not in said(found) and "matched apart" not in said(found)


def test_few_numbers_among_the_genes_of_a_cohort_are_said(tmp_path):
    found = cohort(tmp_path, expression=E.rename(columns={"MDM2": "4193"}).T)
    assert "expression.csv has 1 gene named by a number or truth value among" in said(found)
    with pytest.raises(DataError, match=r"expression.csv has .* numbers: 45352 .probably MARCH1.;"):
        cohort(tmp_path, expression=E.rename(columns={"MDM2": "45352"}).T)
    with pytest.raises(DataError, match=r"^expression.csv has genes .* made dates: 7-Jan; restore"):
        cohort(tmp_path, expression=E.rename(columns={"MDM2": "7-Jan"}).T)


# parquet made to harm, or of other types ------------------------------------------------------------


def repeated(arrow, text, times):
    return arrow.DictionaryArray.from_arrays(
        arrow.array(np.zeros(times, dtype=np.int32)), arrow.array([text])
    )


@pytest.mark.parametrize("store_schema", [True, False])
def test_a_name_of_parquet_repeated_too_often_needs_little_memory(arrow, tmp_path, store_schema):
    path = tmp_path / "response.parquet"
    columns = {"line": repeated(arrow, "x" * 1_000_000, 12_000), "d1": np.ones(12_000)}
    arrow.parquet.write_table(
        arrow.table(columns), path, compression="zstd", store_schema=store_schema
    )
    tracemalloc.start()
    named = (
        "response.parquet has a name of 1,000,000 characters, 'xxxxxxxxxxxxxxxxxxxx'...; give it"
    )
    refused(DataError, named, read_own_table, path, "response")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 24 and arrow.total_allocated_bytes() < 1 << 24


def test_a_cell_of_parquet_that_is_too_long_is_named(arrow, tmp_path):
    lines = [f"L{at}" for at in range(20)]
    notes = arrow.chunked_array([["é", None], ["é" * 32_768, *["b"] * 17]])
    path = written(arrow, tmp_path / "annotation.parquet", line=lines, tissue=lines, notes=notes)
    named = "Column 3 of annotation.parquet, notes, has a text of 32,768 characters, 'éééé"
    refused(DataError, named, read_own_table, path, "annotation")


def test_much_text_of_parquet_is_refused_before_it_is_read(arrow, tmp_path, monkeypatch):
    monkeypatch.setattr(own_kinds, "available_memory", lambda: 10**8)
    columns = {"line": [f"L{at}" for at in range(4000)], "a": repeated(arrow, "x" * 30_000, 4000)}
    path = written(arrow, tmp_path / "annotation.parquet", **columns)
    named = "annotation.parquet has 0.1 GB of text, and 0.1 GB of memory are available"
    refused(DataError, named, read_own_table, path, "annotation")


@pytest.mark.parametrize("kind", ["list", "struct", "fixed"])
def test_cells_of_parquet_that_are_tables_are_refused_unread(arrow, tmp_path, monkeypatch, kind):
    cells = {"list": [[0.0] * 9] * 2, "struct": [{"a": 1}] * 2, "fixed": [b"ab"] * 2}[kind]
    values = arrow.array(cells, arrow.binary(2)) if kind == "fixed" else arrow.array(cells)
    path = written(arrow, tmp_path / "annotation.parquet", line=["A", "B"], tissue=values)
    monkeypatch.setattr(arrow.parquet.ParquetFile, "read", None)
    named = (
        f"Column 2 of annotation.parquet, tissue, has values of the type {kind}.*; write one number"
    )
    refused(DataError, named, read_own_table, path, "annotation")


def test_text_of_parquet_that_is_no_utf8_is_damaged(arrow, tmp_path):
    broken = arrow.array([b"A", b"\xff"]).view(arrow.string())
    path = written(arrow, tmp_path / "annotation.parquet", line=["A", "B"], tissue=broken)
    refused(CorruptFileError, "annotation.parquet is damaged", read_own_table, path, "annotation")


@pytest.mark.parametrize("suffix", [".parquet", ".h5ad"])
def test_too_little_memory_while_a_table_is_read_is_one_sentence(tmp_path, monkeypatch, suffix):
    path = write_table(tmp_path / f"response{suffix}", R)

    def exhausted(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr(own_kinds, "check_size", exhausted)
    named = f"response{suffix} needs more memory than is available; write a smaller table"
    refused(OutOfMemoryError, named, read_own_table, path, "response")


def test_column_names_of_two_levels_are_refused(arrow, tmp_path):
    table = R.set_axis(pd.MultiIndex.from_tuples([(drug, "uM") for drug in DRUGS]), axis=1)
    table.to_parquet(tmp_path / "response.parquet")
    named = "response.parquet has column names of 2 levels; write it with one"
    refused(DataError, named, read_own_table, tmp_path / "response.parquet", "response")


def test_decimals_of_parquet_are_numbers(arrow, tmp_path):
    values = [Decimal("1.125"), None, Decimal("-0.5")]
    columns = {
        f"d{size}": arrow.array(values, kind(10, 3))
        for size, kind in ((128, arrow.decimal128), (256, arrow.decimal256))
    }
    path = written(arrow, tmp_path / "response.parquet", line=["A", "B", "C"], **columns)
    found = read_own_table(path, "response").values
    for name in columns:
        np.testing.assert_array_equal(found[name], [1.125, np.nan, -0.5])


@pytest.mark.parametrize(
    ("column", "named"),
    [
        (
            [None, *(f"{at}.5" for at in range(N - 1))],
            "The response x of response.parquet is numbers written as text .'0.5', '1.5'.*, first in row 2, "
            "column 5; write the column as numbers .float64.",
        ),
        (
            pd.date_range("2020-01-01", periods=N),
            "response.parquet, row 1, column 5: the response x is '2020-01-01 00:00:00', no finite number",
        ),
    ],
)
def test_a_response_of_parquet_that_is_no_number_is_named_with_its_place(
    arrow, tmp_path, column, named
):
    table = R.assign(x=column)
    refused(DataError, named, cohort, tmp_path, ".parquet", response=table)
