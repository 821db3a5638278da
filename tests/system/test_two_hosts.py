"""Two hosts that share the results, or nothing: dask workers, parts of an array, clocks and versions.

The hosts are namespaces of one kernel (`hosts.namespaces`), so that these tests need root. A clock
that is apart is a library that shifts what a process reads.
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from datetime import datetime, timedelta

import numpy as np
import pytest
from builders import (
    READS,
    ROOT,
    SMOKE,
    WRITES,
    assert_one_sentence,
    command_line,
    results,
    write_notebook,
)
from hosts import slurm
from hosts.namespaces import Host, two_hosts, unusable, wait_until
from hosts.tasks import NOTES

from pnetlib import __version__
from pnetlib.workflow.events import read_events

PORT = 8786
SCHEDULER = f"tcp://10.77.0.1:{PORT}"  # on alpha
HOUR = 3600

pytestmark = pytest.mark.skipif(bool(unusable()), reason=unusable() or "usable")
needs_dask = pytest.mark.skipif(
    not shutil.which("dask", path=f"{sys.prefix}/bin"), reason="the extra dask is not installed"
)


def begin_scheduler(host, log, **environment):
    host.begin(
        *(sys.executable, "-m", "distributed.cli.dask_scheduler"),
        *("--host", host.address, "--port", PORT, "--no-dashboard"),
        log=log,
        **environment,
    )
    wait_until(lambda: "Scheduler at" in log.read_text(), 120, log.read_text)


def begin_worker(host, log, scheduler=SCHEDULER, **environment):
    host.begin(
        *(sys.executable, "-m", "distributed.cli.dask_worker", scheduler),
        *("--host", host.address, "--nthreads", 1, "--no-dashboard", "--no-nanny"),
        *("--name", host.name),
        log=log,
        **environment,
    )
    wait_until(lambda: "Registered to" in log.read_text(), 120, log.read_text)


def map_on(host, out, scheduler=SCHEDULER, **environment):
    """Map the tasks of `hosts.tasks` on a cluster, as a command on a host; return the process."""
    return host.begin(sys.executable, "-m", "hosts.tasks", out, scheduler, **environment)


def ended(process, seconds=300):
    """Return exit code and standard error of a process."""
    _, error = process.communicate(timeout=seconds)
    return process.returncode, error


def computed(host):
    """Return the numbers of the tasks that a host has begun."""
    notes = host.path(NOTES)
    return notes.read_text().split() if notes.exists() else []


def folds(folder):
    return {file.name: file.read_bytes() for file in folder.glob("[!.]*")}


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """Return the results of the tasks on threads of this machine, after kernels were compiled."""
    out = tmp_path_factory.mktemp("local")
    environment = Host("here", "127.0.0.1").environment(
        NUMBA_CACHE_DIR=os.environ["NUMBA_CACHE_DIR"]
    )
    line = [sys.executable, "-m", "hosts.tasks", str(out)]
    subprocess.run(line, env=environment, check=True, capture_output=True, timeout=200)
    return folds(out)


@pytest.fixture
def shared(tmp_path):
    """Return the folder that both hosts see: that of the results."""
    path = tmp_path / "results"
    path.mkdir()
    return path


@contextmanager
def cluster(shared, folder, ahead=0):
    """Give two hosts with a scheduler on alpha and a worker on each; beta's clock is ahead."""
    with two_hosts({shared: shared}) as (alpha, beta):
        begin_scheduler(alpha, folder / "scheduler.log")
        begin_worker(alpha, folder / "alpha.log")
        begin_worker(beta, folder / "beta.log", **beta.clock(ahead))
        yield alpha, beta


# --- dask ------------------------------------------------------------------------------------


@pytest.mark.long
@needs_dask
def test_workers_on_two_hosts_give_the_same_bytes(local, shared, tmp_path):
    """Also if a clock is an hour ahead; first with shared results, then with nothing shared."""
    with cluster(shared, tmp_path, HOUR) as (alpha, beta):
        assert ended(map_on(alpha, shared / "out", HOSTS_SECONDS=0.02)) == (0, "")
        assert folds(shared / "out") == local
        assert {len(computed(host)) for host in (alpha, beta)} <= set(range(1, 24))
        caches = [kernel_caches(host) for host in (alpha, beta)]
        assert ended(map_on(alpha, "/tmp/out")) == (0, "")
        assert folds(alpha.path("/tmp/out")) == local
        assert not beta.path("/tmp/out").exists()
        assert [kernel_caches(host) for host in (alpha, beta)] == caches  # used by later runs too
        assert [len(found) for found in caches] == [1, 1]


