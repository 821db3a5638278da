"""Find the drugs of a source by name or GDSC id."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from pnetlib.errors import MissingDrugError, UsageError
from pnetlib.paper.drugs import PAPER_DRUGS
from pnetlib.words import first_few

# What a caller may request: names with their ids; or names or ids, also in one text.
Drugs = Mapping[str, int] | str | Sequence[str | int]

# The correlation of the ranks of ln IC50 by which the same drug is recognised in two releases, its
# lead over any other drug, and the least number of common cell lines. This project's choice: the
# correlations found form two well separated groups.
_AGREEMENT, _LEAD, _LEAST_LINES = 0.85, 0.03, 50


def drug_words(drugs: str | Iterable[str | int]) -> list[str]:
    """Return the names and ids in a text, separated by commas, or in a sequence; at least one.

    A name with a comma may stand in double quotes.

    >>> drug_words('Docetaxel, "Brivanib, BMS-540215", 133')
    ['Docetaxel', 'Brivanib, BMS-540215', '133']
    """
    if isinstance(drugs, str):
        parts = next(csv.reader([" ".join(drugs.split())], skipinitialspace=True), [])
    else:
        parts = map(str, drugs)
    words = [word for word in map(str.strip, parts) if word]
    if not words:
        raise UsageError("No drug was requested; give at least one name or GDSC id.")
    return words


def listed_drugs(
    ids: Sequence[int],
    names: Sequence[str],
    values: Sequence,
    pathways: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return the table of `pnetlib.datasets.list_drugs` from the responses to each drug.

    `values` has the ln IC50 of each drug, one number or NaN per row of the source; `pathways` is
    None where the source does not give the target pathway.
    """
    values = [pd.Series(x, dtype=float) for x in values]
    table = pd.DataFrame({"id": pd.array(ids, dtype="Int64"), "name": pd.Series(names, dtype=str)})
    table["lines"] = pd.array([len(x) for x in values], dtype="Int64")
    table["pathway"] = pd.Series(pathways or [None] * len(table), dtype=object)
    table["median"] = [x.median() for x in values]
    table["spread"] = [x.quantile(0.75) - x.quantile(0.25) for x in values]
    return table


def find_drugs(
    drugs: str | Iterable[str | int], entries: pd.DataFrame, source: str, handled: list[str]
) -> pd.DataFrame:
    """Return the entries that words refer to, in the order of the words, without repetition.

    Names are compared without regard to case. A name that several drugs share means the drug of
    the paper if it is among them, or else the one with the lowest id; a sentence in `handled`
    reports this.

    Parameters
    ----------
    drugs : str or iterable of str or int
        Names and GDSC ids.
    entries : DataFrame
        One row per drug of the source: ``id`` (missing if unknown), ``name``, ``lines``.
    source : str
        Name of the source in messages.

    Returns
    -------
    DataFrame
        The rows found, with a column ``label``: the name, followed by the id if two rows share it.

    Raises
    ------
    MissingDrugError
        If there is no such drug (the message names similar ones), or several drugs without ids
        share the name.
    UsageError
        If no drug is requested.
    """
    words = drug_words(drugs)
    if isinstance(drugs, str):
        words = _joined(words, set(entries["name"].str.casefold()))
    places = [_place(word, entries, source, handled) for word in words]
    found = entries.loc[list(dict.fromkeys(places))]
    shared = found["name"].duplicated(False)
    label = found["name"].where(~shared, found["name"] + " (" + found["id"].astype(str) + ")")
    return found.assign(label=label)


def _joined(words: Sequence[str], names: set[str]) -> list[str]:
    """Return the words, those that only together are the name of a drug with commas as one."""
    found, at = [], 0
    while at < len(words):
        stop = at + 1
        if words[at].casefold() not in names:
            ends = range(len(words), at + 1, -1)
            stop = next((e for e in ends if ", ".join(words[at:e]).casefold() in names), stop)
        found.append(", ".join(words[at:stop]))
        at = stop
    return found


