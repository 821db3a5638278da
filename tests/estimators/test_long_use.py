"""Fits in threads, after a fork, and two hundred in one process."""

import os
import subprocess
import sys
import threading

import naive
import numpy as np
import psutil
import pytest
from builders import command_environment, named, plain_estimators, searching_estimators
from sklearn.base import clone

EVERY = [*plain_estimators(), *searching_estimators().values()]
FITS = 200


def data(seed, n=40, p=15):
    return naive.cohort(seed, n, p)


def fitted(model, seed):
    """Everything that a fit stored, as bytes."""
    model = clone(model).fit(*data(seed))
    return {
        name: np.asarray(value.toarray() if hasattr(value, "toarray") else value).tobytes()
        for name, value in vars(model).items()
        if name.endswith("_") and not isinstance(value, (dict, str)) and np.ndim(value) >= 0
    }


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@named(EVERY)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_four_fits_at_once_equal_four_in_turn(model, n_jobs):
    model = clone(model)
    if "n_jobs" in model.get_params():
        model.set_params(n_jobs=n_jobs)
    elif n_jobs > 1:
        pytest.skip("has no threads of its own")
    in_turn = [fitted(model, seed) for seed in range(4)]
    found, together = [None] * 4, threading.Barrier(4)

    def fit(seed):
        together.wait()
        found[seed] = fitted(model, seed)

    threads = [threading.Thread(target=fit, args=[seed]) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert in_turn[0].keys() >= {"n_features_in_"} and in_turn[0] != in_turn[1]
    assert found == in_turn


FORKED = """
import multiprocessing, sys, warnings
import numpy as np
from pnetlib.estimators import ElasticNetExpression, ElasticNetwork, PredictiveNetwork

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
X = rng.normal(size=(40, 15))
z = X[:, 0] + rng.normal(size=40)

def fits(n_jobs):
    models = [
        ElasticNetExpression(),
        ElasticNetwork(0.1, 0.1, n_jobs=n_jobs),
        PredictiveNetwork(0.1, 0.1, 0.1, n_jobs=n_jobs),
    ]
    X, z = globals()["X"], globals()["z"]
    models = [model.fit(X, z) for model in models]
    return [
        models[0].coef_.tobytes(),
        models[1].B_.toarray().tobytes(),
        models[2].B_.toarray().tobytes() + models[2].theta_.tobytes(),
    ]

before = fits(2)
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(fits, [1, 2, 2]) == [before] * 3
assert fits(2) == before
print("same")
"""


@pytest.mark.long
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_processes_forked_after_a_fit_fit_the_same():
    result = subprocess.run(
        [sys.executable, "-c", FORKED],
        env=command_environment(),
        capture_output=True,
        text=True,
        timeout=600,  # against a deadlock, not slowness
    )
    assert (result.returncode, result.stdout) == (0, "same\n"), result.stderr


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_two_hundred_fits_need_no_more_memory_files_or_threads():
    process = psutil.Process()
    models = [model for model in EVERY if type(model).__name__ != "PredictiveNetworkCV"]
    X, z = data(0, n=50, p=150)  # 180 kB per Gram matrix, so that 200 lost ones are 36 MB

    def fit(number):
        clone(models[number % len(models)]).fit(X, z)

    for number in range(2 * len(models)):
        fit(number)
    before = process.memory_info().rss, process.num_fds(), threading.active_count()
    for number in range(FITS):
        fit(number)
    after = process.memory_info().rss, process.num_fds(), threading.active_count()
    assert after[0] - before[0] < 10 * 2**20
    assert after[1:] == before[1:]
