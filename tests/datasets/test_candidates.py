"""Several files of one kind in a folder: a question, answered by naming the file."""

import os
import shutil

import official_files as make
import pandas as pd
import pytest
from builders import ROOT, command

from pnetlib.datasets import list_drugs, load_cohort, load_screens
from pnetlib.datasets.candidates import kind_of
from pnetlib.errors import CorruptFileError, DataError
from pnetlib.workflow.run import Run

FIRST, OLD = "GDSC1_fitted_dose_response_27Oct23.xlsx", "v17.3_fitted_dose_response.xlsx"
NEW = "GDSC2_fitted_dose_response_27Oct23.csv"


def shifted(by, screen="GDSC1"):
    """Return the rows of the response with other numbers."""
    return [
        [screen, *row[1:5], row[5] + by * at, 0.0] for at, row in enumerate(make.response_rows())
    ]


@pytest.fixture
def folder(tmp_path):
    """A folder with GDSC1 of two releases, and GDSC2."""
    folder = make.official_folder(tmp_path / "gdsc")
    first = (folder / FIRST).rename(folder / "first.xlsx")
    make.write_response(folder, shifted(0.1)).rename(folder / OLD)
    make.write_response(folder, shifted(0.2, "GDSC2"), suffix=".csv").rename(folder / NEW)
    first.rename(folder / FIRST)
    return folder


def standardised(by):
    rows = [row for row in shifted(by) if row[3] == 1007]
    raw = pd.Series({str(int(row[1])): row[5] for row in rows})
    return (raw - raw.mean()) / raw.std(ddof=1)


def test_two_releases_are_a_question_that_says_the_answer(folder):
    named = rf"has 2 tables of responses to drugs, {FIRST}, {OLD}; name .* such as --data {folder}/{FIRST}"
    make.refused(DataError, named.replace("27Oct23.xlsx", r"27Oct23\.xlsx"), load_cohort, folder)
    make.refused(DataError, "name the one to take", list_drugs, folder)


@pytest.mark.parametrize(("name", "by"), [(FIRST, 0.0), (OLD, 0.1), (NEW, 0.2)])
def test_the_named_file_gives_the_responses(folder, name, by):
    cohort = load_cohort(folder / name)
    found = cohort.response["Docetaxel"]
    pd.testing.assert_series_equal(found, standardised(by)[found.index], check_names=False)
    assert cohort.provenance["response"] == name
    assert cohort.provenance["source"] == "folder gdsc"
    assert set(list_drugs(str(folder / name))["id"]) == {133, 136, 179, 1007, 1386}
    said = " ".join(cohort.provenance["handled"])
    assert ("are those of GDSC2" in said) == (name == NEW)


def test_the_screens_are_those_beside_the_named_file(folder, monkeypatch):
    from pnetlib.datasets import screens

    monkeypatch.setattr(screens.assemble_screens, "__defaults__", (None, 2))
    found = load_screens(folder / OLD, load_cohort(folder / OLD))
    assert set(found.listed["screen"]) == {"GDSC1", "GDSC2"}
    assert set(found.provenance["files"]) == {OLD, NEW}
    found = load_screens(folder / NEW, load_cohort(folder / NEW))
    assert set(found.listed["screen"]) == {"GDSC2"} and "1386" in set(found.listed["id"])
    said = " ".join(found.provenance["handled"])
    assert f"2 tables of responses of GDSC1, {FIRST}, {OLD}, and none was used" in said


def test_a_folder_with_gdsc2_alone_is_read_and_says_so(folder):
    for name in (FIRST, OLD):
        (folder / name).unlink()
    said = load_cohort(folder).provenance["handled"]
    assert "The responses are those of GDSC2, not of GDSC1 as in the paper." in said


def test_an_official_name_of_the_other_screen_is_refused(folder):
    for name, screen, other in ((FIRST, "GDSC2", "GDSC1"), (NEW, "GDSC1", "GDSC2")):
        path = folder / name
        rows = [make.RESPONSE, ["", *make.response_rows()[0][1:]], *shifted(0.3, screen)[1:]]
        make.write_rows(path, rows)
        named = f"DATASET in row 3 of {path.name} is {screen}, but the name says {other}; rename the file"
        for read in (load_cohort, list_drugs):
            make.refused(DataError, named, read, path)


@pytest.mark.parametrize(("screen", "other"), [("GDSC1", "GDSC2"), ("GDSC2", "GDSC1")])
def test_of_another_name_and_its_content_the_content_counts(folder, screen, other):
    path = folder / f"my {other.lower()}.csv"
    make.write_rows(path, [make.RESPONSE, *shifted(0.3, screen)])
    said = load_cohort(path).provenance["handled"]
    assert (
        f"DATASET of {path.name} is {screen}, which counts, though its name says {other}." in said
    )
    assert (f"The responses are those of {screen}, not of GDSC1 as in the paper." in said) == (
        screen == "GDSC2"
    )
    make.write_rows(path, [make.RESPONSE, *shifted(0.3, other)])
    said = " ".join(load_cohort(path).provenance["handled"])
    assert "which counts" not in said


