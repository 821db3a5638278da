"""The search of lambdas on known surfaces: where it ends, what it spends and what it reports."""

from dataclasses import replace

import numpy as np
import pytest

from pnetlib.solvers import search as module
from pnetlib.solvers.search import (
    EQUAL_RIDGE,
    NO_RIDGE,
    Search,
    TooDense,
    edges_axis,
    links_axis,
    path_axis,
    ridge_axis,
)

LAM1, RIDGE, LAM4 = edges_axis(1.0), ridge_axis(NO_RIDGE), links_axis()
AXES = {
    "LA": (),
    "ELA": (ridge_axis(EQUAL_RIDGE),),
    "NW.P": (LAM1, RIDGE),
    "Pro": (LAM1, RIDGE, LAM4),
}
MIDDLE = {"lam1": 0.05, "ridge": 1.0, "lam4": 0.3, "lam": 0.05}
# Beyond what the search looks at first in each parameter, but not at an end.
PLANTED = {
    "LA": {"lam": (0.9, 0.0008)},
    "ELA": {"ridge": (300.0, 0.2), "lam": (0.9, 0.0008)},
    "NW.P": {"lam1": (0.6, 0.002), "ridge": (300.0, 0.2), "lam": (0.9, 0.0008)},
    "Pro": {
        "lam1": (0.6, 0.002),
        "ridge": (300.0, 0.2),
        "lam4": (20.0, 0.009),
        "lam": (0.9, 0.0008),
    },
}
CASES = [
    (method, name, value)
    for method, planted in PLANTED.items()
    for name, values in planted.items()
    for value in values
]


class Surface:
    """Errors on three folds that grow with the squared distance from a minimum, in factors of 2.

    With a `slant` the best value of the path parameter falls with the outer parameters.
    """

    def __init__(self, axes, minimum, spread=0.1, slant=0.0):
        self.names = [axis.name for axis in axes] + ["lam"]
        self.minimum, self.spread, self.slant, self.seen = minimum, spread, slant, []

    def error(self, values):
        pairs = zip(self.names, values)
        gaps = [np.log2(max(value, 1e-4) / max(self.minimum[n], 1e-4)) for n, value in pairs]
        gaps[-1] += self.slant * sum(gaps[:-1])
        return 1.0 + 0.01 * float(np.sum(np.square(gaps)))

    def __call__(self, outer, value, before):
        assert before is None or (before[0] == outer and before[1] > value), "warm starts go down"
        self.seen.append((*outer, value))
        folds = np.array([-1.0, 0.0, 1.0]) * self.spread
        return self.error((*outer, value)) + folds, (outer, value)


def found_on(method, minimum, slant=0.0, **options):
    axes = AXES[method]
    surface = Surface(axes, minimum, slant=slant)
    return surface, Search(path_axis("lam", 1.0), axes, surface, **options).run()


@pytest.mark.parametrize("method, name, value", CASES)
def test_planted_minimum_outside_the_first_look_is_found_inside(method, name, value):
    surface, found = found_on(method, MIDDLE | {name: value}, budget=150)
    axes = {axis.name: axis for axis in (*AXES[method], path_axis("lam", 1.0))}
    assert not found.report["exhausted"] and found.report["points"] == len(surface.seen) <= 150
    for other, result in found.report["parameters"].items():
        wanted = (MIDDLE | {name: value})[other]
        assert result["place"] == "inside", (other, result)
        assert result["smallest"] < result["value"] < result["largest"]
        # The last steps are `finest` levels apart, so the nearest lies within half of that; for
        # an outer parameter the next one may lie closer to the minimum in the path parameter.
        levels = abs(module.PER_FACTOR * np.log2(result["value"] / wanted))
        assert levels <= axes[other].finest, (other, result)


@pytest.mark.parametrize("slant", [-0.5, 0.5])
@pytest.mark.parametrize("method", ["ELA", "NW.P", "Pro"])
def test_lines_are_followed_to_their_own_minimum_where_it_shifts(method, slant):
    surface, found = found_on(method, MIDDLE | {"lam1": 0.2}, slant, budget=200)
    assert not found.report["exhausted"]
    assert found.errors.mean(axis=0).min() < 1.01  # less than a factor of 2 away
    places = [result["place"] for result in found.report["parameters"].values()]
    assert set(places) == {"inside"}


