"""What the benchmark asks of the solver, and how far it gets; nothing here is typed by hand."""

import pandas as pd

from .accuracy import LIMIT
from .report import TITLES, described

AGAINST, UNSCREENED = "scikit-learn, Gram", "scikit-learn, Gram, unscreened"
TIMES_AS_FAST = {  # least ratio to scikit-learn's Gram solver, by (work, job)
    ("weak", "network"): 12, ("real", "network"): 12, ("wide", "network"): 25,
    ("leading", "network"): 25, ("weak", "path"): 15, ("real", "path"): 15, ("leading", "path"): 15,
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
        rows.append({"goal": goal, "threads": threads, "bound": bound, "asked": asked,
                     "reached": value, "met": share >= 1.0, "share": min(1.0, share)})

    for (work, job, threads), part in race.groupby(["work", "job", "threads"], sort=False):
        part = part.set_index("racer")
        where = f"{TITLES[work]}, {job}"
        asked = TIMES_AS_FAST.get((work, job))
        if asked and AGAINST in part.index:
            add(f"{where}: times as fast as {AGAINST}", threads, "at least", asked,
                part.loc[AGAINST, "ratio"])
        if job == "network":
            add(f"{where}: times the floor", threads, "at most", OVER_FLOOR,
                part.loc["pnetlib", "over floor"])
    add("joint fit, network fits it costs", 1, "at most", JOINT, report["joint"]["median"])
    add("nested comparison, times LassoCV and ElasticNetCV", 1, "at most", NESTED,
        report["nested"]["ratio"])
    add("import to first joint fit, s", 1, "at most", FIRST_RESULT,
        report["start"]["import to first joint fit"])
    add("first call of a cached kernel, s", 1, "at most", FIRST_CALL,
        max(report["start"]["first call of the kernel"], 1e-9))
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
        add(f"{where}, {row.gram_dtype}: peak GB", threads, "at most",
            GENOME_MEMORY[row.gram_dtype], row.peak_bytes / 1e9)
    for pair in growth["threads_compared"]:
        add(f"{pair['p']:,} genes: times as fast as on one thread", pair["threads"], "at least",
            TWO_THREADS, pair["ratio"])
        add(f"{pair['p']:,} genes: same bits as on one thread", pair["threads"], "at least", 1,
            float(pair["same_bits"]))


def growth_table(report):
    """The networks of growing size."""
    return pd.DataFrame(report["growth"]["networks"])


def headline(report):
    """What does not depend on the machine: sizes, edges, and whether all reached the accuracy."""
    race = frame(report)
    lines = [described(shape) + "." for shape in report["works"]]
    ours = race[race["racer"] == "pnetlib"]
    edges = ours.groupby(["work", "job"], sort=False)["edges"].first()
    lines += [f"{TITLES[work]}, {job}: {value:.1f} edges a target and penalty"
              for (work, job), value in edges.items()]
    lines.append(f"All gaps at most {report['limit']:g}: {bool((race['gap'] <= LIMIT).all())}")
    return "\n".join(lines)


def speedup(report):
    """Seconds of one thread over those of two, by racer, work and job; empty for one core."""
    race = frame(report)
    if race["threads"].nunique() < 2:
        return pd.DataFrame()
    seconds = race.pivot_table(index=["work", "job", "racer"], columns="threads",
                               values="seconds", sort=False)
    return (seconds[1] / seconds[2]).rename("1 thread / 2 threads").reset_index()


def phase_table(report):
    """Seconds of each phase of the joint fits, each alone and along the path."""
    before, after = report["joint"]["before"], report["joint"]["after"]
    return pd.DataFrame({
        "phase": list(before), "each alone, s": list(before.values()),
        "along the path, s": [after[name] for name in before],
    })


def counted(threads):
    """How many threads, in words."""
    return "1 thread" if threads == 1 else f"{threads} threads"


def conclusion(report):
    """What the race shows, as Markdown."""
    goals, race = reached(report), frame(report)
    lines = []
    if report["size"] == "smoke":
        lines.append("- This is the smallest race: it shows that the racers agree, not how fast "
                     "they are. The goals below are set for 976 genes and more; "
                     "`./reproduce.sh bench` races at that size.")
    threads = race["threads"].max()
    for (work, job), part in race[race["threads"] == threads].groupby(["work", "job"], sort=False):
        part = part[~part["racer"].str.startswith("pnetlib, ")].set_index("racer")
        others = part.drop(index="pnetlib")["ratio"].sort_values()
        if len(others):
            lines.append(
                f"- **{TITLES[work]}, {job}**, {threads} threads: {part.loc['pnetlib', 'seconds']:.3f}"
                f" s, {others.iloc[0]:.1f} times as fast as the best other ({others.index[0]}) and "
                f"{part.loc['pnetlib', 'over floor']:.1f} times the floor; the Gram matrix takes "
                f"{part.loc['pnetlib', 'prepare'] / part.loc['pnetlib', 'seconds']:.0%} of it."
            )
            if {AGAINST, UNSCREENED} <= set(others.index):
                lines.append(f"    - scikit-learn's Gram solver: {others[AGAINST]:.1f} times as long; "
                             f"without its screening {others[UNSCREENED]:.1f} times.")
    late = race[race["gap"] > LIMIT]
    lines.append(f"- {len(race) - len(late)} of {len(race)} rows reached the common gap of "
                 f"{LIMIT:g}." + "".join(f" Not so: {row.racer} ({row.work}, {row.job}), "
                                         f"{row.gap:.1g}." for row in late.itertuples()))
    lines.append(f"- Goals met: {int(goals['met'].sum())} of {len(goals)}.")
    for row in goals[~goals["met"]].itertuples():
        lines.append(f"    - {row.goal} ({counted(row.threads)}): {row.reached:.2f}, asked "
                     f"{row.bound} {row.asked:g}.")
    phases = report["joint"]["after"]
    named = {name: value for name, value in phases.items()
             if name != "all" and not name.startswith("B step, ")}
    worst = max(named, key=named.get)
    lines.append(f"- A joint fit along the path costs {report['joint']['median']:.2f} network fits; "
                 f"most of the path's time goes into: {worst} "
                 f"({named[worst] / phases['all']:.0%}).")
    return "\n".join(lines)
