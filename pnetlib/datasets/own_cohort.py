"""Own tables of expression, responses and annotation as a cohort.

Which side of a table has the cell lines, and which names mean the same line, is found by comparing
names. Whatever is turned, matched or left out is said in the provenance.
"""

from __future__ import annotations

import difflib
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pnetlib.datasets.cells import (
    UNKNOWN as UNKNOWN_WORDS,
    is_measured_text,
    number,
    plain_name,
    unquoted,
)
from pnetlib.datasets.cohort import ANNOTATION, UNKNOWN, Cohort, assemble_cohort
from pnetlib.datasets.lineage import CLASHES, line_key
from pnetlib.datasets.own_source import XLSX, kind_of
from pnetlib.datasets.own_tables import (
    LEAST_LINES,
    OwnTable,
    check_file,
    check_genes,
    read_own_table,
)
from pnetlib.datasets.own_values import refuse_code, refuse_codes, refuse_summaries
from pnetlib.errors import (
    DataError,
    DuplicateError,
    MissingColumnError,
    MissingDrugError,
    UsageError,
)
from pnetlib.execution.storage import digest
from pnetlib.words import agreed, counted, first_few

LEAST_SPREAD = 1e-100  # of the values of a gene or a response; squares of smaller ones vanish
EXCHANGED = 10  # times as many responses as genes suggest that the two files are exchanged
MANY_TISSUES = 0.5  # tissues per line, of which more are hardly tissues
FEW_VALUES = 5  # different values of a response that may be a score rather than a measurement
TISSUE = "tissue"  # usual name of the column
_FEW_NUMBERS = 3  # of a response of text, which show that numbers are meant
_DIRECTIONS = ("resistant", "sensitive")
_SEPARATORS = re.compile(r"[\s\-_.,/:;()\[\]'\"\u2010-\u2015]+")
_POINT = re.compile(r"(\d+)\.0+")
_SPELLINGS = {
    "cell_line": ("cell_line", "cell_line_name", "name", "sample_name"),
    "tcga": ("tcga", "tcga_label"),
}


def read_own_cohort(
    expression: str | Path,
    response: str | Path,
    annotation: str | Path | None = None,
    *,
    name: str,
    responses: Sequence[str] = (),
    larger: str = "resistant",
    measure: str = "response",
    tissue: str = "",
    layer: str = "",
    raw: bool = False,
    sheet: str | Mapping[str, str] | None = None,
) -> Cohort:
    """Read own tables as a cohort; the order of their rows and columns does not matter.

    Parameters
    ----------
    expression : str or Path
        Table of expression: cell lines x genes, or genes x cell lines.
    response : str or Path
        Table of continuous responses: cell lines x responses, or the other way round. Blank cells
        and words such as NA were not measured.
    annotation : str or Path, default None
        Table with one row per cell line. Its columns ``cell_line`` (or ``name``), the one that
        `tissue` names (or ``tissue``) and ``tcga`` are used. None means that every tissue is unknown.
    name : str
        Name of the source in the provenance.
    responses : sequence of str, default ()
        Responses to use, in this order; none means all, by name.
    larger : {"resistant", "sensitive"}, default "resistant"
        What a larger response means. If ``"sensitive"``, the sign is changed, so that larger is more
        resistant, as everywhere in this library.
    measure : str, default "response"
        What was measured, such as ``"ln IC50"``; stored in the provenance.
    tissue : str, default ""
        Column of the annotation with the tissue; "" means ``tissue``, if there is one.
    layer : str, default ""
        Layer of an expression in .h5ad; "" means its X.
    raw : bool, default False
        Whether the raw matrix of an expression in .h5ad is used.
    sheet : str or mapping of str to str, default None
        Sheet of the workbooks, or the sheet of each of ``"expression"``, ``"response"`` and
        ``"annotation"``. None means the only one that has values.

    Returns
    -------
    Cohort
        With the cell lines that both tables have. The ids of its drugs are None.

    Raises
    ------
    UsageError
        If an option has a wrong value or does not suit the files.
    SetupError
        If a package is missing that a kind of file needs.
    MissingDrugError
        If there is no response of a name.
    MissingColumnError
        If the annotation lacks the column of tissues.
    DataError, CorruptFileError, DuplicateError
        If a file cannot be read, its values cannot be used, or names do not say which line is meant.

    See Also
    --------
    find_tables : Find the tables in a folder.
    pnetlib.datasets.annotated.cohort_from_anndata : The same for an AnnData.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> lines = [f"L{at}" for at in range(12)]
    >>> values = np.random.default_rng(0).normal(size=(12, 4))
    >>> with TemporaryDirectory() as folder:
    ...     files = Path(folder, "expression.csv"), Path(folder, "response.csv")
    ...     pd.DataFrame(values[:, :3], lines, ["TP53", "MDM2", "ESR1"]).T.to_csv(files[0])
    ...     pd.DataFrame(values[:, 3:], lines, ["drug A"]).to_csv(files[1])
    ...     cohort = read_own_cohort(*files, name="own")
    >>> cohort.expression.shape, cohort.provenance["handled"][0]
    ((12, 3), 'expression.csv has genes in rows; it was turned.')
    """
    paths = {"expression": Path(expression), "response": Path(response)}
    if annotation is not None:
        paths["annotation"] = Path(annotation)
    for path in paths.values():
        check_file(path)
    sheets = _sheets(paths, sheet)
    tables = {}
    for kind, path in paths.items():
        matrix = {"layer": layer, "raw": raw} if kind == "expression" else {}
        tables[kind] = read_own_table(path, kind, sheet=sheets.get(kind), **matrix)
    return cohort_of_tables(
        tables["expression"],
        tables["response"],
        tables.get("annotation"),
        name=name,
        files=_digests(paths.values()),
        responses=responses,
        larger=larger,
        measure=measure,
        tissue=tissue,
    )


