"""What a command prints where the output is closed, is full or cannot write every letter."""

import os
import subprocess
import sys

import pytest
from builders import ROOT, command_environment

HELP = (sys.executable, "-S", "-m", "pnetlib", "run", "--help")
STATUS = (*HELP[:-1], "--data", "simulated", "--status")
WRONG = (*HELP[:-1], "--data", "né目")


def run(line, folder=ROOT, redirect="", **environment):
    """Return how a command ended whose outputs a shell has redirected."""
    return subprocess.run(
        ["bash", "-c", f'"$@" {redirect}', "bash", *line],
        cwd=folder,
        env=command_environment(**environment),
        capture_output=True,
        encoding="latin-1",
        timeout=100,
    )


@pytest.mark.parametrize("line", [HELP, STATUS], ids=["help", "status"])
def test_a_closed_pipe_ends_a_command_in_silence(line):
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as closed:
        done = subprocess.run(
            line,
            cwd=ROOT,
            env=command_environment(),
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=100,
        )
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
@pytest.mark.parametrize("line", [HELP, STATUS], ids=["help", "status"])
def test_a_full_disk_of_the_output_is_one_sentence(line):
    done = run(line, redirect=">/dev/full")
    assert done.returncode == 3
    assert done.stderr.startswith("error: the output could not be written: ")
    assert done.stderr.count("\n") == 1
    assert run(line, redirect=">/dev/full 2>&1").returncode == 3
    assert run(WRONG, redirect="2>/dev/full").returncode == 2


@pytest.mark.parametrize("redirect", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_outputs_that_are_closed_from_the_start_lead_nowhere(redirect):
    done = run(STATUS, redirect=redirect)
    assert (done.returncode, done.stderr) == (0, "")
    assert run(WRONG, redirect=redirect).returncode == 2


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", r"n\xe9\u76ee"), ("latin-1", r"né\u76ee")]
)
def test_a_path_that_the_output_cannot_say_is_escaped(tmp_path, encoding, shown):
    done = run(WRONG, PYTHONIOENCODING=encoding)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --data is ") and done.stderr.count("\n") == 1
    assert shown in done.stderr
    done = run((*STATUS, "--out", tmp_path / "né目"), PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].endswith(f"/{shown}.")


@pytest.mark.parametrize("option", ["--data", "--out", "--notebooks"])
@pytest.mark.parametrize(
    ("path", "words"),
    [(b"~nosuchuser/x", "no home folder ~nosuchuser"), (b"\xff", "is not in UTF-8")],
    ids=["user", "bytes"],
)
def test_a_path_that_cannot_be_used_is_one_sentence(option, path, words):
    done = run((*HELP[:-1], "--check", option, path))
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {option} is ") and words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_working_folder_that_is_gone_is_one_sentence(tmp_path):
    (tmp_path / "gone").mkdir()
    line = f'cd "{tmp_path}/gone"; rmdir "{tmp_path}/gone"; "$@"'
    done = subprocess.run(
        ["bash", "-c", line, "bash", *STATUS],
        env=command_environment(),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 3
    assert "error: the working folder no longer exists" in done.stderr
    assert done.stderr.count("\n") == 1
