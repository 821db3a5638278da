"""The joint fit of network and prediction: alternating steps on one objective.

The objective is given in full in the docstring of `pnetlib.PredictiveNetwork`. Its response enters
through the moments ``g = X'z / n`` and ``z'z / n`` alone, and B through its sparse columns and
``GB``, whose row j is G b_j. Where genes are many, GB is not stored: see `pnetlib.solvers.rows`.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import minimize

from pnetlib.execution.threads import chunks
from pnetlib.kernels.column import gaps_at_weights, sweep_columns
from pnetlib.kernels.graph import graph_penalty, neighbour_sums
from pnetlib.kernels.products import column_products, combine_columns, gram_rows
from pnetlib.kernels.theta import candidate_links, descend_theta, flip_signs
from pnetlib.solvers.columns import MAX_ROUNDS, Columns, on_threads
from pnetlib.solvers.network import solve_network
from pnetlib.solvers.rows import (
    at_edges,
    bound_gaps,
    gram_times_prediction,
    network_losses,
    no_rows,
    rows_of,
    stored_rows,
)

HALVINGS = 12
MAX_SWEEPS = 10_000
POLISH_STEPS, MEMORY = 1000, 30  # of L-BFGS-B; fewer stored steps need several times as many
NO_EDGE = 1e-10  # an edge below this share of the largest coefficient is none
TOGETHER = 64  # genes whose conditions are computed at the same time: 64 x p numbers
ADMITTED = 2000  # candidates that a theta step admits at a time, or as many as it has
CANDIDATES = 512  # genes whose rows of GB a theta step holds at a time
FLIP_GAIN = 1e-4  # least gain of a sign flip, relative to the variance of the response
FLIP_WORK = 100_000  # sign flips tried times the squared number of effects, between successes


@dataclass(frozen=True)
class Penalties:
    """The four lambdas and the conventions of the penalty that links genes.

    `degree` says whether effects are scaled by the square root of the degree ("sqrt") or by the
    degree ("d"). `coupling` says which edge weights the B step has: the derivative of the link
    penalty, degrees included ("exact"), or ``(a_q - a_j)^2`` with the scaled effects a held fixed
    ("lagged").
    """

    lam1: float  # L1 penalty of the edges
    lam2: float = 0.0  # ridge penalty of the edges
    lam3: float = 0.0  # L1 penalty of the effects theta
    lam4: float = 0.0  # link penalty: differences between the scaled effects of linked genes
    degree: str = "sqrt"
    coupling: str = "exact"


@dataclass
class State:
    """A joint fit in progress: the network, G times it, the effects and the objective so far.

    `GB` has the shape (0, 0) where genes are too many to store it.
    `settled` marks the columns solved as plain network columns under the L1 weights `weights`
    and the ridge `lam2`: they need no new fit while these stay the same. `rounds` is the largest
    number of rounds that a column of the network alone took. `losses` are the losses of the genes
    during a fit.
    """

    B: Columns
    GB: np.ndarray
    theta: np.ndarray
    signs: np.ndarray
    gaps: np.ndarray
    settled: np.ndarray
    weights: np.ndarray
    lam2: float
    trace: list = field(default_factory=list)
    converged: bool = False
    rounds: int = 0
    losses: np.ndarray | None = None

    def copy(self):
        """Return a state that can be continued without changing this one."""
        return replace(self, GB=self.GB.copy(), theta=self.theta.copy(), trace=[])

    @classmethod
    def on(cls, moments, B, theta, gaps, n_jobs=None):
        """Return a network and effects, found on other data, as a start on these."""
        zeros, unsettled = np.zeros(theta.size), np.zeros(theta.size, bool)
        GB, weights = stored_rows(moments.G, B, n_jobs), np.zeros(moments.n_regulators)
        return cls(B, GB, theta.copy(), zeros, gaps, unsettled, weights, 0.0)

    def restart(self, moments, n_jobs=None):
        """Return the same network and effects as a start on other data."""
        return State.on(moments, self.B, self.theta, self.gaps, n_jobs)


def degree_scale(d, degree):
    """Return s_q, infinite for an isolated gene so that its scaled effect is 0."""
    s = np.sqrt(d) if degree == "sqrt" else d.copy()
    s[d == 0.0] = np.inf
    return s


def signed_effects(theta, signs):
    """Return |theta|, or sign * theta where the sign is fixed."""
    return np.where(signs == 0.0, np.abs(theta), signs * theta)


def network_objective(moments, B, GB, pen, losses=None):
    """Return the part of the objective that depends on the network alone: loss and penalties.

    `losses` are those of the genes (`network_losses`) where they are known.
    """
    losses = network_losses(moments, B, GB) if losses is None else losses
    return losses.sum() + pen.lam1 * np.abs(B.data).sum() + pen.lam2 * (B.data @ B.data)


def effect_objective(moments, B, GB, theta, signs, pen):
    """Return the rest of the objective: prediction error, effects and link penalty."""
    v, u = gram_times_prediction(moments.G, B, GB, theta), regulator_effects(moments, B, theta)
    value = moments.zz + u @ (v - 2.0 * moments.g[: v.size]) + pen.lam3 * np.abs(theta).sum()
    if pen.lam4 == 0.0:
        return value
    s = degree_scale(B.degrees, pen.degree)
    return value + pen.lam4 * graph_penalty(*B.arrays, signed_effects(theta, signs) / s)


def regulator_effects(moments, B, theta):
    """Return u = B theta of the genes that may regulate (r,); it is 0 for all others."""
    return combine_columns(*B.arrays, theta)[: moments.n_regulators]


def left_over(moments, B, GB, theta):
    """Return ``X'(z - X B theta) / n`` of the genes that may regulate (r,)."""
    return moments.g[: moments.n_regulators] - gram_times_prediction(moments.G, B, GB, theta)


