"""What a run, or the planted truth, says about each claim of the paper."""

import numpy as np
import pandas as pd

from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.solvers.columns import matrix_degrees
from pnetlib.stats.intervals import corrected_mean
from pnetlib.steps import sizes
from pnetlib.steps.choice import METHODS
from pnetlib.steps.claims.compute import NONE, Evidence, Number
from pnetlib.steps.comparison.compute import compare, fold_errors, paired_differences
from pnetlib.steps.effects.compute import SIDES, regulatory_effects, standardise_together
from pnetlib.steps.markers import compute
from pnetlib.steps.markers.compute import common_markers
from pnetlib.steps.networks.compute import GROUPS
from pnetlib.workflow import artefacts as earlier


def gather(run, cohort, profile):
    """What the earlier notebooks of a run found; 02 to 05 computed at smoke size where missing."""
    evidence = Evidence()
    _add_errors(evidence, run, cohort, profile)
    _add_markers(evidence, run, cohort, profile)
    _add_networks(evidence, run, cohort, profile)
    _add_differences(evidence, run.read_json("09_differences"))
    study = run.read_json("06_simulation")
    evidence.cells = table_cells(study)
    evidence.origins.append(
        "Simulation read from 06_simulation.json."
        if evidence.cells
        else f"Simulation study (notebook 06): {NONE}."
    )
    return evidence


def table_cells(study):
    """The cells of a simulation study that are those of the paper's table: TF hubs, 5 and 10."""
    cells = [] if study is None else study["cells"]
    return [cell for cell in cells if cell["design"] == "TF hub" and cell["n_tfs"] in (5, 10)]


def network_gain(errors):
    """Mean error of Pro and NW.P less that of ELA and LA, paired by fold, drugs averaged."""
    apart = errors[["Pro", "NW.P"]].mean(axis=1) - errors[["ELA", "LA"]].mean(axis=1)
    pooled = errors.assign(apart=apart).groupby(level=["repeat", "fold"], sort=False).mean()
    stats = corrected_mean(pooled["apart"], pooled["n_test"], pooled["n_train"])
    return Number(stats["mean"], stats["low"], stats["high"])


def pro_minus(differences):
    """Drug to method to Number, from `comparison.paired_differences`."""
    table = differences[(differences["drug"] != "all") & differences["against"].isin(METHODS)]
    found = {}
    for row in table.itertuples():
        found.setdefault(row.drug, {})[row.against] = Number(row.mean, row.low, row.high)
    return found


def _add_errors(evidence, run, cohort, profile):
    predictions, origin = run.read_table("02_predictions"), "Errors read from 02_predictions.csv."
    if predictions is None or set(predictions["drug"]) != set(cohort.response.columns):
        compared = compare(cohort, sizes.small(profile), run.seed, n_jobs=run.threads)
        predictions = compared.predictions
        origin = "Notebook 02 was not run here: errors on the smoke profile's folds and grid."
    errors = fold_errors(predictions)
    evidence.network_gain = network_gain(errors)
    evidence.pro_minus = pro_minus(paired_differences(errors))
    evidence.origins.append(origin)


def _add_markers(evidence, run, cohort, profile):
    numbers, origin = run.read_json("03_markers"), "Markers read from 03_markers.json."
    if numbers is None:
        networks, _ = earlier.drug_networks(run, cohort, profile)
        numbers = {
            "n_genes": len(networks.genes),
            "common": list(common_markers(networks, compute.default_top(networks)).index),
            "published": [
                {"marker": gene, "in universe": gene in networks.genes} for gene in MARKERS
            ],
        }
        origin = "Notebook 03 was not run here: markers with smoke-grid lambdas."
    inside = {row["marker"] for row in numbers["published"] if row["in universe"]}
    evidence.markers = {
        "published": sorted(inside),
        "came_out": sorted(inside & set(numbers["common"])),
        "common": len(numbers["common"]),
        "genes": numbers["n_genes"],
    }
    evidence.origins.append(origin)


