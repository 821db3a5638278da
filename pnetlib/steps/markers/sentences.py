"""Sentences of notebook 03, generated from its numbers."""

from pnetlib.steps.study import PAPER
from pnetlib.words import counted, listed, part_of


def conclusion(common, published, top, n_genes, study=PAPER):
    """Return how many genes are common to the drugs and which markers of the study are among them.

    `common` and `published` are as `common_markers` and `published_markers` return them; the first
    `top` ranks of the `n_genes` analysed count for a marker.
    """
    names = published["marker"].unique()
    inside = published.loc[published["in universe"], "marker"].unique()
    found = [name for name in names if name in common.index]
    lines = [f"- Of {n_genes} genes, {_of_common(common, top, study.one_drug)}"]
    if not len(names):
        return "\n".join(lines)
    lines.append(f"- {_of_named(study, names, list(inside), found)}")
    if len(common) and len(inside):
        expected = len(common) * len(inside) / n_genes
        drawn = f"- {counted(len(common), 'gene')} drawn at random would"
        lines.append(
            f"{drawn} include it with a probability of {expected:.2g}."
            if len(names) == 1
            else f"{drawn} on average include {expected:.2g} of {study.the_markers()}."
        )
    return "\n".join(lines)


def _of_common(common, top, one):
    """Say how many genes the rule finds, as the end of a sentence; `one` is whether there is one drug."""
    first = f"among the first {top} for {'the' if one else 'every'} drug"
    kind = "" if one else "common "
    if not len(common):
        of = "the drug has no marker" if one else "the drugs have no common marker"
        return f"none is {first}: by our rule {of}."
    if len(common) == 1:
        return f"one is {first} and therefore a {kind}marker by our rule, {common.index[0]}."
    return (
        f"{len(common)} are {first} and therefore {kind}markers by our rule, above all "
        f"{listed(common.index[:7])}."
    )


def _of_named(study, names, inside, found):
    """Say which markers of the study are analysed, and which of these the rule finds."""
    common = "found by the rule" if study.one_drug else "common to the drugs"
    if len(names) == 1:
        gene = f"{study.the_markers(1).capitalize()}, {names[0]},"
        if not inside:
            return f"{gene} is not among the genes analysed."
        return f"{gene} is among the genes analysed, and is {'' if found else 'not '}{common}."
    text = f"{part_of(len(inside), len(names), study.the_markers(len(names)))} among the genes analysed"
    if not inside:
        return f"{text}."
    text = f"{text} ({listed(inside)}), and "
    if len(inside) == 1:
        return f"{text}it is {'' if found else 'not '}{common}."
    which = f" ({listed(found)})" if found else ""
    return f"{text}{len(found) or 'none'} of these {'are' if len(found) > 1 else 'is'} {common}{which}."
