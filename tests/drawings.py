"""Every figure of the steps, drawn from small made-up tables: name to a function that draws it."""

import numpy as np
import pandas as pd
from builders import simulation_cell
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from pnetlib.datasets import load_cohort
from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.paper.table1 import published_selection
from pnetlib.steps.choice import METHODS
from pnetlib.steps.claims import figures as claims
from pnetlib.steps.claims.compute import Evidence, judge
from pnetlib.steps.claims.evidence import selection
from pnetlib.steps.claims.robustness import robustness
from pnetlib.steps.comparison import figures as comparison
from pnetlib.steps.comparison.compute import BASELINES
from pnetlib.steps.data import compute as cohorts, figures as data
from pnetlib.steps.differences import figures as differences
from pnetlib.steps.differences.sensitivity import ESTIMATORS
from pnetlib.steps.drugs import figures as drugs
from pnetlib.steps.effects import figures as effects
from pnetlib.steps.effects.compute import SIDES
from pnetlib.steps.laboratory import figures as laboratory
from pnetlib.steps.lambdas import figures as lambdas
from pnetlib.steps.lambdas.compute import RULES, SEARCHES
from pnetlib.steps.markers import figures as markers
from pnetlib.steps.markers.compute import DrugNetworks
from pnetlib.steps.multiverse import figures as multiverse
from pnetlib.steps.multiverse.curves import Curve, summarise
from pnetlib.steps.networks import figures as networks
from pnetlib.steps.networks.compute import GROUPS, layout
from pnetlib.steps.regulons import figures as regulons
from pnetlib.steps.regulons.compute import KINDS, NO_DRUG
from pnetlib.steps.screens import figures as screens
from pnetlib.steps.screens.compute import MEAN, NETWORK_GAIN
from pnetlib.steps.simulation import figures as simulation, summaries
from pnetlib.steps.simulation.ablation import VARIANTS
from pnetlib.steps.simulation.compute import MEASURES
from pnetlib.steps.simulation.designs import GRAPHS, RESPONSES
from pnetlib.steps.speed import figures as speed
from pnetlib.steps.stability import figures as stability
from pnetlib.steps.stability.compute import COMMON, STRONG, Frequencies
from pnetlib.steps.study import PAPER, SIMULATED
from pnetlib.steps.tuning import figures as tuning

DRUGS = ("Doxorubicin", "Mitomycin-C", "5-Fluorouracil", "Docetaxel")
GENES = [*MARKERS, *(f"GENE{k}" for k in range(33))]


def interval(rng, middle=0.0, wide=0.1):
    """Return a mean and an interval around it."""
    mean, half = middle + wide * rng.normal(), wide * (0.5 + rng.random())
    return {"mean": mean, "se": half / 2, "low": mean - half, "high": mean + half}


def rows(rng, middle, wide, *keys):
    """Return a table of means and intervals over the product of named values."""
    index = pd.MultiIndex.from_product([v for _, v in keys], names=[k for k, _ in keys])
    table = pd.DataFrame([interval(rng, middle, wide) for _ in index], index)
    return table.reset_index()


def method_errors(rng):
    return rows(rng, 0.8, 0.1, ("drug", DRUGS), ("method", [*METHODS, *BASELINES]))


def paired(rng, names=(*DRUGS, "all")):
    return rows(rng, 0.0, 0.04, ("drug", names), ("against", METHODS[1:]))


def group_edges(rng, n=300):
    """Return edges of ST and RS between `GENES`, as `edge_table` does, and degrees."""
    pairs = [(a, b) for a in GENES for b in GENES[:-1] if a != b]
    edges = pd.DataFrame(
        [pairs[k] for k in rng.choice(len(pairs), n, replace=False)],
        columns=["regulator", "target"],
    )
    edges.loc[0] = NAMED_EDGE
    for group in GROUPS:
        edges[group] = rng.normal(0, 0.3, n) * (rng.random(n) < 0.7)
    edges = edges[(edges["ST"] != 0) | (edges["RS"] != 0)].drop_duplicates(["regulator", "target"])
    edges["presence"] = np.select(
        [edges["RS"] == 0, edges["ST"] == 0], ["ST only", "RS only"], "both"
    )
    degrees = pd.DataFrame(
        {
            f"degree {g}": sum(
                edges.groupby(end)[g].apply(lambda b: b.abs().sum() / 2).reindex(GENES).fillna(0)
                for end in ("regulator", "target")
            )
            for g in GROUPS
        }
    )
    return edges, degrees


