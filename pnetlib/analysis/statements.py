"""Sentences that say what the numbers of a run show; none is typed beside the numbers."""

from .comparison import BASELINES
from .tuning import METHODS, NETWORK_METHODS


def listed(words):
    """Words as an enumeration, "none" if there are none."""
    words = [str(word) for word in words]
    if not words:
        return "none"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def of_comparison(errors, differences):
    """What notebook 02 found: the best method of each drug and Pro against the others."""
    lines = []
    for drug, part in errors.groupby("drug", sort=False):
        best = part[part["method"].isin(METHODS)].sort_values("mean", kind="stable").iloc[0]
        naive = part[part["method"].isin(BASELINES)].sort_values("mean", kind="stable").iloc[0]
        lines.append(
            f"- **{drug}**: lowest error {best['method']} with {best['mean']:.3f} "
            f"({best['low']:.3f} to {best['high']:.3f}); best naive mean, {naive['method']}: "
            f"{naive['mean']:.3f}."
        )
    clear = {"lower": [], "higher": [], "open": []}
    for row in differences[differences["drug"] != "all"].itertuples():
        side = "lower" if row.high < 0 else "higher" if row.low > 0 else "open"
        clear[side].append(f"{row.against} ({row.drug})")
    lines.append(
        f"- Pro's error is lower, with an interval that excludes 0, than that of: "
        f"{listed(clear['lower'])}; higher than that of: {listed(clear['higher'])}; for the other "
        f"{len(clear['open'])} of {sum(map(len, clear.values()))} comparisons the interval "
        "includes 0."
    )
    mean = errors.groupby("method")["mean"].mean()
    network = mean[list(NETWORK_METHODS)].mean()
    expression = mean[["ELA", "LA"]].mean()
    word = "lower" if network < expression else "not lower"
    lines.append(
        f"- Averaged over the drugs, the network-based models (Pro, NW.P) have an error of "
        f"{network:.3f} and the expression-based ones (ELA, LA) of {expression:.3f}: {word}, where "
        "the paper reports lower overall."
    )
    return "\n".join(lines)


def of_control(errors, control):
    """Whether the methods lose their advantage over the drug mean on permuted responses."""
    rows = []
    for name, table in (("measured", errors), ("permuted", control)):
        mean = table.groupby("method")["mean"].mean()
        gain = 1.0 - mean[list(METHODS)] / mean["drug mean"]
        rows.append(f"{name} responses: " + ", ".join(f"{m} {gain[m]:+.1%}" for m in METHODS))
    return "Error saved against the drug mean, averaged over drugs. " + "; ".join(rows) + "."


def of_recovery(recovery):
    """Which method finds the planted genes best on simulated data."""
    ave = recovery.groupby("method")["Ave"].mean().sort_values(ascending=False)
    return (
        "On this simulated cohort, mean of TP and TN over the drugs: "
        + ", ".join(f"{method} {value:.2f}" for method, value in ave.items()) + "."
    )


def of_markers(common, published, top, n_genes):
    """How many genes are common to the drugs and how many published ones are among them."""
    names = published["marker"].unique()
    inside = published.loc[published["in universe"], "marker"].unique()
    came_out = [name for name in names if name in common.index]
    return (
        f"{len(common)} of {n_genes} genes are among the first {top} for every drug; the first are "
        f"{listed(common.index[:7])}. Of the {len(names)} published markers {len(inside)} are "
        f"among the genes analysed ({listed(inside)}) and {len(came_out)} come out as common by "
        f"our rule ({listed(came_out)})."
    )


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
        paper = [f"{g} {degrees.at[g, f'degree rank {group}']}" for g in expected if g in degrees.index]
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


def of_effects(comparison, roles):
    """For each named marker and side: which group is more active and whether the test tells."""
    lines = []
    for row in comparison[comparison["length"] == 1].itertuples():
        expected = {"sensitivity": "ST", "resistance": "RS"}[roles[row.marker]]
        larger = comparison.at[row.Index, "larger in"]
        p = comparison.at[row.Index, "p adjusted"]
        found = "no activity in either group" if larger == "none" else f"larger in {larger}"
        if larger != expected:
            agrees = "does not agree"
        else:
            agrees = "agrees" if p < 0.05 else "points the same way, but not beyond chance,"
        medians = (comparison.at[row.Index, "median ST"], comparison.at[row.Index, "median RS"])
        lines.append(
            f"- {row.marker}, {row.side}: {found} (medians {medians[0]:.2f} in ST, "
            f"{medians[1]:.2f} in RS; adjusted p {p:.2g}); {agrees} with the paper, which expects "
            f"{expected}."
        )
    return "\n".join(lines)
