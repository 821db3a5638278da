"""The numbers of notebook 09 and what is expected of each marker."""

import math

from scipy.stats import binomtest

from pnetlib.stats.permutation import LEVEL
from pnetlib.steps.differences.sensitivity import ESTIMATORS
from pnetlib.steps.networks.compute import GROUPS, is_named_edge
from pnetlib.steps.study import PAPER, ROLES


def numbers(pair, tissues, edges, degrees, effects, sensitivity, presence, sizes, study=PAPER):
    """Return the numbers of notebook 09.

    Returns
    -------
    dict
        ``edges`` (those at a marker), ``degrees`` (by marker), ``effects``, ``sensitivity`` and
        ``presence`` with keys such as ``low_ST`` for the columns of their tables; ``found`` by
        kind: how many have q, p, p family or p any tissue below `LEVEL`; ``tested``: how many were
        tested; ``smallest``: see `smallest_q`; ``fdr_edges`` and ``strict_edges``: the edges with q
        and with p family below `LEVEL`; ``named_edge``: see `named_edge`; ``lines``: all and
        exchangeable.
    """
    free = tissues[tissues["exchangeable"]]
    p = len(pair.genes)
    at_markers = degrees[degrees["gene"].isin(pair.markers)]
    at_marker = edges["regulator"].isin(pair.markers) | edges["target"].isin(pair.markers)
    tested = {"edges": p * (p - 1), "degrees": p, "effects": len(effects)}
    tables = {"edges": edges, "degrees": degrees, "effects": effects}
    return {
        "permutations": sizes.permutations,
        "further_permutations": sizes.further_permutations,
        "resamples": sizes.resamples,
        "lam1": pair.lam1,
        "genes": list(pair.genes),
        "markers": pair.markers,
        "lines": {
            "all": dict(zip(GROUPS, pair.sizes)),
            "exchangeable": {group: int(free[group].sum()) for group in GROUPS},
            "tissues": len(tissues),
            "tissues exchangeable": len(free),
        },
        "tested": tested,
        "found": {
            name: {
                "q": int((table["q"] < LEVEL).sum()),
                "p": int((table["p"] < LEVEL).sum()),
                "family": int((table["p family"] < LEVEL).sum()),
                "p_any_tissue": int((table["p any tissue"] < LEVEL).sum()),
            }
            for name, table in tables.items()
        },
        "smallest": {
            name: smallest_q(table["p"], tested[name], sizes.permutations)
            for name, table in tables.items()
        },
        "fdr_edges": _rows(edges[edges["q"] < LEVEL]),
        "strict_edges": _rows(edges[edges["p family"] < LEVEL]),
        "named_edge": named_edge(edges, sensitivity, sizes, study.edge),
        "presence": _rows(presence),
        "edges": _rows(edges[at_marker]),
        "degrees": {row["gene"]: row for row in _rows(at_markers)},
        "effects": _rows(effects),
        "sensitivity": _rows(sensitivity),
    }


def _rows(table):
    """Return the rows of a table as dicts whose keys have no blanks."""
    return table.rename(columns=lambda name: name.replace(" ", "_")).to_dict("records")


def smallest_q(p, tested, permutations):
    """Return what false discovery rate so many permutations can show.

    The smallest possible p is ``1 / (1 + permutations)``. If m of k tests have it, their q after
    Benjamini and Hochberg is k / m times as large.

    Returns
    -------
    dict
        ``p``: that p; ``count``: m; ``q_alone``: the smallest q of one difference alone;
        ``q_count``: q of m differences with that p; ``needed``: the smallest m whose q is below
        `LEVEL`.
    """
    least = 1.0 / (1 + permutations)
    count = int((p <= 1.5 * least).sum())
    return {
        "p": least,
        "count": count,
        "q_alone": min(1.0, tested * least),
        "q_count": min(1.0, tested * least / max(count, 1)),
        "needed": math.floor(tested * least / LEVEL) + 1,
    }


def named_edge(edges, sensitivity, sizes, edge=PAPER.edge):
    """Return the test of the edge that the paper names; None without one or if a gene is missing.

    Returns
    -------
    dict
        Its row of the table of edges; ``permutations``; ``p_low`` and ``p_high``: 95% interval
        (Wilson) of the p that infinitely many permutations would give; ``settings``: size,
        estimator, ST, RS, difference and p in each setting of the sensitivity analysis;
        ``by_estimator``: for each estimator the numbers of ``settings``, of those with the edge
        ``in_ST`` and ``in_RS``, and of those in which it is stronger in ST (``stronger_ST``) or in
        RS with p below `LEVEL`.
    """
    rows = _rows(edges[is_named_edge(edges, edge)])
    if not rows:
        return None
    part = sensitivity[sensitivity["kind"] == "edge"]
    part = part[is_named_edge(part, edge)]
    part = part[["size", "estimator", *GROUPS, "difference", "p"]]
    by_estimator = []
    for estimator in ESTIMATORS:
        own = part[part["estimator"] == estimator]
        clear = own[own["p"] < LEVEL]
        by_estimator.append(
            {"estimator": estimator, "settings": len(own)}
            | {f"in_{group}": int((own[group] != 0).sum()) for group in GROUPS}
            | {
                "stronger_ST": int((clear["difference"] > 0).sum()),
                "stronger_RS": int((clear["difference"] < 0).sum()),
            }
        )
    n = sizes.permutations
    interval = binomtest(round(rows[0]["p"] * (1 + n)) - 1, n).proportion_ci(method="wilson")
    return rows[0] | {
        "permutations": n,
        "p_low": float(interval.low),
        "p_high": float(interval.high),
        "settings": part.to_dict("records"),
        "by_estimator": by_estimator,
    }


def named_roles(genes, study=PAPER):
    """Return (marker, role, group) of the sensitivity and resistance markers of the study.

    The group is the one in which the larger effect is expected; markers that are not among the
    genes are left out.
    """
    return [
        (gene, role, ROLES[role])
        for gene, role in study.markers.items()
        if role in ROLES and gene in genes
    ]
