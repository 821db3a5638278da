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
from pnetlib.datasets.own_source import KINDS
from pnetlib.datasets.own_tables import is_table, read_own_expression
from pnetlib.datasets.regulons import TFS, load_dorothea, regulator_names
from pnetlib.errors import UsageError
from pnetlib.estimators import ElasticNetwork
from pnetlib.estimators.base import check_penalties
from pnetlib.execution.engine import BACKENDS, Engine
from pnetlib.io import SUFFIXES, write_network
from pnetlib.solvers.forecast import forecast_network
from pnetlib.words import agreed, counted, first_few

DESCRIPTION = """Estimate the gene network of an expression table, or of a cohort, and write it."""
EXAMPLES = """Examples
  pnetlib network expression.csv --lam1 0.3 --out network.graphml
  pnetlib network gdsc --lam1 0.3 --float32 --backend dask --scheduler tcp://HOST:8786
"""


def read_expression(
    source: str,
    *,
    layer: str = "",
    raw: bool = False,
    sheet: str | None = None,
    genes_in_rows: bool = False,
) -> pd.DataFrame:
    """Return expression, cell lines x genes, of a table or of a source that `load_cohort` knows.

    What was found about a table is printed.
    """
    if not is_table(source):
        if Path(source).is_file():
            raise UsageError(f"{source} is no table; it must end in {', '.join(KINDS)}.")
        if layer or raw or sheet or genes_in_rows:
            raise UsageError(
                f"--layer, --raw, --sheet and --genes-in-rows are for tables; {source} is none."
            )
        return load_cohort(source).expression
    table, said = read_own_expression(
        Path(source), layer=layer, raw=raw, sheet=sheet, genes_in_rows=genes_in_rows
    )
    print("".join(f"{sentence}\n" for sentence in said), end="")
    if genes_in_rows:  # in memory as a table with lines in rows, which gives the same bits
        values = np.ascontiguousarray(table.to_numpy())
        table = pd.DataFrame(values, table.index, table.columns)
    elif len(table) > table.shape[1]:
        print(
            f"Rows are taken for cell lines ({len(table):,}) and columns for genes ({table.shape[1]:,}); "
            "if genes are in rows, add --genes-in-rows."
        )
    return table


def allowed_regulators(text: str, genes: pd.Index) -> list[str] | None:
    """Return the genes of a table that may regulate, and say how many they are; None for all."""
    if not text:
        return None
    known = load_dorothea() if text == TFS else None
    named = regulator_names(text, known)
    found = [gene for gene in genes if gene in set(named)]
    if not found:
        none = "its gene is not" if len(named) == 1 else f"none of its {len(named)} genes is"
        raise UsageError(f"--regulators {text}: {none} in the table; check the names.")
    are = agreed(len(found), "is", "are")
    without = [gene for gene in named if gene not in genes]
    absent = f"; not among them: {first_few(without)}" if without else ""
    print(
        f"{len(found)} of {counted(len(named), 'regulator')} {are} among the {len(genes):,} genes{absent}."
    )
    return found


def main(arguments: Sequence[str]) -> int:
    """Estimate a network and write it; return the exit code."""
    parser = Parser("pnetlib network", description=DESCRIPTION, epilog=EXAMPLES)
    parser.add_argument(
        "source",
        help="table (.csv, .tsv, .txt, also .gz, .parquet, .xlsx, .h5ad), cell lines x genes, or a "
        "cohort: gdsc, gdsc-official, simulated, or a folder with the official files or with your own tables",
    )
    parser.add_argument("--layer", default="", help="layer of an .h5ad file (default: its X)")
    parser.add_argument("--raw", action="store_true", help="read the raw matrix of an .h5ad file")
    parser.add_argument(
        "--sheet", help="sheet of an .xlsx file (default: the only one with values)"
    )
    parser.add_argument(
        "--genes-in-rows",
        action="store_true",
        help="the table has a row per gene and a column per cell line",
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
    if not Path(options.out).absolute().parent.is_dir():
        raise UsageError(f"--out is {options.out}, but there is no such folder; make it first.")
    with Engine(options.backend, options.threads, options.scheduler) as engine:
        kind = {"layer": options.layer, "raw": options.raw, "sheet": options.sheet}
        turned = options.genes_in_rows
        X = read_expression(options.source, **kind, genes_in_rows=turned)
        if is_table(options.source):
            print(check_lines(X, Path(options.source).name, identity=not options.any_lines))
        regulators = allowed_regulators(options.regulators, X.columns)
        settings = {
            "gram_dtype": "float32" if options.float32 else "float64",
            "n_jobs": engine.threads,
        }
        model = ElasticNetwork(options.lam1, options.lam2, regulators=regulators, **settings)
        check_penalties(model, ["lam1", "lam2"])  # the forecast compiles the kernels first
        settings["regulators"] = regulators
        forecast = forecast_network(X.to_numpy(float), options.lam1, options.lam2, **settings)
        print(forecast, flush=True)
        forecast.require()
        started = time.perf_counter()
        model.fit(X, engine=engine)
    write_network(options.out, model.B_, model.get_feature_names_out())
    print(
        f"{model.B_.nnz:,} {agreed(model.B_.nnz, 'edge', 'edges')} among {X.shape[1]:,} genes in "
        f"{time.perf_counter() - started:.1f} s, duality gaps at most "
        f"{model.certified_gaps_.max():.1g}; written to {options.out}."
    )
