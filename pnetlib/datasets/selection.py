"""Choose many drugs of a source at once: all of them, or a sample balanced over classes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pnetlib.errors import UsageError
from pnetlib.words import counted

ALL, SAMPLE = "all", "sample"
PATHWAY = "target pathway"
MEASURED = "thirds of the number of cell lines, of the median and of the spread of ln IC50"
_UNCLASSIFIED = "Unclassified"


@dataclass(frozen=True)
class Selection:
    """Drugs chosen from those that a source lists.

    Attributes
    ----------
    drugs : DataFrame
        Columns id, name, lines and class; index as in the list of the source.
    rule : str
        `ALL` or `SAMPLE`.
    balanced : str
        What the classes are: `PATHWAY`, or `MEASURED` where the source gives no pathway.
    classes : int
        Number of classes among the candidates.
    counts : dict of str to int
        How many drugs the source lists (``listed``), how many are ``repeated`` under one name,
        have no name or id of their own (``ambiguous``), are in the run already (``taken``), and
        are ``candidates``.
    few : DataFrame
        Columns name and lines of the drugs left out for too few cell lines.
    """

    drugs: pd.DataFrame
    rule: str
    balanced: str
    classes: int
    counts: dict[str, int]
    few: pd.DataFrame

    @property
    def words(self) -> list[str]:
        """What `pnetlib.datasets.load_cohort` finds each drug by: its id, or else its name."""
        ids, names = self.drugs["id"], self.drugs["name"]
        return [name if pd.isna(id) else str(id) for id, name in zip(ids, names, strict=True)]


def is_selection(text: str) -> bool:
    """Return whether a text asks for all drugs or a sample rather than for drugs by name."""
    rule = text.partition(":")[0].strip().lower()
    return "," not in text and (rule == SAMPLE or text.strip().lower() == ALL)


def sample_size(text: str) -> int | None:
    """Return n of the text ``sample:n``, or None for ``all``.

    Raises
    ------
    UsageError
        If n is not a whole number of at least 1.
    """
    rule, _, number = (part.strip() for part in text.lower().partition(":"))
    if rule == ALL:
        return None
    if not (number.isascii() and number.isdecimal() and int(number) > 0):
        raise UsageError(
            f"The sample of drugs is {text!r}, but must be sample:N with N of at least 1, such as "
            "sample:60."
        )
    return int(number)


def select_drugs(
    text: str, entries: pd.DataFrame, seed: int, *, taken: Iterable[str] = (), least_lines: int = 0
) -> Selection:
    """Choose all drugs of a source or a sample of them, the same in whatever order they are listed.

    Of several entries of one name, the one with the lowest id counts. Left out are names shared by
    several drugs without ids, drugs in `taken`, and drugs measured in fewer than `least_lines`
    cell lines. A sample takes one drug of each class in turn until it is complete, so classes
    differ by one drug at most unless they are exhausted; drugs and classes are in random order.
    A smaller sample of the same seed is part of a larger one.

    Parameters
    ----------
    text : str
        ``"all"`` or ``"sample:n"``.
    entries : DataFrame
        What `pnetlib.datasets.list_drugs` returns.
    seed : int
        Seed of the sample.
    taken : iterable of str
        Names of drugs to leave out.
    least_lines : int, default 0
        Fewest cell lines; a drug whose number is unknown is kept.

    Raises
    ------
    UsageError
        If n is not a whole number of at least 1, or larger than the number of candidates.
    """
    n = sample_size(text)
    entries = entries.sort_values(["name", "id"], na_position="last", kind="stable")
    repeats = entries["name"].duplicated(keep=False)
    single = entries.drop_duplicates("name")
    ambiguous = single["id"].isna() & repeats.loc[single.index]
    single = single[~ambiguous]
    others = single[~single["name"].isin(list(taken))]
    few = (others["lines"] < least_lines).fillna(False).astype(bool)
    candidates = others[~few]
    classes, balanced = drug_classes(candidates)
    counts = {
        "listed": len(entries),
        "repeated": len(entries) - entries["name"].nunique(),
        "ambiguous": int(ambiguous.sum()),
        "taken": len(single) - len(others),
        "candidates": len(candidates),
    }
    if n is not None and n > len(candidates):
        raise UsageError(
            f"The sample has {counted(n, 'drug')}, but the source has {len(candidates) or 'none'} "
            f"to choose from; ask for fewer, or for {ALL}."
        )
    chosen = classes.index if n is None else draw_balanced(classes, n, seed)
    drugs = candidates.loc[chosen, ["id", "name", "lines"]].assign(**{"class": classes[chosen]})
    return Selection(
        drugs.sort_values("name"),
        ALL if n is None else SAMPLE,
        balanced,
        classes.nunique(),
        counts,
        others.loc[few, ["name", "lines"]],
    )


def drug_classes(entries: pd.DataFrame) -> tuple[pd.Series, str]:
    """Return the class of each drug, and what the classes are (`PATHWAY` or `MEASURED`).

    Without target pathways, a drug's class is in which third of the drugs it is by number of cell
    lines, median and interquartile range of ln IC50. That replacement is this project's choice:
    the three describe which screen a drug was part of, its potency, and how much there is to
    predict. Equal values are in the same third; a value that the source does not give counts as
    one class.
    """
    pathway = entries["pathway"].fillna("").str.strip()
    if pathway.ne("").any():
        return pathway.replace("", _UNCLASSIFIED), PATHWAY
    texts = pd.Series("", index=entries.index)
    for column in ("lines", "median", "spread"):
        values = pd.to_numeric(entries[column], errors="coerce").astype(float)
        share = (values.rank() - 0.5) / max(values.notna().sum(), 1)
        third = np.floor(3 * share).add(1).astype("Int64").astype(str).replace("<NA>", "unknown")
        texts += f"{column} " + third + "; "
    return texts.str.removesuffix("; "), MEASURED


def draw_balanced(classes: pd.Series, n: int, seed: int) -> pd.Index:
    """Return the labels of n items, drawn as evenly as possible from the classes.

    The classes are visited in turn, in a random order of their own, and each gives the next of its
    items in random order. Labels of `classes` must be in an order that does not depend on chance.
    """
    rng = np.random.default_rng([seed, 10])
    shuffled = classes.iloc[rng.permutation(len(classes))]
    names = sorted(classes.unique())
    place = dict(zip(names, rng.permutation(len(names)), strict=True))
    turn = shuffled.groupby(shuffled).cumcount()
    order = np.lexsort((shuffled.map(place), turn))
    return shuffled.index[order[:n]]
