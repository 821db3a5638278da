"""What notebook 09 says, in sentences made from its numbers."""

import math

from pnetlib.stats.intervals import interval_text
from pnetlib.stats.permutation import LEVEL
from pnetlib.steps.differences.summaries import named_roles
from pnetlib.steps.networks.compute import GROUPS
from pnetlib.steps.study import PAPER
from pnetlib.words import agreed, alike, counted, listed

EXPECTED_SIGN = {"ST": 1.0, "RS": -1.0}


def conclusion(numbers, study=PAPER):
    """Return the answer to the question of notebook 09, made from `summaries.numbers`."""
    roles = named_roles(numbers["degrees"], study)
    sentences = [_of_exchange(numbers["lines"]), *_of_counts(numbers)]
    sentences += _of_named_edge(numbers, study.edge) if study.edge else []
    sentences.append(
        "- Intervals of degrees and effects below are for the penalised quantity, which the same "
        "lam1 would give with any number of cell lines, not for sums of unpenalised coefficients."
    )
    for gene, role, group in roles:
        row = numbers["degrees"][gene]
        sentences.append(
            f"- {gene} ({role} marker): degree {row['ST']:.2f} in ST (rank {row['rank_ST']} of "
            f"{numbers['tested']['degrees']}) and {row['RS']:.2f} in RS (rank {row['rank_RS']}); "
            f"difference {interval_text(row, '.2f', 'difference')}, "
            f"{chance(row)}: {verdict(row, group, study)}."
        )
    for gene, _, group in roles:
        for row in numbers["effects"]:
            if row["marker"] == gene and row["length"] == 1:
                other = GROUPS[1 - GROUPS.index(group)]
                sentences.append(
                    f"- {gene}, {row['side']}: effect {row['ST']:.2f} in ST and {row['RS']:.2f} in "
                    f"RS, difference {interval_text(row, '.2f', 'difference')}, {chance(row)}: "
                    f"{verdict(row, group, study)}{_of_resamples(row, other)}."
                )
    sentences += [f"- {text}" for text in of_presence(numbers["presence"], study)]
    for estimator in dict.fromkeys(row["estimator"] for row in numbers["sensitivity"]):
        if text := agreement(numbers["sensitivity"], estimator, study):
            sentences.append(f"- {text}")
    return "\n".join(sentences)


def _of_resamples(row, group):
    """Say in which share of the resamples a group has no effect, unless it is 0%."""
    share = f"{row[f'zero_{group}']:.0%}"
    return "" if share == "0%" else f"; no effect in {group} in {share} of the resamples"


def _of_exchange(lines):
    """Say how many cell lines the test can use."""
    free, everyone = lines["exchangeable"], lines["all"]
    if lines["tissues"] == lines["tissues exchangeable"] == 1:
        return "- All cell lines count as one tissue, within which labels are exchanged."
    within = lines["tissues exchangeable"]
    return (
        f"- Labels are exchanged within {within} of {counted(lines['tissues'], 'tissue')}, which "
        f"{agreed(within, 'contains', 'contain')} {free['ST']} of the {everyone['ST']} cell lines of ST "
        f"and {free['RS']} of the {everyone['RS']} of RS. The other lines keep their label in every "
        "permutation and say nothing about the differences."
    )


def _of_counts(numbers):
    """Say how many differences are beyond chance, with and without correction."""
    found, tested, smallest = numbers["found"], numbers["tested"], numbers["smallest"]
    kinds = {"edges": "edges", "degrees": "degrees", "effects": "regulatory effects"}
    clear = [name for kind, name in kinds.items() if found[kind]["q"]]
    none = [name for kind, name in kinds.items() if not found[kind]["q"]]
    single = [kind for kind in kinds if found[kind]["q"] == 1]
    some = f"some {listed(clear)}"
    if single:
        some = listed(
            f"one {name[:-1]}" if kind in single else f"some {name}"
            for kind, name in kinds.items()
            if found[kind]["q"]
        )
    verb = "is" if len(clear) == len(single) == 1 else "are"
    verdict = f"beyond chance {verb} {some}" if clear else "no difference is beyond chance"
    if clear and none:
        verdict += f", but no {' and no '.join(none)}"
    corrected = ", ".join(
        f"{found[kind]['q']} of {tested[kind]:,} {name}" for kind, name in kinds.items()
    )
    raw = listed(found[kind]["p"] for kind in kinds)
    by_chance = listed(f"{LEVEL * tested[kind]:.3g}" for kind in kinds)
    yield (
        f"- **At a false discovery rate of {LEVEL:.0%}, {verdict}:** {corrected} have q < {LEVEL}. "
        f"p < {LEVEL} without correction: {raw}, where chance alone gives at most about "
        f"{by_chance}."
    )
    for row in numbers["fdr_edges"]:
        yield f"- Edge with q < {LEVEL}: {_edge_text(row)}."
    yield f"- {of_smallest_q(smallest['edges'], tested['edges'], numbers['permutations'])}"
    strict = "; ".join(map(_edge_text, numbers["strict_edges"])) or "none"
    yield (
        f"- Edges that pass the stricter criterion, a probability below {LEVEL} of any false edge "
        f"among all {tested['edges']:,}: {strict}. This criterion compares coefficients, the false "
        "discovery rate compares p values, so that an edge can pass either one alone."
    )


