"""Compare solvers on one problem: calibrate all to the same accuracy, then time them in turn."""

import time
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController

from benchmarks import hardware_limits
from benchmarks.objective import relative_gaps
from benchmarks.solvers.base import Solver
from benchmarks.solvers.registry import installed
from benchmarks.timing import REST, interleave, medians
from pnetlib.solvers.moments import gram
from pnetlib.steps.speed.compute import GAP_LIMIT, OWN, OWN_SAMPLED

CALIBRATION = 24  # least number of targets on which a tolerance is chosen


@dataclass(frozen=True)
class Calibrated:
    """A solver that is ready to be timed.

    Attributes
    ----------
    solver : Solver
    tol : float
        Loosest of its tolerances that reaches the common accuracy.
    targets : ndarray of int
        Targets it is timed on.
    label : str
        Name in tables.
    """

    solver: Solver
    tol: float
    targets: np.ndarray
    label: str


def worst_gap(solver, X, lam1s, solved, targets):
    """Return the largest relative duality gap, and the number of nonzero coefficients."""
    parts = solver.coefficients(solved, X.shape[1], targets)
    gaps = [relative_gaps(X, B, targets, lam1).max() for B, lam1 in zip(parts, lam1s)]
    return float(max(gaps)), int(sum(np.count_nonzero(B) for B in parts))


def calibrate(solver, X, lam1s, sample, targets, limit=GAP_LIMIT):
    """Return the loosest of a solver's tolerances with which all its targets reach `limit`.

    It is found on a sample and then tightened until every target satisfies the limit. If no
    tolerance does, the tightest is returned; the gap is reported with the times in any case.
    """
    data, ladder = solver.prepare(X, 1), list(solver.tolerances)
    for part in (sample, targets):
        while len(ladder) > 1:
            solved = solver.solve(data, lam1s, part, ladder[0], 1)
            if worst_gap(solver, X, lam1s, solved, part)[0] <= limit:
                break
            ladder.pop(0)
    return ladder[0]


def calibrated(problem, lam1s, solvers):
    """Return all solvers calibrated; pnetlib is added a second time on the slow solvers' targets."""
    few, ready = problem.targets(problem.slow_stride), []
    sample = few[:: max(1, len(few) // CALIBRATION)]
    for solver in solvers:
        targets = problem.targets(problem.stride) if solver.fast else few
        tol = calibrate(solver, problem.X, lam1s, sample, targets)
        if solver.name == OWN:
            ready.append(Calibrated(solver, tol, problem.targets(1), OWN))
            if problem.slow_stride > 1:
                ready.append(Calibrated(solver, tol, few, OWN_SAMPLED))
        else:
            ready.append(Calibrated(solver, tol, targets, solver.name))
    return ready


def run_once(entry, X, lam1s, threads, controller, results=None, clock=time.perf_counter):
    """Return the seconds of the preparation and of the solutions, scaled to all targets."""
    with controller.limit(limits=threads):
        start = clock()
        data = entry.solver.prepare(X, threads)
        prepared = clock() - start
    with controller.limit(limits=1):
        start = clock()
        solved = entry.solver.solve(data, lam1s, entry.targets, entry.tol, threads)
        seconds = clock() - start
    if results is not None:
        results[entry.label] = solved
    scale = X.shape[1] / len(entry.targets)
    return {"prepare": prepared, "solve": seconds * scale, "total": prepared + seconds * scale}


def compare(problem, task, threads, repeats, *, names=None, advance=None):
    """Time all solvers on a problem.

    Parameters
    ----------
    problem : Problem
    task : {"network", "path"}
        One network at the last penalty, or networks at all penalties, largest first.
    threads : sequence of int
        Numbers of threads (or processes) per solver; one comparison for each number.
    repeats : int
        Timed repeats, after an untimed first call.
    names : sequence of str, optional
        Solvers to compare; by default all that are installed.
    advance : callable, optional
        Called after each timed call.

    Returns
    -------
    DataFrame
        One row per solver and number of threads: ``seconds`` (median of the total, scaled to all
        targets), ``prepare`` (the part spent on the Gram matrix or a copy), ``targets timed`` of
        all ``targets``, ``edges`` per target and penalty, the solver's own ``tolerance`` and the
        largest relative duality ``gap``, ``ratio`` to pnetlib's seconds, the ``lower bound`` in
        seconds, ``over lower bound`` (seconds divided by it), ``repeats``, and the hardware
        limits from which the bound is made (``limit gram`` and so on).
    """
    lam1s = problem.lam1s if task == "path" else problem.lam1s[-1:]
    solvers = installed(names)
    try:
        ready = calibrated(problem, lam1s, solvers)
        tables = [_timed(problem, task, lam1s, ready, k, repeats, advance) for k in threads]
    finally:
        for solver in solvers:
            solver.close()
    return pd.concat(tables, ignore_index=True)


def _timed(problem, task, lam1s, ready, threads, repeats, advance):
    X, controller, results = problem.X, ThreadpoolController(), {}
    functions = {
        e.label: partial(run_once, e, X, lam1s, threads, controller, results) for e in ready
    }
    functions["hardware"] = hardware_limits.measurement(X, gram(X), threads)
    for entry in ready:  # compiles kernels and starts processes before anything is timed
        few = Calibrated(entry.solver, entry.tol, entry.targets[:4], entry.label)
        run_once(few, X, lam1s, threads, controller)
    middle = medians(interleave(functions, repeats, advance=advance, rest=REST))
    limits, rows = middle["hardware"], []
    for entry in ready:
        seconds = middle[entry.label]
        gap, nonzeros = worst_gap(entry.solver, X, lam1s, results[entry.label], entry.targets)
        scale = X.shape[1] / len(entry.targets)
        bound = hardware_limits.lower_bound(limits, nonzeros * scale, len(lam1s))
        rows.append(
            {
                "problem": problem.name,
                "task": task,
                "threads": threads,
                "solver": entry.label,
                "seconds": seconds["total"],
                "prepare": seconds["prepare"],
                "targets timed": len(entry.targets),
                "targets": X.shape[1],
                "edges": nonzeros * scale / (X.shape[1] * len(lam1s)),
                "tolerance": entry.tol,
                "gap": gap,
                "ratio": seconds["total"] / middle[OWN]["total"],
                "lower bound": bound,
                "over lower bound": seconds["total"] / bound,
                "repeats": repeats,
                **{f"limit {name}": value for name, value in limits.items()},
            }
        )
    return pd.DataFrame(rows)
