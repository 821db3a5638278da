"""Every claim of the paper: what the run found, and a verdict by a rule stated beforehand.

The rules are the docstrings of the judges below, shown beside the verdicts. They rest
on two verdicts on a single number with its 95 % interval: ``reproduced`` if it lies on the paper's
side with its whole interval (and its permutation p, where there is one, is below 0.05), ``partly``
if it lies there without that. A claim of several parts is reproduced if all parts are, not
reproduced if none is at least partly, else partly; parts that cannot be tested leave at most
``partly``. No verdict is typed by hand, and none of the thresholds was chosen after seeing one.

On simulated data the same rules judge the planted truth too, and the run is held against that.
"""

import inspect
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

from pnetlib.paper.claims import published_claims
from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.steps.choice import METHODS
from pnetlib.steps.effects.compute import SIDES
from pnetlib.steps.networks.compute import GROUPS, HUB_SHARE

REPRODUCED, PARTLY, NOT, UNTESTABLE = "reproduced", "partly", "not reproduced", "not testable"
VERDICTS = (REPRODUCED, PARTLY, NOT, UNTESTABLE)
LEVEL = 0.05
STRONG_SHARE = 0.5  # a strong edge: among the stronger half of its network
FADED = 0.5  # an activity that has faded: less than half of that in the other group
HIGH_TP, LIKE_TN = 0.9, 0.05
NONE = "not computed in this run"


class Number(NamedTuple):
    """An estimate with its 95 % interval and p value, where they are known."""

    value: float
    low: float | None = None
    high: float | None = None
    p: float | None = None

    def __str__(self):
        text = f"{self.value:+.3f}"
        if self.low is not None:
            text += f" ({self.low:+.3f} to {self.high:+.3f})"
        return text if self.p is None else f"{text}, p {self.p:.2g}"


class Part(NamedTuple):
    """One part of a claim: its verdict and what was found, in a few words."""

    verdict: str
    found: str


@dataclass
class Evidence:
    """What a run, or the planted truth, says about the claims; None where it says nothing.

    Attributes
    ----------
    network_gain : Number
        Error of the network-based models less that of the expression-based ones.
    pro_minus : dict
        Drug to method to Number: Pro's error less that method's.
    markers : dict
        ``published`` inside the genes, those that ``came_out``, numbers of ``common`` and of all
        ``genes``.
    edge : dict
        ``ST``, ``RS`` (coefficients), ``strength`` (share of ST's edges that are weaker) and
        ``difference`` (Number, ST less RS).
    degrees : dict
        Gene to ``rank ST``, ``rank RS``, ``genes`` and ``difference`` (Number).
    effects : dict
        (Gene, side) to ``ST``, ``RS`` and ``difference`` (Number).
    cells : list of dict
        Cells of the simulation study.
    origins : list of str
        Sentences on where the numbers come from.
    """

    network_gain: Number | None = None
    pro_minus: dict = field(default_factory=dict)
    markers: dict | None = None
    edge: dict | None = None
    degrees: dict = field(default_factory=dict)
    effects: dict = field(default_factory=dict)
    cells: list = field(default_factory=list)
    origins: list = field(default_factory=list)


# Verdicts -----------------------------------------------------------------------------------


def side(number, sign):
    """Verdict on a number that the paper has above 0 (sign 1) or below it (sign -1)."""
    if not sign * number.value > 0:
        return NOT
    if number.low is None or (number.p is not None and not number.p < LEVEL):
        return PARTLY
    return REPRODUCED if min(sign * number.low, sign * number.high) > 0 else PARTLY


def combine(verdicts):
    """Verdict on a claim from those on its parts."""
    tested = [verdict for verdict in verdicts if verdict != UNTESTABLE]
    if not tested:
        return UNTESTABLE
    if all(verdict == NOT for verdict in tested):
        return NOT
    if all(verdict == REPRODUCED for verdict in tested) and len(tested) == len(verdicts):
        return REPRODUCED
    return PARTLY


def judge_network_gain(evidence):
    """Reproduced if the mean error of NW.P and Pro less that of ELA and LA, paired by fold and
    averaged over drugs, is below 0 with its interval; partly if below 0 without."""
    number = evidence.network_gain
    if number is None:
        return [Part(UNTESTABLE, NONE)]
    return [Part(side(number, -1), f"network less expression {number}")]


