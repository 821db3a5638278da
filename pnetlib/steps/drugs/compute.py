"""Other evidence on the rules of figure 2: further drugs, unseen tissues, a weight on prediction.

All of it is ours. The weight is an extension of the model and never part of what is called Pro.
"""

from dataclasses import dataclass, replace

import joblib
import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from pnetlib.datasets import list_drugs
from pnetlib.steps.choice import METHODS, choose, refit
from pnetlib.steps.comparison.compute import (
    Comparison,
    fold_errors,
    held_out,
    outer_folds,
    paired_differences,
)
from pnetlib.steps.sizes import PROFILES, with_genes

OTHERS = ("NW.P", "ELA", "LA")
WEIGHTED = "Pro, weighted"
N_FURTHER = 6
# Cytotoxic medicines (section 8.2.1) of the WHO Model List of Essential Medicines, 2023, without
# folinate, pegaspargase and mixtures: a choice of known drugs that knows nothing of their errors.
CYTOTOXIC = (
    "Arsenic trioxide",
    "Asparaginase",
    "Bendamustine",
    "Bleomycin",
    "Capecitabine",
    "Carboplatin",
    "Chlorambucil",
    "Cisplatin",
    "Cyclophosphamide",
    "Cytarabine",
    "Dacarbazine",
    "Dactinomycin",
    "Daunorubicin",
    "Docetaxel",
    "Doxorubicin",
    "Etoposide",
    "Fludarabine",
    "5-Fluorouracil",
    "Gemcitabine",
    "Hydroxycarbamide",
    "Ifosfamide",
    "Irinotecan",
    "Melphalan",
    "Mercaptopurine",
    "Methotrexate",
    "Oxaliplatin",
    "Paclitaxel",
    "Procarbazine",
    "Tioguanine",
    "Vinblastine",
    "Vincristine",
    "Vinorelbine",
)


@dataclass(frozen=True)
class Sizes:
    """How much of the other evidence a run gathers.

    Attributes
    ----------
    profile : Profile
        Folds and grids, the same for every drug and kind of fold; smaller grids than notebook
        02's, since there are more drugs.
    omegas : tuple of float
        Weights of the prediction error tried beside the paper's 1.
    """

    profile: object
    omegas: tuple


def sizes_named(name, n_genes=0, fraction=0.0, cohort=None):
    """The sizes for a profile of that name, with other genes where they are given."""
    profile, omegas = PROFILES[name], (0.3,)
    if name == "standard":
        profile = replace(
            profile,
            repeats=1,
            inner_folds=2,
            lam1=(0.06,),
            lam3=(0.2, 0.1, 0.05),
            lam4=(0.0, 0.3),
            ratios=(0.2, 0.6),
        )
    elif name == "paper":
        profile = replace(
            PROFILES["standard"], repeats=1, lam3=(0.4, 0.2, 0.1, 0.05), lam4=(0.0, 0.3)
        )
        omegas = (0.1, 0.3)
    return Sizes(with_genes(profile, n_genes, fraction, cohort), omegas)


# Further drugs ------------------------------------------------------------------------------


def further_drugs(source, taken, n_drugs=N_FURTHER):
    """Choose further drugs by a rule that knows no result.

    Of the cytotoxic medicines on the WHO's model list those `n_drugs` that the source measured
    in most lines, equal ones by name; of a name that stands for several drugs the one of the
    lowest id. Drugs of unknown id do not count, since nothing tells which drug they are.

    Parameters
    ----------
    source : str
        As `pnetlib.datasets.load_cohort` takes it.
    taken : sequence of str
        Drugs of the run, which are left out.

    Returns
    -------
    list of str, str
        GDSC ids, and a sentence that says what was chosen from what.
    """
    entries = list_drugs(source)
    named = entries[entries["name"].isin(CYTOTOXIC) & entries["id"].notna()]
    named = named.sort_values("id").drop_duplicates("name")
    others = named[~named["name"].isin(list(taken))]
    chosen = others.sort_values(["lines", "name"], ascending=[False, True]).head(n_drugs)
    if chosen.empty:
        return [], (
            f"The source {source} lists {len(entries)} drugs and none of the {len(CYTOTOXIC)} "
            f"cytotoxic ones beside the {len(taken)} of the run: the tables hold these alone."
        )
    names = ", ".join(
        f"{row.name_} ({row.lines} lines)"
        for row in chosen.rename(columns={"name": "name_"}).itertuples()
    )
    return [str(drug_id) for drug_id in chosen["id"]], (
        f"The source {source} lists {len(entries)} drugs, of them {len(others)} of the "
        f"{len(CYTOTOXIC)} cytotoxic ones beside those of the run. Taken are the "
        f"{len(chosen)} with most lines: {names}."
    )


