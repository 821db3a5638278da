"""What the notebooks of a run have written, by name; where something is missing, computed anew.

This is the only module that knows the names of result files. A step is a function of tables; the
functions below find the tables of earlier steps for it. Where an earlier notebook was not run,
they call its step with the folds and grids of the smoke profile, so that every notebook opens
alone, and return a sentence that says which of the two happened.
"""

import json
import re
from dataclasses import replace
from itertools import pairwise

import pandas as pd

from pnetlib.datasets import list_drugs, load_cohort, load_responses, load_screens
from pnetlib.datasets.regulons import load_regulons
from pnetlib.solvers.search import GRID, SearchRule
from pnetlib.steps.claims.compute import NOT_COMPUTED
from pnetlib.steps.claims.evidence import (
    evidence_of_edge,
    evidence_of_errors,
    evidence_of_judge,
    evidence_of_run,
    evidence_of_truth,
)
from pnetlib.steps.comparison.compute import (
    Comparison,
    choose_on_all_lines,
    compare,
    compared_sizes,
)
from pnetlib.steps.markers.compute import DrugNetworks, default_top, fit_drug_networks
from pnetlib.steps.multiverse.candidates import Grid
from pnetlib.steps.multiverse.compute import Multiverse
from pnetlib.steps.multiverse.data import default_reading, gather
from pnetlib.steps.multiverse.reading import Reading, of_plain, read_reading
from pnetlib.steps.networks.compute import (
    GROUPS,
    edge_matrices,
    fit_group_networks,
    fitting_size,
    network_errors,
    network_genes,
    split_groups,
)
from pnetlib.steps.screens.compute import ALL, errors_by_lines
from pnetlib.steps.sizes import (
    SMOKE,
    multiverse_sizes,
    profile_named,
    simulation_sizes,
    small,
    within,
)
from pnetlib.steps.study import study_of
from pnetlib.steps.tuning.compute import EFFECT_COLUMNS, choose_again
from pnetlib.words import counted
from pnetlib.workflow.events import read_events

