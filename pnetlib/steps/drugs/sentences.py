"""What notebook 10 says, in sentences made from its numbers."""

from pnetlib.datasets.selection import PATHWAY, SAMPLE
from pnetlib.stats.intervals import interval_text, side_of_zero
from pnetlib.steps.drugs.forecast import GIGABYTE
from pnetlib.steps.drugs.further import CYTOTOXIC, CYTOTOXICS, LEAST_LINES, NAMED
from pnetlib.words import agreed, counted, listed


def of_choice(source, further, seed):
    """Return which drugs `with_further` chose, and from how many."""
    rule, counts, table = further.selection.rule, further.selection.counts, further.table
    names = ", ".join(
        f"{name} ({lines} lines)" for name, lines in zip(table["name"], table["lines"])
    )
    if rule == NAMED:
        taken = counts["taken"]
        already = f" {counted(taken, 'drug')} of the run named again." if taken else ""
        return f"Further drugs as requested: {names or 'none'}.{already}"
    if rule == CYTOTOXICS:
        return _of_cytotoxics(source, table, counts, names)
    few = further.selection.few
    left = ", ".join(f"{name} ({lines})" for name, lines in zip(few["name"], few["lines"]))
    text = (
        f"The source {source} lists {counted(counts['listed'], 'drug')}. Left out are "
        f"{counts['repeated']} that {agreed(counts['repeated'], 'repeats', 'repeat')} a name, {counts['ambiguous']} that cannot be told apart "
        f"by name or id, {counts['taken']} of the run, and {len(few)} measured in fewer than "
        f"{LEAST_LINES} cell lines{f': {left}' if left else ''}. "
    )
    if not counts["candidates"]:
        return text + "None remains, so the tables contain only the drugs of the run."
    if rule != SAMPLE:
        one, others = "The one other is", f"All {counts['candidates']} others are"
        return f"{text}{agreed(counts['candidates'], one, others)} compared."
    return text + (
        f"Of the {counts['candidates']} others, {len(table)} {agreed(len(table), 'was', 'were')} drawn (seed {seed}), as evenly as "
        f"possible over classes ({further.selection.classes} in number) by "
        f"{_of_classes(further.selection.balanced)}."
    )


def _of_classes(balanced):
    if balanced == PATHWAY:
        return balanced
    return f"{balanced} (our choice, since the source gives no target pathway)"


def _of_cytotoxics(source, table, counts, names):
    if table.empty:
        return (
            f"The source {source} lists {counted(counts['listed'], 'drug')} and none of the {len(CYTOTOXIC)} "
            f"cytotoxic ones besides the {counts['taken']} of the run, so the tables contain only "
            "these."
        )
    return (
        f"The source {source} lists {counted(counts['listed'], 'drug')}, among them {counts['candidates']} of "
        f"the {len(CYTOTOXIC)} cytotoxic ones besides those of the run. Chosen are the "
        f"{len(table)} measured in most cell lines: {names}."
    )


def of_forecast(found, cores=(), what=""):
    """Return a `Forecast` in words, for the cores of this run and for other numbers of cores.

    `what` says which folds it is about, such as "all parts"; if empty, those of the run.
    """
    if found is None:
        return "All folds are stored, so there is nothing to forecast."
    trial = f"{counted(found.trial_folds, 'fold')} of {counted(found.trial_drugs, 'drug')}"
    if not found.folds:
        return f"The {trial} computed first are all there are, so there is nothing to forecast."
    total = found.folds * found.seconds
    lines = [
        f"Forecast{f' of {what}' if what else ''} from {trial}: the remaining {counted(found.folds, 'fold')} of "
        f"{counted(found.drugs, 'drug')} {agreed(found.folds, 'takes', 'take')} {_duration(found.seconds)} of one core each "
        f"{_of_margin(found.margin)}, {total / 3600:.2g} core-hours in all. On the "
        f"{counted(found.cores, 'core')} of this run, busy as they were during the trial: "
        f"{_range(found.clock(), found.margin)}, at most {_gigabytes(found.memory())}."
    ]
    lines += [
        f"On {counted(number, 'free core')}, each with a process of its own that first reads the data "
        f"({_duration(found.start)}): {_range(found.clock(number), found.margin)}, at most "
        f"{_gigabytes(found.memory(1))} per process, {_gigabytes(found.memory(number))} in all."
        for number in cores
    ]
    return "\n".join(lines)


