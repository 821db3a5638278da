"""What notebook 12 says, in sentences made from its numbers."""

from pnetlib.paper.claims import published_claims
from pnetlib.steps.claims.compute import JUDGES, VERDICTS, rule_of


def rules_text():
    """All rules, each once, with the claims they judge and what the verdicts cannot know."""
    table = published_claims()
    lines = []
    for function in dict.fromkeys(judged for judged, _, _ in JUDGES.values()):
        ids = [claim for claim, (judged, _, _) in JUDGES.items() if judged is function]
        lines.append(f"{', '.join(ids)}: {'; '.join(table.loc[ids, 'statement'])}.")
        lines.append(f"    Rule. {rule_of(ids[0])}")
        lines.append(f"    Not known: {JUDGES[ids[0]][2]}.")
    return "\n".join(lines)


def conclusion(verdicts, simulated):
    """The verdicts counted and listed, in sentences made from them.

    Parameters
    ----------
    verdicts : DataFrame
        Of `judge`.
    simulated : bool
        Whether the data are simulated: the run is then held against the planted truth.
    """
    lines = []
    for verdict in VERDICTS:
        claims = list(verdicts.index[verdicts["verdict"] == verdict])
        lines.append(
            f"- {verdict.capitalize()}: {len(claims)} of {len(verdicts)}"
            + (f" ({', '.join(claims)})." if claims else ".")
        )
    if simulated:
        told = verdicts[verdicts["planted"] != ""]
        same = told["verdict"] == told["planted"]
        other = ", ".join(
            f"{row.Index} ({row.planted} planted, {row.verdict} found)"
            for row in told[~same].itertuples()
        )
        lines.insert(
            0,
            (
                "SIMULATED DATA: these verdicts say nothing about cancer. The planted truth has a "
                f"verdict of its own on {len(told)} claims; the run comes to the same on "
                f"{int(same.sum())}" + (f", not on {other}." if other else ".")
            ),
        )
    return "\n".join(lines)
