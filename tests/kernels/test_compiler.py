"""Kernels without a place for compiled code, with damaged code, and under Ctrl-C."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import numba
import numpy as np
import pytest
from builders import command_environment

from pnetlib.estimators import ElasticNetwork

TOTAL = """
import numpy as np
from pnetlib.kernels.compiler import kernel

@kernel
def total(values):
    result = 0.0
    for value in values:
        result += value
    return result

print(total(np.arange(4.0)))
"""
UNKNOWN_HOME = """
import os, pwd
def absent(number):
    raise KeyError(number)
pwd.getpwuid = absent
"""


def run(folder, text=TOTAL, **environment):
    """Run a script with a kernel in a folder; a variable that is None is unset."""
    (folder / "script.py").write_text(text)
    variables = command_environment(**environment)
    variables = {name: value for name, value in variables.items() if value is not None}
    return subprocess.run(
        [sys.executable, "script.py"],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=100,
    )


@pytest.fixture
def no_place(tmp_path):
    """Return a folder whose modules have no place for compiled code, whoever runs them."""
    (tmp_path / "__pycache__").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "environment"),
    [
        (TOTAL, {"HOME": "/dev/null", "NUMBA_CACHE_DIR": "/dev/null/x"}),
        (UNKNOWN_HOME + TOTAL, {"HOME": None}),
    ],
    ids=["no home folder", "no user"],
)
def test_a_kernel_is_compiled_where_nothing_can_be_stored(no_place, text, environment):
    done = run(no_place, text, **{"NUMBA_CACHE_DIR": None, "XDG_CACHE_HOME": None} | environment)
    assert (done.returncode, done.stdout) == (0, "6.0\n"), done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("note: no folder for compiled kernels can be written")
    assert sorted(file.name for file in no_place.iterdir()) == ["__pycache__", "script.py"]


@pytest.mark.long
def test_damaged_code_is_compiled_again(tmp_path):
    cache = tmp_path / "cache"
    for _ in range(2):
        done = run(tmp_path, NUMBA_CACHE_DIR=str(cache))
        assert (done.returncode, done.stdout, done.stderr) == (0, "6.0\n", "")
        next(cache.rglob("*.nbc")).write_bytes(b"damaged")
    # No pickle, and one that holds something else.
    for damaged in (b"damaged", pickle.dumps(numba.__version__) + pickle.dumps(pickle.dumps(5))):
        next(cache.rglob("*.nbi")).write_bytes(damaged)
        again = run(tmp_path, NUMBA_CACHE_DIR=str(cache))
        assert (again.returncode, again.stdout) == (0, "6.0\n"), again.stderr
        assert again.stderr.count("\n") == 1 and "compiled anew" in again.stderr


@pytest.fixture
def restored():
    """Restore the handler of Ctrl-C after a test."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


class StoppedError(Exception):
    """What a signal may raise."""


def stop(number, frame):
    raise StoppedError


@pytest.mark.parametrize(
    ("handler", "raised"),
    [(signal.default_int_handler, KeyboardInterrupt), (stop, StoppedError)],
    ids=["Ctrl-C", "handler"],
)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_signal_in_a_kernel_leaves_the_estimator_usable(n_jobs, handler, raised, restored):
    signal.signal(signal.SIGINT, handler)
    X = np.random.default_rng(0).normal(size=(150, 900))
    model = ElasticNetwork(0.05, n_jobs=n_jobs).fit(X[:, :50])
    before = model.B_.copy()
    model.fit(X[:, :50])  # everything is compiled
    sent = []

    def interrupt():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.3, interrupt)
    timer.start()
    with pytest.raises(raised):
        while True:
            model.fit(X)
    assert time.monotonic() - sent[0] < 1
    assert (model.fit(X[:, :50]).B_ != before).nnz == 0


def test_four_fits_at_once_are_those_of_one():
    from threadpoolctl import threadpool_info

    X = np.random.default_rng(1).normal(size=(60, 120))
    alone = ElasticNetwork(0.2, n_jobs=1).fit(X).B_
    blas = [library["num_threads"] for library in threadpool_info()]
    found = [None] * 4

    def fit(at):
        found[at] = ElasticNetwork(0.2, n_jobs=1 + at % 2).fit(X).B_

    threads = [threading.Thread(target=fit, args=(at,)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for B in found:
        assert np.array_equal(B.toarray(), alone.toarray())
    assert [library["num_threads"] for library in threadpool_info()] == blas


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fit_after_a_fork_is_that_of_the_parent():
    X = np.random.default_rng(1).normal(size=(60, 120))
    expected = ElasticNetwork(0.2, n_jobs=2).fit(X).B_.toarray()
    child = os.fork()
    if not child:
        same = np.array_equal(ElasticNetwork(0.2, n_jobs=2).fit(X).B_.toarray(), expected)
        os._exit(0 if same else 1)
    for _ in range(600):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        time.sleep(0.1)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        pytest.fail("the child hung")
    assert status == 0
