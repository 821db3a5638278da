"""Do the networks contain edges that are known from elsewhere? This project's addition.

The genes of a network that are transcription factors (TFs) with a known regulon are scored against
their known targets: by the size of their coefficients in Pro's network of each drug, in the network
estimated alone with the same lam1 and lam2 on the same cell lines, by the correlation, and by the
partial correlation. The question that the paper's title asks is whether the joint estimate finds
more of the known edges than the network alone.
"""

from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
from sklearn.covariance import LedoitWolf
from sklearn.linear_model import Lasso

from pnetlib.errors import DataError
from pnetlib.estimators import ElasticNetwork
from pnetlib.estimators.model_selection import final_model
from pnetlib.estimators.predictive import PredictiveNetwork
from pnetlib.execution.engine import Engine
from pnetlib.paper.markers import NAMED_EDGE
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.search import GRID
from pnetlib.solvers.shared import standardised
from pnetlib.stats.correlation import normal_interval
from pnetlib.stats.enrichment import Ranking, rewired
from pnetlib.steps.choice import estimators, lambdas, regulators_first, training_folds
from pnetlib.steps.networks.compute import GROUPS
from pnetlib.steps.screens.compute import ALL, kinds_of_lines

PRO, ALONE = "Pro", "network alone"
CORRELATION, PARTIAL = "correlation", "partial correlation"
KINDS = (PRO, ALONE, CORRELATION, PARTIAL)
LEAST_TARGETS = 5  # known targets of a TF below which it has no AUROC of its own
NO_DRUG = "no drug"
# TFs of the foregut, in which both ends of the named edge are expressed; always partialled out.
NAMED_TFS = ("FOXA1", "GATA6", "HNF1B")


@dataclass(frozen=True)
class Universe:
    """Genes, the TFs among them and their known targets.

    Attributes
    ----------
    name : str
    genes : Index
        Targets.
    tfs : list of str
        TFs with at least one known target among the genes.
    known : ndarray of bool (r, p)
        Known edges, TFs x genes.
    """

    name: str
    genes: pd.Index
    tfs: list
    known: np.ndarray

    @classmethod
    def of(cls, name, genes, regulons, allowed=(), may_be_empty=False):
        """Return the universe of some genes, and of the TFs that are `allowed` (all if empty).

        Raises `DataError` if no known edge is among the genes, unless the universe `may_be_empty`.
        """
        edges, genes = regulons.among(genes), pd.Index(genes)
        if allowed:
            edges = edges[edges["tf"].isin(allowed)]
        if edges.empty and not may_be_empty:
            raise DataError(
                f"None of the known edges is among {name}, {len(genes):,} of them; give other regulons or "
                "regulators, or take more genes, as with the profile standard."
            )
        tfs = sorted(edges["tf"].unique())
        known = np.zeros((len(tfs), len(genes)), bool)
        rows = pd.Index(tfs).get_indexer(edges["tf"])
        known[rows, genes.get_indexer(edges["target"])] = True
        return cls(name, genes, tfs, known)

    @property
    def allowed(self):
        """Return which pairs count: not those of a gene with itself (r, p)."""
        allowed = np.ones(self.known.shape, bool)
        allowed[np.arange(len(self.tfs)), self.places] = False
        return allowed

    @property
    def places(self):
        """Return the position of every TF among the genes (r,)."""
        return self.genes.get_indexer(self.tfs)

    def scores(self, B):
        """Return the sizes of a network's coefficients (p, p) as scores, TFs x genes."""
        return np.abs(
            np.asarray(B[self.places].todense() if hasattr(B, "todense") else B[self.places])
        )


# Scores -------------------------------------------------------------------------------------


def correlation_scores(expression, universe):
    """Return |r| of every TF with every gene over cell lines (lines x genes)."""
    moments = Moments.of(expression[universe.genes].to_numpy())
    return np.abs(moments.G[universe.places])


