"""A folder with the official files: every form is read, every fault is one sentence."""

import gzip
import hashlib
import zipfile

import numpy as np
import official_files as make
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from pnetlib.datasets import gdsc_official as official, load_cohort
from pnetlib.datasets.candidates import response_files
from pnetlib.errors import (
    CorruptFileError,
    DataError,
    DuplicateError,
    MissingColumnError,
    MissingDrugError,
)
from pnetlib.paper.drugs import PAPER_DRUGS
from pnetlib.paper.markers import MARKERS

TWO = {"Docetaxel": 1007, "Doxorubicin": 133}


@pytest.fixture
def folder(tmp_path):
    return make.official_folder(tmp_path / "gdsc")


def test_folder_gives_the_values_of_its_files(folder):
    cohort = load_cohort(folder)
    lines = sorted(make.LINES, key=int)
    assert list(cohort.expression.index) == lines
    assert list(cohort.expression.columns) == sorted(make.GENES)
    expected = pd.DataFrame(make.values(6, 5), index=list(make.LINES), columns=make.GENES)
    pd.testing.assert_frame_equal(cohort.expression, expected.loc[lines, sorted(make.GENES)])
    assert list(cohort.response.columns) == list(PAPER_DRUGS)
    assert cohort.annotation.loc["905936"].tolist() == ["HCT-116", "large_intestine", "COREAD"]
    assert cohort.annotation.loc["683665", "tcga"] == "unknown"
    assert cohort.provenance["source"] == "folder gdsc"
    assert cohort.provenance["simulated"] is False
    for name, sha256 in cohort.provenance["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256
    assert len(cohort.provenance["files"]) == 3


def test_response_is_chosen_by_id_and_standardised(folder):
    cohort = load_cohort(folder, drugs=TWO)
    rows = [row for row in make.response_rows() if row[3] == 133]
    raw = pd.Series({str(int(row[1])): row[5] for row in rows})
    expected = (raw - raw.mean()) / raw.std(ddof=1)
    assert list(cohort.response.columns) == list(TWO)
    pd.testing.assert_series_equal(
        cohort.response["Doxorubicin"], expected[cohort.response.index], check_names=False
    )


@pytest.mark.parametrize("official_annotation", [False, True])
def test_other_formats_of_the_files_give_the_same_cohort(folder, tmp_path, official_annotation):
    plain = tmp_path / "plain"
    plain.mkdir()
    make.write_expression(plain, zipped=False)
    make.write_response(plain, suffix=".csv")
    make.write_annotation(plain, official=official_annotation)
    one, two = load_cohort(folder), load_cohort(plain)
    for name in ("expression", "response", "annotation"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


def test_lines_without_a_measurement_remain_and_lines_without_expression_do_not(folder):
    rows = [row for row in make.response_rows() if row[3] != 133 or row[1] != 905936]
    rows += [["GDSC1", 1.0, "new", 133.0, "Doxorubicin", 0.5, 0.0]]
    make.write_response(folder, rows)
    cohort = load_cohort(folder)
    assert "905936" in cohort.expression.index
    assert "905936" not in cohort.lines_for("Doxorubicin")
    said = "1 cell line with a response but no expression left out: 1."
    assert said in cohort.provenance["handled"]


@pytest.mark.parametrize("header", ["DATA.905936.1", "DATA.905936"])
def test_second_column_of_a_line_is_left_out(folder, header):
    numbers = make.values(7, 5)
    names = [f"DATA.{line}" for line in make.LINES]
    columns = dict(zip(names, numbers[:6], strict=True)) | {"SECOND": numbers[6]}
    path = make.write_expression(folder, columns, zipped=False)
    path.write_text(path.read_text().replace("SECOND", header, 1))
    cohort = load_cohort(folder)
    at = list(make.LINES).index("905936")
    assert cohort.expression.loc["905936", make.GENES].tolist() == numbers[at].tolist()
    r = np.corrcoef(numbers[at], numbers[6])[0, 1]
    reported = [note for note in cohort.provenance["handled"] if "905936 has a second" in note]
    assert len(reported) == 1 and f"{r:.3f}" in reported[0]


def test_rows_without_symbol_repeated_rows_and_odd_columns_are_reported(folder):
    numbers = make.values(6, 5)
    columns = {
        f"DATA.{line}": [*row, row[2], 1.0] for line, row in zip(make.LINES, numbers, strict=True)
    }
    columns["DATA.odd"] = [1.0] * 7
    make.write_expression(folder, columns, [*make.GENES, "AKR1C1", " "])
    cohort = load_cohort(folder)
    assert list(cohort.expression.columns) == sorted(make.GENES)
    notes = " ".join(cohort.provenance["handled"])
    assert "1 row of Cell_line_RMA_proc_basalExp.txt.zip without a gene symbol" in notes
    assert "The gene AKR1C1 has 2 identical rows" in notes
    assert "not cell lines: DATA.odd" in notes


def test_gene_twice_with_different_values_is_refused(folder):
    make.write_expression(folder, genes=["RET", "PTPRC", "RET", "ANXA10", "HLA-A"])
    make.refused(DuplicateError, r"gene RET appears 2 times .*rows 2, 4", load_cohort, folder)


@pytest.mark.parametrize(
    ("text", "what"), [("", "blank"), ("NA", "'NA'"), ("high", "'high'"), ("nan", "'nan'")]
)
def test_value_that_is_not_a_number_is_named(folder, text, what):
    path = make.write_expression(folder, zipped=False)
    rows = [line.split("\t") for line in path.read_text().split("\n")]
    rows[3][4] = text
    path.write_text("\n".join("\t".join(row) for row in rows))
    named = rf"AKR1C1 \(row 4, column DATA.905936\) .* {what}"
    make.refused(DataError, named, load_cohort, folder)


def test_infinite_value_is_refused(folder):
    path = make.write_expression(folder, zipped=False)
    first = str(make.values(6, 5)[0, 0])
    path.write_text(path.read_text().replace(first, "inf", 1))
    make.refused(DataError, r"RET \(row 2, column DATA.930299\) .* 'inf'", load_cohort, folder)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.95])
