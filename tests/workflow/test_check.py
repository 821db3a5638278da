"""What `--check` reads of own tables, and that it says what it did not."""

import subprocess
import sys
from pathlib import Path

import pytest
from builders import command_environment, own_cohort

from pnetlib.cli.run import main, read_options
from pnetlib.errors import DataError, MissingDrugError, SetupError, UsageError
from pnetlib.workflow.check import check_tables


@pytest.fixture
def folder(tmp_path):
    return own_cohort(tmp_path / "screen")


def write(folder, text):
    tables = "data: {expression: expression.csv, response: response.csv}\nprofile: smoke\n"
    (folder / "config.yml").write_text(tables + text)


def check(folder):
    return check_tables(read_options(["--data", str(folder)], folder))


def test_tables_are_read_and_what_was_found_is_said(folder, capsys):
    assert main(["--check", "--data", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "expression.csv has genes in rows; it was turned." in said
    assert (
        "A larger response is taken to mean a more resistant line; nothing says otherwise." in said
    )
    assert (
        "Checked: the options and the tables, with 60 cell lines, 40 genes, 3 responses, 3 tissues and"
        in said
    )
    assert "Not checked: what the notebooks find in them." in said
    write(folder, "responses: {names: [drug A], larger: sensitive}\n")
    said = check(folder)
    assert (
        "Checked: the options, the config and the tables" in said
        and "1 response, no tissues and" in said
    )
    assert "a more sensitive line, as the config says" in said


@pytest.mark.parametrize(
    ("text", "error", "named"),
    [
        (
            "markers: {NOPE: resistance}",
            UsageError,
            "NOPE, which is not among .* [(]set by markers in config.yml, which is {NOPE: resistance}",
        ),
        (
            "genes: {only: [g01, G02]}",
            UsageError,
            "genes names g01 .did you mean G01.., which .*, which is .g01, G02.",
        ),
        (
            "regulators: [G02, G001]",
            UsageError,
            "regulators names G001 .did you mean G01.., not .*, which is .G02, G001.",
        ),
        ("responses: {names: [drug Z]}", MissingDrugError, "set by responses.names in config.yml"),
        ("groups: {size: 40}", Exception, "group_size 40 needs 80 .*groups.size in config.yml"),
        ("genes: {number: 500}", UsageError, "n_genes is 500, .*set by genes.number in config.yml"),
        ("parameters: {force_genes: NOPE}", UsageError, "NOPE"),
        ("parameters: {force_genes: g05}", UsageError, "no gene g05 .did you mean G05"),
        ("genes: {only: [G01, NOPE]}", UsageError, "genes names NOPE.*set by genes.only in config"),
        (
            "regulators: [NOPE, G01]",
            UsageError,
            "regulators names NOPE.*set by regulators in config",
        ),
    ],
)
def test_what_is_asked_of_the_tables_is_checked(folder, text, error, named):
    write(folder, f"{text}\n")
    with pytest.raises(error, match=named):
        check(folder)


def test_too_few_lines_for_two_groups_are_refused(tmp_path):
    few = own_cohort(tmp_path / "few", lines=12)
    with pytest.raises(DataError, match=r"group_size \d is too small: .* at least 5 lines each"):
        check(few)


def test_a_folder_of_results_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file/run", "/proc/run"):
        with pytest.raises(SetupError):
            main(["--check", "--data", "simulated", "--out", str(out)])
    assert main(["--check", "--data", "simulated", "--out", str(tmp_path / "a/b")]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_other_sources_are_not_read():
    assert check_tables(read_options(["--data", "simulated"], Path())) == ""


def test_without_packages_it_says_what_it_did_not_check(folder):
    write(folder, "")
    ran = subprocess.run(
        [sys.executable, "-S", "-m", "pnetlib", "run", "--check", "--data", str(folder)],
        env=command_environment(),
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Checked: the options. Not checked: the config and the tables, as" in ran.stdout
