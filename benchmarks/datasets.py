"""Problems of the benchmark: expression with its penalties, synthetic, measured or genome-sized.

Two kinds of expression are drawn from a seed. `synthetic` has overlapping regulons and serves the
comparison of solvers. `simulate_expression` serves the measurements of growth up to a whole genome:
its genes share factors whose shares of the variance follow the first hundred principal components
of the 976 most variable genes of GDSC, and each gene belongs to a module with one more factor
(modules and loadings are this project's choice). `simulate_response` adds a response to it. Neither is a cohort: there
are no tissues and no true network; `pnetlib.datasets` has those.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigvalsh
from scipy.stats import zscore
from threadpoolctl import threadpool_limits

from pnetlib.datasets import load_cohort
from pnetlib.errors import UsageError
from pnetlib.solvers.columns import Columns
from pnetlib.solvers.moments import gram
from pnetlib.solvers.network import solve_network

FACTORS = 50  # regulons of the synthetic expression
LOADINGS = 3  # regulons each gene belongs to
WEIGHT = 0.35  # standard deviation of its weights in them
LEADING = 0.4  # share of the variance of a dominant first component
SMALLEST = 1e-3  # share of the lam1 that leaves no edge at which the search for lam1 begins

GENOME = 17419  # genes of the published expression matrix
BLOCK = 1024  # genes drawn at a time, each block from a random stream of its own
CAUSES = 50  # genes with an effect on a simulated response
MODULE = 24  # genes that share a module's factor
MODULE_SHARE = 0.1  # share of the variance of that factor
# Share of the variance in the first k principal components.
_CUMULATIVE = {0: 0.0, 1: 0.17, 2: 0.27, 3: 0.34, 5: 0.40, 10: 0.48, 20: 0.56, 50: 0.67, 100: 0.76}


@dataclass(frozen=True)
class Problem:
    """An expression matrix and the penalties at which its network is wanted.

    Attributes
    ----------
    name : str
        Such as ``"weak"``.
    X : ndarray (n, p)
        Standardised expression.
    lam1s : ndarray
        L1 penalties of the path, largest first; the last one is that of the single network.
    edges : float
        Mean edges per target at the last penalty, on a sample of targets.
    leading : float
        Share of the variance of the first principal component.
    simulated : bool
        Whether the expression is synthetic.
    stride : int
        The fast solvers are timed on every `stride`-th target.
    slow_stride : int
        All others are timed on every `slow_stride`-th target.
    """

    name: str
    X: np.ndarray
    lam1s: np.ndarray
    edges: float
    leading: float
    simulated: bool
    stride: int
    slow_stride: int

    @classmethod
    def of(cls, name, X, *, edges, points, simulated, stride, slow_stride):
        """Standardise X, and find the path that ends at about `edges` edges per target."""
        X = X - X.mean(axis=0)
        X = np.ascontiguousarray(X / np.sqrt(np.mean(X**2, axis=0)))
        G = gram(X)
        largest = 2.0 * np.max(np.abs(G - np.diag(np.diag(G))))
        lam1, found = penalty_with(G, edges, largest)
        lam1s = np.geomspace(largest, lam1, points)
        return cls(name, X, lam1s, found, first_share(X), simulated, stride, slow_stride)

    def targets(self, stride):
        """Return every `stride`-th gene."""
        return np.arange(0, self.X.shape[1], stride)


def synthetic(n, p, seed, leading=0.0):
    """Draw expression (n, p) of genes in overlapping regulons, by default weakly correlated.

    Parameters
    ----------
    n, p : int
        Cell lines and genes.
    seed : int
        Seed of the draw.
    leading : float
        Share of every gene's variance that comes from one factor common to all genes.
    """
    rng = np.random.default_rng(seed)
    loadings = np.zeros((FACTORS, p))
    for gene in range(p):
        loadings[rng.choice(FACTORS, LOADINGS, replace=False), gene] = rng.normal(
            0.0, WEIGHT, LOADINGS
        )
    X = rng.standard_normal((n, FACTORS)) @ loadings + rng.standard_normal((n, p))
    X /= X.std(axis=0)
    common = rng.standard_normal((n, 1)) * rng.choice([-1.0, 1.0], p)
    return np.sqrt(leading) * common + np.sqrt(1.0 - leading) * X


def real(n_genes, source="gdsc", cache=None):
    """Return the expression (n, p) of the `n_genes` most variable genes of a cohort."""
    cohort = load_cohort(source, cache=cache)
    return cohort.expression[cohort.top_genes(n_genes)].to_numpy()


def first_share(X):
    """Return the share of the variance of standardised X in its first principal component."""
    n, p = X.shape
    inner = X @ X.T if n <= p else X.T @ X
    top = len(inner) - 1
    return float(eigvalsh(inner, subset_by_index=(top, top))[0] / np.trace(inner))


def penalty_with(G, edges, largest, sample=100, steps=14):
    """Find the lam1 with about `edges` edges per target by bisection on a log scale.

    Parameters
    ----------
    G : ndarray (p, p)
        Gram matrix.
    edges : float
        Mean number of edges per target.
    largest : float
        Largest lam1 considered.
    sample, steps : int
        Least number of targets on which edges are counted (where there are as many); most steps.

    Returns
    -------
    float, float
        lam1 and the mean number of edges of the sampled targets.
    """
    p = len(G)
    skipped = np.ones(p, bool)
    skipped[:: max(1, p // sample)] = False
    low, high = SMALLEST * largest, largest
    for _ in range(steps):
        lam1 = float(np.sqrt(low * high))
        weights = np.full(p, 0.5 * lam1)
        columns, _ = solve_network(G, weights, 0.0, Columns.empty(p), 1e-5, fixed=skipped)
        found = columns.indptr[-1] / np.count_nonzero(~skipped)
        low, high = (lam1, high) if found > edges else (low, lam1)
        if abs(found - edges) <= 0.01 * edges:
            break
    return lam1, float(found)


def factor_shares():
    """Return the share of the variance of each common factor, largest first; shape (100,)."""
    return np.diff(np.interp(np.arange(101), list(_CUMULATIVE), list(_CUMULATIVE.values())))


def simulate_expression(seed, n, p=GENOME):
    """Draw log2 expression with the correlation structure of a large cohort.

    A gene's values do not depend on how many genes are drawn.

    Parameters
    ----------
    seed : int
        Seed of all draws.
    n, p : int
        Cell lines and genes.

    Returns
    -------
    ndarray of float32 (n, p), list of str
        Expression, and names of the genes, which all begin with ``SIM``.

    Raises
    ------
    UsageError
        If there are fewer than 2 cell lines or no gene.
    """
    if n < 2 or p < 1:
        raise UsageError(f"simulated expression needs n >= 2 and p >= 1, not n = {n} and p = {p}.")
    shares = factor_shares().astype(np.float32)
    common = np.random.default_rng([seed, 0]).standard_normal((n, shares.size), np.float32)
    X = np.empty((n, p), np.float32)
    with threadpool_limits(1, "blas"):
        for number, first in enumerate(range(0, p, BLOCK)):
            X[:, first : first + BLOCK] = _block(
                np.random.default_rng([seed, 1, number]), common, shares
            )[:, : p - first]
    return X, [f"SIM{q:05d}" for q in range(1, p + 1)]


def simulate_response(seed, X, genes=CAUSES):
    """Draw a response that depends on some genes of simulated expression, half of it noise.

    Parameters
    ----------
    seed : int
        Seed of all draws.
    X : ndarray (n, p)
        Expression.
    genes : int
        Genes with a normal effect per standard deviation; all where there are fewer.

    Returns
    -------
    ndarray of float64 (n,)
        Response with mean 0 and variance 1 (ddof = 0).
    """
    rng = np.random.default_rng([seed, 2])
    n, p = X.shape
    causes = rng.choice(p, min(genes, p), replace=False)
    signal = zscore(X[:, causes].astype(float)) @ rng.standard_normal(causes.size)
    return zscore(zscore(signal) + zscore(rng.standard_normal(n)))


def _block(rng, common, shares):
    """Draw the next `BLOCK` genes: common factors, module, own noise, mean and deviation."""
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
