"""One run at a time in a folder."""

import os
import signal
import subprocess

import pytest
from builders import (
    SMOKE,
    assert_one_sentence,
    command,
    command_environment,
    command_line,
    is_running,
    wait_for_pid,
    write_notebook,
)


def test_one_run_at_a_time_in_a_folder(tmp_path, notebooks):
    import fcntl

    out = tmp_path / "out"
    out.mkdir()
    with open(out / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = command(*SMOKE, "--out", out, notebooks=notebooks)
    assert_one_sentence(result, 3, "another run is writing to")


@pytest.mark.long
def test_a_kernel_locks_the_folder_too(tmp_path, notebooks):
    """A driver that is killed leaves its kernel for a moment: nobody may write beside it."""
    sleeps = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
    write_notebook(notebooks / "01_first.ipynb", sleeps + "time.sleep(100)")
    line = command_line(*SMOKE, "--only", "01", "--out", tmp_path / "out", notebooks=notebooks)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    driver = subprocess.Popen(line, env=command_environment(), **quiet)
    kernel = wait_for_pid(tmp_path / "pid")
    os.kill(kernel, signal.SIGSTOP)  # so that it does not see that the driver is gone
    driver.kill()
    driver.wait()
    try:
        result = command(*SMOKE, "--out", tmp_path / "out", notebooks=notebooks)
        assert_one_sentence(result, 3, "another run is writing to")
    finally:
        os.kill(kernel, signal.SIGCONT)
    write_notebook(notebooks / "01_first.ipynb", "1")
    result = command(*SMOKE, "--only", "01", "--out", tmp_path / "out", notebooks=notebooks)
    assert result.returncode == 0, result.stderr
    assert not is_running(kernel)
