"""Flips of the signs of effects: what they cost, which are kept, and when they end."""

import naive
import numpy as np
import pytest

from pnetlib.kernels import theta as kernel


def problem(seed, p=7, n=30, lam4=0.8):
    """Arrays of the theta step, whose last gene has no regulators, and the penalties."""
    X, z = naive.cohort(seed, n, p)
    B = 0.5 * naive.network(seed, p, 0.6)
    B[:, -1] = 0.0
    F, L, s = X @ B, naive.laplacian(B, "sqrt"), naive.scale(B, "sqrt")
    N = naive.links(B) / np.outer(s, s)
    return (F.T @ F / n, F.T @ z / n, N, np.diag(L) + np.diag(N)), (0.05, lam4)


def descended(arrays, penalties, theta):
    """The effects after coordinate descent from a start."""
    H, h, N, diag = arrays
    theta = theta.copy()
    kernel.descend_theta(H, h, N, diag, np.zeros(theta.size), theta, *penalties, 1e-12, 5000)
    return theta


def value(arrays, penalties, theta):
    """The objective in the effects, from its formula."""
    (H, h, N, diag), (lam3, lam4) = arrays, penalties
    size = np.abs(theta)
    links = diag @ size**2 - size @ N @ size
    return theta @ H @ theta - 2 * h @ theta + lam3 * size.sum() + 2 * lam4 * links


def best_of_signs(arrays, penalties):
    """The lowest of the minima that descent reaches from many starts."""
    starts = np.random.default_rng(0).normal(size=(40, len(arrays[1])))
    return min(value(arrays, penalties, descended(arrays, penalties, t)) for t in starts)


def test_flips_lead_from_a_poor_minimum_to_a_better_one():
    kept, reached = [], 0
    for seed in range(8):
        arrays, penalties = problem(seed)
        theta = descended(arrays, penalties, np.random.default_rng(seed).normal(size=7))
        before = value(arrays, penalties, theta)
        kept.append(kernel.flip_signs(*arrays, theta, *penalties, 1e-6, 100, 5000))
        after = value(arrays, penalties, theta)
        assert after <= before - 1e-6 * kept[-1]
        assert (after == before) == (kept[-1] == 0)
        reached += after <= best_of_signs(arrays, penalties) + 1e-5
        for j in np.flatnonzero(theta):  # no single flip is left that gains
            trial = theta.copy()
            trial[j] = -trial[j]
            assert value(arrays, penalties, descended(arrays, penalties, trial)) >= after - 1e-3
    assert max(kept) > 0 and reached >= 6


def test_a_flip_has_to_gain_what_is_asked():
    for seed in range(8):
        arrays, penalties = problem(seed)
        start = descended(arrays, penalties, np.random.default_rng(seed).normal(size=7))
        for tol, limit in ((1e6, 100), (1e-6, 0)):
            theta = start.copy()
            assert kernel.flip_signs(*arrays, theta, *penalties, tol, limit, 5000) == 0
            np.testing.assert_array_equal(theta, start)


def test_no_flip_of_an_effect_of_zero_or_of_a_gene_without_regulators():
    arrays, penalties = problem(1)
    theta = np.array([0.5, 0.0, -0.7, 0.4, 0.0, 0.2, 0.3])
    costs = kernel.flip_costs(*arrays, theta, *penalties)
    assert np.isinf(costs[[1, 4, 6]]).all() and np.isfinite(costs[[0, 2, 3, 5]]).all()
    theta[:] = 0.0
    assert kernel.flip_signs(*arrays, theta, *penalties, 1e-6, 100, 5000) == 0
    assert not theta.any()


def side_minimum(arrays, penalties, theta, j, side):
    """The lowest value with effect j on one side of 0, where the objective is a parabola."""

    def at(size):
        trial = theta.copy()
        trial[j] = side * size
        return value(arrays, penalties, trial)

    f0, f1, f2 = at(0.0), at(1.0), at(2.0)
    curvature, slope = f0 - 2 * f1 + f2, (4 * f1 - 3 * f0 - f2) / 2
    return min(f0, at(-slope / curvature)) if slope < 0 else f0


