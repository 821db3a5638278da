"""A run: its folder, and what it writes and reads."""

import hashlib
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from pnetlib.datasets import load_cohort
from pnetlib.errors import UsageError
from pnetlib.execution.storage import digest
from pnetlib.workflow.project import project_root
from pnetlib.workflow.run import TRACE, Run


@pytest.fixture
def run(tmp_path):
    return Run("simulated", "smoke", out=str(tmp_path / "run"), seed=1)


def test_folder_is_named_by_source_and_profile(project, tmp_path):
    assert Run("gdsc", "standard").folder == project / "results" / "gdsc-standard"
    (tmp_path / "gdsc").mkdir()
    files = Run(str(tmp_path / "gdsc"), "paper")
    assert files.folder == project / "results" / "folder-gdsc-paper"


def test_folder_does_not_depend_on_the_working_folder(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Run("simulated", "smoke", out="elsewhere").folder == project / "elsewhere"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"profile": "fast"}, "profile is 'fast'"),
        ({"source": "gdcs"}, "source is 'gdcs'"),
        ({"source": ""}, "source is ''"),
        ({"seed": "7"}, "seed is '7'"),
        ({"seed": -1}, "seed is -1"),
        ({"threads": 1.5}, "threads is 1.5"),
        ({"threads": True}, "threads is True"),
    ],
)
def test_run_refuses_wrong_parameters(wrong, words):
    with pytest.raises(UsageError, match=words):
        Run(**{"source": "simulated", "profile": "smoke"} | wrong)


def test_json_is_read_as_written_and_has_the_same_bytes(run, tmp_path):
    numbers = {
        "b": [np.float64(1 / 3), np.nan, np.int32(4)],
        "a": {"x": np.array([1.5, np.nan]), "done": np.bool_(True)},
        "none": None,
    }
    path = run.write_json("02_numbers", numbers)
    assert run.read_json("02_numbers") == {
        "a": {"done": True, "x": [1.5, None]},
        "b": [1 / 3, None, 4],
        "none": None,
    }
    other = Run("simulated", "smoke", out=str(tmp_path / "other"), seed=1)
    backwards = dict(reversed(numbers.items()))
    assert other.write_json("02_numbers", backwards).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        ({"mse": {"Pro": np.inf}}, ValueError, "n.mse.Pro is infinite"),
        ({"lines": [pd.Series([1])]}, TypeError, r"n.lines\[0\] is a Series"),
        ({1: 2}, TypeError, "every key must be text"),
    ],
)
def test_json_refuses_values_it_cannot_store(run, value, error, words):
    with pytest.raises(error, match=words):
        run.write_json("n", value)
    assert not (run.folder / "n.json").exists()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_tables_are_read_bit_for_bit(tmp_path_factory, values):
    run = Run("simulated", "smoke", out=str(tmp_path_factory.mktemp("run")))
    table = pd.DataFrame(
        {"effect": values, "tissue": ["NA"] * len(values)},
        index=pd.Index([f"00{at}" for at in range(len(values))], name="line"),
    )
    run.write_table("t", table)
    pd.testing.assert_frame_equal(run.read_table("t"), table, check_exact=True)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"n": [1, 2], "mse": [0.1, np.nan]}),
        pd.DataFrame({"n": [True, False]}, index=pd.Index(["A", "B"])),
        pd.DataFrame(
            {"mse": [0.1, 0.2]},
            index=pd.MultiIndex.from_tuples([("5-FU", "Pro"), ("5-FU", "LA")], names=["d", "m"]),
        ),
    ],
    ids=["rows", "unnamed index", "two levels"],
)
def test_tables_are_read_with_their_index(run, table):
    run.write_table("t", table)
    pd.testing.assert_frame_equal(run.read_table("t"), table, check_index_type=False)


def test_arrays_are_read_with_their_labels(run):
    run.write_arrays("a", B=np.eye(3), genes=pd.Index(["TP53", "SLFN11"]))
    arrays = run.read_arrays("a")
    np.testing.assert_array_equal(arrays["B"], np.eye(3))
    assert arrays["genes"].tolist() == ["TP53", "SLFN11"]
    with pytest.raises(TypeError, match="not text"):
        run.write_arrays("a", bad=np.array([1, None], dtype=object))


def draw():
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 2))
    axes = figure.subplots()
    axes.scatter([1, 2, 3], [3, 1, 2], clip_on=True)
    axes.set_title("Δ mean squared error")
    return figure


def test_figures_and_arrays_have_the_same_bytes_each_time(tmp_path):
    digests = []
    for name in ("a", "b"):
        time.sleep(len(digests) * 1.1)  # dates in files are in seconds
        run = Run("simulated", "smoke", out=str(tmp_path / name))
        png = run.save_figure("02_errors", draw())
        npz = run.write_arrays("02_fit", B=np.eye(5))
        files = (png, png.with_suffix(".svg"), npz)
        digests.append([hashlib.sha256(file.read_bytes()).hexdigest() for file in files])
    assert digests[0] == digests[1]


