"""Figure of notebook 16: the claims of the paper next to what a run found, as one table."""

import re
from textwrap import wrap

import pandas as pd
from matplotlib.figure import Figure

from pnetlib.steps.claims.verdicts import (
    CONTRADICTED,
    PARTLY,
    REPRODUCED,
    UNDECIDED,
    UNTESTABLE,
    VERDICTS,
)
from pnetlib.steps.study import Study
from pnetlib.steps.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RULE,
    SMALL,
    VERMILION,
    caption,
    new_figure,
    styled,
)

SYMBOLS = {
    REPRODUCED: ("o", GREEN),
    PARTLY: ("D", ORANGE),
    UNDECIDED: ("v", BLUE),
    CONTRADICTED: ("X", VERMILION),
    UNTESTABLE: ("s", GREY),
}
LINE = 2.85  # mm
COLUMNS = {"claim": (0.0, 23), "paper": (0.19, 21), "found": (0.36, 65), "verdict": (0.86, 14)}


@styled
def draw_claims(
    verdicts: pd.DataFrame, robust: pd.DataFrame | None = None, *, study: Study
) -> Figure:
    """Draw every claim with what the paper reports, what the run found, and the verdict.

    `verdicts` is as `judge` returns it; the verdict on the planted truth of simulated data is
    added, and the number of readings in which the claim holds from `robust`, if given, as
    `robustness.robustness` returns it.
    """
    holds = {} if robust is None else robust["holds in"].to_dict()
    rows = [_row(claim, row, study, holds.get(claim)) for claim, row in verdicts.iterrows()]
    heights = [max(len(lines) for lines in row.values()) + 0.6 for row in rows]
    total = sum(heights) + 2
    title = "Claims of the paper and what this run found"
    figure = new_figure(title, 9 + LINE * total, study)
    axes = figure.add_subplot()
    axes.set(xlim=(-0.01, 1.0), ylim=(total, 0))
    axes.axis("off")
    heads = {"claim": "Claim", "paper": "Paper", "found": "This run", "verdict": "Verdict"}
    for column, (x, _) in COLUMNS.items():
        axes.text(x, 0.4, heads[column], fontweight="bold", va="top")
    look = {"fontsize": SMALL, "va": "top", "linespacing": 1.15}
    y = 2.0
    for row, height, verdict in zip(rows, heights, verdicts["verdict"]):
        axes.axhline(y - 0.15, color=RULE, linewidth=0.6)
        for column, (x, _) in COLUMNS.items():
            shift = 0.028 if column == "verdict" else 0.0
            axes.text(x + shift, y + 0.1, "\n".join(row[column]), **look)
        marker, colour = SYMBOLS[verdict]
        axes.plot(COLUMNS["verdict"][0] + 0.01, y + 0.6, marker, color=colour, markersize=5)
        y += height
    return figure


def _row(claim, row, study, holds):
    """Return the lines of text of one claim by column."""
    figure = f"figure {row['figure']}" if row["figure"].isdecimal() else row["figure"]
    planted = [f"planted: {row['planted'] or 'nothing'}"] if study.simulated else []
    planted += [f"readings: {holds}"] if holds else []
    texts = {
        "claim": [f"{claim}  {row['title']}", f"(paper's {figure})"],
        "paper": [row["value"]],
        "found": re.sub(r"(?<=[ (])-(?=\d)", "−", row["found"])
        .replace("ST minus RS", "ST − RS")
        .replace(" p 0", " p\u00a00")
        .replace(" p < ", " p\u00a0<\u00a0")
        .split("; "),
        "verdict": [row["verdict"], f"tested: {row['tested']}", *planted],
    }
    return {
        column: [line for text in parts for line in wrap(text, COLUMNS[column][1])]
        for column, parts in texts.items()
    }


def caption_claims(verdicts: pd.DataFrame, *, study: Study) -> str:
    """Return the caption of `draw_claims`."""
    counts = verdicts["verdict"].value_counts()
    listed = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in VERDICTS)
    text = (
        f"{len(verdicts)} claims: {listed}. Numbers in brackets are 95% intervals. p is two-sided: "
        "from the folds in C1 and C2, from ranks in C3, from permutations in C4 to C7, from "
        "replicates in C8. The rules and how often they err are stated above. Readings: in how many "
        "readings of the paper the claim holds."
    )
    return caption("Figure 16", text, study)
