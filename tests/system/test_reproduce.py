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
from importlib.util import find_spec
from pathlib import Path

import pytest
from builders import ROOT, SMOKE, command_environment, results

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
        env | grep ^PIP_ >"{calls}.pip"
        if [ -e "{calls}.broken" ]; then cat "{calls}.broken"; exit 1; fi ;;
    "-m pnetlib.cli.sources")
        echo PIP_PROXY=http://proxy:1 ;;
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
            and not name.startswith(BATCH)
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


BATCH = ("SLURM_", "PBS_", "SGE_", "LS_")  # begin the variables of the job in which tests may run
TOOLS = ("awk", "bash", "cat", "cmp", "cp", "env", "grep", "mkdir", "rm", "sed", "sleep", "touch")


def only_these(folder, *names):
    """Return a new folder for the PATH with some tools of the system and no others."""
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(shutil.which(name))
    return folder


@pytest.fixture
def clone(tmp_path):
    return Clone(tmp_path)


def assert_one_sentence(result, code, words):
    assert result.returncode == code, result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert result.stderr.startswith("error: ")
    assert words in result.stderr


VERSION = ("test", "--version")  # the quickest command that needs an environment
CHECK = ("--check", "--data", "simulated")  # which needs none


# --- before there is an environment ----------------------------------------------------------


