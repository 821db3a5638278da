"""What a run found in short, in English sentences made from the values of `overview`."""

from pnetlib.stats.intervals import interval_text, side_of_zero
from pnetlib.stats.permutation import LEVEL
from pnetlib.steps.choice import METHODS
from pnetlib.steps.claims.verdicts import (
    CONTRADICTED,
    PARTLY,
    REPRODUCED,
    UNDECIDED,
    UNTESTABLE,
    p_text,
)
from pnetlib.steps.effects.sentences import SIDE_WORDS
from pnetlib.steps.screens.sentences import in_three
from pnetlib.words import counted, listed

NAMES = {
    "prediction": "Prediction",
    "markers": "Markers",
    "networks": "Networks",
    "effects": "Regulatory effects",
    "simulation": "Simulation",
    "drugs": "Further drugs and unseen tissues",
    "searches": "Search of the lambdas",
    "ceiling": "Noise ceiling",
    "laboratory": "Another laboratory",
    "regulons": "Known regulons",
    "multiverse": "Every reading of the paper",
}
SIMULATED = "*Simulated data: what follows says nothing about real cell lines or drugs.*"
VERDICT_WORDS = {
    REPRODUCED: "reproduced",
    PARTLY: "partly reproduced",
    CONTRADICTED: "contradicted",
    UNTESTABLE: "not testable in this run",
}
WHERE = {
    "ST": "the edge is in the sensitive ones only, as in the paper",
    "RS": "the edge is in the resistant ones only, unlike the paper",
    "both": "the edge is in both groups, unlike the paper",
    "neither": "the edge is in neither group, unlike the paper",
}
KIND_WORDS = {"edges": "edge", "degrees": "degree", "effects": "regulatory effect"}


def missing(step):
    """Say that a run lacks a topic, since a notebook was not run."""
    return f"not computed in this run (notebook {step})."


def verdicts(counts):
    """Say how many of the paper's claims have each verdict."""
    total = sum(counts.values())
    parts = [
        f"{counts[verdict] or 'none'} {'is' if counts[verdict] < 2 else 'are'} {word}"
        for verdict, word in VERDICT_WORDS.items()
        if counts[verdict] or verdict in (REPRODUCED, CONTRADICTED)
    ]
    if counts[UNDECIDED]:
        word = "is" if counts[UNDECIDED] == 1 else "are"
        parts.append(f"{counts[UNDECIDED]} {word} undecided (the data cannot tell)")
    return f"Of the paper's {counted(total, 'claim')}, {listed(parts)}."


def prediction(found):
    """Say who predicts best, and how network-based and expression-based methods compare."""
    own, drugs = found["best"]["Pro"], counted(len(found["drugs"]), "drug")
    best = [
        f"{method} has it for {listed(found['best'][method])}"
        for method in METHODS[1:]
        if found["best"][method]
    ]
    text = f"Pro has the lowest mean error for {len(own) or 'none'} of the {drugs}"
    text += f" ({listed(own)})" if own else ""
    if found["tied"]:
        best.append(f"several methods share it for {listed(found['tied'])}")
    text = "; ".join([text, *best])
    gain = found["gain"]
    return (
        f"{text}. "
        f"Averaged over the drugs, the network-based methods (Pro, NW.P) have a mean squared error of "
        f"{found['network']:.3f} and the expression-based ones (ELA, LA) of "
        f"{found['expression']:.3f}, a difference of {_number(gain)}; predicting a drug's mean gives "
        f"{found['naive']:.3f}. {_of_gain(gain)} "
        f"{_of_sides(found['sides'], 'Averaged over the drugs')} Each interval is for one "
        "comparison."
    )


def _number(number):
    """Return a difference with its 95% interval and p value, where they are known."""
    if number.p is None:
        return f"{number.value:+.3f} (one fold, so no interval)"
    return (
        f"{number.value:+.3f} (95% interval {number.low:+.3f} to {number.high:+.3f}, "
        f"{p_text(number.p)})"
    )


