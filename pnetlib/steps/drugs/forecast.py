"""Forecast of the time and memory of many folds, from a few of them computed first."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.stats import t

from pnetlib.errors import UsageError
from pnetlib.execution.memory import memory_fields, peak_memory
from pnetlib.steps.sizes import SMOKE

TRIAL_DRUGS, TRIAL_FOLDS = 4, 2
WARM_GENES = 20
ALLOWANCE = 1.5  # memory of a fold: folds of a short trial seldom need their most together
GIGABYTE = 1e9


@dataclass(frozen=True)
class Forecast:
    """Time and memory that the remaining folds will take.

    Attributes
    ----------
    folds, drugs : int
        Folds that remain, and drugs that they belong to.
    trial_folds, trial_drugs : int
        Folds computed first, and their drugs.
    seconds : float
        Time of one core per fold, the mean of the trial's drugs.
    margin : float
        Half-width of the 95% prediction interval of the mean of the remaining folds, as a share of
        it: ``t s sqrt(1/k + 1/m) / mean`` with k drugs in the trial, m that remain, the standard
        deviation s between the trial's drugs, and Student's t with k - 1 degrees of freedom. NaN
        for a single drug.
    stretch : float
        Time by the clock per time of a core in the trial; above 1 where cores are shared.
    cores : int
        Folds computed at the same time in this run.
    base, each : float
        Bytes of a process before the trial, and for each fold computed at the same time: the
        growth of the peak during the trial, divided by the folds at the same time, times
        `ALLOWANCE` (this project's choice). On dask each is the whole peak of a worker.
    means : tuple of float
        Mean time of one core per fold, for each drug of the trial.
    start : float
        Time of one core that this process took before the trial, to import the libraries and read
        the data; every process of an array takes it once.
    kept : float
        Bytes of the results of a fold, which a run keeps until the end.
    """

    folds: int
    drugs: int
    trial_folds: int
    trial_drugs: int
    seconds: float
    margin: float
    stretch: float
    cores: int
    base: float
    each: float
    means: tuple
    start: float
    kept: float

    def clock(self, cores=None):
        """Return the seconds by the clock on some cores that are free, by default on this run's.

        Every core computes one fold after another, so the last round may leave cores idle. For
        this run's cores, `stretch` accounts for what else the machine does. Others have a process
        each, which begins with `start`.
        """
        computing = -(-self.folds // (cores or self.cores)) * self.seconds
        return self.start + computing if cores else self.stretch * computing

    def of(self, tasks):
        """Return the forecast of other tasks by the same trial, such as those of all parts."""
        drugs = len({task[0] for task in tasks})
        return replace(self, folds=len(tasks), drugs=drugs, margin=_margin(self.means, drugs))

    def memory(self, cores=None):
        """Return the bytes of this process, or of as many processes of one core each as given."""
        if cores is None:
            # Joining the results copies them once.
            return self.base + self.cores * self.each + 2 * self.folds * self.kept
        return cores * (self.base + self.each)


def read_cores(text):
    """Return the numbers of cores in a text such as ``"2,200"``.

    Raises
    ------
    UsageError
        If one of them is not a whole number of at least 1.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if not (word.isascii() and word.isdecimal() and int(word) > 0):
            raise UsageError(
                f"cores is {text!r}, but must be whole numbers of at least 1, separated by commas, "
                "such as 2,200."
            )
    return [int(word) for word in words]


def forecast(work, engine):
    """Compute a few of the folds that are missing, and forecast the rest from them.

    The trial takes up to two folds each of up to four drugs, which are spread evenly over the
    drugs in order of their numbers of cell lines. Its results are stored, so none is computed
    twice. Compiling is not counted.

    Parameters
    ----------
    work : Work
        That of `pnetlib.steps.comparison.compute.outer_work`, with `stored` results.
    engine : Engine

    Returns
    -------
    Forecast or None
        None if no fold is missing.
    """
    missing = [task for task in work.tasks if work.stored.get(task) is None]
    trial = trial_tasks(missing, work.shared[0])
    if not trial:
        return None
    before, start = _resident(), time.process_time()
    cohort, profile, *others = work.shared
    genes = min(WARM_GENES, profile.n_genes)
    small = replace(SMOKE, outer_folds=profile.outer_folds, n_genes=genes)
    parts = engine.map(_timed, trial, (work.function, (cohort, small, *others), work.shared))
    measured = {}
    kept = []
    for task, (result, core, clock, peak) in zip(trial, parts):
        work.stored.put(task, result)
        kept.append(sum(table.memory_usage(deep=True).sum() for table in result))
        measured[task] = (core, clock, peak)
    core, clock, peak = np.array(list(measured.values())).T
    drugs = list(dict.fromkeys(task[0] for task in trial))
    means = [np.mean([s for task, (s, _, _) in measured.items() if task[0] == d]) for d in drugs]
    left = [task for task in missing if task not in measured]
    if engine.backend == "threads":
        base, together = before, min(engine.threads, len(trial))
        each = ALLOWANCE * max(peak.max() - base, 0.0) / together
    else:  # each worker is a process, whose peak includes the libraries and the cohort
        base, each = 0.0, peak.max()
    return Forecast(
        folds=len(left),
        drugs=len({task[0] for task in left}),
        trial_folds=len(trial),
        trial_drugs=len(drugs),
        seconds=float(np.mean(means)),
        margin=_margin(means, len({task[0] for task in left})),
        stretch=float(clock.sum() / core.sum()),
        cores=engine.threads,
        base=base,
        each=float(each),
        means=tuple(map(float, means)),
        start=start,
        kept=float(np.mean(kept)),
    )


def trial_tasks(missing, cohort, n_drugs=TRIAL_DRUGS, n_folds=TRIAL_FOLDS):
    """Return the tasks of a trial: the first folds of drugs spread over the numbers of lines."""
    lines = {task[0]: len(cohort.lines_for(task[0])) for task in missing}
    order = sorted(lines, key=lambda drug: (lines[drug], drug))
    places = np.linspace(0, len(order) - 1, min(n_drugs, len(order))).round().astype(int)
    tasks = []
    for drug in (order[place] for place in places):
        tasks += [task for task in missing if task[0] == drug][:n_folds]
    return tasks


def _margin(means, n_left):
    if len(means) < 2 or not n_left:
        return float("nan")
    spread = np.std(means, ddof=1) * np.sqrt(1 / len(means) + 1 / n_left)
    return float(t.ppf(0.975, len(means) - 1) * spread / np.mean(means))


def _timed(function, small, shared, *task):
    """Return a result with its seconds of a core and by the clock, and the process's peak memory.

    A tiny fold (`small`) first compiles and loads what the real one needs.
    """
    function(*small, *task)
    clock, core = time.perf_counter(), time.thread_time()
    result = function(*shared, *task)
    core, clock = time.thread_time() - core, time.perf_counter() - clock
    return result, core, max(clock, core), float(peak_memory())


def _resident():
    """Return the bytes of this process that are in memory now, or its peak where unknown."""
    for kilobytes in memory_fields(Path("/proc/self/status"), "VmRSS:"):
        return 1024.0 * kilobytes
    return float(peak_memory())


class Watch:
    """Measures what a long computation takes, to compare with its `Forecast`."""

    def __init__(self, engine):
        self.here = engine.backend == "threads"
        self.clock, self.core = time.perf_counter(), time.process_time()

    def stop(self):
        """Return seconds by the clock, seconds of cores, and peak bytes of this process.

        The last two are None where other processes compute.
        """
        clock = time.perf_counter() - self.clock
        if not self.here:
            return clock, None, None
        return clock, time.process_time() - self.core, float(peak_memory())
