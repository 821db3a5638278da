"""Draw ``method.svg``, the picture of the method: ``python docs/pictures/method.py``."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from pnetlib.steps.style import BLACK, BLUE, GREEN, GREY, LIGHT, VERMILION, styled

FILE = Path(__file__).with_suffix(".svg")
SEED = 3  # of the shades of the cells, which mean nothing
TERMS = (  # colour, what is minimised, in words
    (VERMILION, r"$\frac{1}{n}\,\Vert z-\theta_0-XB\theta\Vert^2$", "error of the prediction"),
    (BLUE, r"$\frac{1}{n}\,\Vert X-XB\Vert_F^2$", "error of the network"),
    (
        GREEN,
        r"$\lambda_1\Vert B\Vert_1+\lambda_2\Vert B\Vert_F^2+\lambda_3\Vert\theta\Vert_1+\lambda_4\,L(B,\theta)$",
        "few edges, few effects; linked genes\nhave effects of similar size",
    ),
)
PLACES = ((1.96, 2.5), (1.14, 1.68), (0.14, 0.86))  # of the three boxes, from low to high
GENES = ((0.00, 0.30), (0.46, 0.42), (0.86, 0.18), (0.30, -0.10), (0.76, -0.28), (0.02, -0.38))
EDGES = ((0, 1), (1, 2), (3, 1), (3, 4), (5, 3), (2, 4))


def draw():
    """Return the figure: data, the objective with its three terms, and what is estimated."""
    return _drawn()


@styled
def _drawn():
    figure = Figure(figsize=(7.2, 3.0))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 7.2), ylim=(0, 3.0))
    axes.set_axis_off()
    _data(axes)
    _objective(axes)
    _estimates(axes)
    for x in (1.72, 5.12):
        arrow = {"arrowstyle": "-|>", "mutation_scale": 14, "linewidth": 1.6, "color": GREY}
        axes.add_patch(FancyArrowPatch((x, 1.42), (x + 0.36, 1.42), **arrow))
    return figure


def _title(axes, x, text):
    axes.text(x, 2.74, text, ha="center", weight="bold", size=9)


def _data(axes):
    """Draw expression and response as shaded cells with the same rows."""
    _title(axes, 0.88, "Data")
    shades = np.random.default_rng(SEED).uniform(0.1, 0.9, (9, 7))
    for x, width, columns, name in (
        (0.18, 1.0, shades[:, :6], "X"),
        (1.36, 0.17, shades[:, 6:], "z"),
    ):
        axes.imshow(
            columns,
            cmap="Greys",
            vmin=0,
            vmax=1.3,
            extent=(x, x + width, 0.72, 2.22),
            aspect="auto",
        )
        axes.text(x + width / 2, 2.3, f"${name}$", ha="center", size=11)
    axes.text(0.68, 0.5, "expression:\ncell lines × genes", ha="center", va="top", size=7)
    axes.text(1.45, 0.5, "drug\nresponse", ha="center", va="top", size=7)
    axes.set(xlim=(0, 7.2), ylim=(0, 3.0), aspect="auto")


def _objective(axes):
    """Draw the three terms, which are minimised together."""
    _title(axes, 3.6, "One objective, minimised jointly")
    for (low, high), (colour, formula, words) in zip(PLACES, TERMS):
        box = FancyBboxPatch((2.2, low), 2.8, high - low, boxstyle="round,pad=0.03")
        box.set(facecolor="white", edgecolor=colour, linewidth=1.6)
        axes.add_patch(box)
        size = 8 if "\n" in words else 9.5  # the longest formula
        axes.text(3.6, high - 0.17, formula, ha="center", va="center", size=size)
        axes.text(3.6, high - 0.36, words, ha="center", va="top", size=7, color=colour)
    for y in (1.82, 1.0):
        axes.text(3.6, y, "+", ha="center", va="center", size=11, weight="bold")


def _estimates(axes):
    """Draw the network, effects as bars at its genes, and the prediction."""
    _title(axes, 6.36, "Estimates")
    places = [(5.82 + x, 1.78 + y) for x, y in GENES]
    for start, end in EDGES:
        look = {"arrowstyle": "-|>", "mutation_scale": 8, "shrinkA": 6, "shrinkB": 6}
        axes.add_patch(FancyArrowPatch(places[start], places[end], color=GREY, **look))
    for number, place in enumerate(places):
        face = VERMILION if number in (1, 3) else LIGHT
        axes.add_patch(Circle(place, 0.085, facecolor=face, edgecolor=BLACK, linewidth=0.8))
    axes.text(6.98, 2.2, "$B$", ha="center", size=11)
    words = "network; dark: genes whose\nactivity $XB$ has an effect $\\theta$"
    axes.text(6.36, 1.16, words, ha="center", va="top", size=7)
    axes.text(6.36, 0.56, r"$\hat z=\theta_0+XB\theta$", ha="center", va="center", size=11)
    axes.text(6.36, 0.34, "prediction for new cell lines", ha="center", va="top", size=7)


def main():
    """Write the picture; the same version of matplotlib gives the same bytes."""
    with mpl.rc_context({"svg.hashsalt": FILE.stem}):
        draw().savefig(FILE, metadata={"Date": None})


if __name__ == "__main__":
    main()
