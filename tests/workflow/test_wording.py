"""The words of the notebooks on another cohort."""

import json
import re

import pytest
from builders import ROOT

from pnetlib.workflow.notebooks import find_steps
from pnetlib.workflow.wording import COMMENT, for_others, worded

STEPS = [step for step in find_steps(ROOT / "notebooks") if not step.left_out]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Always.", "Always."),
        ("Once. <!-- the paper only -->", ""),
        ("Once. <!-- the paper only; others: Twice. --> Always.", "Twice. Always."),
        ("Always. <!-- from here --> Once. <!-- the paper only --> Always.", "Always. Always."),
        ("A. <!-- the paper only; others: B. --> C. <!-- the paper only -->", "B."),
        ("One line.\nOnce. <!-- the paper only -->\n\nLast.", "One line.\n\nLast."),
        ("Kept <!-- a usual comment -->.", "Kept <!-- a usual comment -->."),
    ],
)
def test_comments_say_what_is_for_the_paper_alone(text, expected):
    assert for_others(text) == expected


def test_a_cell_of_which_nothing_is_left_is_dropped(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["Gone. <!-- the paper only -->"]},
        {"cell_type": "markdown", "source": ["Here."]},
        {"cell_type": "code", "source": ["x = '<!-- the paper only -->'"]},
    ]
    path = tmp_path / "01_a.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    (tmp_path / "new").mkdir()
    found = json.loads(worded(path, tmp_path / "new").read_text())["cells"]
    assert [cell["source"] for cell in found] == ["Here.", cells[2]["source"]]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_nothing_of_the_papers_cohort_is_said_on_another_one(step, tmp_path):
    left_out = "|".join(s.name for s in find_steps(ROOT / "notebooks") if s.left_out)
    foreign = re.compile(
        rf"GDSC|COSMIC|IC50|gastric|seven|ANXA10|AKR1|ZNF165|the paper('s edge|'s seven| names| says| shows)|"
        rf"figures? \d|{left_out}|notebook (0[67]|1\d)",
        re.I,
    )
    cells = json.loads(worded(step.notebook, tmp_path).read_text("utf-8"))["cells"]
    for cell in cells:
        if cell["cell_type"] == "markdown":
            assert not foreign.search(cell["source"]), foreign.search(cell["source"])
            assert not COMMENT.search(cell["source"])


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_code_cell_still_has_a_sentence_before_it(step, tmp_path):
    cells = json.loads(worded(step.notebook, tmp_path).read_text("utf-8"))["cells"]
    kinds = [cell["cell_type"] for cell in cells]
    before = json.loads(step.notebook.read_text("utf-8"))["cells"]
    usual = [cell["cell_type"] for cell in before]
    assert kinds.count("markdown") == usual.count("markdown")
