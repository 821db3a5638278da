"""Files are written completely or not at all."""

import subprocess
import sys

import pytest
from builders import command_environment

from pnetlib.execution import storage


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), storage.whole_file(path) as partial:
        partial.write_text("ne")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_sentence_and_leaves_the_old_file(tmp_path):
    """A limit on the size of files simulates a full disk."""
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
