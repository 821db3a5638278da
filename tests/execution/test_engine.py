"""The engine: order, stored results and errors; equal numbers in threads and on a dask cluster."""

import os
import platform
import signal
import threading
import time
import types

import numpy as np
import pytest
from sklearn.base import clone

from pnetlib import __version__
from pnetlib.errors import DataError, SetupError, UsageError
from pnetlib.estimators import ElasticNetwork
from pnetlib.execution.engine import BACKEND_VARIABLE, SCHEDULER_VARIABLE, Engine
from pnetlib.solvers import network as blocks

SHARED = (np.linspace(-1.0, 1.0, 101), 0.3)
TASKS = [(seed, size) for seed in range(6) for size in (3, 50)]


# --- tasks: functions of a module, which workers import ---------------------------------------


def product(values, shift, seed, size):
    """A sum whose last bits depend on its order."""
    A = np.random.default_rng(seed).normal(size=(size, len(values)))
    return A @ values + shift


def slow_first(values, shift, number):
    if number == 0:
        time.sleep(0.5)
    return number


def refuse(values, shift, number):
    raise DataError(f"task {number} has no data.")


def process(values, shift, number):
    time.sleep(0.1)
    return os.getpid()


def die_once(values, shift, number, mark):
    """End the process of task 2 the first time it is tried; note what was tried where."""
    with open(mark, "a") as file:
        file.write(f"{number}\n")
    if number == 2 and open(mark).read().split().count("2") == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.2)
    return float(values[number] * shift)


def die(values, shift, number):
    os.kill(os.getpid(), signal.SIGKILL)


class Memory(dict):
    """Stored results in a dict."""

    def put(self, task, result):
        self[task] = result


# --- threads ---------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_tasks(threads):
    done = []
    found = Engine(threads=threads).map(
        slow_first, [(n,) for n in range(8)], SHARED, advance=lambda: done.append(1)
    )
    assert list(found) == list(range(8))
    assert len(done) == 8


def test_any_number_of_threads_gives_the_same_bits():
    expected = [product(*SHARED, *task) for task in TASKS]
    for threads in (1, 3):
        for one, other in zip(Engine(threads=threads).map(product, TASKS, SHARED), expected):
            np.testing.assert_array_equal(one, other)


def block(values, shift, first, stop):
    return list(range(first, stop))


@pytest.mark.parametrize("threads", [1, 3])
def test_blocks_cover_all_numbers_in_order_and_advance_once_per_number(threads):
    done = []
    found = Engine(threads=threads).map_blocks(
        block, 50, 20, SHARED, advance=lambda: done.append(1)
    )
    assert list(found) == [list(range(20)), list(range(20, 40)), list(range(40, 50))]
    assert len(done) == 50


def test_no_tasks_are_no_results():
    assert list(Engine().map(product, [], SHARED)) == []


def test_stored_results_are_used_and_new_ones_stored_at_once():
    stored = Memory({(1,): "stored", (3,): "stored"})
    seen = []
    engine = Engine(threads=2)
    mapped = engine.map(slow_first, [(n,) for n in range(5)], SHARED, stored=stored)
    for result in mapped:
        seen.append(result)
        if result == 0:  # the first is the last to finish
            assert len(stored) >= 4
    assert seen == [0, "stored", 2, "stored", 4]
    assert stored == {(0,): 0, (1,): "stored", (2,): 2, (3,): "stored", (4,): 4}


def test_what_was_finished_before_a_failure_is_stored():
    def fail_last(number):
        if number == 4:
            raise DataError("no data")
        return number

    stored = Memory()
    with pytest.raises(DataError):
        list(Engine(threads=1).map(fail_last, [(n,) for n in range(5)], stored=stored))
    assert stored == {(n,): n for n in range(4)}


def test_wrong_backends_are_refused(monkeypatch):
    with pytest.raises(UsageError, match="backend is 'ray'"):
        Engine("ray")
    with pytest.raises(UsageError, match="takes no scheduler"):
        Engine("threads", scheduler="tcp://localhost:1")
    monkeypatch.setenv(BACKEND_VARIABLE, "dask")
    monkeypatch.setenv(SCHEDULER_VARIABLE, "tcp://node:1")
    engine = Engine.of_environment(3)
    assert (engine.backend, engine.threads, engine.scheduler) == ("dask", 3, "tcp://node:1")
    monkeypatch.delenv(BACKEND_VARIABLE)
    assert Engine.of_environment(3).backend == "threads"


def test_far_more_threads_than_cores_are_refused(monkeypatch):
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "2")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)  # which some releases of dask set
    assert Engine(threads=64).threads == 64
    with pytest.raises(
        UsageError, match=r"^100,000 threads were asked for, .* 2 cores; ask for at most 64,"
    ):
        Engine(threads=100_000)
    assert Engine("dask", 1000, "tcp://node:1").threads == 1000  # a cluster decides for itself


def test_slurm_needs_its_command(monkeypatch, tmp_path):
    pytest.importorskip("dask_jobqueue", reason="the extra dask is not installed")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="needs the command sbatch"):
        list(Engine("dask", scheduler="slurm").map(product, TASKS, SHARED))


