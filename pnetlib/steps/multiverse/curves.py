"""The specification curve of every claim, and what all readings together say of it.

An estimate is above 0 where a reading agrees with the direction that the paper states. A reading
*agrees* with a claim if every part of it is above 0 and the conditions that the paper states
beside it are met; the claim *holds* under the reading if, in addition, every part is beyond chance
(one-sided p below 0.025).
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from pnetlib.paper.decisions import open_decisions
from pnetlib.stats.permutation import LEVEL
from pnetlib.stats.specifications import SLACK, changes, curve_test, p_above, variance_shares

ONE_SIDED = LEVEL / 2
MEAN, LEAST = "mean", "least"  # how parts make an estimate
NEARLY_ALL, HARDLY_ANY = 0.9, 0.1  # shares of readings; ours
OPTIMISTIC = ("inner folds", "test lines")  # errors reported on lines that chose the lambdas
EXCHANGES, FLIPS = "exchanges of responses", "sign flips"


@dataclass(frozen=True, eq=False)
class Curve:
    """Estimates of one claim under many readings.

    Attributes
    ----------
    claim : str
    readings : DataFrame (k, n_decisions)
        The option of each decision that matters to the claim.
    parts : ndarray (1 + R, k, n_parts)
        Observed estimates of the parts of the claim, then those of R draws of the null hypothesis;
        NaN for a part that a reading cannot test.
    conditions : ndarray of bool (k,)
        Whether the conditions that the paper states beside the numbers are met.
    combine : {"mean", "least"}
        Whether the estimate of a reading is the mean of its parts or the least of them.
    draws : str
        How the draws are made.
    p_parts : ndarray (1 + R, k, n_parts), optional
        One-sided p values of the parts; by default from the draws.
    """

    claim: str
    readings: pd.DataFrame
    parts: np.ndarray
    conditions: np.ndarray
    combine: str = MEAN
    draws: str = EXCHANGES
    p_parts: np.ndarray | None = None

    @cached_property
    def estimates(self):
        """Estimates (1 + R, k): observed ones, then those of the draws."""
        known = np.isnan(self.parts)
        if self.combine == MEAN:
            total = np.where(known, 0.0, self.parts).sum(axis=2)
            return total / np.maximum((~known).sum(axis=2), 1)
        return np.where(known, np.inf, self.parts).min(axis=2)

    @cached_property
    def p(self):
        """One-sided p values (1 + R, k) of the estimates."""
        if self.p_parts is None:
            return p_above(self.estimates)
        if self.combine == LEAST:
            return self.p_parts.max(axis=2)
        raise ValueError("p values of parts are combined for the least part only")

    @cached_property
    def agrees(self):
        """Whether each reading (k,) agrees with the claim, whatever chance gives."""
        return (self.parts[0] > SLACK).all(axis=1) & self.conditions

    @cached_property
    def holds(self):
        """Whether the claim holds under each reading (k,)."""
        observed = self.p_parts[0] if self.p_parts is not None else p_above(self.parts)[0]
        return self.agrees & (observed < ONE_SIDED).all(axis=1)

    @cached_property
    def spread(self):
        """Standard deviation of the draws of each estimate (k,)."""
        return (
            self.estimates[1:].std(axis=0)
            if len(self.parts) > 1
            else np.full(self.parts.shape[1], np.nan)
        )

    def table(self, default):
        """Return the readings with their results.

        Returns
        -------
        DataFrame
            The options, then ``estimate``, ``low`` and ``high`` (95%, from the draws), ``p``,
            ``agrees``, ``holds``, ``changes`` (decisions in which a reading differs from the default).
        """
        half = 1.96 * self.spread
        estimate = self.estimates[0].astype(float)
        found = {"estimate": estimate, "low": estimate - half, "high": estimate + half}
        found |= {"p": self.p[0], "agrees": self.agrees, "holds": self.holds}
        return self.readings.assign(**found, changes=changes(self.readings, default))


def without_optimistic(curve):
    """Return the curve without readings that report errors on lines which chose the lambdas."""
    if "reported" not in curve.readings:
        return curve
    kept = ~curve.readings["reported"].isin(OPTIMISTIC).to_numpy()
    p_parts = None if curve.p_parts is None else curve.p_parts[:, kept]
    readings = curve.readings[kept].reset_index(drop=True)
    parts, conditions = curve.parts[:, kept], curve.conditions[kept]
    return replace(curve, readings=readings, parts=parts, conditions=conditions, p_parts=p_parts)


def test_of(curve):
    """Return the `CurveTest` of a curve."""
    return curve_test(curve.estimates, curve.p, ONE_SIDED)


def summarise(curve, default):
    """Return what a curve says, as plain values.

    Returns
    -------
    dict
        ``readings``, ``agrees`` and ``holds`` (numbers of readings), ``median``; the ``test`` of the curve;
        ``default`` (estimate, agrees, holds; None if it was not computed); ``variance``, the share of each
        decision; ``nearest``, see `nearest`; and ``word``, see `robustness`.
    """
    table = curve.table(default)
    at = np.flatnonzero(table["changes"].to_numpy() == 0)
    own = None
    if at.size:
        row = table.iloc[at[0]]
        own = {"estimate": float(row["estimate"]), "p": float(row["p"])}
        own |= {name: bool(row[name]) for name in ("agrees", "holds")}
    several = [name for name in curve.readings if curve.readings[name].nunique() > 1]
    shares = variance_shares(curve.readings[several], curve.estimates[0])
    return {
        "readings": len(table),
        "agrees": int(curve.agrees.sum()),
        "holds": int(curve.holds.sum()),
        "median": float(np.median(curve.estimates[0])),
        "test": vars(test_of(curve)),
        "draws": curve.draws,
        "default": own,
        "variance": shares.to_dict(),
        "nearest": {name: nearest(table, name, default) for name in ("agrees", "holds")},
        "word": robustness(curve, several),
    }


def nearest(table, name, default):
    """Return the fewest changes from the default under which a column is true, and one such reading.

    Returns
    -------
    dict or None
        ``changes`` and ``reading``, the options that differ from the default. None if there is none.
    """
    rows = table[table[name]]
    if rows.empty:
        return None
    row = rows.loc[rows["changes"].idxmin()]
    decisions = [decision for decision in default if decision in table]
    changed = {d: row[d] for d in decisions if row[d] != default[d]}
    return {"changes": int(row["changes"]), "reading": changed}


def robustness(curve, several):
    """Return in a few words how much hangs on the reading: nearly all, hardly any, or a decision."""
    share = float(curve.holds.mean())
    if share >= NEARLY_ALL:
        return "holds in nearly all"
    if share <= HARDLY_ANY:
        return "holds in hardly any"
    shares = variance_shares(curve.readings[several], curve.holds)
    return f"depends on {shares.index[0]}"


def by_option(curve):
    """Return number of readings, median and quartiles of the estimates, and shares, by option.

    Returns
    -------
    DataFrame
        Columns decision, option, readings, median, low and high (quartiles), agrees and holds (shares).
    """
    rows, decisions = [], open_decisions()
    for decision in curve.readings:
        groups = curve.readings.groupby(decision, sort=False).indices
        known = [option for option in decisions[decision].names if option in groups]
        for option in dict.fromkeys([*known, *groups]):
            at = groups[option]
            low, median, high = np.quantile(curve.estimates[0][at], (0.25, 0.5, 0.75))
            row = {"decision": decision, "option": option, "readings": len(at)}
            row |= {"median": median, "low": low, "high": high}
            row |= {"agrees": curve.agrees[at].mean(), "holds": curve.holds[at].mean()}
            rows.append(row)
    return pd.DataFrame(rows)


def by_claim(curves):
    """Return `by_option` of every curve as one table, with the claim as its first column."""
    tables = [by_option(curve).assign(claim=claim) for claim, curve in curves.items()]
    table = pd.concat(tables, ignore_index=True)
    return table[["claim", *table.columns.drop("claim")]]
