"""Further screens: responses of the same cell lines to the same drugs, measured once more.

The response of the cohort is one screen. A further one has another assay, another laboratory, or
summarises the same dose curves by another number. In all of them a larger value is a more resistant
cell line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pnetlib.datasets.cohort import Cohort
from pnetlib.datasets.lineage import LineNames
from pnetlib.datasets.own_tables import LARGEST
from pnetlib.errors import DataError
from pnetlib.words import counted, first_few

COLUMNS = ("drug", "screen", "measure", "id", "laboratory", "lines")
IC50, AUC = "ln IC50", "AUC"
SAME, OTHER = "the same", "another"  # laboratory, beside that of the response


@dataclass(frozen=True, eq=False)
class Screens:
    """Responses of a cohort's cell lines in further screens.

    Parameters
    ----------
    values : DataFrame of shape (n_lines, n_screens)
        Responses, a larger one for a more resistant line and NaN where not measured; index the
        cell lines of the cohort, columns the names of the screens.
    listed : DataFrame
        One row per column of `values`: ``drug`` (of the cohort), ``screen``, ``measure``
        ("ln IC50" or "AUC"), ``id`` of the drug in that screen, ``laboratory`` ("the same" or
        "another" as that of the response) and ``lines``, the number of cell lines measured.
    provenance : dict
        ``files`` (name to SHA-256) and ``handled`` (one sentence per correction).
    matched : DataFrame, optional
        ``name``, ``line`` and ``reason`` of every cell line of a source that names them.

    Raises
    ------
    DataError
        If values and list differ, or a value is infinite.
    """

    values: pd.DataFrame
    listed: pd.DataFrame
    provenance: Mapping[str, Any]
    matched: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        if list(self.values.columns) != list(self.listed.index):
            raise DataError("The values and the list of the screens name different ones.")
        if missing := [column for column in COLUMNS if column not in self.listed]:
            raise DataError(f"The list of the screens lacks {first_few(missing)}.")
        if np.isinf(self.values.to_numpy(float)).any():
            raise DataError("A screen has an infinite response; leave it blank.")

    def of(self, drug: str, **wanted: str) -> list[str]:
        """Return the names of the screens of a drug, those measured in most cell lines first.

        `wanted` are values of columns of the list, such as ``measure="AUC"``.
        """
        rows = self.listed[self.listed["drug"] == drug]
        for column, value in wanted.items():
            rows = rows[rows[column] == value]
        return list(rows.sort_values("lines", ascending=False, kind="stable").index)

    def among(self, drugs: Sequence[str]) -> Screens:
        """Return the screens of some drugs."""
        listed = self.listed[self.listed["drug"].isin(list(drugs))]
        return Screens(self.values[listed.index], listed, self.provenance, self.matched)


def refuse_huge(values: pd.Series, column: str, path: Path) -> None:
    """Refuse responses that no measurement has; the index of `values` is the number of the row.

    Raises
    ------
    DataError
        If one is larger than in a table of one's own.
    """
    for place, value in values[values.abs() > LARGEST].items():
        raise DataError(
            f"{column} in row {place} of {path.name} is {value}, too large for a measurement; correct "
            "it or leave it blank."
        )


def no_screens(cohort: Cohort, handled: Sequence[str] = ()) -> Screens:
    """Return no screen at all, with sentences that say why."""
    values = pd.DataFrame(index=cohort.expression.index)
    listed = pd.DataFrame(columns=list(COLUMNS), index=values.columns)
    return Screens(values, listed, {"files": {}, "handled": list(handled)})


def other_laboratory(screens: Screens) -> Screens:
    """Return the screens of another laboratory than that of the response."""
    listed = screens.listed[screens.listed["laboratory"] == OTHER]
    return Screens(screens.values[listed.index], listed, screens.provenance, screens.matched)


def assemble_screens(
    cohort: Cohort,
    found: Sequence[tuple[Mapping[str, str], pd.Series]],
    provenance: Mapping[str, Any],
    matched: pd.DataFrame | None = None,
    least: int = 20,
) -> Screens:
    """Return `Screens` from the entries of the list with their responses, by cell line.

    Screens that share fewer than `least` cell lines with the response of their drug are left out.
    """
    columns, rows, handled = {}, {}, list(provenance["handled"])
    for entry, values in found:
        name = f"{entry['drug']}: {entry['screen']} {entry['id']} {entry['measure']}"
        values = values.reindex(cohort.expression.index).astype(float)
        both = int((values.notna() & cohort.response[entry["drug"]].notna()).sum())
        if both < least:
            handled.append(f"{name} left out: it shares {counted(both, 'cell line')}.")
            continue
        columns[name] = values
        rows[name] = {**entry, "lines": int(values.notna().sum())}
    if not columns:
        return no_screens(cohort, handled)
    listed = pd.DataFrame.from_dict(rows, orient="index")[list(COLUMNS)]
    return Screens(
        pd.DataFrame(columns), listed, {"files": provenance["files"], "handled": handled}, matched
    )


# Simulated screens --------------------------------------------------------------------------

# Share of the variance of each response that a screen repeats, in order of the drugs; ours.
REPEATED = (0.55, 0.60, 0.65, 0.50)
REPEATED_ELSEWHERE = (0.40, 0.45, 0.50, 0.25)  # in another laboratory


def simulate_screens(cohort: Cohort, seed: int) -> Screens:
    """Draw further screens of a simulated cohort, whose noise is known.

    The response z of a drug is taken as ``t + m``: the true response t, which contains all that
    expression explains, and the noise m of one measurement, a share ``1 - r`` of the variance. The
    noise is drawn given z and what expression explains, so that both keep the joint distribution
    that they have. A second screen of the same laboratory is ``t + m'`` with new noise of the same
    variance, so that its correlation with z is r. Another laboratory measures t with more noise.

    Parameters
    ----------
    cohort : Cohort
        A simulated one, with its truth.
    seed : int
        Seed of the noise.

    Returns
    -------
    Screens
        Per drug "second screen" (the same laboratory) and "laboratory" (another one).
        ``provenance["planted"]`` maps the name of each to its expected correlation with z.
    """
    rng = np.random.default_rng([seed, 14])
    truth = cohort.truth
    X = cohort.expression[truth.B.index]
    signal = ((X - X.mean()) / X.std(ddof=0)) @ truth.effects
    found, planted = [], {}
    for number, drug in enumerate(cohort.response):
        share, elsewhere = REPEATED[number % 4], REPEATED_ELSEWHERE[number % 4]
        z, explained = cohort.response[drug], signal[drug]
        left = z - explained
        variance, noise = float(left.var()), 1.0 - share
        spread = np.sqrt(max(noise - noise**2 / variance, 0.0))
        m = noise / variance * (left - left.mean()) + spread * rng.standard_normal(len(z))
        t = z - m
        second = t + np.sqrt(noise) * rng.standard_normal(len(z))
        scaled = np.sqrt(elsewhere / share) * t
        other = scaled + np.sqrt(1.0 - elsewhere) * rng.standard_normal(len(z))
        for screen, laboratory, values, r in (
            ("second screen", SAME, second, share),
            ("laboratory", OTHER, other, float(np.sqrt(share * elsewhere))),
        ):
            values = values.mask(rng.random(len(z)) < 0.1)
            entry = {"drug": drug, "screen": screen, "measure": IC50, "id": "simulated"}
            found.append((entry | {"laboratory": laboratory}, values))
            planted[f"{drug}: {screen} simulated {IC50}"] = r
    screens = assemble_screens(cohort, found, {"files": {}, "handled": []})
    return Screens(screens.values, screens.listed, {**screens.provenance, "planted": planted})


def by_name(
    cohort: Cohort, names: Sequence[str], tissues: Sequence[str] | None = None
) -> tuple[dict[str, str], pd.DataFrame]:
    """Return name to cell line of those in the cohort, and the table of all names."""
    table = LineNames(cohort.annotation).table(names, tissues)
    known = table[table["line"] != ""]
    return dict(zip(known["name"], known["line"])), table