def of_forecast_error(found, clock, core, memory):
    """Return how far a `Forecast` was from what `Watch` measured (None: not measured)."""
    if found is None or not found.folds:
        return "Nothing was forecast, so there is no error to state."
    pairs = [("by the clock", found.clock(), clock, _duration)]
    if core is not None:
        pairs.append(("of cores", found.folds * found.seconds, core, _duration))
        pairs.append(("of memory", found.memory(), memory, _gigabytes))
    texts = [
        f"{show(true)} {what} (forecast {show(value)}, error {value / true - 1:+.0%})"
        for what, value, true, show in pairs
    ]
    return (
        f"The remaining {counted(found.folds, 'fold')} took {listed(texts)}. The error is that of "
        "the forecast relative to the measured value"
        + ("." if found.margin != found.margin else f"; the stated margin was {found.margin:.0%}.")
    )


def _of_margin(margin):
    if margin != margin:
        return "(a single drug gives no margin)"
    return f"(± {margin:.0%}, a 95% prediction interval from the differences between drugs)"


def _range(seconds, margin):
    if margin != margin:
        return f"about {_duration(seconds)}"
    low, high = seconds * max(1 - margin, 0), seconds * (1 + margin)
    return f"{_duration(seconds)} ({_duration(low)} to {_duration(high)})"


def _duration(seconds):
    if seconds < 100:
        return f"{seconds:.2g} s"
    return f"{seconds / 60:.3g} min" if seconds < 6000 else f"{seconds / 3600:.3g} h"


def _gigabytes(size):
    size = size / GIGABYTE
    return f"{size:.2g} GB" if size < 10 else f"{size:,.0f} GB"


def conclusion(wins, tissues, weighted, weights):
    """Return the answer to the question of notebook 10.

    `wins` and `tissues` are tables of `count_wins` on random folds and with whole tissues held
    out; `weighted` is that of `weighted_differences`, and `weights` that of `weigh`.
    """
    drugs, names = int(wins["drugs"].iloc[0]), [row["against"] for row in wins.to_dict("records")]
    lines = [
        f"- Pro is compared with {listed(names)} for {counted(drugs, 'drug')}. The drugs share "
        "their cell lines, so they are not independent: an interval of a share that takes them as "
        "such is too narrow, and clear differences may occur together."
    ]
    for row in wins.to_dict("records"):
        lines.append(
            f"- Pro's error is below that of {row['against']} for {row['wins']} of "
            f"{counted(row['drugs'], 'drug')} ({row['share']:.0%}, 95% interval for independent drugs {row['share low']:.0%} "
            f"to {row['share high']:.0%}), clearly below for {row['clear wins']} and clearly above for "
            f"{row['clear losses']}. Averaged over all drugs it is "
            f"{side_of_zero(row, 'clearly lower', 'clearly higher', 'not clearly different')} "
            f"({row['mean']:+.3f}, {row['low']:+.3f} to {row['high']:+.3f})."
        )
    clear = [row["against"] for row in tissues.to_dict("records") if row["high"] < 0]
    shares = "; ".join(
        f"{row['against']} for {row['wins']} of {counted(row['drugs'], 'drug')}, mean difference "
        f"{interval_text(row, '+.3f')}"
        for row in tissues.to_dict("records")
    )
    lines.append(
        f"- On tissues that are absent from training, Pro's error is below that of {shares}. "
        f"Methods it clearly outperforms there: {listed(clear)}."
    )
    pooled = weighted[weighted["drug"] == "all"].iloc[0]
    chosen = weights[weights["chosen"]]
    lines.append(
        f"- A weight on the prediction error other than the paper's 1 is chosen in "
        f"{int((chosen['omega'] != 1).sum())} of {len(chosen)} training parts; choosing it "
        f"{side_of_zero(pooled, 'lowers', 'raises', 'does not clearly change')} the error "
        f"({pooled['mean']:+.3f}, {pooled['low']:+.3f} to {pooled['high']:+.3f})."
    )
    return "\n".join(lines)
