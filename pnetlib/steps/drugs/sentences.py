"""What notebook 10 says, in sentences made from its numbers."""

from pnetlib.stats.intervals import interval_text, side_of_zero
from pnetlib.steps.drugs.compute import CYTOTOXIC
from pnetlib.words import listed


def of_choice(source, chosen, counts):
    """Return which drugs `further_drugs` chose, and from how many."""
    if chosen.empty:
        return (
            f"The source {source} lists {counts['listed']} drugs and none of the {len(CYTOTOXIC)} "
            f"cytotoxic ones besides the {counts['taken']} of the run, so the tables contain only "
            "these."
        )
    names = ", ".join(
        f"{name} ({lines} lines)" for name, lines in zip(chosen["name"], chosen["lines"])
    )
    return (
        f"The source {source} lists {counts['listed']} drugs, among them {counts['candidates']} of "
        f"the {len(CYTOTOXIC)} cytotoxic ones besides those of the run. Chosen are the "
        f"{len(chosen)} measured in most cell lines: {names}."
    )


def conclusion(wins, tissues, weighted, weights):
    """Return the answer to the question of notebook 10.

    `wins` and `tissues` are tables of `count_wins` on random folds and with whole tissues held
    out; `weighted` is that of `weighted_differences`, and `weights` that of `weigh`.
    """
    lines = []
    for row in wins.to_dict("records"):
        lines.append(
            f"- Pro's error is below that of {row['against']} for {row['wins']} of {row['drugs']} "
            f"drugs ({row['share']:.0%}, 95% interval for independent drugs {row['share low']:.0%} "
            f"to {row['share high']:.0%}), clearly below for {row['clear wins']} and clearly above for "
            f"{row['clear losses']}. Averaged over all drugs it is "
            f"{side_of_zero(row, 'clearly lower', 'clearly higher', 'not clearly different')} "
            f"({row['mean']:+.3f}, {row['low']:+.3f} to {row['high']:+.3f})."
        )
    clear = [row["against"] for row in tissues.to_dict("records") if row["high"] < 0]
    shares = "; ".join(
        f"{row['against']} for {row['wins']} of {row['drugs']} drugs, mean difference "
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
