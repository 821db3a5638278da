"""Designs of the simulation study: networks, expression and responses whose truth is known.

The paper's own design is not legible; these are standard ones. ``TF hub`` is that of Li and Li
(Bioinformatics 2008;24:1175): transcription factors (TFs) with 10 genes each, X_TF ~ N(0, 1), a
gene given its TF ~ N(0.7 X_TF, 0.51), and their four models of signs and sizes of effects, here
called scenarios. The graphs ``random``, ``cluster``, ``scale-free`` and ``hub`` are those of
Gaussian graphical models (as in Zhao et al., Journal of Machine Learning Research 2012;13:1059):
genes that are not linked are independent given all others.

Our choices: the total number of TFs, the effects of more than four TFs (theirs, repeated), the
strength of the links of a graph (set by the same error level), and which of its genes act.

A response through predicted activity, ``z = X B theta + e``, has two sets of relevant genes: those
whose predicted activity acts (theta is not 0), and those whose own expression acts (u = B theta is
not 0), which include the regulators of the former. The sets agree where a gene is linked within
its module only, as in ``TF hub`` and ``hub``, and where effects act through expression.
"""

from dataclasses import dataclass

import networkx as nx
import numpy as np
from scipy.optimize import brentq

from pnetlib.errors import UsageError

GRAPHS = ("TF hub", "random", "cluster", "scale-free", "hub")
SCENARIOS = (1, 2, 3, 4)
RESPONSES = ("expression", "activity")
ROUNDING = 1e-12  # a share of the largest |u| below which u is 0 but for rounding
ERROR = 0.51  # Li and Li's variance of a gene given its TF
SIZES = (5.0, -5.0, 3.0, -3.0)  # effects of the TFs in Li and Li
PER_TF = 10  # genes per TF
OPPOSED = 3  # genes of a TF whose effect has the other sign in scenarios 2 and 4
GROUP = 20  # genes per group in the graphs cluster and hub
EDGES_PER_GENE = {"random": 1.0, "cluster": 2.0}


@dataclass(frozen=True)
class Design:
    """Design from which a simulated data set is drawn.

    Parameters
    ----------
    graph : {"TF hub", "random", "cluster", "scale-free", "hub"}
        The network.
    n_tfs : int
        Number of TFs, or hubs of a graph, that act on the response together with their genes.
    scenario : {1, 2, 3, 4}
        Li and Li's model. Effects of a TF's m genes are the TF's divided by sqrt(m) in 1 and 2,
        by m in 3 and 4; in 2 and 4 three of ten have the opposite sign.
    error : float
        Share of a linked gene's variance that the network leaves unexplained, between 0 and 1:
        of a gene given its TF, or the mean over a graph's linked genes given all others.
    response : {"expression", "activity"}
        Effects act through expression, ``z = X beta + e`` (Li and Li), or through predicted
        activity, ``z = X B theta + e`` (the model of Pro, with the true B).
    modules : int
        Number of all TFs; there are 11 times as many genes.

    Raises
    ------
    UsageError
        If a value is unknown, or the numbers contradict each other.
    """

    graph: str = "TF hub"
    n_tfs: int = 5
    scenario: int = 1
    error: float = ERROR
    response: str = "expression"
    modules: int = 20

    def __post_init__(self):
        for name, known in (("graph", GRAPHS), ("scenario", SCENARIOS), ("response", RESPONSES)):
            value = getattr(self, name)
            if value not in known:
                words = ", ".join(map(str, known))
                raise UsageError(f"{name} must be one of {words}, not {value!r}.")
        if not 0.0 < self.error < 1.0:
            raise UsageError(f"error must be between 0 and 1, not {self.error!r}.")
        if not 1 <= self.n_tfs <= self.modules:
            raise UsageError(
                f"n_tfs must be between 1 and the number of TFs (modules = {self.modules}), not "
                f"{self.n_tfs!r}."
            )

    @property
    def n_genes(self):
        """Number of genes: all TFs and the genes they regulate."""
        return self.modules * (PER_TF + 1)


@dataclass(frozen=True)
class Truth:
    """Truth from which a data set is drawn.

    Attributes
    ----------
    design : Design
    links : ndarray of bool (p, p)
        Linked pairs of genes, symmetric.
    covariance : ndarray (p, p)
        Covariance of expression; every gene has variance 1.
    effects : ndarray (p,)
        beta, or theta if effects act through predicted activity.
    noise : float
        Variance of the response that expression does not explain.
    """

    design: Design
    links: np.ndarray
    covariance: np.ndarray
    effects: np.ndarray
    noise: float

    @property
    def relevant_by_theta(self):
        """Whether the predicted activity of each gene has an effect (theta), bool (p,).

        If effects act through expression there is no theta, and beta takes its place.
        """
        return self.effects != 0.0

    @property
    def relevant_by_u(self):
        """Whether the expression of each gene has an effect given all other genes (u), bool (p,).

        The true u is known, so no share of the largest needs to be chosen as a limit.
        """
        size = np.abs(self.slope)
        return size > ROUNDING * size.max()

    @property
    def B(self):
        """True regression coefficients of each gene on all others, regulators x targets (p, p)."""
        precision = np.linalg.inv(self.covariance)
        B = np.where(self.links, -precision / np.diag(precision), 0.0)
        np.fill_diagonal(B, 0.0)
        return B

    @property
    def slope(self):
        """Coefficients u of ``z = X u + e``: the effects, or ``B theta``."""
        return self.effects if self.design.response == "expression" else self.B @ self.effects

    @property
    def variance(self):
        """Variance of the response."""
        return float(self.slope @ self.covariance @ self.slope) + self.noise

    def sample(self, n, rng):
        """Draw expression (n, p) and response (n,) of new samples."""
        X = rng.standard_normal((n, len(self.effects))) @ np.linalg.cholesky(self.covariance).T
        return X, X @ self.slope + np.sqrt(self.noise) * rng.standard_normal(n)


