"""Runs: their files, parameters, progress, command line and driver."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from pnetlib import errors
from pnetlib.errors import SetupError, UsageError
from pnetlib.execution import compiled, fingerprint, storage
from pnetlib.execution.threads import allowed_threads
from pnetlib.workflow import isolation, parameters, shards
from pnetlib.workflow.display import duration, time_left
from pnetlib.workflow.folds import Folds
from pnetlib.workflow.notebooks import Step, chosen, find_steps
from pnetlib.workflow.progress import Progress, read_progress
from pnetlib.workflow.run import Run

SHARED_CELL = """source = "simulated"
profile = "smoke"
out = ""
seed = 20220823
threads = 0
"""
OWN_CELL = """n_genes = 80
rate = 0.5
drug = "Docetaxel"  # text with = and ;
fixed = False
"""


# --- tiny notebooks --------------------------------------------------------------------------


def write_notebook(path, *sources, cell=SHARED_CELL + OWN_CELL, seconds=None):
    """Write a notebook with a title, a parameters cell and some code cells."""

    def code(at, text, tags=()):
        return {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{at}",
            "metadata": {"tags": list(tags)},
            "outputs": [],
            "source": text,
        }

    title = {
        "cell_type": "markdown",
        "id": "title",
        "metadata": {},
        "source": f"# {path.name[:2]} · What is {path.stem[3:]}?",
    }
    metadata = {"kernelspec": {"name": "python3", "display_name": "P", "language": "python"}}
    if seconds is not None:
        metadata["pnetlib"] = {"seconds": seconds}
    cells = [title, code(0, cell, ["parameters"])]
    cells += [code(at, text) for at, text in enumerate(sources, 1)]
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), "utf-8")
    return path


WRITES = """from pnetlib.workflow.run import Run
run = Run(source, profile, out, seed, threads)
run.write_json("{name}", {{"genes": n_genes, "drug": drug, "third": 1 / 3}})
print("genes", n_genes)"""


@pytest.fixture
def notebooks(tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    write_three(folder)
    return folder


def write_three(folder):
    for name in ("01_first", "02_second", "03_third"):
        write_notebook(folder / f"{name}.ipynb", WRITES.format(name=name))


def command(*arguments, notebooks=None, cwd=None, **environment):
    """Run ``python -m pnetlib run`` as a user would."""
    return subprocess.run(
        list(command_line(*arguments, notebooks=notebooks)),
        cwd=cwd,
        env=command_environment(**environment),
        capture_output=True,
        text=True,
        timeout=100,
    )


def command_line(*arguments, notebooks=None):
    tiny = ("--notebooks", str(notebooks)) if notebooks else ()
    return (sys.executable, "-m", "pnetlib", "run", *tiny, *map(str, arguments))


def command_environment(**environment):
    root = Path(__file__).resolve().parent.parent
    return {**os.environ, "PYTHONPATH": str(root), "PYTHONSAFEPATH": "1", **environment}


SMOKE = ("--data", "simulated", "--profile", "smoke")


def assert_one_sentence(result, code, *words):
    """The command ended with a code and one line that says why, and no traceback."""
    assert result.returncode == code, result.stderr
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")
    for word in words:
        assert str(word) in lines[0]


# --- files -----------------------------------------------------------------------------------


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


def test_json_comes_back_and_has_the_same_bytes(run, tmp_path):
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
def test_json_refuses_what_it_cannot_hold(run, value, error, words):
    with pytest.raises(error, match=words):
        run.write_json("n", value)
    assert not (run.folder / "n.json").exists()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_tables_keep_every_bit(tmp_path_factory, values):
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
def test_tables_come_back_with_their_index(run, table):
    run.write_table("t", table)
    pd.testing.assert_frame_equal(run.read_table("t"), table, check_index_type=False)


def test_arrays_come_back_with_their_labels(run):
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


@pytest.mark.parametrize("reader", ["read_json", "read_table", "read_arrays"])
def test_nothing_is_read_where_nothing_was_written(run, reader):
    assert getattr(run, reader)("03_none") is None


def test_results_of_another_run_are_not_taken(run, tmp_path):
    run.write_json("n", {"a": 1})
    assert run.read_json("n") == {"a": 1}
    for other in ({"seed": 2}, {"profile": "standard"}, {"source": "gdsc"}):
        changed = {"source": "simulated", "profile": "smoke", "seed": 1} | other
        assert Run(out=str(run.folder), **changed).read_json("n") is None


def test_results_from_a_folder_that_changed_are_not_taken(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "lines.csv").write_text("a")
    out = str(tmp_path / "run")
    Run(str(data), "smoke", out=out).write_json("n", {"a": 1})
    assert Run(str(data), "smoke", out=out).read_json("n") == {"a": 1}
    (data / "lines.csv").write_text("ab")
    assert Run(str(data), "smoke", out=out).read_json("n") is None


def test_a_file_changed_by_hand_is_not_taken(run):
    path = run.write_json("n", {"a": 1})
    path.write_text('{"a": 2}')
    assert run.read_json("n") is None


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), storage.whole_file(path) as partial:
        partial.write_text("ne")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_sentence_and_leaves_the_old_file(tmp_path):
    """A limit on the size of files stands for the full disk."""
    code = """
import resource, signal, sys
from pnetlib.workflow.run import Run
run = Run("simulated", "smoke", out=sys.argv[1])
run.write_json("n", {"a": 1})
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    run.write_json("n", {"a": list(range(100_000))})
except Exception as error:
    print(type(error).__name__, error)
