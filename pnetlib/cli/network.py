"""``pnetlib network``: the network of one's own expression, or of a whole cohort."""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from pnetlib.datasets import load_cohort
from pnetlib.errors import CorruptFileError, DataError, DuplicateError, PnetError, UsageError
from pnetlib.estimators import ElasticNetwork
from pnetlib.execution.engine import BACKENDS, Engine
from pnetlib.io import SUFFIXES, write_network
from pnetlib.solvers.forecast import forecast_network

EXAMPLE = """
  pnetlib network expression.csv --lam1 0.3 --out network.graphml
  pnetlib network gdsc --lam1 0.3 --float32 --backend dask --scheduler tcp://HOST:8786
"""


def read_expression(source):
    """Expression, cell lines x genes: of a csv file (first column: lines) or of a cohort.

    Raises
    ------
    DataError
        If the file is no such table; a number that is none is named with its line and gene.
    """
    if Path(source).suffix != ".csv":
        return load_cohort(source).expression
    try:
        table = pd.read_csv(source, index_col=0)
        names = pd.read_csv(source, index_col=0, header=None, nrows=1, dtype=str).iloc[0]
    except FileNotFoundError:
        raise DataError(f"{source}: there is no such file.") from None
    except (ValueError, OSError) as error:
        raise CorruptFileError(
            f"{source} is not a table of comma-separated values ({error})."
        ) from None
    twice = names[names.duplicated()]
    if len(twice):
        raise DuplicateError(f"{source}: the gene {twice.iloc[0]} stands twice; keep one of them.")
    if table.index.duplicated().any():
        line = table.index[table.index.duplicated()][0]
        raise DuplicateError(f"{source}: the cell line {line} stands twice; keep one of them.")
    numbers = table.apply(pd.to_numeric, errors="coerce")
    wrong = np.argwhere(~np.isfinite(numbers.to_numpy(float)))
    if len(wrong):
        row, column = wrong[0]
        raise DataError(
            f"{source}: line {table.index[row]}, gene {table.columns[column]} is "
            f"{table.iat[row, column]!r}, not a number; mend or leave out the line or the gene."
        )
    if min(table.shape) < 2:
        raise DataError(
            f"{source}: a network needs two lines and two genes; "
            f"there are {table.shape[0]} and {table.shape[1]}."
        )
    return numbers


def main(arguments):
    """Estimate and write a network; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="pnetlib network",
        description=__doc__,
        epilog="Examples" + EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", help="csv file, lines x genes, or a source as of --data")
    parser.add_argument("--lam1", type=float, required=True, help="L1 penalty; 2 leaves no edge")
    parser.add_argument("--lam2", type=float, default=0.0, help="ridge penalty (default: 0)")
    parser.add_argument(
        "--float32", action="store_true", help="half the memory for the Gram matrix"
    )
    parser.add_argument("--out", default="network.npz", help=f"file, one of {', '.join(SUFFIXES)}")
    parser.add_argument("-j", "--threads", type=int, default=0, help="all allowed cores by default")
    parser.add_argument("--backend", choices=BACKENDS, default="threads")
    parser.add_argument("--scheduler", default="", help="with dask: of a running cluster, or slurm")
    given = parser.parse_args(arguments)
    try:
        run(given)
    except PnetError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def run(given):
    """What `main` does once the options are read."""
    if Path(given.out).suffix not in SUFFIXES:
        raise UsageError(f"--out is {given.out}, but must end in one of {', '.join(SUFFIXES)}.")
    with Engine(given.backend, given.threads, given.scheduler) as engine:
        X = read_expression(given.source)
        options = {
            "gram_dtype": "float32" if given.float32 else "float64",
            "n_jobs": engine.threads,
        }
        model = ElasticNetwork(given.lam1, given.lam2, **options)
        forecast = forecast_network(X.to_numpy(float), given.lam1, given.lam2, **options)
        print(forecast, flush=True)
        forecast.require()
        begin = time.perf_counter()
        model.fit(X, engine=engine)
    write_network(given.out, model.B_, model.get_feature_names_out())
    print(
        f"{model.B_.nnz:,} edges among {X.shape[1]:,} genes in "
        f"{time.perf_counter() - begin:.1f} s, duality gaps at most "
        f"{model.certified_gaps_.max():.1g}; written to {given.out}."
    )
