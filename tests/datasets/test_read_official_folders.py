"""Files of the official folder in unusual states: what is read, what is said and where a fault is."""

import gzip

import numpy as np
import official_files as make
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from pnetlib.datasets import candidates, gdsc_official as official, list_drugs, load_cohort
from pnetlib.errors import CorruptFileError, DataError, DuplicateError, MissingDrugError

NAME = "Cell_line_RMA_proc_basalExp.txt"
RESPONSE = "GDSC1_fitted_dose_response_27Oct23"


@pytest.fixture
def folder(tmp_path):
    return make.official_folder(tmp_path / "gdsc")


@pytest.fixture
def text(folder):
    """The expression as text."""
    (folder / f"{NAME}.zip").unlink()
    return make.write_expression(folder, zipped=False)


def as_csv(folder, rows=None, header=make.RESPONSE, name=None, encoding="utf-8"):
    """Write the response as csv in the place of the workbook."""
    (folder / f"{RESPONSE}.xlsx").unlink(missing_ok=True)
    path = make.write_response(folder, rows, header, ".csv")
    path.write_bytes(path.read_text().encode(encoding))
    return path.rename(folder / name) if name else path


# Expression -----------------------------------------------------------------------------------


def test_the_row_in_which_a_text_ends_is_named(text):
    rows = text.read_text().rstrip("\n").split("\n")
    short = rows[3].rpartition("\t")[0]
    text.write_text("\n".join([*rows[:3], short]))
    with pytest.raises(DataError, match="row 4"):
        official.read_expression(text, [])
    text.write_text("\n".join([*rows[:3], short, *rows[4:]]))
    with pytest.raises(DataError, match=r"[Rr]ow 4\b"):
        official.read_expression(text, [])
    text.write_text("\n".join([*rows[:3], rows[3] + "\t1.5", *rows[4:]]))
    named = "^Row 4 of .* has 9 fields and the header 8; correct"
    make.refused(CorruptFileError, named, official.read_expression, text, [])
    text.write_text("\n".join(rows[:1]))
    make.refused(CorruptFileError, NAME, official.read_expression, text, [])


@pytest.mark.parametrize("end", ["6.", "-", "+", "6e", "-6.5E", "6.5e-", "6e+"])
def test_a_text_that_ends_within_a_number_is_truncated(text, end):
    whole = text.read_text().rstrip("\n")
    start = whole.rpartition("\t")[0]
    text.write_text(f"{start}\t{end}")
    named = f"{NAME} is truncated: it ends within row 6; fetch it again"
    make.refused(CorruptFileError, named, official.read_expression, text, [])
    for complete in (f"{start}\t6.\n", f"{start}\t6.5", f"{start}\t6e-1", f"{start}\t-6\t"):
        text.write_text(complete)
        assert official.read_expression(text, []).shape == (6, 5)
    rows = whole.split("\n")
    text.write_text("\n".join([f"{rows[0]}\tremark", *(f"{row}\tsee there." for row in rows[1:])]))
    assert official.read_expression(text, []).shape == (6, 5)


@given(
    row=st.integers(1, 5), column=st.integers(2, 7), word=st.sampled_from(["", "x", "inf", "1_0"])
)
@settings(max_examples=25)
def test_the_place_of_a_wrong_value_is_named(tmp_path_factory, row, column, word):
    path = make.write_expression(tmp_path_factory.mktemp("place"), zipped=False)
    rows = [line.split("\t") for line in path.read_text().rstrip("\n").split("\n")]
    line = rows[0][column]
    if column == 7 and not word:
        return  # a blank last cell is a row that ends early
    rows[row][column] = word
    path.write_text("\n".join(map("\t".join, rows)) + "\n")
    what = repr(word) if word else "blank"
    named = (
        rf"expression of {rows[row][0]} \(row {row + 1}, column {line}\) in {path.name} is {what};"
    )
    if word != "inf":  # which the cohort refuses, see test_infinite_value_is_refused
        make.refused(DataError, named, official.read_expression, path, [])