@pytest.mark.parametrize(
    "name", ["Cell_line_RMA_proc_basalExp.txt.zip", "GDSC1_fitted_dose_response_27Oct23.xlsx"]
)
def test_truncated_archive_is_refused(folder, name, share):
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: int(share * len(whole))])
    make.refused(CorruptFileError, name.replace(".", r"\."), load_cohort, folder)


def test_damaged_archive_is_refused(folder):
    path = make.write_expression(folder)
    whole = bytearray(path.read_bytes())
    whole[120:140] = bytes(20)
    path.write_bytes(whole)
    make.refused(CorruptFileError, "basalExp.txt.zip", load_cohort, folder)


def test_rows_that_the_parser_left_out_are_noticed(folder, monkeypatch):
    read = pd.read_csv
    monkeypatch.setattr(pd, "read_csv", lambda *given, **options: read(*given, **options)[:-1])
    with pytest.raises(CorruptFileError, match="has 5 rows, of which 4 could be read"):
        official.read_expression(next(folder.glob("Cell_line_RMA*")), [])


def test_archive_with_another_file_is_refused(folder):
    with zipfile.ZipFile(folder / official.EXPRESSION_ZIP, "w") as archive:
        archive.writestr("readme.txt", "moved")
    make.refused(CorruptFileError, "does not contain", load_cohort, folder)


