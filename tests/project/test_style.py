"""The whole repository passes the linter, the formatter and the spelling checker."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

COMMANDS = {
    "lint": ("ruff", ["check", "."]),
    "format": ("ruff", ["format", "--check", "."]),
    "spelling": ("codespell_lib", ["."]),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_repository_passes(project, name):
    module, arguments = COMMANDS[name]
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed; the extra test has it")
    command = [sys.executable, "-m", module, *arguments]
    found = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
