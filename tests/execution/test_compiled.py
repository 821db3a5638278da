"""Compiled kernels are packed between runs, one cache per process."""

from pathlib import Path

import pytest

from pnetlib.execution import compiled


def test_every_process_has_its_own_compiled_kernels(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", "mine")
    with compiled.compiled_kernels(tmp_path / "0") as variables:
        assert variables == {}
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    for scratch, names in (("a", set()), ("b", {"k/one.nbc"})):
        with compiled.compiled_kernels(tmp_path / scratch) as variables:
            own = Path(variables["NUMBA_CACHE_DIR"])
            assert own.is_relative_to(tmp_path / scratch)
            assert {f.relative_to(own).as_posix() for f in own.rglob("*.nbc")} == names
            (own / "k").mkdir(exist_ok=True)
            (own / "k" / "one.nbc").write_text("code")
    with pytest.raises(RuntimeError), compiled.compiled_kernels(tmp_path / "c") as variables:
        (Path(variables["NUMBA_CACHE_DIR"]) / "k" / "half.nbc").write_text("co")
        raise RuntimeError
    with compiled.compiled_kernels(tmp_path / "d") as variables:
        assert not list(Path(variables["NUMBA_CACHE_DIR"]).rglob("half.nbc"))
    (packed,) = (tmp_path / "home").rglob("kernels-*.zip")
    packed.write_bytes(b"damaged")
    with compiled.compiled_kernels(tmp_path / "e") as variables:
        assert not list(Path(variables["NUMBA_CACHE_DIR"]).rglob("*.nbc"))
