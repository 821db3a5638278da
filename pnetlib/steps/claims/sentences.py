"""Sentences of notebook 12, generated from its verdicts."""

from pnetlib.paper.claims import published_claims
from pnetlib.steps.claims.compute import JUDGES, NOT, PARTLY, REPRODUCED, UNTESTABLE, rule_of
from pnetlib.words import counted, listed

VERDICT_WORDS = {
    REPRODUCED: ("is reproduced", "are reproduced"),
    PARTLY: ("is partly reproduced", "are partly reproduced"),
    NOT: ("is not reproduced", "are not reproduced"),
    UNTESTABLE: ("cannot be tested", "cannot be tested"),
}


def rules_text():
    """Return, as Markdown, every rule once, with the claims it judges and what is not known."""
    table = published_claims()
    rows = ["| claims | the paper says | rule | not known |", "|---|---|---|---|"]
    for judge in dict.fromkeys(judge for judge, _, _ in JUDGES.values()):
        ids = [claim for claim, (other, _, _) in JUDGES.items() if other is judge]
        said = "; ".join(table.loc[ids, "statement"])
        rows.append(f"| {', '.join(ids)} | {said} | {rule_of(ids[0])} | {JUDGES[ids[0]][2]} |")
    return "\n".join(rows)


def conclusion(verdicts, simulated):
    """Return the verdicts of `judge`, counted and named, as Markdown.

    A run on simulated data is compared with the planted truth.
    """
    lines = [_planted(verdicts)] if simulated else []
    lines.append(f"Of the paper's {len(verdicts)} claims:\n")
    for verdict, (one, many) in VERDICT_WORDS.items():
        claims = list(verdicts.index[verdicts["verdict"] == verdict])
        if claims:
            lines.append(f"- {len(claims)} {one if len(claims) == 1 else many}: {listed(claims)}.")
    return "\n".join(lines)


def _planted(verdicts):
    """Say how often the run and the planted truth reach the same verdict."""
    known = verdicts[verdicts["planted"] != ""]
    same = known["verdict"] == known["planted"]
    other = listed(
        f"{listed(part.index)} (planted: {planted}, found: {found})"
        for (planted, found), part in known[~same].groupby(["planted", "verdict"])
    )
    return (
        "SIMULATED DATA: these verdicts say nothing about cancer, but they show whether the run "
        f"recovers what was planted. The planted truth has a verdict on "
        f"{counted(len(known), 'claim')}; the run reaches the same verdict on {int(same.sum())}"
        + (f" and another one on {other}.\n" if not same.all() else ".\n")
    )
