"""Step 11: goals are judged by the numbers alone, growth is fitted, figures say what they show."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.scaling import plan
from pnetlib.errors import UsageError
from pnetlib.steps.speed import compute, figures, sentences
from pnetlib.steps.speed.growth import exponents, fitted_exponents, series, threads_compared
from pnetlib.steps.study import PAPER, SIMULATED


def fake_report(own, other):
    rows = [
        {
            "problem": "weak",
            "task": "network",
            "threads": threads,
            "solver": name,
            "seconds": seconds,
            "ratio": seconds / own,
            "lower bound": own / 3.0,
            "over lower bound": 3.0,
            "prepare": 0.01,
            "targets timed": 30,
            "edges": 4.0,
            "gap": 1e-7,
            "limit gram": 1e-3,
            "limit screening": 2e-3,
            "limit axpy": 3e-6,
            "limit triad": 4e9,
        }
        for threads in (1,)
        for name, seconds in ((compute.OWN, own), (compute.REFERENCE, other))
    ]
    phases = {"all": 3.0, "theta step": 1.0, "B step": 2.0, "rest": 0.0}
    problem = {"problem": "weak", "simulated": True, "genes": 120, "lines": 100}
    return {
        "size": "full",
        "problems": [problem | {"leading": 0.04, "edges": 4.2}],
        "comparison": rows,
        "limit": compute.GAP_LIMIT,
        "joint": {"median": 2.0, "one by one": phases, "along the path": phases},
        "nested": {"ratio": 0.5},
        "growth": {"size": "smoke", "networks": []},
        "startup": {"import to first joint fit": 2.0, "first call of the kernel": 0.2},
    }


def made(noise=0.0):
    """Times of a known law, t = a p^2 n for the Gram matrix and a p^1.5 for the columns."""
    rng = np.random.default_rng(0)
    rows = []
    for one in plan("genome", 2):
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


# Goals ----------------------------------------------------------------------------------------


def test_goals_are_met_by_the_numbers_alone():
    good = compute.goals_table(fake_report(0.1, 1.3)).set_index("goal")
    speed = "weakly correlated, network: times as fast as scikit-learn (Gram)"
    assert good.loc[speed, "reached"] == pytest.approx(13.0) and good.loc[speed, "met"]
    bound = good.loc["weakly correlated, network: times the lower bound"]
    assert not bound["met"] and bound["share"] == pytest.approx(2 / 3)
    bad = compute.goals_table(fake_report(0.1, 0.6)).set_index("goal")
    assert not bad.loc[speed, "met"] and bad.loc[speed, "share"] == pytest.approx(0.5)
    assert "6.00, required at least 12" in sentences.conclusion(fake_report(0.1, 0.6))
    assert "required at least" not in sentences.conclusion(fake_report(0.1, 1.3))


def test_genome_goals_are_of_the_largest_network():
    def network(p, dtype, threads, seconds, peak):
        return {
            "p": p,
            "gram_dtype": dtype,
            "threads": threads,
            "seconds": seconds,
            "peak_bytes": peak,
        }

    report = fake_report(0.1, 1.3)
    report["growth"] = {
        "size": "genome",
        "threads": 2,
        "networks": [
            network(500, "float32", 2, 1.0, 1e9),
            network(9000, "float64", 2, 50.0, 7e9),
            network(9000, "float32", 1, 50.0, 3e9),
            network(9000, "float32", 2, 25.0, 3e9),
        ],
        "threads_compared": [{"p": 9000, "threads": 2, "ratio": 2.0, "same_bits": True}],
    }
    table = compute.goals_table(report).set_index("goal").filter(like="9,000", axis=0)
    assert table["reached"].to_dict() == {
        "9,000 genes, float32: time (s)": 25.0,
        "9,000 genes, float32: peak memory (GB)": 3.0,
        "9,000 genes, float64: peak memory (GB)": 7.0,
        "9,000 genes: times as fast as on one thread": 2.0,
        "9,000 genes: same bits as on one thread": 1.0,
    }
    assert list(table.index[~table["met"]]) == ["9,000 genes, float64: peak memory (GB)"]


def joint_row(dtype, seconds, peak):
    """One fit of the joint model, as the benchmark reports it."""
    size = {"p": 9000, "n": 1000, "gram_dtype": dtype, "threads": 2}
    found = {"edges": 43.2, "effects": 23, "gap": 9e-7, "certified_gap": 1e-6}
    conditions = {"kkt_lam1": 4e-5, "kkt_lam3": 8e-4}
    return size | found | conditions | {"seconds": seconds, "peak_bytes": peak}


def test_joint_model_of_many_genes_has_goals_a_table_and_sentences():
    report = fake_report(0.1, 1.3)
    assert compute.joint_growth_table(report).empty and sentences.joint_at_size(report) == []
    network = {"p": 9000, "n": 1000, "gram_dtype": "float32", "threads": 2}
    report["growth"] = {
        "size": "genome",
        "threads": 2,
        "networks": [network | {"seconds": 8.0, "peak_bytes": 2e9}],
        "threads_compared": [],
        "joint": [joint_row("float32", 60.0, 3e9), joint_row("float64", 400.0, 4e9)],
    }
    goals = compute.goals_table(report).set_index("goal").filter(like="joint model, ", axis=0)
    assert goals["reached"].tolist() == [60.0, 3.0, 400.0, 4.0]
    assert goals["required"].tolist() == [300, 6.0, 300, 6.0]
    assert goals["met"].tolist() == [True, True, False, True]
    table = compute.joint_growth_table(report)
    assert table["joint model (s)"].tolist() == [60.0, 400.0]
    assert table["network alone (s)"].iloc[0] == 8.0 and table["network alone (s)"].isna().iloc[1]
    first, _ = sentences.joint_at_size(report)
    assert first in sentences.conclusion(report)
    assert "9,000 genes and 1,000 simulated cell lines takes 60 s and 3 GB on 2 threads" in first
    assert "within 4e-05 of lam1 and 0.0008 of lam3" in first and "23 genes with" in first


def test_a_solver_that_misses_the_accuracy_is_named():
    report = fake_report(0.1, 1.3)
    assert "All relative duality gaps are at most 1e-06: True" in sentences.headline(report)
    report["comparison"][1]["gap"] = 2e-5
    assert "at most 1e-06: False" in sentences.headline(report)
    text = sentences.conclusion(report)
    assert "1 of 2 rows reaches the common gap" in text
    assert "scikit-learn (Gram) stops at 2e-05 (weakly correlated, network, 1 thread)" in text


def test_limits_have_units():
    row = compute.limits_table(compute.comparison_table(fake_report(0.3, 1.3))).iloc[0]
    assert row[
        ["Gram matrix (ms)", "screening pass (ms)", "axpy (µs)", "triad (GB/s)"]
    ].tolist() == [pytest.approx(value) for value in (1.0, 2.0, 3.0, 4.0)]
    assert row["lower bound (ms)"] == pytest.approx(100.0)


# Growth ---------------------------------------------------------------------------------------


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


def test_intervals_contain_the_exponents_of_noisy_times():
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


# Figures --------------------------------------------------------------------------------------


def text_of(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda o: hasattr(o, "get_text")))


def test_figure_of_growth_says_what_is_simulated_and_how_it_grows():
    table = made()
    words = text_of(figures.draw_growth(table))
    assert "SIMULATED" in words and "Gram matrix, p^2.00" in words and "17,419" in words
    assert "p^1.50 (95% interval 1.50 to 1.50)" in figures.caption_growth(table)
    assert "simulated" in figures.caption_growth(table)


def test_figures_of_the_comparison_name_solvers_and_bound():
    table = compute.comparison_table(fake_report(0.1, 1.3))
    assert "one run each" in figures.caption_solvers(table, 1, study=SIMULATED)
    assert "1.3 s (13 x)" in text_of(figures.draw_solvers(table, study=SIMULATED))
    assert "median of 5 interleaved repeats" in figures.caption_solvers(table, 5, study=SIMULATED)
    assert "lower bound" in text_of(figures.draw_lower_bound(table, study=PAPER))
    assert "3.0 to 3.0 times" in figures.caption_lower_bound(table, study=PAPER)
    phases = compute.phase_table(fake_report(0.1, 1.3))
    assert "along the path" in text_of(figures.draw_phases(phases, study=SIMULATED))
    assert "(3 s in total)" in figures.caption_phases(phases, study=SIMULATED)