"""
    arguments = [sys.executable, "-c", code, str(tmp_path)]
    result = subprocess.run(
        arguments, env=command_environment(), capture_output=True, text=True, timeout=60
    )
    assert result.stderr == ""
    assert result.stdout.startswith("SetupError")
    assert "free some space" in result.stdout
    assert (tmp_path / "n.json").read_text() == '{\n "a": 1\n}\n'
    assert not list(tmp_path.glob(".*partial*"))


def test_cohort_is_kept_for_this_run_only(run, monkeypatch):
    """Later steps read what step 01 kept; another seed loads its own."""
    cohort_module = pytest.importorskip("pnetlib.datasets.cohort")
    import pnetlib.datasets

    loaded = []

    class Kept:
        def save(self, path):
            Path(path).write_bytes(b"kept")

    def load_cohort(source, *, drugs, seed, size):
        loaded.append((source, seed, size))
        return Kept()

    monkeypatch.setattr(pnetlib.datasets, "load_cohort", load_cohort, raising=False)
    monkeypatch.setattr(
        cohort_module.Cohort, "load", classmethod(lambda cls, path: Path(path).read_bytes())
    )
    run.write_cohort(run.cohort())
    assert run.cohort() == b"kept"
    assert loaded == [("simulated", 1, "smoke")]
    assert isinstance(run.cohort(fresh=True), Kept)
    assert isinstance(Run("simulated", "smoke", out=str(run.folder), seed=2).cohort(), Kept)
    assert loaded[-1] == ("simulated", 2, "smoke")


# --- parameters ------------------------------------------------------------------------------


def test_parameters_are_read_as_flat_literals(tmp_path):
    path = write_notebook(tmp_path / "01_a.ipynb", cell=OWN_CELL + "low = -1.5\n")
    assert parameters.read_parameters(path) == {
        "n_genes": 80,
        "rate": 0.5,
        "drug": "Docetaxel",
        "fixed": False,
        "low": -1.5,
    }


@pytest.mark.parametrize(
    "cell",
    ["a = [1]", "a = b", "a = 1 + x", "a: int = 1", "a = b = 1", "print(1)", "a = (", "a = None"],
)
def test_a_parameters_cell_of_anything_else_is_refused(tmp_path, cell):
    path = write_notebook(tmp_path / "01_a.ipynb", cell=cell)
    with pytest.raises(SetupError, match="01_a.ipynb: its parameters cell"):
        parameters.read_parameters(path)


def test_a_file_that_is_no_notebook_is_refused(tmp_path):
    path = tmp_path / "01_a.ipynb"
    for text in ("", "{", "[]", '{"cells": 3}'):
        path.write_text(text)
        with pytest.raises(SetupError, match="not a readable notebook"):
            parameters.read_parameters(path)
    path.write_text('{"cells": []}')
    with pytest.raises(SetupError, match="0 cells tagged parameters"):
        parameters.read_parameters(path)


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("7", 1, 7),
        ("-7", 1, -7),
        ("1e-3", 0.1, 1e-3),
        ("2", 0.1, 2.0),
        ("007", "", "007"),
        ("1e-3", "", "1e-3"),
        ("a=b", "", "a=b"),
        ("true", False, True),
        ("False", True, False),
    ],
)
def test_values_take_the_type_of_the_default(text, default, value):
    typed = parameters.typed("p", text, default)
    assert (typed, type(typed)) == (value, type(default))


@pytest.mark.parametrize(
    ("text", "default"),
    [("1.0", 1), ("1_0", 1), ("", 1), ("a", 0.5), ("nan", 0.5), ("inf", 0.5), ("1", True)],
)
def test_values_of_another_type_are_refused(text, default):
    with pytest.raises(UsageError, match="parameter p is "):
        parameters.typed("p", text, default)


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()))
def test_every_value_survives_the_command_line(value):
    assert parameters.typed("p", str(value), value) == value


def test_each_notebook_gets_only_its_own_parameters():
    notebooks = {"01": {"n": 1}, "02": {"n": 0.5, "m": "a"}}
    assert parameters.assign({"n": "2", "m": "b"}, notebooks) == {
        "01": {"n": 2},
        "02": {"n": 2.0, "m": "b"},
    }
    with pytest.raises(UsageError, match="did you mean n_genes"):
        parameters.assign({"n_gene": "2"}, {"01": {"n_genes": 1}})


# --- steps and display -----------------------------------------------------------------------


def test_steps_are_found_and_chosen(notebooks):
    steps = find_steps(notebooks)

    def names(**choice):
        return [step.name[:2] for step in chosen(steps, **choice)]

    assert names() == ["01", "02", "03"]
    assert names(only="3,01") == ["01", "03"]
    assert names(first="02_second") == ["02", "03"]
    with pytest.raises(UsageError, match="no step '04'"):
        names(only="04")
    with pytest.raises(SetupError, match="no notebook"):
        find_steps(notebooks.parent)


def test_title_goes_without_its_number(tmp_path):
    path = write_notebook(tmp_path / "02_b.ipynb", seconds={"smoke": 3})
    assert Step(path).title == "What is b?"
    assert Step(path).usual_seconds("smoke") == 3
    assert Step(path).usual_seconds("paper") is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (5000, "1 h 23 min")],
)
def test_duration_in_words(seconds, words):
    assert duration(seconds) == words


def test_time_left_follows_the_pace_of_the_parts():
    assert time_left(10, None, 5, None) is None
    assert time_left(10, 30, None, None) is None
    assert time_left(10, 30, 5, None) == 25
    assert time_left(40, 30, 5, None) == 5
    counted = {"done": 10, "total": 40, "started": time.time() - 10}
    assert time_left(10, 15, 5, counted) == pytest.approx(35, abs=0.5)


def test_progress_counts_from_many_threads(tmp_path, monkeypatch):
    file = tmp_path / "progress"
    monkeypatch.setenv("PNETLIB_PROGRESS", str(file))
    with Progress(400, "folds") as progress:
        assert read_progress(file)["done"] == 0

        def advance():
            for _ in range(50):
                progress.advance()

        threads = [threading.Thread(target=advance) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        count = read_progress(file)
        assert (count["done"], count["total"], count["label"]) == (400, 400, "folds")
    assert read_progress(file) is None


def test_progress_is_silent_where_nobody_watches(monkeypatch, capfd):
    for watcher in ("off", ""):
        monkeypatch.setenv("PNETLIB_PROGRESS", watcher)
        with Progress(2, "folds") as progress:
            progress.advance(2)
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


# --- isolation -------------------------------------------------------------------------------


def test_threads_are_those_granted(monkeypatch):
    monkeypatch.delenv("SLURM_CPUS_PER_TASK", raising=False)
    assert 1 <= allowed_threads() <= os.cpu_count()
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "7")
    assert allowed_threads() == 7
    assert Run("simulated", "smoke").threads == 7
    assert Run("simulated", "smoke", threads=3).threads == 3


def test_batch_jobs_keep_their_caches_to_themselves(tmp_path, monkeypatch):
    for name in ("MPLCONFIGDIR", "SLURM_JOB_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert (tmp_path / "home") in Path(isolation.isolation(scratch)["MPLCONFIGDIR"]).parents
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    assert scratch in Path(isolation.isolation(scratch)["MPLCONFIGDIR"]).parents


def test_every_process_has_compiled_kernels_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", "mine")
    with compiled.compiled_kernels(tmp_path / "0") as variables:
        assert variables == {}
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    for scratch, names in (("a", set()), ("b", {"k/one.nbc"})):
        with compiled.compiled_kernels(tmp_path / scratch) as variables:
            own = Path(variables["NUMBA_CACHE_DIR"])
            assert own.is_relative_to(tmp_path / scratch)
            assert {f.relative_to(own).as_posix() for f in own.rglob("*.nbc")} == names
            (own / "k").mkdir(exist_ok=True)
            (own / "k" / "one.nbc").write_text("code")
    with pytest.raises(RuntimeError), compiled.compiled_kernels(tmp_path / "c") as variables:
        (Path(variables["NUMBA_CACHE_DIR"]) / "k" / "half.nbc").write_text("co")
        raise RuntimeError
    with compiled.compiled_kernels(tmp_path / "d") as variables:
        assert not list(Path(variables["NUMBA_CACHE_DIR"]).rglob("half.nbc"))
    (packed,) = (tmp_path / "home").rglob("kernels-*.zip")
    packed.write_bytes(b"damaged")
    with compiled.compiled_kernels(tmp_path / "e") as variables:
        assert not list(Path(variables["NUMBA_CACHE_DIR"]).rglob("*.nbc"))


def test_scratch_is_short_enough_for_sockets(tmp_path, monkeypatch):
    long = tmp_path / ("long" * 30)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with isolation.scratch_folder() as scratch:
        assert len(str(scratch)) < 90
        assert scratch.is_dir()
    assert not scratch.exists()


# --- the command -----------------------------------------------------------------------------


def test_help_shows_examples_and_runs_nothing():
    result = command("--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert "Examples" in result.stdout
    assert "./reproduce.sh --data simulated --profile smoke" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--profil", "smoke"], "--profil"),
        (["--profile", "fast"], "profile is 'fast'"),
        (["--data", "nowhere"], "--data is 'nowhere'"),
        (["--seed", "x"], "--seed is 'x'"),
        (["--seed", "-3"], "seed is -3"),
        (["-j", "two"], "--threads is 'two'"),
        (["--only", "9"], "no step '9'"),
        (["--only", "01", "--from", "02"], "not allowed with"),
        (["-p", "n_gene=3"], "did you mean n_genes"),
        (["-p", "n_genes=many"], "n_genes is 'many'"),
        (["-p", "n_genes"], "NAME=VALUE"),
        (["-p", "seed=3"], "given by --seed"),
        (["somewhere"], "somewhere"),
        (["--array", "21/20"], "--array is '21/20'"),
        (["--array", "0/20"], "--array is '0/20'"),
        (["--array"], "--array needs K/M"),
        (["--array", "1/2", "--merge"], "neither --merge nor --force"),
        (["--array", "1/2", "--only", "01"], "not allowed with"),
        (["--backend", "ray"], "backend is 'ray'"),
        (["--scheduler", "tcp://a:1"], "give --backend dask"),
    ],
)
def test_wrong_usage_is_one_line_and_starts_nothing(tmp_path, notebooks, arguments, words):
    out = tmp_path / "out"
    result = command("--data", "simulated", "--out", out, *arguments, notebooks=notebooks)
    assert_one_sentence(result, 2, words)
    assert result.stdout == ""
    assert not out.exists()


def test_usage_is_checked_without_any_package(notebooks):
    """What reproduce.sh asks of a bare Python before it installs anything."""
    code = """
