"""Replicates of the paper's first table: which genes each method selects where the truth is known.

A gene is relevant and selected by theta, or (measures whose names end in ``by u``) by u = B theta,
the effect of its own expression, as in `recovery`; the paper's rule is not legible. ELA and LA
estimate u alone, so by theta their coefficient takes its place. Since TP depends on how many genes
the lambdas select, ``TP at TN 0.95`` is the share of relevant genes among the first by |theta| or
|u| when exactly 5% of the irrelevant genes are selected.

Edges are pairs of genes, found if either gene regulates the other; ``edge AUPR`` is the average
precision of |B_qj| + |B_jq|, whose chance level is the share of linked pairs.

Every replicate draws its own data, and each method's lambdas are chosen by cross-validation on it.
The response is divided by its standard deviation in training, as the real ones are z-scores.
"""

import zlib
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_curve

from pnetlib.execution.engine import Engine
from pnetlib.steps.choice import METHODS, choose, refit
from pnetlib.steps.simulation.designs import RESPONSES, SCENARIOS, Design, draw_truth
from pnetlib.steps.simulation.recovery import BY_U, RATES, by_u, selection_rates

N_TFS = (5, 10)  # of the paper's table
TN_LEVEL = 0.95
AT_LEVEL = "TP at TN 0.95"
SELECTION = (*RATES, AT_LEVEL)
EDGE_MEASURES = ("edge TP", "edge TN", "edge AUPR")
MEASURES = (*SELECTION, *(name + BY_U for name in SELECTION), *EDGE_MEASURES, "error")
RELEVANT = ("relevant by theta", "relevant by u", "relevant by both")
CELL = ["graph", "n_tfs", "scenario", "error level", "response"]


def table_designs(sizes, error):
    """Return the eight cells of the paper's table for each of the two ways in which effects act."""
    return [
        Design("TF hub", n_tfs, scenario, error, response, sizes.modules)
        for response in RESPONSES
        for n_tfs in N_TFS
        for scenario in SCENARIOS
    ]


def graph_designs(sizes, error, hard_error):
    """Return scenario 1 with 5 acting hubs on every network at two error levels.

    TF hubs at `error` are omitted, since they are a cell of the table.
    """
    return [
        Design(graph, 5, 1, level, response, sizes.modules)
        for response in RESPONSES
        for level in (error, hard_error)
        for graph in sizes.graphs
        if (graph, level) != ("TF hub", error)
    ]


def shared_cells(replicates):
    """Return the replicates of the table that belong with those of `graph_designs`."""
    return replicates[(replicates["n_tfs"] == 5) & (replicates["scenario"] == 1)]


def ablation_designs(sizes, error):
    """Return the cells of the table with 5 TFs, in the scenarios of the ablation."""
    cells = table_designs(sizes, error)
    return [d for d in cells if d.n_tfs == 5 and d.scenario in sizes.ablation_scenarios]


@dataclass(frozen=True)
class Data:
    """One data set: the truth, training samples and new samples.

    Responses are divided by `unit`, the standard deviation in training.
    """

    truth: object
    X: np.ndarray
    z: np.ndarray
    X_new: np.ndarray
    z_new: np.ndarray
    unit: float


def draw_data(design, number, sizes, seed):
    """Return the data set of a replicate, determined by design, number, sizes and seed."""
    rng = np.random.default_rng([seed, number, zlib.crc32(repr(design).encode())])
    truth = draw_truth(design, rng)
    X, z = truth.sample(sizes.n_train, rng)
    X_new, z_new = truth.sample(sizes.n_test, rng)
    unit = float(z.std())
    return Data(truth, X, z / unit, X_new, z_new / unit, unit)


def rate_at(importance, relevant, TN=TN_LEVEL):
    """Return TP when genes are selected by importance until 1 - TN of the irrelevant ones are.

    Genes of equal importance, such as those not selected, count as if in random order.
    """
    false, true, _ = roc_curve(relevant, importance, drop_intermediate=False)
    last = np.flatnonzero(false <= 1.0 - TN + 1e-12)[-1]
    if last == len(false) - 1:
        return float(true[last])
    share = (1.0 - TN - false[last]) / (false[last + 1] - false[last])
    return float(true[last] + share * (true[last + 1] - true[last]))


