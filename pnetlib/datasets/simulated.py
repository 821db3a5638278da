"""A simulated cohort, as large and correlated as GDSC, with a known network and known effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from pnetlib.datasets.cohort import Cohort
from pnetlib.datasets.truth import SimulationTruth
from pnetlib.errors import UsageError
from pnetlib.paper.drugs import PAPER_DRUGS

SENSITIVE, RESISTANT = "ST", "RS"

# The constants below are this project's choice. tests/datasets/test_simulated.py compares the
# resulting cohorts with known properties of the real one.

# Marker: the direction of its effect, and the hubs that regulate it, strongest first; "a" and "b"
# are two hubs that no gene regulates. Regulators come before what they regulate.
_MARKERS = {
    "AKR1C1": ("sensitivity", ("a",)),
    "ZNF204P": ("sensitivity", ("a",)),
    "C1QL1": ("resistance", ("b",)),
    "ANXA10": ("sensitivity", ("AKR1C1", "ZNF204P")),
    "ZNF165": ("sensitivity", ("ZNF204P", "a")),
    "AKR1C3": ("resistance", ("b", "C1QL1")),
    "AKR1B10": ("resistance", ("C1QL1", "b")),
}
_SIGNS = {"sensitivity": -1.0, "resistance": 1.0}  # a larger response is a more resistant line
_ACTING_MODULES = ("ANXA10", "ZNF165", "AKR1C3", "AKR1B10")
# The markers whose edges to targets, and whose edges from regulators, a group has lost.
_LOST = {
    SENSITIVE: {"targets": ["AKR1C3", "AKR1B10"], "regulators": ["AKR1B10"]},
    RESISTANT: {"targets": ["ANXA10", "ZNF165"], "regulators": ["ANXA10", "ZNF165"]},
}

_TISSUES = (
    ("lung", "blood", "skin", "breast", "bowel", "brain", "lymph node", "ovary", "bone", "stomach")
    + ("pancreas", "kidney", "oesophagus", "head and neck", "autonomic ganglia", "soft tissue")
    + ("bladder", "marrow", "cervix", "liver", "thyroid", "endometrium", "pleura", "muscle")
    + ("biliary tract", "prostate", "vulva", "testis", "adrenal gland", "small intestine")
)
_TISSUE_DECAY = 0.9

# A programme is expression shared by the cell lines of some tissues. There are three large ones and
# many small ones; each is on in tissues that make up about the given share of the lines.
_N_PROGRAMMES = 30
_LARGE_ON = (0.18, 0.45, 0.25)
_SMALL_ON = (0.03, 0.10)
_LARGE_VARIANCE = (0.47, 0.25, 0.38)
_SMALL_VARIANCE, _SMALL_DECAY = 0.09, 0.3
_BETWEEN_TISSUES = 0.8

# Beta distributions of the share of a gene's variance explained by programmes (root hubs and free
# genes) or by regulators (other hubs and targets).
_ROOT_SHARE, _FREE_SHARE = (9.0, 2.0), (3.0, 3.0)
_HUB_SHARE, _TARGET_SHARE = (6.0, 4.0), (2.6, 1.8)
_MARKER_SHARE = 0.55
_ALIKE = 2.0  # odds of a further regulator of a target: |r| with its main one, to this power
_REPRESSED = 0.4  # share of genes that their main regulator represses
_SKEWNESS, _SKEWNESS_LIMITS = (2.4, 3.8), (-5.0, 6.0)  # of the unexplained part: normal, clipped
_ON_OFF = 0.85  # share of the unexplained part that is on or off

# Properties of the real cohort: expression (RMA, log2) and responses.
_MEAN_QUANTILES = (0.0, 0.10, 0.25, 0.50, 0.75, 0.90, 1.0)
_MEANS = (3.2, 3.9, 4.5, 5.3, 6.5, 7.8, 11.7)
_SD_RANKS = (1, 10, 50, 100, 250, 500, 976, 1500, 3000, 17419)
_SDS = (3.94, 3.4, 2.9, 2.6, 2.2, 1.9, 1.57, 1.34, 0.95, 0.10)  # the last is a guess
_NETWORK_RANK = 976  # genes up to this rank belong to the network
# Number of cell lines, of those without a response to each drug, and of those that lack any of the
# four responses.
_LINES, _GAPS, _INCOMPLETE = 975, (127, 127, 91, 62), 161
_CORRELATION = (
    (1.00, 0.77, 0.41, 0.36),
    (0.77, 1.00, 0.40, 0.24),
    (0.41, 0.40, 1.00, 0.06),
    (0.36, 0.24, 0.06, 1.00),
)
_R2 = (0.16, 0.28, 0.36, 0.35)  # share of the variance of each response that activities explain
_COMMON_SHARE = 0.3  # of this share, the part of the modules of the markers; others have the rest


@dataclass(frozen=True)
class CohortSize:
    """The size of a simulated cohort; numbers that contradict each other raise a `UsageError`."""

    n_lines: int
    n_genes: int
    n_network: int  # genes of the planted network: the most variable ones
    n_tissues: int  # tissues of origin, at most 30
    n_hubs: int  # hubs of the network, including the seven markers
    n_free: int  # network genes that neither regulate nor are regulated
    n_acting: int  # hubs per drug, besides markers, whose modules act on it and later drugs
    targets_per_hub: float  # mean number of targets of a hub
    n_group: int  # cell lines in each of the groups ST and RS

    def __post_init__(self) -> None:
        if self.n_regulated_hubs < len(PAPER_DRUGS) * self.n_acting or self.n_roots < 2:
            raise UsageError(
                f"n_hubs is {self.n_hubs}, too few for seven markers, two roots and "
                f"{self.n_acting} acting hubs per drug; choose more hubs."
            )
        if not 4 * self.n_hubs <= self.n_targets <= self.targets_per_hub * self.n_hubs:
            raise UsageError(
                f"n_hubs is {self.n_hubs} with {self.n_targets} targets, but there must be four to "
                f"{self.targets_per_hub} targets per hub."
            )
        if self.n_genes < self.n_network:
            raise UsageError(
                f"n_genes is {self.n_genes}, but must be at least n_network, {self.n_network}."
            )
        if not 2 <= self.n_group <= self.n_lines // 4:
            raise UsageError(
                f"n_group is {self.n_group}, but must be between 2 and a quarter of n_lines."
            )
        if not 2 <= self.n_tissues <= min(len(_TISSUES), self.n_lines // 10):
            raise UsageError(
                f"n_tissues is {self.n_tissues}, but must be between 2 and {len(_TISSUES)}, with "
                "at least ten cell lines per tissue."
            )

    @property
    def n_roots(self) -> int:
        """Number of hubs that no gene regulates."""
        return (self.n_hubs - len(_MARKERS) + 1) // 2

    @property
    def n_regulated_hubs(self) -> int:
        """Number of hubs regulated by roots, without the markers."""
        return self.n_hubs - len(_MARKERS) - self.n_roots

    @property
    def n_targets(self) -> int:
        """Number of genes that are regulated and regulate none."""
        return self.n_network - self.n_hubs - self.n_free


SIZES = {
    "smoke": CohortSize(240, 150, 80, 8, 11, 4, 0, 14, 30),
    "standard": CohortSize(975, 1952, 976, 30, 70, 90, 2, 50, 95),
    "paper": CohortSize(975, 9764, 976, 30, 70, 90, 2, 50, 95),
}


def simulate_cohort(seed: int, size: str | CohortSize = "smoke") -> Cohort:
    """Draw a cohort with a known network, known effects and two known groups.

    The means, variances, skewness and correlations of genes, and the correlations and gaps of
    responses, imitate those of the real cohort. The design is this project's choice.

    Parameters
    ----------
    seed : int
        Not negative. Tissues, network, other genes, scale, responses and groups are drawn from
        separate streams.
    size : str or CohortSize, default "smoke"
        ``"smoke"`` (240 cell lines, 150 genes, 80 of them in the network), ``"standard"`` (975,
        1,952, 976), ``"paper"`` (975, 9,764, 976), or any other size.

    Returns
    -------
    Cohort
        Its ``truth`` is a `SimulationTruth`.

    Raises
    ------
    UsageError
        If the seed is negative or there is no such size.

    Notes
    -----
    Network: a directed acyclic graph. Root hubs depend on programmes shared within tissues.
    Further hubs, the seven markers among them, depend on one to three hubs. Each target depends
    on a main hub and a Poisson number of others that act in the same direction. Free genes depend
    on the programmes only. The rest of each gene is skewed noise, independent of all other genes,
    so that regressing a target on its regulators is unbiased.

    Responses: ``z = X B theta + noise``. ``theta`` is nonzero only on the markers, on the modules
    of ANXA10, ZNF165, AKR1C3 and AKR1B10 (a hub and the targets of which it is the main
    regulator), and on further modules that the drugs share to the degree that their responses
    correlate. Within a module ``|theta_j| = a sqrt(d_j)`` with the degree ``d_j``: linked genes
    act alike, hubs act strongly, and the penalty of the model vanishes. Sensitivity markers lower
    the response, resistance markers raise it.

    Groups: the cell lines whose highest response to the four drugs is lowest (ST) or whose lowest
    response is highest (RS), 95 of 975 each. ST has lost the edges from AKR1C3 and AKR1B10 and
    those into AKR1B10. RS has lost the edges from and into ANXA10 and ZNF165, AKR1C1 -> ANXA10
    among them. The contributions of lost edges are shuffled among the lines of the group, which
    removes only the dependence. The responses do not change.
    """
    if size not in SIZES and not isinstance(size, CohortSize):
        raise UsageError(f"size is {size!r}, but must be one of {', '.join(SIZES)}.")
    if seed < 0:
        raise UsageError(f"seed is {seed}, but must be zero or positive.")
    plan = SIZES[size] if isinstance(size, str) else size
    streams = np.random.SeedSequence(seed).spawn(6)
    tissue_rng, network_rng, other_rng, scale_rng, drug_rng, group_rng = (
        np.random.Generator(np.random.PCG64(stream)) for stream in streams
    )

    tissues = _draw_tissues(tissue_rng, plan)
    programmes = _draw_programmes(tissue_rng, tissues)
    network = _grow_network(network_rng, programmes, plan)
    theta = _draw_theta(drug_rng, network, plan)
    responses, theta, r2 = _draw_responses(drug_rng, network.X @ network.B, theta)
    groups = _extreme_lines(responses, plan.n_group)
    X, networks, scale = _switch_edges(group_rng, network, groups, plan)
    others = _draw_programmed(other_rng, programmes, plan.n_genes - plan.n_network, _FREE_SHARE)
    genes = _gene_names(scale_rng, plan)
    lines = pd.Index([f"SIM{number:04d}" for number in range(1, plan.n_lines + 1)])
    drugs = pd.Index(PAPER_DRUGS)

    known = genes[: plan.n_network]
    truth = SimulationTruth(
        **{name: pd.DataFrame(B, index=known, columns=known) for name, B in networks.items()},
        theta=pd.DataFrame(theta * scale[:, None], index=known, columns=drugs),
        hubs=sorted(genes[: plan.n_hubs], key=lambda gene: (gene not in _MARKERS, gene)),
        groups=pd.Series(groups, index=lines),
        roles={name: role for name, (role, _) in _MARKERS.items()},
        r2=pd.Series(r2, index=drugs),
    )
    expression = pd.DataFrame(
        _on_log_scale(scale_rng, np.hstack([X, others]), plan), index=lines, columns=genes
    )
    return Cohort(
        expression=expression[sorted(genes)],
        response=pd.DataFrame(responses, index=lines, columns=drugs),
        annotation=pd.DataFrame(
            {
                "cell_line": [line.replace("SIM", "SIM-") for line in lines],
                "tissue": np.array(_TISSUES)[tissues],
                "tcga": "",
            },
            index=lines,
        ),
        provenance={
            "source": f"SIMULATED: seed {seed}, {plan.n_lines} lines, {plan.n_genes} genes",
            "simulated": True,
            "files": {},
            "handled": [],
            "drugs": dict(PAPER_DRUGS),
        },
        truth=truth,
    )


@dataclass(frozen=True, eq=False)
class _Network:
    """Standardised genes, ordered so that regulators come before their targets."""

    X: np.ndarray  # n_lines x n_network
    B: np.ndarray  # regulators x targets
    main: np.ndarray  # main regulator of each target; -1 for hubs and free genes


def _draw_tissues(rng: np.random.Generator, plan: CohortSize) -> np.ndarray:
    """Return the tissue of each cell line; the first are the largest, each has three or more."""
    share = _TISSUE_DECAY ** np.arange(plan.n_tissues)
    sizes = 3 + rng.multinomial(plan.n_lines - 3 * plan.n_tissues, share / share.sum())
    return rng.permutation(np.repeat(np.arange(plan.n_tissues), sizes))


def _draw_programmes(rng: np.random.Generator, tissues: np.ndarray) -> np.ndarray:
    """Return standardised programmes, cell lines x programmes, the large ones first."""
    share = np.bincount(tissues) / len(tissues)
    small = rng.uniform(*_SMALL_ON, _N_PROGRAMMES - len(_LARGE_ON))
    on = np.zeros((len(share), _N_PROGRAMMES))
    for programme, wanted in enumerate([*_LARGE_ON, *small]):
        order = rng.permutation(len(share))
        n_on = 1 + np.searchsorted(np.cumsum(share[order])[:-2], wanted)
        on[order[:n_on], programme] = 1
    within = rng.standard_normal((len(tissues), _N_PROGRAMMES))
    programmes = _blend(on[tissues], _BETWEEN_TISSUES, within)
    for programme in range(1, len(_LARGE_ON)):  # large ones that overlap would merge into one
        before = programmes[:, :programme]
        programmes[:, programme] -= before @ np.linalg.lstsq(before, programmes[:, programme])[0]
    return _standard(programmes)


def _draw_programmed(
    rng: np.random.Generator, programmes: np.ndarray, n_genes: int, share: tuple[float, float]
) -> np.ndarray:
    """Return genes of whose variance programmes explain a share drawn from a beta distribution."""
    if not n_genes:
        return np.empty((len(programmes), 0))
    n_large, n_small = len(_LARGE_ON), _N_PROGRAMMES - len(_LARGE_ON)
    small = _SMALL_VARIANCE * np.arange(1, n_small + 1) ** -_SMALL_DECAY
    loadings = rng.standard_normal((_N_PROGRAMMES, n_genes))
    # A small programme affects few genes, but these strongly and more often upwards.
    loadings[n_large:] *= np.abs(loadings[n_large:])
    upwards = rng.random((n_small, n_genes)) < 0.4
    loadings[n_large:] = np.where(upwards, np.abs(loadings[n_large:]), loadings[n_large:])
    loadings *= np.sqrt([*_LARGE_VARIANCE, *small] / np.mean(loadings**2, axis=1))[:, None]
    noise = _draw_noise(rng, len(programmes), n_genes)
    return _blend(programmes @ loadings, rng.beta(*share, n_genes), noise)


def _draw_noise(rng: np.random.Generator, n_lines: int, n_genes: int) -> np.ndarray:
    """Return noise, cell lines x genes: on in some lines, off in the others, and blurred.

    A gene that is on in a share q of the lines has skewness ``(1 - 2 q) / sqrt(q (1 - q))``.
    """
    skewness = np.clip(rng.normal(*_SKEWNESS, n_genes), *_SKEWNESS_LIMITS)
    share = (1 - skewness / np.sqrt(4 + skewness**2)) / 2
    on = rng.random((n_lines, n_genes)) < share
    return _blend(on - share, _ON_OFF, rng.standard_normal((n_lines, n_genes)))


def _blend(part: np.ndarray, share: float | np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Return standardised columns: `part` explains a share of the variance, noise the rest."""
    return _standard(np.sqrt(share) * _standard(part) + np.sqrt(1 - share) * _standard(noise))


