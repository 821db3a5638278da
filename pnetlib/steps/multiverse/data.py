"""The cohort under every reading of its data: lines, expression, entry of Doxorubicin, response."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from pnetlib.datasets.lineage import SOLID, lineages
from pnetlib.datasets.screens import AUC, IC50, SAME
from pnetlib.paper.decisions import open_decisions
from pnetlib.words import counted

DATA = ("lines", "expression", "doxorubicin", "response")
Z, RMA = "z-scores", "RMA"
DRUG, ENTRY = "Doxorubicin", "1386"  # a drug with two entries of one name, and the other one's id
SECOND = "GDSC2"
IQR = 1.349  # interquartile range of a normal distribution, in standard deviations


@dataclass(frozen=True, eq=False)
class Material:
    """What readings of the data are made of.

    Attributes
    ----------
    cohort : Cohort
        The run's own.
    expressions : dict
        "z-scores" and, where they are known, "RMA" to expression, lines x genes.
    responses : dict
        (Entry of Doxorubicin, response) to z-scores, lines x drugs.
    units : dict
        The same keys to the standard deviation of each drug's raw response (NaN where unknown).
    judges : dict
        "second screen" and "other laboratory", where there are any, to responses, lines x drugs.
    tfs : tuple of str
        Transcription factors.
    group_size : int
        Lines per group in the default reading (95 in the paper); the other sizes keep their ratio to it.
    missing : list of str
        Sentences on what is not there.
    """

    cohort: object
    expressions: dict
    responses: dict
    units: dict
    judges: dict
    tfs: tuple
    group_size: int
    missing: list = field(default_factory=list)

    def options(self):
        """Return decision to the names of its options that these data allow, the default first."""
        found = {name: decision.names for name, decision in open_decisions().items()}
        own = Z if self.expressions.get(Z) is self.cohort.expression else RMA
        found["expression"] = [own, *(name for name in self.expressions if name != own)]
        for at, name in enumerate(("doxorubicin", "response")):
            known = {key[at] for key in self.responses}
            found[name] = [option for option in found[name] if option in known]
        if not (lineages(self.cohort.annotation["tissue"]) == SOLID).any():
            found["lines"] = found["lines"][:1]
        share = self.group_size / int(found["size"][0])
        found["size"] = [str(round(share * int(size))) for size in found["size"]]
        if not self.tfs:
            found["regulators"] = found["regulators"][:1]
        if all(np.isnan(unit).all() for unit in self.units.values()):
            found["prediction"] = found["prediction"][:1]
        own = ("squared error", "rank correlation")
        found["judge"] = [name for name in found["judge"] if name in own or name in self.judges]
        return found

    def cohort_for(self, reading):
        """Return the cohort under the data options of a reading (a mapping of decisions)."""
        return _cohort_for(self, *(reading[name] for name in DATA))

    @cached_property
    def digest(self):
        """SHA-256 of everything on which the fits of readings depend."""
        found = hashlib.sha256(json.dumps([self.options(), list(self.tfs)]).encode())
        tables = [*self.expressions.values(), *self.responses.values()]
        for table in (*tables, *(unit.to_frame() for unit in self.units.values())):
            found.update(json.dumps([list(table.index), list(map(str, table.columns))]).encode())
            found.update(np.ascontiguousarray(table.to_numpy(float)).tobytes())
        return found.hexdigest()

    def unit_of(self, reading, drug):
        """Return the standard deviation of a drug's raw response; 1 where it is not known."""
        unit = self.units[reading["doxorubicin"], reading["response"]][drug]
        return float(unit) if np.isfinite(unit) else 1.0


@lru_cache(maxsize=32)
def _cohort_for(material, lines, expression, doxorubicin, response):
    cohort = material.cohort
    values = material.expressions[expression]
    if values is not cohort.expression or (doxorubicin, response) != next(iter(material.responses)):
        table = material.responses[doxorubicin, response].loc[values.index]
        own = cohort.annotation.loc[values.index]
        cohort = replace(cohort, expression=values, response=table, annotation=own, truth=None)
    if lines == SOLID:
        kinds = lineages(cohort.annotation["tissue"])
        cohort = cohort.subset(kinds.index[kinds == SOLID])
    return cohort


def gather(cohort, screens, laboratory, tfs=(), official=None, spreads=None, group_size=95):
    """Return the `Material` of a run.

    Parameters
    ----------
    cohort : Cohort
    screens, laboratory : Screens
        Further screens of the source, and responses of another laboratory.
    tfs : sequence of str
        Transcription factors.
    official : Cohort, optional
        Official files with RMA values of the same lines, where the cohort itself has z-scores.
    spreads : Series, optional
        Interquartile range of each drug's raw ln IC50.
    group_size : int
        Lines per group in the default reading.
    """
    missing = []
    expressions = _expressions(cohort, official, missing)
    responses, units = _responses(cohort, screens, spreads, missing)
    judges = {"second screen": {}, "other laboratory": {}}
    for drug in cohort.response:
        for name, found, wanted in (
            ("second screen", screens, {"laboratory": SAME, "measure": IC50}),
            ("other laboratory", laboratory, {}),
        ):
            if names := found.of(drug, **wanted):
                judges[name][drug] = found.values[names[0]]
    judges = {name: pd.DataFrame(table) for name, table in judges.items() if table}
    for name in ("second screen", "other laboratory"):
        if name not in judges:
            missing.append(f"No {name} judges predictions: there is none in this run.")
    return Material(cohort, expressions, responses, units, judges, tuple(tfs), group_size, missing)


