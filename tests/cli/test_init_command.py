"""``pnetlib init``: the config it writes is one, describes the tables, and repeats the defaults."""

import shutil

import numpy as np
import pandas as pd
import pytest
from builders import own_cohort

from pnetlib.cli import dispatch
from pnetlib.cli.parser import CALLED
from pnetlib.config import read_config
from pnetlib.datasets import load_cohort


@pytest.fixture
def folder(tmp_path):
    return own_cohort(tmp_path / "my screen")


def test_the_config_describes_the_tables_and_changes_nothing(folder, capsys):
    before = load_cohort(folder)
    assert dispatch(["init", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "60 cell lines with expression of 40 genes" in said and "Wrote " in said
    assert "3 responses, measured in 58 to 60 lines" in said
    config = read_config(folder / "config.yml")
    assert config.name == "my screen" and config.data.expression == "expression.csv"
    assert config.responses.names == list(before.response.columns)
    assert (config.profile, config.markers, config.genes.number) == ("standard", {}, 0)
    after = load_cohort(folder)
    assert after.expression.equals(before.expression) and after.response.equals(before.response)
    own = before.provenance["own"]
    assert own.pop("assumed") and after.provenance == before.provenance


def test_every_comment_names_a_key_that_there_is(folder):
    dispatch(["init", str(folder)])
    path = folder / "config.yml"
    text = path.read_text()
    for key in ("layer: counts", "number: 40", "fraction: 0.1", "only: genes.txt", "sheet: Sheet1"):
        assert f"# {key}" in text
        path.write_text(text.replace(f"# {key}", key, 1))
        read_config(path)


def test_files_of_other_names_are_given(folder, capsys):
    (folder / "expression.csv").rename(folder / "tpm: log2.csv")
    (folder / "response.csv").rename(folder / "auc.csv")
    assert dispatch(["init", str(folder)]) == 4
    assert "has no table named expression and none named response" in capsys.readouterr().err
    named = ["--expression", "tpm: log2.csv", "--response", "auc.csv"]
    assert dispatch(["init", str(folder), *named]) == 0
    assert read_config(folder / "config.yml").data.expression == "tpm: log2.csv"
    assert load_cohort(folder).expression.shape == (60, 40)


def test_a_config_is_replaced_only_by_force(folder, capsys):
    (folder / "config.yml").write_text("mine")
    assert dispatch(["init", str(folder)]) == 2
    assert "is already there; edit it, or replace it with --force" in capsys.readouterr().err
    assert (folder / "config.yml").read_text() == "mine"
    assert dispatch(["init", str(folder), "--force"]) == 0


def test_tables_that_cannot_be_read_leave_no_config(folder, capsys):
    text = (folder / "response.csv").read_text()
    (folder / "response.csv").write_text(text.replace("0.", "x0.", 1))
    assert dispatch(["init", str(folder)]) == 4
    assert "response.csv, row" in capsys.readouterr().err
    assert not (folder / "config.yml").exists()


@pytest.mark.parametrize("more", [[], ["--check"]])
def test_a_table_that_is_named_and_not_there_is_wrong_usage(folder, capsys, more):
    named = ["--expression", "tpm.csv", "--response", "response.csv", *more]
    assert dispatch(["init", str(folder), *named]) == 2
    assert f"--expression is tpm.csv, but {folder} has no such file" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_named(tmp_path, capsys):
    assert dispatch(["init", str(tmp_path / "none")]) == 2
    assert "There is no folder" in capsys.readouterr().err


def config_text(folder, *options):
    dispatch(["init", str(folder), "--force", *options])
    read_config(folder / "config.yml")
    return (folder / "config.yml").read_text()


def test_the_config_says_which_column_has_the_tissue_or_may_have_it(folder, capsys):
    path = folder / "annotation.csv"
    assert "line (3 tissues found)\n  tissue: tissue  # column" in config_text(folder)
    table = pd.read_csv(path, index_col=0).rename(columns={"tissue": "organ of origin"})
    table.insert(0, "age", range(len(table)))
    table.insert(0, "consent", "yes")
    table.insert(0, "ward", [f"W{at % 9}" for at in range(len(table))])
    table.to_csv(path)
    text = config_text(folder)
    assert "(no tissue found)\n  # tissue: organ of origin  # column of the annotation with" in text
    assert "; or: ward, age\n" in text
    assert "4 columns of annotation.csv not used" in capsys.readouterr().out
    (folder / "config.yml").write_text(text.replace("# tissue: organ", "tissue: organ"))
    assert load_cohort(folder).annotation["tissue"].nunique() == 3
    path.unlink()
    assert "tissue of each cell line\n  # tissue: organ  # " in config_text(folder)


def test_the_config_says_why_groups_are_smaller_than_a_third(folder):
    assert "size: 19 " in (text := config_text(folder)) and "would be in both" not in text
    path = folder / "response.csv"
    table = pd.read_csv(path, index_col=0)
    table[:] = np.random.default_rng(2).normal(size=table.shape)  # independent of each other
    table.to_csv(path)
    text = config_text(folder)
    size = read_config(folder / "config.yml").groups.size
    assert 5 <= size < 20
    why = f"none in both groups: {size}, as with {size + 1} a line would be in both\n"
    assert f"at most a third of the 60 with all responses, {why}" in text


def test_odd_names_are_quoted(tmp_path):
    folder = own_cohort(tmp_path / "a: b # c", drugs=("yes", 'say "so"', "- x", "7", "a: b"))
    dispatch(["init", str(folder)])
    config = read_config(folder / "config.yml")
    assert sorted(config.responses.names) == sorted(["yes", 'say "so"', "- x", "7", "a: b"])
    assert config.name == "a: b # c" and load_cohort(folder).response.shape == (60, 5)


def test_where_to_name_the_files_is_said(folder, capsys):
    (folder / "response.csv").rename(folder / "auc.csv")
    dispatch(["init", str(folder), "--expression", "expression.csv"])
    said = capsys.readouterr().err
    assert "has no table named response;" in said and "--response NAME" in said
    assert f"as in `pnetlib init {folder}" in said.replace("'", "")


@pytest.mark.parametrize("name", ["init", "docs"])
def test_usage_names_the_program_that_was_called(name, capsys, monkeypatch):
    for called, program in (("./reproduce.sh", "./reproduce.sh"), (None, "pnetlib")):
        if called:
            monkeypatch.setenv(CALLED, called)
        else:
            monkeypatch.delenv(CALLED)
        assert dispatch([name, "--what"]) == 2
        assert f"; {program} {name} --help describes the options." in capsys.readouterr().err


def test_a_path_with_blanks_can_be_copied_to_the_shell(folder, capsys):
    dispatch(["init", str(folder)])
    assert f"./reproduce.sh --data '{folder}' --profile smoke" in capsys.readouterr().out


def test_a_table_outside_the_folder_is_refused(folder, tmp_path, capsys):
    other = shutil.copy(folder / "expression.csv", tmp_path / "outside.csv")
    names = ["--expression", str(other), "--response", "response.csv"]
    assert dispatch(["init", str(folder), *names]) == 2
    assert f"{other}, which is not in {folder}; put it there" in capsys.readouterr().err
    inside = ["--expression", str(folder / "expression.csv"), "--response", "response.csv"]
    assert dispatch(["init", str(folder), *inside]) == 0
    assert "expression: expression.csv" in (folder / "config.yml").read_text()
