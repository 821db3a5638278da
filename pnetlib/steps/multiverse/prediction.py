"""Claims on prediction (C1, C2) and on markers (C3): the fits of every reading.

A reading of the fits is a combination of the data, the genes and the joint model. For each one,
every method is fitted on a grid to the training lines of an outer fold (C1, C2), and Pro to all lines of a
drug (C3); how lambdas are chosen, what is reported and who judges are then read from the same fits.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from pnetlib.kernels.graph import degrees
from pnetlib.paper.markers import MARKERS
from pnetlib.solvers.joint import Penalties, fit_joint, initial_signs
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.paths import GAP_TOL, MAX_ITER, TOL, TrainingPart
from pnetlib.steps.comparison.compute import outer_folds
from pnetlib.steps.multiverse.candidates import METHODS, RULES, Model, inner_folds, try_all
from pnetlib.steps.multiverse.data import DATA, exchanged
from pnetlib.steps.multiverse.packed import pack

FIT = (*DATA, "genes", "degree", "signs", "coupling", "ridge", "prediction", "regulators")
CHOSEN = (*RULES, "test lines")  # how the point of a stored prediction was chosen
RANKS = ("theta root d", "theta", "B theta", "not zero")
OUTER = 5  # outer folds, of which a profile computes the first ones
UNIT = 2.0**-12  # of stored predictions, in standard deviations of the response


@dataclass(frozen=True)
class Task:
    """What all fits of readings share.

    Attributes
    ----------
    material : Material
    grid : Grid
    seed : int
    n_genes : int
        Genes of the default reading.
    """

    material: object
    grid: object
    seed: int
    n_genes: int


def gene_count(option, n_genes, stored):
    """Return how many genes of largest variance an option of "genes" takes."""
    if option.endswith("%"):
        return max(2, min(stored, round(float(option[:-1]) / 100 * stored)))
    return min(n_genes, stored)


def model_of(options, n_regulators):
    """Return the `Model` of a reading."""
    return Model(
        degree="d" if options["degree"] == "degree" else "sqrt",
        coupling=options["coupling"],
        fixed_signs=options["signs"] == "initial",
        ridge=options["ridge"] == "tuned",
        n_regulators=n_regulators,
    )


def problem_of(task, options, cohort, drug, train, z):
    """Return genes, the model and the unit of the response for some training lines."""
    force = [g for g in MARKERS if g in cohort.expression.columns]
    force = force if options["genes"] == "markers forced" else ()
    count = gene_count(options["genes"], task.n_genes, cohort.expression.shape[1])
    genes = cohort.top_genes(count, lines=train, force=force)
    n_regulators = None
    if options["regulators"] == "TFs":
        allowed = genes.isin(task.material.tfs)
        if allowed.any():
            genes, n_regulators = genes[allowed].append(genes[~allowed]), int(allowed.sum())
    raw = options["prediction"] == "raw"
    unit = task.material.unit_of(options, drug) / float(np.std(z)) if raw else 1.0
    return genes, model_of(options, n_regulators), unit


def response_of(cohort, drug, keys):
    """Return the measured responses to a drug, exchanged within tissues where keys are given."""
    z = cohort.response[drug]
    if keys is not None:
        z = pd.Series(z.to_numpy()[exchanged(cohort, keys)], z.index)
    return z.dropna()


def held_out(task, reading, drug, fold, keys=None):
    """Fit all methods on the training lines of an outer fold and predict all lines.

    Parameters
    ----------
    task : Task
    reading : tuple of str
        Options of `FIT`.
    drug : str
    fold : int
    keys : Series, optional
        Keys of an exchange of responses.

    Returns
    -------
    dict
        ``new`` (lines held out, methods, `CHOSEN`) and ``inner`` (training lines, methods,
        `RULES`): packed predictions, the latter by the inner folds that left a line out.
    """
    options = dict(zip(FIT, reading))
    cohort = task.material.cohort_for(options)
    z, unseen = split_lines(task, cohort, drug, fold, keys)
    train, test = z[~unseen], z[unseen]
    genes, model, unit = problem_of(task, options, cohort, drug, train.index, train)
    X, X_new = (cohort.expression.loc[part.index, genes].to_numpy() for part in (train, test))
    folds = inner_folds(len(train), task.grid, task.seed)
    y = train.to_numpy() * unit
    tried = try_all(X, y, X_new, folds, model, task.grid)
    new = np.empty((len(test), len(METHODS), len(CHOSEN)))
    inner = np.empty((len(train), len(METHODS), len(RULES)))
    for k, method in enumerate(METHODS):
        found = tried[method]
        choices = found.choices(y, folds)
        errors = np.mean((found.new - unit * test.to_numpy()[:, None]) ** 2, axis=0)
        new[:, k] = found.new[:, [*choices.values(), int(np.argmin(errors))]] / unit
        inner[:, k] = found.inner[:, list(choices.values())] / unit
    return {"new": pack(new, UNIT), "inner": pack(inner, UNIT)}


def split_lines(task, cohort, drug, fold, keys=None):
    """Return the responses of a drug and which lines an outer fold holds out."""
    z = response_of(cohort, drug, keys)
    folds = outer_folds(cohort.expression.index, OUTER, 0, task.seed)
    return z, (folds.loc[z.index] == fold).to_numpy()


# Markers --------------------------------------------------------------------------------------


def importances(u, theta, d):
    """Return the importance of every gene (p,) by each of `RANKS`, 0 for a gene without effect."""
    size = np.abs(theta)
    return np.array([size * np.sqrt(d), size, np.abs(u), (theta != 0).astype(float)])


def marker_ranks(importance):
    """Return ranks (4, p) of importances, 1 the largest; NaN without an effect."""
    table = pd.DataFrame(importance.T)
    return table.where(table > 0).rank(ascending=False, method="min").to_numpy().T


def marker_fits(task, draws, reading, drug):
    """Rank the genes by Pro on all lines of a drug, with the lambdas of every rule.

    The same is done with exchanged responses at the same lambdas; the network alone, from which
    every fit starts, does not depend on the response.

    Parameters
    ----------
    task : Task
    draws : DataFrame
        Keys of the exchanges of responses, lines x draws.
    reading, drug
        As in `held_out`.

    Returns
    -------
    dict
        ``genes``; ``ranks`` (1 + draws, rules, 4, p), packed, NaN for a gene without effect.
    """
    options = dict(zip(FIT, reading))
    cohort = task.material.cohort_for(options)
    z = response_of(cohort, drug, None)
    genes, model, unit = problem_of(task, options, cohort, drug, z.index, z)
    X, y = cohort.expression.loc[z.index, genes].to_numpy(), z.to_numpy() * unit
    folds = inner_folds(len(z), task.grid, task.seed)

    def kept(fit):
        return importances(fit.u, fit.theta, degrees(*fit.state.B.arrays))

    tried = try_all(X, y, X[:1], folds, model, task.grid, methods=("Pro",), keep=kept)["Pro"]
    choices = list(tried.choices(y, folds).values())
    found = [[marker_ranks(tried.kept[index]) for index in choices]]
    part = TrainingPart(Moments.of(X, y, n_jobs=1, n_regulators=model.n_regulators))
    points = [tried.points[index] for index in choices]
    for number in draws:
        exchange = response_of(cohort, drug, draws[number])
        lines = exchange.index
        if not lines.equals(z.index):  # a missing response moves with its line
            exchange = exchange.reindex(z.index).fillna(0.0)
        again = Moments.of(X, exchange.to_numpy() * unit, n_jobs=1, n_regulators=model.n_regulators)
        found.append([marker_ranks(refit(part, again, point, model)) for point in points])
    return {"genes": list(genes), "ranks": pack(np.array(found), 1.0)}


def refit(part, moments, point, model):
    """Return the importances of Pro at a point for other responses of the same lines."""
    lam1, lam2 = point["lam1"], point["lam2"]
    state = part.networks([lam1], lam2=lam2)[lam1].copy()
    pen = Penalties(lam1, lam2, point["lam3"], point["lam4"], model.degree, model.coupling)
    if model.fixed_signs:
        state.signs = initial_signs(moments, state, pen)
    fit_joint(moments, pen, state, tol=TOL, gap_tol=GAP_TOL, max_iter=MAX_ITER, n_jobs=1)
    theta, B = state.theta, state.B
    return importances(B.matrix() @ theta, theta, degrees(*B.arrays))


def content_of(task):
    """Return what stored fits depend on besides cohort, code and task, as JSON can store it."""
    return {"grid": asdict(task.grid), "seed": task.seed, "n_genes": task.n_genes}
