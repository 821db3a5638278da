"""Progress on a terminal and in a batch log, and the time left."""

import os
import subprocess
import time

import pytest
from builders import SMOKE, command, command_environment, command_line, write_notebook

from pnetlib.workflow.display import duration, time_left


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (5000, "1 h 23 min")],
)
def test_duration_in_words(seconds, words):
    assert duration(seconds) == words


def test_time_left_follows_the_pace_of_the_parts():
    assert time_left(10, None, 5, None) is None
    assert time_left(10, 30, None, None) is None
    assert time_left(10, 30, 5, None) == 25
    assert time_left(40, 30, 5, None) is None
    counted = {"done": 10, "total": 40, "started": time.monotonic() - 10}
    assert time_left(10, 15, 5, counted) == pytest.approx(35, abs=0.5)


def test_a_batch_log_gets_no_control_characters(tmp_path):
    code = "from pnetlib.workflow.progress import Progress\nimport time\n"
    code += "with Progress(4, 'folds') as p:\n    for _ in range(4): time.sleep(0.3); p.advance()"
    write_notebook(tmp_path / "01_a.ipynb", code)
    result = command(*SMOKE, "--out", tmp_path / "out", notebooks=tmp_path)
    assert result.returncode == 0, result.stderr
    assert not {"\r", "\x1b"} & set(result.stdout)
    assert result.stderr == ""


def test_a_terminal_sees_the_parts_and_the_time_left(tmp_path):
    import pty

    code = "from pnetlib.workflow.progress import Progress\nimport time\n"
    code += "with Progress(8, 'folds') as p:\n    for _ in range(8): time.sleep(0.3); p.advance()"
    write_notebook(tmp_path / "01_a.ipynb", code)
    shown, terminal = pty.openpty()
    driver = subprocess.Popen(
        command_line(*SMOKE, "--out", tmp_path / "out", notebooks=tmp_path),
        env=command_environment(),
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    text = b""
    try:
        while part := os.read(shown, 4096):
            text += part
    except OSError:
        pass  # how Linux tells that the other end was closed
    assert driver.wait(timeout=60) == 0
    assert b"folds " in text and b"/8" in text
    assert b"left" in text
