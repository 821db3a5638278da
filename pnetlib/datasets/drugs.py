"""Drugs by name or GDSC id: which of those that a source lists are meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import numpy as np
import pandas as pd

from pnetlib.errors import MissingDrugError, UsageError
from pnetlib.paper.drugs import PAPER_DRUGS
from pnetlib.words import first_few

# Of the same drug in two releases the ranks of ln IC50 agree by at least this much, and by this
# much better than with any other drug; ours, from how agreement falls into two heaps.
_AGREEMENT, _LEAD, _LEAST_LINES = 0.85, 0.03, 50


def drug_words(drugs: str | Iterable[str | int]) -> list[str]:
    """Return the names and ids in a text, separated by commas, or in a sequence.

    Raises
    ------
    UsageError
        If there is none.
    """
    parts = drugs.split(",") if isinstance(drugs, str) else map(str, drugs)
    words = [word for word in map(str.strip, parts) if word]
    if not words:
        raise UsageError("No drug is asked for; name at least one, or its GDSC id.")
    return words


def find_drugs(
    drugs: str | Iterable[str | int], entries: pd.DataFrame, source: str, handled: list[str]
) -> pd.DataFrame:
    """Return the entries that words stand for, in the order of the words, each once.

    A name, whatever its capitals, that stands for several drugs means the paper's where that is
    one of the paper's, else the one of the lowest id, which is told.

    Parameters
    ----------
    drugs : str or iterable of str or int
        Names and GDSC ids.
    entries : DataFrame
        One row a drug of the source: ``id`` (a missing one is not known), ``name``, ``lines``.
    source : str
        What messages call the source.
    handled : list of str
        Takes a sentence for every name that stands for several drugs.

    Returns
    -------
    DataFrame
        The rows found, with a column ``label``: the name, with the id where two share it.

    Raises
    ------
    MissingDrugError
        If there is no such drug (close ones are named), or a name stands for several of unknown
        ids.
    UsageError
        If no drug is asked for.
    """
    places = [_place(word, entries, source, handled) for word in drug_words(drugs)]
    found = entries.loc[list(dict.fromkeys(places))]
    shared = found["name"].duplicated(False)
    label = found["name"].where(~shared, found["name"] + " (" + found["id"].astype(str) + ")")
    return found.assign(label=label)


def _place(word: str, entries: pd.DataFrame, source: str, handled: list[str]):
    """Return the index of the one entry a word stands for."""
    if word.isdecimal():
        found = entries[(entries["id"] == int(word)).fillna(False)]
    else:
        found = entries[entries["name"].str.casefold() == word.casefold()]
    if found.empty:
        what = f"of id {word}" if word.isdecimal() else word
        raise MissingDrugError(f"The source {source} has no drug {what}{_near(word, entries)}")
    if len(found) == 1:
        return found.index[0]
    known = found[found["id"].notna()].sort_values("id")
    if known.empty:
        raise MissingDrugError(
            f"In the source {source} the name {word} stands for {len(found)} drugs whose ids are "
            "not known there; use the official files."
        )
    name = known["name"].iloc[0]
    chosen = known[known["id"] == PAPER_DRUGS.get(name, known["id"].iloc[0])]
    row = (known if chosen.empty else chosen).iloc[0]
    others = found["id"].drop(row.name).astype(object).fillna("not known").map(str)
    handled.append(
        f"{name} stands for {len(found)} drugs; taken is {row['id']} ({row['lines']} lines). "
        f"The others' ids: {first_few(others)}."
    )
    return row.name


def _near(word: str, entries: pd.DataFrame) -> str:
    """Return the end of a sentence: drugs whose names, or ids, are close."""
    folded = {name.casefold(): name for name in entries["name"]}
    spelt = difflib.get_close_matches(word.casefold(), list(folded), n=3, cutoff=0.55)
    near = [folded[name] for name in spelt]
    if word.isdecimal():
        ids = entries["id"].dropna().astype(int)
        closest = ids.iloc[(ids - int(word)).abs().argsort(kind="stable")[:3]].sort_values()
        near = [f"{drug_id} ({entries.at[place, 'name']})" for place, drug_id in closest.items()]
    if near:
        return f"; close are {first_few(near)}."
    return f"; it has {first_few(entries['name'].drop_duplicates())}."


def ids_by_agreement(values: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """Return the id of each drug by how its ln IC50 agrees with a table that has ids.

    Parameters
    ----------
    values : DataFrame of shape (n_lines, n_drugs)
        ln IC50 without ids, NaN where not measured.
    known : DataFrame of shape (n_lines', n_ids)
        ln IC50 of another release, columns the ids.

    Returns
    -------
    Series
        By the columns of `values`, as ``Int64``: the id whose ranks agree best (Pearson's r of
        ranks over the lines in both), provided that r is at least 0.85, that it leads every other
        pair of that drug and of that id by 0.03, and that 50 lines are common; else missing.
    """
    lines = values.index.intersection(known.index)
    r = _agreement(values.loc[lines].rank(), known.loc[lines].rank())
    ids = pd.Series(pd.NA, index=values.columns, dtype="Int64")
    if not r.size:
        return ids
    others = np.full(r.shape, -1.0)
    for i, j in zip(range(len(r)), r.argmax(axis=1)):
        rest = np.concatenate((np.delete(r[i], j), np.delete(r[:, j], i), [-1.0]))
        others[i, j] = rest.max()
        if r[i, j] >= _AGREEMENT and r[i, j] - others[i, j] >= _LEAD:
            ids.iloc[i] = int(known.columns[j])
    return ids


def _agreement(x: pd.DataFrame, y: pd.DataFrame) -> np.ndarray:
    """Return Pearson's r of every column of x with every column of y, over rows in both."""
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
