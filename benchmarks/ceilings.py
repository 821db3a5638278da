"""What the machine itself can do: the floor that no solver of this kind gets under."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit
from threadpoolctl import threadpool_limits

TRIAD = 8_000_000  # doubles an array: far more than a cache holds
AXPYS = 20_000


@njit(nogil=True, cache=True, fastmath=True)
def axpys(G, order, c):
    """One axpy of full length from each row of G in `order`."""
    for j in order:
        row = G[j]
        for q in range(c.size):
            c[q] -= 1e-9 * row[q]
    return c[0]


@njit(nogil=True, cache=True, fastmath=True)
def screen(G, first, last, w):
    """Pass once over columns first..last-1 and count what exceeds the penalty."""
    count = 0
    for j in range(first, last):
        row = G[j]
        for q in range(row.size):
            count += abs(row[q]) > w
    return count


@njit(nogil=True, cache=True, fastmath=True)
def triad(a, b, c, first, last):
    """STREAM's triad a = b + 3 c over part of the arrays."""
    for i in range(first, last):
        a[i] = b[i] + 3.0 * c[i]


def side_by_side(work, threads):
    """Seconds until `threads` calls of ``work(number)`` at the same time are all done."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(len, [""] * threads))  # the threads themselves are started before
        start = time.perf_counter()
        list(pool.map(work, range(threads)))
        return time.perf_counter() - start


def gram_seconds(X, threads):
    """Seconds of ``X'X`` by BLAS."""
    with threadpool_limits(threads, "blas"):
        start = time.perf_counter()
        X.T @ X
        return time.perf_counter() - start


def axpy_seconds(G, threads):
    """Seconds an axpy of the Gram's width takes when `threads` run at a time, per axpy."""
    orders = [np.random.default_rng(k).integers(0, len(G), AXPYS) for k in range(threads)]
    scratch = [np.zeros(len(G)) for _ in range(threads)]
    return side_by_side(lambda k: axpys(G, orders[k], scratch[k]), threads) / (threads * AXPYS)


def screening_seconds(G, threads):
    """Seconds of one pass over the Gram, as one look at every gene by every target takes."""
    ends = np.linspace(0, len(G), threads + 1).astype(int)
    return side_by_side(lambda k: screen(G, ends[k], ends[k + 1], 0.5), threads)


def triad_rate(threads, arrays):
    """Bytes a second of the triad over three arrays longer than the caches."""
    a, b, c = arrays
    ends = np.linspace(0, a.size, threads + 1).astype(int)
    return 24.0 * a.size / side_by_side(lambda k: triad(a, b, c, ends[k], ends[k + 1]), threads)


def prepare(X, G, threads):
    """A function without arguments that measures all ceilings of one work once.

    Returns
    -------
    callable
        Gives a dict: ``gram``, ``screening`` and ``axpy`` in seconds, ``triad`` in bytes a second.
    """
    arrays = [np.zeros(TRIAD), np.ones(TRIAD), np.ones(TRIAD)]

    def once():
        # The Gram matrix comes last: BLAS threads spin for a while after it.
        return {
            "screening": screening_seconds(G, threads),
            "axpy": axpy_seconds(G, threads),
            "triad": triad_rate(threads, arrays),
            "gram": gram_seconds(X, threads),
        }

    once()  # compiled, and the pages in place, before it counts
    return once


def floor(ceilings, nonzeros, passes):
    """Seconds below which no solver by coordinates gets.

    The Gram, one screening pass a penalty, and one axpy for each coefficient that is not 0 in a
    solution (it has to move at least once).
    """
    return ceilings["gram"] + passes * ceilings["screening"] + nonzeros * ceilings["axpy"]
