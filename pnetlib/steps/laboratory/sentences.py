"""What notebook 13 says, in sentences made from its numbers."""

from pnetlib.steps.laboratory.compute import LABEL, matched_lines
from pnetlib.steps.screens.compute import ALL, MEAN, RESPONSE
from pnetlib.steps.screens.sentences import of_judge, of_response
from pnetlib.words import counted, listed

LEFT_OUT = "Nothing is judged here."


def of_laboratory(screens):
    """Say which responses there are, how lines were matched, and what was left out."""
    said = " ".join(screens.provenance["handled"])
    if screens.listed.empty:
        return f"{said} {LEFT_OUT}"
    names = matched_lines(screens)
    others = [f"{reason} ({count})" for reason, count in names.items() if reason != "matched"]
    left = f" Names without a cell line: {listed(others)}." if others else ""
    return f"Another laboratory measured {counted(len(screens.listed), 'drug')}. {said}{left}"


def of_choice(names):
    """Say which further drugs are judged besides those of the run."""
    if not names:
        return "No further drugs: those of the run are judged."
    return (
        f"Further drugs that both have: {listed(names)}. Cytotoxic medicines come first, then the "
        "drugs measured in most cell lines."
    )


def of_agreement(judged):
    """Say how far the two laboratories themselves agree."""
    rows = judged.table[(judged.table["method"] == RESPONSE) & (judged.table["lines"] == ALL)]
    if rows.empty:
        return ""
    low, high = rows.loc[rows["mean"].idxmin()], rows.loc[rows["mean"].idxmax()]
    found = f"rank correlations of {low['mean']:.2f} ({low['drug']}) to {high['mean']:.2f} ({high['drug']})"
    if len(rows) == 1:
        found = f"a rank correlation of {low['mean']:.2f} ({low['drug']})"
    return f"The measured responses of the two laboratories have {found}."


def conclusion(judged):
    """Return what another laboratory makes of the comparison, as Markdown."""
    if judged is None or judged.differences.empty:
        return LEFT_OUT
    parts = [of_agreement(judged), of_response(judged, LABEL), "", of_judge(judged, LABEL)]
    if ((judged.differences["lines"] == "solid") & (judged.differences["drug"] == MEAN)).any():
        parts += ["", "Within solid lines alone:", "", of_judge(judged, LABEL, "solid")]
    return "\n".join(parts)
