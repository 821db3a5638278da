"""What notebook 01 says, in sentences made from its numbers."""

from __future__ import annotations

from typing import Any

from pnetlib.datasets.cohort import Cohort


def source_sentences(cohort: Cohort) -> str:
    """Return, as Markdown, where the data come from and what was mended in them."""
    kept = cohort.provenance
    lines = [f"Source: **{kept['source']}**."]
    lines += [f"- `{name}`: SHA-256 `{digest}`" for name, digest in sorted(kept["files"].items())]
    lines += [f"- {sentence}" for sentence in kept["handled"]]
    return "\n".join(lines)


def headline(numbers: dict[str, Any]) -> str:
    """Return the counts of notebook 01 and the variance at the cut, one a line, rounded."""
    lines, genes = numbers["lines"], numbers["genes"]
    inside = [gene for gene, at in genes["markers"].items() if at and at["taken"]]
    rows = {
        "cell lines": lines["expression"],
        **{f"  with {drug}": count for drug, count in lines["per_drug"].items()},
        "  with all responses": lines["all_responses"],
        "tissues": len(numbers["tissues"]),
        "genes stored": genes["stored"],
        "genes taken": genes["n_genes"] + genes["forced"],
        "variance at the cut": round(genes["variance_at_cut"], 2),
        "markers taken": f"{len(inside)} of {len(genes['markers'])}",
    }
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())


def conclusion(numbers: dict[str, Any]) -> str:
    """Return the answer to the question of notebook 01, in sentences made from its numbers."""
    lines, genes = numbers["lines"], numbers["genes"]
    per_drug = ", ".join(f"{n:,} with {drug}" for drug, n in lines["per_drug"].items())
    found = {gene: at for gene, at in genes["markers"].items() if at}
    outside = [
        f"{g} (rank {at['rank']:,})" for g, at in found.items() if at["rank"] > genes["n_genes"]
    ]
    absent = [gene for gene in genes["markers"] if gene not in found]
    pairs = [
        (r, first, second)
        for first, row in numbers["correlation"].items()
        for second, r in row.items()
        if first < second
    ]
    sentences = [
        f"{lines['expression']:,} cell lines of {len(numbers['tissues'])} tissues have expression:"
        f" {per_drug}; {lines['all_responses']:,} have all responses.",
        f"Of {genes['stored']:,} genes the {genes['n_genes']:,} of largest variance"
        f" ({genes['variance_at_cut']:.2f} or more) go into the analysis.",
        f"{len(found) - len(outside)} of the paper's {len(genes['markers'])} markers are among them"
        + (f"; outside: {', '.join(outside)}" if outside else "")
        + (f"; not in the cohort: {', '.join(absent)}" if absent else "")
        + ".",
    ]
    if genes["force"]:
        sentences.append(
            f"Forced in beside them, a deviation from the paper: {', '.join(genes['force'])}."
        )
    if pairs:
        high, low = max(pairs), min(pairs)
        sentences.append(
            f"Responses are most alike for {high[1]} and {high[2]} (r = {high[0]:.2f})"
            f" and least for {low[1]} and {low[2]} (r = {low[0]:.2f})."
        )
    return " ".join(sentences)
