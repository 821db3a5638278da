"""Rules for choosing the lambdas: smallest error, one standard error, information criteria.

In addition to the smallest cross-validated error (``CV``, the rule of notebook 02), three other
rules choose from the same grid in each training part:

- ``1-SE``: the simplest model whose error is within one standard error of the smallest (Breiman
  et al. 1984); the simplest has the fewest effects, then the fewest edges.
- ``BIC``: the smallest ``n log(RSS_z / n) + log(n) df``; for a model with a network the same terms
  of every gene are added, since its objective contains the genes' errors as well.
- ``EBIC``: BIC plus ``2 gamma log C(p, k)`` for every regression with k of p candidates (Chen and
  Chen, Biometrika 2008;95:759), gamma = 1/2.

Degrees of freedom: the active genes for a lasso (Zou, Hastie and Tibshirani, Annals of Statistics
2007;35:2173); ``tr(G_A (G_A + lam2 I)^-1)`` for an elastic net with active genes A; the sum over
the columns for a network. For the joint model (our choice, an approximation): those of theta with
B fixed, ``tr(H_A (H_A + 2 lam4 L_A)^-1)`` with H = B'GB and L the signed Laplacian of the links,
plus those of every column of B with theta fixed; that B was also chosen for the response is not
counted.

The same notebook compares the grids with the search of notebook 02 (`searches_beside`), and the
tolerances of the search with tighter ones (`check_tolerances`).
"""

import itertools
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.special import gammaln

from pnetlib.estimators import NetworkThenPredict, PredictiveNetwork
from pnetlib.estimators.model_selection import final_model
from pnetlib.execution.engine import Engine
from pnetlib.kernels.graph import degrees
from pnetlib.solvers.columns import MAX_ROUNDS
from pnetlib.solvers.joint import Penalties
from pnetlib.solvers.paths import (
    GAP_TOL,
    MAX_ITER,
    TOL,
    effects_step,
    joint_step,
    largest_lam1,
    predictor,
)
from pnetlib.solvers.search import network_chain
from pnetlib.stats.intervals import corrected_mean
from pnetlib.steps.choice import METHODS, NETWORK_METHODS, choose, training_folds
from pnetlib.steps.comparison.compute import concatenated, fold_errors, outer_folds, outer_parts

RULES = ("CV", "1-SE", "BIC", "EBIC")
GAMMA = 0.5
SEARCHES = ("grid", "zoom")
BOUND = 0.002  # inner error that tolerances should not change, in the units of squared z-scores
# Of Pro: gain per round, relative duality gap, rounds. NW.P has the gap alone.
TOLERANCES = {"usual": (TOL, GAP_TOL, MAX_ITER), "tight": (1e-6, 1e-6, 100)}


# Degrees of freedom -------------------------------------------------------------------------


def ridge_df(G, lam2):
    """Return ``tr(G (G + lam2 I)^-1)`` of a Gram matrix (k, k); k if lam2 is 0."""
    if lam2 == 0.0:
        return float(len(G))
    values = np.linalg.eigvalsh(G)
    return float(np.sum(values / (values + lam2)))


def expression_df(G, b, lam2):
    """Return the degrees of freedom of LA (lam2 = 0) or ELA with coefficients b (p,)."""
    active = np.flatnonzero(b)
    return ridge_df(G[np.ix_(active, active)], lam2)


def network_df(G, B, lam2=0.0):
    """Return the degrees of freedom of every column of a sparse network B (p, p)."""
    if lam2 == 0.0:
        return np.diff(B.indptr).astype(float)
    columns = (B.indices[start:stop] for start, stop in zip(B.indptr, B.indptr[1:]))
    return np.array([ridge_df(G[np.ix_(active, active)], lam2) for active in columns])


def effects_df(G, B, theta, lam4=0.0):
    """Return the degrees of freedom of theta (p,) with the network B fixed.

    The links act on |theta|; with fixed signs S they add ``2 lam4 S L S`` to the curvature, where
    L is the Laplacian normalised by the square roots of the degrees.
    """
    active = np.flatnonzero(theta)
    if lam4 == 0.0 or not active.size:
        return float(active.size)
    part = B[: G.shape[1], active]
    H = part.T @ (G[: G.shape[1]] @ part.toarray())
    d = degrees(B.indptr.astype(np.int64), B.indices.astype(np.int32), B.data)[active]
    size = abs(B[active][:, active]).toarray()
    root = np.sqrt(np.where(d > 0, d, np.inf))
    L = np.diag((d > 0).astype(float)) - 0.5 * (size + size.T) / np.outer(root, root)
    signs = np.sign(theta[active])
    return smoother_df(H + 2.0 * lam4 * signs[:, None] * L * signs, H)


