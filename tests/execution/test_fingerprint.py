"""The digest of the source of the library."""

import subprocess
import sys

import pytest

import pnetlib
from pnetlib.execution import fingerprint

CALCULATIONS = ["simulation", "stability", "tuning"]  # which reach all the others


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


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A small library, of which the digest of one calculation is taken."""
    root = tmp_path / "pnetlib"
    files = {
        "__init__.py": "",
        "datasets/__init__.py": "from pnetlib.datasets.reader import read\n",
        "datasets/cohort.py": "import numpy\n",
        "datasets/reader.py": "",
        "kernels/__init__.py": "",
        "kernels/column.py": "",
        "solvers/__init__.py": "",
        "solvers/joint.py": "from pnetlib.kernels.column import solve\n",
        "steps/__init__.py": "",
        "steps/effects/compute.py": "def late():\n    from pnetlib.solvers import joint\n",
        "steps/networks/compute.py": "",
        "workflow/run.py": "",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.setattr(fingerprint, "__file__", str(root / "execution" / "fingerprint.py"))
    for name in ("library_digest", "_reached"):
        monkeypatch.setattr(fingerprint, name, getattr(fingerprint, name).__wrapped__)
    return root


@pytest.mark.parametrize(
    ("changed", "counts"),
    [
        ("steps/effects/compute.py", True),
        ("solvers/joint.py", True),
        ("kernels/column.py", True),
        ("datasets/cohort.py", True),
        ("datasets/reader.py", False),
        ("steps/networks/compute.py", False),
        ("workflow/run.py", False),
    ],
)
def test_a_result_depends_on_the_code_that_it_reaches(library, changed, counts):
    first = fingerprint.code_digest("pnetlib.steps.effects.compute")
    path = library / changed
    path.write_text(path.read_text() + "changed = 1\n")
    assert (fingerprint.code_digest("pnetlib.steps.effects.compute") != first) == counts


@pytest.mark.long
@pytest.mark.parametrize("step", CALCULATIONS)
def test_all_modules_that_a_calculation_loads_count(step):
    """What Python loads is among the files found by reading the source, packages excepted."""
    module = f"pnetlib.steps.{step}.compute"
    code = f"import sys, {module}; print(*(m for m in sys.modules if m.startswith('pnetlib.')))"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    files = {f"{name.replace('.', '/').removeprefix('pnetlib/')}.py" for name in shown}
    calculated = {file for file in files if file.startswith(fingerprint.CALCULATION)}
    packages = {file for file in calculated if f"{file[:-3]}/__init__.py" in _all_files()}
    reached = set(fingerprint._reached(module))
    assert calculated - packages <= reached | _unused(reached)


def _all_files():
    root = fingerprint.Path(fingerprint.__file__).parents[1]
    return {path.relative_to(root).as_posix() for path in root.rglob("*.py")}


def _unused(reached):
    """Modules that only the classes exported by the package itself load."""
    return {"datasets/cohort.py", "datasets/truth.py", "solvers/constrained.py"} | {
        file for file in _all_files() if file.startswith("estimators/") and file not in reached
    }


def test_a_difference_names_what_differs_and_both_versions():
    here = fingerprint.identity()
    assert here["pnetlib"].startswith(f"{pnetlib.__version__}+")
    assert fingerprint.difference(here, here) == ""
    other = here | {"numpy": "1.0"}
    assert fingerprint.difference(other, here) == (
        f"another numpy than this run (1.0, not {here['numpy']})"
    )
    assert fingerprint.difference({}, here).startswith(
        "another pnetlib than this run (unknown, not"
    )