def draw_markers(rng):
    theta = pd.DataFrame(rng.normal(0, 0.03, (12, 4)), GENES[:4] + GENES[-8:], list(DRUGS))
    found = DrugNetworks(theta.index, theta, (theta * 50).abs(), {}, pd.DataFrame())
    published = pd.DataFrame({"marker": list(MARKERS), "variance rank": range(1, 8)})
    return markers.draw_markers(found, pd.DataFrame(index=GENES[-5:]), published, study=PAPER)


def draw_networks(rng, study=PAPER):
    edges, degrees = group_edges(rng)
    return networks.draw_networks(edges, degrees, layout(edges, 0), GENES[:9], study=study)


def ranges(rng, keys):
    """Return ranges over draws of both groups."""
    table = pd.DataFrame(keys)
    for name in ("", " ST", " RS"):
        table[f"first{name}"] = rng.normal(0, 0.2, len(table))
        table[f"low{name}"] = table[f"first{name}"] - 0.1 * rng.random(len(table))
        table[f"high{name}"] = table[f"first{name}"] + 0.1 * rng.random(len(table))
    return table


def draw_tuning(rng):
    marked = ranges(
        rng, [{"marker": g, "drug": d, "named": True} for g in list(MARKERS)[:4] for d in DRUGS]
    )
    edges, _ = group_edges(rng, 30)
    moved = ranges(rng, edges[["regulator", "target"]].to_dict("records"))
    return tuning.draw_draws(marked, moved, study=PAPER)


def draw_effect_ranges(rng):
    keys = [{"marker": g, "side": s, "length": 1} for g in list(MARKERS)[:4] for s in SIDES]
    return tuning.draw_effects(ranges(rng, keys), study=PAPER)


def draw_effects(rng):
    keys = [(g, s, k) for g in list(MARKERS)[:4] for s in SIDES for k in GROUPS for _ in range(40)]
    table = pd.DataFrame(keys, columns=["marker", "side", "group"])
    table["effect"] = rng.gamma(3, 0.3, len(table))
    return effects.draw_effects(table.assign(length=1), 1, study=PAPER)


def replicates(rng, n, **values):
    """Return made-up results of the simulation study, n data sets for each cell."""
    values |= {"replicate": range(n)}
    index = pd.MultiIndex.from_product(values.values(), names=list(values))
    table = pd.DataFrame(rng.beta(3, 2, (len(index), len(MEASURES))), index, list(MEASURES))
    return table.reset_index()


def shapes(rng, n):
    levels = {"error level": (0.51, 0.95), "response": RESPONSES, "method": METHODS}
    return replicates(rng, n, graph=list(GRAPHS), n_tfs=[5], scenario=[1], **levels)


def draw_selection(rng, n=3):
    levels = {"error level": [0.51], "response": RESPONSES, "method": METHODS}
    table = replicates(rng, n, graph=["TF hub"], n_tfs=[5, 10], scenario=[1, 2, 3, 4], **levels)
    compared = summaries.compared_with_paper(summaries.cell_intervals(table), published_selection())
    return simulation.draw_selection(compared, table)


def draw_ablation(rng):
    table = replicates(rng, 3, response=RESPONSES, variant=list(VARIANTS))
    intervals = summaries.cell_intervals(table, ("response", "variant"))
    return simulation.draw_ablation(intervals, table)


def draw_shapes(rng, n=3):
    table = shapes(rng, n)
    return simulation.draw_networks(summaries.cell_intervals(table), "activity", table)


def draw_recovery(rng):
    table = shapes(rng, 3)
    chance = pd.Series(0.02, list(GRAPHS))
    return simulation.draw_edges(summaries.cell_intervals(table), chance, table)