def draw_truth(design, rng):
    """Draw the network of a design (that of TF hubs is fixed) and plant its effects; a `Truth`.

    The noise variance follows Li and Li: a quarter of the sum of squared effects on expression. A
    response through predicted activity has the same share of noise.
    """
    links = _links(design, rng)
    if design.graph == "TF hub":
        covariance, modules = _tf_covariance(design), _tf_modules(design)
    else:
        covariance = graph_covariance(links, design.error)
        modules = acting_modules(links, design.n_tfs)
    effects = planted_effects(modules, design.scenario, len(links))
    noise = float(effects @ effects) / 4.0
    truth = Truth(design, links, covariance, effects, noise)
    if design.response == "activity":
        through = effects @ covariance @ effects
        noise *= float(truth.slope @ covariance @ truth.slope / through)
    return Truth(design, links, covariance, effects, noise)


def planted_effects(modules, scenario, n_genes):
    """Return the effects (n_genes,) of the acting TFs and their genes; 0 for other genes.

    Modules are arrays of positions, each a TF or hub followed by its genes.
    """
    effects = np.zeros(n_genes)
    for number, (hub, *genes) in enumerate(modules):
        size, m = SIZES[number % len(SIZES)], len(genes)
        effects[hub] = size
        effects[genes] = size / (np.sqrt(m) if scenario in (1, 2) else m)
        if scenario in (2, 4):
            opposed = round(m * OPPOSED / PER_TF)
            effects[genes[:opposed]] *= -1.0
    return effects


def acting_modules(links, n_tfs):
    """Return the hubs of a graph that act, each followed by the genes linked to it.

    Hubs are taken in order of the number of neighbours that belong to no module yet (ties: the
    first gene); no gene belongs to two modules.
    """
    free, modules = np.ones(len(links), bool), []
    for _ in range(n_tfs):
        degree = np.where(free, links[:, free].sum(axis=1), -1)
        hub = int(np.argmax(degree))
        if degree[hub] < 1:
            raise UsageError(
                f"n_tfs is {n_tfs}, but the graph has only {len(modules)} hubs with genes of "
                "their own; lower n_tfs or raise modules."
            )
        genes = np.flatnonzero(links[hub] & free)
        module = np.concatenate(([hub], genes))
        free[module] = False
        modules.append(module)
    return modules


def graph_covariance(links, error):
    """Return the covariance (p, p) of a Gaussian graphical model with given unexplained variance.

    The precision matrix is I - t N, where N has the links, bool (p, p), divided by sqrt(d_q d_j),
    and is positive definite for t < 1. t is chosen so that linked genes retain, on average, the
    share `error` of their variance once all others are known. Every gene is scaled to variance 1.
    """
    degree = links.sum(axis=1)
    scale = np.sqrt(np.maximum(degree, 1))
    values, vectors = np.linalg.eigh(links / np.outer(scale, scale))
    squares = vectors[degree > 0] ** 2

    def left(t):
        return float(np.mean(1.0 / (squares @ (1.0 / (1.0 - t * values)))))

    t = brentq(lambda t: left(t) - error, 0.0, 1.0 - 1e-9, xtol=1e-14)
    covariance = (vectors / (1.0 - t * values)) @ vectors.T
    sd = np.sqrt(np.diag(covariance))
    return covariance / np.outer(sd, sd)


def _tf_modules(design):
    """Return the acting TFs, which come first, each followed by its genes."""
    return list(np.arange(design.n_tfs * (PER_TF + 1)).reshape(design.n_tfs, -1))


def _tf_covariance(design):
    """Return the covariance of genes ~ N(sqrt(1 - error) X_TF, error), one block per TF."""
    loading = np.full(PER_TF + 1, np.sqrt(1.0 - design.error))
    loading[0] = 1.0
    block = np.outer(loading, loading)
    np.fill_diagonal(block, 1.0)
    return np.kron(np.eye(design.modules), block)


def _links(design, rng):
    """Draw the linked pairs, bool (p, p)."""
    p = design.n_genes
    if design.graph == "TF hub":
        return _adjacency(_stars(_groups(p, PER_TF + 1)), p)
    if design.graph == "hub":
        return _adjacency(_stars(_groups(p, GROUP)), p)
    if design.graph == "scale-free":
        return _adjacency(nx.barabasi_albert_graph(p, 1, seed=_seed(rng)).edges, p)
    groups = [range(p)] if design.graph == "random" else _groups(p, GROUP)
    edges = []
    for group in groups:
        wanted = round(EDGES_PER_GENE[design.graph] * len(group))
        inside = nx.gnm_random_graph(len(group), wanted, seed=_seed(rng))
        edges += [(group[q], group[j]) for q, j in inside.edges]
    return _adjacency(edges, p)


def _seed(rng):
    return int(rng.integers(2**31))


def _groups(p, size):
    """Split genes into consecutive groups of a size; the last may be smaller."""
    return [range(first, min(first + size, p)) for first in range(0, p, size)]


def _stars(groups):
    """Return the edges from the first gene of each group to the others."""
    return [(group[0], gene) for group in groups for gene in group[1:]]


def _adjacency(edges, p):
    links = np.zeros((p, p), bool)
    q, j = np.array(list(edges)).T
    links[q, j] = links[j, q] = True
    return links
