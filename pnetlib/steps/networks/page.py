"""One page with both groups' networks, and Pro's of each drug, to be explored in a browser.

The page is a single file that loads nothing. Bokeh draws the networks; all controls are those of
HTML, which work with a keyboard and a screen reader. What they do is in ``page.js``, the text and
look of the page in ``page.html``. The same networks are written for other programs as GraphML and
as Cytoscape JSON.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from scipy.stats import rankdata

from pnetlib.steps.markers.compute import DrugNetworks
from pnetlib.steps.networks.compute import GROUPS
from pnetlib.steps.study import Study
from pnetlib.steps.style import EDGE_COLOURS, GROUP_COLOURS, ORANGE
from pnetlib.words import counted

MOST_EDGES = 2000  # of each drug's network; the page stays quick to draw
FIRST_EDGES = {"groups": 90, "drugs": 300}  # drawn when the page opens; the slider adds the others
TITLES = {"ST": "Sensitive cell lines (ST)", "RS": "Resistant cell lines (RS)"}
TITLE = "Networks of the markers in sensitive and resistant cell lines"
SIDE = 1.12  # half the width of a panel, with positions between -1 and 1
_HERE = Path(__file__)


def network_page(
    edges: pd.DataFrame,
    degrees: pd.DataFrame,
    positions: Mapping[str, Sequence[float]],
    markers: Sequence[str],
    drugs: DrugNetworks,
    *,
    source: str,
    study: Study,
    run: str,
    seed: int,
    files: Mapping[str, str] | None = None,
) -> str:
    """Return the page as HTML text; the same tables give the same text.

    Parameters
    ----------
    edges, degrees : DataFrame
        As `edge_table` and `degree_table` return them.
    positions : mapping
        Gene to its place, as `layout` returns it. Genes without a place have no edge; they stand
        in a row below.
    markers : sequence of str
        Genes named in bold, and ends of paths.
    drugs : DrugNetworks
        Pro of each drug; the `MOST_EDGES` strongest edges of each are on the page.
    source : str
        Where the data come from.
    study : Study
        If the data are simulated, the title says so.
    run : str
        Name of the run.
    seed : int
        Seed of the run, which also decides the places of the drugs' genes.
    files : mapping, optional
        Further files with these networks: what they are to their address relative to the page.

    Returns
    -------
    str
        A whole HTML document.
    """
    sets = {
        "groups": _groups(edges, degrees, positions, markers),
        "drugs": _drugs(drugs, markers, seed),
    }
    views = [{"label": "Groups: ST and RS", "set": "groups", "panels": [0, 1]}]
    for number, network in enumerate(sets["drugs"]["networks"]):
        views.append({"label": network["title"], "set": "drugs", "panels": [number]})
    data = {
        "sets": sets,
        "views": views,
        "first": FIRST_EDGES,
        "colours": {**EDGE_COLOURS, "path": ORANGE},
        "bokeh": _bokeh_document(),
    }
    library, script = _bokeh_library(), _HERE.with_suffix(".js").read_text("utf-8")
    listed = [
        f"{network['title'].removeprefix('Pro, ')} {network['listed']:,} of {network['total']:,}"
        for network in sets["drugs"]["networks"]
    ]
    origin = source.removeprefix("SIMULATED: ")
    about = f"{'Simulated' if study.simulated else 'Real'} data ({origin}); run {run}; seed {seed}"
    links = [
        f'<li><a href="{escape(address)}">{escape(what)}</a></li>'
        for what, address in (files or {}).items()
    ]
    return Template(_HERE.with_suffix(".html").read_text("utf-8")).substitute(
        title=escape(f"{TITLE} (simulated data)" if study.simulated else TITLE),
        about=escape(about),
        counts=escape(
            f"{counted(len(degrees), 'gene')}; {counted(_number(edges, 'ST'), 'edge')} in ST, "
            f"{counted(_number(edges, 'RS'), 'edge')} in RS, "
            f"{counted(int((edges['presence'] == 'both').sum()), 'edge')} in both."
        ),
        listed=escape("; ".join(listed)),
        links=f"<h2>The same networks for other programs</h2><ul>{''.join(links)}</ul>"
        if links
        else "",
        data=_in_script(data),
        library=library,
        script=script,
        hashes=f"'{_hash(library)}' '{_hash(script)}'",
    )


def graphml(edges: pd.DataFrame, degrees: pd.DataFrame, markers: Sequence[str], group: str) -> str:
    """Return the network of one group as GraphML text.

    The graph is directed, from regulator to target. Edges have the attributes coefficient, weight
    (its absolute value), sign ("positive", "negative") and presence; genes have degree, marker
    (true or false) and group.
    """
    graph = nx.DiGraph(group=group)
    for gene, degree in degrees[f"degree {group}"].items():
        graph.add_node(str(gene), degree=float(degree), marker=gene in markers, group=group)
    for regulator, target, attributes in _attributed(edges, group):
        graph.add_edge(regulator, target, **attributes)
    return "\n".join(nx.generate_graphml(graph)) + "\n"


def cytoscape(edges: pd.DataFrame, degrees: pd.DataFrame, markers: Sequence[str]) -> str:
    """Return the networks of both groups as one graph in Cytoscape JSON (``.cyjs``).

    An edge that is in both groups is there twice; its attribute group tells which is which. The
    other attributes are those of `graphml`, with one degree per group.
    """
    graph = nx.MultiDiGraph(name=TITLE)
    for gene in degrees.index:
        degree = {f"degree_{group}": float(degrees.at[gene, f"degree {group}"]) for group in GROUPS}
        graph.add_node(str(gene), marker=gene in markers, **degree)
    for group in GROUPS:
        for regulator, target, attributes in _attributed(edges, group):
            graph.add_edge(regulator, target, key=group, **attributes)
    data = nx.cytoscape_data(graph)
    data["data"] = dict(data["data"])
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _attributed(edges, group):
    """Yield regulator, target and attributes of every edge of a group, in the order of the table."""
    for row in edges[edges[group] != 0].itertuples():
        coefficient = float(getattr(row, group))
        yield (
            str(row.regulator),
            str(row.target),
            {
                "coefficient": coefficient,
                "weight": abs(coefficient),
                "sign": "positive" if coefficient > 0 else "negative",
                "presence": row.presence,
                "group": group,
            },
        )


def _number(edges, group):
    return int((edges[group] != 0).sum())


def _groups(edges, degrees, positions, markers):
    """Return genes, places and edges of both groups' networks as plain lists."""
    genes = list(degrees.index)
    linked = np.array([gene in positions for gene in genes], bool)
    places = np.full((len(genes), 2), -1.06)
    places[~linked, 0] = np.linspace(-1, 1, (~linked).sum())
    if linked.any():
        places[linked] = _scaled(np.array([positions[gene] for gene in genes if gene in positions]))
    networks = [
        {"name": group, "title": TITLES[group], "total": _number(edges, group)}
        | {"listed": _number(edges, group), "colour": GROUP_COLOURS[group]}
        for group in GROUPS
    ]
    degree = [degrees[f"degree {group}"] for group in GROUPS]
    return _listed(genes, places, markers, networks, degree, edges, GROUPS)


