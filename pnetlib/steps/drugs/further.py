"""Which drugs the comparison takes beyond those of the run."""

from dataclasses import dataclass, replace

import pandas as pd

from pnetlib.datasets import list_drugs, load_cohort
from pnetlib.datasets.drugs import find_drugs
from pnetlib.datasets.selection import (
    ALL,
    SAMPLE,
    Selection,
    is_selection,
    sample_size,
    select_drugs,
)

N_FURTHER = 6
LEAST_LINES = 200  # fewer leave less than 40 lines to each of five outer folds
CYTOTOXICS, NAMED = "cytotoxics", "named"
# Cytotoxic medicines (section 8.2.1) of the WHO Model List of Essential Medicines, 2023, without
# folinate, pegaspargase and mixtures: well-known drugs, chosen without looking at any result.
CYTOTOXIC = (
    "Arsenic trioxide, Asparaginase, Bendamustine, Bleomycin, Capecitabine, Carboplatin, "
    "Chlorambucil, Cisplatin, Cyclophosphamide, Cytarabine, Dacarbazine, Dactinomycin, "
    "Daunorubicin, Docetaxel, Doxorubicin, Etoposide, Fludarabine, 5-Fluorouracil, Gemcitabine, "
    "Hydroxycarbamide, Ifosfamide, Irinotecan, Melphalan, Mercaptopurine, Methotrexate, "
    "Oxaliplatin, Paclitaxel, Procarbazine, Tioguanine, Vinblastine, Vincristine, Vinorelbine"
).split(", ")


@dataclass(frozen=True)
class Further:
    """The cohort with its further drugs, and how they were chosen.

    Attributes
    ----------
    cohort : Cohort
        The run's drugs first, then the further ones.
    selection : Selection
        The further drugs; its rule is also `CYTOTOXICS` or `NAMED`.
    """

    cohort: object
    selection: Selection

    @property
    def table(self):
        """Id, name, cell lines with expression and response, and class of the further drugs."""
        table = self.selection.drugs[["id", "name", "class"]].reset_index(drop=True)
        measured = self.cohort.response.iloc[:, -len(table) :].notna().sum() if len(table) else []
        return table.assign(id=table["id"].astype(str), lines=list(measured))


def with_further(cohort, source, sizes, seed, requested="", *, size="standard"):
    """Add further drugs of the same source to a cohort.

    Parameters
    ----------
    cohort : Cohort
        That of the run.
    source : str
        As for `pnetlib.datasets.load_cohort`.
    sizes : DrugsSizes
        Its ``further`` counts if nothing is requested.
    seed : int
        Of a sample, and of the simulated cohort.
    requested : str, default ""
        Drugs by name or id, separated by commas; ``"all"``; or ``"sample:n"``.
    size : str, default "standard"
        Size of the simulated cohort.

    Returns
    -------
    Further

    Raises
    ------
    MissingDrugError
        If the source lacks a drug that is named.
    UsageError
        If a sample that was requested is larger than the number of candidates, or has no size.
    """
    selection = choose_further(source, cohort.provenance["drugs"], sizes, seed, requested)
    if selection.drugs.empty:
        return Further(cohort, selection)
    more = load_cohort(source, drugs=selection.words, seed=seed, size=size)
    more = _apart(more, cohort.provenance["drugs"])
    provenance = cohort.provenance | {
        "drugs": cohort.provenance["drugs"] | more.provenance["drugs"]
    }
    response = pd.concat([cohort.response, more.response], axis=1)
    return Further(replace(cohort, response=response, provenance=provenance), selection)


def _apart(more, taken):
    """Return a cohort whose drugs are not named like those taken: the id distinguishes them."""
    ids = more.provenance["drugs"]
    labels = {drug: f"{drug} ({ids[drug]})" if drug in taken else drug for drug in ids}
    provenance = more.provenance | {"drugs": {labels[drug]: ids[drug] for drug in ids}}
    return replace(more, response=more.response.rename(columns=labels), provenance=provenance)


def choose_further(source, taken, sizes, seed, requested=""):
    """Choose further drugs, by a rule that does not depend on any result (a `Selection`).

    `taken` maps the drugs of the run to their ids. The default of a profile that is a sample is
    reduced to what the source has. See `with_further` for the rest.
    """
    if is_selection(requested):
        sample_size(requested)  # a wrong one is refused before anything is downloaded
    entries = list_drugs(source)
    known = {name: id for name, id in taken.items() if id is not None}
    by_name = entries["name"].isin(list(taken))
    of_run = entries["id"].isin(list(known.values())).fillna(False).astype(bool)
    if requested and not is_selection(requested):
        unknown = entries["id"].isna() | ~entries["name"].isin(list(known))
        return _named(requested, entries, source, entries[of_run | by_name & unknown].index)
    names = {*taken, *entries.loc[of_run, "name"]}
    default = not requested
    text = requested or sizes.further
    if not text:
        return _cytotoxic(entries, names)
    if default:
        most = select_drugs(ALL, entries, seed, taken=names, least_lines=LEAST_LINES)
        n = sample_size(text)
        if n is None or n >= most.counts["candidates"]:
            return most
        text = f"{SAMPLE}:{n}"
    return select_drugs(text, entries, seed, taken=names, least_lines=LEAST_LINES)


def _named(requested, entries, source, taken):
    """Return the drugs that words name, without those of the run (`taken`, rows of entries)."""
    found = find_drugs(requested, entries, source, [])
    new = found[~found.index.isin(taken)]
    return _chosen(new, NAMED, entries, len(found) - len(new), len(new))


def _cytotoxic(entries, taken, n_drugs=N_FURTHER):
    """Return the cytotoxic medicines on the WHO's list that were measured in most cell lines.

    Ties go by name, and of several drugs of one name the one with the lowest id is taken. Drugs
    without an id are left out, since it is unknown which drug they are.
    """
    named = entries[entries["name"].isin(CYTOTOXIC) & entries["id"].notna()]
    named = named.sort_values("id").drop_duplicates("name")
    others = named[~named["name"].isin(taken)]
    chosen = others.sort_values(["lines", "name"], ascending=[False, True]).head(n_drugs)
    return _chosen(chosen, CYTOTOXICS, entries, len(taken), len(others))


def _chosen(drugs, rule, entries, taken, candidates):
    counts = {"listed": len(entries), "taken": taken, "candidates": candidates}
    drugs = drugs[["id", "name", "lines"]].assign(**{"class": rule})
    return Selection(drugs, rule, "", 1, counts, entries.loc[[], ["name", "lines"]])
