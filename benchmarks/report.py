"""The whole benchmark: comparisons of solvers and single timings, as one JSON and one table."""

import json
import os
import platform
import sys
from dataclasses import dataclass
from statistics import median

import numpy as np
import pandas as pd

from benchmarks import joint, nested, scaling, startup
from benchmarks.comparison import compare
from benchmarks.datasets import LEADING, Problem, real, synthetic
from benchmarks.solvers.registry import absent, installed
from pnetlib.datasets import load_cohort
from pnetlib.errors import DataError, PnetError
from pnetlib.execution.storage import whole_file
from pnetlib.execution.threads import allowed_threads
from pnetlib.steps.sizes import PROFILES
from pnetlib.steps.speed.compute import FOUR_MODELS, GAP_LIMIT, OWN, REFERENCE
from pnetlib.steps.speed.sentences import describe_problem
from pnetlib.words import listed

TASKS = ("network", "path")
EDGES = 43  # per target, about what cross-validation selects at n = 850
COLUMNS = [
    "problem",
    "task",
    "threads",
    "solver",
    "seconds",
    "ratio",
    "over lower bound",
    "targets timed",
    "edges",
    "gap",
]


@dataclass(frozen=True)
class Size:
    """The size of the whole benchmark.

    Attributes
    ----------
    synthetic : tuple
        (name, cell lines, genes, share of the first component, stride of the fast solvers, stride
        of the others, tasks) of each synthetic problem.
    real_genes : int
        Genes of the real cell lines.
    edges : int
        Edges wanted per target.
    points, repeats : int
        Penalties of the path; timed repeats.
    profile : str
        Profile whose grid the joint fit is timed on.
    nested_profile : str
        Profile of the nested comparison.
    growth : str
        Plan of the networks of growing size, see `benchmarks.scaling.plan`.
    """

    synthetic: tuple
    real_genes: int
    edges: int
    points: int
    repeats: int
    profile: str
    nested_profile: str
    growth: str


SIZES = {
    "smoke": Size((("weak", 100, 120, 0.0, 1, 4, TASKS),), 120, 8, 4, 1, "smoke", "smoke", "smoke"),
    "full": Size(
        (
            ("weak", 850, 976, 0.0, 4, 20, TASKS),
            ("leading", 850, 976, LEADING, 8, 40, TASKS),
            ("wide", 850, 4000, 0.0, 20, 200, ("network",)),
        ),
        976,
        EDGES,
        10,
        5,
        "standard",
        "paper",
        "genome",
    ),
}


def problems(size, seed, source, say):
    """Yield each problem with its tasks; the real one only where its source is available."""

    def problem(name, X, stride, slow_stride, simulated):
        return Problem.of(
            name,
            X,
            edges=size.edges,
            points=size.points,
            simulated=simulated,
            stride=stride,
            slow_stride=slow_stride,
        )

    for name, n, p, leading, stride, slow_stride, tasks in size.synthetic:
        yield problem(name, synthetic(n, p, seed, leading), stride, slow_stride, True), tasks
    if source == "none":
        return
    try:
        X = real(size.real_genes, source)
    except DataError as error:
        say(f"The real cell lines are left out: {error}")
        return
    *_, stride, slow_stride, tasks = size.synthetic[0]
    yield problem("real", X, stride, slow_stride, source == "simulated"), tasks


def run(size, seed, *, source="none", repeats=0, names=None, say=lambda line: None):
    """Run the whole benchmark.

    Parameters
    ----------
    size : {"smoke", "full"}
    seed : int
        Seed of the synthetic expression and of the folds.
    source : str
        Source of the real cell lines, or ``"none"``.
    repeats : int
        Timed repeats; 0 means the default of the size.
    names : sequence of str, optional
        Solvers; by default all that are installed.
    say : callable
        Called with one line of progress at a time.

    Returns
    -------
    dict
        ``comparison`` (rows of `benchmarks.comparison.compare`), ``growth``, ``problems``,
        ``joint``, ``nested``, ``startup``, ``machine``, ``solvers`` (versions), ``absent`` and the
        options.
    """
    sizes = SIZES[size]
    repeats = repeats or sizes.repeats
    threads = sorted({1, min(2, allowed_threads())})
    say(
        f"Benchmark of size {size}, seed {seed}, repeats {repeats}, threads {threads}. "
        f"Solvers: {listed(solver.name for solver in installed(names))}. "
        f"Not installed: {listed(absent())}."
    )
    tables, descriptions = [], []
    for problem, tasks in problems(sizes, seed, source, say):
        descriptions.append(description(problem))
        say(f"\n{describe_problem(descriptions[-1])}")
        for task in tasks:
            table = compare(problem, task, threads, repeats, names=names)
            tables.append(table)
            say(table[COLUMNS].to_string(index=False, float_format=lambda x: f"{x:.3g}"))
    growth = _growth(sizes, seed, max(threads), say)
    cohort = _cohort(sizes, seed, source)
    found = {  # in this order: the first two fill numba's cache, which the last one needs
        "joint": _joint(cohort, sizes),
        "nested": _nested(cohort, sizes, seed),
        "startup": _startup(seed, repeats),
    }
    say(single_lines(found))
    return {
        "size": size,
        "seed": seed,
        "repeats": repeats,
        "limit": GAP_LIMIT,
        "problems": descriptions,
        "solvers": {solver.name: solver.version for solver in installed(names)},
        "absent": absent(),
        "machine": machine(),
        "comparison": pd.concat(tables).to_dict("records"),
        "growth": growth,
        **found,
    }


