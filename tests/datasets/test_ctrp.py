"""CTRPv2 in both layouts: matched by name, averaged per line, refused in one sentence."""

import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from builders import ROOT
from official_files import refused

from pnetlib.datasets import ctrp, load_responses, offered_drugs
from pnetlib.datasets.ctrp import OFFICIAL, PLAIN, fetch_ctrp, read_ctrp
from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.errors import (
    CorruptFileError,
    DataError,
    DownloadError,
    DuplicateError,
    MissingColumnError,
)

SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="module")
def cohort():
    """A cohort with names such as those of a laboratory: 30 lines, the first of them blood."""
    whole = simulate_cohort(1)
    part = whole.subset(whole.expression.index[:40], whole.expression.columns[:10])
    names = [f"NCI-H{number}" for number in range(40)]
    tissue = ["leukemia"] * 5 + ["lung"] * 35
    annotation = part.annotation.assign(cell_line=names, tissue=tissue)
    provenance = part.provenance | {"simulated": False}
    return replace(part, annotation=annotation, truth=None, provenance=provenance)


def tables():
    """Lines H0 to H34 and one unknown; every line once, H3 twice; three compounds and a mixture."""
    lines = [f"H{number}" for number in range(35)] + ["MCF7"]
    types = ["haematopoietic_and_lymphoid_tissue"] * 4 + ["lung"] * 31 + ["breast"]
    experiments = [(k, k) for k in range(36)] + [(100, 3), (200, 5), (200, 6)]
    compounds = {"7": "fluorouracil", "8": "docetaxel", "9": "docetaxel:tanespimycin"}
    compounds["10"] = "cytarabine hydrochloride"
    rng = np.random.default_rng(0)
    areas = [(e, round(rng.uniform(5, 15), 3), c) for e, _ in experiments[:38] for c in compounds]
    return {
        "lines": pd.DataFrame(
            {"master_ccl_id": range(36), "ccl_name": lines, "cancer_type": types}
        ),
        "experiments": pd.DataFrame(experiments, columns=["experiment_id", "master_ccl_id"]),
        "compounds": pd.DataFrame(
            {"master_cpd_id": compounds.keys(), "cpd_name": compounds.values()}
        ),
        "areas": pd.DataFrame(
            areas, columns=["experiment_id", "area_under_curve", "master_cpd_id"]
        ),
    }


def write(folder, layout, **changed):
    """Write the tables in a layout; `changed` replaces some."""
    parts = tables() | changed
    for kind in ("lines", "experiments", "compounds"):
        table = parts[kind]
        if kind == "experiments":
            table = table.rename(columns={"experiment_id": layout.experiment})
        table.to_csv(folder / getattr(layout, kind), sep=layout.separator, index=False)
    for name, rows in zip(layout.areas, np.array_split(np.arange(len(parts["areas"])), 2)):
        own = parts["areas"] if len(layout.areas) == 1 else parts["areas"].iloc[rows]
        own.to_csv(folder / name, sep=layout.separator, index=False)
    return folder


@pytest.mark.parametrize("layout", [OFFICIAL, PLAIN], ids=["official", "csv"])
def test_both_layouts_give_the_same_responses(tmp_path, cohort, layout):
    screens = read_ctrp(write(tmp_path, layout), cohort)
    assert list(screens.listed["drug"]) == ["5-Fluorouracil", "Docetaxel"]
    assert list(screens.listed["id"]) == ["7", "8"]
    values = screens.values["5-Fluorouracil: CTRPv2 7 AUC"]
    areas = tables()["areas"]
    own = areas[areas["master_cpd_id"] == "7"].set_index("experiment_id")["area_under_curve"]
    line = cohort.expression.index
    assert values[line[10]] == own[10]
    assert values[line[3]] == pytest.approx((own[3] + own[100]) / 2)  # two experiments
    assert values.notna().sum() == 34  # H0 to H34 but H4, blood in the cohort and lung in CTRP
    said = " ".join(screens.provenance["handled"])
    assert "averaged: 2 to 2 of a drug" in said
    assert "34 cell lines of 36 of CTRPv2 matched" in said
    assert "1 experiment on several cell lines left out" in said
    assert "has no Doxorubicin, Mitomycin-C" in said
    reasons = screens.matched.set_index("name")["reason"]
    assert reasons["MCF7"] == "not in the cohort" and "blood in one" in reasons["H4"]


def test_compounds_are_named_in_either_way(tmp_path, cohort):
    offered = offered_drugs(write(tmp_path, PLAIN), cohort)
    assert offered("5-Fluorouracil") and offered("Cytarabine") and offered("DOCETAXEL")
    assert not offered("Tanespimycin")


def test_a_folder_is_read_by_load_responses(tmp_path, cohort):
    assert len(load_responses(write(tmp_path, OFFICIAL), cohort).listed) == 2


