"""What notebook 02 says, in sentences made from its numbers."""

from pnetlib.steps.choice import METHODS, NETWORK_METHODS
from pnetlib.steps.comparison.compute import BASELINES
from pnetlib.words import listed


def of_comparison(errors, differences):
    """What notebook 02 found: the best method of each drug and Pro against the others."""
    lines = []
    for drug, part in errors.groupby("drug", sort=False):
        best = part[part["method"].isin(METHODS)].sort_values("mean", kind="stable").iloc[0]
        naive = part[part["method"].isin(BASELINES)].sort_values("mean", kind="stable").iloc[0]
        lines.append(
            f"- **{drug}**: lowest error {best['method']} with {best['mean']:.3f} "
            f"({best['low']:.3f} to {best['high']:.3f}); best naive mean, {naive['method']}: "
            f"{naive['mean']:.3f}."
        )
    clear = {"lower": [], "higher": [], "open": []}
    for row in differences[differences["drug"] != "all"].itertuples():
        side = "lower" if row.high < 0 else "higher" if row.low > 0 else "open"
        clear[side].append(f"{row.against} ({row.drug})")
    lines.append(
        f"- Pro's error is lower, with an interval that excludes 0, than that of: "
        f"{listed(clear['lower'])}; higher than that of: {listed(clear['higher'])}; for the other "
        f"{len(clear['open'])} of {sum(map(len, clear.values()))} comparisons the interval "
        "includes 0."
    )
    mean = errors.groupby("method")["mean"].mean()
    network = mean[list(NETWORK_METHODS)].mean()
    expression = mean[["ELA", "LA"]].mean()
    word = "lower" if network < expression else "not lower"
    lines.append(
        f"- Averaged over the drugs, the network-based models (Pro, NW.P) have an error of "
        f"{network:.3f} and the expression-based ones (ELA, LA) of {expression:.3f}: {word}, where "
        "the paper reports lower overall."
    )
    return "\n".join(lines)


def of_control(errors, control):
    """Whether the methods lose their advantage over the drug mean on permuted responses."""
    rows = []
    for name, table in (("measured", errors), ("permuted", control)):
        mean = table.groupby("method")["mean"].mean()
        gain = 1.0 - mean[list(METHODS)] / mean["drug mean"]
        rows.append(f"{name} responses: " + ", ".join(f"{m} {gain[m]:+.1%}" for m in METHODS))
    return "Error saved against the drug mean, averaged over drugs. " + "; ".join(rows) + "."


def of_recovery(recovery):
    """Which method finds the planted genes best on simulated data."""
    ave = recovery.groupby("method")["Ave"].mean().sort_values(ascending=False)
    return (
        "On this simulated cohort, mean of TP and TN over the drugs: "
        + ", ".join(f"{method} {value:.2f}" for method, value in ave.items())
        + "."
    )
