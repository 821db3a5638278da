"""Tables of results in Markdown, for the pages that state what a run found."""

from pnetlib.stats.intervals import interval_text
from pnetlib.steps.choice import METHODS
from pnetlib.steps.claims.compute import READINGS
from pnetlib.steps.comparison.compute import BASELINES
from pnetlib.steps.differences.summaries import named_roles
from pnetlib.steps.effects.sentences import SIDE_WORDS
from pnetlib.steps.regulons.compute import NO_DRUG
from pnetlib.steps.screens.compute import ALL, RESPONSE
from pnetlib.steps.simulation.compute import AT_LEVEL
from pnetlib.steps.simulation.designs import RESPONSES
from pnetlib.steps.simulation.recovery import BY_U
from pnetlib.steps.style import drug_labels
from pnetlib.words import table_text


def claims(table):
    """Return every claim with its verdict and what was found; `table` is id to a dict."""
    rows = (
        [f"{claim} {row['title']}", row["verdict"], row["found"]] for claim, row in table.items()
    )
    return table_text(["claim", "verdict", "what was found"], rows)


def claims_in_japanese(table, titles, words):
    """Return every claim with its verdict in Japanese, given titles and words of verdicts."""
    rows = (
        [f"{claim} {titles.get(claim, row['title'])}", words[row["verdict"]], _of(row["tested"])]
        for claim, row in table.items()
    )
    return table_text(["主張", "判定", "検定できた部分"], rows)


def _of(tested):
    """Return "4 of 7" in Japanese."""
    part, _, whole = tested.partition(" of ")
    return f"{whole}項目中{part}項目" if whole else tested


def errors(table):
    """Return the error of each method for each drug with its interval, from `method_errors`."""
    methods = METHODS + BASELINES
    rows = (
        [drug, *(interval_text(part.loc[method], ".3f") for method in methods)]
        for drug, part in (
            (drug, part.set_index("method")) for drug, part in table.groupby("drug", sort=False)
        )
    )
    return table_text(["drug", *methods], rows)


def differences(table):
    """Return Pro's error minus that of each other method, from `paired_differences`."""
    methods = list(dict.fromkeys(table["against"]))
    rows = (
        [label, *(interval_text(part.loc[method], "+.3f") for method in methods)]
        for label, part in (
            (drug_labels([drug])[0], part.set_index("against"))
            for drug, part in table.groupby("drug", sort=False)
        )
    )
    return table_text(["drug", *(f"Pro minus {method}" for method in methods)], rows)


def markers(numbers):
    """Return the rank of each published marker for each drug, from the numbers of step 03."""
    rows = numbers["published"]
    drugs = list(dict.fromkeys(row["drug"] for row in rows))
    lines = []
    for gene in dict.fromkeys(row["marker"] for row in rows):
        own = {row["drug"]: row for row in rows if row["marker"] == gene}
        variance = next(iter(own.values()))["variance rank"]
        inside = next(iter(own.values()))["in universe"]
        ranks = [_rank(own[drug]["rank"]) if inside else "not analysed" for drug in drugs]
        lines.append([gene, _rank(variance), *ranks])
    return table_text(
        ["marker", "rank of variance", *(f"rank for {drug}" for drug in drugs)], lines
    )


def _rank(rank):
    return "no effect" if rank is None or rank != rank else f"{rank:,.0f}"


def settings(numbers):
    """Return the edge that the paper names under every setting, from the numbers of step 09."""
    row = numbers["named_edge"]
    lines = [] if row is None else row["settings"]
    return table_text(
        ["estimator", "lines per group", "ST", "RS", "p"],
        [
            [r["estimator"], r["size"], f"{r['ST']:.2f}", f"{r['RS']:.2f}", f"{r['p']:.2g}"]
            for r in lines
        ],
    )


def degrees(numbers):
    """Return degrees of the markers that the paper calls hubs, from the numbers of step 09."""
    lines = []
    for gene, _, group in named_roles(numbers["degrees"]):
        row = numbers["degrees"][gene]
        lines.append(
            [
                gene,
                group,
                *(f"{row[name]:.2f} (rank {row[f'rank_{name}']})" for name in ("ST", "RS")),
                interval_text(row, "+.2f", "difference"),
                f"{row['p']:.2g}",
                f"{row['q']:.2g}",
            ]
        )
    return table_text(["gene", "hub in the paper", "ST", "RS", "ST minus RS", "p", "q"], lines)


def effects(rows):
    """Return the rows of `overview.of_effects` as a table."""
    lines = (
        [
            f"{row['marker']}, {SIDE_WORDS[row['side']]}",
            row["group"],
            f"{row['ST']:.2f}",
            f"{row['RS']:.2f}",
            interval_text(row, "+.2f", "difference"),
            f"{row['p']:.2g}",
            f"{row['q']:.2g}",
        ]
        for row in rows
    )
    columns = ["effect", "larger in the paper", "ST", "RS", "ST minus RS", "p", "q"]
    return table_text(columns, lines)


def rates_of_claims(table):
    """Return how often the rule of each claim gives each verdict, from the rates of step 16.

    `table` has one row per claim and shares of draws: without any effect (``null ...``) and with an
    effect of three standard errors in every part (``power ...``).
    """
    columns = {f"null {name}": name for name in ("reproduced", "partly", "found", "contradicted")}
    columns |= {"power found": "power: either", "power contradicted": "power: contradicted"}
    columns["null found"] = "either"
    rows = (
        [claim, *(f"{100 * row[name]:.{1 if name[:4] == 'null' else 0}f}" for name in columns)]
        for claim, row in table.iterrows()
    )
    return table_text(["claim", *columns.values()], rows)


