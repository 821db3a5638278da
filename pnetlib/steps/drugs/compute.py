"""The comparison of figure 2 for further drugs, unseen tissues and a weighted prediction error.

All three are this project's additions. The weight extends the model and is never part of what is
called Pro.
"""

from dataclasses import asdict

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.model_selection import GroupKFold

from pnetlib.execution.engine import Engine
from pnetlib.steps.choice import METHODS, choose, refit
from pnetlib.steps.comparison.compute import (
    Comparison,
    concatenated,
    fold_errors,
    held_out,
    outer_folds,
    outer_parts,
    paired_differences,
)

OTHERS = ("NW.P", "ELA", "LA")
WEIGHTED = "Pro, weighted"
LAMBDAS = ["lam1", "lam2", "lam3", "lam4"]


# Further drugs ------------------------------------------------------------------------------


def of_drugs(compared, drugs):
    """Return the part of a comparison that concerns some drugs."""
    tables = (compared.predictions, compared.choices)
    return Comparison(*(t[t["drug"].isin(drugs)].reset_index(drop=True) for t in tables))


def count_wins(differences, others=OTHERS):
    """Count the drugs for which Pro's error is below that of another method.

    Returns
    -------
    DataFrame
        One row per method of `paired_differences`: number of ``drugs``; ``wins`` (difference below
        0) with their ``share`` and its 95% interval after Clopper and Pearson, which is exact for
        independent drugs (they share cell lines, so it is probably too narrow); ``clear wins`` and
        ``clear losses``, whose own interval excludes 0; ``mean``, ``low`` and ``high`` of the
        difference over all drugs.
    """
    rows = []
    for other in others:
        part = differences[differences["against"] == other]
        single, pooled = part[part["drug"] != "all"], part[part["drug"] == "all"].iloc[0]
        wins = int((single["mean"] < 0).sum())
        interval = binomtest(wins, len(single)).proportion_ci(0.95, method="exact")
        row = {"against": other, "drugs": len(single), "wins": wins, "share": wins / len(single)}
        row |= {"share low": float(interval.low), "share high": float(interval.high)}
        row["clear wins"] = int((single["high"] < 0).sum())
        row["clear losses"] = int((single["low"] > 0).sum())
        rows.append(row | {name: pooled[name] for name in ("mean", "low", "high")})
    return pd.DataFrame(rows)


# Unseen tissues -----------------------------------------------------------------------------


def tissue_folds(cohort, n_folds):
    """Assign whole tissues to folds; return a Series of 0..n_folds-1 by cell line.

    scikit-learn's `GroupKFold` distributes the tissues by size, so the folds are about equally
    large. With as many folds as tissues, each tissue is a fold of its own.
    """
    lines, tissues = cohort.expression.index, cohort.annotation["tissue"]
    folds = pd.Series(0, index=lines, dtype=int)
    split = GroupKFold(min(n_folds, tissues.nunique())).split(lines, groups=tissues)
    for number, (_, test) in enumerate(split):
        folds.iloc[test] = number
    return folds


def compare_on_unseen_tissues(cohort, profile, seed, *, engine=None, stored=None, advance=None):
    """Repeat the comparison of figure 2 once with whole tissues held out (a `Comparison`).

    The lambdas are chosen as usual, on random folds of the training lines. `stored` has the folds
    that were computed before.
    """
    folds = tissue_folds(cohort, profile.outer_folds)
    tasks = [(drug, fold) for drug in cohort.response.columns for fold in range(folds.max() + 1)]
    engine, shared = engine or Engine(threads=1), (cohort, profile, seed, folds)
    stored = stored and stored.of(__name__, "tissues", profile=asdict(profile), seed=seed)
    parts = engine.map(_held_out_tissues, tasks, shared, stored=stored, advance=advance)
    return Comparison(*concatenated(parts))


def _held_out_tissues(cohort, profile, seed, folds, drug, fold):
    return held_out(cohort, drug, profile, seed, 0, fold, folds=folds)


# A weight on the prediction error -----------------------------------------------------------


