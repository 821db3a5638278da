"""All drugs of a source, or a sample balanced over pathways or over what was measured."""

import numpy as np
import official_files as make
import pandas as pd
import pytest

from pnetlib.datasets import list_drugs, load_cohort
from pnetlib.datasets.selection import (
    MEASURED,
    PATHWAY,
    drug_classes,
    is_selection,
    sample_size,
    select_drugs,
)
from pnetlib.errors import UsageError

COUNTS = {"DNA replication": 12, "Mitosis": 9, "EGFR signaling": 2, "": 1}


def entries(pathways=True):
    """Drugs of four classes of unequal size; the measured ones have values at random."""
    rng = np.random.default_rng(3)
    named = [pathway for pathway, count in COUNTS.items() for _ in range(count)]
    n = len(named)
    return pd.DataFrame(
        {
            "id": pd.array(range(100, 100 + n), dtype="Int64"),
            "name": [f"drug {at:02d}" for at in range(n)],
            "lines": pd.array(rng.integers(300, 900, n), dtype="Int64"),
            "pathway": named if pathways else None,
            "median": rng.normal(size=n),
            "spread": rng.gamma(2.0, size=n),
        }
    )


def test_words_that_select_and_words_that_name():
    assert all(map(is_selection, ("all", " ALL ", "sample:60", "sample", "sample:x", "Sample: 3")))
    assert not any(map(is_selection, ("", "Cisplatin", "all,1005", "allopurinol", "1005")))
    assert sample_size("all") is None and sample_size(" Sample: 60") == 60


@pytest.mark.parametrize(
    "text", ["sample", "sample:", "sample:0", "sample:-3", "sample:x", "sample:1.5"]
)
def test_sample_without_a_size_is_one_sentence(text):
    make.refused(UsageError, "sample:N with N of at least 1", sample_size, text)


def test_sample_larger_than_the_source_is_one_sentence():
    make.refused(
        UsageError, "the source has 24 to choose from", select_drugs, "sample:25", entries(), 1
    )
    assert len(select_drugs("sample:24", entries(), 1).drugs) == 24


def test_sample_is_balanced_over_pathways():
    chosen = select_drugs("sample:12", entries(), 7)
    assert (chosen.balanced, chosen.classes) == (PATHWAY, 4)
    found = chosen.drugs["class"].value_counts()
    # The two small classes are exhausted; the others share what is left.
    assert found[["EGFR signaling", "Unclassified"]].tolist() == [2, 1]
    assert sorted(found[["DNA replication", "Mitosis"]]) == [4, 5]


def test_sample_depends_on_the_seed_and_not_on_the_order():
    table = entries()
    first = select_drugs("sample:10", table, 7)
    for seed in range(3):
        shuffled = table.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(select_drugs("sample:10", shuffled, 7).drugs, first.drugs)
        relabelled = shuffled.reset_index(drop=True)
        assert select_drugs("sample:10", relabelled, 7).words == first.words
    assert select_drugs("sample:10", table, 8).words != first.words
    assert set(first.words) < set(select_drugs("sample:15", table, 7).words)


@pytest.mark.long
def test_each_drug_of_a_class_is_drawn_equally_often():
    table, n = entries(), 300
    drawn = pd.Series([w for s in range(n) for w in select_drugs("sample:8", table, s).words])
    share = drawn.value_counts().reindex([str(i) for i in range(100, 112)], fill_value=0) / n
    expected = share.mean()
    assert np.abs(share - expected).max() < 4 * np.sqrt(expected * (1 - expected) / n)


def test_without_pathways_classes_are_thirds_of_what_was_measured():
    table = entries(pathways=False)
    classes, balanced = drug_classes(table)
    assert balanced == MEASURED
    for column in ("lines", "median", "spread"):
        third = classes.str.extract(rf"{column} (\d)")[0]
        assert third.value_counts().tolist() == [8, 8, 8]
        assert table[column][third == "1"].max() < table[column][third == "3"].min()
    found = select_drugs("sample:12", table, 1)
    assert found.drugs["class"].value_counts().max() <= np.ceil(12 / found.classes) + 1


def test_drugs_left_out_are_counted_and_named():
    table = entries()
    table.loc[0, "lines"] = 99
    table.loc[1, "lines"] = pd.NA  # unknown, so kept
    table.loc[[2, 3], "name"] = "Twice"
    table.loc[[4, 5, 6], "name"] = ["Pair", "Pair", "Alone"]
    table.loc[[4, 5, 6], "id"] = pd.NA
    chosen = select_drugs("all", table, 1, taken=["drug 07", "elsewhere"], least_lines=200)
    assert chosen.few.to_numpy().tolist() == [["drug 00", 99]]
    assert chosen.counts == {
        "listed": 24, "repeated": 2, "ambiguous": 1, "taken": 1, "candidates": 19
    }  # fmt: skip
    names = list(chosen.drugs["name"])
    assert names == sorted(names) and {"Twice", "Alone", "drug 01"} < set(names)
    assert not {"Pair", "drug 00", "drug 07"} & set(names)
    assert "102" in chosen.words and "103" not in chosen.words and "Alone" in chosen.words


def test_official_files_give_the_pathway_and_the_responses(tmp_path):
    folder = make.official_folder(tmp_path / "files")
    assert list_drugs(folder)["pathway"].isna().all()
    rows = [[*row, "Mitosis" if row[3] == 1007 else "Other"] for row in make.response_rows()]
    make.write_response(folder, rows, [*make.RESPONSE, "PATHWAY_NAME"])
    listed = list_drugs(folder)
    assert listed.set_index("id")["pathway"].to_dict() == {
        133: "Other", 136: "Other", 179: "Other", 1007: "Mitosis", 1386: "Other"
    }  # fmt: skip
    values = pd.Series([row[5] for row in rows if row[3] == 1007])
    assert listed["median"][3] == values.median()
    assert listed["spread"][3] == values.quantile(0.75) - values.quantile(0.25)
    chosen = select_drugs("all", listed, 1)
    assert chosen.balanced == PATHWAY and chosen.words == ["179", "1007", "133", "136"]
    cohort = load_cohort(folder, drugs=chosen.words)
    assert list(cohort.response) == ["5-Fluorouracil", "Docetaxel", "Doxorubicin", "Mitomycin-C"]