def partial_scores(expression, universe):
    """Return partial correlations given all genes, from a shrunken covariance (Ledoit and Wolf)."""
    X = expression[universe.genes].to_numpy()
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    precision = LedoitWolf(assume_centered=True).fit(X).precision_
    size = np.sqrt(np.diag(precision))
    return np.abs(precision[universe.places] / np.outer(size[universe.places], size))


def partial_scores_of_tfs(expression, universe):
    """Return partial correlations of every TF with every gene, given all other TFs.

    That of TF q with gene j follows from the regression of j on all TFs:
    ``t / sqrt(t^2 + n - r - 1)``, t the t value of the coefficient. A target that is a TF is
    regressed on the others.
    """
    X = expression[universe.genes].to_numpy()
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    n, r = len(X), len(universe.tfs)
    T = X[:, universe.places]
    G = T.T @ T + 1e-8 * n * np.eye(r)
    inverse = np.linalg.inv(G)
    slopes = inverse @ (T.T @ X)
    left = np.maximum((X**2).sum(axis=0) - np.einsum("ij,ij->j", slopes, T.T @ X), 1e-12 * n)
    t = slopes / np.sqrt(np.outer(np.diag(inverse), left / (n - r - 1)))
    found = np.abs(t) / np.sqrt(t**2 + n - r - 1)
    size = np.sqrt(np.diag(inverse))
    found[:, universe.places] = np.abs(inverse) / np.outer(size, size)
    return found


def alone(cohort, genes, drug, lambdas, regulators=None):
    """Return the network alone with a joint fit's lam1 and lam2, on the same cell lines."""
    X = cohort.expression.loc[cohort.lines_for(drug), genes]
    own = {name: lambdas.get(name, 0.0) for name in ("lam1", "lam2")}
    return ElasticNetwork(**own, regulators=regulators, tol=1e-6, n_jobs=1).fit(X).B_


def paper_scores(cohort, networks, chosen, universe, regulators=(), engine=None, advance=None):
    """Return (kind, drug) to scores: networks over the paper's genes, where all may regulate.

    Without known edges among the genes there is nothing to score, and no network is fitted.

    Parameters
    ----------
    cohort : Cohort
    networks : DrugNetworks
        Pro of every drug (step 03).
    chosen : dict
        Drug to the lambdas of these fits.
    universe : Universe
        Of the genes of the networks.
    regulators : sequence of str
        Genes that may regulate in these fits; all if empty.
    engine, advance
        As explained in `pnetlib.steps`.
    """
    if not universe.tfs:
        return {}
    engine = engine or Engine(threads=1)
    allowed = [gene for gene in networks.genes if gene in regulators] or None
    tasks = [(*task, allowed) for task in chosen.items()]
    fitted = engine.map(alone, tasks, (cohort, networks.genes), advance=advance)
    scores = {}
    for drug, B in zip(chosen, fitted):
        scores[PRO, drug] = universe.scores(networks.B[drug].tocsr())
        scores[ALONE, drug] = universe.scores(B.tocsr())
    scores[CORRELATION, NO_DRUG] = correlation_scores(cohort.expression, universe)
    scores[PARTIAL, NO_DRUG] = partial_scores(cohort.expression, universe)
    return scores


def tf_scores(cohort, universe, profile, seed, engine=None, stored=None, advance=None):
    """Return (kind, drug) to scores over all genes of the cohort, where only the TFs may regulate.

    The lambdas of Pro are chosen for this network by `profile`. `stored` has the fits of drugs that
    were computed before.
    """
    engine, drugs = engine or Engine(threads=1), list(cohort.response.columns)
    content = {"profile": asdict(profile), "seed": seed, "tfs": universe.tfs}
    content["genes"] = list(universe.genes)
    stored = stored and stored.of(__name__, "tf_networks", **content)
    tasks = [(drug,) for drug in drugs]
    shared = cohort, universe, profile, seed
    fitted = engine.map(tf_networks, tasks, shared, stored=stored, advance=advance)
    scores, chosen = {}, {}
    for drug, (edges, point) in zip(drugs, fitted):
        for kind in (PRO, ALONE):
            scores[kind, drug] = _dense(edges[edges["kind"] == kind], universe)
        chosen[drug] = point
    scores[CORRELATION, NO_DRUG] = correlation_scores(cohort.expression, universe)
    scores[PARTIAL, NO_DRUG] = partial_scores_of_tfs(cohort.expression, universe)
    return scores, chosen