def kernel_caches(host):
    """Return the folders of kernels of the workers of a host."""
    return {folder.name for folder in host.path("/tmp").glob("pnet-kernels-*")}


@pytest.mark.long
@needs_dask
def test_a_worker_whose_host_vanishes_costs_its_own_tasks_only(local, shared, tmp_path):
    with cluster(shared, tmp_path) as (alpha, beta):
        driver = map_on(alpha, shared / "out", HOSTS_SECONDS=0.3)
        wait_until(lambda: len(computed(beta)) > 2, 120, "beta computes nothing")
        beta.vanish()
        assert ended(driver) == (0, "")
        assert folds(shared / "out") == local
        assert len(computed(alpha)) < 24


@pytest.mark.long
@needs_dask
def test_a_scheduler_that_is_out_of_reach_is_one_sentence(local, shared, tmp_path):
    """The same command completes the run once the link is back."""
    with two_hosts({shared: shared}) as (alpha, beta):
        begin_scheduler(alpha, tmp_path / "scheduler.log")
        begin_worker(alpha, tmp_path / "alpha.log")
        driver = map_on(beta, shared / "out", HOSTS_SECONDS=0.2)
        wait_until(lambda: len(computed(alpha)) > 3, 120, "alpha computes nothing")
        alpha.link("down")
        code, error = ended(driver)
        assert (code, len(error.splitlines())) == (3, 1), error
        assert "the dask scheduler was lost; finished tasks are saved" in error
        before = folds(shared / "out")
        assert before and before.items() <= local.items()
        alpha.link("up")
        assert ended(map_on(beta, shared / "out")) == (0, "")
        assert folds(shared / "out") == local


# --- versions --------------------------------------------------------------------------------


def another_version(folder, version=None, source=None):
    """Return what puts a copy of the package in its place that has another version or source.

    `source` is text at the end of files by their name.
    """
    copy = folder / "another" / "pnetlib"
    shutil.copytree(ROOT / "pnetlib", copy, ignore=shutil.ignore_patterns("__pycache__"))
    if version:
        first = copy / "__init__.py"
        first.write_text(first.read_text().replace(f'"{__version__}"', f'"{version}"'))
    for name, text in (source or {}).items():
        with open(copy / name, "a") as file:
            file.write(text)
    return {"read_only": {ROOT / "pnetlib": copy}}


def without(folder):
    """Return what hides the package from a host."""
    (folder / "none").mkdir()
    return {"read_only": {ROOT / "pnetlib": folder / "none"}}


def older(folder):
    """Return an earlier version, whose workers know less."""
    return another_version(folder, "0.5.9", {"execution/workers.py": "del here, check\n"})


CHANGED = {"solvers/joint.py": "# changed\n"}
THIS = re.escape(__version__)


REFUSED = {
    "older": ("worker", older, rf"on beta has another pnetlib .*\(0\.5\.9, not {THIS}\+"),
    "absent": ("worker", without, rf"at tcp://10\.77\.0\.2:\d+ has no pnetlib, .* has {THIS}"),
    "version": (
        "worker",
        lambda folder: another_version(folder, "0.5.9"),
        rf"on beta has another pnetlib .*\(0\.5\.9\+\w+, not {THIS}\+",
    ),
    "source": (
        "worker",
        lambda folder: another_version(folder, source=CHANGED),
        rf"on beta has another pnetlib than this run \({THIS}\+\w+, not {THIS}\+\w+\)",
    ),
    "scheduler": ("scheduler", without, rf"at .*:{PORT} has no pnetlib, .* has {THIS}"),
}


@pytest.mark.long
@needs_dask
@pytest.mark.parametrize("case", REFUSED)
def test_a_host_with_another_version_is_refused_by_name(case, shared, tmp_path):
    kind, other, expected = REFUSED[case]
    with two_hosts({shared: shared}, second=other(tmp_path)) as (alpha, beta):
        scheduler = beta if kind == "scheduler" else alpha
        address = f"tcp://{scheduler.address}:{PORT}"
        begin_scheduler(scheduler, tmp_path / "scheduler.log")
        begin_worker(alpha, tmp_path / "alpha.log", address)
        if kind == "worker":
            begin_worker(beta, tmp_path / "beta.log", address)
        assert_refused(ended(map_on(alpha, shared / "out", address)), kind, expected)
        assert folds(shared / "out") == {}


