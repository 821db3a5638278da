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


@pytest.mark.long
def test_study_finds_the_penalty_and_writes_its_files(tmp_path, monkeypatch, capsys):
    sizes = [NetworkSize(p, 60, threads=2) for p in (60, 100)] + [
        NetworkSize(60, 90, threads=2),
        NetworkSize(100, 60, threads=1),
        NetworkSize(100, 60, "float64", 2),
    ]
    monkeypatch.setattr(scaling, "plan", lambda size, threads: sizes)
    monkeypatch.setattr(scaling, "joint_plan", lambda size, threads: [sizes[0]])
    assert scaling.main(["--out", str(tmp_path), "--threads", "2"]) == 0
    table = pd.read_csv(tmp_path / "growth.csv")
    assert len(table) == 5 and table["gap"].max() <= 1e-6
    assert table["edges"].between(30, 60).all()
    assert (table["certified_gap"] <= 1e-6 + ROUNDING).all() and table["simulated"].all()
    summary = json.loads((tmp_path / "growth.json").read_text())
    assert summary["simulated"] and summary["threads_compared"][0]["same_bits"]
    (joint,) = summary["joint"]
    assert joint["simulated"] and joint["effects"] > 0 and joint["gap"] <= 1e-6
    assert max(joint["kkt_lam1"], joint["kkt_lam3"]) < 0.02 and joint["certified_gap"] < 1e-3
    assert (tmp_path / "growth.png").stat().st_size > 10**4
    printed = capsys.readouterr().out
    assert "5 networks on simulated expression, seed 20220823" in printed
    assert "float32, 2 threads: joint model" in printed


def test_joint_plans_have_the_largest_size_with_both_gram_matrices():
    for size in ("smoke", "genome"):
        dtypes = [one.gram_dtype for one in scaling.joint_plan(size, 2)]
        assert dtypes == ["float32", "float64"]
    assert {(one.p, one.n) for one in scaling.joint_plan("genome", 2)} == {(17419, 1000)}


def test_a_network_is_measured_in_a_process_of_its_own(monkeypatch):
    row = scaling.measure_apart(NetworkSize(60, 60, threads=1), 1)
    assert row["bits"] == scaling.measure(NetworkSize(60, 60, threads=1), 1)["bits"]
    monkeypatch.setattr(scaling.sys, "executable", "false")
    reason = "60 genes was not measured: its process was ended from outside"
    for model, name in (("network", "network"), ("joint", "joint fit")):
        with pytest.raises(SetupError, match=f"the {name} of {reason}"):
            scaling.measure_apart(NetworkSize(60, 60, threads=1), 1, model)
