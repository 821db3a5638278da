"""What an earlier notebook of the run found; where it was not run, computed at smoke size.

So every notebook opens alone. The notebook says which of the two it used.
"""

from dataclasses import replace

import pandas as pd

from ..data import MARKERS
from ..errors import UsageError
from .comparison import choose_on_all_lines
from .groups import GROUPS, fit_group_networks, neighbourhood, network_errors, split_groups
from .markers import DrugNetworks, common_markers, fit_drug_networks
from .profile import PROFILES


def small(profile):
    """The profile's genes and groups with the smoke profile's folds and grids."""
    sizes = {name: getattr(profile, name) for name in ("n_genes", "group_size", "n_neighbours")}
    return replace(PROFILES["smoke"], **sizes)


def with_genes(profile, n_genes, fraction=0.0, cohort=None):
    """The profile with another number, or fraction of the cohort's, of genes; 0 keeps its own."""
    if n_genes and fraction:
        raise UsageError("n_genes and gene_fraction are both given; give one of them.")
    if not 0.0 <= fraction <= 1.0:
        raise UsageError(f"gene_fraction is {fraction}, but must be between 0 and 1.")
    if fraction:
        n_genes = max(1, round(fraction * cohort.expression.shape[1]))
    return replace(profile, n_genes=n_genes) if n_genes else profile


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
        return ({drug: drugs[drug]["chosen"]["Pro"] for drug in cohort.response.columns},
                "Lambdas read from 02_comparison.json of this run.")
    chosen = choose_on_all_lines(
        cohort, small(profile), run.seed, force=force, n_threads=run.threads
    )
    return ({drug: points["Pro"] for drug, points in chosen.items()},
            "Notebook 02 was not run here: lambdas chosen on the smoke grid.")


def drug_networks(run, cohort, profile):
    """Pro's networks of the four drugs from notebook 03, or fitted here; and a sentence."""
    arrays, fits = run.read_arrays("03_networks"), run.read_table("03_fits")
    drugs = list(cohort.response.columns)
    if arrays is not None and fits is not None and list(arrays["drugs"]) == drugs:
        return DrugNetworks.of_arrays(arrays, fits), "Networks read from 03_networks.npz."
    chosen, _ = chosen_lambdas(run, cohort, profile)
    genes = cohort.top_genes(profile.n_genes)
    networks = fit_drug_networks(cohort, genes, chosen, n_threads=run.threads)
    return networks, "Notebook 03 was not run here: networks fitted with smoke-grid lambdas."


def network_genes(run, cohort, profile, networks, top=0, lam1=0.4, most=10):
    """Markers found (at most `most`) and published, and the genes linked to them.

    Returns
    -------
    list of str, Index
        The markers, and markers and neighbours.
    """
    found = common_markers(networks, top or default_top(networks)).index[:most]
    published = [gene for gene in MARKERS if gene in cohort.expression.columns]
    markers = list(dict.fromkeys([*published, *found]))
    genes = neighbourhood(
        cohort, networks.genes, markers, profile.n_neighbours, lam1, run.threads
    )
    return markers, genes


def default_top(networks):
    """A tenth of the genes: the ranks within which a gene counts as a marker of a drug."""
    return max(1, round(len(networks.genes) / 10))


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


def edge_matrices(edges, genes):
    """Dense networks, regulators x targets, of both groups from the table of edges."""
    matrices = {}
    for group in GROUPS:
        wide = edges.pivot(index="regulator", columns="target", values=group)
        matrices[group] = wide.reindex(index=genes, columns=genes).fillna(0.0).to_numpy()
    return matrices
