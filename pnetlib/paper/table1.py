"""The paper's first table, "feature selection of genes", as far as it is readable."""

from importlib.resources import files

import pandas as pd

SELECTION = "table1.csv"


def published_selection():
    """Rates of selection that the paper reports for its simulation.

    The figures are those of Park, Imoto and Miyano, BMC Bioinformatics 2022;23:342, first table,
    with its EL called ELA as elsewhere here.

    Returns
    -------
    DataFrame
        Columns n_tfs (5 or 10), scenario (1 to 4), method, TP, TN and their mean Ave, rates
        between 0 and 1; NaN where the source is not readable.
    """
    with files(__package__).joinpath(SELECTION).open(encoding="utf-8") as table:
        return pd.read_csv(table)