@pytest.mark.parametrize(
    "sbatch, what",
    [("echo Submitted batch job 7", "7 left the queue"), ("exit 1", "sbatch took none")],
)
def test_jobs_that_never_become_workers_are_one_sentence(sbatch, what, monkeypatch, tmp_path):
    pytest.importorskip("dask_jobqueue", reason="the extra dask is not installed")
    from pnetlib.execution import engine

    for name, line in {"sbatch": sbatch, "squeue": "true", "scancel": "true"}.items():
        script = tmp_path / name
        script.write_text(f'#!/bin/sh\n[ $# = 0 ] || cp "$1" {tmp_path}/{name}.job\n{line}\n')
        script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(engine, "_LOOK", 0.5)
    with Engine("dask", 1, "slurm") as dask, pytest.raises(SetupError, match=what):
        list(dask.map(slow_first, [(1,)], SHARED))
    job = (tmp_path / "sbatch.job").read_text()
    assert "#SBATCH --chdir=/tmp\n#SBATCH --output=/tmp/pnetlib-worker-%j.out\n" in job


@pytest.mark.parametrize(
    "reply, queued",
    [("echo 7", True), ("true", False), ("echo 'Invalid job id specified' >&2; exit 1", False)]
    + [("echo 'Unable to contact slurm controller' >&2; exit 1", True)],
)
def test_a_job_counts_as_queued_until_slurm_says_otherwise(reply, queued, monkeypatch, tmp_path):
    from pnetlib.execution import engine

    (tmp_path / "squeue").write_text(f"#!/bin/sh\n{reply}\n")
    (tmp_path / "squeue").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert engine._queued(["7"]) is queued


def test_a_job_that_dask_has_forgotten_is_asked_for(monkeypatch):
    """It removes a lost worker from those of the cluster, also while no other is to come."""
    from pnetlib.execution import engine

    asked = []
    monkeypatch.setattr(engine, "_queued", lambda jobs: asked.append(jobs) or len(asked) < 3)
    slurm, job = Engine("dask", 1, "slurm"), types.SimpleNamespace(job_id="7")
    cluster = types.SimpleNamespace(workers={"0": job}, close=lambda: None)
    slurm._open.append(cluster)
    slurm._expect_worker(1)
    cluster.workers.clear()
    slurm._expect_worker(1)
    with pytest.raises(SetupError, match="no job that will be one .*7 left the queue"):
        slurm._expect_worker(1)
    assert asked == [["7"]] * 3
    slurm.close()
    slurm._open.append(cluster)
    slurm._expect_worker(1)  # nothing is known of jobs to come


def test_slurm_is_not_asked_while_a_worker_lives(monkeypatch):
    from pnetlib.execution import engine

    answers = [TimeoutError, TimeoutError, 5]

    def ask():
        if (answer := answers.pop(0)) is TimeoutError:
            raise TimeoutError
        return answer

    monkeypatch.setattr(engine, "_has_workers", lambda client: True)
    monkeypatch.setattr(engine, "_queued", lambda jobs: pytest.fail("asked"))
    slurm, job = Engine("dask", 1, "slurm"), types.SimpleNamespace(job_id="7")
    slurm._open.append(types.SimpleNamespace(workers={"0": job}, close=lambda: None))
    assert slurm._patiently(types.SimpleNamespace(status="running"), ask) == 5
    slurm.close()


# --- dask ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dask_engine():
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    with Engine("dask", 2) as engine:
        yield engine


def test_a_cluster_of_processes_gives_the_same_bits(dask_engine):
    pids = set(dask_engine.map(process, [(n,) for n in range(8)], SHARED))
    assert len(pids) == 2 and os.getpid() not in pids
    for one, task in zip(dask_engine.map(product, TASKS, SHARED), TASKS, strict=True):
        np.testing.assert_array_equal(one, product(*SHARED, *task))


def test_a_network_in_blocks_on_a_cluster_has_the_same_bits(dask_engine, monkeypatch):
    monkeypatch.setattr(blocks, "WIDTH", 50)
    X = np.random.default_rng(3).normal(size=(60, 140)) @ np.triu(np.full((140, 140), 0.1), -3)
    X[:, 7] = 2.5  # a constant gene
    model = ElasticNetwork(0.3, 0.05, n_jobs=1)
    here, there = clone(model).fit(X), clone(model).fit(X, engine=dask_engine)
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(here.B_, name), getattr(there.B_, name))
    for name in ("gaps_", "certified_gaps_", "mean_", "scale_"):
        np.testing.assert_array_equal(getattr(here, name), getattr(there, name))
    near = clone(model).fit(X, start=here.B_, engine=dask_engine)
    np.testing.assert_allclose(near.B_.toarray(), here.B_.toarray(), atol=1e-3)


