"""What the simulation study found, in sentences made of its numbers."""

import numpy as np

from pnetlib.stats.intervals import student_interval
from pnetlib.steps.choice import METHODS
from pnetlib.steps.simulation.designs import RESPONSES
from pnetlib.steps.simulation.study import ABSENT, APPEARS, FAR, LIKE, OPEN, TN_HELD
from pnetlib.words import listed

ACTS = {
    "expression": "effects through expression (z = X beta + e, Li and Li)",
    "activity": "effects through predicted activity (z = X B theta + e, the model of Pro)",
}


def of_rates(replicates, published):
    """Rates of each method over the cells of the table, beside the range in the paper."""
    lines = []
    for response in RESPONSES:
        part = replicates[replicates["response"] == response]
        words = []
        for method in METHODS:
            own = part[part["method"] == method][["TP", "TN", "TP at TN 0.95"]].mean()
            paper = published[published["method"] == method]
            words.append(
                f"{method} TP {own['TP']:.2f}, TN {own['TN']:.2f} (paper {_range(paper['TP'])}, "
                f"{_range(paper['TN'])}), TP at TN {TN_HELD:.2f} {own['TP at TN 0.95']:.2f}"
            )
        lines.append(f"- Mean over the cells, {ACTS[response]}: {'; '.join(words)}.")
    return "\n".join(lines)


def of_patterns(verdicts):
    """In how many cells of the table the paper's pattern appears, by each rule and response."""
    lines = [
        f"- Rule: Pro's TP above that of every other method by more than {FAR}, its TN not lower "
        f"by more than {LIKE}, with whole 95 % intervals; by rank: TP at TN {TN_HELD:.2f} above by "
        f"more than {FAR}."
    ]
    for response in RESPONSES:
        part = verdicts[verdicts["response"] == response]
        told = [
            f"{rule} {_counts(part[name])}"
            for rule, name in (("genes selected:", "pattern"), ("by rank:", "by rank"))
        ]
        lines.append(f"- In {len(part)} cells, {ACTS[response]}: {'; '.join(told)}.")
    return "\n".join(lines)


def of_link_penalty(table):
    """How often cross-validation chose a link penalty, and what TP and TN are with and without."""
    lines = []
    for response, part in table.groupby("response", sort=False):
        rows = {row.linked: row for row in part.itertuples()}
        words = [
            f"{name} in {rows[linked].share:.0%} of the data sets, with TP {rows[linked].TP:.2f} "
            f"and TN {rows[linked].TN:.2f}"
            for linked, name in ((True, "lam4 > 0"), (False, "lam4 = 0"))
            if linked in rows
        ]
        lines.append(f"- Chosen for Pro, response through {response}: {'; '.join(words)}.")
    return "\n".join(lines)


def of_ablation(changes):
    """Which changes to Pro lower TP or raise it beyond chance, and what they do to TN."""
    lines = []
    for response, part in changes.groupby("response", sort=False):
        TP = part[part["measure"] == "TP"].set_index("variant")
        TN = part[part["measure"] == "TN"].set_index("variant")
        told = []
        for word, names in (
            ("lower with", TP.index[TP["high"] < 0]),
            ("higher with", TP.index[TP["low"] > 0]),
            ("not told apart with", TP.index[(TP["low"] <= 0) & (TP["high"] >= 0)]),
        ):
            names = sorted(names, key=lambda name: TP.at[name, "mean"])
            words = [
                f"{name} ({_signed(TP.loc[name])}; TN {TN.at[name, 'mean']:+.2f})" for name in names
            ]
            told.append(f"{word} {listed(words)}")
        lines.append(f"- Response through {response}, TP against Pro's: {'; '.join(told)}.")
    return "\n".join(lines)


def of_networks(replicates, verdicts):
    """The pattern and the network found, at each error level and response."""
    pro = replicates[replicates["method"] == "Pro"]
    lines = []
    for level, part in pro.groupby("error level"):
        area, low, high = student_interval(part["edge AUPR"])
        lines.append(
            f"- Error level {level:g}: the network is found with a mean AUPR of {area:.2f} "
            f"({low:.2f} to {high:.2f}; chance {part['linked pairs'].mean():.2f})."
        )
        for response in RESPONSES:
            cells = verdicts[
                (verdicts["error level"] == level) & (verdicts["response"] == response)
            ]
            by_rank = cells.loc[cells["by rank"] == APPEARS, "graph"]
            selected = cells.loc[cells["pattern"] == APPEARS, "graph"]
            lines.append(
                f"  Response through {response}: the pattern appears for {listed(selected)} of the "
                f"{len(cells)} networks by the genes selected, for {listed(by_rank)} by rank."
            )
    return "\n".join(lines)


def of_errors(replicates):
    """Pro's prediction error on new samples less that of each other method."""
    lines = []
    for response in RESPONSES:
        part = replicates[replicates["response"] == response]
        keys = ["n_tfs", "scenario", "replicate"]
        wide = part.pivot(index=keys, columns="method", values="error")
        words = []
        for other in METHODS[1:]:
            mean, low, high = student_interval(wide["Pro"] - wide[other])
            words.append(f"{other} {mean:+.3f} ({low:+.3f} to {high:+.3f})")
        lines.append(
            f"- Error on new samples, response through {response}: Pro {wide['Pro'].mean():.3f} of "
            f"the variance (noise {part['noise'].mean():.3f}); Pro less {'; less '.join(words)}."
        )
    return "\n".join(lines)


def _counts(verdicts):
    """How many of each verdict."""
    return ", ".join(f"{word} in {(verdicts == word).sum()}" for word in (APPEARS, ABSENT, OPEN))


def _range(values):
    """Smallest and largest readable figure."""
    values = np.asarray(values, float)
    values = values[~np.isnan(values)]
    if not values.size:
        return "not readable"
    low, high = values.min(), values.max()
    return f"{low:.2f}" if low == high else f"{low:.2f} to {high:.2f}"


def _signed(row):
    return f"{row['mean']:+.2f}, {row['low']:+.2f} to {row['high']:+.2f}"
