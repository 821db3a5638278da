"""``pnetlib network``: estimate the network of an expression table or of a cohort."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pnetlib.cli.parser import Parser
from pnetlib.datasets import load_cohort
from pnetlib.datasets.identity import check_lines
from pnetlib.datasets.regulons import TFS, load_dorothea, regulator_names
from pnetlib.errors import CorruptFileError, DataError, DuplicateError, UsageError
from pnetlib.estimators import ElasticNetwork
from pnetlib.execution.engine import BACKENDS, Engine
from pnetlib.io import SUFFIXES, write_network
from pnetlib.solvers.forecast import forecast_network

DESCRIPTION = """Estimate the gene network of an expression table, or of a cohort, and write it."""
EXAMPLES = """Examples
  pnetlib network expression.csv --lam1 0.3 --out network.graphml
  pnetlib network gdsc --lam1 0.3 --float32 --backend dask --scheduler tcp://HOST:8786
"""


def read_expression(source: str) -> pd.DataFrame:
    """Return expression, cell lines x genes, of a csv file or of a source that `load_cohort` knows.

    The first column of a file names the cell lines and its header names the genes.
    """
    if Path(source).suffix != ".csv":
        return load_cohort(source).expression
    try:
        table = pd.read_csv(source, index_col=0)
        names = pd.read_csv(source, index_col=0, header=None, nrows=1, dtype=str).iloc[0]
    except FileNotFoundError:
        raise DataError(f"there is no file {source}; check the path.") from None
    except (ValueError, OSError) as error:
        raise CorruptFileError(
            f"{source} is not a table of comma-separated values ({error}); write it again as csv."
        ) from None
    for kind, labels in (("gene", names), ("cell line", table.index.to_series())):
        repeated = labels[labels.duplicated()]
        if len(repeated):
            raise DuplicateError(
                f"{source}: the {kind} {repeated.iloc[0]} occurs twice; remove one of the two."
            )
    numbers = table.apply(pd.to_numeric, errors="coerce")
    invalid = np.argwhere(~np.isfinite(numbers.to_numpy(float)))
    if len(invalid):
        row, column = invalid[0]
        raise DataError(
            f"{source}: cell line {table.index[row]}, gene {table.columns[column]} is "
            f"{table.iat[row, column]!r}, not a number; correct it, or remove the cell line or "
            "the gene."
        )
    if min(table.shape) < 2:
        raise DataError(
            f"{source}: a network needs at least two cell lines and two genes, but the table has "
            f"{table.shape[0]} and {table.shape[1]}."
        )
    return numbers


def allowed_regulators(text: str, genes: pd.Index) -> list[str] | None:
    """Return the genes of a table that may regulate, and say how many they are; None for all."""
    if not text:
        return None
    known = load_dorothea() if text == TFS else None
    named = regulator_names(text, known)
    found = [gene for gene in genes if gene in set(named)]
    if not found:
        raise UsageError(
            f"--regulators {text}: none of its {len(named)} genes is in the table; check the names."
        )
    print(f"{len(found)} of {len(named)} regulators are among the {len(genes):,} genes.")
    return found


def main(arguments: Sequence[str]) -> int:
    """Estimate a network and write it; return the exit code."""
    parser = Parser("pnetlib network", description=DESCRIPTION, epilog=EXAMPLES)
    parser.add_argument(
        "source",
        help="csv file, cell lines x genes, or a cohort: gdsc, gdsc-official, simulated or a "
        "folder with the official files",
    )
    parser.add_argument(
        "--lam1", type=float, required=True, help="L1 penalty; at 2 no edge remains"
    )
    parser.add_argument("--lam2", type=float, default=0.0, help="ridge penalty (default: 0)")
    parser.add_argument(
        "--float32", action="store_true", help="halve the memory of the Gram matrix"
    )
    parser.add_argument(
        "--out",
        default="network.npz",
        help=f"file to write, one of {', '.join(SUFFIXES)} (default: network.npz)",
    )
    parser.add_argument(
        "-j", "--threads", type=int, default=0, help="threads to use (default: all allowed cores)"
    )
    parser.add_argument(
        "--regulators",
        default="",
        help="genes that may regulate: a file with one name per line, or tfs, the transcription "
        "factors of DoRothEA (default: all genes)",
    )
    parser.add_argument(
        "--any-lines",
        action="store_true",
        help="accept a table whose lines resemble other known lines than those they are named after",
    )
    parser.add_argument("--backend", choices=BACKENDS, default="threads", help="default: threads")
    parser.add_argument(
        "--scheduler",
        default="",
        help="with --backend dask: address of a running cluster, or slurm (default: processes on "
        "this computer)",
    )
    estimate(parser.parse_args(arguments))
    return 0


def estimate(options: argparse.Namespace) -> None:
    """Estimate the network that the options describe, write it and print what was found."""
    if Path(options.out).suffix not in SUFFIXES:
        raise UsageError(f"--out is {options.out}, but must end in one of {', '.join(SUFFIXES)}.")
    with Engine(options.backend, options.threads, options.scheduler) as engine:
        X = read_expression(options.source)
        if Path(options.source).suffix == ".csv":
            print(check_lines(X, Path(options.source).name, identity=not options.any_lines))
        regulators = allowed_regulators(options.regulators, X.columns)
        settings = {
            "gram_dtype": "float32" if options.float32 else "float64",
            "n_jobs": engine.threads,
        }
        model = ElasticNetwork(options.lam1, options.lam2, regulators=regulators, **settings)
        settings["regulators"] = regulators
        forecast = forecast_network(X.to_numpy(float), options.lam1, options.lam2, **settings)
        print(forecast, flush=True)
        forecast.require()
        started = time.perf_counter()
        model.fit(X, engine=engine)
    write_network(options.out, model.B_, model.get_feature_names_out())
    print(
        f"{model.B_.nnz:,} edges among {X.shape[1]:,} genes in "
        f"{time.perf_counter() - started:.1f} s, duality gaps at most "
        f"{model.certified_gaps_.max():.1g}; written to {options.out}."
    )
