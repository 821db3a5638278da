"""The interactive page in a real browser: what the controls draw, and what a reader can reach."""

import networkx as nx
import numpy as np
import pytest
from network_tables import EVIL, MARKERS, drug_networks, group_tables

from pnetlib.steps.networks.compute import GROUPS
from pnetlib.steps.networks.page import FIRST_EDGES, MOST_EDGES, network_page
from pnetlib.steps.study import SIMULATED

pytest.importorskip("bokeh")
WIDE, NARROW = {"width": 1280, "height": 1000}, {"width": 400, "height": 800}
SOURCE = "name => Bokeh.documents[0].get_model_by_name(name).data"
PIXEL = """([panel, gene]) => {
  const figure = Bokeh.documents[0].get_model_by_name(`panel ${panel}`);
  const { gene: genes, x, y } = Bokeh.documents[0].get_model_by_name(`genes ${panel}`).data;
  const at = [...genes].indexOf(gene), view = Bokeh.index.get_by_id(figure.id);
  const box = document.getElementById(`plot-${panel}`).getBoundingClientRect();
  return [box.x + view.frame.x_scale.compute(x[at]), box.y + view.frame.y_scale.compute(y[at])];
}"""
SETTLED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def tables():
    return group_tables()


@pytest.fixture(scope="module")
def address(tables, tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "networks.html"
    about = {"source": "made up", "study": SIMULATED, "run": "made-up-smoke", "seed": 5}
    html = network_page(*tables, MARKERS, drug_networks(), **about)
    file.write_text(html, encoding="utf-8")
    return file.as_uri()


@pytest.fixture
def open_page(browser, address):
    """Open the page in a window of a given size; at the end, nothing must have gone wrong."""
    opened, wrong = [], []

    def opens(size=WIDE):
        page = browser.new_page(viewport=size)
        page.set_default_timeout(120_000)  # a busy machine is slow
        opened.append(page)
        page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else 0)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on(
            "request",
            lambda r: None if r.url.startswith((address, "data:")) else wrong.append(r.url),
        )
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        page.evaluate(SETTLED)
        return page

    yield opens
    for page in opened:
        page.close()
    assert wrong == []


@pytest.fixture
def page(open_page):
    return open_page()


def drawn(page, panel, name="edges"):
    """Return the columns that Bokeh draws in a panel, as lists."""
    page.evaluate(SETTLED)
    columns = page.evaluate(SOURCE, f"{name} {panel}")
    return {key: list(value) for key, value in columns.items()}


def pairs(page, panel):
    columns = drawn(page, panel)
    return set(zip(columns["regulator"], columns["target"]))


def set_slider(page, value):
    page.locator("#threshold").fill(str(value))
    page.evaluate(SETTLED)


def wanted(edges, group, least=0.0, rows=slice(None)):
    part = edges.loc[rows]
    part = part[(part[group] != 0) & (part[group].abs() >= least)]
    return set(zip(part["regulator"], part["target"]))


def choose(page, gene):
    page.locator("#gene").fill(gene)
    page.locator("#gene").press("Enter")
    page.evaluate(SETTLED)


def test_page_opens_with_the_strongest_edges(page, tables):
    edges = tables[0]
    least = float(page.locator("#threshold").input_value())
    strongest = edges[list(GROUPS)].abs().max(axis=1).nlargest(FIRST_EDGES["groups"]).min()
    assert least == pytest.approx(strongest, abs=0.005)
    for panel, group in enumerate(GROUPS):
        assert pairs(page, panel) == wanted(edges, group, least)
        assert page.locator(f"#title-{panel}").inner_text().endswith(f"({group})")


@pytest.mark.parametrize("least", [0.0, 0.3, 0.6])
def test_threshold_decides_what_is_drawn(page, tables, least):
    set_slider(page, least)
    for panel, group in enumerate(GROUPS):
        assert pairs(page, panel) == wanted(tables[0], group, least)
        number = len(wanted(tables[0], group, least))
        assert f"{number} of {(tables[0][group] != 0).sum()} edges in {group}" in (
            page.locator("#shown").inner_text()
        )


@pytest.mark.long
def test_sign_presence_and_degree_decide_what_is_drawn(page, tables):
    edges, degrees, _ = tables
    set_slider(page, 0)
    for sign in (1, -1):
        page.get_by_label(("positive", "negative")[sign < 0], exact=True).check()
        for panel, group in enumerate(GROUPS):
            assert pairs(page, panel) == wanted(edges, group, 0, sign * edges[group] > 0)
    page.get_by_label("both", exact=True).check()
    for value, kept in {
        "one": ["ST only", "RS only"],
        "0": ["ST only"],
        "1": ["RS only"],
        "both": ["both"],
    }.items():
        page.locator("#presence").select_option(value)
        for panel, group in enumerate(GROUPS):
            expected = wanted(edges, group, 0, edges["presence"].isin(kept))
            assert pairs(page, panel) == expected, value
    page.locator("#presence").select_option("")
    least = float(degrees["degree ST"].median())
    page.locator("#degree").fill(f"{least:.3f}")
    for panel, group in enumerate(GROUPS):
        large = degrees.index[degrees[f"degree {group}"] >= round(least, 3)]
        ends = edges["regulator"].isin(large) & edges["target"].isin(large)
        assert pairs(page, panel) == wanted(edges, group, 0, ends)


