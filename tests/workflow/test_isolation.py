"""Folders that a run shares with no other run."""

import os
from pathlib import Path

import pytest

from pnetlib.errors import SetupError
from pnetlib.words import say_once
from pnetlib.workflow import isolation


def test_each_batch_job_has_its_own_font_cache(tmp_path, monkeypatch):
    for name in ("MPLCONFIGDIR", "SLURM_JOB_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert (tmp_path / "home") in Path(isolation.isolation(scratch)["MPLCONFIGDIR"]).parents
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    assert scratch in Path(isolation.isolation(scratch)["MPLCONFIGDIR"]).parents


@pytest.mark.parametrize("name", ["long" * 30, "目" * 30], ids=["letters", "bytes"])
def test_scratch_is_short_enough_for_sockets(tmp_path, monkeypatch, capsys, name):
    long = tmp_path / name
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with isolation.scratch_folder() as scratch:
        assert len(os.fsencode(scratch)) < 90
        assert scratch.is_dir()
    assert not scratch.exists()
    assert capsys.readouterr().err.startswith(f"note: {long} is too long a path for sockets")


@pytest.fixture
def tmpdir_of(monkeypatch):
    """Return a function that sets TMPDIR for this process."""

    def set_it(path):
        monkeypatch.setattr("tempfile.tempdir", None)
        monkeypatch.setenv("TMPDIR", str(path))

    say_once.cache_clear()
    return set_it


def test_a_tmpdir_that_cannot_be_used_is_said(tmp_path, tmpdir_of, capsys):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "missing"):
        tmpdir_of(place)
        with isolation.scratch_folder() as scratch:
            assert scratch.is_dir()
        sentence = f"note: TMPDIR is {place}, which cannot be written, so "
        assert capsys.readouterr().err.startswith(sentence)


def test_no_place_for_temporary_files_is_one_sentence(monkeypatch):
    def nowhere():
        raise FileNotFoundError

    monkeypatch.setattr("tempfile.gettempdir", nowhere)
    with pytest.raises(SetupError, match="no folder for temporary files; set TMPDIR"):
        isolation.scratch_folder().__enter__()


def test_fonts_that_cannot_be_stored_go_to_the_scratch_folder(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    say_once.cache_clear()
    for place in (tmp_path / "file", Path("/dev/null/x")):
        monkeypatch.setenv("MPLCONFIGDIR", str(place))
        fonts = Path(isolation.isolation(tmp_path)["MPLCONFIGDIR"])
        assert fonts.is_dir() and fonts.is_relative_to(tmp_path)
        sentence = f"note: MPLCONFIGDIR is {place}, which cannot be written"
        assert capsys.readouterr().err.startswith(sentence)


def test_without_a_home_a_run_has_one_of_its_own(tmp_path, monkeypatch):
    for name in ("MPLCONFIGDIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)

    def unknown(number):
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", unknown)
    variables = isolation.isolation(tmp_path)
    assert variables["HOME"] == str(tmp_path)
    assert Path(variables["MPLCONFIGDIR"]).is_relative_to(tmp_path)