def cohort_of_tables(
    expression: OwnTable,
    response: OwnTable,
    annotation: OwnTable | None = None,
    *,
    name: str,
    files: Mapping[str, str],
    responses: Sequence[str] = (),
    larger: str = "resistant",
    measure: str = "response",
    tissue: str = "",
) -> Cohort:
    """Return the cohort of tables that were read; for the parameters, see `read_own_cohort`.

    `files` has the SHA-256 of each file by name.
    """
    if larger not in _DIRECTIONS:
        raise UsageError(f"larger is {larger!r}, but must be one of {', '.join(_DIRECTIONS)}.")
    if isinstance(responses, str):
        raise UsageError(f"responses is the text {responses!r}; give a list of names.")
    if tissue and annotation is None:
        raise UsageError(
            f"tissue is {tissue!r}, but there is no annotation with such a column; name the file of the "
            "annotation too (below data in config.yml), or leave tissue out."
        )
    responses = [unquoted(plain_name(str(wanted))) for wanted in responses or ()]
    tissue = unquoted(plain_name(tissue))
    handled = [*expression.said, *response.said, *(annotation.said if annotation else ())]
    expression, response = _oriented(expression, response, annotation, handled)
    if not responses:
        _refuse_exchanged(expression, response)
    genes = expression.values.columns
    check_genes(expression.file, genes, handled)
    refuse_code(expression)
    lines = match_lines(response, expression, handled)
    _refuse_summaries(expression, response, lines, not responses)
    # The index is "" where the expression lacks the line.
    response = replace(response, values=response.values.set_axis(lines, axis=0))
    known = sorted(line for line in lines if line)
    at = expression.values.index.get_indexer(known)
    order = np.argsort(genes.to_numpy(dtype=str), kind="stable")
    values = expression.values.to_numpy()[np.ix_(at, order)]
    if (values.max(axis=0) > values.min(axis=0)).sum() < 2:
        raise DataError(
            f"Fewer than two genes of {expression.file} vary over the {len(known)} cell lines; check the "
            "table."
        )
    spread = np.ptp(values, axis=0)
    _refuse_tiny(expression.file, genes[order][(spread > 0) & (spread < LEAST_SPREAD)])
    chosen = _chosen_responses(response, responses, handled)
    measured = pd.DataFrame(
        {drug: response.values[drug].loc[known] for drug in chosen}, index=known, dtype=float
    )
    if larger == "sensitive":
        measured = -measured
        handled.append(
            f"The signs of the values of {response.file} were changed, so that a larger one is more "
            "resistant."
        )
    return assemble_cohort(
        pd.DataFrame(values, known, genes[order]),
        measured,
        _annotation_of(known, annotation, tissue, handled),
        {
            "source": name,
            "simulated": False,
            "files": dict(files),
            "handled": handled,
            "drugs": dict.fromkeys(chosen),
            "own": {"measure": measure, "larger": larger},
        },
    )


