"""Where tasks are computed: threads of this process, or worker processes of a dask cluster."""

import logging
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from pnetlib import __version__
from pnetlib.errors import SetupError, UsageError
from pnetlib.execution.fingerprint import identity
from pnetlib.execution.threads import allowed_threads, chunks, one_blas_thread, thread_count
from pnetlib.words import counted, first_few

BACKENDS = ("threads", "dask")
BACKEND_VARIABLE = "PNETLIB_BACKEND"
SCHEDULER_VARIABLE = "PNETLIB_SCHEDULER"
_PATIENCE = {"scheduler": 20, "worker": 120, "job": 86400}  # seconds until the first one answers
SLURM = "slurm"  # instead of an address
_MOST_PER_CORE = 32  # threads; more only cost memory
# Where jobs run and log, as the folder of the run's kernel is on one node only; dask's settings may
# say otherwise.
_JOB_FOLDER = "/tmp"  # noqa: S108 - Slurm chooses the names of the files, and workers their folders
_JOB = {"cores": 1, "processes": 1, "memory": "4GB"}  # per worker, unless dask's settings say more
_TRIES = 3  # attempts to start a local cluster
# As text, which any Python and any version of this library can evaluate.
_VERSION = "__import__('platform').node(), {'pnetlib': __import__('pnetlib').__version__}"
_CANNOT_IMPORT = (ImportError, AttributeError)
_LOOK = 5  # seconds of silence after which the scheduler is checked


class Store(Protocol):
    """Store of task results, as `Engine.map` uses it."""

    def get(self, task: tuple) -> Any:
        """Return the stored result of a task, or None if there is none."""

    def put(self, task: tuple, result: Any) -> None:
        """Store the result of a task."""


