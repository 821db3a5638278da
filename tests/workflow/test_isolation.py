"""Folders that a run shares with no other run."""

from pathlib import Path

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


def test_scratch_is_short_enough_for_sockets(tmp_path, monkeypatch):
    long = tmp_path / ("long" * 30)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with isolation.scratch_folder() as scratch:
        assert len(str(scratch)) < 90
        assert scratch.is_dir()
    assert not scratch.exists()
