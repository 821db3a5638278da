"""Coverage of the intervals that the notebooks print, on data whose truth is known.

``python -m benchmarks.calibration.coverage`` prints every table with its seed (about five minutes on
one thread). tests/stats/test_coverage.py calls the same functions with fewer data sets.

Each table has one row per kind of quantity: ``cases``, the share of intervals that contain the
``target`` (``coverage``), and their mean ``width``. Cases of one data set depend on each other, so
the number of data sets, ``sets``, limits how exact a share is.
"""

import numpy as np
import pandas as pd
from scipy.stats import binomtest, norm
from sklearn.model_selection import GroupKFold, RepeatedKFold

from pnetlib.solvers.columns import Columns
from pnetlib.solvers.desparsified import desparsified
from pnetlib.solvers.network import solve_network
from pnetlib.stats.bootstrap import corrected_interval, draw, resample
from pnetlib.stats.intervals import corrected_mean, student_interval
from pnetlib.steps.differences.compute import Pair, quantities
from pnetlib.steps.differences.sensitivity import ESTIMATORS, estimated
from pnetlib.steps.networks.compute import GROUPS
from pnetlib.steps.speed.growth import exponents

SEED = 20220823
HUBS, TARGETS, EDGE, LOST = 5, 4, 0.6, 2  # planted hubs, targets of each, size, lost in RS
REST = 4  # lines of neither group for each line of a group
SETTINGS = ((0.16, 95, 40), (0.3, 95, 40), (0.16, 60, 40), (0.3, 60, 40))  # lam1, n, p


# Groups with planted edges ------------------------------------------------------------------


def planted_edges(p):
    """Return the planted edges of ST and RS (p, p): hubs with targets, of which RS lacks half."""
    ST = np.zeros((p, p))
    for hub in range(HUBS):
        first = HUBS + hub * TARGETS
        ST[hub, first : first + TARGETS] = EDGE
    RS = ST.copy()
    for hub in range(HUBS):
        RS[hub, HUBS + hub * TARGETS : HUBS + hub * TARGETS + LOST] = 0.0
    return {"ST": ST, "RS": RS}


def population(edges, shared):
    """Return the correlation matrix of genes with planted edges and correlated noise.

    `shared` is the share of the noise variance that five factors explain: at 0 a coefficient is 0
    unless both genes have a planted edge or a common target; above 0 none is exactly 0.
    """
    p = len(edges)
    loading = np.random.default_rng(SEED).normal(size=(p, 5))
    loading *= np.sqrt(shared / np.sum(loading**2, axis=1, keepdims=True))
    noise = loading @ loading.T + (1.0 - shared) * np.eye(p)
    spread = np.linalg.inv(np.eye(p) - edges)
    covariance = spread.T @ noise @ spread
    scale = np.sqrt(np.diag(covariance))
    return covariance / np.outer(scale, scale)


def regressions(correlation):
    """Return the coefficients of every gene on all others in the population."""
    precision = np.linalg.inv(correlation)
    B = -precision / np.diag(precision)
    B[np.abs(B) < 1e-12] = 0.0
    np.fill_diagonal(B, 0.0)
    return B


def penalised(correlation, lam1, tol=1e-8):
    """Return the network at lam1 that infinitely many lines would give."""
    weights, start = np.full(len(correlation), 0.5 * lam1), Columns.empty(len(correlation))
    return solve_network(correlation, weights, 0.0, start, tol, n_jobs=1)[0].matrix().toarray()


