"""Parameters of notebooks: read from the cell tagged ``parameters``, checked by name and type.

Only the standard library is imported, so that wrong parameters are refused before anything is
installed.
"""

import ast
import difflib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from pnetlib.errors import SetupError, UsageError
from pnetlib.execution.storage import given_path

PROFILES = ("smoke", "standard", "paper")
SOURCES = ("gdsc", "gdsc-official", "simulated")

Value = bool | int | float | str
TYPE_NAMES = {bool: "True or False", int: "a whole number", float: "a number", str: "text"}


def is_named_source(source: str) -> bool:
    """Return whether a source is one of `SOURCES` rather than a folder."""
    return source in SOURCES


def check_profile(profile: str) -> str:
    """Return a profile, or raise `UsageError` if there is none of that name."""
    if profile not in PROFILES:
        raise UsageError(f"profile is {profile!r}, but must be one of {', '.join(PROFILES)}.")
    return profile


def check_source(source: str, base: Path, called: str = "source") -> str:
    """Return a source as a name, or as the absolute path of a folder or of a file in one.

    A relative path starts from `base`. A file stands for its folder, and is taken where the folder
    has several of its kind. `called` is the name of the parameter or option in the error message.
    """
    if is_named_source(source):
        return source
    place = base / given_path(source, called)
    if source and (os.path.isdir(place) or os.path.isfile(place)):
        return str(place.resolve())
    raise UsageError(
        f"{called} is {source!r}, which is neither a folder, nor a file in one, nor one of "
        f"{', '.join(SOURCES)}."
    )


def read_parameters(notebook: Path) -> dict[str, Value]:
    """Return the names and defaults in the cell of a notebook tagged ``parameters``.

    There must be exactly one such cell, with nothing but assignments of one literal (True or False,
    a number, text) to one name.
    """
    try:
        cells = json.loads(notebook.read_text("utf-8"))["cells"]
        tagged = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SetupError(
            f"{notebook} is not a readable notebook; restore it or remove it."
        ) from error
    if len(tagged) != 1:
        raise SetupError(
            f"{notebook.name} has {len(tagged)} cells tagged parameters; tag exactly one."
        )
    source = tagged[0]["source"]
    try:
        statements = ast.parse(source if isinstance(source, str) else "".join(source)).body
        return dict(_literal(statement) for statement in statements)
    except (SyntaxError, ValueError) as error:
        raise SetupError(
            f"{notebook.name}: its parameters cell must have one `name = literal` per line."
        ) from error


def _literal(statement: ast.stmt) -> tuple[str, Value]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=expression):
            value = ast.literal_eval(expression)
            if type(value) in TYPE_NAMES:
                return name, value
    raise ValueError("not one name and one literal")


def typed(name: str, text: str, default: Value) -> Value:
    """Return the value of a text from the command line, converted to the type of the default.

    A parameter of type text is not converted (``007`` stays ``007``). `name` is the name of the
    parameter or option in the error message.
    """
    kind = type(default)
    if kind is str:
        return text
    if kind is bool:
        truth = {"true": True, "false": False}.get(text.lower())
        if truth is not None:
            return truth
    elif "_" not in text:
        try:
            value = kind(text)
        except ValueError:
            pass
        else:
            if value == value and abs(value) != float("inf"):
                return value
    raise UsageError(f"{name} is {text!r}, but must be {TYPE_NAMES[kind]} (default {default!r}).")


def assign(
    given: Mapping[str, str],
    notebooks: Mapping[str, Mapping[str, Value]],
    called: Mapping[str, str] | None = None,
) -> dict[str, dict[str, Value]]:
    """Return the parameters of each notebook, converted to the types of its own defaults.

    `given` has name and text of each parameter, `notebooks` the names and defaults of each notebook
    as `read_parameters` returns them. Each notebook gets those of the given parameters that it has;
    one that no notebook has is refused. `called` is what a message calls some of them.
    """
    called = called or {}
    for name in given:
        known = {known for defaults in notebooks.values() for known in defaults}
        if name not in known:
            raise UsageError(_unknown(name, known, notebooks))
    return {
        notebook: {
            name: typed(called.get(name, name), text, defaults[name])
            for name, text in given.items()
            if name in defaults
        }
        for notebook, defaults in notebooks.items()
    }


def likely_parameter(name: str, known: Iterable[str]) -> str:
    """Return the question whether a known parameter was meant, or "" if none is like the name."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"did you mean {close[0]}?" if close else ""


def _unknown(name: str, known: Iterable[str], notebooks: Iterable[str]) -> str:
    hint = likely_parameter(name, known) or f"the parameters are {', '.join(sorted(known))}."
    return f"there is no parameter {name} in {', '.join(notebooks)}; {hint}"
