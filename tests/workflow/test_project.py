"""The folder of the project, found from the package."""

import pytest

from pnetlib.errors import SetupError
from pnetlib.workflow.project import project_root


def test_package_outside_a_checkout_is_refused(monkeypatch, tmp_path):
    from pnetlib.workflow import project as module

    monkeypatch.setattr(module, "__file__", str(tmp_path / "pnetlib" / "workflow" / "project.py"))
    with pytest.raises(SetupError, match="not in a checkout .* run ./reproduce.sh"):
        project_root()
