"""What every model needs of the data: the Gram matrix and its companions."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from ..threads import thread_count


@dataclass(frozen=True)
class Moments:
    """Second moments of standardised expression and centred response.

    Attributes
    ----------
    n : int
        Cell lines.
    mean, scale : ndarray (p,)
        Mean and standard deviation (ddof = 0) of each gene, in expression units; the scale of
        a constant gene is 1.
    G : ndarray (p, p)
        ``X'X / n`` of the standardised genes, in float64 or float32.
    z_mean : float
        Mean response, 0 without a response.
    g : ndarray (p,)
        ``X'z / n`` with the centred response.
    zz : float
        ``z'z / n``.
    """

    n: int
    mean: np.ndarray
    scale: np.ndarray
    G: np.ndarray
    z_mean: float
    g: np.ndarray
    zz: float

    @classmethod
    def of(cls, X, z=None, *, standardize=True, n_threads=None, gram_dtype="float64"):
        """Moments of expression X (n, p), genes standardised, and response z (n,)."""
        X = np.asarray(X, float)
        mean = X.mean(axis=0)
        X = X - mean
        scale = np.sqrt(np.einsum("ij,ij->j", X, X) / len(X))
        constant = scale <= 1e-12 * np.maximum(np.abs(mean), 1.0)
        X[:, constant] = 0.0
        scale[constant] = 1.0
        if standardize:
            X /= scale
        else:
            scale = np.ones_like(scale)
        z_mean = 0.0 if z is None else float(np.mean(z))
        z = np.zeros(len(X)) if z is None else np.asarray(z, float) - z_mean
        G = gram(X, n_threads, dtype=gram_dtype)
        return cls(len(X), mean, scale, G, z_mean, X.T @ z / len(X), float(z @ z / len(X)))


def gram(X, n_threads=None, width=256, dtype="float64"):
    """``X'X / n`` in blocks of fixed width: the same bits for any number of threads.

    Parameters
    ----------
    X : ndarray (n, p)
        Centred expression.
    n_threads : int, optional
        Threads, each with one block of genes and a single BLAS thread.
    width : int
        Genes in a block.
    dtype : {"float64", "float32"}
        Type in which G is stored. Blocks are computed in float64 either way, so that float32
        costs one rounding (6e-8 of an entry) and half the memory.

    Returns
    -------
    ndarray (p, p)
        The only array of this size that exists at any time.
    """
    n, p = X.shape
    G = np.empty((p, p), dtype)

    def blocks(first):
        own = slice(first, first + width)
        for start in range(first, p, width):  # square ones: both halves are written from cache
            other = slice(start, start + width)
            block = X[:, own].T @ X[:, other]
            block /= n
            G[own, other] = block
            G[other, own] = block.T

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(thread_count(n_threads)) as pool:
        list(pool.map(blocks, range(0, p, width)))
    return G
