"""Simulated genomes, and how a network's time and memory grow with genes and cell lines."""

import json

import numpy as np
import pandas as pd
import pytest

from benchmarks import scaling, scaling_command as command
from benchmarks.genome import factor_shares, simulate_expression
from benchmarks.scaling import Size, exponents, fitted_exponents, series, threads_compared
from pnetlib.errors import SetupError, UsageError
from pnetlib.steps.speed.growth_figures import caption_scaling, draw_scaling

ROUNDING = 1e-6  # what one rounding of the Gram matrix may add to a relative gap


def test_simulated_expression():
    X, genes = simulate_expression(3, 300, 1100)
    assert X.dtype == np.float32 and X.shape == (300, 1100) and np.isfinite(X).all()
    assert len(set(genes)) == 1100 and all(gene.startswith("SIM") for gene in genes)
    np.testing.assert_array_equal(simulate_expression(3, 300, 1030)[0], X[:, :1030])
    assert not np.array_equal(simulate_expression(4, 300, 1100)[0], X)
    C = np.corrcoef(X[:, :500].T)
    shares = np.cumsum(np.linalg.eigvalsh(C)[::-1]) / 500
    first = [0, 1, 4, 9, 19]
    np.testing.assert_allclose(shares[first], np.cumsum(factor_shares())[first], atol=0.06)
    best = np.median((abs(C) - np.eye(500)).max(axis=0))
    assert 0.4 < best < 0.7  # 0.56 in the real cohort
    with pytest.raises(UsageError):
        simulate_expression(1, 1, 10)


def made(noise=0.0):
    """Times of a known law, t = a p^2 n for the Gram matrix and a p^1.5 for the columns."""
    rng = np.random.default_rng(0)
    rows = []
    for one in scaling.plan("genome", 2):
        p, n = one.p, one.n
        gram_seconds = 1e-9 * p**2 * n * np.exp(noise * rng.normal())
        columns = 1e-4 * p**1.5 * np.exp(noise * rng.normal())
        rows.append(
            {
                **vars(one),
                "gram_seconds": gram_seconds / one.threads,
                "columns_seconds": columns / one.threads,
                "seconds": (gram_seconds + columns) / one.threads,
                "peak_bytes": 4.0 * p**2,
                "edges": 43.0,
                "bits": f"{p} {n} {one.gram_dtype}",
            }
        )
    return pd.DataFrame(rows)


def test_exponents_are_recovered():
    table = made()
    both = exponents(table[table["threads"] == 2], "gram_seconds", ["p", "n"])
    np.testing.assert_allclose(both["exponent"], [2, 1], atol=1e-9)
    fits = fitted_exponents(table).set_index(["value", "by"])
    assert fits.loc[("gram_seconds", "p"), "exponent"] == pytest.approx(2)
    assert fits.loc[("gram_seconds", "n"), "exponent"] == pytest.approx(1)
    assert fits.loc[("columns_seconds", "p"), "exponent"] == pytest.approx(1.5)
    assert fits.loc[("columns_seconds", "n"), "exponent"] == pytest.approx(0, abs=1e-9)
    assert fits.loc[("peak_bytes", "p"), "exponent"] == pytest.approx(2)


def test_intervals_hold_the_exponents_of_noisy_times():
    fit = exponents(series(made(0.1), "p"), "gram_seconds", ["p"]).iloc[0]
    assert fit["low"] < 2 < fit["high"] and fit["high"] - fit["low"] < 0.4
    two = exponents(series(made(), "p").iloc[:2], "gram_seconds", ["p"]).iloc[0]
    assert two["exponent"] == pytest.approx(2) and np.isnan(two["low"])
    with pytest.raises(UsageError, match="differ"):
        exponents(series(made(), "p"), "gram_seconds", ["n"])


def test_threads_are_compared_where_both_ran():
    found = threads_compared(made())
    assert [row["p"] for row in found] == [17419]
    assert found[0]["ratio"] == pytest.approx(2) and found[0]["same_bits"]
    assert threads_compared(made().assign(threads=1)) == []
    with pytest.raises(UsageError, match="smoke or genome"):
        scaling.plan("large", 2)


def test_study_finds_the_penalty_and_writes_its_files(tmp_path, monkeypatch, capsys):
    sizes = [Size(p, 60, threads=2) for p in (60, 100)] + [
        Size(60, 90, threads=2),
        Size(100, 60, threads=1),
        Size(100, 60, "float64", 2),
    ]
    monkeypatch.setattr(command, "plan", lambda size, threads: sizes)
    monkeypatch.setattr(scaling, "plan", lambda size, threads: sizes)
    assert command.main(["--out", str(tmp_path), "--threads", "2"]) == 0
    table = pd.read_csv(tmp_path / "scaling.csv")
    assert len(table) == 5 and table["gap"].max() <= 1e-6
    assert table["edges"].between(30, 60).all()
    assert (table["certified_gap"] <= 1e-6 + ROUNDING).all() and table["simulated"].all()
    summary = json.loads((tmp_path / "scaling.json").read_text())
    assert summary["simulated"] and summary["threads_compared"][0]["same_bits"]
    assert (tmp_path / "scaling.png").stat().st_size > 10**4
    assert "5 networks on simulated expression, seed 20220823" in capsys.readouterr().out


def test_a_size_is_measured_in_a_process_of_its_own(monkeypatch):
    row = scaling.measure_apart(Size(60, 60, threads=1), 1)
    assert row["bits"] == scaling.measure(Size(60, 60, threads=1), 1)["bits"]
    monkeypatch.setattr(scaling.sys, "executable", "false")
    with pytest.raises(SetupError, match="60 genes was not measured: it was ended from outside"):
        scaling.measure_apart(Size(60, 60, threads=1), 1)


def test_figure_says_what_is_simulated_and_how_it_grows():
    table = made()
    figure = draw_scaling(table)
    words = " ".join(text.get_text() for text in figure.findobj(lambda o: hasattr(o, "get_text")))
    assert "SIMULATED" in words and "Gram matrix, ~p$^{2.00}$" in words and "17,419" in words
    assert "p^1.50 (95 % interval 1.50 to 1.50)" in caption_scaling(table)
    assert "simulated" in caption_scaling(table)
