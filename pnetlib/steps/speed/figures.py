"""Figures of step 11: solvers, lower bound, phases of the joint fit, growth of one network."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pnetlib.steps.speed.compute import GAP_LIMIT, OVER_LOWER_BOUND, OWN, PROBLEMS, without_sampled
from pnetlib.steps.speed.growth import exponents, series
from pnetlib.steps.study import SIMULATED, Study
from pnetlib.steps.style import (
    CUT,
    DATA,
    FAINT,
    HIGHLIGHT,
    LIGHT,
    SMALL,
    caption,
    keys_below,
    name_rows,
    new_figure,
    panels_for,
    plain_numbers,
    styled,
)
from pnetlib.words import counted

SYMBOLS = {1: "o", 2: "s"}
PARTS = {"gram_seconds": ("Gram matrix", FAINT, "s"), "columns_seconds": ("columns", DATA, "o")}
AXES = {"p": "Genes p", "n": "Cell lines n"}


def _panels(comparison: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return title and rows of each problem and task, in the order of the table."""
    groups = without_sampled(comparison).groupby(["problem", "task"], sort=False)
    return [(f"{PROBLEMS[problem]}, {task}", part) for (problem, task), part in groups]


@styled
def draw_solvers(comparison: pd.DataFrame, *, study: Study) -> Figure:
    """Draw the seconds of every solver (`comparison_table`), one panel per problem and task."""
    parts = _panels(comparison)
    names = list(without_sampled(comparison)["solver"].unique())
    height = 18 + np.ceil(len(parts) / 2) * (12 + 5 * (len(names) + 1))
    figure = new_figure("Seconds to the same accuracy", height, study)
    for axes, (title, part) in zip(panels_for(figure, len(parts)), parts):
        for threads, shift, shade in ((1, -0.2, 0.45), (2, 0.2, 1.0)):
            of = part[part["threads"] == threads].set_index("solver")
            for y, name in enumerate(names):
                if name in of.index:
                    _draw_bar(axes, y + shift, name, of.loc[name], shade)
        axes.set_xscale("log")
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.set_title(title)
    name_rows(axes, [name.replace("Gram, ", "Gram,\n") for name in names])
    seconds = without_sampled(comparison)["seconds"]
    decades = np.log10(seconds.max() / seconds.min()) + 0.4
    axes.set_xlim(0.4 * seconds.min(), seconds.max() * 10 ** (0.75 * decades))  # room for numbers
    plain_numbers(axes.xaxis)
    figure.supxlabel("Seconds (log scale); pale: 1 thread, dark: 2 threads")
    return figure


def _draw_bar(axes: Axes, y: float, name: str, row: pd.Series, shade: float) -> None:
    colour = HIGHLIGHT if name == OWN else DATA
    axes.barh(y, row["seconds"], 0.38, alpha=shade, color=colour)
    words = f"{float(format(row['seconds'], '.2g')):g} s"
    if name != OWN:
        words += f" ({row['ratio']:.3g} x)"
    place = {"va": "center", "fontsize": SMALL, "textcoords": "offset points"}
    axes.annotate(words, (row["seconds"], y), (3, 0), **place)


def caption_solvers(comparison: pd.DataFrame, repeats: int, *, study: Study) -> str:
    """Return the caption of `draw_solvers`."""
    least = int(comparison["targets timed"].min())
    runs = "one run each" if repeats == 1 else f"median of {repeats} interleaved repeats"
    text = (
        f"Wall-clock seconds of each solver ({runs}), "
        "including the Gram matrix or the copy of the data it starts from. All reach a relative "
        f"duality gap of at most {comparison['gap'].max():.1g}. In brackets: multiples of "
        f"pnetlib's seconds. Slow solvers are timed on a sample of targets (at least {least}) and "
        "scaled to all targets. Shorter bars are better."
    )
    return caption("Figure 11a", text, study)


@styled
def draw_lower_bound(comparison: pd.DataFrame, *, study: Study) -> Figure:
    """Draw pnetlib's seconds as multiples of the lower bound, by problem, task and threads.

    `comparison` is as `comparison_table` returns it.
    """
    parts = _panels(comparison[comparison["solver"] == OWN])
    figure = new_figure("Distance to the lower bound", 30 + 7 * len(parts), study)
    axes = figure.subplots()
    for y, (_, part) in enumerate(parts):
        for threads, value in zip(part["threads"], part["over lower bound"]):
            symbol, face = SYMBOLS.get(threads, "o"), "white" if threads == 1 else HIGHLIGHT
            label = counted(threads, "thread") if y == 0 else None
            axes.plot(value, y, symbol, color=HIGHLIGHT, markerfacecolor=face, label=label)
    axes.axvline(1, color=FAINT, linewidth=1, label="lower bound")
    axes.axvline(OVER_LOWER_BOUND, color=CUT, linewidth=1, linestyle="--", label="goal")
    name_rows(axes, [title for title, _ in parts])
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("Seconds divided by the lower bound (log scale)")
    keys_below(figure, axes, ncols=4)
    return figure


def caption_lower_bound(comparison: pd.DataFrame, *, study: Study) -> str:
    """Return the caption of `draw_lower_bound`."""
    own = comparison[(comparison["solver"] == OWN) & (comparison["task"] == "network")]
    ratio = own["over lower bound"]
    text = (
        "Seconds of pnetlib divided by the lower bound of the hardware, which was measured in the "
        "same repeats: the Gram matrix by BLAS, one pass over every gene for every target, and one "
        f"axpy per nonzero coefficient. One network takes {ratio.min():.1f} to {ratio.max():.1f} "
        "times the lower bound; the goal for one network is the dashed line or less."
    )
    return caption("Figure 11b", text, study)


