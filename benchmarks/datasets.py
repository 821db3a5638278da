"""What is raced over: expression of known shape from a seed, or that of the real cell lines."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigvalsh

from pnetlib.solvers.columns import Columns
from pnetlib.solvers.moments import gram
from pnetlib.solvers.network import solve_network

FACTORS = 50  # regulons of the synthetic expression ...
LOADINGS = 3  # ... of which each gene follows so many ...
WEIGHT = 0.35  # ... with weights of this standard deviation
LEADING = 0.4  # share of the variance of a dominant first component
SMALLEST = 1e-3  # of the lam1 that leaves no edge: where the search for lam1 begins


@dataclass(frozen=True)
class Work:
    """One expression matrix and the penalties at which its network is wanted.

    Attributes
    ----------
    name : str
        Such as ``"weak"``.
    X : ndarray (n, p)
        Standardised expression.
    lam1s : ndarray
        L1 penalties of the path, largest first; the last one is that of the single network.
    edges : float
        Mean edges a target at the last penalty, on a sample of targets.
    leading : float
        Share of the variance that the first component holds.
    simulated : bool
        Whether the expression is synthetic.
    stride : int
        A peer of the first rank is timed on every so many-th target ...
    long_stride : int
        ... and all others on every so many-th.
    """

    name: str
    X: np.ndarray
    lam1s: np.ndarray
    edges: float
    leading: float
    simulated: bool
    stride: int
    long_stride: int

    @classmethod
    def of(cls, name, X, *, edges, points, simulated, stride, long_stride):
        """Standardise X, and find the path that ends at about `edges` edges a target."""
        X = X - X.mean(axis=0)
        X = np.ascontiguousarray(X / np.sqrt(np.mean(X**2, axis=0)))
        G = gram(X)
        largest = 2.0 * np.max(np.abs(G - np.diag(np.diag(G))))
        lam1, found = penalty_with(G, edges, largest)
        return cls(
            name,
            X,
            np.geomspace(largest, lam1, points),
            found,
            first_share(X),
            simulated,
            stride,
            long_stride,
        )

    def targets(self, stride):
        """Every `stride`-th gene."""
        return np.arange(0, self.X.shape[1], stride)


def synthetic(n, p, seed, leading=0.0):
    """Expression (n, p) of genes in overlapping regulons; weakly correlated unless told.

    Parameters
    ----------
    n, p : int
        Cell lines and genes.
    seed : int
        Seed of the draw.
    leading : float
        Share of every gene's variance that one factor common to all genes holds.
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
    """Expression (n, p) of the `n_genes` genes of largest variance of a real source."""
    from pnetlib.datasets import load_cohort

    cohort = load_cohort(source, cache=cache)
    return cohort.expression[cohort.top_genes(n_genes)].to_numpy()


def first_share(X):
    """Share of the variance of standardised X that its first principal component holds."""
    n, p = X.shape
    inner = X @ X.T if n <= p else X.T @ X
    top = len(inner) - 1
    return float(eigvalsh(inner, subset_by_index=(top, top))[0] / np.trace(inner))


def penalty_with(G, edges, largest, sample=100, steps=14):
    """The lam1 with about `edges` edges a target, by bisection on a sample, and its edges."""
    p = len(G)
    held = np.ones(p, bool)
    held[:: max(1, p // sample)] = False
    low, high = SMALLEST * largest, largest
    for _ in range(steps):
        lam1 = float(np.sqrt(low * high))
        columns, _ = solve_network(
            G, np.full(p, 0.5 * lam1), 0.0, Columns.empty(p), 1e-5, fixed=held
        )
        found = columns.indptr[-1] / np.count_nonzero(~held)
        low, high = (lam1, high) if found > edges else (low, lam1)
        if abs(found - edges) <= 0.01 * edges:
            break
    return lam1, float(found)