def draw_surface(rng):
    keys = [(d, a, b, c) for d in DRUGS for a in (0, 0.3) for b in (0.1, 0.05) for c in (0.4, 0.2)]
    table = pd.DataFrame(keys, columns=["drug", "lam4", "lam1", "lam3"])
    table["above"] = rng.gamma(2, 5, len(table))
    table.loc[table.groupby("drug")["above"].idxmin(), "above"] = 0.0
    return lambdas.draw_surface(table, study=PAPER)


def draw_rules(rng):
    table = rows(rng, 0.05, 0.03, ("method", METHODS), ("rule", RULES))
    table["effects"] = rng.integers(0, 190, len(table))
    return lambdas.draw_rules(table, study=PAPER)


def draw_searches(rng):
    table = rows(rng, 0.0, 0.02, ("drug", [*DRUGS, "all"]), ("method", METHODS))
    first, second = SEARCHES
    table[first] = 0.8 + 0.1 * rng.random(len(table))
    table[second] = table[first] + table["mean"]
    return lambdas.draw_searches(table, study=PAPER)


def frequencies(rng, pairs=4):
    shares = rng.integers(0, 2 * pairs + 1, (20, 6)) / (2 * pairs)
    index = pd.Index([*list(MARKERS)[:4], *GENES[-16:]], name="gene")
    table = pd.DataFrame(shares, index, [COMMON, STRONG, *DRUGS])
    return Frequencies(table, table.sum().to_dict(), 976, pairs)


def draw_frequent_edges(rng):
    edges, _ = group_edges(rng)
    for name in ("ST any", "RS any", "ST strong", "RS strong"):
        edges[name] = rng.random(len(edges))
    return stability.draw_edges(edges, list(MARKERS), study=PAPER)


def tested(rng, keys):
    """Return a table of differences between the groups, as `compare` does."""
    table = pd.DataFrame(keys)
    for name, ending in (("ST", " ST"), ("RS", " RS"), ("difference", "")):
        table[name] = rng.normal(0.5, 0.4, len(table))
        table[f"low{ending}"] = table[name] - 0.3 - 0.3 * rng.random(len(table))
        table[f"high{ending}"] = table[name] + 0.3 + 0.3 * rng.random(len(table))
        table[f"debiased {name}"] = table[name] + 0.1
    table["p"], table["q"] = rng.random((2, len(table))) ** 3
    return table.assign(**{"p family": 1.0})


def draw_tested_effects(rng):
    keys = [{"marker": g, "side": s, "length": 1} for s in SIDES for g in MARKERS]
    return differences.draw_effects(tested(rng, keys), 1, study=PAPER)


def draw_tested_edges(rng):
    edges, _ = group_edges(rng, 40)
    table = tested(rng, edges[["regulator", "target"]].to_dict("records"))
    return differences.draw_edges(table, study=PAPER)


def draw_sensitivity(rng):
    keys = [{"kind": "edge", "regulator": NAMED_EDGE[0], "target": NAMED_EDGE[1]}]
    for gene in list(MARKERS)[:3]:
        keys.append({"kind": "degree", "gene": gene})
        keys += [{"kind": "effect", "gene": gene, "side": s, "length": 1} for s in SIDES]
    keys = [
        key | {"size": size, "estimator": estimator}
        for key in keys
        for size in range(60, 131, 10)
        for estimator in ESTIMATORS
    ]
    return differences.draw_sensitivity(tested(rng, keys), list(MARKERS)[:3], study=PAPER)