def test_expression_and_cell_lines_are_found_by_content_and_chosen(folder):
    (folder / OLD).unlink()
    expected = load_cohort(folder)
    path = folder / "Cell_line_RMA_proc_basalExp.txt.zip"
    path.rename(folder / "release-8.zip")
    (folder / "cell_lines.csv").rename(folder / "annotation.csv")
    found = load_cohort(folder)
    pd.testing.assert_frame_equal(found.expression, expected.expression)
    pd.testing.assert_frame_equal(found.annotation, expected.annotation)
    make.write_expression(folder, genes=["A", "B", "C", "D", "E"], zipped=False)
    path.with_suffix("").rename(folder / "other.txt")
    make.refused(
        DataError, f"has 2 tables of expression, .*--data {folder}/other.txt", load_cohort, folder
    )
    assert list(load_cohort(folder / "other.txt").expression) == ["A", "B", "C", "D", "E"]
    make.refused(DataError, "2 tables of expression, .*; keep one", load_cohort, folder / NEW)


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("notes.csv", b"gene,x\nTP53,1\n", "its first row has 2 fields, 'gene', 'x'"),
        ("notes.txt", b"hello\n", "its first row has 1 field, 'hello'"),
        ("x.csv", b"\x80\x04]\x94.", "it is a Python pickle"),
        ("x.h5", b"\x89HDF\r\n", "it is HDF5"),
        ("x.xlsx", b"PK\x03\x04no", "x.xlsx is damaged, encrypted or not an xlsx file"),
        ("x.dat", b"\xff\xfe\x00\xd8", "x.dat is not text in UTF-8"),
    ],
)
def test_a_file_of_no_known_kind_is_refused_with_what_it_is(folder, name, content, named):
    (folder / name).write_bytes(content)
    make.refused(DataError, f"none of the official tables .*{named}", load_cohort, folder / name)


def test_a_table_that_is_lacking_because_it_cannot_be_read_is_named(tmp_path):
    folder = make.official_folder(tmp_path / "gdsc")
    (folder / FIRST).unlink()
    (folder / "notes.csv").write_text("gene,x\nTP53,1\n")
    lacks = "lacks GDSC1_.* or another table with COSMIC_ID, DRUG_ID and LN_IC50; "
    make.refused(DataError, f"{lacks}put the official file there", load_cohort, folder)
    path = make.write_response(folder, suffix=".csv").rename(folder / "drugs.csv")
    whole = path.read_text()
    path.write_bytes(whole.replace("TT", "Zürich", 1).encode("cp1252"))
    fault = r"drugs.csv is not text in UTF-8 \(row 2 has the byte 0xFC, .*\); save it as UTF-8"
    make.refused(DataError, f"{lacks}correct what cannot be read: {fault}", load_cohort, folder)
    path.write_text(whole.replace("Z_SCORE", "LN_IC50", 1))
    twice = "drugs.csv has the column LN_IC50 twice; keep one"
    make.refused(DataError, f"{lacks}correct what cannot be read: {twice}", load_cohort, folder)
    make.refused(DataError, f"none of the official tables .*: {twice}; name", load_cohort, path)


def test_expression_and_cell_lines_that_cannot_be_read_are_named(tmp_path):
    folder = make.official_folder(tmp_path / "gdsc")
    lines = (folder / "cell_lines.csv").rename(folder / "annotation.csv")
    whole = lines.read_text()
    lines.write_text(whole.replace("cell_line", "cosmic_id", 1))
    named = (
        "lacks Cell_Lines_Details.xlsx or cell_lines.csv; correct .*: annotation.csv has the column"
    )
    make.refused(DataError, named, load_cohort, folder)
    lines.write_text(whole)
    packed = folder / "Cell_line_RMA_proc_basalExp.txt.zip"
    (folder / "other.zip").write_bytes(packed.read_bytes()[:-100])
    packed.unlink()
    named = "lacks Cell_line_RMA_.*; correct what cannot be read: other.zip is "
    make.refused(DataError, named, load_cohort, folder)


def test_a_file_without_content_or_right_is_refused(folder, monkeypatch):
    (folder / "empty.csv").touch()
    make.refused(CorruptFileError, "empty.csv is empty", load_cohort, folder / "empty.csv")


def test_the_run_is_named_and_made_from_the_file(folder, tmp_path):
    run = Run(str(folder / OLD), "smoke", out=str(tmp_path / "out"))
    assert run.name == "folder-gdsc-v17.3_fitted_dose_response-smoke"
    assert run.made_from["source"] == str(folder / OLD)
    assert set(run.made_from["files"]) == set(os.listdir(folder))
    odd = shutil.copy(folder / OLD, folder / "a <b>; rm -rf $HOME.xlsx")
    name = Run(str(odd), "smoke").name
    assert name.startswith("folder-gdsc-a_b_rm_-rf_HOME-") and name.endswith("-smoke")
    run.write_json("n", {"a": 1})
    other = Run(str(folder / FIRST), "smoke", out=str(tmp_path / "out"))
    assert run.read_json("n") == {"a": 1} and other.read_json("n") is None


def test_the_command_takes_a_file(folder):
    result = command("--data", folder / OLD, "--profile", "smoke", "--check")
    assert result.returncode == 0, result.stderr
    result = command("--data", folder / "none.csv", "--profile", "smoke", "--check")
    assert result.returncode == 2 and "neither a folder, nor a file in one" in result.stderr


def test_real_files(gdsc_folder):
    expected = {
        "Cell_line_RMA_proc_basalExp.txt.zip": "expression",
        FIRST: "response",
        "cell_lines.csv": "annotation",
    }
    assert {name: kind_of(gdsc_folder / name) for name in expected} == expected
    cohort = load_cohort(gdsc_folder / FIRST, drugs="Docetaxel")
    assert len(cohort.lines_for("Docetaxel")) == 913
    assert Run(str(gdsc_folder / FIRST), "smoke").folder.parent == ROOT / "results"