def tf_networks(cohort, universe, profile, seed, drug):
    """Return the edges of Pro and of the network alone for one drug, and the lambdas of both."""
    profile = replace(profile, regulators=tuple(universe.tfs))
    genes, n_regulators = regulators_first(universe.genes, profile)
    lines = cohort.lines_for(drug)
    X, z = cohort.expression.loc[lines, genes], cohort.response.loc[lines, drug]
    point = pro_lambdas(X.to_numpy(), z.to_numpy(), profile, seed, n_regulators)
    allowed = np.arange(n_regulators)
    joint = final_model(PredictiveNetwork, point, regulators=allowed, n_jobs=1).fit(X, z)
    parts = {PRO: joint.B_, ALONE: alone(cohort, genes, drug, point, allowed)}
    edges = [_edges(B, genes).assign(kind=kind) for kind, B in parts.items()]
    return pd.concat(edges, ignore_index=True), point


def pro_lambdas(X, z, profile, seed, n_regulators):
    """Choose the lambdas of Pro alone: the Gram matrices then have a column per regulator only.

    They are those that `pnetlib.steps.choice.choose` finds, which prepares ELA and LA as well.
    """
    model = estimators(profile, n_regulators)[PRO]
    shared = training_folds(X, z, profile, seed, n_regulators=n_regulators, store=False)
    if profile.search == GRID:
        return lambdas(model.fit(X, z, shared=shared).best_params_)
    points, found = model.find(shared)
    return lambdas(points[found.index])


def _edges(B, genes):
    found = B.tocoo()
    rows, columns = found.coords
    return pd.DataFrame({"tf": genes[rows], "target": genes[columns], "size": np.abs(found.data)})


def _dense(edges, universe):
    scores = np.zeros(universe.known.shape)
    rows = pd.Index(universe.tfs).get_indexer(edges["tf"])
    scores[rows, universe.genes.get_indexer(edges["target"])] = edges["size"]
    return scores


# Enrichment ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Enrichment:
    """How well scores rank known edges before others.

    Attributes
    ----------
    table : DataFrame
        Per universe, kind and drug: pooled ``auroc`` and ``precision`` (average), their mean over
        rewired edges (``null auroc``, ``null precision``), one-sided p values, numbers of
        ``edges``, ``known`` and ``tfs``, and the mean AUROC over TFs, ``mean``, with low and high
        over drawn TFs.
    gains : DataFrame
        Per universe and drug, and over all drugs: the mean AUROC over TFs of Pro minus that of the
        network alone, ``mean`` with low, high and p, and the difference of average precisions.
    """

    table: pd.DataFrame
    gains: pd.DataFrame


def enrich(universe, scores, draws, seed):
    """Compare scores with the known edges of a universe (`Enrichment`).

    `draws` is the number of rewired sets of known edges, and of draws of TFs for intervals.
    """
    rng = np.random.default_rng([seed, len(universe.genes)])
    null = [np.flatnonzero(known) for known in rewired(universe.known, universe.places, rng, draws)]
    counted = universe.known.sum(axis=1) >= LEAST_TARGETS
    picks = rng.integers(0, max(counted.sum(), 1), (draws, max(counted.sum(), 1)))
    rows, by_tf = [], {}
    for (kind, drug), values in scores.items():
        ranking = Ranking.of(values, universe.allowed)
        own = ranking.by_regulator(universe.known)[counted]
        by_tf[kind, drug] = own
        row = {"universe": universe.name, "kind": kind, "drug": drug, "tfs": int(counted.sum())}
        row |= {
            "edges": int((values[universe.allowed] > 0).sum()),
            "known": int(universe.known.sum()),
        }
        for name, measure in (
            ("auroc", ranking.pooled_auroc),
            ("precision", ranking.average_precision),
        ):
            found, drawn = float(measure(universe.known)), np.array([measure(k) for k in null])
            row |= {name: found, f"null {name}": float(drawn.mean()) if len(drawn) else np.nan}
            row[f"p {name}"] = (1 + int((drawn >= found).sum())) / (1 + len(drawn))
        rows.append(row | normal_interval(own.mean(), own[picks].mean(axis=1)))
    table = pd.DataFrame(rows)
    return Enrichment(table.drop(columns=["se", "p"]), _gains(universe, table, by_tf, picks))