@given(st.integers(20, 10_000))
def test_truncated_text_is_refused_or_lacks_rows_at_its_end(tmp_path_factory, cut):
    place = tmp_path_factory.mktemp("cut")
    path = make.write_expression(place, zipped=False)
    whole = path.read_bytes()
    path.write_bytes(whole[:cut])
    try:
        read = official.read_expression(path, [])
    except DataError:
        return
    # Only a cut within the last number cannot be detected.
    rows = len(read.columns)
    assert list(read.columns) == make.GENES[:rows]
    expected = make.values(6, 5).T[:rows]
    assert np.array_equal(read.to_numpy().T[:, :-1], expected[:, :-1])
    assert np.array_equal(read.to_numpy().T[: rows - 1], expected[: rows - 1])


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@pytest.mark.parametrize("column", ["COSMIC_ID", "DRUG_ID", "LN_IC50"])
def test_response_without_a_column_is_refused(folder, suffix, column):
    (folder / "GDSC1_fitted_dose_response_27Oct23.xlsx").unlink()
    header = ["other" if name == column else name for name in make.RESPONSE]
    make.write_response(folder, header=header, suffix=suffix)
    make.refused(MissingColumnError, f"no column {column}", load_cohort, folder)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [("GENE_SYMBOLS", "SYMBOL", "no column GENE_SYMBOLS"), ("DATA.", "LINE.", "no column DATA")],
)
def test_expression_without_a_column_is_refused(folder, old, new, named):
    path = make.write_expression(folder, zipped=False)
    path.write_text(path.read_text().replace(old, new))
    make.refused(MissingColumnError, named, load_cohort, folder)


def test_annotation_without_a_column_is_refused(folder):
    path = folder / "cell_lines.csv"
    path.write_text(path.read_text().replace("gdsc_tissue_1", "tissue"))
    make.refused(MissingColumnError, "no column gdsc_tissue_1", load_cohort, folder)


def test_missing_drug_is_refused_and_its_other_id_named(folder):
    rows = [row for row in make.response_rows() if row[3] != 133]
    make.write_response(folder, rows)
    named = "no drug Doxorubicin with DRUG_ID 133; it has Doxorubicin as 1386"
    make.refused(MissingDrugError, named, load_cohort, folder)
    other = load_cohort(folder, drugs={"Doxorubicin": 1386})
    assert other.provenance["drugs"] == {"Doxorubicin": 1386}


def test_drug_of_another_name_is_reported(folder):
    cohort = load_cohort(folder, drugs={"Taxotere": 1007})
    assert "DRUG_ID 1007, here Taxotere, is Docetaxel in the file." in cohort.provenance["handled"]


def test_repeated_measurement_is_used_once_or_refused(folder):
    rows = make.response_rows()
    make.write_response(folder, [*rows, rows[0]])
    handled = load_cohort(folder).provenance["handled"]
    assert any("1 repeated row of GDSC1" in note for note in handled)
    again = [*rows[0][:5], rows[0][5] + 1, 0.0]
    make.write_response(folder, [*rows, again])
    make.refused(DuplicateError, "930299 by drug 133 appears", load_cohort, folder)


def test_repeated_line_in_annotation_is_used_once_or_refused(folder):
    rows = [[line, *labels] for line, labels in make.LINES.items()]
    make.write_annotation(folder, rows=[*rows, rows[0]])
    handled = load_cohort(folder).provenance["handled"]
    assert any("1 repeated row of cell_lines.csv" in note for note in handled)
    make.write_annotation(folder, rows=[*rows, ["930299", "T-T", "thyroid", "THCA"]])
    named = "cell line 930299 appears more than once in cell_lines.csv, in rows 2 and 8 with"
    make.refused(DuplicateError, named, load_cohort, folder)


def test_blank_response_is_left_out_and_reported_and_text_refused(folder):
    rows = make.response_rows()
    rows[0][5] = ""
    make.write_response(folder, rows)
    cohort = load_cohort(folder)
    assert len(cohort.lines_for("Doxorubicin")) == 5
    assert any("1 row of GDSC1" in note for note in cohort.provenance["handled"])
    rows[0][5] = "low"
    make.write_response(folder, rows)
    make.refused(DataError, "LN_IC50 in row 2 .*'low'", load_cohort, folder)


@pytest.mark.parametrize(
    "name",
    [
        "Cell_line_RMA_proc_basalExp.txt.zip",
        "GDSC1_fitted_dose_response_27Oct23.xlsx",
        "cell_lines.csv",
    ],
)
def test_missing_file_is_refused(folder, name):
    (folder / name).unlink()
    make.refused(DataError, name.replace(".", r"\."), load_cohort, folder)


