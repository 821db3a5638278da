"""What the tables of a run, or the planted truth, say about each claim of the paper."""

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.solvers.columns import matrix_degrees
from pnetlib.stats.intervals import corrected_mean
from pnetlib.stats.ranks import rank_sum
from pnetlib.steps.choice import METHODS, NETWORK_METHODS
from pnetlib.steps.claims.compute import EQUAL_TN, Evidence, Sizes
from pnetlib.steps.claims.verdicts import Number
from pnetlib.steps.comparison.compute import fold_errors
from pnetlib.steps.differences.sensitivity import ESTIMATORS
from pnetlib.steps.effects.compute import SIDES, regulatory_effects, standardise_together
from pnetlib.steps.markers.compute import common_markers, worst_ranks
from pnetlib.steps.networks.compute import GROUPS
from pnetlib.steps.screens.compute import MEAN, NETWORK_GAIN
from pnetlib.steps.simulation.designs import ERROR, RESPONSES

TESTED = ("difference", "low", "high", "p", "p_above", "p_below")  # a `Number` in step 09


def evidence_of_run(
    predictions, drug_networks, top, cohort, groups, genes, networks, differences=None, study=None
):
    """Return what a run found on the claims.

    Parameters
    ----------
    predictions : DataFrame
        Held-out predictions, as `Comparison.predictions`.
    drug_networks : DrugNetworks
        Pro of every drug on all its lines (step 03).
    top : int
        Ranks that count for a common marker.
    cohort : Cohort
    groups : Groups
        Sensitive and resistant lines.
    genes : Index
        Genes of the groups' networks.
    networks : dict
        Group to network, an array of regulators x targets.
    differences : dict, optional
        Numbers of step 09: permutation tests of the differences between the groups.
    study : dict, optional
        Numbers of the simulation study.
    """
    errors = fold_errors(predictions)
    worst, common = worst_ranks(drug_networks), common_markers(drug_networks, top).index
    evidence = Evidence(
        network_gain=network_gain(errors),
        pro_minus=pro_minus(errors),
        markers=marker_ranks(worst, common, cohort.expression),
        selection=selection(study),
        sizes=sizes_of(errors, study),
    )
    tables = {group: pd.DataFrame(networks[group], genes, genes) for group in GROUPS}
    _add_networks(evidence, tables, networks, cohort, groups, genes)
    if differences is not None:
        _add_tests(evidence, differences, groups)
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
    acts = (truth.theta != 0).all(axis=1)
    worst, common = (~acts).astype(float), acts.index[acts]
    evidence = Evidence(markers=marker_ranks(worst, common, cohort.expression))
    shown = {
        group: B.reindex(index=genes, columns=genes, fill_value=0.0).to_numpy()
        for group, B in planted.items()
    }
    _add_networks(evidence, planted, shown, cohort, groups, genes)
    for row in (evidence.edge, *evidence.degrees.values(), *evidence.effects.values()):
        if row is not None:
            value = row["difference"].value
            row["difference"] = Number(value, value, value, float(value == 0))
    if evidence.markers["published"]:
        ahead = evidence.markers["ahead"]
        evidence.markers["ahead"] = ahead._replace(p=float(ahead.value == 0))
    for (gene, side), row in evidence.effects.items():
        if side == "regulators":
            evidence.presence |= {(gene, group): float(row[group] == 0) for group in GROUPS}
    return evidence


def evidence_of_errors(errors):
    """Return what the errors of some cell lines, from `fold_errors`, say on claims C1 and C2."""
    return Evidence(network_gain=network_gain(errors), pro_minus=pro_minus(errors))


def evidence_of_judge(differences):
    """Return what another screen says on claims C1 and C2.

    `differences` are the rows of one judge and all lines of `Judged.differences`. Their sign is
    turned, since a larger correlation, like a smaller error, is the better one.
    """
    gain, drugs = differences[differences["pair"] == NETWORK_GAIN], {}
    mean = gain[gain["drug"] == MEAN]
    for drug, part in differences[differences["drug"] != MEAN].groupby("drug", sort=False):
        own = part.set_index("pair")
        drugs[drug] = {m: _turned(own.loc[f"Pro minus {m}"]) for m in METHODS[1:]}
    return Evidence(network_gain=None if mean.empty else _turned(mean.iloc[0]), pro_minus=drugs)


def _turned(row):
    values = (-row["mean"], -row["high"], -row["low"], row["p"])
    return Number(*(float(value) for value in values))


def evidence_of_edge(table, tissues, name):
    """Return what the correlation of the named edge's ends says on claim C4.

    `table` is that of `pnetlib.steps.regulons.compute.named_edge`, and `name` "raw" or "partial".
    """
    part = table[table["tissues"] == tissues].set_index("lines")
    if not {*GROUPS, "ST minus RS"} <= set(part.index):
        return Evidence()
    row = part.loc["ST minus RS"]
    ends = (row[f"{name} {end}"] for end in ("low", "high", "p"))
    edge = {group: float(part.at[group, name]) for group in GROUPS}
    number = Number(float(row[name]), *(float(end) for end in ends))
    return Evidence(edge=edge | {"strength": 1.0, "difference": number})


def network_gain(errors):
    """Return the mean error of Pro and NW.P minus that of ELA and LA, drugs averaged per fold."""
    network = errors[list(NETWORK_METHODS)].mean(axis=1)
    gain = network - errors[["ELA", "LA"]].mean(axis=1)
    pooled = errors.assign(gain=gain).groupby(level=["repeat", "fold"], sort=False).mean()
    return over_folds(pooled["gain"], pooled["n_test"], pooled["n_train"])


