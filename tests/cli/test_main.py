"""The command `pnetlib`: subcommands, version, unknown names, and signals before it is ready."""

import os
import shutil
import signal
import subprocess
import sys
import types

import numpy as np
import pandas as pd
import pytest
from builders import SMOKE, assert_one_sentence, command_environment

import pnetlib
from pnetlib.cli import SUBCOMMANDS, dispatch


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


@pytest.mark.parametrize("name, code", [("SIGINT", 130), ("SIGTERM", 143), ("SIGUSR1", 75)])
def test_a_signal_while_a_subcommand_works_is_one_sentence(name, code, monkeypatch, capsys):
    def work(arguments):
        os.kill(os.getpid(), getattr(signal, name))

    monkeypatch.setitem(sys.modules, "pnetlib.cli.docs", types.SimpleNamespace(main=work))
    before = signal.getsignal(signal.SIGINT)
    assert dispatch(["docs", "x"]) == code
    assert capsys.readouterr().err == f"error: stopped by {name}; repeat the command.\n"
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], []])
def test_help_lists_the_subcommands(arguments, capsys):
    assert dispatch(arguments) == 0
    printed = capsys.readouterr().out
    assert all(f"\n  {name} " in printed for name in SUBCOMMANDS)


def test_version(capsys):
    assert dispatch(["--version"]) == 0
    assert capsys.readouterr().out == f"pnetlib {pnetlib.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "no subcommand 'nonsense'; there are run, init, network"),
        (["innit", "x"], "pnetlib has no subcommand 'innit'; did you mean init?"),
        (["run", "innit", "x"], "./reproduce.sh has no subcommand 'innit'; did you mean init?"),
        (["--nonsense"], "no subcommand '--nonsense'"),
        (["network", "gdsc"], "--lam1; pnetlib network --help"),
        (["network", "gdsc", "--lam1", "0.3", "--nonsense"], "--nonsense"),
        (["compile", "here"], "here; pnetlib compile --help"),
        (["publish"], "RUN; pnetlib publish --help"),
        (["publish", "nowhere"], "nowhere is not the folder of a finished run"),
        (["environment", "nonsense"], "no extra 'nonsense', only anndata, bench"),
        (["environment", "--nonsense"], "pnetlib environment --help"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments, words, capsys):
    assert dispatch(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    assert printed.err.startswith("error: ") and words in printed.err


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_has_a_help(name, project):
    line = [sys.executable, "-m", "pnetlib", name, "--help"]
    done = subprocess.run(line, cwd=project, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.lower().startswith("usage: ")
    assert f"pnetlib {name}" in done.stdout


@pytest.mark.long
def test_outside_a_checkout_run_says_what_to_do_and_network_works(tmp_path, project):
    """The package alone, as it lies in an environment where it was installed from a wheel."""
    shutil.copytree(project / "pnetlib", tmp_path / "site" / "pnetlib")
    pd.DataFrame(np.random.default_rng(1).normal(size=(9, 3))).to_csv(tmp_path / "x.csv")

    def call(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "pnetlib", *arguments],
            cwd=tmp_path,
            env=command_environment(PYTHONPATH=str(tmp_path / "site"), NUMBA_DISABLE_JIT="1"),
            capture_output=True,
            text=True,
        )

    for name in (("run", *SMOKE), ("environment",), ("publish", "results")):
        assert_one_sentence(call(*name), 3, "not in a checkout", "clone the repository")
    assert call("run", "--help").returncode == 0
    done = call("network", "x.csv", "--lam1", "0.3")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "network.npz").exists()
