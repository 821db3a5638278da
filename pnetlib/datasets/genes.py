"""Gene symbols for Ensembl ids, from the table of the Cell Model Passports."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pnetlib.datasets.cells import visible_names
from pnetlib.datasets.delimited import read_delimited

IDENTIFIERS = "gene_identifiers_20191101.csv"
_COLUMNS = ["ensembl_gene_id", "hgnc_symbol"]


def by_symbol(expression: pd.DataFrame, path: Path, handled: list[str]) -> pd.DataFrame:
    """Rename the columns of an expression table from Ensembl ids to HGNC symbols.

    The table in `path` has the columns ``ensembl_gene_id`` and ``hgnc_symbol``. Genes without a
    symbol, and those whose symbol or id is not unique, are left out; `handled` gets a sentence on
    this.
    """
    table = read_delimited(path, ",", _COLUMNS, others=False)
    for column in _COLUMNS:
        table[column] = visible_names(path.name, table[column].str.strip(), handled)
    pairs = table[_COLUMNS].drop_duplicates()
    pairs = pairs[pairs["ensembl_gene_id"].isin(expression.columns) & (pairs["hgnc_symbol"] != "")]
    pairs = pairs[~pairs["ensembl_gene_id"].duplicated(False)]
    pairs = pairs[~pairs["hgnc_symbol"].duplicated(False)]
    named = expression[pairs["ensembl_gene_id"]].set_axis(list(pairs["hgnc_symbol"]), axis=1)
    handled.append(
        f"Genes renamed from Ensembl ids to HGNC symbols with {path.name}; "
        f"{expression.shape[1] - named.shape[1]} without a unique symbol left out."
    )
    return named