import sys
sys.path.insert(0, sys.argv[1])
from pnetlib.cli.run import main
sys.exit(main(sys.argv[2:]))
"""
    root = Path(__file__).resolve().parent.parent
    bare = [sys.executable, "-I", "-S", "-c", code, str(root), "--check", *SMOKE]
    for n_genes, expected in (("x", 2), ("5", 0)):
        arguments = [*bare, "--notebooks", str(notebooks), "-p", f"n_genes={n_genes}"]
        result = subprocess.run(arguments, capture_output=True, text=True)
        assert result.returncode == expected, result.stderr
    assert result.stdout + result.stderr == ""


def test_out_that_is_a_file_is_one_sentence(tmp_path, notebooks):
    file = tmp_path / "file"
    file.write_text("mine")
    assert_one_sentence(command(*SMOKE, "--out", file, notebooks=notebooks), 3, "is a file")
    below = command(*SMOKE, "--out", file / "below", notebooks=notebooks)
    assert_one_sentence(below, 3, "choose another folder")
    assert file.read_text() == "mine"


def test_out_that_cannot_be_written_is_one_sentence(tmp_path, notebooks):
    """Root may write in any folder but in those of the kernel."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    out = Path("/sys/pnetlib") if os.geteuid() == 0 else closed / "run"
    result = command(*SMOKE, "--out", out, notebooks=notebooks)
    assert_one_sentence(result, 3, out, "choose another folder")