def lit(page, panel):
    columns = drawn(page, panel)
    rows = zip(columns["regulator"], columns["target"], columns["alpha"])
    return {(regulator, target) for regulator, target, alpha in rows if alpha > 0.2}


@pytest.mark.parametrize("gene", ["M1", EVIL])
def test_search_shows_the_edges_of_the_gene_in_both_panels(page, tables, gene):
    set_slider(page, 0)
    choose(page, gene.lower())
    assert page.locator("#gene").input_value() == gene
    for panel, group in enumerate(GROUPS):
        own = {edge for edge in wanted(tables[0], group) if gene in edge}
        assert lit(page, panel) == own and own
        nodes = drawn(page, panel, "genes")
        assert [nodes["gene"][nodes["width"].index(3)]] == [gene]
        near = {end for edge in own for end in edge}
        assert {g for g, a in zip(nodes["gene"], nodes["alpha"]) if a == 1} == near
    rows = page.locator("#rows tr").count()
    both = set.union(*(wanted(tables[0], group) for group in GROUPS))
    assert rows == sum(gene in edge for edge in both)


def test_table_gives_the_coefficients_and_its_names_select(page, tables):
    edges = tables[0].set_index(["regulator", "target"])
    set_slider(page, 0)
    choose(page, "M0")
    for row in page.locator("#rows tr").all():
        regulator, target, *values = row.locator("td").all_inner_texts()
        numbers = [0 if v == "none" else float(v.replace("\u2212", "-")) for v in values]
        assert numbers == pytest.approx(
            list(edges.loc[(regulator, target), list(GROUPS)]), abs=6e-4
        )
    # At once: rows drawn anew between the press and the release of a button would swallow a click.
    page.locator("#rows").get_by_role("button", name=EVIL).first.evaluate("one => one.click()")
    page.wait_for_function("name => document.querySelector('#gene').value === name", arg=EVIL)


def test_unknown_gene_is_refused_in_words(page):
    choose(page, "<b>nobody</b>")
    assert "<b>nobody</b>" in page.locator("#found").inner_text()
    assert page.locator("#found *").count() == 0


@pytest.mark.long
def test_pointing_at_a_gene_marks_its_edges_in_both_panels(page, tables):
    set_slider(page, 0)
    gene = EVIL
    page.mouse.move(*page.evaluate(PIXEL, [0, gene]), steps=4)
    tooltip = page.locator(".bk-tooltip-content", has_text=gene)  # in a shadow root
    tooltip.first.wait_for()
    assert page.locator(".bk-Tooltip img").count() == 0
    for panel, group in enumerate(GROUPS):
        number = sum(gene in edge for edge in wanted(tables[0], group))
        assert len(drawn(page, panel, "glow")["x0"]) == number > 0
    page.mouse.move(2, 2, steps=4)
    assert drawn(page, 1, "glow")["x0"] == []


@pytest.mark.long
@pytest.mark.parametrize("panel", [0, 1])
def test_click_on_a_gene_selects_it_in_both_panels(page, tables, panel):
    set_slider(page, 0)
    page.mouse.click(*page.evaluate(PIXEL, [panel, "M1"]))
    page.evaluate(SETTLED)
    assert page.locator("#gene").input_value() == "M1"
    for other, group in enumerate(GROUPS):
        assert lit(page, other) == {e for e in wanted(tables[0], group) if "M1" in e}
    page.keyboard.press("Escape")
    assert lit(page, 0) == wanted(tables[0], "ST") and page.locator("#gene").input_value() == ""


@pytest.mark.long
def test_path_is_a_shortest_one_and_is_listed(page, tables):
    set_slider(page, 0.25)
    page.locator("#marker").select_option(label="M1")
    lengths = set()
    for gene in ("G05", "G11", "M0"):
        choose(page, gene)
        texts = page.locator("#path p").all_inner_texts()
        for panel, (group, text) in enumerate(zip(GROUPS, texts, strict=True)):
            graph = nx.DiGraph(wanted(tables[0], group, 0.25))
            graph.add_nodes_from(["M1", gene])
            directed = nx.has_path(graph, gene, "M1")
            found = graph if directed else graph.to_undirected()
            if not nx.has_path(found, gene, "M1"):
                assert "do not connect" in text
                continue
            length = nx.shortest_path_length(found, gene, "M1")
            lengths.add(length)
            assert text.startswith(f"{group}, {length} edge")
            assert text.count("\u2192") + text.count("\u2190") == length
            assert directed == ("\u2190" not in text and "no path follows" not in text)
            assert f" {gene} " in text and text.endswith(" M1")
            assert len(drawn(page, panel, "glow")["x0"]) == length
    assert max(lengths) > 1


