"""Every claim of the paper: what the run found, and a verdict by a rule stated beforehand.

The rules are the docstrings of the judges below; notebook 12 prints them next to the verdicts.
They rest on how a single number with its 95% interval is judged (`side`): ``reproduced`` if the
whole interval lies on the paper's side of 0 and the permutation p, where there is one, is below
0.05; ``partly`` if only the estimate lies there. A claim of several parts is reproduced if all
parts are, not reproduced if none is even partly, and partly reproduced otherwise; a part that
cannot be tested allows at most ``partly``. No verdict is typed by hand, and no threshold was
chosen after a verdict was seen.

On simulated data the same rules also judge the planted truth, with which the run is compared.
"""

import inspect
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

from pnetlib.paper.claims import published_claims
from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.stats.permutation import LEVEL
from pnetlib.steps.choice import METHODS
from pnetlib.steps.effects.compute import SIDES
from pnetlib.steps.networks.compute import GROUPS, HUB_SHARE

REPRODUCED, PARTLY, NOT, UNTESTABLE = "reproduced", "partly", "not reproduced", "not testable"
VERDICTS = (REPRODUCED, PARTLY, NOT, UNTESTABLE)
STRONG_SHARE = 0.5  # a strong edge: among the stronger half of its network
FADED = 0.5  # a lost activity: less than half of that in the other group
HIGH_TP, TN_MARGIN = 0.9, 0.05
NOT_COMPUTED = "not computed in this run"


class Number(NamedTuple):
    """An estimate with its 95% interval and p value, where they are known."""

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
    """What a run, or the planted truth, says about the claims; None or empty where nothing.

    Attributes
    ----------
    network_gain : Number
        Error of the network-based methods minus that of the expression-based ones.
    pro_minus : dict
        Drug to method to Number: Pro's error minus that method's.
    markers : dict
        ``published`` markers among the genes, those ``found`` to be common to the drugs,
        ``n_common`` and ``n_genes``.
    edge : dict
        ``ST``, ``RS`` (coefficients), ``strength`` (share of ST's edges that are no stronger) and
        ``difference`` (Number, ST minus RS).
    degrees : dict
        Gene to ``rank ST``, ``rank RS``, ``genes`` and ``difference`` (Number).
    effects : dict
        (Gene, side) to ``ST``, ``RS`` and ``difference`` (Number).
    cells : list of dict
        Cells of the simulation study that the paper's table 1 has.
    origins : list of str
        Sentences that say where the numbers come from.
    """

    network_gain: Number | None = None
    pro_minus: dict = field(default_factory=dict)
    markers: dict | None = None
    edge: dict | None = None
    degrees: dict = field(default_factory=dict)
    effects: dict = field(default_factory=dict)
    cells: list = field(default_factory=list)
    origins: list = field(default_factory=list)


def side(number, sign):
    """Return the verdict on a number that the paper has above 0 (sign 1) or below 0 (sign -1)."""
    if not sign * number.value > 0:
        return NOT
    if number.low is None or (number.p is not None and not number.p < LEVEL):
        return PARTLY
    return REPRODUCED if min(sign * number.low, sign * number.high) > 0 else PARTLY


def graded(whole, part):
    """Return the verdict on a claim of which all, only a part, or nothing is found."""
    return REPRODUCED if whole else PARTLY if part else NOT


def combine(verdicts):
    """Return the verdict on a claim from those on its parts."""
    tested = [verdict for verdict in verdicts if verdict != UNTESTABLE]
    if not tested:
        return UNTESTABLE
    if all(verdict == NOT for verdict in tested):
        return NOT
    if all(verdict == REPRODUCED for verdict in tested) and len(tested) == len(verdicts):
        return REPRODUCED
    return PARTLY


def judge_network_gain(evidence):
    """Reproduced if the mean error of NW.P and Pro minus that of ELA and LA, paired by fold and
    averaged over the drugs, lies below 0 with its whole interval; partly if only the estimate
    lies below 0."""
    number = evidence.network_gain
    if number is None:
        return [Part(UNTESTABLE, NOT_COMPUTED)]
    return [Part(side(number, -1), f"network minus expression {number}")]