@pytest.mark.parametrize("method", AXES)
@pytest.mark.parametrize(
    "minimum, place",
    [
        ({"lam1": 1e4, "ridge": 1e6, "lam4": 1e4, "lam": 1e4}, 0),
        ({"lam1": 1e-9, "ridge": 0.0, "lam4": 0.0, "lam": 1e-9}, 1),
    ],
)
def test_minimum_beyond_the_range_is_reported_at_the_stated_end(method, minimum, place):
    _, found = found_on(method, minimum, budget=200)
    ends = {axis.name: axis.ends for axis in (*AXES[method], path_axis("lam", 1.0))}
    assert not found.report["exhausted"]
    for name, result in found.report["parameters"].items():
        assert result["place"] == f"end: {ends[name][place]}"
    zeros = [
        found.report["parameters"][name]["value"] for name in ("ridge", "lam4") if name in ends
    ]
    assert place == 0 or not any(zeros)


@pytest.mark.parametrize("method", AXES)
@pytest.mark.parametrize("budget", [2, 9, 30, 120])
def test_budget_is_kept_and_an_edge_reported_where_it_ends_the_search(method, budget):
    surface, found = found_on(method, MIDDLE | {"lam1": 0.002, "lam4": 20.0}, budget=budget)
    assert len(surface.seen) == len(set(surface.seen)) == found.report["points"] <= budget
    assert found.report["budget"] == budget
    assert found.errors.shape == (3, len(found.places))
    assert found.index == np.argmin(found.errors.mean(axis=0))
    places = [result["place"] for result in found.report["parameters"].values()]
    assert budget > 2 or (found.report["exhausted"] and "edge" in places)
    assert found.report["exhausted"] or "edge" not in places


def test_more_points_never_give_a_larger_error():
    errors = []
    for budget in (16, 30, 60, 120):
        _, found = found_on("Pro", MIDDLE | {"lam1": 0.002}, budget=budget)
        errors.append(found.errors.mean(axis=0).min())
    assert errors == sorted(errors, reverse=True) and errors[-1] < errors[0]


def test_network_that_is_too_dense_is_an_end():
    surface = Surface(AXES["NW.P"], MIDDLE | {"lam1": 1e-4})

    def look(outer, value, before):
        if outer[0] < 0.01:
            raise TooDense
        return surface(outer, value, before)

    found = Search(path_axis("lam", 1.0), AXES["NW.P"], look).run()
    result = found.report["parameters"]["lam1"]
    assert result["place"] == "end: too dense" and 0.01 <= result["value"] < 0.0142


def test_start_that_is_too_dense_gives_way_to_a_stronger_penalty():
    surface = Surface(AXES["Pro"], MIDDLE | {"lam1": 0.3})

    def look(outer, value, before):
        if outer[0] < 0.2:
            raise TooDense
        return surface(outer, value, before)

    found = Search(path_axis("lam", 1.0), AXES["Pro"], look).run()
    assert found.report["parameters"]["lam1"]["value"] == pytest.approx(0.3, rel=0.4)


def test_one_clear_bump_does_not_end_the_line_of_the_minimum():
    def look(outer, value, before):
        level = round(-np.log2(value))  # a bump at 1/4, a minimum at 1/16
        return np.full(3, {1: 1.0, 2: 1.5, 3: 0.9, 4: 0.8}.get(level, 2.0)), None

    found = Search(replace(path_axis("lam", 1.0), finest=8), (), look).run()
    assert found.report["parameters"]["lam"]["value"] == 1 / 16
    assert found.report["points"] == 6  # two clear rises in a row after it


def test_rise_within_a_share_of_the_standard_error_goes_on():
    def ends_after(rise):
        def look(outer, value, before):
            level = -np.log2(value)
            return 1.0 + rise * (level > 1) + np.array([-1.0, 0.0, 1.0]), None

        path = replace(path_axis("lam", 1.0), finest=8)
        return Search(path, (), look).run().report["points"]

    margin = module.RISE / np.sqrt(3)  # the standard deviation of the folds is 1
    assert ends_after(0.9 * margin) > ends_after(1.1 * margin) == 4


def test_values_of_an_axis():
    assert LAM4.value(0) == 100.0 and LAM4.value(LAM4.last) == 0.0
    assert LAM4.value(LAM4.last - 18) == pytest.approx(100.0 * 2.0**-15.75)
    assert LAM1.value(LAM1.start) == 1 / 16 and LAM1.value(LAM1.last) > 0.0
    assert RIDGE.value(EQUAL_RIDGE) == 1.0 and RIDGE.value(NO_RIDGE) == 0.0
    assert LAM1.shifted(4, -8) == 0 and LAM1.shifted(92, 8) == 96
