"""What notebook 11 says, in sentences made from the numbers of a report."""

from pnetlib.steps.speed.compute import (
    GAP_LIMIT,
    OWN,
    PROBLEMS,
    REFERENCE,
    UNSCREENED,
    comparison_table,
    goals_table,
    without_sampled,
)
from pnetlib.words import agreed, counted


def describe_problem(problem):
    """Return one line about a problem: genes, cell lines, first component, edges."""
    kind = "synthetic" if problem["simulated"] else "measured"
    return (
        f"{PROBLEMS[problem['problem']]} ({kind}): {problem['genes']} genes, {problem['lines']} "
        f"cell lines; the first component explains {problem['leading']:.0%} of the variance; about "
        f"{counted(round(problem['edges']), 'edge')} per target at the last penalty"
    )


def headline(report):
    """Return what does not depend on the machine: sizes, edges, and whether all are accurate."""
    comparison = comparison_table(report)
    own = comparison[comparison["solver"] == OWN]
    edges = own.groupby(["problem", "task"], sort=False)["edges"].first()
    accurate = bool((comparison["gap"] <= GAP_LIMIT).all())
    return "\n".join(
        [
            *(f"{describe_problem(problem)}." for problem in report["problems"]),
            *(
                f"{PROBLEMS[problem]}, {task}: {value:.1f} edges per target and penalty"
                for (problem, task), value in edges.items()
            ),
            f"All relative duality gaps are at most {report['limit']:g}: {accurate}",
        ]
    )


def conclusion(report):
    """Return what the benchmark shows, as Markdown."""
    comparison = comparison_table(report)
    lines = []
    if report["size"] == "smoke":
        lines.append(
            "- This is the smallest benchmark. It shows that the solvers agree, not how fast they "
            "are: its times of a few milliseconds vary from run to run, and the goals are set for "
            "976 genes and more, the size of `./reproduce.sh bench`."
        )
    lines += _speed_lines(comparison)
    lines += _accuracy_lines(comparison)
    lines += _goal_lines(goals_table(report))
    lines.append(_joint_line(report["joint"]))
    lines += joint_at_size(report)
    return "\n".join(lines)


def _speed_lines(comparison):
    threads = comparison["threads"].max()
    rows = without_sampled(comparison[comparison["threads"] == threads])
    for (problem, task), part in rows.groupby(["problem", "task"], sort=False):
        part = part.set_index("solver")
        own, others = part.loc[OWN], part.drop(index=OWN)["ratio"].sort_values()
        if others.empty:
            continue
        yield (
            f"- **{PROBLEMS[problem]}, {task}**, {counted(threads, 'thread')}: pnetlib takes "
            f"{own['seconds']:.3f} s. It is {others.iloc[0]:.1f} times as fast as {others.index[0]}, "
            f"the fastest external solver, and takes {own['over lower bound']:.1f} times the lower "
            f"bound; {own['prepare'] / own['seconds']:.0%} of its time goes into the Gram matrix."
        )
        if {REFERENCE, UNSCREENED} <= set(others.index):
            yield (
                f"    - scikit-learn's Gram solver takes {others[REFERENCE]:.1f} times as long as "
                f"pnetlib, without its screening {others[UNSCREENED]:.1f} times."
            )


def _accuracy_lines(comparison):
    late = comparison[comparison["gap"] > GAP_LIMIT]
    reached = len(comparison) - len(late)
    reach = agreed(reached, "reaches", "reach")
    yield f"- {reached} of {len(comparison)} rows {reach} the common gap of {GAP_LIMIT:g}."
    for row in late.itertuples():
        yield (
            f"    - {row.solver} stops at {row.gap:.1g} ({PROBLEMS[row.problem]}, {row.task}, "
            f"{counted(row.threads, 'thread')})."
        )


def _goal_lines(goals):
    met = int(goals["met"].sum())
    yield f"- {met} of {len(goals)} goals {agreed(met, 'is', 'are')} met."
    for row in goals[~goals["met"]].itertuples():
        yield (
            f"    - Not met: {row.goal}, {counted(row.threads, 'thread')}: {row.reached:.2f}, "
            f"required {row.bound} {row.required:g}."
        )


def joint_at_size(report):
    """Return one line per fit of the joint model to many genes; none where it was not measured."""
    return [
        f"- The joint model of {row['p']:,} genes and {row['n']:,} simulated cell lines takes "
        f"{row['seconds']:.3g} s and {row['peak_bytes'] / 1e9:.2g} GB on "
        f"{counted(row['threads'], 'thread')} with a {row['gram_dtype']} Gram matrix, from the "
        f"expression to the certificates. It has {counted(round(row['edges']), 'edge')} per target and "
        f"{counted(row['effects'], 'gene')} with an effect; the largest duality gap is "
        f"{row['certified_gap']:.1g}, and the first-order conditions hold within "
        f"{row['kkt_lam1']:.1g} of lam1 and {row['kkt_lam3']:.1g} of lam3."
        for row in report["growth"].get("joint", [])
    ]


def _joint_line(joint):
    phases = joint["along the path"]
    parts = {k: v for k, v in phases.items() if k != "all" and not k.startswith("B step, ")}
    longest = max(parts, key=parts.get)
    return (
        f"- Along the path, a joint fit costs {joint['median']:.2f} network fits (median). Most of "
        f"its time goes into one phase: {longest} ({parts[longest] / phases['all']:.0%})."
    )
