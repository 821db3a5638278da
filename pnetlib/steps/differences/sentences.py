"""What notebook 09 says, in sentences made from its numbers."""

from pnetlib.paper.markers import NAMED_EDGE
from pnetlib.stats.intervals import interval_text
from pnetlib.stats.permutation import LEVEL
from pnetlib.steps.differences.summaries import named_roles
from pnetlib.steps.networks.compute import GROUPS
from pnetlib.words import listed

EXPECTED_SIGN = {"ST": 1.0, "RS": -1.0}


def conclusion(numbers):
    """Return the answer to the question of notebook 09, made from `summaries.numbers`."""
    roles = named_roles(numbers["degrees"])
    sentences = [_of_exchange(numbers["lines"]), _of_counts(numbers), *_of_named_edge(numbers)]
    for gene, role, group in roles:
        row = numbers["degrees"][gene]
        sentences.append(
            f"- {gene} ({role} marker): degree {row['ST']:.2f} in ST (rank {row['rank_ST']} of "
            f"{numbers['tested']['degrees']}) and {row['RS']:.2f} in RS (rank {row['rank_RS']}); "
            f"difference {interval_text(row, '.2f', 'difference')}, "
            f"p {row['p']:.2g}: {verdict(row, group)}."
        )
    for gene, _, group in roles:
        for row in numbers["effects"]:
            if row["marker"] == gene and row["length"] == 1:
                other = GROUPS[1 - GROUPS.index(group)]
                sentences.append(
                    f"- {gene}, {row['side']}: effect {row['ST']:.2f} in ST and {row['RS']:.2f} in "
                    f"RS, difference {interval_text(row, '.2f', 'difference')}, p {row['p']:.2g}, "
                    f"q {row['q']:.2g}: {verdict(row, group)}; no effect in "
                    f"{other} in {row[f'zero_{other}']:.0%} of the resamples."
                )
    for estimator in dict.fromkeys(row["estimator"] for row in numbers["sensitivity"]):
        if text := agreement(numbers["sensitivity"], estimator):
            sentences.append(f"- {text}")
    return "\n".join(sentences)


def _of_exchange(lines):
    """Say how many cell lines the test can use."""
    free, everyone = lines["exchangeable"], lines["all"]
    return (
        f"- Labels are exchanged within {lines['tissues exchangeable']} of {lines['tissues']} "
        f"tissues, which contain {free['ST']} of the {everyone['ST']} cell lines of ST and "
        f"{free['RS']} of the {everyone['RS']} of RS. The other lines keep their label in every "
        "permutation and say nothing about the differences."
    )


def _of_counts(numbers):
    """Say how many differences are beyond chance, with and without correction."""
    found, tested = numbers["found"], numbers["tested"]
    kinds = {"edges": "edges", "degrees": "degrees", "effects": "regulatory effects"}
    clear = [name for kind, name in kinds.items() if found[kind]["q"]]
    none = [name for kind, name in kinds.items() if not found[kind]["q"]]
    verdict = (
        f"Beyond chance are some {listed(clear)}" if clear else "No difference is beyond chance"
    )
    if clear and none:
        verdict += f", but no {' and no '.join(none)}"
    corrected = ", ".join(
        f"{found[kind]['q']} of {tested[kind]:,} {name}" for kind, name in kinds.items()
    )
    raw = listed(found[kind]["p"] for kind in kinds)
    return (
        f"- **{verdict}.** False discovery rate below {LEVEL}: {corrected}. p < {LEVEL} without "
        f"correction: {raw}. Edges for which the probability of any false edge is below {LEVEL}: "
        f"{listed(numbers['any_false'])}."
    )


def _of_named_edge(numbers):
    """Return the sentence on the edge that the paper names."""
    name = " to ".join(NAMED_EDGE)
    rows = [row for row in numbers["edges"] if (row["regulator"], row["target"]) == NAMED_EDGE]
    if not rows:
        return [f"- {name}: not among the genes."]
    return [
        f"- {name}: coefficient {row['ST']:.2f} in ST and {row['RS']:.2f} in RS; difference "
        f"{interval_text(row, '.2f', 'difference')}, p {row['p']:.2g}, "
        f"q {row['q']:.2g}, {'beyond' if row['q'] < LEVEL else 'not beyond'} chance. The edge is "
        f"absent in {row['zero_ST']:.0%} of the resampled networks of ST and in "
        f"{row['zero_RS']:.0%} of those of RS."
        for row in rows
    ]


def verdict(row, group):
    """Say whether a difference points to the group the paper expects, and is beyond chance."""
    larger = "ST" if row["difference"] > 0 else "RS" if row["difference"] < 0 else "neither"
    if larger != group:
        return f"larger in {larger}, where the paper expects {group}"
    if row["q"] < LEVEL:
        strength = "beyond chance"
    elif row["p"] < LEVEL:
        strength = "beyond chance only without correction"
    else:
        strength = "not beyond chance"
    return f"larger in {larger}, as the paper expects, {strength}"


def agreement(rows, estimator):
    """Say in how many settings of an estimator the one-step effects point as the paper expects."""
    expected = {gene: group for gene, _, group in named_roles({row["gene"] for row in rows})}
    wanted = (estimator, "effect", 1)
    part = [row for row in rows if (row["estimator"], row["kind"], row["length"]) == wanted]
    part = [row for row in part if row["gene"] in expected]
    if not part:
        return ""
    right = [row for row in part if EXPECTED_SIGN[expected[row["gene"]]] * row["difference"] > 0]
    clear = [row for row in right if row["low"] > 0 or row["high"] < 0]
    sizes = sorted({row["size"] for row in part})
    share = len(right) / len(part)
    strength = "robust" if share >= 0.9 else "mostly robust" if share > 0.5 else "not robust"
    return (
        f"With the estimator {estimator!r} and {sizes[0]} to {sizes[-1]} cell lines per group, the "
        f"direction is {strength}: the one-step effects of the named markers point as the paper "
        f"expects in {len(right)} of {len(part)} settings, with an interval that excludes 0 in "
        f"{len(clear)}."
    )
