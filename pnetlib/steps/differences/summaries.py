"""The numbers of notebook 09 and what the paper expects of each marker."""

from pnetlib.paper.markers import MARKERS
from pnetlib.stats.permutation import LEVEL
from pnetlib.steps.networks.compute import GROUPS, ROLES


def numbers(pair, tissues, edges, degrees, effects, sensitivity, sizes):
    """Return the numbers of notebook 09.

    Returns
    -------
    dict
        ``edges`` (those at a marker), ``degrees`` (by marker), ``effects`` and ``sensitivity``
        with keys such as ``low_ST`` for the columns of `compare`; ``found`` by kind: how many have
        q, p, p family or p any tissue below `LEVEL`; ``tested``: how many were tested;
        ``any_false``: the edges with p family below `LEVEL`; ``lines``: all and exchangeable.
    """
    free = tissues[tissues["exchangeable"]]
    p = len(pair.genes)
    at_markers = degrees[degrees["gene"].isin(pair.markers)]
    at_marker = edges["regulator"].isin(pair.markers) | edges["target"].isin(pair.markers)
    return {
        "permutations": sizes.permutations,
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
        "tested": {"edges": p * (p - 1), "degrees": p, "effects": len(effects)},
        "found": {
            name: {
                "q": int((table["q"] < LEVEL).sum()),
                "p": int((table["p"] < LEVEL).sum()),
                "family": int((table["p family"] < LEVEL).sum()),
                "p_any_tissue": int((table["p any tissue"] < LEVEL).sum()),
            }
            for name, table in (("edges", edges), ("degrees", degrees), ("effects", effects))
        },
        "any_false": [
            f"{row.regulator} to {row.target}"
            for row in edges[edges["p family"] < LEVEL].itertuples()
        ],
        "edges": [_keys(row) for row in edges[at_marker].to_dict("records")],
        "degrees": {row["gene"]: _keys(row) for row in at_markers.to_dict("records")},
        "effects": [_keys(row) for row in effects.to_dict("records")],
        "sensitivity": [_keys(row) for row in sensitivity.to_dict("records")],
    }


def _keys(row):
    return {key.replace(" ", "_"): value for key, value in row.items()}


def named_roles(genes):
    """Return (marker, role, group) of the paper's sensitivity and resistance markers.

    The group is the one in which the paper expects the larger effect; markers that are not among
    the genes are left out.
    """
    return [
        (gene, marker.role, ROLES[marker.role])
        for gene, marker in MARKERS.items()
        if marker.role in ROLES and gene in genes
    ]
