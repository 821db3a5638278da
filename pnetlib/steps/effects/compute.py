"""Figure 5: regulatory effects of the markers in sensitive and in resistant cell lines.

The regulatory effect of a regulator on a target in one cell line is the regulator's expression
times the strength of regulation (the newsletter on Park, Imoto and Miyano 2022); over a path it is
the first gene's expression times the product of the coefficients (NetworkProfiler, Shimamura et
al., PLoS ONE 2011;6:e20804). Our choices: expression is standardised over both groups together,
each group uses its own network, and absolute effects are summed over a marker's targets or over
its regulators.
"""

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, mannwhitneyu

SIDES = ("targets", "regulators")


def path_strength(B, length):
    """Return the strength of regulation over paths of one, or of at most two, edges.

    Paths that return to their first gene do not count.

    Parameters
    ----------
    B : sparse array or ndarray (p, p)
        Network, regulators x targets.
    length : {1, 2}
        Largest number of edges of a path.
    """
    B = B.toarray() if hasattr(B, "toarray") else np.asarray(B)
    strength = B.copy() if length == 1 else B + B @ B
    np.fill_diagonal(strength, 0.0)
    return strength


def standardise_together(cohort, groups, genes):
    """Return the expression of both groups' lines, standardised over all of them."""
    lines = groups.lines["ST"].append(groups.lines["RS"])
    X = cohort.expression.loc[lines, genes]
    return (X - X.mean()) / X.std(ddof=0)


def regulatory_effects(networks, X, groups, markers, lengths=(1, 2)):
    """Return the regulatory effects of each marker in every line of both groups.

    Parameters
    ----------
    networks : dict
        "ST" and "RS" to a network (sparse or dense, genes x genes).
    X : DataFrame
        Standardised expression of the lines of both groups.
    groups : Groups
    markers : sequence of str
    lengths : tuple of {1, 2}
        Largest numbers of edges of a path.

    Returns
    -------
    DataFrame
        Columns line, group, marker, side ("targets": what the marker does; "regulators": what is
        done to it), length and effect (in standard deviations of expression).
    """
    rows = []
    for group, lines in groups.lines.items():
        A = X.loc[lines].abs().to_numpy()
        for length in lengths:
            S = np.abs(path_strength(networks[group], length))
            for marker in markers:
                m = X.columns.get_loc(marker)
                effects = {"targets": A[:, m] * S[m].sum(), "regulators": A @ S[:, m]}
                for side in SIDES:
                    row = {"line": lines, "group": group, "marker": marker, "side": side}
                    rows.append(pd.DataFrame(row | {"length": length, "effect": effects[side]}))
    return pd.concat(rows, ignore_index=True)


def compare_groups(effects):
    """Compare the effects in ST and in RS for each marker, side and path length.

    The two-sided test of Mann and Whitney over cell lines takes the networks as given; it does not
    include their uncertainty.

    Returns
    -------
    DataFrame
        Means and medians of both groups, difference of means, p value, p value adjusted over all
        rows (Benjamini and Hochberg), and the group with the larger median, or with the larger
        mean where the medians are equal ("none" where all effects are equal).
    """
    rows = []
    for (marker, side, length), part in effects.groupby(["marker", "side", "length"], sort=False):
        st, rs = (part.loc[part["group"] == g, "effect"] for g in ("ST", "RS"))
        same = st.nunique() == 1 and rs.nunique() == 1 and st.iloc[0] == rs.iloc[0]
        p = 1.0 if same else float(mannwhitneyu(st, rs).pvalue)
        one, other = (
            (st.median(), rs.median()) if st.median() != rs.median() else (st.mean(), rs.mean())
        )
        larger = "none" if same else ("ST" if one > other else "RS")
        rows.append(
            {
                "marker": marker,
                "side": side,
                "length": length,
                "mean ST": st.mean(),
                "mean RS": rs.mean(),
                "median ST": st.median(),
                "median RS": rs.median(),
                "difference": st.mean() - rs.mean(),
                "p": p,
                "larger in": larger,
            }
        )
    table = pd.DataFrame(rows)
    table["p adjusted"] = false_discovery_control(table["p"])
    return table
