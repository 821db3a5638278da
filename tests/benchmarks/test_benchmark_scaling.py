"""Growth of one network: plans, measured networks, and the command that writes them."""

import json

import pandas as pd
import pytest

from benchmarks import scaling
from benchmarks.scaling import NetworkSize
from pnetlib.errors import SetupError, UsageError

ROUNDING = 1e-6  # what one rounding of the Gram matrix may add to a relative gap


def test_an_unknown_plan_is_refused():
    with pytest.raises(UsageError, match="smoke or genome"):
        scaling.plan("large", 2)


def test_study_finds_the_penalty_and_writes_its_files(tmp_path, monkeypatch, capsys):
    sizes = [NetworkSize(p, 60, threads=2) for p in (60, 100)] + [
        NetworkSize(60, 90, threads=2),
        NetworkSize(100, 60, threads=1),
        NetworkSize(100, 60, "float64", 2),
    ]
    monkeypatch.setattr(scaling, "plan", lambda size, threads: sizes)
    assert scaling.main(["--out", str(tmp_path), "--threads", "2"]) == 0
    table = pd.read_csv(tmp_path / "growth.csv")
    assert len(table) == 5 and table["gap"].max() <= 1e-6
    assert table["edges"].between(30, 60).all()
    assert (table["certified_gap"] <= 1e-6 + ROUNDING).all() and table["simulated"].all()
    summary = json.loads((tmp_path / "growth.json").read_text())
    assert summary["simulated"] and summary["threads_compared"][0]["same_bits"]
    assert (tmp_path / "growth.png").stat().st_size > 10**4
    assert "5 networks on simulated expression, seed 20220823" in capsys.readouterr().out


def test_a_network_is_measured_in_a_process_of_its_own(monkeypatch):
    row = scaling.measure_apart(NetworkSize(60, 60, threads=1), 1)
    assert row["bits"] == scaling.measure(NetworkSize(60, 60, threads=1), 1)["bits"]
    monkeypatch.setattr(scaling.sys, "executable", "false")
    reason = "60 genes was not measured: its process was ended from outside"
    with pytest.raises(SetupError, match=reason):
        scaling.measure_apart(NetworkSize(60, 60, threads=1), 1)
