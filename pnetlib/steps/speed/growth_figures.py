"""Time and memory of one network against genes and cell lines."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from benchmarks.scaling import exponents, series
from pnetlib.steps.style import CUT, DATA, FAINT, HIGHLIGHT, caption, new_figure, styled

PARTS = {"gram_seconds": ("Gram matrix", FAINT, "s"), "columns_seconds": ("columns", DATA, "o")}
AXES = {"p": "Genes p", "n": "Cell lines n"}


@styled
def draw_scaling(table: pd.DataFrame) -> Figure:
    """Draw seconds against genes and against lines with fitted powers, and peak memory.

    Parameters
    ----------
    table : DataFrame
        As `benchmarks.scaling.study` returns it; always simulated.
    """
    figure = new_figure(6.5, 3.5, simulated=True, title="One network: time and memory")
    panels = figure.subplots(1, 3)
    for axes, by in zip(panels, ("p", "n")):
        rows = series(table, by)
        for value, (name, colour, symbol) in PARTS.items():
            power = exponents(rows, value, [by])["exponent"][0]
            x = rows[by].to_numpy(float)
            level = np.exp(np.mean(np.log(rows[value]) - power * np.log(x)))
            axes.plot(x, level * x**power, color=colour, linewidth=1)
            axes.plot(
                x,
                rows[value],
                symbol,
                color=colour,
                markersize=4.5,
                label=f"{name}, ~{by}$^{{{power:.2f}}}$",
            )
        other = "n" if by == "p" else "p"
        axes.set_title(f"{other} = {rows[other].iloc[0]:,}", fontsize=9)
        axes.set(xlabel=AXES[by], ylabel="Seconds")
        axes.set(xscale="log", yscale="log")
        spread = rows[list(PARTS)].to_numpy()
        axes.set_ylim(0.5 * spread.min(), 12 * spread.max())  # room for the legend
        axes.legend(loc="upper left", handletextpad=0.2, borderaxespad=0.1)
    memory = panels[2]
    for dtype, colour, symbol in (("float32", DATA, "o"), ("float64", HIGHLIGHT, "D")):
        rows = table[(table["gram_dtype"] == dtype) & (table["threads"] == table["threads"].max())]
        rows = rows[rows["n"] == series(table, "p")["n"].iloc[0]].sort_values("p")
        memory.plot(
            rows["p"], rows["peak_bytes"] / 1e9, symbol, color=colour, markersize=4.5, label=dtype
        )
        p = np.geomspace(table["p"].min(), table["p"].max(), 50)
        memory.plot(p, p**2 * np.dtype(dtype).itemsize / 1e9, color=colour, linewidth=1)
    memory.plot([], [], color=CUT, linewidth=1, label="Gram alone")
    memory.set(xlabel=AXES["p"], ylabel="Peak memory (GB)", xscale="log", yscale="log")
    memory.set_ylim(0.05, 12 * table["peak_bytes"].max() / 1e9)
    memory.set_title("memory", fontsize=9)
    memory.legend(loc="upper left", handletextpad=0.2, borderaxespad=0.1)
    for axes, by in zip(panels, ("p", "n", "p")):
        ticks = [int(x) for x in sorted(set(series(table, by)[by]))]
        ticks = ticks if len(ticks) < 4 else [ticks[0], ticks[len(ticks) // 2], ticks[-1]]
        axes.set_xticks(ticks, [f"{x:,}" for x in ticks])
        axes.minorticks_off()
    return figure


def caption_scaling(table: pd.DataFrame) -> str:
    """Return the caption of `draw_scaling`."""
    rows = series(table, "p")
    fits = {value: exponents(rows, value, ["p"]).iloc[0] for value in PARTS}
    top = rows.iloc[-1]
    text = (
        f"Points: one network with about {rows['edges'].mean():.0f} edges a target, gap ≤ 1e-6, "
        f"on {int(top['threads'])} threads, the Gram matrix stored in float32; lines: powers "
        "fitted by least squares on logarithms. With genes, the Gram matrix takes time as "
        f"p^{_interval(fits['gram_seconds'])}, the columns as "
        f"p^{_interval(fits['columns_seconds'])}. {int(top['p']):,} genes on {int(top['n']):,} "
        f"lines: {top['seconds']:.3g} s, {top['peak_bytes'] / 1e9:.2g} GB."
    )
    return caption("Figure 11d", text, True)


def _interval(fit):
    if np.isnan(fit["low"]):
        return f"{fit['exponent']:.2f}"
    return f"{fit['exponent']:.2f} (95 % interval {fit['low']:.2f} to {fit['high']:.2f})"