def objective(moments, B, GB, theta, signs, pen):
    """Return the whole objective at a network and its effects."""
    network = network_objective(moments, B, GB, pen)
    return network + effect_objective(moments, B, GB, theta, signs, pen)


def scaled_effects(B, theta, signs, pen):
    """Return a = |theta| / s and e, of the edge weights lam1 + lam4 (e_q + e_j - 2 a_q a_j).

    They are 0 where lam4 is.
    """
    if pen.lam4 == 0.0:
        return np.zeros_like(theta), np.zeros_like(theta)
    d = B.degrees
    a = signed_effects(theta, signs) / degree_scale(d, pen.degree)
    if pen.coupling == "lagged":
        return a, a * a
    mean = np.divide(neighbour_sums(*B.arrays, a), d, out=np.zeros_like(d), where=d > 0)
    return a, a * mean if pen.degree == "sqrt" else 2.0 * a * mean - a * a


def start_state(moments, pen, tol, n_jobs=None, warm=None, max_iter=MAX_ROUNDS):
    """Return the network alone (theta = 0), from which every joint fit starts.

    `warm` is a state of the same data with a similar network, such as that of a larger lam1.
    """
    G = moments.G
    B = Columns.empty(len(G)) if warm is None else warm.B
    GB = no_rows(G) if warm is None else warm.GB.copy()
    weights, rounds = np.full(G.shape[1], 0.5 * pen.lam1), np.zeros(len(G), np.int64)
    options = {"max_iter": max_iter, "K": moments.K, "GB": GB, "rounds": rounds, "n_jobs": n_jobs}
    B, gaps = solve_network(G, weights, pen.lam2, B, tol, **options)
    zeros, settled, most = np.zeros(len(G)), np.ones(len(G), bool), int(rounds.max())
    return State(B, GB, zeros, zeros.copy(), gaps, settled, weights, pen.lam2, rounds=most)


def by_size(values):
    """Return genes with a value other than 0, largest first, whatever their numbering."""
    order = np.argsort(-np.abs(values), kind="stable")
    return order[: np.count_nonzero(values)]


def candidate_gram(G, B, GB, genes, known):
    """Return H = B'GB among the candidate genes; for the first of them it is `known`."""
    done = len(known)
    H = np.empty((genes.size, genes.size))
    H[:done, :done] = known
    for first in range(done, genes.size, CANDIDATES):
        own = slice(first, first + CANDIDATES)
        T = np.ascontiguousarray(rows_of(G, B, GB, genes[own]).T)
        H[:, own] = gram_rows(*B.arrays, T, genes)
    H[done:, :done] = H[:done, done:].T
    return H


