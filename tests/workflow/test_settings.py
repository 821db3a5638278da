"""A config becomes a run: source, parameters of the notebooks, and the config that a run records."""

from pathlib import Path

import pytest

from pnetlib.cli.run import read_options
from pnetlib.config import read_config
from pnetlib.errors import MissingDrugError, UsageError
from pnetlib.workflow.run import Run
from pnetlib.workflow.settings import (
    changed_keys,
    name_origin,
    parameters_of,
    resolved,
    settings_of,
)


@pytest.fixture
def cohort(tmp_path):
    """Return a folder with the names of two tables, which are not read here."""
    folder = tmp_path / "screen"
    folder.mkdir()
    for name in ("expression.csv", "response.csv"):
        (folder / name).write_text("line,a\n")
    return folder


def write(folder, text="data: {expression: expression.csv, response: response.csv}\n"):
    (folder / "config.yml").write_text(text)
    return folder


def options(*words, base="."):
    return read_options(list(map(str, words)), Path(base))


def test_every_key_becomes_a_parameter_of_a_notebook(tmp_path):
    (tmp_path / "genes.txt").write_text("A\nB\n")
    config = read_config(
        write(
            tmp_path,
            """
data: gdsc
responses: {names: [DTX, "A, B"]}
markers: {TP53: resistance, EGFR: marker}
groups: {rule: mean, size: 12}
genes: {only: genes.txt}
regulators: [X, Y]
parameters: {draws: 3}
""",
        )
        / "config.yml"
    )
    assert parameters_of(config, tmp_path) == {
        "drugs": 'DTX,"A, B"',
        "markers": "TP53=resistance, EGFR",
        "groups": "mean",
        "group_size": "12",
        "genes": str(tmp_path / "genes.txt"),
        "gene_fraction": "1.0",
        "regulators": "X,Y,",
        "draws": "3",
    }


def test_a_parameter_with_a_key_of_its_own_is_refused(tmp_path):
    write(tmp_path, "data: gdsc\nparameters: {group_size: 9}\n")
    with pytest.raises(UsageError, match="parameters.group_size has a key of its own"):
        settings_of(str(tmp_path))


def test_a_folder_without_a_config_says_nothing(cohort):
    assert settings_of(str(cohort)).parameters == {} and settings_of("gdsc").config is None


def test_options_take_the_place_of_the_config(cohort):
    write(
        cohort,
        "data: {expression: expression.csv, response: response.csv}\nprofile: smoke\nseed: 7\n"
        "genes: {fraction: 0.5}\ngroups: {size: 9}\n",
    )
    own = options("--data", cohort)
    assert (own.run.profile, own.run.seed, own.run.source) == ("smoke", 7, str(cohort))
    assert own.parameters["04_networks"] == {
        "groups": "extreme",
        "group_size": 9,
        "gene_fraction": 0.5,
    }
    other = options("--data", cohort, "--profile", "paper", "--seed", 8, "-p", "n_genes=40")
    assert (other.run.profile, other.run.seed) == ("paper", 8)
    assert other.parameters["04_networks"] == {"groups": "extreme", "group_size": 9, "n_genes": 40}
    assert other.given == {"groups": "extreme", "group_size": "9", "n_genes": "40"}


def test_steps_of_the_paper_are_left_out_on_another_cohort(cohort):
    found = options("--data", cohort)
    assert [step.number for step in found.steps] == ["01", "02", "03", "04", "05", "08", "09"]
    assert {step.number for step in found.left_out} == {"06", "07", *map(str, range(10, 17))}
    assert found.others and all(step.left_out for step in found.left_out)
    with pytest.raises(UsageError, match="16_claims is left out on another cohort: it judges"):
        options("--data", cohort, "--only", "16")
    with pytest.raises(UsageError, match="--reading follows other readings of the paper"):
        options("--data", cohort, "--reading", "size=80")
    assert not options("--data", "simulated").left_out


def test_other_markers_make_another_study_of_the_same_source():
    found = options("--data", "simulated", "-p", "markers=FOXA1")
    assert found.others and found.left_out and found.parameters["01_data"] == {"markers": "FOXA1"}


