"""Coarse-to-fine search of lambdas by cross-validated error, the same rule for every method.

Each method has one path parameter, along which fits are warm-started, and outer parameters. All
lie on logarithmic scales with 8 levels per factor of 2, counted from the strongest penalty. A line
is a path at fixed outer parameters; it is followed towards weaker penalties until the error has
risen. From the line at the start, the search looks at lines one step away in each outer parameter,
moves while the error falls, and then halves the steps. At last the path is refined around the
minimum. The search ends only when the minimum lies inside the points looked at in every parameter
or at a stated end, unless its budget of points is used up before. The rule is this project's choice.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from pnetlib.errors import UsageError
from pnetlib.execution.threads import one_blas_thread, thread_count
from pnetlib.solvers.columns import Columns, gram_times
from pnetlib.solvers.expression import fit_expression
from pnetlib.solvers.joint import Penalties, start_state
from pnetlib.solvers.network import solve_network
from pnetlib.solvers.paths import (
    TrainingFolds,
    TrainingPart,
    largest_expression,
    largest_lam1,
    predictor,
)

PER_FACTOR = 8  # levels per factor of 2
BUDGET = 120  # points that each method may look at
RESERVE = 8  # of these, kept for the line of the minimum: to follow it further and refine it
RISE = 0.1  # of the standard error of the smallest error of a line, over folds: a clear rise
PATIENCE = (
    2  # clear rises in a row that end the line of the minimum; another line ends at the first
)
DENSEST = 0.5  # edges per gene in a network that is not too dense, relative to the cell lines
SAMPLED = (
    16  # of so many genes one is solved first, so that a network that is too dense costs little
)

EQUAL_RIDGE, NO_RIDGE = 80, 112  # levels of the ratios 1 and 0

INSIDE, EDGE = "inside", "edge"


class TooDense(UsageError):
    """A network does not reach its gap within its rounds, or has too many edges."""


class _Spent(Exception):
    """The budget of points is used up."""


# Parameters ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Axis:
    """A parameter of a search on a logarithmic scale, from strong (level 0) to weak.

    Attributes
    ----------
    name : str
    largest : float
        Value at level 0.
    start, last : int
        Level where the search begins, and the last level.
    step, finest : int
        First and last distance between levels looked at; the step is halved in between.
    ends : (str, str)
        What it means that the choice lies at level 0, or at the last level.
    zero : bool
        Whether the value at the last level is 0.
    """

    name: str
    largest: float
    start: int
    last: int
    step: int
    finest: int
    ends: tuple
    zero: bool = False

    def value(self, level):
        """Return the value of the parameter at a level."""
        if self.zero and level == self.last:
            return 0.0
        return float(self.largest * 2.0 ** (-level / PER_FACTOR))

    def shifted(self, level, by):
        """Return the level that lies `by` levels further on, or the end before it."""
        return min(max(level + by, 0), self.last)


def path_axis(name, largest):
    """Return the path parameter: an L1 penalty from its largest value down to 1/4096 of it."""
    return Axis(name, largest or 1.0, 8, 96, 8, 1, ("largest value", "smallest value"))


def ridge_axis(start):
    """Return the ridge penalty relative to the L1 penalty, ``2 lam2 / lam1``: from 1024 to 1/8, and 0.

    The share of the L1 penalty, as in scikit-learn, is 1 / (1 + this ratio): 0.001 at the largest.
    """
    return Axis("ridge", 1024.0, start, NO_RIDGE, 32, 8, ("ridge limit", "0"), True)


def edges_axis(largest):
    """Return lam1 of a network, from its largest value at 1/16 of it, where the search begins."""
    return Axis("lam1", largest or 1.0, 32, 96, 8, 4, ("no edges", "smallest value"))


def links_axis():
    """Return lam4: from 100 over 0.2, where the search begins, to 0.002 and 0."""
    return Axis("lam4", 100.0, 72, 144, 72, 18, ("largest value", "0"), True)


# The search ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What a search looked at, in order, and what it chose.

    Attributes
    ----------
    places : list of tuple
        Levels of the outer parameters and of the path parameter at each point.
    errors : ndarray (n_folds, n_points)
        Mean squared errors.
    index : int
        The chosen point: that of smallest mean error, the first of equals.
    report : dict
        ``points``, ``budget``, ``exhausted`` (bool) and ``parameters``: for each parameter its
        ``value``, the number of ``values`` looked at, the ``smallest`` and ``largest`` of them,
        and the ``place`` of the choice: "inside", "end: ..." or "edge".
    """

    places: list
    errors: np.ndarray
    index: int
    report: dict