def line_spelling(name: str) -> str:
    """Return a name without what may differ between two spellings of one cell line.

    Case, separators and a trailing .0 are taken away; zeros in front are not.

    >>> [line_spelling(name) for name in ("MCF-7", "mcf 7", "905933.0", "007", "905933.1")]
    ['mcf7', 'mcf7', '905933', '007', '905933.1']
    """
    name = plain_name(name.strip())
    if match := _POINT.fullmatch(name):
        return match[1]
    if re.fullmatch(r"[\d.]+", name):
        return name
    return _SEPARATORS.sub("", name.casefold()) or name


def match_lines(table: OwnTable, known: OwnTable, handled: list[str]) -> list[str]:
    """Return the cell line of `known` for each row of a table, "" for rows that it lacks.

    Names match exactly, or else in all but case, separators and a trailing .0. `handled` gets a
    sentence for the latter, and for lines that only one of the tables has.

    Raises
    ------
    DataError
        If a name may mean several lines, or fewer than ten lines are in common.
    DuplicateError
        If two rows mean the same line.
    """
    names, lines = list(table.values.index), known.values.index
    found, respelt = _matches(names, lines, table.file, known.file)
    common = sorted(line for line in found if line)
    if len(common) < LEAST_LINES:
        remedy = (
            "add further ones to both"
            if len(common) == min(len(names), len(lines))
            else f"{known.file} names them {_examples(lines)}, and {table.file} {_examples(names)}"
            f"{_hint(names, lines)}"
        )
        raise DataError(
            f"{known.file} and {table.file} have {counted(len(common), 'cell line')} in common, but "
            f"{LEAST_LINES} are needed; {remedy}."
        )
    if respelt:
        shown = first_few(sorted(f"{name} as {line}" for name, line in respelt.items()))
        handled.append(
            f"{counted(len(respelt), 'cell line')} of {table.file} matched apart from case, separators "
            f"or .0: {shown}."
        )
    for file, left, other in (
        (table.file, [name for name, line in zip(names, found) if not line], known.file),
        (known.file, lines.difference(common), table.file),
    ):
        if len(left):
            handled.append(
                f"{counted(len(left), 'cell line')} of {file} not in {other} left out: "
                f"{first_few(sorted(left))}."
            )
    return found


def _matches(
    names: Sequence[str], lines: Iterable[str], file: str, known: str
) -> tuple[list[str], dict[str, str]]:
    """Return the line of each name, and those that match in all but spelling."""
    lines = list(lines)
    exact = set(lines)
    spelt: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        spelt[line_spelling(line)].append(line)
    taken = exact.intersection(names)
    mine: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if name not in taken:
            mine[line_spelling(name)].append(name)
    found, respelt = [], {}
    for name in names:
        if name in taken:
            found.append(name)
            continue
        key = line_spelling(name)
        candidates = spelt.get(key, [])
        if len(candidates) > 1:
            raise DataError(
                f"The cell line {name} of {file} may be {' or '.join(sorted(candidates))} of {known}; "
                "write it in the same way in both."
            )
        line = candidates[0] if candidates else ""
        if line and (line in taken or len(mine[key]) > 1):
            twins = sorted({*mine[key], *({line} & taken)})
            raise DuplicateError(
                f"{file} has {' and '.join(twins)}, which both may be the cell line {line} of {known}; "
                "keep one, or write its name in the same way in both."
            )
        # Two pairs of real cell lines differ in separators only.
        if line and line_key(name) in CLASHES and name.casefold() != line.casefold():
            line = ""
        found.append(line)
        if line:
            respelt[name] = line
    return found, respelt


