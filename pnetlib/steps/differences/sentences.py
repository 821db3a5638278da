"""What notebook 09 says, in sentences made from its numbers."""

from pnetlib.paper.markers import NAMED_EDGE
from pnetlib.steps.differences.compute import LEVEL, named_roles
from pnetlib.steps.networks.compute import GROUPS
from pnetlib.words import listed


def conclusion(numbers):
    """Return the answer to the question of notebook 09, in sentences made from its numbers."""
    lines, found, tested = numbers["lines"], numbers["found"], numbers["tested"]
    free, everyone = lines["exchangeable"], lines["all"]
    sentences = [
        f"- Labels are exchanged within {lines['tissues exchangeable']} of {lines['tissues']} "
        f"tissues, which hold {free['ST']} of {everyone['ST']} lines of ST and {free['RS']} of "
        f"{everyone['RS']} of RS; the others keep their label in every permutation.",
        "- Differences with a false discovery rate below "
        f"{LEVEL}: {found['edges']['q']} of {tested['edges']:,} edges, {found['degrees']['q']} of "
        f"{tested['degrees']} degrees, {found['effects']['q']} of {tested['effects']} regulatory "
        f"effects. With p < {LEVEL} and no correction: {found['edges']['p']}, "
        f"{found['degrees']['p']} and {found['effects']['p']}. Edges with a chance of any false "
        f"one below {LEVEL}: {listed(numbers['any_false'])}.",
    ]
    named = [row for row in numbers["edges"] if (row["regulator"], row["target"]) == NAMED_EDGE]
    for row in named:
        sentences.append(
            f"- {' to '.join(NAMED_EDGE)}: {row['ST']:.2f} in ST, {row['RS']:.2f} in RS; "
            f"difference {row['difference']:.2f} ({row['low']:.2f} to {row['high']:.2f}), "
            f"p {row['p']:.2g}, q {row['q']:.2g}; on lines drawn anew it is absent "
            f"in {row['zero_ST']:.0%} of the networks of ST and {row['zero_RS']:.0%} of RS."
        )
    if not named:
        sentences.append(f"- {' to '.join(NAMED_EDGE)}: not among the genes.")
    for gene, role, group in named_roles(numbers["degrees"]):
        row = numbers["degrees"][gene]
        sentences.append(
            f"- {gene} ({role} marker): degree {row['ST']:.2f} in ST (rank {row['rank_ST']} of "
            f"{tested['degrees']}) and {row['RS']:.2f} in RS (rank {row['rank_RS']}); difference "
            f"{row['difference']:.2f} ({row['low']:.2f} to {row['high']:.2f}), p {row['p']:.2g}: "
            f"{verdict(row, group)}."
        )
    for gene, _, group in named_roles(numbers["degrees"]):
        for row in numbers["effects"]:
            if row["marker"] == gene and row["length"] == 1:
                other = GROUPS[1 - GROUPS.index(group)]
                sentences.append(
                    f"- {gene}, {row['side']}: effect {row['ST']:.2f} in ST and {row['RS']:.2f} in "
                    f"RS, difference {row['difference']:.2f} ({row['low']:.2f} to {row['high']:.2f}"
                    f"), p {row['p']:.2g}, q {row['q']:.2g}: {verdict(row, group)}; no activity in "
                    f"{other} in {row[f'zero_{other}']:.0%} of the resamples."
                )
    kept = [
        agreeing(numbers["sensitivity"], estimator)
        for estimator in dict.fromkeys(row["estimator"] for row in numbers["sensitivity"])
    ]
    sentences += [f"- {text}" for text in kept if text]
    return "\n".join(sentences)


def verdict(row, group):
    """Whether a difference points to the group the paper expects, and beyond chance."""
    larger = "ST" if row["difference"] > 0 else "RS" if row["difference"] < 0 else "neither"
    if larger != group:
        return f"larger in {larger}, where the paper expects {group}"
    if row["q"] < LEVEL:
        told = "beyond chance"
    else:
        told = "beyond chance only uncorrected" if row["p"] < LEVEL else "not beyond chance"
    return f"larger in {larger}, as the paper expects, {told}"


def agreeing(rows, estimator):
    """In how many settings of an estimator the single-edge effects point as the paper expects."""
    told = {gene: group for gene, _, group in named_roles({row["gene"] for row in rows})}
    part = [
        row
        for row in rows
        if row["estimator"] == estimator
        and row["kind"] == "effect"
        and row["length"] == 1
        and row["gene"] in told
    ]
    if not part:
        return ""
    sign = {"ST": 1.0, "RS": -1.0}
    right = [sign[told[row["gene"]]] * row["difference"] > 0 for row in part]
    clear = [
        sign[told[row["gene"]]] * row["difference"] > 0 and (row["low"] > 0 or row["high"] < 0)
        for row in part
    ]
    sizes = sorted({row["size"] for row in part})
    return (
        f"Estimator {estimator!r}, {sizes[0]} to {sizes[-1]} lines a group: the single-edge "
        f"effects of the four named markers point as the paper expects in {sum(right)} of "
        f"{len(part)} settings, with an interval that excludes 0 in {sum(clear)}."
    )
