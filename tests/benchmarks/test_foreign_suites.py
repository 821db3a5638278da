"""Tests of scikit-learn's coordinate descent on the estimators of this package, and the counting."""

import importlib.util
import sys

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet

from benchmarks.suites.__main__ import DESCENT, SUITES, UNREPLACED, Suites, judged, reasons, table
from benchmarks.suites.notebooks import _joined
from benchmarks.suites.stand_ins import fits, solve

# Not those that fit no single response by descent, and one that fits 125,000 lines with scikit-learn.
QUICK = "not (CV or cv or multi or Multi or path or set_order or cython or loky)"


def record(outcome, why="", fits=1):
    return {"outcome": outcome, "why": why, "fits": {"estimator": 0, "solver": fits}}


@pytest.mark.long
def test_descent_tests_of_scikit_learn_pass(tmp_path):
    """On their own data; the command runs them on standardised data, too."""
    if importlib.util.find_spec(DESCENT) is None:
        pytest.skip("scikit-learn was installed without its tests")
    suites = Suites(sys.executable, tmp_path, installed=False)
    tests = ["--pyargs", DESCENT]
    records = suites.pytest(tests, "sklearn", False, more=["-k", QUICK])
    records = suites.compared(records, tests, False, "scikit-learn")
    found = judged("scikit-learn", records)
    wrong = {name: records[name] for name, verdict in found.items() if verdict == "failed"}
    assert not wrong
    assert list(found.values()).count("passed") >= 30
    used = {kind: sum(each["fits"][kind] for each in records.values()) for kind in fits}
    assert min(used.values()) > 0  # the public estimators, and the solver beneath


@pytest.mark.parametrize("equal", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_stand_in_solves_the_problem_of_scikit_learn(equal, fit_intercept, weighted):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(40, 8))
    X = (X - X.mean(axis=0)) / X.std(axis=0) * (1.0 if equal else rng.uniform(0.5, 3.0, 8))
    y = X[:, 0] - X[:, 1] + rng.normal(size=40) + 2.0
    weight = rng.uniform(0.5, 2.0, 40) if weighted else None
    other = ElasticNet(0.1, l1_ratio=0.6, fit_intercept=fit_intercept, tol=1e-10)
    other.fit(X, y, sample_weight=weight)
    before = dict(fits)
    w, intercept, gap, *_ = solve(
        X, y, 0.1, 0.6, weight=weight, fit_intercept=fit_intercept, tol=1e-10
    )
    assert (
        fits["estimator" if equal and not weighted else "solver"]
        > before["estimator" if equal and not weighted else "solver"]
    )
    np.testing.assert_allclose(w, other.coef_, atol=1e-7)
    assert intercept == pytest.approx(other.intercept_, abs=1e-7)
    assert fit_intercept or intercept == 0.0  # exactly: their tests compare relatively
    assert 0.0 <= gap < 1e-12


def test_verdicts():
    rows = [["*", "positive", "no sign"], ["celer*", "*::test_odd?*?", "odd"]]
    records = {
        "a.py::test_good": record("passed"),
        "a.py::test_other": record("passed", fits=0),
        "a.py::test_odd[1]": record("failed", "AssertionError"),
        "a.py::test_bad": record("failed", "AssertionError"),
        "a.py::test_sign": record("skipped", "positive"),
        "a.py::test_left": record("skipped", "skipped by its authors: slow"),
    }
    found = judged("celer, standardised", records, rows)
    assert list(found.values()) == [
        "passed",
        UNREPLACED,
        "odd",
        "failed",
        "no sign",
        "skipped by its authors: slow",
    ]
    assert judged("skglm", records, rows)["a.py::test_odd[1]"] == "failed"
    lines = table({"celer": found})
    assert lines[1].split() == ["celer", "6", "2", "1", "1", "4"]
    assert "     1  odd" in lines


def test_every_reason_belongs_to_a_suite_and_is_said_once():
    rows = reasons()
    assert all(len(row) == 3 and all(row) for row in rows)
    assert len({(suite, match) for suite, match, _ in rows}) == len(rows)
    kinds = {suite.partition(",")[0] for suite in SUITES} | {"*"}
    assert {suite.rstrip("*") or "*" for suite, *_ in rows} <= kinds


def test_a_stream_counts_as_a_whole_however_it_came():
    def said(text, name="stdout"):
        return "stream", "", name, text

    shown = ("display_data", "", "", "x")
    pieces = [said("0\n"), said("1\n"), said("!", "stderr"), shown, shown, said("2")]
    joined = [said("0\n1\n"), said("!", "stderr"), shown, shown, said("2")]
    assert _joined(iter(pieces)) == joined == _joined(joined)
