"""What the benchmark asks of the solver, and how far it gets; nothing here is typed by hand."""

import pandas as pd

from benchmarks.report import TITLES

AGAINST, UNSCREENED = "scikit-learn, Gram", "scikit-learn, Gram, unscreened"
TIMES_AS_FAST = {  # least ratio to scikit-learn's Gram solver, by (work, job)
    ("weak", "network"): 12,
    ("real", "network"): 12,
    ("wide", "network"): 25,
    ("leading", "network"): 25,
    ("weak", "path"): 15,
    ("real", "path"): 15,
    ("leading", "path"): 15,
}
OVER_FLOOR = 2  # most times the floor, one network
JOINT = 3  # most network fits that a warm-started joint fit costs
NESTED = 1  # most times the seconds of LassoCV and ElasticNetCV
FIRST_RESULT, FIRST_CALL = 3, 0.5  # seconds at most
GENOME_SECONDS = 30  # of the genome's network, Gram in float32 included ...
GENOME_MEMORY = {"float32": 3.5, "float64": 6.0}  # ... and GB at its peak
TWO_THREADS = 1.9  # times as fast as one


def frame(report):
    """The rows of the race as a table."""
    return pd.DataFrame(report["race"])


def reached(report):
    """Every goal with what was reached.

    Parameters
    ----------
    report : dict
        As `report.run` returns it.

    Returns
    -------
    DataFrame
        Columns ``goal``, ``threads`` (0 where it has no meaning), ``bound`` (``at least`` or ``at
        most``), ``asked``, ``reached``, ``met`` and ``share`` (of the way, 1 where it is met).
    """
    race, rows = frame(report), []

    def add(goal, threads, bound, asked, value):
        share = value / asked if bound == "at least" else asked / value
        rows.append(
            {
                "goal": goal,
                "threads": threads,
                "bound": bound,
                "asked": asked,
                "reached": value,
                "met": share >= 1.0,
                "share": min(1.0, share),
            }
        )

    for (work, job, threads), part in race.groupby(["work", "job", "threads"], sort=False):
        part = part.set_index("racer")
        where = f"{TITLES[work]}, {job}"
        asked = TIMES_AS_FAST.get((work, job))
        if asked and AGAINST in part.index:
            add(
                f"{where}: times as fast as {AGAINST}",
                threads,
                "at least",
                asked,
                part.loc[AGAINST, "ratio"],
            )
        if job == "network":
            add(
                f"{where}: times the floor",
                threads,
                "at most",
                OVER_FLOOR,
                part.loc["pnetlib", "over floor"],
            )
    add("joint fit, network fits it costs", 1, "at most", JOINT, report["joint"]["median"])
    add(
        "nested comparison, times LassoCV and ElasticNetCV",
        1,
        "at most",
        NESTED,
        report["nested"]["ratio"],
    )
    add(
        "import to first joint fit, s",
        1,
        "at most",
        FIRST_RESULT,
        report["start"]["import to first joint fit"],
    )
    add(
        "first call of a cached kernel, s",
        1,
        "at most",
        FIRST_CALL,
        max(report["start"]["first call of the kernel"], 1e-9),
    )
    if report["growth"]["size"] == "genome":
        _add_genome(add, report["growth"])
    return pd.DataFrame(rows)


def _add_genome(add, growth):
    """The goals of the largest network."""
    networks = pd.DataFrame(growth["networks"])
    threads = growth["threads"]
    largest = networks[(networks["p"] == networks["p"].max()) & (networks["threads"] == threads)]
    where = f"{networks['p'].max():,} genes"
    for row in largest.sort_values("gram_dtype").itertuples():
        if row.gram_dtype == "float32":
            add(f"{where}, float32: seconds", threads, "at most", GENOME_SECONDS, row.seconds)
        add(
            f"{where}, {row.gram_dtype}: peak GB",
            threads,
            "at most",
            GENOME_MEMORY[row.gram_dtype],
            row.peak_bytes / 1e9,
        )
    for pair in growth["threads_compared"]:
        add(
            f"{pair['p']:,} genes: times as fast as on one thread",
            pair["threads"],
            "at least",
            TWO_THREADS,
            pair["ratio"],
        )
        add(
            f"{pair['p']:,} genes: same bits as on one thread",
            pair["threads"],
            "at least",
            1,
            float(pair["same_bits"]),
        )


def growth_table(report):
    """The networks of growing size."""
    return pd.DataFrame(report["growth"]["networks"])


def speedup(report):
    """Seconds of one thread over those of two, by racer, work and job; empty for one core."""
    race = frame(report)
    if race["threads"].nunique() < 2:
        return pd.DataFrame()
    seconds = race.pivot_table(
        index=["work", "job", "racer"], columns="threads", values="seconds", sort=False
    )
    return (seconds[1] / seconds[2]).rename("1 thread / 2 threads").reset_index()


def phase_table(report):
    """Seconds of each phase of the joint fits, each alone and along the path."""
    before, after = report["joint"]["before"], report["joint"]["after"]
    return pd.DataFrame(
        {
            "phase": list(before),
            "each alone, s": list(before.values()),
            "along the path, s": [after[name] for name in before],
        }
    )


def counted(threads):
    """How many threads, in words."""
    return "1 thread" if threads == 1 else f"{threads} threads"
