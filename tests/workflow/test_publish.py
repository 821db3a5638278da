"""Figures published from a run: which files are copied, and their index."""

import json

import pytest

from pnetlib.errors import UsageError
from pnetlib.workflow.publish import FIGURES, LARGEST_SVG, publish


@pytest.fixture
def run_folder(tmp_path):
    folder = tmp_path / "results" / "gdsc-standard"
    (folder / "figures").mkdir(parents=True)
    (folder / "01_data.json").write_text(json.dumps({"source": "gdsc", "files": {"a.whl": "0f"}}))
    (folder / "02_comparison.json").write_text(json.dumps({"seed": 7}))
    for name, size in (("01_genes", LARGEST_SVG), ("02_errors", LARGEST_SVG + 1)):
        (folder / "figures" / f"{name}.png").write_bytes(b"png")
        (folder / "figures" / f"{name}.svg").write_bytes(b"s" * size)
    return folder


def test_png_is_always_copied_and_svg_where_it_is_small(run_folder, tmp_path):
    figures = tmp_path / "figures"
    figures.mkdir()
    (figures / "02_errors.svg").write_text("of an earlier run")
    (figures / "03_markers.png").write_text("of an earlier run")
    assert publish(run_folder, figures) == ["01_genes", "02_errors"]
    assert sorted(file.name for file in figures.iterdir()) == [
        "01_genes.png",
        "01_genes.svg",
        "02_errors.png",
        "03_markers.png",
        "README.md",
    ]


def test_the_index_names_the_run_its_files_and_links_only_what_exists(run_folder, tmp_path):
    publish(run_folder, tmp_path / "figures")
    text = (tmp_path / "figures" / "README.md").read_text()
    assert "Made by the run `gdsc-standard` of pnetlib" in text and "with seed 7." in text
    assert "- `a.whl`: `0f`" in text
    assert "| [01_genes](01_genes.png) ([svg](01_genes.svg)) |" in text
    assert f"| [02_errors](02_errors.png) | {FIGURES['02_errors']} |" in text


def test_an_unfinished_run_is_refused(run_folder, tmp_path):
    (run_folder / "02_comparison.json").unlink()
    with pytest.raises(UsageError, match="not the folder of a finished run"):
        publish(run_folder, tmp_path / "figures")


def test_figures_of_the_repository_are_small_and_in_the_index(project):
    folder = project / "figures"
    text = (folder / "README.md").read_text()
    names = sorted(file.name for file in folder.iterdir() if file.suffix in (".png", ".svg"))
    assert [name for name in names if f"({name})" not in text] == []
    assert not [f for f in folder.glob("*.svg") if f.stat().st_size > LARGEST_SVG]