def _oriented(
    expression: OwnTable, response: OwnTable, annotation: OwnTable | None, handled: list[str]
) -> tuple[OwnTable, OwnTable]:
    """Return both tables with cell lines in rows, by which of their sides have names in common."""
    sides = [
        {axis: {line_spelling(name) for name in labels} for axis, labels in enumerate(axes)}
        for axes in (expression.values.axes, response.values.axes)
    ]
    common = {
        (own, other): len(sides[0][own] & sides[1][other]) for own in (0, 1) for other in (0, 1)
    }
    enough = [pair for pair, count in common.items() if count >= LEAST_LINES]
    if len(enough) > 1 and annotation is not None:
        labels = {line_spelling(name) for name in annotation.values.index}
        annotated = {axis: len(labels & sides[0][axis]) for axis in (0, 1)}
        axis = max(annotated, key=annotated.__getitem__)
        if annotated[axis] >= LEAST_LINES > annotated[1 - axis]:
            enough = [pair for pair in enough if pair[0] == axis]
    if len(enough) > 1:
        raise DataError(
            f"Names of {expression.file} and {response.file} are the same on several sides "
            f"({_sides(expression, response)}), so that it is not plain which are the cell lines; "
            f"rename the responses, or give an annotation of the lines."
        )
    pair = enough[0] if enough else max(common, key=common.__getitem__)
    if not common[pair]:
        raise DataError(
            f"{expression.file} and {response.file} have no cell line in common "
            f"({_sides(expression, response)}); name the lines in the same way in both"
            f"{_text_column(response, sides[0])}."
        )
    if pair[0]:
        expression = expression.turned()
        handled.append(f"{expression.file} has genes in rows; it was turned.")
    if pair[1]:
        response = response.turned()
        handled.append(f"{response.file} has responses in rows; it was turned.")
    return expression, response


def _refuse_exchanged(expression: OwnTable, response: OwnTable) -> None:
    """Refuse tables with far more responses than genes: they are most likely exchanged."""
    genes, responses = expression.values.shape[1], response.values.shape[1]
    if responses > EXCHANGED * genes:
        raise DataError(
            f"{expression.file}, the expression, has {counted(genes, 'column')} and {response.file}, the "
            f"response, {responses:,}; if the two are exchanged, name them the other way round (the files, "
            "the keys below data in the config, or --expression and --response); if they are not, name the "
            "responses to analyse (responses: names)."
        )


def _refuse_summaries(
    expression: OwnTable, response: OwnTable, lines: Sequence[str], all_responses: bool
) -> None:
    """Refuse a mean, a sum and the like of the others as a gene, a line or a response."""
    refuse_summaries(expression, 1, "genes")
    refuse_summaries(expression, 0, "cell lines", expression.values.index.isin(lines))
    refuse_summaries(response, 0, "cell lines", np.array(lines) != "")
    if all_responses:
        remedy = ", or, if it is meant, list it with the responses in config.yml (responses: names)"
        refuse_summaries(response, 1, "responses", remedy=remedy)


def _sides(*tables: OwnTable) -> str:
    """Return examples of the names on each side of each table."""
    return "; ".join(
        f"{table.file} has rows {_examples(table.values.index)}, and columns "
        f"{_examples(table.values.columns)}"
        for table in tables
    )


def _examples(labels: Iterable[Any]) -> str:
    return first_few(labels, 3)