def _of_gain(gain):
    """Compare the sign of the difference with the paper's."""
    if gain.p is None or gain.p >= LEVEL:
        return (
            "The paper reports lower errors of the network-based methods; here the difference is "
            "not beyond chance."
        )
    if gain.value > 0:
        return "The paper reports the opposite, lower errors of the network-based methods."
    return "The paper, too, reports lower errors of the network-based methods."


def _of_sides(found, start):
    """Say which methods Pro predicts clearly better or worse than."""
    clear = [
        f"clearly {side} than {listed(found[side])}" for side in ("better", "worse") if found[side]
    ]
    text = f"{start}, Pro predicts {listed(clear)}" if clear else f"{start}"
    if not found["open"]:
        return f"{text}."
    differ = f"Pro's error does not clearly differ from that of {_either(found['open'])}"
    if not clear:
        return f"{text}, {differ}."
    return f"{text}; its error does not clearly differ from that of {_either(found['open'])}."


def _either(names):
    """Return names joined by "or"."""
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def markers(found):
    """Say which of the paper's markers are analysed, and which of them are found."""
    named, inside, hits = found["named"], found["inside"], found["found"]
    outside = [gene for gene in named if gene not in inside]
    one = found["common"] == 1
    text = (
        f"By our rule, {found['common']} of {found['n_genes']} genes "
        f"{'is a marker' if one else 'are markers'} common to the drugs, since "
        f"{'it is' if one else 'they are'} among the first {found['top']} by effect times the root of the degree, for every drug"
        if found["common"]
        else f"By our rule, none of {found['n_genes']} genes is a marker common to the drugs, since none "
        f"is among the first {found['top']} by effect times the root of the degree, for every drug"
    )
    text += f"; {len(hits) or 'none'} of the paper's {len(named)} "
    text += f"{'is' if len(hits) < 2 else 'are'} found{f' ({listed(hits)})' if hits else ''}."
    if outside:
        text += (
            f" {listed(outside)} cannot be: they are not among the genes analysed, those of largest "
            "variance."
        )
    return text


def networks(found):
    """Say what was found of the paper's edge, and how many differences are beyond chance."""
    name, row = " to ".join(found["name"]), found["edge"]
    if row is None:
        text = f"The genes of the edge from {name} are not both among those of the networks."
    else:
        text = (
            f"The estimated coefficient of the edge from {name} is {_coefficient(row['ST'])} in sensitive cell lines and "
            f"{_coefficient(row['RS'])} in resistant ones: {WHERE[row['where']]}. Permutation "
            f"of the labels gives p {row['p']:.2g} for this edge alone, and q {row['q']:.2g} (false "
            f"discovery rate) among all edges. In {row['clear'] or 'none'} "
            f"of {counted(row['others'], 'other setting')} (group sizes, another estimator) the edge "
            f"is stronger in sensitive cell lines with p < {LEVEL}"
            + (
                f"; in {row['also RS']} of these it is in resistant ones, too."
                if row["clear"]
                else "."
            )
        )
    return f"{text} {_of_counts(found)}"


def _coefficient(value):
    return f"{value:.2f}" if value else "0"


def _of_counts(found):
    """Say how many edges, degrees and effects pass, and name the edges of the stricter rule."""
    passed = [
        f"{found['found'][kind]} of {counted(found['tested'][kind], word)}"
        for kind, word in KIND_WORDS.items()
        if found["found"][kind]
    ]
    none = " or ".join(KIND_WORDS.values()).replace(" or ", ", ", 1)
    text = f"At a false discovery rate of {LEVEL:.0%}, " + (
        f"{listed(passed)} differ between the groups." if passed else f"no {none} differs."
    )
    if found["strict"]:
        edges = "; ".join(
            f"{row['regulator']} to {row['target']}, {_coefficient(row['ST'])} in sensitive and "
            f"{_coefficient(row['RS'])} in resistant cell lines, family-wise p {row['p_family']:.2g}"
            for row in found["strict"]
        )
        passes = "edge passes" if len(found["strict"]) == 1 else "edges pass"
        text += (
            f" {'One' if len(found['strict']) == 1 else len(found['strict'])} {passes} a family-wise test, which compares the sizes of "
            f"coefficients rather than p values ({edges})."
        )
    return text


