"""Sentences of notebook 03, generated from its numbers."""

from pnetlib.words import counted, listed


def conclusion(common, published, top, n_genes):
    """Return how many genes are common to the drugs and which published markers are among them.

    Parameters
    ----------
    common, published : DataFrame
        As `common_markers` and `published_markers` return them.
    top, n_genes : int
        Ranks that count for a marker, and genes analysed.
    """
    names = published["marker"].unique()
    inside = published.loc[published["in universe"], "marker"].unique()
    found = [name for name in names if name in common.index]
    expected = len(common) * len(inside) / n_genes
    first = f", above all {listed(common.index[:7])}" if len(common) else ""
    return (
        f"- By our rule {counted(len(common), 'gene')} of {n_genes} matter for every drug, that is, "
        f"rank among the first {top} for each{first}.\n"
        f"- Of the paper's {len(names)} markers, {len(inside)} are among the genes analysed "
        f"({listed(inside)}), and {len(found)} of these are common to the drugs ({listed(found)}). "
        f"The same number of genes drawn at random would contain {expected:.1f} of them."
    )
