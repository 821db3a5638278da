"""The driver: one command from its notebooks to its results, with tiny notebooks."""

import json
import os
import subprocess
import sys
import time

import pytest
from builders import (
    SMOKE,
    WRITES,
    assert_one_sentence,
    command,
    command_environment,
    command_line,
    executed,
    status,
    write_notebook,
)

from pnetlib.workflow.run import Run


def test_steps_leave_executed_copies_numbers_and_a_log(tmp_path, notebooks):
    """From a working folder with files that would shadow the standard library."""
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')")
    arguments = [*SMOKE, "--out", "out", "-j", "1", "-p", "n_genes=007", "-p", "drug=007"]
    result = command(*arguments, notebooks=notebooks, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    out = tmp_path / "out"
    names = ["01_first", "02_second", "03_third"]
    assert sorted(p.name for p in (out / "notebooks").iterdir()) == [f"{n}.ipynb" for n in names]
    assert json.loads((out / "02_second.json").read_text())["drug"] == "007"
    assert json.loads((out / "02_second.json").read_text())["genes"] == 7
    assert "genes 7" in (out / "logs" / "01_first.log").read_text()
    lines = [json.loads(line) for line in (out / "run.jsonl").read_text().splitlines()]
    assert [(line["step"], line["status"]) for line in lines] == [(n, "done") for n in names]
    assert all(line["threads"] == 1 and line["seconds"] > 0 for line in lines)
    assert "[2/3] 02_second: What is second?" in result.stdout
    for place in ("out/figures", "out/run.jsonl", "out/*.json", "Pages:  "):
        assert place in result.stdout
    last = result.stdout.strip().splitlines()[-1]
    assert last.startswith("Finished 3 steps in ")
    assert last.endswith("logs in out/logs, executed notebooks in out/notebooks.")


def test_a_second_run_does_nothing_and_says_so(finished, notebooks):
    started = time.monotonic()
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*.json")}
    result = command(*SMOKE, "--out", finished, notebooks=notebooks)
    assert time.monotonic() - started < 5
    assert result.stdout.count("(fresh, skipped)") == 3
    assert "Finished 3 steps (3 of them fresh) in " in result.stdout
    assert {path: path.stat().st_mtime_ns for path in before} == before
    found = status(finished, notebooks)
    assert [found[f"0{n}"] for n in (1, 2, 3)] == ["fresh"] * 3
    assert found[""].startswith("Nothing to do in ")


def test_force_executes_what_is_fresh(finished, notebooks):
    assert executed(finished, notebooks, "--force", "--only", "02") == ["02"]


@pytest.mark.long
def test_drivers_started_together_all_pass_with_the_same_bytes(tmp_path, notebooks):
    drivers = [
        subprocess.Popen(
            command_line(*SMOKE, "--only", "01", "--out", tmp_path / str(at), notebooks=notebooks),
            env=command_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for at in range(5)
    ]
    errors = [driver.communicate(timeout=120)[1] for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0] * 5, errors
    assert len({(tmp_path / str(at) / "01_first.json").read_bytes() for at in range(5)}) == 1


@pytest.mark.long
def test_papermill_works_without_the_driver(tmp_path, project):
    """It gives the numbers of a run, and stores folds in the folder that `out` names."""
    made = [sys.executable, "-m", "papermill", str(project / "notebooks" / "02_comparison.ipynb")]
    given = ["-p", "out", str(tmp_path / "hand"), "-p", "threads", "1", "-p", "n_genes", "20"]
    subprocess.run(
        [*made, str(tmp_path / "out.ipynb"), *given, "--no-progress-bar"],
        check=True,
        capture_output=True,
        timeout=300,
        env=command_environment(),
        cwd=tmp_path,
    )
    numbers = json.loads((tmp_path / "hand" / "02_comparison.json").read_text())
    assert numbers["seed"] == 20220823 and set(numbers["drugs"]) >= {"Docetaxel"}
    assert len(list((tmp_path / "hand" / "folds").iterdir())) == 28
    assert Run("simulated", "smoke", out=str(tmp_path / "hand")).read_json("02_comparison")


def test_files_that_a_step_no_longer_writes_are_removed(finished, notebooks):
    write_notebook(notebooks / "03_third.ipynb", WRITES.format(name="03_other"))
    assert executed(finished, notebooks, "--only", "03") == ["03"]
    assert (finished / "03_other.json").exists()
    assert not (finished / "03_third.json").exists()


def test_leftovers_of_killed_writers_are_removed(finished, notebooks):
    left = finished / "folds" / ".abc.0123456789ab.partial.json"
    left.parent.mkdir()
    left.write_text("{")
    command(*SMOKE, "--out", finished, notebooks=notebooks)
    assert not left.exists()


@pytest.mark.long
def test_a_disk_that_fills_up_is_one_sentence_and_loses_no_finished_step(small_disk, notebooks):
    big = "run.write_arrays('02_big', x=__import__('numpy').random.default_rng(0).random(10**6))"
    write_notebook(notebooks / "02_second.ipynb", WRITES.format(name="02_second"), big)
    result = command(*SMOKE, "--out", small_disk, notebooks=notebooks)
    assert_one_sentence(result, 3, small_disk, "No space left on device; free some space")
    assert status(small_disk, notebooks)["01"] == "fresh"
    write_notebook(notebooks / "02_second.ipynb", WRITES.format(name="02_second"))
    assert executed(small_disk, notebooks) == ["02", "03"]


def test_a_disk_that_is_full_at_the_start_is_one_sentence(small_disk, notebooks):
    with open(small_disk / "filling", "wb") as file, pytest.raises(OSError):
        while True:
            os.write(file.fileno(), bytes(4096))
    result = command(*SMOKE, "--out", small_disk / "out", notebooks=notebooks)
    assert_one_sentence(result, 3, small_disk, "free some space")


def test_a_run_says_in_which_keys_it_differs_from_the_last_one(finished, notebooks):
    said = "Config and options differ from those of the last run in this folder in "
    same = command(*SMOKE, "--out", finished, notebooks=notebooks)
    assert same.returncode == 0 and said not in same.stdout
    other = command(*SMOKE, "--out", finished, "-p", "n_genes=9", notebooks=notebooks)
    assert f"{said}genes.number; the steps that depend on them are executed again." in other.stdout
    assert "fresh, skipped" not in other.stdout
