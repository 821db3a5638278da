"""Curves of every claim from the fits, splits and data sets that were computed."""

import itertools

import numpy as np
import pandas as pd
from scipy.stats import rankdata, t as student

from pnetlib.paper.markers import MARKERS
from pnetlib.steps.multiverse.candidates import METHODS, RULES, SECOND as SECOND_MODELS
from pnetlib.steps.multiverse.curves import EXCHANGES, FLIPS, LEAST, Curve
from pnetlib.steps.multiverse.data import DRUG, ENTRY, SECOND
from pnetlib.steps.multiverse.groups import GENES, HUBS, SCALES, SPLIT, STEPS, SUMS
from pnetlib.steps.multiverse.packed import unpack
from pnetlib.steps.multiverse.prediction import CHOSEN, FIT, RANKS, split_lines
from pnetlib.steps.multiverse.simulation import DESIGN, RATES, SELECTED, TUNING

SIDES = 2  # targets, regulators
DRUG_CLAIMS = {"C2a": "Mitomycin-C", "C2b": "5-Fluorouracil", "C2c": "Docetaxel"}
REPORTED = ("outer folds", "one split", "inner folds", "test lines")
COMMON = ("every drug", "mean rank", "one drug")
FIRST = {"tenth": None, "20": 20, "50": 50, "100": 100}
HIGH_TP = 0.9  # of Pro, where the paper has 0.98 to 0.99; ours
HIGH_TN = 0.9  # of Pro, where the paper has 0.94 to 0.97; ours
GROUP_PARTS = {  # claim: genes, and the group that the paper has ahead (1 ST, -1 RS)
    "C5a": (("ANXA10", "ZNF165"), 1),
    "C5b": (("AKR1C3", "AKR1B10"), -1),
    "C6a": (("ANXA10", "ZNF165"), 1),
    "C6b": (("AKR1C3", "AKR1B10"), -1),
    "C7a": (("ANXA10", "ZNF165"), 1),
    "C7b": (("AKR1B10",), -1),
}
ABSENT = ("test", "zero", "tenth")
TENTH = 0.1


# Groups ---------------------------------------------------------------------------------------


def group_curves(results):
    """Return the curves of C4 to C7 from split to its result (`groups.split_work`)."""
    rows, drawn, sizes, met = [], [], [], []
    for split, found in results.items():
        if found is not None:
            rows += [(*split, *name) for name in found["names"]]
            drawn.append(unpack(found["contrasts"]))
            sizes.append(np.array(found["sizes"]))
            met.append(np.array(found["conditions"]))
    if not rows:
        return {}
    networks = pd.DataFrame(rows, columns=[*SPLIT, "estimator", "penalty"])
    values = np.concatenate(drawn, axis=1)
    sizes, met = np.concatenate(sizes), np.concatenate(met)
    found = {"C4": Curve("C4", networks, values[:, :, :1], met[:, 0] & met[:, 1])}
    hubs = 1 + np.arange(len(HUBS) * len(GENES)).reshape(len(HUBS), len(GENES))
    shape = (SIDES, len(STEPS), len(SUMS), len(SCALES), len(GENES))
    effects = 1 + hubs.size + np.arange(np.prod(shape)).reshape(shape)
    first = met[:, 2:].reshape(len(met), 2, len(HUBS), len(GENES))
    for claim, (genes, sign) in GROUP_PARTS.items():
        at = [GENES.index(gene) for gene in genes]
        if claim.startswith("C5"):
            group = 0 if sign > 0 else 1
            blocks = [
                ({"hub": hub}, hubs[k, at], first[:, group, k][:, at].all(axis=1))
                for k, hub in enumerate(HUBS)
            ]
        else:
            blocks = _effect_blocks(claim, effects[..., at], sizes, sign)
        found[claim] = _stacked(claim, networks, values, sign, blocks)
    return found


def _effect_blocks(claim, effects, sizes, sign):
    """Yield the options, places and conditions of each way to summarise regulatory effects."""
    always = np.ones(len(sizes), bool)
    choices = (range(len(SUMS)), range(len(STEPS)), range(len(SCALES)))
    for k, j, i in itertools.product(*choices):
        options = {"sum": SUMS[k], "steps": STEPS[j], "scale": SCALES[i]}
        if claim.startswith("C6"):
            yield options, effects[:, j, k, i].ravel(), always
            continue
        places = effects[1, j, k, i]
        there, absent = (sizes[:, g][:, places] for g in ((0, 1) if sign > 0 else (1, 0)))
        met = {"test": always, "zero": ((absent == 0) & (there > 0)).all(axis=1)}
        met["tenth"] = ((absent >= 0) & (absent < TENTH * there)).all(axis=1)
        for name in ABSENT:
            yield options | {"absent": name}, places, met[name]