def _expressions(cohort, official, missing):
    """Return the options of expression: z-scores within each line are made of RMA values."""
    if cohort.provenance["source"] == "gdsc":
        found = {Z: cohort.expression}
        if official is None:
            missing.append("RMA values: no folder with the official files was given (rma=FOLDER).")
            return found
        theirs, own = official.expression, cohort.expression
        lines = own.index[own.index.isin(theirs.index)]
        genes = own.columns[own.columns.isin(theirs.columns)]
        if len(lines) < len(own) or len(genes) < len(own.columns):
            missing.append(
                f"RMA values: {counted(len(own) - len(lines), 'cell line')} and "
                f"{counted(len(own.columns) - len(genes), 'gene')} of the cohort are not in the "
                "official files and are left out there."
            )
        return found | {RMA: theirs.loc[lines, genes]}
    values = cohort.expression
    centred = values.sub(values.mean(axis=1), axis=0)
    return {Z: centred.div(values.std(axis=1, ddof=1), axis=0), RMA: values}


def _responses(cohort, screens, spreads, missing):
    """Return the response of every entry of Doxorubicin and kind of response, and raw units."""
    ids = {drug: str(number) for drug, number in cohort.provenance["drugs"].items()}
    simulated = cohort.provenance["simulated"]
    nothing = pd.Series(np.nan, list(cohort.response))
    spread = nothing if spreads is None else spreads.reindex(list(cohort.response)) / IQR
    responses, units = {("133", IC50): cohort.response}, {("133", IC50): spread}
    other = _other_entry(screens, simulated)
    if other is None or DRUG not in cohort.response:
        missing.append(f"No other entry of {DRUG} is in this run.")
    else:
        responses[ENTRY, IC50] = cohort.response.assign(**{DRUG: _scored(screens.values[other])})
        units[ENTRY, IC50] = spread.where(spread.index != DRUG, screens.values[other].std())
    areas = {d: screens.of(d, laboratory=SAME, measure=AUC, screen="GDSC1", id=ids[d]) for d in ids}
    if all(areas.values()):
        raw = pd.DataFrame({drug: screens.values[names[0]] for drug, names in areas.items()})
        _add(responses, units, ("133", AUC), raw, cohort)
        further = screens.of(DRUG, laboratory=SAME, measure=AUC, screen="GDSC1", id=ENTRY)
        if further and (ENTRY, IC50) in responses:
            _add(
                responses,
                units,
                (ENTRY, AUC),
                raw.assign(**{DRUG: screens.values[further[0]]}),
                cohort,
            )
    else:
        missing.append("Areas under the dose curves are not known for every drug of this run.")
    second = {
        d: [n for n in screens.of(d, laboratory=SAME, measure=IC50) if n != other] for d in ids
    }
    second = {drug: names[0] for drug, names in second.items() if names}
    if second:
        for entry in dict.fromkeys(entry for entry, _ in responses):
            raw = responses[entry, IC50].assign(**{d: screens.values[n] for d, n in second.items()})
            _add(responses, units, (entry, SECOND), raw, cohort)
    return responses, units


def _other_entry(screens, simulated):
    names = screens.of(DRUG, laboratory=SAME, measure=IC50)
    if not simulated:
        names = [name for name in names if screens.listed.at[name, "id"] == ENTRY]
    return names[0] if names else None


def _add(responses, units, key, raw, cohort):
    """Add z-scores of raw responses and their standard deviations."""
    responses[key] = raw[list(cohort.response)].apply(_scored)
    units[key] = raw.std(ddof=1).reindex(list(cohort.response))


def _scored(values):
    return (values - values.mean()) / values.std(ddof=1)


def default_reading(options):
    """Return decision to the first of its options."""
    return {name: names[0] for name, names in options.items()}


def exchanged(cohort, keys):
    """Return row numbers that exchange responses at random between lines of the same tissue.

    `keys` is a Series of random numbers by line: they decide, so that the same keys exchange nearly
    the same responses in a part of the lines.
    """
    strata = np.unique(cohort.annotation["tissue"], return_inverse=True)[1]
    rows = np.empty(len(strata), int)
    rows[np.argsort(strata, kind="stable")] = np.lexsort((keys[cohort.expression.index], strata))
    return rows


def exchange_keys(cohort, draws, seed):
    """Return the random keys of each exchange of responses, lines x draws."""
    lines = cohort.expression.index
    drawn = [np.random.default_rng([seed, number]).random(len(lines)) for number in range(draws)]
    return pd.DataFrame(np.array(drawn).reshape(draws, len(lines)).T, index=lines)
