"""The race: one accuracy for all, peers that agree, fair turns, honest ratios."""

import importlib.util
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from benchmarks import ceilings, command, contest, report, timing as race
from benchmarks.datasets import Work, penalty_with, synthetic
from benchmarks.objective import LIMIT, relative_gaps
from benchmarks.solvers import base as peers, external as foreign, registry as racers
from pnetlib.errors import SetupError, UsageError
from pnetlib.solvers.moments import gram
from pnetlib.steps.speed import compute as goals, sentences


@pytest.fixture(scope="module")
def tiny():
    X = synthetic(60, 30, seed=5)
    return Work.of("weak", X, edges=4, points=3, simulated=True, stride=1, long_stride=3)


def best_dual(X, j, w):
    """Largest dual value by brute force: y'v/n - v'v/2n over |x_q'v|/n <= w, q != j."""
    n, y, others = len(X), X[:, j], np.delete(X, j, axis=1)
    rows = np.concatenate([others.T, -others.T]) / n
    constraint = {"type": "ineq", "fun": lambda v: w - rows @ v, "jac": lambda v: -rows}
    found = minimize(
        lambda v: (0.5 * v @ v - y @ v) / n,
        np.zeros(n),
        method="SLSQP",
        jac=lambda v: (v - y) / n,
        constraints=constraint,
        options={"ftol": 1e-14, "maxiter": 500},
    )
    return -found.fun


def test_gap_bounds_the_distance_to_the_best_dual(rng=np.random.default_rng(1)):
    X = rng.standard_normal((15, 5))
    X = (X - X.mean(0)) / X.std(0)
    lam1 = 0.4
    for scale in (0.0, 0.1, 1.0):
        b = scale * rng.standard_normal(5)
        b[2] = 0.0
        gap = relative_gaps(X, b[:, None], np.array([2]), lam1)[0]
        loss = 0.5 * np.mean((X[:, 2] - X @ b) ** 2) + 0.5 * lam1 * np.abs(b).sum()
        true = (loss - best_dual(X, 2, 0.5 * lam1)) / (0.5 * np.mean(X[:, 2] ** 2))
        assert gap >= true - 1e-7


def test_gap_is_nothing_at_the_solution_and_infinite_for_a_self_loop(tiny):
    peer, targets = peers.Pnetlib(), np.arange(30)
    lam1 = tiny.lam1s[-1]
    solved = peer.solve(peer.prepare(tiny.X, 1), [lam1], targets, 1e-12, 1)
    (B,) = peer.coefficients(solved, 30, targets)
    gaps = relative_gaps(tiny.X, B, targets, lam1)
    assert np.abs(gaps).max() < 1e-10
    assert relative_gaps(tiny.X, 1.01 * B, targets, lam1).max() > 1e-6
    B[4, 4] = 1.0
    assert np.isinf(relative_gaps(tiny.X, B, targets, lam1)[4])


@pytest.mark.parametrize("racer", racers.RACERS)
@pytest.mark.parametrize("threads", [1, 2])
def test_peers_agree(tiny, racer, threads):
    if not racer.here():
        pytest.skip(f"{racer.name} is not installed")
    peer, targets = racer(), tiny.targets(3)
    ours = peers.Pnetlib()
    wanted = ours.coefficients(ours.solve(gram(tiny.X), tiny.lam1s, targets, 1e-13, 1), 30, targets)
    tol = contest.calibrate(peer, tiny.X, tiny.lam1s, targets, targets, limit=1e-9)
    data = peer.prepare(tiny.X, threads)
    kept = data.copy()
    found = peer.coefficients(peer.solve(data, tiny.lam1s, targets, tol, threads), 30, targets)
    for ours_at, theirs_at in zip(wanted, found, strict=True):
        np.testing.assert_allclose(theirs_at, ours_at, atol=2e-4)
    np.testing.assert_array_equal(data, kept)


def test_public_path_serves_where_the_kernel_changed(tiny, monkeypatch):
    from sklearn.linear_model import _cd_fast

    def changed(*arguments):
        raise TypeError("other arguments")

    peer, targets = peers.GramDescent(), tiny.targets(5)
    data = peer.prepare(tiny.X, 1)
    wanted = peer.coefficients(peer.solve(data, tiny.lam1s, targets, 1e-8, 1), 30, targets)
    with monkeypatch.context() as patched:
        patched.setattr(_cd_fast, "enet_coordinate_descent_gram", changed)
        public = peers.gram_kernel()
    assert public.__name__ == "public"
    monkeypatch.setattr(peers, "gram_kernel", lambda screens: public)
    found = peer.coefficients(peer.solve(data, tiny.lam1s, targets, 1e-8, 1), 30, targets)
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_calibration_takes_the_loosest_that_reaches_the_limit(tiny):
    class Rounded(peers.Pnetlib):
        """Reaches 30 times its tolerance at worst: coefficients are scaled by 1 + tol."""

        tolerances = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)

        def coefficients(self, solved, p, targets):
            return [B * (1.0 + self.asked) for B in super().coefficients(solved, p, targets)]

        def solve(self, data, lam1s, targets, tol, threads):
            self.asked = tol
            return super().solve(data, lam1s, targets, 1e-12, threads)

    peer, targets = Rounded(), np.arange(30)
    tol = contest.calibrate(peer, tiny.X, tiny.lam1s, targets[:3], targets)

    def gap(tol):
        solved = peer.solve(gram(tiny.X), tiny.lam1s, targets, tol, 1)
        return contest.worst_gap(peer, tiny.X, tiny.lam1s, solved, targets)[0]

    assert gap(tol) <= LIMIT < gap(10 * tol)