def choose_weighted(X, z, profile, seed, omega):
    """Choose the lambdas of Pro with weight omega on the prediction error.

    This model is Pro fitted to ``sqrt(omega) z`` (see `PredictiveNetwork(response_weight=omega)`),
    so `choose` applies; grids and searches have lambdas relative to the largest at this weight.
    Returns moments and `Choice` of the scaled response, and the smallest inner error on the scale
    of z.
    """
    moments, choice = choose(X, np.sqrt(omega) * z, profile, seed)
    return moments, choice, float(choice.errors["Pro"].mean(axis=0).min() / omega)


def held_out_weighted(cohort, profile, seed, drug, repeat, fold, omega):
    """Predict one outer fold by weighted Pro, with lambdas chosen on the training lines alone.

    Returns
    -------
    DataFrame, dict
        Columns line and prediction; and drug, repeat, fold, omega, inner error and the lambdas of
        `PredictiveNetwork(response_weight=omega)`.
    """
    folds = outer_folds(cohort.expression.index, profile.outer_folds, repeat, seed)
    (X, z), (X_new, _) = outer_parts(cohort, cohort.response[drug], profile, folds, fold)
    moments, choice, error = choose_weighted(X.to_numpy(), z.to_numpy(), profile, seed, omega)
    u, _ = refit(choice, "Pro")
    new = (X_new.to_numpy() - moments.mean) / moments.scale
    prediction = (moments.z_mean + new @ u) / np.sqrt(omega)
    point = choice.point("Pro")
    row = {"drug": drug, "repeat": repeat, "fold": fold, "omega": omega}
    row |= {"lam1": point["lam1"], "lam2": point.get("lam2", 0.0)}
    row |= {"lam3": point["lam3"] * np.sqrt(omega), "lam4": point["lam4"] * omega}
    row["inner error"] = error
    return pd.DataFrame({"line": X_new.index, "prediction": prediction}), row


def weigh(cohort, compared, profile, seed, omegas, *, engine=None, stored=None, advance=None):
    """Predict by Pro with a weight on the prediction error, chosen in the inner folds.

    `compared` is the `Comparison` of the same cohort, profile and seed, whose Pro has the weight
    1; `omegas` are the other weights. `stored` has the folds that were computed before.

    Returns
    -------
    DataFrame, DataFrame
        The predictions with a column `WEIGHTED`; and for each drug and fold the inner error at
        every weight and whether it was ``chosen`` (ties go to the first, starting from 1).
    """
    pro = compared.choices[compared.choices["method"] == "Pro"]
    keys = ["drug", "repeat", "fold"]
    columns = [*keys, "omega", *LAMBDAS, "inner error"]
    tasks = [(*row, omega) for row in pro[keys].itertuples(index=False) for omega in omegas]
    engine, shared = engine or Engine(threads=1), (cohort, profile, seed)
    stored = stored and stored.of(__name__, "weighted", profile=asdict(profile), seed=seed)
    parts = engine.map(held_out_weighted, tasks, shared, stored=stored, advance=advance)
    parts = list(parts)
    unweighted = pro.assign(omega=1.0)[columns].to_dict("records")
    weights = pd.DataFrame([*unweighted, *(row for _, row in parts)], columns=columns)
    best = weights.groupby(keys, sort=False)["inner error"].idxmin()
    weights["chosen"] = weights.index.isin(best)
    predictions = compared.predictions.assign(**{WEIGHTED: compared.predictions["Pro"]})
    chosen = set(weights.loc[best, [*keys, "omega"]].itertuples(index=False, name=None))
    for task, (table, _) in zip(tasks, parts):
        if task in chosen:
            here = (predictions[keys] == list(task[:3])).all(axis=1)
            predictions.loc[here, WEIGHTED] = table["prediction"].to_numpy()
    return predictions, weights


def weighted_differences(predictions):
    """Return the error of weighted Pro minus that of Pro, per drug and over all drugs."""
    errors = fold_errors(predictions, (*METHODS, WEIGHTED))
    return paired_differences(errors, WEIGHTED, ("Pro", WEIGHTED))