def judge_best(evidence, drug):
    """Reproduced if Pro's error minus that of each other method lies below 0 with its whole
    interval; partly if Pro's error is the lowest, but an interval includes 0; not reproduced if
    another method's error is as low or lower."""
    numbers = evidence.pro_minus.get(drug)
    if numbers is None:
        return [Part(UNTESTABLE, f"{drug}: {NOT_COMPUTED}")]
    closest = max(numbers, key=lambda method: numbers[method].value)
    clear = all(side(number, -1) == REPRODUCED for number in numbers.values())
    verdict = graded(clear, numbers[closest].value < 0)
    return [Part(verdict, f"Pro minus {closest} {numbers[closest]}")]


def judge_markers(evidence):
    """Reproduced if all seven are found to be common to the drugs; partly if, of those among the
    genes analysed, more are found than expected by chance (hypergeometric p below 0.05); not
    testable if none of the seven is among the genes."""
    markers = evidence.markers
    if markers is None:
        return [Part(UNTESTABLE, NOT_COMPUTED)]
    inside, found = markers["published"], markers["found"]
    n_common, n_genes = markers["n_common"], markers["n_genes"]
    if not inside:
        return [Part(UNTESTABLE, f"none of the seven is among the {n_genes} genes")]
    p = float(hypergeom.sf(len(found) - 1, n_genes, len(inside), n_common))
    verdict = graded(len(found) == len(MARKERS), found and p < LEVEL)
    text = f"{len(found)} of the {len(inside)} among the genes are found, of {n_common} common"
    return [Part(verdict, f"{text} (p {p:.2g})")]


def judge_edge(evidence):
    """Reproduced if the edge is among the stronger half of ST's edges, absent in RS, and the
    difference clear (interval and permutation p); partly if it is stronger in ST than in RS."""
    edge = evidence.edge
    if edge is None:
        return [Part(UNTESTABLE, f"{' and '.join(NAMED_EDGE)} are not both among the genes")]
    st, rs = edge["ST"], edge["RS"]
    whole = edge["strength"] >= STRONG_SHARE and st != 0 and rs == 0
    clear = side(edge["difference"], 1 if st > 0 else -1) == REPRODUCED
    verdict = graded(whole and clear, abs(st) > abs(rs))
    return [Part(verdict, f"{st:.2f} in ST, {rs:.2f} in RS; difference {edge['difference']}")]


def judge_hubs(evidence, genes, group):
    """For each gene: reproduced if it is among the first tenth of the genes by degree in that
    group and its degree is clearly larger there than in the other (interval and permutation p);
    partly if one of the two holds, where a larger estimate is enough for the second."""
    parts, sign = [], 1 if group == "ST" else -1
    for gene in genes:
        row = evidence.degrees.get(gene)
        if row is None:
            parts.append(Part(UNTESTABLE, f"{gene} not among the genes"))
            continue
        rank, larger = row[f"rank {group}"], side(row["difference"], sign)
        hub = rank <= max(1, round(HUB_SHARE * row["genes"]))
        verdict = graded(hub and larger == REPRODUCED, hub or larger != NOT)
        text = f"{gene} rank {rank} of {row['genes']} in {group}"
        parts.append(Part(verdict, f"{text}, ST minus RS {row['difference']}"))
    return parts


def judge_effects(evidence, genes, group):
    """For each gene, on its targets and from its regulators: reproduced if the mean effect is
    clearly larger in that group (interval and permutation p); partly if only the estimate is."""
    parts, sign = [], 1 if group == "ST" else -1
    for gene in genes:
        for where in SIDES:
            row = evidence.effects.get((gene, where))
            if row is None:
                parts.append(Part(UNTESTABLE, f"{gene} not among the genes"))
            else:
                text = f"{gene} {where} ST minus RS {row['difference']}"
                parts.append(Part(side(row["difference"], sign), text))
    return parts