@pytest.mark.parametrize("times", [2, 3])
def test_a_gene_of_several_rows_is_used_once_or_refused(tmp_path, times):
    numbers = np.arange(6.0)
    columns = {f"DATA.{k}": [n, *[n * n] * times, -n] for k, n in enumerate(numbers)}
    genes = ["A", *["B"] * times, "C"]
    path, handled = make.write_expression(tmp_path, columns, genes, zipped=False), []
    table = official.read_expression(path, handled)
    assert list(table.columns) == ["A", "B", "C"]
    assert (
        table["B"].tolist() == (numbers**2).tolist() and table["C"].tolist() == (-numbers).tolist()
    )
    assert handled == [f"The gene B has {times} identical rows; one was used."]
    columns["DATA.3"][times] += 1.0
    path = make.write_expression(tmp_path, columns, genes, zipped=False)
    rows = ", ".join(str(k) for k in range(3, 3 + times))
    named = rf"B appears {times} times in {NAME} \(rows {rows}\) with different"
    make.refused(DuplicateError, named, official.read_expression, path, [])


@pytest.mark.parametrize("spelt", ['"B"', "B\u200b", "\ufeffB", '\u00ad" B"', " B \u2060"])
def test_symbols_are_without_quotes_and_characters_that_are_not_shown(tmp_path, spelt):
    columns = {f"DATA.{k}": [1.0 + k, 2.0 - k, 3.0 * k] for k in range(3)}
    path, handled = make.write_expression(tmp_path, columns, ["A", spelt, '"'], zipped=False), []
    assert list(official.read_expression(path, handled)) == ["A", "B", '"']
    said = f"1 gene symbol of {NAME} taken without surrounding quotes or characters that are not shown: B."
    assert handled == [said]
    make.write_expression(tmp_path, columns, ["B", spelt, "C"], zipped=False)
    named = rf"B appears 2 times in {NAME} \(rows 2, 3\) with different"
    make.refused(DuplicateError, named, official.read_expression, path, [])


def test_columns_and_rows_left_out_are_said_and_blank_ones_are_not(tmp_path):
    columns = {f"DATA.{k}": [1.0 + k, 2.0, 3.0] for k in range(3)} | {"": ["", "", ""]}
    path, handled = make.write_expression(tmp_path, columns, ["A", "", " "], zipped=False), []
    table = official.read_expression(path, handled)
    assert table.shape == (3, 1) and table["A"].tolist() == [1, 2, 3]
    assert handled == [f"2 rows of {NAME} without a gene symbol left out."]


def test_only_the_first_of_two_columns_of_a_line_is_kept_and_constant_ones_are_no_warning(tmp_path):
    columns = {
        "DATA.7": [1, 2, 4],
        "DATA.8": [5, 5, 5],
        "DATA.8.1": [6, 7, 9],
        "DATA.7.1": [2, 4, 8],
    }
    handled = []
    table = official.read_expression(
        make.write_expression(tmp_path, columns, list("ABC"), zipped=False), handled
    )
    assert table.loc["7"].tolist() == [1, 2, 4] and table.loc["8"].tolist() == [5, 5, 5]
    assert [note.split(" ")[2] for note in handled] == ["8", "7"]
    assert "correlation nan" in handled[0] and "correlation 1.000 with the first" in handled[1]


def test_the_file_by_ensembl_id_is_damaged(folder):
    (folder / f"{NAME}.zip").unlink()
    make.write_ensembl(folder, [("ENSG0", "RET"), ("ENSG1", "TP53")])
    path = folder / candidates.ENSEMBL
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    make.refused(CorruptFileError, "txt.gz is truncated or damaged", load_cohort, folder)
    path.write_bytes(gzip.compress(gzip.decompress(whole).replace(b"ensembl_gene", b"gene")))
    with pytest.raises(DataError, match="no column .* in its first line; put"):
        load_cohort(folder)


def test_text_in_another_encoding_is_refused(text):
    text.write_bytes(text.read_bytes().replace(b"RET", b"R\xe9T", 1))
    make.refused(
        CorruptFileError,
        "not text in UTF-8 .row 2 has the byte 0xE9, é",
        official.read_expression,
        text,
        [],
    )


