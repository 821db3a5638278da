"""Table 1 of Park, Imoto and Miyano (2022), "feature selection of genes", as far as readable."""

import pandas as pd

from pnetlib.paper import open_table


def published_selection() -> pd.DataFrame:
    """Return the rates of gene selection that the paper reports for its simulation.

    The source is table 1 of Park, Imoto and Miyano, BMC Bioinformatics 2022;23:342. The method
    that the table calls EL is called ELA here, as everywhere in this project.

    Returns
    -------
    DataFrame
        Columns ``n_tfs`` (5 or 10), ``scenario`` (1 to 4), ``method``, ``TP``, ``TN`` and their
        mean ``Ave``. The rates lie between 0 and 1, and are NaN where the source is not readable.
    """
    with open_table("table1.csv") as table:
        return pd.read_csv(table)
