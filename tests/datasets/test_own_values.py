"""Codes for missing values and summaries among measurements: refused with place and fix, nothing else."""

import numpy as np
import pandas as pd
import pytest
from official_files import refused
from test_own_cohort import DRUGS, GENES, LINES, E, R, cohort

from pnetlib.datasets.own_tables import read_own_expression
from pnetlib.errors import DataError


def changed(table, cells):
    """A table with other values in some cells."""
    table = table.copy()
    for (row, column), value in cells.items():
        table.iloc[row, column] = value
    return table


@pytest.mark.parametrize("code", [-99, 99, -999, 999, 9999, -9999, 99999])
def test_a_code_in_two_responses_is_refused(tmp_path, code):
    response = changed(R, {(5, 1): code, (3, 2): code})
    refused(
        DataError,
        f"^response.csv, row 5, column 4: {code} .007 of SK-03 and 1 more cell. is far outside "
        "all other values, as a code for missing values is; leave these cells blank, or, if it was measured, "
        "give the values in another unit[.]$",
        cohort,
        tmp_path,
        response=response,
    )
    chosen = cohort(tmp_path, response=response, responses=["Docetaxel"])
    assert list(chosen.response.columns) == ["Docetaxel"]


def test_the_place_of_a_code_is_that_of_a_turned_table(tmp_path):
    response = changed(R, {(5, 1): -99, (3, 1): -99}).T
    refused(DataError, "response.csv, column 5, row 3: -99", cohort, tmp_path, response=response)


@pytest.mark.parametrize(
    ("cells", "refuse"),
    [
        ({(3, 0): -999}, True),  # no measurement by chance
        ({(3, 0): -999, (2, 0): 99}, True),
        ({(3, 0): -99}, False),
        ({(3, 0): 999}, False),
        ({(3, 0): 999, (4, 0): 998}, False),  # not far from all others
        ({(3, 0): -98, (4, 0): -98}, False),  # no code
        ({(3, 0): 99, (4, 0): 99, (5, 0): 60}, False),
    ],
)
def test_other_outliers_are_measurements(tmp_path, cells, refuse):
    response = changed(R, cells)
    if refuse:
        refused(
            DataError,
            "row 5, column 2: -999 .Docetaxel of SK-03. is far",
            cohort,
            tmp_path,
            response=response,
        )
    else:
        assert cohort(tmp_path, response=response).response.shape == R.shape


def test_a_code_of_lines_without_expression_does_not_matter(tmp_path):
    more = pd.DataFrame(-999.0, ["other", "another"], DRUGS)
    assert cohort(tmp_path, response=pd.concat([R, more])).response.shape == R.shape


@pytest.mark.parametrize("turn", [False, True])
def test_a_code_in_expression_is_refused(tmp_path, turn):
    expression = changed(E, {(2, 1): 9999, (7, 3): 9999})
    expression, place = (
        (expression.T, "column 4, row 3") if turn else (expression, "row 4, column 3")
    )
    named = f"expression.csv, {place}: 9999 .MDM2 of SK-02 and 1 more cell. is .* remove these"
    refused(DataError, named, cohort, tmp_path, expression=expression)
    refused(DataError, named, read_own_expression, tmp_path / "expression.csv", genes_in_rows=turn)
    cohort(tmp_path, expression=changed(E, {(2, 1): 9999, (7, 3): 8000}))  # counts, say


SUMMARIES = {
    "Mean": (np.mean, "mean"),
    "average": (np.mean, "mean"),
    "AVG.": (np.mean, "mean"),
    "Median": (np.median, "median"),
    "Total": (np.sum, "sum"),
    "SD": (lambda values, axis: np.std(values, axis=axis, ddof=1), "standard deviation"),
    "Max": (np.max, "maximum"),
}
WHOLE = R.fillna(0.5)


