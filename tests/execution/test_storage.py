"""Files are written completely or not at all."""

import errno
import hashlib
import os
import subprocess
import sys

import pytest
from builders import command_environment

from pnetlib.errors import SetupError
from pnetlib.execution import storage


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), storage.whole_file(path) as partial:
        partial.write_text("ne")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_sentence_and_leaves_the_old_file(tmp_path):
    """A limit on the size of files simulates a full disk."""
    code = """
import resource, signal, sys
from pnetlib.workflow.run import Run
run = Run("simulated", "smoke", out=sys.argv[1])
run.write_json("n", {"a": 1})
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    run.write_json("n", {"a": list(range(100_000))})
except Exception as error:
    print(type(error).__name__, error)
"""
    arguments = [sys.executable, "-c", code, str(tmp_path)]
    result = subprocess.run(
        arguments, env=command_environment(), capture_output=True, text=True, timeout=60
    )
    assert result.stderr == ""
    assert result.stdout.startswith("SetupError")
    assert "free some space" in result.stdout
    assert (tmp_path / "n.json").read_text() == '{\n "a": 1\n}\n'
    assert not list(tmp_path.glob(".*partial*"))


def test_files_that_belong_together_are_replaced_together(tmp_path):
    first, second, old = (tmp_path / name for name in ("first.md", "deep/second.md", "old.md"))
    for path in (first, old):
        path.write_text("old")
    storage.replace_files({first: b"new", second: b"new"}, removed=[old])
    assert (first.read_text(), second.read_text(), old.exists()) == ("new", "new", False)
    assert not list(tmp_path.rglob(".*"))


def test_files_that_belong_together_stay_if_one_cannot_be_written(tmp_path):
    first, blocked, old = (
        tmp_path / "first.md",
        tmp_path / "file" / "second.md",
        tmp_path / "old.md",
    )
    for path in (first, tmp_path / "file", old):
        path.write_text("old")
    with pytest.raises(SetupError, match=r"second\.md could not be written: .*; choose another"):
        storage.replace_files({first: b"new", blocked: b"new"}, removed=[old])
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(
        ("first.md", "file", "old.md"), "old"
    )


def test_a_folder_is_replaced_as_a_whole_or_not_at_all(tmp_path):
    new, site = tmp_path / "new", tmp_path / "run" / "site"
    (new / "deep").mkdir(parents=True)
    (new / "deep" / "page").write_text("new")
    storage.replace_folder(new, site)
    (site / "of before").write_text("old")
    left = site.parent / ".site.0123.partial"  # of a process that was killed
    left.mkdir()
    with pytest.raises(SetupError, match="site could not be written"):
        storage.replace_folder(tmp_path / "absent", site)
    assert (site / "of before").exists() and not left.exists()
    storage.replace_folder(new, site)
    assert [p.relative_to(site).as_posix() for p in sorted(site.rglob("*"))] == [
        "deep",
        "deep/page",
    ]
    assert list(site.parent.iterdir()) == [site]


def test_ctrl_c_leaves_the_old_folder(tmp_path, monkeypatch):
    site, new = tmp_path / "site", tmp_path / "new"
    for folder in (site, new):
        folder.mkdir()
        (folder / folder.name).touch()
    calls, replace = [], os.replace

    def interrupted(*paths):
        calls.append(paths)
        if len(calls) == 2:  # the old one is away, the new one not yet there
            raise KeyboardInterrupt
        replace(*paths)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        storage.replace_folder(new, site)
    assert len(calls) == 3 and (site / "site").exists()
    assert sorted(tmp_path.iterdir()) == [new, site]


@pytest.mark.parametrize(
    "number, remedy",
    [
        (errno.ENOSPC, "free some space and repeat"),
        (errno.EMFILE, "allow more open files"),
        (errno.EAGAIN, "end other programs and repeat"),
        (errno.EIO, "check the disk and repeat"),
        (errno.EACCES, "check its permissions and repeat"),
    ],
)
def test_what_the_system_refuses_is_named_with_a_remedy(number, remedy):
    said = str(storage.system_error(OSError(number, os.strerror(number), "/data/x.csv")))
    assert "/data/x.csv" in said and os.strerror(number) in said and remedy in said
    assert storage.is_of_system(number) and not storage.is_of_system(errno.ENOENT)


def test_another_file_of_the_same_date_and_size_has_its_own_digest(tmp_path):
    """As one at the same path on another host, where an archive or `cp -p` has set the date."""
    table, cache = tmp_path / "table.csv", tmp_path / "digests.json"
    found = []
    for text in ("a,1", "a,2"):
        (tmp_path / "new").write_text(text)
        os.utime(tmp_path / "new", (0, 0))
        os.replace(tmp_path / "new", table)
        found += storage.digests([table], cache).values()
    assert found == [hashlib.sha256(text).hexdigest() for text in (b"a,1", b"a,2")]
    before = cache.read_bytes()
    assert list(storage.digests([table], cache).values()) == found[1:]
    assert cache.read_bytes() == before


def test_a_folder_that_cannot_be_synced_is_made_all_the_same(tmp_path, monkeypatch):
    def refuse(handle):
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", refuse)
    storage.make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    with pytest.raises(SetupError), storage.whole_file(tmp_path / "file") as partial:
        partial.write_text("x")  # a file that cannot be synced is an error
