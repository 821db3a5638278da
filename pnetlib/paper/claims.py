"""The checkable statements of the paper."""

from importlib.resources import files

import pandas as pd

CLAIMS = "claims.csv"


def published_claims():
    """Statements of Park, Imoto and Miyano (BMC Bioinformatics 2022;23:342) and its newsletter.

    Returns
    -------
    DataFrame
        Index ``id``; columns ``figure``, ``title`` (ours, a few words), ``statement`` and
        ``value`` (what the paper reports, in short).
    """
    with files(__package__).joinpath(CLAIMS).open(encoding="utf-8") as table:
        return pd.read_csv(table, index_col="id", dtype=str)