def _gains(universe, table, by_tf, picks):
    """Return what Pro gains over the network alone, per drug and on average."""
    drugs = [drug for kind, drug in by_tf if kind == PRO]
    differences = {drug: by_tf[PRO, drug] - by_tf[ALONE, drug] for drug in drugs}
    differences["mean of the drugs"] = np.mean(list(differences.values()), axis=0)
    precision = table.set_index(["kind", "drug"])["precision"]
    rows = []
    for drug, values in differences.items():
        own = drugs if drug not in drugs else [drug]
        gained = np.mean([precision[PRO, d] - precision[ALONE, d] for d in own])
        row = {"universe": universe.name, "drug": drug, "precision gained": float(gained)}
        rows.append(row | normal_interval(values.mean(), values[picks].mean(axis=1)))
    return pd.DataFrame(rows)


def enrich_all(parts, draws, seed):
    """Return the `Enrichment` of all universes that have known edges.

    `parts` are pairs of a universe and its scores; the other arguments are those of `enrich`.
    """
    found = [enrich(universe, scores, draws, seed) for universe, scores in parts if scores]
    tables = (pd.concat([getattr(part, name) for part in found]) for name in ("table", "gains"))
    return Enrichment(*(table.reset_index(drop=True) for table in tables))


# The named edge -----------------------------------------------------------------------------


def correlates(expression, genes, most):
    """Return `NAMED_TFS`, then the genes that correlate most with both ends of the named edge.

    The strength is the smaller of the two absolute correlations; `most` genes in all.
    """
    ends, genes = list(NAMED_EDGE), dict.fromkeys((*NAMED_TFS, *genes))
    genes = [gene for gene in genes if gene in expression.columns and gene not in ends]
    X = expression[[*ends, *genes]].to_numpy()
    r = np.abs(np.corrcoef(X, rowvar=False))[:2, 2:].min(axis=0)
    named = np.isin(genes, NAMED_TFS)
    order = np.lexsort((-r, ~named))[:most]
    return pd.Series(r[order], [genes[k] for k in order], name="correlation")


def named_edge(cohort, groups, tfs, most, draws, seed):
    """Return the correlation of the named edge's ends, and what TFs leave of it.

    Parameters
    ----------
    cohort : Cohort
    groups : Groups
        Sensitive and resistant lines.
    tfs : sequence of str
        TFs that may explain it.
    most : int
        How many of them are partialled out at most: those that correlate most with both ends.
    draws : int
        Draws of cell lines for the intervals.
    seed : int

    Returns
    -------
    DataFrame, Series
        One row per group (ST, RS and their difference, all lines, solid lines alone): ``lines``,
        ``tissues`` ("all" or "solid"), n, ``raw`` and ``partial`` correlation with low and high;
        and the TFs with the smaller of their two correlations. Empty where an end is absent.
    """
    if any(gene not in cohort.expression.columns for gene in NAMED_EDGE):
        return pd.DataFrame(columns=["lines", "tissues", "n", "raw", "partial"]), pd.Series(
            dtype=float
        )
    taken = correlates(cohort.expression, tfs, most)
    X = cohort.expression[[*NAMED_EDGE, *taken.index]]
    kinds, rows = kinds_of_lines(cohort), []
    for tissues in (ALL, "solid"):
        parts = {group: groups.lines[group].intersection(kinds[tissues]) for group in GROUPS}
        parts["all lines"] = kinds[tissues]
        found = {}
        for name, lines in parts.items():
            if len(lines) > len(taken) + 10:
                found[name] = _edge_draws(X.loc[lines].to_numpy(), draws, seed)
        for name, (raw, partial) in found.items():
            rows.append(
                {"lines": name, "tissues": tissues, "n": len(parts[name])} | _both(raw, partial)
            )
        if set(GROUPS) <= set(found):
            raw, partial = (
                tuple(found["ST"][k][i] - found["RS"][k][i] for i in (0, 1)) for k in (0, 1)
            )
            rows.append({"lines": "ST minus RS", "tissues": tissues, "n": 0} | _both(raw, partial))
    return pd.DataFrame(rows), taken