def theta_step(moments, state, pen, tol=1e-18):
    """Minimise over theta; candidates grow until no further gene would become active.

    The largest violators are admitted first, since the candidates' parts of H and N are dense.

    With lam4 > 0 and free signs the problem is not convex: from the minimum that coordinate steps
    find, the signs of single effects are flipped as long as that gains (see `flip_signs`).
    """
    G, B, GB, theta = moments.G, state.B.arrays, state.GB, state.theta
    d = state.B.degrees
    s = degree_scale(d, pen.degree)
    diag, h = d / s**2, column_products(*B, moments.g)
    genes, H, rounding = by_size(theta), np.empty((0, 0)), 1e-14 * np.sqrt(moments.zz)
    flips = pen.lam4 > 0.0 and not state.signs.any()
    for _ in range(MAX_ROUNDS):
        H = candidate_gram(G, state.B, GB, genes, H)
        N = candidate_links(*B, s, genes)
        part, signs = theta[genes], state.signs[genes]
        problem, lambdas = (H, h[genes], N, diag[genes]), (pen.lam3, pen.lam4)
        descend_theta(*problem, signs, part, *lambdas, tol * moments.zz, MAX_SWEEPS)
        theta[genes] = part
        rho = column_products(*B, left_over(moments, state.B, GB, theta))
        pull = np.zeros_like(theta)
        if pen.lam4 > 0.0:
            pull = 2.0 * pen.lam4 * neighbour_sums(*B, signed_effects(theta, state.signs) / s) / s
        centre = np.where(state.signs == 0.0, np.abs(rho) + pull, np.abs(rho + state.signs * pull))
        candidates = centre > 0.5 * pen.lam3 * (1 + 1e-9) + rounding
        candidates[genes] = False
        if candidates.any():
            more = by_size(np.where(candidates, centre, 0.0))[: max(ADMITTED, genes.size)]
            genes = np.concatenate((genes, more))
        elif not flips or not flip_signs(
            *problem, part, *lambdas, FLIP_GAIN * moments.zz, flip_limit(part), MAX_SWEEPS
        ):
            break
        else:
            theta[genes] = part
    return state


def flip_limit(theta):
    """Return how many sign flips to try, as each costs the square of the number of effects.

    All are tried up to 46 effects, ten at 100, and none from 317 on.
    """
    active = np.count_nonzero(theta)
    return FLIP_WORK // active**2 if active else 0


def initial_signs(moments, state, pen):
    """Return the fixed signs: of theta with lam4 = 0, of B_j'X'z where that is 0, else +1."""
    first = theta_step(moments, state.copy(), replace(pen, lam4=0.0)).theta
    marginal = column_products(*state.B.arrays, moments.g)
    signs = np.where(first != 0.0, np.sign(first), np.sign(marginal))
    return np.where(signs == 0.0, 1.0, signs)


def network_step(moments, state, pen, tol, n_jobs=None):
    """Minimise over B, edge weights fixed: active columns in turn, then the others in parallel."""
    G, theta = moments.G, state.theta
    a, e = scaled_effects(state.B, theta, state.signs, pen)
    active = by_size(theta)
    *columns, new_gaps = sweep(moments, state, pen, active, a, e, tol)
    B = state.B.replace(active, *columns)
    weights = 0.5 * np.maximum(pen.lam1 + pen.lam4 * e[: moments.n_regulators], 0.0)
    same = pen.lam2 == state.lam2 and np.array_equal(weights, state.weights)
    changed = theta != 0.0
    fixed = changed | (state.settled & same & (state.gaps <= tol))
    gaps = state.gaps.copy()
    gaps[active] = new_gaps
    settle(moments, state, weights, pen.lam2, B, tol, fixed, gaps, n_jobs)
    if not fixed.all():
        options = {"K": moments.K, "GB": state.GB, "fixed": fixed, "n_jobs": n_jobs}
        B, new = solve_network(G, weights, pen.lam2, B, tol, **options)
        gaps, changed = np.where(fixed, gaps, new), changed | ~fixed
    if state.losses is not None:
        state.losses = network_losses(moments, B, state.GB, state.losses, changed, n_jobs)
    state.gaps = gaps
    state.B, state.settled, state.weights, state.lam2 = B, theta == 0.0, weights, pen.lam2
    return state


