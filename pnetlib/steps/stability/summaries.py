"""Tables made from frequencies of markers and edges, and the numbers of the JSON file."""

import numpy as np
import pandas as pd

from pnetlib.steps.networks.compute import GROUPS
from pnetlib.steps.stability.compute import COMMON, STRONG, STRONG_THRESHOLD, THRESHOLD
from pnetlib.steps.study import PAPER


def threshold_of(rule):
    """Return the frequency from which a candidate counts as stable by a rule."""
    return STRONG_THRESHOLD if rule == STRONG else THRESHOLD


def edge_table(frequencies, switched):
    """Return the frequencies of both groups in one table, the most frequent edges first.

    Returns
    -------
    DataFrame
        Columns regulator, target, ST any, ST strong, RS any, RS strong, lost in RS, lost in ST.
    """
    parts = [frequencies[group].table.add_prefix(f"{group} ") for group in GROUPS]
    table = pd.concat([*parts, switched], axis=1).fillna(0.0).sort_index()
    order = np.argsort(-table[[f"{group} {STRONG}" for group in GROUPS]].max(axis=1), kind="stable")
    return table.iloc[order].reset_index()


def marker_table(found):
    """Return the frequencies of every gene ever selected, one row per width and gene."""
    parts = [part.table[part.table.gt(0).any(axis=1)].reset_index() for part in found.values()]
    for width, part in zip(found, parts):
        part.insert(0, "width", width)
    return pd.concat(parts, ignore_index=True)


def published_table(found, study=PAPER):
    """Return whether each marker of the study is among the genes of each width, and how often found.

    Returns
    -------
    DataFrame
        Columns marker, width, pairs, inside, all drugs, strong, one column per drug, and reached:
        whether "strong" reaches the frequency at which at most one false gene is expected
        (r-concave bound).
    """
    rows = []
    for marker in study.markers:
        for width, part in found.items():
            inside = marker in part.table.index
            lowest = part.lowest(STRONG, "r-concave")
            shares = part.table.loc[marker] if inside else part.table.iloc[0] * np.nan
            row = {"marker": marker, "width": width, "pairs": part.pairs, "inside": inside}
            reached = bool(shares[STRONG] >= lowest - 1e-9)
            rows.append(row | shares.to_dict() | {"reached": reached})
    columns = ["marker", "width", "pairs", "inside", *next(iter(found.values())).table, "reached"]
    return pd.DataFrame(rows, columns=columns)


def numbers(found, frequencies, switched, hubs, study=PAPER, named=None, most=15):
    """Return the numbers of notebook 08; `named` are the hubs reported, by default the markers.

    Returns
    -------
    dict
        ``markers``: width to a summary by rule and the frequencies of the first `most` genes;
        ``published``, or ``named`` on other cohorts: gene to width to frequencies; ``edges``: group to a summary by rule;
        ``named_edge`` (None without one); ``hubs``: group to gene to the share of halves in which it is a hub.
    """
    markers = {}
    for width, part in found.items():
        first = part.table.sort_values([COMMON, STRONG], ascending=False, kind="stable")[:most]
        shown = first[first[[COMMON, STRONG]].gt(0).any(axis=1)]
        markers[str(width)] = {"rules": _by_rule(part), "genes": shown.to_dict("index")}
    published = {}
    for row in published_table(found, study).to_dict("records"):
        published.setdefault(row.pop("marker"), {})[str(row.pop("width"))] = row
    reported = hubs[hubs.index.isin(list(study.markers if named is None else named))]
    return {
        "markers": markers,
        study.called: published,
        "edges": {group: _by_rule(part) for group, part in frequencies.items()},
        "named_edge": _named_edge(study.edge, frequencies, switched, hubs),
        "hubs": {group: reported[group].to_dict() for group in GROUPS},
    }


def _named_edge(edge, frequencies, switched, hubs):
    """Return how often an edge is found in each group, and lost in one; None without an edge."""
    if edge is None:
        return None
    named = {"edge": list(edge), "inside": set(edge) <= set(hubs.index)}
    for group in GROUPS:
        table = frequencies[group].table
        named[group] = {rule: float(table[rule].get(edge, 0.0)) for rule in table}
    lost = switched.loc[[edge]] if edge in switched.index else switched[:0]
    return named | {name: float(lost[name].sum()) for name in switched}


def _by_rule(part):
    """Return the summary of every rule at its threshold."""
    return {rule: part.summary(rule, threshold_of(rule)) for rule in part.table}
