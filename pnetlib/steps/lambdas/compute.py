"""The choice of lambdas: smallest error, one standard error, and information criteria.

Beside the smallest cross-validated error (``CV``, what notebook 02 does) each training part gives
three other choices on the same grid:

- ``1-SE``: the simplest model whose error is within one standard error of the smallest (Breiman
  et al. 1984); simplest is the one with the fewest effects, then the fewest edges.
- ``BIC``: smallest ``n log(RSS_z / n) + log(n) df`` and, for a model with a network, the same of
  every gene added, since its objective has the genes' errors beside the response's.
- ``EBIC``: BIC plus ``2 gamma log C(p, k)`` for every regression with k of p candidates (Chen and
  Chen, Biometrika 2008;95:759), gamma = 1/2.

Degrees of freedom: the active genes for a lasso (Zou, Hastie and Tibshirani, Annals of Statistics
2007;35:2173); ``tr(G_A (G_A + lam2 I)^-1)`` for an elastic net with active genes A; their sum over
the columns for a network. For the joint model (ours, an approximation): those of theta with B held,
``tr(H_A (H_A + 2 lam4 L_A)^-1)`` with H = B'GB and L the signed Laplacian of the links, and those
of every column of B with theta held, added; that B was also chosen for the response is not counted.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import gammaln

from pnetlib.kernels.graph import degrees
from pnetlib.stats.intervals import corrected_mean
from pnetlib.steps.choice import METHODS, choose
from pnetlib.steps.comparison.compute import outer_folds
from pnetlib.steps.drugs.compute import side_by_side
from pnetlib.steps.sizes import PROFILES, with_genes

RULES = ("CV", "1-SE", "BIC", "EBIC")
GAMMA = 0.5


def profile_named(name, n_genes=0, fraction=0.0, cohort=None):
    """Folds and grid of this comparison of rules: one repeat, fewer points than notebook 02."""
    profile = PROFILES[name]
    if name == "standard":
        profile = replace(
            profile, repeats=1, lam1=(0.1, 0.05), lam3=(0.4, 0.2, 0.1, 0.05), lam4=(0.0, 0.3)
        )
    elif name == "paper":
        profile = replace(PROFILES["standard"], repeats=1, lam4=(0.0, 0.1, 1.0))
    return with_genes(profile, n_genes, fraction, cohort)


# Degrees of freedom -------------------------------------------------------------------------


def ridge_df(G, lam2):
    """``tr(G (G + lam2 I)^-1)`` of a Gram matrix (k, k); k where lam2 is 0."""
    if lam2 == 0.0:
        return float(len(G))
    values = np.linalg.eigvalsh(G)
    return float(np.sum(values / (values + lam2)))


def expression_df(G, b, lam2):
    """Degrees of freedom of LA (lam2 = 0) and ELA with coefficients b (p,)."""
    active = np.flatnonzero(b)
    return ridge_df(G[np.ix_(active, active)], lam2)


def network_df(G, B, lam2=0.0):
    """Degrees of freedom of every column of a sparse network B (p, p)."""
    if lam2 == 0.0:
        return np.diff(B.indptr).astype(float)
    columns = (B.indices[start:stop] for start, stop in zip(B.indptr, B.indptr[1:]))
    return np.array([ridge_df(G[np.ix_(active, active)], lam2) for active in columns])


def effects_df(G, B, theta, lam4=0.0):
    """Degrees of freedom of theta (p,) with the network B held.

    The links act on |theta|; with signs S held they add ``2 lam4 S L S`` to the curvature, L the
    Laplacian with degrees scaled by their roots.
    """
    active = np.flatnonzero(theta)
    if lam4 == 0.0 or not active.size:
        return float(active.size)
    part = B[:, active]
    H = part.T @ (G @ part.toarray())
    d = degrees(B.indptr.astype(np.int64), B.indices.astype(np.int32), B.data)[active]
    size = abs(B[active][:, active]).toarray()
    root = np.sqrt(np.where(d > 0, d, np.inf))
    L = np.diag((d > 0).astype(float)) - 0.5 * (size + size.T) / np.outer(root, root)
    signs = np.sign(theta[active])
    return float(np.trace(np.linalg.solve(H + 2.0 * lam4 * signs[:, None] * L * signs, H)))


# Criteria -----------------------------------------------------------------------------------


def log_choices(p, k):
    """``log C(p, k)``, of numbers or arrays."""
    return gammaln(p + 1.0) - gammaln(k + 1.0) - gammaln(p - k + 1.0)


def criteria(n, errors, df, k, p):
    """BIC and EBIC of one or more regressions of n lines, added.

    Parameters
    ----------
    n : int
        Lines.
    errors, df, k, p : array_like
        Mean squared error in training, degrees of freedom, active genes and candidates of each.

    Returns
    -------
    float, float
    """
    k, p = np.asarray(k, float), np.asarray(p, float)
    bic = float(np.sum(n * np.log(np.asarray(errors)) + np.log(n) * np.asarray(df)))
    return bic, bic + float(2.0 * GAMMA * np.sum(log_choices(p, k)))


@dataclass(frozen=True)
class Fitted:
    """A method at one grid point on a whole training part.

    Attributes
    ----------
    u : ndarray (p,)
        Predictor of standardised expression.
    effects, edges : int
        Coefficients of the response that are not 0, and of the network (0 without one).
    bic, ebic : float
    """

    u: np.ndarray
    effects: int
    edges: int
    bic: float
    ebic: float


def describe(moments, point, u, state):
    """The `Fitted` of a predictor u at a point, and of the state of a network method."""
    G, g, n, p = moments.G, moments.g, moments.n, len(moments.g)
    error = moments.zz - 2.0 * float(u @ g) + float(u @ G @ u)
    if state is None:
        k = np.count_nonzero(u)
        df = expression_df(G, u, point["lam2"])
        return Fitted(u, int(k), 0, *criteria(n, [error], [df], [k], [p]))
    B, theta = state.B.matrix(), state.theta
    edges = np.diff(B.indptr)
    regulator, target = B.indices, np.repeat(np.arange(p), edges)
    gains = B.data * (state.GB[target, regulator] - 2.0 * G[target, regulator])
    errors = 1.0 + np.bincount(target, gains, p)
    effects = np.count_nonzero(theta)
    df = effects_df(G, B, theta, point.get("lam4", 0.0))
    return Fitted(
        u,
        int(effects),
        int(edges.sum()),
        *criteria(
            n,
            np.append(errors, error),
            np.append(network_df(G, B), df),
            np.append(edges, effects),
            np.append(np.full(p, p - 1), p),
        ),
    )


def fits_along(moments, choice):
    """Every method refitted on all training lines, once along its paths.

    Returns
    -------
    dict
        Method to a list of `Fitted`, in the order of its grid points; the same fits as
        `choice.refit` gives.
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
    """Which points have a mean error within one standard error of the smallest.

    Parameters
    ----------
    errors : ndarray (n_folds, n_points)

    Returns
    -------
    ndarray of bool (n_points,)
    """
    mean = errors.mean(axis=0)
    best = int(np.argmin(mean))
    se = errors[:, best].std(ddof=1) / np.sqrt(len(errors))
    return mean <= mean[best] + se


