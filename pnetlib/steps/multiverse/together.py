"""Which single reading makes most claims hold together."""

import pandas as pd

from pnetlib.steps.multiverse.data import DATA
from pnetlib.steps.multiverse.groups import SPLIT
from pnetlib.steps.multiverse.prediction import FIT

NETWORK = (*SPLIT, "estimator", "penalty")
EFFECT = ("sum", "steps", "scale")
GROUP_CLAIMS = {"C4": (), "C5a": ("hub",), "C5b": ("hub",)}
GROUP_CLAIMS |= dict.fromkeys(("C6a", "C6b"), EFFECT)
GROUP_CLAIMS |= dict.fromkeys(("C7a", "C7b"), (*EFFECT, "absent"))
PREDICTION = ("C1", "C2a", "C2b", "C2c")


def most_together(curves, default, column="agrees"):
    """Return the reading under which most claims are true together, chosen after seeing the results.

    Decisions that matter to several claims must be the same for all of them. Among readings of the same
    number of claims, the one with the fewest changes from the default is taken.

    Parameters
    ----------
    curves : dict
        Claim to `Curve`.
    default : dict
        Decision to option.
    column : {"agrees", "holds"}

    Returns
    -------
    dict
        ``reading`` (decision to option), ``claims`` that are true under it, and ``changes``.
    """
    options = {}
    for part in (_groups(curves, column), _fits(curves, column)):
        for data, found in part.items():
            options.setdefault(data, []).append(found)
    simulated = _simulated(curves, column)
    every = [_joined(data, parts, simulated, default) for data, parts in options.items()]
    every = every or [_joined(None, [], simulated, default)]
    best = max(every, key=lambda found: (len(found["claims"]), -found["changes"]))
    order = list(default)
    reading = {name: best["reading"].get(name, default[name]) for name in order}
    return {"reading": reading, "claims": sorted(best["claims"]), "changes": best["changes"]}


def _joined(data, parts, simulated, default):
    """Return the best combination of parts that share options of the data, and of NW.P's model."""
    best = None
    plain = [found for found in parts if None in found]
    second = [found for found in parts if None not in found]
    # In order: where two are equally good, the first one is taken, in every process.
    names = dict.fromkeys([*(name for found in second for name in found), *simulated]) or {None}
    for name in names:
        chosen = [found[None] for found in plain]
        chosen += [found[name] for found in second if name in found]
        chosen += [simulated[name]] if name in simulated else []
        reading, claims = dict(zip(DATA, data)) if data else {}, set()
        for options, true in chosen:
            reading, claims = reading | options, claims | true
        apart = sum(reading[key] != default[key] for key in reading)
        found = {"reading": reading, "claims": claims, "changes": apart}
        if best is None or (len(claims), -apart) > (len(best["claims"]), -best["changes"]):
            best = found
    return best


def _true(curve, column):
    return curve.readings.assign(true=getattr(curve, column).astype(int))


def _groups(curves, column):
    """Return data options to {None: (options, claims)} of the group claims, by the best networks."""
    if "C4" not in curves:
        return {}
    keys = list(NETWORK)
    true = {
        claim: _true(curves[claim], column).set_index([*keys, *own])["true"].sort_index()
        for claim, own in GROUP_CLAIMS.items()
        if claim in curves
    }
    hubs, effects, absent = (true[f"C{k}a"] + true[f"C{k}b"] for k in (5, 6, 7))
    effects = effects + absent.groupby(level=[*keys, *EFFECT]).max()
    total = true["C4"] + hubs.groupby(level=keys).max()
    total = total + effects.groupby(level=keys).max()
    found = {}
    for data, network in total.groupby(level=list(DATA), sort=False).idxmax().items():
        options = dict(zip(NETWORK, network))
        options["hub"] = hubs.loc[network].idxmax()
        effect = effects.loc[network].idxmax()
        options |= dict(zip(EFFECT, effect))
        options["absent"] = absent.loc[(*network, *effect)].idxmax()
        claims = set()
        for claim, series in true.items():
            own = (*network, *(options[name] for name in GROUP_CLAIMS[claim]))
            claims |= {claim} if series.loc[own] else set()
        found[data] = {None: (options, claims)}
    return found


def _fits(curves, column):
    """Return data options to {NW.P's model: (options, claims)} of claims C1 to C3."""
    known = [claim for claim in PREDICTION if claim in curves]
    if not known:
        return {}
    decisions = [*FIT, "tuning", "second", "reported", "judge"]
    wide = pd.concat(
        {c: _true(curves[c], column).groupby(decisions, sort=False)["true"].max() for c in known},
        axis=1,
    ).fillna(0)
    markers = None
    if "C3" in curves:
        table = _true(curves["C3"], column)
        rows = table.sort_values("true", ascending=False, kind="stable")
        markers = rows.drop_duplicates([*FIT, "tuning"]).set_index([*FIT, "tuning"])
    found = {}
    total = wide.sum(axis=1)
    for second, part in total.groupby(level="second", sort=False):
        best = part.groupby(level=list(DATA), sort=False).idxmax()
        for data, index in best.items():
            options = dict(zip(decisions, index))
            claims = {c for c in known if wide.at[index, c]}
            key = index[: len(FIT) + 1]
            if markers is not None and key in markers.index and markers.loc[key, "true"]:
                claims.add("C3")
                options |= markers.loc[key, ["rank", "first", "common"]].to_dict()
            found.setdefault(data, {})[second] = (options, claims)
    return found


def _simulated(curves, column):
    """Return NW.P's model to (options, claims) of claim C8."""
    if "C8" not in curves:
        return {}
    table, found = _true(curves["C8"], column), {}
    for second, part in table.groupby("second", sort=False):
        row = part.loc[part["true"].idxmax()]
        options = row.drop("true").to_dict()
        found[second] = (options, {"C8"} if row["true"] else set())
    return found
