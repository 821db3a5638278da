"""The command `pnetlib`: subcommands, version, unknown names, and signals before it is ready."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("name, code", [("SIGTERM", 143), ("SIGINT", 130), ("SIGUSR1", 75)])
def test_a_signal_before_the_command_is_ready_is_one_sentence(project, name, code):
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
