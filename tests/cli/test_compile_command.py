"""`pnetlib compile`: kernels in a new cache, packed for later runs."""

import os
import zipfile
from pathlib import Path

from pnetlib.cli import compile as command, dispatch


def test_compiled_kernels_are_packed(tmp_path, monkeypatch):
    def fit():
        (Path(os.environ["NUMBA_CACHE_DIR"]) / "column.nbc").write_text("code")

    monkeypatch.setattr(command, "fit_all_methods", fit)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    assert dispatch(["compile"]) == 0
    (archive,) = tmp_path.rglob("kernels-*.zip")
    assert zipfile.ZipFile(archive).namelist() == ["column.nbc"]