def test_csv_row_that_ends_early_is_refused(folder):
    path = folder / "cell_lines.csv"
    path.write_text(path.read_text().rstrip().rpartition(",")[0])
    make.refused(CorruptFileError, "Row 7 of cell_lines.csv ends early", load_cohort, folder)


def test_expression_by_ensembl_id_is_named_by_symbol(folder):
    (folder / official.EXPRESSION_ZIP).unlink()
    names = [("ENSG0", "RET"), ("ENSG1", "TWO"), ("ENSG2", "TWO"), ("ENSG3", "A"), ("ENSG9", "B")]
    make.write_ensembl(folder, names)
    cohort = load_cohort(folder)
    assert list(cohort.expression.columns) == ["A", "RET"]
    assert cohort.expression["RET"][list(make.LINES)].tolist() == make.values(6, 5)[:, 0].tolist()
    assert any("3 without a unique symbol" in note for note in cohort.provenance["handled"])
    assert len(cohort.provenance["files"]) == 4


def test_real_folder(gdsc_folder):
    cohort = load_cohort(gdsc_folder)
    assert cohort.expression.shape == (975, 5778)
    counts = [len(cohort.lines_for(drug)) for drug in PAPER_DRUGS]
    assert counts == [848, 848, 884, 913]
    assert len(cohort.complete_lines()) == 814
    top = set(cohort.top_genes(976))
    assert {"ANXA10", "AKR1C1", "AKR1C3", "AKR1B10"} <= top
    assert set(MARKERS) <= set(cohort.expression.columns)


def rewritten(path, change):
    """Change the text of a file."""
    path.write_text(change(path.read_text()))
    return path


@pytest.fixture
def plain(folder):
    """The folder with csv and txt in place of xlsx and zip."""
    (folder / "GDSC1_fitted_dose_response_27Oct23.xlsx").unlink()
    make.write_response(folder, suffix=".csv")
    (folder / official.EXPRESSION_ZIP).unlink()
    make.write_expression(folder, zipped=False)
    return folder


@pytest.mark.parametrize(
    ("name", "change", "named"),
    [
        (
            "GDSC1_fitted_dose_response_27Oct23.csv",
            ("TT,", "TT, a clone,"),
            "Row 2 .* 8 fields and the header 7",
        ),
        (
            "cell_lines.csv",
            ("TT,", "TT, a clone,"),
            "Row 2 of cell_lines.csv has 5 fields and the header 4",
        ),
        (
            "Cell_line_RMA_proc_basalExp.txt",
            ("\nRET\t", "\n1\tRET\t"),
            "Row 2 of Cell_line.* has 9 fields",
        ),
    ],
)
def test_rows_longer_than_the_header_are_refused(plain, name, change, named):
    rewritten(plain / name, lambda text: text.replace(*change, 1))
    make.refused(CorruptFileError, named, load_cohort, plain)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\n\n", 3),
        lambda text: text + "\n\n",
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
    ],
)
@pytest.mark.parametrize(
    "name",
    ["GDSC1_fitted_dose_response_27Oct23.csv", "cell_lines.csv", "Cell_line_RMA_proc_basalExp.txt"],
)
def test_habits_of_editors_do_not_change_what_is_read(plain, name, change):
    expected = load_cohort(plain)
    path = plain / name
    path.write_bytes(change(path.read_text()).encode())
    found = load_cohort(plain)
    pd.testing.assert_frame_equal(found.expression, expected.expression)
    pd.testing.assert_frame_equal(found.response, expected.response)
    pd.testing.assert_frame_equal(found.annotation, expected.annotation)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("GDSC1_fitted_dose_response_27Oct23.csv", lambda text: text + ",,,,,,\n"),
        ("GDSC1_fitted_dose_response_27Oct23.csv", lambda text: text.replace("\n", ",\n")),
        ("GDSC1_fitted_dose_response_27Oct23.csv", lambda text: text.replace(",", ";")),
        ("cell_lines.csv", lambda text: text.replace(",", "\t")),
        (
            "Cell_line_RMA_proc_basalExp.txt",
            lambda text: (
                text.split("\n", 1)[0] + "\n" + text.split("\n", 1)[1].replace("\n", "\t\n")
            ),
        ),
    ],
)
def test_empty_cells_at_the_end_and_other_separators_are_read(plain, name, change):
    expected = load_cohort(plain)
    rewritten(plain / name, change)
    found = load_cohort(plain, drugs=["Docetaxel"])
    pd.testing.assert_frame_equal(found.expression, expected.expression)
    pd.testing.assert_frame_equal(found.response, expected.response[["Docetaxel"]])