def draw_drugs(rng, n=10):
    names = [f"drug {k}" for k in range(n)]
    wins = pd.DataFrame({"against": METHODS[1:], "drugs": n, "wins": n // 2})
    wins = wins.assign(**{"share low": 0.2, "share high": 0.8, "clear wins": 1, "clear losses": 1})
    return drugs.draw_drugs(paired(rng, [*names, "all"]), wins, study=PAPER)


def draw_weights(rng):
    index = pd.MultiIndex.from_product([DRUGS, [0], range(3), [0.3, 1.0, 3.0]])
    weights = index.to_frame(index=False, name=["drug", "repeat", "fold", "omega"])
    weights["inner error"] = 0.8 + 0.01 * rng.random(len(weights))
    changes = rows(rng, 0.0, 0.001, ("drug", [*DRUGS, "all"]))
    return drugs.draw_weights(weights, changes, study=PAPER)


def solver_times(rng):
    names = [speed.OWN, "scikit-learn (Gram)", "celer", "glmnet (R)"]
    problems = list(speed.PROBLEMS)[:2]
    keys = [
        (p, t, k, s) for p in problems for t in ("network", "path") for s in names for k in (1, 2)
    ]
    table = pd.DataFrame(keys, columns=["problem", "task", "threads", "solver"])
    table["seconds"] = np.where(table["solver"] == speed.OWN, 0.8, 6.0) * np.exp(
        rng.normal(size=len(table))
    )
    table["ratio"] = table["seconds"] / 0.8
    targets = {"targets timed": 976, "targets": 976, "gap": 1e-6, "sampled": False}
    return table.assign(**targets, **{"over lower bound": 1 + 2 * rng.random(len(table))})


def draw_phases(rng):
    phases = ["network of each lam1", "theta step", "B step", "rest", "all"]
    table = pd.DataFrame({"phase": phases, "one by one (s)": rng.random(5)})
    return speed.draw_phases(table.assign(**{"along the path (s)": rng.random(5)}), study=SIMULATED)


def draw_growth(rng):
    sizes = [(p, 500, "float32") for p in (1000, 4000, 16000)]
    sizes += [(4000, n, "float32") for n in (250, 1000)] + [(16000, 500, "float64")]
    table = pd.DataFrame(sizes, columns=["p", "n", "gram_dtype"])
    table["gram_seconds"] = 1e-9 * table["p"] ** 2 * table["n"] ** 0.5
    table["columns_seconds"] = 1e-8 * table["p"] ** 2.1
    table["seconds"] = table["gram_seconds"] + table["columns_seconds"]
    table["peak_bytes"] = 5e8 + table["p"] ** 2 * 5.0
    return speed.draw_growth(table.assign(threads=2, seed=0, edges=10.0))


def agreements(rng):
    names = [f"{drug}: GDSC{k} {100 + k} ln IC50" for drug in DRUGS for k in (1, 2)]
    table = rows(rng, 0.5, 0.1, ("screen", names), ("lines", ("all", "solid", "blood")))
    columns = {"mean": "spearman", "low": "spearman low", "high": "spearman high"}
    return table.rename(columns=columns).assign(n=800)


def draw_ceiling(rng):
    shares = rows(rng, 0.25, 0.05, ("drug", DRUGS), ("method", METHODS))
    found = rows(rng, 0.55, 0.03, ("drug", DRUGS[1:])).set_index("drug")
    found = found.rename(columns={"mean": "share"})
    found["screen"] = [f"{drug}: GDSC2 no. 1 ln IC50" for drug in found.index]
    return screens.draw_ceiling(shares, found, study=PAPER)


MANY = tuple(f"Drug-{k}" for k in range(26))


def correlations(rng, drugs=DRUGS):
    table = rows(rng, 0.4, 0.1, ("drug", drugs), ("method", (*METHODS, "response")))
    return table.assign(screen=table["drug"] + ": CTRPv2 25344 AUC", lines="all", n=480)


def draw_laboratory_pairs(rng, drugs=DRUGS):
    pairs = (NETWORK_GAIN, *(f"Pro minus {method}" for method in METHODS[1:]))
    keys = ("drug", (*drugs, MEAN)), ("lines", ("all", "solid")), ("pair", pairs)
    return laboratory.draw_pairs(rows(rng, 0.0, 0.05, *keys), study=PAPER)


UNIVERSES = ("the paper's genes", "all genes")


def draw_enrichment(rng):
    table = rows(
        rng, 0.55, 0.03, ("universe", UNIVERSES), ("kind", KINDS), ("drug", (*DRUGS, NO_DRUG))
    )
    drugless = table["kind"].isin(KINDS[2:])
    table = table[drugless == (table["drug"] == NO_DRUG)].assign(known=720, tfs=25)
    return regulons.draw_enrichment(table.reset_index(drop=True), study=PAPER)


def draw_named_edge(rng):
    keys = ("tissues", ("all", "solid")), ("lines", ("ST", "RS", "all lines", "ST minus RS"))
    table = rows(rng, 0.4, 0.2, *keys).rename(
        columns={"mean": "raw", "low": "raw low", "high": "raw high"}
    )
    partial = rows(rng, 0.3, 0.2, *keys)[["mean", "low", "high"]]
    partial.columns = ["partial", "partial low", "partial high"]
    table["n"] = [95, 95, 975, 0, 84, 90, 801, 0]
    return regulons.draw_named_edge(table.join(partial), study=PAPER)


def curve_of(rng, claim="C6a"):
    """A curve of some readings of one claim, in which size and estimator matter."""
    options = {
        "lines": ("all", "solid"),
        "size": ("95", "60", "130"),
        "estimator": ("own lines", "joint model", "shared part"),
        "sum": ("absolute", "signed", "mean"),
    }
    index = pd.MultiIndex.from_product(options.values(), names=options)
    readings = index.to_frame(index=False)
    effect = readings["size"].map({"95": 0.1, "60": 0.0, "130": 0.4})
    effect += readings["estimator"].map(dict(zip(options["estimator"], (0.1, 0.05, -0.3))))
    observed = effect.to_numpy()[:, None] + 0.05 * rng.normal(size=(len(readings), 2))
    draws = 0.12 * rng.normal(size=(99, len(readings), 2))
    parts = np.concatenate((observed[None], draws))
    return Curve(claim, readings, parts, np.ones(len(readings), bool))


DEFAULT = {"lines": "all", "size": "95", "estimator": "own lines", "sum": "absolute"}


def summaries_of(rng):
    """What several curves say, by claim."""
    return {claim: summarise(curve_of(rng, claim), DEFAULT) for claim in ("C4", "C6a", "C6b", "C8")}


def draw_claims(rng, study=PAPER):
    cells = [simulation_cell(response=r) for r in RESPONSES for _ in range(8)]
    evidence = Evidence(selection=selection({"cells": cells}))
    verdicts = judge(evidence, None)
    robust = robustness(verdicts, {"claims": summaries_of(rng)})
    return claims.draw_claims(verdicts, robust, study=study)


def cohort():
    return load_cohort("simulated", seed=7, size="smoke")


def draw_responses(rng):
    given = cohort()
    return data.draw_responses(
        given.response, *cohorts.response_correlation(given), study=SIMULATED
    )


DRAWINGS = {
    "01_genes": lambda rng: data.draw_gene_variance(
        cohorts.gene_table(cohort(), 80), 80, study=SIMULATED
    ),
    "01_responses": draw_responses,
    "01_tissues": lambda rng: data.draw_tissues(cohorts.tissue_table(cohort()), 4, study=SIMULATED),
    "02_errors": lambda rng: comparison.draw_errors(method_errors(rng), study=PAPER),
    "02_differences": lambda rng: comparison.draw_differences(paired(rng), study=PAPER),
    "02_control": lambda rng: comparison.draw_control(
        method_errors(rng), method_errors(rng), study=PAPER
    ),
    "03_markers": draw_markers,
    "04_errors": lambda rng: networks.draw_network_errors(
        pd.DataFrame(rng.random((4, 2)), [0.1, 0.2, 0.4, 0.8], GROUPS), 0.2, study=PAPER
    ),
    "04_networks": draw_networks,
    "04_hubs": lambda rng: networks.draw_hubs(group_edges(rng)[1], GENES[:9], study=PAPER),
    "04_draws": draw_tuning,
    "05_effects": draw_effects,
    "05_draws": draw_effect_ranges,
    "06_selection": draw_selection,
    "06_selection_many": lambda rng: draw_selection(rng, 20),
    "06_ablation": draw_ablation,
    "06_edges": draw_recovery,
    "06_networks": draw_shapes,
    "07_surface": draw_surface,
    "07_rules": draw_rules,
    "07_searches": draw_searches,
    "08_markers": lambda rng: stability.draw_markers(
        {976: frequencies(rng), 1500: frequencies(rng, 1)}, study=PAPER
    ),
    "08_bounds": lambda rng: stability.draw_bounds(
        {976: frequencies(rng, 25), 1500: frequencies(rng, 10)}, study=PAPER
    ),
    "08_edges": draw_frequent_edges,
    "09_degrees": lambda rng: differences.draw_degrees(
        tested(rng, [{"gene": gene} for gene in MARKERS]), list(MARKERS), study=PAPER
    ),
    "09_effects": draw_tested_effects,
    "09_edges": draw_tested_edges,
    "09_sensitivity": draw_sensitivity,
    "10_drugs": draw_drugs,
    "10_drugs_many": lambda rng: draw_drugs(rng, 60),
    "10_tissues": lambda rng: drugs.draw_tissues(
        method_errors(rng), method_errors(rng), study=PAPER
    ),
    "10_weights": draw_weights,
    "11_solvers": lambda rng: speed.draw_solvers(solver_times(rng), study=SIMULATED),
    "11_lower_bound": lambda rng: speed.draw_lower_bound(solver_times(rng), study=SIMULATED),
    "11_phases": draw_phases,
    "11_growth": draw_growth,
    "12_agreement": lambda rng: screens.draw_agreement(agreements(rng), study=PAPER),
    "12_ceiling": draw_ceiling,
    "12_judges": lambda rng: screens.draw_judges(
        correlations(rng), "Judged by the second screen", study=PAPER
    ),
    "13_laboratory_many": lambda rng: laboratory.draw_laboratory(
        correlations(rng, MANY), study=PAPER
    ),
    "13_differences_many": lambda rng: draw_laboratory_pairs(rng, MANY),
    "13_laboratory": lambda rng: laboratory.draw_laboratory(correlations(rng), study=PAPER),
    "13_differences": draw_laboratory_pairs,
    "14_enrichment": draw_enrichment,
    "14_gains": lambda rng: regulons.draw_gains(
        rows(rng, 0.0, 0.01, ("universe", UNIVERSES), ("drug", (*DRUGS, "mean of the drugs"))),
        study=PAPER,
    ),
    "14_edge": draw_named_edge,
    "15_curve": lambda rng: multiverse.draw_curve(curve_of(rng), DEFAULT, study=PAPER),
    "15_shares": lambda rng: multiverse.draw_shares(summaries_of(rng), study=PAPER),
    "15_choices": lambda rng: multiverse.draw_choices(summaries_of(rng), study=PAPER),
    "15_nearest": lambda rng: multiverse.draw_nearest(summaries_of(rng), study=PAPER),
    "16_claims": draw_claims,
}


def drawn(name):
    """Return the figure of this name."""
    return DRAWINGS[name](np.random.default_rng(0))


def outline(text):
    """Return the four corners of a text in pixels, whatever its rotation."""
    if text.get_rotation_mode() != "anchor":
        return Text.get_window_extent(text).corners()[[0, 1, 3, 2]]
    angle = text.get_rotation()
    text.set_rotation(0)
    flat = Text.get_window_extent(text).corners()[[0, 1, 3, 2]]
    text.set_rotation(angle)
    anchor = text.get_transform().transform(text.get_unitless_position())
    return Affine2D().rotate_deg_around(*anchor, angle).transform(flat)


def apart(one, other, slack=1.5):
    """Say whether a line separates two outlines (up to `slack` pixels)."""
    for corners in (one, other):
        for a, b in zip(corners, np.roll(corners, -1, axis=0)):
            across = np.array([b[1] - a[1], a[0] - b[0]]) / (np.hypot(*(b - a)) or 1)
            p, q = one @ across, other @ across
            if p.max() <= q.min() + slack or q.max() <= p.min() + slack:
                return True
    return False
