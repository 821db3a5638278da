"""Error and power of the tests of specification curves (notebook 15) in simulated cohorts.

A simulated cohort has markers, an edge, hubs and effects that differ between its groups, as the paper
says of claims C3 to C7. In its counterpart the responses are exchanged between lines of the same
tissue, so that nothing of it is left. For each claim: how often the p value of a statistic of the
curve is below 0.05, and how often the claim holds in more than hardly any of its readings.

    python -m benchmarks.calibration.multiverse [cohorts] [first seed] [processes]
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import pandas as pd

from pnetlib.datasets import load_screens
from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.paper.markers import MARKERS
from pnetlib.stats.permutation import LEVEL
from pnetlib.steps.multiverse.assemble import group_curves, marker_curve
from pnetlib.steps.multiverse.compute import Multiverse, run_works
from pnetlib.steps.multiverse.curves import HARDLY_ANY, test_of
from pnetlib.steps.multiverse.data import exchange_keys, exchanged, gather
from pnetlib.steps.networks.compute import neighbourhood
from pnetlib.steps.sizes import multiverse_sizes, profile_named, simulation_sizes

SIZES = {
    "splits": 3,
    "wide_splits": 0,
    "draws": 59,
    "fits": 1,
    "marker_fits": 1,
    "marker_draws": 59,
}
STATISTICS = ("median", "ahead", "significant")


def without_effects(cohort, seed):
    """Return the cohort with its responses exchanged between lines of the same tissue."""
    rows = exchanged(cohort, exchange_keys(cohort, 1, seed)[0])
    values = cohort.response.to_numpy()[rows]
    response = pd.DataFrame(values, cohort.response.index, cohort.response.columns)
    return replace(cohort, response=response)


def multiverse_on(cohort, seed):
    """Return a small `Multiverse` of a simulated cohort."""
    profile = profile_named("smoke")
    none = load_screens("simulated", simulate_cohort(seed), seed=seed).among([])
    material = gather(cohort, none, none, group_size=profile.group_size)
    top = cohort.top_genes(profile.n_genes)
    genes = neighbourhood(cohort, top, list(MARKERS), profile.n_neighbours, 0.4, 1)
    sizes = replace(multiverse_sizes("smoke"), **SIZES)
    of_genes = profile.n_genes, profile.n_neighbours, genes
    return Multiverse(material, sizes, simulation_sizes("smoke"), *of_genes, seed)


def outcomes(cohort, seed):
    """Return claim to p values of the curve and the share of readings in which it holds."""
    multiverse = multiverse_on(cohort, seed)
    works = multiverse.works()
    results = run_works({name: works[name] for name in ("splits", "markers")})
    curves = group_curves({split: found for (split,), found in results["splits"].items()})
    curves |= marker_curve(results["markers"], multiverse.plan.fits, multiverse.plan.drugs)
    found = {}
    for claim, curve in curves.items():
        test = test_of(curve)
        found[claim] = {name: getattr(test, f"p_{name}") for name in STATISTICS}
        found[claim]["holds"] = float(curve.holds.mean())
    return found


def both(seed):
    """Return the outcomes of one cohort with its effects, and without them."""
    cohort = simulate_cohort(seed)
    return outcomes(cohort, seed), outcomes(without_effects(cohort, seed + 1), seed)


def rates(count, first=1, processes=1):
    """Return the rates over cohorts: claims x (planted or absent, statistic)."""
    seeds = range(first, first + count)
    if processes > 1:
        with ProcessPoolExecutor(processes) as pool:
            drawn = list(pool.map(both, seeds))
    else:
        drawn = [both(seed) for seed in seeds]
    columns = {}
    for k, kind in enumerate(("planted", "absent")):
        for name in STATISTICS:
            table = pd.DataFrame([{c: found[k][c][name] for c in found[k]} for found in drawn])
            columns[kind, name] = (table < LEVEL).mean()
        table = pd.DataFrame([{c: found[k][c]["holds"] for c in found[k]} for found in drawn])
        columns[kind, "holds"] = (table > HARDLY_ANY).mean()
    return pd.DataFrame(columns).sort_index()


def main(count="50", first="1", processes="1"):
    """Print the rates."""
    table = rates(int(count), int(first), int(processes))
    print(f"SIMULATED: {count} cohorts from seed {first}, {SIZES['draws']} exchanges each")
    print(table.map("{:.0%}".format).to_string())


if __name__ == "__main__":
    main(*sys.argv[1:])
