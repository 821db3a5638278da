"""Figure 5: regulatory effects of the markers in sensitive and in resistant cell lines.

The regulatory effect of a regulator on a target in one cell line is the regulator's expression
times the strength of regulation (the newsletter on Park, Imoto and Miyano 2022); over a path it is
the first gene's expression times the product of the coefficients (NetworkProfiler, Shimamura et
al., PLoS ONE 2011;6:e20804). Our choices: expression is standardised over both groups together,
each group uses its own network, and absolute effects are summed over a marker's targets or over
its regulators.

Groups are compared by estimates alone. All lines of a group share one estimated network, so they
are not independent evidence on it, and a test over lines finds a difference between almost any two
networks. Tests and intervals are those of step 09, which estimates both networks anew.
"""

import numpy as np
import pandas as pd

from pnetlib.solvers.shared import standardised

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
    return pd.DataFrame(standardised(X.to_numpy()), X.index, X.columns)


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
    columns = ["line", "group", "marker", "side", "length", "effect"]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)


def compare_groups(effects):
    """Compare the estimated effects in ST and in RS for each marker, side and path length.

    Parameters
    ----------
    effects : DataFrame
        As `regulatory_effects` returns it.

    Returns
    -------
    DataFrame
        Columns marker, side, length, means and medians over the lines of both groups, difference
        of the means (ST minus RS), and the group with the larger mean ("none" if they are equal),
        which is the direction that step 09 tests.
    """
    rows = []
    for key, part in effects.groupby(["marker", "side", "length"], sort=False):
        lines = part.groupby("group")["effect"]
        means, medians = lines.mean(), lines.median()
        difference = means["ST"] - means["RS"]
        row = dict(zip(("marker", "side", "length"), key))
        row |= {f"mean {group}": means[group] for group in ("ST", "RS")}
        row |= {f"median {group}": medians[group] for group in ("ST", "RS")}
        row |= {"difference": difference, "larger in": larger_group(difference)}
        rows.append(row)
    of_groups = [f"{what} {group}" for what in ("mean", "median") for group in ("ST", "RS")]
    columns = ["marker", "side", "length", *of_groups, "difference", "larger in"]
    return pd.DataFrame(rows, columns=columns)


def larger_group(difference):
    """Return the group with the larger value, given ST minus RS; "none" if both are equal."""
    return "ST" if difference > 0 else "RS" if difference < 0 else "none"