@pytest.mark.parametrize("spelling", ["{:e}", "{:.2f}", '"{:,}"', " {} "])
def test_ids_that_a_spreadsheet_changed_are_read_as_whole_numbers(plain, spelling):
    expected = load_cohort(plain).response
    path = plain / "GDSC1_fitted_dose_response_27Oct23.csv"
    rewritten(path, lambda text: text.replace("930299.0", spelling.format(930299)))
    pd.testing.assert_frame_equal(load_cohort(plain).response, expected)
    rewritten(path, lambda text: text.replace(spelling.format(930299), "930299.5"))
    make.refused(DataError, "COSMIC_ID in row 2 .* is '930299.5'", load_cohort, plain)


def test_files_without_a_common_line_are_refused(plain):
    path = plain / "Cell_line_RMA_proc_basalExp.txt"
    rewritten(path, lambda text: text.replace("DATA.", "DATA.9"))
    make.refused(DataError, "have no cell line in common", load_cohort, plain)


@pytest.mark.parametrize("word", ["NA", "Unclassified", "n/a", "UNABLE TO CLASSIFY", ""])
def test_words_for_no_tissue_are_unknown(plain, word):
    rewritten(plain / "cell_lines.csv", lambda text: text.replace("thyroid", word))
    assert load_cohort(plain).annotation.loc["930299", "tissue"] == "unknown"


def test_genes_that_became_dates_are_named(plain):
    path = plain / "Cell_line_RMA_proc_basalExp.txt"
    rewritten(path, lambda text: text.replace("\nRET\t", "\n2-Sep\t"))
    (note,) = [n for n in load_cohort(plain).provenance["handled"] if "dates" in n]
    assert "2-Sep (probably SEPT2)" in note


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@pytest.mark.parametrize("name", ["Brivanib, BMS-540215", "741909"])
def test_drugs_with_commas_or_of_digits_are_found(folder, suffix, name):
    (folder / "GDSC1_fitted_dose_response_27Oct23.xlsx").unlink()
    rows = make.response_rows(drugs={name: 376, "Docetaxel": 1007}, other=False)
    make.write_response(folder, rows, suffix=suffix)
    assert load_cohort(folder, drugs=f"Docetaxel, {name}").provenance["drugs"] == {
        "Docetaxel": 1007,
        name: 376,
    }
    assert list(load_cohort(folder, drugs=f'"{name}",1007').response) == [name, "Docetaxel"]


RENAMED = [
    "Dataset version",
    "COSMIC identifier",
    "Cell line",
    "drug id",
    "Drug name",
    "ln IC50",
    "Z score",
]


@pytest.mark.parametrize(
    "name",
    [
        "v17.3_fitted_dose_response.xlsx",
        "GDSC1_fitted_dose_response_25Feb20.xlsx",
        "GDSC1_fitted_dose_response_24Jul22.csv",
        "PANCANCER_IC_export.CSV",
    ],
)
@pytest.mark.parametrize("header", [make.RESPONSE, RENAMED])
def test_other_releases_are_found_by_what_they_contain(folder, name, header):
    expected = load_cohort(folder)
    (folder / "GDSC1_fitted_dose_response_27Oct23.xlsx").unlink()
    suffix = ".xlsx" if name.endswith("xlsx") else ".csv"
    make.write_response(folder, header=header, suffix=suffix).rename(folder / name)
    found = load_cohort(folder)
    pd.testing.assert_frame_equal(found.response, expected.response)
    assert found.provenance["response"] == name and name in found.provenance["files"]