def one_standard_error(errors, sizes):
    """Index of the simplest point within one standard error of the smallest mean error.

    Parameters
    ----------
    errors : ndarray (n_folds, n_points)
    sizes : sequence of tuple
        Size of the model at each point, compared entry by entry; of equals the one of smaller
        error, then the first.
    """
    mean = errors.mean(axis=0)
    allowed = np.flatnonzero(within_one_standard_error(errors))
    return int(min(allowed, key=lambda index: (sizes[index], mean[index], index)))


def choose_by(errors, fits):
    """Index of the point that each rule chooses."""
    sizes = [(fit.effects, fit.edges) for fit in fits]
    return {
        "CV": int(np.argmin(errors.mean(axis=0))),
        "1-SE": one_standard_error(errors, sizes),
        "BIC": int(np.argmin([fit.bic for fit in fits])),
        "EBIC": int(np.argmin([fit.ebic for fit in fits])),
    }


def held_out_rules(cohort, drug, profile, seed, fold):
    """One outer fold: every rule's choice on the training lines, its error on the others.

    Returns
    -------
    DataFrame, DataFrame
        One row a method and rule: drug, fold, method, rule, lambdas, effects, edges, ``error`` on
        unseen lines, n_test, n_train, and at which ``ends`` of the grid the choice lies; and Pro's
        inner error at every point, lambdas as fractions of the grid's (lam1, lam3) and as they
        are (lam4).
    """
    lines = cohort.lines_for(drug)
    z = cohort.response.loc[lines, drug]
    folds = outer_folds(cohort.expression.index, profile.outer_folds, 0, seed).loc[lines]
    train, test = lines[folds != fold], lines[folds == fold]
    genes = cohort.top_genes(profile.n_genes, lines=train)
    moments, choice = choose(
        cohort.expression.loc[train, genes].to_numpy(), z[train].to_numpy(), profile, seed
    )
    X = (cohort.expression.loc[test, genes].to_numpy() - moments.mean) / moments.scale
    rows, fits = [], fits_along(moments, choice)
    for method in METHODS:
        points = choice.points(method)
        for rule, index in choose_by(choice.errors[method], fits[method]).items():
            fit, point = fits[method][index], points[index]
            left = z[test].to_numpy() - moments.z_mean - X @ fit.u
            rows.append(
                {
                    "drug": drug,
                    "fold": fold,
                    "method": method,
                    "rule": rule,
                    **point,
                    "effects": fit.effects,
                    "edges": fit.edges,
                    "error": float(np.mean(left**2)),
                    "n_test": len(test),
                    "n_train": len(train),
                    "ends": grid_ends(points, point),
                }
            )
    surface = pd.DataFrame(
        [
            {"drug": drug, "fold": fold, "lam1": lam1, "lam3": lam3, "lam4": lam4}
            for lam1 in profile.lam1
            for lam4 in profile.lam4
            for lam3 in profile.lam3
        ]
    )
    return pd.DataFrame(rows), surface.assign(error=choice.errors["Pro"].mean(axis=0))