@pytest.mark.parametrize("words", [["True"] * 5, ["False", "TRUE", "true", "FALSE", "false"]])
def test_a_column_of_truth_values_is_no_expression(text, words):
    rows = [line.split("\t") for line in text.read_text().rstrip("\n").split("\n")]
    for row, word in zip(rows[1:], words, strict=True):
        row[4] = word
    text.write_text("\n".join(map("\t".join, rows)) + "\n")
    named = rf"expression of RET \(row 2, column {rows[0][4]}\) in {NAME} is '{words[0]}'; replace"
    make.refused(DataError, named, official.read_expression, text, [])


@pytest.mark.parametrize("word", ["1e200", "-1e200"])
def test_expression_beyond_any_measurement_is_refused(text, word):
    rows = [line.split("\t") for line in text.read_text().rstrip("\n").split("\n")]
    rows[3][5] = word
    text.write_text("\n".join(map("\t".join, rows)) + "\n")
    named = rf"of AKR1C1 \(row 4, column {rows[0][5]}\) in {NAME} is '{word}', too large for a"
    make.refused(DataError, named, official.read_expression, text, [])


def test_a_column_of_zeros_and_ones_is_expression(tmp_path):
    columns = {"DATA.1": [0, 1, 1], "DATA.2": ["1.0", "0.00", "1"]}
    path = make.write_expression(tmp_path, columns, list("ABC"), zipped=False)
    assert official.read_expression(path, []).to_numpy().tolist() == [[0, 1, 1], [1, 0, 1]]


# Response -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Aaa", "Taxotere", "docetaxel"])
def test_a_drug_under_another_name_is_reported_but_another_case_is_not(folder, name):
    handled = load_cohort(folder, drugs={name: 1007}).provenance["handled"]
    said = f"DRUG_ID 1007, here {name}, is Docetaxel in the file."
    assert (said in handled) == (name != "docetaxel")


def test_two_screens_in_one_file_are_refused(folder):
    cohort, rows = load_cohort(folder), make.response_rows()
    rows[8][0] = rows[9][0] = "gdsc2"
    path = as_csv(folder, rows)
    named = f"DATASET in row 10 of {path.name} is GDSC2 and in row 2 GDSC1; put each screen"
    make.refused(DataError, named, load_cohort, folder)
    make.refused(DataError, named, load_cohort, folder, drugs="Docetaxel")
    make.refused(DataError, named, list_drugs, folder)
    make.refused(DataError, named, official.read_screens, folder, cohort)


def test_several_names_of_one_drug_id_are_said(folder):
    rows = make.response_rows()
    at = [k for k, row in enumerate(rows) if row[3] == 1007]
    rows[at[1]][4], rows[at[2]][4] = "Taxotere", "DOCE-TAXEL"
    path = as_csv(folder, rows)
    said = f"DRUG_ID 1007 has 2 names in {path.name}, Docetaxel, Taxotere; they count as one drug."
    assert said in load_cohort(folder).provenance["handled"]
    handled = load_cohort(folder, drugs={"Doxorubicin": 133}).provenance["handled"]
    assert not any("names in" in note for note in handled)


def test_names_that_contradict_the_ids_of_cell_lines_are_said(folder):
    rows = make.response_rows()
    rows[0][2], rows[1][2], rows[2][2] = "HCT-116", "kmh 2", "NCI-HCT116"
    for row in rows:
        row[2] = "T T." if row[1] == 908444 else row[2]
    path = as_csv(folder, rows)
    assert load_cohort(folder).provenance["handled"][:2] == [
        f"1 COSMIC id of {path.name} has names of several cell lines, and the id counts: "
        "930299 (HCT-116, TT).",
        f"2 COSMIC ids of {path.name} have the name of another cell line in the annotation, and the "
        "id counts: 930299 (HCT-116, which is 905936), 908444 (T T., which is 930299).",
    ]