def test_a_process_forms_the_gram_matrix_once_and_lets_it_go_with_the_expression():
    X = np.random.default_rng(0).normal(size=(20, 6))
    first = blocks.stored_gram(X, "float64", None)
    assert blocks.stored_gram(X, "float64", None)[0] is first[0]
    np.testing.assert_allclose(first[0], np.corrcoef(X.T), atol=1e-12)
    assert blocks.stored_gram(X, "float32", None)[0].dtype == np.float32
    other = X.copy()
    assert blocks.stored_gram(other, "float64", None)[0] is not first[0]
    del other
    assert blocks._stored == {}


@pytest.mark.long
def test_a_killed_worker_costs_its_own_task_only(dask_engine, tmp_path):
    mark = tmp_path / "tried"
    tasks = [(n, str(mark)) for n in range(12)]
    stored = Memory()
    found = list(dask_engine.map(die_once, tasks, SHARED, stored=stored))
    assert found == [float(SHARED[0][n] * 0.3) for n in range(12)]
    tried = mark.read_text().split()
    # Tasks that the dead worker had finished were stored as they finished.
    assert tried.count("2") == 2
    assert len(tried) <= 12 + 2
    assert len(stored) == 12


@pytest.mark.long
def test_a_task_that_kills_every_worker_is_one_sentence():
    """On a cluster of its own: on a busy machine it may take minutes until it has workers again."""
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    with Engine("dask", 2) as engine:
        with pytest.raises(SetupError, match="ended every dask worker"):
            list(engine.map(die, [(0,)], SHARED))


def test_errors_of_tasks_come_back_as_they_are(dask_engine):
    with pytest.raises(DataError, match="task . has no data"):
        list(dask_engine.map(refuse, [(n,) for n in range(3)], SHARED))
    assert list(dask_engine.map(slow_first, [(1,)], SHARED)) == [1]


def test_workers_with_another_library_are_refused(dask_engine, monkeypatch):
    from pnetlib.execution import engine

    monkeypatch.setattr(engine, "identity", lambda: {"pnetlib": "9.0.0+another"})
    expected = (
        rf"on {platform.node()} has another pnetlib than this run \({__version__}\+.*, not 9.0.0"
    )
    with pytest.raises(SetupError, match=expected):
        list(dask_engine.map(slow_first, [(1,)], SHARED))


def refuse_folder(**_):
    raise FileNotFoundError(2, "No usable temporary directory")


def test_a_worker_without_a_folder_for_temporary_files_is_named(monkeypatch):
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    from pnetlib.execution import workers

    monkeypatch.setattr(workers.tempfile, "TemporaryDirectory", refuse_folder)
    with pytest.raises(SetupError, match=f"worker on {platform.node()} has no folder for temp"):
        workers.OwnKernels().setup(None)


def test_a_scheduler_forgets_the_plugin_that_a_worker_refused(monkeypatch):
    """Else every later worker, also of another run, would refuse it at its start."""
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    from pnetlib.execution import workers

    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp://",
        dashboard_address=":0",
        silence_logs="CRITICAL",
    ) as cluster:
        monkeypatch.setattr(workers.tempfile, "TemporaryDirectory", refuse_folder)
        engine = Engine("dask", scheduler=cluster.scheduler_address)
        with pytest.raises(SetupError, match="has no folder for temporary files"):
            list(engine.map(slow_first, [(1,)], SHARED))
        engine.close()
        assert workers.OwnKernels.name not in cluster.scheduler.worker_plugins


def test_an_address_without_a_scheduler_is_reported_in_one_sentence(monkeypatch):
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    from pnetlib.execution import engine

    monkeypatch.setitem(engine._PATIENCE, "scheduler", 1)
    with pytest.raises(SetupError, match="no dask scheduler at tcp://127.0.0.1:9"):
        list(Engine("dask", scheduler="tcp://127.0.0.1:9").map(slow_first, [(1,)], SHARED))


def test_nothing_imports_dask_otherwise():
    import subprocess
    import sys

    code = "import sys, pnetlib.steps.comparison.compute as c; c.Engine(threads=2)\n"
    code += "print([n for n in sys.modules if n.split('.')[0] in ('dask', 'distributed')])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.stdout.strip() == "[]", shown.stderr


@pytest.mark.long
def test_a_lost_scheduler_is_one_sentence(tmp_path):
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL"
    )
    engine = Engine("dask", scheduler=cluster.scheduler_address)
    mapped = engine.map(process, [(n,) for n in range(100)], SHARED)
    assert next(mapped) > 0
    threading.Thread(target=cluster.close).start()
    with pytest.raises(SetupError, match="scheduler was lost"):
        list(mapped)
    engine.close()


@pytest.mark.long
def test_a_lost_last_worker_is_one_sentence(monkeypatch):
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    from pnetlib.execution import engine

    monkeypatch.setattr(engine, "_LOOK", 0.3)
    monkeypatch.setitem(engine._PATIENCE, "worker", 2)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL"
    ) as cluster:
        with Engine("dask", scheduler=cluster.scheduler_address) as dask:
            mapped = dask.map(process, [(n,) for n in range(100)], SHARED)
            assert next(mapped) > 0
            cluster.scale(0)
            with pytest.raises(SetupError, match="last dask worker was lost; finished tasks"):
                list(mapped)
