"""Docstrings of everything public: all parts in numpydoc's form, examples that run; kernels."""

import doctest
import importlib
import inspect
import pkgutil
import re

import pytest
from numba.core.dispatcher import Dispatcher

import pnetlib
from pnetlib import io, kernels

validate = pytest.importorskip("numpydoc.validate").validate

# An extended summary is written where it is needed; methods share the example of their class.
OPTIONAL = {"ES01"}
OF_CLASSES = {"SA01", "EX01"}
FILE_FUNCTIONS = ("read_network", "write_network")


def public():
    """Names of the public classes and functions, and of the methods that this package defines."""
    for name in pnetlib.__all__:
        if not name.startswith("__"):
            yield f"pnetlib.{name}"
            for method, function in inspect.getmembers(getattr(pnetlib, name), inspect.isfunction):
                own = function.__module__.startswith("pnetlib")
                if not method.startswith("_") and own and name[0].isupper():
                    yield f"pnetlib.{name}.{method}"
    yield from (f"pnetlib.io.{name}" for name in FILE_FUNCTIONS)


@pytest.mark.parametrize("name", list(public()))
def test_docstring_has_all_parts(name):
    is_method = name.count(".") == 2 and not name.startswith("pnetlib.io.")
    allowed = OPTIONAL | (OF_CLASSES if is_method else set())
    assert [error for error in validate(name)["errors"] if error[0] not in allowed] == []


@pytest.mark.parametrize("name", pnetlib.__all__)
def test_every_parameter_of_a_class_states_its_default(name):
    kind = getattr(pnetlib, name)
    if inspect.isclass(kind):
        for parameter in inspect.signature(kind).parameters.values():
            if parameter.default is not inspect.Parameter.empty:
                stated = re.search(rf"^    {parameter.name} : .*default=(.*)$", kind.__doc__, re.M)
                assert stated, parameter.name
                assert eval(stated[1]) == parameter.default, parameter.name


@pytest.mark.parametrize("name", [*pnetlib.__all__, *FILE_FUNCTIONS])
def test_examples_run(name):
    found = getattr(pnetlib, name, None) or getattr(io, name)
    if not isinstance(found, str):
        for test in doctest.DocTestFinder(recurse=False).find(found, name, globs={}):
            result = doctest.DocTestRunner().run(test)
            assert result.attempted > 0 and result.failed == 0


def test_only_the_listed_names_are_public():
    assert dir(pnetlib) == sorted(pnetlib.__all__)
    for name in pnetlib.__all__:
        assert getattr(pnetlib, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Moments'"):
        pnetlib.Moments  # noqa: B018


# Kernels ------------------------------------------------------------------------------------

SHAPE = r"\(.+?\) (?:bool|int32|int64|float64)"
TYPE = re.compile(rf"(?:float|int|{SHAPE})(?: or (?:int64|float32))?(?:,.*)?$")


def compiled():
    """Every numba function of the kernels."""
    for module in pkgutil.iter_modules(kernels.__path__):
        home = importlib.import_module(f"pnetlib.kernels.{module.name}")
        for name, function in vars(home).items():
            if isinstance(function, Dispatcher) and function.py_func.__module__ == home.__name__:
                yield pytest.param(function.py_func, id=f"{module.name}.{name}")


@pytest.mark.parametrize("kernel", list(compiled()))
def test_kernel_names_its_arrays_and_what_it_returns(kernel):
    described = {}
    for names, kind in re.findall(r"^    ([\w, ]+) : (.*)$", kernel.__doc__, re.M):
        described |= dict.fromkeys(names.split(", "), kind)
    assert set(described) == set(inspect.signature(kernel).parameters)
    for name, kind in described.items():
        assert TYPE.match(kind), (name, kind)
    assert re.search(r"^    Returns \S", kernel.__doc__, re.M)
    changed = set(
        re.findall(r"^    +(\w+)(?:\[.*?\])? (?:[-+*/]?=) ", inspect.getsource(kernel), re.M)
    )
    written = set(re.findall(r"^ +(\w+)\[.*?\] (?:[-+*/]?=) ", inspect.getsource(kernel), re.M))
    for name in written & set(described):
        assert "changed in place" in described[name], (name, changed)