def _stacked(claim, networks, values, sign, blocks):
    tables, parts, conditions = [], [], []
    for options, places, met in blocks:
        tables.append(networks.assign(**options))
        parts.append(sign * values[:, :, places])
        conditions.append(met)
    readings = pd.concat(tables, ignore_index=True)
    return Curve(claim, readings, np.concatenate(parts, axis=1), np.concatenate(conditions))


# Prediction -----------------------------------------------------------------------------------


def gains(results, task, fits, drugs, folds, keys=None):
    """Return what each line adds to the gains of every reading of the prediction claims.

    Parameters
    ----------
    results : dict
        (Fit, drug, fold) to its result (`prediction.held_out`).
    task : prediction.Task
    fits : sequence of tuple
        Options of `FIT` of each reading.
    drugs : sequence of str
    folds : int
    keys : Series, optional
        Keys of the exchange of responses with which the results were computed.

    Returns
    -------
    readings : DataFrame (k, ...)
        Fit, tuning, reported and judge.
    lines : dict
        Drug to ndarray (k, n, methods): what a line adds to the score of each method (minus its
        squared error, or its part of the rank correlation), divided by the number of lines that
        count; 0 for lines that do not count. NaN where a judge does not have the drug.
    """
    everyone = task.material.cohort.expression.index
    judges = task.material.options()["judge"]
    rows, values = [], {drug: [] for drug in drugs}
    for fit in fits:
        options = dict(zip(FIT, fit))
        cohort = task.material.cohort_for(options)
        at = everyone.get_indexer(cohort.expression.index)
        pieces = {drug: _pieces(results, task, cohort, fit, drug, folds, keys) for drug in drugs}
        for tuning, reported, judge in itertools.product(RULES, REPORTED, judges):
            if reported == "one split" and folds == 1:
                continue
            if reported == "test lines" and tuning != RULES[0]:
                continue
            rows.append((*fit, tuning, reported, judge))
            for drug in drugs:
                z, predicted = pieces[drug][reported, tuning]
                score = np.zeros((len(everyone), len(METHODS)))
                score[at[cohort.expression.index.get_indexer(z.index)]] = _scores(
                    z, predicted, judge, screen_of(task.material, options, judge, drug)
                )
                values[drug].append(score.astype(np.float32))
    readings = pd.DataFrame(rows, columns=[*FIT, "tuning", "reported", "judge"])
    return readings, {drug: np.array(found) for drug, found in values.items()}


def _pieces(results, task, cohort, fit, drug, folds, keys):
    """Return (reported, tuning) to responses and predictions (n, methods) of the lines that count."""
    z, news, inners = [], [], []
    for fold in range(folds):
        response, unseen = split_lines(task, cohort, drug, fold, keys)
        found = results[fit, drug, fold]
        news.append(unpack(found["new"]))
        inners.append(unpack(found["inner"]))
        z.append((response[unseen], response[~unseen]))
    found = {}
    for k, tuning in enumerate(RULES):
        found["outer folds", tuning] = (
            pd.concat([new for new, _ in z]),
            np.concatenate([new[:, :, k] for new in news]),
        )
        found["one split", tuning] = z[0][0], news[0][:, :, k]
        found["inner folds", tuning] = z[0][1], inners[0][:, :, k]
    found["test lines", RULES[0]] = (
        pd.concat([new for new, _ in z]),
        np.concatenate([new[:, :, CHOSEN.index("test lines")] for new in news]),
    )
    return found


def screen_of(material, options, judge, drug):
    """Return the responses by which a judge ranks predictions; None if it does not have the drug.

    Where models were trained on the second screen, or on the other entry of Doxorubicin, the response
    of the default reading is the second screen.
    """
    screen = material.judges.get(judge)
    if screen is None or drug not in screen:
        return None
    trained = options["response"] == SECOND or (drug == DRUG and options["doxorubicin"] == ENTRY)
    if judge == "second screen" and trained:
        return next(iter(material.responses.values()))[drug]
    return screen[drug]