class Engine:
    """Map functions over tasks, with results identical to the last bit on every backend.

    Each task is computed with one BLAS thread, wherever it runs.

    Parameters
    ----------
    backend : {"threads", "dask"}
        Threads of this process (joblib), or processes of a dask cluster.
    threads : int, optional
        Number of tasks computed at the same time, by threads or by processes of a local cluster;
        by default all allowed cores. A cluster with an address decides for itself.
    scheduler : str, default ""
        Address of a dask scheduler, such as ``"tcp://node7:8786"``, whose workers use the same
        version of this library; ``"slurm"`` to submit `threads` Slurm jobs as workers, described
        by dask's own settings (``jobqueue.slurm``); empty to start processes on this machine.
        Jobs and processes end with the engine.

    Raises
    ------
    UsageError
        If the backend is unknown, the backend threads is given an address, or this machine is asked
        for more than 32 threads per allowed core.

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
        allowed = allowed_threads()
        if not scheduler and isinstance(threads, int) and threads > _MOST_PER_CORE * allowed:
            raise UsageError(
                f"{threads:,} threads were asked for, but this process may use {counted(allowed, 'core')}; "
                f"ask for at most {_MOST_PER_CORE * allowed:,}, or for 0 to use one per core."
            )
        self.threads = thread_count(threads)
        self.scheduler = scheduler
        self._open = []
        self._jobs = set()  # numbers of the Slurm jobs that have been seen

    @classmethod
    def of_environment(cls, threads: int | None = None) -> "Engine":
        """Return the engine that the driver requested (`BACKEND_VARIABLE`), else one of threads."""
        backend = os.environ.get(BACKEND_VARIABLE) or "threads"
        scheduler = os.environ.get(SCHEDULER_VARIABLE, "") if backend == "dask" else ""
        return cls(backend, threads, scheduler)

    def map(
        self,
        function: Callable,
        tasks: Sequence[Sequence],
        shared: Sequence = (),
        *,
        stored: Store | None = None,
        advance: Callable[[], None] | None = None,
    ) -> Iterator:
        """Yield ``function(*shared, *task)`` for every task, in the order of the tasks.

        Parameters
        ----------
        function : callable
            A module-level function; on dask each worker imports it.
        tasks : sequence of sequences
            The arguments that differ between tasks; they should be small.
        shared : sequence
            The arguments that all tasks share, such as an expression matrix; sent to each worker
            once.
        stored : Store, optional
            Supplies the results of tasks that were finished before, and stores each new one as
            soon as it is computed (in whatever order tasks finish).
        advance : callable, optional
            Called once per task.

        Raises
        ------
        SetupError
            If dask is not installed, no scheduler or worker answers, a worker has another version
            of the library, or a task ends every worker it is given to.
        """
        tasks = [tuple(task) for task in tasks]
        results, left = {}, {}
        for number, task in enumerate(tasks):
            result = None if stored is None else stored.get(task)
            if result is None:
                left[number] = task
            else:
                results[number] = result
                if advance is not None:
                    advance()
        following = 0
        compute = self._on_dask if self.backend == "dask" else self._in_threads
        with closing(compute(function, left, tuple(shared))) as finished:
            for number, result in finished if left else ():
                if stored is not None:
                    stored.put(tasks[number], result)
                if advance is not None:
                    advance()
                results[number] = result
                while following in results:
                    yield results.pop(following)
                    following += 1
        while following in results:
            yield results.pop(following)
            following += 1

    def map_blocks(
        self,
        function: Callable,
        n: int,
        size: int,
        shared: Sequence = (),
        *,
        advance: Callable[[], None] | None = None,
    ) -> Iterator:
        """Yield ``function(*shared, first, stop)`` for consecutive blocks of the numbers below n.

        For many tasks so small that sending each would cost more than computing it. Each block has
        `size` numbers, so sums over blocks do not depend on the number of workers. `advance` is
        called once per number.
        """
        blocks = chunks(n, size)
        for result, (first, stop) in zip(self.map(function, blocks, shared), blocks):
            if advance is not None:
                for _ in range(first, stop):
                    advance()
            yield result

    def close(self) -> None:
        """Stop the local cluster, or disconnect from the remote one, if there is one."""
        while self._open:
            with suppress(AssertionError):  # dask's, about a job that sbatch refused
                self._open.pop().close()
        self._jobs.clear()
        self.__dict__.pop("_client", None)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _in_threads(self, function, tasks, shared):
        import joblib

        def numbered(number, task):
            return number, function(*shared, *task)

        with one_blas_thread():
            pool = joblib.Parallel(
                self.threads, prefer="threads", batch_size=1, return_as="generator_unordered"
            )
            yield from pool(joblib.delayed(numbered)(*item) for item in tasks.items())

    def _on_dask(self, function, tasks, shared):
        # joblib's own dask backend would wait forever for a task that dask has given up.
        from dask.distributed import KilledWorker

        from pnetlib.execution.workers import compute, share

        client = self._client
        # A task rather than scattered data, so that dask can compute it again if a worker dies.
        common = client.submit(share, *shared, key=f"shared-{os.urandom(8).hex()}")
        futures = {
            client.submit(compute, identity(), function, common, task, pure=False): number
            for number, task in tasks.items()
        }
        done = SimpleQueue()
        for future in futures:
            future.add_done_callback(done.put)
        try:
            while futures:
                future = self._patiently(client, partial(done.get, timeout=_LOOK))
                if future.status == "error":
                    future.result()  # raises what the task raised
                yield futures.pop(future), self._patiently(client, partial(future.result, _LOOK))
                future.release()
        except KilledWorker as error:
            raise SetupError(
                "a task ended every dask worker it was given to (out of memory?); "
                "give the workers more memory or use --backend threads."
            ) from error
        finally:
            if client.status == "running":
                client.cancel([*futures, common])

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
        # dask warns of large tasks because of `shared`, which is sent only once.
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"})
        # The run ends with one sentence; what distributed logs would come before it, with traces.
        for handler in logging.getLogger("distributed").handlers:
            handler.setLevel(logging.CRITICAL)
        address = self.scheduler
        if address in ("", SLURM):
            if address == SLURM:
                cluster = self._slurm_cluster(dask.config)
            else:
                cluster = self._local_cluster(LocalCluster)
            self._open.append(cluster)
            address = cluster.scheduler_address
        client = None
        try:
            client = Client(address, set_as_default=False, timeout=_PATIENCE["scheduler"])
            self._open.append(client)
            self._wait_for_worker(client)
        except (OSError, ValueError) as error:
            lacks = "no dask worker" if client else "no dask scheduler"
            raise SetupError(
                f"there is {lacks} at {address}; start one with `dask scheduler` and "
                "`dask worker`, or omit the address to use processes on this machine."
            ) from error
        _check_hosts(client)
        try:
            client.register_plugin(OwnKernels())
        except SetupError:  # or the scheduler would not ask the workers of the next run
            client.unregister_worker_plugin(OwnKernels.name)
            raise
        return client

    def _slurm_cluster(self, settings):
        """Submit one job per worker; jobs may wait in the queue."""
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

        def given(name):
            return settings.get(f"jobqueue.slurm.{name}", None)

        logs = [] if given("log-directory") else [f"--output={_JOB_FOLDER}/pnetlib-worker-%j.out"]
        directives = [f"--chdir={_JOB_FOLDER}", *logs, *(given("job-extra-directives") or [])]
        unset = {name: value for name, value in _JOB.items() if given(name) is None}
        cluster = SLURMCluster(**unset, job_extra_directives=directives)
        cluster.scale(jobs=self.threads)
        return cluster

    def _wait_for_worker(self, client):
        """Wait until there is a worker; raise `TimeoutError` or `SetupError` if none will come."""
        began = time.monotonic()
        while True:
            try:
                return client.wait_for_workers(1, timeout=min(_LOOK, _PATIENCE["worker"]))
            except TimeoutError:
                self._expect_worker(time.monotonic() - began)

    def _expect_worker(self, waited):
        """Raise `TimeoutError` after too many seconds without a worker, `SetupError` without jobs."""
        if self.scheduler != SLURM:
            if waited > _PATIENCE["worker"]:
                raise TimeoutError
            return
        jobs = [getattr(job, "job_id", None) for job in self._open[0].workers.values()]
        self._jobs |= {job for job in jobs if job}  # dask forgets those whose worker was lost
        numbers = sorted(self._jobs)
        if (jobs or numbers) and not (numbers and _queued(numbers)):
            what = f"{first_few(numbers)} left the queue" if numbers else "sbatch took none"
            raise SetupError(
                f"there is no dask worker, and no job that will be one ({what}); the logs of the jobs "
                f"say why (in {_JOB_FOLDER} of each node, or in jobqueue.slurm.log-directory)."
            )
        if waited > _PATIENCE["job"]:
            raise TimeoutError

    def _patiently(self, client, ask):
        """Return the answer of `ask` as soon as there is one, while scheduler and workers live."""
        seen = time.monotonic()
        while client.status in ("running", "connecting"):
            try:
                return ask()
            except (Empty, TimeoutError):
                if _has_workers(client):
                    seen = time.monotonic()
                    continue
            except CancelledError:
                break
            try:
                self._expect_worker(time.monotonic() - seen)
            except TimeoutError as error:
                raise SetupError(
                    "the last dask worker was lost; finished tasks are saved, so start workers and "
                    "give the same command again."
                ) from error
        raise SetupError(
            "the dask scheduler was lost; finished tasks are saved, so restart it and give the same "
            "command again."
        )

    def _local_cluster(self, kind):
        """Start worker processes on this machine, trying again if one is killed meanwhile."""
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


def _has_workers(client):
    """Return whether there is a worker, as far as the scheduler can say."""
    try:
        return client.status != "running" or bool(client.nthreads())
    except (OSError, RuntimeError):  # the scheduler was lost meanwhile
        return True


def _queued(jobs):
    """Return whether one of some Slurm jobs waits or runs, as far as Slurm can say."""
    line = ["squeue", "--noheader", "--format=%i", f"--jobs={','.join(jobs)}"]
    try:
        found = subprocess.run(line, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return True
    unknown = found.returncode and "Invalid job id" not in found.stderr
    return bool(found.stdout.strip() or unknown)


def _check_hosts(client):
    """Raise `SetupError` if the scheduler or a worker computes with another version of a package."""
    from pnetlib.execution.workers import SAME, check, here

    def ask(*question):
        """Return the answers by kind and address; an exception is an answer too."""
        try:
            scheduler = client.run_on_scheduler(*question)
        except Exception as error:
            scheduler = error
        workers = client.run(*question, on_error="return")
        answers = {("worker", address): answer for address, answer in workers.items()}
        return {("scheduler", client.scheduler.address): scheduler} | answers

    answers = ask(here)
    failed = {place for place, answer in answers.items() if isinstance(answer, Exception)}
    if failed:  # there is no library, or one that does not know that question
        answers |= {place: a for place, a in ask(eval, _VERSION).items() if place in failed}
    for (kind, address), answer in answers.items():
        if isinstance(answer, _CANNOT_IMPORT):
            raise SetupError(
                f"the dask {kind} at {address} has no pnetlib, and this run has {__version__}; "
                f"{SAME}"
            )
        if isinstance(answer, tuple):  # one that has vanished meanwhile gives none
            check(kind, *answer, identity())


@dataclass(frozen=True)
class Work:
    """Arguments of `Engine.map`: a function, its tasks, what they share, and stored results."""

    function: object
    tasks: list
    shared: tuple
    stored: object = None

    def by(self, engine, advance=None):
        """Return an iterator over the results, in the order of the tasks."""
        return engine.map(
            self.function, self.tasks, self.shared, stored=self.stored, advance=advance
        )
