"""Sentences of notebook 04, generated from its numbers."""

from pnetlib.steps.networks.compute import HUB_SHARE, is_named_edge
from pnetlib.steps.study import PAPER, ROLES
from pnetlib.words import agreed, counted, listed

CUTS = {  # what the cut of a group is compared with, by rule
    "extreme": "every z-score",
    "mean": "mean z-score",
    "quantile": "by the quantiles of each drug; every z-score",
}
ONE_CUT = "z-score"  # of a single drug, by which every rule sorts the lines in the same way


def of_cuts(groups, rule="extreme", study=PAPER):
    """Return the two groups with their cuts, and what the responses in the table of lines are."""
    cut = ONE_CUT if study.one_drug else CUTS[rule]
    names = {"ST": ("sensitive", "at most"), "RS": ("resistant", "at least")}
    said = [
        f"{group}: the {len(groups.lines[group])} most {kind} lines of the {groups.complete} with "
        f"{'a response' if study.one_drug else 'all responses'} ({cut} {side} {groups.cuts[group]:.3f})"
        for group, (kind, side) in names.items()
    ]
    turned = ", so the signs of the responses are changed" if study.turned else ""
    said.append(f"Responses are z-scores, of which a larger one is more resistant{turned}.")
    return "\n".join(said)


def of_presence(edges):
    """Say how many edges are in both groups and in one alone."""
    counts = edges["presence"].value_counts()
    both, first, second = (counts.get(name, 0) for name in ("both", "ST only", "RS only"))
    return f"{counted(len(edges), 'edge')}: {both} in both groups, {first} in ST only, {second} in RS only"


def conclusion(groups, edges, degrees, markers, rule="extreme", study=PAPER):
    """Return how the two networks differ, as a Markdown list.

    `edges` and `degrees` are as `edge_table` and `degree_table` return them; the markers are those
    among the genes; `rule` is that of the groups.
    """
    counts = edges["presence"].value_counts()
    shared, first = counts.get("both", 0), counts.get("ST only", 0)
    cut = ONE_CUT if study.one_drug else CUTS[rule]
    return "\n".join(
        [
            f"- Of {groups.complete} lines measured with {'the drug' if study.one_drug else 'all drugs'}, "
            f"{len(groups.lines['ST'])} are sensitive ({cut} at most {groups.cuts['ST']:.2f}) and "
            f"{len(groups.lines['RS'])} resistant ({cut} at least "
            f"{groups.cuts['RS']:.2f}).{_mixed(groups, study)}",
            f"- The networks share {shared} of {counted(len(edges), 'edge')} "
            f"({shared / max(len(edges), 1):.0%}); {first} {agreed(first, 'is', 'are')} in ST only and "
            f"{counts.get('RS only', 0)} in RS only. How many of these would differ between random "
            "groups is tested in notebook 09.",
            *(_hubs(degrees, markers, role, study) for role in ROLES),
            *([_named_edge(edges, study.edge)] if study.edge else []),
        ]
    )


def _mixed(groups, study=PAPER):
    """Say so if a group has lines on the wrong side of the mean."""
    if groups.cuts["ST"] <= 0 <= groups.cuts["RS"]:
        return ""
    other = "Smaller groups" if study.one_drug else "Fewer drugs, smaller groups or another rule"
    return (
        f" A z-score of 0 is the mean: some lines of a group are on its other side. {other} would "
        "separate them better."
    )


def _hubs(degrees, markers, role, study):
    """Say which markers have the largest degree in a group, and where those of its role rank."""
    group = ROLES[role]
    rank = degrees[f"degree rank {group}"]
    first = rank[markers].sort_values(kind="stable").iloc[:3]
    text = (
        f"- Among the markers, {listed(first.index)} have the largest degrees in {group} (ranks "
        f"{listed(first)} of {len(rank)} genes)."
    )
    if len(first) < 2:
        text = f"- No marker is among the {len(rank)} genes of {group}."
        if len(first):
            text = f"- The marker {first.index[0]} has rank {first.iloc[0]} of {len(rank)} genes by degree in {group}."
    expected = study.with_role(role)
    known = rank[[gene for gene in expected if gene in rank.index]]
    if not expected:
        return text
    named = f"that the paper names in {group}" if study.of_paper else f"expected in {group}"
    tenth = max(1, round(HUB_SHARE * len(rank)))
    if len(first) == 1 and list(expected) == list(first.index):
        gene, place = first.index[0], first.iloc[0]
        inside = f"it is {'' if place <= tenth else 'not '}in the first tenth"
        return (
            f"- The marker {gene}, the hub {named}, has rank {place} of {len(rank)} genes by degree; "
            f"{inside}."
        )
    if known.empty:
        hubs, are = ("hub", "is") if len(expected) == 1 else ("hubs", "are")
        return f"{text} The {hubs} {named} {are} not among the genes."
    ranked = listed(f"{gene} has rank {place}" for gene, place in known.items())
    hubs = int((known <= tenth).sum())
    if len(expected) == 1:
        inside = f"it is {'' if hubs else 'not '}in the first tenth"
        return f"{text} The hub {named}, {known.index[0]}, has rank {known.iloc[0]}; {inside}."
    inside = "none of them is" if not hubs else "one of them is" if hubs == 1 else None
    inside = inside or ("both are" if hubs == len(known) == 2 else f"{hubs} of them are")
    return f"{text} Of the hubs {named}, {ranked}; {inside} in the first tenth."


def _named_edge(edges, named):
    """Say whether the edge that the paper names is in ST and absent in RS."""
    regulator, target = named
    edge = edges[is_named_edge(edges)]
    st, rs = (0.0, 0.0) if edge.empty else edge.iloc[0][["ST", "RS"]]
    if st == rs == 0:
        found = "is in neither network"
    else:
        found = f"has the coefficient {st:z.3f} in ST and {rs:z.3f} in RS"
    agrees = "this run agrees" if st != 0 and rs == 0 else "this run does not agree"
    return (
        f"- The edge from {regulator} to {target} {found}. The paper finds it strong in ST and "
        f"absent in RS; on its presence {agrees}."
    )