def _place(word: str, entries: pd.DataFrame, source: str, handled: list[str]):
    """Return the index of the one entry that a word refers to."""
    found = entries[:0]
    if word.isdecimal():
        found = entries[(entries["id"] == int(word)).fillna(False)]
    if found.empty:  # the name of a drug may be a number
        found = entries[entries["name"].str.casefold() == word.casefold()]
    if found.empty:
        what = f"with id {word}" if word.isdecimal() else word
        raise MissingDrugError(f"The source {source} has no drug {what}{_near(word, entries)}")
    if len(found) == 1:
        return found.index[0]
    known = found[found["id"].notna()].sort_values("id")
    if known.empty:
        raise MissingDrugError(
            f"In the source {source} the name {word} is shared by {len(found)} drugs whose ids it "
            "does not give; use the official files."
        )
    name = known["name"].iloc[0]
    chosen = known[known["id"] == PAPER_DRUGS.get(name, known["id"].iloc[0])]
    row = (known if chosen.empty else chosen).iloc[0]
    others = ["not known" if pd.isna(x) else str(x) for x in found["id"].drop(row.name)]
    handled.append(
        f"{name} is the name of {len(found)} drugs; id {row['id']} ({row['lines']} cell lines) was "
        f"chosen. Ids of the others: {first_few(others)}."
    )
    return row.name


def _near(word: str, entries: pd.DataFrame) -> str:
    """Return the end of a sentence that names drugs with similar names or ids."""
    folded = {name.casefold(): name for name in entries["name"]}
    spelt = difflib.get_close_matches(word.casefold(), list(folded), n=3, cutoff=0.55)
    near = [folded[name] for name in spelt]
    if word.isdecimal():
        ids = entries["id"].dropna().astype(int)
        closest = ids.iloc[(ids - int(word)).abs().argsort(kind="stable")[:3]].sort_values()
        near = [f"{drug_id} ({entries.at[place, 'name']})" for place, drug_id in closest.items()]
    if near:
        return f"; similar ones are {first_few(near)}."
    return f"; it has {first_few(entries['name'].drop_duplicates())}."


def ids_by_agreement(values: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """Return the id of each drug whose ln IC50 agrees with one id of another release.

    Parameters
    ----------
    values : DataFrame of shape (n_lines, n_drugs)
        ln IC50 without ids, NaN where not measured.
    known : DataFrame of shape (n_lines', n_ids)
        ln IC50 of another release, columns the ids.

    Returns
    -------
    Series
        Index the columns of `values`, ``Int64``: the id whose ranks agree best (Pearson's r of
        ranks over the common cell lines), provided that r is at least 0.85, that it exceeds the r
        of every other pair with that drug or that id by 0.03, and that there are at least 50
        common cell lines; missing otherwise.
    """
    lines = values.index.intersection(known.index)
    r = _agreement(values.loc[lines].rank(), known.loc[lines].rank())
    ids = pd.Series(pd.NA, index=values.columns, dtype="Int64")
    if not r.size:
        return ids
    for i, j in zip(range(len(r)), r.argmax(axis=1)):
        rest = np.concatenate((np.delete(r[i], j), np.delete(r[:, j], i), [-1.0]))
        if r[i, j] >= _AGREEMENT and r[i, j] - rest.max() >= _LEAD:
            ids.iloc[i] = int(known.columns[j])
    return ids


def _agreement(x: pd.DataFrame, y: pd.DataFrame) -> np.ndarray:
    """Return Pearson's r of each column of x with each column of y over the rows both have."""
    x, y = x - x.mean(), y - y.mean()
    in_x, in_y = (table.notna().to_numpy(float) for table in (x, y))
    x, y = (table.fillna(0.0).to_numpy() for table in (x, y))
    n = in_x.T @ in_y
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_x, mean_y = x.T @ in_y / n, in_x.T @ y / n
        covariance = x.T @ y / n - mean_x * mean_y
        spread = ((x**2).T @ in_y / n - mean_x**2) * (in_x.T @ y**2 / n - mean_y**2)
        r = covariance / np.sqrt(spread)
    return np.where((n >= _LEAST_LINES) & np.isfinite(r), r, -1.0)
