"""Sentences of notebook 01, generated from its numbers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pnetlib.datasets.cohort import UNKNOWN, Cohort
from pnetlib.steps.study import PAPER, Study
from pnetlib.words import agreed, counted, listed

LINE = (
    'A "cell line", or "line", is one sample of the tables given, be it a cell line, a patient or an '
    "organoid."
)


def source_sentences(cohort: Cohort) -> str:
    """Return, as Markdown, where the data come from and what was corrected in them."""
    origin = cohort.provenance
    lines = [f"Source: **{origin['source']}**."]
    lines += [f"- `{name}`: SHA-256 `{digest}`" for name, digest in sorted(origin["files"].items())]
    lines += [f"- {sentence}" for sentence in origin["handled"]]
    if own := origin.get("own"):
        lines += [f"- {direction(**own)}", f"- {LINE}"]
    return "\n".join(lines)


def direction(measure: str, larger: str, assumed: bool = False) -> str:
    """Say what a larger response of own tables means and, if it is only assumed, how to change that."""
    said = f"A larger {measure} is taken to mean a more {larger} line"
    if not assumed:
        return f"{said}, as the config says."
    other = "sensitive" if larger == "resistant" else "resistant"
    return (
        f"{said}; nothing says otherwise. If it means a more {other} one, write `larger: {other}` below "
        "`responses` in the config, which ./reproduce.sh init FOLDER makes if there is none."
    )


def headline(numbers: dict[str, Any]) -> str:
    """Return the counts of notebook 01 and the variance at the cut, rounded, one per row."""
    lines, genes = numbers["lines"], numbers["genes"]
    inside = [gene for gene, at in genes["markers"].items() if at and at["taken"]]
    rows = {
        "cell lines": lines["expression"],
        **{f"  with {drug}": count for drug, count in lines["per_drug"].items()},
        **({"  with all responses": lines["all_responses"]} if len(lines["per_drug"]) > 1 else {}),
        "tissues": UNKNOWN if list(numbers["tissues"]) == [UNKNOWN] else len(numbers["tissues"]),
        "genes stored": genes["stored"],
        "genes taken": genes["n_genes"] + genes["forced"],
        "variance at the cut": _variance(genes["variance_at_cut"]),
    }
    if genes["markers"]:
        rows["markers taken"] = f"{len(inside)} of {len(genes['markers'])}"
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())


def _variance(value: float) -> str:
    """Return a variance with two decimals, or with two digits where these would be 0.00."""
    return f"{value:.2f}" if value >= 0.005 else f"{value:.2g}"


def conclusion(numbers: dict[str, Any], study: Study = PAPER) -> str:
    """Return the answer to the question of notebook 01."""
    lines, genes = numbers["lines"], numbers["genes"]
    tissues = of_tissues(numbers["tissues"])
    sentences = [
        f"The cohort has {lines['expression']:,} cell lines of {tissues}. {_responses(lines)}",
        f"Of {genes['stored']:,} genes, the {genes['n_genes']:,} with the largest variance "
        f"({_variance(genes['variance_at_cut'])} or more) {agreed(genes['n_genes'], 'enters', 'enter')} the "
        f"analysis{_markers(genes, study)}",
    ]
    if added := genes["added"]:
        total = genes["n_genes"] + len(added)
        sentences.append(
            f"Added from below the cut, whatever {agreed(len(added), 'its', 'their')} variance"
            f"{', a deviation from the paper' * study.of_paper}: {listed(added)}; in all, "
            f"{total:,} genes are analysed."
        )
    pairs = [
        (r, first, second)
        for first, row in numbers["correlation"].items()
        for second, r in row.items()
        if first < second
    ]
    if len(pairs) == 1:
        r, first, second = pairs[0]
        sentences.append(
            f"The responses to {first} and {second} have a correlation of r = {r:z.2f}; a marker common to "
            "both drugs has to predict both."
        )
    elif pairs:
        high, low = max(pairs), min(pairs)
        sentences.append(
            f"The responses to {high[1]} and {high[2]} are most alike (r = {high[0]:z.2f}), those to"
            f" {low[1]} and {low[2]} least (r = {low[0]:z.2f}); a marker common to the drugs has to"
            " predict all of them."
        )
    return " ".join(sentences)


def of_tissues(names: Collection[str]) -> str:
    """Return the number of tissues as words after "of"; they are unknown where none is named."""
    return "unknown tissue" if list(names) == [UNKNOWN] else counted(len(names), "tissue")


def _responses(lines: dict[str, Any]) -> str:
    """Say on which lines a model is fitted, and which can be in a group."""
    per_drug = lines["per_drug"]
    if len(per_drug) == 1:
        (drug, n), *_ = per_drug.items()
        return (
            f"The model is fitted on the {n:,} lines measured with {drug}, and only these can be called "
            "sensitive or resistant."
        )
    measured = listed(f"{n:,} with {drug}" for drug, n in per_drug.items())
    return (
        f"The model of a drug is fitted on the lines measured with it: {measured}. Only the "
        f"{lines['all_responses']:,} {agreed(lines['all_responses'], 'line', 'lines')} with all responses "
        f"can be called sensitive or resistant to {'both' if len(per_drug) == 2 else 'all'} drugs."
    )


def _markers(genes: dict[str, Any], study: Study) -> str:
    """Say which markers of the study are among the genes taken by variance."""
    if not genes["markers"]:
        return "."
    found = {gene: at for gene, at in genes["markers"].items() if at}
    outside = [
        f"{gene} (rank {at['rank']:,})"
        for gene, at in found.items()
        if at["rank"] > genes["n_genes"]
    ]
    absent = [gene for gene in genes["markers"] if gene not in found]
    inside, named = len(found) - len(outside), len(genes["markers"])
    if named == 1:
        text = f"; {study.the_markers(1)} is {'' if inside else 'not '}among them"
    else:
        how_many = "all" if inside == named else inside or "none"
        text = (
            f"; {how_many} of {study.the_markers(named)} {'are' if inside > 1 else 'is'} among them"
        )
    return (
        text
        + (
            f"; below the cut {agreed(len(outside), 'is', 'are')} {listed(outside)}"
            if outside
            else ""
        )
        + (f"; not in the cohort: {listed(absent)}" if absent else "")
        + "."
    )
