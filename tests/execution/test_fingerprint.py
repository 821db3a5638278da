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


def test_figures_and_words_do_not_decide_stored_results(tmp_path, monkeypatch):
    root = tmp_path / "pnetlib"
    (root / "steps" / "data").mkdir(parents=True)
    for name in ("figures.py", "sentences.py", "compute.py"):
        (root / "steps" / "data" / name).write_text("a = 1")
    (root / "execution").mkdir()
    (root / "execution" / "threads.py").write_text("")
    monkeypatch.setattr(fingerprint, "__file__", str(root / "execution" / "fingerprint.py"))
    monkeypatch.setattr(fingerprint, "library_digest", fingerprint.library_digest.__wrapped__)
    first = fingerprint.calculation_digest()
    for name in ("figures.py", "sentences.py"):
        (root / "steps" / "data" / name).write_text("a = 2")
    assert fingerprint.calculation_digest() == first
    (root / "steps" / "data" / "compute.py").write_text("a = 2")
    assert fingerprint.calculation_digest() != first
