"""How often the rules of notebook 16 err where labels mean nothing, on the cell lines of a run.

Labels are exchanged within tissues; each exchange is one set of evidence on the claims about the
groups (C4 to C7) in which no difference exists, with the true correlations between genes. Its p
values, one-sided and two-sided, come from all other exchanges, so both networks are estimated once
per exchange. The other settings of C4 are not drawn: what they would turn is "reproduced" into
"partly".

    python -m benchmarks.calibration.verdicts [source] [profile] [exchanges] [seed]
"""

import sys

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.stats.permutation import permute_within
from pnetlib.steps.claims.compute import JUDGES, Evidence, parts_of
from pnetlib.steps.claims.verdicts import Number, combine
from pnetlib.steps.differences.compute import Pair, names
from pnetlib.steps.networks.compute import GROUPS
from pnetlib.steps.sizes import profile_named
from pnetlib.workflow.artefacts import group_networks
from pnetlib.workflow.run import Run

CLAIMS = ("C4", "C5a", "C5b", "C6a", "C6b", "C7a", "C7b")


def exchanged(pair, count, seed):
    """Return the quantities of both groups, (count, 2, k), under exchanged labels."""
    rngs = (np.random.default_rng([seed, number]) for number in range(count))
    return np.array(
        [pair.quantities(permute_within(pair.labels, pair.tissue, rng)) for rng in rngs]
    )


def shares_as_large(values):
    """Return, for each row, the share of rows (this one included) that are at least as large."""
    return (len(values) + 1 - rankdata(values, "min", axis=0)) / len(values)


def null_evidence(pair, drawn):
    """Yield the `Evidence` of every exchange; presence is not part of this null."""
    table = names(pair)
    differences = drawn[:, 0] - drawn[:, 1]
    p = np.stack(
        [shares_as_large(sided(differences)) for sided in (np.abs, np.positive, np.negative)]
    )
    edge = _row(table, kind="edge", regulator=NAMED_EDGE[0], target=NAMED_EDGE[1])
    markers = [gene for gene in MARKERS if gene in pair.genes]
    degrees = {gene: _row(table, kind="degree", gene=gene) for gene in markers}
    effects = {
        (gene, side): _row(table, kind="effect", gene=gene, side=side, length=1)
        for gene in markers
        for side in ("targets", "regulators")
    }
    first = int(np.flatnonzero(table["kind"] == "degree")[0])
    all_degrees = slice(first, first + len(pair.genes))
    edges = slice(0, len(pair.genes) ** 2)
    for both, own in zip(drawn, p.swapaxes(0, 1)):
        ranks = rankdata(-both[:, all_degrees], "min", axis=1)
        sizes = np.abs(both[0, edges][both[0, edges] != 0])
        yield Evidence(
            edge=_groups(both, own, edge)
            | {"strength": float(np.mean(sizes <= abs(both[0, edge])))},
            degrees={
                gene: {
                    "genes": len(pair.genes),
                    "difference": _groups(both, own, at)["difference"],
                    **{f"rank {g}": int(ranks[k, at - first]) for k, g in enumerate(GROUPS)},
                }
                for gene, at in degrees.items()
            },
            effects={key: _groups(both, own, at) for key, at in effects.items()},
            presence={(gene, group): 1.0 for gene in markers for group in GROUPS},
        )


def _row(table, **wanted):
    match = np.logical_and.reduce([table[name] == value for name, value in wanted.items()])
    return int(np.flatnonzero(match)[0])


def _groups(both, p, at):
    st, rs = (float(value) for value in both[:, at])
    return {"ST": st, "RS": rs, "difference": Number(st - rs, None, None, *p[:, at].tolist())}


def rates(pair, count, seed, verdict=None):
    """Return the share of exchanges that reach each verdict, a row per claim."""
    verdict = verdict or (lambda claim, evidence: combine(parts_of(claim, evidence)))
    drawn = exchanged(pair, count, seed)
    rows = [[verdict(claim, e) for claim in CLAIMS] for e in null_evidence(pair, drawn)]
    table = pd.DataFrame(rows, columns=list(CLAIMS))
    return table.apply(lambda column: column.value_counts(normalize=True)).T.fillna(0.0)


def pair_of(source, profile, seed):
    """Return the groups of a run as step 09 compares them."""
    run = Run(source, profile, seed=seed)
    cohort = run.cohort()
    groups, genes, _, origin = group_networks(run, cohort, profile_named(profile))
    lam1 = (run.read_json("04_networks") or {})["lam1"]
    print(origin)
    return Pair.of(cohort, groups, genes, list(MARKERS), lam1)


def main(source="gdsc", profile="standard", exchanges="2000", seed="20220823"):
    """Print the rates on the cell lines of a run."""
    if missing := set(CLAIMS) - set(JUDGES):
        raise ValueError(f"no rule judges {', '.join(sorted(missing))}")
    table = rates(pair_of(source, profile, int(seed)), int(exchanges), int(seed))
    print(f"{exchanges} exchanges of labels within tissues, seed {seed}")
    print(table.map("{:.1%}".format).to_string())


if __name__ == "__main__":
    main(*sys.argv[1:])
