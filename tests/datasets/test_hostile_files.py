"""Archives, spreadsheets and other files made to harm: refused in one sentence, never executed."""

import gzip
import os
import pickle
import socket
import stat
import threading
import time
import tracemalloc
import warnings
import zipfile
import zlib
from contextlib import nullcontext, suppress
from pathlib import Path

import official_files as make
import pytest

from pnetlib.datasets import ctrp, gdsc_official as official, load_cohort
from pnetlib.datasets.cohort import Cohort
from pnetlib.datasets.delimited import read_delimited
from pnetlib.datasets.regulons import read_regulons, regulator_names
from pnetlib.datasets.sheets import rows_of
from pnetlib.datasets.workbooks import xlsx_rows
from pnetlib.errors import CorruptFileError, DataError, PnetError
from pnetlib.execution import files
from pnetlib.io import read_network

ZIP = "Cell_line_RMA_proc_basalExp.txt.zip"
XLSX = "GDSC1_fitted_dose_response_27Oct23.xlsx"
CSV = "GDSC1_fitted_dose_response_27Oct23.csv"
TEXT = ZIP.removesuffix(".zip")
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def folder(tmp_path):
    return make.official_folder(tmp_path / "gdsc")


def rewrite(path, change):
    """Write an archive again with members that `change` makes of the old ones."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, content in change(members):
            archive.writestr(name, content)


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda m: [*m.items(), ("../../etc/passwd", "x")], "'../../etc/passwd', which leads out"),
        (lambda m: [*m.items(), ("/etc/passwd", "x")], "'/etc/passwd', which leads out"),
        (lambda m: [*m.items(), ("C:\\x", "x")], "which leads out"),
        (lambda m: [*m.items(), ("a\\..\\..\\x", "x")], "which leads out"),
        (lambda m: [(link(TEXT), "/etc/passwd")], "is a link, not a file"),
        (lambda m: [(TEXT, b"0\t" * (1 << 24))], "unpacks to more than 200 times its size"),
        (lambda m: [*m.items(), *m.items()], f"has 2 files named {TEXT}"),
        (lambda m: [*m.items(), *((f"f{k}", "") for k in range(1001))], "has 1,002 files and may"),
        (lambda m: [(TEXT, b"PK\x03\x04" + bytes(100))], "is or contains a zip archive"),
        (lambda m: [(TEXT, pickle.dumps({"a": 1}))], "is or contains a Python pickle"),
        (lambda m: [(TEXT, b"")], "no column GENE_SYMBOLS"),
        (lambda m: [(f"{TEXT}/", b"")], f"does not contain {TEXT}"),
        (lambda m: [], f"does not contain {TEXT}"),
    ],
)
def test_archives_made_to_harm_are_refused(folder, change, named):
    rewrite(folder / ZIP, change)
    make.refused_data(named, load_cohort, folder)


def test_an_encrypted_archive_is_refused(folder):
    whole = bytearray((folder / ZIP).read_bytes())
    whole[6] |= 1
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    (folder / ZIP).write_bytes(whole)
    make.refused(CorruptFileError, "is encrypted; unpack it", load_cohort, folder)


def test_a_gzip_bomb_is_refused_early(tmp_path):
    path = tmp_path / "x.txt.gz"
    path.write_bytes(gzip.compress(b"a\tb\n" + b"0\t1\n" * (1 << 24), 9, mtime=0))
    limit, size = max(files.FREE, 200 * path.stat().st_size), 0
    with pytest.raises(CorruptFileError, match="unpacks to more than 200 times"):
        with files.opened(path) as file:
            while part := file.read(1 << 20):
                size += len(part)
    assert 0 < size <= limit


def test_the_archive_of_ctrp_is_read_within_limits(tmp_path, monkeypatch):
    (tmp_path / "ctrp").mkdir()
    monkeypatch.setattr(ctrp, "fetch_file", lambda file, folder: tmp_path / "x.zip")
    name = ctrp.OFFICIAL.areas[0]
    for content, named in (
        ([(name, b"1" * (1 << 26))], "unpacks to more than 200 times"),
        ([(f"../{name}", b"1")], "leads out of the archive"),
        ([(f"a/{name}", b"1"), (f"b/{name}", b"1")], "does not contain one"),
        ([(link(name), b"/etc/passwd")], "is a link"),
    ):
        with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for member in content:
                archive.writestr(*member)
        make.refused(CorruptFileError, named, ctrp.fetch_ctrp, tmp_path)
        assert not list((tmp_path / "ctrp").iterdir())


def sheet(change):
    """Return a change of an archive that changes the text of its sheet."""
    return lambda members: (members | {SHEET: change(members[SHEET])}).items()


def cell(content, attributes=b' r="F2"'):
    """Return a change that replaces the first value of the sheet by a cell."""

    def change(text):
        at = text.index(b"<c><v>", text.index(b"Doxorubicin"))
        end = text.index(b"</c>", at) + 4
        return text[:at] + b"<c" + attributes + b">" + content + b"</c>" + text[end:]

    return change


@pytest.mark.parametrize(
    ("content", "attributes", "named"),
    [
        (b"<f>1+1</f>", b' r="F2"', "cell F2 of .* has a formula without its value"),
        (b"<f>1+1</f><v></v>", b' r="F2"', "cell F2 of .* has a formula"),
        (b"<f>1+1</f><v/>", b"", "A cell of .* has a formula"),
        (b'<f t="shared" si="0"/>', b' r="F2"', "cell F2 of .* has a formula"),
        (b"<f>[1]Sheet1!A1</f>", b' r="F2"', "cell F2 of .* has a formula"),
        (b"<f>cmd|' /C calc'!A0</f>", b' r="F2"', "cell F2 of .* has a formula"),
    ],
)
def test_a_formula_without_its_value_is_refused(folder, content, attributes, named):
    rewrite(folder / XLSX, sheet(cell(content, attributes)))
    make.refused(CorruptFileError, named, load_cohort, folder)


@pytest.mark.parametrize(
    "formula", [b"<f>1+1</f>", b"<f>[1]Sheet1!A1</f>", b'<f t="shared" si="0"/>']
)
def test_the_stored_value_of_a_formula_is_read(folder, formula):
    rewrite(folder / XLSX, sheet(cell(formula + b"<v>2.75</v>")))
    rewrite(
        folder / XLSX,
        lambda m: [
            *m.items(),
            ("xl/vbaProject.bin", b"\xcc\x61"),
            ("xl/externalLinks/externalLink1.xml", b"<externalLink/>"),
        ],
    )
    rows = list(rows_of(folder / XLSX, ["LN_IC50"]))
    assert rows[0] == (2, [2.75])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            sheet(lambda t: t.replace(b"<c>", b'<c r="XFD1048576">', 1)),
            "spans 1,048,576 rows and 16,384",
        ),
        (
            sheet(lambda t: t.replace(b"<sheetData>", b"<sheetData>" + b" " * (1 << 26))),
            "200 times",
        ),
        (lambda m: [*m.items(), ("xl/sharedStrings.xml", b" " * (1 << 26))], "200 times"),
        (lambda m: [*m.items(), (SHEET, m[SHEET])], "has two files of one name"),
        (lambda m: [(n, c) for n, c in m.items() if n != SHEET], "not an xlsx file"),
        (sheet(lambda t: t[: len(t) // 2]), "not an xlsx file|ends early"),
        (lambda m: [("x.txt", b"1")], "not an xlsx file"),
    ],
)
def test_spreadsheets_made_to_harm_are_refused(folder, change, named):
    rewrite(folder / XLSX, change)
    make.refused_data(named, load_cohort, folder)


@pytest.mark.parametrize(("counted", "named"), [(40, "Bad CRC"), (41, "longer than it declares")])
@pytest.mark.parametrize("part", [SHEET, "xl/styles.xml"])
def test_a_part_longer_than_it_declares_is_refused(folder, counted, named, part):
    with zipfile.ZipFile(folder / XLSX, "a") as archive:
        if part != SHEET:  # one that is read by nobody
            archive.writestr(part, "<styleSheet>" + " " * 60 + "</styleSheet>")
        start = archive.read(part)[:counted]
    whole = bytearray((folder / XLSX).read_bytes())
    at = whole.rindex(part.encode()) - 46  # its entry in the directory at the end
    assert whole[at : at + 4] == b"PK\x01\x02"
    whole[at + 16 : at + 20] = zlib.crc32(start).to_bytes(4, "little")
    whole[at + 24 : at + 28] = (40).to_bytes(4, "little")
    (folder / XLSX).write_bytes(whole)
    make.refused(CorruptFileError, named, load_cohort, folder)


def test_entities_are_not_expanded(folder):
    laughs = (
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%b">' % (98 + k, b"&%c;" % (97 + k) * 10) for k in range(9))
        + b"]>"
    )

    def change(text):
        return text.replace(b"<worksheet", laughs + b"<worksheet", 1).replace(
            b"Doxorubicin", b"&j;", 1
        )

    rewrite(folder / XLSX, sheet(change))
    tracemalloc.start()
    with pytest.raises(DataError):
        load_cohort(folder, drugs="Docetaxel")
        raise DataError("read without the entity")
    assert tracemalloc.get_traced_memory()[1] < 1 << 26
    tracemalloc.stop()


class Harm:
    """A pickle that would write a file if it were loaded."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return Path.write_text, (Path(self.path), "harm")


