"""What notebook 06 says, in sentences made from its numbers."""

import numpy as np

from pnetlib.stats.intervals import student_interval
from pnetlib.stats.ranks import lowest
from pnetlib.steps.choice import METHODS
from pnetlib.steps.simulation.compute import AT_LEVEL, TN_LEVEL
from pnetlib.steps.simulation.designs import RESPONSES
from pnetlib.steps.simulation.recovery import BY_U
from pnetlib.steps.simulation.summaries import ABSENT, APPEARS, FAR, LIKE, OPEN, RULES
from pnetlib.words import agreed, counted, listed

ACTS = {
    "expression": "Effects through expression (z = X beta + e, Li and Li)",
    "activity": "Effects through predicted activity (z = X B theta + e, the model of Pro)",
}


def of_rates(replicates, published):
    """Return the mean rates of each method over the cells, with the paper's range in brackets."""
    lines = []
    for response in RESPONSES:
        part = replicates[replicates["response"] == response]
        measures = ["TP", "TN", AT_LEVEL, AT_LEVEL + BY_U]
        own = part.groupby("method")[measures].mean().loc[list(METHODS)]
        most, least, ranked = (lowest(-own[name]) for name in ("TP", "TN", AT_LEVEL))
        words = []
        for method in METHODS:
            paper = published[published["method"] == method]
            words.append(
                f"{method} TP {own.at[method, 'TP']:.2f}, TN {own.at[method, 'TN']:.2f} (paper "
                f"{_range(paper['TP'])}, {_range(paper['TN'])})"
            )
        lines.append(
            f"- **{ACTS[response]}.** {listed(most)} {agreed(len(most), 'selects', 'select')} the "
            f"largest share of the relevant genes and {listed(least)} the smallest share of irrelevant ones; means "
            f"over the cells: {'; '.join(words)}. At a TN of {TN_LEVEL:.2f} for every method, "
            f"{listed(ranked)} {agreed(len(ranked), 'finds', 'find')} most relevant genes (TP {_each(own[AT_LEVEL])}; "
            f"if genes are relevant and ranked by u, {_each(own[AT_LEVEL + BY_U])})."
        )
    return "\n".join(lines)


def of_readings(table):
    """Return what both readings of "relevant" find, from `readings`, and to whom each is fair."""
    lines = [
        "- **Two readings of relevant.** By theta, a gene is relevant if its predicted activity "
        "acts; the rates above, beside the paper's, follow this reading. It is fair to Pro "
        "and NW.P where effects act through activity, since they estimate theta, but not to ELA and "
        "LA where a gene with theta = 0 has an effect u = B theta of its own expression: to select "
        "it is right, but counts as an error. Where effects act through expression there is no true "
        "theta, and the planted beta takes its place. By u, a gene is relevant "
        "if its own expression acts given all others. Every method estimates u, so this comparison "
        "asks the same of all four. Pro and NW.P put no penalty on u, so that each gene selected by "
        f"theta adds its regulators and their TN by u is low; {AT_LEVEL} depends on ranks alone."
    ]
    for (response, networks), part in table.groupby(["response", "networks"], sort=False):
        by = {
            reading: rows.set_index("method")[AT_LEVEL]
            for reading, rows in part.groupby("relevant by", sort=False)
        }
        only = part["only by u"].iloc[0]
        relevant = (
            f"on average {counted(round(only), 'gene')} {agreed(round(only), 'is', 'are')} relevant by u alone"
            if only
            else "both readings call the same genes relevant"
        )
        words = "; ".join(f"by {reading}, {_each(values)}" for reading, values in by.items())
        lines.append(
            f"- Response through {response} on the networks {networks}: {relevant}. {AT_LEVEL}: "
            f"{words}."
        )
    return "\n".join(lines)


def _each(values):
    return ", ".join(f"{method} {value:.2f}" for method, value in values.items())


def of_patterns(verdicts):
    """Return in how many cells the paper's pattern appears, by each rule and response."""
    lines = [
        "- **The paper's pattern** is that Pro's TP exceeds that of every other method by more "
        f"than {FAR} and its TN is not lower by more than {LIKE}, each with the whole 95% "
        f"interval; by rank, that its TP at TN {TN_LEVEL:.2f} leads by more than {FAR}. These two "
        "rules read relevant by theta, the third by u."
    ]
    for response in RESPONSES:
        part = verdicts[verdicts["response"] == response]
        counts = [
            f"{rule} {_counts(part[name])}"
            for rule, name in zip(("by genes selected,", "by rank,", "by rank of u,"), RULES)
        ]
        lines.append(
            f"- Response through {response}, {counted(len(part), 'cell')}: {'; '.join(counts)}. {_reading(part)}"
        )
    return "\n".join(lines)


def _reading(verdicts):
    """Say in one sentence what the counts of the rules mean together."""
    selected, ranked, of_u = ((verdicts[name] == APPEARS).mean() for name in RULES)
    if selected > 0.5:
        return "The study supports the paper's pattern."
    if ranked > 0.5:
        readings = "by theta and by u" if of_u > 0.5 else "by theta, but mostly not by u"
        return (
            f"Pro's ranks are far ahead {readings}; by the genes it selects the pattern appears in "
            "at most half of the cells."
        )
    if (verdicts["pattern"] == OPEN).mean() > 0.5:
        return "With this number of data sets most cells remain undecided."
    return "The study does not support the paper's pattern."


