"""How long a user waits from the import to the first result, measured in a new process."""

import json
import subprocess
import sys

from pnetlib.workflow.project import project_root

SCRIPT = """
import json, time
begin = time.perf_counter()
import numpy as np
from pnetlib.estimators import ElasticNetwork, PredictiveNetwork
imported = time.perf_counter()
rng = np.random.default_rng({seed})
X = rng.standard_normal(({n}, {p}))
X[:, 1:] += 0.5 * X[:, :-1]
calls = []
for _ in range(2):
    start = time.perf_counter()
    ElasticNetwork(lam1=0.3, n_jobs=1).fit(X)
    calls.append(time.perf_counter() - start)
start = time.perf_counter()
PredictiveNetwork(lam1=0.3, lam3=0.05, lam4=0.1, n_jobs=1).fit(X, X @ rng.standard_normal({p}))
end = time.perf_counter()
print(json.dumps({{"import": imported - begin, "first network": calls[0],
                  "first call of the kernel": calls[0] - calls[1],
                  "first joint fit": end - start, "import to first joint fit": end - begin}}))
"""


def measure(seed, n=200, p=100):
    """Time the import, the first network and the first joint fit on `p` genes in a new process.

    The compiled kernels must be in numba's cache from an earlier process.

    Returns
    -------
    dict
        Seconds by step. The first call of the kernel is the first network fit minus the second.
    """
    code = SCRIPT.format(seed=seed, n=n, p=p)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project_root(), check=True, text=True, capture_output=True
    )
    return json.loads(done.stdout.splitlines()[-1])