def _text_column(response: OwnTable, sides: Mapping[int, set[str]]) -> str:
    """Return a hint if a column of text, rather than the first one, has the names of the lines."""
    columns: dict[int, set[str]] = defaultdict(set)
    for (_, column), text in response.texts.items():
        columns[column].add(line_spelling(text))
    for column, names in sorted(columns.items()):
        if any(len(names & side) >= LEAST_LINES for side in sides.values()):
            return f", and move the column {response.values.columns[column]}, which has them, to the front"
    return ""


def _hint(names: Sequence[str], lines: Iterable[str]) -> str:
    """Return a hint if R has put an X in front of numbers."""
    for ours, theirs in ((names, lines), (lines, names)):
        stripped = {line_spelling(name[1:]) for name in ours if re.match(r"X\d", name)}
        if stripped & {line_spelling(name) for name in theirs}:
            return " (R puts an X before numbers: write the table with check.names = FALSE)"
    return ""


def _chosen_responses(table: OwnTable, responses: Sequence[str], handled: list[str]) -> list[str]:
    """Return the names of the responses to use; refuse those that are not continuous.

    Rows of `table` whose line is "" do not count.
    """
    names = list(table.values.columns)
    for wanted in responses:
        if wanted not in names:
            close = difflib.get_close_matches(str(wanted), names, 3, 0.5)
            hint = f"the closest {agreed(len(close), 'name is', 'names are')} {first_few(close)}"
            raise MissingDrugError(
                f"{table.file} has no response {wanted!r}; "
                f"{hint if close else f'it has {first_few(sorted(names))}'}."
            )
    if len(set(responses)) < len(responses):
        raise UsageError(
            f"responses names {first_few(responses)} with one of them twice; name it once."
        )
    inside = table.values.index != ""
    few, constant, chosen = [], [], []
    refuse_codes(table, responses or names, inside)
    for response in responses or sorted(names):
        column = names.index(response)
        _refuse_text(table, column, inside)
        values = table.values.iloc[:, column].to_numpy()[inside]
        values = values[~np.isnan(values)]
        levels = np.unique(values)
        if len(values) < LEAST_LINES:
            few.append(f"{response} ({len(values)})")
        elif np.ptp(levels) <= 1e-12 * np.abs(levels).max():
            constant.append(response)
        elif len(levels) == 2:
            raise DataError(
                f"The response {response} of {table.file} has two values only, {levels[0]:g} and "
                f"{levels[1]:g}; yes/no responses are not supported, continuous responses only. Choose "
                "others with responses, or remove it."
            )
        else:
            _refuse_tiny(table.file, [response] * int(np.ptp(levels) < LEAST_SPREAD))
            chosen.append(response)
            if len(levels) <= FEW_VALUES and len(values) > 4 * FEW_VALUES:
                handled.append(
                    f"The response {response} has {len(levels)} different values only; it is taken as "
                    "continuous."
                )
    for found, what in (
        (few, f"measured in fewer than {LEAST_LINES} cell lines that have expression"),
        (constant, "the same in all cell lines that have expression"),
    ):
        if found and responses:
            raise DataError(
                f"{table.file}: {first_few(found)} {'is' if len(found) == 1 else 'are'} {what}; choose "
                "other responses."
            )
        if found:
            handled.append(
                f"{counted(len(found), 'response')} of {table.file} {what} left out: {first_few(found)}."
            )
    if not chosen:
        raise DataError(
            f"{table.file} has no response that can be used: {handled[-1]} Each needs {LEAST_LINES} "
            "lines with different values."
        )
    return chosen


def _refuse_tiny(file: str, names: Sequence[str]) -> None:
    """Refuse values whose squares would vanish."""
    if len(names):
        raise DataError(
            f"The values of {first_few(names)} in {file} differ by less than {LEAST_SPREAD:g}; give them in "
            "another unit."
        )