def sweep(moments, state, pen, active, a, e, tol):
    """Solve the columns of active genes in turn; return the new ones and gaps (`sweep_columns`).

    The rows of GB that are not stored are formed for `CANDIDATES` genes at a time.
    """
    G, theta, B = moments.G, state.theta, state.B
    u, v = regulator_effects(moments, B, theta), gram_times_prediction(G, B, state.GB, theta)
    lambdas, parts = (pen.lam1, pen.lam2, pen.lam4), []
    for first, last in chunks(active.size, CANDIDATES) or [(0, 0)]:
        genes = active[first:last]
        rows = rows_of(G, B, state.GB, genes)
        problem = G, moments.K, rows, moments.g, moments.zz, theta, genes, a, e
        parts.append(sweep_columns(*problem, *lambdas, *B.arrays, u, v, tol, MAX_ROUNDS))
        if state.GB.size:
            state.GB[genes] = rows
    return [np.concatenate(pieces) for pieces in zip(*parts)]


def settle(moments, state, weights, lam2, B, tol, fixed, gaps, n_jobs=None):
    """Mark as fixed, with their gaps, the other columns whose gap under new weights is small.

    Where GB is not stored, this is a bound of the gap (see `bound_gaps`).
    """
    GB = state.GB
    if not GB.size:
        if lam2 != state.lam2 or fixed.all():
            return
        losses = (
            network_losses(moments, B, GB, None, None, n_jobs)
            if state.losses is None
            else state.losses
        )
        bounds = bound_gaps(moments, B, gaps, losses, state.weights, weights, lam2)
        within = ~fixed & state.settled & (bounds <= tol)
        gaps[within], fixed[within] = bounds[within], True
        return
    columns = np.flatnonzero(~fixed)
    blocks = [columns[slice(*block)] for block in chunks(columns.size, 256)]

    def check(block):
        problem = moments.G, moments.K, GB, weights, lam2
        gaps[block] = gaps_at_weights(*problem, block, *B.arrays)
        fixed[block] = gaps[block] <= tol

    on_threads(check, blocks, n_jobs)


def damp(moments, state, old, pen, best, n_jobs=None):
    """Halve the step from the old network until the objective no longer rises."""
    new, step = state.B.matrix(), 1.0
    state.settled = np.zeros_like(state.settled)
    for _ in range(HALVINGS):
        step *= 0.5
        B = Columns.of(old.matrix() * (1.0 - step) + new * step)
        GB = stored_rows(moments.G, B, n_jobs)
        value = objective(moments, B, GB, state.theta, state.signs, pen)
        if value <= best:
            state.B, state.GB = B, GB
            return value
    state.B, state.GB = old, stored_rows(moments.G, old, n_jobs)
    return best


def edge_penalties(B, a, e, pen):
    """Return the L1 weight lam1 + lam4 (e_q + e_j - 2 a_q a_j) of every edge, of either sign."""
    q, j = B.indices, B.targets
    return pen.lam1 + pen.lam4 * (e[q] + e[j] - 2.0 * a[q] * a[j])


def negative_weights(state, pen):
    """Count the edges with a negative L1 weight, which a network step takes as 0."""
    a, e = scaled_effects(state.B, state.theta, state.signs, pen)
    return int(np.sum(edge_penalties(state.B, a, e, pen) < 0.0))


def polish(moments, state, pen, n_jobs=None):
    """Lower the objective over the sizes of all edges and effects together, their signs held.

    Within a pattern of signs the objective is smooth where no gene loses its last link, even where
    the weight of an edge is negative or the alternation is slow; scipy's L-BFGS-B keeps the sizes
    at 0 or above. Returns the objective.
    """
    G, old, signs = moments.G, state.B, state.signs
    q, j, edge_signs = old.indices, old.targets, np.sign(old.data)
    active, exact = np.flatnonzero(state.theta), replace(pen, coupling="exact")
    effect_signs = np.sign(state.theta[active])
    side = np.where(signs == 0.0, np.sign(state.theta), signs)[active]

    def at(sizes):
        theta = np.zeros(len(G))
        theta[active] = effect_signs * sizes[q.size :]
        return Columns(old.indptr, q, edge_signs * sizes[: q.size]), theta

    def value(sizes):
        B, theta = at(sizes)
        GB = stored_rows(G, B, n_jobs)
        residual = left_over(moments, B, GB, theta)
        fitted = at_edges(G, B, GB, n_jobs)
        slope = 2.0 * (residual[q] * theta[j] + G[j, q] - fitted - pen.lam2 * B.data)
        edges = edge_penalties(B, *scaled_effects(B, theta, signs, exact), pen) - edge_signs * slope
        slope = 2.0 * column_products(*B.arrays, residual)[active]
        slope -= side * link_slopes(B, theta, signs, pen)[active]
        effects = pen.lam3 - effect_signs * slope
        return objective(moments, B, GB, theta, signs, pen), np.concatenate((edges, effects))

    before = objective(moments, old, state.GB, state.theta, signs, pen)
    start = np.abs(np.concatenate((old.data, state.theta[active])))
    if start.size == 0:
        return before  # no edge and no effect to move
    limits = {"maxiter": POLISH_STEPS, "maxcor": MEMORY, "ftol": 1e-15, "gtol": 1e-9}
    bounds = [(0.0, None)] * start.size
    found = minimize(value, start, jac=True, method="L-BFGS-B", bounds=bounds, options=limits)
    if not found.fun < before:
        return before
    B, state.theta = at(found.x)
    return set_network(moments, state, B.without_zeros(), pen, n_jobs)


