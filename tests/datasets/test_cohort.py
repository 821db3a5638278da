"""Cohort: what it accepts, what it refuses, and what it stores."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from pnetlib.datasets.cohort import Cohort, assemble_cohort, z_scores
from pnetlib.errors import (
    CorruptFileError,
    DataError,
    DuplicateError,
    MissingColumnError,
    MissingDrugError,
    UsageError,
)

LINES = ["10", "9", "100", "7"]
GENES = ["B", "A", "C"]


def tables(lines=LINES, genes=GENES):
    """Return the arguments of a small cohort."""
    numbers = np.random.default_rng(1).normal(size=(len(lines), len(genes)))
    response = pd.DataFrame({"X": range(len(lines)), "Y": 1.5}, index=lines, dtype=float)
    response.iloc[0, 1] = np.nan
    return {
        "expression": pd.DataFrame(numbers, index=lines, columns=genes),
        "response": response,
        "annotation": pd.DataFrame(
            {"cell_line": lines, "tissue": ["skin", "", None, "lung "], "tcga": "SKCM"}, index=lines
        ),
        "provenance": {
            "source": "made up",
            "simulated": False,
            "files": {},
            "handled": [],
            "drugs": {"X": 1, "Y": 2},
        },
    }


@pytest.fixture
def cohort():
    return Cohort(**tables())


def test_blank_annotation_is_unknown_and_text_is_stripped(cohort):
    assert list(cohort.annotation["tissue"]) == ["skin", "unknown", "unknown", "lung"]


def test_lines_by_drug(cohort):
    assert list(cohort.lines_for("X")) == LINES
    assert list(cohort.lines_for("Y")) == LINES[1:]
    assert list(cohort.complete_lines()) == LINES[1:]
    assert list(cohort.complete_lines(["X"])) == LINES
    with pytest.raises(MissingDrugError, match="no response to Z; choose from X, Y"):
        cohort.lines_for("Z")


def blank_value(parts):
    parts["expression"].iloc[2, 1] = np.nan


def infinite_value(parts):
    parts["expression"].iloc[2, 1] = np.inf


def constant_gene(parts):
    parts["expression"]["C"] = 3.0


def no_number(parts):
    parts["expression"] = parts["expression"].astype(object)
    parts["expression"].iloc[0, 0] = "high"


def gene_twice(parts):
    parts["expression"].columns = ["B", "A", "B"]


def line_twice(parts):
    for name in ("expression", "response", "annotation"):
        parts[name].index = ["10", "9", "100", "9"]


def drug_twice(parts):
    parts["response"].columns = ["X", "X"]


def drug_without_response(parts):
    parts["response"]["Y"] = np.nan


def drug_without_id(parts):
    del parts["provenance"]["drugs"]["Y"]


def infinite_response(parts):
    parts["response"].iloc[1, 0] = np.inf


def other_order(parts):
    parts["response"] = parts["response"].iloc[::-1]


def other_lines(parts):
    parts["annotation"] = parts["annotation"].drop(index="9")


def no_tissue(parts):
    parts["annotation"] = parts["annotation"].drop(columns="tissue")


def no_source(parts):
    del parts["provenance"]["source"]


def odd_provenance(parts):
    parts["provenance"]["when"] = object()


def no_genes(parts):
    parts["expression"] = parts["expression"][[]]


@pytest.mark.parametrize(
    ("spoil", "error", "named"),
    [
        (blank_value, DataError, "expression of A in the cell line 100 is missing"),
        (infinite_value, DataError, "expression of A in the cell line 100"),
        (constant_gene, DataError, "expression of C is the same in all 4"),
        (no_number, DataError, "'high'"),
        (no_genes, DataError, "expression is empty"),
        (gene_twice, DuplicateError, "gene B"),
        (line_twice, DuplicateError, "cell line in expression 9"),
        (drug_twice, DuplicateError, "drug X"),
        (drug_without_response, MissingDrugError, "response to Y"),
        (drug_without_id, MissingDrugError, "drug id for Y"),
        (infinite_response, DataError, "infinite"),
        (other_order, DataError, "response have the same cell lines in a different order"),
        (other_lines, DataError, "annotation have different cell lines: 9"),
        (no_tissue, MissingColumnError, "column tissue"),
        (no_source, DataError, "'source'"),
        (odd_provenance, DataError, "JSON"),
    ],
)
def test_refuses_with_a_sentence_that_names_it(spoil, error, named):
    parts = tables()
    spoil(parts)
    with pytest.raises(error, match=named) as caught:
        Cohort(**parts)
    assert type(caught.value) is error
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_top_genes_orders_by_variance_then_name():
    parts = tables(genes=["D", "B", "A", "C"])
    parts["expression"]["A"] = parts["expression"]["D"] + 1.0
    parts["expression"]["D"] = parts["expression"]["A"]
    parts["expression"]["B"] = parts["expression"]["A"] * 2
    parts["expression"]["C"] = parts["expression"]["A"] / 2
    cohort = Cohort(**parts)
    assert list(cohort.top_genes(4)) == ["B", "A", "D", "C"]
    assert list(cohort.top_genes(2, force=["C", "A", "C"])) == ["B", "A", "C"]


def test_top_genes_of_some_lines_depend_on_no_others(cohort):
    some = LINES[:3]
    held_out = tables()
    held_out["expression"].loc[LINES[3]] = [1e6, -1e6, 1e7]
    expected = cohort.expression.loc[some].var().sort_values(ascending=False).index
    assert list(cohort.top_genes(3, lines=some)) == list(expected)
    assert list(Cohort(**held_out).top_genes(3, lines=some)) == list(expected)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"n_genes": 0}, "n_genes is 0"),
        ({"n_genes": 4}, "between 1 and 3"),
        ({"n_genes": 1, "force": ["TP53"]}, "no gene TP53"),
        ({"n_genes": 1, "lines": ["9", "8"]}, "no cell line 8"),
        ({"n_genes": 1, "lines": ["9"]}, "two cell lines"),
    ],
)
def test_top_genes_refuses(cohort, arguments, named):
    with pytest.raises(UsageError, match=named):
        cohort.top_genes(**arguments)


def test_subset_has_the_given_order_and_the_same_values(cohort):
    part = cohort.subset(lines=["7", "9"], genes=["C", "B"])
    assert list(part.expression.index) == list(part.annotation.index) == ["7", "9"]
    pd.testing.assert_frame_equal(part.expression, cohort.expression.loc[["7", "9"], ["C", "B"]])
    assert part.response.loc["7", "X"] == cohort.response.loc["7", "X"]
    with pytest.raises(UsageError, match="no gene TP53"):
        cohort.subset(genes=["TP53"])


def test_saved_cohort_is_read_again_and_its_bytes_are_the_same(cohort, tmp_path):
    cohort.save(tmp_path / "a.npz")
    cohort.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    again = Cohort.load(tmp_path / "a.npz")
    for name in ("expression", "response", "annotation"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(cohort, name))
    assert again.provenance == cohort.provenance
    assert again.truth is None
    again.save(tmp_path / "c.npz")
    assert (tmp_path / "c.npz").read_bytes() == (tmp_path / "a.npz").read_bytes()


@pytest.mark.parametrize("size", [0, 100, 1500, -1])
def test_truncated_file_is_refused(cohort, tmp_path, size):
    path = tmp_path / "cohort.npz"
    cohort.save(path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CorruptFileError, match=r"cohort\.npz is not a complete"):
        Cohort.load(path)


def test_pickles_are_not_loaded(tmp_path):
    np.savez(tmp_path / "cohort.npz", format=np.array(1), lines=np.array([{}], dtype=object))
    with pytest.raises(CorruptFileError):
        Cohort.load(tmp_path / "cohort.npz")


def test_tissues_that_differ_in_capitals_alone_are_one_and_said():
    parts = tables()
    annotation = parts["annotation"].assign(tissue=["Lung", "LUNG", "lung ", "Skin"])
    responses = parts["response"].assign(Y=[np.nan, 1.0, 2.0, 4.0])
    others = responses, annotation, parts["provenance"]
    cohort = assemble_cohort(parts["expression"], *others)
    assert cohort.annotation["tissue"].to_dict() == dict.fromkeys(annotation.index, "lung") | {
        annotation.index[3]: "Skin"
    }
    said = "Tissues that differ in capitals alone taken as one: lung (LUNG, Lung)."
    assert cohort.provenance["handled"] == [said]


def test_assembly_aligns_and_reports_what_it_did():
    parts = tables()
    parts["expression"]["C"] = 3.0
    extra = pd.DataFrame({"X": [5.0, np.nan], "Y": [2.0, 1.0]}, index=["55", "56"])
    varied = parts["response"].assign(Y=[np.nan, 1.0, 2.0, 4.0])
    cohort = assemble_cohort(
        parts["expression"],
        pd.concat([varied, extra]),
        parts["annotation"].drop(index="100"),
        parts["provenance"],
    )
    assert list(cohort.expression.index) == ["7", "9", "10", "100"]
    assert list(cohort.expression.columns) == ["A", "B"]
    assert cohort.annotation.loc["100", "tissue"] == "unknown"
    assert cohort.provenance["handled"] == [
        "1 gene dropped for being constant: C.",
        "2 cell lines with a response but no expression left out: 55, 56.",
        "1 cell line not annotated: 100.",
    ]
    assert parts["provenance"]["handled"] == []
    json.dumps(cohort.provenance)
    np.testing.assert_allclose(cohort.response.mean(), 0, atol=1e-15)
    np.testing.assert_allclose(cohort.response.std(ddof=1), 1)
    assert np.isnan(cohort.response.loc["10", "Y"])


@pytest.mark.long
@given(st.permutations(range(4)), st.permutations(range(3)))
def test_cohort_does_not_depend_on_the_order_of_the_file(lines, genes):
    parts = tables()
    ln_ic50 = parts["response"].assign(Y=[np.nan, 1.0, 2.0, 4.0])
    others = parts["annotation"], parts["provenance"]
    first = assemble_cohort(parts["expression"], ln_ic50, *others)
    again = assemble_cohort(
        parts["expression"].iloc[list(lines), list(genes)], ln_ic50.iloc[list(lines)], *others
    )
    pd.testing.assert_frame_equal(first.expression, again.expression)
    assert (first.response.to_numpy() == again.response.to_numpy())[first.response.notna()].all()
    assert list(first.top_genes(3)) == list(again.top_genes(3))


@given(
    arrays(float, 6, elements=st.floats(-50, 50, width=32)), st.floats(0.1, 10), st.floats(-10, 10)
)
def test_z_scores_do_not_depend_on_the_unit(values, scale, shift):
    if np.ptp(values) < 1e-3:
        values[:2] = -1, 1
    table = pd.DataFrame({"X": values})
    z = z_scores(table)["X"]
    assert abs(z.mean()) < 1e-9 and abs(z.std(ddof=1) - 1) < 1e-9
    np.testing.assert_allclose(z_scores(scale * table + shift)["X"], z, atol=1e-7)


def test_drug_that_does_not_vary_is_refused():
    with pytest.raises(DataError, match="response to X does not vary"):
        z_scores(pd.DataFrame({"X": [1.0, 1.0, np.nan]}))


def test_a_truth_needs_the_label_simulated():
    with pytest.raises(DataError, match="labelled simulated"):
        Cohort(**tables(), truth=object())
