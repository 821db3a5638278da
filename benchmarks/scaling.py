"""Measure how the time and memory of one network grow, and what the joint model takes beside it.

The expression is simulated (`benchmarks.datasets.simulate_expression`). At every size, lam1 is
chosen such that sampled targets have about 43 edges, so that the work per target is comparable;
the time of this choice is not counted. The joint model (Pro) is fitted to the largest of these
sizes, with a simulated response, as a user would: all starts and certificates count.
``python -m benchmarks.scaling`` measures growth alone.
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.datasets import GENOME, penalty_with, simulate_expression, simulate_response
from pnetlib.datasets import DEFAULT_SEED
from pnetlib.errors import PnetError, SetupError, UsageError
from pnetlib.estimators import PredictiveNetwork
from pnetlib.execution.memory import peak_memory
from pnetlib.execution.storage import digest_of, whole_file, writable_folder
from pnetlib.execution.threads import thread_count
from pnetlib.solvers.certificate import certify_network
from pnetlib.solvers.columns import NO_GB, Columns
from pnetlib.solvers.forecast import forecast_memory, forecast_network
from pnetlib.solvers.joint import Penalties, fit_joint, start_state
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.network import solve_network
from pnetlib.steps.speed.compute import GAP_LIMIT
from pnetlib.steps.speed.growth import fitted_exponents, threads_compared
from pnetlib.words import counted

EDGES = 43  # per target, as in the comparison of solvers
LARGEST = 2.0  # lam1 at which standardised genes have no edge
SAMPLED = 24  # targets on which lam1 is chosen
CERTIFIED = 512  # targets whose gaps are computed again in float64
TRIAL_LAM1 = 0.25  # for the forecast only
LAM3, LAM4 = 0.15, 0.1  # of the joint model: a few dozen of 17,419 genes have effects


@dataclass(frozen=True)
class NetworkSize:
    """The size of one network to be measured.

    Attributes
    ----------
    p, n : int
        Genes and cell lines.
    gram_dtype : {"float64", "float32"}
        Type of the stored Gram matrix.
    threads : int
        Threads.
    """

    p: int
    n: int
    gram_dtype: str = "float32"
    threads: int = 2


def plan(size, threads):
    """Return the networks to measure for ``"smoke"`` or ``"genome"``, the smallest first."""
    if size == "smoke":
        genes, lines, middle = (150, 300, 600), (50, 100, 200), (300, 100)
        double, single = (600,), (600,)
    elif size == "genome":
        genes, lines = (500, 1000, 2000, 4000, 8000, GENOME), (100, 300, 1000, 3000, 5000)
        middle = (4000, 1000)
        double, single = (1000, 4000, GENOME), (GENOME,)
    else:
        raise UsageError(f"size is {size!r}, but must be smoke or genome.")
    p, n = middle
    sizes = [NetworkSize(q, n, threads=threads) for q in genes]
    sizes += [NetworkSize(p, m, threads=threads) for m in lines if m != n]
    sizes += [NetworkSize(q, n, "float64", threads) for q in double]
    sizes += [NetworkSize(q, n, threads=1) for q in single if threads > 1]
    return sorted(sizes, key=lambda one: one.p**2 * (one.n + 1000))


def measure(size, seed):
    """Measure the time of one network, its peak memory, and its duality gaps in float64.

    Returns
    -------
    dict
        The fields of `size`; the seconds of the Gram matrix (standardising included) and of the
        columns, with the processor seconds of all threads, which distinguish a busy machine from
        slow code; lam1 and the edges per target; the largest gap according to the stored Gram
        matrix and, for 512 evenly spaced targets, according to the expression in float64; the peak
        and the forecast memory in bytes; a digest of the network's bits.
    """
    forecast = forecast_memory(size.n, size.p, gram_dtype=size.gram_dtype, n_jobs=size.threads)
    forecast.require()
    options = {"n_jobs": size.threads}
    small, _ = simulate_expression(seed, 20, 30)
    G = Moments.of(small, gram_dtype=size.gram_dtype, **options).G
    solve_network(G, np.full(30, 0.2), 0.0, Columns.empty(30), GAP_LIMIT, **options)  # compiles
    X, _ = simulate_expression(seed, size.n, size.p)
    begin, used = time.perf_counter(), time.process_time()
    moments = Moments.of(X, gram_dtype=size.gram_dtype, **options)
    gram_seconds, gram_used = time.perf_counter() - begin, time.process_time() - used
    lam1, _ = penalty_with(moments.G, EDGES, LARGEST, SAMPLED)
    weights = np.full(size.p, 0.5 * lam1)
    begin, used = time.perf_counter(), time.process_time()
    B, gaps = solve_network(moments.G, weights, 0.0, Columns.empty(size.p), GAP_LIMIT, **options)
    seconds, columns_used = time.perf_counter() - begin, time.process_time() - used
    peak, mean, scale = peak_memory(), moments.mean, moments.scale
    del moments
    targets = np.unique(np.linspace(0, size.p - 1, CERTIFIED).astype(int))
    certified = certify_network((X - mean) / scale, B.matrix(), lam1, 0.0, targets, **options)
    return {
        **asdict(size),
        "simulated": True,
        "seed": seed,
        "lam1": lam1,
        "edges": B.data.size / size.p,
        "gram_seconds": gram_seconds,
        "columns_seconds": seconds,
        "seconds": gram_seconds + seconds,
        "gram_cpu_seconds": gram_used,
        "columns_cpu_seconds": columns_used,
        "gap": float(gaps.max()),
        "certified_gap": float(certified.max()),
        "certified_excess": float((certified - gaps[targets]).max()),
        "peak_bytes": peak,
        "forecast_bytes": forecast.total,
        "bits": digest_of(*B.arrays),
    }


def joint_plan(size, threads):
    """Return the sizes at which the joint model is measured, of the plan with this name."""
    p, n = {"smoke": (600, 100), "genome": (GENOME, 1000)}[size]
    return [NetworkSize(p, n, dtype, threads) for dtype in ("float32", "float64")]


def measure_joint(size, seed):
    """Measure one fit of `PredictiveNetwork` to simulated expression and response.

    Returns
    -------
    dict
        The fields of `size`; the lambdas; seconds and processor seconds of the whole fit, from the
        expression to the certificates; edges per target, genes with an effect, starts and rounds;
        the largest gap according to the stored Gram matrix and, with float32, to the data in
        float64 (`certified_gap`); the violations of the first-order conditions relative to lam1 and
        lam3; the peak and the forecast memory in bytes.
    """
    forecast = forecast_memory(
        size.n, size.p, gram_dtype=size.gram_dtype, states=3, n_jobs=size.threads
    )
    forecast.require()
    options = {"gram_dtype": size.gram_dtype, "n_jobs": size.threads}
    X, _ = simulate_expression(seed, size.n, size.p)
    X, y = X.astype(float), simulate_response(seed, X)
    _compile_joint(X[:, :40], y, options)
    lam1, _ = penalty_with(Moments.of(X, **options).G, EDGES, LARGEST, SAMPLED)
    begin, used = time.perf_counter(), time.process_time()
    model = PredictiveNetwork(lam1, 0.0, LAM3, LAM4, **options).fit(X, y)
    seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - used
    return {
        **asdict(size),
        "simulated": True,
        "seed": seed,
        "lam1": lam1,
        "lam3": LAM3,
        "lam4": LAM4,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "edges": model.B_.nnz / size.p,
        "effects": int(np.count_nonzero(model.theta_)),
        "starts": model.n_starts_,
        "rounds": model.n_iter_,
        "gap": float(model.gaps_.max()),
        "certified_gap": float(model.certified_gaps_.max()),
        "kkt_lam1": model.kkt_B_ / lam1,
        "kkt_lam3": model.kkt_theta_ / LAM3,
        "peak_bytes": peak_memory(),
        "forecast_bytes": forecast.total,
    }


def _compile_joint(X, y, options):
    """Compile what fits of few and of many genes use, on a small problem."""
    PredictiveNetwork(0.4, 0.0, LAM3, LAM4, **options).fit(X, y)
    moments, pen = Moments.of(X, y, **options), Penalties(0.4, 0.0, LAM3, LAM4)
    state = start_state(moments, pen, GAP_LIMIT, 1)
    state.GB = NO_GB
    fit_joint(moments, pen, state, share=0.02, n_jobs=1)


def measure_apart(size, seed, model="network"):
    """Measure a model in a new process, so that the peak memory is that of this model alone."""
    one = json.dumps(asdict(size))
    command = [sys.executable, "-m", "benchmarks.scaling", f"--{model}", one, "--seed", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["its process was ended from outside"])[-1]
        name = "network" if model == "network" else "joint fit"
        raise SetupError(f"the {name} of {size.p:,} genes was not measured: {reason}")
    return json.loads(done.stdout)


def study(size, seed, threads, advance=None):
    """Measure every network of a plan.

    Parameters
    ----------
    size : {"smoke", "genome"}
        Name of the plan. The small networks are measured in this process; their peak memory is
        then that of all networks so far.
    seed : int
        Seed of the simulated expression.
    threads : int
        Threads of all networks except those that are repeated on one.
    advance : callable, optional
        Called with each row as soon as it has been measured.

    Returns
    -------
    DataFrame
        One row per network, columns as in `measure`.
    """
    rows = []
    for one in plan(size, threads):
        rows.append((measure_apart if size == "genome" else measure)(one, seed))
        if advance is not None:
            advance(rows[-1])
    return pd.DataFrame(rows)


def study_joint(size, seed, threads, advance=None):
    """Measure the joint model at the sizes of `joint_plan`; return rows as in `measure_joint`."""
    found = []
    for one in joint_plan(size, threads):
        found.append(
            measure_apart(one, seed, "joint") if size == "genome" else measure_joint(one, seed)
        )
        if advance is not None:
            advance(found[-1])
    return found


def describe_joint(row):
    """Return one line about a measured fit of the joint model."""
    return (
        f"{row['p']:>6,} genes x {row['n']:>5,} cell lines, {row['gram_dtype']}, "
        f"{counted(row['threads'], 'thread')}: joint model {row['seconds']:.2f} s "
        f"({row['cpu_seconds']:.2f} s of processor time), {row['peak_bytes'] / 1e9:.2f} GB, "
        f"{row['edges']:.1f} edges per target, {counted(row['effects'], 'gene')} with an effect, "
        f"gap {row['gap']:.2g} (float64: {row['certified_gap']:.2g}), conditions within "
        f"{row['kkt_lam1']:.2g} of lam1 and {row['kkt_lam3']:.2g} of lam3"
    )


def describe(row):
    """Return one line about a measured network."""
    return (
        f"{row['p']:>6,} genes x {row['n']:>5,} cell lines, {row['gram_dtype']}, "
        f"{counted(row['threads'], 'thread')}: Gram {row['gram_seconds']:.2f} s + columns {row['columns_seconds']:.2f} s, "
        f"{row['peak_bytes'] / 1e9:.2f} GB, {row['edges']:.1f} edges per target, "
        f"gap {row['gap']:.2g} (float64: {row['certified_gap']:.2g})"
    )


def summary(table, joint, size, seed, threads):
    """Return a study as plain numbers: options, exponents, threads compared, every model."""
    return {
        "simulated": True,
        "seed": seed,
        "size": size,
        "threads": threads,
        "exponents": json.loads(fitted_exponents(table).to_json(orient="records")),
        "threads_compared": threads_compared(table),
        "networks": json.loads(table.to_json(orient="records", double_precision=15)),
        "joint": joint,
    }


def write(size, folder, seed, threads):
    """Print a forecast, measure a plan, and write growth.csv, growth.json and growth.png."""
    # Imported here because Matplotlib would count in the peak memory of a measured network.
    from pnetlib.steps.speed.figures import caption_growth, draw_growth

    folder = writable_folder(folder)
    print(_forecast(size, seed, threads), flush=True)
    table = study(size, seed, threads, lambda row: print(describe(row), flush=True))
    joint = study_joint(size, seed, threads, lambda row: print(describe_joint(row), flush=True))
    found = summary(table, joint, size, seed, threads) | {"caption": caption_growth(table)}
    with whole_file(folder / "growth.csv") as path:
        table.to_csv(path, index=False, lineterminator="\n")
    with whole_file(folder / "growth.json") as path:
        path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    with whole_file(folder / "growth.png") as path:
        draw_growth(table).savefig(path, format="png", metadata={"Software": None})
    print(fitted_exponents(table).round(2).to_string(index=False))


def _forecast(size, seed, threads):
    """Return a line about the largest network of a plan, after checking that it fits in memory."""
    sizes = plan(size, threads)
    bytes_of = {
        one: forecast_memory(one.n, one.p, gram_dtype=one.gram_dtype).total for one in sizes
    }
    largest = max(sizes, key=bytes_of.get)
    X, _ = simulate_expression(seed, largest.n, largest.p)
    forecast = forecast_network(X, TRIAL_LAM1, gram_dtype=largest.gram_dtype, n_jobs=threads)
    forecast.require()
    return f"{len(sizes)} networks on simulated expression, seed {seed}. Largest: {forecast}"


def main(arguments):
    """Run ``python -m benchmarks.scaling`` and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scaling", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--size", choices=("smoke", "genome"), default="smoke")
    parser.add_argument("--out", type=Path, default=Path("results/bench"), help="folder to write")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="seed of the expression")
    parser.add_argument("--threads", type=int, default=0, help="all allowed cores by default")
    parser.add_argument(
        "--network", metavar="JSON", help="measure this one NetworkSize and print its row as JSON"
    )
    parser.add_argument(
        "--joint", metavar="JSON", help="the same for the joint model (Pro) at this NetworkSize"
    )
    given = parser.parse_args(arguments)
    try:
        if given.joint:
            print(json.dumps(measure_joint(NetworkSize(**json.loads(given.joint)), given.seed)))
        elif given.network:
            print(json.dumps(measure(NetworkSize(**json.loads(given.network)), given.seed)))
        else:
            write(given.size, given.out, given.seed, thread_count(given.threads))
    except PnetError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
