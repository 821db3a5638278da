"""The notebooks are thin, tagged, executed and free of traces of the machine that ran them."""

import ast
import json
import re

import pytest

from pnetlib.workflow.notebooks import Step
from pnetlib.workflow.parameters import read_parameters

NAMES = (
    "01_data",
    "02_comparison",
    "03_markers",
    "04_networks",
    "05_effects",
    "06_simulation",
    "07_lambdas",
    "08_stability",
    "09_differences",
    "10_drugs",
    "11_speed",
    "12_claims",
)
SHARED = {"source": "simulated", "profile": "smoke", "out": "", "seed": 20220823, "threads": 0}
MOST_LINES = 12
MOST_BYTES = 400_000

# nbval takes a notebook without stored outputs, and one with a broken magic, for a good one.
pytestmark = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def path(project, name):
    return project / "notebooks" / f"{name}.ipynb"


@pytest.fixture
def cells(path):
    return json.loads(path.read_text("utf-8"))["cells"]


@pytest.fixture
def code(cells):
    return [cell for cell in cells if cell["cell_type"] == "code"]


def source(cell):
    return "".join(cell["source"])


def tags(cell):
    return cell["metadata"].get("tags", [])


def printed(cell):
    """Text that a cell has stored, without pictures."""
    for output in cell["outputs"]:
        yield "".join(output.get("text", ""))
        yield "".join(output.get("data", {}).get("text/plain", ""))


def test_parameters_begin_with_the_shared_ones(path, name):
    parameters = read_parameters(path)
    assert list(parameters.items())[: len(SHARED)] == list(SHARED.items())


def test_kernel_is_the_plain_one(path, name):
    content = json.loads(path.read_text("utf-8"))
    spec = content["metadata"]["kernelspec"]
    assert (spec["name"], spec.get("language", "python")) == ("python3", "python")
    assert "papermill" not in content["metadata"]


def test_opens_with_its_title(path, cells, name):
    assert cells[0]["cell_type"] == "markdown"
    assert Step(path).title not in ("", name)


def test_cells_are_thin_and_plain_python(code, name):
    for cell in code:
        tree = ast.parse(source(cell))  # a magic would not parse
        named = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        assert named == [], source(cell)
        assert len(source(cell).strip().splitlines()) <= MOST_LINES, source(cell)


def test_has_a_stored_headline_that_nbval_checks(code, name):
    checked = [cell for cell in code if "nbval-check-output" in tags(cell)]
    assert checked
    for cell in checked:
        assert re.search(r"\d", "".join(printed(cell))), source(cell)


def test_was_executed_once_from_top_to_bottom(code, name):
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert not [cell for cell in code if "injected-parameters" in tags(cell)]


def test_stored_outputs_are_clean_and_small(path, code, name):
    for cell in code:
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr", "".join(output["text"])
    assert path.stat().st_size <= MOST_BYTES


def test_names_no_place_of_a_machine(cells, code, name):
    text = "\n".join([*map(source, cells), *(line for cell in code for line in printed(cell))])
    assert not re.search(r"(^|[\s'\"(=])(/(home|root|tmp|work|Users|mnt|var)/|[A-Z]:\\)", text)
    assert ".." not in re.findall(r"[\"'](\.\.)[/\"']", text)
