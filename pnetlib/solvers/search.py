"""Coarse-to-fine search of lambdas by cross-validated error, the same rule for every method.

Each method has one path parameter, along which fits are warm-started, and outer parameters. All
lie on logarithmic scales with 8 levels per factor of 2, counted from the strongest penalty. A line
is a path at fixed outer parameters; it is followed towards weaker penalties until the error has
risen. From the line at the start, the search looks at lines one step away in each outer parameter,
moves while the error falls, and then halves the steps. At last the path is refined around the
minimum. A line that is worse on the first half of the folds is abandoned there. The search ends only when the minimum lies inside the points looked at in every parameter
or at a stated end, unless its budget of points is used up before. The rule is this project's choice.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from numbers import Real

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
from pnetlib.words import shown

PER_FACTOR = 8  # levels per factor of 2
SAMPLED = 16  # of so many genes one is solved first, so that a network too dense costs little


@dataclass(frozen=True)
class SearchRule:
    """Every number of a search of lambdas; all are this project's choice.

    Steps are factors, ``2 ** (k / 8)`` with a whole number k from 1 on.

    Parameters
    ----------
    budget : int, default=120
        Number of points that each method may look at, at least 10; looking at a point means fitting
        it on every fold.
    reserve : int, default=8
        How many of these are kept for the end, to follow the best line further and refine it.
    rise : float, default=0.1
        How far the error must rise above the smallest error of a line to count as a clear rise, in
        standard errors of that smallest error over folds.
    patience : int, default=2
        Clear rises in a row that end the line of the minimum; another line ends at the first.
    race : float, default=0.0
        A line is abandoned after the first half of the folds (rounded down, at least one) if its
        error there exceeds that of the best line by more than this number of standard errors of the
        difference over cell lines; inf: every line is looked at on all folds.
    densest : float, default=1 / 3
        A network with more edges per gene than this share of the cell lines is too dense, where
        genes that may regulate outnumber cell lines.
    path_steps : (float, float), default=(2.0, 2.0**0.25)
        First and finest step along a line: lam1 of LA and ELA, lam3 of NW.P and Pro.
    ridge_steps : (float, float), default=(16.0, 4.0)
        Of ``2 lam2 / lam1`` of ELA.
    network_ridge_steps : (float, float), default=(16.0, 16.0)
        Of ``2 lam2 / lam1`` of NW.P and Pro, whose errors hardly depend on it.
    lam1_start : float, default=1 / 16
        Where the search of a network begins, relative to the smallest lam1 without edges.
    lam1_steps : (float, float), default=(2.0, 2.0**0.5)
        Of lam1 of NW.P and Pro.
    lam4_start : float, default=0.2
        Where the search of lam4 begins.
    lam4_steps : (float, float), default=(4.0, 4.0)
        Of lam4 of Pro.

    See Also
    --------
    PredictiveNetworkCV : Searches by such a rule, as the others that choose their lambdas do.

    Examples
    --------
    >>> from pnetlib import SearchRule
    >>> SearchRule(budget=200).budget
    200
    """

    budget: int = 120
    reserve: int = 8
    rise: float = 0.1
    patience: int = 2
    race: float = 0.0
    densest: float = 1 / 3
    path_steps: tuple = (2.0, 2.0**0.25)
    ridge_steps: tuple = (16.0, 4.0)
    network_ridge_steps: tuple = (16.0, 16.0)
    lam1_start: float = 1 / 16
    lam1_steps: tuple = (2.0, 2.0**0.5)
    lam4_start: float = 0.2
    lam4_steps: tuple = (4.0, 4.0)

    def __post_init__(self):
        for field in fields(self):
            name, value = field.name, getattr(self, field.name)
            if isinstance(field.default, tuple):
                _check_steps(name, value)
            else:
                _check_number(name, value, isinstance(field.default, int))


LEAST = {"budget": 10, "patience": 1}
POSITIVE = {"densest": np.inf, "lam1_start": 1.0, "lam4_start": 100.0}  # and at most these


def _check_steps(name, steps):
    finest, pair = 2.0 ** (1 / PER_FACTOR), isinstance(steps, tuple) and len(steps) == 2
    if not (pair and all(map(_is_number, steps)) and finest <= steps[1] <= steps[0] < np.inf):
        raise UsageError(
            f"{name} must be two factors, the larger one first and none below 2^(1/8), such as "
            f"16/4, not {shown(steps)}."
        )


def _check_number(name, value, whole):
    least, most = LEAST.get(name, 0), POSITIVE.get(name, np.inf)
    if not _is_number(value) or not least <= value <= most or (name in POSITIVE and value == 0):
        bounds = f"above 0{f' and at most {most:g}' * (most < np.inf)}"
        bounds = bounds if name in POSITIVE else f"of at least {least}"
        raise UsageError(f"{name} of the search must be a number {bounds}, not {shown(value)}.")
    if whole and value != int(value):
        raise UsageError(f"{name} of the search must be a whole number, not {shown(value)}.")


GRID, ZOOM = "grid", "zoom"


def read_rule(text):
    """Return "grid", or the `SearchRule` that a text describes.

    The text is "grid", "zoom", or numbers of the rule that differ from its defaults, such as
    ``"budget=200, race=inf, lam4_steps=16/4"``. Raises `UsageError` where it is something else.
    """
    if isinstance(text, SearchRule):
        return text
    if not isinstance(text, str):
        raise UsageError(f"search must be 'grid', 'zoom' or a SearchRule, not {shown(text)}.")
    text = text.strip()
    if text in (GRID, ZOOM):
        return SearchRule() if text == ZOOM else GRID
    given, known = {}, {field.name: field.default for field in fields(SearchRule)}
    for part in text.split(","):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in known:
            raise UsageError(
                f"search must be grid, zoom, or name=value with one of {', '.join(known)}; "
                f"{shown(part.strip())} is none of them."
            )
        try:
            numbers_given = tuple(map(float, value.split("/")))
        except ValueError:
            raise UsageError(f"{name} of search must be a number, not {shown(value)}.") from None
        if not isinstance(known[name], tuple) and len(numbers_given) == 1:
            (numbers_given,) = numbers_given
            if isinstance(known[name], int) and numbers_given.is_integer():
                numbers_given = int(numbers_given)
        given[name] = numbers_given
    return SearchRule(**given)


def _is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool) and not np.isnan(value)


EQUAL_RIDGE, NO_RIDGE = 80, 112  # levels of the ratios 1 and 0

INSIDE, EDGE = "inside", "edge"


class TooDense(UsageError):
    """A network does not reach its gap within its rounds, or has too many edges."""


class _Spent(Exception):
    """The budget of points is used up."""


# Parameters ---------------------------------------------------------------------------------


def levels_in(factor):
    """Return the number of levels in a factor, at least 1."""
    return max(round(PER_FACTOR * float(np.log2(factor))), 1)


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


def path_axis(name, largest, rule):
    """Return the path parameter: an L1 penalty from its largest value down to 1/4096 of it."""
    steps = map(levels_in, rule.path_steps)
    return Axis(name, largest or 1.0, PER_FACTOR, 96, *steps, ("largest value", "smallest value"))


def ridge_axis(start, factors):
    """Return the ridge penalty relative to the L1 penalty, ``2 lam2 / lam1``: from 1024 to 1/8, and 0.

    The share of the L1 penalty, as in scikit-learn, is 1 / (1 + this ratio): 0.001 at the largest.
    """
    steps = map(levels_in, factors)
    return Axis("ridge", 1024.0, start, NO_RIDGE, *steps, ("ridge limit", "0"), True)


def edges_axis(largest, rule):
    """Return lam1 of a network, from its largest value down to 1/4096 of it."""
    start, steps = round(-PER_FACTOR * np.log2(rule.lam1_start)), map(levels_in, rule.lam1_steps)
    return Axis("lam1", largest or 1.0, start, 96, *steps, ("no edges", "smallest value"))


def links_axis(rule):
    """Return lam4: from 100 down to 0.0005, and 0."""
    largest, steps = 100.0, map(levels_in, rule.lam4_steps)
    start = min(max(round(PER_FACTOR * np.log2(largest / rule.lam4_start)), 0), 144)
    return Axis("lam4", largest, start, 144, *steps, ("largest value", "0"), True)


# The search ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What a search looked at, in order, and what it chose.

    Attributes
    ----------
    places : list of tuple
        Levels of the outer parameters and of the path parameter at each point that was looked at
        on every fold.
    errors : ndarray (n_folds, n_points)
        Mean squared errors.
    index : int
        The chosen point: that of smallest mean error, the first of equals.
    report : dict
        ``points`` looked at on every fold, ``fits`` on single folds, ``budget`` in points, lines
        ``left`` after some folds, ``exhausted`` (bool) and ``parameters``: for each parameter
        its ``value``, the number of ``values`` looked at, the ``smallest`` and ``largest`` of them,
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
        ``look(outer, value, folds, before)`` returns the squared errors of the test lines (a list
        of arrays, one per fold) at a point, whose outer parameters are a tuple of values, and what
        the next point of the same line starts from (a list); `before` is the list of what the
        point before it returned for these folds, None at the first. It raises `TooDense` where
        there is no usable network.
    n_folds : int
        Number of folds.
    rule : SearchRule
        Numbers of the search.
    """

    def __init__(self, path, axes, look, n_folds, rule=SearchRule()):
        self.path, self.axes, self.rule, self.folds = path, tuple(axes), rule, range(n_folds)
        self._look, self._left = look, rule.budget * n_folds
        self._kept = min(rule.reserve, rule.budget // 2) * n_folds
        self._lines, self._dense, self._lost = {}, set(), set()
        self._raced = self.folds[: max(n_folds // 2, 1)] if np.isfinite(rule.race) else self.folds

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
            first = self._lowest(here) + self.path.step
            self._follow(here, first, self.rule.patience, self.folds)
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
            if there == here or not self._line(there, here):
                return here
            if not self._smallest(there) < self._smallest(here):
                return here
            here = there

    def _line(self, levels, here):
        """Look at a line once, near the minimum of the line `here`; False if it is no candidate."""
        if levels in self._lines or levels in self._dense | self._lost:
            return levels in self._lines
        step, folds, states = self.path.step, self.folds, {}
        first, self._lines[levels] = self.path.start, {}
        try:
            if here is not None:
                first = max(self._lowest(here) // step * step - step, 0)
                if len(self._raced) < len(folds):
                    states = self._follow(levels, first, 1, self._raced, states, here)
                    self._extend(levels, self._raced)
                    if self._loses(levels, here):
                        self._lost.add(levels)
                        del self._lines[levels]
                        return False
                    first = min(self._lines[levels])
            self._follow(levels, first, 1 if here else self.rule.patience, folds, states)
            self._extend(levels, folds)
        except TooDense:
            self._dense.add(levels)
            del self._lines[levels]
            return False
        return True

    def _extend(self, levels, folds):
        """Follow a line from stronger penalties, while its minimum is at its first point."""
        step, known = self.path.step, self._lines[levels]
        while (low := self._lowest(levels, folds)) > 0 and low - step not in known:
            self._follow(levels, max(low - 2 * step, 0), np.inf, folds)

    def _loses(self, levels, here):
        """Return whether a line is clearly above the line `here` on the folds of the race."""
        mine = self._lines[levels][self._lowest(levels, self._raced)]
        best = self._lines[here][self._lowest(here)]
        excess = np.concatenate([mine[k] - best[k] for k in self._raced])
        spread = excess.std(ddof=1) / np.sqrt(excess.size) if excess.size > 1 else np.inf
        return excess.mean() > self.rule.race * spread

    def _follow(self, levels, first, patience, folds, states=None, here=None):
        """Follow a line from a level on, until its error has risen or known points are reached.

        `states` are what fits start from, by fold. In a race, the line `here` says what a clear rise
        is. Returns the states of the last point.
        """
        rises, states, line = 0, dict(states or {}), self._lines[levels]
        for level in range(first, self.path.last + 1, self.path.step):
            if self._missing(line, level, folds):
                self._point(levels, level, folds, states)
            else:
                return states
            low = self._lowest(levels, folds)
            rise = self._mean(levels, level, folds) - self._mean(levels, low, folds)
            clear = self._clear_rise(here or levels, self.folds if here else folds)
            rises = rises + 1 if rise > clear else 0
            if rises == patience:
                break
        return states

    def _clear_rise(self, levels, folds):
        line = self._lines[levels][self._lowest(levels, folds)]
        errors = np.array([line[k].mean() for k in folds])
        return (
            self.rule.rise * errors.std(ddof=1) / np.sqrt(len(errors)) if len(errors) > 1 else 0.0
        )

    def _refine(self, levels):
        """Halve the step along the path around the minimum of a line."""
        step = self.path.step
        while step > self.path.finest:
            step = max(step // 2, self.path.finest)
            low, states = self._lowest(levels), {}
            for level in (low - step, low + step):
                if 0 <= level <= self.path.last:
                    self._point(levels, level, self.folds, states)

    @staticmethod
    def _missing(line, level, folds):
        """Return the folds on which a point was not looked at yet."""
        return [k for k in folds if k not in line.get(level, {})]

    def _point(self, levels, level, folds, states):
        """Look at a point on the folds where it is missing; `states` are replaced by the new ones."""
        missing = self._missing(self._lines[levels], level, folds)
        if self._left - len(missing) < self._kept:
            raise _Spent
        outer = tuple(axis.value(at) for axis, at in zip(self.axes, levels))
        before = [states.get(k) for k in missing]
        squares, after = self._look(outer, self.path.value(level), missing, before)
        self._left -= len(missing)
        states.update(zip(missing, after))
        self._lines[levels].setdefault(level, {}).update(zip(missing, squares))

    def _mean(self, levels, level, folds=None):
        line = self._lines[levels][level]
        return float(np.mean([line[k].mean() for k in (folds or self.folds)]))

    def _lowest(self, levels, folds=None):
        """Return the level of smallest mean error on a line, the first looked at of equals."""
        folds, line = folds or self.folds, self._lines[levels]
        whole = [level for level in line if not self._missing(line, level, folds)]
        return min(whole, key=lambda level: self._mean(levels, level, folds))

    def _smallest(self, levels):
        return self._mean(levels, self._lowest(levels))

    def _points(self):
        """Return the places that were looked at on every fold."""
        return [
            (*levels, level)
            for levels, line in self._lines.items()
            for level in line
            if not self._missing(line, level, self.folds)
        ]

    def _best_line(self):
        whole = dict.fromkeys(place[:-1] for place in self._points())
        return min(whole, key=self._smallest)

    def _found(self, exhausted):
        places = self._points()
        lines = [self._lines[place[:-1]][place[-1]] for place in places]
        errors = np.array([[line[k].mean() for line in lines] for k in self.folds])
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
        report = {
            "points": len(places),
            "fits": self.rule.budget * len(self.folds) - self._left,
            "budget": self.rule.budget,
            "left": len(self._lost),
            "exhausted": exhausted,
        }
        return Found(places, errors, index, report | {"parameters": parameters})

    def _place(self, places, chosen, number, axis):
        """Say where the choice lies among the values with the same other outer parameters."""
        fixed = [k for k in range(len(self.axes)) if k != number]

        def beside(places):
            return {p[number] for p in places if all(p[k] == chosen[k] for k in fixed)}

        level, looked, dense = chosen[number], beside(places), set()
        if number < len(self.axes):
            looked, dense = looked | beside(self._lost), beside(self._dense)
        if level == 0 or level == axis.last:
            return f"end: {axis.ends[level > 0]}"
        if min(looked) < level < max(looked):
            return INSIDE
        if min(looked | dense) < level < max(looked | dense):
            return "end: too dense"
        return EDGE


# Fits of the folds --------------------------------------------------------------------------


class SearchPart(TrainingPart):
    """The moments of some training lines and their networks, each computed once.

    Networks are stored without their products with the Gram matrix, which are formed again.
    """

    def __init__(self, moments):
        super().__init__(moments)
        self._products = None, None

    def network(self, lambdas, limits, densest):
        """Return a network alone (a new `State`); raise `TooDense` if it is not usable.

        Parameters
        ----------
        lambdas : sequence of (float, float)
            (lam1, lam2) of the network, the last, and of those before it from which it is started:
            what comes out follows from this sequence, whatever was computed earlier.
        limits : (float, int)
            Relative duality gap to reach, and rounds per column at most.
        densest : float
            Most edges per gene, relative to the cell lines, where regulators outnumber these.
        """
        G, warm = self.moments.G, None
        for number, pair in enumerate(lambdas, 1):
            key = (*lambdas[:number], limits, densest)
            if key not in self._networks:
                self._networks[key] = self._started(pair, warm, limits, densest)
            warm = self._networks[key]
            if warm is None or warm.gaps.max(initial=0.0) > limits[0]:
                raise TooDense
        if self._products[0] != key:  # those of the last network asked for are stored
            self._products = key, gram_times(G, warm.B, 1)
        return replace(warm, GB=self._products[1].copy(), theta=warm.theta.copy(), trace=[])

    def _started(self, pair, warm, limits, densest):
        """Return a network started from another one, without products; None if it is too dense."""
        start = Columns.empty(len(self.moments.G)) if warm is None else warm.B
        n, r = self.moments.n, self.moments.n_regulators
        if r > n and self._sampled_edges(pair, start, limits) > max(densest * n, 1.0):
            return None  # fewer regulators than cell lines determine a network however dense it is
        if warm is not None:
            warm = replace(warm, GB=gram_times(self.moments.G, start, 1))
        state = start_state(self.moments, Penalties(*pair), limits[0], 1, warm, limits[1])
        return replace(state, GB=None)

    def _sampled_edges(self, pair, start, limits):
        """Return the mean number of edges of every 16th gene, as a target."""
        G, (lam1, lam2), (gap_tol, max_iter) = self.moments.G, pair, limits
        others = np.arange(len(G)) % SAMPLED > 0
        sample = G, np.full(G.shape[1], 0.5 * lam1), lam2, start, gap_tol
        options = {"max_iter": max_iter, "K": self.moments.K, "fixed": others, "n_jobs": 1}
        B, _ = solve_network(*sample, **options)
        edges = np.diff(B.indptr)[~others]
        return edges.mean() if edges.size else 0.0


class SearchFolds(TrainingFolds):
    """A set of training lines and its folds for searches that share moments and networks."""

    def part(self, number):
        """Return the training part of a fold, which is stored."""
        if number not in self._parts:
            self._parts[number] = SearchPart(super().part(number).moments)
        return self._parts[number]


@contextmanager
def squares_on(shared, fit, n_jobs=1):
    """Yield a function that fits a point on folds and returns squared errors, as `Search` needs.

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
        return (z - X @ u) ** 2, after

    with one_blas_thread(), ThreadPoolExecutor(threads) as pool:

        def look(outer, value, folds, before):
            tasks = [(k, outer, value, start) for k, start in zip(folds, before)]
            run = map if threads == 1 else pool.map
            squares, after = zip(*run(lambda task: one(*task), tasks))
            return list(squares), list(after)

        yield look


@dataclass(frozen=True)
class ExpressionModel:
    """ELA, or LA without `ridge`: what a search over them needs."""

    ridge: bool
    tol: float
    max_iter: int

    def axes(self, moments, rule):
        """Return the path parameter and the outer parameters."""
        outer = (ridge_axis(EQUAL_RIDGE, rule.ridge_steps),) if self.ridge else ()
        return path_axis("lam1", largest_expression(moments), rule), outer

    def point(self, outer, value):
        """Return the lambdas of a point."""
        return {"lam1": value} | ({"lam2": 0.5 * value * outer[0]} if self.ridge else {})

    def fits(self, rule, moments):
        """Return the function that fits a point, from the coefficients of the point before it."""

        def fit(part, outer, value, before):
            lambdas = self.point(outer, value)
            limits = self.tol, before, self.max_iter
            b, *_ = fit_expression(part.moments, lambdas["lam1"], lambdas.get("lam2", 0.0), *limits)
            return b, b

        return fit


@dataclass(frozen=True)
class NetworkModel:
    """Pro, or NW.P without `links`: what a search over them needs."""

    links: bool
    step: object  # step(moments, penalties, state) continues a `State` to a point
    penalties: Penalties  # conventions, and lam4 without `links`
    gap_tol: float  # relative duality gap of the networks that lines start from
    max_iter: int  # rounds per column of these networks

    def axes(self, moments, rule):
        """Return the path parameter and the outer parameters."""
        ridge = ridge_axis(NO_RIDGE, rule.network_ridge_steps)
        outer = (edges_axis(largest_lam1(moments), rule), ridge)
        outer += (links_axis(rule),) if self.links else ()
        return path_axis("lam3", largest_expression(moments), rule), outer

    def point(self, outer, value):
        """Return the lambdas of a point."""
        lambdas = {"lam1": outer[0], "lam2": 0.5 * outer[0] * outer[1], "lam3": value}
        return lambdas | ({"lam4": outer[2]} if self.links else {})

    def fits(self, rule, moments):
        """Return the function that fits a point, from the state before it or the network alone."""
        largest, limits = largest_lam1(moments), (self.gap_tol, self.max_iter)

        def fit(part, outer, value, before):
            pen = replace(self.penalties, **self.point(outer, value))
            if before is None:
                before = part.network(network_chain(largest, *outer[:2]), limits, rule.densest)
            self.step(part.moments, pen, before)
            return predictor(before), before

        return fit


def network_chain(largest, lam1, ridge):
    """Return (lam1, lam2) of a network and of those that it is started from, the strongest first.

    They are the networks without ridge at 1/8, 1/16 and so on of the largest lam1, down to the
    last above lam1, and at lam1 itself. A dense network costs less from there than from nothing.
    """
    halves = 2.0 ** -np.arange(3, 13) * (largest or 1.0)
    chain = [(float(half), 0.0) for half in halves if half > lam1] + [(lam1, 0.0)]
    return chain if ridge == 0.0 else [*chain, (lam1, 0.5 * lam1 * ridge)]


def search_lambdas(shared, model, rule=SearchRule(), n_jobs=1):
    """Search the lambdas of a model on the folds of `shared` (a `SearchFolds`) by a `SearchRule`.

    Returns the points looked at on every fold as dicts of lambdas, in the order of the errors of
    `Found`, and what was `Found`.
    """
    path, axes = model.axes(shared.whole.moments, rule)
    fit = model.fits(rule, shared.whole.moments)
    with squares_on(shared, fit, n_jobs) as look:
        found = Search(path, axes, look, len(shared.folds), rule).run()
    points = [
        model.point([axis.value(at) for axis, at in zip(axes, place)], path.value(place[-1]))
        for place in found.places
    ]
    return points, found