def smoother_df(A, H):
    """Return ``tr(A^-1 H)`` of symmetric matrices (k, k); of the pseudo-inverse if A is singular."""
    try:
        found = float(np.trace(np.linalg.solve(A, H)))
    except np.linalg.LinAlgError:
        found = np.nan
    if 0.0 <= found <= len(A) * (1.0 + 1e-6):
        return found
    return float(np.trace(np.linalg.pinv(A, rcond=1e-10, hermitian=True) @ H))


# Criteria -----------------------------------------------------------------------------------


def log_choices(p, k):
    """Return ``log C(p, k)`` of numbers or arrays."""
    return gammaln(p + 1.0) - gammaln(k + 1.0) - gammaln(p - k + 1.0)


def criteria(n, errors, df, k, p):
    """Return BIC and EBIC of n cell lines, summed over one or more regressions.

    Of each regression: mean squared error in training, degrees of freedom, and numbers k of active
    genes and p of candidates.
    """
    k, p = np.asarray(k, float), np.asarray(p, float)
    bic = float(np.sum(n * np.log(np.asarray(errors)) + np.log(n) * np.asarray(df)))
    return bic, bic + float(2.0 * GAMMA * np.sum(log_choices(p, k)))


@dataclass(frozen=True)
class Fitted:
    """A method fitted at one grid point to a whole training part.

    Attributes
    ----------
    u : ndarray (p,)
        Predictor of standardised expression.
    effects, edges : int
        Numbers of nonzero coefficients of the response, and of the network (0 without one).
    bic, ebic : float
    """

    u: np.ndarray
    effects: int
    edges: int
    bic: float
    ebic: float


def describe(moments, point, u, state):
    """Return the `Fitted` of a predictor u, and of the state of a network method, at a point."""
    n, p = moments.n, len(moments.g)
    error = prediction_error(moments, u)
    if state is None:
        k = np.count_nonzero(u)
        df = expression_df(moments.G, u, point["lam2"])
        return Fitted(u, int(k), 0, *criteria(n, [error], [df], [k], [p]))
    errors, df, edges = network_terms(moments, state, point.get("lam2", 0.0))
    theta = state.theta
    effects = np.count_nonzero(theta)
    errors = np.append(errors, error)
    df = np.append(df, effects_df(moments.G, state.B.matrix(), theta, point.get("lam4", 0.0)))
    active, candidates = np.append(edges, effects), np.append(np.full(p, p - 1), p)
    bics = criteria(n, errors, df, active, candidates)
    return Fitted(u, int(effects), int(edges.sum()), *bics)


def prediction_error(moments, u):
    """Return the mean squared error in training of a predictor u (p,), 0 for what may not regulate."""
    r = moments.n_regulators
    own = u[:r]
    return moments.zz - 2.0 * float(own @ moments.g[:r]) + float(own @ moments.G[:r] @ own)


def network_terms(moments, state, lam2=0.0):
    """Return every gene's mean squared error in training, degrees of freedom and regulators (p,)."""
    G, B = moments.G, state.B.matrix()
    edges = np.diff(B.indptr)
    regulator, target = B.indices, np.repeat(np.arange(len(G)), edges)
    gains = B.data * (state.GB[target, regulator] - 2.0 * G[target, regulator])
    return 1.0 + np.bincount(target, gains, len(G)), network_df(G, B, lam2), edges


def fits_along(moments, choice):
    """Refit every method on all training lines along its path, as `refit` does.

    Returns method to a list of `Fitted`, in the order of its grid points.
    """
    return {
        method: [
            describe(moments, point, u, state)
            for point, (u, state) in zip(choice.points(method), choice.along(method))
        ]
        for method in METHODS
    }


# Rules --------------------------------------------------------------------------------------


def within_one_standard_error(errors):
    """Say which points have a mean error within one standard error of the smallest.

    `errors` is (n_folds, n_points); returns bool (n_points,).
    """
    mean = errors.mean(axis=0)
    best = int(np.argmin(mean))
    se = errors[:, best].std(ddof=1) / np.sqrt(len(errors))
    return mean <= mean[best] + se