def _scores(z, predicted, judge, screen):
    """Return what each line adds to the score of every method (n, methods)."""
    if judge == "squared error":
        return -((z.to_numpy()[:, None] - predicted) ** 2) / len(z)
    if judge == "rank correlation":
        judged = z
    elif screen is None:
        return np.full(predicted.shape, np.nan)
    else:
        judged = screen.reindex(z.index)
    known = judged.notna().to_numpy()
    scores = np.zeros(predicted.shape)
    if known.sum() < 3:
        return np.full(predicted.shape, np.nan)
    a = _standard(rankdata(judged[known]))
    for k in range(predicted.shape[1]):
        scores[known, k] = a * _standard(rankdata(predicted[known, k])) / known.sum()
    return scores


def _standard(ranks):
    spread = ranks.std()
    return (ranks - ranks.mean()) / spread if spread > 0 else np.zeros(len(ranks))


def prediction_curves(readings, lines, signs=None):
    """Return the curves of C1 and C2 from the `gains` of lines.

    Parameters
    ----------
    readings, lines
        Of `gains`.
    signs : ndarray (R, n), optional
        1 or -1 by draw and line: under the null hypothesis that both methods of a comparison
        predict a line equally well, its difference may as well have the other sign. Without it the
        curves have no draws.
    """
    signs = np.zeros((0, next(iter(lines.values())).shape[1])) if signs is None else signs
    draws = np.concatenate((np.ones((1, signs.shape[1])), signs)).astype(np.float32)
    tables, networks, least = (
        [],
        [],
        {claim: [] for claim in DRUG_CLAIMS if DRUG_CLAIMS[claim] in lines},
    )
    pro, ela, la = (METHODS.index(name) for name in ("Pro", "ELA", "LA"))
    kept = {claim: [] for claim in least}
    for name in SECOND_MODELS:
        nwp = METHODS.index(f"NW.P, {name}")
        tables.append(readings.assign(second=name))
        apart = [
            (v[:, :, pro] + v[:, :, nwp] - v[:, :, ela] - v[:, :, la]) / 2 for v in lines.values()
        ]
        known = ~np.isnan(apart)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known.any(axis=0), np.nansum(apart, axis=0) / count, np.nan)
        networks.append(mean @ draws.T)
        for claim in least:
            v = lines[DRUG_CLAIMS[claim]]
            parts = [(v[:, :, pro] - v[:, :, other]) @ draws.T for other in (nwp, ela, la)]
            least[claim].append(np.stack(parts, axis=-1))
            kept[claim].append(~np.isnan(v).any(axis=(1, 2)))
    readings = pd.concat(tables, ignore_index=True)
    met = np.ones(len(readings), bool)
    parts = np.concatenate(networks).T[:, :, None]
    own = ~np.isnan(parts).any(axis=(0, 2))  # a judge may have none of the drugs
    table = readings[own].reset_index(drop=True)
    found = {"C1": Curve("C1", table, parts[:, own], met[own], draws=FLIPS)}
    for claim, values in least.items():
        own = np.concatenate(kept[claim])
        parts = np.moveaxis(np.concatenate(values), 1, 0)[:, own]
        table = readings[own].reset_index(drop=True)
        found[claim] = Curve(claim, table, parts, met[own], LEAST, FLIPS)
    return found


def sign_draws(lines, draws, seed):
    """Return random signs (draws, lines)."""
    return np.random.default_rng([seed, 16]).choice((-1.0, 1.0), (draws, lines))


def stacked(curves):
    """Return one curve of the observed one and others without draws, as its draws by exchange."""
    first, *others = curves
    parts = np.concatenate([curve.parts[:1] for curve in (first, *others)])
    return Curve(first.claim, first.readings, parts, first.conditions, first.combine, EXCHANGES)


# Markers --------------------------------------------------------------------------------------


