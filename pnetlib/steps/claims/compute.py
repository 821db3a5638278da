"""Every claim of the paper: what the run found, and a verdict by rule.

The rules are the docstrings of the judges below and of `verdicts`; notebook 16 prints them next to
the verdicts, with the rates at which they err. No verdict is typed by hand. The rules of version
0.2.0 called "partly" what chance alone finds most of the time; these replaced them for that reason,
when the earlier verdicts were known. Their levels are set by their error rates alone.

On simulated data the same rules also judge the planted truth, with which the run is compared.
"""

import inspect
from dataclasses import dataclass, field

import pandas as pd

from pnetlib.paper.claims import published_claims
from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.stats.permutation import LEVEL
from pnetlib.steps.claims.verdicts import UNTESTABLE, Number, Part, combine, p_text, part_of
from pnetlib.steps.effects.compute import SIDES
from pnetlib.steps.multiverse.assemble import HIGH_TP
from pnetlib.steps.networks.compute import GROUPS, HUB_SHARE

STRONG_SHARE = 0.5  # a strong edge: among the stronger half of its network
ROBUST_SHARE = 0.5  # a difference that does not hang on our choices: clear in most settings
TN_MARGIN = 0.05
EQUAL_TN = "TP at TN 0.95"
NOT_COMPUTED = "not computed in this run"


