"""Pages around the findings: prose holds no result, Japanese keeps step with English, the picture."""

import hashlib
import re
import runpy
from pathlib import Path

import pytest

from pnetlib.workflow.findings import without_blocks
from pnetlib.workflow.publish import PAGES

DIGEST = re.compile(r"\A<!-- docs/index\.md: ([0-9a-f]{64}) -->\n")
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
LINK = re.compile(r"\]\(([^()\s]+)\)")
RESULT = re.compile(r"\d\.\d{2,}|\d\s?%|\bp\s*[=<]\s*\d")  # an error, a share, a p value
SIMULATED = "docs/uncertainty.md"  # states simulations that its own commands repeat
USUAL = ("95%",)  # the level of an interval is no result


def prose(project, page):
    """Return what is written by hand on a page."""
    return without_blocks((project / page).read_text("utf-8"))


@pytest.mark.parametrize("page", [page for page in PAGES if page != SIMULATED])
def test_no_result_is_typed_by_hand(project, page):
    text = prose(project, page)
    if page == "README.md":
        text = text[text.index("![Mean squared") : text.index("## Using the method")]
    for usual in USUAL:
        text = text.replace(usual, "")
    text = re.sub(r"https?://\S+|<!--.*?-->", "", FENCE.sub("", text))
    assert RESULT.findall(text) == []


def targets(project, page):
    """Return the files and addresses that a page links to or shows."""
    found, folder = set(), (project / page).parent
    for link in LINK.findall(prose(project, page)):
        place = link.partition("#")[0]
        found.add(link if ":" in link else (folder / place).resolve().as_posix())
    return found


def test_the_japanese_overview_keeps_step_with_the_english_one(project):
    english, japanese = "docs/index.md", "docs/ja/index.md"
    now = hashlib.sha256(prose(project, english).encode()).hexdigest()
    assert DIGEST.match((project / japanese).read_text("utf-8")), "the first line lacks the digest"
    then = DIGEST.match((project / japanese).read_text("utf-8"))[1]
    assert then == now, (
        f"{english} was changed: make the same change in {japanese}, in Japanese, and put {now} "
        "into its first line"
    )
    headings = [re.findall(r"^#+", prose(project, page), re.M) for page in (english, japanese)]
    assert headings[0] == headings[1]
    blocks = [
        re.findall(r"<!-- findings: (.+?) -->", prose(project, page))
        for page in (english, japanese)
    ]
    captions = [name for name in blocks[0] if name.startswith("caption ")]  # in Japanese by hand
    assert sorted(name for name in blocks[0] if name not in captions) == sorted(
        name.removesuffix(" ja") for name in blocks[1]
    )
    each = {(project / page).as_posix() for page in (english, japanese)}
    assert targets(project, english) - each == targets(project, japanese) - each


def test_the_picture_of_the_method_is_that_of_its_script(project):
    script = runpy.run_path(str(project / "docs" / "pictures" / "method.py"))
    committed = Path(script["FILE"]).read_text("utf-8")
    assert len(committed) < 100_000
    said = re.findall(r"<!-- (.+?) -->", committed)
    drawn = [text.get_text() for text in script["draw"]().axes[0].texts]
    assert [line for text in drawn for line in text.split("\n") if line] == [
        line for line in said if line in {part for text in drawn for part in text.split("\n")}
    ]
