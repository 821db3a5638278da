"""What a run found in short, as plain values that sentences in any language can be made from.

Each function takes the tables or numbers of one step. `english` and `japanese` put what it returns
into words.
"""

from collections import Counter

from pnetlib.paper.markers import NAMED_EDGE
from pnetlib.stats.permutation import LEVEL
from pnetlib.stats.ranks import lowest
from pnetlib.steps.choice import METHODS, NETWORK_METHODS
from pnetlib.steps.claims.compute import EQUAL_TN
from pnetlib.steps.claims.evidence import network_gain, selection, table_cells
from pnetlib.steps.claims.verdicts import VERDICTS
from pnetlib.steps.comparison.compute import fold_errors, method_errors, paired_differences
from pnetlib.steps.differences.sensitivity import ESTIMATORS
from pnetlib.steps.differences.sentences import EXPECTED_SIGN
from pnetlib.steps.differences.summaries import named_roles
from pnetlib.steps.regulons.compute import CORRELATION, PRO
from pnetlib.steps.screens.compute import ALL, MEAN, NETWORK_GAIN, RESPONSE
from pnetlib.steps.simulation.designs import RESPONSES
from pnetlib.steps.simulation.recovery import BY_U

KINDS = ("edges", "degrees", "effects")
TOPICS = ("prediction", "markers", "networks", "effects", "simulation", "drugs", "searches")
TOPICS += ("ceiling", "laboratory", "regulons", "multiverse")


def sides(rows):
    """Return the methods that Pro clearly predicts better than, worse than, and neither.

    `rows` are dicts with ``against``, ``low`` and ``high``: the 95% interval of Pro's error minus
    that of the method.
    """
    found = {"better": [], "worse": [], "open": []}
    for row in rows:
        side = "better" if row["high"] < 0 else "worse" if row["low"] > 0 else "open"
        found[side].append(row["against"])
    return found


def of_prediction(predictions):
    """Return who predicts best and how the kinds of methods differ, from held-out predictions.

    Returns
    -------
    dict
        ``drugs``; ``best`` (method to the drugs for which it is alone the best); the
        drugs ``tied``, for which several methods have the lowest error; mean errors ``network``, ``expression`` and ``naive`` (of the drug's mean);
        ``gain`` (Number: network minus expression); ``sides`` of Pro against the others, over all
        drugs; the tables ``errors`` and ``differences``.
    """
    folds = fold_errors(predictions)
    errors, differences = method_errors(folds), paired_differences(folds, methods=METHODS)
    wide = errors.pivot(index="drug", columns="method", values="mean")
    wide = wide.loc[errors["drug"].unique(), list(METHODS)]
    first = {drug: lowest(means) for drug, means in wide.iterrows()}
    return {
        "drugs": list(wide.index),
        "best": {name: [drug for drug in first if first[drug] == [name]] for name in METHODS},
        "tied": [drug for drug in first if len(first[drug]) > 1],
        "network": float(wide[list(NETWORK_METHODS)].to_numpy().mean()),
        "expression": float(wide[["ELA", "LA"]].to_numpy().mean()),
        "naive": float(errors.loc[errors["method"] == "drug mean", "mean"].mean()),
        "gain": network_gain(folds),
        "sides": sides(differences[differences["drug"] == "all"].to_dict("records")),
        "errors": errors,
        "differences": differences,
    }


def of_markers(numbers):
    """Return which of the paper's markers are analysed and found, from the numbers of step 03."""
    rows = numbers["published"]
    named = list(dict.fromkeys(row["marker"] for row in rows))
    inside = {row["marker"] for row in rows if row["in universe"]}
    return {
        "named": named,
        "inside": [gene for gene in named if gene in inside],
        "found": [gene for gene in named if gene in numbers["common"]],
        "common": len(numbers["common"]),
        "n_genes": numbers["n_genes"],
        "top": numbers["top"],
    }


