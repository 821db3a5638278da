"""How time and memory of one network grow with genes and cell lines.

The expression is simulated (`simulate_expression`). At every size lam1 is the one at which sampled
targets have about 43 edges, so that the work of a target is alike; finding it is not timed.
"""

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

from benchmarks.genome import GENOME, simulate_expression
from pnetlib.errors import SetupError, UsageError
from pnetlib.execution.memory import peak_memory
from pnetlib.execution.storage import digest_of
from pnetlib.kernels.column import solve_columns
from pnetlib.solvers.certificate import certify_network
from pnetlib.solvers.columns import MAX_ROUNDS, NO_GB, Columns
from pnetlib.solvers.forecast import forecast_memory
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.network import solve_network

EDGES = 43  # a target: what the comparisons of solvers take
SAMPLED = 24  # targets on which lam1 is found
CERTIFIED = 512  # targets whose gap is computed anew in float64
GAP = 1e-6


@dataclass(frozen=True)
class Size:
    """One network to be measured.

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
    """Networks of a study, ``"smoke"`` or ``"genome"``, small ones first."""
    if size == "smoke":
        genes, lines, middle = (150, 300, 600), (50, 100, 200), (300, 100)
        tops, ones = (600,), (600,)
    elif size == "genome":
        genes, lines = (500, 1000, 2000, 4000, 8000, GENOME), (100, 300, 1000, 3000, 5000)
        middle = (4000, 1000)
        tops, ones = (1000, 4000, GENOME), (GENOME,)
    else:
        raise UsageError(f"size is {size!r}, but must be smoke or genome.")
    p, n = middle
    sizes = [Size(q, n, threads=threads) for q in genes]
    sizes += [Size(p, m, threads=threads) for m in lines if m != n]
    sizes += [Size(q, n, "float64", threads) for q in tops]
    sizes += [Size(q, n, threads=1) for q in ones if threads > 1]
    return sorted(sizes, key=lambda one: one.p**2 * (one.n + 1000))


def penalty_for(G, edges=EDGES, seed=0):
    """lam1 at which sampled targets have about so many edges, by bisection on the log scale.

    Beside G it takes memory for one target at a time.
    """
    p = len(G)
    targets = np.random.default_rng(seed).choice(p, min(SAMPLED, p), replace=False)
    start, free = Columns.empty(p), np.zeros(p, bool)

    def mean_edges(lam1):
        weights = np.full(p, 0.5 * lam1)
        return np.mean(
            [
                solve_columns(
                    G, NO_GB, weights, 0.0, free, j, j + 1, *start.arrays, 1e-4, MAX_ROUNDS
                )[0][0]
                for j in targets
            ]
        )

    low, high = 1e-3, 2.0
    for _ in range(10):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if mean_edges(middle) > edges else (low, middle)
    return float(np.sqrt(low * high))


def measure(size, seed):
    """Time one network in this process, its peak memory, and its gaps in float64.

    Returns
    -------
    dict
        The size; seconds of the Gram matrix (standardising included) and of the columns, and the
        processor seconds of all threads, which tell a busy machine from slow code; lam1,
        edges a target; the largest gap by the stored Gram matrix and, over 512 spaced targets,
        by the expression in float64; peak bytes before the gaps; a digest of the network's bits.
    """
    forecast = forecast_memory(size.n, size.p, gram_dtype=size.gram_dtype, n_jobs=size.threads)
    forecast.require()
    options = {"n_jobs": size.threads}
    small, _ = simulate_expression(seed, 20, 30)
    G = Moments.of(small, gram_dtype=size.gram_dtype, **options).G
    solve_network(G, np.full(30, 0.2), 0.0, Columns.empty(30), GAP, **options)  # compiles
    X, _ = simulate_expression(seed, size.n, size.p)
    begin, used = time.perf_counter(), time.process_time()
    moments = Moments.of(X, gram_dtype=size.gram_dtype, **options)
    gram_seconds, gram_used = time.perf_counter() - begin, time.process_time() - used
    lam1 = penalty_for(moments.G)
    begin, used = time.perf_counter(), time.process_time()
    B, gaps = solve_network(
        moments.G, np.full(size.p, 0.5 * lam1), 0.0, Columns.empty(size.p), GAP, **options
    )
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


def measure_apart(size, seed):
    """The same in a process of its own, so that the peak memory is that of this size alone."""
    given = [json.dumps(asdict(size)), str(seed)]
    command = [sys.executable, "-m", "benchmarks.scaling", *given]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it was ended from outside"])[-1]
        raise SetupError(f"the network of {size.p:,} genes was not measured: {said}")
    return json.loads(done.stdout)


def study(size, seed, threads, advance=None):
    """Measure every network of a plan.

    Parameters
    ----------
    size : {"smoke", "genome"}
        Which plan. The small one is measured in this process, whose peak memory is then that of
        all sizes so far.
    seed : int
        Of the simulated expression.
    threads : int
        Threads of all but the runs that are repeated on one.
    advance : callable, optional
        Given each row as soon as it is there.

    Returns
    -------
    DataFrame
        A row a network, columns as in `measure`.
    """
    rows = []
    for one in plan(size, threads):
        rows.append((measure_apart if size == "genome" else measure)(one, seed))
        if advance is not None:
            advance(rows[-1])
    return pd.DataFrame(rows)


def exponents(table, value, by, level=0.95):
    """Powers of a product law, ``value = a * p^alpha * n^beta``, by least squares on logarithms.

    Parameters
    ----------
    table : DataFrame
        Measurements.
    value : str
        Column that is explained.
    by : list of str
        Columns whose powers are sought.
    level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        Columns by, exponent, low, high; the intervals are NaN without spare measurements.
    """
    design = np.column_stack([np.ones(len(table)), np.log(table[by].to_numpy(float))])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise UsageError(f"exponents of {', '.join(by)} need measurements that differ in each.")
    y = np.log(table[value].to_numpy(float))
    found, *_ = np.linalg.lstsq(design, y)
    spare = len(y) - design.shape[1]
    error = np.full(found.size, np.nan)
    if spare:
        noise = np.sum((y - design @ found) ** 2) / spare
        error = student.ppf(0.5 + level / 2, spare) * np.sqrt(
            noise * np.diag(np.linalg.inv(design.T @ design))
        )
    return pd.DataFrame(
        {"by": by, "exponent": found[1:], "low": (found - error)[1:], "high": (found + error)[1:]}
    )


def series(table, by):
    """Rows of the longest float32 series on all threads in which only `by` differs, in order."""
    other = "n" if by == "p" else "p"
    rows = table[(table["gram_dtype"] == "float32") & (table["threads"] == table["threads"].max())]
    largest = rows.groupby(other)[by].nunique().idxmax()
    return rows[rows[other] == largest].sort_values(by)


def fitted_exponents(table):
    """The powers of p and n for Gram matrix, columns, both, and peak memory.

    Returns
    -------
    DataFrame
        Columns value, by, exponent, low, high.
    """
    rows = []
    for value in ("gram_seconds", "columns_seconds", "seconds", "peak_bytes"):
        for by in ("p", "n"):
            rows.append(exponents(series(table, by), value, [by]).assign(value=value))
    return pd.concat(rows, ignore_index=True)[["value", "by", "exponent", "low", "high"]]


def threads_compared(table):
    """Ratio of times of one thread and all, and whether the bits are the same, where both ran."""
    most = table["threads"].max()
    keys = ["p", "n", "gram_dtype"]
    one, all_ = (table[table["threads"] == k].set_index(keys) for k in (1, most))
    both = one.merge(all_, on=keys, suffixes=("_one", "_all")) if most > 1 else one.iloc[:0]
    return [
        {
            "p": key[0],
            "n": key[1],
            "gram_dtype": key[2],
            "threads": int(most),
            "ratio": row["seconds_one"] / row["seconds_all"],
            "columns_ratio": row["columns_seconds_one"] / row["columns_seconds_all"],
            "same_bits": bool(row["bits_one"] == row["bits_all"]),
        }
        for key, row in both.iterrows()
    ]


def described(row):
    """One network of a study in a line."""
    return (
        f"{row['p']:>6,} genes x {row['n']:>5,} lines, {row['gram_dtype']}, {row['threads']} "
        f"thread(s): Gram {row['gram_seconds']:.2f} s + columns {row['columns_seconds']:.2f} s, "
        f"{row['peak_bytes'] / 1e9:.2f} GB, {row['edges']:.1f} edges, gap {row['gap']:.2g} "
        f"(float64: {row['certified_gap']:.2g})"
    )


def summary(table, size, seed, threads):
    """A study as numbers for JSON: options, exponents, threads compared, every network."""
    return {
        "simulated": True,
        "seed": seed,
        "size": size,
        "threads": threads,
        "exponents": json.loads(fitted_exponents(table).to_json(orient="records")),
        "threads_compared": threads_compared(table),
        "networks": json.loads(table.to_json(orient="records", double_precision=15)),
    }


if __name__ == "__main__":
    print(json.dumps(measure(Size(**json.loads(sys.argv[1])), int(sys.argv[2]))))
