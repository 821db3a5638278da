"""What notebook 03 says, in sentences made from its numbers."""

from pnetlib.words import listed


def of_markers(common, published, top, n_genes):
    """How many genes are common to the drugs and how many published ones are among them."""
    names = published["marker"].unique()
    inside = published.loc[published["in universe"], "marker"].unique()
    came_out = [name for name in names if name in common.index]
    return (
        f"{len(common)} of {n_genes} genes are among the first {top} for every drug; the first are "
        f"{listed(common.index[:7])}. Of the {len(names)} published markers {len(inside)} are "
        f"among the genes analysed ({listed(inside)}) and {len(came_out)} come out as common by "
        f"our rule ({listed(came_out)})."
    )