def link_slopes(B, theta, signs, pen):
    """Return the slope of the link term along every |theta_j|, or sign * theta_j if it is fixed."""
    d = B.degrees
    s = degree_scale(d, pen.degree)
    effect = signed_effects(theta, signs)
    return 4.0 * pen.lam4 * (d / s**2 * effect - neighbour_sums(*B.arrays, effect / s) / s)


def set_network(moments, state, B, pen, n_jobs=None):
    """Give the state another network; return the objective there."""
    state.B, state.GB = B, stored_rows(moments.G, B, n_jobs)
    state.settled = np.zeros_like(state.settled)
    return objective(moments, B, state.GB, state.theta, state.signs, pen)


def drop_edges(moments, state, pen, best, n_jobs=None):
    """Drop edges below `NO_EDGE` of the largest coefficient unless the objective rises; return it.

    Halving the step to a network without an edge leaves such remains of it.
    """
    sizes = np.abs(state.B.data)
    tiny = sizes < NO_EDGE * sizes.max(initial=0.0)
    if not tiny.any():
        return best
    old, GB, settled = state.B, state.GB, state.settled
    B = Columns(old.indptr, old.indices, np.where(tiny, 0.0, old.data)).without_zeros()
    value = set_network(moments, state, B, pen, n_jobs)
    if value <= best:
        return value
    state.B, state.GB, state.settled = old, GB, settled
    return best


def fit_joint(
    moments, pen, state, *, tol=1e-5, gap_tol=1e-6, max_iter=100, share=None, n_jobs=None
):
    """Alternate theta and B steps from `state` until the objective settles.

    Every value in ``state.trace`` is at most the one before it. The loop ends when neither the gain
    of a round nor the sum of those to come, estimated as a geometric series, exceeds `tol` times the
    variance of the response. With `share` it goes on until the first-order conditions hold within
    that share of lam1 and lam3 as well (`stationary`), unless a round gains less than a thousandth of
    that; where gains are small and they do not hold, because a B step treated the negative weight of
    an edge as 0, was taken back, or alternates slowly, `polish` moves edges and effects together.
    `state` is changed and returned.
    """
    fit = moments, state, pen
    state.losses = network_losses(moments, state.B, state.GB, n_jobs=n_jobs)

    def alone():
        return network_objective(moments, state.B, state.GB, pen, state.losses)

    network = alone()

    def whole():
        return network + effect_objective(moments, state.B, state.GB, state.theta, state.signs, pen)

    best = whole()
    state.trace, state.converged = [best], False
    small, last = tol * moments.zz, np.inf
    for _ in range(max_iter):
        before = best
        old_theta = state.theta.copy()
        theta_step(moments, state, pen, 1e-4 * tol)
        value = whole()
        if value > best:  # rounding only: a theta step cannot rise
            state.theta, value = old_theta, best
        old = state.B
        network_step(moments, state, pen, gap_tol, n_jobs)
        network = alone()
        best = whole()
        if best > value:
            best = damp(moments, state, old, pen, value, n_jobs)
            state.losses = network_losses(moments, state.B, state.GB, n_jobs=n_jobs)
            network = alone()
        holds = None  # whether the conditions hold, where that is known
        if before - best <= small and share is not None:
            holds = stationary(*fit, share, n_jobs)
        if holds is False:
            best, holds = min(best, polish(*fit, n_jobs)), None
            state.losses = network_losses(moments, state.B, state.GB, n_jobs=n_jobs)
            network = alone()
        state.trace.append(best)
        gain = before - best
        settled = max(gain, gains_to_come(gain, last)) <= small
        if settled and share is not None and gain > 1e-3 * small and holds is None:
            holds = stationary(*fit, share, n_jobs)
        if settled and (share is None or gain <= 1e-3 * small or holds):
            state.converged = True
            break
        last = gain
    state.trace[-1] = drop_edges(moments, state, pen, state.trace[-1], n_jobs)
    return state