@pytest.mark.parametrize("spelt", ["0905936", "９０５９３６"])
def test_ids_with_leading_zeros_or_other_digits_are_plain_ones(folder, text, spelt):
    expected = load_cohort(folder)
    rows = make.response_rows()
    for row in rows:
        row[1] = spelt if row[1] == 905936 else row[1]
        row[3] = "0133" if row[3] == 133 else row[3]
    path = as_csv(folder, rows)
    lines = folder / "cell_lines.csv"
    for file in (text, lines):
        file.write_text(file.read_text().replace("905936", spelt))
    found = load_cohort(folder)
    for name in ("expression", "response", "annotation"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name))
    said = "with leading zeros, invisible characters or other digits than 0 to 9 taken as plain"
    assert found.provenance["handled"][:3] == [
        f"1 id of {text.name} {said} one: {spelt} as 905936.",
        f"1 id of {lines.name} {said} one: {spelt} as 905936.",
        f"2 ids of {path.name} {said} ones: 0133 as 133, {spelt} as 905936.",
    ]
    screens = official.read_screens(folder, found).provenance["handled"]
    assert f"2 ids of {path.name} {said} ones: 0133 as 133, {spelt} as 905936." in screens


def test_rows_left_out_are_counted(folder):
    rows = make.response_rows()
    rows[0][1] = rows[1][5] = ""
    rows[7][1] = ""  # of another drug, Mitomycin-C
    rows[-1][5] = "NA"  # of a drug that is not asked for
    as_csv(folder, rows)
    handled = load_cohort(folder, drugs={"Doxorubicin": 133, "Mitomycin-C": 136}).provenance[
        "handled"
    ]
    assert f"3 rows of {RESPONSE}.csv without COSMIC_ID or LN_IC50 left out." in handled


@pytest.mark.parametrize("word", ["inf", "-inf", "x", "1,5"])
def test_the_row_of_a_wrong_response_is_named(folder, word):
    rows = make.response_rows()
    rows[9][5] = word
    as_csv(folder, rows)
    named = f"LN_IC50 in row 11 of {RESPONSE}.csv is '{word}', not a number; correct it or"
    make.refused(DataError, named, load_cohort, folder)
    rows[9][5], rows[4][1] = 0.5, "X4"
    as_csv(folder, rows)
    named = "COSMIC_ID in row 6 of .* is 'X4', not a whole number; correct it or leave"
    make.refused(DataError, named, load_cohort, folder)


@pytest.mark.parametrize("truth", [True, False])
def test_a_truth_value_of_a_spreadsheet_is_no_response(folder, truth):
    cohort, rows = load_cohort(folder), make.response_rows()
    rows[9][5] = truth
    make.write_response(folder, rows)
    named = rf"LN_IC50 in row 11 of {RESPONSE}.xlsx is {truth}, not a number; correct it or"
    make.refused(DataError, named, load_cohort, folder)
    rows[9][5], rows[-1][5] = 0.5, truth
    make.write_response(folder, rows)
    named = f"LN_IC50 in row {len(rows) + 1} of {RESPONSE}.xlsx is {truth}, not a number"
    make.refused(DataError, named, official.read_screens, folder, cohort)


def test_a_response_beyond_any_measurement_is_refused(folder):
    cohort, rows = load_cohort(folder), make.response_rows()
    rows[9][5] = -1e200
    make.write_response(folder, rows)
    named = (
        rf"LN_IC50 in row 11 of {RESPONSE}.xlsx is -1e\+200, too large for a measurement; correct"
    )
    make.refused(DataError, named, load_cohort, folder)
    as_csv(folder, [[*row, 1e200] for row in make.response_rows()], [*make.RESPONSE, "AUC"])
    named = rf"AUC in row 2 of {RESPONSE}.csv is 1e\+200, too large for a measurement; correct"
    make.refused(DataError, named, official.read_screens, folder, cohort)


def test_repeated_rows_are_counted_and_another_value_names_line_and_drug(folder):
    rows = make.response_rows()
    path = as_csv(folder, [*rows, rows[0], rows[0], rows[8]])
    assert f"3 repeated rows of {path.name} left out." in load_cohort(folder).provenance["handled"]
    as_csv(folder, [*rows, [*rows[8][:5], 9.5, 0.0]])
    named = (
        f"The measurement of cell line 905936 by drug 136 appears more than once in {path.name}, in "
        f"rows 10 and {len(rows) + 2} with different values; keep"
    )
    make.refused(DuplicateError, named, load_cohort, folder)


