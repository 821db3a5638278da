"""./reproduce.sh: which environment it uses or makes, and a whole run at smoke size.

A stand-in for Python records its calls, and neither makes environments nor installs packages.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from builders import ROOT, SMOKE, results

NAMES = ("python3", "python", "python3.11", "python3.12", "python3.13", "python3.14")

STAND_IN = """#!/bin/bash
case "$*" in
    "-m venv "*)
        echo venv >>"{calls}"
        mkdir -p "${{!#}}/bin"
        cp "$0" "${{!#}}/bin/python" ;;
    "-m pip install "*)
        echo pip >>"{calls}"
        if [ -e "{calls}.slow" ]; then sleep 30; fi
        if [ -e "{calls}.broken" ]; then echo "no route to host"; exit 1; fi ;;
    "-m pnetlib compile")
        echo compile >>"{calls}" ;;
    *) exec "{python}" "$@" ;;
esac
"""
CONDA = """#!/bin/bash
echo "$(basename "$0") $*" >>"{calls}"
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/bin"
cp "{stand_in}" "$2/bin/python"
"""


def script(path, text):
    path.write_text(text)
    path.chmod(0o755)
    return path


class Clone:
    """A fresh copy of the project, with nothing but the stand-in on the PATH."""

    def __init__(self, folder):
        self.root = folder / "clone"
        self.root.mkdir()
        for name in ("reproduce.sh", "pyproject.toml", "environment.yml", "requirements.lock"):
            shutil.copy(ROOT / name, self.root)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "pnetlib", self.root / "pnetlib", ignore=ignored)
        shutil.copytree(ROOT / ".jupyter", self.root / ".jupyter")
        (self.root / "notebooks").mkdir()
        self.write_notebook("01_a", "print(seed)", "20220823")
        self.calls = folder / "calls"
        self.bin = folder / "bin"
        self.bin.mkdir()
        text = STAND_IN.format(calls=self.calls, python=sys.executable)
        self.python = script(self.bin / "python3", text)
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("VIRTUAL_ENV", "CONDA_PREFIX", "PNETLIB_ENV", "PYTHONPATH")
        } | {"PATH": f"{self.bin}:/usr/bin:/bin"}

    def write_notebook(self, name, code, printed):
        """Write a notebook with one checked cell and the output stored for it."""

        def cell(at, source, tag, text=()):
            outputs = [{"output_type": "stream", "name": "stdout", "text": list(text)}]
            return {
                "cell_type": "code",
                "execution_count": at,
                "id": f"c{at}",
                "metadata": {"tags": [tag]},
                "outputs": outputs if text else [],
                "source": source,
            }

        shared = 'source = "simulated"\nprofile = "smoke"\nseed = 20220823'
        checked = cell(2, code, "nbval-check-output", [f"{printed}\n"])
        content = {
            "cells": [cell(1, shared, "parameters"), checked],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (self.root / "notebooks" / f"{name}.ipynb").write_text(json.dumps(content))

    def __call__(self, *arguments, cwd=None, **environment):
        return subprocess.run(
            self.line(*arguments),
            cwd=cwd or self.root,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
        )

    def line(self, *arguments):
        return [str(self.root / "reproduce.sh"), *map(str, arguments)]

    @property
    def called(self):
        """Calls of the stand-in, in order."""
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def clone(tmp_path):
    return Clone(tmp_path)


def assert_one_sentence(result, code, words):
    assert result.returncode == code, result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert result.stderr.startswith("error: ")
    assert words in result.stderr


CHECK = ("--check", "--data", "simulated")  # the quickest command that needs an environment


# --- before there is an environment ----------------------------------------------------------


def test_help_needs_no_python(clone, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "cat", "env"):
        (tools / name).symlink_to(shutil.which(name))
    result = clone("--help", PATH=str(tools))
    assert (result.returncode, result.stderr) == (0, "")
    assert "Examples" in result.stdout
    assert not (clone.root / ".venv").exists()


def test_wrong_usage_is_refused_before_anything_is_installed(clone):
    for arguments, words in (
        (["--profil", "smoke"], "--profil"),
        (["--data", "nowhere"], "--data is 'nowhere'"),
        (["-p", "sed=1"], "did you mean seed"),
    ):
        assert_one_sentence(clone(*arguments), 2, words)
    assert_one_sentence(clone(PNETLIB_ENV="poetry"), 2, "PNETLIB_ENV is 'poetry'")
    assert clone.called == []
    assert not (clone.root / ".cache").exists()


def test_old_python_is_one_sentence(clone):
    for name in NAMES:
        script(clone.bin / name, "#!/bin/sh\nexit 1\n")
    assert_one_sentence(clone(), 3, "Python 3.11 or newer is needed")


def test_python_without_venv_is_one_sentence(clone):
    text = clone.python.read_text()
    script(clone.python, text.replace("in\n", 'in\n    *"import venv"*) exit 1 ;;\n', 1))
    assert_one_sentence(clone("--data", "simulated"), 3, "lacks the module venv")


# --- making an environment -------------------------------------------------------------------


def test_environment_is_made_once(clone):
    first, second = clone(*CHECK), clone(*CHECK)
    assert (first.returncode, first.stderr) == (0, "")
    assert "Installing the packages of requirements.lock" in first.stdout
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert clone.called == ["venv", "pip", "pip", "compile"]


def test_jupyter_lab_of_the_environment_opens_on_the_overview(clone):
    clone(*CHECK)
    settings = json.loads((clone.root / ".venv/etc/jupyter/jupyter_lab_config.json").read_text())
    page = settings["LabApp"]["default_url"].removeprefix("/lab/tree/")
    assert (ROOT / page).is_file()
    viewers = json.loads(
        (clone.root / ".venv/share/jupyter/lab/settings/overrides.json").read_text()
    )
    viewers = viewers["@jupyterlab/docmanager-extension:plugin"]["defaultViewers"]
    assert viewers == {"markdown": "Markdown Preview"}


def test_the_container_has_the_environment_that_the_commands_use(clone):
    """The steps of the Dockerfile run as a script, but for those of the base system."""
    text = (ROOT / "Dockerfile").read_text()
    text = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.M))
    steps = [line.removeprefix("RUN ") for line in text.splitlines() if line.startswith("RUN ")]
    base, *steps = steps
    assert base.startswith("apt-get update") and len(steps) == 2
    for step in steps:
        done = subprocess.run(
            ["bash", "-euc", step], cwd=clone.root, env=clone.environment, capture_output=True
        )
        assert done.returncode == 0, done.stderr
    made = clone.called
    result = clone(*CHECK, PNETLIB_ENV="venv")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert clone.called == made == ["venv", "pip", "pip", "compile"]
    (command,) = re.findall(r"^CMD (.*)$", text, re.M)
    assert json.loads(command) == ["./reproduce.sh"]


def test_changed_lock_updates_the_environment(clone):
    clone(*CHECK)
    with open(clone.root / "requirements.lock", "a") as lock:
        lock.write("# newer\n")
    assert clone(*CHECK).returncode == 0
    assert clone(*CHECK).returncode == 0
    assert clone.called == ["venv", "pip", "pip", "compile", "pip", "pip", "compile"]


def test_a_failed_installation_names_its_log_and_the_next_call_repairs_it(clone):
    broken = Path(f"{clone.calls}.broken")
    broken.touch()
    log = clone.root / ".cache" / "install.log"
    assert_one_sentence(clone(*CHECK), 3, f"is the network reachable?); the log is {log}")
    assert "no route to host" in log.read_text()
    (clone.root / ".venv" / "leftover").touch()
    broken.unlink()
    assert clone(*CHECK).returncode == 0
    assert not (clone.root / ".venv" / "leftover").exists()
    assert clone.called == ["venv", "pip", "venv", "pip", "pip", "compile"]


def test_an_interrupted_installation_starts_again(clone):
    slow = Path(f"{clone.calls}.slow")
    slow.touch()
    installing = subprocess.Popen(
        clone.line(*CHECK),
        cwd=clone.root,
        env=clone.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for(lambda: "pip" in clone.called)
    os.killpg(installing.pid, signal.SIGKILL)
    installing.wait()
    slow.unlink()
    (clone.root / ".venv" / "leftover").touch()
    assert clone(*CHECK).returncode == 0
    assert not (clone.root / ".venv" / "leftover").exists()
    assert clone.called == ["venv", "pip", "venv", "pip", "pip", "compile"]


def wait_for(condition, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_the_environment_of_a_removed_python_is_made_again(clone):
    clone(*CHECK)
    (clone.root / ".venv" / "bin" / "python").unlink()
    assert clone(*CHECK).returncode == 0
    assert clone.called == ["venv", "pip", "pip", "compile"] * 2


def test_calls_at_the_same_time_make_one_environment(clone):
    if not shutil.which("flock", path=clone.environment["PATH"]):
        pytest.skip("no flock on this system")
    calls = [
        subprocess.Popen(
            clone.line(*CHECK), cwd=clone.root, env=clone.environment, stdout=subprocess.DEVNULL
        )
        for _ in range(4)
    ]
    assert [call.wait(timeout=60) for call in calls] == [0] * 4
    assert clone.called == ["venv", "pip", "pip", "compile"]


def test_a_venv_made_by_others_is_not_changed(clone):
    (clone.root / ".venv").mkdir()
    (clone.root / ".venv" / "mine").touch()
    assert_one_sentence(clone(*CHECK), 3, ".venv was not made by reproduce.sh")
    assert (clone.root / ".venv" / "mine").exists()
    assert clone.called == []


@pytest.mark.parametrize("name", ["mamba", "micromamba", "conda"])
def test_conda_is_preferred_to_venv(clone, name):
    script(clone.bin / name, CONDA.format(calls=clone.calls, stand_in=clone.python))
    assert clone(*CHECK).returncode == 0
    assert clone(*CHECK).returncode == 0
    conda, *others = clone.called
    verb = "create --yes" if name == "micromamba" else "env create"
    place = f"--prefix {clone.root}/.conda --file {clone.root}/environment.yml"
    assert conda == f"{name} {verb} {place}"
    assert others == ["pip", "compile"]
    assert not (clone.root / ".venv").exists()


def test_venv_can_be_demanded(clone):
    script(clone.bin / "conda", "#!/bin/sh\nexit 1\n")
    assert_one_sentence(clone(*CHECK), 3, "The packages could not be installed")
    assert clone(*CHECK, PNETLIB_ENV="venv").returncode == 0
    assert clone(*CHECK).returncode == 0  # an existing environment is used
    assert clone.called == ["venv", "pip", "pip", "compile"]


# --- the active environment ------------------------------------------------------------------


def active(folder, python):
    (folder / "bin").mkdir(parents=True)
    script(folder / "bin" / "python", f'#!/bin/sh\nexec {python} "$@"\n')
    return str(folder)


@pytest.mark.parametrize("variable", ["VIRTUAL_ENV", "CONDA_PREFIX"])
def test_a_complete_active_environment_is_used(clone, tmp_path, variable):
    folder = active(tmp_path / "mine", sys.executable)
    result = clone(*CHECK, **{variable: folder})
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert clone.called == []


def test_an_active_environment_without_a_package_is_not_used(clone, tmp_path):
    folder = active(tmp_path / "mine", f"{sys.executable} -S")
    result = clone(*CHECK, VIRTUAL_ENV=folder)
    assert result.returncode == 0
    assert f"Not used: the active environment {folder} lacks" in result.stderr
    assert clone.called == ["venv", "pip", "pip", "compile"]


def test_the_users_own_python_has_no_influence(clone, tmp_path):
    (tmp_path / "numpy.py").write_text("raise SystemExit('leaked')")
    folder = active(tmp_path / "mine", sys.executable)
    result = clone(
        *("--data", "simulated", "--profile", "smoke", "--out", "here"),
        cwd=tmp_path,
        VIRTUAL_ENV=folder,
        PYTHONPATH=str(tmp_path),
        PYTHONSTARTUP=str(tmp_path / "numpy.py"),
    )
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    assert (tmp_path / "here" / "notebooks" / "01_a.ipynb").exists()


# --- tests -----------------------------------------------------------------------------------


def test_test_runs_unit_tests_and_checks_notebooks(clone, tmp_path):
    folder = active(tmp_path / "mine", sys.executable)
    (clone.root / "tests").mkdir()
    (clone.root / "tests" / "test_it.py").write_text("def test_it():\n    import pnetlib\n")
    good = clone("test", "-q", "-p", "no:cacheprovider", cwd=tmp_path, VIRTUAL_ENV=folder)
    assert good.returncode == 0, good.stdout
    assert "3 passed" in good.stdout
    clone.write_notebook("01_a", "print(seed)", "7")
    bad = clone("test", "-q", "-p", "no:cacheprovider", VIRTUAL_ENV=folder)
    assert bad.returncode == 1
    assert "1 failed, 2 passed" in bad.stdout
    only = clone("test", "-q", "-k", "test_it", VIRTUAL_ENV=folder)
    assert only.returncode == 0, only.stdout


def test_continuous_integration_ends_with_exactly_this():
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert lines[:3] == ["#!/usr/bin/env bash", "set -e", 'cd "$(dirname "$0")/.."']
    assert lines[-1] == "./reproduce.sh test"
    assert os.access(ROOT / "reproduce.sh", os.X_OK)


def test_a_slurm_job_requests_what_it_needs():
    lines = (ROOT / "reproduce.sh").read_text().splitlines()
    first = next(at for at, line in enumerate(lines) if line and not line.startswith("#"))
    requested = [line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH ")]
    assert all(line.startswith("#") for line in lines[:first])
    assert all("#SBATCH" not in line for line in lines[first:])  # Slurm would not read them
    assert {"--ntasks=1", "--requeue", "--open-mode=append", "--signal=B:USR1@300"} <= set(
        requested
    )
    (output,) = (line.partition("=")[2] for line in requested if line.startswith("--output="))
    assert (ROOT / output).parent.is_dir()  # or Slurm fails without a message
    assert not [line for line in requested if "account" in line or "partition" in line]


def test_a_warning_of_the_time_limit_while_installing_is_one_sentence(clone):
    slow = Path(f"{clone.calls}.slow")
    slow.touch()
    installing = subprocess.Popen(
        clone.line(*CHECK),
        cwd=clone.root,
        env=clone.environment,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    wait_for(lambda: "pip" in clone.called)
    os.killpg(installing.pid, signal.SIGUSR1)
    _, error = installing.communicate(timeout=60)
    assert installing.returncode == 75
    assert error.splitlines()[-1].startswith("error: stopped by SIGUSR1"), error


# --- a whole run -----------------------------------------------------------------------------


def test_smoke_run_twice_at_once_gives_the_same_bytes(tmp_path):
    """Run steps 01 and 02 twice at the same time, with one thread and with two."""
    folder = active(tmp_path / "mine", sys.executable)
    environment = os.environ | {"VIRTUAL_ENV": folder}
    environment.pop("PNETLIB_ENV", None)
    smoke = [str(ROOT / "reproduce.sh"), *SMOKE, "--only", "01,02"]
    runs = [
        subprocess.Popen(
            [*smoke, "--out", str(tmp_path / f"j{threads}"), "-j", str(threads)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for threads in (1, 2)
    ]
    printed = [run.communicate(timeout=500) for run in runs]
    for run, (shown, error) in zip(runs, printed, strict=True):
        assert (run.returncode, error) == (0, ""), shown + error
        assert "Finished 2 steps in " in shown
    one, two = (results(tmp_path / f"j{threads}") for threads in (1, 2))
    numbers = [name for name in one if name.endswith(".json") and "/" not in name]
    assert {name.partition("_")[0] for name in numbers} == {"01", "02"}
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