def _edge_text(row):
    """Return an edge with its coefficients and chances."""
    return (
        f"{row['regulator']} to {row['target']} ({row['ST']:z.2f} in ST, {row['RS']:z.2f} in RS; "
        f"{chance(row)}, family-wise p {row['p_family']:.2g})"
    )


def of_smallest_q(smallest, tested, permutations):
    """Say whether so many permutations can show a false discovery rate below `LEVEL`."""
    text = (
        f"With {permutations:,} permutations p cannot be smaller than {smallest['p']:.2g}, nor q "
        f"of a single edge among {tested:,} smaller than {smallest['q_alone']:.2g}"
    )
    if smallest["needed"] <= 1:
        return f"{text}: a single edge could have passed a false discovery rate of {LEVEL:.0%}."
    if smallest["needed"] > tested:
        passing = "no number of edges can pass"
    else:
        passing = f"only {smallest['needed']} or more edges with that p together can pass"
    return (
        f"{text}: {passing} a false discovery rate of {LEVEL:.0%}, and {smallest['count']} "
        f"{agreed(smallest['count'], 'has', 'have')} that p (smallest q possible for "
        f"{agreed(smallest['count'], 'it', 'them')}: {smallest['q_count']:.2g}). That no edge passes "
        "would say nothing about the data."
    )


def _of_named_edge(numbers, edge):
    """Yield the sentences on the edge that the paper names."""
    name, row = " to ".join(edge), numbers["named_edge"]
    if row is None:
        yield f"- {name}: not among the genes."
        return
    yield (
        f"- {name}: penalised coefficient {row['ST']:z.2f} in ST and {row['RS']:z.2f} in RS; "
        f"difference {row['difference']:z.2f}, p {row['p']:.3g} from "
        f"{row['permutations']:,} permutations (simulation error: {row['p_low']:.3g} to "
        f"{row['p_high']:.3g}), q {row['q']:.2g} over all edges, family-wise p "
        f"{row['p_family']:.2g}: {strength(row)}. The edge is "
        f"absent in {row['zero_ST']:.0%} of the resampled networks of ST and in "
        f"{row['zero_RS']:.0%} of those of RS."
    )
    if math.isfinite(row["debiased_difference"]):  # not where a gene is constant in a group
        yield (
            f"- {name} without shrinkage (desparsified lasso): difference of the least-squares "
            f"coefficients {interval_text(row, '.2f', 'debiased_difference')}, with "
            f"{row['debiased_ST']:z.2f} ({row['low_ST']:.2f} to {row['high_ST']:.2f}) in ST and "
            f"{row['debiased_RS']:z.2f} ({row['low_RS']:.2f} to {row['high_RS']:.2f}) in RS. These "
            "95% intervals are for this edge alone and do not respect tissues, as p does."
        )
    sizes = [setting["size"] for setting in row["settings"]]
    told = "; ".join(
        f"with {part['estimator']!r} stronger in ST with p < {LEVEL} in {part['stronger_ST']} of "
        f"{part['settings']} settings (stronger in RS: {part['stronger_RS']}; difference "
        f"{_range(row['settings'], part['estimator'], 'difference')}, p "
        f"{_range(row['settings'], part['estimator'], 'p')}), present in ST in {part['in_ST']} "
        f"and in RS in {part['in_RS']}"
        for part in row["by_estimator"]
    )
    yield (
        f"- {name} with {' to '.join(map(str, dict.fromkeys((min(sizes), max(sizes)))))} cell lines per group, "
        f"{numbers['further_permutations']:,} permutations each: {told}. The settings share most "
        "cell lines, so that they are no independent tests. Where exchanged labels mostly give no "
        "deviation from the shared network, a small difference has a small p."
    )