def assert_refused(outcome, kind, expected):
    """Assert exit code 3 and one sentence."""
    code, error = outcome
    assert (code, len(error.splitlines())) == (3, 1), error
    assert re.match(rf"error: the dask {kind} {expected}.*; start it in the same env", error), error


@pytest.mark.long
@needs_dask
def test_a_worker_of_another_version_that_comes_later_is_refused_too(local, shared, tmp_path):
    kind, other, expected = REFUSED["version"]
    with two_hosts({shared: shared}, second=other(tmp_path)) as (alpha, beta):
        begin_scheduler(alpha, tmp_path / "scheduler.log")
        begin_worker(alpha, tmp_path / "alpha.log")
        driver = map_on(alpha, shared / "out", HOSTS_SECONDS=1)
        wait_until(lambda: len(computed(alpha)) > 1, 120, "alpha computes nothing")
        begin_worker(beta, tmp_path / "beta.log")
        assert_refused(ended(driver), kind, expected)
        before = folds(shared / "out")
        assert before and before.items() <= local.items()


# --- whole runs, and parts of an array ---------------------------------------------------------


def run_on(host, *arguments, notebooks=None, **options):
    """Run ``pnetlib run`` on a host to its end; return the finished process."""
    line = command_line(*SMOKE, *arguments, notebooks=notebooks)
    return host.run(*line, **options)


@pytest.fixture
def notebooks(shared):
    """Return a folder of two notebooks on the shared disk; the second waits while a file says so."""
    folder = shared / "notebooks"
    folder.mkdir()
    write_notebook(folder / "01_first.ipynb", WRITES.format(name="01_first"))
    wait = "import os, time\nwhile os.path.exists('/tmp/wait'):\n    time.sleep(0.1)"
    write_notebook(folder / "02_second.ipynb", READS.format(name="02_second"), wait)
    return folder


@pytest.mark.long
@pytest.mark.parametrize("hours", [(1, -1), (-1, 1)], ids=str)
def test_clocks_apart_decide_nothing(hours, notebooks, shared):
    """One host vanishes in the middle; the other completes its run, whatever the clocks say."""
    with two_hosts({shared: shared}) as (alpha, beta):
        first, second = alpha.clock(hours[0] * HOUR), beta.clock(hours[1] * HOUR)
        assert run_on(alpha, "--out", shared / "one", notebooks=notebooks, **first).returncode == 0
        out = ("--out", shared / "two")
        alpha.path("/tmp/wait").touch()
        alpha.begin(*command_line(*SMOKE, *out, notebooks=notebooks), **first)
        made = shared / "two" / ".made" / "steps"
        wait_until(lambda: (made / "02_second.json").exists(), 120, "alpha did not begin 02_second")
        wait_until(lambda: (shared / "two" / "02_second.json").exists(), 120, "nothing was written")
        assert_one_sentence(run_on(beta, *out, notebooks=notebooks, **second), 3, "another run")
        alpha.vanish()
        (shared / "two" / ".01_first.0123456789ab.partial.json").write_text("{")
        os.utime(shared / "two" / "01_first.json", (0, HOUR * 10**6))  # a date to come
        done = run_on(beta, *out, notebooks=notebooks, **second)
        assert (done.returncode, done.stderr) == (0, "")
        assert "01_first: What is first? (fresh, skipped)" in done.stdout
        assert results(shared / "two") == results(shared / "one")
        assert not list((shared / "two").rglob("*.partial*"))
        dates = [datetime.fromisoformat(e["ended"]) for e in read_events(shared / "two")]
        assert abs(dates[-1] - dates[0]) > timedelta(hours=1.5)  # the clocks were apart
        for clock in (second, beta.clock(hours[0] * HOUR)):
            status = run_on(beta, *out, "--status", notebooks=notebooks, **clock)
            assert "Nothing to do" in status.stdout


SMALL = ("--only", "02", "-p", "n_genes=30", "-p", "repeats=1")