# --- the driver ------------------------------------------------------------------------------


def test_steps_leave_executed_copies_numbers_and_a_log(tmp_path, notebooks):
    """From a working folder with files that would shadow the standard library."""
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')")
    arguments = [*SMOKE, "--out", "out", "-j", "1", "-p", "n_genes=007", "-p", "drug=007"]
    result = command(*arguments, notebooks=notebooks, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    out = tmp_path / "out"
    names = ["01_first", "02_second", "03_third"]
    assert sorted(p.name for p in (out / "notebooks").iterdir()) == [f"{n}.ipynb" for n in names]
    assert json.loads((out / "02_second.json").read_text())["drug"] == "007"
    assert json.loads((out / "02_second.json").read_text())["genes"] == 7
    assert "genes 7" in (out / "logs" / "01_first.log").read_text()
    lines = [json.loads(line) for line in (out / "run.jsonl").read_text().splitlines()]
    assert [(line["step"], line["status"]) for line in lines] == [(n, "done") for n in names]
    assert all(line["threads"] == 1 and line["seconds"] > 0 for line in lines)
    assert "[2/3] 02_second: What is second?" in result.stdout
    for place in ("out/figures", "out/run.jsonl", "out/*.json"):
        assert place in result.stdout
    last = result.stdout.strip().splitlines()[-1]
    assert last.startswith("Finished 3 steps in ")
    assert last.endswith("logs in out/logs, executed notebooks in out/notebooks.")


def test_kernels_find_the_limits_and_the_inline_figures(tmp_path):
    code = "import os; print([os.environ[n] for n in ('OMP_NUM_THREADS', 'MPLBACKEND')])"
    picture = "import matplotlib.pyplot as plt; plt.plot([1, 2]);"
    write_notebook(tmp_path / "01_a.ipynb", code, picture)
    result = command(*SMOKE, "-j", 3, "--out", tmp_path / "out", notebooks=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "['3', 'module://matplotlib" in (tmp_path / "out/logs/01_a.log").read_text()
    assert "image/png" in (tmp_path / "out/notebooks/01_a.ipynb").read_text()


@pytest.mark.parametrize("name", ["MissingDrugError", "UsageError"])
def test_a_users_mistake_ends_with_its_sentence_and_code(tmp_path, name):
    sentence = "GDSC1.csv has no drug 133; take another file."
    code = f"from pnetlib.errors import {name}\nraise {name}({sentence!r})"
    write_notebook(tmp_path / "01_a.ipynb", code)
    result = command(*SMOKE, "--out", tmp_path / "out", notebooks=tmp_path)
    assert_one_sentence(result, getattr(errors, name).exit_code, sentence)


def test_a_failing_notebook_is_kept_apart(tmp_path, notebooks):
    out = tmp_path / "out"
    arguments = [*SMOKE, "--out", out, "--only", "02,03"]
    assert command(*arguments, notebooks=notebooks).returncode == 0
    good = (out / "notebooks/02_second.ipynb").read_bytes()
    write_notebook(notebooks / "02_second.ipynb", "1 / 0")
    result = command(*arguments, notebooks=notebooks)
    failed = out / "notebooks/02_second.failed.ipynb"
    assert_one_sentence(result, 1, "ZeroDivisionError", failed, out / "logs/02_second.log")
    assert "ZeroDivisionError" in failed.read_text()
    assert "ZeroDivisionError" in (out / "logs/02_second.log").read_text()
    assert (out / "notebooks/02_second.ipynb").read_bytes() == good
    assert not list((out / "notebooks").glob("*.partial"))
    lines = [json.loads(line) for line in (out / "run.jsonl").read_text().splitlines()]
    assert [line["status"] for line in lines] == ["done", "done", "failed"]


def test_a_dead_kernel_is_told_apart(tmp_path):
    write_notebook(tmp_path / "01_a.ipynb", "import os; os.kill(os.getpid(), 9)")
    result = command(*SMOKE, "--out", tmp_path / "out", notebooks=tmp_path)
    assert_one_sentence(result, 138, "kernel of 01_a died")


def test_a_notebook_that_papermill_refuses_is_one_sentence(tmp_path):
    path = write_notebook(tmp_path / "01_a.ipynb", "1")
    content = json.loads(path.read_text())
    content["nbformat"] = 99
    path.write_text(json.dumps(content))
    result = command(*SMOKE, "--out", tmp_path / "out", notebooks=tmp_path)
    assert_one_sentence(result, 1, "01_a could not be executed", tmp_path / "out/logs/01_a.log")
    assert "Traceback" in (tmp_path / "out/logs/01_a.log").read_text()


def test_an_environment_without_the_kernel_is_one_sentence(tmp_path, monkeypatch, capsys):
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    from pnetlib.cli.run import main

    def nothing(self, name):
        raise NoSuchKernel(name)

    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", nothing)
    write_notebook(tmp_path / "01_a.ipynb", "1")
    out = str(tmp_path / "out")
    assert main([*SMOKE, "--out", out, "--notebooks", str(tmp_path)]) == 3
    assert "install ipykernel" in capsys.readouterr().err


def test_a_kernel_of_the_user_does_not_hijack_the_run(tmp_path):
    home = tmp_path / "home"
    spec = home / ".local" / "share" / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    spec.joinpath("kernel.json").write_text(
        json.dumps({"argv": ["false"], "display_name": "Mine", "language": "python"})
    )
    write_notebook(tmp_path / "01_a.ipynb", "import sys; print(sys.prefix)")
    hijack = {"HOME": str(home), "JUPYTER_PREFER_ENV_PATH": "0"}
    result = command(*SMOKE, "--out", tmp_path / "out", notebooks=tmp_path, **hijack)
    assert result.returncode == 0, result.stderr
    assert sys.prefix in (tmp_path / "out/logs/01_a.log").read_text()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGUSR1, 75)]
)
def test_a_signal_ends_the_kernel_and_keeps_what_is_finished(tmp_path, notebooks, number, code):
    out = tmp_path / "out"
    sleeps = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
    write_notebook(notebooks / "02_second.ipynb", sleeps + "time.sleep(100)")
    driver = subprocess.Popen(
        command_line(*SMOKE, "--out", out, notebooks=notebooks),
        env=command_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    pid = tmp_path / "pid"
    for _ in range(300):
        if pid.exists() and pid.read_text():
            break
        time.sleep(0.1)
    started = time.monotonic()
    driver.send_signal(number)
    _, sentence = driver.communicate(timeout=30)
    assert time.monotonic() - started < 8
    assert driver.returncode == code
    assert len(sentence.strip().splitlines()) == 1
    assert signal.Signals(number).name in sentence
    assert sorted(p.name for p in (out / "notebooks").iterdir()) == ["01_first.ipynb"]
    assert not is_running(int(pid.read_text()))


def is_running(pid):
    """Whether a process still computes (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or "State:\tZ" not in status.read_text()


def test_one_folder_takes_one_run_at_a_time(tmp_path, notebooks):
    import fcntl

    out = tmp_path / "out"
    out.mkdir()
    with open(out / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = command(*SMOKE, "--out", out, notebooks=notebooks)
    assert_one_sentence(result, 3, "another run is writing to")


def test_a_kernel_holds_the_folder_too(tmp_path, notebooks):
    """A driver that is killed leaves its kernel for a moment: nobody may write beside it."""
    sleeps = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
    write_notebook(notebooks / "01_first.ipynb", sleeps + "time.sleep(100)")
    line = command_line(*SMOKE, "--only", "01", "--out", tmp_path / "out", notebooks=notebooks)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    driver = subprocess.Popen(line, env=command_environment(), **quiet)
    kernel = wait_for_pid(tmp_path / "pid")
    os.kill(kernel, signal.SIGSTOP)  # so that it does not see that the driver is gone
    driver.kill()
    driver.wait()
    try:
        result = command(*SMOKE, "--out", tmp_path / "out", notebooks=notebooks)
        assert_one_sentence(result, 3, "another run is writing to")
    finally:
        os.kill(kernel, signal.SIGCONT)
    write_notebook(notebooks / "01_first.ipynb", "1")
    result = command(*SMOKE, "--only", "01", "--out", tmp_path / "out", notebooks=notebooks)
    assert result.returncode == 0, result.stderr
    assert not is_running(kernel)


def wait_for_pid(path):
    for _ in range(600):
        if path.exists() and path.read_text():
            return int(path.read_text())
        time.sleep(0.1)
    raise AssertionError("nothing was started")


def test_drivers_started_together_all_pass_with_the_same_bytes(tmp_path, notebooks):
    drivers = [
        subprocess.Popen(
            command_line(*SMOKE, "--only", "01", "--out", tmp_path / str(at), notebooks=notebooks),
            env=command_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for at in range(8)
    ]
    said = [driver.communicate(timeout=120)[1] for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0] * 8, said
    assert len({(tmp_path / str(at) / "01_first.json").read_bytes() for at in range(8)}) == 1


def test_a_batch_log_gets_no_control_characters(tmp_path):
    code = "from pnetlib.workflow.progress import Progress\nimport time\n"
    code += "with Progress(4, 'folds') as p:\n    for _ in range(4): time.sleep(0.3); p.advance()"
    write_notebook(tmp_path / "01_a.ipynb", code)
    result = command(*SMOKE, "--out", tmp_path / "out", notebooks=tmp_path)
    assert result.returncode == 0, result.stderr
    assert not {"\r", "\x1b"} & set(result.stdout)
    assert result.stderr == ""


def test_a_terminal_sees_the_parts_and_the_time_left(tmp_path):
    import pty

    code = "from pnetlib.workflow.progress import Progress\nimport time\n"
    code += "with Progress(8, 'folds') as p:\n    for _ in range(8): time.sleep(0.3); p.advance()"
    write_notebook(tmp_path / "01_a.ipynb", code)
    shown, terminal = pty.openpty()
    driver = subprocess.Popen(
        command_line(*SMOKE, "--out", tmp_path / "out", notebooks=tmp_path),
        env=command_environment(),
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    text = b""
    try:
        while part := os.read(shown, 4096):
            text += part
    except OSError:
        pass  # how Linux tells that the other end was closed
    assert driver.wait(timeout=60) == 0
    assert b"folds " in text and b"/8" in text
    assert b"left" in text


def test_papermill_by_hand_needs_no_driver(tmp_path, project):
    """The same numbers as in a run, folds kept in the folder that `out` names."""
    made = [sys.executable, "-m", "papermill", str(project / "notebooks" / "02_comparison.ipynb")]
    given = ["-p", "out", str(tmp_path / "hand"), "-p", "threads", "1", "--no-progress-bar"]
    subprocess.run(
        [*made, str(tmp_path / "out.ipynb"), *given],
        check=True,
        capture_output=True,
        timeout=300,
        env=command_environment(),
        cwd=tmp_path,
    )
    numbers = json.loads((tmp_path / "hand" / "02_comparison.json").read_text())
    assert numbers["seed"] == 20220823 and set(numbers["drugs"]) >= {"Docetaxel"}
    assert len(list((tmp_path / "hand" / "folds").iterdir())) == 28
    assert Run("simulated", "smoke", out=str(tmp_path / "hand")).read_json("02_comparison")


# --- what is fresh ---------------------------------------------------------------------------

READS = """from pnetlib.workflow.run import Run
run = Run(source, profile, out, seed, threads)
first = run.read_json("01_first") or {{"genes": -1}}
run.write_json("{name}", {{"seen": first["genes"]}})"""


@pytest.fixture(scope="module")
def finished_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    (folder / "tiny").mkdir()
    write_three(folder / "tiny")
    write_notebook(folder / "tiny" / "02_second.ipynb", READS.format(name="02_second"))
    result = command(*SMOKE, "--out", folder / "out", notebooks=folder / "tiny")
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def finished(finished_once, tmp_path, notebooks):
    """A folder in which three steps are finished; the second reads of the first."""
    for name in ("tiny", "out"):
        shutil.copytree(finished_once / name, tmp_path / name, dirs_exist_ok=True)
    return tmp_path / "out"


def status(out, notebooks, *arguments):
    """Verdict of ``--status`` on each step, by the step's number."""
    result = command(*SMOKE, "--out", out, *arguments, "--status", notebooks=notebooks)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    return {line[:2]: line.partition("  ")[2].strip() for line in lines[:-1]} | {"": lines[-1]}


def executed(out, notebooks, *arguments):
    """Numbers of the steps that a command executes."""
    before = len((out / "run.jsonl").read_text().splitlines())
    result = command(*SMOKE, "--out", out, *arguments, notebooks=notebooks)
    assert result.returncode == 0, result.stderr
    lines = (out / "run.jsonl").read_text().splitlines()[before:]
    return [json.loads(line)["step"][:2] for line in lines]


def test_a_second_run_does_nothing_and_says_so(finished, notebooks):
    started = time.monotonic()
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*.json")}
    result = command(*SMOKE, "--out", finished, notebooks=notebooks)
    assert time.monotonic() - started < 5
    assert result.stdout.count("(fresh, skipped)") == 3
    assert "Finished 3 steps (3 of them fresh) in " in result.stdout
    assert {path: path.stat().st_mtime_ns for path in before} == before
    found = status(finished, notebooks)
    assert [found[f"0{n}"] for n in (1, 2, 3)] == ["fresh"] * 3
    assert found[""].startswith("Nothing to do in ")


def test_nothing_heavy_is_imported_where_nothing_is_to_be_done(finished, notebooks):
    code = "import sys; from pnetlib.cli.run import main; main(sys.argv[1:])\n"
    code += "print({n.split('.')[0] for n in sys.modules} & {'numpy', 'pandas', 'papermill'})"
    line = command_line(*SMOKE, "--out", finished, notebooks=notebooks)[3:]
    shown = subprocess.run(
        [sys.executable, "-c", code, *line],
        env=command_environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert shown.stdout.splitlines()[-1] == "set()", shown.stderr


def test_force_executes_what_is_fresh(finished, notebooks):
    assert executed(finished, notebooks, "--force", "--only", "02") == ["02"]


def test_changed_code_makes_a_step_stale_and_the_same_result_spares_the_next(finished, notebooks):
    write_notebook(notebooks / "01_first.ipynb", WRITES.format(name="01_first") + "\n# once more")
    found = status(finished, notebooks)
    assert found["01"] == "stale: its code cells changed"
    assert found["02"] == "fresh, unless 01_first gives something else"
    assert found["03"] == "fresh"
    assert found[""].startswith("1 of 3 steps would be executed in ")
    assert executed(finished, notebooks) == ["01"]
    other = WRITES.format(name="01_first").replace("n_genes,", "n_genes + 1,")
    write_notebook(notebooks / "01_first.ipynb", other)
    assert executed(finished, notebooks) == ["01", "02"]
    assert json.loads((finished / "02_second.json").read_text()) == {"seen": 81}


def test_words_around_the_code_make_nothing_stale(finished, notebooks):
    path = notebooks / "03_third.ipynb"
    content = json.loads(path.read_text())
    content["cells"][0]["source"] = "# 03 Third\n\nBetter words."
    path.write_text(json.dumps(content))
    assert status(finished, notebooks)["03"] == "fresh"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-p", "n_genes=81"], "stale: n_genes is 81, was 80"),
        (["-p", "fixed=true"], "stale: fixed is True, was False"),
        (["--seed", "3"], "stale: seed is 3, was 20220823"),
        (["-j", "7"], "fresh"),
        (["--backend", "dask"], "fresh"),
    ],
)
def test_parameters_that_matter_make_a_step_stale(finished, notebooks, arguments, words):
    assert status(finished, notebooks, *arguments)["03"] == words


