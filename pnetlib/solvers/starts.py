"""The joint fit from several starts: its objective has local minima.

The first start is the network alone (theta = 0). The others are solutions of easier or different
problems on the same data; all follow from the data and the penalties alone.
"""

from dataclasses import replace

from pnetlib.solvers.joint import fit_joint, start_state, theta_step

COARSE = 1e-4  # tolerance at which starts are compared, relative to the variance of the response
ROUNDS = 20  # at most, of a fit that only serves as a start
WEAKER_LAM3 = 0.2
WEAKER_LAM1 = 0.3


def weaker_lam3(moments, pen, alone, options):
    """Return the joint fit with a fifth of lam3: signs settle while more genes have effects."""
    return fit_joint(moments, replace(pen, lam3=WEAKER_LAM3 * pen.lam3), alone, **options)


def no_links(moments, pen, alone, options):
    """Return the joint fit with lam4 = 0, whose theta step is convex."""
    return fit_joint(moments, replace(pen, lam4=0.0), alone, **options)


def weaker_lam1(moments, pen, alone, options):
    """Return the network at 0.3 lam1, and the effects that it has with lam4 = 0."""
    denser = replace(pen, lam1=WEAKER_LAM1 * pen.lam1)
    state = start_state(moments, denser, options["gap_tol"], options["n_jobs"], alone)
    state.signs = alone.signs
    return theta_step(moments, state, replace(pen, lam4=0.0))


# In the order in which they are tried, each with the lambda that must be above 0 for it to differ.
OTHERS = ((weaker_lam3, "lam3"), (no_links, "lam4"), (weaker_lam1, "lam1"))
MOST = 1 + len(OTHERS)


def fit_from_starts(moments, pen, first, n_starts, *, tol, gap_tol, max_iter, share, n_jobs=None):
    """Fit from several starts with a coarse tolerance, and the best of them to the end.

    Parameters
    ----------
    moments : Moments
    pen : Penalties
    first : State
        The first start, which is changed; the network alone where `n_starts` is above 1.
    n_starts : int
        Number of starts, at most `MOST`; those that `pen` makes equal to the first are left out.
    tol, gap_tol, max_iter, share, n_jobs
        As in `fit_joint`. Another start than the first is taken only where it ends lower by more
        than 1e-4 of the variance of the response.

    Returns
    -------
    State, list of float
        The fit, and the objective that the coarse fit from each start reached.
    """
    limits = {"gap_tol": gap_tol, "max_iter": max_iter, "n_jobs": n_jobs}
    others = [make for make, name in OTHERS[: n_starts - 1] if getattr(pen, name) > 0.0]
    if not others:
        state = fit_joint(moments, pen, first, tol=tol, share=share, **limits)
        return state, [state.trace[-1]]
    rough = {
        "tol": 10.0 * COARSE,
        "gap_tol": max(gap_tol, COARSE),
        "max_iter": min(ROUNDS, max_iter),
        "n_jobs": n_jobs,
    }
    alone, coarse = first.copy(), max(tol, COARSE)
    best = fit_joint(moments, pen, first, tol=coarse, **limits)
    reached = [best.trace[-1]]
    for make in others:
        state = fit_joint(
            moments, pen, make(moments, pen, alone.copy(), rough), tol=coarse, **limits
        )
        reached.append(state.trace[-1])
        if state.trace[-1] < best.trace[-1] - COARSE * moments.zz:
            best = state
    trace = best.trace
    limits["max_iter"] = max_iter - (len(trace) - 1)
    fit_joint(moments, pen, best, tol=tol, share=share, **limits)
    best.trace = trace + best.trace[1:]
    return best, reached