def _add_networks(evidence, run, cohort, profile):
    groups, genes, networks, origin = earlier.group_networks(run, cohort, profile)
    X = standardise_together(cohort, groups, genes)
    sizes = {
        group: pd.Series(matrix_degrees(np.asarray(networks[group])), genes) for group in GROUPS
    }
    evidence.edge = named_edge({g: pd.DataFrame(networks[g], genes, genes) for g in GROUPS})
    evidence.degrees = degree_rows(sizes)
    evidence.effects = effect_rows(networks, X, groups)
    evidence.origins.append(origin)


def _add_differences(evidence, numbers):
    """Put the intervals and p values of notebook 09 in place of bare estimates."""
    if numbers is None:
        evidence.origins.append(
            f"Intervals and permutation tests (notebook 09): {NONE}, so that differences between "
            "groups are at most partly reproduced."
        )
        return
    for row in numbers["edges"]:
        if (row["regulator"], row["target"]) == NAMED_EDGE and evidence.edge is not None:
            evidence.edge |= _tested(row)
    for gene, row in numbers["degrees"].items():
        if gene in evidence.degrees:
            evidence.degrees[gene]["difference"] = _tested(row)["difference"]
    for row in numbers["effects"]:
        if row["length"] == 1 and (row["marker"], row["side"]) in evidence.effects:
            evidence.effects[row["marker"], row["side"]] = _tested(row)
    evidence.origins.append("Intervals and permutation tests read from 09_differences.json.")


def _tested(row):
    return {
        "ST": row["ST"],
        "RS": row["RS"],
        "difference": Number(row["difference"], row["low"], row["high"], row["p"]),
    }


def named_edge(networks):
    """The edge the paper names in both groups' networks (DataFrames), or None without its genes."""
    regulator, target = NAMED_EDGE
    if regulator not in networks["ST"].index or target not in networks["ST"].index:
        return None
    st, rs = (float(networks[group].at[regulator, target]) for group in GROUPS)
    others = np.abs(networks["ST"].to_numpy())
    others = others[others > 0]
    strength = float(np.mean(others <= abs(st))) if others.size else 0.0
    return {"ST": st, "RS": rs, "strength": strength, "difference": Number(st - rs)}


def degree_rows(sizes):
    """Ranks and differences of the markers' degrees; `sizes` is group to Series by gene."""
    ranks = {group: sizes[group].rank(ascending=False, method="min") for group in GROUPS}
    return {
        gene: {
            "genes": len(sizes["ST"]),
            "difference": Number(float(sizes["ST"][gene] - sizes["RS"][gene])),
            **{f"rank {group}": int(ranks[group][gene]) for group in GROUPS},
        }
        for gene in MARKERS
        if gene in sizes["ST"].index
    }


def effect_rows(networks, X, groups):
    """Mean regulatory effects over single edges of the markers, by gene and side."""
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


def planted_evidence(run, cohort, profile):
    """What a simulated cohort was made from, as evidence without uncertainty; None for others.

    Nothing is planted on which method predicts best, nor on the simulation study.
    """
    truth = cohort.truth
    if truth is None:
        return None
    groups, genes, _, _ = earlier.group_networks(run, cohort, profile)
    full = {"ST": truth.B_ST, "RS": truth.B_RS}
    X = standardise_together(cohort, groups, genes)
    sizes = {group: pd.Series(matrix_degrees(B.to_numpy()), B.index) for group, B in full.items()}
    shares = {
        group: B.reindex(index=genes, columns=genes, fill_value=0.0).to_numpy()
        for group, B in full.items()
    }
    theta = truth.theta
    acting = theta.index[(theta != 0).all(axis=1)]
    evidence = Evidence(
        edge=named_edge(full),
        degrees=degree_rows(sizes),
        effects=effect_rows(shares, X, groups),
        markers={
            "published": [gene for gene in MARKERS if gene in theta.index],
            "came_out": [gene for gene in MARKERS if gene in acting],
            "common": len(acting),
            "genes": len(theta),
        },
    )
    for row in (evidence.edge, *evidence.degrees.values(), *evidence.effects.values()):
        if row is not None:
            value = row["difference"].value
            row["difference"] = Number(value, value, value, 0.0)
    return evidence
