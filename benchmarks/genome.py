"""Simulated expression of a whole genome, for measurements of time and memory only.

Not a cohort: no responses, no tissues, no true network (`simulate_cohort` has those). Genes share
factors whose shares of the variance follow the first hundred principal components of the 976 most
variable genes of GDSC, and each gene belongs to a module that has one more factor; both and the
shape of the loadings are this project's choice.
"""

import numpy as np
from threadpoolctl import threadpool_limits

from pnetlib.errors import UsageError

GENOME = 17419  # genes of the published expression matrix
BLOCK = 1024  # genes drawn at a time, each block from a stream of its own
MODULE = 24  # genes that share a module's factor
MODULE_SHARE = 0.1
# Share of variance in the first k principal components.
_KNOWN = {0: 0.0, 1: 0.17, 2: 0.27, 3: 0.34, 5: 0.40, 10: 0.48, 20: 0.56, 50: 0.67, 100: 0.76}


def factor_shares():
    """Share of the variance of each common factor, largest first; shape (100,)."""
    return np.diff(np.interp(np.arange(101), list(_KNOWN), list(_KNOWN.values())))


def simulate_expression(seed, n, p=GENOME):
    """Simulated log2 expression with the correlation structure of a large cohort.

    The first p genes are the same whatever the number asked for.

    Parameters
    ----------
    seed : int
        Of all draws.
    n, p : int
        Cell lines and genes.

    Returns
    -------
    ndarray of float32 (n, p), list of str
        Expression and the genes' names, which all begin with ``SIM``.

    Raises
    ------
    UsageError
        If there are fewer than 2 lines or 1 gene.
    """
    if n < 2 or p < 1:
        raise UsageError(f"simulated expression needs n >= 2 and p >= 1, not n={n} and p={p}.")
    shares = factor_shares().astype(np.float32)
    common = np.random.default_rng([seed, 0]).standard_normal((n, shares.size), np.float32)
    X = np.empty((n, p), np.float32)
    with threadpool_limits(1, "blas"):
        for number, first in enumerate(range(0, p, BLOCK)):
            X[:, first : first + BLOCK] = _block(
                np.random.default_rng([seed, 1, number]), common, shares
            )[:, : p - first]
    return X, [f"SIM{q:05d}" for q in range(1, p + 1)]


def _block(rng, common, shares):
    """The next `BLOCK` genes: common factors, module, noise of its own, mean and deviation."""
    n = len(common)
    loadings = rng.standard_normal((shares.size, BLOCK), np.float32) * np.sqrt(shares)[:, None]
    modules = rng.standard_normal((n, -(-BLOCK // MODULE)), np.float32)
    sign = rng.choice(np.array([-1.0, 1.0], np.float32), BLOCK)
    own = np.float32(np.sqrt(1.0 - shares.sum() - MODULE_SHARE))
    values = common @ loadings
    values += np.float32(np.sqrt(MODULE_SHARE)) * sign * modules[:, np.arange(BLOCK) // MODULE]
    values += own * rng.standard_normal((n, BLOCK), np.float32)
    mean, deviation = rng.uniform(3.5, 8.0, BLOCK), rng.gamma(2.0, 0.4, BLOCK) + 0.2
    return values * deviation.astype(np.float32) + mean.astype(np.float32)