# What each figure shows, for the index of the figures in the repository.
FIGURES = {
    "01_genes": "genes ranked by variance, the cut, and the published markers",
    "01_responses": "responses to the four drugs and their correlations",
    "01_tissues": "cell lines per tissue",
    "02_errors": "the paper's figure 2: prediction error of each method for each drug",
    "02_differences": "error of Pro minus that of each other method, paired by fold",
    "02_control": "the same procedure on permuted responses",
    "03_markers": "the paper's figure 3: effects, degrees and ranks of the markers",
    "04_errors": "choice of lam1 for both networks",
    "04_networks": "the paper's figure 4: networks of sensitive and resistant lines",
    "04_hubs": "degrees of the markers in both networks",
    "04_draws": "effects and edges on other draws of the folds that choose the lambdas",
    "05_effects": "the paper's figure 5: regulatory effects over single edges",
    "05_effects_two_steps": "regulatory effects over paths of at most two edges",
    "05_draws": "regulatory effects on other draws of the folds that choose the lambdas",
    "06_selection": "the paper's table 1: relevant genes selected by each method (simulated)",
    "06_ablation": "genes that Pro selects with one component changed (simulated)",
    "06_edges": "how well the planted network is recovered at each error level (simulated)",
    "06_networks_expression": "genes selected on other networks, effects of expression (simulated)",
    "06_networks_activity": "genes selected on other networks, effects of activity (simulated)",
    "07_surface": "inner cross-validated error of Pro over its lambdas",
    "07_searches": "error on unseen lines with a grid of lambdas and with a search",
    "07_rules": "rules for choosing the lambdas: error on unseen lines and size of the model",
    "08_markers": "how often each marker is selected on halves of the lines",
    "08_bounds": "expected number of false genes against the selection frequency required",
    "08_edges": "how often each edge of the markers is found in both groups",
    "09_edges": "edges that differ between the groups, with permutation tests",
    "09_degrees": "degrees of the markers that differ between the groups",
    "09_effects": "the paper's figure 5 with intervals: effects over single edges",
    "09_effects_two_steps": "the same over paths of at most two edges",
    "09_sensitivity": "the paper's figures 4 and 5 at other cuts and with another estimator",
    "10_drugs": "Pro against the other methods on further drugs",
    "10_tissues": "error on random lines and on unseen tissues, against the drug mean",
    "10_weights": "an extension of this project: a weight on the prediction error",
    "11_solvers": "time that each solver needs to reach the same accuracy",
    "11_lower_bound": "time of this project's solver against a lower bound of the hardware",
    "11_phases": "where the time of the joint fits goes",
    "11_growth": "time and memory of one network, up to the whole genome (simulated)",
    "11_joint_growth": "time and memory of the joint model, up to the whole genome (simulated)",
    "12_agreement": "how well further screens of the same drugs agree",
    "12_ceiling": "error that each method saves, beside what any prediction could save",
    "12_judges": "predictions judged by a second screen of the same drugs",
    "13_laboratory": "predictions judged by another laboratory",
    "13_differences": "differences between methods, judged by another laboratory",
    "14_enrichment": "known targets of transcription factors in the networks",
    "14_gains": "known targets in Pro's networks against those of the network alone",
    "14_edge": "AKR1C1 and ANXA10 before and after transcription factors are partialled out",
    "15_shares": "share of the readings under which each claim of the paper holds",
    "15_choices": "which choice moves the estimates of each claim",
    "15_nearest": "changes from the default until each claim holds",
    "15_curve_C1": "every reading of C1: network-based against expression-based methods",
    "15_curve_C2a": "every reading of C2a: Pro for Mitomycin-C",
    "15_curve_C2b": "every reading of C2b: Pro for 5-Fluorouracil",
    "15_curve_C2c": "every reading of C2c: Pro for Docetaxel",
    "15_curve_C3": "every reading of C3: the seven markers",
    "15_curve_C4": "every reading of C4: the edge from AKR1C1 to ANXA10",
    "15_curve_C5a": "every reading of C5a: hubs of sensitive lines",
    "15_curve_C5b": "every reading of C5b: hubs of resistant lines",
    "15_curve_C6a": "every reading of C6a: effects of sensitivity markers",
    "15_curve_C6b": "every reading of C6b: effects of resistance markers",
    "15_curve_C7a": "every reading of C7a: regulators of ANXA10 and ZNF165",
    "15_curve_C7b": "every reading of C7b: regulators of AKR1B10",
    "15_curve_C8": "every reading of C8: selection of genes (simulated)",
    "16_claims": "every claim of the paper with what the run found and a verdict",
}


# What those figures show of another cohort that are figures of the paper.
OF_OTHERS = {
    "01_genes": "genes ranked by variance, and the cut",
    "01_responses": "responses and their correlations",
    "02_errors": "prediction error of each method for each response",
    "03_markers": "effects, degrees and ranks of the markers",
    "04_networks": "networks of sensitive and resistant lines",
    "05_effects": "regulatory effects over single edges",
    "09_effects": "regulatory effects over single edges, with intervals",
    "09_effects_two_steps": "regulatory effects over paths of at most two edges, with intervals",
    "09_sensitivity": "differences at other cuts and with another estimator",
}


COHORT_FILE = "01_cohort.npz"
BENCHMARK_FIGURES = "11_"  # published only from a whole benchmark


# Names of what a run is read by once it has finished: numbers by step, tables by what they hold.
NUMBERS = {
    "data": "01_data",
    "comparison": "02_comparison",
    "markers": "03_markers",
    "simulation": "06_simulation",
    "lambdas": "07_lambdas",
    "stability": "08_stability",
    "differences": "09_differences",
    "drugs": "10_drugs",
    "speed": "11_speed",
    "screens": "12_screens",
    "laboratory": "13_laboratory",
    "regulons": "14_regulons",
    "multiverse": "15_multiverse",
    "claims": "16_claims",
}
TABLES = {"predictions": "02_predictions", "ablation": "06_ablation"}


