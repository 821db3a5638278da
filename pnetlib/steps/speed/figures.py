"""Figures of the race: seconds of every solver, distance to the floor, where joint fits spend."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from benchmarks.report import TITLES
from pnetlib.steps.speed.compute import OVER_FLOOR
from pnetlib.steps.style import CUT, DATA, FAINT, HIGHLIGHT, LIGHT, caption, new_figure, styled

SYMBOLS = {1: "o", 2: "s"}


def _contests(race):
    """(work, job, its rows) in the order of the table, without the sampled second entry."""
    whole = race[~race["racer"].str.startswith("pnetlib, ")]
    return [(*key, part) for key, part in whole.groupby(["work", "job"], sort=False)]


@styled
def draw_race(race: pd.DataFrame, *, simulated: bool) -> Figure:
    """Draw the seconds of every racer, a panel a work and job, with ratios to this project.

    Parameters
    ----------
    race : DataFrame
        As `pnetlib.steps.speed.compute.frame` returns it.
    simulated : bool
        Whether all expression is synthetic.
    """
    contests, racers = _contests(race), race["racer"].nunique()
    rows = -(-len(contests) // 2)
    figure = new_figure(
        6.5,
        0.7 + rows * (0.6 + 0.22 * racers),
        simulated=simulated,
        title="Seconds to the same accuracy",
    )
    panels = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False).ravel()
    names = [name for name in race["racer"].unique() if not name.startswith("pnetlib, ")]
    for axes, (work, job, part) in zip(panels, contests):
        for threads, shift, shade in ((1, -0.2, 0.45), (2, 0.2, 1.0)):
            of = part[part["threads"] == threads].set_index("racer")
            for y, name in enumerate(names):
                if name not in of.index:
                    continue
                row = of.loc[name]
                axes.barh(
                    y + shift,
                    row["seconds"],
                    0.38,
                    alpha=shade,
                    color=HIGHLIGHT if name == "pnetlib" else DATA,
                )
                words = f"{float(format(row['seconds'], '.2g')):g} s"
                if name != "pnetlib":
                    words += f" ({row['ratio']:.3g} x)"
                axes.annotate(
                    words,
                    (row["seconds"], y + shift),
                    (3, 0),
                    va="center",
                    fontsize=7,
                    textcoords="offset points",
                )
        axes.set_xscale("log")
        axes.grid(visible=False, axis="y")
        axes.set_title(f"{TITLES[work]}, {job}", fontsize=9)
    axes.set_yticks(range(len(names)), [name.replace("Gram, ", "Gram,\n") for name in names])
    axes.invert_yaxis()
    axes.set_xlim(0.4 * race["seconds"].min(), 60 * race["seconds"].max())
    for axes in panels[len(contests) :]:
        axes.set_visible(False)
        panels[len(contests) - 2].tick_params(labelbottom=True)
    figure.supxlabel("Seconds (log scale); pale: 1 thread, full: 2 threads", fontsize=9)
    return figure


def caption_race(race: pd.DataFrame, repeats: int, *, simulated: bool) -> str:
    """Return the caption of `draw_race`."""
    least = int(race["targets timed"].min())
    text = (
        f"Seconds, medians of interleaved repeats ({repeats} each), Gram or copies included, all at a "
        f"relative duality gap of at most {race['gap'].max():.1g}; in brackets, times the seconds "
        f"of pnetlib. Slow racers are timed on a sample of targets (at least {least}) and scaled."
    )
    return caption("Figure 11a", text, simulated)


@styled
def draw_floor(race: pd.DataFrame, *, simulated: bool) -> Figure:
    """Draw how many times the floor this project takes, by work, job and threads.

    Parameters
    ----------
    race : DataFrame
        As `pnetlib.steps.speed.compute.frame` returns it.
    simulated : bool
        Whether all expression is synthetic.
    """
    ours = race[race["racer"] == "pnetlib"]
    contests = _contests(ours)
    figure = new_figure(
        6.5, 1.3 + 0.34 * len(contests), simulated=simulated, title="Distance to the floor"
    )
    axes = figure.subplots()
    for y, (_, _, part) in enumerate(contests):
        for threads, value in zip(part["threads"], part["over floor"]):
            label = f"{threads} thread{'s' if threads > 1 else ''}" if y == 0 else None
            axes.plot(
                value,
                y,
                SYMBOLS.get(threads, "o"),
                color=HIGHLIGHT,
                markersize=6,
                markerfacecolor="white" if threads == 1 else HIGHLIGHT,
                label=label,
            )
    axes.axvline(1, color=FAINT, linewidth=1)
    axes.axvline(OVER_FLOOR, color=CUT, linewidth=1, linestyle="--", label="goal")
    axes.set_yticks(range(len(contests)), [f"{TITLES[w]}, {j}" for w, j, _ in contests])
    axes.set_ylim(len(contests) - 0.5, -0.5)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("Seconds over those of the floor (log scale)")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def caption_floor(race: pd.DataFrame, *, simulated: bool) -> str:
    """Return the caption of `draw_floor`."""
    ours = race[(race["racer"] == "pnetlib") & (race["job"] == "network")]
    text = (
        "The floor is what the machine needs, measured in the same repeats, for the Gram matrix by "
        "BLAS, one pass of every target over every gene, and one axpy for each coefficient that "
        f"is not 0. One network took {ours['over floor'].min():.1f} to "
        f"{ours['over floor'].max():.1f} times that."
    )
    return caption("Figure 11b", text, simulated)


@styled
def draw_phases(phases: pd.DataFrame, *, simulated: bool) -> Figure:
    """Draw the seconds of each phase of the joint fits, each alone and along the path.

    Parameters
    ----------
    phases : DataFrame
        As `pnetlib.steps.speed.compute.phase_table` returns it.
    simulated : bool
        Whether the cohort is simulated.
    """
    phases = phases[phases["phase"] != "all"]
    figure = new_figure(
        6.5,
        1.2 + 0.36 * len(phases),
        simulated=simulated,
        title="Where the time of the joint fits goes",
    )
    axes = figure.subplots()
    rows = np.arange(len(phases))
    for shift, column, colour in ((-0.2, "each alone, s", LIGHT), (0.2, "along the path, s", DATA)):
        bars = axes.barh(
            rows + shift, phases[column], 0.38, color=colour, label=column.removesuffix(", s")
        )
        axes.bar_label(bars, [f"{value:.2g}" for value in phases[column]], padding=3, fontsize=7)
    axes.set_yticks(rows, phases["phase"])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.12)
    axes.set_xlabel("Seconds for the whole grid, under the profiler")
    axes.legend(loc="lower right")
    return figure


def caption_phases(phases: pd.DataFrame, *, simulated: bool) -> str:
    """Return the caption of `draw_phases`."""
    whole = phases.set_index("phase").loc["all"]
    text = (
        "All joint fits of the grid: each started from nothing, and along the path with the "
        "networks shared and every fit started from its neighbour. Together "
        f"{whole['each alone, s']:.2g} s and {whole['along the path, s']:.2g} s. The last two rows "
        "are parts of the B step."
    )
    return caption("Figure 11c", text, simulated)