def without_packages(clone):
    """Return a new folder for the PATH with a Python that has no packages."""
    bare = clone.bin / "bare"
    bare.mkdir()
    script(bare / "python3", f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    return bare


def test_help_needs_no_python(clone, tmp_path):
    tools = only_these(tmp_path / "tools", "bash", "cat", "env")
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


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--check", "--data", "simulated"], 0, ""),
        (["--status", "--data", "simulated"], 0, "1 of 1 step would be executed"),
        (["--data", "simulated", "--help"], 0, "Usage: ./reproduce.sh"),
        (["test", "--help"], 0, "Usage: ./reproduce.sh"),
        (["docs", "--help"], 0, "usage: ./reproduce.sh docs"),
        (["init", "--help"], 0, "usage: ./reproduce.sh init"),
        (["init", "--check", "nowhere"], 2, ""),
        (["docs", "--check", "nowhere"], 2, ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_only_looks_needs_no_package_and_installs_nothing(clone, arguments, code, words):
    result = clone(*arguments, PATH=f"{without_packages(clone)}:{clone.environment['PATH']}")
    assert result.returncode == code, result.stderr
    assert words in result.stdout
    assert result.stderr.count("\n") == bool(code)
    assert clone.called == []
    assert not (clone.root / ".cache").exists()


def test_missing_tables_are_told_before_anything_is_installed(clone):
    (tables := clone.root / "mine").mkdir()
    (tables / "tpm.csv").touch()
    bare = {"PATH": f"{without_packages(clone)}:{clone.environment['PATH']}"}
    for arguments, words in (
        (["--data", str(tables)], "neither a table named expression nor"),
        (["init", str(tables)], "no table named expression and none named response; "),
    ):
        assert_one_sentence(clone(*arguments, **bare), 4, words)
    assert clone.called == []
    assert not (clone.root / ".cache").exists()


def test_old_python_is_one_sentence(clone):
    for name in NAMES:
        script(clone.bin / name, "#!/bin/sh\nexit 1\n")
    for arguments in ((), ("--check",), ("--status",)):
        assert_one_sentence(clone(*arguments), 3, "Python 3.11 or newer is needed")


def test_python_without_venv_is_one_sentence(clone):
    text = clone.python.read_text()
    script(clone.python, text.replace("in\n", 'in\n    *"import venv"*) exit 1 ;;\n', 1))
    assert_one_sentence(clone("--data", "simulated"), 3, "lacks the module venv")


# --- the folder of the project ---------------------------------------------------------------


def called(line, cwd, **environment):
    """Return how a command line of a shell ended."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(BATCH)}
    return subprocess.run(
        ["bash", "-c", line],
        cwd=cwd,
        env=outside | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
    )


USAGE = "Usage: ./reproduce.sh"


@pytest.mark.parametrize(
    "line",
    [
        "CDPATH=. bash clone/reproduce.sh --help",
        "export CDPATH=/:.:/tmp; clone/reproduce.sh --help",
        "bin/pnet --help",
        "PATH=$PWD/bin:$PATH; pnet --help",
        "sh clone/reproduce.sh --help",
        "cd clone; sh reproduce.sh --help",
        "bash --posix clone/reproduce.sh --help",
        "POSIXLY_CORRECT=1 bash -o noclobber clone/reproduce.sh --help",
        "cd clone; bash reproduce.sh --help",
        "PATH=$PWD/clone:$PATH; bash reproduce.sh --help",
    ],
)
def test_the_script_finds_its_folder(clone, line):
    (clone.bin / "linked").symlink_to("../clone/reproduce.sh")
    (clone.bin / "pnet").symlink_to(clone.bin / "linked")
    result = called(line, clone.root.parent)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(USAGE)


@pytest.mark.parametrize("name", ["-x", "-", "two words", "line\n", "目ö", "$(x)", "*", "~"])
def test_the_name_of_the_folder_may_be_strange(clone, name):
    strange = clone.root.rename(clone.root.parent / name)
    result = subprocess.run(
        ["bash", "--", f"{name}/reproduce.sh", *CHECK],
        cwd=strange.parent,
        env=clone.environment,
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_folder_that_python_cannot_name_is_one_sentence(clone):
    clone.root = clone.root.rename(clone.root.parent / "a:b")
    assert_one_sentence(clone("--help"), 3, "has a colon in its name")


@pytest.mark.parametrize("variable", ["SLURM_SUBMIT_DIR", "PBS_O_WORKDIR", "SGE_O_WORKDIR"])
def test_the_copy_of_a_batch_system_finds_the_folder(clone, tmp_path, variable):
    copy = shutil.copy(clone.root / "reproduce.sh", tmp_path / "slurm_script")
    result = called(f"bash {copy} --help", tmp_path, **{variable: str(clone.root)})
    assert (result.returncode, result.stdout.startswith(USAGE)) == (0, True), result.stderr
    elsewhere = called(f"bash {copy} --help", tmp_path, **{variable: str(tmp_path)})
    assert_one_sentence(elsewhere, 3, f"{tmp_path} is not the folder of the project")


@pytest.mark.parametrize("array", [{}, {"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "2"}])
def test_a_job_submitted_from_another_folder_finds_it(clone, tmp_path, array):
    """Slurm gives the last task of an array the number of the array, which names all its tasks."""
    copy = shutil.copy(clone.root / "reproduce.sh", tmp_path / "slurm_script")
    said = f"JobId=7 JobName=x\n   Command={clone.root}/reproduce.sh --data a/b\n   WorkDir=/"
    wanted = "7_2" if array else "7"
    other = "JobId=8 JobName=x\n   Command=/other/reproduce.sh"
    lines = f"echo '{said}'\n[ \"$3\" = {wanted} ] || echo '{other}'\n"
    script(clone.bin / "scontrol", f"#!/bin/sh\n{lines}")
    second = shutil.copytree(clone.root, tmp_path / "second")
    (second / "pnetlib" / "cli" / "usage.txt").write_text("of the second clone\n")
    job = {**array, "SLURM_JOB_ID": "7", "SLURM_SUBMIT_DIR": str(second)}
    result = called(
        f"bash {copy} --help", tmp_path, **job, PATH=f"{clone.bin}:{os.environ['PATH']}"
    )
    assert (result.returncode, result.stdout.startswith(USAGE)) == (0, True), result.stderr


def test_a_script_that_is_no_command_is_one_sentence(clone):
    for line in (
        ". ./reproduce.sh",
        "bash <reproduce.sh",
        "sh <reproduce.sh",
        "cat reproduce.sh | bash",
    ):
        result = called(line, clone.root)
        assert result.returncode in (2, 3)
        assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1


# --- making an environment -------------------------------------------------------------------


def test_environment_is_made_once(clone):
    first, second = clone(*VERSION), clone(*VERSION)
    assert (first.returncode, first.stderr) == (0, "")
    assert "Installing the packages of requirements.lock" in first.stdout
    assert (second.returncode, second.stderr) == (0, "")
    assert second.stdout.startswith("pytest ")
    assert clone.called == ["venv", "pip", "pip", "compile"]


def test_jupyter_lab_of_the_environment_opens_on_the_overview(clone):
    clone(*VERSION)
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
    result = clone(*VERSION, PNETLIB_ENV="venv")
    assert (result.returncode, result.stderr) == (0, "")
    assert clone.called == made == ["venv", "pip", "pip", "compile"]
    (command,) = re.findall(r"^CMD (.*)$", text, re.M)
    assert json.loads(command) == ["./reproduce.sh"]


def test_changed_lock_updates_the_environment(clone):
    clone(*VERSION)
    with open(clone.root / "requirements.lock", "a") as lock:
        lock.write("# newer\n")
    assert clone(*VERSION).returncode == 0
    assert clone(*VERSION).returncode == 0
    assert clone.called == ["venv", "pip", "pip", "compile", "pip", "pip", "compile"]


def test_a_failed_installation_names_its_log_and_the_next_call_repairs_it(clone):
    broken = Path(f"{clone.calls}.broken")
    broken.write_text(
        "ERROR: not this one\nno route to host\nERROR: nothing fits numpy.\nWARNING: x\n"
    )
    log = clone.root / ".cache" / "install.log"
    words = f"The packages could not be installed: nothing fits numpy; the log is {log}."
    assert_one_sentence(clone(*VERSION), 3, words)
    assert "no route to host" in log.read_text()
    (clone.root / ".venv" / "leftover").touch()
    broken.unlink()
    assert clone(*VERSION).returncode == 0
    assert not (clone.root / ".venv" / "leftover").exists()
    assert clone.called == ["venv", "pip", "venv", "pip", "pip", "compile"]


def test_settings_of_pip_that_install_elsewhere_or_nothing_are_switched_off(clone):
    misplaced = ("USER", "TARGET", "REQUIRE_HASHES", "CONSTRAINT", "DRY_RUN", "PYTHON")
    clone(*VERSION, **{f"PIP_{name}": "1" for name in misplaced}, PNETLIB_ENV="venv")
    used = dict(line.split("=", 1) for line in Path(f"{clone.calls}.pip").read_text().splitlines())
    assert used == {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_PROXY": "http://proxy:1",
    }


def test_settings_are_told_by_a_pip_that_is_set_to_be_quiet(tmp_path):
    if find_spec("pip") is None:
        pytest.skip("this Python has no pip")
    (tmp_path / "pip.conf").write_text("[global]\nquiet = 3\nproxy = http://proxy:1\n")
    done = subprocess.run(
        [sys.executable, "-m", "pnetlib.cli.sources"],
        env=command_environment(PIP_CONFIG_FILE=str(tmp_path / "pip.conf")),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "PIP_PROXY=http://proxy:1" in done.stdout


def test_a_pip_that_cannot_tell_its_settings_has_them_switched_off(clone):
    text = clone.python.read_text().replace("echo PIP_PROXY=http://proxy:1", "exit 1")
    script(clone.python, text)
    clone(*VERSION, PIP_USER="1", PIP_TARGET="/x", PIP_CONSTRAINT="/y", PIP_INDEX_URL="https://i")
    used = Path(f"{clone.calls}.pip").read_text().splitlines()
    assert {"PIP_USER=0", "PIP_CONSTRAINT=/dev/null", "PIP_INDEX_URL=https://i"} <= set(used)
    assert not [line for line in used if line.startswith("PIP_TARGET")]


def test_an_interrupted_installation_starts_again(clone):
    slow = Path(f"{clone.calls}.slow")
    slow.touch()
    installing = subprocess.Popen(
        clone.line(*VERSION),
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
    assert clone(*VERSION).returncode == 0
    assert not (clone.root / ".venv" / "leftover").exists()
    assert clone.called == ["venv", "pip", "venv", "pip", "pip", "compile"]


def wait_for(condition, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_the_environment_of_a_removed_python_is_made_again(clone):
    clone(*VERSION)
    (clone.root / ".venv" / "bin" / "python").unlink()
    assert clone(*VERSION).returncode == 0
    assert clone.called == ["venv", "pip", "pip", "compile"] * 2


@pytest.mark.parametrize("flock", ["flock", ""], ids=["flock", "Python"])
def test_calls_at_the_same_time_make_one_environment(clone, tmp_path, flock):
    if flock and not shutil.which(flock, path=clone.environment["PATH"]):
        pytest.skip("no flock on this system")
    path = only_these(tmp_path / "tools", *TOOLS, *filter(None, [flock]))
    environment = clone.environment | {"PATH": f"{clone.bin}:{path}"}
    calls = [
        subprocess.Popen(
            clone.line(*VERSION), cwd=clone.root, env=environment, stdout=subprocess.DEVNULL
        )
        for _ in range(4)
    ]
    assert [call.wait(timeout=60) for call in calls] == [0] * 4
    assert clone.called == ["venv", "pip", "pip", "compile"]


def test_a_venv_made_by_others_is_not_changed(clone):
    (clone.root / ".venv").mkdir()
    (clone.root / ".venv" / "mine").touch()
    assert_one_sentence(clone(*VERSION), 3, ".venv was not made by reproduce.sh")
    assert (clone.root / ".venv" / "mine").exists()
    assert clone.called == []


@pytest.mark.parametrize("name", ["mamba", "micromamba", "conda"])
def test_conda_is_preferred_to_venv(clone, name):
    script(clone.bin / name, CONDA.format(calls=clone.calls, stand_in=clone.python))
    assert clone(*VERSION).returncode == 0
    assert clone(*VERSION).returncode == 0
    conda, *others = clone.called
    verb = "create --yes" if name == "micromamba" else "env create"
    place = f"--prefix {clone.root}/.conda --file {clone.root}/environment.yml"
    assert conda == f"{name} {verb} {place}"
    assert others == ["pip", "compile"]
    assert not (clone.root / ".venv").exists()


def test_venv_can_be_demanded(clone):
    script(clone.bin / "conda", "#!/bin/sh\nexit 1\n")
    assert_one_sentence(clone(*VERSION), 3, "The packages could not be installed")
    assert clone(*VERSION, PNETLIB_ENV="venv").returncode == 0
    assert clone(*VERSION).returncode == 0  # an existing environment is used
    assert clone.called == ["venv", "pip", "pip", "compile"]


# --- the active environment ------------------------------------------------------------------


def active(folder, python):
    (folder / "bin").mkdir(parents=True)
    script(folder / "bin" / "python", f'#!/bin/sh\nexec {python} "$@"\n')
    return str(folder)


@pytest.mark.parametrize("variable", ["VIRTUAL_ENV", "CONDA_PREFIX"])
def test_a_complete_active_environment_is_used(clone, tmp_path, variable):
    folder = active(tmp_path / "mine", sys.executable)
    result = clone(*VERSION, **{variable: folder})
    assert (result.returncode, result.stderr) == (0, "")
    assert clone.called == []


def test_an_active_environment_without_a_package_is_not_used(clone, tmp_path):
    folder = active(tmp_path / "mine", f"{sys.executable} -S")
    result = clone(*VERSION, VIRTUAL_ENV=folder)
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


TESTS = """import pytest

def test_it():
    import pnetlib

@pytest.mark.long
def test_long():
    pass
"""


@pytest.mark.long
def test_test_runs_unit_tests_and_checks_notebooks(clone, tmp_path):
    folder = active(tmp_path / "mine", sys.executable)
    (clone.root / "tests").mkdir()
    (clone.root / "tests" / "test_it.py").write_text(TESTS)
    good = clone("test", "-q", "-p", "no:cacheprovider", cwd=tmp_path, VIRTUAL_ENV=folder)
    assert good.returncode == 0, good.stdout
    assert "3 passed, 1 deselected" in good.stdout
    clone.write_notebook("01_a", "print(seed)", "7")
    bad = clone("test", "-q", "-p", "no:cacheprovider", VIRTUAL_ENV=folder)
    assert bad.returncode == 1
    assert "1 failed, 2 passed" in bad.stdout


@pytest.mark.long
def test_all_tests_include_the_long_ones(clone, tmp_path):
    folder = active(tmp_path / "mine", sys.executable)
    (clone.root / "tests").mkdir()
    (clone.root / "tests" / "test_it.py").write_text(TESTS)
    done = clone("test", "--all", VIRTUAL_ENV=folder)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout and "deselected" not in done.stdout


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
        clone.line(*VERSION),
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


@pytest.mark.long
def test_a_run_on_one_thread_gives_the_bytes_of_one_on_two(smoke_results, tmp_path):
    """Run steps 01 and 02 by the script, which needs no variable of the tests."""
    environment = os.environ | {"VIRTUAL_ENV": active(tmp_path / "mine", sys.executable)}
    environment.pop("PNETLIB_ENV", None)
    run = subprocess.run(
        [ROOT / "reproduce.sh", *SMOKE, "--only", "01,02", "--out", tmp_path / "one", "-j", "1"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert (run.returncode, run.stderr) == (0, ""), run.stdout
    assert "Finished 2 steps in " in run.stdout
    found = results(tmp_path / "one")
    numbers = [name for name in found if name.endswith(".json") and "/" not in name]
    assert {name.partition("_")[0] for name in numbers} == {"01", "02"}
    assert found.keys() == smoke_results.keys()
    assert [name for name in found if found[name] != smoke_results[name]] == []
