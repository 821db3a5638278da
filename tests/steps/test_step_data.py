"""Tables behind notebook 01, compared with what can be counted by hand."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pnetlib.datasets import load_cohort
from pnetlib.datasets.cohort import Cohort
from pnetlib.errors import UsageError
from pnetlib.paper.markers import MARKERS
from pnetlib.steps.data import compute as tables, sentences


@pytest.fixture
def small():
    """Five lines, four genes with variances 10, 0.8, 4 and 2.5, and two drugs."""
    lines = ["1", "2", "3", "4", "5"]
    genes = pd.DataFrame(
        {
            "HIGH": [0.0, 2, 4, 6, 8],
            "LOW": [0.0, 2, 2, 2, 2],
            "ANXA10": [2.0, 2, 2, 2, 2 + 20**0.5],
            "MID": [0.0, 1, 2, 3, 4],
        },
        index=lines,
    )
    z = pd.DataFrame({"A": [-1.0, 0, 1, np.nan, np.nan], "B": [1.0, np.nan, -1, 0, 0]}, lines)
    notes = pd.DataFrame(
        {"cell_line": lines, "tissue": ["skin", "lung", "lung", "", "skin"], "tcga": ""}, lines
    )
    provenance = {
        "source": "by hand",
        "simulated": False,
        "files": {"b.txt": "22", "a.txt": "11"},
        "handled": ["One line left out."],
        "drugs": {"A": 1, "B": 2},
    }
    return Cohort(genes, z, notes, provenance)


def test_genes_are_ranked_by_variance_and_marked_as_taken(small):
    table = tables.gene_table(small, 2, ["LOW"])
    assert table.index.tolist() == ["HIGH", "ANXA10", "MID", "LOW"]
    assert table["rank"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(table["variance"], [10, 4, 2.5, 0.8])
    assert table["taken"].tolist() == ["variance", "variance", "", "forced"]
    assert table["marker"].tolist() == [False, True, False, False]


def test_markers_are_in_the_order_of_the_paper_with_blanks_for_missing_ones(small):
    table = tables.marker_table(tables.gene_table(small, 1))
    assert table.index.tolist() == list(MARKERS)
    assert table.loc["ANXA10", "rank"] == 2 and table.loc["ANXA10", "taken"] == ""
    assert table.loc["AKR1C1", "taken"] == "not in the cohort"
    assert pd.isna(table.loc["AKR1C1", "rank"])


def test_responses_are_counted_and_correlated_over_shared_lines(small):
    table = tables.response_table(small)
    assert table["lines"].tolist() == [3, 4] and table["missing"].tolist() == [2, 1]
    assert table["gdsc_id"].tolist() == [1, 2]
    r, n = tables.response_correlation(small)
    assert n.to_numpy().tolist() == [[3, 2], [2, 4]]
    assert r.loc["A", "B"] == pytest.approx(-1)


def test_tissues_are_ordered_by_size_then_name(small):
    table = tables.tissue_table(small)
    assert table.index.tolist() == ["lung", "skin", "unknown"]
    assert table["lines"].tolist() == [2, 2, 1]
    assert table["complete"].tolist() == [1, 1, 0]


def test_numbers_and_sentences_follow_from_the_tables(small):
    numbers = tables.data_numbers(small, 1, ["LOW"])
    assert numbers["lines"] == {"expression": 5, "all_responses": 2, "per_drug": {"A": 3, "B": 4}}
    assert numbers["genes"]["variance_at_cut"] == pytest.approx(10)
    assert numbers["genes"]["markers"]["ANXA10"]["rank"] == 2
    assert numbers["genes"]["markers"]["AKR1C1"] is None
    text = sentences.conclusion(numbers)
    assert (
        "5 cell lines of 3 tissues" in text
        and "; none of the paper's 7 markers is among them" in text
    )
    assert "ANXA10 (rank 2)" in text and "not in the cohort: AKR1C1" in text
    added = "Added from below the cut, whatever its variance, a deviation from the paper: LOW;"
    assert f"{added} in all, 2 genes are analysed." in text
    numbers = tables.data_numbers(small, 3, ["ANXA10"])  # within the cut anyway
    assert numbers["genes"]["added"] == [] and "Added" not in sentences.conclusion(numbers)
    numbers = tables.data_numbers(small, 1, ["HIGH", "LOW", "MID"])
    assert "whatever their variance" in sentences.conclusion(numbers)
    assert "MID and LOW; in all, 3 genes are analysed." in sentences.conclusion(numbers)
    assert "genes taken" in sentences.headline(numbers) and "2" in sentences.headline(numbers)


@pytest.mark.parametrize(
    ("variance", "written"), [(2.476, "2.48"), (0.0062, "0.01"), (0.00049, "0.00049")]
)
def test_a_small_variance_is_not_written_as_0(small, variance, written):
    numbers = tables.data_numbers(small, 1)
    numbers["genes"]["variance_at_cut"] = variance
    assert f"largest variance ({written} or more)" in sentences.conclusion(numbers)
    assert sentences.headline(numbers).splitlines()[-2].split()[-1] == written


def test_the_source_is_named_with_checksums_and_what_was_corrected(small):
    text = sentences.source_sentences(small)
    assert text.splitlines() == [
        "Source: **by hand**.",
        "- `a.txt`: SHA-256 `11`",
        "- `b.txt`: SHA-256 `22`",
        "- One line left out.",
    ]
    own = {"measure": "AUC", "larger": "resistant"}
    lines = sentences.source_sentences(replace(small, provenance=small.provenance | {"own": own}))
    assert lines.splitlines()[-1] == (
        '- A "cell line", or "line", is one sample of the tables given, be it a cell line, a patient or '
        "an organoid."
    )


def test_numbers_are_plain_enough_for_json():
    numbers = tables.data_numbers(load_cohort("simulated", size="smoke"), 80)
    assert numbers["simulated"] is True
    assert json.loads(json.dumps(numbers, default=lambda value: value.item()))


@pytest.mark.parametrize(
    ("text", "genes"),
    [("", ()), ("A, B", ("A", "B")), (" A  B,C ", ("A", "B", "C")), ("markers", tuple(MARKERS))],
)
def test_genes_to_force_are_read_from_text(text, genes):
    assert tables.forced_genes(text) == genes


def test_wrong_genes_and_numbers_are_refused_by_name(small):
    with pytest.raises(UsageError, match="ANXA10 more than once"):
        tables.forced_genes("ANXA10 markers")
    with pytest.raises(UsageError, match="NOPE"):
        tables.gene_table(small, 2, ["NOPE"])
    with pytest.raises(UsageError, match="n_genes is 9"):
        tables.gene_table(small, 9)