@pytest.mark.parametrize("decimals", [2, 12])
@pytest.mark.parametrize("name", SUMMARIES)
def test_a_summary_of_the_responses_is_refused_unless_it_is_listed(tmp_path, name, decimals):
    statistic, what = SUMMARIES[name]
    response = WHOLE.assign(**{name: statistic(WHOLE.to_numpy(), axis=1).round(decimals)})
    refused(
        DataError,
        f"^response.csv, column 5: {name} is the {what} of the other responses; remove it, or, if it is "
        "meant, list it with the responses in config.yml .responses: names.[.]$",
        cohort,
        tmp_path,
        response=response,
    )
    listed = cohort(tmp_path, response=response, responses=[name, "007"])
    assert list(listed.response.columns) == [name, "007"]


def test_summaries_next_to_each_other_and_blanks_do_not_hide_them(tmp_path):
    response = R.assign(SD=R.std(axis=1), Mean=R.mean(axis=1))
    refused(DataError, "column 5: SD is the stand", cohort, tmp_path, response=response.T.T)
    refused(DataError, "row 5: SD is the stand", cohort, tmp_path, response=response.T)
    refused(
        DataError,
        "column 5: Mean is the mean",
        cohort,
        tmp_path,
        response=response.drop(columns="SD"),
    )


def test_another_response_of_such_a_name_is_read(tmp_path):
    response = WHOLE.assign(Mean=WHOLE.mean(axis=1) + 0.1 * WHOLE["007"], Max=R["007"] ** 2)
    assert cohort(tmp_path, response=response).response.shape[1] == 5


def test_a_summary_of_genes_or_lines_is_refused(tmp_path):
    genes = E.assign(Mean=E.mean(axis=1))
    named = "expression.csv, column 6: Mean is the mean of the other genes; remove it[.]$"
    refused(DataError, named, cohort, tmp_path, expression=genes)
    refused(DataError, named, read_own_expression, tmp_path / "expression.csv")
    lines = pd.concat([E, E.mean().to_frame("Mean").T])
    assert "Mean" not in cohort(tmp_path, expression=lines).expression.index
    named = "expression.csv, row 16: Mean is the mean of the other cell lines; remove it[.]$"
    refused(DataError, named, read_own_expression, tmp_path / "expression.csv")
    response = pd.concat([WHOLE, WHOLE.mean().to_frame("Mean").T])
    refused(DataError, named, cohort, tmp_path, expression=lines, response=response)
    other = pd.concat([E, (E.max() ** 2).to_frame("Mean").T])
    named = "response.csv, row 16: Mean is the mean of the other cell lines; remove it[.]$"
    refused(DataError, named, cohort, tmp_path, expression=other, response=response)


def test_the_gene_max_is_a_gene(tmp_path):
    found = cohort(tmp_path, expression=E.rename(columns={"MDM2": "MAX"}))
    assert sorted(found.expression) == sorted(["MAX", *GENES[:1], *GENES[2:]])
    assert list(found.expression.index) == LINES


def test_a_code_among_values_that_are_all_large_is_refused(tmp_path):
    response = changed(R.assign(Docetaxel=np.linspace(50, 51, len(R))), {(3, 0): 99, (4, 0): 99})
    refused(DataError, "row 5, column 2: 99 .Docet", cohort, tmp_path, response=response)


def test_a_mean_of_numbers_that_were_rounded_later_is_a_mean(tmp_path):
    steps = np.arange(len(WHOLE))[:, None] * [1.0, 1.2, 0.9]
    whole = pd.DataFrame(steps + 0.04, WHOLE.index, DRUGS)
    response = whole.round(1).assign(Mean=whole.mean(axis=1).round(6))
    refused(DataError, "column 5: Mean is the mean", cohort, tmp_path, response=response)


def test_a_mean_of_one_other_response_is_a_response(tmp_path):
    response = WHOLE[["Docetaxel"]].assign(Mean=WHOLE["Docetaxel"])
    assert list(cohort(tmp_path, response=response).response) == ["Docetaxel", "Mean"]
