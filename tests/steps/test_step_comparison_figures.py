"""Figures 2a to 2c: every drug and method in its colour, whatever the number of drugs."""

import matplotlib.colors as colours
import numpy as np
import pandas as pd
import pytest
from builders import words

from pnetlib.steps.choice import METHODS
from pnetlib.steps.comparison import figures as comparison
from pnetlib.steps.comparison.compute import BASELINES
from pnetlib.steps.study import PAPER, SIMULATED
from pnetlib.steps.style import DRUG_MARKS, METHOD_COLOURS

DRUGS = ["A", "B", "C"]


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


def test_errors_show_each_method_in_its_colour(errors):
    figure = comparison.draw_errors(errors, study=SIMULATED)
    text = words(figure)
    assert all(word in text for word in [*DRUGS, *METHODS, *BASELINES, "z-score", "SIMULATED"])
    for axes in figure.axes[: len(DRUGS)]:
        drawn = [colours.to_hex(c.lines[0].get_color()).upper() for c in axes.containers]
        assert drawn == [METHOD_COLOURS[m].upper() for m in [*METHODS, *BASELINES]]
        places = [float(c.lines[0].get_xdata()[0]) for c in axes.containers]
        assert places == pytest.approx([0.5 + 0.1 * k for k in range(6)])


@pytest.mark.parametrize(
    ("lowest", "said"),
    [
        (-1.0, "Intervals are cut at 0, below which no error is."),
        (0.01, "The axis begins at 0."),
        (0.4, "The axis does not begin at 0."),
    ],
)
def test_no_axis_of_errors_goes_below_0(errors, lowest, said):
    errors.loc[3, "low"] = lowest
    figure = comparison.draw_errors(errors, study=PAPER)
    lefts = {axes.get_xlim()[0] for axes in figure.axes if axes.get_visible()}
    assert lefts == {0.0} if lowest < 0.4 else min(lefts) > 0.3
    assert said in comparison.caption_errors(errors, 5, study=PAPER)


def test_real_data_are_not_called_simulated(errors):
    assert "SIMULATED" not in words(comparison.draw_errors(errors, study=PAPER))
    said = comparison.caption_errors(errors, 5, study=PAPER)
    assert "simulated" not in said and "cannot be below 0" not in said
    wide = comparison.caption_errors(errors.assign(low=-0.1), 5, study=PAPER)
    assert "An error cannot be below 0: an interval that reaches below it is too wide" in wide


def test_differences_name_every_pair_and_count_the_clear_ones(differences):
    figure = comparison.draw_differences(differences, study=PAPER)
    text = words(figure)
    assert all(f"Pro − {method}" in text for method in METHODS[1:])
    assert "mean of the drugs" in text
    assert "9 of the 9 intervals" in comparison.caption_differences(differences, study=PAPER)


def test_control_compares_measured_with_permuted(errors):
    control = errors.assign(mean=1.0)
    figure = comparison.draw_control(errors, control, study=PAPER)
    lines = [line for line in figure.axes[0].lines if line.get_marker() in DRUG_MARKS]
    assert sum(len(line.get_xdata()) for line in lines) == 2 * len(METHODS) * len(DRUGS)
    permuted = [line for line in lines if line.get_markerfacecolor() == "white"]
    assert all(np.allclose(line.get_xdata(), 0.0) for line in permuted)


@pytest.mark.parametrize("n_drugs", [1, 2, 6, 10])
def test_control_shows_every_drug_though_all_are_equal(errors, n_drugs):
    drugs = [f"drug {k}" for k in range(n_drugs)]
    first = errors[errors["drug"] == "A"]
    table = pd.concat([first.assign(drug=drug) for drug in drugs])
    figure = comparison.draw_control(table, table, study=PAPER)
    lines = [line for line in figure.axes[0].lines if line.get_marker() in DRUG_MARKS]
    places = {point for line in lines for point in zip(line.get_xdata(), line.get_ydata())}
    assert len(places) == 2 * len(METHODS) * n_drugs
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named == ["measured", "permuted", *(drugs if 1 < n_drugs <= len(DRUG_MARKS) else [])]


@pytest.mark.parametrize("n_drugs", [1, 10])
def test_rows_keep_their_height_for_any_number_of_drugs(errors, differences, n_drugs):
    drugs = [f"drug {k}" for k in range(n_drugs)]
    first = errors[errors["drug"] == "A"]
    figure = comparison.draw_errors(
        pd.concat([first.assign(drug=drug) for drug in drugs]), study=PAPER
    )
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert len(shown) == n_drugs
    assert min(axes.get_window_extent().height for axes in shown) / figure.dpi > 1.2
    pairs = differences[differences["drug"] == "A"]
    figure = comparison.draw_differences(
        pd.concat([pairs.assign(drug=drug) for drug in [*drugs, "all"]]), study=PAPER
    )
    assert figure.axes[0].get_window_extent().height / figure.dpi > 0.4 * n_drugs
    assert ("mean of the drugs" in words(figure)) == (n_drugs > 1)


def test_captions_of_one_drug_name_no_others(errors, differences):
    one, pairs = errors[errors["drug"] == "A"], differences[differences["drug"].isin(["A", "all"])]
    pairs = pairs.assign(high=[0.1] * 4 + [-0.06] * (len(pairs) - 4))
    said = comparison.caption_differences(pairs, study=PAPER)
    assert "0 of the 3 intervals exclude 0." in said and "Last row" not in said
    pairs["high"] = [-0.06, 0.1, *[0.1] * (len(pairs) - 2)]
    said = comparison.caption_differences(pairs, study=PAPER)
    assert "1 of the 3 intervals excludes 0." in said
    assert "per drug" not in comparison.caption_errors(one, 5, study=PAPER)
    assert "5 outer folds per drug" in comparison.caption_errors(errors, 5, study=PAPER)