def test_a_missing_drug_is_named_with_all_its_other_ids(folder):
    rows = [row for row in make.response_rows() if row[3] != 133]
    rows += [[*row[:3], 99.0, *row[4:]] for row in rows if row[3] == 1386]
    as_csv(folder, rows)
    named = "no drug Doxorubicin with DRUG_ID 133; it has Doxorubicin as 1386 and 99."
    make.refused(MissingDrugError, named, load_cohort, folder)
    named = "no drug Nothing with DRUG_ID 5; check the id."
    make.refused(MissingDrugError, named, load_cohort, folder, drugs={"Nothing": 5})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators_of_a_csv(folder, encoding, separator):
    expected = load_cohort(folder).response
    path = as_csv(folder, name="Übersicht.csv")
    path.write_bytes(path.read_text().replace(",", separator).encode(encoding))
    pd.testing.assert_frame_equal(load_cohort(folder).response, expected)


def test_a_damaged_csv_is_refused(folder):
    path = as_csv(folder)
    rows = path.read_text()
    path.write_text(rows + 'GDSC1,"1')
    named = f"Row {rows.count(chr(10)) + 1} of {path.name} has a quotation mark that is not closed"
    make.refused_data(named, load_cohort, folder)
    path.write_bytes(b"\xff" + path.read_bytes())
    make.refused(
        CorruptFileError, r"not text in UTF-8 \(row 1 has the byte 0xFF", load_cohort, folder
    )


def test_what_is_no_table_of_responses_is_no_candidate(folder):
    expected = load_cohort(folder).response
    as_csv(folder, name="v17.csv")
    (folder / "copy.csv").mkdir()
    (folder / "v17.csv.txt").write_bytes((folder / "v17.csv").read_bytes())
    (folder / "v17.csv.bak").write_bytes((folder / "v17.csv").read_bytes())
    (folder / "empty.csv").write_text("")
    (folder / "no.xlsx").write_text("no workbook")
    (folder / "gene_identifiers_20191101.csv").write_bytes((folder / "v17.csv").read_bytes())
    assert candidates.response_files(folder, "GDSC1") == [folder / "v17.csv"]
    pd.testing.assert_frame_equal(load_cohort(folder).response, expected)
    (folder / "header.csv").write_text(",".join(make.RESPONSE) + "\n")
    assert len(candidates.response_files(folder, "GDSC1")) == 2


@pytest.mark.parametrize(
    ("name", "dataset", "screen"),
    [
        ("a.csv", "gdsc1", "GDSC1"),
        ("a.csv", "GDSC2", "GDSC2"),
        ("a.csv", "v17", "GDSC1"),
        ("GDSC2_x.csv", "v17", "GDSC2"),
        ("GDSC2_x.csv", "GDSC1", "GDSC1"),
        ("gdsc2_x.csv", None, "GDSC2"),
        ("x.csv", None, "GDSC1"),
    ],
)
def test_the_screen_is_that_of_the_content_or_else_of_the_name(folder, name, dataset, screen):
    rows, header = make.response_rows(), list(make.RESPONSE)
    rows = [[dataset or "", *row[1:]] for row in rows]
    if dataset is None:
        rows, header = [row[1:] for row in rows], header[1:]
    as_csv(folder, rows, header, name)
    for asked in ("GDSC1", "GDSC2"):
        assert candidates.response_files(folder, asked) == [folder / name] * (asked == screen)


def test_of_two_files_with_the_official_name_the_workbook_counts(folder):
    as_csv(folder)
    make.write_response(folder)
    assert candidates.response_files(folder, "GDSC1") == [folder / f"{RESPONSE}.xlsx"]
    assert candidates.response_files(folder, "GDSC2") == []
    make.write_response(folder).rename(folder / f"{candidates.SECOND}.xlsx")
    assert candidates.response_files(folder, "GDSC2") == [folder / f"{candidates.SECOND}.xlsx"]
    assert candidates.response_files(folder, "GDSC1") == [folder / f"{RESPONSE}.csv"]