def pro_minus(errors):
    """Return drug to method to Number, Pro's error minus that of the method, from `fold_errors`."""
    return {
        drug: {
            method: over_folds(part["Pro"] - part[method], part["n_test"], part["n_train"])
            for method in METHODS[1:]
        }
        for drug, part in errors.groupby(level="drug", sort=False)
    }


def sizes_of(errors, study):
    """Return the `Sizes` of a run from `fold_errors` and the numbers of the simulation study."""
    one = errors.groupby(level="drug", sort=False).size().iloc[0]
    cells = table_cells(study)
    replicates = cells[0]["replicates"] if cells else 0
    return Sizes(
        int(one), float(errors["n_test"].mean()), float(errors["n_train"].mean()), replicates
    )


def over_folds(values, n_test, n_train):
    """Return the mean over folds with its interval and p value (Student's t, corrected variance)."""
    stats = corrected_mean(values, n_test, n_train)
    return mean_number(stats["mean"], stats["se"], len(values) - 1)


def mean_number(mean, se, df):
    """Return a mean with its interval and p value from Student's t; neither where df is 0."""
    if df < 1:
        return Number(mean)
    half = float(stdtrit(df, 0.975)) * se
    p = float(2 * stdtr(df, -abs(mean) / se)) if se > 0 else float(mean == 0)
    return Number(mean, mean - half, mean + half, p)


def marker_ranks(worst, common, expression):
    """Return what the ranks of the published markers say.

    Parameters
    ----------
    worst : Series
        Each gene's worst rank over the drugs, small for an important gene.
    common : Index
        Genes found to be common to the drugs.
    expression : DataFrame
        Expression, cell lines x genes, for the correlation between the markers.
    """
    inside = [gene for gene in MARKERS if gene in worst.index]
    found = {
        "published": inside,
        "found": [gene for gene in inside if gene in common],
        "n_common": len(common),
        "n_genes": len(worst),
    }
    if inside:
        together = np.abs(np.corrcoef(expression[inside].to_numpy(), rowvar=False))
        pairs = np.triu_indices(len(inside), 1)
        found["correlation"] = float(together[pairs].mean()) if len(inside) > 1 else 0.0
        ahead, p = rank_sum(-worst, worst.index.isin(inside), found["correlation"])
        found["ahead"] = Number(ahead - 0.5, p=p)
    return found


def table_cells(study):
    """Return the cells of a simulation study that the paper's table has.

    These are the TF hubs with 5 and 10 acting TFs at Li and Li's error level.
    """
    cells = [] if study is None else study["cells"]
    cells = [cell for cell in cells if cell["design"] == "TF hub" and cell["n_tfs"] in (5, 10)]
    return [cell for cell in cells if cell["error"] == ERROR]


def selection(study):
    """Return rates and leads in the cells of the paper's table, by the way in which effects act.

    Every cell has the same weight; a lead's variance is that of the mean of the cells' means, each from the
    paired differences of its data sets.
    """
    cells, found = table_cells(study), {}
    for response in RESPONSES:
        own = [cell for cell in cells if cell["response"] == response]
        if own:
            found[response] = {"rates": _mean_rates(own), "leads": {EQUAL_TN: _leads(own)}}
    return found


def _mean_rates(cells):
    return {
        method: {
            rate: float(np.mean([cell["methods"][method][rate]["mean"] for cell in cells]))
            for rate in ("TP", "TN")
        }
        for method in METHODS
    }


def _leads(cells):
    """Return method to Number: Pro's lead in TP at equal TN, each cell having the same weight."""
    leads = {}
    for method in METHODS[1:]:
        rows = [cell["paired"][method][EQUAL_TN] for cell in cells]
        mean = float(np.mean([row["mean"] for row in rows]))
        se = float(np.sqrt(sum(row["se"] ** 2 for row in rows))) / len(rows)
        leads[method] = mean_number(mean, se, sum(row["n"] - 1 for row in rows))
    return leads


def _add_networks(evidence, whole, shown, cohort, groups, genes):
    """Add the named edge and the degrees of `whole` networks, the effects of those `shown`."""
    X = standardise_together(cohort, groups, genes)
    evidence.edge = named_edge(whole)
    degrees = {g: pd.Series(matrix_degrees(B.to_numpy()), B.index) for g, B in whole.items()}
    evidence.degrees = degree_rows(degrees)
    evidence.effects = effect_rows(shown, X, groups)


def _add_tests(evidence, differences, groups):
    """Replace bare estimates by those of step 09, with their intervals and p values."""
    tested = differences.get("named_edge")
    if tested is not None and evidence.edge is not None:
        evidence.edge |= {
            "ST": tested["ST"],
            "RS": tested["RS"],
            "difference": Number(*(tested[name] for name in TESTED))._replace(low=None, high=None),
            "debiased": Number(tested["debiased_difference"], tested["low"], tested["high"]),
            "settings": [row for row in tested["settings"] if not _is_main(row, groups)],
        }
    for gene, row in differences["degrees"].items():
        if gene in evidence.degrees:
            evidence.degrees[gene]["difference"] = _tested(row)["difference"]
    for row in differences["effects"]:
        if row["length"] == 1 and (row["marker"], row["side"]) in evidence.effects:
            evidence.effects[row["marker"], row["side"]] = _tested(row)
    for row in differences.get("presence", []):
        evidence.presence[row["marker"], row["group"]] = row["p"]


def _is_main(row, groups):
    """Say whether a setting of the sensitivity analysis is that of the main test."""
    return row["estimator"] == ESTIMATORS[0] and row["size"] == len(groups.lines["ST"])


def _tested(row):
    return {"ST": row["ST"], "RS": row["RS"], "difference": Number(*(row[name] for name in TESTED))}


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
