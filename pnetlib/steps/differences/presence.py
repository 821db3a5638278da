"""Whether the regulators of a marker have an effect in a group at all.

The paper says of some markers that their regulators have no activity in one group. An estimated
effect is seldom exactly 0, so it is compared with chance: under the null hypothesis, the marker's
expression is independent of all other genes within every tissue. Its expression is permuted within
tissues among the lines of the group, and its column of the network estimated anew.
"""

from functools import partial

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from pnetlib.stats.permutation import permutation_test
from pnetlib.steps.networks.compute import GROUPS, own_network


def regulator_effects(X, activity, at, lam1, order):
    """Return the effect of each marker's regulators, its expression taken in the given order.

    Parameters
    ----------
    X : ndarray (n, p)
        Expression of the lines of one group.
    activity : ndarray (p,)
        Mean absolute expression of each gene in these lines, standardised over both groups.
    at : sequence of int
        Positions of the markers.
    lam1 : float
        Penalty of the network.
    order : ndarray of int (n,)
        Lines from which each line receives the marker's expression.
    """
    effects = np.empty(len(at))
    for number, target in enumerate(at):
        permuted = X.copy()
        permuted[:, target] = X[order, target]
        column = own_network(permuted, lam1, [target])[:, target]
        effects[number] = activity @ np.abs(column)
    return effects


def presence(pair, n, seed, engine=None, advance=None):
    """Test in each group whether the regulators of each marker of a `Pair` have an effect.

    `advance` is called once for each of the ``2 n`` permutations.

    Returns
    -------
    DataFrame
        One row per marker and group: marker, group, effect (over single edges, as in
        `compute.quantities`), p (one-sided, as an effect cannot be negative), q (Benjamini and
        Hochberg over all rows) and the number of permutations.
    """
    tables = []
    for shift, group in enumerate(GROUPS):
        own = pair.labels == group
        activity = pair.activity[own].mean(axis=0)
        effects = partial(regulator_effects, pair.X[own], activity, pair.at, pair.lam1)
        lines, families = np.arange(own.sum()), np.arange(len(pair.at))
        tissue = pair.tissue[own]
        outcome = permutation_test(
            effects, lines, tissue, families, n, seed + 4 + shift, engine, advance
        )
        found = {"effect": outcome.observed, "p": outcome.p}
        tables.append(pd.DataFrame({"marker": pair.markers, "group": group} | found))
    table = pd.concat(tables, ignore_index=True)
    return table.assign(q=false_discovery_control(table["p"]), permutations=n)
