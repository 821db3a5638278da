"""How much of a response repeats in another screen, and how the methods do when that one judges.

All of it is this project's addition. A screen measures a response with noise, which no model can
predict. If two screens measure the same true response t with noise of their own, ``z = t + m`` and
``z' = t + m'``, and both are equally noisy, their correlation is the share ``var(t) / var(z)`` of the
variance that repeats: the largest share that any prediction from the cell line can explain. Where
the second screen is the noisier one, the share of the first is larger than that, and at most 1;
where the second has no noise at all it is the square.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pnetlib.datasets.lineage import BLOOD, SOLID, lineages
from pnetlib.datasets.screens import AUC, IC50, SAME
from pnetlib.stats.correlation import correlate, drawn_counts, normal_interval
from pnetlib.stats.intervals import corrected_mean
from pnetlib.steps.choice import METHODS, NETWORK_METHODS
from pnetlib.steps.comparison.compute import fold_errors

ALL = "all"
LINES = (ALL, SOLID, BLOOD)
RESPONSE = "response"  # the measured response itself, as a judge's rival of the methods
LEAST = 20  # cell lines below which no correlation is computed
EXPRESSION_METHODS = tuple(method for method in METHODS if method not in NETWORK_METHODS)
NETWORK_GAIN = "network minus expression"
MEAN = "mean of the drugs"


@dataclass(frozen=True)
class Judged:
    """What further screens say of the methods' predictions.

    Attributes
    ----------
    table : DataFrame
        Columns drug, screen, lines ("all", "solid", "blood"), method (or "response"), n, and the rank
        correlation ``mean`` with se, low, high.
    differences : DataFrame
        Columns drug (or "mean of the drugs"), screen, lines, pair, n, and the difference of rank
        correlations ``mean`` with se, low, high and p.
    """

    table: pd.DataFrame
    differences: pd.DataFrame


def kinds_of_lines(cohort):
    """Return "all", "solid" and "blood" to the cell lines of that kind."""
    found = lineages(cohort.annotation["tissue"])
    return {ALL: found.index, **{kind: found.index[found == kind] for kind in (SOLID, BLOOD)}}


def agreement(cohort, screens, draws, seed):
    """Return Pearson's and Spearman's correlation of the response with each further screen.

    Returns
    -------
    DataFrame
        One row per screen and kind of lines with at least `LEAST` lines: drug, screen, measure,
        laboratory, lines, n, and ``pearson`` and ``spearman`` with ``low`` and ``high``.
    """
    weights = _weights(cohort, draws, seed)
    rows = []
    for name, entry in screens.listed.iterrows():
        pair = pd.concat([cohort.response[entry["drug"]], screens.values[name]], axis=1).dropna()
        for kind, lines in kinds_of_lines(cohort).items():
            part = pair[pair.index.isin(lines)]
            if len(part) < LEAST:
                continue
            row = {**entry[["drug", "measure", "laboratory"]], "screen": name, "lines": kind}
            row["n"] = len(part)
            x, y = part.iloc[:, :1].to_numpy(), part.iloc[:, 1].to_numpy()
            for label, ranks in (("pearson", False), ("spearman", True)):
                r, drawn = correlate(x, y, weights[part.index].to_numpy(), ranks=ranks)
                found = normal_interval(r[0], drawn[:, 0])
                row |= {label: found["mean"], f"{label} low": found["low"]}
                row[f"{label} high"] = found["high"]
            rows.append(row)
    columns = ["drug", "screen", "measure", "laboratory", "lines", "n"]
    columns += [
        f"{label}{end}" for label in ("pearson", "spearman") for end in ("", " low", " high")
    ]
    return pd.DataFrame(rows, columns=columns)


def _weights(cohort, draws, seed):
    """Return how often each cell line of the cohort is drawn, draws x lines."""
    lines = cohort.expression.index
    return pd.DataFrame(drawn_counts(len(lines), draws, seed), columns=lines)


def offsets(cohort, screens):
    """Return how much more resistant blood lines are than solid ones, in each screen of each drug.

    Returns
    -------
    DataFrame
        Columns drug, screen ("response" for the cohort's own), blood, solid (numbers of lines) and
        the difference of means ``mean`` with low and high, in standard deviations of the screen.
    """
    kinds, rows = kinds_of_lines(cohort), []
    for drug in cohort.response:
        of_drug = {RESPONSE: cohort.response[drug]}
        of_drug |= {name: screens.values[name] for name in screens.of(drug)}
        for name, values in of_drug.items():
            z = ((values - values.mean()) / values.std(ddof=1)).dropna()
            blood, solid = (z[z.index.isin(kinds[kind])] for kind in (BLOOD, SOLID))
            if min(len(blood), len(solid)) >= LEAST:
                se = np.sqrt(blood.var(ddof=1) / len(blood) + solid.var(ddof=1) / len(solid))
                mean = float(blood.mean() - solid.mean())
                row = {"drug": drug, "screen": name, "blood": len(blood), "solid": len(solid)}
                row |= {"mean": mean, "low": mean - 1.96 * se, "high": mean + 1.96 * se}
                rows.append(row)
    return pd.DataFrame(rows, columns=["drug", "screen", "blood", "solid", "mean", "low", "high"])


def second_screens(screens, drugs):
    """Return drug to the screen that judges it: the same laboratory's ln IC50 of most cell lines."""
    found = {drug: screens.of(drug, laboratory=SAME, measure=IC50) for drug in drugs}
    return {drug: names[0] for drug, names in found.items() if names}


def same_curves(screens, cohort):
    """Return drug to the areas under the dose curves of the response itself, where they are known."""
    found = {}
    for drug, drug_id in cohort.provenance["drugs"].items():
        wanted = {"laboratory": SAME, "measure": AUC, "screen": "GDSC1", "id": str(drug_id)}
        if names := screens.of(drug, **wanted):
            found[drug] = names[0]
    return found


def ceilings(agreements, screens, drugs):
    """Return the share of the variance of each response that repeats in its second screen.

    Returns
    -------
    DataFrame
        Index the drug; columns screen, n, ``share`` with low and high (cut at 0 and 1), and
        ``least``, the share if the second screen had no noise.
    """
    rows, whole = {}, agreements[agreements["lines"] == ALL].set_index("screen")
    for drug, name in second_screens(screens, drugs).items():
        if name in whole.index:
            found = whole.loc[name]
            ends = [float(np.clip(found[f"pearson {end}"], 0.0, 1.0)) for end in ("low", "high")]
            share = max(float(found["pearson"]), 0.0)
            rows[drug] = {"screen": name, "n": int(found["n"]), "share": share}
            rows[drug] |= {"low": ends[0], "high": ends[1], "least": share**2}
    columns = ["screen", "n", "share", "low", "high", "least"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("drug")


def saved_shares(errors):
    """Return the share of the drug mean's error that each method saves, per drug and fold averaged.

    `errors` are those of `fold_errors`. Returns a DataFrame with columns drug, method and ``mean``
    with se, low and high.
    """
    rows = []
    for drug, part in errors.groupby(level="drug", sort=False):
        for method in METHODS:
            share = 1.0 - part[method] / part["drug mean"]
            stats = corrected_mean(share, part["n_test"], part["n_train"])
            rows.append({"drug": drug, "method": method} | stats)
    return pd.DataFrame(rows)


def mean_predictions(predictions, methods=METHODS):
    """Return each line's predictions, averaged over the repeats, by drug and line."""
    columns = [*methods, "z"]
    return predictions.groupby(["drug", "line"], sort=False)[columns].mean()


def judge(predictions, cohort, screens, chosen, draws, seed):
    """Correlate held-out predictions, and the response itself, with further screens.

    Parameters
    ----------
    predictions : DataFrame
        Those of a `Comparison`: every line was held out when it was predicted.
    cohort : Cohort
    screens : Screens
    chosen : dict
        Label to a dict of drug to screen; the drugs of one label are averaged.
    draws : int
        Draws of cell lines for the intervals.
    seed : int
        Seed of these draws.

    Returns
    -------
    Judged
    """
    mean = mean_predictions(predictions)
    weights = _weights(cohort, draws, seed)
    rows, differences = [], []
    for label, of_drug in chosen.items():
        for kind, lines in kinds_of_lines(cohort).items():
            pairs = {}
            for drug, name in of_drug.items():
                found = _correlations(mean.loc[drug], screens.values[name], lines, weights)
                if found is None:
                    continue
                n, r, drawn = found
                where = {"drug": drug, "screen": name, "lines": kind, "n": n}
                rows += [
                    where | {"judge": label, "method": method} | normal_interval(r[k], drawn[:, k])
                    for k, method in enumerate((*METHODS, RESPONSE))
                ]
                pairs[drug] = {pair: (a @ r, drawn @ a) for pair, a in _contrasts().items()}
                differences += [
                    where | {"judge": label, "pair": pair} | normal_interval(*value)
                    for pair, value in pairs[drug].items()
                ]
            differences += _averaged(pairs, label, kind)
    columns = ["drug", "screen", "lines", "n", "judge"]
    numbers = ["mean", "se", "low", "high", "p"]
    return Judged(
        pd.DataFrame(rows, columns=[*columns, "method", *numbers]).drop(columns="p"),
        pd.DataFrame(differences, columns=[*columns, "pair", *numbers]),
    )


def _correlations(predicted, values, lines, weights):
    """Return n, rank correlations (k,) and their draws, of lines of one kind; None if too few."""
    part = predicted.join(values.rename("judge")).dropna()
    part = part[part.index.isin(lines)]
    if len(part) < LEAST:
        return None
    x = part[[*METHODS, "z"]].to_numpy()
    return len(part), *correlate(x, part["judge"].to_numpy(), weights[part.index].to_numpy())


def _contrasts():
    """Return pair to weights of the correlations of the methods and of the response."""
    names = (*METHODS, RESPONSE)
    one = {name: np.eye(len(names))[k] for k, name in enumerate(names)}
    found = {f"Pro minus {other}": one["Pro"] - one[other] for other in METHODS[1:]}
    groups = [
        sum(one[m] for m in group) / len(group) for group in (NETWORK_METHODS, EXPRESSION_METHODS)
    ]
    found[NETWORK_GAIN] = groups[0] - groups[1]
    return found | {f"{method} minus {RESPONSE}": one[method] - one[RESPONSE] for method in METHODS}


def _averaged(pairs, label, kind):
    """Return the rows of the mean over drugs, whose draws are of the same cell lines."""
    if not pairs:
        return []
    where = {"drug": MEAN, "screen": "", "lines": kind, "n": len(pairs), "judge": label}
    rows = []
    for pair in _contrasts():
        values, drawn = zip(*(found[pair] for found in pairs.values()))
        stats = normal_interval(np.mean(values), np.mean(drawn, axis=0))
        rows.append(where | {"pair": pair} | stats)
    return rows


def summarise(shares, ceilings, judged, label):
    """Return what the ceiling makes of the comparison, as plain values.

    Parameters
    ----------
    shares : DataFrame
        Of `saved_shares`.
    ceilings : DataFrame
        Of `ceilings`.
    judged : Judged
    label : str
        The judge whose mean over drugs counts.

    Returns
    -------
    dict or None
        ``drugs`` measured twice; ends of the ``repeats`` (share of the variance), of ``pro`` (Pro's
        share of that) and of what is ``left`` to the best method; the largest ``spread`` between
        methods for one drug; the ``judge`` and its ``gain`` (a row of `Judged.differences`, or
        None). None without a ceiling.
    """
    known = ceilings.index
    if not len(known):
        return None
    means = shares.pivot(index="drug", columns="method", values="mean").loc[known]
    pro, left = means["Pro"] / ceilings["share"], ceilings["share"] - means.max(axis=1)
    rows = judged.differences
    mean = rows[(rows["judge"] == label) & (rows["lines"] == ALL) & (rows["drug"] == MEAN)]
    mean = mean[mean["pair"] == NETWORK_GAIN]
    gain = None if mean.empty else mean.iloc[0][["mean", "low", "high", "n"]].to_dict()
    ends = {"repeats": ceilings["share"], "pro": pro, "left": left}
    return {
        "drugs": list(known),
        **{name: [float(values.min()), float(values.max())] for name, values in ends.items()},
        "spread": float((means.max(axis=1) - means.min(axis=1)).max()),
        "judge": label,
        "gain": gain,
    }


def carried_errors(predictions, screens, chosen):
    """Return the share of another screen's variance that each method saves after a linear map.

    In every fold the map from prediction to the other screen is fitted to the other folds' held-out
    predictions, which are of lines that this fold trained on; the mean of these lines is what a
    share is relative to.

    Returns
    -------
    DataFrame
        Columns drug, method (the methods and "response") and ``mean`` with se, low, high.
    """
    rows = []
    for drug, name in chosen.items():
        part = predictions[predictions["drug"] == drug].rename(columns={"z": RESPONSE})
        part = part.assign(judge=part["line"].map(screens.values[name])).dropna(subset="judge")
        folds = list(part.groupby(["repeat", "fold"], sort=False))
        for method in (*METHODS, RESPONSE):
            shares = [_carried(part, test, method) for _, test in folds]
            sizes = [len(test) for _, test in folds], [test["n_train"].iloc[0] for _, test in folds]
            rows.append({"drug": drug, "method": method} | corrected_mean(shares, *sizes))
    return pd.DataFrame(rows, columns=["drug", "method", "mean", "se", "low", "high"])


def _carried(part, test, method):
    """Return 1 minus the error of the mapped prediction over that of the mean, in one fold."""
    repeat, fold = test["repeat"].iloc[0], test["fold"].iloc[0]
    train = part[(part["repeat"] == repeat) & (part["fold"] != fold)]
    x, y = train[method], train["judge"]
    slope = x.cov(y) / x.var() if x.var() > 0 else 0.0
    mapped = y.mean() + slope * (test[method] - x.mean())
    return 1.0 - ((test["judge"] - mapped) ** 2).sum() / ((test["judge"] - y.mean()) ** 2).sum()


def errors_by_lines(predictions, cohort):
    """Return kind of lines to the errors per fold on these lines alone, of models of all lines."""
    kinds = kinds_of_lines(cohort).items()
    parts = {kind: predictions[predictions["line"].isin(lines)] for kind, lines in kinds}
    return {kind: fold_errors(part) for kind, part in parts.items() if len(part)}


def gains_by_lines(errors):
    """Return Pro's error minus the others', and the networks' minus the others', by kind of lines.

    `errors` are those of `errors_by_lines`. Columns lines, drug (or "mean of the drugs"), pair and
    ``mean`` with se, low and high; below 0 the first method of a pair predicts better.
    """
    rows = []
    for kind, table in errors.items():
        pooled = table.groupby(level=["repeat", "fold"], sort=False).mean()
        for drug, part in [*table.groupby(level="drug", sort=False), (MEAN, pooled)]:
            pairs = {f"Pro minus {other}": part["Pro"] - part[other] for other in METHODS[1:]}
            network, others = (
                part[list(m)].mean(axis=1) for m in (NETWORK_METHODS, EXPRESSION_METHODS)
            )
            pairs[NETWORK_GAIN] = network - others
            for pair, values in pairs.items():
                stats = corrected_mean(values, part["n_test"], part["n_train"])
                rows.append({"lines": kind, "drug": drug, "pair": pair} | stats)
    return pd.DataFrame(rows)