def of_networks(numbers):
    """Return what the permutation tests say about edges and counts, from the numbers of step 09.

    Returns
    -------
    dict
        ``edge`` (the row of the edge that the paper names, with ``where`` it is present and the
        numbers of its ``others`` settings, of those ``clear`` and of these ``also RS``, with the
        edge in resistant lines, too; None if a gene is missing), ``found`` and
        ``tested`` (kind of difference to a number) and the ``strict`` edges.
    """
    row = numbers["named_edge"]
    return {
        "name": NAMED_EDGE,
        "edge": None if row is None else _edge(row, numbers["group_size"]),
        "found": {kind: numbers["found"][kind]["q"] for kind in KINDS},
        "tested": {kind: numbers["tested"][kind] for kind in KINDS},
        "strict": numbers["strict_edges"],
    }


def _edge(row, group_size):
    main = (ESTIMATORS[0], group_size)
    others = [part for part in row["settings"] if (part["estimator"], part["size"]) != main]
    clear = [part for part in others if part["p"] < LEVEL and part["difference"] > 0]
    where = {(True, True): "both", (True, False): "ST", (False, True): "RS"}
    present = where.get((row["ST"] != 0, row["RS"] != 0), "neither")
    also = sum(part["RS"] != 0 for part in clear)
    return row | {"where": present, "others": len(others), "clear": len(clear), "also RS": also}


def of_effects(numbers):
    """Return how the effects of the named markers differ, from the numbers of step 09.

    Returns
    -------
    dict
        ``rows`` (over single edges, with the ``group`` that the paper names), the number that
        ``agree``, the rows ``beyond`` chance, and the row of the ``smallest`` p.
    """
    rows = [
        row | {"group": group}
        for gene, _, group in named_roles({row["marker"] for row in numbers["effects"]})
        for row in numbers["effects"]
        if row["marker"] == gene and row["length"] == 1
    ]
    return {
        "rows": rows,
        "agree": sum(EXPECTED_SIGN[row["group"]] * row["difference"] > 0 for row in rows),
        "beyond": [row for row in rows if row["q"] < LEVEL],
        "smallest": min(rows, key=lambda row: row["p"], default=None),
    }


def of_simulation(study, published):
    """Return what Pro selects in the cells of the paper's table, from the numbers of step 06.

    Returns
    -------
    dict
        ``data sets`` per cell, ``rates`` (a dict of TP and TN per way in which effects act),
        ``paper`` (measure to its smallest and largest value), ``leads`` (Numbers at equal TN, all
        ways and methods) and ``own`` (method to TP at equal TN by each gene's own expression).
        None if the study lacks these cells.
    """
    found, cells = selection(study), table_cells(study)
    if not found:
        return None
    pro = published[published["method"] == "Pro"]
    by_u = EQUAL_TN + BY_U
    return {
        "data sets": cells[0]["replicates"],
        "rates": [found[way]["rates"]["Pro"] for way in RESPONSES if way in found],
        "paper": {rate: (pro[rate].min(), pro[rate].max()) for rate in ("TP", "TN")},
        "leads": [
            lead
            for way in RESPONSES
            if way in found
            for lead in found[way]["leads"][EQUAL_TN].values()
        ],
        "own": {
            method: sum(cell["methods"][method][by_u]["mean"] for cell in cells) / len(cells)
            for method in METHODS
        },
    }


def of_drugs(numbers):
    """Return how Pro compares over further drugs and unseen tissues, from the numbers of step 10."""
    return {
        "wins": numbers["wins"],
        "drugs": numbers["wins"][0]["drugs"],
        "sides": sides(numbers["wins"]),
        "tissue drugs": numbers["tissue_wins"][0]["drugs"],
        "tissue sides": sides(numbers["tissue_wins"]),
    }


def of_searches(numbers):
    """Return what the search of lambdas changes against a grid, from the numbers of step 07."""
    rows = [row for row in numbers["searches"] if row["drug"] == "all"]
    claims = numbers["search_claims"]
    return {
        "rows": rows,
        "clear": [row["method"] for row in rows if row["high"] < 0 or row["low"] > 0],
        "claims": [claim["id"] for claim in claims],
        "changed": [c["id"] for c in claims if c["verdict, grid"] != c["verdict, search"]],
    }


def of_ceiling(numbers):
    """Return what the noise ceiling makes of the comparison, from the numbers of step 12."""
    return numbers["summary"]