def _standard(columns: np.ndarray) -> np.ndarray:
    spread = columns.std(axis=0)
    return (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1)


def _grow_network(rng: np.random.Generator, programmes: np.ndarray, plan: CohortSize) -> _Network:
    """Draw the genes of the network: roots, markers, other hubs, targets, free genes."""
    X = np.zeros((len(programmes), plan.n_network))
    B = np.zeros((plan.n_network, plan.n_network))
    noise = _draw_noise(rng, *X.shape)

    def regulate(gene: int, regulators: np.ndarray, weights: np.ndarray, share: float) -> None:
        weights = weights * np.sqrt(share) / (X[:, regulators] @ weights).std()
        values = X[:, regulators] @ weights + np.sqrt(1 - share) * noise[:, gene]
        X[:, gene] = _standard(values)
        B[regulators, gene] = weights / values.std()

    roots, markers, hubs, targets, free = _kinds(plan)
    X[:, roots] = _draw_programmed(rng, programmes, len(roots), _ROOT_SHARE)
    X[:, free] = _draw_programmed(rng, programmes, len(free), _FREE_SHARE)
    known = dict(zip(_MARKERS, markers)) | dict(zip("ab", _unlike_pair(X[:, roots])))
    for marker, (_, names) in _MARKERS.items():
        regulators = np.array([known[name] for name in names])
        regulate(known[marker], regulators, np.array([1.0, 0.5])[: len(names)], _MARKER_SHARE)
    for gene in hubs:
        regulators = rng.choice(roots, rng.integers(1, min(4, len(roots))), replace=False)
        regulate(gene, regulators, _in_concert(rng, X[:, regulators]), rng.beta(*_HUB_SHARE))

    alike = np.abs(np.corrcoef(X[:, : plan.n_hubs], rowvar=False)) ** _ALIKE
    np.fill_diagonal(alike, 0)
    further = plan.targets_per_hub * plan.n_hubs / plan.n_targets - 1
    main = np.full(plan.n_network, -1)
    main[targets] = np.arange(plan.n_targets) % plan.n_hubs
    for gene in targets:
        odds = alike[main[gene]] / alike[main[gene]].sum()
        n_further = min(rng.poisson(further), plan.n_hubs - 1)
        others = rng.choice(plan.n_hubs, n_further, replace=False, p=odds)
        regulators = np.concatenate([[main[gene]], others])
        regulate(gene, regulators, _in_concert(rng, X[:, regulators]), rng.beta(*_TARGET_SHARE))
    return _Network(X, B, main)