def joined(parts):
    """Comparisons of different drugs as one."""
    return Comparison(
        pd.concat([part.predictions for part in parts], ignore_index=True),
        pd.concat([part.choices for part in parts], ignore_index=True),
    )


def of_drugs(compared, drugs):
    """The part of a comparison that is of some drugs."""
    tables = (compared.predictions, compared.choices)
    return Comparison(*(t[t["drug"].isin(drugs)].reset_index(drop=True) for t in tables))


def beaten(differences, others=OTHERS):
    """How often Pro's error is below that of another method, over drugs.

    Parameters
    ----------
    differences : DataFrame
        Of `comparison.paired_differences`: drug, against, mean, low, high.

    Returns
    -------
    DataFrame
        One row a method: ``drugs``; ``wins`` (difference below 0) with its ``share`` and the
        95 % interval of Clopper and Pearson, exact if drugs were independent (they share lines,
        so that it is rather too narrow); ``clear wins`` and ``clear losses``, whose own interval
        excludes 0; ``mean``, ``low`` and ``high`` of the difference over all drugs.
    """
    rows = []
    for other in others:
        part = differences[differences["against"] == other]
        single, pooled = part[part["drug"] != "all"], part[part["drug"] == "all"].iloc[0]
        wins = int((single["mean"] < 0).sum())
        interval = binomtest(wins, len(single)).proportion_ci(0.95, method="exact")
        rows.append(
            {
                "against": other,
                "drugs": len(single),
                "wins": wins,
                "share": wins / len(single),
                "share low": float(interval.low),
                "share high": float(interval.high),
                "clear wins": int((single["high"] < 0).sum()),
                "clear losses": int((single["low"] > 0).sum()),
                "mean": pooled["mean"],
                "low": pooled["low"],
                "high": pooled["high"],
            }
        )
    return pd.DataFrame(rows)


# Unseen tissues -----------------------------------------------------------------------------


def tissue_folds(cohort, n_folds):
    """Fold of every cell line, whole tissues in a fold; a Series of 0..n_folds-1.

    Tissues are dealt to the folds by size (scikit-learn's `GroupKFold`), so that the folds are
    about equally large; with as many folds as tissues each is left out alone.
    """
    lines, tissues = cohort.expression.index, cohort.annotation["tissue"]
    folds = pd.Series(0, index=lines, dtype=int)
    split = GroupKFold(min(n_folds, tissues.nunique())).split(lines, groups=tissues)
    for number, (_, test) in enumerate(split):
        folds.iloc[test] = number
    return folds


def compare_on_unseen_tissues(cohort, profile, seed, *, n_jobs=None, advance=None):
    """The comparison of figure 2 with whole tissues held out.

    The lambdas are chosen as ever, on random folds of the training lines.

    Returns
    -------
    Comparison
        With one repeat.
    """
    folds = tissue_folds(cohort, profile.outer_folds)
    tasks = [(drug, fold) for drug in cohort.response.columns for fold in range(folds.max() + 1)]

    def one(drug, fold):
        return held_out(cohort, drug, profile, seed, 0, fold, folds=folds)

    parts = side_by_side(one, tasks, n_jobs, advance)
    return Comparison(*(pd.concat(tables, ignore_index=True) for tables in zip(*parts)))