def part_on(host, k, out, **options):
    return run_on(host, *SMALL, "--array", f"{k}/2", "-j", "1", "--out", out, **options)


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    """Return the folds of step 02 as one process of this machine computes them."""
    out = tmp_path_factory.mktemp("single")
    line = command_line(*SMOKE, *SMALL, "--array", "1/1", "--out", out)
    environment = Host("here", "127.0.0.1").environment(
        NUMBA_CACHE_DIR=os.environ["NUMBA_CACHE_DIR"]
    )
    subprocess.run(line, env=environment, check=True, capture_output=True, timeout=300)
    return folds(out / "folds")


@pytest.mark.long
def test_parts_on_hosts_that_share_nothing_are_put_together(single, tmp_path):
    """Folds are found by what they were made from, so they can be copied from folder to folder."""
    with two_hosts() as (alpha, beta):
        ran = [part_on(alpha, 1, "/tmp/out"), part_on(beta, 2, "/tmp/elsewhere/out")]
        assert [(done.returncode, done.stderr) for done in ran] == [(0, ""), (0, "")]
        there = folds(beta.path("/tmp/elsewhere/out/folds"))
        here = folds(alpha.path("/tmp/out/folds"))
        assert here and there and not here.keys() & there.keys()
        assert here | there == single


@pytest.mark.long
def test_a_part_of_another_version_is_refused_by_name_at_the_merge(shared, tmp_path, single):
    second = another_version(tmp_path, "0.5.9", CHANGED)
    with two_hosts({shared: shared}, second=second) as (alpha, beta):
        for k, host in enumerate((alpha, beta), 1):
            done = part_on(host, k, shared / "out")
            assert (done.returncode, done.stderr) == (0, "")
        assert len(folds(shared / "out" / "folds")) == len(single)
        merged = run_on(alpha, *SMALL, "--merge", "--out", shared / "out")
        assert_one_sentence(
            merged, 3, "part 2 of 2 was computed on beta, which has another pnetlib"
        )
        assert re.search(rf"\(0\.5\.9\+\w+, not {THIS}\+\w+\)", merged.stderr), merged.stderr


# --- Slurm -----------------------------------------------------------------------------------


@pytest.fixture
def nodes(shared, tmp_path):
    """Return a Slurm with a node on each host; only the results are shared."""
    if why := slurm.unusable():
        pytest.skip(why)
    with two_hosts({shared: shared}) as hosts:
        yield slurm.Nodes(hosts, tmp_path)


def submit_parts(nodes, out, m=2):
    arguments = (*SMOKE, *SMALL, "-j", "1", "--out", out, "--array")
    return nodes.submit(
        *(f"--array=1-{m}", "--cpus-per-task=1", "--mem=0", "--time=10"),
        arguments=arguments,
        VIRTUAL_ENV=sys.prefix,
    )


@pytest.mark.long
@pytest.mark.slurm
def test_an_array_on_two_nodes_gives_the_folds_of_one_process(nodes, shared, single):
    array = submit_parts(nodes, shared / "out")
    states = nodes.wait_for(array)
    assert {state["JobState"] for state in states} == {"COMPLETED"}, nodes.log(array)
    assert {state["NodeList"] for state in states} == {"alpha", "beta"}
    assert folds(shared / "out" / "folds") == single


@pytest.mark.long
@pytest.mark.slurm
def test_the_part_of_a_node_that_vanishes_is_computed_on_the_other(nodes, shared, single):
    array = submit_parts(nodes, shared / "out")

    def part_on_beta():
        return [s["JobId"] for s in nodes.states(array) if s.get("NodeList") == "beta"]

    wait_until(part_on_beta, 120, nodes.said)
    (part,) = part_on_beta()
    nodes.hosts[1].vanish()
    # Slurm lets a job wait for two minutes after its node failed; here it need not.
    wait_until(lambda: nodes.states(part)[0]["JobState"] == "PENDING", 60, nodes.said)
    nodes("scontrol", "update", f"jobid={part}", "StartTime=now")
    states = nodes.wait_for(array)
    assert {state["JobState"] for state in states} == {"COMPLETED"}, nodes.log(array)
    assert {state["NodeList"] for state in states} == {"alpha"}
    assert sum(int(state["Restarts"]) for state in states) == 1
    assert folds(shared / "out" / "folds") == single