def test_a_config_with_a_named_source_has_results_of_its_own(tmp_path):
    folder = tmp_path / "drugs"
    folder.mkdir()
    write(folder, "data: simulated\nprofile: smoke\nresponses: {names: [Docetaxel]}\n")
    found = options("--data", folder)
    assert found.run.source == "simulated" and not found.others
    assert found.run.folder.name == "folder-drugs-smoke"
    assert found.parameters["01_data"] == {"drugs": "Docetaxel"}
    write(folder, "data: simulated\nresponses: {measure: AUC}\n")
    with pytest.raises(UsageError, match="describe tables of your own; remove them"):
        options("--data", folder)
    write(folder, "data: nowhere\n")
    with pytest.raises(UsageError, match="config.yml: data is 'nowhere', which is neither"):
        options("--data", folder)


def test_two_configs_of_one_folder_have_results_apart(cohort):
    write(cohort)
    for text in ("data: .\n", (cohort / "config.yml").read_text()):
        (cohort / "tfs.yml").write_text(text)
        named = options("--data", cohort / "tfs.yml", "--profile", "smoke").run.folder.name
        assert named == "folder-screen-tfs-smoke"
    assert options("--data", cohort, "--profile", "smoke").run.folder.name == "folder-screen-smoke"


def test_a_parameter_that_no_notebook_has_is_named(cohort):
    write(
        cohort,
        "data: {expression: expression.csv, response: response.csv}\nparameters: {drawz: 3}\n",
    )
    with pytest.raises(UsageError, match="config.yml: there is no parameter drawz in any notebook"):
        options("--data", cohort)


def test_a_parameter_like_another_is_suggested(cohort):
    write(
        cohort,
        "data: {expression: expression.csv, response: response.csv}\nparameters: {drws: 3}\n",
    )
    with pytest.raises(UsageError, match="no parameter drws in any notebook; did you mean draws"):
        options("--data", cohort)


@pytest.mark.parametrize("key", ["genes: {only: mygenes.txt}", "regulators: mygenes.txt"])
def test_a_missing_list_of_genes_is_named_with_its_folder(cohort, key):
    write(cohort, f"data: {{expression: expression.csv, response: response.csv}}\n{key}\n")
    with pytest.raises(UsageError) as raised:
        options("--data", cohort)
    assert f"is 'mygenes.txt', but there is no such file in {cohort}; correct" in str(raised.value)
    (cohort / "mygenes.txt").write_text("A\nB\n")
    assert str(cohort / "mygenes.txt") in options("--data", cohort).given.values()


def test_a_wrong_value_from_a_config_is_named_by_its_key(cohort):
    tables = "data: {expression: expression.csv, response: response.csv}\n"
    write(cohort, f"{tables}parameters: {{draws: many}}\n")
    with pytest.raises(UsageError, match="^config.yml: parameters.draws is 'many', but must be"):
        options("--data", cohort)
    with pytest.raises(UsageError, match="^draws is 'few', but must be"):
        options("--data", cohort, "-p", "draws=few")


def test_an_error_about_a_parameter_names_the_key_that_set_it(cohort):
    write(
        cohort,
        "data: {expression: expression.csv, response: response.csv}\n"
        "responses: {names: [A, B]}\nmarkers: [NOPE]\ngroups: {size: 40}\n",
    )
    origins = options("--data", cohort, "-p", "group_size=9").origins
    assert origins["drugs"] == "responses.names in config.yml, which is [A, B]"
    assert "group_size" not in origins and "size" not in origins
    assert (
        options("--data", cohort).origins["group_size"] == "groups.size in config.yml, which is 40"
    )
    for error, named in (
        (
            UsageError("markers names NOPE."),
            "NOPE (set by markers in config.yml, which is [NOPE]).",
        ),
        (MissingDrugError("There is no B."), "B (set by responses.names in config.yml, which is"),
        (UsageError("other markers."), "other markers."),
        (UsageError("markersets."), "markersets."),
    ):
        name_origin(error, origins)
        assert named in str(error)