@dataclass(frozen=True)
class Sizes:
    """Numbers of folds, cell lines and data sets on which evidence rests.

    Attributes
    ----------
    folds : int
        Outer folds, over all repeats.
    n_test, n_train : float
        Mean numbers of cell lines of a fold.
    replicates : int
        Data sets per cell of the simulation study; 0 without one.
    """

    folds: int
    n_test: float
    n_train: float
    replicates: int


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
        ``n_common``, ``n_genes``, the mean ``correlation`` of the published ones, and ``ahead``
        (Number: probability that a published marker is ranked before another gene, minus 1/2).
    edge : dict
        ``ST``, ``RS`` (coefficients), ``strength`` (share of ST's edges that are no stronger),
        ``difference`` (Number, ST minus RS), ``debiased`` (the same without shrinkage) and
        ``settings`` (a dict each of estimator, ST, RS and p: the same under other group sizes and
        estimators).
    degrees : dict
        Gene to ``rank ST``, ``rank RS``, ``genes`` and ``difference`` (Number).
    effects : dict
        (Gene, side) to ``ST``, ``RS`` and ``difference`` (Number).
    presence : dict
        (Gene, group) to the one-sided p value of the effect of its regulators.
    selection : dict
        Way in which effects act to ``rates`` (method to measure to mean over the cells of the
        paper's table) and ``leads`` (measure to method to Number: Pro minus that method).
    sizes : Sizes
        Numbers of folds, cell lines and data sets behind these.
    origins : list of str
        Sentences that say where the numbers come from.
    """

    network_gain: Number | None = None
    pro_minus: dict = field(default_factory=dict)
    markers: dict | None = None
    edge: dict | None = None
    degrees: dict = field(default_factory=dict)
    effects: dict = field(default_factory=dict)
    presence: dict = field(default_factory=dict)
    selection: dict = field(default_factory=dict)
    sizes: Sizes | None = None
    origins: list = field(default_factory=list)


def judge_network_gain(evidence):
    """The mean error of NW.P and Pro minus that of ELA and LA, paired by fold and averaged over the
    drugs, is tested against 0. The paper has it below 0."""
    number = evidence.network_gain
    if number is None:
        return [Part(NOT_COMPUTED)]
    return [part_of(f"network minus expression {number}", number, -1)]


def judge_best(evidence, drug):
    """Three parts: Pro's error minus that of each other method, paired by fold, is tested against
    0. The paper has all three below 0."""
    numbers = evidence.pro_minus.get(drug)
    if numbers is None:
        return [Part(f"{drug}: {NOT_COMPUTED}")]
    return [part_of(f"Pro minus {name} {number}", number, -1) for name, number in numbers.items()]


def judge_markers(evidence):
    """Seven parts, of which those among the genes are tested together: are these markers ranked
    before other genes, by their worst rank over the drugs (rank-sum test, with the variance for
    correlated genes)? Condition: all of them are found to be common to the drugs."""
    markers = evidence.markers
    if markers is None:
        return [Part(NOT_COMPUTED)]
    inside, found, n_genes = markers["published"], markers["found"], markers["n_genes"]
    outside = [Part("") for gene in MARKERS if gene not in inside]
    if not inside:
        return [Part(f"none of the seven is among the {n_genes} genes"), *outside[1:]]
    text = f"{len(found)} of the {len(inside)} among the genes are found, of {markers['n_common']}"
    number = markers["ahead"]
    text += f" common; ranked before another gene with probability {number.value + 0.5:.2f}"
    text += f", {p_text(number.p)}"
    together = part_of(text, number, 1, len(found) == len(inside))
    return [together._replace(covers=len(inside)), *outside]


def judge_edge(evidence):
    """The difference between the edge's coefficients in ST and RS is tested by permutation; the
    paper has the edge stronger in ST. Conditions: it is among the stronger half of ST's edges and
    absent in RS, and it is stronger in ST with p below 0.05 in more than half of the other settings
    (group sizes and estimators of notebook 09)."""
    edge = evidence.edge
    if edge is None:
        return [Part(f"{' and '.join(NAMED_EDGE)} are not both among the genes")]
    st, rs, settings = edge["ST"], edge["RS"], edge.get("settings", [])
    stronger = _stronger(edge["difference"], st, rs)
    whole = st != 0 == rs and edge["strength"] >= STRONG_SHARE
    robust = not settings or sum(map(_clear, settings)) > ROBUST_SHARE * len(settings)
    text = f"{st:.2f} in ST, {rs:.2f} in RS; difference {edge['difference']}"
    if stronger.above is not None:
        text += f" (stronger in ST: one-sided {p_text(stronger.above)})"
    if "debiased" in edge:
        text += f"; without shrinkage {edge['debiased']}"
    return [part_of(text + _of_settings(settings), stronger, 1, whole and robust)]


def _stronger(difference, st, rs):
    """Return the difference as that of the edge's size, ST minus RS, with its one-sided p values."""
    turned = difference.above is not None and (st if abs(st) >= abs(rs) else rs) < 0
    sides = (difference.below, difference.above) if turned else (difference.above, difference.below)
    return Number(abs(st) - abs(rs), None, None, difference.p, *sides)


def _clear(row):
    """Say whether the edge is stronger in ST with a p value below the level, in one setting."""
    return abs(row["ST"]) > abs(row["RS"]) and row["p"] < LEVEL


def _of_settings(settings):
    """Say in how many of the other settings the edge differs, and in how many RS has it too."""
    words = []
    for estimator in dict.fromkeys(row["estimator"] for row in settings):
        rows = [row for row in settings if row["estimator"] == estimator]
        clear, kept = sum(map(_clear, rows)), sum(row["RS"] != 0 for row in rows)
        words.append(
            f"; {estimator}, {len(rows)} group sizes: p below {LEVEL} in {clear}, in RS too in {kept}"
        )
    return "".join(words)


def judge_hubs(evidence, genes, group):
    """A part per gene: its degree in that group minus that in the other is tested by permutation;
    the paper has it above 0. Condition: the gene is among the first tenth of the genes by degree in
    that group."""
    parts, sign = [], 1 if group == "ST" else -1
    for gene in genes:
        row = evidence.degrees.get(gene)
        if row is None:
            parts.append(Part(f"{gene} not among the genes"))
            continue
        rank = row[f"rank {group}"]
        hub = rank <= max(1, round(HUB_SHARE * row["genes"]))
        text = f"{gene} rank {rank} of {row['genes']} in {group}, ST minus RS {row['difference']}"
        parts.append(part_of(text, row["difference"], sign, hub))
    return parts


def judge_effects(evidence, genes, group):
    """Two parts per gene, its effect on its targets and that of its regulators on it: the mean in
    that group minus that in the other is tested by permutation. The paper has it above 0."""
    parts, sign = [], 1 if group == "ST" else -1
    for gene in genes:
        for where in SIDES:
            row = evidence.effects.get((gene, where))
            if row is None:
                parts.append(Part(f"{gene} not among the genes"))
            else:
                text = f"{gene} {where} ST minus RS {row['difference']}"
                parts.append(part_of(text, row["difference"], sign))
    return parts


def judge_loss(evidence, genes, group):
    """A part per gene. For the claim: the effect of its regulators in the other group minus that in
    this one is tested by permutation. Against the claim: in this group its regulators have an effect
    beyond chance (the gene's expression permuted within tissues). No test can show that an effect is
    absent, so that "partly" is the best verdict."""
    parts, other = [], GROUPS[1 - GROUPS.index(group)]
    for gene in genes:
        row, presence = evidence.effects.get((gene, "regulators")), evidence.presence
        if row is None:
            parts.append(Part(f"{gene} not among the genes"))
            continue
        text = f"{gene} {row[group]:.2f} in {group}, {row[other]:.2f} in {other}"
        if (gene, group) not in presence or row["difference"].p is None:
            parts.append(Part(f"{text} (no test in this run)"))
            continue
        ahead = row["difference"].one_sided(1 if other == "ST" else -1)
        text += (
            f", difference {p_text(row['difference'].p)}, activity {p_text(presence[gene, group])}"
        )
        parts.append(Part(text, ahead, presence[gene, group], whole=False))
    return parts


def judge_simulation(evidence):
    """Six parts: for effects through expression and through activity, Pro's share of relevant genes
    (TP) where every method selects 5% of the irrelevant ones, minus that of each other method, on
    the same data sets of the paper's table. The paper has Pro ahead. Conditions, for the genes that
    each method selects: Pro's mean TP is at least 0.9, and its mean TN at most 0.05 below that of
    any other method."""
    if not evidence.selection:
        return [Part(NOT_COMPUTED)]
    parts = []
    for response, found in evidence.selection.items():
        rates, leads = found["rates"], found["leads"]
        TN = [rates[method]["TN"] for method in leads[EQUAL_TN]]
        like = rates["Pro"]["TN"] >= max(TN) - TN_MARGIN
        whole = like and rates["Pro"]["TP"] >= HIGH_TP
        selected = f"Pro TP {rates['Pro']['TP']:.2f} TN {rates['Pro']['TN']:.2f}"
        for at, (method, lead) in enumerate(leads[EQUAL_TN].items()):
            text = f"{response}: {selected}; {EQUAL_TN}: " if at == 0 else ""
            parts.append(part_of(f"{text}minus {method} {lead}", lead, 1, whole))
    return parts


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


# The same claims read otherwise: the paper's direction, but other lines, or another judge.
READINGS = {
    "solid lines": "errors on solid lines alone, of models of all lines; C4: the correlation of the "
    "edge's ends in solid lines",
    "other screen": "rank correlation with a second screen of the same laboratory",
    "other laboratory": "rank correlation with the responses of another laboratory; C1 over all drugs "
    "that it shares",
    "TFs partialled out": "C4: the correlation of the edge's ends once transcription factors are "
    "partialled out",
}


def read_otherwise(evidence):
    """Return the verdict on every claim under other readings.

    Parameters
    ----------
    evidence : dict
        Reading to `Evidence`, which has the numbers of the claims that it concerns.

    Returns
    -------
    DataFrame
        Index the claims' ids, columns `READINGS`; "" where a reading does not concern a claim or
        was not computed.
    """
    table = pd.DataFrame("", index=pd.Index(JUDGES), columns=list(READINGS))
    for reading, found in evidence.items():
        for claim in JUDGES:
            verdict = combine(parts_of(claim, found))
            table.at[claim, reading] = "" if verdict == UNTESTABLE else verdict
    return table


def rule_of(claim):
    """Return the rule of a claim, as its judge states it."""
    return " ".join(inspect.getdoc(JUDGES[claim][0]).split())


def parts_of(claim, evidence):
    """Return the parts of a claim that the evidence gives."""
    judged, arguments, _ = JUDGES[claim]
    return judged(evidence, *arguments)


def _covered(parts, tested=False):
    return sum(part.covers for part in parts if part.tested or not tested)


def judge(evidence, planted=None):
    """Judge all claims by the evidence of a run, and by that of the planted truth if given.

    Returns
    -------
    DataFrame
        Index the claims' ids; the columns of `published_claims`, ``found``, ``verdict``,
        ``tested`` (how many parts of the claim can be tested), ``rule``, ``caveat`` (what is not
        known of the paper's procedure) and ``planted``, the verdict on the planted truth ("" where
        nothing is planted).
    """
    rows = {}
    for claim, (_, _, caveat) in JUDGES.items():
        parts = parts_of(claim, evidence)
        rows[claim] = {
            "found": "; ".join(part.found for part in parts if part.found),
            "verdict": combine(parts),
            "tested": f"{_covered(parts, tested=True)} of {_covered(parts)}",
            "rule": rule_of(claim),
            "caveat": caveat,
            "planted": "",
        }
        if planted is not None:
            verdict = combine(parts_of(claim, planted))
            rows[claim]["planted"] = "" if verdict == UNTESTABLE else verdict
    return published_claims().join(pd.DataFrame.from_dict(rows, orient="index"))