def grid_ends(points, point):
    """Names of the lambdas at an end of their grid of three or more, such as "lam1 max"."""
    ends = []
    for name, value in point.items():
        # The grid of lam3 is finer for one lam1 than another, so that only its own counts.
        values = [
            other[name]
            for other in points
            if name == "lam1" or other.get("lam1") == point.get("lam1")
        ]
        if name in ("lam1", "lam3") and len(set(values)) > 2:
            ends += [f"{name} min"] * (value == min(values))
            ends += [f"{name} max"] * (value == max(values))
    return ", ".join(ends)


def compare_rules(cohort, profile, seed, *, n_jobs=None, advance=None):
    """`held_out_rules` for every drug and outer fold; both tables."""
    tasks = [
        (drug, fold) for drug in cohort.response.columns for fold in range(profile.outer_folds)
    ]

    def one(drug, fold):
        return held_out_rules(cohort, drug, profile, seed, fold)

    parts = side_by_side(one, tasks, n_jobs, advance)
    return tuple(pd.concat(tables, ignore_index=True) for tables in zip(*parts))


def rule_errors(rows):
    """Every rule beside the smallest error: error, difference with interval, and sizes.

    Parameters
    ----------
    rows : DataFrame
        Of `compare_rules`.

    Returns
    -------
    DataFrame
        One row a method and rule: ``error`` over drugs and folds; ``mean``, ``low`` and ``high``
        of its error less that of CV (drugs averaged in each fold first; corrected 95 % interval);
        median ``effects`` and ``edges``; ``at an end``, the share of choices at an end of the grid
        of lam1 or lam3, where the rule might have gone further.
    """
    table = []
    for method in METHODS:
        part = rows[rows["method"] == method]
        wide = part.pivot(index=["drug", "fold"], columns="rule", values="error")
        sizes = part[part["rule"] == "CV"].groupby("fold")[["n_test", "n_train"]].mean()
        for rule in RULES:
            here = part[part["rule"] == rule]
            apart = (wide[rule] - wide["CV"]).groupby(level="fold").mean()
            stats = corrected_mean(apart, sizes["n_test"], sizes["n_train"])
            table.append(
                {
                    "method": method,
                    "rule": rule,
                    "error": float(here["error"].mean()),
                    **{name: stats[name] for name in ("mean", "low", "high")},
                    "effects": float(here["effects"].median()),
                    "edges": float(here["edges"].median()),
                    "at an end": float((here["ends"] != "").mean()),
                }
            )
    return pd.DataFrame(table)


def mean_surface(surface):
    """Pro's inner error averaged over the folds, and how far above the drug's smallest (%)."""
    keys = ["drug", "lam4", "lam1", "lam3"]
    table = surface.groupby(keys, sort=False)["error"].mean().reset_index()
    lowest = table.groupby("drug")["error"].transform("min")
    return table.assign(above=100.0 * (table["error"] / lowest - 1.0))