def of_laboratory(numbers):
    """Return what another laboratory says of the methods, from the numbers of step 13.

    Returns
    -------
    dict
        Number of ``drugs``; the ``agreement`` of the laboratories themselves, smallest and largest
        (drug and rank correlation); ``gain`` of the networks and ``sides`` of Pro against the
        others, mean over drugs, all lines; the drugs for which the networks are clearly ``ahead``
        or ``behind``. None if no laboratory was given.
    """
    rows = [row for row in numbers["judged"] if row["lines"] == ALL]
    if not rows:
        return None
    own = [r for r in numbers["correlations"] if r["method"] == RESPONSE and r["lines"] == ALL]
    own = sorted(own, key=lambda row: row["mean"])
    single = [row for row in rows if row["drug"] != MEAN and row["pair"] == NETWORK_GAIN]
    means = {row["pair"]: row for row in rows if row["drug"] == MEAN}
    # A larger correlation is the better one, so that the sides of an error are turned.
    turned = [
        {"against": m, "low": -row["high"], "high": -row["low"]}
        for m in METHODS[1:]
        for row in (means[f"Pro minus {m}"],)
    ]
    return {
        "drugs": len(single),
        "agreement": [(row["drug"], row["mean"]) for row in (own[0], own[-1])],
        "gain": means[NETWORK_GAIN],
        "sides": sides(turned),
        "ahead": [row["drug"] for row in single if row["low"] > 0],
        "behind": [row["drug"] for row in single if row["high"] < 0],
    }


def of_regulons(numbers):
    """Return what known regulons say of the networks, from the numbers of step 14.

    Returns
    -------
    dict
        ``universes`` (name to mean AUROC over TFs: ends of ``pro`` over the drugs, and of the
        ``correlation``), ``gains`` of Pro over the network alone (one row per universe), and the
        row of the named ``edge``, ST minus RS, after TFs are partialled out (None without one).
    """
    rows, universes = numbers["enrichment"], {}
    for name in dict.fromkeys(row["universe"] for row in rows):
        own = [row for row in rows if row["universe"] == name]
        pro = [row["mean"] for row in own if row["kind"] == PRO]
        (correlation,) = (row["mean"] for row in own if row["kind"] == CORRELATION)
        universes[name] = {"pro": (min(pro), max(pro)), "correlation": correlation}
    edges = [r for r in numbers["edge"] if (r["lines"], r["tissues"]) == ("ST minus RS", ALL)]
    return {
        "universes": universes,
        "gains": [row for row in numbers["gains"] if row["drug"] == MEAN],
        "edge": edges[0] if edges else None,
        "name": NAMED_EDGE,
    }


def of_multiverse(numbers):
    """Return what all readings of the paper say of its claims, from the numbers of step 15.

    Returns
    -------
    dict
        ``readings`` in all; the claims that hold in ``nearly all`` and in ``hardly any`` of theirs, that
        depend on a choice (``some``: claim to decision), and that hold under ``none``; those that
        ``agree`` in most; the most claims that ``together`` agree, and hold, under one reading.
    """
    claims = numbers["claims"]
    words = {claim: found["word"] for claim, found in claims.items()}
    together = numbers["together"]
    return {
        "readings": sum(found["readings"] for found in claims.values()),
        "claims": len(claims),
        "nearly all": [claim for claim, word in words.items() if word.endswith("nearly all")],
        "hardly any": [claim for claim, word in words.items() if word.endswith("hardly any")],
        "some": {c: w.removeprefix("depends on ") for c, w in words.items() if "depends" in w},
        "none": [claim for claim, found in claims.items() if not found["holds"]],
        "agree": [c for c, found in claims.items() if 2 * found["agrees"] > found["readings"]],
        "together": {name: len(together[name]["claims"]) for name in ("agrees", "holds")},
    }


def of_verdicts(claims):
    """Return how many claims have each verdict; `claims` is id to a dict with ``verdict``."""
    counts = Counter(claim["verdict"] for claim in claims.values())
    return {verdict: counts[verdict] for verdict in VERDICTS}
