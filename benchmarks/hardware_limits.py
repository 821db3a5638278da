"""What the hardware itself needs: a lower bound of the time of any coordinate solver."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit
from threadpoolctl import threadpool_limits

TRIAD = 8_000_000  # doubles per array: far more than a cache holds
AXPYS = 20_000  # updates per measurement


@njit(nogil=True, cache=True, fastmath=True)
def axpys(G, order, c):
    """Update c by one full-length axpy from each row of G in `order`; return its first entry."""
    for j in order:
        row = G[j]
        for q in range(c.size):
            c[q] -= 1e-9 * row[q]
    return c[0]


@njit(nogil=True, cache=True, fastmath=True)
def screen(G, first, last, w):
    """Count the entries above the penalty in one pass over rows first..last-1."""
    count = 0
    for j in range(first, last):
        row = G[j]
        for q in range(row.size):
            count += abs(row[q]) > w
    return count


@njit(nogil=True, cache=True, fastmath=True)
def triad(a, b, c, first, last):
    """Compute a = b + 3 c on part of the arrays, as the STREAM benchmark does."""
    for i in range(first, last):
        a[i] = b[i] + 3.0 * c[i]


def side_by_side(work, threads):
    """Return the seconds until `threads` simultaneous calls of ``work(number)`` are all done."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(len, [""] * threads))  # starts the threads before the clock
        start = time.perf_counter()
        list(pool.map(work, range(threads)))
        return time.perf_counter() - start


def gram_seconds(X, threads):
    """Return the seconds BLAS needs for ``X'X``."""
    with threadpool_limits(threads, "blas"):
        start = time.perf_counter()
        X.T @ X
        return time.perf_counter() - start


def axpy_seconds(G, threads):
    """Return the seconds per axpy of the Gram matrix's width, `threads` running together."""
    orders = [np.random.default_rng(k).integers(0, len(G), AXPYS) for k in range(threads)]
    scratch = [np.zeros(len(G)) for _ in range(threads)]
    return side_by_side(lambda k: axpys(G, orders[k], scratch[k]), threads) / (threads * AXPYS)


def screening_seconds(G, threads):
    """Return the seconds of one pass over the Gram matrix: every gene for every target."""
    ends = np.linspace(0, len(G), threads + 1).astype(int)
    return side_by_side(lambda k: screen(G, ends[k], ends[k + 1], 0.5), threads)


def triad_rate(threads, arrays):
    """Return the bytes per second of the triad on three arrays longer than the caches."""
    a, b, c = arrays
    ends = np.linspace(0, a.size, threads + 1).astype(int)
    return 24.0 * a.size / side_by_side(lambda k: triad(a, b, c, ends[k], ends[k + 1]), threads)


def measurement(X, G, threads):
    """Return a function without arguments that measures all hardware limits of a problem once.

    Returns
    -------
    callable
        Its result is a dict: ``gram``, ``screening`` and ``axpy`` in seconds, ``triad`` in bytes
        per second.
    """
    arrays = [np.zeros(TRIAD), np.ones(TRIAD), np.ones(TRIAD)]

    def once():
        # The Gram matrix comes last because the threads of the BLAS keep spinning after it.
        return {
            "screening": screening_seconds(G, threads),
            "axpy": axpy_seconds(G, threads),
            "triad": triad_rate(threads, arrays),
            "gram": gram_seconds(X, threads),
        }

    once()  # compiles the kernels and touches the memory before anything is recorded
    return once


def lower_bound(limits, nonzeros, passes):
    """Return a lower bound, in seconds, of the time of any coordinate solver.

    It adds up the Gram matrix, one screening pass per penalty, and one axpy for each coefficient
    of a solution that is not 0 (which has to change at least once).
    """
    return limits["gram"] + passes * limits["screening"] + nonzeros * limits["axpy"]
