"""How the p values of notebook 09 are distributed where there is nothing to find.

In the simulated sets, tissues differ in mean expression, in network and in their share of sensitive
lines, and genes are correlated; within a tissue, label and expression are independent. A valid p
value is at most x in a share x of such sets. Labels exchanged regardless of tissue are shown for
comparison. The tests take lam1 as fixed; a second table has it chosen on the groups of each set, as
the notebook does.

Run as ``python -m benchmarks.calibration.p_values``.
"""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy.stats import binom, kstest

from pnetlib.execution.engine import Engine
from pnetlib.stats.permutation import permutation_test
from pnetlib.steps.differences.compute import Pair
from pnetlib.steps.differences.presence import presence
from pnetlib.steps.differences.sensitivity import ESTIMATORS, edge_test, shared_errors
from pnetlib.steps.networks.compute import GROUPS, network_errors

SEED = 20220823
SHARES = (0.3, 0.5, 0.8, 0.6)  # share of sensitive lines in each tissue
LINES, REST = 20, 10  # lines of the groups, and of no group, in each tissue
GENES = 8
LAM1 = 0.3
LEVELS = (0.01, 0.05, 0.1)


def null_set(rng, genes=GENES, without_regulators=False):
    """Return a `Pair` without differences within tissues, and lines of no group.

    `without_regulators`: the first gene is independent of all others within every tissue.
    """
    expression, labels, tissue, rest = [], [], [], []
    for number, share in enumerate(SHARES):
        mix = np.eye(genes) + rng.normal(scale=0.4, size=(genes, genes))
        if without_regulators:
            mix[0, 1:] = mix[1:, 0] = 0.0
        X = rng.normal(size=genes) + rng.normal(size=(LINES + REST, genes)) @ mix
        expression.append(X[:LINES])
        rest.append(X[LINES:])
        labels.append(np.where(rng.permutation(LINES) < share * LINES, *GROUPS))
        tissue += [str(number)] * LINES
    names = pd.Index([f"g{number}" for number in range(genes)])
    labels = np.concatenate(labels)
    order = np.argsort(labels == GROUPS[1], kind="stable")  # ST first
    X, tissue = np.concatenate(expression)[order], np.array(tissue)[order]
    return Pair(X, labels[order], tissue, names, [names[0]], LAM1), np.concatenate(rest)


def with_chosen_lam1(pair, rest, seed):
    """Return a `Pair` for each estimator, with its lam1 of smallest error on held-out lines."""
    lines = pd.RangeIndex(len(pair.X))
    parts = {group: lines[pair.labels == group] for group in GROUPS}
    cohort = SimpleNamespace(expression=pd.DataFrame(pair.X, lines, pair.genes))
    own = network_errors(cohort, SimpleNamespace(lines=parts), pair.genes, seed)
    shared = shared_errors([pair.X[part] for part in parts.values()], rest, seed)
    return [replace(pair, lam1=float(e.mean(axis=1).idxmin())) for e in (own, shared)]


def p_of_set(permutations, seed, chosen, number):
    """Return the p values of one null set by name; `chosen`: with lam1 chosen on its groups."""
    pair, rest = null_set(np.random.default_rng([seed, number]))
    pairs = with_chosen_lam1(pair, rest, seed) if chosen else [pair, pair]
    pair = pairs[0]
    p, found = len(pair.genes), {}
    edge, degree, effect = 1, p * p, p * p + p  # g0 to g1, g0, and what g0 does to its targets
    for strata, name in ((pair.tissue, ""), (np.zeros(len(pair.X)), ", any tissue")):
        outcome = permutation_test(
            pair.differences, pair.labels, strata, pair.families, permutations, seed + number
        )
        found |= {
            f"edge{name}": outcome.p[edge],
            f"degree{name}": outcome.p[degree],
            f"effect on targets{name}": outcome.p[effect],
            f"effect of regulators{name}": outcome.p[effect + 2],
            f"any edge, family-wise{name}": outcome.p_family[: p * p].min(),
            f"any degree, family-wise{name}": outcome.p_family[degree:effect].min(),
        }
        if outcome.observed[edge]:
            found[f"edge not 0{name}"] = outcome.p[edge]
    for estimator, pair in zip(ESTIMATORS, pairs):
        outcome = edge_test(estimator, pair, rest, pair.genes[:2], permutations, seed + number)
        found[f"named edge, {estimator}"] = outcome.p[0]
        if outcome.observed[0]:
            found[f"named edge not 0, {estimator}"] = outcome.p[0]
    pair, _ = null_set(np.random.default_rng([seed, number, 1]), without_regulators=True)
    table = presence(pair, permutations, seed + number).set_index("group")
    return found | {f"regulators in {group}": table.loc[group, "p"] for group in GROUPS}


def p_values(sets=200, permutations=199, seed=SEED, engine=None, chosen=False):
    """Return the p values of `sets` null sets, one column per quantity (NaN where left out)."""
    engine = engine or Engine(threads=1)
    numbers = [(number,) for number in range(sets)]
    return pd.DataFrame(engine.map(p_of_set, numbers, (permutations, seed, chosen)))


def summary(table):
    """Return how the p values of each quantity are distributed.

    Differences of an edge that is absent in both groups have p = 1. The rows "not 0" leave those
    sets out; what remains must lie lower than a uniform distribution, and is no fault.

    Returns
    -------
    DataFrame
        By quantity: number of p values, shares of those at most 0.01, 0.05 and 0.1, largest excess
        of their distribution function over the uniform one, and the p value of that excess
        (one-sided test of Kolmogorov and Smirnov; p values of a valid test may lie higher).
    """
    rows = {}
    for name, p in table.items():
        p = p.dropna()
        test = kstest(p, "uniform", alternative="greater")
        rows[name] = {
            "sets": len(p),
            **{f"p <= {level}": np.mean(p <= level + 1e-9) for level in LEVELS},
            "excess": test.statistic,
            "p of excess": test.pvalue,
        }
    return pd.DataFrame(rows).T.astype({"sets": int})


def main():
    """Print the summaries of 1,000 null sets, with lam1 fixed and with lam1 chosen."""
    sets, permutations = 1000, 199
    low, high = binom.interval(0.95, sets, 0.05)
    with Engine() as engine:
        tables = [
            summary(p_values(sets, permutations, engine=engine, chosen=chosen))
            for chosen in (False, True)
        ]
    print(
        f"{sets} null sets, {permutations} permutations, {GENES} genes, seed {SEED}; a share of "
        f"0.05 varies by chance between {low / sets:.3f} and {high / sets:.3f}"
    )
    for table, title in zip(tables, (f"lam1 = {LAM1}", "lam1 chosen on each set")):
        print(f"\n{title}\n{table.round(3).to_string()}")


if __name__ == "__main__":
    main()
