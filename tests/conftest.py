"""Where things lie, and a process kept apart from the user's settings."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from pnetlib.workflow.isolation import isolation

ROOT = Path(__file__).resolve().parent.parent
GDSC = ROOT.parent / "shared" / "gdsc"

# Before anything imports numba or matplotlib; workers and the kernels of nbval inherit it.
if "PNETLIB_TESTS" not in os.environ:
    os.environ["PNETLIB_TESTS"] = tempfile.mkdtemp(prefix="pnet-tests-")
    atexit.register(shutil.rmtree, os.environ["PNETLIB_TESTS"], ignore_errors=True)
_scratch = Path(os.environ["PNETLIB_TESTS"])
os.environ.update(
    isolation(_scratch),
    NUMBA_CACHE_DIR=str(_scratch / "numba"),
    MPLBACKEND="agg",
    PNETLIB_PROGRESS="off",
)


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def gdsc_folder() -> Path:
    """Official files that lie beside the project; tests that need them are skipped elsewhere."""
    if not GDSC.is_dir():
        pytest.skip("no GDSC files beside the project")
    return GDSC