@pytest.mark.parametrize("lam3", [0.05, 2.0])  # under the larger one, some effects would be 0
def test_value_and_cost_of_a_flip(lam3):
    for seed in range(6):
        (*arrays, diag), (_, lam4) = problem(seed)
        # 1 where s is the root of the degree, but not under other scales.
        arrays = *arrays, diag * np.random.default_rng(seed).uniform(1.0, 3.0, size=7)
        penalties = lam3, lam4
        theta = np.random.default_rng(seed).normal(size=7)
        found = kernel.effects_value(*arrays, theta, *penalties)
        assert found == pytest.approx(value(arrays, penalties, theta), rel=1e-12)
        costs = kernel.flip_costs(*arrays, theta, *penalties)
        for j in range(6):
            sides = [side_minimum(arrays, penalties, theta, j, side) for side in (-1.0, 1.0)]
            assert costs[j] == pytest.approx(abs(sides[0] - sides[1]), rel=1e-9, abs=1e-12)


def test_one_try_is_enough_for_the_effect_that_gains_most():
    arrays = np.eye(2), np.array([1.0, 0.5]), np.zeros((2, 2)), np.zeros(2)
    theta = np.array([-0.9, 0.4])  # the first has the wrong sign
    assert kernel.flip_signs(*arrays, theta, 0.1, 0.0, 1e-6, 1, 100) == 1
    np.testing.assert_allclose(theta, [0.95, 0.45], atol=1e-6)


def swept(arrays, penalties, theta, held=-1):
    """The effects after a sweep of exact coordinate minima, and the largest gain."""
    (H, h, N, diag), (lam3, lam4), gain = arrays, penalties, 0.0
    theta = theta.copy()
    for j in np.delete(np.arange(theta.size), held if held >= 0 else []):
        curvature = H[j, j] + 2 * lam4 * diag[j]
        centre = h[j] - H[j] @ theta + H[j, j] * theta[j]
        new = naive.coordinate_minimum(
            centre, curvature, lam3 / 2 - 2 * lam4 * N[j] @ np.abs(theta)
        )
        gain, theta[j] = max(gain, curvature * (new - theta[j]) ** 2), new
    return theta, gain


def flipped(arrays, penalties, theta, tol, limit):
    """The twin of `flip_signs`, every quantity computed anew."""
    kept = tried = 0
    costs = kernel.flip_costs(*arrays, theta, *penalties)
    while tried < limit and np.isfinite(costs).any():
        j, tried = np.argmin(costs), tried + 1
        costs[j] = np.inf
        trial = theta.copy()
        trial[j] *= -1
        for _ in range(2):
            trial, _ = swept(arrays, penalties, trial, j)
        gain = np.inf
        while gain > 0.1 * tol:
            trial, gain = swept(arrays, penalties, trial)
        if value(arrays, penalties, trial) < value(arrays, penalties, theta) - tol:
            theta, kept, tried = trial, kept + 1, 0
            costs = kernel.flip_costs(*arrays, theta, *penalties)
    return theta, kept


@pytest.mark.parametrize("tol, limit", [(1e-2, 3), (1e-5, 3), (1e-5, 1)])
def test_flips_are_those_of_the_twin(tol, limit):
    total = 0
    for seed in range(12):
        arrays, penalties = problem(seed)
        theta = descended(arrays, penalties, np.random.default_rng(seed).normal(size=7))
        expected, kept = flipped(arrays, penalties, theta, tol, limit)
        assert kernel.flip_signs(*arrays, theta, *penalties, tol, limit, 5000) == kept
        np.testing.assert_allclose(theta, expected, atol=1e-10)
        total += kept
    assert total > 0


@pytest.mark.parametrize("held", [-1, 0, 3])
def test_one_effect_may_stay_as_it_is(held):
    (H, h, N, diag), (lam3, lam4) = problem(2)
    theta = np.random.default_rng(2).normal(size=7)
    start, free = theta.copy(), np.zeros(7)
    rho, links = h - H @ theta, N @ np.abs(theta)
    gain = kernel.sweep_effects(H, N, diag, free, theta, rho, links, lam3, lam4, held)
    moved = theta != start
    assert moved[np.arange(7) != held].all() and (held < 0 or not moved[held])
    np.testing.assert_allclose(rho, h - H @ theta, atol=1e-13)
    np.testing.assert_allclose(links, N @ np.abs(theta), atol=1e-13)
    curvature = np.diag(H) + 2 * lam4 * diag
    assert gain == pytest.approx(np.max(curvature * (theta - start) ** 2))
