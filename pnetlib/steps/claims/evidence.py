"""What the tables of a run, or the planted truth, say about each claim of the paper."""

import numpy as np
import pandas as pd

from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.solvers.columns import matrix_degrees
from pnetlib.stats.intervals import corrected_mean
from pnetlib.steps.choice import METHODS, NETWORK_METHODS
from pnetlib.steps.claims.compute import Evidence, Number
from pnetlib.steps.comparison.compute import fold_errors, paired_differences
from pnetlib.steps.effects.compute import SIDES, regulatory_effects, standardise_together
from pnetlib.steps.networks.compute import GROUPS


def evidence_of_run(
    predictions, markers, cohort, groups, genes, networks, differences=None, study=None
):
    """Return what a run found on the claims.

    Parameters
    ----------
    predictions : DataFrame
        Held-out predictions, as `Comparison.predictions`.
    markers : dict
        ``n_genes``, the ``common`` markers, and per ``published`` marker (rows with ``marker``
        and ``in universe``) whether it is among the genes.
    cohort : Cohort
    groups : Groups
        Sensitive and resistant lines.
    genes : Index
        Genes of the groups' networks.
    networks : dict
        Group to network, an array of regulators x targets.
    differences : dict, optional
        Numbers of step 09: intervals and permutation tests of the differences between the groups.
    study : dict, optional
        Numbers of the simulation study.
    """
    errors = fold_errors(predictions)
    inside = {row["marker"] for row in markers["published"] if row["in universe"]}
    evidence = Evidence(
        network_gain=network_gain(errors),
        pro_minus=pro_minus(paired_differences(errors)),
        markers={
            "published": sorted(inside),
            "found": sorted(inside & set(markers["common"])),
            "n_common": len(markers["common"]),
            "n_genes": markers["n_genes"],
        },
        cells=table_cells(study),
    )
    tables = {group: pd.DataFrame(networks[group], genes, genes) for group in GROUPS}
    _add_networks(evidence, tables, networks, cohort, groups, genes)
    if differences is not None:
        _add_tests(evidence, differences)
    return evidence


def evidence_of_truth(cohort, groups, genes):
    """Return what the truth planted in a simulated cohort says, without uncertainty.

    Nothing is planted on which method predicts best, nor on the simulation study.

    Parameters
    ----------
    cohort : Cohort
        With its truth.
    groups : Groups
        Sensitive and resistant lines.
    genes : Index
        Genes over which effects are summed.
    """
    truth = cohort.truth
    planted = {"ST": truth.B_ST, "RS": truth.B_RS}
    acting = truth.theta.index[(truth.theta != 0).all(axis=1)]
    evidence = Evidence(
        markers={
            "published": [gene for gene in MARKERS if gene in truth.theta.index],
            "found": [gene for gene in MARKERS if gene in acting],
            "n_common": len(acting),
            "n_genes": len(truth.theta),
        }
    )
    shown = {
        group: B.reindex(index=genes, columns=genes, fill_value=0.0).to_numpy()
        for group, B in planted.items()
    }
    _add_networks(evidence, planted, shown, cohort, groups, genes)
    for row in (evidence.edge, *evidence.degrees.values(), *evidence.effects.values()):
        if row is not None:
            value = row["difference"].value
            row["difference"] = Number(value, value, value, 0.0)
    return evidence


def table_cells(study):
    """Return the cells of a simulation study that the paper's table has: TF hubs, 5 and 10."""
    cells = [] if study is None else study["cells"]
    return [cell for cell in cells if cell["design"] == "TF hub" and cell["n_tfs"] in (5, 10)]


def network_gain(errors):
    """Return the mean error of Pro and NW.P minus that of ELA and LA, drugs averaged per fold."""
    network = errors[list(NETWORK_METHODS)].mean(axis=1)
    gain = network - errors[["ELA", "LA"]].mean(axis=1)
    pooled = errors.assign(gain=gain).groupby(level=["repeat", "fold"], sort=False).mean()
    stats = corrected_mean(pooled["gain"], pooled["n_test"], pooled["n_train"])
    return Number(stats["mean"], stats["low"], stats["high"])


def pro_minus(differences):
    """Return drug to method to Number from a table of `paired_differences`."""
    table = differences[(differences["drug"] != "all") & differences["against"].isin(METHODS)]
    found = {}
    for row in table.itertuples():
        found.setdefault(row.drug, {})[row.against] = Number(row.mean, row.low, row.high)
    return found


def _add_networks(evidence, whole, shown, cohort, groups, genes):
    """Add the named edge and the degrees of `whole` networks, the effects of those `shown`."""
    X = standardise_together(cohort, groups, genes)
    evidence.edge = named_edge(whole)
    degrees = {g: pd.Series(matrix_degrees(B.to_numpy()), B.index) for g, B in whole.items()}
    evidence.degrees = degree_rows(degrees)
    evidence.effects = effect_rows(shown, X, groups)


def _add_tests(evidence, differences):
    """Replace bare estimates by those of step 09, with their intervals and p values."""
    for row in differences["edges"]:
        if (row["regulator"], row["target"]) == NAMED_EDGE and evidence.edge is not None:
            evidence.edge |= _tested(row)
    for gene, row in differences["degrees"].items():
        if gene in evidence.degrees:
            evidence.degrees[gene]["difference"] = _tested(row)["difference"]
    for row in differences["effects"]:
        if row["length"] == 1 and (row["marker"], row["side"]) in evidence.effects:
            evidence.effects[row["marker"], row["side"]] = _tested(row)


def _tested(row):
    return {
        "ST": row["ST"],
        "RS": row["RS"],
        "difference": Number(row["difference"], row["low"], row["high"], row["p"]),
    }


def named_edge(networks):
    """Return the edge that the paper names in both groups, or None if one of its genes is missing.

    Parameters
    ----------
    networks : dict
        Group to network, a DataFrame of regulators x targets.
    """
    regulator, target = NAMED_EDGE
    if regulator not in networks["ST"].index or target not in networks["ST"].index:
        return None
    st, rs = (float(networks[group].at[regulator, target]) for group in GROUPS)
    others = np.abs(networks["ST"].to_numpy())
    others = others[others > 0]
    strength = float(np.mean(others <= abs(st))) if others.size else 0.0
    return {"ST": st, "RS": rs, "strength": strength, "difference": Number(st - rs)}


def degree_rows(degrees):
    """Return ranks and differences of the markers' degrees; `degrees` is group to Series by gene."""
    ranks = {group: degrees[group].rank(ascending=False, method="min") for group in GROUPS}
    return {
        gene: {
            "genes": len(degrees["ST"]),
            "difference": Number(float(degrees["ST"][gene] - degrees["RS"][gene])),
            **{f"rank {group}": int(ranks[group][gene]) for group in GROUPS},
        }
        for gene in MARKERS
        if gene in degrees["ST"].index
    }


def effect_rows(networks, X, groups):
    """Return the markers' mean regulatory effects over single edges, keyed by gene and side."""
    markers = [gene for gene in MARKERS if gene in X.columns]
    table = regulatory_effects(networks, X, groups, markers, lengths=(1,))
    means = table.groupby(["marker", "side", "group"])["effect"].mean()
    return {
        (gene, where): {
            **{group: float(means[gene, where, group]) for group in GROUPS},
            "difference": Number(float(means[gene, where, "ST"] - means[gene, where, "RS"])),
        }
        for gene in markers
        for where in SIDES
    }