def _drugs(drugs, markers, seed):
    """Return genes, places and the strongest edges of every drug's network as plain lists."""
    parts, networks = [], []
    for drug, B in drugs.B.items():
        B = B.tocoo(copy=True)
        B.eliminate_zeros()
        order = np.argsort(-np.abs(B.data), kind="stable")[:MOST_EDGES]
        index = pd.MultiIndex.from_arrays([B.row[order], B.col[order]])
        parts.append(pd.Series(B.data[order], index, name=drug))
        networks.append(
            {"name": f"Pro, {drug}", "title": f"Pro, {drug}", "colour": "#444444"}
            | {"total": int(B.nnz), "listed": len(order)}
        )
    table = pd.concat(parts, axis=1).fillna(0.0).sort_index()
    graph = nx.Graph()
    for (regulator, target), size in table.abs().sum(axis=1).items():
        known = graph.get_edge_data(regulator, target, {"weight": 0.0})["weight"]
        graph.add_edge(int(regulator), int(target), weight=known + float(size))
    places = nx.spring_layout(graph, iterations=30, seed=seed)
    kept = sorted(graph)
    names = np.array(drugs.genes, dtype=object)
    table = table.rename_axis(["regulator", "target"]).reset_index()
    for end in ("regulator", "target"):
        table[end] = names[table[end].to_numpy(int)]
    # Ranks of the coordinates spread the dense middle of such a network over the panel.
    middle = np.array([places[gene] for gene in kept]).reshape(-1, 2)
    spread = _scaled(np.apply_along_axis(rankdata, 0, middle)) if kept else middle
    genes = list(names[kept])
    degree = [drugs.degree[drug].iloc[kept] for drug in drugs.B]
    return _listed(genes, spread, markers, networks, degree, table, list(drugs.B))


def _listed(genes, places, markers, networks, degree, edges, columns):
    """Return one set of networks over the same genes in the form that ``page.js`` reads."""
    at = {gene: number for number, gene in enumerate(genes)}
    return {
        "genes": [str(gene) for gene in genes],
        "x": _digits(places[:, 0]),
        "y": _digits(places[:, 1]),
        "markers": [at[gene] for gene in markers if gene in at],
        "networks": networks,
        "degree": [_digits(values) for values in degree],
        "from": [at[gene] for gene in edges["regulator"]],
        "to": [at[gene] for gene in edges["target"]],
        "coefficient": [_digits(edges[column]) for column in columns],
    }


def _scaled(places):
    """Return places moved and stretched so that both coordinates lie between -1 and 1."""
    low, high = places.min(axis=0), places.max(axis=0)
    return 2 * (places - low) / np.where(high > low, high - low, 1) - (high > low)


