"""Where tasks are computed: threads of this process, or worker processes of a dask cluster."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, partial
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from pnetlib.errors import SetupError, UsageError
from pnetlib.execution.fingerprint import CALCULATION, library_digest, versions
from pnetlib.execution.threads import thread_count

BACKENDS = ("threads", "dask")
BACKEND_VARIABLE = "PNETLIB_BACKEND"
SCHEDULER_VARIABLE = "PNETLIB_SCHEDULER"
_PATIENCE = {"scheduler": 20, "worker": 120, "job": 86400}  # seconds for the first one to answer
SLURM = "slurm"  # instead of an address
_JOB = {"cores": 1, "processes": 1, "memory": "4GB"}  # a worker's, where dask's settings are silent
_TRIES = 3  # of starting a local cluster
_LOOK = 5  # seconds after which a silent scheduler is looked after


class Kept(Protocol):
    """Results of earlier tasks, as `Engine.map` asks for them."""

    def get(self, task: tuple) -> Any:
        """Return the result of a task, or None where there is none."""

    def put(self, task: tuple, result: Any) -> None:
        """Keep the result of a task."""


class Engine:
    """Maps a function over tasks; the results are the same to the last bit on every backend.

    Each task is computed with one BLAS thread, wherever it is computed.

    Parameters
    ----------
    backend : {"threads", "dask"}
        Threads of this process (joblib), or processes of a dask cluster.
    threads : int, optional
        Tasks done at the same time: threads, or processes of a local cluster; all allowed cores
        by default. A cluster with an address has its own number.
    scheduler : str
        Address of a dask scheduler, such as ``"tcp://node7:8786"``, whose workers have this very
        library; ``"slurm"`` for workers that are jobs of Slurm, `threads` of them, as dask's own
        settings (``jobqueue.slurm``) describe them; empty for processes on this machine. Jobs and
        processes end with the engine.

    Raises
    ------
    UsageError
        If there is no such backend, or threads are given an address.

    Examples
    --------
    >>> with Engine("threads", 2) as engine:
    ...     list(engine.map(pow, [(2, 3), (3, 2)]))
    [8, 9]
    """

    def __init__(
        self, backend: str = "threads", threads: int | None = None, scheduler: str = ""
    ) -> None:
        if backend not in BACKENDS:
            raise UsageError(f"backend is {backend!r}, but must be one of {', '.join(BACKENDS)}.")
        if scheduler and backend != "dask":
            raise UsageError(f"the backend {backend} takes no scheduler; give --backend dask too.")
        self.backend = backend
        self.threads = thread_count(threads)
        self.scheduler = scheduler
        self._open = []

    @classmethod
    def of_environment(cls, threads: int | None = None) -> "Engine":
        """Return the engine that the driver asked for (`BACKEND_VARIABLE`), else threads."""
        backend = os.environ.get(BACKEND_VARIABLE) or "threads"
        scheduler = os.environ.get(SCHEDULER_VARIABLE, "") if backend == "dask" else ""
        return cls(backend, threads, scheduler)

    def map(
        self,
        function: Callable,
        tasks: Sequence[Sequence],
        shared: Sequence = (),
        *,
        kept: Kept | None = None,
        advance: Callable[[], None] | None = None,
    ) -> Iterator:
        """Yield ``function(*shared, *task)`` for every task, in the order of the tasks.

        Parameters
        ----------
        function : callable
            A function of a module; on dask it is imported by each worker.
        tasks : sequence of sequences
            The arguments that differ.
        shared : sequence
            The arguments that do not, such as an expression matrix; sent to each worker once.
        kept : Kept, optional
            Gives the results of tasks that were finished before, and is given each new one as
            soon as it is there (in whatever order they finish).
        advance : callable, optional
            Called after each task.

        Raises
        ------
        SetupError
            If there is no dask, no scheduler, no worker, or a worker has another library; or if
            one task ends every worker it is given to.
        """
        tasks = [tuple(task) for task in tasks]
        results = {}
        if kept is not None:
            found = ((number, kept.get(task)) for number, task in enumerate(tasks))
            results = {number: result for number, result in found if result is not None}
        left = {number: task for number, task in enumerate(tasks) if number not in results}
        if advance is not None:
            for _ in results:
                advance()
        following = 0
        compute = self._on_dask if self.backend == "dask" else self._in_threads
        with closing(compute(function, left, tuple(shared))) as finished:
            for number, result in finished if left else ():
                if kept is not None:
                    kept.put(tasks[number], result)
                if advance is not None:
                    advance()
                results[number] = result
                while following in results:
                    yield results.pop(following)
                    following += 1
        while following in results:
            yield results.pop(following)
            following += 1

    def close(self) -> None:
        """End the local cluster, or leave the other one, if there is any."""
        while self._open:
            self._open.pop().close()
        self.__dict__.pop("_client", None)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _in_threads(self, function, tasks, shared):
        import joblib
        from threadpoolctl import threadpool_limits

        def numbered(number, task):
            return number, function(*shared, *task)

        with threadpool_limits(1, "blas"):
            pool = joblib.Parallel(
                self.threads, prefer="threads", batch_size=1, return_as="generator_unordered"
            )
            yield from pool(joblib.delayed(numbered)(*item) for item in tasks.items())

    def _on_dask(self, function, tasks, shared):
        # Not through joblib's connector to dask: it waits for ever where a task is given up.
        from dask.distributed import KilledWorker

        from pnetlib.execution.workers import compute, hold

        client = self._client
        expected = {"library": library_digest(*CALCULATION), **versions()}
        # A task of its own rather than scattered data, so that it can be made again.
        held = client.submit(hold, *shared, key=f"shared-{os.urandom(8).hex()}")
        futures = {
            client.submit(compute, expected, function, held, task, pure=False): number
            for number, task in tasks.items()
        }
        done = SimpleQueue()
        for future in futures:
            future.add_done_callback(done.put)
        try:
            while futures:
                future = _patiently(client, partial(done.get, timeout=_LOOK))
                if future.status == "error":
                    future.result()  # raises what the task raised
                yield futures.pop(future), _patiently(client, partial(future.result, _LOOK))
                future.release()
        except KilledWorker as error:
            raise SetupError(
                "a task ended every dask worker it was given to (out of memory?); "
                "give the workers more memory or use --backend threads."
            ) from error
        finally:
            if client.status == "running":
                client.cancel([*futures, held])

    @cached_property
    def _client(self):
        try:
            import dask
            from dask.distributed import Client, LocalCluster

            from pnetlib.execution.workers import OwnKernels
        except ImportError as error:
            raise SetupError(
                "the backend dask needs the package distributed; install it with "
                "`pip install -e '.[dask]'`."
            ) from error
        # Its warning about large tasks is about `shared`, which is sent once.
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"})
        address, workers = self.scheduler, "worker"
        if address in ("", SLURM):
            if address == SLURM:
                cluster, workers = self._slurm_cluster(dask.config), "job"
            else:
                cluster = self._local_cluster(LocalCluster)
            self._open.append(cluster)
            address = cluster.scheduler_address
        client = None
        try:
            client = Client(address, set_as_default=False, timeout=_PATIENCE["scheduler"])
            self._open.append(client)
            client.register_plugin(OwnKernels())
            client.wait_for_workers(1, timeout=_PATIENCE[workers])
        except (OSError, ValueError) as error:
            lacks = "no dask worker" if client else "no dask scheduler"
            raise SetupError(
                f"there is {lacks} at {address}; start one with `dask scheduler` and "
                "`dask worker`, or leave the address out for processes on this machine."
            ) from error
        return client

    def _slurm_cluster(self, settings):
        """Submit a job for each worker; they may wait in the queue."""
        try:
            from dask_jobqueue import SLURMCluster
        except ImportError as error:
            raise SetupError(
                "the scheduler slurm needs the package dask-jobqueue; install it with "
                "`pip install -e '.[dask]'`."
            ) from error
        if shutil.which("sbatch") is None:
            raise SetupError(
                "the scheduler slurm needs the command sbatch, and none is on the PATH."
            )
        silent = {
            name: value
            for name, value in _JOB.items()
            if settings.get(f"jobqueue.slurm.{name}", None) is None
        }
        cluster = SLURMCluster(**silent)
        cluster.scale(jobs=self.threads)
        return cluster

    def _local_cluster(self, kind):
        """Start worker processes of this machine; one that is killed meanwhile is not the end."""
        for _ in range(_TRIES):
            try:
                return kind(
                    n_workers=self.threads,
                    threads_per_worker=1,
                    processes=True,
                    host="127.0.0.1",
                    scheduler_port=0,
                    dashboard_address=None,
                    silence_logs="CRITICAL",
                )
            except RuntimeError as error:
                reason = error
        raise SetupError(
            f"the dask workers did not start ({reason}); give the run more memory or use "
            "--backend threads."
        ) from reason


def _patiently(client, ask):
    """Return what is asked for as soon as it is there, as long as the scheduler lives."""
    while client.status in ("running", "connecting"):
        try:
            return ask()
        except (Empty, TimeoutError):
            continue
        except CancelledError:
            break
    raise SetupError(
        "the dask scheduler was lost; finished tasks are kept, so start it again and give the "
        "same command."
    )


@dataclass(frozen=True)
class Work:
    """What an engine is given: a function, its tasks, what they share, results kept earlier."""

    function: object
    tasks: list
    shared: tuple
    kept: object = None

    def by(self, engine, advance=None):
        """Results of the tasks in their order."""
        return engine.map(self.function, self.tasks, self.shared, kept=self.kept, advance=advance)