class Search:
    """A search over one path parameter and outer parameters.

    Parameters
    ----------
    path : Axis
        Parameter along which fits are warm-started.
    axes : sequence of Axis
        Outer parameters.
    look : callable
        ``look(outer, value, before)`` returns the errors by fold at a point, whose outer parameters
        are a tuple of values, and what the next point of the same line starts from; `before` is
        what the point before it returned, or None at the first. It raises `TooDense` where there is
        no usable network.
    budget : int, default=120
        Points that may be looked at.
    """

    def __init__(self, path, axes, look, budget=BUDGET):
        self.path, self.axes, self.budget = path, tuple(axes), budget
        self._look, self._left, self._kept = look, budget, min(RESERVE, budget // 2)
        self._lines, self._dense = {}, set()

    def run(self):
        """Search, and return what was `Found`."""
        exhausted = False
        here = tuple(axis.start for axis in self.axes)
        try:
            here = self._descend(here)
        except _Spent:
            exhausted = True
        here, self._kept = self._best_line(), 0
        try:
            self._follow(here, self._lowest(here) + self.path.step, PATIENCE)
            self._refine(here)
        except _Spent:
            exhausted = True
        return self._found(exhausted)

    def _descend(self, here):
        """Move from line to line while the error falls, with ever smaller steps."""
        while not self._line(here, None):  # a start that is too dense gives way to a stronger one
            stronger = self._stronger(here)
            if stronger == here:
                raise TooDense("no network reaches its duality gap; raise max_iter or tol.")
            here = stronger
        steps = [axis.step for axis in self.axes]
        while True:
            before = None
            while before != here:
                before = here
                for number, step in enumerate(steps):
                    for by in (step, -step):
                        here = self._walk(here, number, by)
            if all(step <= axis.finest for step, axis in zip(steps, self.axes)):
                return here
            steps = [max(step // 2, axis.finest) for step, axis in zip(steps, self.axes)]

    def _stronger(self, here):
        for number, axis in enumerate(self.axes):
            if axis.name == "lam1":
                return self._shifted(here, number, -axis.step)
        return here

    def _shifted(self, here, number, by):
        level = self.axes[number].shifted(here[number], by)
        return (*here[:number], level, *here[number + 1 :])

    def _walk(self, here, number, by):
        """Move along one outer parameter while the error falls."""
        while True:
            there = self._shifted(here, number, by)
            if there == here or not self._line(there, self._lowest(here)):
                return here
            if not self._smallest(there) < self._smallest(here):
                return here
            here = there

    def _line(self, levels, near):
        """Look at a line once, near a level of the path or from its start; False if too dense."""
        if levels in self._lines or levels in self._dense:
            return levels in self._lines
        step = self.path.step
        first = self.path.start if near is None else max(near // step * step - step, 0)
        try:
            self._follow(levels, first, PATIENCE if near is None else 1)
            while (low := self._lowest(levels)) > 0 and low - step not in self._lines[levels]:
                self._follow(levels, max(low - 2 * step, 0), np.inf)
        except TooDense:
            self._dense.add(levels)
            return False
        return True

    def _follow(self, levels, first, patience):
        """Follow a line from a level on, until its error has risen or known points are reached."""
        rises, before, line = 0, None, self._lines.get(levels, {})
        for level in range(first, self.path.last + 1, self.path.step):
            if level in line:
                return
            before = self._point(levels, level, before)
            line = self._lines[levels]
            low = line[self._lowest(levels)]
            se = low.std(ddof=1) / np.sqrt(low.size) if low.size > 1 else 0.0
            rises = rises + 1 if line[level].mean() > low.mean() + RISE * se else 0
            if rises == patience:
                return

    def _refine(self, levels):
        """Halve the step along the path around the minimum of a line."""
        step = self.path.step
        while step > self.path.finest:
            step //= 2
            low, before = self._lowest(levels), None
            for level in (low - step, low + step):
                if 0 <= level <= self.path.last and level not in self._lines[levels]:
                    before = self._point(levels, level, before)

    def _point(self, levels, level, before):
        if self._left <= self._kept:
            raise _Spent
        outer = tuple(axis.value(at) for axis, at in zip(self.axes, levels))
        errors, after = self._look(outer, self.path.value(level), before)
        self._left -= 1
        self._lines.setdefault(levels, {})[level] = np.asarray(errors, float)
        return after

    def _lowest(self, levels):
        """Return the level of smallest mean error on a line, the first looked at of equals."""
        line = self._lines[levels]
        return min(line, key=lambda level: line[level].mean())

    def _smallest(self, levels):
        return self._lines[levels][self._lowest(levels)].mean()

    def _best_line(self):
        return min(self._lines, key=self._smallest)

    def _found(self, exhausted):
        places = [(*levels, level) for levels, line in self._lines.items() for level in line]
        errors = np.array([self._lines[place[:-1]][place[-1]] for place in places]).T
        index = int(np.argmin(errors.mean(axis=0)))
        chosen = places[index]
        parameters = {}
        for number, axis in enumerate((*self.axes, self.path)):
            values = [axis.value(place[number]) for place in places]
            parameters[axis.name] = {
                "value": axis.value(chosen[number]),
                "values": len(set(values)),
                "smallest": min(values),
                "largest": max(values),
                "place": self._place(places, chosen, number, axis),
            }
        report = {"points": len(places), "budget": self.budget, "exhausted": exhausted}
        return Found(places, errors, index, report | {"parameters": parameters})

    def _place(self, places, chosen, number, axis):
        """Say where the choice lies among the values with the same other outer parameters."""
        fixed = [k for k in range(len(self.axes)) if k != number]

        def beside(places):
            return {p[number] for p in places if all(p[k] == chosen[k] for k in fixed)}

        level, looked = chosen[number], beside(places)
        dense = beside(self._dense) if number < len(self.axes) else set()
        if level == 0 or level == axis.last:
            return f"end: {axis.ends[level > 0]}"
        if min(looked) < level < max(looked):
            return INSIDE
        if min(looked | dense) < level < max(looked | dense):
            return "end: too dense"
        return EDGE


# Fits of the folds --------------------------------------------------------------------------


class SearchPart(TrainingPart):
    """The moments of some training lines and their networks, each computed once, from nothing.

    Networks are stored without their products with the Gram matrix, which are formed again.
    """

    def network(self, lam1, lam2, gap_tol, max_iter):
        """Return the network alone (a new `State`); raise `TooDense` if it is not usable."""
        key, G = (lam1, lam2, gap_tol, max_iter), self.moments.G
        if key not in self._networks:
            if self._sampled_edges(lam1, lam2, gap_tol, max_iter) > DENSEST * self.moments.n:
                raise TooDense
            state = start_state(self.moments, Penalties(lam1, lam2), gap_tol, 1, None, max_iter)
            self._networks[key] = replace(state, GB=None)
        state = self._networks[key]
        if state.gaps.max(initial=0.0) > gap_tol:
            raise TooDense
        return replace(state, GB=gram_times(G, state.B, 1), theta=state.theta.copy(), trace=[])

    def _sampled_edges(self, lam1, lam2, gap_tol, max_iter):
        """Return the mean number of edges of every 16th gene, as a target."""
        G = self.moments.G
        others = np.arange(len(G)) % SAMPLED > 0
        sample = G, np.full(len(G), 0.5 * lam1), lam2, Columns.empty(len(G)), gap_tol
        B, _ = solve_network(*sample, max_iter=max_iter, fixed=others, n_jobs=1)
        return B.data.size / max(np.count_nonzero(~others), 1)


class SearchFolds(TrainingFolds):
    """A set of training lines and its folds for searches that share moments and networks."""

    def part(self, number):
        """Return the training part of a fold, which is stored."""
        if number not in self._parts:
            self._parts[number] = SearchPart(super().part(number).moments)
        return self._parts[number]


@contextmanager
def errors_on(shared, fit, n_jobs=1):
    """Yield a function that fits a point on every fold and returns the errors, as `Search` needs.

    ``fit(part, outer, value, before)`` returns u and what the next fit starts from. `n_jobs` folds
    are computed at the same time; the result does not depend on it.
    """
    numbers, threads = range(len(shared.folds)), thread_count(n_jobs)
    parts = [shared.part(number) for number in numbers]
    tests = []
    for part, (_, test) in zip(parts, shared.folds):
        m = part.moments
        tests.append(((shared.X[test] - m.mean) / m.scale, shared.z[test] - m.z_mean))

    def one(number, outer, value, before):
        X, z = tests[number]
        u, after = fit(parts[number], outer, value, before)
        return float(np.mean((z - X @ u) ** 2)), after

    with one_blas_thread(), ThreadPoolExecutor(threads) as pool:

        def look(outer, value, before):
            before = [None] * len(parts) if before is None else before
            tasks = [(k, outer, value, start) for k, start in zip(numbers, before)]
            run = map if threads == 1 else pool.map
            errors, after = zip(*run(lambda task: one(*task), tasks))
            return np.array(errors), list(after)

        yield look


@dataclass(frozen=True)
class ExpressionModel:
    """ELA, or LA without `ridge`: what a search over them needs."""

    ridge: bool
    tol: float
    max_iter: int

    def axes(self, moments):
        """Return the path parameter and the outer parameters."""
        outer = (ridge_axis(EQUAL_RIDGE),) if self.ridge else ()
        return path_axis("lam1", largest_expression(moments)), outer

    def point(self, outer, value):
        """Return the lambdas of a point."""
        return {"lam1": value} | ({"lam2": 0.5 * value * outer[0]} if self.ridge else {})

    def fit(self, part, outer, value, before):
        """Fit a point, from the coefficients of the point before it."""
        lambdas = self.point(outer, value)
        limits = self.tol, before, self.max_iter
        b, *_ = fit_expression(part.moments, lambdas["lam1"], lambdas.get("lam2", 0.0), *limits)
        return b, b


@dataclass(frozen=True)
class NetworkModel:
    """Pro, or NW.P without `links`: what a search over them needs."""

    links: bool
    step: object  # step(moments, penalties, state) continues a `State` to a point
    penalties: Penalties  # conventions, and lam4 without `links`
    gap_tol: float  # relative duality gap of the networks that lines start from
    max_iter: int  # rounds per column of these networks

    def axes(self, moments):
        """Return the path parameter and the outer parameters."""
        outer = (edges_axis(largest_lam1(moments)), ridge_axis(NO_RIDGE))
        outer += (links_axis(),) if self.links else ()
        return path_axis("lam3", largest_expression(moments)), outer

    def point(self, outer, value):
        """Return the lambdas of a point."""
        lambdas = {"lam1": outer[0], "lam2": 0.5 * outer[0] * outer[1], "lam3": value}
        return lambdas | ({"lam4": outer[2]} if self.links else {})

    def fit(self, part, outer, value, before):
        """Fit a point, from the state of the point before it or the network alone."""
        pen = replace(self.penalties, **self.point(outer, value))
        if before is None:
            before = part.network(pen.lam1, pen.lam2, self.gap_tol, self.max_iter)
        self.step(part.moments, pen, before)
        return predictor(before), before


def search_lambdas(shared, model, budget=BUDGET, n_jobs=1):
    """Search the lambdas of a model on the folds of `shared` (a `SearchFolds`).

    Returns the points looked at as dicts of lambdas, in the order of the errors of `Found`, and
    what was `Found`.
    """
    path, axes = model.axes(shared.whole.moments)
    with errors_on(shared, model.fit, n_jobs) as look:
        found = Search(path, axes, look, budget).run()
    points = [
        model.point([axis.value(at) for axis, at in zip(axes, place)], path.value(place[-1]))
        for place in found.places
    ]
    return points, found