def gains_to_come(gain, last):
    """Return the sum of the gains to come, if they go on falling by the ratio of the last two."""
    if gain == 0.0:
        return 0.0
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # a response of extreme unit: then gains are not small either
        return gain * gain / (last - gain) if last > gain else np.inf


def penalty_scales(moments, pen):
    """Return the sizes of lam1 and lam3 that violations of the first-order conditions compare with.

    lam1 counts as at least 0.02, and lam3 as at least 0.02 standard deviations of the response: 1 %
    of the largest penalties that can leave an edge or an effect of standardised genes.
    """
    return max(pen.lam1, 0.02), max(pen.lam3, 0.02 * float(np.sqrt(moments.zz)))


def stationary(moments, state, pen, share, n_jobs=None):
    """Return whether the first-order conditions hold within a share of `penalty_scales`."""
    edges, effects = penalty_scales(moments, pen)
    if theta_residual(moments, state, pen).max() > share * effects:
        return False  # those of the edges cost much more
    return kkt_residuals(moments, state, pen, n_jobs)[0] <= share * edges


def kkt_residuals(moments, state, pen, n_jobs=None):
    """Return the largest violations of the first-order conditions of the objective.

    The first is that of the edges, on the scale of lam1, the second that of the effects, on the
    scale of lam3.
    """
    G, theta, B = moments.G, state.theta, state.B
    a, e = scaled_effects(B, theta, state.signs, replace(pen, coupling="exact"))
    residual, matrix = left_over(moments, B, state.GB, theta), B.matrix()[: moments.n_regulators]

    def violation(block):
        own, genes = slice(*block), np.arange(*block)
        slopes = residual * theta[own, None] + G[own] - rows_of(G, B, state.GB, genes)
        return edge_violations(slopes, matrix[:, own].toarray().T, genes, a, e, pen).max()

    worst = max(on_threads(violation, chunks(len(G), TOGETHER), n_jobs), default=0.0)
    return float(worst), float(theta_residual(moments, state, pen).max())


def edge_violations(slopes, b, genes, a, e, pen):
    """Return the violation of the first-order condition of each edge into some genes (k, r).

    `slopes` (k, r) are half the slopes of the errors without penalty, and `b` (k, r) the
    coefficients. Columns in blocks: no dense p x p array is made.
    """
    slopes = 2.0 * (slopes - pen.lam2 * b)
    r = slopes.shape[1]
    weights = pen.lam1 + pen.lam4 * (e[:r] + e[genes, None] - 2.0 * a[genes, None] * a[:r])
    at_edge = np.abs(slopes - weights * np.sign(b))
    found = np.where(b != 0.0, at_edge, np.maximum(np.abs(slopes) - weights, 0.0))
    own = np.flatnonzero(genes < r)
    found[own, genes[own]] = 0.0
    return found


def theta_residual(moments, state, pen, residual=None):
    """Return the violation of the first-order condition of each effect, on the scale of lam3.

    `residual` is ``X'(z - X B theta) / n`` of the genes that may regulate (r,), from the Gram matrix
    where it is not given.
    """
    theta, signs, B = state.theta, state.signs, state.B
    if residual is None:
        residual = left_over(moments, B, state.GB, theta)
    d = B.degrees
    s = degree_scale(d, pen.degree)
    effect = signed_effects(theta, signs)
    pull = 4.0 * pen.lam4 * neighbour_sums(*B.arrays, effect / s) / s
    slope = 2.0 * column_products(*B.arrays, residual) - 4.0 * pen.lam4 * d / s**2 * theta
    side = np.where(signs == 0.0, np.sign(theta), signs)
    slope = slope + pull * side
    at_zero = np.abs(slope) + np.where(signs == 0.0, pull, 0.0) - pen.lam3
    elsewhere = np.abs(slope - pen.lam3 * np.sign(theta))
    return np.where(theta != 0.0, elsewhere, np.maximum(at_zero, 0.0))