def one_standard_error(errors, sizes):
    """Return the index of the simplest point within one standard error of the smallest error.

    `sizes`, tuples by point, are compared entry by entry; ties go to the smaller error, then to
    the first point.
    """
    mean = errors.mean(axis=0)
    allowed = np.flatnonzero(within_one_standard_error(errors))
    return int(min(allowed, key=lambda index: (sizes[index], mean[index], index)))


def choose_by(errors, fits):
    """Return the index of the point that each rule chooses."""
    sizes = [(fit.effects, fit.edges) for fit in fits]
    return {
        "CV": int(np.argmin(errors.mean(axis=0))),
        "1-SE": one_standard_error(errors, sizes),
        "BIC": int(np.argmin([fit.bic for fit in fits])),
        "EBIC": int(np.argmin([fit.ebic for fit in fits])),
    }


def held_out_rules(cohort, profile, seed, drug, fold):
    """Apply every rule to the training lines of one outer fold and test it on the others.

    Returns
    -------
    DataFrame, DataFrame
        One row per method and rule: drug, fold, method, rule, lambdas, effects, edges, ``error``
        on held-out lines, n_test, n_train, and the ``ends`` of the grid at which the choice lies;
        and Pro's inner error at every point, with lam1 and lam3 as fractions of the largest and
        lam4 as its value.
    """
    folds = outer_folds(cohort.expression.index, profile.outer_folds, 0, seed)
    (X, z), (X_new, z_new) = outer_parts(cohort, cohort.response[drug], profile, folds, fold)
    moments, choice = choose(X.to_numpy(), z.to_numpy(), profile, seed)
    new = (X_new.to_numpy() - moments.mean) / moments.scale
    where = {"drug": drug, "fold": fold}
    rows, fits = [], fits_along(moments, choice)
    for method in METHODS:
        points = choice.points(method)
        for rule, index in choose_by(choice.errors[method], fits[method]).items():
            fit, point = fits[method][index], points[index]
            error = np.mean((z_new.to_numpy() - moments.z_mean - new @ fit.u) ** 2)
            sizes = {"effects": fit.effects, "edges": fit.edges, "error": float(error)}
            lines = {"n_test": len(z_new), "n_train": len(z), "ends": grid_ends(points, point)}
            rows.append({**where, "method": method, "rule": rule, **point, **sizes, **lines})
    grid = itertools.product(profile.lam1, profile.lam4, profile.lam3)
    surface = pd.DataFrame(
        [where | {"lam1": lam1, "lam3": lam3, "lam4": lam4} for lam1, lam4, lam3 in grid]
    )
    return pd.DataFrame(rows), surface.assign(error=choice.errors["Pro"].mean(axis=0))


def grid_ends(points, point):
    """Name the lambdas at an end of their grid of three or more values, such as "lam1 max"."""
    ends = []
    for name, value in point.items():
        # The values of lam3 depend on lam1, so only points of the same lam1 are compared.
        values = [
            other[name]
            for other in points
            if name == "lam1" or other.get("lam1") == point.get("lam1")
        ]
        if name in ("lam1", "lam3") and len(set(values)) > 2:
            ends += [f"{name} min"] * (value == min(values))
            ends += [f"{name} max"] * (value == max(values))
    return ", ".join(ends)


def compare_rules(cohort, profile, seed, *, engine=None, stored=None, advance=None):
    """Return both tables of `held_out_rules` for all drugs and outer folds.

    `stored` has the tables of folds that were computed before.
    """
    tasks = list(itertools.product(cohort.response.columns, range(profile.outer_folds)))
    engine, shared = engine or Engine(threads=1), (cohort, profile, seed)
    stored = stored and stored.of(__name__, "rules", profile=asdict(profile), seed=seed)
    parts = engine.map(held_out_rules, tasks, shared, stored=stored, advance=advance)
    return concatenated(parts)


# A search beside the grid -------------------------------------------------------------------


def searches_beside(compared):
    """Return the errors of both ways to choose lambdas on the same outer folds, as one table.

    `compared` is "grid" and "zoom" to a `Comparison` on the same folds.

    Returns
    -------
    DataFrame
        One row per search, drug, fold and method: ``search``, the columns of
        `Comparison.choices`, ``error`` on held-out lines, n_test and n_train.
    """
    keys, tables = ["drug", "repeat", "fold"], []
    for search in SEARCHES:
        errors = fold_errors(compared[search].predictions, METHODS).reset_index()
        long = errors.melt([*keys, "n_test", "n_train"], METHODS, "method", "error")
        rows = compared[search].choices.merge(long, on=[*keys, "method"])
        rows.insert(0, "search", search)
        tables.append(rows)
    return pd.concat(tables, ignore_index=True)


