"""Progress: counted from many threads, silent where nothing displays it."""

import threading

from pnetlib.workflow.progress import Progress, read_progress


def test_progress_counts_from_many_threads(tmp_path, monkeypatch):
    file = tmp_path / "progress"
    monkeypatch.setenv("PNETLIB_PROGRESS", str(file))
    with Progress(400, "folds") as progress:
        assert read_progress(file)["done"] == 0

        def advance():
            for _ in range(50):
                progress.advance()

        threads = [threading.Thread(target=advance) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        count = read_progress(file)
        assert (count["done"], count["total"], count["label"]) == (400, 400, "folds")
    assert read_progress(file) is None


def test_progress_is_silent_where_nobody_watches(monkeypatch, capfd):
    for watcher in ("off", ""):
        monkeypatch.setenv("PNETLIB_PROGRESS", watcher)
        with Progress(2, "folds") as progress:
            progress.advance(2)
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""
