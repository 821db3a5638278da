"""The folder of the project, found from the package."""

import pytest

from pnetlib.errors import SetupError
from pnetlib.workflow.project import project_root


def test_package_outside_a_checkout_is_refused(monkeypatch, tmp_path):
    from pnetlib.workflow import project as module

    monkeypatch.setattr(module, "__file__", str(tmp_path / "pnetlib" / "runs" / "project.py"))
    with pytest.raises(SetupError, match="no checkout"):
        project_root()
