"""What notebook 04 says, in sentences made from its numbers."""

from pnetlib.words import listed


def of_groups(groups, edges, degrees, markers):
    """Sizes, shared edges, hubs of each group and the edge from AKR1C1 to ANXA10."""
    counts = edges["presence"].value_counts()
    lines = [
        f"- {len(groups.lines['ST'])} sensitive lines (every z at most {groups.cuts['ST']:.2f}) "
        f"and {len(groups.lines['RS'])} resistant ones (every z at least {groups.cuts['RS']:.2f}), "
        f"of {groups.complete} measured with all drugs.",
        f"- Edges: {counts.get('both', 0)} in both groups, {counts.get('ST only', 0)} in ST only, "
        f"{counts.get('RS only', 0)} in RS only.",
    ]
    for group, expected in (("ST", ("ANXA10", "ZNF165")), ("RS", ("AKR1C3", "AKR1B10"))):
        hubs = degrees.loc[markers, f"degree rank {group}"].sort_values(kind="stable")
        paper = [
            f"{g} {degrees.at[g, f'degree rank {group}']}" for g in expected if g in degrees.index
        ]
        lines.append(
            f"- Hubs of {group} among the markers, with their degree rank of {len(degrees)} genes: "
            f"{listed(f'{gene} {rank}' for gene, rank in hubs.iloc[:3].items())}. The paper's "
            f"hubs of {group}: {listed(paper)}."
        )
    edge = edges[(edges["regulator"] == "AKR1C1") & (edges["target"] == "ANXA10")]
    st, rs = (0.0, 0.0) if edge.empty else edge.iloc[0][["ST", "RS"]]
    agrees = "as the paper says" if st != 0 and rs == 0 else "not as the paper says"
    lines.append(
        f"- AKR1C1 to ANXA10: coefficient {st:.3f} in ST and {rs:.3f} in RS; the paper has it "
        f"strong in ST and gone in RS: {agrees} in presence."
    )
    return "\n".join(lines)
