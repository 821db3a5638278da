"""Sentences of notebook 02, generated from its numbers."""

from collections import Counter

from pnetlib.stats.intervals import interval_text
from pnetlib.stats.ranks import lowest
from pnetlib.steps.choice import METHODS, NETWORK_METHODS
from pnetlib.steps.comparison.compute import BASELINES, search_ends
from pnetlib.steps.study import PAPER
from pnetlib.words import agreed, counted, listed

PERMUTED = {
    True: "What is saved there arises without any relation between expression and response.",
    False: "Without a relation between expression and response nothing is saved.",
}


def conclusion(errors, differences, study=PAPER):
    """Return what notebook 02 found, as a Markdown list.

    Takes the tables of `method_errors` and `paired_differences`.
    """
    lines = [_best(drug, part) for drug, part in errors.groupby("drug", sort=False)]
    lines.append(_clear_differences(differences))
    mean = errors.groupby("method")["mean"].mean()
    network = mean[list(NETWORK_METHODS)].mean()
    expression = mean[["ELA", "LA"]].mean()
    agrees = "too" if network < expression else "in contrast"
    paper = f" The paper, {agrees}, reports lower errors of the network-based methods."
    lines.append(
        f"- {_over(errors)}he network-based methods (Pro, NW.P) have an error of "
        f"{network:.3f}, the expression-based ones (ELA, LA) of {expression:.3f}."
        f"{paper if study.of_paper else ''}"
    )
    return "\n".join(lines)


def _over(errors):
    """Return the beginning of a sentence about a mean over the drugs, if there are several."""
    return "Averaged over the drugs, t" if errors["drug"].nunique() > 1 else "T"


def _best(drug, part):
    """Say which methods predict a drug best, and how much better than the best naive mean."""
    means = part.set_index("method")["mean"]
    first = lowest(means[list(METHODS)])
    naive = means[list(BASELINES)].idxmin()
    best, known = means[first[0]], means[naive]
    interval = interval_text(part[part["method"] == first[0]].iloc[0], ".3f")
    against = f"the better naive prediction ({naive}, {known:.3f})"
    if len(lowest(means[[first[0], naive]])) == 2:
        verdict = f"which is that of {against}"
    elif best > known:
        verdict = f"which does not beat {against}"
    else:
        share = f"{1.0 - best / known:.0%}"
        verdict = f"{'less than 1%' if share == '0%' else share} below {against}"
    if len(first) > 1:
        return f"- **{drug}**: {listed(first)} share the lowest error, {best:.3f}, {verdict}."
    return f"- **{drug}**: {first[0]} predicts best with an error of {interval}, {verdict}."


def _clear_differences(differences):
    """Say for how many pairs of method and drug the interval excludes 0."""
    single = differences[differences["drug"] != "all"]
    lower, higher = single[single["high"] < 0], single[single["low"] > 0]

    def named(part):
        against = part.groupby("against", sort=False)["drug"].apply(", ".join)
        pairs = "; ".join(f"{method} for {drugs}" for method, drugs in against.items())
        return f"{len(part)} ({pairs})" if len(part) else "none"

    unclear = len(single) - len(lower) - len(higher)
    drugs = single["drug"].nunique()
    return (
        f"- Pro is compared, fold by fold, with {single['against'].nunique()} alternatives"
        f"{f' for each of {drugs} drugs' if drugs > 1 else ''}. The 95% interval of the difference lies "
        f"wholly below 0 (Pro better) in {named(lower)} of {len(single)}, wholly above 0 in "
        f"{named(higher)}, and includes 0 in {unclear}; by chance alone, about one in 20 excludes it."
    )


def of_search(choices):
    """Say where the choices of all searches lay, parameter by parameter, and how often they ended.

    Takes the choices of a `Comparison`.
    """
    ends = search_ends(choices)
    if ends.empty:
        return "The lambdas were chosen on grids, so no search is reported."
    texts = []
    for method, part in ends.groupby("method", sort=False):
        places = []
        for parameter, rows in part.groupby("parameter", sort=False):
            counts = Counter({"inside": rows["inside"].sum(), "at an edge": rows["edge"].sum()})
            for text in filter(None, ", ".join(rows["ends"]).split(", ")):
                number, _, name = text.partition(" ")
                counts[f"at its end ({name})"] += int(number)
            found = ", ".join(f"{n} {place}" for place, n in counts.items() if n)
            places.append(f"{parameter} {found}")
        texts.append(f"{method}: {'; '.join(places)}")
    spent, parts = int(choices["exhausted"].sum()), len(choices) // ends["method"].nunique()
    return (
        "Place of the chosen value among those looked at, in "
        f"{counted(parts, 'training part')}{' of all drugs' * (choices['drug'].nunique() > 1)}. "
        f"{'. '.join(texts)}. The budget of points was used up in {spent} of "
        f"{counted(len(choices), 'search', 'searches')}."
    )


def control_sentence(errors, control):
    """Say how much of the advantage over the drug mean is left on permuted responses."""
    measured, permuted = (_saved(table) for table in (errors, control))
    most = permuted.max()
    return (
        f"{_over(errors)}he methods save {_shares(measured)} of the drug mean's error on the measured "
        f"responses and {_shares(permuted)} on permuted ones. {PERMUTED[most > 0]}"
    )


def _shares(saved):
    """Say the least and the largest of some shares; nothing if all are 0."""
    ends = dict.fromkeys(f"{end:z.1%}" for end in (saved.min(), saved.max()))
    return "nothing" if [*ends] == ["0.0%"] else " to ".join(ends)


def _saved(table):
    """Return the share of the drug mean's error that each method saves, averaged over drugs."""
    mean = table.groupby("method")["mean"].mean()
    return 1.0 - mean[list(METHODS)] / mean["drug mean"]


def recovery_sentence(recovery):
    """Say how well each method finds the planted genes of a simulated cohort, by both readings."""
    by_theta, by_u = (
        recovery.groupby("method")[name].mean().sort_values(ascending=False)
        for name in ("Ave", "Ave by u")
    )
    values, own = (
        listed(f"{method} {value:.2f}" for method, value in ave.items()) for ave in (by_theta, by_u)
    )
    first = lowest(-by_theta)
    return (
        f"On this simulated cohort, {listed(first)} {agreed(len(first), 'separates', 'separate')} "
        "genes with an effect theta from "
        f"the others best by the mean of TP and TN over the drugs: {values}. ELA and LA estimate no "
        f"theta; for genes whose own expression has an effect (u = B theta), it is {own}. A random "
        "selection has 0.50."
    )
