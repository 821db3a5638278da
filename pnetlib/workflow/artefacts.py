"""What an earlier notebook of the run found; where it was not run, computed at smoke size.

So every notebook opens alone. The notebook says which of the two it used.
"""

import pandas as pd

from pnetlib.steps.comparison.compute import choose_on_all_lines
from pnetlib.steps.markers.compute import DrugNetworks, fit_drug_networks
from pnetlib.steps.networks.compute import (
    GROUPS,
    edge_matrices,
    fit_group_networks,
    network_errors,
    network_genes,
    split_groups,
)
from pnetlib.steps.sizes import small


def chosen_lambdas(run, cohort, profile, force=()):
    """Pro's lambdas for each drug, chosen on all its lines, and where they come from.

    Returns
    -------
    dict, str
        Drug to lambdas; a sentence.
    """
    numbers = run.read_json("02_comparison")
    if numbers is not None and set(numbers["drugs"]) >= set(cohort.response.columns):
        drugs = numbers["drugs"]
        return (
            {drug: drugs[drug]["chosen"]["Pro"] for drug in cohort.response.columns},
            "Lambdas read from 02_comparison.json of this run.",
        )
    chosen = choose_on_all_lines(cohort, small(profile), run.seed, force=force, n_jobs=run.threads)
    return (
        {drug: points["Pro"] for drug, points in chosen.items()},
        "Notebook 02 was not run here: lambdas chosen on the smoke grid.",
    )


def drug_networks(run, cohort, profile):
    """Pro's networks of the four drugs from notebook 03, or fitted here; and a sentence."""
    arrays, fits = run.read_arrays("03_networks"), run.read_table("03_fits")
    drugs = list(cohort.response.columns)
    if arrays is not None and fits is not None and list(arrays["drugs"]) == drugs:
        return DrugNetworks.of_arrays(arrays, fits), "Networks read from 03_networks.npz."
    chosen, _ = chosen_lambdas(run, cohort, profile)
    genes = cohort.top_genes(profile.n_genes)
    networks = fit_drug_networks(cohort, genes, chosen, n_jobs=run.threads)
    return networks, "Notebook 03 was not run here: networks fitted with smoke-grid lambdas."


def group_networks(run, cohort, profile):
    """Groups, genes and networks of notebook 04, or estimated here; and a sentence.

    Returns
    -------
    Groups, Index, dict, str
    """
    numbers, edges = run.read_json("04_networks"), run.read_table("04_edges")
    if numbers is not None and edges is not None:
        groups = split_groups(cohort, numbers["group_size"])
        genes = pd.Index(numbers["genes"])
        if groups.cuts == numbers["cuts"]:  # else made for other drugs
            return groups, genes, edge_matrices(edges, genes), "Networks read from 04_edges.csv."
    networks, _ = drug_networks(run, cohort, profile)
    _, genes = network_genes(run, cohort, profile, networks)
    groups = split_groups(cohort, profile.group_size)
    lam1 = network_errors(cohort, groups, genes, run.seed).mean(axis=1).idxmin()
    fitted = fit_group_networks(cohort, groups, genes, lam1, run.threads)
    B = {group: fitted[group].B_.toarray() for group in GROUPS}
    return groups, genes, B, "Notebook 04 was not run here: networks estimated now."