@styled
def draw_phases(phases: pd.DataFrame, *, study: Study) -> Figure:
    """Draw the seconds of each phase of the joint fits, one by one and along the path.

    `phases` is as `phase_table` returns it.
    """
    phases = phases[phases["phase"] != "all"]
    height = 26 + 8 * len(phases)
    figure = new_figure("Where the time of the joint fits goes", height, study)
    axes = figure.subplots()
    rows = np.arange(len(phases))
    for shift, way, colour in ((-0.2, "one by one", LIGHT), (0.2, "along the path", DATA)):
        seconds = phases[f"{way} (s)"]
        bars = axes.barh(rows + shift, seconds, 0.38, color=colour, label=way)
        axes.bar_label(bars, [f"{value:.2g}" for value in seconds], padding=3, fontsize=SMALL)
    name_rows(axes, phases["phase"])
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.12)
    axes.set_xlabel("Seconds for the whole grid, under the profiler")
    axes.legend(loc="lower right")
    return figure


def caption_phases(phases: pd.DataFrame, *, study: Study) -> str:
    """Return the caption of `draw_phases`."""
    total = phases.set_index("phase").loc["all"]
    text = (
        "Seconds of all joint fits of the grid by phase. Pale: each fit starts from an empty "
        f"network ({total['one by one (s)']:.2g} s in total). Dark: along the path, fits share the "
        "networks and each starts from its neighbour's solution "
        f"({total['along the path (s)']:.2g} s). The last two rows are parts of the B step."
    )
    return caption("Figure 11c", text, study)


@styled
def draw_growth(table: pd.DataFrame) -> Figure:
    """Draw seconds against genes and cell lines with fitted powers, and peak memory.

    `table` is as `growth_table` returns it; always simulated.
    """
    figure = new_figure("One network: time and memory", 84, SIMULATED)
    panels = figure.subplots(1, 3)
    for axes, by in zip(panels, ("p", "n")):
        _draw_seconds(axes, series(table, by), by)
    _draw_memory(panels[2], table)
    for axes, by in zip(panels, ("p", "n", "p")):
        axes.set(xlabel=AXES[by], xscale="log", yscale="log")
        ticks = [int(x) for x in sorted(set(series(table, by)[by]))]
        ticks = ticks if len(ticks) < 4 else [ticks[0], ticks[len(ticks) // 2], ticks[-1]]
        axes.set_xticks(ticks, [f"{x:,}" for x in ticks])
        axes.minorticks_off()
        plain_numbers(axes.yaxis)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.08), borderaxespad=0, handletextpad=0.2)
    return figure


def _draw_seconds(axes: Axes, rows: pd.DataFrame, by: str) -> None:
    x, other = rows[by].to_numpy(float), "n" if by == "p" else "p"
    for value, (name, colour, symbol) in PARTS.items():
        power = exponents(rows, value, [by])["exponent"][0]
        level = np.exp(np.mean(np.log(rows[value]) - power * np.log(x)))
        axes.plot(x, level * x**power, color=colour, linewidth=1)
        label = f"{name}, {by}^{power:z.2f}"
        axes.plot(x, rows[value], symbol, color=colour, markersize=4, label=label)
    axes.set(title=f"{other} = {rows[other].iloc[0]:,}", ylabel="Seconds")


def _draw_memory(axes: Axes, table: pd.DataFrame) -> None:
    n, p = series(table, "p")["n"].iloc[0], np.geomspace(table["p"].min(), table["p"].max(), 50)
    table = table[(table["n"] == n) & (table["threads"] == table["threads"].max())]
    for dtype, colour, symbol in (("float32", DATA, "o"), ("float64", HIGHLIGHT, "D")):
        rows = table[table["gram_dtype"] == dtype].sort_values("p")
        peak = rows["peak_bytes"] / 1e9
        axes.plot(rows["p"], peak, symbol, color=colour, markersize=4, label=dtype)
        axes.plot(p, p**2 * np.dtype(dtype).itemsize / 1e9, color=colour, linewidth=1)
    axes.plot([], [], color=CUT, linewidth=1, label="Gram alone")
    axes.set(title=f"n = {n:,}", ylabel="Peak memory (GB)")


def caption_growth(table: pd.DataFrame) -> str:
    """Return the caption of `draw_growth`."""
    rows = series(table, "p")
    fits = {value: exponents(rows, value, ["p"]).iloc[0] for value in PARTS}
    top = rows.iloc[-1]
    text = (
        f"Points: one network with about {rows['edges'].mean():.0f} edges per target and a "
        f"relative duality gap of at most {GAP_LIMIT:g}, on {counted(int(top['threads']), 'thread')}, "
        "with the Gram matrix stored in float32 unless stated otherwise. Lines: powers fitted by "
        "least squares on logarithms (left, middle) and the size of the Gram matrix alone (right). "
        "As the number of genes p grows, the time of the Gram matrix grows as "
        f"p^{_interval(fits['gram_seconds'])} and that of the columns as "
        f"p^{_interval(fits['columns_seconds'])}. The largest network, of {int(top['p']):,} genes "
        f"and {int(top['n']):,} cell lines, takes {top['seconds']:.3g} s and "
        f"{top['peak_bytes'] / 1e9:.2g} GB."
    )
    return caption("Figure 11d", text, SIMULATED)


def _interval(fit: pd.Series) -> str:
    if np.isnan(fit["low"]):
        return f"{fit['exponent']:z.2f}"
    return f"{fit['exponent']:z.2f} (95% interval {fit['low']:.2f} to {fit['high']:.2f})"
