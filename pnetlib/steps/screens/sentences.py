"""What notebook 12 says, in sentences made from its numbers."""

from pnetlib.stats.intervals import side_of_zero
from pnetlib.stats.ranks import lowest
from pnetlib.steps.choice import METHODS
from pnetlib.steps.screens.compute import ALL, MEAN, NETWORK_GAIN, RESPONSE
from pnetlib.words import agreed, counted, listed

ASSUMPTION = (
    "This share is the largest that a prediction could save if both screens are equally noisy, their "
    "noise is independent and they measure the same response; if the second screen is the noisier "
    "one, it is larger. What is peculiar to one screen but follows from the cell line, such as an "
    "offset between blood and solid lines, can be predicted there although it does not repeat; what "
    "a method saves of the second screen shows how much of its success carries over."
)


def of_screens(screens, cohort):
    """Say which further screens there are, and what was left out."""
    if screens.listed.empty:
        return " ".join(screens.provenance["handled"]) or "There is no further screen."
    counts = screens.listed.groupby("drug", sort=False).size()
    text = listed(f"{counts.get(drug, 0)} of {drug}" for drug in cohort.response)
    lines = [f"Further screens: {text}."]
    return "\n".join([*lines, *screens.provenance["handled"]])


def of_offsets(offsets):
    """Say which screens have an offset between blood and solid lines that the others lack."""
    lines = []
    for drug, part in offsets.groupby("drug", sort=False):
        own, others = part[part["screen"] == RESPONSE], part[part["screen"] != RESPONSE]
        if own.empty or others.empty:
            continue
        own = own.iloc[0]
        apart = others[(others["low"] > own["high"]) | (others["high"] < own["low"])]
        lines.append(
            f"- {drug}: blood lines are {own['mean']:+.2f} standard deviations from solid ones "
            f"({own['low']:+.2f} to {own['high']:+.2f}); {len(apart)} of {counted(len(others), 'other screen')} "
            f"{'has' if 1 in (len(apart), len(others)) else 'have'} another offset (intervals that do not overlap)."
        )
    return "\n".join(lines) or "No drug has enough lines of both kinds."


def of_ceilings(shares, ceilings, carried):
    """Say, drug by drug, what the best method saves, what can be saved, and what carries over.

    `carried` is that of `carried_errors` on the second screens.
    """
    lines, over = [], carried.set_index(["drug", "method"])["mean"]
    for drug, part in shares.groupby("drug", sort=False):
        means = part.set_index("method")["mean"]
        first = lowest(-means)
        best = first[0]
        text = f"- {drug}: {listed(first)} {agreed(len(first), 'saves', 'save')} most, {means[best]:z.0%}"
        text += "" if "Pro" in first else f" (Pro {means['Pro']:z.0%})"
        if drug in ceilings.index:
            found = ceilings.loc[drug]
            text += (
                f", of at most {found['share']:.0%} ({found['low']:.0%} to {found['high']:.0%}, "
                f"{found['n']} lines); of the second screen {best if len(first) > 1 else 'it'} saves {over[drug, best]:z.0%}"
            )
        else:
            text += "; no second screen, so that it is not known how much could be saved"
        lines.append(f"{text}.")
    return "\n".join(lines)


def of_judge(judged, label, lines=ALL):
    """Say who is ahead by a judge, drug by drug and on average."""
    rows = judged.differences
    rows = rows[(rows["judge"] == label) & (rows["lines"] == lines)]
    if rows.empty:
        return f"No drug has {label} with enough cell lines."
    text = []
    for pair in (NETWORK_GAIN, *(f"Pro minus {other}" for other in METHODS[1:])):
        part = rows[rows["pair"] == pair]
        single, mean = part[part["drug"] != MEAN], part[part["drug"] == MEAN].iloc[0]
        ahead, behind = single[single["low"] > 0], single[single["high"] < 0]
        word = side_of_zero(mean, "below 0", "above 0", "not clearly different from 0")
        text.append(
            f"- {pair}: {mean['mean']:+.3f} ({mean['low']:+.3f} to {mean['high']:+.3f}) on average over "
            f"{counted(len(single), 'drug')}, {word}; clearly above 0 for {listed(ahead['drug'])}, "
            f"clearly below for {listed(behind['drug'])}."
        )
    return "\n".join(text)


def of_response(judged, label):
    """Say for which drugs a prediction agrees better with a judge than the measured response."""
    rows = judged.differences
    rows = rows[(rows["judge"] == label) & (rows["lines"] == ALL) & (rows["drug"] != MEAN)]
    better = {
        m: rows[(rows["pair"] == f"{m} minus {RESPONSE}") & (rows["low"] > 0)] for m in METHODS
    }
    found = [f"{m} for {listed(part['drug'])}" for m, part in better.items() if len(part)]
    if not found:
        return f"No prediction agrees clearly better with {label} than the measured response does."
    return (
        f"Predictions agree clearly better with {label} than the measured response itself: "
        f"{'; '.join(found)}."
    )


def of_lines(gains):
    """Say how the comparison changes within solid lines alone."""
    lines = []
    for kind in ("all", "solid"):
        part = gains[(gains["lines"] == kind) & (gains["drug"] == MEAN)].set_index("pair")
        if len(part):
            texts = (
                f"{pair} {part.at[pair, 'mean']:+.3f} ({part.at[pair, 'low']:+.3f} to {part.at[pair, 'high']:+.3f})"
                for pair in (NETWORK_GAIN, "Pro minus ELA")
            )
            lines.append(f"- {kind} lines: {', '.join(texts)}.")
    return "\n".join(lines)


def in_three(found):
    """Return what the ceiling makes of the comparison (`summarise`), in three plain sentences."""
    if found is None:
        return "No response was measured twice, so that nothing can be said about a ceiling."
    repeats, pro, left = (
        f"{low:.0%} to {high:.0%}" for low, high in (found[k] for k in ("repeats", "pro", "left"))
    )
    first = (
        f"Of {counted(len(found['drugs']), 'response')} measured twice, {repeats} of the variance "
        f"repeats, and Pro predicts {pro} of that."
    )
    second = (
        f"The methods differ by at most {found['spread']:.0%} of the variance for one drug, while the "
        f"best one leaves {left} that could still be predicted."
    )
    if found["gain"] is None:
        return f"{first} {second}"
    row = found["gain"]
    word = side_of_zero(row, "worse", "better", "neither clearly better nor worse")
    third = (
        f"Judged by {found['judge']}, the network-based methods rank the cell lines {word} than the "
        f"others (difference of rank correlations {row['mean']:+.3f}, {row['low']:+.3f} to "
        f"{row['high']:+.3f}, mean of {counted(int(row['n']), 'drug')})."
    )
    return f"{first} {second} {third}"