def test_turns_rotate_and_medians_are_of_the_repeats():
    now, order = [0.0], []

    def racer(name, seconds):
        def work():
            order.append(name)
            now[0] += seconds.pop(0)

        return work

    times = race.interleave(
        {"a": racer("a", [1.0, 9.0, 2.0]), "b": racer("b", [8.0, 4.0, 6.0])},
        3,
        clock=lambda: now[0],
    )
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert times == {"a": [1.0, 9.0, 2.0], "b": [8.0, 4.0, 6.0]}
    middle = race.medians(times)
    assert middle == {"a": 2.0, "b": 6.0}
    assert race.ratios(middle, "a") == {"a": 1.0, "b": 3.0}
    parts = race.medians({"c": [{"x": 1.0, "y": 5.0}, {"x": 3.0, "y": 1.0}, {"x": 2.0, "y": 2.0}]})
    assert parts == {"c": {"x": 2.0, "y": 2.0}}


def test_seconds_of_a_sample_are_scaled_and_preparation_is_not(tiny):
    from threadpoolctl import ThreadpoolController

    ticks = iter([0.0, 1.0, 10.0, 12.0])
    entry = contest.Entry(peers.Pnetlib(), 1e-6, tiny.targets(3), "pnetlib")
    found = contest.run_once(
        entry, tiny.X, tiny.lam1s[-1:], 1, ThreadpoolController(), clock=lambda: next(ticks)
    )
    assert found == {"prepare": 1.0, "solve": 6.0, "whole": 7.0}


def test_a_contest_gives_every_racer_a_row(tiny):
    table = contest.hold(tiny, "path", [1, 2], 1, names=("pnetlib", "scikit-learn, Gram"))
    assert list(table["racer"]) == 2 * ["pnetlib", "pnetlib, sampled", "scikit-learn, Gram"]
    assert list(table["targets timed"]) == 2 * [30, 10, 30]
    assert (table["gap"] <= LIMIT).all()
    ours = table[table["racer"] == "pnetlib"]
    assert (ours["ratio"] == 1.0).all()
    assert ours["edges"].nunique() == 1
    np.testing.assert_allclose(table["over floor"], table["seconds"] / table["floor"])


def test_work_is_the_same_for_the_same_seed_and_has_the_edges_asked_for(tiny):
    np.testing.assert_array_equal(synthetic(20, 12, 3, 0.4), synthetic(20, 12, 3, 0.4))
    assert tiny.edges == pytest.approx(4, abs=0.5)
    assert np.all(np.diff(tiny.lam1s) < 0)
    np.testing.assert_allclose(np.mean(tiny.X**2, axis=0), 1.0)
    leading = Work.of(
        "leading",
        synthetic(300, 60, 3, 0.4),
        edges=4,
        points=2,
        simulated=True,
        stride=1,
        long_stride=1,
    )
    assert leading.leading == pytest.approx(0.4, abs=0.08)
    assert penalty_with(gram(tiny.X), 0.0, 2.0)[1] <= 0.1


def test_floor_counts_gram_passes_and_axpys():
    limits = {"gram": 1.0, "screening": 0.1, "axpy": 0.001}
    assert ceilings.floor(limits, nonzeros=50, passes=2) == pytest.approx(1.25)


def test_ceilings_do_the_work_they_time():
    rng = np.random.default_rng(0)
    G, c = rng.standard_normal((6, 6)), np.zeros(6)
    ceilings.axpys(G, np.array([1, 4]), c)
    np.testing.assert_allclose(c, -1e-9 * (G[1] + G[4]))
    assert ceilings.screen(G, 1, 4, 0.5) == (np.abs(G[1:4]) > 0.5).sum()
    a = np.zeros(4)
    ceilings.triad(a, np.ones(4), np.arange(4.0), 1, 3)
    np.testing.assert_array_equal(a, [0, 4, 7, 0])


