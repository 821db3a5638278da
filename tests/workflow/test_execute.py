"""One notebook: its kernel, its errors and the exit code of each."""

import json
import subprocess
import sys

import pytest
from builders import SMOKE, assert_one_sentence, command, command_environment, write_notebook

from pnetlib import errors


def test_kernels_get_thread_limits_and_inline_figures(tmp_path):
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


@pytest.mark.long
def test_a_failed_notebook_has_a_name_of_its_own(tmp_path, notebooks):
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


def test_a_dead_kernel_has_an_exit_code_of_its_own(tmp_path):
    write_notebook(tmp_path / "01_a.ipynb", "import os; os.kill(os.getpid(), 9)")
    result = command(*SMOKE, "--out", tmp_path / "out", notebooks=tmp_path)
    assert_one_sentence(result, 138, "kernel of 01_a died")


def test_a_kernel_that_cannot_start_says_why(tmp_path):
    (tmp_path / "tiny").mkdir()
    write_notebook(tmp_path / "tiny" / "01_a.ipynb", "1")
    code = """
import sys
from pnetlib.workflow import execute
execute.LAUNCHER = "no_such_launcher"
execute.check_kernel = lambda: None
from pnetlib.cli import dispatch
sys.exit(dispatch(sys.argv[1:]))
"""
    notebooks = ("--notebooks", str(tmp_path / "tiny"))
    line = [sys.executable, "-c", code, "run", *SMOKE, *notebooks, "--out", str(tmp_path / "out")]
    result = subprocess.run(
        line, env=command_environment(), capture_output=True, text=True, timeout=100
    )
    assert_one_sentence(result, 138, "No module named no_such_launcher", "logs/01_a.log")
    assert "out of memory" not in result.stderr


def test_a_step_that_ran_out_of_memory_says_so(tmp_path):
    write_notebook(tmp_path / "01_a.ipynb", "raise MemoryError")
    result = command(*SMOKE, "--out", tmp_path / "out", notebooks=tmp_path)
    assert_one_sentence(result, 1, "01_a failed with MemoryError", "(out of memory)")


def test_a_notebook_that_papermill_refuses_is_one_sentence(tmp_path):
    path = write_notebook(tmp_path / "01_a.ipynb", "1")
    content = json.loads(path.read_text())
    content["nbformat"] = 99
    path.write_text(json.dumps(content))
    result = command(*SMOKE, "--out", tmp_path / "out", notebooks=tmp_path)
    assert_one_sentence(result, 1, "01_a could not be executed", tmp_path / "out/logs/01_a.log")
    assert "Traceback" in (tmp_path / "out/logs/01_a.log").read_text()


def test_an_environment_without_the_kernel_is_one_sentence(tmp_path, monkeypatch, capsys):
    from pnetlib.cli import dispatch
    from pnetlib.workflow import execute

    monkeypatch.setattr(execute, "LAUNCHER", "no_such_launcher")
    write_notebook(tmp_path / "01_a.ipynb", "1")
    out = str(tmp_path / "out")
    assert dispatch(["run", *SMOKE, "--out", out, "--notebooks", str(tmp_path)]) == 3
    assert "install ipykernel" in capsys.readouterr().err


def test_the_kernel_is_this_python_whatever_is_registered(tmp_path):
    """Kernels named python3 in every place where Jupyter looks, one of them of another Python."""
    home, data, path = tmp_path / "home", tmp_path / "data", tmp_path / "path"
    for place in (home / ".local" / "share" / "jupyter", data, path):
        spec = place / "kernels" / "python3"
        spec.mkdir(parents=True)
        command_of = ["false", "-f", "{connection_file}"]
        content = {"argv": command_of, "display_name": "Mine", "language": "python"}
        spec.joinpath("kernel.json").write_text(json.dumps(content))
    write_notebook(tmp_path / "01_a.ipynb", "import sys; print(sys.executable)")
    result = command(
        *SMOKE,
        *("--out", tmp_path / "out"),
        notebooks=tmp_path,
        HOME=str(home),
        JUPYTER_DATA_DIR=str(data),
        JUPYTER_PATH=str(path),
        JUPYTER_PREFER_ENV_PATH="0",
        JUPYTER_DEFAULT_PROVISIONER_NAME="elsewhere",
    )
    assert result.returncode == 0, result.stderr
    assert f"{sys.executable}\n" in (tmp_path / "out/logs/01_a.log").read_text()


def test_a_notebook_that_fills_the_disk_is_named(small_disk):
    """Papermill stores a running notebook at times of its own, as when a disk is full."""
    import papermill

    from pnetlib.workflow import execute

    assert execute.ENGINE
    path = str(small_disk / "01_a.ipynb")
    with pytest.raises(OSError, match="No space left") as refused:
        papermill.iorw.papermill_io.write("x" * 3_000_000, path)
    assert refused.value.filename == path
