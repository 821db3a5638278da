"""Folders of the project, tiny notebooks, and a process separate from the user's settings."""

import atexit
import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import hypothesis
import pytest
from builders import (
    READS,
    ROOT,
    SMOKE,
    command,
    command_environment,
    command_line,
    compiled_files,
    mounted_disk,
    results,
    write_notebook,
    write_three,
)

from pnetlib.execution.compiled import unpack
from pnetlib.execution.fingerprint import library_digest
from pnetlib.execution.threads import allowed_threads
from pnetlib.workflow.isolation import isolation

# Official GDSC files: the folder that PNETLIB_TEST_GDSC names, else one next to the repository.
GDSC = Path(os.environ.get("PNETLIB_TEST_GDSC") or ROOT.parent / "shared" / "gdsc")

# The paper's own analysis, and the example of the docs.
SHORT = ("01_data", "02_comparison", "03_markers", "04_networks", "05_effects", "example")

# Before anything imports numba or matplotlib; workers and the kernels of nbval inherit it.
if "PNETLIB_TESTS" not in os.environ:
    os.environ["PNETLIB_TESTS"] = tempfile.mkdtemp(prefix="pnet-tests-")
    atexit.register(shutil.rmtree, os.environ["PNETLIB_TESTS"], ignore_errors=True)
    unpack(Path(os.environ["PNETLIB_TESTS"], "numba"))  # kernels compiled by the installation
_scratch = Path(os.environ["PNETLIB_TESTS"])
os.environ.update(
    isolation(_scratch),
    NUMBA_CACHE_DIR=str(_scratch / "numba"),
    PNETLIB_CACHE=str(_scratch / "fetched"),  # what the user has fetched decides nothing
    MPLBACKEND="agg",
    PNETLIB_PROGRESS="off",
)


# How long an example takes says nothing on a busy machine.
hypothesis.settings.register_profile("pnetlib", deadline=None)
hypothesis.settings.load_profile("pnetlib")


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_auto_num_workers():
    """Return one worker more than there are processors, as some tests wait for other programs."""
    return allowed_threads() + 1


@pytest.hookimpl(tryfirst=True)  # before items are chosen by their marks
def pytest_collection_modifyitems(items):
    """Mark as long the notebooks that go beyond the paper's analysis."""
    for item in items:
        if item.path.suffix == ".ipynb" and item.path.stem not in SHORT:
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def gdsc_folder() -> Path:
    """Return the folder of the official GDSC files; tests that need them are skipped elsewhere."""
    if not GDSC.is_dir():
        pytest.skip("no official GDSC files: PNETLIB_TEST_GDSC names no folder of them")
    return GDSC


@pytest.fixture
def notebooks(tmp_path):
    """Return a folder of three tiny notebooks."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    write_three(folder)
    return folder


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory):
    """Return a folder with notebooks and the results of one run of them, to be copied."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "tiny").mkdir()
    write_three(folder / "tiny")
    write_notebook(folder / "tiny" / "02_second.ipynb", READS.format(name="02_second"))
    result = command(*SMOKE, "--out", folder / "out", notebooks=folder / "tiny")
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def finished(finished_once, tmp_path, notebooks):
    """Return the folder of a run of three steps, the second of which reads from the first."""
    for name in ("tiny", "out"):
        shutil.copytree(finished_once / name, tmp_path / name, dirs_exist_ok=True)
    return tmp_path / "out"


@pytest.fixture(scope="session")
def smoke_results():
    """Return the results of steps 01 and 02 of the smoke profile, with two threads.

    The worker of the tests that needs them first makes them.
    """
    folder = _scratch / f"smoke-{library_digest()[:16]}"
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            out = Path(tempfile.mkdtemp(dir=_scratch))
            line = command_line(*SMOKE, "--only", "01,02", "-j", 2, "--out", out, "--force")
            for _ in range(2):  # the first may have had to compile, which needs more memory
                compiled = compiled_files()
                subprocess.run(line, env=command_environment(), check=True, capture_output=True)
                if compiled_files() == compiled:
                    break
            out.rename(folder)
    return results(folder)


@pytest.fixture
def small_disk(tmp_path):
    """Return a disk of 2 MB."""
    with mounted_disk(tmp_path / "disk", "2m") as disk:
        yield disk
