"""Do the cell lines of a table resemble those that they are named after?

Labels that are shifted against a matrix of expression leave no other trace: every value is a
plausible one. Where the expression of known lines has the same cell lines, each line of the table
should resemble its own line there more than any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pnetlib.datasets.gdsc_packages import cached_reference
from pnetlib.datasets.lineage import LineNames
from pnetlib.errors import DataError
from pnetlib.words import agreed, counted

REFUSED = 0.2  # share of lines that resemble another line above which a table is refused; ours
LEAST_GENES, LEAST_LINES = 50, 5  # fewer say nothing about identity


@dataclass(frozen=True)
class Identity:
    """What the comparison of a table with known lines found.

    Attributes
    ----------
    table : DataFrame
        One row per cell line that both have: ``own``, the correlation with the line of the same
        name; ``best``, the known line with the largest one, and this ``correlation``.
    genes : int
        Number of genes that both have.
    """

    table: pd.DataFrame
    genes: int

    @property
    def others(self) -> pd.DataFrame:
        """The lines that resemble another line more than the one they are named after."""
        return self.table[self.table["best"] != self.table.index]

    def __str__(self) -> str:
        n, wrong = len(self.table), self.others
        if self.genes < LEAST_GENES or n < LEAST_LINES:
            return (
                f"Identity was not checked: the table and the known lines share {counted(n, 'line')} "
                f"and {counted(self.genes, 'gene')}."
            )
        if wrong.empty:
            return (
                f"All {n} lines that are known resemble the line they are named after most "
                f"(median correlation {self.table['own'].median():.2f} over {self.genes} genes)."
            )
        first = wrong.iloc[0]
        return (
            f"{len(wrong)} of {n} lines "
            f"{agreed(len(wrong), 'resembles', 'resemble')} another line than the one "
            f"{agreed(len(wrong), 'it is', 'they are')} named after "
            f"(first: {wrong.index[0]}, which is most like {first['best']}, {first['correlation']:.2f} "
            f"against {first['own']:.2f})."
        )


def compare_identity(expression: pd.DataFrame, reference: pd.DataFrame) -> Identity:
    """Correlate every line of a table with every known line, over the genes of both.

    Genes are standardised over the shared lines of each table, so that units and the mean of a gene
    do not matter.

    Parameters
    ----------
    expression, reference : DataFrame
        Cell lines x genes, of the table and of known lines; index the same ids or names in both.
    """
    genes = expression.columns.intersection(reference.columns)
    lines = expression.index.intersection(reference.index)
    if len(genes) < LEAST_GENES or len(lines) < LEAST_LINES:
        empty = pd.DataFrame({"own": np.nan, "best": lines, "correlation": np.nan}, index=lines)
        return Identity(empty, len(genes))
    x, y = (_standard(table.loc[lines, genes]) for table in (expression, reference))
    r = x @ y.T
    best = r.argmax(axis=1)
    rows = np.arange(len(lines))
    columns = {"own": np.diag(r), "best": lines[best], "correlation": r[rows, best]}
    return Identity(pd.DataFrame(columns, index=lines), len(genes))


def check_identity(
    expression: pd.DataFrame, reference: pd.DataFrame, what: str, *, most: float = REFUSED
) -> str:
    """Return what the comparison found in one sentence; refuse a table with too many other lines.

    Parameters
    ----------
    expression, reference : DataFrame
        As for `compare_identity`.
    what : str
        What the table is called in the message.
    most : float, default 0.2
        Largest share of lines that may resemble another one; 1 accepts every table.

    Raises
    ------
    DataError
        If the share is larger.
    """
    found = compare_identity(expression, reference)
    if len(found.others) > most * len(found.table) and found.genes >= LEAST_GENES:
        raise DataError(
            f"{what}: {found} Its labels may be shifted against its rows: correct them, or accept "
            "them as they are with identity=False."
        )
    return f"{what}: {found}"


def check_lines(
    expression: pd.DataFrame, what: str, *, identity: bool = True, cache: str | Path | None = None
) -> str:
    """Check a table of known cell lines against the expression of the packaged source.

    Nothing is fetched: without the packages in the cache, a sentence says that nothing was checked.

    Parameters
    ----------
    expression : DataFrame
        Cell lines x genes; index the COSMIC ids or the names of the lines.
    what : str
        What the table is called in messages.
    identity : bool, default True
        Whether a table is refused if too many lines resemble another one.
    cache : str or Path, default None
        As for `pnetlib.datasets.load_cohort`.

    Returns
    -------
    str
        What was found, in one sentence.

    Raises
    ------
    DataError
        If more than a fifth of the lines resemble another line, unless `identity` is False.
    """
    found = cached_reference(cache)
    if found is None:
        return (
            f"{what}: identity of the cell lines was not checked, as no expression of known lines is "
            "in the cache."
        )
    reference, annotation = found
    labels = pd.Index([str(label) for label in expression.index])
    if not labels.isin(reference.index).any():
        labels = pd.Index(LineNames(annotation).table(labels)["line"])
    known = labels.isin(reference.index) & ~labels.duplicated(keep=False)
    table = expression.set_axis(labels, axis=0)[known]
    return check_identity(table, reference, what, most=REFUSED if identity else 1.0)


def _standard(table: pd.DataFrame) -> np.ndarray:
    """Return rows of norm 1 whose genes were standardised over the lines before."""
    x = table.to_numpy(float)
    spread = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    x -= x.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(norm > 0, norm, 1.0)
