"""The whole benchmark: works, contests and single timings, as one JSON and one table."""

import json
import os
import platform
import sys
from dataclasses import dataclass
from statistics import median

import numpy as np
import pandas as pd

from benchmarks import contest, joint, nested, scaling, startup as start
from benchmarks.datasets import LEADING, Work, real, synthetic
from benchmarks.objective import LIMIT
from benchmarks.solvers.registry import absent, present
from pnetlib.datasets import load_cohort
from pnetlib.errors import DataError, PnetError
from pnetlib.execution.storage import whole_file
from pnetlib.execution.threads import allowed_threads
from pnetlib.steps.sizes import PROFILES

JOBS = ("network", "path")
EDGES = 43  # a target, about what cross-validation chooses at n = 850
COLUMNS = [
    "work",
    "job",
    "threads",
    "racer",
    "seconds",
    "ratio",
    "over floor",
    "targets timed",
    "edges",
    "gap",
]


@dataclass(frozen=True)
class Size:
    """How much is raced.

    Attributes
    ----------
    works : tuple
        (name, cell lines, genes, share of the first component, stride of the first rank, stride
        of the others, jobs) of each synthetic work.
    real_genes : int
        Genes of the real cell lines.
    edges : int
        Edges a target wanted.
    points, repeats : int
        Penalties of the path; timed repeats.
    profile : str
        Profile whose grid the joint fit is timed on.
    nested_profile : str
        Profile of the nested comparison.
    growth : str
        Plan of the networks of growing size, as of `analysis.scaling.plan`.
    """

    works: tuple
    real_genes: int
    edges: int
    points: int
    repeats: int
    profile: str
    nested_profile: str
    growth: str


