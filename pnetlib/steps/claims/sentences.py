"""Sentences of notebook 16, generated from its verdicts."""

from pnetlib.paper.claims import published_claims
from pnetlib.steps.claims.compute import JUDGES, READINGS, rule_of
from pnetlib.steps.claims.rates import EFFECT, FOUND, SPOKEN
from pnetlib.steps.claims.verdicts import CONTRADICTED, PARTLY, REPRODUCED, UNDECIDED, UNTESTABLE
from pnetlib.words import counted, listed

VERDICT_WORDS = {
    REPRODUCED: ("is reproduced", "are reproduced"),
    PARTLY: ("is partly reproduced", "are partly reproduced"),
    UNDECIDED: ("is undecided (the data cannot tell)", "are undecided (the data cannot tell)"),
    CONTRADICTED: ("is contradicted", "are contradicted"),
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

    What was found is repeated for the claims that are not undecided. A run on simulated data is
    compared with the planted truth.
    """
    lines = [_planted(verdicts)] if simulated else []
    lines.append(f"Of the paper's {len(verdicts)} claims:\n")
    for verdict, (one, many) in VERDICT_WORDS.items():
        part = verdicts[verdicts["verdict"] == verdict]
        if len(part):
            lines.append(f"- {len(part)} {one if len(part) == 1 else many}: {listed(part.index)}.")
        if verdict in SPOKEN:
            lines += [f"  - {claim}: {row['found']}." for claim, row in part.iterrows()]
    return "\n".join(lines)


def of_readings(readings, verdicts):
    """Say which verdicts change when a claim is read otherwise (`compute.read_otherwise`)."""
    lines = []
    for reading, column in readings.items():
        known = column[column != ""]
        if known.empty:
            continue
        other = known[known != verdicts.loc[known.index, "verdict"]]
        changed = listed(f"{claim} ({verdict})" for claim, verdict in other.items())
        lines.append(
            f"- {reading} ({READINGS[reading]}): {counted(len(known), 'claim')}; another verdict than "
            f"above for {changed}."
        )
    if not lines:
        return "No other reading was computed in this run."
    return "\n".join(["Read otherwise:\n", *lines])


def of_rates(rates):
    """Return what the error rates of `rates.error_rates` mean, in a few sentences."""
    if not len(rates):
        return "No claim can be tested in this run."
    wrong = rates[f"null {FOUND}"] + rates[f"null {CONTRADICTED}"]
    return (
        f"Without any effect, a claim is called reproduced or partly reproduced in at most "
        f"{rates[f'null {FOUND}'].max():.1%} of the draws, and contradicted in at most "
        f"{rates[f'null {CONTRADICTED}'].max():.1%}. No correction is made for the number of "
        f"claims: without any effect in any of {len(rates)}, about {wrong.sum():.1f} would get one "
        f"of these verdicts. With an effect of {EFFECT:g} standard errors in every part, a claim is "
        f"called reproduced or partly reproduced in at least {rates[f'power {FOUND}'].min():.0%} of "
        f"the draws; with the opposite effect, contradicted in at least "
        f"{rates[f'power {CONTRADICTED}'].min():.0%}. In all other cases the verdict is undecided."
    )


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