def _digits(values):
    """Return numbers with six significant digits, which keep every sign and every zero."""
    return [float(f"{value:.6g}") for value in np.asarray(values, float)]


def _in_script(value: Any) -> str:
    """Return JSON in which nothing can end the element ``script`` or begin another."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def _hash(script: str) -> str:
    """Return the source expression by which the page's policy admits this script alone."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _bokeh_library() -> str:
    """Return the JavaScript of Bokeh from its package."""
    from bokeh.resources import Resources

    resources = Resources(mode="inline", components=["bokeh"], log_level="error")
    return "\n".join(resources.js_raw).replace("\r\n", "\n")


def _bokeh_document() -> dict[str, Any]:
    """Return two empty panels on the same ranges as JSON; ``page.js`` fills their sources."""
    from bokeh.document import Document
    from bokeh.models import Range1d

    ranges = [Range1d(-SIDE, SIDE, name=f"{axis} range") for axis in "xy"]
    document = Document()
    for number in (0, 1):
        document.add_root(_panel(number, *ranges))
    return _renumbered(document.to_json(deferred=False))


def _panel(number, x_range, y_range):
    """Return one empty panel: edges, what is marked, genes and names, each with its source."""
    from bokeh.models import ColumnDataSource, HoverTool, PanTool, TapTool
    from bokeh.plotting import figure

    panel = figure(
        name=f"panel {number}",
        x_range=x_range,
        y_range=y_range,
        aspect_ratio=1,
        sizing_mode="scale_width",
        min_border=0,
        outline_line_color=None,
        toolbar_location=None,
        tools=[],
    )
    panel.axis.visible = False
    panel.grid.visible = False

    def source(name, columns):
        return ColumnDataSource({c: [] for c in columns.split()}, name=f"{name} {number}")

    def unmarked(renderer):
        renderer.selection_glyph = renderer.nonselection_glyph = None  # page.js shows the choice
        return renderer

    ends = {"x0": "x0", "y0": "y0", "x1": "x1", "y1": "y1"}
    look = {"line_color": "colour", "line_alpha": "alpha", "line_width": "width"}
    glow = source("glow", "x0 y0 x1 y1 colour alpha width")
    unmarked(panel.segment(**ends, **look, line_cap="round", source=glow))
    lines = source("edges", "edge x0 y0 x1 y1 colour alpha width dash regulator target coefficient")
    edges = unmarked(panel.segment(**ends, **look, line_dash="dash", source=lines))
    heads = source("heads", "x y angle marker size colour alpha")
    unmarked(
        panel.scatter(
            "x",
            "y",
            marker="marker",
            angle="angle",
            size="size",
            source=heads,
            fill_color="colour",
            fill_alpha="alpha",
            line_color="colour",
            line_alpha="alpha",
            line_width=1.5,
        )
    )
    nodes = source("genes", "gene number x y size fill line width alpha degree shown")
    genes = unmarked(
        panel.scatter(
            "x",
            "y",
            size="size",
            fill_color="fill",
            fill_alpha="alpha",
            line_color="line",
            line_alpha="alpha",
            line_width="width",
            source=nodes,
        )
    )
    names = source("names", "x y offset text style alpha")
    letters = {
        "y_offset": "offset",
        "text_font_style": "style",
        "text_alpha": "alpha",
        "text_align": "center",
        "text_baseline": "bottom",
        "text_font_size": "11px",
        "text_font": "Helvetica, Arial, sans-serif",
        "source": names,
    }
    # Bokeh draws an outline over the letters: white ones come first, then the names themselves.
    panel.text("x", "y", "text", text_color="white", text_outline_color="white", **letters)
    panel.text("x", "y", "text", text_color="#1a1a1a", **letters)
    edge = [("Edge", "@regulator to @target"), ("Coefficient", "@coefficient{+0.000}")]
    gene = [("Gene", "@gene"), ("Degree", "@degree{0.00}"), ("Edges shown", "@shown")]
    pan = PanTool()
    panel.add_tools(
        HoverTool(renderers=[edges], tooltips=edge, line_policy="interp"),
        HoverTool(renderers=[genes], tooltips=gene),
        TapTool(renderers=[genes]),
        pan,
    )
    panel.toolbar.active_drag = pan
    return panel


def _renumbered(value):
    """Return a document's JSON with its identifiers counted from 1.

    Bokeh counts on from one document of a process to the next; the page must not.
    """
    known: dict[str, str] = {}

    def walk(item):
        if isinstance(item, dict):
            return {
                key: known.setdefault(part, f"p{len(known) + 1}")
                if key == "id" and isinstance(part, str) and re.fullmatch(r"p\d+", part)
                else walk(part)
                for key, part in item.items()
            }
        return [walk(part) for part in item] if isinstance(item, list) else item

    return walk(value)