def marker_curve(results, fits, drugs):
    """Return the curve of C3 from (fit, drug) to its result (`prediction.marker_fits`).

    The estimate is the probability that a published marker is ranked before another gene, minus one
    half. A reading agrees if all seven are among the genes that it calls markers.
    """
    rows, parts, met = [], [], []
    for fit in fits:
        found = [results[fit, drug] for drug in drugs]
        genes = pd.Index(found[0]["genes"])
        for other in found[1:]:
            genes = genes.intersection(pd.Index(other["genes"]), sort=False)
        inside = genes.isin(list(MARKERS))
        if not inside.any():
            continue
        ranks = np.array(
            [unpack(f["ranks"])[..., pd.Index(f["genes"]).get_indexer(genes)] for f in found]
        )
        last = len(genes) + 1.0
        ranks = np.where(np.isnan(ranks), last, ranks)
        places = {"every drug": ranks.max(axis=0), "mean rank": ranks.mean(axis=0)}
        places["one drug"] = ranks.min(axis=0)
        for common, (k, tuning), (j, rank) in itertools.product(
            COMMON, enumerate(RULES), enumerate(RANKS)
        ):
            place = places[common][:, k, j]
            ahead = probability_ahead(place, inside) - 0.5
            order = place[0]
            if common == "mean rank":
                order = np.where(order < last, rankdata(order, "min"), last)
            for name, count in FIRST.items():
                most = max(1, round(len(genes) / 10)) if count is None else count
                rows.append((*fit, tuning, rank, name, common))
                parts.append(ahead)
                met.append(inside.sum() == len(MARKERS) and bool((order[inside] <= most).all()))
    if not rows:
        return {}
    readings = pd.DataFrame(rows, columns=[*FIT, "tuning", "rank", "first", "common"])
    return {"C3": Curve("C3", readings, np.array(parts).T[:, :, None], np.array(met))}


def probability_ahead(place, inside):
    """Return the probability that a marker has a smaller place than another gene, by draw.

    `place` is (draws, p), `inside` says which genes are markers; ties count one half.
    """
    ranks = rankdata(place, axis=1)
    m, others = int(inside.sum()), int((~inside).sum())
    above = ranks[:, inside].sum(axis=1) - m * (m + 1) / 2
    return 1.0 - above / (m * max(others, 1))


# Simulation -----------------------------------------------------------------------------------


def simulation_curve(results, designs, count, draws, seed):
    """Return the curve of C8 from (design, number) to its rates (`simulation.select`).

    The parts are Pro's lead over NW.P, ELA and LA; draws turn the signs of the leads of whole data sets;
    p values are Student's over data sets.
    """
    rng = np.random.default_rng([seed, 17])
    rows, parts, p_parts, met = [], [], [], []
    pro, ela, la = (METHODS.index(name) for name in ("Pro", "ELA", "LA"))
    for design in designs:
        rates = np.array([results[design, number] for number in range(count)])
        signs = np.concatenate((np.ones((1, count)), rng.choice((-1.0, 1.0), (draws, count))))
        ave = rates[..., :2].mean(axis=-1)
        measures = {"TP at equal TN": rates[..., RATES.index("TP at equal TN")]}
        measures["mean of TP and TN"] = ave
        mean = rates.mean(axis=0)
        for measure, (k, tuning), (j, selected), second in itertools.product(
            measures, enumerate(TUNING), enumerate(SELECTED), SECOND_MODELS
        ):
            values = measures[measure][:, :, k, j]
            others = [METHODS.index(f"NW.P, {second}"), ela, la]
            leads = values[:, [pro]] - values[:, others]
            rows.append((*design, tuning, selected, measure, second))
            parts.append(signs @ leads / count)
            p_parts.append(_student_p(signs, leads))
            met.append(mean[pro, k, j, 0] >= HIGH_TP and mean[pro, k, j, 1] >= HIGH_TN)
    columns = [*DESIGN, "simulated tuning", "selected", "measure", "second"]
    readings = pd.DataFrame(rows, columns=columns)
    arrays = [np.moveaxis(np.array(v), 0, 1) for v in (parts, p_parts)]
    return {"C8": Curve("C8", readings, arrays[0], np.array(met), LEAST, FLIPS, arrays[1])}


def _student_p(signs, leads):
    """Return the one-sided p value of the mean of the leads (n, m) under every draw of signs."""
    n = len(leads)
    if n < 2:
        return np.ones((len(signs), leads.shape[1]))
    mean = signs @ leads / n
    variance = np.maximum((leads**2).mean(axis=0) - mean**2, 0.0) * n / (n - 1)
    se = np.sqrt(variance / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(
            se > 1e-12, mean / se, np.where(np.abs(mean) > 1e-12, np.sign(mean) * np.inf, 0.0)
        )
    return student.sf(t, n - 1)
