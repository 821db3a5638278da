"""A folder of own tables as a source, with and without a config."""

import pytest
from builders import own_cohort

from pnetlib.datasets import list_drugs, load_cohort, load_screens
from pnetlib.datasets.own_source import config_path, is_own, require_tables
from pnetlib.errors import DataError, MissingDrugError, UsageError

DATA = "data: {expression: expression.csv, response: response.csv}\n"


@pytest.fixture
def folder(tmp_path):
    return own_cohort(tmp_path / "screen")


def test_a_folder_is_own_by_its_config_or_its_tables(tmp_path, folder):
    assert is_own(folder) and not is_own(tmp_path) and not is_own("gdsc")
    assert not is_own(folder / "expression.csv") and not is_own(tmp_path / "none")
    (tmp_path / "config.yml").write_text(DATA)
    assert is_own(tmp_path) and is_own(tmp_path / "config.yml")
    assert config_path(folder) is None
    (folder / "other.YML").write_text(DATA)
    assert config_path(folder / "other.YML") == folder / "other.YML"


def test_tables_alone_make_a_cohort(folder):
    cohort = load_cohort(folder)
    assert cohort.expression.shape == (60, 40) and cohort.response.shape == (60, 3)
    origin = cohort.provenance
    assert origin["source"] == "screen" and not origin["simulated"]
    assert origin["own"] == {"measure": "response", "larger": "resistant", "assumed": True}
    assert load_screens(folder, cohort).values.shape[1] == 0


def test_a_config_says_what_is_read_and_how(folder):
    first = load_cohort(folder)
    (folder / "config.yml").write_text(
        f"name: mine\n{DATA}responses: {{names: [drug C, drug A], measure: AUC, larger: sensitive}}\n"
    )
    cohort = load_cohort(folder)
    assert list(cohort.response.columns) == ["drug C", "drug A"]
    assert cohort.provenance["source"] == "mine"
    assert cohort.provenance["own"] == {"measure": "AUC", "larger": "sensitive"}
    assert cohort.response["drug A"].corr(first.response["drug A"]) == pytest.approx(-1.0)
    assert load_cohort(folder / "config.yml").response.equals(cohort.response)


def test_drugs_given_take_the_place_of_those_in_the_config(folder):
    (folder / "config.yml").write_text(f"{DATA}responses: {{names: [drug C]}}\n")
    assert list(load_cohort(folder, drugs="drug B, drug A").response.columns) == [
        "drug B",
        "drug A",
    ]
    with pytest.raises(MissingDrugError, match="drug D"):
        load_cohort(folder, drugs="drug D")
    with pytest.raises(UsageError, match="No drug was requested"):
        load_cohort(folder, drugs=[])


def test_all_responses_are_listed_whatever_the_config_chooses(folder):
    (folder / "config.yml").write_text(f"{DATA}responses: {{names: [drug C]}}\n")
    listed = list_drugs(folder)
    assert listed["name"].tolist() == ["drug A", "drug B", "drug C"]
    assert listed["lines"].tolist() == [60, 58, 60] and listed["id"].isna().all()


def test_a_file_that_is_not_there_is_named_with_its_key(folder):
    (folder / "config.yml").write_text("data: {expression: xpression.csv, response: response.csv}")
    with pytest.raises(
        UsageError, match="data.expression is 'xpression.csv', but there is no such"
    ):
        load_cohort(folder)


def test_a_config_of_another_source_is_no_cohort_of_tables(folder):
    (folder / "config.yml").write_text("data: gdsc\n")
    with pytest.raises(UsageError, match="data is 'gdsc', which names no files"):
        load_cohort(folder)


def test_two_tables_of_a_kind_are_a_question(folder):
    (folder / "expression.tsv").write_text("a\tb\n")
    with pytest.raises(
        DataError, match=r"below `data` in config.yml, as in `expression: expression.csv`"
    ):
        load_cohort(folder)
    (folder / "config.yml").write_text(DATA)
    assert load_cohort(folder).expression.shape == (60, 40)


@pytest.mark.parametrize(
    "name", ["annotation.xls", "Annotation.ODS", "response.rds", "expression.feather"]
)
def test_a_table_of_a_kind_that_is_not_read_is_said(folder, name):
    (folder / name).touch()
    (folder / "notes.xls").touch()
    handled = load_cohort(folder).provenance["handled"]
    assert [text for text in handled if "not read" in text] == [
        f"{name} is not read; save it as .csv or .xlsx."
    ]
    (folder / "config.yml").write_text(DATA)
    assert not any("not read" in text for text in load_cohort(folder).provenance["handled"])


def test_a_missing_table_of_a_kind_that_is_not_read_is_said(folder):
    (folder / "response.csv").rename(folder / "response.sav")
    with pytest.raises(DataError, match="no table named response.* response.sav is not read; save"):
        load_cohort(folder)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (
            ["tpm.csv", "response.csv"],
            r"neither a table named expression nor the official files of GDSC",
        ),
        ([], r"put them there, or say which files are your tables: \S+ init \S+ --expression NAME"),
        (["expression.csv"], r"no table named response; a table ends in .*, such as response\.csv"),
        (
            ["expression.csv", "expression.tsv", "response.csv"],
            r"has expression.csv and expression.tsv",
        ),
        (
            ["expression.xls", "response.csv"],
            r"no table named expression.* expression.xls is not read",
        ),
    ],
)
def test_missing_tables_are_told_by_the_names_of_files_alone(tmp_path, names, says):
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=says):
        require_tables(tmp_path)
    (tmp_path / "config.yml").touch()  # may name other files
    require_tables(tmp_path)


@pytest.mark.parametrize(
    "names", [["expression.csv", "responses.tsv"], ["rma.zip"], ["GDSC1.xlsx", "rma.TXT"]]
)
def test_a_folder_that_may_have_all_tables_is_left_to_its_loader(tmp_path, names):
    for name in names:
        (tmp_path / name).touch()
    require_tables(tmp_path)
    require_tables(tmp_path / names[0])
