"""How often each rule errs, and how often it finds an effect: from simulated evidence.

Evidence of the same kind as a run's (the same parts, genes, folds and data sets) is drawn many
times and judged. Drawn are the quantities behind the tests:

- errors of the four methods in every fold, normal, with the correlation between folds for which
  the corrected variance of Nadeau and Bengio is exact, n_test / (n_test + n_train);
- the genes' scores, of which those of the published markers are correlated as their expression;
- test statistics of the differences between the groups, standard normal, so that their p values
  are uniform where there is no difference; ``correlation`` is that between the parts of a claim;
- leads of Pro in every cell of the simulation study, with the standard errors of Student's test.

Conditions beside the tests, such as an edge that is absent in RS, are taken as met: unmet ones turn
"reproduced" into "partly" and change no other verdict. The draws suppose that the tests are exact;
whether they are is a matter of their calibration (`benchmarks.calibration`).
"""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from pnetlib.paper.markers import MARKERS
from pnetlib.stats.ranks import rank_sum
from pnetlib.steps.choice import METHODS
from pnetlib.steps.claims.compute import EQUAL_TN, JUDGES, Evidence, parts_of
from pnetlib.steps.claims.evidence import mean_number, over_folds
from pnetlib.steps.claims.verdicts import (
    CONTRADICTED,
    PARTLY,
    REPRODUCED,
    UNTESTABLE,
    Number,
    combine,
)

EFFECT = 3.0  # the effect at which power is stated, in standard errors of each part
CORRELATIONS = (0.0, 0.5, 0.9)  # between the parts of a claim
CELLS = 8  # of the paper's table
SPOKEN = (REPRODUCED, PARTLY, CONTRADICTED)
FOUND = "found"  # reproduced or partly


def error_rates(found, seed, draws):
    """Return how often each rule reaches each verdict, without any effect and with one.

    Parameters
    ----------
    found : Evidence
        Of the run: which parts of the claims can be tested, and with which sizes.
    seed : int
    draws : int
        Number of times that evidence is drawn for each setting.

    Returns
    -------
    DataFrame
        Index the claims that can be tested. Without any effect, the largest rates over
        `CORRELATIONS`: ``null reproduced``, ``null partly``, ``null found`` (either of these) and
        ``null contradicted``. With an effect of `EFFECT` standard errors in every part, as the
        paper says: ``power reproduced``, ``power found``; with the opposite effect: ``power
        contradicted``.
    """
    claims = [claim for claim in JUDGES if combine(parts_of(claim, found)) != UNTESTABLE]

    def shares(effect, correlation):
        rng = np.random.default_rng(seed)
        rows = []
        for _ in range(draws):
            drawn = draw(found, effect, correlation, rng)
            rows.append([combine(parts_of(claim, drawn)) for claim in claims])
        table = pd.DataFrame(rows, columns=claims)
        either = table.isin((REPRODUCED, PARTLY)).mean()
        return pd.DataFrame({v: (table == v).mean() for v in SPOKEN}).assign(**{FOUND: either})

    null = np.max([shares(0.0, correlation) for correlation in CORRELATIONS], axis=0)
    null = pd.DataFrame(null, claims, (*SPOKEN, FOUND))
    ahead, opposite = shares(EFFECT, 0.0), shares(-EFFECT, 0.0)
    return pd.DataFrame(
        {
            **{f"null {v}": null[v] for v in (REPRODUCED, PARTLY, FOUND, CONTRADICTED)},
            **{f"power {v}": ahead[v] for v in (REPRODUCED, FOUND)},
            f"power {CONTRADICTED}": opposite[CONTRADICTED],
        }
    )


def draw(found, effect, correlation, rng):
    """Return evidence drawn at random of the same kind as that found.

    Every part has a true effect of `effect` standard errors in the paper's direction.
    """
    markers, sizes = found.markers, found.sizes
    return Evidence(
        network_gain=found.network_gain and _fold_means(sizes, 1, -effect, correlation, rng)[0],
        pro_minus={
            drug: dict(zip(numbers, _fold_means(sizes, len(numbers), -effect, correlation, rng)))
            for drug, numbers in found.pro_minus.items()
        },
        markers=markers and _drawn_markers(markers, effect, rng),
        edge=found.edge and _drawn_edge(found.edge, effect, rng),
        degrees=_drawn_degrees(found.degrees, effect, correlation, rng),
        effects=_drawn_effects(found.effects, effect, correlation, rng),
        presence=_drawn_presence(found.presence, effect, rng),
        selection={
            response: _drawn_selection(sizes, effect, correlation, rng)
            for response in found.selection
        },
    )


