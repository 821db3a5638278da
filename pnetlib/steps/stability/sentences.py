"""What notebook 08 says, in sentences made from its numbers."""

import numpy as np

from pnetlib.steps.stability.compute import ANY, COMMON, STRONG
from pnetlib.steps.study import PAPER
from pnetlib.words import agreed, counted, listed, part_of


def conclusion(numbers, study=PAPER):
    """Return the answer to the question of notebook 08, made from `summaries.numbers`."""
    lines = []
    for width, row in numbers["markers"].items():
        genes = row["rules"][COMMON]["candidates"]  # those added from below the cut, too
        lines.append(_of_width(genes, row, study))
        if named := numbers[study.called]:
            lines.append(_of_published(width, genes, named, study))
    lines += [_of_edges(group, rules) for group, rules in numbers["edges"].items()]
    if numbers["named_edge"]:
        lines.append(_of_edge(numbers["named_edge"]))
    for group, shares in numbers["hubs"].items():
        often = sorted(shares.items(), key=lambda item: -item[1])[:3]
        words = listed(f"{gene} {_share(share)}" for gene, share in often)
        called = study.called.capitalize() if study.markers else "Followed"
        if len(shares) == 1:
            lines.append(
                f"- {often[0][0]} is a hub of {group} (first tenth of the degrees) in a share of "
                f"{_share(often[0][1])} of the halves."
            )
            continue
        lines.append(
            f"- {called} markers most often a hub of {group} (first tenth of the degrees), with "
            f"the share of halves: {words}."
        )
    return "\n".join(lines)


def _of_edges(group, rules):
    """Say how many edges of a group are found on halves, and how many of these may be false."""
    strong, present = rules[STRONG], rules[ANY]
    false, found = strong["bounds"]["worst case"], f"{present['selected_on_a_half']:.0f}"
    reached = strong["reached"]
    reliable = "so most are reliable" if reached > 2 * false else "so few are reliable"
    if reached < 2:
        reliable = "so it is reliable" if reached > 2 * false else "so it may be one of these"
    return (
        f"- {group}: {found} of {present['candidates']:,} possible edges {_are(found)} found on a half, "
        f"on average, and {present['reached'] or 'none'} in at least {present['threshold']:.0%} of the halves. "
        f"{reached or 'None'} {'are' if reached > 1 else 'is'} among the strongest in at least "
        f"{strong['threshold']:.0%}, where at most {false:.2g} {_are(f'{false:.2g}')} expected falsely "
        f"(worst case){f', {reliable}' if reached else ''}."
    )


def _share(value):
    """Return a share of the halves as the tables of the notebook write it (0.175 becomes 0.18)."""
    return f"{np.round(value, 2):.2f}"


def _are(number):
    """Return the verb that goes with a number as it is written."""
    return "is" if number == "1" else "are"


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


def _of_width(genes, row, study):
    """Say how many of so many genes are stable markers."""
    rule, strong = row["rules"][COMMON], row["rules"][STRONG]
    first = [
        f"{gene} {_share(share[COMMON])}"
        for gene, share in list(row["genes"].items())[:3]
        if share[COMMON] > 0
    ]
    found = "no marker is stable"
    if most := max(rule["reached"], strong["reached"]):
        found = "one marker is stable" if most == 1 else "some markers are stable"
        if rule["reached"] == strong["reached"] == 1:  # perhaps not the same one
            found += " by each rule"
    if rule["pairs"] == 1:
        found = "one pair of halves cannot tell which markers are stable"
    most_often = f"; most often {listed(first)}" if first else ""
    best, again = round(strong["selected_on_a_half"]), strong["reached"]
    mean = "rank" if study.one_drug else "mean rank"
    recur = f"Of the {best} genes of best {mean} on each half, {again or 'none'} {agreed(again or 1, 'recurs', 'recur')}"
    if best == 1:
        recur = f"The gene of best {mean} on each half {'recurs' if again else 'does not recur'}"
    return (
        f"- **{genes:,} genes, {counted(rule['pairs'], 'pair')}: "
        f"{found}.** By the rule of notebook 03, {_on_halves(rule, study)}"
        f"{_falsely(rule)}{most_often}. {recur} in at least {strong['threshold']:.0%}{_falsely(strong)}."
    )


def _on_halves(rule, study):
    """Say how many genes are markers on a half, on average, and how many on most halves."""
    of, mean = "the drug" if study.one_drug else "all drugs", rule["selected_on_a_half"]
    if not mean:
        return f"no gene is a marker of {of} on any half"
    many = f"{mean:.1f}" if mean >= 0.05 else "fewer than 0.1"
    return (
        f"{many} genes are markers of {of} on a half, on average, and {rule['reached'] or 'none'} in at least "
        f"{rule['threshold']:.0%} of the halves"
    )


def _of_published(width, genes, published, study):
    """Say how often the markers of the study are found at one width, among so many genes."""
    rows = {gene: by_width[width] for gene, by_width in published.items()}
    inside = {gene: row for gene, row in rows.items() if row["inside"]}
    shares = [
        f"{gene} {_share(row[COMMON])} ({_share(row[STRONG])})" for gene, row in inside.items()
    ]
    reached = [gene for gene, row in inside.items() if row["reached"]]
    common, best = "common to all drugs", "best mean rank"
    if study.one_drug:
        common, best = "a marker of the drug", "best rank"
    if len(rows) == 1:
        where = f"- The {study.called} marker {next(iter(rows))} is {{}}among the {genes:,} genes."
        if not inside:
            return where.format("not ")
        return (
            f"{where.format('')} Share of the halves in which it is {common} (of {best}): "
            f"{shares[0].partition(' ')[2]}. It is {'' if reached else 'not '}of {best} so often that at "
            "most one false gene is expected (r-concave bound)."
        )
    named = f"the {len(rows)} {study.called} markers"
    text = f"- {part_of(len(inside), len(rows), named)} among the {genes:,} genes."
    if not inside:
        return text
    return (
        f"{text} Share of the halves in which {'it' if len(inside) == 1 else 'each'} is {common} (of "
        f"{best}): {listed(shares)}. Those of {best} so often that at most one false gene is "
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
    best = f"{bounds['r-concave']:.2g}"
    return f", where at most {best} {_are(best)} expected falsely (r-concave bound; worst case {worst})"


def _of_loss(edge):
    """Say whether the halves support the loss of the paper's edge in RS."""
    if edge["lost in RS"] > 0.5:
        return "Most halves show the loss that the paper reports."
    if edge["lost in RS"] > edge["lost in ST"]:
        return "Only a minority shows the loss that the paper reports."
    return "The halves do not support the loss that the paper reports."