def search_errors(rows):
    """Compare the search with the grid: held-out error of each and their difference.

    `rows` are those of `searches_beside`. The last rows, drug "all", average the drugs within each
    fold first.

    Returns
    -------
    DataFrame
        One row per drug and method: mean error with the ``grid`` and the ``zoom``; ``mean``, ``low``
        and ``high`` of the difference zoom minus grid (corrected 95 % interval over the folds).
    """
    values = ["error", "n_test", "n_train"]
    fold = ["search", "method", "repeat", "fold"]
    pooled = rows.groupby(fold, sort=False)[values].mean().reset_index().assign(drug="all")
    table = []
    for (drug, method), part in pd.concat([rows, pooled]).groupby(["drug", "method"], sort=False):
        wide = part.pivot(index=["repeat", "fold"], columns="search", values=values)
        error, sizes = wide["error"], [wide[name, "grid"] for name in values[1:]]
        stats = corrected_mean(error["zoom"] - error["grid"], *sizes)
        row = {"drug": drug, "method": method}
        row |= {search: float(error[search].mean()) for search in SEARCHES}
        table.append(row | {name: stats[name] for name in ("mean", "low", "high")})
    return pd.DataFrame(table)


# Tolerances of the search -------------------------------------------------------------------


def neighbours(point, rule):
    """Return a chosen point and those one finest step of the search away in each lambda."""
    ratio = 2.0 * point["lam2"] / point["lam1"]
    steps = {"lam1": rule.lam1_steps[1], "lam3": rule.path_steps[1], "lam4": rule.lam4_steps[1]}
    points = [dict(point)]
    for name, step in steps.items():
        for factor in (step, 1.0 / step):
            if point.get(name, 0.0) > 0.0:
                moved = point | {name: point[name] * factor}
                points.append(moved | {"lam2": 0.5 * moved["lam1"] * ratio})
    for factor in (rule.network_ridge_steps[1], 1.0 / rule.network_ridge_steps[1]):
        if point["lam2"] > 0.0:
            points.append(point | {"lam2": point["lam2"] * factor})
    return points


def tolerance_errors(cohort, profile, seed, force, drug, repeat, fold, method, point):
    """Return the inner errors of a chosen point and its neighbours at both tolerances.

    Every point is fitted to every inner fold from its network alone: with the tolerances of the
    search (``usual``), and until hardly anything changes (``tight``).

    Returns
    -------
    DataFrame
        One row per point: drug, repeat, fold, method, lambdas, mean inner error ``usual`` and
        ``tight``, and for the first point, the chosen one, and the points of smallest error, the
        ``held-out`` error.
    """
    folds = outer_folds(cohort.expression.index, profile.outer_folds, repeat, seed)
    (X, z), new = outer_parts(cohort, cohort.response[drug], profile, folds, fold, force)
    X, z, X_new, z_new = (part.to_numpy() for part in (X, z, *new))
    shared = training_folds(X, z, profile, seed)
    points = neighbours(point, profile.search)
    table = pd.DataFrame(points)
    for name, limits in TOLERANCES.items():
        step = joint_step(*limits) if method == "Pro" else effects_step
        errors = np.array([_inner_errors(shared, point, step, limits[1]) for point in points])
        table[name] = errors.mean(axis=1)
    best = sorted({int(table[name].argmin()) for name in TOLERANCES})
    plain = PredictiveNetwork if method == "Pro" else NetworkThenPredict
    for at in best:
        model = final_model(plain, points[at], n_jobs=1).fit(X, z)
        table.loc[at, "held-out"] = float(np.mean((z_new - model.predict(X_new)) ** 2))
    where = {"drug": drug, "repeat": repeat, "fold": fold, "method": method}
    return pd.DataFrame(where, table.index).join(table)


def _inner_errors(shared, point, step, gap_tol):
    """Return the error on every inner fold of a point fitted from its network alone."""
    pen, errors = Penalties(**point), []
    ridge = 2.0 * pen.lam2 / pen.lam1
    chain = network_chain(largest_lam1(shared.whole.moments), pen.lam1, ridge)
    for number, (_, test) in enumerate(shared.folds):
        part = shared.part(number)
        state = part.network(chain, (gap_tol, MAX_ROUNDS), np.inf)
        step(part.moments, pen, state)
        m = part.moments
        u = predictor(state)
        errors.append(
            np.mean((shared.z[test] - m.z_mean - (shared.X[test] - m.mean) / m.scale @ u) ** 2)
        )
    return errors


