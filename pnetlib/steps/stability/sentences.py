"""What notebook 08 says, in sentences made from its numbers."""

import numpy as np

from pnetlib.steps.stability.compute import ANY, COMMON, STRONG
from pnetlib.words import listed


def falsely(rule):
    """How many of those that reach a threshold may be false, as the end of a clause."""
    if not rule["reached"]:
        return ""
    bounds = rule["bounds"]
    if np.isnan(bounds["r-concave"]):
        return ", for which no bound holds"
    worst = "none" if np.isnan(bounds["worst case"]) else f"{bounds['worst case']:.2g}"
    return (
        f", where at most {bounds['r-concave']:.2g} are expected falsely (r-concave bound; in "
        f"the worst case {worst})"
    )


def conclusion(numbers):
    """Return the answer to the question of notebook 08, in sentences made from its numbers."""
    lines = []
    for width, row in numbers["markers"].items():
        rule, strong = row["rules"][COMMON], row["rules"][STRONG]
        first = [
            f"{gene} {share[COMMON]:.2f}"
            for gene, share in list(row["genes"].items())[:3]
            if share[COMMON] > 0
        ]
        lines.append(
            f"- {int(width):,} genes, {rule['pairs']} pairs: by the rule of figure 3 "
            f"{rule['selected_on_a_half']:.1f} genes are markers of all drugs on a half, on "
            f"average; {rule['reached']} in {rule['threshold']:.0%} of the halves{falsely(rule)}. "
            f"Most often: {listed(first)}. Among the {strong['selected_on_a_half']:.0f} of best "
            f"mean rank, {strong['reached']} in {strong['threshold']:.0%} of the halves"
            f"{falsely(strong)}."
        )
    for width in numbers["markers"]:
        rows = {gene: at[width] for gene, at in numbers["published"].items()}
        inside = {gene: row for gene, row in rows.items() if row["inside"]}
        shares = [f"{gene} {row[COMMON]:.2f} ({row[STRONG]:.2f})" for gene, row in inside.items()]
        reached = [gene for gene, row in inside.items() if row["reached"]]
        lines.append(
            f"- Of the {len(rows)} published markers {len(inside)} are among the {int(width):,} "
            "genes; shares of the halves in which they are common to all drugs (of best mean "
            f"rank): {listed(shares)}. Of best mean rank with at most one false gene expected "
            f"(r-concave bound): {listed(reached)}."
        )
    for group, rules in numbers["edges"].items():
        strong, there = rules[STRONG], rules[ANY]
        lines.append(
            f"- {group}: {there['selected_on_a_half']:.0f} of {there['candidates']:,} possible "
            f"edges on a half, on average; {there['reached']} in {there['threshold']:.0%} of the "
            f"halves; among the strongest in {strong['threshold']:.0%} of the halves: "
            f"{strong['reached']}, of which at most {strong['bounds']['worst case']:.2g} expected "
            "falsely (worst case)."
        )
    edge = numbers["named_edge"]
    if edge["inside"]:
        lines.append(
            f"- {' to '.join(edge['edge'])}: in {edge['ST'][ANY]:.0%} of the halves of ST and "
            f"{edge['RS'][ANY]:.0%} of those of RS; there in ST and gone in RS in "
            f"{edge['lost in RS']:.0%}."
        )
    else:
        lines.append(f"- {' to '.join(edge['edge'])}: not among the genes of the networks.")
    for group, shares in numbers["hubs"].items():
        often = sorted(shares.items(), key=lambda item: -item[1])[:3]
        told = listed(f"{gene} {share:.2f}" for gene, share in often)
        lines.append(
            f"- Published markers most often a hub of {group} (first tenth of the degrees): {told}."
        )
    return "\n".join(lines)
