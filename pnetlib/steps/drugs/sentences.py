"""What notebook 10 says, in sentences made from its numbers."""


def conclusion(wins, tissues, weighted, weights):
    """What notebook 10 found, in sentences made from its numbers.

    Parameters
    ----------
    wins : DataFrame
        Of `beaten` on random folds.
    tissues : DataFrame
        Of `beaten` with whole tissues held out.
    weighted : DataFrame
        Of `weighted_differences`.
    weights : DataFrame
        Of `weigh`.
    """
    lines = []
    for row in wins.to_dict("records"):
        side = (
            "lower"
            if row["high"] < 0
            else "higher"
            if row["low"] > 0
            else "not told apart from that"
        )
        lines.append(
            f"- Pro's error is below that of {row['against']} for {row['wins']} of {row['drugs']} "
            f"drugs ({row['share']:.0%}, 95 % interval {row['share low']:.0%} to "
            f"{row['share high']:.0%}), clearly so for {row['clear wins']} and clearly above for "
            f"{row['clear losses']}; over all drugs it is {side} ({row['mean']:+.3f}, "
            f"{row['low']:+.3f} to {row['high']:+.3f})."
        )
    shares = "; ".join(
        f"{row['against']} for {row['wins']} of {row['drugs']}, mean difference "
        f"{row['mean']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})"
        for row in tissues.to_dict("records")
    )
    lines.append(f"- On tissues that training never saw, Pro's error is below that of {shares}.")
    pooled = weighted[weighted["drug"] == "all"].iloc[0]
    chosen = weights[weights["chosen"]]
    side = (
        "lowers"
        if pooled["high"] < 0
        else "raises"
        if pooled["low"] > 0
        else "does not clearly change"
    )
    lines.append(
        f"- A weight on the prediction error other than the paper's 1 is chosen in "
        f"{int((chosen['omega'] != 1).sum())} of {len(chosen)} training parts; choosing it {side} "
        f"the error ({pooled['mean']:+.3f}, {pooled['low']:+.3f} to {pooled['high']:+.3f})."
    )
    return "\n".join(lines)
