"""Which cell lines grow in blood and which in solid tissue, and cell lines by name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from pnetlib.datasets.cohort import UNKNOWN

BLOOD, SOLID = "blood", "solid"
# Tissues of GDSC, of CTRPv2 and of the simulated cohort that are blood, marrow or lymph.
BLOOD_TISSUES = (
    ("leukemia", "lymphoma", "myeloma")
    + ("haematopoietic_and_lymphoid_tissue",)
    + ("blood", "lymph node", "marrow")
)
# Two pairs of cell lines differ only in punctuation. Of each, the one that the cohort has, by its
# COSMIC id, is of this tissue in CTRPv2; the other one is not.
CLASHES = {"TT": ("930299", "thyroid"), "KMH2": ("909976", "haematopoietic_and_lymphoid_tissue")}


def line_key(name: str) -> str:
    """Return the letters and digits of a cell line's name in capitals, without a leading NCI.

    >>> line_key("NCI-H1650"), line_key("SK-MEL-28")
    ('H1650', 'SKMEL28')
    """
    return re.sub("[^A-Z0-9]", "", name.upper()).removeprefix("NCI")


def lineages(tissues: pd.Series) -> pd.Series:
    """Return ``"blood"``, ``"solid"`` or ``"unknown"`` for each tissue."""
    found = tissues.isin(BLOOD_TISSUES).map({True: BLOOD, False: SOLID})
    return found.mask(tissues == UNKNOWN, UNKNOWN)


class Match(NamedTuple):
    """A name in another source: the id of its cell line, or "" and the reason why it has none."""

    name: str
    line: str
    reason: str = ""


class LineNames:
    """The cell lines of a cohort by name, whatever the punctuation.

    Parameters
    ----------
    annotation : DataFrame
        Annotation of the cohort: index the ids; columns ``cell_line`` and ``tissue``.
    """

    def __init__(self, annotation: pd.DataFrame) -> None:
        names = annotation["cell_line"]
        names = names[names != UNKNOWN]
        self._lineage = lineages(annotation["tissue"])
        self._spelt = {name: line for line, name in names.items() if (names == name).sum() == 1}
        keys = names.map(line_key)
        self._keyed = {key: line for line, key in keys.items()}
        self._shared = set(keys[keys.duplicated()])

    def match(self, name: str, tissue: str = UNKNOWN) -> Match:
        """Return the cell line of a name; a tissue that contradicts the cohort's leaves it out."""
        key = line_key(name)
        line = self._keyed.get(key, "")
        if key in CLASHES:
            line, expected = CLASHES[key]
            if line not in self._lineage.index or tissue not in (UNKNOWN, expected):
                return Match(name, "", "a name that two cell lines share")
        elif key in self._shared:
            line = self._spelt.get(name, "")
            if not line:
                return Match(name, "", "a name that two cell lines share")
        if not line:
            return Match(name, "", "not in the cohort")
        kinds = {self._lineage[line], lineages(pd.Series([tissue])).iloc[0]} - {UNKNOWN}
        if len(kinds) == 2:
            return Match(name, "", "blood in one source and solid tissue in the other")
        return Match(name, line)

    def table(self, names: Iterable[str], tissues: Iterable[str] | None = None) -> pd.DataFrame:
        """Return name, line and reason of every name; two names of one cell line are both left out."""
        names = list(names)
        tissues = [UNKNOWN] * len(names) if tissues is None else list(tissues)
        rows = [self.match(name, tissue) for name, tissue in zip(names, tissues, strict=True)]
        table = pd.DataFrame(rows, columns=list(Match._fields))
        twice = table["line"].ne("") & table["line"].duplicated(False)
        table.loc[twice, ["line", "reason"]] = ["", "one cell line under two names"]
        return table
