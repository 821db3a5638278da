"""The look of every figure: colours with one meaning each, legible type, captions.

In the steps, `draw_x` returns a figure and `caption_x` its caption. Both take tables of the step's
compute module, and its study: the title names the data, and a caption says if they are simulated.

Figures have the width of a journal's page or of one of its columns, in mm, and no text below
`SMALL` points at that size. They are drawn without pyplot: they need no display, leave no global
state behind and do not depend on the user's matplotlib settings.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from textwrap import wrap
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.font_manager import get_font_names
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, NullFormatter
from PIL import Image
from sklearn.isotonic import isotonic_regression

from pnetlib.steps.study import Study

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
METHOD_MARKS = {"Pro": "o", "NW.P": "s", "ELA": "^", "LA": "v"}
DRUG_MARKS = "osD^vP"  # of the drugs, in their order; colours stand for methods
GROUP_COLOURS = {"ST": GREEN, "RS": PURPLE}
GROUP_MARKS = {"ST": "o", "RS": "D"}
EDGE_COLOURS = {"activating": BLUE, "repressing": VERMILION}
DATA, LIGHT, HIGHLIGHT, CUT, FAINT = BLUE, "#A9CCE3", VERMILION, BLACK, GREY

RULE = "#E4E4E4"  # grid and thin lines between rows
DOT = {"marker": "o", "linestyle": ""}
PAGE, COLUMN = 170, 85  # mm, the widths in which a journal prints figures
MM = 1 / 25.4  # inches
SMALL, USUAL, LARGE = 6.5, 7, 8  # points
TITLE_LINE = 3.4  # mm
PRINT_DPI, SCREEN_DPI = 300, 130
# DejaVu Sans is part of matplotlib, so that figures are the same everywhere; others, as far as they
# are installed, write only what it lacks.
_EAST_ASIAN = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans JP",
    "Noto Sans SC",
    "IPAexGothic",
    "Hiragino Sans",
    "Yu Gothic",
    "Microsoft YaHei",
    "PingFang SC",
    "Apple SD Gothic Neo",
    "Malgun Gothic",
    "WenQuanYi Zen Hei",
)


def fonts_among(installed: Iterable[str]) -> list[str]:
    """Return the fonts of the figures, in the order in which a letter is looked for in them."""
    found = set(installed)
    return ["DejaVu Sans", *(name for name in _EAST_ASIAN if name in found)]


FONTS = fonts_among(get_font_names())
_SETTINGS = {
    "font.family": FONTS,
    "font.size": USUAL,
    "figure.titlesize": LARGE,
    "figure.titleweight": "bold",
    "figure.labelsize": USUAL,
    "axes.titlesize": USUAL,
    "axes.titlelocation": "left",
    "axes.titlepad": 4,
    "axes.labelsize": USUAL,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.8,
    "errorbar.capsize": 1.5,
    "figure.dpi": PRINT_DPI,
    "figure.facecolor": "white",
}


@contextmanager
def _boxes_for_missing_letters() -> Iterator[None]:
    """Draw a letter that no font has as a box, without a warning for each."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing from", UserWarning)
        yield


def styled(draw: Callable[_Given, _Made]) -> Callable[_Given, _Made]:
    """Make a drawing function use the settings of this module and no others.

    A figure that it returns is laid out before the user's settings are restored.
    """

    @wraps(draw)
    def drawn(*args: _Given.args, **options: _Given.kwargs) -> _Made:
        with mpl.rc_context(), _boxes_for_missing_letters():
            mpl.rcdefaults()
            mpl.rcParams.update(_SETTINGS)
            made = draw(*args, **options)
            if isinstance(made, Figure):
                for axes in made.axes:  # else the user's settings would decide how many ticks fit
                    axes.tick_params(labelsize=SMALL)
                made.draw_without_rendering()
            return made

    return drawn


def new_figure(title: str, height: float, study: Study, width: float = PAGE) -> Figure:
    """Return an empty figure, to be filled inside a `styled` function.

    Height and width are in mm, the width `PAGE` or `COLUMN`. The title names the data; where it is
    too wide, the figure is higher by its further lines.
    """
    figure = Figure(figsize=(width * MM, height * MM), layout="constrained")
    lines = _wrapped(figure.suptitle("", x=0.01, ha="left"), title, study.data)
    figure.set_figheight((height + TITLE_LINE * (lines - 1)) * MM)
    return figure


def _wrapped(text: Text, title: str, data: str) -> int:
    """Write title and data into a text, in as many lines as the width needs; return their number.

    The first break is between the two. A line of either is shortened until its words fit.
    """
    text.set_text(f"{title} · {data}")
    most = max(len(title), len(data))
    while text.get_window_extent().x1 > 0.99 * text.figure.bbox.width and most:
        lines = [*wrap(title, most), *wrap(data, most)]
        text.set_text("\n".join(lines))
        most -= 1
    return text.get_text().count("\n") + 1


def caption(number: str, text: str, study: Study) -> str:
    """Return the caption, as Markdown, of a figure with a number such as ``"Figure 1a"``."""
    label = f"{number} (simulated data)" if study.simulated else number
    return f"**{label}.** {text}"