def _kinds(plan: CohortSize) -> list[np.ndarray]:
    """Return the positions of roots, markers, other regulated hubs, targets and free genes."""
    ends = np.cumsum([plan.n_roots, len(_MARKERS), plan.n_regulated_hubs, plan.n_targets])
    return np.split(np.arange(plan.n_network), ends)


def _unlike_pair(columns: np.ndarray) -> tuple[int, int]:
    """Return the two columns that are least correlated."""
    r = np.abs(np.corrcoef(columns, rowvar=False))
    first, second = np.unravel_index(r.argmin(), r.shape)
    return int(first), int(second)


def _in_concert(rng: np.random.Generator, regulators: np.ndarray) -> np.ndarray:
    """Return weights, the first one largest, with which correlated regulators do not cancel."""
    weights = rng.uniform(0.5, 1.0, regulators.shape[1])
    weights[0] = 1.0
    weights *= np.sign(regulators.T @ regulators[:, 0])
    return -weights if rng.random() < _REPRESSED else weights


def _draw_theta(rng: np.random.Generator, network: _Network, plan: CohortSize) -> np.ndarray:
    """Return effects, genes x drugs, scaled so that the activities explain the shares `_R2`."""
    activity = network.X @ network.B
    n_drugs = len(PAPER_DRUGS)
    _, markers, hubs, _, _ = _kinds(plan)
    theta = np.zeros((plan.n_network, n_drugs))
    for marker, (name, (role, _)) in zip(markers, _MARKERS.items()):
        strength = _SIGNS[role] * rng.uniform(0.7, 1.3) * rng.uniform(0.7, 1.3, n_drugs)
        theta += np.outer(_act_alike(network, marker, name in _ACTING_MODULES), strength)
    if plan.n_acting:
        # Correlated drugs share modules, or their responses could not be so strongly correlated.
        shared = np.linalg.cholesky(_CORRELATION)
        own = np.zeros_like(theta)
        for at, hub in enumerate(rng.choice(hubs, n_drugs * plan.n_acting, replace=False)):
            acting = rng.choice([-1.0, 1.0]) * _act_alike(network, hub, module=True)
            own += np.outer(acting / (activity @ acting).std(), shared[:, at % n_drugs])
        theta *= np.sqrt(_COMMON_SHARE) / (activity @ theta).std(axis=0)
        theta += own * np.sqrt(1 - _COMMON_SHARE) / (activity @ own).std(axis=0)
    return theta * np.sqrt(_R2) / (activity @ theta).std(axis=0)


