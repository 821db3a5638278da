"""Interleaved timing: solvers take turns, so that a slow minute affects all of them; medians."""

import time
from statistics import median

REST = 0.1  # seconds; the threads of a BLAS keep spinning for about 30 ms after their work


def interleave(functions, repeats, clock=time.perf_counter, advance=None, rest=0.0):
    """Return the seconds of every function in every repeat.

    Parameters
    ----------
    functions : dict
        Functions without arguments by name. All are called once per repeat, in an order that is
        rotated by one from repeat to repeat. A function may return a dict of the seconds of its
        parts; otherwise the whole call is timed.
    repeats : int
        Number of calls of each function.
    clock : callable
        Returns the time in seconds.
    advance : callable, optional
        Called after each call.
    rest : float
        Idle seconds before each call, so that threads left over from the call before do not
        disturb it.

    Returns
    -------
    dict
        A list of seconds, or of dicts, by name.
    """
    names, times = list(functions), {name: [] for name in functions}
    for repeat in range(repeats):
        turn = repeat % len(names)
        for name in names[turn:] + names[:turn]:
            time.sleep(rest)
            start = clock()
            parts = functions[name]()
            total = clock() - start
            times[name].append(parts if isinstance(parts, dict) else total)
            if advance is not None:
                advance()
    return times


def medians(times):
    """Return the median by name, part by part where the function returned parts."""
    return {
        name: {key: median(run[key] for run in runs) for key in runs[0]}
        if isinstance(runs[0], dict)
        else median(runs)
        for name, runs in times.items()
    }


def ratios(seconds, reference):
    """Return how many times as long as `reference` each of them took."""
    return {name: value / seconds[reference] for name, value in seconds.items()}
