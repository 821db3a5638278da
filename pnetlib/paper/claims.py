"""The checkable statements of Park, Imoto and Miyano, BMC Bioinformatics 2022;23:342."""

import pandas as pd

from pnetlib.paper import open_table


def published_claims() -> pd.DataFrame:
    """Return the checkable statements of the paper and its newsletter.

    Returns
    -------
    DataFrame
        Index ``id``; columns ``figure`` (of the paper), ``title`` (a few words, this project's
        choice), ``statement`` and ``value`` (what the paper reports, in short).
    """
    with open_table("claims.csv") as table:
        return pd.read_csv(table, index_col="id", dtype=str)
