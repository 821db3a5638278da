"""The cohort: checked expression, drug response and annotation of the same cell lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pnetlib.datasets.truth import SimulationTruth
from pnetlib.errors import (
    CorruptFileError,
    DataError,
    DuplicateError,
    MissingColumnError,
    MissingDrugError,
    UsageError,
)
from pnetlib.execution.files import BROKEN, check_arrays
from pnetlib.execution.storage import whole_file
from pnetlib.words import counted, first_few, likely_few

ANNOTATION = ("cell_line", "tissue", "tcga")
UNKNOWN = "unknown"
# Spellings of one TCGA label, and of no label, in the releases.
_SAME_LABEL = {"COAD/READ": "COREAD", "UNABLE TO CLASSIFY": "", "UNCLASSIFIED": ""}
_FORMAT = 1
_PROVENANCE = {"source": str, "simulated": bool, "files": dict, "handled": list, "drugs": dict}


@dataclass(frozen=True, eq=False)
class Cohort:
    """Expression, drug response and annotation of the same cell lines, checked when made.

    Parameters
    ----------
    expression : DataFrame of shape (n_lines, n_genes)
        Expression of the cell lines, finite float64; index the COSMIC ids as text, columns the
        gene symbols.
    response : DataFrame of shape (n_lines, n_drugs)
        Responses to the drugs: ln IC50 as z-scores per drug (ddof = 1), NaN where the drug was
        not measured in the cell line; columns the drug names. Larger is more resistant.
    annotation : DataFrame of shape (n_lines, 3)
        Columns ``cell_line``, ``tissue`` and ``tcga``; empty text becomes ``"unknown"``.
    provenance : dict
        ``source`` (str), ``simulated`` (bool), ``files`` (name to SHA-256), ``handled`` (one
        sentence per correction made to the data), ``drugs`` (name to GDSC id), and anything
        else that JSON can store.
    truth : SimulationTruth, default None
        Network and effects from which a simulated cohort was drawn.

    Attributes
    ----------
    expression, response, annotation : DataFrame
        The checked tables, with text labels; blanks in `annotation` are filled.
    provenance : dict
        Origin of the data, as passed.
    truth : SimulationTruth or None
        The planted truth, as passed.

    Raises
    ------
    DuplicateError
        If a cell line, gene or drug appears twice.
    MissingColumnError
        If the annotation lacks a column.
    MissingDrugError
        If a drug has no response at all or no id in the provenance.
    DataError
        If the tables differ in cell lines or in their order, a value of expression is missing
        or infinite, a gene is constant, or the provenance is incomplete.

    See Also
    --------
    pnetlib.datasets.load_cohort : Load the cohort of a source.

    Examples
    --------
    >>> from pnetlib import load_cohort
    >>> cohort = load_cohort("simulated", size="smoke")
    >>> cohort.expression.shape, cohort.response.shape
    ((240, 150), (240, 4))
    >>> cohort.truth.B.shape
    (80, 80)
    """

    expression: pd.DataFrame
    response: pd.DataFrame
    annotation: pd.DataFrame
    provenance: dict[str, Any]
    truth: SimulationTruth | None = None

    def __post_init__(self) -> None:
        _check_provenance(self.provenance, self.truth)
        expression = _numbers(self.expression, "expression")
        response = _numbers(self.response, "response")
        annotation = _checked_annotation(self.annotation)
        _refuse_duplicates(expression.index, "cell line in expression")
        _refuse_duplicates(annotation.index, "cell line in annotation")
        _refuse_duplicates(expression.columns, "gene")
        _refuse_duplicates(response.columns, "drug")
        _refuse_misaligned(expression.index, response.index, "response")
        _refuse_misaligned(expression.index, annotation.index, "annotation")
        _check_expression(expression)
        _check_response(response, self.provenance["drugs"])
        # The class is frozen: an assignment would raise.
        vars(self).update(expression=expression, response=response, annotation=annotation)

    def lines_for(self, drug: str) -> pd.Index:
        """Return the cell lines in which a drug was measured.

        Parameters
        ----------
        drug : str
            Name of a drug.

        Returns
        -------
        Index
            Ids of the cell lines, in the order of the cohort.

        Raises
        ------
        MissingDrugError
            If the cohort has no such drug.

        See Also
        --------
        complete_lines : The cell lines in which several drugs were measured.

        Examples
        --------
        >>> from pnetlib import load_cohort
        >>> len(load_cohort("simulated", size="smoke").lines_for("Docetaxel"))
        225
        """
        return self.complete_lines([drug])

    def complete_lines(self, drugs: Iterable[str] | None = None) -> pd.Index:
        """Return the cell lines in which all of the drugs were measured.

        Parameters
        ----------
        drugs : iterable of str, default None
            Names of drugs; None means all drugs of the cohort.

        Returns
        -------
        Index
            Ids of the cell lines, in the order of the cohort.

        Raises
        ------
        MissingDrugError
            If the cohort lacks one of the drugs.

        See Also
        --------
        lines_for : The cell lines in which one drug was measured.

        Examples
        --------
        >>> from pnetlib import load_cohort
        >>> len(load_cohort("simulated", size="smoke").complete_lines())
        200
        """
        wanted = list(self.response.columns if drugs is None else drugs)
        unknown = [drug for drug in wanted if drug not in self.response.columns]
        if unknown:
            raise MissingDrugError(
                f"The cohort has no response to {first_few(unknown)}; choose from "
                f"{first_few(self.response.columns, most=12)}."
            )
        return self.response.index[self.response[wanted].notna().all(axis=1)]

    def top_genes(
        self, n_genes: int, lines: Iterable[str] | None = None, force: Iterable[str] = ()
    ) -> pd.Index:
        """Return the genes with the largest variance in descending order, then the forced ones.

        Parameters
        ----------
        n_genes : int
            Number of genes chosen by variance (ddof = 1); ties are broken by name.
        lines : iterable of str, default None
            Cell lines over which the variance is computed; None means all. Give the training
            lines of a fold, so that the choice does not depend on the held-out ones.
        force : iterable of str, default ()
            Genes to append, in this order, unless they are among the first `n_genes`.

        Returns
        -------
        Index
            Gene symbols.

        Raises
        ------
        UsageError
            If `n_genes` is not between 1 and the number of genes, a cell line or gene is
            unknown, or there are fewer than two cell lines.

        See Also
        --------
        subset : The cohort restricted to some cell lines and genes.

        Examples
        --------
        >>> from pnetlib import load_cohort
        >>> genes = load_cohort("simulated", size="smoke").top_genes(20, force=["ANXA10"])
        >>> "ANXA10" in genes
        True
        """
        genes = self.expression.columns
        if not 1 <= n_genes <= len(genes):
            raise UsageError(
                f"n_genes is {n_genes}, but must be between 1 and {len(genes)}, as the cohort has "
                f"{len(genes)} genes."
            )
        force = list(dict.fromkeys(force))
        _refuse_unknown(force, genes, "gene")
        values = self.expression.to_numpy()
        if lines is not None:
            lines = pd.Index(lines)
            _refuse_unknown(lines, self.expression.index, "cell line")
            values = values[self.expression.index.get_indexer(lines)]
        if len(values) < 2:
            raise UsageError(
                "The variance of a gene needs at least two cell lines; give more in lines."
            )
        # One memory layout, so that the sums do not depend on the order of the genes.
        variance = np.ascontiguousarray(values).var(axis=0, ddof=1)
        order = np.lexsort((genes.to_numpy(dtype=str), -variance))
        top = genes[order[:n_genes]]
        added = [gene for gene in force if gene not in top]
        return top.append(pd.Index(added, dtype=top.dtype))

    def subset(
        self, lines: Iterable[str] | None = None, genes: Iterable[str] | None = None
    ) -> Cohort:
        """Return the cohort restricted to some cell lines and genes, in the order given.

        The responses are still z-scores over the whole cohort, and `truth` is still that of the
        whole simulation.

        Parameters
        ----------
        lines : iterable of str, default None
            Ids of cell lines; None means all.
        genes : iterable of str, default None
            Gene symbols; None means all.

        Returns
        -------
        Cohort
            A new cohort; this one is unchanged.

        Raises
        ------
        UsageError
            If a cell line or gene is unknown.
        DataError
            If a gene is constant in the cell lines that remain.
        MissingDrugError
            If a drug was not measured in any of them.

        See Also
        --------
        top_genes : The genes with the largest variance.
        with_drugs : The cohort restricted to some drugs.

        Examples
        --------
        >>> from pnetlib import load_cohort
        >>> cohort = load_cohort("simulated", size="smoke")
        >>> part = cohort.subset(cohort.complete_lines(), cohort.top_genes(20))
        >>> part.expression.shape
        (200, 20)
        """
        lines = self.expression.index if lines is None else pd.Index(lines)
        genes = self.expression.columns if genes is None else pd.Index(genes)
        _refuse_unknown(lines, self.expression.index, "cell line")
        _refuse_unknown(genes, self.expression.columns, "gene")
        return replace(
            self,
            expression=self.expression.loc[lines, genes],
            response=self.response.loc[lines],
            annotation=self.annotation.loc[lines],
        )

    def with_drugs(self, drugs: Iterable[str]) -> Cohort:
        """Return the cohort restricted to some of its drugs, in the order given.

        Parameters
        ----------
        drugs : iterable of str
            Names of drugs.

        Returns
        -------
        Cohort
            A new cohort; this one is unchanged.

        Raises
        ------
        MissingDrugError
            If the cohort has no response to one of them.

        See Also
        --------
        subset : The cohort restricted to some cell lines and genes.

        Examples
        --------
        >>> from pnetlib import load_cohort
        >>> cohort = load_cohort("simulated", size="smoke").with_drugs(["Docetaxel"])
        >>> list(cohort.response.columns)
        ['Docetaxel']
        """
        drugs = list(drugs)
        self.complete_lines(drugs)
        ids = {drug: self.provenance["drugs"][drug] for drug in drugs}
        return replace(
            self, response=self.response[drugs], provenance={**self.provenance, "drugs": ids}
        )

    def save(self, path: str | Path) -> None:
        """Write the cohort as npz without pickles; equal cohorts give identical bytes.

        Parameters
        ----------
        path : str or Path
            The file to write.

        Raises
        ------
        SetupError
            If the file cannot be written; an existing file is then left as it was.

        See Also
        --------
        load : Read the file again.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from pnetlib.datasets import Cohort, load_cohort
        >>> cohort = load_cohort("simulated", size="smoke")
        >>> with TemporaryDirectory() as folder:
        ...     cohort.save(Path(folder, "cohort.npz"))
        ...     again = Cohort.load(Path(folder, "cohort.npz"))
        >>> again.expression.equals(cohort.expression)
        True
        """
        arrays = {
            "format": np.array(_FORMAT),
            "lines": self.expression.index.to_numpy(dtype=str),
            "genes": self.expression.columns.to_numpy(dtype=str),
            "drugs": self.response.columns.to_numpy(dtype=str),
            "expression": np.ascontiguousarray(self.expression.to_numpy()),
            "response": np.ascontiguousarray(self.response.to_numpy()),
            "annotation": self.annotation.to_numpy(dtype=str),
            "provenance": np.array(json.dumps(self.provenance, sort_keys=True)),
        }
        if self.truth is not None:
            truth = self.truth.to_arrays()
            arrays |= {f"truth_{name}": np.asarray(value) for name, value in truth.items()}
        objects = [name for name, value in arrays.items() if value.dtype == object]
        if objects:
            raise TypeError(
                f"{first_few(objects)} cannot be stored as an array of objects; use numbers or "
                "text."
            )
        with whole_file(Path(path)) as partial, open(partial, "wb") as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> Cohort:
        """Read a cohort that `save` wrote.

        Parameters
        ----------
        path : str or Path
            The file to read.

        Returns
        -------
        Cohort
            The cohort, checked again.

        Raises
        ------
        CorruptFileError
            If the file is missing, truncated or not a stored cohort.

        See Also
        --------
        save : Write the file.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from pnetlib.datasets import Cohort, load_cohort
        >>> with TemporaryDirectory() as folder:
        ...     load_cohort("simulated", size="smoke").save(Path(folder, "cohort.npz"))
        ...     cohort = Cohort.load(Path(folder, "cohort.npz"))
        >>> cohort.provenance["simulated"]
        True
        """
        try:
            with np.load(check_arrays(Path(path)), allow_pickle=False) as stored:
                arrays = dict(stored)
            if arrays["format"] != _FORMAT:
                raise ValueError("unknown format")
            lines, genes, drugs = (pd.Index(arrays[key]) for key in ("lines", "genes", "drugs"))
            truth = {
                name.removeprefix("truth_"): value
                for name, value in arrays.items()
                if name.startswith("truth_")
            }
            labels = {"expression": genes, "response": drugs, "annotation": list(ANNOTATION)}
            parts = {
                name: pd.DataFrame(arrays[name], index=lines, columns=columns)
                for name, columns in labels.items()
            }
            parts["provenance"] = json.loads(str(arrays["provenance"]))
        except (*BROKEN, CorruptFileError, OSError, KeyError, ValueError, TypeError) as error:
            raise CorruptFileError(
                f"{Path(path).name} is not a complete stored cohort: delete it and run step 01 "
                "again."
            ) from error
        return cls(**parts, truth=SimulationTruth.from_arrays(truth) if truth else None)


def assemble_cohort(
    expression: pd.DataFrame,
    ln_ic50: pd.DataFrame,
    annotation: pd.DataFrame,
    provenance: Mapping[str, Any],
) -> Cohort:
    """Align the three tables of a source to the same cell lines and standardise the responses.

    The cell lines are those with expression, ordered by id, and the genes are ordered by name,
    so that the cohort does not depend on the order of a file. Constant genes are dropped,
    cell lines without annotation are labelled unknown, and tissues that differ in capitals alone
    are one tissue; ``provenance["handled"]`` gets a sentence
    for each of these corrections.

    All four are as for `Cohort`, but may have different cell lines, in any order, and `ln_ic50` has
    the natural logarithm of IC50 in micromolar, NaN where not measured.
    """
    handled = list(provenance["handled"])
    _refuse_duplicates(expression.index, "cell line in expression")
    _refuse_duplicates(ln_ic50.index, "cell line in response")
    _refuse_duplicates(annotation.index, "cell line in annotation")
    _refuse_duplicates(expression.columns, "gene")
    lines = pd.Index(sorted(expression.index, key=_id_order))
    values = expression.to_numpy()
    constant = expression.columns[values.max(axis=0) == values.min(axis=0)]
    if len(constant):
        handled.append(
            f"{counted(len(constant), 'gene')} dropped for being constant: {first_few(constant)}."
        )
    genes = expression.columns.difference(constant, sort=False).sort_values()
    unmatched = ln_ic50.index.difference(lines)
    if len(unmatched):
        handled.append(
            f"{counted(len(unmatched), 'cell line')} with a response but no expression left out: "
            f"{first_few(sorted(unmatched, key=_id_order))}."
        )
    unannotated = lines.difference(annotation.index)
    if len(unannotated):
        handled.append(
            f"{counted(len(unannotated), 'cell line')} not annotated: {first_few(unannotated)}."
        )
    annotation = annotation.reindex(lines)
    labels = annotation["tcga"].replace(_SAME_LABEL)
    if not labels.equals(annotation["tcga"]):
        handled.append(
            "TCGA label COAD/READ taken as COREAD, and those that say unclassified as unknown."
        )
    tissues = _one_spelling(annotation["tissue"], handled)
    return Cohort(
        expression=expression.loc[lines, genes],
        response=z_scores(ln_ic50.reindex(lines)),
        annotation=annotation.assign(tissue=tissues, tcga=labels),
        provenance={**provenance, "handled": handled},
    )


def _one_spelling(tissues: pd.Series, handled: list[str]) -> pd.Series:
    """Return tissues that differ in capitals alone in one spelling: small letters where there are any."""
    tissues = tissues.fillna("").astype(str).str.strip()
    spellings = {name: set(names) for name, names in tissues.groupby(tissues.str.casefold())}
    # Small letters come after capitals.
    several = {max(names): names for names in spellings.values() if len(names) > 1}
    if several:
        shown = first_few(
            f"{one} ({', '.join(sorted(names - {one}))})" for one, names in several.items()
        )
        handled.append(f"Tissues that differ in capitals alone taken as one: {shown}.")
    return tissues.replace({name: one for one, names in several.items() for name in names})


def z_scores(values: pd.DataFrame) -> pd.DataFrame:
    """Standardise each column over its measured rows to mean 0 and standard deviation 1 (ddof = 1).

    A column with fewer than two different values raises a `DataError`.
    """
    for drug in values.columns[~(values.max() > values.min())]:
        raise DataError(
            f"The response to {drug} does not vary over the {values[drug].count()} cell lines "
            "that also have expression, so it has no z-score; leave that drug out."
        )
    return (values - values.mean()) / values.std(ddof=1)


def _numbers(table: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return a table as float64, with its labels as text."""
    if table.empty:
        raise DataError(f"The table of {what} is empty; give at least one row and one column.")
    try:
        table = table.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"The table of {what} has a value that is not a number ({error}); correct it."
        ) from error
    return table.set_axis(_text(table.index), axis=0).set_axis(_text(table.columns), axis=1)


