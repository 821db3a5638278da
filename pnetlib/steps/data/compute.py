"""Cell lines, genes and responses of the analysis: the tables of notebook 01."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

from pnetlib.datasets.cohort import Cohort
from pnetlib.errors import UsageError
from pnetlib.paper.markers import MARKERS
from pnetlib.steps.study import study_of


def forced_genes(text: str, markers: Collection[str] = MARKERS) -> tuple[str, ...]:
    """Return the genes named in a text, separated by commas or spaces.

    The word ``markers`` stands for the markers of the study, by default those of the paper.

    Raises
    ------
    UsageError
        If a gene is named twice.
    """
    genes: list[str] = []
    for word in text.replace(",", " ").split():
        genes.extend(markers if word == "markers" else [word])
    twice = sorted({gene for gene in genes if genes.count(gene) > 1})
    if twice:
        raise UsageError(f"force_genes names {', '.join(twice)} more than once; name it once.")
    return tuple(genes)


def forced_for(cohort: Cohort, text: str) -> tuple[str, ...]:
    """Return the genes of a cohort that enter whatever their variance: those named in a text.

    Markers of a study of one's own come first.
    """
    study = study_of(cohort)
    return tuple(dict.fromkeys((*study.forced, *forced_genes(text, study.markers))))


def gene_table(cohort: Cohort, n_genes: int, force: Sequence[str] = ()) -> pd.DataFrame:
    """Return all genes, largest variance first, and which of them the analysis takes.

    These are the first `n_genes` by variance over all cell lines, and those in `force` whatever
    their variance.

    Returns
    -------
    DataFrame
        Index the genes; columns ``rank`` (from 1), ``variance`` (ddof = 1) and ``mean`` (log2),
        ``taken`` (``"variance"``, ``"forced"`` or ``""``) and ``marker`` (bool).

    Raises
    ------
    UsageError
        If `n_genes` is not between 1 and the number of genes, or a forced gene is unknown.
    """
    taken = cohort.top_genes(n_genes, force=force)
    genes = cohort.top_genes(cohort.expression.shape[1])
    values = cohort.expression[genes]
    table = pd.DataFrame(
        {
            "rank": range(1, len(genes) + 1),
            "variance": values.var(ddof=1),
            "mean": values.mean(),
            "taken": "",
            "marker": genes.isin(list(study_of(cohort).markers)),
        },
        index=genes.rename("gene"),
    )
    table.loc[taken[:n_genes], "taken"] = "variance"
    table.loc[taken[n_genes:], "taken"] = "forced"
    return table


def marker_table(genes: pd.DataFrame, markers: Collection[str] = MARKERS) -> pd.DataFrame:
    """Return the markers' rows of `gene_table`, blank for a marker not in the cohort."""
    index = pd.Index(list(markers), name="gene", dtype=str)
    table = genes.reindex(index).drop(columns="marker")
    table["rank"] = table["rank"].astype("Int64")
    return table.assign(taken=table["taken"].fillna("not in the cohort"))


def response_table(cohort: Cohort) -> pd.DataFrame:
    """Return the number of lines measured and the spread of the z-scores per drug.

    Drugs of GDSC have their ids, in the column ``gdsc_id``; responses of own tables have none.
    """
    z = cohort.response
    table = pd.DataFrame(
        {
            "gdsc_id": pd.Series(cohort.provenance["drugs"], dtype="Int64"),
            "lines": z.count(),
            "missing": z.isna().sum(),
            "lowest": z.min(),
            "median": z.median(),
            "highest": z.max(),
            "skewness": z.skew(),
        }
    )
    table = table.loc[z.columns].rename_axis("drug")
    return table.drop(columns="gdsc_id") if "own" in cohort.provenance else table


def response_correlation(cohort: Cohort) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the Pearson correlations of the responses and the number of lines of each."""
    measured = cohort.response.notna().astype(int)
    r, n = cohort.response.corr(), measured.T @ measured
    return r.rename_axis("drug"), n.rename_axis("drug")


def tissue_table(cohort: Cohort) -> pd.DataFrame:
    """Return the numbers of lines, and of lines with all responses, per tissue; largest first."""
    complete = cohort.expression.index.isin(cohort.complete_lines())
    table = pd.DataFrame({"tissue": cohort.annotation["tissue"], "complete": complete})
    counts = table.groupby("tissue")["complete"].agg(lines="size", complete="sum")
    return (
        counts.reset_index()
        .sort_values(["lines", "tissue"], ascending=[False, True], ignore_index=True)
        .set_index("tissue")
    )


def data_numbers(cohort: Cohort, n_genes: int, force: Sequence[str] = ()) -> dict[str, Any]:
    """Return the numbers of step 01.

    Returns
    -------
    dict
        ``source``, ``simulated``, ``files``, ``handled``; ``lines`` (with expression, with all
        responses, per drug); ``genes`` (stored; taken by variance, and the smallest variance
        among these; named in `force`, how many and which of these lie below the cut; per marker its rank, variance and how it
        was taken, None if it is not in the cohort); ``correlation`` of the responses;
        ``tissues`` (lines per tissue).
    """
    genes = gene_table(cohort, n_genes, force)
    added = list(genes.index[genes["taken"] == "forced"])
    r, _ = response_correlation(cohort)
    markers = {
        gene: {key: genes.at[gene, key] for key in ("rank", "variance", "taken")}
        if gene in genes.index
        else None
        for gene in study_of(cohort).markers
    }
    origin = {key: cohort.provenance[key] for key in ("source", "simulated", "files", "handled")}
    return origin | {
        "lines": {
            "expression": len(cohort.expression),
            "all_responses": len(cohort.complete_lines()),
            "per_drug": cohort.response.count().to_dict(),
        },
        "genes": {
            "stored": len(genes),
            "n_genes": n_genes,
            "force": list(force),
            "forced": len(added),
            "added": added,
            "variance_at_cut": genes["variance"].iloc[n_genes - 1],
            "markers": markers,
        },
        "correlation": {drug: r[drug].to_dict() for drug in r},
        "tissues": tissue_table(cohort)["lines"].to_dict(),
    }