def test_lost_or_changed_files_make_a_step_stale(finished, notebooks):
    (finished / "03_third.json").write_text("{}")
    assert status(finished, notebooks)["03"] == "stale: its 03_third.json was changed"
    (finished / "03_third.json").unlink()
    (finished / "notebooks" / "02_second.ipynb").unlink()
    found = status(finished, notebooks)
    assert found["03"] == "stale: its 03_third.json is gone"
    assert found["02"] == "stale: its notebooks/02_second.ipynb is gone"
    assert executed(finished, notebooks) == ["02", "03"]


def test_a_file_that_was_lacking_makes_its_reader_stale_once_it_is_there(tmp_path, notebooks):
    write_notebook(notebooks / "02_second.ipynb", READS.format(name="02_second"))
    out = tmp_path / "out"
    assert command(*SMOKE, "--out", out, "--only", "02", notebooks=notebooks).returncode == 0
    assert executed(out, notebooks, "--only", "01") == ["01"]
    assert status(out, notebooks)["02"] == "stale: 01_first.json, which it reads, is there now"


def test_another_library_or_version_makes_everything_stale(finished, notebooks, monkeypatch):
    from pnetlib.workflow import freshness

    run = Run("simulated", "smoke", out=str(finished))
    step = Step(notebooks / "03_third.ipynb")
    assert freshness.reasons(run, step, {}) == []
    monkeypatch.setattr(freshness, "library_digest", lambda: "another")
    monkeypatch.setattr(freshness, "versions", lambda: fingerprint.versions() | {"numba": "9"})
    was = fingerprint.versions()["numba"]
    assert freshness.reasons(run, step, {}) == [
        "the library's source changed",
        f"numba is 9, was {was}",
    ]