def _act_alike(network: _Network, hub: int, module: bool) -> np.ndarray:
    """Return effects of a hub, and of its module, in proportion to the square roots of the degrees.

    The sign of a target is that of its edge, so that the hub acts the same way through all targets.
    """
    size = np.abs(network.B)
    root_degree = np.sqrt((size.sum(axis=0) + size.sum(axis=1)) / 2)
    direction = np.zeros(len(size))
    direction[hub] = 1
    if module:
        targets = np.flatnonzero(network.main == hub)
        direction[targets] = np.sign(network.B[hub, targets])
    return direction * root_degree


def _draw_responses(
    rng: np.random.Generator, activity: np.ndarray, theta: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return responses with gaps as z-scores, the effects on their scale, and the planted shares.

    The noise is correlated between drugs so that the responses have the correlations
    `_CORRELATION`.
    """
    n_lines, n_drugs = len(activity), theta.shape[1]
    signal = activity @ theta
    values, vectors = np.linalg.eigh(np.array(_CORRELATION) - np.cov(signal.T, ddof=0))
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    responses = signal + rng.standard_normal((n_lines, n_drugs)) @ root

    incomplete = rng.permutation(n_lines)[: round(n_lines * _INCOMPLETE / _LINES)]
    for drug, gaps in enumerate(_GAPS):
        # Alternate between the two ends, so that the gaps together cover all of these lines.
        rows = incomplete if drug % 2 == 0 else incomplete[::-1]
        responses[rows[: round(n_lines * gaps / _LINES)], drug] = np.nan
    spread = np.nanstd(responses, axis=0, ddof=1)
    responses = (responses - np.nanmean(responses, axis=0)) / spread
    return responses, theta / spread, signal.var(axis=0) / spread**2


def _extreme_lines(responses: np.ndarray, n_group: int) -> np.ndarray:
    """Return the group of each cell line, by its least extreme response and with none missing."""
    groups = np.full(len(responses), "", dtype="<U2")
    highest, lowest = responses.max(axis=1), responses.min(axis=1)  # NaN where one is missing
    groups[np.argsort(highest)[:n_group]] = SENSITIVE
    lowest[groups == SENSITIVE] = np.nan
    groups[np.argsort(-lowest)[:n_group]] = RESISTANT
    return groups


def _switch_edges(
    rng: np.random.Generator, network: _Network, groups: np.ndarray, plan: CohortSize
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Remove the lost edges of each group.

    Return the new expression X, standardised over all cell lines; B, B_ST and B_RS on its scale;
    and the standard deviation of each gene before it was standardised again.
    """
    X, markers = network.X.copy(), dict(zip(_MARKERS, _kinds(plan)[1]))
    E = X - X @ network.B
    networks = {"B": network.B}
    for group, lost in _LOST.items():
        remaining = network.B.copy()
        remaining[[markers[name] for name in lost["targets"]]] = 0
        remaining[:, [markers[name] for name in lost["regulators"]]] = 0
        rows = np.flatnonzero(groups == group)
        shuffled = rng.permuted(network.X[rows] @ (network.B - remaining), axis=0)
        for gene in np.flatnonzero(remaining.any(axis=0) | shuffled.any(axis=0)):
            X[rows, gene] = X[rows] @ remaining[:, gene] + E[rows, gene] + shuffled[:, gene]
        networks[f"B_{group}"] = remaining
    scale = X.std(axis=0)
    rescaled = {name: B * scale[:, None] / scale for name, B in networks.items()}
    return _standard(X), rescaled, scale


def _gene_names(rng: np.random.Generator, plan: CohortSize) -> list[str]:
    """Return names in the order of the network; only the names of hubs show what they are."""
    roots, _, hubs, _, _ = _kinds(plan)
    regulators = [f"TF{number:02d}" for number in range(1, len(roots) + len(hubs) + 1)]
    numbers = 1 + rng.permutation(plan.n_genes - plan.n_hubs)
    names = [*regulators[: len(roots)], *_MARKERS, *regulators[len(roots) :]]
    return names + [f"G{number:05d}" for number in numbers]


def _on_log_scale(rng: np.random.Generator, X: np.ndarray, plan: CohortSize) -> np.ndarray:
    """Give standardised genes the means and standard deviations of log2 expression.

    The genes of the network get the largest variances, and the markers get large ones among these,
    so that no sample of cell lines excludes them. Genes that are off in most lines get low means.
    There is no detection limit, which would distort the linear relations of the network.
    """
    n_genes, markers = X.shape[1], _kinds(plan)[1]
    ranks = np.arange(n_genes)
    ranks[markers] = rng.choice(plan.n_network // 2, len(markers), replace=False)
    others, left = (
        np.setdiff1d(np.arange(plan.n_network), taken) for taken in (markers, ranks[markers])
    )
    ranks[others] = rng.permutation(left)
    sds = np.interp((1 + ranks) * _NETWORK_RANK / plan.n_network, _SD_RANKS, _SDS)

    means = np.empty(n_genes)
    for genes in np.split(np.arange(n_genes), [plan.n_network]):
        reach = sds[genes] * np.sum(np.quantile(X[:, genes], (0.01, 0.99), axis=0), axis=0)
        level = rankdata(rng.normal(0, 0.5, len(genes)) - reach) - 0.5
        means[genes] = np.interp(level / len(genes), _MEAN_QUANTILES, _MEANS)
    return means + sds * X
