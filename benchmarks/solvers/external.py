"""Racers that need an environment or a language of their own, each in processes that stand ready.

A worker is a small program that reads a command a line and answers a line:

    load PATH N P           the expression, float64 by columns      -> ok
    prepare                 what all targets share                  -> ok
    solve TOL LAM1S TARGETS lists joined by commas, genes from 0    -> ok
    save PATH               the last solutions                      -> ok

What it saves is, in a row: the number S of solutions, S counts, the genes of all (int32), their
coefficients (float64). One solution a target and penalty, the penalties of a target side by side.
Only `prepare` and `solve` are timed, a few lines through a pipe included.
"""

import atexit
import shutil
import subprocess
import tempfile
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np

from benchmarks.solvers.base import Peer, dense
from pnetlib.errors import SetupError
from pnetlib.workflow.project import project_root


class Worker:
    """A process that answers commands; ended with this one.

    Parameters
    ----------
    command : list of str
        Program and arguments.
    name : str
        As complaints call it.
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

    def tell(self, *words):
        """Send a command."""
        try:
            print(*words, file=self.process.stdin, flush=True)
        except OSError as error:
            raise SetupError(f"{self.name} ended in the race; it can be left out.") from error

    def answer(self):
        """Wait until the command sent last is done."""
        line = self.process.stdout.readline().strip()
        if line != "ok":
            raise SetupError(f"{self.name} failed in the race: {line or 'its process ended'}.")

    def end(self):
        """End the process."""
        atexit.unregister(self.end)
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Foreign(Peer):
    """A racer behind workers, one a thread; the solutions stay with them until asked for."""

    def __init__(self):
        self._workers, self._loaded = [], None

    @classmethod
    def command(cls):
        """Program and arguments of a worker, or None where it is not installed."""
        raise NotImplementedError

    @classmethod
    def here(cls):
        return cls.command() is not None

    def prepare(self, X, threads):
        if self._loaded is not X or len(self._workers) < threads:  # at the first call, not timed
            self._load(X, threads)
        self._all(self._workers[:threads], *[("prepare",)] * threads)
        return X

    def end(self):
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

    @staticmethod
    def _all(workers, *commands):
        for worker, command in zip(workers, commands):
            worker.tell(*command)
        for worker in workers:
            worker.answer()


def read_solutions(path):
    """The solutions that a worker saved, each as (genes, coefficients)."""
    raw = path.read_bytes()
    counts = np.frombuffer(raw, np.int32, int(np.frombuffer(raw, np.int32, 1)[0]), 4)
    total, start = int(counts.sum()), 4 + counts.nbytes
    genes = np.frombuffer(raw, np.int32, total, start)
    values = np.frombuffer(raw, np.float64, total, start + genes.nbytes)
    ends = np.cumsum(counts)
    for first, last in zip(ends - counts, ends):
        yield genes[first:last], values[first:last]


def answer(command):
    """What a command prints, or nothing if it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def program(name):
    """Path of a worker's program."""
    return str(resources.files(__package__) / name)


class Adelie(Foreign):
    """adelie's covariance method; it wants an older NumPy than the rest of the project."""

    name = package = "adelie"
    ASK = "from importlib.metadata import version; print(version('adelie'))"

    @classmethod
    @cache
    def command(cls):
        for python in (project_root() / ".venv-adelie").glob("bin/python"):
            return [str(python), program("adelie_worker.py")]
        return None

    @property
    def version(self):
        return answer([self.command()[0], "-c", self.ASK])


class Glmnet(Foreign):
    """R's glmnet on the data matrix."""

    name = package = "glmnet (R)"
    ASK = "cat(as.character(packageVersion('glmnet')))"

    @classmethod
    @cache
    def command(cls):
        script = shutil.which("Rscript")
        if script is None or not answer([script, "--vanilla", "-e", cls.ASK]):
            return None
        return [script, "--vanilla", program("glmnet_worker.R")]

    @property
    def version(self):
        return answer([self.command()[0], "--vanilla", "-e", self.ASK])
