"""Sentences of notebook 04, generated from its numbers."""

from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.steps.networks.compute import GROUPS, HUB_SHARE, ROLES, is_named_edge
from pnetlib.words import listed

PAPER_HUBS = {
    group: [gene for gene, marker in MARKERS.items() if ROLES.get(marker.role) == group]
    for group in GROUPS
}


def conclusion(groups, edges, degrees, markers):
    """Return how the two networks differ, as a Markdown list.

    `edges` and `degrees` are as `edge_table` and `degree_table` return them; the markers are those
    among the genes.
    """
    counts = edges["presence"].value_counts()
    shared = counts.get("both", 0)
    return "\n".join(
        [
            f"- Of {groups.complete} lines measured with all drugs, {len(groups.lines['ST'])} are "
            f"sensitive (every z-score at most {groups.cuts['ST']:.2f}) and "
            f"{len(groups.lines['RS'])} resistant (every z-score at least "
            f"{groups.cuts['RS']:.2f}).",
            f"- The networks share {shared} of {len(edges)} edges "
            f"({shared / max(len(edges), 1):.0%}); {counts.get('ST only', 0)} are in ST only and "
            f"{counts.get('RS only', 0)} in RS only. How many of these would differ between random "
            "groups is tested in notebook 09.",
            *(_hubs(degrees, markers, group) for group in PAPER_HUBS),
            _named_edge(edges),
        ]
    )


def _hubs(degrees, markers, group):
    """Say which markers have the largest degree in a group, and where the paper's hubs rank."""
    rank = degrees[f"degree rank {group}"]
    first = rank[markers].sort_values(kind="stable").iloc[:3]
    text = (
        f"- Among the markers, {listed(first.index)} have the largest degrees in {group} (ranks "
        f"{listed(first)} of {len(rank)} genes)."
    )
    paper = rank[[gene for gene in PAPER_HUBS[group] if gene in rank.index]]
    if paper.empty:
        return f"{text} The paper's hubs of {group} are not among the genes."
    ranked = listed(f"{gene} has rank {place}" for gene, place in paper.items())
    hubs = int((paper <= max(1, round(HUB_SHARE * len(rank)))).sum())
    return (
        f"{text} Of the hubs that the paper names in {group}, {ranked}; "
        f"{('none of them is', 'one of them is', 'both are')[hubs]} in the first tenth."
    )


def _named_edge(edges):
    """Say whether the edge that the paper names is in ST and absent in RS."""
    regulator, target = NAMED_EDGE
    edge = edges[is_named_edge(edges)]
    st, rs = (0.0, 0.0) if edge.empty else edge.iloc[0][["ST", "RS"]]
    if st == rs == 0:
        found = "is in neither network"
    else:
        found = f"has the coefficient {st:.3f} in ST and {rs:.3f} in RS"
    agrees = "this run agrees" if st != 0 and rs == 0 else "this run does not agree"
    return (
        f"- The edge from {regulator} to {target} {found}. The paper finds it strong in ST and "
        f"absent in RS; on its presence {agrees}."
    )