def test_the_screen_of_a_file_is_told_by_its_content(folder):
    rows = [["GDSC2", *row[1:]] for row in make.response_rows()]
    make.write_response(folder, rows, suffix=".csv").rename(folder / "second.csv")
    assert response_files(folder, "GDSC2") == [folder / "second.csv"]
    notes = official.read_screens(folder, load_cohort(folder)).provenance["handled"]
    assert any("GDSC2" in note for note in notes) and not any("no screen of" in n for n in notes)


def test_a_release_without_names_of_drugs_has_their_ids(folder):
    (folder / "GDSC1_fitted_dose_response_27Oct23.xlsx").unlink()
    at = make.RESPONSE.index("DRUG_NAME")
    rows = [row[:at] + row[at + 1 :] for row in make.response_rows()]
    make.write_response(folder, rows, [n for n in make.RESPONSE if n != "DRUG_NAME"])
    assert load_cohort(folder).provenance["drugs"] == PAPER_DRUGS
    assert list(load_cohort(folder, drugs="1007").response) == ["1007"]


def test_a_short_row_is_refused_also_if_its_last_column_is_no_cell_line(plain):
    path = plain / "Cell_line_RMA_proc_basalExp.txt"
    rewritten(path, lambda text: text.replace("\n", "\tnote\n"))
    rewritten(path, lambda text: text.replace("note\n", "remark\n", 1))
    rewritten(path, lambda text: text.replace('\tthe "PTPRC" gene', "", 1))
    make.refused(CorruptFileError, "Row 3 of .* ends early", load_cohort, plain)


def test_rows_are_counted_with_blank_ones(plain):
    path = plain / "Cell_line_RMA_proc_basalExp.txt"
    first = str(make.values(6, 5)[0, 2])
    rewritten(path, lambda text: text.replace("\n", "\n\n", 1).replace(first, "x", 1))
    make.refused(DataError, r"AKR1C1 \(row 5, column DATA.930299\)", load_cohort, plain)


@pytest.mark.parametrize("wrong", ["\0", "\r"])
@pytest.mark.parametrize("row", [0, 3])
def test_characters_that_end_a_text_within_are_refused(plain, wrong, row):
    path = plain / "Cell_line_RMA_proc_basalExp.txt"
    lines = path.read_text().split("\n")
    lines[row] = lines[row][:-2] + wrong + lines[row][-2:]
    path.write_bytes("\n".join(lines).encode())
    named = f"Row {row + 1} of .* has a character that ends a text or a line within"
    make.refused(CorruptFileError, named, load_cohort, plain)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("code", [-999.0, 9999.0, -100.5])
def test_a_code_for_a_missing_response_is_refused(folder, suffix, code):
    (folder / "GDSC1_fitted_dose_response_27Oct23.xlsx").unlink()
    rows = make.response_rows()
    rows[2][make.RESPONSE.index("LN_IC50")] = code
    path = make.write_response(folder, rows, suffix=suffix)
    named = f"LN_IC50 in row 4 of {path.name} is {code:g}, too far from 0 for the logarithm of a concentration; correct"
    make.refused(DataError, named, load_cohort, folder)
    rows[2][make.RESPONSE.index("LN_IC50")] = -99.5
    make.write_response(folder, rows, suffix=suffix)
    assert load_cohort(folder).response.notna().all(axis=None)


INVISIBLE = ["\u200b", "\ufeff", "\u2060", "\u00ad"]


