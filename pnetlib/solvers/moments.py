"""Second moments, all that the models need of the data: the Gram matrix and its companions."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from pnetlib.execution.threads import one_blas_thread, thread_count

CONSTANT = 1e-12  # standard deviation relative to the mean up to which a gene is constant
ROUNDING = 1e-15  # and relative to the other genes, where rounding is all that centring left of it
EXTREME = 300  # powers of 2 beyond which squares of expression are not computed as they are


@dataclass(frozen=True)
class Moments:
    """Second moments of standardised expression X and centred response z."""

    n: int  # cell lines
    mean: np.ndarray  # (p,): mean of each gene, in expression units
    scale: np.ndarray  # (p,): standard deviation (ddof = 0) of each gene; 1 if it is constant
    G: np.ndarray  # (p, r): columns of X'X / n, in float64 or float32
    z_mean: float  # mean response; 0 without a response
    g: np.ndarray  # (p,): X'z / n
    zz: float  # z'z / n
    K: np.ndarray  # (p,): variance of each gene, the diagonal of X'X / n

    @classmethod
    def of(
        cls, X, z=None, *, standardize=True, n_jobs=None, gram_dtype="float64", n_regulators=None
    ):
        """Return the moments of expression X (n, p), genes standardised, and response z (n,).

        Only the first `n_regulators` genes may regulate, by default all; G has a column for each.
        """
        X, mean, scale = centred(X)
        if standardize:
            X /= scale
        else:
            scale = np.ones_like(scale)
        z_mean = 0.0 if z is None else float(np.mean(z))
        z = np.zeros(len(X)) if z is None else np.asarray(z, float) - z_mean
        if np.abs(z).max() <= CONSTANT * abs(z_mean):
            z[:] = 0.0  # constant up to the rounding of its mean
        G = gram(X, n_jobs, dtype=gram_dtype, columns=n_regulators)
        K = variances(X, G)
        return cls(len(X), mean, scale, G, z_mean, X.T @ z / len(X), float(z @ z / len(X)), K)

    @property
    def n_regulators(self):
        """Number of genes that may regulate: the first ones."""
        return self.G.shape[1]

    def without(self, X, z, out, n_jobs=None):
        """Return the moments of the cell lines that remain when some are removed, by down-dating.

        With the sums of squares C about the old mean and the shift of the mean d,
        ``C' = C - X_out'X_out - n' d d'``; genes are then standardised by the remaining lines
        alone. The cost grows with the lines removed, not with those that remain.

        X (n, p) and z (n,) are all lines' expression and response, and `out` the positions of the
        lines to remove. Up to rounding, the result equals `of` on the remaining lines.
        """
        n = self.n - len(out)
        removed = (np.asarray(X, float)[out] - self.mean) / self.scale
        removed_z = np.asarray(z, float)[out] - self.z_mean
        shift, shift_z = -removed.sum(axis=0) / n, -removed_z.sum() / n
        r = self.n_regulators
        diagonal = self.n * self.K - np.einsum("ij,ij->j", removed, removed) - n * shift**2
        zz = (self.n * self.zz - removed_z @ removed_z - n * shift_z**2) / n
        # Too much would cancel.
        if np.any(diagonal <= 1e-6 * self.n * self.K) or not zz > 1e-6 * self.zz:
            remaining = np.setdiff1d(np.arange(self.n), out)
            X, z = np.asarray(X)[remaining], np.asarray(z)[remaining]
            return Moments.of(X, z, n_jobs=n_jobs, n_regulators=r)
        relative = np.sqrt(diagonal / n)
        C = self.n * self.G
        C -= len(out) * gram(removed, n_jobs, columns=r)
        C -= np.outer(n * shift, shift[:r])
        C /= n * relative[:, None] * relative[:r]
        g = (self.n * self.g - removed.T @ removed_z - n * shift * shift_z) / (n * relative)
        mean, scale = self.mean + shift * self.scale, self.scale * relative
        K = np.diag(C).astype(float) if r == len(C) else diagonal / (n * relative * relative)
        return Moments(n, mean, scale, C, self.z_mean + shift_z, g, float(zz), K)


def centred(X):
    """Return expression minus its mean, the mean, and the standard deviation (1 if constant).

    Units do not matter: squares of very large or small values are avoided by a power of 2.
    """
    X = np.asarray(X, float)
    mean = X.mean(axis=0)
    X = X - mean
    exponent = np.frexp(np.abs(X).max(axis=0, initial=0.0))[1]
    extreme = np.abs(exponent) > EXTREME
    if extreme.any():
        X[:, extreme] = np.ldexp(X[:, extreme], -exponent[extreme])
    scale = np.sqrt(np.einsum("ij,ij->j", X, X) / len(X))
    if extreme.any():
        X[:, extreme] = np.ldexp(X[:, extreme], exponent[extreme])
        scale[extreme] = np.ldexp(scale[extreme], exponent[extreme])
    constant = constant_genes(mean, scale)
    X[:, constant] = 0.0
    scale[constant] = 1.0
    return X, mean, scale


def constant_genes(mean, scale):
    """Return which genes (p,) are constant up to rounding, from means and standard deviations.

    The standard deviation is then at most 1e-12 of the mean, or 1e-15 of that of other genes: what
    rounding leaves of a constant gene that was centred before. The upper quartile stands for the
    others, so that neither one gene with an outlier nor many constant ones decide.
    """
    constant = scale <= CONSTANT * np.abs(mean)
    if constant.all():
        return constant
    others = np.quantile(scale[~constant], 0.75, method="lower")
    return constant | (scale <= ROUNDING * others)


def variances(X, G):
    """Return ``x_j'x_j / n`` of centred expression X (n, p): the diagonal of G where it has all."""
    if G.shape[0] == G.shape[1]:
        return np.diag(G).astype(float)
    return np.einsum("ij,ij->j", X, X) / len(X)


def gram(X, n_jobs=None, width=256, dtype="float64", columns=None):
    """Return G = ``X'X / n`` of centred expression X (n, p), or its first `columns`.

    Each thread computes blocks of `width` genes with a single BLAS thread, so the bits are the same
    for any number of threads. Blocks are computed in float64 either way; storing them in float32
    costs one rounding (6e-8 of an entry) and halves the memory. No other p x p array is formed.
    """
    n, p = X.shape
    r = p if columns is None else columns
    G = np.empty((p, r), dtype)

    def blocks(first):
        own = slice(first, min(first + width, r))
        for start in range(first, p, width):  # square blocks: both halves are written from cache
            other = slice(start, start + width)
            block = X[:, own].T @ X[:, other]
            block /= n
            G[own, other] = block[:, : max(r - start, 0)]
            G[other, own] = block.T

    with one_blas_thread(), ThreadPoolExecutor(thread_count(n_jobs)) as pool:
        list(pool.map(blocks, range(0, r, width)))
    return G