SIZES = {
    "smoke": Size((("weak", 100, 120, 0.0, 1, 4, JOBS),), 120, 8, 4, 1, "smoke", "smoke", "smoke"),
    "full": Size(
        (
            ("weak", 850, 976, 0.0, 4, 20, JOBS),
            ("leading", 850, 976, LEADING, 8, 40, JOBS),
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
TITLES = {
    "weak": "weakly correlated",
    "leading": "one leading component",
    "wide": "4,000 genes",
    "real": "real cell lines",
}


def works(size, seed, source, say):
    """Yield each work with its jobs; the real one where its source can be had."""
    for name, n, p, leading, stride, long_stride, jobs in size.works:
        X = synthetic(n, p, seed, leading)
        yield (
            Work.of(
                name,
                X,
                edges=size.edges,
                points=size.points,
                simulated=True,
                stride=stride,
                long_stride=long_stride,
            ),
            jobs,
        )
    if source == "none":
        return
    try:
        X = real(size.real_genes, source)
    except DataError as error:
        say(f"The real cell lines are left out: {error}")
        return
    _, _, _, _, stride, long_stride, jobs = size.works[0]
    yield (
        Work.of(
            "real",
            X,
            edges=size.edges,
            points=size.points,
            simulated=source == "simulated",
            stride=stride,
            long_stride=long_stride,
        ),
        jobs,
    )


def run(size, seed, *, source="none", repeats=0, names=None, say=lambda line: None):
    """Everything the benchmark measures.

    Parameters
    ----------
    size : {"smoke", "full"}
    seed : int
        Seed of the synthetic expression and of the folds.
    source : str
        Of the real cell lines, or ``"none"``.
    repeats : int
        Timed repeats; 0 stands for those of the size.
    names : sequence of str, optional
        Racers; all that are installed by default.
    say : callable
        Called with a line at a time while it runs.

    Returns
    -------
    dict
        ``race`` (rows as of `contest.hold`), ``growth``, ``works``, ``joint``, ``nested``, ``start``,
        ``machine``, ``racers`` and the options.
    """
    sizes = SIZES[size]
    repeats = repeats or sizes.repeats
    threads = sorted({1, min(2, allowed_threads())})
    say(
        f"Benchmark, size {size}, seed {seed}, {repeats} repeats, threads {threads}; racers: "
        f"{', '.join(peer.name for peer in present(names))}; not installed: "
        f"{', '.join(absent()) or 'none'}."
    )
    races, shapes = [], []
    for work, jobs in works(sizes, seed, source, say):
        shapes.append(shape(work))
        say(f"\n{described(shapes[-1])}")
        for job in jobs:
            table = contest.hold(work, job, threads, repeats, names=names)
            races.append(table)
            say(table[COLUMNS].to_string(index=False, float_format=lambda x: f"{x:.3g}"))
    growth = _growth(sizes, seed, max(threads), say)
    others = {"joint": _joint, "nested": _nested, "start": _start}
    cohort = _cohort(sizes, seed, source)
    found = {name: task(cohort, sizes, seed, repeats) for name, task in others.items()}
    for line in single_lines(found):
        say(line)
    return {
        "size": size,
        "seed": seed,
        "repeats": repeats,
        "limit": LIMIT,
        "works": shapes,
        "racers": {peer.name: peer.version for peer in present(names)},
        "absent": absent(),
        "machine": machine(),
        "race": pd.concat(races).to_dict("records"),
        "growth": growth,
        **found,
    }


def shape(work):
    """What a work is, in numbers."""
    n, p = work.X.shape
    return {
        "work": work.name,
        "lines": n,
        "genes": p,
        "edges": work.edges,
        "leading": work.leading,
        "simulated": work.simulated,
        "lam1": [float(value) for value in work.lam1s],
    }


def described(shape):
    """One line that names a work."""
    kind = "synthetic" if shape["simulated"] else "measured"
    return (
        f"{TITLES[shape['work']]} ({kind}): {shape['genes']} genes, {shape['lines']} lines, "
        f"first component {shape['leading']:.0%} of the variance, about {shape['edges']:.0f} "
        "edges a target at the last penalty"
    )


def machine():
    """What the numbers were measured on, without its name."""
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
    """Networks of growing size; the smallest ones only where the memory is too small."""
    for plan in (sizes.growth, "smoke"):
        say(f"\nGrowth of one network (simulated), plan {plan}:")
        try:
            table = scaling.study(plan, seed, threads, lambda row: say(scaling.described(row)))
            return scaling.summary(table, plan, seed, threads)
        except PnetError as error:
            if plan == "smoke":
                raise
            say(f"Left out: {error}")


def _cohort(sizes, seed, source):
    """The real cohort, or the simulated one where there is none."""
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


def _joint(cohort, sizes, seed, repeats):
    profile = PROFILES[sizes.profile]
    found = joint.measure(*_training(cohort, profile), profile)
    return found | {"simulated": cohort.provenance["simulated"], "profile": sizes.profile}


def _nested(cohort, sizes, seed, repeats):
    profile = PROFILES[sizes.nested_profile]
    times = nested.measure(cohort, cohort.response.columns[0], profile, seed)
    seconds = {name: median(values) for name, values in times.items()}
    ours = seconds.pop("pnetlib, four models")
    folds = cohort.response.shape[1] * profile.outer_folds
    theirs = sum(seconds.values())
    return {
        "one fold": {"pnetlib, four models": ours, **seconds},
        "folds": folds,
        "points": profile.points,
        "inner folds": profile.inner_folds,
        "pnetlib": ours * folds,
        "scikit-learn": theirs * folds,
        "ratio": ours / theirs,
        "simulated": cohort.provenance["simulated"],
        "profile": sizes.nested_profile,
    }


def _start(cohort, sizes, seed, repeats):
    # The joint fit and the comparison before it have filled numba's cache.
    runs = [start.measure(seed) for _ in range(min(repeats, 3))]
    return {key: median(run[key] for run in runs) for key in runs[0]}


def single_lines(found):
    """The timings beside the race, a line each."""
    joint_, nested_, start_ = (found[key] for key in ("joint", "nested", "start"))
    return [
        "",
        f"A warm-started joint fit costs {joint_['median']:.2f} network fits at the same lam1 "
        f"(median of {len(joint_['points'])} points).",
        f"Nested comparison, one fold scaled to {nested_['folds']}: four models here "
        f"{nested_['pnetlib']:.0f} s, LA and ELA by scikit-learn {nested_['scikit-learn']:.0f} s "
        f"(ratio {nested_['ratio']:.2f}).",
        f"First import to first joint fit on 100 genes {start_['import to first joint fit']:.2f} s;"
        f" first call of a cached kernel {start_['first call of the kernel']:.2f} s.",
    ]


def write(report, folder):
    """Write ``bench.json`` and ``bench.csv`` to a folder, each whole or not at all."""
    with whole_file(folder / "bench.json") as path:
        text = json.dumps(report, sort_keys=True, indent=1, default=_plain)
        path.write_text(text + "\n", "utf-8")
    with whole_file(folder / "bench.csv") as path:
        pd.DataFrame(report["race"]).to_csv(path, index=False, lineterminator="\n")
    return folder


def _plain(value):
    return value.tolist()


def found_or_raced(folder, profile, seed):
    """The report that `./reproduce.sh bench` left, or the smallest race where there is none.

    Parameters
    ----------
    folder : Path
        Where the report would be.
    profile : str
        With ``"smoke"`` the smallest race is always run: it needs no more than scikit-learn.
    seed : int

    Returns
    -------
    dict
    """
    report = None if profile == "smoke" else read(folder)
    return report or run("smoke", seed, names=("pnetlib", "scikit-learn, Gram"))


def read(folder):
    """The report in a folder, or None where there is none."""
    path = folder / "bench.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else None
