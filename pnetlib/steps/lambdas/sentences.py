"""What notebook 07 says, in sentences made from its numbers."""

from pnetlib.steps.choice import METHODS, NETWORK_METHODS
from pnetlib.steps.lambdas.compute import RULES


def conclusion(rules):
    """What notebook 07 found, in sentences made from its numbers.

    Parameters
    ----------
    rules : DataFrame
        Of `rule_errors`.
    """
    lines = []
    for method in METHODS:
        part = rules[rules["method"] == method].set_index("rule")
        best = part["error"].idxmin()
        words = []
        for rule in RULES[1:]:
            row = part.loc[rule]
            side = "lower" if row["high"] < 0 else "higher" if row["low"] > 0 else "open"
            clear = "" if side == "open" else f", clearly {side}"
            words.append(
                f"{rule} {row['mean']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f}"
                f"{clear}) with {row['effects']:.0f} effects"
            )
        lines.append(
            f"- **{method}**: lowest error {part.at[best, 'error']:.3f} by {best}. Against CV "
            f"({part.at['CV', 'error']:.3f}, {part.at['CV', 'effects']:.0f} effects): "
            f"{'; '.join(words)}."
        )
    network = rules[rules["method"].isin(NETWORK_METHODS)].set_index(["method", "rule"])["edges"]
    edges = "; ".join(
        f"{method} " + ", ".join(f"{network[method, rule]:,.0f} by {rule}" for rule in RULES)
        for method in NETWORK_METHODS
    )
    lines.append(f"- Median edges of the network: {edges}.")
    ends = rules.groupby("rule")["at an end"].mean()
    lines.append(
        "- Choices at an end of the grid of lam1 or lam3, where a rule might have gone further: "
        + ", ".join(f"{rule} {ends[rule]:.0%}" for rule in RULES)
        + "."
    )
    return "\n".join(lines)