@pytest.mark.parametrize("layout", [OFFICIAL, PLAIN], ids=["official", "csv"])
def test_what_is_wrong_is_named(tmp_path, cohort, layout):
    write(tmp_path, layout)
    (tmp_path / layout.compounds).unlink()
    refused(DataError, f"lacks {layout.compounds} of CTRPv2", read_ctrp, tmp_path, cohort)
    write(tmp_path, layout, lines=tables()["lines"].rename(columns={"ccl_name": "name"}))
    refused(MissingColumnError, "has no column ccl_name", read_ctrp, tmp_path, cohort)
    areas = tables()["areas"].astype(object)
    areas.iat[1, 1] = "high"
    write(tmp_path, layout, areas=areas)
    refused(DataError, "in row 3 of .* is 'high', not a number", read_ctrp, tmp_path, cohort)
    write(tmp_path, layout)
    with open(tmp_path / layout.lines, "a") as file:
        file.write("99\n")
    refused(
        CorruptFileError,
        f"Row 38 of {layout.lines} ends early: it has 1 field and the header 3",
        read_ctrp,
        tmp_path,
        cohort,
    )
    write(tmp_path, layout)
    with open(tmp_path / layout.lines, "a") as file:
        file.write(layout.separator.join("abcdef") + "\n")
    refused(CorruptFileError, "has 6 fields and the header 3", read_ctrp, tmp_path, cohort)


@pytest.mark.parametrize("layout", [OFFICIAL, PLAIN], ids=["official", "csv"])
def test_an_area_beyond_any_measurement_is_refused(tmp_path, cohort, layout):
    areas = tables()["areas"].astype(object)
    areas.iat[1, 1] = 1e300
    write(tmp_path, layout, areas=areas)
    named = (
        rf"area_under_curve in row 3 of {layout.areas[0]} is 1e\+300, too large for a measurement"
    )
    refused(DataError, named, read_ctrp, tmp_path, cohort)


def test_a_blank_area_is_missing(tmp_path, cohort):
    areas = tables()["areas"].astype(object)
    areas.loc[
        (areas["experiment_id"] == 10) & (areas["master_cpd_id"] == "7"), "area_under_curve"
    ] = ""
    values = read_ctrp(write(tmp_path, PLAIN, areas=areas), cohort).values
    assert np.isnan(values.at[cohort.expression.index[10], "5-Fluorouracil: CTRPv2 7 AUC"])


@pytest.mark.parametrize("layout", [OFFICIAL, PLAIN], ids=["official", "csv"])
def test_areas_and_experiments_left_out_are_counted_and_named(tmp_path, cohort, layout):
    parts = tables()
    areas = parts["areas"].astype(object)
    areas.loc[areas["experiment_id"] == 10, "area_under_curve"] = ""
    more = pd.DataFrame([[999, 3.5, "7"], [998, "", "7"], [1, 2.5, "x"]], columns=areas.columns)
    experiments = parts["experiments"].replace({"master_ccl_id": {20: 555}})
    write(tmp_path, layout, areas=pd.concat([areas, more]), experiments=experiments)
    found = read_ctrp(tmp_path, cohort)
    handled = found.provenance["handled"]
    assert (
        f"1 experiment on cell lines that {layout.lines} lacks left out: 20 (line 555)." in handled
    )
    assert (
        f"2 areas of experiments that {layout.experiments} lacks left out (experiment_id 999, 998)."
        in handled
    )
    assert "4 blank areas left out (experiment_id 10)." in handled
    line = cohort.expression.index
    assert found.values.loc[line[[10, 20]]].isna().all(axis=None)


def test_the_archive_is_unpacked_file_by_file(tmp_path, cohort, monkeypatch):
    source = write(tmp_path / "made", OFFICIAL) if (tmp_path / "made").mkdir() is None else None
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in source.iterdir():
            packed.write(file, f"deep/{file.name}")
    monkeypatch.setattr(ctrp, "fetch_file", lambda file, folder: archive)
    monkeypatch.setenv("PNETLIB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache" / "ctrp").mkdir(parents=True)
    folder = fetch_ctrp()
    assert sorted(p.name for p in folder.iterdir()) == sorted(p.name for p in source.iterdir())
    assert not (tmp_path / "cache" / "deep").exists()
    (folder / OFFICIAL.lines).unlink()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("other.txt", "")
    refused(CorruptFileError, "does not contain one v20.meta.per_cell_line", fetch_ctrp)


def test_a_failed_download_says_what_to_do(tmp_path, monkeypatch):
    def fail(file, folder):
        raise DownloadError("no network")

    monkeypatch.setattr(ctrp, "fetch_file", fail)
    refused(DownloadError, "name that by responses=FOLDER", fetch_ctrp, tmp_path)


