"""Descriptions of a run for other programs: the crate and CODECHECK's manifest."""

import json
import os
import re
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from builders import SMOKE, command

from pnetlib.execution.storage import digest
from pnetlib.workflow.crate import CRATE, codecheck


@pytest.fixture
def crate(finished):
    """Return the description that a run of three steps has written."""
    return json.loads((finished / CRATE).read_text("utf-8"))


def by_id(crate):
    found = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(found) == len(crate["@graph"])
    return found


def test_every_step_is_an_action_with_its_files(crate, finished):
    entities = by_id(crate)
    actions = [e for e in crate["@graph"] if e["@type"] == "CreateAction"]
    assert [action["@id"] for action in actions] == ["#01_first", "#02_second", "#03_third"]
    second = entities["#02_second"]
    assert {"@id": "01_first.json"} in second["object"]
    assert {"@id": "02_second.json"} in second["result"]
    assert second["startTime"] <= second["endTime"]
    assert entities["#02_second/seed"]["value"] == 20220823
    assert entities["./"]["mentions"] == [{"@id": action["@id"]} for action in actions]


def test_files_are_there_with_their_digests(crate, finished):
    described = [entity for entity in crate["@graph"] if entity["@type"] == "File"]
    assert len(described) >= 6
    for entity in described:
        assert digest(finished / entity["@id"]) == entity["sha256"]
    listed = [part["@id"] for part in by_id(crate)["./"]["hasPart"]]
    assert listed == sorted(entity["@id"] for entity in described)


def test_everything_named_is_described_and_nothing_of_the_machine_is(crate):
    text = json.dumps(crate)
    named = set(re.findall(r'\{"@id": "([^"]+)"\}', text))
    assert named - set(by_id(crate)) == {"https://w3id.org/ro/crate/1.1"}
    assert os.uname().nodename not in re.findall(r"[\w.-]+", text)
    assert str(Path.home()) not in text and "/tmp" not in text


@pytest.mark.long
def test_a_run_of_some_steps_describes_those_of_earlier_runs_too(finished, notebooks):
    before = (finished / CRATE).read_bytes()
    (finished / CRATE).unlink()  # as if the command had been killed just before
    fresh = command(*SMOKE, "--out", finished, notebooks=notebooks)
    assert fresh.returncode == 0 and (finished / CRATE).read_bytes() == before
    again = command(*SMOKE, "--out", finished, "--only", "03", "--force", notebooks=notebooks)
    assert again.returncode == 0, again.stderr
    actions = json.loads((finished / CRATE).read_text("utf-8"))["@graph"]
    assert sum(entity["@type"] == "CreateAction" for entity in actions) == 3


@pytest.mark.long
def test_the_crate_meets_its_profile(finished, monkeypatch):
    """The validator's own rules, with the terms of RO-Crate from a package, not from the network."""
    services = pytest.importorskip("rocrate_validator.services", reason="roc-validator is absent")
    pytest.importorskip("rocrate", reason="the package rocrate, which has the terms, is absent")
    from rocrate_validator.models import Severity
    from rocrate_validator.utils import http

    own = {name: f"https://w3id.org/ro/terms/workflow-run#{name}" for name in ("sha256",)}
    terms = json.loads((files("rocrate") / "data/ro-crate.jsonld").read_text("utf-8"))

    class Answer:
        status_code, headers = 200, {"Content-Type": "application/ld+json"}

        def __init__(self, url):
            self.content = terms if "ro/crate" in url else {"@context": own}
            self.text = json.dumps(self.content)

        def json(self):
            return self.content

    def get(self, url, **options):
        return Answer(url)

    monkeypatch.setattr(http.HttpRequester, "get", get, raising=False)
    settings = services.ValidationSettings(
        rocrate_uri=str(finished),
        profile_identifier="process-run-crate-0.5",
        requirement_severity=Severity.REQUIRED,
    )
    result = services.validate(settings)
    assert [issue.message for issue in result.get_issues()] == []
    assert result.passed()
    broken = json.loads((finished / CRATE).read_text("utf-8"))
    for entity in broken["@graph"]:
        entity.pop("instrument", None)
    (finished / CRATE).write_text(json.dumps(broken))
    assert not services.validate(settings).passed()


def test_the_manifest_has_what_the_specification_asks_of_authors():
    text = codecheck({"figures/02_errors.png": "errors: all of them"})
    assert text.startswith("%YAML 1.1\n---\n")
    content = yaml.safe_load(text)
    assert content["version"] == "https://codecheck.org.uk/spec/config/2.0/"
    expected = {"file": "figures/02_errors.png", "comment": "errors: all of them"}
    assert content["manifest"] == [expected]
    assert content["paper"]["title"] and content["paper"]["reference"].startswith(
        "https://doi.org/"
    )
    assert all(author["name"] for author in content["paper"]["authors"])


def test_the_committed_manifest_names_files_that_exist(project):
    content = yaml.safe_load((project / "codecheck.yml").read_text("utf-8"))
    names = [entry["file"] for entry in content["manifest"]]
    assert len(names) > 20 and len(set(names)) == len(names)
    assert [name for name in names if not (project / name).is_file()] == []
    assert {f"figures/{path.name}" for path in (project / "figures").glob("*.png")} <= set(names)
