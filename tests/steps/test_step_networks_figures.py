"""Figures 4a to 4c: one circle, legible names, colours of the groups, the chosen lam1."""

import itertools

import numpy as np
import pandas as pd
import pytest
from builders import words
from drawings import apart, outline
from matplotlib.colors import to_hex

from pnetlib.estimators import ElasticNetwork
from pnetlib.steps.networks import compute as group_step, figures as networks
from pnetlib.steps.study import PAPER, SIMULATED
from pnetlib.steps.style import GROUP_COLOURS, SMALL


@pytest.fixture
def group_tables():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 6)) @ rng.normal(size=(6, 6)), columns=list("abcdef"))
    fits = {"ST": ElasticNetwork(0.3).fit(X[:30]), "RS": ElasticNetwork(0.3).fit(X[30:])}
    return group_step.edge_table(fits), group_step.degree_table(fits)


def test_networks_share_one_circle_and_colour_only_their_own_edges(group_tables):
    edges, degrees = group_tables
    positions = group_step.layout(edges, 0)
    figure = networks.draw_networks(edges, degrees, positions, ["a"], study=PAPER)
    for axes, group in zip(figure.axes, ("ST", "RS")):
        arrows = [patch for patch in axes.patches if hasattr(patch, "get_arrowstyle")]
        assert len(arrows) == (edges[group] != 0).sum()
        grey = sum(to_hex(arrow.get_edgecolor()).upper() == networks.SHARED for arrow in arrows)
        assert grey == (edges["presence"] == "both").sum()
    offsets = [np.vstack([s.get_offsets() for s in axes.collections]) for axes in figure.axes]
    assert np.array_equal(*offsets)
    assert np.ptp(np.hypot(*offsets[0].T)) < 1e-9


def test_neighbours_in_the_layout_are_neighbours_on_the_circle():
    genes = [f"g{k}" for k in range(8)]
    places = {gene: (np.cos(a), np.sin(a)) for gene, a in zip(genes, np.arange(8) * np.pi / 4)}
    order = networks._around(places, [*genes[::2], "lonely", *genes[1::2]])
    assert order[-1] == "lonely"
    steps = np.abs(np.diff([genes.index(gene) for gene in order[:-1]]))
    assert np.isin(steps, (1, 7)).sum() >= 5


@pytest.mark.long
@pytest.mark.parametrize(("n_genes", "columns"), [(40, 2), (150, 1)])
def test_panels_of_many_genes_stand_above_each_other(n_genes, columns):
    edges, degrees, positions, names = dense_tables(n_genes, 8, 1)
    figure = networks.draw_networks(edges, degrees, positions, names, study=PAPER)
    assert len({round(axes.get_position().x0, 3) for axes in figure.axes}) == columns
    figure.canvas.draw()
    titles = [figure.texts[0], *(axes.title for axes in figure.axes)]
    outlines = [outline(title) for title in titles]
    assert all(apart(*pair) for pair in itertools.combinations(outlines, 2))


def test_strongest_edges_only(group_tables):
    edges, _ = group_tables
    kept = networks.strongest(edges, 2)
    size = edges[["ST", "RS"]].abs().max(axis=1)
    assert sorted(size[kept.index]) == sorted(size.nlargest(2))


def test_hubs_use_the_colours_of_the_groups(group_tables):
    _, degrees = group_tables
    figure = networks.draw_hubs(degrees, ["a", "b"], study=PAPER)
    drawn = {line.get_color() for line in figure.axes[0].lines if line.get_marker() != "None"}
    assert drawn == set(GROUP_COLOURS.values())


def test_network_errors_mark_the_choice():
    errors = pd.DataFrame({"ST": [0.9, 0.5], "RS": [0.8, 0.6]}, index=[0.1, 0.4])
    figure = networks.draw_network_errors(errors, 0.4, study=PAPER)
    assert any(np.allclose(line.get_xdata(), 0.4) for line in figure.axes[0].lines)
    assert "0.50 in ST" in networks.caption_network_errors(errors, 0.4, study=PAPER)


def dense_tables(n_genes, n_markers, seed):
    """Group tables of many genes in a crowd, the last of them without any edge."""
    rng = np.random.default_rng(seed)
    genes = [f"GENE{k:04d}" for k in range(n_genes)]
    pairs = [(a, b) for a in genes[:-1] for b in genes[:-1] if a != b]
    picked = [pairs[k] for k in rng.permutation(len(pairs))[: 4 * n_genes]]
    edges = pd.DataFrame(picked, columns=["regulator", "target"])
    for group in group_step.GROUPS:
        edges[group] = rng.normal(size=len(edges)) * (rng.random(len(edges)) < 0.7)
    edges["presence"] = np.select(
        [edges["RS"] == 0, edges["ST"] == 0], ["ST only", "RS only"], "both"
    )
    degree = {
        f"degree {g}": edges.groupby("regulator")[g].apply(lambda b: b.abs().sum())
        for g in group_step.GROUPS
    }
    positions = {gene: 0.01 * rng.normal(size=2) for gene in genes[:-1]}
    return edges, pd.DataFrame(degree).reindex(genes).fillna(0.0), positions, genes[:n_markers]


@pytest.mark.long
@pytest.mark.parametrize(("n_genes", "n_markers"), [(5, 5), (40, 8), (47, 17), (150, 17)])
def test_names_in_the_networks_do_not_overlap(n_genes, n_markers):
    edges, degrees, positions, names = dense_tables(n_genes, n_markers, n_genes)
    figure = networks.draw_networks(edges, degrees, positions, names, study=PAPER)
    figure.canvas.draw()
    page = np.array(figure.canvas.get_width_height())
    for axes in figure.axes:
        assert sorted(text.get_text() for text in axes.texts) == list(degrees.index)
        outlines = [outline(text) for text in axes.texts]
        assert all(apart(*pair) for pair in itertools.combinations(outlines, 2))
        assert all(((-1 <= box) & (box <= page + 1)).all() for box in outlines)
        bold = [text for text in axes.texts if text.get_weight() == "bold"]
        assert sorted(text.get_text() for text in bold) == sorted(names)
        assert min(text.get_fontsize() for text in axes.texts) >= SMALL


def test_networks_without_an_edge():
    edges, degrees, _, names = dense_tables(5, 2, 0)
    figure = networks.draw_networks(edges[:0], 0 * degrees, {}, names, study=SIMULATED)
    assert all(name in words(figure) for name in degrees.index)


def test_hubs_are_in_the_order_of_their_degree(group_tables):
    _, degrees = group_tables
    figure = networks.draw_hubs(degrees, list(degrees.index), study=PAPER)
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    largest = degrees.loc[names, ["degree ST", "degree RS"]].max(axis=1)
    assert largest.is_monotonic_decreasing
    legend = figure.legends[0].get_window_extent()
    assert legend.y1 <= figure.axes[0].get_window_extent().y0
