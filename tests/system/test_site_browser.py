"""The site in a real browser, from the file system: no error, no request to another place."""

import os
import re
from pathlib import Path

import pytest
from builders import ROOT, finished_from_copies

from pnetlib.workflow.site import PACKAGES, build_site

for name in PACKAGES:
    pytest.importorskip(name, reason="the extra docs is not installed")

pytestmark = pytest.mark.long
LOOKED_AT = ("index.html", "notebooks/02_comparison.html", "notebooks/16_claims.html", "api.html")


@pytest.fixture(scope="module")
def site(browser, tmp_path_factory):
    """Return the folder of a site made from the notebooks of the repository as they are stored."""
    return build_site(finished_from_copies(tmp_path_factory.mktemp("run"), ROOT), ROOT)


@pytest.fixture
def page(browser):
    """Return a page that records what goes wrong in `page.wrong`."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(120_000)  # a busy machine is slow
    page.wrong = []
    page.on("console", lambda said: said.type == "error" and page.wrong.append(said.text))
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("requestfailed", lambda request: page.wrong.append(f"failed: {request.url}"))
    local = ("file:", "data:", "blob:", "about:")
    page.on(
        "request",
        lambda request: request.url.startswith(local) or page.wrong.append(f"asked: {request.url}"),
    )
    yield page
    page.close()


def pages_of(site):
    """Return the names of all pages; the theme leaves a template of its own in _static."""
    names = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return sorted(name for name in names if not name.startswith("_static/"))


def open_page(page, site, name):
    page.goto((site / name).as_uri())
    page.wait_for_load_state("load")


def test_every_page_opens_without_an_error_and_every_link_and_picture_is_there(page, site):
    names = pages_of(site)
    assert {"index.html", "api.html", "ja/index.html", "notebooks/16_claims.html"} <= set(names)
    absent, anchors = set(), {}
    for name in names:
        open_page(page, site, name)
        assert page.wrong == [], name
        broken = page.evaluate(
            "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
        )
        assert broken == [], name
        links = page.evaluate("[...document.links].map(a => a.href)")
        anchors[name] = set(page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)"))
        for link in (link for link in links if link.startswith("file:")):
            path, _, anchor = link.removeprefix(f"{site.as_uri()}/").partition("#")
            if not (site / path.partition("?")[0]).is_file():
                absent.add((name, link))
            elif anchor:
                anchors.setdefault(("wanted", path), set()).add(anchor)
    assert absent == set()
    for key, wanted in anchors.items():
        if isinstance(key, tuple):
            assert wanted <= anchors[key[1]], key[1]


def test_formulas_are_drawn(page, site):
    open_page(page, site, "notebooks/02_comparison.html")
    page.wait_for_selector("mjx-container svg")
    assert page.locator("mjx-container").count() > 10
    assert page.locator("mjx-merror").count() == 0


def test_the_search_finds_a_gene_without_a_server(page, site):
    page.goto(f"{(site / 'search.html').as_uri()}?q=ANXA10")
    page.wait_for_selector("#search-results li a")
    found = page.evaluate("[...document.querySelectorAll('#search-results li a')].map(a => a.href)")
    assert any("notebooks/04_networks.html" in link for link in found)
    assert page.wrong == []


def test_code_is_folded_and_opens_from_the_keyboard(page, site):
    open_page(page, site, "notebooks/01_data.html")
    cell = page.locator("details.hide").first
    assert not cell.evaluate("cell => cell.open")
    cell.locator("summary").focus()
    page.keyboard.press("Enter")
    assert cell.evaluate("cell => cell.open")
    assert cell.locator("pre").is_visible()


@pytest.mark.parametrize("name", LOOKED_AT)
def test_nothing_is_wider_than_a_narrow_window(page, site, name):
    page.set_viewport_size({"width": 400, "height": 800})
    open_page(page, site, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    size = page.locator("main p").first.evaluate("p => parseFloat(getComputedStyle(p).fontSize)")
    assert size >= 14


@pytest.mark.parametrize("name", LOOKED_AT)
def test_axe_finds_nothing_serious(page, site, name):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    open_page(page, site, name)
    found = axe.Axe().run(page).response["violations"]
    serious = [
        (rule["id"], node["html"][:120])
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
    assert serious == []


def test_a_printed_page_has_its_text_and_no_navigation(page, site):
    open_page(page, site, "notebooks/02_comparison.html")
    page.emulate_media(media="print")
    assert page.locator("main h1").is_visible()
    assert not page.locator("header.bd-header").is_visible()
    assert not page.locator(".bd-sidebar-primary").is_visible()
    assert page.pdf()[:4] == b"%PDF"


def test_pages_name_their_language_and_data(page, site):
    for name, language in (("index.html", "en"), ("ja/index.html", "ja")):
        open_page(page, site, name)
        assert page.evaluate("document.documentElement.lang") == language
        assert "simulated data" in page.locator(".bd-header-announcement").inner_text()


def test_nothing_of_the_machine_is_in_a_page(site):
    written = "".join(path.read_text("utf-8") for path in (ROOT / "docs").rglob("*.md"))
    words = [str(ROOT), str(Path.home()), str(site), os.uname().nodename]
    words = [word for word in words if len(word) > 3 and word not in written]
    pattern = re.compile("|".join(rf"{re.escape(word)}\b" for word in words))
    kinds = (".html", ".js", ".md", ".ipynb", ".txt", ".inv")
    own = [p for p in site.rglob("*") if p.suffix in kinds and "_static" not in p.parts]
    assert len(own) > 20
    found = {p.name: pattern.search(p.read_text("utf-8", "replace")) for p in own}
    assert {name: match[0] for name, match in found.items() if match} == {}