def fake_report(ours, theirs):
    rows = [
        {
            "work": "weak",
            "job": "network",
            "threads": 1,
            "racer": name,
            "seconds": seconds,
            "ratio": seconds / ours,
            "over floor": 3.0,
            "prepare": 0.01,
            "edges": 4.0,
            "gap": 1e-7,
        }
        for name, seconds in (("pnetlib", ours), ("scikit-learn, Gram", theirs))
    ]
    phases = {"all": 3.0, "theta step": 1.0, "B step": 2.0, "rest": 0.0}
    return {
        "size": "full",
        "race": rows,
        "limit": LIMIT,
        "joint": {"median": 2.0, "before": phases, "after": phases},
        "nested": {"ratio": 0.5},
        "growth": {"size": "smoke", "networks": []},
        "start": {"import to first joint fit": 2.0, "first call of the kernel": 0.2},
    }


def test_goals_are_met_by_the_numbers_alone():
    good = goals.reached(fake_report(0.1, 1.3)).set_index("goal")
    speed = "weakly correlated, network: times as fast as scikit-learn, Gram"
    assert good.loc[speed, "reached"] == pytest.approx(13.0) and good.loc[speed, "met"]
    floor = good.loc["weakly correlated, network: times the floor"]
    assert not floor["met"] and floor["share"] == pytest.approx(2 / 3)
    bad = goals.reached(fake_report(0.1, 0.6)).set_index("goal")
    assert not bad.loc[speed, "met"] and bad.loc[speed, "share"] == pytest.approx(0.5)
    assert "6.00, asked at least 12" in sentences.conclusion(fake_report(0.1, 0.6))
    assert "asked at least" not in sentences.conclusion(fake_report(0.1, 1.3))


def test_genome_goals_are_of_the_largest_network():
    def network(p, dtype, threads, seconds, peak):
        return {
            "p": p,
            "gram_dtype": dtype,
            "threads": threads,
            "seconds": seconds,
            "peak_bytes": peak,
        }

    made = fake_report(0.1, 1.3)
    made["growth"] = {
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
    table = goals.reached(made).set_index("goal").filter(like="9,000", axis=0)
    assert table["reached"].to_dict() == {
        "9,000 genes, float32: seconds": 25.0,
        "9,000 genes, float32: peak GB": 3.0,
        "9,000 genes, float64: peak GB": 7.0,
        "9,000 genes: times as fast as on one thread": 2.0,
        "9,000 genes: same bits as on one thread": 1.0,
    }
    assert list(table.index[~table["met"]]) == ["9,000 genes, float64: peak GB"]


WORKER = """
import sys
for line in sys.stdin:
    word = line.split()[0]
    if word == "solve":
        sys.exit()
    print("ok" if word == "load" else "no such thing", flush=True)
"""


class Broken(foreign.Foreign):
    name = "broken"

    @classmethod
    def command(cls):
        return [sys.executable, "-c", WORKER]


def test_a_worker_that_fails_or_ends_is_told_in_a_sentence(tiny):
    with pytest.raises(SetupError, match="broken failed in the race: no such thing"):
        Broken().prepare(tiny.X, 1)
    peer = Broken()
    peer._load(tiny.X, 2)
    with pytest.raises(SetupError, match="its process ended"):
        peer.solve(tiny.X, [0.1], np.arange(4), 1e-6, 2)


def test_solutions_of_a_worker_are_read_as_they_were_saved(tmp_path):
    parts = (
        np.array([3, 2, 0, 1], np.int32),
        np.array([5, 7, 6], np.int32),
        np.array([0.5, 1, -2]),
    )
    (tmp_path / "saved").write_bytes(b"".join(part.tobytes() for part in parts))
    found = [
        (list(genes), list(values)) for genes, values in foreign.read_solutions(tmp_path / "saved")
    ]
    assert found == [([5, 7], [0.5, 1.0]), ([], []), ([6], [-2.0])]


def test_a_report_is_read_as_it_was_written(tmp_path):
    made = fake_report(0.1, 1.3)
    report.write(made, tmp_path)
    assert report.read(tmp_path) == made
    assert list(pd.read_csv(tmp_path / "bench.csv")["racer"]) == ["pnetlib", "scikit-learn, Gram"]
    assert report.read(tmp_path / "none") is None
    assert report.found_or_raced(tmp_path, "standard", 1) == made


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


def test_reproduce_knows_the_benchmark(project):
    assert "bench" in (project / "pnetlib" / "cli" / "usage.txt").read_text()
    script = (project / "reproduce.sh").read_text()
    assert "requirements-bench.lock" in script and "-m benchmarks" in script
    assert subprocess.run(["bash", "-n", project / "reproduce.sh"]).returncode == 0
    assert importlib.util.find_spec("benchmarks.command")
