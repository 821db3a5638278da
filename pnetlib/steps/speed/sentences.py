"""What notebook 11 says, in sentences made from its numbers."""

from benchmarks.objective import LIMIT
from benchmarks.report import TITLES, described
from pnetlib.steps.speed.compute import AGAINST, UNSCREENED, counted, frame, reached


def headline(report):
    """What does not depend on the machine: sizes, edges, and whether all reached the accuracy."""
    race = frame(report)
    lines = [described(shape) + "." for shape in report["works"]]
    ours = race[race["racer"] == "pnetlib"]
    edges = ours.groupby(["work", "job"], sort=False)["edges"].first()
    lines += [
        f"{TITLES[work]}, {job}: {value:.1f} edges a target and penalty"
        for (work, job), value in edges.items()
    ]
    lines.append(f"All gaps at most {report['limit']:g}: {bool((race['gap'] <= LIMIT).all())}")
    return "\n".join(lines)


def conclusion(report):
    """What the race shows, as Markdown."""
    goals, race = reached(report), frame(report)
    lines = []
    if report["size"] == "smoke":
        lines.append(
            "- This is the smallest race: it shows that the racers agree, not how fast "
            "they are. The goals below are set for 976 genes and more; "
            "`./reproduce.sh bench` races at that size."
        )
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
                lines.append(
                    f"    - scikit-learn's Gram solver: {others[AGAINST]:.1f} times as long; "
                    f"without its screening {others[UNSCREENED]:.1f} times."
                )
    late = race[race["gap"] > LIMIT]
    lines.append(
        f"- {len(race) - len(late)} of {len(race)} rows reached the common gap of "
        f"{LIMIT:g}."
        + "".join(
            f" Not so: {row.racer} ({row.work}, {row.job}), {row.gap:.1g}."
            for row in late.itertuples()
        )
    )
    lines.append(f"- Goals met: {int(goals['met'].sum())} of {len(goals)}.")
    for row in goals[~goals["met"]].itertuples():
        lines.append(
            f"    - {row.goal} ({counted(row.threads)}): {row.reached:.2f}, asked "
            f"{row.bound} {row.asked:g}."
        )
    phases = report["joint"]["after"]
    named = {
        name: value
        for name, value in phases.items()
        if name != "all" and not name.startswith("B step, ")
    }
    worst = max(named, key=named.get)
    lines.append(
        f"- A joint fit along the path costs {report['joint']['median']:.2f} network fits; "
        f"most of the path's time goes into: {worst} "
        f"({named[worst] / phases['all']:.0%})."
    )
    return "\n".join(lines)