def test_the_library_digest_sees_every_file(tmp_path, monkeypatch):
    root = tmp_path / "pnetlib"
    (root / "kernels").mkdir(parents=True)
    (root / "kernels" / "column.py").write_text("a = 1")
    monkeypatch.setattr(fingerprint, "__file__", str(root / "execution" / "fingerprint.py"))
    digest = fingerprint.library_digest.__wrapped__
    first, part = digest(), digest("kernels")
    (root / "kernels" / "column.py").write_text("a = 2")
    assert digest() != first and digest("kernels") != part
    second, part = digest(), digest("kernels")
    (root / "new.py").write_text("")
    assert digest() != second and digest("kernels") == part


def test_files_of_a_source_folder_count_by_content(tmp_path, notebooks):
    data = tmp_path / "data"
    data.mkdir()
    (data / "lines.csv").write_text("a")
    where = ["--data", data, "--profile", "smoke", "--out", tmp_path / "out", "--only", "01"]

    def verdict():
        shown = command(*where, "--status", notebooks=notebooks).stdout.splitlines()
        return shown[0].split("  ")[1]

    assert command(*where, notebooks=notebooks).returncode == 0
    os.utime(data / "lines.csv", (1, 1))
    assert verdict() == "fresh"
    (data / "lines.csv").write_text("b")
    assert verdict() == "stale: the source's lines.csv changed"