@pytest.mark.parametrize("mark", INVISIBLE)
def test_invisible_characters_in_tables_of_genes_are_taken_away(folder, mark):
    (folder / official.EXPRESSION_ZIP).unlink()
    names = [(f"ENSG{at}", gene) for at, gene in enumerate(make.GENES)]
    make.write_ensembl(folder, names)
    expected = load_cohort(folder)
    make.write_ensembl(folder, [(f"EN{mark}SG0", " RET"), ("ENSG1", f"PTPRC{mark}"), *names[2:]])
    path = folder / "sanger1018_brainarray_ensemblgene_rma.txt.gz"
    text = gzip.decompress(path.read_bytes()).decode().replace("905936", f"905936{mark}")
    path.write_bytes(gzip.compress(text.replace("ENSG2", f"ENSG2{mark}").encode(), mtime=0))
    found = load_cohort(folder)
    pd.testing.assert_frame_equal(found.expression, expected.expression)
    said = "gene_identifiers_20191101.csv: invisible characters in 1 name taken away:"
    assert {f"{said} ENSG0.", f"{said} PTPRC."} < set(found.provenance["handled"])
    said = f"{path.name}: invisible characters in 1 name taken away: 905936."
    assert said in found.provenance["handled"]


@pytest.mark.parametrize("mark", INVISIBLE)
def test_invisible_characters_in_ids_names_and_headers_are_taken_away(plain, mark):
    expected = load_cohort(plain, drugs="Docetaxel")
    for name in ("GDSC1_fitted_dose_response_27Oct23.csv", "cell_lines.csv"):
        text = (plain / name).read_text()
        for word in ("905936", "Docetaxel", "COSMIC_ID", "cosmic_id"):
            text = text.replace(word, f"{word}{mark}")
        (plain / name).write_text(text)
    found = load_cohort(plain, drugs="Docetaxel")
    pd.testing.assert_frame_equal(found.response, expected.response)
    pd.testing.assert_frame_equal(found.annotation, expected.annotation)
    said = " ".join(found.provenance["handled"])
    for name in ("GDSC1_fitted_dose_response_27Oct23.csv", "cell_lines.csv"):
        assert f"1 id of {name} with leading zeros, invisible characters or other digits" in said
    assert said.count(f"taken as plain one: {repr('905936' + mark)[:-1]}") == 2


def test_a_table_of_ensembl_ids_after_itself_is_refused(folder):
    (folder / official.EXPRESSION_ZIP).unlink()
    make.write_ensembl(folder, [(f"ENSG{at}", gene) for at, gene in enumerate(make.GENES)])
    path = folder / "sanger1018_brainarray_ensemblgene_rma.txt.gz"
    path.write_bytes(path.read_bytes() * 2)
    make.refused(CorruptFileError, "Row 7 of .* is a header again", load_cohort, folder)


def test_cell_lines_named_by_numbers_keep_their_names(folder):
    rows = [[line, *labels] for line, labels in make.LINES.items()]
    rows[0][1], rows[1][2] = 697.0, " lymphoma "
    (folder / "cell_lines.csv").unlink()
    header = ["cosmic_id", "cell_line", "gdsc_tissue_1", "tcga_label"]
    make.write_rows(folder / "lines.xlsx", [header, *rows])
    annotation = load_cohort(folder).annotation
    assert annotation.loc["930299", "cell_line"] == "697"
    assert annotation.loc["909976", "tissue"] == "lymphoma"


def test_genes_of_a_table_whose_rows_are_all_repeated_are_named_in_part(folder):
    genes = [f"G{k}" for k in range(8)]
    numbers = make.values(6, 8)
    columns = {f"DATA.{line}": [*row, *row] for line, row in zip(make.LINES, numbers, strict=True)}
    make.write_expression(folder, columns, genes * 2)
    notes = [note for note in load_cohort(folder).provenance["handled"] if "identical rows" in note]
    assert len(notes) == 6 and notes[-1].startswith("3 further genes of identical rows")


@pytest.mark.parametrize("column", ["GENE_SYMBOLS", "LN_IC50"])
def test_a_column_that_is_there_twice_is_refused(plain, column):
    name = (
        "Cell_line_RMA_proc_basalExp.txt"
        if column == "GENE_SYMBOLS"
        else "GDSC1_fitted_dose_response_27Oct23.csv"
    )
    rewritten(
        plain / name,
        lambda text: text.replace("GENE_title", column, 1).replace("Z_SCORE", column, 1),
    )
    make.refused(DuplicateError, f"has the column {column} twice", load_cohort, plain)
