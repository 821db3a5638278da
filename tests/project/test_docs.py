"""Links in the documentation and the notebooks resolve, and its Python examples run."""

import json
import re
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from pnetlib.cli.environment import required

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in (
        "*.md",
        "docs/*.md",
        "docs/ja/*.md",
        "figures/*.md",
        "notebooks/*.ipynb",
        "edition/*.ipynb",
    )
    for path in ROOT.glob(pattern)
)
WITH_EXAMPLES = ("README.md", "docs/library.md")
LINK = re.compile(r"(?<!\\)\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)*)(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^(```+|~~~+).*?^\1\s*$", re.M | re.S)


def text_of(path):
    """Return the Markdown of a page, of a notebook that of its Markdown cells."""
    text = path.read_text("utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def without_code(text):
    """Return a text without code blocks and code spans, whose brackets are no links."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def links_of(text):
    """Return the targets of the links and pictures of a text."""
    return LINK.findall(without_code(text))


def anchors_of(path):
    """Return the anchors of a page's headings: as GitHub makes them, in a notebook as Jupyter does."""
    found = []
    text = FENCE.sub("", text_of(path))
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*#*\s*$", text, re.M):
        shown = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        if path.suffix == ".ipynb":
            found.append(shown.replace(" ", "-"))
            continue
        anchor = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        same = sum(
            re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", other) is not None for other in found
        )
        found.append(f"{anchor}-{same}" if same else anchor)
    return found


def broken(path):
    """Return the links of a page whose file or heading is absent."""
    found = []
    for link in links_of(text_of(path)):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        place, _, anchor = unquote(link).partition("#")
        target = path.parent / place if place else path
        if not target.exists() or Path(place).is_absolute():
            found.append(link)
        elif anchor and target.suffix in (".md", ".ipynb") and anchor not in anchors_of(target):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_links_resolve(page):
    assert broken(ROOT / page) == []


def test_every_page_is_listed_in_the_index():
    listed = set(links_of((ROOT / "docs" / "README.md").read_text("utf-8")))
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages <= listed


def test_the_layout_names_every_module():
    layout = (ROOT / "docs" / "layout.md").read_text("utf-8")
    modules = [
        path.relative_to(ROOT / package.parent).as_posix()
        for package in (Path("pnetlib"), Path("benchmarks"))
        for path in sorted((ROOT / package).rglob("*.py"))
        if not path.name.startswith("__")
    ]
    usual = re.compile(r"pnetlib/steps/\w+/(compute|figures|sentences)\.py")
    named = [module for module in modules if not usual.fullmatch(module)]
    listed = {Path(span).stem for span in re.findall(r"`([^`\n]+)`", layout)}
    assert [module for module in named if Path(module).stem not in listed] == []


def test_every_dependency_is_explained():
    explained = (ROOT / "docs" / "reproducing.md").read_text("utf-8")
    needed = required(ROOT / "pyproject.toml", ("dask", "lab", "tables", "test"))
    names = [re.match(r"[\w-]+", line).group() for line in needed]
    assert [name for name in names if not re.search(rf"\b{name}\b", explained)] == []


def test_a_broken_link_is_found(tmp_path):
    (tmp_path / "b.md").write_text("# One and `two`\n\n# Same\n\n# Same\n")
    page = tmp_path / "a.md"
    page.write_text("[1](b.md#one-and-two) [2](b.md#same-1) [3](https://doi.org/1) `[4](c.md)`\n")
    assert broken(page) == []
    page.write_text("# A\n[1](b.md#two) ![2](c.png) [3](#b) [4](#a)\n```\n[5](d.md)\n```\n")
    assert broken(page) == ["b.md#two", "c.png", "#b"]


@pytest.fixture
def names():
    """What the examples call X, z and X_new: cell lines x genes, response, new cell lines."""
    rng = np.random.default_rng(20220823)
    genes = [f"gene{number}" for number in range(12)]
    values = rng.standard_normal((70, 12))
    values[:, 1] += values[:, 0]
    values[:, 2] += values[:, 1]
    X = pd.DataFrame(values, [f"line{number}" for number in range(70)], genes)
    z = pd.Series(values[:, 2] + 0.3 * rng.standard_normal(70), X.index, name="drug")
    return {"X": X.iloc[:50], "z": z.iloc[:50], "X_new": X.iloc[50:], "z_new": z.iloc[50:]}


@pytest.mark.parametrize("page", WITH_EXAMPLES)
def test_examples_run(page, names, tmp_path, monkeypatch):
    """The blocks of a page run one after the other, as a reader would type them."""
    monkeypatch.chdir(tmp_path)
    names["X"].to_csv("expression.csv")
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.M | re.S)
    assert blocks
    for number, block in enumerate(blocks, 1):
        exec(compile(block, f"{page}, block {number}", "exec"), names)