def description(problem):
    """Return what a problem is, in numbers."""
    n, p = problem.X.shape
    return {
        "problem": problem.name,
        "lines": n,
        "genes": p,
        "edges": problem.edges,
        "leading": problem.leading,
        "simulated": problem.simulated,
        "lam1": [float(value) for value in problem.lam1s],
    }


def machine():
    """Return what the numbers were measured on, without the name of the machine."""
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else [],
        "executable_bits": 64 if sys.maxsize > 2**32 else 32,
    }


def _growth(sizes, seed, threads, say):
    """Measure networks of growing size; only the smallest if the memory is too small for all."""
    for plan in (sizes.growth, "smoke"):
        say(f"\nGrowth of one network (simulated), plan {plan}:")
        try:
            table = scaling.study(plan, seed, threads, lambda row: say(scaling.describe(row)))
            joint = scaling.study_joint(
                plan, seed, threads, lambda row: say(scaling.describe_joint(row))
            )
            return scaling.summary(table, joint, plan, seed, threads)
        except PnetError as error:
            if plan == "smoke":
                raise
            say(f"Left out: {error}")


def _cohort(sizes, seed, source):
    """Return the real cohort, or a simulated one if there is none."""
    if source != "none":
        try:
            return load_cohort(source)
        except DataError:
            pass
    return load_cohort("simulated", seed=seed, size=sizes.profile)


def _training(cohort, profile):
    drug = cohort.response.columns[0]
    lines = cohort.lines_for(drug)
    genes = cohort.top_genes(min(profile.n_genes, cohort.expression.shape[1]), lines=lines)
    X = cohort.expression.loc[lines, genes].to_numpy()
    return X, cohort.response.loc[lines, drug].to_numpy()


def _joint(cohort, sizes):
    profile = PROFILES[sizes.profile]
    found = joint.measure(*_training(cohort, profile), profile)
    return found | {"simulated": cohort.provenance["simulated"], "profile": sizes.profile}


def _nested(cohort, sizes, seed):
    profile = PROFILES[sizes.nested_profile]
    times, points = nested.measure(cohort, cohort.response.columns[0], profile, seed)
    one_fold = {name: median(values) for name, values in times.items()}
    own = one_fold[FOUR_MODELS]
    external = sum(one_fold.values()) - own
    folds = cohort.response.shape[1] * profile.outer_folds
    return {
        "one fold": one_fold,
        "folds": folds,
        "points": points,
        "inner folds": profile.inner_folds,
        "pnetlib": own * folds,
        "scikit-learn": external * folds,
        "ratio": own / external,
        "simulated": cohort.provenance["simulated"],
        "profile": sizes.nested_profile,
    }


def _startup(seed, repeats):
    runs = [startup.measure(seed) for _ in range(min(repeats, 3))]
    return {key: median(run[key] for run in runs) for key in runs[0]}


def single_lines(found):
    """Return the single timings as text, one line each."""
    joint_, nested_, startup_ = (found[key] for key in ("joint", "nested", "startup"))
    return "\n".join(
        [
            "",
            f"A warm-started joint fit costs {joint_['median']:.2f} network fits at the same lam1 "
            f"(median of {len(joint_['points'])} points).",
            f"Nested comparison, one fold scaled to {nested_['folds']}: four models by pnetlib "
            f"{nested_['pnetlib']:.0f} s, LA and ELA by scikit-learn "
            f"{nested_['scikit-learn']:.0f} s (ratio {nested_['ratio']:.2f}).",
            "From the import to the first joint fit on 100 genes: "
            f"{startup_['import to first joint fit']:.2f} s; first call of a cached kernel: "
            f"{startup_['first call of the kernel']:.2f} s.",
        ]
    )


def write(report, folder):
    """Write ``bench.json`` and ``bench.csv`` to a folder, each whole or not at all."""
    with whole_file(folder / "bench.json") as path:
        text = json.dumps(report, sort_keys=True, indent=1, default=_plain)
        path.write_text(text + "\n", "utf-8")
    with whole_file(folder / "bench.csv") as path:
        pd.DataFrame(report["comparison"]).to_csv(path, index=False, lineterminator="\n")
    return folder


def _plain(value):
    return value.tolist()


def read(folder):
    """Return the report in a folder, or None if there is none.

    Raises
    ------
    DataError
        If it was written by an earlier version, under other names.
    """
    path = folder / "bench.json"
    if not path.is_file():
        return None
    report = json.loads(path.read_text("utf-8"))
    if "comparison" not in report:
        raise DataError(
            f"{path} was written by an earlier version of pnetlib; run ./reproduce.sh bench again "
            "or delete the file."
        )
    return report


def read_or_run(folder, profile, seed):
    """Return the report that `./reproduce.sh bench` wrote, or run the smallest benchmark.

    Parameters
    ----------
    folder : Path
        Folder of the report.
    profile : str
        With ``"smoke"`` the smallest benchmark is always run; it needs scikit-learn only.
    seed : int

    Returns
    -------
    dict
    """
    report = None if profile == "smoke" else read(folder)
    return report or run("smoke", seed, names=(OWN, REFERENCE))
