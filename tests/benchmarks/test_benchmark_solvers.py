"""All solvers find the same coefficients, and failures of their processes are reported."""

import sys

import numpy as np
import pytest
from sklearn.linear_model import _cd_fast

from benchmarks.comparison import calibrate
from benchmarks.solvers import sklearn_gram
from benchmarks.solvers.pnetlib_network import PnetlibNetwork
from benchmarks.solvers.registry import SOLVERS
from benchmarks.solvers.worker import WorkerSolver, read_solutions
from pnetlib.errors import SetupError
from pnetlib.solvers.moments import gram


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("threads", [1, 2])
def test_solvers_agree(tiny, solver, threads):
    if not solver.installed():
        pytest.skip(f"{solver.name} is not installed")
    other, targets = solver(), tiny.targets(3)
    own = PnetlibNetwork()
    wanted = own.coefficients(own.solve(gram(tiny.X), tiny.lam1s, targets, 1e-13, 1), 30, targets)
    tol = calibrate(other, tiny.X, tiny.lam1s, targets, targets, limit=1e-9)
    data = other.prepare(tiny.X, threads)
    before = data.copy()
    found = other.coefficients(other.solve(data, tiny.lam1s, targets, tol, threads), 30, targets)
    for own_at, other_at in zip(wanted, found, strict=True):
        np.testing.assert_allclose(other_at, own_at, atol=2e-4)
    np.testing.assert_array_equal(data, before)


def test_public_path_is_used_where_the_kernel_changed(tiny, monkeypatch):
    def changed(*arguments):
        raise TypeError("other arguments")

    solver, targets = sklearn_gram.GramDescent(), tiny.targets(5)
    data = solver.prepare(tiny.X, 1)
    wanted = solver.coefficients(solver.solve(data, tiny.lam1s, targets, 1e-8, 1), 30, targets)
    with monkeypatch.context() as patched:
        patched.setattr(_cd_fast, "enet_coordinate_descent_gram", changed)
        public = sklearn_gram.gram_kernel()
    assert public.__name__ == "public"
    monkeypatch.setattr(sklearn_gram, "gram_kernel", lambda screens: public)
    found = solver.coefficients(solver.solve(data, tiny.lam1s, targets, 1e-8, 1), 30, targets)
    np.testing.assert_allclose(found, wanted, atol=1e-4)


WORKER = """
import sys
for line in sys.stdin:
    word = line.split()[0]
    if word == "solve":
        sys.exit()
    print("ok" if word == "load" else "no such thing", flush=True)
"""


class Broken(WorkerSolver):
    name = "broken"

    @classmethod
    def command(cls):
        return [sys.executable, "-c", WORKER]


def test_a_worker_that_fails_or_ends_is_reported_in_a_sentence(tiny):
    with pytest.raises(SetupError, match=r"broken failed during the benchmark \(no such thing\)"):
        Broken().prepare(tiny.X, 1)
    solver = Broken()
    solver._load(tiny.X, 2)
    with pytest.raises(SetupError, match="its process ended"):
        solver.solve(tiny.X, [0.1], np.arange(4), 1e-6, 2)


def test_solutions_of_a_worker_are_read_as_they_were_saved(tmp_path):
    parts = (
        np.array([3, 2, 0, 1], np.int32),
        np.array([5, 7, 6], np.int32),
        np.array([0.5, 1, -2]),
    )
    (tmp_path / "saved").write_bytes(b"".join(part.tobytes() for part in parts))
    found = [(list(genes), list(values)) for genes, values in read_solutions(tmp_path / "saved")]
    assert found == [([5, 7], [0.5, 1.0]), ([], []), ([6], [-2.0])]


def test_the_worker_of_adelie_reads_its_cores_before_the_import_that_narrows_them(project):
    text = (project / "benchmarks" / "solvers" / "adelie_worker.py").read_text()
    places = [
        text.index(part) for part in ("sched_getaffinity", "import adelie", "sched_setaffinity")
    ]
    assert places == sorted(places)
