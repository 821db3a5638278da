"""``pnetlib compile``: compile the kernels once for all later runs."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pnetlib.cli.parser import Parser
from pnetlib.datasets import DEFAULT_SEED
from pnetlib.execution.compiled import compiled_kernels

DESCRIPTION = """Compile the kernels once for all later runs of this user, which takes about a minute.

Runs start faster afterwards; a run compiles whatever is missing.
"""


def main(arguments: Sequence[str]) -> int:
    """Compile into a new cache, which is packed for later runs; return the exit code."""
    Parser("pnetlib compile", description=DESCRIPTION).parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="pnet-compile-") as scratch,
        compiled_kernels(Path(scratch)) as variables,
    ):
        os.environ.update(variables)  # before anything imports numba
        fit_all_methods()
    return 0


def fit_all_methods() -> None:
    """Compare all methods on few genes, which calls nearly every kernel."""
    from pnetlib.datasets import load_cohort
    from pnetlib.estimators import ElasticNetwork
    from pnetlib.steps.comparison.compute import compare
    from pnetlib.steps.sizes import PROFILES

    cohort = load_cohort("simulated", seed=DEFAULT_SEED, size="smoke")
    profile = replace(PROFILES["smoke"], n_genes=30, outer_folds=2, lam1=(0.2,), lam3=(0.2, 0.05))
    compare(cohort, profile, DEFAULT_SEED, drugs=list(cohort.response)[:1], n_jobs=1)
    for dtype in ("float64", "float32"):
        ElasticNetwork(0.3, gram_dtype=dtype, n_jobs=1).fit(cohort.expression.iloc[:, :30])
