"""`pnetlib run`: options, what it imports, and folders that cannot be used."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from builders import SMOKE, assert_one_sentence, command, command_environment, command_line

from pnetlib.cli.run import read_options
from pnetlib.errors import UsageError


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
        (["-p", "seed=3"], "use --seed"),
        (["somewhere"], "somewhere"),
        (["--array", "21/20"], "--array is '21/20'"),
        (["--array", "0/20"], "--array is '0/20'"),
        (["--array"], "--array needs K/M"),
        (["--array", "1/2", "--merge"], "neither --merge nor --force"),
        (["--array", "1/2", "--only", "01"], "need a step with stored folds (02_comparison or 10"),
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
    """So reproduce.sh can check the options with a bare Python before it installs anything."""
    options = ["--check", *SMOKE, "--notebooks", str(notebooks), "-p"]
    for n_genes, expected in (("x", 2), ("5", 0)):
        result = subprocess.run(
            [sys.executable, "-S", "-m", "pnetlib", "run", *options, f"n_genes={n_genes}"],
            env=command_environment(),
            capture_output=True,
            text=True,
        )
        assert result.returncode == expected, result.stderr
    assert result.stdout + result.stderr == ""


def test_wrong_search_is_one_sentence_before_anything_runs(tmp_path):
    out = tmp_path / "run"
    for text, words in (("budget=x", "must be a number"), ("fine", "search must be grid, zoom")):
        result = command(*SMOKE, "--out", out, "--only", "10", "-p", f"search={text}")
        assert_one_sentence(result, 2, words)
    assert not out.exists()


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


@pytest.mark.long
def test_no_large_package_is_imported_if_all_steps_are_fresh(finished, notebooks):
    code = "import sys; from pnetlib.cli import dispatch; dispatch(sys.argv[1:])\n"
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


def numbers_of(reading):
    """What notebook 15 stores of the reading under which most claims agree."""
    default = {"lines": "all", "size": "95", "hub": "weights"}
    together = {"agrees": {"reading": default | reading}}
    return json.dumps({"default": default, "together": together})


def test_a_reading_runs_the_notebooks_that_follow_it_in_a_folder_of_its_own():
    options = read_options([*SMOKE, "--reading", "lines=solid"], Path.cwd())
    assert [step.number for step in options.steps] == ["01", "02", "03", "04", "05", "16"]
    assert options.run.folder.name == "simulated-smoke-reading"
    assert options.parameters["01_data"]["reading"] == "lines=solid"
    assert options.parameters["04_networks"]["draws"] == 1
    only = read_options([*SMOKE, "--reading", "lines=solid", "--only", "01"], Path.cwd())
    assert [step.number for step in only.steps] == ["01"]


def test_the_nearest_reading_is_that_of_the_same_run(tmp_path):
    options = [*SMOKE, "--out", str(tmp_path), "--reading", "nearest"]
    with pytest.raises(UsageError, match="has none; run ./reproduce.sh first"):
        read_options(options, Path.cwd())
    (tmp_path / "15_multiverse.json").write_text(numbers_of({"lines": "solid", "size": "80"}))
    found = read_options(options, Path.cwd())
    assert found.parameters["01_data"]["reading"] == "lines=solid; size=80"
    assert found.run.folder == tmp_path.with_name(f"{tmp_path.name}-nearest")
