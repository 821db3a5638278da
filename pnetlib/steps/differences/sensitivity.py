"""How figures 4 and 5 depend on this project's choices: group size and estimator.

Two estimators of the networks of ST and RS are compared for several numbers of cell lines per
group. "own lines" is that of notebook 04, each group by itself. "shared part" is this project's
addition: one network for all lines measured with all drugs, plus a deviation of each group
(`pnetlib.solvers.shared`). Each uses the lam1 of smallest error on held-out lines of the groups,
on the same folds. The edge that the paper names is tested in every setting. Both estimators solve
each target by itself, so that a permutation costs one column.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.model_selection import KFold

from pnetlib.errors import DataError
from pnetlib.execution.engine import Engine
from pnetlib.solvers.desparsified import desparsified
from pnetlib.solvers.moments import centred
from pnetlib.solvers.shared import fit_shared
from pnetlib.stats.bootstrap import corrected_interval, resample
from pnetlib.stats.permutation import permutation_test
from pnetlib.steps.differences.compute import Pair, names, quantities
from pnetlib.steps.networks.compute import (
    FOLDS,
    GROUPS,
    fitting_size,
    network_errors,
    own_network,
    split_groups,
)

ESTIMATORS = ("own lines", "shared part")
FRACTIONS = np.geomspace(0.7, 0.01, 14)  # lam1 of the shared part, which many more lines determine


def shared_errors(parts, rest, seed, n_folds=5):
    """Return the network error of both groups on held-out lines along lam1.

    The counterpart of `networks.compute.network_errors`. A fold holds out lines of both groups;
    lines that belong to neither group stay in training.
    """
    folds = [list(KFold(n_folds, shuffle=True, random_state=seed).split(part)) for part in parts]
    errors = np.zeros((len(FRACTIONS), len(parts)))
    for number, fraction in enumerate(FRACTIONS):
        for fold in range(n_folds):
            train = [part[split[fold][0]] for part, split in zip(parts, folds)]
            _, networks = fit_shared(train, rest, 2.0 * fraction, 1e-4)
            for k, B in enumerate(networks):
                test = parts[k][folds[k][fold][1]]
                _, mean, scale = centred(train[k])
                X = (test - mean) / scale
                errors[number, k] += np.mean((X - X @ B) ** 2) / n_folds
    return pd.DataFrame(errors, pd.Index(2.0 * FRACTIONS, name="lam1"), GROUPS)


def sizes_that_fit(cohort, sizes, rule="extreme"):
    """Return the sizes for which both groups are complete and share no line, by a rule of groups."""
    fitting = []
    for size in sizes:
        try:
            split_groups(cohort, size, rule=rule)
        except DataError:
            continue
        fitting.append(size)
    return fitting


def sizes_used(cohort, sizes, own, rule="extreme"):
    """Return `sizes` with the group sizes that fit the cohort, and the run's `own` among them.

    If none of the given sizes fits, the largest that does, at most a third of the lines with all
    responses, and 60% and 80% of it are taken.
    """
    fitting = sizes_that_fit(cohort, sizes.group_sizes, rule)
    if not fitting:
        most = fitting_size(cohort, max(1, len(cohort.complete_lines()) // 3), rule)
        parts = sorted({max(FOLDS, round(share * most)) for share in (0.6, 0.8, 1.0)})
        fitting = sizes_that_fit(cohort, parts, rule)
    return replace(sizes, group_sizes=tuple(sorted({*fitting, own})))


def estimated(estimator, parts, rest, lam1, targets=None):
    """Return the networks of both groups; `rest` are the lines of neither, `targets` columns."""
    if estimator == ESTIMATORS[0]:
        return [own_network(part, lam1, targets) for part in parts]
    return fit_shared(parts, rest, lam1, targets=targets)[1]


def edge_test(estimator, pair, rest, edge, n, seed):
    """Test the difference of one edge, exchanging labels within tissues.

    Parameters
    ----------
    estimator : {"own lines", "shared part"}
    pair : Pair
    rest : ndarray (m, p)
        Lines of neither group; no permutation moves them.
    edge : sequence of str
        Regulator and target.
    n, seed : int
        As in `permutation.permutation_test`.

    Returns
    -------
    Outcome
        Of one statistic.
    """
    regulator, target = pair.genes.get_indexer(edge)

    def difference(labels):
        parts = [pair.X[labels == group] for group in GROUPS]
        st, rs = estimated(estimator, parts, rest, pair.lam1, [target])
        return st[[regulator], target] - rs[[regulator], target]

    return permutation_test(difference, pair.labels, pair.tissue, [0], n, seed)


def debiased_difference(pair, observed, edge):
    """Return the desparsified difference of one edge, and the ends of its 95% interval.

    `observed` are the quantities of both groups by either estimator. The lines of a group alone
    decide how its coefficient is corrected, so the groups are as good as independent.
    """
    regulator, target = pair.genes.get_indexer(edge)
    p = len(pair.genes)
    networks = observed[:, : p * p].reshape(2, p, p)
    parts = [pair.X[pair.labels == group] for group in GROUPS]
    ST, RS = (desparsified(X, B, [target]) for X, B in zip(parts, networks))
    apart = ST.minus(RS)
    return [ends[regulator, 0] for ends in (apart.value, *apart.interval())]


def one_setting(cohort, genes, markers, rule, seed, resamples, edge, permutations, size, estimator):
    """Return all quantities of notebook 09 for one group size and one estimator.

    Edges have p only where they are `edge`, which is tested with that number of permutations.
    """
    groups = split_groups(cohort, size, rule=rule)
    parts = [cohort.expression.loc[groups.lines[group], genes].to_numpy() for group in GROUPS]
    grouped = groups.lines["ST"].append(groups.lines["RS"])
    others = cohort.complete_lines().difference(grouped, sort=False)
    rest = cohort.expression.loc[others, genes].to_numpy()
    if estimator == ESTIMATORS[0]:
        errors = network_errors(cohort, groups, genes, seed)
    else:
        errors = shared_errors(parts, rest, seed)
    pair = Pair.of(cohort, groups, genes, markers, float(errors.mean(axis=1).idxmin()))

    def shared(ST, RS, rest):  # quantities of the second estimator
        return quantities(estimated(estimator, [ST, RS], rest, pair.lam1), [ST, RS], pair.at)

    def again(number):
        rng = np.random.default_rng([seed, size, number])
        rows = resample(pair.sizes, rng)
        if estimator == ESTIMATORS[0]:
            return pair.resampled(rows)
        ST, RS = np.split(pair.X[rows], [size])
        return shared(ST, RS, rest[resample([len(rest)], rng)]).ravel()

    observed = pair.quantities(pair.labels) if estimator == ESTIMATORS[0] else shared(*parts, rest)
    draws = np.array([again(number) for number in range(resamples)])
    draws = draws.reshape(resamples, *observed.shape)
    low, high = corrected_interval(observed[0] - observed[1], draws[:, 0] - draws[:, 1])
    table = names(pair)
    for number, group in enumerate(GROUPS):
        table[group] = observed[number]
        degree = (table["kind"] == "degree").to_numpy()
        table.loc[degree, f"rank {group}"] = rankdata(-observed[number][degree], "min")
    table["difference"], table["low"], table["high"] = observed[0] - observed[1], low, high
    edges = (table["kind"] == "edge").to_numpy()
    table.loc[edges, ["low", "high"]] = np.nan  # resampling does not show how far they are shrunk
    table[["debiased difference", "p"]] = np.nan
    tested = (table["regulator"] == edge[0]) & (table["target"] == edge[1])
    if tested.any():
        columns = ["debiased difference", "low", "high"]
        table.loc[tested, columns] = debiased_difference(pair, observed, edge)
        outcome = edge_test(estimator, pair, rest, edge, permutations, seed + 3)
        table.loc[tested, "p"] = outcome.p[0]
    return table.assign(size=size, estimator=estimator, lam1=pair.lam1)


def sensitivity(
    cohort, genes, markers, sizes, seed, edge, engine=None, advance=None, rule="extreme"
):
    """Return one edge, degrees and effects of the markers by group size, for both estimators.

    `edge` is its regulator and target, or None; `seed` is that of folds and resamples,
    `rule` that of the groups. The group sizes must fit the cohort (`sizes_used`).

    Returns
    -------
    DataFrame
        Columns size, estimator, lam1, kind, gene (or regulator and target), side, length, ST,
        RS, their ranks (of degrees), difference, low and high, and p and "debiased difference" (of
        the edge). low and high are the ends of the interval of the penalised difference of degrees
        or effects at this lam1, and of the debiased difference of the edge; see
        `compute.with_intervals`.
    """
    settings = [(size, estimator) for size in sizes.group_sizes for estimator in ESTIMATORS]
    edge = edge or (None, None)
    tests = (edge, sizes.further_permutations)
    shared = (cohort, genes, markers, rule, seed, sizes.group_resamples, *tests)
    tables = []
    for table in (engine or Engine(threads=1)).map(one_setting, settings, shared, advance=advance):
        reported = table["gene"].isin(markers)
        reported |= (table["regulator"] == edge[0]) & (table["target"] == edge[1])
        tables.append(table[reported])
    front = ["size", "estimator", "lam1", "kind"]
    whole = pd.concat(tables, ignore_index=True)
    return whole[[*front, *whole.columns.drop(front)]]
