"""What notebook 15 says, in sentences made from its numbers."""

from pnetlib.paper.decisions import open_decisions
from pnetlib.stats.permutation import LEVEL
from pnetlib.steps.multiverse.curves import HARDLY_ANY, NEARLY_ALL
from pnetlib.words import agreed, counted, listed, table_text


def decisions_table(options=None):
    """Return the decisions, their options and why each is plausible, as a table in Markdown.

    With `options` (decision to names) only these are shown.
    """
    rows = []
    for name, decision in open_decisions().items():
        for option in decision.options:
            if options is None or option.name in options.get(name, []):
                default = "default" if option.name == decision.default else ""
                claims = ", ".join(decision.claims) or "none"
                rows.append(
                    (
                        decision.title,
                        name,
                        option.name,
                        option.means,
                        option.because,
                        default,
                        claims,
                    )
                )
    return table_text(
        ("decision", "name", "option", "what is done", "why it is plausible", "", "claims"), rows
    )


def of_plan(plan, sizes, material):
    """Say which readings are computed, and which options these data do not have."""
    lines = [
        f"Computed: {counted(len(plan.splits), 'way')} to split the lines, each with three estimators and three "
        f"penalties ({len(plan.wide)} more with all genes), {counted(sizes.draws, 'exchange')} of the responses each; "
        f"{counted(len(plan.fits), 'reading')} of data, genes and model for prediction on "
        f"{counted(sizes.outer_folds, 'outer fold')}; {counted(len(plan.designs), 'design')} of the simulation with "
        f"{counted(sizes.data_sets, 'data set')} each."
    ]
    if material.missing:
        lines += ["Not in this run:\n", *(f"- {text}" for text in material.missing)]
    return "\n\n".join(lines[:1]) + ("\n\n" + "\n".join(lines[1:]) if lines[1:] else "")


def overall(numbers):
    """Return the five sentences that say what all readings mean for the paper's claims."""
    claims = numbers["claims"]
    kinds = {"holds in nearly all": [], "depends on": [], "holds in hardly any": []}
    for claim, found in claims.items():
        kind = "depends on" if found["word"].startswith("depends") else found["word"]
        kinds[kind].append(claim)
    never = [claim for claim, found in claims.items() if not found["holds"]]
    agree = [claim for claim, found in claims.items() if found["agrees"] > found["readings"] / 2]
    beyond = [claim for claim, found in claims.items() if found["test"]["p_median"] < LEVEL]
    together = numbers["together"]
    agreeing, holding = (len(together[kind]["claims"]) for kind in ("agrees", "holds"))
    lines = [
        f"- **How robust:** {_claims(kinds['holds in nearly all'])} in at least {NEARLY_ALL:.0%} of the readings; "
        f"{_claims(kinds['depends on'])} in fewer, but in more than {HARDLY_ANY:.0%}; "
        f"{_claims(kinds['holds in hardly any'])} in at most {HARDLY_ANY:.0%}."
        + (f" {_claims(never)} under no reading at all." if never else ""),
        f"- **Estimates alone**, without regard to significance, agree with the paper in more than half of the "
        f"readings for {listed(agree) if agree else 'no claim'}.",
        f"- **The whole curve** lies further in the paper's direction than chance gives (p of the median below "
        f"{LEVEL}) for {listed(beyond)}; no correction is made for the number of claims.",
        f"- **What matters:** {_choices(claims)}.",
        f"- **One reading for all:** of single readings, one was found under which "
        f"{agreeing} of {len(claims)} claims {agreed(agreeing, 'agrees', 'agree')} ({listed(together['agrees']['claims'])}; "
        f"{counted(together['agrees']['changes'], 'change')} from the default), and one under which "
        f"{holding} {agreed(holding, 'holds', 'hold')} ({listed(together['holds']['claims'])}), but none with more. Both "
        "were found by looking at the results, so they are no evidence for the claims.",
    ]
    return "\n".join(lines)


def _claims(claims):
    verb = "holds" if len(claims) == 1 else "hold"
    return f"{listed(claims)} {verb}" if claims else "none holds"


def _choices(claims):
    """Name the decision with the largest share of each claim's variance, claims of one decision together."""
    first, decisions = {}, open_decisions()
    for claim, found in claims.items():
        if found["variance"]:
            name, share = max(found["variance"].items(), key=lambda item: item[1])
            first.setdefault(name, []).append((claim, share))
    parts = [
        f"*{decisions[name].title[0].lower() + decisions[name].title[1:]}* for {listed(f'{claim} ({share:.0%})' for claim, share in part)}"
        for name, part in first.items()
    ]
    most = "the decision that explains the largest share of the variance of the estimates is "
    return most + "; ".join(parts)


def of_claims(numbers):
    """Return a line per claim: in how many readings it holds, the median, p, and the nearest reading."""
    lines = []
    for claim, found in numbers["claims"].items():
        test, near = found["test"], found["nearest"]
        text = (
            f"- **{claim}** holds in {found['holds']:,} of {found['readings']:,} readings and agrees in "
            f"{found['agrees']:,}; median {found['median']:+.3f} (p {test['p_median']:.2g}), share ahead "
            f"{test['ahead']:.0%} (p {test['p_ahead']:.2g}), significant {test['significant']:.0%} "
            f"(p {test['p_significant']:.2g}; {counted(test['draws'], 'draw')}, {found['draws']}): {found['word']}."
        )
        if "exchanged" in found:
            again = found["exchanged"]
            text += (
                f" With responses exchanged ({counted(again['draws'], 'exchange')}, a part of the readings) p of the "
                f"median is {again['p_median']:.2g}. With errors reported on the lines used to choose the lambdas, it "
                f"agrees in {found['optimistic']['agrees']:.0%} of the readings and holds in "
                f"{found['optimistic']['holds']:.0%}."
            )
        if near["holds"] is None:
            text += " It holds under no reading."
        elif near["holds"]["changes"]:
            text += f" Nearest reading under which it holds: {_changed(near['holds'])}."
        lines.append(text)
    return "\n".join(lines)


def _changed(near):
    return listed(f"{decision} = {option}" for decision, option in near["reading"].items())
