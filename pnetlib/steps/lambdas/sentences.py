"""What notebook 07 says, in sentences made from its numbers."""

from pnetlib.stats.intervals import side_of_zero
from pnetlib.stats.ranks import lowest
from pnetlib.steps.choice import METHODS, NETWORK_METHODS
from pnetlib.steps.lambdas.compute import BOUND, RULES
from pnetlib.words import agreed, counted, listed


def conclusion(rules):
    """Return the answer to the question of notebook 07, made from the table of `rule_errors`."""
    lines = [_overall(rules)]
    for method in METHODS:
        part = rules[rules["method"] == method].set_index("rule")
        best = lowest(part["error"])
        words = []
        for rule in RULES[1:]:
            row = part.loc[rule]
            clear = side_of_zero(row, ", clearly lower", ", clearly higher", "")
            words.append(
                f"{rule} {row['mean']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f}"
                f"{clear}) with {counted(round(row['effects']), 'effect')}"
            )
        first = (
            f"{listed(best)} {agreed(len(best), 'has', 'have')} the lowest error, "
            f"{part.at[best[0], 'error']:.3f}"
        )
        if "CV" not in best:
            first += f"; that of CV is {part.at['CV', 'error']:.3f}"
        lines.append(
            f"- **{method}**: {first}. CV selects {counted(round(part.at['CV', 'effects']), 'effect')}. Change "
            f"of the error compared with CV: {'; '.join(words)}."
        )
    network = rules[rules["method"].isin(NETWORK_METHODS)].set_index(["method", "rule"])["edges"]
    edges = "; ".join(
        f"{method} " + ", ".join(f"{network[method, rule]:,.0f} by {rule}" for rule in RULES)
        for method in NETWORK_METHODS
    )
    lines.append(f"- Median number of edges of the network: {edges}.")
    ends = rules.groupby("rule")["at an end"].mean()
    shares = ", ".join(f"{rule} {ends[rule]:.0%}" for rule in RULES)
    lines.append(
        f"- Share of choices at an end of the grid of lam1 or lam3: {shares}. There a wider grid "
        "might have changed the choice."
    )
    return "\n".join(lines)


def of_searches(table):
    """Say how the error changes from the grid to the search, from the table of `search_errors`."""
    pooled = table[table["drug"] == "all"].set_index("method")
    words = []
    for method in METHODS:
        row = pooled.loc[method]
        clear = side_of_zero(row, ", clearly lower", ", clearly higher", "")
        words.append(
            f"{method} {row['mean']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f}{clear})"
        )
    most = listed(lowest(pooled.loc[list(METHODS), "mean"]))
    order = {
        search: listed(pooled[search].sort_values(kind="stable").index)
        for search in ("grid", "zoom")
    }
    same = order["grid"] == order["zoom"]
    return (
        "- Change of the error on held-out lines from the grid to the search, averaged over the "
        f"drugs: {'; '.join(words)}. It is most favourable for {most}. From the lowest error to the "
        f"highest, the methods are {order['zoom']} with the search, "
        + ("as with the grid." if same else f"and {order['grid']} with the grid.")
    )


def of_tolerances(summary):
    """Say what the tolerances of the search change, from the table of `tolerance_summary`."""
    lines = []
    for method, row in summary.iterrows():
        kept = "keeps" if row["above"] <= 0.01 else "does not keep"
        change = f"{row['held-out']:+.4f}" if row["change"] else "0"
        lines.append(
            f"- **{method}**: over {counted(int(row['points']), 'point')}, the inner error at the "
            f"tolerances of the search differs from that at tight ones by {row['typical']:.4f} "
            f"(median) and at most {row['largest']:.4f}; {row['above']:.0%} differ by more than "
            f"{BOUND:g}, so it {kept} this bound at 99% of the points. In {int(row['change'])} of "
            f"{counted(int(row['parts']), 'training part')} another of these points would be "
            f"chosen, which changes the error on held-out lines by {change} on average."
        )
    return "\n".join(lines)


def _overall(rules):
    """Say how much depends on the rule, over all methods."""
    others = rules[rules["rule"] != "CV"]
    better, worse = (others["high"] < 0).sum(), (others["low"] > 0).sum()
    if worse == better == 0:
        verdict = "no rule predicts clearly better or worse than the smallest inner error (CV)"
    elif better == 0:
        verdict = (
            f"no rule predicts clearly better than CV, and {worse} of {len(others)} choices (method "
            f"and rule) {agreed(worse, 'predicts', 'predict')} clearly worse"
        )
    else:
        verdict = (
            f"{better} of {len(others)} choices (method and rule) "
            f"{agreed(better, 'predicts', 'predict')} clearly better than CV and "
            f"{worse} clearly worse"
        )
    effects = rules.groupby("rule")["effects"].mean()
    fewer = listed(rule for rule in RULES[1:] if effects[rule] < effects["CV"])
    return f"- Over all methods, {verdict}. Rules that select fewer genes on average: {fewer}."
