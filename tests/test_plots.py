"""Figures 2 to 5: right words, right colours, every gene and drug shown, odd tables survived."""

import matplotlib.colors as colours
import numpy as np
import pandas as pd
import pytest

from pnetlib.analysis import groups as group_step
from pnetlib.analysis.comparison import BASELINES
from pnetlib.analysis.effects import compare_groups
from pnetlib.analysis.groups import Groups
from pnetlib.analysis.markers import DrugNetworks, common_markers, published_markers
from pnetlib.analysis.tuning import METHODS
from pnetlib.estimators import ElasticNetwork
from pnetlib.figures import comparison, effects, markers, networks
from pnetlib.figures.style import GROUP_COLOURS, METHOD_COLOURS

DRUGS = ["A", "B", "C"]


def words(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda o: hasattr(o, "get_text")))


@pytest.fixture
def errors():
    rows = [
        {"drug": drug, "method": method, "mean": 0.5 + 0.1 * k, "se": 0.05, "low": 0.4 + 0.1 * k,
         "high": 0.6 + 0.1 * k}
        for drug in DRUGS for k, method in enumerate([*METHODS, *BASELINES])
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def differences():
    rows = [
        {"drug": drug, "against": method, "mean": -0.1, "se": 0.02, "low": -0.14, "high": -0.06}
        for drug in [*DRUGS, "all"] for method in [*METHODS[1:], *BASELINES]
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def fitted():
    genes = pd.Index(["g1", "g2", "g3", "g4"])
    theta = pd.DataFrame([[1.0, 2, 3], [-1, 0, 1], [0.5, 0.5, 0.5], [0, 0, 0]], genes, DRUGS)
    return DrugNetworks(genes, theta, theta.abs() + 1, {}, pd.DataFrame())


@pytest.fixture
def group_tables():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 6)) @ rng.normal(size=(6, 6)), columns=list("abcdef"))
    fits = {"ST": ElasticNetwork(0.3).fit(X[:30]), "RS": ElasticNetwork(0.3).fit(X[30:])}
    return group_step.edge_table(fits), group_step.degree_table(fits)


def test_errors_show_each_method_in_its_colour(errors):
    figure = comparison.draw_errors(errors, simulated=True)
    text = words(figure)
    assert all(word in text for word in [*DRUGS, *METHODS, *BASELINES, "z-score", "SIMULATED"])
    for axes in figure.axes[: len(DRUGS)]:
        drawn = [colours.to_hex(c.lines[0].get_color()).upper() for c in axes.containers]
        assert drawn == [METHOD_COLOURS[m].upper() for m in [*METHODS, *BASELINES]]
        places = [float(c.lines[0].get_xdata()[0]) for c in axes.containers]
        assert places == pytest.approx([0.5 + 0.1 * k for k in range(6)])


def test_real_data_are_not_called_simulated(errors):
    assert "SIMULATED" not in words(comparison.draw_errors(errors, simulated=False))
    assert "simulated" not in comparison.caption_errors(errors, 5, simulated=False)


def test_differences_name_every_pair_and_count_the_clear_ones(differences):
    figure = comparison.draw_differences(differences, simulated=False)
    text = words(figure)
    assert all(f"Pro − {method}" in text for method in METHODS[1:])
    assert "mean of the drugs" in text
    assert "9 of the 9 intervals" in comparison.caption_differences(differences, simulated=False)


def test_control_holds_measured_against_permuted(errors):
    control = errors.assign(mean=1.0)
    figure = comparison.draw_control(errors, control, simulated=False)
    lines = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert len(lines) == 2 * len(METHODS)
    permuted = [line for line in lines if line.get_markerfacecolor() == "white"]
    assert all(np.allclose(line.get_xdata(), 0.0) for line in permuted)


def test_markers_show_ranks_and_those_outside(fitted):
    common = common_markers(fitted, 2)
    published = published_markers(fitted, ["g2", "far"], pd.Series({"far": 1500.0, "g2": 2.0}))
    figure = markers.draw_markers(fitted, common, published, simulated=False)
    text = words(figure)
    assert "variance rank 1,500" in text and "no effect" in text
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["g2", "far", "g1 ✓"]
    assert "1 of the 1 other" in markers.caption_markers(
        fitted, common, published, simulated=False
    )


def test_markers_without_any_common_gene(fitted):
    published = published_markers(fitted, ["g4"], pd.Series({"g4": 4.0}))
    figure = markers.draw_markers(fitted, common_markers(fitted, 0), published, simulated=True)
    assert "SIMULATED" in words(figure)


def test_networks_share_one_layout_and_fade_shared_edges(group_tables):
    edges, degrees = group_tables
    positions = group_step.layout(edges, 0)
    figure = networks.draw_networks(edges, degrees, positions, ["a"], simulated=False)
    for axes, group in zip(figure.axes, ("ST", "RS")):
        arrows = [patch for patch in axes.patches if hasattr(patch, "get_arrowstyle")]
        assert len(arrows) == (edges[group] != 0).sum()
        faded = sum(arrow.get_alpha() < 0.5 for arrow in arrows)
        assert faded == (edges["presence"] == "both").sum()
    offsets = [np.vstack([s.get_offsets() for s in axes.collections]) for axes in figure.axes]
    assert np.array_equal(*offsets)


def test_strongest_edges_only(group_tables):
    edges, _ = group_tables
    kept = networks.strongest(edges, 2)
    size = edges[["ST", "RS"]].abs().max(axis=1)
    assert sorted(size[kept.index]) == sorted(size.nlargest(2))


def test_hubs_use_the_colours_of_the_groups(group_tables):
    _, degrees = group_tables
    figure = networks.draw_hubs(degrees, ["a", "b"], simulated=False)
    drawn = {line.get_color() for line in figure.axes[0].lines if line.get_marker() != "None"}
    assert drawn == set(GROUP_COLOURS.values())


def test_network_errors_mark_the_choice():
    errors = pd.DataFrame({"ST": [0.9, 0.5], "RS": [0.8, 0.6]}, index=[0.1, 0.4])
    figure = networks.draw_network_errors(errors, 0.4, simulated=False)
    assert any(np.allclose(line.get_xdata(), 0.4) for line in figure.axes[0].lines)
    assert "0.50 in ST" in networks.caption_network_errors(errors, 0.4, simulated=False)


def test_effects_survive_a_silent_marker():
    rng = np.random.default_rng(0)
    groups = Groups({"ST": pd.Index(list("abcd")), "RS": pd.Index(list("efgh"))}, {}, 8)
    table = pd.concat([
        pd.DataFrame({"line": lines, "group": group, "marker": marker, "side": side, "length": 1,
                      "effect": 0.0 if marker == "m2" else rng.random(4)})
        for group, lines in groups.lines.items() for marker in ("m1", "m2")
        for side in ("targets", "regulators")
    ], ignore_index=True)
    compared = compare_groups(table)
    figure = effects.draw_effects(table, compared, 1, simulated=False)
    assert [t.get_text() for t in figure.axes[1].get_xticklabels()] == ["m1", "m2"]
    assert "In 2 of 4 rows" in effects.caption_effects(compared, 1, simulated=False)
