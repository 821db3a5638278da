"""How well each method recovers what a simulated cohort was made from: genes, hubs and effects.

The model ``z = X B theta + e`` has two readings of "relevant", so rates are stated for both. By
theta, as in the paper's first table, a gene is relevant if its planted theta is not 0, and selected
if its estimated theta (Pro, NW.P), or its coefficient (ELA, LA), is not 0. By u, it is relevant if
the planted effect of its own expression, u = B theta, is not 0, and selected if the estimated one
is not; every method estimates u. The reading by theta is unfair to ELA and LA where a gene with
theta = 0 has an effect u: to select it is right, but counts as an error.

TP and TN are rates, Ave is their mean. They depend on how many genes the lambdas select, so
measures that do not are reported as well. Our choices: hubs are ranked by |theta| times the square root of the
degree, the scale of `markers.ranks` (by |coefficient| for ELA and LA, which have no network), and
effects are compared as those of a gene's own expression, B theta, which every method estimates.

Hubs have more edges, so they lead the ranks of a network method even where the response contains no
information; recovery from permuted responses (`permute`) shows how much of it is due to that.
"""

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.errors import UsageError
from pnetlib.execution.engine import Engine
from pnetlib.kernels.graph import degrees
from pnetlib.stats.intervals import student_interval
from pnetlib.steps.choice import METHODS, choose, refit

RATES = ("TP", "TN", "Ave")
BY_U = " by u"  # ends the names of rates under the reading by u; those by theta have no ending
RANKS = ("hub rank", "hub AUC", "hub AUC by effect", "effect r")
MEASURES = (*RATES, *(name + BY_U for name in RATES), *RANKS)


def selection_rates(selected, relevant):
    """Return the shares of relevant genes selected (TP) and of others not selected (TN).

    Both arguments are bool (p,). The dict also has the mean of both, Ave; a share is NaN where
    there is no such gene.
    """
    selected, relevant = np.asarray(selected, bool), np.asarray(relevant, bool)

    def share(correct):
        return float(correct.mean()) if correct.size else np.nan

    TP, TN = share(selected[relevant]), share(~selected[~relevant])
    return {"TP": TP, "TN": TN, "Ave": 0.5 * (TP + TN)}


def by_u(rates):
    """Return rates under the reading by u, with the names they have in tables."""
    return {name + BY_U: value for name, value in rates.items()}


def ranking_rates(importance, hubs, relevant):
    """Return the median rank of the hubs (1: most important) and how reliably they lead.

    Parameters
    ----------
    importance : ndarray (p,)
        Genes of equal importance, such as those without effect, share their mean rank.
    hubs, relevant : array of bool (p,)
        Hubs that act on the response, and all genes that act on it.

    Returns
    -------
    float, float
        Median rank, and the probability that such a hub ranks before a gene that does not act
        (area under the ROC curve; 0.5 is chance). NaN where either kind is missing.
    """
    compared = hubs | ~relevant
    if not hubs.any() or relevant.all():
        return np.nan, np.nan
    rank = rankdata(-importance)
    area = roc_auc_score(hubs[compared], importance[compared])
    return float(np.median(rank[hubs])), float(area)


def correlation(estimated, planted):
    """Return Pearson's correlation of two vectors; 0 if either is constant."""
    if np.ptp(estimated) == 0.0 or np.ptp(planted) == 0.0:
        return 0.0
    return float(np.corrcoef(estimated, planted)[0, 1])