class Planted:
    """Two populations with planted edges, samples of them and their true quantities.

    Parameters
    ----------
    p : int
        Genes.
    lam1 : float
        Penalty of the networks.
    shared : float
        As in `population`.
    """

    def __init__(self, p, lam1, shared):
        self.p, self.lam1 = p, lam1
        self.edges = planted_edges(p)
        self.correlation = {g: population(self.edges[g], shared) for g in GROUPS}
        self.factor = {g: np.linalg.cholesky(self.correlation[g]).T for g in GROUPS}

    def pair(self, n, rng):
        """Return a `Pair` of n lines of each group; the hubs are its markers."""
        X = np.concatenate([rng.normal(size=(n, self.p)) @ self.factor[g] for g in GROUPS])
        genes = pd.Index([f"g{k}" for k in range(self.p)])
        labels, tissue = np.repeat(GROUPS, n), np.repeat("one", 2 * n)
        return Pair(X, labels, tissue, genes, list(genes[:HUBS]), self.lam1)

    def rest(self, n, rng):
        """Return n lines of neither group, half of them from each population."""
        return np.concatenate([rng.normal(size=(n // 2, self.p)) @ self.factor[g] for g in GROUPS])

    def truth(self, estimator):
        """Return the quantities (2, k) at the true coefficients and at the penalised ones.

        Means over lines, and the networks of the second estimator, are those of 20,000 lines per
        group.
        """
        rng = np.random.default_rng(SEED)
        large = self.pair(20_000, rng)
        parts = np.split(large.X, 2)
        exact = [regressions(self.correlation[g]) for g in GROUPS]
        if estimator == ESTIMATORS[0]:
            shrunk = [penalised(self.correlation[g], self.lam1) for g in GROUPS]
        else:
            shrunk = estimated(estimator, parts, self.rest(REST * 20_000, rng), self.lam1)
        return [quantities(networks, parts, large.at) for networks in (exact, shrunk)]

    def kinds(self):
        """Return the kind of every pair of genes (p, p): no edge, one group, both groups."""
        present = sum((self.edges[g] + self.edges[g].T != 0).astype(int) for g in GROUPS)
        kinds = np.array(["no edge", "one group", "both groups"])[present]
        kinds[np.diag_indices(self.p)] = ""
        return kinds


def _counted(cases, by):
    """Return cases, coverage and width of a list of (key..., covered, width) by the keys."""
    table = pd.DataFrame(cases, columns=[*by, "covered", "width"])
    table = table.explode(["covered", "width"]).astype({"covered": float, "width": float})
    groups = table.groupby(by, sort=False)
    return groups.agg(
        cases=("covered", "size"), coverage=("covered", "mean"), width=("width", "mean")
    ).reset_index()


def _case(low, high, truth):
    """Return which intervals contain the truth, and their widths."""
    return (low <= truth) & (truth <= high), high - low


def edge_coverage(
    settings=SETTINGS,
    shared=0.0,
    sets=50,
    seed=SEED,
    resamples=0,
    targets=None,
    estimator=ESTIMATORS[0],
    penalty=None,
):
    """Return the coverage of the intervals of edges: population regression coefficients.

    Parameters
    ----------
    settings : sequence of (float, int, int)
        lam1, cell lines per group and genes.
    shared : float
        As in `population`.
    sets : int
        Data sets of each setting; set i of a setting is drawn with the seed (seed, i).
    seed : int
    resamples : int
        Resamples of the bootstrap interval of the penalised coefficient; 0 leaves it out.
    targets : sequence of int, optional
        Positions of the targets looked at; all by default.
    estimator : {"own lines", "shared part"}
        Of the penalised networks.
    penalty : float, optional
        As in `desparsified`.

    Returns
    -------
    DataFrame
        Columns lam1, n, p, shared, interval ("desparsified" or "bootstrap"), of ("ST" or
        "ST - RS"), edge in ("no edge", "one group", "both groups"), sets, cases, coverage, width.
        Rows of ST that say "one group" are edges that RS lacks.
    """
    tables = []
    for lam1, n, p in settings:
        planted, cases = Planted(p, lam1, shared), []
        at = np.arange(p) if targets is None else np.asarray(targets)
        B = [regressions(planted.correlation[g])[:, at] for g in GROUPS]
        kinds = planted.kinds()[:, at]
        for number in range(sets):
            rng = np.random.default_rng([seed, number])
            pair = planted.pair(n, rng)
            networks = estimated(estimator, np.split(pair.X, 2), planted.rest(REST * n, rng), lam1)
            ends = {"desparsified": _desparsified_ends(pair, networks, at, penalty)}
            if resamples:
                ends["bootstrap"] = _bootstrap_ends(pair, at, resamples, number)
            for name, of in ends.items():
                for what, truth, (low, high) in zip(("ST", "ST - RS"), (B[0], B[0] - B[1]), of):
                    for kind in ("no edge", "one group", "both groups"):
                        part = _case(*(values[kinds == kind] for values in (low, high, truth)))
                        cases.append((name, what, kind, *part))
        table = _counted(cases, ["interval", "of", "edge in"])
        table.insert(3, "sets", sets)
        tables.append(pd.DataFrame({"lam1": lam1, "n": n, "p": p, "shared": shared}, table.index))
        tables[-1] = tables[-1].join(table)
    return pd.concat(tables, ignore_index=True)


def _desparsified_ends(pair, networks, at, penalty):
    """Return the ends of the intervals of ST and of the difference."""
    parts = zip(np.split(pair.X, 2), networks)
    ST, RS = (desparsified(X, B, at, penalty) for X, B in parts)
    return ST.interval(), ST.minus(RS).interval()


def _bootstrap_ends(pair, at, resamples, seed):
    """Return the same from resampled penalised coefficients, as step 09 did at first.

    The normal interval about the estimate less its bootstrap bias, which also counts as an error.
    """
    p = len(pair.genes)
    draws = draw(pair.resampled, pair.sizes, resamples, seed).reshape(resamples, 2, -1)
    draws = draws[:, :, : p * p].reshape(resamples, 2, p, p)[:, :, :, at]
    estimate = pair.quantities(pair.labels)[:, : p * p].reshape(2, p, p)[:, :, at]
    ends = []
    for value, drawn in (
        (estimate[0], draws[:, 0]),
        (estimate[0] - estimate[1], draws[:, 0] - draws[:, 1]),
    ):
        bias = drawn.mean(axis=0) - value
        half = norm.ppf(0.975) * np.hypot(drawn.std(axis=0, ddof=1), bias)
        ends.append((value - bias - half, value - bias + half))
    return ends


def sum_coverage(
    settings=SETTINGS[:2], shared=0.0, sets=40, seed=SEED, resamples=200, estimator=ESTIMATORS[0]
):
    """Return the coverage of the bootstrap intervals of degrees and regulatory effects.

    The arguments are those of `edge_coverage`, and the estimator of step 09 ("own lines" or
    "shared part"). Quantities are the degrees of the planted hubs and of genes without an edge,
    and the effects of the hubs.

    Returns
    -------
    DataFrame
        Columns lam1, n, p, shared, quantity, of ("ST" or "ST - RS"), target ("penalised": the same
        estimator with the same lam1 on infinitely many lines; "least squares": the sums of the
        population's regression coefficients), sets, cases, coverage, width.
    """
    tables = []
    for lam1, n, p in settings:
        planted, cases = Planted(p, lam1, shared), []
        exact, shrunk = planted.truth(estimator)
        free = np.arange(HUBS * (1 + TARGETS), p)
        effects = p * p + p + np.arange(4 * HUBS)
        quantity = {
            "degree of a hub": p * p + np.arange(HUBS),
            "degree, no edge": p * p + free,
            "effect, one edge": effects[::2],
            "effect, two edges": effects[1::2],
        }
        for number in range(sets):
            rng = np.random.default_rng([seed, number])
            pair = planted.pair(n, rng)
            observed, draws = _resampled(pair, planted.rest(REST * n, rng), estimator, resamples)
            apart = corrected_interval(observed[0] - observed[1], draws[:, 0] - draws[:, 1])
            ends = {"ST": corrected_interval(observed[0], draws[:, 0], least=0.0)}
            ends["ST - RS"] = apart
            for target, values in (("penalised", shrunk), ("least squares", exact)):
                truths = {"ST": values[0], "ST - RS": values[0] - values[1]}
                for name, at in quantity.items():
                    for of, (low, high) in ends.items():
                        part = _case(low[at], high[at], truths[of][at])
                        cases.append((name, of, target, *part))
        table = _counted(cases, ["quantity", "of", "target"])
        table.insert(3, "sets", sets)
        front = pd.DataFrame({"lam1": lam1, "n": n, "p": p, "shared": shared}, table.index)
        tables.append(front.join(table))
    return pd.concat(tables, ignore_index=True)


def _resampled(pair, rest, estimator, resamples):
    """Return the quantities of both groups (2, k), and those of resamples (resamples, 2, k)."""
    n = len(pair.X) // 2

    def given(rows):
        parts = [pair.X[rows[:n]], pair.X[rows[n : 2 * n]]]
        networks = estimated(estimator, parts, rest[rows[2 * n :] - 2 * n], pair.lam1)
        return quantities(networks, parts, pair.at)

    sizes = [n, n] + ([len(rest)] if estimator == ESTIMATORS[1] else [])
    draws = [given(resample(sizes, np.random.default_rng([k, 1]))) for k in range(resamples)]
    return given(np.arange(sum(sizes))), np.array(draws)


# Cross-validation ---------------------------------------------------------------------------

LEARNERS = {"alike": (1.0, 1.0), "different": (1.0, 0.5)}  # effects of either half of the features
LINES, FEATURES, RIDGE = 120, 20, 10.0


def _sample(n, effects, rng, tissues=0):
    """Return features, half of them for each learner, response and tissue of n lines.

    Each tissue shifts the features and the response of its lines.
    """
    X, y = rng.normal(size=(n, FEATURES)), rng.normal(size=n)
    tissue = np.arange(n) % max(tissues, 1)
    if tissues:
        X += 0.7 * rng.normal(size=(tissues, FEATURES))[tissue]
        y += 0.5 * rng.normal(size=tissues)[tissue]
    size = np.repeat(effects, FEATURES // 2) / np.sqrt(FEATURES)
    return X, y + X @ size, tissue


def _errors(X, y, train, test):
    """Return the mean squared error of both learners, each a ridge regression on its half."""
    errors = []
    for half in np.split(np.arange(FEATURES), 2):
        A = X[np.ix_(train, half)]
        b = np.linalg.solve(A.T @ A + RIDGE * np.eye(len(half)), A.T @ y[train])
        errors.append(np.mean((y[test] - X[np.ix_(test, half)] @ b) ** 2))
    return errors


def fold_coverage(sets=400, seed=SEED, repeats=(1, 2), draws=4000, tissues=0):
    """Return the coverage of `corrected_mean` over five folds, drawn once or twice.

    Two ridge regressions, each on its half of the features, predict the response of lines held
    out. Their expected errors are alike or differ; the truth is the mean over `draws` training
    sets of the same size, each tested on as many new lines.

    Parameters
    ----------
    sets, seed
        As in `edge_coverage`.
    repeats : sequence of int
        Numbers of times that folds are drawn.
    draws : int
        Training sets that give the truth.
    tissues : int
        Number of tissues; folds then hold out whole tissues, once, and new lines are of new
        tissues. 0: folds are random.

    Returns
    -------
    DataFrame
        Columns learners, repeats, of ("error" of the first, "difference"), truth, sets, cases,
        coverage, width.
    """
    tables, train = [], LINES * 4 // 5
    for learners, effects in LEARNERS.items():
        truths = _expected(effects, np.random.default_rng([seed, 1]), train, draws, tissues)
        if learners == "alike":
            truths["difference"] = 0.0  # exactly, by symmetry
        for number in (1,) if tissues else repeats:
            cases = []
            for k in range(sets):
                rng = np.random.default_rng([seed, 2, k])
                X, y, tissue = _sample(LINES, effects, rng, tissues)
                split = RepeatedKFold(n_splits=5, n_repeats=number, random_state=k).split(X)
                if tissues:
                    split = GroupKFold(5).split(X, groups=tissue)
                errors = np.array([_errors(X, y, *fold) for fold in split])
                values = {"error": errors[:, 0], "difference": errors[:, 0] - errors[:, 1]}
                for of, value in values.items():
                    ends = corrected_mean(value, LINES - train, train)
                    part = _case(ends["low"], ends["high"], truths[of])
                    cases.append((of, *([x] for x in part)))
            table = _counted(cases, ["of"])
            table.insert(0, "repeats", number)
            table.insert(0, "learners", learners)
            table.insert(3, "truth", table["of"].map(truths))
            table.insert(4, "sets", sets)
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _expected(effects, rng, train, draws, tissues):
    """Return the expected error of the first learner, and its difference from the second."""
    errors = []
    for _ in range(draws):
        X, y, tissue = _sample(2 * train, effects, rng, 2 * (tissues * 4 // 5))
        split = np.split(np.argsort(tissue, kind="stable"), 2)  # no tissue is in both halves
        errors.append(_errors(X, y, *split))
    first, second = np.mean(errors, axis=0)
    return {"error": first, "difference": first - second}


# Few data sets, counts and powers -----------------------------------------------------------


def replicate_coverage(counts=(2, 3, 5, 10), sets=4000, seed=SEED):
    """Return the coverage of Student's interval of a mean rate over few data sets, cut at 0 and 1.

    A rate is the share of 50 genes selected; its chance varies between data sets (beta
    distribution). Near 1 it is skewed. "difference" is that from another method with a mean rate
    of 0.6.

    Returns
    -------
    DataFrame
        Columns of ("rate" or "difference"), rate, replicates, cases, coverage, width, alike: the
        share in which all replicates have the same value, so that the interval has no width.
    """
    rows = []
    for rate in (0.5, 0.8, 0.95, 0.99):
        for count in counts:
            rng = np.random.default_rng([seed, count])
            values, others = (
                rng.binomial(50, rng.beta(4.0 * mean, 4.0 * (1.0 - mean), (sets, count))) / 50
                for mean in (rate, 0.6)
            )
            for of, drawn, truth, least in (
                ("rate", values, rate, 0.0),
                ("difference", values - others, rate - 0.6, -1.0),
            ):
                ends = np.array([student_interval(row) for row in drawn])
                low, high = np.maximum(ends[:, 1], least), np.minimum(ends[:, 2], 1.0)
                covered, width = _case(low, high, truth)
                alike = np.mean(np.ptp(drawn, axis=1) == 0.0)
                rows.append((of, rate, count, sets, covered.mean(), width.mean(), alike))
    columns = ["of", "rate", "replicates", "cases", "coverage", "width", "alike"]
    return pd.DataFrame(rows, columns=columns)


def share_coverage(drugs=20, correlations=(0.0, 0.1, 0.3, 0.5), sets=4000, seed=SEED):
    """Return the coverage of the exact interval of a share over drugs that depend on each other.

    Whether Pro's error is lower is decided for each drug by a normal variable with mean 0.5; those
    of any two drugs have the same correlation.

    Returns
    -------
    DataFrame
        Columns drugs, correlation, cases, coverage, width.
    """
    truth, rows = norm.cdf(0.5), []
    ends = [binomtest(k, drugs).proportion_ci(0.95, method="exact") for k in range(drugs + 1)]
    ends = np.array([(end.low, end.high) for end in ends])
    for correlation in correlations:
        rng = np.random.default_rng(seed)
        common, own = rng.normal(size=(sets, 1)), rng.normal(size=(sets, drugs))
        z = 0.5 + np.sqrt(correlation) * common + np.sqrt(1.0 - correlation) * own
        low, high = ends[np.sum(z > 0.0, axis=1)].T
        covered, width = _case(low, high, truth)
        rows.append((drugs, correlation, sets, covered.mean(), width.mean()))
    return pd.DataFrame(rows, columns=["drugs", "correlation", "cases", "coverage", "width"])


def exponent_coverage(sets=1000, seed=SEED):
    """Return the coverage of the interval of an exponent from times with 5% lognormal noise.

    Returns
    -------
    DataFrame
        Columns networks, cases, coverage, width.
    """
    rows = []
    for networks in (3, 5):
        p = np.geomspace(1000, 16_000, networks)
        rng = np.random.default_rng([seed, networks])
        parts = []
        for _ in range(sets):
            seconds = 1e-6 * p**2 * np.exp(0.05 * rng.normal(size=networks))
            row = exponents(pd.DataFrame({"p": p, "seconds": seconds}), "seconds", ["p"]).iloc[0]
            parts.append(_case(row["low"], row["high"], 2.0))
        rows.append((networks, sets, *np.mean(parts, axis=0)))
    return pd.DataFrame(rows, columns=["networks", "cases", "coverage", "width"])


def main():
    """Print every table."""
    print(f"Seed {SEED}")
    wide, some = ((0.16, 60, 120), (0.3, 60, 120)), range(0, 30, 3)
    tables = {
        "Edges": lambda: edge_coverage(),
        "Edges, correlated noise": lambda: edge_coverage(shared=0.6),
        "Edges, correlated noise, z with the penalty of the network": lambda: edge_coverage(
            SETTINGS[1:2], 0.6, penalty=0.15
        ),
        "Edges, more genes than lines": lambda: edge_coverage(wide, sets=20, targets=some),
        "Edges, shared part": lambda: edge_coverage(
            ((0.08, 95, 40), (0.3, 95, 40)), estimator=ESTIMATORS[1]
        ),
        "Edges, bootstrap": lambda: edge_coverage(SETTINGS[:2], 0.0, 40, SEED, 200, some),
        "Degrees and effects": lambda: sum_coverage(),
        "Degrees and effects, correlated noise": lambda: sum_coverage(shared=0.6),
        "Degrees and effects, shared part": lambda: sum_coverage(sets=20, estimator=ESTIMATORS[1]),
        "Folds": fold_coverage,
        "Folds of whole tissues": lambda: fold_coverage(tissues=20),
        "Few data sets": replicate_coverage,
        "Shares of drugs": share_coverage,
        "Exponents": exponent_coverage,
    }
    for name, table in tables.items():
        print(f"\n{name}\n{table().round(3).to_string(index=False)}", flush=True)


if __name__ == "__main__":
    main()
