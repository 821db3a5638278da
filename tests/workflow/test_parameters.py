"""Parameters: read from the notebook's cell, checked by name and type."""

import pytest
from builders import OWN_CELL, write_notebook
from hypothesis import given, strategies as st

from pnetlib.errors import SetupError, UsageError
from pnetlib.workflow import parameters


def test_parameters_are_read_as_flat_literals(tmp_path):
    path = write_notebook(tmp_path / "01_a.ipynb", cell=OWN_CELL + "low = -1.5\n")
    assert parameters.read_parameters(path) == {
        "n_genes": 80,
        "rate": 0.5,
        "drug": "Docetaxel",
        "fixed": False,
        "low": -1.5,
    }


@pytest.mark.parametrize(
    "cell",
    ["a = [1]", "a = b", "a = 1 + x", "a: int = 1", "a = b = 1", "print(1)", "a = (", "a = None"],
)
def test_a_parameters_cell_of_anything_else_is_refused(tmp_path, cell):
    path = write_notebook(tmp_path / "01_a.ipynb", cell=cell)
    with pytest.raises(SetupError, match="01_a.ipynb: its parameters cell"):
        parameters.read_parameters(path)


def test_a_file_that_is_not_a_notebook_is_refused(tmp_path):
    path = tmp_path / "01_a.ipynb"
    for text in ("", "{", "[]", '{"cells": 3}'):
        path.write_text(text)
        with pytest.raises(SetupError, match="not a readable notebook"):
            parameters.read_parameters(path)
    path.write_text('{"cells": []}')
    with pytest.raises(SetupError, match="0 cells tagged parameters"):
        parameters.read_parameters(path)


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("7", 1, 7),
        ("-7", 1, -7),
        ("1e-3", 0.1, 1e-3),
        ("2", 0.1, 2.0),
        ("007", "", "007"),
        ("1e-3", "", "1e-3"),
        ("a=b", "", "a=b"),
        ("true", False, True),
        ("False", True, False),
    ],
)
def test_values_take_the_type_of_the_default(text, default, value):
    typed = parameters.typed("p", text, default)
    assert (typed, type(typed)) == (value, type(default))


@pytest.mark.parametrize(
    ("text", "default"),
    [("1.0", 1), ("1_0", 1), ("", 1), ("a", 0.5), ("nan", 0.5), ("inf", 0.5), ("1", True)],
)
def test_values_of_another_type_are_refused(text, default):
    with pytest.raises(UsageError, match="^p is .* but must be "):
        parameters.typed("p", text, default)


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()))
def test_every_value_survives_the_command_line(value):
    assert parameters.typed("p", str(value), value) == value


def test_each_notebook_gets_only_its_own_parameters():
    notebooks = {"01": {"n": 1}, "02": {"n": 0.5, "m": "a"}}
    assert parameters.assign({"n": "2", "m": "b"}, notebooks) == {
        "01": {"n": 2},
        "02": {"n": 2.0, "m": "b"},
    }
    with pytest.raises(UsageError, match="did you mean n_genes"):
        parameters.assign({"n_gene": "2"}, {"01": {"n_genes": 1}})