def _selected(importance, relevant):
    """Return the `SELECTION` measures of genes selected where their importance is not 0."""
    rates = selection_rates(importance != 0, relevant)
    return rates | {AT_LEVEL: rate_at(np.abs(importance), relevant)}


def edge_rates(B, links):
    """Return TP, TN and average precision over pairs of genes.

    B is the estimated network, a sparse array (p, p), and `links` the true links, bool (p, p).
    """
    size = np.abs(B.toarray())
    pairs = np.triu_indices(len(links), 1)
    weight, truth = (size + size.T)[pairs], links[pairs]
    rates = selection_rates(weight != 0, truth)
    precision = float(average_precision_score(truth, weight))
    return dict(zip(EDGE_MEASURES, (rates["TP"], rates["TN"], precision)))


def measure(data, moments, u, state):
    """Return all `MEASURES` of one fitted model; NaN for edges if it has no network.

    Parameters
    ----------
    data : Data
    moments : Moments
        Of the training samples.
    u : ndarray (p,)
        Predictor, in standard deviations of the response per standard deviation of a gene.
    state : State or None
        Network and theta (Pro and NW.P).

    Returns
    -------
    dict
        Rates between 0 and 1; ``error`` is the mean squared error on new samples divided by the
        variance of the response, which is at least the share of noise on average.
    """
    truth = data.truth
    selector = u if state is None else state.theta
    edges = dict.fromkeys(EDGE_MEASURES, np.nan)
    if state is not None:
        edges = edge_rates(state.B.matrix(), truth.links)
    predicted = moments.z_mean + (data.X_new - moments.mean) / moments.scale @ u
    error = np.mean((data.z_new - predicted) ** 2) * data.unit**2 / truth.variance
    return {
        **_selected(selector, truth.relevant_by_theta),
        **by_u(_selected(u, truth.relevant_by_u)),
        **edges,
        "error": float(error),
    }


def cell(design):
    """Return a design as the first columns of a table."""
    fields = asdict(design)
    fields["error level"] = fields.pop("error")
    return {name: fields[name] for name in CELL}


def replicate(design, number, sizes, seed):
    """Choose lambdas and fit all methods on one data set; return one row per method, a dict.

    The rows compare the methods with the truth; `RELEVANT` are numbers of genes in it.
    """
    data = draw_data(design, number, sizes, seed)
    moments, choice = choose(data.X, data.z, sizes.tuning, seed + number)
    truth, rows = data.truth, []
    known = {"linked pairs": float(truth.links.mean()), "noise": truth.noise / truth.variance}
    by_theta, by_own = truth.relevant_by_theta, truth.relevant_by_u
    for name, genes in zip(RELEVANT, (by_theta, by_own, by_theta & by_own)):
        known[name] = int(genes.sum())
    for method in METHODS:
        point = choice.point(method)
        lambdas = {name: point.get(name, np.nan) for name in ("lam1", "lam2", "lam3", "lam4")}
        rates = measure(data, moments, *refit(choice, method))
        rows.append(
            {**cell(design), "replicate": number, "method": method, **rates, **lambdas, **known}
        )
    return rows


def run_replicates(
    designs, count, sizes, seed, *, work=replicate, engine=None, stored=None, advance=None
):
    """Draw and analyse `count` data sets of every design; return a table of all rows.

    `work` is a module-level function that analyses one data set: ``work(design, number, sizes,
    seed)`` returns rows. `stored` has the rows of data sets that were analysed before.
    """
    tasks = [(design, number, sizes, seed) for design in designs for number in range(count)]
    stored = stored and stored.of(work.__module__, work.__name__)
    parts = (engine or Engine(threads=1)).map(work, tasks, stored=stored, advance=advance)
    return pd.DataFrame([row for part in parts for row in part])