def effects(found):
    """Say how many effects of the named markers are as the paper has them, and how surely."""
    rows, smallest = found["rows"], found["smallest"]
    if not rows:
        return "None of the markers that the paper names is among the genes of the networks."
    text = (
        f"{found['agree']} of {len(rows)} estimates are larger in the group that the paper names. "
    )
    beyond = [f"{row['marker']} ({SIDE_WORDS[row['side']]})" for row in found["beyond"]]
    if beyond:
        return f"{text}Beyond chance are the differences of {listed(beyond)}."
    return (
        f"{text}None of these differences is beyond chance once all tests are counted; the smallest "
        f"p is {smallest['p']:.2g} ({smallest['marker']}, {SIDE_WORDS[smallest['side']]}; "
        f"q {smallest['q']:.2g})."
    )


def simulation(found):
    """Say what Pro selects in simulated data, beside the paper's table."""
    leads, paper = found["leads"], found["paper"]
    ahead = [lead for lead in leads if lead.low is not None and lead.low > 0]
    values = [lead.value for lead in leads]
    many = "all" if len(ahead) == len(leads) else f"{len(ahead) or 'none'} of"
    own = sorted(found["own"].items(), key=lambda item: -item[1])
    rates = {rate: [row[rate] for row in found["rates"]] for rate in ("TP", "TN")}
    fewer = max(rates["TN"]) < paper["TN"][0]
    return (
        "On simulated data, where every method selects 5% of the irrelevant genes, Pro finds clearly "
        f"more of the relevant ones in {many} {counted(len(leads), 'comparison')} with other "
        f"methods (lead {min(values):+.2f} to {max(values):+.2f}). If the genes whose own expression "
        "acts count as relevant, the shares found are "
        f"{listed(f'{value:.2f} ({method})' for method, value in own)}. With lambdas chosen by "
        f"cross-validation, Pro selects {listed(f'{v:.2f}' for v in rates['TP'])} of the relevant "
        f"genes (TP) and leaves out {listed(f'{v:.2f}' for v in rates['TN'])} of the irrelevant ones "
        "(TN), for effects through expression and through "
        f"activity; the paper reports TP {_range(paper['TP'])} and TN {_range(paper['TN'])}"
        + (", so it selects more irrelevant genes here." if fewer else ".")
        + " The paper's design of the simulation may differ from ours."
    )


def _range(ends):
    low, high = (f"{end:.2f}" for end in ends)
    return low if low == high else f"{low} to {high}"


def drugs(found):
    """Say how Pro compares over further drugs and on unseen tissues."""
    wins = listed(f"that of {row['against']} for {row['wins']}" for row in found["wins"])
    means = ", ".join(f"{row['against']} {interval_text(row, '+.3f')}" for row in found["wins"])
    drugs_word = counted(found["drugs"], "drug")
    return (
        f"Of {drugs_word}, those of the paper among them, Pro's error is below {wins}. {_of_sides(found['sides'], 'Averaged over them')} "
        f"Pro's error minus that of each: {means}. "
        + _of_sides(
            found["tissue sides"],
            f"On tissues that are absent from training, averaged over {counted(found['tissue drugs'], 'drug')}",
        )
    )


def searches(found):
    """Say what the search of the lambdas changes compared with a grid."""
    rows = listed(f"{row['mean']:+.3f} for {row['method']}" for row in found["rows"])
    clear = (
        f"The change is clear for {listed(found['clear'])}"
        if found["clear"]
        else "No change is clear"
    )
    claims = (
        f"the verdict on {listed(found['changed'])} depends on this choice"
        if found["changed"]
        else f"the verdicts on {listed(found['claims'])} are the same with both"
    )
    return (
        "Choosing the lambdas by a search instead of on a grid changes the error on held-out cell "
        f"lines by {rows}, averaged over the drugs. {clear}; {claims}."
    )