def results_of(folder):
    """Return the numbers of every step, and the tables, of a finished run; None for what it lacks.

    Unlike `Run.read_json`, this does not compare digests, which `edition.check_finished` does once
    for all files.
    """
    found = {name: _numbers(folder, file) for name, file in NUMBERS.items()}
    for name, file in TABLES.items():
        path = folder / f"{file}.csv"
        found[name] = pd.read_csv(path, dtype={"drug": str}) if path.is_file() else None
    return found


def _numbers(folder, file):
    path = folder / f"{file}.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def step_costs(folder):
    """Return step to seconds, peak memory in MB and threads of its last execution in a run."""
    costs = {}
    for event in read_events(folder):
        if event["status"] == "done":
            costs[event["step"]] = {name: event[name] for name in ("seconds", "peak_mb", "threads")}
    return costs


def nodes_of(folder):
    """Return the names of the machines on which a run was computed."""
    return {event.get("node", "") for event in read_events(folder)} - {""}


def has_whole_benchmark(folder):
    """Return whether step 11 of a run read a whole benchmark rather than the smallest one."""
    report = _numbers(folder, NUMBERS["speed"])
    return report is not None and report["size"] != "smoke"


def captions(folder):
    """Return figure to caption, as Markdown, from the executed notebooks of a run."""
    found = {}
    for path in sorted((folder / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                shown = [output.get("data", {}) for output in cell["outputs"]]
                after = [
                    "".join(text["text/markdown"])
                    for picture, text in pairwise(shown)
                    if "image/png" in picture and "text/markdown" in text
                ]
                found |= dict(zip(shown_figures(cell), after))
    return found


def shown_figures(cell):
    """Return the names of the figures that an executed cell shows, in the order of its pictures.

    They are those that its code names, in this order; none if there are more or fewer pictures.
    """
    names = re.findall(r'"(\d\d_\w+)"', "".join(cell["source"]))
    names = [name for name in dict.fromkeys(names) if name in FIGURES]
    pictures = ["image/png" in output.get("data", {}) for output in cell["outputs"]]
    return names if len(names) == sum(pictures) else []


def searched(run, cohort, profile):
    """Return what step 02 predicted and chose by its search in the first repeat, and its origin.

    Returns
    -------
    Comparison, Profile, list of str, str
        With the profile and the forced genes with which it was computed, for the other side of a
        comparison. It is computed with the sizes of the smoke profile if step 02 was not run here
        with the genes, folds and search of `profile`.
    """
    numbers = run.read_json("02_comparison")
    tables = [run.read_table(f"02_{name}") for name in ("predictions", "choices")]
    if numbers is not None and all(table is not None for table in tables):
        force = numbers["sizes"]["force"]
        same = profile.search != GRID and numbers["sizes"] == compared_sizes(profile, force)
        if same and set(tables[0]["drug"]) == set(cohort.response.columns):
            first = (table[table["repeat"] == 0].reset_index(drop=True) for table in tables)
            return Comparison(*first), profile, force, "Search read from notebook 02 of this run."
    compared = compare(cohort, SMOKE, run.seed, engine=run.engine, stored=run.folds(cohort))
    return (
        compared,
        SMOKE,
        [],
        (
            "Notebook 02 was not run here with this search: both sides computed with the sizes of the "
            "smoke profile."
        ),
    )


def chosen_lambdas(run, cohort, profile, force=()):
    """Return Pro's lambdas for each drug, chosen on all its lines, and their origin."""
    numbers = _comparison(run, cohort)
    if numbers is not None:
        drugs = numbers["drugs"]
        return (
            {drug: drugs[drug]["chosen"]["Pro"] for drug in cohort.response.columns},
            "Lambdas read from 02_comparison.json of this run.",
        )
    sizes = small(within(profile, cohort))
    chosen = choose_on_all_lines(cohort, sizes, run.seed, force=force, engine=run.engine)
    return (
        {drug: points["Pro"] for drug, points in chosen.items()},
        "Notebook 02 was not run here: lambdas chosen on the grid of the smoke profile.",
    )


def chosen_by_draw(run, cohort, profile, seeds, advance=None):
    """Return Pro's lambdas by drug for each seed of the tuning folds: first `chosen_lambdas`.

    The others are chosen as these were: with the genes, the folds and the search of notebook 02.
    `advance` is called for each drug of each further draw.
    """
    first, _ = chosen_lambdas(run, cohort, profile)
    numbers = _comparison(run, cohort)
    small_sizes = small(within(profile, cohort))
    sizes, force = (small_sizes, ()) if numbers is None else _compared(numbers["sizes"], profile)
    options = {"engine": run.engine, "stored": run.folds(cohort), "advance": advance}
    return choose_again(cohort, sizes, first, seeds, force, **options)


def _comparison(run, cohort):
    """Return the numbers of step 02 if it was run with all drugs of the cohort."""
    numbers = run.read_json("02_comparison")
    return numbers if numbers and set(numbers["drugs"]) >= set(cohort.response.columns) else None


def _compared(sizes, profile):
    """Return the profile with the sizes that step 02 stored, and its forced genes."""
    rule = sizes["search"]
    if rule != GRID:
        kinds = {list: tuple, str: float}  # JSON has no tuples and no infinity
        rule = SearchRule(**{n: kinds.get(type(v), type(v))(v) for n, v in rule.items()})
    names = ("n_genes", "outer_folds", "inner_folds")
    changed = replace(profile, search=rule, **{name: sizes[name] for name in names})
    changed = replace(changed, regulators=tuple(sizes["regulators"]))
    return changed, tuple(sizes["force"])


def compared_regulators(run, cohort):
    """Return the genes that may regulate in the networks of step 02; empty where all may."""
    numbers = _comparison(run, cohort)
    return () if numbers is None else tuple(numbers["sizes"]["regulators"])


def drug_networks(run, cohort, profile):
    """Return Pro's networks of all drugs (`DrugNetworks` of step 03) and their origin."""
    arrays, fits = run.read_arrays("03_networks"), run.read_table("03_fits")
    drugs = list(cohort.response.columns)
    if arrays is not None and fits is not None and list(arrays["drugs"]) == drugs:
        return DrugNetworks.of_arrays(arrays, fits), "Networks read from 03_networks.npz."
    chosen, _ = chosen_lambdas(run, cohort, profile)
    genes = cohort.top_genes(within(profile, cohort).n_genes)
    networks = fit_drug_networks(cohort, genes, chosen, engine=run.engine)
    return networks, (
        "Notebook 03 was not run here: networks fitted with lambdas of the smoke profile's grid."
    )


def group_networks(run, cohort, profile):
    """Return the groups, genes and networks of step 04 and their origin.

    The networks are dense arrays, regulators x targets, keyed by group.
    """
    numbers, edges = run.read_json("04_networks"), run.read_table("04_edges")
    if numbers is not None and edges is not None:
        rule = numbers.get("groups", "extreme")
        groups = reading_of(run).split_groups(cohort, numbers["group_size"], rule)
        genes = pd.Index(numbers["genes"])
        if groups.cuts == numbers["cuts"]:  # else written for other drugs
            return groups, genes, edge_matrices(edges, genes), "Networks read from 04_edges.csv."
    networks, _ = drug_networks(run, cohort, profile)
    _, genes = network_genes(cohort, networks, profile.n_neighbours, n_jobs=run.threads)
    groups = split_groups(cohort, fitting_size(cohort, within(profile, cohort).group_size))
    lam1 = network_errors(cohort, groups, genes, run.seed).mean(axis=1).idxmin()
    fitted = fit_group_networks(cohort, groups, genes, lam1, run.threads)
    B = {group: fitted[group].B_.toarray() for group in GROUPS}
    return groups, genes, B, "Notebook 04 was not run here: networks estimated now."


def networks_by_draw(run, cohort, profile):
    """Return genes and both groups' networks of every draw of the tuning folds, and their origin.

    Where notebook 04 was not run, there is one draw: the networks of `group_networks`.
    """
    groups, genes, networks, origin = group_networks(run, cohort, profile)
    numbers, edges = run.read_json("04_draws"), run.read_table("04_draws_edges")
    if numbers is None or edges is None or groups.cuts != numbers["cuts"]:
        return [(genes, networks)], f"{origin} The tuning folds were not drawn again."
    drawn = []
    for number, draw in enumerate(numbers["draws"], 1):
        genes = pd.Index(draw["genes"])
        drawn.append((genes, edge_matrices(edges[edges["draw"] == number], genes)))
    return drawn, f"{counted(len(drawn), 'draw')} read from 04_draws_edges.csv."


def own_widths(run, cohort, widths):
    """Return the widths of notebook 08: those given; on another cohort else the genes of notebook 02."""
    numbers = _comparison(run, cohort)
    if widths or study_of(cohort).of_paper or numbers is None:
        return widths
    return str(numbers["sizes"]["n_genes"])


def group_rule(run):
    """Return the rule by which notebook 04 of the run formed the groups; the usual one without it."""
    return (run.read_json("04_networks") or {}).get("groups", "extreme")


def shown_markers(run, cohort, genes, most=6):
    """Return the markers whose effects are compared: those of the study among the genes of networks.

    A study without markers gets the first `most` of notebook 04, which come first among its genes.
    """
    study = study_of(cohort)
    if study.markers:
        return [gene for gene in study.markers if gene in genes]
    stored = (run.read_json("04_networks") or {}).get("markers", [])
    return [gene for gene in stored if gene in genes][:most] or list(genes[:most])


def effects_by_draw(run):
    """Return the effects of every draw of the tuning folds that step 05 wrote, and their origin.

    The table is empty where notebook 05 was not run.
    """
    table = run.read_table("05_draws")
    if table is None:
        return pd.DataFrame(columns=EFFECT_COLUMNS), "Notebook 05 was not run here: no draws."
    return table, "Draws read from 05_draws.csv."


def further_names(run):
    """Return the names of the further drugs that step 10 compared; none if it was not run."""
    table = run.read_table("10_further")
    return [] if table is None else list(table["name"])


def other_evidence(run, cohort):
    """Return reading to `Evidence` of the claims read otherwise, from what steps 12 to 14 wrote."""
    found = {}
    predictions = run.read_table("02_predictions")
    if predictions is not None:
        by_lines = errors_by_lines(predictions, cohort)
        if "solid" in by_lines:
            found["solid lines"] = evidence_of_errors(by_lines["solid"])
    for reading, name in (("other screen", "12_judged"), ("other laboratory", "13_judged")):
        table = run.read_table(name)
        if table is not None:
            found[reading] = evidence_of_judge(table[table["lines"] == ALL])
    edge = run.read_table("14_edge")
    if edge is not None:
        solid = evidence_of_edge(edge, "solid", "raw")
        if "solid lines" in found:
            found["solid lines"].edge = solid.edge
        found["TFs partialled out"] = evidence_of_edge(edge, ALL, "partial")
    return found


def material_of(run, cohort, *, rma="", responses="", regulons=""):
    """Return the `Material` of a run, of which readings of the paper are made.

    Parameters
    ----------
    run : Run
    cohort : Cohort
    rma : str
        Folder with the official files, whose RMA values are an option beside z-scores; or empty.
    responses : str
        Responses of another laboratory, as `pnetlib.datasets.load_responses` takes them.
    regulons : str
        Known regulons, whose transcription factors are an option for regulators.
    """
    known = load_regulons(run.given(regulons), cohort, seed=run.seed)
    laboratory = load_responses(run.given(responses), cohort, seed=run.seed)
    official = load_cohort(run.given(rma)) if rma else None
    for place, files in (
        (regulons, known.provenance["files"]),
        (responses, laboratory.provenance["files"]),
        (rma, official.provenance["files"] if official else {}),
    ):
        if place:
            run.used(run.given(place), files)
    listed = list_drugs(run.source).set_index("id")["spread"].astype(float)
    ids = cohort.provenance["drugs"]
    spreads = pd.Series({drug: listed.get(number, float("nan")) for drug, number in ids.items()})
    screens = load_screens(run.source, cohort, seed=run.seed)
    size = profile_named(run.profile).group_size
    return gather(cohort, screens, laboratory, known.tfs, official, spreads, size)


def multiverse_of(run, cohort, **places):
    """Return the `Multiverse` of a run, and its origin; `places` are those of `material_of`."""
    profile = profile_named(run.profile)
    _, genes, _, origin = group_networks(run, cohort, profile)
    sizes = multiverse_sizes(run.profile), simulation_sizes(run.profile)
    of_genes = profile.n_genes, profile.n_neighbours, genes
    found = Multiverse(material_of(run, cohort, **places), *sizes, *of_genes, run.seed)
    return found, f"Genes of the default networks: {origin}"


def read_cohort(run, cohort, reading="", rma=""):
    """Return the cohort under a reading of the paper, and the `Reading`.

    `reading` is a text for `read_reading`; if it is empty, the cohort is as it was.
    """
    if not reading:
        return cohort, Reading.usual()
    material = material_of(run, cohort, rma=rma)
    options = material.options()
    own = read_reading(reading, options)
    units = {drug: material.unit_of(own, drug) for drug in cohort.response}
    s = multiverse_sizes(run.profile)
    grid = Grid(s.lam1, s.lam3, s.lam4, s.ratios, s.inner_folds)
    read = Reading(own, default_reading(options), units, material.tfs, grid)
    return replace(material.cohort_for(own), truth=None), read


def reading_of(run):
    """Return the `Reading` that notebook 01 of the run was given; the default one without it."""
    return of_plain(run.read_json("01_reading"))


def evidence(run, cohort, profile):
    """Return the `Evidence` that a run found on the paper's claims, with the origin of every table.

    Steps 02 to 04 are computed at smoke size where they are missing; without steps 06 and 09 the
    evidence lacks the simulation study and the tests of group differences.
    """
    predictions, from_02 = predictions_of(run, cohort, profile)
    fitted, from_03 = drug_networks(run, cohort, profile)
    groups, genes, networks, from_04 = group_networks(run, cohort, profile)
    top = (run.read_json("03_markers") or {}).get("top") or default_top(fitted)
    differences, study = run.read_json("09_differences"), run.read_json("06_simulation")
    found = evidence_of_run(
        predictions, fitted, top, cohort, groups, genes, networks, differences, study
    )
    found.origins += [
        from_02,
        f"Markers: {from_03}",
        from_04,
        "Permutation tests read from 09_differences.json."
        if differences is not None
        else f"Permutation tests (notebook 09): {NOT_COMPUTED}, so that differences between the "
        "groups cannot be tested.",
        "Simulation study read from 06_simulation.json."
        if found.selection
        else f"Simulation study (notebook 06): {NOT_COMPUTED}.",
    ]
    return found


def planted_evidence(run, cohort, profile):
    """Return what the truth planted in a simulated cohort says on the claims; None for others."""
    if cohort.truth is None:
        return None
    groups, genes, _, _ = group_networks(run, cohort, profile)
    return evidence_of_truth(cohort, groups, genes)


def predictions_of(run, cohort, profile):
    """Return the predictions of step 02 and their origin."""
    predictions = run.read_table("02_predictions")
    if predictions is not None and set(predictions["drug"]) == set(cohort.response.columns):
        return predictions, "Errors read from 02_predictions.csv."
    compared = compare(cohort, small(within(profile, cohort)), run.seed, engine=run.engine)
    return compared.predictions, (
        "Notebook 02 was not run here: errors on the folds and grid of the smoke profile."
    )
