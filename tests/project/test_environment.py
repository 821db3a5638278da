"""pyproject.toml, environment.yml, the locks and the workflow agree."""

import re
import subprocess
import sys
import tomllib

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from pnetlib.cli import environment

EXTRAS = ("dask", "docs", "lab", "tables", "test")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


@pytest.fixture(scope="module")
def wanted(project):
    """Lower bounds of the project with all its extras, by name."""
    lines = environment.required(project / "pyproject.toml", EXTRAS)
    return {canonicalize_name(r.name): r.specifier for r in map(Requirement, lines)}


def read_lock(path):
    """Return the requirements of a lock with their hashes."""
    found = []
    for line in path.read_text().replace("\\\n", " ").splitlines():
        if line and not line.lstrip().startswith("#"):
            requirement, *hashes = line.split(" --hash=")
            found.append((Requirement(requirement), [h.strip() for h in hashes]))
    return found


@pytest.fixture(scope="module")
def locked(project):
    """Requirements of the lock with their hashes."""
    return read_lock(project / "requirements.lock")


def of_python(locked, python):
    """Return the versions that a lock has for a Python on Linux, by name."""
    markers = default_environment() | {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
    }
    versions = {}
    for requirement, _ in locked:
        if requirement.marker is None or requirement.marker.evaluate(markers):
            (only,) = requirement.specifier
            assert only.operator == "=="
            assert canonicalize_name(requirement.name) not in versions, requirement.name
            versions[canonicalize_name(requirement.name)] = only.version
    return versions


def test_conda_has_the_names_and_bounds_of_the_project(project, wanted):
    text = (project / "environment.yml").read_text()
    lines = re.findall(r"^(?:  |      )- ([A-Za-z].*[^:\n])$", text, re.M)  # by conda, then by pip
    conda = {
        canonicalize_name(r.name): r.specifier
        for r in map(Requirement, lines)
        if r.name not in ("conda-forge", "python", "pip", "setuptools")
    }
    assert conda == wanted
    assert {"pip"} <= set(lines)


def test_every_python_bound_is_the_same(project):
    settings = tomllib.loads((project / "pyproject.toml").read_text())
    conda = (project / "environment.yml").read_text()
    assert settings["project"]["requires-python"] == ">=3.11"
    assert "\n  - python>=3.11\n" in conda
    (build,) = settings["build-system"]["requires"]
    assert settings["dependency-groups"]["build"] == [build]
    assert f"\n  - {build}\n" in conda


def test_classifiers_and_workflow_name_the_same_pythons(project):
    settings = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(settings["classifiers"]))
    assert tuple(named) == PYTHONS
    workflow = (project / ".github/workflows/tests.yml").read_text()
    (matrix,) = re.findall(r"^ +python: \[(.*)\]$", workflow, re.M)
    assert tuple(re.findall(r"[\d.]+", matrix)) == PYTHONS
    assert "- run: ./reproduce.sh test\n" in workflow
    assert workflow.endswith("- run: ./reproduce.sh\n      - run: ./reproduce.sh test --all\n")


@pytest.mark.parametrize("python", PYTHONS)
def test_locked_versions_satisfy_the_bounds(locked, wanted, python):
    versions = of_python(locked, python)
    bounds = wanted | {"setuptools": SpecifierSet(">=77")}
    assert {n: versions.get(n) for n, s in bounds.items() if versions.get(n) not in s} == {}


def test_lock_has_a_hash_for_everything_and_names_no_host(project, locked):
    assert len(locked) > 50
    assert [r.name for r, hashes in locked if not hashes] == []
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for _, hashes in locked for h in hashes)
    text = (project / "requirements.lock").read_text()
    assert not re.search(r"://|--index|--find-links|^-e|@ ", text, re.M)


@pytest.mark.parametrize("python", PYTHONS)
def test_lock_of_the_benchmark_agrees_with_the_other(project, locked, python):
    lines = environment.required(project / "pyproject.toml", ["bench"])
    benchmark = read_lock(project / "requirements-bench.lock")
    assert [r.name for r, hashes in benchmark if not hashes] == []
    text = (project / "requirements-bench.lock").read_text()
    assert not re.search(r"://|--index|--find-links|^-e|@ ", text, re.M)
    versions, common = of_python(benchmark, python), of_python(locked, python)
    bounds = {
        canonicalize_name(r.name): r.specifier
        for r in map(Requirement, lines)
        if r.marker is None or r.marker.evaluate({"python_version": python})
    } | {"setuptools": SpecifierSet(">=77")}
    assert {n: versions.get(n) for n, s in bounds.items() if versions.get(n) not in s} == {}
    assert {n for n in versions if n in common and versions[n] != common[n]} == set()


def test_lock_is_closed_under_the_needs_of_the_installed_packages(locked):
    """In hash mode, pip refuses a package that another one needs and the lock lacks."""
    from importlib.metadata import PackageNotFoundError, requires, version

    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    versions = of_python(locked, python)
    absent = {}
    for name in versions:
        try:
            lines = requires(name) if version(name) == versions[name] else None
        except PackageNotFoundError:
            continue
        for needed in map(Requirement, lines or []):
            wanted_here = needed.marker is None or needed.marker.evaluate({"extra": ""})
            if wanted_here and canonicalize_name(needed.name) not in versions:
                absent[name] = needed.name
    assert absent == {}


def test_this_environment_has_what_the_project_needs(project):
    lines = environment.required(project / "pyproject.toml", ["test"])
    assert environment.missing(lines) == []


def test_missing_names_what_is_absent_or_too_old():
    wanted = ["numpy>=1.0", "numpy>=999", "no-such-package"]
    assert environment.missing(wanted) == ["numpy>=999", "no-such-package"]


def test_environment_check_as_a_command(project):
    command = [sys.executable, "-m", "pnetlib", "environment", "test"]
    found = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert (found.returncode, found.stdout.strip(), found.stderr) == (0, "", "")


def test_licences_name_code_and_text(project):
    licence = (project / "LICENSE").read_text()
    assert licence.startswith("MIT License")
    assert "CC-BY 4.0" in licence
    citation = (project / "CITATION.cff").read_text()
    version = re.search(r'__version__ = "(.*)"', (project / "pnetlib/__init__.py").read_text())
    assert f"\nversion: {version.group(1)}\n" in citation