@pytest.mark.long
@needs_dask
@pytest.mark.slurm
def test_dask_workers_that_are_jobs_on_two_nodes_give_the_same_bytes(nodes, shared):
    """Only the results are shared, and the jobs are submitted from a folder of one host."""
    pytest.importorskip("dask_jobqueue", reason="the extra dask is not installed")
    alpha = nodes.hosts[0]
    run = ("--only", "01,02", "-p", "n_genes=30", "-p", "repeats=1")
    here = run_on(alpha, *run, "--out", shared / "one")
    assert (here.returncode, here.stderr) == (0, "")
    dask = ("--backend", "dask", "--scheduler", "slurm", "-j", "2")
    jobs = {"INTERFACE": "eth0", "MEMORY": "1GB"}
    settings = {f"DASK_JOBQUEUE__SLURM__{name}": value for name, value in jobs.items()}
    there = run_on(alpha, *run, *dask, "--out", shared / "two", SLURM_CONF=slurm.CONF, **settings)
    assert (there.returncode, there.stderr) == (0, "")
    assert results(shared / "two") == results(shared / "one")
    states = nodes.states("")
    assert {state["JobState"] for state in states} <= {"COMPLETED", "CANCELLED"}, nodes.said()
    assert all(list(host.path("/tmp").glob("pnetlib-worker-*.out")) for host in nodes.hosts)
    settings["DASK_JOBQUEUE__SLURM__MEMORY"] = "100GB"  # more than a node has
    refused = run_on(
        alpha, *run, *dask, "--out", shared / "three", SLURM_CONF=slurm.CONF, **settings
    )
    assert_one_sentence(refused, 3, "there is no dask worker, and no job that will be one")
    assert {state["NodeList"] for state in states} == {"alpha", "beta"}


# --- another processor -----------------------------------------------------------------------

# What numba compiles for, and what OpenBLAS and NumPy choose at run time, on an old processor.
COMPILED_FOR = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
OLD = {"OPENBLAS_CORETYPE": "Nehalem", "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512_SKX"}
PROCESSORS = {"old": OLD, "compiled for": COMPILED_FOR}
ONE_KERNEL = """
import os, sys
from pathlib import Path
from pnetlib.execution.compiled import compiled_kernels
with compiled_kernels(Path("/tmp", sys.argv[1])) as variables:
    os.environ.update(variables)
    import numpy as np
    from pnetlib.kernels.column import dual_ratio
    b, c, w = np.random.default_rng(1).uniform(0.1, 1, size=(3, 500))
    ratio = dual_ratio(b, c, w, 0.3, 0.0)
    print(ratio.hex(), sum(dual_ratio.stats.cache_misses.values()))
"""
needs_x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="the processor is no x86-64")


@pytest.mark.long
@needs_x86
def test_kernels_of_another_processor_are_compiled_anew(tmp_path):
    """The hosts share a home folder, and with it the stored kernels, as the nodes of a cluster do."""
    home = tmp_path / "home"
    home.mkdir()
    with two_hosts({home: home}) as (alpha, beta):

        def call(host, scratch, **processor):
            own = {"NUMBA_CACHE_DIR": "", "XDG_CACHE_HOME": home}
            done = host.python("-c", ONE_KERNEL, scratch, **own, **processor)
            assert done.returncode == 0, done.stderr
            ratio, misses = done.stdout.split()
            return ratio, int(misses)

        first, misses = call(alpha, "1")
        assert misses == 1
        assert call(alpha, "2") == (first, 0)
        assert call(beta, "1", **COMPILED_FOR) == (first, 1)
        assert call(beta, "2", **COMPILED_FOR) == (first, 0)
        assert call(alpha, "3") == (first, 0)


@pytest.mark.long
@needs_x86
@pytest.mark.parametrize("name", PROCESSORS)
def test_results_of_another_processor_agree(name, local, tmp_path):
    """Kernels give the same bytes; a linear algebra library may round the last digits otherwise."""
    with two_hosts({tmp_path: tmp_path}) as (alpha, _):
        done = alpha.python("-m", "hosts.tasks", tmp_path / "out", **PROCESSORS[name])
        assert done.returncode == 0, done.stderr
    found = folds(tmp_path / "out")
    if name == "compiled for":
        assert found == local
    assert found.keys() == local.keys()
    for file, text in found.items():
        for one, other in zip(numbers_of(text), numbers_of(local[file]), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def numbers_of(text):
    """Return the arrays of a stored result."""
    return [np.array(part["plain"]) for part in json.loads(text.split(b"\n", 1)[1])["tuple"]]
