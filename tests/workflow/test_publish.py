"""What `pnetlib publish` puts in place: figures, notebooks and the numbers of pages, twice the same."""

import json
import shutil

import pytest
from builders import assert_one_sentence, command_environment

from pnetlib.errors import UsageError
from pnetlib.workflow.edition import LARGEST, check_publishable
from pnetlib.workflow.findings import fill
from pnetlib.workflow.publish import FIGURES, LARGEST_SVG, PAGES, publish

PAGE = "# Page\n\n<!-- findings: verdicts -->\nof an earlier run\n<!-- /findings -->\n"


@pytest.fixture
def tiny(finished, notebooks):
    """Return the folder of a project with three notebooks, one page and figures of an older run."""
    root = finished.parent / "project"
    shutil.copytree(notebooks, root / "notebooks")
    (root / "README.md").write_text(PAGE)
    (root / "figures").mkdir()
    for name in ("02_errors.svg", "03_markers.png", "11_growth.png"):
        (root / "figures" / name).write_text("of an earlier run")
    (finished / "figures").mkdir()
    for name, size in (("01_genes", LARGEST_SVG), ("02_errors", LARGEST_SVG + 1)):
        (finished / "figures" / f"{name}.png").write_bytes(b"png")
        (finished / "figures" / f"{name}.svg").write_bytes(b"s" * size)
    return root


def files_of(root):
    """Return the bytes of every file that publishing may write."""
    folders = ("figures", "edition", "README.md")
    paths = [path for name in folders for path in [root / name, *(root / name).glob("*")]]
    return {path: path.read_bytes() for path in paths if path.is_file()}


def test_figures_are_those_of_the_run_alone(finished, tiny):
    assert publish(finished, tiny) == ["01_genes", "02_errors"]
    assert sorted(file.name for file in (tiny / "figures").iterdir()) == [
        "01_genes.png",
        "01_genes.svg",
        "02_errors.png",  # its SVG is too large
        "11_growth.png",  # of a whole benchmark, which this run did not read
        "README.md",
    ]


def test_figures_of_a_whole_benchmark_replace_earlier_ones(finished, tiny):
    (finished / "figures" / "11_solvers.png").write_bytes(b"new")
    (finished / "11_speed.json").write_text(json.dumps({"size": "smoke"}))
    assert "11_solvers" not in publish(finished, tiny)
    assert (tiny / "figures" / "11_growth.png").exists()
    (finished / "11_speed.json").write_text(json.dumps({"size": "standard"}))
    assert "11_solvers" in publish(finished, tiny)
    assert not (tiny / "figures" / "11_growth.png").exists()
    assert "come from the whole benchmark that this run read" in _index(tiny)


def test_what_the_index_says_of_the_benchmark_stays_with_its_figures(finished, tiny):
    publish(finished, tiny)
    told = "<!-- benchmark -->\nOf version 0.1.0.\n<!-- /benchmark -->\n"
    (tiny / "figures" / "README.md").write_text(told)
    publish(finished, tiny)
    assert _index(tiny).endswith(told)


def _index(root):
    return (root / "figures" / "README.md").read_text()


def test_the_index_links_only_what_exists(finished, tiny, monkeypatch):
    publish(finished, tiny)
    text = _index(tiny)
    assert "| [01_genes](01_genes.png) ([svg](01_genes.svg)) |" in text
    assert f"| [02_errors](02_errors.png) | {FIGURES['02_errors']} |" in text
    assert "[02](../edition/02_second.ipynb)" in text and "03_markers" not in text


def test_pages_are_filled_and_publishing_twice_changes_nothing(finished, tiny):
    publish(finished, tiny)
    first = files_of(tiny)
    assert "Not computed in this run (notebook 16)." in (tiny / "README.md").read_text()
    assert (tiny / "edition" / "03_third.ipynb") in first
    publish(finished, tiny)
    assert files_of(tiny) == first


def test_nothing_is_written_if_a_page_or_the_run_is_refused(finished, tiny):
    before = files_of(tiny)
    (tiny / "README.md").write_text("<!-- findings: no such --><!-- /findings -->")
    with pytest.raises(UsageError, match=r"README\.md asks for the finding 'no such'"):
        publish(finished, tiny)
    (tiny / "README.md").write_text(PAGE)
    (finished / "notebooks" / "02_second.ipynb").unlink()
    with pytest.raises(UsageError, match="lacks step 02_second"):
        publish(finished, tiny)
    assert files_of(tiny) == before


def test_the_command_refuses_in_one_sentence(tmp_path):
    import subprocess
    import sys

    result = subprocess.run(
        [sys.executable, "-m", "pnetlib", "publish", str(tmp_path)],
        capture_output=True,
        text=True,
        env=command_environment(),
    )
    assert_one_sentence(result, 2, "is not the folder of a finished run", "--from 01")


# What is published in this repository ---------------------------------------------------------


@pytest.fixture(scope="module")
def published(project):
    """Return the findings of the published run."""
    return json.loads((project / "edition" / "findings.json").read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_numbers_of_a_page_are_those_of_the_published_run(project, published, page):
    text = (project / page).read_text("utf-8")
    assert fill(text, published, page) == text, (
        f"the generated texts of {page} are not those of edition/findings.json: write them with "
        "`pnetlib publish`, never by hand"
    )


def test_figures_of_the_repository_are_small_and_in_the_index(project):
    folder = project / "figures"
    text = (folder / "README.md").read_text()
    names = sorted(file.name for file in folder.iterdir() if file.suffix in (".png", ".svg"))
    assert [name for name in names if f"({name})" not in text] == []
    assert not [f for f in folder.glob("*.svg") if f.stat().st_size > LARGEST_SVG]


def test_the_edition_is_whole_small_and_of_no_machine(project):
    folder = project / "edition"
    names = {path.name for path in folder.glob("*.ipynb")}
    if not names:
        pytest.skip("edition/ has no notebooks yet: `pnetlib publish RUN` writes them")
    assert names == {path.name for path in (project / "notebooks").glob("*.ipynb")}
    assert sum(path.stat().st_size for path in folder.iterdir()) < LARGEST
    for name in names:
        notebook = json.loads((folder / name).read_text("utf-8"))
        check_publishable(notebook, name, set())
        assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
        outputs = [o for cell in notebook["cells"] for o in cell.get("outputs", [])]
        assert not [o for o in outputs if o.get("name") == "stderr"]
        for cell in notebook["cells"]:
            assert set(cell["metadata"]) <= {"tags"}
            given = "injected-parameters" in cell["metadata"].get("tags", [])
            assert not given or "out = " not in "".join(cell["source"])


def test_a_run_of_another_cohort_is_not_published(finished, tiny):
    for path in (finished / ".made" / "steps").glob("*.json"):
        record = json.loads(path.read_text())
        record["made_from"]["settings"] = {"name": "screen"}
        path.write_text(json.dumps(record))
    before = files_of(tiny)
    with pytest.raises(UsageError, match="is not on the paper's cohort, so it is not published"):
        publish(finished, tiny)
    assert files_of(tiny) == before