READERS = {
    "Cell_line_RMA_proc_basalExp.txt": lambda path: official.read_expression(path, []),
    ZIP: lambda path: official.read_expression(path, []),
    "sanger1018_brainarray_ensemblgene_rma.txt.gz": lambda path: official.read_expression(path, []),
    XLSX: official.drugs_in,
    CSV: official.drugs_in,
    "cell_lines.csv": lambda path: official.read_annotation(path, []),
    "AUC_1.csv": lambda path: read_delimited(path, ",", ["a"]),
    "regulons.csv": read_regulons,
    "names.txt": lambda path: regulator_names(str(path)),
    "network.npz": read_network,
    "network.mtx": read_network,
    "network.graphml": read_network,
    "cohort.npz": Cohort.load,
}


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize("name", READERS)
def test_a_pickle_in_disguise_is_refused_and_never_loaded(tmp_path, name, protocol):
    harm = pickle.dumps(Harm(tmp_path / "harm"), protocol)
    (tmp_path / name).write_bytes(harm)
    (tmp_path / "network.genes.txt").write_text("A\n")
    # A pickle of protocol 0 is text, and each line of it may be a name.
    with nullcontext() if (name, protocol) == ("names.txt", 0) else pytest.raises(PnetError):
        READERS[name](tmp_path / name)
    assert not (tmp_path / "harm").exists()