def ceiling(found):
    """Say what the noise ceiling makes of the comparison."""
    return in_three(found)


def laboratory(found):
    """Say whether predictions carry over to another laboratory."""
    (worst, low), (best, high) = found["agreement"]
    gain = found["gain"]
    word = side_of_zero(gain, "worse", "better", "neither clearly better nor worse")
    sides = [
        f"clearly {side} than {listed(found['sides'][side])}"
        for side in ("better", "worse")
        if found["sides"][side]
    ]
    pro = f"Pro ranks them {listed(sides)}." if sides else "Pro does not clearly differ from any."
    return (
        f"On {counted(found['drugs'], 'drug')} that another laboratory measured, the measured "
        f"responses of the two agree with rank correlations of {low:.2f} ({worst}) to {high:.2f} "
        f"({best}). Judged by it, on cell lines that training did not see, the network-based methods "
        f"rank the lines {word} than the expression-based ones: the rank correlations differ by "
        f"{interval_text(gain, '+.3f')}, averaged over the drugs. They are clearly ahead for {listed(found['ahead'])} and clearly behind for "
        f"{listed(found['behind'])}. {pro}"
    )


def regulons(found):
    """Say whether the networks contain known edges, and what remains of the named one."""
    parts = []
    for name, row in found["universes"].items():
        low, high = row["pro"]
        parts.append(
            f"{low:.3f} to {high:.3f} for Pro and {row['correlation']:.3f} for the correlation alone "
            f"among {name}"
        )
    gains = listed(
        f"{interval_text(row, '+.4f')} among {row['universe']}" for row in found["gains"]
    )
    more = [row for row in found["gains"] if row["low"] > 0]
    text = (
        "The probability that a known target of a transcription factor has a larger coefficient than "
        f"another gene (AUROC, 0.5 by chance) is {'; '.join(parts)}. The joint estimate "
        f"{'finds more of them' if len(more) == len(found['gains']) else 'does not clearly find more of them'} "
        f"than the network alone (difference {gains})."
    )
    row = found["edge"]
    if row is None:
        return text
    left = "remains" if row["partial low"] > 0 else "does not clearly remain"
    return (
        f"{text} With transcription factors partialled out, the correlation of "
        f"{listed(found['name'])} is larger in sensitive than in resistant cell lines by "
        f"{row['partial']:+.2f} ({row['partial low']:+.2f} to {row['partial high']:+.2f}): the "
        f"difference {left}."
    )


def multiverse(found):
    """Say which claims hold however the paper is read, which depend on a choice, and which never hold."""
    nearly, some, hardly = found["nearly all"], found["some"], found["hardly any"]
    parts = [
        f"{listed(nearly)} {'holds' if len(nearly) == 1 else 'hold'} in nearly all readings"
        if nearly
        else "no claim holds in nearly all of its readings"
    ]
    if some:
        decided = listed(f"{claim} ({decision})" for claim, decision in some.items())
        verb = "holds" if len(some) == 1 else "hold"
        parts.append(f"{decided} {verb} in some, by the choice named in brackets")
    if hardly:
        parts.append(f"{listed(hardly)} {'holds' if len(hardly) == 1 else 'hold'} in hardly any")
    never = f", {listed(found['none'])} in none" if found["none"] else ""
    together = found["together"]
    return (
        f"The claims were computed under {found['readings']:,} readings, combinations of choices that the paper "
        "leaves open. A claim holds under a reading if its estimates lie as the paper says, beyond chance: "
        f"{'; '.join(parts)}{never}. The estimates alone agree with the paper in more than half of the readings "
        f"of {listed(found['agree']) or 'no claim'}. Of the {counted(found['claims'], 'claim')}, "
        f"{together['agrees']} agree and {together['holds']} hold under the best single readings, which were "
        "chosen after seeing the results."
    )