def keys_below(figure: Figure, axes: Axes, ncols: int) -> None:
    """Explain what is labelled in the axes below the figure."""
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=ncols)


def key(label: str, **look: Any) -> Line2D:
    """Return an entry for a legend: a dot, unless `look` has other properties of a line."""
    return Line2D([], [], label=label, **DOT | look)


def write_cells(axes: Axes, texts: np.ndarray, dark: np.ndarray) -> None:
    """Write a text into each cell of an image, in white where the cell is dark."""
    for (row, column), text in np.ndenumerate(texts):
        colour = "white" if dark[row, column] else "black"
        axes.text(column, row, text, ha="center", va="center", color=colour)
    axes.grid(False)


def draw_intervals(
    axes: Axes, table: pd.DataFrame, places: Any, *, upright: bool = False, **look: Any
) -> None:
    """Draw the mean of each row with its interval (low, high) at the places.

    Intervals are horizontal, or vertical with `upright`; `look` is passed to `Axes.errorbar`.
    """
    spans = np.abs(table[["low", "high"]].to_numpy().T - table["mean"].to_numpy())
    look = DOT | look
    if upright:
        axes.errorbar(places, table["mean"], yerr=spans, **look)
    else:
        axes.errorbar(table["mean"], places, xerr=spans, **look)


def drug_labels(drugs: Iterable[str]) -> list[str]:
    """Return the names of the rows of `paired_differences`."""
    return ["mean of the drugs" if drug == "all" else drug for drug in drugs]


def say_none(axes: Axes, text: str = "none found") -> None:
    """Write into a panel that there is nothing to draw in it, and remove its ticks."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=FAINT)
    axes.set_xticks([])
    axes.set_yticks([])


def plain_numbers(axis: Any) -> None:
    """Write plain numbers on a logarithmic axis, at 1, 2 and 5 where it spans few decades."""
    decades = np.log10(axis.get_view_interval())
    if decades[1] - decades[0] < 2.5:
        axis.get_major_locator().set_params(subs=(1.0, 2.0, 5.0))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axis.set_minor_formatter(NullFormatter())


def name_rows(axes: Axes, labels: Sequence[str], **text: Any) -> None:
    """Name the rows at y = 0, 1, ... from top to bottom."""
    axes.set_yticks(range(len(labels)), labels, **text)
    axes.set_ylim(len(labels) - 0.4, -0.6)


def separate_rows(axes: Axes) -> None:
    """Draw thin lines between the rows at y = 0, 1, ... instead of a line through each."""
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    bottom, top = sorted(axes.get_ylim())
    for row in range(int(np.ceil(bottom)), int(np.floor(top))):
        axes.axhline(row + 0.5, color=RULE, linewidth=0.5, zorder=0)


def panels_for(figure: FigureBase, n: int, columns: int = 2) -> np.ndarray:
    """Return n panels that share their axes, in rows of `columns`."""
    rows = -(-n // columns)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for number in range(n, panels.size):
        panels[number].set_visible(False)
        panels[number - columns].tick_params(labelbottom=True)
    return panels[:n]


@_boxes_for_missing_letters()
def as_svg(figure: Figure) -> bytes:
    """Return a figure as an SVG without a date."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    return drawn.getvalue()


@_boxes_for_missing_letters()
def as_png(figure: Figure, dpi: float = PRINT_DPI) -> bytes:
    """Return a figure as a PNG of at most 256 colours, a third of the size of one of all colours.

    The same figure gives the same bytes.
    """
    drawn, small = io.BytesIO(), io.BytesIO()
    with mpl.rc_context({"text.hinting": "none"}):  # hints distort letters that are turned
        figure.savefig(drawn, format="png", dpi=dpi)
    with Image.open(drawn) as picture:
        few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(small, "png", optimize=True, dpi=(dpi, dpi))
    return small.getvalue()


def or_none(table: pd.DataFrame, otherwise: str) -> Any:
    """Return a table to display, or a sentence in its place if it has no rows."""
    from IPython.display import Markdown

    return table if len(table) else Markdown(otherwise)


def show(figure: Figure, text: str = "") -> None:
    """Display a figure at screen resolution in a notebook, with its caption below."""
    from IPython.display import Image as Picture, Markdown, display

    display(Picture(as_png(figure, SCREEN_DPI)))
    if text:
        display(Markdown(text))


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> np.ndarray:
    """Return places between low and high for labels such that no two overlap.

    They are the places closest to those wanted (least squares) among all in the same order with
    the gap, which is smaller where the range is too short for it.
    """
    if not len(wanted):
        return np.array([])
    order = np.argsort(wanted, kind="stable")
    gap = min(gap, (high - low) / max(len(order) - 1, 1))
    steps = gap * np.arange(len(order))
    fitted = isotonic_regression(np.asarray(wanted, float)[order] - steps)
    places = np.empty(len(order))
    places[order] = np.clip(fitted, low, high - steps[-1]) + steps
    return places
