"""Drugs by name or id in the official files, the packages and the simulated cohort."""

import numpy as np
import official_files as make
import pandas as pd
import pytest

from pnetlib.datasets import drugs as module, gdsc_packages, list_drugs, load_cohort
from pnetlib.datasets.cohort import Cohort
from pnetlib.datasets.drugs import drug_words, find_drugs, ids_by_agreement
from pnetlib.datasets.gdsc_packages import read_packages
from pnetlib.errors import DataError, MissingDrugError, UsageError
from pnetlib.paper.drugs import PAPER_DRUGS
from pnetlib.steps.data.compute import response_table

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
    return found_in(ENTRIES, drugs, handled)


def found_in(entries, drugs, handled=None):
    table = find_drugs(drugs, entries, "here", [] if handled is None else handled)
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
def test_no_drug_is_refused(drugs):
    with pytest.raises(UsageError, match="No drug was requested"):
        drug_words(drugs)


def test_names_and_ids_in_the_order_asked_for():
    assert found("1496, paclitaxel") == {"Cisplatin": 1496, "Paclitaxel": 11}
    assert list(found("Paclitaxel,1496")) == ["Paclitaxel", "Cisplatin"]
    assert found("FS106")["FS106"] is pd.NA


def test_a_drug_named_twice_is_taken_once():
    assert found("Cisplatin,1005,cisplatin") == {"Cisplatin": 1005}


def test_a_shared_name_means_the_papers_drug_or_the_lowest_id_and_is_reported():
    handled = []
    assert found("Doxorubicin,Cisplatin", handled) == {"Doxorubicin": 133, "Cisplatin": 1005}
    assert "id 1005 (934 cell lines)" in handled[1] and "1496" in handled[1]
    renumbered = ENTRIES.assign(id=ENTRIES["id"].replace({1386: 12}))
    assert find_drugs("Doxorubicin", renumbered, "here", [])["id"].tolist() == [133]


def test_two_drugs_of_one_name_are_labelled_by_their_ids():
    assert list(found("1005,1496,11")) == ["Cisplatin (1005)", "Cisplatin (1496)", "Paclitaxel"]


@pytest.mark.parametrize(
    ("drugs", "message"),
    [
        ("Cisplatine", "here has no drug Cisplatine; similar ones are Cisplatin"),
        ("Zzzzz", "no drug Zzzzz; it has Paclitaxel, Doxorubicin, Cisplatin, FS106, Pair."),
        (
            "1006",
            "no drug with id 1006; similar ones are 1005 (Cisplatin), 1386 (Doxorubicin), 1496 (Cisplatin)",
        ),
        ("Pair", "Pair is shared by 2 drugs whose ids it does not give"),
    ],
)
def test_unknown_drug_is_one_sentence_with_similar_ones(drugs, message):
    with pytest.raises(MissingDrugError) as error:
        found(drugs)
    assert message in str(error.value) and str(error.value).count(". ") == 0


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
def test_an_uncertain_id_remains_unknown(spoil):
    values, known = screens(2)
    if spoil == "unlike":
        values["a"] = np.random.default_rng(9).permutation(values["a"])
    elif spoil == "double":
        known = known.assign(**{"999": known["100"]})
    else:
        values.loc[values.index[60:], "a"] = np.nan
    ids = ids_by_agreement(values, known)
    assert ids.isna().to_dict() == {name: name == "a" for name in "abcdefgh"}


def test_without_drugs_or_known_ids_there_is_no_id():
    values, known = screens(3)
    assert ids_by_agreement(values[[]], known).empty
    assert ids_by_agreement(values, known[[]]).isna().to_dict() == dict.fromkeys("abcdefgh", True)


def test_of_a_name_without_the_paper_s_id_the_first_id_is_taken():
    entries = ENTRIES.assign(id=ENTRIES["id"].replace({133: 7, 1386: 2000}))
    assert found_in(entries, "doxorubicin") == {"Doxorubicin": 7}


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


def test_official_folder_names_similar_drugs(tmp_path):
    folder = make.official_folder(tmp_path / "files")
    with pytest.raises(MissingDrugError, match="no drug Docetaxol; similar ones are Docetaxel"):
        load_cohort(folder, drugs="Docetaxol")


def test_id_that_is_not_a_number_is_refused(tmp_path):
    folder = make.official_folder(tmp_path / "files")
    rows = make.response_rows()
    rows[3][3] = "?"
    make.write_response(folder, rows)
    with pytest.raises(DataError, match="DRUG_ID in row 5 of .* is '\\?', not a whole number"):
        load_cohort(folder, drugs="Docetaxel")


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """The small packages, whose six cell lines suffice to recognise a drug."""
    monkeypatch.setattr(gdsc_packages, "_ROWS", {("Doxorubicin", 133): 6, ("Doxorubicin", 1386): 5})
    monkeypatch.setattr(module, "_LEAST_LINES", 5)
    return make.write_wheel(tmp_path), make.write_sdist(tmp_path)


def test_packages_by_name_and_id(packages):
    cohort = read_packages(*packages, "docetaxel,5,1386")
    assert cohort.provenance["drugs"] == {"Docetaxel": 1007, "Alone": 5, "Doxorubicin": 1386}
    assert "930299" not in cohort.lines_for("Doxorubicin")
    pd.testing.assert_series_equal(
        cohort.response["Docetaxel"], read_packages(*packages, PAPER_DRUGS).response["Docetaxel"]
    )
    notes = " ".join(cohort.provenance["handled"])
    assert "Alone is the run of 6 rows of that name; GDSC id 5 by agreement" in notes
    assert "Doxorubicin is the run of 5 rows of that name; GDSC id 1386 by that number" in notes


def test_packages_give_the_known_one_of_two_drugs_of_one_name(packages):
    cohort = read_packages(*packages, "Twice")
    assert cohort.provenance["drugs"] == {"Twice": 9}
    assert any("Twice is the name of 2 drugs; id 9" in s for s in cohort.provenance["handled"])


def test_packages_refuse_drugs_of_one_name_in_consecutive_rows(packages):
    with pytest.raises(
        MissingDrugError, match="Adjoining is shared by several drugs in consecutive"
    ):
        read_packages(*packages, "Adjoining")


def test_a_drug_of_unknown_id_is_taken_by_name_and_survives_saving(packages, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_AGREEMENT", 2.0)
    cohort = read_packages(*packages, "Alone,Docetaxel")
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