def recover(
    cohort, profile, seed, *, drugs=None, force=(), permute=False, engine=None, advance=None
):
    """Compare what each method finds on all lines of a simulated cohort with the planted truth.

    The lambdas are those of smallest cross-validated error, as for the real cohort. Genes in
    `force` enter whatever their variance. With `permute`, a control, responses are permuted first.

    Returns
    -------
    DataFrame
        One row per drug and method: numbers of genes ``selected`` and ``relevant``, with TP, TN
        and Ave, by theta and (names that end in ``by u``) by u; median ``hub rank`` of the planted hubs that act on the drug; ``hub AUC``, the
        probability that such a hub ranks before a gene that does not act (``by effect``: without
        the degree as a factor); ``effect r``, the correlation of B theta with the planted one
        over genes.

    Raises
    ------
    UsageError
        If the truth of the cohort is not known.
    """
    if cohort.truth is None:
        raise UsageError(
            f"The truth of the cohort {cohort.provenance['source']!r} is not known, so results "
            "cannot be compared with it; use the source 'simulated'."
        )
    drugs = list(cohort.response.columns) if drugs is None else list(drugs)
    shared = (cohort, profile, seed, tuple(force), permute)
    parts = (engine or Engine(threads=1)).map(
        recover_drug, list(enumerate(drugs)), shared, advance=advance
    )
    return pd.DataFrame([row for part in parts for row in part])


def recover_drug(cohort, profile, seed, force, permute, number, drug):
    """Return the rows of `recover` for one drug; its number seeds the permutation."""
    genes = cohort.top_genes(profile.n_genes, force=force)
    lines = cohort.lines_for(drug)
    X = cohort.expression.loc[lines, genes].to_numpy()
    z = cohort.response.loc[lines, drug].to_numpy()
    if permute:
        z = np.random.default_rng([seed, number]).permutation(z)
    moments, choice = choose(X, z, profile, seed)
    relevant = cohort.truth.theta[drug].reindex(genes, fill_value=0.0).to_numpy() != 0
    effects = cohort.truth.effects[drug].reindex(genes, fill_value=0.0).to_numpy()
    acting = effects != 0
    hubs = genes.isin(cohort.truth.hubs) & relevant
    rows = []
    for method in METHODS:
        u, state = refit(choice, method)
        effect = np.abs(u if state is None else state.theta)
        scale = 1.0 if state is None else np.sqrt(degrees(*state.B.arrays))
        counts = {"selected": int(np.count_nonzero(effect)), "relevant": int(relevant.sum())}
        counts |= {"selected by u": int(np.count_nonzero(u)), "relevant by u": int(acting.sum())}
        rates = counts | selection_rates(effect != 0, relevant)
        rates |= by_u(selection_rates(u != 0, acting))
        rates["hub rank"], rates["hub AUC"] = ranking_rates(effect * scale, hubs, relevant)
        rates["hub AUC by effect"] = ranking_rates(effect, hubs, relevant)[1]
        rates["effect r"] = correlation(u, effects)
        rows.append({"drug": drug, "method": method} | rates)
    return rows


def recover_repeatedly(seeds, size, profile, *, permute=False, engine=None, advance=None):
    """Return `recover` for a cohort simulated from each seed, with the seed as a column."""
    parts = []
    for seed in seeds:
        cohort = simulate_cohort(seed, size)
        table = recover(cohort, profile, seed, permute=permute, engine=engine)
        parts.append(table.assign(seed=seed))
        if advance is not None:
            advance()
    return pd.concat(parts, ignore_index=True)


def recovery_intervals(recoveries, reference="Pro"):
    """Return the mean of every measure over cohorts and the paired differences of the methods.

    Each cohort of `recover_repeatedly` contributes one value, the mean over its drugs, since these
    share cell lines and markers; the intervals are Student's over cohorts.

    Returns
    -------
    DataFrame
        Columns measure, method, mean, low, high (95%), and the difference reference minus method
        as difference, difference low and difference high (NaN for the reference itself).
    """
    keys = [recoveries["seed"], recoveries["method"]]
    by_cohort = recoveries.groupby(keys, sort=False)[list(MEASURES)].mean().unstack("method")
    rows = []
    for measure in MEASURES:
        values = by_cohort[measure]
        for method in values.columns:
            apart = values[reference] - values[method]
            difference = student_interval(apart) if method != reference else (np.nan,) * 3
            rows.append((measure, method, *student_interval(values[method]), *difference))
    ends = ["mean", "low", "high", "difference", "difference low", "difference high"]
    return pd.DataFrame(rows, columns=["measure", "method", *ends])