def judge_best(evidence, drug):
    """Reproduced if Pro's error less that of each other model is below 0 with its interval;
    partly if Pro's is the lowest without; not reproduced if another model's is lower."""
    numbers = evidence.pro_minus.get(drug)
    if numbers is None:
        return [Part(UNTESTABLE, f"{drug}: {NONE}")]
    closest = max(numbers, key=lambda method: numbers[method].value)
    clear = all(side(number, -1) == REPRODUCED for number in numbers.values())
    number = numbers[closest]
    verdict = NOT if number.value >= 0 else REPRODUCED if clear else PARTLY
    return [Part(verdict, f"Pro less {closest} {number}")]


def judge_markers(evidence):
    """Reproduced if all seven come out as common to the drugs; partly if more of those among the
    genes do than by chance (hypergeometric p below 0.05); not testable if none is among them."""
    found = evidence.markers
    if found is None:
        return [Part(UNTESTABLE, NONE)]
    inside, out = found["published"], found["came_out"]
    if not inside:
        return [Part(UNTESTABLE, f"none of the seven is among the {found['genes']} genes")]
    p = float(hypergeom.sf(len(out) - 1, found["genes"], len(inside), found["common"]))
    verdict = REPRODUCED if len(out) == len(MARKERS) else PARTLY if out and p < LEVEL else NOT
    return [
        Part(
            verdict,
            f"{len(out)} of the {len(inside)} among the genes come out, of "
            f"{found['common']} common (p {p:.2g})",
        )
    ]


def judge_edge(evidence):
    """Reproduced if the edge is among the stronger half of those of ST, absent in RS, and the
    difference clear (interval and permutation p); partly if it is larger in ST than in RS."""
    edge = evidence.edge
    if edge is None:
        return [Part(UNTESTABLE, f"{' and '.join(NAMED_EDGE)} are not both among the genes")]
    st, rs = edge["ST"], edge["RS"]
    whole = edge["strength"] >= STRONG_SHARE and st != 0 and rs == 0
    sign = 1 if st > 0 else -1
    clear = side(edge["difference"], sign) == REPRODUCED
    verdict = NOT if abs(st) <= abs(rs) else REPRODUCED if whole and clear else PARTLY
    return [Part(verdict, f"{st:.2f} in ST, {rs:.2f} in RS; difference {edge['difference']}")]


def judge_hubs(evidence, genes, group):
    """Each gene: reproduced if it is in the first tenth by degree in that group and its degree
    clearly larger there (interval and permutation p); partly if one of the two holds, the latter
    if only in the estimate."""
    parts, sign = [], 1 if group == "ST" else -1
    for gene in genes:
        row = evidence.degrees.get(gene)
        if row is None:
            parts.append(Part(UNTESTABLE, f"{gene} not among the genes"))
            continue
        rank, larger = row[f"rank {group}"], side(row["difference"], sign)
        hub = rank <= max(1, round(HUB_SHARE * row["genes"]))
        verdict = (
            REPRODUCED
            if hub and larger == REPRODUCED
            else NOT
            if not hub and larger == NOT
            else PARTLY
        )
        parts.append(
            Part(
                verdict,
                f"{gene} rank {rank} of {row['genes']} in {group}, ST less RS {row['difference']}",
            )
        )
    return parts


def judge_effects(evidence, genes, group):
    """Each gene, on its targets and from its regulators: reproduced if the mean effect is clearly
    larger in that group (interval and permutation p); partly if larger in the estimate."""
    parts, sign = [], 1 if group == "ST" else -1
    for gene in genes:
        for where in SIDES:
            row = evidence.effects.get((gene, where))
            if row is None:
                parts.append(Part(UNTESTABLE, f"{gene} not among the genes"))
            else:
                parts.append(
                    Part(
                        side(row["difference"], sign),
                        f"{gene} {where} ST less RS {row['difference']}",
                    )
                )
    return parts


def judge_loss(evidence, genes, group):
    """Each gene: reproduced if its regulators have no effect on it in that group and some in the
    other; partly if less than half of that in the other."""
    parts, other = [], GROUPS[1 - GROUPS.index(group)]
    for gene in genes:
        row = evidence.effects.get((gene, "regulators"))
        if row is None:
            parts.append(Part(UNTESTABLE, f"{gene} not among the genes"))
            continue
        here, there = row[group], row[other]
        verdict = REPRODUCED if here == 0 < there else PARTLY if here < FADED * there else NOT
        parts.append(Part(verdict, f"{gene} {here:.2f} in {group}, {there:.2f} in {other}"))
    return parts