def test_nothing_of_an_unfinished_step_is_read(finished, notebooks):
    """The second step is fresh from a first that is begun again and does not finish."""
    write_notebook(notebooks / "01_first.ipynb", WRITES.format(name="01_first"), "1 / 0")
    only = command(*SMOKE, "--out", finished, "--only", "01", notebooks=notebooks)
    assert only.returncode == 1
    assert (finished / "01_first.json").exists()
    found = status(finished, notebooks)
    assert found["01"] == "stale: it was begun and not finished"
    assert found["02"] == "stale: 01_first.json, which it reads, is gone"
    assert executed(finished, notebooks, "--only", "02") == ["02"]
    assert json.loads((finished / "02_second.json").read_text()) == {"seen": -1}
    assert Run("simulated", "smoke", out=str(finished)).read_json("01_first") is None


def test_what_a_step_makes_no_longer_is_removed(finished, notebooks):
    write_notebook(notebooks / "03_third.ipynb", WRITES.format(name="03_other"))
    assert executed(finished, notebooks, "--only", "03") == ["03"]
    assert (finished / "03_other.json").exists()
    assert not (finished / "03_third.json").exists()


def test_left_overs_of_killed_writers_are_removed(finished, notebooks):
    left = finished / "folds" / ".abc.0123456789ab.partial.json"
    left.parent.mkdir()
    left.write_text("{")
    command(*SMOKE, "--out", finished, notebooks=notebooks)
    assert not left.exists()


# --- folds -----------------------------------------------------------------------------------


class OneLine:
    """A cohort of one line, as far as `Folds` looks at one."""

    def __init__(self, value=0.1):
        self.expression = pd.DataFrame({"TP53": [value]}, index=["1"])
        self.response = pd.DataFrame({"Docetaxel": [np.nan]}, index=["1"])
        self.annotation = pd.DataFrame({"tissue": ["lung"]}, index=["1"])