def side_by_side(work, tasks, n_jobs=None, advance=None):
    """The results of `work` for each task, in their order, some tasks at the same time."""
    results = []
    with threadpool_limits(1, "blas"):
        pool = joblib.Parallel(n_jobs or 1, prefer="threads", return_as="generator")
        for result in pool(joblib.delayed(work)(*task) for task in tasks):
            results.append(result)
            if advance is not None:
                advance()
    return results


# A weight on the prediction error -----------------------------------------------------------


def choose_weighted(X, z, profile, seed, omega):
    """Choose the lambdas of Pro with weight omega on the prediction error.

    That model is Pro on ``sqrt(omega) z`` (see `PredictiveNetwork`), so `choose` does it;
    the grid's fractions are of the lambdas that leave nothing at this weight.

    Returns
    -------
    Moments, Choice, float
        Of the scaled response, and the smallest inner error in units of z.
    """
    moments, choice = choose(X, np.sqrt(omega) * z, profile, seed)
    return moments, choice, float(choice.errors["Pro"].mean(axis=0).min() / omega)


def held_out_weighted(cohort, drug, profile, seed, repeat, fold, omega):
    """One outer fold of weighted Pro, its lambdas chosen on the training lines alone.

    Returns
    -------
    DataFrame, dict
        Columns line and prediction; drug, repeat, fold, omega, the lambdas in the terms of
        `PredictiveNetwork` and the inner error.
    """
    lines = cohort.lines_for(drug)
    z = cohort.response.loc[lines, drug]
    folds = outer_folds(cohort.expression.index, profile.outer_folds, repeat, seed).loc[lines]
    train, test = lines[folds != fold], lines[folds == fold]
    genes = cohort.top_genes(profile.n_genes, lines=train)
    X = cohort.expression.loc[train, genes].to_numpy()
    moments, choice, error = choose_weighted(X, z[train].to_numpy(), profile, seed, omega)
    u, _ = refit(choice, "Pro")
    X_new = (cohort.expression.loc[test, genes].to_numpy() - moments.mean) / moments.scale
    prediction = (moments.z_mean + X_new @ u) / np.sqrt(omega)
    point = choice.point("Pro")
    row = {
        "drug": drug,
        "repeat": repeat,
        "fold": fold,
        "omega": omega,
        "lam1": point["lam1"],
        "lam3": point["lam3"] * np.sqrt(omega),
        "lam4": point["lam4"] * omega,
        "inner error": error,
    }
    return pd.DataFrame({"line": test, "prediction": prediction}), row


def weigh(cohort, compared, profile, seed, omegas, *, n_jobs=None, advance=None):
    """Pro with a weight on the prediction error, the weight chosen in the inner folds.

    Parameters
    ----------
    compared : Comparison
        Of the same cohort, profile and seed: its Pro is the weight 1.
    omegas : sequence of float
        The other weights.

    Returns
    -------
    DataFrame, DataFrame
        The predictions with a column `WEIGHTED`, and per drug and fold the inner error at every
        weight and whether it was ``chosen`` (the first of equals, from weight 1 on).
    """
    pro = compared.choices[compared.choices["method"] == "Pro"]
    keys = ["drug", "repeat", "fold"]
    columns = [*keys, "omega", "lam1", "lam3", "lam4", "inner error"]
    tasks = [(*row, omega) for row in pro[keys].itertuples(index=False) for omega in omegas]

    def one(drug, repeat, fold, omega):
        return held_out_weighted(cohort, drug, profile, seed, repeat, fold, omega)

    parts = side_by_side(one, tasks, n_jobs, advance)
    weights = pd.concat(
        [pro.assign(omega=1.0)[columns], pd.DataFrame([row for _, row in parts], columns=columns)],
        ignore_index=True,
    )
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
    """Weighted Pro's error less Pro's, per drug and over all, with 95 % intervals."""
    errors = fold_errors(predictions, (*METHODS, WEIGHTED))
    return paired_differences(errors, WEIGHTED, ("Pro", WEIGHTED))


# What notebook 10 says ----------------------------------------------------------------------
