"""Drugs by name or id: in the official files, in the carriers, in the simulated cohort."""

import make_official as make
import numpy as np
import pandas as pd
import pytest

from pnetlib.datasets import drugs as module, gdsc_packages as carriers, list_drugs, load_cohort
from pnetlib.datasets.cohort import Cohort
from pnetlib.datasets.drugs import drug_words, find_drugs, ids_by_agreement
from pnetlib.datasets.gdsc_packages import read_carriers
from pnetlib.errors import DataError, MissingDrugError, UsageError
from pnetlib.paper.drugs import PAPER_DRUGS
from pnetlib.steps.data.compute import response_table
from pnetlib.steps.sizes import PROFILES, with_genes
from pnetlib.workflow.run import Run

ENTRIES = pd.DataFrame(
    {
        "id": pd.array([11, 133, 1386, 1005, 1496, None, None, None], dtype="Int64"),
        "name": [
            "Paclitaxel",
            "Doxorubicin",
            "Doxorubicin",
            "Cisplatin",
            "Cisplatin",
            "FS106",
            "Pair",
            "Pair",
        ],
        "lines": pd.array([395, 870, 922, 934, 919, 925, 5, 6], dtype="Int64"),
    }
)


def found(drugs, handled=None):
    table = find_drugs(drugs, ENTRIES, "here", [] if handled is None else handled)
    return dict(zip(table["label"], table["id"].astype(object)))


@pytest.mark.parametrize(
    ("drugs", "words"),
    [
        ("Cisplatin,1005", ["Cisplatin", "1005"]),
        (" AKT inhibitor VIII , 11,", ["AKT inhibitor VIII", "11"]),
        (["Cisplatin", 1005], ["Cisplatin", "1005"]),
    ],
)
def test_words_of_a_text_or_sequence(drugs, words):
    assert drug_words(drugs) == words


@pytest.mark.parametrize("drugs", ["", " , ", []])
def test_no_word_is_refused(drugs):
    with pytest.raises(UsageError, match="No drug is asked for"):
        drug_words(drugs)


def test_names_and_ids_in_the_order_asked_for():
    assert found("1496, paclitaxel") == {"Cisplatin": 1496, "Paclitaxel": 11}
    assert list(found("Paclitaxel,1496")) == ["Paclitaxel", "Cisplatin"]
    assert found("FS106")["FS106"] is pd.NA


def test_a_drug_named_twice_is_taken_once():
    assert found("Cisplatin,1005,cisplatin") == {"Cisplatin": 1005}


def test_a_shared_name_means_the_papers_drug_or_the_lowest_id_and_is_told():
    handled = []
    assert found("Doxorubicin,Cisplatin", handled) == {"Doxorubicin": 133, "Cisplatin": 1005}
    assert "taken is 1005 (934 lines)" in handled[1] and "1496" in handled[1]
    renumbered = ENTRIES.assign(id=ENTRIES["id"].replace({1386: 12}))
    assert find_drugs("Doxorubicin", renumbered, "here", [])["id"].tolist() == [133]


def test_two_drugs_of_one_name_are_labelled_by_their_ids():
    assert list(found("1005,1496,11")) == ["Cisplatin (1005)", "Cisplatin (1496)", "Paclitaxel"]


@pytest.mark.parametrize(
    ("drugs", "said"),
    [
        ("Cisplatine", "here has no drug Cisplatine; close are Cisplatin"),
        ("Zzzzz", "no drug Zzzzz; it has Paclitaxel, Doxorubicin, Cisplatin, FS106, Pair."),
        (
            "1006",
            "no drug of id 1006; close are 1005 (Cisplatin), 1386 (Doxorubicin), 1496 (Cisplatin)",
        ),
        ("Pair", "Pair stands for 2 drugs whose ids are not known there"),
    ],
)
def test_unknown_drug_is_one_sentence_with_close_ones(drugs, said):
    with pytest.raises(MissingDrugError) as error:
        found(drugs)
    assert said in str(error.value) and str(error.value).count(". ") == 0


# Ids by agreement ---------------------------------------------------------------------------


def screens(seed=0, n=300, k=8):
    """Two releases of k drugs over nearly the same lines, one of them in another unit."""
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(n, k))
    second = np.exp(first + 0.2 * rng.normal(size=(n, k)))
    for table in (first, second):
        table[rng.random(table.shape) < 0.1] = np.nan
    lines = [str(i) for i in range(n)]
    ids = [str(100 + i) for i in range(k)]
    return (
        pd.DataFrame(first, lines, list("abcdefgh")[:k]),
        pd.DataFrame(second, lines, ids).iloc[20:],
    )


def test_ids_are_those_of_the_same_responses():
    values, known = screens()
    shuffled = known[known.columns[::-1]]
    assert ids_by_agreement(values, shuffled).to_dict() == {
        name: 100 + i for i, name in enumerate("abcdefgh")
    }


def test_agreement_is_pearsons_of_ranks_over_common_lines():
    values, known = screens(1)
    lines = values.index.intersection(known.index)
    x, y = values.loc[lines].rank(), known.loc[lines].rank()
    expected = [[x[a].corr(y[b]) for b in y] for a in x]
    np.testing.assert_allclose(module._agreement(x, y), expected, atol=1e-12)


@pytest.mark.parametrize("spoil", ["unlike", "double", "few"])
def test_an_id_that_is_not_sure_stays_unknown(spoil):
    values, known = screens(2)
    if spoil == "unlike":
        values["a"] = np.random.default_rng(9).permutation(values["a"])
    elif spoil == "double":
        known = known.assign(**{"999": known["100"]})
    else:
        values.loc[values.index[60:], "a"] = np.nan
    ids = ids_by_agreement(values, known)
    assert ids.isna().to_dict() == {name: name == "a" for name in "abcdefgh"}


