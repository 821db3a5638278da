"""The cost of a joint fit compared with a network fit, and where its time goes."""

import cProfile
import pstats
import time
from statistics import median

from pnetlib.solvers.joint import Penalties, fit_joint, start_state
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.paths import GAP_TOL, MAX_ITER, TOL, TrainingPart
from pnetlib.steps.choice import NETWORK_METHODS, estimators

PHASES = {
    "network of each lam1": ("start_state",),
    "theta step": ("theta_step",),
    "B step": ("network_step",),
    "objective": ("objective",),
    "damping": ("damp",),
}
PARTS_OF_B = {"active columns": ("sweep",), "inactive columns": ("solve_network",)}


def path_ratios(moments, profile, clock=time.perf_counter):
    """Time each joint fit along the path, and a network fit at the same lam1.

    Parameters
    ----------
    moments : Moments
    profile : Profile
        Its grid is traversed as in the choice of lambdas, on one thread.
    clock : callable
        Returns the time in seconds.

    Returns
    -------
    list of dict
        ``lam1``, ``lam3``, ``lam4``, ``network`` (seconds of a network fit from an empty network
        to the same gap), ``joint`` (seconds of a joint fit started from the neighbouring point)
        and their ``ratio``.
    """
    part = TrainingPart(moments)
    path = estimators(profile)["Pro"].path(part)
    alone = {}
    for lam1 in dict.fromkeys(point["lam1"] for point in path.points):
        start = clock()
        start_state(moments, Penalties(lam1), GAP_TOL, 1)
        alone[lam1] = clock() - start
    rows, start = [], clock()
    for point, _ in zip(path.points, path.along(part)):
        seconds, network = clock() - start, alone[point["lam1"]]
        rows.append(point | {"network": network, "joint": seconds, "ratio": seconds / network})
        start = clock()
    return rows


def median_ratio(rows):
    """Return the median cost of a warm-started joint fit, in network fits."""
    return median(row["ratio"] for row in rows)


def along_path(moments, profile):
    """Compute all joint fits of the grid, sharing networks and starting from their neighbours."""
    part = TrainingPart(moments)
    for method in NETWORK_METHODS:
        for _ in estimators(profile)[method].path(part).along(part):
            pass


def one_by_one(moments, profile):
    """Compute the same joint fits, each from an empty network, to show what the path saves."""
    for point in estimators(profile)["Pro"].path(TrainingPart(moments)).points:
        pen = Penalties(point["lam1"], 0.0, point["lam3"], point["lam4"])
        state = start_state(moments, pen, GAP_TOL, 1)
        fit_joint(moments, pen, state, tol=TOL, gap_tol=GAP_TOL, max_iter=MAX_ITER, n_jobs=1)


def phases(run, moments, profile):
    """Return the seconds of each phase of ``run(moments, profile)``, as the profiler sees them.

    Returns
    -------
    dict
        ``all``, every phase of `PHASES` including the functions it calls, the ``rest``, and the
        parts of the B step.
    """
    profiler = cProfile.Profile()
    profiler.runcall(run, moments, profile)
    stats = pstats.Stats(profiler).stats
    total = max(entry[3] for entry in stats.values())
    seconds = {phase: _cumulative(stats, names) for phase, names in PHASES.items()}
    # Damping evaluates the objective too; that time counts as damping only.
    seconds["objective"] -= _cumulative_from(stats, "objective", "damp")
    rest = max(0.0, total - sum(seconds.values()))
    parts = {
        part: _cumulative_from(stats, names[0], "network_step")
        for part, names in PARTS_OF_B.items()
    }
    return (
        {"all": total}
        | seconds
        | {"rest": rest}
        | {f"B step, {part}": value for part, value in parts.items()}
    )


def _cumulative(stats, names):
    return sum(entry[3] for (_, _, name), entry in stats.items() if name in names)


def _cumulative_from(stats, name, caller):
    """Return the seconds of a function when called by `caller`."""
    return sum(
        by[3]
        for (_, _, called), entry in stats.items()
        if called == name
        for (_, _, calling), by in entry[4].items()
        if calling == caller
    )


def measure(X, z, profile):
    """Measure the joint fits of one response.

    Parameters
    ----------
    X, z : ndarray (n, p), ndarray (n,)
        Expression and response.
    profile : Profile

    Returns
    -------
    dict
        ``points`` (rows of `path_ratios`), ``median``, and the phases of the fits done
        ``one by one`` and ``along the path``.
    """
    moments = Moments.of(X, z, n_jobs=1)
    rows = path_ratios(moments, profile)
    return {
        "points": rows,
        "median": median_ratio(rows),
        "one by one": phases(one_by_one, moments, profile),
        "along the path": phases(along_path, moments, profile),
    }
