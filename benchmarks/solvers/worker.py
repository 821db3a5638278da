"""Solvers that need another environment or language, each behind processes of its own.

A worker is a small program that reads one command per line and answers each with one line:

    load PATH N P           the expression, float64 by columns      -> ok
    prepare                 what all targets share                  -> ok
    solve TOL LAM1S TARGETS lists joined by commas, genes from 0    -> ok
    save PATH               the last solutions                      -> ok

The saved file holds, one after the other: the number S of solutions, S counts, the genes of all
solutions (int32), and their coefficients (float64). There is one solution per target and penalty;
those of one target stand next to each other. Only `prepare` and `solve` are timed, including the
few lines sent through the pipe.
"""

import atexit
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.solvers.base import Solver, dense
from pnetlib.errors import SetupError


class Worker:
    """A process that carries out commands and ends with this one.

    Parameters
    ----------
    command : list of str
        Program and arguments.
    name : str
        Name of the solver in error messages.
    """

    def __init__(self, command, name):
        self.name = name
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        atexit.register(self.end)

    def send(self, *words):
        """Send a command."""
        try:
            print(*words, file=self.process.stdin, flush=True)
        except OSError as error:
            raise SetupError(
                f"the process of {self.name} ended during the benchmark; "
                f"uninstall {self.name} to run the benchmark without it."
            ) from error

    def wait(self):
        """Wait until the last command is done."""
        line = self.process.stdout.readline().strip()
        if line != "ok":
            raise SetupError(
                f"{self.name} failed during the benchmark ({line or 'its process ended'}); "
                f"uninstall {self.name} to run the benchmark without it."
            )

    def end(self):
        """End the process."""
        atexit.unregister(self.end)
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class WorkerSolver(Solver):
    """A solver behind one worker per thread; solutions stay there until they are asked for."""

    def __init__(self):
        self._workers, self._loaded = [], None

    @classmethod
    def command(cls):
        """Return the program and arguments of a worker, or None where it is not installed."""
        raise NotImplementedError

    @classmethod
    def installed(cls):
        return cls.command() is not None

    def prepare(self, X, threads):
        if self._loaded is not X or len(self._workers) < threads:  # only in the first, untimed call
            self._load(X, threads)
        self._all(self._workers[:threads], *[("prepare",)] * threads)
        return X

    def solve(self, data, lam1s, targets, tol, threads):
        words = ["solve", f"{tol:.17g}", ",".join(f"{lam1:.17g}" for lam1 in lam1s)]
        parts = [(*words, ",".join(map(str, targets[k::threads]))) for k in range(threads)]
        self._all(self._workers[:threads], *parts)
        return threads, len(lam1s)

    def coefficients(self, solved, p, targets):
        threads, points = solved
        solutions = [None] * len(targets)
        with tempfile.TemporaryDirectory() as folder:
            for k, worker in enumerate(self._workers[:threads]):
                path = Path(folder) / str(k)
                self._all([worker], ("save", path))
                flat = list(read_solutions(path))
                solutions[k::threads] = [flat[i : i + points] for i in range(0, len(flat), points)]
        return dense(solutions, p)

    def close(self):
        while self._workers:
            self._workers.pop().end()
        self._loaded = None

    def _load(self, X, threads):
        while len(self._workers) < threads:
            self._workers.append(Worker(self.command(), self.name))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "expression"
            X.ravel(order="F").tofile(path)
            self._all(self._workers, *[("load", path, *X.shape)] * len(self._workers))
        self._loaded = X

    @staticmethod
    def _all(workers, *commands):
        for worker, command in zip(workers, commands):
            worker.send(*command)
        for worker in workers:
            worker.wait()


def read_solutions(path):
    """Yield the solutions that a worker saved, each as (positions, coefficients)."""
    raw = path.read_bytes()
    counts = np.frombuffer(raw, np.int32, int(np.frombuffer(raw, np.int32, 1)[0]), 4)
    total, start = int(counts.sum()), 4 + counts.nbytes
    genes = np.frombuffer(raw, np.int32, total, start)
    values = np.frombuffer(raw, np.float64, total, start + genes.nbytes)
    ends = np.cumsum(counts)
    for first, last in zip(ends - counts, ends):
        yield genes[first:last], values[first:last]


def output(command):
    """Return what a command prints, or nothing if it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def program(name):
    """Return the path of a worker's program in this folder."""
    return str(Path(__file__).with_name(name))