def judge_loss(evidence, genes, group):
    """For each gene: reproduced if its regulators have no effect on it in that group and some in
    the other; partly if the effect is less than half of that in the other."""
    parts, other = [], GROUPS[1 - GROUPS.index(group)]
    for gene in genes:
        row = evidence.effects.get((gene, "regulators"))
        if row is None:
            parts.append(Part(UNTESTABLE, f"{gene} not among the genes"))
            continue
        here, there = row[group], row[other]
        verdict = graded(here == 0 < there, here < FADED * there)
        parts.append(Part(verdict, f"{gene} {here:.2f} in {group}, {there:.2f} in {other}"))
    return parts


def judge_simulation(evidence):
    """For each cell of the paper's table: reproduced if Pro's mean TP is at least 0.9 and above
    that of every other method, with intervals that do not overlap, at a TN that is at most 0.05
    below that of any; partly if only its mean TP is above that of every other method."""
    cells = [cell["methods"] for cell in evidence.cells]
    if not cells:
        return [Part(UNTESTABLE, NOT_COMPUTED)]
    verdicts = []
    for rates in cells:
        TP, TN = rates["Pro"]["TP"], rates["Pro"]["TN"]["mean"]
        others = [rates[method] for method in METHODS[1:] if method in rates]
        ahead = all(TP["low"] > other["TP"]["high"] for other in others)
        like = all(TN >= other["TN"]["mean"] - TN_MARGIN for other in others)
        above = all(TP["mean"] > other["TP"]["mean"] for other in others)
        verdicts.append(graded(ahead and like and TP["mean"] >= HIGH_TP, above))
    words = []
    for method in (method for method in METHODS if method in cells[0]):
        means = (np.mean([rates[method][rate]["mean"] for rates in cells]) for rate in ("TP", "TN"))
        words.append("{} TP {:.2f} TN {:.2f}".format(method, *means))
    counts = ", ".join(f"{verdicts.count(v)} {v}" for v in VERDICTS if v in verdicts)
    text = f"mean of {len(cells)} cells: {', '.join(words)}; {counts}"
    return [Part(verdict, text if at == 0 else "") for at, verdict in enumerate(verdicts)]


TUNING = "the paper's tuning, folds and error values, and the data release it used"
GROUP_RULES = "the paper's rule and cuts for the groups and the estimator of their networks"
# Claim to its judge, the judge's arguments, and what is not known of the paper's own procedure.
JUDGES = {
    "C1": (judge_network_gain, (), TUNING),
    "C2a": (judge_best, ("Mitomycin-C",), TUNING),
    "C2b": (judge_best, ("5-Fluorouracil",), TUNING),
    "C2c": (judge_best, ("Docetaxel",), TUNING),
    "C3": (judge_markers, (), "the paper's rule for markers and its 9,764 genes"),
    "C4": (judge_edge, (), GROUP_RULES),
    "C5a": (judge_hubs, (("ANXA10", "ZNF165"), "ST"), GROUP_RULES),
    "C5b": (judge_hubs, (("AKR1C3", "AKR1B10"), "RS"), GROUP_RULES),
    "C6a": (judge_effects, (("ANXA10", "ZNF165"), "ST"), GROUP_RULES),
    "C6b": (judge_effects, (("AKR1C3", "AKR1B10"), "RS"), GROUP_RULES),
    "C7a": (judge_loss, (("ANXA10", "ZNF165"), "RS"), GROUP_RULES),
    "C7b": (judge_loss, (("AKR1B10",), "ST"), GROUP_RULES),
    "C8": (
        judge_simulation,
        (),
        "the paper's simulation designs; this project's own stand in for them",
    ),
}


def rule_of(claim):
    """Return the rule of a claim, as its judge states it."""
    return " ".join(inspect.getdoc(JUDGES[claim][0]).split())


def judge(evidence, planted=None):
    """Judge all claims by the evidence of a run, and by that of the planted truth if given.

    Returns
    -------
    DataFrame
        Index the claims' ids; the columns of `published_claims`, ``found``, ``verdict``,
        ``rule``, ``caveat`` (what is not known of the paper's procedure) and ``planted``, the
        verdict on the planted truth ("" where nothing is planted).
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
