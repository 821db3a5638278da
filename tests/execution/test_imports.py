"""Slow packages that no command needs are not imported, and can be afterwards."""

import subprocess
import sys

from builders import command_environment

CODE = """
import sys
{before}
from pnetlib.execution.imports import UNNEEDED, without_unneeded
with without_unneeded():
    from pnetlib.workflow import execute
    import jsonschema
assert [name for name in UNNEEDED if name in sys.modules] == {left}
jsonschema.validate({{"a": 1}}, {{"type": "object"}}, format_checker=jsonschema.FormatChecker())
"""
STAND_IN = (
    "import types; sys.modules['rfc3987_syntax'] = types.SimpleNamespace(is_valid_syntax=max)"
)


def run(code):
    line = [sys.executable, "-c", code]
    result = subprocess.run(line, env=command_environment(), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_what_no_notebook_needs_is_not_imported_with_papermill():
    run(CODE.format(before="", left=[]))


def test_what_was_imported_before_stays():
    run(CODE.format(before=STAND_IN, left=["rfc3987_syntax"]))