def of_link_penalty(table):
    """Return how often cross-validation chose a link penalty, and TP and TN with and without."""
    lines = []
    for response, part in table.groupby("response", sort=False):
        rows = {row.linked: row for row in part.itertuples()}
        words = [
            f"{name} in {rows[linked].share:.0%} of the data sets, with TP {rows[linked].TP:.2f} "
            f"and TN {rows[linked].TN:.2f}"
            for linked, name in ((True, "lam4 > 0"), (False, "lam4 = 0"))
            if linked in rows
        ]
        line = f"- Response through {response}: for Pro, cross-validation chose {'; '.join(words)}."
        if len(rows) == 2:
            more, less = rows[True], rows[False]
            line += (
                f" Where it chose a link penalty, Pro found {_more(more.TP - less.TP)} relevant "
                f"genes and selected {_more(less.TN - more.TN)} irrelevant ones."
            )
        lines.append(line)
    return "\n".join(lines)


def _more(difference):
    return "more" if difference > 0 else "fewer" if difference < 0 else "as many"


def of_ablation(changes):
    """Return which changes to Pro lower or raise TP beyond chance, and what they do to TN."""
    lines = []
    for response, part in changes.groupby("response", sort=False):
        TP = part[part["measure"] == "TP"].set_index("variant")
        TN = part[part["measure"] == "TN"].set_index("variant")
        groups = []
        for word, names in (
            ("lower with", TP.index[TP["high"] < 0]),
            ("higher with", TP.index[TP["low"] > 0]),
            ("not clearly different with", TP.index[(TP["low"] <= 0) & (TP["high"] >= 0)]),
        ):
            names = sorted(names, key=lambda name: TP.at[name, "mean"])
            words = [
                f"{name} ({_signed(TP.loc[name])}; TN {TN.at[name, 'mean']:+.2f})" for name in names
            ]
            groups.append(f"{word} {listed(words)}")
        lines.append(
            f"- Components of Pro, response through {response}: compared with Pro, TP is "
            f"{'; '.join(groups)}."
        )
    return "\n".join(lines)


def of_networks(replicates, verdicts):
    """Return the pattern and how well the network is found, by error level and response."""
    pro = replicates[replicates["method"] == "Pro"]
    lines = []
    for level, part in pro.groupby("error level"):
        area, low, high = student_interval(part["edge AUPR"])
        chance = part["linked pairs"].mean()
        found = "well" if area > 0.8 else "in part" if low > 2 * chance else "hardly"
        lines.append(
            f"- Error level {level:g}: Pro recovers the network {found}, with a mean AUPR of "
            f"{area:.2f} ({low:.2f} to {high:.2f}; chance {chance:.2f})."
        )
        for response in RESPONSES:
            cells = verdicts[
                (verdicts["error level"] == level) & (verdicts["response"] == response)
            ]
            by_rank = cells.loc[cells["by rank"] == APPEARS, "graph"]
            of_u = cells.loc[cells["by rank of u"] == APPEARS, "graph"]
            selected = cells.loc[cells["pattern"] == APPEARS, "graph"]
            lines.append(
                f"  Response through {response}, {counted(len(cells), 'network')}: the pattern appears by "
                f"genes selected for {listed(selected)}, by rank for {listed(by_rank)}, by rank "
                f"of u for {listed(of_u)}."
            )
    return "\n".join(lines)


def of_errors(replicates):
    """Return Pro's prediction error on new samples minus that of each other method."""
    lines = []
    for response in RESPONSES:
        part = replicates[replicates["response"] == response]
        keys = ["n_tfs", "scenario", "replicate"]
        wide = part.pivot(index=keys, columns="method", values="error")
        spans = {other: student_interval(wide["Pro"] - wide[other]) for other in METHODS[1:]}
        words = [
            f"{other} {mean:+.3f} ({low:+.3f} to {high:+.3f})"
            for other, (mean, low, high) in spans.items()
        ]
        beaten = listed(other for other, (_, _, high) in spans.items() if high < 0)
        lines.append(
            f"- Error on new samples, response through {response}: Pro {wide['Pro'].mean():.3f} of "
            f"the variance (noise {part['noise'].mean():.3f}); Pro minus {'; minus '.join(words)}. "
            f"Pro clearly predicts better than: {beaten}."
        )
    return "\n".join(lines)


def _counts(verdicts):
    """Return how often each verdict occurs, in words."""
    appears, absent, undecided = ((verdicts == word).sum() for word in (APPEARS, ABSENT, OPEN))
    return f"it {APPEARS} in {appears}, {ABSENT} in {absent} and is {OPEN} in {undecided}"


def _range(values):
    """Return the smallest and largest legible value."""
    values = np.asarray(values, float)
    values = values[~np.isnan(values)]
    if not values.size:
        return "not legible"
    low, high = values.min(), values.max()
    return f"{low:.2f}" if low == high else f"{low:.2f} to {high:.2f}"


def _signed(row):
    return f"{row['mean']:+.2f}, {row['low']:+.2f} to {row['high']:+.2f}"
