"""The steps of a folder of notebooks."""

import pytest
from builders import write_notebook

from pnetlib.errors import SetupError, UsageError
from pnetlib.workflow.notebooks import Step, find_steps, select_steps


def test_steps_are_found_and_selected(notebooks):
    steps = find_steps(notebooks)

    def names(**choice):
        return [step.name[:2] for step in select_steps(steps, **choice)]

    assert names() == ["01", "02", "03"]
    assert names(only="3,01") == ["01", "03"]
    assert names(first="02_second") == ["02", "03"]
    with pytest.raises(UsageError, match="no step '04'"):
        names(only="04")
    with pytest.raises(SetupError, match="no notebook"):
        find_steps(notebooks.parent)


def test_the_title_omits_the_number(tmp_path):
    path = write_notebook(tmp_path / "02_b.ipynb", seconds={"smoke": 3})
    assert Step(path).title == "What is b?"
    assert Step(path).usual_seconds("smoke") == 3
    assert Step(path).usual_seconds("paper") is None
