"""Networks as compressed columns, and their products with a Gram matrix."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csc_array

from pnetlib.execution.threads import chunks, thread_count
from pnetlib.kernels.graph import degrees
from pnetlib.kernels.products import gram_times_columns

NO_GB = np.empty((0, 0))
MAX_ROUNDS = 1000


@dataclass(frozen=True)
class Columns:
    """The columns of B in compressed form: regulators and coefficients of each target."""

    indptr: np.ndarray  # (p + 1,) int64: where the edges of each target begin and end
    indices: np.ndarray  # (e,) int32: regulator of each edge
    data: np.ndarray  # (e,) float64: coefficient of each edge

    @classmethod
    def empty(cls, p):
        """Return a network of p genes without edges."""
        return cls(np.zeros(p + 1, np.int64), np.empty(0, np.int32), np.empty(0))

    @classmethod
    def join(cls, parts):
        """Return the columns of consecutive pieces of (counts, indices, data)."""
        counts, indices, data = (np.concatenate(piece) for piece in zip(*parts))
        return cls(np.concatenate(([0], np.cumsum(counts))), indices, data)

    @classmethod
    def of(cls, B):
        """Return the columns of a dense or sparse matrix, regulators x targets."""
        B = csc_array(B)
        B.sum_duplicates()
        return cls(B.indptr.astype(np.int64), B.indices.astype(np.int32), B.data.astype(float))

    @property
    def arrays(self):
        """Return the three arrays in the order in which the kernels take them."""
        return self.indptr, self.indices, self.data

    @property
    def targets(self):
        """Return the target of each edge (e,)."""
        return np.repeat(np.arange(self.indptr.size - 1), np.diff(self.indptr))

    @cached_property
    def degrees(self):
        """Return the degree d_q of every gene (p,), computed once per network."""
        return degrees(*self.arrays)

    def without_zeros(self):
        """Return the columns without the edges whose coefficient is 0."""
        kept = self.data != 0.0
        indptr = np.concatenate(([0], np.cumsum(kept)))[self.indptr]
        return Columns(indptr, self.indices[kept], self.data[kept])

    def piece(self, first, last):
        """Return the columns first..last-1 as the kernel returns those that are fixed."""
        own = slice(self.indptr[first], self.indptr[last])
        counts = np.diff(self.indptr[first : last + 1])
        return counts, self.indices[own], self.data[own], np.zeros(counts.size), 0 * counts

    def matrix(self):
        """Return B as a scipy sparse array, regulators x targets."""
        p = self.indptr.size - 1
        return csc_array((self.data, self.indices, self.indptr), shape=(p, p))

    def replace(self, genes, counts, indices, data):
        """Return these columns with those of the given genes, in any order, replaced."""
        old, ends = np.diff(self.indptr), np.cumsum(counts)
        rising = np.argsort(genes)
        pieces = [np.arange(ends[k] - counts[k], ends[k]) for k in rising]
        order = np.concatenate(pieces) if pieces else np.empty(0, np.int64)
        new = old.copy()
        new[genes] = counts
        indptr = np.concatenate(([0], np.cumsum(new)))
        out_indices, out_data = np.empty(indptr[-1], np.int32), np.empty(indptr[-1])
        replaced = np.zeros(old.size, bool)
        replaced[genes] = True
        before, after = np.repeat(~replaced, old), np.repeat(replaced, new)
        out_indices[~after], out_data[~after] = self.indices[before], self.data[before]
        out_indices[after], out_data[after] = indices[order], data[order]
        return Columns(indptr, out_indices, out_data)


def matrix_degrees(B):
    """Return the degree d_q = sum_j (|B_qj| + |B_jq|) / 2 of every gene, from any matrix."""
    size = abs(B)
    return 0.5 * (size.sum(axis=0) + size.sum(axis=1))


def gram_times(G, columns, n_jobs=None):
    """Return GB as a dense array whose row j is G b_j."""
    GB = np.empty(G.shape)

    def fill(piece):
        gram_times_columns(G, *columns.arrays, *piece, GB)

    on_threads(fill, chunks(len(G)), n_jobs)
    return GB


def on_threads(function, pieces, n_jobs=None):
    """Return a list of the function of each piece, in their order, computed by threads."""
    threads = thread_count(n_jobs)
    if threads == 1 or len(pieces) < 2:
        return [function(piece) for piece in pieces]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, pieces))