def _refuse_text(table: OwnTable, column: int, inside: np.ndarray) -> None:
    """Refuse a response with cells of text in the rows that count."""
    if table.is_text is None:
        return
    rows = np.flatnonzero(table.is_text[:, column] & inside)
    if not rows.size:
        return
    response = table.values.columns[column]
    words = [table.texts[row, column] for row in rows if (row, column) in table.texts]
    n_numbers = table.values.iloc[inside, column].notna().sum()
    measured = n_numbers >= _FEW_NUMBERS or 2 * sum(map(is_measured_text, words)) > len(words)
    as_text = all(math.isfinite(number(word)) for word in words)
    if len(rows) > n_numbers and (as_text or not measured):
        shown = first_few(map(repr, dict.fromkeys(words)), 3)
        levels = len(set(words))
        kind = "two words" if levels == 2 else "text"
        remedy = (
            "continuous responses only are supported, not yes/no or categories. Choose others with "
            "responses, or remove it."
        )
        if as_text:
            kind, remedy = "numbers written as text", "write the column as numbers (float64)."
        first = ", ".join(part[at] for part, at in zip(table.places, (int(rows[0]), column)))
        raise DataError(
            f"The response {response} of {table.file} is {kind} ({shown}), first in {first}; {remedy}"
        )
    row = int(rows[0])
    shown = repr(table.texts.get((row, column), "text"))
    raise DataError(
        f"{table.where(row, column)}: the response {response} is {shown}, no finite number; write a number, "
        "or leave it blank."
    )


def _annotation_of(
    lines: list[str], table: OwnTable | None, tissue: str, handled: list[str]
) -> pd.DataFrame:
    """Return the annotation of the cell lines; what is not known is the id or "unknown"."""
    found = pd.DataFrame(UNKNOWN, lines, list(ANNOTATION))
    found["cell_line"] = lines
    if table is None:
        return found
    rows, key = _annotated_rows(lines, table, handled)
    used = {part: _column_of(table, names) for part, names in _SPELLINGS.items()}
    wanted = tissue or TISSUE
    used[TISSUE] = _column_of(table, (wanted,))
    if used[TISSUE] is None and _plain(wanted) == _plain(key):
        used[TISSUE] = key
    if used[TISSUE] is None and tissue:
        raise MissingColumnError(
            f"{table.file} has no column {tissue!r}; it has {first_few(table.values.columns, 12)}."
        )
    for part, column in used.items():
        if column is None:
            continue
        texts = table.values[column].to_numpy()[list(rows.values())]
        known = {
            line: text for line, text in zip(rows, texts) if text.casefold() not in UNKNOWN_WORDS
        }
        found[part] = pd.Series(known, dtype=object).reindex(lines).fillna(found[part])
    if used[TISSUE] is None:
        handled.append(
            f"{table.file} has no column tissue, so that every tissue is unknown; its columns are "
            f"{first_few(table.values.columns, 12)}. If one has the tissue, name it in config.yml "
            "(data: tissue)."
        )
    ignored = sorted(set(table.values.columns) - {*used.values(), key})
    if ignored:
        handled.append(
            f"{counted(len(ignored), 'column')} of {table.file} not used: {first_few(ignored)}."
        )
    without = [line for line in lines if found.at[line, TISSUE] == UNKNOWN]
    if used[TISSUE] is not None and without:
        handled.append(
            f"{counted(len(without), 'cell line')} without a tissue in {table.file}: {first_few(without)}."
        )
    handled += _odd_tissues(found[TISSUE], f"the column {used[TISSUE]} of {table.file}")
    return found


def known_tissues(tissues: pd.Series) -> pd.Series:
    """Return the tissues of the lines that have one."""
    return tissues[tissues != UNKNOWN]


def tissue_candidates(annotation: OwnTable) -> list[str]:
    """Return the columns of an annotation that may have the tissue: text of few values first."""
    order = {}
    for column in annotation.values:
        texts = {text for text in annotation.values[column] if text.casefold() not in UNKNOWN_WORDS}
        if len(texts) > 1:
            order[column] = (_are_numbers(texts), len(texts))
    return sorted(order, key=order.__getitem__)


def _are_numbers(texts: Iterable[str]) -> bool:
    return bool(np.isfinite([number(text) for text in texts]).all())


