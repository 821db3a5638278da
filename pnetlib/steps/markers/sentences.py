"""Sentences of notebook 03, generated from its numbers."""

from pnetlib.steps.study import PAPER
from pnetlib.words import counted, listed


def conclusion(common, published, top, n_genes, study=PAPER):
    """Return how many genes are common to the drugs and which markers of the study are among them.

    `common` and `published` are as `common_markers` and `published_markers` return them; the first
    `top` ranks of the `n_genes` analysed count for a marker.
    """
    names = published["marker"].unique()
    inside = published.loc[published["in universe"], "marker"].unique()
    found = [name for name in names if name in common.index]
    lines = [
        (
            f"- Of {n_genes} genes, {len(common)} are among the first {top} for every drug and "
            f"therefore common markers by our rule, above all {listed(common.index[:7])}."
            if len(common)
            else f"- Of {n_genes} genes, none is among the first {top} for every drug: by our rule "
            "the drugs have no common marker."
        )
    ]
    if not len(names):
        return "\n".join(lines)
    lines.append(
        f"- Of {study.whose} {counted(len(names), 'marker')}, {len(inside)} are among the genes "
        f"analysed ({listed(inside)}), and {len(found) or 'none'} of these "
        + (f"are common to the drugs ({listed(found)})." if found else "is common to the drugs.")
    )
    if len(common):
        expected = len(common) * len(inside) / n_genes
        lines.append(
            f"- {counted(len(common), 'gene')} drawn at random would on average include "
            f"{expected:.2g} of {study.whose} markers."
        )
    return "\n".join(lines)
