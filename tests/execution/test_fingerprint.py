"""The digest of the source of the library."""

from pnetlib.execution import fingerprint


def test_the_library_digest_sees_every_file(tmp_path, monkeypatch):
    root = tmp_path / "pnetlib"
    (root / "kernels").mkdir(parents=True)
    (root / "kernels" / "column.py").write_text("a = 1")
    monkeypatch.setattr(fingerprint, "__file__", str(root / "execution" / "fingerprint.py"))
    digest = fingerprint.library_digest.__wrapped__
    first, part = digest(), digest("kernels")
    (root / "kernels" / "column.py").write_text("a = 2")
    assert digest() != first and digest("kernels") != part
    second, part = digest(), digest("kernels")
    (root / "new.py").write_text("")
    assert digest() != second and digest("kernels") == part