def test_an_array_of_objects_is_refused_and_never_loaded(tmp_path):
    import numpy as np

    harm = np.array([Harm(tmp_path / "harm")], dtype=object)
    for name in ("network.npz", "cohort.npz"):
        np.savez(tmp_path / name, data=harm, genes=harm, format=harm, expression=harm)
        with pytest.raises(PnetError):
            READERS[name](tmp_path / name)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("kind", ["pipe", "folder", "socket", "device", "broken link", "absent"])
@pytest.mark.parametrize("name", READERS)
def test_what_is_no_plain_file_is_refused_at_once(tmp_path, monkeypatch, name, kind):
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    path = tmp_path / name
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as served:
            served.bind(name)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "broken link":
        path.symlink_to("nowhere")
    (tmp_path / "network.genes.txt").write_text("A\n")
    refused = []

    def read():
        with pytest.raises(PnetError) as caught:
            READERS[name](path)
        refused.append(str(caught.value))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(60)
    assert len(refused) == 1 and "\n" not in refused[0] and refused[0].endswith("."), refused


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"b", b"GENE_SYMBOLS\tDATA.1\n", b"\xef\xbb\xbf", bytes(99)]
)
@pytest.mark.parametrize("name", READERS)
def test_an_empty_file_or_one_line_is_refused(tmp_path, name, content):
    if name.endswith(".gz"):
        content = gzip.compress(content, mtime=0)
    (tmp_path / name).write_bytes(content)
    (tmp_path / "network.genes.txt").write_text("A\n")
    if name == "names.txt" and content == b"b":
        assert regulator_names(str(tmp_path / name)) == ("b",)
        return
    with pytest.raises(PnetError) as caught:
        READERS[name](tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [ZIP, XLSX, "cell_lines.csv"])
def test_a_file_that_may_not_be_read_is_refused(folder, monkeypatch, name):
    plain = open

    def closed(path, *arguments, **options):
        if str(path) == str(folder / name):
            raise PermissionError(13, "Permission denied", str(path))
        return plain(path, *arguments, **options)

    monkeypatch.setattr("builtins.open", closed)
    named = f"{name.replace('.', '[.]')} cannot be read .Permission denied.; check the file"
    make.refused(DataError, named, load_cohort, folder)


def test_a_file_that_changes_while_it_is_read_is_refused(folder, monkeypatch):
    read = official.read_response

    def changing(path, *arguments):
        found = read(path, *arguments)
        with open(path, "r+b") as file:
            file.truncate(100)
        return found

    monkeypatch.setattr(official, "read_response", changing)
    make.refused(DataError, f"{XLSX} changed while it was read", load_cohort, folder)


def test_leading_blank_rows_of_a_sheet_are_counted(tmp_path):
    rows = [["", ""], ["a", "b"], [1.0, 2.0]]
    path = make.write_rows(tmp_path / "x.xlsx", rows)
    assert [place for place, _ in rows_of(path, ["a"])] == [3]
    assert len(list(xlsx_rows(path))) == 3


@pytest.mark.parametrize(
    "evil", [b"<f>" + b"<c>" * 350_000, b"<f>" + b"<v" * 500_000, b"<c" * 500_000 + b"<f></c>"]
)
def test_a_sheet_made_to_take_long_does_not(tmp_path, evil):
    make.write_rows(tmp_path / "x.xlsx", [["a"], [1.0]])
    rewrite(
        tmp_path / "x.xlsx",
        sheet(
            lambda text: text.replace(
                b"<row", evil + os.urandom(1 << 15).hex().encode() + b"<row", 1
            )
        ),
    )
    started = time.process_time()
    with suppress(PnetError):
        list(xlsx_rows(tmp_path / "x.xlsx"))
    assert time.process_time() - started < 5
