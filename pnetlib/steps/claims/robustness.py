"""How much hangs on the reading of the paper, beside each verdict (numbers of step 15)."""

import pandas as pd

COLUMNS = ["verdict", "holds in", "agrees in", "median effect", "p", "how robust"]


def robustness(verdicts, multiverse):
    """Return for each claim in how many readings it holds, beside its verdict.

    Parameters
    ----------
    verdicts : DataFrame
        Of `compute.judge`.
    multiverse : dict or None
        Numbers of step 15; without them the table is empty.

    Returns
    -------
    DataFrame
        Index the claims; the verdict, "k of K readings" in which the claim holds and agrees, the median
        estimate, the p value of the median, and a word for how robust the claim is.
    """
    found = {} if multiverse is None else multiverse["claims"]
    rows = {}
    for claim in verdicts.index.intersection(list(found)):
        own = found[claim]
        rows[claim] = (
            verdicts.at[claim, "verdict"],
            f"{own['holds']:,} of {own['readings']:,}",
            f"{own['agrees']:,} of {own['readings']:,}",
            own["median"],
            own["test"]["p_median"],
            own["word"],
        )
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS)


def of_robustness(table):
    """Say in words what the readings of every claim mean for its verdict."""
    if table.empty:
        return "Notebook 15 was not run here, so that one reading decides each verdict."
    lines = [
        f"- {claim} ({row['verdict']}): holds in {row['holds in']} readings, median effect "
        f"{row['median effect']:+.3f}, p {row['p']:.2g}; {row['how robust']}."
        for claim, row in table.iterrows()
    ]
    return "\n".join(["Under every reading of the paper:\n", *lines])
