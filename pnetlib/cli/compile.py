"""``pnetlib compile``: compile the kernels once, and keep them for later runs."""

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from pnetlib.execution.compiled import compiled_kernels

SEED = 20220823


def main(arguments):
    """Compile in a process with a cache of its own; returns its exit code."""
    if arguments:
        fit_everything()
        return 0
    with tempfile.TemporaryDirectory(prefix="pnet-compile-") as scratch:
        with compiled_kernels(Path(scratch)) as variables:
            command = [sys.executable, "-m", "pnetlib", "compile", "here"]
            return subprocess.run(command, env={**os.environ, **variables}).returncode


def fit_everything():
    """The comparison of all methods on few genes, which needs nearly every kernel."""
    from pnetlib.datasets import load_cohort
    from pnetlib.estimators import ElasticNetwork
    from pnetlib.steps.comparison.compute import compare
    from pnetlib.steps.sizes import PROFILES

    cohort = load_cohort("simulated", seed=SEED, size="smoke")
    profile = replace(PROFILES["smoke"], n_genes=30, outer_folds=2, lam1=(0.2,), lam3=(0.2, 0.05))
    compare(cohort, profile, SEED, drugs=list(cohort.response)[:1], n_jobs=1)
    for dtype in ("float64", "float32"):
        ElasticNetwork(0.3, gram_dtype=dtype, n_jobs=1).fit(cohort.expression.iloc[:, :30])
