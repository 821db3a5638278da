"""The look of every figure: colours with one meaning each, legible type, captions.

Figures are drawn without pyplot. They need no display, leave no global state behind and do not
depend on the user's matplotlib settings. Figures of simulated data say so.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

_Given, _Made = ParamSpec("_Given"), TypeVar("_Made")

# Okabe and Ito's palette: its colours differ for every kind of colour vision.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#8C8C8C"

METHOD_COLOURS = {
    "Pro": VERMILION,
    "NW.P": ORANGE,
    "ELA": BLUE,
    "LA": SKY,
    "drug mean": "#B3B3B3",
    "tissue mean": "#6E6E6E",
}
GROUP_COLOURS = {"ST": GREEN, "RS": PURPLE}
EDGE_COLOURS = {"activating": BLUE, "repressing": VERMILION}
DATA, LIGHT, HIGHLIGHT, CUT, FAINT = BLUE, "#A9CCE3", VERMILION, BLACK, GREY

PRINT_DPI, SCREEN_DPI = 200, 80
_SETTINGS = {
    "font.family": "DejaVu Sans",  # part of matplotlib, so that figures are the same everywhere
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.4,
    "figure.dpi": PRINT_DPI,
    "figure.facecolor": "white",
}


def styled(draw: Callable[_Given, _Made]) -> Callable[_Given, _Made]:
    """Make a drawing function use the settings of this module and no others.

    A figure that it returns is laid out before the user's settings are restored.
    """

    @wraps(draw)
    def drawn(*args: _Given.args, **options: _Given.kwargs) -> _Made:
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(_SETTINGS)
            made = draw(*args, **options)
            if isinstance(made, Figure):
                made.draw_without_rendering()
            return made

    return drawn


def new_figure(
    width: float = 6.5, height: float = 3.6, *, simulated: bool, title: str = ""
) -> Figure:
    """Return an empty figure, to be filled inside a `styled` function.

    Parameters
    ----------
    width, height : float
        Size in inches; 6.5 is the width of a page's text.
    simulated : bool
        Whether the data are simulated; the title then says so.
    title : str
        Title of the whole figure.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    words = " · ".join(filter(None, [title, "SIMULATED DATA" if simulated else ""]))
    if words:
        figure.suptitle(words, x=0.01, ha="left", fontsize=10, fontweight="bold")
    return figure


def caption(number: str, text: str, simulated: bool) -> str:
    """Return the caption of a figure, as Markdown.

    Parameters
    ----------
    number : str
        Such as ``"Figure 1a"``.
    text : str
        What the figure shows, in whole sentences.
    simulated : bool
        Whether the data are simulated; the caption then begins by saying so.
    """
    label = f"{number} (simulated data)" if simulated else number
    return f"**{label}.** {text}"


def show(figure: Figure, text: str = "") -> None:
    """Display a figure at screen resolution in a notebook, with its caption below."""
    from IPython.display import Image, Markdown, display

    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=SCREEN_DPI, metadata={"Software": None})
    display(Image(picture.getvalue()))
    if text:
        display(Markdown(text))


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> np.ndarray:
    """Return places for labels such that no two overlap.

    Parameters
    ----------
    wanted : sequence of float
        Preferred places.
    gap : float
        Least distance between two labels; smaller where the range is too short for it.
    low, high : float
        Ends of the range.

    Returns
    -------
    ndarray
        The places closest to the preferred ones (least squares) among those in the same order
        with the gap, inside the range.
    """
    from sklearn.isotonic import isotonic_regression

    if not len(wanted):
        return np.array([])
    order = np.argsort(wanted, kind="stable")
    gap = min(gap, (high - low) / max(len(order) - 1, 1))
    steps = gap * np.arange(len(order))
    fitted = isotonic_regression(np.asarray(wanted, float)[order] - steps)
    places = np.empty(len(order))
    places[order] = np.clip(fitted, low, high - steps[-1]) + steps
    return places
