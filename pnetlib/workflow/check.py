"""What ``--check`` can say of own tables before anything is executed."""

from __future__ import annotations

from pnetlib.datasets.own_source import config_path
from pnetlib.errors import PnetError
from pnetlib.words import agreed, counted
from pnetlib.workflow.options import Options
from pnetlib.workflow.settings import name_origin


def check_tables(options: Options) -> str:
    """Read the own tables of a run, and return what was checked and what was not; "" for other sources.

    Genes, markers, regulators and groups are checked against the tables. Without the packages that
    read them nothing is, and the sentence says so.

    Raises
    ------
    PnetError
        If the tables, or what is asked of them, are wrong.
    """
    if not options.run.own:
        return ""
    try:
        from pnetlib.datasets.own_cohort import known_tissues
        from pnetlib.datasets.regulons import TFS
        from pnetlib.steps.data.compute import forced_for
        from pnetlib.steps.data.sentences import direction
        from pnetlib.steps.networks.compute import fitting_size, require_folds, split_groups
        from pnetlib.steps.sizes import profile_named, with_genes
        from pnetlib.steps.study import with_markers
    except ImportError as error:
        return f"Checked: the options. Not checked: the config and the tables, as {error.name} is not installed."
    run, asked = options.run, {}
    for own in options.parameters.values():
        asked |= own
    try:
        cohort = run.cohort(fresh=True, drugs=asked.get("drugs", ""))
        cohort = with_markers(
            run.with_genes(cohort, asked.get("genes", "")), asked.get("markers", "")
        )
        if (regulators := asked.get("regulators", "")) != TFS:  # its table may have to be fetched
            run.regulators(regulators, cohort)
        counts = (asked.get("n_genes", 0), asked.get("gene_fraction", 0.0))
        sizes, rule = (
            with_genes(profile_named(run.profile), *counts, cohort),
            asked.get("groups", "extreme"),
        )
        size = asked.get("group_size", 0) or fitting_size(cohort, sizes.group_size, rule)
        require_folds(size)
        split_groups(cohort, size, rule=rule)
        cohort.top_genes(sizes.n_genes, force=forced_for(cohort, asked.get("force_genes", "")))
    except PnetError as error:
        name_origin(error, options.origins)
        raise
    lines, genes = cohort.expression.shape
    responses = cohort.response.shape[1]
    tissues = known_tissues(cohort.annotation["tissue"]).nunique()
    return "\n".join(
        [
            *cohort.provenance["handled"],
            direction(**cohort.provenance["own"]),
            f"Checked: the options{', the config' * (config_path(run.source) is not None)} and the tables, with {counted(lines, 'cell line')}, "
            f"{genes:,} {agreed(genes, 'gene', 'genes')}, {counted(responses, 'response')}, {counted(tissues or 'no', 'tissue')} and groups of {size}. "
            "Not checked: what the notebooks find in them.",
        ]
    )