def judge_simulation(evidence):
    """Each cell: reproduced if Pro's TP is at least 0.9 and above every other method's (intervals
    apart) at a TN at most 0.05 below each; partly if its TP is above every other's in the mean."""
    parts = []
    for cell in evidence.cells:
        rates = cell["methods"]
        pro = rates["Pro"]
        others = [rates[method] for method in METHODS[1:] if method in rates]
        ahead = all(pro["TP"]["low"] > other["TP"]["high"] for other in others)
        like = all(pro["TN"]["mean"] >= other["TN"]["mean"] - LIKE_TN for other in others)
        above = all(pro["TP"]["mean"] > other["TP"]["mean"] for other in others)
        verdict = (
            REPRODUCED
            if ahead and like and pro["TP"]["mean"] >= HIGH_TP
            else PARTLY
            if above
            else NOT
        )
        parts.append(Part(verdict, ""))
    if not parts:
        return [Part(UNTESTABLE, NONE)]
    methods = [method for method in METHODS if method in evidence.cells[0]["methods"]]
    words = []
    for method in methods:
        rates = [
            np.mean([cell["methods"][method][rate]["mean"] for cell in evidence.cells])
            for rate in ("TP", "TN")
        ]
        words.append(f"{method} TP {rates[0]:.2f} TN {rates[1]:.2f}")
    counts = pd.Series([part.verdict for part in parts]).value_counts()
    text = f"mean of {len(parts)} cells: {', '.join(words)}; " + ", ".join(
        f"{counts[verdict]} {verdict}" for verdict in VERDICTS if verdict in counts
    )
    return [Part(part.verdict, text if at == 0 else "") for at, part in enumerate(parts)]


TUNING = "the paper's tuning, folds and error values are not readable, and the release is another"
RULES_UNREADABLE = "the paper's rule for groups, its networks' estimator and cuts are not readable"
# Claim to judge, its arguments, and what keeps the verdict from being the paper's own.
JUDGES = {
    "C1": (judge_network_gain, (), TUNING),
    "C2a": (judge_best, ("Mitomycin-C",), TUNING),
    "C2b": (judge_best, ("5-Fluorouracil",), TUNING),
    "C2c": (judge_best, ("Docetaxel",), TUNING),
    "C3": (judge_markers, (), "the paper's marker rule and its 9,764 genes are not known"),
    "C4": (judge_edge, (), RULES_UNREADABLE),
    "C5a": (judge_hubs, (("ANXA10", "ZNF165"), "ST"), RULES_UNREADABLE),
    "C5b": (judge_hubs, (("AKR1C3", "AKR1B10"), "RS"), RULES_UNREADABLE),
    "C6a": (judge_effects, (("ANXA10", "ZNF165"), "ST"), RULES_UNREADABLE),
    "C6b": (judge_effects, (("AKR1C3", "AKR1B10"), "RS"), RULES_UNREADABLE),
    "C7a": (judge_loss, (("ANXA10", "ZNF165"), "RS"), RULES_UNREADABLE),
    "C7b": (judge_loss, (("AKR1B10",), "ST"), RULES_UNREADABLE),
    "C8": (judge_simulation, (), "the paper's simulation design is not readable; ours stand in"),
}


def rule_of(claim):
    """The rule of a claim, as its judge states it."""
    return " ".join(inspect.getdoc(JUDGES[claim][0]).split())


def judge(evidence, planted=None):
    """Verdicts on all claims.

    Parameters
    ----------
    evidence : Evidence
        Of the run.
    planted : Evidence, optional
        Of the truth a simulated cohort was made from.

    Returns
    -------
    DataFrame
        Index the claims' ids; the columns of `published_claims`, ``found``, ``verdict``,
        ``rule``, ``caveat``, and ``planted``, the verdict on the planted truth ("" where nothing
        is planted or known).
    """
    rows = {}
    for claim, (judged, arguments, caveat) in JUDGES.items():
        parts = judged(evidence, *arguments)
        rows[claim] = {
            "found": "; ".join(part.found for part in parts if part.found),
            "verdict": combine([part.verdict for part in parts]),
            "rule": rule_of(claim),
            "caveat": caveat,
            "planted": "",
        }
        if planted is not None:
            verdict = combine([part.verdict for part in judged(planted, *arguments)])
            rows[claim]["planted"] = "" if verdict == UNTESTABLE else verdict
    return published_claims().join(pd.DataFrame.from_dict(rows, orient="index"))


# Evidence -----------------------------------------------------------------------------------


# The planted truth --------------------------------------------------------------------------


# What notebook 12 says ----------------------------------------------------------------------
