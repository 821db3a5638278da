"""Options of the benchmark, its place in reproduce.sh, and what it needs to be imported."""

import importlib.util
import subprocess

import pytest

from benchmarks import command
from pnetlib.errors import UsageError


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["--size", "huge"], "--size"),
        (["--repeats", "-1"], "--repeats"),
        (["--seed", "x"], "--seed"),
        (["--fast"], "--fast"),
    ],
)
def test_wrong_options_are_refused_in_a_sentence(arguments, word, capsys):
    with pytest.raises(UsageError, match=word):
        command.read(arguments)
    assert command.main(arguments) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_reproduce_runs_the_benchmark(project):
    assert "bench" in (project / "pnetlib" / "cli" / "usage.txt").read_text()
    script = (project / "reproduce.sh").read_text()
    assert "requirements-bench.lock" in script and "-m benchmarks" in script
    assert subprocess.run(["bash", "-n", project / "reproduce.sh"]).returncode == 0
    assert importlib.util.find_spec("benchmarks.command")
