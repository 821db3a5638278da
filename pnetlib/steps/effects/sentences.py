"""What notebook 05 says, in sentences made from its numbers."""


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
