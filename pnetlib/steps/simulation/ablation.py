"""Which component of Pro accounts for its selection: one component changed at a time.

Every variant is fitted to the same data, with lambdas chosen on the same inner folds and the same
grid as Pro: a search would look at other points for each variant.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold

from pnetlib.solvers.joint import Penalties, fit_joint, initial_signs, start_state, theta_step
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.paths import GAP_TOL, MAX_ITER, TOL, predictor
from pnetlib.solvers.search import GRID
from pnetlib.stats.intervals import student_interval
from pnetlib.steps.choice import choose, refit
from pnetlib.steps.simulation.compute import cell, draw_data, measure

# Variant: what is changed, in the order of tables and figures.
VARIANTS = {
    "Pro": "nothing",
    "lam4 = 0": "no link penalty",
    "lam4 > 0": "always a link penalty",
    "B fixed": "network first, then theta with the link penalty",
    "NW.P": "network first, no link penalty",
    "degree d": "effects scaled by the degree, not its square root",
    "sign fixed": "signs of theta fixed at the first estimate",
    "raw response": "response not divided by its standard deviation, so it weighs more",
}


@dataclass(frozen=True)
class Fit:
    """Options with which a variant is fitted along the path of Pro.

    `joint`: fit network and theta together, or else theta alone; `degree`: "sqrt" or "d".
    """

    joint: bool = True
    degree: str = "sqrt"
    fixed_sign: bool = False


FITS = {
    "B fixed": Fit(joint=False),
    "degree d": Fit(degree="d"),
    "sign fixed": Fit(fixed_sign=True),
}


def path(moments, points, fit):
    """Yield the state at each point; lam3 decreases within each lam1 and lam4.

    Points are dicts of lam1, lam3 and lam4 in the order of Pro's grid.
    """
    networks, signs, before, state = {}, {}, None, None
    for point in points:
        lam1, branch = point["lam1"], (point["lam1"], point["lam4"])
        if lam1 not in networks:
            near = list(networks.values())[-1] if networks else None
            networks[lam1] = start_state(moments, Penalties(lam1), GAP_TOL, 1, near)
        if branch != before:
            state, before = networks[lam1].copy(), branch
        pen = Penalties(lam1, 0.0, point["lam3"], point["lam4"], fit.degree)
        if fit.fixed_sign:
            key = (lam1, point["lam3"])  # the first estimate has no link penalty
            if key not in signs:
                signs[key] = initial_signs(moments, networks[lam1].copy(), pen)
            state.signs = signs[key]
        if fit.joint:
            fit_joint(moments, pen, state, tol=TOL, gap_tol=GAP_TOL, max_iter=MAX_ITER, n_jobs=1)
        else:
            theta_step(moments, state, pen, 1e-6 * TOL)
        yield state


def choose_along(X, z, points, fit, n_folds, seed):
    """Return the index of the point of smallest mean inner error, the first if several tie."""
    errors = []
    for train, test in KFold(n_folds, shuffle=True, random_state=seed).split(X):
        moments = Moments.of(X[train], z[train], n_jobs=1)
        unseen, left = (X[test] - moments.mean) / moments.scale, z[test] - moments.z_mean
        states = path(moments, points, fit)
        errors.append([np.mean((left - unseen @ predictor(state)) ** 2) for state in states])
    return int(np.argmin(np.mean(errors, axis=0)))


def refit_along(moments, points, index, fit):
    """Return predictor and state at one point, reached along the same path as in choosing."""
    branch = (points[index]["lam1"], points[index]["lam4"])
    part = [p for p in points[: index + 1] if (p["lam1"], p["lam4"]) == branch]
    state = list(path(moments, part, fit))[-1]
    return predictor(state), state


def restricted(choice, allowed):
    """Return the choice with Pro restricted to the points that `allowed` accepts."""
    accepted = np.array([allowed(point) for point in choice.points("Pro")])
    errors = np.where(accepted, choice.errors["Pro"], np.inf)
    return replace(choice, errors=choice.errors | {"Pro": errors})


def ablate(design, number, sizes, seed):
    """Fit every variant on one data set and compare it with the truth; one row per variant.

    The data set and the inner folds are those of `compute.replicate`, but lambdas are chosen on the
    grid.
    """
    data = draw_data(design, number, sizes, seed)
    tuning, folds_seed = replace(sizes.tuning, search=GRID), seed + number
    moments, choice = choose(data.X, data.z, tuning, folds_seed)
    points = choice.points("Pro")
    raw = replace(data, z=data.z * data.unit, z_new=data.z_new * data.unit, unit=1.0)

    def along(fit):
        index = choose_along(data.X, data.z, points, fit, tuning.inner_folds, folds_seed)
        return data, moments, *refit_along(moments, points, index, fit)

    def on_raw():
        own, chosen = choose(raw.X, raw.z, tuning, folds_seed)
        return raw, own, *refit(chosen, "Pro")

    def limited(allowed):
        return data, moments, *refit(restricted(choice, allowed), "Pro")

    makers: dict[str, Callable] = {
        "Pro": lambda: (data, moments, *refit(choice, "Pro")),
        "lam4 = 0": lambda: limited(lambda point: point["lam4"] == 0),
        "lam4 > 0": lambda: limited(lambda point: point["lam4"] > 0),
        "NW.P": lambda: (data, moments, *refit(choice, "NW.P")),
        "raw response": on_raw,
        **{name: (lambda fit=fit: along(fit)) for name, fit in FITS.items()},
    }
    return [
        {**cell(design), "replicate": number, "variant": variant, **measure(*makers[variant]())}
        for variant in VARIANTS
    ]


def changes(ablations, measures=("TP", "TN", "TP at TN 0.95")):
    """Return each variant minus Pro on the same data: mean and 95% interval.

    Columns: response, variant, measure, mean, low, high. Below 0 the variant has a lower rate.
    """
    rows = []
    for response, part in ablations.groupby("response", sort=False):
        for name in measures:
            wide = part.pivot(index=["scenario", "replicate"], columns="variant", values=name)
            for variant in list(VARIANTS)[1:]:
                mean, low, high = student_interval(wide[variant] - wide["Pro"])
                where = {"response": response, "variant": variant, "measure": name}
                rows.append(where | {"mean": mean, "low": low, "high": high})
    return pd.DataFrame(rows)