def test_text_is_written_as_it_is(run):
    path = run.write_text("page.html", "<p>\u03bb\r\n</p>\n")
    assert path == run.folder / "page.html" and path.read_bytes() == "<p>λ\r\n</p>\n".encode()
    assert run.digest_of("page.html") == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("driven", [True, False])
def test_a_page_is_framed_only_in_the_notebook_of_the_run(run, driven, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    monkeypatch.delenv("PNETLIB_EXECUTION", raising=False)
    if driven:
        monkeypatch.setenv("PNETLIB_EXECUTION", "04_networks 1")
    run.show_page("a page.html", "Networks <of> both")
    (data,) = shown
    assert "open `a page.html` in the folder of the run" in data["text/markdown"]
    assert ("text/html" in data) == driven
    if driven:
        assert '<iframe src="../a%20page.html"' in data["text/html"]
        assert "Networks &lt;of&gt; both" in data["text/html"]


@pytest.mark.parametrize("reader", ["read_json", "read_table", "read_arrays"])
def test_nothing_is_read_where_nothing_was_written(run, reader):
    assert getattr(run, reader)("03_none") is None


def test_results_of_another_run_are_not_read(run, tmp_path):
    run.write_json("n", {"a": 1})
    assert run.read_json("n") == {"a": 1}
    for other in ({"seed": 2}, {"profile": "standard"}, {"source": "gdsc"}):
        changed = {"source": "simulated", "profile": "smoke", "seed": 1} | other
        assert Run(out=str(run.folder), **changed).read_json("n") is None


def test_results_from_a_changed_folder_are_not_read(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "lines.csv").write_text("a")
    out = str(tmp_path / "run")
    Run(str(data), "smoke", out=out).write_json("n", {"a": 1})
    assert Run(str(data), "smoke", out=out).read_json("n") == {"a": 1}
    (data / "lines.csv").write_text("ab")
    assert Run(str(data), "smoke", out=out).read_json("n") is None


def test_a_file_changed_by_hand_is_not_read(run):
    path = run.write_json("n", {"a": 1})
    path.write_text('{"a": 2}')
    assert run.read_json("n") is None


def test_the_cohort_is_stored_for_this_run_only(run, monkeypatch):
    """Later steps read what step 01 stored; a run with another seed loads its own."""
    cohort_module = pytest.importorskip("pnetlib.datasets.cohort")
    import pnetlib.datasets

    loaded = []

    class Stored:
        def save(self, path):
            Path(path).write_bytes(b"stored")

    def load_cohort(source, *, drugs, seed, size, identity):
        loaded.append((source, seed, size))
        return Stored()

    monkeypatch.setattr(pnetlib.datasets, "load_cohort", load_cohort, raising=False)
    monkeypatch.setattr(
        cohort_module.Cohort, "load", classmethod(lambda cls, path: Path(path).read_bytes())
    )
    run.write_cohort(run.cohort())
    assert run.cohort() == b"stored"
    assert loaded == [("simulated", 1, "smoke")]
    assert isinstance(run.cohort(fresh=True), Stored)
    assert isinstance(Run("simulated", "smoke", out=str(run.folder), seed=2).cohort(), Stored)
    assert loaded[-1] == ("simulated", 2, "smoke")


def test_a_file_is_named_from_the_folder_of_the_project(tmp_path):
    assert Run.given("") == "" and Run.given("tfs") == "tfs" and Run.given("ctrp") == "ctrp"
    assert Run.given("docs") == str(project_root() / "docs")
    assert Run.given(str(tmp_path)) == str(tmp_path)
    assert Run.given("no/such/file") == "no/such/file"


def test_files_outside_of_the_run_are_traced(tmp_path, monkeypatch):
    trace = tmp_path / "trace"
    monkeypatch.setenv(TRACE, str(trace))
    (tmp_path / "a.csv").write_text("a")
    Run.used(str(tmp_path), {"a.csv": "0f"})
    Run.used(str(tmp_path / "a.csv"), {"a.csv": "0f"})
    Run.used("ctrp", {"a.csv": "0f"})
    assert [json.loads(line) for line in trace.read_text().splitlines()] == [
        {"fetched": {str(tmp_path / "a.csv"): "0f"}}
    ] * 2


def test_a_file_with_genes_or_regulators_is_traced(tmp_path, monkeypatch):
    trace, names = tmp_path / "trace", tmp_path / "names.txt"
    cohort = load_cohort("simulated", size="smoke")
    first, second = cohort.expression.columns[:2]
    names.write_text(f"{first}\n{second}\n")
    monkeypatch.setenv(TRACE, str(trace))
    run = Run("simulated", "smoke", out=str(tmp_path))
    assert run.regulators(str(names), cohort) == (first, second)
    run.with_genes(cohort, str(names))
    run.regulators(f"{first},{second}", cohort)
    line = {"fetched": {str(names): digest(names)}}
    assert [json.loads(text) for text in trace.read_text().splitlines()] == [line] * 2