def _text(labels: pd.Index) -> pd.Index:
    return pd.Index([str(label) for label in labels])


def _checked_annotation(annotation: pd.DataFrame) -> pd.DataFrame:
    missing = [column for column in ANNOTATION if column not in annotation.columns]
    if missing:
        raise MissingColumnError(f"The annotation lacks the column {first_few(missing)}; add it.")
    table = annotation[list(ANNOTATION)].fillna("").astype(str)
    table = table.apply(lambda column: column.str.strip()).replace("", UNKNOWN)
    return table.set_axis(_text(table.index), axis=0)


def _check_provenance(provenance: Any, truth: Any) -> None:
    for key, kind in _PROVENANCE.items():
        if not isinstance(provenance, dict) or type(provenance.get(key)) is not kind:
            raise DataError(f"The provenance lacks {key!r}; add it as a {kind.__name__}.")
    if truth is not None and not provenance["simulated"]:
        raise DataError(
            "A cohort with a known truth must be labelled simulated in its provenance; set "
            "'simulated' to True."
        )
    try:
        json.dumps(provenance, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"The provenance cannot be stored as JSON ({error}); use numbers, text, lists and "
            "dicts."
        ) from error


def _check_expression(expression: pd.DataFrame) -> None:
    values = expression.to_numpy()
    lowest, highest = values.min(axis=0), values.max(axis=0)
    if not (np.isfinite(lowest).all() and np.isfinite(highest).all()):
        line, gene = np.argwhere(~np.isfinite(values))[0]
        raise DataError(
            f"The expression of {expression.columns[gene]} in the cell line "
            f"{expression.index[line]} is missing or infinite; correct it or leave the gene out."
        )
    constant = expression.columns[lowest == highest]
    if len(constant):
        raise DataError(
            f"The expression of {first_few(constant)} is the same in all {len(values)} cell lines; "
            f"leave {counted(len(constant), 'such gene')} out."
        )


