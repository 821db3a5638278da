"""What makes a step stale, and what does not."""

import json
import os

import pytest
from builders import READS, SMOKE, WRITES, command, executed, status, write_notebook

from pnetlib.execution import fingerprint
from pnetlib.workflow.notebooks import Step
from pnetlib.workflow.run import Run


@pytest.mark.long
def test_changed_code_makes_a_step_stale_but_not_readers_of_the_same_result(finished, notebooks):
    write_notebook(notebooks / "01_first.ipynb", WRITES.format(name="01_first") + "\n# once more")
    found = status(finished, notebooks)
    assert found["01"] == "stale: its code cells changed"
    assert found["02"] == "fresh, unless 01_first gives another result"
    assert found["03"] == "fresh"
    assert found[""].startswith("1 of 3 steps would be executed in ")
    assert executed(finished, notebooks) == ["01"]
    other = WRITES.format(name="01_first").replace("n_genes,", "n_genes + 1,")
    write_notebook(notebooks / "01_first.ipynb", other)
    assert executed(finished, notebooks) == ["01", "02"]
    assert json.loads((finished / "02_second.json").read_text()) == {"seen": 81}


@pytest.mark.long
def test_changed_text_makes_no_step_stale(finished, notebooks):
    path = notebooks / "03_third.ipynb"
    content = json.loads(path.read_text())
    content["cells"][0]["source"] = "# 03 Third\n\nBetter words."
    path.write_text(json.dumps(content))
    assert status(finished, notebooks)["03"] == "fresh"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-p", "n_genes=81"], "stale: n_genes is 81, was 80"),
        (["-p", "fixed=true"], "stale: fixed is True, was False"),
        (["--seed", "3"], "stale: seed is 3, was 20220823"),
        (["-j", "7"], "fresh"),
        (["--backend", "dask"], "fresh"),
    ],
)
def test_parameters_that_matter_make_a_step_stale(finished, notebooks, arguments, words):
    assert status(finished, notebooks, *arguments)["03"] == words


def test_lost_or_changed_files_make_a_step_stale(finished, notebooks):
    (finished / "03_third.json").write_text("{}")
    assert status(finished, notebooks)["03"] == "stale: its 03_third.json was changed"
    (finished / "03_third.json").unlink()
    (finished / "notebooks" / "02_second.ipynb").unlink()
    found = status(finished, notebooks)
    assert found["03"] == "stale: its 03_third.json is missing"
    assert found["02"] == "stale: its notebooks/02_second.ipynb is missing"
    assert executed(finished, notebooks) == ["02", "03"]


@pytest.mark.long
def test_a_missing_file_makes_its_reader_stale_once_it_is_there(tmp_path, notebooks):
    write_notebook(notebooks / "02_second.ipynb", READS.format(name="02_second"))
    out = tmp_path / "out"
    only = command(*SMOKE, "--out", out, "--only", "02", notebooks=notebooks)
    assert only.returncode == 0 and "Pages: " not in only.stdout  # which need a whole run
    assert executed(out, notebooks, "--only", "01") == ["01"]
    assert status(out, notebooks)["02"] == "stale: 01_first.json, which it reads, now exists"


def test_another_library_or_version_makes_everything_stale(finished, notebooks, monkeypatch):
    from pnetlib.workflow import freshness

    run = Run("simulated", "smoke", out=str(finished))
    step = Step(notebooks / "03_third.ipynb")
    assert freshness.reasons(run, step, {}) == []
    monkeypatch.setattr(freshness, "library_digest", lambda: "another")
    monkeypatch.setattr(freshness, "versions", lambda: fingerprint.versions() | {"numba": "9"})
    was = fingerprint.versions()["numba"]
    assert freshness.reasons(run, step, {}) == [
        "the library's source changed",
        f"numba is 9, was {was}",
    ]


def test_files_of_a_source_folder_are_compared_by_content(tmp_path, notebooks):
    data = tmp_path / "data"
    data.mkdir()
    (data / "lines.txt").write_text("a")
    where = ["--data", data, "--profile", "smoke", "--out", tmp_path / "out", "--only", "01"]

    def verdict():
        shown = command(*where, "--status", notebooks=notebooks).stdout.splitlines()
        return shown[0].split("  ")[1]

    assert command(*where, notebooks=notebooks).returncode == 0
    os.utime(data / "lines.txt", (1, 1))
    assert verdict() == "fresh"
    (data / "lines.txt").write_text("b")
    assert verdict() == "stale: the source's lines.txt changed"


def test_nothing_of_an_unfinished_step_is_read(finished, notebooks):
    """The second step is fresh from a first that is begun again and does not finish."""
    write_notebook(notebooks / "01_first.ipynb", WRITES.format(name="01_first"), "1 / 0")
    only = command(*SMOKE, "--out", finished, "--only", "01", notebooks=notebooks)
    assert only.returncode == 1
    assert (finished / "01_first.json").exists()
    found = status(finished, notebooks)
    assert found["01"] == "stale: it was begun but not finished"
    assert found["02"] == "stale: 01_first.json, which it reads, is missing"
    assert executed(finished, notebooks, "--only", "02") == ["02"]
    assert json.loads((finished / "02_second.json").read_text()) == {"seen": -1}
    assert Run("simulated", "smoke", out=str(finished)).read_json("01_first") is None
