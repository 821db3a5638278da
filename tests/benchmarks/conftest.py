"""A problem that every solver finishes in a moment."""

import pytest

from benchmarks.datasets import Problem, synthetic


@pytest.fixture(scope="session")
def tiny():
    X = synthetic(60, 30, seed=5)
    return Problem.of("weak", X, edges=4, points=3, simulated=True, stride=1, slow_stride=3)