def _check_response(response: pd.DataFrame, ids: Mapping[str, Any]) -> None:
    if np.isinf(response.to_numpy()).any():
        drug = response.columns[np.isinf(response.to_numpy()).any(axis=0)][0]
        raise DataError(f"The response to {drug} has an infinite value; leave it blank.")
    empty = response.columns[response.isna().all()]
    if len(empty):
        raise MissingDrugError(
            f"No cell line with expression has a response to {first_few(empty)}; check the drug id."
        )
    unknown = [drug for drug in response.columns if drug not in ids]
    if unknown:
        raise MissingDrugError(
            f"The provenance gives no drug id for {first_few(unknown)}; add it to 'drugs'."
        )


def _refuse_duplicates(labels: pd.Index, what: str) -> None:
    twice = labels[labels.duplicated()].unique()
    if len(twice):
        raise DuplicateError(
            f"The {what} {first_few(twice)} appears more than once; keep one of each."
        )


def _refuse_misaligned(lines: pd.Index, others: pd.Index, what: str) -> None:
    if lines.equals(others):
        return
    if len(apart := lines.symmetric_difference(others)):
        raise DataError(
            f"Expression and {what} have different cell lines: {first_few(apart)} only in one of "
            "them; give both the same."
        )
    raise DataError(
        f"Expression and {what} have the same cell lines in a different order; use one order."
    )


def _refuse_unknown(labels: Iterable[str], known: pd.Index, what: str) -> None:
    unknown = [label for label in labels if label not in known]
    if unknown:
        raise UsageError(
            f"The cohort has no {what} {likely_few(unknown, known)}; correct the name."
        )


def _id_order(line: str) -> tuple[int, str]:
    """Return a sort key that puts numeric ids first, by number, and other ids after, by text."""
    return (int(line), "") if line.isdecimal() else (1 << 62, line)
