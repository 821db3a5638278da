"""Sentences of notebook 05, generated from its numbers."""

from pnetlib.steps.networks.compute import ROLES

SIDE_WORDS = {"targets": "effect on its targets", "regulators": "effect of its regulators on it"}


def conclusion(comparison, roles, level=0.05):
    """Return, per named marker and side, which group is more active, as a Markdown list.

    `comparison` is as `compare_groups` returns it, of which single edges are reported; `roles` is
    marker to "sensitivity" or "resistance"; adjusted p values below `level` count as clear.
    """
    table = comparison[comparison["length"] == 1]
    lines = [_one(row, ROLES[roles[row["marker"]]], level) for _, row in table.iterrows()]
    agree = sum(
        row["larger in"] == ROLES[roles[row["marker"]]] and row["p adjusted"] < level
        for _, row in table.iterrows()
    )
    return "\n".join(
        [
            f"In {agree} of {len(table)} comparisons the group that the paper names is clearly "
            f"more active (adjusted p below {level}). The test takes the networks as given; "
            "notebook 09 adds their uncertainty.\n",
            *lines,
        ]
    )


def _one(row, expected, level):
    """Say where one marker is more active on one side, and whether the paper says so."""
    larger, p = row["larger in"], row["p adjusted"]
    if larger == "none":
        found = "there is no activity in either group"
    else:
        found = (
            f"larger in {larger} (median {row['median ST']:.2f} in ST, {row['median RS']:.2f} in "
            f"RS; adjusted p {p:.2g})"
        )
    if larger == expected:
        agrees = "as the paper reports" if p < level else "the paper's direction, but within chance"
    else:
        agrees = f"unlike the paper, which reports {expected}"
        agrees += "" if p < level or larger == "none" else ", but within chance"
    return f"- {row['marker']}, {SIDE_WORDS[row['side']]}: {found}, {agrees}."