@pytest.mark.skipif(not (SHARED / "ctrp").is_dir(), reason="the real responses are not here")
def test_the_real_responses_agree_with_gdsc_as_its_provenance_says():
    from pnetlib.datasets import load_cohort

    if not (SHARED / "gdsc").is_dir():
        pytest.skip("the official files are not here")
    cohort = load_cohort(SHARED / "gdsc")
    screens = load_responses(SHARED / "ctrp", cohort)
    expected = {"Doxorubicin": 0.27, "Mitomycin-C": 0.37, "5-Fluorouracil": 0.43, "Docetaxel": 0.14}
    for drug, rho in expected.items():
        pair = cohort.response[drug], screens.values[screens.of(drug)[0]]
        assert pair[0].corr(pair[1], method="spearman") == pytest.approx(rho, abs=0.03)


def test_repeated_rows_are_used_once_and_contradictions_refused(tmp_path, cohort):
    parts = tables()
    for kind, key in (
        ("areas", "experiment_id 0, master_cpd_id 7"),
        ("lines", "master_ccl_id 0"),
        ("compounds", "master_cpd_id 7"),
    ):
        table = parts[kind]
        write(tmp_path, OFFICIAL, **{kind: pd.concat([table, table.iloc[:1]])})
        found = read_ctrp(tmp_path, cohort)
        expected = read_ctrp(write(tmp_path, OFFICIAL), cohort)
        pd.testing.assert_frame_equal(found.values, expected.values)
        other = table.iloc[:1].copy()
        other.iloc[0, 1] = 3.25 if kind == "areas" else "other"
        write(tmp_path, OFFICIAL, **{kind: pd.concat([table, other])})
        refused(DuplicateError, f"has {key} more than once", read_ctrp, tmp_path, cohort)


def test_ids_that_a_spreadsheet_changed_are_the_same(tmp_path, cohort):
    expected = read_ctrp(write(tmp_path, OFFICIAL), cohort).values
    parts = tables()
    lines = parts["lines"].assign(master_ccl_id=parts["lines"]["master_ccl_id"].astype(float))
    compounds = parts["compounds"].assign(
        master_cpd_id=[f"{c}.0" for c in parts["compounds"]["master_cpd_id"]]
    )
    found = read_ctrp(write(tmp_path, OFFICIAL, lines=lines, compounds=compounds), cohort).values
    pd.testing.assert_frame_equal(found, expected)


def test_ids_with_leading_zeros_are_the_same_on_both_sides(tmp_path, cohort):
    expected = read_ctrp(write(tmp_path, OFFICIAL), cohort).values
    parts, changed = tables(), {}
    for kind, column in (
        ("lines", "master_ccl_id"),
        ("areas", "experiment_id"),
        ("compounds", "master_cpd_id"),
    ):
        changed[kind] = parts[kind].assign(**{column: [f"000{c}" for c in parts[kind][column]]})
    found = read_ctrp(write(tmp_path, OFFICIAL, **changed), cohort)
    pd.testing.assert_frame_equal(found.values, expected)
    said = "\n".join(found.provenance["handled"])
    assert f"36 ids of {OFFICIAL.lines} with leading zeros" in said
    assert "taken as plain ones: 0000 as 0, 0001 as 1" in said
    assert f"38 ids of {OFFICIAL.areas[0]} with leading zeros" in said
    assert f"4 ids of {OFFICIAL.compounds} with leading zeros" in said
    more = pd.DataFrame([["03", "OTHER", "lung"]], columns=parts["lines"].columns)
    write(tmp_path, OFFICIAL, lines=pd.concat([parts["lines"], more]))
    named = f"{OFFICIAL.lines} has master_ccl_id 3 more than once with different values; keep one"
    refused(DuplicateError, named, read_ctrp, tmp_path, cohort)


def test_repeated_rows_of_compounds_are_counted(tmp_path, cohort):
    compounds = tables()["compounds"]
    more = pd.DataFrame([["", "x"], ["7", "fluorouracil"]], columns=compounds.columns)
    found = read_ctrp(write(tmp_path, OFFICIAL, compounds=pd.concat([compounds, more])), cohort)
    for what in ("without an id", "repeated"):
        assert f"1 row of {OFFICIAL.compounds} {what} left out." in found.provenance["handled"]


def test_an_experiment_whose_line_is_blank_in_a_repeated_row_keeps_its_line(tmp_path, cohort):
    expected = read_ctrp(write(tmp_path, OFFICIAL), cohort)
    experiments = tables()["experiments"].astype(object)
    extra = pd.DataFrame([[10, ""], ["", 3], ["", 3]], columns=experiments.columns)
    found = read_ctrp(
        write(tmp_path, OFFICIAL, experiments=pd.concat([experiments, extra])), cohort
    )
    pd.testing.assert_frame_equal(found.values, expected.values)
    said = found.provenance["handled"]
    assert "3 rows of v20.meta.per_experiment.txt without an id left out." in said
