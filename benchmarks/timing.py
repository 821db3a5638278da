"""Repeats in turn, so that a slow minute of the machine falls on all racers alike; medians."""

import time
from statistics import median

REST = 0.1  # seconds: the threads of a BLAS spin for some 30 ms after their work


def interleave(racers, repeats, clock=time.perf_counter, advance=None, rest=0.0):
    """Seconds of every racer in every repeat.

    Parameters
    ----------
    racers : dict
        Name to a function without arguments; all are called once in each repeat, in an order
        that is turned by one from repeat to repeat. A function may return its parts' seconds as a
        dict instead of being timed as a whole.
    repeats : int
        Times each of them is called.
    clock : callable
        Gives the time in seconds.
    advance : callable, optional
        Called after each call.
    rest : float
        Seconds before each call in which nothing is done, so that no racer shares the machine
        with what the one before it left behind.

    Returns
    -------
    dict
        Name to the list of its seconds, or of its dicts.
    """
    names, times = list(racers), {name: [] for name in racers}
    for repeat in range(repeats):
        turn = repeat % len(names)
        for name in names[turn:] + names[:turn]:
            time.sleep(rest)
            start = clock()
            parts = racers[name]()
            whole = clock() - start
            times[name].append(parts if isinstance(parts, dict) else whole)
            if advance is not None:
                advance()
    return times


def medians(times):
    """Median of each racer, part by part where it gave parts."""
    return {
        name: {key: median(run[key] for run in runs) for key in runs[0]}
        if isinstance(runs[0], dict)
        else median(runs)
        for name, runs in times.items()
    }


def ratios(seconds, reference):
    """How many times as long as `reference` every racer took."""
    return {name: value / seconds[reference] for name, value in seconds.items()}