@pytest.mark.long
def test_drug_with_two_thousand_edges(page):
    networks = drug_networks()
    page.locator("#view").select_option(label="Pro, Docetaxel")
    assert len(drawn(page, 0)["edge"]) == pytest.approx(FIRST_EDGES["drugs"], abs=10)
    assert page.locator("#panels figure:visible").count() == 1
    set_slider(page, 0)
    found = pairs(page, 0)
    B = networks.B["Docetaxel"].toarray()
    assert len(found) == MOST_EDGES
    assert all(B[networks.genes.get_loc(q), networks.genes.get_loc(j)] != 0 for q, j in found)
    least = np.sort(np.abs(B[B != 0]))[-MOST_EDGES]
    assert min(map(abs, drawn(page, 0)["coefficient"])) == pytest.approx(least, rel=1e-4)
    assert "(the strongest of 2,600)" in page.locator("#shown").inner_text()
    names = drawn(page, 0, "names")["text"]
    assert 20 < len(names) < 500 and "M0" in names
    page.locator("#view").select_option(label=f"Pro, {EVIL}")
    page.wait_for_function(
        "text => document.querySelector('#title-0').innerText === text", arg=f"Pro, {EVIL}"
    )


@pytest.mark.long
def test_zoom_keeps_the_selected_gene_in_the_middle(page):
    choose(page, "G05")
    page.get_by_role("button", name="In", exact=True).click()
    nodes = drawn(page, 0, "genes")
    at = nodes["gene"].index("G05")
    for axis in "xy":
        low, high = page.evaluate(
            "a => { const r = Bokeh.documents[0].get_model_by_name(a); return [r.start, r.end] }",
            f"{axis} range",
        )
        assert (low + high) / 2 == pytest.approx(nodes[axis][at], abs=1e-9) and high - low < 2


def test_keyboard_alone_finds_a_gene_and_moves_the_slider(page, tables):
    seen = []
    while page.evaluate("document.activeElement.id") != "gene":
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id"))
        assert len(seen) < 10
    page.keyboard.type("m1")
    page.keyboard.press("Enter")
    page.evaluate(SETTLED)
    assert page.locator("#gene").input_value() == "M1"
    before = page.locator("#threshold").input_value()
    for _ in range(3):  # clear, path, threshold
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "threshold"
    page.keyboard.press("ArrowRight")
    assert float(page.locator("#threshold").input_value()) == pytest.approx(float(before) + 0.005)
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.name"))
    assert reached[:6] == ["degree", "presence", "sign", "in", "out", "whole"]


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_axe_finds_nothing_serious(open_page, size):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(size)
    for prepare in (
        lambda: page.locator("summary").click(),
        lambda: choose(page, "M0"),
        lambda: page.locator("#view").select_option(index=1),
    ):
        prepare()
        page.evaluate(SETTLED)
        found = axe.run(page).response["violations"]
        serious = [v for v in found if v["impact"] in ("serious", "critical")]
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in serious] == []


@pytest.mark.long
def test_narrow_window_stacks_the_panels_and_fits(open_page):
    page = open_page(NARROW)
    choose(page, EVIL)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    first, second = (page.locator(f"#plot-{number}").bounding_box() for number in (0, 1))
    assert second["y"] >= first["y"] + first["height"] > first["y"] + 300
    for box in (first, second):
        assert box["x"] >= 0 and box["x"] + box["width"] <= 400
    assert page.locator("input[type=text]").bounding_box()["width"] > 150


@pytest.mark.long
def test_print_has_pictures_of_both_panels_and_no_controls(page):
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    for number in (0, 1):
        picture = page.locator(f"#print-{number}")
        assert picture.is_visible() and not page.locator(f"#plot-{number}").is_visible()
        assert picture.evaluate("p => p.decode().then(() => p.naturalWidth)") > 300
    assert not page.locator("#controls").is_visible()
    assert page.locator("#caption").is_visible()


def test_no_element_came_from_a_name(page):
    choose(page, EVIL)
    page.locator("#marker").select_option(label=EVIL)
    choose(page, "M0")
    assert EVIL in page.locator("#path").inner_text()
    assert page.locator("img").count() == 2
    assert (
        page.locator("datalist option").evaluate_all(
            "(all, evil) => all.filter(o => o.value === evil).length", EVIL
        )
        == 1
    )