def test_parameters_of_steps_that_are_not_run_are_no_mistake(cohort):
    write(
        cohort, "data: {expression: expression.csv, response: response.csv}\ngroups: {rule: mean}\n"
    )
    assert options("--data", cohort, "--only", "03").parameters == {"03_markers": {}}


def test_what_a_run_records_repeats_it(cohort, tmp_path):
    (cohort / "tfs.txt").write_text("A\nB\n")
    write(
        cohort,
        "name: screen\ndata: {expression: expression.csv, response: response.csv}\nprofile: smoke\n"
        'responses: {names: ["A, B", C], measure: AUC, larger: sensitive}\n'
        "markers: {TP53: resistance}\ngenes: {fraction: 0.5}\nregulators: tfs.txt\n"
        "groups: {rule: quantile, size: 9}\nparameters: {draws: 3}\n",
    )
    first = options("--data", cohort, "--out", tmp_path / "out")
    record = tmp_path / "again" / "config.yml"
    record.parent.mkdir()
    record.write_text(resolved(first.run, first.given))
    second = options("--data", record, "--out", tmp_path / "out")
    assert second.given == first.given and second.parameters == first.parameters
    assert (second.run.profile, second.run.seed) == (first.run.profile, first.run.seed)
    for key in ("files", "settings"):
        assert second.run.made_from[key] == first.run.made_from[key]


def test_a_record_has_no_key_that_was_left_out(cohort):
    write(cohort)
    given = options("--data", cohort, "-p", "n_genes=0").given
    run = Run(str(cohort), "smoke", out=str(cohort.parent / "run"))
    record = resolved(run, given)
    assert "rule: extreme" in record and "size" not in record and "number" not in record
    (cohort / "again.yml").write_text(record)
    assert read_config(cohort / "again.yml").genes.number == 0


def test_results_depend_on_the_tables_and_how_they_are_read_alone(cohort, tmp_path):
    def made_from():
        return Run(str(cohort), "smoke", out=str(tmp_path / "run")).made_from

    write(cohort)
    first = made_from()
    (cohort / "notes.txt").write_text("not data")
    write(
        cohort, "data: {expression: expression.csv, response: response.csv}\ngroups: {rule: mean}\n"
    )
    assert made_from() == first
    write(
        cohort,
        "data: {expression: expression.csv, response: response.csv}\nresponses: {measure: AUC}\n",
    )
    assert made_from()["settings"] != first["settings"]
    (cohort / "response.csv").write_text("line,b\n")
    assert made_from()["files"] != first["files"]


def test_a_run_is_named_by_the_folder_of_its_config(cohort):
    write(cohort)
    (cohort / "tfs.yml").write_text((cohort / "config.yml").read_text())
    assert Run(str(cohort), "smoke").name == "folder-screen-smoke"
    assert Run(str(cohort / "config.yml"), "smoke").name == "folder-screen-smoke"
    assert Run(str(cohort / "tfs.yml"), "smoke").name == "folder-screen-tfs-smoke"


@pytest.mark.parametrize(
    ("before", "keys"),
    [
        ("data: {expression: a.csv}\nmarkers: {TP53: marker}\ngenes: {number: 5}\nseed: 1\n", []),
        (
            "data: {expression: b.csv}\nmarkers: {TP53: marker}\ngenes: {number: 5}\nseed: 1\n",
            ["data.expression"],
        ),
        (
            "data: {expression: a.csv}\nmarkers: {EGFR: marker}\nseed: 1\n",
            ["markers", "genes.number"],
        ),
        (
            "data: gdsc\ngroups: {size: 9}\n",
            ["data.expression", "markers", "genes.number", "seed", "data", "groups.size"],
        ),
        ("data: [", []),
        ("", []),
    ],
)
def test_the_keys_in_which_two_configs_differ(before, keys):
    now = "data: {expression: a.csv}\nmarkers: {TP53: marker}\ngenes: {number: 5}\nseed: 1\n"
    assert changed_keys(before, now) == keys