@given(st.lists(st.floats(width=64), min_size=1, max_size=9))
def test_folds_come_back_bit_for_bit(tmp_path_factory, values):
    folds = Folds(tmp_path_factory.mktemp("folds"), {"seed": 1}).of("held_out", force=["A"])
    table = pd.DataFrame(
        {"drug": "D", "fold": 2, "line": [f"0{n}" for n in range(len(values))], "Pro": values}
    )
    assert folds.get(("D", 0, 2)) is None
    folds.put(("D", 0, 2), (table, table.head(1)))
    for one, other in zip(folds.get(("D", 0, 2)), (table, table.head(1)), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    folds.put(("D",), {"Pro": {"lam1": values[0]}})
    assert repr(folds.get(("D",))) == repr({"Pro": {"lam1": values[0]}})


def test_a_fold_is_found_by_its_content_only(tmp_path, monkeypatch):
    from pnetlib.workflow import folds as module

    def kept(value=0.1, **content):
        all_of_it = {"profile": {"n": 1}, "seed": 1, "permute": False} | content
        return Folds.of_cohort(tmp_path, OneLine(value)).of("held_out", **all_of_it)

    kept().put(("D", 0, 1), 7)
    assert kept().get(("D", 0, 1)) == 7
    assert kept().get(("D", 1, 0)) is None
    assert kept(value=np.nextafter(0.1, 1)).get(("D", 0, 1)) is None
    for other in ({"seed": 2}, {"permute": True}, {"profile": {"n": 2}}):
        assert kept(**other).get(("D", 0, 1)) is None
    monkeypatch.setattr(module, "versions", lambda: {"numpy": "another"})
    assert kept().get(("D", 0, 1)) is None


def test_a_fold_that_is_damaged_is_not_taken(tmp_path):
    folds = Folds(tmp_path, {})
    folds.put((1,), {"lam1": 0.25})
    path = folds.path((1,))
    path.write_text(path.read_text().replace("0.25", "0.26"))
    assert folds.get((1,)) is None
    path.write_text("")
    assert folds.get((1,)) is None


def test_folds_finished_before_are_not_computed_again(tmp_path):
    from pnetlib.datasets.simulated import simulate_cohort
    from pnetlib.steps.comparison import compute as comparison
    from pnetlib.steps.sizes import PROFILES

    cohort, profile = simulate_cohort(1), PROFILES["smoke"]
    run = Run("simulated", "smoke", out=str(tmp_path))
    drugs = ["Docetaxel"]
    whole = comparison.compare(cohort, profile, 1, drugs=drugs, kept=run.folds(cohort))
    files = sorted((tmp_path / "folds").iterdir())
    assert len(files) == profile.outer_folds
    files[0].unlink()
    stamps = {file: file.stat().st_mtime_ns for file in files[1:]}
    again = comparison.compare(cohort, profile, 1, drugs=drugs, kept=run.folds(cohort))
    pd.testing.assert_frame_equal(again.predictions, whole.predictions, check_exact=True)
    pd.testing.assert_frame_equal(again.choices, whole.choices, check_exact=True)
    assert sorted((tmp_path / "folds").iterdir()) == files
    assert {file: file.stat().st_mtime_ns for file in stamps} == stamps


def test_parts_of_an_array_share_all_tasks_between_them():
    from dataclasses import dataclass

    @dataclass(frozen=True)
    class Part:
        tasks: list

    work = [Part([("a", n) for n in range(7)]), Part([("b", n) for n in range(5)])]
    shares = [shards.share(work, k, 5) for k in range(1, 6)]
    taken = [task for share in shares for part in share for task in part.tasks]
    assert sorted(taken) == [task for part in work for task in part.tasks]
    sizes = [sum(len(part.tasks) for part in share) for share in shares]
    assert max(sizes) - min(sizes) <= 1


# --- full and closed disks -------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 2 MB, or skip where none can be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "pnetlib-test", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_disk_that_fills_up_is_one_sentence_and_loses_nothing_finished(small_disk, notebooks):
    big = "run.write_arrays('02_big', x=__import__('numpy').random.default_rng(0).random(10**6))"
    write_notebook(notebooks / "02_second.ipynb", WRITES.format(name="02_second"), big)
    result = command(*SMOKE, "--out", small_disk, notebooks=notebooks)
    assert_one_sentence(result, 3, small_disk, "No space left on device; free some space")
    assert status(small_disk, notebooks)["01"] == "fresh"
    write_notebook(notebooks / "02_second.ipynb", WRITES.format(name="02_second"))
    assert executed(small_disk, notebooks) == ["02", "03"]


def test_a_disk_that_is_full_at_the_start_is_one_sentence(small_disk, notebooks):
    with open(small_disk / "filling", "wb") as file, pytest.raises(OSError):
        while True:
            os.write(file.fileno(), bytes(4096))
    result = command(*SMOKE, "--out", small_disk / "out", notebooks=notebooks)
    assert_one_sentence(result, 3, small_disk, "free some space")


@pytest.mark.parametrize("name, code", [("SIGTERM", 143), ("SIGINT", 130), ("SIGUSR1", 75)])
def test_a_signal_before_the_command_stands_is_one_sentence(project, name, code):
    script = f"""
import os, runpy, signal, sys

class WhileImporting:
    def find_spec(self, module, *more):
        if module == "pnetlib.errors":
            os.kill(os.getpid(), signal.{name})

sys.meta_path.insert(0, WhileImporting())
sys.argv[1:] = ["run"]
runpy.run_module("pnetlib", run_name="__main__", alter_sys=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project, capture_output=True, text=True
    )
    assert done.returncode == code
    assert done.stderr.startswith(f"error: stopped by {name} before anything started")
    assert done.stderr.count("\n") == 1
