"""What notebook 08 says, in sentences made from its numbers."""

import numpy as np

from pnetlib.steps.stability.compute import ANY, COMMON, STRONG
from pnetlib.steps.study import PAPER
from pnetlib.words import counted, listed


def conclusion(numbers, study=PAPER):
    """Return the answer to the question of notebook 08, made from `summaries.numbers`."""
    lines = []
    for width, row in numbers["markers"].items():
        lines.append(_of_width(int(width), row))
        if numbers["published"]:
            lines.append(_of_published(width, numbers["published"], study))
    for group, rules in numbers["edges"].items():
        strong, present = rules[STRONG], rules[ANY]
        false = strong["bounds"]["worst case"]
        reliable = (
            "so most are reliable" if strong["reached"] > 2 * false else "so few are reliable"
        )
        lines.append(
            f"- {group}: {present['selected_on_a_half']:.0f} of {present['candidates']:,} possible "
            f"edges are found on a half, on average, and {present['reached']} in at least "
            f"{present['threshold']:.0%} of the halves. {strong['reached']} are among the strongest "
            f"in at least {strong['threshold']:.0%}, where at most {false:.2g} are expected falsely "
            f"(worst case), {reliable}."
        )
    if numbers["named_edge"]:
        lines.append(_of_edge(numbers["named_edge"]))
    for group, shares in numbers["hubs"].items():
        often = sorted(shares.items(), key=lambda item: -item[1])[:3]
        words = listed(f"{gene} {share:.2f}" for gene, share in often)
        lines.append(
            f"- {study.called.capitalize() if study.markers else 'Followed'} markers most often a hub of {group} (first tenth of the degrees), with "
            f"the share of halves: {words}."
        )
    return "\n".join(lines)


def _of_edge(edge):
    """Say how often the paper's edge is found in each group."""
    name = " to ".join(edge["edge"])
    if not edge["inside"]:
        return f"- {name}: not among the genes of the networks."
    return (
        f"- {name}: found in {edge['ST'][ANY]:.0%} of the halves of ST and "
        f"{edge['RS'][ANY]:.0%} of those of RS, present in ST and absent in RS in "
        f"{edge['lost in RS']:.0%}. {_of_loss(edge)}"
    )


def _of_width(width, row):
    """Say how many genes are stable markers at one width."""
    rule, strong = row["rules"][COMMON], row["rules"][STRONG]
    first = [
        f"{gene} {share[COMMON]:.2f}"
        for gene, share in list(row["genes"].items())[:3]
        if share[COMMON] > 0
    ]
    stable = rule["reached"] + strong["reached"]
    most_often = f"; most often {listed(first)}" if first else ""
    return (
        f"- **{width:,} genes, {counted(rule['pairs'], 'pair')}: "
        f"{'some markers are stable' if stable else 'no marker is stable'}.** By the rule of "
        f"notebook 03, {rule['selected_on_a_half']:.1f} genes are markers of all drugs on a half, on "
        f"average, and {rule['reached']} in at least {rule['threshold']:.0%} of the halves"
        f"{_falsely(rule)}{most_often}. Of the {strong['selected_on_a_half']:.0f} "
        f"genes of best mean rank on each half, {strong['reached']} recur in at least "
        f"{strong['threshold']:.0%}{_falsely(strong)}."
    )


def _of_published(width, published, study):
    """Say how often the markers of the study are found at one width."""
    rows = {gene: by_width[width] for gene, by_width in published.items()}
    inside = {gene: row for gene, row in rows.items() if row["inside"]}
    shares = [f"{gene} {row[COMMON]:.2f} ({row[STRONG]:.2f})" for gene, row in inside.items()]
    reached = [gene for gene, row in inside.items() if row["reached"]]
    return (
        f"- Of the {len(rows)} {study.called} markers, {len(inside)} are among the {int(width):,} "
        "genes. Share of the halves in which each is common to all drugs (of best mean rank): "
        f"{listed(shares)}. Those of best mean rank so often that at most one false gene is "
        f"expected (r-concave bound): {listed(reached)}."
    )


def _falsely(rule):
    """Say how many that reach a threshold may be false, as the end of a clause."""
    if not rule["reached"]:
        return ""
    bounds = rule["bounds"]
    if np.isnan(bounds["r-concave"]):
        return ", for which no bound holds"
    worst = "none" if np.isnan(bounds["worst case"]) else f"{bounds['worst case']:.2g}"
    return (
        f", where at most {bounds['r-concave']:.2g} are expected falsely (r-concave bound; worst "
        f"case {worst})"
    )


def _of_loss(edge):
    """Say whether the halves support the loss of the paper's edge in RS."""
    if edge["lost in RS"] > 0.5:
        return "Most halves show the loss that the paper reports."
    if edge["lost in RS"] > edge["lost in ST"]:
        return "Only a minority shows the loss that the paper reports."
    return "The halves do not support the loss that the paper reports."