def _both(raw, partial):
    row = {}
    for name, (value, drawn) in (("raw", raw), ("partial", partial)):
        stats = normal_interval(value, drawn)
        row |= {name: stats["mean"]} | {f"{name} {end}": stats[end] for end in ("low", "high", "p")}
    return row


def _edge_draws(X, draws, seed):
    """Return (value, draws) of the raw and of the partial correlation of the first two columns."""
    rng = np.random.default_rng([seed, len(X)])
    raw, partial = [], []
    for number in range(draws + 1):
        part = X if number == 0 else X[rng.integers(0, len(X), len(X))]
        raw.append(np.corrcoef(part[:, 0], part[:, 1])[0, 1])
        partial.append(partial_correlation(part))
    return (raw[0], np.array(raw[1:])), (partial[0], np.array(partial[1:]))


def partial_correlation(X):
    """Return the correlation of the first two columns given all others (least squares)."""
    centred = X - X.mean(axis=0)
    ends, others = centred[:, :2], centred[:, 2:]
    if others.shape[1]:
        ends = ends - others @ np.linalg.lstsq(others, ends, rcond=None)[0]
    return float(np.corrcoef(ends, rowvar=False)[0, 1])


def edge_stability(cohort, groups, tfs, lam1, pairs, seed):
    """Return how often the named edge is found on halves of a group when TFs may regulate as well.

    The target is regressed on its named regulator and all TFs by the lasso of a network's column, on
    random halves of the lines of each group.

    Returns
    -------
    DataFrame
        Index the group; columns ``halves``, ``frequency`` of the edge, its ``coefficient`` on all
        lines of the group, and the number of ``regulators`` on all lines.
    """
    regulator, target = NAMED_EDGE
    if any(gene not in cohort.expression.columns for gene in NAMED_EDGE):
        return pd.DataFrame(columns=["halves", "frequency", "coefficient", "regulators"])
    others = [tf for tf in tfs if tf in cohort.expression.columns and tf not in NAMED_EDGE]
    table, rows = cohort.expression[[regulator, *others, target]], {}
    for number, group in enumerate(GROUPS):
        X = table.loc[groups.lines[group]].to_numpy()
        rng, found = np.random.default_rng([seed, number]), []
        for _ in range(pairs):
            order = rng.permutation(len(X))
            halves = order[: len(X) // 2], order[len(X) // 2 :]
            found += [last_on_others(X[half], lam1)[0] != 0 for half in halves]
        whole = last_on_others(X, lam1)
        rows[group] = {"halves": 2 * pairs, "frequency": float(np.mean(found))}
        rows[group] |= {"coefficient": float(whole[0]), "regulators": np.count_nonzero(whole)}
    return pd.DataFrame.from_dict(rows, orient="index")


def last_on_others(X, lam1):
    """Return the coefficients of a network's column: the last gene on the others, standardised."""
    X = standardised(X)
    model = Lasso(0.5 * lam1, fit_intercept=False, tol=1e-6, max_iter=10_000)
    return model.fit(X[:, :-1], X[:, -1]).coef_
