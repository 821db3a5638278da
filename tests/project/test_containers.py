"""Files for Docker, development containers and Binder agree with those of the project."""

import json
import os
import re
import shutil
import tomllib

from pnetlib.cli.environment import required


def test_binder_has_the_environment_of_the_project_and_installs_it(project):
    own = (project / ".binder/environment.yml").read_text("utf-8")
    assert own == (project / "environment.yml").read_text("utf-8")
    script = project / ".binder/postBuild"
    assert os.access(script, os.X_OK)
    commands = script.read_text("utf-8")
    assert "-m pip install --no-deps --no-build-isolation -e ." in commands
    copied = re.findall(r"^cp (\S+)", commands, re.M)
    assert copied and all((project / name).is_file() for name in copied)


def test_every_file_that_the_dockerfile_copies_exists(project):
    text = (project / "Dockerfile").read_text("utf-8")
    for names in re.findall(r"^COPY (.*) \S+$", text, re.M):
        assert all((project / name).exists() for name in names.split())
    (image,) = re.findall(r"^FROM python:(\d+\.\d+)", text, re.M)
    settings = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"Programming Language :: Python :: {image}" in settings["classifiers"]
    ignored = (project / ".dockerignore").read_text("utf-8").split()
    assert {".venv*", "results", ".cache"} <= set(ignored)


def test_both_commands_of_the_readme_are_in_the_dockerfile(project):
    readme = (project / "README.md").read_text("utf-8")
    (block,) = re.findall(r"## Two commands\n.*?```bash\n(.*?)```", readme, re.S)
    text = (project / "Dockerfile").read_text("utf-8")
    assert [command for command in block.strip().splitlines() if command not in text] == []


def test_the_development_container_is_made_from_the_dockerfile(project):
    folder = project / ".devcontainer"
    settings = json.loads((folder / "devcontainer.json").read_text("utf-8"))
    assert (folder / settings["build"]["dockerfile"]).resolve() == project / "Dockerfile"
    command = settings["onCreateCommand"].split()
    assert shutil.which(project / command[0]) is not None


def test_docs_name_every_package_of_the_extras(project):
    extras = ("bench", "dask", "docs", "lab", "tables", "test")
    lines = required(project / "pyproject.toml", extras)
    listed = (project / "docs/reproducing.md").read_text("utf-8")
    names = {re.match(r"[\w-]+", line)[0] for line in lines}
    benchmarked = {"celer", "skglm"}
    assert [name for name in sorted(names - benchmarked) if name not in listed] == []
