"""Figures 2 to 5: right words, right colours, every gene and drug shown, odd tables survived."""

import matplotlib.colors as colours
import numpy as np
import pandas as pd
import pytest

from pnetlib.estimators import ElasticNetwork
from pnetlib.steps.choice import METHODS
from pnetlib.steps.comparison import figures as comparison
from pnetlib.steps.comparison.compute import BASELINES
from pnetlib.steps.effects import figures as effects
from pnetlib.steps.effects.compute import compare_groups
from pnetlib.steps.markers import figures as markers
from pnetlib.steps.markers.compute import DrugNetworks, common_markers, published_markers
from pnetlib.steps.networks import compute as group_step, figures as networks
from pnetlib.steps.networks.compute import Groups
from pnetlib.steps.style import GROUP_COLOURS, METHOD_COLOURS

DRUGS = ["A", "B", "C"]


def words(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda o: hasattr(o, "get_text")))


@pytest.fixture
def errors():
    rows = [
        {
            "drug": drug,
            "method": method,
            "mean": 0.5 + 0.1 * k,
            "se": 0.05,
            "low": 0.4 + 0.1 * k,
            "high": 0.6 + 0.1 * k,
        }
        for drug in DRUGS
        for k, method in enumerate([*METHODS, *BASELINES])
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def differences():
    rows = [
        {"drug": drug, "against": method, "mean": -0.1, "se": 0.02, "low": -0.14, "high": -0.06}
        for drug in [*DRUGS, "all"]
        for method in [*METHODS[1:], *BASELINES]
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
    assert "1 of the 1 other" in markers.caption_markers(fitted, common, published, simulated=False)


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
    table = pd.concat(
        [
            pd.DataFrame(
                {
                    "line": lines,
                    "group": group,
                    "marker": marker,
                    "side": side,
                    "length": 1,
                    "effect": 0.0 if marker == "m2" else rng.random(4),
                }
            )
            for group, lines in groups.lines.items()
            for marker in ("m1", "m2")
            for side in ("targets", "regulators")
        ],
        ignore_index=True,
    )
    compared = compare_groups(table)
    figure = effects.draw_effects(table, compared, 1, simulated=False)
    assert [t.get_text() for t in figure.axes[1].get_xticklabels()] == ["m1", "m2"]
    assert "In 2 of 4 rows" in effects.caption_effects(compared, 1, simulated=False)


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


@pytest.mark.parametrize(("n_genes", "n_markers"), [(5, 5), (40, 8), (47, 17)])
def test_names_in_the_networks_do_not_overlap(n_genes, n_markers):
    edges, degrees, positions, names = dense_tables(n_genes, n_markers, n_genes)
    figure = networks.draw_networks(edges, degrees, positions, names, simulated=False)
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    for axes in figure.axes:
        assert sorted(text.get_text() for text in axes.texts) == list(degrees.index)
        boxes = np.array([text.get_window_extent().extents for text in axes.texts])
        over = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - np.maximum(
            boxes[:, None, :2], boxes[None, :, :2]
        )
        over[np.diag_indices(len(boxes))] = -1
        assert not (over > 1).all(axis=2).any()
        assert (boxes[:, :2] >= -1).all() and (boxes[:, 2:] <= [width + 1, height + 1]).all()
        assert {t.get_fontsize() for t in axes.texts if t.get_text() in names} == {8}
        assert min(text.get_fontsize() for text in axes.texts) >= 7


def test_networks_keep_genes_where_they_are_clear():
    places, clear = networks._push(
        np.array([[1.0, 1], [2, 2]]), np.full((2, 2), 0.2), np.zeros((2, 2)), np.full((2, 2), 3.0)
    )
    assert clear and places.tolist() == [[1, 1], [2, 2]]


def test_networks_without_an_edge():
    edges, degrees, _, names = dense_tables(5, 2, 0)
    figure = networks.draw_networks(edges[:0], 0 * degrees, {}, names, simulated=True)
    assert all(name in words(figure) for name in degrees.index)


def test_hubs_stand_in_the_order_of_their_degree(group_tables):
    _, degrees = group_tables
    figure = networks.draw_hubs(degrees, list(degrees.index), simulated=False)
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    largest = degrees.loc[names, ["degree ST", "degree RS"]].max(axis=1)
    assert largest.is_monotonic_decreasing
    legend = figure.axes[0].get_legend().get_window_extent()
    assert legend.x0 >= figure.axes[0].get_window_extent().x1


def effects_table(scale):
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        [
            {
                "line": f"{group}{line}",
                "group": group,
                "marker": marker,
                "side": side,
                "length": 1,
                "effect": rng.random() * size,
            }
            for marker, size in scale.items()
            for side in ("targets", "regulators")
            for group in ("ST", "RS")
            for line in range(12)
        ]
    )


def test_effects_show_every_line_in_the_colours_of_the_groups():
    table = effects_table({"m1": 1.0, "m2": 2.0})
    compared = compare_groups(table)
    figure, again = (effects.draw_effects(table, compared, 1, simulated=False) for _ in "ab")
    for axes, other, side in zip(figure.axes, again.axes, ("targets", "regulators")):
        dots = [line for line in axes.lines if line.get_marker() == "o"]
        shown = np.sort(np.concatenate([line.get_ydata() for line in dots]))
        assert np.allclose(shown, np.sort(table.loc[table["side"] == side, "effect"]))
        places = [line.get_xdata() for line in other.lines if line.get_marker() == "o"]
        assert all(np.array_equal(a.get_xdata(), b) for a, b in zip(dots, places))
        boxes = {colours.to_hex(patch.get_facecolor()).upper() for patch in axes.patches}
        assert boxes == set(GROUP_COLOURS.values())
        assert axes.get_yscale() == "linear" and axes.get_ylim()[0] <= 0


def test_effects_of_unlike_markers_stay_visible_beside_zero():
    table = effects_table({"m1": 1.0, "m2": 1000.0, "m3": 0.0})
    figure = effects.draw_effects(table, compare_groups(table), 1, simulated=False)
    for axes in figure.axes:
        assert axes.get_yscale() == "symlog" and axes.get_ylim()[0] < 0
        assert [text.get_text() for text in axes.texts].count("none") == 2


def test_effects_without_any_marker():
    columns = ["line", "group", "marker", "side", "length", "effect"]
    empty = pd.DataFrame(columns=columns)
    assert "No marker" in words(effects.draw_effects(empty, empty, 1, simulated=False))


@pytest.mark.parametrize("n_drugs", [1, 10])
def test_rows_keep_their_height_for_any_number_of_drugs(errors, differences, n_drugs):
    drugs = [f"drug {k}" for k in range(n_drugs)]
    first = errors[errors["drug"] == "A"]
    figure = comparison.draw_errors(
        pd.concat([first.assign(drug=drug) for drug in drugs]), simulated=False
    )
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert len(shown) == n_drugs
    assert min(axes.get_window_extent().height for axes in shown) / figure.dpi > 1.2
    pairs = differences[differences["drug"] == "A"]
    figure = comparison.draw_differences(
        pd.concat([pairs.assign(drug=drug) for drug in [*drugs, "all"]]), simulated=False
    )
    assert figure.axes[0].get_window_extent().height / figure.dpi > 0.4 * n_drugs


def test_markers_say_what_the_sizes_mean(fitted):
    published = published_markers(fitted, ["g2"], pd.Series({"g2": 2.0}))
    figure = markers.draw_markers(fitted, common_markers(fitted, 2), published, simulated=False)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[-1] == f"degree {fitted.degree.to_numpy().max():.2g}"
