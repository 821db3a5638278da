"""Claims on prediction errors under two ways to choose the lambdas."""

import pandas as pd

from pnetlib.steps.choice import METHODS
from pnetlib.steps.claims.compute import Evidence, judge
from pnetlib.steps.claims.evidence import network_gain, pro_minus
from pnetlib.steps.comparison.compute import fold_errors
from pnetlib.words import listed

CLAIMS = ("C1", "C2a", "C2b", "C2c")


def claims_beside(compared):
    """Judge the claims on prediction errors under each way to choose lambdas.

    `compared` is "grid" and "search" to a `Comparison`.

    Returns
    -------
    DataFrame
        Index the claims' ids: ``title`` and, for each way, what was found and the ``verdict``.
    """
    tables = []
    for name, part in compared.items():
        errors = fold_errors(part.predictions, METHODS)
        judged = judge(Evidence(network_gain=network_gain(errors), pro_minus=pro_minus(errors)))
        columns = {"found": name, "verdict": f"verdict, {name}"}
        tables.append(judged.loc[list(CLAIMS), list(columns)].rename(columns=columns))
    titles = judged.loc[list(CLAIMS), ["title"]]
    return pd.concat([titles, *tables], axis=1)


def of_claims(table):
    """Say what the search changes in these claims, from the table of `claims_beside`."""
    lines = []
    for claim, row in table.iterrows():
        grid, search = row["verdict, grid"], row["verdict, search"]
        verdict = (
            f"{search} with the search, as with the grid"
            if search == grid
            else f"{search} with the search, {grid} with the grid"
        )
        lines.append(
            f"- **{claim}** ({row['title']}): {verdict}. Search: {row['search']}. "
            f"Grid: {row['grid']}."
        )
    changed = table.index[table["verdict, grid"] != table["verdict, search"]]
    if len(changed):
        last = f"- The search changes the verdict on {listed(changed)}."
    else:
        last = "- The search changes no verdict on these claims."
    return "\n".join([*lines, last])
