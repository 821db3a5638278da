"""Forecasts of the memory of networks and joint fits, and of the time of networks, beforehand."""

import time
from dataclasses import dataclass

import numpy as np

from pnetlib.errors import SetupError
from pnetlib.execution.memory import available_memory
from pnetlib.execution.threads import thread_count
from pnetlib.solvers.columns import Columns
from pnetlib.solvers.joint import ADMITTED, CANDIDATES, TOGETHER
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.network import solve_network
from pnetlib.solvers.rows import STORED

LIBRARIES = 300e6  # bytes of the interpreter and the libraries
SAMPLE = (500, 1000)  # genes of the two trial networks
TYPICAL_EDGES = 50  # per target, where nothing is known yet
GIGABYTE = 1e9


@dataclass(frozen=True)
class Forecast:
    """Memory (in bytes) and time that a network or a joint fit of p genes on n lines will take."""

    n: int
    p: int
    gram: float  # p x p arrays
    expression: float  # copies of X
    network: float  # the sparse network while its pieces are joined
    scratch: float  # what the threads and the libraries need
    available: int | None  # what this process may still use, if known
    seconds: float | None = None  # for Gram matrix and network; None without a trial
    edges: float = TYPICAL_EDGES  # per target, as assumed
    model: str = "network"  # or "joint fit", "regression", "search"
    threads: int = 1
    per_thread: float = 0.0  # share of `scratch` that each thread needs

    @property
    def total(self):
        """Bytes in all."""
        return self.gram + self.expression + self.network + self.scratch

    def __str__(self):
        text = f"{self.p:,} genes x {self.n:,} lines: {self.total / GIGABYTE:.2f} GB"
        if self.available is not None:
            text += f" of {self.available / GIGABYTE:.1f} GB available"
        text += (
            f" (Gram {self.gram / GIGABYTE:.2f}, expression {self.expression / GIGABYTE:.2f}, "
            f"network {self.network / GIGABYTE:.2f}, rest {self.scratch / GIGABYTE:.2f})"
        )
        if self.seconds is not None:
            text += f"; about {self.seconds:.3g} s with {self.edges:.0f} edges per target"
        return text

    @property
    def shortage(self):
        """One sentence on the memory that is missing; empty where there is enough."""
        if self.available is None or self.total <= self.available:
            return ""
        return f"{self._need} and {self.available / GIGABYTE:.2g} GB are available; {self._remedy}."

    @property
    def exhausted(self):
        """One sentence on a fit that did run out of memory."""
        if self.shortage:
            return self.shortage
        known = (
            "" if self.available is None else f" of {self.available / GIGABYTE:.2g} GB available"
        )
        return f"{self._need}{known}, and the system refused it; {self._remedy}."

    @property
    def _need(self):
        return (
            f"a {self.model} of {self.p:,} genes on {self.n:,} cell lines needs about "
            f"{self.total / GIGABYTE:.2g} GB of memory"
        )

    @property
    def _remedy(self):
        one = self.total - (self.threads - 1) * self.per_thread
        if self.available is not None and one <= self.available < self.total:
            return f"take fewer threads than {self.threads:,} (n_jobs)"
        if self.model in ("network", "joint fit"):
            return (
                "take fewer genes, gram_dtype='float32' where it is offered, or a machine with more "
                "memory"
            )
        return "take fewer genes, or a machine with more memory"

    def require(self):
        """Raise `SetupError` if the network needs more memory than is available."""
        if self.shortage:
            raise SetupError(self.shortage)


def forecast_memory(
    n,
    p,
    *,
    gram_dtype="float64",
    matrices=1,
    states=0,
    edges=TYPICAL_EDGES,
    n_regulators=None,
    n_jobs=None,
    model=None,
):
    """Return the `Forecast` of the memory of a fit from its sizes alone.

    `matrices` is the number of p x p arrays of type `gram_dtype`. `states` is the number of states
    that a joint fit holds at the same time (0 for a network alone), each of which has another p x p
    array in float64 up to `STORED` genes. `edges` is the number of edges per target. Where only
    `n_regulators` genes may regulate, these arrays have a column for each. `model` says what is
    fitted; by default a network, or a joint fit where there are states.
    """
    r = p if n_regulators is None else n_regulators
    threads, stored = thread_count(n_jobs), states if p * r <= STORED**2 else 0
    together = p * CANDIDATES + 3 * min(p, ADMITTED) ** 2
    per_thread = 8.0 * (70 * p + 200_000 + bool(states) * 6 * p * TOGETHER)
    return Forecast(
        n,
        p,
        gram=float(matrices * np.dtype(gram_dtype).itemsize + 8 * stored) * p * r,
        expression=3.0 * 8 * n * p,  # as checked, standardised, and transposed for certificates
        network=(2.0 + 2.0 * states) * 12 * edges * p,
        scratch=LIBRARIES + threads * per_thread + 8.0 * bool(states) * together,
        available=available_memory(),
        edges=edges,
        model=model or ("joint fit" if states else "network"),
        threads=threads,
        per_thread=per_thread,
    )


def forecast_network(
    X, lam1, lam2=0.0, *, gram_dtype="float64", regulators=None, tol=1e-6, n_jobs=None, seed=0
):
    """Return the `Forecast` of a network from two small trials on genes drawn from X (n, p).

    Times are measured at 500 and 1,000 genes, drawn with `seed`; the Gram matrix grows as p^2, the
    time and the edges per target by the power found between the two trials, within 1 to 1.5 and 0
    to 1. The other parameters are those of `ElasticNetwork`; where few genes may regulate, time
    is taken as proportional to their number, which is a rough forecast.
    """
    X = np.asarray(X)
    n, p = X.shape
    drawn = np.random.default_rng(seed).permutation(p)
    sizes = sorted({min(size, p) for size in SAMPLE})
    _trial(X[:, drawn[:50]], lam1, lam2, gram_dtype, tol, n_jobs)  # compiles
    trials = [_trial(X[:, drawn[:size]], lam1, lam2, gram_dtype, tol, n_jobs) for size in sizes]
    (gram, column, edges), size = trials[-1], sizes[-1]
    slower, denser = 1.0, 0.0
    if len(sizes) == 2:
        step = np.log(sizes[1] / sizes[0])
        slower = np.clip(np.log(column / trials[0][1]) / step, 1.0, 1.5)
        denser = np.clip(np.log((edges + 1) / (trials[0][2] + 1)) / step, 0.0, 1.0)
    growth = p / size
    seconds = gram * growth**2 + column * p * growth**slower
    edges = (edges + 1) * growth**denser - 1
    allowed = None if regulators is None else len(regulators)
    if allowed is not None:
        seconds, edges = seconds * allowed / p, min(edges, allowed)
    sizes = {"gram_dtype": gram_dtype, "n_regulators": allowed, "n_jobs": n_jobs}
    memory = forecast_memory(n, p, edges=edges, **sizes)
    return Forecast(**{**vars(memory), "seconds": float(seconds)})


def _trial(X, lam1, lam2, gram_dtype, tol, n_jobs):
    """Return seconds of the Gram matrix, seconds per column and edges per column of a trial."""
    p = X.shape[1]
    start = time.perf_counter()
    G = Moments.of(X, n_jobs=n_jobs, gram_dtype=gram_dtype).G
    ready = time.perf_counter()
    B, _ = solve_network(G, np.full(p, 0.5 * lam1), lam2, Columns.empty(p), tol, n_jobs=n_jobs)
    return ready - start, (time.perf_counter() - ready) / p, B.data.size / p
