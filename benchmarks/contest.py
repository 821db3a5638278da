"""One contest: every racer on one work, calibrated to the same accuracy, then timed in turn."""

import time
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController

from benchmarks import ceilings as machine
from benchmarks.objective import LIMIT, relative_gaps
from benchmarks.solvers.registry import present
from benchmarks.timing import REST, interleave, medians
from pnetlib.solvers.moments import gram

CALIBRATION = 24  # targets on which a tolerance is chosen, at least


@dataclass(frozen=True)
class Entry:
    """A racer with its own tolerance and the targets it is timed on.

    Attributes
    ----------
    peer : Peer
    tol : float
        Loosest tolerance of its own with which it reaches the common accuracy.
    targets : ndarray of int
    label : str
        As it stands in tables.
    """

    peer: object
    tol: float
    targets: np.ndarray
    label: str


def worst_gap(peer, X, lam1s, solved, targets):
    """Largest relative duality gap over targets and penalties, and the coefficients not 0."""
    parts = peer.coefficients(solved, X.shape[1], targets)
    gaps = [relative_gaps(X, B, targets, lam1).max() for B, lam1 in zip(parts, lam1s)]
    return float(max(gaps)), int(sum(np.count_nonzero(B) for B in parts))


def calibrate(peer, X, lam1s, sample, targets, limit=LIMIT):
    """The loosest of a racer's tolerances that reaches `limit` in all of its targets.

    Sought on a sample, then tightened until all targets it is timed on hold. The tightest of all
    where none does: the gap reached is reported with the times.
    """
    data, ladder = peer.prepare(X, 1), list(peer.tolerances)
    for part in (sample, targets):
        while len(ladder) > 1:
            solved = peer.solve(data, lam1s, part, ladder[0], 1)
            if worst_gap(peer, X, lam1s, solved, part)[0] <= limit:
                break
            ladder.pop(0)
    return ladder[0]


def entries(work, lam1s, peers):
    """Racers ready to start, and this project a second time on the sample of the slowest."""
    few, made = work.targets(work.long_stride), []
    sample = few[:: max(1, len(few) // CALIBRATION)]
    for peer in peers:
        targets = work.targets(work.stride) if peer.rank == 1 else few
        tol = calibrate(peer, work.X, lam1s, sample, targets)
        if peer.name == "pnetlib":
            made.append(Entry(peer, tol, work.targets(1), peer.name))
            if work.long_stride > 1:
                made.append(Entry(peer, tol, few, f"{peer.name}, sampled"))
        else:
            made.append(Entry(peer, tol, targets, peer.name))
    return made


def run_once(entry, X, lam1s, threads, controller, results=None, clock=time.perf_counter):
    """Seconds of preparation and of the solves, those scaled to all targets."""
    with controller.limit(limits=threads):
        start = clock()
        data = entry.peer.prepare(X, threads)
        prepared = clock() - start
    with controller.limit(limits=1):
        start = clock()
        solved = entry.peer.solve(data, lam1s, entry.targets, entry.tol, threads)
        seconds = clock() - start
    if results is not None:
        results[entry.label] = solved
    scale = X.shape[1] / len(entry.targets)
    return {"prepare": prepared, "solve": seconds * scale, "whole": prepared + seconds * scale}


def hold(work, job, threads, repeats, *, names=None, advance=None):
    """Race all racers on a work and tell each one's place.

    Parameters
    ----------
    work : Work
    job : {"network", "path"}
        One network at the last penalty, or all penalties from the largest on.
    threads : sequence of int
        Threads, or processes, of every racer; a race for each number.
    repeats : int
        Timed repeats, after a call that only warms up.
    names : sequence of str, optional
        Racers; all that are installed by default.
    advance : callable, optional
        Called after each timed call.

    Returns
    -------
    DataFrame
        A row a racer and number of threads: ``seconds`` (median of the whole, scaled to all
        targets), ``prepare`` (Gram or copy, part of it), ``targets timed`` of all ``targets``,
        ``edges`` a target and penalty, its own ``tolerance`` and the largest relative duality
        ``gap``, ``ratio`` to this project's whole network, seconds of the ``floor`` and
        ``over floor``, how many times as long it took; the ceilings the floor is made of.
    """
    lam1s = work.lam1s if job == "path" else work.lam1s[-1:]
    peers = present(names)
    try:
        racing = entries(work, lam1s, peers)
        tables = [_race(work, job, lam1s, racing, count, repeats, advance) for count in threads]
    finally:
        for peer in peers:
            peer.end()
    return pd.concat(tables, ignore_index=True)


def _race(work, job, lam1s, racing, threads, repeats, advance):
    X, controller, results = work.X, ThreadpoolController(), {}
    racers = {e.label: partial(run_once, e, X, lam1s, threads, controller, results) for e in racing}
    racers["ceilings"] = machine.prepare(X, gram(X), threads)
    for entry in racing:  # compiles, and wakes the processes
        few = Entry(entry.peer, entry.tol, entry.targets[:4], entry.label)
        run_once(few, X, lam1s, threads, controller)
    middle = medians(interleave(racers, repeats, advance=advance, rest=REST))
    limits, rows = middle["ceilings"], []
    for entry in racing:
        seconds = middle[entry.label]
        gap, nonzeros = worst_gap(entry.peer, X, lam1s, results[entry.label], entry.targets)
        scale = X.shape[1] / len(entry.targets)
        floor = machine.floor(limits, nonzeros * scale, len(lam1s))
        rows.append(
            {
                "work": work.name,
                "job": job,
                "threads": threads,
                "racer": entry.label,
                "seconds": seconds["whole"],
                "prepare": seconds["prepare"],
                "targets timed": len(entry.targets),
                "targets": X.shape[1],
                "edges": nonzeros * scale / (X.shape[1] * len(lam1s)),
                "tolerance": entry.tol,
                "gap": gap,
                "ratio": seconds["whole"] / middle["pnetlib"]["whole"],
                "floor": floor,
                "over floor": seconds["whole"] / floor,
                "repeats": repeats,
                **{f"ceiling, {name}": value for name, value in limits.items()},
            }
        )
    return pd.DataFrame(rows)
