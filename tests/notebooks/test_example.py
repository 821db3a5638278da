"""The worked example in the documentation: thin, executed, and right; nbval executes it again."""

import ast
import itertools
import json
import re

import pytest


@pytest.fixture
def cells(project):
    return json.loads((project / "docs/example.ipynb").read_text("utf-8"))["cells"]


@pytest.fixture
def code(cells):
    return [cell for cell in cells if cell["cell_type"] == "code"]


def printed(cell):
    return "".join("".join(output.get("text", "")) for output in cell["outputs"])


def test_cells_are_thin_and_executed_from_top_to_bottom(code):
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        source = "".join(cell["source"])
        tree = ast.walk(ast.parse(source))
        assert not [n for n in tree if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        lines = source.strip().splitlines()
        assert len(lines) <= (12 if lines[0].startswith("import ") else 10), source
        assert not [o for o in cell["outputs"] if o.get("name") == "stderr"]


def test_a_sentence_stands_before_every_code_cell(cells):
    for before, cell in itertools.pairwise(cells):
        if cell["cell_type"] == "code":
            assert before["cell_type"] == "markdown", "".join(cell["source"])


def test_numbers_by_hand_are_those_of_the_library(code):
    text = "\n".join(map(printed, code))
    assert "degrees agree: True | coefficients agree: True" in text
    by_hand, reported = re.findall(r"by hand ([\d.]+), reported ([\d.]+)", text)[0]
    assert float(by_hand) == pytest.approx(float(reported), abs=2e-6)
    assert any("nbval-check-output" in cell["metadata"].get("tags", []) for cell in code)
