"""The interactive page: what is on it is what the tables hold, as text, and nothing is loaded."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO

import networkx as nx
import numpy as np
import pytest
from network_tables import ALONE, EVIL, MARKERS, drug_networks, group_tables

from pnetlib.steps.networks.compute import GROUPS
from pnetlib.steps.networks.page import MOST_EDGES, cytoscape, graphml, network_page
from pnetlib.steps.study import PAPER, SIMULATED

pytest.importorskip("bokeh")

ABOUT = {"source": "made up", "study": SIMULATED, "run": "made-up-smoke", "seed": 5}
FILES = {"GraphML of <ST>": 'st".graphml'}


@pytest.fixture(scope="module")
def tables():
    return group_tables()


@pytest.fixture(scope="module")
def drugs():
    return drug_networks()


@pytest.fixture(scope="module")
def html(tables, drugs):
    return network_page(*tables, MARKERS, drugs, **ABOUT, files=FILES)


class Reader(HTMLParser):
    """Collects elements, scripts, and the text outside of scripts and styles."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.scripts, self.text = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.lasttag == "script":
            self.scripts[len(self.scripts) :] = [data]
        elif self.lasttag != "style":
            self.text += data


@pytest.fixture(scope="module")
def read(html):
    return Reader(html)


def data_of(html):
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html)
    return json.loads(text)


@pytest.fixture(scope="module")
def data(html):
    return data_of(html)


def edges_on_page(data, name, network):
    part = data["sets"][name]
    genes, values = part["genes"], part["coefficient"][network]
    return {
        (genes[q], genes[j]): value
        for q, j, value in zip(part["from"], part["to"], values)
        if value
    }


@pytest.mark.parametrize("number, group", list(enumerate(GROUPS)))
def test_edges_and_degrees_of_both_groups_are_those_of_the_tables(tables, data, number, group):
    edges, degrees, _ = tables
    own = edges[edges[group] != 0].set_index(["regulator", "target"])[group]
    found = edges_on_page(data, "groups", number)
    assert found == pytest.approx(own.to_dict(), rel=1e-5)
    network = data["sets"]["groups"]["networks"][number]
    assert network["total"] == network["listed"] == len(own)
    shown = dict(zip(data["sets"]["groups"]["genes"], data["sets"]["groups"]["degree"][number]))
    assert shown == pytest.approx(degrees[f"degree {group}"].to_dict(), rel=1e-5)


def test_genes_keep_their_places_relative_to_each_other(tables, data):
    positions, part = tables[2], data["sets"]["groups"]
    for axis, key in enumerate("xy"):
        shown = dict(zip(part["genes"], part[key]))
        placed = np.array([shown[gene] for gene in positions])
        given = np.array([positions[gene][axis] for gene in positions])
        assert placed.min() == -1 and placed.max() == 1
        assert np.corrcoef(placed, given)[0, 1] == pytest.approx(1)
    assert part["y"][part["genes"].index(ALONE)] < -1


def test_each_drug_has_its_strongest_edges(drugs, data):
    for number, (drug, B) in enumerate(drugs.B.items()):
        found = edges_on_page(data, "drugs", number)
        assert len(found) == MOST_EDGES < B.nnz
        dense = B.toarray()
        least = np.sort(np.abs(B.data))[-MOST_EDGES]
        q, j = np.nonzero(np.abs(dense) >= least)
        strongest = {(drugs.genes[a], drugs.genes[b]): dense[a, b] for a, b in zip(q, j)}
        assert found == pytest.approx(strongest, rel=1e-5)
        network = data["sets"]["drugs"]["networks"][number]
        assert (network["total"], network["title"]) == (B.nnz, f"Pro, {drug}")
        degree = dict(zip(data["sets"]["drugs"]["genes"], data["sets"]["drugs"]["degree"][number]))
        own = drugs.degree[drug]
        assert degree == pytest.approx({gene: own[gene] for gene in degree}, rel=1e-5)


def test_page_says_what_it_shows(read, tables):
    edges, degrees, _ = tables
    assert "Simulated data (made up); run made-up-smoke; seed 5." in read.text
    assert "(simulated data)" in read.text
    for group in GROUPS:
        assert f"{(edges[group] != 0).sum()} edges in {group}" in read.text
    assert f"{len(degrees)} genes" in read.text
    assert "Docetaxel 2,000 of 2,600" in read.text and f"{EVIL} 2,000 of 2,600" in read.text