def _odd_tissues(tissues: pd.Series, where: str) -> list[str]:
    """Return a sentence if what a column has are hardly tissues: numbers, or as many as lines."""
    known = known_tissues(tissues)
    odd = ""
    if len(known) and _are_numbers(known):
        odd = "are numbers"
    elif known.nunique() > MANY_TISSUES * len(known):
        odd = f"are {known.nunique()} in {len(known)} cell lines"
    return [f"The tissues in {where} {odd}; name another column if it has none."] if odd else []


def _column_of(table: OwnTable, names: Sequence[str]) -> str | None:
    """Return the column that has the first of some names that any has, exactly or but for case."""
    for name in names:
        if name in table.values.columns:
            return name
        found = [column for column in table.values.columns if _plain(column) == _plain(name)]
        if len(found) > 1:
            raise DuplicateError(
                f"{table.file} has the columns {' and '.join(sorted(found))}; name the one with {name} "
                "exactly so."
            )
        if found:
            return found[0]
    return None


def _annotated_rows(
    lines: list[str], table: OwnTable, handled: list[str]
) -> tuple[dict[str, int], str]:
    """Return the row of each annotated line, and the column that has the ids."""
    wanted = {line_spelling(line) for line in lines}
    columns = {table.corner: list(table.values.index)}
    columns |= {name: list(table.values[name]) for name in table.values.columns}
    counts = [len(wanted & {line_spelling(name) for name in names}) for names in columns.values()]
    best = max(range(len(counts)), key=lambda at: (counts[at], -at))
    key = list(columns)[best]
    if not counts[best]:
        raise DataError(
            f"No column of {table.file} has the cell lines, such as {_examples(lines)}; its first column "
            f"has {_examples(table.values.index)}. Name the lines in the same way."
        )
    if best:
        handled.append(f"The cell lines of {table.file} are in its column {key}.")
    names = [name.strip() for name in columns[key]]
    first: dict[str, int] = {}
    kept = []
    for row, name in enumerate(names):
        if not name:
            continue
        if name in first:
            if tuple(table.values.iloc[row]) != tuple(table.values.iloc[first[name]]):
                raise DuplicateError(
                    f"{table.file} has two rows of the cell line {name} ({table.places[0][first[name]]} "
                    f"and {table.places[0][row]}) that differ; keep one."
                )
            continue
        first[name] = row
        kept.append(name)
    found, respelt = _matches(kept, lines, table.file, "the cohort")
    if respelt:
        shown = first_few(sorted(f"{name} as {line}" for name, line in respelt.items()))
        handled.append(
            f"{counted(len(respelt), 'cell line')} of {table.file} matched apart from case, separators "
            f"or .0: {shown}."
        )
    missing = sorted(set(lines) - set(found))
    if missing:
        handled.append(
            f"{counted(len(missing), 'cell line')} not in {table.file}: {first_few(missing)}."
        )
    return {line: first[name] for name, line in zip(kept, found) if line}, key


def _plain(name: str) -> str:
    return re.sub(r"[^\w]+", "_", str(name).casefold()).strip("_")


def _sheets(paths: Mapping[str, Path], sheet: str | Mapping[str, str] | None) -> dict[str, str]:
    """Return the sheet of each workbook that has a named one."""
    if sheet is None:
        return {}
    if not isinstance(sheet, str):
        unknown = [kind for kind in sheet if kind not in paths]
        if unknown:
            raise UsageError(
                f"sheet names a sheet of {first_few(unknown)}; the tables are {', '.join(paths)}."
            )
        return {kind: name for kind, name in sheet.items() if name}
    books = {kind: sheet for kind, path in paths.items() if kind_of(path.name) == XLSX}
    if not books:
        raise UsageError(f"sheet is {sheet!r}, but none of the files is a workbook (.xlsx).")
    return books


def _digests(paths: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of files by name, with the folder where two have one name."""
    paths = sorted(set(paths))
    names = [path.name for path in paths]
    return {
        path.name if names.count(path.name) == 1 else f"{path.parent.name}/{path.name}": digest(
            path
        )
        for path in paths
    }
