"""Claim C8 under every reading: which genes each method selects where the truth is known.

Designs, data sets and rates are those of step 06. Every data set is fitted once on a grid, and every
rule chooses from it. The grid contains the point at which Pro's rates are those of the paper's table.
"""

from dataclasses import dataclass

import numpy as np

from pnetlib.steps.multiverse.candidates import METHODS, RULES, Grid, Model, inner_folds, try_all
from pnetlib.steps.simulation.compute import draw_data, rate_at
from pnetlib.steps.simulation.designs import ERROR, Design
from pnetlib.steps.simulation.recovery import selection_rates

DESIGN = ("graph", "TFs", "scenario", "acting")
SELECTED = ("theta", "B theta")
BOTH, FIXED = "both errors", "fixed"
TUNING = ("cross-validation", *RULES[1:], BOTH, FIXED)
FIXED_LAM1, FIXED_LAM3, FIXED_LAM4 = 0.4, 0.15, 1.0  # fractions of the largest, and a value
RATES = ("TP", "TN", "TP at equal TN")
GRID = Grid(
    (0.6, FIXED_LAM1, 0.2),
    (0.4, FIXED_LAM3, 0.07, 0.03, 0.01),
    (0.0, 0.3, FIXED_LAM4),
    (0.2, 0.5, 0.8),
    inner_folds=3,
)


@dataclass(frozen=True)
class Samples:
    """What `draw_data` needs of the sizes of step 06."""

    n_train: int
    n_test: int
    modules: int


def samples_of(sizes):
    """Return the `Samples` of step 06's sizes."""
    return Samples(sizes.n_train, sizes.n_test, sizes.modules)


def design_of(reading, modules):
    """Return the `Design` of a reading, a tuple of options of `DESIGN`."""
    graph, n_tfs, scenario, acting = reading
    return Design(graph, int(n_tfs), int(scenario), ERROR, acting, modules)


def select(samples, seed, reading, number):
    """Return the rates (methods, tuning, selected, `RATES`) of one data set as nested lists."""
    data = draw_data(design_of(reading, samples.modules), number, samples, seed)
    folds = inner_folds(len(data.z), GRID, seed + number)

    def kept(fit):
        return fit.u if fit.theta is None else fit.theta, fit.u

    options = {"keep": kept, "network_errors": True}
    tried = try_all(data.X, data.z, data.X[:1], folds, Model(), GRID, **options)
    relevant = (data.truth.relevant_by_theta, data.truth.relevant_by_u)
    found = np.empty((len(METHODS), len(TUNING), len(SELECTED), len(RATES)))
    for k, method in enumerate(METHODS):
        for j, index in enumerate(chosen(method, tried[method], data.z, folds)):
            for i, (importance, truth) in enumerate(zip(tried[method].kept[index], relevant)):
                rates = selection_rates(importance != 0, truth)
                at = rate_at(np.abs(importance), truth)
                found[k, j, i] = rates["TP"], rates["TN"], at
    return np.round(found, 6).tolist()


def chosen(method, tried, z, folds):
    """Return the index of the point that each rule of `TUNING` chooses."""
    errors = tried.fold_errors(z, folds) + tried.network_errors
    both = int(np.argmin(errors.mean(axis=0)))
    return [*tried.choices(z, folds).values(), both, fixed_point(method, tried.points)]


def fixed_point(method, points):
    """Return the index of the point nearest to the fixed one, whose fractions the grid has."""
    name = "lam1" if method in ("ELA", "LA") else "lam3"
    if method.startswith(("Pro", "NW.P")):
        lam1 = sorted({p["lam1"] for p in points}, reverse=True)[GRID.lam1.index(FIXED_LAM1)]
        inside = [k for k, p in enumerate(points) if p["lam1"] == lam1]
        lam4s = {points[k].get("lam4", 0.0) for k in inside}
        lam4 = min(lam4s, key=lambda value: abs(value - FIXED_LAM4))
        inside = [k for k in inside if points[k].get("lam4", 0.0) == lam4]
    else:
        inside = [k for k, p in enumerate(points) if p.get("lam2", 0.0) <= p["lam1"]]
    if name not in points[inside[0]]:
        return inside[0]
    largest = max(points[k][name] for k in inside)
    scale = largest / (0.5 if name == "lam1" else GRID.lam3[0])
    wanted = FIXED_LAM3 * scale
    return min(inside, key=lambda k: abs(np.log(points[k][name] / wanted)))
