"""Trained on GDSC1, judged by another laboratory on lines that training never saw.

Every prediction is of a cell line that was held out. What the two laboratories' own measurements
have in common is the yardstick: a prediction that agrees with the other laboratory as well as the
measurement does carries all of the response that repeats there. This is the project's addition.
"""

import pandas as pd

from pnetlib.datasets.drugs import drug_words
from pnetlib.steps.comparison.compute import Comparison, compare
from pnetlib.steps.drugs.further import CYTOTOXIC, LEAST_LINES, Further, with_further
from pnetlib.steps.screens.compute import judge

N_FURTHER = 6
LABEL = "the other laboratory"


def choose_drugs(entries, taken, offered, n_drugs=N_FURTHER):
    """Return the names of further drugs that both laboratories have, by a rule fixed beforehand.

    First come cytotoxic medicines (the list of step 10), then all others; within both, those
    measured in most cell lines, ties by name. Drugs of fewer than `LEAST_LINES` lines, names shared
    by drugs without ids, and names with a comma are left out.

    Parameters
    ----------
    entries : DataFrame
        Of `pnetlib.datasets.list_drugs`.
    taken : collection of str
        Names of the drugs of the run.
    offered : callable
        Whether the other laboratory has a drug, by its name in the source.
    n_drugs : int, default 6
    """
    known = entries[entries["id"].notna() | ~entries["name"].duplicated(False)]
    known = known.sort_values("id").drop_duplicates("name")
    known = known[(known["lines"].fillna(0) >= LEAST_LINES) & ~known["name"].isin(list(taken))]
    wanted = [offered(name) and drug_words(name) == [name] for name in known["name"]]
    known = known[pd.Series(wanted, known.index, dtype=bool)]
    first = known["name"].isin(CYTOTOXIC)
    ordered = known.assign(first=first).sort_values(
        ["first", "lines", "name"], ascending=[False, False, True]
    )
    return list(ordered["name"].head(n_drugs))


def with_shared_drugs(cohort, source, sizes, seed, names, *, size="standard"):
    """Return the cohort with further drugs by name (a `Further`); as it is where there are none."""
    if not names:
        return Further(cohort, None)
    return with_further(cohort, source, sizes, seed, ",".join(names), size=size)


def predict_further(cohort, drugs, profile, seed, **options):
    """Return held-out predictions of further drugs, as step 10 makes them (`Comparison`).

    Folds that step 10 has stored are found. `options` are those of `compare`.
    """
    if not drugs:
        return Comparison(pd.DataFrame(), pd.DataFrame())
    return compare(cohort, profile, seed, drugs=drugs, **options)


def joined(predictions, further):
    """Return the predictions of the run's drugs followed by those of further drugs."""
    return pd.concat([predictions, further.predictions], ignore_index=True)


def judge_by(predictions, cohort, screens, draws, seed):
    """Return what another laboratory says of the predictions (`Judged`), drug by drug.

    The drugs' screens with most cell lines judge; drugs that it lacks have no rows.
    """
    drugs = [drug for drug in predictions["drug"].unique() if screens.of(drug)]
    chosen = {LABEL: {drug: screens.of(drug)[0] for drug in drugs}}
    return judge(predictions, cohort, screens, chosen, draws, seed)


def matched_lines(screens):
    """Return how many names of the other laboratory have a cell line, and why the others have none."""
    if screens.matched is None:
        return pd.Series(dtype=int)
    reasons = screens.matched["reason"].replace("", "matched")
    return reasons.value_counts().rename("names")
