"""Figures of notebook 15: specification curves, shares of readings, and which choice matters."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pnetlib.paper.claims import published_claims
from pnetlib.steps.multiverse.curves import by_option, without_optimistic
from pnetlib.steps.study import Study
from pnetlib.steps.style import (
    BLACK,
    DOT,
    GREEN,
    GREY,
    ORANGE,
    RULE,
    SMALL,
    caption,
    key,
    keys_below,
    new_figure,
    styled,
    write_cells,
)
from pnetlib.words import counted

MOST = 300  # readings drawn one by one; of more, as many evenly spaced ones
LOOKS = {"holds": (GREEN, "holds"), "agrees": (ORANGE, "agrees, not beyond chance")}
NEITHER = ("#B3B3B3", "does not agree")
ROW = 3.1  # mm per option
LETTERS = dict(zip(published_claims().index, "defghijklmnopq"))  # 15a to 15c are of all claims
UNITS = {
    "C1": "Gain of the network-based methods",
    "C2": "Pro's least lead",
    "C3": "P(marker ahead) − 0.5",
    "C4": "Coefficient in ST − in RS",
    "C8": "Pro's least lead",
}


def unit_of(claim):
    """Return what the estimates of a claim are."""
    return UNITS.get(claim[:2], "Contrast of the groups")


def colours(curve):
    """Return the colour of each reading (k,)."""
    found = np.where(curve.agrees, LOOKS["agrees"][0], NEITHER[0])
    return np.where(curve.holds, LOOKS["holds"][0], found)


def drawn_ranks(curve, table, most=MOST):
    """Return the readings in the order of their estimates, at most `most`, the default among them."""
    order = np.argsort(table["estimate"].to_numpy(), kind="stable")
    if len(order) <= most:
        return order
    places = np.unique(np.linspace(0, len(order) - 1, most).round().astype(int))
    own = np.flatnonzero(table["changes"].to_numpy()[order] == 0)
    return order[np.union1d(places, own[:1])]


@styled
def draw_curve(curve, default: dict, *, study: Study) -> Figure:
    """Draw the specification curve of a claim, and below it the options of every reading.

    Estimates are in rank order with 95% intervals from the draws of the null hypothesis. Each row
    below is an option; on its right are median and quartiles of its readings and the share under
    which the claim agrees (line) and holds (bar).
    """
    curve = without_optimistic(curve)
    table = curve.table(default)
    order = drawn_ranks(curve, table)
    decisions = [name for name in curve.readings if curve.readings[name].nunique() > 1]
    options = by_option(curve)
    rows = options[options["decision"].isin(decisions)].reset_index(drop=True)
    title = f"{curve.claim} {published_claims().at[curve.claim, 'title']}: every reading"
    figure = new_figure(title, 62 + ROW * max(len(rows), 4), study)
    grid = figure.add_gridspec(
        2, 3, height_ratios=(45, ROW * max(len(rows), 4)), width_ratios=(5, 1.3, 0.9)
    )
    top, below = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
    _draw_estimates(top, curve, table, order)
    _draw_options(below, curve, rows, order, table)
    top.set_xlim(below.get_xlim())
    top.set_ylabel(unit_of(curve.claim))
    boxes, shares = (figure.add_subplot(grid[1, k], sharey=below) for k in (1, 2))
    _draw_quartiles(boxes, rows)
    _draw_shares(shares, rows)
    keys_below(figure, top, 4)
    return figure


def _draw_estimates(axes, curve, table, order):
    part, shade = table.iloc[order], colours(curve)[order]
    places = np.arange(len(order))
    width = 0.9 if len(order) < 120 else 0.45
    axes.vlines(places, part["low"], part["high"], color=RULE, linewidth=width)
    for colour, label in (*LOOKS.values(), NEITHER):
        own = shade == colour
        size = 2.2 if len(order) < 120 else 1.3
        axes.plot(
            places[own],
            part["estimate"][own],
            label=label,
            color=colour,
            **DOT | {"markersize": size},
        )
    first = np.flatnonzero(part["changes"].to_numpy() == 0)
    if first.size:
        look = {"marker": "D", "linestyle": "", "markersize": 4, "markerfacecolor": "none"}
        axes.plot(
            first[:1],
            part["estimate"].iloc[first[:1]],
            color=BLACK,
            label="default reading",
            **look,
        )
    axes.axhline(0.0, color=GREY, linewidth=0.7)
    axes.tick_params(labelbottom=False, length=0)
    axes.grid(axis="x", visible=False)
    axes.set_ylim(*limits(curve, table))


def limits(curve, table):
    """Return the ends of the axis: the 2nd and 98th percentile of the estimates, and 0, with room."""
    low, high = np.quantile(table["estimate"], (0.02, 0.98))
    low, high = min(low, 0.0), max(high, 0.0)
    room = 0.4 * max(high - low, 1e-6)
    return max(low - room, table["low"].min()), min(high + room, table["high"].max() + 0.05 * room)


def _draw_options(axes, curve, rows, order, table):
    shade = colours(curve)[order]
    readings = curve.readings.iloc[order]
    for row in rows.itertuples():
        own = np.flatnonzero((readings[row.decision] == row.option).to_numpy())
        axes.vlines(own, row.Index - 0.38, row.Index + 0.38, colors=shade[own], linewidth=0.8)
    first = rows.drop_duplicates("decision").index
    labels = [
        f"{row.decision}: {row.option}" if row.Index in first else row.option
        for row in rows.itertuples()
    ]
    axes.set_yticks(range(len(rows)), labels)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    for at in first[1:]:
        axes.axhline(at - 0.5, color=RULE, linewidth=0.6)
    axes.set_xlim(-1, len(order))
    axes.set_xlabel("Readings in the order of their estimates" + _sampled(curve, order))
    axes.tick_params(length=0, labelbottom=False)
    axes.grid(visible=False)


def _sampled(curve, order):
    k = len(curve.readings)
    return f" ({len(order)} of {k:,})" if len(order) < k else f" ({k})"


def _draw_quartiles(axes, rows):
    places = np.arange(len(rows))
    axes.hlines(places, rows["low"], rows["high"], color=BLACK, linewidth=1.2)
    axes.plot(rows["median"], places, color=BLACK, **DOT | {"markersize": 2.6})
    axes.axvline(0.0, color=GREY, linewidth=0.7)
    axes.tick_params(axis="y", labelleft=False, length=0)
    axes.grid(axis="y", visible=False)
    axes.set_title("median, quartiles", fontsize=SMALL)


def _draw_shares(axes, rows):
    places = np.arange(len(rows))
    axes.barh(
        places, rows["agrees"], 0.7, color="none", edgecolor=LOOKS["agrees"][0], linewidth=0.7
    )
    axes.barh(places, rows["holds"], 0.7, color=LOOKS["holds"][0])
    axes.set_xlim(0, 1)
    axes.set_xticks((0, 0.5, 1), ("0", "½", "1"))
    axes.tick_params(axis="y", labelleft=False, length=0)
    axes.grid(axis="y", visible=False)
    axes.set_title("share", fontsize=SMALL)


def caption_curve(curve, *, study: Study) -> str:
    """Return the caption of `draw_curve`."""
    honest = without_optimistic(curve)
    k, draws = len(honest.readings), len(curve.parts) - 1
    text = (
        f"{published_claims().at[curve.claim, 'title']}: {k:,} readings of the paper. Above: estimates with "
        f"95% intervals (1.96 standard deviations over {draws:,} {curve.draws}); above 0 is what the paper "
        "says. Below: the options of each reading; median and quartiles of the readings of an option; "
        "share under which the claim agrees (outline) and holds beyond chance (filled)."
    )
    table = honest.table(dict.fromkeys(honest.readings, ""))
    low, high = limits(honest, table)
    beyond = int(((table["estimate"] < low) | (table["estimate"] > high)).sum())
    if beyond:
        text += f" {counted(beyond, 'estimate')} beyond the axis."
    if k > MOST:
        text += f" About {MOST} readings, evenly spaced by rank, are drawn."
    return caption(f"Figure 15{LETTERS[curve.claim]}", text, study)


@styled
def draw_shares(claims: dict, *, study: Study) -> Figure:
    """Draw for every claim the share of its readings under which it holds, agrees, or neither.

    `claims` is claim to what `curves.summarise` returns.
    """
    figure = new_figure(
        "Readings under which each claim of the paper holds", 12 + 6.5 * len(claims), study
    )
    axes = figure.add_subplot()
    titles = published_claims()["title"]
    places = np.arange(len(claims))
    k = np.array([found["readings"] for found in claims.values()])
    holds = np.array([found["holds"] for found in claims.values()]) / k
    agrees = np.array([found["agrees"] for found in claims.values()]) / k
    axes.barh(places, holds, 0.62, color=LOOKS["holds"][0], label="holds")
    axes.barh(
        places, agrees - holds, 0.62, holds, color=LOOKS["agrees"][0], label=LOOKS["agrees"][1]
    )
    axes.barh(places, 1 - agrees, 0.62, agrees, color="#DDDDDD", label=NEITHER[1])
    for place, found in zip(places, claims.values()):
        own = found["default"]
        word = "not computed" if own is None else _word(own)
        test = found["test"]
        axes.text(
            1.01,
            place,
            f"{found['holds']:,} of {found['readings']:,}; p {test['p_median']:.2g}; {word}",
            va="center",
            fontsize=SMALL,
        )
    axes.text(1.01, -0.9, "holds in; p of the median; default reading", fontsize=SMALL, va="center")
    axes.set_yticks(places, [f"{claim} {titles[claim]}" for claim in claims])
    axes.set(xlim=(0, 1), ylim=(len(claims) - 0.5, -0.6), xlabel="Share of readings")
    axes.grid(axis="y", visible=False)
    keys_below(figure, axes, 3)
    return figure


def _word(own):
    return "holds" if own["holds"] else "agrees" if own["agrees"] else "does not agree"


def caption_shares(claims: dict, *, study: Study) -> str:
    """Return the caption of `draw_shares`."""
    k = sum(found["readings"] for found in claims.values())
    text = (
        f"{len(claims)} claims under {k:,} readings in all. A claim agrees under a reading if every estimate "
        "lies as the paper says and its conditions are met, and holds if each is also beyond chance "
        "(one-sided p below 0.025). p of the median: how often the null hypothesis gives a curve with a "
        "median at least as far in the paper's direction. Last: the result of the "
        "default reading as computed here, with fewer folds and data sets than in notebooks 02 and 06."
    )
    return caption("Figure 15a", text, study)


@styled
def draw_choices(claims: dict, *, study: Study) -> Figure:
    """Draw the share of the variance of the estimates that each decision explains, by claim."""
    decisions = list(dict.fromkeys(name for found in claims.values() for name in found["variance"]))
    table = pd.DataFrame({c: found["variance"] for c, found in claims.items()}).reindex(decisions)
    table.loc["combinations"] = 1.0 - table.sum()
    figure = new_figure("Which choice moves the estimates", 26 + 4.4 * len(table), study)
    axes = figure.add_subplot()
    values = table.clip(lower=0.0).to_numpy(float)
    image = axes.imshow(np.ma.masked_invalid(values), vmin=0, vmax=1, cmap="Blues", aspect="auto")
    texts = np.array([["" if np.isnan(v) else f"{100 * v:.0f}" for v in row] for row in values])
    write_cells(axes, texts, np.nan_to_num(values) > 0.55)
    axes.set_xticks(range(len(table.columns)), table.columns)
    axes.set_yticks(range(len(table)), table.index)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, label="Share of the variance", shrink=0.6)
    return figure


def caption_choices(*, study: Study) -> str:
    """Return the caption of `draw_choices`."""
    text = (
        "Share, in percent, of the variance of the estimates over readings that each decision explains by "
        "itself. Combinations: what no single decision explains. Blank: the decision does not "
        "matter to the claim, or has one option in this run."
    )
    return caption("Figure 15b", text, study)


@styled
def draw_nearest(claims: dict, *, study: Study) -> Figure:
    """Draw how many decisions have to be changed from the default until each claim agrees, and holds."""
    figure = new_figure(
        "Changes from the default until a claim holds", 14 + 5.6 * len(claims), study
    )
    axes = figure.add_subplot()
    places = np.arange(len(claims))
    titles = published_claims()["title"]
    most = 1
    for name, mark, shift in (("agrees", "o", -0.12), ("holds", "D", 0.12)):
        known = [
            (p, f["nearest"][name]["changes"])
            for p, f in zip(places, claims.values())
            if f["nearest"][name]
        ]
        if known:
            at, count = zip(*known)
            most = max(most, *count)
            look = DOT | {"marker": mark}
            axes.plot(count, np.array(at) + shift, color=LOOKS[name][0], label=name, **look)
    for place, found in zip(places, claims.values()):
        near = found["nearest"]["holds"] or found["nearest"]["agrees"]
        word = (
            "no reading"
            if near is None
            else ", ".join(f"{d}: {o}" for d, o in near["reading"].items())
        )
        axes.text(most + 0.6, place, _short(word or "the default"), va="center", fontsize=SMALL)
    axes.set_yticks(places, [f"{claim} {titles[claim]}" for claim in claims])
    axes.set(xlim=(-0.3, most + 0.5), ylim=(len(claims) - 0.5, -0.6), xlabel="Decisions changed")
    axes.set_xticks(range(most + 1))
    axes.grid(axis="y", visible=False)
    handles = [
        key(name, marker=mark, color=LOOKS[name][0])
        for name, mark in (("agrees", "o"), ("holds", "D"))
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _short(text, most=70):
    return text if len(text) <= most else f"{text[: most - 1]}…"


def caption_nearest(claims: dict, *, study: Study) -> str:
    """Return the caption of `draw_nearest`."""
    text = (
        "Smallest number of decisions that differ from this project's default in a reading under which a claim "
        "agrees (circle), and holds beyond chance (diamond), with the options of one such reading. Chosen after "
        "seeing the results."
    )
    return caption("Figure 15c", text, study)