def check_tolerances(
    cohort, compared, profile, seed, drugs, force=(), *, engine=None, stored=None, advance=None
):
    """Return the table of `tolerance_errors` for the first outer part of the first `drugs` drugs.

    `compared` is the `Comparison` by the search of the profile; `stored` has the tables of parts
    that were computed before.
    """
    choices = compared.choices
    first = choices["drug"].isin(choices["drug"].unique()[:drugs])
    first &= (choices["repeat"] == 0) & (choices["fold"] == 0)
    chosen = choices[first & choices["method"].isin(NETWORK_METHODS)]
    names = ["lam1", "lam2", "lam3", "lam4"]
    tasks = [
        (row["drug"], row["repeat"], row["fold"], row["method"], row[names].dropna().to_dict())
        for _, row in chosen.iterrows()
    ]
    engine = engine or Engine(threads=1)
    shared = (cohort, profile, seed, tuple(force))
    content = {"profile": asdict(profile), "seed": seed, "force": list(force)}
    stored = stored and stored.of(__name__, "tolerances", **content)
    parts = engine.map(tolerance_errors, tasks, shared, stored=stored, advance=advance)
    return pd.concat(list(parts), ignore_index=True)


def tolerance_summary(table):
    """Summarise `check_tolerances` by method.

    Returns
    -------
    DataFrame
        Index method: number of ``points``; ``typical`` (median) and ``largest`` difference between
        the inner errors at both tolerances; share ``above`` `BOUND`; training ``parts`` and how many
        ``change`` their choice among these points; and ``held-out``, the mean change of the error on
        held-out lines that follows, tight minus usual.
    """
    rows = {}
    for method, part in table.groupby("method", sort=False):
        apart = (part["usual"] - part["tight"]).abs()
        changed, moved = 0, []
        for _, points in part.groupby(["drug", "repeat", "fold"], sort=False):
            usual, tight = (points.loc[points[name].idxmin()] for name in TOLERANCES)
            changed += int(usual.name != tight.name)
            moved.append(tight["held-out"] - usual["held-out"])
        rows[method] = {"points": len(part), "typical": apart.median(), "largest": apart.max()}
        rows[method] |= {"above": (apart > BOUND).mean(), "parts": len(moved), "change": changed}
        rows[method] |= {"held-out": float(np.mean(moved))}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")


def rule_errors(rows):
    """Compare every rule with the smallest inner error: error, difference, and model size.

    Returns
    -------
    DataFrame
        One row per method and rule of `compare_rules`: mean ``error`` over drugs and folds;
        ``mean``, ``low`` and ``high`` of its error minus that of CV (drugs averaged in each fold
        first; corrected 95 % interval); median ``effects`` and ``edges``; ``at an end``, the share
        of choices at an end of the grid of lam1 or lam3, beyond which the rule might have chosen
        otherwise.
    """
    table = []
    for method in METHODS:
        part = rows[rows["method"] == method]
        wide = part.pivot(index=["drug", "fold"], columns="rule", values="error")
        sizes = part[part["rule"] == "CV"].groupby("fold")[["n_test", "n_train"]].mean()
        for rule in RULES:
            here = part[part["rule"] == rule]
            difference = (wide[rule] - wide["CV"]).groupby(level="fold").mean()
            stats = corrected_mean(difference, sizes["n_test"], sizes["n_train"])
            row = {"method": method, "rule": rule, "error": float(here["error"].mean())}
            row |= {name: stats[name] for name in ("mean", "low", "high")}
            row |= {name: float(here[name].median()) for name in ("effects", "edges")}
            table.append(row | {"at an end": float((here["ends"] != "").mean())})
    return pd.DataFrame(table)


def mean_surface(surface):
    """Return Pro's inner error averaged over folds, and its excess over the drug's smallest (%)."""
    keys = ["drug", "lam4", "lam1", "lam3"]
    table = surface.groupby(keys, sort=False)["error"].mean().reset_index()
    lowest = table.groupby("drug")["error"].transform("min")
    return table.assign(above=100.0 * (table["error"] / lowest - 1.0))
