"""Sentences of notebook 05, generated from its numbers."""

from pnetlib.steps.effects.compute import larger_group
from pnetlib.steps.study import PAPER, ROLES
from pnetlib.words import alike

SIDE_WORDS = {"targets": "effect on its targets", "regulators": "effect of its regulators on it"}
NEAR = 0.1  # our choice: a smaller share of the larger mean is worth a word
WHY_NO_TEST = (
    "This notebook gives no p value: all cell lines of a group share one estimated network, so they "
    "are not independent evidence on it. The permutation test of notebook 09, which estimates both "
    "networks anew, gives p values and intervals."
)


def conclusion(comparison, roles, study=PAPER):
    """Return, per named marker and side, the group of larger mean effect, as a Markdown list.

    `comparison` is as `compare_groups` returns it, of which single edges are reported; `roles` is
    marker to "sensitivity" or "resistance".
    """
    table = comparison[comparison["length"] == 1]
    expected = table["marker"].map(roles).map(ROLES)
    lines = [_one(row, group, study) for (_, row), group in zip(table.iterrows(), expected)]
    if not expected.notna().any():
        return "\n".join([f"{WHY_NO_TEST}\n", *lines])
    agree = table[table["larger in"] == expected]
    near = (agree["difference"].abs() < NEAR * agree[["mean ST", "mean RS"]].max(axis=1)).sum()
    return "\n".join(
        [
            f"In {len(agree)} of {expected.notna().sum()} comparisons the estimated mean effect is larger "
            f"in the group {'that the paper names' if study.of_paper else 'expected'}"
            f"{f', in {near} of these by less than {NEAR:.0%}' if near else ''}. "
            f"{WHY_NO_TEST}\n",
            *lines,
        ]
    )


def _one(row, expected, study):
    """Say where the estimate for one marker and side is larger, and whether that was expected."""
    name, larger = f"- {row['marker']}, {SIDE_WORDS[row['side']]}", row["larger in"]
    other_than = "unlike the paper" if study.of_paper else "unlike its role"
    unlike = f", {other_than}" if isinstance(expected, str) else ""
    if larger == "none":
        return f"{name}: the same estimate in both groups ({row['mean ST']:.2f}){unlike}."
    if alike(row["mean ST"], row["mean RS"]):
        both = f"{row['mean ST']:.2f} in both groups"
        return f"{name}: the estimates are about equal ({both}){_of_medians(row)}."
    other = "RS" if larger == "ST" else "ST"
    as_said = ", as the paper reports" if study.of_paper else ", as its role says"
    agrees = as_said if larger == expected else unlike
    return (
        f"{name}: the estimate is larger in {larger} ({row[f'mean {larger}']:.2f} against "
        f"{row[f'mean {other}']:.2f}){agrees}{_of_medians(row)}."
    )


def _of_medians(row):
    """Say so if the medians point to another group than the means."""
    ST, RS = row["median ST"], row["median RS"]
    if larger_group(ST - RS) == row["larger in"] or alike(ST, RS):
        return ""
    return f"; the medians disagree with the means ({ST:.2f} in ST, {RS:.2f} in RS)"