def _statistics(count, effect, correlation, rng, rows=()):
    """Return test statistics of variance 1 and mean `effect`, correlated within every row."""
    shared = np.sqrt(correlation) * rng.standard_normal((*rows, 1))
    return effect + shared + np.sqrt(1.0 - correlation) * rng.standard_normal((*rows, count))


def _tested(statistic, known):
    """Return a difference between the groups with the p value of a normal statistic, if known."""
    p = None if known.p is None else float(2 * ndtr(-abs(statistic)))
    return Number(float(statistic), p=p)


def _fold_means(sizes, count, effect, correlation, rng):
    """Return means over folds of `count` differences of errors, with their tests."""
    overlap = sizes.n_test / (sizes.n_test + sizes.n_train)
    se = np.sqrt(1.0 / sizes.folds + sizes.n_test / sizes.n_train)  # over sqrt(1 - overlap)
    shared = np.sqrt(overlap) * _statistics(count, 0.0, correlation, rng)
    own = _statistics(count, effect * se, correlation, rng, (sizes.folds,))
    values = shared + np.sqrt(1.0 - overlap) * own
    return [over_folds(column, sizes.n_test, sizes.n_train) for column in values.T]


def _drawn_markers(markers, effect, rng):
    """Return ranks of the markers: all are found, since conditions count as met."""
    inside = np.arange(markers["n_genes"]) < len(markers["published"])
    scores = rng.standard_normal(len(inside))
    common = markers.get("correlation", 0.0)
    se = np.sqrt((1 + (inside.sum() - 1) * common) / max(inside.sum(), 1))
    scores[inside] = _statistics(inside.sum(), effect * se, common, rng)
    drawn = markers | {"found": markers["published"]}
    if "ahead" in markers:
        ahead, p = rank_sum(scores, inside, common)
        drawn["ahead"] = Number(ahead - 0.5, p=p)
    return drawn


def _drawn_edge(edge, effect, rng):
    statistic = rng.standard_normal() + effect
    number = _tested(statistic, edge["difference"])
    ends = {"ST": number.value, "RS": 0.0} if statistic > 0 else {"ST": 0.0, "RS": number.value}
    return edge | ends | {"difference": number, "strength": 1.0, "settings": []}


def _drawn_degrees(degrees, effect, correlation, rng):
    """Return degrees whose genes are hubs where the paper has them."""
    signs = {gene: -1 if MARKERS[gene].role == "resistance" else 1 for gene in degrees}
    drawn = zip(degrees.items(), _statistics(len(degrees), effect, correlation, rng))
    return {
        gene: {"rank ST": 1, "rank RS": 1, "genes": row["genes"]}
        | {"difference": _tested(signs[gene] * statistic, row["difference"])}
        for (gene, row), statistic in drawn
    }


def _drawn_effects(effects, effect, correlation, rng):
    """Return effects that differ between the groups where the paper has them so."""
    signs = [-1 if MARKERS[gene].role == "resistance" else 1 for gene, _ in effects]
    drawn = zip(signs, effects.items(), _statistics(len(effects), effect, correlation, rng))
    return {
        key: row | {"difference": _tested(sign * statistic, row["difference"])}
        for sign, (key, row), statistic in drawn
    }


def _drawn_presence(presence, effect, rng):
    """Return p values of the activity of regulators, present only against the paper's claim."""
    statistics = rng.standard_normal(len(presence)) - min(effect, 0.0)
    return {key: float(ndtr(-value)) for key, value in zip(presence, statistics)}


def _drawn_selection(sizes, effect, correlation, rng):
    """Return Pro's leads over the cells of one way in which effects act."""
    others = METHODS[1:]
    shift = effect / np.sqrt(CELLS * sizes.replicates)
    data = _statistics(len(others), shift, correlation, rng, (CELLS, sizes.replicates))
    se = np.sqrt(data.var(axis=1, ddof=1).sum(axis=0) / sizes.replicates) / CELLS
    df = CELLS * (sizes.replicates - 1)
    leads = [mean_number(float(m), float(e), df) for m, e in zip(data.mean(axis=(0, 1)), se)]
    rates = {method: {"TP": 1.0, "TN": 1.0} for method in METHODS}
    return {"rates": rates, "leads": {EQUAL_TN: dict(zip(others, leads))}}