def rates(cells, published):
    """Return mean rates of each method over cells of the simulation, beside the paper's.

    `cells` are of `evidence.table_cells`, `published` is the paper's table.
    """
    lines = []
    for response in RESPONSES:
        own = [cell["methods"] for cell in cells if cell["response"] == response]
        for method in METHODS if own else ():
            paper = published[published["method"] == method]
            mean = {
                rate: sum(cell[method][rate]["mean"] for cell in own) / len(own)
                for rate in ("TP", "TN", AT_LEVEL, AT_LEVEL + BY_U)
            }
            told = [f"{mean[rate]:.2f} (paper {_ends(paper[rate])})" for rate in ("TP", "TN")]
            ranked = [f"{mean[rate]:.2f}" for rate in (AT_LEVEL, AT_LEVEL + BY_U)]
            lines.append([response, method, *told, *ranked])
    return table_text(["effects through", "method", "TP", "TN", AT_LEVEL, AT_LEVEL + BY_U], lines)


def _ends(values):
    values = values.dropna()
    if values.empty:
        return "not legible"
    low, high = (f"{end:.2f}" for end in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"


def wins(rows):
    """Return for how many drugs Pro predicts better than each other method."""
    lines = (
        [
            row["against"],
            f"{row['wins']} of {row['drugs']}",
            row["clear wins"],
            row["clear losses"],
            interval_text(row, "+.3f"),
        ]
        for row in rows
    )
    columns = [
        "method",
        "Pro's error is lower",
        "clearly lower",
        "clearly higher",
        "mean difference",
    ]
    return table_text(columns, lines)


def searches(claims):
    """Return the claims on prediction with a grid and with a search."""
    lines = (
        [f"{row['id']} {row['title']}"]
        + [f"{row[f'verdict, {way}']}: {row[way]}" for way in ("grid", "search")]
        for row in claims
    )
    return table_text(["claim", "with a grid", "with the search"], lines)


def ceilings(numbers):
    """Return what each method saves beside what can be saved, from the numbers of step 12."""
    shares, found = numbers["shares"], numbers["ceilings"]
    over = {(row["drug"], row["method"]): row["mean"] for row in numbers["carried"]}
    lines = []
    for drug in dict.fromkeys(row["drug"] for row in shares):
        own = {row["method"]: row for row in shares if row["drug"] == drug}
        most = found.get(drug)
        text = "no second screen"
        if most is not None:
            text = f"{most['share']:.0%} ({most['low']:.0%} to {most['high']:.0%})"
        lines.append([drug, text, *(_saved(own, over, drug, method) for method in METHODS)])
    return table_text(["drug", "at most", *METHODS], lines)


def _saved(own, over, drug, method):
    text = f"{own[method]['mean']:.0%}"
    return text if (drug, method) not in over else f"{text} ({over[drug, method]:.0%})"


def laboratory(numbers):
    """Return rank correlations with another laboratory, from the numbers of step 13."""
    rows = [row for row in numbers["correlations"] if row["lines"] == ALL]
    lines = []
    for drug in dict.fromkeys(row["drug"] for row in rows):
        own = {row["method"]: row for row in rows if row["drug"] == drug}
        texts = (interval_text(own[method], ".2f") for method in (*METHODS, RESPONSE))
        lines.append([drug, own[RESPONSE]["n"], *texts])
    return table_text(["drug", "cell lines", *METHODS, "measured response"], lines)


def enrichment(numbers):
    """Return how well networks rank known edges, from the numbers of step 14."""
    lines = (
        [
            row["universe"],
            row["kind"] if row["drug"] == NO_DRUG else f"{row['kind']}, {row['drug']}",
            interval_text(row, ".3f"),
            f"{row['auroc']:.3f} ({row['null auroc']:.3f})",
            f"{row['precision']:.4f} ({row['null precision']:.4f})",
            f"{row['p auroc']:.2g}",
        ]
        for row in numbers["enrichment"]
    )
    columns = ["genes", "scores", "AUROC, mean over TFs", "pooled AUROC (rewired)"]
    return table_text([*columns, "average precision (rewired)", "p"], lines)


def readings(numbers):
    """Return the verdicts under other readings of the claims, from the numbers of step 16."""
    given, names = numbers["readings"], list(READINGS)
    shown = {claim: row for claim, row in given.items() if any(row.values())}
    lines = (
        [claim, numbers["claims"][claim]["verdict"], *(row[name] for name in names)]
        for claim, row in shown.items()
    )
    return table_text(["claim", "all lines", *names], lines)


def robustness(numbers):
    """Return in how many readings each claim holds, from the numbers of step 15."""
    lines = (
        [
            claim,
            f"{found['holds']:,} of {found['readings']:,}",
            f"{found['agrees']:,} of {found['readings']:,}",
            f"{found['median']:+.3f}",
            f"{found['test']['p_median']:.2g}",
            f"{found['test']['ahead']:.0%} ({found['test']['p_ahead']:.2g})",
            f"{found['test']['significant']:.0%} ({found['test']['p_significant']:.2g})",
            found["word"],
        ]
        for claim, found in numbers["claims"].items()
    )
    columns = ["claim", "holds in", "agrees in", "median", "p of the median", "ahead (p)"]
    return table_text([*columns, "significant (p)", "how robust"], lines)
