"""The wheel holds the package with its tables and nothing else; its metadata are complete."""

import os
import shutil
import subprocess
import sys
import zipfile
from email import message_from_string
from importlib.util import find_spec

import pytest

import pnetlib


@pytest.fixture(scope="module")
def wheel(project, tmp_path_factory):
    """A wheel built without a network from a copy, so that no build folder stays behind."""
    if find_spec("setuptools") is None:
        pytest.skip("setuptools is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    unwanted = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in ("pnetlib", "benchmarks", "tests"):
        shutil.copytree(project / name, source / name, ignore=unwanted)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(project / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--disable-pip-version-check", "--wheel-dir", folder]
    built = subprocess.run([*command, source], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def metadata(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return message_from_string(wheel.read(name).decode("utf-8"))


def test_wheel_holds_every_module_and_table_of_the_package(wheel, project):
    source = project / "pnetlib"
    wanted = {
        path.relative_to(project).as_posix()
        for pattern in ("*.py", "*.csv", "*.txt", "*.html", "*.js")
        for path in source.rglob(pattern)
    }
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == wanted
    assert any(name.endswith(".csv") for name in packed)
    assert "pnetlib/cli/usage.txt" in packed


def test_wheel_declares_the_command(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    lines = wheel.read(name).decode().split("\n")
    assert lines[:2] == ["[console_scripts]", "pnetlib = pnetlib.__main__:main"]


def test_metadata_are_complete(metadata, project):
    assert (metadata["Name"], metadata["Version"]) == ("pnetlib", pnetlib.__version__)
    assert metadata["License-Expression"] == "MIT"
    assert metadata["License-File"] == "LICENSE"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Author"] == "The pnetlib authors"
    assert metadata["Keywords"]
    assert metadata.get_payload().strip() == (project / "README.md").read_text("utf-8").strip()
    assert metadata["Description-Content-Type"].startswith("text/markdown")
    classifiers = metadata.get_all("Classifier")
    for minor in (11, 12, 13, 14):
        assert f"Programming Language :: Python :: 3.{minor}" in classifiers
    assert any(url.startswith("Paper, https://doi.org/") for url in metadata.get_all("Project-URL"))


def test_citation_agrees_with_the_metadata(metadata, project):
    citation = (project / "CITATION.cff").read_text("utf-8")
    assert f'- name: "{metadata["Author"]}"' in citation
    assert f"\nversion: {pnetlib.__version__}\n" in citation
    assert f"## [{pnetlib.__version__}] - " in (project / "CHANGELOG.md").read_text("utf-8")


def test_wheel_works_outside_the_repository(wheel, tmp_path):
    wheel.extractall(tmp_path)

    def said(*arguments):
        found = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        assert found.returncode == 0, found.stderr
        return found.stdout

    code = "import pnetlib; pnetlib.PredictiveNetwork; print(pnetlib.__file__)"
    assert said("-c", code).startswith(str(tmp_path))
    assert "network" in said("-m", "pnetlib", "--help")
