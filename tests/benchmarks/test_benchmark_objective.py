"""One accuracy for all solvers: the relative duality gap."""

import numpy as np
from scipy.optimize import minimize

from benchmarks.objective import relative_gaps
from benchmarks.solvers.pnetlib_network import PnetlibNetwork


def best_dual(X, j, w):
    """Return the largest dual value by brute force: y'v/n - v'v/2n over |x_q'v|/n <= w, q != j."""
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


def test_gap_is_zero_at_the_solution_and_infinite_for_a_self_loop(tiny):
    solver, targets = PnetlibNetwork(), np.arange(30)
    lam1 = tiny.lam1s[-1]
    solved = solver.solve(solver.prepare(tiny.X, 1), [lam1], targets, 1e-12, 1)
    (B,) = solver.coefficients(solved, 30, targets)
    gaps = relative_gaps(tiny.X, B, targets, lam1)
    assert np.abs(gaps).max() < 1e-10
    assert relative_gaps(tiny.X, 1.01 * B, targets, lam1).max() > 1e-6
    B[4, 4] = 1.0
    assert np.isinf(relative_gaps(tiny.X, B, targets, lam1)[4])