def test_drugs_are_listed_with_pathway_median_and_spread(folder):
    rows = [
        [1.0 + k, 5.0, " Name ", "WNT", value] for k, value in enumerate([1.0, 2.0, 4.0, 8.0])
    ] + [[1.0, 7.0, 741909.0, "", -1.0]]
    header = ["COSMIC_ID", "DRUG_ID", "DRUG_NAME", "TARGET_PATHWAY", "LN_IC50"]
    make.write_response(folder, rows, header)
    listed = list_drugs(folder).set_index("id")
    assert listed.loc[5, ["name", "lines", "pathway"]].tolist() == ["Name", 4, "WNT"]
    assert listed.loc[5, "median"] == 3.0 and listed.loc[5, "spread"] == 5.0 - 1.75
    assert listed.loc[7, ["name", "lines"]].tolist() == ["741909", 1]


# Further screens ------------------------------------------------------------------------------


def test_screens_with_cell_lines_twice_are_left_out_and_said(folder):
    cohort = load_cohort(folder)
    rows = make.response_rows()
    as_csv(folder, [*rows, [*rows[-1][:5], 7.5, 0.0]])
    handled = official.read_screens(folder, cohort).provenance["handled"]
    assert f"Doxorubicin 1386 of {RESPONSE}.csv has cell lines twice; left out." in handled
    assert sum("no screen of GDSC2" in note for note in handled) == 1


# Annotation -----------------------------------------------------------------------------------


def test_rows_of_the_annotation_without_an_id_are_counted(folder):
    path = folder / "cell_lines.csv"
    path.write_text(path.read_text() + "x1,A,lung,LUAD\n,B,lung,LUAD\n")
    cohort = load_cohort(folder)
    assert "2 rows of cell_lines.csv without a COSMIC id left out." in cohort.provenance["handled"]
    assert not {"A", "B"} & set(cohort.annotation["cell_line"])


# Limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("genes", "said"),
    [
        (5, []),
        (6, ["1 further gene of identical rows; one of each was used."]),
        (8, ["3 further genes of identical rows; one of each was used."]),
    ],
)
def test_repeated_rows_of_many_genes_are_said_once(tmp_path, genes, said):
    names = [gene for k in range(genes) for gene in (f"G{k}", f"G{k}")]
    columns = {f"DATA.{k}": [float(k * (at // 2)) for at in range(2 * genes)] for k in range(3)}
    path, handled = make.write_expression(tmp_path, columns, names, zipped=False), []
    table = official.read_expression(path, handled)
    assert list(table.columns) == [f"G{k}" for k in range(genes)]
    assert sum("identical rows; one was used" in note for note in handled) == 5
    assert handled[5:] == said


def test_a_second_column_of_symbols_is_refused(text):
    text.write_text(text.read_text().replace("GENE_title", "GENE_SYMBOLS"))
    named = "has the column GENE_SYMBOLS twice; keep one"
    make.refused(DuplicateError, named, official.read_expression, text, [])


@pytest.mark.parametrize("most, allowed", [(4, False), (5, True), (6, True)])
def test_no_more_genes_than_a_table_may_have(text, monkeypatch, most, allowed):
    monkeypatch.setattr(official, "MOST_GENES", most)
    if allowed:
        assert official.read_expression(text, []).shape == (6, 5)
    else:
        make.refused(
            CorruptFileError, "has more rows than the 4", official.read_expression, text, []
        )


@pytest.mark.parametrize("name", ["annotation.xlsx", "Lines of 2019.xlsx"])
def test_the_official_table_of_lines_is_known_under_any_name(folder, name):
    expected = load_cohort(folder).annotation
    (folder / "cell_lines.csv").unlink()
    make.write_annotation(folder, official=True).rename(folder / name)
    assert candidates.kind_of(folder / name) == "annotation"
    pd.testing.assert_frame_equal(load_cohort(folder).annotation, expected)


def test_no_more_cell_lines_than_a_table_may_have(folder, monkeypatch):
    path = folder / "cell_lines.csv"
    monkeypatch.setattr(official, "MOST_LINES", len(make.LINES))
    assert len(official.read_annotation(path, [])) == len(make.LINES)
    monkeypatch.setattr(official, "MOST_LINES", len(make.LINES) - 1)
    make.refused(CorruptFileError, "cell lines", official.read_annotation, path, [])