# Sources ------------------------------------------------------------------------------------


def test_official_folder_by_name_and_id(tmp_path):
    folder = make.official_folder(tmp_path / "files")
    cohort = load_cohort(folder, drugs="docetaxel,179")
    assert list(cohort.response.columns) == ["Docetaxel", "5-Fluorouracil"]
    assert cohort.provenance["drugs"] == {"Docetaxel": 1007, "5-Fluorouracil": 179}
    whole = load_cohort(folder)
    pd.testing.assert_frame_equal(cohort.response, whole.response[list(cohort.response)])
    both = load_cohort(folder, drugs=["Doxorubicin", 1386])
    assert list(both.response.columns) == ["Doxorubicin (133)", "Doxorubicin (1386)"]
    listed = list_drugs(folder)
    assert listed["id"].tolist() == [133, 136, 179, 1007, 1386]
    assert set(listed["lines"]) == {len(make.LINES)}


def test_official_folder_names_close_drugs(tmp_path):
    folder = make.official_folder(tmp_path / "files")
    with pytest.raises(MissingDrugError, match="no drug Docetaxol; close are Docetaxel"):
        load_cohort(folder, drugs="Docetaxol")


def test_id_that_is_no_number_is_refused(tmp_path):
    folder = make.official_folder(tmp_path / "files")
    rows = make.response_rows()
    rows[3][3] = "?"
    make.write_response(folder, rows)
    with pytest.raises(DataError, match="DRUG_ID in row 5 of .* is '\\?', no number"):
        load_cohort(folder, drugs="Docetaxel")


@pytest.fixture
def carried(tmp_path, monkeypatch):
    """The small carriers, whose six lines are enough to tell drugs by."""
    monkeypatch.setattr(carriers, "_ROWS", {("Doxorubicin", 133): 6, ("Doxorubicin", 1386): 5})
    monkeypatch.setattr(module, "_LEAST_LINES", 5)
    return make.write_wheel(tmp_path), make.write_sdist(tmp_path)


def test_carriers_by_name_and_id(carried):
    cohort = read_carriers(*carried, "docetaxel,5,1386")
    assert cohort.provenance["drugs"] == {"Docetaxel": 1007, "Alone": 5, "Doxorubicin": 1386}
    assert "930299" not in cohort.lines_for("Doxorubicin")
    pd.testing.assert_series_equal(
        cohort.response["Docetaxel"], read_carriers(*carried, PAPER_DRUGS).response["Docetaxel"]
    )
    said = " ".join(cohort.provenance["handled"])
    assert "Alone is the run of 6 rows of that name; GDSC id 5 by agreement" in said
    assert "Doxorubicin is the run of 5 rows of that name; GDSC id 1386 by that number" in said


def test_carriers_take_the_known_one_of_two_drugs_of_a_name(carried):
    cohort = read_carriers(*carried, "Twice")
    assert cohort.provenance["drugs"] == {"Twice": 9}
    assert any("Twice stands for 2 drugs; taken is 9" in s for s in cohort.provenance["handled"])


def test_carriers_refuse_drugs_of_one_name_that_adjoin(carried):
    with pytest.raises(MissingDrugError, match="Adjoining stands for several drugs whose rows"):
        read_carriers(*carried, "Adjoining")


def test_a_drug_of_unknown_id_is_taken_by_name_and_kept_through_a_file(
    carried, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "_AGREEMENT", 2.0)
    cohort = read_carriers(*carried, "Alone,Docetaxel")
    assert cohort.provenance["drugs"] == {"Alone": None, "Docetaxel": None}
    cohort.save(tmp_path / "cohort.npz")
    again = Cohort.load(tmp_path / "cohort.npz")
    assert response_table(again)["gdsc_id"].isna().all()


def test_simulated_cohort_has_the_papers_drugs_alone():
    cohort = load_cohort("simulated", drugs="docetaxel,136", size="smoke")
    assert list(cohort.response.columns) == ["Docetaxel", "Mitomycin-C"]
    whole = load_cohort("simulated", size="smoke")
    pd.testing.assert_frame_equal(cohort.response, whole.response[["Docetaxel", "Mitomycin-C"]])
    with pytest.raises(MissingDrugError, match="simulated has no drug Cisplatin"):
        load_cohort("simulated", drugs="Cisplatin", size="smoke")


def test_run_keeps_the_drugs_of_step_01(tmp_path):
    run = Run("simulated", "smoke", str(tmp_path))
    assert list(run.cohort().response.columns) == list(PAPER_DRUGS)
    run.write_cohort(run.cohort(fresh=True, drugs="Docetaxel,136"))
    assert list(run.cohort().response.columns) == ["Docetaxel", "Mitomycin-C"]


# Genes --------------------------------------------------------------------------------------


def test_genes_by_number_or_by_fraction():
    cohort, profile = load_cohort("simulated", size="smoke"), PROFILES["smoke"]
    stored = cohort.expression.shape[1]
    assert with_genes(profile, 0) is profile
    assert with_genes(profile, 17).n_genes == 17
    assert with_genes(profile, 0, 0.1, cohort).n_genes == round(stored / 10)
    assert with_genes(profile, 0, 1.0, cohort).n_genes == stored
    with pytest.raises(UsageError, match="both given"):
        with_genes(profile, 17, 0.1, cohort)
    with pytest.raises(UsageError, match="gene_fraction is 1.5"):
        with_genes(profile, 0, 1.5, cohort)
