"""Tasks for two hosts, and the command that maps them: ``python -m hosts.tasks OUT ADDRESS``.

Results are stored in the folder OUT, as those of a run; without an address, threads compute them.
An error is the only line of standard error, and its exit code that of the command.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from pnetlib.errors import PnetError
from pnetlib.estimators import ElasticNetwork
from pnetlib.execution.engine import Engine
from pnetlib.execution.fingerprint import versions
from pnetlib.workflow.folds import Folds

NOTES = "/tmp/computed"
TASKS = 24
SECONDS = float(os.environ.get("HOSTS_SECONDS", "0"))  # that each task takes besides


def expression() -> np.ndarray:
    """Return a matrix of 60 cell lines and 30 genes in which a few genes decide others."""
    rng = np.random.default_rng(5)
    shared = rng.normal(size=(60, 4))
    return shared @ rng.normal(size=(4, 30)) + rng.normal(size=(60, 30))


def network(X: np.ndarray, seconds: float, number: int) -> tuple:
    """Return a network of half of the lines and what it predicts; this host notes the number."""
    with open(NOTES, "a") as notes:
        notes.write(f"{number}\n")
    time.sleep(seconds)
    half = X[np.random.default_rng(number).permutation(len(X))[: len(X) // 2]]
    B = ElasticNetwork(0.1, 0.05, n_jobs=1).fit(half).B_.toarray()
    return B.tolist(), (half @ B).sum(axis=0).tolist()


def main(out: str, address: str = "") -> int:
    """Compute what is missing and print how many results there are."""
    stored = Folds(Path(out), {"versions": versions(), "name": "network"})
    tasks = [(number,) for number in range(TASKS)]
    try:
        with Engine("dask" if address else "threads", 1, address) as engine:
            found = list(engine.map(network, tasks, (expression(), SECONDS), stored=stored))
    except PnetError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(json.dumps({"results": len(found), "node": os.uname().nodename}))
    return 0


if __name__ == "__main__":
    from hosts.tasks import main as imported  # workers must find the task by this name

    sys.exit(imported(*sys.argv[1:]))