def test_page_of_real_data_is_not_called_simulated(tables, drugs):
    html = network_page(*tables, MARKERS, drugs, **{**ABOUT, "study": PAPER})
    text = Reader(html).text
    assert "Real data (made up)" in text and "imulated data" not in text


def test_names_are_text_and_never_elements(html, read):
    assert EVIL not in html and "&lt;img src=x" in html and r"\u003cimg src=x" in html
    assert [attributes["id"] for tag, attributes in read.elements if tag == "img"] == [
        "print-0",
        "print-1",
    ]
    handlers = [name for _, attributes in read.elements for name in attributes if name[:2] == "on"]
    assert handlers == []
    assert "GraphML of <ST>" in read.text
    assert ("a", {"href": 'st".graphml'}) in read.elements


def test_nothing_is_loaded_and_only_the_scripts_of_the_page_may_run(html, read):
    loading = [
        (tag, attributes)
        for tag, attributes in read.elements
        if {"src", "srcset", "data", "action"} & set(attributes) or tag in ("link", "iframe")
    ]
    assert loading == []
    (policy,) = (a["content"] for t, a in read.elements if a.get("http-equiv"))
    assert "default-src 'none'" in policy and "http" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", html, re.S)
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    assert re.search("script-src ([^;]*)", policy)[1] == " ".join(f"'sha256-{h}'" for h in hashes)
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", html.replace(scripts[0], ""))


def test_same_tables_give_the_same_page(html, tables, drugs):
    assert network_page(*tables, MARKERS, drugs, **ABOUT, files=FILES) == html


def test_every_control_has_a_label(read):
    labelled = {a.get("for") for tag, a in read.elements if tag == "label"}
    controls = [a for tag, a in read.elements if tag in ("input", "select")]
    assert len(controls) == 9
    assert all(a.get("id") in labelled or a.get("type") == "radio" for a in controls)


@pytest.mark.long
def test_bokeh_is_imported_only_for_the_page():
    code = "import sys, pnetlib, pnetlib.steps.networks.page; print('bokeh' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("group", GROUPS)
def test_graphml_read_again_is_the_network(tables, group):
    edges, degrees, _ = tables
    graph = nx.read_graphml(BytesIO(graphml(edges, degrees, MARKERS, group).encode()))
    own = edges[edges[group] != 0].set_index(["regulator", "target"])
    assert graph.is_directed() and set(graph) == set(degrees.index)
    assert {(q, j): a["coefficient"] for q, j, a in graph.edges(data=True)} == own[group].to_dict()
    for q, j, found in graph.edges(data=True):
        assert found["weight"] == abs(found["coefficient"])
        assert found["sign"] == ("positive" if found["coefficient"] > 0 else "negative")
        assert (found["group"], found["presence"]) == (group, own.at[(q, j), "presence"])
    for gene, found in graph.nodes(data=True):
        wanted = {"degree": degrees.at[gene, f"degree {group}"], "marker": gene in MARKERS}
        assert found == {**wanted, "group": group}


def test_cytoscape_read_again_holds_both_networks(tables):
    edges, degrees, _ = tables
    text = cytoscape(edges, degrees, MARKERS)
    graph = nx.cytoscape_graph(json.loads(text))
    assert graph.is_directed() and graph.is_multigraph() and set(graph) == set(degrees.index)
    for group in GROUPS:
        own = edges[edges[group] != 0].set_index(["regulator", "target"])[group]
        found = {
            (q, j): a["coefficient"]
            for q, j, key, a in graph.edges(keys=True, data=True)
            if key == a["group"] == group
        }
        assert found == own.to_dict()
        for gene, attributes in graph.nodes(data=True):
            assert attributes[f"degree_{group}"] == degrees.at[gene, f"degree {group}"]
    assert {gene for gene, a in graph.nodes(data=True) if a["marker"]} == set(MARKERS)
    assert cytoscape(edges, degrees, MARKERS) == text


def test_networks_without_edges_make_a_page(tables, drugs):
    edges, degrees, _ = tables
    nothing = replace(drugs, B={drug: B * 0 for drug, B in drugs.B.items()})
    data = data_of(network_page(edges.iloc[:0], degrees * 0, {}, MARKERS, nothing, **ABOUT))
    assert data["sets"]["groups"]["genes"] == list(degrees.index)
    assert data["sets"]["drugs"]["genes"] == data["sets"]["drugs"]["from"] == []
    assert [n["total"] for part in data["sets"].values() for n in part["networks"]] == [0] * 4