def _range(settings, estimator, name):
    """Return the smallest and the largest value of an estimator's settings."""
    values = [row[name] for row in settings if row["estimator"] == estimator]
    ends = [f"{end:.2g}" for end in (min(values), max(values))]
    return " to ".join(dict.fromkeys(ends))


def chance(row):
    """Return p and q of a row as text."""
    return f"p {row['p']:.2g}, q {row['q']:.2g}"


def strength(row):
    """Say how far a difference is beyond chance, whatever its direction."""
    if row["q"] < LEVEL:
        return "beyond chance"
    if row["p"] < LEVEL:
        return "not beyond chance once all tests of its kind are counted"
    return "not beyond chance"


def verdict(row, group, study=PAPER):
    """Say in which group the estimate is larger, and whether the difference is beyond chance."""
    if alike(row["ST"], row["RS"]):
        return f"estimates about equal; {strength(row)}"
    larger = "ST" if row["difference"] > 0 else "RS"
    who = "the paper expects" if study.of_paper else "its role says"
    said = f"as {who}" if larger == group else f"where {who} {group}"
    return f"estimate larger in {larger}, {said}; {strength(row)}"


def of_presence(rows, study=PAPER):
    """Return the sentences on the regulators of the markers in each group alone."""
    if not rows:
        return []
    clear = [f"{row['marker']} in {row['group']}" for row in rows if row["q"] < LEVEL]
    sentences = [
        "Effects of regulators within one group that are beyond chance (expression of the marker "
        f"permuted within tissues {rows[0]['permutations']:,} times, q < {LEVEL} over "
        f"{counted(len(rows), 'test')}): {listed(clear)}."
    ]
    found = {(row["marker"], row["group"]): row for row in rows}
    for gene, _, group in named_roles({row["marker"] for row in rows}, study):
        other = GROUPS[1 - GROUPS.index(group)]
        here, there = found[gene, group], found[gene, other]
        sentences.append(
            f"Regulators of {gene}: effect {here['effect']:.2f} in {group} ({chance(here)}) and "
            f"{there['effect']:.2f} in {other} ({chance(there)}); {_activities(here, there, study)}."
        )
    return sentences


def _activities(here, there, study):
    """Say in which groups a marker's regulators have an effect; the paper speaks of the other only."""
    other = f"in {there['group']} {_activity(there)}"
    if study.of_paper:
        return other
    if min(here["q"], there["q"], here["p"], there["p"]) >= LEVEL:
        return "in neither group is it larger than chance may give, which does not show that there is none"
    if max(here["q"], there["q"]) < LEVEL:
        return "in both groups it is beyond chance"
    return f"in {here['group']} {_activity(here)}; {other}"


def _activity(row):
    """Say whether the regulators of a marker have an effect in a group."""
    if row["q"] < LEVEL:
        return "it is beyond chance"
    if row["p"] < LEVEL:
        return "it is beyond chance only before all tests are counted"
    return "it is no larger than chance may give, which does not show that there is none"


def agreement(rows, estimator, study=PAPER):
    """Say in how many settings of an estimator the one-step effects point as expected."""
    expected = {gene: group for gene, _, group in named_roles({row["gene"] for row in rows}, study)}
    wanted = (estimator, "effect", 1)
    part = [row for row in rows if (row["estimator"], row["kind"], row["length"]) == wanted]
    part = [row for row in part if row["gene"] in expected]
    if not part:
        return ""
    right = [row for row in part if EXPECTED_SIGN[expected[row["gene"]]] * row["difference"] > 0]
    sizes = sorted({row["size"] for row in part})
    span = " to ".join(map(str, dict.fromkeys((sizes[0], sizes[-1]))))
    return (
        f"With the estimator {estimator!r} and {span} cell lines per group, the "
        f"estimated one-step effects of the named markers point as "
        f"{'the paper expects' if study.of_paper else 'their roles say'} in "
        f"{len(right)} of {counted(len(part), 'combination')} of effect and group size. These are estimates, "
        "not tests, of groups that share most cell lines."
    )
