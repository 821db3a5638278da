"""The lower bound is the sum of its parts, and the kernels do the work they time."""

import numpy as np
import pytest

from benchmarks import hardware_limits


def test_lower_bound_counts_gram_passes_and_axpys():
    limits = {"gram": 1.0, "screening": 0.1, "axpy": 0.001}
    assert hardware_limits.lower_bound(limits, nonzeros=50, passes=2) == pytest.approx(1.25)


def test_kernels_do_the_work_they_time():
    rng = np.random.default_rng(0)
    G, c = rng.standard_normal((6, 6)), np.zeros(6)
    hardware_limits.axpys(G, np.array([1, 4]), c)
    np.testing.assert_allclose(c, -1e-9 * (G[1] + G[4]))
    assert hardware_limits.screen(G, 1, 4, 0.5) == (np.abs(G[1:4]) > 0.5).sum()
    a = np.zeros(4)
    hardware_limits.triad(a, np.ones(4), np.arange(4.0), 1, 3)
    np.testing.assert_array_equal(a, [0, 4, 7, 0])
